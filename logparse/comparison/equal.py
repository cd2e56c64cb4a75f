"""At equal samples, steps, time or loss: what each side had at the same point. Only points that were logged: nothing is
interpolated, and the step of each is named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.sides import Side
from logparse.errors import UsageError
from logparse.schema import FIELDS, TEXT
from logparse.text.location import Location


@dataclass(frozen=True)
class At:
    """One side at the common point."""

    side: Side
    job: Job
    step: int | None = None
    samples: int | None = None
    seconds: float | None = None
    """Since training began; as fine as the stamps."""
    loss: float | None = None
    value: float | None = None
    """Of the metric that was asked for."""
    location: Location | None = None
    """The line of the logged point."""
    reason: str | None = None
    """Why there is no such point: `not reached` where the run never got there."""


@dataclass(frozen=True)
class Common:
    """All sides at one point."""

    asked: str
    found: str | None
    """The point, for people; None where the sides have none in common."""
    points: tuple[At, ...]
    """One for each job of each side."""
    metric: str = "loss"
    """What `value` of the points is."""


_CONDITION = re.compile(r"\s*([a-z_0-9]+)\s*(<=|>=|=)\s*([-+0-9.eE]+)\s*")


def at(ledger: Ledger, sides: Sequence[Side], asked: str) -> Common:
    """All sides at the largest `samples`, `steps` or `time` that all of them logged, or where each first reached
    `loss=7.3` (any metric with a direction).

    Raises `UsageError` for anything else that is asked.
    """
    if asked in ("samples", "steps", "time"):
        return _at_most(ledger, sides, asked)
    return target(ledger, sides, asked)


def target(ledger: Ledger, sides: Sequence[Side], asked: str) -> Common:
    """Where each side first reached a target such as `loss<=7.3`; a run that never did is `not reached`.

    Raises `UsageError` for what is no target.
    """
    name, sign, number = _condition(asked)
    points = []
    for side, job in _jobs(sides):
        series = curve(ledger, job, name)
        if not series.height:
            points.append(At(side, job, reason=f"no {name} by step is in this log"))
            continue
        met = series.filter(pl.col("value") <= number if sign == "<=" else pl.col("value") >= number)
        points.append(_point(side, job, met.row(0, named=True)) if met.height else At(side, job, reason="not reached"))
    return Common(asked, f"{name} {'≤' if sign == '<=' else '≥'} {number:g}", tuple(points), name)


def _condition(asked: str) -> tuple[str, str, float]:
    """Name, <= or >=, and number of `loss<=7.3`; = is what better means for that metric."""
    found = _CONDITION.fullmatch(asked)
    words = [n for n, f in FIELDS.items() if f.metric and f.better]
    if not found or found[1] not in words:
        raise UsageError(f"{asked!r} is no target: write samples, steps, time, or a metric with a number (loss<=7.3)")
    try:
        number = float(found[3])
    except ValueError:
        raise UsageError(f"{found[3]!r} is no number, as in loss<=7.3") from None
    better = "<=" if FIELDS[found[1]].better == "lower" else ">="
    if found[2] not in ("=", better):
        raise UsageError(f"{asked!r} is no target: of {found[1]} {FIELDS[found[1]].better} is better; write {better}")
    return found[1], better, number


def _jobs(sides: Sequence[Side]) -> list[tuple[Side, Job]]:
    """Each job with its side: a point is one run's, also where a side has several."""
    return [(side, job) for side in sides for job in side.jobs]


def _at_most(ledger: Ledger, sides: Sequence[Side], asked: str) -> Common:
    pairs = _jobs(sides)
    curves = [curve(ledger, job, "loss").filter(pl.col(AXES[asked]).is_not_null()) for _, job in pairs]
    empty = [job.label for (_, job), c in zip(pairs, curves, strict=True) if not c.height]
    reason = f"no loss by {asked} is in the log of {', '.join(empty)}" if empty else None
    most = None if empty else last_common(curves, asked)
    if most is None:
        reason = reason or f"no number of {asked} was logged by all"
        return Common(asked, None, tuple(At(side, job, reason=reason) for side, job in pairs))
    timed = f"{most:.1f} s after training began, or the last point logged before"
    found = timed if asked == "time" else f"{most:,} {asked}"
    rows = [row_at(c, asked, most) for c in curves]
    return Common(asked, found, tuple(_point(side, job, row) for (side, job), row in zip(pairs, rows, strict=True)))


