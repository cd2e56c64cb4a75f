"""What did each job do when, and how did it end?

What it needs
    A job whose log has timestamps.

What it shows
    A lane for each job, in seconds since it began. Bars are the phases for which the log has timestamps. A phase for
    which the log states only the duration and the end is drawn backwards from its end. A dashed line is waiting; a thin
    line is time that no known phase covers. A flag marks the result, a cross a failure, and an open end a log that
    stops during the run.

How to read it
    Look for long thin lines: the job occupied its resources, and no phase accounts for the time. If such a gap is
    certainly at least 60 s and 10 % of the job, its length is written next to it, as `idle` between the result and the
    end of the job, and the title counts the job. Phases without timestamps may lie in a gap, so their durations are
    subtracted; where the beginning is known to the minute only, two minutes are subtracted from a gap at the
    beginning. The text on the right is the length of the lane. Lanes are not aligned by the time of day.

What it leaves out
    Jobs with fewer than two timestamps, which have no lane: the caption counts and names them. Phases without
    timestamps: their durations are given on the right. Checkpoints and evaluations during training are drawn where they
    took place and are not counted as training.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from logparse.charts._panel import WIDTH, LegendEntry, RowGrid, gutter, heading, in_room, labelled, legend
from logparse.charts._theme import Caption, framed, places, text_width, theme, tiled, tips, title_labels
from logparse.charts._vega import Drawing, channel, layer, pixels
from logparse.charts._view import JobBlock, View, once
from logparse.comparison.jobs import Job
from logparse.comparison.phrases import labels
from logparse.comparison.sides import Side, one_each
from logparse.errors import NothingToDraw
from logparse.rendering.palette import BAD, PHASES, hue
from logparse.schema import LOCATIONS, TEXT
from logparse.text.labels import many
from logparse.text.location import Location
from logparse.text.terminal import one_line

TAKES = ()

ROWS: dict[str, Any] = {
    "panel": pl.Int64, "row": pl.Int64, "run": pl.String, "label": pl.String, "platform": pl.String,
    "mark": pl.String, "phase": pl.String, "begin_s": pl.Float64, "end_s": pl.Float64, "text": pl.String,
    "evidence": LOCATIONS,
}  # fmt: skip
"""One row per mark. mark: `phase`, `wait`, `unaccounted` (no known phase), `result`, `failure`, `open` (the log stops),
`lane` (the whole job). begin_s, end_s: seconds since the job began; equal for points in time. text: the message at
that time."""

_WORK = ("train", "eval", "benchmark")
"""Phases that end with a result."""
_WORK_METRICS = ("loss", "throughput", "token_throughput", "accuracy", "iteration_rate", "step_time", "latency")
"""Metrics that a log prints after compilation."""
_SHARES = {**PHASES, "benchmark": 1.0, "warmup": 0.4, "download": 0.24, "init": 0.17, "teardown": 0.17}
"""Phase -> share of the hue in its tint."""
_IDLE_S, _IDLE_SHARE = 60.0, 0.1
"""Time without a phase is written out if it reaches both: seconds, and share of the lane."""
_GAP = f"{_IDLE_S:.0f} s and {100 * _IDLE_SHARE:.0f} % of the job"
"""The threshold as text."""


@dataclass(frozen=True)
class _Span:
    """A phase of a job with its times."""

    phase: str
    begin: datetime
    end: datetime
    evidence: tuple[Location, ...]


@dataclass
class _Lane:
    """One job, from its first timestamp to its last."""

    job: Job
    begin: datetime
    end: datetime
    spans: list[_Span] = field(default_factory=list)
    begin_resolution: float = 0.0
    """Uncertainty of its beginning, in seconds."""
    unplaced: dict[str, float] = field(default_factory=dict)
    """Phases without timestamps -> duration, in seconds."""
    result: tuple[datetime, tuple[Location, ...]] | None = None
    failure: tuple[datetime, str, tuple[Location, ...]] | None = None
    """Time, message, evidence."""
    failure_timed: bool = False
    """Whether the log states when it failed."""

    @property
    def length(self) -> float:
        """Length of the lane, in seconds."""
        return (self.end - self.begin).total_seconds()

    def at(self, time: datetime) -> float:
        """Seconds since the job began."""
        return (time - self.begin).total_seconds()


@once
def rows(view: View) -> pl.DataFrame:
    """What is drawn: `ROWS` gives columns and types."""
    lanes = _lanes(view)
    blocks = _blocks(view, lanes)[0]
    return pl.DataFrame([row for n, block in enumerate(blocks) for row in _block_rows(view, n, block, lanes)], ROWS)


# ---- the data ---- #


def _lanes(view: View) -> dict[str, _Lane]:
    """Id of each job with two timestamps -> its lane."""
    found = ((job.id, _lane(view, job)) for job in view.jobs)
    return {run: lane for run, lane in found if lane is not None}


def _blocks(view: View, lanes: Mapping[str, _Lane]) -> tuple[Sequence[JobBlock], list[str]]:
    """Panels by platform, workload and the option `by`. Jobs without a known workload share one panel per platform,
    because lanes are not compared with each other."""
    groups: dict[tuple[Any, ...], list[Job]] = {}
    for job in view.jobs:
        if job.id in lanes:
            columns = ("workload", *([view.options.by] if view.options.by else []))
            keys = (job.main["platform"], *(view.ledger.value(job, c).value for c in columns))
            groups.setdefault(keys, []).append(job)
    return in_room(view, [JobBlock(keys, tuple(jobs)) for keys, jobs in groups.items()], one_each)


def _lane(view: View, job: Job) -> _Lane | None:
    """The lane of a job; None if it has fewer than two timestamps."""
    phases = view.ledger.phases(job, stage=None)
    before = pl.col("end_at") - pl.duration(microseconds=(pl.col("duration_s") * 1e6).round())
    # A summary at the end states how long compilation took. Its timestamp is not when that ended: metrics precede it.
    first = view.ledger.metrics(job, *_WORK_METRICS, basis="measured")["at"].min()
    in_time = pl.lit(True) if first is None else pl.col("phase").cast(TEXT).is_in(_WORK) | (pl.col("end_at") < first)
    phases = phases.with_columns(pl.coalesce("begin_at", pl.when(in_time).then(before)).alias("begin_at"))
    spans = [_span(row) for row in phases.drop_nulls(["begin_at", "end_at"]).iter_rows(named=True)]
    errors = _errors(view, job)
    stamps = [
        *(run[c] for run in job.runs for c in ("started_at", "ended_at") if run[c]),
        *(t for span in spans for t in (span.begin, span.end)),
        *view.ledger.metrics(job)["at"].drop_nulls(),
        *(row["at"] for row in errors),
    ]
    if not stamps or max(stamps) == min(stamps):
        return None
    first_logs = [Job(run) for run in job.runs if run["started_at"] == min(stamps)]
    resolution = max((view.ledger.value(log, "started_at").resolution or 0.0 for log in first_logs), default=0.0)
    spans.sort(key=lambda s: (s.begin, -_length(s)))
    lane = _Lane(job, min(stamps), max(stamps), spans, resolution)
    untimed = phases.filter((pl.col("begin_at").is_null() | pl.col("end_at").is_null()) & (pl.col("duration_s") > 0))
    for phase, seconds in untimed.group_by("phase", maintain_order=True).agg(pl.col("duration_s").sum()).iter_rows():
        lane.unplaced[str(phase)] = float(seconds)
    lane.result = _result(view, job, lane)
    lane.failure, lane.failure_timed = _failure(view, job, lane, errors), bool(errors)
    return lane


def _span(row: Mapping[str, Any]) -> _Span:
    lines = dict.fromkeys((row["line_first"], row["line_last"]))
    return _Span(str(row["phase"]), row["begin_at"], row["end_at"], tuple(Location(row["source"], n) for n in lines))


def _length(span: _Span) -> timedelta:
    return span.end - span.begin


def _errors(view: View, job: Job) -> list[dict[str, Any]]:
    """Errors with timestamps, but in UTC logs none of the scheduler, whose timestamps are in local time."""
    errors = view.ledger.messages(job, level="error")
    if not errors.height:
        return []
    wanted = pl.col("at").is_not_null()
    if job["zone"] is not None:
        wanted &= pl.col("kind").cast(TEXT).fill_null("") != "scheduler"
    found = errors.filter(wanted).sort("at", "line").rows(named=True)
    # A timestamp in whole seconds is taken as the middle of that second.
    return [{**row, "at": row["at"] + (timedelta() if row["at"].microsecond else _HALF)} for row in found]


_HALF = timedelta(seconds=0.5)


def _result(view: View, job: Job, lane: _Lane) -> tuple[datetime, tuple[Location, ...]] | None:
    """The time of the result: the end of the last phase of work, else the last metric over the whole run."""
    if not job.has_result:
        return None
    work = [span for span in lane.spans if span.phase in _WORK]
    if work:
        last = max(work, key=lambda s: s.end)
        return last.end, last.evidence[-1:]
    whole = view.ledger.metrics(job).filter(pl.col("at").is_not_null() & pl.col("window").is_in(["mean", "final"]))
    if not whole.height:
        return None
    row = whole.sort("at", "line").row(-1, named=True)
    return row["at"], (Location(row["source"], row["line"]),)


def _failure(
    view: View, job: Job, lane: _Lane, errors: Sequence[Mapping[str, Any]]
) -> tuple[datetime, str, tuple[Location, ...]] | None:
    """The failure: at the last error with a timestamp, else at the end of the lane."""
    if job.main["status"] not in ("failed", "completed_with_errors"):
        return None
    if errors:
        last = errors[-1]
        return last["at"], one_line(last["text"] or "error"), (Location(last["source"], last["line"]),)
    messages = view.ledger.messages(job, level="error")
    if messages.height:
        last = messages.row(-1, named=True)
        text = f"{one_line(last['text'] or 'error')} (no timestamp: drawn at the end)"
        return lane.end, text, (Location(last["source"], last["line"]),)
    return lane.end, "failed", view.ledger.value(job, "status").locations


def _block_rows(view: View, number: int, block: JobBlock, lanes: Mapping[str, _Lane]) -> Iterator[dict[str, Any]]:
    names = labelled(view, [Side(job.label, (job,)) for job in block.jobs], False)
    for row, (job, name) in enumerate(zip(block.jobs, names, strict=True)):
        common = {
            "panel": number, "row": row, "run": job.id, "label": name, "platform": str(job.main["platform"]),
        }  # fmt: skip
        yield from ({**common, **mark} for mark in _marks(view, lanes[job.id]))


def _marks(view: View, lane: _Lane) -> Iterator[dict[str, Any]]:
    """All marks of a lane. Phases inside other phases are excluded from them."""
    ends = view.ledger.locations([lane.job], "started_at", "ended_at")
    yield _mark(lane, "lane", lane.begin, lane.end, None, ends, _note(lane))
    for begin, end in _uncovered(lane):
        long = _is_long(lane, begin, end)
        yield _mark(lane, "unaccounted", begin, end, None, ends, _unaccounted(lane, begin, end) if long else None)
    for i, span in enumerate(lane.spans):
        for begin, end in _pieces(span, lane.spans[i + 1 :]):
            yield _mark(lane, "wait" if span.phase == "queue" else "phase", begin, end, span.phase, span.evidence)
    if lane.result:
        yield _mark(lane, "result", lane.result[0], lane.result[0], None, lane.result[1], "result")
    if lane.failure:
        yield _mark(lane, "failure", lane.failure[0], lane.failure[0], None, lane.failure[2], lane.failure[1])
    if lane.job.main["status"] == "incomplete":
        yield _mark(lane, "open", lane.end, lane.end, None, ends, "the log stops here, during the run")


def _mark(
    lane: _Lane, mark: str, begin: datetime, end: datetime, phase: str | None, evidence: Iterable[Location],
    text: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "mark": mark,
        "phase": phase,
        "begin_s": lane.at(begin),
        "end_s": lane.at(end),
        "text": text,
        "evidence": list(evidence),
    }


def _pieces(span: _Span, later: Sequence[_Span]) -> Iterator[tuple[datetime, datetime]]:
    """The parts of a span that no shorter span, which began in it, covers."""
    at = span.begin
    for other in later:
        if other.begin >= span.end:
            break
        if other.begin > at:
            yield at, other.begin
        at = max(at, other.end)
    if at < span.end:
        yield at, span.end


def _uncovered(lane: _Lane) -> Iterator[tuple[datetime, datetime]]:
    """The intervals that no known phase covers."""
    at = lane.begin
    for span in lane.spans:
        if span.begin > at:
            yield at, span.begin
        at = max(at, span.end)
    if at < lane.end:
        yield at, lane.end


def _unexplained_s(lane: _Lane, begin: datetime, end: datetime) -> float:
    """Seconds of this interval that certainly no phase covers: phases without timestamps may lie in it, and the
    beginning may be known to the minute only."""
    seconds = (end - begin).total_seconds() - sum(lane.unplaced.values())
    return seconds - 2 * lane.begin_resolution if begin == lane.begin and lane.begin_resolution > 1 else seconds


def _is_long(lane: _Lane, begin: datetime, end: datetime) -> bool:
    """Whether time without a phase is long enough to be written out."""
    seconds = _unexplained_s(lane, begin, end)
    return seconds >= _IDLE_S and seconds >= _IDLE_SHARE * lane.length


def _is_idle(lane: _Lane, begin: datetime, end: datetime) -> bool:
    """Whether the job already had its result and occupied its resources until it was terminated."""
    ended = lane.failure is not None and lane.failure[0] == end and lane.failure_timed
    return lane.result is not None and ended and begin >= lane.result[0] and end == lane.end


def _unaccounted(lane: _Lane, begin: datetime, end: datetime) -> str:
    seconds = f"{_unexplained_s(lane, begin, end):,.0f} s"
    return f"idle {seconds}" if _is_idle(lane, begin, end) else f"{seconds} in no known phase"


def _note(lane: _Lane) -> str:
    """The length of the lane, and what the marks do not show."""
    untimed = [f"{phase} {_took(s)} untimed" for phase, s in lane.unplaced.items()]
    how = {"incomplete": "log stops", "failed": "failed", "submitted": "submission only"}
    return ", ".join(filter(None, [_took(lane.length), how.get(str(lane.job.main["status"]), ""), *untimed]))


def _took(seconds: float) -> str:
    if seconds >= 10:
        return f"{seconds:,.0f} s"
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{1000 * seconds:.0f} ms"


# ---- the drawing ---- #


def chart(view: View) -> Drawing:
    """The lanes of `rows`; raises `NothingToDraw` if no job has two timestamps."""
    every = _lanes(view)
    if not every:
        raise NothingToDraw("no log has two timestamps, so there is no timeline to draw")
    blocks, more = _blocks(view, every)
    lanes = {job.id: every[job.id] for block in blocks for job in block.jobs}
    frame = rows(view)
    width = float(view.options.width or WIDTH + 80)
    edge = gutter(view, frame["label"])
    size = theme(view).size
    panels = []
    aside = 0.0
    for number, block in enumerate(blocks):
        part = frame.filter(pl.col("panel") == number)
        grid = RowGrid(view, part["row"].n_unique(), width, edge)
        notes = _notes(part, grid)
        aside = max([aside, *(text_width(text, size) for text in notes["note"])])
        panels.append(_panel(view, part, notes, grid).properties(title=heading(view, _named(view, block))))
    body = tiled(panels, row=22)
    whole = edge + 8 + width + aside + _CLEAR
    strip = legend(view, _legend_entries(view, frame), whole - edge - 8)
    if strip is not None:
        body = tiled([strip, body], row=14)
    return framed(
        view, body, whole, _title(view, lanes), [_HOW],
        Caption(
            [*_caption(view, every, lanes), *more], [lane.job for lane in lanes.values()], ["wall_s", "queue_s"],
            single=True,
        ),
    )  # fmt: skip


def _named(view: View, block: JobBlock) -> str:
    platform, workload, *value = block.keys
    words = [one_line(workload) if workload else "workload not in the log"]
    words += [f"{view.options.by} {one_line(str(v)) if v is not None else '?'}" for v in value]
    return f"{platform}: {', '.join(words)}"


_ABOVE = 20
"""Distance between lanes from which text fits above a line, in pixels."""
_CLEAR = 20
"""Space for signs right of the plot, in pixels."""
_FLAG = "M-0.1,1 L-0.1,-1.3 L1.3,-0.75 L0.05,-0.2 L0.05,1 Z"
_CROSS = "M-0.8,-0.8 L0.8,0.8 M-0.8,0.8 L0.8,-0.8"
_OPEN = "M-0.5,-0.9 L0.6,0 L-0.5,0.9"


def _panel(view: View, frame: pl.DataFrame, notes: pl.DataFrame, grid: RowGrid) -> Any:
    """One panel of lanes."""
    t = theme(view)
    drawn = _worded(view, frame)
    right = float(frame["end_s"].max() or 1.0)  # type: ignore[arg-type]
    axis = {"format": ",~f", "tickCount": int(grid.width // 90), "domain": False}
    x = channel(
        "begin_s:Q", title="seconds since the job began", scale={"domain": [0, right], "nice": False}, axis=axis
    )
    tip = tips(view, label="run", what="what", when="when", place="lines")
    middle = grid.y
    bars = drawn.filter(mark="phase")
    layers: list[Any] = []
    lines: dict[str, dict[str, Any]] = {
        "unaccounted": {"strokeWidth": 1.0, "color": t.faint},
        "wait": {"strokeWidth": 2.0, "color": t.faint, "strokeDash": [4, 3]},
    }
    for mark, look in lines.items():
        part = drawn.filter(mark=mark)
        layers.append(Drawing.of(part).mark("rule", **look).encode(x=x, x2="end_s:Q", y=middle, tooltip=tip))
    solid = Drawing.of(bars).mark("bar", height={"band": 1.0}, cornerRadius=0)
    colour = channel("fill:N", scale=None)
    layers.append(
        solid.encode(x=x, x2="end_s:Q", y=middle, color=colour, stroke=channel("fill:N", scale=None), tooltip=tip)
    )
    big = 5.0 * grid.step if grid.step < 20 else 110.0
    signs: dict[str, dict[str, Any]] = {
        "result": {"shape": _FLAG, "filled": True, "color": t.ink},
        "open": {"shape": _OPEN, "filled": False, "color": t.ink, "strokeWidth": 1.8},
        "failure": {"shape": _CROSS, "filled": False, "color": BAD, "strokeWidth": 2.2},
    }
    for mark, look in signs.items():
        part = drawn.filter(mark=mark)
        if mark == "failure":
            part = _beside(part, drawn, right / grid.width)
        point = Drawing.of(part).mark("point", size=big, opacity=1, **look)
        layers.append(point.encode(x=x, y=middle, tooltip=tip))
    layers += [_inside(view, drawn, grid, right), grid.labels(notes)]
    layers.append(grid.texts(notes.select("row", text="note"), pixels(grid.width + _CLEAR), align="left"))
    return layer(*layers).properties(width=grid.width, height=grid.height)


def _beside(failures: pl.DataFrame, drawn: pl.DataFrame, a_pixel: float) -> pl.DataFrame:
    """The failures; a cross that would cover the flag of its lane is moved to its right, but not in its tooltip."""
    flags = drawn.filter(mark="result").select("row", pl.col("begin_s").alias("flag"))
    near = (pl.col("begin_s") - pl.col("flag")).abs() < 14 * a_pixel
    moved = pl.when(near).then(pl.col("flag") + 14 * a_pixel).otherwise("begin_s")
    return failures.join(flags, on="row", how="left").with_columns(moved.alias("begin_s"))


def _worded(view: View, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with their colour and the text of tooltips."""
    t = theme(view)
    fill, what, when = [], [], []
    for row in frame.iter_rows(named=True):
        share = _SHARES.get(row["phase"] or "", 0.24)
        fill.append(t.tint(hue(row["platform"]), share))
        what.append(row["phase"] or {"unaccounted": "no known phase"}.get(row["mark"], row["text"] or row["mark"]))
        span = f"{row['begin_s']:,.1f} s"
        took = row["end_s"] - row["begin_s"]
        when.append(f"{span} to {row['end_s']:,.1f} s: {took:,.1f} s" if took else span)
    return frame.with_columns(
        pl.Series("fill", fill), pl.Series("what", what), pl.Series("when", when),
        pl.Series("place", [places(e) for e in frame["evidence"]]),
    )  # fmt: skip


