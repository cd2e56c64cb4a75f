"""How charts look: hues, tints, fonts, and the frame that every chart stands in.

One hue a platform (Okabe and Ito, told apart by colour-blind people too), phases as tints of it. Outline or dash is
what is no work, or not measured. Vega does not wrap: all long text is wrapped here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import altair as alt
import polars as pl
from altair.utils.schemapi import debug_mode

import logparse
from logparse.charts._view import View
from logparse.text.terminal import one_line

Drawing: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart | alt.ConcatChart | alt.VConcatChart | alt.HConcatChart
"""What a chart gives."""

# ---- colours ---- #

HUES = {"cerebras": "#0072B2", "graphcore": "#CC79A7", "groq": "#009E73", "sambanova": "#E69F00"}
"""Platform -> its hue."""
_SPARE = ("#56B4E9", "#F0E442", "#8C6D31")
"""Hues of platforms that are not named above."""
BAD = "#D55E00"
"""What went wrong: failures, NaN, scores of guessing."""
PHASES = {"train": 1.0, "eval": 0.72, "checkpoint": 0.56, "compile": 0.4, "load": 0.24}
"""Phase of work -> share of the hue in its tint, in the order in which bars are stacked."""


@dataclass(frozen=True)
class Theme:
    """Colours and sizes of one theme."""

    paper: str
    ink: str
    faint: str
    """Captions, ticks, notes."""
    rule: str
    """Grid and axis lines."""
    band: str
    """The grey band of what may be noise."""
    size: int = 11
    """Of text, in pixels."""
    stroke: float = 1.2

    def tint(self, hue: str, share: float) -> str:
        """`hue` mixed into the paper."""
        pairs = zip(_rgb(hue), _rgb(self.paper), strict=True)
        return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)

    def on(self, colour: str) -> str:
        """Black or white, whichever is read on that colour."""
        r, g, b = (c / 255 for c in _rgb(colour))
        return "#000000" if 0.2126 * r**2.2 + 0.7152 * g**2.2 + 0.0722 * b**2.2 > 0.18 else "#ffffff"


THEMES = {
    "light": Theme("#ffffff", "#1b1f24", "#5c6670", "#e3e6ea", "#d9dde2"),
    "dark": Theme("#14181d", "#e8ebee", "#a2acb6", "#323a43", "#39424c"),
    "print": Theme("#ffffff", "#000000", "#333333", "#cfcfcf", "#d9d9d9", 12, 1.5),
}
"""Name -> theme. `print` is for paper: black ink, larger text, no hover."""
FONT = "Arial, Helvetica, Liberation Sans, Arimo, sans-serif"


def theme(view: View) -> Theme:
    """The theme that was asked for."""
    return THEMES[view.options.theme]


def hue(platform: str | None) -> str:
    """The hue of a platform; of one without a hue of its own always the same spare one."""
    return HUES.get(str(platform)) or _SPARE[sum(map(ord, str(platform))) % len(_SPARE)]


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _config(t: Theme) -> dict[str, Any]:
    """The theme in the words of Vega-Lite."""
    return {
        "background": t.paper,
        "padding": 14,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "domainColor": t.faint, "gridColor": t.rule, "tickColor": t.faint, "labelColor": t.ink, "titleColor": t.ink,
            "labelFontSize": t.size, "titleFontSize": t.size, "titleFontWeight": "normal",
            "labelLimit": 400, "titleLimit": 900, "tickSize": 4, "labelSeparation": 6, "titlePadding": 4,
        },
        "text": {"color": t.ink, "fontSize": t.size, "font": FONT},
        "title": {
            "color": t.ink, "subtitleColor": t.faint, "fontSize": t.size + 4, "subtitleFontSize": t.size + 1,
            "anchor": "start", "fontWeight": "bold", "subtitlePadding": 4, "lineHeight": t.size + 8,
            "subtitleLineHeight": t.size + 5,
        },
        "legend": {"labelColor": t.ink, "titleColor": t.ink, "labelFontSize": t.size, "titleFontSize": t.size},
        "header": {"labelColor": t.ink, "titleColor": t.ink},
    }  # fmt: skip


# ---- text ---- #

_NARROW, _WIDE = frozenset("iljtfrI.,:;|!'()[]/ -"), frozenset("mwMWGOQ@%—×±→")


def text_width(text: str, size: float) -> float:
    """About how many pixels `text` takes."""
    units = sum(0.3 if c in _NARROW else 0.85 if c in _WIDE else 0.56 if c.islower() or c.isdigit() else 0.68
                for c in text)  # fmt: skip
    return units * size


def wrap(text: str, width: float, size: float) -> list[str]:
    """`text` in lines of at most `width` pixels, broken at blanks; a word that is longer is broken inside."""
    lines: list[str] = []
    line = ""
    for word in one_line(text).split():
        for part in _pieces(word, width, size):
            wider = f"{line} {part}" if line else part
            if line and text_width(wider, size) > width:
                lines.append(line)
                line = part
            else:
                line = wider
    return [*lines, line] if line else lines


def _pieces(word: str, width: float, size: float) -> Iterable[str]:
    most = max(4, int(width / (0.6 * size)))
    if text_width(word, size) <= width:
        return [word]
    return [word[i : i + most] for i in range(0, len(word), most)]


def fitted(label: str, width: float, size: float) -> str:
    """A label in at most `width` pixels: what does not fit is left out of its middle, since both ends tell runs
    apart."""
    label = one_line(label)
    if text_width(label, size) <= width:
        return label
    keep = len(label) - 1
    while keep > 4 and text_width(label[: keep // 2] + "…" + label[-(keep - keep // 2) :], size) > width:
        keep -= 1
    return label[: keep // 2] + "…" + label[-(keep - keep // 2) :]


def cut(text: str, width: float, size: float) -> str:
    """A sentence in at most `width` pixels: words that do not fit are left out of its end."""
    text = one_line(text)
    if text_width(text, size) <= width:
        return text
    first = next(iter(wrap(text, width - text_width(" …", size), size)), "")
    return f"{first.rstrip(',;:( ')} …"


def named(label: str) -> str:
    """A label as a title has room for it."""
    return fitted(label, 230, 14)


def apart(labels: Sequence[str], width: float, size: float) -> list[str]:
    """Labels fitted into `width`; where that makes two the same, numbered."""
    short = [fitted(label, width, size) for label in labels]
    out = []
    for i, label in enumerate(short):
        if short.count(label) > 1 and labels.count(labels[i]) < short.count(label):
            mark = f" #{short[: i + 1].count(label)}"
            label = fitted(labels[i], width - text_width(mark, size), size) + mark
        out.append(label)
    return out


def places(evidence: Iterable[str], most: int = 3) -> str:
    """source:line of a mark, for its tooltip."""
    found = [one_line(place) for place in evidence]
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


# ---- the frame that a chart stands in ---- #


def data(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows for Vega: null for what is no finite number, text for lists and times. Name the type in each encoding: one
    that is guessed may change with the rows."""
    floats = [c for c, t in frame.schema.items() if t.is_float()]
    lists = [c for c, t in frame.schema.items() if isinstance(t, pl.List)]
    finite = [pl.when(pl.col(c).is_finite()).then(pl.col(c)).alias(c) for c in floats]
    joined = [pl.col(c).cast(pl.List(pl.String)).list.join(", ") for c in lists]
    return frame.with_columns(*finite, *joined, pl.col(pl.Categorical, pl.Datetime).cast(pl.String))


