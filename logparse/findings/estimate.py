"""A figure is a compiler's estimate, beside what was measured.

What it does
    Names the estimates that stand beside measurements in a comparison: a Groq build's latency and throughput on the
    chip, and the time of a step that SambaNova's compiler projects.

Why it matters
    An estimate leaves out what the compiler does not model: input and output, the host, the network. It cannot be
    beaten, repeated or averaged, and between two builds it says how the compiler's model changed.

Example
    bert_tiny on a GroqChip: 0.03 ms and 37,577 a second on the chip, by the compiler; measured end to end 0.06 ms and
    16,612 a second.

What to do
    Rank by what was measured (`latency_s`, `throughput`), and call the other figure an estimate wherever it is quoted.
"""

from __future__ import annotations

from collections.abc import Iterator

from logparse.comparison.compare import Comparison
from logparse.comparison.jobs import Job
from logparse.comparison.phrases import clauses, location, shown
from logparse.findings import Finding, Scene
from logparse.text.numbers import seconds
from logparse.text.terminal import one_line

ID = "F10"
OF_ONE_RUN = False

_BESIDE = {"on_chip_latency_s": "latency_s", "on_chip_throughput": "throughput"}
"""Estimate -> what is measured."""


def find(scene: Scene) -> Iterator[Finding]:
    """A note for each comparison that shows estimates beside measurements."""
    for comparison in scene.comparisons:
        yield from _on_chip(comparison)
        yield from _projected(comparison)


def _on_chip(comparison: Comparison) -> Iterator[Finding]:
    ledger = comparison.ledger
    told: list[str] = []
    jobs: list[Job] = []
    for job in comparison.jobs:
        pairs = [(e, m) for e, m in _BESIDE.items() if job[e] is not None and job[m] is not None]
        if pairs and job.has_result:
            jobs.append(job)
            estimates = " and ".join(shown(ledger, job, e) for e, _ in pairs)
            measured = " and ".join(shown(ledger, job, m) for _, m in pairs)
            told.append(f"{estimates} where {measured} were measured ({one_line(job.label)})")
    if jobs:
        yield Finding(
            "note",
            f"What is given as on chip is the compiler's estimate: {clauses(told)}.",
            jobs,
            tuple(_BESIDE),
            ledger.locations(jobs, *_BESIDE),
        )


def _projected(comparison: Comparison) -> Iterator[Finding]:
    ledger = comparison.ledger
    told, jobs, places = [], [], []
    for job in comparison.jobs:
        rows = ledger.metrics(job, "projected_latency").rows(named=True)
        steps, took = job["steps"], job["train_s"]
        if rows and steps and took and job.has_result:
            jobs.append(job)
            places.append(location(rows[0]))
            projected = seconds(rows[0]["value"], rows[0]["resolution"], 3)
            each = seconds(took / steps, None, 3)
            told.append(f"{projected} where {steps:,} steps took {each} each ({one_line(job.label)})")
    if jobs:
        yield Finding(
            "note",
            f"The time of a step that the compiler projected is not what a step took: {clauses(told)}.",
            jobs,
            ("train_s",),
            places,
        )
