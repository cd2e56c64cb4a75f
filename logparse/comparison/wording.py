"""How a comparison is put into words: what differs, what a cell holds, what a difference is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from logparse.cells import Value
from logparse.comparison.compare import Comparison, Row
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import CLOCKS, Quantity
from logparse.comparison.refusal import Bar, different_work, unknown_work
from logparse.comparison.settings import factors
from logparse.comparison.sides import Cell, Side
from logparse.comparison.verdict import NOT_COMPARABLE, UNKNOWN, WITHIN, Verdict
from logparse.errors import Remedy
from logparse.text import missing
from logparse.text.labels import fetched, shortened
from logparse.text.location import Location
from logparse.text.numbers import figure, ratio_figure, score_figure, seconds

_MOST = 6
"""Parameters named before the rest is only counted."""


def what_differs(comparison: Comparison) -> Iterator[str]:
    """In what the sides differ, in sentences: the factor, what follows from it, what confounds it, what no log says."""
    for why, said in ((different_work, "Not the same work"), (unknown_work, "Whether it is the same work no log says")):
        barred = _work(comparison, why)
        if barred:
            all_but_base = len(barred) == len(comparison.sides) - 1
            reasons = shortened(list(dict.fromkeys(barred.values())), _MOST, "; ")
            ranked = "nothing is ranked" if all_but_base else f"{shortened(list(barred), _MOST, '; ')} cannot be ranked"
            yield f"{said}, so {ranked}: {reasons}."
            break
    yield from _factors(comparison)
    follows = sorted((s for s in comparison.settings if s.role == "follows"), key=lambda s: str(s.of))
    for cause, some in groupby(follows, key=lambda s: s.of):
        yield f"From {cause} follows: {_across(comparison, [s.name for s in some])}."
    unknown = _of_role(comparison, "unknown")
    if unknown:
        yield f"Not in every log: {_across(comparison, unknown)}."


def _factors(comparison: Comparison) -> Iterator[str]:
    of = [s.name for s in factors(comparison.settings)]
    others, budget = _of_role(comparison, "other"), _of_role(comparison, "budget")
    if len(of) == 1:
        yield f"What differs: {_across(comparison, of)}."
    elif of:
        declared = f" (studied: {comparison.by})" if comparison.by in of else ""
        yield f"Confounded{declared}, {len(of)} settings differ: {_across(comparison, of)}."
    elif budget:
        yield f"No setting differs in these logs but how much was done: {_across(comparison, budget)}."
    elif not others:
        unknown = _of_role(comparison, "unknown")
        yield "No setting differs in these logs" + (", as far as all say." if unknown else ": repeats, not a sweep.")
    yield from _rebuilt(comparison)
    if others:
        yield f"Other parameters that differ: {shortened(_each(comparison, others), _MOST, '; ')}."


def _rebuilt(comparison: Comparison) -> Iterator[str]:
    """What a vendor's tool says of why it built anew."""
    for job in comparison.jobs:
        rows = comparison.ledger.messages(job).filter(pl.col("kind") == "rebuild")
        for row in rows.iter_rows(named=True):
            if not row["text"].endswith(":"):  # the heading of the reasons below it
                location = Location(row["source"], row["line"])
                yield f"{job.label} was built anew: {row['text'].removeprefix('- ')} ({location})"


def _of_role(comparison: Comparison, role: str) -> list[str]:
    return [s.name for s in comparison.settings if s.role == role]


def _across(comparison: Comparison, names: list[str]) -> str:
    """`ranks 2 | 4 | 8; batch_size 512 | 1,024 | 2,048`: what each side has of these settings."""
    return "; ".join(_each(comparison, names))


def _each(comparison: Comparison, names: list[str]) -> list[str]:
    """The same, each setting by itself."""
    parts = []
    for setting in (s for s in comparison.settings if s.name in names):
        texts = [setting.text(i) for i in range(len(comparison.sides))]
        if len(texts) > 2 * _MOST:
            distinct = list(dict.fromkeys(texts))
            texts = [f"{len(distinct)} different values, {', '.join(distinct[:_MOST])}{' …' * (len(distinct) > _MOST)}"]
        parts.append(f"{setting.name} {' | '.join(texts)}")
    return parts


