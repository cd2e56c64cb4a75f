"""How fast logparse is, beside a per-line `re` loop, pyparsing a line at a time, and the peers that are installed.

    python benchmarks/run.py [--dir DIR] [--repeat N] [--check]      about five minutes, with an installed logparse
    python benchmarks/run.py --quick                                 a twentieth of the size, some seconds
    python benchmarks/run.py --commands [--logs FOLDER]              only the commands on the sample logs (and FOLDER)
    python benchmarks/run.py --runs                                  only the commands on 100, 1,000 and 10,000 runs

It makes the logs of `make_logs.py` (in DIR they are kept for the next time, else in a folder that is removed), runs the
contestants in turn (A B A B) in processes of their own, and ends with what is required and what was measured. `--check`
exits with 1 where a requirement is missed.

How to read it: `work` is the CPU time of the work inside the process on all cores, start-up and imports left out, and
the ratios are of these times, pair by pair within one turn: the median, with the least and the greatest. `process` is
the wall time of the whole process, `CPU` its user and system time on all cores, `peak` its largest resident memory.
All have the setting of polars' allocator that the command `logparse` gives itself. The logs are read once before the
first turn, so that none of the contestants pays for a cold cache. Sizes are in MB of 10**6 bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import make_logs
import yardstick

from logparse.cli import ALLOCATOR

PYPARSING_LINES = 5_000
TIME_LIMIT_S = 900.0
"""A contestant that takes longer is ended and counts as failed."""


# ---- the contestants: each runs in a process of its own and prints what it did ---- #


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def work_yardstick(log: str, folder: Path) -> tuple[float, int]:
    paths, rules = files_in(folder), yardstick.RULES[log]
    begin = time.process_time()
    rows = yardstick.read(paths, rules)
    return time.process_time() - begin, sum(map(len, rows.values()))


def work_yardstick_frames(log: str, folder: Path) -> tuple[float, int]:
    """The yardstick, and its tuples made into frames, which is what one needs to compare: no requirement."""
    import polars as pl

    paths, rules = files_in(folder), yardstick.RULES[log]
    begin = time.process_time()
    rows = yardstick.read(paths, rules)
    frames = [pl.DataFrame(found, orient="row", strict=False) for found in rows.values()]
    return time.process_time() - begin, sum(frame.height for frame in frames)


def work_yardstick_blind(log: str, folder: Path) -> tuple[float, int]:
    """The yardstick with the patterns of all platforms, as logparse is told none either: no requirement on it."""
    return work_yardstick("mix", folder)


def work_yardstick_told(log: str, folder: Path) -> tuple[float, int]:
    """The yardstick where each file's platform is given to it: no requirement, for comparison."""
    paths = files_in(folder)
    begin = time.process_time()
    read = [yardstick.read([path], yardstick.rules_for(path)) for path in paths]
    return time.process_time() - begin, sum(len(found) for rows in read for found in rows.values())


def work_logparse(log: str, folder: Path) -> tuple[float, int]:
    """All frames are asked for their height, so that work put off until then is in the time."""
    import logparse
    from logparse import pipeline
    from logparse.grammar import registry

    # Imports and the grammars are start-up, which is timed for itself.
    assert pipeline.ingest
    registry.installed()
    begin = time.process_time()
    logs = logparse.ingest([folder])
    rows = sum(frame.height for frame in logs.frames().values())
    return time.process_time() - begin, rows


def work_pyparsing(log: str, folder: Path) -> tuple[float, int]:
    """The grammar's own expression for a step line, on the first step lines of the dense log."""
    from logparse.grammars import cerebras

    with open(files_in(folder)[0], encoding="utf-8") as text:
        lines = [line for line in text if "| Train " in line][:PYPARSING_LINES]
    matching = [rule for rule in cerebras.GRAMMAR.rules if rule.expr.matches(lines[0], parse_all=False)]
    step = max(matching, key=lambda rule: len(rule.expr.parse_string(lines[0]).as_dict()))
    begin = time.process_time()
    read = [step.expr.parse_string(line).as_dict() for line in lines]
    return time.process_time() - begin, len(read)


