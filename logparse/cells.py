"""The cells of `runs`: each value with its resolution, how it came to be, the lines it rests on, or why there is none.

Pages, comparisons, findings, charts and reports ask here, and not the frames, so that a value keeps its lines, its
resolution or its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from logparse.logs import Logs
from logparse.schema import TEXT
from logparse.text.location import Location
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


_SHARED = ("how", "code", "reason", "value_resolution")
"""What all evidence rows of a cell share."""
_NONE = ("inferred", None, None, None)
"""The same of a cell that rests on no line: a label, a hash."""


class Cells:
    """The cells of the runs in some logs."""

    def __init__(self, logs: Logs) -> None:
        self.logs = logs

    def value(self, run: Run, column: str) -> Value:
        """The cell of a column of `runs` for that run."""
        cell = run["run"], column
        how, code, reason, resolution = self._evidence.get(cell, _NONE)
        if run[column] is None:
            return Value(empty=MISSING if code is None else Absence(Code(code), reason or MISSING.text))
        return Value(run[column], resolution, how, reason, self._locations.get(cell, ()))

    @cached_property
    def _evidence(self) -> dict[tuple[str, str], tuple[Any, ...]]:
        """(run, column) -> what all its evidence rows share, as `_SHARED`."""
        cells = self._rows.unique(["run", "column"], keep="first", maintain_order=True)
        places = zip(cells["run"].to_list(), cells["column"].to_list(), strict=True)
        shared = zip(*(cells[name].to_list() for name in _SHARED), strict=True)
        return dict(zip(places, shared, strict=True))

    @cached_property
    def _locations(self) -> dict[tuple[str, str], tuple[Location, ...]]:
        """(run, column) -> the lines that the value rests on."""
        rows = self._rows.filter(pl.col("line").is_not_null())
        columns = (rows[name].to_list() for name in ("run", "column", "source", "line"))
        lines: dict[tuple[str, str], dict[Location, None]] = {}
        for run, column, source, line in zip(*columns, strict=True):
            lines.setdefault((run, column), {})[Location(source, line)] = None
        return {cell: tuple(of_cell) for cell, of_cell in lines.items()}

    @cached_property
    def _rows(self) -> pl.DataFrame:
        """The evidence of `runs`."""
        rows = self.logs.evidence.filter(pl.col("frame") == "runs")
        return rows.with_columns(pl.col("run", "column", "source", "how").cast(TEXT))
