"""Runs that are in a picture and in a log: they are one run, and the log's values count.

A picture often shows a part of a run only, without the lines that identify it. It shows the run of a log if the log
states the same measurements, as no two runs do. Where the picture shows another value than the log, both places are
kept in `evidence`, as rows of the frame `pictures`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from logparse.frames import copies
from logparse.frames.identities import STATED
from logparse.schema import FRAMES, RUNS, TEXT, conform, empty

PREFIX = "p"
"""First character of the ids of runs in pictures, in place of one of the hash: they are not those of runs in logs."""

_KEY = ("name", "step", "samples", "epoch", "split", "scope", "window", "basis", "at")
"""Columns of `metrics` that are equal in two rows that state the same figure."""
_MEASURED = ("train_s", "throughput", "token_throughput", "latency_s", "compile_s", "total_s")
"""Times and rates. Losses and scores do not count: a deterministic program gives the same ones in each run."""
_RATES = ("s", "samples/s", "tokens/s")
_FEWEST = 3
"""Figures that agree in two copies of a run, at least."""
_TO_DIFFERING = 3
"""... and at least as many times as many as differ."""
_COMMON = 2
"""Digits that repeats share anyway, since they are within about a per cent of each other."""
_ENOUGH = 4
"""Further digits that must agree: one pair of repeats in 10,000 does so by chance."""
_PROGRESS = ("steps", "epochs")
"""How far a run is: a picture may show an earlier moment of it."""


def in_logs(
    frames: Mapping[str, pl.DataFrame], places: pl.DataFrame, labels: Mapping[str, str] | None = None
) -> tuple[Mapping[str, pl.DataFrame], pl.DataFrame]:
    """All frames, and the places of runs (`copies.COPIES`), without the runs in pictures that are in a log too.

    labels: as `given` in `copies.labelled`.
    """
    pairs = pairs_of(frames["sources"], frames["runs"], frames["metrics"], frames["evidence"])
    if not pairs:
        return frames, places
    out = {
        name: rows if name == "sources" else rows.filter(~pl.col("run").is_in(list(pairs)))
        for name, rows in frames.items()
    }
    found = differences(pairs, frames["runs"], frames["metrics"], frames["evidence"])
    known = out["evidence"].filter(pl.col("frame") == "pictures")
    found = found.join(known, on=["run", "column", "key", "source", "line"], how="anti", nulls_equal=True)
    out["evidence"] = pl.concat([out["evidence"], found])
    counted = out["runs"].with_columns(copies_with(pairs, frames["runs"]))
    out["runs"] = conform("runs", copies.labelled(counted.drop("label"), labels))
    return out, in_places(pairs, places)


def in_places(pairs: Mapping[str, str], places: pl.DataFrame) -> pl.DataFrame:
    """The places of runs, those of runs in pictures as places of the runs in logs. They are never the fullest."""
    is_other = pl.col("run").is_in(list(pairs))
    return places.with_columns(
        pl.col("run").replace(pairs),
        pl.when(is_other).then(0).otherwise("lines_read").cast(pl.UInt32).alias("lines_read"),
    )


def with_logs(places: pl.DataFrame) -> pl.DataFrame:
    """Places of several `Logs` (part, was: the id in it, hash, run: the id now): each run in a picture that was one
    with that of a log is so again."""
    was_in_log = pl.col("hash").str.starts_with(PREFIX) & ~pl.col("was").str.starts_with(PREFIX)
    if not places.select(was_in_log.any()).item():
        return places
    of_logs = places.filter(~was_in_log).select("part", "was", "run").unique(["part", "was"])
    of_pictures = places.filter(was_in_log).drop("run").join(of_logs, on=["part", "was"])
    return pl.concat([places.filter(~was_in_log), of_pictures.select(places.columns)]).sort(
        "source_index", "line_first"
    )


def copies_with(pairs: Mapping[str, str], runs: pl.DataFrame) -> pl.Expr:
    """`copies` of the runs in logs, with those in pictures. runs: run and copies of both."""
    more: dict[str, int] = {}
    for run, number in runs.filter(pl.col("run").is_in(list(pairs))).select("run", "copies").iter_rows():
        more[pairs[run]] = more.get(pairs[run], 0) + number + 1
    return pl.col("copies") + pl.col("run").replace_strict(more, default=0, return_dtype=pl.UInt32)


def has_both(sources: pl.DataFrame) -> bool:
    """Whether some of these sources are pictures and some are not."""
    engines = sources["engine"].is_null()
    return bool(engines.any()) and not bool(engines.all())


def pairs_of(
    sources: pl.DataFrame, runs: pl.DataFrame, metrics: pl.DataFrame, evidence: pl.DataFrame
) -> dict[str, str]:
    """Run in a picture -> the same run in a log."""
    if not has_both(sources):
        return {}
    pictures = sources.filter(pl.col("engine").is_not_null())["source"]
    is_in_picture = pl.col("source").is_in(pictures.implode())
    plain = runs.with_columns(pl.col(pl.Categorical).cast(TEXT))
    seen, read = plain.filter(is_in_picture), plain.filter(~is_in_picture)
    if not seen.height or not read.height:
        return {}
    agreeing = _agreeing(metrics, seen["run"], read["run"])
    digits = _digits(evidence, seen["run"])
    out: dict[str, str] = {}
    logs = read.rows(named=True)
    for shown in seen.rows(named=True):
        scores = {
            log["run"]: score
            for log in logs
            if log["platform"] == shown["platform"]
            and (score := _score(shown, log, agreeing.get((shown["run"], log["run"]), (0, 0)), digits)) > 0
        }
        if scores:
            out[shown["run"]] = max(scores, key=lambda run: scores[run])
    return out


def _score(
    shown: Mapping[str, Any], log: Mapping[str, Any], metrics: tuple[int, int], digits: Mapping[tuple[str, str], float]
) -> float:
    """How surely a picture shows the run of a log: 0 for not at all."""
    if shown["run"] == PREFIX + str(log["run"])[: len(shown["run"]) - 1]:
        return math.inf
    agreeing, differing = metrics
    if agreeing >= _FEWEST and agreeing >= _TO_DIFFERING * differing:
        return float(agreeing)
    if _distinguished(shown, log):
        return 0.0
    both = [c for c in _MEASURED if shown[c] is not None and log[c] is not None]
    agree = sum(digits.get((shown["run"], c), 0.0) for c in both)
    return agree if agree >= _ENOUGH and all(shown[c] == log[c] for c in both) else 0.0


def _distinguished(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Whether both state a job number, or a start time, and these differ."""
    return any(a[c] is not None and b[c] is not None and a[c] != b[c] for c in ("job_id", "started_at"))


