"""Panels of rows, with labels on the left, marks, and notes on the right; and legends.

The column `row` numbers the rows from 0, top to bottom. Where labels or notes are drawn, the frame has the columns
`label` and `note`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from logparse.charts._theme import distinct_labels, text_width, theme
from logparse.charts._vega import Drawing, channel, layer, like, pixels
from logparse.charts._view import JobBlock, View
from logparse.comparison.compare import baseline_of
from logparse.comparison.estimate import factor
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.sides import Side
from logparse.errors import UsageError
from logparse.text import labels
from logparse.text.terminal import one_line

WIDTH = 420
"""Default width of a plot, in pixels."""
GUTTER = 230
"""Maximum width of a label, in pixels."""
PANELS = 24
"""Panels of one chart; further ones are only counted."""
SCREENS = 2160
"""Height of a chart in pixels, two screens, unless all panels and rows are asked for."""
ROOM = SCREENS - 340
"""Pixels of that for the panels: the others are for title, legend and caption."""
AROUND = 78
"""Pixels of a panel besides its rows: heading, axis, and the gap below."""
_FEWEST = 20
"""Rows that a panel keeps before other panels are left out."""


@dataclass(frozen=True)
class RowGrid:
    """The layout of one panel's rows."""

    view: View
    rows: int
    width: float
    gutter: float = 0.0
    """Width of the longest label of the chart in pixels, so that all its panels are aligned."""

    @property
    def step(self) -> float:
        """Pixels from one row to the next."""
        if self.view.options.height:
            return max(4.0, self.view.options.height / self.rows)
        return 24 if self.rows <= 30 else 15 if self.rows <= 80 else 10

    @property
    def size(self) -> float:
        """Font size in a row, in pixels."""
        return min(theme(self.view).size, max(self.step - 2, 6))

    @property
    def height(self) -> float:
        """Height of the panel, in pixels."""
        return self.step * self.rows

    def layered(self, *layers: Any) -> Drawing:
        """These layers as one panel, without empty ones."""
        filled = [drawing for drawing in layers if not drawing.is_empty]
        return layer(*(filled or layers[:1]), width=self.width, height=self.height)

    @property
    def y(self) -> dict[str, Any]:
        """The rows as a scale."""
        scale = {"type": "band", "domain": list(range(self.rows)), "paddingInner": 0.3, "paddingOuter": 0.15}
        return channel("row:O", axis=None, scale=scale)

    def labels(self, frame: pl.DataFrame) -> Drawing:
        """The labels of the rows, left of the plot, with an invisible mark at the corner that aligns the panels."""
        texts = self.texts(frame.select("row", text="label"), pixels(-8), align="right")
        corner = (
            Drawing.of(pl.DataFrame({"x": [0]}))
            .mark("point", opacity=0, size=1, tooltip=None)
            .encode(x=pixels(-self.gutter - 8), y=pixels(0))
        )
        return layer(texts, corner)

    def notes(self, frame: pl.DataFrame) -> Drawing:
        """The notes of the rows, right of the plot."""
        return self.texts(frame.select("row", text="note"), pixels(self.width + 8), align="left")

    def words(self, frame: pl.DataFrame, x: Any, **mark: Any) -> list[Drawing]:
        """Text in the plot, with an outline in the background colour so that lines do not cross it."""
        paper = theme(self.view).paper
        look = {"align": "left", "fontStyle": "italic", "color": theme(self.view).faint, **mark}
        return [
            self.texts(frame, x, **{**look, "stroke": paper, "strokeWidth": 5, "color": paper}),
            self.texts(frame, x, **look),
        ]

    def texts(self, frame: pl.DataFrame, x: Any, **mark: Any) -> Drawing:
        """The column `text` of each row at `x`."""
        kept = frame.filter(pl.col("text").is_not_null() & (pl.col("text") != ""))
        look = {"baseline": "middle", "fontSize": self.size, "color": theme(self.view).ink, **mark}
        return Drawing.of(kept).mark("text", **look).encode(x=x, y=self.y, text="text:N")


