"""The report as Markdown, for a submission or a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version

import polars as pl

from logparse.pages import across, compare_export, ingest
from logparse.pages.explain import shapes
from logparse.report.content import Content
from logparse.report.lists import Item
from logparse.report.table import table
from logparse.schema import empty
from logparse.text import missing
from logparse.text.labels import many, shortened
from logparse.text.location import Location, locations
from logparse.text.terminal import markdown_prose, markdown_text, one_line

_PLACES = 3
_SHAPES = 10


def markdown(content: Content) -> str:
    """The whole report."""
    out = [f"# {markdown_text(one_line(content.title))}", ""]
    out += [f"- **{markdown_text(about)}**: {markdown_text(one_line(text))}" for about, text in content.answers]
    out += [""] if content.answers else []
    for heading, items in content.lists.named():
        out += [list_as_markdown(heading, items, content.lists.notes, level=2), ""]
    if content.across.tables:
        out += ["## Across platforms", "", across.markdown(content.across, spelling=content.spelling), ""]
    out += ["## Runs", "", *_runs(content), ""]
    for block in content.blocks:
        if block.comparison is not None and block.comparison.rows:
            out += [
                f"## {markdown_text(block.heading)}",
                "",
                compare_export.markdown(block.comparison, empty("findings"), spelling=content.spelling),
                "",
            ]
    out += ["## Findings", "", *(_findings(content) or ["None."]), ""]
    out += ["## Lines not parsed", "", *(_unread(content) or ["Every line is parsed or known."]), ""]
    out += ["## How this report was made", "", *_made(content)]
    return "\n".join(out)


def list_as_markdown(heading: str, items: Sequence[Item], notes: Mapping[str, str], level: int = 3) -> str:
    """One of the three lists as Markdown; `notes` are those of all lists."""
    out = [f"{'#' * level} {heading}", ""]
    for about in dict.fromkeys(item.about for item in items):
        out += [f"**{markdown_text(about)}**{markdown_text(_noted(about, notes))}", ""] if about else []
        out += [_item(item) for item in items if item.about == about]
        out.append("")
    return "\n".join(out if items else [*out, "Nothing.", ""]).rstrip()


def list_as_text(heading: str, items: Sequence[Item], notes: Mapping[str, str]) -> str:
    """One of the three lists as plain text."""
    out = [heading]
    for about in dict.fromkeys(item.about for item in items):
        out += ["", about + _noted(about, notes)] if about else [""]
        for item in items:
            if item.about == about:
                out.append(f"- {one_line(item.text)}{_where(item, '{}')}")
    return "\n".join(out if items else [*out, "", "Nothing."])


def _noted(about: str, notes: Mapping[str, str]) -> str:
    return f" ({notes[about]})" if about in notes else ""


def _item(item: Item) -> str:
    return f"- {markdown_prose(one_line(item.text))}{_where(item, '`{}`')}"


def _where(item: Item, form: str) -> str:
    """` (a.out:12, b.out:7 and 3 more)`."""
    lines = [form.format(one_line(str(location)).replace("`", "")) for location in item.evidence]
    return f" ({shortened(lines, _PLACES)})" if lines else ""


def _runs(content: Content) -> Iterator[str]:
    runs = table(content.ledger, content.jobs)
    heads = ["run", *(column.title for column in runs.columns)]
    yield f"| {' | '.join(heads)} |"
    yield f"| --- | {' | '.join('---:' if c.number else '---' for c in runs.columns)} |"
    for job, cells in zip(runs.jobs, runs.rows, strict=True):
        yield f"| {' | '.join(markdown_text(one_line(t)) for t in [job.label, *(c.text for c in cells)])} |"
    if runs.marks:
        yield ""
        yield markdown_text(missing.legend(set(runs.marks)))


def _findings(content: Content) -> list[str]:
    out = []
    for row in content.findings.iter_rows(named=True):
        ignored = f" (ignored: {markdown_text(row['ignored'])})" if row["ignored"] else ""
        where = _where(Item("", "", tuple(locations(row["evidence"]))), "`{}`")
        text = markdown_prose(one_line(row["text"]))
        out.append(f"- **{row['severity']} {row['name']}**{ignored}: {text}{where}")
    return out


def _unread(content: Content) -> list[str]:
    lines, total = ingest.unread(content.logs)
    out = []
    if total:
        found = shapes(lines)
        out.append(f"{many(total, 'line')} that no rule parses, the most frequent of {many(found.height, 'shape')}:")
        out.append("")
        for shape, count, odd, source, line in found.head(_SHAPES).iter_rows():
            text = one_line(shape).replace("`", "'")
            place = Location(markdown_text(one_line(source)), line)
            out.append(f"- {count:,} × {'! ' if odd else ''}`{text}` ({place})")
    for reason, names in ingest.without_run(content.logs):
        files = shortened([markdown_text(one_line(n)) for n in names], 5)
        out.append(f"- {many(len(names), 'file')} without a run ({markdown_text(reason)}): {files}")
    return out


def _made(content: Content) -> Iterator[str]:
    if content.command:
        yield f"    {one_line(content.command)}"
        yield ""
    yield f"logparse {version('logparse')}."
    yield ""
    yield "| file | parsed | grammar | sha256 |"
    yield "| --- | ---: | --- | --- |"
    sources = content.logs.sources.with_columns(pl.col(pl.Categorical).cast(pl.String))
    for row in sources.iter_rows(named=True):
        known = row["coverage"] is not None and row["coverage"] == row["coverage"]
        share = f"{int(row['coverage'] * 1000) / 10:.1f} %" if known else ""
        cells = [one_line(row["source"]), share, row["grammar"] or row["status"], row["sha256"] or ""]
        yield f"| {' | '.join(markdown_text(str(c)) for c in cells)} |"
