"""Findings as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from logparse.pages.option import with_arguments
from logparse.text.labels import shortened
from logparse.text.location import locations
from logparse.text.terminal import Paint, one_line

_LINES = 3
"""Lines named for a finding; the rest is counted."""


def finding_lines(
    findings: pl.DataFrame, paint: Paint, heading: str, most: int | None = None, advice: bool = False, more: str = ""
) -> Iterator[str]:
    """Findings as text: severity, name, statement and log lines; ignored findings last."""
    every = findings.rows(named=True)
    rows = [row for row in every if row["ignored"] is None]
    ignored = [row for row in every if row["ignored"] is not None]
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
            yield paint.faint(f"   {one_line(with_arguments(row['advice']))}")
    for row in ignored:
        yield paint.faint(f" ignored {row['name']} ({one_line(row['ignored'])}): {one_line(row['text'])}")


def _lines(row: Mapping[str, Any], paint: Paint) -> str:
    lines = [paint.location(*location) for location in locations(row["evidence"])]
    return f"({shortened(lines, _LINES)})" if lines else ""
