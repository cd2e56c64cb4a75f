"""What was read in pictures: only clear characters give values, and each value has its box in the picture.

A character that is not clear is a guess. Which line a rule reads may rest on guesses, but no value may: the cells that
rest on a field with a guess become null, and `evidence` names the text and its box.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from logparse.frames import evidence
from logparse.grammar import Rule
from logparse.pictures import CLEAR, Line
from logparse.reading.match import Hits, cut, run_rules
from logparse.reading.scan import Batch
from logparse.schema import RUNS, TEXT, WORD
from logparse.text.missing import Code

_UNCLEAR: dict[str, pl.DataType] = {
    "n": pl.UInt32(),
    "rule": TEXT,
    "field": TEXT,
    "row": pl.UInt32(),
    "pos": pl.UInt64(),
    "seg": TEXT,
    "text": TEXT,
    "code": TEXT,
    "reason": TEXT,
}
"""A captured field from which no value may be taken, and why. field: null where it may be any of the rule. rule: null
where it may be any."""


@dataclass(frozen=True)
class PictureLines:
    """The lines of a batch that are in pictures, by row."""

    lines: Mapping[int, Line]
    begins: Sequence[int]
    """The first row of each text of the batch, in order."""

    @staticmethod
    def of(batch: Batch) -> PictureLines:
        """Those of a batch."""
        sources = zip(batch.sources, batch.first, strict=False)
        lines = {
            first + number: line
            for source, first in sources
            if source.picture is not None and source.status == "text"
            for number, line in enumerate(source.picture.lines)
        }
        return PictureLines(lines, [batch.first[index] for index, head in enumerate(batch.heads) if index == head])

    def __bool__(self) -> bool:
        return bool(self.lines)

    def begin_of_text(self, row: int) -> int:
        """The first row of the text that a row is in."""
        return self.begins[bisect_right(self.begins, row) - 1]

    def runs(self, runs: pl.DataFrame) -> list[int]:
        """The n of those runs (with n and row_first) that are in a picture."""
        return [n for n, row in runs.select("n", "row_first").iter_rows() if row in self.lines]

    def unclear(self) -> set[int]:
        """Rows with a guess."""
        return {row for row, line in self.lines.items() if not line.is_clear(0, len(line.text))}


def unclear_fields(hits: Hits, runs: pl.DataFrame, lines: PictureLines, unparsed: Sequence[int]) -> pl.DataFrame:
    """The captured fields with a guess, as `_UNCLEAR`.

    A line with guesses that no rule reads may be one of a rule that would read it with other characters in their place:
    then all fields of this rule are unclear in the run, since it may be the line that counts. Where so many characters
    in a row are guesses that they may be a word, it may be of any rule.

    unparsed: rows, in order, of the lines that are part of no run, as `Coverage`.
    """
    guessed = lines.unclear()
    if not guessed:
        return pl.DataFrame(schema=_UNCLEAR)
    rows = [*_captured(hits, lines, guessed), *_lost(hits, runs, lines, guessed.intersection(unparsed))]
    return pl.DataFrame(rows, schema=_UNCLEAR, orient="row")


def _captured(hits: Hits, lines: PictureLines, guessed: set[int]) -> Iterator[tuple[object, ...]]:
    for name, rule in hits.rules.items():
        frame = hits.by_rule[name]
        frame = frame.filter(pl.col("row").is_in(sorted(guessed)))
        if not frame.height:
            continue
        for field in (c.removesuffix(":text") for c in frame.columns if c.endswith(":text")):
            if f"{field}:pos" in frame.columns:
                continue  # carried from another line, whose own rule captures it
            at = frame[f"{field}:col"] if f"{field}:col" in frame.columns else [None] * frame.height
            parts = zip(frame["n"], frame["pos"], frame["seg"], frame[f"{field}:text"], at, strict=True)
            for n, pos, seg, text, column in parts:
                row, col = pos >> 32, pos & 0xFFFFFFFF
                line = lines.lines[row]
                seg = line.text[col:].rstrip() if seg is None else seg
                if text is None:
                    continue
                start = evidence.place_in_segment(rule, field, seg, text) if column is None else column
                if start is None:
                    continue
                start += col
                if not line.is_legible(start, start + len(text)):
                    shown = line.marked(start, start + len(text))
                    yield n, name, field, row, pos, seg, text, *_not_legible(shown)


def _lost(hits: Hits, runs: pl.DataFrame, lines: PictureLines, rows: Iterable[int]) -> Iterator[tuple[object, ...]]:
    rules = {rule.name: rule for rule in hits.grammar.rules} | hits.rules
    rules = {name: rule for name, rule in rules.items() if hits.grammar.extracts_data(rule)}
    lost: set[tuple[int, str | None]] = set()
    lost |= {(row, name) for row in rows for name in _by_words(lines.lines[row], rules)}
    variants = [(row, text) for row in rows for text in _variants(lines.lines[row])]
    if variants:
        texts = pl.DataFrame(variants, schema={"row": pl.UInt32, "text": TEXT}, orient="row")
        found = run_rules(cut(texts, hits.grammar), list(rules.values()))
        lost |= {(row, name) for name, frame in found.items() for row in frame["row"].to_list()}
    lost |= {(row, None) for row in rows if _hides_a_word(lines.lines[row])}
    bounds = [
        (n, lines.begin_of_text(first), end)
        for n, first, end in runs.sort("row_end").select("n", "row_first", "row_end").iter_rows()
    ]
    for row, name in sorted(lost, key=lambda each: (each[0], each[1] or "")):
        line = lines.lines[row]
        # A run ends where the next one begins; what is above it may belong to it too.
        n = next((n for n, first, end in bounds if first <= row < end), None)
        if n is not None:
            shown = line.marked(0, len(line.text)).strip()
            yield n, name, None, row, row << 32, line.text, line.text, *_not_legible(shown)


def _not_legible(shown: str) -> tuple[str, str]:
    """The code, and the reason that shows "?" for guesses."""
    return Code.NOT_LEGIBLE.value, f"not legible: {shown}"


def doubtful_fields(figures: Iterable[tuple[evidence.Row, str]]) -> pl.DataFrame:
    """Figures that cannot be right, with the reason, as `_UNCLEAR`."""
    code = Code.IMPOSSIBLE.value
    rows = [
        (row["n"], row["rule"], row["field"], pos >> 32, pos, row["seg"], row["text"], code, reason)
        for row, reason in figures
        if (pos := row["pos"]) is not None
    ]
    return pl.DataFrame(rows, schema=_UNCLEAR, orient="row")


_STAND_INS = "0a_ -.|:/"
"""Characters of each kind: in place of those that are not clear, they show which rules could read the line."""
_SHORTEST = 6
"""Characters of a fixed text that is known by those of them that are clear."""


def _variants(line: Line) -> Iterator[str]:
    for stand_in in _STAND_INS:
        pairs = zip(line.text, line.confidence, strict=True)
        yield "".join(character if sure >= CLEAR else stand_in for character, sure in pairs)


def _by_words(line: Line, rules: Mapping[str, Rule]) -> Iterator[str]:
    """The rules of which a fixed text may be in the line, with guesses in it; of a rule that takes a result back, also
    without."""
    unclear = [sure < CLEAR for sure in line.confidence]
    for name, rule in rules.items():
        texts = rule.compiled.literals
        is_error = _TAKES_BACK & set(rule.marked) and any(text in line.text for text in texts)
        if is_error or any(_may_be_in(line.text, unclear, text) for text in texts if len(text) >= _SHORTEST):
            yield name


def _hides_a_word(line: Line) -> bool:
    guesses = (len(list(part)) for is_clear, part in groupby(sure >= CLEAR for sure in line.confidence) if not is_clear)
    return max(guesses, default=0) >= _SHORTEST


def _may_be_in(text: str, unclear: Sequence[bool], word: str) -> bool:
    for start in range(len(text) - len(word) + 1):
        guesses = 0
        for at, character in enumerate(word, start):
            if unclear[at]:
                guesses += 1
            elif text[at] != character:
                break
        else:
            if 0 < guesses <= len(word) // 2:
                return True
    return False


def withheld(
    values: pl.DataFrame,
    evidence_rows: pl.DataFrame,
    phases: pl.DataFrame,
    unclear: pl.DataFrame,
    rules: Mapping[str, Rule],
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The columns of runs, their evidence and the phases without what rests on an unclear field.

    Args:
        values: n, and a column for each name.
        evidence_rows: as `evidence.ROW`, of runs and phases.
        unclear: as `unclear_fields` gives them.
        rules: all rules of the platform, by name.
    """
    if not unclear.height:
        return values, evidence_rows, phases
    fields = {(n, rule, field) for n, rule, field in unclear.select("n", "rule", "field").iter_rows()}
    any_field = {(n, rule) for n, rule, _ in fields}
    lost = {(n, rule) for n, rule, field in fields if field is None}
    cells = evidence_rows.select("n", "column", "id", "rule", "field", "input", "how", "frame").with_columns(
        pl.col(pl.Categorical).cast(TEXT)
    )
    phase_ids: set[int] = set()
    illegible: dict[tuple[int, str], tuple[str | None, str | None]] = dict(
        _unproved(values, evidence_rows, unclear, rules)
    )
    for n, column, id, rule, field, _, how, frame in cells.iter_rows():
        if how == "absent" or rule is None:
            continue
        unsure = (n, rule, field) in fields or (n, rule) in lost if field else (n, rule) in any_field
        if not unsure or (field is None and column in _BY_WORDS):
            continue
        if frame == "phases":
            phase_ids.add(id)
        else:
            illegible.setdefault((n, column), (rule, field))
    # What is computed from such a column.
    while True:
        more = {
            (n, column): illegible[n, input]
            for n, column, _, _, _, input, how, frame in cells.iter_rows()
            if frame == "runs" and how != "absent" and (n, column) not in illegible and (n, input) in illegible
        }
        if not more:
            break
        illegible |= more
    illegible = {cell: cause for cell, cause in illegible.items() if cell[1] in RUNS}
    values = values.with_columns(
        pl.when(~pl.col("n").is_in(sorted({n for n, c in illegible if c == column}))).then(column).alias(column)
        for column in {column for _, column in illegible}
        if column in values.columns
    )
    is_kept = pl.Series(
        [
            id not in phase_ids if frame == "phases" else (n, column) not in illegible
            for n, column, id, frame in cells.select("n", "column", "id", "frame").iter_rows()
        ],
        dtype=pl.Boolean,
    )
    phases = phases.filter(~pl.col("id").is_in(sorted(phase_ids)))
    return values, pl.concat([evidence_rows.filter(is_kept), _absent(illegible, unclear)]), phases


