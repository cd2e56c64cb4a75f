"""Rates of different units stand side by side.

What it does
    Looks at rates that are compared for what they count: samples, sequences, images, pairs, tokens, or the iterations
    of a progress bar.

Why it matters
    A rate of tokens is larger than one of sequences by the sequence length, and an iteration holds as many samples as
    the batch; the larger number is then not the faster run.

Example
    BertLarge on SambaNova: one release prints samples/s, the next tokens/s. At a sequence length of 128 the second
    number is 128 times the first at the same speed.

What to do
    Compare in one unit: tokens and samples convert where the sequence length is known
    (`--claim LABEL:sequence_length=128`); a bar's iterations only with the batch size.
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
OF_ONE_RUN = False


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for rates of samples that are not the same thing, a note for what was converted or could not be."""
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
    """What a sample is on each side."""
    same = same_workload(comparison)
    jobs = [job for c in row.cells if c.values and c.side in same for job in c.side.jobs]
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        if job["sample"] is not None:
            groups.setdefault(str(job["sample"]), []).append(job)
    if len(groups) < 2:
        return
    named = len(groups.keys() - {"sample"}) > 1
    told = with_labels({f"{unit}s": some for unit, some in groups.items()})
    yield Finding(
        "warning" if named else "note",
        f"The rates count different things: {told}."
        if named
        else f"The rates count {told}; that a sample is the same on both sides no log says.",
        [job for some in groups.values() for job in some],
        ("throughput", "steady_throughput"),
        comparison.ledger.places(jobs, "throughput"),
    )


def _converted(comparison: Comparison, row: Row) -> Iterator[Finding]:
    """Rates that stand in a unit which the log does not print."""
    converted = [(c, reason) for c in row.cells if (reason := _of_length(c))]
    if converted:
        made = clauses([f"{labels(c.side.jobs)} by {reason}" for c, reason in converted])
        yield Finding(
            "note",
            f"Not all logs print {row.quantity.unit}; converted: {made}.",
            [job for c, _ in converted for job in c.side.jobs],
            (row.quantity.name,),
            [p for c, _ in converted for p in c.places],
        )


def _of_length(cell: SideValues) -> str | None:
    """How a value of the cell was converted, if one was."""
    return next((v.made for v in cell.values if re.search("[÷×] sequence length", v.made or "")), None)


def _tokens(comparison: Comparison, samples: Row, tokens: Row) -> Iterator[Finding]:
    """Sides that print tokens/s only beside sides that print samples/s only, where nothing converts."""
    ledger = comparison.ledger
    only = {
        "samples/s": [s for s, t in zip(samples.cells, tokens.cells, strict=True) if s.values and not t.values],
        "tokens/s": [t for s, t in zip(samples.cells, tokens.cells, strict=True) if t.values and not s.values],
    }
    if all(only.values()):
        groups = {unit: [job for c in cells for job in c.side.jobs] for unit, cells in only.items()}
        jobs = [job for some in groups.values() for job in some]
        yield Finding(
            "warning",
            f"{with_labels(groups)} are printed, and no log tells the sequence length that would convert them.",
            jobs,
            ("throughput", "token_throughput"),
            ledger.places(jobs, "throughput", "token_throughput"),
        )
