"""One side repeats one input, the other runs a data set.

What it does
    Looks for comparisons of runs that measured one input repeatedly with runs that processed a data set, and for result
    tables in which the row of the host processor was measured differently from that of the chip.

Why it matters
    Repeating one input excludes loading, preprocessing and scoring. A ratio between the two mostly shows that
    difference.

Example
    GroqFlow's table: groq 16612.48 inferences/s (100 repetitions of one input), cpu 453.89 (a loop over the data set).
    It does not follow that the chip is 37 times as fast as the processor.

What to do
    Compare runs of one scenario. For the processor, time the same repeated input.
"""

from __future__ import annotations

from collections.abc import Iterator

from logparse.comparison.compare import Comparison
from logparse.comparison.jobs import Job
from logparse.comparison.phrases import labels, location, per_second, shown
from logparse.findings import Finding, Scene
from logparse.text.numbers import figure, ratio_figure
from logparse.text.terminal import one_line

ID = "F22"
_SINGLE = "single_input"
_QUANTITIES = ("throughput", "latency_s")


def find(scene: Scene) -> Iterator[Finding]:
    """A warning where sides have different scenarios; a note on tables whose rows have."""
    for comparison in scene.comparisons:
        for single, others in _scenarios(comparison):
            yield Finding(
                "warning",
                f"{labels(single)} {_verb(single, 'repeats', 'repeat')} one input; {labels(others)} "
                f"{_verb(others, 'processes', 'process')} a data set: rates and latencies are not comparable.",
                [*single, *others],
                _QUANTITIES,
                scene.ledger.locations([*single, *others], "throughput_window", "throughput"),
            )
    yield from _processor_rows(scene)


def _scenarios(comparison: Comparison) -> Iterator[tuple[list[Job], list[Job]]]:
    """For each compared workload, the runs that repeat one input and those that do not, where there are both."""
    workloads: dict[tuple[str, str], tuple[list[Job], list[Job]]] = {}
    for job in comparison.jobs:
        known = job["throughput"] is not None and job["throughput_window"] is not None
        if known and job["workload"] and job["task"]:
            single, others = workloads.setdefault((job["workload"], job["task"]), ([], []))
            (single if job["throughput_window"] == _SINGLE else others).append(job)
    yield from (both for both in workloads.values() if all(both))


def _verb(jobs: list[Job], one: str, many: str) -> str:
    return one if len(jobs) == 1 else many


def _processor_rows(scene: Scene) -> Iterator[Finding]:
    """Tables with a row `cpu` next to that of a chip that repeats one input."""
    compared = {job.id: job for comparison in scene.comparisons for job in comparison.jobs}
    found = []
    for job in compared.values():
        if job["throughput"] and job["throughput_window"] == _SINGLE:
            rows = scene.ledger.metrics(job, "throughput", scope="cpu").rows(named=True)
            found += [(job, row) for row in rows if row["value"] is not None and row["value"] > 0][-1:]
    if found:
        job, row = found[0]
        jobs = [job for job, _ in found]
        times = ratio_figure(job["throughput"] / row["value"]).removeprefix("×")
        and_others = f" (likewise {labels(jobs[1:])})" if jobs[1:] else ""
        yield Finding(
            "note",
            f"The table of {one_line(job.label)} does not show that the chip is {times} times as fast as the processor"
            f"{and_others}: its row cpu ({figure(row['value'], row['resolution'], 5)} {per_second(job)}) is a loop "
            f"over the data set, while the chip ({shown(scene.ledger, job, 'throughput')}) repeated one input.",
            jobs,
            _QUANTITIES,
            [p for job, row in found for p in (location(row), *scene.ledger.locations([job], "throughput"))],
        )
