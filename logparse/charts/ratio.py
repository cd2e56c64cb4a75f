"""In what do the runs differ from the baseline, and which of it is more than noise?

What it shows
    What `logparse compare` prints, drawn: a row for each quantity and run, and in it the ratio to the baseline on an
    axis of powers of two. Quantities that have no ratio (losses, scores) stand below, each on an axis of its own, as
    differences. Different work has no baseline in common, so there is a panel for each workload and task.

How to read it
    Right is better, whichever way the quantity counts: for times the ratio is turned round. The rule is the baseline.
    The grey band is the largest noise that is known: a grey dot is within it. A ring is beyond noise, with too few
    runs to be more; a full dot is established over three runs or more a side, its line the 95 % interval. A dashed
    ring: nobody knows the noise. Words instead of a mark say why the two are not compared.

What it leaves out
    The values themselves (the note has them) and quantities that only one of the two has. With more than a dozen runs
    a row holds the marks of all of them, and the note counts the verdicts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
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
    gutter,
    heading,
    key,
    with_bands,
    work,
)
from logparse.charts._theme import (
    Drawing,
    Plain,
    apart,
    cut,
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
from logparse.comparison.compare import Comparison, Row, of_sides
from logparse.comparison.sides import Cell
from logparse.comparison.verdict import BEYOND, ESTABLISHED, NOT_COMPARABLE, UNKNOWN, WITHIN, Verdict
from logparse.comparison.wording import cell_text, title, told_at_the_top, verdict_text, what_differs
from logparse.errors import NothingToDraw
from logparse.text.numbers import is_share
from logparse.text.terminal import one_line

TAKES = ("by", "baseline", "per", "clock")
_CROWD = 12
"""Runs beside the baseline up to which each has a row of its own."""
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
    "noise_low": pl.Float64,
    "noise_high": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "reason": pl.String,
    "note": pl.String,
    "evidence": pl.List(pl.String),
}
"""panel: 0 holds the ratios of a block, each further one a quantity of differences. ratio, difference: candidate to
baseline. shown: where the mark stands, so that right is better; noise_low to high likewise. evidence: of both."""


def rows(view: View) -> pl.DataFrame:
    """A row for each mark or word: `ROWS`."""
    found, _ = _comparisons(view)
    return pl.DataFrame([r for i, (_, c) in enumerate(found) for r in _block_rows(i, c)], schema=ROWS)


def chart(view: View) -> Drawing:
    """The table of `compare`, drawn."""
    frame = rows(view)
    found, more = _comparisons(view)
    if not frame.height:
        raise NothingToDraw("no two runs of one workload and task share a quantity to be compared")
    width, size = float(view.options.width or WIDTH), theme(view).size
    names = gutter(view, apart(frame["title"].to_list(), 170, size)) + 14
    edge = gutter(view, (_short(view, side) for side in frame["side"].drop_nulls())) + names
    drawn: list[Drawing | Plain] = []
    for number, (block, comparison) in enumerate(found):
        of = frame.filter(pl.col("block") == number)
        head = heading(view, _heading(view, block, comparison), _differs(comparison))
        for panel in of["panel"].unique().sort():
            part = of.filter(pl.col("panel") == panel)
            grid = Grid(view, part["row"].n_unique(), width, edge)
            made = _marks(view, part, grid, ratios=panel == 0)
            drawn.append(made.properties(title=head) if panel == of["panel"].min() else made)
    body = tiled(drawn, row=18)
    notes = max(text_width(note, size) for note in frame["note"].fill_null(""))
    whole = edge + width + notes + 16
    if strip := key(view, _signs(view, frame), whole - edge):
        body = tiled([strip, body], row=14)
    quantities = frame["quantity"].unique().to_list()
    caption = [
        *_noises([c for _, c in found]),
        *_alone(view, found),
        *view.left_over(block for block, _ in found if block is not None),
        *more,
        *view.touching(quantities),
        source_note(view),
    ]
    return framed(view, body, whole, _finding(frame), ("Right is better; times are turned round.",), caption)


# ---- rows ---- #


def _comparisons(view: View) -> tuple[list[tuple[Block | None, Comparison]], list[str]]:
    """The comparison that was given; else one for each workload and task that has two sides."""
    if view.given is not None:
        return [(None, view.comparison)], []
    blocks, more = capped([b for b in view.blocks("workload", "task") if len(view.rows_of(b.jobs)) > 1])
    o = view.options
    out: list[tuple[Block | None, Comparison]] = []
    for block in blocks:
        sides = view.rows_of(block.jobs)
        base = sides[baseline_in(view, sides)]
        # Sides of one label: the baseline is meant, not named.
        ordered = [base, *(s for s in sides if s is not base)]
        out.append((block, of_sides(view.ledger, ordered, None, o.clock, o.per, by=o.by)))
    return out, more


def _block_rows(number: int, comparison: Comparison) -> Iterator[dict[str, Any]]:
    crowd = len(comparison.sides) - 1 > _CROWD
    panels = 0
    at = 0
    for row in sorted(comparison.rows, key=lambda r: r.quantity.scale != "ratio"):
        marks = [i for i, v in enumerate(row.verdicts) if v is not None and not told_at_the_top(comparison, row, i)]
        if not marks:
            continue
        if row.quantity.scale != "ratio":
            panels, at = panels + 1, 0
        place = {"block": number, "panel": panels if row.quantity.scale != "ratio" else 0}
        if (refused := _refused(comparison, row, marks)) is not None:
            yield {**place, "row": at, **refused}
            at += 1
            continue
        for nth, index in enumerate(marks):
            note = _note(comparison, row, index) if not crowd else _counted(row, marks) if nth == 0 else None
            yield {**place, "row": at if crowd else at + nth, **_mark(comparison, row, index, crowd), "note": note}
        at += 1 if crowd else len(marks)


def _refused(comparison: Comparison, row: Row, marks: Sequence[int]) -> dict[str, Any] | None:
    """One row in place of several that are all not compared, for one reason."""
    reasons = {v.reason if v.word == NOT_COMPARABLE else None for i in marks if (v := row.verdicts[i]) is not None}
    if len(marks) < 2 or len(reasons) > 1 or None in reasons:
        return None
    evidence = list(dict.fromkeys(p for i in (comparison.baseline, *marks) for p in row.cells[i].places))
    n = sum(row.cells[i].n for i in marks)
    one = _mark(comparison, row, marks[0], crowd=False)
    return {**one, "side": f"all {len(marks)} others", "n": n, "note": None, "evidence": evidence}


def _mark(comparison: Comparison, row: Row, index: int, crowd: bool) -> dict[str, Any]:
    verdict, c, base = row.verdicts[index], row.cells[index], row.cells[comparison.baseline]
    assert verdict is not None
    noise = verdict.noise.size if verdict.noise else None
    ratio = row.quantity.scale == "ratio"
    low, high = sorted(_turned(row, x, ratio) for x in verdict.interval) if verdict.interval else (None, None)
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
        "shown": None if moved is None else _turned(row, moved, ratio),
        "noise_low": None if noise is None else math.exp(-noise) if ratio else -noise,
        "noise_high": None if noise is None else math.exp(noise) if ratio else noise,
        "low": low,
        "high": high,
        "reason": verdict.reason,
        "evidence": [*c.places, *base.places],
    }


def _turned(row: Row, moved: float, ratio: bool) -> float:
    """A ratio or difference so that more is better."""
    if row.better == "higher":
        return moved
    return 1 / moved if ratio else -moved


def _note(comparison: Comparison, row: Row, index: int) -> str:
    c, base, verdict = row.cells[index], row.cells[comparison.baseline], row.verdicts[index]
    assert verdict is not None
    values = f"{_value(row, c)} against {_value(row, base)}"
    if verdict.word == NOT_COMPARABLE:
        return values
    n = "" if c.n > 2 and base.n > 2 else f", n={c.n}" if c.n == base.n else f", n={c.n} and {base.n}"
    return f"{values}: {verdict_text(row, verdict)}{n}"


def _value(row: Row, c: Cell) -> str:
    return cell_text(row.quantity, c)


def _counted(row: Row, marks: Sequence[int]) -> str:
    """`40 within noise, 12 beyond noise`."""
    words = Counter(v.word for i in marks if (v := row.verdicts[i]) is not None)
    return ", ".join(f"{count} {word}" for word, count in words.most_common())


# ---- marks ---- #


def _marks(view: View, frame: pl.DataFrame, grid: Grid, ratios: bool) -> Drawing:
    t = theme(view)
    x = _axis(frame, ratios)
    marked = frame.with_columns(
        colour=pl.col("platform").map_elements(hue, return_dtype=pl.String),
        lines=pl.col("evidence").map_elements(places, return_dtype=pl.String),
        said=pl.coalesce("reason", "note", "verdict"),
        name=pl.coalesce("side", "baseline"),
    ).with_columns(colour=pl.when(pl.col("verdict").is_in([WITHIN, UNKNOWN])).then(pl.lit(t.faint)).otherwise("colour"))
    tooltip = tips(view, name="run", title="quantity", verdict="verdict", said="values", lines="lines")
    area = 75 if grid.step >= 15 else 30
    points = []
    for word, filled, dash in (
        (WITHIN, True, None), (UNKNOWN, False, [2, 2]), (BEYOND, False, None), (ESTABLISHED, True, None),
    ):  # fmt: skip
        some = marked.filter((pl.col("verdict") == word) & pl.col("shown").is_not_null())
        look: dict[str, Any] = {"filled": True} if filled else {"filled": False, "fill": t.paper, "strokeWidth": 2}
        look |= {"strokeDash": dash} if dash else {}
        ink = alt.Fill("colour:N", scale=None) if filled else alt.Stroke("colour:N", scale=None)
        points.append(
            alt.Chart(data(some))
            .mark_point(shape="circle", size=area, opacity=1, **look)
            .encode(x, grid.y, ink, tooltip=tooltip)
        )
    ones = [1.0 if ratios else 0.0] if x["axis"] is not None else []
    rule = alt.Chart(data(pl.DataFrame({"one": ones}, schema={"one": pl.Float64}))).mark_rule(
        color=t.ink, strokeWidth=1
    )
    whiskers = (
        alt.Chart(data(marked.filter(pl.col("low").is_not_null())))
        .mark_rule(strokeWidth=1.5)
        .encode(x=_of(x, "low"), x2=alt.X2("high:Q"), y=grid.y, color=alt.Color("colour:N", scale=None))
    )
    # In a crowd the words of one would cover the marks of the others; the note counts them.
    alone = frame.filter(pl.len().over("row") == 1)
    words = alone.filter(pl.col("verdict") == NOT_COMPARABLE).with_columns(
        text=pl.col("reason").map_elements(
            lambda r: cut(f"not comparable: {r}", grid.width - 10, grid.size), return_dtype=pl.String
        )
    )
    first = frame.unique("quantity", keep="first", maintain_order=True)
    return grid.layered(
        band(view, marked, grid, x),
        rule.encode(x=_of(x, "one")),
        _parted(view, first, grid),
        whiskers,
        *points,
        *grid.words(words, x_at(5)),
        grid.labels(frame.with_columns(label=_labels(view, frame))),
        grid.texts(first.with_columns(text=pl.Series(apart(first["title"].to_list(), 170, t.size), dtype=pl.String)),
                   x_at(-grid.gutter - 8), align="left", fontWeight="bold"),
        grid.notes(frame))  # fmt: skip


def _parted(view: View, first: pl.DataFrame, grid: Grid) -> alt.Chart:
    """A line between one quantity and the next."""
    rows = first.filter(pl.col("row") > 0).select(y=pl.col("row").cast(pl.Float64) * grid.step)
    made: alt.Chart = (
        alt.Chart(data(rows))
        .mark_rule(color=theme(view).rule)
        .encode(x=x_at(-grid.gutter - 8), x2=x_at(grid.width), y=alt.Y("y:Q", scale=None, axis=None))
    )
    return made


def _axis(frame: pl.DataFrame, ratios: bool) -> alt.X:
    values = [v for c in ("shown", "low", "high") for v in frame[c].drop_nulls()]
    bands = [v for c in ("noise_low", "noise_high") for v in frame[c].drop_nulls()]
    if frame["shown"].null_count() == frame.height:
        scale = alt.Scale(type="log", domain=[0.5, 2]) if ratios else alt.Scale(domain=[-1, 1])
        return alt.X("shown:Q", title=None, scale=scale, axis=None)
    if not ratios:
        most = max((abs(v) for v in values), default=0.0)
        most = max(most, min(max(bands, default=0.0), 2 * most or math.inf)) * 1.12 or 1.0
        unit, quantity = _unit(frame), frame["title"][0]
        return alt.X(
            "shown:Q", title=f"{quantity}: difference to the baseline{unit}, right is better",
            scale=alt.Scale(domain=[-most, most], nice=False),
            axis=alt.Axis(tickCount=5, domain=False, labelExpr=_SIGNED.format(100 if unit else 1)),
        )  # fmt: skip
    ends = with_bands(
        (math.log(min([*values, 1.0])), math.log(max([*values, 1.0]))),
        (math.log(min(bands)), math.log(max(bands))) if bands else None,
    )
    low, high = math.exp(ends[0]), math.exp(ends[1])
    room = max((high / low) ** 0.06, 1.004)
    low, high = low / room, high * room
    ticks = _ticks(low, high)
    return alt.X(
        "shown:Q", title="ratio to the baseline, right is better (logarithmic)",
        scale=alt.Scale(type="log", base=2, domain=[low, high], nice=False),
        axis=alt.Axis(values=ticks, labelExpr="'×' + format(datum.value, '~r')", domain=False, labelOverlap=True),
    )  # fmt: skip


_SIGNED = "datum.value == 0 ? '0' : format(datum.value * {}, '+~r')"


def _unit(frame: pl.DataFrame) -> str:
    """Scores that are shares are read in per cent."""
    share = frame["quantity"][0] == "score" and is_share(frame["title"][0])
    return ", percentage points" if share else ""


def _ticks(low: float, high: float) -> list[float]:
    """Powers of two; finer where there are fewer than three of them."""
    powers = [2.0**k for k in range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1)]
    if len(powers) >= 3:
        return powers if len(powers) <= 12 else powers[:: len(powers) // 8]
    for step in (0.5, 0.25, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001):
        ticks = [round(k * step, 6) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
        if len(ticks) >= 4:
            return ticks
    return [1.0]


def _of(x: alt.X, name: str) -> alt.X:
    return alt.X(f"{name}:Q", title=x["title"], scale=x["scale"], axis=x["axis"])


def _labels(view: View, frame: pl.DataFrame) -> pl.Series:
    return pl.Series("label", [_short(view, side) for side in frame["side"]], dtype=pl.String)


def _short(view: View, side: str | None) -> str:
    return fitted(side or "", 190, theme(view).size)


def _signs(view: View, frame: pl.DataFrame) -> list[Sign]:
    t = theme(view)
    words = set(frame["verdict"])
    found = frame["platform"].unique()
    base = hue(found[0]) if len(found) == 1 else t.ink
    signs = [
        (ESTABLISHED, Sign("established", "circle", fill=base)),
        (BEYOND, Sign("beyond noise, few runs", "circle", stroke=base)),
        (WITHIN, Sign("within noise", "circle", fill=t.faint)),
        (UNKNOWN, Sign("noise not known", "circle", stroke=t.faint, dash=(2, 2))),
    ]
    out = [sign for word, sign in signs if word in words]
    if frame["noise_low"].drop_nulls().len():
        out.append(Sign("largest noise known", fill=t.band))
    return out + ([Sign(platform, fill=hue(platform)) for platform in found.sort()] if len(found) > 1 else [])


# ---- words ---- #


def _heading(view: View, block: Block | None, comparison: Comparison) -> str:
    base = named(comparison.sides[comparison.baseline].label)
    return f"{work(view.ledger, block)}; baseline: {base}" if block is not None else f"baseline: {base}"


def _differs(comparison: Comparison) -> str:
    """In what the sides differ: the sentences that one line has room for."""
    told = ""
    for sentence in what_differs(comparison):
        if told and text_width(told + sentence, 11) > 900:
            break
        told = f"{told} {sentence}".strip()
    return told if text_width(told, 11) <= 900 else f"{told[:150].rpartition(' ')[0]} …"


def _finding(frame: pl.DataFrame) -> str:
    held = frame.filter(pl.col("verdict") != NOT_COMPARABLE)
    beyond = held.filter(pl.col("verdict").is_in([BEYOND, ESTABLISHED]))
    if not held.height:
        return "None of these runs may be compared with its baseline"
    if set(held["verdict"]) == {UNKNOWN}:
        one = held["side"].n_unique() == 1 and held["side"][0] is not None
        whose = f"{named(held['side'][0])} against {named(held['baseline'][0])}" if one else "These runs"
        many = f"none of {held.height} differences" if held.height > 1 else "the one difference"
        return f"{whose}: {many} can be judged, since no noise is known{'' if held.height > 1 else ' of it'}"
    if held["side"].n_unique() == 1 and held["side"][0] is not None:
        side, base = (named(held[c][0]) for c in ("side", "baseline"))
        if not beyond.height and UNKNOWN in held["verdict"]:
            return f"{side} against {base}: no difference is beyond noise, as far as noise is known"
        if not beyond.height:
            return f"{side} is within noise of {base} in all that may be compared"
        told = [
            f"{t.partition(',')[0]} {n.rpartition(': ')[2].partition(', n')[0]}"
            for t, n in beyond.select("title", "note").head(3).iter_rows()
        ]
        more = f" and {beyond.height - 3} more" if beyond.height > 3 else ""
        return f"{side} against {base}, beyond noise: {', '.join(told)}{more}"
    unknown = held.filter(pl.col("verdict") == UNKNOWN).height
    of = f"{beyond.height} of {held.height} differences are beyond the noise that is known"
    if unknown:
        of = f"{beyond.height or 'no'} of {held.height} differences are beyond noise; of {unknown} no noise is known"
    same = held["baseline"].unique()
    return f"Against {named(same[0])}, {of}" if len(same) == 1 else of[0].upper() + of[1:]


def _noises(comparisons: Sequence[Comparison]) -> Iterator[str]:
    found: Counter[str] = Counter()
    for c in comparisons:
        found.update(v.noise.kind for row in c.rows for v in row.verdicts if _is_held(v) and v and v.noise)
    if found:
        yield f"Noise used: {', '.join(f'{kind} ({n})' for kind, n in found.most_common())}."


def _is_held(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.word != NOT_COMPARABLE


def _alone(view: View, found: Sequence[tuple[Block | None, Comparison]]) -> Iterator[str]:
    """Runs that have nothing to be held against."""
    held = {job.id for _, c in found for job in c.jobs}
    alone = [job for job in view.jobs if job.id not in held]
    if alone:
        more = f" and {len(alone) - 3} more" if len(alone) > 3 else ""
        names = ", ".join(one_line(job.label) for job in alone[:3])
        yield f"Alone in their workload and task, so not compared: {names}{more}."
