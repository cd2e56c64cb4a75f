"""How did the training loss develop, and what was it after the same number of samples?

What it needs
    A training run that logs its loss. Two runs of one workload are compared.

What it shows
    The logged points of each run's training loss, joined by faint lines, against the samples seen (`x`: `steps`, or
    `time` since training began). One panel for each workload and objective: the loss itself, and the components that a
    log prints with it (`mlm_loss`, `nsp_loss`). A dashed line marks the last point that all runs of a panel logged;
    each run has a ring there, from which a line leads to its value and its name.

How to read it
    Compare the runs at the dashed line, where they have seen the same amount of data; a curve that ends lower and
    further to the right may only mean that the run continued for longer. A red mark at the top edge is a loss that is
    NaN or infinite. Nothing is smoothed or interpolated. For a run with more than 2,000 points, the median and range of
    intervals of equal length are drawn, and the caption says so.

What it leaves out
    Running averages that a log prints (`average_loss`), evaluation losses, and points whose position on the axis is not
    in the log: the caption names their runs. A run whose log does not name its workload has its own panel. Where each
    rank prints a loss, their mean is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import polars as pl

from logparse.charts._compared import settings
from logparse.charts._panel import heading, platform_of, rank_notes
from logparse.charts._theme import (
    Caption,
    distinct_labels,
    fitted,
    framed,
    places,
    text_width,
    theme,
    tiled,
    tips,
    title_labels,
)
from logparse.charts._vega import Drawing, channel, layer, pixels
from logparse.charts._view import View, once
from logparse.comparison.curves import curve
from logparse.comparison.equal import AXES, last_common, row_at
from logparse.comparison.jobs import Job
from logparse.comparison.noise import grid
from logparse.comparison.phrases import labels, listed
from logparse.comparison.sides import Side, one_each
from logparse.errors import NothingToDraw
from logparse.rendering.palette import BAD, hue
from logparse.schema import LOCATIONS, VOCABULARY
from logparse.text.location import located
from logparse.text.numbers import figure
from logparse.text.terminal import one_line

TAKES = ("x",)


def objectives() -> tuple[str, ...]:
    """What is drawn: the loss, and its components that a log prints."""
    metrics = (name for name, field in VOCABULARY.items() if field.metric)
    return tuple(n for n in metrics if (n == "loss" or n.endswith("_loss")) and n != "average_loss")


A_RUN, ALL = 2_000, 5_000
"""Points of one run, and of one chart, up to which each point is drawn."""
_LEAST = 40
"""Points, or intervals, of a run that are drawn however many runs there are."""
_PANELS = 12
"""Panels of one chart."""
_NAMED = 12
"""Runs of a panel up to which all are named; with more, only the lowest and the highest are."""

ROWS: dict[str, Any] = {
    "workload": pl.String, "objective": pl.String, "run": pl.String, "label": pl.String, "platform": pl.String,
    "mark": pl.String, "piece": pl.Int64, "x": pl.Float64, "step": pl.Int64, "samples": pl.Int64, "seconds": pl.Float64,
    "value": pl.Float64, "least": pl.Float64, "greatest": pl.Float64, "points": pl.UInt32, "resolution": pl.Float64,
    "evidence": LOCATIONS,
}  # fmt: skip
"""One row per mark. mark: `point`; `bin` (the median of the points of an interval, with their range); `not finite`
(value is NaN or infinite); `common` (the point at the largest x that all runs of the panel logged), or else `last`
(of a run). piece: number of the piece of a curve, which is broken where the loss is NaN or infinite. x: samples, steps
or seconds."""


@dataclass(frozen=True, eq=False)
class _Panel:
    """One workload and objective: the curves of its jobs, and the last point that all of them have."""

    workload: str | None
    objective: str
    sides: tuple[Side, ...]
    """One for each line: a run, or the runs of a group."""
    curves: tuple[tuple[pl.DataFrame, ...], ...]
    """Of each run of each side, as returned by `curves.curve`, only the points that have an x."""
    most: float | None
    """The largest x that all runs logged; None for one run, or if there is none."""

    @property
    def jobs(self) -> list[Job]:
        """The runs of all lines."""
        return [job for side in self.sides for job in side.jobs]

    @property
    def all_curves(self) -> list[pl.DataFrame]:
        """The curve of each run, in the order of `jobs`."""
        return [curve for curves in self.curves for curve in curves]

    def at_common(self, x: str) -> list[tuple[float, float | None, Side]]:
        """Of each side, in the order of the values: the loss at `most` and its resolution, of several runs the median
        loss."""
        assert self.most is not None
        rows = [[row_at(c, x, self.most) for c in curves] for curves in self.curves]
        values = [(median(float(r["value"]) for r in found), found[0]["resolution"]) for found in rows]
        pairs = [(*value, side) for value, side in zip(values, self.sides, strict=True)]
        return sorted(pairs, key=lambda found: (math.isnan(found[0]), found[0]))


@dataclass
class _Found:
    """What is drawn, and what is not drawn and why."""

    x: str
    panels: list[_Panel] = field(default_factory=list)
    """The panels that are drawn, preferring those with several runs."""
    more: int = 0
    """Number of panels that are not drawn."""
    single: list[_Panel] = field(default_factory=list)
    """Panels of one run with one point."""
    nowhere: list[Job] = field(default_factory=list)
    """Jobs with losses whose position on the axis is not in the log."""
    averaged: list[Job] = field(default_factory=list)
    """Jobs in which each rank prints a loss."""


@once
def rows(view: View) -> pl.DataFrame:
    """What is drawn: `ROWS` gives columns and types."""
    found = _found(view)
    most = _most(found.panels)
    parts = [part for panel in found.panels for part in _marks(panel, found.x, most)]
    return pl.concat(parts) if parts else pl.DataFrame(schema=ROWS)


# ---- the data ---- #


def _found(view: View) -> _Found:
    """The panels for the selected axis; by default samples, or steps if no log states samples."""
    asked = view.options.x
    if asked not in (None, *AXES):
        from logparse.errors import UsageError

        raise UsageError(f"x {asked!r}: one of {', '.join(AXES)}")
    raw = [
        (job, name, points) for job in view.jobs for name in objectives() if (points := _curve(view, job, name)).height
    ]
    found = _Found(asked or "samples")
    if asked is None and raw and not any(_has(points, "samples") for _, _, points in raw):
        found.x = next((x for x in AXES if any(_has(points, x) for _, _, points in raw)), "samples")
    groups: dict[tuple[Any, ...], list[tuple[Job, pl.DataFrame]]] = {}
    for job, name, points in raw:
        placed_points = points.filter(pl.col(AXES[found.x]).is_not_null())
        if not placed_points.height:
            found.nowhere += [job] if job not in found.nowhere else []
            continue
        workload = view.ledger.value(job, "workload").value
        groups.setdefault((workload, None if workload else job.id, name), []).append((job, placed_points))
        if job not in found.averaged and view.ledger.metrics(job, name, split="train", scope=None).is_empty():
            found.averaged.append(job)
    order = list(dict.fromkeys(key[:2] for key in groups))
    panels = []
    for (workload, _, name), members in sorted(groups.items(), key=lambda item: order.index(item[0][:2])):
        curve_of = {job.id: points for job, points in members}
        curves = list(curve_of.values())
        most = last_common(curves, found.x) if len(curves) > 1 else None
        if most is not None and any(float(c[AXES[found.x]].min()) > most for c in curves):  # type: ignore[arg-type]
            most = None  # a log that begins later than another ends has no time in common with it
        sides = _lines(view, [job for job, _ in members])
        panels.append(
            _Panel(workload, name, sides, tuple(tuple(curve_of[j.id] for j in side.jobs) for side in sides), most)
        )
    # A single point is not a curve, but several runs may be compared at one point.
    found.single = [panel for panel in panels if panel.most is None and all(c.height == 1 for c in panel.all_curves)]
    panels = [panel for panel in panels if panel not in found.single]
    several = sorted(panels, key=lambda panel: len(panel.jobs) == 1)
    several = several if view.options.all else several[:_PANELS]
    found.panels = [panel for panel in panels if panel in several]
    found.more = len(panels) - len(found.panels)
    return found


_LINES = 20
"""Runs of one panel up to which each is a line; of more, the repeats of a setting are one line with a band."""


def _lines(view: View, jobs: Sequence[Job]) -> tuple[Side, ...]:
    """The lines of a panel: the groups of `by`, or a line for each run; of many runs, one for each setting."""
    if view.options.by or len(jobs) > _LINES:
        sides = settings(view, jobs)
        if view.options.by or len(sides) <= len(jobs) // 2:
            return tuple(sides)
    return tuple(one_each(jobs))


def _curve(view: View, job: Job, name: str) -> pl.DataFrame:
    return curve(view.ledger, job, name)


def _has(points: pl.DataFrame, x: str) -> bool:
    return points[AXES[x]].null_count() < points.height


def _most(panels: Sequence[_Panel]) -> int:
    """Points of one run up to which each is drawn, so that the chart has at most `ALL`."""
    heights = [max(c.height for c in curves) for panel in panels for curves in panel.curves]
    most = A_RUN
    while most > _LEAST and sum(h if h <= most else _bins(most) for h in heights) > ALL:
        most = max(_LEAST, most * 3 // 4)
    return most


def _bins(most: int) -> int:
    """Number of intervals of a run that has more than `most` points."""
    return max(most // 5, _LEAST)


def _marks(panel: _Panel, x: str, most: int) -> Iterator[pl.DataFrame]:
    """The rows of each line of a panel."""
    for side, curves in zip(panel.sides, panel.curves, strict=True):
        of_runs = [
            points.with_columns(
                pl.col(AXES[x]).cast(pl.Float64).alias("x"),
                pl.concat_list(located()).alias("evidence"),
                pl.lit(1, pl.UInt32).alias("points"),
                (~pl.col("value").is_finite()).cum_sum().cast(pl.Int64).alias("piece"),
            )
            for points in curves
        ]
        plain = pl.concat(of_runs)
        finite, odd = plain.filter(pl.col("value").is_finite()), plain.filter(~pl.col("value").is_finite())
        if len(curves) > 1:
            drawn = _over_runs(finite.with_columns(piece=pl.lit(0, pl.Int64)), most)
        else:
            drawn = finite.with_columns(mark=pl.lit("point")) if finite.height <= most else _binned(finite, most)
        parts = [drawn, _first_of_each(odd, most).with_columns(mark=pl.lit("not finite"))]
        if panel.most is not None:
            at = pl.DataFrame([row_at(points, x, panel.most) for points in of_runs], schema=plain.schema).sort("value")
            middle = at.slice((at.height - 1) // 2, 1).with_columns(value=at["value"].median())
            parts.append(middle.with_columns(mark=pl.lit("common"), points=pl.lit(len(curves), pl.UInt32)))
        else:
            parts.append(plain.sort("x", maintain_order=True).tail(1).with_columns(mark=pl.lit("last")))
        for part in parts:
            yield part.select(
                pl.lit(value, dtype).alias(name) if (value := constants.get(name)) is not None
                else (pl.col(name) if name in part.columns else pl.lit(None)).cast(dtype).alias(name)
                for constants in [_constants(panel, side)]
                for name, dtype in ROWS.items()
            )  # fmt: skip


def _constants(panel: _Panel, side: Side) -> dict[str, str | None]:
    return {
        "workload": panel.workload,
        "objective": panel.objective,
        "run": _key(side),
        "label": one_line(side.label),
        "platform": platform_of(side),
    }


def _key(side: Side) -> str:
    """What identifies a line: the id of its run, or the name of its runs."""
    return side.jobs[0].id if len(side.jobs) == 1 else side.label


def _over_runs(points: pl.DataFrame, most: int) -> pl.DataFrame:
    """Median, least and greatest over the runs of a group: at each x that was logged, or of equal intervals of x if
    there are many."""
    return _binned(points, most, "x" if points["x"].n_unique() <= most else None)


def _interval(points: pl.DataFrame, bins: int) -> pl.Expr:
    """The number of the interval of x that a point is in, of `bins` intervals of equal length."""
    least, greatest = float(points["x"].min()), float(points["x"].max())  # type: ignore[arg-type]
    return ((pl.col("x") - least) / ((greatest - least) or 1.0) * bins).floor().clip(0, bins - 1).alias("interval")


def _binned(points: pl.DataFrame, most: int, by: str | None = None) -> pl.DataFrame:
    """Median, least and greatest of equal intervals of x, never across a gap, or of each value of the column `by`;
    evidence: the first and the last line."""
    interval = _interval(points, _bins(most)) if by is None else pl.col(by).alias("interval")
    grouped = points.group_by(interval, "piece", maintain_order=by is None)
    return grouped.agg(
        pl.col("x").median(), pl.col("step").max(), pl.col("samples").max(), pl.col("seconds").max(),
        pl.col("value").median(), pl.col("value").min().alias("least"), pl.col("value").max().alias("greatest"),
        pl.col("points").sum(), pl.col("resolution").max(),
        pl.concat_list(pl.col("evidence").first().list.first(), pl.col("evidence").last().list.last()),
        pl.lit("bin").alias("mark"),
    ).sort("x", maintain_order=True)  # fmt: skip


def _first_of_each(odd: pl.DataFrame, most: int) -> pl.DataFrame:
    """Points that are NaN or infinite; of many, the first of each interval of x, with the number of points in it."""
    if odd.height <= most:
        return odd
    grouped = odd.group_by(_interval(odd, _bins(most)), maintain_order=True)
    return grouped.agg(pl.exclude("points").first(), pl.col("points").sum()).drop("interval")


# ---- the drawing ---- #


@dataclass(frozen=True)
class _Size:
    """Sizes of a panel, in pixels."""

    plot: int
    height: int
    names: int
    """Width for names and values on the right."""
    columns: int

    @property
    def whole(self) -> float:
        """Width of all panels of a row, including axes."""
        return self.columns * (self.plot + self.names + _AXIS) + (self.columns - 1) * _GAP


_LABELS = 38
"""Width of the labels of the vertical axis, in pixels; equal in all panels, so that they are aligned."""
_AXIS, _GAP = _LABELS + 18, 30
"""Width of that axis with its title, and the gap between panels, in pixels."""


def chart(view: View) -> Drawing:
    """The curves of `rows`; raises `NothingToDraw` if no log has a loss by samples, steps or time."""
    found = _found(view)
    if not found.panels:
        raise NothingToDraw(_nothing(view, found))
    drawn = found.panels
    size = _size(view, drawn)
    most = _most(drawn)
    bodies = [_panel(view, panel, found.x, most, size, len(drawn) > 1) for panel in drawn]
    body = tiled(bodies, size.columns, row=26, column=_GAP)
    return framed(
        view, body, size.whole, _title(view, drawn, found.x), list(_subtitle(drawn, found.x)),
        Caption(list(_caption(view, found, drawn, most)), [job for p in drawn for job in p.jobs], ["loss"]),
    )  # fmt: skip


def _size(view: View, panels: Sequence[_Panel]) -> _Size:
    columns = 1 if len(panels) < 3 else 2
    plot = view.options.width or (520 if columns == 1 else 270)
    height = view.options.height or (300 if len(panels) == 1 else 210)
    return _Size(plot, height, 270 if columns == 1 else 200, columns)


def _panel(view: View, panel: _Panel, x: str, most: int, size: _Size, titled: bool) -> Drawing:
    """One panel, with names on the right."""
    t = theme(view)
    frame = pl.concat(list(_marks(panel, x, most)))
    colours = dict(zip(map(_key, panel.sides), _colours(view, panel), strict=True))
    frame = _worded(frame, panel, x).with_columns(pl.col("run").replace_strict(colours).alias("colour"))
    left, right = _x_domain(frame, x)
    low, high = _y_domain(frame)
    across = {"domain": [left, right], "nice": False, "zero": False}
    up = {"domain": [low, high], "nice": False, "zero": False}
    counted = right < 10_000
    zero = "datum.value == 0 ? '0' : datum.label"
    axis = {"format": ",~f" if counted else "~s", "labelExpr": zero, "tickCount": size.plot // 80, "grid": False}
    ex = channel("x:Q", scale=across, title=_AXIS_TITLES[x], axis=axis)
    ey = channel(
        "value:Q",
        scale=up,
        title=f"{panel.objective} (lower is better)",
        axis={**({"format": ".1e"} if high < 1e-3 else {}), "minExtent": _LABELS, "maxExtent": _LABELS, "tickCount": 5},
    )
    colour = channel("colour:N", scale=None)
    tip = tips(view, label="run", at="at", display=panel.objective, place="lines")
    of = ["run:N", "piece:N"]
    points, bins = frame.filter(mark="point"), frame.filter(mark="bin")
    layers: list[Any] = []
    if panel.most is not None:
        layers += _rule(view, panel, x, ex, (float(panel.most) - left) / (right - left))
    if bins.height:
        band = Drawing.of(bins).mark("area", opacity=0.22)
        layers.append(band.encode(x=ex, y=channel("least:Q", scale=up), y2="greatest:Q", color=colour, detail=of))
        middle = Drawing.of(bins).mark("line", strokeWidth=1.1, point={"size": 4, "filled": True})
        layers.append(middle.encode(x=ex, y=ey, color=colour, detail=of, tooltip=tip))
    if points.height:
        many = points.height > 400
        line = Drawing.of(points).mark("line", strokeWidth=1, opacity=0.35)
        layers.append(line.encode(x=ex, y=ey, color=colour, order="x:Q", detail=of))
        dots = Drawing.of(points).mark("circle", size=6 if many else 22, opacity=0.75 if many else 0.9)
        layers.append(dots.encode(x=ex, y=ey, color=colour, tooltip=tip))
    odd = frame.filter(mark="not finite")
    if odd.height:
        red = Drawing.of(odd).mark("point", shape="triangle-down", filled=True, color=BAD, size=70, opacity=1)
        layers.append(red.encode(x=ex, y=pixels(2), tooltip=tip))
    rings = frame.filter((pl.col("mark") == "common") & pl.col("value").is_finite())
    if rings.height:
        ring = Drawing.of(rings).mark("point", size=58, filled=False, strokeWidth=1.6, opacity=1)
        layers.append(ring.encode(x=ex, y=ey, color=colour, tooltip=tip))
    layers += _names(view, panel, frame, x, size, (left, right), (low, high))
    body = layer(*layers).properties(width=size.plot, height=size.height)
    if titled:
        words = [panel.workload or f"{panel.sides[0].label} (no workload in the log)", panel.objective]
        text = fitted(", ".join(map(one_line, words)), size.plot + size.names, t.size + 2)
        body = body.properties(title=heading(view, text))
    return body


_AXIS_TITLES = {
    "samples": "samples seen",
    "steps": "optimizer steps",
    "time": "seconds since training began",
}


def _worded(frame: pl.DataFrame, panel: _Panel, x: str) -> pl.DataFrame:
    """The rows with the text of tooltips."""
    display = [_display(row) for row in frame.iter_rows(named=True)]
    at = [_at(row) for row in frame.iter_rows(named=True)]
    place = [places(row) for row in frame["evidence"]]
    return frame.with_columns(pl.Series("display", display), pl.Series("at", at), pl.Series("place", place))


def _display(row: dict[str, Any]) -> str:
    text = _value(row["value"], row["resolution"])
    if row["mark"] == "bin":
        least, greatest = (_value(row[c], row["resolution"]) for c in ("least", "greatest"))
        return f"median {text}, {least} to {greatest} of {row['points']} points"
    return text if row["points"] == 1 else f"{text}, {row['points']} such points"


def _value(value: float, resolution: float | None) -> str:
    return figure(value, resolution, 4)


def _at(row: dict[str, Any]) -> str:
    parts = [f"step {row['step']:,}" if row["step"] is not None else "",
             f"{row['samples']:,} samples" if row["samples"] is not None else "",
             f"{row['seconds']:,.1f} s" if row["seconds"] is not None else ""]  # fmt: skip
    return ", ".join(filter(None, parts))


def _x_domain(frame: pl.DataFrame, x: str) -> tuple[float, float]:
    """From the first x (or zero, if that is close) to the last."""
    least, greatest = float(frame["x"].min()), float(frame["x"].max())  # type: ignore[arg-type]
    if greatest <= 0.0:
        return 0.0, 1.0
    return (0.0 if least <= 0.25 * greatest or least == greatest else least), greatest


def _y_domain(frame: pl.DataFrame) -> tuple[float, float]:
    """The range of the finite values, with a margin; zero has no meaning for a loss."""
    ends = pl.concat([frame[c] for c in ("value", "least", "greatest")])
    finite = ends.filter(ends.is_finite().fill_null(False))
    low, high = (float(finite.min()), float(finite.max())) if finite.len() else (0.0, 1.0)  # type: ignore[arg-type]
    air = 0.05 * (high - low) or 0.05 * abs(high) or 0.5
    return low - air, high + air


def _colours(view: View, panel: _Panel) -> list[str]:
    """A colour for each line: its platform's hue, from darker to lighter for several runs of a platform."""
    t = theme(view)
    platforms = [platform_of(side) for side in panel.sides]
    out = []
    for i, platform in enumerate(platforms):
        count = platforms.count(platform)
        share = platforms[:i].count(platform) / (count - 1) if count > 1 else 0.5
        base = hue(platform)
        dark = t.shade(base, 0.5 + share) if share < 0.5 else base
        out.append(t.tint(dark, 1.0 if share <= 0.5 else 1.2 - 0.4 * share))
    return out