def tips(view: View, **titles: str) -> list[alt.Tooltip]:
    """Tooltips: field -> what it is called; none on paper. All are text, made beforehand."""
    if view.options.theme == "print":
        return []
    return [alt.Tooltip(f"{field}:N", title=title) for field, title in titles.items()]


@dataclass(frozen=True)
class Plain:
    """A part of a drawing as a plain specification.

    Altair copies its own objects anew at each level that they are put into, which takes seconds where there are many
    panels.
    """

    spec: dict[str, Any]
    datasets: dict[str, Any]


def x_at(pixels: float) -> alt.XValue:
    """The channel of what is drawn so many pixels right of the left edge of a plot.

    Of an `alt.value`, which is a dictionary, altair looks for the class among all that it has, each time.
    """
    return alt.XValue(pixels)  # type: ignore[no-untyped-call]


def y_at(pixels: float) -> alt.YValue:
    """The channel of what is drawn so many pixels below the upper edge of a plot."""
    return alt.YValue(pixels)  # type: ignore[no-untyped-call]


@contextmanager
def untouched() -> Iterator[None]:
    """Altair as it is by itself, whatever theme or limit of rows somebody has set, and without a check of each part.

    Altair would validate each part of a chart against the schema, and again with each part around it, which takes more
    than half of the time. The whole is validated once, when a chart is asked for its specification.
    """
    with alt.data_transformers.enable("default", max_rows=None), alt.theme.enable("none"), debug_mode(False):
        yield


