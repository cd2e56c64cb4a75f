"""The report: one file that says what the logs let one say, shows the runs, and has a line for every number.

    html = logparse.report(logs)

A page holds everything it needs and asks no network for anything; what a log says is only ever text on it.
"""

from __future__ import annotations

import inspect
import sys
import types
from typing import TYPE_CHECKING

from logparse.errors import UsageError

if TYPE_CHECKING:
    from logparse.arguments import OneOrMany
    from logparse.comparison.claims import Claim
    from logparse.comparison.compare import Comparison
    from logparse.comparison.ledger import Ledger
    from logparse.logs import Logs

FORMATS = ("html", "md", "latex")
THEMES = ("light", "dark")


def report(
    what: Logs | Ledger | Comparison,
    *,
    format: str = "html",
    where: str | None = None,
    by: str | None = None,
    baseline: str | None = None,
    claims: OneOrMany[str | Claim] = (),
    ignore: OneOrMany[str] = (),
    theme: str | None = None,
    title: str | None = None,
    command: str | None = None,
) -> str:
    """The report on some runs, as text in one of `FORMATS`.

    Args:
        what: what `ingest` gave, a ledger, or a comparison.
        where: SQL over the columns of `runs`: only these runs.
        by: a column of `runs`: runs of one workload with the same value are one side.
        baseline: label of the side, or name of the run, that the others of its workload are compared with.
        claims: one or several claims `LABEL:NAME=VALUE` about runs.
        ignore: one or several findings to ignore, `NAME=reason`; they are listed apart.
        theme: `light` or `dark` for a page to begin with; else as the reader's system is.
        title: instead of one that names the workloads.
        command: the command that makes it, for people to repeat.

    Raises:
        UsageError: an option has no such value, no run is left, or a page is asked for and what draws charts is not
            installed.
    """
    if format not in FORMATS:
        raise UsageError(f"format {format!r}: one of {', '.join(FORMATS)}")
    if theme is not None and theme not in THEMES:
        raise UsageError(f"theme {theme!r}: one of {', '.join(THEMES)}")
    from logparse.report.content import content

    held = content(
        what, where=where, by=by, baseline=baseline, claims=claims, ignore=ignore, title=title, command=command
    )
    if format == "md":
        from logparse.report.markdown import markdown

        return markdown(held)
    if format == "latex":
        from logparse.report.latex import latex

        return latex(held)
    from logparse.report.page import page

    return page(held, theme)


class _Callable(types.ModuleType):
    """`logparse.report(logs)` is what people write, and `logparse/report/` is where it is made."""

    __call__ = staticmethod(report)
    __signature__ = inspect.signature(report)


sys.modules[__name__].__class__ = _Callable
