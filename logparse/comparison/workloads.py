"""Jobs of one workload: which jobs may be compared with each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger

WORKLOAD = ("platform", "workload", "task")
"""Columns of `runs` that are the same for all jobs of one workload."""


def by_workload(
    ledger: Ledger, jobs: Iterable[Job], columns: Sequence[str] = WORKLOAD, *, task_of_submissions: bool = True
) -> list[tuple[tuple[Any, ...], list[Job]]]:
    """The values of these columns with the jobs that have them, in the order of the first job of each.

    A job whose workload no log states is by itself where `workload` is one of the columns: nobody knows that it is the
    same as that of another. Without `task_of_submissions`, a submission shares a group with jobs of unknown task: its
    log need not state what was submitted.
    """
    groups: dict[tuple[Any, ...], list[Job]] = {}
    for job in jobs:
        stated = [c for c in columns if task_of_submissions or c != "task" or job.main["status"] != "submitted"]
        keys = tuple(ledger.value(job, column).value if column in stated else None for column in columns)
        unknown = "workload" in columns and keys[columns.index("workload")] is None
        groups.setdefault((job.id if unknown else None, *keys), []).append(job)
    return [(keys[1:], group) for keys, group in groups.items()]


def shared(ledger: Ledger, jobs: Iterable[Job], column: str) -> str | None:
    """The value of a column of `runs` that all these jobs have, as text; None where they differ or one is unknown."""
    values = {ledger.value(job, column).value for job in jobs}
    return str(values.pop()) if len(values) == 1 and None not in values else None
