"""`compare`: runs, or groups of runs, side by side, a row a quantity, with a verdict on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from logparse.arguments import OneOrMany, as_tuple
from logparse.comparison import claims as claims_
from logparse.comparison import sides as sides_
from logparse.comparison.claim_verdicts import claim_verdicts
from logparse.comparison.claims import Claim
from logparse.comparison.equal import Common, at, target
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.noise import Noise, noises
from logparse.comparison.quantities import CLOCKS, QUANTITIES, Quantity
from logparse.comparison.refusal import refusal
from logparse.comparison.scaling import Scaling, scaling
from logparse.comparison.settings import Setting, settings
from logparse.comparison.sides import Cell, Side, better, cell
from logparse.comparison.verdict import NOT_COMPARABLE, Verdict, verdict
from logparse.errors import UsageError
from logparse.logs import Logs
from logparse.schema import LOCATIONS
from logparse.selection import find_runs
from logparse.text.labels import shortened


@dataclass(frozen=True)
class Row:
    """One quantity of all sides."""

    quantity: Quantity
    cells: tuple[Cell, ...]
    verdicts: tuple[Verdict | None, ...]
    """One a side; None for the baseline itself."""
    noises: tuple[tuple[Noise, ...], ...]
    """All noise known of each difference, the largest first."""
    better: str


@dataclass(frozen=True)
class Comparison:
    """Runs side by side. `rows`, `settings`, `scaling`, `at` and `claims` hold what was found; `frame()` gives the rows
    as a polars frame."""

    ledger: Ledger
    sides: tuple[Side, ...]
    baseline: int
    """Index of the side that the others are held against."""
    rows: tuple[Row, ...]
    settings: tuple[Setting, ...]
    scaling: Scaling | None
    claims: pl.DataFrame
    by: str | None = None
    per: str | None = None
    clocks: tuple[str, ...] = tuple(CLOCKS)
    at: tuple[Common, ...] = field(default=())

    @property
    def jobs(self) -> list[Job]:
        """All jobs compared."""
        return [job for side in self.sides for job in side.jobs]

    def frame(self) -> pl.DataFrame:
        """A row for each quantity and side: `COMPARISON` gives columns and types."""
        return pl.DataFrame(list(_frame_rows(self)), schema=COMPARISON)

    def __repr__(self) -> str:
        shown = self.frame().select("quantity", "side", "value", "ratio", "difference", "verdict", "noise_kind")
        with pl.Config(tbl_rows=-1, tbl_cols=-1, fmt_str_lengths=48, tbl_width_chars=160):
            return f"{len(self.sides)} sides, baseline {self.sides[self.baseline].label}\n{shown!r}"


COMPARISON: dict[str, Any] = {
    "quantity": pl.String,
    "unit": pl.String,
    "better": pl.String,
    "side": pl.String,
    "baseline": pl.Boolean,
    "runs": pl.List(pl.String),
    "n": pl.UInt32,
    "failed": pl.UInt32,
    "value": pl.Float64,
    "least": pl.Float64,
    "greatest": pl.Float64,
    "resolution": pl.Float64,
    "how": pl.String,
    "empty": pl.String,
    "difference": pl.Float64,
    "ratio": pl.Float64,
    "verdict": pl.String,
    "noise": pl.Float64,
    "noise_kind": pl.String,
    "noise_text": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "reason": pl.String,
    "evidence": LOCATIONS,
}
"""Columns of a comparison. value: the value, of two their mean, of three or more the median. empty: why there is none.
noise: the largest known, on the scale of the quantity (ln of a ratio, or a difference). low, high: the 95 % interval of
the ratio or difference, of three or more values a side. reason: why the sides are not compared."""


def compare(
    logs: Logs | Ledger,
    runs: OneOrMany[str] = (),
    *,
    by: str | None = None,
    baseline: str | None = None,
    clock: str | None = None,
    per: str | None = None,
    claims: OneOrMany[str | Claim] = (),
    at: OneOrMany[str] = (),
    target: OneOrMany[str] = (),
) -> Comparison:
    """Put runs side by side. `runs`, `claims`, `at` and `target` take one value or several.

    Args:
        logs: what `ingest` gave.
        runs: names of runs: ids, labels, parts of labels, or patterns with * over labels, ids and paths; each job
            that they name is a side. All jobs where none is named.
        by: a column of `runs`: jobs with the same value are one side (`group`: repeats of one experiment are).
        baseline: label of the side, or name of the run, that the others are compared with; else the first.
        clock: `train`, `result` or `wall`: show this clock only; else all three.
        per: `device` or `rank`: divide rates by their number.
        claims: `LABEL:NAME=VALUE`: what somebody says of a run; it fills in what no log states.
        at: points at which to compare the sides: `samples`, `steps`, `time`, `loss=7.3`.
        target: targets to reach: `loss<=7.3`.

    Raises:
        UsageError: a name means no run or too many, there are fewer than two sides, or an option has no such value.
    """
    given = claims_.parsed(claims)
    ledger = logs.with_claims([*logs.claims, *given]) if isinstance(logs, Ledger) else Ledger(logs, given)
    jobs = picked(ledger, as_tuple(runs))
    lost = claims_.unmatched(given, jobs)
    if lost:
        raise UsageError(
            f"the claim {lost[0].label}:{lost[0].name}={lost[0].text} is of no run that is compared; "
            f"there are {_named(jobs)}"
        )
    sides_.check_column(by)
    for option, value, known in (("clock", clock, tuple(CLOCKS)), ("per", per, ("device", "rank"))):
        if value is not None and value not in known:
            raise UsageError(f"{option} {value!r}: one of {', '.join(known)}")
    sides = sides_.by(ledger, jobs, by) if by else sides_.one_each(jobs)
    if len(sides) < 2:
        raise UsageError(f"a comparison takes two sides, and here is {_named(jobs) or 'none'}")
    return of_sides(ledger, sides, baseline, clock, per, as_tuple(at), as_tuple(target), by)


def of_sides(
    ledger: Ledger,
    sides: Sequence[Side],
    baseline: str | None = None,
    clock: str | None = None,
    per: str | None = None,
    points: Sequence[str] = (),
    targets: Sequence[str] = (),
    by: str | None = None,
) -> Comparison:
    """The comparison of these sides; see `compare`."""
    first = baseline_of(sides, baseline)
    shown = [q for q in QUANTITIES.values() if q.clock is None or clock is None or q.clock == clock]
    rows = [row for q in shown if (row := row_of(ledger, q, sides, first, per, by)) is not None]
    held = [at(ledger, sides, p) for p in points] + [target(ledger, sides, t) for t in targets]
    jobs = [job for side in sides for job in side.jobs]
    return Comparison(
        ledger, tuple(sides), first, tuple(rows), tuple(settings(ledger, sides)), scaling(ledger, sides),
        claim_verdicts(ledger, jobs), by, per, (clock,) if clock else tuple(CLOCKS), tuple(held),
    )  # fmt: skip


def row_of(
    ledger: Ledger, quantity: Quantity, sides: Sequence[Side], first: int, per: str | None, by: str | None = None
) -> Row | None:
    """One quantity of all sides, held against the side `first`; None where no side has it."""
    cells = [cell(ledger, quantity, side, per) for side in sides]
    if not any(c.values for c in cells):
        return None
    # What one side prints as tokens/s and the other as samples/s is converted, never what no side prints.
    cells = [c if c.values else cell(ledger, quantity, c.side, per, convert=True) for c in cells]
    verdicts: list[Verdict | None] = []
    found: list[tuple[Noise, ...]] = []
    for index, c in enumerate(cells):
        if index == first:
            verdicts.append(None)
            found.append(())
            continue
        refused = refusal(ledger, quantity, cells[first], c, per, by)
        known = [] if refused else noises(ledger, quantity, cells[first], c)
        verdicts.append(
            Verdict(NOT_COMPARABLE, refusal=refused) if refused else verdict(quantity, cells[first], c, known)
        )
        found.append(tuple(known))
    return Row(quantity, tuple(cells), tuple(verdicts), tuple(found), better(quantity, cells))


def picked(ledger: Ledger, names: Sequence[str]) -> list[Job]:
    """The jobs that these names mean, in their order; all jobs where there are no names.

    Raises `UsageError` where a name means none, or several without a pattern.
    """
    if not names:
        return list(ledger.jobs)
    out: dict[str, Job] = {}
    for name in names:
        out |= {job.id: job for job in _meant(ledger, name)}
    return list(out.values())


def _meant(ledger: Ledger, name: str) -> list[Job]:
    ids = set(find_runs(ledger.logs.runs, name))
    return [job for job in ledger.jobs if ids & set(job.ids)]


def baseline_of(sides: Sequence[Side], name: str | None) -> int:
    """Which side is meant by `name`; the first where there is no name.

    Raises `UsageError` where it is none, or may be several.
    """
    if name is None:
        return 0
    for found in (
        [i for i, s in enumerate(sides) if name in (s.label, *(job.id for job in s.jobs))],
        [
            i
            for i, s in enumerate(sides)
            if name.lower() in s.label.lower() or any(name.lower() in job.label.lower() for job in s.jobs)
        ],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"baseline {name!r} may be any of {', '.join(sides[i].label for i in found)}")
    raise UsageError(f"there is no side {name!r} to be the baseline; there are {', '.join(s.label for s in sides)}")


def _named(jobs: Sequence[Job]) -> str:
    return shortened([job.label for job in jobs], 8)


def _frame_rows(comparison: Comparison) -> Iterator[Mapping[str, Any]]:
    for row in comparison.rows:
        for index, (c, v) in enumerate(zip(row.cells, row.verdicts, strict=True)):
            noise = v.noise if v else None
            low, high = v.interval if v and v.interval else (None, None)
            yield {
                "quantity": row.quantity.name,
                "unit": row.quantity.unit,
                "better": row.better,
                "side": c.side.label,
                "baseline": index == comparison.baseline,
                "runs": [run for job in c.side.jobs for run in job.ids],
                "n": c.n,
                "failed": c.side.failed,
                "value": c.middle,
                "least": min(c.numbers, default=None),
                "greatest": max(c.numbers, default=None),
                "resolution": c.resolution,
                "how": _how(row.quantity, c),
                "empty": c.reason,
                "difference": v.difference if v else None,
                "ratio": v.ratio if v else None,
                "verdict": v.word if v else None,
                "noise": noise.size if noise else None,
                "noise_kind": noise.kind if noise else None,
                "noise_text": noise.text if noise else None,
                "low": low,
                "high": high,
                "reason": v.reason if v else None,
                "evidence": list(c.locations),
            }


def _how(quantity: Quantity, c: Cell) -> str | None:
    if not c.values:
        return None
    return "claimed" if c.claimed else "estimated" if quantity.estimate else "measured"
