"""Training stood still for a while.

What it does
    Looks at the time from each logged training step to the next. Reports an interval that takes, per step, more than
    three times as long as the longest of its five neighbours on each side, if the excess is at least 5 s and 1 % of
    training. Intervals in which something else took place (evaluation, a checkpoint, compilation, loading, waiting) are
    not examined, and the first steps are left to `warm-up`.

Why it matters
    The run's time and rate over the whole run then include a pause that has nothing to do with its settings: slow
    storage, another user on the host, a device that was reset.

Example
    BertLarge on 16 ranks of an SN30 logs a step every 0.86 s. If 41 s pass between steps 240 and 241 and no line says
    why, the run stood still there.

What to do
    Look at the lines around the gap, and at what else used the host or the file system then. Compare the steady rate
    (`steady_throughput`), or repeat the run.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import clauses
from logparse.findings import Finding, Scene
from logparse.logs import Logs
from logparse.schema import TEXT
from logparse.text.location import Location
from logparse.text.numbers import seconds
from logparse.text.terminal import one_line

ID = "F32"
_NEIGHBOURS = 5
"""Intervals on each side that one is compared with."""
_FEWEST = 2
"""Least number of neighbours on each side: the first steps are warm-up, and at the end a change of pace is no stall."""
_TIMES = 3.0
"""Times the longest neighbour."""
_LEAST_S = 5.0
_SHARE = 0.01
"""Least excess: seconds, and share of the time from the first step to the last."""


@dataclass(frozen=True)
class _Interval:
    """From one logged step to the next."""

    steps: tuple[int, int]
    lines: tuple[int, int]
    seconds: float

    @property
    def count(self) -> int:
        """Number of steps."""
        return self.steps[1] - self.steps[0]

    @property
    def per_step(self) -> float:
        """Seconds per step."""
        return self.seconds / self.count


@dataclass(frozen=True)
class _Stall:
    interval: _Interval
    usual_s: float
    """What as many steps take around it."""

    @property
    def excess_s(self) -> float:
        """Seconds beyond that."""
        return self.interval.seconds - self.usual_s


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for all runs that stood still."""
    with_gaps = scene.ledger.of_logs("gaps", lambda: _with_gaps(scene.ledger.logs))
    jobs = [job for job in scene.jobs if not with_gaps.isdisjoint(job.ids)]
    intervals = ((job, _intervals(scene.ledger, job)) for job in jobs)
    found = [(job, stalls) for job, those in intervals if those is not None and (stalls := _stalls(those))]
    if found:
        yield Finding(
            "warning",
            f"{clauses([_text(job, stalls) for job, stalls in found])}.",
            [job for job, _ in found],
            ("train_s", "result_s", "wall_s", "total_s", "throughput", "token_throughput"),
            [
                Location(job.main["source"], n)
                for job, stalls in found
                for stall in stalls
                for n in stall.interval.lines
            ],
        )


def _with_gaps(logs: Logs) -> set[str]:
    """The runs in which a series that training logs has a gap that may be a stall: enough intervals are as much shorter
    as its neighbours would have to be."""
    stamped = logs.metrics.filter(
        (pl.col("split") == "train") & pl.col("at").is_not_null() & pl.col("step").is_not_null()
    ).select("run", "source", "name", "scope", "line", "step", pl.col("at").dt.epoch("us"))
    took, steps = pl.col("at").diff(), pl.col("step").cast(pl.Int64).diff()
    paces = (took / steps).filter(steps > 0)
    series = (
        stamped.sort("line")
        .group_by("run", "source", "name", "scope")
        .agg(
            paces.filter((took >= _LEAST_S * 1e6).filter(steps > 0)).max().alias("longest"),
            paces.filter(paces >= 0).bottom_k(2 * _FEWEST).alias("shortest"),
        )
    )
    is_long = pl.col("longest") > _TIMES * pl.col("shortest").list.max()
    return set(series.filter((pl.col("shortest").list.len() == 2 * _FEWEST) & is_long)["run"].cast(TEXT))


