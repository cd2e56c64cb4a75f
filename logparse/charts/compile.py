"""Which stage makes one compilation longer than another?

What it needs
    Two or more compilations whose logs name their stages.

What it shows
    A bar for each compilation, made of the time of each stage, all stages of a panel in the same order. The stages that
    take least are one part, “other stages”. The outline is the remainder, which no stage accounts for. With many runs,
    or with `by`, a bar is the compilation of median length of its group.

How to read it
    Compare the same colour between bars: the stage that differs explains the difference. The text on the right gives
    the whole compilation. Where stages ran in parallel, their times add up to more than the whole, which a black line
    marks.

What it leaves out
    When stages began: `stages` draws that for one compilation. Compilations found in a cache, which have no stages, and
    the other compilations of a job than the longest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from logparse.charts._compiles import Compile, compiles, of_median_length
from logparse.charts._panel import (
    AROUND,
    WIDTH,
    LegendEntry,
    RowGrid,
    gutter,
    heading,
    in_room,
    labelled,
    legend,
    platform_of,
    platforms,
    workload_title,
)
from logparse.charts._theme import Caption, fitted, framed, places, text_width, theme, tiled, tips
from logparse.charts._vega import Drawing, channel
from logparse.charts._view import JobBlock, View, once
from logparse.errors import NothingToDraw
from logparse.rendering.palette import hue
from logparse.schema import LOCATIONS
from logparse.text.labels import many
from logparse.text.location import located
from logparse.text.numbers import seconds
from logparse.text.terminal import one_line

TAKES = ()
ROWS: dict[str, Any] = {
    "block": pl.UInt32, "row": pl.UInt32, "label": pl.String, "run": pl.String, "platform": pl.String, "n": pl.UInt32,
    "stage": pl.String, "mark": pl.String, "order": pl.UInt32, "begin_s": pl.Float64, "end_s": pl.Float64,
    "duration_s": pl.Float64, "share": pl.Float64, "evidence": LOCATIONS,
}  # fmt: skip
"""One row per part of a bar. run: the job that is drawn, of the n jobs of the row that the one of median length. mark:
`stage`, `others` (the stages that take least, together), `remainder` (no stage accounts for it) or `whole`. order: the
stage's place in the bars of its panel. begin_s, end_s: ends of the part in the bar. share: of the whole compilation."""
_NAMED = 6
"""Stages of a panel that have a colour of their own."""
_LEGEND = 50
"""Pixels of the legend of a panel."""
_OTHERS = "other stages"
_REMAINDER = "remainder"


@once
def rows(view: View) -> pl.DataFrame:
    """One row for each part of a bar: `ROWS`."""
    found = [row for number, block in enumerate(_blocks(view)[0]) for row in _block_rows(view, number, block)]
    return pl.DataFrame(found, schema=ROWS)


def chart(view: View) -> Drawing:
    """The compilations of `rows`; raises `NothingToDraw` unless two logs of a workload name stages."""
    frame = rows(view)
    blocks, more = _blocks(view)
    if not frame.height:
        raise NothingToDraw("no two logs of one workload state the stages of their compilations")
    width, edge, size = float(view.options.width or WIDTH), gutter(view, frame["label"]), theme(view).size
    panels = []
    longest = 0.0
    for number, block in enumerate(blocks):
        part = frame.filter(pl.col("block") == number)
        grid = RowGrid(view, part["row"].n_unique(), width, edge)
        notes = _notes(part)
        longest = max(longest, *(text_width(text, size) for text in notes["note"]))
        strip = legend(view, _legend_entries(view, part), width + longest)
        assert strip is not None, "a compilation has stages"
        title = heading(view, workload_title(view.ledger, block))
        panels += [strip.properties(title=title), _bars(view, part, notes, grid)]
    notes_below = [
        "A job with several compilations is drawn with the longest that has stages.",
        *_left_out(view, blocks),
        *more,
    ]
    caption = Caption(notes_below, [j for block in blocks for j in block.jobs], ["compile_s"], single=True)
    subtitle = ["Times of stages, in the same order in all bars; outline: no stage accounts for it."]
    return framed(view, tiled(panels, row=14), edge + width + longest + 20, _finding(frame), subtitle, caption)


# ---- rows ---- #


@once
def _blocks(view: View) -> tuple[Sequence[JobBlock], list[str]]:
    """Workloads with two compilations or more."""
    staged = [compile.job for compile in compiles(view)]
    blocks = [block for block in view.blocks("workload", "task", jobs=staged) if len(block.jobs) > 1]
    return in_room(view, blocks, around=AROUND + _LEGEND)


