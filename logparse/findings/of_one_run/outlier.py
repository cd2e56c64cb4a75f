"""A result is far worse than those of other runs with the same settings.

What it does
    Looks for scores, losses, training times and rates that are far worse than others. Six or more runs of one setting
    in these logs are compared with each other, separately before and after a change that lasts (three runs in a row,
    by their dates), with Rosner's test for several outliers. All runs are also compared with at least five public runs
    of the same program and settings: they must be worse than the public median by more than three times the distance
    from there to the furthest public run, and beyond the noise. Of six or more runs of one setting, that counts only if
    it holds for most of them. Both tests have a level of 5 % for all results that are examined together, and
    differences below 1.5 % are never reported. For a score, more epochs count as the same setting: they should not
    lower it. Silent where the log, a claim or the file name states a setting that the public runs do not share: the
    setting may be the reason. A score at chance is reported as such, not as an outlier. Of simulated sets of 10, 100
    and 500 runs with normal noise, at most 3.7 % have an outlier (`python benchmarks/calibration.py outliers`).

Why it matters
    What looks like the effect of a setting is then more likely a run that went wrong.

Example
    MNIST on Graphcore after 20 epochs: 77.70 %, where 17 public runs with 10 epochs span 96.85 to 98.74 %. That is not
    overfitting.

What to do
    Check what the log says between its first line and the result, and run again before drawing conclusions. Where
    several runs are named, look for what they share: a host, a date, a release. A change over time is shown by
    `logparse chart trend`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from logparse import spreads
from logparse.cells import Value
from logparse.comparison.claims import from_names
from logparse.comparison.estimate import MOST_OUTLIERS, OUTLIER_REPEATS, Pool, Sample, levels, outliers, quantile
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import shown
from logparse.comparison.quantities import BASIS, LOWER_SCORES, QUANTITIES
from logparse.comparison.settings import BUDGET, SETTINGS
from logparse.findings import Finding, Scene
from logparse.findings.of_one_run.at_chance import guessed
from logparse.spreads import Spread
from logparse.text.labels import listed as all_of
from logparse.text.terminal import one_line

ID = "F25"
_QUALITY = ("score", "loss")
_SPEED = ("train_s", "throughput", "latency_s")
"""These express the same result, so only the first that is outside is reported."""
_WORDS = {"loss": "loss", "train_s": "training time", "throughput": "rate", "latency_s": "latency"}
_LEVEL = 0.05
"""Probability that any of the results that are examined together is reported although their noise is normal."""
_FEWEST = 5
_FAR = 3.0
_MIN_REACH = 0.005
"""Least reach as a share of the median: some programs give identical results in every run."""
_FEWEST_DOF = 2
"""Fewer degrees of freedom do not show how much runs vary: two runs that both went wrong seldom agree."""
_NAMED = 2
"""Runs named after the first."""
_NOT_OF_A_PROGRAM = frozenset({"platform", "device_kind", "system", "seed"})
"""Settings that are the same for all runs of a spread, or that differ between repeats."""


@dataclass(frozen=True)
class _Result:
    """One value of a run that is examined."""

    job: Job
    column: str
    value: Value

    @property
    def is_ratio(self) -> bool:
        """Whether results of that column are compared by ratio."""
        return QUANTITIES[self.column].scale == "ratio"

    @cached_property
    def number(self) -> float:
        """The value on the scale of the quantity: the logarithm of durations and rates."""
        return math.log(self.value.value) if self.is_ratio else float(self.value.value)


@dataclass(frozen=True)
class _Outside:
    """Results that are far outside."""

    results: list[_Result]
    others: str
    """What they are outside of: `17 public runs of this program span 96.85 to 98.74 % (dataset mnist, epochs 10)`."""
    spread: Spread | None = None


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for results worse than others, a note for slower runs; one for each setting or spread."""
    of_column = {column: list(_series(scene.ledger, scene.jobs, column)) for column in (*_QUALITY, *_SPEED)}
    examined = sum(len(group) for groups in of_column.values() for group in groups)
    wanted = {job.id for job in scene.jobs}
    for columns in (_QUALITY, _SPEED):
        left = set(wanted)
        for column in columns:
            for outside in _outside(scene.ledger, of_column[column], _LEVEL / max(examined, 1)):
                jobs = [r.job for r in outside.results if r.job.id in left]
                left.difference_update(job.id for job in jobs)
                if jobs:
                    yield _finding(scene.ledger, column, jobs, outside, examined)


