"""The report: one file with what the logs show, the runs, and the log line behind every number.

    html = logparse.report(logs)

A page contains everything it needs and makes no network requests. Text of a log is only ever displayed as text.
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
    """A report as text in one of `FORMATS`.

    Args:
        what: the result of `ingest`, a ledger, or a comparison.
        where: SQL over the columns of `runs`: include only these runs.
        by: a column of `runs`: runs of one workload with the same value form one side.
        baseline: label of a side, or name of a run, with which the others of its workload are compared.
        claims: one or several claims `LABEL:NAME=VALUE` about runs.
        ignore: one or several findings to ignore, `NAME=reason`; they are listed separately.
        theme: initial theme of a page, `light` or `dark`; by default that of the reader's system.
        title: replaces the default title, which names the workloads.
        command: the command that produces the report, for readers to repeat.

    Raises:
        UsageError: an option has an invalid value, no run is left, or the format is html and the package that draws
            charts is not installed.
    """
    if format not in FORMATS:
        raise UsageError(f"format {format!r}: one of {', '.join(FORMATS)}")
    if theme is not None and theme not in THEMES:
        raise UsageError(f"theme {theme!r}: one of {', '.join(THEMES)}")
    from logparse.report.content import content

    report_content = content(
        what, where=where, by=by, baseline=baseline, claims=claims, ignore=ignore, title=title, command=command
    )
    if format == "md":
        from logparse.report.markdown import markdown

        return markdown(report_content)
    if format == "latex":
        from logparse.report.latex import latex

        return latex(report_content)
    from logparse.report.page import page

    return page(report_content, theme)


class _Callable(types.ModuleType):
    """Makes the package callable: `logparse.report(logs)`."""

    __call__ = staticmethod(report)
    __signature__ = inspect.signature(report)


sys.modules[__name__].__class__ = _Callable
