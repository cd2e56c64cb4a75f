"""How well did each run end, and is that more than chance?

What it shows
    A dot for each run, its final score; a panel for each workload, kind of score and data set. A line through the dot
    is what drawing other test items would do (the 95 % binomial interval), where the number of items is known.

How to read it
    The arrow at the axis says which way is better. The grey band is the span of public runs of the same program: a dot
    in it is what that program does. The dashed rule is what guessing gives. A cross is a run that went wrong: its score
    is no better than guessing, or far outside the public span. Shares are in per cent.

What it leaves out
    Runs without a score, and those without a result: they are named below the chart. Scores on the way (see `loss`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import altair as alt
import polars as pl

from logparse import spreads
from logparse.charts._panel import (
    WIDTH,
    Grid,
    Sign,
    band,
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
    BAD,
    Drawing,
    Plain,
    data,
    framed,
    hue,
    named,
    places,
    source_note,
    text_width,
    theme,
    tiled,
    tips,
)
from logparse.charts._view import Block, View
from logparse.comparison.jobs import Job
from logparse.comparison.noise import half_width, items_of
from logparse.comparison.quantities import LOWER_SCORES, QUANTITIES
from logparse.comparison.sides import Side, SideValues, side_values
from logparse.comparison.wording import cell_text
from logparse.errors import NothingToDraw
from logparse.text.numbers import is_share, score_figure
from logparse.text.terminal import one_line

TAKES = ("by",)
ROWS: dict[str, Any] = {
    "block": pl.UInt32,
    "row": pl.UInt32,
    "label": pl.String,
    "platform": pl.String,
    "mark": pl.String,
    "run": pl.String,
    "score_name": pl.String,
    "value": pl.Float64,
    "least": pl.Float64,
    "greatest": pl.Float64,
    "n": pl.UInt32,
    "items": pl.UInt32,
    "noise_low": pl.Float64,
    "noise_high": pl.Float64,
    "chance": pl.Float64,
    "wrong": pl.String,
    "note": pl.String,
    "evidence": pl.List(pl.String),
}
"""mark: `score` (of a row: its value, or the median of its runs) or `run` (one of several). least, greatest: the
binomial interval of one run over `items` items, or the range of several. noise_low, noise_high: the public span.
wrong: `at chance` or `outlier`."""


def rows(view: View) -> pl.DataFrame:
    """A row for each mark: `ROWS`."""
    found = [r for number, block in enumerate(_blocks(view)[0]) for r in _block_rows(view, number, block)]
    return pl.DataFrame(found, schema=ROWS)


def chart(view: View) -> Drawing:
    """Dots of scores with the public span and chance."""
    frame = rows(view)
    blocks, more = _blocks(view)
    if not frame.height:
        raise NothingToDraw("no run here that reached its end states a score such as accuracy")
    width, size = float(view.options.width or WIDTH), theme(view).size
    edge = gutter(view, frame["label"])
    drawn: list[Drawing | Plain] = []
    for number, block in enumerate(blocks):
        part = frame.filter(pl.col("block") == number)
        grid = Grid(view, part["row"].n_unique(), width, edge)
        dataset = f", {one_line(block.keys[3])}" if block.keys[3] and block.keys[3] != block.keys[0] else ""
        drawn.append(_scores(view, part, grid).properties(title=heading(view, work(view.ledger, block) + dataset)))
    body = tiled(drawn)
    whole = edge + width + max(text_width(note, size) for note in frame["note"].drop_nulls()) + 16
    if strip := key(view, _signs(view, frame), whole - edge):
        body = tiled([strip, body], row=14)
    caption = [
        *_bands(view),
        *_chances(frame),
        *_left_out(view),
        *view.left_over(blocks),
        *more,
        *view.touching(("score", "accuracy")),
        source_note(view),
    ]
    return framed(view, body, whole, _finding(frame), (), caption)


# ---- rows ---- #


def _blocks(view: View) -> tuple[Sequence[Block], list[str]]:
    scored = [job for job in view.jobs if _is_scored(job)]
    return capped(view.blocks("workload", "task", "score_name", "dataset", jobs=scored))


def _is_scored(job: Job) -> bool:
    return job.has_result and job["score"] is not None and job["score_name"] is not None


def _block_rows(view: View, number: int, block: Block) -> Iterator[dict[str, Any]]:
    sides = view.rows_of(block.jobs)
    labels = labelled(view, sides, len(platforms(sides)) > 1)
    for index, (side, label) in enumerate(zip(sides, labels, strict=True)):
        c = side_values(view.ledger, QUANTITIES["score"], side)
        name, first = str(block.keys[2]), side.jobs[0]
        items = items_of(view.ledger, first) if c.n == 1 else None
        half = half_width(c.numbers[0], items) if items and 0 <= c.numbers[0] <= 1 else None
        public = _public(first)
        wide = public is not None and public.least < public.greatest
        chance = _chance(view, first)
        common = {
            "block": number, "row": index, "label": label, "platform": platform_of(side), "score_name": name,
        }  # fmt: skip
        yield {
            **common,
            "mark": "score",
            "run": first.id if c.n == 1 else None,
            "value": c.middle,
            "least": c.numbers[0] - half if half else min(c.numbers),
            "greatest": c.numbers[0] + half if half else max(c.numbers),
            "n": c.n,
            "items": items,
            "noise_low": public.least if public and wide else None,
            "noise_high": public.greatest if public and wide else None,
            "chance": chance,
            "wrong": _wrong(view, side),
            "note": _note(view, c, half, _wrong(view, side)),
            "evidence": list(c.places),
        }
        if c.n > 1:
            yield from ({**common, "mark": "run", "value": v.value, "evidence": list(v.places)} for v in c.values)


def _public(job: Job) -> spreads.Spread | None:
    """The widest span of public runs of that program, with the settings of that job where they are known."""
    own = spreads.of(str(job["platform"]), job["workload"], job["task"], "score")
    own = [s for s in own if all(_agrees(job, *pair) for pair in spreads.settings(s.setting))]
    return max(own, key=lambda s: s.span, default=None)


def _agrees(job: Job, name: str, value: str) -> bool:
    mine = job[name]
    return mine is None or str(mine) == value or (isinstance(mine, float) and f"{mine:g}" == value)


def _chance(view: View, job: Job) -> float | None:
    """What guessing gives, where the grammar states it for the data set."""
    grammar = view.ledger.grammars.get(str(job["platform"]))
    if grammar is None or job["score_name"] != "accuracy":
        return None
    return grammar.chance.get(job["dataset"] or "")


def _wrong(view: View, side: Side) -> str | None:
    """What findings say of the score of these runs."""
    ids = {job.id for job in side.jobs}
    for name, word in (("at-chance", "at chance"), ("outlier", "outlier")):
        found = view.findings.filter(pl.col("name") == name)
        if any(
            ids & set(runs) and {"score", "accuracy"} & set(quantities)
            for runs, quantities in found.select("runs", "quantities").iter_rows()
        ):
            return word
    return None


def _note(view: View, c: SideValues, half: float | None, wrong: str | None) -> str:
    text = cell_text(QUANTITIES["score"], c)
    share = is_share(str(c.side.jobs[0]["score_name"]))
    about = f" ±{half * 100:.2f}" if half and share else ""
    n = f"n={c.n}" if c.n < 3 else ""
    return ", ".join(filter(None, [text + about, n, wrong]))


# ---- marks ---- #


def _scores(view: View, frame: pl.DataFrame, grid: Grid) -> Drawing:
    t = theme(view)
    name = frame["score_name"][0]
    factor = 100.0 if is_share(name) else 1.0
    numbers = ("value", "least", "greatest", "noise_low", "noise_high", "chance")
    scaled = frame.with_columns(pl.col(c) * factor for c in numbers)
    scale, said = _scale(frame)
    better = "lower is better ←" if name in LOWER_SCORES else "higher is better →"
    unit = ", %" if factor == 100 else ""
    x = alt.X(
        "value:Q", title=f"{name.replace('_', ' ')}{unit}, {better}" + (f" ({said})" if said else ""),
        scale=alt.Scale(**scale), axis=alt.Axis(tickCount=6, domain=False),
    )  # fmt: skip
    marked = scaled.with_columns(
        colour=pl.when(pl.col("wrong").is_null())
        .then(pl.col("platform").map_elements(hue, return_dtype=pl.String))
        .otherwise(pl.lit(BAD)),
        lines=pl.col("evidence").map_elements(places, return_dtype=pl.String),
        said=pl.coalesce("note", pl.col("value").round_sig_figs(5).cast(pl.String)),
    )
    tooltip = tips(view, label="run", said="score", lines="lines")
    score, wrong = marked.filter(pl.col("mark") == "score"), pl.col("wrong").is_not_null()
    whiskers = (
        alt.Chart(data(score.filter((pl.col("n") == 1) & pl.col("items").is_not_null())))
        .mark_rule(strokeWidth=1.5)
        .encode(
            x=alt.X("least:Q", title=x["title"], scale=x["scale"], axis=x["axis"]), x2=alt.X2("greatest:Q"), y=grid.y,
            color=alt.Color("colour:N", scale=None),
        )
    )  # fmt: skip
    guessed = _chances_in(frame, scale)
    chance = alt.Chart(data(pl.DataFrame({"at": guessed}, schema={"at": pl.Float64}))).mark_rule(
        strokeDash=[5, 4], color=t.ink
    )
    crosses = (
        alt.Chart(data(score.filter(wrong)))
        .mark_point(shape="M-1,-1L1,1M1,-1L-1,1", size=70, color=BAD, strokeWidth=2.4, opacity=1)
        .encode(x=x, y=grid.y, tooltip=tooltip)
    )
    return grid.layered(
        band(view, score, grid, x),
        chance.encode(x=alt.X("at:Q", title=x["title"], scale=x["scale"], axis=x["axis"])),
        whiskers,
        *dots(view, score.filter(~wrong), marked.filter(pl.col("mark") == "run"), grid, x, tooltip),
        crosses,
        grid.labels(score),
        grid.notes(score),
    )


def _scale(frame: pl.DataFrame) -> tuple[dict[str, Any], str]:
    """As for rates; shares in per cent, from 0 to 100 where they are not close together."""
    share = is_share(frame["score_name"][0])
    bands = extent_or_none(frame, "noise_low", "noise_high")
    low, high = (e * (100.0 if share else 1.0) for e in with_bands(extent(frame, "value", "least", "greatest"), bands))
    least = (1.0 if share else 0.01 * abs(high)) - (high - low)
    if low != high and least > 0:  # what differs in the last digit is not spread over the whole axis
        low, high = low - least / 2, high + least / 2
    scale, said = spread_out(low, high, log=False)
    return ({"domain": [0, 100], "nice": False}, "") if share and not said else (scale, said)


def _chances_in(frame: pl.DataFrame, scale: dict[str, Any]) -> list[float]:
    """What guessing gives, on the axis, where it lies in the plot."""
    factor = 100.0 if is_share(frame["score_name"][0]) else 1.0
    low, high = scale["domain"]
    return [c * factor for c in frame["chance"].drop_nulls().unique() if low <= c * factor <= high]


def _signs(view: View, frame: pl.DataFrame) -> list[Sign]:
    t = theme(view)
    found = frame["platform"].unique()
    base = hue(found[0]) if len(found) == 1 else t.faint
    signs = [Sign("final score" if "run" not in frame["mark"] else "median of the runs", "circle", fill=base)]
    if frame["items"].drop_nulls().len():
        signs.append(Sign("95 % interval of the test items", "M-1,0L1,0", stroke=base))
    if frame["noise_low"].drop_nulls().len():
        signs.append(Sign("span of public runs", fill=t.band))
    if any(len(_chances_in(part, _scale(part)[0])) for part in frame.partition_by("block")):
        signs.append(Sign("what guessing gives", "M0,-1L0,1", stroke=t.ink, dash=(3, 2)))
    if frame["wrong"].drop_nulls().len():
        signs.append(Sign("went wrong", "M-1,-1L1,1M1,-1L-1,1", stroke=BAD))
    return signs


# ---- words ---- #


def _finding(frame: pl.DataFrame) -> str:
    scores = frame.filter(pl.col("mark") == "score")
    wrong = scores.filter(pl.col("wrong").is_not_null())
    if wrong.height:
        names = ", ".join(f"{named(r[0])} ({r[1]})" for r in wrong.select("label", "wrong").head(2).iter_rows())
        more = f" and {wrong.height - 2} more" if wrong.height > 2 else ""
        return f"{wrong.height} of {scores.height} scores went wrong: {names}{more}"
    banded = scores.filter(pl.col("noise_low").is_not_null())
    inside = banded.filter((pl.col("value") >= pl.col("noise_low")) & (pl.col("value") <= pl.col("noise_high")))
    if banded.height and scores.height > 1:
        all_of = "All" if inside.height == banded.height else f"{inside.height} of {banded.height}"
        return f"{all_of} scores lie in the span of public runs of their program"
    if scores.height == 1:
        row = scores.row(0, named=True)
        return f"{named(row['label'])}: {row['score_name'].replace('_', ' ')} {row['note']}"
    panels = scores["block"].n_unique()
    if panels == 1:
        name = scores["score_name"][0]
        low, high = (score_figure(name, float(v), None) for v in extent(scores, "value"))
        word = name.replace("_", " ").capitalize()
        return f"{word} {low} in all runs" if low == high else f"{word} from {low} to {high}"
    return f"Final scores of {scores.height} runs, of {panels} kinds that are not compared with each other"


def _bands(view: View) -> Iterator[str]:
    texts = dict.fromkeys(p.text for job in view.jobs if _is_scored(job) and (p := _public(job)) is not None)
    if texts:
        yield f"Grey: {'; '.join(list(texts)[:3])}."


def _chances(frame: pl.DataFrame) -> Iterator[str]:
    """What guessing gives: its rule may lie outside the plot."""
    for name, chance in frame.select("score_name", "chance").drop_nulls().unique(maintain_order=True).iter_rows():
        yield f"Guessing gives {score_figure(name, chance, None)}."


def _left_out(view: View) -> Iterator[str]:
    without = [job for job in view.jobs if not _is_scored(job)]
    if without:
        more = f" and {len(without) - 4} more" if len(without) > 4 else ""
        yield f"Not drawn, no score or no result: {', '.join(one_line(j.label) for j in without[:4])}{more}."
