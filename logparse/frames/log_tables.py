"""What a line takes from lines above it: labels of a table's header, and values carried from an earlier line."""

from __future__ import annotations

import polars as pl
import polars.selectors as cs

from logparse.grammar import Table, units
from logparse.reading.match import Hits


def read_tables(hits: Hits) -> Hits:
    """`hits` in which the rows of each declared table have fields, named by the labels of the header above them."""
    frames = dict(hits.by_rule)
    for table in hits.grammar.tables:
        header, rows = frames.get(table.header), frames.get(table.row)
        if header is not None and rows is not None:
            frames[table.row] = _with_cells(header, rows, table)
    return hits.with_frames(frames)


def carry(hits: Hits) -> Hits:
    """`hits` in which each line has the values that its rule carries from the latest line of other rules above it."""
    frames = dict(hits.by_rule)
    for rule in hits.rules.values():
        for field, origins in rule.carry.items():
            frame = frames[rule.name]
            # The evidence of a carried value is the line that it comes from.
            place = {f"{field}:pos": pl.col("pos"), f"{field}:seg": pl.col("seg")}
            lines = [
                above.select("pos", "n", cs.by_name(field, f"{field}:text", require_all=False), **place).with_columns(
                    pl.lit(origin).alias(f"{field}:rule")
                )
                for origin in origins.split("|")
                if (above := frames.get(origin)) is not None and field in above.columns
            ]
            if not lines:
                continue
            above = pl.concat(lines, how="diagonal")
            named = [c for c in (field, f"{field}:text") if c in above.columns]
            lines_only = frame.drop(named, strict=False).sort("pos")
            frames[rule.name] = lines_only.join_asof(
                above.sort("pos"), on="pos", by="n", strategy="backward", check_sortedness=False
            )
    return hits.with_frames(frames)


def _with_cells(header: pl.DataFrame, rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """`rows` with value, text, column and unit of each cell whose label the table declares."""
    labels = _cells(header, table).select("pos", "index", pl.col("cell").alias("label"))
    keyed = rows.sort("pos").join_asof(
        header.select("pos", "n", pl.col("pos").alias("header")).sort("pos"),
        on="pos",
        by="n",
        strategy="backward",
        check_sortedness=False,
    )
    cells = _cells(keyed, table).join(labels, left_on=["header", "index"], right_on=["pos", "index"])
    out = keyed.drop("header")
    for label, (field, unit) in table.labels.items():
        labelled = cells.filter((pl.col("label") == label) & ~pl.col("cell").is_in(list(table.missing)))
        if not labelled.height:
            continue
        text = pl.col("cell").str.strip_suffix("%") if unit == "%" else pl.col("cell")
        values = labelled.select(
            "pos",
            units.value(text, field, unit).alias(field),
            text.alias(f"{field}:text"),
            pl.col("at").alias(f"{field}:col"),
            pl.lit(unit).alias(f"{field}:unit"),
            pl.lit(field).alias("label"),
        )
        values = values.with_columns(units.possible(values[field], field))
        if field in out.columns:  # tables of different shape may have different labels for one field
            values = values.rename({c: f"{c}\x00" for c in values.columns if c not in ("pos", "label")})
            out = out.join(values.drop("label"), on="pos", how="left", maintain_order="left")
            out = out.with_columns(
                pl.coalesce(c.removesuffix("\x00"), c).alias(c.removesuffix("\x00"))
                for c in values.columns
                if c.endswith("\x00")
            ).drop([c for c in values.columns if c.endswith("\x00")])
        else:
            out = out.join(values.drop("label"), on="pos", how="left", maintain_order="left")
    return out


def _cells(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """pos, header (if there), index of the cell, cell (stripped), at (its column in the segment)."""
    keep = [c for c in ("pos", "header") if c in frame.columns]
    raw = pl.col("raw")
    return (
        frame.select(*keep, pl.col("seg").str.split(table.separator).alias("raw"))
        .with_columns(pl.int_ranges(pl.col("raw").list.len()).alias("index"))
        .explode("raw", "index")
        .with_columns(((raw.str.len_chars() + len(table.separator)).cum_sum().over("pos")).alias("next"))
        .select(
            *keep,
            "index",
            raw.str.strip_chars().alias("cell"),
            (pl.col("next") - len(table.separator) - raw.str.strip_chars_start().str.len_chars()).alias("at"),
        )
    )
