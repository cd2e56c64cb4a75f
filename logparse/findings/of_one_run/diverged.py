"""Training failed: the loss is not a number, or did not fall.

What it does
    Looks for losses that are NaN or infinite, for errors about NaN, and for runs of 100 or more steps whose loss at the
    end (the median of the last tenth of at least 20 points) is not below the loss at the beginning.

Why it matters
    Times and rates look normal, so nothing else shows that the result is worthless.

Example
    `ApplianceNanError: NaN loss detected`, at step 120 of 500.

What to do
    Lower the learning rate, extend its warm-up, or check the precision and the data. Compare only the times of this
    run.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from logparse.comparison.curves import curve
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import clauses, location
from logparse.findings import Finding, Scene
from logparse.logs import Logs
from logparse.text.location import Location
from logparse.text.numbers import figure
from logparse.text.terminal import one_line

ID = "F28"
_FEWEST = 20
_STEPS = 100
_BEGINNING = 0.1
"""Share of the steps within which the first logged loss counts as the beginning."""
_NAN = re.compile(r"(?<![a-zA-Z])NaN(?![a-zA-Z])|NanError")
_QUANTITIES = ("loss", "score")


@dataclass(frozen=True)
class _Diverged:
    job: Job
    text: str
    locations: tuple[Location, ...]


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for runs with a loss that is not a number, and one for runs whose loss did not fall."""
    not_finite, long_enough = scene.ledger.of_logs("diverged", lambda: _candidates(scene.ledger.logs))
    for check, text, runs in (
        (_not_a_number, "The loss is not a number", not_finite), (_not_below, "The loss does not fall", long_enough),
    ):  # fmt: skip
        jobs = [job for job in scene.jobs if not runs.isdisjoint(job.ids)]
        found = [seen for job in jobs if (seen := check(scene.ledger, job)) is not None]
        if found:
            yield Finding(
                "warning", f"{text}: {clauses([s.text for s in found])}.", [s.job for s in found], _QUANTITIES,
                [p for s in found for p in s.locations],
            )  # fmt: skip


def _candidates(logs: Logs) -> tuple[set[str], set[str]]:
    """The runs whose loss may not be a number, and those with enough losses to judge whether it falls."""
    losses = logs.metrics.filter(pl.col("name") == "loss")
    not_finite = set(losses.filter(pl.col("not_finite").is_not_null())["run"].unique())
    not_finite |= set(logs.messages.filter(pl.col("text").str.contains("NaN"))["run"].unique())
    return not_finite, set(losses.group_by("run").len().filter(pl.col("len") >= _FEWEST)["run"])


def _not_a_number(ledger: Ledger, job: Job) -> _Diverged | None:
    rows = ledger.metrics(job, "loss").filter(pl.col("not_finite").is_not_null())
    if rows.height:
        row = rows.row(0, named=True)
        at = f" from step {row['step']:,} on" if row["step"] is not None else ""
        return _Diverged(job, f"{one_line(job.label)}{at}", (location(row),))
    for row in ledger.messages(job, level="error").iter_rows(named=True):
        if _NAN.search(row["text"]):
            return _Diverged(job, f"{one_line(job.label)} stopped with this error", (location(row),))
    return None


def _not_below(ledger: Ledger, job: Job) -> _Diverged | None:
    points = curve(ledger, job).filter(pl.col("step").is_not_null() & pl.col("value").is_finite())
    if points.height < _FEWEST:
        return None
    first, last = points.row(0, named=True), points.row(-1, named=True)
    steps = last["step"] - first["step"]
    # A log, or a resumed training, that begins in the middle may have nothing left to learn.
    if steps < _STEPS or first["step"] > _BEGINNING * last["step"]:
        return None
    losses = points["value"].to_list()
    count = max(3, len(losses) // 10)
    begin, end = statistics.median(losses[:count]), statistics.median(losses[-count:])
    from logparse.comparison.noise import deviation  # few runs come here

    noise = deviation([b - a for a, b in pairwise(losses)])
    if end < begin - noise or end < losses[0]:
        return None
    shown = [figure(value, last["resolution"], 5) for value in (losses[0], end)]
    return _Diverged(
        job, f"{shown[0]} at the beginning and {shown[1]} at the end of {one_line(job.label)} ({steps:,} steps)",
        (location(first), location(last)),
    )  # fmt: skip
