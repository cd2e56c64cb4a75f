"""Something failed after the result was complete: the result is valid.

What it does
    Names the runs that completed with a result, after which a check of the program failed (a gate on throughput or
    quality) or the shutdown failed.

Why it matters
    The log ends with a traceback and the scheduler reports the job as failed, so a valid measurement may be discarded.
    The failed check itself says that the result was not what its author expected.

Example
    BertLarge on SambaNova: all 505 steps ran, then an assertion required 560,000 tokens/s where 294,488 were reached.

What to do
    Use the result. Find out why the check failed: it may be meant for another number of ranks or another machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import clauses, first_error, location, quoted
from logparse.findings import Finding, Scene
from logparse.text.terminal import one_line

ID = "F16"

Message = Mapping[str, Any]
"""A row of `messages`."""


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for all runs in which a check failed after the result, and one for those with another error."""
    ended = [job for job in scene.jobs if job.main["status"] == "completed_with_errors"]
    gated = [(job, gate) for job in ended if (gate := _gate(scene.ledger, job)) is not None]
    if gated:
        texts = [f"{_ran(job)}; then a check failed, {quoted(gate['text'] or '')}" for job, gate in gated]
        stands = "The result is valid" if len(gated) == 1 else "The results are valid"
        yield _finding(f"{clauses(texts)}. {stands}.", gated)
    rest = [job for job in ended if job not in [job for job, _ in gated]]
    others = [(job, error) for job in rest if (error := first_error(scene.ledger, job)) is not None]
    if others:
        texts = [f"{one_line(job.label)}, {quoted(error['text'] or '')}" for job, error in others]
        yield _finding(
            f"Completed with a result, but with an error: {clauses(texts)}. The measurements are valid.",
            others,
        )


def _finding(text: str, found: Sequence[tuple[Job, Message]]) -> Finding:
    return Finding("warning", text, [job for job, _ in found], (), [location(error) for _, error in found])


def _ran(job: Job) -> str:
    steps = job["steps"]
    return f"{one_line(job.label)}: {f'all {steps:,} steps ran' if steps else 'the run completed'}"


def _gate(ledger: Ledger, job: Job) -> Message | None:
    return next(ledger.messages(job, kind="gate").iter_rows(named=True), None)
