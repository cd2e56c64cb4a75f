"""The resolution of the values of cells: half a unit of the last digit that is meaningful."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from logparse.grammar import formula as formulas
from logparse.schema import FIELDS, INTEGER, NUMBER, TEXT

_PHASE = "duration"
"""Input of a formula that is the duration of a phase: that of the row's `id`."""


def value_resolutions(evidence: pl.DataFrame, min_resolution: Mapping[str, float]) -> pl.Series:
    """`value_resolution` of each row of evidence (as `evidence.ROW`, with value and resolution): that of its cell.

    A value that was read has the resolution of its text. The resolutions of a derived value's inputs add up in a sum,
    and in a product in proportion to the inputs; counts are exact; an input that is derived itself has the resolution
    of its cell. Null where an input has none, and for what is absent. `min_resolution` maps columns of `runs` to the
    resolution in their unit that their values cannot be better than.
    """
    kinds = {f: formulas.structure(f).kind for f in evidence["formula"].drop_nulls().unique()}
    rows = evidence.select(
        "n", "id", "formula", "number", "value", pl.col("resolution").alias("own"),
        *(pl.col(c).cast(TEXT) for c in ("frame", "column", "field", "input", "how")),
        kind=pl.col("formula").replace_strict(kinds, default=None, return_dtype=TEXT),
    )  # fmt: skip
    of_runs = (pl.col("frame") == "runs") & (pl.col("how") != "absent")
    phases = _of_cells(rows.filter(pl.col("frame") == "phases"), "id")
    runs = _of_runs(rows.filter(of_runs), phases)
    found = rows.join(runs, on=["n", "column"], how="left", maintain_order="left").join(
        phases, on="id", how="left", maintain_order="left", suffix="_phase"
    )
    best = pl.col("column").replace_strict(dict(min_resolution), default=None, return_dtype=NUMBER)
    return found.select(
        pl.when(of_runs)
        .then(pl.max_horizontal("resolution", best))
        .when(pl.col("frame") == "phases")
        .then("resolution_phase")
        .alias("value_resolution")
    ).to_series()


def _of_runs(rows: pl.DataFrame, phases: pl.DataFrame) -> pl.DataFrame:
    """n, column, resolution of the cells of `runs`."""
    durations = phases.rename({"resolution": "of_phase"})
    rows = _with_intervals(rows).join(durations, on="id", how="left", maintain_order="left")
    counts = [name for name, field in FIELDS.items() if field.dtype == INTEGER]
    rows = rows.with_columns(
        pl.when(pl.col("input").is_in(counts))
        .then(0.0)
        .when(pl.col("input") == _PHASE)
        .then(pl.coalesce("own", "of_phase"))
        .otherwise("own")
        .alias("own")
    )
    inputs = _of_cells(rows, "n", "column").rename({"column": "input", "resolution": "of_cell"})
    rows = rows.join(inputs, on=["n", "input"], how="left", maintain_order="left")
    return _of_cells(rows.with_columns(pl.coalesce("own", "of_cell").alias("own")), "n", "column")


def _with_intervals(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with the two ends of an interval, values of one field, as one input of that field: the length of the
    interval, and the resolution of both ends together."""
    ends = [
        {"formula": formula, "input": end, "interval": f"{later} - {earlier}"}
        for formula in rows["formula"].drop_nulls().unique()
        for later, earlier in formulas.structure(formula).intervals.items()
        for end in (later, earlier)
    ]
    if not ends:
        return rows
    named = rows.join(pl.DataFrame(ends), on=["formula", "input"], how="left", maintain_order="left")
    intervals = (
        named.filter(pl.col("interval").is_not_null())
        .group_by("n", "column", "interval", maintain_order=True)
        .agg(
            pl.col("id", "field", "formula", "value", "frame", "how", "kind").first(),
            pl.col("number").max() - pl.col("number").min(),
            pl.col("own").sum(),
        )
    )
    single = named.filter(pl.col("interval").is_null()).drop("interval")
    return pl.concat([single, intervals.with_columns(input="field").select(single.columns)])


def _of_cells(rows: pl.DataFrame, *cell: str) -> pl.DataFrame:
    """`cell` and resolution of the cells whose inputs all have one."""
    own, number = pl.col("own"), pl.col("number").abs()
    value = pl.col("value").first().cast(NUMBER, strict=False).abs()
    kind = pl.col("kind").first()
    resolution = (
        pl.when(kind.is_null())
        .then(own.first())
        .when(kind == "mean")
        .then(own.mean())
        .when(kind == "product")
        .then((own / number).sum() * value)
        .otherwise(own.sum())
    )
    known = rows.group_by(cell).agg(pl.when(own.is_not_null().all()).then(resolution).alias("resolution"))
    return known.filter(pl.col("resolution").is_finite() & (pl.col("resolution") > 0))
