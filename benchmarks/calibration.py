"""How often verdicts are wrong: simulated repeats, judged by the code that judges logs.

`python benchmarks/calibration.py [REPETITIONS] [TABLE ...]` prints the tables of docs/verdicts.md: how often equal
settings are called different, and how often a true difference is found, for normal, t₃ and 10 %-contaminated repeats.
The public repeats are drawn from the same distribution, and lose their outliers as in `logparse.spreads.make`; in the
table `other-spread`, they have another standard deviation than the repeats in the logs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from logparse import spreads
from logparse.comparison.estimate import BEYOND, ESTABLISHED, Pool, Sample, Source, judge, without_outliers
from logparse.comparison.ledger import Ledger
from logparse.findings import module, scene_of
from logparse.logs import Logs
from logparse.schema import FRAMES, conform

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
FACTORS = (0.2, 0.5, 1.0, 1.5, 2.0, 5.0)
"""The standard deviation of the values in the logs, as a multiple of that of public repeats."""
OWN_DOFS = (0, 1, 2, 3, 4, 5, 6, 8, 12, 16)
"""Degrees of freedom of the repeats in the logs, besides the two values that are compared."""
FEWEST_OWN = 4
"""From this many on, the bounds hold for any of the factors."""
SETS = ((10, 1), (10, 3), (100, 3), (500, 3))
"""Numbers of runs in a set, and of settings."""
DEVIATIONS = (0.003, 0.015, 0.03)
"""Standard deviations of their rates, as shares; that of public runs is 0.3 %."""


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
    return [Pool.of([_trimmed(group)]) for group in groups]


def shares(
    draw: Draw,
    sizes: tuple[int, int],
    pools: Sequence[Pool],
    difference: float,
    rng: np.random.Generator,
    own_dof: int = 0,
    factor: float = 1.0,
) -> Shares:
    """The verdicts on samples of these sizes, one for each pool of public repeats.

    Args:
        own_dof: degrees of freedom of repeats of another setting in the same logs.
        factor: standard deviation of all values but the public ones.
        difference: the true difference, as a multiple of `factor`.
    """
    a = (draw(rng, (len(pools), sizes[0])) * factor).tolist()
    b = ((draw(rng, (len(pools), sizes[1])) + difference) * factor).tolist()
    others = (draw(rng, (len(pools), own_dof + 1)) * factor).tolist()
    words = [
        judge(Sample(tuple(x)), Sample(tuple(y)), Source((Pool.of([x, y, _trimmed(z)]).with_public(pool),))).word
        for x, y, z, pool in zip(a, b, others, pools, strict=True)
    ]
    return Shares(words.count(ESTABLISHED) / len(words), words.count(BEYOND) / len(words), len(words))


def _trimmed(group: Sequence[float]) -> list[float]:
    return [group[i] for i in without_outliers(group)]


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


def other_spread(
    repetitions: int,
    seed: int = 3,
    own_dofs: Sequence[int] = OWN_DOFS,
    dofs: Sequence[int] = (4, 16),
    factors: Sequence[float] = FACTORS,
    names: Sequence[str] = tuple(DISTRIBUTIONS),
    difference: float = 0.0,
) -> Iterator[tuple[str, int, int, float, Shares]]:
    """Distribution, degrees of freedom of the repeats in the logs and of the public ones, the ratio of their standard
    deviations, and the verdicts on two single runs; equal settings, where there is no difference."""
    for name in names:
        draw = DISTRIBUTIONS[name]
        for dof in dofs:
            rng = np.random.default_rng((seed, list(DISTRIBUTIONS).index(name), dof))
            pools = public_pools(draw, dof, repetitions, rng)
            for own_dof in own_dofs:
                for factor in factors:
                    yield name, own_dof, dof, factor, shares(draw, (1, 1), pools, difference, rng, own_dof, factor)


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


def false_alarm_table(repetitions: int) -> Iterator[str]:
    """The worst false alarms over all degrees of freedom of the public repeats, as lines of Markdown. Normal repeats,
    whose rate is closest to its bound, are drawn `repetitions` times, all others a sixth as often."""
    worst: dict[tuple[int, int], dict[str, float]] = {}
    for name in DISTRIBUTIONS:
        for _, pair, _, found in false_alarms(_of(name, repetitions), names=(name,)):
            row = worst.setdefault(pair, {})
            row[name] = max(row.get(name, 0.0), found.different)
    yield from _head("runs", DISTRIBUTIONS)
    for (a, b), row in worst.items():
        yield f"| {a} and {b} | {' | '.join(_percent(row[name], 1) for name in DISTRIBUTIONS)} |"


def other_spread_table(repetitions: int) -> Iterator[str]:
    """The same for two single runs whose public repeats have another standard deviation: of normal repeats, and the
    worst of all others."""
    worst: dict[bool, dict[tuple[int, float], float]] = {True: {}, False: {}}
    for name in DISTRIBUTIONS:
        cells = worst[name == "normal"]
        for _, own_dof, _, factor, found in other_spread(_of(name, repetitions), names=(name,)):
            cells[own_dof, factor] = max(cells.get((own_dof, factor), 0.0), found.different)
    yield from _head("ν of own repeats", (f"× {factor:g}" for factor in FACTORS))
    for own_dof in OWN_DOFS:
        pairs = (", ".join(_percent(worst[normal][own_dof, f], 1) for normal in (True, False)) for f in FACTORS)
        yield f"| {own_dof} | {' | '.join(pairs)} |"


def power_table(repetitions: int) -> Iterator[str]:
    """How often a true difference between normal repeats is found."""
    yield from _head("ν | difference", (f"n = {n}" for n, _ in SIZES))
    for dof, difference, row in power(max(repetitions // 6, 1), dofs=(1, 4, 16)):
        yield f"| {dof} | {difference} σ | {' | '.join(_percent(s.different, 0) for s in row)} |"


def logs_of_runs(rates: Sequence[float], batch_sizes: Sequence[int]) -> Logs:
    """Logs of runs of a program that has public repeats (BERT on Cerebras), one a night, with these rates."""
    n = len(rates)
    same = {
        **{"copies": 0, "status": "completed", "platform": "cerebras", "workload": "bert_large", "task": "train"},
        **{"devices": 1, "steps": 1000, "throughput_window": "whole"},
    }
    columns = {
        **{name: [value] * n for name, value in same.items()},
        "run": [f"r{i}" for i in range(n)],
        "label": [f"run_{i}" for i in range(n)],
        "source": [f"run_{i}.out" for i in range(n)],
        "group": [str(batch) for batch in batch_sizes],
        "batch_size": list(batch_sizes),
        "throughput": list(rates),
        "started_at": [datetime(2024, 4, 1) + timedelta(days=i) for i in range(n)],
    }
    return Logs({name: conform(name, pl.DataFrame(columns if name == "runs" else {})) for name in FRAMES})


def with_outliers(
    repetitions: int, runs: int, settings: int, deviation: float, slower: float = 0.0, seed: int = 4
) -> float:
    """The share of sets of runs with normal noise in which the finding `outlier` is raised.

    Args:
        slower: by how much the last but one run of each set is slower, as a share of its rate.
    """
    rng = np.random.default_rng((seed, runs, settings, int(deviation * 1e4)))
    usual = {
        int(dict(spreads.settings(s.setting))["batch_size"]): s.median
        for s in spreads.of("cerebras", "bert_large", "train", "throughput")
        if s.n >= 5
    }
    batch_sizes = [list(usual)[i % settings] for i in range(runs)]
    raised = 0
    for _ in range(repetitions):
        noise = np.exp(rng.standard_normal(runs) * deviation)
        noise[-2] *= 1 - slower
        logs = logs_of_runs([usual[b] * float(x) for b, x in zip(batch_sizes, noise, strict=True)], batch_sizes)
        scene = scene_of(Ledger(logs), of_one_run=True)
        raised += any(True for _ in module("outlier").find(scene))
    return raised / repetitions


def outlier_table(repetitions: int) -> Iterator[str]:
    """How often the finding `outlier` is raised on runs that are all alike, and how often on one slow run."""
    yield from _head("runs", [*(f"σ = {d * 100:.1f} %" for d in DEVIATIONS), "σ = 1.5 %, one run 20 % slower"])
    for runs, settings in SETS:
        number = max(repetitions // (18 if runs < 500 else 36), 1)
        found = [with_outliers(number, runs, settings, deviation) for deviation in DEVIATIONS]
        found.append(with_outliers(max(number // 5, 1), runs, settings, 0.015, slower=0.2))
        yield f"| {runs}, of {settings} setting{'s' * (settings > 1)} | {' | '.join(_percent(f, 1) for f in found)} |"


TABLES: dict[str, Callable[[int], Iterator[str]]] = {
    "false-alarms": false_alarm_table,
    "other-spread": other_spread_table,
    "power": power_table,
    "outliers": outlier_table,
}


def _of(name: str, repetitions: int) -> int:
    return repetitions if name == "normal" else max(repetitions // 6, 1)


def _head(first: str, others: Iterable[str]) -> Iterator[str]:
    line = f"| {first} | {' | '.join(others)} |"
    yield line
    yield "|" + "---|" * (line.count("|") - 1)


def _percent(share: float, digits: int) -> str:
    return f"{share * 100:.{digits}f} %"


if __name__ == "__main__":
    wanted = [argument for argument in sys.argv[1:] if argument in TABLES] or list(TABLES)
    number = next((int(argument) for argument in sys.argv[1:] if argument.isdigit()), 18_000)
    for name in wanted:
        print(*TABLES[name](number), "", sep="\n")
