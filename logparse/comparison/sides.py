"""Sides: the columns of a comparison, each a job or several jobs treated as repeats."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import polars as pl

from logparse.cells import Value
from logparse.comparison.claims import CLAIMABLE
from logparse.comparison.clocks import clock
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import LOWER_SCORES, QUANTITIES, Quantity
from logparse.comparison.settings import of_columns
from logparse.errors import Remedy, UsageError, nearest
from logparse.frames.run_defaults import SETTINGS
from logparse.schema import RUNS, TEXT
from logparse.text.labels import many
from logparse.text.location import Location
from logparse.text.missing import MISSING, Absence, Code


@dataclass(frozen=True)
class Side:
    """One column: a label and the jobs in it."""

    label: str
    jobs: tuple[Job, ...]

    @property
    def failed(self) -> int:
        """Jobs without a result."""
        return sum(not job.has_result for job in self.jobs)


@dataclass(frozen=True)
class Unusable:
    """A job of a side that does not count in a quantity: shown beside n, with the reason."""

    job: Job
    reason: str


@dataclass(frozen=True)
class SideValues:
    """One quantity on one side: the usable values of its jobs, or the reason why there are none."""

    side: Side
    values: tuple[Value, ...]
    """The usable values in the order of the jobs; all are numbers."""
    empty: Absence | None = None
    """Why there are no values."""
    jobs: tuple[Job, ...] = ()
    """The job of each value."""
    unusable: tuple[Unusable, ...] = ()
    """The other jobs of the side."""
    scale: str = "difference"
    """`ratio` or `difference`, as of the quantity."""

    @property
    def reason(self) -> str | None:
        """Why there are no values, as text."""
        return self.empty.text if self.empty else None

    @property
    def counted_jobs(self) -> tuple[Job, ...]:
        """The jobs that count: those of the values, or all where there are no values."""
        return self.jobs or self.side.jobs

    @property
    def numbers(self) -> list[float]:
        """The values as numbers."""
        return [float(v.value) for v in self.values]

    @property
    def n(self) -> int:
        """The number of usable values."""
        return len(self.values)

    @property
    def mean(self) -> float | None:
        """The mean of the values: geometric for durations and rates (if all are positive), else arithmetic."""
        numbers = self.numbers
        if not numbers or min(numbers) == max(numbers):
            return numbers[0] if numbers else None
        if self.scale == "ratio" and min(numbers) > 0:
            return math.exp(sum(map(math.log, numbers)) / len(numbers))
        return sum(numbers) / len(numbers)

    @property
    def resolution(self) -> float | None:
        """The coarsest of the values' resolutions."""
        known = [v.resolution for v in self.values if v.resolution]
        return max(known) if known else None

    @property
    def claimed(self) -> bool:
        """Whether a value is based on a claim."""
        return any(v.how == "claimed" for v in self.values)

    @property
    def locations(self) -> tuple[Location, ...]:
        """The lines of all values."""
        return tuple(dict.fromkeys(p for v in self.values for p in v.locations))

    def without(self, index: int) -> SideValues:
        """The same side without one of its values."""
        return replace(
            self,
            values=self.values[:index] + self.values[index + 1 :],
            jobs=self.jobs[:index] + self.jobs[index + 1 :],
        )


def one_each(jobs: Sequence[Job]) -> list[Side]:
    """One side per job."""
    return [Side(job.label, (job,)) for job in jobs]


def by(ledger: Ledger, jobs: Sequence[Job], column: str) -> list[Side]:
    """One side per value of a column of `runs`, in the order of the values where they are numbers, else of the jobs.

    Raises `UsageError` where none of the jobs has a value.
    """
    check_column(column)
    if column == "run":
        return one_each(jobs)
    groups: dict[Any, list[Job]] = {}
    for job in jobs:
        known_group = column == "group" and job.main["group"] is not None
        value = ledger.experiment(job) if known_group else ledger.value(job, column).value
        groups.setdefault(value, []).append(job)
    known = [value for value in groups if value is not None]
    if not known:
        raise not_stated(column)
    if all(isinstance(value, (int, float)) for value in known):
        known.sort()
    if column == "group":  # a hash means nothing to a reader
        sides = of_repeats(ledger, [groups[value] for value in known])
    else:
        sides = [Side(_side_label(column, value), tuple(groups[value])) for value in known]
    if None in groups:
        sides.append(Side(f"{column} ?", tuple(groups[None])))
    return sides


