"""The run went on from a checkpoint.

What it does
    Looks for runs whose step counter goes further than the steps that ran, and for runs that ended at once since the
    checkpoint they found had all steps already.

Why it matters
    Steps, samples and time are those of this run, but the loss and the score are those of all the training before it
    too: it looks as if little training had given much.

Example
    A second run in the same `model_dir` on Cerebras finds `checkpoint_1000.mdl` by itself, and stops: `Initial global
    step 1000 already exceeds max step 1000`. The file begins like that of any run.

What to do
    Add up the runs of one model, or begin anew in an empty folder.
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
OF_ONE_RUN = True
_EXCEEDS = re.compile(r"nitial global step (\d+) already exceeds max step (\d+)")
_QUANTITIES = ("loss", "score", "train_s", "wall_s", "result_s", "total_s")


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for runs that went on from another, and one for those that had nothing left to do."""
    went_on = [(job, row) for job in scene.jobs if (row := _counter(scene.ledger, job)) is not None]
    if went_on:
        told = [f"{one_line(job.label)} from step {_before(job, row):,}" for job, row in went_on]
        here = f"the {went_on[0][0]['steps']:,} steps here are" if len(went_on) == 1 else "the steps here are"
        yield Finding(
            "warning",
            f"Went on where an earlier run had stopped: {listed(told)}; {here} not all that the model saw.",
            [job for job, _ in went_on],
            _QUANTITIES,
            [p for job, row in went_on for p in (location(row), *scene.ledger.locations([job], "steps"))],
        )
    yield from _nothing_left(scene)


def _counter(ledger: Ledger, job: Job) -> dict[str, Any] | None:
    """The row of `metrics` where the step counter stands highest, if it began beyond what ran here."""
    if not job["steps"] or not any(_beyond(ledger).get(run, 0) > job["steps"] + 1 for run in job.ids):
        return None
    rows = ledger.metrics(job).filter((pl.col("split") == "train") & pl.col("step").is_not_null()).sort("step")
    if not rows.height:
        return None
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    before = _before(job, last)
    # The first logged step may be the tenth or the hundredth; of a run that went on it is beyond all that went before.
    return last if before > 1 and first["step"] > before else None


def _beyond(ledger: Ledger) -> dict[str, int]:
    """Run -> where its step counter stands highest."""

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
            if said := _EXCEEDS.search(row["text"]):
                found.append((job, row, said))
    if found:
        jobs = [job for job, _, _ in found]
        _, _, said = found[0]
        steps = f"step {int(said[1]):,} of {int(said[2]):,}" if len(found) == 1 else "the last step"
        yield Finding(
            "warning", f"{labels(jobs)} trained nothing: a checkpoint of {steps} was found and loaded.", jobs,
            _QUANTITIES, [location(row) for _, row, _ in found],
        )  # fmt: skip
