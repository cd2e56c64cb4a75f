"""The content of a report, whatever its format: the runs, the comparisons, the findings, the claims, the lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import polars as pl

from logparse.arguments import OneOrMany, as_tuple
from logparse.charts import view_for
from logparse.charts.trend import Change, latest_changes
from logparse.comparison import sides as sides_
from logparse.comparison.across import Across, tables
from logparse.comparison.answer import answer
from logparse.comparison.blocks import blocks, heading
from logparse.comparison.claim_verdicts import claim_verdicts
from logparse.comparison.claims import Claim
from logparse.comparison.compare import Comparison
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.select import select
from logparse.errors import UsageError
from logparse.findings import SEVERITIES, findings
from logparse.logs import Logs
from logparse.pages.option import Spelling, as_argument, as_option, with_arguments
from logparse.report.lists import Lists, ReportBlock, differs, lists
from logparse.text.labels import many, shortened
from logparse.text.terminal import one_line

What: TypeAlias = Logs | Ledger | Comparison
"""What a report can be made from."""


_ARGUMENTS = frozenset({"where", "by", "baseline", "claims", "ignore", "title", "theme", "format"})
"""Arguments of `report` that have an option of that name."""


@dataclass(frozen=True)
class Content:
    """Everything that a report shows."""

    title: str
    ledger: Ledger
    blocks: tuple[ReportBlock, ...]
    across: Across
    """The tables of the workloads that ran on several platforms."""
    lists: Lists
    findings: pl.DataFrame
    claims: pl.DataFrame
    changes: tuple[Change, ...] = ()
    """The changes over time that the chart trend shows."""
    given: Comparison | None = None
    """The comparison that the report was asked for, if it was."""
    by: str | None = None
    baseline: str | None = None
    ignore: tuple[str, ...] = ()
    command: str | None = None
    """The command that produced the report."""
    spelling: Spelling = as_option
    """How the reader gives an argument."""

    @property
    def jobs(self) -> list[Job]:
        """All jobs, in the order in which they were read."""
        return self.ledger.jobs

    @property
    def answers(self) -> list[tuple[str, str]]:
        """Of each block that is compared: its heading, and the answer in one sentence; a second one names changes over
        time."""
        return [
            (b.heading, " ".join([answer(b.comparison), *_changed(b.comparison, self.changes)]))
            for b in self.blocks
            if b.comparison is not None and b.comparison.rows
        ]

    @property
    def logs(self) -> Logs:
        """The logs of these jobs."""
        return self.ledger.logs


def content(
    what: What,
    *,
    where: str | None = None,
    by: str | None = None,
    baseline: str | None = None,
    claims: OneOrMany[str | Claim] = (),
    ignore: OneOrMany[str] = (),
    title: str | None = None,
    command: str | None = None,
) -> Content:
    """The content of a report; see `logparse.report.report`.

    Raises:
        UsageError: an option has an invalid value, or no run is left.
    """
    selection = select(what, where=where, baseline=baseline, claims=claims)
    ledger = selection.ledger.only(selection.jobs)
    if not ledger.jobs:
        raise UsageError("these logs contain no run to report on" + (f" for which {where} is true" if where else ""))
    given = what if isinstance(what, Comparison) else None
    sides_.check_column(by)
    unchanged = given is not None and not (selection.claims or where or by or baseline)
    parts = (_given(given),) if given is not None and unchanged else tuple(_report_blocks(ledger, by, baseline))
    ignored: tuple[str, ...] = as_tuple(ignore)
    found = _findings(ledger, parts, ignored)
    # A reader repeats the command with other options, or the call with other arguments.
    spelling = partial(as_option if command is not None else as_argument, taken=_ARGUMENTS)
    spelled = partial(with_arguments, spelling=spelling)
    found = found.with_columns(pl.col("advice").map_elements(spelled, return_dtype=pl.String))
    verdicts = claim_verdicts(ledger, ledger.jobs)
    conclusions = lists(ledger, parts, found, verdicts, spelled)
    over_platforms = Across(ledger, tuple(tables(ledger, ledger.jobs)))
    return Content(
        title or _title(ledger), ledger, parts, over_platforms, conclusions, found, verdicts,
        tuple(latest_changes(view_for("trend", ledger, by=by))), given if unchanged else None, by, baseline, ignored,
        command, spelling,
    )  # fmt: skip


# ---- blocks: what is compared with each other ---- #


def _given(comparison: Comparison) -> ReportBlock:
    return ReportBlock(
        heading(comparison.ledger, comparison.jobs), tuple(comparison.jobs), comparison, differs(comparison)
    )


def _report_blocks(ledger: Ledger, by: str | None, baseline: str | None) -> Iterator[ReportBlock]:
    for block in blocks(ledger, by=by, baseline=baseline):
        sentences = differs(block.comparison) if block.comparison else ()
        yield ReportBlock(block.heading, block.jobs, block.comparison, sentences)


_CHANGES = 2
"""Changes that an answer names."""


def _changed(comparison: Comparison, changes: Sequence[Change]) -> Iterator[str]:
    """A sentence on the changes over time in what is compared. The mean of a side that has runs from before and since a
    change is of neither level."""
    quantities = {row.quantity.name for row in comparison.rows}
    sides = [{job.id for job in side.jobs} for side in comparison.sides]
    ids = set().union(*sides)
    found = [c for c in changes if c.quantity in quantities and ids & c.before and ids & c.since]
    if found:
        text = shortened([f"the {change.text}" for change in found], _CHANGES, "; ")
        is_mixed = any(side & change.before and side & change.since for side in sides for change in found)
        mixed = "; means mix both levels (`compare` with `change`)" if is_mixed else ""
        yield f"{text[0].upper()}{text[1:]}{mixed}."


# ---- findings ---- #


def _findings(ledger: Ledger, blocks: Sequence[ReportBlock], ignore: Sequence[str]) -> pl.DataFrame:
    """The findings about the comparisons of the report and about single runs, the most severe first.

    A finding that both report is listed once, in the comparison's version, which states the consequences for it.
    """
    parts = [findings(block.comparison, ignore=ignore) for block in blocks if block.comparison is not None]
    reported: dict[str, set[str]] = {}
    for part in parts:
        for name, runs in part.select("name", "runs").iter_rows():
            reported.setdefault(name, set()).update(runs)
    alone = findings(ledger, ignore=ignore)
    new = [not set(runs) <= reported.get(name, set()) for name, runs in alone.select("name", "runs").iter_rows()]
    every = pl.concat([*parts, alone.filter(pl.Series(new, dtype=pl.Boolean))])
    order = pl.col("severity").replace_strict(list(SEVERITIES), list(range(len(SEVERITIES))), return_dtype=pl.Int8)
    return every.sort(order, maintain_order=True).unique("key", keep="first", maintain_order=True)


def _title(ledger: Ledger) -> str:
    """`10 jobs: bert_large, mnist and 2 more`."""
    workloads = dict.fromkeys(str(w) for job in ledger.jobs if (w := ledger.value(job, "workload").value) is not None)
    names = [one_line(w) for w in workloads]
    named = shortened(names, 3)
    return f"{counted(ledger)}{': ' + named if named else ''}"


def counted(ledger: Ledger) -> str:
    """`10 runs`, or `9 jobs (10 runs)` where some jobs have several logs."""
    runs = sum(len(job.runs) for job in ledger.jobs)
    jobs = len(ledger.jobs)
    return many(runs, "run") if runs == jobs else f"{many(jobs, 'job')} ({many(runs, 'run')})"
