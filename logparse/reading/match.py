"""Match the lines of many sources at once: split into segments, filtered by literals, one regular expression per rule.

Everything runs over whole columns: in the compiled scanner, or in polars, which reads what the scanner leaves. `row` is
the number of a line in the batch, counted from 0. `pos` combines row and column in one number, so that positions sort
as numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import polars as pl

from logparse.grammar import Grammar, Rule
from logparse.reading import scanner
from logparse.reading.literals import Literals
from logparse.reading.scan import Batch, Captured, Scanned, Texts, capture, scan, with_values
from logparse.reading.scanner import Reader
from logparse.reading.threads import in_threads
from logparse.schema.build import full

_PART_LINES = 50_000
_CUT = "\x1e"
"""Marks a cut; the reader replaces this character in logs."""


class Omitted(Protocol):
    """What is known of lines that are not in the frame of their rule, where the column `:lines` says how many lines a
    row stands for: itself, and those after it that were left out."""

    def with_median(self, frame: pl.DataFrame, pairs: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The frame of the rule, and one pair of lines for each run: the first with the median interval.

        pairs: n, pos, at, i, interval, at_before, i_before of the pairs of lines in the frame that follow each other.
        """


@dataclass(frozen=True)
class Hits:
    """The lines that the rules of one grammar read in a batch.

    by_rule: rule name -> frame with pos (UInt64), row, col (UInt32), seg (the segment), tag (Int64: rank of its tag,
    or null), and for each captured name its value and `name:text`. rules: those rules by name.
    """

    grammar: Grammar
    by_rule: dict[str, pl.DataFrame] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    sources: frozenset[int] = frozenset()
    """Indices of the sources with a line that identifies the platform of the grammar."""
    omitted: Mapping[str, Omitted] = field(default_factory=dict)
    """Rule -> what is known of those of its lines that are not in its frame: a long log has too many."""

    def get(self, rule: str) -> pl.DataFrame | None:
        """Lines of that rule; None where it read none."""
        return self.by_rule.get(rule)

    def with_frames(self, by_rule: Mapping[str, pl.DataFrame]) -> Hits:
        """The same with these frames, and the rules that they are of."""
        rules = {name: rule for name, rule in self.rules.items() if name in by_rule}
        return replace(self, by_rule=dict(by_rule), rules=rules)


@dataclass(frozen=True)
class Matched:
    """What was read in a batch.

    hits: one for each grammar that read a line. remaining: the lines (row, text) that no frequent rule read, slice by
    slice. texts: all lines, to be read again.
    """

    hits: list[Hits]
    remaining: list[pl.DataFrame]
    texts: Texts


def lines_where(frame: pl.DataFrame, texts: Mapping[str, str]) -> pl.DataFrame:
    """The lines whose fields have these texts, as printed; none if the rule lacks one of the fields."""
    for name, text in texts.items():
        printed = pl.col(f"{name}:text" if f"{name}:text" in frame.columns else name)
        frame = frame.filter(printed == text) if name in frame.columns else frame.clear()
    return frame


def one_line(frame: pl.DataFrame, of: str, pick: str) -> pl.DataFrame:
    """The line of each run with the first, last, least (`min`) or greatest (`max`) value of `of`.

    `frame` is in the order of its lines, and so of their runs.
    """
    if pick in ("first", "last"):
        lines = frame.filter(frame[of].is_not_null()) if frame[of].null_count() else frame
        if lines.height < 2:
            return lines
        if lines["n"][0] == lines["n"][-1]:  # one run, as with most rules: nothing to group
            return lines.head(1) if pick == "first" else lines.tail(1)
        # Where the number of the run changes, seen from the line before or the line after: neither is a query.
        changes = lines["n"][1:] != lines["n"][:-1]
        if changes.all():  # each run has one line
            return lines
        ends = [_YES, changes] if pick == "first" else [changes, _YES]
        return lines.filter(pl.concat(ends))
    lines = pl.DataFrame({"n": frame["n"], "of": frame[of]}).with_row_index("i").filter(pl.col("of").is_not_null())
    # Of equal values the first; `arg_max` gives the last where polars knows that the values are sorted.
    value = pl.col("of").min() if pick == "min" else pl.col("of").max()
    return frame[lines.group_by("n").agg(pl.col("i").filter(pl.col("of") == value).first())["i"].sort()]


_YES = pl.Series([True])
"""The first of all lines begins a run, and the last one ends a run."""