def _figures(metrics: pl.DataFrame, seen: pl.Series, read: pl.Series) -> pl.DataFrame:
    """The figures that a picture and a log state: `_KEY`, and run, value, unit, resolution, source, line, rule of the
    picture and, with the suffix `_right`, of the log."""
    rows = metrics.filter(pl.col("value").is_not_null()).with_columns(pl.col(pl.Categorical).cast(TEXT))
    shown, of_logs = (rows.filter(pl.col("run").is_in(runs.implode())) for runs in (seen, read))
    of_logs = of_logs.join(shown, on=_KEY, how="semi", nulls_equal=True)
    shown, of_logs = (each.filter(pl.len().over("run", *_KEY) == 1) for each in (shown, of_logs))
    return shown.join(of_logs, on=_KEY, nulls_equal=True)


def _agreeing(metrics: pl.DataFrame, seen: pl.Series, read: pl.Series) -> dict[tuple[str, str], tuple[int, int]]:
    """(run in a picture, run in a log) -> how many figures that no other run has agree, and how many differ."""
    is_exact = pl.col("unit").is_in(_RATES) & (pl.col("value") >= 10 ** (_COMMON + 1) * 2 * pl.col("resolution"))
    agrees = pl.col("value") == pl.col("value_right")
    counts = (
        _figures(metrics, seen, read)
        .group_by("run", "run_right")
        .agg((agrees & (pl.col("at").is_not_null() | is_exact.fill_null(False))).sum().alias("agree"), (~agrees).sum())
    )
    return {(shown, log): (agree, differ) for shown, log, agree, differ in counts.iter_rows()}


