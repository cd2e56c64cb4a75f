"""The page: one HTML file that holds everything, asks no network for anything, and runs no text of a log."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import polars as pl

from logparse.charts._save import in_script, library
from logparse.charts._theme import hue
from logparse.comparison.compare import Comparison, Row
from logparse.comparison.jobs import Job
from logparse.comparison.verdict import BEYOND, ESTABLISHED, NOT_COMPARABLE, UNKNOWN, WITHIN
from logparse.comparison.wording import TextCell, TextTable, is_better, text_table
from logparse.findings import SEVERITIES
from logparse.pages import ingest
from logparse.pages.explain import SUSPICIOUS, shapes
from logparse.report.content import Content
from logparse.report.drawings import Drawn, Missing, drawings
from logparse.report.lists import HEADINGS, Block, Item
from logparse.report.markdown import list_as_markdown, list_as_text
from logparse.report.table import Cell, Table, known, table
from logparse.report.tags import Html, joined, tag
from logparse.report.trail import Trail
from logparse.text import missing
from logparse.text.labels import many
from logparse.text.location import Place
from logparse.text.terminal import as_text, one_line

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""What the page may load: nothing; it may run only what stands in it, and evaluate no text."""
_ITEMS = 8
"""Items of a list that are seen at once; the others are folded."""
_PLACES = 3
"""Lines named behind a statement before the rest is folded."""
_LINES = 40
"""Lines that one button shows."""
_DETAILED = 200
"""Runs of which a page holds all values; of further ones it holds those in the table."""
_SIDES = 5
"""Sides that stand beside each other; more stand below each other."""
_SIDES_SHOWN = 60
_CHART_ROWS = 150
_SHAPES = 40
_TALL = 40
"""Rows of the table of runs above which it scrolls by itself."""
_KEPT = 14
"""Signs up to which a value stays on one line."""
_FOLDED = 4
"""Findings of one name that are seen at once."""


