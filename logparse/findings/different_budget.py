"""The runs differ in the amount of training.

What it does
    Compares the number of samples that the compared runs saw (if not every log states it: the number of epochs, or of
    steps at one batch size). Amounts within 1 % count as equal. Silent where the amount is what is studied (by
    `epochs`, `steps` or `samples`), for runs without a result, and for runs that stop when they reach a target: there
    the amount is a result, not a budget.

Why it matters
    A run that saw more samples takes longer and reaches a lower loss for that reason alone. Equal steps at different
    batch sizes are different budgets.

Example
    BERT-large on Cerebras, 1,000 steps each: batch sizes 512, 1024 and 2048 saw 512,000, 1,024,000 and 2,048,000
    samples. The final losses rank the runs one way, the losses at 409,600 samples another.

What to do
    Compare at the same point (`at="samples"`), or by when each run reached a target (`target="loss<=7.3"`), compare
    rates instead of times, or declare the amount as what is studied (`by="epochs"`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from logparse.comparison import budget
from logparse.comparison.compare import Comparison
from logparse.comparison.jobs import Job
from logparse.comparison.phrases import by_text, by_value, claimed, jobs_of, same_workload, with_labels
from logparse.comparison.settings import BUDGET
from logparse.findings import Finding, Scene

ID = "F05"


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for each set of training runs that did not see the same number of samples."""
    for comparison in scene.comparisons:
        found = _amounts(comparison)
        if comparison.by in BUDGET or found is None:
            continue
        column, amounts = found
        jobs = [job for group in amounts.values() for job in group]
        weak = comparison.scaling is not None and comparison.scaling.kind == "weak"
        yield Finding(
            "warning",
            _text(scene, column, amounts),
            jobs,
            # With constant work per rank (weak scaling), times can be compared.
            ("loss", "score") if weak else ("loss", "score", "train_s", "result_s", "wall_s"),
            scene.ledger.locations(jobs, column, "steps", "batch_size"),
        )


def _amounts(comparison: Comparison) -> tuple[str, Mapping[int, list[Job]]] | None:
    """The column that states the amount of training, and its values with their jobs; None where they do not differ."""
    ledger = comparison.ledger
    trained = [job for job in jobs_of(same_workload(comparison)) if job.main["task"] == "train" and job.has_result]
    jobs = [job for job in trained if not budget.stops_at_target(ledger, job)]
    amounts = {column: by_value(ledger, jobs, column) for column in ("samples", "epochs", "steps")}
    if len(by_value(ledger, jobs, "batch_size")) > 1:
        del amounts["steps"]
    complete = [c for c, values in amounts.items() if sum(map(len, values.values())) == len(jobs)]
    for column in complete[:1] or amounts:
        values = amounts[column]
        if len(values) > 1 and not budget.equal(values):
            return column, dict(sorted(values.items()))
    return None


def _text(scene: Scene, column: str, amounts: Mapping[int, Sequence[Job]]) -> str:
    groups = with_labels(by_text(scene.ledger, column, amounts, "{:,}".format))
    if column != "samples":
        return f"The runs were trained for different numbers of {column}: {groups}."
    jobs = [job for group in amounts.values() for job in group]
    steps = {scene.ledger.value(job, "steps").value for job in jobs}
    batches = {scene.ledger.value(job, "batch_size").value for job in jobs}
    if len(steps) == 1 and None not in steps and len(batches) > 1:
        each = f"At {steps.pop():,} steps each{claimed(scene.ledger, jobs, 'steps')}"
        return f"{each} the runs saw different numbers of samples, since the batch size differs: {groups}."
    return f"The runs saw different numbers of samples: {groups}."
