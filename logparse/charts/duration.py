"""Where did the time go, and how long did training take by itself?

What it needs
    A job with a duration: of a phase, or in total.

What it shows
    A bar for each job, starting at 0 and divided into phases: training in the full colour of its platform; evaluation,
    checkpoints, compilation, loading and other phases (initialisation, teardown) in tints of it; waiting dashed; time
    that no phase accounts for (`unaccounted_s`) in a grey outline, as is a total without any known phase. All logs of a
    job form one bar. With more than 40 jobs, those with the same settings share one bar, as do those of a value of
    `by`: each part is the median of the jobs, and a line goes from their lowest to their highest total, with a stroke
    at its median. Next to it, training alone on its own axis.

How to read it
    The text at the end of a bar gives its total and the share of training. A tick marks a compile cache hit: nothing
    was compiled. "?" means that a duration is not in the log, "no log" that it is in a log that was not read. Compare
    the bars on the right when runs differ in how much they compiled, waited or saved. The bars on the left are what a
    user waited for (clock `result`: without waiting; clock `train`: training alone).

What it leaves out
    The vendor's steps within a phase (see `stages`), when each phase took place (see `timeline`), and jobs whose logs
    give no time at all: the caption names them.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from logparse.cells import Value
from logparse.charts._panel import (
    WIDTH,
    LegendEntry,
    RowGrid,
    greatest,
    gutter,
    heading,
    in_room,
    labelled,
    legend,
    platform_of,
    platforms,
    workload_title,
)
from logparse.charts._theme import Caption, framed, places, text_width, theme, tiled, tips
from logparse.charts._vega import Drawing, channel, like
from logparse.charts._view import JobBlock, View, once
from logparse.comparison.clocks import clock
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import CLOCKS
from logparse.comparison.sides import Side
from logparse.errors import NothingToDraw
from logparse.rendering.palette import PHASES, hue
from logparse.schema import LOCATIONS, TEXT
from logparse.text import missing
from logparse.text.labels import shortened
from logparse.text.location import Location
from logparse.text.numbers import figure, seconds

TAKES = ("clock",)
_WAIT, _OTHER, _REST, _UNKNOWN = "waiting", "other phases", "unaccounted", "no phase known"
_TINTS = {**PHASES, _OTHER: 0.13}
"""Part of a bar that is work -> share of the hue in its tint."""
_COLUMNS = {**{f"{p}_s": p for p in PHASES}, "queue_s": _WAIT}
"""Column of `runs` -> part of a bar, in the order in which they are stacked."""
ROWS: dict[str, Any] = {
    "block": pl.UInt32,
    "row": pl.UInt32,
    "label": pl.String,
    "run": pl.String,
    "platform": pl.String,
    "n": pl.UInt32,
    "part": pl.String,
    "duration_s": pl.Float64,
    "begin_s": pl.Float64,
    "end_s": pl.Float64,
    "least": pl.Float64,
    "greatest": pl.Float64,
    "resolution": pl.Float64,
    "code": pl.String,
    "empty": pl.String,
    "evidence": LOCATIONS,
}
"""block: number of the panel. n: jobs of the row; of several, durations are medians. part: a phase, `waiting`,
`other phases`, `unaccounted` (no phase accounts for it), `no phase known` (of the whole job), or `total`. begin_s,
end_s: position in the bar, not the time of day. least, greatest: the range of the durations of several jobs. code: why
there is no duration."""


@once
def rows(view: View) -> pl.DataFrame:
    """One row for each part of each bar, and one for its total: `ROWS`."""
    return pl.DataFrame(
        [row for number, block in enumerate(_blocks(view)[0]) for row in _block_rows(view, number, block)], schema=ROWS
    )


def chart(view: View) -> Drawing:
    """Bars of phases, with training alone next to them."""
    frame = rows(view)
    blocks, more = _blocks(view)
    if not frame.height:
        raise NothingToDraw("no run states the duration of a phase, or a total")
    alone = view.options.clock == "train"
    width, edge = float(view.options.width or WIDTH), gutter(view, frame["label"])
    both = not alone and not frame.filter((pl.col("part") == "train") & pl.col("duration_s").is_not_null()).is_empty()
    panels: list[Drawing] = []
    longest = 0.0
    for number, block in enumerate(blocks):
        part = frame.filter(pl.col("block") == number)
        grid = RowGrid(view, part["row"].n_unique(), width, edge)
        title = workload_title(view.ledger, block)
        if alone:
            panels.append(_training(view, part, grid).properties(title=heading(view, title)))
            continue
        ends, common = _ends(view, part, block.sides)
        longest = max(longest, *(text_width(text, theme(view).size) for text in ends["text"]))
        panels.append(_bars(view, part, ends, grid, block.sides).properties(title=heading(view, title, common)))
        if both:
            panels.append(_training(view, part, RowGrid(view, grid.rows, width * 0.4)))
    body = tiled(panels, 2 if both else 1)
    whole = edge + width + (70 if alone else longest + 10) + (width * 0.4 + 90 if both else 0)
    if not alone and (strip := legend(view, _legend_entries(view, frame), whole - edge)):
        body = tiled([strip, body], row=14)
    clock_name = view.options.clock or "wall"
    drawn_jobs = [job for block in blocks for job in block.jobs]
    medians = (
        "Bars of several runs: the median of each part; the line is the range of their totals, the stroke the median."
    )
    notes = [
        *([medians] if (frame["n"] > 1).any() and not alone else []),
        f"Clock: {clock_name}, {CLOCKS[clock_name]}." + _coarsest(frame),
        *_left_out(view),
        *more,
    ]
    caption = Caption(notes, drawn_jobs, ("total_s", "train_s", "compile_s", "wall_s", "result_s"))
    return framed(view, body, whole, _finding(view, drawn_jobs), (), caption)


# ---- rows ---- #


@once
def _blocks(view: View) -> tuple[Sequence[JobBlock], list[str]]:
    timed = [job for job in view.jobs if _is_timed(view, job)]
    return in_room(view, view.blocks("workload", "task", jobs=timed))


def _is_timed(view: View, job: Job) -> bool:
    columns = ("train_s",) if view.options.clock == "train" else (*_COLUMNS, "total_s")
    return any(run[c] for run in job.runs for c in columns)


def _block_rows(view: View, number: int, block: JobBlock) -> Iterator[dict[str, Any]]:
    sides = block.sides
    labels = labelled(view, sides, len(platforms(sides)) > 1)
    for row, (side, label) in enumerate(zip(sides, labels, strict=True)):
        common = {
            "block": number, "row": row, "label": label, "run": side.jobs[0].id if len(side.jobs) == 1 else None,
            "platform": platform_of(side), "n": len(side.jobs),
        }  # fmt: skip
        yield from ({**common, **part} for part in _bar(view, side.jobs))


def _bar(view: View, jobs: Sequence[Job]) -> Iterator[dict[str, Any]]:
    """The parts of one bar for these jobs: of each part the median, on top of those before it. A part that a job does
    not have counts as 0, one of unknown duration does not count, nor does the total of one log of several."""
    if len(jobs) == 1:
        yield from _parts(view, jobs[0])
        return
    by_part = [{part["part"]: part for part in _parts(view, job)} for job in jobs]
    for bar, job in zip(by_part, jobs, strict=True):
        if (whole := _whole(view, job)).value is None:
            bar["total"] = _part("total", whole, 0.0, None)
    at = 0.0
    for name in (*_COLUMNS.values(), _OTHER, _REST, _UNKNOWN, "total"):
        parts = [found for bar in by_part if (found := bar.get(name)) is not None]
        known = [part["duration_s"] for part in parts if part["duration_s"] is not None]
        if not parts or (not known and name not in by_part[0]):
            continue
        if not known:
            yield by_part[0][name]
            continue
        seconds = known if name == "total" else known + [0.0] * (len(jobs) - len(parts))
        median = statistics.median(seconds)
        begin = 0.0 if name == "total" else at
        at = max(at, begin + median)
        yield {
            "part": name, "duration_s": median, "begin_s": begin, "end_s": begin + median, "least": min(seconds),
            "greatest": max(seconds), "resolution": max(filter(None, (p["resolution"] for p in parts)), default=None),
            "code": None, "empty": None, "evidence": [place for part in parts for place in part["evidence"]],
        }  # fmt: skip


def _parts(view: View, job: Job) -> list[dict[str, Any]]:
    """The parts of the bar of a job, found once for each view."""
    key = ("duration", job.id)
    if key not in view.made:
        view.made[key] = list(_stacked(view, job))
    parts: list[dict[str, Any]] = view.made[key]
    return parts


def _stacked(view: View, job: Job) -> Iterator[dict[str, Any]]:
    at = 0.0
    for column, part in _COLUMNS.items():
        if part == _WAIT and view.options.clock == "result":
            continue
        value = _summed(view.ledger, job, column)
        begin = at
        at += value.value or 0.0
        yield _part(part, value, begin, at)
    total = _whole(view, job)
    if total.value is None and not job.others:
        # A log of the job is missing: the total of this log is drawn, and labelled as such.
        total = view.ledger.value(job, "total_s")
    if total.value is not None and total.value > at:
        other, rest = _not_in_columns(view.ledger, job, total.value - at)
        if other.value > 0:
            yield _part(_OTHER, other, at, at + other.value)
        if rest > 0:
            unaccounted = Value(rest, total.resolution, "derived", None, total.locations)
            begin = at + other.value
            yield _part(_REST if begin > 0 else _UNKNOWN, unaccounted, begin, begin + rest)
    yield _part("total", total, 0.0, total.value)


def _not_in_columns(ledger: Ledger, job: Job, left: float) -> tuple[Value, float]:
    """The phases that have no column of their own (initialisation, teardown and so on), and the seconds that no phase
    accounts for: together the `left` seconds that the columns leave of the total."""
    columns = [c.removesuffix("_s") for c in _COLUMNS]
    phases = ledger.phases(job, stage=None).filter(~pl.col("phase").cast(TEXT).is_in(columns))
    unaccounted = job.main["unaccounted_s"] if not job.others else None
    rest = left - float(phases["duration_s"].sum()) if unaccounted is None else float(unaccounted)
    rest = min(max(rest, 0.0), left)
    places = tuple(Location(*pair) for pair in phases.select("source", "line_first").iter_rows())
    return Value(left - rest if phases.height else 0.0, None, "derived", None, places), rest if phases.height else left


def _whole(view: View, job: Job) -> Value:
    """The total time of a job on the selected clock."""
    return clock(view.ledger, job, "result" if view.options.clock == "result" else "wall")


def _part(part: str, value: Value, begin: float, end: float | None) -> dict[str, Any]:
    known = value.value is not None
    return {
        "part": part,
        "duration_s": value.value,
        "begin_s": begin if known else None,
        "end_s": end if known else None,
        "resolution": value.resolution,
        "code": None if known else (value.empty or missing.MISSING).code,
        "empty": None if known else value.reason,
        "evidence": list(value.locations),
    }


def _summed(ledger: Ledger, job: Job, column: str) -> Value:
    """A phase over all logs of a job: one log may state what another does not."""
    known = [v for run in job.runs if (v := ledger.value(Job(run), column)).value is not None]
    if not known:
        return ledger.value(job, column)
    fine = [v.resolution for v in known if v.resolution]
    evidence = tuple(dict.fromkeys(p for v in known for p in v.locations))
    return Value(sum(v.value for v in known), sum(fine) or None, known[0].how, known[0].made, evidence)


# ---- marks ---- #


def _bars(view: View, frame: pl.DataFrame, ends: pl.DataFrame, grid: RowGrid, sides: Sequence[Side]) -> Drawing:
    t = theme(view)
    parts = frame.filter((pl.col("part") != "total") & (pl.col("duration_s") > 0))
    parts = parts.with_columns(
        fill=pl.struct("platform", "part").map_elements(
            lambda p: t.tint(hue(p["platform"]), _TINTS[p["part"]]) if p["part"] in _TINTS else "transparent",
            return_dtype=pl.String,
        ),
        display=pl.struct("duration_s", "resolution").map_elements(_display, return_dtype=pl.String),
        lines=pl.col("evidence").map_elements(places, return_dtype=pl.String),
    )
    totals = frame.filter((pl.col("part") == "total") & pl.col("greatest").is_not_null())
    longest = max(greatest(frame, "end_s") or 0.0, greatest(totals, "greatest") or 0.0) or 1.0
    x = channel(
        "begin_s:Q", title="time, s (bars begin at 0)", scale={"domain": [0, longest], "nice": False},
        axis={"tickCount": 6, "domain": False, "format": "~r" if longest < 10 else ",.0f"},
    )  # fmt: skip
    tooltip = tips(view, label="run", part="phase", display="time", lines="lines")
    look: dict[str, Any] = {"height": {"band": 1.0}}
    solid = (
        Drawing.of(parts.filter(pl.col("part").is_in(list(_TINTS))))
        .mark("bar", **look, stroke=t.paper, strokeWidth=0.6)
        .encode(x=x, x2="end_s:Q", y=grid.y, color=channel("fill:N", scale=None), tooltip=tooltip)
    )
    layers: list[Any] = [solid]
    for part, dash in ((_WAIT, [4, 3]), (_REST, [1, 0]), (_UNKNOWN, [1, 0])):
        outline = parts.filter(pl.col("part") == part)
        layers.append(
            Drawing.of(outline)
            .mark("bar", **look, fill="transparent", stroke=t.faint, strokeWidth=t.stroke, strokeDash=dash)
            .encode(x=x, x2="end_s:Q", y=grid.y, tooltip=tooltip)
        )
    below = 0.32 * grid.step  # at the lower edge of the bar, clear of the names of its parts
    layers += [
        Drawing.of(totals).mark("rule", strokeWidth=1.5, color=t.ink, yOffset=below).encode(
            x=like(x, "least"), x2="greatest:Q", y=grid.y),
        Drawing.of(totals).mark("tick", thickness=1.5, color=t.ink, height=7, yOffset=below).encode(
            x=like(x, "duration_s"), y=grid.y),
    ]  # fmt: skip
    cached = _cached(frame, sides)
    layers.append(
        Drawing.of(cached)
        .mark("tick", thickness=2.5, color=t.ink, height={"band": 1.25})
        .encode(x="begin_s:Q", y=grid.y, tooltip=tips(view, label="run", display="compile"))
    )
    layers.append(_inside(parts, grid, longest, t.text_on))
    layers += [grid.labels(ends), grid.texts(ends, channel("end_s:Q"), align="left", dx=7)]
    return grid.layered(*layers)


def _inside(parts: pl.DataFrame, grid: RowGrid, longest: float, on: Any) -> Drawing:
    """The name of each part, inside it if there is room."""
    words = []
    for row in parts.iter_rows(named=True):
        room = row["duration_s"] / longest * grid.width - 8
        name = "wait" if row["part"] == _WAIT else row["part"]
        texts = [f"{name} {row['display']}", name]
        text = next((x for x in texts if text_width(x, grid.size - 1) < room), None)
        if text and row["part"] not in (_REST, _UNKNOWN) and grid.step >= 15:
            words.append({"row": row["row"], "at": (row["begin_s"] + row["end_s"]) / 2, "text": text,
                          "ink": on(row["fill"]) if row["fill"] != "transparent" else None})  # fmt: skip
    frame = pl.DataFrame(words, schema={"row": pl.UInt32, "at": pl.Float64, "text": pl.String, "ink": pl.String})
    frame = frame.with_columns(pl.col("ink").fill_null(theme(grid.view).ink))
    return grid.texts(frame, channel("at:Q"), align="center", fontSize=grid.size - 1).encode(
        color=channel("ink:N", scale=None)
    )


def _training(view: View, frame: pl.DataFrame, grid: RowGrid) -> Drawing:
    """Training alone, with labels if it is the only panel of its row."""
    t = theme(view)
    train = frame.filter(pl.col("part") == "train").with_columns(
        fill=pl.col("platform").map_elements(hue, return_dtype=pl.String),
        text=pl.struct("duration_s", "resolution", "code").map_elements(_display, return_dtype=pl.String),
        lines=pl.col("evidence").map_elements(places, return_dtype=pl.String),
        at=pl.col("duration_s").fill_null(0.0),
    )
    longest = greatest(train, "duration_s")
    scale = {"domain": [0, longest or 1], "nice": False}
    ticks = {"tickCount": 6 if grid.gutter else 3, "domain": False, "format": "~r" if (longest or 0) < 10 else ",.0f"}
    axis = ticks if longest else None
    x = channel("duration_s:Q", title="training alone, s" if longest else None, scale=scale, axis=axis)
    bars = (
        Drawing.of(train.filter(pl.col("duration_s").is_not_null()))
        .mark("bar", height={"band": 1.0})
        .encode(
            x=x,
            y=grid.y,
            color=channel("fill:N", scale=None),
            tooltip=tips(view, label="run", text="training", lines="lines"),
        )
    )
    known = train.filter(pl.col("duration_s").is_not_null())
    unknown = train.filter(pl.col("duration_s").is_null())
    at = channel("at:Q", scale=scale, axis=axis, title="training alone, s" if longest else None)
    layers = [
        bars,
        grid.texts(known, at, align="left", dx=6),
        grid.texts(unknown, at, align="left", dx=6, color=t.faint, fontStyle="italic"),
    ]
    if grid.gutter:
        layers.append(grid.labels(train))
    return grid.layered(*layers)


def _display(row: dict[str, Any]) -> str:
    if row["duration_s"] is None:
        mark = missing.Code(row["code"]).mark
        return "" if mark == "-" else mark
    return seconds(row["duration_s"], row["resolution"])


def _cached(frame: pl.DataFrame, sides: Sequence[Side]) -> pl.DataFrame:
    """Where compilation would be in the bars of jobs with a compile cache hit."""
    hit = [row for row, side in enumerate(sides) if all(job["compile_cache"] == "hit" for job in side.jobs)]
    before = ("train", "eval", "checkpoint")
    return (
        frame.filter(pl.col("row").is_in(hit))
        .group_by("row", "label", maintain_order=True)
        .agg(
            begin_s=pl.col("duration_s").filter(pl.col("part").is_in(before)).sum(),
            display=pl.lit("compile cache hit: nothing was compiled").first(),
        )
    )


def _ends(view: View, frame: pl.DataFrame, sides: Sequence[Side]) -> tuple[pl.DataFrame, str]:
    """row, label, end_s, and the text at the end of each bar (total, share of training, unknown parts); and the remarks
    that all of several bars share."""
    keys, bars = [], []
    for (row, label), part in frame.group_by("row", "label", maintain_order=True):
        side = sides[int(str(row))]
        parts = {p["part"]: p for p in part.iter_rows(named=True)}
        end = max(part["end_s"].max() or 0.0, part["greatest"].filter(part["part"] == "total").max() or 0.0)
        keys.append({"row": row, "label": label, "end_s": end})
        one = len(side.jobs) == 1
        bars.append(
            _end(side.jobs[0], parts, _whole(view, side.jobs[0])) if one else _end_of_several(view, side, parts)
        )
    common = [w for w in bars[0] if len(bars) > 1 and w.startswith(_REMARKS) and all(w in words for words in bars)]
    texts = [", ".join(w for w in words if w not in common) for words in bars]
    schema = {"row": pl.UInt32, "label": pl.String, "end_s": pl.Float64, "text": pl.String}
    shared = ", ".join(common)
    return (
        pl.DataFrame([{**k, "text": t} for k, t in zip(keys, texts, strict=True)], schema=schema),
        f"all: {shared}" if shared else "",
    )


def _end_of_several(view: View, side: Side, parts: dict[str, dict[str, Any]]) -> list[str]:
    """The text of a bar of medians: the median total and its range, the share of training, and what is true of some."""
    total = parts["total"]
    words = [_missing("total", _whole(view, side.jobs[0]).mark)]
    if total["duration_s"] is not None:
        median, *ends = (seconds(total[c], total["resolution"]) for c in ("duration_s", "least", "greatest"))
        trains = [(job["train_s"], whole) for job in side.jobs if (whole := _whole(view, job)).value is not None]
        ranges = [f"{ends[0]} to {ends[1]}"] if ends[0] != ends[1] else []
        ranges += [f"n={len(trains)}"] if len(trains) < len(side.jobs) else []
        words = [f"{median} ({', '.join(ranges)})" if ranges else median]
        shares = [share for train, whole in trains if (share := _share(train, whole)) is not None]
        words += [f"train {_percent(statistics.median(shares))}"] if shares else []
    cached = sum(job["compile_cache"] == "hit" for job in side.jobs)
    failed = sum(not job.has_result and job.main["status"] != "submitted" for job in side.jobs)
    words += [f"{cached} {missing.Code.CACHED.mark}"] if cached else []
    words += [f"{failed} without a result"] if failed else []
    return [*words, f"n={len(side.jobs)}"]


def _share(part: float | None, whole: Value) -> float | None:
    """What a part is of its whole; None where one is not known, and where the part is longer: the two are then of
    different clocks."""
    if part is None or not whole.value or part > whole.value + (whole.resolution or 0.0) + 0.5:
        return None
    return float(part / whole.value)


_REMARKS = ("train includes", "compile")


def _end(job: Job, parts: dict[str, dict[str, Any]], whole: Value) -> list[str]:
    total, train = parts["total"], parts["train"]
    words = []
    if whole.value is not None:
        words.append(seconds(total["duration_s"], total["resolution"]))
    else:
        words += [f"this log {seconds(total['duration_s'], total['resolution'])}"] if total["duration_s"] else []
        words.append(_missing("total", whole.mark))
    if train["duration_s"] is None:
        mark = missing.Code(train["code"]).mark
        words += [] if mark == "-" or job["task"] != "train" else [_missing("train", mark)]
    elif (share := _share(train["duration_s"], whole)) is not None:
        words.append(f"train {_percent(share)}")
    if job["compile_cache"] == "hit":
        words.append(missing.Code.CACHED.mark)
    elif parts["compile"]["duration_s"] is None and (mark := missing.Code(parts["compile"]["code"]).mark) != "-":
        words.append(_missing("compile", mark))
    if job["train_includes"]:
        words.append(f"train includes {job['train_includes'].replace(',', ' and ')}")
    if not job.has_result and job.main["status"] != "submitted":
        words.append(job.main["status"] or f"end {missing.Code.NOT_PROVED.mark}")
    return words


def _missing(part: str, mark: str) -> str:
    return f"{part} ?" if mark == "?" else f"{part}: {mark}"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.01 else "under 1 %"


def _legend_entries(view: View, frame: pl.DataFrame) -> list[LegendEntry]:
    """The legend of the parts that are drawn, in tints of the platform, or of grey for several."""
    t = theme(view)
    used = set(frame.filter(pl.col("duration_s") > 0)["part"])
    found = frame["platform"].unique()
    base = hue(found[0]) if len(found) == 1 else t.faint
    entries = [LegendEntry(p, fill=t.tint(base, share)) for p, share in _TINTS.items() if p in used]
    if _WAIT in used:
        entries.append(LegendEntry(_WAIT, stroke=t.faint, dash=(3, 2)))
    entries += [LegendEntry(part, stroke=t.faint) for part in (_REST, _UNKNOWN) if part in used]
    if any(job["compile_cache"] == "hit" for job in view.jobs):
        entries.append(LegendEntry("compile cache hit", mark="M0,-1L0,1", stroke=t.ink))
    return entries


# ---- words ---- #


def _finding(view: View, jobs: Sequence[Job]) -> str:
    bars = {job.id: {part["part"]: part for part in _parts(view, job)} for job in jobs}
    trains = {run: bar["train"]["duration_s"] for run, bar in bars.items()}
    known = [t for t in trains.values() if t is not None]
    wholes = {job.id: whole for job in jobs if trains[job.id] and (whole := _whole(view, job)).value}
    shares = {run: share for run, whole in wholes.items() if (share := _share(trains[run], whole)) is not None}
    if shares and view.options.clock != "train":
        one = wholes[next(iter(shares))]
        total = f"the total of {seconds(one.value, one.resolution)}" if len(shares) == 1 else "the total time"
        waits = " without waiting" if view.options.clock == "result" else ""
        largest = _largest([bars[run] for run in shares])
        return f"Training is {_range([share * 100 for share in shares.values()], ' %')} of {total}{waits}{largest}"
    if known:
        of_total = "; the totals are shorter" if wholes else "; no log states the total"
        more = "" if view.options.clock == "train" else of_total
        return f"Training alone took {_range(known, ' s')}{more}"
    return "These logs state no training time"


_LARGEST = {
    "eval": "evaluation is", "checkpoint": "checkpoints are", "compile": "compilation is", "load": "loading is",
    _WAIT: "waiting is", _OTHER: "other phases are", _REST: "unaccounted time is",
}  # fmt: skip


def _largest(bars: Sequence[dict[str, dict[str, Any]]]) -> str:
    """The part other than training that is the largest in most of these bars, and in how many of them it is."""
    largest = [
        max((part for part in bar.values() if part["part"] != "total"), key=lambda part: part["duration_s"] or 0.0)
        for bar in bars
    ]
    others = Counter(part["part"] for part in largest if part["part"] != "train")
    if not others:
        return ""
    ((part, count),) = others.most_common(1)
    return f"; {_LARGEST[part]} the largest part{'' if count == len(bars) else f' in {count} of {len(bars)} runs'}"


def _range(values: Sequence[float], unit: str) -> str:
    least, most = figure(min(values), 0.5, 4), figure(max(values), 0.5, 4)
    return f"{least}{unit}" if least == most else f"{least} to {most}{unit}"


def _coarsest(frame: pl.DataFrame) -> str:
    """The resolution of the least precise duration, if it is 1 s or more."""
    coarse = frame.filter((pl.col("resolution") > 0.5) & (pl.col("duration_s") > 0))["resolution"].max()
    return f" Resolution: ±{coarse:.0f} s or better." if isinstance(coarse, float) and coarse >= 1 else ""


def _left_out(view: View) -> Iterator[str]:
    without = [job for job in view.jobs if not _is_timed(view, job)]
    if without:
        what = "no training time" if view.options.clock == "train" else "no time"
        yield f"Not drawn (the log states {what}): {shortened([job.label for job in without], 4)}."
