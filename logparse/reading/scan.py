"""Lines of many sources read together: scanned in slices on all cores, so that only lines that some rule may read go
on.

A line is known by `row`, its number in the batch counted from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from logparse.grammar import Grammar, Rule, units
from logparse.grammar.compile import can_contain, escape
from logparse.reading.sources import Source, pieces
from logparse.reading.threads import in_threads

SLICE_BYTES = 4 * 2**20
_SAMPLE = 200
"""Lines looked at to find which rules are frequent."""
_FREQUENT = 0.1
"""Share of the sample from which on a rule is run on all lines before any gate."""

_TELLING_ENOUGH = 1000
"""Lines of a long piece in which a platform is looked for first, where they say nothing else."""


@dataclass(frozen=True)
class Batch:
    """Sources read together. `first[i]` is the row of the first line of source i; one more entry closes the last."""

    sources: Sequence[Source]
    first: Sequence[int]

    @staticmethod
    def of(sources: Sequence[Source]) -> Batch:
        """The batch of `sources`; those that are no text have no line."""
        first, row = [], 0
        for source in sources:
            first.append(row)
            row += source.lines if source.status == "text" else 0
        return Batch(sources, [*first, row])

    @property
    def height(self) -> int:
        """Lines of all sources together."""
        return self.first[-1]

    def source_of(self, row: pl.Expr) -> pl.Expr:
        """Index of the source that a row belongs to; null where there is no row."""
        if len(self.sources) == 1:
            return pl.when(row.is_not_null()).then(pl.lit(0, pl.UInt32))
        # Sources without a line share their first row with the next one, which is the one meant.
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
"""Parts of texts: text, start, end. Nothing is copied before the slice is read."""


def text_of(slice: Slice) -> bytes:
    """The text of a slice; each line is ended by a newline."""
    parts = [text[start:end] for text, start, end in slice]
    return b"".join(part if part.endswith(b"\n") else part + b"\n" for part in parts) if len(parts) > 1 else parts[0]


@dataclass
class Lines:
    """The lines of a batch, once they were scanned.

    left: row, text of those that no frequent rule read, slice by slice. slices: all of them, by their first rows.
    """

    left: list[pl.DataFrame]
    slices: Sequence[tuple[int, Slice]]

    def at(self, rows: pl.Series) -> pl.DataFrame:
        """row, text of these rows: read again, since most lines that a frequent rule read are never asked for."""
        wanted = rows.unique().sort()
        firsts = [first for first, _ in self.slices]
        ends = wanted.search_sorted(pl.Series([*firsts[1:], 2**32 - 1], dtype=pl.UInt32)).to_list()
        parts = [pl.DataFrame(schema={"row": pl.UInt32, "text": pl.String})]
        for (first, slice), begin, end in zip(self.slices, [0, *ends], ends, strict=False):
            if begin < end:
                here = wanted[begin:end]
                text = pl.read_lines(text_of(slice), name="text")["text"][here - first]
                parts.append(pl.DataFrame([here.alias("row"), text + ""]))  # else it would keep all of the slice
        return pl.concat(parts)


@dataclass(frozen=True)
class Scanned:
    """What one pass over all lines gives.

    frequent: (grammar, rule) -> hits (as `match.run_rules` gives them) of rules that are most of the lines; most
    of them with empty segments, which are lines as they stand. gated: row, text of other lines that some rule may read.
    """

    gated: pl.DataFrame
    lines: Lines
    frequent: dict[tuple[str, str], pl.DataFrame]


_MANY_LINES = 20_000


def contains(text: pl.Expr, literals: Iterable[str], lines: int = 0) -> pl.Expr:
    """Whether `text` holds any of `literals`.

    A regular expression of them all finds them three times as fast as a search for words, and takes ten times as long
    to make: it is for many `lines`.
    """
    words = sorted(set(literals))
    if len(words) == 1:
        return text.str.contains(words[0], literal=True)
    if words and lines >= _MANY_LINES:
        return text.str.contains("|".join(map(escape, words)))
    return text.str.contains_any(words) if words else pl.lit(False)


def literals(rules: Iterable[Rule]) -> set[str]:
    """The gate of several rules: every line that any of them reads holds one of these."""
    return {text for rule in rules for text in rule.compiled.literals}


def scan(batch: Batch, wanted: Mapping[Grammar, Sequence[Rule]]) -> Scanned:
    """One pass over the lines of a batch, in slices on all cores: those that any of the `wanted` rules may read go on.

    Of lines that only rules may read that say what platform it is, and nothing else, the first of a long piece are
    enough.
    """
    slices = batch.slices()
    gate, told = (
        literals(rule for grammar, rules in wanted.items() for rule in rules if grammar.extracts_data(rule) == extracts)
        for extracts in (True, False)
    )
    frequent = _frequent(slices, wanted)
    column = pl.col("text")

    def one(slice: Slice) -> tuple[int, pl.DataFrame, pl.DataFrame, list[pl.DataFrame]]:
        text = text_of(slice)
        lines = pl.read_lines(text, name="text").with_row_index("row")
        pool, hits = lines, []
        # A line that the terminal wrote over is cut before any rule reads it.
        written_over = (
            pool.filter(column.str.contains("\r", literal=True)) if frequent and b"\r" in text else pool.clear()
        )
        pool = without(pool, written_over["row"])
        for grammar, rule, rivals in frequent:
            found = read(pool.select("row", column.alias("seg")), rule).with_columns(_WHOLE)
            if rivals:
                found = found.filter(~contains(pl.col("seg"), rivals, found.height))
            if not grammar.keeps_line_text(rule):
                found = found.with_columns(pl.lit(None, pl.String).alias("seg"))
            hits.append(found)
            pool = without(pool, found["row"])
        pool = pl.concat([pool, written_over]).sort("row") if written_over.height else pool
        gated = pool.filter(contains(column, gate, pool.height))
        long = len(slice) == 1 and len(text) >= SLICE_BYTES  # not many short ones, each with a platform of its own
        tells = pool.head(_TELLING_ENOUGH if long else pool.height).filter(contains(column, told, pool.height))
        if not tells.height:
            tells = pool.filter(contains(column, told, pool.height)).head(_TELLING_ENOUGH)
        tells = without(tells, gated.join(tells, on="row", how="semi")["row"])
        return lines.height, pl.concat([gated, tells]).sort("row") if tells.height else gated, pool, hits

    gated, pools, firsts, row = [], [], [], 0
    found: dict[tuple[str, str], list[pl.DataFrame]] = {(g.name, r.name): [] for g, r, _ in frequent}
    for height, lines, pool, hits in in_threads(one, slices):
        firsts.append(row)
        gated.append(lines.with_columns(pl.col("row") + row))
        pools.append(pool.with_columns(pl.col("row") + row))
        for (grammar, rule, _), frame in zip(frequent, hits, strict=True):
            moved = frame.with_columns(pl.col("row") + row, pl.col("pos") + (row << 32))
            found[grammar.name, rule.name].append(moved)
        row += height
    if row != batch.height:
        raise AssertionError(f"{batch.height} lines counted, {row} read")
    return Scanned(
        pl.concat(gated) if gated else pl.DataFrame(schema={"row": pl.UInt32, "text": pl.String}),
        Lines(pools, list(zip(firsts, slices, strict=True))),
        {key: in_one_piece(found.pop(key)) for key in list(found)},
    )


_WHOLE = [
    pl.lit(0, pl.UInt32).alias("col"),
    (pl.col("row").cast(pl.UInt64) * 2**32).alias("pos"),
    pl.lit(None, pl.Int64).alias("tag"),
]
"""What `match.cut` tells of a segment that is a whole line."""


def in_one_piece(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """`parts` (which is emptied) as one frame, since each query over many pieces would copy all its text first.

    Column by column, each let go at once: no more than one of them is there twice.
    """
    columns = [part.get_columns() for part in parts]
    parts.clear()
    out = []
    for _ in range(len(columns[0])):
        out.append(pl.concat([some.pop(0) for some in columns], rechunk=True))
    return pl.DataFrame(out)


def without(lines: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """`lines` but those of `rows`, some of theirs."""
    if rows.len() in (0, lines.height):
        return lines if rows.is_empty() else lines.clear()
    return lines.join(rows.to_frame(), on="row", how="anti", maintain_order="left")


def read(segments: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The segments (with a column seg and others) that `rule` reads, with a value and `name:text` for each captured
    name."""
    groups = rule.compiled.groups
    text = segments["seg"]
    if not groups:
        hits = segments.filter(text.str.contains(rule.pattern))
    else:
        taken = segments.select(_groups(rule)).to_series().struct.unnest()
        sure = next((str(i) for i, g in enumerate(groups, start=1) if g.always), None)
        if sure is None or taken[sure].null_count():
            mask = taken[sure].is_not_null() if sure else text.str.contains(rule.pattern)
            segments, taken = segments.filter(mask), taken.filter(mask)
        hits = segments.hstack(units.columns(taken, groups))
    return hits.with_columns(pl.lit(v).alias(k) for k, v in rule.fixed.items()) if rule.fixed else hits


