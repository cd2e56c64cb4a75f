"""How a file is parsed, line by line: pyparsing itself on every line, and the shapes of the lines that no rule reads.

This is the reference implementation, slow and simple; `ingest` runs the same rules as regular expressions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from logparse.grammar import Grammar, Rule, Table, units
from logparse.reading.literals import Literals
from logparse.reading.match import cut
from logparse.reading.sources import Source
from logparse.schema import TEXT
from logparse.text.terminal import Paint, aligned, one_line, width

LINES: dict[str, pl.DataType] = {
    "source": TEXT,
    "line": pl.UInt32(),
    "start": pl.UInt32(),
    "kind": TEXT,
    "rule": TEXT,
    "values": TEXT,
    "text": TEXT,
}
SHAPES: dict[str, pl.DataType] = {
    "shape": TEXT,
    "count": pl.UInt32(),
    "suspicious": pl.Boolean(),
    "source": TEXT,
    "line": pl.UInt32(),
}

KINDS = {
    "read": "a rule extracts a value",
    "known": "a rule matches and extracts nothing",
    "unread": "no rule matches",
    "blank": "empty",
}
"""The kinds of lines."""


@dataclass(frozen=True)
class Explained:
    """One source, line by line.

    lines: one row for each part of a line that a rule reads (values as printed), and one for each other line; columns
    of `LINES`. counts: number of lines of each kind. shapes: the unread lines by shape, columns of `SHAPES`.
    """

    source: Source
    platforms: tuple[str, ...]
    lines: pl.DataFrame
    counts: dict[str, int]
    shapes: pl.DataFrame


# ---- reading ---- #


def explain(source: Source, grammars: Sequence[Grammar]) -> Explained:
    """Parse one source with each grammar that it identifies, and with the rules that all platforms share."""
    lines = _lines(source)
    vendors = [g for g in grammars if not g.shared and _identifies(lines, g)]
    shared = {rule.name: rule for g in grammars if g.shared for rule in g.rules}
    owner = {id(rule): g.name for g in grammars for rule in g.rules}
    # A vendor's rule replaces the shared rule of the same name.
    rules = [[*g.rules, *(rule for name, rule in shared.items() if not g.has(name))] for g in vendors]
    parts = [_parts(lines, *pair, owner) for pair in zip(vendors, rules, strict=True)]
    read = pl.concat([pl.DataFrame(schema=_PART), *parts]).unique(["line", "start", "rule"], maintain_order=True)
    rest = lines.select((pl.col("row") + 1).alias("line"), "text").join(read.select("line"), on="line", how="anti")
    blank = pl.col("text").str.strip_chars(" \t\r") == ""
    rest = rest.with_columns(pl.when(blank).then(pl.lit("blank")).otherwise(pl.lit("unread")).alias("kind"))
    every = pl.concat([read, rest], how="diagonal_relaxed").with_columns(pl.lit(source.name).alias("source"))
    every = every.sort("line", "start", maintain_order=True).select(LINES.keys())
    unread = shapes(every.filter(pl.col("kind") == "unread"))
    return Explained(source, tuple(g.name for g in vendors), every, _counts(every), unread)


_PART = {name: dtype for name, dtype in LINES.items() if name != "source"}


def _lines(source: Source) -> pl.DataFrame:
    """row, text of all lines."""
    texts = source.text.decode().split("\n")[: source.lines]
    return pl.DataFrame({"text": texts}, schema={"text": TEXT}).with_row_index("row")


def _identifies(lines: pl.DataFrame, grammar: Grammar) -> bool:
    """Whether a line among them identifies the platform of `grammar`."""
    identifying = [rule for rule in grammar.rules if "identifies_platform" in rule.marked]
    segments = _segments(lines, grammar, identifying)
    return any(
        rule.read(seg) is not None
        for rule in identifying
        for seg in _gated(segments, rule)["seg"].unique(maintain_order=True)
    )


_Found = tuple[int, int, Rule, dict[str, str], str]
"""Row, column, rule, the values it extracts, the segment."""


def _parts(lines: pl.DataFrame, grammar: Grammar, rules: Sequence[Rule], owner: dict[int, str]) -> pl.DataFrame:
    """What `rules` read, as rows of `LINES` without the source. A segment belongs to the first rule that reads it."""
    segments = _segments(lines, grammar, rules)
    found: list[_Found] = []
    taken: set[tuple[int, int]] = set()
    for rule in rules:
        anywhere = "unanchored" in rule.marked
        for row, col, segment, tag in _gated(segments, rule).iter_rows():
            if not anywhere and (row, col) in taken:
                continue
            values = rule.read(segment)
            if values is None:
                continue
            if not anywhere:
                taken.add((row, col))
            texts = _texts(rule, values) | ({} if tag is None else {"rank": str(tag)})
            found.append((row, col, rule, texts, segment))
    found.sort(key=lambda part: part[:2])
    _fill_tables(found, grammar.tables)
    rows = [
        (
            row + 1,
            col,
            "read" if rule.fields or rule.level else "known",
            f"{owner[id(rule)]}/{rule.name}",
            _shown(texts),
            seg,
        )
        for row, col, rule, texts, seg in found
    ]
    return pl.DataFrame(rows, schema=_PART, orient="row")


def _fill_tables(found: Sequence[_Found], tables: Sequence[Table]) -> None:
    """Name the cells of each table row by the latest header above it."""
    for table in tables:
        labels: list[str] = []
        for _, _, rule, texts, segment in found:
            cells = [cell.strip() for cell in segment.split(table.separator)]
            if rule.name == table.header:
                labels = cells
            elif rule.name == table.row and labels:
                texts.pop("cells", None)
                for label, cell in zip(labels, cells, strict=False):
                    field, unit = table.labels.get(label, (None, None))
                    if field and cell not in table.missing:
                        texts[field] = cell + (f" ({unit})" if unit in _NAMED and not cell.endswith("%") else "")


def _segments(lines: pl.DataFrame, grammar: Grammar, rules: Sequence[Rule]) -> pl.DataFrame:
    """row, col, seg, tag of the lines that any of `rules` may read, split as the engine splits them."""
    return cut(lines.filter(Literals.of(rules).found_in(lines["text"])), grammar).select("row", "col", "seg", "tag")


def _gated(segments: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    return segments.filter(Literals(rule.compiled.literals).found_in(segments["seg"]))


def _counts(lines: pl.DataFrame) -> dict[str, int]:
    """Number of lines of each kind; a line counts as read if any part of it is read."""
    order = pl.col("kind").replace_strict({kind: i for i, kind in enumerate(KINDS)}, return_dtype=pl.UInt8)
    kinds = lines.group_by("line").agg(pl.col("kind").sort_by(order).first())["kind"].value_counts()
    return dict.fromkeys(KINDS, 0) | dict(kinds.iter_rows())


_NAMED = frozenset((*units.UNITS, *units.SPECIAL))
"""Units that are shown next to the text."""


def _texts(rule: Rule, values: dict[str, str]) -> dict[str, str]:
    """The values as printed, with the vendor's unit where it is converted, and the rule's fixed values."""
    units: dict[str, set[str | None]] = {}
    for group in rule.compiled.groups:
        units.setdefault(group.name, set()).add(group.unit)
    sure = {name: next(iter(found)) for name, found in units.items() if len(found) == 1}
    named = {name: f" ({unit})" for name, unit in sure.items() if unit in _NAMED}
    return {name: text + named.get(name, "") for name, text in values.items()} | dict(rule.fixed)


def _shown(texts: dict[str, str]) -> str:
    """`step=100  loss=9.39062  accuracy=97.69 (%)`."""
    return "  ".join(f"{name}={text}" for name, text in texts.items())


# ---- shapes ---- #

_LONGEST = 160
"""Characters of a line that its shape is computed from."""
_MASKS = (
    (r"\x1e|\r", "␍"),
    (r"^((?:export )?[A-Za-z_][A-Za-z0-9_]*)=.*", "${1}=…"),  # an environment dump can contain secrets
    (r"(?i)((?:pass(?:word)?|secret|token|api_?key)\S*[=:]\s*).*", "${1}…"),
    (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", "<id>"),
    (r"\b0x[0-9a-fA-F]+\b", "<id>"),
    (r"\b(?:[0-9]+[a-fA-F]|[a-fA-F]+[0-9])[0-9a-fA-F]{6,}\b", "<id>"),
    (r"\b[A-Za-z]+[0-9]+[A-Za-z]+[0-9][A-Za-z0-9]*\b", "<id>"),
    (r"\b[0-9]+[A-Za-z]+[0-9]+[A-Za-z][A-Za-z0-9]*\b", "<id>"),
    (r"[▏▎▍▌▋▊▉█]+[ ▏▎▍▌▋▊▉█]*", "█"),
    (r"[0-9]+(?:\.[0-9]+)?", "0"),
    (r"[ \t]+", " "),
)
_SUSPICIOUS = (
    r"(?i)\b(?:time|duration|elapsed|runtime|took|latency|throughput|rate|speed|fps|ips|acc|accuracy|loss|score|f1|perplexity|wer)\b"
    r"[^0-9A-Za-z]{0,8}[0-9]"
    r"|[0-9] ?(?:%|ms\b|s\b|secs?\b|seconds?\b|minutes?\b)"
    r"|[0-9] ?[A-Za-z]+/(?:s|sec|second)\b"
)
SUSPICIOUS = "a number next to a word for time, rate or quality: possibly a metric that no rule reads"
"""What the mark of a shape means."""


def shapes(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines (source, line, text) by shape: numbers become 0, ids <id>. Suspicious shapes first, then by frequency."""
    shape = pl.col("text").str.strip_chars(" \t\r").str.head(_LONGEST)
    for pattern, put in _MASKS:
        shape = shape.str.replace_all(pattern, put)
    return (
        lines.with_columns(shape.alias("shape"), pl.col("text").str.contains(_SUSPICIOUS).alias("suspicious"))
        .group_by("shape", maintain_order=True)
        .agg(pl.len().alias("count"), pl.col("suspicious").any(), pl.col("source").first(), pl.col("line").first())
        .sort("suspicious", "count", descending=True, maintain_order=True)
        .select(pl.col(name).cast(dtype) for name, dtype in SHAPES.items())
    )