def _inside(view: View, frame: pl.DataFrame, grid: RowGrid, right: float) -> Any:
    """Names of phases in their bars, and of idle time above its line, if there is room."""
    t = theme(view)
    size = grid.size - 1
    out = []
    marks = frame.filter(pl.col("mark").is_in(["phase", "wait", "unaccounted"]))
    longest = (pl.col("end_s") - pl.col("begin_s")).rank("ordinal", descending=True).over("row", "mark", "phase") == 1
    for row in marks.filter(longest | (pl.col("mark") == "unaccounted")).iter_rows(named=True):
        text = row["phase"] if row["mark"] == "phase" else "wait" if row["mark"] == "wait" else row["text"]
        if text and grid.step >= (15 if row["mark"] == "phase" else _ABOVE) and _fits(row, text, grid, right):
            ink = t.text_on(row["fill"]) if row["mark"] == "phase" else t.ink
            lift = 0.0 if row["mark"] == "phase" else -7.0
            out.append(
                {"row": row["row"], "x": (row["begin_s"] + row["end_s"]) / 2, "text": text, "ink": ink, "lift": lift}
            )
    schema = {"row": pl.Int64, "x": pl.Float64, "text": pl.String, "ink": pl.String, "lift": pl.Float64}
    words = pl.DataFrame(out, schema)
    layers = [
        grid.texts(words.filter(lift=lift), channel("x:Q"), align="center", fontSize=size, dy=lift).encode(
            color=channel("ink:N", scale=None)
        )
        for lift in (0.0, -7.0)
    ]
    return layer(*layers)


