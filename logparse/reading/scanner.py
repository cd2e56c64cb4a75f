"""Patterns matched by the compiled scanner, which does in one call what takes polars a query or more for each rule.

The scanner (`_scanner.c`, `_pattern.c`) is optional: where it was not compiled, nothing here is available, and polars
reads every line. It also leaves lines to polars, so that it only has to take the plain ones, and each of these exactly
as `re` and polars do: with the same texts of all groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import polars as pl

from logparse.grammar import Rule

_compiled: Any
try:
    from logparse.reading import _scanner as _compiled
except ImportError:  # there was no compiler when logparse was installed
    _compiled = None

_Capsules: TypeAlias = tuple[object, object]
_MOST_BYTES = 2**30
_MOST_PATTERNS = 64


@dataclass(frozen=True, eq=False)
class Program:
    """A pattern for the scanner, anchored at both ends of a line or at neither."""

    capsule: object

    def can_contain(self, text: str) -> bool:
        """Whether a line that an anchored program takes may contain `text`. It may say so of a text that no such line
        contains."""
        return bool(_compiled.can_contain(self.capsule, text.encode()))

    def groups(self, text: str) -> list[tuple[int, str] | None] | None:
        """Where each group of the first match begins, in characters, and its text; None for a group that takes no part.
        Empty if there is no match; None instead of a list if that is undecided."""
        data = text.encode()
        spans = _compiled.spans(self.capsule, data)
        if spans is None:
            return None
        return [
            (len(data[:start].decode()), data[start:end].decode()) if end >= start >= 0 else None
            for start, end in spans
        ]


def program(pattern: str, is_anchored: bool = True) -> Program | None:
    """The program of a pattern without anchors; None if the scanner has no equivalent, or is not compiled."""
    capsule = _compiled.program(pattern.encode(), is_anchored) if _compiled else None
    return Program(capsule) if capsule is not None else None


def program_of(rule: Rule) -> Program | None:
    """The program of the pattern of a rule; None as with `program`."""
    return program(rule.compiled.pattern, "unanchored" not in rule.marked)


class _Arrow:
    """An array in Arrow's C data interface."""

    def __init__(self, capsules: _Capsules) -> None:
        self._capsules = capsules

    # A method of Arrow's protocol.
    def __arrow_c_array__(self, requested_schema: object = None) -> _Capsules:
        return self._capsules


def _frame(capsules: _Capsules) -> pl.DataFrame:
    return pl.Series(_Arrow(capsules)).struct.unnest()


# ---- whole lines, for a few rules that read many of them ---- #


@dataclass(frozen=True)
class ScannedLines:
    """others: lines (row, text) that no pattern takes. undecided: lines that some pattern may take. taken: for each
    pattern the lines that it takes: row, "0" (the line, if it is kept), and the texts of its groups "1", "2", …."""

    others: pl.DataFrame
    undecided: pl.DataFrame
    taken: list[pl.DataFrame]


def scan(text: bytes, patterns: Sequence[tuple[Program, Iterable[str], bool]]) -> ScannedLines | None:
    """The lines of `text`, by the pattern that takes each: the first one that can.

    patterns: a program, texts of which a line that it takes contains none, and whether the line is kept.

    None where the scanner is not compiled, or the text is too long for it.
    """
    if _compiled is None or len(text) > _MOST_BYTES or len(patterns) > _MOST_PATTERNS:
        return None
    given = tuple(
        (program.capsule, tuple(rival.encode() for rival in rivals), keeps_line)
        for program, rivals, keeps_line in patterns
    )
    others, undecided, *taken = map(_frame, _compiled.scan(text, given))
    return ScannedLines(others.rename({"0": "text"}), undecided.rename({"0": "text"}), taken)


# ---- columns of texts, for all rules of a grammar ---- #


@dataclass(frozen=True)
class ReadTexts:
    """undecided: rows of the texts that some rule may read. read: index of each rule that reads any -> the rows of
    these, and the columns "1", "2", … of its groups."""

    undecided: pl.Series
    read: dict[int, tuple[pl.Series, pl.DataFrame]]


class Reader:
    """Several rules, by which a column of texts is read in one pass. They are compiled when they are needed."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules

    @cached_property
    def _reader(self) -> object:
        given = []
        for rule in self._rules:
            program = program_of(rule)
            literals = tuple(map(str.encode, rule.compiled.literals))
            given.append((program and program.capsule, literals, "unanchored" not in rule.marked))
        return _compiled.reader(tuple(given))

    def read(self, texts: pl.Series) -> ReadTexts | None:
        """What each rule reads: an exclusive rule the texts that no other one before it reads, an unanchored rule any.
        None where polars has the texts in another layout than the scanner knows."""
        found = _compiled.read(self._reader, texts.__arrow_c_stream__())
        if found is None:
            return None
        undecided, read = pl.Series(dtype=pl.UInt32), {}
        for rule, capsules in found:
            groups = _frame(capsules)
            rows = groups.drop_in_place("row")
            if rule < 0:
                undecided = rows
            else:
                read[rule] = rows, groups
        return ReadTexts(undecided, read)


def reader(rules: Sequence[Rule]) -> Reader | None:
    """The reader of these rules; None where the scanner is not compiled. A rule without a program leaves the texts with
    one of its literals undecided."""
    return Reader(rules) if _compiled else None


class Finder:
    """Words that are searched for in a column of texts."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words

    @cached_property
    def _reader(self) -> object:
        return _compiled.reader(((None, tuple(map(str.encode, self._words)), True),))

    def rows(self, texts: pl.Series) -> pl.Series | None:
        """The rows of the texts that contain a word, in order. None as with `Reader.read`."""
        found = _compiled.gated(self._reader, texts.__arrow_c_stream__())
        return None if found is None else _frame(found)["row"]


def finder(words: Sequence[str]) -> Finder | None:
    """The finder of these words; None where the scanner is not compiled."""
    return Finder(words) if _compiled else None
