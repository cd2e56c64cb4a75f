"""Not the same number of ranks or devices.

What it does
    Looks at runs set side by side whose ranks or devices differ, and says what kind of scaling it is: weak (the same
    work on each), strong (the same work in all), or neither; the last only where somebody compares them.

Why it matters
    In weak scaling the time should stay and samples/s should grow, in strong scaling the time should shrink. Seconds
    of a weak study rank the runs by their overhead and not by what they did; where it is neither, there is no
    efficiency at all.

Example
    BertLarge on 2, 4, 8 and 16 RDU ranks, 505 steps of 256 samples on each: 418, 429, 450 and 452 s, and 618, 1205,
    2301 and 4572 samples/s. By the seconds 2 ranks were best; by the rate 16 ranks do 7.4 times the work.

What to do
    Compare samples/s where it is weak, seconds where it is strong; where it is neither, run again with the same work on
    each rank or in all. Rates for each (`--per rank`, `--per device`) show what is lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from logparse.comparison.compare import Comparison
from logparse.comparison.phrases import by_text, by_value, claimed, jobs_of, listed, same_workload, span, with_labels
from logparse.comparison.scaling import Point, Scaling, scaling
from logparse.findings import Finding, Scene
from logparse.text.labels import many

ID = "F06"
OF_ONE_RUN = False
_TOUCHED = ("train_s", "result_s", "wall_s", "throughput", "steady_throughput", "token_throughput")


def find(scene: Scene) -> Iterator[Finding]:
    """A note for each study of weak or strong scaling; a warning where ranks or devices differ and it is neither."""
    for comparison in scene.comparisons:
        study = _study(comparison)
        if study is None or (study.kind == "neither" and not scene.shown):
            continue  # some of all runs that were read always differ: only who compares them concludes something
        jobs = [job for job in jobs_of(same_workload(comparison)) if job.has_result]
        counts = dict(sorted(by_value(scene.ledger, jobs, study.of).items()))
        told = with_labels(by_text(scene.ledger, study.of, counts, "{:,}".format))
        yield Finding(
            "warning" if study.kind == "neither" else "note",
            f"Not the same number of {study.of}: {told}. {_kind(study, claimed(scene.ledger, jobs, 'samples'))}",
            jobs,
            _TOUCHED,
            scene.ledger.places(jobs, study.of, "samples"),
        )


def _study(comparison: Comparison) -> Scaling | None:
    """The scaling study of those sides that have a result and tell how many ranks, or devices, they had."""
    for of in ("ranks", "devices"):
        sides = [
            side
            for side in same_workload(comparison)
            if any(job.has_result and comparison.ledger.value(job, of).known for job in side.jobs)
        ]
        study = scaling(comparison.ledger, sides)
        if study is not None and study.of == of:
            return study
    return None


def _kind(study: Scaling, mark: str) -> str:
    """Which kind of scaling it is; `mark`: said of the samples where they are not read."""
    if study.kind == "neither":
        return f"Neither weak nor strong scaling, so no efficiency can be told: {study.why}{mark}."
    what = "samples/s, not seconds" if study.kind == "weak" else "seconds"
    return f"{study.kind.capitalize()} scaling ({study.why}{mark}): compare {what}{_efficiency(study)}."


def _efficiency(study: Scaling) -> str:
    """How much of the growth the rate kept: of each count, or from least to most where there are several of one."""
    least = min((p.count for p in study.points), default=0)
    more = [p for p in study.points if p.count > least]
    if not more:
        return ""
    if len({p.count for p in study.points}) < len(study.points):
        return f"; efficiency {span([p.efficiency * 100 for p in more], '.1f')} %"
    return f"; efficiency against {many(least, study.of.removesuffix('s'))} {listed([_share(p) for p in more])}"


def _share(point: Point) -> str:
    return f"{point.efficiency * 100:.1f} % ({point.count:,})"
