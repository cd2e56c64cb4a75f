"""The sections of the page as plain data for its templates: texts, numbers and references, and no HTML.

The templates escape every text. What comes from a log passes through `one_line` here, which replaces characters that
act on a terminal or start a new line.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import polars as pl

from logparse.comparison.across import AcrossRow, AcrossTable
from logparse.comparison.compare import Comparison, Row
from logparse.comparison.jobs import Job
from logparse.comparison.quantities import QUANTITIES, Quantity
from logparse.comparison.relative import RATES
from logparse.comparison.verdict import BEYOND, CHANCE, DIFFERENT, ESTABLISHED, NOT_COMPARABLE, UNKNOWN, WITHIN
from logparse.comparison.wording import TextCell, is_better, text_table
from logparse.findings import SEVERITIES
from logparse.pages import ingest
from logparse.pages.across import text_across
from logparse.pages.explain import SUSPICIOUS, shapes
from logparse.report.content import Content, counted
from logparse.report.drawings import Drawn, Missing
from logparse.report.lists import HEADINGS, Item, ReportBlock
from logparse.report.markdown import list_as_markdown, list_as_text
from logparse.report.table import TableCell, TableColumn, known, table
from logparse.report.trail import Trail
from logparse.text import missing
from logparse.text.labels import many
from logparse.text.location import Location, locations
from logparse.text.terminal import as_text, one_line

_ITEMS = 3
"""Items of a list that are visible; the others are folded."""
_ANSWERS = 6
"""Answers that are visible; the others are folded."""
_PLACES = 3
"""Log lines linked after a statement; the others are folded."""
_FOLDED_PLACES = 12
"""Folded log lines that are linked at all."""
_LINES = 40
"""Log lines that one button shows."""
_RUNS_PER_NUMBER = 12
"""Runs whose evidence one number shows."""
_DETAILED = 200
"""Runs for which the page contains all values; for others it contains those in the table."""
_SIDES_ACROSS = 5
"""Sides up to which a comparison has a column per side; with more it has a row per side."""
_SIDES_SHOWN = 40
_CHIPS = 40
"""Runs up to which the charts have a button for each."""
_OPEN_BLOCKS = 4
"""Comparisons up to which all are open."""
_CHART_ROWS = 40
_SHAPES = 40
_TALL = 40
"""Rows of a table of runs above which it scrolls by itself."""
_SHORT = 14
"""Characters up to which a value stays on one line."""
_FINDINGS = 4
"""Findings of one name that are visible; the others are folded."""
_FILES = 8
"""Files named in one list of files."""

NOTHING = {
    "say": "Nothing: no two of these runs are comparable.",
    "not_say": "Nothing that logparse checks.",
    "settle": "Nothing is open.",
}
"""List -> its text when it is empty."""
VERDICT_MEANINGS = {
    ESTABLISHED: "at least three usable runs per side, and a 95 % interval that excludes no difference",
    BEYOND: "larger than repeats of the same program explain, with too few runs to be established",
    CHANCE: "excluded by the values of both sides alone, but not among as many comparisons as the table has",
    WITHIN: "no larger than repeats of the same program explain; the note says how small a difference would show",
    UNKNOWN: "no repeats of the program are known (shown as “?”)",
    NOT_COMPARABLE: "the two values do not mean the same; the note says why",
    "claimed": "stated by somebody, but by no log",
    "estimate": "computed by a compiler, not measured",
}
_TONES = {CHANCE: "chance", WITHIN: "within", UNKNOWN: "unknown", NOT_COMPARABLE: "refused"}
_NAMES = {"file name", "log"}
"""Origins of claims that no user made."""
_NAME_ONLY = ("log", "not in the log")
"""Origin and verdict of a setting that a log states only as part of a name."""
_INPUTS = (*RATES, "sequence_length", "devices")
"""Columns from which rates and figures relative to a device are computed."""
_LAYOUT_COLUMNS = ("block", "row", "run", "runs", "mark", "code")
"""Columns of a chart's rows that only position a mark."""


@dataclass(frozen=True)
class Section:
    """One section of the page; `template` is the file that renders `data`."""

    id: str
    title: str
    template: str
    data: Any


@dataclass(frozen=True)
class LinesButton:
    """A button that shows log lines; `refs` are references of the trail, separated by blanks."""

    text: str
    refs: str
    title: str | None = None