def _work(comparison: Comparison, why: Callable[[Ledger, Cell, Cell], str | None]) -> dict[str, str]:
    """Label -> what this says of the baseline and that side, where it says anything."""
    cells = [Cell(side, ()) for side in comparison.sides]
    base = cells.pop(comparison.baseline)
    found = {c.side.label: why(comparison.ledger, base, c) for c in cells}
    return {label: reason for label, reason in found.items() if reason}


def value_text(quantity: Quantity, cell: Cell, value: Value, digits: int | None = None) -> str:
    """One value of a cell for people, with the digits that mean something (`digits`: at most so many)."""
    number, resolution = float(value.value), value.resolution
    if quantity.unit == "s":
        return seconds(number, resolution, digits or 4)
    if quantity.name == "score":
        return score_figure(str(_score_name(cell)), number, resolution)
    return figure(number, resolution, digits or 5)


def _score_name(cell: Cell) -> str | None:
    return next((job.main["score_name"] for job in cell.side.jobs if job.main["score_name"]), None)


def cell_text(quantity: Quantity, cell: Cell, digits: int | None = None) -> str:
    """A cell for people: the value; of two both; of three or more the median and the range, and how many."""
    if not cell.values:
        return (cell.empty or missing.MISSING).code.mark
    if quantity.name == "compile_s" and all(job["compile_cache"] == "hit" for job in cell.side.jobs):
        return fetched((v.value, value_text(quantity, cell, v, digits)) for v in cell.values)
    texts = [value_text(quantity, cell, v, digits) for v in cell.values]
    mark = " (claimed)" if cell.claimed else " (estimate)" if quantity.estimate else ""
    if cell.n == 1:
        return texts[0] + mark
    if cell.n == 2:
        return f"{texts[0]}, {texts[1]}{mark}"
    order = sorted(range(cell.n), key=lambda i: cell.numbers[i])
    middle = value_text(quantity, cell, Value(cell.middle, cell.resolution), digits)
    return f"{middle} ({texts[order[0]]} to {texts[order[-1]]}, n={cell.n}){mark}"


def short_title(row: Row) -> str:
    """What a row is: `train`, `throughput`, `accuracy`."""
    if row.quantity.name == "score":
        names = {_score_name(c) for c in row.cells} - {None}
        return " / ".join(sorted(map(str, names))) or row.quantity.title
    return row.quantity.title


def title(row: Row) -> str:
    """The same with its unit, unless that is seconds: `train`, `throughput, samples/s`, `accuracy`."""
    unit = row.quantity.unit
    return short_title(row) if unit in (None, "s") else f"{short_title(row)}, {unit}"


def verdict_text(row: Row, verdict: Verdict) -> str:
    """`×1.210 worse`, `within noise`, `not comparable`: what the candidate's value is worth against the baseline's."""
    if verdict.word == NOT_COMPARABLE:
        return NOT_COMPARABLE
    amount = (
        ratio_figure(verdict.ratio) if verdict.ratio is not None else difference_text(row, verdict.difference or 0.0)
    )
    if verdict.word == WITHIN:
        return f"{amount} {WITHIN}"
    way = "better" if is_better(row, verdict) else "worse"
    return f"{amount} {way}?" if verdict.word == UNKNOWN else f"{amount} {way}"


def difference_text(row: Row, difference: float) -> str:
    """A difference: `+0.61 points`, `-0.047`."""
    if row.quantity.name == "score" and all(0 <= n <= 1 for c in row.cells for n in c.numbers):
        return f"{difference * 100:+.2f} points"
    return f"{difference:+.4g}"


def is_better(row: Row, verdict: Verdict) -> bool:
    """Whether the candidate is on the better side of the baseline."""
    return ((verdict.difference or 0.0) > 0) == (row.better == "higher")


