"""What a chart looks at: the jobs that were asked for, the sides they make, and what findings say of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import polars as pl

from logparse.comparison import sides as sides_
from logparse.comparison.claims import Claim, claim, unmatched
from logparse.comparison.compare import Comparison, of_sides
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import CLOCKS
from logparse.comparison.sides import Side
from logparse.comparison.workloads import by_workload
from logparse.errors import NothingToDraw, UsageError
from logparse.logs import Logs
from logparse.schema import RUNS
from logparse.text.terminal import one_line, where

What: TypeAlias = Logs | Ledger | Comparison
"""What one may make a chart of."""
THEMES = ("light", "dark", "print")
X = ("samples", "steps", "time", "ranks", "devices")
ROWS = 40
"""Rows of one panel up to which each run has its own; beyond, repeats of one experiment share a row."""
MOST = 300
"""Rows of one panel that are drawn at all; beyond, the rest is only counted."""


@dataclass(frozen=True)
class Options:
    """What was asked for; None is whatever the chart does by itself."""

    where: str | None = None
    by: str | None = None
    baseline: str | None = None
    per: str | None = None
    clock: str | None = None
    x: str | None = None
    theme: str = "light"
    width: int | None = None
    height: int | None = None
    title: str | None = None
    claims: tuple[Claim, ...] = ()
    ignore: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """Those that were set, for the file's metadata."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "claims"}
        told = {name: value for name, value in plain.items() if value not in (None, ()) and (name, value) != _USUAL}
        if self.claims:
            told["claims"] = [f"{c.label}:{c.name}={c.text}" for c in self.claims]
        return told


_USUAL = ("theme", "light")


@dataclass(frozen=True)
class Block:
    """Jobs that may share a panel: one workload, and one of whatever else the chart told apart."""

    keys: tuple[str | None, ...]
    """The values that all jobs of the block have; None where no log says."""
    jobs: tuple[Job, ...]

    @property
    def title(self) -> str:
        """`bert_large, train`: the keys in words."""
        return ", ".join(one_line(str(k)) if k is not None else "?" for k in self.keys)


@dataclass(frozen=True)
class View:
    """What a chart looks at. Nothing here is drawn; charts ask the ledger for values."""

    ledger: Ledger
    jobs: tuple[Job, ...]
    """In the order in which they were read."""
    options: Options = field(default_factory=Options)
    given: Comparison | None = None
    """The comparison that the chart was asked of, if it was."""

    @cached_property
    def sides(self) -> tuple[Side, ...]:
        """The sides of the comparison given, else `by`, else each job one."""
        if self.given is not None and self.options.by is None:
            return self.given.sides
        if self.options.by:
            return tuple(sides_.by(self.ledger, self.jobs, self.options.by))
        return tuple(sides_.one_each(self.jobs))

    @cached_property
    def comparison(self) -> Comparison:
        """These sides held against the baseline.

        Raises `NothingToDraw` where there are fewer than two, `UsageError` where the baseline is none of them.
        """
        if self.given is not None and self.options.by is None and self.options.baseline is None:
            return self.given
        if len(self.sides) < 2:
            only = f"only {one_line(self.sides[0].label)}" if self.sides else "none"
            raise NothingToDraw(f"a comparison takes two runs or more, and here is {only}")
        o = self.options
        return of_sides(self.ledger, self.sides, o.baseline, o.clock, o.per, by=o.by)

    def blocks(self, *columns: str, jobs: Iterable[Job] | None = None) -> list[Block]:
        """The jobs (or those given) by these columns of `runs`, in the order of the first of each. A job whose
        workload no log states shares a panel with no other."""
        groups = by_workload(self.ledger, self.jobs if jobs is None else jobs, columns)
        return [Block(keys, tuple(found)) for keys, found in groups]

    def rows_of(self, jobs: Sequence[Job]) -> list[Side]:
        """The rows of a panel, at most `MOST`: by `by` where that was asked for, each job its own up to `ROWS`, else
        repeats of one experiment together."""
        return self._all_rows(jobs)[:MOST]

    def left_over(self, blocks: Iterable[Block]) -> Iterator[str]:
        """How many rows these panels have no room for."""
        left = sum(max(len(self._all_rows(block.jobs)) - MOST, 0) for block in blocks)
        if left:
            yield f"{left} more rows are not drawn, a panel has {MOST} at most; choose with --where, or join with --by."

    def _all_rows(self, jobs: Sequence[Job]) -> list[Side]:
        if self.options.by or self.given is not None:
            wanted = {job.id for job in jobs}
            kept = (Side(s.label, tuple(j for j in s.jobs if j.id in wanted)) for s in self.sides)
            return [side for side in kept if side.jobs]
        if len(jobs) <= ROWS:
            return sides_.one_each(jobs)
        held: dict[str, list[Job]] = {}
        for job in jobs:
            repeats = self.ledger.repeats(job)
            held.setdefault(str(job.main["group"]) if len(repeats) > 1 else job.id, []).append(job)
        return [
            Side(f"{some[0].label} and {len(some) - 1} like it" if len(some) > 1 else some[0].label, tuple(some))
            for some in held.values()
        ]

    def place(self, side: Side) -> int:
        """Where a side stands among the jobs: for rows in input order."""
        order = {job.id: i for i, job in enumerate(self.jobs)}
        return min(order.get(job.id, len(order)) for job in side.jobs)

    @cached_property
    def findings(self) -> pl.DataFrame:
        """What findings say of these jobs (of the comparison, where there is one)."""
        found = _found(self.ledger, self.given, self.options.ignore)
        ids = {job.id for job in self.jobs}
        keep = [row["ignored"] is None and bool(ids & set(row["runs"])) for row in found.iter_rows(named=True)]
        return found.filter(pl.Series(keep, dtype=pl.Boolean))

    def touching(self, quantities: Iterable[str], most: int = 3, alone: bool = False) -> Iterator[str]:
        """Sentences of the findings that touch these quantities, the worst first, and how many more there are; with
        `alone` only those that are of runs by themselves, not of runs held against each other."""
        from logparse.findings import module

        wanted = set(quantities)
        rows = [
            row
            for row in self.findings.iter_rows(named=True)
            if row["severity"] != "note"
            and (wanted & set(row["quantities"]) or (alone and not row["quantities"]))
            and (not alone or module(row["name"]).OF_ONE_RUN)
        ]
        for row in rows[:most]:
            yield f"{row['name']}: {_shortened(one_line(row['text']))}"
        if len(rows) > most:
            yield f"{len(rows) - most} more findings touch this: logparse findings."

    def sources(self) -> list[str]:
        """The files that these jobs stand in."""
        return list(dict.fromkeys(str(run["source"]) for job in self.jobs for run in job.runs))


