"""How charts look: fonts, text layout, and the frame around every chart.

Outlines and dashes mark what is not work, or not measured. Vega does not wrap text, so all long text is wrapped here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import logparse
from logparse.charts._vega import Drawing, channel, vconcat
from logparse.charts._view import View
from logparse.comparison.jobs import Job
from logparse.rendering.palette import THEMES, ColourNames
from logparse.text.labels import in_room, many, shortened
from logparse.text.location import locations
from logparse.text.terminal import one_line

FONT = "Arial, Helvetica, Liberation Sans, Arimo, sans-serif"


def theme(view: View) -> ColourNames:
    """The sizes of this view's theme, and names for its colours."""
    chosen = THEMES[view.options.theme]
    return ColourNames(chosen.size, chosen.stroke)


def _config(t: ColourNames) -> dict[str, Any]:
    """The theme as a Vega-Lite configuration."""
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
    """The approximate width of `text`, in pixels."""
    units = sum(0.3 if c in _NARROW else 0.85 if c in _WIDE else 0.56 if c.islower() or c.isdigit() else 0.68
                for c in text)  # fmt: skip
    return units * size


def wrap(text: str, width: float, size: float) -> list[str]:
    """`text` in lines of at most `width` pixels, broken at spaces; a longer word is split."""
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


def clipped(text: str, width: float, size: float) -> str:
    """A sentence in at most `width` pixels, shortened at its end."""
    text = one_line(text)
    if text_width(text, size) <= width:
        return text
    first = next(iter(wrap(text, width - text_width(" …", size), size)), "")
    return f"{first.rstrip(',;:( ')} …"


def fitted(label: str, width: float, size: float) -> str:
    """A label in at most `width` pixels."""
    return distinct_labels([label], width, size)[0]


def fitted_sentence(text: str, width: float, size: float) -> str:
    """A sentence in at most `width` pixels: without what follows a semicolon, without what is in parentheses, or with
    its first words only. A number is never cut."""
    first = text.partition("; ")[0]
    shorter = (text, first, re.sub(r" \([^()]*\)", "", first))
    if fits := next((each for each in shorter if text_width(each, size) <= width), None):
        return fits
    return clipped(shorter[-1], width, size)


_REPEATS = re.compile(r" and [\d,]+ repeats?$")
"""What a side of repeats has after the name of its first run."""


def title_labels(view: View, labels: Sequence[str]) -> list[str]:
    """These labels, short enough for a title. No other run or side of the view is shortened to the same text; of
    repeats, the name of the run is shortened."""
    names = [one_line(label) for label in labels]
    if all(text_width(name, 14) <= 230 for name in names):
        return names
    heads = [_REPEATS.sub("", name) for name in names]
    others = [side.label for side in view.sides] if heads == names else [job.label for job in view.jobs]
    every = list(dict.fromkeys([*heads, *map(one_line, others)]))
    short = dict(zip(every, distinct_labels(every, 230, 14), strict=True))
    return [short[head] + name[len(head) :] for head, name in zip(heads, names, strict=True)]


def distinct_labels(labels: Sequence[str], width: float, size: float) -> list[str]:
    """Labels in at most `width` pixels each; different ones stay different."""
    return in_room([one_line(label) for label in labels], width, partial(text_width, size=size))


def places(evidence: Iterable[Mapping[str, Any]], most: int = 3) -> str:
    """The locations of a mark, for its tooltip: `a.out:12, a.out:15 and 3 more`."""
    return shortened([one_line(str(location)) for location in locations(evidence)], most)


# ---- the frame around a chart ---- #


def tips(view: View, **titles: str) -> list[dict[str, Any]]:
    """Tooltips: field -> title; none in the `print` theme. All fields contain text."""
    if view.options.theme == "print":
        return []
    return [channel(f"{name}:N", title=title) for name, title in titles.items()]


def tiled(parts: Sequence[Drawing], columns: int = 1, row: float = 24, column: float = 24) -> Drawing:
    """Parts in a grid of `columns`, with `row` and `column` pixels between them."""
    return Drawing(concat=list(parts), columns=columns, spacing={"row": row, "column": column})


@dataclass(frozen=True)
class Caption:
    """What is said below a chart: the notes, the findings about the runs that are drawn, and their files."""

    notes: Sequence[str]
    """Sentences on clock, resolution, noise, and what is not drawn."""
    jobs: Iterable[Job]
    """What is drawn."""
    quantities: Iterable[str] = ()
    """Findings that affect these are reported."""
    single: bool = False
    """Whether only findings about single runs are, and none about comparisons."""


def sentences(view: View, caption: Caption) -> list[str]:
    """The sentences of a caption; of a short one, the most important and the files."""
    if view.options.caption == "none":
        return []
    ids = {job.id for job in caption.jobs}
    shown = view if len(ids) == len(view.jobs) else replace(view, jobs=tuple(j for j in view.jobs if j.id in ids))
    if view.options.caption == "short":
        first = [*shown.touching(caption.quantities, 1, caption.single), *caption.notes][:1]
        return [*first, source_note(shown)]
    return [*caption.notes, *shown.touching(caption.quantities, alone=caption.single), source_note(shown)]


def _below(view: View, caption: Caption, width: float, size: float) -> list[str]:
    """The lines of the caption; the sentences of a short one have one line each."""
    if view.options.caption == "short":
        return [clipped(text, width, size) for text in sentences(view, caption)]
    return [line for text in sentences(view, caption) for line in wrap(text, width, size)]


def framed(
    view: View,
    body: Drawing,
    width: float,
    title: str,
    subtitle: Sequence[str],
    caption: Caption,
) -> Drawing:
    """The body with a title above that states the finding, and a caption below.

    Args:
        width: width of the whole body in pixels, including labels; text is wrapped to it.
        title: the finding; the option `title` replaces it.
        subtitle: sentences on how to read the chart, each on its own line.
        caption: the sentences below it, each on its own line.
    """
    t = theme(view)
    config = _config(t)
    small = t.size - 1
    head = {
        "text": wrap(view.options.title or title, width, config["title"]["fontSize"] * 1.06) or [" "],
        "subtitle": [line for text in subtitle for line in wrap(text, width, t.size + 1)],
        "anchor": "start", "frame": "bounds", "offset": 12,
    }  # fmt: skip
    below = _below(view, caption, width, small)
    foot = {
        "text": below, "orient": "bottom", "anchor": "start", "frame": "bounds", "color": t.faint, "fontSize": small,
        "fontWeight": "normal", "lineHeight": small + 4, "offset": 18,
    }  # fmt: skip
    return Drawing(
        config=config,
        description=one_line(view.options.title or title),
        **({"title": foot} if below else {}),
        vconcat=[vconcat(body, title=head)],
    )


def source_note(view: View) -> str:
    """The sources, for the caption; the metadata has whole paths."""
    found = [one_line(re.split(r"[/\\]", s)[-1]) for s in view.sources()]
    return f"logparse {logparse.__version__}; {many(len(view.jobs), 'run')} in {shortened(found, 3)}."


def provenance(name: str, view: View) -> dict[str, Any]:
    """Version, options and sources of a chart, for its metadata."""
    return {
        "version": logparse.__version__,
        "chart": name,
        "options": view.options.set_options(),
        "sources": [one_line(s) for s in view.sources()],
    }
