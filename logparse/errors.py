"""Everything logparse raises.

    LogparseError
    ├── UsageError            the request is wrong: an unknown name, an invalid value, a missing path
    │   ├── NoSuchInput       a path that does not exist, a glob that matches nothing
    │   └── NothingToDraw     the logs contain nothing that a chart shows
    └── GrammarError          a grammar that cannot be used

A message has up to five parts, always in this order: what, why, where, how far parsing got, what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


def nearest(word: str, known: Iterable[str]) -> str:
    """The hint at the end of a message about an unknown word: `did you mean 'epochs'?`, else all known words."""
    words = list(known)
    return near(word, words) or f"choose from {', '.join(words)}"


def near(word: str, known: Iterable[str], most: int = 1, alike: float = 0.6) -> str | None:
    """`did you mean 'epochs'?`: at most `most` known words of similarity `alike` (0 to 1) or more; else None."""
    import difflib

    matches = difflib.get_close_matches(word, list(known), n=most, cutoff=alike)
    return f"did you mean {' or '.join(map(repr, matches))}?" if matches else None


class LogparseError(Exception):
    """Base class of all errors that logparse raises on purpose."""


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
    """The request cannot be met; the message says what to do instead, and `remedy` names the argument that would help,
    if one is enough."""

    def __init__(self, message: str, remedy: Remedy | None = None) -> None:
        super().__init__(message, remedy)
        self.message, self.remedy = message, remedy

    def __str__(self) -> str:
        return f"{self.message} ({self.remedy})" if self.remedy else self.message


class NoSuchInput(UsageError):  # noqa: N818 - the name says enough
    """A path that does not exist, or a glob that matches nothing."""


class NothingToDraw(UsageError):  # noqa: N818 - the name says enough
    """The logs contain nothing that the chart shows; the message says what it needs."""


class GrammarError(LogparseError):
    """A grammar that cannot be used; `str` gives the known parts, one per line."""

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
