"""Jobs: one piece of work, which may have several logs (that of the submission and that of the run)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import polars as pl

from logparse.cells import Run
from logparse.schema import TEXT
from logparse.selection import run_names

RESULT = frozenset({"completed", "completed_with_errors"})
"""Status of a run that reached its end and so has a result."""
_MAX_GAP = timedelta(days=7)
"""The logs of a job begin within this time: job numbers are reused eventually."""


@dataclass(frozen=True)
class Job:
    """One job: the run that did the work, and the runs in its other logs."""

    main: Run
    others: tuple[Run, ...] = ()
    name: str | None = None
    """What it is called among the jobs that are shown. Default: the label of its run."""

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """All rows of `runs` of this job, the one that did the work first."""
        return (self.main, *self.others)

    def __repr__(self) -> str:
        return f"Job({self.label!r}, {self.id})"

    @property
    def ids(self) -> list[str]:
        """The ids of all its runs."""
        return [run["run"] for run in self.runs]

    @cached_property
    def id(self) -> str:
        """The id of the run that did the work, used as the id of the job."""
        return str(self.main["run"])

    @property
    def label(self) -> str:
        """Display name."""
        return self.name or str(self.main["label"])

    @property
    def names(self) -> tuple[str, ...]:
        """What a user may call it: its display name and the label of its run."""
        return tuple(dict.fromkeys([self.label, str(self.main["label"])]))

    @property
    def has_result(self) -> bool:
        """Whether the work reached its end."""
        return self.main["status"] in RESULT

    def __getitem__(self, column: str) -> Any:
        """The value of a column: from the run that did the work, else from the others; None where no log states it."""
        value = self.main[column]
        if value is not None or not self.others:
            return value
        return next((run[column] for run in self.others if run[column] is not None), None)


def jobs(runs: pl.DataFrame, shown: Collection[str] | None = None) -> list[Job]:
    """The jobs of `runs`, in the order of their first row.

    shown: ids of the runs that are shown, whose names distinguish them from each other. Default: all.

    A run that only submitted or compiled belongs to the run that did the work if platform and job number are equal,
    the systems do not differ, and both began within a week.
    """
    rows = runs.with_columns(pl.col(pl.Categorical).cast(TEXT)).rows(named=True)
    workers: dict[tuple[str, str | None], list[Run]] = {}
    for row in rows:
        if row["job_id"] is not None and row["status"] != "submitted":
            workers.setdefault((row["platform"], row["job_id"]), []).append(row)
    submissions: dict[str, list[Run]] = {}
    for row in rows:
        if row["status"] == "submitted":
            matching = [w for w in workers.get((row["platform"], row["job_id"]), ()) if _together(row, w)]
            if matching:
                submissions.setdefault(min(matching, key=lambda w: _gap(row, w))["run"], []).append(row)
    called = run_names(runs) if shown is None else {**run_names(runs), **run_names(runs, shown)}
    return list(_in_order(rows, submissions, called))


def _in_order(
    rows: Sequence[Run], submissions: Mapping[str, Sequence[Run]], called: Mapping[str, str]
) -> Iterator[Job]:
    """The jobs, each at the position of its first log."""
    main: dict[str, str] = {other["run"]: run for run, others in submissions.items() for other in others}
    by_id = {row["run"]: row for row in rows}
    seen: set[str] = set()
    for row in rows:
        run = main.get(row["run"]) or str(row["run"])
        if run not in seen:
            seen.add(run)
            yield Job(by_id[run], tuple(submissions.get(run, ())), called[run])


def _together(a: Run, b: Run) -> bool:
    same_system = a["system"] is None or b["system"] is None or a["system"] == b["system"]
    return same_system and _gap(a, b) <= _MAX_GAP


def _gap(a: Run, b: Run) -> timedelta:
    """Time between the two beginnings; zero where one is not known."""
    if a["started_at"] is None or b["started_at"] is None:
        return timedelta()
    gap: timedelta = abs(a["started_at"] - b["started_at"])
    return gap
