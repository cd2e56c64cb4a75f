"""Evidence under construction: rows of one shape, and the place of each value in its line.

A row before it is finished (`ROW`): n (run), frame, column, key, text, how, formula, input, number, unit (as printed),
was (the `how` of the input of a formula), code (of an absence), reason; where it is: pos, seg (the segment), rule,
field, col (column in the segment, where it is known already); and id, of the phase that it is evidence of. What follows
from these alone is left to the end, where it is done once for all rows: the resolutions, the start, and which text is
shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import polars as pl

from logparse.grammar import Rule
from logparse.grammar import units as conversions
from logparse.schema import INTEGER, NUMBER, TEXT, TIME, WORD, field
from logparse.schema.build import Given, make

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


_AS_READ = ["read", "converted", "estimate"]
"""Values of `how` for which the text is the number."""


def rows(lines: pl.DataFrame, **extra: Given) -> pl.DataFrame:
    """`lines` as evidence rows: its columns of those names, `extra` ones set, the rest null."""
    own = {c.name: c for c in lines.get_columns() if c.name in ROW and c.name not in extra}
    return make(lines, ROW, own | extra)


def of_lines(lines: pl.DataFrame, **given: Given) -> pl.DataFrame:
    """Evidence rows of lines that a rule read: n, and what is `given`. (The words a rule captures are not looked
    at.)"""
    return make(lines, ROW, {"n": lines["n"], **given})


def number(column: str, dtype: pl.DataType) -> pl.Expr:
    """A value as the number that formulas use: times are seconds since 1970."""
    if dtype == TIME:
        return (pl.col(column).dt.epoch("us") / 1e6).round(6)
    return pl.col(column).cast(NUMBER) if dtype in (NUMBER, INTEGER) else pl.lit(None, NUMBER)


def numbers(values: pl.Series) -> pl.Series | None:
    """The same for known values, without a query; None where they are not numbers."""
    if values.dtype == TIME:
        # One by one, since polars multiplies a column by a rounded reciprocal.
        return pl.Series([None if us is None else us / 1e6 for us in values.cast(pl.Int64)], dtype=NUMBER)
    return values if values.dtype in (NUMBER, INTEGER) else None


def place(frame: pl.DataFrame, field: str, rule: Rule) -> dict[str, Given]:
    """pos, seg, rule, field, col, text, unit, reason and `how` of the value that lines of `rule` have in `field`."""
    # What stands in a column already is no query.
    have = {column.name: column for column in frame.get_columns()}
    carried = f"{field}:pos" in have
    text = have.get(f"{field}:text")
    changed = bool(rule.corrects) or any(map(conversions.is_converted, units(rule, field)))
    how: Given = "inferred" if text is None else "converted" if changed else "read"
    if text is not None and (text.null_count() or f"{field}:unit" in have):
        there = pl.col(text.name).is_not_null()
        how = pl.when(there).then(pl.lit(how)).otherwise(pl.lit("inferred"))
        if f"{field}:unit" in have:
            units_ = [u for u in (*conversions.UNITS, *conversions.SPECIAL) if conversions.is_converted(u)]
            converted = pl.col(f"{field}:unit").is_in(units_)
            how = pl.when(there & converted).then(pl.lit("converted")).otherwise(how)
    return {
        "pos": have[f"{field}:pos" if carried else "pos"],
        "seg": have[f"{field}:seg" if carried else "seg"],
        "rule": have[f"{field}:rule"] if carried else rule.name,
        "field": field,
        "col": have.get(f"{field}:col"),
        "text": text,
        "unit": None if text is None else _unit(frame, field, rule),
        "how": how,
        "reason": rule.corrects,
    }


def units(rule: Rule, field: str) -> list[str | None]:
    """Units in which lines of `rule` print `field`, each once."""
    return list(dict.fromkeys(g.unit for g in rule.compiled.groups if g.name == field))


def _unit(frame: pl.DataFrame, field: str, rule: Rule) -> Given:
    """The unit in which `field` is printed on these lines."""
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


def resolution(frame: pl.DataFrame, field: str, rule: Rule) -> pl.Expr:
    """Half a unit of the last digit that lines of `rule` print of `field`, in the vocabulary's unit."""
    column = f"{field}:text"
    if column not in frame.columns:
        return pl.lit(None, NUMBER)
    unit = _unit(frame, field, rule)
    if isinstance(unit, pl.Series):
        known = [*unit.drop_nulls().unique(), None]
        parts = [pl.when(pl.col(unit.name).eq_missing(pl.lit(u, TEXT))).then(_half(column, field, u)) for u in known]
        return pl.coalesce(parts)
    if isinstance(unit, pl.Expr):
        return pl.coalesce(pl.when(unit == (u or "")).then(_half(column, field, u)) for u in units(rule, field))
    exponents = frame.height < _FEW or bool(frame[column].str.contains("[eE]").any())
    half = _half(column, field, unit, exponents)
    return pl.when(pl.col(field).is_finite()).then(half) if frame.schema[field] == NUMBER else half


@cache
def _half(column: str, field: str, unit: str | None, exponents: bool = True) -> pl.Expr:
    return conversions.resolution(pl.col(column), field, unit, exponents)


def resolutions(evidence: pl.DataFrame) -> pl.Series:
    """The same for each row of evidence, by its text, field and unit."""
    rows = evidence.select("field", "unit", "text", "number", "how").with_row_index("i")
    # One of all fields of a type stands for them.
    like: dict[pl.DataType, str] = {}
    kinds = {f: like.setdefault(field(f).dtype, f) for f in rows["field"].drop_nulls().unique()}
    kind = pl.col("field").replace_strict(list(kinds), list(kinds.values()), default=None, return_dtype=TEXT)
    is_number = pl.col("kind").is_not_null() & pl.col("text").is_not_null() & (pl.col("how") != "absent")
    rows = rows.with_columns(kind.alias("kind")).filter(is_number)
    out = pl.Series("resolution", [None], NUMBER).new_from_index(0, evidence.height)
    for (name, unit), mine in rows.partition_by("kind", "unit", as_dict=True).items():
        half = _half("text", str(name), None if unit is None else str(unit))
        if field(str(name)).dtype == NUMBER:
            half = pl.when(pl.col("number").is_null() | pl.col("number").is_finite()).then(half)
        out = out.scatter(mine["i"], mine.select(half).to_series())
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
    if rule is not None and field is not None and (match := _pattern(rule).search(seg)):
        for index, group in enumerate(rule.compiled.groups, start=1):
            if group.name == field and match.group(index) == text:
                return match.start(index)
    found = seg.find(text)
    return found if found >= 0 else None
