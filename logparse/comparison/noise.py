"""Noise: how far apart two values of the same thing may be for no reason. Each kind is a small function; the largest
of those that are known is what a difference is held against, and the output names it.

Sizes are on the scale of the quantity: of ln(ratio) for durations and rates, of the difference for losses and scores.
All are symmetric in the two sides.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from logparse import spreads
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import Quantity
from logparse.comparison.sides import Cell, Side, cell
from logparse.text.location import Location


@dataclass(frozen=True)
class Noise:
    """One kind of noise of one difference."""

    kind: str
    size: float
    """On the scale of the quantity, never negative."""
    text: str
    locations: tuple[Location, ...] = ()
    least: bool = False
    """A lower bound: two runs may differ by more. Within it nothing can be said, beyond it nothing is proved."""


def noises(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> list[Noise]:
    """All noise that is known of the difference between two cells, the largest first."""
    found = (kind(ledger, quantity, a, b) for kind in KINDS)
    known = [n for n in found if n is not None and math.isfinite(n.size)]
    # What was printed with few digits may differ by these, however alike it was seen to be.
    digits = next((n.size for n in known if n.kind == "rounding"), 0.0)
    known = [replace(n, size=max(n.size, digits)) for n in known]
    return sorted(known, key=lambda n: (-n.size, n.least))


def rounding(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> Noise | None:
    """What the printed digits leave open on both sides; losses may lie on a grid that is coarser than their digits."""
    sizes = []
    for c in (a, b):
        resolution = c.resolution
        if quantity.name == "loss":
            grids = [g for job in c.side.jobs if (g := grid(ledger, job))]
            resolution = max([*grids, resolution or 0.0])
        if not resolution or c.middle is None:
            continue
        sizes.append(resolution / abs(c.middle) if quantity.scale == "ratio" and c.middle else resolution)
    if not sizes:
        return None
    size = sum(sizes)
    return Noise("rounding", size, f"the printed digits leave {_open(quantity, size)} open", least=True)


_TRIFLE = 0.0005
"""Share of a value, or of a score, that nobody would argue about."""


def _open(quantity: Quantity, size: float) -> str:
    if size >= _TRIFLE or (quantity.scale == "difference" and quantity.name != "score"):
        return f"±{shown(quantity, size)}"
    return "less than 0.05 %" if quantity.scale == "ratio" else "less than 0.05 points"


_GRID_POINTS = 10
"""Fewer losses may lie on a grid by chance."""


def grid(ledger: Ledger, job: Job) -> float | None:
    """Half the step of the grid that all losses of a run lie on (Cerebras: 1/128 or 1/64), or None where there is
    none."""
    return ledger.once(("grid", job.id), lambda: _grid(ledger.metrics(job, "loss")["value"]))


def _grid(losses: pl.Series) -> float | None:
    losses = losses.drop_nulls().unique()
    losses = losses.filter(losses.is_finite())
    if losses.len() < _GRID_POINTS:
        return None
    for power in range(3, 11):
        step = 2.0**-power
        off = (losses / step - (losses / step).round()).abs().max()
        # Printed with five decimals or so: that much may each be off its grid point.
        if isinstance(off, float) and off * step <= 5e-6 * max(1.0, float(losses.abs().max() or 0.0)):  # type: ignore[arg-type]
            return step / 2
    return None


def repeats(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> Noise | None:
    """How far runs of the same experiment are apart, here: those of each side for itself, with any that stand on
    neither. Never one side against the other: that is the difference that is to be judged."""
    found = [_spread_of(ledger, quantity, mine, other) for mine, other in ((a, b), (b, a))]
    known = [n for n in found if n is not None]
    widest = max(known, key=lambda n: n.size, default=None)
    # Of two experiments both must be known: the noise of one says little of the other.
    half = len(known) < len(found) and {j.main["group"] for j in a.side.jobs} != {j.main["group"] for j in b.side.jobs}
    return widest and replace(widest, least=half)


def _spread_of(ledger: Ledger, quantity: Quantity, mine: Cell, other: Cell) -> Noise | None:
    """The widest span of the experiments of one side."""
    apart = frozenset(job.id for job in other.side.jobs)
    states = _states(quantity, mine.side.jobs)
    groups = {job.main["group"] or job.id: job for job in mine.side.jobs}
    found = [
        ledger.once(
            ("repeats", quantity.name, group, apart & {j.id for j in ledger.repeats(job)}, states),
            lambda job=job: _of_group(ledger, quantity, [j for j in ledger.repeats(job) if j.id not in apart], states),  # type: ignore[misc]
        )
        for group, job in groups.items()
    ]
    return max((n for n in found if n is not None), key=lambda n: n.size, default=None)


def _states(quantity: Quantity, jobs: Sequence[Job]) -> frozenset[Any] | None:
    """What these jobs have in the column that tells one time of this name from another, if there is one."""
    return frozenset(job[quantity.state] for job in jobs) if quantity.state else None


def _of_group(ledger: Ledger, quantity: Quantity, jobs: Sequence[Job], states: frozenset[Any] | None) -> Noise | None:
    alike = tuple(job for job in jobs if states is None or not quantity.state or job[quantity.state] in states)
    held = cell(ledger, quantity, Side("", alike))
    size = _span(quantity, held.numbers) if held.n > 1 else None
    if size is None:
        return None
    text = f"{held.n} runs of the same settings here are up to {shown(quantity, size)} apart"
    return Noise("repeats here", size, text, held.locations)


def public(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> Noise | None:
    """The spread of public runs of the same program; where it has none, the widest of other programs on that
    platform."""
    platforms = {str(job["platform"]) for c in (a, b) for job in c.side.jobs}
    found: list[Noise] = []
    for platform in platforms:
        jobs = [job for c in (a, b) for job in c.side.jobs if job["platform"] == platform]
        own = [s for job in jobs for s in spreads.of(platform, job["workload"], job["task"], quantity.name)]
        if own:
            exact = [s for s in own if any(_of_settings(s, job) for job in jobs)]
            widest = max(exact or own, key=lambda s: _width(quantity, s))
            at = "" if exact else f" (at {widest.setting})"
            found.append(Noise("public spread", _width(quantity, widest), widest.text + at))
        elif quantity.scale == "ratio" and (other := spreads.widest(platform, quantity.name)):
            text = (
                f"no public repeats of this program; those of {other.workload} on {platform} span {other.ratio - 1:.1%}"
            )
            found.append(Noise("public spread", _width(quantity, other), text))
    # Of two platforms both must be known: the noise of one says nothing of the other.
    return max(found, key=lambda n: n.size) if len(found) == len(platforms) and found else None


def _width(quantity: Quantity, spread: spreads.Spread) -> float:
    if quantity.scale == "difference":
        return spread.greatest - spread.least
    return math.log(spread.greatest / spread.least) if spread.least > 0 else math.inf


def _of_settings(spread: spreads.Spread, job: Job) -> bool:
    """Whether the spread was seen with the settings of that job, as far as the job's are known."""
    for part in filter(None, spread.setting.split("; ")):
        name, _, value = part.partition("=")
        mine = job.main.get(name)
        if mine is not None and str(mine) != value and not (isinstance(mine, float) and f"{mine:g}" == value):
            return False
    return True