AXES = {"samples": "samples", "steps": "step", "time": "seconds"}
"""What curves are held at -> the column of a curve that says it."""


def last_common(curves: Sequence[pl.DataFrame], asked: str) -> float | None:
    """The largest `samples`, `steps` or `time` that all of these curves logged; None where there is none.

    Stamps of two runs never fall together: of time it is the earliest end. Each curve has a point with that column.
    """
    column = AXES[asked]
    if asked == "time":
        return min(float(c[column].max()) for c in curves)  # type: ignore[arg-type]
    return max(set.intersection(*(set(c[column].drop_nulls()) for c in curves)), default=None)


def row_at(points: pl.DataFrame, asked: str, most: float) -> dict[str, Any]:
    """The point of a curve at `most`; of time the last one before."""
    column = pl.col(AXES[asked])
    if asked == "time":
        return points.filter(column <= most).sort(column).row(-1, named=True)
    return points.filter(column == most).row(-1, named=True)


def _point(side: Side, job: Job, row: dict[str, Any]) -> At:
    return At(
        side, job, row["step"], row["samples"], row["seconds"], row["loss"], row["value"],
        Location(row["source"], row["line"]),
    )  # fmt: skip


def curve(ledger: Ledger, job: Job, name: str = "loss", split: str = "train") -> pl.DataFrame:
    """The logged points of a metric of training in the order of the lines.

    Columns: step, samples, seconds (since training began), loss (only with `name="loss"`: the value), value,
    resolution, source, line. Samples are those that the line states, else step × batch_size. Of several ranks the mean.
    """
    curves, none = ledger.once(("curves", name, split), lambda: _curves(ledger, name, split))
    return curves.get((job.id,), none)


def _curves(ledger: Ledger, name: str, split: str) -> tuple[Mapping[tuple[Any, ...], pl.DataFrame], pl.DataFrame]:
    """The points of all jobs, by the id of each, and the frame of one that has none."""
    parts = [(run, job.id, part) for job in ledger.jobs for part, run in enumerate(job.ids)]
    of = pl.DataFrame(parts, schema={"run": TEXT, "job": TEXT, "part": pl.Int64()}, orient="row")
    rows = (
        ledger.logs.metrics.filter(
            (pl.col("name") == name)
            & (pl.col("split") == split)
            & pl.col("window").is_in(["step", "interval"])
            & pl.col("value").is_not_null()
        )
        .join(of, on="run", how="inner", maintain_order="left")
        .sort("job", "part", maintain_order=True)
    )
    own = rows.filter(pl.col("scope").is_null())
    # Where only ranks are told of, the mean of them.
    of_ranks = (
        rows.filter(~pl.col("job").is_in(own["job"].unique().implode()) & pl.col("step").is_not_null())
        .group_by("job", "step", maintain_order=True)
        .agg(pl.col("value").mean(), pl.exclude("job", "step", "value").first())
    )
    points = pl.concat([own, of_ranks.select(own.columns)])
    batches = {id: ledger.value(ledger.by_run[id], "batch_size").value or None for id in points["job"].unique()}
    about = pl.DataFrame(
        {"job": batches.keys(), "batch": batches.values()}, schema={"job": pl.String, "batch": pl.Float64}, strict=False
    ).join(_train_begins(ledger, of), on="job", how="left")
    curves = points.join(about, on="job", how="left", maintain_order="left").select(
        "job",
        "step",
        pl.coalesce("samples", (pl.col("step") * pl.col("batch")).cast(pl.Int64)).alias("samples"),
        ((pl.col("at") - pl.col("begin")).dt.total_microseconds() / 1e6).round(6).alias("seconds"),
        (pl.col("value") if name == "loss" else pl.lit(None, pl.Float64)).alias("loss"),
        "value",
        "resolution",
        pl.col("source").cast(pl.String),
        "line",
    )
    return curves.partition_by("job", as_dict=True, include_key=False), curves.drop("job").clear()


def _train_begins(ledger: Ledger, of: pl.DataFrame) -> pl.DataFrame:
    """job, begin: when training began, as far as a phase says: its beginning, else its end less how long it took."""
    begin = pl.coalesce("begin_at", pl.col("end_at") - pl.duration(microseconds=(pl.col("duration_s") * 1e6).round()))
    phases = ledger.logs.phases.filter((pl.col("phase") == "train") & pl.col("stage").is_null())
    return phases.join(of, on="run").group_by("job").agg(begin.min().alias("begin"))
