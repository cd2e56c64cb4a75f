"""More than one setting differs.

What it does
    Counts the settings in which the compared runs differ (batch size, sequence length, precision, learning rate, SDK
    and so on). Settings derived from others are not counted, nor are the amount of training and the seed. In a
    comparison it names the runs that differ from the baseline in two or more settings. For logs without a comparison it
    reports when no two runs differ in exactly one setting. Runs without a result do not count: nothing is concluded
    from them.

Why it matters
    If two runs differ in batch size and learning rate, their difference cannot be attributed to either.

Example
    Two fine-tunings of one model: batch size 4 at a learning rate of 0.0002, and batch size 16 at 0.0004. The second
    had the lower loss, but which of the two settings caused it is unknown.

What to do
    Add a run that differs from the baseline in one setting only, or state what was studied (`by="batch_size"`) and
    report the other settings with the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from logparse.comparison.compare import Comparison
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import listed
from logparse.comparison.refusal import workload_difference
from logparse.comparison.settings import SETTINGS, Setting, factors, of_columns
from logparse.comparison.sides import Side, SideValues
from logparse.findings import Finding, Scene
from logparse.text.terminal import one_line

ID = "F07"


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for each comparison in which a side differs from the baseline in two or more settings."""
    for comparison in scene.comparisons:
        pairs = _against_baseline(comparison) if scene.shown else _without_a_clean_pair(comparison)
        if not pairs:
            continue
        names = list(dict.fromkeys(s.name for _, _, found in pairs for s in found))
        sides = {side.label: side for a, b, _ in pairs for side in (a, b)}
        jobs = [job for side in sides.values() for job in side.jobs]
        yield Finding("warning", _text(scene, comparison, pairs), jobs, (), scene.ledger.locations(jobs, *names))


Pair = tuple[Side, Side, list[Setting]]
"""Two sides and the settings in which they differ."""


def _against_baseline(comparison: Comparison) -> list[Pair]:
    base, *others = (
        _ran(comparison.ledger, side) for side in (comparison.sides[comparison.baseline], *_compared(comparison))
    )
    if not base.jobs:
        return []
    pairs = ((base, side, _factors(comparison.ledger, base, side)) for side in others if side != base)
    return [pair for pair in pairs if len(pair[2]) > 1]


def _without_a_clean_pair(comparison: Comparison) -> list[Pair]:
    """All pairs that differ, where each of them differs in more than one setting; else none."""
    ledger = comparison.ledger
    sides = [_ran(ledger, side) for side in _compared(comparison)]
    alike: dict[tuple[Any, ...], list[Side]] = {}
    for side in sides:
        alike.setdefault(_set(ledger, side), []).append(side)
    # Sides with equal settings differ from others in the same way, so each pair of kinds is examined once.
    out = []
    for group, others in combinations(alike.values(), 2):
        found = _factors(ledger, group[0], others[0])
        if len(found) == 1:
            return []
        if found:
            out += [(a, b, found) for a in group for b in others]
    return out


def _set(ledger: Ledger, side: Side) -> tuple[Any, ...]:
    """All settings of a side, with its workload and task."""
    columns = ("workload", "task", *SETTINGS)
    return tuple(frozenset(ledger.value(job, column).value for job in side.jobs) for column in columns)


def _compared(comparison: Comparison) -> list[Side]:
    """The sides with at least one value and one job that ran."""
    return [
        side
        for i, side in enumerate(comparison.sides)
        if any(row.cells[i].values for row in comparison.rows) and _ran(comparison.ledger, side).jobs
    ]


def _ran(ledger: Ledger, side: Side) -> Side:
    """The side without jobs that never ran to a result: what they were set to explains no difference."""
    return Side(side.label, tuple(job for job in side.jobs if job.has_result or _compiled(ledger, job)))


def _compiled(ledger: Ledger, job: Job) -> bool:
    return job.main["status"] == "submitted" and ledger.value(job, "compile_s").known


def _factors(ledger: Ledger, a: Side, b: Side) -> list[Setting]:
    """The settings in which two sides of the same workload differ; the seed does not count."""
    if workload_difference(ledger, SideValues(a, ()), SideValues(b, ())):
        return []
    return factors(of_columns(ledger, (a, b)))


def _text(scene: Scene, comparison: Comparison, pairs: Sequence[Pair]) -> str:
    declared = f" (studied: {comparison.by})" if comparison.by else ""
    names = list(dict.fromkeys(s.name for _, _, found in pairs for s in found))
    if len(pairs) == 1:
        a, b, found = pairs[0]
        settings = ", ".join(f"{s.name} ({one_line(s.text(0))} and {one_line(s.text(1))})" for s in found)
        return (
            f"{one_line(a.label)} and {one_line(b.label)} differ in {len(found)} settings{declared}: {settings}. "
            "Their difference cannot be attributed to any one of these."
        )
    if not scene.shown:
        sides = len(_compared(comparison))
        return f"No two of {sides} runs differ in exactly one setting: {', '.join(names)} change together."
    base, others = one_line(pairs[0][0].label), listed([one_line(b.label) for _, b, _ in pairs])
    verb = "differs" if len(pairs) == 1 else "differ"
    return f"{others} {verb} from {base} in more than one setting{declared}: {', '.join(names)}."