def cut(lines: pl.DataFrame, grammar: Grammar) -> pl.DataFrame:
    """Segments of `lines` (row, text), cut at carriage returns and before each record start of the grammar, without the
    prefix of the grammar.

    Returns row, col (from 0, in characters), pos, seg (stripped, never empty), tag (rank of the prefix, or null). All
    segments of a line have the tag before the line, unless they have their own.
    """
    text, seg = pl.col("text"), pl.col("seg")
    # Carriage returns at either end do not separate anything: without them most lines are one segment.
    whole = _stripped(lines.select("row", pl.lit(0, pl.UInt32).alias("col"), text.alias("seg")))
    segments = _without_prefix(whole.with_columns(pl.lit(None, pl.Int64).alias("tag")), grammar)
    within = seg.str.contains("\r", literal=True)
    if grammar.record_start:
        within = within | seg.str.contains(f".(?:{grammar.record_start})")
    inner = segments.select(within).to_series()
    if inner.any():
        place = "\r" + (f"|{grammar.record_start}" if grammar.record_start else "")
        size = seg.str.len_chars()
        # A piece begins where the pieces before it end. Counts below 0 wrap around, and back.
        pieces = (
            segments.filter(inner)
            .with_columns((pl.col("col") - (size.cum_sum() - size)).alias("col"))
            .with_columns(seg.str.replace_all(place, _CUT + "${0}").str.split(_CUT))
            .explode("seg")
            .with_columns((pl.col("col") + (size.cum_sum() - size)).alias("col"))
        )
        segments = segments.filter(~inner).merge_sorted(_without_prefix(_stripped(pieces), grammar), "row")
    return segments.with_columns((pl.col("row").cast(pl.UInt64) * 2**32 + pl.col("col")).alias("pos"))


def _without_prefix(segments: pl.DataFrame, grammar: Grammar) -> pl.DataFrame:
    """Segments (row, col, seg, tag) without the prefix of the grammar; `tag` is its rank, where it has one."""
    compiled, seg = grammar.prefix_compiled, pl.col("seg")
    if compiled is None:
        return segments
    pattern = f"^(?:{compiled.pattern})"
    has_prefix = segments["seg"].str.contains(pattern)
    if not has_prefix.any():
        return segments
    bare = pl.when(has_prefix).then(seg.str.replace(pattern, "")).otherwise(seg)
    ranks = [seg.str.extract(pattern, i) for i, group in enumerate(compiled.groups, start=1) if group.name == "rank"]
    rank = pl.coalesce(ranks).cast(pl.Int64, strict=False) if ranks else pl.lit(None, pl.Int64)
    return _stripped(
        segments.select(
            "row",
            (pl.col("col") + seg.str.len_chars() - bare.str.len_chars()).alias("col"),
            bare.alias("seg"),
            pl.when(has_prefix).then(pl.coalesce(rank, "tag")).otherwise("tag").alias("tag"),
        )
    )


def _stripped(segments: pl.DataFrame) -> pl.DataFrame:
    """Segments without white space at either end, `col` moved along; empty ones dropped."""
    seg = pl.col("seg")
    bare = seg.str.strip_chars_start(" \t\r")
    # The stripped characters have one byte each, so the difference in bytes is that in characters.
    moved = (seg.str.len_bytes() - bare.str.len_bytes()).cast(pl.UInt32)
    return segments.with_columns(
        (pl.col("col") + moved).alias("col"), bare.str.strip_chars_end(" \t\r").alias("seg")
    ).filter(seg != "")


def run_rules(segments: pl.DataFrame, rules: Sequence[Rule], reader: Reader | None = None) -> dict[str, pl.DataFrame]:
    """Each rule's lines among `segments` (as `cut` gives them).

    A segment is read by the first rule that matches it. Rules that may begin anywhere read it in addition.

    reader: of these rules. What it leaves undecided, or without one everything, is read by polars.
    """
    scanned = reader.read(segments["seg"]) if reader and segments.height else None
    if scanned is None:
        return _by_polars(segments, rules)
    found: dict[str, pl.DataFrame] = {}
    if scanned.read:
        # The columns of the segments are gathered once for all rules: most rules read few of them.
        lines = segments[pl.concat([rows for rows, _ in scanned.read.values()])]
        captured: list[Captured] = []
        at = 0
        for index, (rows, groups) in scanned.read.items():
            captured.append((rules[index], lines.slice(at, rows.len()), groups if groups.width else None))
            at += rows.len()
        found = _by_name(captured)
    for name, hits in _by_polars(segments[scanned.undecided], rules).items() if scanned.undecided.len() else ():
        found[name] = pl.concat([found[name], hits], rechunk=True).sort("pos") if name in found else hits
    return found


