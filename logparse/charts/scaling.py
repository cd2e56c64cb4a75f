"""How does throughput scale with ranks or devices, and how much is lost?

What it needs
    Runs of one workload on two numbers of ranks or devices, with a throughput.

What it shows
    On the left, samples/s against the number of ranks (or devices, `x`), both axes logarithmic, with the ideal line:
    the throughput of the smallest number, scaled linearly. On the right, the efficiency: the share of the ideal that
    was reached, from 0 to 110 %. One row of two panels for each study: runs of one workload on one platform with the
    same work per rank (weak scaling) or the same total work (strong scaling).

How to read it
    Points on the ideal line lose nothing. The baseline is the smallest number that was run, at 100 %. The chart states
    how many runs the baseline has, because all other efficiencies depend on it. Repeated runs of one setting are one
    point: their geometric mean. The line through a point is the 95 % interval of the mean, and of the efficiency, where
    repeats of the program are known. Nothing is fitted, and nothing is drawn beyond the measured range.

What it leaves out
    The efficiency of runs with neither the same total work nor the same work per rank: only their throughput is shown,
    with the reason. Runs without a result, without a throughput in samples/s, or whose number of ranks no log states:
    the caption names them. Per-device figures of different platforms are never compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from logparse.charts._panel import AROUND, capped, heading
from logparse.charts._theme import Caption, framed, places, theme, tips, wrap
from logparse.charts._vega import Drawing, channel, hconcat, layer, pixels, vconcat
from logparse.charts._view import JobBlock, View, once
from logparse.comparison.jobs import Job
from logparse.comparison.noise import interval
from logparse.comparison.phrases import labels
from logparse.comparison.quantities import QUANTITIES
from logparse.comparison.scaling import COUNTS, Scaling, scaling, studies
from logparse.comparison.settings import factors, settings
from logparse.comparison.sides import Side, SideValues, side_values
from logparse.comparison.verdict import verdict
from logparse.errors import NothingToDraw, UsageError
from logparse.rendering.palette import hue
from logparse.schema import LOCATIONS
from logparse.text.labels import listed
from logparse.text.numbers import figure
from logparse.text.terminal import one_line

TAKES = ("x",)

ROWS: dict[str, Any] = {
    "study": pl.Int64, "platform": pl.String, "workload": pl.String, "of": pl.String, "kind": pl.String,
    "side": pl.String, "runs": pl.List(pl.String), "count": pl.Int64, "n": pl.UInt32, "throughput": pl.Float64,
    "least": pl.Float64, "greatest": pl.Float64, "low": pl.Float64, "high": pl.Float64, "resolution": pl.Float64,
    "speedup": pl.Float64, "efficiency": pl.Float64, "efficiency_low": pl.Float64, "efficiency_high": pl.Float64,
    "baseline": pl.Boolean, "evidence": LOCATIONS,
}  # fmt: skip
"""One row per point. of: what is counted. kind: `weak`, `strong`, `neither`. throughput: samples/s, the geometric mean
of several runs. least, greatest: their range. low, high: the 95 % interval of the mean; null without repeats of the
program. efficiency: 1 is ideal; null where the kind is `neither`. efficiency_low, efficiency_high: its 95 % interval.
"""


@dataclass(frozen=True)
class _Study:
    """Runs of one workload that differ in their number of ranks or devices."""

    block: JobBlock
    sides: tuple[Side, ...]
    found: Scaling


@once
def rows(view: View) -> pl.DataFrame:
    """What is drawn: `ROWS` gives columns and types."""
    return pl.DataFrame(
        [row for n, study in enumerate(_in_room(view, _studies(view))[0]) for row in _points(view, n, study)], ROWS
    )


# ---- the data ---- #


@once
def _studies(view: View) -> list[_Study]:
    """All studies in these runs: the largest sets of one platform, workload and task with equal work."""
    x = view.options.x
    if x not in (None, *COUNTS):
        raise UsageError(f"x {x!r}: one of {', '.join(COUNTS)}")
    out: list[_Study] = []
    for block in view.blocks("platform", "workload", "task"):
        for of in (x,) if x else COUNTS:
            found = list(_of_block(view, block, of))
            out += found
            if found:
                break
    return out


def _of_block(view: View, block: JobBlock, of: str) -> Iterator[_Study]:
    """Weak scaling studies, then strong ones of the remaining sides, then the remaining sides."""
    sides = [side for side in _sides(view, block) if _ready(view, side, of)]
    found, rest = studies(view.ledger, sides, of)
    yield from (_Study(block, tuple(equal), study) for equal, study in found)
    without_efficiency = scaling(view.ledger, rest, (of,))
    if without_efficiency is not None:
        yield _Study(block, tuple(rest), without_efficiency)


def _sides(view: View, block: JobBlock) -> list[Side]:
    """The groups of `by` or of the given comparison; else one side per experiment."""
    if view.options.by or view.given is not None:
        return view.rows_of(block.jobs)
    experiments: dict[tuple[Any, ...], list[Job]] = {}
    for job in block.jobs:
        experiments.setdefault(view.ledger.experiment(job) if job.main["group"] else (job.id,), []).append(job)
    return [Side(jobs[0].label, tuple(jobs)) for jobs in experiments.values()]


def _ready(view: View, side: Side, of: str) -> bool:
    return _one(view, side, of) is not None and _rate(view, side).mean is not None


def _rate(view: View, side: Side) -> SideValues:
    return side_values(view.ledger, QUANTITIES["throughput"], side)


def _one(view: View, side: Side, column: str) -> float | None:
    """The value that all jobs of a side have; None if they differ or no log states it."""
    values = {view.ledger.value(job, column).value for job in side.jobs}
    found = values.pop() if len(values) == 1 else None
    return float(found) if found else None


def _points(view: View, number: int, study: _Study) -> Iterator[dict[str, Any]]:
    """One row per point, from the fewest to the most."""
    platform, workload, _ = study.block.keys
    common = {
        "study": number, "platform": platform, "workload": workload, "of": study.found.of, "kind": study.found.kind,
    }  # fmt: skip
    if study.found.points:
        for i, point in enumerate(study.found.points):
            figures = {"count": point.count, "speedup": point.speedup, "efficiency": point.efficiency}
            figures |= _efficiency_interval(view, study.found, i)
            yield {**common, **_of_side(view, point.side, study.found.of), **figures, "baseline": i == 0}
        return
    for side in sorted(study.sides, key=lambda s: _one(view, s, study.found.of) or 0.0):
        yield {**common, **_of_side(view, side, study.found.of), "baseline": False}


def _efficiency_interval(view: View, found: Scaling, index: int) -> dict[str, float]:
    """The interval of the ratio to the baseline, divided by the growth of the count."""
    first, point = found.points[0], found.points[index]
    ends = (
        verdict(view.ledger, QUANTITIES["throughput"], first.throughput, point.throughput).interval if index else None
    )
    growth = point.count / first.count
    return {"efficiency_low": ends[0] / growth, "efficiency_high": ends[1] / growth} if ends else {}


def _of_side(view: View, side: Side, of: str) -> dict[str, Any]:
    rate = _rate(view, side)
    count = _one(view, side, of)
    low, high = interval(view.ledger, QUANTITIES["throughput"], rate) or (None, None)
    return {
        "side": one_line(side.label),
        "runs": [job.id for job in side.jobs],
        "count": int(count) if count else None,
        "n": rate.n,
        "throughput": rate.mean,
        "least": min(rate.numbers),
        "greatest": max(rate.numbers),
        "low": low,
        "high": high,
        "resolution": rate.resolution,
        "evidence": [*rate.locations, *view.ledger.locations(side.jobs, of)],
    }


# ---- the drawing ---- #

_RATE, _SHARE, _HEIGHT, _BETWEEN = 330, 300, 230, 40
"""Widths of the two panels, their height, and the gap between them (with the axis), in pixels."""


def _in_room(view: View, studies: Sequence[_Study]) -> tuple[list[_Study], list[str]]:
    """The studies that are drawn, and a sentence on the rest."""
    height = float(view.options.height or _HEIGHT) + AROUND
    kept, more = capped(
        view, [[job for side in study.sides for job in side.jobs] for study in studies], [height] * len(studies),
        ("study", "studies"),
    )  # fmt: skip
    return [studies[i] for i in kept], more


def _beside(view: View) -> int:
    """Width of the right panel in pixels, proportional to the left one."""
    return round((view.options.width or _RATE) * _SHARE / _RATE)


def chart(view: View) -> Drawing:
    """Throughputs and efficiencies of `rows`; raises `NothingToDraw` unless two numbers of ranks or devices are
    known."""
    studies = _studies(view)
    if not studies:
        raise NothingToDraw("no two runs of one workload state a throughput and different numbers of ranks or devices")
    drawn, more = _in_room(view, studies)
    lines = [_pair(view, pl.DataFrame(list(_points(view, n, s)), ROWS), s) for n, s in enumerate(drawn)]
    whole = (view.options.width or _RATE) + _beside(view) + _BETWEEN + 110.0
    body: Drawing = vconcat(*lines, spacing=26)
    return framed(
        view, body, whole, _title(view, drawn), [_HOW] if any(study.found.points for study in drawn) else [],
        Caption(
            [*_caption(view, drawn), *more], [j for study in drawn for side in study.sides for j in side.jobs],
            ["throughput"],
        ),
    )  # fmt: skip


def _pair(view: View, frame: pl.DataFrame, study: _Study) -> Any:
    """One study: throughputs, and efficiencies if there are any."""
    left = _rates(view, frame, study)
    right = _efficiencies(view, frame, study) if study.found.points else _no_efficiency(view, study)
    platform, workload, task = study.block.keys
    name = one_line(workload) if workload else "workload not in the log"
    text = f"{platform}: {name}{f', {task}' if task else ''}: {_kind(study)}"
    pair = hconcat(left, right, spacing=_BETWEEN)
    return pair.properties(title=heading(view, text, _base(view, study)))


def _kind(study: _Study) -> str:
    kind = {"weak": "weak scaling", "strong": "strong scaling"}.get(study.found.kind, "neither weak nor strong scaling")
    return f"{kind}, {study.found.why}" if study.found.points else kind


def _base(view: View, study: _Study) -> str:
    """The baseline and its n, and the number of runs of a point."""
    cells = [p.throughput for p in study.found.points] or [_rate(view, side) for side in study.sides]
    each = {c.n for c in cells}
    runs = f"each point: n = {each.pop()}" if len(each) == 1 else "n is given at each point"
    if not study.found.points:
        return runs.capitalize()
    first = study.found.points[0]
    return f"Baseline: {_counted(first.count, study.found.of)} (n = {first.throughput.n}); {runs}"


def _counted(count: int, of: str) -> str:
    return f"{count:,} {of if count != 1 else of[:-1]}"


def _x(frame: pl.DataFrame, of: str) -> dict[str, Any]:
    counts = sorted(set(frame["count"]))
    air = max(1.35, (counts[-1] / counts[0]) ** 0.12)
    scale = {"type": "log", "base": 2, "domain": [counts[0] / air, counts[-1] * air], "nice": False}
    axis = {"values": counts, "format": ",d", "grid": False, "labelOverlap": False}
    return channel("count:Q", scale=scale, title=of, axis=axis)


def _rates(view: View, frame: pl.DataFrame, study: _Study) -> Any:
    t = theme(view)
    colour = hue(study.block.keys[0])
    rates = [float(v) for v in frame["throughput"]]
    ideal = pl.DataFrame(schema={"count": pl.Int64, "throughput": pl.Float64})
    if study.found.points:
        first, most = frame.row(0, named=True), max(frame["count"])
        ends = {"count": [first["count"], most], "throughput": [rates[0], rates[0] * most / first["count"]]}
        ideal = pl.DataFrame(ends, ideal.schema)
    low = min([*rates, *frame["low"].drop_nulls()])
    high = max([*rates, *ideal["throughput"], *frame["high"].drop_nulls()])
    scale = {"type": "log", "domain": [low / 1.5, high * 1.5], "nice": False}
    ticks = {"values": _ticks(low / 1.5, high * 1.5), "format": "~g" if low < 1 else ",~f"}
    axis = {**ticks, "minExtent": 40, "maxExtent": 40}
    x, y = (
        _x(frame, study.found.of),
        channel("throughput:Q", scale=scale, title="samples/s, all ranks together", axis=axis),
    )
    worded = _worded(view, frame, study)
    tip = tips(view, side="run", many=study.found.of, rate="samples/s", n="runs", part="efficiency", place="lines")
    layers: list[Any] = [
        Drawing.of(ideal).mark("line", color=t.faint, strokeDash=[5, 3], strokeWidth=1.2).encode(x=x, y=y),
        Drawing.of(frame)
        .mark("rule", color=colour, strokeWidth=2)
        .encode(x=x, y=channel("low:Q", scale=scale), y2="high:Q"),
        Drawing.of(worded).mark("circle", size=70, color=colour, opacity=1).encode(x=x, y=y, tooltip=tip),
    ]
    looks: dict[bool, dict[str, Any]] = {
        True: {"align": "left", "dx": 8, "dy": 9},
        False: {"align": "right", "dx": -8, "dy": -9},
    }
    for right, look in looks.items():
        part = worded.filter((pl.col("place_right") == right) & pl.col("named"))
        layers.append(Drawing.of(part).mark("text", baseline="middle", **look).encode(x=x, y=y, text="rate_label:N"))
    size = {"width": view.options.width or _RATE, "height": view.options.height or _HEIGHT}
    return layer(*layers).properties(**size)


def _ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10 … between two throughputs."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [v for p in powers for d in (1, 2, 5) if low <= (v := d * 10.0**p) <= high]


def _worded(view: View, frame: pl.DataFrame, study: _Study) -> pl.DataFrame:
    """The rows with the text of labels and tooltips; of several points at one number, the best is labelled."""
    each = set(frame["n"])
    n = [f"n = {c}" for c in frame["n"]]
    rate = [_figure(v, r) for v, r in frame.select("throughput", "resolution").iter_rows()]
    part = [f"{100 * e:.1f} %" if e is not None else "" for e in frame["efficiency"]]
    shown = [f"{a} ({b})" for a, b in zip(rate, n, strict=True)] if len(each) > 1 else rate
    first = pl.col("throughput").rank("ordinal", descending=True).over("count") == 1
    last = max(frame["count"])
    return frame.with_columns(
        pl.Series("rate_label", shown), pl.Series("rate", rate), pl.Series("part", part),
        pl.Series("many", [str(c) for c in frame["count"]]), first.alias("named"),
        (pl.col("count") < last).alias("place_right"), pl.Series("place", [places(e) for e in frame["evidence"]]),
    )  # fmt: skip


def _figure(value: float, resolution: float | None) -> str:
    text = figure(value, resolution, 4 if value < 1000 else 5)
    return f"{value:,.0f}" if value >= 1000 else text


def _efficiencies(view: View, frame: pl.DataFrame, study: _Study) -> Any:
    t = theme(view)
    colour = hue(study.block.keys[0])
    most = max(1.1, 1.05 * max(*frame["efficiency"], *frame["efficiency_high"].drop_nulls()))
    scale = {"domain": [0, most], "nice": False}
    percent = "format(100 * datum.value, 'd') + ' %'"
    axis = {"values": [0, 0.25, 0.5, 0.75, 1.0], "labelExpr": percent}
    x, y = _x(frame, study.found.of), channel("efficiency:Q", scale=scale, title="efficiency", axis=axis)
    worded = _worded(view, frame, study)
    tip = tips(view, side="run", many=study.found.of, part="efficiency", n="runs", place="lines")
    whole = Drawing.of(pl.DataFrame({"efficiency": [1.0]}))
    points = Drawing.of(worded)
    layers: list[Any] = [
        whole.mark("rule", color=t.faint, strokeDash=[5, 3], strokeWidth=1.2).encode(y=y),
        Drawing.of(frame)
        .mark("rule", color=colour, strokeWidth=2)
        .encode(x=x, y=channel("efficiency_low:Q", scale=scale), y2="efficiency_high:Q"),
        points.mark("circle", size=70, color=colour, opacity=1).encode(x=x, y=y, tooltip=tip),
    ]
    over = pl.col("baseline") | (pl.col("efficiency") > 1.005)
    looks: dict[bool, dict[str, Any]] = {True: {"baseline": "bottom", "dy": -8}, False: {"baseline": "top", "dy": 9}}
    for above, look in looks.items():
        labelled = worded.filter(pl.col("named") & (over if above else ~over))
        display = pl.when("baseline").then(pl.lit("baseline")).otherwise("part").alias("display")
        layers.append(
            Drawing.of(labelled.with_columns(display)).mark("text", **look).encode(x=x, y=y, text="display:N")
        )
    return layer(*layers).properties(width=_beside(view), height=view.options.height or _HEIGHT)


def _no_efficiency(view: View, study: _Study) -> Any:
    """The reason why there is no efficiency, in place of the panel."""
    t = theme(view)
    lines = wrap(f"No efficiency: {study.found.why}.", _beside(view) - 20, t.size + 1)
    words = pl.DataFrame({"text": lines, "y": [20.0 + 16 * i for i in range(len(lines))]})
    text = Drawing.of(words).mark("text", align="left", color=t.faint, fontSize=t.size)
    y = channel("y:Q", scale=None, axis=None)
    return text.encode(x=pixels(0), y=y, text="text:N").properties(width=_beside(view), height=60)


# ---- the words ---- #

_HOW = "Dashed: ideal, the throughput of the smallest number, scaled linearly."


def _title(view: View, studies: Sequence[_Study]) -> str:
    """The finding: the efficiency at the largest number, in the study with most points."""
    measured = [study for study in studies if study.found.points]
    if not measured:
        return f"{_named(studies[0])}: throughput by {studies[0].found.of}, without efficiency"
    best = max(measured, key=lambda study: len(study.found.points))
    first = best.found.points[0]
    last = max(best.found.points, key=lambda p: (p.count, p.efficiency))
    grown = f"from {first.count:,} to {_counted(last.count, best.found.of)}"
    more = f" (the first of {len(studies)} studies)" if best is studies[0] and len(studies) > 1 else ""
    more = more or (f" (the study with most points, of {len(studies)})" if len(studies) > 1 else "")
    counts = list(dict.fromkeys((first.throughput.n, last.throughput.n)))
    runs = f", n = {listed([str(n) for n in counts])}" if 1 in counts else ""
    kept = f"keeps {100 * last.efficiency:.1f} % of the ideal {grown}, {best.found.kind} scaling"
    return f"{_named(best)} {kept}{runs}{more}"


def _named(study: _Study) -> str:
    platform, workload, _ = study.block.keys
    return one_line(workload or f"a workload on {platform}")


def _caption(view: View, studies: Sequence[_Study]) -> Iterator[str]:
    """What is omitted and why, and what else differs in a study."""
    yield "Throughput: samples/s over the whole run, all ranks together, as the log states it."
    cells = [_rate(view, side) for study in studies for side in study.sides]
    if any(c.n > 1 for c in cells):
        yield "Several runs are one point: their geometric mean."
    if any(interval(view.ledger, QUANTITIES["throughput"], c) for c in cells):
        yield "The line through a point is the 95 % interval of the mean, or of the efficiency."
    for study in studies:
        found = settings(view.ledger, study.sides)
        also = [s.name for s in factors(found) if s.name != study.found.of]
        if also:
            verb = "differs" if len(also) == 1 else "differ"
            yield f"{_named(study)} ({_kind(study).partition(',')[0]}): confounded; {', '.join(also)} also {verb}."
    if any(p.throughput.claimed for s in studies for p in s.found.points):
        yield "Some points depend on a number that is only claimed."
    drawn = {job.id for study in studies for side in study.sides for job in side.jobs}
    left = [job for job in view.jobs if job.id not in drawn]
    if left:
        yield (
            f"{len(left)} more run{'s are' if len(left) > 1 else ' is'} in no study, because a number of ranks or "
            f"devices, a throughput, or another run with equal work is missing: {labels(left)}."
        )
