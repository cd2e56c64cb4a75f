"""The view that a chart draws: the selected jobs, their sides, and the findings about them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from typing import Any, TypeAlias, TypeVar

import polars as pl

from logparse.arguments import OneOrMany, as_tuple
from logparse.comparison import sides as sides_
from logparse.comparison.claims import Claim, parsed
from logparse.comparison.compare import Comparison, of_sides
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import CLOCKS
from logparse.comparison.select import select
from logparse.comparison.sides import Side
from logparse.comparison.workloads import by_workload
from logparse.errors import NothingToDraw, UsageError, nearest
from logparse.logs import Logs
from logparse.rendering.palette import THEMES
from logparse.schema import FRAMES, RUNS
from logparse.text.labels import many
from logparse.text.terminal import one_line

What: TypeAlias = Logs | Ledger | Comparison | pl.DataFrame
"""What a chart can be drawn from; a frame has rows of the frame `runs`."""
CAPTIONS = ("full", "short", "none")
X = ("samples", "steps", "time", "ranks", "devices")
ROWS = 40
"""Rows of one panel up to which each run has its own; with more, repeats of one experiment share a row."""
MOST = 160
"""Rows of one panel that are drawn, unless all are asked for; further ones are only counted."""


@dataclass(frozen=True)
class Options:
    """The options; None means the chart's default."""

    where: str | None = None
    by: str | None = None
    baseline: str | None = None
    per: str | None = None
    clock: str | None = None
    x: str | None = None
    across: bool | None = None
    theme: str = "light"
    width: int | None = None
    height: int | None = None
    title: str | None = None
    caption: str = "full"
    sort: str | None = None
    all: bool | None = None
    claims: tuple[Claim, ...] = ()
    ignore: tuple[str, ...] = ()

    def set_options(self) -> dict[str, Any]:
        """The options that were set, for the file's metadata."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "claims"}
        options = {
            name: value for name, value in values.items() if value not in (None, ()) and (name, value) not in _DEFAULTS
        }
        if self.claims:
            options["claims"] = [f"{c.label}:{c.name}={c.text}" for c in self.claims]
        return options


_DEFAULTS = (("theme", "light"), ("caption", "full"))


@dataclass(frozen=True)
class JobBlock:
    """Jobs that may share a panel: they have the same workload and the same value of what else the chart separates."""

    keys: tuple[str | None, ...]
    """The values that all jobs of the block have; None where no log states one."""
    jobs: tuple[Job, ...]
    sides: tuple[Side, ...] = ()
    """The rows of its panel, where the chart has decided how many it draws."""

    @property
    def title(self) -> str:
        """`bert_large, train`: the keys as text."""
        return ", ".join(one_line(str(k)) if k is not None else "?" for k in self.keys)


@dataclass(frozen=True)
class View:
    """What a chart draws. Charts read values from the ledger."""

    ledger: Ledger
    jobs: tuple[Job, ...]
    """In the order in which they were read."""
    options: Options = field(default_factory=Options)
    given: Comparison | None = None
    """The comparison that the chart is drawn from, if it is."""
    made: dict[Hashable, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What was computed once."""

    @cached_property
    def sides(self) -> tuple[Side, ...]:
        """The sides of the given comparison; else the groups of `by`; else one side per job."""
        if self.given is not None and self.options.by is None:
            found = self.given.sides
        elif self.options.by:
            found = tuple(sides_.by(self.ledger, self.jobs, self.options.by))
        else:
            found = tuple(sides_.one_each(self.jobs))
        return tuple(sorted(found, key=self.place)) if self.options.sort else found

    @cached_property
    def comparison(self) -> Comparison:
        """These sides compared with the baseline.

        Raises `NothingToDraw` if there are fewer than two, `UsageError` if the baseline is not one of them.
        """
        if self.given is not None and self.options.by is None and self.options.baseline is None:
            return self.given
        if len(self.sides) < 2:
            only = f"only {one_line(self.sides[0].label)}" if self.sides else "none"
            raise NothingToDraw(f"a comparison needs at least two runs, and there is {only}")
        o = self.options
        return of_sides(self.ledger, self.sides, o.baseline, o.clock, o.per, by=o.by)

    def blocks(self, *columns: str, jobs: Iterable[Job] | None = None) -> list[JobBlock]:
        """The jobs (or those given), grouped by these columns of `runs`, in the order of the first job of each group. A
        job whose workload no log states has its own block."""
        if jobs is None:
            if columns not in self.made:
                self.made[columns] = self.blocks(*columns, jobs=self.jobs)
            return list(self.made[columns])
        groups = by_workload(self.ledger, jobs, columns)
        return [JobBlock(keys, tuple(members)) for keys, members in groups]

    def rows_of(self, jobs: Sequence[Job]) -> list[Side]:
        """As `all_rows`, at most `most`."""
        return self.all_rows(jobs)[: self.most]

    @property
    def most(self) -> int:
        """Rows of one panel that are drawn."""
        return sys.maxsize if self.options.all else MOST

    def left_over(self, blocks: Iterable[JobBlock]) -> Iterator[str]:
        """A sentence on the rows that these panels have no room for."""
        yield from self.rows_left((len(self.all_rows(block.jobs)) for block in blocks), self.most)

    def rows_left(self, rows: Iterable[int], most: int) -> Iterator[str]:
        """As `left_over`, for panels with so many rows of which at most `most` are drawn."""
        left = sum(max(count - most, 0) for count in rows)
        if left:
            rows_are = many(left, "more row", " is", "s are")
            hint = "select with `where`, group with `by`, or draw `all`"
            yield f"{rows_are} not drawn: a panel has at most {most}; {hint}."

    def all_rows(self, jobs: Sequence[Job]) -> list[Side]:
        """The rows of a panel: the groups of `by` if it is set; else one row per job up to `ROWS`; else one row for the
        repeats of an experiment."""
        if self.options.by or self.given is not None:
            wanted = {job.id for job in jobs}
            narrowed = (Side(s.label, tuple(j for j in s.jobs if j.id in wanted)) for s in self.sides)
            return [side for side in narrowed if side.jobs]
        if len(jobs) <= ROWS:
            return sides_.one_each(jobs)
        experiments: dict[tuple[Any, ...], list[Job]] = {}
        for job in jobs:
            repeats = self.ledger.repeats(job)
            experiments.setdefault(self.ledger.experiment(job) if len(repeats) > 1 else (job.id,), []).append(job)
        return sides_.of_repeats(self.ledger, experiments.values())

    def place(self, side: Side) -> int:
        """The position of a side's first job, for rows in input order."""
        order = {job.id: i for i, job in enumerate(self.jobs)}
        return min(order.get(job.id, len(order)) for job in side.jobs)

    @cached_property
    def findings(self) -> pl.DataFrame:
        """The findings about these jobs, or about the comparison if there is one."""
        from logparse.findings import findings

        found = findings(self.given or self.ledger, ignore=self.options.ignore)
        ids = {job.id for job in self.jobs}
        keep = [row["ignored"] is None and bool(ids & set(row["runs"])) for row in found.iter_rows(named=True)]
        return found.filter(pl.Series(keep, dtype=pl.Boolean))

    def touching(self, quantities: Iterable[str], most: int = 3, alone: bool = False) -> Iterator[str]:
        """Sentences of the findings that affect these quantities, the most severe first, and the number of the others.
        With `alone`, only findings about single runs, not about comparisons."""
        from logparse.findings import is_of_one_run

        wanted = set(quantities)
        rows = [
            row
            for row in self.findings.iter_rows(named=True)
            if row["severity"] != "note"
            and (wanted & set(row["quantities"]) or (alone and not row["quantities"]))
            and (not alone or is_of_one_run(row["name"]))
        ]
        for row in rows[:most]:
            yield f"{row['name']}: {_shortened(one_line(row['text']))}"
        if len(rows) > most:
            yield f"{len(rows) - most} more findings affect this chart: logparse findings."

    def sources(self) -> list[str]:
        """The log files of these jobs."""
        return list(dict.fromkeys(str(run["source"]) for job in self.jobs for run in job.runs))


