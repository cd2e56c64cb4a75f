"""Where runs begin and end, and which run each line that was read belongs to.

Runs of all grammars in a batch are numbered `n`, by platform and then by position. A line of a vendor's own rule
belongs to that vendor's latest run above it in the same source; a line of a shared rule to the latest run of any
platform.

A source with lines of several platforms is cut into stretches, each of one platform, as if it were several files: where
a stretch begins, the runs of the platform above it end.

All of this is computed on one frame per grammar, its `places`: pos, row, source, stretch, rule (index), tag of every
line that was read.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from logparse.frames import pasted, pictured
from logparse.frames.legible import PictureLines
from logparse.grammar import Rule
from logparse.reading.match import Hits, one_line
from logparse.reading.scan import Batch
from logparse.schema.build import MANY, full

_MAKES_A_RUN = frozenset({"identifies_platform", "running", "result", "submission", "failure"})
"""Marks of rules of which a run has at least one line."""


_ENDS = frozenset({"failure", "submission"})
"""Marks of shared rules after which the next beginning is that of another run."""


def _makes_a_run(rule: Rule) -> bool:
    return bool(rule.marked & _MAKES_A_RUN) and "standalone" not in rule.marked


@dataclass
class Found:
    """The runs of a batch.

    runs: n (UInt32), pos (where it begins), source (index), platform, keyed (the log prints its identity), run (id),
    row_first, row_last (of its last line that a rule read), pos_last (of the last such segment in that line),
    line_last (its number in the source), row_end (of the first line of the next run in the source, or else one more
    than that of the last line of the source), lines_read. hits: one for each grammar with a run; each frame has a
    column `n`.
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
    """The runs of a batch, and the lines of `hits` that belong to one."""
    places = [_places(batch, h) for h in hits]
    stretches = _stretches(batch, places)
    again = _repeated_rows(batch, places)
    left_out = pl.concat([again, pl.Series(sorted(batch.repeated), dtype=pl.UInt32)]).unique().sort()
    places = [_in_stretches(index, place, stretches, left_out) for index, place in enumerate(places)]
    starts = [
        _starts(batch, p).with_columns(pl.lit(i, pl.UInt32).alias("platform_index")) for i, p in enumerate(places)
    ]
    runs = pl.concat(starts).with_row_index("n") if starts else pl.DataFrame()
    if not runs.height:
        return Found(_no_runs(), [])
    parts = [
        place.lines.with_columns(_run_of(runs.filter(pl.col("platform_index") == index)).alias("n"))
        for index, place in enumerate(places)
    ]
    ends = pl.concat([stretches["row"], again])
    return _named(batch, runs, ends, places, parts)


def _places(batch: Batch, hits: Hits) -> _Places:
    rules = [hits.rules[name] for name in hits.by_rule]
    # Single columns: a query over a frame of many chunks would first copy all its text.
    frames = [
        pl.DataFrame([*frame[["pos", "row", "tag"]], full(i, frame.height, pl.UInt16()).alias("rule")])
        for i, frame in enumerate(hits.by_rule.values())
    ]
    lines = pl.concat(frames).with_columns(batch.source_of(pl.col("row")).alias("source"))
    return _Places(hits, rules, lines)


def _stretches(batch: Batch, places: Sequence[_Places]) -> pl.DataFrame:
    """The stretches of all sources in order: row (of the first line), platform_index (null: of any platform).

    A source of one platform is one stretch. In one of several, the lines that identify a platform say which. Lines that
    are no run by themselves do not interrupt another platform's.
    """
    whole = pl.DataFrame({"row": batch.first[:-1]}, schema={"row": pl.UInt32}).unique(maintain_order=True)
    whole = whole.with_columns(pl.lit(None, pl.UInt32).alias("platform_index"))
    if len(places) < 2:
        return whole
    identifying = pl.concat(
        place.lines.filter(_flag(place.rules, lambda r: "identifies_platform" in r.marked)).select(
            "row",
            "source",
            pl.lit(index, pl.UInt32).alias("platform_index"),
            (~_flag(place.rules, lambda r: "standalone" in r.marked)).alias("is_sure"),
        )
        for index, place in enumerate(places)
    )
    several = pl.col("platform_index").n_unique().over("source") > 1
    blocks = (
        identifying.filter(several)
        .group_by("row", "platform_index")
        .agg(pl.col("source").first(), pl.col("is_sure").any())
        .filter(pl.len().over("row") == 1)
        .sort("row")
        .select("source", "platform_index", "is_sure", first="row", last="row")
    )
    blocks = _joined(blocks)
    above_it, below_it = (pl.col("platform_index").shift(by).over("source") for by in (1, -1))
    interrupts = ~pl.col("is_sure") & above_it.eq_missing(below_it)  # or is all that there is
    blocks = _joined(blocks.filter(~interrupts))
    rows = []
    flagged = {index: _Flagged.of(places[index]) for index in blocks["platform_index"].unique().to_list()}
    above: dict[str, int] = {}
    for block in blocks.rows(named=True):
        is_first = above.get("source") != block["source"]
        rows.append(batch.first[block["source"]] if is_first else _boundary(flagged, above, block))
        above = block
    found = pl.DataFrame({"row": rows, "platform_index": blocks["platform_index"]}, schema=whole.schema)
    return pl.concat([found, whole]).unique("row", keep="first").sort("row")