CONTESTANTS: dict[str, Callable[[str, Path], tuple[float, int]]] = {
    "re, per line": work_yardstick,
    "re, into frames": work_yardstick_frames,
    "re, platform known": work_yardstick_told,
    "re, told nothing": work_yardstick_blind,
    "logparse": work_logparse,
    "pyparsing": work_pyparsing,
}


# ---- measuring a process ---- #


@dataclass(frozen=True)
class Measured:
    """One process: times in seconds, `peak` in bytes; `work` and `rows` as the process itself counted them."""

    work: float
    process: float
    cpu: float
    peak: int
    rows: int = 0


class ContestantError(Exception):
    """A process that did not end with 0; the message is the last line it wrote to stderr."""


def measure(command: Sequence[str], folder: Path) -> tuple[Measured, str]:
    """Run `command` in `folder`; what it cost, and what it wrote to stdout.

    Raises ContestantError where it ends with anything but 0 or takes longer than TIME_LIMIT_S.
    """
    # An installed package is compiled to bytecode, and is not compiled anew at each start.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | ALLOCATOR
    with tempfile.TemporaryFile(dir=folder) as out, tempfile.TemporaryFile(dir=folder) as err:
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        limit = threading.Timer(TIME_LIMIT_S, process.kill)
        limit.start()
        # wait4 gives the use of this one process; getrusage(RUSAGE_CHILDREN) only the largest of all so far
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        limit.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            err.seek(0)
            told = err.read().decode(errors="replace").strip().splitlines()
            raise ContestantError(told[-1] if told else f"exit code {process.returncode}")
        out.seek(0)
        text = out.read(100_000).decode(errors="replace")
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Measured(seconds, seconds, used.ru_utime + used.ru_stime, peak), text


def measure_contestant(name: str, log: str, folder: Path) -> Measured:
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, str(Path(__file__).resolve()), "--contestant", name, log, str(folder.resolve())]
        cost, text = measure(command, Path(scratch))
    told = json.loads(text.splitlines()[-1])
    return Measured(told["work"], cost.process, cost.cpu, cost.peak, told["rows"])


def measure_peer(command: Sequence[str]) -> Measured:
    with tempfile.TemporaryDirectory() as scratch:
        return measure(command, Path(scratch))[0]


Contest = dict[str, list[Measured]]


def in_turn(contestants: dict[str, Callable[[], Measured]], repeat: int) -> tuple[Contest, dict[str, str]]:
    """`repeat` turns of all contestants; one that failed is told of and not asked again."""
    results: Contest = {name: [] for name in contestants}
    failed: dict[str, str] = {}
    for _ in range(repeat):
        for name, run in contestants.items():
            if name in failed:
                continue
            try:
                results[name].append(run())
            except ContestantError as error:
                failed[name] = str(error)
    return {name: runs for name, runs in results.items() if name not in failed}, failed


# ---- peers ---- #


def peers(log: Path, scratch: Path) -> tuple[dict[str, list[str]], list[str]]:
    """The commands of the installed peers, to read the step lines of `log`; the names of those that are not there."""
    step = yardstick.CEREBRAS[0][1].pattern
    commands = {
        "rg": ["rg", "--no-config", "-N", "-o", step, str(log)],
        "lnav": [
            "lnav", "-n", "-N", "-I", str(scratch),
            "-c", ";SELECT count(step), sum(loss), sum(rate), sum(global_rate) FROM bench_steps", str(log),
        ],
    }  # fmt: skip
    write_lnav_format(scratch / "formats" / "bench" / "bench_steps.json")
    there = {name: command for name, command in commands.items() if shutil.which(name)}
    return there, [name for name in commands if name not in there]


