"""A duration comes from a log without training or inference.

What it does
    Looks for runs that only compiled or submitted (status `submitted`), whose run log is not among the logs read, and
    that nevertheless have a duration. Silent once the job's run log is read too. Where such durations are compared, it
    is an error, unless all of them are compile times.

Why it matters
    The duration of a submission is not the duration of the work: `Duration: 1` is how long `sbatch` took.

Example
    SambaNova BertLarge: `Duration: 781` became `Duration: 1` with `--ntasks 8`. The first log contains a compile of
    780 s; the second does not, because of a compile cache hit. Neither contains any training.

What to do
    Read the run log together with this one (its name often contains `_train`). Until then compare only compile
    times.
"""

from __future__ import annotations

from collections.abc import Iterator

from logparse.comparison.phrases import listed, shown
from logparse.findings import Finding, Scene
from logparse.text.terminal import one_line

ID = "F01"


def find(scene: Scene) -> Iterator[Finding]:
    """An error where such durations are compared and not all are compile times, else a note."""
    without = [job for job in scene.jobs if job.main["status"] == "submitted" and job["total_s"] is not None]
    if not without:
        return
    durations = listed([f"{shown(scene.ledger, job, 'total_s')} ({one_line(job.label)})" for job in without])
    compared = scene.shown and len(without) > 1 and {job["compile_cache"] for job in without} != {"miss"}
    yield Finding(
        "error" if compared else "note",
        f"{durations}: the log times compiling or submitting; it contains no training and no inference.",
        without,
        ("total_s", "compile_s", "wall_s", "result_s"),
        scene.ledger.locations(without, "total_s"),
    )
