"""From captured text to values, by the type in the vocabulary and the unit that the vendor prints.

The functions take and give polars expressions over columns of text. A text that cannot be converted becomes null.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Collection, Sequence

import polars as pl

from logparse.grammar.pattern import Group
from logparse.schema import INTEGER, LARGEST, NUMBER, TEXT, TIME, field, in_no_calendar
from logparse.schema.build import MANY, full

UNITS: dict[str, float] = {
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "ns": 1e-9,
    "min": 60.0,
    "h": 3600.0,
    "%": 1e-2,
    "1,000": 1.0,
    "k/s": 1e3,
    "kB": 1e3,
    "MB": 1e6,
    "GB": 1e9,
    "T": 1e12,
    "KiB": 2.0**10,
    "MiB": 2.0**20,
    "GiB": 2.0**30,
}
"""Unit that a vendor prints -> factor to the unit of the vocabulary."""

SPECIAL = ("clock", "hh:mm", "s/it", "epoch ms")
"""Units without a factor: [h:]mm:ss, hours and minutes, the inverse of a rate, and milliseconds since 1970."""


_DATE_FIELD = r"%(?:[-_0]?[YCyqmbBhdeaAwuUWGgVjDxFvHkIlPpMSRTXrZzcst%+]|[0-9]?f|\.[0-9]?f|:{1,3}z|#z)"
"""A field of a date format, as polars reads it."""
_DIMENSIONS = {
    "s": ("s", "ms", "us", "ns", "min", "h", "clock", "hh:mm"),
    "fraction": ("%",),
    "bytes": ("kB", "MB", "GB", "KiB", "MiB", "GiB"),
}
"""Unit of the vocabulary -> units that are converted to it."""


def unit_names() -> tuple[str, ...]:
    """All units that a token can have; date formats are further ones."""
    return (*UNITS, *SPECIAL)


def is_unit(unit: str) -> bool:
    """Whether a token can have this unit: a name, or a date format of known % fields."""
    return unit in unit_names() or (len(unit) > 1 and "%" in unit and "%" not in re.sub(_DATE_FIELD, "", unit))


def base_unit(unit: str | None) -> str | None:
    """The unit of the vocabulary that a value printed in `unit` is converted to; None if the unit does not state it."""
    return next((base for base, units in _DIMENSIONS.items() if unit in units), None)


def is_converted(unit: str | None) -> bool:
    """Whether a value in this unit differs from the printed number."""
    return unit in SPECIAL or (unit in UNITS and UNITS[unit] != 1.0)


def value(text: pl.Expr, name: str, unit: str | None) -> pl.Expr:
    """The value of `text` captured under `name` and printed in `unit`, in the vocabulary's type and unit."""
    dtype = field(name).dtype
    if dtype == TIME:
        return _time(text, unit or "%Y-%m-%d %H:%M:%S")
    if dtype == INTEGER:
        number = (text.str.replace_all(",", "", literal=True) if unit == "1,000" else text).cast(INTEGER, strict=False)
        return number if not is_converted(unit) else (_number(text, unit)).round().cast(INTEGER, strict=False)
    if dtype == NUMBER:
        return _number(text, unit)
    return text


def possible(values: pl.Series, name: str) -> pl.Series:
    """`values` captured under `name`, null where the quantity cannot have the value.

    A number of devices below one, a time below zero, an accuracy above one, a date that no calendar has. A metric may
    be NaN or infinite, since logs print that, and is infinite beyond `LARGEST`; nothing else may.
    """
    known = field(name)
    if known.dtype == TEXT or values.null_count() == values.len():
        return values
    if known.dtype == TIME:
        is_out = in_no_calendar(values)
        return values.set(is_out.fill_null(False), None) if is_out.any() else values
    limits = known.possible
    # Mostly all are: that is asked without a query. The sum is not finite if one of the values is not.
    is_known_finite = known.dtype == INTEGER or math.isfinite(values.sum())
    if (
        is_known_finite
        and values.min() >= (-LARGEST if limits.least is None else limits.least)  # type: ignore[operator]
        and values.max() <= (LARGEST if limits.most is None else limits.most)  # type: ignore[operator]
    ):
        return values
    if known.metric:
        values = values.set(((values > LARGEST) & ~values.is_nan()).fill_null(False), math.inf)
        values = values.set((values < -LARGEST).fill_null(False), -math.inf)
    finite = values.is_finite().fill_null(True) if known.dtype == NUMBER else full(True, values.len())
    is_out = limits.excludes(values).fill_null(False)
    is_out = is_out & finite if known.metric else is_out | ~finite
    return values.set(is_out, None) if is_out.any() else values


