"""Refusals: when two sides have no ratio, no winner and no axis in common, and why. The facts are shown all the
same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import Quantity
from logparse.comparison.settings import BUDGET
from logparse.comparison.sides import Cell, Side
from logparse.errors import Remedy
from logparse.text import labels


class Bar(Enum):
    """What stands between two cells."""

    WORK = "another workload or task"
    UNKNOWN_WORK = "a workload or task that no log tells"
    CACHED = "one compiled, the other found the binary"
    EMPTY = "a side has no value"
    ESTIMATE = "an estimate"
    SCORE = "scores of another kind or data set"
    SAMPLE = "a sample is not the same"
    SCENARIO = "one input repeated, and a data set"
    BUDGET = "not the same amount of training"
    UNKNOWN_BUDGET = "an amount of training that no log tells"
    CLOCK = "times that do not hold the same"
    KIND = "figures of one device, of different kinds"
    NUMBER = "no number that has a ratio"


@dataclass(frozen=True)
class Refusal:
    """Why two cells are not compared."""

    bar: Bar
    text: str
    """In full, for people."""
    remedy: Remedy | None = None
    """The argument that would lift it, where one would."""


def refusal(
    ledger: Ledger, quantity: Quantity, a: Cell, b: Cell, per: str | None = None, by: str | None = None
) -> Refusal | None:
    """Why two cells may not be compared; None where they may. `by` is the column under study, if one was declared."""
    refused = next(((bar, text) for bar, text in _bars(ledger, quantity, a, b, per, by) if text), None)
    return refused and Refusal(*refused, _remedy(ledger, refused[0], a, b))


def _remedy(ledger: Ledger, bar: Bar, a: Cell, b: Cell) -> Remedy | None:
    if bar is Bar.BUDGET:
        return Remedy("at", "samples")
    if bar is Bar.UNKNOWN_WORK and (unknown := _unknown(ledger, a, b)):
        return Remedy("claims", f"{unknown[1].label}:{unknown[0]}=…")
    if bar is Bar.SAMPLE and None in _all(ledger, "sequence_length", a) | _all(ledger, "sequence_length", b):
        return Remedy("claims", "*:sequence_length=…")
    return None


def different_work(ledger: Ledger, a: Cell, b: Cell) -> str | None:
    """Why it is not the same work, if it is not: another workload or task."""
    for column in _WORK:
        values = [_all(ledger, column, c) - {None} for c in (a, b)]
        if all(values) and values[0] != values[1]:
            return f"{column} differs: {_words(values[0])} and {_words(values[1])}"
    return None


def unknown_work(ledger: Ledger, a: Cell, b: Cell) -> str | None:
    """Why nobody can say whether it is the same work: a workload or task that no log tells."""
    unknown = _unknown(ledger, a, b)
    return unknown and f"the {unknown[0]} of {unknown[1].label} is not in the log: a claim may name it"


def _unknown(ledger: Ledger, a: Cell, b: Cell) -> tuple[str, Side] | None:
    """The column of the work that no log states, and the side it is unknown of."""
    return next(((column, c.side) for column in _WORK for c in (a, b) if None in _all(ledger, column, c)), None)


_WORK = ("workload", "task")


def _bars(
    ledger: Ledger, quantity: Quantity, a: Cell, b: Cell, per: str | None, by: str | None
) -> Iterator[tuple[Bar, str | None]]:
    """Everything that may stand between two cells, the worst first, with what it says of these where it does."""
    yield Bar.WORK, different_work(ledger, a, b)
    yield Bar.CACHED, _cached(ledger, quantity, a, b)
    for c in (a, b):
        yield Bar.EMPTY, None if c.values else f"{c.side.label}: {c.reason}"
    estimate = quantity.estimate or any(v.how == "estimate" for c in (a, b) for v in c.values)
    yield Bar.ESTIMATE, "a compiler's estimate, not a measurement" if estimate else None
    yield Bar.SCORE, _score_kind(ledger, quantity, a, b)
    yield Bar.SAMPLE, _sample(ledger, quantity, a, b)
    yield Bar.SCENARIO, _scenario(ledger, quantity, a, b)
    if by not in BUDGET:
        yield _budget(ledger, quantity, a, b)
    yield Bar.CLOCK, _clock_scope(ledger, quantity, a, b)
    yield Bar.UNKNOWN_WORK, unknown_work(ledger, a, b)
    yield Bar.KIND, _kind(quantity, a, b, per)


def _all(ledger: Ledger, column: str, c: Cell) -> set[Any]:
    return {ledger.value(job, column).value for job in c.side.jobs}


def _words(values: set[Any]) -> str:
    return ", ".join(sorted(map(str, values)))


def _score_kind(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> str | None:
    """Accuracy and F1 are no more comparable than seconds and samples; nor is one over another data set."""
    if quantity.name != "score":
        return None
    for column in ("score_name", "dataset"):
        values = [_all(ledger, column, c) - {None} for c in (a, b)]
        if all(values) and values[0] != values[1]:
            return f"{column.replace('_', ' ')} differs: {_words(values[0])} and {_words(values[1])}"
    return None


def _sample(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> str | None:
    """A rate of images is not one of sequences; of what is only called a sample nobody knows, unless one platform
    prints both or the sequences are known to be of one length."""
    if not quantity.rate or quantity.unit != "samples/s":
        return None
    kinds = [_all(ledger, "sample", c) - {None} for c in (a, b)]
    if not all(kinds) or kinds[0] == kinds[1]:
        return None
    vague = "sample" in kinds[0] | kinds[1]
    if vague and (_same(ledger, "platform", a, b) or _same(ledger, "sequence_length", a, b)):
        return None
    return f"a sample is not {'known to be ' if vague else ''}the same: {_words(kinds[0])} and {_words(kinds[1])}"


def _scenario(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> str | None:
    """One input repeated is not a data set."""
    if quantity.name != "throughput":
        return None
    single = [_all(ledger, "throughput_window", c) == {"single_input"} for c in (a, b)]
    return "one side repeats one input, the other runs a data set" if single[0] != single[1] else None


def _clock_scope(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> str | None:
    """A training time that holds loading is another clock than one that does not."""
    if quantity.state != "train_includes":
        return None
    held = [{job["train_includes"] for job in c.side.jobs if _timed(ledger, job)} for c in (a, b)]
    if len(held[0] | held[1]) < 2:
        return None
    told = [" or ".join(sorted(map(labels.holding, of))) for of in held]
    if held[0] == held[1]:
        return f"the train times of each side do not hold the same: {told[0]}"
    return f"the train times do not hold the same: {told[0]}; {told[1]}"


def _timed(ledger: Ledger, job: Job) -> bool:
    return job.has_result and ledger.value(job, "train_s").known


def _kind(quantity: Quantity, a: Cell, b: Cell, per: str | None) -> str | None:
    """A wafer is not one RDU."""
    kinds = {str(job["device_kind"]) for c in (a, b) for job in c.side.jobs}
    if not per or not quantity.rate or len(kinds) < 2:
        return None
    return f"one {' is not one '.join(sorted(kinds))}: per {per} figures of different kinds have no winner"


def _cached(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> str | None:
    """Fetching a binary is not compiling it, and a run that did is no quicker for it."""
    if quantity.state != "compile_cache":
        return None
    states = [_all(ledger, "compile_cache", c) - {None} for c in (a, b)]
    if any(len(known) > 1 for known in states):
        return "some runs of one side compiled, others found the binary"
    if all(states) and states[0] != states[1]:
        return "one side compiled, the other found the binary"
    return None


def _budget(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> tuple[Bar, str | None]:
    """Who trained on more takes longer and ends lower: times and final losses are ranked at equal amounts only. The
    same amount on each rank will do for times: that is what weak scaling holds still."""
    if not quantity.of_budget or _all(ledger, "task", a) | _all(ledger, "task", b) != {"train"}:
        return Bar.BUDGET, None
    time = quantity.unit == "s"
    instead = f"compare {'samples/s, or ' if time else ''}at equal samples"
    for column in ("samples", "epochs", "steps"):
        values = [_all(ledger, column, c) for c in (a, b)]
        if None in values[0] | values[1]:
            continue
        if values[0] == values[1]:
            # Steps alone are no amount: a batch may be of any size.
            if column != "steps" or _same(ledger, "batch_size", a, b):
                return Bar.BUDGET, None
        elif not (time and column == "samples" and _same_on_each_rank(ledger, a, b)):
            counts = f"{_counts(values[0])} and {_counts(values[1])}"
            return Bar.BUDGET, f"{column}{' seen' if column == 'samples' else ''} differ ({counts}): {instead}"
        else:
            return Bar.BUDGET, None
    unknown = "how much was trained is not in every log: times and losses at different amounts are not ranked"
    return Bar.UNKNOWN_BUDGET, unknown


def _same_on_each_rank(ledger: Ledger, a: Cell, b: Cell) -> bool:
    shares = {
        samples.value / ranks.value
        for c in (a, b)
        for job in c.side.jobs
        if (samples := ledger.value(job, "samples")).value and (ranks := ledger.value(job, "ranks")).value
    }
    jobs = len(a.side.jobs) + len(b.side.jobs)
    known = sum(bool(ledger.value(job, "ranks").value) for c in (a, b) for job in c.side.jobs)
    return known == jobs and bool(shares) and max(shares) <= 1.01 * min(shares)


def _same(ledger: Ledger, column: str, a: Cell, b: Cell) -> bool:
    """Whether all jobs of both sides are known to have the same value of a column."""
    values = _all(ledger, column, a) | _all(ledger, column, b)
    return len(values) == 1 and None not in values


def _counts(values: set[Any]) -> str:
    return ", ".join(f"{v:,}" for v in sorted(values))
