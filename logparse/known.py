"""Lines that a rule only names: nothing is taken from them, and all that is wanted is that they are known.

They are most of many logs, so they are not read rule by rule: where no other rule has read a line, a few patterns that
stand for many rules at once say whether it is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from logparse.batch import SLICE_BYTES, Batch, contains, in_threads, literals, text_of, without
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

    def one(item: tuple[Sequence[Grammar], Sequence[_Piece]]) -> pl.Series:
        grammars, parts = item
        lines = pl.read_lines(text_of([(text, start, end) for text, start, end, _, _ in parts]), name="text")
        rows = pl.concat(pl.int_range(row, row + height, dtype=pl.UInt32, eager=True) for *_, row, height in parts)
        wanted = pl.concat(unread.slice(row, height) for *_, row, height in parts)
        lines = lines.with_columns(rows.alias("row")).filter(wanted)
        out = [rows.clear()]
        for grammar in grammars:
            here = _named(lines, *silent[grammar.name])
            lines = without(lines, here)
            out.append(here)
        return pl.concat(out)

    parts = in_threads(one, list(_work(batch, unread, named)), batch.height)
    return pl.concat(parts) if parts else pl.Series(dtype=pl.UInt32)


_Piece = tuple[bytes, int, int, int, int]
"""Part of a text: text, start, end; its first row, and how many lines it has."""


def _work(
    batch: Batch, unread: pl.Series, named: Mapping[int, Sequence[Grammar]]
) -> Iterator[tuple[Sequence[Grammar], Sequence[_Piece]]]:
    """Grammars, and pieces that hold some unread line; small sources of one platform together."""
    waiting: dict[tuple[str, ...], tuple[Sequence[Grammar], list[_Piece]]] = {}
    for index, grammars in sorted(named.items()):
        row, text = batch.first[index], batch.sources[index].text
        for start, end in pieces(text, SLICE_BYTES):
            height = text.count(b"\n", start, end) + (text[end - 1] != _NEWLINE)
            piece = (text, start, end, row, height)
            row += height
            if not unread.slice(piece[3], height).any():
                continue
            if end - start > _TOGETHER:
                yield grammars, [piece]
            else:
                waiting.setdefault(tuple(g.name for g in grammars), (grammars, []))[1].append(piece)
    yield from waiting.values()


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
    out = [pl.Series("row", [], dtype=pl.UInt32)]
    for at in range(0, len(rules), _AT_ONCE) if lines.height else ():
        some = rules[at : at + _AT_ONCE]
        pattern = "|".join(f"(?:{rule.compiled.pattern})" for rule in some)
        named = lines[column].str.contains(rf"^[ \t\r]*(?:{pattern})[ \t\r]*$")
        out.append(lines["row"].filter(named))
        lines = lines.filter(~named)
    return pl.concat(out)