def _rule(view: View, panel: _Panel, x: str, ex: dict[str, Any], share: float) -> list[Any]:
    """The line at the last point that all runs logged, with its label; `share`: position on the axis, from 0 to 1."""
    t = theme(view)
    point = Drawing.of(pl.DataFrame({"x": [float(panel.most or 0.0)], "display": [_point(panel, x)]}))
    look: dict[str, Any] = {"align": "left" if share < 0.25 else "right" if share > 0.75 else "center"}
    text = point.mark("text", baseline="bottom", color=t.faint, fontSize=t.size, **look)
    return [
        point.mark("rule", color=t.faint, strokeDash=[4, 3]).encode(x=ex),
        text.encode(x=ex, y=pixels(-6), text="display:N"),
    ]


def _point(panel: _Panel, x: str) -> str:
    """`409,600 samples`."""
    most = panel.most or 0.0
    return f"{most:,.1f} s" if x == "time" else f"{most:,.0f} {x}"


def _names(
    view: View,
    panel: _Panel,
    frame: pl.DataFrame,
    x: str,
    size: _Size,
    across: tuple[float, float],
    up: tuple[float, float],
) -> list[Any]:
    """Names and values on the right, without overlap, each with a line from the point that has the value."""
    t = theme(view)
    ends = _ends(panel, frame, up[1])
    named = ends if ends.height <= _NAMED else _outer(ends)
    head = "at the line" if panel.most is not None else "last logged"
    a_pixel = (across[1] - across[0]) / size.plot
    high, per = up[1], (up[1] - up[0]) / size.height
    wanted = [(high - y) / per for y in named["end"]]
    tops = _spread(wanted, float(t.size + 3), 2.0, float(size.height))
    values = named["display"].to_list()
    room = max(text_width(v, t.size) for v in values) + 6
    begin = 24
    space = size.names - begin - room - 4
    notes = dict(zip(map(_key, panel.sides), rank_notes(view, panel.sides), strict=True))
    ranks = [notes[run] for run in named["run"]]
    room_for_names = space - max((text_width(note, t.size) for note in ranks), default=0.0)
    names = distinct_labels(named["label"].to_list(), room_for_names, t.size)
    names = [f"{name}{note}" for name, note in zip(names, ranks, strict=True)]
    label = named.with_columns(
        pl.Series("name", names), pl.Series("y", [high - top * per for top in tops], dtype=pl.Float64),
        pl.lit(across[1] + 4 * a_pixel).alias("from"), pl.lit(across[1] + (begin - 8) * a_pixel).alias("to"),
    )  # fmt: skip
    lead = pl.concat([
        label.select("run", "colour", pl.col("x_end").alias("x"), pl.col("end").alias("y"), pl.lit(0).alias("nth")),
        label.select("run", "colour", pl.col("from").alias("x"), "y", pl.lit(1).alias("nth")),
        label.select("run", "colour", pl.col("to").alias("x"), "y", pl.lit(2).alias("nth")),
    ])  # fmt: skip
    sx, sy = {"domain": list(across), "nice": False, "zero": False}, {"domain": list(up), "nice": False, "zero": False}
    colour = channel("colour:N", scale=None)
    leader = Drawing.of(lead).mark("line", strokeWidth=0.8, opacity=0.6, strokeDash=[1, 2]).encode(
        x=channel("x:Q", scale=sx), y=channel("y:Q", scale=sy), color=colour, detail="run:N", order="nth:Q"
    )  # fmt: skip
    dot = Drawing.of(label).mark("circle", size=42, opacity=1)
    dot = dot.encode(x=channel("to:Q", scale=sx), y=channel("y:Q", scale=sy), color=colour)
    text = Drawing.of(label).mark("text", align="left", baseline="middle", fontSize=t.size)
    y = channel("y:Q", scale=sy)
    value = text.encode(x=pixels(size.plot + begin), y=y, text="display:N")
    name = text.encode(
        x=pixels(size.plot + begin + room),
        y=y,
        text="name:N",
        tooltip=tips(view, label="run", place="lines"),
    )
    over = Drawing.of(pl.DataFrame({"display": [head]})).mark(
        "text", align="left", baseline="bottom", color=t.faint, fontSize=t.size
    ).encode(x=pixels(size.plot + begin), y=pixels(-6), text="display:N")  # fmt: skip
    return [leader, dot, value, name, over]


