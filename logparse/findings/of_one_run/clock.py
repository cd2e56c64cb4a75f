"""A duration is based on unreliable timestamps.

What it does
    Looks for timestamps that go backwards by two seconds or more between lines, and for durations between one timestamp
    in UTC and one in an unknown time zone.

Why it matters
    The duration between two timestamps is wrong by as much as the clock was set, or by the offset between the zones,
    and nothing in the number shows it.

Example
    The clock of a node is set back by an hour at the end of summer time: ten minutes of training seem to take no time.

What to do
    Use a duration that the program itself printed, or one on the other side of the jump.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import labels, listed, location
from logparse.findings import Finding, Scene
from logparse.logs import Logs
from logparse.schema import TEXT
from logparse.text.location import Location
from logparse.text.numbers import seconds
from logparse.text.terminal import one_line

ID = "F20"
_BACK = 2.0
"""Seconds. Lines of ranks and threads that write at the same time are out of order by less."""
_DURATIONS = ("queue_s", "compile_s", "load_s", "train_s", "eval_s", "checkpoint_s", "total_s", "startup_s")
_OVER_ALL = ("total_s", "wall_s", "result_s")
_STAMP = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d"
_UTC = r"\d(?:Z|[+]00:?00)$"


@dataclass(frozen=True)
class _Jump:
    job: Job
    back: float
    columns: tuple[str, ...]
    """Columns of `runs` between timestamps on both sides of the jump."""
    locations: tuple[Location, ...]


def find(scene: Scene) -> Iterator[Finding]:
    """An error where a duration spans a jump or two time zones; a note on other jumps."""
    jumps = list(_jumps(scene))
    spanned, harmless = [j for j in jumps if j.columns], [j for j in jumps if not j.columns]
    for severity, group in (("error", spanned), ("note", harmless)):
        if group:
            yield _of_jumps(severity, group)
    yield from _of_zones(scene)


def _of_jumps(severity: str, jumps: Sequence[_Jump]) -> Finding:
    texts = [f"{one_line(j.job.label)} by {seconds(j.back, None)} at {j.locations[-1]}" for j in jumps]
    columns = tuple(dict.fromkeys(c for j in jumps for c in j.columns))
    rest = (
        f": {', '.join(columns)} {'spans' if len(columns) == 1 else 'span'} the jump"
        if columns
        else "; no duration shown is affected"
    )
    more = [c for c in _OVER_ALL if columns and c not in columns]
    return Finding(
        severity, f"The timestamps go backwards in {listed(texts)}{rest}.", [j.job for j in jumps], (*columns, *more),
        [p for j in jumps for p in j.locations],
    )  # fmt: skip


def _jumps(scene: Scene) -> Iterator[_Jump]:
    """The largest backward jump in the timestamps of each job that has one."""
    rows = scene.ledger.of_logs("jumps", lambda: _largest_jumps(scene.ledger.logs))
    for job in scene.jobs:
        jumps = [rows[run] for run in job.ids if run in rows]
        if jumps:
            row = max(jumps, key=lambda r: r["back"])
            columns = tuple(c for c in _DURATIONS if _straddles(scene.ledger, job, c, row))
            yield _Jump(job, row["back"], columns, (Location(row["source"], row["before"]), location(row)))


def _largest_jumps(logs: Logs) -> dict[str, dict[str, Any]]:
    """Run -> run, source, line, at of its largest jump, its seconds (`back`) and the line before."""
    same_log = (pl.col("run") == pl.col("run").shift(1)) & (pl.col("source") == pl.col("source").shift(1))
    back = (
        _stamps(logs)
        .with_columns(
            ((pl.col("at").shift(1) - pl.col("at")).dt.total_microseconds() / 1e6).alias("back"),
            pl.col("line").shift(1).alias("before"),
        )
        .filter(same_log & (pl.col("back") >= _BACK))
        .with_columns(pl.col("run", "source").cast(TEXT))
    )
    largest = back.sort("back", maintain_order=True).unique("run", keep="last", maintain_order=True)
    return {row["run"]: row for row in largest.rows(named=True)}


def _stamps(logs: Logs) -> pl.DataFrame:
    """run, source, line, at of everything with a timestamp, by run and source in the order of the lines. Ranks have
    their own clocks, and events in messages may be older than their line, so both are left out."""
    metrics = logs.metrics.filter(pl.col("scope").is_null()).select("run", "source", "line", "at")
    ends = [
        logs.phases.select("run", "source", pl.col(line).alias("line"), pl.col(at).alias("at"))
        for line, at in (("line_first", "begin_at"), ("line_last", "end_at"))
    ]
    stamps = pl.concat([metrics, *ends]).drop_nulls()
    # Sorting by numbers takes a fifth of the time.
    codes = (pl.col(c).cast(pl.Categorical).to_physical() for c in ("run", "source"))
    return stamps.sort(*codes, "line", maintain_order=True)


def _straddles(ledger: Ledger, job: Job, column: str, jump: dict[str, Any]) -> bool:
    """Whether a duration lies between timestamps on both sides of the jump."""
    value = ledger.value(job, column)
    lines = [p.line for p in value.locations if p.source == jump["source"]]
    return value.how == "derived" and bool(lines) and min(lines) <= jump["before"] and max(lines) >= jump["line"]


def _of_zones(scene: Scene) -> Iterator[Finding]:
    """Durations between a timestamp in UTC and one without a time zone."""
    runs = {run for job in scene.jobs for run in job.ids}
    mixed = [row for row in scene.ledger.of_logs("zones", lambda: _mixed(scene.ledger.logs)) if row["run"] in runs]
    if mixed:
        jobs = list({(job := scene.ledger.by_run[row["run"]]).id: job for row in mixed}.values())
        columns = list(dict.fromkeys(row["column"] for row in mixed))
        span = "spans" if len(columns) == 1 else "span"
        yield Finding(
            "error",
            f"{labels(jobs)}: {', '.join(columns)} {span} a timestamp in UTC and one without a time zone.",
            jobs,
            (*columns, *(c for c in _OVER_ALL if c not in columns)),
            [location(row) for row in mixed],
        )


def _mixed(logs: Logs) -> list[dict[str, Any]]:
    """run, source, line and column of the timestamps of durations between one in UTC and one without a time zone."""
    rows = logs.evidence.filter(
        (pl.col("frame") == "runs") & pl.col("column").is_in(list(_DURATIONS)) & pl.col("text").str.contains(_STAMP)
    ).select("run", "source", "line", pl.col("column").cast(TEXT), pl.col("text").str.contains(_UTC).alias("utc"))
    return rows.filter(pl.col("utc").n_unique().over("run", "column") > 1).rows(named=True)
