"""How do the runs differ from the baseline, and which differences exceed the noise?

What it needs
    Two runs of one workload; with `across`, a workload that ran on two platforms.

What it shows
    The table of `logparse compare` as a chart: a row for each quantity and run, with the ratio to the baseline on an
    axis of powers of two. Quantities without a ratio (losses, scores) follow below as differences, each on its own
    axis. Each workload and task has its own panel, because different workloads have no common baseline. With `across`,
    a panel has the rates of a workload on several platforms, in one unit, relative to the fastest.

How to read it
    An arrow beside the name of a quantity points to the better side: left for times and losses, right for rates and
    scores. A run that takes half the time is at ×0.5. The vertical line is the baseline. The grey
    band is what cannot be distinguished from the baseline: a grey dot lies within it. The line through a mark is the
    95 % interval of its ratio or difference. A ring is beyond noise, but with too few runs to establish the difference.
    A full dot is established over three or more runs per side. A grey ring may be chance among so many comparisons. A
    dashed ring means that the noise is unknown: there is no interval. Text in place of a mark says why the two are not
    compared.

What it leaves out
    The values themselves (the notes on the right give them) and quantities that only one of the two runs has. With more
    than a dozen runs, one row contains the marks of all of them, and the note counts the verdicts. More than 20 marks
    are a strip: each is a stroke, the large dot is their median, and the thick line its 95 % interval.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from logparse.charts._compared import compared, noise_size
from logparse.charts._panel import (
    ROOM,
    STRIP,
    WIDTH,
    LegendEntry,
    RowGrid,
    band,
    capped,
    gutter,
    heading,
    legend,
    median_of,
    rank_notes,
    row_height,
    strip_entries,
    strokes,
    with_bands,
    workload_title,
)
from logparse.charts._theme import (
    Caption,
    clipped,
    distinct_labels,
    framed,
    places,
    text_width,
    theme,
    tiled,
    tips,
    title_labels,
)
from logparse.charts._vega import Drawing, channel, like, pixels
from logparse.charts._view import JobBlock, View, once
from logparse.comparison.across import AcrossRow, AcrossTable, tables
from logparse.comparison.compare import Comparison, Row
from logparse.comparison.estimate import factor
from logparse.comparison.sides import Side, SideValues
from logparse.comparison.verdict import BEYOND, CHANCE, DIFFERENT, ESTABLISHED, NOT_COMPARABLE, UNKNOWN, WITHIN, Verdict
from logparse.comparison.wording import cell_text, explained_elsewhere, title, verdict_text, what_differs
from logparse.errors import NothingToDraw, UsageError
from logparse.rendering.palette import hue
from logparse.schema import LOCATIONS
from logparse.text import labels
from logparse.text.labels import shortened
from logparse.text.numbers import is_share, ratio_figure
from logparse.text.terminal import one_line

TAKES = ("baseline", "per", "clock", "across")
_CROWD = 12
"""Runs compared with the baseline up to which each has its own row."""
ROWS: dict[str, Any] = {
    "block": pl.UInt32,
    "panel": pl.UInt32,
    "row": pl.UInt32,
    "quantity": pl.String,
    "title": pl.String,
    "side": pl.String,
    "baseline": pl.String,
    "platform": pl.String,
    "n": pl.UInt32,
    "baseline_n": pl.UInt32,
    "ratio": pl.Float64,
    "difference": pl.Float64,
    "verdict": pl.String,
    "shown": pl.Float64,
    "better": pl.String,
    "noise_low": pl.Float64,
    "noise_high": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "reason": pl.String,
    "note": pl.String,
    "evidence": LOCATIONS,
}
"""panel: 0 contains the ratios of a block, each further panel the differences of one quantity. ratio, difference:
candidate to baseline. better: `higher` or `lower`. shown, low, high, noise_low, noise_high: positions on the axis.
evidence: of both sides."""


@once
def rows(view: View) -> pl.DataFrame:
    """One row for each mark, or text in place of one: `ROWS`."""
    if view.options.across:
        return pl.DataFrame([r for i, t in enumerate(_tables(view)) for r in _across_rows(i, t)], schema=ROWS)
    found, _ = _panels(view)
    return pl.DataFrame([{"block": i, **row} for i, panel in enumerate(found) for row in panel.rows], schema=ROWS)


def chart(view: View) -> Drawing:
    """The table of `compare` as a chart, or that of `across`."""
    frame = rows(view)
    if view.options.across:
        found = _tables(view)
        if not frame.height:
            raise NothingToDraw("no workload ran on several platforms")
        heads = [heading(view, _across_heading(view, t), _across_differs(t)) for t in found]
        subtitle = "Right is faster (→). The first row of each panel's ranking is the baseline."
        caption = Caption(list(_across_caption(found)), [j for t in found for row in t.rows for j in row.side.jobs])
        of_rows = [[row.side for row in table.rows] for table in found]
        return _drawn(view, frame, of_rows, heads, _across_finding(found), subtitle, caption)
    panels, more = _panels(view)
    if not frame.height:
        raise NothingToDraw("no two runs of the same workload and task have a quantity in common")
    comparisons = [panel.comparison for panel in panels]
    heads = [heading(view, _heading(view, p.block, p.comparison), _differs(p.comparison)) for p in panels]
    notes = [
        *_noises(comparisons),
        *_alone(view, comparisons),
        *view.left_over(panel.block for panel in panels if panel.block is not None),
        *more,
    ]
    caption = Caption(notes, [job for c in comparisons for job in c.jobs], frame["quantity"].unique().to_list())
    sides = [comparison.sides for comparison in comparisons]
    subtitle = "Arrows point to the better side."
    return _drawn(view, frame, sides, heads, _finding(view, frame), subtitle, caption)


def _drawn(
    view: View,
    frame: pl.DataFrame,
    sides: Iterable[Sequence[Side]],
    heads: Sequence[dict[str, Any]],
    title: str,
    subtitle: str,
    caption: Caption,
) -> Drawing:
    """The panels of all blocks, each block with its heading."""
    width, size = float(view.options.width or WIDTH), theme(view).size
    names = gutter(view, distinct_labels(frame["title"].to_list(), 152, size)) + 32
    labels = _labels(view, sides)
    edge = gutter(view, (labels.get(side, side) for side in frame["side"].drop_nulls())) + names
    drawn: list[Drawing] = []
    for number, head in enumerate(heads):
        block_rows = frame.filter(pl.col("block") == number)
        for panel in block_rows["panel"].unique().sort():
            part = block_rows.filter(pl.col("panel") == panel)
            grid = RowGrid(view, part["row"].n_unique(), width, edge)
            made = _marks(view, part, grid, labels, ratios=panel == 0)
            drawn.append(made.properties(title=head) if panel == block_rows["panel"].min() else made)
    body = tiled(drawn, row=18)
    notes = max(text_width(note, size) for note in frame["note"].fill_null(""))
    whole = edge + width + notes + 16
    if strip := legend(view, _legend_entries(view, frame), whole - edge):
        body = tiled([strip, body], row=14)
    if any(_is_cut(part) for part in frame.partition_by("block", "panel")):
        subtitle += " An interval that reaches the edge of the plot continues beyond it."
    return framed(view, body, whole, title, (subtitle,), caption)


# ---- rows ---- #


@dataclass(frozen=True)
class _Panel:
    """A comparison, with the differences of its quantities below the ratios."""

    block: JobBlock | None
    """The jobs of the comparison; None if it was given."""
    comparison: Comparison
    rows: tuple[Mapping[str, Any], ...]
    """Its marks, `ROWS` without the number of the block."""


@once
def _panels(view: View) -> tuple[list[_Panel], list[str]]:
    """The given comparison; else one for each workload and task with at least two sides, as far as there is room; and
    a sentence on the rest."""
    if view.given is not None:
        return [_panel(view, None, view.comparison)], []
    blocks = _with_sides(view)
    # Only the panels that may be drawn are compared: that takes long.
    possible, _ = capped(view, [block.jobs for block in blocks], [0.0] * len(blocks))
    panels = {i: _panel(view, blocks[i], compared(view, view.rows_of(blocks[i].jobs))) for i in possible}
    heights = [_height(view, panels[i]) if i in panels else math.inf for i in range(len(blocks))]
    kept, more = capped(view, [block.jobs for block in blocks], heights)
    return [panels[i] for i in kept], more


@once
def _with_sides(view: View) -> list[JobBlock]:
    """The workloads and tasks with at least two sides."""
    return [block for block in view.blocks("workload", "task") if len(view.rows_of(block.jobs)) > 1]


def _panel(view: View, block: JobBlock | None, comparison: Comparison) -> _Panel:
    """The panel of a comparison. It is crowded if there are many sides, or else it would be too tall by itself."""
    is_crowded = len(comparison.sides) - 1 > _CROWD
    panel = _Panel(block, comparison, tuple(_block_rows(comparison, is_crowded)))
    if is_crowded or view.options.all or view.options.height or _height(view, panel) <= ROOM:
        return panel
    return replace(panel, rows=tuple(_block_rows(comparison, crowd=True)))


def _height(view: View, panel: _Panel) -> float:
    """The pixels of a panel."""
    places = {(row["panel"], row["row"]) for row in panel.rows}
    counts = Counter(number for number, _ in places)
    return sum(row_height(view, count) for count in counts.values())


def _tables(view: View) -> list[AcrossTable]:
    """The workloads that ran on several platforms. Raises `UsageError` for an option that does not apply to them."""
    o = view.options
    for name, value in (("baseline", o.baseline), ("per", o.per), ("clock", o.clock)):
        if value is not None:
            raise UsageError(f"{name} does not apply with across")
    return tables(view.ledger, view.jobs, o.by or "group")


def _across_rows(number: int, table: AcrossTable) -> Iterator[dict[str, Any]]:
    """A row for each side except the fastest."""
    first = table.rows[0]
    base = first.cells[table.rate.name]
    for at, row in enumerate(table.rows[1:] if first.rank is not None else table.rows):
        verdict, values = row.verdict, row.cells[table.rate.name]
        ratio = verdict.ratio if verdict else None
        low, high = verdict.interval if verdict and verdict.interval else (None, None)
        noise = noise_size(verdict)
        yield {
            "block": number,
            "panel": 0,
            "row": at,
            "quantity": table.rate.name,
            "title": table.rate.unit,
            "side": f"{row.platform}  {row.side.label}",
            "baseline": first.side.label,
            "platform": row.platform,
            "n": values.n,
            "baseline_n": base.n,
            "ratio": ratio,
            "difference": verdict.difference if verdict else None,
            "verdict": verdict.word if verdict else NOT_COMPARABLE,
            "shown": ratio,
            "better": table.rate.better,
            "noise_low": None if noise is None else factor(-noise),
            "noise_high": None if noise is None else factor(noise),
            "low": low,
            "high": high,
            "reason": row.aside if verdict is None else verdict.reason,
            "note": _across_note(table, row) if verdict else _value_of(table, values) if values.values else None,
            "evidence": [*values.locations, *base.locations],
        }


def _value_of(table: AcrossTable, values: SideValues) -> str:
    return cell_text(table.rate, values)


def _across_note(table: AcrossTable, row: AcrossRow) -> str:
    base, values, verdict = table.rows[0].cells[table.rate.name], row.cells[table.rate.name], row.verdict
    assert verdict is not None
    return _note(Row(table.rate, (base, values), (None, verdict), table.rate.better), 0, 1)


def _block_rows(comparison: Comparison, crowd: bool) -> Iterator[dict[str, Any]]:
    """The marks of a comparison; in a crowd, those of all sides are in one row."""
    panels = 0
    at = 0
    for row in sorted(comparison.rows, key=lambda r: r.quantity.scale != "ratio"):
        marks = [i for i, v in enumerate(row.verdicts) if v is not None and not explained_elsewhere(comparison, row, i)]
        if not marks:
            continue
        if row.quantity.scale != "ratio":
            panels, at = panels + 1, 0
        place = {"panel": panels if row.quantity.scale != "ratio" else 0}
        if (refused := _refused(comparison, row, marks)) is not None:
            yield {**place, "row": at, **refused}
            at += 1
            continue
        for nth, index in enumerate(marks):
            note = _note(row, comparison.baseline, index) if not crowd else _counted(row, marks) if nth == 0 else None
            yield {**place, "row": at if crowd else at + nth, **_mark(comparison, row, index, crowd), "note": note}
        at += 1 if crowd else len(marks)


def _refused(comparison: Comparison, row: Row, marks: Sequence[int]) -> dict[str, Any] | None:
    """One row for several sides that are not comparable for the same reason."""
    reasons = {v.reason if v.word == NOT_COMPARABLE else None for i in marks if (v := row.verdicts[i]) is not None}
    if len(marks) < 2 or len(reasons) > 1 or None in reasons:
        return None
    evidence = list(dict.fromkeys(p for i in (comparison.baseline, *marks) for p in row.cells[i].locations))
    n = sum(row.cells[i].n for i in marks)
    one = _mark(comparison, row, marks[0], crowd=False)
    return {**one, "side": f"all {len(marks)} others", "n": n, "note": None, "evidence": evidence}


def _mark(comparison: Comparison, row: Row, index: int, crowd: bool) -> dict[str, Any]:
    verdict, c, base = row.verdicts[index], row.cells[index], row.cells[comparison.baseline]
    assert verdict is not None
    noise = noise_size(verdict)
    ratio = row.quantity.scale == "ratio"
    low, high = verdict.interval or (None, None)
    moved = verdict.ratio if ratio else verdict.difference
    return {
        "quantity": row.quantity.name,
        "title": title(row),
        "side": None if crowd else c.side.label,
        "baseline": base.side.label,
        "platform": str(c.side.jobs[0].main["platform"]),
        "n": c.n,
        "baseline_n": base.n,
        "ratio": verdict.ratio,
        "difference": verdict.difference,
        "verdict": verdict.word,
        "shown": moved,
        "better": row.better,
        "noise_low": None if noise is None else factor(-noise) if ratio else -noise,
        "noise_high": None if noise is None else factor(noise) if ratio else noise,
        "low": low,
        "high": high,
        "reason": verdict.reason,
        "evidence": [*c.locations, *base.locations],
    }


def _note(row: Row, baseline: int, index: int) -> str:
    c, base, verdict = row.cells[index], row.cells[baseline], row.verdicts[index]
    assert verdict is not None
    values = f"{cell_text(row.quantity, c)} vs {cell_text(row.quantity, base)}"
    if verdict.word == NOT_COMPARABLE:
        return values
    n = "" if c.n > 2 and base.n > 2 else f", n={c.n}" if c.n == base.n else f", n={c.n} and {base.n}"
    return f"{values}: {verdict_text(row, verdict)}{n}"


def _counted(row: Row, marks: Sequence[int]) -> str:
    """`40 within noise, 12 beyond noise`."""
    words = Counter(v.word for i in marks if (v := row.verdicts[i]) is not None)
    return ", ".join(f"{count} {word}" for word, count in words.most_common())


# ---- marks ---- #

_ARROWS = {"higher": "→", "lower": "←"}
"""Which side is better -> the arrow that points to it."""


def _marks(view: View, frame: pl.DataFrame, grid: RowGrid, labels: Mapping[str | None, str], ratios: bool) -> Drawing:
    t = theme(view)
    x = _axis(frame, ratios)
    marked = frame.with_columns(
        colour=pl.col("platform").map_elements(hue, return_dtype=pl.String),
        lines=pl.col("evidence").map_elements(places, return_dtype=pl.String),
        display=pl.coalesce("reason", "note", "verdict"),
        name=pl.coalesce("side", "baseline"),
    ).with_columns(colour=pl.when(pl.col("verdict").is_in(DIFFERENT)).then("colour").otherwise(pl.lit(t.faint)))
    tooltip = tips(view, name="run", title="quantity", verdict="verdict", display="values", lines="lines")
    area = 75 if grid.step >= 15 else 30
    is_strip = pl.col("shown").count().over("row") > STRIP
    strips, marked = marked.filter(is_strip & pl.col("shown").is_not_null()), marked.filter(~is_strip)
    medians = pl.DataFrame(
        [{"row": row, **median_of(part["shown"].to_list())} for (row,), part in strips.group_by("row")],
        schema={"row": pl.UInt32, **dict.fromkeys(("value", "least", "greatest"), pl.Float64)},
    )
    points = []
    for word, filled, dash in (
        (WITHIN, True, None), (UNKNOWN, False, [2, 2]), (CHANCE, False, None), (BEYOND, False, None),
        (ESTABLISHED, True, None),
    ):  # fmt: skip
        points_of_verdict = marked.filter((pl.col("verdict") == word) & pl.col("shown").is_not_null())
        look: dict[str, Any] = {"filled": True} if filled else {"filled": False, "fill": t.paper, "strokeWidth": 2}
        look |= {"strokeDash": dash} if dash else {}
        ink = {"fill" if filled else "stroke": channel("colour:N", scale=None)}
        points.append(
            Drawing.of(points_of_verdict)
            .mark("point", shape="circle", size=area, opacity=1, **look)
            .encode(x=x, y=grid.y, **ink, tooltip=tooltip)
        )
    # The baseline, where there are marks: a line through a sentence would strike it out.
    drawn_rows: Iterable[int] = (
        frame.filter(pl.col("shown").is_not_null())["row"].unique() if x["axis"] is not None else []
    )
    rules = pl.DataFrame(
        [
            {"one": 1.0 if ratios else 0.0, "top": row * grid.step, "bottom": (row + 1) * grid.step}
            for row in drawn_rows
        ],
        schema=dict.fromkeys(("one", "top", "bottom"), pl.Float64),
    )
    rule = Drawing.of(rules).mark("rule", color=t.ink, strokeWidth=1)
    ends = x["scale"]["domain"]
    intervals = marked.filter(pl.col("low").is_not_null()).with_columns(pl.col("low", "high").clip(*ends))
    whiskers = (
        Drawing.of(intervals)
        .mark("rule", strokeWidth=1.5)
        .encode(x=like(x, "low"), x2="high:Q", y=grid.y, color=channel("colour:N", scale=None))
    )
    # In a row with several marks, text would cover the other marks; the note counts the verdicts instead.
    alone = frame.filter(pl.len().over("row") == 1)
    words = alone.filter(pl.col("verdict") == NOT_COMPARABLE).with_columns(
        text=pl.col("reason").map_elements(
            lambda r: clipped(f"not comparable: {r}", grid.width - 10, grid.size), return_dtype=pl.String
        )
    )
    first = frame.unique("quantity", keep="first", maintain_order=True)
    titles = distinct_labels(first["title"].to_list(), 152, t.size)
    titles = [
        f"{text} {_ARROWS.get(better, '')}".rstrip() for text, better in zip(titles, first["better"], strict=True)
    ]
    return grid.layered(
        band(view, pl.concat([marked, strips]), grid, x),
        rule.encode(x=like(x, "one"), y=channel("top:Q", scale=None, axis=None), y2="bottom:Q"),
        _separators(view, first, grid),
        whiskers,
        *points,
        strokes(strips, grid).encode(x=x, color=channel("colour:N", scale=None), tooltip=tooltip),
        Drawing.of(medians).mark("rule", strokeWidth=3, clip=True, color=t.ink).encode(
            x=like(x, "least"), x2="greatest:Q", y=grid.y),
        Drawing.of(medians).mark("point", filled=True, size=area, opacity=1, stroke=t.paper, strokeWidth=0.8,
                                 color=t.ink).encode(x=like(x, "value"), y=grid.y),
        *grid.words(words, pixels(5)),
        grid.labels(frame.with_columns(pl.Series("label", [labels.get(s, s) for s in frame["side"]], dtype=pl.String))),
        grid.texts(first.with_columns(text=pl.Series(titles, dtype=pl.String)), pixels(-grid.gutter - 8),
                   align="left", fontWeight="bold"),
        grid.notes(frame))  # fmt: skip


def _separators(view: View, first: pl.DataFrame, grid: RowGrid) -> Drawing:
    """A line between consecutive quantities."""
    rows = first.filter(pl.col("row") > 0).select(y=pl.col("row").cast(pl.Float64) * grid.step)
    made: Drawing = (
        Drawing.of(rows)
        .mark("rule", color=theme(view).rule)
        .encode(x=pixels(-grid.gutter - 8), x2=pixels(grid.width), y=channel("y:Q", scale=None, axis=None))
    )
    return made


def _axis(frame: pl.DataFrame, ratios: bool) -> dict[str, Any]:
    values = frame["shown"].drop_nulls().to_list()
    # Of few runs, intervals and noise may be many times the difference.
    bands = [
        v for c in ("noise_low", "noise_high", "low", "high") for v in frame[c].drop_nulls() if _is_drawn(v, ratios)
    ]
    if frame["shown"].null_count() == frame.height:
        scale = {"type": "log", "domain": [0.5, 2]} if ratios else {"domain": [-1, 1]}
        return channel("shown:Q", title=None, scale=scale, axis=None)
    if not ratios:
        most = max((abs(v) for v in values), default=0.0)
        most = max(most, min(max(map(abs, bands), default=0.0), 2 * most or math.inf)) * 1.12 or 1.0
        unit, quantity = _unit(frame), frame["title"][0]
        return channel(
            "shown:Q", title=f"{quantity}: difference from the baseline{unit}",
            scale={"domain": [-most, most], "nice": False},
            axis={"tickCount": 5, "domain": False, "labelExpr": _SIGNED.format(100 if unit else 1)},
        )  # fmt: skip
    ends = with_bands(
        (math.log(min([*values, 1.0])), math.log(max([*values, 1.0]))),
        (math.log(min(bands)), math.log(max(bands))) if bands else None,
    )
    room = max(0.06 * (ends[1] - ends[0]), 0.004)
    low, high = factor(ends[0] - room), factor(ends[1] + room)
    ticks = _ticks(low, high)
    return channel(
        "shown:Q", title="ratio to the baseline (logarithmic)",
        scale={"type": "log", "base": 2, "domain": [low, high], "nice": False},
        axis={"values": ticks, "labelExpr": "'×' + format(datum.value, '~r')", "domain": False, "labelOverlap": True},
    )  # fmt: skip


def _is_cut(frame: pl.DataFrame) -> bool:
    """Whether an interval of a panel has no room on its axis."""
    scale = _axis(frame, bool(frame["panel"][0] == 0))["scale"]
    low, high = scale["domain"]
    return bool(((frame["low"] < low) | (frame["high"] > high)).any())


def _is_drawn(end: float, ratios: bool) -> bool:
    """Whether an end of an interval has a place on the axis: that of a very wide one may be 0 or infinite."""
    return math.isfinite(end) and (end > 0 or not ratios)


_SIGNED = "datum.value == 0 ? '0' : format(datum.value * {}, '+~r')"


def _unit(frame: pl.DataFrame) -> str:
    """The unit of differences: scores that are shares are shown in per cent."""
    share = frame["quantity"][0] == "score" and is_share(frame["title"][0])
    return ", percentage points" if share else ""


def _ticks(low: float, high: float) -> list[float]:
    """Powers of two, or a finer scale if fewer than three of them fit."""
    powers = [2.0**k for k in range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1)]
    if len(powers) >= 3:
        return powers if len(powers) <= 12 else powers[:: len(powers) // 8]
    for step in (0.5, 0.25, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001):
        ticks = [round(k * step, 6) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
        if len(ticks) >= 4:
            return ticks
    return [1.0]


def _labels(view: View, blocks: Iterable[Sequence[Side]]) -> dict[str | None, str]:
    """Side -> its label, which ends with the number of ranks if that differs from another side's in its block."""
    notes: dict[str, str] = {}
    for sides in blocks:
        pairs = zip(sides, rank_notes(view, sides), strict=True)
        notes |= {side.label: note for side, note in pairs if note or side.label not in notes}
    size = theme(view).size
    room = 190 - max((text_width(note, size) for note in notes.values()), default=0.0)
    short = distinct_labels([one_line(side) for side in notes], room, size)
    labels: dict[str | None, str] = {side: f"{label}{notes[side]}" for side, label in zip(notes, short, strict=True)}
    return labels


