"""The machine was held without work.

What it does
    Looks for runs that went on for a minute and a tenth of their time or more after their last sign of work, until
    the scheduler says that they were cancelled or failed.

Why it matters
    The wall time, and what the accelerators cost, are larger than the work; others waited for them meanwhile.

Example
    SambaNova BertLarge: the result is there at 21:42:36, then a check fails, and the job hangs until it is cancelled at
    21:55:28: 772 s.

What to do
    Compare training, not wall time. Let the job end itself: a time limit, or `--kill-on-bad-exit`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import listed, location
from logparse.findings import Finding, Scene
from logparse.schema import TEXT
from logparse.text.location import Location
from logparse.text.terminal import one_line

ID = "F24"
OF_ONE_RUN = True
_LEAST_S = 60
_SHARE = 0.1
"""Of the run from its beginning to its end: less does not matter."""


@dataclass(frozen=True)
class _Held:
    job: Job
    seconds: float
    locations: tuple[Location, Location]


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for runs that were held after their work until somebody ended them."""
    found = [held for job in scene.jobs if (held := _held(scene.ledger, job)) is not None]
    if found:
        told = [
            f"{one_line(h.job.label)} was held for {h.seconds:.0f} s after "
            f"{'the result' if h.job.has_result else 'its last sign of work'} until the job was ended"
            for h in found
        ]
        yield Finding(
            "warning", f"{listed(told)}.", [h.job for h in found], ("wall_s", "total_s", "result_s"),
            [p for h in found for p in h.locations],
        )  # fmt: skip


def _held(ledger: Ledger, job: Job) -> _Held | None:
    end = ledger.messages(job).filter(
        pl.col("at").is_not_null() & (pl.col("kind") == "scheduler") & (pl.col("level") == "error")
    )
    # Slurm's stamps are the node's: what stands beside stamps in UTC may be hours off.
    if not end.height or job["zone"] is not None:
        return None
    last = end.row(-1, named=True)
    signs = _signs(ledger, job).filter((pl.col("source") == str(last["source"])) & (pl.col("line") < last["line"]))
    if not signs.height:
        return None
    sign = signs.sort("at", "line").row(-1, named=True)
    held = _between(sign["at"], last["at"])
    whole = _between(job["started_at"] or signs.sort("at")["at"][0], last["at"])
    if held < _LEAST_S or held < _SHARE * whole:
        return None
    return _Held(job, held, (location(sign), location(last)))


def _signs(ledger: Ledger, job: Job) -> pl.DataFrame:
    """source, line, at of everything stamped that the run itself wrote."""
    metrics = ledger.metrics(job).select(pl.col("source").cast(TEXT), "line", "at")
    phases = ledger.phases(job).select(
        pl.col("source").cast(TEXT), pl.col("line_last").alias("line"), pl.col("end_at").alias("at")
    )
    return pl.concat([metrics, phases]).drop_nulls()


def _between(begin: datetime, end: datetime) -> float:
    """Seconds; a stamp in whole seconds stands for the middle of its second."""
    return (end - begin).total_seconds() + (0.5 if not end.microsecond and begin.microsecond else 0.0)
