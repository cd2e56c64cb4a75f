"""Comparisons for papers and pull requests: LaTeX (booktabs, siunitx, one macro per number) and Markdown.

The reasons for the verdicts and the findings are printed below the table, so that they travel with the numbers.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

import polars as pl

from logparse.comparison.answer import answer
from logparse.comparison.compare import Comparison
from logparse.comparison.wording import TextCell, grouping, text_table, what_differs
from logparse.pages.option import Spelling, as_option
from logparse.text.location import locations
from logparse.text.missing import legend
from logparse.text.numbers import ratio_figure
from logparse.text.terminal import latex_text, markdown_prose, markdown_text, one_line, tabular


def page(heading: str, comparison: Comparison, findings: pl.DataFrame, digits: int | None = None) -> str:
    """The comparison as Markdown, below its heading and the answer in one sentence."""
    head = f"## {markdown_text(heading)}\n\n{markdown_text(one_line(answer(comparison)))}\n\n"
    return head + markdown(comparison, findings, digits)


def markdown(
    comparison: Comparison, findings: pl.DataFrame, digits: int | None = None, spelling: Spelling = as_option
) -> str:
    """The comparison as Markdown: a table, its notes, and the findings."""
    table = text_table(comparison, digits, spelling)
    out = [*(f"{markdown_text(line)}\n" for line in what_differs(comparison))]
    if groups := grouping(comparison, spelling):
        out.append(f"{markdown_text(f'These sides are single runs: {groups}.')}\n")
    rows = [table.head, ["---"] * len(table.head)]
    rows += [row.texts(note=" ({})") for row in table.rows]
    rows.append(table.counts)
    out += [f"| {' | '.join(cell if cell == '---' else markdown_text(cell) for cell in row)} |" for row in rows]
    out.append("")
    out += [f"{number}. {markdown_text(text)}" for number, text in enumerate(table.notes, start=1)]
    out += [f"\n{markdown_text(text)}" for text in (legend(table.marks), table.clocks, table.unused) if text]
    out += ["", *_findings(findings)] if findings.height else []
    return "\n".join(out)


def _findings(findings: pl.DataFrame) -> Iterator[str]:
    for row in findings.iter_rows(named=True):
        ignored = f" (ignored: {markdown_text(row['ignored'])})" if row["ignored"] else ""
        lines = [f"`{str(location).replace('`', '')}`" for location in locations(row["evidence"][:3])]
        places = f" {', '.join(lines)}" if lines else ""
        yield f"- **{row['severity']} {row['name']}**{ignored}: {markdown_prose(row['text'])}{places}"


def latex(comparison: Comparison, findings: pl.DataFrame, digits: int | None = None) -> str:
    """The comparison as LaTeX: a macro for each number, a table of these macros, then notes and findings."""
    table = text_table(comparison, digits, as_option)
    macros, body = [], []
    for row in table.rows:
        cells = []
        for index, c in enumerate(row.cells):
            name = f"\\lp{_camel(row.row.quantity.name)}{_letters(index)}"
            macros.append(f"\\newcommand{{{name}}}{{{_number(c.value)}}}")
            cells.append(name + "{}" + _verdict(c))
            verdict = row.row.verdicts[index]
            if verdict is not None and verdict.ratio is not None:
                ends = zip(("Low", "High"), verdict.interval or (), strict=False)
                for part, ratio in (("Ratio", verdict.ratio), *ends):
                    figure = ratio_figure(ratio).removeprefix("×")
                    macros.append(f"\\newcommand{{{name}{part}}}{{\\num{{{figure}}}}}")
        body.append(" & ".join([latex_text(row.title), *cells]) + r" \\")
    body.append(" & ".join(map(latex_text, table.counts)) + r" \\")
    notes = [rf"\textsuperscript{{{n}}} {latex_text(text)}" for n, text in enumerate(table.notes, start=1)]
    notes += [latex_text(text) for text in (legend(table.marks), table.clocks, table.unused) if text]
    notes += [
        rf"\textbf{{{latex_text(row['severity'])} {latex_text(row['name'])}}}: {latex_text(row['text'])}"
        for row in findings.filter(pl.col("ignored").is_null()).iter_rows(named=True)
    ]
    return "\n".join(
        [
            r"% \usepackage{booktabs,siunitx}",
            *macros,
            *tabular("l" * len(table.head), table.head, body),
            r"\par\footnotesize",
            *(f"{note}\\\\" for note in notes),
        ]
    )


_PLAIN = re.compile(r"(-?\d+(?:\.\d+)?)( k)?( s| ms| %)?(?: ±(\d+))?")
_UNITS = {"": "", " s": r"\second", " ms": r"\milli\second", " %": r"\percent"}


def _number(text: str) -> str:
    """A number for siunitx, which groups digits and sets units; anything else stays text."""
    found = _PLAIN.fullmatch(text)
    if not found:
        return latex_text(text)
    number, unit = found[1] + ("e3" if found[2] else ""), _UNITS[found[3] or ""]
    around = f" +- {found[4]}" if found[4] else ""
    return rf"\qty{{{number}{around}}}{{{unit}}}" if unit else rf"\num{{{number}{around}}}"


def _verdict(c: TextCell) -> str:
    if not c.verdict:
        return ""
    return rf" {latex_text(c.verdict)}\textsuperscript{{{c.note}}}"


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.removesuffix("_s").split("_"))


def _letters(index: int) -> str:
    """A, B, … Z, AA, AB: LaTeX macro names cannot contain digits."""
    letters = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        letters = string.ascii_uppercase[digit] + letters
    return letters
