"""Curves: the logged points of a training metric of a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.schema import TEXT


def curve(ledger: Ledger, job: Job, name: str = "loss", split: str = "train") -> pl.DataFrame:
    """The logged points of a training metric in the order of the lines.

    Columns: step, samples, seconds (since training began), loss (the value if `name` is "loss"), value, resolution,
    source, line. Samples are those that the line states, else step × batch_size. With several ranks, the mean.
    """
    curves, empty = ledger.once(("curves", name, split), lambda: _curves(ledger, name, split))
    return curves.get((job.id,), empty)


def _curves(ledger: Ledger, name: str, split: str) -> tuple[Mapping[tuple[Any, ...], pl.DataFrame], pl.DataFrame]:
    """The points of all jobs by job id, and the empty frame for a job without points."""
    parts = [(run, job.id, part) for job in ledger.jobs for part, run in enumerate(job.ids)]
    run_jobs = pl.DataFrame(parts, schema={"run": TEXT, "job": TEXT, "part": pl.Int64()}, orient="row")
    # A curve shows where its run logged NaN or infinity.
    value = pl.coalesce("value", pl.col("not_finite").cast(pl.Float64, strict=False))
    rows = (
        ledger.logs.metrics.with_columns(value.alias("value"))
        .filter(
            (pl.col("name") == name)
            & (pl.col("split") == split)
            & pl.col("window").is_in(["step", "interval"])
            & pl.col("value").is_not_null()
        )
        .join(run_jobs, on="run", how="inner", maintain_order="left")
        .sort("job", "part", maintain_order=True)
    )
    whole_run = rows.filter(pl.col("scope").is_null())
    # Where the log gives values of ranks only, use their mean.
    rank_means = (
        rows.filter(~pl.col("job").is_in(whole_run["job"].unique().implode()) & pl.col("step").is_not_null())
        .group_by("job", "step", maintain_order=True)
        .agg(pl.col("value").mean(), pl.exclude("job", "step", "value").first())
    )
    points = pl.concat([whole_run, rank_means.select(whole_run.columns)])
    batches = {id: ledger.value(ledger.by_run[id], "batch_size").value or None for id in points["job"].unique()}
    per_job = pl.DataFrame(
        {"job": batches.keys(), "batch": batches.values()}, schema={"job": pl.String, "batch": pl.Float64}, strict=False
    ).join(_train_begins(ledger, run_jobs), on="job", how="left")
    curves = points.join(per_job, on="job", how="left", maintain_order="left").select(
        "job",
        "step",
        pl.coalesce("samples", (pl.col("step") * pl.col("batch")).cast(pl.Int64, strict=False)).alias("samples"),
        ((pl.col("at") - pl.col("begin")).dt.total_microseconds() / 1e6).round(6).alias("seconds"),
        (pl.col("value") if name == "loss" else pl.lit(None, pl.Float64)).alias("loss"),
        "value",
        "resolution",
        pl.col("source").cast(pl.String),
        "line",
    )
    return curves.partition_by("job", as_dict=True, include_key=False), curves.drop("job").clear()


def _train_begins(ledger: Ledger, run_jobs: pl.DataFrame) -> pl.DataFrame:
    """job, begin: when training began, where a phase states it: its begin, else its end minus its duration."""
    begin = pl.coalesce("begin_at", pl.col("end_at") - pl.duration(microseconds=(pl.col("duration_s") * 1e6).round()))
    phases = ledger.logs.phases.filter((pl.col("phase") == "train") & pl.col("stage").is_null())
    return phases.join(run_jobs, on="run").group_by("job").agg(begin.min().alias("begin"))
