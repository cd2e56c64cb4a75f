"""The frames of all batches together: each run once, with its id and label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from logparse.schema import FRAMES, TEXT, WORD, conform, empty


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


_ORDER: dict[str, list[str]] = {
    "evidence": [],
    "phases": ["n", "begin_pos"],
    "metrics": [],
    "params": ["n", "line"],
    "messages": ["n", "line"],
}
"""Frames of rows of runs, and what each is sorted by; metrics and evidence keep their order."""


def join(batches: Sequence[Part]) -> dict[str, pl.DataFrame]:
    """The frames of all batches, as `schema.FRAMES`: each run once, from its most complete copy.

    Empties the lists in `frames`: each part is freed once its final form exists.
    """
    out = {name: empty(name) for name in FRAMES}
    if not batches:
        return out
    out["sources"] = pl.concat(conform("sources", batch.sources) for batch in batches)
    if not any(batch.runs for batch in batches):
        return out
    sources = pl.Series([name for batch in batches for name in batch.sources["source"]], dtype=WORD)
    runs = _most_complete_copies(pl.concat(_numbered(batches, "runs"), how="diagonal_relaxed"), sources)
    out["runs"] = conform("runs", _labelled(runs))
    ids = _run_ids(runs, sum(batch.runs for batch in batches))
    for name, order in _ORDER.items():
        if parts := [conform(name, _named(rows, order, ids, sources)) for rows in _numbered(batches, name)]:
            out[name] = pl.concat(parts)
    return out


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
    return numbers.join(runs.select("n", "run"), on="n", how="left", maintain_order="left")["run"].cast(WORD)


def _named(rows: pl.DataFrame, order: Sequence[str], ids: pl.Series, sources: pl.Series) -> pl.DataFrame:
    """Rows in order, with the names of their runs and sources; without those of runs that have no id."""
    if ids.null_count():
        rows = rows.filter(pl.lit(ids.is_not_null()).gather(pl.col("n")))
    named = rows.with_columns(
        pl.lit(ids).gather(pl.col("n")).alias("run"), pl.lit(sources).gather(pl.col("source_index")).alias("source")
    )
    return named.sort(order, maintain_order=True) if order else named


def _most_complete_copies(runs: pl.DataFrame, sources: pl.Series) -> pl.DataFrame:
    """Runs with the name of their source, each id once: the copy with most lines read, then the first."""
    # A run whose id rests on no identifying value is never merged across files.
    nth_source = pl.col("source_index").rank("dense").over("run").cast(TEXT).str.pad_start(2, "0")
    runs = runs.with_columns(
        pl.when("keyed").then("run").otherwise(pl.format("{}{}", pl.col("run").str.head(10), nth_source)).alias("run"),
        pl.lit(sources).gather(pl.col("source_index")).alias("source"),
    )
    best = runs.sort(["lines_read", "source_index", "row"], descending=[True, False, False]).with_columns(
        (pl.len().over("run") - 1).cast(pl.UInt32).alias("copies")
    )
    return best.unique("run", keep="first", maintain_order=True).sort("source_index", "row")


def _labelled(runs: pl.DataFrame) -> pl.DataFrame:
    """Runs with `label`: the shortest unique suffix of the path of their source, and which run of the file it is."""
    paths = {str(s): str(s).split("/") for s in runs["source"].unique(maintain_order=True)}
    labels: dict[str, str] = {}
    depth = 1
    open_ = set(paths)
    while open_:
        tails = {s: "/".join(paths[s][-depth:]) for s in open_}
        counts = Counter(tails.values())
        labels |= {s: tail for s, tail in tails.items() if counts[tail] == 1 or depth >= len(paths[s])}
        open_ -= labels.keys()
        depth += 1
    stem = pl.col("source").cast(TEXT).replace_strict(list(labels), list(labels.values()), return_dtype=TEXT)
    several = pl.len().over("source") > 1
    nth = pl.int_range(pl.len()).over("source") + 1
    return runs.with_columns(pl.when(several).then(pl.format("{}#{}", stem, nth)).otherwise(stem).alias("label"))
