"""What stands behind one number: the lines it was read from, the match marked, and how it came to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from logparse.cells import Cells
from logparse.errors import UsageError, nearest
from logparse.logs import Logs
from logparse.schema import PHASES, RUNS, TEXT, VOCABULARY
from logparse.selection import find_run
from logparse.text.terminal import Paint, aligned, one_line

CONTEXT = 1
"""Lines shown before and after each line of evidence."""
_MOST = 12
"""Pieces of evidence shown before the rest is only counted."""


@dataclass(frozen=True)
class Shown:
    """What stands behind one number: it prints like the output of `logparse show`, in notebooks too."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(self.text)}</pre>"


def show(logs: Logs, run: str, column: str, *, context: int = CONTEXT, raw: bool = False) -> Shown:
    """Show where a number comes from.

    Args:
        logs: the result of `ingest`.
        run: an id or its prefix, a label or part of one.
        column: a column of `runs`, a phase, a metric or a setting.
        context: lines shown before and after each line of evidence.
        raw: show all lines beside the evidence as they are in the log, with keys and passwords.

    Raises:
        UsageError: no run or several match, or the run has nothing of that name.
    """
    return Shown(page(logs, find_run(logs.runs, run), column, Paint(), context, raw))


def page(logs: Logs, run: Mapping[str, Any], name: str, paint: Paint, context: int = CONTEXT, raw: bool = False) -> str:
    """What stands behind `name`: a column of runs, a phase, or else a metric or setting of that run.

    `raw` shows every line beside the evidence as it is in the log, and says so. Without it only lines that a rule reads
    are shown, since others may hold anything, and keys and passwords are masked.
    Raises `UsageError` where the run has nothing of that name.
    """
    view = _View(logs, run, paint, context, raw)
    if name in RUNS:
        return "\n".join(view.column(name))
    if name in PHASES:
        return "\n".join(view.phase(name))
    for part in (view.metric, view.setting):
        lines = list(part(name))
        if lines:
            return "\n".join(lines)
    known = names(logs, run["run"])
    raise UsageError(f"{run['label']} has no {name!r}; {nearest(name, known)}")


def names(logs: Logs, run: str) -> list[str]:
    """Everything of a run that can be shown: columns, phases, metrics, settings."""
    metrics = logs.metrics.filter(pl.col("run") == run)["name"].cast(TEXT).unique(maintain_order=True)
    params = logs.params.filter(pl.col("run") == run)["name"].unique(maintain_order=True)
    return list(dict.fromkeys([*RUNS, *PHASES, *metrics, *params]))