def _finding(ledger: Ledger, column: str, jobs: Sequence[Job], outside: _Outside, examined: int) -> Finding:
    first, *others = [
        f"{shown(ledger, job, column)} in {one_line(job.label)}{_more_training(job, outside.spread)}" for job in jobs
    ]
    name = str(jobs[0]["score_name"]) if column == "score" else _WORDS[column]
    way = "below" if _higher(jobs[0], column) else "above"
    tests = f" ({examined:,} results were tested, at a level of 5 % for all of them together.)" if examined > 1 else ""
    return Finding(
        "warning" if column in _QUALITY else "note",
        f"The {name} of {first} is far {way} {outside.others}.{_also(others)}{tests}",
        jobs,
        _SPEED if column in _SPEED else (column,),
        ledger.locations(jobs, column),
    )


def _also(others: Sequence[str]) -> str:
    """A sentence for each of the others, where they are few."""
    rest = len(others) - _NAMED
    named = [*others[:_NAMED], *([others[-1]] if rest == 1 else [f"{rest} more runs"] if rest > 1 else [])]
    return f" The same holds for {all_of(named)}." if others else ""


# ---- what is examined ---- #


def _series(ledger: Ledger, jobs: Sequence[Job], column: str) -> Iterator[list[_Result]]:
    """The results of each setting of these jobs in the order of time, those of jobs that are not shown too."""
    claimed = sorted({claim.name for claim in ledger.claims})
    done: set[Any] = set()
    for job in jobs:
        if _result(ledger, job, column) is None:
            continue
        key = _key(ledger, job, column, claimed)
        if key in done:
            continue
        done.add(key)
        members = [other for other in ledger.series(job) if _key(ledger, other, column, claimed) == key]
        results = [r for other in members if (r := _result(ledger, other, column)) is not None]
        if all(r.job["started_at"] is not None for r in results):
            results.sort(key=lambda r: r.job["started_at"])
        if results:  # none of a run that looks like one of another setting
            yield results


def _key(ledger: Ledger, job: Job, column: str, claimed: Sequence[str]) -> tuple[Any, ...]:
    """What results that may be compared share: settings, also those that are claimed or in the file name, and what the
    quantity means."""
    names = ledger.once(("file name", job.id), lambda: tuple(sorted((c.name, c.number) for c in from_names(job))))
    claims = tuple(ledger.value(job, name).value for name in claimed)
    return ledger.setting(job), tuple(job[name] for name in BASIS.get(column, ())), names, claims


def _result(ledger: Ledger, job: Job, column: str) -> _Result | None:
    value = ledger.value(job, column)
    if not value.known or not job.has_result or (column in _SPEED and ledger.is_profiled(job)):
        return None
    if column == "score" and guessed(ledger, job) is not None:
        return None
    if not math.isfinite(value.value) or (QUANTITIES[column].scale == "ratio" and value.value <= 0):
        return None
    return _Result(job, column, value)


# ---- what is outside ---- #


