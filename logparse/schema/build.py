"""Frames of a fixed schema from what is there already, from constants, and from what has to be worked out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

import polars as pl

Given: TypeAlias = pl.Expr | pl.Series | str | None
"""A column: worked out from the lines, there already, of one word, or of nothing."""

MANY = 10_000
"""Lines from which on a frame is long, and what is done to it costs more than to ask for it."""


def make(lines: pl.DataFrame, schema: Mapping[str, pl.DataType], given: Mapping[str, Given]) -> pl.DataFrame:
    """A row of `schema` for each of `lines`; a column that is not given is null.

    Of few lines only what is an expression is asked of polars: here are thousands of small frames, and a query costs.
    Of many all is, since a query keeps a column of one value as that one value.
    """
    height = lines.height
    if height > MANY:
        return lines.select(_asked(given.get(name)).cast(dtype).alias(name) for name, dtype in schema.items())
    asked = [e.cast(schema[name]).alias(name) for name, e in given.items() if isinstance(e, pl.Expr)]
    # With as many rows as lines, where all that is asked is one value.
    computed = lines.with_columns(asked) if asked else lines

    def column(name: str, dtype: pl.DataType) -> pl.Series:
        value = given.get(name)
        if isinstance(value, pl.Expr):
            return computed[name]
        if isinstance(value, pl.Series):
            value = value if value.dtype == dtype else value.cast(dtype)
            return value if value.name == name else value.alias(name)
        if height > _FEW:
            return full(value, height, dtype).alias(name)
        return _named(name, value, height, dtype)

    return pl.DataFrame([column(name, dtype) for name, dtype in schema.items()])


def _asked(value: Given) -> pl.Expr:
    return value if isinstance(value, pl.Expr) else pl.lit(value)


def full(value: object, length: int, dtype: pl.DataType | None = None) -> pl.Series:
    """A series of one value; `pl.repeat` makes a query of it, and here are thousands."""
    return _one(value, dtype).new_from_index(0, length)


_FEW = 64
"""Lines up to which columns of one value are kept and used again: most frames are that short."""


@lru_cache(maxsize=4096)
def _named(name: str, value: str | None, length: int, dtype: pl.DataType) -> pl.Series:
    return full(value, length, dtype).alias(name)


@lru_cache(maxsize=4096, typed=True)
def _one(value: object, dtype: pl.DataType | None) -> pl.Series:
    return pl.Series([value], dtype=dtype)
