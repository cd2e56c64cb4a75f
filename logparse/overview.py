"""What `logparse ingest` prints: the runs by platform and workload, what was not understood, and where to look next."""

from __future__ import annotations

import math
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from logparse import reasons
from logparse.comparison.ledger import Ledger
from logparse.explain import SHAPES, SUSPICIOUS, shapes
from logparse.figures import figure, score_figure, seconds
from logparse.logs import Logs
from logparse.reasons import LEGEND
from logparse.render import Paint, aligned, one_line
from logparse.resolution import resolutions
from logparse.schema import TEXT
from logparse.side_by_side import finding_lines

Run = Mapping[str, Any]
"""A row of `runs`."""


def page(ledger: Ledger, paths: Sequence[str], paint: Paint, findings: pl.DataFrame) -> str:
    """The whole page; `paths` is what was read, for the commands that it names; `findings` concern runs for
    themselves."""
    logs = ledger.logs
    out = [_first_line(ledger)]
    facts = _Facts.of(logs)
    marks: set[str] = set()
    for block in _blocks(logs.runs):
        heading, columns = _table(block, facts, paint)
        out += [heading, *_rows(columns)]
        marks |= {mark for cells in columns.values() for cell in cells for mark in _marks(cell)}
    if marks:
        out.append(paint.faint(reasons.legend(marks)))
    more = f"; all: logparse findings {_given(paths)}"
    out += finding_lines(findings, paint, "Worth knowing", most=_FINDINGS_SHOWN, more=more)
    out += _not_understood(logs, paint)
    out.append(_next(logs, paths))
    return "\n".join(out)


def coverage(logs: Logs) -> float:
    """Share of lines understood, from 0 to 1, in the sources that hold a run; blank lines do not count."""
    read = logs.sources.filter(pl.col("status") == "read")
    lines, blank, taken, known = (int(read[f"lines{part}"].sum()) for part in ("", "_blank", "_read", "_known"))
    return (taken + known) / (lines - blank) if lines > blank else 0.0


_FINDINGS_SHOWN = 3


def _first_line(ledger: Ledger) -> str:
    logs = ledger.logs
    joined = logs.runs.height - len(ledger.jobs)
    logs_joined = _many(joined, "log") + " joined to " + ("its run" if joined == 1 else "their runs")
    in_jobs = f" in {_many(len(ledger.jobs), 'job')} ({logs_joined})" if joined else ""
    copies = int(logs.runs["copies"].sum())
    folded = f", {_many(copies, 'cop', 'y', 'ies')} folded" if copies else ""
    # Rounded down: 100 % means every line.
    understood = f" {math.floor(coverage(logs) * 1000) / 10:.1f} % of lines understood." if logs.runs.height else ""
    return f"{_many(logs.sources.height, 'file')}: {_many(logs.runs.height, 'run')}{in_jobs}{folded}.{understood}"


def _many(count: int, word: str, one: str = "", more: str = "s") -> str:
    return f"{count:,} {word}{one if count == 1 else more}"


# ---- what cells are made of ---- #

_CELLS = (
    *("compile_s", "train_s", "latency_s", "on_chip_latency_s", "on_chip_throughput", "throughput", "token_throughput"),
    *("loss", "score", "steps", "epochs", "samples"),
)
"""Columns whose values, or reasons to be empty, are shown."""


@dataclass(frozen=True)
class _Facts:
    """What is known beside the runs: why cells are empty, how fine values are, compile phases, kinds of errors."""

    reasons: Mapping[tuple[str, str], str]
    resolutions: Mapping[tuple[str, str], float]
    compiles: Mapping[str, Sequence[float]]
    errors: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, logs: Logs) -> _Facts:
        rows = logs.evidence.filter((pl.col("frame") == "runs") & pl.col("column").is_in(_CELLS))
        absent = rows.filter(pl.col("how") == "absent").select("run", "column", "reason")
        compiles = logs.phases.filter((pl.col("phase") == "compile") & pl.col("stage").is_null())
        errors = logs.messages.filter((pl.col("level") == "error") & pl.col("kind").is_not_null())
        return cls(
            {(run, column): reason or "" for run, column, reason in absent.iter_rows()},
            resolutions(logs.evidence),
            _by_run(compiles.select("run", "duration_s")),
            _by_run(errors.select("run", pl.col("kind").cast(TEXT)).unique(maintain_order=True)),
        )

    def empty(self, run: Run, column: str) -> str:
        """What the empty cell of that column shows."""
        return reasons.mark(self.reasons.get((run["run"], column)))

    def resolution(self, run: Run, column: str) -> float | None:
        """Half a unit of the last digit that the value has, as far as known."""
        return self.resolutions.get((run["run"], column))


