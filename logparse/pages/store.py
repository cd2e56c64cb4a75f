"""The output of `logparse store info`."""

from __future__ import annotations

import os
from collections.abc import Iterator

from logparse.grammar import registry
from logparse.logs import Logs
from logparse.store import contents
from logparse.store.intake import is_stale, read_with
from logparse.store.tables import Store
from logparse.text.labels import many
from logparse.text.terminal import aligned, one_line

_VERSIONS = 10
"""Versions listed."""
_HEADINGS = {"label": "Labels", "baseline": "Baselines", "note": "Notes"}


def page(store: Store) -> str:
    """What a store holds: sources, those that are gone or were read with older versions, and the last versions."""
    rows = store.sources().to_dicts()
    now = read_with(registry.compiled(), {})
    gone = sum(row["path"] is None or not os.path.exists(row["path"]) for row in rows)
    stale = sum(is_stale(row, now) for row in rows)
    runs = sum(row["rows"]["runs"] for row in rows)
    counted = many(len({row["part"] for row in rows}), "part")
    lines = [
        f"{store.folder}: {many(len(rows), 'source')} with {many(runs, 'run')} (copies included), in {counted}; "
        f"{store.size() / 1e6:,.1f} MB",
    ]
    if gone:
        lines.append(f"{many(gone, 'source')}: the log is no longer there; what it gave is kept")
    if stale:
        lines.append(f"{many(stale, 'source')}: read with other versions; logparse ingest --stale reads them again")
    lines += _annotations(contents.open(store.folder))
    versions = store.versions()
    lines += ["", "Versions, last first (times are UTC):"]
    lines += aligned(
        [
            [f"  {version}", f"{at:%Y-%m-%d %H:%M:%S}", what]
            for version, at, what in versions.head(_VERSIONS).iter_rows()
        ]
    )
    if (left := versions.height - _VERSIONS) > 0:
        lines.append(f"  and {left} earlier")
    return "\n".join(lines)


def _annotations(logs: Logs) -> Iterator[str]:
    """Labels, baselines and notes, each kind under its heading."""
    labels = dict(logs.runs.select("run", "label").iter_rows())
    sources = dict(logs.runs.select("run", "source").iter_rows())
    for kind, heading in _HEADINGS.items():
        rows = [
            (text, (sources if kind == "label" else labels).get(run, "(a run that is not in the store)"))
            for run, of_kind, text in logs.annotations.select("run", "kind", "text").iter_rows()
            if of_kind == kind
        ]
        if rows:
            cells = [(name, text) if kind == "note" else (text, name) for text, name in rows]
            yield from ("", f"{heading}:")
            yield from aligned([[f"  {one_line(first)}", one_line(second)] for first, second in cells])
