"""Tokens: the variable parts of a line. A rule combines them with the fixed text of the line."""

from __future__ import annotations

from collections.abc import Sequence

import pyparsing as pp

from logparse.errors import GrammarError, nearest
from logparse.grammar.pattern import escape
from logparse.grammar.units import is_unit, unit_names


def in_unit(token: pp.ParserElement, unit: str) -> pp.ParserElement:
    """`token`, printed in `unit`: a key of `units.UNITS`, one of `units.SPECIAL`, or a date format with %.

    Raises `GrammarError` for an unknown unit.
    """
    if not is_unit(unit):
        raise GrammarError(
            f"unknown unit {unit!r}", where=f"in_unit(..., {unit!r})", help=nearest(unit, sorted(unit_names()))
        )
    copy = token.copy()
    copy.unit = unit  # type: ignore[attr-defined]
    return copy


# Each character alone decides which branch is taken: Rust then runs the whole rule in one pass, twice as fast.
_REAL = (
    r"[-+]?(?:[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?"
    r"|nan|N(?:aN|AN)|inf|I(?:nf|NF))"
)

integer = pp.Regex(r"[-+]?[0-9]+")
"""A whole number."""
count = in_unit(pp.Regex(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+"), "1,000")
"""A whole number that may have thousands separators."""
real = pp.Regex(_REAL)
"""A number: decimals, exponents, nan and inf."""
grouped = in_unit(pp.Regex(_REAL.replace("[0-9]+", "[0-9]+(?:,[0-9]{3})*", 1)), "1,000")
"""A number that may have thousands separators and decimals."""
percent = in_unit(real, "%")
"""The number before a percent sign; its value is a fraction from 0 to 1."""
word = pp.Regex(r"[^ \t,;]+")
"""One or more characters other than blanks, commas and semicolons."""
name = pp.Regex(r"[A-Za-z_][A-Za-z0-9_]*")
"""An identifier."""
token = pp.Regex(r"[^ \t]+")
"""One or more characters other than blanks."""
rest = pp.Regex(r".*")
"""The rest of the segment, which may be empty. Use it last."""
nonempty = pp.Regex(r".+")
"""The rest of the segment, at least one character. Use it last."""
optional_blanks = pp.Regex(r"[ \t]*")
"""Blanks and tabs, or nothing."""
blanks = pp.Regex(r"[ \t]+")
"""One or more blanks and tabs."""
clock = in_unit(pp.Regex(r"[0-9]+(?::[0-9]{2}){1,2}(?:\.[0-9]+)?"), "clock")
"""[h:]mm:ss[.f], as a duration or a time of day in seconds."""
_SECONDS = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}"
timestamp = in_unit(pp.Regex(_SECONDS + r"(?:[,.][0-9]{3})?"), "%Y-%m-%d %H:%M:%S,%3f")
"""The timestamp of Python's logging, to the millisecond. Programs configure it with a `T` before the time, with a point
before the milliseconds, or without milliseconds."""
timestamp_seconds = in_unit(pp.Regex(_SECONDS), "%Y-%m-%d %H:%M:%S")
"""A timestamp to the second, with a blank or a `T` before the time."""


def unnamed(token: pp.ParserElement) -> pp.ParserElement:
    """A copy of `token` that captures nothing."""
    return token.copy()


def not_starting_with(*texts: str, until: str = "") -> pp.Regex:
    """One or more characters, up to the end of the segment or the first character of `until`, that do not start with
    any of `texts`: `not_starting_with("Error", "Warning")`. Use it last, or before a character of `until`."""
    return pp.Regex(_not_starting(sorted(set(texts)), f"[^{_in_class(until)}]" if until else ".", until))


def _not_starting(texts: Sequence[str], char: str, until: str) -> str:
    """A character that begins none of `texts`, and anything after it; or one that begins some, and what continues none
    of them."""
    firsts = sorted({text[0] for text in texts})
    branches = [f"[^{_in_class([*firsts, *until])}]{char}*"]
    for first in firsts:
        rest_of = [text[1:] for text in texts if text[0] == first]
        if all(rest_of):
            branches.append(f"{escape(first)}(?:{_not_starting(rest_of, char, until)})?")
    return "|".join(branches) if len(branches) == 1 else f"(?:{'|'.join(branches)})"


def not_containing(text: str) -> pp.Regex:
    """One or more characters, up to the end of the segment, that do not contain `text`: `not_containing("groq")`."""
    return pp.Regex(_not_containing(text))


def _not_containing(text: str) -> str:
    """The automaton that searches for `text`, as a regular expression. A state is the number of characters of `text`
    that have been read; the last one is left out, and the text may end in any other."""
    size, end = len(text), -1

    def after(state: int, char: str) -> int:
        read = text[:state] + char
        return next(n for n in range(len(read), -1, -1) if read.endswith(text[:n]))

    edges: dict[tuple[int, int], list[str]] = {}
    for state in range(size):
        for char in sorted(set(text)):
            if (to := after(state, char)) < size:
                edges.setdefault((state, to), []).append(escape(char))
        edges.setdefault((state, 0), []).append(f"[^{_in_class(sorted(set(text)))}]")
        edges[state, end] = [""]
    # Each state but the first is replaced by the paths through it.
    for state in range(size - 1, 0, -1):
        again = edges.pop((state, state), None)
        loop = f"{_one_of(again)}*" if again else ""
        paths = {b: edges.pop((a, b)) for a, b in list(edges) if a == state}
        for a in range(state):
            if before := edges.pop((a, state), None):
                for b, onward in paths.items():
                    edges.setdefault((a, b), []).append(f"{_one_of(before)}{loop}{_one_of(onward)}")
    # Characters after which the search is where it began, any number of times; then the beginning of `text` at most.
    repeated, rest_of = _one_of(edges[0, 0]), [path for path in edges[0, end] if path]
    tail = f"(?:{'|'.join(rest_of)})" if rest_of else ""
    return f"{repeated}+{tail}?|{tail}" if tail else f"{repeated}+"


def _one_of(patterns: Sequence[str]) -> str:
    """The alternatives as one pattern; an empty one comes last, so that as much as possible is matched."""
    return f"(?:{'|'.join(sorted(patterns, key=lambda p: not p))})" if any(patterns) else ""


def _in_class(chars: Sequence[str]) -> str:
    """These characters within [...]."""
    return "".join("\\" + c if c in "\\]^-[&~" else {"\t": r"\t"}.get(c, c) for c in chars)
