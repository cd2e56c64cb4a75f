"""Generate `public.csv` from a folder of public logs (`platform/owner/file`): `python -m logparse.spreads.make FOLDER`.

Repeats are runs of one platform, workload and task that agree in every setting that both state. Logs do not state
everything about a program, so each row of the file was reviewed, and `EXCLUSIONS` names the runs whose logs show a
different program. Rerun it when logs are added or a grammar reads more, and review the changes.
"""

from __future__ import annotations

import csv
import fnmatch
import math
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from pathlib import Path, PurePath
from typing import Any

import polars as pl

import logparse
from logparse.comparison.claims import from_names
from logparse.comparison.estimate import Sample, without_outliers
from logparse.comparison.jobs import RESULT, Job
from logparse.comparison.quantities import BASIS
from logparse.schema import TEXT
from logparse.spreads import BY_DIFFERENCE, DATA, Spread, fingerprint

QUANTITIES = (
    *("train_s", "compile_s", "load_s", "eval_s", "checkpoint_s"),
    *("throughput", "steady_throughput", "token_throughput", "latency_s", "loss", "score"),
)
"""Measurements that belong to the program. Not queue_s and total_s, which depend on the load of others; not startup_s,
which may be a few milliseconds; and not on_chip_*, a compiler's estimate that is the same for each run of a binary."""
SETTINGS = (
    *("sdk_version", "dataset", "devices", "ranks", "batch_size", "micro_batch_size", "sequence_length"),
    *("learning_rate", "precision", "epochs", "steps", "on_chip_throughput"),
)
"""Settings that must not differ. Not the seed: runs that differ in nothing else are repeats. The compiler's estimate
is the same for the same binary: on Groq, where no shapes are printed, on_chip_throughput identifies builds."""
BUDGET = ("epochs", "steps", "samples")
"""The amount of training; where no log states it, an explicit file name can."""
HOST_TIMES = ("compile_s", "load_s", "eval_s", "checkpoint_s")
"""Times that depend on shared hosts and storage. A slow one is normal, so no value is treated as an outlier: without
slow ones, the spread would be too narrow."""
PROFILED = (*HOST_TIMES, "train_s", "throughput", "steady_throughput", "token_throughput", "latency_s")
"""Quantities that profiling affects."""


@dataclass(frozen=True)
class Exclusion:
    """Runs to exclude: their logs show a program different from what the columns of `runs` can state."""

    path: str
    """Pattern over `platform/owner/file`."""
    reason: str
    quantities: Sequence[str] = QUANTITIES


EXCLUSIONS = (
    Exclusion(
        "cerebras/argonne-lcf/Cerebras__bert-large.md.*",
        "another release: its stages have other names, and it took four times as long",
    ),
    Exclusion("cerebras/argonne-lcf/cerebras__example-programs.md@08460fbc.*", "a release of the year before"),
    Exclusion(
        "cerebras/argonne-lcf/cerebras__example-programs.md@0b13faa4.*", "another release and another model than later"
    ),
    Exclusion(
        "cerebras/argonne-lcf/cerebras__example-programs.md.L302.*",
        "three months after the other run, and no log states the release",
    ),
    Exclusion(
        "cerebras/AnanthKandala/homework__cerebras.txt",
        "gradient accumulation is off, so the compiler does not search for a micro batch: half the work",
        ("compile_s",),
    ),
    Exclusion(
        "cerebras/kharelb/homework_7.md.L66.*",
        "the capture begins after the first checkpoint",
        ("checkpoint_s",),
    ),
    Exclusion("cerebras/Men-cotton/*log_supercon*", "the feature cache is what was varied"),
    Exclusion("cerebras/Men-cotton/*logs__accuracy*", "the feature cache is what was varied"),
    Exclusion("graphcore/graphcore/tutorials__tensorflow2__keras*", "a tutorial: five programs with equal settings"),
    Exclusion(
        "graphcore/mlcommons/Graphcore__results__ipu-pod64-POPART-open__bert__*", "64 devices, the other run has 16"
    ),
    Exclusion("graphcore/mlcommons/*__rnnt__*", "one evaluated once and the other four times", ("eval_s",)),
    Exclusion("graphcore/unknown-repo_id14168375060/tf2_keras*", "may be any of five programs of a tutorial"),
    Exclusion(
        "sambanova/argonne-lcf/sambanova__example-programs.md@065d26c3.*",
        "an earlier generation of the system than the other run",
    ),
)


