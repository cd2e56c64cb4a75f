"""The lines that a store keeps: those that values, settings, messages and phases come from, and those beside them that
a rule reads. Whole logs are not kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from logparse.schema import TEXT

_PER_CELL = 12
"""Lines of one value. A value derived from thousands of steps does not keep them all."""
_AFTER_ERROR = 4
"""Lines after an error, among which is the one that names the problem."""
_BESIDE = 1
"""Lines on either side that are kept where a rule reads them."""

_SLICE = 2**17
"""Rows that are looked at together."""

_LINES: dict[str, pl.DataType] = {"source": TEXT, "line": pl.UInt32()}


def cited_lines(
    frames: Mapping[str, pl.DataFrame], texts: Mapping[str, bytes], kinds: Mapping[str, pl.Series]
) -> pl.DataFrame:
    """source, line, text of the lines that the frames cite.

    texts: source -> its text. kinds: source -> what became of its lines, as `coverage.Coverage`.
    """
    parts = []
    for (source,), rows in _cited(frames).partition_by("source", as_dict=True).items():
        of_each = kinds[str(source)]
        cited = rows["line"].to_list()
        beside = {n + d for n in cited for d in range(-_BESIDE, _BESIDE + 1) if 0 < n + d <= of_each.len()}
        numbers = sorted(set(cited) | {n for n in beside if of_each[n - 1]})
        ends = _line_ends(texts[str(source)], numbers)
        parts.append(
            pl.DataFrame({"source": source, "line": list(ends), "text": list(ends.values())}, {**_LINES, "text": TEXT})
        )
    return pl.concat(parts) if parts else pl.DataFrame(schema={**_LINES, "text": TEXT})


def _cited(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """source, line, in order, each once."""
    evidence = frames["evidence"].filter(pl.col("line").is_not_null())
    cell = ["run", "source", "frame", "column", "key"]
    metric = ["run", "source", "name", "scope", "split"]
    errors = frames["messages"].filter(pl.col("level") == "error")
    # Piece by piece, since there may be millions of rows.
    ends = [_first_and_last(rows, metric) for rows in frames["metrics"].iter_slices(_SLICE)]
    cited = [
        evidence.filter((pl.int_range(pl.len()) < _PER_CELL).over(cell)),
        *([_first_and_last(pl.concat(ends), metric)] if ends else []),
        frames["params"],
        frames["messages"],
        *(errors.with_columns(pl.col("line") + after) for after in range(1, _AFTER_ERROR + 1)),
        *(frames["phases"].select("source", pl.col(end).alias("line")) for end in ("line_first", "line_last")),
    ]
    lines = pl.concat(rows.select(pl.col(name).cast(dtype) for name, dtype in _LINES.items()) for rows in cited)
    return lines.unique().sort("source", "line")


def _first_and_last(rows: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """The first and the last row of each value of the columns `key`."""
    nth = pl.int_range(pl.len())
    return rows.filter((nth == 0).over(key) | (nth == pl.len() - 1).over(key))


def _line_ends(text: bytes, numbers: list[int]) -> dict[int, str]:
    """The lines of these numbers, in order; those beyond the end are left out."""
    out: dict[int, str] = {}
    at, line = 0, 1
    for number in numbers:
        while line < number:
            at = text.find(b"\n", at) + 1
            line += 1
            if at == 0:
                return out
        if at >= len(text):
            break
        end = text.find(b"\n", at)
        out[number] = text[at : end if end >= 0 else len(text)].decode()
    return out


def line_kinds(kinds: Mapping[str, pl.Series]) -> pl.DataFrame:
    """source, line_first, line_last, kind of the stretches of lines that a rule reads."""
    sources = [pl.Series([name], dtype=TEXT).new_from_index(0, lines.len()) for name, lines in kinds.items()]
    if not sources:
        return pl.DataFrame(schema={"source": TEXT, "line_first": pl.UInt32, "line_last": pl.UInt32, "kind": pl.UInt8})
    numbers = [pl.int_range(1, lines.len() + 1, dtype=pl.UInt32, eager=True) for lines in kinds.values()]
    lines = pl.DataFrame(
        {"source": pl.concat(sources), "line": pl.concat(numbers), "kind": pl.concat(list(kinds.values()))}
    ).filter(pl.col("kind") > 0)
    begins = (
        (pl.col("source") != pl.col("source").shift())
        | (pl.col("kind") != pl.col("kind").shift())
        | (pl.col("line") != pl.col("line").shift() + 1)
    ).fill_null(True)
    return (
        lines.with_columns(begins.cum_sum().alias("stretch"))
        .group_by("stretch", maintain_order=True)
        .agg(
            pl.col("source", "kind").first(),
            pl.col("line").first().alias("line_first"),
            pl.col("line").last().alias("line_last"),
        )
        .drop("stretch")
    )