def check_column(column: str | None) -> None:
    """Raises `UsageError` for what is not a column of `runs` and so cannot make sides."""
    if column is not None and column not in RUNS:
        raise UsageError(f"by {column!r}: not a column of runs; {nearest(column, RUNS)}")


def not_stated(column: str) -> UsageError:
    """The error for sides by a column that is null in all jobs."""
    if column not in CLAIMABLE:
        return UsageError(f"no log here states {column}")
    return UsageError(f"no log here states {column}; a claim may", Remedy("claims", f"LABEL:{column}=…"))


def of_repeats(ledger: Ledger, groups: Iterable[Sequence[Job]]) -> list[Side]:
    """One side for the repeats of each experiment. They are called by the one or two settings that distinguish the
    sides (`batch_size 512`), else by their first run (`a and 2 repeats`); a run without repeats has its own name."""
    sides = [
        Side(" and ".join([jobs[0].label, *([many(len(jobs) - 1, "repeat")] if jobs[1:] else [])]), tuple(jobs))
        for jobs in groups
    ]
    if all(len(side.jobs) == 1 for side in sides):
        return sides
    if (names := names_by_settings(ledger, sides)) is None:
        return sides
    return [replace(side, label=name) if len(side.jobs) > 1 else side for name, side in zip(names, sides, strict=True)]


def names_by_settings(ledger: Ledger, sides: Sequence[Side]) -> list[str] | None:
    """A name for each of several sides by the one or two settings that distinguish them (`batch_size 512`); None where
    one or two do not."""
    if len(sides) < 2:
        return None
    found = [s for s in of_columns(ledger, sides) if s.role in ("factor", "budget") and all(map(_is_one, s.values))]
    for chosen in (*((s,) for s in found), *combinations(found, 2)):
        names = [", ".join(_side_label(s.name, *s.values[i]) for s in chosen) for i in range(len(sides))]
        if len(set(names)) == len(sides):
            return names
    return None


def _is_one(values: Collection[Any]) -> bool:
    return len(values) == 1


def _side_label(column: str, value: Any) -> str:
    return f"{column} {value:g}" if isinstance(value, float) else f"{column} {value}"


def side_values(
    ledger: Ledger, quantity: Quantity, side: Side, per: str | None = None, convert: bool = False
) -> SideValues:
    """The values of a quantity on one side. `per` (`device`, `rank`): divide rates by their number. `convert`: where
    the sequence length is known, compute samples/s from tokens/s and the reverse."""
    values = [_value(ledger, quantity, job, per, convert) for job in side.jobs]
    known = [(job, value) for job, value in zip(side.jobs, values, strict=True) if value.value is not None]
    out = [Unusable(j, v.reason or "not in the log") for j, v in zip(side.jobs, values, strict=True) if v.value is None]
    usable, others = _usable(ledger, quantity, known)
    empty = None if usable else next((v.empty for v in values if v.empty), None)
    return SideValues(
        side, tuple(v for _, v in usable), empty, tuple(j for j, _ in usable), (*out, *others), quantity.scale
    )  # fmt: skip


