"""How findings speak of runs and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.figures import figure, score_figure, seconds
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


def shown(ledger: Ledger, job: Job, column: str) -> str:
    """A value that is known, with its unit and the digits that mean something: `452.4 s`, `4572.4 sequences/s`,
    `97.69 %`."""
    value = ledger.value(job, column)
    if column.endswith("_s"):
        return seconds(value.value, value.resolution)
    if column == "score":
        return score_figure(str(job["score_name"]), value.value, value.resolution)
    text = figure(value.value, value.resolution, 5)
    if column == "token_throughput":
        return f"{text} tokens/s"
    return f"{text} {per_second(job)}" if column.endswith("throughput") else text


def per_second(job: Job) -> str:
    """The unit of the job's rates: `images/s`."""
    return f"{job['sample'] or 'sample'}s/s"


def place(row: Mapping[str, Any]) -> str:
    """source:line of a row of a frame."""
    return f"{row['source']}:{row['line']}"
