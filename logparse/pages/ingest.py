"""The output of `logparse ingest`: runs by platform and workload, findings, lines not parsed, and next steps."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from logparse.cells import Run
from logparse.comparison.ledger import Ledger
from logparse.logs import Logs
from logparse.pages import run_cells
from logparse.pages.explain import SHAPES, SUSPICIOUS, shapes
from logparse.pages.findings import finding_lines
from logparse.pages.option import shell_word
from logparse.pages.run_cells import Facts
from logparse.schema import TEXT
from logparse.selection import run_names
from logparse.text import missing
from logparse.text.labels import many, shortened
from logparse.text.missing import LEGEND, Code
from logparse.text.terminal import Paint, aligned, one_line


def page(ledger: Ledger, paths: Sequence[str], paint: Paint, findings: pl.DataFrame) -> str:
    """The whole page. `paths`: what was read, for the commands it suggests; `findings`: those about single runs."""
    logs = ledger.logs
    out = [_first_line(ledger)]
    facts = Facts.of(logs, ledger.cells)
    called = run_names(logs.runs)
    marks: set[str] = set()
    for block in _blocks(logs.runs):
        heading, columns = _table(block, called, facts, paint)
        out += [heading, *_rows(columns, paint)]
        marks |= {mark for column in columns.values() for cell in column for mark in missing.marks(cell)}
    if marks:
        out.append(paint.faint(missing.legend(marks)))
    more = f"; all: logparse findings {_given(paths)}"
    out += finding_lines(findings, paint, "Findings", most=_FINDINGS_SHOWN, more=more)
    out += _not_parsed(logs, paint)
    if reasons := files_without_run(logs, paint):
        out += [paint.head("Files without a run:"), *reasons]
    out.append(_next(logs, paths))
    return paint.fitted(out)


def coverage(logs: Logs) -> float:
    """Share of lines parsed, from 0 to 1, in the sources that contain a run; blank lines do not count."""
    read = logs.sources.filter(pl.col("status") == "read")
    lines, blank, taken, known = (int(read[f"lines{part}"].sum()) for part in ("", "_blank", "_read", "_known"))
    return (taken + known) / (lines - blank) if lines > blank else 0.0


_FINDINGS_SHOWN = 3


def _first_line(ledger: Ledger) -> str:
    logs = ledger.logs
    joined = logs.runs.height - len(ledger.jobs)
    logs_joined = many(joined, "log") + " joined to " + ("its run" if joined == 1 else "their runs")
    in_jobs = f" in {many(len(ledger.jobs), 'job')} ({logs_joined})" if joined else ""
    copies = int(logs.runs["copies"].sum())
    merged = f", {many(copies, 'cop', 'y', 'ies')} merged" if copies else ""
    # Rounded down: 100 % means every line.
    parsed = f" {math.floor(coverage(logs) * 1000) / 10:.1f} % of lines parsed." if logs.runs.height else ""
    return f"{many(logs.sources.height, 'file')}: {many(logs.runs.height, 'run')}{in_jobs}{merged}.{parsed}"


# ---- blocks ---- #


def _blocks(runs: pl.DataFrame) -> Iterator[list[Run]]:
    """Runs of one platform and workload, in the order of the platforms' names."""
    named = runs.with_columns(pl.coalesce("workload", "model", pl.lit("")).alias("block")).sort(
        "platform", "block", maintain_order=True
    )
    for part in named.partition_by("platform", "block", maintain_order=True):
        yield list(part.drop("block").iter_rows(named=True))


_WINDOWS = {"after_warmup": "rate after warm-up", "single_input": "one input at a time"}


def _table(
    block: Sequence[Run], called: Mapping[str, str], facts: Facts, paint: Paint
) -> tuple[str, dict[str, list[str]]]:
    """A heading that says what is common to all rows, and the cells of each column that applies; called: the name of
    each run."""
    common = dict(_common(block))
    heading = f"{paint.head(str(block[0]['platform']))}  {', '.join(_heading(common))}"
    rate = f"{common.get('sample') or 'sample'}s/s"
    columns = {
        "run": [one_line(called[run["run"]]) for run in block],
        "ran": [run_cells.ran(run, common, facts) for run in block],
        "compile": [run_cells.compiling(run, facts) for run in block],
        "train": [run_cells.duration(run, "train_s", facts) for run in block],
        "latency": [run_cells.duration(run, "latency_s", facts) for run in block],
        "on chip (estimate)": [run_cells.on_chip(run, facts) for run in block],
        rate: [run_cells.rate(run, facts) for run in block],
        "quality": [run_cells.quality(run, facts) for run in block],
        "status": [_status(run, facts, paint) for run in block],
    }
    return heading, {name: column for name, column in columns.items() if _applies(name, set(column))}


def _rows(columns: Mapping[str, Sequence[str]], paint: Paint) -> list[str]:
    """Header and rows as lines."""
    rows = [list(columns), *(list(row) for row in zip(*columns.values(), strict=True))]
    return aligned([[f" {row[0]}", *row[1:]] for row in rows], room=paint.width)


def _common(block: Sequence[Run]) -> Iterator[tuple[str, Any]]:
    """Values that all rows share, as far as they state them; at least half of the rows must."""
    for column in block[0]:
        known = [run[column] for run in block if run[column] is not None]
        if len(set(known)) == 1 and 2 * len(known) >= len(block):
            yield column, known[0]


def _applies(name: str, found: set[str]) -> bool:
    """Whether a column has something to show for these runs."""
    if found - LEGEND.keys():
        return True
    return Code.CACHED.mark in found or (Code.NOT_APPLICABLE.mark not in found and name not in _OPTIONAL)


