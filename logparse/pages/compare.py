"""The output of `logparse compare`: the sides, one row per quantity with verdicts, and what else differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from logparse.comparison.answer import answer
from logparse.comparison.blocks import Block
from logparse.comparison.compare import Comparison
from logparse.comparison.equal import CommonPoint, PointAt
from logparse.comparison.wording import TextTable, grouping, text_table, what_differs
from logparse.comparison.workloads import shared
from logparse.pages.findings import finding_lines
from logparse.pages.option import as_option
from logparse.text import missing
from logparse.text.labels import shortened
from logparse.text.terminal import Paint, aligned, one_line


def page(comparison: Comparison, findings: pl.DataFrame, paint: Paint, digits: int | None = None) -> str:
    """The whole page, as lines of text."""
    return paint.fitted(_lines(comparison, findings, paint, digits))


def pages(blocks: Sequence[Block], findings: Sequence[pl.DataFrame], paint: Paint, digits: int | None = None) -> str:
    """Blocks one below the other, with the findings of each comparison; then the jobs that nothing is compared with."""
    out: list[str] = []
    comparisons = [block.comparison for block in blocks if block.comparison is not None]
    for comparison, found in zip(comparisons, findings, strict=True):
        out += [*_lines(comparison, found, paint, digits), ""]
    alone: dict[str, list[str]] = {}
    for block in blocks:
        if block.comparison is None:
            labels = [one_line(job.label) for job in block.jobs]
            alone.setdefault(block.alone, []).append(f"{shortened(labels, _NAMED)} ({block.heading})")
    out += [f"Not compared, as {reason}: {'; '.join(parts)}." for reason, parts in alone.items()]
    return paint.fitted(out).rstrip("\n")


def _lines(comparison: Comparison, findings: pl.DataFrame, paint: Paint, digits: int | None) -> list[str]:
    out = [paint.head(one_line(_heading(comparison)))]
    out += [f" {line}" for line in _claims(comparison, paint)]
    out.append(f" {one_line(answer(comparison))}")
    out += [f" {one_line(line)}" for line in what_differs(comparison)]
    if groups := grouping(comparison, as_option):
        out.append(f" These sides are single runs: {groups}.")
    out += _table(comparison, paint, digits)
    for common in comparison.at:
        out += _common(common, paint)
    out += _scaling(comparison)
    out += list(finding_lines(findings, paint, "Findings"))
    return out


_NAMED = 6
"""Runs that are named of those that are not compared; the rest is counted."""


# ---- what is compared ---- #


def _heading(comparison: Comparison) -> str:
    """`bert_large, train: 3 sides, baseline batch_size 512`."""
    words = [shared(comparison.ledger, comparison.jobs, column) for column in ("workload", "task", "platform")]
    named = ", ".join(filter(None, words)) or "different workloads"
    per = f", rates per {comparison.per}" if comparison.per else ""
    return f"{named}: {len(comparison.sides)} sides, baseline {comparison.sides[comparison.baseline].label}{per}"


def _claims(comparison: Comparison, paint: Paint) -> Iterator[str]:
    labels = {job.id: job.label for job in comparison.jobs}
    for row in comparison.claims.iter_rows(named=True):
        if row["verdict"] == "confirmed" and row["origin"] == "file name":
            continue  # a file name that is right adds nothing
        if row["verdict"] != "refuted" and row["origin"] == "log":
            continue  # what a name in the log implies is named where it is used
        claim = f"{one_line(labels[row['run']])} {row['name']}={one_line(row['claimed'])}"
        where = f" ({paint.location(row['source'], row['line'])})" if row["line"] else ""
        by = {"file name": " (from the file name)", "log": " (from a name in the log)"}.get(row["origin"], "")
        if row["verdict"] == "refuted":
            yield f"{paint.warn('REFUTED')}  {claim}{by}: the log says {one_line(row['found'])}{where}"
        elif row["verdict"] == "confirmed":
            yield f"confirmed  {claim}{by}{where}"
        else:
            used = "" if row["origin"] == "file name" else ": the claim is used where needed"
            yield f"not in the log  {claim}{by}{used}"


# ---- the table ---- #


def _table(comparison: Comparison, paint: Paint, digits: int | None) -> list[str]:
    table = text_table(comparison, digits, as_option)
    if not table.rows:
        return [" These logs contain none of the compared quantities."]
    rows = _by_side(table) if len(comparison.sides) > _COLUMNS else _by_quantity(table)
    lines = aligned([[f" {one_line(row[0])}", *map(one_line, row[1:])] for row in rows], room=paint.width)
    lines[0] = paint.head(lines[0])
    footer = [text for text in (missing.legend(table.marks), table.clocks, table.unused) if text]
    footer += [f"[{number}] {text}" for number, text in enumerate(table.notes, start=1)]
    return [*lines, *(paint.faint(f" {one_line(line)}") for line in footer)]


_COLUMNS = 4
"""Sides up to which each is a column; with more, each is a row."""


def _by_quantity(table: TextTable) -> list[list[str]]:
    """A row for each quantity, a column for each side."""
    return [table.head, *(row.texts(note=" [{}]") for row in table.rows), table.counts]


def _by_side(table: TextTable) -> list[list[str]]:
    """A row for each side, a column for each quantity; below a value its difference from the baseline."""
    rows = [["", "n", *(row.title for row in table.rows)]]
    for i, (label, count) in enumerate(zip(table.head[1:], table.counts[1:], strict=True)):
        cells = [row.cells[i] for row in table.rows]
        rows.append([label, count, *(cell.value for cell in cells)])
        if any(cell.verdict for cell in cells):
            rows.append(["", "", *(f"{c.verdict} [{c.note}]" if c.verdict else "" for c in cells)])
    return rows


# ---- points in common, scaling ---- #


def _common(common: CommonPoint, paint: Paint) -> list[str]:
    if common.found is None:
        return [f" At equal {common.asked}: {one_line(common.points[0].reason or '')}."]
    rows = [["", "step", "samples", "s since training began", common.metric, "line"]]
    rows += [[f"  {one_line(_label(p))}", *_point(p, paint)] for p in common.points]
    if common.is_target:
        before = ["" if p.before is None else _before(*p.before) for p in common.points]
        rows = [[*row, text] for row, text in zip(rows, ["logged before", *before], strict=True)]
    logged = ""
    if common.asked == "time":
        logged = (
            f", the last point that each logged by {common.most:.1f} s (how far the next one is counts as uncertainty)"
        )
    return [f" At {common.found}{logged}:", *aligned(rows, right=(1, 2, 3, 4), room=paint.width)]


def _label(p: PointAt) -> str:
    return p.side.label if len(p.side.jobs) == 1 else f"{p.side.label}: {p.job.label}"


def _point(p: PointAt, paint: Paint) -> list[str]:
    if p.reason:
        return [p.reason, "", "", "", ""]
    value = p.value
    return [
        "?" if p.step is None else f"{p.step:,}",
        "?" if p.samples is None else f"{p.samples:,}",
        "?" if p.seconds is None else f"{p.seconds:.1f}",
        "?" if value is None else f"{value:.6g}",
        paint.location(*p.location) if p.location else "",
    ]


def _before(step: int | None, seconds: float | None) -> str:
    """The last point that was logged before a target was reached: it was reached between the two."""
    words = [f"step {step:,}" if step is not None else "", f"{seconds:.1f} s" if seconds is not None else ""]
    return "not yet at " + ", ".join(filter(None, words))


def _scaling(comparison: Comparison) -> list[str]:
    study = comparison.scaling
    if study is None:
        return []
    if not study.points:
        kind = "neither weak nor strong" if study.kind == "neither" else study.kind
        return [f" Scaling over {study.of}: {kind}, no efficiency ({study.why})."]
    parts = ", ".join(f"{p.count}: {p.efficiency:.1%}" for p in study.points).replace("%", " %")
    claimed = [
        column
        for column in (study.of, "samples")
        if any(comparison.ledger.value(job, column).how == "claimed" for job in comparison.jobs)
    ]
    parts += f"; {' and '.join(claimed)} are claimed" if claimed else ""
    return [f" Scaling over {study.of}: {study.kind} ({study.why}); efficiency {parts}."]
