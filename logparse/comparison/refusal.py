"""Refusals: when two sides have no ratio, no winner and no axis in common, and why. The facts are shown all the
same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import Quantity
from logparse.comparison.sides import Cell


def refusal(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell, per: str | None = None) -> str | None:
    """Why two cells may not be compared; None where they may."""
    return next(_reasons(ledger, quantity, a, b, per), None)


def different_work(ledger: Ledger, a: Cell, b: Cell) -> str | None:
    """Why it is not the same work, if it is not: another workload or task."""
    for column in _WORK:
        values = [_all(ledger, column, c) - {None} for c in (a, b)]
        if all(values) and values[0] != values[1]:
            return f"{column} differs: {_words(values[0])} and {_words(values[1])}"
    return None


def unknown_work(ledger: Ledger, a: Cell, b: Cell) -> str | None:
    """Why nobody can say whether it is the same work: a workload or task that no log tells."""
    for column in _WORK:
        for c in (a, b):
            if None in _all(ledger, column, c):
                return f"the {column} of {c.side.label} is not in the log (a claim may name it)"
    return None


_WORK = ("workload", "task")


def _reasons(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell, per: str | None) -> Iterator[str]:
    if reason := different_work(ledger, a, b):
        yield reason
    if reason := _cached(ledger, quantity, a, b):
        yield reason
    for c in (a, b):
        if not c.values:
            yield f"{c.side.label}: {c.reason}"
    if quantity.estimate or any(v.how == "estimate" for c in (a, b) for v in c.values):
        yield "a compiler's estimate, not a measurement"
    for rule in (_score_kind, _sample, _scenario, _budget):
        if (reason := rule(ledger, quantity, a, b)) is not None:
            yield reason
    if reason := unknown_work(ledger, a, b):
        yield reason
    if per and quantity.rate:
        kinds = {str(job["device_kind"]) for c in (a, b) for job in c.side.jobs}
        if len(kinds) > 1:
            yield f"one {' is not one '.join(sorted(kinds))}: per {per} figures of different kinds have no winner"


def _all(ledger: Ledger, column: str, c: Cell) -> set[Any]:
    return {ledger.value(job, column).value for job in c.side.jobs}


def _words(values: set[Any]) -> str:
    return ", ".join(sorted(map(str, values)))


Rule = Callable[[Ledger, Quantity, Cell, Cell], str | None]


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
    """A rate of images is not one of sequences."""
    if not quantity.rate or quantity.name == "token_throughput":
        return None
    values = [_all(ledger, "sample", c) - {None, "sample"} for c in (a, b)]
    if all(values) and values[0] != values[1]:
        return f"a sample is not the same: {_words(values[0])} and {_words(values[1])}"
    return None


def _scenario(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> str | None:
    """One input repeated is not a data set."""
    if quantity.name != "throughput":
        return None
    single = [_all(ledger, "throughput_window", c) == {"single_input"} for c in (a, b)]
    return "one side repeats one input, the other runs a data set" if single[0] != single[1] else None


def _cached(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> str | None:
    """Fetching a binary is not compiling it."""
    if quantity.name != "compile_s":
        return None
    found = [_all(ledger, "compile_cache", c) == {"hit"} for c in (a, b)]
    return "one side compiled, the other found the binary" if found[0] != found[1] else None


def _budget(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> str | None:
    """A final loss says which run went on longer unless both saw the same number of samples."""
    if quantity.name != "loss":
        return None
    values = [_all(ledger, "samples", c) for c in (a, b)]
    if values[0] == values[1] and None not in values[0]:
        return None
    if None in values[0] | values[1]:
        same = all(
            _all(ledger, c, a) == _all(ledger, c, b) and None not in _all(ledger, c, a) for c in ("steps", "batch_size")
        )
        epochs = _all(ledger, "epochs", a) == _all(ledger, "epochs", b) and None not in _all(ledger, "epochs", a)
        return (
            None
            if same or epochs
            else "how many samples were seen is not in the log; losses at different budgets are not ranked"
        )
    return (
        f"samples seen differ ({_counts(values[0])} and {_counts(values[1])}): compare at equal samples (--at samples)"
    )


def _counts(values: set[Any]) -> str:
    return ", ".join(f"{v:,}" for v in sorted(values))
