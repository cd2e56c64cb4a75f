"""What holds for every value of `runs` and `phases`, whatever a log prints: numbers are finite, counts and durations
are not negative, shares are from 0 to 1, and nothing ends before it starts.

What a line prints is checked when it is read (`units.possible`); here is what was computed from several lines.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import polars as pl

from logparse.frames import evidence
from logparse.schema import INTEGER, NUMBER, TEXT, TIME, in_no_calendar, range_of
from logparse.text.missing import Code


def broken(column: str, values: pl.Series, others: Mapping[str, pl.Series]) -> pl.DataFrame | None:
    """Why `column` cannot have some of `values`: code and reason of each value, both null where it can; None if it can
    have all of them.

    others: the values of the same runs in `started_at` and `ended_at`, where they are known already.
    """
    causes: list[tuple[pl.Series, Code, str]] = []
    # The sum tells without a query whether all are finite: it is not if one of them is not.
    if values.dtype == NUMBER and not math.isfinite(values.sum()):
        causes.append((~values.is_finite(), Code.NOT_FINITE, "{} is not a finite number"))
    if values.dtype in (NUMBER, INTEGER):
        limits = range_of(column)
        causes.append((limits.excludes(values), Code.IMPOSSIBLE, f"{{}} is impossible: {column} is {limits}"))
    if values.dtype == TIME:
        causes.append((in_no_calendar(values), Code.IMPOSSIBLE, "{} is in no calendar"))
        if column == "ended_at" and "started_at" in others:
            causes.append((values < others["started_at"], Code.IMPOSSIBLE, "{} is before the start of the run"))
        if column == "started_at" and "ended_at" in others:
            causes.append((values > others["ended_at"], Code.IMPOSSIBLE, "{} is after the end of the run"))
    causes = [cause for cause in causes if cause[0].any()]
    if not causes:
        return None
    code, reason = pl.lit(None, TEXT), pl.lit(None, TEXT)
    for condition, why, text in reversed(causes):
        holds = pl.lit(condition.fill_null(False))
        code = pl.when(holds).then(pl.lit(why.value)).otherwise(code)
        reason = pl.when(holds).then(pl.format(text, "value")).otherwise(reason)
    return pl.DataFrame({"value": values}).select(code.alias("code"), reason.alias("reason"))


def refusals(causes: pl.DataFrame, key: str, evidence_rows: pl.DataFrame) -> pl.DataFrame:
    """An evidence row, of an absent value, for each of `causes` (key, code, reason): its first line, where it has
    one."""
    lines = evidence_rows.drop("code", "reason", "formula", "input", "was", "number")
    lines = causes.join(lines, on=key, how="left", maintain_order="left").unique(key, keep="first", maintain_order=True)
    return evidence.rows(lines, frame="runs", how="absent")
