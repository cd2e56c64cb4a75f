"""Estimates: how far two samples differ, with interval, p-value and verdict.

Numbers only: `noise` and `verdict` connect them with the logs, and `benchmarks/calibration.py` runs this code on
simulated repeats.

All numbers are on the scale of the quantity: natural logarithms for durations and rates, plain values for losses and
scores. `docs/verdicts.md` derives the rules and shows how often they are wrong.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from logparse.text.location import Location

LEVEL = 0.045
"""Probability of calling equal settings different by Welch's interval. At 4.5 %, its coverage is at least 95 % together
with the second look at borrowed noise, and it is called a 95 % interval."""
PREDICTION_LEVEL = 0.03
"""The same for a prediction interval from borrowed noise. Real repeats have heavier tails than normal ones: at a
nominal 3 %, the interval covers 95 % of pairs of real repeats, and is called a 95 % interval."""
SECOND_LEVEL = 0.02
"""The same where Welch's interval has already been tried: both looks together stay below 5 %."""
LARGER_LEVEL = 0.25
"""Probability that own repeats which vary as public ones do are judged to vary more, and are used alone. A high level,
as Bancroft ("Analysis and inference for incompletely specified models", 1964) recommends before pooling: a false
contradiction widens an interval, a missed one makes it too narrow, and few repeats seldom show one at 5 %."""
SMALLER_LEVEL = 0.01
"""The same for own repeats that vary less. A low level: here it is the false contradiction that makes an interval too
narrow."""
BOUND_LEVEL = 0.05
"""The same for the lower bounds of the noise: 1.96 standard errors."""
_LARGEST_LOG = 500.0
"""So that its factor of the largest value (`schema.LARGEST`) is finite."""
REPEATS = 3
"""Values per side from which a side measures its own noise."""
OUTLIER_LEVEL = 1e-4
"""Probability that a group of normal repeats loses a value as an outlier."""
OUTLIER_REPEATS = 6
"""Least number of repeats for outliers to be identified."""
_STEADY = 3
"""Consecutive values that must leave a level for a new one to begin."""
_LATER_LEVEL = 0.1
"""Probability of calling a later one of these values outside of a level that it belongs to. Only the first must be
outside at `PREDICTION_LEVEL`: all three would seldom be."""
MOST_OUTLIERS = 5
"""At most one value in so many is an outlier; where more differ, they are no exception."""
_MANY = 250
"""Values from which on the squares of all but a few are computed by subtraction: its cost does not grow with n."""
_KEPT_SHARE = 1e-3
"""Least share of the squares that must be left for a subtraction to have at least twelve correct digits."""
_POWER = 0.8
"""The probability with which a detectable difference would be detected."""
_EPSILON = 1e-9
"""Relative differences of this size are floating-point error."""

ESTABLISHED, BEYOND, CHANCE, WITHIN, UNKNOWN, NOT_COMPARABLE = (
    "established",
    "beyond noise",
    "may be chance",
    "within noise",
    "unknown",
    "not comparable",
)
VERDICTS = (ESTABLISHED, BEYOND, CHANCE, WITHIN, UNKNOWN, NOT_COMPARABLE)
DIFFERENT = (ESTABLISHED, BEYOND)
"""The verdicts that state a difference: only these have a direction."""


@dataclass(frozen=True)
class Sample:
    """The values of one side."""

    values: tuple[float, ...]
    rounding: float = 0.0
    """Variance of one value due to its resolution: r²/3 for a uniform error of half-width r."""

    @property
    def n(self) -> int:
        """The number of values."""
        return len(self.values)

    @cached_property
    def mean(self) -> float:
        """The mean: of logarithms, the logarithm of the geometric mean."""
        return sum(self.values) / len(self.values)

    @cached_property
    def squares(self) -> float:
        """The sum of the squared deviations from the mean."""
        if self.n < 2 or min(self.values) == max(self.values):  # without the rounding error of their mean
            return 0.0
        mean = self.mean
        return sum((v - mean) ** 2 for v in self.values)

    def squares_without(self, positions: Collection[int]) -> float:
        """The sum of the squared deviations of the other values from their mean."""
        left = self.n - len(positions)
        if left < 2 or self.squares == 0:
            return 0.0
        if self.n >= _MANY:
            deviations = [self.values[i] - self.mean for i in positions]
            squares = self.squares - sum(d**2 for d in deviations) - sum(deviations) ** 2 / left
            if squares >= _KEPT_SHARE * self.squares:
                return squares
        return Sample(tuple(v for i, v in enumerate(self.values) if i not in positions)).squares

    @property
    def half_width(self) -> float:
        """The half-width of the uniform error of one value."""
        return math.sqrt(3 * self.rounding)