@dataclass(frozen=True)
class LinesButtons:
    """Buttons for several lines: the visible ones, the folded ones, and how many lines are not visible."""

    shown: list[LinesButton]
    folded: list[LinesButton]
    more: int


@dataclass(frozen=True)
class ListItem:
    """One sentence of a list: its emphasized lead, the rest, and what it rests on."""

    lead: str
    text: str
    rests_on: str
    lines: LinesButton | None


@dataclass(frozen=True)
class ItemGroup:
    """The items of a list about one block of runs; `about` is empty for those about no single block."""

    about: str
    note: str | None
    items: list[ListItem]

    @property
    def platform(self) -> str:
        """The platform of the block."""
        return _platform(self.about)


@dataclass(frozen=True)
class Answer:
    """The answer of one comparison, in a sentence."""

    about: str
    platform: str
    text: str


@dataclass(frozen=True)
class Card:
    """One of the lists of the summary."""

    key: str
    heading: str
    shown: list[ItemGroup]
    folded: list[ItemGroup]
    more: int
    nothing: str


@dataclass(frozen=True)
class RunCell:
    """A cell of the table of runs; `refs` is None where there is no evidence to show."""

    text: str
    key: float | str | None
    classes: str
    refs: str | None


@dataclass(frozen=True)
class RunRow:
    """A row of the table of runs."""

    id: str
    label: str
    platform: str
    cells: list[RunCell]


@dataclass(frozen=True)
class AcrossCell:
    """A cell of a table over platforms: `refs` for a number, `lines` for a logged point, neither for a text."""

    text: str
    number: bool = False
    refs: str | None = None
    lines: LinesButton | None = None


@dataclass(frozen=True)
class AcrossLine:
    """A row of a table over platforms; `run` if it is one run of the page."""

    rank: str
    label: str
    platform: str
    run: str | None
    cells: list[AcrossCell]


@dataclass(frozen=True)
class AcrossBlock:
    """A workload that ran on several platforms."""

    heading: str
    heads: list[str]
    rows: list[AcrossLine]
    legend: str
    notes: list[str]
    estimates: list[str]
    caveats: list[tuple[str, str]]


@dataclass(frozen=True)
class ComparedHead:
    """The head of a row or column of a comparison: a quantity, or a side with `run` if it is one run of the page."""

    label: str
    side: bool = False
    run: str | None = None
    baseline: bool = False


@dataclass(frozen=True)
class ComparedCell:
    """A cell of a comparison; `refs` is None for a count."""

    text: str
    refs: str | None = None
    verdict: str | None = None
    tone: str = ""
    note: int | None = None


@dataclass(frozen=True)
class ComparedBlock:
    """One comparison."""

    heading: str
    caption: str
    differs: tuple[str, ...]
    heads: list[ComparedHead]
    rows: list[tuple[ComparedHead, list[ComparedCell]]]
    legend: str
    notes: list[str]
    open: bool

    @property
    def platform(self) -> str:
        """The platform of the block."""
        return _platform(self.heading)


@dataclass(frozen=True)
class Figure:
    """A chart with its rows as a table, for readers who do not see it."""

    name: str
    asks: str
    title: str
    count: str
    caption: str
    columns: list[str]
    rows: list[tuple[list[str], LinesButtons | None]]


@dataclass(frozen=True)
class FindingGroup:
    """The findings of one name and severity."""

    severity: str
    name: str
    id: str
    count: int
    gist: str
    why: str
    advice: str
    shown: list[tuple[str, LinesButtons | None]]
    folded: list[tuple[str, LinesButtons | None]]


