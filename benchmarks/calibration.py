"""How often verdicts are wrong: simulated repeats, judged by the code that judges logs.

`python benchmarks/calibration.py [REPETITIONS]` prints the tables of docs/verdicts.md: how often equal settings are
called different, and how often a true difference is found, for normal, t₃ and 10 %-contaminated repeats. The public
repeats are drawn from the same distribution, and lose their outliers as in `logparse.spreads.make`.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from logparse.comparison.estimate import BEYOND, ESTABLISHED, Pool, Sample, Source, judge, without_outliers

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def contaminated(rng: np.random.Generator, shape: tuple[int, ...], factor: float = 3.0) -> np.ndarray:
    """Normal values, one in ten with three times the standard deviation (Tukey, 1960), or another factor."""
    return rng.standard_normal(shape) * np.where(rng.random(shape) < 0.1, factor, 1.0)


DISTRIBUTIONS: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "t3": lambda rng, shape: rng.standard_t(3, shape),
    "contaminated": contaminated,
    "5 × contaminated": lambda rng, shape: contaminated(rng, shape, 5.0),
}
BOUNDS = {"normal": 0.05, "t3": 0.10, "contaminated": 0.10, "5 × contaminated": 0.10}
"""The most false alarms that are allowed."""
SIZES = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (8, 8), (10, 10), (15, 15), (20, 20))
UNEQUAL = ((1, 3), (1, 20), (2, 3), (2, 20), (3, 4), (3, 6), (3, 20), (5, 20), (10, 20))
"""Numbers of runs per side."""
DOFS = (1, 2, 4, 8, 16)
"""Degrees of freedom of the public repeats."""
DIFFERENCES = (1, 2, 3, 4)
"""True differences, in standard deviations of one value."""


@dataclass(frozen=True)
class Shares:
    """How often the two verdicts that claim a difference were given."""

    established: float
    beyond: float
    repetitions: int

    @property
    def different(self) -> float:
        """Either of them: for equal settings the rate of false alarms, else the power."""
        return self.established + self.beyond

    @property
    def error(self) -> float:
        """The standard error of that share."""
        return float(np.sqrt(max(self.different * (1 - self.different), 0.01) / self.repetitions))


def public_pools(draw: Draw, dof: int, repetitions: int, rng: np.random.Generator) -> list[Pool]:
    """The pools of groups of `dof` + 1 public repeats, without their outliers."""
    groups = draw(rng, (repetitions, dof + 1)).tolist()
    return [Pool.of([[group[i] for i in without_outliers(group)]]) for group in groups]


def shares(
    draw: Draw, sizes: tuple[int, int], pools: Sequence[Pool], difference: float, rng: np.random.Generator
) -> Shares:
    """The verdicts on samples of these sizes, one for each pool of public repeats."""
    a = draw(rng, (len(pools), sizes[0])).tolist()
    b = (draw(rng, (len(pools), sizes[1])) + difference).tolist()
    words = [
        judge(Sample(tuple(x)), Sample(tuple(y)), Source((Pool.of([x, y]) + pool,))).word
        for x, y, pool in zip(a, b, pools, strict=True)
    ]
    return Shares(words.count(ESTABLISHED) / len(words), words.count(BEYOND) / len(words), len(words))


def false_alarms(
    repetitions: int,
    seed: int = 1,
    sizes: Sequence[tuple[int, int]] = (*SIZES, *UNEQUAL),
    dofs: Sequence[int] = DOFS,
    names: Sequence[str] = tuple(DISTRIBUTIONS),
) -> Iterator[tuple[str, tuple[int, int], int, Shares]]:
    """Distribution, numbers of runs, degrees of freedom, and the verdicts on equal settings."""
    for name in names:
        draw = DISTRIBUTIONS[name]
        for dof in dofs:
            rng = np.random.default_rng((seed, list(DISTRIBUTIONS).index(name), dof))
            pools = public_pools(draw, dof, repetitions, rng)
            for pair in sizes:
                yield name, pair, dof, shares(draw, pair, pools, 0.0, rng)


def power(
    repetitions: int,
    seed: int = 2,
    numbers: Sequence[int] = tuple(n for n, _ in SIZES),
    dofs: Sequence[int] = DOFS,
    differences: Sequence[float] = DIFFERENCES,
) -> Iterator[tuple[int, float, list[Shares]]]:
    """Degrees of freedom, true difference, and the verdicts for each number of runs per side; normal repeats."""
    draw = DISTRIBUTIONS["normal"]
    for dof in dofs:
        rng = np.random.default_rng((seed, dof))
        pools = public_pools(draw, dof, repetitions, rng)
        for difference in differences:
            yield dof, difference, [shares(draw, (n, n), pools, difference, rng) for n in numbers]


def table(repetitions: int) -> str:
    """Both results as Markdown: the worst false alarms over all degrees of freedom, and the power. Normal repeats,
    whose rate is closest to its bound, are drawn `repetitions` times, all else a sixth as often."""
    few = max(repetitions // 6, 1)
    worst: dict[tuple[int, int], dict[str, float]] = {}
    found_of = (false_alarms(repetitions if name == "normal" else few, names=(name,)) for name in DISTRIBUTIONS)
    for name, pair, _, found in itertools.chain.from_iterable(found_of):
        row = worst.setdefault(pair, {})
        row[name] = max(row.get(name, 0.0), found.different)
    lines = [f"| runs | {' | '.join(DISTRIBUTIONS)} |", "|---|" + "---|" * len(DISTRIBUTIONS)]
    lines += [
        f"| {a} and {b} | {' | '.join(f'{row[name]:.1%}'.replace('%', ' %') for name in DISTRIBUTIONS)} |"
        for (a, b), row in worst.items()
    ]
    numbers = [n for n, _ in SIZES]
    lines += [
        "",
        f"| ν | difference | {' | '.join(f'n = {n}' for n in numbers)} |",
        "|---|---|" + "---|" * len(numbers),
    ]
    lines += [
        f"| {dof} | {difference} σ | {' | '.join(f'{s.different:.0%}'.replace('%', ' %') for s in row)} |"
        for dof, difference, row in power(few, dofs=(1, 4, 16))
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(int(sys.argv[1]) if len(sys.argv) > 1 else 18_000))
