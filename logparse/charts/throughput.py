"""How fast was each run, and is the difference more than noise?

What it shows
    A row for each run (or side of `--by`), a panel for each workload, task and unit. A filled dot is the rate over the
    whole run, all ranks together; several runs of one side are small dots on a line from the least to the greatest,
    the dot is their median. A short bar is the steady rate, after the first steps. What a compiler estimates stands
    in a column of its own, as an open dashed diamond.

How to read it
    Right is better. The grey band is what is known to be noise round the baseline, the first row unless `--baseline`
    names another: a dot in it is no faster and no slower. On the right stand the value, its ratio to the baseline with
    the verdict, and n, the number of runs.

What it leaves out
    Runs without a result, and those whose log holds no rate: they are named below the chart. One repeated input and a
    data set are never in one panel, nor are images and sequences.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl

from logparse.charts._panel import (
    WIDTH,
    Grid,
    Sign,
    band,
    baseline_in,
    capped,
    dots,
    extent,
    extent_or_none,
    gutter,
    heading,
    key,
    labelled,
    platform_of,
    platforms,
    spread_out,
    with_bands,
    work,
)
from logparse.charts._theme import (
    Drawing,
    Plain,
    data,
    fitted,
    framed,
    hue,
    named,
    places,
    source_note,
    text_width,
    theme,
    tiled,
    tips,
    x_at,
)
from logparse.charts._view import Block, View
from logparse.comparison.compare import Row, row_of
from logparse.comparison.jobs import Job
from logparse.comparison.quantities import QUANTITIES
from logparse.comparison.sides import cell
from logparse.comparison.verdict import BEYOND, ESTABLISHED, NOT_COMPARABLE, UNKNOWN
from logparse.comparison.wording import cell_text, verdict_text
from logparse.errors import NothingToDraw
from logparse.text.numbers import ratio_figure
from logparse.text.terminal import one_line

TAKES = ("by", "baseline", "per")
ROWS: dict[str, Any] = {
    "block": pl.UInt32,
    "row": pl.UInt32,
    "label": pl.String,
    "platform": pl.String,
    "mark": pl.String,
    "run": pl.String,
    "value": pl.Float64,
    "unit": pl.String,
    "least": pl.Float64,
    "greatest": pl.Float64,
    "n": pl.UInt32,
    "failed": pl.UInt32,
    "ratio": pl.Float64,
    "verdict": pl.String,
    "noise_low": pl.Float64,
    "noise_high": pl.Float64,
    "reason": pl.String,
    "note": pl.String,
    "evidence": pl.List(pl.String),
}
"""mark: `rate` (of a row: its value, or the median of its runs), `run` (one of several), `steady`, `estimate`.
noise_low, noise_high: the band round the baseline. reason: why the row is not compared."""


def rows(view: View) -> pl.DataFrame:
    """A row for each mark: `ROWS`."""
    panels = _panels(view)[0]
    return pl.DataFrame([r for i, panel in enumerate(panels) for r in _panel_rows(view, i, panel)], schema=ROWS)


def chart(view: View) -> Drawing:
    """Dots of rates with the noise round the baseline."""
    frame = rows(view)
    panels, more = _panels(view)
    if not frame.height:
        raise NothingToDraw("no run here that reached its end states how many samples or tokens it did in a second")
    width = float(view.options.width or WIDTH)
    edge, size = gutter(view, frame["label"]), theme(view).size
    notes = max(text_width(note, size) for note in frame["note"].drop_nulls())
    estimates = "estimate" in frame["mark"]
    drawn: list[Drawing | Plain] = []
    for number, panel in enumerate(panels):
        part = frame.filter(pl.col("block") == number)
        grid = Grid(view, part["row"].n_unique(), width, edge)
        drawn.append(_rates(view, part, grid).properties(title=heading(view, panel.title(view))))
        if estimates:
            drawn.append(_estimates(view, part, Grid(view, grid.rows, width * 0.3)))
    body = tiled(drawn, 2 if estimates else 1)
    whole = edge + width + notes + 16 + (width * 0.3 + 60 if estimates else 0)
    if strip := key(view, _signs(view, frame), whole - edge):
        body = tiled([strip, body], row=14)
    held = [panel.row for panel in panels]
    caption = [
        *_bands(held),
        *_left_out(view, frame),
        *view.left_over(panel.block for panel in panels),
        *more,
        *view.touching(("throughput", "steady_throughput", "token_throughput", "on_chip_throughput")),
        source_note(view),
    ]
    unknown = UNKNOWN in frame["verdict"]
    how = "Right is better." + (" “?”: nobody knows how far such runs are apart by chance." if unknown else "")
    return framed(view, body, whole, _finding(view, panels), (how,), caption)


# ---- panels ---- #


@dataclass(frozen=True)
class _Panel:
    block: Block
    """Its keys: workload, task, sample, whether one input is repeated, quantity."""
    row: Row
    baseline: int

    @property
    def unit(self) -> str:
        """`images/s`."""
        return str(self.row.quantity.unit).replace("sample", str(self.block.keys[2] or "sample"))

    def title(self, view: View) -> str:
        """`groq: bert_tiny, inference, one input repeated`."""
        return work(view.ledger, self.block) + (", one input repeated" if self.block.keys[3] else "")


def _panels(view: View) -> tuple[list[_Panel], list[str]]:
    blocks, more = capped(list(_blocks(view)))
    out = []
    for block in blocks:
        sides = view.rows_of(block.jobs)
        first = baseline_in(view, sides)
        row = row_of(view.ledger, QUANTITIES[str(block.keys[4])], sides, first, view.options.per, view.options.by)
        if row is not None:
            out.append(_Panel(block, row, first))
    return out, more


def _blocks(view: View) -> Iterator[Block]:
    """Jobs with a rate by workload, task, unit and scenario."""
    for block in view.blocks("workload", "task", jobs=[job for job in view.jobs if _quantity(job)]):
        kinds = {_sample(job) for job in block.jobs} - {None}
        held: dict[tuple[Any, ...], list[Job]] = {}
        for job in block.jobs:
            # What is only called a sample is of the kind that the others name, where these are of one.
            sample = _sample(job) or (next(iter(kinds)) if len(kinds) == 1 else None)
            single = "one input" if job["throughput_window"] == "single_input" else None
            held.setdefault((sample, single, _quantity(job)), []).append(job)
        yield from (Block((*block.keys, *keys), tuple(jobs)) for keys, jobs in held.items())


def _quantity(job: Job) -> str | None:
    if not job.has_result:
        return None
    return next((q for q in ("throughput", "token_throughput") if job[q] is not None), None)


def _sample(job: Job) -> str | None:
    return None if job["sample"] == "sample" else job["sample"]


def _panel_rows(view: View, number: int, panel: _Panel) -> Iterator[dict[str, Any]]:
    sides = [c.side for c in panel.row.cells]
    labels = labelled(view, sides, len(platforms(sides)) > 1)
    base = panel.row.cells[panel.baseline].middle
    for index, c in enumerate(panel.row.cells):
        verdict = panel.row.verdicts[index]
        common = {
            "block": number, "row": index, "label": labels[index], "platform": platform_of(c.side), "unit": panel.unit,
        }  # fmt: skip
        noise = verdict.noise.size if verdict and verdict.noise else None
        yield {
            **common,
            "mark": "rate",
            "run": c.side.jobs[0].id if c.n == 1 else None,
            "value": c.middle,
            "least": min(c.numbers, default=None),
            "greatest": max(c.numbers, default=None),
            "n": c.n,
            "failed": c.side.failed,
            "ratio": verdict.ratio if verdict else None,
            "verdict": verdict.word if verdict else None,
            "noise_low": base * math.exp(-noise) if base and noise else None,
            "noise_high": base * math.exp(noise) if base and noise else None,
            "reason": verdict.reason if verdict else c.reason,
            "note": _note(view, panel, index),
            "evidence": list(c.places),
        }
        if c.n > 1:
            yield from (
                {**common, "mark": "run", "value": float(v.value), "evidence": list(v.places)} for v in c.values
            )
        for mark, name in (("steady", "steady_throughput"), ("estimate", "on_chip_throughput")):
            other = cell(view.ledger, QUANTITIES[name], c.side, view.options.per)
            if other.values and panel.row.quantity.name == "throughput":
                yield {**common, "mark": mark, "value": other.middle, "n": other.n, "evidence": list(other.places)}


def _note(view: View, panel: _Panel, index: int) -> str:
    c, verdict = panel.row.cells[index], panel.row.verdicts[index]
    words = [cell_text(panel.row.quantity, c)]
    if verdict is None:
        words += ["baseline"] if len(panel.row.cells) > 1 else []
    elif verdict.word == NOT_COMPARABLE:
        words.append(fitted(f"not comparable: {verdict.reason}", 330, theme(view).size))
    else:
        words.append(verdict_text(panel.row, verdict))
    if {job["throughput_window"] for job in c.side.jobs} == {"after_warmup"}:
        words.append("after warm-up")
    n = f"n={c.n}" if c.n < 3 else ""
    failed = f"{c.side.failed} without a result" if c.side.failed else ""
    return ", ".join(filter(None, [*words, n, failed]))


# ---- marks ---- #


def _rates(view: View, frame: pl.DataFrame, grid: Grid) -> Drawing:
    unit = frame["unit"][0]
    measured = frame.filter(pl.col("mark") != "estimate")
    ends = with_bands(extent(measured, "value"), extent_or_none(measured, "noise_low", "noise_high"))
    scale, said = spread_out(*ends)
    per = f" per {view.options.per}" if view.options.per else ", all ranks together"
    title = f"{unit}{per}" + (f" ({said})" if said else "")
    x = alt.X("value:Q", title=title, scale=alt.Scale(**scale), axis=alt.Axis(tickCount=6, domain=False))
    marked = measured.with_columns(
        colour=pl.col("platform").map_elements(hue, return_dtype=pl.String),
        lines=pl.col("evidence").map_elements(places, return_dtype=pl.String),
        said=pl.col("note").fill_null(pl.format("{} {}", pl.col("value").round_sig_figs(5), "unit")),
    )
    tooltip = tips(view, label="run", mark="mark", said="rate", lines="lines")
    rate = marked.filter(pl.col("mark") == "rate")
    t = theme(view)
    steady = (
        alt.Chart(data(marked.filter(pl.col("mark") == "steady")))
        .mark_tick(thickness=2, color=t.ink, opacity=1, height={"band": 1.1})
        .encode(x=x, y=grid.y, tooltip=tooltip)
    )
    return grid.layered(
        band(view, rate, grid, x),
        steady,
        *dots(view, rate, marked.filter(pl.col("mark") == "run"), grid, x, tooltip),
        grid.labels(rate),
        grid.notes(rate),
    )


def _estimates(view: View, frame: pl.DataFrame, grid: Grid) -> Drawing:
    """What the compiler says, on an axis of its own."""
    t = theme(view)
    found = frame.filter(pl.col("mark") == "estimate").with_columns(
        colour=pl.col("platform").map_elements(hue, return_dtype=pl.String),
        text=pl.format("{}", pl.col("value").map_elements(lambda v: f"{v:,.0f}", return_dtype=pl.String)),
        lines=pl.col("evidence").map_elements(places, return_dtype=pl.String),
    )
    if not found.height:
        nothing: Drawing = grid.texts(pl.DataFrame({"row": [0], "text": [" "]}), x_at(0)).properties(
            width=grid.width, height=grid.height
        )
        return nothing
    x = alt.X(
        "value:Q", title=f"compiler's estimate, {found['unit'][0]}",
        scale=alt.Scale(domain=[0, float(found["value"].max()) * 1.1], nice=False),  # type: ignore[arg-type]
        axis=alt.Axis(tickCount=3, domain=False),
    )  # fmt: skip
    points = (
        alt.Chart(data(found))
        .mark_point(shape="diamond", size=80, filled=False, strokeDash=[3, 2], strokeWidth=t.stroke, opacity=1)
        .encode(
            x=x, y=grid.y, color=alt.Color("colour:N", scale=None),
            tooltip=tips(view, label="run", text="compiler's estimate", lines="lines"),
        )
    )  # fmt: skip
    texts = grid.texts(found, x, align="left", dx=9, color=t.faint)
    return grid.layered(points, texts)


def _signs(view: View, frame: pl.DataFrame) -> list[Sign]:
    t = theme(view)
    marks = set(frame["mark"])
    found = frame["platform"].unique()
    base = hue(found[0]) if len(found) == 1 else t.faint
    whole = all(job["throughput_window"] == "whole" for job in view.jobs if _quantity(job))
    measured = "over the whole run" if whole else "measured"
    signs = [Sign(measured if "run" not in marks else f"{measured}, median of the runs", "circle", fill=base)]
    if "run" in marks:
        signs.append(Sign("one run; the line is their range", "M-1,0L1,0", stroke=base))
    if "steady" in marks:
        signs.append(Sign("steady rate, after the first steps", "M0,-1L0,1", stroke=t.ink))
    if "estimate" in marks:
        signs.append(Sign("compiler's estimate, not measured", "diamond", stroke=base, dash=(3, 2)))
    if frame["noise_low"].drop_nulls().len():
        signs.append(Sign("known noise round the baseline", fill=t.band))
    return signs


# ---- words ---- #


def _finding(view: View, panels: Sequence[_Panel]) -> str:
    found = [(panel, i, v) for panel in panels for i, v in enumerate(panel.row.verdicts) if v and v.ratio]
    beyond = [(p, i, v) for p, i, v in found if v.word in (ESTABLISHED, BEYOND)]
    if beyond:
        panel, index, verdict = max(beyond, key=lambda f: f[2].ratio or 0.0)
        if (verdict.ratio or 0.0) < 1:
            panel, index, verdict = min(beyond, key=lambda f: f[2].ratio or 0.0)
        of = f"{one_line(str(panel.block.keys[0]))}: " if len(panels) > 1 else ""
        label, base = (named(panel.row.cells[i].side.label) for i in (index, panel.baseline))
        amount = ratio_figure(verdict.ratio or 1.0)
        return f"{of}{label} does {amount} the {panel.unit} of {base}, {_WORDS[verdict.word]}"
    if found:
        unknown = sum(v.word == UNKNOWN for *_, v in found)
        if unknown == len(found):
            return "Whether the rates differ cannot be told: no noise of these runs is known"
        return "The rates are within noise of the baseline" + (f" ({unknown} cannot be told)" if unknown else "")
    values = [c for panel in panels for c in panel.row.cells if c.values]
    if len(values) == 1:
        c = values[0]
        return f"{named(c.side.label)} does {cell_text(panels[0].row.quantity, c)} {panels[0].unit}"
    return f"Rates of {len(values)} runs, none of which may be compared with another"


_WORDS = {ESTABLISHED: "established over repeats", BEYOND: "beyond the noise that is known"}


def _bands(held: Sequence[Row]) -> Iterator[str]:
    texts = list(dict.fromkeys(f"{v.noise.kind}: {v.noise.text}" for r in held for v in r.verdicts if v and v.noise))
    if texts:
        more = f"; and {len(texts) - 2} more" if len(texts) > 2 else ""
        yield f"Noise: {'; '.join(texts[:2])}{more}."


def _left_out(view: View, frame: pl.DataFrame) -> Iterator[str]:
    for why, jobs in (
        ("without a result", [job for job in view.jobs if not job.has_result]),
        ("no rate in the log", [job for job in view.jobs if job.has_result and _quantity(job) is None]),
    ):
        if jobs:
            more = f" and {len(jobs) - 4} more" if len(jobs) > 4 else ""
            yield f"Not drawn, {why}: {', '.join(one_line(job.label) for job in jobs[:4])}{more}."