T = TypeVar("T")


def once(find: Callable[[View], T]) -> Callable[[View], T]:
    """The rows or panels of a chart, found once for each view: the drawing and the table of its rows need them."""

    @wraps(find)
    def kept(view: View) -> T:
        if find not in view.made:
            view.made[find] = find(view)
        found: T = view.made[find]
        return found

    return kept


_LONG = 200
"""Characters of a finding that a caption shows; `logparse findings` shows the rest."""


def _shortened(text: str) -> str:
    return text if len(text) <= _LONG else text[:_LONG].rpartition(" ")[0].rstrip(",;:") + " …"


def view_of(what: What, *, claims: OneOrMany[str | Claim] = (), ignore: OneOrMany[str] = (), **options: Any) -> View:
    """The view of logs, a ledger, a comparison or rows of `runs` with these options (see `Options`).

    Raises:
        UsageError: it is something else, an option has an invalid value, or `where` is not valid SQL over the columns
            of `runs`.
        NothingToDraw: there is no run, or none for which `where` is true.
    """
    o = Options(**{k: v for k, v in options.items() if v is not None}, claims=parsed(claims), ignore=as_tuple(ignore))
    _check(o)
    if isinstance(what, pl.DataFrame):
        what = _only_runs(what)
    elif not isinstance(what, Logs | Ledger | Comparison):
        raise UsageError(
            f"a chart is drawn from logs, a comparison, or rows of the frame runs, not from {type(what).__name__}"
        )
    selection = select(what, where=o.where, baseline=o.baseline, claims=o.claims)
    ledger, jobs = selection.ledger, selection.jobs
    if not jobs:
        condition = f" for which {o.where} is true" if o.where else " to draw"
        raise NothingToDraw(f"these logs contain no run{condition}")
    given = what if isinstance(what, Comparison) else None
    if given is not None and o.claims:  # the comparison was made without them
        given = _again(given, ledger, given.sides)
    if given is not None and o.where is not None:
        given = _narrowed(given, ledger, jobs)
    return View(ledger, tuple(_sorted(ledger, jobs, o.sort)), o, given)


