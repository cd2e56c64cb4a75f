"""Why a cell is empty: one of a few codes, each with the mark that people see, and a text that explains it in full."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Why a cell is empty, as `evidence.code` states it."""

    NOT_APPLICABLE = "not_applicable"
    NOT_IN_LOG = "not_in_log"
    OTHER_LOG = "other_log"
    CACHED = "cached"
    UNREADABLE = "unreadable"
    NOT_PROVED = "not_proved"
    """The lines that were parsed prove no value."""
    NOT_FINITE = "not_finite"
    """The log prints NaN or infinity."""
    IMPOSSIBLE = "impossible"
    """The lines give a value that the quantity cannot have, such as an end before the start."""
    NOT_LEGIBLE = "not_legible"
    """A picture shows the text, but not clearly."""
    NO_RESULT = "no_result"
    """The run did not end with a result. Comparisons say so; `evidence` never does."""

    @property
    def mark(self) -> str:
        """What the empty cell shows."""
        return _MARKS[self]


_MARKS = {
    Code.NOT_APPLICABLE: "-",
    Code.NOT_IN_LOG: "?",
    Code.OTHER_LOG: "no log",
    Code.CACHED: "cached",
    Code.UNREADABLE: "unreadable",
    Code.NOT_PROVED: "not proved",
    Code.NOT_FINITE: "not finite",
    Code.IMPOSSIBLE: "impossible",
    Code.NOT_LEGIBLE: "not legible",
    Code.NO_RESULT: "no result",
}
LEGEND = {
    Code.NOT_APPLICABLE.mark: "does not apply",
    Code.NOT_IN_LOG.mark: "not found in this log",
    Code.OTHER_LOG.mark: "in another log, not given",
    Code.CACHED.mark: "compile cache hit",
    Code.UNREADABLE.mark: "the text is not a value",
    Code.NOT_PROVED.mark: "the lines that were parsed do not prove it",
    Code.NOT_FINITE.mark: "the log prints NaN or infinity",
    Code.IMPOSSIBLE.mark: "the lines give a value that cannot be",
    Code.NOT_LEGIBLE.mark: "the picture does not show it clearly",
}
"""Mark -> its meaning; `no result` needs no explanation."""


@dataclass(frozen=True)
class Absence:
    """Why one cell is empty."""

    code: Code
    text: str
    """The explanation for people."""

    def of(self, whose: str) -> Absence:
        """The same absence, with the name of the value that is missing before the text."""
        return Absence(self.code, f"{whose}: {self.text}")


MISSING = Absence(Code.NOT_IN_LOG, "no rule reads it")
"""Why a cell is empty of which nothing else is known."""


def marks(cell: str) -> set[str]:
    """The marks of the legend in a cell, alone or behind a value: `3.669 s, cached`, `task ?`."""
    return {mark for mark in LEGEND if cell == mark or cell.endswith((f", {mark}", f" {mark}"))}


def legend(marks: Collection[str]) -> str:
    """What these marks mean, on one line; empty for none."""
    return "   ".join(f"{shown} = {meaning}" for shown, meaning in LEGEND.items() if shown in marks)
