"""Panels of rows: labels on the left, marks, and what is to be said of each row on the right; and keys.

Rows are counted from 0 in the column `row`, and stand one under the other in that order. Where a label or a note is
drawn, the frame has the columns `label` and `note`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl

from logparse.charts._theme import Drawing, apart, data, text_width, theme, x_at, y_at
from logparse.charts._view import Block, View
from logparse.comparison.compare import baseline_of
from logparse.comparison.ledger import Ledger
from logparse.comparison.sides import Side
from logparse.errors import UsageError
from logparse.text import labels
from logparse.text.terminal import one_line

WIDTH = 420
"""Of a plot, where nothing else was asked for."""
GUTTER = 230
"""Pixels that a label may take."""
PANELS = 24
"""Panels of one chart: beyond, the rest is only counted."""


@dataclass(frozen=True)
class Grid:
    """The rows of one panel."""

    view: View
    rows: int
    width: float
    gutter: float = 0.0
    """Pixels of the longest label of the chart, so that all its panels begin at one edge."""

    @property
    def step(self) -> float:
        """Pixels from one row to the next."""
        if self.view.options.height:
            return max(4.0, self.view.options.height / self.rows)
        return 24 if self.rows <= 30 else 15 if self.rows <= 80 else 10

    @property
    def size(self) -> float:
        """Of text in a row, in pixels."""
        return min(theme(self.view).size, max(self.step - 2, 6))

    @property
    def height(self) -> float:
        """Of the panel, in pixels."""
        return self.step * self.rows

    def layered(self, *layers: Any) -> Drawing:
        """These layers as one panel, without those that have no row to draw."""
        held = [layer for layer in layers if not (isinstance(layer.data, pl.DataFrame) and layer.data.is_empty())]
        drawn: Drawing = alt.layer(*(held or layers[:1]), width=self.width, height=self.height)
        return drawn

    @property
    def y(self) -> alt.Y:
        """The rows as a scale."""
        scale = alt.Scale(type="band", domain=list(range(self.rows)), paddingInner=0.3, paddingOuter=0.15)
        return alt.Y("row:O", axis=None, scale=scale)

    def labels(self, frame: pl.DataFrame) -> Drawing:
        """The labels of the rows, left of the plot; nothing unseen is drawn but the corner that panels share."""
        texts = self.texts(frame.select("row", text="label"), x_at(-8), align="right")
        corner = (
            alt.Chart(data(pl.DataFrame({"x": [0]})))
            .mark_point(opacity=0, size=1, tooltip=None)
            .encode(x=x_at(-self.gutter - 8), y=y_at(0))
        )
        drawn: Drawing = alt.layer(texts, corner)
        return drawn

    def notes(self, frame: pl.DataFrame) -> alt.Chart:
        """The notes on the rows, right of the plot."""
        return self.texts(frame.select("row", text="note"), x_at(self.width + 8), align="left")

    def words(self, frame: pl.DataFrame, x: Any, **mark: Any) -> list[alt.Chart]:
        """Text in the plot, on a ground of paper so that lines do not run through it."""
        paper = theme(self.view).paper
        look = {"align": "left", "fontStyle": "italic", "color": theme(self.view).faint, **mark}
        return [
            self.texts(frame, x, **{**look, "stroke": paper, "strokeWidth": 5, "color": paper}),
            self.texts(frame, x, **look),
        ]

    def texts(self, frame: pl.DataFrame, x: Any, **mark: Any) -> alt.Chart:
        """The column `text` of each row at `x`."""
        kept = frame.filter(pl.col("text").is_not_null() & (pl.col("text") != ""))
        look = {"baseline": "middle", "fontSize": self.size, "color": theme(self.view).ink, **mark}
        made: alt.Chart = alt.Chart(data(kept)).mark_text(**look).encode(x=x, y=self.y, text=alt.Text("text:N"))
        return made


def heading(view: View, text: str, more: str = "") -> alt.TitleParams:
    """What a panel is about, above it; `more` smaller below it."""
    t = theme(view)
    return alt.TitleParams(
        text=one_line(text), subtitle=one_line(more) if more else alt.Undefined, anchor="start", frame="bounds",
        fontSize=t.size + 1, subtitleFontSize=t.size, subtitleColor=t.faint, fontWeight="bold", offset=8,
        subtitlePadding=2,
    )  # fmt: skip


def labelled(view: View, sides: Sequence[Side], several: bool) -> list[str]:
    """What rows are called: with the platform before it where a panel has several."""
    names = [f"{platform_of(side)}  {side.label}" if several else side.label for side in sides]
    return apart([one_line(name) for name in names], GUTTER, theme(view).size)


def gutter(view: View, labels: Iterable[str]) -> float:
    """Pixels of the longest of these labels."""
    return max((text_width(label, theme(view).size) for label in labels), default=0.0)


def platform_of(side: Side) -> str:
    """The platform of a side; of several the first."""
    return str(side.jobs[0].main["platform"])


def platforms(sides: Iterable[Side]) -> list[str]:
    """The platforms of some sides, each once."""
    return list(dict.fromkeys(platform_of(side) for side in sides))


def work(ledger: Ledger, block: Block) -> str:
    """`cerebras bert_large, training`: what the jobs of a block do; its keys begin with workload and task."""
    workload, task = block.keys[:2]
    found = dict.fromkeys(str(job.main["platform"]) for job in block.jobs)
    named = one_line(str(workload)) if workload else "workload not in the log"
    return f"{' and '.join(found)}: {named}" + (f", {labels.task(str(task))}" if task else "")


def baseline_in(view: View, sides: Sequence[Side]) -> int:
    """Which of the sides of a panel the others are held against: the one that was named, where it is here, else the
    first."""
    name = view.options.baseline
    if name is None and view.given is not None:
        name = view.given.sides[view.given.baseline].label
    if name is None:
        return 0
    try:
        return baseline_of(sides, name)
    except UsageError:
        # Told where no panel has it: it may stand in another one.
        baseline_of(view.sides, name)
        return 0


# ---- marks ---- #


def band(view: View, frame: pl.DataFrame, grid: Grid, x: alt.X) -> alt.Chart:
    """What may be noise: grey from `noise_low` to `noise_high` in each row that knows it, rows of the same noise in one
    piece."""
    known = frame.filter(pl.col("noise_low").is_not_null() & pl.col("noise_high").is_not_null())
    pieces: list[dict[str, float]] = []
    for row, low, high in known.select("row", "noise_low", "noise_high").unique(maintain_order=True).iter_rows():
        top, last = row * grid.step, pieces[-1] if pieces else None
        if last and last["bottom"] == top and (last["noise_low"], last["noise_high"]) == (low, high):
            last["bottom"] = top + grid.step
        else:
            pieces.append({"top": top, "bottom": top + grid.step, "noise_low": low, "noise_high": high})
    schema = dict.fromkeys(("top", "bottom", "noise_low", "noise_high"), pl.Float64)
    made: alt.Chart = (
        alt.Chart(data(pl.DataFrame(pieces, schema=schema)))
        .mark_rect(color=theme(view).band, clip=True)
        .encode(
            x=_like(x, "noise_low"),
            x2=alt.X2("noise_high:Q"),
            y=alt.Y("top:Q", scale=None, axis=None),
            y2=alt.Y2("bottom:Q"),
        )
    )
    return made


def dots(
    view: View, frame: pl.DataFrame, runs: pl.DataFrame, grid: Grid, x: alt.X, tooltip: Sequence[alt.Tooltip]
) -> list[alt.Chart]:
    """A dot a row in `colour` at `value`; where there are several runs, each a small dot on a line from `least` to
    `greatest`."""
    colour = alt.Color("colour:N", scale=None)
    area = 75 if grid.step >= 15 else 30
    several = frame.filter(pl.col("n") > 1)
    tip = list(tooltip)
    return [
        alt.Chart(data(several)).mark_rule(strokeWidth=1.5).encode(
            x=_like(x, "least"), x2=alt.X2("greatest:Q"), y=grid.y, color=colour),
        alt.Chart(data(runs)).mark_point(filled=True, size=area / 3, opacity=0.75).encode(
            x=x, y=grid.y, color=colour, tooltip=tip),
        alt.Chart(data(frame.filter(pl.col("value").is_not_null()))).mark_point(
            filled=True, size=area, opacity=1, stroke=theme(view).paper, strokeWidth=0.8).encode(
            x=x, y=grid.y, color=colour, tooltip=tip),
    ]  # fmt: skip


def _like(x: alt.X, name: str) -> alt.X:
    """The axis `x` of another column."""
    return alt.X(f"{name}:Q", title=x["title"], scale=x["scale"], axis=x["axis"])


def greatest(frame: pl.DataFrame, column: str) -> float | None:
    """The greatest value of a column; None where it has none."""
    values = [v for v in frame[column].drop_nulls() if math.isfinite(v)]
    return max(values, default=None)


def extent(frame: pl.DataFrame, *columns: str) -> tuple[float, float]:
    """Least and greatest of all values in these columns."""
    values = [v for c in columns for v in frame[c].drop_nulls() if math.isfinite(v)]
    return min(values), max(values)


def with_bands(values: tuple[float, float], bands: tuple[float, float] | None) -> tuple[float, float]:
    """The ends of an axis for these values and the bands round one of them: bands that would press the values into a
    quarter of the plot run out of it."""
    low, high = values
    if bands is None:
        return values
    ends = min(low, bands[0]), max(high, bands[1])
    if low == high or ends[1] - ends[0] <= 4 * (high - low):
        return ends
    room = 0.4 * (high - low)
    return max(ends[0], low - room), min(ends[1], high + room)


def extent_or_none(frame: pl.DataFrame, *columns: str) -> tuple[float, float] | None:
    """As `extent`; None where there is no value."""
    return None if all(frame[c].null_count() == frame.height for c in columns) else extent(frame, *columns)


def spread_out(low: float, high: float, log: bool = True) -> tuple[dict[str, Any], str]:
    """A scale for dots, and what is to be said of it: from 0 where that leaves them apart; over more than a factor of
    30 logarithmic, where it may be."""
    if log and low > 0 and high / low > 30:
        ends = [low / (high / low) ** 0.05, high * (high / low) ** 0.05]
        return {"type": "log", "domain": ends, "nice": False}, "logarithmic"
    if low >= 0 and (low < 0.75 * high or low == high):
        return {"domain": [0, high * 1.04], "nice": False}, ""
    room = (high - low or abs(high) * 0.1 or 1.0) * 0.12
    return {"domain": [low - room, high + room], "nice": False}, "the axis does not begin at 0"


# ---- keys ---- #


@dataclass(frozen=True)
class Sign:
    """One entry of a key."""

    text: str
    mark: str = "square"
    """A shape of Vega: `square`, `circle`, `stroke` …"""
    fill: str | None = None
    stroke: str | None = None
    dash: tuple[int, int] | None = None


def key(view: View, signs: Sequence[Sign], width: float) -> Drawing | None:
    """What marks mean, in lines of at most `width` pixels."""
    if not signs:
        return None
    t = theme(view)
    placed = list(_placed(signs, width, t.size))
    marks = [
        alt.Chart(data(pl.DataFrame({"x": [x + 6.0], "y": [y + 8.0]})))
        .mark_point(
            shape=s.mark, size=100, filled=s.fill is not None, fill=s.fill or "transparent", opacity=1,
            stroke=s.stroke or s.fill or t.ink, strokeWidth=t.stroke, strokeDash=list(s.dash) if s.dash else [1, 0],
        )
        .encode(x=_pixels("x"), y=_pixels("y"))
        for s, x, y in placed
    ]  # fmt: skip
    frame = pl.DataFrame(
        {"x": [x + 16.0 for _, x, _ in placed], "y": [y + 8.0 for *_, y in placed], "t": [s.text for s, *_ in placed]}
    )
    texts = alt.Chart(data(frame)).mark_text(align="left", baseline="middle", color=t.faint)
    lines = max(y for *_, y in placed) + 16
    drawn: Drawing = alt.layer(
        *marks, texts.encode(x=_pixels("x"), y=_pixels("y"), text=alt.Text("t:N")), width=width, height=lines
    )
    return drawn


def _pixels(name: str) -> Any:
    return (alt.X if name == "x" else alt.Y)(f"{name}:Q", scale=None, axis=None)


def _placed(signs: Sequence[Sign], width: float, size: float) -> Iterator[tuple[Sign, float, float]]:
    x = y = 0.0
    for sign in signs:
        takes = 16 + text_width(sign.text, size) + 18
        if x and x + takes > width:
            x, y = 0.0, y + 18
        yield sign, x, y
        x += takes


def capped(blocks: Sequence[Block]) -> tuple[Sequence[Block], list[str]]:
    """As many blocks as a chart has panels for, those with most runs first to stay; and what is said of the rest."""
    if len(blocks) <= PANELS:
        return blocks, []
    order = sorted(range(len(blocks)), key=lambda i: -len(blocks[i].jobs))[:PANELS]
    kept = [blocks[i] for i in sorted(order)]
    left = len(blocks) - len(kept)
    runs = sum(len(b.jobs) for b in blocks) - sum(len(b.jobs) for b in kept)
    return kept, [f"{left} more workloads ({runs} run{'' if runs == 1 else 's'}) are not drawn; choose with --where."]
