"""Values that columns of `runs` hold, as people say them."""

from __future__ import annotations

from collections.abc import Sequence

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
