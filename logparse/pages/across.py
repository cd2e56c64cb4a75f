"""The output of `logparse compare --across`: one table per workload, with its notes and caveats, as text, Markdown and
LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from logparse.cells import Value
from logparse.comparison.across import Across, AcrossRow, AcrossTable
from logparse.comparison.compare import Row
from logparse.comparison.quantities import QUANTITIES, Quantity
from logparse.comparison.relative import Lacking, is_converted
from logparse.comparison.verdict import DIFFERENT
from logparse.comparison.wording import Notes, amount_text, cell_text, value_text
from logparse.errors import Remedy
from logparse.pages.option import Spelling, as_option
from logparse.text import missing
from logparse.text.labels import listed
from logparse.text.numbers import figure
from logparse.text.terminal import Paint, aligned, latex_text, markdown_text, one_line, tabular

NOT_RANKED = "not ranked"


@dataclass(frozen=True)
class TextAcross:
    """One table as text; colours, escapes and rules are left to the output format."""

    heading: str
    head: list[str]
    rows: list[list[str]]
    right: tuple[int, ...]
    """Columns that are aligned to the right."""
    notes: list[str]
    """Reasons, numbered from 1 in the cells."""
    caveats: list[tuple[str, str]]
    """Name and text."""
    estimates: list[str]
    legend: str


def text_across(table: AcrossTable, digits: int | None = None, spelling: Spelling = as_option) -> TextAcross:
    """The table as text; `digits`: at most that many, and never more than the resolution allows; `spelling`: how to
    write the argument that would make a row comparable."""
    notes = Notes()
    marks: set[str] = set()
    rows = []
    for row in table.rows:
        cells = [_cell(table, row, q, digits) for q in table.quantities]
        marks |= {mark for cell in cells for mark in missing.marks(cell)}
        ratio = _ratio(table, row, notes, spelling)
        rate, *others = cells
        rows.append([_place(row), row.side.label, row.platform, _device(row), rate, ratio, *others])
    titles = [_title(q) for q in table.quantities]
    head = ["", "run", "platform", "device", titles[0], "ratio", *titles[1:]]
    caveats = [(c.name, c.text + _spelled(c.remedy, spelling)) for c in table.caveats]
    estimates = [f"{row.side.label}: {q.title} {cell_text(q, values, digits)}" for q, row, values in table.estimates]
    ranked = f", ranked by {table.rate.unit}" if any(row.rank for row in table.rows) else ", not ranked"
    heading = f"{table.workload}, {table.task} on {listed(list(table.platforms))}{ranked}"
    return TextAcross(
        heading, head, rows, (0, 4, *range(6, len(head))), notes.texts(), caveats, estimates, missing.legend(marks)
    )


def _place(row: AcrossRow) -> str:
    return str(row.rank) if row.rank is not None else ""


def _device(row: AcrossRow) -> str:
    kind = row.side.jobs[0]["device_kind"]
    return row.device.name if row.device else f"{kind}?" if kind else "?"


def _title(quantity: Quantity) -> str:
    if quantity.name == "model_flops_utilisation":
        return quantity.title
    if quantity.name in QUANTITIES:
        unit = quantity.unit
        return unit if quantity.rate and unit else quantity.title
    return f"{quantity.title}, {quantity.unit}" if quantity.name == "per_watt" else quantity.title


_OF_DEVICES = ("per_watt", "per_peak", "model_flops_utilisation")
"""Figures that need one of the table of devices: that none is known is not for the log to state."""


def _cell(table: AcrossTable, row: AcrossRow, quantity: Quantity, digits: int | None) -> str:
    values = row.cells[quantity.name]
    if values.empty and values.empty.code is missing.Code.NOT_IN_LOG and quantity.name in _OF_DEVICES:
        return "not known"
    if not values.values or quantity is table.rate:
        made = quantity is table.rate and any(is_converted(quantity, v) for v in values.values)
        converted = " (converted)" if made and not values.claimed else ""
        return cell_text(quantity, values, digits) + converted
    mean = Value(values.mean, values.resolution)
    if quantity.name == "model_flops_utilisation":
        return f"{figure(100 * float(mean.value), mean.resolution and 100 * mean.resolution, digits or 3)} %"
    if quantity.name == "score":
        return f"{row.side.jobs[0]['score_name']} {value_text(quantity, values, mean, digits)}"
    return value_text(quantity, values, mean, digits)


def _ratio(table: AcrossTable, row: AcrossRow, notes: Notes, spelling: Spelling) -> str:
    """The rate against that of the first, with the number of the note that explains it."""
    if row.rank is None:
        reason = f"{NOT_RANKED}: {row.aside}{_spelled(_remedy(row), spelling)}"
        return f"{NOT_RANKED} [{notes.text(reason)}]"
    if row.verdict is None:
        return "×1"
    cells = tuple(r.cells[table.rate.name] for r in (table.rows[0], row))
    compared = Row(table.rate, cells, (None, row.verdict), table.rate.better)
    word = f" {row.verdict.word}" if row.verdict.word not in DIFFERENT else ""
    return f"{amount_text(compared, row.verdict)}{word} [{notes.verdict(compared, row.verdict)}]"


def _remedy(row: AcrossRow) -> Remedy | None:
    """The argument that would make the row comparable."""
    reasons = (values.empty for values in row.cells.values() if values.empty and values.empty.text == row.aside)
    return next((empty.remedy for empty in reasons if isinstance(empty, Lacking)), None)


def _spelled(remedy: Remedy | None, spelling: Spelling) -> str:
    return f" ({spelling(remedy)})" if remedy else ""


# ---- the formats ---- #


def page(across: Across, paint: Paint, digits: int | None = None) -> str:
    """The tables as lines of text."""
    return "\n\n".join("\n".join(_lines(text_across(table, digits), paint)) for table in across.tables)


def _lines(table: TextAcross, paint: Paint) -> list[str]:
    rows = [[f" {one_line(row[0])}", *map(one_line, row[1:])] for row in (table.head, *table.rows)]
    lines = aligned(rows, right=table.right)
    out = [paint.head(one_line(table.heading)), paint.head(lines[0]), *lines[1:]]
    footer = [table.legend] if table.legend else []
    footer += [f"[{number}] {text}" for number, text in enumerate(table.notes, start=1)]
    out += [paint.faint(f" {one_line(line)}") for line in footer]
    if table.estimates:
        out.append(paint.head("On chip (compilers' estimates, not ranked):"))
        out += [f" {one_line(text)}" for text in table.estimates]
    if table.caveats:
        out.append(paint.head("Caveats:"))
        out += [f" {paint.head(name)}: {one_line(text)}" for name, text in table.caveats]
    return out


def markdown(across: Across, digits: int | None = None, spelling: Spelling = as_option) -> str:
    """The tables as Markdown, each with its notes and caveats."""
    return "\n\n".join(_markdown(text_across(table, digits, spelling)) for table in across.tables)


def _markdown(table: TextAcross) -> str:
    rule = ["---:" if i in table.right else "---" for i in range(len(table.head))]
    rows = [_row(table.head), f"| {' | '.join(rule)} |", *map(_row, table.rows)]
    out = [f"**{markdown_text(table.heading)}**", "", *rows, ""]
    out += [f"{number}. {markdown_text(text)}" for number, text in enumerate(table.notes, start=1)]
    out += [f"\n{markdown_text(table.legend)}"] if table.legend else []
    if table.estimates:
        out += ["", "On chip (compilers' estimates, not ranked):", ""]
        out += [f"- {markdown_text(text)}" for text in table.estimates]
    if table.caveats:
        out += ["", "Caveats:", "", *(f"- **{name}**: {markdown_text(text)}" for name, text in table.caveats)]
    return "\n".join(out)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(markdown_text, cells))} |"


def latex(across: Across, digits: int | None = None, spelling: Spelling = as_option) -> str:
    """The tables for LaTeX with booktabs, each with its notes and caveats."""
    tables = [_latex(text_across(table, digits, spelling)) for table in across.tables]
    return "\n".join([r"% \usepackage{booktabs}", "\n\n".join(tables)])


def _latex(table: TextAcross) -> str:
    columns = "".join("r" if i in table.right else "l" for i in range(len(table.head)))
    notes = [f"[{number}] {latex_text(text)}" for number, text in enumerate(table.notes, start=1)]
    notes += [latex_text(table.legend)] if table.legend else []
    notes += [f"On chip, estimated by the compiler: {latex_text(text)}" for text in table.estimates]
    notes += [rf"\textbf{{{latex_text(name)}}}: {latex_text(text)}" for name, text in table.caveats]
    return "\n".join(
        [
            rf"% {one_line(table.heading)}",
            *tabular(columns, table.head, (" & ".join(map(latex_text, row)) + r" \\" for row in table.rows)),
            r"\par\footnotesize",
            *(f"{note}\\\\" for note in notes),
        ]
    )
