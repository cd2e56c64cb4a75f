"""From what a user gives (logs, a ledger or a comparison; names of runs; a condition; claims) to the jobs it means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from logparse.arguments import OneOrMany, as_tuple
from logparse.comparison.claims import Claim, parsed, unmatched
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.errors import UsageError
from logparse.logs import Logs
from logparse.selection import find_runs
from logparse.selection import where as rows_where
from logparse.text.labels import shortened


class Compared(Protocol):
    """A comparison, as far as it matters here."""

    @property
    def ledger(self) -> Ledger: ...
    @property
    def jobs(self) -> Sequence[Job]: ...


@dataclass(frozen=True)
class Selection:
    """The selected jobs and the ledger that knows them, with all claims."""

    ledger: Ledger
    jobs: tuple[Job, ...]
    claims: tuple[Claim, ...]
    """The claims that were given with the selection."""


def select(
    what: Logs | Ledger | Compared,
    runs: OneOrMany[str] = (),
    *,
    where: str | None = None,
    baseline: str | None = None,
    claims: OneOrMany[str | Claim] = (),
) -> Selection:
    """Select jobs.

    Args:
        what: the result of `ingest`, a ledger, or a comparison, which means its jobs.
        runs: names of runs: ids, labels, parts of labels, or patterns with * over labels, ids and paths. Default: all.
        where: SQL over the columns of `runs`: only jobs with such a run.
        baseline: what the jobs will be compared with: if it names one run, that run need not satisfy `where`.
        claims: `LABEL:NAME=VALUE`: what the user states about a run.

    Raises:
        UsageError: a name matches no run, or several without being a pattern; a claim matches none of the jobs or is
            not valid; `where` is not valid.
    """
    given = parsed(claims)
    ledger = Ledger(what) if isinstance(what, Logs) else what if isinstance(what, Ledger) else what.ledger
    if given:
        ledger = ledger.with_claims([*ledger.claims, *given])
    jobs = tuple(ledger.jobs if isinstance(what, Logs | Ledger) else what.jobs)
    names: tuple[str, ...] = as_tuple(runs)
    if names:
        # In the order of the names.
        matching = {job.id: job for name in names for job in _with_runs(jobs, find_runs(ledger.logs.runs, name))}
        jobs = tuple(matching.values())
    if lost := unmatched(ledger.claims[len(ledger.claims) - len(given) :], jobs):
        labels = shortened([job.label for job in jobs], 8)
        raise UsageError(f"the claim {lost[0].label}:{lost[0].name}={lost[0].text} matches no run among {labels}")
    if where is not None:
        jobs = _where(ledger, jobs, where, baseline)
    if isinstance(what, Logs) and len(jobs) < len(ledger.jobs):  # a ledger has named its jobs
        ledger = ledger.showing(jobs)
        jobs = tuple(ledger.by_run[job.id] for job in jobs)
    return Selection(ledger, jobs, given)


def _where(ledger: Ledger, jobs: Sequence[Job], condition: str, baseline: str | None) -> tuple[Job, ...]:
    try:
        kept = rows_where(ledger.logs.frames(), "runs", condition)
    except ValueError as error:
        raise UsageError(f"where: {error}") from None
    matching = set(kept["run"].cast(pl.String))
    found = _with_runs(jobs, matching)
    if not found or baseline is None:
        return found
    try:
        (base,) = find_runs(ledger.logs.runs, baseline)
    except (UsageError, ValueError):  # the label of a side, which may be several runs
        return found
    return _with_runs(jobs, matching | {base})


def _with_runs(jobs: Sequence[Job], runs: Iterable[str]) -> tuple[Job, ...]:
    """The jobs with one of these runs."""
    ids = set(runs)
    return tuple(job for job in jobs if ids & set(job.ids))
