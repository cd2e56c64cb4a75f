"""Comparison at equal samples, steps, time or loss: each side at the same point.

Only logged points are used: nothing is interpolated, and the step of each point is given. A target is reached between
the last point that is not there and the first that is; a point counts only if the next one is there as well, or if it
is the last. Without times by step, it is reached at the end of the training at the latest, if the final value is there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from logparse.cells import Value
from logparse.comparison.curves import curve
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.sides import Side
from logparse.errors import Remedy, UsageError, nearest
from logparse.schema import VOCABULARY
from logparse.text.labels import shortened
from logparse.text.location import Location
from logparse.text.missing import Absence, Code


@dataclass(frozen=True)
class PointAt:
    """One job at the common point."""

    side: Side
    job: Job
    step: int | None = None
    samples: int | None = None
    seconds: float | None = None
    """Since training began, in the resolution of the timestamps."""
    loss: float | None = None
    value: float | None = None
    """Value of the metric that was asked for."""
    resolution: float | None = None
    """Of the value."""
    until_next: float | None = None
    """At a time: how far the value of the next logged point is from this one. At the time itself, the value may be
    anywhere between the two."""
    before: tuple[int | None, float | None] | None = None
    """Step and seconds of the last logged point before the target was reached; None if the first point was there."""
    elapsed: Value | None = None
    """Time to a target, in seconds since training began: the middle of the time in which it was reached, with half its
    length as the resolution. Where both are equal, only the latest time is known. None for other points."""
    location: Location | None = None
    """The line of the logged point."""
    reason: str | None = None
    """Why there is no such point: `not reached` where the run never got there."""


@dataclass(frozen=True)
class CommonPoint:
    """All sides at one point."""

    asked: str
    found: str | None
    """The point as text; None where the sides have no point in common."""
    points: tuple[PointAt, ...]
    """One per job of each side."""
    metric: str = "loss"
    """The metric in `value` of the points."""
    locate: Callable[[Side, Job], PointAt] | None = field(default=None, compare=False)
    """Finds the point for another job; None where the sides have no point in common."""
    most: float | None = None
    """The largest number of samples, steps or seconds that all sides logged; None for a target."""

    @property
    def is_target(self) -> bool:
        """Whether the sides are compared by when they reached a value of the metric, not by its value at a point."""
        return self.asked not in AXES


_CONDITION = re.compile(r"\s*([a-z_0-9]+)\s*(<=|>=|=)\s*([-+0-9.eE]+)\s*")


def at(ledger: Ledger, sides: Sequence[Side], asked: str) -> CommonPoint:
    """All sides at the largest `samples`, `steps` or `time` that all of them logged, or where each first reached
    `loss=7.3` (any metric that has a better direction).

    Raises `UsageError` for an invalid `asked`.
    """
    require_point(asked)
    return _at_most(ledger, sides, asked) if asked in AXES else target(ledger, sides, asked)


def require_point(asked: str) -> None:
    """Raises `UsageError` where `asked` is not a point at which sides can be compared."""
    text = str(asked)
    axis = next((name for name in AXES if re.fullmatch(rf"\s*{name}\s*[<>=].*", text)), None)
    if axis is not None:
        raise UsageError(
            f"{text!r} is not a valid point: {axis} takes no number, since sides are compared at the last point that "
            "all of them logged"
        )
    if asked not in AXES and not _CONDITION.fullmatch(text):
        raise UsageError(f"{text!r} is not a valid point: write {', '.join(AXES)}, or a metric and a number (loss=7.3)")
    if asked not in AXES:
        require_target(text)


def target(ledger: Ledger, sides: Sequence[Side], asked: str) -> CommonPoint:
    """Where each side first reached a target such as `loss<=7.3`; a run that never did is `not reached`.

    Raises `UsageError` for an invalid target.
    """
    name, sign, number = _condition(asked)

    def locate(side: Side, job: Job) -> PointAt:
        series = curve(ledger, job, name)
        if not series.height:
            series = curve(ledger, job, name, "eval")
        value = pl.col("value")
        point = _reached(side, job, series, name, value <= number if sign == "<=" else value >= number)
        elapsed = _elapsed(ledger, point, name, lambda final: final <= number if sign == "<=" else final >= number)
        return replace(point, elapsed=elapsed)

    found = f"{name} {'≤' if sign == '<=' else '≥'} {number:g}"
    return CommonPoint(asked, found, tuple(locate(side, job) for side, job in _jobs(sides)), name, locate)


def _reached(side: Side, job: Job, series: pl.DataFrame, name: str, condition: pl.Expr) -> PointAt:
    """The first point that meets the condition and whose successor does too."""
    if not series.height:
        return PointAt(side, job, reason=f"this log has no {name} by step")
    met = series.select((condition & pl.col("value").is_finite()).fill_null(False)).to_series().to_list()
    at = next((i for i, here in enumerate(met) if here and all(met[i : i + 2])), None)
    if at is None:
        return PointAt(side, job, reason="not reached")
    point = _point(side, job, series.row(at, named=True))
    if not at:
        return point
    before = series.row(at - 1, named=True)
    return replace(point, before=(before["step"], before["seconds"]))


def _elapsed(ledger: Ledger, point: PointAt, name: str, is_reached: Callable[[float], bool]) -> Value:
    """The time to a target; `is_reached`: whether a value of the metric meets it."""
    if point.seconds is not None and point.location is not None:
        before = point.before[1] if point.before and point.before[1] is not None else 0.0
        made = f"between {before:.1f} and {point.seconds:.1f} s after training began"
        return _between(before, point.seconds, made, (point.location,))
    final = ledger.value(point.job, "loss" if name == "loss" else "score")
    train = ledger.value(point.job, "train_s")
    is_metric = name == "loss" or point.job["score_name"] == name
    if not (is_metric and final.known and is_reached(final.value)):
        reason = point.reason or "no timestamps at this point, or none where training began"
        return Value(empty=Absence(Code.NOT_IN_LOG, reason))
    if not train.known:
        return Value(empty=train.empty)
    made = "at most: the whole training, since the log has no times by step"
    return _between(0.0, train.value, made, (*train.locations, *final.locations))


def _between(low: float, high: float, made: str, places: tuple[Location, ...]) -> Value:
    return Value((low + high) / 2, (high - low) / 2 or None, "derived", made, places)


def require_target(asked: str) -> None:
    """Raises `UsageError` where `asked` is not a valid target."""
    _condition(asked)


def _condition(asked: str) -> tuple[str, str, float]:
    """Name, <= or >=, and number of `loss<=7.3`; `=` means the better direction of the metric."""
    found = _CONDITION.fullmatch(str(asked))
    words = [n for n, f in VOCABULARY.items() if f.metric and f.better]
    if not found:
        of_point = Remedy("at", asked) if asked in AXES else None
        raise UsageError(f"{asked!r} is not a valid target: write a metric and a number (loss<=7.3)", of_point)
    if found[1] not in words:
        raise UsageError(
            f"{asked!r} is not a valid target: there is no metric {found[1]!r}; {nearest(found[1], words)}"
        )
    try:
        number = float(found[3])
    except ValueError:
        raise UsageError(f"{found[3]!r} in {asked!r} is not a number") from None
    better = "<=" if VOCABULARY[found[1]].better == "lower" else ">="
    if found[2] not in ("=", better):
        raise UsageError(
            f"{asked!r} is not a valid target: {VOCABULARY[found[1]].better} {found[1]} is better, so write {better}"
        )
    return found[1], better, number


def _jobs(sides: Sequence[Side]) -> list[tuple[Side, Job]]:
    """Each job with its side: every job has its own point, also on a side with several."""
    return [(side, job) for side in sides for job in side.jobs]


def _at_most(ledger: Ledger, sides: Sequence[Side], asked: str) -> CommonPoint:
    pairs = _jobs(sides)
    axis = pl.col(AXES[asked])
    curves = [[c for job in _deciding(s) if (c := curve(ledger, job).filter(axis.is_not_null())).height] for s in sides]
    empty = [job.label for s, found in zip(sides, curves, strict=True) if not found for job in s.jobs]
    reason = f"no loss by {asked} in the log of {shortened(empty, _NAMED)}" if empty else None
    most = None if empty else last_common([c for found in curves for c in found], asked)
    if most is None:
        reason = reason or f"no number of {asked} was logged by all sides"
        return CommonPoint(asked, None, tuple(PointAt(side, job, reason=reason) for side, job in pairs))

    def locate(side: Side, job: Job) -> PointAt:
        points = curve(ledger, job, "loss").filter(pl.col(AXES[asked]).is_not_null())
        if not points.height:
            return PointAt(side, job, reason=f"no loss by {asked} in its log")
        if not points.filter(pl.col(AXES[asked]) <= most if asked == "time" else pl.col(AXES[asked]) == most).height:
            return PointAt(side, job, reason="not reached")
        point = _point(side, job, row_at(points, asked, most))
        return _with_next(point, points, most) if asked == "time" else point

    points = tuple(locate(side, job) for side, job in pairs)
    found = _times(points) if asked == "time" else f"{most:,} {asked}"
    return CommonPoint(asked, found, points, locate=locate, most=most)


def _with_next(point: PointAt, points: pl.DataFrame, most: float) -> PointAt:
    """The last point before a time with the distance of the next, unless it was logged at that time itself."""
    later = points.filter(pl.col("seconds") > most).sort("seconds")["value"]
    if point.value is None or point.seconds == most or later.is_empty() or not math.isfinite(later[0]):
        return point
    return replace(point, until_next=abs(later[0] - point.value))


def _times(points: Sequence[PointAt]) -> str:
    """`150.8 to 173.6 s after training began`."""
    seconds = [f"{s:.1f}" for s in sorted(point.seconds for point in points if point.seconds is not None)]
    return f"{' to '.join(dict.fromkeys((seconds[0], seconds[-1])))} s after training began"


_NAMED = 3
"""Runs without a point that are named; the rest is counted."""


def _deciding(side: Side) -> Sequence[Job]:
    """The jobs of a side that decide on the common point: those with a result, or all where none has one. A run that
    failed early does not move the point for the others."""
    return [job for job in side.jobs if job.has_result] or side.jobs


AXES = {"samples": "samples", "steps": "step", "time": "seconds"}
"""What curves are compared at -> the column of a curve."""


def last_common(curves: Sequence[pl.DataFrame], asked: str) -> float | None:
    """The largest `samples`, `steps` or `time` that all of these curves logged; None where there is none.

    Timestamps of two runs never coincide: for `time` it is the earliest end. Each curve must have a point in that
    column.
    """
    column = AXES[asked]
    if asked == "time":
        return min(float(c[column].max()) for c in curves)  # type: ignore[arg-type]
    return max(set.intersection(*(set(c[column].drop_nulls()) for c in curves)), default=None)


def row_at(points: pl.DataFrame, asked: str, most: float) -> dict[str, Any]:
    """The point of a curve at `most`; for `time` the last point before it."""
    column = pl.col(AXES[asked])
    if asked == "time":
        return points.filter(column <= most).sort(column).row(-1, named=True)
    return points.filter(column == most).row(-1, named=True)


def _point(side: Side, job: Job, row: dict[str, Any]) -> PointAt:
    return PointAt(
        side, job, row["step"], row["samples"], row["seconds"], row["loss"], row["value"], row["resolution"],
        location=Location(row["source"], row["line"]),
    )  # fmt: skip
