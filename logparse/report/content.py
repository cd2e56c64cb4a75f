"""What a report is about, whatever form it takes: the runs, the comparisons, what is found and claimed, the lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl

from logparse.comparison import claims as claims_
from logparse.comparison import sides as sides_
from logparse.comparison.claim_verdicts import claim_verdicts
from logparse.comparison.claims import Claim
from logparse.comparison.compare import Comparison, of_sides
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.sides import Side
from logparse.comparison.workloads import WORKLOAD, by_workload, shared
from logparse.errors import UsageError
from logparse.findings import SEVERITIES, findings
from logparse.logs import Logs
from logparse.report.lists import Block, Lists, differs, lists
from logparse.schema import RUNS
from logparse.text.labels import many, shortened
from logparse.text.terminal import one_line, where

What: TypeAlias = Logs | Ledger | Comparison
"""What one may make a report of."""
_SIDES = 12
"""Runs of a block up to which each is a side; beyond, repeats of one experiment share one."""


@dataclass(frozen=True)
class Content:
    """Everything that a report shows."""

    title: str
    ledger: Ledger
    blocks: tuple[Block, ...]
    lists: Lists
    findings: pl.DataFrame
    claims: pl.DataFrame
    given: Comparison | None = None
    """The comparison that the report is of, if it is of one."""
    by: str | None = None
    baseline: str | None = None
    ignore: tuple[str, ...] = ()
    command: str | None = None
    """What made it, for people to repeat."""

    @property
    def jobs(self) -> list[Job]:
        """All jobs, in the order in which they were read."""
        return self.ledger.jobs

    @property
    def logs(self) -> Logs:
        """The logs that they stand in."""
        return self.ledger.logs


def content(
    what: What,
    *,
    where: str | None = None,
    by: str | None = None,
    baseline: str | None = None,
    claims: Iterable[str | Claim] = (),
    ignore: Iterable[str] = (),
    title: str | None = None,
    command: str | None = None,
) -> Content:
    """The content of a report; see `logparse.report.report`.

    Raises:
        UsageError: an option has no such value, or no run is left.
    """
    said = [c if isinstance(c, Claim) else claims_.claim(c) for c in claims]
    given = what if isinstance(what, Comparison) else None
    ledger = what.ledger if isinstance(what, Comparison) else what if isinstance(what, Ledger) else Ledger(what)
    ledger = ledger.with_claims([*ledger.claims, *said])
    ledger = ledger.only(_wanted(ledger, given.jobs if given else ledger.jobs, where))
    if not ledger.jobs:
        raise UsageError("there is no run in these logs to report on" + (f" of which {where} is true" if where else ""))
    if lost := claims_.unmatched(said, ledger.jobs):
        raise UsageError(f"the claim {lost[0].label}:{lost[0].name}={lost[0].text} is of no run that is reported on")
    if by is not None and by not in (*RUNS, "run"):
        raise UsageError(f"--by {by}: no column of runs is called so; there are {', '.join(RUNS)}")
    again = given is not None and not (said or where or by or baseline)
    blocks = (_given(given),) if given is not None and again else tuple(_blocks(ledger, by, baseline))
    ignored = tuple(ignore)
    found = _findings(ledger, blocks, ignored)
    verdicts = claim_verdicts(ledger, ledger.jobs)
    return Content(
        title or _title(ledger), ledger, blocks, lists(ledger, blocks, found, verdicts), found, verdicts,
        given if again else None, by, baseline, ignored, command,
    )  # fmt: skip


def _wanted(ledger: Ledger, jobs: Sequence[Job], condition: str | None) -> list[Job]:
    """The jobs of which an SQL expression over `runs` is true."""
    if condition is None:
        return list(jobs)
    try:
        kept = where(ledger.logs.frames(), "runs", condition)
    except ValueError as error:
        raise UsageError(f"--where: {error}") from None
    ids = set(kept["run"].cast(pl.String))
    return [job for job in jobs if ids & set(job.ids)]


# ---- blocks: what stands side by side ---- #


def _given(comparison: Comparison) -> Block:
    return Block(_heading(comparison.ledger, comparison.jobs), tuple(comparison.jobs), comparison, differs(comparison))


def _blocks(ledger: Ledger, by: str | None, baseline: str | None) -> list[Block]:
    """Jobs of one platform, workload and task beside each other; differences in `by` are allowed."""
    groups = [jobs for _, jobs in by_workload(ledger, ledger.jobs, [c for c in WORKLOAD if c != by])]
    all_sides = [_sides(ledger, jobs, by) for jobs in groups]
    if by is not None and all(side.label == f"{by} ?" for sides in all_sides for side in sides):
        raise UsageError(f"--by {by}: no log here states it; a claim may: --claim 'LABEL:{by}=…'")
    blocks = []
    named = False
    for jobs, sides in zip(groups, all_sides, strict=True):
        base = _baseline(sides, baseline)
        named = named or base is not None
        made = of_sides(ledger, sides, base, by=by) if len(sides) > 1 else None
        blocks.append(Block(_heading(ledger, jobs), tuple(jobs), made, differs(made) if made else ()))
    if baseline is not None and not named:
        labels = ", ".join(one_line(s.label) for sides in all_sides for s in sides[:8])
        raise UsageError(f"there is no side {baseline!r} to be the baseline; there are {labels}")
    return blocks


def _sides(ledger: Ledger, jobs: Sequence[Job], by: str | None) -> list[Side]:
    if by is not None:
        if all(ledger.value(job, by).value is None for job in jobs):
            return [Side(f"{by} ?", tuple(jobs))]
        return sides_.by(ledger, jobs, by)
    if len(jobs) <= _SIDES:
        return sides_.one_each(jobs)
    return sides_.by(ledger, jobs, "group") if any(job["group"] is not None for job in jobs) else sides_.one_each(jobs)


def _baseline(sides: Sequence[Side], name: str | None) -> str | None:
    """The label of the side that `name` means here, if it means one. Raises `UsageError` where it means several."""
    if name is None:
        return None
    for found in (
        [s.label for s in sides if name in (s.label, *(job.id for job in s.jobs))],
        [s.label for s in sides if any(name.lower() in text.lower() for text in (s.label, *(j.label for j in s.jobs)))],
    ):
        if len(found) > 1:
            raise UsageError(f"baseline {name!r} may be any of {', '.join(map(one_line, found))}")
        if found:
            return found[0]
    return None


def _heading(ledger: Ledger, jobs: Sequence[Job]) -> str:
    """`cerebras · bert_large, train`: what all these jobs share."""
    platform, *work = (shared(ledger, jobs, column) for column in WORKLOAD)
    named = ", ".join(one_line(w) for w in work if w)
    if not named and len(jobs) == 1:
        named = one_line(jobs[0].label)
    return " · ".join(filter(None, [platform, named])) or "several workloads"


# ---- findings ---- #


def _findings(ledger: Ledger, blocks: Sequence[Block], ignore: Sequence[str]) -> pl.DataFrame:
    """What is found of what the report sets side by side, and of the runs for themselves, the worst first.

    What both say is told once, as the comparison has it: it knows that the figure is compared.
    """
    parts = [findings(block.comparison, ignore=ignore) for block in blocks if block.comparison is not None]
    told: dict[str, set[str]] = {}
    for part in parts:
        for name, runs in part.select("name", "runs").iter_rows():
            told.setdefault(name, set()).update(runs)
    alone = findings(ledger, ignore=ignore)
    new = [not set(runs) <= told.get(name, set()) for name, runs in alone.select("name", "runs").iter_rows()]
    every = pl.concat([*parts, alone.filter(pl.Series(new, dtype=pl.Boolean))])
    order = pl.col("severity").replace_strict(list(SEVERITIES), list(range(len(SEVERITIES))), return_dtype=pl.Int8)
    return every.sort(order, maintain_order=True).unique("key", keep="first", maintain_order=True)


def _title(ledger: Ledger) -> str:
    """`Report on 10 runs: bert_large, mnist and 2 more`."""
    work = dict.fromkeys(str(w) for job in ledger.jobs if (w := ledger.value(job, "workload").value) is not None)
    names = [one_line(w) for w in work]
    runs = len(ledger.jobs)
    of = shortened(names, 3)
    return f"{many(runs, 'run')}{': ' + of if of else ''}"
