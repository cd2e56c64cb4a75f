"""The charts of a report: their specifications in both themes, and the rows that they draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from logparse import charts
from logparse.errors import NothingToDraw
from logparse.rendering.palette import THEMES, in_theme
from logparse.report.content import Content

ORDER = ("ratio", "duration", "throughput", "accuracy", "loss", "scaling", "tradeoff", "timeline", "stages")
"""The order of the charts; others follow by name."""


@dataclass(frozen=True)
class Drawn:
    """One chart."""

    name: str
    asks: str
    """The question it answers."""
    title: str
    """The finding that its title states."""
    specification: Mapping[str, Any]
    """Vega-Lite, in the light theme."""
    dark: Sequence[Any]
    """What differs in the dark theme: [path, value]."""
    rows: pl.DataFrame


@dataclass(frozen=True)
class Missing:
    """A chart that cannot be drawn from these logs."""

    name: str
    reason: str


def drawings(content: Content) -> tuple[list[Drawn], list[Missing]]:
    """All charts of a report, and those that cannot be drawn."""
    drawn: list[Drawn] = []
    missing: list[Missing] = []
    for name in sorted(charts.names(), key=lambda n: (ORDER.index(n) if n in ORDER else len(ORDER), n)):
        try:
            drawn.append(_drawn(name, content))
        except NothingToDraw as nothing:
            missing.append(Missing(name, str(nothing)))
    return drawn, missing


def _drawn(name: str, content: Content) -> Drawn:
    what = content.given or content.ledger
    takes = (*charts.COMMON, *charts.module(name).TAKES)
    options = {key: value for key, value in (("by", content.by), ("baseline", content.baseline)) if key in takes}
    view = charts.view_for(name, what, ignore=content.ignore, **options)
    drawing = charts.uncoloured(name, view)
    drawing.pop("usermeta")  # the page states the provenance once
    light, dark = (in_theme(drawing, THEMES[theme]) for theme in ("light", "dark"))
    return Drawn(
        name,
        charts.parts(name)["says"],
        _title(light),
        light,
        list(_differences(light, dark)),
        charts.rows(name, view),
    )


def _title(spec: Any) -> str:
    """The text of the first title on top of a drawing."""
    title = spec.get("title") if isinstance(spec, dict) else None
    if isinstance(title, dict) and title.get("orient") != "bottom" and title.get("text"):
        text = title["text"]
        return " ".join(text) if isinstance(text, list) else str(text)
    parts = spec.get("vconcat", []) if isinstance(spec, dict) else []
    return next((found for part in parts if (found := _title(part))), "")


def _differences(light: Any, dark: Any, path: tuple[str | int, ...] = ()) -> Iterator[list[Any]]:
    """[path, value] of what differs in the dark theme: colours, since one drawing has both."""
    if isinstance(light, dict):
        for key, value in light.items():
            yield from _differences(value, dark[key], (*path, key))
    elif isinstance(light, list):
        for index, pair in enumerate(zip(light, dark, strict=True)):
            yield from _differences(*pair, (*path, index))
    elif light != dark:
        yield [list(path), dark]
