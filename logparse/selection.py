"""Find the runs that a name refers to."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from logparse.errors import UsageError, near
from logparse.text.labels import shortened


def find_run(runs: pl.DataFrame, name: str) -> Mapping[str, Any]:
    """The row of the frame `runs` that `name` refers to: an id, a prefix of an id, a label, or part of a label.

    Raises `UsageError` where no run or several runs match; the message names them.
    """
    rows = runs.rows(named=True)
    for matching in (
        [r for r in rows if name in (r["run"], r["label"])],
        [r for r in rows if name and (r["run"].startswith(name) or name.lower() in r["label"].lower())],
    ):
        if len(matching) == 1:
            return matching[0]
        if matching:
            raise UsageError(f"{name!r} is ambiguous: {_named(matching)}; give more of the label, or the id")
    raise UsageError(f"no run matches {name!r}; {_hint(rows, name)}")


def find_runs(runs: pl.DataFrame, name: str) -> list[str]:
    """The ids of the runs that `name` refers to, in the order of the frame `runs`: those whose label, id or source
    matches a pattern with `*`, `?` or `[` (case does not matter), those of a source of that name, or the one that
    `find_run` finds.

    Raises `UsageError` where there is none.
    """
    if not isinstance(name, str):
        raise UsageError(f"the name of a run is text, not {type(name).__name__}")
    rows = runs.rows(named=True)
    if not any(sign in name for sign in "*?["):
        return [r["run"] for r in rows if r["source"] == name] or [find_run(runs, name)["run"]]
    pattern = name.lower()
    matching = [
        r["run"]
        for r in rows
        if any(fnmatch.fnmatchcase(r[column].lower(), pattern) for column in ("label", "run", "source"))
    ]
    if not matching:
        raise UsageError(f"no run matches {name!r}; {_hint(rows, name)}")
    return matching


def _hint(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    return near(name, [r["label"] for r in rows], most=3, alike=0.4) or f"choose from {_named(rows) or 'no runs'}"


def _named(rows: Sequence[Mapping[str, Any]]) -> str:
    return shortened([f"{r['label']} ({r['run']})" for r in rows], 8)
