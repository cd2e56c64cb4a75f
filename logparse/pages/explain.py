"""How a file is read, line by line: pyparsing itself on every line, and the shapes of the lines that no rule reads.

This is the reference path, slow and plain; `ingest` runs the same rules as regular expressions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from logparse.grammar import Grammar, Rule, Table, units
from logparse.reading.match import cut
from logparse.reading.scan import contains, literals
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

KINDS = {"read": "a value was taken", "known": "a rule names it", "unread": "no rule reads it", "blank": "empty"}
"""What a line can be."""


@dataclass(frozen=True)
class Explained:
    """One source, line by line.

    lines: a row for each part of a line that a rule reads (values as printed), and one for each other line; columns of
    `LINES`. counts: lines of each kind. shapes: the unread lines by shape, columns of `SHAPES`.
    """

    source: Source
    platforms: tuple[str, ...]
    lines: pl.DataFrame
    counts: dict[str, int]
    shapes: pl.DataFrame


# ---- reading ---- #


def explain(source: Source, grammars: Sequence[Grammar]) -> Explained:
    """Read one source with each grammar whose platform it has lines of, and with the rules that platforms share."""
    lines = _lines(source)
    vendors = [g for g in grammars if not g.shared and _tells(lines, g)]
    shared = {rule.name: rule for g in grammars if g.shared for rule in g.rules}
    owner = {id(rule): g.name for g in grammars for rule in g.rules}
    # A vendor's rule takes the place of a shared one of its name.
    rules = [[*g.rules, *(rule for name, rule in shared.items() if not g.has(name))] for g in vendors]
    parts = [_parts(lines, *given, owner) for given in zip(vendors, rules, strict=True)]
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


def _tells(lines: pl.DataFrame, grammar: Grammar) -> bool:
    """Whether one of them identifies the platform of `grammar`."""
    identifying = [rule for rule in grammar.rules if "identifies_platform" in rule.marked]
    segments = _segments(lines, grammar, identifying)
    return any(
        rule.read(seg) is not None
        for rule in identifying
        for seg in _gated(segments, rule)["seg"].unique(maintain_order=True)
    )


_Found = tuple[int, int, Rule, dict[str, str], str]
"""Row, column, rule, what it took, the segment."""


def _parts(lines: pl.DataFrame, grammar: Grammar, rules: Sequence[Rule], owner: dict[int, str]) -> pl.DataFrame:
    """What `rules` read, as rows of `LINES` without the source. The rule declared first keeps a segment."""
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
    """Give each row of a table what its cells are called, by the latest header above it."""
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
    """row, col, seg, tag of the lines that any of `rules` may read, cut as the engine cuts them."""
    return cut(lines.filter(contains(pl.col("text"), literals(rules))), grammar).select("row", "col", "seg", "tag")


def _gated(segments: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    return segments.filter(contains(pl.col("seg"), rule.compiled.literals))


def _counts(lines: pl.DataFrame) -> dict[str, int]:
    """Lines of each kind; a line of which any part is read is read."""
    order = pl.col("kind").replace_strict({kind: i for i, kind in enumerate(KINDS)}, return_dtype=pl.UInt8)
    kinds = lines.group_by("line").agg(pl.col("kind").sort_by(order).first())["kind"].value_counts()
    return dict.fromkeys(KINDS, 0) | dict(kinds.iter_rows())


_NAMED = frozenset((*units.UNITS, *units.SPECIAL))
"""Units worth a word beside the text."""


def _texts(rule: Rule, values: dict[str, str]) -> dict[str, str]:
    """What was taken, as printed, with the unit where the vendor's is not ours; and what each line of the rule says."""
    units: dict[str, set[str | None]] = {}
    for group in rule.compiled.groups:
        units.setdefault(group.name, set()).add(group.unit)
    sure = {name: next(iter(of)) for name, of in units.items() if len(of) == 1}
    named = {name: f" ({unit})" for name, unit in sure.items() if unit in _NAMED}
    return {name: text + named.get(name, "") for name, text in values.items()} | dict(rule.fixed)


def _shown(texts: dict[str, str]) -> str:
    """`step=100  loss=9.39062  accuracy=97.69 (%)`."""
    return "  ".join(f"{name}={text}" for name, text in texts.items())


# ---- shapes ---- #

_LONGEST = 160
"""Characters of a line that make its shape."""
_MASKS = (
    (r"\x1e|\r", "␍"),
    (r"^((?:export )?[A-Za-z_][A-Za-z0-9_]*)=.*", "${1}=…"),  # an environment dump can hold secrets
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
SUSPICIOUS = "a number beside a word of time, rate or quality: perhaps a figure that no rule takes"
"""What marks a shape."""


def shapes(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines (source, line, text) by shape: numbers are 0, ids <id>. Suspicious ones first, then the most frequent."""
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
"""Shapes shown before the rest is only counted."""


def page(explained: Explained, paint: Paint, everything: bool = False) -> str:
    """What a person reads; with `everything` each line of the file, else those that are read."""
    counts = explained.counts
    platforms = ", ".join(explained.platforms) or "no platform: no line stands in the form of one that is known"
    total = ", ".join(f"{counts[kind]} {name}" for kind, name in _NAMES.items())
    out = [f"{paint.head(explained.source.name)}: {platforms}", f"{explained.source.lines} lines: {total}"]
    if explained.source.reason:
        out.append(explained.source.reason)
    kept = explained.lines if everything else explained.lines.filter(pl.col("kind") == "read")
    out += _blocks(kept, paint)
    if explained.shapes.height:
        many = f"not understood: {explained.shapes.height} shapes, the most frequent first"
        out += ["", paint.head(many), *_shape_lines(explained.shapes, paint)]
    return "\n".join(out)


_NAMES = {"read": "read", "known": "known and without a value", "unread": "not understood", "blank": "blank"}


def _blocks(lines: pl.DataFrame, paint: Paint) -> Iterable[str]:
    """Two lines for each: the text, and what was taken from it. Redraws of a bar within one line are folded."""
    folded = lines.with_columns(pl.struct("line", "rule").rle_id().alias("series")).with_columns(
        pl.int_range(pl.len()).over("series").alias("nth"), pl.len().over("series").alias("of")
    )
    shown = folded.filter((pl.col("nth") == 0) | (pl.col("nth") == pl.col("of") - 1))
    columns = ("line", "kind", "rule", "values", "text", "nth", "of")
    for line, kind, rule, values, text, nth, of in shown.select(columns).iter_rows():
        if nth > 0 and of > 2:
            yield paint.faint(f"          … {of - 2} more of {rule} on this line")
        number = f"{line:>6}: "
        yield number + _fitted(one_line(text), paint, len(number))
        if rule is not None:
            yield f"        {paint.head(rule) if kind == 'read' else rule}  {one_line(values)}".rstrip()
        elif kind == "unread":
            yield paint.warn("        not understood")


def _fitted(text: str, paint: Paint, used: int) -> str:
    """`text` cut to what is left of a terminal's line; whole where it goes elsewhere."""
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