def page(content: Content, theme: str | None) -> str:
    """The whole page. `theme`: `light` or `dark` to begin with; None follows the reader's system.

    Raises `UsageError` where what draws charts is not installed.
    """
    script = library()
    drawn, missing = drawings(content)
    maker = _Page(content, drawn, missing)
    body = maker.body()
    data = in_script(maker.data())
    specifications = in_script([{"spec": d.specification, "dark": d.dark} for d in drawn])
    here = files(__package__)
    style, own = (here.joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    head = joined(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="generator", content=f"logparse {version('logparse')}"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", one_line(content.title)),
        tag("style", Html(style)),
    )
    scripts = joined(
        tag("script", Html(data), type="application/json", id="data"),
        tag("script", Html(specifications), type="application/json", id="charts-data"),
        tag("script", Html(script)),
        tag("script", Html(own)),
    )
    html = tag("html", tag("head", head), tag("body", body, scripts), lang="en", data_theme=theme)
    return f"<!DOCTYPE html>\n{html}\n"


class _Page:
    """The parts of a page. What they refer to is collected in a trail on the way."""

    def __init__(self, content: Content, drawn: Sequence[Drawn], missing: Sequence[Missing]) -> None:
        self.content, self.drawn, self.missing = content, drawn, missing
        self.trail = Trail(content.ledger)
        self.table: Table = table(content.ledger, content.jobs)
        self.labels = {job.id: one_line(job.label) for job in content.jobs}

    def body(self) -> Html:
        """Everything that is seen."""
        sections = [
            ("lists", "In short", self._lists()),
            ("runs", "Runs", self._runs()),
            ("compared", "Side by side", self._compared()),
            ("charts", "Charts", self._charts()),
            ("findings", "Findings", self._findings()),
            ("unread", "Not understood", self._unread()),
            ("made", "How this was made", self._made()),
        ]
        links = [tag("li", tag("a", title, href=f"#{key}")) for key, title, held in sections if held]
        main = [
            tag("section", tag("h2", title, id=f"{key}-h"), held, id=key, aria_labelledby=f"{key}-h")
            for key, title, held in sections
            if held
        ]
        return joined(
            tag("a", "To the content", class_="skip", href="#main"),
            tag("header", self._head(), tag("nav", tag("ul", links), aria_label="Parts of the report"), class_="top"),
            tag("main", main, id="main", tabindex="-1"),
            _VIEWER,
            _BAR,
            tag("footer", tag("p", f"Made by logparse {version('logparse')}. Every number has its line.")),
        )

    def data(self) -> dict[str, Any]:
        """What the page's script works on; asked for after `body`, which collects it."""
        detailed = [
            {
                "id": job.id,
                "ids": job.ids,
                "label": self.labels[job.id],
                "known": [
                    [heading, [[c, self.trail.number(job, c)] for c, _ in held]]
                    for heading, held in (known(job, self.content.ledger) if i < _DETAILED else [])
                ],
            }
            for i, job in enumerate(self.content.jobs)
        ]
        notes = self.content.lists.notes
        lists = {
            key: {"text": list_as_text(heading, items, notes), "md": list_as_markdown(heading, items, notes)}
            for (heading, items), key in zip(self.content.lists.named(), HEADINGS, strict=True)
        }
        sides = {
            one_line(side.label): [job.id for job in side.jobs]
            for block in self.content.blocks
            for side in (block.comparison.sides if block.comparison is not None else ())
            if len(side.jobs) > 1 or side.label != side.jobs[0].label
        }
        out = {"runs": detailed, "lists": lists, "sides": sides, **self.trail.payload()}
        return {**out, "leftOut": self.trail.left_out, "detailed": _DETAILED}

    # ---- head ---- #

    def _head(self) -> Html:
        logs = self.content.logs
        read = logs.sources.filter(pl.col("status") == "read").height
        share = f"{int(ingest.coverage(logs) * 1000) / 10:.1f} % of their lines understood"
        counts = [
            many(sum(row["severity"] == severity for row in self._told()), severity)
            for severity in SEVERITIES
            if any(row["severity"] == severity for row in self._told())
        ]
        facts = [many(len(self.content.jobs), "run"), f"{many(read, 'file')}, {share}"]
        found = ", ".join(counts) if counts else "no findings"
        return tag(
            "div",
            tag("div", tag("p", "logparse report", class_="brand"), tag("h1", one_line(self.content.title)),
                tag("p", " · ".join(facts), " · ", tag("a", found, href="#findings"), class_="facts")),
            tag("button", "Theme: as the system", type="button", id="theme", class_="quiet"),
            class_="head",
        )  # fmt: skip

    # ---- references ---- #

    def _place(self, place: Place, first: bool = True) -> Html:
        """A button that shows a line."""
        short = Place.of(one_line(place.source.replace("\\", "/").rpartition("/")[2]), place.line)
        return tag(
            "button", short, type="button", class_="place", data_p=self.trail.place(place, first),
            title=one_line(place),
        )  # fmt: skip

    def _places(self, places: Sequence[str], most: int = _PLACES, first: bool = True) -> Html | None:
        """Buttons for some lines, as a frame holds them; further ones folded."""
        if not places:
            return None
        shown = [self._place(Place(p), first) for p in places[:most]]
        rest = [self._place(Place(p), first) for p in places[most : most + 12]]
        if not rest:
            return tag("span", _spaced(shown), class_="places")
        more = tag("details", tag("summary", f"{len(places) - most} more"), _spaced(rest), class_="more")
        return tag("span", _spaced(shown), " ", more, class_="places")

    def _lines(self, places: Sequence[Place]) -> Html | None:
        """One button that shows all lines of a statement."""
        if not places:
            return None
        refs = " ".join(self.trail.place(p) for p in places[:_LINES])
        named = f"{len(places)} lines" if len(places) > 1 else f"line {places[0].line}"
        return tag("button", named, type="button", class_="place", data_p=refs)

    def _number(self, text: str, jobs: Sequence[Job], columns: Sequence[str], class_: str = "n") -> Html:
        """A button that shows what stands behind a value."""
        refs = " ".join(str(self.trail.number(job, c)) for job in jobs[:12] for c in columns)
        return tag("button", text, type="button", class_=class_, data_n=refs)

    # ---- the three lists ---- #

    def _lists(self) -> Html:
        cards = [
            self._card(key, heading, items)
            for (heading, items), key in zip(self.content.lists.named(), HEADINGS, strict=True)
        ]
        return tag("div", cards, class_="cards")

    def _card(self, key: str, heading: str, items: Sequence[Item]) -> Html:
        copy = tag(
            "span",
            tag("button", "Copy as text", type="button", class_="quiet", data_copy=f"{key} text"),
            tag("button", "as Markdown", type="button", class_="quiet", data_copy=f"{key} md"),
            class_="copy", role="group", aria_label=f"Copy: {heading}",
        )  # fmt: skip
        held: list[Html] = [tag("h3", heading, id=f"{key}-h"), copy]
        if not items:
            held.append(tag("p", _NOTHING[key], class_="faint"))
        shown, rest = _cut(items, _ITEMS)
        held += self._items(shown)
        if rest:
            held.append(tag("details", tag("summary", f"{len(rest)} more"), self._items(rest)))
        return tag("section", held, class_=f"card {key}", aria_labelledby=f"{key}-h")

    def _items(self, items: Sequence[Item]) -> list[Html]:
        """Items under the headings of their blocks."""
        out = []
        for about in dict.fromkeys(item.about for item in items):
            some = [item for item in items if item.about == about]
            if about:
                note = self.content.lists.notes.get(about)
                held = tag("small", f" {note}") if note else None
                out.append(tag("h4", _dot(about.partition(" · ")[0]), about, held))
            out.append(tag("ul", [self._item(item) for item in some], class_="items"))
        return out

    def _item(self, item: Item) -> Html:
        rests = tag("span", item.rests_on, class_="kind")
        text = one_line(item.text)
        if item.rests_on == "verdict":
            lead, colon, text = text.partition(":")
            said = joined(tag("b", _code(lead)), colon, _code(text))
        else:
            said = _code(text)
        return tag("li", tag("span", said), " ", tag("span", rests, " ", self._lines(item.evidence), class_="rests"))

    # ---- runs ---- #

    def _runs(self) -> Html:
        shown = self.table
        head = [_sorter("run", "text")] + [_sorter(c.title, "number" if c.number else "text") for c in shown.columns]
        rows = [self._run(job, cells) for job, cells in zip(shown.jobs, shown.rows, strict=True)]
        legend = missing.legend(set(shown.marks))
        count = f"{len(shown.jobs):,} of {many(len(shown.jobs), 'run')}"
        caption = "Runs. A click on a name chooses the run in all charts; a click on a value shows its log lines."
        whole = tag("table", _caption(caption), tag("thead", tag("tr", head)), tag("tbody", rows), id="runs-table")
        return joined(
            tag(
                "search",
                tag("label", "Filter ", tag("input", type="search", id="q", placeholder="words in any column")),
                [self._choice(name) for name in ("platform", "work", "status")],
                tag("output", count, id="count", aria_live="polite"),
                class_="filter",
            ),
            tag(
                "div",
                whole,
                class_=_class("scroll", len(shown.jobs) > _TALL and "tall"),
                tabindex="0",
                role="region",
                aria_label="Table of runs",
            ),
            tag("p", legend, class_="faint legend") if legend else None,
            tag("section", id="run", hidden=True, aria_live="polite", aria_label="The chosen run"),
        )

    def _choice(self, name: str) -> Html | None:
        """A choice of the values of one column, where there are several."""
        at = next(i for i, c in enumerate(self.table.columns) if c.title == name)
        values = sorted({row[at].text for row in self.table.rows})
        if len(values) < 2:
            return None
        options = [tag("option", "all", value=""), *(tag("option", v, value=v) for v in values)]
        return tag("label", f"{name} ", tag("select", options, data_column=at + 1))

    def _run(self, job: Job, cells: Sequence[Cell]) -> Html:
        label = joined(_dot(str(job.main["platform"])), _breakable(self.labels[job.id]))
        name = tag("button", label, type="button", class_="run", aria_pressed="false")
        made = [
            tag("td", self._cell(job, cell), data_v=None if cell.key is None else cell.key,
                class_=_class(column.number and "r", cell.empty and "e", len(cell.text) <= _KEPT and "k",
                             self._tone(column.title, job)))
            for column, cell in zip(self.table.columns, cells, strict=True)
        ]  # fmt: skip
        return tag("tr", tag("th", name, scope="row"), made, data_run=job.id)

    def _cell(self, job: Job, cell: Cell) -> Html | str:
        return cell.text if cell.empty and cell.text == "-" else self._number(cell.text, [job], cell.of)

    def _tone(self, title: str, job: Job) -> str | None:
        return "bad" if title == "status" and not job.has_result else None

    # ---- side by side ---- #

    def _compared(self) -> Html | None:
        held = [b for b in self.content.blocks if b.comparison is not None and b.comparison.rows]
        if not held:
            return None
        few = len(held) <= 4
        words = tag(
            "details", tag("summary", "What the words mean"),
            tag("dl", [joined(tag("dt", w), tag("dd", m)) for w, m in _WORDS.items()]), class_="words",
        )  # fmt: skip
        return joined(words, [self._block(block, few) for block in held])

    def _block(self, block: Block, open_: bool) -> Html:
        comparison = block.comparison
        assert comparison is not None
        made = text_table(comparison)
        base = comparison.sides[comparison.baseline].label
        caption = f"{block.heading}: {len(comparison.sides)} sides, held against {base}"
        notes = [tag("li", _code(one_line(n))) for n in made.notes]
        legend = [t for t in (missing.legend(made.marks), made.clocks) if t]
        inner = joined(
            tag("ul", [tag("li", t) for t in block.differs], class_="differs"),
            tag("div", self._grid(comparison, made, one_line(caption)), class_="scroll", tabindex="0", role="region",
                aria_label=f"Comparison: {block.heading}"),
            tag("p", "  ".join(legend), class_="faint legend") if legend else None,
            tag("ol", notes, class_="notes") if notes else None,
        )  # fmt: skip
        head = tag("summary", tag("h3", _dot(block.heading.partition(" · ")[0]), block.heading))
        return tag("details", head, inner, class_="block", open=open_)

    def _grid(self, comparison: Comparison, made: TextTable, caption: str) -> Html:
        sides = comparison.sides
        heads = [self._side_head(i, comparison) for i in range(len(sides))]
        cells = [[self._compared_cell(r.row, i, c) for i, c in enumerate(r.cells)] for r in made.rows]
        titles = [r.title for r in made.rows]
        if len(sides) <= _SIDES:
            head = tag("tr", tag("td"), [tag("th", h, scope="col") for h in heads])
            rows = [tag("tr", tag("th", t, scope="row"), of) for t, of in zip(titles, cells, strict=True)]
            rows.append(tag("tr", tag("th", "n", scope="row"), [tag("td", c, class_="r") for c in made.counts[1:]]))
        else:
            head = tag("tr", tag("td"), [tag("th", t, scope="col") for t in [*titles, "n"]])
            rows = [
                tag("tr", tag("th", heads[i], scope="row"), [of[i] for of in cells],
                    tag("td", made.counts[i + 1], class_="r"))
                for i in range(min(len(sides), _SIDES_SHOWN))
            ]  # fmt: skip
            if len(sides) > _SIDES_SHOWN:
                caption += f"; the first {_SIDES_SHOWN} are shown, all: logparse compare"
        return tag("table", _caption(caption), tag("thead", head), tag("tbody", rows), class_="grid")

    def _side_head(self, index: int, comparison: Comparison) -> Html:
        side = comparison.sides[index]
        label = one_line(side.label)
        if len(side.jobs) == 1 and side.jobs[0].id in self.labels:
            name = tag("button", _breakable(label), type="button", class_="run", data_run=side.jobs[0].id,
                       aria_pressed="false")  # fmt: skip
        else:
            name = tag("span", _breakable(label))
        return joined(name, tag("small", "baseline")) if index == comparison.baseline else name

    def _compared_cell(self, row: Row, index: int, cell: TextCell) -> Html:
        jobs, verdict = row.cells[index].side.jobs, row.verdicts[index]
        value = self._number(one_line(cell.value), jobs, (row.quantity.name,))
        if not cell.verdict or verdict is None:
            return tag("td", value, class_="r")
        sure = verdict.word in (ESTABLISHED, BEYOND)
        tone = ("better" if is_better(row, verdict) else "worse") if sure else _TONES[verdict.word]
        note = tag("sup", str(cell.note), aria_label=f"note {cell.note}")
        return tag("td", value, tag("span", one_line(cell.verdict), note, class_=f"verdict {tone}"), class_="r")

    # ---- charts ---- #

    def _charts(self) -> Html | None:
        if not self.drawn and not self.missing:
            return None
        few = len(self.content.jobs) <= 40
        chips = [
            tag("button", _dot(str(job.main["platform"])), self.labels[job.id], type="button", class_="run chip",
                data_run=job.id, aria_pressed="false")
            for job in self.content.jobs
        ]  # fmt: skip
        figures = [self._figure(i, drawn) for i, drawn in enumerate(self.drawn)]
        return joined(
            tag("div", chips, class_="chips", role="group", aria_label="Choose a run in all charts") if few else None,
            tag("noscript", tag("p", "The charts need JavaScript; their rows stand in the tables below each.")),
            figures,
            tag("p", "Not drawn: ", "; ".join(f"{m.name} ({one_line(m.reason)})" for m in self.missing), ".",
                class_="faint") if self.missing else None,
        )  # fmt: skip

    def _figure(self, index: int, drawn: Drawn) -> Html:
        title = one_line(drawn.title) or drawn.asks
        return tag(
            "figure",
            tag("figcaption", tag("h3", one_line(drawn.asks)), id=f"chart-{drawn.name}-h"),
            tag("div", tag("div", role="img", aria_label=f"Chart {drawn.name}: {title}", class_="chart",
                           data_chart=index), class_="scroll", tabindex="0", role="region",
                aria_label=f"Chart {drawn.name}"),
            self._chart_rows(drawn),
            id=f"chart-{drawn.name}",
        )  # fmt: skip

    def _chart_rows(self, drawn: Drawn) -> Html:
        """The rows of a chart as a table: what it says to those who do not see it."""
        rows = drawn.rows
        texts = as_text(rows.drop("evidence", strict=False)).select(
            c for c in rows.columns if c not in ("evidence", *_HIDDEN) and rows[c].null_count() < rows.height
        )
        held = rows["evidence"].to_list() if "evidence" in rows.columns else [[]] * rows.height
        head = [tag("th", c.replace("_", " "), scope="col") for c in [*texts.columns, "lines"]]
        body = [
            tag("tr", [tag("td", one_line(v or "")) for v in values],
                tag("td", self._places(places or [], 2, first=False)))
            for values, places in zip(texts.head(_CHART_ROWS).iter_rows(), held, strict=False)
        ]  # fmt: skip
        more = f"; the first {_CHART_ROWS} are shown" if rows.height > _CHART_ROWS else ""
        caption = _caption(f"Rows of the chart {drawn.name}{more}")
        whole = tag("table", caption, tag("thead", tag("tr", head)), tag("tbody", body))
        region = tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label=f"Rows of {drawn.name}")
        return tag("details", tag("summary", f"The {many(rows.height, 'row')} of this chart"), region, class_="rows")

    # ---- findings and claims ---- #

    def _told(self) -> list[dict[str, Any]]:
        return [row for row in self.content.findings.iter_rows(named=True) if row["ignored"] is None]

    def _findings(self) -> Html:
        ignored = self.content.findings.filter(pl.col("ignored").is_not_null()).rows(named=True)
        groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self._told():
            groups.setdefault((row["severity"], row["name"]), []).append(row)
        out = [self._group(*key, rows) for key, rows in groups.items()]
        if not out:
            out.append(tag("p", "Nothing to say against these logs."))
        if ignored:
            told = [
                tag("li", tag("b", row["name"]), f" ({one_line(row['ignored'])}): {one_line(row['text'])}")
                for row in ignored
            ]
            out.append(tag("details", tag("summary", f"{len(ignored)} ignored"), tag("ul", told), class_="group"))
        return joined(out, self._claims())

    def _group(self, severity: str, name: str, rows: Sequence[Mapping[str, Any]]) -> Html:
        first = rows[0]
        count = f" ({len(rows)})" if len(rows) > 1 else ""
        gist = _code(one_line(first["text"]))
        items = [tag("li", _code(one_line(r["text"])), " ", self._places(r["evidence"])) for r in rows]
        shown, rest = items[:_FOLDED], items[_FOLDED:]
        return tag(
            "details",
            tag("summary", tag("span", severity, class_=f"severity {severity}"), tag("b", f"{name}{count}"), " ",
                tag("span", gist, class_="gist")),
            tag("ul", shown),
            tag("details", tag("summary", f"{len(rest)} more"), tag("ul", rest)) if rest else None,
            tag("p", tag("b", "Why it matters. "), _code(one_line(first["why"]))),
            tag("p", tag("b", "What to do. "), _code(one_line(first["advice"]))),
            tag("p", f"{first['id']}; to keep it apart: --ignore '{name}=reason'", class_="faint"),
            class_=f"group {severity}", open=severity == "error",
        )  # fmt: skip

    def _claims(self) -> Html | None:
        rows = self.content.claims.rows(named=True)
        if not rows:
            return None
        head = [tag("th", t, scope="col") for t in ("run", "claimed", "the log says", "verdict", "who says so", "line")]
        body = [
            tag("tr", tag("th", self.labels.get(r["run"], r["run"]), scope="row"),
                tag("td", f"{r['name']} {one_line(r['claimed'])}"), tag("td", one_line(r["found"] or "?")),
                tag("td", r["verdict"], class_=f"claim-{r['verdict'].replace(' ', '-')}"), tag("td", r["origin"]),
                tag("td", self._place(Place.of(r["source"], r["line"])) if r["line"] else None))
            for r in rows
        ]  # fmt: skip
        whole = tag("table", _caption("What is said of the runs beside the logs"), tag("thead", tag("tr", head)),
                    tag("tbody", body))  # fmt: skip
        region = tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label="Claims")
        return joined(tag("h3", "Claims"), region)

    # ---- what was not understood ---- #

    def _unread(self) -> Html | None:
        logs = self.content.logs
        lines, total = ingest.unread(logs)
        out: list[Html] = []
        if total:
            found = shapes(lines)
            of = f", by shape (of the first {lines.height:,})" if lines.height < total else ", by shape"
            body = [
                tag("tr", tag("td", f"{count:,}", class_="r"), tag("td", "!" if odd else ""),
                    tag("td", tag("code", one_line(shape))), tag("td", Place.of(one_line(source), line)))
                for shape, count, odd, source, line in found.head(_SHAPES).iter_rows()
            ]  # fmt: skip
            head = [tag("th", t, scope="col") for t in ("lines", "!", "shape", "first at")]
            more = f"; {found.height - _SHAPES:,} more shapes: logparse explain" if found.height > _SHAPES else ""
            caption = f"{many(total, 'line')} that no rule reads{of}{more}. ! = {SUSPICIOUS}."
            whole = tag("table", _caption(caption), tag("thead", tag("tr", head)), tag("tbody", body))
            out.append(tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label="Unread lines"))
        without = ingest.without_run(logs)
        if without:
            items = [
                tag("li", f"{many(len(names), 'file')} without a run ({reason}): ", ", ".join(map(one_line, names[:8])),
                    f" and {len(names) - 8} more" if len(names) > 8 else "")
                for reason, names in without
            ]  # fmt: skip
            out.append(tag("ul", items))
        return joined(out) if out else tag("p", "Every line is read or known.")

    # ---- how it was made ---- #

    def _made(self) -> Html:
        sources = self.content.logs.sources.with_columns(pl.col(pl.Categorical).cast(pl.String))
        head = [tag("th", t, scope="col") for t in ("file", "lines", "understood", "grammar", "sha256")]
        body = [
            tag("tr", tag("th", one_line(r["source"]), scope="row"), tag("td", f"{r['lines'] or 0:,}", class_="r"),
                tag("td", _share(r["coverage"]), class_="r"), tag("td", r["grammar"] or str(r["status"])),
                tag("td", tag("code", r["sha256"] or "")))
            for r in sources.iter_rows(named=True)
        ]  # fmt: skip
        caption = f"{many(sources.height, 'file')}, with the SHA-256 of what was read"
        whole = tag("table", _caption(caption), tag("thead", tag("tr", head)), tag("tbody", body))
        region = tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label="Sources")
        versions = {name: version(name) for name in ("logparse", "polars", "pyparsing", "altair", "vl-convert-python")}
        versions = {"python": platform.python_version(), **versions}
        grammars = ", ".join(sorted({g for text in sources["grammar"].drop_nulls() for g in text.split(", ")}))
        facts = [("Versions", ", ".join(f"{n} {v}" for n, v in versions.items())), ("Grammars", grammars or "none")]
        if self.content.command:
            facts.insert(0, ("Command", tag("code", one_line(self.content.command))))
        told = [joined(tag("dt", k), tag("dd", v)) for k, v in facts]
        return joined(
            tag("dl", told, class_="facts"),
            tag("p", "The same logs, versions and command give the same file, byte for byte."),
            tag("details", tag("summary", caption), region, class_="print"),
        )