def plain(part: Drawing | Plain) -> Plain:
    """The part as a plain specification."""
    if isinstance(part, Plain):
        return part
    with untouched():
        spec = part.to_dict(validate=False)
    for name in ("$schema", "config"):
        spec.pop(name, None)
    return Plain(spec, spec.pop("datasets", {}))


def tiled(parts: Sequence[Drawing | Plain], columns: int = 1, row: float = 24, column: float = 24) -> Plain:
    """Parts in rows of so many columns, with so many pixels between them."""
    made = [plain(part) for part in parts]
    spec = {"concat": [part.spec for part in made], "columns": columns, "spacing": {"row": row, "column": column}}
    return Plain(spec, {name: rows for part in made for name, rows in part.datasets.items()})


def framed(
    view: View,
    body: Drawing | Plain,
    width: float,
    title: str,
    subtitle: Sequence[str] = (),
    caption: Sequence[str] = (),
) -> Drawing:
    """The body under the title that states its finding, over a caption.

    Args:
        width: of the whole body in pixels, labels and all: what text is wrapped to.
        title: the finding; the option `title` takes its place.
        subtitle: sentences on how to read it, each on lines of its own.
        caption: sentences: clock, resolution, findings, sources; each on lines of its own.
    """
    t = theme(view)
    config = _config(t)
    small = t.size - 1
    head = alt.TitleParams(
        text=wrap(view.options.title or title, width, config["title"]["fontSize"] * 1.06) or [" "],
        subtitle=[line for text in subtitle for line in wrap(text, width, t.size + 1)],
        anchor="start", frame="bounds", offset=12,
    )  # fmt: skip
    below = [line for text in caption for line in wrap(text, width, small)]
    foot = alt.TitleParams(
        text=below, orient="bottom", anchor="start", frame="bounds", color=t.faint, fontSize=small,
        fontWeight="normal", lineHeight=small + 4, offset=18,
    )  # fmt: skip
    made = plain(body)
    inner = alt.VConcatSpecGenericSpec(vconcat=[made.spec], title=head)
    return alt.VConcatChart(
        vconcat=[inner],
        description=one_line(view.options.title or title),
        title=foot if below else alt.Undefined,
        datasets=made.datasets,
        config=alt.Config(**config),
    )


def source_note(view: View) -> str:
    """Where all of it comes from, for the caption; the metadata has whole paths."""
    found = [one_line(re.split(r"[/\\]", s)[-1]) for s in view.sources()]
    named = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    runs = len(view.jobs)
    return f"logparse {logparse.__version__}; {runs} run{'' if runs == 1 else 's'} in {named}."


def signed(drawing: Drawing, name: str, view: View) -> Drawing:
    """The drawing with what made it in its `usermeta`."""
    made: Mapping[str, Any] = {
        "logparse": {
            "version": logparse.__version__,
            "chart": name,
            "options": view.options.told(),
            "sources": [one_line(s) for s in view.sources()],
        }
    }
    signed: Drawing = drawing.properties(usermeta=made)
    return signed
