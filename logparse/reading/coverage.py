"""Lines that a rule only names: nothing is taken from them, and all that is wanted is that they are known.

They are most of many logs, so they are not read rule by rule: where no other rule has read a line, a few patterns that
stand for many rules at once say whether it is known.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from logparse.grammar import Grammar, Rule
from logparse.grammar.compile import ends_unbounded
from logparse.reading.match import Hits, cut, rules_of
from logparse.reading.scan import Batch, contains, literals, without
from logparse.reading.threads import WORTH_THREADS, in_threads

_AT_ONCE = 20
"""Rules in one pattern: more would not fit the automaton's cache."""
_SAMPLE = 200
"""Lines looked at to find which rules are frequent."""


def known(
    batch: Batch, hits: Sequence[Hits], lines: Sequence[pl.DataFrame], unread: pl.Series, shared: Sequence[Rule]
) -> tuple[pl.Series, pl.Series]:
    """Rows among `lines` (row, text) that a silent rule names, and the blank ones.

    hits: the grammars, each with the sources whose platform it is. unread: a mask over the lines of the batch.
    """
    left = [part.filter(unread.gather(part["row"])) for part in lines]
    silent = {
        h.grammar: [rule for rule in rules_of(h.grammar, shared) if not h.grammar.extracts_data(rule)] for h in hits
    }
    frequent = {grammar: _frequent(left, rules) for grammar, rules in silent.items()}

    def one(part: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
        named = []
        for h in hits:
            mine = part
            if len(h.sources) < len(batch.sources):
                mine = part.filter(batch.source_of(pl.col("row")).is_in(sorted(h.sources)))
            named.append(_named(mine, h.grammar, silent[h.grammar], frequent[h.grammar]))
            part = without(part, named[-1])
        blank = part.filter(pl.col("text").str.contains(r"^[ \t\r]*$"))["row"]
        return pl.concat([*named, blank.clear()]), blank

    none = pl.Series("row", dtype=pl.UInt32)
    parts = [(none, none), *in_threads(one, left, batch.height)]
    return pl.concat(named for named, _ in parts), pl.concat(blank for _, blank in parts)


def _frequent(lines: Sequence[pl.DataFrame], rules: Sequence[Rule]) -> list[str]:
    """Patterns of those `rules` that read some of a sample of `lines`; none where there are few lines."""
    height = sum(part.height for part in lines)
    if height < WORTH_THREADS:
        return []
    sample = pl.concat(part["text"].gather_every(max(height // _SAMPLE, 1)) for part in lines).str.strip_chars(" \t\r")
    everything = "\n".join(sample)
    held = [rule for rule in rules if any(text in everything for text in rule.compiled.literals)]
    return [_first(rule) for rule in held if sample.str.contains(rule.pattern).any()]


def _first(rule: Rule) -> str:
    """As `_whole`, and not looking for the end of the line where free text goes before it: twice as fast."""
    return rule.compiled.pattern if ends_unbounded(rule.expr) else _whole(rule)


def _whole(rule: Rule) -> str:
    """The pattern of `rule` from the first character that is no white space to the last."""
    return rf"{rule.compiled.pattern}[ \t\r]*$"


def _named(lines: pl.DataFrame, grammar: Grammar, rules: Sequence[Rule], frequent: Sequence[str]) -> pl.Series:
    """Rows of `lines` (row, text) that one of `rules` names: as they stand, or one of the segments they are cut into.

    Most lines are named by the `frequent` patterns, and are spared the gate.
    """
    text, patterns = pl.col("text"), [_whole(rule) for rule in rules]
    often = _rows(lines, frequent, "text")
    lines = without(lines, often).filter(contains(text, literals(rules)))
    whole = _rows(lines, patterns, "text")
    lines = without(lines, whole)
    glued = text.str.contains("\r", literal=True)
    if grammar.record_start:
        glued = glued | text.str.contains(f".(?:{grammar.record_start})")
    if grammar.prefix_compiled:
        glued = glued | contains(text, grammar.prefix_compiled.literals)
    lines = lines.filter(glued)
    if not lines.height:
        return pl.concat([often, whole])
    return pl.concat([often, whole, _rows(cut(lines, grammar), patterns, "seg").unique()])


def _rows(lines: pl.DataFrame, patterns: Sequence[str], column: str) -> pl.Series:
    """Rows of `lines` whose `column` one of `patterns` reads, white space before it left out."""
    out = [pl.Series("row", [], dtype=pl.UInt32)]
    for at in range(0, len(patterns), _AT_ONCE) if lines.height else ():
        some = "|".join(f"(?:{pattern})" for pattern in patterns[at : at + _AT_ONCE])
        named = lines[column].str.contains(rf"^[ \t\r]*(?:{some})")
        out.append(lines["row"].filter(named))
        lines = lines.filter(~named)
    return pl.concat(out)