_OPTIONAL = ("latency", "on chip (estimate)")


def _heading(common: Run) -> Iterator[str]:
    """The values that all rows share, as words."""
    yield one_line(common.get("workload") or common.get("model") or "workload not in the log")
    if common.get("task"):
        yield run_cells.task(common)
    if common.get("system"):
        yield one_line(common["system"])
    if common.get("device_kind"):
        devices = common.get("devices")
        if devices or not common.get("system"):
            yield f"{devices} {common['device_kind']}" if devices else common["device_kind"]
    if version := common.get("sdk_version"):
        yield f"SDK {version}" if version[0].isdigit() else version
    yield from run_cells.settings(common, ("sequence_length", "precision", "learning_rate"))
    if common.get("throughput_window") in _WINDOWS:
        yield _WINDOWS[common["throughput_window"]]


def _status(run: Run, facts: Facts, paint: Paint) -> str:
    text = run_cells.status(run, facts)
    return paint.warn(text) if run_cells.went_wrong(run) else text


# ---- lines not parsed ---- #

_LINES_EXAMINED = 20_000
_SHAPES_SHOWN = 5
_FILES_NAMED = 3


def _not_parsed(logs: Logs, paint: Paint) -> list[str]:
    """Lines that no rule read, by shape."""
    lines, total = unread(logs)
    if not total:
        return []
    found = shapes(lines)
    files = lines["source"].n_unique()
    sampled = f" (the first {lines.height:,} examined)" if lines.height < total else ""
    out = [paint.head("Lines not parsed:")]
    out.append(f"  {many(total, 'line')} in {many(files, 'file')}{sampled}; most frequent shapes:")
    for shape, count, suspicious, source, line in found.head(_SHAPES_SHOWN).iter_rows():
        sign = "!" if suspicious else " "
        out.append(f"  {count:>6}× {sign} {one_line(shape)}  {paint.faint(paint.location(source, line))}")
    if found["suspicious"].any():
        out.append(f"          ! = {SUSPICIOUS}")
    return out


def files_without_run(logs: Logs, paint: Paint) -> list[str]:
    """Files that contain no run, one line for each reason."""
    out = []
    for reason, names in without_run(logs):
        named = shortened([paint.location(one_line(name)) for name in names], _FILES_NAMED)
        out.append(f"  {many(len(names), 'file')} ({reason}): {named}")
    return out


def unread(logs: Logs) -> tuple[pl.DataFrame, int]:
    """source, line, text of the first lines that no rule read, in sources that contain a run; and the total number."""
    parts = [pl.DataFrame(schema={"source": TEXT, "line": SHAPES["line"], "text": TEXT})]
    total = collected = 0
    for row in logs.sources.filter(pl.col("status") == "read").iter_rows(named=True):
        left = row["lines"] - row["lines_blank"] - row["lines_read"] - row["lines_known"]
        total += left
        if not left or collected >= _LINES_EXAMINED:
            continue
        kinds = logs.kinds(row["source"])
        numbers = (n for n in range(1, row["lines"] + 1) if n not in kinds)
        wanted = [n for n, _ in zip(numbers, range(2 * _LINES_EXAMINED), strict=False)]
        texts = {n: text for n, text in logs.lines(row["source"], wanted).items() if text.strip(" \t\r")}
        collected += len(texts)
        parts.append(
            pl.DataFrame(
                {"source": row["source"], "line": list(texts), "text": list(texts.values())}, schema=parts[0].schema
            )
        )
    return pl.concat(parts), total


def without_run(logs: Logs) -> list[tuple[str, list[str]]]:
    """Reason -> sources, the most frequent reason first."""
    rows = logs.sources.filter(pl.col("status") != "read").select(pl.col("source").cast(TEXT), "status", "reason")
    by_reason: dict[str, list[str]] = {}
    for source, status, reason in rows.iter_rows():
        by_reason.setdefault(one_line(reason or status), []).append(source)
    return sorted(by_reason.items(), key=lambda item: -len(item[1]))


# ---- next steps ---- #

_EXAMPLES = ("throughput", "train_s", "latency_s", "compile_s", "score", "loss", "status")
_PATHS_REPEATED = 3


def _next(logs: Logs, paths: Sequence[str]) -> str:
    given = _given(paths)
    counts = Counter(logs.sources["status"].cast(TEXT))
    hints = []
    if logs.runs.height:
        run, column = _example(logs.runs)
        hints.append(f"where a number comes from: logparse show {shell_word(run)} {column} {given}")
    read = logs.sources.filter(pl.col("status").is_in(["read"] if counts["read"] else ["no_run", "unknown_platform"]))
    read = read.sort(pl.col("coverage").fill_nan(0), nulls_last=True, maintain_order=True)
    if read.height:
        hints.append(f"how a file is parsed: logparse explain {shell_word(read['source'][0])}")
    hints.append(
        f"all columns: logparse runs {given} --format csv"
        if logs.runs.height
        else "supported formats: logparse grammars"
    )
    return "Next: " + " · ".join(hints)


def _given(paths: Sequence[str]) -> str:
    """The paths as arguments of a suggested command."""
    few = paths and len(paths) <= _PATHS_REPEATED and "-" not in paths
    return " ".join(map(shell_word, paths)) if few else "PATH..."


def _example(runs: pl.DataFrame) -> tuple[str, str]:
    """Name of a run and column of an example for `logparse show`."""
    called = run_names(runs)
    for column in _EXAMPLES:
        known = runs.filter(pl.col(column).is_not_null())
        if known.height:
            return called[known["run"][0]], column
    return called[runs["run"][0]], "source"
