"""A duration stands in a log that holds no training and no inference.

What it does
    Looks for runs that only compiled or submitted (status `submitted`) and whose other log is not here, and that have a
    duration all the same. Once the job's run log is read with it, nothing is said.

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

from logparse.findings import Finding, Scene

ID = "F01"
OF_ONE_RUN = True


def find(scene: Scene) -> Iterator[Finding]:
    """An error where the duration is compared, else a note; silent where the work's log was joined."""
    without = [job for job in scene.jobs if job.main["status"] == "submitted" and job["total_s"] is not None]
    if not without:
        return
    durations = ", ".join(f"{job['total_s']:g} s ({job.label})" for job in without[:4])
    more = f" and {len(without) - 4} more" if len(without) > 4 else ""
    yield Finding(
        "error" if scene.shown and len(scene.jobs) > 1 else "note",
        f"{durations}{more}: what the log timed is compiling or submitting; it holds no training and no inference.",
        without,
        ("total_s", "compile_s", "wall_s", "result_s"),
        [place for job in without for place in scene.ledger.value(job, "total_s").places],
    )
