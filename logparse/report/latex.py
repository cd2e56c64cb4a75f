"""The report as compact LaTeX: the lists, the runs and the findings, to include in a paper.

`logparse compare --format latex` defines a macro for each number of a comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version

from logparse.pages import across
from logparse.report.content import Content
from logparse.report.lists import Item
from logparse.report.table import table
from logparse.text import missing
from logparse.text.terminal import latex_text, one_line

_PLACES = 2


def latex(content: Content) -> str:
    """The whole report; it needs booktabs."""
    out = [r"% \usepackage{booktabs}", rf"\section*{{{_text(content.title)}}}"]
    for heading, items in content.lists.named():
        out += [rf"\subsection*{{{_text(heading)}}}", *_list(items, content.lists.notes)]
    if content.across.tables:
        out += [
            r"\subsection*{Across platforms}",
            across.latex(content.across, spelling=content.spelling),
            r"\normalsize",
        ]
    out += [r"\subsection*{Runs}", *_runs(content)]
    reported = [row for row in content.findings.iter_rows(named=True) if row["ignored"] is None]
    if reported:
        out += [r"\subsection*{Findings}", r"\begin{itemize}"]
        out += [rf"\item \textbf{{{row['severity']} {_text(row['name'])}}}: {_text(row['text'])}" for row in reported]
        out.append(r"\end{itemize}")
    command = rf" \texttt{{{_text(content.command)}}}" if content.command else ""
    out.append(rf"\par\footnotesize Made by logparse {version('logparse')}.{command}")
    return "\n".join(out)


def _list(items: Sequence[Item], notes: Mapping[str, str]) -> Iterator[str]:
    if not items:
        yield "Nothing."
        return
    for about in dict.fromkeys(item.about for item in items):
        if about:
            note = f" ({notes[about]})" if about in notes else ""
            yield rf"\paragraph{{{_text(about + note)}}}"
        yield r"\begin{itemize}"
        for item in items:
            if item.about == about:
                shown = ", ".join(_text(str(p)) for p in item.evidence[:_PLACES])
                yield rf"\item {_text(item.text)}" + (rf" {{\footnotesize ({shown})}}" if shown else "")
        yield r"\end{itemize}"


def _runs(content: Content) -> Iterator[str]:
    runs = table(content.ledger, content.jobs)
    yield rf"\begin{{tabular}}{{l{''.join('r' if c.number else 'l' for c in runs.columns)}}}"
    yield r"\toprule"
    yield " & ".join(["run", *(_text(c.title) for c in runs.columns)]) + r" \\"
    yield r"\midrule"
    for job, cells in zip(runs.jobs, runs.rows, strict=True):
        yield " & ".join(_text(t) for t in [job.label, *(c.text for c in cells)]) + r" \\"
    yield r"\bottomrule"
    yield r"\end{tabular}"
    if runs.marks:
        yield rf"\par\footnotesize {_text(missing.legend(set(runs.marks)))}\normalsize"


def _text(text: str) -> str:
    return latex_text(one_line(text))
