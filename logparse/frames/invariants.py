"""What holds for every value of `runs` and `phases`, whatever a log prints: numbers are finite, counts and durations
are not negative, shares are from 0 to 1, and nothing ends before it starts.

What a line prints is checked when it is read (`units.possible`); here is what was computed from several lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from logparse.frames import evidence
from logparse.schema import INTEGER, NUMBER, TEXT, TIME, range_of
from logparse.text.missing import Code


def broken(column: str, values: pl.Series, others: Mapping[str, pl.Series]) -> pl.DataFrame | None:
    """Why `column` cannot have some of `values`: code and reason of each value, both null where it can; None if it can
    have all of them.

    others: the values of the same runs in `started_at` and `ended_at`, where they are known already.
    """
    number = pl.col("value")
    causes: list[tuple[pl.Expr, Code, str]] = []
    if values.dtype == NUMBER:
        causes.append((~number.is_finite(), Code.NOT_FINITE, "{} is not a finite number"))
    if values.dtype in (NUMBER, INTEGER):
        least, most = limits = range_of(column)
        text = f"{{}} is impossible: {column} is {limits}"
        causes += [(number < least, Code.IMPOSSIBLE, text)] if least is not None else []
        causes += [(number > most, Code.IMPOSSIBLE, text)] if most is not None else []
    if values.dtype == TIME:
        causes.append((~number.is_between(datetime.min, datetime.max), Code.IMPOSSIBLE, "{} is in no calendar"))
        if column == "ended_at" and "started_at" in others:
            causes.append((number < others["started_at"], Code.IMPOSSIBLE, "{} is before the start of the run"))
        if column == "started_at" and "ended_at" in others:
            causes.append((number > others["ended_at"], Code.IMPOSSIBLE, "{} is after the end of the run"))
    frame = pl.DataFrame({"value": values})
    causes = [cause for cause in causes if frame.select(cause[0].any()).item()]
    if not causes:
        return None
    code, reason = pl.lit(None, TEXT), pl.lit(None, TEXT)
    for condition, why, text in reversed(causes):
        holds = condition.fill_null(False)
        code = pl.when(holds).then(pl.lit(why.value)).otherwise(code)
        reason = pl.when(holds).then(pl.format(text, number)).otherwise(reason)
    return frame.select(code.alias("code"), reason.alias("reason"))


def refusals(causes: pl.DataFrame, key: str, evidence_rows: pl.DataFrame) -> pl.DataFrame:
    """An evidence row, of an absent value, for each of `causes` (key, code, reason): its first line, where it has
    one."""
    lines = evidence_rows.drop("code", "reason", "formula", "input", "was", "number")
    lines = causes.join(lines, on=key, how="left", maintain_order="left").unique(key, keep="first", maintain_order=True)
    return evidence.rows(lines, frame="runs", how="absent")
