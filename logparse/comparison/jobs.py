"""Jobs: what one looks at as one piece of work, though its logs may be two (the submission's and the run's)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from logparse.cells import Run
from logparse.schema import TEXT

RESULT = frozenset({"completed", "completed_with_errors"})
"""Status of a run that reached its end, so that there is a result."""
_APART = timedelta(days=7)
"""Logs of one job begin within this time: job numbers start anew after a while."""


@dataclass(frozen=True)
class Job:
    """One job: the run that did the work, and the runs of its other logs."""

    main: Run
    others: tuple[Run, ...] = ()

    @property
    def runs(self) -> tuple[Run, ...]:
        """All rows of `runs` of this job, the one that did the work first."""
        return (self.main, *self.others)

    def __repr__(self) -> str:
        return f"Job({self.label!r}, {self.id})"

    @property
    def ids(self) -> list[str]:
        """Their ids."""
        return [run["run"] for run in self.runs]

    @property
    def id(self) -> str:
        """The id of the run that did the work: it stands for the job."""
        return str(self.main["run"])

    @property
    def label(self) -> str:
        """What people call it."""
        return str(self.main["label"])

    @property
    def has_result(self) -> bool:
        """Whether the work reached its end."""
        return self.main["status"] in RESULT

    def __getitem__(self, column: str) -> Any:
        """What the job's logs say of that column: the log of the work first, then the others; None where none does."""
        return next((run[column] for run in self.runs if run[column] is not None), None)


def jobs(runs: pl.DataFrame) -> list[Job]:
    """The jobs of `runs`, in the order of their first row.

    A run that only submitted or compiled belongs to the run that did the work where platform and job number are the
    same, the system is not another one, and they began within a week.
    """
    rows = runs.with_columns(pl.col(pl.Categorical).cast(TEXT)).rows(named=True)
    workers: dict[tuple[str, str | None], list[Run]] = {}
    for row in rows:
        if row["job_id"] is not None and row["status"] != "submitted":
            workers.setdefault((row["platform"], row["job_id"]), []).append(row)
    beside: dict[str, list[Run]] = {}
    for row in rows:
        if row["status"] == "submitted":
            work = [w for w in workers.get((row["platform"], row["job_id"]), ()) if _together(row, w)]
            if work:
                beside.setdefault(min(work, key=lambda w: _gap(row, w))["run"], []).append(row)
    return list(_in_order(rows, beside))


def _in_order(rows: Sequence[Run], beside: Mapping[str, Sequence[Run]]) -> Iterator[Job]:
    """Jobs where their first log stands."""
    main: dict[str, str] = {other["run"]: run for run, others in beside.items() for other in others}
    by_id = {row["run"]: row for row in rows}
    seen: set[str] = set()
    for row in rows:
        run = main.get(row["run"]) or str(row["run"])
        if run not in seen:
            seen.add(run)
            yield Job(by_id[run], tuple(beside.get(run, ())))


def _together(a: Run, b: Run) -> bool:
    same_system = a["system"] is None or b["system"] is None or a["system"] == b["system"]
    return same_system and _gap(a, b) <= _APART


def _gap(a: Run, b: Run) -> timedelta:
    """Time between the two beginnings; nothing where one is not known."""
    if a["started_at"] is None or b["started_at"] is None:
        return timedelta()
    gap: timedelta = abs(a["started_at"] - b["started_at"])
    return gap