def resolution(
    text: pl.Expr, name: str, unit: pl.Expr, units: Collection[str | None], exponents: bool = True
) -> pl.Expr:
    """Half a unit of the last digit of `text`, which is printed in `unit`, in the vocabulary's unit; `name` is a number
    or a time. units: all that occur.

    With `exponents` False no text has an exponent: the frequent case, which is cheaper.
    """
    is_time = field(name).dtype == TIME
    if is_time:
        text = text.str.strip_chars_end("Z")
        point = text.str.find("[.,][0-9]+$")
    else:
        point = text.str.find(".", literal=True)
    end, power = text.str.len_bytes().cast(pl.Int32), pl.lit(0, pl.Int32)
    if exponents and not is_time:
        end = text.str.find("[eE]").cast(pl.Int32).fill_null(end)
        power = text.str.extract("[eE]([-+]?[0-9]+)$", 1).cast(pl.Int32, strict=False).fill_null(0)
    decimals = (end - point.cast(pl.Int32) - 1).fill_null(0)
    half = pl.lit(_HALVES).gather((decimals - power).clip(-_MAX_DIGITS, _MAX_DIGITS) + _MAX_DIGITS)
    half = pl.when(text.is_not_null()).then(half)
    factors = {each: _FACTORS.get(each or "", 1.0) for each in units}
    if len(set(factors.values())) > 1:
        half = half * unit.cast(TEXT).replace_strict(factors, default=1.0, return_dtype=NUMBER)
    else:
        half = half * next(iter(factors.values()), 1.0)
    if "s/it" in factors:
        number = _not_infinite(text.cast(NUMBER, strict=False))
        half = pl.when(unit == "s/it").then(half / (number * number)).otherwise(half)
    return half.clip(upper_bound=_LARGEST)


_FACTORS = {"hh:mm": 60.0, "epoch ms": 1e-3, **UNITS}
"""Unit that a vendor prints -> factor of its resolution to the unit of the vocabulary."""
_MAX_DIGITS = 320
_LARGEST = sys.float_info.max
_HALVES = pl.Series([0.5 * float(f"1e{-n}") for n in range(-_MAX_DIGITS, _MAX_DIGITS + 1)], dtype=pl.Float64)
"""Half a unit of the n-th decimal digit, for n from -`_MAX_DIGITS` on: a table, since computing powers is slow."""


def _number(text: pl.Expr, unit: str | None) -> pl.Expr:
    if unit == "hh:mm":
        return 60 * _number(text, "clock")
    if unit == "clock":
        parts = text.str.splitn(":", 3)
        one, two, three = (parts.struct.field(f"field_{i}").cast(NUMBER, strict=False) for i in range(3))
        is_there = parts.struct.field("field_2").is_not_null()
        minutes = pl.when(parts.struct.field("field_1").is_not_null()).then(one * 60 + two).otherwise(one)
        return pl.when(is_there).then(one * 3600 + two * 60 + three).otherwise(minutes)
    plain = text.str.replace_all(",", "", literal=True) if unit == "1,000" else text
    number = plain.cast(NUMBER, strict=False)
    if unit == "s/it":
        return 1 / _not_infinite(number)
    factor = UNITS.get(unit or "s", 1.0)
    if factor >= 1:
        return number if factor == 1.0 else number * factor
    # 77.47 % is exactly 0.7747, for one line as for many: for a single value polars multiplies by a rounded
    # reciprocal.
    return (number / round(1 / factor)).round_sig_figs(15)


def _not_infinite(number: pl.Expr) -> pl.Expr:
    """Null in place of infinity, whose inverse would be a rate of zero."""
    return pl.when(~number.is_infinite()).then(number)


def _time(text: pl.Expr, format: str) -> pl.Expr:
    if format == "epoch ms":
        return pl.from_epoch(text.cast(pl.Int64, strict=False), time_unit="ms").cast(TIME)
    if "%H" not in format and "%I" not in format:
        return text.str.to_date(format, strict=False).cast(TIME)
    if "%d %H" in format:
        text = text.str.replace("T", " ", literal=True)
    if format.endswith("%S,%3f"):
        text = (text.str.replace(".", ",", literal=True) + ",000").str.slice(0, len("2024-03-30 15:16:33,873"))
    return text.str.to_datetime(format, strict=False, time_unit="us")


