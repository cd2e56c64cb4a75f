"""What the figures of one log must satisfy: rate × time = samples, latency × rate = 1, steps × batch size = samples,
and steps and time stamps grow.

These are checks: no value is computed from them. In a log, a figure that fails is reported (the finding
`inconsistent`). In a picture, it may have been read wrong, so all figures of the identity are null.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import polars as pl

from logparse.frames.evidence import Row, unit_of_stamps
from logparse.reading.match import Hits
from logparse.schema import INTEGER, RUNS, TEXT

TOLERANCE = 0.02
STATED = frozenset({"read", "seen", "converted"})
"""`how` of a figure that the log prints."""


class Number(Protocol):
    """A figure, and half a unit of its last digit."""

    @property
    def value(self) -> Any: ...
    @property
    def resolution(self) -> float | None: ...


class Columns(Protocol):
    """A run or a job: the value of each column of `runs`."""

    def __getitem__(self, column: str, /) -> Any: ...


def is_product(number: float, a: Number, b: Number) -> bool:
    """Whether a × b equals the number, within 2 % or the rounding of the printed digits."""
    least, most = (
        (a.value + sign * (a.resolution or 0.0)) * (b.value + sign * (b.resolution or 0.0)) for sign in (-1, 1)
    )
    return bool(least <= number <= most or abs(a.value * b.value / number - 1) <= TOLERANCE)


def is_rate_of_whole_run(run: Columns) -> bool:
    """Whether the throughput is that of the whole run: then rate × time = samples."""
    return bool(run["throughput_window"] == "whole")


def is_one_at_a_time(run: Columns) -> bool:
    """Whether one input is processed at a time: then latency × rate = 1."""
    return bool(run["batch_size"] == 1 or (run["batch_size"] is None and run["throughput_window"] == "single_input"))


@dataclass(frozen=True)
class _Cell:
    """A cell of a run, with the evidence rows of the printed figures that it rests on."""

    value: Any
    resolution: float | None
    is_stated: bool
    rows: tuple[Row, ...]


_PRODUCTS = (
    (("throughput", "train_s", "samples"), is_rate_of_whole_run),
    (("throughput", "latency_s"), is_one_at_a_time),
    (("samples", "steps", "batch_size"), lambda run: True),
)
"""Columns, and whether their identity holds for a run. The first one has to be printed."""


def contradictions(
    values: pl.DataFrame, evidence_rows: pl.DataFrame, resolutions: pl.Series, runs: Collection[int]
) -> Iterator[tuple[Row, str]]:
    """The evidence rows of figures that contradict each other, and the reason.

    A value that is computed from another one agrees with it whatever it is: only cells that rest on different figures
    are compared.

    Args:
        values: n, and the columns of `runs`.
        evidence_rows: as `evidence.ROW`.
        resolutions: for each of them, that of its cell.
        runs: the n that are checked.
    """
    rows = evidence_rows.with_columns(pl.col(pl.Categorical).cast(TEXT), resolutions.alias("resolution"))
    rows = rows.filter(pl.col("frame") == "runs", pl.col("how") != "absent", pl.col("field").is_not_null())
    for n in runs:
        run = dict.fromkeys(RUNS) | values.row(by_predicate=pl.col("n") == n, named=True)
        of_run = rows.filter(pl.col("n") == n).partition_by("column", as_dict=True)
        cells = {str(column): _cell(run[str(column)], part) for (column,), part in of_run.items()}
        for columns, holds in _PRODUCTS:
            if not holds(run) or not all(run[column] and column in cells for column in columns):
                continue
            figures = [cells[column] for column in columns]
            reason = _contradiction(columns, figures)
            if figures[0].is_stated and _are_apart(figures) and reason:
                yield from ((row, reason) for cell in figures for row in cell.rows)


def _cell(value: Any, rows: pl.DataFrame) -> _Cell:
    is_stated = rows["how"][0] in STATED
    return _Cell(value, rows["resolution"][0], is_stated, tuple(Row(**row) for row in rows.iter_rows(named=True)))  # type: ignore[typeddict-item]


def _are_apart(cells: Sequence[_Cell]) -> bool:
    """Whether no two of the cells rest on the same figure."""
    figures = [{(row["pos"], row["field"]) for row in cell.rows} for cell in cells]
    return len(set().union(*figures)) == sum(map(len, figures))


def _contradiction(columns: Sequence[str], cells: Sequence[_Cell]) -> str | None:
    """How these figures contradict each other; None if they do not."""
    if columns[0] == "samples":
        columns, cells = (*columns[1:], columns[0]), (*cells[1:], cells[0])
    a, b, *rest = cells
    number = rest[0].value if rest else 1
    if is_product(number, a, b):
        return None
    product = f"{columns[0]} × {columns[1]} = {_shown(a.value)} × {_shown(b.value)} = {_shown(a.value * b.value)}"
    expected = f"{columns[2]} is {_shown(number)}" if rest else "it must be 1"
    return f"{product}, but {expected}: one of these was not read right"


def _shown(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


_SLACK = {"step": 0, "at": 5_000_000}
"""By how much a number may be smaller than the one above it. Stamps are in microseconds: processes that write one log
do not wait for each other."""


def out_of_order(hits: Hits, rows: Container[int]) -> Iterator[tuple[Row, str]]:
    """The steps and stamps that are not between those above and below, though all others are in order; and the reason.

    Steps are compared with those that the same rule reads, stamps with those in the same format.

    rows: those that are looked at.
    """
    for field in _SLACK:
        series: dict[tuple[int, str], list[Row]] = {}
        for name, frame in hits.by_rule.items():
            if f"{field}:text" not in frame.columns or f"{field}:pos" in frame.columns:
                continue
            kind = name if field == "step" else str(unit_of_stamps(hits.rules[name]))
            columns = ("n", "pos", "seg", f"{field}:text", pl.col(field).cast(INTEGER))
            for n, pos, seg, text, number in frame.select(columns).iter_rows():
                if number is not None and pos >> 32 in rows:
                    place: Row = {"n": n, "pos": pos, "seg": seg, "rule": name, "field": field, "text": text}
                    series.setdefault((n, kind), []).append({**place, "number": number})
        for ordered in series.values():
            yield from _outliers(sorted(ordered, key=lambda row: row["pos"] or 0), _SLACK[field])


_MOST_OUTLIERS = 0.2
"""Share of the rows; where there are more, as where ranks write one log, the rows are in no order."""


def _outliers(ordered: Sequence[Row], slack: int) -> Iterator[tuple[Row, str]]:
    """The rows without which the numbers grow from row to row."""
    found: list[tuple[Row, str]] = []
    kept = [row["number"] or 0 for row in ordered[:1]]
    for above, row, below in zip(ordered, ordered[1:], ordered[2:], strict=False):
        first, number, last = (each["number"] or 0 for each in (above, row, below))
        if first < last and not first - slack <= number <= last + slack:
            between = f"{above['text']} and {below['text']}"
            found.append((row, f"{row['text']} is between {between} in the picture: it was not read right"))
        else:
            kept.append(number)
    kept += [row["number"] or 0 for row in ordered[-1:]]
    if len(found) <= _MOST_OUTLIERS * len(ordered) and all(b >= a - slack for a, b in pairwise(kept)):
        yield from found
