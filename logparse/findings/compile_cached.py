"""One side compiled, the other found the binary.

What it does
    Looks at runs set side by side for some that compiled (`compile_cache` is `miss`) and some that did not (`hit`).

Why it matters
    The one that compiled took longer for a reason that has nothing to do with what was changed; the next run would not.

Example
    MNIST on Graphcore: the first run compiled for 22 and 14 s; the two after it loaded from the cache and seemed
    quicker.

What to do
    Compare training alone (`--clock train`), or clear the cache and run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from logparse.comparison.jobs import Job
from logparse.findings import Finding, Scene
from logparse.findings._words import labels, span

ID = "F02"
OF_ONE_RUN = False


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for each set of runs in which some compiled and some did not."""
    for comparison in scene.comparisons:
        compiled = [job for job in comparison.jobs if job["compile_cache"] == "miss"]
        cached = [job for job in comparison.jobs if job["compile_cache"] == "hit"]
        if compiled and cached:
            yield Finding(
                "warning",
                f"{labels(compiled)} compiled{_took(compiled)}; {labels(cached)} found the binary.",
                [*compiled, *cached],
                ("compile_s", "total_s", "wall_s", "result_s"),
                scene.ledger.places([*compiled, *cached], "compile_s", "compile_cache"),
            )


def _took(compiled: Sequence[Job]) -> str:
    times = [job["compile_s"] for job in compiled if job["compile_s"]]
    return f" for {span(times)} s" if times else ""
