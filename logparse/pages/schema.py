"""What `logparse schema` prints: every column of the frames, with its type, unit, meaning, and when it is null."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

import polars as pl

from logparse.schema import COLUMNS, PURPOSE, SCHEMA_VERSION
from logparse.text.terminal import Paint

_HEAD = ("column", "type", "unit", "meaning", "null")


def table(frames: Iterable[str]) -> pl.DataFrame:
    """One row for each column of these frames: frame, column, type, unit, meaning, null."""
    rows = [(frame, *row) for frame in frames for row in _rows(frame)]
    return pl.DataFrame(rows, schema=dict.fromkeys(("frame", *_HEAD), pl.String), orient="row")


def markdown(frames: Iterable[str]) -> str:
    """A section with a table for each of these frames."""
    out = []
    for frame in frames:
        rows = [_HEAD, ["---"] * len(_HEAD), *([f"`{name}`", *rest] for name, *rest in _rows(frame))]
        lines = [f"| {' | '.join(cell or '' for cell in row)} |" for row in rows]
        out.append("\n".join([f"## {frame}", "", PURPOSE[frame], "", *lines]))
    return "\n\n".join(out)


def page(frames: Iterable[str], paint: Paint) -> str:
    """The same for people, wrapped where a terminal has an end."""
    out = []
    for frame in frames:
        out += [paint.head(frame), *_wrapped(PURPOSE[frame], paint, ""), ""]
        for name, dtype, unit, doc, null in _rows(frame):
            out.append(f"{name}  {paint.faint(', '.join(filter(None, [dtype, unit])))}")
            out += _wrapped(f"{doc} Null: {null}.", paint, "    ")
        out.append("")
    return "\n".join([*out, f"Schema version {SCHEMA_VERSION}."])


def _wrapped(text: str, paint: Paint, indent: str) -> list[str]:
    if paint.width is None:
        return [indent + text]
    return textwrap.wrap(text, max(paint.width, 40), initial_indent=indent, subsequent_indent=indent)


def _rows(frame: str) -> list[tuple[str, str, str | None, str, str]]:
    return [(name, type_name(c.dtype), c.unit, c.doc, c.null or "never") for name, c in COLUMNS[frame].items()]


def type_name(dtype: pl.DataType) -> str:
    """The type as the docs and `logparse schema` write it: `Float64`, `Datetime(us)`, `List(String)`."""
    return f"Datetime({dtype.time_unit})" if isinstance(dtype, pl.Datetime) else str(dtype)