# ---- words and small parts ---- #

_NOTHING = {
    "say": "Nothing: no two of these runs can be held against each other.",
    "not_say": "Nothing that was looked for.",
    "settle": "Nothing is open.",
}
_WORDS = {
    ESTABLISHED: "three runs or more on a side, the 95 % interval leaves out “the same”, and other noise is smaller",
    BEYOND: "larger than all noise that is known, with fewer than three runs on a side",
    WITHIN: "no larger than what runs differ by for no reason",
    UNKNOWN: "only a lower bound of the noise is known (shown with “?”)",
    NOT_COMPARABLE: "the two do not mean the same thing; the note says why",
    "claimed": "somebody says so; no log does",
    "estimate": "a compiler says so; nobody measured it",
}
_TONES = {WITHIN: "within", UNKNOWN: "unknown", NOT_COMPARABLE: "refused"}
_HIDDEN = ("block", "row", "run", "runs", "mark")
"""Columns of a chart's rows that only place a mark."""
_VIEWER = tag(
    "dialog",
    tag("div", tag("h2", "Log lines", id="viewer-h", tabindex="-1"),
        tag("button", "Close", type="button", id="viewer-close", class_="quiet"), class_="head"),
    tag("div", id="viewer-body"),
    id="viewer", aria_labelledby="viewer-h",
)  # fmt: skip
_BAR = tag(
    "div",
    tag("span", id="bar-text"),
    tag("button", "Its lines", type="button", id="bar-lines", class_="quiet", hidden=True),
    tag("button", "All its values", type="button", id="bar-run", class_="quiet"),
    tag("button", "Clear", type="button", id="bar-clear", class_="quiet"),
    id="bar", hidden=True, role="region", aria_label="Chosen run",
)  # fmt: skip