_FEW = 5
"""Intervals under which a deviation is not worth much."""


def within(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> Noise | None:
    """How the intervals inside a run deviate from each other: of steady rates only, and a lower bound."""
    if quantity.name != "steady_throughput":
        return None
    sizes = []
    for job in (*a.side.jobs, *b.side.jobs):
        size = ledger.once(("within", job.id), lambda job=job: _unsteadiness(ledger, job))  # type: ignore[misc]
        sizes += [] if size is None else [size]
    if not sizes:
        return None
    size = max(sizes)
    text = f"intervals within a run deviate by {shown(quantity, size)} (robust)"
    return Noise("within the run", size, text, least=True)


def _unsteadiness(ledger: Ledger, job: Job) -> float | None:
    """Robust deviation of a run's intervals, as a share of their median; the first is warm-up."""
    rates = ledger.metrics(job, "throughput", split="train", scope=None).filter(
        pl.col("window").is_in(["interval", "step"])
    )["value"]
    steps = ledger.metrics(job, "step_time", scope=None)["value"]
    series = (rates if rates.len() >= steps.len() else steps).drop_nulls().slice(1).to_list()
    middle = statistics.median(series) if len(series) >= _FEW else 0.0
    return deviation(series) / abs(middle) if middle else None


def step_to_step(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> Noise | None:
    """A loss that is one step's value moves from one logged step to the next: that much is not the run's."""
    if quantity.name != "loss":
        return None
    sizes = [d for job in (*a.side.jobs, *b.side.jobs) if (d := wobble(ledger, job)) is not None]
    if not sizes:
        return None
    size = 2 * max(sizes)
    text = f"a loss of one step: logged steps differ by ±{shown(quantity, size)} (two robust deviations)"
    return Noise("step to step", size, text)


def wobble(ledger: Ledger, job: Job) -> float | None:
    """Robust deviation of the change of the loss from one logged step to the next, over the last half of a run."""
    return ledger.once(("wobble", job.id), lambda: _wobble(ledger, job))


def _wobble(ledger: Ledger, job: Job) -> float | None:
    losses = ledger.metrics(job, "loss", split="train", window="step", scope=None)["value"].drop_nulls()
    losses = losses.filter(losses.is_finite())
    tail = losses.slice(losses.len() // 2)
    return deviation(tail.diff().drop_nulls().to_list()) if tail.len() > _FEW else None


def binomial(ledger: Ledger, quantity: Quantity, a: Cell, b: Cell) -> Noise | None:
    """Of an accuracy over N items: what drawing other items would do."""
    if quantity.name != "score":
        return None
    halves = []
    for c in (a, b):
        items = {items_of(ledger, job) for job in c.side.jobs}
        if None in items or c.middle is None or not 0 <= c.middle <= 1:
            return None
        halves.append(half_width(c.middle, min(i for i in items if i is not None)))
    size = math.hypot(*halves)
    return Noise("binomial", size, f"other test items alone may move the difference by ±{shown(quantity, size)}")


def half_width(share: float, items: int) -> float:
    """Half of the 95 % interval of a share seen in that many items."""
    return 1.96 * math.sqrt(share * (1 - share) / items)


def items_of(ledger: Ledger, job: Job) -> int | None:
    """How many items the accuracy of that job was measured over, where the grammar states it for the data set."""
    grammar = ledger.grammars.get(job["platform"])
    if job["score_name"] != "accuracy" or grammar is None:
        return None
    return grammar.test_items.get(job["dataset"] or "")


KINDS: tuple[Callable[[Ledger, Quantity, Cell, Cell], Noise | None], ...] = (
    rounding,
    repeats,
    public,
    within,
    step_to_step,
    binomial,
)


def deviation(values: Sequence[float]) -> float:
    """Median absolute deviation, scaled so that it is the standard deviation of a normal distribution."""
    middle = statistics.median(values)
    return 1.4826 * statistics.median(abs(v - middle) for v in values)


def _span(quantity: Quantity, numbers: Sequence[float]) -> float | None:
    least, most = min(numbers), max(numbers)
    if quantity.scale == "difference":
        return most - least
    return math.log(most / least) if least > 0 else None


def shown(quantity: Quantity, size: float) -> str:
    """A size of noise for people: `0.8 %`, `1.89 points`, `0.0078`."""
    if quantity.scale == "ratio":
        percent = math.expm1(size) * 100
        return f"{percent:.2g} %" if percent < 100 else f"{percent:.0f} %"
    return f"{size * 100:.2g} points" if quantity.name == "score" else f"{size:.2g}"