class _View:
    """One run's numbers, as lines of a page."""

    def __init__(self, logs: Logs, run: Mapping[str, Any], paint: Paint, context: int, raw: bool) -> None:
        self.logs, self.run, self.paint, self.context, self.raw = logs, run, paint, context, raw
        self.id = run["run"]
        self.seen: dict[str, dict[int, str]] = {}

    # ---- the four kinds of name ---- #

    def column(self, name: str) -> Iterator[str]:
        """A column of runs."""
        rows = self._evidence("runs", pl.col("column") == name)
        value = self.run[name]
        if value is None:
            yield f"{name} is unknown ({one_line(Cells(self.logs).value(self.run, name).reason or '')})"
            yield from self._boxes(rows)
            return
        rows = [r for r in rows if r["how"] != "absent"]
        if not rows:
            yield f"{with_unit(name, value)}  {MADE.get(name, 'computed for display')}"
            return
        yield from self._how(with_unit(name, value), rows)

    def phase(self, name: str) -> Iterator[str]:
        """A phase: each row with its evidence, the vendor's stages below it."""
        rows = self._rows(self.logs.phases, pl.col("phase") == name)
        if not rows:
            yield f"{self.run['label']} has no {name} phase"
            return
        for row in (r for r in rows if r["stage"] is None):
            yield from self._how(
                f"{row['key']}  {row['duration_s']:g} s", self._evidence("phases", pl.col("key") == row["key"])
            )
        stages = [r for r in rows if r["stage"] is not None]
        if stages:
            yield self.paint.head("stages:")
            yield from aligned(
                [
                    [
                        f"  {one_line(r['stage'])}",
                        f"{r['duration_s']:g} s",
                        self.paint.location(r["source"], r["line_first"]),
                    ]
                    for r in stages
                ],
                right={1},
            )

    def metric(self, name: str) -> Iterator[str]:
        """A figure that lines state: the last one with its line, the others counted."""
        rows = self._rows(self.logs.metrics, pl.col("name").cast(TEXT) == name)
        if not rows:
            return
        unit = VOCABULARY[name].unit if name in VOCABULARY else None
        many = f"{len(rows)} value{'' if len(rows) == 1 else 's'}"
        yield self.paint.head(f"{name}: {many}") + (f", in {unit}" if unit else "")
        for row in (rows[0], rows[-1]) if len(rows) > 1 else rows:
            about = [f"{k} {row[k]}" for k in ("step", "epoch", "split", "scope", "window") if row[k] is not None]
            place = self.paint.location(row["source"], row["line"])
            yield f"{row['value']!r}  {', '.join(about)}; rule {row['rule']}; {place}"
            yield from self._lines(row["source"], [row["line"]], {})

    def setting(self, name: str) -> Iterator[str]:
        """A setting that lines state."""
        for row in self._rows(self.logs.params, pl.col("name") == name):
            yield self.paint.head(f"{name} = {one_line(row['value'])}") + (
                f"  {row['origin']}; rule {row['rule']}; {self.paint.location(row['source'], row['line'])}"
            )
            yield from self._lines(row["source"], [row["line"]], {row["line"]: [(None, row["value"])]})

    # ---- how a value came to be ---- #

    def _how(self, value: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """The value and its evidence. For a derived value, each input with its own line."""
        first = rows[0]
        if first["formula"] is None:
            place = f"; {self._place(first)}" if first["line"] is not None else ""
            rule = f"; rule {first['rule']}" if first["rule"] else ""
            yield f"{self.paint.head(value)}  {HOW.get(first['how'], first['how'])}{rule}{place}"
        else:
            yield f"{self.paint.head(value)}  {first['how']}: {first['formula']}"
            yield from aligned([self._input(row) for row in rows[:_MOST]])
            if len(rows) > _MOST:
                yield f"   … and {len(rows) - _MOST} more; logparse evidence lists all"
        yield from self._boxes(rows)
        for reason in dict.fromkeys(r["reason"] for r in rows if r["reason"] and r["formula"] is None):
            yield f"   {one_line(reason)}"
        for source in dict.fromkeys(r["source"] for r in rows[:_MOST] if r["line"] is not None):
            mine = [r for r in rows[:_MOST] if r["source"] == source and r["line"] is not None]
            marks: dict[int, list[tuple[int | None, str]]] = {}
            for row in mine:
                if row["text"]:
                    marks.setdefault(row["line"], []).append((row["start"], row["text"]))
            yield from self._lines(source, [row["line"] for row in mine], marks)

    def _boxes(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Where pictures show these rows."""
        for box in dict.fromkeys(filter(None, map(_box, rows[:_MOST]))):
            yield f"   {box}"

    def _input(self, row: Mapping[str, Any]) -> list[str]:
        number = row["text"] if row["text"] else "" if row["number"] is None else f"{row['number']:g}"
        rule = f"rule {row['rule']}" if row["rule"] else ""
        return [f"   {row['input'] or ''}", one_line(number), one_line(row["reason"] or ""), rule, self._place(row)]

    def _place(self, row: Mapping[str, Any]) -> str:
        return "" if row["line"] is None else self.paint.location(row["source"], row["line"])

    def _evidence(self, frame: str, which: pl.Expr) -> list[dict[str, Any]]:
        return self._rows(self.logs.evidence, (pl.col("frame") == frame) & which)

    def _rows(self, frame: pl.DataFrame, which: pl.Expr) -> list[dict[str, Any]]:
        found = frame.filter((pl.col("run") == self.id) & which)
        return found.with_columns(pl.col(pl.Categorical).cast(TEXT)).rows(named=True)

    # ---- lines ---- #

    def _lines(
        self, source: str, numbers: Iterable[int], marks: Mapping[int, Sequence[tuple[int | None, str]]]
    ) -> Iterator[str]:
        """Lines of a source with what stands beside them, the marked texts underlined."""
        wanted = sorted(set(numbers))
        around = {n + d for n in wanted for d in range(-self.context, self.context + 1)}
        if not self.raw:
            kinds = self._kinds(source)
            around = {n for n in around if n in kinds} | set(wanted)
        texts = self.logs.lines(source, (n for n in around if n > 0))
        shown = self.logs.lines(source, texts, raw=True) if self.raw else texts
        size = len(str(max(texts, default=0)))
        before: int | None = None
        for number, text in sorted(texts.items()):
            if before is not None and number > before + 1:
                yield self.paint.faint(f"   {'…':>{size}} |")
            before = number
            spans = sorted({span for start, part in marks.get(number, ()) if (span := span_of(text, start, part))})
            yield from self._line(f"   {number:>{size}} | ", shown[number], spans, number in wanted)
        if self.raw:
            yield self.paint.warn("   --raw: these lines are shown as they are in the log, with any keys and passwords")

    def _line(self, head: str, text: str, spans: Sequence[tuple[int, int]], wanted: bool) -> Iterator[str]:
        if not wanted:
            yield self.paint.faint(head + one_line(text))
            return
        at, out, under = 0, head, " " * len(head)
        for start, end in spans:
            if start < at:
                continue
            plain, marked = one_line(text[at:start]), one_line(text[start:end])
            out += plain + self.paint.mark(marked)
            under += " " * len(plain) + "^" * len(marked)
            at = end
        yield out + one_line(text[at:])
        if spans and not self.paint.colour:
            yield under

    def _kinds(self, source: str) -> dict[int, str]:
        if source not in self.seen:
            self.seen[source] = self.logs.kinds(source)
        return self.seen[source]


def _box(row: Mapping[str, Any]) -> str | None:
    """Where the text of an evidence row is in its picture; None if it is in no picture."""
    if row["x"] is None:
        return None
    return f"line {row['line']} in the picture: x {row['x']}, y {row['y']}, {row['width']} x {row['height']} pixels"


def with_unit(name: str, value: Any) -> str:
    """A value of a column of runs with all its digits and its unit: `4847.18 samples/s`."""
    unit = VOCABULARY[name].unit if name in VOCABULARY else UNITS.get(name)
    shown = f"{value:.15g}" if isinstance(value, float) else str(value)
    return f"{one_line(shown)} {unit}" if unit else one_line(shown)


def span_of(text: str, start: int | None, part: str) -> tuple[int, int] | None:
    """Where `part` stands in the line: at `start` if it is there, else where it is found."""
    at = start if start is not None and text[start : start + len(part)] == part else text.find(part)
    return (at, at + len(part)) if at >= 0 else None


HOW = {
    "read": "read as printed",
    "seen": "read in a picture",
    "converted": "read, with the unit converted",
    "inferred": "inferred from a line",
    "estimate": "an estimate, as printed",
    "claimed": "claimed, not in the log",
}
"""How a value came to be, in words."""
MADE = {
    "run": "a hash of the values that identify the run",
    "label": "the shortest path that distinguishes the sources",
    "source": "the source of the most complete copy",
    "line_first": "the line where the run begins",
    "line_last": "the last line of the run",
    "copies": "number of other places with the same run",
    "platform": "the platform whose lines are in the log",
}
"""Columns that rest on no single line."""
UNITS = {
    "total_s": "s", "unaccounted_s": "s", "startup_s": "s", "latency_s": "s", "on_chip_latency_s": "s",
    "steady_throughput": "samples/s",
}  # fmt: skip
"""Units of columns that are not in the vocabulary under their name."""


def evidence(logs: Logs, run: Mapping[str, Any], name: str) -> pl.DataFrame:
    """The evidence behind a column of runs or a phase, as a frame.

    Raises `UsageError` for any other name: metrics and settings carry their line themselves.
    """
    rows = logs.evidence.filter(pl.col("run") == run["run"])
    if name in RUNS:
        return rows.filter((pl.col("frame") == "runs") & (pl.col("column") == name))
    if name in PHASES:
        keys = logs.phases.filter((pl.col("run") == run["run"]) & (pl.col("phase") == name))["key"]
        return rows.filter((pl.col("frame") == "phases") & pl.col("key").is_in(keys.implode()))
    raise UsageError(
        f"{name!r} is neither a column of runs nor a phase; metrics and params have their own line columns"
    )