@cache
def _groups(rule: Rule) -> pl.Expr:
    return pl.col("seg").str.extract_groups(rule.pattern)


def _frequent(
    slices: Sequence[Slice], wanted: Mapping[Grammar, Sequence[Rule]]
) -> list[tuple[Grammar, Rule, frozenset[str]]]:
    """Rules that read many of the lines, by a sample; most frequent first. And the texts by which a line of such a rule
    may be another's before it, or another's too: where one of them stands, the rule must wait its turn.

    Only rules that read a whole line as it stands, without free text, so that there is nothing to cut: then it makes
    no difference that they come before the cutting.
    """
    parts = [part for slice in slices for part in slice]
    size = sum(end - start for _, start, end in parts)
    if size < SLICE_BYTES:
        return []
    lines: list[str] = []
    for text, start, end in parts:
        for at in range(start, end - 1, max(size // _SAMPLE, 1)):
            if line := text.find(b"\n", at) + 1:
                stop = text.find(b"\n", line)
                lines.append(text[line : stop if stop >= 0 else len(text)].decode())
    everything = "\n".join(lines)
    out = []
    for grammar, rules in wanted.items():
        record_start = re.compile(grammar.record_start) if grammar.record_start else None
        for index, rule in enumerate(rules):
            free = ".*" in rule.pattern or ".+" in rule.pattern
            if free or "unanchored" in rule.marked or not grammar.extracts_data(rule) or not grammar.has(rule.name):
                continue
            if not any(text in everything for text in rule.compiled.literals):
                continue
            mine = [line for line in lines if any(text in line for text in rule.compiled.literals)]
            if len(mine) > _FREQUENT * len(lines):
                pattern = re.compile(rule.pattern)
                mine = [line for line in mine if pattern.search(line)]
            if len(mine) > _FREQUENT * len(lines) and not (
                record_start and any(record_start.search(line, 1) for line in mine)
            ):
                others = [r for i, r in enumerate(rules) if i < index or (r is not rule and "unanchored" in r.marked)]
                rivals = frozenset(text for text in literals(others) if can_contain(rule.compiled.pattern, text))
                if not any(text in line for text in rivals for line in mine):
                    out.append((len(mine), grammar, rule, rivals))
    return [(grammar, rule, rivals) for _, grammar, rule, rivals in sorted(out, key=lambda found: -found[0])]