def _usable(
    ledger: Ledger, quantity: Quantity, known: Sequence[tuple[Job, Value]]
) -> tuple[list[tuple[Job, Value]], list[Unusable]]:
    """The values that count, and the jobs that do not although they have a value. A side is not emptied by this: what
    applies to all of its runs is no reason to drop one of them."""
    reasons: dict[str, str] = {}
    seen: dict[Any, Job] = {}
    for job, _ in known:
        first = seen.setdefault(ledger.figures(job), job)
        if first is not job:
            reasons[job.id] = f"identical to {first.label} in every measured figure"
    for column, reason in (("workload", "its log does not state the workload"), ("task", "its log states no task")):
        _mark(reasons, known, lambda job, c=column: not ledger.value(job, c).known, reason)  # type: ignore[misc]
    if quantity.scale == "ratio":  # profiling takes time
        _mark(reasons, known, ledger.is_profiled, "profiled, unlike other runs of the side")
    if quantity.state == "compile_cache" and any(job["compile_cache"] == "miss" for job, _ in known):
        reason = "a compile cache hit, unlike other runs of the side"
        _mark(reasons, known, lambda job: job["compile_cache"] == "hit", reason)
    if quantity.rate:
        _mark(reasons, known, lambda job: is_short(ledger, job), f"a rate over fewer than {FEWEST_STEPS} steps")
    _mark_other_graphs(ledger, reasons, known)
    if quantity.of_budget:
        _mark(reasons, known, lambda job: _has_no_budget(ledger, job), "its log does not state the amount of training")
    usable = [(job, value) for job, value in known if job.id not in reasons]
    return usable, [Unusable(job, reasons[job.id]) for job, _ in known if job.id in reasons]


def _mark(
    reasons: dict[str, str], known: Sequence[tuple[Job, Value]], applies: Callable[[Job], bool], reason: str
) -> None:
    """Give the jobs to which it applies a reason, unless it applies to all that have none yet."""
    left = [job for job, _ in known if job.id not in reasons]
    found = [job for job in left if applies(job)]
    if len(found) < len(left):
        reasons.update(dict.fromkeys((job.id for job in found), reason))


def _mark_other_graphs(ledger: Ledger, reasons: dict[str, str], known: Sequence[tuple[Job, Value]]) -> None:
    """Give a reason to runs of other compiled graphs: where most runs of a side ran one graph, a run with the same
    settings is a repeat of them only if it ran that graph too. Another graph is another release of the program, or
    another setting that no log prints."""
    left = [job for job, _ in known if job.id not in reasons]
    counts = Counter(ledger.compiled(job) for job in left)
    graphs, count = max(counts.items(), key=lambda item: item[1], default=(frozenset(), 0))
    if not graphs or 2 * count <= len(left):
        return
    first = next(job for job in left if ledger.compiled(job) == graphs)
    for job in left:
        own = ledger.compiled(job)
        if own != graphs and all(
            first[name] == job[name] or None in (first[name], job[name]) for name in SETTINGS if name != "seed"
        ):
            what = "names another compiled graph than" if own else "does not name its compiled graph, unlike"
            reasons[job.id] = f"its log {what} most runs of the side"


FEWEST_STEPS = 5
"""Least number of training steps over which a rate is compared: over fewer, it shows the beginning of a run."""


def is_short(ledger: Ledger, job: Job) -> bool:
    """Whether a run trained for so few steps that its rate is not compared."""
    steps = ledger.value(job, "steps").value
    return steps is not None and steps < FEWEST_STEPS and ledger.value(job, "task").value == "train"


def _has_no_budget(ledger: Ledger, job: Job) -> bool:
    return ledger.value(job, "task").value == "train" and not any(
        ledger.value(job, column).known for column in ("samples", "epochs", "steps")
    )


def _value(ledger: Ledger, quantity: Quantity, job: Job, per: str | None, convert: bool) -> Value:
    if quantity.of_result and not job.has_result:
        if job.main["status"] == "submitted":
            return Value(empty=ledger.value(job, "train_s").empty)
        ended = job.main["status"] or ledger.value(job, "status").reason
        return Value(empty=Absence(Code.NO_RESULT, f"no result: {ended}"))
    if quantity.clock:
        value = clock(ledger, job, quantity.clock)
    elif quantity.pick:
        value = _of_metric(ledger, job, quantity.name, quantity.pick)
    else:
        value = ledger.value(job, quantity.name)
        if value.value is None and convert and quantity.name in _CONVERTED:
            value = _converted(ledger, job, quantity.name, value)
    if per and quantity.rate and value.value is not None:
        return _divided(ledger, job, value, f"{per}s")
    return value


