"""How well did each run end, and is that better than chance?

What it needs
    A run with a final score.

What it shows
    A dot for each run, its final score, with a panel for each workload, type of score and data set. A line through the
    dot shows how far the score could vary with other test items (the 95 % binomial interval), where the number of items
    is known. Several runs of one side are small dots on a line from the lowest to the highest; of three or more, the
    large dot is the mean. More than 20 runs are a strip: each is a stroke, the large dot is the median, and the thick
    line its 95 % interval.

How to read it
    The arrow at the axis shows which direction is better. The grey band is the noise from which the verdict follows,
    around the baseline, which is the first row unless another is named: a dot in the band cannot be distinguished from
    the baseline. The dashed line is the score of guessing. A cross marks a run that went wrong: its score is no better
    than guessing, or far outside the range of public runs. Shares are in per cent. The text on the right gives the
    score, its difference from the baseline with the 95 % interval and the verdict, and n, the number of runs.

What it leaves out
    Runs without a score or without a result: the caption names them. Scores during training (see `loss`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from logparse.charts._vega import Drawing, channel, like
from logparse.charts._view import JobBlock, View, once
from logparse.comparison.compare import Row
from logparse.comparison.jobs import Job
from logparse.comparison.noise import half_width, items_of
from logparse.comparison.quantities import LOWER_SCORES
from logparse.comparison.sides import Side
from logparse.comparison.verdict import NOT_COMPARABLE, WITHIN
from logparse.comparison.wording import cell_text, verdict_text
from logparse.errors import NothingToDraw
from logparse.rendering.palette import BAD, hue
from logparse.schema import LOCATIONS
from logparse.text.labels import shortened
from logparse.text.numbers import is_share, score_figure
from logparse.text.terminal import one_line

TAKES = ("baseline",)
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
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "verdict": pl.String,
    "reason": pl.String,
    "noise_low": pl.Float64,
    "noise_high": pl.Float64,
    "noise": pl.String,
    "chance": pl.Float64,
    "wrong": pl.String,
    "note": pl.String,
    "evidence": LOCATIONS,
}
"""mark: `score` (the value of a row, or the mean of its runs), `run` (one of several) or `median` (of more than 20).
least, greatest: the binomial interval of one run over `items` items, the range of several runs, or the 95 % interval of
their median. difference, low, high: from the baseline, with the 95 % interval. reason: why the row is not comparable.
noise_low, noise_high: the noise around the baseline. wrong: `at chance` or `outlier`."""


@once
def rows(view: View) -> pl.DataFrame:
    """One row for each mark: `ROWS`."""
    found = [r for number, block in enumerate(_blocks(view)[0]) for r in _block_rows(view, number, block)]
    return pl.DataFrame(found, schema=ROWS)


def chart(view: View) -> Drawing:
    """Dots of scores, with the noise around the baseline and the score of guessing."""
    frame = rows(view)
    blocks, more = _blocks(view)
    if not frame.height:
        raise NothingToDraw("no completed run states a score such as accuracy")
    width, size = float(view.options.width or WIDTH), theme(view).size
    edge = gutter(view, frame["label"])
    drawn: list[Drawing] = []
    counts = dict(frame.group_by("block").agg(pl.col("row").n_unique()).iter_rows())
    alone = [number for number, count in counts.items() if count == 1] if len(blocks) > 1 else []
    for number, block in enumerate(blocks):
        if number in alone:
            continue
        part = frame.filter(pl.col("block") == number)
        grid = RowGrid(view, part["row"].n_unique(), width, edge)
        drawn.append(_scores(view, part, grid).properties(title=heading(view, _named(view, block))))
    if alone:
        single = frame.filter((pl.col("mark") == "score") & pl.col("block").is_in(alone)).with_columns(
            workload=pl.col("block").map_elements(lambda n: _named(view, blocks[n]), return_dtype=pl.String),
            note=pl.format(
                "{} {}", pl.col("score_name").str.replace_all("_", " "), pl.col("note").str.replace(", n=1", "")
            ),
        )
        drawn.append(table(view, single, width, edge))
    body = tiled(drawn)
    whole = edge + width + max(text_width(note, size) for note in frame["note"].drop_nulls()) + 16
    if strip := legend(view, _legend_entries(view, frame), whole - edge):
        body = tiled([strip, body], row=14)
    notes = [
        *([STRIPS] if "median" in frame["mark"] else []),
        *_bands(frame),
        *_chances(frame),
        *_left_out(view),
        *more,
    ]
    drawn_jobs = [job for block in blocks for job in block.jobs]
    caption = Caption(notes, drawn_jobs, ("score", "accuracy"))
    return framed(view, body, whole, _finding(view, frame), (), caption)


def _named(view: View, block: JobBlock) -> str:
    """`cerebras: mnist, training, fashion`: the workload and the data set."""
    dataset = f", {one_line(block.keys[3])}" if block.keys[3] and block.keys[3] != block.keys[0] else ""
    return workload_title(view.ledger, block) + dataset


# ---- rows ---- #


@once
def _blocks(view: View) -> tuple[Sequence[JobBlock], list[str]]:
    scored = [job for job in view.jobs if _is_scored(job)]
    return in_room(view, view.blocks("workload", "task", "score_name", "dataset", jobs=scored), gathered=True)


def _is_scored(job: Job) -> bool:
    return job.has_result and job["score"] is not None and job["score_name"] is not None


def _block_rows(view: View, number: int, block: JobBlock) -> Iterator[dict[str, Any]]:
    sides = block.sides
    labels = labelled(view, sides, len(platforms(sides)) > 1)
    found = compared_row(view, "score", sides)
    assert found is not None, "every job of the block has a score"
    row, first_row = found
    base = row.cells[first_row].mean
    for index, (side, label, c, verdict) in enumerate(zip(sides, labels, row.cells, row.verdicts, strict=True)):
        low, high = verdict.interval if verdict and verdict.interval else (None, None)
        name, first = str(block.keys[2]), side.jobs[0]
        items = items_of(view.ledger, first) if c.n == 1 else None
        half = half_width(c.numbers[0], items) if items and 0 <= c.numbers[0] <= 1 else None
        noise = noise_size(verdict)
        chance = _chance(view, first)
        common = {
            "block": number, "row": index, "label": label, "platform": platform_of(side), "score_name": name,
        }  # fmt: skip
        yield {
            **common,
            "mark": "score",
            "run": first.id if c.n == 1 else None,
            "value": c.mean,
            "least": c.numbers[0] - half if half else min(c.numbers),
            "greatest": c.numbers[0] + half if half else max(c.numbers),
            "n": c.n,
            "items": items,
            "difference": verdict.difference if verdict else None,
            "low": low,
            "high": high,
            "verdict": verdict.word if verdict else None,
            "reason": verdict.reason if verdict else None,
            "noise_low": base - noise if base is not None and noise else None,
            "noise_high": base + noise if base is not None and noise else None,
            "noise": f"{verdict.noise.kind}: {verdict.noise.text}" if noise and verdict and verdict.noise else None,
            "chance": chance,
            "wrong": _wrong(view, side),
            "note": _note(view, row, index, half, _wrong(view, side)),
            "evidence": list(c.locations),
        }
        if c.n > 1:
            yield from ({**common, "mark": "run", "value": v.value, "evidence": list(v.locations)} for v in c.values)
        if c.n > STRIP:
            yield {**common, "mark": "median", **median_of(c.numbers), "n": c.n, "evidence": list(c.locations)}


def _chance(view: View, job: Job) -> float | None:
    """The score of guessing, where the grammar states it for the data set."""
    grammar = view.ledger.grammars.get(str(job["platform"]))
    if grammar is None or job["score_name"] != "accuracy":
        return None
    return grammar.chance.get(job["dataset"] or "")


def _wrong(view: View, side: Side) -> str | None:
    """What the findings say about the score of these runs."""
    ids = {job.id for job in side.jobs}
    for name, word in (("at-chance", "at chance"), ("outlier", "outlier")):
        found = view.findings.filter(pl.col("name") == name)
        if any(
            ids & set(runs) and {"score", "accuracy"} & set(quantities)
            for runs, quantities in found.select("runs", "quantities").iter_rows()
        ):
            return word
    return None


def _note(view: View, row: Row, index: int, half: float | None, wrong: str | None) -> str:
    c, verdict = row.cells[index], row.verdicts[index]
    text = cell_text(row.quantity, c)
    share = is_share(str(c.side.jobs[0]["score_name"]))
    words = [text + (f" ±{half * 100:.2f}" if half and share else "")]
    if verdict is None:
        words += ["baseline"] if len(row.cells) > 1 else []
    elif verdict.word == NOT_COMPARABLE:
        words.append(fitted_sentence(f"not comparable: {verdict.reason}", 330, theme(view).size))
    else:
        words.append(verdict_text(row, verdict))
    n = f"n={c.n}" if c.n < 3 else ""
    return ", ".join(filter(None, [*words, n, wrong]))


# ---- marks ---- #


def _scores(view: View, frame: pl.DataFrame, grid: RowGrid) -> Drawing:
    t = theme(view)
    name = frame["score_name"][0]
    factor = 100.0 if is_share(name) else 1.0
    numbers = ("value", "least", "greatest", "noise_low", "noise_high", "chance")
    scaled = frame.with_columns(pl.col(c) * factor for c in numbers)
    scale, remark = _scale(frame)
    better = "lower is better ←" if name in LOWER_SCORES else "higher is better →"
    unit = ", %" if factor == 100 else ""
    x = channel(
        "value:Q", title=f"{name.replace('_', ' ')}{unit}, {better}" + (f" ({remark})" if remark else ""),
        scale={**scale}, axis={"tickCount": 6, "domain": False},
    )  # fmt: skip
    marked = scaled.with_columns(
        colour=pl.when(pl.col("wrong").is_null())
        .then(pl.col("platform").map_elements(hue, return_dtype=pl.String))
        .otherwise(pl.lit(BAD)),
        lines=pl.col("evidence").map_elements(places, return_dtype=pl.String),
        display=pl.coalesce("note", pl.col("value").round_sig_figs(5).cast(pl.String)),
    )
    tooltip = tips(view, label="run", display="score", lines="lines")
    score, wrong = marked.filter(pl.col("mark") == "score"), pl.col("wrong").is_not_null()
    whiskers = (
        Drawing.of(score.filter((pl.col("n") == 1) & pl.col("items").is_not_null()))
        .mark("rule", strokeWidth=1.5)
        .encode(
            x=like(x, "least"), x2="greatest:Q", y=grid.y,
            color=channel("colour:N", scale=None),
        )
    )  # fmt: skip
    guessed = _chances_in(frame, scale)
    chance = Drawing.of(pl.DataFrame({"at": guessed}, schema={"at": pl.Float64})).mark(
        "rule", strokeDash=[5, 4], color=t.ink
    )
    crosses = (
        Drawing.of(score.filter(wrong))
        .mark("point", shape="M-1,-1L1,1M1,-1L-1,1", size=70, color=BAD, strokeWidth=2.4, opacity=1)
        .encode(x=x, y=grid.y, tooltip=tooltip)
    )
    return grid.layered(
        band(view, score, grid, x),
        chance.encode(x=like(x, "at")),
        whiskers,
        *dots(view, score.filter(~wrong), marked, grid, x, tooltip),
        crosses,
        grid.labels(score),
        grid.notes(score),
    )


def _scale(frame: pl.DataFrame) -> tuple[dict[str, Any], str]:
    """As for throughputs; shares are in per cent, on an axis from 0 to 100 unless they are close together or small."""
    share = is_share(frame["score_name"][0])
    bands = extent_or_none(frame, "noise_low", "noise_high")
    low, high = (e * (100.0 if share else 1.0) for e in with_bands(extent(frame, "value", "least", "greatest"), bands))
    least = (1.0 if share else 0.01 * abs(high)) - (high - low)
    if low != high and least > 0:  # a difference in the last digit must not fill the axis
        low, high = low - least / 2, high + least / 2
    scale, remark = spread_out(low, high, log=False)
    return ({"domain": [0, 100], "nice": False}, "") if share and not remark and high >= 50 else (scale, remark)


def _chances_in(frame: pl.DataFrame, scale: dict[str, Any]) -> list[float]:
    """The scores of guessing that lie within the axis."""
    factor = 100.0 if is_share(frame["score_name"][0]) else 1.0
    low, high = scale["domain"]
    return [c * factor for c in frame["chance"].drop_nulls().unique() if low <= c * factor <= high]


def _legend_entries(view: View, frame: pl.DataFrame) -> list[LegendEntry]:
    t = theme(view)
    found = frame["platform"].unique()
    base = hue(found[0]) if len(found) == 1 else t.faint
    few = frame.filter((pl.col("mark") == "score") & pl.col("n").is_between(2, STRIP))["n"].to_list()
    means = any(n > 2 for n in few)
    entries = [LegendEntry("final score" + ("; of three or more runs the mean" if means else ""), "circle", fill=base)]
    if few:
        entries.append(LegendEntry("one run; the line is their range", "M-1,0L1,0", stroke=base))
    if "median" in frame["mark"]:
        entries += strip_entries(base)
    if frame["items"].drop_nulls().len():
        entries.append(LegendEntry("95 % interval of the test items", "M-1,0L1,0", stroke=base))
    if frame["noise_low"].drop_nulls().len():
        entries.append(LegendEntry("known noise around the baseline", fill=t.band))
    if any(len(_chances_in(part, _scale(part)[0])) for part in frame.partition_by("block")):
        entries.append(LegendEntry("score of guessing", "M0,-1L0,1", stroke=t.ink, dash=(3, 2)))
    if frame["wrong"].drop_nulls().len():
        entries.append(LegendEntry("went wrong", "M-1,-1L1,1M1,-1L-1,1", stroke=BAD))
    return entries


# ---- words ---- #


def _finding(view: View, frame: pl.DataFrame) -> str:
    scores = frame.filter(pl.col("mark") == "score")
    wrong = scores.filter(pl.col("wrong").is_not_null())
    if wrong.height:
        pairs = zip(title_labels(view, wrong["label"].to_list()), wrong["wrong"], strict=True)
        names = shortened([f"{label} ({word})" for label, word in pairs], 2)
        return f"{wrong.height} of {scores.height} scores went wrong: {names}"
    judged = scores.filter(pl.col("verdict").is_not_null() & (pl.col("verdict") != NOT_COMPARABLE))
    if judged.height:
        inside = judged.filter(pl.col("verdict") == WITHIN).height
        counted = "The" if inside == judged.height else "None of the" if not inside else f"{inside} of the"
        word = "score is" if judged.height == 1 else "scores are"
        others = f"{judged.height} other " if judged.height > 1 else "other "
        return f"{counted} {others}{word} within noise of the baseline"
    if scores.height == 1:
        row = scores.row(0, named=True)
        return f"{title_labels(view, [row['label']])[0]}: {row['score_name'].replace('_', ' ')} {row['note']}"
    panels = scores["block"].n_unique()
    if panels == 1:
        name = scores["score_name"][0]
        low, high = (score_figure(name, float(v), None) for v in extent(scores, "value"))
        word = name.replace("_", " ").capitalize()
        return f"{word} {low} in all runs" if low == high else f"{word} from {low} to {high}"
    return f"Final scores of {scores.height} runs, of {panels} types that are not comparable with each other"


def _bands(frame: pl.DataFrame) -> Iterator[str]:
    texts = frame["noise"].drop_nulls().unique(maintain_order=True).to_list()
    if texts:
        yield f"Noise: {shortened(texts, 2, '; ')}."


def _chances(frame: pl.DataFrame) -> Iterator[str]:
    """The scores of guessing, whose lines may lie outside the plot."""
    for name, chance in frame.select("score_name", "chance").drop_nulls().unique(maintain_order=True).iter_rows():
        yield f"Guessing scores {score_figure(name, chance, None)}."


def _left_out(view: View) -> Iterator[str]:
    without = [job for job in view.jobs if not _is_scored(job)]
    if without:
        yield f"Not drawn (no score or no result): {shortened([one_line(job.label) for job in without], 4)}."
