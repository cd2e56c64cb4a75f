"""Which line of each run: among lines that a rule read, each with `n`, the number of its run."""

from __future__ import annotations

import polars as pl


def one_line(frame: pl.DataFrame, of: str, pick: str) -> pl.DataFrame:
    """The line of each run that holds the first, last, least or greatest value of `of`. Frames stand in the order of
    their lines, and so of their runs."""
    n = frame["n"]
    if pick in ("first", "last"):
        held = frame.filter(frame[of].is_not_null()) if frame[of].null_count() else frame
        if held.height < 2:
            return held
        if n[0] == n[-1]:  # one run, as it is with most rules: nothing to group
            return held.head(1) if pick == "first" else held.tail(1)
        # Where the number of the run changes, seen from the line before or the line after: neither is a query.
        changes = held["n"][1:] != held["n"][:-1]
        ends = [_YES, changes] if pick == "first" else [changes, _YES]
        return held.filter(pl.concat(ends))
    lines = pl.DataFrame({"n": n, "of": frame[of]}).with_row_index("i").filter(pl.col("of").is_not_null())
    at_least_or_most = pl.col("of").arg_min() if pick == "min" else pl.col("of").arg_max()
    return frame[lines.group_by("n").agg(pl.col("i").get(at_least_or_most))["i"].sort()]


_YES = pl.Series([True])