def _outside(ledger: Ledger, groups: Sequence[list[_Result]], level: float) -> Iterator[_Outside]:
    """The results of these series that are far outside, in the worse direction; `level` is that of one result."""
    for group in groups:
        yield from _outside_of_series(ledger, group, level)
    of_spread: dict[Spread, list[_Result]] = {}
    spread_of = [_spread(ledger, group) for group in groups]
    of_kind: dict[Any, list[tuple[list[_Result], Spread | None]]] = {}
    for group, spread in zip(groups, spread_of, strict=True):
        of_kind.setdefault(_kind(ledger, group), []).append((group, spread))
    for alike in of_kind.values():
        noise = _Noise.of(alike)
        for group, spread in alike:
            beyond = [r for r in group if r.job.id in noise.exceptions]
            alone = 2 * len(beyond) <= len(group)
            far = [
                r
                for r in beyond
                if spread and _is_beyond_noise(r, spread, noise.without(r) if alone else noise.pool, level)
            ]
            # What most of several runs show is no exception among them, but may be one among public runs.
            if spread and far and (len(group) < OUTLIER_REPEATS or 2 * len(far) > len(group)):
                of_spread.setdefault(spread, []).extend(far)
    for spread, results in of_spread.items():
        yield _Outside(results, f"public runs: {spread.text} ({_settings(spread)})", spread)


@dataclass(frozen=True)
class _Noise:
    """The noise of the repeats of a program in these logs."""

    exceptions: Set[str]
    """The jobs whose results are far from the range of public runs."""
    pool: Pool
    """That of all results, without the exceptions where these are few: they may be runs that went wrong."""
    places: Mapping[str, tuple[Sample, int]]
    """The results of its level, and its position among these, of each job in the pool."""

    @classmethod
    def of(cls, alike: Sequence[tuple[Sequence[_Result], Spread | None]]) -> _Noise:
        """The noise of series of one program, each with the public runs with its settings."""
        exceptions = {r.job.id for group, spread in alike if spread for r in group if _is_beyond_reach(r, spread)}
        few = len(exceptions) * MOST_OUTLIERS <= sum(len(group) for group, _ in alike)
        excluded = exceptions if few else frozenset()
        kept = [[r for r in part if r.job.id not in excluded] for group, _ in alike for part in _parts(group)]
        samples = [Sample(tuple(r.number for r in part)) for part in kept]
        places = {r.job.id: (sample, i) for part, sample in zip(kept, samples, strict=True) for i, r in enumerate(part)}
        return cls(exceptions, Pool.of(sample.values for sample in samples), places)

    def without(self, result: _Result) -> Pool:
        """The pool of the other results."""
        if result.job.id not in self.places:
            return self.pool
        sample, i = self.places[result.job.id]
        if sample.n < 2:
            return self.pool
        squares = self.pool.squares - sample.squares + sample.squares_without({i})
        return Pool(max(squares, 0.0), self.pool.dof - 1)


def _kind(ledger: Ledger, group: Sequence[_Result]) -> tuple[Any, ...]:
    """What results share whose noise is of one kind."""
    job, column = group[0].job, group[0].column
    return ledger.program(job), tuple(job[name] for name in BASIS.get(column, ()))


def _parts(group: Sequence[_Result]) -> list[list[_Result]]:
    """The results of each level of a series; a series without dates is one level."""
    if any(r.job["started_at"] is None for r in group):
        return [list(group)]
    return [[group[i] for i in part] for part in levels([r.number for r in group])]


def _outside_of_series(ledger: Ledger, group: Sequence[_Result], level: float) -> Iterator[_Outside]:
    """The outliers among the repeats of one setting."""
    for part in _parts(group):
        found = set(outliers([r.number for r in part], level * len(part)))
        others = [float(r.value.value) for i, r in enumerate(part) if i not in found]
        middle = statistics.median(others)
        least = _FAR * _MIN_REACH * abs(middle)
        far = [part[i] for i in sorted(found) if _worse_by(part[i], middle) > least + (part[i].value.resolution or 0.0)]
        if far:
            yield _Outside(far, _span(ledger, [r for i, r in enumerate(part) if i not in found]))


def _span(ledger: Ledger, others: Sequence[_Result]) -> str:
    """`its repeats: 30 other runs with the same settings span 173.6 to 176.6 s`."""
    ends = (min(others, key=lambda r: r.number), max(others, key=lambda r: r.number))
    least, most = (shown(ledger, r.job, r.column) for r in ends)
    if least == most:
        return f"its repeats: {len(others)} other runs with the same settings have {least}"
    number, _, unit = least.partition(" ")
    first = number if most.partition(" ")[2] == unit else least
    return f"its repeats: {len(others)} other runs with the same settings span {first} to {most}"


