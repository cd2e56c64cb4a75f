"""The times of the sides include different phases.

What it does
    Checks what each compared time includes on each side: what the training time includes besides the steps
    (`train_includes`), and how much evaluation, saving, loading, compiling and waiting the longer clocks include.
    Phases below 1 % of the time are ignored. A compile that was a cache hit on the other side is a separate finding
    (compile-cached).

Why it matters
    Part of the difference then comes from what was timed, not from what was studied. Training times that include
    different phases are shown but not ranked.

Example
    Two trainings of one model on Cerebras: one evaluated after each epoch and took 6 minutes longer, the other never
    evaluated.

What to do
    Compare training alone (`clock="train"`), or subtract what only one side includes: `logparse phases` lists each
    phase. If the training time itself differs in scope, compare steady rates.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from logparse.comparison.clocks import clock
from logparse.comparison.compare import Comparison
from logparse.comparison.jobs import Job
from logparse.comparison.phrases import durations, jobs_of, labels, same_workload
from logparse.findings import Finding, Scene
from logparse.text.labels import PHASES, included_text

ID = "F03"

_REPORTED, _LARGE = 0.01, 0.1
"""Share of a time from which a phase is reported, and from which it is a warning."""


def find(scene: Scene) -> Iterator[Finding]:
    """A warning where training times, or large parts of the other clocks, differ in scope; a note on small parts."""
    for comparison in scene.comparisons:
        yield from _training(comparison)
        yield from _parts(comparison, ("result_s", "wall_s"), ("compile", "load", "eval", "checkpoint"))
        yield from _parts(comparison, ("wall_s",), ("queue",))


def _training(comparison: Comparison) -> Iterator[Finding]:
    ledger = comparison.ledger
    jobs = jobs_of(same_workload(comparison))
    timed = [job for job in jobs if job.has_result and ledger.value(job, "train_s").known]
    groups: dict[str, list[Job]] = {}
    for job in timed:
        groups.setdefault(job["train_includes"] or "", []).append(job)
    if len(groups) > 1:
        texts = [f"{included_text(phases)} ({labels(jobs)})" for phases, jobs in groups.items()]
        yield Finding(
            "warning",
            f"The training times include different phases: {'; '.join(texts)}.",
            timed,
            ("train_s", "throughput"),
            ledger.locations(timed, "train_includes"),
        )


def _parts(comparison: Comparison, clocks: Sequence[str], phases: Sequence[str]) -> Iterator[Finding]:
    """One finding for the parts of these clocks that only some of the jobs have."""
    ledger = comparison.ledger
    name = clocks[0].removesuffix("_s")
    wholes = {
        job.id: whole.value
        for job in jobs_of(same_workload(comparison))
        if job.has_result and ((whole := clock(ledger, job, name)).value or 0) > 0
    }
    timed = [job for job in comparison.jobs if job.id in wholes]
    texts, affected, shares = [], [], []
    for phase in phases:
        column = f"{phase}_s"
        with_it = [job for job in timed if (job[column] or 0) >= _REPORTED * wholes[job.id]]
        without = [job for job in timed if not job[column]]
        if not with_it or not without or (phase == "compile" and _cached(timed)):
            continue
        texts.append(
            f"{PHASES[phase]} ({durations(ledger, with_it, column)}, {labels(with_it)}), but the log of "
            f"{labels(without)} has none"
        )
        affected += [*with_it, *without]
        shares.append(statistics.median(job[column] / wholes[job.id] for job in with_it))
    if texts:
        jobs = list({job.id: job for job in affected}.values())
        yield Finding(
            "warning" if max(shares) >= _LARGE else "note",
            f"The {name} time of some runs includes {'; '.join(texts)}.",
            jobs,
            clocks,
            ledger.locations(jobs, *(f"{phase}_s" for phase in phases)),
        )


def _cached(jobs: Sequence[Job]) -> bool:
    """Whether some compiled and some had a compile cache hit."""
    return {"miss", "hit"} <= {job["compile_cache"] for job in jobs}