@dataclass(frozen=True)
class Pool:
    """The variance of one value, pooled within groups of repeats."""

    squares: float = 0.0
    """Sum of the squared deviations of all values from the means of their groups."""
    dof: float = 0.0
    """Degrees of freedom: the number of values minus the number of groups."""

    @classmethod
    def of(cls, groups: Iterable[Sequence[float]]) -> Pool:
        """The pool of these groups of repeats; groups of one add nothing."""
        samples = [Sample(tuple(group)) for group in groups if len(group) > 1]
        return cls(sum(s.squares for s in samples), sum(s.n - 1 for s in samples))

    def __add__(self, other: Pool) -> Pool:
        return Pool(self.squares + other.squares, self.dof + other.dof)

    @property
    def variance(self) -> float:
        """The pooled variance of one value; it needs at least one degree of freedom."""
        return self.squares / self.dof

    def contradicts(self, public: Pool) -> bool:
        """Whether the variance of these repeats is not that of public ones, by an F-test at `LARGER_LEVEL` if it is
        larger and at `SMALLER_LEVEL` if it is smaller; not without a degree of freedom on both sides.

        Repeats that all agree in every digit contradict nothing: a fixed seed, or the printed digits, may be the
        reason.
        """
        if min(self.dof, public.dof) < 1 or self.squares == 0:
            return False
        if public.squares == 0:
            return True
        from scipy.special import fdtr, fdtrc

        ratio = self.variance / public.variance
        return bool(
            fdtrc(self.dof, public.dof, ratio) <= LARGER_LEVEL or fdtr(self.dof, public.dof, ratio) <= SMALLER_LEVEL
        )

    def with_public(self, public: Pool) -> Pool:
        """These repeats together with public ones; these alone where the two contradict each other."""
        return self if self.contradicts(public) else self + public


@dataclass(frozen=True)
class Noise:
    """What an estimate's interval was computed from."""

    kind: str
    text: str
    """For people: the size of the noise and what it was computed from."""
    size: float
    """Half the width of the 95 % interval of this difference: the smallest difference that would show. 0 or more."""
    sd: float | None = None
    """Standard deviation of one value."""
    dof: float | None = None
    """Degrees of freedom of `sd`."""
    find_locations: Callable[[], tuple[Location, ...]] = field(default=tuple, compare=False, repr=False)
    """Finds `locations`: all repeats of a program have too many lines to list them for each pair of sides."""
    least: bool = False
    """Whether it is a lower bound: the true noise may be larger, so that a difference beyond it proves nothing."""

    @property
    def locations(self) -> tuple[Location, ...]:
        """The lines of the repeats."""
        return self.find_locations()


@dataclass(frozen=True)
class Estimate:
    """How far a candidate is from the baseline: the figure, its interval and the verdict are all of this difference."""

    word: str
    """The verdict, one of `VERDICTS`."""
    value: float
    """The mean of the candidate minus that of the baseline, on the scale."""
    n: tuple[int, int]
    """Values of the baseline and of the candidate."""
    interval: tuple[float, float] | None = None
    """95 % interval of `value`; None where the noise is not known."""
    p: float | None = None
    """The probability of a difference at least as large between equal settings."""
    noise: Noise | None = None
    """What interval and p were computed from."""
    p_holm: float | None = None
    """`p` after Holm's correction for all comparisons of a table."""
    comparisons: int | None = None
    """The number of these comparisons."""
    rounding: float = 0.0
    """Variance of one value due to its resolution, on the side where it is larger; the noise does not contain it."""

    @property
    def half_width(self) -> float:
        """The half-width of the uniform error that this rounding is the variance of."""
        return math.sqrt(3 * self.rounding)

    @property
    def is_limited_by_resolution(self) -> bool:
        """Whether the resolution of the values is a larger uncertainty than the noise of one run."""
        return self.noise is not None and self.noise.sd is not None and self.rounding > self.noise.sd**2


