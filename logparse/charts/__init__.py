"""Charts: what a reader sees first. One file each, found by looking in this folder; a file whose name begins with `_`
is no chart.

A chart's file has a docstring that begins with the question it answers in one line and then has the parts *What it
shows*, *How to read it* and *What it leaves out* (the documentation is made of it), and

    TAKES = ("by", "baseline")      # options beside those that all charts take; any other is refused

    def rows(view: View) -> pl.DataFrame: ...      # what is drawn, a row a mark, with its lines in `evidence`
    def chart(view: View) -> Drawing: ...          # drawn from these rows; raises NothingToDraw where there are none

Everything a chart writes on itself (labels, tooltips) is data to Vega, never an expression or a field name.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from logparse.errors import UsageError, nearest

if TYPE_CHECKING:
    import polars as pl

    from logparse.arguments import OneOrMany
    from logparse.charts._theme import Drawing
    from logparse.charts._view import View, What
    from logparse.comparison.claims import Claim
    from logparse.comparison.compare import Comparison
    from logparse.comparison.ledger import Ledger
    from logparse.logs import Logs

COMMON = ("where", "claims", "ignore", "theme", "width", "height", "title")
"""Options that every chart takes."""


class Chart(Protocol):
    """A chart as a function. Which of the options it takes, its docstring and signature say; any other is refused."""

    def __call__(
        self,
        what: Logs | Ledger | Comparison,
        *,
        where: str | None = None,
        claims: OneOrMany[str | Claim] = (),
        ignore: OneOrMany[str] = (),
        by: str | None = None,
        baseline: str | None = None,
        per: str | None = None,
        clock: str | None = None,
        x: str | None = None,
        theme: str | None = None,
        width: int | None = None,
        height: int | None = None,
        title: str | None = None,
    ) -> Drawing: ...


@cache
def names() -> tuple[str, ...]:
    """The names of all charts: the files beside this one."""
    return tuple(sorted(i.name for i in pkgutil.iter_modules(__path__) if not i.name.startswith("_")))


def module(name: str) -> Any:
    """The module of the chart of that name.

    Raises `UsageError` where there is none.
    """
    if name not in names():
        raise UsageError(f"there is no chart {name!r}; {nearest(name, names())}")
    return importlib.import_module(f"{__name__}.{name}")


def view_for(name: str, what: What, **options: Any) -> View:
    """What the chart of that name looks at.

    Raises `UsageError` for an option that the chart has no use for, or that has no such value.
    """
    from logparse.charts._view import view_of

    takes = (*COMMON, *module(name).TAKES)
    useless = [option for option, value in options.items() if value not in (None, ()) and option not in takes]
    if useless:
        raise UsageError(f"the chart {name} has no use for {', '.join(useless)}; it takes {', '.join(takes)}")
    return view_of(what, **options)


def drawn(name: str, view: View) -> Drawing:
    """The chart of that name of what `view` holds, with version, sources and options in its `usermeta`.

    Raises `NothingToDraw` where nothing of it can be drawn.
    """
    from logparse.charts._theme import signed

    found: Drawing = module(name).chart(view)
    return signed(found, name, view)


def rows(name: str, view: View) -> pl.DataFrame:
    """The rows that the chart of that name draws."""
    frame: pl.DataFrame = module(name).rows(view)
    return frame


def parts(name: str) -> Mapping[str, str]:
    """The docstring of a chart by parts: `says` (its first line), `what it shows`, `how to read it`, `what it leaves
    out`."""
    text = sys.modules[module(name).__name__].__doc__ or ""
    head, *rest = re.split(r"^(What it shows|How to read it|What it leaves out)\n", text, flags=re.MULTILINE)
    plain = {title.lower(): body.strip("\n") for title, body in zip(rest[::2], rest[1::2], strict=True)}
    return {"says": head.strip(), **plain}


def function(name: str) -> Chart:
    """`logparse.chart.<name>`: the chart as a function of logs."""
    of = module(name)

    def draw(what: What, **options: Any) -> Drawing:
        return drawn(name, view_for(name, what, **options))

    draw.__name__ = draw.__qualname__ = name
    draw.__module__ = "logparse.chart"
    full = inspect.signature(Chart.__call__)
    taken = [p for p in full.parameters.values() if p.name in ("what", *COMMON, *of.TAKES)]
    vars(draw)["__signature__"] = full.replace(parameters=taken)
    draw.__doc__ = f"{(of.__doc__ or '').strip()}\n\nOptions: {', '.join((*COMMON, *of.TAKES))}.\n"
    return draw
