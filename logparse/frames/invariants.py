"""What holds for every value of `runs` and `phases`, whatever a log prints: numbers are finite, counts and durations
are not negative, shares are from 0 to 1, and nothing ends before it starts.

What a line prints is checked when it is read (`units.possible`); here is what was computed from several lines.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias, cast

import polars as pl

from logparse.frames.evidence import Row
from logparse.schema import INTEGER, LARGEST, NUMBER, TEXT, TIME, Range, range_of
from logparse.text.missing import Code

_EPOCH = datetime(1970, 1, 1)
_FIRST, _LAST = ((limit - _EPOCH) // timedelta(microseconds=1) for limit in (datetime.min, datetime.max))


class Broken(NamedTuple):
    """Why a run, or a phase, cannot have a value."""

    key: int
    """n of the run, or id of the phase."""
    code: Code
    reason: str


Check: TypeAlias = Callable[[Any, int | None, int | None], tuple[Code, str] | None]
"""Why a cell cannot have a value (times as microseconds since 1970), with the start and the end of the run where they
are known already; None if it can."""


def check(column: str, dtype: pl.DataType) -> Check:
    """The check of the values of `column`."""
    if dtype == TIME:
        return partial(_broken_time, column)
    if dtype in (NUMBER, INTEGER):
        return partial(_broken_number, column, range_of(column))
    return lambda value, started, ended: None


def _broken_number(
    column: str, limits: Range, value: float, started: int | None, ended: int | None
) -> tuple[Code, str] | None:
    if not math.isfinite(value):
        return Code.NOT_FINITE, f"{_text(value, NUMBER)} is not a finite number"
    least, most = limits
    if abs(value) > LARGEST:
        return Code.IMPOSSIBLE, f"{_text(value, NUMBER)} is impossible: more than {LARGEST:g}"
    if (least is None or value >= least) and (most is None or value <= most):
        return None
    dtype = INTEGER if isinstance(value, int) else NUMBER
    return Code.IMPOSSIBLE, f"{_text(value, dtype)} is impossible: {column} is {limits}"


def _broken_time(column: str, value: int, started: int | None, ended: int | None) -> tuple[Code, str] | None:
    if not _FIRST <= value <= _LAST:
        return Code.IMPOSSIBLE, f"{_text(value, TIME)} is in no calendar"
    if column == "ended_at" and started is not None and value < started:
        return Code.IMPOSSIBLE, f"{_text(value, TIME)} is before the start of the run"
    if column == "started_at" and ended is not None and value > ended:
        return Code.IMPOSSIBLE, f"{_text(value, TIME)} is after the end of the run"
    return None


def _text(value: Any, dtype: pl.DataType) -> str:
    """The value as polars writes it."""
    return str(pl.Series([value]).cast(dtype).cast(TEXT).item())


_OF_LINE = ("n", "key", "text", "unit", "pos", "seg", "rule", "field", "col", "id")


def refusals(causes: Iterable[Broken], key: Literal["n", "id"], rows: Iterable[Row], column: str) -> Iterator[Row]:
    """An evidence row, of an absent value of `column`, for the first cause of each run (`n`) or phase (`id`): with the
    first of `rows` of it, where there is one. A phase always has one."""
    first: dict[object, Row] = {}
    for row in rows:
        first.setdefault(row.get(key), row)
    refused = set()
    for cause in causes:
        if cause.key in refused:
            continue
        refused.add(cause.key)
        row = first.get(cause.key, {"n": cause.key})
        line = cast(Row, {name: value for name, value in row.items() if name in _OF_LINE})
        yield {
            **line,
            "frame": "runs",
            "column": column,
            "how": "absent",
            "code": cause.code.value,
            "reason": cause.reason,
        }
