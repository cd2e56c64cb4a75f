"""The difference is within the rounding of the printed digits.

What it does
    Names the quantities of a comparison in which two sides differ, but by no more than half a unit of the last printed
    digit on both sides. Losses may lie on a grid that is coarser than their digits.

Why it matters
    0.05 and 0.06 ms may be the same time, or one may be 1.4 times the other: the digits do not say.

Example
    Two GroqChip runs of bert_tiny at 0.05 and 0.06 ms. All losses of a Cerebras run lie on 1/128 or 1/64: 7.07812 and
    7.08594 are neighbours.

What to do
    Do not rank them by this figure. If another quantity measures the same with more digits (throughput for latency),
    use that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from logparse.comparison.compare import Row
from logparse.comparison.ledger import Ledger
from logparse.comparison.noise import grid
from logparse.comparison.phrases import listed
from logparse.comparison.quantities import QUANTITIES
from logparse.comparison.sides import SideValues, apart
from logparse.comparison.verdict import WITHIN
from logparse.comparison.wording import title, value_text
from logparse.findings import Finding, Scene
from logparse.text.terminal import one_line

ID = "F11"


def find(scene: Scene) -> Iterator[Finding]:
    """A note on each quantity of an explicit comparison whose difference is within rounding."""
    for comparison in scene.comparisons if scene.shown else ():
        base = comparison.baseline
        for row in comparison.rows:
            close = [c for i, c in enumerate(row.cells) if i != base and _within(row, i, row.cells[base])]
            if close:
                texts = f"{listed([_text(row, c) for c in close])} {'differs' if len(close) == 1 else 'differ'}"
                how = _how(comparison.ledger, row, (row.cells[base], *close))
                yield Finding(
                    "note",
                    f"{title(row)}: {texts} from {_text(row, row.cells[base])} by {how}.",
                    [job for c in (row.cells[base], *close) for job in c.side.jobs],
                    (row.quantity.name,),
                    [p for c in (row.cells[base], *close) for p in c.locations],
                )


def _how(ledger: Ledger, row: Row, cells: Sequence[SideValues]) -> str:
    """How far single values are from each other: losses on a grid by a step of it, other values by rounding."""
    grids = {grid(ledger, c.jobs[0]) for c in cells} if row.quantity.name == "loss" else {None}
    if None in grids:
        is_stated = any("±" in _text(row, c) for c in cells)
        return f"no more than {'their resolution' if is_stated else 'the rounding of the printed digits'}"
    steps = [f"1/{0.5 / half:.0f}" for half in sorted(half for half in grids if half)]
    step = f"one step of {steps[0]}" if len(steps) == 1 else f"no more than a step of {' or '.join(steps)}"
    return f"{step}, the resolution of these losses"


def _within(row: Row, index: int, base: SideValues) -> bool:
    """Whether a single value differs from the baseline's single value, and by no more than rounding."""
    verdict, c = row.verdicts[index], row.cells[index]
    if row.quantity.name not in QUANTITIES:
        return False  # a point in common, which is as fine as the log's steps
    if verdict is None or verdict.word != WITHIN or not base.n == c.n == 1:
        return False
    if value_text(row.quantity, base, base.values[0]) == value_text(row.quantity, c, c.values[0]):
        return False  # they look equal
    rounding = next((n.size for n in verdict.bounds if n.kind == "rounding"), 0.0)
    return abs(apart(row.quantity, base.numbers[0], c.numbers[0])) <= rounding


_DIGITS = 6
"""Losses on a grid differ in the sixth."""


def _text(row: Row, cell: SideValues) -> str:
    return f"{value_text(row.quantity, cell, cell.values[0], _DIGITS)} ({one_line(cell.side.label)})"
