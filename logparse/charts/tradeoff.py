"""How does quality trade off against time?

What it needs
    A run with a final score or loss, and a time.

What it shows
    Each run as a dot: its final score against a clock, with a panel for each workload and type of score. The clock is
    training alone (unless another clock is chosen); for inference it is the latency. Where a workload has no score, its
    final loss is used.

How to read it
    The arrow points to the better corner. Several runs of one side are one dot at their means (geometric for times).
    The lines through a dot are the 95 % intervals of both means, where repeats of the program are known. The stepped
    line is the Pareto front: it joins the runs that no other run beats in both. It is drawn only through three or more
    runs that are all comparable with each other; for training, these are runs that saw the same samples. Losses and
    times at different numbers of samples are not ranked; the panel says so. A thin line leads from a dot to a name that
    has no room next to it. In a panel of more than 20 dots, they are small, have no lines, and only those on the front
    have names.

What it leaves out
    Runs without a result, a score or a time, and runs that are alone in their panel when others are not: the caption
    names them. The significance of each difference (see `ratio`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, TypeAlias

import polars as pl

from logparse.charts._panel import (
    AROUND,
    ROOM,
    STRIP,
    LegendEntry,
    capped,
    extent,
    heading,
    legend,
    platform_of,
    rank_notes,
    workload_title,
)
from logparse.charts._theme import (
    Caption,
    distinct_labels,
    fitted_sentence,
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
from logparse.comparison.jobs import Job
from logparse.comparison.noise import interval
from logparse.comparison.quantities import CLOCKS, LOWER_SCORES, QUANTITIES, Quantity
from logparse.comparison.refusal import refusal
from logparse.comparison.sides import Side, SideValues, side_values
from logparse.comparison.verdict import UNKNOWN, WITHIN, verdict
from logparse.comparison.wording import cell_text
from logparse.errors import NothingToDraw
from logparse.rendering.palette import hue
from logparse.schema import LOCATIONS
from logparse.text.labels import shortened
from logparse.text.numbers import is_share
from logparse.text.terminal import one_line

TAKES = ("clock",)
_WIDTH, _HEIGHT = 330, 230
ROWS: dict[str, Any] = {
    "block": pl.UInt32,
    "label": pl.String,
    "run": pl.String,
    "platform": pl.String,
    "clock": pl.String,
    "time_s": pl.Float64,
    "time_least": pl.Float64,
    "time_greatest": pl.Float64,
    "time_low": pl.Float64,
    "time_high": pl.Float64,
    "score_name": pl.String,
    "score": pl.Float64,
    "score_least": pl.Float64,
    "score_greatest": pl.Float64,
    "score_low": pl.Float64,
    "score_high": pl.Float64,
    "n": pl.UInt32,
    "best": pl.Boolean,
    "level": pl.Boolean,
    "apart": pl.String,
    "note": pl.String,
    "evidence": LOCATIONS,
}
"""clock: `train_s`, `result_s`, `wall_s` or `latency_s`. time_s, score: the means (geometric for times) of several
runs, with their range from least to greatest and their 95 % interval from low to high. best: whether the run is on the
Pareto front; null if fewer than three runs are comparable. level: whether it is within noise, or within unknown noise,
of the fastest run of the front in both score and time. apart: why it is not in the largest set of mutually comparable
runs of its panel."""


@once
def rows(view: View) -> pl.DataFrame:
    """One row per dot: `ROWS`."""
    return pl.DataFrame([r for i, b in enumerate(_blocks(view)[0]) for r in _block_rows(view, i, b)], schema=ROWS)


def chart(view: View) -> Drawing:
    """Scores against a clock."""
    frame = rows(view)
    blocks, more = _blocks(view)
    if not frame.height:
        raise NothingToDraw("no completed run states both a score (or loss) and a time")
    one = 1.35 if len(blocks) == 1 else 1.0
    size = (float(view.options.width or _WIDTH * one), float(view.options.height or _HEIGHT * one))
    drawn: list[Drawing] = []
    for number, block in enumerate(blocks):
        part = frame.filter(pl.col("block") == number)
        title = heading(view, workload_title(view.ledger, block), _unranked(part))
        drawn.append(_panel(view, part, size).properties(title=title))
    columns = 1 if len(drawn) == 1 else 2
    body = tiled(drawn, columns, row=30, column=40)
    whole = max(columns * (size[0] + 90), 560.0)
    if strip := legend(view, _legend_entries(view, frame), whole):
        body = tiled([strip, body], row=14)
    clocks = dict.fromkeys(frame["clock"])
    meant = "; ".join(f"{c.removesuffix('_s')}: {CLOCKS.get(c.removesuffix('_s'), 'of one inference')}" for c in clocks)
    notes = [f"Clock: {meant}.", *_means(frame), *_left_out(view), *view.left_over(blocks), *more]
    caption = Caption(notes, [job for b in blocks for job in b.jobs], ("score", "accuracy", "loss", *clocks))
    return framed(view, body, whole, _finding(view, frame), (), caption)


# ---- rows ---- #


def _blocks(view: View) -> tuple[Sequence[JobBlock], list[str]]:
    """The panels that are drawn, and a sentence on the rest."""
    found = _found(view)
    lines = max(1, int(ROOM / ((view.options.height or _HEIGHT) + AROUND + 18)))
    # Two panels are next to each other.
    kept, more = capped(view, [block.jobs for block in found], [ROOM / lines / 2] * len(found))
    return [found[i] for i in kept], more


@once
def _found(view: View) -> list[JobBlock]:
    """Jobs with a score and a time, by workload, task, type of score and data set."""
    found: list[JobBlock] = []
    for block in view.blocks("workload", "task", jobs=[job for job in view.jobs if job.has_result]):
        scored = [job for job in block.jobs if job["score"] is not None and _time(view, job).values]
        losses = [job for job in block.jobs if job["loss"] is not None and _time(view, job).values]
        if scored:
            for part in view.blocks("score_name", "dataset", jobs=scored):
                found.append(JobBlock((*block.keys, *part.keys), part.jobs))
        elif losses:
            found.append(JobBlock((*block.keys, "loss", None), tuple(losses)))
    # A panel of one run shows no trade-off.
    return [block for block in found if len(block.jobs) > 1] or found


def _clock(view: View, job: Job) -> Quantity:
    name = view.options.clock
    return QUANTITIES[f"{name}_s" if name else "latency_s" if job["task"] == "inference" else "train_s"]


def _time(view: View, job: Job) -> SideValues:
    return side_values(view.ledger, _clock(view, job), Side(job.label, (job,)))


def _block_rows(view: View, number: int, block: JobBlock) -> Iterator[dict[str, Any]]:
    name = str(block.keys[2])
    quantity = QUANTITIES["loss" if name == "loss" else "score"]
    sides = view.rows_of(block.jobs)
    clock = _clock(view, block.jobs[0])
    pairs = [(side_values(view.ledger, clock, side), side_values(view.ledger, quantity, side)) for side in sides]
    apart = _apart(view, (clock, quantity), pairs)
    best = _best([(t.mean, s.mean) if a is None else None for (t, s), a in zip(pairs, apart, strict=True)], name)
    front = min((i for i, b in enumerate(best) if b), key=lambda i: pairs[i][0].mean or 0.0, default=None)
    for (times, scores), reason, is_best, ranks in zip(pairs, apart, best, rank_notes(view, sides), strict=True):
        level = None
        if front is not None and is_best is not None:
            level = all(
                _level(view, q, pairs[front][i], c) for i, (q, c) in enumerate(((clock, times), (quantity, scores)))
            )
        side = times.side
        time_low, time_high = interval(view.ledger, clock, times) or (None, None)
        score_low, score_high = interval(view.ledger, quantity, scores) or (None, None)
        yield {
            "block": number,
            "label": f"{one_line(side.label)}{ranks}",
            "run": side.jobs[0].id if len(side.jobs) == 1 else None,
            "platform": platform_of(side),
            "clock": clock.name,
            "time_s": times.mean,
            "time_least": min(times.numbers),
            "time_greatest": max(times.numbers),
            "time_low": time_low,
            "time_high": time_high,
            "score_name": name,
            "score": scores.mean,
            "score_least": min(scores.numbers),
            "score_greatest": max(scores.numbers),
            "score_low": score_low,
            "score_high": score_high,
            "n": min(times.n, scores.n),
            "best": is_best,
            "level": level,
            "apart": reason,
            "note": f"{cell_text(quantity, scores)} after {cell_text(clock, times)}",
            "evidence": list(dict.fromkeys((*scores.locations, *times.locations))),
        }


def _apart(
    view: View, quantities: tuple[Quantity, Quantity], pairs: Sequence[tuple[SideValues, SideValues]]
) -> list[str | None]:
    """Why each pair of time and score is not in the largest set of mutually comparable pairs, whatever their order."""

    @cache
    def why(a: int, b: int) -> str | None:
        refused = (refusal(view.ledger, q, x, y) for q, x, y in zip(quantities, pairs[a], pairs[b], strict=True))
        return next((r.text for r in refused if r), None) or _other_samples(view, pairs[a][0], pairs[b][0])

    groups: list[list[int]] = []
    for i in sorted(range(len(pairs)), key=lambda i: (pairs[i][0].mean or 0.0, pairs[i][0].side.label)):
        alone = why(i, i)
        group = next((g for g in groups if not alone and all(why(j, i) is None for j in g)), None)
        if group is None:
            groups.append([i])
        else:
            group.append(i)
    most = max(groups, key=len)
    return [
        why(i, i) if i in most else next(filter(None, (why(j, i) for j in most)), None) or why(i, i)
        for i in range(len(pairs))
    ]


def _other_samples(view: View, a: SideValues, b: SideValues) -> str | None:
    """Why one line must not join both: the run that trained on more samples may be better, and slower."""
    seen = [{view.ledger.value(job, "samples").value for job in c.side.jobs} - {None} for c in (a, b)]
    if not all(seen) or seen[0] == seen[1] or any(job["task"] != "train" for c in (a, b) for job in c.side.jobs):
        return None
    return f"samples seen differ ({' and '.join(', '.join(f'{n:,}' for n in sorted(numbers)) for numbers in seen)})"


def _best(points: Sequence[tuple[float | None, float | None] | None], name: str) -> list[bool | None]:
    """Which of the comparable points are on the Pareto front: no other is better in both time and score."""
    sign = -1.0 if _is_lower(name) else 1.0
    oriented = [(p[0], sign * p[1]) if p and p[0] is not None and p[1] is not None else None for p in points]
    known = [p for p in oriented if p is not None]
    if len(known) < 3:
        return [None] * len(points)
    return [
        None if p is None else not any(q != p and q[0] <= p[0] and q[1] >= p[1] for q in known) for p in oriented
    ]  # fmt: skip


def _level(view: View, quantity: Quantity, a: SideValues, b: SideValues) -> bool:
    """Whether the two are not known to differ."""
    return verdict(view.ledger, quantity, a, b).word in (WITHIN, UNKNOWN)


def _is_lower(name: str) -> bool:
    return name in LOWER_SCORES


# ---- marks ---- #


def _panel(view: View, frame: pl.DataFrame, size: tuple[float, float]) -> Drawing:
    t = theme(view)
    name, clock = frame["score_name"][0], frame["clock"][0]
    share, short = is_share(name), float(frame["time_greatest"].max()) < 0.1  # type: ignore[arg-type]
    times, scores = ("time_s", "time_low", "time_high"), ("score", "score_low", "score_high")
    scaled = frame.with_columns(
        *(pl.col(c) * (1e3 if short else 1.0) for c in times),
        *(pl.col(c) * (100.0 if share else 1.0) for c in scores),
        colour=pl.col("platform").map_elements(hue, return_dtype=pl.String),
        lines=pl.col("evidence").map_elements(places, return_dtype=pl.String),
        display=pl.when(pl.col("n") < 3).then(pl.format("{}, n={}", "note", "n")).otherwise("note"),
    )
    across, up = _room(scaled, times, 0.16), _room(scaled, scores, 0.16, 1.0 if share else 0.0)
    up = (up[0], min(up[1], 104.0)) if share else up
    word = "latency" if clock == "latency_s" else f"{clock.removesuffix('_s')} clock"
    better = "lower is better ↓" if _is_lower(name) else "higher is better ↑"
    x = channel(
        "time_s:Q", title=f"{word}, {'ms' if short else 's'}, ← less is better", scale=_linear(across),
        axis={"tickCount": 5, "domain": False},
    )  # fmt: skip
    y = channel(
        "score:Q", title=f"{name.replace('_', ' ')}{', %' if share else ''}, {better}", scale=_linear(up),
        axis={"tickCount": 5, "domain": False, "minExtent": 34},
    )  # fmt: skip
    colour = channel("colour:N", scale=None)
    is_crowded = scaled.height > STRIP
    edge = {"stroke": t.paper, "strokeWidth": 0.4 if is_crowded else 0.8}
    rule = Drawing.of(scaled.clear() if is_crowded else scaled).mark("rule", strokeWidth=1.5)
    front = scaled.filter(pl.col("best").fill_null(False)).sort("time_s")
    line = Drawing.of(front if front.height > 1 else front.clear()).mark(
        "line", interpolate="step-after", color=t.faint, strokeWidth=t.stroke, strokeDash=[2, 2]
    )
    low = _is_lower(name)
    corner = Drawing.of(pl.DataFrame({"text": ["better"]})).encode(y=pixels(size[1] - 10 if low else 10))
    outline = {"stroke": t.faint, "strokeWidth": t.stroke}
    texts, unnamed = _placed(scaled, across, up, size, t.size - 1, is_crowded)
    at = {"x": channel("px:Q", scale=None, axis=None), "y": channel("py:Q", scale=None, axis=None), "text": "text:N"}
    labels = [
        Drawing.of(texts).mark("text", align="left", baseline="middle", fontSize=t.size - 1, **look).encode(**at)
        for look in ({"color": t.paper, "stroke": t.paper, "strokeWidth": 4}, {"color": t.ink})
    ]
    leaders = Drawing.of(texts.filter(pl.col("tx").is_not_null())).mark("rule", color=t.faint, strokeWidth=0.8)
    ends = {"x2": "tx:Q", "y2": "ty:Q"}
    drawn: Drawing = layer(
        line.encode(x=x, y=y),
        leaders.encode(x=channel("dx:Q", scale=None, axis=None), y=channel("dy:Q", scale=None, axis=None), **ends),
        labels[0],
        rule.encode(x=like(x, "time_low"), x2="time_high:Q", y=y, color=colour),
        rule.encode(x=x, y=like(y, "score_low"), y2="score_high:Q", color=colour),
        Drawing.of(scaled)
        .mark("point", filled=True, size=30 if is_crowded else 70, opacity=0.7 if is_crowded else 1, **edge)
        .encode(x=x, y=y, color=colour, tooltip=tips(view, label="run", display="score and time", lines="lines")),
        labels[1],
        corner.mark("point", shape=_DOWN if low else _UP, size=28, opacity=1, **outline).encode(x=pixels(10)),
        corner.mark("text", align="left", baseline="middle", color=t.faint).encode(x=pixels(20), text="text:N"),
        *([_unnamed(view, unnamed, size)] if unnamed else []),
        width=size[0],
        height=size[1],
    )  # fmt: skip
    return drawn


_UP, _DOWN = "M1,1L-1,-1M0.2,-1L-1,-1L-1,0.2", "M1,-1L-1,1M0.2,1L-1,1L-1,-0.2"
"""Arrows to the upper left and the lower left."""


def _unnamed(view: View, count: int, size: tuple[float, float]) -> Drawing:
    text = f"{count} more without a label"
    look: dict[str, Any] = {
        "align": "right",
        "baseline": "bottom",
        "color": theme(view).faint,
        "fontSize": theme(view).size - 2,
    }
    made: Drawing = (
        Drawing.of(pl.DataFrame({"text": [text]}))
        .mark("text", **look)
        .encode(x=pixels(size[0] - 4), y=pixels(size[1] - 4), text="text:N")
    )
    return made


def _room(frame: pl.DataFrame, columns: Sequence[str], share: float, least: float = 0.0) -> tuple[float, float]:
    """The ends of an axis for these values: with a margin, and at least `least` apart."""
    low, high = extent(frame, *columns)
    span = max(high - low, least, 0.02 * abs(high), 1e-12)
    middle = (low + high) / 2
    ends = (middle - span * (0.5 + share), middle + span * (0.5 + share))
    return (0.0 if low >= 0 > ends[0] else ends[0], ends[1])


def _linear(ends: tuple[float, float]) -> dict[str, Any]:
    return {"domain": list(ends), "nice": False, "zero": False}


_PLACED: dict[str, Any] = {"text": pl.String, **dict.fromkeys(("px", "py", "dx", "dy", "tx", "ty"), pl.Float64)}
"""A label at px, py; where that is not clearly next to its dot (dx, dy), a line leads from it to tx, ty."""
Box: TypeAlias = tuple[float, float, float, float]


def _placed(
    frame: pl.DataFrame,
    across: tuple[float, float],
    up: tuple[float, float],
    size: tuple[float, float],
    font: float,
    is_crowded: bool = False,
) -> tuple[pl.DataFrame, int]:
    """`_PLACED` of each label that covers nothing, and the number of dots without one.

    is_crowded: only the Pareto front has labels, and there are no lines through dots.
    """

    def at(x: float, y: float) -> tuple[float, float]:
        return (x - across[0]) / (across[1] - across[0]) * size[0], (1 - (y - up[0]) / (up[1] - up[0])) * size[1]

    points = [at(x, y) for x, y in frame.select("time_s", "score").iter_rows()]
    wanted = [i for i, best in enumerate(frame["best"]) if best or not is_crowded]
    taken: list[Box] = [(px - 5, py - 5, px + 5, py + 5) for px, py in points]
    taken.append((0, 0, 60, 16) if not _is_lower(frame["score_name"][0]) else (0, size[1] - 16, 60, size[1]))
    if len(points) > len(wanted) or len(points) > _MANY:
        taken.append((size[0] - 140, size[1] - 16, size[0], size[1]))
    lines = [] if is_crowded else list(_intervals(frame, at))
    out: list[tuple[Any, ...]] = []
    without: list[int] = []
    names = distinct_labels(frame["label"].to_list(), 170, font)
    # Labels next to their dots come first; leader lines avoid them.
    for leading in (False, True):
        for index in without if leading else wanted:
            (px, py), text = points[index], names[index]
            for box in _spots((px, py), text_width(text, font), font, leading):
                end = (min(max(px, box[0]), box[2]), min(max(py, box[1]), box[3]))
                inside = box[0] >= -2 and box[2] <= size[0] + 70 and box[1] >= 0 and box[3] <= size[1]
                covers = any(_overlap(box, other) for other in taken) or any(_crossed(box, *line) for line in lines)
                if not inside or covers or not (leading or _is_beside(box, (px, py), points)):
                    continue
                if leading and any(_crossed(other, (px, py), end) for other in taken if not _holds(other, px, py)):
                    continue
                taken.append(box)
                lines += [((px, py), end)] if leading else []
                out.append((text, box[0], (box[1] + box[3]) / 2, px, py, *(end if leading else (None, None))))
                break
            else:
                if leading:
                    continue
                without.append(index)
    return pl.DataFrame(out, schema=_PLACED, orient="row"), len(points) - len(out)


_MANY = 8
"""Dots of a panel up to which all have labels."""
Line: TypeAlias = tuple[tuple[float, float], tuple[float, float]]


def _intervals(frame: pl.DataFrame, at: Callable[[float, float], tuple[float, float]]) -> Iterator[Line]:
    """The lines through the dots, in pixels."""
    for time, score, time_low, time_high, score_low, score_high in frame.select(
        "time_s", "score", "time_low", "time_high", "score_low", "score_high"
    ).iter_rows():
        if time_low is not None:
            yield at(time_low, score), at(time_high, score)
        if score_low is not None:
            yield at(time, score_low), at(time, score_high)


def _spots(dot: tuple[float, float], wide: float, font: float, leading: bool) -> Iterator[Box]:
    """Candidate places for the label of a dot, the best first."""
    (px, py), half = dot, font / 2 + 1
    beside = (0, -9, 9, -16, 16) if not leading else (-20, 20, -34, 34, -48, 48, -62, 62, -76, 76)
    near = [(px + 8, py + dy) for dy in beside] + [(px - 8 - wide, py + dy) for dy in beside]
    over = (-13, 13) if not leading else (-25, 25, -39, 39, -53, 53)
    for x, y in [*near, *((px - wide / 2, py + dy) for dy in over)]:
        yield (x, y - half, x + wide, y + half)


def _is_beside(box: Box, dot: tuple[float, float], points: Sequence[tuple[float, float]]) -> bool:
    """Whether the label clearly belongs to this dot and to no other."""
    distance = _away(box, dot)
    return all(math.dist(dot, other) < 1 or _away(box, other) >= distance + 8 for other in points)


def _away(box: Box, dot: tuple[float, float]) -> float:
    """Distance from a box to a dot, in pixels."""
    return math.hypot(max(box[0] - dot[0], 0, dot[0] - box[2]), max(box[1] - dot[1], 0, dot[1] - box[3]))


def _holds(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _crossed(box: Box, start: tuple[float, float], end: tuple[float, float]) -> bool:
    """Whether a line crosses a box, tested at points two pixels apart."""
    steps = max(2, round(math.dist(start, end) / 2))
    shares = (i / steps for i in range(steps + 1))
    return any(_holds(box, *(a + (b - a) * share for a, b in zip(start, end, strict=True))) for share in shares)


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _legend_entries(view: View, frame: pl.DataFrame) -> list[LegendEntry]:
    t = theme(view)
    found = frame["platform"].unique(maintain_order=True)
    entries = [LegendEntry(p, "circle", fill=hue(p)) for p in found] if len(found) > 1 else []
    if frame.filter(pl.col("best").fill_null(False)).group_by("block").len().filter(pl.col("len") > 1).height:
        entries.append(LegendEntry("Pareto front", "M-1,0L1,0", stroke=t.faint, dash=(2, 2)))
    return entries


# ---- words ---- #


def _unranked(frame: pl.DataFrame) -> str:
    """Why the runs of a panel are not ranked; empty if they are."""
    reasons = frame["apart"].drop_nulls().unique(maintain_order=True)
    if not len(reasons):
        return ""
    text = reasons[0].partition(":")[0]
    ranking = "not all ranked" if frame["best"].is_not_null().any() else "not ranked"
    return fitted_sentence(f"{ranking}: {text}", 400, 11)


def _finding(view: View, frame: pl.DataFrame) -> str:
    ranked = frame.filter(pl.col("best").is_not_null())
    what = "loss" if set(frame["score_name"]) == {"loss"} else "score"
    if not ranked.height:
        if frame.height == 1:
            row = frame.row(0, named=True)
            return f"{title_labels(view, [row['label']])[0]}: {row['score_name'].replace('_', ' ')} {row['note']}"
        return f"{_counted(frame)}, of which too few can be ranked by {what} and time"
    most = ranked.group_by("block", maintain_order=True).len().sort("len", descending=True)["block"][0]
    panel = ranked.filter(pl.col("block") == most)
    if panel["level"].all():
        return f"The {panel.height} runs that can be ranked do not differ in {what} or time beyond the known noise"
    best = panel.filter(pl.col("best")).sort("time_s")
    near = panel.filter(~pl.col("best") & pl.col("level")).height
    names = title_labels(view, best["label"].to_list())
    if best.height == 1:
        return f"{names[0]} is best of {panel.height} runs in both {what} and time{_near(near, 'it')}"
    pair = f": {' and '.join(names)}" if best.height == 2 else ""
    if not best["level"].all():
        near_to = _near(near, "the fastest of them")
        return f"{best.height} of {panel.height} runs are on the Pareto front of {what} and time{pair}{near_to}"
    these = "these" if not near else f"these and {near} other{'' if near == 1 else 's'}"
    return (
        f"{best.height} of {panel.height} runs are on the Pareto front of {what} and time{pair}; {these} do not differ "
        "beyond rounding and noise"
    )


def _counted(frame: pl.DataFrame) -> str:
    """`3 runs`, or `10 runs in 3 groups` where a dot is several runs."""
    runs = int(frame["n"].sum())
    return f"{runs} runs in {frame.height} groups" if runs > frame.height else f"{runs} runs"


def _near(count: int, whom: str) -> str:
    """That other runs are within noise of `whom`."""
    if not count:
        return ""
    others = "1 other does" if count == 1 else f"{count} others do"
    return f"; {others} not differ from {whom} beyond rounding and noise"


def _means(frame: pl.DataFrame) -> Iterator[str]:
    if frame.filter(pl.col("n") > 1).height:
        yield "Several runs are one dot: the geometric mean of their times, and the mean of their scores."
    few = frame.filter(pl.len().over("block") <= STRIP)
    if few["time_low"].drop_nulls().len() or few["score_low"].drop_nulls().len():
        yield "The lines through a dot are the 95 % intervals of the means."


def _left_out(view: View) -> Iterator[str]:
    drawn = {job.id for block in _found(view) for job in block.jobs}
    without = [job for job in view.jobs if job.id not in drawn]
    if without:
        names = shortened([one_line(job.label) for job in without], 4)
        yield f"Not drawn (no result, no score or no time): {names}."