def _legend_entries(view: View, frame: pl.DataFrame) -> list[LegendEntry]:
    t = theme(view)
    words = set(frame["verdict"])
    found = frame["platform"].unique()
    base = hue(found[0]) if len(found) == 1 else t.ink
    entries = [
        (ESTABLISHED, LegendEntry("established", "circle", fill=base)),
        (BEYOND, LegendEntry("beyond noise, few runs", "circle", stroke=base)),
        (CHANCE, LegendEntry("may be chance", "circle", stroke=t.faint)),
        (WITHIN, LegendEntry("within noise", "circle", fill=t.faint)),
        (UNKNOWN, LegendEntry("noise unknown", "circle", stroke=t.faint, dash=(2, 2))),
    ]
    out = [sign for word, sign in entries if word in words]
    if (frame.group_by("block", "panel", "row").agg(pl.col("shown").count())["shown"] > STRIP).any():
        out += strip_entries(t.ink)
    if frame["noise_low"].drop_nulls().len():
        out.append(LegendEntry("noise", fill=t.band))
    if frame["low"].drop_nulls().len():
        out.append(LegendEntry("95 % interval", "M-1,0L1,0", stroke=base))
    return out + ([LegendEntry(platform, fill=hue(platform)) for platform in found.sort()] if len(found) > 1 else [])


