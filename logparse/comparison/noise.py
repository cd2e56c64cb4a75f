"""Noise: how much two values of the same thing differ by chance, as far as the logs and public runs show it.

Repeats of the same program give a standard deviation of one value with its degrees of freedom (`source`). What a single
run shows (its digits, its steps, its test items) are lower bounds, and other programs are at most a hint (`bounds`).
Sizes are on the scale of the quantity: ln(ratio) for durations and rates, the difference for losses and scores.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import partial
from itertools import chain, compress

import polars as pl

from logparse import spreads
from logparse.cells import Value
from logparse.comparison.estimate import (
    BOUND_LEVEL,
    OTHER_PROGRAM,
    PREDICTION_LEVEL,
    Noise,
    Pool,
    Sample,
    Source,
    factor,
    quantile,
    without_outliers,
)
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import BASIS, Quantity
from logparse.comparison.sides import Side, SideValues, measured, side_values
from logparse.text.location import Location

# ---- samples ---- #

_UNKNOWN_WIDTH = 1e30
"""A value with this half-width, relative to itself, says nothing; the squares of more would not be finite."""


def sample(ledger: Ledger, quantity: Quantity, c: SideValues) -> Sample | None:
    """The values of a side on the scale of the quantity; None where one is not a finite number, or has no logarithm."""
    numbers = c.numbers
    if not numbers or not all(map(math.isfinite, numbers)) or (quantity.scale == "ratio" and min(numbers) <= 0):
        return None
    widths = [_half_width(ledger, quantity, job, v.resolution) for job, v in zip(c.jobs, c.values, strict=True)]
    if quantity.scale == "ratio":
        widths = [min(w / x, _UNKNOWN_WIDTH) for w, x in zip(widths, numbers, strict=True)]
        numbers = [math.log(x) for x in numbers]
    return Sample(tuple(numbers), sum(w**2 for w in widths) / 3 / len(widths))


def _half_width(ledger: Ledger, quantity: Quantity, job: Job, resolution: float | None) -> float:
    """The resolution of a value; losses may lie on a grid coarser than their digits."""
    step = grid(ledger, job) if quantity.name == "loss" else None
    return max(step or 0.0, resolution or 0.0)


_GRID_POINTS = 10
"""Fewer losses could lie on a grid by chance."""


def grid(ledger: Ledger, job: Job) -> float | None:
    """Half the step of the grid that all losses of a run lie on (Cerebras: 1/128 or 1/64); None without a grid."""
    return ledger.once(("grid", job.id), lambda: _grid(ledger.metrics(job, "loss")["value"]))


def _grid(losses: pl.Series) -> float | None:
    if losses.len() < _GRID_POINTS:
        return None
    losses = losses.drop_nulls().unique()
    losses = losses.filter(losses.is_finite())
    if losses.len() < _GRID_POINTS:
        return None
    for power in range(3, 11):
        step = 2.0**-power
        off = (losses / step - (losses / step).round()).abs().max()
        # Losses are printed with about five decimals, so each may be that far from its grid point.
        if isinstance(off, float) and off * step <= 5e-6 * max(1.0, float(losses.abs().max() or 0.0)):  # type: ignore[arg-type]
            return step / 2
    return None


# ---- repeats ---- #


@dataclass(frozen=True)
class _Repeats:
    """The values of one experiment that may be repeats."""

    ids: tuple[str, ...]
    runs: tuple[str, ...]
    """Fingerprints of the runs."""
    sample: Sample
    """Their values on the scale of the quantity."""
    locations: tuple[Location, ...]


@dataclass(frozen=True)
class _Known:
    """What is known of the noise from groups of repeats: the sums over those that have two or more values."""

    squares: Sequence[float] = ()
    """Sum of squares of each group; 0 of a group that does not count."""
    runs: int = 0
    groups: int = 0

    def __add__(self, other: _Known) -> _Known:
        return _Known([*self.squares, *other.squares], self.runs + other.runs, self.groups + other.groups)

    @property
    def pool(self) -> Pool:
        return Pool(sum(self.squares), self.runs - self.groups)


class _Experiments:
    """The repeats of each experiment of a program. They are computed once; a comparison of two sides only looks at the
    groups with a run of these sides, so that comparing many runs takes time in proportion to their number."""

    def __init__(self, groups: Sequence[_Repeats]) -> None:
        self.groups = groups
        self.runs = frozenset(run for group in groups for run in group.runs)
        """The fingerprints of all runs."""
        self._place = {id: (g, i) for g, group in enumerate(groups) for i, id in enumerate(group.ids)}
        self._known = _known(groups)

    def _positions(self, excluded: Iterable[str]) -> dict[int, set[int]]:
        """Index of each group with an excluded run -> the positions of these runs in it."""
        out: dict[int, set[int]] = {}
        for place in filter(None, map(self._place.get, excluded)):
            out.setdefault(place[0], set()).add(place[1])
        return out

    def without(self, excluded: Iterable[str]) -> _Known:
        """What all runs show but these."""
        squares, runs, groups = list(self._known.squares), self._known.runs, self._known.groups
        for g, positions in self._positions(excluded).items():
            sample = self.groups[g].sample
            left = sample.n - len(positions)
            squares[g] = sample.squares_without(positions)
            runs += _counted(left) - _counted(sample.n)
            groups += (left > 1) - (sample.n > 1)
        return _Known(squares, runs, groups)

    def locations(self, excluded: Iterable[str]) -> Iterator[Location]:
        """The lines of the groups that count without these runs."""
        positions = self._positions(excluded)
        for g, group in enumerate(self.groups):
            if group.sample.n - len(positions.get(g, ())) > 1:
                yield from group.locations


def _known(groups: Sequence[_Repeats]) -> _Known:
    samples = [group.sample for group in groups]
    return _Known([s.squares for s in samples], sum(_counted(s.n) for s in samples), sum(s.n > 1 for s in samples))


def _counted(n: int) -> int:
    """The number of values of a group that count: one value alone shows no noise."""
    return n if n > 1 else 0


Values = Callable[[Sequence[Job]], SideValues]
"""The values of one quantity of some jobs; what is computed from them is kept by the identity of the function."""


def source(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues, values: Values | None = None) -> Source:
    """The noise of one value, pooled within groups of repeats of the same program: those of the two sides themselves,
    of other experiments in these logs, and of public runs, unless those in these logs vary more or less
    (`Pool.contradicts`).

    Never the difference between the two sides, which is to be judged: runs of the sides are no repeats of each other,
    and public runs with the very values of these logs are left out. Two programs (on two platforms, say) have two
    pools; the source is empty where one of them has no repeats. A converted rate varies as the rate that was measured.
    `values`: how to get the values of repeats, if the quantity is not one of a whole run; then there are no public
    runs.
    """
    quantities = [measured(quantity, c) for c in (a, b)]
    same = {ledger.program(job) for job in a.counted_jobs} == {ledger.program(job) for job in b.counted_jobs}
    if same and quantities[0] is quantities[1]:
        return _source(ledger, quantities[0], (a, b), (a, b), values)
    parts = [_source(ledger, of, (c,), (a, b), values) for of, c in zip(quantities, (a, b), strict=True)]
    if not all(part.pools for part in parts):
        return Source()
    kinds = dict.fromkeys(part.kind for part in parts)
    return Source(
        tuple(pool for part in parts for pool in part.pools),
        kinds.popitem()[0] if len(kinds) == 1 else BOTH,
        "; ".join(part.text for part in parts),
        lambda: tuple(dict.fromkeys(p for part in parts for p in part.find_locations())),
    )


def margin(ledger: Ledger, quantity: Quantity, c: SideValues) -> tuple[float | None, str]:
    """Half the width of the 95 % interval around the mean of one side, on the scale of the quantity, and the repeats it
    rests on; None without repeats."""
    values, lent = sample(ledger, quantity, c), _source(ledger, measured(quantity, c), (c,), (c,))
    if values is None or not lent.pools:
        return None, ""
    (pool,) = lent.pools
    return quantile(pool.dof, PREDICTION_LEVEL) * math.sqrt((pool.variance + values.rounding) / values.n), lent.text


def interval(ledger: Ledger, quantity: Quantity, c: SideValues) -> tuple[float, float] | None:
    """The 95 % interval of the mean of a side (geometric for durations and rates), in the unit of the quantity; None
    where no repeats of its program are known."""
    half, _ = margin(ledger, quantity, c) if c.values else (None, "")
    if half is None or c.mean is None:
        return None
    if quantity.scale == "ratio":
        return c.mean * factor(-half), c.mean * factor(half)
    return c.mean - half, c.mean + half


HERE, PUBLIC, BOTH = "repeats here", "public repeats", "repeats here and public"
"""Kinds of noise: from which repeats it was computed."""


def _source(
    ledger: Ledger,
    quantity: Quantity,
    cells: Sequence[SideValues],
    excluded: Sequence[SideValues],
    values: Values | None = None,
) -> Source:
    """The pool of the programs of these sides, without the runs of the excluded sides except in their own side."""
    ids = frozenset(job.id for c in excluded for job in c.side.jobs)
    programs = {ledger.program(job): job for c in cells for job in c.counted_jobs}
    of_sides = [_of_side(ledger, quantity, c) for c in cells]
    experiments = [_experiments(ledger, quantity, job, values) for job in programs.values()]
    here = sum((each.without(ids) for each in experiments), _known(of_sides))
    seen = [{_fingerprint(ledger, job) for c in excluded for job in c.side.jobs}, *(each.runs for each in experiments)]
    public = [] if values else [found for job in programs.values() for found in _public(ledger, quantity, job, seen)]
    of_public = Pool.of([numbers for _, numbers in public])
    alone = here.pool.contradicts(of_public)
    pool = here.pool if alone else here.pool + of_public
    if not pool.dof:
        return Source()
    kind = PUBLIC if not here.groups else HERE if alone or not public else BOTH
    text = _text(quantity, pool, here, [] if alone else public)
    if alone:
        text += _unused(quantity, pool, of_public, sum(len(numbers) for _, numbers in public))
    return Source((pool,), kind, text, partial(_places, of_sides, experiments, ids))


def _places(
    of_sides: Sequence[_Repeats], experiments: Sequence[_Experiments], excluded: frozenset[str]
) -> tuple[Location, ...]:
    """The lines of all repeats that count."""
    own = (p for group in of_sides if group.sample.n > 1 for p in group.locations)
    return tuple(dict.fromkeys(chain(own, *(each.locations(excluded) for each in experiments))))


def _fingerprint(ledger: Ledger, job: Job) -> str:
    return ledger.once(("fingerprint", job.id), lambda: spreads.fingerprint(job.main))


def _text(quantity: Quantity, pool: Pool, here: _Known, public: Sequence[tuple[spreads.Spread, list[float]]]) -> str:
    """`one run varies by 0.4 % (standard deviation, 16 degrees of freedom): 17 public runs of this program …`."""
    parts = []
    if here.groups:
        parts.append(f"{here.runs} runs of this program in these logs" + _in_groups(here.groups))
    if len(public) == 1 and len(public[0][1]) == public[0][0].n:
        parts.append(public[0][0].text)
    elif public:
        parts.append(f"{sum(len(n) for _, n in public)} public runs of this program" + _in_groups(len(public)))
    dof = f"{pool.dof:.0f} degree{'s' if pool.dof > 1 else ''} of freedom"
    size = f"one run varies by {shown(quantity, math.sqrt(pool.variance))} (standard deviation, {dof})"
    return f"{size if pool.squares else f'repeats agree in all digits ({dof})'}: {' and '.join(parts)}"


def _unused(quantity: Quantity, here: Pool, public: Pool, runs: int) -> str:
    """`; 22 public runs vary less (0.28 %), so only the runs in these logs are used`."""
    if not public.squares:
        return f"; {runs} public runs agree in all digits, so only the runs in these logs are used"
    how, size = "less" if public.variance < here.variance else "more", shown(quantity, math.sqrt(public.variance))
    return f"; {runs} public runs vary {how} ({size}), so only the runs in these logs are used"


def _in_groups(count: int) -> str:
    return f", in {count} groups of equal settings" if count > 1 else ""


def _on_scale(quantity: Quantity, numbers: Sequence[float]) -> list[float]:
    if quantity.scale == "difference":
        return [x for x in numbers if math.isfinite(x)]
    return [math.log(x) for x in numbers if x > 0 and math.isfinite(x)]


def _of_side(ledger: Ledger, quantity: Quantity, c: SideValues) -> _Repeats:
    """The values of a side that may be repeats: what forms a side is taken to be repeats of each other. Outliers stay:
    the mean of the side contains them too."""
    return _repeats(ledger, quantity, c, trim=False)


def _experiments(ledger: Ledger, quantity: Quantity, job: Job, values: Values | None) -> _Experiments:
    """The repeats of each experiment of the program of `job` whose values mean the same as those of `job`."""
    columns = [*BASIS.get(quantity.name, ()), *([quantity.state] if quantity.state else [])]
    basis = tuple(job[column] for column in columns)
    if values is not None:
        return ledger.once(
            ("experiments", values, ledger.program(job)),
            lambda: _Experiments([_repeats(ledger, quantity, values(jobs)) for jobs in ledger.experiments(job)]),
        )
    return ledger.once(
        ("experiments", quantity.name, ledger.program(job), basis),
        lambda: _Experiments(
            [
                _repeats(ledger, quantity, side_values(ledger, quantity, Side("", alike)))
                for jobs in ledger.experiments(job)
                if len(alike := tuple(j for j in jobs if tuple(j[column] for column in columns) == basis)) > 1
            ]
        ),
    )


def _repeats(ledger: Ledger, quantity: Quantity, c: SideValues, trim: bool = True) -> _Repeats:
    """Those values that may be repeats: not at chance, not diverged, and no outliers if these are trimmed."""
    sound = [
        (job, number, value)
        for job, x, value in zip(c.jobs, c.numbers, c.values, strict=True)
        if is_sound(ledger, job)
        for number in _on_scale(quantity, [x])
    ]
    kept = [sound[i] for i in without_outliers([number for _, number, _ in sound])] if trim else sound
    places = dict.fromkeys(p for _, _, value in kept for p in value.locations)
    return _Repeats(
        tuple(job.id for job, _, _ in kept), tuple(_fingerprint(ledger, job) for job, _, _ in kept),
        Sample(tuple(number for _, number, _ in kept)), tuple(places),
    )  # fmt: skip


def is_sound(ledger: Ledger, job: Job) -> bool:
    """Whether a run did what its program does: it is not at chance, and its loss did not diverge."""
    return ledger.once(("sound", job.id), lambda: not _at_chance(ledger, job) and not _diverged(ledger, job))


_NEAR_CHANCE = 0.2
"""Relative distance from chance within which a score counts as guessing."""


def _at_chance(ledger: Ledger, job: Job) -> bool:
    grammar = ledger.grammars.get(job["platform"])
    if grammar is None or job["score_name"] != "accuracy" or job["score"] is None:
        return False
    chance = grammar.chance.get(job["dataset"] or "")
    return chance is not None and abs(job["score"] - chance) <= _NEAR_CHANCE * chance


def _diverged(ledger: Ledger, job: Job) -> bool:
    """Whether the training loss is not a number somewhere, or ends above where it began."""
    rows = ledger.metrics(job, "loss", split="train", scope=None)
    losses = rows["value"].drop_nulls()
    return rows["not_finite"].null_count() < rows.height or (losses.len() > 1 and bool(losses[-1] > losses[0]))


def _public(
    ledger: Ledger, quantity: Quantity, job: Job, seen: Sequence[Set[str]]
) -> Iterator[tuple[spreads.Spread, list[float]]]:
    """Public repeats of the program of `job` whose values mean the same, without runs that are in these logs."""
    for spread in spreads.of(*ledger.program(job), quantity.name):
        basis = [(name, value) for name, value in spreads.settings(spread.setting) if name in _BASIS_NAMES]
        if all(job[name] is None or str(job[name]) == value for name, value in basis):
            fresh = [not any(run in each for each in seen) for run in spread.runs]
            others = list(compress(spread.values, fresh))
            if len(others) > 1:
                yield spread, _on_scale(quantity, others)


_BASIS_NAMES = frozenset(name for names in BASIS.values() for name in names)


# ---- lower bounds, and other programs ---- #


def bounds(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> list[Noise]:
    """What else is known of the noise of a difference, the largest first."""
    found = (kind(ledger, quantity, a, b) for kind in KINDS)
    return sorted((n for n in found if n is not None and math.isfinite(n.size)), key=lambda n: -n.size)


def rounding(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> Noise | None:
    """The resolution of the values on both sides; losses may lie on a grid coarser than their digits."""
    sizes = []
    for c in (a, b):
        widths = [_half_width(ledger, quantity, job, v.resolution) for job, v in zip(c.jobs, c.values, strict=True)]
        width, mean = max(widths, default=0.0), c.mean
        if width and mean is not None:
            sizes.append(width / abs(mean) if quantity.scale == "ratio" and mean else width)
    if not sizes:
        return None
    text = f"the resolution of the values leaves an uncertainty of {_uncertainty(quantity, sum(sizes))}"
    return Noise("rounding", text, sum(sizes), least=True)


_NEGLIGIBLE = 0.0005
"""Share of a value, or of a score, that is not shown as a number."""


def _uncertainty(quantity: Quantity, size: float) -> str:
    if size >= _NEGLIGIBLE or (quantity.scale == "difference" and quantity.name != "score"):
        return f"±{shown(quantity, size)}"
    return "less than 0.05 %" if quantity.scale == "ratio" else "less than 0.05 points"


_FEW = 5
"""Least number of intervals for a deviation."""
_STEADY = frozenset({"throughput", "steady_throughput", "token_throughput", "train_s"})
"""Quantities that are a mean over the intervals of a run."""


def within(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> Noise | None:
    """The error of a mean over the intervals within a run. It does not know what differs between runs."""
    if quantity.name not in _STEADY:
        return None
    errors = [_of_side_bound(c, lambda job: interval_error(ledger, job)) for c in (a, b)]
    if None in errors:
        return None
    size = quantile(math.inf, BOUND_LEVEL) * math.hypot(*(e for e in errors if e is not None))
    text = f"the intervals within the runs leave an uncertainty of {_uncertainty(quantity, size)} (block bootstrap)"
    return Noise("within the run", text, size, least=True)


def _of_side_bound(c: SideValues, error: Callable[[Job], float | None]) -> float | None:
    """The largest error of one value of a side, for its number of values."""
    known = [e for job in c.counted_jobs if (e := error(job)) is not None]
    return max(known) / math.sqrt(c.n) if known and c.n else None


def interval_error(ledger: Ledger, job: Job) -> float | None:
    """Standard error of the mean over a run's intervals without the first (warm-up), as a share of that mean; None with
    fewer than five intervals."""
    return ledger.once(("intervals", job.id), lambda: _interval_error(ledger, job))


def _interval_error(ledger: Ledger, job: Job) -> float | None:
    rates = ledger.metrics(job, "throughput", split="train", scope=None)
    steps = ledger.metrics(job, "step_time", scope=None)["value"]
    if max(rates.height, steps.len()) <= _FEW:
        return None
    of_intervals = rates.filter(pl.col("window").is_in(["interval", "step"]))["value"]
    series = (of_intervals if of_intervals.len() >= steps.len() else steps).drop_nulls().slice(1).to_list()
    mean = statistics.fmean(series) if len(series) >= _FEW else 0.0
    return bootstrap_error(series) / abs(mean) if mean and math.isfinite(mean) else None


def bootstrap_error(series: Sequence[float]) -> float:
    """The standard error of the mean of a series, by circular block bootstrap with blocks of n^(1/3): consecutive
    intervals are alike. Computed exactly instead of by drawing."""
    n = len(series)
    length = max(1, round(n ** (1 / 3)))
    mean = statistics.fmean(series)
    doubled = [*series, *series]
    means = [statistics.fmean(doubled[i : i + length]) for i in range(n)]
    return math.sqrt(statistics.fmean((m - mean) ** 2 for m in means) * length / n)


def step_to_step(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> Noise | None:
    """A loss that is the value of one step varies from one logged step to the next. A loss that the program states as a
    mean does not."""
    if quantity.name != "loss" or not all(
        _is_of_one_step(ledger, job, value) for c in (a, b) for job, value in zip(c.jobs, c.values, strict=True)
    ):
        return None
    errors = [_of_side_bound(c, lambda job: step_deviation(ledger, job)) for c in (a, b)]
    if None in errors:
        return None
    size = quantile(math.inf, BOUND_LEVEL) * math.hypot(*(e for e in errors if e is not None))
    text = f"the loss of a single step: from step to step it leaves an uncertainty of ±{shown(quantity, size)}"
    return Noise("step to step", text, size, least=True)


def _is_of_one_step(ledger: Ledger, job: Job, loss: Value) -> bool:
    """Whether a loss is the value of a logged step."""
    steps = ledger.metrics(job, "loss", split="train", window="step", scope=None)
    lines = set(zip(steps["source"].cast(pl.String), steps["line"], strict=True))
    return any((p.source, p.line) in lines for p in loss.locations)


def step_deviation(ledger: Ledger, job: Job) -> float | None:
    """Robust standard deviation of the loss of one step around its trend, over the second half of a run."""
    change = wobble(ledger, job)
    return None if change is None else change / math.sqrt(2)  # two steps make a change


def wobble(ledger: Ledger, job: Job) -> float | None:
    """Robust standard deviation of the change in loss between logged steps, over the second half of a run."""
    return ledger.once(("wobble", job.id), lambda: _wobble(ledger, job))


def _wobble(ledger: Ledger, job: Job) -> float | None:
    losses = ledger.metrics(job, "loss", split="train", window="step", scope=None)["value"]
    if losses.len() < _FEW:
        return None
    losses = losses.drop_nulls()
    losses = losses.filter(losses.is_finite())
    tail = losses.slice(losses.len() // 2)
    return deviation(tail.diff().drop_nulls().to_list()) if tail.len() >= _FEW else None


def binomial(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> Noise | None:
    """The sampling error of an accuracy measured over N test items."""
    if quantity.name != "score":
        return None
    halves = []
    for c in (a, b):
        items = {items_of(ledger, job) for job in c.counted_jobs}
        if None in items or c.mean is None or not 0 <= c.mean <= 1:
            return None
        halves.append(half_width(c.mean, min(i for i in items if i is not None)))
    size = math.hypot(*halves)
    text = f"with other test items, the difference could change by ±{shown(quantity, size)}"
    return Noise("binomial", text, size, least=True)


def half_width(share: float, items: int) -> float:
    """Half the width of the 95 % interval of a share measured over that many items."""
    return 1.96 * math.sqrt(share * (1 - share) / items)


def items_of(ledger: Ledger, job: Job) -> int | None:
    """Number of test items of that job's accuracy, where the grammar states it for the data set."""
    grammar = ledger.grammars.get(job["platform"])
    if job["score_name"] != "accuracy" or grammar is None:
        return None
    return grammar.test_items.get(job["dataset"] or "")


