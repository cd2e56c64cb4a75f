"""Not the same amount of training.

What it does
    Compares how many samples the runs set side by side saw (where not all logs tell: how many epochs, or steps of one
    batch size). Silent where the amount is what is studied (`--by epochs`, `steps`, `samples`) and for runs without a
    result.

Why it matters
    A run that saw more samples took longer and has the lower loss for that reason alone. Equal steps at different batch
    sizes are different budgets.

Example
    BERT-large on Cerebras, 1,000 steps each: batch 512, 1024 and 2048 saw 512,000, 1,024,000 and 2,048,000 samples. The
    final losses rank them one way, the losses at 409,600 samples another.

What to do
    Hold them at the same point (`--at samples`, `--target 'loss<=7.3'`), compare rates instead of times, or declare the
    amount as what is studied (`--by epochs`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from logparse.comparison.compare import Comparison
from logparse.comparison.jobs import Job
from logparse.comparison.phrases import by_text, by_value, claimed, jobs_of, same_workload, with_labels
from logparse.comparison.settings import BUDGET
from logparse.findings import Finding, Scene

ID = "F05"
OF_ONE_RUN = False
_TRIFLE = 0.01
"""Share by which the amounts may differ: a last batch that is not full is no other budget."""


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for each set of training runs that did not see the same number of samples."""
    for comparison in scene.comparisons:
        found = _amounts(comparison)
        if comparison.by in BUDGET or found is None:
            continue
        column, amounts = found
        jobs = [job for some in amounts.values() for job in some]
        weak = comparison.scaling is not None and comparison.scaling.kind == "weak"
        yield Finding(
            "warning",
            _text(scene, column, amounts),
            jobs,
            # Constant work a rank: times may be compared, that is what weak scaling is.
            ("loss", "score") if weak else ("loss", "score", "train_s", "result_s", "wall_s"),
            scene.ledger.places(jobs, column, "steps", "batch_size"),
        )


def _amounts(comparison: Comparison) -> tuple[str, Mapping[int, list[Job]]] | None:
    """The column that tells how much was trained, and its values with their jobs; None where they do not differ."""
    ledger = comparison.ledger
    jobs = [job for job in jobs_of(same_workload(comparison)) if job.main["task"] == "train" and job.has_result]
    held = {column: by_value(ledger, jobs, column) for column in ("samples", "epochs", "steps")}
    if len(by_value(ledger, jobs, "batch_size")) > 1:
        del held["steps"]
    told = [c for c, values in held.items() if sum(map(len, values.values())) == len(jobs)]
    for column in told[:1] or held:
        values = held[column]
        if len(values) > 1 and not math.isclose(min(values), max(values), rel_tol=_TRIFLE):
            return column, dict(sorted(values.items()))
    return None


def _text(scene: Scene, column: str, amounts: Mapping[int, Sequence[Job]]) -> str:
    told = with_labels(by_text(scene.ledger, column, amounts, "{:,}".format))
    if column != "samples":
        return f"The runs were trained for different numbers of {column}: {told}."
    jobs = [job for some in amounts.values() for job in some]
    steps = {scene.ledger.value(job, "steps").value for job in jobs}
    batches = {scene.ledger.value(job, "batch_size").value for job in jobs}
    if len(steps) == 1 and None not in steps and len(batches) > 1:
        each = f"At {steps.pop():,} steps each{claimed(scene.ledger, jobs, 'steps')}"
        return f"{each} the runs saw different numbers of samples, since the batch differs: {told}."
    return f"The runs saw different numbers of samples: {told}."