def _only_runs(runs: pl.DataFrame) -> Logs:
    """Logs of which only rows of the frame `runs` are known.

    Raises `UsageError` where columns are missing.
    """
    if missing := [name for name in RUNS if name not in runs.columns]:
        raise UsageError(
            f"this frame has no column {', '.join(missing[:3])}: a chart is drawn from logs, a comparison, or rows of "
            "the frame runs with all columns"
        )
    empty = {name: pl.DataFrame(schema=schema) for name, schema in FRAMES.items()}
    return Logs({**empty, "runs": runs.select(list(RUNS))})


def _sorted(ledger: Ledger, jobs: Sequence[Job], sort: str | None) -> Sequence[Job]:
    """The jobs by the values of the column `sort` (after a `-`: the largest first); those without one are last."""
    if sort is None:
        return jobs
    column = sort.removeprefix("-")
    known = [(value, job) for job in jobs if (value := ledger.value(job, column).value) is not None]
    known.sort(key=lambda pair: pair[0], reverse=sort.startswith("-"))
    return [*(job for _, job in known), *(job for job in jobs if ledger.value(job, column).value is None)]


def _check(o: Options) -> None:
    for name, value, known in (
        ("clock", o.clock, tuple(CLOCKS)),
        ("per", o.per, ("device", "rank")),
        ("theme", o.theme, THEMES),
        ("x", o.x, X),
        ("caption", o.caption, CAPTIONS),
    ):
        if value is not None and value not in known:
            raise UsageError(f"{name} {value!r}: one of {', '.join(known)}")
    sides_.check_column(o.by)
    if o.sort is not None and o.sort.removeprefix("-") not in RUNS:
        raise UsageError(f"sort {o.sort!r}: not a column of runs; {nearest(o.sort.removeprefix('-'), RUNS)}")
    for name, size in (("width", o.width), ("height", o.height)):
        if size is not None and not 80 <= size <= 10_000:
            raise UsageError(f"{name} {size}: must be 80 to 10000 pixels")


def _narrowed(given: Comparison, ledger: Ledger, jobs: Sequence[Job]) -> Comparison | None:
    """The comparison of the sides that keep jobs; None if fewer than two do."""
    ids = {job.id for job in jobs}
    kept = [replace(s, jobs=tuple(j for j in s.jobs if j.id in ids)) for s in given.sides]
    kept = [side for side in kept if side.jobs]
    return _again(given, ledger, kept) if len(kept) > 1 else None


def _again(given: Comparison, ledger: Ledger, sides: Sequence[Side]) -> Comparison:
    first = given.sides[given.baseline].label
    baseline = first if any(s.label == first for s in sides) else None
    clock = given.clocks[0] if len(given.clocks) == 1 else None
    return of_sides(ledger, sides, baseline, clock, given.per, by=given.by)
