"""Patterns as programs of the compiled scanner, which reads dense lines several times as fast as polars.

The scanner (`_scanner.c`) is optional: where it was not compiled, `scan` is not available, and polars reads every line.
It also leaves lines to polars, so that it only has to take the plain ones, and each of these exactly as `re` and polars
do: with the same texts of all groups.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any, TypeAlias

import polars as pl

_Encoded: TypeAlias = tuple[bytes, bytes, bytes, bytes, int, bool]
_Capsules: TypeAlias = tuple[object, object]
_compiled: Callable[[bytes, tuple[_Encoded, ...]], list[_Capsules]] | None
try:
    from logparse.reading._scanner import scan as _compiled
except ImportError:  # there was no compiler when logparse was installed
    _compiled = None

_ASCII = frozenset(range(128)) - {ord("\n")}
_BEYOND = frozenset(range(128, 256))
"""The bytes of all characters that are not ASCII: a set has all of these characters or none."""
_UNLIMITED = 2**31 - 1
_MOST_WORDS = 4_000
"""Of a program, and bytes of its literals."""
_MOST_BYTES = 2**30
_MOST_PATTERNS = 64
_MOST_COPIES = 8
"""Of a part that is repeated."""
_MOST_GROUPS = 32


class _UnsuitableError(Exception):
    """The scanner has no equivalent of a form."""


@dataclass(frozen=True)
class _Step:
    """One instruction. `to`: index of the instruction that comes next (JUMP), or if what follows fails (SPLIT)."""

    name: str
    text: bytes = b""
    chars: frozenset[int] = frozenset()
    least: int = 0
    most: int = 0
    to: int = 0


_CODES = {"end": 0, "literal": 1, "set": 2, "split": 3, "jump": 4, "save": 5}
_RUN = 6
_WORDS = {"end": 1, "literal": 3, "set": 4, "split": 2, "jump": 2, "save": 2}


_State: TypeAlias = tuple[int, int]
"""Index of a step, and place in its text."""


@dataclass(frozen=True)
class Program:
    """A pattern for the scanner, anchored at both ends of a line."""

    steps: tuple[_Step, ...]
    groups: int

    def can_contain(self, text: str) -> bool:
        """Whether a line that it takes may contain `text`. It may say so of a text that no such line contains."""
        states: Iterable[_State] = self._moves
        for byte in text.encode():
            states = {after for state in states for after in self._moves[state].get(byte, ())}
        return bool(states)

    @cached_property
    def _moves(self) -> dict[_State, dict[int, frozenset[_State]]]:
        """Each state in which a byte is taken, or the line ends -> the states after each byte that is taken."""
        moves: dict[_State, dict[int, frozenset[_State]]] = {}
        for i, step in enumerate(self.steps):
            for k, byte in enumerate(step.text):
                is_last = k + 1 == len(step.text)
                moves[i, k] = {byte: self._closed((i + 1, 0)) if is_last else frozenset({(i, k + 1)})}
            if step.name == "set":
                moves[i, 0] = dict.fromkeys(step.chars, self._closed((i + 1, 0)) | {(i, 0)})
            elif step.name == "end":
                moves[i, 0] = {}
        return moves

    def _closed(self, start: _State) -> frozenset[_State]:
        """The states in which a byte is taken that follow without one."""
        out: set[_State] = set()
        seen: set[_State] = set()
        waiting = [start]
        while waiting:
            state = i, _ = waiting.pop()
            if state in seen:
                continue
            seen.add(state)
            step = self.steps[i]
            if step.name in ("literal", "set", "end"):
                out.add(state)
            if step.name == "split":
                waiting += (i + 1, 0), (step.to, 0)
            elif step.name == "jump":
                waiting.append((step.to, 0))
            elif step.name == "save" or (step.name == "set" and step.least == 0):
                waiting.append((i + 1, 0))
        return frozenset(out)

    def _gives_nothing_back(self, index: int) -> bool:
        """Whether what follows a set begins with none of its characters, so that it must take as many as it can."""
        follow = {byte for state in self._closed((index + 1, 0)) for byte in self._moves[state]}
        return self.steps[index].chars.isdisjoint(follow)

    def encoded(self, rivals: Iterable[str], keeps_line: bool) -> _Encoded:
        """The program as `_scanner.scan` takes it."""
        places = [0]
        for step in self.steps:
            places.append(places[-1] + _WORDS[step.name])
        sets = list(dict.fromkeys(step.chars for step in self.steps if step.name == "set"))
        code: list[int] = []
        literals = b""
        for i, step in enumerate(self.steps):
            code.append(_RUN if step.name == "set" and self._gives_nothing_back(i) else _CODES[step.name])
            if step.name == "literal":
                code += len(literals), len(step.text)
                literals += step.text
            elif step.name == "set":
                code += sets.index(step.chars), step.least, step.most
            elif step.name != "end":
                code.append(step.to if step.name == "save" else places[step.to])
        bounds: list[int] = []
        frequent = literals
        for rival in (text.encode() for text in rivals):
            bounds += len(literals), len(rival), min(range(len(rival)), key=lambda i: _frequency(rival[i], frequent))
            literals += rival
        tables = b"".join(bytes(code in chars for code in range(256)) for chars in sets)
        return _words(code), literals, tables, _words(bounds), self.groups, keeps_line


def _frequency(byte: int, literals: bytes) -> int:
    """How often a byte occurs in a line, about."""
    return literals.count(byte) + 10 * (byte in b"0123456789.,:- ")


def _words(numbers: Sequence[int]) -> bytes:
    return struct.pack(f"={len(numbers)}i", *numbers)


@cache
def program(pattern: str) -> Program | None:
    """The program of a pattern without anchors; None if the scanner has no equivalent."""
    parsed = sre_parser.parse(pattern)
    steps: list[_Step] = []
    try:
        _add(parsed, steps)
    except _UnsuitableError:
        return None
    groups = parsed.state.groups - 1
    is_long = sum(_WORDS[step.name] + len(step.text) for step in steps) > _MOST_WORDS
    return None if is_long or groups > _MOST_GROUPS else Program((*steps, _Step("end")), groups)


def _add(items: Any, steps: list[_Step]) -> None:
    """Add the steps of a parsed pattern."""
    literal = b""
    for op, value in [*items, (None, None)]:
        if op is sre.LITERAL:
            literal += chr(value).encode()
            continue
        if literal:
            steps.append(_Step("literal", literal))
            literal = b""
        if op is None:
            return
        if (chars := _chars(op, value)) is not None:
            steps.append(_Step("set", chars=chars, least=1, most=1))
        elif op is sre.SUBPATTERN:
            group, added, removed, inner = value
            if added or removed:
                raise _UnsuitableError
            if group is not None:
                steps.append(_Step("save", to=2 * group - 2))
            _add(inner, steps)
            if group is not None:
                steps.append(_Step("save", to=2 * group - 1))
        elif op is sre.BRANCH:
            _add_branches(value[1], steps)
        elif op is sre.MAX_REPEAT:
            least, most, inner = value
            _add_repeat(least, most, inner, steps)
        else:
            raise _UnsuitableError


def _chars(op: Any, value: Any) -> frozenset[int] | None:
    """The bytes with which a character begins that a form for one character matches; None if it is another form."""
    if op is sre.ANY:
        return _ASCII | _BEYOND
    if op is sre.LITERAL:
        return frozenset({value}) if value in _ASCII else None
    if op is sre.NOT_LITERAL:
        op, value = sre.IN, [(sre.NEGATE, None), (sre.LITERAL, value)]
    if op is not sre.IN:
        return None
    chars: set[int] = set()
    for kind, content in value:
        if kind is sre.LITERAL:
            chars.add(content)
        elif kind is sre.RANGE:
            chars.update(range(content[0], content[1] + 1))
        elif kind is not sre.NEGATE:
            raise _UnsuitableError
    if max(chars) > 127:
        raise _UnsuitableError
    return (_ASCII | _BEYOND) - chars if value[0][0] is sre.NEGATE else _ASCII & chars


def _add_branches(branches: Sequence[Any], steps: list[_Step]) -> None:
    ends = []
    for branch in branches[:-1]:
        at = len(steps)
        steps.append(_Step("split"))
        _add(branch, steps)
        ends.append(len(steps))
        steps.append(_Step("jump"))
        steps[at] = _Step("split", to=len(steps))
    _add(branches[-1], steps)
    for end in ends:
        steps[end] = _Step("jump", to=len(steps))


def _add_repeat(least: int, most: Any, inner: Any, steps: list[_Step]) -> None:
    is_unlimited = most is sre.MAXREPEAT
    if len(inner) == 1 and (chars := _chars(*inner[0])) is not None:
        steps.append(_Step("set", chars=chars, least=least, most=_UNLIMITED if is_unlimited else most))
        return
    # An empty text could be repeated forever, and engines differ in the group that they give for it.
    can_be_empty = inner.getwidth()[0] == 0 and most > 1
    if can_be_empty or least > _MOST_COPIES or (not is_unlimited and most > _MOST_COPIES):
        raise _UnsuitableError
    for _ in range(least):
        _add(inner, steps)
    splits = []
    for _ in range(1 if is_unlimited else most - least):
        splits.append(len(steps))
        steps.append(_Step("split"))
        _add(inner, steps)
    if is_unlimited:
        steps.append(_Step("jump", to=splits[0]))
    for at in splits:
        steps[at] = _Step("split", to=len(steps))


class _Arrow:
    """An array in Arrow's C data interface."""

    def __init__(self, capsules: _Capsules) -> None:
        self._capsules = capsules

    # A method of Arrow's protocol.
    def __arrow_c_array__(self, requested_schema: object = None) -> _Capsules:
        return self._capsules


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
    encoded = tuple(program.encoded(rivals, keeps_line) for program, rivals, keeps_line in patterns)
    others, undecided, *taken = (pl.Series(_Arrow(each)).struct.unnest() for each in _compiled(text, encoded))
    return ScannedLines(others.rename({"0": "text"}), undecided.rename({"0": "text"}), taken)
