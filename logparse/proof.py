"""Evidence while it is being made: rows of one shape, and the place of each value in its line.

A row before it is finished (`ROW`): n (run), frame, column, key, text, how, formula, input, number, resolution,
reason, and where it
stands: pos, seg (the segment), rule, field, col (column in the segment, where it is known already).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TypeAlias

import polars as pl

from logparse import cast
from logparse.grammar import Rule
from logparse.schema import INTEGER, NUMBER, TEXT, TIME

ROW: dict[str, pl.DataType] = {
    "n": pl.UInt32(),
    "frame": TEXT,
    "column": TEXT,
    "key": TEXT,
    "text": TEXT,
    "how": TEXT,
    "formula": TEXT,
    "input": TEXT,
    "number": NUMBER,
    "resolution": NUMBER,
    "reason": TEXT,
    "pos": pl.UInt64(),
    "seg": TEXT,
    "rule": TEXT,
    "field": TEXT,
    "col": pl.UInt32(),
}


_NOTHING = {name: pl.Series(name, [None], dtype) for name, dtype in ROW.items()}

Given: TypeAlias = pl.Expr | pl.Series | str | None


def rows(lines: pl.DataFrame, **extra: Given) -> pl.DataFrame:
    """`lines` as evidence rows: its columns of those names, `extra` ones set, the rest null."""
    own = {name: lines[name] for name in lines.columns if name in ROW and name not in extra}
    return _rows(lines, own | extra)


def of_lines(lines: pl.DataFrame, **given: Given) -> pl.DataFrame:
    """Evidence rows of lines that a rule read: n, and what is `given`. (The words a rule captures are not looked
    at.)"""
    return _rows(lines, {"n": lines["n"], **given})


def _rows(lines: pl.DataFrame, given: Mapping[str, Given]) -> pl.DataFrame:
    """Only what is an expression is asked of polars: a query for sixteen columns, most of them of one value, costs."""
    asked = {name: e.cast(ROW[name]).alias(name) for name, e in given.items() if isinstance(e, pl.Expr)}
    made = {name: _one(name, v) for name, v in given.items() if isinstance(v, str)}
    made = {name: one.new_from_index(0, lines.height) for name, one in (_NOTHING | made).items()}
    made |= {name: _as(name, s) for name, s in given.items() if isinstance(s, pl.Series)}
    if asked:
        held = lines.with_columns(asked.values())  # as many rows, where all that is asked is one value
        made |= {name: held[name] for name in asked}
    return pl.DataFrame([made[name] for name in ROW])


def _as(name: str, series: pl.Series) -> pl.Series:
    return (series if series.dtype == ROW[name] else series.cast(ROW[name])).alias(name)


@cache
def _one(name: str, value: str) -> pl.Series:
    return pl.Series(name, [value], ROW[name])


def number(column: str, dtype: pl.DataType) -> pl.Expr:
    """A value as the number that formulas use: times are seconds since 1970."""
    if dtype == TIME:
        return pl.col(column).dt.epoch("us") / 1e6
    return pl.col(column).cast(NUMBER) if dtype in (NUMBER, INTEGER) else pl.lit(None, NUMBER)


def place(frame: pl.DataFrame, field: str, rule: Rule) -> dict[str, Given]:
    """pos, seg, rule, field, col, text, resolution and `how` of the value that lines of `rule` hold in `field`."""
    # What stands in a column already is no query.
    have = {column.name: column for column in frame.get_columns()}
    carried = f"{field}:pos" in have
    text = have.get(f"{field}:text")
    changed = bool(rule.corrects) or any(map(cast.is_converted, units(rule, field)))
    how: Given = "inferred" if text is None else "converted" if changed else "read"
    if text is not None and (text.null_count() or f"{field}:unit" in have):
        there = pl.col(text.name).is_not_null()
        how = pl.when(there).then(pl.lit(how)).otherwise(pl.lit("inferred"))
        if f"{field}:unit" in have:
            units_ = [u for u in (*cast.UNITS, *cast.SPECIAL) if cast.is_converted(u)]
            converted = pl.col(f"{field}:unit").is_in(units_)
            how = pl.when(there & converted).then(pl.lit("converted")).otherwise(how)
    return {
        "pos": have[f"{field}:pos" if carried else "pos"],
        "seg": have[f"{field}:seg" if carried else "seg"],
        "rule": have[f"{field}:rule"] if carried else rule.name,
        "field": field,
        "col": have.get(f"{field}:col"),
        "text": text,
        "resolution": resolution(frame, field, rule),
        "how": how,
        "reason": rule.corrects,
    }


def units(rule: Rule, field: str) -> list[str | None]:
    """Units in which lines of `rule` print `field`, each once."""
    return list(dict.fromkeys(g.unit for g in rule.compiled.groups if g.name == field))


_FEW = 1000
"""Lines of which it is not worth asking whether any of them has an exponent."""


def resolution(frame: pl.DataFrame, field: str, rule: Rule) -> pl.Expr:
    """Half a unit of the last digit as printed, in the vocabulary's unit."""
    if f"{field}:text" not in frame.columns:
        return pl.lit(None, NUMBER)
    column, printed = f"{field}:text", units(rule, field)
    if f"{field}:unit" in frame.columns:
        known: list[str | None] = list(frame[f"{field}:unit"].drop_nulls().unique())
        parts = [pl.when(pl.col(f"{field}:unit") == u).then(_half(column, field, u)) for u in known]
        return pl.coalesce([*parts, _half(column, field, None)])
    if len(printed) <= 1:
        exponents = frame.height < _FEW or bool(frame[column].str.contains("[eE]").any())
        half = _half(column, field, printed[0] if printed else None, exponents)
        return pl.when(pl.col(field).is_finite()).then(half) if frame.schema[field] == NUMBER else half
    # The same word in two alternatives with two units: the one whose value this is.
    parts = [
        pl.when(cast.value(pl.col(column), field, u) == pl.col(field)).then(_half(column, field, u)) for u in printed
    ]
    return pl.coalesce(parts)


@cache
def _half(column: str, field: str, unit: str | None, exponents: bool = True) -> pl.Expr:
    return cast.resolution(pl.col(column), field, unit, exponents)


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
    found_ = [_find(rules.get(rule), field, seg, text) for seg, text, rule, field in asked]
    at = at.scatter(open_["i"], pl.Series(found_, dtype=pl.UInt32))
    column = (pl.col("pos") & 0xFFFFFFFF).cast(pl.UInt32) + pl.lit(at)
    there = seg.is_not_null() & text.is_not_null()
    return evidence.select(pl.when(there).then(column).alias("start")).to_series()


def _find(rule: Rule | None, field: str | None, seg: str, text: str) -> int | None:
    """Where in `seg` the rule's group for `field` stands; for a text that no group captured, where the text stands."""
    if rule is not None and field is not None and (match := _pattern(rule).search(seg)):
        for index, group in enumerate(rule.compiled.groups, start=1):
            if group.name == field and match.group(index) == text:
                return match.start(index)
    found = seg.find(text)
    return found if found >= 0 else None