def other_program(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> Noise | None:
    """The widest spread of another program on the platform, or on any platform: a hint at the order of magnitude."""
    platforms = sorted({str(job["platform"]) for c in (a, b) for job in c.counted_jobs})
    name = "throughput" if quantity.rate else quantity.name
    found = [s for platform in platforms if (s := spreads.widest(platform, name)) is not None]
    widest = max(found, key=lambda s: s.sd, default=None) or spreads.widest(None, name)
    if widest is None or not a.n or not b.n:
        return None
    size = quantile(widest.dof, PREDICTION_LEVEL) * widest.sd * math.sqrt(1 / a.n + 1 / b.n)
    where = f"on {widest.platform}" if widest.platform in platforms else "on any platform"
    text = (
        "no repeats of this program are known; the widest repeat-to-repeat deviation known of this quantity "
        f"{where} is {shown(quantity, widest.sd)} ({widest.workload}"
        + (")" if widest.platform in platforms else f" on {widest.platform})")
    )
    return Noise(OTHER_PROGRAM, text, size, widest.sd, widest.dof, least=True)


KINDS: tuple[Callable[[Ledger, Quantity, SideValues, SideValues], Noise | None], ...] = (
    rounding,
    within,
    step_to_step,
    binomial,
    other_program,
)


def deviation(values: Sequence[float]) -> float:
    """Median absolute deviation, scaled to equal the standard deviation of a normal distribution."""
    middle = statistics.median(values)
    return 1.4826 * statistics.median(abs(v - middle) for v in values)


def shown(quantity: Quantity, size: float) -> str:
    """A size of noise as text: `0.8 %`, `1.89 points`, `0.0078`."""
    if quantity.scale == "ratio":
        percent = (factor(size) - 1) * 100
        return f"{percent:.2g} %" if percent < 100 else f"{percent:.0f} %"
    return f"{size * 100:.2g} points" if quantity.name == "score" else f"{size:.2g}"
