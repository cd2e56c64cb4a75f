"""One pass over the lines of many sources, in slices on all cores: only lines that some rule may read pass.

A line is identified by `row`, its number in the batch counted from 0.

Rules that read many of the lines (`frequent`: the step lines of a long training) skip the usual way: they are run on
whole lines in this pass, and the text of these lines is not kept. On a log of step lines that saves a third of the CPU
time and of the memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TypeAlias

import polars as pl

from logparse.grammar import Grammar, Rule, units
from logparse.reading import scanner
from logparse.reading.literals import Literals, literals
from logparse.reading.scanner import Program
from logparse.reading.sources import Source, pieces
from logparse.reading.threads import in_threads
from logparse.schema import TEXT, field

SLICE_BYTES = 4 * 2**20
_SAMPLE = 200
"""Lines in the sample that shows which rules are frequent."""
_FREQUENT = 0.1
"""Share of the sample from which on a rule counts as frequent."""

_IDENTIFYING_LINES = 1000
"""How many lines of a long slice are searched for those that identify a platform and nothing else."""


@dataclass(frozen=True)
class Batch:
    """Sources read together. `first[i]` is the row of the first line of source i; one more entry closes the last."""

    sources: Sequence[Source]
    first: Sequence[int]
    heads: Sequence[int]
    """Of each source the index of the source whose text it continues, or its own. They are read as one text."""
    repeated: frozenset[int] = frozenset()
    """Rows that do not count, since two sources of one text show them."""

    @staticmethod
    def of(sources: Sequence[Source]) -> Batch:
        """The batch of `sources`; those that are not text have no line."""
        first: list[int] = []
        heads: list[int] = []
        repeated: set[int] = set()
        row = 0
        for index, source in enumerate(sources):
            first.append(row)
            heads.append(index)
            if (continued := source.continued) is not None and index and sources[index - 1].name == continued.source:
                heads[index] = heads[index - 1]
                repeated.update(range(row - continued.not_above, row + continued.not_here))
            row += source.lines if source.status == "text" else 0
        return Batch(sources, [*first, row], heads, frozenset(repeated))

    @property
    def ends(self) -> list[int]:
        """Of each source the row after the last one of its text, which other sources may continue."""
        last = dict(zip(self.heads, self.first[1:], strict=True))
        return [last[head] for head in self.heads]

    def counting(self, rows: pl.Series) -> pl.Series:
        """Those of these rows that count."""
        return rows.filter(~rows.is_in(sorted(self.repeated))) if self.repeated else rows

    @property
    def height(self) -> int:
        """Lines of all sources together."""
        return self.first[-1]

    def source_of(self, row: pl.Expr) -> pl.Expr:
        """Index of the source with the beginning of the text that a row belongs to; null where there is no row."""
        index = self.input_of(row)
        if list(self.heads) == list(range(len(self.sources))):
            return index
        return pl.lit(pl.Series(self.heads, dtype=pl.UInt32)).gather(index)

    def input_of(self, row: pl.Expr) -> pl.Expr:
        """Index of the source that a row is in; null where there is no row."""
        if len(self.sources) == 1:
            return pl.when(row.is_not_null()).then(pl.lit(0, pl.UInt32))
        # A source without a line has the same first row as the next one: the row is that of the last of them.
        starts = pl.Series(self.first[:-1], dtype=pl.UInt32)
        return pl.when(row.is_not_null()).then(pl.lit(starts).search_sorted(row, side="right").cast(pl.UInt32) - 1)

    def slices(self) -> list[Slice]:
        """All sources in order, in slices for one thread each: small ones together, long ones cut at line ends."""
        out: list[Slice] = []
        small: Slice = []
        size = 0
        for text in (s.text for s in self.sources if s.status == "text" and s.lines):
            if len(text) < SLICE_BYTES:
                small.append((text, 0, len(text)))
                size += len(text)
                if size < SLICE_BYTES:
                    continue
            if small:
                out.append(small)
                small, size = [], 0
            if len(text) >= SLICE_BYTES:
                out.extend([(text, start, end)] for start, end in pieces(text, SLICE_BYTES))
        return [*out, small] if small else out


Slice = list[tuple[bytes, int, int]]
"""Parts of texts: text, start, end. No text is copied before the slice is read."""


def text_of(slice: Slice) -> bytes:
    """The text of a slice; each line ends with a newline."""
    parts = [text[start:end] for text, start, end in slice]
    return b"".join(part if part.endswith(b"\n") else part + b"\n" for part in parts) if len(parts) > 1 else parts[0]


@dataclass(frozen=True)
class Texts:
    """The lines of a batch as they were scanned: its slices, by their first rows."""

    slices: Sequence[tuple[int, Slice]]

    def at(self, rows: pl.Series) -> pl.DataFrame:
        """row, text of these rows, read again from the sources."""
        wanted = rows.unique().sort()
        firsts = [first for first, _ in self.slices]
        ends = wanted.search_sorted(pl.Series([*firsts[1:], 2**32 - 1], dtype=pl.UInt32)).to_list()
        parts = [pl.DataFrame(schema={"row": pl.UInt32, "text": pl.String})]
        for (first, slice), begin, end in zip(self.slices, [0, *ends], ends, strict=False):
            if begin < end:
                here = wanted[begin:end]
                text = pl.read_lines(text_of(slice), name="text")["text"][here - first]
                parts.append(pl.DataFrame([here.alias("row"), text + ""]))  # a copy: else the whole slice is kept
        return pl.concat(parts)


@dataclass(frozen=True)
class Frequent:
    """A rule that reads many of the lines; not those that contain one of `rivals`, which other rules may read."""

    grammar: Grammar
    rule: Rule
    rivals: frozenset[str]

    @property
    def key(self) -> tuple[str, str]:
        """The names of grammar and rule."""
        return self.grammar.name, self.rule.name

    @cached_property
    def for_scanner(self) -> tuple[Program, list[str], bool] | None:
        """The rule as a pattern of `scanner.scan`; None if the scanner has no equivalent."""
        program = scanner.program_of(self.rule)
        if program is None:
            return None
        rivals = [text for text in sorted(self.rivals) if program.can_contain(text)]
        return program, rivals, self.grammar.keeps_line_text(self.rule)


@dataclass(frozen=True)
class Scanned:
    """The result of one pass over all lines.

    frequent: (grammar, rule) -> lines (as `match.run_rules` gives them) that a frequent rule read; `seg` is null where
    it is the line as it is. remaining: row, text of all other lines, slice by slice. gated: those of `remaining` that
    some rule may read, and enough of those that only identify a platform. texts: all lines, to be read again.
    """

    gated: pl.DataFrame
    remaining: list[pl.DataFrame]
    frequent: dict[tuple[str, str], pl.DataFrame]
    texts: Texts


def scan(batch: Batch, wanted: Mapping[Grammar, Sequence[Rule]]) -> Scanned:
    """Scan the lines of a batch for those that any of the `wanted` rules may read.

    Of the lines that can only be read by rules that identify a platform and extract no data, the first of a long slice
    are enough.
    """
    slices = batch.slices()
    reading, identifying = (
        Literals.of(
            rule for grammar, rules in wanted.items() for rule in rules if grammar.extracts_data(rule) == extracts
        )
        for extracts in (True, False)
    )
    frequent = _frequent(slices, wanted)

    def one(slice: Slice) -> tuple[int, pl.DataFrame, pl.DataFrame, list[pl.DataFrame]]:
        text = text_of(slice)
        height, remaining, hits = _read_all(text, frequent)
        if not remaining.height:
            return height, remaining, remaining, hits
        gated = remaining.filter(reading.found_in(remaining["text"]))
        is_long = len(slice) == 1 and len(text) >= SLICE_BYTES  # not many short texts, each with its own platform
        searched = remaining.head(_IDENTIFYING_LINES if is_long else remaining.height)
        found = searched.filter(identifying.found_in(searched["text"]))
        if not found.height:
            found = remaining.filter(identifying.found_in(remaining["text"])).head(_IDENTIFYING_LINES)
        found = without(found, gated.join(found, on="row", how="semi")["row"])
        return height, pl.concat([gated, found]).sort("row") if found.height else gated, remaining, hits

    all_gated, all_remaining, firsts, row = [], [], [], 0
    read_lines: dict[tuple[str, str], list[pl.DataFrame]] = {f.key: [] for f in frequent}
    for height, gated, remaining, hits in in_threads(one, slices):
        firsts.append(row)
        all_gated.append(gated.with_columns(pl.col("row") + row))
        all_remaining.append(remaining.with_columns(pl.col("row") + row))
        for f, frame in zip(frequent, hits, strict=True):
            read_lines[f.key].append(frame.with_columns(pl.col("row") + row))
        row += height
    if row != batch.height:
        raise AssertionError(f"{batch.height} lines counted, {row} read")
    return Scanned(
        pl.concat(all_gated) if all_gated else pl.DataFrame(schema={"row": pl.UInt32, "text": pl.String}),
        all_remaining,
        {f.key: _as_segments(f, read_lines.pop(f.key)) for f in frequent},
        Texts(list(zip(firsts, slices, strict=True))),
    )


def _read_all(text: bytes, frequent: Sequence[Frequent]) -> tuple[int, pl.DataFrame, list[pl.DataFrame]]:
    """The number of lines of a text, those (row, text) that no frequent rule reads, and those that each of them
    reads."""
    patterns = [pattern for f in frequent if (pattern := f.for_scanner) is not None]
    scanned = scanner.scan(text, patterns) if patterns and len(patterns) == len(frequent) else None
    if scanned is None:
        lines = pl.read_lines(text, name="text").with_row_index("row")
        return lines.height, *_read_frequent(lines, frequent)
    captured = [_captured(f, lines) for f, lines in zip(frequent, scanned.taken, strict=True)]
    hits = with_values(captured)
    remaining = scanned.others
    if scanned.undecided.height:
        undecided, more = _read_frequent(scanned.undecided, frequent)
        remaining = remaining.merge_sorted(undecided, "row")
        hits = [a.merge_sorted(b, "row") if b.height else a for a, b in zip(hits, more, strict=True)]
    return remaining.height + sum(found.height for found in hits), remaining, hits


def _captured(frequent: Frequent, lines: pl.DataFrame) -> Captured:
    """The lines that the scanner takes for a rule, as `capture` gives them; with `seg` only if it is kept."""
    groups = [str(number) for number in range(1, len(frequent.rule.compiled.groups) + 1)]
    segments = lines.drop(groups).rename({"0": "seg"}, strict=False)
    return frequent.rule, segments, lines.select(groups) if groups else None


def _read_frequent(lines: pl.DataFrame, frequent: Sequence[Frequent]) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """`lines` (row, text) that no frequent rule reads, and those that each of them reads; with `seg` only if it is
    kept."""
    if not frequent:
        return lines, []
    # A line that the terminal wrote over is cut before any rule reads it.
    written_over = lines.filter(pl.col("text").str.contains("\r", literal=True))
    remaining = without(lines, written_over["row"])
    hits = []
    for f in frequent:
        found = read(remaining.select("row", pl.col("text").alias("seg")), f.rule)
        has_rival = Literals(f.rivals).found_in(found["seg"])
        found = found.filter(~has_rival) if has_rival.any() else found
        if not f.grammar.keeps_line_text(f.rule):
            found = found.drop("seg")
        hits.append(found)
        remaining = without(remaining, found["row"])
    return pl.concat([remaining, written_over]).sort("row") if written_over.height else remaining, hits


def _as_segments(frequent: Frequent, parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The lines that a frequent rule read in each slice as segments that are whole lines, with the columns that
    `match.cut` gives them. Takes the columns out of the parts, so that few are there twice."""
    names = [name for name in parts[0].columns if f"{name}:text" not in parts[0].columns or field(name).dtype != TEXT]
    # In one chunk: each query over many chunks would first copy all its text.
    columns = {name: pl.concat([part.drop_in_place(name) for part in parts], rechunk=True) for name in names}
    columns |= {name: columns[f"{name}:text"].alias(name) for name in parts[0].columns}
    return pl.DataFrame(columns).with_columns(
        *(() if "seg" in columns else (pl.lit(None, pl.String).alias("seg"),)),
        pl.lit(0, pl.UInt32).alias("col"),
        (pl.col("row").cast(pl.UInt64) * 2**32).alias("pos"),
        pl.lit(None, pl.Int64).alias("tag"),
    )


