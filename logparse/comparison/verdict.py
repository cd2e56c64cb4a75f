"""Verdicts: the significance of a difference between two sides.

- `established`: three or more values per side, the 95 % interval (Welch, on logarithms for ratios) excludes zero
  difference, and the difference exceeds all other known noise
- `beyond noise`: fewer values, and the difference exceeds the largest known noise
- `within noise`: the difference does not exceed the noise
- `unknown`: only lower bounds of the noise are known (the printed digits, the steps within a run), and the difference
  exceeds them: repeats might differ as much
- `not comparable`: see `refusal`
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from logparse.comparison.noise import Noise
from logparse.comparison.quantities import Quantity
from logparse.comparison.refusal import Refusal, RefusalCause
from logparse.comparison.sides import SideValues, apart

ESTABLISHED, BEYOND, WITHIN, UNKNOWN, NOT_COMPARABLE = (
    "established",
    "beyond noise",
    "within noise",
    "unknown",
    "not comparable",
)
VERDICTS = (ESTABLISHED, BEYOND, WITHIN, UNKNOWN, NOT_COMPARABLE)


_EPSILON = 1e-9
"""Differences of this size are floating-point error and do not decide a verdict."""
_NO_NUMBER = Refusal(RefusalCause.NUMBER, "one of the values is zero, negative or not a number")


@dataclass(frozen=True)
class Verdict:
    """The verdict on a candidate against the baseline in one quantity."""

    word: str
    ratio: float | None = None
    """Candidate / baseline, where it is defined."""
    difference: float | None = None
    """Candidate - baseline, in the unit of the quantity."""
    noise: Noise | None = None
    """The largest known noise; for `established` the half width of the interval may be larger."""
    interval: tuple[float, float] | None = None
    """95 % interval of the ratio (or of the difference), with three or more values per side."""
    refusal: Refusal | None = None
    """Why the two are not compared."""

    @property
    def reason(self) -> str | None:
        """Why the two are not compared, as text."""
        return self.refusal.text if self.refusal else None

    def is_refused_for(self, *causes: RefusalCause) -> bool:
        """Whether the two are not compared for one of these causes."""
        return self.refusal is not None and self.refusal.cause in causes


def verdict(quantity: Quantity, baseline: SideValues, candidate: SideValues, noises: Sequence[Noise]) -> Verdict:
    """The verdict on two comparable sides, given the known noise (the largest first)."""
    a, b = statistics.median(baseline.numbers), statistics.median(candidate.numbers)
    distance = apart(quantity, a, b)
    if not math.isfinite(distance):
        return Verdict(NOT_COMPARABLE, refusal=_NO_NUMBER)
    ratio = math.exp(distance) if quantity.scale == "ratio" else None
    noise = noises[0] if noises else None
    interval = _welch(quantity, baseline.numbers, candidate.numbers)
    size = _EPSILON + (noise.size * (1 + _EPSILON) if noise else 0.0)
    if abs(distance) <= size:
        word = WITHIN
    elif interval is not None:
        # Both sides have repeats: these measure the noise themselves.
        word = WITHIN if interval[0] <= 0 <= interval[1] else ESTABLISHED
    elif all(n.least for n in noises):
        word = UNKNOWN
    else:
        word = BEYOND
    if interval is not None and quantity.scale == "ratio":
        interval = (math.exp(interval[0]), math.exp(interval[1]))
    return Verdict(word, ratio, b - a, noise, interval)


def _welch(quantity: Quantity, a: Sequence[float], b: Sequence[float]) -> tuple[float, float] | None:
    """95 % interval of the difference of the means, candidate - baseline, on the quantity's scale; None with fewer than
    three values per side. Welch, "The generalization of Student's problem when several different population variances
    are involved" (1947)."""
    if min(len(a), len(b)) < 3:
        return None
    if quantity.scale == "ratio":
        if min(*a, *b) <= 0:
            return None
        a, b = [math.log(x) for x in a], [math.log(x) for x in b]
    shares = [statistics.variance(x) / len(x) for x in (a, b)]
    middle, spread = statistics.fmean(b) - statistics.fmean(a), sum(shares)
    if spread == 0:
        return middle, middle
    freedom = spread**2 / sum(s**2 / (len(x) - 1) for s, x in zip(shares, (a, b), strict=True))
    half = student(freedom) * math.sqrt(spread)
    return middle - half, middle + half


def student(freedom: float) -> float:
    """The two-sided 95 % quantile of Student's t for `freedom` degrees of freedom.

    Hill, "Algorithm 396: Student's t-quantiles", Communications of the ACM 13 (1970); correct to four digits for two or
    more degrees of freedom (a test compares it with scipy).
    """
    p, n = 0.05, freedom
    a = 1 / (n - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * n
    y = (d * p) ** (2 / n)
    if y > 0.05 + a:
        x = statistics.NormalDist().inv_cdf(p / 2)
        y = x**2
        if n < 5:
            c += 0.3 * (n - 4.5) * (x + 0.6)
        c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = math.expm1(a * y**2)
    else:
        y = ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) * (n + 1) / (
            n + 2
        ) + 1 / y
    return math.sqrt(n * y)
