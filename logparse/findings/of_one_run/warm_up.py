"""The first step, or epoch, is so slow that it affects the rate of the whole run.

What it does
    Compares the first step (or logged interval, or epoch) of a training with the later ones. The time of the first step
    is `startup_s`, where that is known. It is reported if it is
    slow enough to be an outlier (modified z-score above 3.5 against at least five later ones) and if leaving it out
    raises the throughput by at least 1 %. Times come from step lines, timestamps and the ends of progress bars; the
    rate that a progress bar shows is smoothed and never used. Silent where the printed rate already excludes the first
    step.

Why it matters
    Warm-up is a larger part of a short run than of a long one, so the rate depends on the length of the run.

Example
    BertLarge on 8 RDU ranks: the first of 505 steps ended 17.8 s after training began, the others took 0.85 s. The run
    reached 2300.7 samples/s, and 2391 without its first step.

What to do
    Compare steady rates (`steady_throughput`), or runs of the same length.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import polars as pl

from logparse.comparison.curves import curve
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import clauses, per_second
from logparse.findings import Finding, Scene
from logparse.text.location import Location
from logparse.text.numbers import figure, seconds
from logparse.text.terminal import one_line

ID = "F04"

_FEW = 5
"""Later parts needed to establish the usual time."""
_OUTLIER = 3.5
"""Modified z-score above which a value is an outlier (Iglewicz and Hoaglin, "How to Detect and Handle Outliers",
1993)."""
_MIN_GAIN = 0.01
"""Relative gain in throughput from which it is reported."""
_LARGE_GAIN = 0.05
"""Relative gain from which it is a warning."""


_TOOK = "took"
_AFTER = "ended after"
"""Verb for a first part of which only the end is known."""


@dataclass(frozen=True)
class Pace:
    """The parts of a training in order."""

    unit: str
    """Unit of a part: `step`, `100 steps`, `epoch`."""
    work: Sequence[float]
    """Number of steps (or epochs) in each part."""
    seconds: Sequence[float]
    resolution: float
    """Half a unit of the last digit of these times."""
    location: Location
    """The line that ends the first part."""
    took: str = _TOOK
    """Verb for the first part; from timestamps only its end and the beginning of training are known."""

    @property
    def usual(self) -> float:
        """Median time of the later parts."""
        return statistics.median(self._paced()[1:])

    @property
    def stands_out(self) -> bool:
        """Whether the first part is an outlier among at least five later ones."""
        first, *later = self._paced()
        if len(later) < _FEW:
            return False
        middle = statistics.median(later)
        spread = max(statistics.median(abs(s - middle) for s in later), self.resolution)
        return first > middle and (not spread or 0.6745 * (first - middle) / spread > _OUTLIER)

    def _paced(self) -> list[float]:
        """Times scaled to the amount of work of the first part."""
        return [s * self.work[0] / w for s, w in zip(self.seconds, self.work, strict=True)]


@dataclass(frozen=True)
class Slow:
    """A slow first part, and the rate with and without it."""

    pace: Pace
    whole: str
    without: str
    gain: float
    """Rate without it / rate of the whole run - 1."""


def find(scene: Scene) -> Iterator[Finding]:
    """One finding for all runs whose first step, interval or epoch affects their rate."""
    found = [(job, slow) for job in scene.jobs if (slow := _slow(scene.ledger, job)) is not None]
    if not found:
        return
    yield Finding(
        "warning" if max(slow.gain for _, slow in found) >= _LARGE_GAIN else "note",
        f"A slow beginning lowers the rate: {clauses([_text(job, slow) for job, slow in found])}.",
        [job for job, _ in found],
        ("throughput", "token_throughput", "train_s"),
        [slow.pace.location for _, slow in found],
    )


def _text(job: Job, slow: Slow) -> str:
    pace = slow.pace
    loaded = " (loading included)" if pace.took.startswith(_AFTER) and "load" in (job["train_includes"] or "") else ""
    first, usual = (seconds(s, pace.resolution or None, 3) for s in (pace.seconds[0], pace.usual))
    return (
        f"{one_line(job.label)}, where the first {pace.unit} {pace.took} {first}{loaded} and later ones take {usual}: "
        f"{slow.whole} overall, {slow.without} without it"
    )


def _slow(ledger: Ledger, job: Job) -> Slow | None:
    """The first part of a job's training, where it is slow and affects the rate."""
    if not job.has_result or job.main["task"] != "train" or job["throughput_window"] == "after_warmup":
        return None
    pace = next((p for p in _paces(ledger, job) if len(p.seconds) > _FEW), None)
    startup = ledger.value(job, "startup_s")
    if pace is not None and pace.unit == "step" and startup.value:
        seconds_ = [startup.value, *pace.seconds[1:]]
        pace = replace(pace, seconds=seconds_, took=pace.took.replace(_TOOK, _AFTER))
    if pace is None or not pace.stands_out:
        return None
    slow = _rates(ledger, job, pace)
    return slow if slow.gain >= _MIN_GAIN else None


