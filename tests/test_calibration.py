"""Verdicts on repeats: how often equal settings are called different, and how often a difference is found."""

from __future__ import annotations

import fnmatch
import itertools
import math
from collections import Counter
from pathlib import Path

import calibration
import numpy as np

import logparse
from logparse import spreads
from logparse.comparison.compare import row_of
from logparse.comparison.estimate import BEYOND, ESTABLISHED, WITHIN, Pool, Sample, Source, judge
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import QUANTITIES
from logparse.comparison.sides import one_each
from logparse.spreads.make import EXCLUSIONS

_SIZES = ((1, 1), (2, 2), (1, 20), (3, 3), (3, 20), (10, 10))


def test_equal_settings_are_seldom_called_different() -> None:
    for name, pair, dof, found in calibration.false_alarms(1500, sizes=_SIZES, dofs=(1, 16)):
        assert found.different <= calibration.BOUNDS[name] + 3 * found.error, (name, pair, dof)


def test_public_repeats_of_another_spread_mislead_seldom() -> None:
    """Where the repeats in the logs vary less or more than public ones."""
    for name, own, dof, factor, found in calibration.other_spread(
        1000, own_dofs=(calibration.FEWEST_OWN, 12), dofs=(16,)
    ):
        assert found.different <= calibration.BOUNDS[name] + 3 * found.error, (name, own, dof, factor)


def test_repeats_that_vary_less_find_what_public_ones_would_hide() -> None:
    ((*_, found),) = calibration.other_spread(
        500, own_dofs=(8,), dofs=(16,), factors=(0.2,), names=("normal",), difference=5.0
    )
    assert found.different > 0.7


def test_runs_that_are_all_alike_seldom_have_an_outlier_and_a_slow_run_is_one() -> None:
    for runs, settings in calibration.SETS:
        repetitions = 150 if runs < 500 else 30
        share = calibration.with_outliers(repetitions, runs, settings, 0.015)
        assert share <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / repetitions), (runs, settings)
    assert calibration.with_outliers(20, 31, 1, 0.015, slower=0.2) == 1.0


def test_power_never_falls_with_the_number_of_runs() -> None:
    for dof, difference, row in calibration.power(
        1500, numbers=(1, 2, 3, 4, 6, 10, 20), dofs=(1, 16), differences=(1, 3)
    ):
        for fewer, more in itertools.pairwise(row):
            assert more.different >= fewer.different - 3 * (fewer.error + more.error), (dof, difference)


def test_more_repeats_never_turn_established_into_within_noise() -> None:
    """At the median over seeds, for a difference of three standard deviations."""
    words = []
    for n in (3, 5, 10, 50, 200):
        ranks = []
        for seed in range(41):
            rng = np.random.default_rng(seed)
            a, b = rng.standard_normal(n).tolist(), (rng.standard_normal(n) + 3).tolist()
            word = judge(Sample(tuple(a)), Sample(tuple(b)), Source((Pool.of([a, b]),))).word
            ranks.append([WITHIN, BEYOND, ESTABLISHED].index(word))
        words.append(sorted(ranks)[len(ranks) // 2])
    assert words == sorted(words)
    assert words[-1] == 2


def _is_a_repeat(job: Job) -> bool:
    """Whether nothing is known by which the run is no repeat of others with the same settings (see `EXCLUSIONS`)."""
    path = "/".join(Path(str(job.main["source"])).parts[-3:])
    return not any(fnmatch.fnmatchcase(f"{path}", exclusion.path) for exclusion in EXCLUSIONS)


def test_pairs_of_real_repeats_are_seldom_called_different(every_real_log: logparse.Logs) -> None:
    """Of all pairs of runs of one group, at most 5 % are called different, each judged without itself in the noise."""
    ledger = Ledger(every_real_log)
    groups = {id(group): group for job in ledger.jobs for group in [ledger.repeats(job)] if len(group) > 1}
    words: Counter[str] = Counter()
    for group in groups.values():
        for pair in itertools.combinations(filter(_is_a_repeat, group), 2):
            for quantity in QUANTITIES.values():
                row = row_of(ledger, quantity, one_each(pair), 0, None)
                if row is not None and (verdict := row.verdicts[1]) is not None:
                    words[verdict.word] += 1
    judged = words[BEYOND] + words[WITHIN]
    assert judged > 300
    assert words[BEYOND] <= 0.05 * judged
    assert not words[ESTABLISHED]


def test_pairs_of_public_repeats_are_seldom_called_different() -> None:
    """The same of the packaged spreads: each pair against the other runs of its program."""
    words: Counter[str] = Counter()
    for spread in spreads.spreads():
        scale = float if spread.quantity in spreads.BY_DIFFERENCE else math.log
        others = [
            [scale(v) for v in other.values]
            for other in spreads.of(spread.platform, spread.workload, spread.task, spread.quantity)
            if other != spread
        ]
        values = [scale(v) for v in spread.values]
        for i, j in itertools.combinations(range(spread.n), 2):
            rest = [v for k, v in enumerate(values) if k not in (i, j)]
            source = Source((Pool.of([rest, *others]),))
            words[judge(Sample((values[i],), 1e-12), Sample((values[j],), 1e-12), source).word] += 1
    judged = words[BEYOND] + words[WITHIN]
    assert judged > 500
    assert words[BEYOND] <= 0.05 * judged
