"""Noise: how much two values of the same thing can differ by chance. Each kind is a small function; a difference is
compared with the largest known kind, which the output names.

Sizes are on the scale of the quantity: ln(ratio) for durations and rates, the difference for losses and scores. All are
symmetric in the two sides.
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
from logparse.comparison.sides import Side, SideValues, side_values
from logparse.text.location import Location


@dataclass(frozen=True)
class Noise:
    """One kind of noise for one difference."""

    kind: str
    size: float
    """On the scale of the quantity, never negative."""
    text: str
    locations: tuple[Location, ...] = ()
    least: bool = False
    """Whether it is a lower bound: the true noise may be larger, so that a difference beyond it proves nothing."""


def noises(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> list[Noise]:
    """All known noise of the difference between two sides, the largest first."""
    found = (kind(ledger, quantity, a, b) for kind in KINDS)
    known = [n for n in found if n is not None and math.isfinite(n.size)]
    # No noise is smaller than the rounding of the printed digits, however close the values are.
    digits = next((n.size for n in known if n.kind == "rounding"), 0.0)
    known = [replace(n, size=max(n.size, digits)) for n in known]
    return sorted(known, key=lambda n: (-n.size, n.least))


def rounding(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> Noise | None:
    """The rounding error of the printed digits on both sides; losses may lie on a grid coarser than their digits."""
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
    return Noise(
        "rounding", size, f"the printed digits leave an uncertainty of {_uncertainty(quantity, size)}", least=True
    )


_NEGLIGIBLE = 0.0005
"""Share of a value, or of a score, that is not shown as a number."""


def _uncertainty(quantity: Quantity, size: float) -> str:
    if size >= _NEGLIGIBLE or (quantity.scale == "difference" and quantity.name != "score"):
        return f"±{shown(quantity, size)}"
    return "less than 0.05 %" if quantity.scale == "ratio" else "less than 0.05 points"


_GRID_POINTS = 10
"""Fewer losses could lie on a grid by chance."""


def grid(ledger: Ledger, job: Job) -> float | None:
    """Half the step of the grid that all losses of a run lie on (Cerebras: 1/128 or 1/64); None without a grid."""
    return ledger.once(("grid", job.id), lambda: _grid(ledger.metrics(job, "loss")["value"]))


def _grid(losses: pl.Series) -> float | None:
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


def repeats(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> Noise | None:
    """The spread of runs of the same experiment in these logs: the runs of each side by itself, with runs that are on
    neither side. Never one side against the other: that is the difference to be judged."""
    found = [_side_spread(ledger, quantity, side, other) for side, other in ((a, b), (b, a))]
    known = [n for n in found if n is not None]
    widest = max(known, key=lambda n: n.size, default=None)
    # For two experiments both spreads must be known: the noise of one says little about the other.
    half = len(known) < len(found) and {j.main["group"] for j in a.side.jobs} != {j.main["group"] for j in b.side.jobs}
    return widest and replace(widest, least=half)


def _side_spread(ledger: Ledger, quantity: Quantity, values: SideValues, other: SideValues) -> Noise | None:
    """The largest spread of the experiments on one side, without the jobs of the other side."""
    excluded = frozenset(job.id for job in other.side.jobs)
    states = _states(quantity, values.side.jobs)
    groups = {job.main["group"] or job.id: job for job in values.side.jobs}
    found = [
        ledger.once(
            ("repeats", quantity.name, group, excluded & {j.id for j in ledger.repeats(job)}, states),
            lambda job=job: _of_group(
                ledger, quantity, [j for j in ledger.repeats(job) if j.id not in excluded], states
            ),  # type: ignore[misc]
        )
        for group, job in groups.items()
    ]
    return max((n for n in found if n is not None), key=lambda n: n.size, default=None)


def _states(quantity: Quantity, jobs: Sequence[Job]) -> frozenset[Any] | None:
    """The values of these jobs in the state column of the quantity (see `Quantity.state`); None without one."""
    return frozenset(job[quantity.state] for job in jobs) if quantity.state else None


def _of_group(ledger: Ledger, quantity: Quantity, jobs: Sequence[Job], states: frozenset[Any] | None) -> Noise | None:
    alike = tuple(job for job in jobs if states is None or not quantity.state or job[quantity.state] in states)
    values = side_values(ledger, quantity, Side("", alike))
    size = _span(quantity, values.numbers) if values.n > 1 else None
    if size is None:
        return None
    text = f"{values.n} runs with the same settings in these logs differ by up to {shown(quantity, size)}"
    return Noise("repeats here", size, text, values.locations)


def public(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> Noise | None:
    """The spread of public runs of the same program; without any, the widest spread of other programs on the
    platform."""
    platforms = {str(job["platform"]) for c in (a, b) for job in c.side.jobs}
    found: list[Noise] = []
    for platform in platforms:
        jobs = [job for c in (a, b) for job in c.side.jobs if job["platform"] == platform]
        same_program = [s for job in jobs for s in spreads.of(platform, job["workload"], job["task"], quantity.name)]
        if same_program:
            exact = [s for s in same_program if any(_of_settings(s, job) for job in jobs)]
            widest = max(exact or same_program, key=lambda s: _width(quantity, s))
            at = "" if exact else f" (at {widest.setting})"
            found.append(Noise("public spread", _width(quantity, widest), widest.text + at))
        elif quantity.scale == "ratio" and (other := spreads.widest(platform, quantity.name)):
            text = f"no public repeats of this program; {other.workload} on {platform} spans {other.ratio - 1:.1%}"
            found.append(Noise("public spread", _width(quantity, other), text))
    # For two platforms both spreads must be known: the noise of one says nothing about the other.
    return max(found, key=lambda n: n.size) if len(found) == len(platforms) and found else None


def _width(quantity: Quantity, spread: spreads.Spread) -> float:
    if quantity.scale == "difference":
        return spread.greatest - spread.least
    return math.log(spread.greatest / spread.least) if spread.least > 0 else math.inf


def _of_settings(spread: spreads.Spread, job: Job) -> bool:
    """Whether the spread has the settings of that job, as far as the job's settings are known."""
    for part in filter(None, spread.setting.split("; ")):
        name, _, value = part.partition("=")
        setting = job.main.get(name)
        if setting is None or str(setting) == value:
            continue
        if not (isinstance(setting, float) and f"{setting:g}" == value):
            return False
    return True