def _ends(panel: _Panel, frame: pl.DataFrame, top: float) -> pl.DataFrame:
    """One row per line, the highest value first: run, label, colour, display (the value at the common point;
    without one, the last value logged), x_end, end (where that was), place."""
    out = []
    for side in panel.sides:
        marks = frame.filter(pl.col("run") == _key(side))
        final = marks.filter(pl.col("mark").is_in(["common", "last"])).row(0, named=True)
        # A loss that is not finite has its mark at the top edge.
        height = final["value"] if math.isfinite(final["value"]) else top
        out.append({
            "run": _key(side), "label": one_line(side.label), "colour": final["colour"], "x_end": final["x"],
            "end": height, "display": _value(final["value"], final["resolution"]), "place": final["place"],
        })  # fmt: skip
    return pl.DataFrame(out).sort("end", descending=True)


def _outer(ends: pl.DataFrame) -> pl.DataFrame:
    """The runs with the highest and the lowest ends."""
    return pl.concat([ends.head(_NAMED // 2), ends.tail(_NAMED // 2)])


def _spread(wanted: Sequence[float], gap: float, least: float, most: float) -> list[float]:
    """Positions at least `gap` apart, in the order of `wanted` (from the top) and as near to it as possible."""
    out: list[float] = []
    for place in wanted:
        out.append(max(place, out[-1] + gap if out else least))
    limit = most
    for i in reversed(range(len(out))):
        out[i] = min(out[i], limit)
        limit = out[i] - gap
    return out


# ---- the words ---- #


def _title(view: View, panels: Sequence[_Panel], x: str) -> str:
    """The finding: the losses at the last common point; else the first and the last loss."""
    curves = [pair for p in panels for pair in zip(p.jobs, p.all_curves, strict=True)]
    lost = {job.id for job, c in curves if not c["value"].is_finite().all()}
    if lost:
        total = len({job.id for p in panels for job in p.jobs})
        return f"{len(lost)} of {total} runs {'has' if len(lost) == 1 else 'have'} a loss that is NaN or infinite"
    first = next((p for p in panels if p.most is not None), panels[0])
    workloads = {p.workload or p.jobs[0].id for p in panels}
    if len(workloads) > 1:
        runs = len({job.id for p in panels for job in p.jobs})
        return f"Training loss of {runs} runs of {len(workloads)} workloads, each on its own axes"
    if first.most is not None:
        at = first.at_common(x)
        names = title_labels(view, [side.label for *_, side in at])
        losses = [f"{_value(value, fine)} ({name})" for (value, fine, _), name in zip(at, names, strict=True)]
        what = f"the {'median ' if len(first.sides) < len(first.jobs) else ''}{first.objective}"
        if len(losses) > 3:
            lines = "runs" if len(first.sides) == len(first.jobs) else "groups"
            return f"After {_point(first, x)}, {what} of {len(losses)} {lines} is {losses[0]} to {losses[-1]}"
        return f"After {_point(first, x)}, {what} is {listed(losses)}"
    begin, end = first.all_curves[0].row(0, named=True), first.all_curves[0].row(-1, named=True)
    went = f"went from {_value(begin['value'], begin['resolution'])} to {_value(end['value'], end['resolution'])}"
    if len(first.jobs) > 1:
        return f"{len(first.jobs)} runs logged the {first.objective}, but have no {_UNITS[x]} in common"
    took = f"{end['seconds']:,.0f} s" if x == "time" else f"{end[AXES[x]]:,} {x}"
    return f"The {first.objective} of {title_labels(view, [first.jobs[0].label])[0]} {went} in {took}"


_UNITS = {"samples": "number of samples", "steps": "step", "time": "time"}


def _subtitle(panels: Sequence[_Panel], x: str) -> Iterator[str]:
    yield "Points as logged, without smoothing."
    if any(p.most is not None for p in panels):
        what = (
            "the last point before the first run ends"
            if x == "time"
            else f"the largest number of {x} that all runs logged"
        )
        yield f"Dashed line, rings and values: {what}. Ends of curves beyond it are not comparable."


def _caption(view: View, found: _Found, drawn: Sequence[_Panel], most: int) -> Iterator[str]:
    """What was aggregated, omitted, averaged or claimed."""
    if any(len(p.sides) < len(p.jobs) for p in drawn):
        yield (
            "Repeats of a setting are one line: their median, with a band from the least to the greatest; a table of "
            "`compare` has their mean."
        )
    if any(c.height > most for p in drawn for curves in p.curves if len(curves) == 1 for c in curves):
        yield (
            f"Runs with more than {most:,} points: median (line) and range (band) of {_bins(most)} equal intervals "
            "of the axis."
        )
    crowded = [p for p in drawn if len(p.sides) > _NAMED]
    if crowded:
        yield f"With more than {_NAMED} lines in a panel, only the {_NAMED // 2} highest and lowest each are named."
    if found.more:
        yield (
            f"{found.more} more panels (one per workload and objective) are not drawn; select with `where`, or draw "
            "`all`."
        )
    if found.single:
        lone = list(dict.fromkeys(job.id for p in found.single for job in p.jobs))
        yield f"Not drawn (only one point logged): {labels([job for job in view.jobs if job.id in lone])}."
    if found.nowhere:
        others = [x for x in AXES if x != found.x and _would(view, found.nowhere, x)]
        hint = f"; try x {others[0]!r}" if others else ""
        yield f"Not drawn (losses without {found.x}{hint}): {labels(found.nowhere)}."
    if view.options.x is None and found.x != "samples":
        yield f"The axis is {found.x}, because these logs do not state the number of samples."
    if found.averaged:
        yield f"Mean over the ranks, which each print a loss: {labels(found.averaged)}."
    if found.x == "samples":
        claimed = [j for p in drawn for j in p.jobs if view.ledger.value(j, "batch_size").how == "claimed"]
        if claimed:
            yield f"Samples computed from a claimed batch size: {labels(list(dict.fromkeys(claimed)))}."
    if found.x == "time":
        yield "Clock: seconds since training began, from the timestamps of the log lines."
    fine = [2 * float(r) for p in drawn for c in p.all_curves if (r := c["resolution"].max())]  # type: ignore[arg-type]
    if fine:
        step = f"{max(fine):.12f}".rstrip("0").rstrip(".")
        yield f"Losses are printed to {step}{' or finer' if len(set(fine)) > 1 else ''}."
    yield from _final(view, found, drawn)
    steps = {2 * g for p in drawn if p.objective == "loss" for job in p.jobs if (g := grid(view.ledger, job))}
    if steps:
        sizes = listed([f"1/{1 / s:.0f}" for s in sorted(steps)])
        yield f"The losses of some runs take only multiples of {sizes}: more of their printed digits say nothing."


def _final(view: View, found: _Found, drawn: Sequence[_Panel]) -> Iterator[str]:
    """Which runs end at another loss than the final one that their log states, where the end is what is named."""
    differing = []
    for panel in drawn:
        if panel.objective != "loss" or panel.most is not None:
            continue
        for job, points in zip(panel.jobs, panel.all_curves, strict=True):
            final, last = view.ledger.value(job, "loss"), points.sort(AXES[found.x], maintain_order=True)
            logged, resolution = (last.row(-1, named=True)[name] for name in ("value", "resolution"))
            if final.value is not None and abs(final.value - logged) > (resolution or 0.0) + (final.resolution or 0.0):
                texts = (_value(logged, resolution), _value(float(final.value), final.resolution))
                differing.append(f"{one_line(job.label)} ({texts[0]} and {texts[1]})")
    if differing:
        yield f"Last logged step; tables have the final loss that the log states: {listed(differing)}."


def _nothing(view: View, found: _Found) -> str:
    """Why there is no curve, and what to do about it."""
    if found.single:
        lone = list(dict.fromkeys(job.id for p in found.single for job in p.jobs))
        return f"there is no curve: {labels([job for job in view.jobs if job.id in lone])} logged only one loss"
    if not found.nowhere:
        return "no log has a training loss by samples, steps or time"
    others = [x for x in AXES if x != found.x and _would(view, found.nowhere, x)]
    hint = f"; try x {others[0]!r}" if others else ", steps or timestamps"
    return f"the losses of {labels(found.nowhere)} have no {found.x}{hint}"


def _would(view: View, jobs: Sequence[Job], x: str) -> bool:
    return any(_has(_curve(view, job, name), x) for job in jobs for name in objectives())
