"""A duration stands in a log that holds no training and no inference.

What it does
    Looks for runs that only compiled or submitted (status `submitted`) and whose other log is not here, and that have a
    duration all the same. Once the job's run log is read with it, nothing is said. Where such durations are compared it
    is an error, unless all of them are of compiling.

Why it matters
    The duration of a submission is not the duration of the work: `Duration: 1` is what `sbatch` took.

Example
    SambaNova BertLarge: `Duration: 781` became `Duration: 1` with `--ntasks 8`. The first log holds a compile of 780 s,
    the second none, since the binary was there. Neither holds any training.

What to do
    Read the run log together with this one (its name often has `_train` in it); until then compare nothing but the
    compile.
"""

from __future__ import annotations

from collections.abc import Iterator

from logparse.comparison.phrases import listed, shown
from logparse.findings import Finding, Scene
from logparse.text.terminal import one_line

ID = "F01"
OF_ONE_RUN = True


def find(scene: Scene) -> Iterator[Finding]:
    """An error where such durations are compared that are not all of compiling, else a note; silent where the work's
    log was joined."""
    without = [job for job in scene.jobs if job.main["status"] == "submitted" and job["total_s"] is not None]
    if not without:
        return
    told = listed([f"{shown(scene.ledger, job, 'total_s')} ({one_line(job.label)})" for job in without])
    compared = scene.shown and len(without) > 1 and {job["compile_cache"] for job in without} != {"miss"}
    yield Finding(
        "error" if compared else "note",
        f"{told}: what the log timed is compiling or submitting; it holds no training and no inference.",
        without,
        ("total_s", "compile_s", "wall_s", "result_s"),
        scene.ledger.locations(without, "total_s"),
    )
