"""The rate of one rank next to the rate of all ranks.

What it does
    Looks for comparisons of runs whose logs print a rate per rank with runs whose logs print one rate for the whole
    run, and for logs that contain the rates of only some ranks.

Why it matters
    The rate of one of 64 ranks looks like a collapse next to that of a single-rank run. The rate shown is always the
    sum over all ranks; where ranks are missing, it is too small.

Example
    CosmicTagger on Graphcore prints 0.083 to 0.087 images/s for each of 64 ranks, and 0.1458 for a run on one. The sum
    over the 64 ranks is 5.46.

What to do
    Compare the sums, which are shown, or compare all rates per rank. If a log is truncated, find the complete one.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import labels, listed, location, per_second, shown
from logparse.findings import Finding, Scene
from logparse.text.numbers import figure
from logparse.text.terminal import one_line

ID = "F19"
_QUANTITIES = ("throughput",)


def find(scene: Scene) -> Iterator[Finding]:
    """An error for sums with missing ranks; a note where rates per rank are compared with whole-run rates."""
    for comparison in scene.comparisons:
        rates = {job.id: _rates(scene.ledger, job) for job in comparison.jobs if job["throughput"] is not None}
        jobs = [job for job in comparison.jobs if job.id in rates]
        several = [job for job in jobs if rates[job.id].height > 1]
        short = [job for job in jobs if 0 < rates[job.id].height < (job["ranks"] or 0)]
        whole = [job for job in jobs if job not in several and job not in short]
        if short:
            texts = [f"{one_line(j.label)} has the rates of {rates[j.id].height} of {j['ranks']} ranks" for j in short]
            yield Finding(
                "error", f"{listed(texts)}: the rate shown for the run is too small.", short, _QUANTITIES,
                scene.ledger.locations(short, "throughput"),
            )  # fmt: skip
        summed = [job for job in several if job not in short]
        if summed and whole:
            widest = max(summed, key=lambda job: rates[job.id].height)
            rest = [job for job in summed if job is not widest]
            more = f" (likewise {labels(rest)})" if rest else ""
            rows = [row for job in (widest, *rest) for row in rates[job.id].rows(named=True)]
            yield Finding(
                "note",
                f"{_summed(scene.ledger, widest, rates[widest.id])}{more}. The sum, not the rate "
                f"of one rank, is compared with {labels(whole)}.",
                [*summed, *whole],
                _QUANTITIES,
                [*map(location, rows), *scene.ledger.locations(whole, "throughput")],
            )


def _rates(ledger: Ledger, job: Job) -> pl.DataFrame:
    """The last mean training rate that each rank printed."""
    rows = ledger.metrics(job, "throughput", split="train", window="mean")
    if rows["scope"].null_count() == rows.height:
        return rows.clear()
    return rows.filter(pl.col("scope").cast(pl.String).str.starts_with("rank ")).unique(
        "scope", keep="last", maintain_order=True
    )


def _summed(ledger: Ledger, job: Job, rates: pl.DataFrame) -> str:
    least, most = (figure(float(end), None, 3) for end in (rates["value"].min(), rates["value"].max()))  # type: ignore[arg-type]
    span = least if least == most else f"{least} to {most}"
    return (
        f"{one_line(job.label)} prints a rate for each of its {rates.height} ranks, {span} {per_second(job)}, in total "
        f"{shown(ledger, job, 'throughput')}"
    )