class Sections:
    """Builds the sections and collects what they refer to in `trail`."""

    def __init__(self, content: Content, drawn: Sequence[Drawn], missing: Sequence[Missing]) -> None:
        self.content, self.drawn, self.missing = content, drawn, missing
        self.trail = Trail(content.ledger)
        self.labels = {job.id: one_line(job.label) for job in content.jobs}
        self.reported = [row for row in content.findings.iter_rows(named=True) if row["ignored"] is None]

    def all(self) -> list[Section]:
        """The sections that have content, in their order on the page."""
        sections = [
            Section("lists", "Summary", "lists.html", self._summary()),
            Section("across", "Across platforms", "across.html", self._across()),
            Section("runs", "Runs", "runs.html", self._runs()),
            Section("compared", "Comparisons", "comparisons.html", self._comparisons()),
            Section("charts", "Charts", "charts.html", self._charts()),
            Section("findings", "Findings", "findings.html", self._findings()),
            Section("unread", "Lines not parsed", "unparsed.html", self._unparsed()),
            Section("made", "How this report was made", "provenance.html", self._provenance()),
        ]
        return [section for section in sections if section.data is not None]

    def header(self) -> dict[str, Any]:
        """Title, counts and findings of the page's header."""
        logs = self.content.logs
        files, without = logs.sources.height, logs.sources.filter(pl.col("status") != "read").height
        counts = {severity: sum(row["severity"] == severity for row in self.reported) for severity in SEVERITIES}
        found = ", ".join(many(count, severity) for severity, count in counts.items() if count)
        return {
            "title": one_line(self.content.title),
            "runs": counted(self.content.ledger),
            "files": many(files, "file") + (f", {without:,} without a run" if without else ""),
            "coverage": f"{int(ingest.coverage(logs) * 1000) / 10:.1f} %",
            "findings": found or "no findings",
        }

    def script_data(self) -> dict[str, Any]:
        """What the page's script needs. Call it after `all`, which fills the trail."""
        detailed = [
            {
                "id": job.id,
                "ids": job.ids,
                "label": self.labels[job.id],
                "known": [
                    [heading, [[c, self.trail.number(job, c)] for c, _ in values]]
                    for heading, values in (known(job, self.content.ledger) if i < _DETAILED else [])
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
        data = {"runs": detailed, "lists": lists, "sides": sides, **self.trail.payload()}
        return {**data, "leftOut": self.trail.left_out, "detailed": _DETAILED}

    # ---- references ---- #

    def _line(self, place: Location, first: bool = True) -> LinesButton:
        short = place._replace(source=one_line(place.source.replace("\\", "/").rpartition("/")[2]))
        return LinesButton(str(short), self.trail.location(place, first), one_line(str(place)))

    def _places(
        self, places: Sequence[Mapping[str, Any]], most: int = _PLACES, first: bool = True
    ) -> LinesButtons | None:
        """Buttons for lines as a frame has them."""
        if not places:
            return None
        buttons = [self._line(p, first) for p in locations(places[: most + _FOLDED_PLACES])]
        return LinesButtons(buttons[:most], buttons[most:], len(places) - most)

    def _lines(self, places: Sequence[Location]) -> LinesButton | None:
        """One button for all lines of a statement."""
        if not places:
            return None
        refs = " ".join(self.trail.location(p) for p in places[:_LINES])
        return LinesButton(f"{len(places)} lines" if len(places) > 1 else f"line {places[0].line}", refs)

    def _numbers(self, jobs: Sequence[Job], columns: Sequence[str]) -> str:
        """References to the evidence of these columns of these jobs."""
        return " ".join(str(self.trail.number(job, c)) for job in jobs[:_RUNS_PER_NUMBER] for c in columns)

    # ---- the lists ---- #

    def _summary(self) -> dict[str, Any]:
        cards = [
            self._card(key, heading, items)
            for (heading, items), key in zip(self.content.lists.named(), HEADINGS, strict=True)
        ]
        answers = [Answer(about, _platform(about), one_line(text)) for about, text in self.content.answers]
        further = answers[_ANSWERS:]
        more = many(len(further), "more workload")
        return {"answers": answers[:_ANSWERS], "further": further, "more": more, "cards": cards}

    def _card(self, key: str, heading: str, items: Sequence[Item]) -> Card:
        shown, folded = _split(items, _ITEMS)
        return Card(key, heading, self._groups(shown), self._groups(folded), len(folded), NOTHING[key])

    def _groups(self, items: Sequence[Item]) -> list[ItemGroup]:
        notes = self.content.lists.notes
        return [
            ItemGroup(about, notes.get(about), [self._item(item) for item in items if item.about == about])
            for about in dict.fromkeys(item.about for item in items)
        ]

    def _item(self, item: Item) -> ListItem:
        text = one_line(item.text)
        lead, colon, rest = text.partition(":") if item.rests_on == "verdict" else ("", "", text)
        return ListItem(lead, colon + rest, item.rests_on, self._lines(item.evidence))

    # ---- across platforms ---- #

    def _across(self) -> dict[str, Any] | None:
        """None if no workload ran on several platforms."""
        tables = self.content.across.tables
        return {"tables": [self._across_block(table) for table in tables], "tall": _TALL} if tables else None

    def _across_block(self, table: AcrossTable) -> AcrossBlock:
        texts = text_across(table, spelling=self.content.spelling)
        rows = []
        for row, (rank, label, *others) in zip(table.rows, texts.rows, strict=True):
            run = row.side.jobs[0].id if len(row.side.jobs) == 1 else None
            platform, device, rate, ratio, *figures = others
            quantities = table.quantities
            numbers = [self._across_cell(row, q, t) for q, t in zip(quantities, (rate, *figures), strict=True)]
            cells = [AcrossCell(platform), AcrossCell(device), numbers[0], AcrossCell(ratio), *numbers[1:]]
            rows.append(AcrossLine(rank, one_line(label), row.platform, run, cells))
        caveats = [(name, one_line(text)) for name, text in texts.caveats]
        return AcrossBlock(
            one_line(texts.heading), texts.head, rows, texts.legend, [one_line(note) for note in texts.notes],
            [one_line(text) for text in texts.estimates], caveats,
        )  # fmt: skip

    def _across_cell(self, row: AcrossRow, quantity: Quantity, text: str) -> AcrossCell:
        values = row.cells[quantity.name]
        if not values.values:
            return AcrossCell(text, number=True)
        if quantity.name == "time_to_target_s":
            return AcrossCell(text, number=True, lines=self._lines(values.locations))
        columns = (quantity.name,) if quantity.name in QUANTITIES and quantity.name not in RATES else _INPUTS
        stated = [c for c in columns if any(self.content.ledger.value(job, c).known for job in row.side.jobs)]
        return AcrossCell(text, number=True, refs=self._numbers(row.side.jobs, stated))

    # ---- runs ---- #

    def _runs(self) -> dict[str, Any]:
        runs = table(self.content.ledger, self.content.jobs)
        choices = []
        titles = [column.title for column in runs.columns]
        for name in ("platform", "workload", "status"):
            if name not in titles:  # a column in which no run has a value is not in the table
                continue
            index = titles.index(name)
            values = sorted({row[index].text for row in runs.rows})
            if len(values) > 1:
                choices.append({"name": name, "column": index + 1, "values": values})
        rows = [
            RunRow(
                job.id,
                self.labels[job.id],
                str(job.main["platform"]),
                [self._run_cell(column, job, cell) for column, cell in zip(runs.columns, cells, strict=True)],
            )
            for job, cells in zip(runs.jobs, runs.rows, strict=True)
        ]
        return {
            "count": f"{len(rows):,} of {many(len(rows), 'run')}",
            "choices": choices,
            "columns": [("run", False), *((column.title, column.number) for column in runs.columns)],
            "rows": rows,
            "tall": len(rows) > _TALL,
            "legend": missing.legend(set(runs.marks)),
        }

    def _run_cell(self, column: TableColumn, job: Job, cell: TableCell) -> RunCell:
        classes = {
            "r": column.number,
            "e": cell.empty,
            "k": len(cell.text) <= _SHORT,
            "bad": column.title == "status" and not job.has_result,
        }
        refs = None if cell.empty and cell.text == "-" else self._numbers([job], cell.of)
        return RunCell(cell.text, cell.key, " ".join(name for name, applies in classes.items() if applies), refs)

    # ---- comparisons ---- #

    def _comparisons(self) -> dict[str, Any] | None:
        """None if nothing is compared."""
        compared = [b for b in self.content.blocks if b.comparison is not None and b.comparison.rows]
        if not compared:
            return None
        blocks = [self._compared_block(block, len(compared) <= _OPEN_BLOCKS) for block in compared]
        return {"meanings": VERDICT_MEANINGS, "blocks": blocks}

    def _compared_block(self, block: ReportBlock, is_open: bool) -> ComparedBlock:
        comparison = block.comparison
        assert comparison is not None
        sides = comparison.sides
        texts = text_table(comparison)
        caption = f"{block.heading}: {len(sides)} sides, compared with {sides[comparison.baseline].label}"
        quantities = [ComparedHead(row.title) for row in texts.rows]
        side_heads = [self._side_head(i, comparison) for i in range(len(sides))]
        cells = [[self._compared_cell(r.row, i, cell) for i, cell in enumerate(r.cells)] for r in texts.rows]
        quantities.append(ComparedHead("n"))
        cells.append([ComparedCell(count) for count in texts.counts[1:]])
        if len(sides) <= _SIDES_ACROSS:
            heads, rows = side_heads, list(zip(quantities, cells, strict=True))
        else:
            transposed = [list(column) for column in zip(*cells, strict=True)]
            heads, rows = quantities, list(zip(side_heads, transposed, strict=True))[:_SIDES_SHOWN]
            if len(sides) > _SIDES_SHOWN:
                caption += f"; the first {_SIDES_SHOWN} are shown (logparse compare shows all)"
        return ComparedBlock(
            heading=block.heading,
            caption=one_line(caption),
            differs=block.differs,
            heads=heads,
            rows=rows,
            legend="  ".join(filter(None, (missing.legend(texts.marks), texts.clocks, one_line(texts.unused)))),
            notes=[one_line(note) for note in texts.notes],
            open=is_open,
        )

    def _side_head(self, index: int, comparison: Comparison) -> ComparedHead:
        side = comparison.sides[index]
        run = side.jobs[0].id if len(side.jobs) == 1 and side.jobs[0].id in self.labels else None
        return ComparedHead(one_line(side.label), True, run, index == comparison.baseline)

    def _compared_cell(self, row: Row, index: int, cell: TextCell) -> ComparedCell:
        verdict = row.verdicts[index]
        text, refs = one_line(cell.value), self._numbers(row.cells[index].side.jobs, (row.quantity.name,))
        if not cell.verdict or verdict is None:
            return ComparedCell(text, refs)
        direction = "better" if is_better(row, verdict) else "worse"
        tone = direction if verdict.word in DIFFERENT else _TONES[verdict.word]
        return ComparedCell(text, refs, one_line(cell.verdict), tone, cell.note)

    # ---- charts ---- #

    def _charts(self) -> dict[str, Any] | None:
        """None if there are no charts at all."""
        if not self.drawn and not self.missing:
            return None
        jobs = self.content.jobs if len(self.content.jobs) <= _CHIPS else []
        return {
            "chips": [{"id": j.id, "label": self.labels[j.id], "platform": str(j.main["platform"])} for j in jobs],
            "figures": [self._figure(drawn) for drawn in self.drawn],
            "missing": "; ".join(f"{m.name} ({one_line(m.reason)})" for m in self.missing),
        }

    def _figure(self, drawn: Drawn) -> Figure:
        frame = drawn.rows.head(_CHART_ROWS)
        texts = as_text(frame.drop("evidence", strict=False)).select(
            c for c in frame.columns if c not in ("evidence", *_LAYOUT_COLUMNS) and frame[c].null_count() < frame.height
        )
        evidence = frame["evidence"].to_list() if "evidence" in frame.columns else [[]] * frame.height
        more = f"; the first {_CHART_ROWS} are shown" if drawn.rows.height > _CHART_ROWS else ""
        return Figure(
            name=drawn.name,
            asks=one_line(drawn.asks),
            title=one_line(drawn.title) or drawn.asks,
            count=many(drawn.rows.height, "row"),
            caption=f"Rows of the chart {drawn.name}{more}",
            columns=[c.replace("_", " ") for c in [*texts.columns, "lines"]],
            rows=[
                ([one_line(value or "") for value in values], self._places(places or [], 2, first=False))
                for values, places in zip(texts.iter_rows(), evidence, strict=True)
            ],
        )

    # ---- findings and claims ---- #

    def _findings(self) -> dict[str, Any]:
        ignored = self.content.findings.filter(pl.col("ignored").is_not_null()).rows(named=True)
        groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self.reported:
            groups.setdefault((row["severity"], row["name"]), []).append(row)
        return {
            "groups": [self._finding_group(*key, rows) for key, rows in groups.items()],
            "ignored": [(row["name"], one_line(row["ignored"]), one_line(row["text"])) for row in ignored],
            "claims": [self._claim(row) for row in self.content.claims.iter_rows(named=True)],
            "claims_title": self._claims_title(),
        }

    def _finding_group(self, severity: str, name: str, rows: Sequence[Mapping[str, Any]]) -> FindingGroup:
        first = rows[0]
        items = [(one_line(row["text"]), self._places(row["evidence"])) for row in rows]
        return FindingGroup(
            severity=severity,
            name=name,
            id=first["id"],
            count=len(rows),
            gist=one_line(first["text"]),
            why=one_line(first["why"]),
            advice=one_line(first["advice"]),
            shown=items[:_FINDINGS],
            folded=items[_FINDINGS:],
        )

    def _claims_title(self) -> str:
        """What the table of claims is called: names of files and in logs also claim settings."""
        origins = set(self.content.claims["origin"].cast(pl.String))
        return "Settings taken from names" if origins <= _NAMES else "Claims"

    def _claim(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "run": self.labels.get(row["run"], row["run"]),
            "claimed": f"{row['name']} {one_line(row['claimed'])}",
            "found": one_line(row["found"] or "?"),
            "verdict": row["verdict"],
            "verdict_text": "only in the name" if (row["origin"], row["verdict"]) == _NAME_ONLY else row["verdict"],
            "origin": self._origin(row),
            "line": self._line(Location(row["source"], row["line"])) if row["line"] else None,
        }

    def _origin(self, row: Mapping[str, Any]) -> str:
        """Who claims it; a name in a log may be that of a repeat."""
        if row["origin"] != "log":
            return str(row["origin"])
        job = self.content.ledger.by_run[row["run"]]
        is_own = row["source"] in {str(run["source"]) for run in job.runs}
        return "name in the log" if is_own else "name in the log of a repeat"

    # ---- lines not parsed ---- #

    def _unparsed(self) -> dict[str, Any]:
        logs = self.content.logs
        lines, total = ingest.unread(logs)
        found = shapes(lines)
        by_shape = f", by shape (of the first {lines.height:,})" if lines.height < total else ", by shape"
        more = f"; {found.height - _SHAPES:,} more shapes: logparse explain" if found.height > _SHAPES else ""
        return {
            "caption": f"{many(total, 'line')} that no rule parses{by_shape}{more}. ! = {SUSPICIOUS}.",
            "shapes": [
                {
                    "count": f"{count:,}",
                    "suspicious": suspicious,
                    "text": one_line(shape),
                    "first": str(Location(one_line(source), line)),
                }
                for shape, count, suspicious, source, line in found.head(_SHAPES).iter_rows()
            ],
            "without_run": [
                {
                    "files": many(len(names), "file"),
                    "reason": reason,
                    "names": ", ".join(map(one_line, names[:_FILES])),
                    "more": max(len(names) - _FILES, 0),
                }
                for reason, names in ingest.without_run(logs)
            ],
        }

    # ---- provenance ---- #

    def _provenance(self) -> dict[str, Any]:
        sources = self.content.logs.sources.with_columns(pl.col(pl.Categorical).cast(pl.String))
        packages = ("logparse", "polars", "pyparsing", "altair", "vl-convert-python")
        versions = {"python": platform.python_version(), **{name: version(name) for name in packages}}
        grammars = sorted({g for text in sources["grammar"].drop_nulls() for g in text.split(", ")})
        return {
            "command": one_line(self.content.command or ""),
            "versions": ", ".join(f"{name} {number}" for name, number in versions.items()),
            "grammars": ", ".join(grammars) or "none",
            "files": many(sources.height, "file"),
            "sources": [
                {
                    "source": one_line(row["source"]),
                    "lines": f"{row['lines'] or 0:,}",
                    "coverage": _percent(row["coverage"]),
                    "grammar": row["grammar"] or str(row["status"]),
                    "sha256": row["sha256"] or "",
                }
                for row in sources.iter_rows(named=True)
            ],
        }


def _split(items: Sequence[Item], most: int) -> tuple[list[Item], list[Item]]:
    """The items that are visible, and the others. The items with the most weight of each block are visible first."""
    if len(items) <= most + 2:
        return list(items), []
    nth: dict[str, int] = {}
    order = []
    for i, item in enumerate(items):
        nth[item.about] = nth.get(item.about, -1) + 1
        order.append((item.weight, nth[item.about], i))
    shown = {i for _, _, i in sorted(order)[:most]}
    return [x for i, x in enumerate(items) if i in shown], [x for i, x in enumerate(items) if i not in shown]


def _platform(heading: str) -> str:
    """`cerebras` of the heading `cerebras · bert_large, train`."""
    return heading.partition(" · ")[0]


def _percent(share: float | None) -> str:
    """A share, rounded down so that only all lines are 100 %; empty where it is unknown."""
    return "" if share is None or share != share else f"{int(share * 1000) / 10:.1f} %"