_FEW = 5
"""Least number of intervals for a deviation."""


def within(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> Noise | None:
    """The deviation between the intervals within a run: a lower bound, and for steady rates only."""
    if quantity.name != "steady_throughput":
        return None
    sizes = []
    for job in (*a.side.jobs, *b.side.jobs):
        size = ledger.once(("within", job.id), lambda job=job: _unsteadiness(ledger, job))  # type: ignore[misc]
        sizes += [] if size is None else [size]
    if not sizes:
        return None
    size = max(sizes)
    text = f"intervals within a run vary by {shown(quantity, size)} (robust standard deviation)"
    return Noise("within the run", size, text, least=True)


def _unsteadiness(ledger: Ledger, job: Job) -> float | None:
    """Robust standard deviation of a run's intervals without the first (warm-up), as a share of their median."""
    rates = ledger.metrics(job, "throughput", split="train", scope=None).filter(
        pl.col("window").is_in(["interval", "step"])
    )["value"]
    steps = ledger.metrics(job, "step_time", scope=None)["value"]
    series = (rates if rates.len() >= steps.len() else steps).drop_nulls().slice(1).to_list()
    middle = statistics.median(series) if len(series) >= _FEW else 0.0
    return deviation(series) / abs(middle) if middle else None


def step_to_step(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> Noise | None:
    """A loss that is the value of one step varies from one logged step to the next."""
    if quantity.name != "loss":
        return None
    sizes = [d for job in (*a.side.jobs, *b.side.jobs) if (d := wobble(ledger, job)) is not None]
    if not sizes:
        return None
    size = 2 * max(sizes)
    text = f"the loss of a single step: logged steps vary by ±{shown(quantity, size)} (two robust standard deviations)"
    return Noise("step to step", size, text)


def wobble(ledger: Ledger, job: Job) -> float | None:
    """Robust standard deviation of the change in loss between logged steps, over the second half of a run."""
    return ledger.once(("wobble", job.id), lambda: _wobble(ledger, job))


def _wobble(ledger: Ledger, job: Job) -> float | None:
    losses = ledger.metrics(job, "loss", split="train", window="step", scope=None)["value"].drop_nulls()
    losses = losses.filter(losses.is_finite())
    tail = losses.slice(losses.len() // 2)
    return deviation(tail.diff().drop_nulls().to_list()) if tail.len() > _FEW else None


def binomial(ledger: Ledger, quantity: Quantity, a: SideValues, b: SideValues) -> Noise | None:
    """The sampling error of an accuracy measured over N test items."""
    if quantity.name != "score":
        return None
    halves = []
    for c in (a, b):
        items = {items_of(ledger, job) for job in c.side.jobs}
        if None in items or c.middle is None or not 0 <= c.middle <= 1:
            return None
        halves.append(half_width(c.middle, min(i for i in items if i is not None)))
    size = math.hypot(*halves)
    return Noise("binomial", size, f"with other test items, the difference could change by ±{shown(quantity, size)}")


def half_width(share: float, items: int) -> float:
    """Half the width of the 95 % interval of a share measured over that many items."""
    return 1.96 * math.sqrt(share * (1 - share) / items)


def items_of(ledger: Ledger, job: Job) -> int | None:
    """Number of test items of that job's accuracy, where the grammar states it for the data set."""
    grammar = ledger.grammars.get(job["platform"])
    if job["score_name"] != "accuracy" or grammar is None:
        return None
    return grammar.test_items.get(job["dataset"] or "")


KINDS: tuple[Callable[[Ledger, Quantity, SideValues, SideValues], Noise | None], ...] = (
    rounding,
    repeats,
    public,
    within,
    step_to_step,
    binomial,
)


def deviation(values: Sequence[float]) -> float:
    """Median absolute deviation, scaled to equal the standard deviation of a normal distribution."""
    middle = statistics.median(values)
    return 1.4826 * statistics.median(abs(v - middle) for v in values)


def _span(quantity: Quantity, numbers: Sequence[float]) -> float | None:
    least, most = min(numbers), max(numbers)
    if quantity.scale == "difference":
        return most - least
    return math.log(most / least) if least > 0 else None


def shown(quantity: Quantity, size: float) -> str:
    """A size of noise as text: `0.8 %`, `1.89 points`, `0.0078`."""
    if quantity.scale == "ratio":
        percent = math.expm1(size) * 100
        return f"{percent:.2g} %" if percent < 100 else f"{percent:.0f} %"
    return f"{size * 100:.2g} points" if quantity.name == "score" else f"{size:.2g}"
