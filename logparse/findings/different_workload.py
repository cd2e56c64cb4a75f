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
from logparse.comparison.refusal import different_work
from logparse.comparison.sides import Cell
from logparse.findings import Finding, Scene
from logparse.findings._words import labels

ID = "F21"
OF_ONE_RUN = False
_WORK = ("workload", "task")


def find(scene: Scene) -> Iterator[Finding]:
    """An error for a comparison with sides whose work is not that of the baseline."""
    for comparison in scene.comparisons:
        cells = [Cell(side, ()) for side in comparison.sides]
        first = cells[comparison.baseline]
        found = [(c, reason) for c in cells if (reason := different_work(scene.ledger, first, c))]
        if not found:
            continue
        column = "workload" if any(reason.startswith("workload") for _, reason in found) else "task"
        held: dict[str, list[Job]] = {}
        for cell in (first, *(c for c, _ in found)):
            for job in cell.side.jobs:
                held.setdefault(str(scene.ledger.value(job, column).value or "not known"), []).append(job)
        told = "; ".join(f"{value} ({labels(some)})" for value, some in held.items())
        jobs = [job for some in held.values() for job in some]
        yield Finding(
            "error", f"Not the same work, so nothing here is ranked: the {column}s are {told}.", jobs, (),
            scene.ledger.places(jobs, *_WORK),
        )  # fmt: skip