# ---- words ---- #


def _heading(view: View, block: JobBlock | None, comparison: Comparison) -> str:
    base = title_labels(view, [comparison.sides[comparison.baseline].label])[0]
    return f"{workload_title(view.ledger, block)}; baseline: {base}" if block is not None else f"baseline: {base}"


def _differs(comparison: Comparison) -> str:
    """How the sides differ: the sentences that fit on one line."""
    text = ""
    for sentence in what_differs(comparison):
        if text and text_width(text + sentence, 11) > 900:
            break
        text = f"{text} {sentence}".strip()
    return text if text_width(text, 11) <= 900 else f"{text[:150].rpartition(' ')[0]} …"


def _across_heading(view: View, table: AcrossTable) -> str:
    base = table.rows[0]
    name = title_labels(view, [base.side.label])[0]
    against = f"; baseline: {base.platform}  {name}" if base.rank is not None else ""
    return f"{one_line(table.workload)}, {labels.task(table.task)}{against}"


def _across_differs(table: AcrossTable) -> str:
    text = " ".join(c.text for c in table.caveats if c.name in ("device kinds", "number of devices"))
    return text if text_width(text, 11) <= 900 else f"{text[:150].rpartition(' ')[0]} …"


def _across_caption(found: Sequence[AcrossTable]) -> Iterator[str]:
    converted = [c.text for t in found for c in t.caveats if c.name == "converted"]
    yield from converted[:3]
    others = dict.fromkeys(c.name for t in found for c in t.caveats if c.name != "converted")
    if others:
        yield f"The table across platforms lists the caveats: {', '.join(others)}."


