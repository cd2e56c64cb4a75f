"""Values that columns of `runs` hold, as people say them."""

from __future__ import annotations

_TASKS = {"train": "training", "inference": "inference", "compile": "compiling", "submission": "submission"}


def task(value: str) -> str:
    """`training`, `inference`, `compiling`, `submission`; a task that no word is known for as it stands."""
    return _TASKS.get(value, value)
