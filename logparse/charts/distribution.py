"""How much do repeats of one setting vary?

What it needs
    Two runs of one setting with a throughput, latency, training time, score or loss.

What it shows
    A row for each setting (or each value of `by`) and a panel for each platform, workload and task. Each run is a small
    dot, or one stroke of more than 20, at its deviation from the mean of its row: in per cent for durations and rates,
    else as a difference. A box goes from the lower to the upper quartile of five or more runs, with a line at the
    median. The thick line is the 95 % interval of the mean, from the noise of all known repeats of the program; the
    caption gives its nominal level. The quantity is the first of throughput, token throughput,
    latency, training time, score and loss that most runs of the panel have. The text on the right gives the mean and
    the range.

How to read it
    The wider a row, the larger a difference must be to show. A dot far from its box may be a run that went wrong. Two
    groups of dots in one row may mean that something changed that no log states: `logparse chart trend` shows when.
    `logparse compare` tests the difference between two rows.

What it leaves out
    Runs without a result, and settings with a single run in panels where another has several: the caption names them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from logparse.charts._compared import is_percent, main_quantity, settings, without_verdicts
from logparse.charts._panel import (
    STRIP,
    WIDTH,
    LegendEntry,
    RowGrid,
    capped,
    extent,
    gutter,
    heading,
    jobs_of,
    labelled,
    legend,
    platform_of,
    row_height,
    row_limit,
    strokes,
    workload_title,
)
from logparse.charts._theme import Caption, framed, places, text_width, theme, tiled, tips, title_labels
from logparse.charts._vega import Drawing, channel, like
from logparse.charts._view import JobBlock, View, once
from logparse.comparison.compare import Row
from logparse.comparison.estimate import PREDICTION_LEVEL
from logparse.comparison.noise import interval
from logparse.comparison.quantities import Quantity
from logparse.comparison.sides import SideValues, side_values
from logparse.comparison.wording import cell_text, title
from logparse.errors import NothingToDraw
from logparse.rendering.palette import hue
from logparse.schema import LOCATIONS
from logparse.text.labels import shortened
from logparse.text.terminal import one_line

TAKES = ("per",)
_BOX = 5
"""Runs from which a row has a box."""
ROWS: dict[str, Any] = {
    "block": pl.UInt32,
    "row": pl.UInt32,
    "label": pl.String,
    "platform": pl.String,
    "quantity": pl.String,
    "mark": pl.String,
    "run": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "n": pl.UInt32,
    "note": pl.String,
    "evidence": LOCATIONS,
}
"""mark: `run`; `mean` (geometric for durations and rates) with its 95 % interval from low to high; `box`: the median,
with the quartiles in low and high."""


@once
def rows(view: View) -> pl.DataFrame:
    """One row for each mark: `ROWS`."""
    return pl.DataFrame([r for i, p in enumerate(_panels(view)[0]) for r in _panel_rows(view, i, p)], schema=ROWS)


def chart(view: View) -> Drawing:
    """The runs of each setting, with quartiles and the interval of the mean."""
    frame = rows(view)
    panels, more = _panels(view)
    if not frame.height:
        raise NothingToDraw("no setting has two completed runs with the same quantity")
    width = float(view.options.width or WIDTH)
    edge, size = gutter(view, frame.filter(pl.col("mark") == "mean")["label"]), theme(view).size
    notes = max(text_width(note, size) for note in frame["note"].drop_nulls())
    drawn = []
    for number, panel in enumerate(panels):
        part = frame.filter(pl.col("block") == number)
        grid = RowGrid(view, part["row"].n_unique(), width, edge)
        words = heading(view, workload_title(view.ledger, panel.block))
        drawn.append(_drawing(view, part, panel, grid).properties(title=words))
    whole = edge + width + notes + 16
    body = tiled(drawn)
    if strip := legend(view, _legend_entries(view, frame), whole - edge):
        body = tiled([strip, body], row=14)
    caption = [*_interval_note(frame), *_left_out(view, panels), *more]
    return framed(view, body, whole, _finding(view, panels), (), Caption(caption, jobs_of(panels)))


# ---- panels ---- #


@dataclass(frozen=True)
class _Panel:
    block: JobBlock
    quantity: Quantity
    cells: tuple[SideValues, ...]

    @property
    def row(self) -> Row:
        """The cells as a row of a comparison, without verdicts."""
        return without_verdicts(self.quantity, self.cells)


@once
def _panels(view: View) -> tuple[list[_Panel], list[str]]:
    """The panels that are drawn, with the rows that have room, and sentences on the rest."""
    found = list(_found(view))
    most = row_limit(view, [len(panel.cells) for panel in found])
    cut = [replace(panel, cells=panel.cells[:most]) for panel in found]
    kept, more = capped(view, [p.block.jobs for p in found], [row_height(view, len(p.cells)) for p in cut])
    return [cut[i] for i in kept], [*view.rows_left((len(found[i].cells) for i in kept), most), *more]


def _found(view: View) -> Iterator[_Panel]:
    for block in view.blocks("workload", "task", "platform", jobs=[job for job in view.jobs if job.has_result]):
        quantity = main_quantity(block.jobs)
        if quantity is None:
            continue
        cells = [side_values(view.ledger, quantity, side, view.options.per) for side in settings(view, block.jobs)]
        if several := tuple(cell for cell in cells if cell.n > 1 and _has_deviations(cell)):
            yield _Panel(block, quantity, several)


def _has_deviations(cell: SideValues) -> bool:
    """Whether the deviations from the mean are numbers: not relative to a mean of zero, nor too large."""
    mean = float(cell.mean or 0.0)
    if cell.scale == "ratio":
        return mean != 0.0 and all(math.isfinite(number / mean) for number in cell.numbers)
    return all(math.isfinite(number - mean) for number in cell.numbers)


def _panel_rows(view: View, number: int, panel: _Panel) -> Iterator[dict[str, Any]]:
    labels = labelled(view, [cell.side for cell in panel.cells], False)
    for index, cell in enumerate(panel.cells):
        low, high = interval(view.ledger, panel.quantity, cell) or (None, None)
        common = {
            "block": number, "row": index, "label": labels[index], "platform": platform_of(cell.side),
            "quantity": panel.quantity.name, "n": cell.n,
        }  # fmt: skip
        note = cell_text(panel.quantity, cell)
        yield {
            **common, "mark": "mean", "value": cell.mean, "low": low, "high": high,
            "note": note if cell.n > 2 else f"{note}, n=2", "evidence": list(cell.locations),
        }  # fmt: skip
        if cell.n >= _BOX:
            numbers = pl.Series(cell.numbers)
            middle, first, third = (numbers.quantile(share, "linear") for share in (0.5, 0.25, 0.75))
            yield {**common, "mark": "box", "value": middle, "low": first, "high": third,
                   "evidence": list(cell.locations)}  # fmt: skip
        for value, job in zip(cell.values, cell.jobs, strict=True):
            yield {
                **common, "mark": "run", "run": job.id, "label": one_line(job.label), "value": float(value.value),
                "evidence": list(value.locations),
            }  # fmt: skip


# ---- marks ---- #


def _drawing(view: View, frame: pl.DataFrame, panel: _Panel, grid: RowGrid) -> Drawing:
    t = theme(view)
    in_percent = is_percent(panel.quantity, panel.block.jobs)
    mean = pl.col("value").filter(pl.col("mark") == "mean").first().over("row")
    is_ratio = panel.quantity.scale == "ratio"
    deviation = (
        (pl.col("value", "low", "high") / mean - 1) * 100.0
        if is_ratio
        else (pl.col("value", "low", "high") - mean) * (100.0 if in_percent else 1.0)
    )
    scaled = frame.with_columns(
        display=(pl.col("value") * (100.0 if in_percent else 1.0)).round_sig_figs(5).cast(pl.String),
        colour=pl.col("platform").map_elements(hue, return_dtype=pl.String),
        lines=pl.col("evidence").map_elements(places, return_dtype=pl.String),
    ).with_columns(deviation)
    known = [column for column in ("value", "low", "high") if scaled[column].null_count() < scaled.height]
    # Two runs say little about their mean: an interval that would squeeze the runs together is cut off.
    farthest = max(map(abs, extent(scaled.filter(pl.col("mark") == "run"), "value")))
    end = min(max(map(abs, extent(scaled, *known))), 4 * farthest) * 1.08 or 1.0
    per = f" per {view.options.per}" if view.options.per and panel.quantity.rate else ""
    unit = "%" if is_ratio else "points" if in_percent else "difference"
    x = channel(
        "value:Q", title=f"{title(panel.row)}{per}: deviation from the mean, {unit}",
        scale={"domain": [-end, end], "nice": False}, axis={"tickCount": 7, "domain": False},
    )  # fmt: skip
    colour = channel("colour:N", scale=None)
    runs, means, boxes = (scaled.filter(pl.col("mark") == mark) for mark in ("run", "mean", "box"))
    tooltip = tips(view, label="run", display="value", lines="lines")
    return grid.layered(
        Drawing.of(boxes)
        .mark("bar", color=t.band, height={"band": 1.0})
        .encode(x=like(x, "low"), x2="high:Q", y=grid.y),
        Drawing.of(boxes).mark("tick", color=t.faint, thickness=2, height={"band": 1.0}).encode(x=x, y=grid.y),
        Drawing.of(runs.filter(pl.col("n") <= STRIP)).mark("point", filled=True, size=26, opacity=0.6).encode(
            x=x, y=grid.y, color=colour, tooltip=tooltip),
        strokes(runs.filter(pl.col("n") > STRIP), grid).encode(x=x, color=colour, tooltip=tooltip),
        Drawing.of(means.filter(pl.col("low").is_not_null())).mark("rule", strokeWidth=3, clip=True).encode(
            x=like(x, "low"), x2="high:Q", y=grid.y, color=colour),
        Drawing.of(means).mark("point", filled=True, size=75, opacity=1, stroke=t.paper, strokeWidth=0.8).encode(
            x=x, y=grid.y, color=colour),
        grid.labels(means),
        grid.notes(means),
    )  # fmt: skip


def _legend_entries(view: View, frame: pl.DataFrame) -> list[LegendEntry]:
    t = theme(view)
    found = frame["platform"].unique()
    ink = hue(found[0]) if len(found) == 1 else t.faint
    entries = [LegendEntry("run, and mean with its 95 % interval", "circle", fill=ink)]
    if frame.filter((pl.col("mark") == "run") & (pl.col("n") > STRIP)).height:
        entries.append(LegendEntry("one run of many", "M0,-1L0,1", stroke=ink))
    if "box" in frame["mark"]:
        entries.append(LegendEntry("quartiles and median", fill=t.band))
    return entries


# ---- words ---- #


def _finding(view: View, panels: Sequence[_Panel]) -> str:
    """The title: the row with the largest range relative to its mean."""
    spreads = [
        ((max(cell.numbers) - min(cell.numbers)) / abs(cell.mean), cell, panel)
        for panel in panels
        for cell in panel.cells
        if cell.mean
    ]
    if not spreads:
        return "Repeats of one setting"
    spread, cell, panel = max(spreads, key=lambda each: each[0])
    if not spread:
        return "The repeats of each setting have the same result"
    name = title_labels(view, [cell.side.label])[0]
    quantity = title(panel.row).partition(",")[0]
    most = "" if len(spreads) == 1 else f", the most of {len(spreads)} settings"
    return f"{quantity.capitalize()} of {name} spans {_percent(spread)} of its mean (n={cell.n}){most}"


def _interval_note(frame: pl.DataFrame) -> Iterator[str]:
    if frame["low"].drop_nulls().len():
        nominal = f"{100 * (1 - PREDICTION_LEVEL):.0f} %"
        yield (
            f"95 % interval of a mean: a t interval at a nominal {nominal}, which covers 95 % of real repeats; its "
            "noise is that of all known repeats of the program."
        )


def _percent(share: float) -> str:
    """`4.2 %`, `120 %`: two significant digits, but never a power of ten."""
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def _left_out(view: View, panels: Sequence[_Panel]) -> Iterator[str]:
    drawn = {job.id for panel in panels for cell in panel.cells for job in cell.jobs}
    failed = [one_line(job.label) for job in view.jobs if not job.has_result]
    alone = [one_line(job.label) for job in view.jobs if job.has_result and job.id not in drawn]
    if failed:
        yield f"Not drawn (without a result): {shortened(failed, 4)}."
    if alone:
        yield f"Not drawn (no repeat, or no usable value): {shortened(alone, 4)}."
