"""The run resumed from a checkpoint.

What it does
    Looks for runs whose step counter exceeds the number of steps that ran, and for runs that ended at once because the
    checkpoint they found had already reached the last step.

Why it matters
    Steps, samples and time are those of this run, but loss and score also reflect all earlier training: little training
    seems to achieve a lot.

Example
    A second run in the same `model_dir` on Cerebras finds `checkpoint_1000.mdl` automatically and stops: `Initial
    global step 1000 already exceeds max step 1000`. The beginning of the log looks like that of any run.

What to do
    Add up the runs of one model, or start again in an empty folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import labels, listed, location
from logparse.findings import Finding, Scene
from logparse.text.terminal import one_line

ID = "F27"
_EXCEEDS = re.compile(r"nitial global step (\d+) already exceeds max step (\d+)")
_QUANTITIES = ("loss", "score", "train_s", "wall_s", "result_s", "total_s")


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for runs that resumed another, and one for those that had nothing left to do."""
    resumed = [(job, row) for job in scene.jobs if (row := _counter(scene.ledger, job)) is not None]
    if resumed:
        texts = [f"{one_line(job.label)} from step {_before(job, row):,}" for job, row in resumed]
        steps = f"the {resumed[0][0]['steps']:,} steps of this run" if len(resumed) == 1 else "the steps of these runs"
        yield Finding(
            "warning",
            f"Resumed where an earlier run had stopped: {listed(texts)}; {steps} are not all that the model saw.",
            [job for job, _ in resumed],
            _QUANTITIES,
            [p for job, row in resumed for p in (location(row), *scene.ledger.locations([job], "steps"))],
        )
    yield from _nothing_left(scene)


def _counter(ledger: Ledger, job: Job) -> dict[str, Any] | None:
    """The row of `metrics` with the highest step, if the counter began beyond the steps of this run."""
    if not job["steps"] or not any(_highest_step(ledger).get(run, 0) > job["steps"] + 1 for run in job.ids):
        return None
    rows = ledger.metrics(job, split="train").filter(pl.col("step").is_not_null()).sort("step")
    if not rows.height:
        return None
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    before = _before(job, last)
    # The first logged step may be the tenth or hundredth; in a resumed run it exceeds all earlier steps.
    return last if before > 1 and first["step"] > before else None


def _highest_step(ledger: Ledger) -> dict[str, int]:
    """Run -> its highest step."""

    def highest() -> dict[str, int]:
        steps = ledger.logs.metrics.filter((pl.col("split") == "train") & pl.col("step").is_not_null())
        return dict(steps.group_by(pl.col("run").cast(pl.String)).agg(pl.col("step").max()).iter_rows())

    return ledger.once("highest step", highest)


def _before(job: Job, last: dict[str, Any]) -> int:
    return int(last["step"]) - int(job["steps"])


def _nothing_left(scene: Scene) -> Iterator[Finding]:
    found = []
    for job in scene.jobs:
        for row in scene.ledger.messages(job).iter_rows(named=True):
            if match := _EXCEEDS.search(row["text"]):
                found.append((job, row, match))
    if found:
        jobs = [job for job, _, _ in found]
        _, _, match = found[0]
        steps = f"step {int(match[1]):,} of {int(match[2]):,}" if len(found) == 1 else "the last step"
        yield Finding(
            "warning", f"{labels(jobs)} did not train: a checkpoint of {steps} was found and loaded.", jobs,
            _QUANTITIES, [location(row) for _, row, _ in found],
        )  # fmt: skip