def _cut(items: Sequence[Item], most: int) -> tuple[list[Item], list[Item]]:
    """The items that are seen at once, and the others: the weightiest of each block go first."""
    if len(items) <= most + 2:
        return list(items), []
    nth: dict[str, int] = {}
    order = []
    for i, item in enumerate(items):
        nth[item.about] = nth.get(item.about, -1) + 1
        order.append((item.weight, nth[item.about], i))
    kept = {i for _, _, i in sorted(order)[:most]}
    return [x for i, x in enumerate(items) if i in kept], [x for i, x in enumerate(items) if i not in kept]


def _caption(text: str) -> Html:
    return tag("caption", tag("span", text))


def _sorter(title: str, kind: str) -> Html:
    return tag(
        "th", tag("button", title, type="button", class_="sort", data_kind=kind), scope="col", aria_sort="none",
        class_="r" if kind == "number" else None,
    )  # fmt: skip


def _dot(platform: str) -> Html:
    """A dot in the hue of a platform, as in the charts."""
    return tag("i", class_="dot", style=f"--hue:{hue(platform)}", aria_hidden="true")


def _breakable(label: str) -> Html:
    """A label that may be folded behind the signs that join its words."""
    return joined(_wbr(re.split(r"(?<=[-_./ ])", label)))


def _wbr(parts: Sequence[str]) -> Iterator[Html | str]:
    for i, part in enumerate(parts):
        yield from ((tag("wbr"), part) if i else (part,))


def _code(text: str) -> Html:
    """Text in which `code` is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return joined(text)
    return joined([tag("code", part) if i % 2 else part for i, part in enumerate(parts)])


def _spaced(parts: Iterable[Html]) -> Html:
    return joined(_between(parts))


def _between(parts: Iterable[Html]) -> Iterator[Html | str]:
    for i, part in enumerate(parts):
        yield from ((" ", part) if i else (part,))


def _class(*names: str | bool | None) -> str | None:
    return " ".join(name for name in names if isinstance(name, str) and name) or None


def _share(coverage: float | None) -> str:
    return "" if coverage is None or coverage != coverage else f"{int(coverage * 1000) / 10:.1f} %"
