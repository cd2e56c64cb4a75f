"""A result lies far outside what public runs of the same program had.

What it does
    Holds scores, losses, training times and rates against the public runs of the same program with the same settings,
    five at least, and tells what is worse than all of them by more than three times as far as they are from their
    median. For a score more epochs count as the same: they should not make it worse.

Why it matters
    What is concluded from the run about a setting is more likely about a run that went wrong.

Example
    MNIST on Graphcore after 20 epochs: 77.70 %, where 17 public runs with 10 epochs span 96.85 to 98.74 %. That is no
    overfitting.

What to do
    Look at what the log says between its first line and the result, and run again before concluding anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from logparse import spreads
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import profiled, shown
from logparse.comparison.quantities import LOWER_SCORES, QUANTITIES
from logparse.findings import Finding, Scene
from logparse.spreads import Spread
from logparse.text.terminal import one_line

ID = "F25"
OF_ONE_RUN = True
_QUALITY = ("score", "loss")
_SPEED = ("train_s", "throughput", "latency_s")
"""Of the same run they say the same: the first that is outside is told."""
_WORDS = {"loss": "loss", "train_s": "training time", "throughput": "rate", "latency_s": "latency"}
_FEWEST = 5
_FAR = 3.0
_TRIFLE = 0.005
"""Share of the median that is never far: some programs give the same to the last digit."""
_TOLD = 2
"""Runs told by name behind the first."""
_MORE_IS_FINE = frozenset({"epochs", "steps", "samples"})


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for results worse than public ones, a note for slower runs; one for each spread."""
    held: dict[tuple[str, Spread], list[Job]] = {}
    for job in scene.jobs:
        for columns in (_QUALITY, _SPEED):
            found = next(((c, s) for c in columns if (s := _outside(scene.ledger, job, c)) is not None), None)
            if found:
                held.setdefault(found, []).append(job)
    for (column, spread), jobs in held.items():
        first, *others = [f"{shown(scene.ledger, job, column)} in {one_line(job.label)}" for job in jobs]
        name = str(jobs[0]["score_name"]) if column == "score" else _WORDS[column]
        yield Finding(
            "warning" if column in _QUALITY else "note",
            f"The {name} of {first} is far {'below' if _higher(jobs[0], column) else 'above'} what is known: "
            f"{spread.text} ({_settings(spread)}).{_so(others)}",
            jobs,
            _SPEED if column in _SPEED else (column,),
            scene.ledger.locations(jobs, column),
        )


def _so(others: Sequence[str]) -> str:
    """A sentence for each of the others, as long as there are few."""
    rest = len(others) - _TOLD
    more = f" So are those of {rest} more." if rest > 1 else f" So is that of {others[-1]}." if rest == 1 else ""
    return "".join(f" So is that of {other}." for other in others[:_TOLD]) + more


def _settings(spread: Spread) -> str:
    """`dataset mnist, epochs 10`: what a spread was seen with."""
    own = ("score_name", "throughput_window", "train_includes")
    return ", ".join(f"{n.replace('_', ' ')} {v}" for n, v in spreads.settings(spread.setting) if n not in own)


def _outside(ledger: Ledger, job: Job, column: str) -> Spread | None:
    """The spread that a value of a job is far outside of, on the worse side."""
    value = ledger.value(job, column)
    if not value.known or not job.has_result or (column in _SPEED and profiled(ledger, job)):
        return None
    for spread in spreads.of(job["platform"], job["workload"], job["task"], column):
        if spread.n >= _FEWEST and _same(job, spread, column):
            reach = max(spread.greatest - spread.median, spread.median - spread.least, _TRIFLE * abs(spread.median))
            worse = spread.median - value.value if _higher(job, column) else value.value - spread.median
            if worse > _FAR * reach + (value.resolution or 0.0):
                return spread
    return None


def _higher(job: Job, column: str) -> bool:
    """Whether more is better."""
    return job["score_name"] not in LOWER_SCORES if column == "score" else QUANTITIES[column].better == "higher"


def _same(job: Job, spread: Spread, column: str) -> bool:
    """Whether the job's log states each setting that the spread was seen with, and the same (for a score: no less
    training)."""
    for name, text in spreads.settings(spread.setting):
        mine = job[name]
        if mine is None:
            return False
        if not isinstance(mine, (int, float)):
            if str(mine) != text:
                return False
        elif not (mine >= float(text) if column == "score" and name in _MORE_IS_FINE else mine == float(text)):
            return False
    return True
