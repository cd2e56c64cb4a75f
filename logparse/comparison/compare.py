"""`compare`: runs, or groups of runs, side by side; one row per quantity, with a verdict for each difference."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import polars as pl

from logparse.arguments import OneOrMany, as_tuple
from logparse.comparison import equal_rows
from logparse.comparison import sides as sides_
from logparse.comparison.change import BeforeAfter, at_time, before_after, experiments, time_text
from logparse.comparison.claim_verdicts import claim_verdicts
from logparse.comparison.claims import Claim
from logparse.comparison.equal import CommonPoint, at, target
from logparse.comparison.estimate import detectable
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import CLOCKS, Quantity, quantities
from logparse.comparison.refusal import refusal
from logparse.comparison.scaling import Scaling, scaling
from logparse.comparison.select import select
from logparse.comparison.settings import Setting, settings
from logparse.comparison.sides import Side, SideValues, better, side_values
from logparse.comparison.verdict import Verdict, corrected, refused, verdict
from logparse.errors import UsageError
from logparse.logs import Logs
from logparse.schema import LOCATIONS
from logparse.text.labels import shortened


@dataclass(frozen=True)
class Row:
    """One quantity for all sides."""

    quantity: Quantity
    cells: tuple[SideValues, ...]
    verdicts: tuple[Verdict | None, ...]
    """One per side; None for the baseline itself."""
    better: str


@dataclass(frozen=True)
class Comparison:
    """Runs side by side: `rows`, `settings`, `scaling`, `at` and `claims`; `frame()` gives the rows as a polars
    frame."""

    ledger: Ledger
    sides: tuple[Side, ...]
    baseline: int
    """Index of the side that the others are compared with."""
    rows: tuple[Row, ...]
    settings: tuple[Setting, ...]
    scaling: Scaling | None
    claims: pl.DataFrame
    by: str | None = None
    per: str | None = None
    clocks: tuple[str, ...] = tuple(CLOCKS)
    at: tuple[CommonPoint, ...] = field(default=())
    undated: tuple[Job, ...] = ()
    """Jobs left out of a comparison before and after a change, as their logs do not state when they began."""

    @property
    def jobs(self) -> list[Job]:
        """All jobs compared."""
        return [job for side in self.sides for job in side.jobs]

    def frame(self) -> pl.DataFrame:
        """One row per quantity and side; `COMPARISON` gives the columns and types."""
        return pl.DataFrame(list(_frame_rows(self)), schema=COMPARISON)

    def __repr__(self) -> str:
        with self._wide():
            return f"{self._heading}\n{self._shown!r}"

    def _repr_html_(self) -> str:
        with self._wide():
            return f"<p>{html.escape(self._heading)}</p>{self._shown._repr_html_()}"

    @property
    def _heading(self) -> str:
        return f"{len(self.sides)} sides, baseline {self.sides[self.baseline].label}"

    @property
    def _shown(self) -> pl.DataFrame:
        return self.frame().select(
            "quantity", "side", "n", "value", "ratio", "difference", "low", "high", "verdict", "noise_kind"
        )

    @staticmethod
    def _wide() -> pl.Config:
        return pl.Config(tbl_rows=-1, tbl_cols=-1, fmt_str_lengths=48, tbl_width_chars=200)


COMPARISON: dict[str, Any] = {
    "quantity": pl.String,
    "unit": pl.String,
    "better": pl.String,
    "side": pl.String,
    "baseline": pl.Boolean,
    "runs": pl.List(pl.String),
    "n": pl.UInt32,
    "unusable": pl.List(pl.Struct({"run": pl.String, "reason": pl.String})),
    "failed": pl.UInt32,
    "value": pl.Float64,
    "values": pl.List(pl.Float64),
    "least": pl.Float64,
    "greatest": pl.Float64,
    "resolution": pl.Float64,
    "how": pl.String,
    "empty": pl.String,
    "difference": pl.Float64,
    "ratio": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "p": pl.Float64,
    "p_holm": pl.Float64,
    "verdict": pl.String,
    "noise": pl.Float64,
    "noise_sd": pl.Float64,
    "noise_dof": pl.Float64,
    "noise_kind": pl.String,
    "noise_text": pl.String,
    "detectable": pl.Float64,
    "without": pl.List(pl.Struct({"run": pl.String, "verdict": pl.String})),
    "reason": pl.String,
    "evidence": LOCATIONS,
}
"""Columns of a comparison.

