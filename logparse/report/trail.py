"""The evidence for the numbers of a page: how each was obtained, and the log lines behind it.

A page contains only these lines and adjacent lines that a rule recognises. Other lines may be private: an environment
dump, for example, may be next to a figure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from logparse.comparison.clocks import clock
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import CLOCKS
from logparse.pages.show import CONTEXT, HOW, MADE, span_of, with_unit
from logparse.report.strips import Strips
from logparse.schema import RUNS, TEXT
from logparse.text.location import Location
from logparse.text.missing import MISSING
from logparse.text.terminal import one_line

MOST = 2_500_000
"""Characters of log lines in one page."""
_LONG = 600
"""Characters up to which a line is kept whole; of a longer one (such as the redraws of a progress bar), only the text
around matches is kept."""
_AROUND = 160
"""Characters kept before and after a match."""
_INPUTS = 12
"""Evidence rows of one number; further ones are only counted."""


class Trail:
    """Collects what a page refers to; `payload` returns all of it as plain data for JSON.

    References to numbers are indices, references to lines `source index:line`.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.sources: dict[str, int] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._records: list[list[Any]] = []
        self._words: dict[str, int] = {}
        self._homes = {job.id: i for i, job in enumerate(ledger.jobs)}
        self._wanted: dict[str, dict[int, bool]] = {}
        self._evidence = _by_cell(ledger)
        self._strips = Strips(ledger.logs)
        self._read: Mapping[tuple[str, int], set[tuple[int | None, str]]] = {}
        self.left_out = 0
        """Lines that did not fit; set by `payload`."""

    def location(self, location: Location, first: bool = True) -> str:
        """The reference to a line; lines wanted `first` have precedence where space is limited."""
        return self._line(location.source, location.line, first)

    def number(self, job: Job, column: str) -> int:
        """The reference to a column of runs, or to a clock (`result_s`), of that job."""
        key = (job.id, column)
        if key not in self._numbers:
            self._numbers[key] = len(self._records)
            self._records.append(self._record(job, column))
        return self._numbers[key]

    def payload(self) -> dict[str, Any]:
        """sources, words, numbers, lines, marks and strips; see `_record` for the format of a number, and `Strips` for
        that of a strip.

        `words` contains each text that numbers share (names, formulas, rules, reasons) once, for reference by index.
        """
        self._read = _by_line(self.ledger, self._wanted)
        lines = self._lines()
        return {
            "sources": [one_line(source) for source in self.sources],
            "words": list(self._words),
            "numbers": self._records,
            "lines": {str(self.sources[s]): {str(n): text for n, text in texts.items()} for s, texts in lines.items()},
            "marks": self._marks(lines),
            "strips": self._strips.payload(),
        }

    # ---- numbers ---- #

    def _record(self, job: Job, column: str) -> list[Any]:
        """The evidence for one cell: [job, name, value, how, formula, inputs, rest].

        job: index in the ledger's jobs. name, how and formula: indices of words; formula is -1 if there is none. value:
        text; null if the cell is empty: how is then the reason, and the inputs are what is not legible in pictures.
        inputs: see `_input`. rest: `notes` (words), `more` (number of inputs not included), `places` (lines that are no
        inputs); omitted if there is none of these.
        """
        head = [self._homes[job.id], self._word(column)]
        if column.removesuffix("_s") in CLOCKS and column not in RUNS:
            found = clock(self.ledger, job, column.removesuffix("_s"))
        else:
            found = self.ledger.value(job, column)
        if found.value is None:
            illegible = [self._input(row) for row in self._rows(job, column, absent=True)]
            return [*head, None, self._word((found.empty or MISSING).text), *([-1, illegible] if illegible else [])]
        value = with_unit(column if column in RUNS else "total_s", found.value)
        rows = self._rows(job, column)
        if not rows:
            how = found.made or MADE.get(column, "computed when shown")
            places = [self.location(p, first=False) for p in found.locations[:_INPUTS]]
            return [*head, value, self._word(how), -1, [], {"places": places}]
        first = rows[0]
        rest: dict[str, Any] = {}
        if notes := list(dict.fromkeys(r["reason"] for r in rows if r["reason"] and not r["formula"])):
            rest["notes"] = [self._word(note) for note in notes]
        if len(rows) > _INPUTS:
            rest["more"] = len(rows) - _INPUTS
        how_word, formula = self._word(HOW.get(first["how"], first["how"])), first["formula"]
        inputs = [self._input(row) for row in rows[:_INPUTS]]
        record = [*head, value, how_word, self._word(formula) if formula else -1, inputs]
        return [*record, rest] if rest else record

    def _word(self, text: str) -> int:
        return self._words.setdefault(one_line(text), len(self._words))

    def _rows(self, job: Job, column: str, absent: bool = False) -> Sequence[Mapping[str, Any]]:
        """The evidence rows of the job's log that states the column; `absent`: of what a picture shows unclearly."""
        of_each = (self._evidence.get((run["run"], column), ()) for run in job.runs)
        return next((rows for rows in of_each if rows and (rows[0]["how"] == "absent") is absent), ())

    def _input(self, row: Mapping[str, Any]) -> list[Any]:
        """[printed text, line, start, length, name, note, rule, box]; name, note and rule are words. box: see
        `Strips.box`; left out where the text is in no picture."""
        text = row["text"] or ("" if row["number"] is None else f"{row['number']:g}")
        line = "" if row["line"] is None else self._line(row["source"], row["line"], first=False)
        words = (row["input"], row["reason"] if row["formula"] else None, row["rule"])
        box = self._strips.box(row)
        return [
            one_line(text), line, row["start"], len(row["text"] or ""), *(self._word(w or "") for w in words),
            *([box] if box is not None else []),
        ]  # fmt: skip

    # ---- lines ---- #

    def _line(self, source: str, line: int, first: bool) -> str:
        index = self.sources.setdefault(source, len(self.sources))
        wanted = self._wanted.setdefault(source, {})
        wanted[line] = first or wanted.get(line, False)
        return f"{index}:{line}"

    def _lines(self) -> dict[str, dict[int, Any]]:
        """Source -> line -> its text, or the pieces of it that are kept, as far as space allows."""
        out: dict[str, dict[int, Any]] = {}
        used = self.left_out = 0
        for first in (True, False):
            for source, wanted in self._wanted.items():
                numbers = [n for n, at_once in wanted.items() if at_once is first]
                if not numbers:
                    continue
                if used > MOST:
                    self.left_out += len(numbers)
                    continue
                texts = out.setdefault(source, {})
                for number, text in self._texts(source, numbers).items():
                    if number not in texts:
                        texts[number] = text
                        used += sum(len(piece) for _, piece in text) if isinstance(text, list) else len(text)
        return out

    def _texts(self, source: str, numbers: Iterable[int]) -> dict[int, Any]:
        """These lines and the adjacent lines that a rule recognises."""
        wanted = set(numbers)
        logs = self.ledger.logs
        adjacent = {n + d for n in wanted for d in range(-CONTEXT, CONTEXT + 1)} - wanted
        kinds = logs.kinds(source) if adjacent else {}
        texts = logs.lines(source, wanted | {n for n in adjacent if n in kinds})
        return {n: self._kept(source, n, text) for n, text in texts.items()}

    def _kept(self, source: str, number: int, text: str) -> Any:
        """The line; of a long line, the text around its matches as [offset, text]."""
        plain = "".join(c if c.isprintable() else _SHOWN.get(c, "\ufffd") for c in text)
        if len(plain) <= _LONG:
            return plain
        spans = sorted(self._spans(source, number, text)) or [(0, _AROUND)]
        pieces: list[list[Any]] = []
        end = -1
        for start, length in spans[:_INPUTS]:
            begin, stop = max(0, start - _AROUND), min(len(plain), start + length + _AROUND)
            if pieces and begin <= end:
                pieces[-1][1] += plain[end:stop]
            else:
                pieces.append([begin, plain[begin:stop]])
            end = max(end, stop)
        return [*pieces, [len(plain), ""]]

    def _marks(self, lines: Mapping[str, Mapping[int, Any]]) -> dict[str, list[list[int]]]:
        """Reference to a line -> [start, length] of all values read from it."""
        out = {}
        for source, texts_by_line in lines.items():
            wanted = [n for n in texts_by_line if n in self._wanted[source]]
            texts = self.ledger.logs.lines(source, wanted)
            for number in wanted:
                spans = self._spans(source, number, texts.get(number, ""))
                if spans:
                    out[f"{self.sources[source]}:{number}"] = [list(span) for span in sorted(spans)]
        return out

    def _spans(self, source: str, number: int, text: str) -> set[tuple[int, int]]:
        """(start, length) of the values that were read from a line."""
        found = set()
        for start, part in self._read.get((source, number), ()):
            span = span_of(text, start, part)
            if span is not None:
                found.add((span[0], span[1] - span[0]))
        return found


