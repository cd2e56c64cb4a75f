"""What must hold of the frames, the commands and the report, whatever the log is. Each check yields its violations, as
text."""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import polars as pl
from click.testing import CliRunner

import logparse
from logparse.cli import cli
from logparse.schema import COLUMNS, FIELDS, FRAMES, NUMBER, range_of
from logparse.schema.vocabulary import possible

EXIT_CODES = {0, 2, 3, 4, 5}
"""Those a command may end with; 1 is an error of ours."""


def numbers(logs: logparse.Logs) -> Iterator[str]:
    """Numbers are finite and in the range of their quantity."""
    for name, frame in logs.frames().items():
        for column, values in ((c.name, c) for c in frame.get_columns() if c.dtype == NUMBER):
            if not values.is_finite().all():
                yield f"{name}.{column} is not finite"
    for column in logs.runs.columns:
        values = logs.runs[column]
        if values.dtype.is_numeric() and column in FRAMES["runs"]:
            least, most = range_of(column)
            least, most = (-math.inf if least is None else least), (math.inf if most is None else most)
            if not values.drop_nulls().is_between(least, most).all():
                yield f"runs.{column} is out of range: {values.to_list()}"
    for (name, unit), part in logs.metrics.partition_by("name", "unit", as_dict=True).items():
        least, most = range_of(name) if name in FIELDS else possible(unit)
        least, most = (-math.inf if least is None else least), (math.inf if most is None else most)
        if not part["value"].drop_nulls().is_between(least, most).all():
            yield f"metrics of {name} are out of range"


def times(logs: logparse.Logs) -> Iterator[str]:
    """Nothing ends before it starts, and nothing takes less than no time."""
    for row in logs.runs.filter(pl.col("ended_at") < pl.col("started_at")).iter_rows(named=True):
        yield f"{row['label']} ends at {row['ended_at']}, before its start at {row['started_at']}"
    for row in logs.phases.filter((pl.col("end_at") < pl.col("begin_at")) | (pl.col("duration_s") < 0)).iter_rows(
        named=True
    ):
        yield f"phase {row['key']}: {row['begin_at']} to {row['end_at']}, {row['duration_s']} s"


def schema(logs: logparse.Logs) -> Iterator[str]:
    """Each frame has its schema, and no cell is null that may not be."""
    for name, frame in logs.frames().items():
        if dict(frame.schema) != FRAMES[name]:
            yield f"{name} has another schema"
        for column, known in COLUMNS[name].items():
            if known.null is None and frame[column].null_count():
                yield f"{name}.{column} is null"
    if logs.runs["run"].n_unique() != logs.runs.height:
        yield "two runs have one id"


def evidence(logs: logparse.Logs) -> Iterator[str]:
    """Each value has evidence, each empty cell a reason, and each text stands on its line."""
    rows = logs.evidence.filter(pl.col("text").is_not_null() & pl.col("line").is_not_null())
    for (source,), part in rows.partition_by("source", as_dict=True).items():
        lines = logs.lines(source, part["line"].unique().to_list())
        for row in part.iter_rows(named=True):
            if row["start"] is None or not lines[row["line"]][row["start"] :].startswith(row["text"]):
                yield f"{row['column']}: {row['text']!r} does not stand on line {row['line']} at {row['start']}"
    shown = set(logs.evidence.filter(pl.col("frame") == "runs").select("run", "column").rows())
    for column in FRAMES["runs"]:
        if column in ("run", "label", "source", "line_first", "line_last", "copies", "platform"):
            continue
        for run in logs.runs["run"]:
            if (run, column) not in shown:
                yield f"{column} has neither evidence nor a reason"
    absent = set(
        logs.evidence.filter((pl.col("frame") == "runs") & (pl.col("how") == "absent")).select("run", "column").rows()
    )
    for row in logs.runs.iter_rows(named=True):
        for column, value in row.items():
            if value is not None and (row["run"], column) in absent:
                yield f"{column} is {value!r} and absent at once"


def frames(logs: logparse.Logs) -> Iterator[str]:
    """All that must hold of the frames."""
    for check in (numbers, times, schema, evidence):
        yield from check(logs)


# ---- several inputs ---- #

_PLACE = ("label", "source", "line_first", "line_last", "copies", "line")
"""Columns that say where a run was read, not what it is."""


_UNNUMBERED = 10
"""Characters of an id before the number of the source, which runs of equal text without an identity have."""


def _rows(logs: logparse.Logs, name: str, runs: Iterable[str]) -> pl.DataFrame:
    """The rows of those runs, run by run, without their places."""
    rows = logs.frames()[name].filter(pl.col("run").is_in(list(runs)))
    return rows.select(pl.exclude(_PLACE)).sort("run", maintain_order=True)


