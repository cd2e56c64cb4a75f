"""Metrics, params and messages: frames with one row per line that was read, with `n`, `row` and `rule`."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from logparse.frames import evidence
from logparse.grammar import Rule
from logparse.reading.match import Hits
from logparse.schema import INTEGER, LARGEST, NUMBER, TEXT, TIME, VOCABULARY, WORD, field
from logparse.schema.build import MANY, Given, make
from logparse.text.missing import Code

_PLACE = frozenset(
    {
        "at",
        "process_id",
        "rank",
        "scope",
        "component",
        "level",
        "step",
        "epoch",
        "samples",
        "batch",
        "split",
        "text",
        "cells",
    }
)
"""Fields that say where a line belongs, not what was set."""


def metrics(hits: Hits) -> Iterator[pl.DataFrame]:
    """Rows of `metrics` without run and source: one for each metric on each line. In parts, since concatenating long
    ones would copy them. Takes the frames out of `hits`, so that few are there at a time."""
    few: list[pl.DataFrame] = []
    for rule in hits.rules.values():
        frame = hits.by_rule.pop(rule.name)
        # What a rule of settings captures is what was set, not what was measured.
        names = [c for c in frame.columns if _is_metric(c)] if rule.params is None else []
        if names and "redraw" in rule.marked:
            frame = _one_point(frame)
        for name in names:
            printed = _printed(frame, rule, name)
            if printed.height <= MANY:
                few += [printed] if printed.height else []
                continue
            if few:
                yield _metrics(pl.concat(few))
                few.clear()
            yield _metrics(printed)
    if few:
        yield _metrics(pl.concat(few))


_METRIC: dict[str, pl.DataType] = {
    "n": pl.UInt32(),
    "at": TIME,
    "step": INTEGER,
    "samples": INTEGER,
    "epoch": NUMBER,
    "split": WORD,
    "name": WORD,
    "value": NUMBER,
    "unit": WORD,
    "scope": WORD,
    "window": WORD,
    "basis": WORD,
    "row": pl.UInt32(),
    "rule": WORD,
}
_PRINTED = {**_METRIC, "text": TEXT, "printed_unit": TEXT, "of_rank": pl.Int64()}
"""Metrics before `_metrics`: with the text, its unit, and the rank that the line or its prefix states."""


def _is_metric(column: str) -> bool:
    return ":" not in column and column.partition("@")[0] in VOCABULARY and field(column).metric


def _printed(frame: pl.DataFrame, rule: Rule, column: str) -> pl.DataFrame:
    """The lines with a value of one metric, as `_PRINTED`."""
    name, _, window = column.partition("@")
    if frame[column].null_count():
        frame = frame.filter(frame[column].is_not_null())
    columns = {c.name: c for c in frame.get_columns()}
    rank: Given = None
    if "global" not in rule.marked:
        rank = pl.coalesce("rank", "tag") if "rank" in columns else columns["tag"]
    split: Given = rule.split
    if "split" in columns:
        split = columns["split"] if rule.split is None else pl.coalesce("split", pl.lit(rule.split, TEXT))
    given: dict[str, Given] = {
        **{c: columns.get(c) for c in ("n", "at", "step", "samples", "epoch", "row", "scope")},
        "split": split,
        "name": name,
        "value": columns[column],
        "unit": field(column).unit,
        "window": window or rule.window,
        "basis": "estimated" if field(column).estimated else rule.basis,
        "rule": rule.id,
        "text": columns.get(f"{column}:text"),
        "printed_unit": evidence.printed_unit(frame, column, rule),
        "of_rank": rank,
    }
    return make(frame, _PRINTED, given)


def _metrics(printed: pl.DataFrame) -> pl.DataFrame:
    """Rows of `metrics` of what lines print (as `_PRINTED`): of long parts, one at a time."""
    value, asked = pl.col("value"), [evidence.resolution(printed)]
    if printed["of_rank"].null_count() < printed.height:
        rank = pl.format("rank {}", "of_rank")
        asked.append(pl.coalesce(pl.col("scope").cast(TEXT), rank).cast(WORD).alias("scope"))
    if not printed["value"].is_finite().all():
        name = pl.when(value.is_nan()).then(pl.lit("nan")).when(value > 0).then(pl.lit("inf")).otherwise(pl.lit("-inf"))
        asked.append(pl.when(~value.is_finite()).then(name).cast(WORD).alias("not_finite"))
        asked.append(pl.when(value.is_finite()).then(value).alias("value"))
    return printed.with_columns(asked).drop("text", "printed_unit", "of_rank")


def _one_point(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with only the first of consecutive redraws that show the same metrics."""
    names = [c for c in frame.columns if _is_metric(c) and c != "iteration_rate"] or [
        c for c in frame.columns if _is_metric(c)
    ]
    keys = [*names, *(c for c in ("epoch", "step") if c in frame.columns)]
    if not names:
        return frame
    same = pl.all_horizontal(pl.col(c).eq_missing(pl.col(c).shift(1).over("n", "tag")) for c in keys)
    first = pl.int_range(pl.len()).over("n", "tag") == 0
    return frame.sort("pos").filter(~same | first)


