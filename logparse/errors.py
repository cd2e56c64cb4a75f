"""Everything logparse raises.

    LogparseError
    ├── UsageError            what was asked for cannot be done: wrong words, wrong paths
    │   ├── NoSuchInput       a path that does not exist, a glob that matches nothing
    │   └── NothingToDraw     the logs hold nothing that a chart shows
    └── GrammarError          a grammar that cannot be used

Each message has up to five parts, always in this order: what, why, where, how far it got, what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean 'epochs'?`, or what there is: the last part of a message about a word that nobody knows."""
    words = list(known)
    return near(word, words) or f"there are {', '.join(words)}"


def near(word: str, known: Iterable[str], most: int = 1, alike: float = 0.6) -> str | None:
    """`did you mean 'epochs'?`, naming at most so many words that are at least so much alike; None where none is."""
    found = difflib.get_close_matches(word, list(known), n=most, cutoff=alike)
    return f"did you mean {' or '.join(map(repr, found))}?" if found else None


class LogparseError(Exception):
    """The root: catch this to catch all that logparse raises on purpose."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """The argument that would lift an error or a refusal, as data: it reads `at="samples"` for callers of the library,
    and the command line spells it `--at samples`."""

    name: str
    """Name of the argument in the library."""
    value: str
    """Its value; `…` stands for what only the user knows."""

    def __str__(self) -> str:
        return f'{self.name}="{self.value}"'


class UsageError(LogparseError):
    """What was asked for cannot be done; the message says what to do instead, and names the `remedy` if one argument
    is enough."""

    def __init__(self, message: str, remedy: Remedy | None = None) -> None:
        super().__init__(message, remedy)
        self.message, self.remedy = message, remedy

    def __str__(self) -> str:
        return f"{self.message} ({self.remedy})" if self.remedy else self.message


class NoSuchInput(UsageError):  # noqa: N818 - reads as what it says
    """A path that does not exist, or a glob that matches nothing."""


class NothingToDraw(UsageError):  # noqa: N818 - reads as what it says
    """The logs hold nothing that the chart shows; the message says what it looks for."""


class GrammarError(LogparseError):
    """A grammar that cannot be used; `str` gives the parts that are known, one a line."""

    def __init__(
        self,
        what: str,
        *,
        why: str | None = None,
        where: str | None = None,
        reached: str | None = None,
        help: str | None = None,
    ) -> None:
        self.what, self.why, self.where, self.reached, self.help = what, why, where, reached, help
        super().__init__(what)

    def __str__(self) -> str:
        parts = (("reason: ", self.why), ("where: ", self.where), ("read up to: ", self.reached), ("help: ", self.help))
        return "\n".join([self.what, *(f"  {head}{text}" for head, text in parts if text)])