def table(view: View, frame: pl.DataFrame, width: float, gutter: float) -> Drawing:
    """Results that no other is compared with, as lines of one table: a panel of one dot shows nothing.

    frame: label, `workload`, note, and what belongs to a mark (run, evidence); one row each.
    """
    lines = frame.with_columns(pl.int_range(pl.len()).alias("row"))
    grid = RowGrid(view, lines.height, width, gutter)
    texts = [
        grid.texts(lines.with_columns(text="workload"), pixels(0), align="left", color=theme(view).faint),
        grid.texts(lines.with_columns(text="note"), pixels(width + 8), align="left"),
    ]
    drawn: Drawing = grid.layered(grid.labels(lines), *texts).properties(title=heading(view, "Nothing to compare with"))
    return drawn


def heading(view: View, text: str, more: str = "") -> dict[str, Any]:
    """The heading of a panel, with `more` in smaller type below it."""
    t = theme(view)
    return {
        "text": one_line(text), **({"subtitle": one_line(more)} if more else {}), "anchor": "start", "frame": "bounds",
        "fontSize": t.size + 1, "subtitleFontSize": t.size, "subtitleColor": t.faint, "fontWeight": "bold", "offset": 8,
        "subtitlePadding": 2,
    }  # fmt: skip


def labelled(view: View, sides: Sequence[Side], several: bool) -> list[str]:
    """The labels of rows; they begin with the platform if a panel has several, and end with the number of ranks if that
    differs."""
    size = theme(view).size
    ends = rank_notes(view, sides)
    names = [f"{' and '.join(_platforms_of(side))}  {side.label}" if several else side.label for side in sides]
    room = GUTTER - max((text_width(end, size) for end in ends), default=0.0)
    labels = distinct_labels([one_line(name) for name in names], room, size)
    return [f"{label}{end}" for label, end in zip(labels, ends, strict=True)]


def rank_notes(view: View, sides: Sequence[Side]) -> list[str]:
    """`, 16 ranks`, for each side whose number of ranks is known, if that differs between these sides."""
    known = [{view.ledger.value(job, "ranks").value for job in side.jobs} for side in sides]
    numbers = [values.pop() if len(values) == 1 else None for values in known]
    named = any(side.label.startswith("ranks ") or ", ranks " in side.label for side in sides)
    if len(set(numbers) - {None}) < 2 or named:
        return [""] * len(sides)
    return [f", {labels.many(number, 'rank')}" if number is not None else "" for number in numbers]


def gutter(view: View, labels: Iterable[str]) -> float:
    """Width of the longest of these labels, in pixels."""
    return max((text_width(label, theme(view).size) for label in labels), default=0.0)


def platform_of(side: Side) -> str:
    """The platform of a side's first job."""
    return str(side.jobs[0].main["platform"])


def _platforms_of(side: Side) -> list[str]:
    """The platforms of a side's jobs, each once."""
    return list(dict.fromkeys(str(job.main["platform"]) for job in side.jobs))


def platforms(sides: Iterable[Side]) -> list[str]:
    """The platforms of these sides, each once."""
    return list(dict.fromkeys(platform for side in sides for platform in _platforms_of(side)))


def workload_title(ledger: Ledger, block: JobBlock) -> str:
    """`cerebras: bert_large, training`, of a block whose keys begin with workload and task."""
    workload, task = block.keys[:2]
    platforms = dict.fromkeys(str(job.main["platform"]) for job in block.jobs)
    name = one_line(str(workload)) if workload else "workload not in the log"
    return f"{' and '.join(platforms)}: {name}" + (f", {labels.task(str(task))}" if task else "")


def baseline_in(view: View, sides: Sequence[Side]) -> int:
    """The index of a panel's baseline: the side that the options name if the panel has it, else the first with a
    result."""
    name = view.options.baseline
    if name is None and view.given is not None:
        name = view.given.sides[view.given.baseline].label
    if name is None:
        return baseline_of(sides, None)
    try:
        return baseline_of(sides, name)
    except UsageError:
        # Another panel may have it; if none has, this raises.
        baseline_of(view.sides, name)
        return baseline_of(sides, None)


# ---- marks ---- #


