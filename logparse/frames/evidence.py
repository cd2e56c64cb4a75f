"""Evidence under construction: rows of one shape, and the place of each value in its line.

A row before it is finished (`ROW`): n (run), frame, column, key, text, how, formula, input, number, unit (as printed),
was (the `how` of the input of a formula), code (of an absence), reason; where it is: pos, seg (the segment), rule,
field, col (column in the segment, where it is known already); and id, of the phase that it is evidence of. What follows
from these alone is left to the end, where it is done once for all rows: the resolutions, the start, and which text is
shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypedDict

import polars as pl

from logparse.frames.lines import Lines, Place
from logparse.grammar import Rule
from logparse.grammar import units as conversions
from logparse.reading import scanner
from logparse.schema import INTEGER, NUMBER, TEXT, TIME, WORD, field
from logparse.schema.build import Given

ROW: dict[str, pl.DataType] = {
    "n": pl.UInt32(),
    "frame": WORD,
    "column": WORD,
    "key": TEXT,
    "text": TEXT,
    "how": WORD,
    "formula": TEXT,
    "input": WORD,
    "number": NUMBER,
    "unit": WORD,
    "was": WORD,
    "code": TEXT,
    "reason": TEXT,
    "pos": pl.UInt64(),
    "seg": TEXT,
    "rule": WORD,
    "field": WORD,
    "col": pl.UInt32(),
    "id": pl.UInt32(),
}


class Row(TypedDict, total=False):
    """A row under construction; what it lacks is null."""

    n: int
    frame: str
    column: str
    key: str | None
    text: str | None
    how: str
    formula: str | None
    input: str | None
    number: float | None
    unit: str | None
    was: str | None
    code: str | None
    reason: str | None
    pos: int | None
    seg: str | None
    rule: str | None
    field: str | None
    col: int | None
    id: int


def frame(rows: Sequence[Row]) -> pl.DataFrame:
    """The rows as a frame of the schema `ROW`."""
    # In pieces: until a frame is complete, polars keeps each value in as many bytes as the longest kind needs.
    pieces = [pl.DataFrame(rows[at : at + _PIECE_ROWS], ROW) for at in range(0, len(rows), _PIECE_ROWS)]
    return pl.concat(pieces) if pieces else pl.DataFrame(schema=ROW)


_PIECE_ROWS = 2**13


_AS_READ = ["read", "converted", "estimate"]
"""Values of `how` for which the text is the number."""
_CONVERTED = frozenset(u for u in (*conversions.UNITS, *conversions.SPECIAL) if conversions.is_converted(u))


def of_place(n: int, place: Place | None, reason: str | None = None) -> Row:
    """An evidence row of what follows from a line; without its place, where there is none."""
    row: Row = {"n": n, "how": "inferred", "reason": reason}
    if place is not None:
        row.update({"pos": place.pos, "seg": place.seg, "rule": place.rule})
    return row


def numbers(values: Sequence[Any], dtype: pl.DataType) -> list[float | None]:
    """Values as the numbers that formulas use: times are seconds since 1970; None for text."""
    if dtype == TIME:
        return [None if value is None else value / 1e6 for value in values]
    if dtype in (NUMBER, INTEGER):
        return [None if value is None else float(value) for value in values]
    return [None] * len(values)


def of_values(lines: Lines, field: str, indices: Sequence[int]) -> list[Row]:
    """An evidence row of the value that each of these lines has in `field`: n, text, unit, number, reason, how, and
    where it is."""
    if not indices:
        return []
    rule, has_text = lines.rule, f"{field}:text" in lines
    is_carried = f"{field}:pos" in lines
    where = f"{field}:" if is_carried else ""
    n, positions, segments = lines["n"], lines[f"{where}pos"], lines[f"{where}seg"]
    names = lines.get(f"{field}:rule") if is_carried else [rule.name] * len(lines)
    texts, columns = lines.get(f"{field}:text"), lines.get(f"{field}:col")
    values = lines[field]
    of_indices = numbers([values[i] for i in indices], lines.dtype(field))
    units_of = _units(lines, field, indices) if has_text else [None] * len(indices)
    has_units = f"{field}:unit" in lines
    is_changed = bool(rule.corrects) or any(map(conversions.is_converted, units(rule, field)))
    out: list[Row] = []
    for i, number, unit in zip(indices, of_indices, units_of, strict=True):
        how = "inferred"
        if texts[i] is not None:
            how = "converted" if is_changed or (has_units and unit in _CONVERTED) else "read"
        out.append(
            {
                "n": n[i],
                "pos": positions[i],
                "seg": segments[i],
                "rule": names[i],
                "field": field,
                "col": columns[i],
                "text": texts[i],
                "unit": unit,
                "how": how,
                "reason": rule.corrects,
                "number": number,
            }
        )
    return out


def units(rule: Rule, field: str) -> list[str | None]:
    """Units in which lines of `rule` print `field`, each once."""
    return list(dict.fromkeys(g.unit for g in rule.compiled.groups if g.name == field))


@cache
def unit_of_stamps(rule: Rule) -> str | None:
    """The format in which lines of `rule` print their time stamp; the first one, where there are several."""
    return next(iter(units(rule, "at")), None)


def _units(lines: Lines, field: str, indices: Sequence[int]) -> list[str | None]:
    """The unit in which `field` is printed on each of these lines."""
    unit = printed_unit(lines.frame, field, lines.rule)
    if isinstance(unit, pl.Expr):
        cited = lines.frame[[field, f"{field}:text"]][list(indices)]
        unit = cited.select(unit.alias("unit")).to_series()
        return unit.to_list()
    return unit[list(indices)].to_list() if isinstance(unit, pl.Series) else [unit] * len(indices)


def printed_unit(frame: pl.DataFrame, field: str, rule: Rule) -> Given:
    """The unit in which `field` is printed on these lines of `rule`."""
    if f"{field}:unit" in frame.columns:
        return frame[f"{field}:unit"]
    printed = units(rule, field)
    if len(printed) <= 1:
        return printed[0] if printed else None
    # The same word in two alternatives with two units: the one whose value this is.
    text, value = pl.col(f"{field}:text"), pl.col(field)
    return pl.coalesce(pl.when(conversions.value(text, field, u) == value).then(pl.lit(u or "")) for u in printed)


# ---- resolution ---- #

_FEW = 1000
"""Up to so many lines, it is not worth testing whether any of them has an exponent."""

_A_METRIC = "loss"
"""A field that stands for all metrics: they are numbers."""


def resolution(metrics: pl.DataFrame) -> pl.Expr:
    """Half a unit of the last digit that each metric (with text, printed_unit, value) has, in the vocabulary's unit."""
    exponents = metrics.height < _FEW or bool(metrics["text"].str.contains("[eE]").any())
    units = metrics["printed_unit"].unique().to_list()
    half = conversions.resolution(pl.col("text"), _A_METRIC, pl.col("printed_unit"), units, exponents)
    return pl.when(pl.col("value").is_finite()).then(half).alias("resolution")