def write_lnav_format(path: Path) -> None:
    fields = r"\| Train Device=(?<device>\S+), Step=(?<step>\d+), Loss=(?<loss>\S+), "
    fields += r"Rate=(?<rate>\S+) samples/sec, GlobalRate=(?<global_rate>\S+) samples/sec"
    line = rf"^(?<timestamp>\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d,\d{{3}}) (?<level>\w+):   (?:{fields}|(?<body>.*))$"
    sample = "2024-04-09 22:05:59,944 INFO:   | Train Device=CSX, Step=1, Loss=9.5, Rate=4.0 samples/sec, "
    definition = {
        "$schema": "https://lnav.org/schemas/format-v1.schema.json",
        "bench_steps": {
            "title": "Step lines of the benchmark",
            "regex": {"line": {"pattern": line}},
            "value": {
                "device": {"kind": "string"},
                "step": {"kind": "integer"},
                "loss": {"kind": "float"},
                "rate": {"kind": "float"},
                "global_rate": {"kind": "float"},
            },
            "sample": [{"line": f"{sample}GlobalRate=4.0 samples/sec"}],
        },
    }
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(definition))


# ---- what is required ---- #


@dataclass(frozen=True)
class Requirement:
    """`measured` is None where it could not be measured, which counts as missed."""

    text: str
    measured: float | None
    bound: float
    at_least: bool
    shown: str
    sized: bool = True
    """Holds for the full size only."""

    @property
    def met(self) -> bool:
        if self.measured is None:
            return False
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


@dataclass(frozen=True)
class Ratio:
    """`times[i]` over `base[i]`, pair by pair."""

    middle: float
    least: float
    greatest: float

    def __str__(self) -> str:
        return f"{self.middle:.2f}x ({self.least:.2f} to {self.greatest:.2f})"


def ratio(times: Sequence[float], base: Sequence[float]) -> Ratio | None:
    pairs = [a / b for a, b in zip(times, base, strict=False)]
    return Ratio(median(pairs), min(pairs), max(pairs)) if pairs else None


def cpu_of(contest: Contest, name: str) -> list[float]:
    return [run.cpu for run in contest.get(name, [])]


def work_of(contest: Contest, name: str) -> list[float]:
    return [run.work for run in contest.get(name, [])]


def ratio_requirement(text: str, found: Ratio | None, bound: float, at_least: bool) -> Requirement:
    return Requirement(text, found.middle if found else None, bound, at_least, str(found) if found else "not measured")


def requirements(contests: dict[str, Contest], sizes: dict[str, Size], commands: Contest) -> list[Requirement]:
    rows = []
    for log, least in (("dense", 2.5), ("noisy", 8), ("mix", 6), ("small", 5)):
        if log not in contests:
            continue
        contest = contests[log]
        found = ratio(work_of(contest, "re, per line"), work_of(contest, "logparse"))
        rows.append(ratio_requirement(f"{log}: at least {least} times as fast as re", found, least, True))
        if log == "dense":
            scale = sizes[log].steps / min(PYPARSING_LINES, sizes[log].steps)
            found = ratio([scale * work for work in work_of(contest, "pyparsing")], work_of(contest, "logparse"))
            rows.append(ratio_requirement("dense: at least 100 times as fast as pyparsing", found, 100, True))
        peak = max((run.peak / sizes[log].bytes for run in contest.get("logparse", [])), default=None)
        shown = "not measured" if peak is None else f"{peak:.2f} times"
        rows.append(Requirement(f"{log}: peak memory at most 5 times the log", peak, 5, False, shown))
        if "logparse ingest" in contest:
            found = ratio(cpu_of(contest, "logparse ingest"), cpu_of(contest, "logparse"))
            text = f"{log}: the command at most 1.5 times the CPU of the library"
            rows.append(ratio_requirement(text, found, 1.5, False))
    for name, (base, most) in LIMITS.items():
        if base in commands and (name in commands or name not in OF_LOGS):
            found = ratio(cpu_of(commands, name), cpu_of(commands, base))
            text = f"{name}: at most {most} times the CPU of `{base}`"
            rows.append(replace(ratio_requirement(text, found, most, False), sized=False))
    return rows


def growth_requirements(growth: dict[int, Contest]) -> list[Requirement]:
    """CPU a run of each command at the largest number of runs, beside that at the number before it."""
    before, most = sorted(growth)[-2:]
    rows = []
    for name in GROWING:
        few, many = ([cpu / runs for cpu in cpu_of(growth[runs], name)] for runs in (before, most))
        text = f"{name}, CPU a run: {most:,} runs at most 1.5 times {before:,}"
        rows.append(ratio_requirement(text, ratio(many, few), 1.5, False))
    return rows


