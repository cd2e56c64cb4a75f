"""The comparisons that charts draw: a mark has the figure, the interval and the verdict of the table of `compare`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from logparse.charts._panel import baseline_in
from logparse.charts._view import View
from logparse.comparison.compare import Comparison, Row, of_sides, row_of
from logparse.comparison.estimate import OTHER_PROGRAM
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import QUANTITIES, Quantity
from logparse.comparison.sides import Side, SideValues, better, of_repeats, side_values
from logparse.comparison.verdict import Verdict
from logparse.text.numbers import is_share

_COMPARISONS: WeakKeyDictionary[Ledger, dict[object, Comparison]] = WeakKeyDictionary()
"""Ledger -> sides and options -> comparison: the charts of one ledger share them."""


def compared(view: View, sides: Sequence[Side]) -> Comparison:
    """The comparison of these sides, the baseline first."""
    base = sides[baseline_in(view, sides)]
    # Labels may not be unique, so the baseline is passed by position.
    ordered = [base, *(side for side in sides if side is not base)]
    o = view.options
    key = (tuple((side.label, tuple(job.id for job in side.jobs)) for side in ordered), o.clock, o.per, o.by)
    known = _COMPARISONS.setdefault(view.ledger, {})
    if key not in known:
        known[key] = of_sides(view.ledger, ordered, 0, o.clock, o.per, by=o.by)
    return known[key]


def workload_comparison(view: View, job: Job) -> Comparison | None:
    """The comparison that the given comparison or `ratio` shows of a job: all jobs of its workload and task; None if it
    is the only one."""
    if view.given is not None:
        return view.comparison if len(view.sides) > 1 else None
    block = next(b for b in view.blocks("workload", "task") if any(other.id == job.id for other in b.jobs))
    sides = view.rows_of(block.jobs)
    return compared(view, sides) if len(sides) > 1 else None


def compared_row(view: View, name: str, sides: Sequence[Side]) -> tuple[Row, int] | None:
    """A quantity of these sides, and the index of the baseline; None if no side has it.

    The verdicts are those of the comparison of the whole workload where it has the same baseline and the same values:
    Holm's correction is for all differences of a table, and a chart of one quantity must not correct for fewer.
    """
    first = baseline_in(view, sides)
    cells = [side_values(view.ledger, QUANTITIES[name], side, view.options.per) for side in sides]
    if len(sides) > 1 and (whole := workload_comparison(view, sides[first].jobs[0])) is not None:
        row = next((row for row in whole.rows if row.quantity.name == name), None)
        positions = [_position(row, c) if row is not None else None for c in cells]
        if row is not None and positions[first] == whole.baseline and None not in positions:
            at = [p for p in positions if p is not None]
            return Row(
                row.quantity, tuple(row.cells[i] for i in at), tuple(row.verdicts[i] for i in at), row.better
            ), first  # fmt: skip
    alone = row_of(view.ledger, QUANTITIES[name], sides, first, view.options.per, view.options.by)
    return None if alone is None else (alone, first)


_MAIN = ("throughput", "token_throughput", "latency_s", "train_s", "score", "loss")


def main_quantity(jobs: Sequence[Job]) -> Quantity | None:
    """The first of throughput, token throughput, latency, training time, score and loss that most of these jobs have;
    None if fewer than two have any."""
    counts = {name: sum(job[name] is not None for job in jobs) for name in _MAIN}
    name = max(counts, key=lambda each: counts[each])  # of equal counts, the first
    return QUANTITIES[name] if counts[name] > 1 else None


def without_verdicts(quantity: Quantity, cells: Sequence[SideValues]) -> Row:
    """These cells as a row of a comparison in which nothing is compared: for its title and its texts."""
    return Row(quantity, tuple(cells), (None,) * len(cells), better(quantity, cells))


def is_percent(quantity: Quantity, jobs: Iterable[Job]) -> bool:
    """Whether a quantity of these jobs is a share that is shown in per cent."""
    names = {job["score_name"] for job in jobs if job["score_name"]}
    return quantity.name == "score" and bool(names) and all(is_share(str(name)) for name in names)


def settings(view: View, jobs: Sequence[Job], across_builds: bool = False) -> list[Side]:
    """These jobs by the option `by`, or else by experiment: the repeats of a setting are one side. With
    `across_builds` also those with other compiled graphs, as of another release."""
    if view.options.by:
        wanted = {job.id for job in jobs}
        narrowed = (Side(s.label, tuple(j for j in s.jobs if j.id in wanted)) for s in view.sides)
        # In the order of the jobs: a trend draws them as they began.
        place = {job.id: i for i, job in enumerate(jobs)}
        return [Side(s.label, tuple(sorted(s.jobs, key=lambda j: place[j.id]))) for s in narrowed if s.jobs]
    groups: dict[Any, list[Job]] = {}
    key = view.ledger.setting if across_builds else view.ledger.experiment
    for job in jobs:
        groups.setdefault(key(job), []).append(job)
    return of_repeats(view.ledger, groups.values())


def noise_size(verdict: Verdict | None) -> float | None:
    """Half the width of the noise band, on the scale of the quantity; None where the noise is not known. Repeats of
    another program give no band: they do not show what is within noise."""
    noise = verdict.noise if verdict else None
    return None if noise is None or noise.kind == OTHER_PROGRAM else noise.size


def _position(row: Row, c: SideValues) -> int | None:
    """The position in a row of the side with these values."""
    wanted = [job.id for job in c.jobs]
    return next((i for i, o in enumerate(row.cells) if wanted and [job.id for job in o.jobs] == wanted), None)