def _by_name(captured: Sequence[Captured]) -> dict[str, pl.DataFrame]:
    return {rule.name: hits for (rule, *_), hits in zip(captured, with_values(captured), strict=True)}


def _by_polars(segments: pl.DataFrame, rules: Sequence[Rule]) -> dict[str, pl.DataFrame]:
    """As `run_rules`, with a query or more for each rule."""
    segments = segments.with_row_index("i")
    taken = full(False, segments.height)
    captured: list[Captured] = []
    for index, candidates in _candidates(segments, rules):
        rule = rules[index]
        is_exclusive = "unanchored" not in rule.marked
        if is_exclusive and (is_taken := taken[candidates]).any():
            candidates = candidates.filter(~is_taken)
            if not candidates.len():
                continue
        rule, hits, groups = capture(segments[candidates], rule)
        if hits.height:
            read_segments = hits.drop_in_place("i")
            captured.append((rule, hits, groups))
            if is_exclusive:
                taken.scatter(read_segments, True)
    return _by_name(captured)


def _read_lines(
    lines: pl.DataFrame, grammar: Grammar, rules: Sequence[Rule], reader: Reader | None
) -> dict[str, pl.DataFrame]:
    """Each rule's lines among `lines` (row, text), which are cut and read in parts on all cores."""
    parts = in_threads(
        lambda part: run_rules(cut(part, grammar), rules, reader), list(lines.iter_slices(_PART_LINES)), lines.height
    )
    found: dict[str, list[pl.DataFrame]] = {}
    for part in parts:
        for name, hits in part.items():
            found.setdefault(name, []).append(hits)
    return {name: pl.concat(hits, rechunk=True) for name, hits in found.items()}


def _candidates(segments: pl.DataFrame, rules: Sequence[Rule]) -> Iterator[tuple[int, pl.Series]]:
    """Index of each rule in turn, and of the segments that contain one of its literals: one pass for all rules."""
    words = sorted({text for rule in rules for text in rule.compiled.literals})
    if not segments.height or not words:
        return
    found = (
        segments.select("i", pl.col("seg").str.extract_many(words, overlapping=True).alias("word"))
        .explode("word")
        .group_by("word")
        .agg("i")
    )
    by_word = dict(zip(found["word"], found["i"], strict=True))
    for index, rule in enumerate(rules):
        places = [by_word[text] for text in rule.compiled.literals if text in by_word]
        if places:
            # In one chunk, so that what is gathered by it is in one chunk: `pl.format` fails on several.
            candidates = (places[0] if len(places) == 1 else pl.concat(places).sort()).rechunk()
            is_repeated = candidates[1:] == candidates[:-1]
            yield index, candidates.unique(maintain_order=True) if is_repeated.any() else candidates


def _sources(batch: Batch, hits: Iterable[pl.DataFrame]) -> set[int]:
    """Indices of the sources of these lines."""
    rows = [frame["row"] for frame in hits]
    if not rows:
        return set()
    sources = pl.DataFrame({"row": pl.concat(rows)}).select(batch.source_of(pl.col("row")).unique())
    return set(sources.to_series().to_list())


def _in_sources(batch: Batch, hits: Mapping[str, pl.DataFrame], sources: set[int]) -> dict[str, pl.DataFrame]:
    """Those of `hits` in these sources: one query for all of them, since they are nearly all."""
    if not hits:
        return {}
    rows = pl.DataFrame({"row": pl.concat(frame["row"] for frame in hits.values())})
    is_in = rows.select(batch.source_of(pl.col("row")).is_in(sorted(sources))).to_series()
    out, at = {}, 0
    for rule, frame in hits.items():
        of_frame = is_in.slice(at, frame.height)
        out[rule] = frame if of_frame.all() else frame.filter(of_frame)
        at += frame.height
    return out


def rules_of(grammar: Grammar, shared: Sequence[Rule]) -> list[Rule]:
    """The grammar's rules and the shared ones; a vendor's rule replaces the shared one of its name."""
    return [*grammar.rules, *(rule for rule in shared if not grammar.has(rule.name))]