# ---- for people ---- #

SHOWN = 20
"""Shapes shown; the rest is counted."""


def page(explained: Explained, paint: Paint, everything: bool = False) -> str:
    """The page as text; with `everything` every line of the file, else the lines with values."""
    counts = explained.counts
    platforms = ", ".join(explained.platforms) or "no platform: no line matches a known format"
    total = ", ".join(f"{counts[kind]} {name}" for kind, name in _NAMES.items())
    out = [f"{paint.head(explained.source.name)}: {platforms}", f"{explained.source.lines} lines: {total}"]
    if explained.source.reason:
        out.append(explained.source.reason)
    kept = explained.lines if everything else explained.lines.filter(pl.col("kind") == "read")
    out += _blocks(kept, paint)
    if explained.shapes.height:
        heading = f"Lines not parsed: {explained.shapes.height} shapes, most frequent first"
        out += ["", paint.head(heading), *_shape_lines(explained.shapes, paint)]
    return "\n".join(out)


_NAMES = {"read": "with values", "known": "recognised without values", "unread": "not parsed", "blank": "blank"}


def _blocks(lines: pl.DataFrame, paint: Paint) -> Iterable[str]:
    """Two lines for each: the text, and the values. Redraws of a progress bar within one line are merged."""
    folded = lines.with_columns(pl.struct("line", "rule").rle_id().alias("series")).with_columns(
        pl.int_range(pl.len()).over("series").alias("nth"), pl.len().over("series").alias("redraws")
    )
    shown = folded.filter((pl.col("nth") == 0) | (pl.col("nth") == pl.col("redraws") - 1))
    columns = ("line", "kind", "rule", "values", "text", "nth", "redraws")
    for line, kind, rule, values, text, nth, redraws in shown.select(columns).iter_rows():
        if nth > 0 and redraws > 2:
            yield paint.faint(f"          … {redraws - 2} more of {rule} on this line")
        number = f"{line:>6}: "
        yield number + _fitted(one_line(text), paint, len(number))
        if rule is not None:
            yield f"        {paint.head(rule) if kind == 'read' else rule}  {one_line(values)}".rstrip()
        elif kind == "unread":
            yield paint.warn("        not parsed")


def _fitted(text: str, paint: Paint, used: int) -> str:
    """`text` cut to the rest of the terminal's line; uncut where the output is not a terminal."""
    room = None if paint.width is None else max(paint.width - used, 20)
    return text if room is None or width(text) <= room else text[: room - 1] + "…"


def _shape_lines(found: pl.DataFrame, paint: Paint) -> list[str]:
    rows = []
    for shape, count, suspicious, _, line in found.head(SHOWN).iter_rows():
        sign = paint.warn("!") if suspicious else ""
        rows.append([f"  {count}×", sign, one_line(shape), paint.faint(f"line {line}")])
    out = aligned(rows, right={0}, gap=1)
    if found.height > SHOWN:
        out.append(f"  … and {found.height - SHOWN} more shapes")
    if found["suspicious"].any():
        out.append(f"  ! = {SUSPICIOUS}")
    return out
