"""Waiting is more than a third of the wall time.

What it does
    Compares the time that a job waited for a scheduler or cluster with its wall time.

Why it matters
    The wall time then says more about the load of the cluster than about the run.

Example
    A Cerebras run of 4,241 s waited for 3,734 s (88 %); on another day the same run waited for 90 s.

What to do
    Compare training (`clock="train"`), or everything except waiting (`clock="result"`).
"""

from __future__ import annotations

from collections.abc import Iterator

from logparse.comparison.clocks import clock
from logparse.comparison.jobs import Job
from logparse.comparison.phrases import clauses
from logparse.findings import Finding, Scene
from logparse.text.terminal import one_line

ID = "F30"
_SHARE = 1 / 3
_LEAST_S = 60
"""Some waiting is normal: a cluster is polled every ten seconds."""


def find(scene: Scene) -> Iterator[Finding]:
    """A note (a warning in an explicit comparison) on jobs with long waits."""
    found = []
    for job in scene.jobs:
        wait = sum(run["queue_s"] or 0.0 for run in job.runs)
        wall = clock(scene.ledger, job, "wall").value
        if (wall or 0) > 0 and wait >= _LEAST_S and wait > _SHARE * wall:
            found.append((job, wait, wall))
    if found:
        jobs: list[Job] = [job for job, _, _ in found]
        texts = [
            f"{one_line(j.label)} {wait:,.0f} of {wall:,.0f} s ({wait / wall * 100:.0f} %)" for j, wait, wall in found
        ]
        yield Finding(
            "warning" if scene.shown else "note", f"Much of the wall time was waiting: {clauses(texts)}.", jobs,
            ("wall_s", "total_s", "queue_s"), scene.ledger.locations(jobs, "queue_s", "total_s"),
        )  # fmt: skip