def _digits(evidence: pl.DataFrame, seen: pl.Series) -> dict[tuple[str, str], float]:
    """(run, column) -> digits of a time or rate beyond those that repeats share."""
    cells = evidence.filter(
        (pl.col("frame") == "runs") & pl.col("run").is_in(seen.implode()) & pl.col("column").cast(TEXT).is_in(_MEASURED)
    ).select("run", pl.col("column").cast(TEXT), pl.col("value").cast(pl.Float64, strict=False), "value_resolution")
    return {
        (run, column): max(0.0, math.log10(abs(value) / (2 * resolution)) - _COMMON)
        for run, column, value, resolution in cells.iter_rows()
        if value and resolution
    }


# ---- differences ---- #


def differences(
    pairs: Mapping[str, str], runs: pl.DataFrame, metrics: pl.DataFrame, evidence: pl.DataFrame
) -> pl.DataFrame:
    """For each value that a picture shows otherwise than the log, two rows of `evidence` of the frame `pictures`: that
    of the picture (`seen`) and that of the log (`read`). Both have the `column`, or the name of the metric, and as
    `key` the step or epoch, if any.
    """
    rows = [row for shown, log in pairs.items() for row in _of_cells(shown, log, runs, evidence)]
    places = {(row["source"], row["line"], row["number"]) for row in rows}
    figures = _figures(metrics, pl.Series(list(pairs), dtype=TEXT), pl.Series(list(pairs.values()), dtype=TEXT))
    is_other = (pl.col("value") != pl.col("value_right")) & (pl.col("rule") == pl.col("rule_right"))
    for figure in figures.filter(is_other).rows(named=True):
        is_known = (figure["source"], figure["line"], figure["value"]) in places
        if pairs[figure["run"]] == figure["run_right"] and not is_known:
            rows += [_of_metric(figure, "seen", ""), _of_metric(figure, "read", "_right")]
    return conform("evidence", pl.DataFrame(rows, schema=FRAMES["evidence"])) if rows else empty("evidence")


def _of_metric(figure: Mapping[str, Any], how: str, suffix: str) -> dict[str, Any]:
    """The row of `evidence` of one side of `_figures`."""
    number = figure["value" + suffix]
    key = next((f"{name} {figure[name]:g}" for name in ("step", "epoch") if figure[name] is not None), None)
    cell = {"run": figure["run_right"], "frame": "pictures", "column": figure["name"], "key": key}
    value = {"text": f"{number:.15g}", "number": number, "how": how}
    return {**cell, **value, **{name: figure[name + suffix] for name in ("resolution", "source", "line", "rule")}}


def _of_cells(shown: str, log: str, runs: pl.DataFrame, evidence: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The cells of `runs` that differ although picture and log state the same moment of the run, by the same rule."""
    by_run = {row["run"]: row for row in runs.filter(pl.col("run").is_in([shown, log])).rows(named=True)}
    if not _are_equally_far(by_run[shown], by_run[log]):
        return
    cells: dict[tuple[str, str], list[dict[str, Any]]] = {}
    stated = evidence.filter((pl.col("frame") == "runs") & pl.col("run").is_in([shown, log]))
    for row in stated.with_columns(pl.col(pl.Categorical).cast(TEXT)).rows(named=True):
        if row["how"] in STATED and row["line"] is not None:
            cells.setdefault((row["run"], row["column"]), []).append(row)
    for column in RUNS:
        of_picture, of_log = cells.get((shown, column), []), cells.get((log, column), [])
        if len(of_picture) != 1 or len(of_log) != 1 or of_picture[0]["rule"] != of_log[0]["rule"]:
            continue
        if by_run[shown][column] != by_run[log][column]:
            for how, row in (("seen", of_picture[0]), ("read", of_log[0])):
                yield {**row, "run": log, "frame": "pictures", "how": how}


def _are_equally_far(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    both = [c for c in _PROGRESS if a[c] is not None and b[c] is not None] or ["status"]
    return all(a[c] is not None and a[c] == b[c] for c in both)
