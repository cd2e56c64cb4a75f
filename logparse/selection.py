"""What people mean by a name: which run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from logparse.errors import UsageError, near
from logparse.logs import Logs
from logparse.schema import TEXT
from logparse.text.labels import shortened


def find_run(logs: Logs, name: str) -> Mapping[str, Any]:
    """The row of `runs` that `name` means: an id, the beginning of an id, a label, or a part of a label.

    Raises `UsageError` where none or several are meant; the message names them.
    """
    rows = logs.runs.with_columns(pl.col(pl.Categorical).cast(TEXT)).rows(named=True)
    for meant in (
        [r for r in rows if name in (r["run"], r["label"])],
        [r for r in rows if name and (r["run"].startswith(name) or name.lower() in r["label"].lower())],
    ):
        if len(meant) == 1:
            return meant[0]
        if meant:
            raise UsageError(f"{name!r} may be any of {_named(meant)}: say more of the label, or the id")
    hint = near(name, [r["label"] for r in rows], most=3, alike=0.4) or f"there are {_named(rows) or 'none'}"
    raise UsageError(f"there is no run {name!r}; {hint}")


def _named(rows: Sequence[Mapping[str, Any]]) -> str:
    return shortened([f"{r['label']} ({r['run']})" for r in rows], 8)
