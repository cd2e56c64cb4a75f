"""The ledger: what is known of each job, with how fine it is, where it stands, and why it is missing.

Everything above it (comparisons, findings, charts, reports) asks the ledger and not the frames, so that a value never
loses its line, its resolution or its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import polars as pl

from logparse.comparison.claims import Claim, taken
from logparse.comparison.jobs import Job, Run, jobs
from logparse.frames.resolution import resolutions
from logparse.grammar import Grammar
from logparse.logs import Logs
from logparse.schema import TEXT
from logparse.text import missing
from logparse.text.location import Place, placed
from logparse.text.missing import Reason, Why

T = TypeVar("T")


@dataclass(frozen=True)
class Value:
    """One cell: the value, or why there is none, and what it rests on."""

    value: Any = None
    resolution: float | None = None
    """Half a unit of the last digit that means something, in the unit of the value."""
    how: str = "absent"
    """As in `evidence`: read, converted, derived, inferred, estimate, claimed, absent."""
    made: str | None = None
    """How it was made from other columns, or who claims it."""
    places: tuple[Place, ...] = ()
    """Each line it rests on."""
    empty: Reason | None = None
    """Why there is no value."""

    @property
    def reason(self) -> str | None:
        """Why it is missing, or how it was made, as text."""
        return self.empty.text if self.empty else self.made

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    def is_empty(self, why: Why) -> bool:
        """Whether there is no value, and that is why."""
        return self.empty is not None and self.empty.why is why


SUBMISSION = "submission"
"""The task of a job whose work is in a log that is not here."""


class Ledger:
    """The jobs of some logs and what is known of them; claims fill in settings that no log states."""

    def __init__(self, logs: Logs, claims: Iterable[Claim] = ()) -> None:
        self.logs = logs
        self.claims = tuple(claims)
        self.jobs: list[Job] = jobs(logs.runs)
        self.grammars: Mapping[str, Grammar] = {g.name: g for g in logs.grammars}
        self.resolutions = resolutions(logs.evidence)
        self._parts: dict[str, Mapping[tuple[Any, ...], pl.DataFrame]] = {}
        self._made: dict[Hashable, Any] = {}

    @cached_property
    def by_run(self) -> dict[str, Job]:
        """Run id -> its job."""
        return {run: job for job in self.jobs for run in job.ids}

    @cached_property
    def _evidence(self) -> dict[tuple[str, str], tuple[str, str | None, tuple[Place, ...]]]:
        """(run, column) -> how, reason and places of the cells of `runs`."""
        rows = self.logs.evidence.filter(pl.col("frame") == "runs")
        told = (
            rows.select(*(pl.col(c).cast(TEXT) for c in ("run", "column", "how")), "reason", place=placed())
            .group_by("run", "column", maintain_order=True)
            .agg(pl.col("how", "reason").first(), pl.col("place").drop_nulls().unique(maintain_order=True))
        )
        return {
            (run, column): (how, reason, tuple(map(Place, places)))
            for run, column, how, reason, places in told.iter_rows()
        }

    def value(self, job: Job, column: str) -> Value:
        """What a column of `runs` is for that job: from the log that states it, else as claimed, else the reason.

        The task of a job of which only the submission is here is `submission`, whether or not it compiled.
        """
        if column == "task" and job.main["status"] == "submitted":
            return replace(self.value(job, "status"), value=SUBMISSION)
        for run in job.runs:
            if run[column] is not None:
                how, made, places = self._evidence.get((run["run"], column), ("inferred", None, ()))
                return Value(run[column], self._resolution(run, column), how, made, places)
        claim = taken(self.claims, job, column)
        if claim is not None:
            return Value(claim.number, None, "claimed", f"claimed ({claim.origin}), not in the log")
        found = [missing.read(self._evidence.get((run["run"], column), ("", None, ()))[1]) for run in job.runs]
        return Value(empty=next((r for r in found if r.why is not Why.ELSEWHERE), found[0]))

    def _resolution(self, run: Run, column: str) -> float | None:
        """How fine a value is: as its digits and stamps say, and never finer than the grammar says it can be."""
        own = self.resolutions.get((run["run"], column))
        grammar = self.grammars.get(run["platform"])
        coarse = grammar.min_resolution.get(column) if grammar else None
        return max(own or 0.0, coarse) if coarse else own

    def metrics(self, job: Job, *names: str, **where: str | None) -> pl.DataFrame:
        """Rows of `metrics` of that job with one of these names (any, where none is given), in the order of the lines;
        `scope=None` is the run's own."""
        wanted = [pl.col("name").is_in(list(names))] if names else []
        wanted += [pl.col(c).is_null() if value is None else pl.col(c) == value for c, value in where.items()]
        rows = self._of("metrics", job)
        return rows.filter(wanted) if wanted and rows.height else rows

    def phases(self, job: Job) -> pl.DataFrame:
        """Rows of `phases` of that job, the vendor's stages too."""
        return self._of("phases", job)

    def messages(self, job: Job) -> pl.DataFrame:
        """Rows of `messages` of that job."""
        return self._of("messages", job)

    def params(self, job: Job) -> pl.DataFrame:
        """Rows of `params` of that job."""
        return self._of("params", job)

    def _of(self, frame: str, job: Job) -> pl.DataFrame:
        """The rows of a frame that are of that job."""
        parts = [part for run in job.ids if (part := self._by_run(frame).get((run,))) is not None]
        if len(parts) == 1:
            return parts[0]
        return pl.concat(parts) if parts else self.logs.frames()[frame].clear()

    def _by_run(self, frame: str) -> Mapping[tuple[Any, ...], pl.DataFrame]:
        """Run -> its rows: cut once, since a job is asked for its rows many times."""
        if frame not in self._parts:
            self._parts[frame] = self.logs.frames()[frame].partition_by("run", as_dict=True)
        return self._parts[frame]

    def repeats(self, job: Job) -> list[Job]:
        """Distinct runs of the same experiment with a result; the job alone where there are no others.

        Repeats share their group, and so all settings that are known. Where the workload or the amount of training is
        not known, nothing is known to be a repeat; a look-alike (same figures to the last digit) is no second run.
        """
        if not _is_experiment(job):
            return [job]
        return self._by_group.get(job.main["group"], [job])

    @cached_property
    def _by_group(self) -> dict[str, list[Job]]:
        """Group -> its jobs with a result, look-alikes once."""
        out: dict[str, dict[tuple[Any, ...], Job]] = {}
        for job in self.jobs:
            if _is_experiment(job) and job.has_result:
                figures = tuple(job[c] for c in _FIGURES)
                out.setdefault(job.main["group"], {}).setdefault(figures, job)
        return {group: list(found.values()) for group, found in out.items()}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, asked for once: many comparisons ask the same of a job or a group."""
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made

    def places(self, jobs: Iterable[Job], *columns: str) -> list[Place]:
        """The lines that these columns of these jobs rest on."""
        return list(dict.fromkeys(p for job in jobs for c in columns for p in self.value(job, c).places))

    def with_claims(self, claims: Iterable[Claim]) -> Ledger:
        """The same jobs with these claims."""
        other = Ledger.__new__(Ledger)
        other.__dict__.update(self.__dict__, claims=tuple(claims), _made={})
        return other

    def only(self, jobs: Iterable[Job]) -> Ledger:
        """These jobs alone; the others still count as repeats, since they were read with them."""
        other = self.with_claims(self.claims)
        other.__dict__.update(jobs=list(jobs), _by_group=self._by_group)
        other.__dict__.pop("by_run", None)
        return other


_FIGURES = ("train_s", "throughput", "loss", "score", "latency_s", "on_chip_latency_s", "compile_s", "total_s")
"""Figures that no two distinct runs share to the last digit."""


def _is_experiment(job: Job) -> bool:
    run = job.main
    if run["workload"] is None or run["task"] is None or run["group"] is None:
        return False
    return run["task"] != "train" or any(run[c] is not None for c in ("epochs", "steps", "samples"))
