"""The fast path: lines of many sources at once, cut into segments, gated by literals, read by one regular expression a
rule.

All work is polars over whole columns. A line is known by `row`, its number in the batch counted from 0; a place by
`pos`,
row and column in one number, so that order is the order of numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from logparse.batch import Batch, contains, full, in_threads, literals, read, scan
from logparse.grammar import Grammar, Rule

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
    """Indices of the sources in which a telling line of the grammar stands."""

    def get(self, rule: str) -> pl.DataFrame | None:
        """Lines of that rule, or None where it read none."""
        return self.by_rule.get(rule)


def cut(lines: pl.DataFrame, grammar: Grammar) -> pl.DataFrame:
    """Segments of `lines` (row, text): at carriage returns and before each opening text of the grammar.

    Returns row, col (from 0, in characters), pos, seg (stripped, never empty), tag (rank of the record's tag, or null).
    """
    text, seg = pl.col("text"), pl.col("seg")
    inner = text.str.contains("\r", literal=True)
    if grammar.opener:
        inner = inner | text.str.contains(f".(?:{grammar.opener})")
    flagged = lines.with_columns(inner.alias("inner"))
    segments = flagged.filter(~pl.col("inner")).select("row", pl.lit(0, pl.UInt32).alias("col"), text.alias("seg"))
    glued = flagged.filter("inner").select("row", "text")
    if glued.height:
        place = "\r" + (f"|{grammar.opener}" if grammar.opener else "")
        pieces = (
            glued.select("row", text.str.replace_all(place, _CUT + "${0}").str.split(_CUT).alias("seg"))
            .explode("seg")
            .with_columns(seg.str.len_chars().alias("size"))
            .select("row", (pl.col("size").cum_sum().over("row") - pl.col("size")).alias("col"), "seg")
        )
        segments = pl.concat([segments, pieces]).sort("row", "col")
    segments = _stripped(segments)
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
    """Each rule's lines among `segments` (as `cut` gives them). A segment is read by one rule, the first that reads
    it."""
    return one_rule_each(_read_all(segments, rules), rules)


def _read_lines(lines: pl.DataFrame, grammar: Grammar, rules: Sequence[Rule]) -> dict[str, pl.DataFrame]:
    """Each rule's lines among `lines` (row, text): gated, cut and read, in parts on all cores."""
    gate = literals(rules)

    def one(part: pl.DataFrame) -> dict[str, pl.DataFrame]:
        return _read_all(cut(part.filter(contains(pl.col("text"), gate)), grammar), rules)

    parts = in_threads(one, list(lines.iter_slices(_PART_LINES)), lines.height)
    found: dict[str, list[pl.DataFrame]] = {}
    for part in parts:
        for name, hits in part.items():
            found.setdefault(name, []).append(hits)
    return {name: pl.concat(hits, rechunk=True) for name, hits in found.items()}


def _read_all(segments: pl.DataFrame, rules: Sequence[Rule]) -> dict[str, pl.DataFrame]:
    """Each rule's lines among `segments`, whatever other rules read."""
    read_by = {rules[index].name: read(here, rules[index]) for index, here in _candidates(segments, rules).items()}
    return {name: hits for name, hits in read_by.items() if hits.height}


def _candidates(segments: pl.DataFrame, rules: Sequence[Rule]) -> dict[int, pl.DataFrame]:
    """Index of a rule -> the segments that hold one of its literals: one pass for all rules together."""
    gates = pl.DataFrame(
        [(text, i) for i, rule in enumerate(rules) for text in rule.compiled.literals],
        schema={"text": pl.String, "rule": pl.UInt16},
        orient="row",
    )
    if not segments.height or not gates.height:
        return {}
    words = gates["text"].unique().sort().to_list()
    held = (
        segments.lazy()
        .select(pl.col("seg").str.extract_many(words, overlapping=True).alias("text"))
        .with_row_index("i")
        .explode("text")
        .filter(pl.col("text").is_not_null())
        .join(gates.lazy(), on="text")
        .select("rule", "i")
        .unique()
        .sort("rule", "i")
        .collect()
    )
    return {int(rule): segments[part["i"]] for (rule,), part in held.partition_by("rule", as_dict=True).items()}


def one_rule_each(found: dict[str, pl.DataFrame], rules: Sequence[Rule]) -> dict[str, pl.DataFrame]:
    """Where two rules read one segment, the one declared first keeps it."""
    exclusive = [r.name for r in rules if r.name in found and "anywhere" not in r.marked]
    if not exclusive:
        return found
    places = pl.concat([found[name]["pos"] for name in exclusive])
    if places.n_unique() == places.len():
        return found
    order = pl.concat([full(i, found[name].height, pl.Int32()) for i, name in enumerate(exclusive)])
    lost = pl.DataFrame({"pos": places, "order": order}).filter(pl.col("order") > pl.col("order").min().over("pos"))
    out = dict(found)
    for (i,), mine in lost.partition_by("order", as_dict=True).items():
        name = exclusive[i]
        out[name] = found[name].join(mine, on="pos", how="anti", maintain_order="left")
    return {name: hits for name, hits in out.items() if hits.height}


def _sources(batch: Batch, hits: Iterable[pl.DataFrame]) -> set[int]:
    """Indices of the sources of these lines."""
    rows = [h["row"] for h in hits]
    if not rows:
        return set()
    here = pl.DataFrame({"row": pl.concat(rows)}).select(batch.source_of(pl.col("row")).unique())
    return set(here.to_series().to_list())


def rules_of(grammar: Grammar, shared: Sequence[Rule]) -> list[Rule]:
    """The grammar's rules and the shared ones; a vendor's own takes the place of the shared one of its name."""
    return [*grammar.rules, *(rule for rule in shared if not grammar.has(rule.name))]


def match(batch: Batch, grammars: Sequence[Grammar], shared: Sequence[Rule]) -> tuple[list[Hits], pl.Series]:
    """What the rules that say something read in the sources that are its platform's, with the rules that several
    platforms share; and the blank rows. Rules that only name lines are left to `known`."""
    wanted = {g.name: [r for r in rules_of(g, shared) if g.speaks(r) or "telling" in r.marked] for g in grammars}
    speaking = [rule for g in grammars for rule in wanted[g.name] if g.speaks(rule)]
    telling = [rule for g in grammars for rule in wanted[g.name] if not g.speaks(rule)]
    scanned = scan(batch, speaking, telling, grammars)

    def one(grammar: Grammar) -> Hits:
        rules = wanted[grammar.name]
        telling = [rule for rule in rules if "telling" in rule.marked]
        told = _read_lines(scanned.gated, grammar, telling)
        found = {rule: hits for (name, rule), hits in scanned.frequent.items() if name == grammar.name and hits.height}
        frequent = [hits for rule, hits in found.items() if "telling" in grammar.rule(rule).marked]
        sources = _sources(batch, [*told.values(), *frequent])
        if not sources:
            return Hits(grammar)
        # Only now the lines that do not tell: what a shared rule may read stands in every platform's logs.
        rest = [rule for rule in rules if "telling" not in rule.marked]
        lines = scanned.gated
        if len(sources) < len(batch.sources):
            here = batch.source_of(pl.col("row")).is_in(sorted(sources))
            lines = lines.filter(here)
            found = {rule: hits.filter(here) for rule, hits in found.items()}
        others = _read_lines(lines, grammar, rest)
        for rule, hits in one_rule_each(told | others, rules).items():
            found[rule] = (
                pl.concat([found[rule], hits.select(found[rule].columns)]).sort("pos") if rule in found else hits
            )
        return Hits(grammar, found, {rule.name: rule for rule in rules if rule.name in found}, frozenset(sources))

    return [hits for hits in in_threads(one, grammars, batch.height) if hits.by_rule], scanned.blank
