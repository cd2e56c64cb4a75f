"""Frames as text: tables for the terminal, and formats for programs.

Nothing is truncated or rounded: a value is printed with all its digits. An unknown value is empty.
"""

from __future__ import annotations

import io
import json
import math
import os
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import zip_longest
from pathlib import Path
from typing import Any

import polars as pl

from logparse.schema import LOCATIONS
from logparse.text.labels import one_line as one_line
from logparse.text.location import Location, texts

# ---- terminal capabilities ---- #

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\")


@dataclass(frozen=True)
class Paint:
    """What the output can show: colours, links, and its width in columns (None: unlimited)."""

    colour: bool = False
    links: bool = False
    width: int | None = None

    @classmethod
    def of(cls, stream: Any) -> Paint:
        """The capabilities of `stream` (None: a file). NO_COLOR turns colours off, FORCE_COLOR colours and links on.
        What is not a terminal is not wrapped: the next program reads whole lines."""
        if stream is None:
            return cls()
        environment = os.environ
        terminal = bool(getattr(stream, "isatty", lambda: False)())
        able = (terminal and environment.get("TERM") != "dumb") or bool(environment.get("FORCE_COLOR"))
        return cls(
            colour=able and not environment.get("NO_COLOR"),
            links=able,
            width=os.get_terminal_size(stream.fileno()).columns or None if terminal else None,
        )

    def fitted(self, lines: Iterable[str]) -> str:
        """Lines as text, each wrapped to the width of the output."""
        if self.width is None:
            return "\n".join(lines)
        return "\n".join(part for line in lines for part in wrapped(line, self.width))

    def _style(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def head(self, text: str) -> str:
        """A heading."""
        return self._style("1", text)

    def faint(self, text: str) -> str:
        """Secondary text."""
        return self._style("2", text)

    def mark(self, text: str) -> str:
        """A match in a log line."""
        return self._style("1;7", text)

    def warn(self, text: str) -> str:
        """A problem."""
        return self._style("33", text)

    def location(self, source: str, line: int | None = None) -> str:
        """`source:line`, a link where the terminal supports links and the file exists."""
        text = source if line is None else str(Location(source, line))
        if not self.links or not (path := Path(source)).is_file():
            return text
        target = path.resolve().as_uri() + ("" if line is None else f"#{line}")
        return f"\x1b]8;;{target}\x1b\\{text}\x1b]8;;\x1b\\"


def width(text: str) -> int:
    """Terminal columns that `text` takes; escapes take none, wide characters two."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    plain = _ESCAPE.sub("", text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in plain)


def aligned(
    rows: Iterable[Sequence[str]], right: Collection[int] = (), gap: int = 3, room: int | None = None
) -> list[str]:
    """Rows of cells as lines: each column as wide as its widest cell; the columns in `right` are right-aligned.

    room: columns of the terminal. In a wider table, the widest columns become narrower and their cells are wrapped; if
    that is not enough, the table continues below, with the first column repeated.
    """
    rows = [list(row) for row in rows]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    if room is None or sum(widths) + gap * (len(widths) - 1) <= room:
        return [_line(row, widths, right, gap) for row in rows]
    layouts = (_layout(rows, widths, right, gap, room, least) for least in _NARROWEST)
    return min(layouts, key=len)


_NARROWEST = (32, 24, 18, 14)
"""Terminal columns: the least widths that are tried for the columns of a table; the one that needs the fewest lines is
taken."""


def _layout(
    rows: Sequence[Sequence[str]], widths: Sequence[int], right: Collection[int], gap: int, room: int, least: int
) -> list[str]:
    """The lines of a table of at most `room` columns, in which no column becomes narrower than `least` to fit."""
    lines: list[str] = []
    gap = min(gap, 2)
    for part in _parts([min(size, least) for size in widths], gap, room):
        space = room - gap * (len(part) - 1)
        narrow = _narrowed([widths[i] for i in part], space, max(1, min(least, space // len(part))))
        flush = {k for k, i in enumerate(part) if i in right}
        for row in rows:
            cells = [wrapped(row[i], size, hang=1) for i, size in zip(part, narrow, strict=True)]
            lines += (_line(line, narrow, flush, gap) for line in zip_longest(*cells, fillvalue=""))
    return lines


def _line(row: Sequence[str], widths: Sequence[int], right: Collection[int], gap: int) -> str:
    blanks = [" " * (size - width(cell)) for size, cell in zip(widths, row, strict=True)]
    cells = [b + c if i in right else c + b for i, (b, c) in enumerate(zip(blanks, row, strict=True))]
    return (" " * gap).join(cells).rstrip()


def _narrowed(widths: Sequence[int], room: int, least: int) -> list[int]:
    """Widths of columns whose sum is at most `room`: the widest become narrower, down to `least`."""
    sizes = list(widths)
    while (excess := sum(sizes) - room) > 0 and (widest := max(sizes)) > least:
        second = max((size for size in sizes if size < widest), default=least)
        size = max(widest - -(-excess // sizes.count(widest)), second, least)
        sizes = [size if each == widest else each for each in sizes]
    return sizes


def _parts(widths: Sequence[int], gap: int, room: int) -> list[list[int]]:
    """Indices of the columns of each part of a table: as many as fit, the first column in each."""
    parts, used = [[0]], widths[0]
    for i, size in enumerate(widths[1:], start=1):
        if used + gap + size > room and len(parts[-1]) > 1:
            parts.append([0])
            used = widths[0]
        parts[-1].append(i)
        used += gap + size
    return parts


def wrapped(text: str, room: int, hang: int = 4) -> list[str]:
    """`text` as lines of at most `room` terminal columns, broken at spaces, else after a sign of a long word. Lines
    after the first have the indent of the first, and `hang` more."""
    if width(text) <= room:
        return [text]
    first = text[: len(text) - len(text.lstrip(" "))]
    indent = " " * min(len(first) + hang, room // 2)
    lines, line, used = [], first, len(first)
    blank = ""
    for word in re.findall(r"[^ ]+|(?<=[^ ]) +", text.strip(" ")):
        if word.isspace():
            blank = word
            continue
        if used + len(blank) + width(word) <= room:
            line += blank + word
            used += len(blank) + width(word)
            blank = ""
            continue
        if line.strip() and len(indent) + width(word) <= room:
            lines.append(line)
            line, used, blank = indent + word, len(indent) + width(word), ""
            continue
        for piece in _pieces(word, room - len(indent)):  # longer than a line
            if line.strip() and used + len(blank) + width(piece) > room:
                lines.append(line)
                line, used, blank = indent, len(indent), ""
            line += blank + piece
            used += len(blank) + width(piece)
            blank = ""
    return [*lines, line]


def _pieces(word: str, room: int) -> list[str]:
    """A long word, cut where it may be broken: after signs such as / and _; where that is still longer than `room`,
    after each letter."""
    if "\x1b" in word:
        return [word]
    pieces = re.findall(r"[^/_.,:;=&?|-]*[/_.,:;=&?|-]+|[^/_.,:;=&?|-]+", word)
    return [part for piece in pieces for part in (piece if width(piece) > room else [piece])]


# ---- frames ---- #


def table(frame: pl.DataFrame, paint: Paint, keep: Collection[str] = ()) -> str:
    """A frame as an aligned table; empty columns are left out and counted.

    A table wider than the terminal continues below, with the first column repeated.
    """
    cells = as_text(frame)
    shown = [c for c in cells.columns if c in keep or cells[c].null_count() < cells.height]
    hidden = len(cells.columns) - len(shown)
    right = {i for i, c in enumerate(shown) if frame.schema[c].is_numeric()}
    head = [paint.head(c) for c in shown]
    body = [[one_line(cell or "") for cell in row] for row in cells.select(shown).iter_rows()]
    lines: list[str] = []
    if shown:
        lines += aligned([head, *body], right, gap=2, room=paint.width)
    summary = f"{frame.height} row{'' if frame.height == 1 else 's'}"
    if hidden and frame.height:
        summary += f"; {hidden} of {len(cells.columns)} columns are empty and not shown"
    lines.append(paint.faint(summary))
    return "\n".join(lines)


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """All columns as text: times in ISO 8601, numbers with all their digits, `NaN`, `Infinity`, `-Infinity`."""
    return frame.select(_text(name, dtype) for name, dtype in frame.schema.items())


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_float():
        special = pl.when(column.is_nan()).then(pl.lit("NaN")).when(column.is_infinite()).then(
            pl.when(column > 0).then(pl.lit("Infinity")).otherwise(pl.lit("-Infinity"))
        )  # fmt: skip
        return special.otherwise(column.cast(pl.String)).alias(name)
    if isinstance(dtype, pl.List):
        column = texts(name) if dtype == LOCATIONS else column
        return column.cast(pl.List(pl.String)).list.join(", ")
    return (_iso(name) if dtype == pl.Datetime else column).cast(pl.String)


def _iso(name: str) -> pl.Expr:
    return pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.f")


# ---- formats ---- #


def dump(frame: pl.DataFrame, name: str, format: str) -> bytes:
    """The frame in one of the formats json, ndjson, csv, md, latex, parquet, arrow."""
    return DUMPS[format](frame, name)


def _json(frame: pl.DataFrame, name: str) -> bytes:
    head = json.dumps({"logparse": version("logparse"), "frame": name})
    rows = ",\n".join(_rows(frame))
    return f'{head[:-1]}, "rows": [\n{rows}\n]}}\n'.encode() if rows else f'{head[:-1]}, "rows": []}}\n'.encode()


def _ndjson(frame: pl.DataFrame, name: str) -> bytes:
    return "".join(f"{row}\n" for row in _rows(frame)).encode()


def _rows(frame: pl.DataFrame) -> list[str]:
    """Each row as a JSON object. NaN and infinities become strings, since null means unknown; characters that a
    terminal obeys instead of showing them are escaped."""
    plain = _plain(frame)
    floats = [c for c, t in plain.schema.items() if t.is_float()]
    all_finite = all(plain[c].drop_nulls().is_finite().all() for c in floats)
    if all_finite:
        rows = plain.write_ndjson().removesuffix("\n").split("\n") if plain.height else []
    else:
        spelt = ({k: _spelt(v) for k, v in row.items()} for row in plain.iter_rows(named=True))
        rows = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in spelt]
    return [
        row if row.isprintable() else "".join(c if c.isprintable() else _json_escape(c) for c in row) for row in rows
    ]


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def _spelt(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col(pl.Categorical).cast(pl.String),
        *(_iso(c) for c, t in frame.schema.items() if t == pl.Datetime),
        *(texts(c) for c, t in frame.schema.items() if t == LOCATIONS),
    )


def _csv(frame: pl.DataFrame, name: str) -> bytes:
    """For spreadsheets: text that one of them would run as a formula gets an apostrophe in front."""
    texts = [c for c, t in frame.schema.items() if not t.is_numeric()]
    return as_text(frame).with_columns(map(_neutral, texts)).write_csv().encode()


def _neutral(column: str) -> pl.Expr:
    text = pl.col(column)
    formula = text.str.contains(r"^[=+\-@\t\r]") & ~text.str.contains(_AMOUNT)
    return pl.when(formula).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(column)


_AMOUNT = r"^[+-]\d[\d.,]*(?:[eE][+-]?\d+)?[ %\w/]{0,12}$|^[+-]?(?:inf|nan|Infinity|NaN)$"
"""A number with a sign, and what may follow it: a spreadsheet shows it as it is."""


def _parquet(frame: pl.DataFrame, name: str) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _arrow(frame: pl.DataFrame, name: str) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    return buffer.getvalue()


def _markdown(frame: pl.DataFrame, name: str) -> bytes:
    columns, rows = _filled(frame)
    rule = ["---:" if frame.schema[c].is_numeric() else "---" for c in columns]
    lines = [columns, rule, *([_escaped(cell, _MARKDOWN) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines).encode()


def _latex(frame: pl.DataFrame, name: str) -> bytes:
    columns, rows = _filled(frame)
    spec = "".join("r" if frame.schema[c].is_numeric() else "l" for c in columns)
    body = [" & ".join(_escaped(cell, _LATEX) for cell in row) + r" \\" for row in rows]
    return ("\n".join(tabular(spec, columns, body)) + "\n").encode()


def tabular(spec: str, head: Iterable[str], body: Iterable[str]) -> list[str]:
    """The lines of a LaTeX table with the rules of booktabs: `head` as plain text, `body` as finished lines."""
    first = " & ".join(map(latex_text, head)) + r" \\"
    return [rf"\begin{{tabular}}{{{spec}}}", r"\toprule", first, r"\midrule", *body, r"\bottomrule", r"\end{tabular}"]


def _filled(frame: pl.DataFrame) -> tuple[list[str], list[tuple[str | None, ...]]]:
    """The columns that are not empty, and their cells as text."""
    texts = as_text(frame)
    columns = [c for c in texts.columns if not texts.height or texts[c].null_count() < texts.height]
    return columns, texts.select(columns).rows()


_MARKDOWN = {**{c: "\\" + c for c in "|\\`*_"}, "<": "&lt;", ">": "&gt;", "\n": " ", "\r": " "}
_LATEX = {
    **{c: "\\" + c for c in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "×": r"$\times$",
    "±": r"$\pm$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "÷": r"$\div$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "\n": " ",
    "\r": " ",
}


def _escaped(cell: str | None, signs: Mapping[str, str]) -> str:
    return "".join(signs.get(c) or (c if c.isprintable() else " ") for c in cell or "")


def markdown_text(text: str) -> str:
    """`text`, escaped for Markdown."""
    return _escaped(text, _MARKDOWN)


_CODE = re.compile(r"(`[\w .,:=<>()…'\"/+-]+`)")


def markdown_prose(text: str) -> str:
    """A sentence, escaped for Markdown, except that words between backticks stay code."""
    parts = _CODE.split(text)
    return "".join(part if i % 2 else markdown_text(part) for i, part in enumerate(parts))


def latex_text(text: str) -> str:
    """`text`, escaped for LaTeX."""
    return _escaped(text, _LATEX)


DUMPS: dict[str, Callable[[pl.DataFrame, str], bytes]] = {
    "json": _json,
    "ndjson": _ndjson,
    "csv": _csv,
    "md": _markdown,
    "latex": _latex,
    "parquet": _parquet,
    "arrow": _arrow,
}
"""Format -> writer."""