def _fits(row: Mapping[str, Any], text: str, grid: RowGrid, right: float) -> bool:
    return bool(text_width(text, grid.size - 1) + 8 < (row["end_s"] - row["begin_s"]) / right * grid.width)


def _notes(frame: pl.DataFrame, grid: RowGrid) -> pl.DataFrame:
    """row, label, note: the length of each lane, and the idle time that does not fit in it."""
    right = float(frame["end_s"].max() or 1.0)  # type: ignore[arg-type]
    out = []
    for row in frame.filter(mark="lane").iter_rows(named=True):
        idle = frame.filter(
            (pl.col("row") == row["row"]) & (pl.col("mark") == "unaccounted") & pl.col("text").is_not_null()
        )
        cramped = [
            h["text"] for h in idle.iter_rows(named=True) if grid.step < _ABOVE or not _fits(h, h["text"], grid, right)
        ]
        out.append({"row": row["row"], "label": row["label"], "note": ", ".join([row["text"], *cramped])})
    return pl.DataFrame(out)


def _legend_entries(view: View, frame: pl.DataFrame) -> list[LegendEntry]:
    """The legend: phases from dark to light in the most frequent hue, then the lines and signs that are drawn."""
    t = theme(view)
    base = hue(frame["platform"].mode()[0])
    drawn = set(frame["mark"])
    phases = [p for p in _SHARES if p in set(frame["phase"].drop_nulls())]
    signs = [LegendEntry(phase, fill=t.tint(base, _SHARES[phase])) for phase in phases]
    if "wait" in drawn:
        signs.append(LegendEntry("waiting", "stroke", stroke=t.faint, dash=(4, 3)))
    if "unaccounted" in drawn:
        signs.append(LegendEntry("no known phase", "stroke", stroke=t.faint))
    if "result" in drawn:
        signs.append(LegendEntry("result", _FLAG, fill=t.ink))
    if "failure" in drawn:
        signs.append(LegendEntry("failure", _CROSS, stroke=BAD))
    if "open" in drawn:
        signs.append(LegendEntry("log stops", _OPEN, stroke=t.ink))
    return signs


