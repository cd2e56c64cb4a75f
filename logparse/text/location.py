"""Where a value is: a line of a source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import polars as pl

from logparse.schema import LOCATION, TEXT


class Location(NamedTuple):
    """A line of a source. Frames store it as a struct of the same two fields; as text it is `source:line`."""

    source: str
    line: int
    """Its number, from 1."""

    def __str__(self) -> str:
        return f"{self.source}:{self.line}"


def locations(structs: Iterable[Mapping[str, Any]]) -> list[Location]:
    """The locations in a cell of a column `evidence`."""
    return [Location(**struct) for struct in structs]


def texts(column: str) -> pl.Expr:
    """A column of lists of locations as lists of texts."""
    location = pl.element().struct
    text = pl.format("{}:{}", location.field("source"), location.field("line"))
    return pl.col(column).list.eval(text).alias(column)


def located(line: str = "line") -> pl.Expr:
    """The locations of the rows of a frame with a column `source`, as structs; null where there is no line."""
    location = pl.struct(pl.col("source").cast(TEXT), pl.col(line).alias("line"))
    return pl.when(pl.col(line).is_not_null()).then(location).cast(LOCATION).alias("location")
