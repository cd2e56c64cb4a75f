"""Something failed after the result was there: the result stands.

What it does
    Names the runs that reached their end and have their result, after which a check of the program failed (a gate on
    throughput or quality), or the tearing down.

Why it matters
    The log ends with a traceback, and a scheduler calls the job failed; who goes by that throws away a valid
    measurement. The check itself says that the result was not what its author expected.

Example
    BertLarge on SambaNova: all 505 steps ran, and then an assertion wanted 560,000 tokens/s where 294,488 were reached.

What to do
    Use the result. Ask why the check failed: it may be meant for another number of ranks or another machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import clauses, first_error, location, quoted
from logparse.findings import Finding, Scene
from logparse.text.terminal import one_line

ID = "F16"
OF_ONE_RUN = True

Message = Mapping[str, Any]
"""A row of `messages`."""


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for all runs in which a check failed after the result, and one for those with another error."""
    ended = [job for job in scene.jobs if job.main["status"] == "completed_with_errors"]
    gated = [(job, gate) for job in ended if (gate := _gate(scene.ledger, job)) is not None]
    if gated:
        told = [f"{_ran(job)}; then a check failed, {quoted(gate['text'] or '')}" for job, gate in gated]
        yield _finding(f"{clauses(told)}. {_stand(len(gated))}.", gated)
    rest = [job for job in ended if job not in [job for job, _ in gated]]
    others = [(job, error) for job in rest if (error := first_error(scene.ledger, job)) is not None]
    if others:
        told = [f"{one_line(job.label)}, {quoted(error['text'] or '')}" for job, error in others]
        yield _finding(
            f"Came to an end with a result, though not all went well: {clauses(told)}. What was measured stands.",
            others,
        )


def _finding(text: str, found: Sequence[tuple[Job, Message]]) -> Finding:
    return Finding("warning", text, [job for job, _ in found], (), [location(error) for _, error in found])


def _ran(job: Job) -> str:
    steps = job["steps"]
    return f"{one_line(job.label)}: {f'all {steps:,} steps ran' if steps else 'the work reached its end'}"


def _stand(runs: int) -> str:
    return "The result stands" if runs == 1 else "The results stand"


def _gate(ledger: Ledger, job: Job) -> Message | None:
    return next(ledger.messages(job).filter(pl.col("kind") == "gate").iter_rows(named=True), None)