def _unproved(
    values: pl.DataFrame, evidence_rows: pl.DataFrame, unclear: pl.DataFrame, rules: Mapping[str, Rule]
) -> Iterator[tuple[tuple[int, str], tuple[str | None, str | None]]]:
    """The statuses that a lost line may contradict: any line, or, where there is a result, one after it that may be of
    a rule that takes it back."""
    if "status" not in values.columns:
        return
    status = dict(values.select("n", "status").iter_rows())
    proved = evidence_rows.filter(pl.col("column").cast(TEXT) == "status").select(
        "n", (pl.col("pos") // 2**32).alias("row")
    )
    rows = dict(proved.iter_rows())
    for n, rule, row in unclear.filter(pl.col("field").is_null()).select("n", "rule", "row").iter_rows():
        is_done = str(status.get(n)).startswith("completed")
        takes_back = rule is None or _TAKES_BACK & set(rules[rule].marked)
        if not is_done or rows.get(n) is None or (row > rows[n] and takes_back):
            yield (n, "status"), (rule, None)


_TAKES_BACK = frozenset({"failure", "reopen"})
"""Marks of rules whose lines, after a result, change the status."""
_BY_WORDS = frozenset({"platform", "device_kind", "status", "task"})
"""Columns that follow from the words of a line, whatever its numbers are."""


def _absent(illegible: Mapping[tuple[int, str], tuple[str | None, str | None]], unclear: pl.DataFrame) -> pl.DataFrame:
    """An evidence row for each cell that is null for what is not legible."""
    places = {(u["n"], u["rule"], u["field"]): u for u in unclear.rows(named=True)}
    of_rule = {(u["n"], u["rule"]): u for u in unclear.rows(named=True)}
    rows: list[evidence.Row] = []
    for (n, column), (rule, field) in illegible.items():
        place = places.get((n, rule, field)) or of_rule[n, rule]
        where: evidence.Row = {"pos": place["pos"], "seg": place["seg"], "rule": rule, "field": place["field"]}
        why: evidence.Row = {"code": place["code"], "reason": place["reason"]}
        rows.append({"n": n, "frame": "runs", "column": column, "text": place["text"], "how": "absent", **why, **where})
    return evidence.frame(rows)


def not_in_picture(evidence_rows: pl.DataFrame, runs: Collection[int]) -> pl.DataFrame:
    """Rows of evidence in which a cell of a run from a picture (by n) is not absent from its log, but from the
    picture."""
    is_absent = (pl.col("code") == Code.NOT_IN_LOG.value) & pl.col("n").is_in(runs)
    reason = pl.when(is_absent).then(pl.format("not in this picture: {}", "reason")).otherwise("reason")
    return evidence_rows.with_columns(reason.alias("reason"))


def legible_rows(rows: pl.DataFrame, rules: Mapping[str, Rule], unclear: pl.DataFrame) -> pl.DataFrame:
    """Rows of metrics or params without those whose line has a guess in a captured field."""
    if not unclear.height:
        return rows
    ids = {rule.name: rule.id for rule in rules.values()}
    lines = {(row, ids.get(rule)) for row, rule in unclear.select("row", "rule").iter_rows()}
    is_clear = [(row, rule) not in lines for row, rule in rows.select("row", pl.col("rule").cast(TEXT)).iter_rows()]
    return rows.filter(pl.Series(is_clear, dtype=pl.Boolean))


EDITED = "a person edited this line in the transcript of the picture"
"""Why a value of such a line is what it is."""


def boxed(rows: pl.DataFrame, lines: PictureLines) -> pl.DataFrame:
    """Rows of evidence with the box of each text in its picture, and the confidence of its weakest character; `how` is
    `seen` where the text is the value."""
    columns: dict[str, list[object]] = {name: [None] * rows.height for name in ("x", "y", "width", "height")}
    confidence: list[float | None] = [None] * rows.height
    how, reasons = rows["how"].cast(TEXT).to_list(), rows["reason"].to_list()
    for i, (row, start, text) in enumerate(rows.select("row", "start", "text").iter_rows()):
        line = lines.lines.get(row)
        if line is None:
            continue
        first = start or 0
        last = len(line.text) if start is None or text is None else start + len(text)
        if how[i] == "read":
            how[i] = "seen"
        if line.is_edited:
            reasons[i] = "; ".join(filter(None, (reasons[i], EDITED)))
        if (box := line.box(first, last)) is not None:
            columns["x"][i], columns["y"][i], columns["width"][i], columns["height"][i] = box
            confidence[i] = min(line.confidence[first:last])
    return rows.with_columns(
        pl.Series("how", how, dtype=WORD),
        pl.Series("reason", reasons, dtype=TEXT),
        *(pl.Series(name, values, dtype=pl.UInt32) for name, values in columns.items()),
        pl.Series("confidence", confidence, dtype=pl.Float64),
    )