# ---- the words ---- #

_HOW = "Seconds since the beginning of each job; each panel has its own axis."


def _title(view: View, lanes: Mapping[str, _Lane]) -> str:
    """The finding: the longest time without a phase, else the longest wait, else the longest job."""
    long = [
        (_unexplained_s(lane, begin, end), _is_idle(lane, begin, end), lane)
        for lane in lanes.values()
        for begin, end in _uncovered(lane)
        if _is_long(lane, begin, end)
    ]
    every = f"{len(lanes)} jobs" if len(lanes) > 1 else ""
    if long:
        seconds, idle, lane = max(long, key=lambda found: (found[1], found[0]))
        name, share = title_labels(view, [lane.job.label])[0], f"{seconds:,.0f} of its {lane.length:,.0f} s"
        affected = len({id(found[2]) for found in long})
        more = f"; {affected} of {every} have gaps of at least {_GAP}" if affected > 1 else ""
        return f"{name} was {'idle' if idle else 'in no known phase'} for {share}{more}"
    waits = {
        run: sum(_length(s).total_seconds() for s in lane.spans if s.phase == "queue") for run, lane in lanes.items()
    }
    longest = max(waits, key=lambda run: waits[run])
    if waits[longest] >= _IDLE_SHARE * lanes[longest].length and waits[longest] >= _IDLE_S:
        lane = lanes[longest]
        return f"{title_labels(view, [lane.job.label])[0]} waited {waits[longest]:,.0f} s of its {lane.length:,.0f} s"
    lane = max(lanes.values(), key=lambda found: found.length)
    train = sum(
        (end - begin).total_seconds()
        for i, span in enumerate(lane.spans) if span.phase == "train"
        for begin, end in _pieces(span, lane.spans[i + 1 :])
    )  # fmt: skip
    share = f", {100 * train / lane.length:.0f} % of it training" if train else ""
    name = title_labels(view, [lane.job.label])[0]
    return f"{f'{every}: the longest, {name},' if every else name} took {_took(lane.length)}{share}"