def band(view: View, frame: pl.DataFrame, grid: RowGrid, x: dict[str, Any]) -> Drawing:
    """The noise band: grey from `noise_low` to `noise_high` in each row that has them. Adjacent rows with the same
    noise share one rectangle."""
    known = frame.filter(pl.col("noise_low").is_not_null() & pl.col("noise_high").is_not_null())
    pieces: list[dict[str, float]] = []
    for row, low, high in known.select("row", "noise_low", "noise_high").unique(maintain_order=True).iter_rows():
        top, last = row * grid.step, pieces[-1] if pieces else None
        if last and last["bottom"] == top and (last["noise_low"], last["noise_high"]) == (low, high):
            last["bottom"] = top + grid.step
        else:
            pieces.append({"top": top, "bottom": top + grid.step, "noise_low": low, "noise_high": high})
    schema = dict.fromkeys(("top", "bottom", "noise_low", "noise_high"), pl.Float64)
    made: Drawing = (
        Drawing.of(pl.DataFrame(pieces, schema=schema))
        .mark("rect", color=theme(view).band, clip=True)
        .encode(
            x=like(x, "noise_low"),
            x2="noise_high:Q",
            y=channel("top:Q", scale=None, axis=None),
            y2="bottom:Q",
        )
    )
    return made


STRIP = 20
"""Runs of one row up to which each is a dot; more are a strip of strokes with their median."""
STRIPS = (
    "A stroke is one run of a row of many; the dot is their median, the line its 95 % interval; the text has the mean."
)
"""What a caption says about strips."""


def median_of(values: Sequence[float]) -> dict[str, float]:
    """The median of a strip as `value`, with its 95 % interval from `least` to `greatest`: two of the values, chosen by
    their ranks, so nothing is assumed about the distribution."""
    n, ordered = len(values), sorted(values)
    if n <= 1000:
        # Of the 2**n ways in which values may be below and above the median, `below` have at most `rank` of them below.
        ways, below, rank = 1, 1, 0
        while below <= 0.025 * 2**n:
            rank += 1
            ways = ways * (n - rank + 1) // rank
            below += ways
    else:  # the normal approximation, since 2**n is too large for a float; half a rank away at most
        rank = int((n + 1) / 2 - 1.96 * math.sqrt(n) / 2)
    least, greatest = ordered[max(rank - 1, 0)], ordered[min(n - rank, n - 1)]
    return {"value": statistics.median(ordered), "least": least, "greatest": greatest}


def dots(
    view: View,
    frame: pl.DataFrame,
    others: pl.DataFrame,
    grid: RowGrid,
    x: dict[str, Any],
    tooltip: Sequence[dict[str, Any]],
) -> list[Drawing]:
    """One dot per row of `frame`, in `colour` at `value`, the mean. Of several runs, each is a small dot on a line from
    `least` to `greatest`; two runs have no dot for their mean. More than `STRIP` runs are a strip with their median.

    others: the marks `run` and `median` of these rows.
    """
    colour = channel("colour:N", scale=None)
    area = 75 if grid.step >= 15 else 30
    is_strip = pl.col("n") > STRIP
    runs = others.filter(pl.col("mark") == "run").drop("n").join(frame.select("row", "n"), on="row", how="inner")
    medians = others.filter(pl.col("mark") == "median")
    means = frame.filter(pl.col("value").is_not_null() & (pl.col("n") != 2) & ~is_strip)
    tip = list(tooltip)
    return [
        Drawing.of(frame.filter((pl.col("n") > 1) & ~is_strip)).mark("rule", strokeWidth=1.5).encode(
            x=like(x, "least"), x2="greatest:Q", y=grid.y, color=colour),
        Drawing.of(runs.filter(~is_strip)).mark("point", filled=True, size=area / 3, opacity=0.75).encode(
            x=x, y=grid.y, color=colour, tooltip=tip),
        strokes(runs.filter(is_strip), grid).encode(x=x, color=colour, tooltip=tip),
        Drawing.of(medians).mark("rule", strokeWidth=3).encode(
            x=like(x, "least"), x2="greatest:Q", y=grid.y, color=colour),
        Drawing.of(pl.concat([means, medians])).mark(
            "point", filled=True, size=area, opacity=1, stroke=theme(view).paper, strokeWidth=0.8).encode(
            x=x, y=grid.y, color=colour, tooltip=tip),
    ]  # fmt: skip


def strokes(runs: pl.DataFrame, grid: RowGrid) -> Drawing:
    """The runs of a strip: thin strokes, so that many in one place are darker."""
    return Drawing.of(runs).mark("tick", thickness=1.5, opacity=0.45, height={"band": 0.9}).encode(y=grid.y)


