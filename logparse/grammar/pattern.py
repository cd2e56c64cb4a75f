"""Compiled expressions as data. Nothing here needs pyparsing, so that a grammar from the cache loads without it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

_SPECIAL = frozenset("\\.+*?()|[]{}^$#&-~")


@dataclass(frozen=True)
class Group:
    """One capturing group, in the order of the pattern. Several alternatives may use the same name."""

    name: str
    unit: str | None
    always: bool
    """It takes part in every match: it is not in an optional part or an alternative."""


@dataclass(frozen=True)
class Compiled:
    """The result of compiling an expression."""

    pattern: str
    """Regular expression without anchors, with the same meaning in Rust and Python."""
    groups: tuple[Group, ...]
    literals: tuple[str, ...]
    """Every text that the expression matches contains at least one of these; checked before the pattern is run."""


@cache
def escape(text: str) -> str:
    """A pattern that matches exactly `text`, in Python and Rust."""
    return "".join("\\" + c if c in _SPECIAL else {"\t": r"\t", "\r": r"\r", "\n": r"\n"}.get(c, c) for c in text)
