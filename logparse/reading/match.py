"""Match the lines of many sources at once: split into segments, filtered by literals, one regular expression per rule.

Everything runs in polars over whole columns. `row` is the number of a line in the batch, counted from 0. `pos` combines
row and column in one number, so that positions sort as numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from logparse.grammar import Grammar, Rule
from logparse.reading.scan import Batch, Lines, contains, literals, read, scan
from logparse.reading.threads import in_threads
from logparse.schema.build import full

_PART_LINES = 50_000
_CUT = "\x1e"
"""Marks a cut; the reader lets no such character through."""


@dataclass
class Hits:
    """What the rules of one grammar read in a batch.

    by_rule: rule name -> frame with pos (UInt64), row, col (UInt32), seg (the segment), tag (Int64: rank of its tag,
    or null), and for each captured name its value and `name:text`.
    """

    grammar: Grammar
    by_rule: dict[str, pl.DataFrame] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    sources: frozenset[int] = frozenset()
    """Indices of the sources with a line that identifies the grammar's platform."""

    def get(self, rule: str) -> pl.DataFrame | None:
        """Lines of that rule, or None where it read none."""
        return self.by_rule.get(rule)


def one_line(frame: pl.DataFrame, of: str, pick: str) -> pl.DataFrame:
    """The line of each run that holds the first, last, least or greatest value of `of`. Frames stand in the order of
    their lines, and so of their runs."""
    if pick in ("first", "last"):
        held = frame.filter(frame[of].is_not_null()) if frame[of].null_count() else frame
        if held.height < 2:
            return held
        if held["n"][0] == held["n"][-1]:  # one run, as it is with most rules: nothing to group
            return held.head(1) if pick == "first" else held.tail(1)
        # Where the number of the run changes, seen from the line before or the line after: neither is a query.
        changes = held["n"][1:] != held["n"][:-1]
        ends = [_YES, changes] if pick == "first" else [changes, _YES]
        return held.filter(pl.concat(ends))
    lines = pl.DataFrame({"n": frame["n"], "of": frame[of]}).with_row_index("i").filter(pl.col("of").is_not_null())
    at_least_or_most = pl.col("of").arg_min() if pick == "min" else pl.col("of").arg_max()
    return frame[lines.group_by("n").agg(pl.col("i").get(at_least_or_most))["i"].sort()]


_YES = pl.Series([True])
"""A line that begins or ends the run it is of, whatever the next one is of."""


def cut(lines: pl.DataFrame, grammar: Grammar) -> pl.DataFrame:
    """Segments of `lines` (row, text): at carriage returns and before each opening text of the grammar.

    Returns row, col (from 0, in characters), pos, seg (stripped, never empty), tag (rank of the record's tag, or null).
    """
    text, seg = pl.col("text"), pl.col("seg")
    # Returns at either end part nothing: with them gone most lines are one segment each.
    whole = _stripped(lines.select("row", pl.lit(0, pl.UInt32).alias("col"), text.alias("seg")))
    within = seg.str.contains("\r", literal=True)
    if grammar.record_start:
        within = within | seg.str.contains(f".(?:{grammar.record_start})")
    inner = whole.select(within).to_series()
    glued, segments = whole.filter(inner), whole
    if glued.height:
        place = "\r" + (f"|{grammar.record_start}" if grammar.record_start else "")
        size = seg.str.len_chars()
        # A piece begins where its line does and the pieces above it end; a count below 0 wraps round, and back.
        pieces = (
            glued.with_columns((pl.col("col") - (size.cum_sum() - size)).alias("col"))
            .with_columns(seg.str.replace_all(place, _CUT + "${0}").str.split(_CUT))
            .explode("seg")
            .with_columns((pl.col("col") + (size.cum_sum() - size)).alias("col"))
        )
        segments = whole.filter(~inner).merge_sorted(_stripped(pieces), "row")
    compiled = grammar.prefix_compiled
    pos = (pl.col("row").cast(pl.UInt64) * 2**32 + pl.col("col")).alias("pos")
    if compiled is None:
        return segments.with_columns(pl.lit(None, pl.Int64).alias("tag"), pos)
    rank = next(i for i, g in enumerate(compiled.groups, start=1) if g.name == "rank")
    tagged, pattern = contains(seg, compiled.literals), f"^(?:{compiled.pattern})"
    bare = pl.when(tagged).then(seg.str.replace(pattern, "")).otherwise(seg)
    segments = segments.select(
        "row",
        (pl.col("col") + seg.str.len_chars() - bare.str.len_chars()).alias("col"),
        bare.alias("seg"),
        pl.when(tagged).then(seg.str.extract(pattern, rank)).cast(pl.Int64, strict=False).alias("tag"),
    )
    return _stripped(segments).with_columns(pos)


