"""How did a result change over time, and since when?

What it needs
    Two runs of one setting whose logs have dates, and a throughput, latency, training time, score or loss.

What it shows
    A dot for each run at the time it began, with a panel for each platform, workload and task. Runs of the same
    settings (or of the same value of `by`) are joined by a line. The quantity is the first of throughput, token
    throughput, latency, training time, score and loss that most runs of the panel have.

How to read it
    A line is level where nothing changed. A ring marks a change: this run is beyond the noise of all runs since the
    change before, up to two later ones are outside on the same side, and the mean of all three is beyond the noise at a
    level that takes into account how many runs there are. So a single odd run has a ring only until later ones are as
    before. A level has at least three runs before a change can end it: the noise is their own, since other repeats may
    vary less. Runs with another compiled graph continue a line: a new release may be what changed a result. The
    text at the ring is the ratio or difference to the level before, with its 95 % interval. The grey band is the noise
    around a level: a run in it does not differ from the level.

What it leaves out
    Runs without a result or without a date: the caption names them. A change between two runs may have any cause: the
    chart shows since when; `logparse compare`, with its option `change`, shows what else differs before and since then.
    At most one line in thirty has a mark by chance.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from logparse.charts._compared import is_percent, main_quantity, settings, without_verdicts
from logparse.charts._panel import (
    AROUND,
    LegendEntry,
    capped,
    extent,
    heading,
    jobs_of,
    legend,
    platform_of,
    workload_title,
)
from logparse.charts._theme import (
    Caption,
    distinct_labels,
    framed,
    places,
    text_width,
    theme,
    tiled,
    tips,
    title_labels,
)
from logparse.charts._vega import Drawing, channel, layer, like, pixels
from logparse.charts._view import JobBlock, View, once
from logparse.comparison.compare import Row
from logparse.comparison.estimate import REPEATS, Pool, Source, factor, judge, levels
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.noise import HERE, sample, source
from logparse.comparison.quantities import Quantity
from logparse.comparison.refusal import refusal
from logparse.comparison.sides import Side, SideValues, side_values
from logparse.comparison.verdict import Verdict, verdict
from logparse.comparison.wording import amount_text, cell_text, quantity_name, title
from logparse.errors import NothingToDraw
from logparse.rendering.palette import hue
from logparse.schema import LOCATIONS
from logparse.text.labels import shortened
from logparse.text.terminal import one_line

TAKES = ()
_WIDTH, _HEIGHT = 520, 170
ROWS: dict[str, Any] = {
    "block": pl.UInt32,
    "series": pl.UInt32,
    "setting": pl.String,
    "label": pl.String,
    "run": pl.String,
    "platform": pl.String,
    "quantity": pl.String,
    "at": pl.Datetime("us"),
    "value": pl.Float64,
    "level": pl.Float64,
    "noise_low": pl.Float64,
    "noise_high": pl.Float64,
    "change": pl.String,
    "note": pl.String,
    "evidence": LOCATIONS,
}
"""at: when the run began. level: the mean of the runs since the last change (geometric for durations and rates), with
the noise of one run around it from noise_low to noise_high. change: the ratio or difference to the level before, at the
first run of a new level."""


@once
def rows(view: View) -> pl.DataFrame:
    """One row for each run: `ROWS`."""
    return pl.DataFrame([r for i, p in enumerate(_panels(view)[0]) for r in _panel_rows(i, p)], schema=ROWS)


def chart(view: View) -> Drawing:
    """Results over time, with their changes."""
    frame = rows(view)
    panels, more = _panels(view)
    if not frame.height:
        raise NothingToDraw(
            "no two completed runs of one setting state a date and the same quantity; "
            "`by` joins the runs with one value of a column"
        )
    width = float(view.options.width or _WIDTH)
    drawn = []
    for number, panel in enumerate(panels):
        part = frame.filter(pl.col("block") == number)
        words = heading(view, workload_title(view.ledger, panel.block))
        drawn.append(_drawing(view, part, panel, width).properties(title=words))
    whole = width + _ROOM
    body = tiled(drawn)
    if strip := legend(view, _legend_entries(view, frame), whole):
        body = tiled([strip, body], row=14)
    caption = [
        "Level: mean of the runs since the last change; band: 95 % interval of one run around it.",
        *_next(panels),
        *_builds(view, panels),
        *_left_out(view, frame),
        *more,
    ]
    return framed(view, body, whole, _finding(view, panels), (), Caption(caption, jobs_of(panels)))


@dataclass(frozen=True)
class Change:
    """The latest change of the results of one setting."""

    quantity: str
    """Name of the quantity that changed."""
    text: str
    """`throughput of batch_size 1024 fell to ×0.929 (0.922 to 0.936) of its level on 2026-11-09`."""
    before: frozenset[str]
    """Ids of the jobs at the level before."""
    since: frozenset[str]
    """Ids of the jobs at the level since then."""


def latest_changes(view: View) -> list[Change]:
    """The latest change of each setting that has one; empty where there is nothing to draw."""
    return [change for panel in _panels(view)[0] for s in panel.series if (change := _latest(s, panel)) is not None]


def _latest(series: _Series, panel: _Panel) -> Change | None:
    at = max((i for i, point in enumerate(series.points) if point.change), default=None)
    if at is None:
        return None
    before, since = ({job.id for job in series.points[i].level.side.jobs} for i in (at - 1, at))
    text = f"{panel.name()} of {series.label} {_change_text(series.points[at], panel)}"
    return Change(panel.quantity.name, text, frozenset(before), frozenset(since))


# ---- panels ---- #


@dataclass(frozen=True)
class _Point:
    """A run of a series."""

    job: Job
    cell: SideValues
    level: SideValues
    """The runs since the last change, this one included if there was none here."""
    noise: float | None
    """Half the width of the interval of one run around the level, on the scale of the quantity."""
    change: Verdict | None = None
    """The verdict on the new level, at its first run."""


@dataclass(frozen=True)
class _Series:
    """The runs of one setting, in the order in which they began."""

    label: str
    points: tuple[_Point, ...]

    @property
    def changed(self) -> bool:
        """Whether there is a change between its runs."""
        return any(point.change for point in self.points)


@dataclass(frozen=True)
class _Panel:
    block: JobBlock
    quantity: Quantity
    series: tuple[_Series, ...]

    def amount(self, point: _Point) -> str:
        """`×0.912 (0.905 to 0.919)`: the change at a point."""
        assert point.change is not None
        return amount_text(without_verdicts(self.quantity, [point.cell]), point.change)

    def verb(self, point: _Point) -> str:
        """How the result changed at a point: `fell to` a ratio, `fell by` a difference."""
        assert point.change is not None
        verb = "fell" if (point.change.difference or 0.0) < 0 else "rose"
        return f"{verb} {'to' if self.quantity.scale == 'ratio' else 'by'}"

    @property
    def _row(self) -> Row:
        return without_verdicts(self.quantity, [p.cell for s in self.series for p in s.points])

    def name(self) -> str:
        """`throughput`, `train time`."""
        return quantity_name(self._row)

    def title(self) -> str:
        """`throughput, samples/s`, `train, s`."""
        text = title(self._row)
        return f"{text}, s" if self.quantity.unit == "s" else text


@once
def _panels(view: View) -> tuple[list[_Panel], list[str]]:
    """The panels that are drawn, and a sentence on the rest."""
    found = list(filter(None, (_panel(view, block) for block in _blocks(view))))
    height = float(view.options.height or _HEIGHT) + AROUND
    kept, more = capped(view, [panel.block.jobs for panel in found], [height] * len(found))
    return [found[i] for i in kept], more


def _blocks(view: View) -> list[JobBlock]:
    dated = [job for job in view.jobs if job.has_result and job["started_at"] is not None]
    return view.blocks("workload", "task", "platform", jobs=dated)


def _panel(view: View, block: JobBlock) -> _Panel | None:
    quantity = main_quantity(block.jobs)
    if quantity is None:
        return None
    name = quantity.name
    jobs = sorted((job for job in block.jobs if job[name] is not None), key=lambda job: (job["started_at"], job.id))
    series = []
    sides = settings(view, jobs, across_builds=True)
    for side in sides:
        if points := _points(view, quantity, side.jobs):
            is_only = len(sides) == 1 and len(side.jobs) > 1 and not view.options.by
            series.append(_Series(_only_name(view, side.jobs) if is_only else side.label, points))
    return _Panel(block, quantity, tuple(series)) if any(len(s.points) > 1 for s in series) else None


def _only_name(view: View, jobs: Sequence[Job]) -> str:
    """The name of the only setting, which no other distinguishes: `batch_size 1024`, else `15 runs of one setting`."""
    sizes = {view.ledger.value(job, "batch_size").value for job in jobs}
    return f"{len(jobs)} runs of one setting" if len(sizes) > 1 or None in sizes else f"batch_size {sizes.pop()}"


def _points(view: View, quantity: Quantity, jobs: Sequence[Job]) -> tuple[_Point, ...]:
    """The runs of a series with the changes between them; found once for a report, which names the latest."""
    key = ("trend", quantity.name, tuple(job.id for job in jobs))
    return view.ledger.once(key, lambda: tuple(_found_points(view.ledger, quantity, jobs)))


def _found_points(ledger: Ledger, quantity: Quantity, jobs: Sequence[Job]) -> Iterator[_Point]:
    cells = [side_values(ledger, quantity, Side(job.label, (job,))) for job in jobs]
    samples = [sample(ledger, quantity, cell) for cell in cells]
    usable = [(job, cell, s) for job, cell, s in zip(jobs, cells, samples, strict=True) if s is not None]
    if not usable:
        return

    def together(part: range) -> SideValues:
        of_part = tuple(usable[i][0] for i in part)
        return side_values(ledger, quantity, Side(shortened([job.label for job in of_part], 2), of_part))

    def may_begin(start: int, i: int) -> bool:
        return refusal(ledger, quantity, together(range(start, i)), usable[i][1]) is None

    rounding = sum(s.rounding for *_, s in usable) / len(usable)
    level: SideValues | None = None
    for part in levels([s.mean for *_, s in usable], rounding, fewest=1, may_begin=may_begin):
        earlier, level = level, together(part)
        noise = _noise(ledger, quantity, level, usable[part.start][1])
        change = None if earlier is None else verdict(ledger, quantity, earlier, level)
        for i in part:
            job, cell, _ = usable[i]
            yield _Point(job, cell, level, noise, change if i == part.start else None)


def _noise(ledger: Ledger, quantity: Quantity, level: SideValues, one: SideValues) -> float | None:
    """Half the width of the interval for one more run around a level: by the noise of its own runs if it has enough,
    since repeats of other settings, and public ones, may vary less than this series does."""
    around, run = (sample(ledger, quantity, side) for side in (level, one))
    if around is None or run is None or around.n < 2:
        return None
    own = Source((Pool(around.squares, around.n - 1),), HERE)
    noise = judge(around, run, own if around.n >= REPEATS else source(ledger, quantity, level, one)).noise
    return noise.size if noise is not None and noise.dof is not None else None


def _panel_rows(number: int, panel: _Panel) -> Iterator[dict[str, Any]]:
    for index, series in enumerate(panel.series):
        for point in series.points:
            level = point.level.mean
            low, high = _band(panel.quantity, level, point.noise)
            yield {
                "block": number,
                "series": index,
                "setting": one_line(series.label),
                "label": one_line(point.job.label),
                "run": point.job.id,
                "platform": platform_of(point.cell.side),
                "quantity": panel.quantity.name,
                "at": point.job["started_at"],
                "value": point.cell.mean,
                "level": level,
                "noise_low": low,
                "noise_high": high,
                "change": panel.amount(point) if point.change else None,
                "note": cell_text(panel.quantity, point.cell),
                "evidence": list(point.cell.locations),
            }


def _band(quantity: Quantity, level: float | None, noise: float | None) -> tuple[float | None, float | None]:
    if level is None or noise is None:
        return None, None
    if quantity.scale == "ratio":
        return level * factor(-noise), level * factor(noise)
    return level - noise, level + noise


# ---- marks ---- #

_ROOM = 190
"""Pixels right of the plot for the names of the settings."""
_LINES = 12
"""Settings up to which a line joins the runs of each; more lines are a tangle, in which dots alone are clearer."""
_PADDING = 12
"""Pixels from the edges of the plot to the first and the last run."""


def _drawing(view: View, frame: pl.DataFrame, panel: _Panel, width: float) -> Drawing:
    t = theme(view)
    height = float(view.options.height or _HEIGHT)
    factor = 100.0 if is_percent(panel.quantity, panel.block.jobs) else 1.0
    scaled = frame.with_columns(
        pl.col("value", "level", "noise_low", "noise_high") * factor,
        colour=pl.col("platform").map_elements(hue, return_dtype=pl.String),
        lines=pl.col("evidence").map_elements(places, return_dtype=pl.String),
        when=pl.col("at").dt.strftime("%Y-%m-%d %H:%M"),
    )
    low, high = extent(scaled, "value")
    room = max(high - low, 0.04 * abs(high), 1e-9) * 0.12
    unit = ", %" if factor != 1.0 else ""
    y = channel(
        "value:Q", title=f"{panel.title()}{unit}", axis={"tickCount": 5, "domain": False, "minExtent": 34},
        scale={"domain": [max(0.0, low - room) if low >= 0 else low - room, high + room], "nice": False, "zero": False},
    )  # fmt: skip
    x = channel("at:T", title=None, axis=_dates(scaled["at"]), scale={"nice": False, "padding": _PADDING})
    x_pixel, y_pixel = (channel(f"{name}:Q", scale=None, axis=None) for name in ("px", "py"))
    bands = scaled.group_by("series", "level", "noise_low", "noise_high", maintain_order=True).agg(
        pl.col("at").min(), pl.col("at").max().alias("until")
    )
    joined = scaled.filter(pl.len().over("series") > 1)["series"].unique(maintain_order=True)
    lines = [
        Drawing.of(scaled.filter(pl.col("series") == i).select("at", "value", "colour"))
        .mark("line", strokeWidth=1.2, opacity=0.7, color=hue(scaled["platform"][0]))
        .encode(x=x, y=y)
        for i in joined
        if joined.len() <= _LINES
    ]
    changes = scaled.filter(pl.col("change").is_not_null())
    last = scaled.unique("series", keep="last", maintain_order=True)
    fitted = distinct_labels(last["setting"].to_list(), _ROOM - 16, t.size - 1)
    ends = _apart(last.with_columns(text=pl.Series(fitted, dtype=pl.String)), height, low - room, high + room, t.size)
    return layer(
        Drawing.of(bands.filter(pl.col("noise_low").is_not_null()))
        .mark("rect", color=t.band, clip=True, opacity=0.8)
        .encode(x=x, x2="until:T", y=like(y, "noise_low"), y2="noise_high:Q"),
        *lines,
        Drawing.of(scaled)
        .mark("point", filled=True, size=45, opacity=1, stroke=t.paper, strokeWidth=0.8)
        .encode(
            x=x, y=y, color=channel("colour:N", scale=None),
            tooltip=tips(view, label="run", note="value", when="began", change="change", lines="lines"),
        ),
        Drawing.of(changes)
        .mark("point", filled=False, size=150, opacity=1, color=t.ink, strokeWidth=t.stroke)
        .encode(x=x, y=y),
        *(
            Drawing.of(_amounts(scaled, width, height, low - room, high + room, t.size - 1, joined.len() <= _LINES))
            .mark("text", align="left", baseline="middle", fontSize=t.size - 1, **look)
            .encode(x=x_pixel, y=y_pixel, text="text:N")
            for look in ({"color": t.paper, "stroke": t.paper, "strokeWidth": 4}, {"color": t.ink})
        ),
        Drawing.of(ends)
        .mark("text", align="left", baseline="middle", color=t.faint, fontSize=t.size - 1)
        .encode(x=pixels(width + 8), y=y_pixel, text="text:N"),
        width=width,
        height=height,
    )  # fmt: skip


def _dates(times: pl.Series) -> dict[str, Any]:
    """The axis of dates: every label has the year and the month; those of a few days also have the time."""
    span: timedelta = times.max() - times.min()  # type: ignore[operator, assignment]
    form = "%Y-%m-%d" if span >= _DAYS else "%Y-%m-%d %H:%M"
    return {"tickCount": 5, "grid": False, "format": form, "labelOverlap": True}


_DAYS = timedelta(days=6)
"""Time from which the labels of the axis are at least a day apart."""


_OFFSETS = (15, 27, 39, 51)
"""Pixels between a ring and its amount, the first that is free."""
_SAMPLED = 5
"""Pixels between the points of a line that an amount should not cover."""


def _amounts(
    frame: pl.DataFrame, width: float, height: float, low: float, high: float, size: float, joined: bool
) -> pl.DataFrame:
    """text, px, py: the changes of `frame`, each near its ring and inside the plot, where it covers no other amount and
    as little as possible of dots and lines; those without room are in the tooltips only. `joined`: whether lines are
    drawn."""
    first = frame["at"].min()
    times = (frame["at"] - first).dt.total_microseconds() / 1e6
    span = float(times.max() or 0.0)  # type: ignore[arg-type]
    placed_runs = frame.select(
        "series",
        "change",
        px=_PADDING + (times / span if span else times + 0.5) * (width - 2 * _PADDING),
        py=(high - pl.col("value")) / (high - low or 1.0) * height,
    )
    drawn = list(_drawn_points(placed_runs, joined))
    placed: list[tuple[str, float, float]] = []

    def is_free(left: float, py: float, length: float) -> bool:
        return all(
            abs(py - other_y) > size or left + length < other or other + text_width(other_text, size) < left
            for other_text, other, other_y in placed
        )

    def covered(left: float, py: float, length: float) -> int:
        return sum(left - 4 < x < left + length + 4 and abs(y - py) < size / 2 + 4 for x, y in drawn)

    for text, x, y in placed_runs.filter(pl.col("change").is_not_null()).select("change", "px", "py").iter_rows():
        length = text_width(text, size)
        lefts = [left for left in (x + 3, x - 3 - length) if 0 <= left <= width - length] or [0.0]
        found = [
            (covered(left, y + offset, length), left, y + offset)
            for distance in _OFFSETS
            for offset in (-distance, distance)
            for left in lefts
            if 0 <= y + offset <= height - size and is_free(left, y + offset, length)
        ]
        if found:
            _, left, py = min(found, key=lambda at: at[0])  # of equal ones, the nearest
            placed.append((text, left, py))
    return pl.DataFrame(placed, schema={"text": pl.String, "px": pl.Float64, "py": pl.Float64}, orient="row")


def _drawn_points(runs: pl.DataFrame, joined: bool) -> Iterator[tuple[float, float]]:
    """The pixels of the dots, and some of each line."""
    for part in runs.partition_by("series", maintain_order=True):
        dots = part.select("px", "py").rows()
        yield from dots
        for (x, y), (next_x, next_y) in itertools.pairwise(dots) if joined else ():
            steps = int(max(abs(next_x - x), abs(next_y - y)) // _SAMPLED)
            yield from ((x + (next_x - x) * i / steps, y + (next_y - y) * i / steps) for i in range(1, steps))


def _apart(frame: pl.DataFrame, height: float, low: float, high: float, size: float) -> pl.DataFrame:
    """The names of the series at their last values, moved apart so that none covers another; those without room are
    counted."""
    most = max(1, int(height // (size + 2)))
    rows = sorted(frame.select("value", "text").iter_rows(), key=lambda row: -row[0])
    if len(rows) > most:
        rows = [*rows[: most - 1], (rows[most - 1][0], f"and {len(rows) - most + 1} more settings")]
    out: list[tuple[str, float]] = []
    for value, text in rows:
        wanted = (high - value) / (high - low or 1.0) * height
        out.append((text, max(wanted, out[-1][1] + size + 2 if out else 0.0)))
    over = max(0.0, out[-1][1] - height) if out else 0.0
    return pl.DataFrame(
        [(text, at - over) for text, at in out], schema={"text": pl.String, "py": pl.Float64}, orient="row"
    )


def _legend_entries(view: View, frame: pl.DataFrame) -> list[LegendEntry]:
    t = theme(view)
    found = list(frame["platform"].unique(maintain_order=True))
    entries = [LegendEntry(f"run on {name}", "circle", fill=hue(name)) for name in found]
    if frame["noise_low"].null_count() < frame.height:
        entries.append(LegendEntry("noise of one run around the level", fill=t.band))
    if frame["change"].null_count() < frame.height:
        entries.append(LegendEntry("change beyond noise", "circle", stroke=t.ink))
    return entries


# ---- words ---- #


def _changes(panels: Sequence[_Panel]) -> list[tuple[_Point, _Series, _Panel]]:
    """The first run of each new level, the latest last."""
    found = [(point, s, panel) for panel in panels for s in panel.series for point in s.points if point.change]
    return sorted(found, key=lambda each: (each[0].job["started_at"], each[0].job.id))


def _next(panels: Sequence[_Panel]) -> Iterator[str]:
    """How to compare the runs before the latest change with those since then."""
    if changes := _changes(panels):
        began = changes[-1][0].job["started_at"]
        yield f"`compare` with `change` {began:%Y-%m-%dT%H:%M} shows the runs before and since then in a table."


def _finding(view: View, panels: Sequence[_Panel]) -> str:
    """The title: the latest change, or that there is none."""
    changes = _changes(panels)
    runs = sum(len(s.points) for panel in panels for s in panel.series)
    if max(len(s.points) for panel in panels for s in panel.series) <= REPEATS:
        return "Too few runs of one setting to find a change"
    if not changes:
        return f"No change beyond noise between repeats of one setting among {runs} runs"
    point, series, panel = changes[-1]
    name = title_labels(view, [series.label])[0]
    changed, every = (len(found) for found in ([s for p in panels for s in p.series if s.changed], _lines(panels)))
    of = f"; {changed} of {every} settings" if every > 1 else ""
    more = f"; the latest of {len(changes)} changes" if len(changes) > 1 else ""
    return f"{panel.name().capitalize()} {_change_text(point, panel)} ({name}{of}{more})"


def _lines(panels: Sequence[_Panel]) -> list[_Series]:
    """The settings with several runs."""
    return [series for panel in panels for series in panel.series if len(series.points) > 1]


def _change_text(point: _Point, panel: _Panel) -> str:
    """`fell to ×0.929 (0.922 to 0.936) of its level on 2026-11-09`."""
    of_level = " of its level" if panel.quantity.scale == "ratio" else ""
    return f"{panel.verb(point)} {panel.amount(point)}{of_level} on {point.job['started_at']:%Y-%m-%d}"


def _builds(view: View, panels: Sequence[_Panel]) -> Iterator[str]:
    if any(len({view.ledger.compiled(p.job) for p in s.points}) > 1 for panel in panels for s in panel.series):
        yield "Lines join runs with different compiled graphs: settings that no log states may differ."


def _left_out(view: View, frame: pl.DataFrame) -> Iterator[str]:
    drawn = set(frame["run"])
    reasons: dict[str, list[str]] = {}
    for job in view.jobs:
        if job.id in drawn:
            continue
        why = (
            "without a result"
            if not job.has_result
            else "no date"
            if job["started_at"] is None
            else "alone, or no value"
        )
        reasons.setdefault(why, []).append(one_line(job.label))
    for why, labels in reasons.items():
        yield f"Not drawn ({why}): {shortened(labels, 4)}."
