"""How fine the values of runs are: half a unit of the last digit that they have."""

from __future__ import annotations

import polars as pl

from logparse.schema import FIELDS, INTEGER, TEXT


def resolutions(evidence: pl.DataFrame) -> dict[tuple[str, str], float]:
    """(run, column) -> resolution: as read; derived, what the inputs bring: sums add up, products in parts.

    Counts are exact. An input that is itself derived brings the resolution found for it.
    """
    counts = [name for name, field in FIELDS.items() if field.dtype == INTEGER]
    rows = evidence.filter((pl.col("frame") == "runs") & (pl.col("how") != "absent")).select(
        *(pl.col(c).cast(TEXT) for c in ("run", "column")), "formula", "input", "number", "value",
        pl.when(pl.col("input").is_in(counts)).then(0.0).otherwise("resolution").alias("own"),
    )  # fmt: skip
    first = _of_inputs(rows).select("run", pl.col("column").alias("input"), pl.col("resolution").alias("found"))
    rows = rows.join(first, on=["run", "input"], how="left").with_columns(pl.coalesce("own", "found").alias("own"))
    return {(run, column): resolution for run, column, resolution in _of_inputs(rows).iter_rows()}


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
