"""A claim about a run contradicts its log.

What it does
    Compares each claim (given by the user, or a number in a file name such as `epoch_20`) with the log, and
    reports those that the log refutes.

Why it matters
    Conclusions about the claimed setting are wrong: the run never had it.

Example
    The user says 20 epochs; the progress bar says 10/10. The edit had no effect, and the runs differ because the first
    one compiled.

What to do
    Trust the log. Find out why the setting did not take effect (a default that overwrites it, or a different file that
    was run), and run again.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from logparse.comparison.claim_verdicts import claim_verdicts
from logparse.comparison.phrases import labels
from logparse.findings import Finding, Scene
from logparse.schema import TEXT
from logparse.text.location import Location
from logparse.text.terminal import one_line

ID = "F18"
_KEYS = ("name", "claimed", "found", "origin")


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for each claimed setting that is refuted, with all runs concerned."""
    rows = claim_verdicts(scene.ledger, scene.jobs).filter(pl.col("verdict") == "refuted")
    if not rows.height:
        return
    rows = rows.with_columns(pl.col(pl.Categorical).cast(TEXT))
    for (name, claimed, found, origin), part in rows.group_by(*_KEYS, maintain_order=True):
        jobs = [scene.ledger.by_run[run] for run in part["run"]]
        setting = f"{str(name).replace('_', ' ')} {one_line(str(claimed))}"
        if origin == "file name":
            claim = f"the file name says {setting}" if len(jobs) == 1 else f"the file names say {setting}"
        elif origin == "log":
            claim = f"a name in the log says {setting}"
        else:
            claim = f"the claim is {setting}"
        places = [Location(*at) for at in part.select("source", "line").iter_rows() if at[1]]
        yield Finding("warning", f"{labels(jobs)}: {claim}, but the log says {one_line(str(found))}.", jobs, (), places)