def _text(job: Job, stalls: Sequence[_Stall]) -> str:
    longest = max(stalls, key=lambda stall: stall.excess_s)
    interval = longest.interval
    begin = Location(job.main["source"], interval.lines[0])
    more = len(stalls) - 1
    often = f" (and in {more} more place{'s' if more > 1 else ''})" if more else ""
    number = "a step takes" if interval.count == 1 else f"{interval.count:,} steps take"
    return (
        f"{one_line(job.label)} stood still between steps {interval.steps[0]:,} and {interval.steps[1]:,} "
        f"({one_line(str(begin))} to {interval.lines[1]}){often}: {seconds(interval.seconds, 0.05)}, where {number} "
        f"{seconds(longest.usual_s, None)} before and after"
    )


def _stalls(intervals: pl.DataFrame) -> list[_Stall]:
    out = []
    least = max(_LEAST_S, _SHARE * float(intervals["seconds"].sum()))
    for i in (intervals["seconds"] >= least).arg_true():
        first = max(0, i - _NEIGHBOURS)
        rows = intervals.slice(first, i - first + 1 + _NEIGHBOURS).iter_rows()
        near = [_Interval((step, next_step), (line, next_line), s) for step, next_step, line, next_line, s in rows]
        interval, before, after = near[i - first], near[: i - first], near[i - first + 1 :]
        if min(len(before), len(after)) < _FEWEST:
            continue
        pace = [neighbour.per_step for neighbour in (*before, *after)]
        stall = _Stall(interval, statistics.median(pace) * interval.count)
        if interval.per_step > _TIMES * max(pace) and stall.excess_s >= least:
            out.append(stall)
    return out


def _intervals(ledger: Ledger, job: Job) -> pl.DataFrame | None:
    """The intervals between logged steps of training in which nothing else took place, in the order of the lines: step,
    next_step, line, next_line, seconds. None if there are too few."""
    points = _points(ledger, job)
    if points.height <= 2 * _FEWEST:
        return None
    begun = _lines_of_others(ledger, job)
    others = pl.Series(begun.search_sorted(points["line"], side="left"), dtype=pl.Int64)
    following = points.lazy().with_columns(others=others).with_columns(pl.all().shift(-1).name.prefix("next_"))
    return following.filter(
        (pl.col("next_step") > pl.col("step"))
        & (pl.col("next_at") >= pl.col("at"))
        & (pl.col("next_others") == pl.col("others"))
    ).select(
        "step", "next_step", "line", "next_line",
        ((pl.col("next_at") - pl.col("at")).dt.total_microseconds() / 1e6).alias("seconds"),
    ).collect()  # fmt: skip


def _points(ledger: Ledger, job: Job) -> pl.DataFrame:
    """line, at and step of the figure that training logs most often, of one rank; one point per line."""
    rows = ledger.metrics(job, split="train").filter(
        (pl.col("source").cast(TEXT) == job.main["source"]) & pl.col("at").is_not_null() & pl.col("step").is_not_null()
    )
    series = rows.group_by("name", "scope", maintain_order=True).len().sort("len", descending=True, maintain_order=True)
    if not series.height:
        return rows.select("line", "at", "step")
    name, scope, _ = series.row(0)
    of_series = (pl.col("name") == name) & (pl.col("scope").is_null() if scope is None else pl.col("scope") == scope)
    points = rows.lazy().filter(of_series).unique("line", keep="first").sort("line")
    return points.select("line", "at", "step").collect()


def _lines_of_others(ledger: Ledger, job: Job) -> pl.Series:
    """The lines on which a phase other than training begins, or something else is measured, sorted."""
    own = pl.col("source").cast(TEXT) == job.main["source"]
    phases = ledger.phases(job).filter(own & (pl.col("phase").cast(TEXT) != "train"))["line_first"]
    metrics = ledger.metrics(job).filter(own)
    measured = metrics.filter(pl.col("split").cast(TEXT) != "train")["line"]
    if measured.len():
        trained = metrics.filter(pl.col("split").cast(TEXT) == "train")["line"]
        measured = measured.filter(~measured.is_in(trained.implode()))
    return pl.concat([phases, measured]).sort()