def worth(verdict: Verdict, spelling: Callable[[Remedy], str] | None = None) -> str:
    """Why a verdict is what it is, for a footnote; `spelling` writes what would lift a refusal, if that is wanted."""
    if verdict.word == NOT_COMPARABLE:
        remedy = verdict.refusal.remedy if verdict.refusal else None
        return f"{NOT_COMPARABLE}: {verdict.reason}{f' ({spelling(remedy)})' if spelling and remedy else ''}"
    noise = verdict.noise
    held = f" ({noise.kind}: {noise.text})" if noise else " (no noise is known)"
    if verdict.word == UNKNOWN:
        return f"unknown: no repeats are known; beyond the lower bound that is{held}" if noise else f"unknown{held}"
    return f"{verdict.word}{held}"


def told_at_the_top(comparison: Comparison, row: Row, index: int) -> bool:
    """Whether nobody asks why a cell is not compared: one of the two is empty, or `what_differs` says it of all."""
    c, base, verdict = row.cells[index], row.cells[comparison.baseline], row.verdicts[index]
    if verdict is None or verdict.word != NOT_COMPARABLE:
        return False
    return not c.values or not base.values or verdict.is_barred(Bar.WORK)


# ---- all of it as a table ---- #


@dataclass(frozen=True)
class GridCell:
    """One cell: the value, what it is worth against the baseline, and the number of the note that says why."""

    value: str
    verdict: str = ""
    note: int | None = None
    word: str | None = None
    """The verdict in one of `VERDICTS`."""


@dataclass(frozen=True)
class GridRow:
    """One quantity: its title and a cell for each side."""

    title: str
    row: Row
    cells: tuple[GridCell, ...]

    def texts(self, note: str) -> list[str]:
        """Title and cells as text; `note` says how the number of a note is written."""
        out = [self.title]
        for c in self.cells:
            out.append(f"{c.value}  {c.verdict}{note.format(c.note)}" if c.verdict else c.value)
        return out


@dataclass(frozen=True)
class Grid:
    """A comparison as a table for people: whoever prints it decides on colours, escapes and rules."""

    head: list[str]
    rows: list[GridRow]
    counts: list[str]
    """The row that says how many runs each side has."""
    notes: list[str]
    """What each verdict rests on; the first is number 1."""
    marks: set[str]
    """Marks of empty cells that the legend explains."""
    clocks: str
    """What the clocks of the rows count; empty where there are none."""


def grid(comparison: Comparison, digits: int | None = None, spelling: Callable[[Remedy], str] | None = None) -> Grid:
    """The comparison as a table for people; `digits`: at most so many, and never more than the resolution allows;
    `spelling`: how to write the argument that would lift a refusal, else it is left out."""
    notes: dict[str, int] = {}
    marks: set[str] = set()
    rows = []
    for row in comparison.rows:
        cells = []
        for index, (c, verdict) in enumerate(zip(row.cells, row.verdicts, strict=True)):
            value = cell_text(row.quantity, c, digits)
            marks |= missing.marks(value)
            if verdict is None or told_at_the_top(comparison, row, index):
                cells.append(GridCell(value))
            else:
                number = notes.setdefault(worth(verdict, spelling), len(notes) + 1)
                cells.append(GridCell(value, verdict_text(row, verdict), number, verdict.word))
        rows.append(GridRow(title(row), row, tuple(cells)))
    used = {row.quantity.clock for row in comparison.rows} - {None}
    told = "; ".join(f"{name}: {meaning}" for name, meaning in CLOCKS.items() if name in used)
    counts = ["n", *(_count(side) for side in comparison.sides)]
    head = ["", *(side.label for side in comparison.sides)]
    return Grid(head, rows, counts, list(notes), marks, f"Clocks: {told}." if told else "")


def _count(side: Side) -> str:
    ended = len(side.jobs) - side.failed
    return f"{ended}, and {side.failed} without a result" if side.failed else str(ended)