def columns(captured: Sequence[tuple[pl.DataFrame, tuple[Group, ...]]]) -> list[list[pl.Series]]:
    """For each of several rules, with the columns "1", "2", … of its groups: columns `name` (value) and `name:text` (as
    printed) for each name.

    What is converted alike is converted in one query: most rules match few lines.
    """
    series: list[dict[str, pl.Series]] = [{} for _ in captured]
    alike: dict[
        tuple[pl.DataType, tuple[str | None, ...], int | None], list[tuple[dict[str, pl.Series], str, list[pl.Series]]]
    ] = {}
    for of_rule, (captures, groups) in zip(series, captured, strict=True):
        by_name: dict[str, list[int]] = {}
        for number, group in enumerate(groups):
            by_name.setdefault(group.name, []).append(number)
        for name, numbers in by_name.items():
            texts, units = [captures[str(n + 1)] for n in numbers], tuple(groups[n].unit for n in numbers)
            of_rule |= {name: texts[0], f"{name}:text": texts[0]}  # in this order
            if len(texts) == 1 and _is_plain(name, units[0]):
                of_rule[name] = texts[0].cast(field(name).dtype, strict=False)
            elif units in (("clock",), ("hh:mm",)) and captures.height > MANY:
                of_rule[name] = _by_distinct(texts[0], name, str(units[0]))
            else:
                # A long column alone: it would be copied.
                alone = id(of_rule) if captures.height > MANY else None
                alike.setdefault((field(name).dtype, units, alone), []).append((of_rule, name, texts))
    for (_, units, _), entries in alike.items():
        _convert(entries, units)
    return [
        [(possible(column, name) if ":" not in name else column).alias(name) for name, column in of_rule.items()]
        for of_rule in series
    ]


def _convert(
    entries: Sequence[tuple[dict[str, pl.Series], str, list[pl.Series]]], units: tuple[str | None, ...]
) -> None:
    """Set `name` and `name:text` in the columns of each rule: the value of the first of several alternatives that took
    part in the match, each in its unit."""
    _, name, _ = entries[0]  # one of several of one type
    together = [
        pl.concat(alternative, rechunk=True) for alternative in zip(*(texts for *_, texts in entries), strict=True)
    ]
    text, values = together[0], _as_is(together[0], name, units[0]) if len(units) == 1 else None
    if values is None:
        frame = pl.DataFrame({str(i): column for i, column in enumerate(together)})
        converted = frame.select(
            text=pl.coalesce(frame.columns),
            value=pl.coalesce(value(pl.col(str(i)), name, unit) for i, unit in enumerate(units)),
        )
        text, values = converted["text"], converted["value"]
    at = 0
    for columns, name, (first, *_) in entries:
        columns[name] = values.slice(at, first.len())
        columns[f"{name}:text"] = text.slice(at, first.len())
        at += first.len()


def _as_is(text: pl.Series, name: str, unit: str | None) -> pl.Series | None:
    """As `value`, where every text is in the plainest of the forms that its unit allows, such as a number without
    commas; otherwise None."""
    dtype = field(name).dtype
    if dtype == TIME and unit and unit.endswith("%H:%M:%S,%3f"):
        # Most are different: a cache of the texts would take longer.
        values = text.str.to_datetime(unit, time_unit="us", strict=False, cache=False)
    elif dtype in (NUMBER, INTEGER) and unit == "1,000":
        values = text.cast(dtype, strict=False)
    else:
        return None
    return values if values.null_count() == text.null_count() else None


def _by_distinct(text: pl.Series, name: str, unit: str) -> pl.Series:
    """As `value`, but each distinct text is converted once: redraws of a progress bar repeat the same few times."""
    distinct = text.unique()
    values = distinct.to_frame().select(value(pl.col(text.name), name, unit)).to_series()
    return text.replace_strict(distinct, values)


def _is_plain(name: str, unit: str | None) -> bool:
    """Whether the value is the text itself or a plain cast of it."""
    return field(name).dtype != TIME and unit != "1,000" and not is_converted(unit)
