"""Where runs begin and end, and which run each line that was read belongs to.

Runs of all grammars in a batch are numbered `n`, by platform and then by place. A line of a vendor's own rule belongs
to that vendor's latest run above it in the same source; a line of a shared rule to the latest run of any platform.

All of it is done on one frame a grammar, its `places`: pos, row, source, rule (index), tag of every line that was read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from logparse.grammar import Rule
from logparse.reading.match import Hits, one_line
from logparse.reading.scan import Batch
from logparse.schema.build import full

_HOLDS_A_RUN = frozenset({"identifies_platform", "running", "result", "submission", "failure"})


def _holds_a_run(rule: Rule) -> bool:
    return bool(rule.marked & _HOLDS_A_RUN) and "standalone" not in rule.marked


@dataclass
class Found:
    """The runs of a batch.

    runs: n (UInt32), pos (where it begins), source (index), platform, keyed (its grammar's identity was printed),
    run (id), row_first, row_last, lines_read. hits: one for each grammar, each frame with a column `n`.
    """

    runs: pl.DataFrame
    hits: list[Hits]


@dataclass
class _Places:
    """All lines that one grammar's rules and the shared ones read."""

    hits: Hits
    rules: list[Rule]
    lines: pl.DataFrame

    def owns(self, rule: Rule) -> bool:
        """Whether the rule is the vendor's own."""
        return _is_own(self.hits, rule)

    def begins(self, rule: Rule) -> bool:
        """Whether the rule is one of the vendor's beginnings."""
        return self.owns(rule) and "begin" in rule.marked


def find_runs(batch: Batch, hits: Sequence[Hits]) -> Found:
    """Runs of a batch, with `n` added to every frame of `hits`."""
    places = [_places(batch, h) for h in hits]
    starts = [
        _starts(batch, p).with_columns(pl.lit(i, pl.UInt32).alias("platform_index")) for i, p in enumerate(places)
    ]
    runs = pl.concat(starts).with_row_index("n") if starts else pl.DataFrame()
    if not runs.height:
        return Found(_no_runs(), [])
    everywhere = runs.sort("pos", "platform_index")
    parts = []
    for index, place in enumerate(places):
        mine = runs.filter(pl.col("platform_index") == index)
        own = _flag(place.rules, place.owns)
        n = pl.when(own).then(_run_of(mine)).otherwise(_run_of(everywhere))
        lines = place.lines.with_columns(n.alias("n"))
        # A shared line that lies in another platform's run is none of this one's.
        low, high = mine["n"].min(), mine["n"].max()
        parts.append(lines.with_columns(pl.when(pl.col("n").is_between(low, high)).then("n").alias("n")))
    return _named(runs, places, parts)


def _places(batch: Batch, hits: Hits) -> _Places:
    rules = [hits.rules[name] for name in hits.by_rule]
    # Columns alone: a query over a frame of many pieces would copy all its text into one first.
    frames = [
        pl.DataFrame([*frame[["pos", "row", "tag"]], full(i, frame.height, pl.UInt16()).alias("rule")])
        for i, frame in enumerate(hits.by_rule.values())
    ]
    lines = pl.concat(frames).with_columns(batch.source_of(pl.col("row")).alias("source"))
    return _Places(hits, rules, lines)


def _is_own(hits: Hits, rule: Rule) -> bool:
    return hits.grammar.has(rule.name)


def _flag(rules: Sequence[Rule], holds: Callable[[Rule], bool]) -> pl.Expr:
    """Whether the rule of a line is one for which `holds` is true."""
    wanted = [i for i, rule in enumerate(rules) if holds(rule)]
    return pl.col("rule").is_in(wanted) if wanted else pl.lit(False)


def _starts(batch: Batch, places: _Places) -> pl.DataFrame:
    """Where runs of one grammar begin: pos, source."""
    hits = places.hits
    # A rule that captures nothing and has no mark says nothing of runs; what only states settings or tells the
    # platform is no work: banners stand among the beginnings. After a failure the next beginning is another run's,
    # whoever reads it.
    speaks = _flag(places.rules, lambda r: bool(r.fields or r.marks) if _is_own(hits, r) else "failure" in r.marked)
    begins = _flag(places.rules, lambda r: "begin" in r.marked)
    settings = _flag(
        places.rules,
        lambda r: (
            (r.marked <= {"unanchored"} and r.params is not None)
            or (
                "identifies_platform" in r.marked and r.marked <= {"identifies_platform", "standalone"} and not r.fields
            )
        ),
    )
    worked = _flag(places.rules, lambda r: bool(r.marked & {"running", "result"}))
    lines = (
        places.lines.lazy()
        .filter(speaks)
        .with_columns(begins.alias("begins"), worked.alias("worked"), (~begins & ~settings).alias("content"))
        .sort("pos")
        .with_columns((pl.col("begins") & ~_repeated(batch, places)).alias("begins"))
        .with_columns(pl.col("content").cum_sum().alias("above"))
    )
    # A beginning opens a run unless nothing but beginnings stands between it and the one before.
    begin = lines.filter("begins").with_columns(
        pl.col("above").shift(1).alias("above_before"), pl.col("source").shift(1).alias("source_before")
    )
    opened = begin.filter(
        pl.col("above").ne_missing(pl.col("above_before")) | pl.col("source").ne_missing(pl.col("source_before"))
    ).select("pos", "source")
    # Lines above the first beginning are a run of their own only where work or a result stands among them.
    first = opened.group_by("source").agg(pl.col("pos").min().alias("first"))
    bare = (
        lines.group_by("source")
        .agg(pl.col("pos").min(), pl.col("pos").filter("worked").min().alias("first_work"))
        .join(first, on="source", how="left")
        .filter(pl.col("first").is_null() | (pl.col("first_work") < pl.col("first")))
        .select("pos", "source")
    )
    starts = pl.concat([opened, bare]).unique("pos").sort("pos").collect(engine="in-memory")
    return _split_at_finals(places, starts)


def _repeated(batch: Batch, places: _Places) -> pl.Expr:
    """Whether a beginning repeats an earlier one of its source: a record with the same stamp and text is one."""
    again: list[int] = []
    for rule in places.rules:
        frame = places.hits.by_rule[rule.name]
        if "begin" in rule.marked and "at" in rule.fields and frame.height > 1:
            twice = frame.select("pos", "seg", batch.source_of(pl.col("row")).alias("source"))
            again += twice.filter(~pl.struct("seg", "source").is_first_distinct())["pos"].to_list()
    return pl.col("pos").is_in(again) if again else pl.lit(False)


def _split_at_finals(places: _Places, starts: pl.DataFrame) -> pl.DataFrame:
    """A final result opens a run if the open one already has it."""
    finals = _flag(places.rules, lambda r: "final" in r.marked and _is_own(places.hits, r))
    lines = places.lines.filter(finals).sort("pos")
    if not lines.height:
        return starts
    again = (
        lines.with_columns(_run_of(starts.with_row_index("n")).alias("n"))
        .with_columns(pl.col("pos").cum_count().over("n", "rule", "tag").alias("nth"))
        .filter(pl.col("nth") > 1)
        .group_by("n", "rule", "nth")
        .agg(pl.col("pos").min(), pl.col("source").first())
        .select("pos", "source")
    )
    return pl.concat([starts, again]).unique("pos").sort("pos")


def _run_of(runs: pl.DataFrame) -> pl.Expr:
    """`n` of the run that a line (pos, source) belongs to; lines above the first run of their source belong to it."""
    if not runs.height:
        return pl.lit(None, pl.UInt32)
    if runs.height == 1:
        return pl.when(pl.col("source") == runs["source"][0]).then(pl.lit(runs["n"][0], pl.UInt32))
    pos, source, n = runs["pos"], pl.lit(runs["source"]), pl.lit(runs["n"])
    at = pl.lit(pos).search_sorted(pl.col("pos"), side="right").cast(pl.Int64)
    before, after = (at - 1).clip(lower_bound=0), at.clip(upper_bound=runs.height - 1)
    here = pl.col("source")
    return (
        pl.when(source.gather(before) == here)
        .then(n.gather(before))
        .when(source.gather(after) == here)
        .then(n.gather(after))
    )


def _named(runs: pl.DataFrame, places: Sequence[_Places], lines: Sequence[pl.DataFrame]) -> Found:
    """Runs that hold something, with their ids and the lines they span; and the hits of those runs."""
    extents = pl.concat([_extents(place, frame) for place, frame in zip(places, lines, strict=True)]).filter("holds")
    found, ids = [], []
    for place, frame in zip(places, lines, strict=True):
        hits = place.hits
        held = frame["n"].is_in(extents["n"].implode()).fill_null(False)
        at = 0
        for rule in place.rules:
            whole = hits.by_rule.pop(rule.name)
            here = slice(at, at := at + whole.height)
            part = whole.hstack([frame["n"][here]])
            part = part if held[here].all() else part.filter(held[here])
            if part.height:
                # Lines stand in order, and who sorts them need not look.
                part.replace_column(part.get_column_index("pos"), part["pos"].set_sorted())
                hits.by_rule[rule.name] = part
        hits.rules = {name: rule for name, rule in hits.rules.items() if name in hits.by_rule}
        if hits.by_rule:
            found.append(hits)
            ids.append(_identities(hits, frame["n"].filter(held).unique()))
    if not found:
        return Found(_no_runs(), [])
    platforms = pl.Series([place.hits.grammar.name for place in places])
    named = (
        runs.join(extents, on="n", how="inner", maintain_order="left")
        .join(pl.concat(ids), on="n", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("begin_row", "own_row").alias("row_first"),
            pl.lit(platforms).gather(pl.col("platform_index")).alias("platform"),
        )
        .drop("begin_row", "own_row", "platform_index", "holds")
    )
    return Found(named, found)


def _extents(place: _Places, lines: pl.DataFrame) -> pl.DataFrame:
    """n, begin_row, own_row, row_last, lines_read, holds (whether it is a run at all)."""
    return (
        lines.lazy()
        .filter(pl.col("n").is_not_null())
        .group_by("n")
        .agg(
            pl.col("row").filter(_flag(place.rules, place.begins)).min().alias("begin_row"),
            pl.col("row").filter(_flag(place.rules, place.owns)).min().alias("own_row"),
            pl.col("row").max().alias("row_last"),
            pl.len().alias("lines_read"),
            _flag(place.rules, _holds_a_run).any().alias("holds"),
        )
        .collect(engine="in-memory")
    )


def _identities(hits: Hits, runs: pl.Series) -> pl.DataFrame:
    """n, run (id), keyed: hashed from the identifying values, or where none is printed from all values that were
    read."""
    keys = []
    for index, names in enumerate(hits.grammar.identity):
        for order, name in enumerate(names.split("|")):
            rule, _, field = name.strip().partition(".")
            frame = hits.get(rule)
            if frame is not None and f"{field}:text" in frame.columns:
                first = one_line(frame[["n", f"{field}:text"]], f"{field}:text", "first")
                place = full(index, first.height).alias("index"), full(order, first.height).alias("order")
                keys.append(pl.DataFrame([first["n"], first[f"{field}:text"].alias("text"), *place]))
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
            _all_values(hits, runs.filter(~runs.is_in(keyed["n"].implode()))).with_columns(
                pl.lit(False).alias("keyed")
            ),
        ]
    )
    name = hits.grammar.name
    ids = [hashlib.sha256(f"{name}\n{text}".encode()).hexdigest()[:12] for text in everyone["text"]]
    return everyone.select("n", pl.Series("run", ids, dtype=pl.String), "keyed")