def without(lines: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """`lines` without those of `rows`, which are among them."""
    if rows.len() in (0, lines.height):
        return lines if rows.is_empty() else lines.clear()
    return lines.join(rows.to_frame(), on="row", how="anti", maintain_order="left")


Captured: TypeAlias = tuple[Rule, pl.DataFrame, pl.DataFrame | None]
"""A rule, the segments that it reads, and the columns "1", "2", … of its groups; None if it has no groups."""


def capture(segments: pl.DataFrame, rule: Rule) -> Captured:
    """The segments (with a column seg and others) that `rule` reads."""
    groups = rule.compiled.groups
    text = segments["seg"]
    if not groups:
        mask = text.str.contains(rule.pattern)
        return rule, segments if mask.all() else segments.filter(mask), None
    taken = segments.select(_groups(rule)).to_series().struct.unnest()
    sure = next((str(i) for i, g in enumerate(groups, start=1) if g.always), None)
    if sure is None or taken[sure].null_count():
        mask = taken[sure].is_not_null() if sure else text.str.contains(rule.pattern)
        if not mask.all():
            segments, taken = segments.filter(mask), taken.filter(mask)
    return rule, segments, taken


def with_values(captured: Sequence[Captured]) -> list[pl.DataFrame]:
    """The segments that each rule reads, with the value and `name:text` of each captured name."""
    of_groups = [(taken, rule.compiled.groups) for rule, _, taken in captured if taken is not None]
    columns = iter(units.columns(of_groups))
    out = []
    for rule, segments, taken in captured:
        hits = segments if taken is None else segments.hstack(next(columns))
        out.append(hits.with_columns(pl.lit(v).alias(k) for k, v in rule.fixed.items()) if rule.fixed else hits)
    return out


def read(segments: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The segments (with a column seg and others) that `rule` reads, with the value and `name:text` of each captured
    name."""
    return with_values([capture(segments, rule)])[0]


@cache
def _groups(rule: Rule) -> pl.Expr:
    return pl.col("seg").str.extract_groups(rule.pattern)


def _frequent(slices: Sequence[Slice], wanted: Mapping[Grammar, Sequence[Rule]]) -> list[Frequent]:
    """Rules that read many of the lines, by a sample; most frequent first.

    Only rules that read a whole line as it is, without free text: then it makes no difference that they run before
    lines are cut. Their rivals are the literals of rules of the same grammar that come before them or may begin
    anywhere.
    """
    lines = _sample(slices)
    everything, sample = "\n".join(lines), pl.Series(lines, dtype=pl.String)
    least = _FREQUENT * len(lines)
    out = []
    for grammar, rules in wanted.items() if lines else ():
        record_start = re.compile(grammar.record_start) if grammar.record_start else None
        for index, rule in enumerate(rules):
            has_free_text = ".*" in rule.pattern or ".+" in rule.pattern
            if (
                has_free_text
                or "unanchored" in rule.marked
                or not grammar.extracts_data(rule)
                or not grammar.has(rule.name)
            ):
                continue
            # It reads no more lines than contain its literals.
            if sum(map(everything.count, rule.compiled.literals)) <= least:
                continue
            matching = sample.filter(sample.str.contains(rule.pattern)).to_list()
            if len(matching) <= least or (record_start and any(record_start.search(line, 1) for line in matching)):
                continue
            rivals = literals(r for i, r in enumerate(rules) if i < index or (i != index and "unanchored" in r.marked))
            if not any(text in line for text in rivals for line in matching):
                out.append((len(matching), Frequent(grammar, rule, rivals)))
    return [frequent for _, frequent in sorted(out, key=lambda found: -found[0])]


def _sample(slices: Sequence[Slice]) -> list[str]:
    """About `_SAMPLE` whole lines from all over the slices; none where these are short."""
    parts = [part for slice in slices for part in slice]
    size = sum(end - start for _, start, end in parts)
    lines: list[str] = []
    for text, start, end in parts if size >= SLICE_BYTES else ():
        for at in range(start, end - 1, max(size // _SAMPLE, 1)):
            if line := text.find(b"\n", at) + 1:
                stop = text.find(b"\n", line)
                lines.append(text[line : stop if stop >= 0 else len(text)].decode())
    return lines
