"""A figure had a wrong label in the log, and was corrected.

What it does
    Names the figures that the vendor's log calls what they are not. The grammars say which these are and what they
    really are; the figures are shown as what they are.

Why it matters
    Who looks into the log finds another unit beside the same digits, and must know that it is the log that is wrong.

Example
    SambaFlow 1.17 prints `training_sequences_per_second: 585269`. It is 505 steps × 4096 samples × 128 tokens / 452 s:
    tokens per second.

What to do
    Nothing here: the figure is corrected, and `logparse show` names its line. Quote it with the corrected unit.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from logparse.comparison.jobs import Job
from logparse.comparison.phrases import labels, listed
from logparse.findings import Finding, Scene
from logparse.schema import TEXT
from logparse.text.location import Location

ID = "F09"
OF_ONE_RUN = True


def find(scene: Scene) -> Iterator[Finding]:
    """A note for each wrong label."""
    ledger = scene.ledger
    told: dict[tuple[str, str], list[str]] = {}
    for grammar in ledger.logs.grammars:
        for rule in grammar.rules:
            if rule.corrects:
                told.setdefault((grammar.name, rule.corrects), []).append(rule.id)
    rules = [rule for some in told.values() for rule in some]
    lines = _lines(scene, rules)
    jobs = {run: job for job in scene.jobs for run in job.ids}
    for (_, corrects), some in told.items():
        here = lines.filter(pl.col("rule").is_in(some) & pl.col("run").is_in(list(jobs)))
        if here.height:
            mine = {jobs[run].id: jobs[run] for run in here["run"].unique(maintain_order=True)}
            names = here["name"].unique(maintain_order=True).to_list()
            first = here.unique("run", keep="first", maintain_order=True)
            yield Finding(
                "note",
                f"{listed(names)} of {labels(list(mine.values()))}: {corrects}. Here it is shown as what it is.",
                list(mine.values()),
                _columns(names, list(mine.values())),
                [Location(*at) for at in first.select("source", "line").iter_rows()],
            )


def _lines(scene: Scene, rules: list[str]) -> pl.DataFrame:
    """run, name, rule, source, line of the figures that these rules read."""
    texts = [pl.col(c).cast(TEXT) for c in ("run", "name", "rule", "source")]
    return scene.ledger.logs.metrics.filter(pl.col("rule").is_in(rules)).select(*texts, "line")


def _columns(names: list[str], jobs: list[Job]) -> tuple[str, ...]:
    """The columns of `runs` that hold these figures, as far as any does."""
    scores = ["score"] if any(job["score_name"] in names for job in jobs) else []
    return (*("latency_s" if name == "latency" else name for name in names), *scores)
