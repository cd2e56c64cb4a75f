"""A result is far outside the range of public runs of the same program.

What it does
    Compares scores, losses, training times and rates with those of at least five public runs of the same program with
    the same settings. Reports values that are worse than the median by more than three times the distance between the
    median and the furthest public run. For a score, more epochs count as the same setting: they should not lower it.
    Silent where the log, a claim or the file name states a setting that those public runs do not share: the setting may
    be the reason. A score at chance is reported as such, not as an outlier.

Why it matters
    What looks like the effect of a setting is then more likely a run that went wrong.

Example
    MNIST on Graphcore after 20 epochs: 77.70 %, where 17 public runs with 10 epochs span 96.85 to 98.74 %. That is not
    overfitting.

What to do
    Check what the log says between its first line and the result, and run again before drawing conclusions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from logparse import spreads
from logparse.comparison.claims import from_names
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import profiled, shown
from logparse.comparison.quantities import LOWER_SCORES, QUANTITIES
from logparse.comparison.settings import BUDGET, SETTINGS
from logparse.findings import Finding, Scene
from logparse.findings.of_one_run.at_chance import guessed
from logparse.spreads import Spread
from logparse.text.labels import listed as all_of
from logparse.text.terminal import one_line

ID = "F25"
_QUALITY = ("score", "loss")
_SPEED = ("train_s", "throughput", "latency_s")
"""These express the same result, so only the first that is outside is reported."""
_WORDS = {"loss": "loss", "train_s": "training time", "throughput": "rate", "latency_s": "latency"}
_FEWEST = 5
_FAR = 3.0
_MIN_REACH = 0.005
"""Least reach as a share of the median: some programs give identical results in every run."""
_NAMED = 2
"""Runs named after the first."""
_NOT_OF_A_PROGRAM = frozenset({"platform", "device_kind", "system", "seed"})
"""Settings that are the same for all runs of a spread, or that differ between repeats."""


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for results worse than public ones, a note for slower runs; one per spread."""
    outside: dict[tuple[str, Spread], list[Job]] = {}
    for job in scene.jobs:
        for columns in (_QUALITY, _SPEED):
            found = next(((c, s) for c in columns if (s := _outside(scene.ledger, job, c)) is not None), None)
            if found:
                outside.setdefault(found, []).append(job)
    for (column, spread), jobs in outside.items():
        first, *others = [
            f"{shown(scene.ledger, job, column)} in {one_line(job.label)}{_more_training(job, spread)}" for job in jobs
        ]
        name = str(jobs[0]["score_name"]) if column == "score" else _WORDS[column]
        yield Finding(
            "warning" if column in _QUALITY else "note",
            f"The {name} of {first} is far {'below' if _higher(jobs[0], column) else 'above'} public runs: "
            f"{spread.text} ({_settings(spread)}).{_also(others)}",
            jobs,
            _SPEED if column in _SPEED else (column,),
            scene.ledger.locations(jobs, column),
        )


def _also(others: Sequence[str]) -> str:
    """A sentence for each of the others, where they are few."""
    rest = len(others) - _NAMED
    named = [*others[:_NAMED], *([others[-1]] if rest == 1 else [f"{rest} more runs"] if rest > 1 else [])]
    return f" The same holds for {all_of(named)}." if others else ""


def _settings(spread: Spread) -> str:
    """`dataset mnist, epochs 10`: the settings of a spread."""
    qualifiers = ("score_name", "throughput_window", "train_includes")
    return ", ".join(f"{n.replace('_', ' ')} {v}" for n, v in spreads.settings(spread.setting) if n not in qualifiers)


def _more_training(job: Job, spread: Spread) -> str:
    """` (epochs 20)`: the amounts of training that exceed those of the spread."""
    more = [f"{n} {job[n]:,}" for n, v in spreads.settings(spread.setting) if n in BUDGET and job[n] != float(v)]
    return f" ({', '.join(more)})" if more else ""


def _outside(ledger: Ledger, job: Job, column: str) -> Spread | None:
    """The spread that a value of a job is far outside of, in the worse direction."""
    value = ledger.value(job, column)
    if not value.known or not job.has_result or (column in _SPEED and profiled(ledger, job)):
        return None
    if column == "score" and guessed(ledger, job) is not None:
        return None
    for spread in spreads.of(job["platform"], job["workload"], job["task"], column):
        if spread.n >= _FEWEST and _same(job, spread, column) and not _has_other_settings(ledger, job, spread):
            reach = max(spread.greatest - spread.median, spread.median - spread.least, _MIN_REACH * abs(spread.median))
            worse = spread.median - value.value if _higher(job, column) else value.value - spread.median
            if worse > _FAR * reach + (value.resolution or 0.0):
                return spread
    return None


def _higher(job: Job, column: str) -> bool:
    """Whether higher is better."""
    return job["score_name"] not in LOWER_SCORES if column == "score" else QUANTITIES[column].better == "higher"


def _same(job: Job, spread: Spread, column: str) -> bool:
    """Whether the job's log states every setting of the spread with the same value (for a score: no less training)."""
    for name, text in spreads.settings(spread.setting):
        value = job[name]
        if value is None:
            return False
        if not isinstance(value, (int, float)):
            if str(value) != text:
                return False
        elif not (value >= float(text) if column == "score" and name in BUDGET else value == float(text)):
            return False
    return True


def _has_other_settings(ledger: Ledger, job: Job, spread: Spread) -> bool:
    """Whether a setting is stated or claimed for the job that the runs of the spread do not share."""
    shared = {name for name, _ in spreads.settings(spread.setting)}
    if shared & set(BUDGET):  # other counts of the amount of training follow from the one that is shared
        shared |= set(BUDGET)
    if job["micro_batch_size"] is not None and job["micro_batch_size"] == job["batch_size"]:
        shared.add("micro_batch_size")
    values = {name: ledger.value(job, name).value for name in SETTINGS} | {c.name: c.number for c in from_names(job)}
    shared |= {
        name for name in ("devices", "ranks") if values[name] == 1
    }  # not every log states that there is only one
    return any(value is not None for name, value in values.items() if name not in shared | _NOT_OF_A_PROGRAM)