def company(paths: Sequence[Path]) -> Iterator[str]:
    """Neither the order of files nor other files change the runs of a file, unless both hold one run."""
    together, middle = logparse.ingest(list(paths)), len(paths) // 2
    parts = [logparse.ingest(list(reversed(part))) for part in (paths[:middle], paths[middle:]) if part]
    found = [run for part in parts for run in part.runs["run"]]
    counts = Counter(run[:_UNNUMBERED] for run in found)
    if counts.keys() != {run[:_UNNUMBERED] for run in together.runs["run"]}:
        yield "the order or the company of files changes which runs there are"
    single = [run for run in found if counts[run[:_UNNUMBERED]] == 1]
    for name in ("runs", "metrics", "phases", "messages"):
        apart = pl.concat([_rows(part, name, single) for part in parts]).sort("run", maintain_order=True)
        whole = _rows(together, name, single)
        changed = [run for run in single if not _of(apart, run).equals(_of(whole, run))]
        if changed:
            places = together.runs.filter(pl.col("run").is_in(changed))["label"].to_list()
            yield f"the order or the company of files changes {name} of {places}"


def _of(rows: pl.DataFrame, run: str) -> pl.DataFrame:
    return rows.filter(pl.col("run") == run)


def stored(logs: Path, store: Path) -> Iterator[str]:
    """A store gives back what was read."""
    fresh, kept = logparse.ingest([logs]), logparse.open(store)
    for name in ("runs", "metrics", "phases", "messages", "params"):
        if not _rows(fresh, name, fresh.runs["run"]).equals(_rows(kept, name, fresh.runs["run"])):
            yield f"the store keeps other {name}"


# ---- commands ---- #

_CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]"


COMMANDS = """
runs LOGS --format csv
runs LOGS --format json
metrics LOGS
phases LOGS --format md
params LOGS
messages LOGS
evidence LOGS
sources LOGS
findings LOGS
compare LOGS
compare LOGS --format latex
show LOGS * status
show LOGS * throughput
"""
DRAWING = """
chart duration LOGS -o OUT.json
chart loss LOGS -o OUT.json
chart timeline LOGS -o OUT.json
chart throughput LOGS -o OUT.json
chart accuracy LOGS -o OUT.json
report LOGS -o OUT.html
"""


def commands(random: Random | None = None) -> list[list[str]]:
    """Command lines on `LOGS`: some at random, or all."""
    plain, drawing = ([line.split() for line in lines.strip().splitlines()] for lines in (COMMANDS, DRAWING))
    return plain + drawing if random is None else random.sample(plain, 3) + random.sample(drawing, 1)


def command(line: Sequence[str], folder: Path, logs: Path) -> Iterator[str]:
    """The command ends with an exit code that is documented, without a traceback; what it wrote can be read."""
    names = {"LOGS": str(logs), "OUT.json": str(folder / "out.json"), "OUT.html": str(folder / "out.html")}
    result = CliRunner().invoke(cli, [names.get(word, word) for word in line], env={"LOGPARSE_NO_STORE": None})
    shown = " ".join(line)
    if result.exit_code not in EXIT_CODES:
        yield f"{shown}: exit code {result.exit_code}: {result.output[-300:]}"
    if "Traceback (most recent" in result.stderr or "panicked" in result.stderr:
        yield f"{shown}: a traceback: {result.stderr[-300:]}"
    if "csv" not in line and (at := re.search(_CONTROLS, result.stdout)):
        yield f"{shown}: control characters in what it prints: {result.stdout[at.start() - 30 : at.end() + 30]!r}"
    if result.exit_code == 0 and line[-1] == "OUT.json":
        json.loads((folder / "out.json").read_text(encoding="utf-8"), parse_constant=_no_constant)
    if result.exit_code == 0 and line[-1] == "OUT.html":
        yield from page(folder / "out.html")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} in JSON")


def page(path: Path) -> Iterator[str]:
    """The page is well-formed: scripts hold what we wrote, and data is JSON."""
    parser = _Page()
    parser.feed(path.read_text(encoding="utf-8"))
    if not parser.ended:
        yield "report: the page does not end"
    for text in parser.data:
        json.loads(text, parse_constant=_no_constant)
    if any("alert(1)" in script for script in parser.scripts):
        yield "report: a script of the log is in the page"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.data: list[str] = []
        self.scripts: list[str] = []
        self.ended = False
        self._into: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self._into = self.data if dict(attrs).get("type") == "application/json" else self.scripts
            self._into.append("")

    def handle_endtag(self, tag: str) -> None:
        self.ended |= tag == "html"
        if tag == "script":
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._into[-1] += data


def quietly(check: Callable[[], Iterator[str]]) -> list[str]:
    """What the check yields; an exception is a violation."""
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            return list(check())
        except BaseException as error:  # a panic in polars is not an Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            import traceback

            frame = traceback.extract_tb(error.__traceback__)[-1]
            return [f"{type(error).__name__}: {str(error)[:200]} at {Path(frame.filename).name}:{frame.lineno}"]
