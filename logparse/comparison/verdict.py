"""Verdicts: the significance of a difference between two sides.

- `established`: three or more usable values per side, and Welch's 95 % interval excludes zero difference (with several
  comparisons in a table, also after Holm's correction)
- `beyond noise`: the difference is outside the prediction interval from repeats of the same program
- `may be chance`: Welch's interval excludes zero difference, but not after Holm's correction
- `within noise`: it is not, or it is smaller than a lower bound of the noise
- `unknown`: only lower bounds of the noise, or repeats of other programs, are known, and it exceeds these bounds
- `not comparable`: see `refusal`

The rules are in `estimate`, without logs; this module connects them with the values of two sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from logparse.comparison.estimate import (
    BEYOND,
    CHANCE,
    DIFFERENT,
    ESTABLISHED,
    LEVEL,
    NOT_COMPARABLE,
    UNKNOWN,
    VERDICTS,
    WITHIN,
    Estimate,
    Noise,
    Source,
    factor,
    holm,
    judge,
)
from logparse.comparison.ledger import Ledger
from logparse.comparison.noise import bounds, sample, source
from logparse.comparison.quantities import Quantity
from logparse.comparison.refusal import Refusal, RefusalCause
from logparse.comparison.sides import SideValues
from logparse.text.labels import listed

__all__ = (
    "BEYOND",
    "CHANCE",
    "DIFFERENT",
    "ESTABLISHED",
    "NOT_COMPARABLE",
    "UNKNOWN",
    "VERDICTS",
    "WITHIN",
    "Verdict",
    "corrected",
    "refused",
    "verdict",
)

_MOST_LEFT_OUT = 50
"""Sides with more values are not tried without each of them: one value in so many does not decide."""


@dataclass(frozen=True)
class Verdict:
    """The verdict on a candidate compared with the baseline in one quantity."""

    word: str
    ratio: float | None = None
    """Candidate / baseline: the ratio of the geometric means; None for losses and scores."""
    difference: float | None = None
    """Candidate - baseline, in the unit of the quantity: the difference of the means."""
    estimate: Estimate | None = None
    """The difference on the scale of the quantity, with what it rests on."""
    bounds: tuple[Noise, ...] = ()
    """What else is known of the noise; see `noise.bounds`."""
    without: tuple[tuple[str, str], ...] = ()
    """Label of each run without which the verdict would be another one, and that verdict."""
    refusal: Refusal | None = None
    """Why the two are not compared."""

    @property
    def chance(self) -> str | None:
        """`may be chance among 20 comparisons`; None for any other verdict."""
        if self.word != CHANCE or self.estimate is None:
            return None
        return f"{CHANCE} among {self.estimate.comparisons} comparisons"

    @property
    def noise(self) -> Noise | None:
        """What the verdict rests on."""
        return self.estimate.noise if self.estimate else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the ratio (or of the difference)."""
        if self.estimate is None or self.estimate.interval is None:
            return None
        low, high = self.estimate.interval
        return (low, high) if self.ratio is None else (factor(low), factor(high))

    @property
    def reason(self) -> str | None:
        """Why the two are not compared, as text."""
        return self.refusal.text if self.refusal else None

    def is_refused_for(self, *causes: RefusalCause) -> bool:
        """Whether the two are not compared for one of these causes."""
        return self.refusal is not None and self.refusal.cause in causes


def refused(refusal: Refusal) -> Verdict:
    """The verdict on two sides that are not compared."""
    return Verdict(NOT_COMPARABLE, refusal=refusal)


def verdict(ledger: Ledger, quantity: Quantity, baseline: SideValues, candidate: SideValues) -> Verdict:
    """The verdict on two comparable sides with values."""
    return of_estimates(
        ledger, quantity, baseline, candidate,
        lambda a, b: source(ledger, quantity, a, b), lambda a, b: bounds(ledger, quantity, a, b),
    )  # fmt: skip


def of_estimates(
    ledger: Ledger,
    quantity: Quantity,
    baseline: SideValues,
    candidate: SideValues,
    repeats: Callable[[SideValues, SideValues], Source],
    others: Callable[[SideValues, SideValues], Sequence[Noise]],
) -> Verdict:
    """The verdict on two sides, given the noise from repeats and the other noise of any two sides."""

    def estimate(a: SideValues, b: SideValues) -> tuple[Estimate | None, tuple[Noise, ...]]:
        samples = [sample(ledger, quantity, c) for c in (a, b)]
        if samples[0] is None or samples[1] is None:
            return None, ()
        known = tuple(others(a, b))
        return judge(samples[0], samples[1], repeats(a, b), known), known

    found, known = estimate(baseline, candidate)
    if found is None or baseline.mean is None or candidate.mean is None:
        return refused(Refusal(RefusalCause.NUMBER, _no_ratio(quantity, baseline, candidate)))
    ratio = factor(found.value) if quantity.scale == "ratio" else None
    without = []
    for c in (baseline, candidate):
        for i in range(c.n if 1 < c.n <= _MOST_LEFT_OUT else 0):
            less = c.without(i)
            other, _ = estimate(less if c is baseline else baseline, candidate if c is baseline else less)
            if other is not None and _is_another(found.word, other.word):
                without.append((c.jobs[i].label, other.word))
    return Verdict(found.word, ratio, candidate.mean - baseline.mean, found, known, tuple(without))


def _no_ratio(quantity: Quantity, *sides: SideValues) -> str:
    """Why there is no ratio or difference: `b.out: 0 s has no ratio`."""
    least = 0.0 if quantity.scale == "ratio" else -math.inf
    odd = {c.side.label: next((n for n in c.numbers if not least < n < math.inf), None) for c in sides}
    what = "ratio" if quantity.scale == "ratio" else "difference"
    parts = [f"{value:g} of {label}" for label, value in odd.items() if value is not None]
    return f"{listed(parts) or 'a value that is not finite'} has no {what}"


def _is_another(word: str, without: str) -> bool:
    """Whether a verdict without one run says something else; that fewer runs establish less is no news."""
    return word != without and (word, without) != (ESTABLISHED, BEYOND)


def corrected(verdicts: Sequence[Verdict | None]) -> list[Verdict | None]:
    """The verdicts of a table with Holm's p-values: what is established by itself but not among so many comparisons may
    be chance."""
    adjusted = holm([v.estimate.p if v and v.estimate else None for v in verdicts])
    comparisons = sum(p is not None for p in adjusted)
    return [
        v if v is None or v.estimate is None or p is None else _with_holm(v, v.estimate, p, comparisons)
        for v, p in zip(verdicts, adjusted, strict=True)
    ]


def _with_holm(verdict: Verdict, estimate: Estimate, p: float, comparisons: int) -> Verdict:
    word = CHANCE if verdict.word == ESTABLISHED and p > LEVEL else verdict.word
    return replace(verdict, word=word, estimate=replace(estimate, word=word, p_holm=p, comparisons=comparisons))