def _spread(ledger: Ledger, group: Sequence[_Result]) -> Spread | None:
    """The public runs with the settings of a series."""
    job, column = group[0].job, group[0].column
    for spread in spreads.of(job["platform"], job["workload"], job["task"], column):
        if spread.n >= _FEWEST and _same(job, spread, column) and not _has_other_settings(ledger, job, spread):
            return spread
    return None


def _is_beyond_reach(result: _Result, spread: Spread) -> bool:
    """Whether a result is far from the range of public runs."""
    reach = max(spread.greatest - spread.median, spread.median - spread.least, _MIN_REACH * abs(spread.median))
    return _worse_by(result, spread.median) > _FAR * reach + (result.value.resolution or 0.0)


def _is_beyond_noise(result: _Result, spread: Spread, noise: Pool, level: float) -> bool:
    """Whether a result is outside the prediction interval of public runs, given the noise of repeats in these logs."""
    values = Sample(tuple(math.log(v) if result.is_ratio else v for v in spread.values))
    public = Pool(values.squares, values.n - 1)
    pool = noise.with_public(public) if noise.dof >= _FEWEST_DOF else public
    return abs(result.number - values.mean) > quantile(pool.dof, level) * math.sqrt(pool.variance * (1 + 1 / values.n))


def _worse_by(result: _Result, usual: float) -> float:
    """By how much a result is worse than usual, in its unit."""
    value = float(result.value.value)
    return usual - value if _higher(result.job, result.column) else value - usual


# ---- public runs ---- #


def _settings(spread: Spread) -> str:
    """`dataset mnist, epochs 10`: the settings of a spread."""
    qualifiers = ("score_name", "throughput_window", "train_includes")
    return ", ".join(f"{n.replace('_', ' ')} {v}" for n, v in spreads.settings(spread.setting) if n not in qualifiers)


def _more_training(job: Job, spread: Spread | None) -> str:
    """` (epochs 20)`: the amounts of training that exceed those of the spread."""
    settings = spreads.settings(spread.setting) if spread is not None else ()
    more = [f"{n} {job[n]:,}" for n, v in settings if n in BUDGET and job[n] != float(v)]
    return f" ({', '.join(more)})" if more else ""


def _higher(job: Job, column: str) -> bool:
    """Whether higher is better."""
    return job["score_name"] not in LOWER_SCORES if column == "score" else QUANTITIES[column].better == "higher"


def _same(job: Job, spread: Spread, column: str) -> bool:
    """Whether the job's log states every setting of the spread with the same value (for a score: no less training)."""
    for name, text in spreads.settings(spread.setting):
        value = job[name]
        if value is None:
            return False
        if not isinstance(value, (int, float)):
            if str(value) != text:
                return False
        elif not (value >= float(text) if column == "score" and name in BUDGET else value == float(text)):
            return False
    return True


def _has_other_settings(ledger: Ledger, job: Job, spread: Spread) -> bool:
    """Whether a setting is stated or claimed for the job that the runs of the spread do not share."""
    shared = {name for name, _ in spreads.settings(spread.setting)}
    if shared & set(BUDGET):  # other counts of the amount of training follow from the one that is shared
        shared |= set(BUDGET)
    if job["micro_batch_size"] is not None and job["micro_batch_size"] == job["batch_size"]:
        shared.add("micro_batch_size")
    values = {name: ledger.value(job, name).value for name in SETTINGS} | {c.name: c.number for c in from_names(job)}
    shared |= {
        name for name in ("devices", "ranks") if values[name] == 1
    }  # not every log states that there is only one
    return any(value is not None for name, value in values.items() if name not in shared | _NOT_OF_A_PROGRAM)
