"""How fast was each run, and do the differences exceed the noise?

What it needs
    A run with a throughput.

What it shows
    A row for each run (or side) and a panel for each workload, task and unit. A filled dot is the throughput
    over the whole run, all ranks together. Several runs of one side are small dots on a line from the lowest to the
    highest; of three or more, the large dot is the geometric mean. More than 20 runs are a strip: each is a stroke, the
    large dot is the median, and the thick line its 95 % interval. A short bar is the steady throughput, after the first
    steps. Estimates by a compiler are in a separate column, as open dashed diamonds.

How to read it
    Right is better. The grey band is the known noise around the baseline, which is the first row unless another
    is named: a dot in the band cannot be distinguished from the baseline. The text on the right gives the value, its
    ratio to the baseline with the 95 % interval and the verdict, and n, the number of runs. With three or more runs the
    value is the geometric mean, followed by the range; with two, both values are given.

What it leaves out
    Runs without a result, and those whose log gives no throughput: the caption names them. Runs on one repeated input
    and runs on a data set are never in the same panel, nor are images and sequences.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from logparse.charts._compared import compared_row, noise_size
from logparse.charts._panel import (
    STRIP,
    STRIPS,
    WIDTH,
    LegendEntry,
    RowGrid,
    band,
    dots,
    extent,
    extent_or_none,
    gutter,
    heading,
    in_room,
    jobs_of,
    labelled,
    legend,
    median_of,
    platform_of,
    platforms,
    spread_out,
    strip_entries,
    table,
    with_bands,
    workload_title,
)
from logparse.charts._theme import (
    Caption,
    fitted_sentence,
    framed,
    places,
    text_width,
    theme,
    tiled,
    tips,
    title_labels,
)
from logparse.charts._vega import Drawing, channel, pixels
from logparse.charts._view import JobBlock, View, once
from logparse.comparison.compare import Row
from logparse.comparison.estimate import factor
from logparse.comparison.jobs import Job
from logparse.comparison.quantities import QUANTITIES
from logparse.comparison.sides import side_values
from logparse.comparison.verdict import BEYOND, CHANCE, DIFFERENT, ESTABLISHED, NOT_COMPARABLE, UNKNOWN
from logparse.comparison.wording import amount_text, cell_text, verdict_text
from logparse.errors import NothingToDraw
from logparse.rendering.palette import hue
from logparse.schema import LOCATIONS
from logparse.text.labels import shortened
from logparse.text.terminal import one_line

TAKES = ("baseline", "per")
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
    "low": pl.Float64,
    "high": pl.Float64,
    "verdict": pl.String,
    "noise_low": pl.Float64,
    "noise_high": pl.Float64,
    "reason": pl.String,
    "note": pl.String,
    "evidence": LOCATIONS,
}
"""mark: `rate` (the value of a row, or the geometric mean of its runs), `run` (one of several), `median` (of more than
20 runs, with its 95 % interval from least to greatest), `steady`, `estimate`.
ratio, low, high: to the baseline, with the 95 % interval. noise_low, noise_high: the noise band around the baseline.
reason: why the row is not comparable."""


@once
def rows(view: View) -> pl.DataFrame:
    """One row for each mark: `ROWS`."""
    panels = _panels(view)[0]
    return pl.DataFrame([r for i, panel in enumerate(panels) for r in _panel_rows(view, i, panel)], schema=ROWS)


def chart(view: View) -> Drawing:
    """Dots of throughputs, with the noise around the baseline."""
    frame = rows(view)
    panels, more = _panels(view)
    if not frame.height:
        raise NothingToDraw("no completed run states a throughput in samples/s or tokens/s")
    width = float(view.options.width or WIDTH)
    edge, size = gutter(view, frame["label"]), theme(view).size
    notes = max(text_width(note, size) for note in frame["note"].drop_nulls())
    estimates = "estimate" in frame["mark"]
    drawn: list[Drawing] = []
    alone = [n for n, panel in enumerate(panels) if len(panel.row.cells) == 1] if len(panels) > 1 else []
    for number, panel in enumerate(panels):
        if number in alone:
            continue
        part = frame.filter(pl.col("block") == number)
        grid = RowGrid(view, part["row"].n_unique(), width, edge)
        drawn.append(_rates(view, part, grid).properties(title=heading(view, panel.title(view))))
        if estimates:
            drawn.append(_estimates(view, part, RowGrid(view, grid.rows, width * 0.3)))
    if alone:
        drawn.append(table(view, _lines(view, frame.filter(pl.col("block").is_in(alone)), panels), width, edge))
    body = tiled(drawn, 2 if estimates else 1)
    whole = edge + width + notes + 16 + (width * 0.3 + 60 if estimates else 0)
    if strip := legend(view, _legend_entries(view, frame), whole - edge):
        body = tiled([strip, body], row=14)
    compared = [panel.row for panel in panels]
    note_texts = [
        *([STRIPS] if "median" in frame["mark"] else []),
        *_bands(compared),
        *_left_out(view, frame),
        *more,
    ]
    unknown = UNKNOWN in frame["verdict"]
    how = "Right is better." + (" “Unknown”: no repeats show the noise between such runs." if unknown else "")
    caption = Caption(
        note_texts, jobs_of(panels), ("throughput", "steady_throughput", "token_throughput", "on_chip_throughput")
    )
    return framed(view, body, whole, _finding(view, panels), (how,), caption)


# ---- panels ---- #


@dataclass(frozen=True)
class _Panel:
    block: JobBlock
    """Keys: workload, task, sample, whether one input is repeated, quantity."""
    row: Row
    baseline: int

    @property
    def unit(self) -> str:
        """`images/s`, if all logs of the panel call their samples so; else the unit of the frame."""
        kinds = {job["sample"] for job in self.block.jobs}
        kind = kinds.pop() if len(kinds) == 1 else None
        return str(self.row.quantity.unit).replace("sample", str(kind or "sample"))

    def title(self, view: View) -> str:
        """`groq: bert_tiny, inference, one input repeated`."""
        return workload_title(view.ledger, self.block) + (", one input repeated" if self.block.keys[3] else "")


@once
def _panels(view: View) -> tuple[list[_Panel], list[str]]:
    blocks, more = in_room(view, list(_blocks(view)), gathered=True)
    out = []
    for block in blocks:
        if (found := compared_row(view, str(block.keys[4]), block.sides)) is not None:
            out.append(_Panel(block, *found))
    return out, more


def _blocks(view: View) -> Iterator[JobBlock]:
    """Jobs with a throughput, by workload, task, unit and scenario."""
    for block in view.blocks("workload", "task", jobs=[job for job in view.jobs if _quantity(job)]):
        kinds = {_sample(job) for job in block.jobs} - {None}
        groups: dict[tuple[Any, ...], list[Job]] = {}
        for job in block.jobs:
            # A plain "sample" is of the kind that the other runs name, if they agree on one.
            sample = _sample(job) or (next(iter(kinds)) if len(kinds) == 1 else None)
            single = "one input" if job["throughput_window"] == "single_input" else None
            groups.setdefault((sample, single, _quantity(job)), []).append(job)
        yield from (JobBlock((*block.keys, *keys), tuple(jobs)) for keys, jobs in groups.items())


def _quantity(job: Job) -> str | None:
    if not job.has_result:
        return None
    return next((q for q in ("throughput", "token_throughput") if job[q] is not None), None)


def _sample(job: Job) -> str | None:
    return None if job["sample"] == "sample" else job["sample"]


def _panel_rows(view: View, number: int, panel: _Panel) -> Iterator[dict[str, Any]]:
    sides = [c.side for c in panel.row.cells]
    labels = labelled(view, sides, len(platforms(sides)) > 1)
    base = panel.row.cells[panel.baseline].mean
    for index, c in enumerate(panel.row.cells):
        verdict = panel.row.verdicts[index]
        common = {
            "block": number, "row": index, "label": labels[index], "platform": platform_of(c.side), "unit": panel.unit,
        }  # fmt: skip
        noise = noise_size(verdict)
        low, high = verdict.interval if verdict and verdict.interval else (None, None)
        yield {
            **common,
            "mark": "rate",
            "run": c.side.jobs[0].id if c.n == 1 else None,
            "value": c.mean,
            "least": min(c.numbers, default=None),
            "greatest": max(c.numbers, default=None),
            "n": c.n,
            "failed": c.side.failed,
            "ratio": verdict.ratio if verdict else None,
            "low": low,
            "high": high,
            "verdict": verdict.word if verdict else None,
            "noise_low": base * factor(-noise) if base and noise else None,
            "noise_high": base * factor(noise) if base and noise else None,
            "reason": verdict.reason if verdict else c.reason,
            "note": _note(view, panel, index),
            "evidence": list(c.locations),
        }
        if c.n > 1:
            yield from (
                {**common, "mark": "run", "value": float(v.value), "evidence": list(v.locations)} for v in c.values
            )
        if c.n > STRIP:
            yield {**common, "mark": "median", **median_of(c.numbers), "n": c.n, "evidence": list(c.locations)}
        for mark, name in (("steady", "steady_throughput"), ("estimate", "on_chip_throughput")):
            other = side_values(view.ledger, QUANTITIES[name], c.side, view.options.per)
            if other.values and panel.row.quantity.name == "throughput":
                yield {**common, "mark": mark, "value": other.mean, "n": other.n, "evidence": list(other.locations)}


def _note(view: View, panel: _Panel, index: int) -> str:
    c, verdict = panel.row.cells[index], panel.row.verdicts[index]
    words = [cell_text(panel.row.quantity, c)]
    if verdict is None:
        words += ["baseline"] if len(panel.row.cells) > 1 else []
    elif verdict.word == NOT_COMPARABLE:
        words.append(fitted_sentence(f"not comparable: {verdict.reason}", 330, theme(view).size))
    else:
        words.append(verdict_text(panel.row, verdict))
    if {job["throughput_window"] for job in c.side.jobs} == {"after_warmup"}:
        words.append("after warm-up")
    n = f"n={c.n}" if c.n < 3 else ""
    failed = f"{c.side.failed} without a result" if c.side.failed else ""
    return ", ".join(filter(None, [*words, n, failed]))


def _lines(view: View, frame: pl.DataFrame, panels: Sequence[_Panel]) -> pl.DataFrame:
    """Panels of one row as lines of a table, with the throughput, the steady one and the estimate as text."""
    others = {"steady": "after the first steps", "estimate": "estimated by the compiler"}
    out = []
    for (number,), part in frame.partition_by("block", as_dict=True, maintain_order=True).items():
        rate = part.filter(mark="rate").row(0, named=True)
        values = [f"{v:,.5g} {others[m]}" for m, v in part.select("mark", "value").iter_rows() if m in others]
        row = panels[number].row
        figure = cell_text(row.quantity, row.cells[0])
        remarks = rate["note"].removesuffix(", n=1").removeprefix(figure).removeprefix(", ")
        words = [f"{figure} {rate['unit']}", *filter(None, [remarks]), *values]
        out.append({**rate, "workload": panels[number].title(view), "note": "; ".join(words)})
    return pl.DataFrame(out, schema={**ROWS, "workload": pl.String})


# ---- marks ---- #


def _rates(view: View, frame: pl.DataFrame, grid: RowGrid) -> Drawing:
    unit = frame["unit"][0]
    measured = frame.filter(pl.col("mark") != "estimate")
    ends = with_bands(extent(measured, "value"), extent_or_none(measured, "noise_low", "noise_high"))
    scale, remark = spread_out(*ends)
    per = f" per {view.options.per}" if view.options.per else ", all ranks together"
    title = f"{unit}{per}" + (f" ({remark})" if remark else "")
    x = channel("value:Q", title=title, scale={**scale}, axis={"tickCount": 6, "domain": False})
    marked = measured.with_columns(
        colour=pl.col("platform").map_elements(hue, return_dtype=pl.String),
        lines=pl.col("evidence").map_elements(places, return_dtype=pl.String),
        display=pl.col("note").fill_null(pl.format("{} {}", pl.col("value").round_sig_figs(5), "unit")),
    )
    tooltip = tips(view, label="run", mark="mark", display="throughput", lines="lines")
    rate = marked.filter(pl.col("mark") == "rate")
    t = theme(view)
    steady = (
        Drawing.of(marked.filter(pl.col("mark") == "steady"))
        .mark("tick", thickness=2, color=t.ink, opacity=1, height={"band": 1.1})
        .encode(x=x, y=grid.y, tooltip=tooltip)
    )
    return grid.layered(
        band(view, rate, grid, x),
        steady,
        *dots(view, rate, marked, grid, x, tooltip),
        grid.labels(rate),
        grid.notes(rate),
    )


def _estimates(view: View, frame: pl.DataFrame, grid: RowGrid) -> Drawing:
    """Estimates by the compiler, on their own axis."""
    t = theme(view)
    found = frame.filter(pl.col("mark") == "estimate").with_columns(
        colour=pl.col("platform").map_elements(hue, return_dtype=pl.String),
        text=pl.format("{}", pl.col("value").map_elements(lambda v: f"{v:,.0f}", return_dtype=pl.String)),
        lines=pl.col("evidence").map_elements(places, return_dtype=pl.String),
    )
    if not found.height:
        nothing: Drawing = grid.texts(pl.DataFrame({"row": [0], "text": [" "]}), pixels(0)).properties(
            width=grid.width, height=grid.height
        )
        return nothing
    x = channel(
        "value:Q", title=f"compiler estimate, {found['unit'][0]}",
        scale={"domain": [0, float(found["value"].max()) * 1.1], "nice": False},  # type: ignore[arg-type]
        axis={"tickCount": 3, "domain": False},
    )  # fmt: skip
    points = (
        Drawing.of(found)
        .mark("point", shape="diamond", size=80, filled=False, strokeDash=[3, 2], strokeWidth=t.stroke, opacity=1)
        .encode(
            x=x, y=grid.y, color=channel("colour:N", scale=None),
            tooltip=tips(view, label="run", text="compiler estimate", lines="lines"),
        )
    )  # fmt: skip
    texts = grid.texts(found, x, align="left", dx=9, color=t.faint)
    return grid.layered(points, texts)


def _legend_entries(view: View, frame: pl.DataFrame) -> list[LegendEntry]:
    t = theme(view)
    marks = set(frame["mark"])
    found = frame["platform"].unique()
    base = hue(found[0]) if len(found) == 1 else t.faint
    whole = all(job["throughput_window"] == "whole" for job in view.jobs if _quantity(job))
    measured = "over the whole run" if whole else "measured"
    entries = [LegendEntry(measured + _mean(frame), "circle", fill=base)]
    if _few(frame, 1).height:
        entries.append(LegendEntry("one run; the line is their range", "M-1,0L1,0", stroke=base))
    if "median" in marks:
        entries += strip_entries(base)
    if "steady" in marks:
        entries.append(LegendEntry("steady throughput, after the first steps", "M0,-1L0,1", stroke=t.ink))
    if "estimate" in marks:
        entries.append(LegendEntry("compiler estimate, not measured", "diamond", stroke=base, dash=(3, 2)))
    if frame["noise_low"].drop_nulls().len():
        entries.append(LegendEntry("known noise around the baseline", fill=t.band))
    return entries


def _mean(frame: pl.DataFrame) -> str:
    return "; of three or more runs the geometric mean" if _few(frame, 2).height else ""


def _few(frame: pl.DataFrame, least: int) -> pl.DataFrame:
    """The rows of more than `least` runs that are not strips."""
    return frame.filter((pl.col("mark") == "rate") & pl.col("n").is_between(least + 1, STRIP))


# ---- words ---- #


def _finding(view: View, panels: Sequence[_Panel]) -> str:
    found = [(panel, i, v) for panel in panels for i, v in enumerate(panel.row.verdicts) if v and v.ratio]
    beyond = [(p, i, v) for p, i, v in found if v.word in DIFFERENT]
    if beyond and len(found) > _PAIRS:
        # The largest of many ratios says little about the others.
        faster = sum((v.ratio or 0.0) > 1 for *_, v in beyond)
        parts = [f"{n} {word}" for n, word in ((faster, "faster"), (len(beyond) - faster, "slower")) if n]
        unknown = sum(v.word == UNKNOWN for *_, v in found)
        remark = f"; for {unknown} the noise is unknown" if unknown else ""
        base = "the baseline" if len(panels) == 1 else "their baselines"
        return f"{' and '.join(parts)} than {base} beyond noise, of {len(found)}{remark}"
    if beyond:
        panel, index, verdict = max(beyond, key=lambda f: f[2].ratio or 0.0)
        if (verdict.ratio or 0.0) < 1:
            panel, index, verdict = min(beyond, key=lambda f: f[2].ratio or 0.0)
        workload = f"{one_line(str(panel.block.keys[0]))}: " if len(panels) > 1 else ""
        label, base = title_labels(view, [panel.row.cells[i].side.label for i in (index, panel.baseline)])
        amount = amount_text(panel.row, verdict)
        return f"{workload}{label} has {amount} the {panel.unit} of {base}, {_WORDS[verdict.word]}"
    if found:
        unknown = sum(v.word == UNKNOWN for *_, v in found)
        if unknown == len(found):
            return "The noise of these runs is unknown, so their throughputs may or may not differ"
        chance = sum(v.word == CHANCE for *_, v in found)
        if not chance:
            remark = f" ({unknown} of unknown noise)" if unknown else ""
            return f"The throughputs are within noise of the baseline{remark}"
        remark = f"; for {unknown} the noise is unknown" if unknown else ""
        return f"No throughput differs from the baseline beyond noise; {chance} may be chance among so many{remark}"
    values = [c for panel in panels for c in panel.row.cells if c.values]
    if len(values) == 1:
        c = values[0]
        return (
            f"{title_labels(view, [c.side.label])[0]} reaches {cell_text(panels[0].row.quantity, c)} {panels[0].unit}"
        )
    return f"Throughputs of {len(values)} runs, none of which is comparable with another"


_PAIRS = 4
"""Comparisons up to which the title names the largest difference."""
_WORDS = {ESTABLISHED: "established over repeated runs", BEYOND: "beyond the known noise"}


def _bands(rows: Sequence[Row]) -> Iterator[str]:
    texts = list(dict.fromkeys(f"{v.noise.kind}: {v.noise.text}" for r in rows for v in r.verdicts if v and v.noise))
    if texts:
        yield f"Noise: {shortened(texts, 2, '; ')}."


def _left_out(view: View, frame: pl.DataFrame) -> Iterator[str]:
    for why, jobs in (
        ("without a result", [job for job in view.jobs if not job.has_result]),
        ("no throughput in the log", [job for job in view.jobs if job.has_result and _quantity(job) is None]),
    ):
        if jobs:
            yield f"Not drawn ({why}): {shortened([one_line(job.label) for job in jobs], 4)}."