runs: all runs of the side. n: usable values; unusable: the other runs, with the reason; failed: those of them without a
result. value: the mean, geometric for durations and rates. empty: why there is none. ratio: of the candidate's mean to
the baseline's; difference: candidate - baseline. low, high: 95 % interval of the ratio (durations, rates) or of the
difference (losses, scores). p: the probability of a difference at least as large between equal settings; p_holm: after
Holm's correction over the table. noise: half the width of the interval, on the scale of the quantity (ln of the ratio,
or the difference); noise_sd, noise_dof: standard deviation of one value on that scale, and its degrees of freedom;
detectable: the difference that twice as many runs (at least four) per side would detect in four of five cases, null
where the resolution is larger than the noise. without: runs without which the verdict would be another, and that
verdict. reason: why the sides are not compared."""


def compare(
    logs: Logs | Ledger,
    runs: OneOrMany[str] = (),
    *,
    by: str | None = None,
    change: str | date | None = None,
    baseline: str | None = None,
    clock: str | None = None,
    per: str | None = None,
    claims: OneOrMany[str | Claim] = (),
    at: OneOrMany[str] = (),
    target: OneOrMany[str] = (),
) -> Comparison:
    """Compare runs side by side. `runs`, `claims`, `at` and `target` take one value or several.

    Args:
        logs: the result of `ingest`, or a ledger.
        runs: names of runs: ids, labels, parts of labels, or patterns with * over labels, ids and paths; each matching
            job is a side. Default: all jobs.
        by: a column of `runs`: jobs with the same value are one side (`group`: repeats of an experiment).
        change: a time (`2026-11-09`, `2026-11-09T14:11`, or a datetime): the runs that began before it are one side,
            those since then the other. All must have the same settings, except the release and the seed. Runs whose
            logs do not state when they began are left out: `Comparison.undated`.
        baseline: label of the side, or name of the run, that the others are compared with. Default: the first with a
            result.
        clock: `train`, `result` or `wall`: show only this clock. Default: all three.
        per: `device` or `rank`: divide rates by their number.
        claims: `LABEL:NAME=VALUE`: what the user states about a run; fills in settings that no log states.
        at: points at which to compare the sides: `samples`, `steps`, `time`, `loss=7.3`.
        target: targets to reach: `loss<=7.3`.

    Raises:
        UsageError: a name matches no run or several, there are fewer than two sides, or an option has an invalid
            value.
    """
    selection = select(logs, runs, claims=claims)
    check(by, clock, per)
    if change is not None:
        if by is not None:
            raise UsageError("by and change both say what the sides are: give one of them")
        parts = _only_experiment(selection.ledger, selection.jobs, at_time(change))
        return of_parts(selection.ledger, parts, baseline, clock, per, as_tuple(at), as_tuple(target))
    return compare_jobs(selection.ledger, selection.jobs, by, baseline, clock, per, as_tuple(at), as_tuple(target))


def check(by: str | None, clock: str | None, per: str | None) -> None:
    """Raises `UsageError` for a column, a clock or a divisor that there is not."""
    sides_.check_column(by)
    for option, value, known in (("clock", clock, tuple(CLOCKS)), ("per", per, ("device", "rank"))):
        if value is not None and value not in known:
            raise UsageError(f"{option} {value!r}: one of {', '.join(known)}")


def compare_jobs(
    ledger: Ledger,
    jobs: Sequence[Job],
    by: str | None = None,
    baseline: str | None = None,
    clock: str | None = None,
    per: str | None = None,
    points: Sequence[str] = (),
    targets: Sequence[str] = (),
) -> Comparison:
    """The comparison of these jobs in one table; see `compare`. The options are valid: see `check`."""
    sides = sides_.by(ledger, jobs, by) if by else sides_.one_each(jobs)
    if len(sides) < 2:
        if len(jobs) > 1:
            raise UsageError(f"a comparison needs at least two sides; all {len(jobs)} runs have {sides[0].label}")
        found = f"only {_named(jobs)}" if jobs else "no run"
        raise UsageError(f"a comparison needs at least two sides; there is {found}")
    return of_sides(ledger, sides, baseline, clock, per, points, targets, by)


def _only_experiment(ledger: Ledger, jobs: Sequence[Job], change: datetime) -> BeforeAfter:
    """The two sides of the only experiment among these jobs. Raises `UsageError` if there are several, or one side."""
    found = before_after(experiments(ledger, jobs), change)
    if len(found) > 1:
        names = shortened([part.sides[0].label if part.sides else part.undated[0].label for part in found], 4)
        raise UsageError(f"these runs have different settings, so `change` cannot compare them in one table: {names}")
    if not found or found[0].missing is not None:
        raise UsageError(f"a comparison needs runs before and since {time_text(change)}: {began(jobs)}")
    return found[0]


def began(jobs: Sequence[Job]) -> str:
    """`these runs began 2026-08-01 to 2026-11-28`."""
    dates = sorted(job["started_at"] for job in jobs if job["started_at"] is not None)
    if not dates:
        return "no log states when its run began" if jobs else "there is no run"
    first, last = (f"{day:%Y-%m-%d %H:%M}" for day in (dates[0], dates[-1]))
    return f"these runs began {first}" if first == last else f"these runs began from {first} to {last}"


def of_parts(
    ledger: Ledger,
    parts: BeforeAfter,
    baseline: str | int | None = None,
    clock: str | None = None,
    per: str | None = None,
    points: Sequence[str] = (),
    targets: Sequence[str] = (),
) -> Comparison:
    """The comparison of the runs before a change with those since then; see `compare`."""
    return replace(of_sides(ledger, parts.sides, baseline, clock, per, points, targets), undated=parts.undated)


def of_sides(
    ledger: Ledger,
    sides: Sequence[Side],
    baseline: str | int | None = None,
    clock: str | None = None,
    per: str | None = None,
    points: Sequence[str] = (),
    targets: Sequence[str] = (),
    by: str | None = None,
) -> Comparison:
    """The comparison of these sides; see `compare`. The baseline may be the index of a side."""
    first = baseline if isinstance(baseline, int) else baseline_of(sides, baseline)
    shown = [q for q in quantities().values() if q.clock is None or clock is None or q.clock == clock]
    rows = [row for q in shown if (row := row_of(ledger, q, sides, first, per, by)) is not None]
    common = [at(ledger, sides, p) for p in points] + [target(ledger, sides, t) for t in targets]
    rows = _corrected(rows + [_row_at(ledger, point, sides, first) for point in common if point.found is not None])
    jobs = [job for side in sides for job in side.jobs]
    return Comparison(
        ledger, tuple(sides), first, tuple(rows), tuple(settings(ledger, sides)), scaling(ledger, sides),
        claim_verdicts(ledger, jobs), by, per, (clock,) if clock else tuple(CLOCKS), tuple(common),
    )  # fmt: skip


def _row_at(ledger: Ledger, common: CommonPoint, sides: Sequence[Side], first: int) -> Row:
    """All sides at one point: the time to a target, or the loss at equal samples."""
    cells = equal_rows.cells(common, sides)
    verdicts = [
        None if i == first else equal_rows.verdict(ledger, common, cells[first], c) for i, c in enumerate(cells)
    ]
    return Row(equal_rows.quantity(common), tuple(cells), tuple(verdicts), "lower")


def _corrected(rows: Sequence[Row]) -> list[Row]:
    """The rows of a table with verdicts corrected for their number."""
    verdicts = iter(corrected([v for row in rows for v in row.verdicts]))
    return [replace(row, verdicts=tuple(next(verdicts) for _ in row.verdicts)) for row in rows]


def row_of(
    ledger: Ledger, quantity: Quantity, sides: Sequence[Side], first: int, per: str | None, by: str | None = None
) -> Row | None:
    """One quantity for all sides, compared with the side `first`; None where no side has it."""
    cells = [side_values(ledger, quantity, side, per) for side in sides]
    if not any(c.values for c in cells):
        return None
    # Convert between tokens/s and samples/s only where another side prints the unit.
    cells = [c if c.values else side_values(ledger, quantity, c.side, per, convert=True) for c in cells]
    verdicts: list[Verdict | None] = []
    for index, c in enumerate(cells):
        if index == first:
            verdicts.append(None)
            continue
        why = refusal(ledger, quantity, cells[first], c, per, by)
        verdicts.append(refused(why) if why else verdict(ledger, quantity, cells[first], c))
    return Row(quantity, tuple(cells), tuple(verdicts), better(quantity, cells))


def baseline_of(sides: Sequence[Side], name: str | None) -> int:
    """Index of the side that `name` refers to. Where there is no name, the first side with a result: a failed run is
    nothing to compare with, unless no other is there.

    Raises `UsageError` where no side or several sides match.
    """
    if name is None:
        return next((i for i, side in enumerate(sides) if side.failed < len(side.jobs)), 0)
    found = matching(sides, name)
    if len(found) > 1:
        raise UsageError(f"the baseline {name!r} is ambiguous: {', '.join(sides[i].label for i in found)}")
    if not found:
        raise UsageError(f"no side matches the baseline {name!r}; choose from {', '.join(s.label for s in sides)}")
    return found[0]


def matching(sides: Sequence[Side], name: str) -> list[int]:
    """Indices of the sides that `name` refers to: by their label or the id of a job; else by the label of a run; else
    by part of a label."""
    small = name.lower()
    labels = [tuple(n for job in side.jobs for n in job.names) for side in sides]
    return (
        [i for i, side in enumerate(sides) if name in (side.label, *(job.id for job in side.jobs))]
        or [i for i, found in enumerate(labels) if name in found]
        or [i for i, found in enumerate(labels) if any(small in n.lower() for n in (sides[i].label, *found))]
    )


def _named(jobs: Sequence[Job]) -> str:
    return shortened([job.label for job in jobs], 8)


def _frame_rows(comparison: Comparison) -> Iterator[Mapping[str, Any]]:
    for row in comparison.rows:
        for index, (c, v) in enumerate(zip(row.cells, row.verdicts, strict=True)):
            noise = v.noise if v else None
            estimate = v.estimate if v else None
            low, high = v.interval if v and v.interval else (None, None)
            yield {
                "quantity": row.quantity.name,
                "unit": row.quantity.unit,
                "better": row.better,
                "side": c.side.label,
                "baseline": index == comparison.baseline,
                "runs": [run for job in c.side.jobs for run in job.ids],
                "n": c.n,
                "unusable": [{"run": u.job.id, "reason": u.reason} for u in c.unusable],
                "failed": c.side.failed,
                "value": c.mean,
                "values": c.numbers,
                "least": min(c.numbers, default=None),
                "greatest": max(c.numbers, default=None),
                "resolution": c.resolution,
                "how": _how(row.quantity, c),
                "empty": c.reason,
                "difference": v.difference if v else None,
                "ratio": v.ratio if v else None,
                "low": low,
                "high": high,
                "p": estimate.p if estimate else None,
                "p_holm": estimate.p_holm if estimate else None,
                "verdict": v.word if v else None,
                "noise": noise.size if noise else None,
                "noise_sd": noise.sd if noise else None,
                "noise_dof": noise.dof if noise else None,
                "noise_kind": noise.kind if noise else None,
                "noise_text": noise.text if noise else None,
                "detectable": detectable(estimate, more_runs(*estimate.n)) if estimate else None,
                "without": [{"run": run, "verdict": word} for run, word in v.without] if v else [],
                "reason": v.reason if v else None,
                "evidence": list(c.locations),
            }


def more_runs(*n: int) -> int:
    """The number of runs per side that a comparison of so many is advised to have: twice as many, at least four."""
    return max(4, 2 * max(n))


def _how(quantity: Quantity, c: SideValues) -> str | None:
    if not c.values:
        return None
    return "claimed" if c.claimed else "estimated" if quantity.estimate else "measured"
