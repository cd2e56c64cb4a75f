"""Training budgets: when two amounts of training count as equal, and which runs have no budget but a target."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger

TOLERANCE = 0.01
"""Relative difference of amounts of training that still count as equal: the last batch may not be full."""


def equal(amounts: Collection[float]) -> bool:
    """Whether these amounts of training (at least one) count as equal."""
    return max(amounts) - min(amounts) <= TOLERANCE * max(amounts)


def stops_at_target(ledger: Ledger, job: Job) -> bool:
    """Whether the log states that training stopped because it reached its target: its amount is then a result."""
    ids = ledger.once(
        "stopped at the target", lambda: set(ledger.logs.params.filter(pl.col("name") == "target_reached")["run"])
    )
    return not ids.isdisjoint(job.ids)


def same_target(ledger: Ledger, jobs: Collection[Job]) -> bool:
    """Whether all of these runs stopped at a target of one kind of score, and at about the same score."""
    scores = [ledger.value(job, "score").value for job in jobs]
    kinds = {(job["score_name"], job["dataset"]) for job in jobs}
    return (
        all(stops_at_target(ledger, job) for job in jobs) and len(kinds) == 1 and None not in scores and equal(scores)
    )
