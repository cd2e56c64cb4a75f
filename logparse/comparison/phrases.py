"""Phrases for findings: runs, values and lists of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.text.labels import listed as all_of
from logparse.text.labels import shortened
from logparse.text.location import Location
from logparse.text.numbers import figure, score_figure, seconds
from logparse.text.terminal import one_line

if TYPE_CHECKING:
    from logparse.comparison.compare import Comparison
    from logparse.comparison.sides import Side

_MOST = 3
"""Labels listed; the rest is counted."""


def labels(jobs: Sequence[Job]) -> str:
    """`a, b and c`; `a, b, c and 4 more`."""
    return listed([one_line(job.label) for job in jobs])


def clauses(parts: Sequence[str]) -> str:
    """The first parts of a sentence and the number of others: `a; b; c; and 2 more`."""
    return shortened(parts, _MOST, "; ")


def listed(words: Sequence[str]) -> str:
    """The first words and the number of others."""
    return all_of(words, _MOST)


def span(numbers: Sequence[float], form: str = ".0f") -> str:
    """`780`, or `22 to 36`."""
    least, most = format(min(numbers), form), format(max(numbers), form)
    return least if least == most else f"{least} to {most}"


def shown(ledger: Ledger, job: Job, column: str) -> str:
    """A known value with its unit and its significant digits: `452.4 s`, `4572.4 sequences/s`, `97.69 %`."""
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


def location(row: Mapping[str, Any]) -> Location:
    """The line of a row of a frame."""
    return Location(row["source"], row["line"])


def profiled(ledger: Ledger, job: Job) -> Sequence[Mapping[str, Any]]:
    """Rows of `params` that show that a profiler was on."""
    return ledger.params(job, "profiling").rows(named=True)


def by_value(ledger: Ledger, jobs: Sequence[Job], column: str) -> dict[Any, list[Job]]:
    """The values of a column of `runs`, each with its jobs; jobs without a value are left out."""
    out: dict[Any, list[Job]] = {}
    for job in jobs:
        if (value := ledger.value(job, column).value) is not None:
            out.setdefault(value, []).append(job)
    return out


def with_labels(groups: Mapping[str, Sequence[Job]]) -> str:
    """Each group with the labels of its runs: `512 (a and b) and 1,024 (c)`; of many groups the first and the last."""
    parts = [f"{what} ({labels(jobs)})" for what, jobs in groups.items()]
    if len(parts) > _MOST + 1:
        different = {what.removesuffix(_CLAIMED) for what in groups}
        hidden = any(what.endswith(_CLAIMED) for what in list(groups)[2:-1])
        more = ", some of them claimed" if hidden else ""
        return f"{parts[0]}, {parts[1]}, … {parts[-1]}: {len(different)} different values{more}"
    return listed(parts)


_CLAIMED = ", claimed"


def claimed(ledger: Ledger, jobs: Sequence[Job], *columns: str) -> str:
    """`, claimed` where one of these columns is claimed for some of these jobs: a claim must not pass for a value that
    was read."""
    return _CLAIMED if any(ledger.value(job, c).how == "claimed" for job in jobs for c in columns) else ""


def by_text(
    ledger: Ledger, column: str, groups: Mapping[Any, Sequence[Job]], text: Callable[[Any], str]
) -> dict[str, list[Job]]:
    """The jobs by value as text; claimed values are groups of their own: `16, claimed`."""
    out: dict[str, list[Job]] = {}
    for value, jobs in groups.items():
        for job in jobs:
            out.setdefault(text(value) + claimed(ledger, [job], column), []).append(job)
    return out


def same_workload(comparison: Comparison) -> list[Side]:
    """The baseline and the sides whose workload and task are not known to differ from it."""
    from logparse.comparison.refusal import workload_difference
    from logparse.comparison.sides import SideValues

    base = SideValues(comparison.sides[comparison.baseline], ())
    return [
        side for side in comparison.sides if workload_difference(comparison.ledger, base, SideValues(side, ())) is None
    ]


def durations(ledger: Ledger, jobs: Sequence[Job], column: str) -> str:
    """A duration column of these jobs, all of which have it: `780 s`, `22 s to 36 s`."""
    least, most = (shown(ledger, pick(jobs, key=lambda job: job[column]), column) for pick in (min, max))
    return least if least == most else f"{least} to {most}"


def jobs_of(sides: Sequence[Side]) -> list[Job]:
    """The jobs of these sides."""
    return [job for side in sides for job in side.jobs]


_LONGEST = 110
"""Most characters of a message that are quoted."""


def quoted(message: str) -> str:
    """A log message in quotes: on one line, without folders, cut to `_LONGEST` characters."""
    text = re.sub(r"(?<![/\w])/(?:[\w.+-]+/){2,}", "…/", one_line(message.strip()))
    return f"“{text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + '…'}”"


def first_error(ledger: Ledger, job: Job) -> Mapping[str, Any] | None:
    """The row of `messages` that says what went wrong: the first error that names a problem (later errors are usually
    consequences of it), else the first. What a scheduler reports after the user interrupted a run is a consequence.
    Where an error only announces that something failed (`Uncaught exception:`), text and line are those of the
    following line that says what it was."""
    errors = ledger.messages(job, level="error")
    if not errors.height:
        return None
    if (errors["kind"].cast(pl.String) == "interrupt").any():
        errors = errors.filter(pl.col("kind").cast(pl.String).ne_missing("scheduler"))
    naming = errors.filter(pl.col("text").str.contains(_PROBLEM))
    first = next((naming if naming.height else errors).iter_rows(named=True), None)
    if first is None or not _ANNOUNCES.search(first["text"] or ""):
        return first
    later = (
        row
        for row in errors.iter_rows(named=True)
        if row["source"] == first["source"] and row["line"] > first["line"] and not _ANNOUNCES.search(row["text"] or "")
    )
    return _explained(ledger, job, first) or next(later, first)


def _explained(ledger: Ledger, job: Job, announced: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The row with text and line of the line that explains it, where that is among the next lines of the log."""
    source, line = str(announced["source"]), announced["line"]
    if source not in ledger.logs.sources["source"]:
        return None
    last = min(line + _NEXT, max(run["line_last"] for run in job.runs if str(run["source"]) == source))
    lines = ledger.logs.lines(source, range(line + 1, last + 1))
    found = {number: _PREFIX.sub("", text.strip()) for number, text in lines.items()}
    naming = ((n, text) for n, text in found.items() if re.search(_PROBLEM, text) and not _ANNOUNCES.search(text))
    return next(({**announced, "line": n, "text": text, "kind": None} for n, text in naming), None)


_PROBLEM = (
    r"(?i)error|exception|fail|kill|abort|cannot|can't|denied|invalid|not (?:found|available)|no such|out of|exceed|"
    r"unknown|refused"
)
"""Words of an error that names a problem; some programs also print headings as errors."""
_ANNOUNCES = re.compile(
    r"(?i):$|^terminate called|fatal message\.?$|^please contact|^Traceback |^\s*File \"|\bin file: \S+ line: \d+"
)
"""A line that only says that something failed, or where in the program: others say what."""
_NEXT = 4
"""Lines after such a line that are searched."""
_PREFIX = re.compile(
    r"^(?:\d{4}-\d\d-\d\d[T ][\d:,.]+\s+)?(?:(?:INFO|WARNING|ERROR):?\s+)?(?:\[[\w./-]+:\d+\]\s+)?(?:what\(\):\s+)?"
)
"""Time stamp, level and place in the program before the message itself."""
