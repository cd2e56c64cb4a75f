"""Display words for values of the columns of `runs`, and small helpers for sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from logparse.text.missing import Code

_TASKS = {
    "train": "training",
    "inference": "inference",
    "compile": "compiling",
    "validate": "validation",
    "submission": "submission",
}


def task(value: str) -> str:
    """`training`, `inference`, `compiling`, `validation`, `submission`; an unknown task unchanged."""
    return _TASKS.get(value, value)


PHASES = {
    "compile": "compiling",
    "load": "loading",
    "eval": "evaluation",
    "checkpoint": "saving checkpoints",
    "queue": "waiting",
}
"""Phase -> display word."""


def included_text(included: str | None) -> str:
    """What a training time includes, from the value of `train_includes`: `with compiling and loading`."""
    if not included:
        return "the steps alone, as far as the log states"
    return f"with {listed([PHASES.get(phase, phase) for phase in included.split(', ')])}"


def listed(words: Sequence[str], most: int | None = None) -> str:
    """`a`, `a and b`, `a, b and c`; where more than one would be left out, the first `most`: `a, b, c and 4 more`."""
    if most is not None and len(words) > most + 1:
        return shortened(words, most)
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def shortened(words: Sequence[str], most: int, separator: str = ", ") -> str:
    """The first `most` of some words, and how many are left out: `a, b and 4 more`, or `a; b; and 4 more`."""
    text, left = separator.join(words[:most]), len(words) - most
    if left <= 0:
        return text
    return f"{text}{' ' if separator == ', ' else separator}and {left} more"


def many(count: int, word: str, one: str = "", more: str = "s") -> str:
    """`1 run`, `2 runs`."""
    return f"{count:,} {word}{one if count == 1 else more}"


def cache_hit_text(times: Iterable[tuple[float, str]]) -> str:
    """The cell of a compile cache hit: how long fetching took, where that is reported, and the mark `cached`.

    times: seconds, and the same as text.
    """
    return ", ".join([*(text for took, text in times if took), Code.CACHED.mark])


def one_line(text: str) -> str:
    """`text` without control characters, so that it stays on one line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else {"\t": "  ", "\r": "␍", "\n": "␊"}.get(c, "\ufffd") for c in text)
