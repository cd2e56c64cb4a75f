"""Display words for values of the columns of `runs`, and small helpers for sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from logparse.text.missing import Why

_TASKS = {"train": "training", "inference": "inference", "compile": "compiling", "submission": "submission"}


def task(value: str) -> str:
    """`training`, `inference`, `compiling`, `submission`; an unknown task unchanged."""
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


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def many(count: int, word: str, one: str = "", more: str = "s") -> str:
    """`1 run`, `2 runs`."""
    return f"{count:,} {word}{one if count == 1 else more}"


def cache_hit_text(times: Iterable[tuple[float, str]]) -> str:
    """The cell of a compile cache hit: how long fetching took, where that is reported, and the mark `cached`.

    times: seconds, and the same as text.
    """
    return ", ".join([*(text for took, text in times if took), Why.CACHED.mark])