def _by_run(rows: pl.DataFrame) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = {}
    for run, value in rows.iter_rows():
        out.setdefault(run, []).append(value)
    return out


# ---- blocks ---- #


def _blocks(runs: pl.DataFrame) -> Iterator[list[Run]]:
    """Runs of one platform and workload, in the order of the platforms' names."""
    named = runs.with_columns(pl.coalesce("workload", "model", pl.lit("")).alias("of")).sort(
        "platform", "of", maintain_order=True
    )
    for part in named.partition_by("platform", "of", maintain_order=True):
        yield list(part.drop("of").iter_rows(named=True))


_TASKS = {"train": "training", "inference": "inference", "compile": "compile"}
_WINDOWS = {"after_warmup": "rate after warm-up", "single_input": "one input at a time"}


def _table(block: Sequence[Run], facts: _Facts, paint: Paint) -> tuple[str, dict[str, list[str]]]:
    """A heading that says what is common to all rows, and the cells of each column that applies."""
    common = dict(_common(block))
    heading = f"{paint.head(str(block[0]['platform']))}  {', '.join(_heading(common))}"
    rate = f"{common.get('sample') or 'sample'}s/s"
    columns = {
        "run": [one_line(run["label"]) for run in block],
        "ran": [_ran(run, common, facts) for run in block],
        "compile": [_compile(run, facts) for run in block],
        "train": [_seconds(run, "train_s", facts) for run in block],
        "latency": [_seconds(run, "latency_s", facts) for run in block],
        "on chip (estimate)": [_on_chip(run, facts) for run in block],
        rate: [_rate(run, facts) for run in block],
        "quality": [_quality(run, facts) for run in block],
        "status": [_status(run, facts, paint) for run in block],
    }
    return heading, {name: cells for name, cells in columns.items() if _applies(name, set(cells))}


def _rows(columns: Mapping[str, Sequence[str]]) -> list[str]:
    """Header and rows as lines."""
    rows = [list(columns), *(list(row) for row in zip(*columns.values(), strict=True))]
    return aligned([[f" {row[0]}", *row[1:]] for row in rows])


def _marks(cell: str) -> set[str]:
    """Marks of the legend that stand in a cell, alone or behind a value: `3.669 s, cached`, `task ?`."""
    return {mark for mark in LEGEND if cell == mark or cell.endswith((f", {mark}", f" {mark}"))}


def _common(block: Sequence[Run]) -> Iterator[tuple[str, Any]]:
    """What all rows share, as far as they say; at least half of them must."""
    for column in block[0]:
        known = [run[column] for run in block if run[column] is not None]
        if len(set(known)) == 1 and 2 * len(known) >= len(block):
            yield column, known[0]


def _applies(name: str, cells: set[str]) -> bool:
    """Whether a column says something of these runs."""
    if cells - LEGEND.keys():
        return True
    return "cached" in cells or ("-" not in cells and name not in _OPTIONAL)


_OPTIONAL = ("latency", "on chip (estimate)")


def _task(run: Run) -> str:
    return _TASKS.get(run["task"], str(run["task"]))


def _heading(common: Run) -> Iterator[str]:
    """What all rows share, in words."""
    yield one_line(common.get("workload") or common.get("model") or "workload not in the log")
    if common.get("task"):
        yield _task(common)
    if common.get("system"):
        yield one_line(common["system"])
    if common.get("device_kind"):
        devices = common.get("devices")
        if devices or not common.get("system"):
            yield f"{devices} {common['device_kind']}" if devices else common["device_kind"]
    if version := common.get("sdk_version"):
        yield f"SDK {version}" if version[0].isdigit() else version
    yield from _settings(common, ("sequence_length", "precision", "learning_rate"))
    if common.get("throughput_window") in _WINDOWS:
        yield _WINDOWS[common["throughput_window"]]


def _settings(run: Run, columns: Sequence[str]) -> Iterator[str]:
    words = {"sequence_length": "length", "learning_rate": "lr", "precision": "", "ranks": "ranks", "devices": ""}
    for column in columns:
        value = run.get(column)
        if value is None:
            continue
        if column == "devices":
            yield f"{value} {run.get('device_kind') or 'devices'}"
        elif column == "ranks":
            yield _many(value, "rank")
        else:
            yield f"{words[column]} {value:g}" if isinstance(value, float) else f"{words[column]} {value}".strip()