def _across_finding(found: Sequence[AcrossTable]) -> str:
    """What the first table says."""
    table = found[0]
    first = table.rows[0]
    name = one_line(table.workload)
    if first.rank is None:
        return f"{name} ran on {len(table.platforms)} platforms, but no rate is convertible to a common unit"
    best: dict[str, float] = {}
    for row in table.rows:
        if row.verdict is not None and row.verdict.ratio is not None and row.platform != first.platform:
            best.setdefault(row.platform, row.verdict.ratio)
    others = [f"{platform} {ratio_figure(ratio)}" for platform, ratio in best.items()]
    return f"{name}: {first.platform} has the highest rate in {table.rate.unit}; {', '.join(others)}"


def _finding(view: View, frame: pl.DataFrame) -> str:
    compared = frame.filter(pl.col("verdict") != NOT_COMPARABLE)
    beyond = compared.filter(pl.col("verdict").is_in(DIFFERENT))
    if not compared.height:
        return "None of these runs is comparable with its baseline"
    if set(compared["verdict"]) == {UNKNOWN}:
        one = compared["side"].n_unique() == 1 and compared["side"][0] is not None
        pair = [compared[c][0] for c in ("side", "baseline")]
        whose = " vs ".join(title_labels(view, pair)) if one else "These runs"
        differences = f"{compared.height} differences" if compared.height > 1 else "one difference"
        return f"{whose}: {differences}, of unknown significance because the noise is unknown"
    chance, unknown = ((compared["verdict"] == word).sum() for word in (CHANCE, UNKNOWN))
    by_chance = f"; {chance} may be chance among so many" if chance else ""
    if compared["side"].n_unique() == 1 and compared["side"][0] is not None:
        side, base = title_labels(view, [compared[c][0] for c in ("side", "baseline")])
        if not beyond.height and (unknown or chance):
            return f"{side} vs {base}: no difference is beyond the known noise{by_chance}"
        if not beyond.height:
            return f"{side} is within noise of {base} in every comparable quantity"
        largest = [
            f"{t.partition(',')[0]} {n.rpartition(': ')[2].partition(', n')[0]}"
            for t, n in beyond.select("title", "note").iter_rows()
        ]
        return f"{side} vs {base}, beyond noise: {shortened(largest, 3)}"
    noise = "noise" if unknown else "the known noise"
    of_unknown = f"; for {unknown} the noise is unknown" if unknown else ""
    are = "is" if beyond.height == 1 else "are"
    counts = f"{beyond.height or 'none'} of {compared.height} differences {are} beyond {noise}{by_chance}{of_unknown}"
    same = compared["baseline"].unique()
    return (
        f"Compared with {title_labels(view, [same[0]])[0]}, {counts}"
        if len(same) == 1
        else counts[0].upper() + counts[1:]
    )


def _noises(comparisons: Sequence[Comparison]) -> Iterator[str]:
    found: Counter[str] = Counter()
    for c in comparisons:
        found.update(v.noise.kind for row in c.rows for v in row.verdicts if _is_compared(v) and v and v.noise)
    if found:
        yield f"Noise used: {', '.join(f'{kind} ({n})' for kind, n in found.most_common())}."


def _is_compared(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.word != NOT_COMPARABLE


def _alone(view: View, comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Runs that have nothing to be compared with."""
    compared = {job.id for c in comparisons for job in c.jobs}
    if view.given is None:  # panels without room are not named here
        compared |= {job.id for block in _with_sides(view) for job in block.jobs}
    alone = [job for job in view.jobs if job.id not in compared]
    if alone:
        names = shortened([one_line(job.label) for job in alone], 3)
        yield f"Not compared (no other run of their workload and task, or only repeats): {names}."
