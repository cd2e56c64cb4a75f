"""A figure has a wrong label in the log and is corrected.

What it does
    Names the figures that a vendor's log labels wrongly. The grammar states which figures these are and what they
    really are; they are shown with the correct meaning.

Why it matters
    A reader of the log finds a different unit next to the same digits, and must know that the log is wrong.

Example
    SambaFlow 1.17 prints `training_sequences_per_second: 585269`. This is 505 steps × 4096 samples × 128 tokens / 452
    s: tokens per second.

What to do
    Nothing: the figure is corrected, and `logparse show` prints its line. Quote it with the corrected unit.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from logparse.comparison.jobs import Job
from logparse.comparison.phrases import labels, listed
from logparse.findings import Finding, Scene
from logparse.logs import Logs
from logparse.schema import TEXT
from logparse.text.location import Location

ID = "F09"


def find(scene: Scene) -> Iterator[Finding]:
    """A note on each wrong label."""
    ledger = scene.ledger
    corrections: dict[tuple[str, str], list[str]] = {}
    for grammar in ledger.logs.grammars:
        for rule in grammar.rules:
            if rule.corrects:
                corrections.setdefault((grammar.name, rule.corrects), []).append(rule.id)
    rules = [rule for rule_ids in corrections.values() for rule in rule_ids]
    lines = ledger.of_logs("label-wrong", lambda: _lines(ledger.logs, rules))
    jobs = {run: job for job in scene.jobs for run in job.ids}
    lines = lines.filter(pl.col("run").is_in(list(jobs))) if lines.height else lines
    for (_, corrects), rule_ids in corrections.items() if lines.height else ():
        corrected = lines.filter(pl.col("rule").is_in(rule_ids))
        if corrected.height:
            found = {jobs[run].id: jobs[run] for run in corrected["run"].unique(maintain_order=True)}
            names = corrected["name"].unique(maintain_order=True).to_list()
            first = corrected.unique("run", keep="first", maintain_order=True)
            yield Finding(
                "note",
                f"{listed(names)} of {labels(list(found.values()))}: {corrects}. It is shown with the correct meaning.",
                list(found.values()),
                _columns(names, list(found.values())),
                [Location(*at) for at in first.select("source", "line").iter_rows()],
            )


def _lines(logs: Logs, rules: list[str]) -> pl.DataFrame:
    """run, name, rule, source, line of the figures that these rules read."""
    texts = [pl.col(c).cast(TEXT) for c in ("run", "name", "rule", "source")]
    return logs.metrics.filter(pl.col("rule").is_in(rules)).select(*texts, "line")


def _columns(names: list[str], jobs: list[Job]) -> tuple[str, ...]:
    """The columns of `runs` that contain these figures."""
    scores = ["score"] if any(job["score_name"] in names for job in jobs) else []
    return (*("latency_s" if name == "latency" else name for name in names), *scores)
