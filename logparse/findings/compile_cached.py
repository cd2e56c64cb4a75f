"""One side compiled, the other had a compile cache hit.

What it does
    Looks at the compared runs for some that compiled (`compile_cache` is `miss`) and some that did not (`hit`). Silent
    where that is what is studied (by `compile_cache`).

Why it matters
    The run that compiled took longer for a reason unrelated to the setting that was changed. Its next run would not.

Example
    MNIST on Graphcore: the first run compiled for 22 and 14 s; the next two loaded the binary from the cache and seemed
    faster.

What to do
    Compare training alone (`clock="train"`), or clear the cache and run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import durations, jobs_of, labels, same_workload
from logparse.comparison.sides import Side
from logparse.findings import Finding, Scene

ID = "F02"


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for each set of runs of one workload in which some compiled and some did not."""
    for comparison in scene.comparisons:
        if comparison.by == "compile_cache":
            continue
        sides = same_workload(comparison)
        compiled = [job for job in jobs_of(sides) if job["compile_cache"] == "miss"]
        training = _training(compiled)
        cached = [job for side in sides for job in _counted_hits(side, bool(training))]
        if compiled and cached:
            yield Finding(
                "warning",
                f"{labels(compiled)} compiled{_took(scene.ledger, compiled)}; {labels(cached)} had a compile cache "
                "hit.",
                [*compiled, *cached],
                ("compile_s", "total_s", "wall_s", "result_s", *training),
                scene.ledger.locations([*compiled, *cached], "compile_s", "compile_cache"),
            )


def _counted_hits(side: Side, training_includes_compile: bool) -> Iterator[Job]:
    """The runs of a side with a cache hit whose times are compared: where others of the side compiled, only training
    times that include the compile are."""
    if training_includes_compile or not any(job["compile_cache"] == "miss" for job in side.jobs):
        yield from (job for job in side.jobs if job["compile_cache"] == "hit")


def _took(ledger: Ledger, compiled: Sequence[Job]) -> str:
    timed = [job for job in compiled if job["compile_s"]]
    return f" for {durations(ledger, timed, 'compile_s')}" if timed else ""


def _training(compiled: Sequence[Job]) -> tuple[str, ...]:
    """The training time is affected too where it includes the compile."""
    return ("train_s",) if any("compile" in (job["train_includes"] or "") for job in compiled) else ()
