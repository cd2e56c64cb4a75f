"""The last rate in the log is not the rate of the whole run.

What it does
    Compares the last rate that a log prints with the rate of the whole run. It also reports comparisons in which some
    rates exclude the first steps and others do not.

Why it matters
    The last line is the one that people copy. It may be the rate of one step or of one window, or a mean that was reset
    after a pause. Comparing two runs by it compares accidents.

Example
    BERT on Graphcore: 754.3 samples/s at the last step, 731.7 over the whole run.

What to do
    Use the rate of the whole run (`throughput`), or of the steady steps (`steady_throughput`), on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import clauses, labels, location, shown
from logparse.findings import Finding, Scene
from logparse.text.numbers import figure
from logparse.text.terminal import one_line

ID = "F23"
_MIN_DIFFERENCE = 0.02
"""Relative difference from which a rate is reported."""
_KINDS = {
    "step": "that of one step, not of the run",
    "interval": "that of the last steps, not of the run",
    "mean": "a mean, but not that of the run",
}
"""Window of the last rate -> its meaning."""


def find(scene: Scene) -> Iterator[Finding]:
    """A note on last rates that are not the run's; a warning where some rates exclude the first steps."""
    compared = {job.id: job for comparison in scene.comparisons for job in comparison.jobs}
    found = [(job, row) for job in compared.values() if (row := _last(scene.ledger, job)) is not None]
    for kind, meaning in _KINDS.items():
        matching = [(job, row) for job, row in found if row["window"] == kind]
        if matching:
            texts = [_against(scene.ledger, job, row) for job, row in matching]
            jobs = [job for job, _ in matching]
            yield Finding(
                "note",
                f"The last rate printed is {meaning}: {clauses(texts)}.",
                jobs,
                ("throughput",),
                [p for job, row in matching for p in (location(row), *scene.ledger.value(job, "throughput").locations)],
            )
    for comparison in scene.comparisons:
        rated = [job for job in comparison.jobs if job["throughput"] is not None and job.has_result]
        late = [job for job in rated if job["throughput_window"] == "after_warmup"]
        whole = [job for job in rated if job["throughput_window"] == "whole"]
        if late and whole:
            yield Finding(
                "warning",
                f"The rate of {labels(late)} excludes the first iterations; that of {labels(whole)} is of the whole "
                "run.",
                [*late, *whole],
                ("throughput",),
                scene.ledger.locations([*late, *whole], "throughput_window", "throughput"),
            )


_LAST_LINE = pl.col("line").filter(pl.col("value").is_finite()).max()


def _last(ledger: Ledger, job: Job) -> Mapping[str, Any] | None:
    """The row of `metrics` of the last training rate, if it differs from that of the whole run."""
    whole = ledger.value(job, "throughput")
    if not whole.value or job["throughput_window"] != "whole" or not job.has_result:
        return None
    rows = ledger.metrics(job, "throughput", split="train", scope=None)
    last = rows.filter(pl.col("value").is_finite() & (pl.col("line") == _LAST_LINE)).rows(named=True)
    least = _MIN_DIFFERENCE + (whole.resolution or 0.0) / whole.value
    unlike = {row["window"]: row for row in last if abs(row["value"] / whole.value - 1) > least}
    # A mean that differs is more telling than a single step that does.
    return next((unlike[window] for window in ("mean", "interval", "step") if window in unlike), None)


def _against(ledger: Ledger, job: Job, row: Mapping[str, Any]) -> str:
    last = figure(row["value"], row["resolution"], 5)
    return f"{last} against {shown(ledger, job, 'throughput')} in {one_line(job.label)}"
