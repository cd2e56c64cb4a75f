"""The cells of `runs`: each value with its resolution, how it came to be, the lines it rests on, or why there is none.

Pages, comparisons, findings, charts and reports ask here, and not the frames, so that a value keeps its lines, its
resolution or its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import polars as pl

from logparse.logs import Logs
from logparse.schema import TEXT
from logparse.text.location import Location, located, locations
from logparse.text.missing import MISSING, Absence, Code

Run = Mapping[str, Any]
"""A row of `runs`."""


@dataclass(frozen=True)
class Value:
    """The value of one cell, or why there is none, and what it rests on."""

    value: Any = None
    resolution: float | None = None
    """Half a unit of the last digit that is meaningful, in the unit of the value."""
    how: str = "absent"
    """As in `evidence`: read, converted, derived, inferred, estimate, absent; or claimed."""
    made: str | None = None
    """How it was made from other columns, or who claims it."""
    locations: tuple[Location, ...] = ()
    """Each line it rests on."""
    empty: Absence | None = None
    """Why there is no value."""

    @property
    def reason(self) -> str | None:
        """Why it is missing, or how it was made, as text."""
        return self.empty.text if self.empty else self.made

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    @property
    def mark(self) -> str:
        """What an empty cell shows."""
        return (self.empty or MISSING).code.mark

    def is_empty(self, code: Code) -> bool:
        """Whether there is no value, for that reason."""
        return self.empty is not None and self.empty.code is code


class _Evidence(NamedTuple):
    """What all evidence rows of a cell share."""

    how: str
    code: str | None
    reason: str | None
    resolution: float | None


_NONE = _Evidence("inferred", None, None, None)
"""Of a cell that rests on no line: a label, a hash."""


class Cells:
    """The cells of the runs in some logs."""

    def __init__(self, logs: Logs) -> None:
        self.logs = logs

    def value(self, run: Run, column: str) -> Value:
        """The cell of a column of `runs` for that run."""
        cell = run["run"], column
        evidence = self._evidence.get(cell, _NONE)
        if run[column] is None:
            code, text = evidence.code, evidence.reason
            return Value(empty=MISSING if code is None else Absence(Code(code), text or MISSING.text))
        return Value(run[column], evidence.resolution, evidence.how, evidence.reason, self._locations.get(cell, ()))

    @cached_property
    def _evidence(self) -> dict[tuple[str, str], _Evidence]:
        """(run, column) -> what all its evidence rows share."""
        names = ("how", "code", "reason", "value_resolution")
        cells = self._rows.group_by("run", "column", maintain_order=True).agg(pl.col(names).first())
        texts = cells.with_columns(pl.col("how").cast(TEXT))
        return {(run, column): _Evidence(*shared) for run, column, *shared in texts.iter_rows()}

    @cached_property
    def _locations(self) -> dict[tuple[str, str], tuple[Location, ...]]:
        """(run, column) -> the lines that the value rests on."""
        lines = self._rows.filter(pl.col("line").is_not_null()).select("run", "column", located())
        cells = lines.group_by("run", "column", maintain_order=True).agg(pl.col("location").unique(maintain_order=True))
        return {(run, column): tuple(locations(structs)) for run, column, structs in cells.iter_rows()}

    @cached_property
    def _rows(self) -> pl.DataFrame:
        """The evidence of `runs`."""
        rows = self.logs.evidence.filter(pl.col("frame") == "runs")
        return rows.with_columns(pl.col("run", "column").cast(TEXT))
