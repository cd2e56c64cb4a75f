"""Where runs begin and end, and which run each line that was read belongs to.

Runs of all grammars in a batch are numbered `n`, by place. A line of a vendor's own rule belongs to that vendor's
latest run above
it in the same source; a line of a shared rule to the latest run of any platform.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from logparse.batch import Batch
from logparse.grammar import Rule
from logparse.match import Hits

_HOLDS_A_RUN = frozenset({"telling", "work", "result", "submission", "failure"})


@dataclass
class Found:
    """The runs of a batch.

    runs: n (UInt32), pos (where it begins), source (index), platform, keyed (its grammar's identity was printed), run
    (id), row_first,
    row_last, lines_read. hits: one for each grammar, each frame with a column `n`.
    """

    runs: pl.DataFrame
    hits: list[Hits]


def find_runs(batch: Batch, hits: Sequence[Hits]) -> Found:
    """Runs of a batch, with `n` added to every frame of `hits`."""
    starts = [_starts(batch, h).with_columns(pl.lit(i, pl.UInt32).alias("platform_index")) for i, h in enumerate(hits)]
    starts = [s for s in starts if s.height]
    if not starts:
        return Found(_no_runs(), [])
    runs = pl.concat(starts).sort("pos", "platform_index").with_row_index("n")
    for index, h in enumerate(hits):
        mine = runs.filter(pl.col("platform_index") == index)
        for name, frame in h.by_rule.items():
            if _is_own(h, name):
                h.by_rule[name] = _assigned(batch, frame, mine)
            else:
                shared = _assigned(batch, frame, runs)
                h.by_rule[name] = shared.filter(pl.col("n").is_in(mine["n"].implode()))
        h.by_rule = {name: frame for name, frame in h.by_rule.items() if frame.height}
        h.rules = {name: rule for name, rule in h.rules.items() if name in h.by_rule}
    return _named(batch, runs, hits)


def _is_own(hits: Hits, rule: str) -> bool:
    return hits.rules[rule].name in hits.grammar._by_name


def _own(hits: Hits) -> list[Rule]:
    return [rule for rule in hits.rules.values() if rule.name in hits.grammar._by_name]


def _starts(batch: Batch, hits: Hits) -> pl.DataFrame:
    """Where runs of one grammar begin: pos, source."""
    own = _own(hits)
    speaking = [r for r in own if r.fields or r.marks]
    if not speaking:
        return _positions(batch, [])
    begins = _positions(batch, [_once(hits.by_rule[r.name], r) for r in own if "begin" in r.marked])
    # A beginning opens a run unless nothing but beginnings stands between it and the one before. What only states
    # settings is
    # nothing here: banners stand among the beginnings.
    content = [r for r in speaking if "begin" not in r.marked and (r.marks or r.params is None)]
    above = pl.zeros(begins.height, pl.UInt32, eager=True)
    for rule in content:
        above = above + hits.by_rule[rule.name]["pos"].search_sorted(begins["pos"]).cast(pl.UInt32)
    begins = begins.with_columns(above.alias("above"))
    opened = begins.filter(
        (pl.col("above") != pl.col("above").shift(1)).fill_null(True)
        | (pl.col("source") != pl.col("source").shift(1)).fill_null(True)
    ).select("pos", "source")
    # Lines above the first beginning are a run of their own only where work or a result stands among them.
    first_begin = opened.group_by("source").agg(pl.col("pos").min().alias("first_begin"))
    firsts = [_first_of_sources(batch, hits.by_rule[r.name], bool(r.marked & {"work", "result"})) for r in speaking]
    lines = pl.concat(firsts).join(first_begin, on="source", how="left")
    begun = pl.col("first_begin")
    early = lines.filter(pl.col("worked") & (pl.col("pos") < begun))
    wanted = pl.col("source").is_in(early["source"].unique().implode()) | begun.is_null()
    bare = lines.filter(wanted).group_by("source").agg(pl.col("pos").min())
    opened = pl.concat([opened, bare.select("pos", "source")]).unique("pos").sort("pos")
    return _split_at_finals(batch, hits, own, opened)


def _first_of_sources(batch: Batch, frame: pl.DataFrame, worked: bool) -> pl.DataFrame:
    """source, pos of the first line in each source, worked."""
    first = pl.Series(batch.first, dtype=pl.UInt32)
    at = frame["row"].search_sorted(first)  # the first line at or after each source's first row
    index = pl.int_range(pl.len(), dtype=pl.UInt32)
    spans = (
        pl.DataFrame({"at": at, "next": at.shift(-1)})
        .with_columns(index.alias("source"))
        .filter(pl.col("at") < pl.col("next"))
    )
    return spans.select("source", frame["pos"].gather(spans["at"]).alias("pos"), pl.lit(worked).alias("worked"))


def _once(frame: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """A record repeated with the same stamp and text is one."""
    return frame.unique(["seg"], keep="first", maintain_order=True) if "at" in rule.fields else frame


def _positions(batch: Batch, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """pos and source of all lines of `frames`, in order."""
    if not frames:
        return pl.DataFrame(schema={"pos": pl.UInt64, "source": pl.UInt32})
    lines = pl.concat([f.select("pos", "row") for f in frames])
    return lines.select("pos", batch.source_of(pl.col("row")).alias("source")).unique("pos").sort("pos")


def _split_at_finals(batch: Batch, hits: Hits, own: Sequence[Rule], opened: pl.DataFrame) -> pl.DataFrame:
    """A final result opens a run if the open one already has it."""
    out = [opened]
    for rule in own:
        if "final" not in rule.marked:
            continue
        frame = _assigned(batch, _once(hits.by_rule[rule.name], rule), opened.with_row_index("n"))
        again = frame.with_columns(pl.col("pos").cum_count().over("n", "tag").alias("nth")).filter(pl.col("nth") > 1)
        out.append(
            again.group_by("n", "nth")
            .agg(pl.col("pos").min(), pl.col("row").min())
            .select("pos", batch.source_of(pl.col("row")).alias("source"))
        )
    return pl.concat(out).unique("pos").sort("pos")


def _assigned(batch: Batch, frame: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """`frame` with `n` of the run each line belongs to; lines above the first run of their source belong to that
    one."""
    if not runs.height:
        return frame.with_columns(pl.lit(None, pl.UInt32).alias("n")).clear()
    pos, source, n = runs["pos"], runs["source"], runs["n"]
    before = (pl.lit(pos).search_sorted(pl.col("pos"), side="right").cast(pl.Int64) - 1).clip(0, runs.height - 1)
    after = (pl.col("_at") + 1).clip(0, runs.height - 1)
    here = pl.col("_source")
    return (
        frame.lazy()
        .with_columns(before.alias("_at"), batch.source_of(pl.col("row")).alias("_source"))
        .with_columns(
            pl.when(pl.lit(source).gather(pl.col("_at")) == here)
            .then(pl.lit(n).gather(pl.col("_at")))
            .when(pl.lit(source).gather(after) == here)
            .then(pl.lit(n).gather(after))
            .alias("n")
        )
        .filter(pl.col("n").is_not_null())
        .drop("_at", "_source")
        .collect()
    )


def _named(batch: Batch, runs: pl.DataFrame, hits: Sequence[Hits]) -> Found:
    """Runs that hold something, with their ids and the lines they span."""
    spans, held, ids = [], [], []
    for h in hits:
        for rule in h.rules.values():
            frame = h.by_rule[rule.name]
            own = _is_own(h, rule.name)
            spans.append(
                frame.group_by("n")
                .agg(pl.col("row").min().alias("low"), pl.col("row").max().alias("high"), pl.len().alias("lines"))
                .with_columns(pl.lit(own).alias("own"), pl.lit(own and "begin" in rule.marked).alias("begins"))
            )
            if rule.marked & _HOLDS_A_RUN:
                held.append(frame.select("n").unique())
        ids.append(_identities(h))
    lines = pl.concat(spans)
    extent = lines.group_by("n").agg(
        pl.col("low").filter("begins").min().alias("begin_row"),
        pl.col("low").filter("own").min().alias("own_row"),
        pl.col("high").max().alias("row_last"),
        pl.col("lines").sum().alias("lines_read"),
    )
    platforms = pl.Series([h.grammar.name for h in hits])
    runs = (
        runs.filter(pl.col("n").is_in(pl.concat(held)["n"].implode()))
        .join(extent, on="n", how="left", maintain_order="left")
        .join(pl.concat(ids), on="n", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("begin_row", "own_row").alias("row_first"),
            pl.lit(platforms).gather(pl.col("platform_index")).alias("platform"),
        )
        .drop("begin_row", "own_row", "platform_index")
    )
    kept = runs["n"].implode()
    for h in hits:
        h.by_rule = {name: frame.filter(pl.col("n").is_in(kept)) for name, frame in h.by_rule.items()}
        h.by_rule = {name: frame for name, frame in h.by_rule.items() if frame.height}
        h.rules = {name: rule for name, rule in h.rules.items() if name in h.by_rule}
    return Found(runs, [h for h in hits if h.by_rule])


def _identities(hits: Hits) -> pl.DataFrame:
    """n, run (id), keyed: hashed from the identifying values, or where none is printed from all values that were
    read."""
    keys = []
    for index, names in enumerate(hits.grammar.identity):
        for order, name in enumerate(names.split("|")):
            rule, _, field = name.strip().partition(".")
            frame = hits.get(rule)
            if frame is not None and f"{field}:text" in frame.columns:
                text = pl.col(f"{field}:text")
                keys.append(
                    frame.lazy()
                    .select("n", text.alias("text"))
                    .filter(pl.col("text").is_not_null())
                    .group_by("n")
                    .agg(pl.col("text").first())
                    .collect()
                    .with_columns(pl.lit(index).alias("index"), pl.lit(order).alias("order"))
                )
    keyed = pl.DataFrame(schema={"n": pl.UInt32, "text": pl.String})
    if keys:
        keyed = (
            pl.concat(keys)
            .sort("n", "index", "order")
            .unique(["n", "index"], keep="first", maintain_order=True)
            .group_by("n")
            .agg(pl.concat_str(pl.col("index").cast(pl.String), pl.lit("="), "text").str.join("\n").alias("text"))
        )
    everyone = pl.concat(
        [
            keyed.with_columns(pl.lit(True).alias("keyed")),
            _all_values(hits, keyed).with_columns(pl.lit(False).alias("keyed")),
        ]
    )
    name = hits.grammar.name
    ids = [hashlib.sha256(f"{name}\n{text}".encode()).hexdigest()[:12] for text in everyone["text"]]
    return everyone.select("n", pl.Series("run", ids, dtype=pl.String), "keyed")


def _all_values(hits: Hits, keyed: pl.DataFrame) -> pl.DataFrame:
    """n, text: the values read from each run that is not among `keyed`."""
    texts = [pl.DataFrame(schema={"n": pl.UInt32, "pos": pl.UInt64, "text": pl.String})]
    for rule in _own(hits):
        named = [f"{f}:text" for f in rule.fields]
        if named:
            lines = hits.by_rule[rule.name].join(keyed, on="n", how="anti", maintain_order="left")
            # An id needs enough to tell runs apart, not each of a million steps.
            some = lines.group_by("n", maintain_order=True).head(50)
            texts.append(some.select("n", "pos", pl.concat_str(named, separator="\t", ignore_nulls=True).alias("text")))
    return pl.concat(texts).group_by("n").agg(pl.col("text").sort_by("pos").str.join("\n"))


def _no_runs() -> pl.DataFrame:
    return pl.DataFrame(
        schema={
            "n": pl.UInt32,
            "pos": pl.UInt64,
            "source": pl.UInt32,
            "row_last": pl.UInt32,
            "lines_read": pl.UInt32,
            "run": pl.String,
            "keyed": pl.Boolean,
            "row_first": pl.UInt32,
            "platform": pl.String,
        }
    )
