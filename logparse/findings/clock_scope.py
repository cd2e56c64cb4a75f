"""The sides' times do not hold the same.

What it does
    Looks at each clock that is compared for what it holds on one side and not on another: what a training time holds
    besides the steps (`train_includes`), and what the longer clocks hold of evaluation, saving, loading, compiling and,
    with waits, of waiting. What is less than 1 % of the clock is left out, and a compile that the other side found in a
    cache is another finding (compile-cached).

Why it matters
    Part of the difference is then not in what was studied but in what was timed. Training times that do not hold the
    same are shown and not ranked.

Example
    Two trainings of one model on Cerebras: one evaluated after each epoch and held the machine 6 minutes longer for it,
    the other never did.

What to do
    Compare training alone (`--clock train`), or take off what only one side holds: `logparse phases` gives each part.
    Where it is the training time itself, compare steady rates.
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
OF_ONE_RUN = False

_LEAST, _MUCH = 0.01, 0.1
"""Share of a clock from which on a part is told, and from which on it may well be the difference."""


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for each training time that holds something only on some sides, or clock that holds much of it."""
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
        told = [f"{included_text(held)} ({labels(jobs)})" for held, jobs in groups.items()]
        yield Finding(
            "warning",
            f"The training times do not hold the same: {'; '.join(told)}.",
            timed,
            ("train_s", "throughput"),
            ledger.places(timed, "train_includes"),
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
    told, touched, shares = [], [], []
    for phase in phases:
        column = f"{phase}_s"
        with_it = [job for job in timed if (job[column] or 0) >= _LEAST * wholes[job.id]]
        without = [job for job in timed if not job[column]]
        if not with_it or not without or (phase == "compile" and _cached(timed)):
            continue
        told.append(
            f"{PHASES[phase]} ({durations(ledger, with_it, column)}, {labels(with_it)}), of which the log of "
            f"{labels(without)} has none"
        )
        touched += [*with_it, *without]
        shares.append(statistics.median(job[column] / wholes[job.id] for job in with_it))
    if told:
        jobs = list({job.id: job for job in touched}.values())
        yield Finding(
            "warning" if max(shares) >= _MUCH else "note",
            f"The {name} time of some runs holds {'; '.join(told)}.",
            jobs,
            clocks,
            ledger.places(jobs, *(f"{phase}_s" for phase in phases)),
        )


def _cached(jobs: Sequence[Job]) -> bool:
    """Whether some compiled and some found the binary."""
    return {"miss", "hit"} <= {job["compile_cache"] for job in jobs}
