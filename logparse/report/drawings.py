"""The charts of a report: their specifications in both themes, and the rows that they draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from logparse import charts
from logparse.errors import NothingToDraw
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
    takes = charts.module(name).TAKES
    options = {key: value for key, value in (("by", content.by), ("baseline", content.baseline)) if key in takes}
    light, dark = (charts.view_for(name, what, theme=t, ignore=content.ignore, **options) for t in ("light", "dark"))
    bright, dim = (_plain(charts.specification(name, view)) for view in (light, dark))
    return Drawn(
        name,
        charts.parts(name)["says"],
        _title(bright),
        bright,
        list(_differences(bright, dim)),
        charts.rows(name, light),
    )


def _plain(spec: dict[str, Any]) -> dict[str, Any]:
    """The specification without provenance, which the page states once, and with numbered data sets: altair names them
    by a hash, which differs between themes if rows contain colours."""
    spec.pop("usermeta", None)
    datasets = spec.pop("datasets", {})
    names: dict[str, str] = {}
    renamed: dict[str, Any] = _renamed(spec, names)
    return {**renamed, "datasets": {names[name]: datasets[name] for name in names}}


def _renamed(part: Any, names: dict[str, str]) -> Any:
    if isinstance(part, list):
        return [_renamed(one, names) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: {**value, "name": names.setdefault(value["name"], f"d{len(names)}")}
        if key == "data" and isinstance(value, dict) and "name" in value
        else _renamed(value, names)
        for key, value in part.items()
    }


def _title(spec: Any) -> str:
    """The text of the first title on top of a drawing."""
    title = spec.get("title") if isinstance(spec, dict) else None
    if isinstance(title, dict) and title.get("orient") != "bottom" and title.get("text"):
        text = title["text"]
        return " ".join(text) if isinstance(text, list) else str(text)
    parts = spec.get("vconcat", []) if isinstance(spec, dict) else []
    return next((found for part in parts if (found := _title(part))), "")


def _differences(a: Any, b: Any, path: tuple[str | int, ...] = ()) -> Iterator[list[Any]]:
    """[path, value] wherever `b` differs from `a`; the whole part where their structure differs."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        for key in a:
            yield from _differences(a[key], b[key], (*path, key))
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, pair in enumerate(zip(a, b, strict=True)):
            yield from _differences(*pair, (*path, index))
    elif a != b or type(a) is not type(b):
        yield [list(path), b]
