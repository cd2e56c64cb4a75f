"""Blocks: the jobs of one platform, workload and task, which may be compared with each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from logparse.arguments import OneOrMany, as_tuple
from logparse.comparison import sides as sides_
from logparse.comparison.change import at_time, before_after, experiments, time_text
from logparse.comparison.claims import Claim
from logparse.comparison.compare import Comparison, began, check, compare_jobs, matching, of_parts, of_sides
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.select import select
from logparse.comparison.sides import Side
from logparse.comparison.workloads import WORKLOAD, by_workload, shared
from logparse.errors import UsageError
from logparse.logs import Logs
from logparse.text.labels import one_line

_SIDES = 12
"""Jobs of a block up to which each is a side; with more, the repeats of an experiment form one side."""


@dataclass(frozen=True)
class Block:
    """Jobs of one workload, and their comparison if there are two sides or more."""

    heading: str
    jobs: tuple[Job, ...]
    comparison: Comparison | None = None
    alone: str = "no other run has the same workload and task"
    """Why there is no comparison."""


def blocks(
    ledger: Ledger,
    jobs: Iterable[Job] | None = None,
    *,
    by: str | None = None,
    baseline: str | None = None,
    clock: str | None = None,
    per: str | None = None,
    points: Sequence[str] = (),
    targets: Sequence[str] = (),
) -> list[Block]:
    """The blocks of these jobs (default: all), in the order of the first job of each. If `by` is the platform, the
    workload or the task, jobs of one block may differ in it. The other arguments are those of `compare`.

    Raises:
        UsageError: no block has a side that `baseline` matches, or one has several; or no log states the column `by`.
    """
    columns = [c for c in WORKLOAD if c != by]
    groups = [group for _, group in by_workload(ledger, jobs or ledger.jobs, columns, task_of_submissions=False)]
    all_sides = [_sides(ledger, group, by) for group in groups]
    if by is not None:
        _require_stated(all_sides, by)
    found = []
    named = False
    for group, sides in zip(groups, all_sides, strict=True):
        base = _baseline(sides, baseline)
        named = named or base is not None
        compared = of_sides(ledger, sides, base, clock, per, points, targets, by) if len(sides) > 1 else None
        found.append(Block(heading(ledger, group), tuple(group), compared))
    if baseline is not None and not named:
        raise _no_such_baseline(baseline, all_sides)
    return found


_ONE_TABLE = 4
"""Runs up to which runs of different workloads are one table, which says that they are not ranked: few runs were
probably chosen."""


def compared(
    logs: Logs | Ledger,
    runs: OneOrMany[str] = (),
    *,
    where: str | None = None,
    by: str | None = None,
    change: str | date | None = None,
    baseline: str | None = None,
    clock: str | None = None,
    per: str | None = None,
    claims: OneOrMany[str | Claim] = (),
    at: OneOrMany[str] = (),
    target: OneOrMany[str] = (),
) -> list[Block]:
    """As `compare`, but without names of runs each platform, workload and task has a comparison of its own. A block
    with only one side has none. With `change`, each experiment, or each value of `by`, has a comparison of its own.

    Raises:
        UsageError: see `compare`; and where no block has two sides.
    """
    selection = select(logs, runs, where=where, baseline=baseline, claims=claims)
    ledger, jobs = selection.ledger, selection.jobs
    check(by, clock, per)
    if change is not None:
        return _changed(
            ledger, jobs, at_time(change), by, baseline, clock, per, points=as_tuple(at), targets=as_tuple(target)
        )
    if not runs and len(jobs) > _ONE_TABLE:
        found = blocks(
            ledger, jobs, by=by, baseline=baseline, clock=clock, per=per, points=as_tuple(at), targets=as_tuple(target)
        )
        if len(found) > 1:
            if all(block.comparison is None for block in found):
                raise UsageError("there is nothing to compare: no two runs have the same workload and task")
            return found
    comparison = compare_jobs(ledger, jobs, by, baseline, clock, per, as_tuple(at), as_tuple(target))
    return [Block(heading(ledger, jobs), tuple(jobs), comparison)]


def _changed(
    ledger: Ledger,
    jobs: Sequence[Job],
    change: datetime,
    by: str | None,
    baseline: str | None,
    clock: str | None,
    per: str | None,
    points: Sequence[str],
    targets: Sequence[str],
) -> list[Block]:
    """A block for each experiment: the runs before the change and those since then."""
    found = []
    named = False
    workloads = [group for _, group in by_workload(ledger, jobs, task_of_submissions=False)]
    groups = [experiments(ledger, group) if by is None else _sides(ledger, group, by) for group in workloads]
    if by is not None:
        _require_stated(groups, by)
    for sides in groups:
        for parts in before_after(sides, change):
            title = heading(ledger, parts.jobs)
            if parts.missing is not None:
                found.append(Block(title, parts.jobs, alone=parts.missing))
                continue
            base = _baseline(parts.sides, baseline)
            named = named or base is not None
            compared = of_parts(ledger, parts, base, clock, per, points, targets)
            found.append(Block(title, parts.jobs, compared))
    if all(block.comparison is None for block in found):
        raise UsageError(
            f"there is nothing to compare: no setting has runs before and since {time_text(change)}; {began(jobs)}"
        )
    if baseline is not None and not named:
        raise _no_such_baseline(baseline, [block.comparison.sides for block in found if block.comparison is not None])
    return found


def _require_stated(groups: Iterable[Sequence[Side]], column: str) -> None:
    """Raises `UsageError` where none of these sides has a value of the column."""
    if all(side.label == f"{column} ?" for sides in groups for side in sides):
        raise sides_.not_stated(column)


def _no_such_baseline(baseline: str, sides: Iterable[Sequence[Side]]) -> UsageError:
    labels = ", ".join(one_line(side.label) for block in sides for side in block[:8])
    return UsageError(f"baseline {baseline!r}: there is no such side; the sides are {labels}")


def _sides(ledger: Ledger, jobs: Sequence[Job], by: str | None) -> list[Side]:
    if by is not None:
        if all(ledger.value(job, by).value is None for job in jobs):
            return [Side(f"{by} ?", tuple(jobs))]
        return sides_.by(ledger, jobs, by)
    if len(jobs) <= _SIDES:
        return sides_.one_each(jobs)
    return sides_.by(ledger, jobs, "group") if any(job["group"] is not None for job in jobs) else sides_.one_each(jobs)


def _baseline(sides: Sequence[Side], name: str | None) -> str | None:
    """The label of the side that `name` matches; None if there is none. Raises `UsageError` if it matches several."""
    found = [] if name is None else [sides[i].label for i in matching(sides, name)]
    if len(found) > 1:
        raise UsageError(f"baseline {name!r} is ambiguous: {', '.join(map(one_line, found))}")
    return found[0] if found else None


def heading(ledger: Ledger, jobs: Sequence[Job]) -> str:
    """`cerebras · bert_large, train`: what these jobs have in common."""
    platform, *workload = (shared(ledger, jobs, column) for column in WORKLOAD)
    name = ", ".join(one_line(w) for w in workload if w)
    if not name and len(jobs) == 1:
        name = one_line(jobs[0].label)
    return " · ".join(filter(None, [platform, name])) or "several workloads"
