"""The log ends early, or the run failed.

What it does
    Names the runs without a result: those whose last line shows work under way, and those ended by an error, a
    cancellation or ^C. For failed runs it quotes the first error. Runs of which no line proves how they ended are not
    among them.

Why it matters
    The figures of such a run cover only its beginning: there is no final loss or score, and no total time. It is
    counted, but not compared.

Example
    A fine-tuning on Cerebras: the appliance lost a pod at step 10, 14 minutes after the compile, and the run ended with
    a traceback.

What to do
    A log that ends early may have been copied too soon: read the original again. Rerun a failed run, and do not
    silently leave it out when runs are counted.
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


_CAUSES = {"interrupt": "^C", "aborted": "aborted, according to the log"}
"""Kinds of messages with a standard text."""


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for all runs whose log ends early, and one for all that failed."""
    stopped = [job for job in scene.jobs if job.main["status"] == "incomplete"]
    if stopped:
        yield Finding(
            "warning",
            f"The log ends before the run does, so there is no result: {listed([_stopped(job) for job in stopped])}.",
            stopped,
            (),
            [Location(job.main["source"], job.main["line_last"]) for job in stopped],
        )
    failed = [(job, first_error(scene.ledger, job)) for job in scene.jobs if job.main["status"] == "failed"]
    if failed:
        yield Finding(
            "warning",
            f"Failed without a result: {clauses([_failed(job, cause) for job, cause in failed])}.",
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
    return f"{one_line(job.label)}, {_CAUSES.get(cause['kind']) or quoted(cause['text'] or '')}"
