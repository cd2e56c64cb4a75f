"""A picture of a run shows another value than its log.

What it does
    Compares what a picture of a terminal shows with the log of the same run: each metric of the same step, and the
    values of the run where picture and log are equally far. It reports each value that differs. The log's values count.

Why it matters
    A picture shows what the terminal showed. Either the log was changed after the run, or the picture is of another
    run, was edited, or was not read correctly.

Example
    A picture shows `GlobalRate=4847.18 samples/sec` at step 1000, and the log states 5847.18 on this line.

What to do
    Look at both: the report shows the line of the picture. Then leave out the one that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, NamedTuple

import polars as pl

from logparse.comparison.phrases import clauses, labels, location
from logparse.findings import Finding, Scene
from logparse.logs import Logs
from logparse.schema import RUNS, TEXT
from logparse.text.terminal import one_line

ID = "F34"


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for each run of which a picture shows other values than its log."""
    differing: dict[str, list[_Difference]] = {}
    for difference in _differences(scene.ledger.logs):
        differing.setdefault(difference.run, []).append(difference)
    for job in scene.jobs:
        found = [difference for run in job.ids for difference in differing.get(run, ())]
        if found:
            texts = clauses([difference.text for difference in found])
            text = f"A picture of {labels([job])} shows other values than the log, which count: {texts}."
            columns = list(dict.fromkeys(d.column for d in found if d.column in RUNS))
            places = [location(row) for d in found for row in (d.in_picture, d.in_log)]
            yield Finding("warning", text, [job], columns, places)


class _Difference(NamedTuple):
    run: str
    column: str
    in_picture: Mapping[str, Any]
    in_log: Mapping[str, Any]

    @property
    def text(self) -> str:
        """`loss at step 500: 7.07812 in the picture (shot.png:12), 7.17812 in the log (run.out:87)`."""
        about = f"{self.column} at {self.in_log['key']}" if self.in_log["key"] else self.column
        shown, stated = (f"{one_line(row['text'])} in" for row in (self.in_picture, self.in_log))
        return f"{about}: {shown} the picture ({_place(self.in_picture)}), {stated} the log ({_place(self.in_log)})"


def _place(row: Mapping[str, Any]) -> str:
    return f"{one_line(PurePath(row['source']).name)}:{row['line']}"


def _differences(logs: Logs) -> Iterator[_Difference]:
    rows = logs.evidence.filter(pl.col("frame") == "pictures").with_columns(pl.col(pl.Categorical).cast(TEXT))
    pairs: dict[tuple[str, str, str | None], dict[str, Mapping[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        pairs.setdefault((row["run"], row["column"], row["key"]), {})[row["how"]] = row
    for (run, column, _), pair in pairs.items():
        yield _Difference(run, column, pair["seen"], pair["read"])
