"""The scores are of different kinds.

What it does
    Checks whether the scores of the compared runs are of one kind (accuracy, F1, word error rate …), over one data set,
    and over the same number of items, as far as the logs state.

Why it matters
    90 % accuracy is neither more nor less than 0.86 Spearman, and with fewer test items an accuracy varies more by
    chance.

Example
    Two sentence models on a GroqChip: bert_tiny reports accuracy, MiniLM a Spearman correlation.

What to do
    Evaluate both on the same data set with the same score.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.noise import items_of
from logparse.comparison.phrases import by_text, by_value, jobs_of, same_workload, with_labels
from logparse.findings import Finding, Scene
from logparse.schema import VOCABULARY

ID = "F13"
OF_ONE_RUN = False


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for each set of runs whose scores differ in kind, or else in data set, or else in items."""
    for comparison in scene.comparisons:
        jobs = jobs_of(same_workload(comparison))
        scored = [job for job in jobs if job.has_result and scene.ledger.value(job, "score").known]
        for what, column, groups in _kinds(scene.ledger, scored):
            if len(groups) > 1:
                jobs = [job for group in groups.values() for job in group]
                values = with_labels(by_text(scene.ledger, column, groups, _word))
                yield Finding(
                    "warning",
                    f"The scores differ in {what}: {values}.",
                    jobs,
                    ("score",),
                    scene.ledger.locations(jobs, "score"),
                )
                break


def _kinds(ledger: Ledger, jobs: list[Job]) -> Iterator[tuple[str, str, dict[Any, list[Job]]]]:
    """How scores may differ, the column that states it, and its values with their jobs."""
    for what, column in (("kind", "score_name"), ("data set", "dataset")):
        yield what, column, by_value(ledger, jobs, column)
    items: dict[int, list[Job]] = {}
    for job in jobs:
        if (count := items_of(ledger, job)) is not None:
            items.setdefault(count, []).append(job)
    yield "number of items", "dataset", items


def _word(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return str(value).replace("_", " ") if value in VOCABULARY else str(value)
