"""Values that columns of `runs` hold, as people say them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from logparse.text.missing import Code

_TASKS = {"train": "training", "inference": "inference", "compile": "compiling", "submission": "submission"}


def task(value: str) -> str:
    """`training`, `inference`, `compiling`, `submission`; a task that no word is known for as it stands."""
    return _TASKS.get(value, value)


PHASES = {
    "compile": "compiling",
    "load": "loading",
    "eval": "evaluation",
    "checkpoint": "saving checkpoints",
    "queue": "waiting",
}
"""Phase -> what people call it."""


def holding(included: str | None) -> str:
    """What a training time holds, of the value of `train_includes`: `with compiling and loading`."""
    if not included:
        return "the steps alone, as far as the log says"
    return f"with {listed([PHASES.get(phase, phase) for phase in included.split(', ')])}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def many(count: int, word: str, one: str = "", more: str = "s") -> str:
    """`1 run`, `2 runs`."""
    return f"{count:,} {word}{one if count == 1 else more}"


def fetched(times: Iterable[tuple[float, str]]) -> str:
    """The cell of a compile that found its binary: what fetching it took, where that is told, and that it is cached.
    `times`: seconds, and as text."""
    return ", ".join([*(text for took, text in times if took), Code.CACHED.mark])