@dataclass
class PublicRun:
    """A run in the logs, with the settings that its file name adds."""

    row: Mapping[str, Any]
    path: str
    """`platform/owner/file`."""
    settings: dict[str, Any]
    by_name: list[str] = field(default_factory=list)
    """Settings that only the file name states."""
    unconfirmed: list[str] = field(default_factory=list)
    """Settings that the file name claims and no log confirms: not used, but reported."""
    profiled: bool = False

    @property
    def program(self) -> tuple[str, str, str]:
        return self.row["platform"], self.row["workload"], self.row["task"]

    @property
    def owner(self) -> str:
        return PurePath(self.path).parts[1]

    def __repr__(self) -> str:
        return f"{self.path}:{self.row['line_first']}"

    def value(self, quantity: str) -> float | None:
        """The value; None where the log has none, and for a compile cache hit."""
        value = self.row[quantity]
        if value is None or not math.isfinite(value):
            return None
        if quantity == "compile_s" and self.row["compile_cache"] != "miss":
            return None
        # A progress bar rounds to zero seconds, which has no ratio.
        return None if quantity not in BY_DIFFERENCE and value <= 0 else float(value)

    def agrees(self, other: PublicRun) -> bool:
        """Whether the two agree in every setting that both state."""
        return all(self.settings[name] == other.settings[name] for name in self.settings.keys() & other.settings.keys())

    def looks_like(self, other: PublicRun) -> bool:
        """Whether it is the same run: the same job, or at least two figures and all of them equal."""
        if self.row["job_id"] is not None and self.row["job_id"] == other.row["job_id"]:
            return True
        both = [(a, b) for q in QUANTITIES if (a := self.row[q]) is not None and (b := other.row[q]) is not None]
        return len(both) > 1 and all(a == b for a, b in both)


def measure(folder: Path) -> tuple[list[Spread], list[str]]:
    """The spreads in the logs under a folder, and a sentence for each value or run that was left out."""
    left_out: list[str] = []
    found = [s for group in _groups(_runs(folder), left_out) for q in QUANTITIES for s in _spreads(group, q, left_out)]
    return sorted(found, key=lambda s: (s.platform, s.workload, s.task, s.quantity, s.setting)), left_out


