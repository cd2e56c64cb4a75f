"""Before and after a change: the runs of each experiment in two sides, those before a time and those since then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.sides import Side, names_by_settings
from logparse.comparison.workloads import by_workload
from logparse.errors import UsageError
from logparse.frames.run_defaults import SETTINGS

_ALIKE = ("model", "dataset", *(name for name in SETTINGS if name not in ("sdk_version", "seed")))
"""Columns of `runs` that are the same before and after: a change is often that of a release."""


@dataclass(frozen=True)
class BeforeAfter:
    """The runs of one experiment."""

    sides: tuple[Side, ...]
    """Those before the change and those since then; a side is missing where no run is known to belong to it."""
    undated: tuple[Job, ...]
    """The runs whose logs do not state when they began."""
    missing: str | None
    """Why there are fewer than two sides."""

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All runs of the experiment."""
        return (*(job for side in self.sides for job in side.jobs), *self.undated)


def at_time(change: str | date) -> datetime:
    """The time of a change: ISO text, a date (its beginning) or a datetime. Raises `UsageError` for other text."""
    if isinstance(change, datetime):
        return change.replace(tzinfo=None)
    if isinstance(change, date):
        return datetime.combine(change, time())
    try:
        return datetime.fromisoformat(change).replace(tzinfo=None)
    except ValueError:
        raise UsageError(f"change {change!r}: give a date or a time (2026-11-09, 2026-11-09T14:11)") from None


def time_text(change: datetime) -> str:
    """`2026-11-09`, or `2026-11-09 14:11` where it is not midnight."""
    return f"{change:%Y-%m-%d}" if change.time() == time() else f"{change:%Y-%m-%d %H:%M}"


def before_after(groups: Sequence[Side], change: datetime) -> list[BeforeAfter]:
    """The jobs of each group (see `experiments`) before the change and since then."""
    return [_split(group, change) for group in groups]


def experiments(ledger: Ledger, jobs: Sequence[Job]) -> list[Side]:
    """The jobs with the same settings, except that the release and the seed may differ. An experiment that was selected
    from several of its workload has the name that distinguishes it from these."""
    found = _alike(ledger, jobs)
    if len(found) != 1:
        return found
    selected = found[0].jobs
    of_workload = next(group for _, group in by_workload(ledger, ledger.jobs) if _contains(group, selected[0]))
    label = next(side.label for side in _alike(ledger, of_workload) if _contains(side.jobs, selected[0]))
    return [Side(label, selected)]


def _contains(jobs: Sequence[Job], job: Job) -> bool:
    return any(other.id == job.id for other in jobs)


def _alike(ledger: Ledger, jobs: Sequence[Job]) -> list[Side]:
    """The groups of jobs with the same settings, named by the settings that differ between them."""
    groups: dict[tuple[Any, ...], list[Job]] = {}
    for job in jobs:
        groups.setdefault(tuple(ledger.value(job, name).value for name in _ALIKE), []).append(job)
    several = len(groups) > 1
    sides = [Side(f"runs like {found[0].label}" if several else "runs", tuple(found)) for found in groups.values()]
    names = names_by_settings(ledger, sides) or [side.label for side in sides]
    return [Side(name, side.jobs) for name, side in zip(names, sides, strict=True)]


def _split(group: Side, change: datetime) -> BeforeAfter:
    """The sides of one experiment."""
    when = time_text(change)
    parts: dict[str, list[Job]] = {f"before {when}": [], f"since {when}": []}
    undated = []
    for job in group.jobs:
        if (began := job["started_at"]) is None:
            undated.append(job)
        else:
            parts[f"since {when}" if began >= change else f"before {when}"].append(job)
    sides = tuple(Side(f"{group.label} {part}", tuple(found)) for part, found in parts.items() if found)
    return BeforeAfter(sides, tuple(undated), next(_missing(parts), None))


def _missing(parts: dict[str, list[Job]]) -> Iterator[str]:
    empty = [part for part, found in parts.items() if not found]
    if len(empty) == len(parts):
        yield "their logs do not state when they began"
    elif empty:
        yield f"no run with the same settings is known to have begun {empty[0]}"
