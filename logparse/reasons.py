"""Why a cell is empty, in one mark: the reasons are in the evidence, people see the mark and a legend."""

from __future__ import annotations

LEGEND = {
    "-": "does not apply",
    "?": "not in this log",
    "no log": "in a log that is not here",
    "cached": "binary found, not compiled",
    "unreadable": "what stands there is no value",
}
"""What an empty cell shows, and what that means."""
_BEGINS = {
    "does not apply": "-",
    "no log": "no log",
    "in another log": "no log",
    "cached": "cached",
    "unreadable": "unreadable",
}
"""How the reason of an absent value begins -> what its cell shows; anything else is not in this log."""


def mark(reason: str | None) -> str:
    """What an empty cell shows for that reason: a key of `LEGEND`."""
    return next((shown for begins, shown in _BEGINS.items() if (reason or "").startswith(begins)), "?")


def legend(marks: set[str]) -> str:
    """What these marks mean, on one line; empty for none."""
    return "   ".join(f"{shown} = {meaning}" for shown, meaning in LEGEND.items() if shown in marks)
