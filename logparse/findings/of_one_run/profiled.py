"""Profiling was on.

What it does
    Looks for settings and log lines that show a profiler (`autoReport`, `Estimated counters` on Graphcore).

Why it matters
    A profiler slows down compiling and running, and nothing in the numbers shows it.

Example
    MNIST on Graphcore: 108 s with `POPLAR_ENGINE_OPTIONS` set to report everything, 87 s without.

What to do
    Compare profiled runs with profiled runs, or run again without the profiler.
"""

from __future__ import annotations

from collections.abc import Iterator

from logparse.comparison.phrases import labels, location, profiled
from logparse.findings import Finding, Scene

ID = "F31"
_QUANTITIES = (
    *("train_s", "result_s", "wall_s", "total_s", "compile_s", "load_s", "startup_s", "throughput"),
    *("steady_throughput", "token_throughput", "latency_s"),
)


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for runs with a result that was measured with a profiler on."""
    found = [(job, rows) for job in scene.jobs if job.has_result and (rows := profiled(scene.ledger, job))]
    if found:
        jobs = [job for job, _ in found]
        yield Finding(
            "warning", f"Profiling was on in {labels(jobs)}: it increases times and lowers rates.", jobs,
            _QUANTITIES, [location(row) for _, rows in found for row in rows],
        )  # fmt: skip
