"""What `logparse compare` prints: the sides, a row a quantity, what each difference is worth, and what else changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from logparse.comparison.compare import Comparison
from logparse.comparison.equal import At, Common
from logparse.comparison.wording import grid, what_differs
from logparse.comparison.workloads import shared
from logparse.pages.option import as_option
from logparse.text import missing
from logparse.text.labels import shortened
from logparse.text.location import locations
from logparse.text.terminal import Paint, aligned, one_line

_LINES = 3
"""Lines named under a finding before the rest is only counted."""


def page(comparison: Comparison, findings: pl.DataFrame, paint: Paint, digits: int | None = None) -> str:
    """The whole page, as lines of text."""
    out = [paint.head(one_line(_heading(comparison)))]
    out += [f" {line}" for line in _claims(comparison, paint)]
    out += [f" {one_line(line)}" for line in what_differs(comparison)]
    out += _table(comparison, paint, digits)
    for held in comparison.at:
        out += _common(held, paint)
    out += _scaling(comparison)
    out += list(finding_lines(findings, paint, "Worth knowing"))
    return "\n".join(out)


# ---- what is compared ---- #


def _heading(comparison: Comparison) -> str:
    """`bert_large, train: 3 sides, baseline batch_size 512`."""
    work = [shared(comparison.ledger, comparison.jobs, column) for column in ("workload", "task", "platform")]
    named = ", ".join(w for w in work if w) or "not the same work"
    per = f", rates per {comparison.per}" if comparison.per else ""
    return f"{named}: {len(comparison.sides)} sides, baseline {comparison.sides[comparison.baseline].label}{per}"


def _claims(comparison: Comparison, paint: Paint) -> Iterator[str]:
    labels = {job.id: job.label for job in comparison.jobs}
    for row in comparison.claims.iter_rows(named=True):
        if row["verdict"] == "confirmed" and row["origin"] == "file name":
            continue  # a name that is right says nothing new
        said = f"{one_line(labels[row['run']])} {row['name']}={one_line(row['claimed'])}"
        where = f" ({paint.location(row['source'], row['line'])})" if row["line"] else ""
        by = " (says the file's name)" if row["origin"] == "file name" else ""
        if row["verdict"] == "refuted":
            yield f"{paint.warn('REFUTED')}  {said}{by}: the log says {one_line(row['found'])}{where}"
        elif row["verdict"] == "confirmed":
            yield f"confirmed  {said}{by}{where}"
        else:
            used = "" if by else ": taken as claimed where it is needed"
            yield f"not in the log  {said}{by}{used}"


# ---- the table ---- #


def _table(comparison: Comparison, paint: Paint, digits: int | None) -> list[str]:
    made = grid(comparison, digits, as_option)
    if not made.rows:
        return [" None of the quantities that are compared is in these logs."]
    rows = [made.head, *(row.texts(note=" [{}]") for row in made.rows), made.counts]
    lines = aligned([[f" {one_line(row[0])}", *map(one_line, row[1:])] for row in rows])
    lines[0] = paint.head(lines[0])
    legend = missing.legend(made.marks)
    told = [*([legend] if legend else []), *([made.clocks] if made.clocks else [])]
    told += [f"[{number}] {text}" for number, text in enumerate(made.notes, start=1)]
    return [*lines, *(paint.faint(f" {one_line(line)}") for line in told)]


# ---- points in common, scaling ---- #


def _common(held: Common, paint: Paint) -> list[str]:
    if held.found is None:
        return [f" At equal {held.asked}: {one_line(held.points[0].reason or '')}."]
    rows = [["", "step", "samples", "s since training began", held.metric, "line"]]
    rows += [[f"  {one_line(_whose(p))}", *_point(p, paint)] for p in held.points]
    return [f" At {held.found}:", *aligned(rows, right=(1, 2, 3, 4))]


def _whose(p: At) -> str:
    return p.side.label if len(p.side.jobs) == 1 else f"{p.side.label}: {p.job.label}"


def _point(p: At, paint: Paint) -> list[str]:
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


def _scaling(comparison: Comparison) -> list[str]:
    found = comparison.scaling
    if found is None:
        return []
    if not found.points:
        return [f" Scaling over {found.of}: {found.kind}, no efficiency ({found.why})."]
    parts = ", ".join(f"{p.count}: {p.efficiency:.1%}" for p in found.points).replace("%", " %")
    claimed = [
        column
        for column in (found.of, "samples")
        if any(comparison.ledger.value(job, column).how == "claimed" for job in comparison.jobs)
    ]
    parts += f"; the {' and the '.join(claimed)} are claimed" if claimed else ""
    return [f" Scaling over {found.of}: {found.kind} ({found.why}); efficiency {parts}."]


# ---- findings ---- #


def finding_lines(
    findings: pl.DataFrame, paint: Paint, heading: str, most: int | None = None, advice: bool = False, more: str = ""
) -> Iterator[str]:
    """Findings for people: severity and name first, what was seen, the lines it rests on; those ignored at the end."""
    rows = findings.filter(pl.col("ignored").is_null()).rows(named=True)
    ignored = findings.filter(pl.col("ignored").is_not_null()).rows(named=True)
    shown = rows[:most]
    if rows:
        count = f" ({len(shown)} of {len(rows)}{more})" if len(shown) < len(rows) else ""
        yield paint.head(f"{heading}{count}:")
    width = max((len(row["severity"]) for row in shown), default=0)
    for row in shown:
        severity = f"{row['severity']:<{width}}"
        mark = severity if row["severity"] == "note" else paint.warn(severity)
        yield f" {mark} {paint.head(row['name'])}: {one_line(row['text'])} {_lines(row, paint)}".rstrip()
        if advice:
            yield paint.faint(f"   {one_line(row['advice'])}")
    for row in ignored:
        yield paint.faint(f" ignored {row['name']} ({one_line(row['ignored'])}): {one_line(row['text'])}")


def _lines(row: Mapping[str, Any], paint: Paint) -> str:
    lines = [paint.location(*location) for location in locations(row["evidence"])]
    return f"({shortened(lines, _LINES)})" if lines else ""
