"""Points in common as rows of a comparison: the loss at equal samples, the time to a target."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from logparse.cells import Value
from logparse.comparison.equal import CommonPoint, PointAt
from logparse.comparison.estimate import Noise
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.noise import bounds, other_program, source
from logparse.comparison.quantities import QUANTITIES, Quantity
from logparse.comparison.refusal import Refusal, RefusalCause, unknown_workload, workload_difference
from logparse.comparison.sides import Side, SideValues, Unusable
from logparse.comparison.verdict import Verdict, of_estimates, refused
from logparse.text.missing import Absence, Code


def quantity(common: CommonPoint) -> Quantity:
    """The quantity that is compared: the time to a target, or the loss at a point."""
    if common.is_target:
        return Quantity(f"time_to_{common.metric}", f"time to {common.found}", "s", "lower")
    return Quantity(f"loss_at_{common.asked}", f"loss at {common.found}", None, "lower", scale="difference")


def cells(common: CommonPoint, sides: Sequence[Side]) -> list[SideValues]:
    """The values of each side at the common point."""
    points: dict[int, list[PointAt]] = {}
    for point in common.points:
        points.setdefault(id(point.side), []).append(point)
    return [_cell(common, side, points.get(id(side), [])) for side in sides]


def _cell(common: CommonPoint, side: Side, points: Sequence[PointAt]) -> SideValues:
    values = [(p.job, _value(p)) for p in points]
    known = [(job, value) for job, value in values if value.known]
    out = [Unusable(job, value.reason or "not reached") for job, value in values if not value.known]
    return SideValues(
        side, tuple(v for _, v in known), None if known else next((v.empty for _, v in values), None),
        tuple(job for job, _ in known), tuple(out), quantity(common).scale,
    )  # fmt: skip


def _value(point: PointAt) -> Value:
    """The loss at the point, or the time to the target."""
    if point.elapsed is not None:
        return point.elapsed
    if point.reason:
        return Value(empty=Absence(Code.NOT_IN_LOG, point.reason))
    return Value(point.value, point.resolution, "read", locations=(point.location,) if point.location else ())


def verdict(ledger: Ledger, common: CommonPoint, a: SideValues, b: SideValues) -> Verdict:
    """The verdict on two sides at the common point. Repeats of the same programs are taken at the same point."""
    for cause, reason in (
        (RefusalCause.WORKLOAD, workload_difference(ledger, a, b)),
        (RefusalCause.UNKNOWN_WORKLOAD, unknown_workload(ledger, a, b)),
        *((RefusalCause.EMPTY, None if c.values else f"{c.side.label}: {c.reason}") for c in (a, b)),
    ):
        if reason:
            return refused(Refusal(cause, reason))
    found = quantity(common)

    def known(x: SideValues, y: SideValues) -> list[Noise]:
        if not common.is_target:
            return bounds(ledger, QUANTITIES["loss"], x, y)
        hint = other_program(ledger, QUANTITIES["train_s"], x, y)
        return [*bounds(ledger, found, x, y), *([hint] if hint else [])]

    # One object for all pairs of sides, by which the repeats at this point are kept.
    values = ledger.once(("values at", common.asked, common.locate), lambda: partial(_at_point, common))
    return of_estimates(ledger, found, a, b, lambda x, y: source(ledger, found, x, y, values), known)


def _at_point(common: CommonPoint, jobs: Sequence[Job]) -> SideValues:
    """The values of these jobs at the common point."""
    side = Side("", tuple(jobs))
    return _cell(common, side, [common.locate(side, job) for job in jobs] if common.locate else [])