def _block_rows(view: View, number: int, block: JobBlock) -> Iterator[dict[str, Any]]:
    found = {compile.job.id: compile for compile in compiles(view)}
    sides = block.sides
    order = _order([found[job.id] for job in block.jobs])
    labels = labelled(view, sides, len(platforms(sides)) > 1)
    for row, (side, label) in enumerate(zip(sides, labels, strict=True)):
        compile = of_median_length([found[job.id] for job in side.jobs])
        common = {
            "block": number, "row": row, "label": label, "run": compile.job.id, "platform": platform_of(side),
            "n": len(side.jobs),
        }  # fmt: skip
        yield from ({**common, **part} for part in _parts(compile, order))


def _order(found: Sequence[Compile]) -> dict[str, int]:
    """Stage -> its place in the bars: those that take longest over all compilations, in the order of the log."""
    first: dict[str, int] = {}
    total: dict[str, float] = {}
    for compile in found:
        for stage, took in compile.stages.select("stage", "duration_s").iter_rows():
            first.setdefault(stage, len(first))
            total[stage] = total.get(stage, 0.0) + took
    named = sorted(total, key=lambda stage: -total[stage])[: _NAMED if len(total) > _NAMED + 1 else None]
    return {stage: place for place, stage in enumerate(sorted(named, key=lambda stage: first[stage]))}


def _parts(compile: Compile, order: dict[str, int]) -> Iterator[dict[str, Any]]:
    whole = float(compile.whole["duration_s"])
    stages = compile.stages.with_columns(
        pl.concat_list(located("line_first"), located("line_last")).list.unique(maintain_order=True).alias("evidence"),
        pl.col("stage").replace_strict(order, default=len(order), return_dtype=pl.UInt32).alias("order"),
    )
    at = 0.0
    for place, part in sorted(stages.partition_by("order", as_dict=True).items(), key=lambda item: item[0]):
        took, others = float(part["duration_s"].sum()), place[0] == len(order)
        yield {
            "stage": _OTHERS if others else part["stage"][0], "mark": "others" if others else "stage",
            "order": place[0], "begin_s": at, "end_s": at + took, "duration_s": took, "share": took / whole,
            "evidence": [location for found in part["evidence"].to_list() for location in found][:8],
        }  # fmt: skip
        at += took
    ends = [{"source": compile.whole["source"], "line": compile.whole[c]} for c in ("line_first", "line_last")]
    common = {"order": len(order) + 1, "end_s": whole, "evidence": ends}
    if whole > at:
        left = whole - at
        yield {
            **common,
            "stage": _REMAINDER,
            "mark": "remainder",
            "begin_s": at,
            "duration_s": left,
            "share": left / whole,
        }
    yield {**common, "stage": "whole", "mark": "whole", "begin_s": 0.0, "duration_s": whole, "share": 1.0}


# ---- marks ---- #


def _bars(view: View, frame: pl.DataFrame, notes: pl.DataFrame, grid: RowGrid) -> Drawing:
    t = theme(view)
    longest = float(frame["end_s"].max() or 1.0)  # type: ignore[arg-type]
    axis = {"tickCount": 6, "domain": False, "format": "~r" if longest < 10 else ",.0f"}
    scale = {"domain": [0, longest], "nice": False}
    x = channel("begin_s:Q", title="time, s (bars begin at 0)", scale=scale, axis=axis)
    count = _count(frame)
    marked = frame.with_columns(
        fill=pl.struct("platform", "order", "mark").map_elements(
            lambda r: _fill(view, r["platform"], r["order"], count, r["mark"]), return_dtype=pl.String
        ),
        display=pl.Series(
            [f"{seconds(v, None)}, {100 * s:.0f} %" for v, s in frame.select("duration_s", "share").rows()]
        ),
        lines=pl.col("evidence").map_elements(places, return_dtype=pl.String),
    )
    tooltip = tips(view, label="run", stage="stage", display="time", lines="lines")
    stages = marked.filter(pl.col("mark").is_in(["stage", "others"]))
    rest, whole = marked.filter(mark="remainder"), marked.filter(mark="whole")
    over = whole.join(stages.group_by("row").agg(pl.col("end_s").max().alias("last")), on="row", how="left")
    over = over.filter(pl.col("last") > pl.col("end_s") * 1.01)
    return grid.layered(
        Drawing.of(stages).mark("bar", height={"band": 1.0}, stroke=t.paper, strokeWidth=0.8).encode(
            x=x, x2="end_s:Q", y=grid.y, color=channel("fill:N", scale=None), tooltip=tooltip),
        Drawing.of(rest).mark("bar", height={"band": 1.0}, fill="transparent", stroke=t.faint, strokeWidth=t.stroke)
        .encode(x=x, x2="end_s:Q", y=grid.y, tooltip=tooltip),
        Drawing.of(over).mark("tick", thickness=2.5, color=t.ink, height={"band": 1.25}).encode(x="end_s:Q", y=grid.y),
        _inside(stages, grid, longest, t.text_on),
        grid.labels(notes),
        grid.texts(notes.with_columns(text="note"), channel("end_s:Q"), align="left", dx=7),
    )  # fmt: skip


