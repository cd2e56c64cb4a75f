"""The runs differ in the number of ranks or devices.

What it does
    Looks at compared runs with different numbers of ranks or devices, and states the kind of scaling: weak (the same
    work per rank), strong (the same total work), or neither. Neither is reported only for an explicit comparison, with
    the runs among them that are a study of weak or strong scaling.

Why it matters
    In weak scaling, time should stay constant and samples/s should grow; in strong scaling, time should shrink. Seconds
    in a weak scaling study rank the runs by their overhead, not by their throughput. Where the scaling is neither,
    there is no efficiency.

Example
    BertLarge on 2, 4, 8 and 16 RDU ranks, 505 steps of 256 samples per rank: 418, 429, 450 and 452 s, and 618, 1205,
    2301 and 4572 samples/s. By time, 2 ranks are best; by rate, 16 ranks do 7.4 times the work.

What to do
    Compare samples/s in weak scaling and seconds in strong scaling. Where it is neither, run again with the same work
    per rank or the same total work. Rates per rank or per device show the loss.
"""

from __future__ import annotations

from collections.abc import Iterator

from logparse.comparison.compare import Comparison
from logparse.comparison.phrases import (
    by_text,
    by_value,
    claimed,
    clauses,
    jobs_of,
    listed,
    same_workload,
    span,
    with_labels,
)
from logparse.comparison.scaling import Point, Scaling, scaling, studies
from logparse.comparison.sides import Side
from logparse.findings import Finding, Scene
from logparse.text.labels import many
from logparse.text.terminal import one_line

ID = "F06"
_QUANTITIES = ("train_s", "result_s", "wall_s", "throughput", "steady_throughput", "token_throughput")


def find(scene: Scene) -> Iterator[Finding]:
    """A note on each study of weak or strong scaling; a warning where ranks or devices differ and it is neither."""
    for comparison in scene.comparisons:
        study = _study(comparison)
        if study is None or (study.kind == "neither" and not scene.shown):
            continue  # in a set of logs some runs always differ; only a comparison draws conclusions from them
        jobs = [job for job in jobs_of(same_workload(comparison)) if job.has_result]
        counts = dict(sorted(by_value(scene.ledger, jobs, study.of).items()))
        groups = with_labels(by_text(scene.ledger, study.of, counts, "{:,}".format))
        kind = _kind(comparison, study, claimed(scene.ledger, jobs, "samples"))
        yield Finding(
            "warning" if study.kind == "neither" else "note",
            f"Different numbers of {study.of}: {groups}. {kind}",
            jobs,
            _QUANTITIES,
            scene.ledger.locations(jobs, study.of, "samples"),
        )


def _study(comparison: Comparison) -> Scaling | None:
    """The scaling study of the sides that have a result and a known number of ranks or devices."""
    for of in ("ranks", "devices"):
        study = scaling(comparison.ledger, _counted(comparison, of))
        if study is not None and study.of == of:
            return study
    return None


def _counted(comparison: Comparison, of: str) -> list[Side]:
    """The sides that have a result and a known number of ranks or devices."""
    return [
        side
        for side in same_workload(comparison)
        if any(job.has_result and comparison.ledger.value(job, of).known for job in side.jobs)
    ]


def _kind(comparison: Comparison, study: Scaling, mark: str) -> str:
    """The kind of scaling; `mark`: added where the samples are claimed."""
    if study.kind != "neither":
        text = _stated(study, mark)
        return f"{text[0].upper()}{text[1:]}."
    parts = [
        f"{listed([one_line(side.label) for side in sides])} are comparable, {_stated(found, mark)}"
        for sides, found in studies(comparison.ledger, _counted(comparison, study.of), study.of)[0]
    ]
    if not parts:
        return f"Neither weak nor strong scaling, so there is no efficiency: {study.why}{mark}."
    return f"Together neither weak nor strong scaling ({study.why}{mark}); only {clauses(parts)}."


def _stated(study: Scaling, mark: str) -> str:
    """`weak scaling (the same work per rank: 2,560 samples): compare samples/s, not seconds; efficiency …`."""
    what = "samples/s, not seconds" if study.kind == "weak" else "seconds"
    return f"{study.kind} scaling ({study.why}{mark}): compare {what}{_efficiency(study)}"


def _efficiency(study: Scaling) -> str:
    """The efficiency of each count, or its range where several sides have the same count."""
    least = min((p.count for p in study.points), default=0)
    more = [p for p in study.points if p.count > least]
    if not more:
        return ""
    if len({p.count for p in study.points}) < len(study.points):
        return f"; efficiency {span([p.efficiency * 100 for p in more], '.1f')} %"
    return f"; efficiency relative to {many(least, study.of.removesuffix('s'))} {listed([_share(p) for p in more])}"


def _share(point: Point) -> str:
    return f"{point.efficiency * 100:.1f} % ({point.count:,})"
