"""Scaling: how rates grow with the number of ranks or devices.

Constant work per rank is weak scaling (time should stay constant, samples/s should grow); constant total work is strong
scaling. Otherwise there is no efficiency.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import QUANTITIES
from logparse.comparison.sides import Side, SideValues, side_values


@dataclass(frozen=True)
class Point:
    """One side of a scaling study."""

    side: Side
    count: int
    """Ranks or devices."""
    throughput: SideValues
    speedup: float
    """Samples/s divided by those of the side with the fewest."""
    efficiency: float
    """Speed-up / growth of the count; 1 is ideal."""


@dataclass(frozen=True)
class Scaling:
    """A scaling study: what is counted, its kind, and its points from the fewest to the most."""

    of: str
    """`ranks` or `devices`."""
    kind: str
    """`weak`, `strong` or `neither`."""
    why: str
    points: tuple[Point, ...]
    """Empty where there is no efficiency."""


COUNTS = ("ranks", "devices")
"""What can be counted; the first that differs and is known is used."""


def scaling(ledger: Ledger, sides: Sequence[Side], counts_of: Sequence[str] = COUNTS) -> Scaling | None:
    """The scaling study of these sides; None where none of `counts_of` differs and is known."""
    for of in counts_of:
        counts = [_one(ledger, side, of) for side in sides]
        known = [c for c in counts if c]
        if len(sides) > 1 and len(known) == len(sides) and len(set(known)) > 1:
            return _study(ledger, sides, of, known)
    return None


def studies(ledger: Ledger, sides: Sequence[Side], of: str) -> tuple[list[tuple[list[Side], Scaling]], list[Side]]:
    """The studies with an efficiency in these sides: those with the same work per rank or device, then, of the other
    sides, those with the same total work; and the sides that are in none."""
    found: list[tuple[list[Side], Scaling]] = []
    left = list(sides)
    for is_shared in (True, False):
        for equal in _equal_work(ledger, left, of, is_shared):
            study = scaling(ledger, equal, (of,))
            if study is not None and study.points:
                found.append((equal, study))
                left = [side for side in left if side not in equal]
    return found, left


def _equal_work(ledger: Ledger, sides: Sequence[Side], of: str, is_shared: bool) -> Iterator[list[Side]]:
    """Groups of sides with the same samples per rank or device (`is_shared`) or in total, and at least two counts."""
    known = []
    for side in sides:
        samples, count = _one(ledger, side, "samples"), _one(ledger, side, of)
        if samples and count:
            known.append((samples / count if is_shared else samples, count, side))
    groups: list[list[tuple[float, float, Side]]] = []
    for item in sorted(known, key=lambda found: found[0]):
        if groups and _equal([item[0], groups[-1][0][0]]):
            groups[-1].append(item)
        else:
            groups.append([item])
    for group in groups:
        if len({count for _, count, _ in group}) > 1:
            yield [side for *_, side in group]


def _study(ledger: Ledger, sides: Sequence[Side], of: str, counts: Sequence[float]) -> Scaling:
    totals = [_one(ledger, side, "samples") for side in sides]
    if None in totals or not all(totals):
        mixed = any(len({ledger.value(job, "samples").value for job in side.jobs} - {None}) > 1 for side in sides)
        why = "runs on one side saw different numbers of samples" if mixed else "not every log states the samples seen"
        return Scaling(of, "neither", why, ())
    whole = [t for t in totals if t]
    shares = [t / c for t, c in zip(whole, counts, strict=True)]
    if _equal(shares):
        kind, why = "weak", f"the same work per {of.removesuffix('s')}: {shares[0]:,.0f} samples"
    elif _equal(whole):
        kind, why = "strong", f"the same total work: {whole[0]:,.0f} samples"
    else:
        return Scaling(
            of, "neither", f"neither the total samples nor the samples per {of.removesuffix('s')} are equal", ()
        )
    rates = [side_values(ledger, QUANTITIES["throughput"], side) for side in sides]
    known = sorted(
        (
            (count, side, rate)
            for count, side, rate in zip(counts, sides, rates, strict=True)
            if rate.mean is not None and rate.mean > 0
        ),
        key=lambda item: item[0],
    )
    if len(known) < 2:
        return Scaling(of, kind, "fewer than two sides have a throughput", ())
    least, first = known[0][0], known[0][2].mean or math.nan
    points = tuple(
        Point(side, int(count), rate, (rate.mean or 0) / first, (rate.mean or 0) / first / (count / least))
        for count, side, rate in known
    )
    return Scaling(of, kind, why, points)


def _one(ledger: Ledger, side: Side, column: str) -> float | None:
    values = {ledger.value(job, column).value for job in side.jobs}
    return float(values.pop()) if len(values) == 1 and None not in values else None


def _equal(numbers: Sequence[float]) -> bool:
    return all(math.isclose(n, numbers[0], rel_tol=0.01) for n in numbers)