def _rates(ledger: Ledger, job: Job, pace: Pace) -> Slow:
    """The rate of the run with and without the first part; without a rate, seconds per step or epoch."""
    share, whole_s = pace.work[0] / sum(pace.work), ledger.value(job, "train_s").value
    for column, unit in (("throughput", per_second(job)), ("token_throughput", "tokens/s")):
        rate = ledger.value(job, column)
        if rate.value and whole_s and whole_s > pace.seconds[0]:
            without = rate.value * (1 - share) / (1 - pace.seconds[0] / whole_s)
            whole, rest = (f"{figure(r, rate.resolution, 5)} {unit}" for r in (rate.value, without))
            return Slow(pace, whole, rest, without / rate.value - 1)
    mean = sum(pace.seconds) / sum(pace.work)
    later = sum(pace.seconds[1:]) / sum(pace.work[1:])
    each = pace.unit if pace.unit == "epoch" else "step"
    whole, rest = (f"{seconds(s, None, 3)} per {each}" for s in (mean, later))
    return Slow(pace, whole, rest, mean / later - 1 if later else 0.0)


def _paces(ledger: Ledger, job: Job) -> Iterator[Pace]:
    """The times of steps or epochs in the log, the most direct source first."""
    if _points(ledger, job, "step_time") > _FEW:
        yield from _of_rows(ledger.metrics(job, "step_time").filter(_OF_STEPS), pl.col("value"))
    batch = ledger.value(job, "batch_size")
    if batch.value and _points(ledger, job, "throughput") > _FEW:
        took = f"{_TOOK}{' (at a claimed batch size)' if batch.how == 'claimed' else ''}"
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
"""Metrics of single steps of the whole run."""


def _points(ledger: Ledger, job: Job, name: str) -> int:
    """Number of values of a step metric; often too few to judge the first part."""

    def counts() -> dict[tuple[str, str], int]:
        counted = ledger.logs.metrics.filter(_OF_STEPS).group_by(pl.col("run", "name").cast(pl.String)).len()
        return {(run, name): n for run, name, n in counted.iter_rows()}

    values = ledger.once("points", counts)
    return sum(values.get((run, name), 0) for run in job.ids)


def _of_rows(rows: pl.DataFrame, time: pl.Expr, took: str = _TOOK) -> Iterator[Pace]:
    """The pace from metrics of single steps."""
    if rows.height:
        times = rows.select(time).to_series().to_list()
        relative = (rows["resolution"] / rows["value"]).fill_null(0).max()
        place = Location(rows["source"][0], rows["line"][0])
        yield Pace("step", [1.0] * len(times), times, float(relative or 0.0) * statistics.median(times), place, took)  # type: ignore[arg-type]


def _of_stamps(ledger: Ledger, job: Job) -> Iterator[Pace]:
    """The pace from the timestamps of step lines, from the beginning of training on."""
    points = curve(ledger, job)
    # In Python: a query for each of many runs takes longer.
    columns = (points[name].to_list() for name in ("step", "seconds", "source", "line"))
    stamped = [row for row in zip(*columns, strict=True) if None not in row[:2]]
    steps, at = [step for step, *_ in stamped], [second for _, second, *_ in stamped]
    gaps = [b - a for a, b in pairwise(steps)]
    if len(gaps) < _FEW or min(gaps) < 1 or at[0] <= 0:
        return
    usual = statistics.median(gaps)
    # A log may lack its beginning, or resume from a checkpoint: the length of its first part is then unknown.
    if steps[0] > 2 * usual:
        return
    first = steps[0] or usual  # steps may be counted from 0
    times = [at[0], *(b - a for a, b in pairwise(at))]
    unit = "step" if first == usual == 1 else f"{first:,.0f} steps"
    location = Location(*stamped[0][2:])
    yield Pace(unit, [first, *gaps], times, _resolution(times[1:]), location, _AFTER)


def _resolution(times: Sequence[float]) -> float:
    """Half a second where all of these are whole seconds."""
    return 0.5 if all(float(t).is_integer() for t in times) else 0.0