_FOUND: WeakKeyDictionary[Ledger, dict[tuple[str, ...], pl.DataFrame]] = WeakKeyDictionary()
"""Ledger -> what is ignored -> findings: several charts of one ledger ask for the same."""


def _found(ledger: Ledger, given: Comparison | None, ignore: tuple[str, ...]) -> pl.DataFrame:
    from logparse.findings import findings

    if given is not None:
        return findings(given, ignore=ignore)
    known = _FOUND.setdefault(ledger, {})
    if ignore not in known:
        known[ignore] = findings(ledger, ignore=ignore)
    return known[ignore]


_LONG = 200
"""Characters of a finding that a caption has room for; `logparse findings` has the rest."""


def _shortened(text: str) -> str:
    return text if len(text) <= _LONG else text[:_LONG].rpartition(" ")[0].rstrip(",;:") + " …"


def view_of(what: What, *, claims: Iterable[str | Claim] = (), ignore: Iterable[str] = (), **options: Any) -> View:
    """The view of logs, a ledger or a comparison with these options (see `Options`).

    Raises:
        UsageError: an option has no such value, or `where` is no SQL over the columns of `runs`.
        NothingToDraw: there is no run, or none that `where` is true of.
    """
    said = tuple(c if isinstance(c, Claim) else claim(c) for c in claims or ())
    o = Options(**{k: v for k, v in options.items() if v is not None}, claims=said, ignore=tuple(ignore))
    _check(o)
    given = what if isinstance(what, Comparison) else None
    ledger = what.ledger if isinstance(what, Comparison) else what if isinstance(what, Ledger) else Ledger(what)
    if said:
        lost = unmatched(said, ledger.jobs)
        if lost:
            raise UsageError(f"the claim {lost[0].label}:{lost[0].name}={lost[0].text} is of no run that is here")
        ledger = ledger.with_claims([*ledger.claims, *said])
        # What was compared was compared without these claims.
        given = None if given is None else _again(given, ledger, given.sides)
    jobs = tuple(given.jobs if given is not None else ledger.jobs)
    if not jobs:
        raise NothingToDraw("there is no run in these logs to draw")
    if o.where is not None:
        jobs = _where(ledger, jobs, o.where)
        if given is not None:
            given = _narrowed(given, ledger, jobs)
    return View(ledger, jobs, o, given)


def _check(o: Options) -> None:
    for name, value, known in (
        ("clock", o.clock, tuple(CLOCKS)),
        ("per", o.per, ("device", "rank")),
        ("theme", o.theme, THEMES),
        ("x", o.x, X),
    ):
        if value is not None and value not in known:
            raise UsageError(f"{name} {value!r}: one of {', '.join(known)}")
    if o.by is not None and o.by not in RUNS:
        raise UsageError(f"by {o.by!r}: no column of runs is called so; there are {', '.join(RUNS)}")
    for name, size in (("width", o.width), ("height", o.height)):
        if size is not None and not 80 <= size <= 10_000:
            raise UsageError(f"{name} {size}: from 80 to 10000 pixels")


def _where(ledger: Ledger, jobs: Sequence[Job], condition: str) -> tuple[Job, ...]:
    try:
        kept = where(ledger.logs.frames(), "runs", condition)
    except ValueError as error:
        raise UsageError(f"where: {error}") from None
    ids = set(kept["run"].cast(pl.String))
    found = tuple(job for job in jobs if ids & set(job.ids))
    if not found:
        raise NothingToDraw(f"no run is one of which it is true that {condition}")
    return found


def _narrowed(given: Comparison, ledger: Ledger, jobs: Sequence[Job]) -> Comparison | None:
    """The comparison of what is left of its sides; None where fewer than two are."""
    ids = {job.id for job in jobs}
    kept = [replace(s, jobs=tuple(j for j in s.jobs if j.id in ids)) for s in given.sides]
    kept = [side for side in kept if side.jobs]
    return _again(given, ledger, kept) if len(kept) > 1 else None


def _again(given: Comparison, ledger: Ledger, sides: Sequence[Side]) -> Comparison:
    first = given.sides[given.baseline].label
    baseline = first if any(s.label == first for s in sides) else None
    clock = given.clocks[0] if len(given.clocks) == 1 else None
    return of_sides(ledger, sides, baseline, clock, given.per, by=given.by)