def strip_entries(colour: str) -> list[LegendEntry]:
    """The legend of strips."""
    return [
        LegendEntry("one run of many", "M0,-1L0,1", stroke=colour),
        LegendEntry("their median with its 95 % interval", "M-1,0L1,0", stroke=colour),
    ]


def greatest(frame: pl.DataFrame, column: str) -> float | None:
    """The greatest finite value of a column; None if it has none."""
    values = [v for v in frame[column].drop_nulls() if math.isfinite(v)]
    return max(values, default=None)


def extent(frame: pl.DataFrame, *columns: str) -> tuple[float, float]:
    """The least and the greatest finite value in these columns."""
    values = [v for c in columns for v in frame[c].drop_nulls() if math.isfinite(v)]
    return min(values), max(values)


def with_bands(values: tuple[float, float], bands: tuple[float, float] | None) -> tuple[float, float]:
    """The ends of an axis for these values and the noise bands around one of them. Bands that would squeeze the values
    into a quarter of the plot are cut off."""
    low, high = values
    if bands is None:
        return values
    ends = min(low, bands[0]), max(high, bands[1])
    if low == high or ends[1] - ends[0] <= 4 * (high - low):
        return ends
    room = 0.4 * (high - low)
    return max(ends[0], low - room), min(ends[1], high + room)


def extent_or_none(frame: pl.DataFrame, *columns: str) -> tuple[float, float] | None:
    """As `extent`; None if there is no value."""
    return None if all(frame[c].null_count() == frame.height for c in columns) else extent(frame, *columns)


def spread_out(low: float, high: float, log: bool = True) -> tuple[dict[str, Any], str]:
    """A scale for dots, and a remark on it for readers. It starts at 0 if that still separates the dots; over a factor
    of more than 30 it is logarithmic, if `log` allows it."""
    if log and low > 0 and high / low > 30:
        begin, end = math.log(low), math.log(high)
        room = 0.05 * (end - begin)
        ends = [factor(begin - room), factor(end + room)]
        return {"type": "log", "domain": ends, "nice": False}, "logarithmic"
    if low >= 0 and (low < 0.75 * high or low == high):
        return {"domain": [0, high * 1.04], "nice": False}, ""
    room = (high - low or abs(high) * 0.1 or 1.0) * 0.12
    return {"domain": [low - room, high + room], "nice": False}, "the axis does not start at 0"


# ---- legends ---- #


@dataclass(frozen=True)
class LegendEntry:
    """One entry of a legend."""

    text: str
    mark: str = "square"
    """A Vega shape: `square`, `circle`, `stroke` …"""
    fill: str | None = None
    stroke: str | None = None
    dash: tuple[int, int] | None = None


def legend(view: View, entries: Sequence[LegendEntry], width: float) -> Drawing | None:
    """The legend, in lines of at most `width` pixels; None without entries."""
    if not entries:
        return None
    t = theme(view)
    placed = list(_placed(entries, width, t.size))
    marks = [
        Drawing.of(pl.DataFrame({"x": [x + 6.0], "y": [y + 8.0]}))
        .mark(
            "point", shape=s.mark, size=100, filled=s.fill is not None, fill=s.fill or "transparent", opacity=1,
            stroke=s.stroke or s.fill or t.ink, strokeWidth=t.stroke, strokeDash=list(s.dash) if s.dash else [1, 0],
        )
        .encode(x=_pixels("x"), y=_pixels("y"))
        for s, x, y in placed
    ]  # fmt: skip
    frame = pl.DataFrame(
        {"x": [x + 16.0 for _, x, _ in placed], "y": [y + 8.0 for *_, y in placed], "t": [s.text for s, *_ in placed]}
    )
    texts = Drawing.of(frame).mark("text", align="left", baseline="middle", color=t.faint)
    lines = max(y for *_, y in placed) + 16
    drawn: Drawing = layer(*marks, texts.encode(x=_pixels("x"), y=_pixels("y"), text="t:N"), width=width, height=lines)
    return drawn


def _pixels(name: str) -> Any:
    return channel(f"{name}:Q", scale=None, axis=None)