_SHOWN = {"\t": " ", "\r": "␍", "\n": "␊"}
"""Replacements for control characters: one character each, so that offsets in the line stay the same."""


def _by_cell(ledger: Ledger) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """(run, column) -> its evidence, except rows that state that a value is absent, unless a picture shows it
    unclearly."""
    ids = [run for job in ledger.jobs for run in job.ids]
    rows = ledger.logs.evidence.filter(
        (pl.col("frame") == "runs")
        & pl.col("run").cast(TEXT).is_in(ids)
        & ((pl.col("how") != "absent") | pl.col("x").is_not_null())
    )
    out: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows.with_columns(pl.col(pl.Categorical).cast(TEXT)).iter_rows(named=True):
        out.setdefault((row["run"], row["column"]), []).append(row)
    return out


def _by_line(
    ledger: Ledger, wanted: Mapping[str, Mapping[int, bool]]
) -> dict[tuple[str, int], set[tuple[int | None, str]]]:
    """(source, line) -> (start, text) of values: for cells from their evidence, for metrics from their printed form."""
    places = pl.DataFrame(
        [(source, n) for source, lines in wanted.items() for n in lines],
        schema={"source": TEXT, "line": pl.UInt32()},
        orient="row",
    )
    out: dict[tuple[str, int], set[tuple[int | None, str]]] = {}
    evidence = ledger.logs.evidence.select(pl.col("source").cast(TEXT), "line", "start", "text")
    for source, line, start, text in evidence.join(places, on=["source", "line"], how="semi").iter_rows():
        if text:
            out.setdefault((source, line), set()).add((start, text))
    metrics = ledger.logs.metrics.select(pl.col("source").cast(TEXT), "line", "value", "resolution").drop_nulls()
    printed: dict[str, list[tuple[int, str]]] = {}
    for source, line, value, resolution in metrics.join(places, on=["source", "line"], how="semi").iter_rows():
        text = _printed(value, resolution)
        if text is not None and (source, line) not in out:
            printed.setdefault(source, []).append((line, text))
    for source, found in printed.items():
        lines = ledger.logs.lines(source, (line for line, _ in found))
        for line, text in found:
            at = [m.start() for m in re.finditer(rf"(?<![\d.]){re.escape(text)}(?!\d)", lines.get(line, ""))]
            if len(at) == 1:
                out.setdefault((source, line), set()).add((at[0], text))
    return out


def _printed(value: float, resolution: float) -> str | None:
    """A number with as many decimals as it was printed with, which follow from its resolution."""
    places = len(f"{2 * resolution:.15f}".rstrip("0").partition(".")[2])
    return f"{value:.{places}f}" if places <= 12 else None