def resolutions(evidence: pl.DataFrame) -> pl.Series:
    """The same for each row of evidence, by its text, field and unit."""
    rows = evidence.select("field", "unit", "text", "number", "how").with_row_index("i")
    rows = rows.filter(pl.col("text").is_not_null() & (pl.col("how") != "absent"))
    out = pl.Series("resolution", [None], NUMBER).new_from_index(0, evidence.height)
    dtypes = {name: field(name).dtype for name in rows["field"].drop_nulls().unique()}
    for kind in ((NUMBER, INTEGER), (TIME,)):
        names = [name for name, dtype in dtypes.items() if dtype in kind]
        if names:
            of_kind = rows.filter(pl.col("field").is_in(names))
            units = of_kind["unit"].unique().to_list()
            # One of the fields of a kind stands for all.
            half = conversions.resolution(pl.col("text"), names[0], pl.col("unit"), units)
            is_finite = pl.col("number").is_null() | pl.col("number").is_finite()
            out = out.scatter(of_kind["i"], of_kind.select(half=pl.when(is_finite).then(half)).to_series())
    return out


# ---- what is shown ---- #


def shown(evidence: pl.DataFrame) -> pl.DataFrame:
    """The rows with the text that is shown: a line that something follows from whole, and that of a formula's input
    only where the input was read as such."""
    whole = pl.col("field").is_null() & pl.col("rule").is_not_null() & (pl.col("how") == "inferred")
    made = pl.col("was").is_not_null() & ~pl.col("was").is_in(_AS_READ)
    return evidence.with_columns(
        pl.when(~made.fill_null(False)).then(pl.when(whole).then("seg").otherwise("text")).alias("text"),
        pl.when(made).then(pl.format("the column {}", "input")).otherwise("reason").alias("reason"),
    ).drop("was")


@cache
def _pattern(rule: Rule) -> re.Pattern[str]:
    return re.compile(rule.pattern)


@cache
def _program(rule: Rule) -> scanner.Program | None:
    return scanner.program_of(rule)


def _groups(rule: Rule, seg: str) -> list[tuple[int, str] | None]:
    """Where each group of `rule` begins in `seg`, and its text; None for a group that takes no part."""
    # `re` needs longer to compile a pattern than the scanner to run it on hundreds of lines.
    program = _program(rule)
    groups = program.groups(seg) if program else None
    if groups is not None:
        return groups
    match = _pattern(rule).search(seg)
    spans = [] if match is None else [match.span(i) for i in range(1, len(rule.compiled.groups) + 1)]
    return [(start, seg[start:end]) if start >= 0 else None for start, end in spans]


def starts(evidence: pl.DataFrame, rules: Mapping[str, Rule]) -> pl.Series:
    """Column of each row's text in its line, from 0, in characters; null where the row has no text."""
    seg, text, found = pl.col("seg"), pl.col("text"), pl.col("found")
    before = seg.cast(pl.Binary).bin.head(seg.str.find(text, literal=True)).cast(TEXT).str.len_chars()
    rows = evidence.select("seg", "text", "rule", "field", "pos", "col", before.alias("found")).with_row_index("i")
    once = seg.str.slice(found + 1).str.find(text, literal=True).is_null()
    at = rows.select(pl.coalesce("col", pl.when(once).then("found"))).to_series()
    # Only where a text stands in its segment more than once, or not as it is, is it asked what the rule took.
    open_ = rows.filter(at.is_null() & seg.is_not_null() & text.is_not_null() & pl.col("pos").is_not_null())
    asked = open_.select("seg", "text", "rule", "field").iter_rows()
    found_ = [place_in_segment(rules.get(rule), field, seg, text) for seg, text, rule, field in asked]
    at = at.scatter(open_["i"], pl.Series(found_, dtype=pl.UInt32))
    column = (pl.col("pos") & 0xFFFFFFFF).cast(pl.UInt32) + pl.lit(at)
    there = seg.is_not_null() & text.is_not_null()
    return evidence.select(pl.when(there).then(column).alias("start")).to_series()


def place_in_segment(rule: Rule | None, field: str | None, seg: str, text: str) -> int | None:
    """Where in `seg` the rule's group for `field` begins; for a text that no group captured, where the text begins."""
    if rule is not None and field is not None:
        for group, captured in zip(rule.compiled.groups, _groups(rule, seg), strict=False):
            if group.name == field and captured is not None and captured[1] == text:
                return captured[0]
    found = seg.find(text)
    return found if found >= 0 else None