@dataclass(frozen=True)
class _Test:
    """A t-test of the difference of two means."""

    error: float
    """The standard error of the difference."""
    dof: float
    p: float
    level: float = LEVEL

    @property
    def half_width(self) -> float:
        """Half the width of the 95 % interval."""
        return quantile(self.dof, self.level) * self.error


def factor(difference: float) -> float:
    """The factor of a difference of logarithms. Two values may have an interval whose ends no float can hold: those are
    cut off at the largest and the least."""
    return math.exp(max(-_LARGEST_LOG, min(_LARGEST_LOG, difference)))


def quantile(dof: float, level: float = LEVEL) -> float:
    """The two-sided quantile of Student's t: 12.7 for one degree of freedom at 5 %."""
    from scipy.special import stdtrit  # a tenth of a second, which commands that do not compare need not wait for

    return float(stdtrit(dof, 1 - level / 2)) if math.isfinite(dof) else _normal(1 - level / 2)


def _normal(share: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(share))


def _test(distance: float, error: float, dof: float, level: float = LEVEL) -> _Test:
    from scipy.special import stdtr

    if error == 0:
        return _Test(0.0, dof, 1.0 if abs(distance) <= _EPSILON else 0.0, level)
    return _Test(error, dof, float(2 * stdtr(dof, -abs(distance) / error)), level)


def own_noise(a: Sample, b: Sample) -> _Test | None:
    """Welch's test on the values of both sides alone; None with fewer than three on a side.

    Welch, "The generalization of Student's problem when several different population variances are involved" (1947).
    With very different numbers of values Welch's test is too lax (7 % false alarms at 3 against 20 values), so that the
    wider of Welch's and Student's intervals counts; with equal numbers that is always Welch's.
    """
    if min(a.n, b.n) < REPEATS:
        return None
    distance = b.mean - a.mean
    variances = [s.squares / (s.n - 1) + s.rounding for s in (a, b)]
    shares = [v / s.n for v, s in zip(variances, (a, b), strict=True)]
    if sum(shares) == 0:
        return _test(distance, 0.0, a.n + b.n - 2)
    dof = sum(shares) ** 2 / sum(share**2 / (s.n - 1) for share, s in zip(shares, (a, b), strict=True))
    welch = _test(distance, math.sqrt(sum(shares)), dof)
    if a.n == b.n:
        return welch
    pooled = sum(v * (s.n - 1) for v, s in zip(variances, (a, b), strict=True)) / (a.n + b.n - 2)
    student = _test(distance, math.sqrt(pooled * (1 / a.n + 1 / b.n)), a.n + b.n - 2)
    return max(welch, student, key=lambda t: (t.p, t.half_width))


def borrowed_noise(a: Sample, b: Sample, pools: Sequence[Pool]) -> _Test | None:
    """The prediction interval from borrowed noise; None without a degree of freedom.

    `pools`: one for both sides, or one per side where they are different programs (then Satterthwaite's degrees of
    freedom). The resolution of the compared values adds to the variance.
    """
    if not pools or any(pool.dof < 1 for pool in pools):
        return None
    shares = [pool.variance / s.n for pool, s in zip(_both(pools), (a, b), strict=True)]
    rounding = a.rounding / a.n + b.rounding / b.n
    if len(pools) == 1:
        dof = pools[0].dof
    elif sum(shares) == 0:
        dof = min(pool.dof for pool in pools)
    else:
        dof = sum(shares) ** 2 / sum(share**2 / pool.dof for share, pool in zip(shares, pools, strict=True))
    return _test(b.mean - a.mean, math.sqrt(sum(shares) + rounding), dof, PREDICTION_LEVEL)


def _both(pools: Sequence[Pool]) -> Sequence[Pool]:
    return pools if len(pools) == 2 else (pools[0], pools[0])