def _inside(stages: pl.DataFrame, grid: RowGrid, longest: float, on: Any) -> Drawing:
    """The times of the parts, inside them if there is room."""
    words = []
    for row in stages.iter_rows(named=True):
        text = seconds(row["duration_s"], None)
        if text_width(text, grid.size - 1) < row["duration_s"] / longest * grid.width - 8 and grid.step >= 15:
            words.append((row["row"], (row["begin_s"] + row["end_s"]) / 2, text, on(row["fill"])))
    schema = {"row": pl.UInt32, "at": pl.Float64, "text": pl.String, "ink": pl.String}
    texts = pl.DataFrame(words, schema=schema, orient="row")
    return grid.texts(texts, channel("at:Q"), align="center", fontSize=grid.size - 1).encode(
        color=channel("ink:N", scale=None)
    )


def _notes(frame: pl.DataFrame) -> pl.DataFrame:
    """row, label, run, evidence, note (the whole compilation) and end_s (the end of the bar) of each row."""
    ends = frame.group_by("row").agg(pl.col("end_s").max())
    whole = frame.filter(mark="whole").drop("end_s").join(ends, on="row", how="left", maintain_order="left")
    words = [
        f"{seconds(took, None)}{f', median of {n}' if n > 1 else ''}"
        for took, n in whole.select("duration_s", "n").rows()
    ]
    return whole.with_columns(note=pl.Series(words, dtype=pl.String))


def _count(frame: pl.DataFrame) -> int:
    return frame.filter(pl.col("mark").is_in(["stage", "others"]))["order"].n_unique()


def _fill(view: View, platform: str, order: int, count: int, mark: str) -> str:
    """The colour of a stage: from a dark shade of the platform's hue to a light tint, in the order of the bars."""
    t, base = theme(view), hue(platform)
    if mark == "others":
        return t.rule
    share = order / max(count - 1, 1)
    return t.shade(base, 0.4 + 1.2 * share) if share < 0.5 else t.tint(base, 1.7 - 1.4 * share)


def _legend_entries(view: View, frame: pl.DataFrame) -> list[LegendEntry]:
    t, count = theme(view), _count(frame)
    parts = frame.filter(pl.col("mark").is_in(["stage", "others"])).unique(["order"], maintain_order=True).sort("order")
    entries = [
        LegendEntry(one_line(row["stage"]), fill=_fill(view, row["platform"], row["order"], count, row["mark"]))
        for row in parts.iter_rows(named=True)
    ]
    rest = frame.filter(mark="remainder").height
    return [*entries, *([LegendEntry(_REMAINDER, stroke=t.faint)] if rest else [])]


# ---- words ---- #


def _finding(frame: pl.DataFrame) -> str:
    """The stage that is the longest of most compilations, and its share of them."""
    stages = frame.filter(mark="stage")
    tops = stages.sort("duration_s", descending=True).unique(["block", "row"], keep="first", maintain_order=True)
    counts = tops["stage"].value_counts(sort=True)
    name, count = counts.row(0)
    total = tops.height
    shares = sorted(tops.filter(pl.col("stage") == name)["share"])
    span = f"{100 * shares[0]:.0f} to {100 * shares[-1]:.0f} %" if len(shares) > 1 else f"{100 * shares[0]:.0f} %"
    what = fitted(name, 230, 14)
    which = f"{count} of {total}" if count < total else "both" if total == 2 else f"all {total}"
    return f"{what} is the longest stage of {which} compilations: {span} of their time"


def _left_out(view: View, blocks: Sequence[JobBlock]) -> Iterator[str]:
    drawn = {job.id for block in blocks for job in block.jobs}
    hits = [job for job in view.jobs if job["compile_cache"] == "hit" and job.id not in drawn]
    if hits:
        yield f"Not drawn: {many(len(hits), 'run')} with a compile cache hit."