def write(spreads: Iterable[Spread], path: Path) -> None:
    """Write the file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(f.name for f in fields(Spread))
        out.writerows([_text(v) for v in astuple(s)] for s in spreads)


def _runs(folder: Path) -> list[PublicRun]:
    """Runs that can be repeats: with a known workload, a result, and a known budget or build."""
    logs = logparse.ingest(sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".tsv"))
    profiled = set(logs.params.filter(pl.col("name") == "profiling")["run"].cast(TEXT))
    rows = logs.runs.with_columns(pl.col(pl.Categorical).cast(TEXT)).sort("source", "line_first").rows(named=True)
    found = []
    for row in rows:
        run = _run(row, folder)
        run.profiled = row["run"] in profiled
        if None not in run.program and _is_usable(run):
            found.append(run)
    return found


def _run(row: Mapping[str, Any], folder: Path) -> PublicRun:
    stated = {name: row[name] for name in SETTINGS if row[name] is not None}
    if row["task"] != "inference":
        stated.pop("on_chip_throughput", None)
    if row["task"] == "train" and "batch_size" not in stated and row["samples"] and row["steps"]:
        stated["batch_size"] = row["samples"] / row["steps"]
    run = PublicRun(row, Path(row["source"]).relative_to(folder).as_posix(), stated)
    for claim in from_names(Job(row)):
        if row[claim.name] is not None or row["task"] != "train":
            continue
        if claim.name in BUDGET and not any(row[name] is not None for name in BUDGET):
            run.settings[claim.name] = claim.number
            run.by_name.append(claim.name)
        elif claim.name in SETTINGS:
            run.unconfirmed.append(claim.name)
    return run


def _is_usable(run: PublicRun) -> bool:
    if run.row["task"] == "compile":
        return run.row["status"] in (*RESULT, "submitted")
    if run.row["status"] not in RESULT:
        return False
    if run.row["task"] == "inference":
        return "on_chip_throughput" in run.settings
    return bool(run.by_name) or any(run.row[name] is not None for name in BUDGET)


def _groups(runs: Iterable[PublicRun], left_out: list[str]) -> Iterator[list[PublicRun]]:
    """Groups of repeats, each run once. Runs that state the most settings come first: those that state fewer may fit
    several groups and are then left out."""
    groups: list[list[PublicRun]] = []
    for run in sorted(runs, key=lambda r: (r.program, -len(r.settings))):
        fitting = [g for g in groups if g[0].program == run.program and all(run.agrees(other) for other in g)]
        if len(fitting) > 1:
            left_out.append(f"{run}: fits {len(fitting)} sets of settings")
        elif not fitting:
            groups.append([run])
        elif same := next((other for other in fitting[0] if run.looks_like(other)), None):
            left_out.append(f"{run}: looks like {same}")
        else:
            fitting[0].append(run)
    yield from groups


def _spreads(group: Sequence[PublicRun], quantity: str, left_out: list[str]) -> Iterator[Spread]:
    """The spreads of one quantity in one group: one for each basis on which it was measured."""
    bases: dict[tuple[Any, ...], list[tuple[PublicRun, float]]] = {}
    for run in group:
        if (value := run.value(quantity)) is not None:
            bases.setdefault(tuple(run.row[name] for name in BASIS.get(quantity, ())), []).append((run, value))
    for basis, measured in bases.items():
        if len(measured) < 2:
            continue
        kept, out = _kept(measured, quantity)
        kept.sort(key=lambda pair: pair[1])
        left_out += [f"{run}: {quantity} {value:.6g}: {reason}" for run, value, reason in out]
        if len(kept) < 2:
            continue
        runs = [run for run, _ in kept]
        values = [value for _, value in kept]
        named = zip(BASIS.get(quantity, ()), basis, strict=True)
        yield Spread(
            *runs[0].program,
            setting=_setting(runs, {name: value for name, value in named if value is not None}),
            quantity=quantity,
            n=len(kept),
            sd=math.sqrt(Sample(tuple(_on_scale(quantity, v) for v in values)).squares / (len(kept) - 1)),
            dof=len(kept) - 1,
            least=min(values),
            median=statistics.median(values),
            greatest=max(values),
            values=tuple(values),
            runs=tuple(fingerprint(run.row) for run in runs),
            left_out=len(out),
            made_from=_made_from(runs),
        )


def _kept(
    measured: Sequence[tuple[PublicRun, float]], quantity: str
) -> tuple[list[tuple[PublicRun, float]], list[tuple[PublicRun, float, str]]]:
    """The values that count, and those that do not with the reason."""
    kept, out = [], []
    for run, value in measured:
        reason = _exclusion(run, quantity)
        if reason:
            out.append((run, value, reason))
        else:
            kept.append((run, value))
    if quantity in HOST_TIMES:
        return kept, out
    inside = set(without_outliers([_on_scale(quantity, value) for _, value in kept]))
    out += [(run, value, "an outlier") for i, (run, value) in enumerate(kept) if i not in inside]
    return [pair for i, pair in enumerate(kept) if i in inside], out


def _on_scale(quantity: str, value: float) -> float:
    """A value as it is compared: losses and scores by difference, all others by ratio."""
    return value if quantity in BY_DIFFERENCE else math.log(value)


def _exclusion(run: PublicRun, quantity: str) -> str | None:
    if run.profiled and quantity in PROFILED:
        return "profiling was on"
    if quantity == "compile_s" and "compile" in (run.row["train_includes"] or ""):
        return "part of the compile cannot be separated from the training"
    return next(
        (a.reason for a in EXCLUSIONS if quantity in a.quantities and fnmatch.fnmatchcase(run.path, a.path)), None
    )


def _setting(runs: Sequence[PublicRun], basis: Mapping[str, Any]) -> str:
    """The settings that all of the runs state, in which they agree."""
    shared = {name: runs[0].settings[name] for name in SETTINGS if all(name in run.settings for run in runs)}
    return "; ".join(f"{name}={_text(value)}" for name, value in {**shared, **basis}.items())


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(map(_text, value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _made_from(runs: Sequence[PublicRun]) -> str:
    owners = Counter(run.owner for run in runs)
    most_first = sorted(owners, key=lambda owner: (-owners[owner], owner.lower()))
    text = ", ".join(f"{owner} {owners[owner]}" for owner in most_first)
    notes = [f"{name} of {n} by file name" for name, n in Counter(n for run in runs for n in run.by_name).items()]
    notes += [
        f"{n} claimed to have another {name}, which no log shows"
        for name, n in Counter(n for run in runs for n in run.unconfirmed).items()
    ]
    return f"{text} ({'; '.join(notes)})" if notes else text


def main(arguments: Sequence[str]) -> int:
    """Write `public.csv` in this package, and print what was left out."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    spreads, left_out = measure(Path(arguments[0]))
    path = Path(__file__).with_name(DATA)
    write(spreads, path)
    print("\n".join(left_out))
    print(f"{len(spreads)} spreads in {path}; {len(left_out)} values or runs left out")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