@dataclass(frozen=True)
class Source:
    """Borrowed noise, and what it was computed from."""

    pools: tuple[Pool, ...] = ()
    """One for both sides, or one per side; see `borrowed_noise`."""
    kind: str = "repeats"
    text: str = ""
    find_locations: Callable[[], tuple[Location, ...]] = field(default=tuple, compare=False, repr=False)
    """Finds the lines of the repeats; see `Noise`."""


def judge(a: Sample, b: Sample, source: Source | None = None, bounds: Sequence[Noise] = ()) -> Estimate:
    """The estimate for two samples.

    Args:
        a: the baseline.
        b: the candidate.
        source: repeats of the same program, including those of the two sides themselves.
        bounds: lower bounds of the noise, and the noise of other programs, for the case that nothing else is known.
    """
    distance, n = b.mean - a.mean, (a.n, b.n)
    rounding = max(a.rounding, b.rounding)
    own = own_noise(a, b)
    lent = borrowed_noise(a, b, source.pools) if source is not None else None
    if own is not None and (own.p <= LEVEL or lent is None or lent.p > SECOND_LEVEL):
        sd = math.sqrt((a.squares + b.squares) / (a.n + b.n - 2))
        text = f"the spread of the baseline's {a.n} values and of the other side's {b.n}"
        noise = Noise(OWN_VALUES, text, own.half_width, sd, own.dof)
        word = ESTABLISHED if own.p <= LEVEL else WITHIN
        return Estimate(word, distance, n, _around(distance, own.half_width), own.p, noise, rounding=rounding)
    if source is not None and lent is not None:
        # Two single values whose printed digits may stand for the same number do not differ, whatever the noise.
        digits = a.half_width + b.half_width if n == (1, 1) else 0.0
        p, half = (lent.p, lent.half_width) if abs(distance) > digits * (1 + _EPSILON) else (1.0, digits)
        half = max(half, lent.half_width)
        sd, dof = max((math.sqrt(pool.variance), pool.dof) for pool in source.pools)
        noise = Noise(source.kind, source.text, half, sd, dof, source.find_locations)
        word = BEYOND if p <= PREDICTION_LEVEL else WITHIN
        return Estimate(word, distance, n, _around(distance, half), p, noise, rounding=rounding)
    size = abs(distance) * (1 - _EPSILON) - _EPSILON
    least = [bound for bound in bounds if bound.kind != OTHER_PROGRAM]
    covering = [bound for bound in least if size <= bound.size]
    noise_or_none = max(covering or least or bounds, key=lambda bound: bound.size, default=None)
    word = WITHIN if covering or size <= 0 else UNKNOWN
    return Estimate(word, distance, n, noise=noise_or_none, rounding=rounding)


OWN_VALUES = "own values"
"""The kind of noise of three or more values on both sides."""
OTHER_PROGRAM = "another program"
"""The kind of noise of the widest spread of other programs."""


def _around(distance: float, half: float) -> tuple[float, float]:
    return distance - half, distance + half


def detectable(estimate: Estimate, n: int) -> float | None:
    """The difference that `n` values per side would detect in four of five cases, given the noise and the resolution of
    this estimate; None where the standard deviation is not known, and where the resolution is the larger of the two:
    equal runs may have equal rounding errors, which no number of runs averages out."""
    noise = estimate.noise
    if noise is None or noise.sd is None or noise.dof is None or n < REPEATS or estimate.is_limited_by_resolution:
        return None
    from scipy.special import stdtrit

    dof = 2 * (n - 1)
    sd = math.sqrt(noise.sd**2 + estimate.rounding)
    return (quantile(dof) + float(stdtrit(dof, _POWER))) * sd * math.sqrt(2 / n)


