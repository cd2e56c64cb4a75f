"""Find the run that a name refers to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from logparse.errors import UsageError, near
from logparse.logs import Logs
from logparse.schema import TEXT


def find_run(logs: Logs, name: str) -> Mapping[str, Any]:
    """The row of `runs` that `name` refers to: an id, a prefix of an id, a label, or part of a label.

    Raises `UsageError` where no run or several runs match; the message names them.
    """
    rows = logs.runs.with_columns(pl.col(pl.Categorical).cast(TEXT)).rows(named=True)
    for matching in (
        [r for r in rows if name in (r["run"], r["label"])],
        [r for r in rows if name and (r["run"].startswith(name) or name.lower() in r["label"].lower())],
    ):
        if len(matching) == 1:
            return matching[0]
        if matching:
            raise UsageError(f"{name!r} is ambiguous: {_named(matching)}; give more of the label, or the id")
    hint = near(name, [r["label"] for r in rows], most=3, alike=0.4) or f"choose from {_named(rows) or 'no runs'}"
    raise UsageError(f"no run matches {name!r}; {hint}")


def _named(rows: Sequence[Mapping[str, Any]]) -> str:
    names = [f"{r['label']} ({r['run']})" for r in rows[:8]]
    return ", ".join([*names, f"{len(rows) - 8} more"] if len(rows) > 8 else names)