def _joined(blocks: pl.DataFrame) -> pl.DataFrame:
    """`blocks` (source, platform_index, is_sure, first, last) with consecutive ones of one platform as one."""
    return (
        blocks.group_by(pl.struct("source", "platform_index").rle_id().alias("block"), maintain_order=True)
        .agg(pl.col("source", "platform_index", "first").first(), pl.col("is_sure").any(), pl.col("last").last())
        .drop("block")
    )


def _boundary(places: Mapping[int, _Flagged], above: Mapping[str, int], below: Mapping[str, int]) -> int:
    """Row at which the stretch `below` begins, after the last line that identifies the platform of the one `above`.

    It is at the first beginning of a run, or above it. Lines that only one of the two platforms prints belong to it; of
    those that both print, or any platform, failures and bars, and what is above them, belong above.
    """
    first, last = above["last"] + 1, below["first"]
    between = [places[block["platform_index"]].between(first, last) for block in (above, below)]
    read = [{row for row, *_ in lines} for lines in between]
    work = [{row for row, own, begins, _ in lines if own and not begins} for lines in between]
    last = min({row for row, _, begins, _ in between[1] if begins} - work[0], default=last)
    first = max((row for row in work[0] - read[1] if row < last), default=first - 1) + 1
    last = min((row for row in work[1] - read[0] if first <= row < last), default=last)
    lines = [(row, ends) for row, *_, ends in (*between[0], *between[1]) if first <= row < last]
    end = max((row for row, ends in lines if ends), default=-1)
    return min((row for row, _ in lines if row > end), default=last)


@dataclass(frozen=True)
class _Flagged:
    """The lines of one platform, sorted: row, own, begins, ends. rows: their rows again, for the search."""

    lines: pl.DataFrame
    rows: Sequence[int]

    @staticmethod
    def of(place: _Places) -> _Flagged:
        """The lines of `place`."""
        flags = {
            "own": _flag(place.rules, place.owns),
            "begins": _flag(place.rules, place.begins),
            "ends": _flag(place.rules, lambda r: bool(r.marked & {"failure", "redraw"})),
        }
        lines = place.lines.select("row", **flags).sort("row")
        return _Flagged(lines, lines["row"].to_list())

    def between(self, first: int, last: int) -> list[tuple[int, bool, bool, bool]]:
        """The lines between two rows, the second one excluded."""
        begin, end = bisect_left(self.rows, first), bisect_left(self.rows, last)
        return self.lines[begin : max(begin, end)].rows()


def _repeated_rows(batch: Batch, places: Sequence[_Places]) -> pl.Series:
    """Rows of text that is in its source once more, in order. Texts of several sources are not looked at."""
    rows: list[range] = []
    several = {head for index, head in enumerate(batch.heads) if head != index}
    for index, source in enumerate(batch.sources):
        if batch.heads[index] not in several and (half := pasted.second_half(source.text)) is not None:
            rows.append(range(batch.first[index] + half[0], batch.first[index] + half[1]))
    beginnings: dict[int, list[pasted.Range]] = {}
    for place in places:
        for index, pairs in _equal_beginnings(place).items():
            if index not in several:
                beginnings.setdefault(index, []).extend(pairs)
    for index, read in _lines_read(batch, places, beginnings).items():
        first = batch.first[index]
        text = batch.sources[index].text.split(b"\n")
        pairs = [(begin - first, again - first) for begin, again in beginnings[index]]
        for begin, end in pasted.repeated(text, read, pairs):
            rows.append(range(first + begin, first + end))
    return pl.Series([row for part in rows for row in part], dtype=pl.UInt32).unique().sort()


