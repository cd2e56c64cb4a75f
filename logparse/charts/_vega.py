"""Drawings as plain Vega-Lite specifications, built as one builds them with altair.

Importing altair and copying its objects at each level of nesting takes longer than everything else about a chart.
Altair's classes are only made for those who ask for them (`logparse.rendering.export.as_altair`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from logparse.schema import LOCATIONS
from logparse.text.location import locations

_TYPES = {"Q": "quantitative", "N": "nominal", "O": "ordinal", "T": "temporal"}
_WITHOUT_TYPE = ("x2", "y2")
"""Channels that have the type of another."""
_OF_A_MARK = ("run", "runs", "label", "side", "text", "evidence")
"""Columns that are written even if they are not shown: by these, the report finds the runs and log lines of a mark."""


class Drawing(dict[str, Any]):
    """A specification, or a part of one. Rows are frames in `data` until `with_datasets` writes them out."""

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Drawing:
        """A drawing of these rows, without marks."""
        return cls(data=frame)

    def mark(self, type: str, **look: Any) -> Drawing:
        """With this mark: `bar`, `rule`, `text` …"""
        return Drawing(self, mark={"type": type, **look})

    def encode(self, **channels: Any) -> Drawing:
        """With these channels: what `channel` and `pixels` return, or `name:type`, or a list of those."""
        described = {name: _channel(name, value) for name, value in channels.items()}
        return Drawing(self, encoding={**self.get("encoding", {}), **described})

    def properties(self, **properties: Any) -> Drawing:
        """With these properties: `title`, `width` …"""
        return Drawing(self, **properties)

    @property
    def is_empty(self) -> bool:
        """Whether it draws no row."""
        return "data" in self and bool(self["data"].is_empty())


def channel(shorthand: str, **properties: Any) -> dict[str, Any]:
    """A channel that shows a column: `channel("begin_s:Q", title="time, s")`. The types are Q, N, O and T (time).

    State the type of each, because an inferred type may change with the rows.
    """
    name, _, type = shorthand.partition(":")
    return {"field": name, "type": _TYPES[type], **properties}


def like(of: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The same channel for another column."""
    return {**of, "field": name}


def pixels(value: float) -> dict[str, Any]:
    """A channel that is that many pixels from the left or upper edge of a plot."""
    return {"value": value}


def layer(*layers: Drawing, **properties: Any) -> Drawing:
    """Drawings on top of each other."""
    return Drawing(layer=list(layers), **properties)


def vconcat(*parts: Drawing, **properties: Any) -> Drawing:
    """Drawings below each other."""
    return Drawing(vconcat=list(parts), **properties)


def hconcat(*parts: Drawing, **properties: Any) -> Drawing:
    """Drawings next to each other."""
    return Drawing(hconcat=list(parts), **properties)


def _channel(name: str, value: Any) -> Any:
    if isinstance(value, str):
        value = channel(value)
    if isinstance(value, list):
        return [_channel(name, one) for one in value]
    if name in _WITHOUT_TYPE:
        return {key: each for key, each in value.items() if key != "type"}
    return value


# ---- rows ---- #


def with_datasets(drawing: Drawing) -> Drawing:
    """The drawing with its rows under `datasets`, by name: only the columns that a part needs, and equal rows once."""
    names: dict[Any, str] = {}
    datasets: dict[str, list[dict[str, Any]]] = {}
    written: dict[str, Any] = _written(drawing, names, datasets)
    return Drawing(written, datasets=datasets)


def _written(part: Any, names: dict[Any, str], datasets: dict[str, list[dict[str, Any]]]) -> Any:
    if isinstance(part, list):
        return [_written(one, names, datasets) for one in part]
    if not isinstance(part, dict):
        return part
    if not isinstance(part.get("data"), pl.DataFrame):
        return {key: _written(value, names, datasets) for key, value in part.items()}
    frame = part["data"]
    columns = tuple(dict.fromkeys([*_fields(part["encoding"]), *(c for c in _OF_A_MARK if c in frame.columns)]))
    values = [_plain(frame[name]) for name in columns]
    key = columns, frame.height, tuple(map(tuple, values))
    if key not in names:
        names[key] = f"d{len(names)}"
        rows = zip(*values, strict=True) if values else [()] * frame.height
        datasets[names[key]] = [dict(zip(columns, row, strict=True)) for row in rows]
    return {**part, "data": {"name": names[key]}}


def _fields(encoding: Mapping[str, Any]) -> Iterator[str]:
    for value in encoding.values():
        for one in value if isinstance(value, list) else (value,):
            if "field" in one:
                yield one["field"]


def _plain(column: pl.Series) -> Sequence[Any]:
    """The values for Vega: null for NaN and infinities, text for lists and times."""
    values = column.to_list()
    if column.dtype.is_float():
        return [value if value is not None and math.isfinite(value) else None for value in values]
    if column.dtype == LOCATIONS:
        return [None if value is None else ", ".join(map(str, locations(value))) for value in values]
    if isinstance(column.dtype, pl.List):
        return [None if value is None else ", ".join(map(str, value)) for value in values]
    return (
        values if column.dtype in (pl.String, pl.Categorical) or column.dtype.is_integer() else list(map(str, values))
    )