def match(
    batch: Batch, grammars: Sequence[Grammar], shared: Sequence[Rule], known: frozenset[str] = frozenset()
) -> Matched:
    """The lines that the rules of each grammar, and those that platforms share, read in the sources of its platform.

    known: platforms of all the sources, whether or not a line identifies them.

    Rules that only name lines are left to `coverage`, which needs the remaining lines for it.
    """
    wanted = {
        g: [r for r in rules_of(g, shared) if g.extracts_data(r) or "identifies_platform" in r.marked] for g in grammars
    }
    scanned = scan(batch, wanted)
    hits = _match_all(batch, wanted, scanned, known)
    rows = _of_several(batch, hits, scanned.frequent)
    if rows.len():
        scanned = _given_back(scanned, rows)
        hits = _match_all(batch, wanted, scanned, known)
    return Matched([h for h in hits if h.by_rule or h.grammar.name in known], scanned.remaining, scanned.texts)


def _match_all(
    batch: Batch, wanted: Mapping[Grammar, Sequence[Rule]], scanned: Scanned, known: frozenset[str]
) -> list[Hits]:
    """What each grammar's rules read, in the order of `wanted`."""
    return in_threads(
        lambda grammar: _match_one(batch, grammar, wanted[grammar], scanned, grammar.name in known),
        list(wanted),
        batch.height,
    )


def _match_one(batch: Batch, grammar: Grammar, rules: Sequence[Rule], scanned: Scanned, is_known: bool) -> Hits:
    """What the rules of one grammar read in the sources of its platform; in all of them if it is known."""
    identifying = [rule for rule in rules if "identifies_platform" in rule.marked]
    others = [rule for rule in rules if "identifies_platform" not in rule.marked]
    gated = scanned.gated
    is_first = Literals.of(identifying).found_in(gated["text"])
    reader = scanner.reader(rules)
    first = _read_lines(gated.filter(is_first), grammar, rules, reader)
    frequent = {
        rule: frame for (name, rule), frame in scanned.frequent.items() if name == grammar.name and frame.height
    }
    names = {rule.name for rule in identifying}
    sources = set(range(len(batch.sources)))
    if not is_known:
        sources = _sources(
            batch, (frame for hits in (frequent, first) for rule, frame in hits.items() if rule in names)
        )
    if not sources:
        return Hits(grammar)
    # The other lines only now, when the sources are known: shared rules match lines of every platform.
    rest = gated.filter(~is_first)
    if len(sources) < len(batch.sources):
        rest = rest.filter(batch.source_of(pl.col("row")).is_in(sorted(sources)))
        first, frequent = (_in_sources(batch, hits, sources) for hits in (first, frequent))
    rest = rest.filter(Literals.of(others).found_in(rest["text"]))
    second = _read_lines(rest, grammar, rules, reader)
    by_rule = {}
    for rule in (*identifying, *others):
        parts = [hits[rule.name] for hits in (frequent, first, second) if rule.name in hits]
        if len(parts) > 1:
            parts = [pl.concat((part.select(parts[0].columns) for part in parts), rechunk=True).sort("pos")]
        if parts and parts[0].height:
            by_rule[rule.name] = parts[0]
    return Hits(grammar, by_rule, {rule.name: rule for rule in rules if rule.name in by_rule}, frozenset(sources))


def _of_several(batch: Batch, hits: Sequence[Hits], frequent: Mapping[tuple[str, str], pl.DataFrame]) -> pl.Series:
    """Rows that a frequent rule read in a source that is not of its platform alone: rules of others may match them."""
    out = [pl.Series("row", [], dtype=pl.UInt32)]
    for (name, _), lines in frequent.items():
        of_platform = set().union(*(h.sources for h in hits if h.grammar.name == name))
        alone = of_platform - set().union(*(h.sources for h in hits if h.grammar.name != name))
        if not _sources(batch, [lines]) <= alone:
            out.append(lines.filter(~batch.source_of(pl.col("row")).is_in(sorted(alone)))["row"])
    return pl.concat(out).unique()


def _given_back(scanned: Scanned, rows: pl.Series) -> Scanned:
    """`scanned` as if no frequent rule had read these rows."""
    lines = scanned.texts.at(rows)
    return replace(
        scanned,
        gated=pl.concat([scanned.gated, lines]).sort("row"),
        remaining=[*scanned.remaining, lines],
        frequent={key: frame.filter(~frame["row"].is_in(rows.implode())) for key, frame in scanned.frequent.items()},
    )
