"""The compared runs have different workloads.

What it does
    Compares the workloads and tasks of the sides of a comparison.

Why it matters
    No ratio between them means anything: a small model on one machine is faster than a large model on another, which
    says nothing about the machines.

Example
    BERT-large on one platform, MNIST on another, a tiny BERT on a third.

What to do
    Compare runs of one workload and task; look at the others separately.
"""

from __future__ import annotations

from collections.abc import Iterator

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import claimed, labels
from logparse.comparison.refusal import workload_difference
from logparse.comparison.sides import SideValues
from logparse.findings import Finding, Scene
from logparse.text.labels import task
from logparse.text.terminal import one_line

ID = "F21"
_COLUMNS = ("workload", "task")


def find(scene: Scene) -> Iterator[Finding]:
    """An error for a comparison with sides whose workload or task differs from the baseline's."""
    for comparison in scene.comparisons:
        cells = [SideValues(side, ()) for side in comparison.sides]
        first = cells[comparison.baseline]
        others: dict[str, list[Job]] = {}
        for c in cells:
            if workload_difference(scene.ledger, first, c):
                for job in c.side.jobs:
                    others.setdefault(_workload(scene.ledger, job), []).append(job)
        if others:
            base = first.side.jobs
            workloads = "; ".join(f"{workload} ({labels(jobs)})" for workload, jobs in others.items())
            jobs = [*base, *(job for group in others.values() for job in group)]
            yield Finding(
                "error",
                f"Different workloads, so not ranked against {labels(base)} ({_workload(scene.ledger, base[0])}): "
                f"{workloads}.",
                jobs,
                (),
                scene.ledger.locations(jobs, *_COLUMNS),
            )


def _workload(ledger: Ledger, job: Job) -> str:
    """`mnist, training`."""
    workload, kind = (ledger.value(job, column).value for column in _COLUMNS)
    words = (one_line(str(workload)) if workload else None, task(str(kind)) if kind else None)
    return (", ".join(filter(None, words)) or "not known") + claimed(ledger, [job], *_COLUMNS)