def params(hits: Hits) -> pl.DataFrame:
    """Rows of `params` without run and source: the settings that lines state, each name and value once per run."""
    parts = []
    for rule in hits.rules.values():
        if rule.params is None:
            continue
        frame = hits.by_rule[rule.name]
        if "key" in frame.columns and "value" in frame.columns:
            keyed = frame.filter(frame["key"].is_not_null())
            parts.append(_param(keyed, rule, keyed["key"], "value"))
            continue
        for name in rule.fields:
            if name not in _PLACE:
                parts.append(_param(frame, rule, name.partition("@")[0], name))
    if not parts:
        return pl.DataFrame(schema=_PARAM)
    return (
        pl.concat(parts)
        .filter(pl.col("value").is_not_null())
        .with_columns(pl.when(pl.col("number").abs() <= LARGEST).then("number").alias("number"))
        .sort("row")
        .unique(["n", "name", "value", "origin"], keep="first", maintain_order=True)
    )


_PARAM: dict[str, pl.DataType] = {
    "n": pl.UInt32(),
    "name": TEXT,
    "value": TEXT,
    "number": NUMBER,
    "origin": TEXT,
    "row": pl.UInt32(),
    "rule": TEXT,
}


def _param(frame: pl.DataFrame, rule: Rule, name: pl.Series | str, column: str) -> pl.DataFrame:
    text, value = frame[f"{column}:text"], frame[column]
    number = (value if value.dtype in (NUMBER, INTEGER) else text).cast(NUMBER, strict=False)
    given: dict[str, Given] = {
        "n": frame["n"],
        "name": name,
        "value": text,
        "number": number,
        "origin": rule.params,
        "row": frame["row"],
        "rule": rule.id,
    }
    return make(frame, _PARAM, given)


def messages(hits: Hits, refused: pl.DataFrame) -> pl.DataFrame:
    """Rows of `messages` without run and source: warnings and errors, repeats counted in one row; and each value that
    could not be parsed or that is impossible.

    refused: evidence rows of the cells that are null in spite of a line.
    """
    parts = [_unreadable(hits), _impossible(hits, refused)]
    for rule in hits.rules.values():
        if rule.level is None:
            continue
        frame = hits.by_rule[rule.name]
        columns = {c.name: c for c in frame.get_columns()}
        given: dict[str, Given] = {
            **{c: columns.get(c) for c in ("n", "at", "component", "row")},
            "level": rule.level,
            "kind": rule.kind,
            "text": pl.coalesce("text", "seg") if "text" in columns else columns["seg"],
            "rule": rule.id,
        }
        parts.append(make(frame, _MESSAGE, given))
    return (
        pl.concat(parts)
        .sort("row")
        .group_by("n", "level", "component", "kind", "text", "rule", maintain_order=True)
        .agg(pl.col("at").first(), pl.len().alias("count"), pl.col("row").first())
    )


_MESSAGE: dict[str, pl.DataType] = {
    "n": pl.UInt32(),
    "at": TIME,
    "level": TEXT,
    "component": TEXT,
    "kind": TEXT,
    "text": TEXT,
    "row": pl.UInt32(),
    "rule": TEXT,
}


def _unreadable(hits: Hits) -> pl.DataFrame:
    """A message for each text that a rule captured and that is not a value of its type; the value itself is null."""
    parts = [pl.DataFrame(schema=_MESSAGE)]
    for rule in hits.rules.values():
        frame = hits.by_rule[rule.name]
        for name in rule.fields:
            text = f"{name}:text"
            if field(name).dtype == TEXT or text not in frame.columns:
                continue
            if frame[name].null_count() == frame[text].null_count():
                continue
            bad = frame.filter(pl.col(name).is_null() & pl.col(text).is_not_null())
            if bad.height:
                given: dict[str, Given] = {
                    "n": bad["n"],
                    "level": "warning",
                    "kind": "unreadable",
                    "text": pl.format(f"{name}: {{}} is not a possible value", pl.col(text)),
                    "row": bad["row"],
                    "rule": rule.id,
                }
                parts.append(make(bad, _MESSAGE, given))
    return pl.concat(parts)


def _impossible(hits: Hits, refused: pl.DataFrame) -> pl.DataFrame:
    """A message for each value that was computed from lines and that the quantity cannot have."""
    rows = refused.filter((pl.col("code") == Code.IMPOSSIBLE.value) & pl.col("pos").is_not_null())
    if not rows.height:
        return pl.DataFrame(schema=_MESSAGE)
    ids = {rule.name: rule.id for rule in hits.rules.values()}
    given: dict[str, Given] = {
        "n": rows["n"],
        "level": "warning",
        "kind": "impossible",
        "text": pl.format("{}: {}", "column", "reason"),
        "row": (pl.col("pos") // 2**32),
        "rule": pl.col("rule")
        .cast(TEXT)
        .replace_strict(list(ids), list(ids.values()), default=None, return_dtype=TEXT),
    }
    return make(rows, _MESSAGE, given)
