"""What was claimed of a run is not what its log says.

What it does
    Compares each claim (given by the user, or a number in a file's name such as `epoch_20`) with the log, and names
    those that the log refutes.

Why it matters
    What is concluded about the setting that was claimed is then about something else: the run never had it.

Example
    "20 epochs", says the person; the bar says 10/10. The edit had no effect, and what differs between the runs is that
    the first compiled.

What to do
    Trust the log. Find out why the setting did not arrive (a default that overwrites it, another file that was run),
    and run again.
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
OF_ONE_RUN = True
_KEYS = ("name", "claimed", "found", "origin")


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for each setting that was claimed and is refuted, with all runs of which that is so."""
    rows = claim_verdicts(scene.ledger, scene.jobs).filter(pl.col("verdict") == "refuted")
    rows = rows.with_columns(pl.col(pl.Categorical).cast(TEXT))
    for (name, claimed, found, origin), part in rows.group_by(*_KEYS, maintain_order=True):
        jobs = [scene.ledger.by_run[run] for run in part["run"]]
        said = f"{str(name).replace('_', ' ')} {one_line(str(claimed))}"
        if origin == "file name":
            who = f"the name of its file says {said}" if len(jobs) == 1 else f"the names of their files say {said}"
        else:
            who = f"the claim was {said}"
        places = [Location(*at) for at in part.select("source", "line").iter_rows() if at[1]]
        yield Finding("warning", f"{labels(jobs)}: {who}, but the log says {one_line(str(found))}.", jobs, (), places)
