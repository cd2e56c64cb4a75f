"""The frames of all batches together: each run once, with its id and label."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from logparse.frames import copies
from logparse.reading.blocks import LongText
from logparse.schema import FRAMES, TEXT, conform, empty


@dataclass(frozen=True)
class Part:
    """The frames of one batch.

    frames: the frames of rows of runs, each in parts, with `n` for the run. runs: how many numbers `n` there are.
    sources: the rows of `sources`. kinds: source -> what became of its lines (`coverage.KNOWN`, `READ` or 0).
    """

    frames: dict[str, list[pl.DataFrame]]
    sources: pl.DataFrame
    runs: int
    kinds: dict[str, pl.Series]
    long: LongLog | None = None


@dataclass
class LongLog:
    """What a batch of one long log has besides.

    lines: its lines. metrics: its rows of `metrics` with `n` and `row`, in order and piece by piece; they are in files,
    and not in the frames. ids: of the runs by n, once they are named.
    """

    lines: LongText
    metrics: Sequence[Callable[[], Iterator[pl.DataFrame]]]
    ids: pl.Series | None = None

    def metrics_of(self, source: str) -> Iterator[pl.DataFrame]:
        """The rows of `metrics`, piece by piece."""
        if self.ids is None:
            return
        ids = self.ids
        for parts in self.metrics:
            for rows in parts():
                rows = rows.with_columns(
                    ids.gather(rows["n"]).alias("run"),
                    pl.lit(source).alias("source"),
                    (pl.col("row") + 1).alias("line"),
                )
                yield conform("metrics", rows.filter(pl.col("run").is_not_null()) if rows["run"].null_count() else rows)


_ORDER: dict[str, list[str]] = {
    "evidence": [],
    "phases": ["n", "begin_pos"],
    "metrics": [],
    "params": ["n", "line"],
    "messages": ["n", "line"],
}
"""Frames of rows of runs, and what each is sorted by; metrics and evidence keep their order."""


def join(batches: Sequence[Part], apart: bool = False) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The frames of all batches, as `schema.FRAMES`: each run once, from its most complete copy; and the places of all
    copies, as `copies.COPIES`.

    apart: each run once in each source that contains it, so that a source can be taken away; `run` is then the `hash`
    of the run.

    Empties the lists in `frames`: each part is freed once its final form exists.
    """
    out: dict[str, pl.DataFrame] = {}
    if batches:
        out["sources"] = pl.concat(conform("sources", batch.sources) for batch in batches)
    if not any(batch.runs for batch in batches):
        return _all_frames(out), pl.DataFrame(schema=copies.COPIES)
    sources = pl.Series([name for batch in batches for name in batch.sources["source"]], dtype=TEXT)
    all_runs = pl.concat(_numbered(batches, "runs"), how="diagonal_relaxed").rename({"run": "hash"})
    places = all_runs.with_columns(pl.lit(sources).gather(pl.col("source_index")).alias("source"))
    places = places.with_columns(run="hash") if apart else copies.with_ids(places)
    contents = pl.lit(out["sources"]["sha256"]).gather(pl.col("source_index"))
    runs = copies.fullest(places.with_columns(sha256=contents), ["run", "source"] if apart else ["run"])
    out["runs"] = conform("runs", copies.labelled(runs))
    ids = _run_ids(runs, sum(batch.runs for batch in batches))
    for batch in batches:
        if batch.long is not None:
            batch.long.ids = ids
    for name, order in _ORDER.items():
        if parts := [conform(name, _named(rows, order, ids, sources)) for rows in _numbered(batches, name)]:
            out[name] = pl.concat(parts)
    return _all_frames(out), places.select(pl.col(name).cast(dtype) for name, dtype in copies.COPIES.items())


def _all_frames(frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Every frame in the order of `schema.FRAMES`; without rows, where there are none."""
    return {name: frames[name] if name in frames else empty(name) for name in FRAMES}


def _numbered(batches: Sequence[Part], name: str) -> Iterator[pl.DataFrame]:
    """The parts of that frame, with `n` and `source_index` counted through all batches."""
    first_run = first_source = 0
    for batch in batches:
        waiting = batch.frames[name]
        waiting.reverse()
        while waiting:
            rows = waiting.pop()
            if first_source:
                rows = rows.with_columns(pl.col("n") + first_run, pl.col("source_index") + first_source)
            yield rows
        first_run += batch.runs
        first_source += batch.sources.height


def _run_ids(runs: pl.DataFrame, count: int) -> pl.Series:
    """The id of each of `count` run numbers, by place; null for copies that are dropped."""
    numbers = pl.DataFrame({"n": pl.arange(0, count, dtype=pl.UInt32, eager=True)})
    return numbers.join(runs.select("n", "run"), on="n", how="left", maintain_order="left")["run"]


def _named(rows: pl.DataFrame, order: Sequence[str], ids: pl.Series, sources: pl.Series) -> pl.DataFrame:
    """Rows in order, with the names of their runs and sources; without those of runs that have no id."""
    if ids.null_count():
        rows = rows.filter(pl.lit(ids.is_not_null()).gather(pl.col("n")))
    named = rows.with_columns(
        pl.lit(ids).gather(pl.col("n")).alias("run"), pl.lit(sources).gather(pl.col("source_index")).alias("source")
    )
    return named.sort(order, maintain_order=True) if order else named
