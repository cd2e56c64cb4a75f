"""Which lines were parsed: what became of each line, and the rows of `sources`, which count them.

A line is READ where a rule took a value from it, and KNOWN where a rule only names it. Rules that only name lines are
not run one by one: most lines of many logs are theirs. Where no other rule has read a line, a few patterns that combine
many rules decide whether it is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from logparse.grammar import Grammar, Rule
from logparse.reading import scanner
from logparse.reading.literals import Literals
from logparse.reading.match import Hits, cut, rules_of
from logparse.reading.scan import Batch, without
from logparse.reading.scanner import Reader
from logparse.reading.sources import Source
from logparse.reading.threads import in_threads
from logparse.schema import TEXT

KNOWN, READ = 1, 2

_RULES_PER_PATTERN = 20
"""More rules would not fit the cache of the automaton of a pattern."""


@dataclass(frozen=True)
class Coverage:
    """What became of the lines of a batch.

    kinds: UInt8 for each row: 0 where no rule read the line, else `KNOWN` or `READ`. blank: rows of blank lines.
    unparsed: rows, in order, of the lines that are part of no run: neither blank nor named by a rule.
    """

    kinds: pl.Series
    blank: pl.Series
    unparsed: pl.Series

    def by_source(self, batch: Batch) -> dict[str, pl.Series]:
        """The kinds of the lines of each source, by its name."""
        spans = zip(batch.sources, batch.first, strict=False)
        return {source.name: self.kinds[first : first + source.lines] for source, first in spans}


def coverage(
    batch: Batch,
    matched: Sequence[Hits],
    hits_of_runs: Sequence[Hits],
    remaining: Sequence[pl.DataFrame],
    shared: Sequence[Rule],
) -> Coverage:
    """What became of each line of the batch.

    Args:
        matched: what the rules read.
        hits_of_runs: as much of `matched` as belongs to a run.
        remaining: the lines (row, text) that no frequent rule read.
        shared: the rules that platforms share.

    Lines outside all runs count too: they have a vendor's form.
    """
    kinds = _kinds(batch, matched)
    unread = [part.filter((kinds == 0).gather(part["row"])) for part in remaining if part.height]
    named, blank = _named_and_blank(batch, matched, unread, shared)
    unparsed = (_kinds(batch, hits_of_runs).scatter(named, KNOWN).scatter(blank, KNOWN) == 0).arg_true()
    return Coverage(kinds.scatter(named, KNOWN), blank, batch.counting(unparsed))


def _kinds(batch: Batch, hits: Sequence[Hits]) -> pl.Series:
    """For each row of the batch `KNOWN` or `READ`, as far as these hits say; else 0."""
    kinds = pl.zeros(batch.height, pl.UInt8, eager=True)
    for kind in (KNOWN, READ):
        rows = [
            h.by_rule[rule.name]["row"]
            for h in hits
            for rule in h.rules.values()
            if bool(rule.fields or rule.level) == (kind == READ)
        ]
        if rows:
            kinds = kinds.scatter(pl.concat(rows), kind)
    return kinds


# ---- lines that a rule only names ---- #


def _named_and_blank(
    batch: Batch, hits: Sequence[Hits], unread: Sequence[pl.DataFrame], shared: Sequence[Rule]
) -> tuple[pl.Series, pl.Series]:
    """Rows among the lines `unread` (row, text) that a rule names, in sources of its platform; and the blank rows."""
    naming = [_Naming.of(h.grammar, shared) for h in hits]

    def search(lines: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
        named = []
        for h, of_grammar in zip(hits, naming, strict=True):
            of_platform = lines
            if len(h.sources) < len(batch.sources):
                of_platform = lines.filter(batch.source_of(pl.col("row")).is_in(sorted(h.sources)))
            named.append(of_grammar.rows(of_platform))
            lines = without(lines, named[-1])
        blank = lines.filter(pl.col("text").str.contains(r"^[ \t\r]*$"))["row"]
        return pl.concat([*named, blank.clear()]), blank

    none = pl.Series("row", dtype=pl.UInt32)
    parts = [(none, none), *in_threads(search, [lines for lines in unread if lines.height], batch.height)]
    return pl.concat(named for named, _ in parts), pl.concat(blank for _, blank in parts)


@dataclass(frozen=True)
class _Naming:
    """The rules of a grammar that only name lines."""

    grammar: Grammar
    rules: Sequence[Rule]
    literals: Literals
    reader: Reader | None

    @staticmethod
    def of(grammar: Grammar, shared: Sequence[Rule]) -> _Naming:
        rules = [rule for rule in rules_of(grammar, shared) if not grammar.extracts_data(rule)]
        return _Naming(grammar, rules, Literals.of(rules), scanner.reader(rules))

    def rows(self, lines: pl.DataFrame) -> pl.Series:
        """Rows of `lines` (row, text) that a rule names: the whole line, or one of the segments it is cut into."""
        text = pl.col("text").str
        lines = lines.filter(self.literals.found_in(lines["text"]))
        whole = self._named(lines["row"], lines["text"].str.strip_chars(" \t\r"))
        lines = without(lines, whole)
        has_segments = text.contains("\r", literal=True)
        if self.grammar.record_start:
            has_segments = has_segments | text.contains(f".(?:{self.grammar.record_start})")
        if self.grammar.prefix_compiled:
            has_segments = has_segments | text.contains(rf"^[ \t\r]*(?:{self.grammar.prefix_compiled.pattern})")
        lines = lines.filter(has_segments)
        if not lines.height:
            return whole
        segments = cut(lines, self.grammar)
        return pl.concat([whole, self._named(segments["row"], segments["seg"])])

    def _named(self, rows: pl.Series, texts: pl.Series) -> pl.Series:
        """Those of `rows` whose text a rule reads, each once."""
        found = self.reader.read(texts) if self.reader and texts.len() else None
        if found is None:
            return self._named_by_polars(rows, texts)
        undecided = rows[found.undecided], texts[found.undecided]
        named = [rows[found_rows] for found_rows, _ in found.read.values()]
        # Rules that may begin anywhere read a text in addition to another rule.
        return pl.concat([*named, self._named_by_polars(*undecided)]).unique()

    def _named_by_polars(self, rows: pl.Series, texts: pl.Series) -> pl.Series:
        """As `_named`, with a query for every few rules."""
        out = [rows.clear()]
        for at in range(0, len(self.rules), _RULES_PER_PATTERN) if rows.len() else ():
            few = self.rules[at : at + _RULES_PER_PATTERN]
            named = texts.str.contains("|".join(f"(?:{rule.pattern})" for rule in few))
            out.append(rows.filter(named))
            rows, texts = rows.filter(~named), texts.filter(~named)
        return pl.concat(out).unique()


# ---- the rows of `sources` ---- #


def source_rows(batch: Batch, runs: pl.DataFrame, grammars: Sequence[Grammar], covered: Coverage) -> pl.DataFrame:
    """Rows of `sources`, with `index`: how many lines of each source were parsed, and what it is.

    runs: with pos, source (index) and platform. grammars: those of all platforms.
    """
    counts = _line_counts(batch, covered)
    is_parsed = [bool(read + known) for read, known in zip(counts["lines_read"], counts["lines_known"], strict=True)]
    naming = [
        None if found else _naming(source, grammars) for source, found in zip(batch.sources, is_parsed, strict=True)
    ]
    platforms = (
        runs.sort("pos").group_by("source", maintain_order=True).agg(pl.col("platform").unique(maintain_order=True))
    )
    rows = pl.DataFrame(
        {
            "index": batch.heads,
            "source": [s.name for s in batch.sources],
            "sha256": [s.sha256 for s in batch.sources],
            "bytes": [s.bytes for s in batch.sources],
            "lines": [s.lines for s in batch.sources],
            "encoding": [s.encoding for s in batch.sources],
            "compression": [s.compression for s in batch.sources],
            "engine": [s.picture.engine if s.picture else None for s in batch.sources],
            "text": [s.status for s in batch.sources],
            "note": [s.reason for s in batch.sources],
            "naming": naming,
            **counts,
        },
        schema_overrides={"index": pl.UInt32}
        | dict.fromkeys(("encoding", "compression", "engine", "note", "naming", "source"), TEXT),
    )
    rows = rows.join(platforms, left_on="index", right_on="source", how="left", maintain_order="left")
    not_blank = pl.col("lines").cast(pl.Int64) - pl.col("lines_blank").cast(pl.Int64)
    parsed = pl.col("lines_read").cast(pl.Int64) + pl.col("lines_known").cast(pl.Int64)
    status = (
        pl.when(pl.col("text") != "text")
        .then("text")
        .when(pl.col("platform").is_not_null())
        .then(pl.lit("read"))
        .when((parsed > 0) | pl.col("naming").is_not_null())
        .then(pl.lit("no_run"))
        .otherwise(pl.lit("unknown_platform"))
    )
    reason = (
        pl.when((pl.col("text") == "text") & (not_blank == 0))
        .then(pl.lit("the file is empty"))
        .when(pl.col("naming").is_not_null())
        .then("naming")
        .when(status == "no_run")
        .then(pl.lit("lines of a known platform, but no run"))
        .when(status == "unknown_platform")
        .then(pl.lit("no line identifies a known platform; `logparse explain` shows its lines"))
    )
    versions = {grammar.name: f"{grammar.name} {grammar.version}" for grammar in grammars}
    names = pl.col("platform").list.eval(
        pl.element().replace_strict(list(versions), list(versions.values()), default=None, return_dtype=TEXT)
    )
    return rows.with_columns(
        pl.when(not_blank > 0).then(parsed / not_blank).alias("coverage"),
        status.alias("status"),
        pl.coalesce("note", reason).alias("reason"),
        pl.col("platform").list.join(", ").alias("platform"),
        names.list.join(", ").alias("grammar"),
    )


_SEARCHED = 2**20
"""Bytes of a text in which the name of a platform is searched."""


def _naming(source: Source, grammars: Sequence[Grammar]) -> str | None:
    """The reason why a text of which no rule reads a line has no run, where it names a platform; otherwise None."""
    text = source.text[:_SEARCHED]
    places: list[tuple[int, str]] = []
    for grammar in grammars:
        words = "|".join(re.escape(word) for word in grammar.words)
        if words and (found := re.search(rf"(?<![^\W_])(?:{words})".encode(), text, re.IGNORECASE)):
            places.append((found.start(), grammar.name))
    if not places:
        return None
    return f"it names the platform {min(places)[1]}, but no rule reads a line; `logparse explain` shows its lines"


def _line_counts(batch: Batch, covered: Coverage) -> dict[str, list[int]]:
    """lines_read, lines_known, lines_blank of each source."""
    parts = [covered.kinds[first:last] for first, last in pairwise(batch.first)]
    until = [0] * len(batch.first)
    if covered.blank.len():
        until = covered.blank.search_sorted(pl.Series(batch.first, dtype=pl.UInt32)).to_list()
    return {
        "lines_read": [int((kinds == READ).sum()) for kinds in parts],
        "lines_known": [int((kinds == KNOWN).sum()) for kinds in parts],
        "lines_blank": [last - first for first, last in pairwise(until)],
    }
