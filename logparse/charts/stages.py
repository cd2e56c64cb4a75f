"""Where did the compile time go?

What it needs
    A compilation whose log names its stages.

What it shows
    One compilation of one job as a waterfall: a row for each stage of the compiler, in the order in which they started,
    each drawn from its real start. Where the log does not state when a stage ended, it is drawn to the next line of
    another kind (the next stage, or the result), and the caption says so. A stage that ran several times has several
    segments in one row. The last row is the remainder, which no stage accounts for, so that all rows add up to the
    whole compilation.

How to read it
    Long bars are where the time went. The text on the right gives the sum of each row, its share of the whole
    compilation, and how many times the stage ran. Where a log states how long stages took but not when, all bars start
    at 0, and the caption says so. If several jobs have stages, the first is drawn; select another with `where`, for
    example `label LIKE '%batch_512%'`. With `by`, each group has a panel. `compile` compares several jobs.

What it leaves out
    Waiting for the cluster and loading onto the device, which are not part of compilation. Other compilations of the
    same job (one graph for training and one for evaluation): the longest with stages is drawn, and the caption gives
    their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from logparse.charts._compiles import Compile, compiles, of_median_length
from logparse.charts._panel import GUTTER, WIDTH, RowGrid, capped, gutter, heading, row_height
from logparse.charts._theme import (
    Caption,
    distinct_labels,
    fitted,
    framed,
    places,
    theme,
    tiled,
    tips,
    title_labels,
)
from logparse.charts._vega import Drawing, channel, layer, pixels
from logparse.charts._view import View, once
from logparse.comparison.phrases import labels
from logparse.errors import NothingToDraw
from logparse.rendering.palette import hue
from logparse.schema import LOCATIONS
from logparse.text.location import Location, located
from logparse.text.numbers import seconds
from logparse.text.terminal import one_line

TAKES = ()

REMAINDER = "remainder"
"""The row of the time that no stage accounts for."""
ROWS: dict[str, Any] = {
    "block": pl.Int64, "run": pl.String, "label": pl.String, "platform": pl.String, "row": pl.Int64, "stage": pl.String,
    "mark": pl.String, "begin_s": pl.Float64, "end_s": pl.Float64, "duration_s": pl.Float64, "share": pl.Float64,
    "basis": pl.String, "evidence": LOCATIONS,
}  # fmt: skip
"""One row per segment. mark: `stage` or `remainder`. begin_s, end_s: seconds since the compilation began; where the log
does not state when a stage ran, it begins at 0 and basis is not `timestamps`. share: of the whole compilation."""


@once
def rows(view: View) -> pl.DataFrame:
    """What is drawn: `ROWS` gives columns and types. Empty if no compilation has stages."""
    found, _ = _drawn(view)
    parts = [_segments(c).with_columns(block=pl.lit(n, pl.Int64)).select(list(ROWS)) for n, c in enumerate(found)]
    return pl.concat(parts) if parts else pl.DataFrame(schema=ROWS)


# ---- the data ---- #


def _drawn(view: View) -> tuple[list[Compile], list[str]]:
    """The compilations that are drawn: that of the first job that has one; with `by`, of each group that of median
    length; and a sentence on the groups that have no room."""
    found = compiles(view)
    if not view.options.by:
        return found[:1], []
    of_job = {c.job.id: c for c in found}
    groups = ([of_job[job.id] for job in side.jobs if job.id in of_job] for side in view.sides)
    medians = [of_median_length(group) for group in groups if group]
    # A stage that ran several times has one row; one row is for the remainder.
    heights = [row_height(view, compile.stages["stage"].n_unique() + 1) for compile in medians]
    kept, more = capped(view, [(compile.job,) for compile in medians], heights, ("group", "groups"))
    return [medians[i] for i in kept], more


def _segments(compile: Compile) -> pl.DataFrame:
    """The stages as segments, with rows in the order in which the stages first began, the remainder last."""
    begin = compile.whole["begin_at"]
    stages = compile.stages.sort("begin_at" if compile.timed else "line_first", maintain_order=True)
    if compile.timed:
        start = (pl.col("begin_at") - pl.lit(begin)).dt.total_microseconds() / 1e6
        end = (pl.col("end_at") - pl.lit(begin)).dt.total_microseconds() / 1e6
        stages = stages.with_columns(begin_s=start, end_s=end)
    else:
        before = pl.col("duration_s").cum_sum().over("stage") - pl.col("duration_s")
        stages = stages.with_columns(begin_s=before, end_s=before + pl.col("duration_s"))
    names = stages["stage"].unique(maintain_order=True).to_list()
    place = located("line_first"), located("line_last")
    drawn = stages.select(
        "stage", "begin_s", "end_s", "duration_s", pl.col("basis").cast(pl.String),
        pl.col("stage").replace_strict(names, list(range(len(names))), return_dtype=pl.Int64).alias("row"),
        pl.lit("stage").alias("mark"), pl.concat_list(*place).list.unique(maintain_order=True).alias("evidence"),
    )  # fmt: skip
    rest = pl.DataFrame(
        [{"row": len(names), "mark": "remainder", "stage": REMAINDER, **gap} for gap in _rest(compile, drawn)],
        schema={c: t for c, t in ROWS.items() if c in drawn.columns},
    )
    whole = float(compile.whole["duration_s"])
    return pl.concat([drawn.select(rest.columns), rest]).select(
        pl.lit(compile.job.id).alias("run"), pl.lit(one_line(compile.job.label)).alias("label"),
        pl.lit(str(compile.job.main["platform"])).alias("platform"), "row", "stage", "mark", "begin_s", "end_s",
        "duration_s", (pl.col("duration_s") / whole).alias("share"), "basis", "evidence",
    )  # fmt: skip


def _rest(compile: Compile, stages: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The time that no stage accounts for: the gaps between stages; without timestamps one segment of that length."""
    whole = compile.whole
    length, source = float(whole["duration_s"]), whole["source"]
    evidence = list(dict.fromkeys(Location(source, whole[c]) for c in ("line_first", "line_last")))
    common = {"basis": str(whole["basis"]), "evidence": evidence}
    if not compile.timed:
        left = length - float(stages["duration_s"].sum())
        if left > 0:
            yield {"begin_s": 0.0, "end_s": left, "duration_s": left, **common}
        return
    at = 0.0
    for begin, end in sorted(stages.select("begin_s", "end_s").iter_rows()):
        if begin - at > 1e-6:
            yield {"begin_s": at, "end_s": begin, "duration_s": begin - at, **common}
        at = max(at, end)
    if length - at > 1e-6:
        yield {"begin_s": at, "end_s": length, "duration_s": length - at, **common}


