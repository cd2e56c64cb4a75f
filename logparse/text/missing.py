"""Why a cell is empty: one of a few codes, each with its mark, and the text that says it in full.

The evidence holds the text; `read` is where it becomes a code again, and nobody else looks at how a text begins.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum


class Why(Enum):
    """Why a cell is empty; the value is the mark that people see in its place."""

    DOES_NOT_APPLY = "-"
    NOT_IN_LOG = "?"
    ELSEWHERE = "no log"
    CACHED = "cached"
    UNREADABLE = "unreadable"
    NO_RESULT = "no result"

    @property
    def mark(self) -> str:
        """What the empty cell shows."""
        return self.value


LEGEND = {
    Why.DOES_NOT_APPLY.mark: "does not apply",
    Why.NOT_IN_LOG.mark: "not in this log",
    Why.ELSEWHERE.mark: "in another log, not given",
    Why.CACHED.mark: "compile cache hit",
    Why.UNREADABLE.mark: "the text is not a value",
}
"""What an empty cell shows, and what that means; `no result` says it itself."""


@dataclass(frozen=True)
class Reason:
    """Why one cell is empty."""

    why: Why
    text: str
    """In full, for people."""

    def of(self, whose: str) -> Reason:
        """The same of something that stands for the cell, named before the text."""
        return Reason(self.why, f"{whose} {self.text}")


MISSING = Reason(Why.NOT_IN_LOG, "not in this log")
_SAID = {
    "does not apply": Why.DOES_NOT_APPLY,
    "no log": Why.ELSEWHERE,
    "in another log": Why.ELSEWHERE,
    "in another log of the job": Why.ELSEWHERE,
    "cached": Why.CACHED,
    "unreadable": Why.UNREADABLE,
}
"""What stands before the colon in the text of an absent value -> its code; anything else is not in this log."""


def read(text: str | None) -> Reason:
    """The reason that the evidence states: `does not apply: inference`, `no log: …`, `the run prints none`."""
    if not text:
        return MISSING
    return Reason(_SAID.get(text.partition(":")[0].strip(), Why.NOT_IN_LOG), text)


def marks(cell: str) -> set[str]:
    """Marks of the legend that stand in a cell, alone or behind a value: `3.669 s, cached`, `task ?`."""
    return {mark for mark in LEGEND if cell == mark or cell.endswith((f", {mark}", f" {mark}"))}


def legend(marks: Collection[str]) -> str:
    """What these marks mean, on one line; empty for none."""
    return "   ".join(f"{shown} = {meaning}" for shown, meaning in LEGEND.items() if shown in marks)
