"""Figures in one log contradict each other.

What it does
    Checks three identities between figures that the log itself states: rate = work / time; latency × rate = 1 where one
    input is processed at a time; and the sum of the phases does not exceed the total. It reports violations larger than
    the rounding of the printed digits and of at least 2 %. Derived values are not checked, since they always agree.

Why it matters
    One of the figures is not what its name says, and using the wrong one gives a result that is off by that factor.

Example
    A table states 2.00 ms and 459.3 inferences/s. 2 ms correspond to 500 inferences/s, but with one significant digit
    the latency could be 2.2 ms, so nothing is reported. With 0.20 ms it would be.

What to do
    Look at the log lines, and find out what each figure counts before comparing it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from logparse.cells import Value
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import clauses, labels, per_second, shown
from logparse.findings import Finding, Scene
from logparse.frames.identities import STATED, TOLERANCE, is_one_at_a_time, is_product, is_rate_of_whole_run
from logparse.grammar import formula as formulas
from logparse.schema import RUNS
from logparse.text.location import Location
from logparse.text.numbers import figure, seconds
from logparse.text.terminal import one_line

ID = "F29"
_COUNTS = frozenset({"steps", "batch_size", "micro_batch_size", "ranks", "devices", "gradient_accumulation"})
_PHASES = ("queue_s", "compile_s", "load_s", "train_s", "eval_s", "checkpoint_s")


@dataclass(frozen=True)
class _Failed:
    job: Job
    text: str
    columns: tuple[str, ...]
    locations: Sequence[Location]


def find(scene: Scene) -> Iterator[Finding]:
    """An error for each identity that fails, with all runs in which it fails."""
    for check in (_rate, _latency, _whole):
        found = [failed for job in scene.jobs if (failed := check(scene.ledger, job)) is not None]
        if found:
            jobs = [f.job for f in found]
            columns = tuple(dict.fromkeys(c for f in found for c in f.columns))
            yield Finding(
                "error", f"The figures of {labels(jobs)} contradict each other: "
                f"{clauses([f.text for f in found])}.", jobs, columns, [p for f in found for p in f.locations],
            )  # fmt: skip


def _stated(ledger: Ledger, job: Job, column: str) -> Value | None:
    value = ledger.value(job, column)
    return value if value.value and value.how in STATED else None


def _rate(ledger: Ledger, job: Job) -> _Failed | None:
    """rate = work / time."""
    rate, time = (_stated(ledger, job, c) for c in ("throughput", "train_s"))
    if rate is None or time is None or not is_rate_of_whole_run(job):
        return None
    work = _work(ledger, job)
    if work is None:
        return None
    if is_product(work, rate, time):
        return None
    expected = f"{figure(work / time.value, None, 5)} {per_second(job)}"
    return _Failed(
        job, f"{work:,} {job['sample'] or 'sample'}s in {shown(ledger, job, 'train_s')} are {expected}, not "
        f"{shown(ledger, job, 'throughput')} ({one_line(job.label)})",
        ("throughput", "train_s"), ledger.locations([job], "throughput", "train_s", "samples", "steps", "batch_size"),
    )  # fmt: skip


def _work(ledger: Ledger, job: Job) -> int | None:
    """Samples, as stated or computed from stated counts; not those computed from a rate or a time."""
    for columns in (("samples",), ("steps", "batch_size")):
        values = [ledger.value(job, column) for column in columns]
        if all(
            v.value and (v.how in STATED or _of_counts(ledger, job, c)) for v, c in zip(values, columns, strict=True)
        ):
            return math.prod(int(v.value) for v in values)
    return None


def _of_counts(ledger: Ledger, job: Job, column: str) -> bool:
    """Whether a derived count is computed from counts alone."""
    rows = ledger.logs.evidence.filter(
        (pl.col("run") == job.id) & (pl.col("frame") == "runs") & (pl.col("column") == column)
    )
    names = {name for formula in rows["formula"].drop_nulls().unique() for name in formulas.names(formula)}
    return bool(names) and names <= _COUNTS and all(_of_counts_or_stated(ledger, job, n) for n in names)


def _of_counts_or_stated(ledger: Ledger, job: Job, column: str) -> bool:
    return column not in RUNS or ledger.value(job, column).how in STATED or _of_counts(ledger, job, column)


def _latency(ledger: Ledger, job: Job) -> _Failed | None:
    """latency × rate = 1, one input at a time."""
    rate, latency = (_stated(ledger, job, c) for c in ("throughput", "latency_s"))
    if rate is None or latency is None or not is_one_at_a_time(job):
        return None
    if is_product(1, rate, latency):
        return None
    expected = f"{figure(1 / latency.value, None, 5)} {per_second(job)}"
    return _Failed(
        job, f"{shown(ledger, job, 'latency_s')} per input are {expected}, not {shown(ledger, job, 'throughput')} "
        f"({one_line(job.label)})", ("throughput", "latency_s"), ledger.locations([job], "throughput", "latency_s"),
    )  # fmt: skip


def _whole(ledger: Ledger, job: Job) -> _Failed | None:
    """Sum of phases <= total, in each log of the job by itself."""
    for part in (Job(run) for run in job.runs):
        whole = _stated(ledger, part, "total_s")
        stated = {c: value for c in _PHASES if (value := _stated(ledger, part, c)) is not None}
        if whole is None or not stated:
            continue
        phases_s = sum(v.value for v in stated.values())
        uncertainty = (whole.resolution or 0.0) + sum(v.resolution or 0.0 for v in stated.values())
        if phases_s > whole.value + max(TOLERANCE * whole.value, uncertainty):
            return _Failed(
                job, f"{', '.join(c.removesuffix('_s') for c in stated)} took {seconds(phases_s, None)} of a total of "
                f"{shown(ledger, part, 'total_s')} ({one_line(part.label)})",
                (*stated, "total_s", "wall_s", "result_s"), ledger.locations([part], "total_s", *stated),
            )  # fmt: skip
    return None