def _caption(view: View, every: Mapping[str, _Lane], lanes: Mapping[str, _Lane]) -> Iterator[str]:
    """The clock and its resolution, phases without timestamps, and jobs without a lane. every: all lanes; lanes: those
    that are drawn."""
    yield "Clock: the timestamps of the log lines, from the first of a job to the last."
    coarse = [lane.job for lane in lanes.values() if lane.begin_resolution >= _IDLE_S / 2]
    if coarse:
        yield f"The beginning is known to the minute only: {labels(coarse)}."
    gaps = [(lane, _is_long(lane, *gap)) for lane in lanes.values() for gap in _uncovered(lane)]
    counted = {lane.job.id for lane, is_long in gaps if is_long}
    shorter = {lane.job.id for lane, _ in gaps} - counted
    if counted and shorter:
        yield (
            f"Gaps are counted if they are certainly at least {_GAP}; "
            f"{many(len(shorter), 'more job', ' has', 's have')} only gaps that may be shorter."
        )
    bare = [lane.job for lane in lanes.values() if lane.unplaced]
    if bare:
        yield f"Phases with a duration but no timestamp (untimed): {labels(bare)}."
    without = [job for job in view.jobs if job.id not in every]
    if without:
        jobs = "1 job has" if len(without) == 1 else f"{len(without)} jobs have"
        yield f"{jobs} fewer than two timestamps, and no lane: {labels(without)}."
