"""The runs compared did not do the same work.

What it does
    Looks at the workloads and tasks of the sides of a comparison.

Why it matters
    No ratio between them means anything: a small model on one machine is faster than a large one on another, and
    nothing is learned of the machines.

Example
    BERT-large on one platform, MNIST on the second, a tiny BERT on the third.

What to do
    Compare runs of one workload and task; look at the others each for itself.
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
OF_ONE_RUN = False
_WORK = ("workload", "task")


def find(scene: Scene) -> Iterator[Finding]:
    """An error for a comparison with sides whose work is not that of the baseline."""
    for comparison in scene.comparisons:
        cells = [SideValues(side, ()) for side in comparison.sides]
        first = cells[comparison.baseline]
        others: dict[str, list[Job]] = {}
        for c in cells:
            if workload_difference(scene.ledger, first, c):
                for job in c.side.jobs:
                    others.setdefault(_work(scene.ledger, job), []).append(job)
        if others:
            base = first.side.jobs
            told = "; ".join(f"{work} ({labels(jobs)})" for work, jobs in others.items())
            jobs = [*base, *(job for some in others.values() for job in some)]
            yield Finding(
                "error",
                f"Not the same work, so not ranked against {labels(base)} ({_work(scene.ledger, base[0])}): {told}.",
                jobs,
                (),
                scene.ledger.places(jobs, *_WORK),
            )


def _work(ledger: Ledger, job: Job) -> str:
    """`mnist, training`."""
    workload, kind = (ledger.value(job, column).value for column in _WORK)
    told = (one_line(str(workload)) if workload else None, task(str(kind)) if kind else None)
    return (", ".join(filter(None, told)) or "not known") + claimed(ledger, [job], *_WORK)