# ---- the course of it ---- #


@dataclass(frozen=True)
class Size:
    files: int
    bytes: int
    lines: int
    steps: int


def size_of(folder: Path) -> Size:
    """Counts by reading every byte, which also brings the log into the cache."""
    paths = files_in(folder)
    lines = steps = size = 0
    for path in paths:
        with path.open("rb") as data:
            while block := data.read(1 << 22):
                size += len(block)
                lines += block.count(b"\n")
    told = json.loads((folder.parent / f"{folder.name}.json").read_text())
    steps = told.get("cerebras.step", 0)
    return Size(len(paths), size, lines, steps)


@contextmanager
def log_folder(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen
        return
    with tempfile.TemporaryDirectory(prefix="logparse-bench-") as folder:
        yield Path(folder)


def contest_on(log: str, folder: Path, repeat: int) -> tuple[Contest, dict[str, str]]:
    beside = {"dense": ["re, into frames", "pyparsing"], "noisy": ["re, told nothing"], "mix": ["re, platform known"]}
    names = ["re, per line", "logparse", *beside.get(log, [])]
    contestants: dict[str, Callable[[], Measured]] = {
        name: lambda name=name: measure_contestant(name, log, folder) for name in names
    }
    contestants["logparse ingest"] = lambda: measure_peer([*logparse_command(), "ingest", str(folder.resolve())])
    if log != "dense":
        return in_turn(contestants, repeat)
    with tempfile.TemporaryDirectory() as scratch:
        there, absent = peers(files_in(folder)[0].resolve(), Path(scratch))
        contestants |= {name: lambda command=command: measure_peer(command) for name, command in there.items()}
        contest, failed = in_turn(contestants, repeat)
    return contest, failed | dict.fromkeys(absent, "not installed")


IMPORT = "import polars"
"""What commands are compared with: no program that uses polars takes less."""
ONE = make_logs.SAMPLE_LOGS / "cerebras" / "bert_large_batch_1024.out"
TEN = [str(path) for path in sorted((make_logs.SAMPLE_LOGS / "cerebras").glob("*.out"))[:10]]
SAMPLES = str(make_logs.SAMPLE_LOGS)
INGEST = "logparse ingest --no-store"
COMMANDS = {
    "logparse --help": ["--help"],
    f"{INGEST} ONE.out": ["ingest", "--no-store", str(ONE)],
    "logparse ingest ONE.out": ["ingest", str(ONE)],
    "logparse runs ONE.out": ["runs", str(ONE)],
    f"{INGEST} sample_logs": ["ingest", "--no-store", SAMPLES],
    "logparse ingest sample_logs": ["ingest", SAMPLES],
    "logparse findings sample_logs": ["findings", SAMPLES],
    "logparse compare sample_logs": ["compare", SAMPLES],
    "logparse chart duration sample_logs -o a.html": ["chart", "duration", SAMPLES, "-o", "a.html"],
    "logparse chart duration sample_logs -o a.png": ["chart", "duration", SAMPLES, "-o", "a.png"],
    "logparse chart loss sample_logs -o a.html": ["chart", "loss", SAMPLES, "-o", "a.html"],
    "logparse chart loss sample_logs -o a.png": ["chart", "loss", SAMPLES, "-o", "a.png"],
    "logparse report sample_logs -o a.html": ["report", SAMPLES, "-o", "a.html"],
    f"{INGEST} TEN": ["ingest", "--no-store", *TEN],
    "logparse report TEN -o a.html": ["report", *TEN, "-o", "a.html"],
}
OF_LOGS = {
    f"{INGEST} LOGS": ["ingest", "--no-store"],
    "logparse findings LOGS": ["findings"],
    "logparse report LOGS -o a.html": ["report", "-o", "a.html"],
}
"""Commands on the folder of `--logs`, without the folder."""
LIMITS = {
    "logparse --help": (IMPORT, 1),
    f"{INGEST} ONE.out": (IMPORT, 2),
    f"{INGEST} sample_logs": (IMPORT, 3.5),
    "logparse chart duration sample_logs -o a.html": (f"{INGEST} sample_logs", 1.5),
    "logparse chart duration sample_logs -o a.png": (f"{INGEST} sample_logs", 2.5),
    "logparse chart loss sample_logs -o a.html": (f"{INGEST} sample_logs", 1.5),
    "logparse chart loss sample_logs -o a.png": (f"{INGEST} sample_logs", 2.5),
    "logparse report TEN -o a.html": (f"{INGEST} TEN", 3),
    "logparse report LOGS -o a.html": (f"{INGEST} LOGS", 4),
}
"""Command -> the command with which its CPU time is compared, and how many times that it may take."""
GROWING = {
    "ingest": ["ingest", "--no-store"],
    "findings": ["findings"],
    "compare": ["compare"],
    "report": ["report", "-o", "a.html"],
}
RUNS = (100, 1_000, 10_000)


def logparse_command() -> list[str]:
    script = shutil.which("logparse", path=str(Path(sys.executable).parent))
    return [script] if script else [sys.executable, "-m", "logparse"]


def commands_contest(repeat: int, logs: Path | None) -> tuple[Contest, dict[str, str]]:
    """The commands beside `import polars`. A first turn fills the caches of bytecode, of grammars and of the script of
    charts, and is not counted."""
    commands = {IMPORT: [sys.executable, "-c", "import polars"]}
    commands |= {name: [*logparse_command(), *arguments] for name, arguments in COMMANDS.items()}
    if logs is not None:
        folder = str(logs.resolve())
        commands |= {name: [*logparse_command(), *arguments, folder] for name, arguments in OF_LOGS.items()}
    contestants = {name: lambda c=command: measure_peer(c) for name, command in commands.items()}
    in_turn(contestants, 1)
    return in_turn(contestants, repeat)


def show_commands(contest: Contest) -> None:
    rows = []
    for name, runs in contest.items():
        base = LIMITS.get(name, (IMPORT, 0))[0]
        beside = "" if base == IMPORT else f"{ratio(cpu_of(contest, name), cpu_of(contest, base))} {base}"
        rows.append(
            (
                name,
                f"{min(run.process for run in runs):.3f}",
                f"{min(run.cpu for run in runs):.3f}",
                str(ratio(cpu_of(contest, name), cpu_of(contest, IMPORT)) or ""),
                beside,
            )
        )
    table("commands", ("", "least wall s", "least CPU s", "CPU beside import polars", "beside"), rows)


def growth_contest(folder: Path, repeat: int, quick: bool) -> dict[int, Contest]:
    """Number of runs -> the commands on a log with that many runs."""
    growth = {}
    for runs in [number // make_logs.QUICK for number in RUNS[1:]] if quick else RUNS:
        log = folder / f"runs-{runs}" / "runs.out"
        if not log.exists():
            make_logs.runs(log, runs)
        commands = {name: [*logparse_command(), *arguments, str(log.resolve())] for name, arguments in GROWING.items()}
        growth[runs], failed = in_turn({name: lambda c=c: measure_peer(c) for name, c in commands.items()}, repeat)
        rows = [
            (
                name,
                f"{min(run.process for run in measured):.2f}",
                f"{min(run.cpu for run in measured):.2f}",
                f"{min(run.cpu for run in measured) / runs * 1e3:.2f}",
                f"{max(run.peak for run in measured) / 1e6:.0f}",
            )
            for name, measured in growth[runs].items()
        ]
        rows += [(name, "", "", "", reason) for name, reason in failed.items()]
        table(f"{runs:,} runs", ("", "least wall s", "least CPU s", "CPU ms a run", "peak MB"), rows)
    return growth


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table(title=title, title_justify="left", title_style="bold")
    for number, column in enumerate(columns):
        shown.add_column(column, justify="left" if number == 0 else "right", no_wrap=number == 0)
    for row in rows:
        shown.add_row(*row)
    console = Console()
    Console(width=console.width if console.is_terminal else 150, highlight=False).print(shown)


def show_contest(log: str, size: Size, contest: Contest, failed: dict[str, str]) -> None:
    rows = []
    base = work_of(contest, "re, per line")
    for name, runs in contest.items():
        work = median(run.work for run in runs)
        times = work_of(contest, name)
        if name == "pyparsing":
            scale = min(PYPARSING_LINES, size.steps) / size.steps
            work, times = work / scale, [time / scale for time in times]
        rows.append(
            (
                name + (" (scaled)" if name == "pyparsing" else ""),
                f"{work:.3f}",
                f"{min(times):.3f} to {max(times):.3f}",
                f"{median(run.process for run in runs):.3f}",
                f"{median(run.cpu for run in runs):.3f}",
                f"{size.lines / work:,.0f}",
                f"{size.bytes / work / 1e6:.1f}",
                f"{max(run.peak for run in runs) / 1e6:.0f}",
                f"{max(run.peak for run in runs) / size.bytes:.2f}",
                str(ratio(base, times) or ""),
                f"{runs[0].rows:,}" if runs[0].rows else "",
            )
        )
    rows += [(name, *[""] * 9, reason) for name, reason in failed.items()]
    what = f"{size.files:,} file{'s' if size.files > 1 else ''}, {size.bytes / 1e6:.1f} MB, {size.lines:,} lines"
    columns = ("", "work s", "least to greatest", "process s", "CPU s", "lines/s", "MB/s", "peak MB", "x log")
    table(f"{log}: {what}", (*columns, "as fast as re", "rows"), rows)


def show_requirements(rows: list[Requirement], quick: bool) -> bool:
    """Print what is required; whether all that can be judged at this size is met."""
    judged = [row for row in rows if not (quick and row.sized)]
    verdicts = [("met" if row.met else "MISSED") if row in judged else "not judged: --quick" for row in rows]
    lines = [(row.text, row.shown, verdict) for row, verdict in zip(rows, verdicts, strict=True)]
    table("requirements", ("requirement", "measured", "verdict"), lines)
    return all(row.met for row in judged)


def benchmark(folder: Path, repeat: int, options: argparse.Namespace) -> bool:
    contests, sizes, commands = {}, {}, {}
    quick, everything = options.quick, not (options.commands or options.runs)
    for log, path in make_logs.make_all(folder, quick, options.only).items() if everything else ():
        sizes[log] = size_of(path)
        contests[log], failed = contest_on(log, path, repeat)
        show_contest(log, sizes[log], contests[log], failed)
    everything = everything and not options.only
    if everything or options.commands:
        commands, failed = commands_contest(max(repeat, 3), options.logs)
        show_commands(commands)
        for name, reason in failed.items():
            print(f"{name}: {reason}")
    rows = requirements(contests, sizes, commands)
    if everything or options.runs:
        rows += growth_requirements(growth_contest(folder, repeat, quick))
    return show_requirements(rows, quick)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, help="keep the logs here")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the size, one turn")
    parser.add_argument("--repeat", type=int, help="turns of all contestants (3; with --quick 1)")
    parser.add_argument(
        "--only", nargs="+", choices=list(yardstick.RULES), default=[], help="only these logs, and no commands"
    )
    parser.add_argument("--commands", action="store_true", help="only the commands on the sample logs")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="also ingest, findings and report of these logs")
    parser.add_argument("--runs", action="store_true", help="only the commands on logs with many runs")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a requirement is missed")
    parser.add_argument("--contestant", nargs=3, metavar=("NAME", "LOG", "FOLDER"), help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    if options.contestant:
        name, log, folder = options.contestant
        work, rows = CONTESTANTS[name](log, Path(folder))
        print(json.dumps({"work": work, "rows": rows}))
        return 0
    repeat = options.repeat or (1 if options.quick else 3)
    with log_folder(options.dir) as folder:
        met = benchmark(folder, repeat, options)
    return 1 if options.check and not met else 0


if __name__ == "__main__":
    sys.exit(main())
