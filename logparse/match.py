"""The fast path: lines of many sources at once, cut into segments, gated by literals, read by one regular expression a
rule.

All work is polars over whole columns. A line is known by `row`, its number in the batch counted from 0; a place by
`pos`,
row and column in one number, so that order is the order of numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from logparse.batch import Batch, contains, in_threads, literals, read, scan
from logparse.grammar import Grammar, Rule

_CUT = "\x1e"
"""Marks a cut; the reader lets no such character through."""
_SAMPLE = 300
"""Segments looked at to find which rules are frequent."""
_DETECT = 400
"""Lines of a source tried first when its platform is looked for."""


@dataclass
class Hits:
    """What the rules of one grammar read in a batch.

    by_rule: rule name -> frame with pos (UInt64), row, col (UInt32), seg (the segment), tag (Int64: rank of its tag,
    or null), and
    for each captured name its value and `name:text`.
    """

    grammar: Grammar
    by_rule: dict[str, pl.DataFrame] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)

    def get(self, rule: str) -> pl.DataFrame | None:
        """Lines of that rule, or None where it read none."""
        return self.by_rule.get(rule)


def cut(lines: pl.DataFrame, grammar: Grammar) -> pl.DataFrame:
    """Segments of `lines` (row, text): at carriage returns and before each opening text of the grammar.

    Returns row, col (from 0, in characters), seg (stripped, never empty), tag (rank of the record's tag, or null).
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
    if compiled is None:
        return segments.with_columns(pl.lit(None, pl.Int64).alias("tag"))
    rank = next(i for i, g in enumerate(compiled.groups, start=1) if g.name == "rank")
    tagged, pattern = contains(seg, compiled.literals), f"^(?:{compiled.pattern})"
    bare = pl.when(tagged).then(seg.str.replace(pattern, "")).otherwise(seg)
    segments = segments.select(
        "row",
        (pl.col("col") + seg.str.len_chars() - bare.str.len_chars()).alias("col"),
        bare.alias("seg"),
        pl.when(tagged).then(seg.str.extract(pattern, rank)).cast(pl.Int64, strict=False).alias("tag"),
    )
    return _stripped(segments)


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
    order = {rule.name: i for i, rule in enumerate(rules)}
    found: dict[str, pl.DataFrame] = {}
    pool = segments
    for rule in _frequent_first(segments, rules):
        anywhere = "anywhere" in rule.marked
        here = (segments if anywhere else pool).filter(contains(pl.col("seg"), rule.compiled.literals))
        if not here.height:
            continue
        hits = read(here, rule)
        if not hits.height:
            continue
        found[rule.name] = hits
        if not anywhere and hits.height > 1000:
            pool = pool.join(hits.select("row", "col"), on=["row", "col"], how="anti", maintain_order="left")
    return _one_rule_each(found, rules, order)


def _frequent_first(segments: pl.DataFrame, rules: Sequence[Rule]) -> Sequence[Rule]:
    """Rules in the order in which they thin out the pool: what many lines are is taken away first."""
    if segments.height < 10 * _SAMPLE:
        return rules
    sample = segments.gather_every(segments.height // _SAMPLE)
    seg = pl.col("seg")
    counts = sample.select(
        (contains(seg, r.compiled.literals) & seg.str.contains(r.pattern)).sum().alias(r.name) for r in rules
    ).row(0, named=True)
    return sorted(rules, key=lambda r: -counts[r.name])


def _one_rule_each(
    found: dict[str, pl.DataFrame], rules: Sequence[Rule], order: dict[str, int]
) -> dict[str, pl.DataFrame]:
    """Where two rules read one segment, the one declared first keeps it."""
    exclusive = [r for r in rules if r.name in found and "anywhere" not in r.marked]
    if sum(found[r.name].height for r in exclusive) < 2:
        return found
    keys = pl.concat([found[r.name].select("pos", pl.lit(order[r.name], pl.Int32).alias("order")) for r in exclusive])
    if keys["pos"].is_unique().all():
        return found
    first = keys.group_by("pos").agg(pl.col("order").min())
    out = dict(found)
    for rule in exclusive:
        mine = first.filter(pl.col("order") == order[rule.name]).select("pos")
        out[rule.name] = found[rule.name].join(mine, on="pos", how="semi", maintain_order="left")
    return {name: hits for name, hits in out.items() if hits.height}


def detect(batch: Batch, lines: pl.DataFrame, grammar: Grammar) -> set[int]:
    """Indices of the sources in which a telling line of `grammar` stands, among gated `lines` (row, text)."""
    telling = [rule for rule in grammar.rules if "telling" in rule.marked]
    gated = lines.filter(contains(pl.col("text"), literals(telling)))
    if not gated.height:
        return set()
    gated = gated.with_columns(batch.source_of(pl.col("row")).alias("source"))
    head = gated.group_by("source", maintain_order=True).head(_DETECT)
    found: set[int] = set()
    for part in (head, gated) if head.height < gated.height else (gated,):
        part = part.filter(~pl.col("source").is_in(sorted(found)))
        if part.height:
            for hits in run_rules(cut(part.select("row", "text"), grammar), telling).values():
                found |= set(hits.select(batch.source_of(pl.col("row")).unique()).to_series().to_list())
    return found


def match(batch: Batch, grammars: Sequence[Grammar], shared: Sequence[Rule]) -> tuple[list[Hits], pl.Series]:
    """What each grammar reads in the sources that are its platform's, with the rules that several platforms share; and
    the blank rows."""
    scanned = scan(batch, grammars, shared)

    def one(grammar: Grammar) -> Hits:
        frequent = {
            rule: hits for (name, rule), hits in scanned.frequent.items() if name == grammar.name and hits.height
        }
        sources = detect(batch, scanned.gated, grammar)
        for rule, hits in frequent.items():
            if "telling" in grammar.rule(rule).marked:
                sources |= set(hits.select(batch.source_of(pl.col("row")).unique()).to_series().to_list())
        if not sources:
            return Hits(grammar)
        # A vendor's rule takes the place of a shared one of its name.
        own = {rule.name for rule in grammar.rules}
        rules = [*grammar.rules, *(rule for rule in shared if rule.name not in own)]
        lines = scanned.gated
        if len(sources) < len(batch.sources):
            here = batch.source_of(pl.col("row")).is_in(sorted(sources))
            lines = lines.filter(here)
            frequent = {rule: hits.filter(here) for rule, hits in frequent.items()}
        lines = lines.filter(contains(pl.col("text"), literals(rules)))
        found = run_rules(cut(lines, grammar), rules)
        for rule, hits in frequent.items():
            found[rule] = pl.concat([hits, found[rule].select(hits.columns)]).sort("pos") if rule in found else hits
        return Hits(grammar, found, {rule.name: rule for rule in rules if rule.name in found})

    return [hits for hits in in_threads(one, grammars) if hits.by_rule], scanned.blank