def _of_metric(ledger: Ledger, job: Job, name: str, pick: str) -> Value:
    """The value of a metric that a grammar declares: one of those that the log states for the whole run, or their mean
    or median."""
    rows = ledger.metrics(job, name, scope=None).filter(pl.col("value").is_finite())
    if not rows.height:
        return Value(empty=MISSING)
    made = f"{pick} of {rows.height} values" if rows.height > 1 else None
    values = rows["value"]
    if pick in ("mean", "median"):
        places = tuple(Location(*place) for place in rows.select(pl.col("source").cast(TEXT), "line").iter_rows())
        number = values.mean() if pick == "mean" else values.median()
        return Value(number, _coarsest(rows["resolution"]), "derived", made, places)
    index = {"first": 0, "last": rows.height - 1, "min": values.arg_min(), "max": values.arg_max()}[pick]
    row = rows.row(index or 0, named=True)
    return Value(row["value"], row["resolution"], "read", made, (Location(str(row["source"]), row["line"]),))


def _coarsest(resolutions: pl.Series) -> float | None:
    largest = resolutions.max()
    return None if largest is None else float(largest)  # type: ignore[arg-type]


_CONVERTED = {"throughput": "token_throughput", "token_throughput": "throughput"}
_TOKENS = (None, "sequence", "sample")
"""What a sample may be where it consists of tokens."""


def measured(quantity: Quantity, c: SideValues) -> Quantity:
    """The quantity that the logs of a side contain: for converted rates the one from which they were computed."""
    other = _CONVERTED.get(quantity.name)
    is_converted = other is not None and c.values and all((v.made or "").startswith(f"{other} ") for v in c.values)
    return QUANTITIES[other] if other is not None and is_converted else quantity


def is_convertible(ledger: Ledger, job: Job, quantity: Quantity) -> bool:
    """Whether the quantity could be converted from tokens/s or samples/s if the job's sequence length were known."""
    other = _CONVERTED.get(quantity.name)
    return (
        other is not None
        and job.main["sample"] in _TOKENS
        and ledger.value(job, other).known
        and not ledger.value(job, "sequence_length").known
    )


def _converted(ledger: Ledger, job: Job, name: str, value: Value) -> Value:
    """Samples/s from tokens/s or the reverse, where the sequence length is known; else `value`."""
    if job.main["sample"] not in _TOKENS:
        return value
    other, length = ledger.value(job, _CONVERTED[name]), ledger.value(job, "sequence_length")
    if other.value is None or not length.value:
        return value
    factor = 1 / length.value if name == "throughput" else length.value
    named = length.how == "inferred" and job["sequence_length"] is None
    origin = " (claimed)" if length.how == "claimed" else " (from a name in the log)" if named else ""
    return Value(
        other.value * factor,
        other.resolution and other.resolution * factor,
        "claimed" if length.how == "claimed" else "derived",
        f"{_CONVERTED[name]} {'÷' if name == 'throughput' else '×'} sequence length {length.value}{origin}",
        (*other.locations, *length.locations),
    )


def _divided(ledger: Ledger, job: Job, value: Value, count: str) -> Value:
    number = ledger.value(job, count)
    if not number.value:
        return Value(empty=(number.empty or Absence(Code.NOT_IN_LOG, "not known")).of(count))
    return Value(
        value.value / number.value, value.resolution and value.resolution / number.value,
        "claimed" if "claimed" in (number.how, value.how) else "derived",
        ", ".join(filter(None, (value.made, f"÷ {number.value} {count}"))), (*value.locations, *number.locations),
    )  # fmt: skip


def better(quantity: Quantity, cells: Sequence[SideValues]) -> str:
    """`higher` or `lower`: which direction is better; for a score it depends on the kind of score."""
    if quantity.name == "score":
        names = {job.main["score_name"] for c in cells for job in c.side.jobs}
        return "lower" if names & LOWER_SCORES else "higher"
    return quantity.better


def apart(quantity: Quantity, a: float, b: float) -> float:
    """The difference of two values on the quantity's scale: ln(b / a) or b - a; NaN where it is not defined."""
    if quantity.scale == "difference":
        return b - a
    return math.log(b / a) if a > 0 and b > 0 else math.nan