def may_repeat_text(batch: Batch, hits: Sequence[Hits]) -> bool:
    """Whether a line that begins a run comes again, so that text may be in its source once more."""
    return any(_equal_beginnings(_places(batch, of_platform)) for of_platform in hits)


def _lines_read(batch: Batch, places: Sequence[_Places], sources: Iterable[int]) -> dict[int, pasted.Read]:
    """The lines that any rule read in each of `sources`, counted from its first."""
    wanted = sorted(sources)
    if not wanted:
        return {}
    lines = pl.concat(
        place.lines.filter(pl.col("source").is_in(wanted)).select(
            "source",
            "row",
            _flag(place.rules, _shows_work).alias("work"),
            pl.col("row").is_in(_stamped(place).implode()).alias("stamped"),
        )
        for place in places
    )
    out = {}
    for (source,), of_source in lines.sort("row").partition_by("source", as_dict=True).items():
        rows = of_source["row"] - batch.first[source]
        counted = (rows, rows.filter(of_source["work"]), rows.filter(of_source["stamped"]))
        out[source] = pasted.Read(*(each.to_list() for each in counted))
    return out


def _shows_work(rule: Rule) -> bool:
    return bool(rule.marked & (_MAKES_A_RUN - {"identifies_platform"}))


def _stamped(place: _Places) -> pl.Series:
    """Rows of the lines that have a stamp."""
    frames = [place.hits.by_rule[rule.name] for rule in place.rules if "at" in rule.fields]
    rows = (frame["row"].filter(frame["at"].is_not_null()) for frame in frames)
    return pl.concat([pl.Series("row", [], dtype=pl.UInt32), *rows]).unique()


def _equal_beginnings(place: _Places) -> dict[int, list[pasted.Range]]:
    """Source -> rows of equal lines, each of which begins a run or is the first that was read."""
    pairs: dict[int, list[pasted.Range]] = {}
    top_line = pl.col("row", "rule").get(pl.col("pos").arg_min())
    tops: dict[int, dict[int, int]] = {}  # rule -> source -> row
    for source, row, rule in place.lines.group_by("source").agg(top_line).rows():
        tops.setdefault(rule, {})[source] = row
    end = 0
    for index, rule in enumerate(place.rules):
        lines = place.hits.by_rule[rule.name]
        begin, end = end, end + lines.height
        if lines.height < 2 or not (place.begins(rule) or index in tops):
            continue
        lines = lines.select("row", "seg").hstack([place.lines["source"][begin:end]])
        wanted = None
        if not place.begins(rule):
            of_tops = lines.filter(pl.col("row").is_in(list(tops[index].values())))
            lines = lines.filter(pl.col("seg").is_in(of_tops["seg"].implode())) if lines.height > MANY else lines
            wanted = set(zip(of_tops["source"], of_tops["seg"], strict=True))
        latest: dict[tuple[int, str | None], int] = {}
        for row, seg, source in zip(*(lines[name].to_list() for name in ("row", "seg", "source")), strict=True):
            line = source, seg
            if wanted is None or (line in wanted and seg is not None):
                if line in latest:
                    pairs.setdefault(source, []).append((latest[line], row))
                latest[line] = row
    return pairs


def _in_stretches(index: int, place: _Places, stretches: pl.DataFrame, again: pl.Series) -> _Places:
    """`place` with the number of the `stretch` of each line, which is null in those of other platforms and in the rows
    `again`, which are in the text once more."""
    at = pl.lit(stretches["row"]).search_sorted(pl.col("row"), side="right") - 1
    platform = pl.lit(stretches["platform_index"]).gather(at)
    is_of_run = platform.is_null() | (platform == index)
    if again.len():
        is_of_run &= ~pl.col("row").is_in(again.implode())
    stretch = pl.when(is_of_run).then(at).cast(pl.UInt32).alias("stretch")
    return replace(place, lines=place.lines.with_columns(stretch))


def _is_own(hits: Hits, rule: Rule) -> bool:
    return hits.grammar.has(rule.name)


