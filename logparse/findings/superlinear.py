"""Scaling is better than possible, or its baseline is uncertain.

What it does
    Looks at a scaling study for efficiencies above 105 %, and for repeats of its smallest side that differ by more than
    10 %.

Why it matters
    n times the devices are more than n times as fast only for a reason: a baseline that was disturbed, used memory
    poorly, or included something that the others did not. All efficiencies depend on the baseline.

Example
    In a course on Graphcore, one IPU reaches 1,020 samples/s and eight reach 30,720, with the same batch size on each:
    377 %. Something else had changed as well.

What to do
    Repeat the baseline three times on an otherwise idle machine, and use the median.
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
    """A warning for efficiencies above 105 %, and one for a baseline whose repeats differ widely."""
    for comparison in scene.comparisons:
        study = comparison.scaling
        if study is None or not study.points:
            continue
        yield from _above(scene, study)
        first = study.points[0]
        jobs = tuple(scene.ledger.repeats(first.side.jobs[0])) if len(first.side.jobs) == 1 else first.side.jobs
        rates = side_values(scene.ledger, QUANTITIES["throughput"], Side(first.side.label, jobs))
        if rates.n > 1 and min(rates.numbers) > 0 and max(rates.numbers) / min(rates.numbers) > 1 + _SPREAD:
            least, most = min(rates.numbers), max(rates.numbers)
            yield Finding(
                "warning",
                f"The baseline of the scaling ({first.count} {study.of}"
                f"{claimed(scene.ledger, first.side.jobs, study.of)}) is uncertain: {rates.n} runs of it differ by up "
                f"to {(most / least - 1) * 100:.0f} % ({least:.5g} to {most:.5g} {per_second(jobs[0])}).",
                list(jobs),
                _QUANTITIES,
                list(rates.locations),
            )


def _above(scene: Scene, study: Scaling) -> Iterator[Finding]:
    first = study.points[0]
    above = [
        p
        for p in study.points[1:]
        if p.efficiency > _MOST + _uncertainty(first.throughput) + _uncertainty(p.throughput)
    ]
    if not above:
        return
    texts = [
        f"{one_line(p.side.label)} has {p.efficiency * 100:.0f} % on {p.count} {study.of}"
        + claimed(scene.ledger, p.side.jobs, study.of)
        for p in above
    ]
    jobs = [job for p in (first, *above) for job in p.side.jobs]
    yield Finding(
        "warning",
        f"Efficiency above 100 %: {clauses(texts)}. Either more than the number of {study.of} differs, or the baseline "
        f"({labels(first.side.jobs)}{_on(scene, first, study)}) was slow.",
        jobs,
        _QUANTITIES,
        scene.ledger.locations(jobs, "throughput", study.of),
    )


def _on(scene: Scene, first: Point, study: Scaling) -> str:
    """` on 2 ranks, claimed`, where the number is a claim."""
    mark = claimed(scene.ledger, first.side.jobs, study.of)
    return f" on {many(first.count, study.of.removesuffix('s'))}{mark}" if mark else ""


def _uncertainty(rate: SideValues) -> float:
    """Relative rounding error of a rate."""
    return (rate.resolution or 0.0) / rate.mean if rate.mean else 0.0
