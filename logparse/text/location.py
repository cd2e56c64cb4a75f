"""Where a value stands: one source, one line."""

from __future__ import annotations

from typing import Any

import polars as pl

from logparse.schema import TEXT


class Place(str):
    """`source:line`: it is that text wherever it is written, and knows its two parts. `Place(text)` reads it back from
    a frame."""

    __slots__ = ()

    @classmethod
    def of(cls, source: Any, line: Any) -> Place:
        """The place of that line of that source."""
        return cls(f"{source}:{line}")

    @property
    def source(self) -> str:
        """The source, which may hold colons of its own."""
        return self.rpartition(":")[0]

    @property
    def line(self) -> int:
        """The number of the line, from 1."""
        return int(self.rpartition(":")[2])


def placed(line: str = "line") -> pl.Expr:
    """The places of the rows of a frame with a column `source`, as text; null where there is no line."""
    return pl.format("{}:{}", pl.col("source").cast(TEXT), line)
