"""How findings speak of runs and numbers."""

from __future__ import annotations

from collections.abc import Sequence

from logparse.comparison.jobs import Job
from logparse.render import one_line

_MOST = 3
"""Labels told before the rest is only counted."""


def labels(jobs: Sequence[Job]) -> str:
    """`a, b and c`; `a, b, c and 4 more`."""
    return listed([one_line(job.label) for job in jobs])


def listed(words: Sequence[str]) -> str:
    """The first of some words, and how many more."""
    if len(words) > _MOST + 1:
        return f"{', '.join(words[:_MOST])} and {len(words) - _MOST} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def span(numbers: Sequence[float], form: str = ".0f") -> str:
    """`780`, or `22 to 36`."""
    least, most = format(min(numbers), form), format(max(numbers), form)
    return least if least == most else f"{least} to {most}"