def _flag(rules: Sequence[Rule], holds: Callable[[Rule], bool]) -> pl.Expr:
    """Whether the rule of a line is one for which `holds` is true."""
    flags = pl.Series([holds(rule) for rule in rules], dtype=pl.Boolean)
    return pl.lit(flags).gather(pl.col("rule")) if flags.any() else pl.lit(False)


def _starts(batch: Batch, places: _Places) -> pl.DataFrame:
    """Where runs of one grammar begin: pos, source, stretch."""
    hits = places.hits
    # A rule that captures nothing and has no mark says nothing about runs. Lines that only state settings or identify
    # the platform are not work: banners are printed between beginnings. After a failure or the submission of a job, of
    # whatever rule, the next beginning is that of another run.
    extracts = _flag(places.rules, lambda r: bool(r.fields or r.marks) if _is_own(hits, r) else bool(r.marked & _ENDS))
    begins = _flag(places.rules, lambda r: "begin" in r.marked)
    restarts = _flag(places.rules, lambda r: "restart" in r.marked)
    settings = _flag(
        places.rules,
        lambda r: (
            (r.marked <= {"unanchored", "restart"} and r.params is not None)
            or (
                "identifies_platform" in r.marked and r.marked <= {"identifies_platform", "standalone"} and not r.fields
            )
        ),
    )
    worked = _flag(places.rules, lambda r: bool(r.marked & {"running", "result", "failure"}))
    shows_work = _flag(places.rules, lambda r: bool(r.marked & {"running", "result", "submission", "failure"}))
    lines = (
        places.lines.lazy()
        .filter(extracts & pl.col("stretch").is_not_null())
        .select(
            "pos",
            "source",
            "stretch",
            begins=begins & ~_repeated(batch, places),
            worked=worked,
            content=~begins & ~restarts & ~settings,
            restarts=restarts,
            work=shows_work.cast(pl.UInt32),
        )
        .sort("pos")
        .with_columns(pl.col("content").cum_sum().alias("above"), pl.col("work").cum_sum().over("source"))
        .collect(engine="in-memory")
        .lazy()
    )
    # A restart opens a run where work is between it and the beginning or restart before it; a beginning, unless there
    # are only beginnings between it and the one before.
    work_before = pl.col("work").shift(1, fill_value=0).over("source")
    places_of_runs = lines.filter(pl.col("begins") | pl.col("restarts")).filter(
        pl.col("begins") | (pl.col("work") > work_before)
    )
    begin = places_of_runs.with_columns(
        pl.col("above").shift(1).alias("above_before"), pl.col("stretch").shift(1).alias("stretch_before")
    )
    opened = begin.filter(
        pl.col("restarts")
        | pl.col("above").ne_missing(pl.col("above_before"))
        | pl.col("stretch").ne_missing(pl.col("stretch_before"))
    ).select("pos", "source", "stretch")
    # Lines above the first beginning are a run of their own only if work, a result or a failure is among them.
    first = opened.group_by("source").agg(pl.col("pos").min().alias("first"))
    bare = (
        lines.group_by("source")
        .agg(pl.col("pos", "stretch").sort_by("pos").first(), pl.col("pos").filter("worked").min().alias("first_work"))
        .join(first, on="source", how="left")
        .filter(pl.col("first").is_null() | (pl.col("first_work") < pl.col("first")))
        .select("pos", "source", "stretch")
    )
    starts = pl.concat([opened, bare]).unique("pos").sort("pos").collect(engine="in-memory")
    return _split_at_finals(places, starts)


def _repeated(batch: Batch, places: _Places) -> pl.Expr:
    """Whether a beginning has the same stamp and text as an earlier one of its source: then it is a repetition."""
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
    lines = places.lines.filter(finals & pl.col("stretch").is_not_null()).sort("pos")
    if not lines.height:
        return starts
    again = (
        lines.with_columns(_run_of(starts.with_row_index("n")).alias("n"))
        .with_columns(pl.col("pos").cum_count().over("n", "rule", "tag").alias("nth"))
        .filter(pl.col("nth") > 1)
        .group_by("n", "rule", "nth")
        .agg(pl.col("pos").min(), pl.col("source", "stretch").first())
        .select("pos", "source", "stretch")
    )
    return pl.concat([starts, again]).unique("pos").sort("pos")


