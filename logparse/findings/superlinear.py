"""Scaling better than it can be, or from a baseline that is not sure.

What it does
    Looks at a scaling study for efficiencies above 105 %, and for repeats of its smallest side that are more than 10 %
    apart.

Why it matters
    n times the devices are not more than n times as fast but for a reason: a baseline that was disturbed, that fitted
    its memory badly, or that included something the others did not. All efficiencies rest on it.

Example
    In a course on Graphcore one IPU has 1,020 samples/s and eight have 30,720, with the same batch on each: 377 %.
    Something else had changed as well.

What to do
    Repeat the baseline three times, without anything else on the machine, and take its median.
"""

from __future__ import annotations

from collections.abc import Iterator

from logparse.comparison.phrases import claimed, clauses, labels, per_second
from logparse.comparison.quantities import QUANTITIES
from logparse.comparison.scaling import Point, Scaling
from logparse.comparison.sides import Side, SideValues, side_values
from logparse.findings import Finding, Scene
from logparse.text.labels import many
from logparse.text.terminal import one_line

ID = "F26"
OF_ONE_RUN = False
_MOST = 1.05
_SPREAD = 0.1
_QUANTITIES = ("throughput", "steady_throughput", "train_s")


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for efficiencies above 105 %; one for a baseline whose repeats are far apart."""
    for comparison in scene.comparisons:
        study = comparison.scaling
        if study is None or not study.points:
            continue
        yield from _above(scene, study)
        first = study.points[0]
        jobs = tuple(scene.ledger.repeats(first.side.jobs[0])) if len(first.side.jobs) == 1 else first.side.jobs
        held = side_values(scene.ledger, QUANTITIES["throughput"], Side(first.side.label, jobs))
        if held.n > 1 and min(held.numbers) > 0 and max(held.numbers) / min(held.numbers) > 1 + _SPREAD:
            least, most = min(held.numbers), max(held.numbers)
            yield Finding(
                "warning",
                f"The baseline of the scaling ({first.count} {study.of}"
                f"{claimed(scene.ledger, first.side.jobs, study.of)}) is not sure: {held.n} runs of it are up to "
                f"{(most / least - 1) * 100:.0f} % apart ({least:.5g} to {most:.5g} {per_second(jobs[0])}).",
                list(jobs),
                _QUANTITIES,
                list(held.places),
            )


def _above(scene: Scene, study: Scaling) -> Iterator[Finding]:
    first = study.points[0]
    above = [p for p in study.points[1:] if p.efficiency > _MOST + _open(first.throughput) + _open(p.throughput)]
    if not above:
        return
    told = [
        f"{one_line(p.side.label)} has {p.efficiency * 100:.0f} % on {p.count} {study.of}"
        + claimed(scene.ledger, p.side.jobs, study.of)
        for p in above
    ]
    jobs = [job for p in (first, *above) for job in p.side.jobs]
    yield Finding(
        "warning",
        f"Efficiency above 100 %: {clauses(told)}. More than the number of {study.of} differs, or the baseline "
        f"({labels(first.side.jobs)}{_on(scene, first, study)}) was slow.",
        jobs,
        _QUANTITIES,
        scene.ledger.places(jobs, "throughput", study.of),
    )


def _on(scene: Scene, first: Point, study: Scaling) -> str:
    """` on 2 ranks, claimed`, where the log does not say it."""
    mark = claimed(scene.ledger, first.side.jobs, study.of)
    return f" on {many(first.count, study.of.removesuffix('s'))}{mark}" if mark else ""


def _open(held: SideValues) -> float:
    """Share of a rate that its digits leave open."""
    return (held.resolution or 0.0) / held.middle if held.middle else 0.0