def without_outliers(values: Sequence[float]) -> list[int]:
    """Positions of the values that are not outliers.

    A value is an outlier if it is outside the prediction interval of the others, at a level of `OUTLIER_LEVEL` for the
    whole group (the deleted residual, as in Grubbs' test). Groups of fewer than six have none. The others must differ:
    where all agree in every digit, the deviation is not known.
    """
    n = len(values)
    if n < OUTLIER_REPEATS:
        return list(range(n))
    limit = quantile(n - 2, OUTLIER_LEVEL / n)
    group = Sample(tuple(values))
    kept = []
    for i, value in enumerate(values):
        error = math.sqrt(group.squares_without({i}) / (n - 2) * (1 + 1 / (n - 1)))
        from_others = (value - group.mean) * n / (n - 1)
        if error == 0 or abs(from_others) <= limit * error:
            kept.append(i)
    return kept


def outliers(values: Sequence[float], level: float) -> list[int]:
    """Positions of the outliers among repeats, at most a fifth of them, the furthest first: Rosner, "Percentage points
    for a generalized ESD many-outlier procedure" (1983). Several outliers do not hide each other, as they do in
    `without_outliers`.

    Args:
        values: none of fewer than `OUTLIER_REPEATS` is an outlier.
        level: the probability that normal repeats have any.
    """
    n = len(values)
    if n < OUTLIER_REPEATS:
        return []
    middle = sum(values) / n
    left = sorted((value - middle, i) for i, value in enumerate(values))
    total, squares = sum(x for x, _ in left), sum(x**2 for x, _ in left)
    first, last = 0, n
    extremes: list[int] = []
    found = 0
    for _ in range(max(n // MOST_OUTLIERS, 1)):
        count = last - first
        if left[first][0] == left[last - 1][0]:
            break
        mean = total / count
        deviation = math.sqrt(max(squares / count - mean**2, 0.0) * count / (count - 1))
        low, high = mean - left[first][0], left[last - 1][0] - mean
        x, position = left[first] if low > high else left[last - 1]
        t = quantile(count - 2, level / count)
        if max(low, high) > deviation * t * (count - 1) / math.sqrt(count * (count - 2 + t**2)):
            found = len(extremes) + 1
        extremes.append(position)
        total, squares = total - x, squares - x**2
        first, last = (first + 1, last) if low > high else (first, last - 1)
    return extremes[:found]


def levels(
    values: Sequence[float],
    rounding: float = 0.0,
    fewest: int = _STEADY,
    may_begin: Callable[[int, int], bool] = lambda start, i: True,
) -> list[range]:
    """The positions of the values of each level of a series, in the order of time.

    A level ends where three values in a row are outside the prediction interval of the values since its beginning, all
    on one side, and their mean is outside the one at `PREDICTION_LEVEL` for the whole series: one odd value is no new
    level. A level has at least three values before it can end.

    Args:
        values: the series.
        rounding: variance of one value due to its resolution.
        fewest: values from which on the last level of a series may begin, if fewer than three are left.
        may_begin: whether a level that begins at position `i` may follow one that began at `start`; asked only where
            the values say so.
    """
    starts = [0]
    tests = len(values) - REPEATS - fewest + 1
    n, mean, squares = 0, 0.0, 0.0
    for i, value in enumerate(values):
        if n >= REPEATS and i + fewest <= len(values):
            distances = [x - mean for x in values[i : i + _STEADY]]

            def p(distance: float, count: int, n: int = n, variance: float = squares / (n - 1) + rounding) -> float:
                return _test(distance, math.sqrt(variance * (1 / n + 1 / count)), n - 1).p

            if (
                min(distances) * max(distances) > 0
                and p(distances[0], 1) <= PREDICTION_LEVEL
                and all(p(distance, 1) <= _LATER_LEVEL for distance in distances[1:])
                and p(sum(distances) / len(distances), len(distances)) <= PREDICTION_LEVEL / tests
                and may_begin(starts[-1], i)
            ):
                starts.append(i)
                n, mean, squares = 0, 0.0, 0.0
        n += 1
        step = value - mean
        mean += step / n
        squares += step * (value - mean)
    return [range(start, stop) for start, stop in itertools.pairwise([*starts, len(values)])]


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's p-values over a table; None stays None. Holm, "A simple sequentially rejective multiple test procedure"
    (1979)."""
    order = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    most = 0.0
    for rank, (p, i) in enumerate(order):
        most = max(most, min(1.0, (len(order) - rank) * p))
        adjusted[i] = most
    return adjusted
