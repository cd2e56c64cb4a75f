"""The first step, or epoch, was so slow that it shows in the rate of the whole run.

What it does
    Compares the first step (or logged interval, or epoch) of a training with those after it: it must be slower than
    all but an outlier would be (modified z above 3.5 against five or more later ones) and leaving it out must raise the
    throughput by 1 % or more. Times are those of step lines, stamps and ends of bars; what a bar shows as its rate is
    smoothed and never used. Silent where the rate was printed without the first step.

Why it matters
    In a short run the warm-up is a larger part than in a long one: the rate then says how long the run was.

Example
    BertLarge on 8 RDU ranks: the first of 505 steps was done 17.8 s after training began, the others took 0.85 s. The
    run did 2300.7 samples/s, and 2391 without its first step.

What to do
    Compare steady rates (`steady_throughput`), or runs of the same length.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from logparse.comparison.equal import curve
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import clauses, per_second
from logparse.findings import Finding, Scene
from logparse.text.location import Location
from logparse.text.numbers import figure, seconds
from logparse.text.terminal import one_line

ID = "F04"
OF_ONE_RUN = True

_FEW = 5
"""Later ones that are needed to say what is usual."""
_OUTLIER = 3.5
"""Modified z-score from which on a value is an outlier (Iglewicz and Hoaglin, "How to Detect and Handle Outliers",
1993)."""
_MOVES = 0.01
"""Share by which the throughput must move."""
_MUCH = 0.05
"""Share from which on it is a warning."""


_AFTER = "was done after"
"""What is said of a first part of which only the end is known."""


@dataclass(frozen=True)
class Pace:
    """The parts of a training in their order."""

    unit: str
    """What each part is: `step`, `100 steps`, `epoch`."""
    work: Sequence[float]
    """How many steps (or epochs) each part holds."""
    seconds: Sequence[float]
    resolution: float
    """Half a unit of the last digit of these times."""
    location: Location
    """The line that ends the first part."""
    took: str = "took"
    """What the first part did; of stamps only its end is known, and when training began."""

    @property
    def usual(self) -> float:
        """What a later part takes, on the median."""
        return statistics.median(self._paced()[1:])

    @property
    def stands_out(self) -> bool:
        """Whether the first part is slower than five or more later ones let expect."""
        first, *later = self._paced()
        if len(later) < _FEW:
            return False
        middle = statistics.median(later)
        spread = max(statistics.median(abs(s - middle) for s in later), self.resolution)
        return first > middle and (not spread or 0.6745 * (first - middle) / spread > _OUTLIER)

    def _paced(self) -> list[float]:
        """Times as if each part held as much work as the first."""
        return [s * self.work[0] / w for s, w in zip(self.seconds, self.work, strict=True)]


@dataclass(frozen=True)
class Slow:
    """A first part that is too slow, and the rate with and without it."""

    pace: Pace
    whole: str
    without: str
    gain: float
    """Rate without it / rate of the whole, less 1."""


def find(scene: Scene) -> Iterator[Finding]:
    """One finding for all runs whose first step, interval or epoch shows in their rate."""
    found = [(job, slow) for job in scene.jobs if (slow := _slow(scene.ledger, job)) is not None]
    if not found:
        return
    yield Finding(
        "warning" if max(slow.gain for _, slow in found) >= _MUCH else "note",
        f"A slow beginning shows in the rate: {clauses([_text(job, slow) for job, slow in found])}.",
        [job for job, _ in found],
        ("throughput", "token_throughput", "train_s"),
        [slow.pace.location for _, slow in found],
    )


def _text(job: Job, slow: Slow) -> str:
    pace = slow.pace
    loaded = " (loading included)" if pace.took == _AFTER and "load" in (job["train_includes"] or "") else ""
    first, usual = (seconds(s, pace.resolution or None, 3) for s in (pace.seconds[0], pace.usual))
    return (
        f"{one_line(job.label)}, where the first {pace.unit} {pace.took} {first}{loaded} and later ones take {usual}: "
        f"{slow.whole} over all, {slow.without} without it"
    )


def _slow(ledger: Ledger, job: Job) -> Slow | None:
    """The first part of a job's training, where it is too slow and moves the rate."""
    if not job.has_result or job.main["task"] != "train" or job["throughput_window"] == "after_warmup":
        return None
    pace = next((p for p in _paces(ledger, job) if len(p.seconds) > _FEW), None)
    if pace is None or not pace.stands_out:
        return None
    slow = _rates(ledger, job, pace)
    return slow if slow.gain >= _MOVES else None


