"""Conditions that end the following of a run: `loss<7.2`, `accuracy>=0.75`, `step>=1000`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from logparse.errors import UsageError, nearest
from logparse.following.progress import preferred
from logparse.schema import VOCABULARY

_CONDITION = re.compile(r"\s*([A-Za-z_0-9]+)\s*(<=|>=|<|>)\s*(\S+)\s*")
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COLUMNS = ("step", "epoch", "samples")
"""Columns of `metrics` that say how far a run is."""


@dataclass(frozen=True)
class Until:
    """A condition on one point of a run."""

    text: str
    name: str
    compare: Callable[[Any, Any], Any]
    number: float

    def first(self, metrics: pl.DataFrame) -> str | None:
        """The first point that meets the condition, as text; None if there is none. Figures of one rank or device
        count only where none is of the whole run, and of the splits `train` comes first.

        metrics: rows of the frame `metrics`.
        """
        if self.name in _COLUMNS:
            points = metrics.with_columns(pl.col(self.name).alias("value"))
        else:
            points = preferred(
                metrics.filter(pl.col("name") == self.name),
                pl.col("scope").is_null(),
                pl.col("split").cast(pl.String) == "train",
            )
        met = points.filter(self.compare(pl.col("value"), self.number) & pl.col("value").is_finite()).sort("line")
        if not met.height:
            return None
        point = met.row(0, named=True)
        at = f" at step {point['step']}" if point["step"] is not None and self.name != "step" else ""
        return f"{self.name} {point['value']:g}{at}"


def until(text: str) -> Until:
    """Parse a condition. Raises `UsageError` for an invalid one."""
    known = [*_COLUMNS, *(name for name, field in VOCABULARY.items() if field.metric)]
    found = _CONDITION.fullmatch(text)
    if not found:
        raise UsageError(f"{text!r} is not a valid condition: write a metric and a number (loss<7.2)")
    name, sign, number = found.groups()
    if name not in known:
        raise UsageError(f"{name!r} in {text!r} is not a metric; {nearest(name, known)}")
    try:
        return Until(text, name, _COMPARE[sign], float(number))
    except ValueError:
        raise UsageError(f"{number!r} in {text!r} is not a number") from None