def _stripped(segments: pl.DataFrame) -> pl.DataFrame:
    """Segments without white space at either end, `col` moved along; empty ones dropped."""
    seg = pl.col("seg")
    bare = seg.str.strip_chars_start(" \t\r")
    # What is stripped is one byte a character, so bytes count as characters here.
    moved = (seg.str.len_bytes() - bare.str.len_bytes()).cast(pl.UInt32)
    return segments.with_columns(
        (pl.col("col") + moved).alias("col"), bare.str.strip_chars_end(" \t\r").alias("seg")
    ).filter(seg != "")


def run_rules(segments: pl.DataFrame, rules: Sequence[Rule]) -> dict[str, pl.DataFrame]:
    """Each rule's lines among `segments` (as `cut` gives them).

    A segment is read by one rule, the first that reads it; those that may begin anywhere do not count.
    """
    segments = segments.with_row_index("i")
    taken = full(False, segments.height)
    found = {}
    for index, here in _candidates(segments, rules):
        rule = rules[index]
        alone = "unanchored" not in rule.marked
        if alone:
            here = here.filter(~taken[here])
        hits = read(segments[here], rule) if here.len() else segments.clear()
        if hits.height:
            read_ = hits.drop_in_place("i")
            found[rule.name] = hits
            if alone:
                taken.scatter(read_, True)
    return found


def _read_lines(lines: pl.DataFrame, grammar: Grammar, rules: Sequence[Rule]) -> dict[str, pl.DataFrame]:
    """Each rule's lines among `lines` (row, text): cut and read, in parts on all cores."""
    parts = in_threads(
        lambda part: run_rules(cut(part, grammar), rules), list(lines.iter_slices(_PART_LINES)), lines.height
    )
    found: dict[str, list[pl.DataFrame]] = {}
    for part in parts:
        for name, hits in part.items():
            found.setdefault(name, []).append(hits)
    return {name: pl.concat(hits, rechunk=True) for name, hits in found.items()}


def _candidates(segments: pl.DataFrame, rules: Sequence[Rule]) -> Iterator[tuple[int, pl.Series]]:
    """Index of each rule in turn, and of the segments that hold one of its literals: one pass for all rules."""
    words = sorted({text for rule in rules for text in rule.compiled.literals})
    if not segments.height or not words:
        return
    held = (
        segments.select("i", pl.col("seg").str.extract_many(words, overlapping=True).alias("word"))
        .explode("word")
        .group_by("word")
        .agg("i")
    )
    by_word = dict(zip(held["word"], held["i"], strict=True))
    for index, rule in enumerate(rules):
        places = [by_word[text] for text in rule.compiled.literals if text in by_word]
        if places:
            # In one piece, as then is what is gathered with it: `pl.format` fails on several.
            held_by = (places[0] if len(places) == 1 else pl.concat(places).sort()).rechunk()
            twice = held_by[1:] == held_by[:-1]
            yield index, held_by.unique(maintain_order=True) if twice.any() else held_by


def _sources(batch: Batch, hits: Iterable[pl.DataFrame]) -> set[int]:
    """Indices of the sources of these lines."""
    rows = [h["row"] for h in hits]
    if not rows:
        return set()
    here = pl.DataFrame({"row": pl.concat(rows)}).select(batch.source_of(pl.col("row")).unique())
    return set(here.to_series().to_list())