def _run_of(runs: pl.DataFrame) -> pl.Expr:
    """`n` of the run of one platform that a line (pos, source, stretch) belongs to: the latest above it in its stretch,
    or else the first below it; in a stretch without a run, the latest one of the source. Null where `stretch` is."""
    if not runs.height:
        return pl.lit(None, pl.UInt32)
    is_of_platform = pl.col("stretch").is_not_null()
    if runs.height == 1:
        is_in = is_of_platform & (pl.col("source") == runs["source"][0])
        return pl.when(is_in).then(pl.lit(runs["n"][0], pl.UInt32))
    pos, source, stretch, n = runs["pos"], pl.lit(runs["source"]), pl.lit(runs["stretch"]), pl.lit(runs["n"])
    at = pl.lit(pos).search_sorted(pl.col("pos"), side="right").cast(pl.Int64)
    before, after = (at - 1).clip(lower_bound=0), at.clip(upper_bound=runs.height - 1)
    return pl.when(is_of_platform).then(
        pl.when(stretch.gather(before) == pl.col("stretch"))
        .then(n.gather(before))
        .when(stretch.gather(after) == pl.col("stretch"))
        .then(n.gather(after))
        .when(source.gather(before) == pl.col("source"))
        .then(n.gather(before))
        .when(source.gather(after) == pl.col("source"))
        .then(n.gather(after))
    )


def _named(
    batch: Batch, runs: pl.DataFrame, ends: pl.Series, places: Sequence[_Places], lines: Sequence[pl.DataFrame]
) -> Found:
    """The runs that contain something, with their ids and the lines they span; and the hits of those runs.

    ends: rows that belong to no run above them.
    """
    extents = pl.concat([_extents(place, frame) for place, frame in zip(places, lines, strict=True)]).filter("is_run")
    found, ids = [], []
    pictures = PictureLines.of(batch)
    for place, frame in zip(places, lines, strict=True):
        in_run = frame["n"].is_in(extents["n"].implode()).fill_null(False)
        hits = place.hits.with_frames(_lines_of_runs(place, frame["n"], in_run))
        if hits.by_rule:
            found.append(hits)
            ids.append(_identities(hits, frame["n"].filter(in_run).unique(), pictures))
    if not found:
        return Found(_no_runs(), [])
    platforms = pl.Series([place.hits.grammar.name for place in places])
    named = (
        runs.join(extents, on="n", how="inner", maintain_order="left")
        .join(pl.concat(ids), on="n", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("begin_row", "own_row").alias("row_first"),
            pl.lit(platforms).gather(pl.col("platform_index")).alias("platform"),
            _id(batch).alias("run"),
            _row_end(batch, extents, ends).alias("row_end"),
            _line(batch, pl.col("row_last")).alias("line_last"),
        )
        .drop("begin_row", "own_row", "platform_index", "is_run", "stretch")
    )
    return Found(named, found)


def _line(batch: Batch, row: pl.Expr) -> pl.Expr:
    """The number of a row in its source, from 1."""
    return row - pl.lit(pl.Series(batch.first, dtype=pl.UInt32)).gather(batch.input_of(row)) + 1


def _id(batch: Batch) -> pl.Expr:
    """The id of a run: that of one in a picture is not that of one in a log."""
    pictures = [index for index, source in enumerate(batch.sources) if source.picture is not None]
    if not pictures:
        return pl.col("run")
    in_picture = pl.concat_str(pl.lit(pictured.PREFIX), pl.col("run").str.head(11))
    return pl.when(pl.col("source").is_in(pictures)).then(in_picture).otherwise("run")


def _row_end(batch: Batch, extents: pl.DataFrame, ends: pl.Series) -> pl.Expr:
    """Row before which the lines that no rule reads may still be the run's: where the next run begins in its source, or
    one of `ends` is, or else where the source ends."""
    # A run may begin with lines above its first `begin`.
    rows = pl.concat([extents["own_row"].drop_nulls(), ends, pl.Series([batch.height], dtype=pl.UInt32)])
    firsts = pl.lit(rows.sort())
    next_run = firsts.gather(firsts.search_sorted(pl.col("row_last"), side="right"))
    end_of_source = pl.lit(pl.Series(batch.ends, dtype=pl.UInt32)).gather(pl.col("source"))
    return pl.min_horizontal(next_run, end_of_source)


