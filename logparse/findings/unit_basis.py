"""The compared rates have different units.

What it does
    Checks what the compared rates count: samples, sequences, images, pairs, tokens, or iterations of a progress bar.

Why it matters
    A rate in tokens is larger than one in sequences by the sequence length, and an iteration contains as many samples
    as the batch size. The larger number is then not the faster run.

Example
    BertLarge on SambaNova: one release prints samples/s, the next tokens/s. At a sequence length of 128 the second
    number is 128 times the first at the same speed.

What to do
    Compare in one unit: tokens and samples can be converted where the sequence length is known (the claim
    `LABEL:sequence_length=128` supplies it), iterations of a progress bar where the batch size is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from logparse.comparison.compare import Comparison, Row
from logparse.comparison.jobs import Job
from logparse.comparison.phrases import clauses, labels, same_workload, with_labels
from logparse.comparison.sides import SideValues
from logparse.findings import Finding, Scene

ID = "F08"


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for rates of different units; a note on rates that were converted, or may be of different units."""
    for comparison in scene.comparisons:
        rows = {row.quantity.name: row for row in comparison.rows}
        if "throughput" in rows:
            yield from _samples(comparison, rows["throughput"])
        for name in ("throughput", "token_throughput"):
            if name in rows:
                yield from _converted(comparison, rows[name])
        if "throughput" in rows and "token_throughput" in rows:
            yield from _tokens(comparison, rows["throughput"], rows["token_throughput"])


def _samples(comparison: Comparison, row: Row) -> Iterator[Finding]:
    """The meaning of a sample on each side."""
    same = {id(side) for side in same_workload(comparison)}  # sides have no hash
    jobs = [job for c in row.cells if c.values and id(c.side) in same for job in c.side.jobs]
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        if job["sample"] is not None:
            groups.setdefault(str(job["sample"]), []).append(job)
    if len(groups) < 2:
        return
    named = len(groups.keys() - {"sample"}) > 1
    rates = with_labels({f"{unit}s": jobs for unit, jobs in groups.items()})
    yield Finding(
        "warning" if named else "note",
        f"The rates count different things: {rates}."
        if named
        else f"The rates count {rates}; no log states that a sample is the same on both sides.",
        [job for jobs in groups.values() for job in jobs],
        ("throughput", "steady_throughput"),
        comparison.ledger.locations(jobs, "throughput"),
    )


def _converted(comparison: Comparison, row: Row) -> Iterator[Finding]:
    """Rates in a unit that the log does not print."""
    converted = [(c, reason) for c in row.cells if (reason := _of_length(c))]
    if converted:
        conversions = clauses([f"{labels(c.side.jobs)} by {reason}" for c, reason in converted])
        yield Finding(
            "note",
            f"Not all logs print {row.quantity.unit}; converted: {conversions}.",
            [job for c, _ in converted for job in c.side.jobs],
            (row.quantity.name,),
            [p for c, _ in converted for p in c.locations],
        )


def _of_length(cell: SideValues) -> str | None:
    """How a value was converted; None where none was."""
    return next((v.made for v in cell.values if re.search("[÷×] sequence length", v.made or "")), None)


def _tokens(comparison: Comparison, samples: Row, tokens: Row) -> Iterator[Finding]:
    """Sides with tokens/s only next to sides with samples/s only, without a conversion."""
    ledger = comparison.ledger
    only = {
        "samples/s": [s for s, t in zip(samples.cells, tokens.cells, strict=True) if s.values and not t.values],
        "tokens/s": [t for s, t in zip(samples.cells, tokens.cells, strict=True) if t.values and not s.values],
    }
    if all(only.values()):
        groups = {unit: [job for c in cells for job in c.side.jobs] for unit, cells in only.items()}
        jobs = [job for jobs in groups.values() for job in jobs]
        yield Finding(
            "warning",
            f"{with_labels(groups)} are printed, and no log states the sequence length needed to convert them.",
            jobs,
            ("throughput", "token_throughput"),
            ledger.locations(jobs, "throughput", "token_throughput"),
        )
