"""The accelerators were reserved but idle.

What it does
    Looks for runs that continued after their last sign of work, for at least a minute and a tenth of their total time,
    until the scheduler reported them as cancelled or failed.

Why it matters
    The wall time and the cost of the accelerators exceed the work, and other users waited for them meanwhile.

Example
    SambaNova BertLarge: the result is complete at 21:42:36, then a check fails, and the job hangs until it is cancelled
    at 21:55:28: 772 s.

What to do
    Compare training, not wall time. Make the job end by itself: set a time limit, or use `--kill-on-bad-exit`.
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
_LEAST_S = 60
_SHARE = 0.1
"""Least idle share of the time from the beginning of the run to its end."""


@dataclass(frozen=True)
class _Idle:
    job: Job
    seconds: float
    locations: tuple[Location, Location]


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for runs that kept the accelerators after their work until the job was terminated."""
    found = [idle for job in scene.jobs if (idle := _idle(scene.ledger, job)) is not None]
    if found:
        texts = [
            f"{one_line(idle.job.label)} was idle for {idle.seconds:.0f} s after "
            f"{'the result' if idle.job.has_result else 'its last sign of work'} until the job was terminated"
            for idle in found
        ]
        yield Finding(
            "warning", f"{listed(texts)}.", [idle.job for idle in found], ("wall_s", "total_s", "result_s"),
            [p for idle in found for p in idle.locations],
        )  # fmt: skip


def _idle(ledger: Ledger, job: Job) -> _Idle | None:
    end = ledger.messages(job, kind="scheduler", level="error")
    # Slurm's timestamps are in local time: next to timestamps in UTC they may be hours off.
    if not end.height or job["zone"] is not None:
        return None
    end = end.filter(pl.col("at").is_not_null())
    if not end.height:
        return None
    last = end.row(-1, named=True)
    signs = _signs(ledger, job).filter((pl.col("source") == str(last["source"])) & (pl.col("line") < last["line"]))
    if not signs.height:
        return None
    sign = signs.sort("at", "line").row(-1, named=True)
    idle = _between(sign["at"], last["at"])
    whole = _between(job["started_at"] or signs.sort("at")["at"][0], last["at"])
    if idle < _LEAST_S or idle < _SHARE * whole:
        return None
    return _Idle(job, idle, (location(sign), location(last)))


def _signs(ledger: Ledger, job: Job) -> pl.DataFrame:
    """source, line, at of everything with a timestamp that the run itself wrote."""
    metrics = ledger.metrics(job).select(pl.col("source").cast(TEXT), "line", "at")
    phases = ledger.phases(job).select(
        pl.col("source").cast(TEXT), pl.col("line_last").alias("line"), pl.col("end_at").alias("at")
    )
    return pl.concat([metrics, phases]).drop_nulls()


def _between(begin: datetime, end: datetime) -> float:
    """Seconds; a timestamp in whole seconds counts as the middle of its second."""
    return (end - begin).total_seconds() + (0.5 if not end.microsecond and begin.microsecond else 0.0)
