"""The log ends early, or the run failed.

What it does
    Names the runs without a result: those whose log stops in the middle of the work, and those that an error, a cancel
    or ^C ended before it; for these it quotes the first error.

Why it matters
    Figures of such a run are of its beginning: there is no final loss or score, and no time of the whole. It is counted
    beside the others and compared with none.

Example
    A fine-tuning on Cerebras: the appliance lost a pod at step 10, 14 minutes after the compile, and the run ended with
    a traceback.

What to do
    A log that stops may only have been copied too soon: read it again from its place. A failed run is to be run again;
    do not leave it out in silence when runs are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from logparse.comparison.jobs import Job
from logparse.comparison.phrases import clauses, first_error, listed, location, quoted
from logparse.findings import Finding, Scene
from logparse.text.location import Location
from logparse.text.terminal import one_line

ID = "F15"
OF_ONE_RUN = True


_SAID = {"interrupt": "^C", "aborted": "the log says that it was aborted"}
"""Kinds of messages whose text says no more than this."""


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for all runs whose log stops, and one for all that failed."""
    stopped = [job for job in scene.jobs if job.main["status"] == "incomplete"]
    if stopped:
        yield Finding(
            "warning",
            f"The log ends in mid-work, there is no result: {listed([_stopped(job) for job in stopped])}.",
            stopped,
            (),
            [Location(job.main["source"], job.main["line_last"]) for job in stopped],
        )
    failed = [(job, first_error(scene.ledger, job)) for job in scene.jobs if job.main["status"] == "failed"]
    if failed:
        yield Finding(
            "warning",
            f"Failed, there is no result: {clauses([_failed(job, cause) for job, cause in failed])}.",
            [job for job, _ in failed],
            (),
            [location(cause) for _, cause in failed if cause],
        )


def _stopped(job: Job) -> str:
    steps = job["steps"]
    return f"{one_line(job.label)}{f' (after {steps:,} steps)' if steps else ''}"


def _failed(job: Job, cause: Mapping[str, Any] | None) -> str:
    if cause is None:
        return one_line(job.label)
    return f"{one_line(job.label)}, {_SAID.get(cause['kind']) or quoted(cause['text'] or '')}"
