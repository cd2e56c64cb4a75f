"""Charts. Each file of this folder is one chart and is discovered automatically; names that begin with `_` are shared
modules.

The docstring of a chart's file begins with the question it answers, in one line, followed by the parts *What it needs*,
*What it shows*, *How to read it* and *What it leaves out*. The documentation is generated from it. The file defines

    TAKES = ("by", "baseline")      # options besides those that all charts take; any other is refused

    def rows(view: View) -> pl.DataFrame: ...      # what is drawn, one row per mark, with its log lines in `evidence`
    def chart(view: View) -> Drawing: ...          # draws these rows; raises NothingToDraw if there are none

All text on a chart (labels, tooltips) is data to Vega, never an expression or a field name.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import pkgutil
import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib.abc import InspectLoader
from typing import TYPE_CHECKING, Any, Protocol

from logparse.errors import UsageError, nearest

if TYPE_CHECKING:
    import polars as pl
    from altair import VConcatChart

    from logparse.arguments import OneOrMany
    from logparse.charts._view import View, What
    from logparse.comparison.claims import Claim
    from logparse.comparison.compare import Comparison
    from logparse.comparison.ledger import Ledger
    from logparse.logs import Logs

COMMON = ("where", "claims", "ignore", "by", "sort", "theme", "width", "height", "title", "caption", "all")
"""Options that every chart takes."""


class Chart(Protocol):
    """A chart as a function. Which of the options it takes, its docstring and signature say; any other is refused."""

    def __call__(
        self,
        what: Logs | Ledger | Comparison | pl.DataFrame,
        *,
        where: str | None = None,
        claims: OneOrMany[str | Claim] = (),
        ignore: OneOrMany[str] = (),
        by: str | None = None,
        baseline: str | None = None,
        per: str | None = None,
        clock: str | None = None,
        x: str | None = None,
        across: bool | None = None,
        theme: str | None = None,
        width: int | None = None,
        height: int | None = None,
        title: str | None = None,
        caption: str | None = None,
        sort: str | None = None,
        all: bool | None = None,
    ) -> VConcatChart: ...


@cache
def names() -> tuple[str, ...]:
    """The names of all charts: the files in this folder."""
    return tuple(sorted(i.name for i in pkgutil.iter_modules(__path__) if not i.name.startswith("_")))


def module(name: str) -> Any:
    """The module of the chart of that name.

    Raises `UsageError` if there is none.
    """
    _require(name)
    return importlib.import_module(f"{__name__}.{name}")


def _require(name: str) -> None:
    if name not in names():
        raise UsageError(f"there is no chart {name!r}; {nearest(name, names())}")


def view_for(name: str, what: What, **options: Any) -> View:
    """The view that the chart of that name draws.

    Raises `UsageError` for an option that the chart does not take, or an invalid value.
    """
    from logparse.charts._view import view_of

    takes = (*COMMON, *module(name).TAKES)
    refused = [option for option, value in options.items() if value not in (None, ()) and option not in takes]
    if refused:
        raise UsageError(f"the chart {name} does not take {', '.join(refused)}; its options are {', '.join(takes)}")
    return view_of(what, **options)


def specification(name: str, view: View) -> dict[str, Any]:
    """The chart of that name in Vega-Lite, with version, sources and options in its `usermeta`.

    Raises `NothingToDraw` if the logs contain nothing for this chart.
    """
    from logparse.rendering.palette import THEMES, in_theme

    coloured: dict[str, Any] = in_theme(uncoloured(name, view), THEMES[view.options.theme])
    return coloured


def uncoloured(name: str, view: View) -> dict[str, Any]:
    """As `specification`, with names in place of colours: `palette.in_theme` replaces them."""
    from logparse.charts._theme import provenance
    from logparse.charts._vega import with_datasets
    from logparse.rendering.export import SCHEMA

    chart = with_datasets(module(name).chart(view))
    return {"$schema": SCHEMA, **chart, "usermeta": {"logparse": provenance(name, view)}}


def drawn(name: str, view: View) -> VConcatChart:
    """As `specification`, as an altair chart."""
    from logparse.rendering.export import as_altair

    return as_altair(specification(name, view))


def rows(name: str, view: View) -> pl.DataFrame:
    """The rows that the chart of that name draws."""
    frame: pl.DataFrame = module(name).rows(view)
    return frame


def parts(name: str) -> Mapping[str, str]:
    """The docstring of a chart in parts: `says` (its first line), `what it needs`, `what it shows`, `how to read it`,
    `what it leaves out`.

    Raises `UsageError` if there is no chart of that name.
    """
    _require(name)
    head, *rest = re.split(
        r"^(What it needs|What it shows|How to read it|What it leaves out)\n", _docstring(name), flags=re.MULTILINE
    )
    bodies = {title.lower(): body.strip("\n") for title, body in zip(rest[::2], rest[1::2], strict=True)}
    return {"says": head.strip(), **bodies}


def _docstring(name: str) -> str:
    """The docstring of a chart, which is not imported for it: a list of charts needs no drawing library."""
    module = sys.modules.get(f"{__name__}.{name}")
    if module is not None:
        return module.__doc__ or ""
    spec = importlib.util.find_spec(f"{__name__}.{name}")
    assert spec is not None
    assert isinstance(spec.loader, InspectLoader)
    return ast.get_docstring(ast.parse(spec.loader.get_source(spec.name) or ""), clean=False) or ""


def function(name: str) -> Chart:
    """`logparse.chart.<name>`: the chart as a function of logs."""
    chart: Any = module(name)

    def draw(what: What, **options: Any) -> VConcatChart:
        return drawn(name, view_for(name, what, **options))

    draw.__name__ = draw.__qualname__ = name
    draw.__module__ = "logparse.chart"
    full = inspect.signature(Chart.__call__)
    parameters = [p for p in full.parameters.values() if p.name in ("what", *COMMON, *chart.TAKES)]
    vars(draw)["__signature__"] = full.replace(parameters=parameters)
    draw.__doc__ = f"{(chart.__doc__ or '').strip()}\n\nOptions: {', '.join((*COMMON, *chart.TAKES))}.\n"
    return draw
