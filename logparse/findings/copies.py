"""The same run stands in several places, or two runs look alike and nothing tells them apart.

What it does
    Looks for runs of one platform of which everything read is the same, or the measured times and rates are (to the
    last digit, and with so many digits that two runs would differ), and whose job numbers and stamps do not tell them
    apart. It also says which runs were found in several places and folded into one.

Why it matters
    One run that counts twice looks like a repeat that agrees perfectly: n is too large, and the noise too small.

Example
    Two revisions of a page of documentation show the same Cerebras run, 37.164 s and 6888.4 samples/s, without stamps.

What to do
    Keep one of them, or the one whose log is whole.
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
OF_ONE_RUN = True
_MEASURED = ("train_s", "throughput", "token_throughput", "latency_s", "compile_s", "total_s")
"""Times and rates. Losses and scores do not count: a program without randomness gives the same in each run."""
_HASHED = 10
"""Digits of an id that hash what was read; runs without a key that read alike are numbered behind them."""
_COMMON = 2
"""Digits that repeats share anyway: they are within a per cent or so of each other."""
_ENOUGH = 4
"""Digits beyond these that must agree: by chance one pair of repeats in 10,000 would."""


def find(scene: Scene) -> Iterator[Finding]:
    """A note (a warning where they are compared) for runs that look alike; a note of what was folded."""
    sets = list(_alike(scene))
    if sets:
        jobs = [job for held in sets for job in held]
        yield Finding("warning" if scene.shown else "note", _text(scene.ledger, sets), jobs, (), _begins(jobs))
    folded = [job for job in scene.jobs if any(run["copies"] for run in job.runs)]
    if folded:
        text = f"{labels(folded)} {_stand(folded)} in more than one place here; each counts once."
        yield Finding("note", text, folded, (), _begins(folded))


def _begins(jobs: Sequence[Job]) -> list[Location]:
    """Where these runs begin."""
    return [Location(job.main["source"], job.main["line_first"]) for job in jobs]


def _stand(jobs: Sequence[Job]) -> str:
    return "stands" if len(jobs) == 1 else "stand"


def _text(ledger: Ledger, sets: Sequence[Sequence[Job]]) -> str:
    if len(sets) == 1:
        figures = [shown(ledger, sets[0][0], c) for c in _MEASURED if sets[0][0][c] is not None]
        return (
            f"{labels(sets[0])} look alike to the last digit ({', '.join(figures)}), and no job number or stamp tells "
            "them apart: most likely one run that is told more than once."
        )
    told = [f"{one_line(held[0].label)} = {labels(held[1:])}" for held in sets]
    return (
        f"{len(sets)} sets of runs look alike to the last digit, and no job number or stamp tells them apart: each is "
        f"most likely one run that is told more than once ({clauses(told)})."
    )


def _alike(scene: Scene) -> Iterator[list[Job]]:
    """Sets of two runs or more."""
    sets: dict[tuple[object, ...], list[Job]] = {}
    for job in scene.jobs:
        keys = list(_keys(scene.ledger, job))
        held = next((sets[k] for k in keys if k in sets and not _told_apart(sets[k][0], job)), [])
        held.append(job)
        for key in keys:
            sets.setdefault(key, held)
    seen = {id(held): held for held in sets.values()}
    yield from (held for held in seen.values() if len(held) > 1)


def _keys(ledger: Ledger, job: Job) -> Iterator[tuple[object, ...]]:
    """What two look-alikes share, one of it at least."""
    yield ("values", job["platform"], job.id[:_HASHED])
    if _digits(ledger, job) >= _ENOUGH:
        yield ("figures", job["platform"], *(job[c] for c in _MEASURED))


def _digits(ledger: Ledger, job: Job) -> float:
    """How many digits the measured figures have beyond those that repeats share."""
    known = [value for c in _MEASURED if (value := ledger.value(job, c)).value and value.resolution]
    return sum(max(0.0, math.log10(abs(v.value) / (2 * (v.resolution or 1))) - _COMMON) for v in known)


def _told_apart(a: Job, b: Job) -> bool:
    """Whether both state a job number or a beginning, and not the same."""
    return any(a[c] is not None and b[c] is not None and a[c] != b[c] for c in ("job_id", "started_at"))
