"""How fine the values of runs are: half a unit of the last digit that they have."""

from __future__ import annotations

import polars as pl

from logparse.schema import FIELDS, INTEGER, TEXT


def resolutions(evidence: pl.DataFrame) -> dict[tuple[str, str], float]:
    """(run, column) -> resolution: as read; derived, what the inputs bring: sums add up, products in parts.

    Counts are exact. An input that is itself derived brings the resolution found for it.
    """
    rows = evidence.filter((pl.col("frame") == "runs") & (pl.col("how") != "absent")).select(
        *(pl.col(c).cast(TEXT) for c in ("run", "column")), "formula", "input", "number", "value", "reason",
        pl.col("resolution").alias("own"),
    )  # fmt: skip
    rows = _of_phases(_intervals(rows), evidence)
    counts = [name for name, field in FIELDS.items() if field.dtype == INTEGER]
    rows = rows.with_columns(pl.when(pl.col("input").is_in(counts)).then(0.0).otherwise("own").alias("own"))
    first = _of_inputs(rows).select("run", pl.col("column").alias("input"), pl.col("resolution").alias("found"))
    rows = rows.join(first, on=["run", "input"], how="left").with_columns(pl.coalesce("own", "found").alias("own"))
    return {(run, column): resolution for run, column, resolution in _of_inputs(rows).iter_rows()}


def _intervals(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with the two ends of an interval (`at_a`, `at_b`) as one input (`at`): how long it is, and how far both
    ends together may be off."""
    ends = pl.col("input").str.extract(r"^(.+)_[ab]$")
    paired = rows.with_columns(ends.alias("of")).filter(pl.col("of").is_not_null())
    joined = paired.group_by("run", "column", "of", maintain_order=True).agg(
        pl.col("formula", "value", "reason").first(),
        (pl.col("number").max() - pl.col("number").min()),
        pl.col("own").sum(),
    )
    return pl.concat([rows.filter(ends.is_null()), joined.rename({"of": "input"}).select(rows.columns)])


def _of_phases(rows: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """`rows` in which a duration that is summed up has the resolution of its phase, where the row itself has none."""
    phases = evidence.filter(pl.col("frame") == "phases").select(
        *(pl.col(c).cast(TEXT) for c in ("run", "key")), "formula", "input", "number", "value",
        pl.col("resolution").alias("own"),
    )  # fmt: skip
    found = _of_inputs(phases.rename({"key": "column"})).rename({"column": "phase", "resolution": "found"})
    phase = pl.when(pl.col("input") == "duration").then(pl.col("reason").str.strip_prefix("the phase "))
    joined = rows.with_columns(phase.alias("phase")).join(found, on=["run", "phase"], how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("own", "found").alias("own")).drop("phase", "found")


def _of_inputs(rows: pl.DataFrame) -> pl.DataFrame:
    """run, column, resolution of the values whose inputs all have one."""
    own, number = pl.col("own"), pl.col("number").abs()
    product = pl.col("formula").first().str.contains("[*/]").fill_null(False)
    value = pl.col("value").first().cast(pl.Float64, strict=False).abs()
    read = pl.col("formula").first().is_null()
    middle = pl.col("formula").first().str.contains("^(?:mean|median)[(]").fill_null(False)
    made = (
        pl.when(read)
        .then(own.first())
        .when(middle)
        .then(own.mean())
        .when(product)
        .then((own / number).sum() * value)
        .otherwise(own.sum())
    )
    known = rows.group_by("run", "column").agg(pl.when(own.is_not_null().all()).then(made).alias("resolution"))
    return known.filter(pl.col("resolution").is_finite() & (pl.col("resolution") > 0))