def _in_sources(batch: Batch, hits: Mapping[str, pl.DataFrame], sources: set[int]) -> dict[str, pl.DataFrame]:
    """Those of `hits` that stand in these sources: nearly all of them, so that it is asked for all at once."""
    if not hits:
        return {}
    rows = pl.DataFrame({"row": pl.concat(h["row"] for h in hits.values())})
    here = rows.select(batch.source_of(pl.col("row")).is_in(sorted(sources))).to_series()
    out, at = {}, 0
    for rule, h in hits.items():
        mine = here.slice(at, h.height)
        out[rule] = h if mine.all() else h.filter(mine)
        at += h.height
    return out


def rules_of(grammar: Grammar, shared: Sequence[Rule]) -> list[Rule]:
    """The grammar's rules and the shared ones; a vendor's own takes the place of the shared one of its name."""
    return [*grammar.rules, *(rule for rule in shared if not grammar.has(rule.name))]


def match(batch: Batch, grammars: Sequence[Grammar], shared: Sequence[Rule]) -> tuple[list[Hits], Lines]:
    """What the rules that say something read in the sources that are its platform's, with the rules that several
    platforms share. Rules that only name lines are left to `known`, and for it the lines (row, text) that may be
    theirs."""
    wanted = {
        g: [r for r in rules_of(g, shared) if g.extracts_data(r) or "identifies_platform" in r.marked] for g in grammars
    }
    scanned = scan(batch, wanted)
    gated, frequent = scanned.gated, scanned.frequent
    text = pl.col("text")

    def one(grammar: Grammar) -> Hits:
        rules = wanted[grammar]
        identifying = [rule for rule in rules if "identifies_platform" in rule.marked]
        others = [rule for rule in rules if "identifies_platform" not in rule.marked]
        tells = gated.select(contains(text, literals(identifying), gated.height)).to_series()
        told = _read_lines(gated.filter(tells), grammar, rules)
        found = {rule: hits for (name, rule), hits in frequent.items() if name == grammar.name and hits.height}
        tellers = {rule.name for rule in identifying}
        sources = _sources(batch, (h for hits in (found, told) for rule, h in hits.items() if rule in tellers))
        if not sources:
            return Hits(grammar)
        # Only now the lines that do not tell: what a shared rule may read stands in every platform's logs.
        rest = gated.filter(~tells)
        if len(sources) < len(batch.sources):
            rest = rest.filter(batch.source_of(pl.col("row")).is_in(sorted(sources)))
            told, found = (_in_sources(batch, hits, sources) for hits in (told, found))
        untold = _read_lines(rest.filter(contains(text, literals(others), rest.height)), grammar, others)
        by_rule = {}
        for rule in (*identifying, *others):
            parts = [hits[rule.name] for hits in (found, told, untold) if rule.name in hits]
            if len(parts) > 1:
                parts = [pl.concat((part.select(parts[0].columns) for part in parts), rechunk=True).sort("pos")]
            if parts and parts[0].height:
                by_rule[rule.name] = parts[0]
        return Hits(grammar, by_rule, {rule.name: rule for rule in rules if rule.name in by_rule}, frozenset(sources))

    hits = in_threads(one, grammars, batch.height)
    rows = _others(batch, hits, frequent)
    if rows.len():
        # A frequent rule took these lines, and they may be others' too: all are asked anew, each rule in its turn.
        given_back = scanned.lines.at(rows)
        scanned.lines.left.append(given_back)
        gated = pl.concat([gated, given_back]).sort("row")
        frequent = {key: h.filter(~h["row"].is_in(rows.implode())) for key, h in frequent.items()}
        hits = in_threads(one, grammars, batch.height)
    return [h for h in hits if h.by_rule], scanned.lines


def _others(batch: Batch, hits: Sequence[Hits], frequent: Mapping[tuple[str, str], pl.DataFrame]) -> pl.Series:
    """Rows that a frequent rule took from a source that is not its own platform's alone."""
    out = [pl.Series("row", [], dtype=pl.UInt32)]
    for (name, _), lines in frequent.items():
        own = set().union(*(h.sources for h in hits if h.grammar.name == name))
        alone = own - set().union(*(h.sources for h in hits if h.grammar.name != name))
        if not _sources(batch, [lines]) <= alone:
            here = lines.filter(~batch.source_of(pl.col("row")).is_in(sorted(alone)))
            out.append(here["row"])
    return pl.concat(out).unique()
