"""Charts as functions: `logparse.chart.duration(logs)` and its siblings give an altair chart and touch no file.

Each takes what `ingest` gave, a ledger, or a comparison, and these options as far as they mean something to it (the
docstring of each says which; any other is refused):

    where      SQL over the columns of `runs`: only these runs
    claims     one or several claims `LABEL:NAME=VALUE`, for what no log states
    ignore     one or several names of findings that the caption leaves out
    by         a column of `runs`: runs with the same value are one row
    baseline   label of the row that the others are compared with; else the first
    per        `device` or `rank`: divide rates by their number
    clock      `train`, `result` or `wall`
    x          what the horizontal axis counts
    across     True: the rates of each workload over the platforms on which it ran
    theme      `light`, `dark` or `print`
    width      of the plot, in pixels
    height     of the plot, in pixels; else as high as its rows need
    title      instead of the one that states the finding
    caption    `full` (default), `short` (at most two lines, about the runs drawn) or `none`
    all        True: every panel and row, however tall the chart becomes
    sort       a column of `runs`: the order of the runs; `-COLUMN`: the largest first

Raises `UsageError` for wrong options, and `NothingToDraw` (one of these) where the logs hold nothing that the chart
shows. The charts are the files in `logparse/charts/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse import charts

if TYPE_CHECKING:
    from logparse.charts import Chart


def __getattr__(name: str) -> Chart:
    if name not in charts.names():
        raise AttributeError(f"module 'logparse.chart' has no attribute {name!r}; charts: {', '.join(charts.names())}")
    value = charts.function(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(charts.names())