def _rates(ledger: Ledger, job: Job, pace: Pace) -> Slow:
    """The rate that the run is known by, and what it is without the first part; where it has none, seconds a part."""
    share, whole_s = pace.work[0] / sum(pace.work), ledger.value(job, "train_s").value
    for column, unit in (("throughput", per_second(job)), ("token_throughput", "tokens/s")):
        rate = ledger.value(job, column)
        if rate.value and whole_s and whole_s > pace.seconds[0]:
            without = rate.value * (1 - share) / (1 - pace.seconds[0] / whole_s)
            told, left = (f"{figure(r, rate.resolution, 5)} {unit}" for r in (rate.value, without))
            return Slow(pace, told, left, without / rate.value - 1)
    mean = sum(pace.seconds) / sum(pace.work)
    later = sum(pace.seconds[1:]) / sum(pace.work[1:])
    each = pace.unit if pace.unit == "epoch" else "step"
    told, left = (f"{seconds(s, None, 3)} a {each}" for s in (mean, later))
    return Slow(pace, told, left, mean / later - 1 if later else 0.0)


def _paces(ledger: Ledger, job: Job) -> Iterator[Pace]:
    """What the log tells of the times of steps or epochs, the closest first."""
    if _points(ledger, job, "step_time") > _FEW:
        yield from _of_rows(ledger.metrics(job, "step_time").filter(_OF_STEPS), pl.col("value"))
    batch = ledger.value(job, "batch_size")
    if batch.value and _points(ledger, job, "throughput") > _FEW:
        took = f"took{' (at a claimed batch)' if batch.how == 'claimed' else ''}"
        yield from _of_rows(ledger.metrics(job, "throughput").filter(_OF_STEPS), batch.value / pl.col("value"), took)
    yield from _of_stamps(ledger, job)
    if ledger.phases(job).height <= _FEW:
        return
    phases = ledger.phases(job).filter((pl.col("phase") == "train") & pl.col("duration_s").is_not_null())
    epochs = phases.filter(pl.col("stage") == "epoch")
    whole = phases.filter(pl.col("stage").is_null())
    if not epochs.height and whole.height == ledger.value(job, "epochs").value:
        epochs = whole
    if epochs.height:
        times = epochs["duration_s"].to_list()
        location = Location(epochs["source"][0], epochs["line_last"][0])
        yield Pace("epoch", [1.0] * len(times), times, _resolution(times), location)


_OF_STEPS = (
    (pl.col("split") == "train") & (pl.col("window") == "step") & pl.col("scope").is_null() & (pl.col("value") > 0)
)
"""Metrics that tell of one step of the whole run each."""


def _points(ledger: Ledger, job: Job, name: str) -> int:
    """How often the log tells of a metric of a step: mostly too seldom to tell a first part from later ones."""

    def counts() -> dict[tuple[str, str], int]:
        counted = ledger.logs.metrics.filter(_OF_STEPS).group_by(pl.col("run", "name").cast(pl.String)).len()
        return {(run, name): n for run, name, n in counted.iter_rows()}

    told = ledger.once("points", counts)
    return sum(told.get((run, name), 0) for run in job.ids)


def _of_rows(rows: pl.DataFrame, time: pl.Expr, took: str = "took") -> Iterator[Pace]:
    """The pace of metrics that each tell of one step."""
    if rows.height:
        times = rows.select(time).to_series().to_list()
        fine = (rows["resolution"] / rows["value"]).fill_null(0).max()
        location = Location(rows["source"][0], rows["line"][0])
        yield Pace("step", [1.0] * len(times), times, float(fine or 0.0) * statistics.median(times), location, took)  # type: ignore[arg-type]


def _of_stamps(ledger: Ledger, job: Job) -> Iterator[Pace]:
    """The pace of the stamps of step lines, from the beginning of training on."""
    points = curve(ledger, job).filter(pl.col("step").is_not_null() & pl.col("seconds").is_not_null())
    steps, at = points["step"].to_list(), points["seconds"].to_list()
    gaps = [b - a for a, b in pairwise(steps)]
    if len(gaps) < _FEW or min(gaps) < 1 or at[0] <= 0:
        return
    usual = statistics.median(gaps)
    # A log may be cut at its beginning, or go on from a checkpoint: what its first line closes is then not known.
    if steps[0] > 2 * usual:
        return
    first = steps[0] or usual  # steps may be counted from 0
    times = [at[0], *(b - a for a, b in pairwise(at))]
    unit = "step" if first == usual == 1 else f"{first:,.0f} steps"
    location = Location(points["source"][0], points["line"][0])
    yield Pace(unit, [first, *gaps], times, _resolution(times[1:]), location, _AFTER)


def _resolution(times: Sequence[float]) -> float:
    """Half a second where all of these are whole seconds."""
    return 0.5 if all(float(t).is_integer() for t in times) else 0.0
