"""Lines that a rule only names: nothing is taken from them, and all that is wanted is that they are known.

They are most of many logs, so they are not read rule by rule: where no other rule has read a line, a few patterns that
stand for many rules at once say whether it is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from logparse.batch import SLICE_BYTES, Batch, contains, in_threads, literals, without
from logparse.grammar import Grammar, Rule
from logparse.match import cut, rules_of
from logparse.reader import pieces

_AT_ONCE = 20
"""Rules in one pattern: more would not fit the automaton's cache."""


def known(batch: Batch, unread: pl.Series, named: Mapping[int, Sequence[Grammar]], shared: Sequence[Rule]) -> pl.Series:
    """Rows among `unread` (a mask over the lines of the batch) that a silent rule names.

    named: index of a source -> grammars whose platform it is.
    """
    silent = {
        g.name: (g, [rule for rule in rules_of(g, shared) if not g.speaks(rule)])
        for some in named.values()
        for g in some
    }

    def one(item: tuple[Sequence[Grammar], bytes, pl.Series]) -> pl.Series:
        grammars, text, rows = item
        lines = pl.read_lines(text, name="text").with_columns(rows.alias("row")).filter(unread.gather(rows))
        out = [rows.clear()]
        for grammar in grammars:
            here = _named(lines, *silent[grammar.name])
            lines = without(lines, here)
            out.append(here)
        return pl.concat(out)

    parts = in_threads(one, list(_work(batch, unread, named)), batch.height)
    return pl.concat(parts) if parts else pl.Series(dtype=pl.UInt32)


def _work(
    batch: Batch, unread: pl.Series, named: Mapping[int, Sequence[Grammar]]
) -> Iterator[tuple[Sequence[Grammar], bytes, pl.Series]]:
    """Grammars, text and rows of pieces that hold some unread line; small sources of one platform together."""
    waiting: dict[tuple[str, ...], tuple[Sequence[Grammar], list[bytes], list[pl.Series]]] = {}
    for index, grammars in sorted(named.items()):
        row, text = batch.first[index], batch.sources[index].text
        for start, end in pieces(text, SLICE_BYTES):
            height = text.count(b"\n", start, end) + (text[end - 1] != _NEWLINE)
            rows, row = (row, row + height), row + height
            if not unread.slice(rows[0], height).any():
                continue
            piece = text[start:end]
            numbers = pl.int_range(*rows, dtype=pl.UInt32, eager=True)
            if len(piece) > _TOGETHER:
                yield grammars, piece, numbers
                continue
            key = tuple(g.name for g in grammars)
            _, texts, all_rows = waiting.setdefault(key, (grammars, [], []))
            texts.append(piece if piece.endswith(b"\n") else piece + b"\n")
            all_rows.append(numbers)
    for grammars, texts, all_rows in waiting.values():
        yield grammars, b"".join(texts), pl.concat(all_rows)


_NEWLINE = ord("\n")
_TOGETHER = 2**20
"""Pieces up to this size are read in one go."""


def _named(lines: pl.DataFrame, grammar: Grammar, rules: Sequence[Rule]) -> pl.Series:
    """Rows of `lines` (row, text) that one of `rules` names: as they stand, or one of the segments they are cut
    into."""
    text = pl.col("text")
    lines = lines.filter(contains(text, literals(rules)))
    whole = _rows(lines, rules, "text")
    lines = without(lines, whole)
    glued = text.str.contains("\r", literal=True)
    if grammar.opener:
        glued = glued | text.str.contains(f".(?:{grammar.opener})")
    if grammar.prefix_compiled:
        glued = glued | contains(text, grammar.prefix_compiled.literals)
    lines = lines.filter(glued)
    if not lines.height:
        return whole
    return pl.concat([whole, _rows(cut(lines, grammar), rules, "seg").unique()])


def _rows(lines: pl.DataFrame, rules: Sequence[Rule], column: str) -> pl.Series:
    """Rows of `lines` whose `column` one of `rules` reads."""
    text = pl.col(column)
    out = [pl.Series("row", [], dtype=pl.UInt32)]
    for at in range(0, len(rules), _AT_ONCE):
        some = rules[at : at + _AT_ONCE]
        pattern = "|".join(f"(?:{rule.compiled.pattern})" for rule in some)
        here = lines.filter(contains(text, literals(some)))
        rows = here.filter(text.str.contains(rf"^[ \t\r]*(?:{pattern})[ \t\r]*$"))["row"]
        out.append(rows)
        lines = lines.filter(~pl.col("row").is_in(rows.implode())) if rows.len() else lines
    return pl.concat(out)