def _lines_of_runs(place: _Places, n: pl.Series, in_run: pl.Series) -> dict[str, pl.DataFrame]:
    """Each rule's lines that are `in_run`, with the number of their run; both are in the order of `place.lines`."""
    frames = {}
    at = 0
    for rule in place.rules:
        lines = place.hits.by_rule[rule.name]
        part = slice(at, at := at + lines.height)
        lines = lines.hstack([n[part]])
        lines = lines if in_run[part].all() else lines.filter(in_run[part])
        if lines.height:
            # Lines are in order: who sorts them need not check.
            lines.replace_column(lines.get_column_index("pos"), lines["pos"].set_sorted())
            frames[rule.name] = lines
    return frames


def _extents(place: _Places, lines: pl.DataFrame) -> pl.DataFrame:
    """n, begin_row, own_row, row_last, pos_last, lines_read, is_run (whether its lines make a run at all)."""
    return (
        lines.lazy()
        .filter(pl.col("n").is_not_null())
        .select(
            "n",
            "row",
            "pos",
            begins=_flag(place.rules, place.begins),
            is_own=_flag(place.rules, place.owns),
            makes_a_run=_flag(place.rules, _makes_a_run),
        )
        .group_by("n")
        .agg(
            pl.col("row").filter("begins").min().alias("begin_row"),
            pl.col("row").filter("is_own").min().alias("own_row"),
            pl.col("row").max().alias("row_last"),
            pl.col("pos").max().alias("pos_last"),
            pl.len().alias("lines_read"),
            # Lines that all platforms print are no run of one of them by themselves.
            (pl.col("makes_a_run").any() & pl.col("is_own").any()).alias("is_run"),
        )
        .collect(engine="in-memory")
    )


def _identities(hits: Hits, runs: pl.Series, pictures: PictureLines) -> pl.DataFrame:
    """n, run (id), keyed: a hash of the identifying values, or of all values that were read if none is printed.

    What is not clear in a picture identifies nothing.
    """
    keys = []
    for index, names in enumerate(hits.grammar.identity):
        for order, name in enumerate(names.split("|")):
            rule, _, field = name.strip().partition(".")
            frame = hits.get(rule)
            if frame is not None and f"{field}:text" in frame.columns:
                if pictures:
                    frame = frame.filter(_are_legible(frame, f"{field}:text", pictures))
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


def _are_legible(frame: pl.DataFrame, column: str, pictures: PictureLines) -> pl.Series:
    """Whether the text in a column of each line is not in a picture, or clear in it."""
    lines = (pictures.lines.get(row) for row in frame["row"])
    return pl.Series(
        [
            line is None or text is None or ((at := line.text.find(text)) >= 0 and line.is_legible(at, at + len(text)))
            for line, text in zip(lines, frame[column], strict=True)
        ],
        dtype=pl.Boolean,
    )


LINES_IN_ID = 50
"""Lines of a rule that go into an id: enough to distinguish runs, without each of a million steps."""


def _all_values(hits: Hits, bare: pl.Series) -> pl.DataFrame:
    """n, text: the values read from each of the runs `bare` (lines, where a rule takes no value)."""
    runs, texts = set(bare), dict[int, list[tuple[int, int, str]]]()
    for index, rule in enumerate(hits.rules.values() if runs else ()):
        if not _is_own(hits, rule):
            continue
        lines = hits.by_rule[rule.name][["n", "pos", *([f"{f}:text" for f in rule.fields] or ["seg"])]]
        if lines.height > LINES_IN_ID:
            lines = lines.group_by("n", maintain_order=True).head(LINES_IN_ID)
        for n, pos, *values in lines.iter_rows():
            if n in runs:
                text = "\t".join(value for value in values if value is not None)
                texts.setdefault(n, []).append((pos, index, text))
    joined = {n: "\n".join(text for *_, text in sorted(lines)) for n, lines in texts.items()}
    return pl.DataFrame({"n": list(joined), "text": list(joined.values())}, {"n": pl.UInt32, "text": pl.String})


def _no_runs() -> pl.DataFrame:
    return pl.DataFrame(
        schema={
            "n": pl.UInt32,
            "pos": pl.UInt64,
            "source": pl.UInt32,
            "row_last": pl.UInt32,
            "pos_last": pl.UInt64,
            "row_end": pl.UInt32,
            "line_last": pl.UInt32,
            "lines_read": pl.UInt32,
            "run": pl.String,
            "keyed": pl.Boolean,
            "row_first": pl.UInt32,
            "platform": pl.String,
        }
    )
