"""The same run appears in several places, or two runs cannot be distinguished.

What it does
    Looks for runs of one platform with identical content, or with measured times and rates that agree exactly (with
    enough digits that two different runs would differ), whose job numbers and timestamps do not distinguish them. It
    also reports runs that were found in several places and merged.

Why it matters
    A run that counts twice looks like a repeat in perfect agreement: n is too large, and the noise too small.

Example
    Two revisions of a documentation page show the same Cerebras run, 37.164 s and 6888.4 samples/s, without timestamps.

What to do
    Keep one of them, preferably the one with the complete log.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import clauses, labels, shown
from logparse.findings import Finding, Scene
from logparse.text.location import Location
from logparse.text.terminal import one_line

ID = "F17"
_MEASURED = ("train_s", "throughput", "token_throughput", "latency_s", "compile_s", "total_s")
"""Times and rates. Losses and scores do not count: a deterministic program gives the same ones in each run."""
_HASHED = 10
"""Digits of an id that are a hash of the content; runs with equal content are numbered in the digits behind them."""
_COMMON = 2
"""Digits that repeats share anyway, since they are within about a per cent of each other."""
_ENOUGH = 4
"""Further digits that must agree: one pair of repeats in 10,000 does so by chance."""


def find(scene: Scene) -> Iterator[Finding]:
    """A note (a warning where they are compared) on runs that look identical; a note on merged runs."""
    sets = list(_alike(scene))
    if sets:
        jobs = [job for group in sets for job in group]
        yield Finding("warning" if scene.shown else "note", _text(scene.ledger, sets), jobs, (), _begins(jobs))
    merged = [job for job in scene.jobs if any(run["copies"] for run in job.runs)]
    if merged:
        verb = "appears" if len(merged) == 1 else "appear"
        text = f"{labels(merged)} {verb} in more than one place in these logs; each counts once."
        yield Finding("note", text, merged, (), _begins(merged))


def _begins(jobs: Sequence[Job]) -> list[Location]:
    """Where these runs begin."""
    return [Location(job.main["source"], job.main["line_first"]) for job in jobs]


def _text(ledger: Ledger, sets: Sequence[Sequence[Job]]) -> str:
    if len(sets) == 1:
        figures = [shown(ledger, sets[0][0], c) for c in _MEASURED if sets[0][0][c] is not None]
        return (
            f"{labels(sets[0])} agree in every digit ({', '.join(figures)}), and no job number or timestamp "
            "distinguishes them: most likely copies of one run."
        )
    texts = [f"{one_line(group[0].label)} = {labels(group[1:])}" for group in sets]
    return (
        f"{len(sets)} sets of runs agree in every digit, and no job number or timestamp distinguishes them: each is "
        f"most likely a set of copies of one run ({clauses(texts)})."
    )


def _alike(scene: Scene) -> Iterator[list[Job]]:
    """Sets of two or more runs that look identical."""
    sets: dict[tuple[object, ...], list[Job]] = {}
    for job in scene.jobs:
        keys = list(_keys(scene.ledger, job))
        group = next((sets[k] for k in keys if k in sets and not _distinguished(sets[k][0], job)), [])
        group.append(job)
        for key in keys:
            sets.setdefault(key, group)
    groups = {id(group): group for group in sets.values()}
    yield from (group for group in groups.values() if len(group) > 1)


def _keys(ledger: Ledger, job: Job) -> Iterator[tuple[object, ...]]:
    """Keys of which two identical runs share at least one."""
    yield ("values", job["platform"], job.id[:_HASHED])
    if _digits(ledger, job) >= _ENOUGH:
        yield ("figures", job["platform"], *(job[c] for c in _MEASURED))


def _digits(ledger: Ledger, job: Job) -> float:
    """Number of digits of the measured figures beyond those that repeats share."""
    known = [value for c in _MEASURED if (value := ledger.value(job, c)).value and value.resolution]
    return sum(max(0.0, math.log10(abs(v.value) / (2 * (v.resolution or 1))) - _COMMON) for v in known)


def _distinguished(a: Job, b: Job) -> bool:
    """Whether both state a job number, or a start time, and these differ."""
    return any(a[c] is not None and b[c] is not None and a[c] != b[c] for c in ("job_id", "started_at"))