def _placed(entries: Sequence[LegendEntry], width: float, size: float) -> Iterator[tuple[LegendEntry, float, float]]:
    x = y = 0.0
    for entry in entries:
        needed = 16 + text_width(entry.text, size) + 18
        if x and x + needed > width:
            x, y = 0.0, y + 18
        yield entry, x, y
        x += needed


# ---- how much is drawn ---- #


class Panel(Protocol):
    """A panel of a chart, as far as it matters here."""

    @property
    def block(self) -> JobBlock: ...


def jobs_of(panels: Iterable[Panel]) -> list[Job]:
    """The jobs of these panels."""
    return [job for panel in panels for job in panel.block.jobs]


def in_room(
    view: View,
    blocks: Sequence[JobBlock],
    rows: Callable[[Sequence[Job]], Sequence[Side]] | None = None,
    gathered: bool = False,
    around: float = AROUND,
) -> tuple[list[JobBlock], list[str]]:
    """The blocks that a chart has panels for, with the sides and jobs that are drawn, and sentences on the rest.

    Large panels lose rows first, then the blocks with fewest runs are left out. A named baseline keeps its row.

    Args:
        rows: the sides of a panel with these jobs; by default those of the view.
        gathered: whether panels of one row are gathered in a table.
        around: pixels of a panel besides its rows.
    """
    every = [tuple((rows or view.all_rows)(block.jobs)) for block in blocks]
    counts = [len(sides) for sides in every]
    most = row_limit(view, counts, gathered, around)
    heights = [row_height(view, min(count, most), gathered, around) for count in counts]
    kept, more = capped(view, [block.jobs for block in blocks], heights)
    out = []
    for i in kept:
        sides = every[i][:most]
        if counts[i] > most and (view.options.baseline is not None or view.given is not None):
            base = every[i][baseline_in(view, every[i])]
            sides = sides if base in sides else (*sides[:-1], base)
        # All jobs if all sides are drawn: their order is that of the logs.
        ids = {job.id for side in sides for job in side.jobs}
        out.append(JobBlock(blocks[i].keys, tuple(job for job in blocks[i].jobs if job.id in ids), sides))
    return out, [*view.rows_left((counts[i] for i in kept), most), *more]


def row_limit(view: View, counts: Sequence[int], gathered: bool = False, around: float = AROUND) -> int:
    """Rows of one panel that are drawn, for panels with so many rows (see `in_room`)."""
    if view.options.all or view.options.height:
        return view.most
    largest = sorted(counts, reverse=True)[:PANELS]
    for most in range(min(max(counts, default=0), view.most), _FEWEST, -1):
        if sum(row_height(view, min(count, most), gathered, around) for count in largest) <= ROOM:
            return most
    return _FEWEST


def row_height(view: View, rows: int, gathered: bool = False, around: float = AROUND) -> float:
    """The pixels of a panel with so many rows."""
    return RowGrid(view, rows, 0).height + (0 if gathered and rows == 1 else around)


def capped(
    view: View,
    jobs: Sequence[Sequence[Job]],
    heights: Sequence[float],
    words: tuple[str, str] = ("workload", "workloads"),
) -> tuple[list[int], list[str]]:
    """The positions of the panels that are drawn, preferring those with most runs, and a sentence on the rest.

    Args:
        jobs: the jobs of each panel.
        heights: the pixels of each panel.
        words: what a panel shows, one and several.
    """
    order = sorted(range(len(jobs)), key=lambda i: -len(jobs[i]))
    kept: list[int] = []
    left = float(ROOM)
    for i in order:
        fits = len(kept) < PANELS and (heights[i] <= left or view.options.height)
        if not kept or fits or view.options.all:
            kept.append(i)
            left -= heights[i]
    if len(kept) == len(jobs):
        return sorted(kept), []
    drawn = {job.id for i in kept for job in jobs[i]}
    runs = len({job.id for panel in jobs for job in panel} - drawn)
    count = len(jobs) - len(kept)
    panels = f"{count} more {words[0] if count == 1 else words[1]}"
    verb, hint = "is" if count == 1 else "are", "select with `where`, or draw `all`"
    runs_text = f" ({labels.many(runs, 'run')})" if runs else ""
    return sorted(kept), [f"{panels}{runs_text} {verb} not drawn, because the chart would be too tall; {hint}."]
