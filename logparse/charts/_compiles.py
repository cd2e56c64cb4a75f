"""Compilations with the stages that their logs name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from logparse.charts._view import View
from logparse.comparison.jobs import Job


@dataclass(frozen=True)
class Compile:
    """One compilation: its total and its stages, in the order of their lines."""

    job: Job
    whole: dict[str, Any]
    stages: pl.DataFrame
    count: int
    """Number of compilations of this job."""

    @property
    def timed(self) -> bool:
        """Whether the log states when each stage began."""
        times = self.stages.select(pl.all_horizontal(pl.col("begin_at", "end_at").is_not_null().all())).item()
        return bool(times) and self.whole["begin_at"] is not None


def of_median_length(found: Sequence[Compile]) -> Compile:
    """Of several compilations, the one of median length: of two in the middle, the shorter."""
    ordered = sorted(found, key=lambda compile: float(compile.whole["duration_s"]))
    return ordered[(len(ordered) - 1) // 2]


_FEWEST = 3
"""Phases of a compilation with two stages."""


def compiles(view: View) -> list[Compile]:
    """For each job, one compilation with stages, if it has any."""
    found = (view.ledger.once(("stages", job.id), partial(_compile, view, job)) for job in view.jobs)
    return [compile for compile in found if compile is not None]


def _compile(view: View, job: Job) -> Compile | None:
    """The longest compilation with two stages or more; None if the job has none."""
    rows = view.ledger.phases(job, phase="compile")
    if rows.height < _FEWEST:
        return None
    wholes = rows.filter(pl.col("stage").is_null() & pl.col("duration_s").is_not_null())
    found = []
    for whole in wholes.iter_rows(named=True):
        inside = (
            (pl.col("line_first") >= whole["line_first"])
            & (pl.col("line_last") <= whole["line_last"])
            & (pl.col("source") == whole["source"])
        )
        stages = rows.filter(pl.col("stage").is_not_null() & inside & pl.col("duration_s").is_not_null())
        if stages["stage"].n_unique() > 1:
            found.append(Compile(job, whole, stages, wholes.height))
    return max(found, key=lambda c: c.whole["duration_s"], default=None)
