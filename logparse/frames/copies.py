"""Copies: a run may be in several places (pasted, cut off, grown); the frames show it once, from its fullest copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from logparse.schema import TEXT
from logparse.text.labels import distinct_ends

COPIES: dict[str, pl.DataType] = {
    "run": TEXT,
    "hash": TEXT,
    "keyed": pl.Boolean(),
    "source": TEXT,
    "line_first": pl.UInt32(),
    "lines_read": pl.UInt32(),
}
"""Every place of every run. hash: the id before runs without identifying values are numbered; keyed: whether the hash
rests on identifying values; lines_read: lines of the copy from which a value was taken."""


def one_place_each(runs: pl.DataFrame) -> pl.DataFrame:
    """The places of runs that are known only from the frame `runs`."""
    known = runs.select("run", "source", "line_first", hash="run", keyed=pl.lit(True), lines_read=0)
    return known.select(pl.col(name).cast(dtype) for name, dtype in COPIES.items())


def with_ids(places: pl.DataFrame) -> pl.DataFrame:
    """`places` (hash, keyed, source_index) with `run`, the id. A run whose hash rests on no identifying value is never
    merged across sources: its sources are numbered."""
    nth = pl.col("source_index").rank("dense").over("hash").cast(TEXT).str.pad_start(2, "0")
    return places.with_columns(
        pl.when("keyed").then("hash").otherwise(pl.format("{}{}", pl.col("hash").str.head(10), nth)).alias("run")
    )


def fullest(places: pl.DataFrame, by: Sequence[str] = ("run",)) -> pl.DataFrame:
    """One row for each `run` (or for each value of `by`), with the number of its other `copies`: the place with most
    lines read. In the order of the sources.

    Of several such places the content of their sources decides (`sha256`), not their order; of equal ones the first.
    """
    order = ["lines_read", "sha256", "source_index", "line_first"]
    best = places.sort(order, descending=[True, False, False, False])
    counted = best.with_columns((pl.len().over(by) - 1).cast(pl.UInt32).alias("copies"))
    return counted.unique(by, keep="first", maintain_order=True).sort("source_index", "line_first")


def labelled(runs: pl.DataFrame, given: Mapping[str, str] | None = None) -> pl.DataFrame:
    """Runs with `label`: the one that was given to the run, or else the shortest path suffix that distinguishes the
    sources, and the number of the run in it.

    given: run -> label. No other run has that label: it takes its whole path then.
    """
    labels = distinct_ends(runs["source"].unique(maintain_order=True).to_list())
    suffix_of = pl.col("source").replace_strict(list(labels), list(labels.values()), return_dtype=TEXT)
    several = pl.len().over("source") > 1
    nth = pl.int_range(pl.len()).over("source") + 1
    runs = runs.with_columns(
        pl.when(several).then(pl.format("{}#{}", suffix_of, nth)).otherwise(suffix_of).alias("label")
    )
    if not given:
        return runs
    taken = pl.col("label").is_in(list(given.values()))
    whole = pl.when(several).then(pl.format("{}#{}", "source", nth)).otherwise("source")
    return runs.with_columns(
        pl.when(pl.col("run").is_in(list(given)))
        .then(pl.col("run").replace_strict(given, default=None, return_dtype=TEXT))
        .otherwise(pl.when(taken).then(whole).otherwise("label"))
        .alias("label")
    )
