"""Where rows of frames are from: their source and line, and for evidence the column and the value that it supports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
import polars.selectors as cs

from logparse.frames import evidence
from logparse.frames.resolution import value_resolutions
from logparse.grammar import Rule
from logparse.reading.scan import Batch, Texts
from logparse.schema import TEXT, TIME, WORD


def located(batch: Batch, name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of the frame `name`, by `row` in the batch, with `source_index` and line numbers from 1; still with `n`."""
    first = pl.lit(pl.Series(batch.first, dtype=pl.UInt32))
    row, source = pl.col("row"), batch.input_of(pl.col("row"))
    if name == "phases":
        rows = rows.with_columns(
            (pl.col("begin_pos") // 2**32).cast(pl.UInt32).alias("row"),
            (pl.col("end_pos") // 2**32).cast(pl.UInt32).alias("row_last"),
        ).rename({"duration": "duration_s"})
    if name == "evidence":
        source = pl.coalesce(source, "source_of_run")
    lines = [(row - first.gather(source) + 1).alias("line")]
    if name in ("phases", "runs"):
        # What ends in another source has lines to the end of its own.
        last = pl.min_horizontal("row_last", first.gather(source + 1) - 1)
        lines = [lines[0].alias("line_first"), (last - first.gather(source) + 1).alias("line_last")]
    # Copies of texts, since a text that is kept keeps all texts that were read with it.
    return rows.with_columns(cs.string() + "", *lines, source_index=source)


def placed_evidence(
    evidence_rows: pl.DataFrame,
    runs: pl.DataFrame,
    columns: pl.DataFrame,
    phases: pl.DataFrame,
    rules: Mapping[str, Rule],
    min_resolution: Mapping[str, float],
    texts: Texts,
) -> pl.DataFrame:
    """Evidence with `row`, the column of each text in its line, and the value that each row is evidence of.

    Args:
        evidence_rows: as `evidence.ROW`, of runs and phases.
        runs: with n and source (index).
        columns: n, and the columns of runs with their values.
        phases: as `phase_rows.ROW`.
        rules: by name, those that read the lines.
        min_resolution: column -> lower bound of its resolution, as the grammar declares it.
    """
    row = (pl.col("pos") // 2**32).cast(pl.UInt32).alias("row")
    rows = evidence.shown(_with_segments(evidence_rows.with_columns(row), texts))
    ids = {rule.name: rule.id for rule in rules.values()}
    rule = pl.col("rule").replace_strict(list(ids), list(ids.values()), default=None, return_dtype=TEXT)
    run_values = _long(columns, columns.columns[1:], "n", "runs")
    # Keys of phases are unique within a run only.
    phase_values = phases.select("n", "key", value=pl.col("duration").cast(TEXT))
    value = _looked_up(rows, run_values, "n", "frame", "column"), _looked_up(rows, phase_values, "n", "key")
    # The source of the run, for evidence without a line (that of absent values).
    source_of_run = _looked_up(rows, runs.select("n", value="source"), "n")
    rows = rows.with_columns(
        evidence.starts(rows, rules),
        evidence.resolutions(rows),
        rule.alias("rule"),
        pl.coalesce(*map(pl.lit, value)).alias("value"),
        source_of_run.alias("source_of_run"),
    )
    return rows.with_columns(value_resolutions(rows, min_resolution)).drop("seg", "unit", "field", "col", "id")


def _looked_up(rows: pl.DataFrame, values: pl.DataFrame, *keys: str) -> pl.Series:
    """The `value` that `values` has for each of `rows`; null where it has none."""
    # The keys only: a join copies all columns.
    return rows.select(keys).join(values, on=keys, how="left", maintain_order="left")["value"]


def _with_segments(evidence_rows: pl.DataFrame, texts: Texts) -> pl.DataFrame:
    """Evidence with the segments of the lines that a frequent rule read, which are whole lines."""
    is_missing = pl.col("seg").is_null() & pl.col("rule").is_not_null()
    rows = evidence_rows.filter(is_missing)["row"].drop_nulls()
    if not rows.len():
        return evidence_rows
    text = _looked_up(evidence_rows, texts.at(rows).rename({"text": "value"}), "row")
    return evidence_rows.with_columns(pl.when(is_missing).then(pl.lit(text)).otherwise("seg").alias("seg"))


def _long(frame: pl.DataFrame, names: Sequence[str], index: str, of: str) -> pl.DataFrame:
    """index, frame, column, value (as text) of each cell that is not null."""
    texts = frame.select(
        index,
        *(
            (
                pl.col(c).dt.to_string("%Y-%m-%d %H:%M:%S%.3f") if frame.schema[c] == TIME else pl.col(c).cast(TEXT)
            ).alias(c)
            for c in names
        ),
    )
    return (
        texts.unpivot(index=index, variable_name="column")
        .filter(pl.col("value").is_not_null())
        .with_columns(pl.lit(of, WORD).alias("frame"), pl.col("column").cast(WORD))
    )
