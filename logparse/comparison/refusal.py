"""Refusals: when two sides are not compared, and why. Their values are shown nevertheless."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from logparse.comparison import budget, equal
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import Quantity
from logparse.comparison.settings import BUDGET
from logparse.comparison.sides import FEWEST_STEPS, Side, SideValues, is_convertible, is_short
from logparse.errors import Remedy
from logparse.text import labels


class RefusalCause(Enum):
    """Why two sides are not compared."""

    WORKLOAD = "different workload or task"
    UNKNOWN_WORKLOAD = "workload or task not stated in a log"
    CACHED = "one side compiled, the other had a compile cache hit"
    EMPTY = "a side has no value"
    ESTIMATE = "an estimate"
    SCORE = "scores of different kinds or data sets"
    SAMPLE = "a sample is not the same on both sides"
    SCENARIO = "one input repeated against a data set"
    SHORT = "a rate over too few steps"
    BUDGET = "different amounts of training"
    UNKNOWN_BUDGET = "amount of training not stated in a log"
    CLOCK = "times that include different phases"
    KIND = "figures per device of different kinds of device"
    NUMBER = "a value without a ratio"


@dataclass(frozen=True)
class Refusal:
    """Why two sides are not compared: the cause, and the full text."""

    cause: RefusalCause
    text: str
    """In full, for people."""
    remedy: Remedy | None = None
    """The argument that would lift it, where one would."""


def refusal(
    ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues, per: str | None = None, by: str | None = None
) -> Refusal | None:
    """Why two sides cannot be compared; None where they can. `by`: the column under study, if one was declared."""
    causes = _causes(ledger, quantity, a, b, per, by)
    refused = next(((cause, text) for cause, text in causes if text), None)
    return refused and Refusal(*refused, _remedy(ledger, refused[0], quantity, a, b, per))


def _remedy(
    ledger: Ledger, cause: RefusalCause, quantity: Quantity, a: SideValues, b: SideValues, per: str | None
) -> Remedy | None:
    """The argument that lifts a refusal for that cause; None where no argument does."""
    if cause is RefusalCause.UNKNOWN_WORKLOAD and (unknown := _unknown(ledger, a, b)):
        return _claim(ledger, unknown[0], a, b)
    if cause is RefusalCause.SAMPLE and _is_vague(ledger, a, b):
        return _claim(ledger, "sequence_length", a, b)
    if cause is RefusalCause.BUDGET:
        by = next(c for c in _AMOUNTS if None not in _all(ledger, c, a) | _all(ledger, c, b))
        return Remedy("at", "samples") if _has_equal_samples(ledger, a, b) else Remedy("by", by)
    if cause is RefusalCause.UNKNOWN_BUDGET:
        return _claim(ledger, _claimable_budget(ledger, a, b), a, b, same=False)
    if cause is RefusalCause.EMPTY:
        return _value_remedy(ledger, quantity, a, b, per)
    return None


def _claim(ledger: Ledger, column: str, a: SideValues, b: SideValues, same: bool = True) -> Remedy | None:
    """The claim of a column for the jobs whose logs do not state it. `same`: it helps only with the value that the
    others have; where they have several, it does not help."""
    jobs = {job.id: job for c in (a, b) for job in c.side.jobs}
    lacking = [job for job in jobs.values() if not ledger.value(job, column).known]
    known = (_all(ledger, column, a) | _all(ledger, column, b)) - {None}
    if not lacking or (same and len(known) > 1):
        return None
    label = lacking[0].label if len(lacking) == 1 else "*"
    return Remedy("claims", f"{label}:{column}={next(iter(known)) if same and known else '…'}")


def _has_equal_samples(ledger: Ledger, a: SideValues, b: SideValues) -> bool:
    """Whether all jobs logged a loss at some equal number of samples."""
    sides = (a.side, b.side)
    ids = tuple(job.id for side in sides for job in side.jobs)
    return ledger.once(("at samples", ids), lambda: equal.at(ledger, sides, "samples").found) is not None


def _claimable_budget(ledger: Ledger, a: SideValues, b: SideValues) -> str:
    """What would make the amounts of training comparable: the batch size where all state equal steps, else the count
    that most jobs state."""
    if None not in _all(ledger, "steps", a) | _all(ledger, "steps", b):
        return "batch_size"
    jobs = [job for c in (a, b) for job in c.side.jobs]
    return max(_AMOUNTS, key=lambda column: sum(ledger.value(job, column).known for job in jobs))


def _value_remedy(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues, per: str | None) -> Remedy | None:
    """The claim by which a value could be converted, or divided by devices or ranks, on the side that has none."""
    for c in (a, b):
        jobs = [job for job in c.side.jobs if job.has_result]
        if c.values or not quantity.rate or not jobs:
            continue
        if per and any(
            ledger.value(job, quantity.name).known and not ledger.value(job, f"{per}s").value for job in jobs
        ):
            return _claim(ledger, f"{per}s", c, c, same=False)
        if any(is_convertible(ledger, job, quantity) for job in jobs):
            return _claim(ledger, "sequence_length", a, b)
    return None


def workload_difference(ledger: Ledger, a: SideValues, b: SideValues) -> str | None:
    """How workload or task differ; None where they are not known to."""
    for column in _WORK:
        values = [_all(ledger, column, c) - {None} for c in (a, b)]
        if all(values) and values[0] != values[1]:
            return f"{column} differs: {_words(values[0])} and {_words(values[1])}"
    return None


def unknown_workload(ledger: Ledger, a: SideValues, b: SideValues) -> str | None:
    """Which workload or task no log states; None where all are known."""
    unknown = _unknown(ledger, a, b)
    return unknown and f"the {unknown[0]} of {unknown[1].label} is not in the log (a claim can state it)"


def _unknown(ledger: Ledger, a: SideValues, b: SideValues) -> tuple[str, Side] | None:
    """The column of the workload that no log states, and the side that lacks it."""
    return next(((column, c.side) for column in _WORK for c in (a, b) if None in _all(ledger, column, c)), None)


_WORK = ("workload", "task")
_AMOUNTS = ("samples", "epochs", "steps")
"""Counts of the amount of training, the most exact first."""


def _causes(
    ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues, per: str | None, by: str | None
) -> Iterator[tuple[RefusalCause, str | None]]:
    """Every cause, the most severe first, with its text where it applies to these two sides."""
    yield RefusalCause.WORKLOAD, workload_difference(ledger, a, b)
    yield RefusalCause.CACHED, _cached(ledger, quantity, a, b)
    yield RefusalCause.NUMBER, _nothing_compiled(ledger, quantity, a, b)
    for c in (a, b):
        yield RefusalCause.EMPTY, None if c.values else f"{c.side.label}: {c.reason}"
    estimate = quantity.estimate or any(v.how == "estimate" for c in (a, b) for v in c.values)
    yield RefusalCause.ESTIMATE, "a compiler's estimate, not a measurement" if estimate else None
    yield RefusalCause.SCORE, _score_kind(ledger, quantity, a, b)
    yield RefusalCause.SAMPLE, _sample(ledger, quantity, a, b)
    yield RefusalCause.SCENARIO, _scenario(ledger, quantity, a, b)
    for c in (a, b):
        short = short_rate(ledger, quantity, c)
        yield RefusalCause.SHORT, short and f"{c.side.label}: {short}"
    if by not in BUDGET:
        yield _budget(ledger, quantity, a, b)
    yield RefusalCause.CLOCK, _clock_scope(ledger, quantity, a, b)
    yield RefusalCause.UNKNOWN_WORKLOAD, unknown_workload(ledger, a, b)
    yield RefusalCause.KIND, _kind(quantity, a, b, per)


def _all(ledger: Ledger, column: str, c: SideValues) -> set[Any]:
    return {ledger.value(job, column).value for job in c.counted_jobs}


def _words(values: set[Any]) -> str:
    return ", ".join(sorted(map(str, values)))


def _score_kind(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> str | None:
    """Scores are comparable only if they are of one kind and over one data set."""
    if quantity.name != "score":
        return None
    for column in ("score_name", "dataset"):
        values = [_all(ledger, column, c) - {None} for c in (a, b)]
        if all(values) and values[0] != values[1]:
            return f"{column.replace('_', ' ')} differs: {_words(values[0])} and {_words(values[1])}"
    return None


def _sample(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> str | None:
    """Images/s and sequences/s are not comparable. A plain "sample" could be anything, unless one platform prints both
    or all sequences are known to have the same length."""
    if not quantity.rate or quantity.unit != "samples/s":
        return None
    kinds = [_all(ledger, "sample", c) - {None} for c in (a, b)]
    if not all(kinds) or kinds[0] == kinds[1]:
        return None
    vague = _is_vague(ledger, a, b)
    if vague and (_same(ledger, "platform", a, b) or _same(ledger, "sequence_length", a, b)):
        return None
    return f"a sample is not {'known to be ' if vague else ''}the same: {_words(kinds[0])} and {_words(kinds[1])}"


def _is_vague(ledger: Ledger, a: SideValues, b: SideValues) -> bool:
    """Whether a log calls its samples just that."""
    return "sample" in _all(ledger, "sample", a) | _all(ledger, "sample", b)


def _scenario(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> str | None:
    """The rate of one repeated input is not comparable with that over a data set."""
    if quantity.name != "throughput":
        return None
    single = [_all(ledger, "throughput_window", c) == {"single_input"} for c in (a, b)]
    return "one side repeats one input, the other runs a data set" if single[0] != single[1] else None


def short_rate(ledger: Ledger, quantity: Quantity, c: SideValues) -> str | None:
    """Why the rate of a side is not compared: its runs trained for too few steps."""
    steps = [ledger.value(job, "steps").value for job in c.jobs if quantity.rate and is_short(ledger, job)]
    if not steps:
        return None
    counted = f"{max(steps)} step{'s' if max(steps) > 1 else ''}"
    return f"a rate over {counted}; at least {FEWEST_STEPS} are needed"


def _clock_scope(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> str | None:
    """Training times are comparable only if they include the same phases."""
    if quantity.state != "train_includes":
        return None
    included = [{job["train_includes"] for job in c.counted_jobs if _timed(ledger, job)} for c in (a, b)]
    if len(included[0] | included[1]) < 2:
        return None
    texts = [" or ".join(sorted(map(labels.included_text, phases))) for phases in included]
    if included[0] == included[1]:
        return f"the train times within each side include different phases: {texts[0]}"
    return f"the train times include different phases: {texts[0]}; {texts[1]}"


def _timed(ledger: Ledger, job: Job) -> bool:
    return job.has_result and ledger.value(job, "train_s").known


def _kind(quantity: Quantity, a: SideValues, b: SideValues, per: str | None) -> str | None:
    """Figures per device are comparable only for one kind of device: a wafer is not one RDU."""
    kinds = {str(job["device_kind"]) for c in (a, b) for job in c.counted_jobs}
    if not per or not quantity.rate or len(kinds) < 2:
        return None
    return f"figures per {per} of different kinds of device are not comparable: {', '.join(sorted(kinds))}"


def _cached(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> str | None:
    """Times with a compile are not comparable with times with a compile cache hit."""
    if quantity.state != "compile_cache":
        return None
    states = [_all(ledger, "compile_cache", c) - {None} for c in (a, b)]
    if all(states) and states[0] != states[1]:
        return "one side compiled, the other had a compile cache hit"
    return None


def _nothing_compiled(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> str | None:
    """Two compile cache hits that took no time have no ratio."""
    if quantity.name != "compile_s" or 0.0 not in (*a.numbers, *b.numbers):
        return None
    hits = all(_all(ledger, "compile_cache", c) == {"hit"} for c in (a, b))
    return "both sides had a compile cache hit: nothing was compiled" if hits else None


def _budget(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> tuple[RefusalCause, str | None]:
    """More training takes longer and ends at a lower loss: times and final losses are compared only at equal amounts.
    For times the same amount per rank is enough (weak scaling), and for runs that stop at the same target the amount is
    a result: their training time is the time to the target."""
    if not quantity.of_budget or _all(ledger, "task", a) | _all(ledger, "task", b) != {"train"}:
        return RefusalCause.BUDGET, None
    time = quantity.unit == "s"
    if time and budget.same_target(ledger, [job for c in (a, b) for job in c.side.jobs]):
        return RefusalCause.BUDGET, None
    for column in _AMOUNTS:
        values = [_all(ledger, column, c) for c in (a, b)]
        if None in values[0] | values[1]:
            continue
        if values[0] == values[1] or budget.equal(values[0] | values[1]):
            # Equal steps are equal amounts only at equal batch sizes.
            if column != "steps" or _same(ledger, "batch_size", a, b):
                return RefusalCause.BUDGET, None
        elif not (time and column == "samples" and _same_on_each_rank(ledger, a, b)):
            counts = f"{_counts(values[0])} and {_counts(values[1])}"
            rates = "; rates (samples/s) can be compared" if time else ""
            return RefusalCause.BUDGET, f"{column}{' seen' if column == 'samples' else ''} differ ({counts}){rates}"
        else:
            return RefusalCause.BUDGET, None
    unknown = "not every log states the amount of training: times and losses at different amounts are not ranked"
    return RefusalCause.UNKNOWN_BUDGET, unknown


def _same_on_each_rank(ledger: Ledger, a: SideValues, b: SideValues) -> bool:
    shares = {
        samples.value / ranks.value
        for c in (a, b)
        for job in c.counted_jobs
        if (samples := ledger.value(job, "samples")).value and (ranks := ledger.value(job, "ranks")).value
    }
    jobs = len(a.side.jobs) + len(b.side.jobs)
    known = sum(bool(ledger.value(job, "ranks").value) for c in (a, b) for job in c.counted_jobs)
    return known == jobs and bool(shares) and budget.equal(shares)


def _same(ledger: Ledger, column: str, a: SideValues, b: SideValues) -> bool:
    """Whether all jobs of both sides are known to have the same value of a column."""
    values = _all(ledger, column, a) | _all(ledger, column, b)
    return len(values) == 1 and None not in values


def _counts(values: set[Any]) -> str:
    return ", ".join(f"{v:,}" for v in sorted(values))
