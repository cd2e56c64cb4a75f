"""Sides: what stands in one column of a comparison, a job or several that are taken as repeats of one thing."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from logparse.cells import Value
from logparse.comparison.claims import CLAIMABLE
from logparse.comparison.clocks import clock
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import LOWER_SCORES, Quantity
from logparse.errors import Remedy, UsageError
from logparse.schema import RUNS
from logparse.text.location import Location
from logparse.text.missing import Absence, Code


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
class Cell:
    """One quantity of one side: the values of its jobs, or why there is none."""

    side: Side
    values: tuple[Value, ...]
    """Those that are known, in the order of the jobs; all with a number."""
    empty: Absence | None = None
    """Why there are none."""

    @property
    def reason(self) -> str | None:
        """Why there are none, as text."""
        return self.empty.text if self.empty else None

    @property
    def numbers(self) -> list[float]:
        """The numbers."""
        return [float(v.value) for v in self.values]

    @property
    def n(self) -> int:
        """How many values there are."""
        return len(self.values)

    @property
    def middle(self) -> float | None:
        """The value; of two their mean; of three or more the median."""
        return statistics.median(self.numbers) if self.values else None

    @property
    def resolution(self) -> float | None:
        """The coarsest of the values' resolutions."""
        known = [v.resolution for v in self.values if v.resolution]
        return max(known) if known else None

    @property
    def claimed(self) -> bool:
        """Whether a value rests on what is only claimed."""
        return any(v.how == "claimed" for v in self.values)

    @property
    def locations(self) -> tuple[Location, ...]:
        """The lines of everything in the cell."""
        return tuple(dict.fromkeys(p for v in self.values for p in v.locations))


def one_each(jobs: Sequence[Job]) -> list[Side]:
    """Each job is a side."""
    return [Side(job.label, (job,)) for job in jobs]


def by(ledger: Ledger, jobs: Sequence[Job], column: str) -> list[Side]:
    """Jobs with the same value of a column of `runs` are one side, in the order of the values, or of the jobs.

    Raises `UsageError` where there is no such column, or none of the jobs has a value in it.
    """
    check_column(column)
    if column == "run":
        return one_each(jobs)
    held: dict[Any, list[Job]] = {}
    for job in jobs:
        held.setdefault(ledger.value(job, column).value, []).append(job)
    known = [value for value in held if value is not None]
    if not known:
        raise not_stated(column)
    if all(isinstance(value, (int, float)) for value in known):
        known.sort()
    sides = [Side(_side_label(ledger, column, value, held[value]), tuple(held[value])) for value in known]
    if None in held:
        sides.append(Side(f"{column} ?", tuple(held[None])))
    return sides


def check_column(column: str | None) -> None:
    """Raises `UsageError` for what is not a column of `runs` and so cannot make sides."""
    if column is not None and column not in RUNS:
        raise UsageError(f"by {column!r}: no column of runs is called so; there are {', '.join(RUNS)}")


def not_stated(column: str) -> UsageError:
    """The error for sides by a column that is null in all jobs."""
    if column not in CLAIMABLE:
        return UsageError(f"no log here states {column}")
    return UsageError(f"no log here states {column}; a claim may", Remedy("claims", f"LABEL:{column}=…"))


def _side_label(ledger: Ledger, column: str, value: Any, jobs: Sequence[Job]) -> str:
    if column == "group":  # a hash says nothing to people
        return jobs[0].label if len(jobs) == 1 else f"{jobs[0].label} +{len(jobs) - 1}"
    return f"{column} {value:g}" if isinstance(value, float) else f"{column} {value}"


def cell(ledger: Ledger, quantity: Quantity, side: Side, per: str | None = None, convert: bool = False) -> Cell:
    """The values of a quantity on one side; with `per` (`device`, `rank`) rates are divided by their number, with
    `convert` samples/s stand in for tokens/s and the other way where the sequence length is known."""
    values = [_value(ledger, quantity, job, per, convert) for job in side.jobs]
    known = tuple(v for v in values if v.value is not None)
    return Cell(side, known, None if known else next((v.empty for v in values if v.empty), None))


def _value(ledger: Ledger, quantity: Quantity, job: Job, per: str | None, convert: bool) -> Value:
    if quantity.of_result and not job.has_result:
        if job.main["status"] == "submitted":
            return Value(empty=ledger.value(job, "train_s").empty)
        return Value(empty=Absence(Code.NO_RESULT, f"no result: {job.main['status']}"))
    if quantity.clock:
        value = clock(ledger, job, quantity.clock)
    else:
        value = ledger.value(job, quantity.name)
        if value.value is None and convert and quantity.name in _CONVERTED:
            value = _converted(ledger, job, quantity.name, value)
    if per and quantity.rate and value.value is not None:
        return _shared_out(ledger, job, value, f"{per}s")
    return value


_CONVERTED = {"throughput": "token_throughput", "token_throughput": "throughput"}


def _converted(ledger: Ledger, job: Job, name: str, value: Value) -> Value:
    """Samples/s of tokens/s and the other way, only where the sequence length is known."""
    if job.main["sample"] not in (None, "sequence", "sample"):
        return value
    other, length = ledger.value(job, _CONVERTED[name]), ledger.value(job, "sequence_length")
    if other.value is None or not length.value:
        return value
    factor = 1 / length.value if name == "throughput" else length.value
    return Value(
        other.value * factor,
        other.resolution and other.resolution * factor,
        length.how if length.how == "claimed" else "derived",
        f"{_CONVERTED[name]} {'÷' if name == 'throughput' else '×'} sequence length {length.value}"
        + (" (claimed)" if length.how == "claimed" else ""),
        (*other.locations, *length.locations),
    )


def _shared_out(ledger: Ledger, job: Job, value: Value, count: str) -> Value:
    number = ledger.value(job, count)
    if not number.value:
        return Value(empty=(number.empty or Absence(Code.NOT_IN_LOG, "not known")).of(count))
    return Value(
        value.value / number.value, value.resolution and value.resolution / number.value,
        "claimed" if "claimed" in (number.how, value.how) else "derived",
        ", ".join(filter(None, (value.made, f"÷ {number.value} {count}"))), (*value.locations, *number.locations),
    )  # fmt: skip


def better(quantity: Quantity, cells: Sequence[Cell]) -> str:
    """`higher` or `lower`: which way of the quantity is better; of a score it depends on what score it is."""
    if quantity.name == "score":
        names = {job.main["score_name"] for c in cells for job in c.side.jobs}
        return "lower" if names & LOWER_SCORES else "higher"
    return quantity.better


def apart(quantity: Quantity, a: float, b: float) -> float:
    """How far two values are apart on the quantity's scale: ln(b / a), or b - a; NaN where that has no meaning."""
    if quantity.scale == "difference":
        return b - a
    return math.log(b / a) if a > 0 and b > 0 else math.nan