_SHARED = {
    "task": "task",
    "devices": "devices",
    "sequence_length": "length",
    "precision": "precision",
    "learning_rate": "lr",
}
"""Settings that a heading says of all rows, and what they are called in a row that does not say."""


def _ran(run: Run, common: Run, facts: _Facts) -> str:
    """`505 st × 4096`, `10 epochs`, and the settings in which the rows differ."""
    steps, epochs, batch, samples = (run[c] for c in ("steps", "epochs", "batch_size", "samples"))
    parts = []
    if epochs is not None and (steps is None or epochs > 1):
        parts.append(_many(epochs, "epoch"))
    elif steps is not None:
        parts.append(f"{steps} st" + (f" × {batch}" if batch is not None else ""))
    elif samples is not None:
        parts.append(_many(samples, run["sample"] or "sample"))
    elif batch is not None:
        parts.append(f"batch {batch}")
    if "task" not in common and run["task"]:
        parts.insert(0, _task(run))
    differ = [c for c in ("devices", "ranks", "sequence_length", "precision", "learning_rate") if c not in common]
    parts += _settings(run, differ)
    unknown = [word for column, word in _SHARED.items() if column in common and run[column] is None]
    if unknown and run["status"] != "submitted":
        parts.append(f"{' and '.join(unknown)} ?")
    return ", ".join(parts) or facts.empty(run, "steps")


def _compile(run: Run, facts: _Facts) -> str:
    value, hit = run["compile_s"], run["compile_cache"] == "hit"
    if value is None:
        return facts.empty(run, "compile_s")
    if hit:
        return "cached" if value == 0 else f"{_seconds(run, 'compile_s', facts)}, cached"
    parts = [p for p in facts.compiles.get(run["run"], ()) if p]
    if 1 < len(parts) <= 3 and math.isclose(sum(parts), value):
        return "+".join(f"{p:.0f}" if p == int(p) else f"{p:.1f}" for p in parts) + " s"
    return _seconds(run, "compile_s", facts)


def _seconds(run: Run, column: str, facts: _Facts) -> str:
    return facts.empty(run, column) if run[column] is None else seconds(run[column], facts.resolution(run, column))


def _on_chip(run: Run, facts: _Facts) -> str:
    latency, rate = run["on_chip_latency_s"], run["on_chip_throughput"]
    if latency is None:
        return facts.empty(run, "on_chip_latency_s")
    shown = seconds(latency, facts.resolution(run, "on_chip_latency_s"))
    return shown if rate is None else f"{shown}, {figure(rate, facts.resolution(run, 'on_chip_throughput'), 5)}/s"


def _rate(run: Run, facts: _Facts) -> str:
    value = run["throughput"]
    if value is not None:
        return figure(value, facts.resolution(run, "throughput"), 5)
    if run["token_throughput"] is not None:
        return f"{figure(run['token_throughput'], facts.resolution(run, 'token_throughput'), 5)} tokens/s"
    return facts.empty(run, "throughput")


def _quality(run: Run, facts: _Facts) -> str:
    name, score = run["score_name"], run["score"]
    if score is None or name is None:
        loss = run["loss"]
        return facts.empty(run, "loss") if loss is None else f"loss {figure(loss, facts.resolution(run, 'loss'), 5)}"
    word = "acc." if name == "accuracy" else one_line(name.replace("_", " "))
    return f"{word} {score_figure(name, score, facts.resolution(run, 'score'))}"


_KINDS = {"gate": "gate failed", "device": "device error", "scheduler": "scheduler error"}


def _status(run: Run, facts: _Facts, paint: Paint) -> str:
    status = run["status"] or "?"
    kinds = [_KINDS.get(kind, kind.replace("_", " ")) for kind in facts.errors.get(run["run"], ())][:2]
    if status == "completed_with_errors":
        return paint.warn(", ".join(["completed", *kinds]) if kinds else "completed with errors")
    if status == "failed":
        return paint.warn(", ".join(["failed", *kinds]))
    return paint.warn(status) if status == "incomplete" else status


# ---- what was not understood ---- #

_LINES_LOOKED_AT = 20_000
_SHAPES_SHOWN = 5
_FILES_NAMED = 3


