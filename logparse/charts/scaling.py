"""How does throughput grow with ranks or devices, and how much of it is lost?

What it shows
    Left, samples/s against the number of ranks (or devices, `x`), both axes logarithmic, with the ideal line: the rate
    of the fewest times the growth of their number. Right, efficiency: what share of that ideal was reached, from 0 to
    110 %. One row of two panels for each study: runs of one workload on one platform with the same work on each rank
    (weak scaling) or the same work in all (strong).

How to read it
    Points on the ideal line lose nothing. The baseline is the smallest number that was run, at 100 %; how many runs it
    stands on is said, since all other efficiencies rest on it. Repeats of one setting are one point: the median, with
    their range. Nothing is fitted and nothing is drawn beyond what was measured.

What it leaves out
    Efficiency where neither the work in all nor that on each rank is the same: such runs are shown by their rates
    alone, with the reason. Runs without a result, without a rate in samples/s, or of which no log says how many ranks
    they had: the caption names them. Figures for each device of different platforms are never held against each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import altair as alt
import polars as pl

from logparse.charts._panel import heading
from logparse.charts._theme import Drawing, data, framed, hue, places, source_note, theme, tips, wrap, x_at
from logparse.charts._view import Block, View
from logparse.comparison.jobs import Job
from logparse.comparison.phrases import labels
from logparse.comparison.quantities import QUANTITIES
from logparse.comparison.scaling import COUNTS, Scaling, scaling
from logparse.comparison.settings import factors, settings
from logparse.comparison.sides import Cell, Side, cell
from logparse.errors import NothingToDraw, UsageError
from logparse.text.numbers import figure
from logparse.text.terminal import one_line

TAKES = ("by", "x")

ROWS: dict[str, Any] = {
    "study": pl.Int64, "platform": pl.String, "workload": pl.String, "of": pl.String, "kind": pl.String,
    "side": pl.String, "runs": pl.List(pl.String), "count": pl.Int64, "n": pl.UInt32, "throughput": pl.Float64,
    "least": pl.Float64, "greatest": pl.Float64, "resolution": pl.Float64, "speedup": pl.Float64,
    "efficiency": pl.Float64, "baseline": pl.Boolean, "evidence": pl.List(pl.String),
}  # fmt: skip
"""A row a point. of: what is counted. kind: `weak`, `strong`, `neither`. throughput: samples/s, of three runs or more
the median. efficiency: from 0 to 1, null where the kind is `neither`."""


@dataclass(frozen=True)
class _Study:
    """Runs of one workload that differ in their number of ranks or devices."""

    block: Block
    sides: tuple[Side, ...]
    found: Scaling


def rows(view: View) -> pl.DataFrame:
    """What is drawn: `ROWS` gives columns and types."""
    return pl.DataFrame(
        [row for number, study in enumerate(_studies(view)) for row in _points(view, number, study)], ROWS
    )


# ---- the data ---- #


def _studies(view: View) -> list[_Study]:
    """Every study in these runs: the largest sets of one platform, workload and task with equal work."""
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


def _of_block(view: View, block: Block, of: str) -> Iterator[_Study]:
    """Weak studies, then strong ones of what is left, then what is left."""
    sides = [side for side in _sides(view, block) if _ready(view, side, of)]
    for share in (True, False):
        for some in _alike(view, sides, of, share):
            study = _study(view, block, some, of)
            if study is not None and study.found.points:
                yield study
                sides = [side for side in sides if side not in some]
    rest = _study(view, block, sides, of)
    if rest is not None:
        yield rest


def _sides(view: View, block: Block) -> list[Side]:
    """By what was asked for; else repeats of one experiment together."""
    if view.options.by or view.given is not None:
        return view.rows_of(block.jobs)
    held: dict[str, list[Job]] = {}
    for job in block.jobs:
        held.setdefault(str(job.main["group"] or job.id), []).append(job)
    return [Side(jobs[0].label, tuple(jobs)) for jobs in held.values()]


def _ready(view: View, side: Side, of: str) -> bool:
    return _one(view, side, of) is not None and _rate(view, side).middle is not None


def _rate(view: View, side: Side) -> Cell:
    return cell(view.ledger, QUANTITIES["throughput"], side)


def _one(view: View, side: Side, column: str) -> float | None:
    """What all jobs of a side have; None where they do not agree, or no log says."""
    values = {view.ledger.value(job, column).value for job in side.jobs}
    found = values.pop() if len(values) == 1 else None
    return float(found) if found else None


def _alike(view: View, sides: Sequence[Side], of: str, share: bool) -> Iterator[list[Side]]:
    """Sides with the same samples on each rank (`share`), or in all, in at least two numbers of ranks."""
    known = []
    for side in sides:
        samples, count = _one(view, side, "samples"), _one(view, side, of)
        if samples and count:
            known.append((samples / count if share else samples, count, side))
    held: list[list[tuple[float, float, Side]]] = []
    for item in sorted(known, key=lambda found: found[0]):
        if held and math.isclose(item[0], held[-1][0][0], rel_tol=0.01):
            held[-1].append(item)
        else:
            held.append([item])
    for some in held:
        if len({count for _, count, _ in some}) > 1:
            yield [side for *_, side in some]


def _study(view: View, block: Block, sides: Sequence[Side], of: str) -> _Study | None:
    found = scaling(view.ledger, sides, (of,))
    return None if found is None else _Study(block, tuple(sides), found)


def _points(view: View, number: int, study: _Study) -> Iterator[dict[str, Any]]:
    """A row for each point, from the fewest to the most."""
    platform, workload, _ = study.block.keys
    told = {
        "study": number, "platform": platform, "workload": workload, "of": study.found.of, "kind": study.found.kind,
    }  # fmt: skip
    if study.found.points:
        for i, point in enumerate(study.found.points):
            figures = {"count": point.count, "speedup": point.speedup, "efficiency": point.efficiency}
            yield {**told, **_of_side(view, point.side, study.found.of), **figures, "baseline": i == 0}
        return
    for side in sorted(study.sides, key=lambda s: _one(view, s, study.found.of) or 0.0):
        yield {**told, **_of_side(view, side, study.found.of), "baseline": False}


def _of_side(view: View, side: Side, of: str) -> dict[str, Any]:
    held = _rate(view, side)
    count = _one(view, side, of)
    return {
        "side": one_line(side.label),
        "runs": [job.id for job in side.jobs],
        "count": int(count) if count else None,
        "n": held.n,
        "throughput": held.middle,
        "least": min(held.numbers),
        "greatest": max(held.numbers),
        "resolution": held.resolution,
        "evidence": [*held.places, *view.ledger.places(side.jobs, of)],
    }


# ---- the drawing ---- #

_STUDIES = 12
"""Studies up to which all are drawn."""
_RATE, _SHARE, _HEIGHT, _BETWEEN = 330, 300, 230, 40
"""Pixels: width of the two panels, their height, and what is between them (with the axis)."""


def _beside(view: View) -> int:
    """Width of the panel at the right, in pixels: in proportion to the left one."""
    return round((view.options.width or _RATE) * _SHARE / _RATE)


def chart(view: View) -> Drawing:
    """Rates and efficiencies of `rows`; raises `NothingToDraw` where no two numbers of ranks or devices are known."""
    studies = _studies(view)
    if not studies:
        raise NothingToDraw(
            "no two runs here are of one workload, have a rate, and tell that their numbers of ranks or devices differ"
        )
    drawn = studies[:_STUDIES]
    more = [f"{len(studies) - _STUDIES} more studies are not drawn; choose with --where."] if drawn != studies else []
    jobs = {job.id for study in drawn for side in study.sides for job in side.jobs}
    shown = replace(view, jobs=tuple(job for job in view.jobs if job.id in jobs))
    lines = [_pair(view, pl.DataFrame(list(_points(view, n, s)), ROWS), s) for n, s in enumerate(drawn)]
    whole = (view.options.width or _RATE) + _beside(view) + _BETWEEN + 110.0
    body: Drawing = alt.vconcat(*lines, spacing=26)
    return framed(
        view, body, whole, _title(view, drawn), [_HOW] if any(study.found.points for study in drawn) else [],
        [*_caption(view, drawn), *more, *shown.touching(["throughput"]), source_note(shown)],
    )  # fmt: skip


def _pair(view: View, frame: pl.DataFrame, study: _Study) -> Any:
    """One study: rates, and efficiencies where there are any."""
    left = _rates(view, frame, study)
    right = _efficiencies(view, frame, study) if study.found.points else _no_efficiency(view, study)
    platform, workload, task = study.block.keys
    named = one_line(workload) if workload else "workload not in the log"
    text = f"{platform}: {named}{f', {task}' if task else ''}: {_kind(study)}"
    pair = alt.hconcat(left, right, spacing=_BETWEEN)
    return pair.properties(title=heading(view, text, _base(view, study)))


def _kind(study: _Study) -> str:
    kind = {"weak": "weak scaling", "strong": "strong scaling"}.get(study.found.kind, "neither weak nor strong scaling")
    return f"{kind}, {study.found.why}" if study.found.points else kind


def _base(view: View, study: _Study) -> str:
    """The baseline and its n; how many runs a point has."""
    cells = [p.throughput for p in study.found.points] or [_rate(view, side) for side in study.sides]
    each = {c.n for c in cells}
    runs = f"each point: n = {each.pop()}" if len(each) == 1 else "n stands beside each point"
    if not study.found.points:
        return runs.capitalize()
    first = study.found.points[0]
    return f"Baseline: {_counted(first.count, study.found.of)} (n = {first.throughput.n}); {runs}"


def _counted(count: int, of: str) -> str:
    return f"{count:,} {of if count != 1 else of[:-1]}"


def _x(frame: pl.DataFrame, of: str) -> alt.X:
    counts = sorted(set(frame["count"]))
    air = max(1.35, (counts[-1] / counts[0]) ** 0.12)
    scale = alt.Scale(type="log", base=2, domain=[counts[0] / air, counts[-1] * air], nice=False)
    axis = alt.Axis(values=counts, format=",d", grid=False, labelOverlap=False)
    return alt.X("count:Q", scale=scale, title=of, axis=axis)


def _rates(view: View, frame: pl.DataFrame, study: _Study) -> Any:
    t = theme(view)
    colour = hue(study.block.keys[0])
    rates = [float(v) for v in frame["throughput"]]
    ideal = pl.DataFrame(schema={"count": pl.Int64, "throughput": pl.Float64})
    if study.found.points:
        first, most = frame.row(0, named=True), max(frame["count"])
        ends = {"count": [first["count"], most], "throughput": [rates[0], rates[0] * most / first["count"]]}
        ideal = pl.DataFrame(ends, ideal.schema)
    low, high = min(rates), max([*rates, *ideal["throughput"]])
    scale = alt.Scale(type="log", domain=[low / 1.5, high * 1.5], nice=False)
    axis = alt.Axis(values=_ticks(low / 1.5, high * 1.5), format="~g" if low < 1 else ",~f", minExtent=40, maxExtent=40)
    x, y = (
        _x(frame, study.found.of),
        alt.Y("throughput:Q", scale=scale, title="samples/s, all ranks together", axis=axis),
    )
    worded = _worded(view, frame, study)
    tip = tips(view, side="run", many=study.found.of, rate="samples/s", n="runs", part="efficiency", place="lines")
    layers: list[Any] = [
        alt.Chart(data(ideal)).mark_line(color=t.faint, strokeDash=[5, 3], strokeWidth=1.2).encode(x, y),
        alt.Chart(data(frame))
        .mark_rule(color=colour, strokeWidth=2)
        .encode(x, alt.Y("least:Q", scale=scale), alt.Y2("greatest:Q")),
        alt.Chart(data(worded)).mark_circle(size=70, color=colour, opacity=1).encode(x, y, tooltip=tip),
    ]
    looks: dict[bool, dict[str, Any]] = {
        True: {"align": "left", "dx": 8, "dy": 9},
        False: {"align": "center", "dy": 17},
    }
    for own, look in looks.items():
        part = worded.filter((pl.col("place_right") == own) & pl.col("named"))
        layers.append(alt.Chart(data(part)).mark_text(baseline="middle", **look).encode(x, y, text=alt.Text("told:N")))
    size = {"width": view.options.width or _RATE, "height": view.options.height or _HEIGHT}
    return alt.layer(*layers).properties(**size)


def _ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10 … between two rates."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [v for p in powers for d in (1, 2, 5) if low <= (v := d * 10.0**p) <= high]


def _worded(view: View, frame: pl.DataFrame, study: _Study) -> pl.DataFrame:
    """The rows with what stands beside them and in tooltips; of several points at one number the best is named."""
    each = set(frame["n"])
    n = [f"n = {c}" for c in frame["n"]]
    rate = [_figure(v, r) for v, r in frame.select("throughput", "resolution").iter_rows()]
    part = [f"{100 * e:.1f} %" if e is not None else "" for e in frame["efficiency"]]
    shown = [f"{a} ({b})" for a, b in zip(rate, n, strict=True)] if len(each) > 1 else rate
    first = pl.col("throughput").rank("ordinal", descending=True).over("count") == 1
    last = max(frame["count"])
    return frame.with_columns(
        pl.Series("told", shown), pl.Series("rate", rate), pl.Series("part", part),
        pl.Series("many", [str(c) for c in frame["count"]]), first.alias("named"),
        (pl.col("count") < last).alias("place_right"), pl.Series("place", [places(e) for e in frame["evidence"]]),
    )  # fmt: skip


def _figure(value: float, resolution: float | None) -> str:
    text = figure(value, resolution, 4 if value < 1000 else 5)
    return f"{value:,.0f}" if value >= 1000 else text


def _efficiencies(view: View, frame: pl.DataFrame, study: _Study) -> Any:
    t = theme(view)
    colour = hue(study.block.keys[0])
    most = max(1.1, 1.05 * float(frame["efficiency"].max() or 0.0))  # type: ignore[arg-type]
    scale = alt.Scale(domain=[0, most], nice=False)
    percent = "format(100 * datum.value, 'd') + ' %'"
    axis = alt.Axis(values=[0, 0.25, 0.5, 0.75, 1.0], labelExpr=percent)
    x, y = _x(frame, study.found.of), alt.Y("efficiency:Q", scale=scale, title="efficiency", axis=axis)
    worded = _worded(view, frame, study)
    tip = tips(view, side="run", many=study.found.of, part="efficiency", n="runs", place="lines")
    whole = alt.Chart(data(pl.DataFrame({"efficiency": [1.0]})))
    points = alt.Chart(data(worded))
    layers: list[Any] = [
        whole.mark_rule(color=t.faint, strokeDash=[5, 3], strokeWidth=1.2).encode(y),
        points.mark_circle(size=70, color=colour, opacity=1).encode(x, y, tooltip=tip),
    ]
    over = pl.col("baseline") | (pl.col("efficiency") > 1.005)
    looks: dict[bool, dict[str, Any]] = {True: {"baseline": "bottom", "dy": -8}, False: {"baseline": "top", "dy": 9}}
    for above, look in looks.items():
        some = worded.filter(pl.col("named") & (over if above else ~over))
        said = pl.when("baseline").then(pl.lit("baseline")).otherwise("part").alias("said")
        layers.append(alt.Chart(data(some.with_columns(said))).mark_text(**look).encode(x, y, text=alt.Text("said:N")))
    return alt.layer(*layers).properties(width=_beside(view), height=view.options.height or _HEIGHT)


def _no_efficiency(view: View, study: _Study) -> Any:
    """Why there is none, in the place of the panel."""
    t = theme(view)
    lines = wrap(f"No efficiency: {study.found.why}.", _beside(view) - 20, t.size + 1)
    words = pl.DataFrame({"text": lines, "y": [20.0 + 16 * i for i in range(len(lines))]})
    text = alt.Chart(data(words)).mark_text(align="left", color=t.faint, fontSize=t.size)
    y = alt.Y("y:Q", scale=None, axis=None)
    return text.encode(x=x_at(0), y=y, text=alt.Text("text:N")).properties(width=_beside(view), height=60)


# ---- the words ---- #

_HOW = "Dashed: ideal, the rate of the fewest times the growth of their number."


def _title(view: View, studies: Sequence[_Study]) -> str:
    """The finding: what is left at the most, of the study with most points."""
    measured = [study for study in studies if study.found.points]
    if not measured:
        return f"{_named(studies[0])}: rates by {studies[0].found.of}, but no efficiency"
    best = max(measured, key=lambda study: len(study.found.points))
    first = best.found.points[0]
    last = max(best.found.points, key=lambda p: (p.count, p.efficiency))
    grown = f"from {first.count:,} to {_counted(last.count, best.found.of)}"
    more = f" (the first of {len(studies)} studies here)" if best is studies[0] and len(studies) > 1 else ""
    more = more or (f" (of {len(studies)} studies, the one with most points)" if len(studies) > 1 else "")
    return f"{_named(best)} keeps {100 * last.efficiency:.1f} % of ideal {grown}, {best.found.kind} scaling{more}"


def _named(study: _Study) -> str:
    platform, workload, _ = study.block.keys
    return one_line(workload or f"a workload on {platform}")


def _caption(view: View, studies: Sequence[_Study]) -> Iterator[str]:
    """What is left out and why, and what else differs in a study."""
    yield "Throughput: samples/s over the whole run, all ranks together, as the log gives it."
    for study in studies:
        found = settings(view.ledger, study.sides)
        also = [s.name for s in factors(found) if s.name != study.found.of]
        if also:
            yield f"{_named(study)} ({_kind(study).partition(',')[0]}): confounded, also different: {', '.join(also)}."
    if any(p.throughput.claimed for s in studies for p in s.found.points):
        yield "A number that some points rest on is only claimed."
    drawn = {job.id for study in studies for side in study.sides for job in side.jobs}
    left = [job for job in view.jobs if job.id not in drawn]
    if left:
        yield (
            f"{len(left)} more run{'s are' if len(left) > 1 else ' is'} in no study, for want of a number of ranks or "
            f"devices, of a rate, or of other runs with equal work: {labels(left)}."
        )