# ---- the drawing ---- #


def chart(view: View) -> Drawing:
    """The waterfall of `rows`; raises `NothingToDraw` if no log states the stages of a compilation."""
    found, more = _drawn(view)
    if not found:
        raise NothingToDraw("no log states the stages of a compilation")
    frames = [_segments(compile) for compile in found]
    sums = [_sums(frame) for frame in frames]
    width = view.options.width or WIDTH
    edge = max(gutter(view, part["label"]) for part in sums)
    panels = [
        _panel(view, compile, frame, part, RowGrid(view, part.height, width, edge))
        for compile, frame, part in zip(found, frames, sums, strict=True)
    ]
    if len(found) > 1:
        panels = [
            panel.properties(title=heading(view, _named(compile))) for panel, compile in zip(panels, found, strict=True)
        ]
    title = _title(view, sums[0], found[0], len(found) > 1)
    return framed(
        view, tiled(panels) if len(panels) > 1 else panels[0], edge + width + _ASIDE, title,
        list(_subtitle(found, sums)),
        Caption([*_caption(compiles(view), found), *more], [c.job for c in found], ["compile_s"], single=True),
    )  # fmt: skip


def _panel(view: View, compile: Compile, frame: pl.DataFrame, sums: pl.DataFrame, grid: RowGrid) -> Drawing:
    """The waterfall of one compilation."""
    t = theme(view)
    length = float(compile.whole["duration_s"])
    right = max(length, float(frame["end_s"].max()))  # type: ignore[arg-type]
    title = "seconds since the compilation began" if compile.timed else "seconds (start times not in the log)"
    scale = {"domain": [0, right], "nice": False}
    x = channel("begin_s:Q", scale=scale, title=title, axis={"format": ",~f", "tickCount": grid.width // 80})
    base = hue(str(compile.job.main["platform"]))
    drawn = frame.with_columns(
        pl.Series("display", [seconds(v, None) for v in frame["duration_s"]]),
        pl.Series("span", [f"{a:,.1f} to {b:,.1f} s" if compile.timed else "not in the log"
                           for a, b in frame.select("begin_s", "end_s").iter_rows()]),
        pl.Series("place", [places(e) for e in frame["evidence"]]),
    )  # fmt: skip
    tip = tips(view, stage="stage", display="duration", span="time", place="lines")
    looks: dict[str, dict[str, Any]] = {
        "stage": {"color": base, "stroke": base, "strokeWidth": 0.8},
        "remainder": {"fill": t.paper, "stroke": t.faint, "strokeWidth": 1},
    }
    bars = [
        Drawing.of(drawn.filter(mark=mark)).mark("bar", **look).encode(x=x, x2="end_s:Q", y=grid.y, tooltip=tip)
        for mark, look in looks.items()
    ]
    body = layer(*_links(view, frame, grid, x), *bars, grid.labels(sums), *_figures(sums, grid))
    return body.properties(width=grid.width, height=grid.height)


_ASIDE = 190
"""Width of the figures on the right, in pixels."""


def _figures(sums: pl.DataFrame, grid: RowGrid) -> list[Any]:
    """Seconds, share and number of times of each row, in columns on the right."""
    columns = (("took", 62, "right"), ("percent", 112, "right"), ("often", 124, "left"))
    return [
        grid.texts(sums.select("row", text=name), pixels(grid.width + at), align=side) for name, at, side in columns
    ]


def _sums(frame: pl.DataFrame) -> pl.DataFrame:
    """One row per stage: row, stage, duration_s, share, times; label, took, percent, often: the same as text."""
    sums = (
        frame.group_by("row", "stage", "mark", maintain_order=True)
        .agg(pl.col("duration_s", "share").sum(), pl.len().alias("times"))
        .sort("row")
    )
    often = [f"{n} times" if n > 1 and mark == "stage" else "" for n, mark in sums.select("times", "mark").iter_rows()]
    return sums.with_columns(
        pl.Series("label", distinct_labels([one_line(s) for s in sums["stage"]], GUTTER, 11)),
        pl.Series("took", [_took(s) for s in sums["duration_s"]]),
        pl.Series("percent", [_share(p) for p in sums["share"]]),
        pl.Series("often", often),
    )


def _took(s: float) -> str:
    return f"{s:,.0f} s" if s >= 100 else f"{s:.1f} s" if s >= 1 else f"{s * 1000:.0f} ms"


def _share(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 else "< 1 %"


def _links(view: View, frame: pl.DataFrame, grid: RowGrid, x: dict[str, Any]) -> list[Any]:
    """Hairlines through rows with several segments, which guide the eye along the row."""
    spans = frame.group_by("row", maintain_order=True).agg(pl.col("begin_s").min(), pl.col("end_s").max(), pl.len())
    spans = spans.filter(pl.col("len") > 1)
    line = Drawing.of(spans).mark("rule", color=theme(view).faint, strokeWidth=0.5, opacity=0.7)
    return [line.encode(x=x, x2="end_s:Q", y=grid.y)] if spans.height else []


# ---- the words ---- #


def _title(view: View, sums: pl.DataFrame, compile: Compile, several: bool) -> str:
    """The finding: the stage that took longest, in the first compilation that is drawn."""
    which = f"the compilation of {title_labels(view, [compile.job.label])[0]}" if several else "this compilation"
    top = sums.filter(mark="stage").sort("duration_s").row(-1, named=True)
    whole = _took(float(compile.whole["duration_s"]))
    often = f", which ran {top['times']} times," if top["times"] > 1 else ""
    took = f"{_took(top['duration_s'])} of the {whole} of {which}"
    return f"{one_line(top['stage'])}{often} took {took} ({_share(top['share'])})"


def _named(compile: Compile) -> str:
    run = compile.job.main
    words = [str(run["platform"]), run["workload"] or "workload not in the log"]
    return f"{fitted(compile.job.label, 420, 12)}: {', '.join(map(one_line, words))}"


def _subtitle(found: Sequence[Compile], sums: Sequence[pl.DataFrame]) -> Iterator[str]:
    if len(found) == 1:
        yield f"{_named(found[0])}."
    if any(part.filter(mark="remainder").height for part in sums):
        yield "Bars: stages. Outline: the remainder, which no stage accounts for. All rows add up to the total."


def _caption(every: Sequence[Compile], found: Sequence[Compile]) -> Iterator[str]:
    ids = {c.job.id for c in found}
    others = [c.job for c in every if c.job.id not in ids]
    if others:
        which = "this is the first" if len(found) == 1 else f"the median of each group is drawn, {len(found)} in all"
        yield (f"{len(every)} jobs have stages; {which}. Others: {labels(others)}; select one with `where`.")
    yield from dict.fromkeys(sentence for compile in found for sentence in _remarks(compile))


def _remarks(compile: Compile) -> Iterator[str]:
    name = one_line(compile.job.label)
    if compile.count > 1:
        yield f"{name} has {compile.count} compilations; the longest with stages is drawn."
    if not compile.timed:
        spun = str(compile.stages["basis"][0]) == "spinner"
        how = "counted from the frames of a spinner" if spun else "as the log reports them"
        yield f"Durations: {how}. The log does not state when stages began, so all bars start at 0."
        over = float(compile.stages["duration_s"].sum()) - float(compile.whole["duration_s"])
        if over > 0.01 * float(compile.whole["duration_s"]):
            yield (
                f"The stages of {name} add up to {_took(over)} more than the total: some ran in parallel or inside "
                "others."
            )
    else:
        yield "Clock: the timestamps of the log lines. Waiting for the cluster is not included."
        begins = compile.stages["line_first"]
        if compile.stages["line_last"].is_in(begins.implode()).any():
            yield (
                "The log states when a stage begins, not when it ends: each is drawn to the next line of another kind."
            )