_TOLD_APART = 50
"""Lines of a rule that go into an id: enough to tell runs apart, not each of a million steps."""


def _all_values(hits: Hits, bare: pl.Series) -> pl.DataFrame:
    """n, text: the values read from each of the runs `bare` (lines, where a rule takes no value)."""
    texts = [pl.DataFrame(schema={"n": pl.UInt32, "pos": pl.UInt64, "text": pl.String, "rule": pl.Int64})]
    if not bare.len():
        return texts[0].select("n", "text")
    highest = max(int(frame["n"].max()) for frame in hits.by_rule.values())  # type: ignore[arg-type]
    is_bare = full(False, highest + 1).scatter(bare, True)
    for index, rule in enumerate(hits.rules.values()):
        frame = hits.by_rule[rule.name]
        held = is_bare[frame["n"]]
        if not held.any() or not _is_own(hits, rule):
            continue
        named = [f"{f}:text" for f in rule.fields] or ["seg"]
        some = frame.filter(held)
        some = some.group_by("n", maintain_order=True).head(_TOLD_APART) if some.height > _TOLD_APART else some
        if len(named) > 1:
            text = some.select(pl.concat_str(named, separator="\t", ignore_nulls=True)).to_series()
        else:
            text = some[named[0]]
        text = text.fill_null("") if text.null_count() else text
        texts.append(pl.DataFrame([some["n"], some["pos"], text.alias("text"), full(index, some.height).alias("rule")]))
    return pl.concat(texts).group_by("n").agg(pl.col("text").sort_by("pos", "rule").str.join("\n"))


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
