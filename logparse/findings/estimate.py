"""A figure is a compiler's estimate, not a measurement.

What it does
    Names the estimates next to measurements in a comparison: the on-chip latency and throughput of a Groq build, and
    the step time that SambaNova's compiler projects.

Why it matters
    An estimate leaves out what the compiler does not model: input and output, the host, the network. It cannot be
    exceeded, repeated or averaged, and between two builds it shows how the compiler's model changed.

Example
    bert_tiny on a GroqChip: the compiler estimates 0.03 ms and 37,577 inferences/s on the chip; measured end to
    end, it is 0.06 ms and 16,612 inferences/s.

What to do
    Rank by measurements (`latency_s`, `throughput`), and call the other figure an estimate wherever it is quoted.
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

_BESIDE = {"on_chip_latency_s": "latency_s", "on_chip_throughput": "throughput"}
"""Estimate -> the corresponding measurement."""


def find(scene: Scene) -> Iterator[Finding]:
    """A note on each comparison that shows estimates next to measurements."""
    for comparison in scene.comparisons:
        yield from _on_chip(comparison)
        yield from _projected(comparison)


def _on_chip(comparison: Comparison) -> Iterator[Finding]:
    ledger = comparison.ledger
    texts: list[str] = []
    jobs: list[Job] = []
    for job in comparison.jobs:
        pairs = [(e, m) for e, m in _BESIDE.items() if job[e] is not None and job[m] is not None]
        if pairs and job.has_result:
            jobs.append(job)
            estimates = " and ".join(shown(ledger, job, e) for e, _ in pairs)
            measured = " and ".join(shown(ledger, job, m) for _, m in pairs)
            texts.append(f"{estimates}, measured {measured} ({one_line(job.label)})")
    if jobs:
        yield Finding(
            "note",
            f"The on-chip figures are the compiler's estimates: {clauses(texts)}.",
            jobs,
            tuple(_BESIDE),
            ledger.locations(jobs, *_BESIDE),
        )


def _projected(comparison: Comparison) -> Iterator[Finding]:
    ledger = comparison.ledger
    texts, jobs, places = [], [], []
    for job in comparison.jobs:
        rows = ledger.metrics(job, "projected_latency").rows(named=True)
        steps, took = job["steps"], job["train_s"]
        if rows and steps and took and job.has_result:
            jobs.append(job)
            places.append(location(rows[0]))
            projected = seconds(rows[0]["value"], rows[0]["resolution"], 3)
            each = seconds(took / steps, None, 3)
            texts.append(f"{projected} projected, but {steps:,} steps took {each} each ({one_line(job.label)})")
    if jobs:
        yield Finding(
            "note",
            f"The compiler's projected step time is not the measured one: {clauses(texts)}.",
            jobs,
            ("train_s",),
            places,
        )
