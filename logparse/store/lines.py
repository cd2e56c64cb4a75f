"""The lines that a store keeps: those that values, settings, messages and phases come from, and those beside them that
a rule reads. Whole logs are not kept."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import polars.selectors as cs

from logparse.logs import Lines
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


class MetricEnds:
    """The first and the last row of each metric, collected piece by piece, since there may be millions of rows."""

    _KEY = ("run", "source", "name", "scope", "split")

    def __init__(self) -> None:
        self._parts = [pl.DataFrame(schema={**dict.fromkeys(self._KEY, TEXT), "first": pl.UInt32, "last": pl.UInt32})]

    def add(self, rows: pl.DataFrame) -> None:
        """Add rows of `metrics`, which follow those before."""
        for part in rows.iter_slices(_SLICE):
            ends = part.group_by(self._KEY).agg(
                pl.col("line").first().alias("first"), pl.col("line").last().alias("last")
            )
            # Copies, since a text that is kept keeps all texts that were read with it.
            self._parts.append(ends.with_columns(cs.string() + ""))

    def lines(self) -> pl.DataFrame:
        """source, line of these rows."""
        ends = pl.concat(self._parts).group_by(self._KEY).agg(pl.col("first").first(), pl.col("last").last())
        return ends.unpivot(["first", "last"], index="source", value_name="line").select(list(_LINES))


def cited_lines(
    frames: Mapping[str, pl.DataFrame], ends: MetricEnds, lines: Mapping[str, Lines], kinds: Mapping[str, pl.Series]
) -> pl.DataFrame:
    """source, line, text of the lines that the frames cite.

    ends: of the rows of `metrics`, which may not be in `frames`. lines: source -> its lines. kinds: source -> what
    became of its lines, as `coverage.Coverage`.
    """
    parts = []
    for (source,), rows in _cited(frames, ends).partition_by("source", as_dict=True).items():
        of_each = kinds[str(source)]
        cited = rows["line"].to_list()
        beside = {n + d for n in cited for d in range(-_BESIDE, _BESIDE + 1) if 0 < n + d <= of_each.len()}
        numbers = sorted(set(cited) | {n for n in beside if of_each[n - 1]})
        texts = lines[str(source)].at(numbers)
        parts.append(
            pl.DataFrame(
                {"source": source, "line": list(texts), "text": list(texts.values())}, {**_LINES, "text": TEXT}
            )
        )
    return pl.concat(parts) if parts else pl.DataFrame(schema={**_LINES, "text": TEXT})


def _cited(frames: Mapping[str, pl.DataFrame], ends: MetricEnds) -> pl.DataFrame:
    """source, line, in order, each once."""
    evidence = frames["evidence"].filter(pl.col("line").is_not_null())
    cell = ["run", "source", "frame", "column", "key"]
    errors = frames["messages"].filter(pl.col("level") == "error")
    cited = [
        evidence.filter((pl.int_range(pl.len()) < _PER_CELL).over(cell)),
        ends.lines(),
        frames["params"],
        frames["messages"],
        *(errors.with_columns(pl.col("line") + after) for after in range(1, _AFTER_ERROR + 1)),
        *(frames["phases"].select("source", pl.col(end).alias("line")) for end in ("line_first", "line_last")),
    ]
    lines = pl.concat(rows.select(pl.col(name).cast(dtype) for name, dtype in _LINES.items()) for rows in cited)
    return lines.unique().sort("source", "line")


def line_kinds(kinds: Mapping[str, pl.Series]) -> pl.DataFrame:
    """source, line_first, line_last, kind of the stretches of lines that a rule reads."""
    parts = [
        _stretches(name, lines.slice(at, _SLICE), at + 1)
        for name, lines in kinds.items()
        for at in range(0, lines.len(), _SLICE)
    ]
    none = pl.DataFrame(schema={"source": TEXT, "line_first": pl.UInt32, "line_last": pl.UInt32, "kind": pl.UInt8})
    stretches = pl.concat([none, *parts])
    # A stretch may go on in the next slice.
    goes_on = pl.all_horizontal(
        pl.col("source") == pl.col("source").shift(),
        pl.col("kind") == pl.col("kind").shift(),
        pl.col("line_first") == pl.col("line_last").shift() + 1,
    )
    return (
        stretches.with_columns((~goes_on.fill_null(False)).cum_sum().alias("stretch"))
        .group_by("stretch", maintain_order=True)
        .agg(pl.col("source", "line_first").first(), pl.col("line_last").last(), pl.col("kind").first())
        .drop("stretch")
    )


def _stretches(source: str, kinds: pl.Series, first: int) -> pl.DataFrame:
    """The stretches of some lines of a source, which begin with line `first`."""
    runs = kinds.rle().struct.unnest()
    end = pl.col("len").cum_sum().cast(pl.UInt32) + (first - 1)
    return runs.select(
        pl.lit(source, TEXT).alias("source"),
        (end - pl.col("len")).cast(pl.UInt32).alias("line_first") + 1,
        end.alias("line_last"),
        pl.col("value").cast(pl.UInt8).alias("kind"),
    ).filter(pl.col("kind") > 0)