def _not_understood(logs: Logs, paint: Paint) -> list[str]:
    """Lines that no rule read, by shape, and files that hold no run, by reason."""
    out = []
    unread, total = _unread(logs)
    if total:
        found = shapes(unread)
        files = unread["source"].n_unique()
        of = f" (shapes of the first {unread.height:,})" if unread.height < total else ""
        out.append(f"  {_many(total, 'line')} in {_many(files, 'file')}{of}, the most frequent:")
        for shape, count, suspicious, source, line in found.head(_SHAPES_SHOWN).iter_rows():
            sign = "!" if suspicious else " "
            out.append(f"  {count:>6}× {sign} {one_line(shape)}  {paint.faint(paint.place(source, line))}")
        if found["suspicious"].any():
            out.append(f"          ! = {SUSPICIOUS}")
    for reason, names in _without_run(logs):
        named = ", ".join(paint.place(one_line(name)) for name in names[:_FILES_NAMED])
        more = f" and {len(names) - _FILES_NAMED} more" if len(names) > _FILES_NAMED else ""
        out.append(f"  {_many(len(names), 'file')} without a run ({reason}): {named}{more}")
    return [paint.head("Not understood:"), *out] if out else []


def _unread(logs: Logs) -> tuple[pl.DataFrame, int]:
    """source, line, text of the first lines that no rule read in sources that hold a run; and how many there are."""
    parts = [pl.DataFrame(schema={"source": TEXT, "line": SHAPES["line"], "text": TEXT})]
    total = held = 0
    for row in logs.sources.filter(pl.col("status") == "read").iter_rows(named=True):
        many = row["lines"] - row["lines_blank"] - row["lines_read"] - row["lines_known"]
        total += many
        if not many or held >= _LINES_LOOKED_AT:
            continue
        kinds = logs.kinds(row["source"])
        numbers = (n for n in range(1, row["lines"] + 1) if n not in kinds)
        wanted = [n for n, _ in zip(numbers, range(2 * _LINES_LOOKED_AT), strict=False)]
        texts = {n: text for n, text in logs.lines(row["source"], wanted).items() if text.strip(" \t\r")}
        held += len(texts)
        parts.append(
            pl.DataFrame(
                {"source": row["source"], "line": list(texts), "text": list(texts.values())}, schema=parts[0].schema
            )
        )
    return pl.concat(parts), total


def _without_run(logs: Logs) -> list[tuple[str, list[str]]]:
    """Reason -> sources, those with most sources first."""
    rows = logs.sources.filter(pl.col("status") != "read").select(pl.col("source").cast(TEXT), "status", "reason")
    by_reason: dict[str, list[str]] = {}
    for source, status, reason in rows.iter_rows():
        by_reason.setdefault(one_line(reason or status), []).append(source)
    return sorted(by_reason.items(), key=lambda item: -len(item[1]))


# ---- where to look next ---- #

_TELLING = ("throughput", "train_s", "latency_s", "compile_s", "score", "loss", "status")
_PATHS_REPEATED = 3


def _next(logs: Logs, paths: Sequence[str]) -> str:
    given = _given(paths)
    counts = Counter(logs.sources["status"].cast(TEXT))
    hints = []
    if logs.runs.height:
        run, column = _example(logs.runs)
        hints.append(f"a number's lines: logparse show {shlex.quote(run)} {column} {given}")
    read = logs.sources.filter(pl.col("status") == ("read" if counts["read"] else "unknown_platform"))
    read = read.sort(pl.col("coverage").fill_nan(0), nulls_last=True, maintain_order=True)
    if read.height:
        hints.append(f"how a file is read: logparse explain {shlex.quote(read['source'][0])}")
    hints.append(
        f"all columns: logparse runs {given} --format csv"
        if logs.runs.height
        else "what can be read: logparse grammars"
    )
    return "Next: " + " · ".join(hints)


def _given(paths: Sequence[str]) -> str:
    """The paths once more, for a command to type."""
    few = paths and len(paths) <= _PATHS_REPEATED and "-" not in paths
    return " ".join(map(shlex.quote, paths)) if few else "PATH..."


def _example(runs: pl.DataFrame) -> tuple[str, str]:
    """Label and column of a number that is worth a look."""
    for column in _TELLING:
        known = runs.filter(pl.col(column).is_not_null())
        if known.height:
            return known["label"][0], column
    return runs["label"][0], "source"
