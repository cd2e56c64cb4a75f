"""A long log block by block: of the lines that only give metrics, a run needs few in memory.

The rows of `metrics` that such a rule gives go into files as soon as its block is read (`Spool`). Of its lines those
stay (`Reduction`) that may be evidence of a value: the first ones of what may be a run, the first and the last between
two other lines, those with the first, last, least and greatest value of each field, and those with a text that is no
value. Each has a column `:lines`, the number of lines that it stands for. Of the others only the intervals between them
are counted (`OmittedLines`), for the median.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from logparse.frames import records
from logparse.frames.run_bounds import LINES_IN_ID
from logparse.grammar import Bar, Grammar, Reported, Rule, Span, Spinner, Take
from logparse.reading.blocks import LongText, WholeNeededError
from logparse.reading.match import Hits, cut, lines_where, one_line, rules_of, run_rules
from logparse.schema import TEXT

_MARKS = frozenset({"identifies_platform", "running", "unfinished", "global"})
"""Marks of lines of which the first and the last are enough."""
_MAY_BEGIN = frozenset({"begin", "restart", "final"})
"""Marks of lines at which a run may begin."""
_SPOOLED_ROWS = 50_000
"""Rows of `metrics` that are kept in memory before they go into a file."""
_OF_ONE_LINE = ("first", "last", "min", "max")
_PLACE = ("pos", "row", "col", "seg", "tag")


@lru_cache(maxsize=256)
def is_reducible(grammar: Grammar, rule: Rule) -> bool:
    """Whether some lines of the rule, and the counts of the others, give all that runs take from it but metrics."""
    if not rule.marked <= _MARKS or rule.params is not None or rule.level is not None or rule.carry:
        return False
    return rule.name not in _needed_whole(grammar)


def _needed_whole(grammar: Grammar) -> set[str]:
    """Names of rules of which a declaration needs every line."""
    names = {name for table in grammar.tables for name in (table.header, table.row)}
    for phase in grammar.phases:
        match phase:
            case Span():
                begins, ends = _names(phase.begin), _names(phase.end)
                names |= begins | ends if phase.by or phase.stage_field else begins & ends
            case Reported():
                names |= {phase.of.partition(".")[0], (phase.subtract or "").partition(".")[0]}
            case Bar():
                names |= {phase.rule, (phase.subtract or "").partition(".")[0]}
            case Spinner():
                names.add(phase.rule)
    for column in grammar.columns:
        if isinstance(column, Take) and (column.pick not in _OF_ONE_LINE or column.last_per_rank):
            names |= _names(column.of)
    return names


def _names(rules: str) -> set[str]:
    """The names of rules in "rule|rule.field"."""
    return {name.strip().partition(".")[0] for name in rules.split("|")}


class Spool:
    """Rows of one metric of one rule, in order: in files, but for the last of them."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._files: list[tuple[Path, pl.DataFrame]] = []
        """Each without the columns of one value, and a row with these."""
        self._columns: list[str] = []
        self._last: list[pl.DataFrame] = []

    def add(self, rows: pl.DataFrame) -> None:
        """Add rows of `metrics` with `row`, without their run."""
        self._last.append(rows)
        if sum(part.height for part in self._last) >= _SPOOLED_ROWS:
            path = self._folder / f"{self._name}-{len(self._files)}.arrow"
            spooled = pl.concat(self._last)
            varies = spooled.select(pl.exclude("row").ne_missing(pl.exclude("row").first()).any()).row(0, named=True)
            same = [name for name, does in varies.items() if not does]
            spooled.drop(same).write_ipc(path, compression="lz4")
            self._files.append((path, spooled.select(same).head(1).with_columns(cs.string() + "")))
            self._columns = spooled.columns
            self._last.clear()

    def __iter__(self) -> Iterator[pl.DataFrame]:
        for path, same in self._files:
            values = (pl.lit(column[0], column.dtype).alias(column.name) for column in same.get_columns())
            yield pl.read_ipc(path).with_columns(values).select(self._columns)
        yield from self._last


@dataclass
class _Lines:
    """What is kept of one rule's lines."""

    frames: list[pl.DataFrame] = field(default_factory=list)
    spools: dict[tuple[object, ...], Spool] = field(default_factory=dict)
    """The rows of each metric and window."""
    since_begin: int = 0
    """Lines since the last one at which a run may begin."""
    last: int = -1
    """Where the last line is."""
    ends: list[tuple[int, int]] = field(default_factory=list)
    """Where what may be a run begins among these lines: row of the first line and its pos."""
    intervals: pl.DataFrame | None = None
    """pos (of the first line of what may be a run), interval, count, row_before and row of the first such pair."""


class Reduction:
    """The lines of a long log that runs need, collected block by block."""

    def __init__(self, folder: Path, text: LongText) -> None:
        """folder: for the files of metrics, which are read as long as the result is used."""
        self._folder, self._text = folder, text
        self._of: dict[str, dict[str, _Lines]] = {}
        self._grammars: dict[str, Grammar] = {}
        self._last_begin = -1
        self._top: tuple[str, str | None] | None = None
        """Rule and text of the first line that was read."""

    def add(self, hits: Sequence[Hits], first_row: int) -> None:
        """Add what was read in a block that begins at a row."""
        for of_platform in hits:
            grammar = of_platform.grammar
            self._grammars[grammar.name] = grammar
            lines = self._of.setdefault(grammar.name, {})
            frames = {
                name: frame.with_columns(pl.col("row") + first_row, pl.col("pos") + (first_row << 32))
                for name, frame in of_platform.by_rule.items()
            }
            if self._top is None and frames:
                first = min(frames, key=lambda name: int(frames[name]["pos"][0]))
                self._top = first, frames[first]["seg"][0]
            begins = _positions(frames, [name for name in frames if of_platform.rules[name].marked & _MAY_BEGIN])
            for name, frame in frames.items():
                rule = of_platform.rules[name]
                of_rule = lines.setdefault(name, _Lines())
                # Where one run ends and another begins is decided by all lines of all platforms.
                if len(hits) == 1 and is_reducible(grammar, rule):
                    frame = frame if frame["pos"].is_sorted() else frame.sort("pos")
                    self._spool(of_rule, frame, rule, grammar)
                    others = _positions(frames, [other for other in frames if other != name])
                    # Where the first line comes again, the text may be there twice.
                    top = self._top[1] if self._top is not None and self._top[0] == name else None
                    begins_before = self._last_begin > of_rule.last
                    frame = _reduced(frame, rule, grammar, others, begins, of_rule, begins_before, top)
                if of_rule.frames:
                    frame = frame.select(of_rule.frames[0].columns)
                # Copies, since a text that is kept keeps all texts that were read with it.
                of_rule.frames.append(frame.with_columns(cs.string() + ""))
            if begins.len():
                self._last_begin = int(begins[-1])

    def _spool(self, of_rule: _Lines, frame: pl.DataFrame, rule: Rule, grammar: Grammar) -> None:
        one = Hits(grammar, {rule.name: frame.with_columns(pl.lit(0, pl.UInt32).alias("n"))}, {rule.name: rule})
        for rows in records.metrics(one):
            for key, part in rows.partition_by("name", "window", maintain_order=True, as_dict=True).items():
                if key not in of_rule.spools:
                    number = sum(len(r.spools) for lines in self._of.values() for r in lines.values())
                    of_rule.spools[key] = Spool(self._folder, str(number))
                of_rule.spools[key].add(part.drop("n"))

    def hits(self, shared: Sequence[Rule]) -> list[Hits]:
        """What was read in all blocks."""
        out = []
        for name, lines in self._of.items():
            grammar = self._grammars[name]
            rules = {rule.name: rule for rule in rules_of(grammar, shared) if rule.name in lines}
            identifying_first = sorted(rules, key=lambda name: "identifies_platform" not in rules[name].marked)
            by_rule = {rule: pl.concat(lines[rule].frames, rechunk=True) for rule in identifying_first}
            omitted = {
                rule: OmittedLines(grammar, rules[rule], lines[rule], self._text)
                for rule in rules
                if lines[rule].spools or lines[rule].ends
            }
            out.append(Hits(grammar, by_rule, rules, frozenset({0}), omitted))
        return out


@dataclass(frozen=True)
class OmittedLines:
    """What is known of the lines of a rule that are not in its frame, and their rows of `metrics`."""

    grammar: Grammar
    rule: Rule
    _lines: _Lines
    _text: LongText

    def metrics(self, frame: pl.DataFrame) -> Callable[[], Iterator[pl.DataFrame]]:
        """The rows of `metrics` of all lines, with `n` and `row`, piece by piece.

        frame: lines of the rule that belong to a run.

        Raises `WholeNeededError` where some belong to none.
        """
        of_line = dict(frame.select("pos", "n").iter_rows())
        if any(pos not in of_line for _, pos in self._lines.ends):
            raise WholeNeededError
        ends = pl.DataFrame(self._lines.ends, schema={"row": pl.UInt32, "pos": pl.UInt64}, orient="row")
        n = pl.Series("n", [of_line[pos] for pos in ends["pos"]], dtype=pl.UInt32)

        def parts() -> Iterator[pl.DataFrame]:
            for spool in self._lines.spools.values():
                for rows in spool:
                    yield rows.with_columns(n.gather(ends["row"].search_sorted(rows["row"], side="right") - 1))

        return parts

    def with_median(self, frame: pl.DataFrame, pairs: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """As `match.Omitted`."""
        known = pairs.select(
            "n", "interval", pl.lit(1, pl.UInt32).alias("count"), (pl.col("pos") // 2**32).cast(pl.UInt32).alias("row")
        ).with_columns(pl.lit(None, pl.UInt32).alias("row_before"))
        counted = known
        if self._lines.intervals is not None:
            runs = frame.select("pos", "n")
            left_out = self._lines.intervals.join(runs, on="pos", how="inner", maintain_order="left")
            counted = pl.concat([known, left_out.select(known.columns)])
        medians = [
            median
            for _, of_run in counted.partition_by("n", as_dict=True, maintain_order=True).items()
            if (median := _median(of_run)) is not None
        ]
        left_out_rows = {
            median[end]: median["n"]
            for median in medians
            if median["row_before"] is not None
            for end in ("row_before", "row")
        }
        frame = self._with_lines(frame, left_out_rows)
        places = frame.select("pos", "row", "at").with_row_index("i")
        found = []
        for median in medians:
            if median["row_before"] is None:
                of_run = (pl.col("n") == median["n"]) & (pl.col("pos") // 2**32 == median["row"])
                found.append(pairs.filter(of_run, pl.col("interval") == median["interval"]).head(1))
            else:
                before, after = (places.filter(row=median[end]).row(0, named=True) for end in ("row_before", "row"))
                pair = {
                    "n": median["n"], "pos": after["pos"], "at": after["at"], "i": after["i"],
                    "interval": median["interval"], "at_before": before["at"], "i_before": before["i"],
                }  # fmt: skip
                found.append(pl.DataFrame([pair], schema=pairs.schema))
        return frame, pl.concat([pairs.clear(), *found])

    def _with_lines(self, frame: pl.DataFrame, runs: Mapping[int, int]) -> pl.DataFrame:
        """The frame and, behind it, lines that are read again. runs: row -> n."""
        if not runs:
            return frame
        lines = self._text.rows(pl.Series(list(runs), dtype=pl.UInt32)).sort("row")
        read = run_rules(cut(lines, self.grammar), [self.rule])[self.rule.name]
        read = read.with_columns(
            pl.col("row").replace_strict(runs, return_dtype=pl.UInt32).alias("n"),
            pl.lit(1, frame.schema[":lines"]).alias(":lines"),
        )
        return pl.concat([frame, read.select(frame.columns)])


def _median(counted: pl.DataFrame) -> dict[str, Any] | None:
    """The upper median of the intervals (n, interval, count, row, row_before) of a run, at its first pair; None where
    there are fewer than three."""
    total = int(counted["count"].sum())
    if total < 3:
        return None
    by_interval = counted.group_by("interval").agg(pl.col("count").sum()).sort("interval")
    middle = by_interval.filter(pl.col("count").cum_sum() > total // 2)["interval"][0]
    return counted.filter(pl.col("interval") == middle).sort("row").row(0, named=True)


def _positions(frames: Mapping[str, pl.DataFrame], names: Sequence[str]) -> pl.Series:
    """Where the lines of these rules are, in order."""
    return pl.concat([pl.Series("pos", [], dtype=pl.UInt64), *(frames[name]["pos"] for name in names)]).sort()


def _reduced(
    frame: pl.DataFrame,
    rule: Rule,
    grammar: Grammar,
    others: pl.Series,
    begins: pl.Series,
    of_rule: _Lines,
    begins_before: bool,
    top: str | None,
) -> pl.DataFrame:
    """Those of the lines of a block that runs need, with `:lines`; the intervals between the others are counted.

    others: where the lines of other rules are. begins: where those are at which a run may begin. begins_before: whether
    there is one between the last line of the rule in an earlier block and this block. top: text of lines that stay.
    """
    if begins_before:
        of_rule.since_begin = 0
    steady = [declared for declared in grammar.steady if declared.rule == rule.name]
    first_lines = max([LINES_IN_ID, *(declared.warmup + 2 for declared in steady)])
    lines = pl.DataFrame({
        "pos": frame["pos"],
        "between": others.search_sorted(frame["pos"]),
        "n": begins.search_sorted(frame["pos"]),
    }).with_row_index("i")  # fmt: skip
    nth = pl.int_range(pl.len()).over("n") + pl.when(pl.col("n") == 0).then(of_rule.since_begin).otherwise(0)
    is_end = pl.col("between").ne_missing(pl.col("between").shift(1)) | pl.col("between").ne_missing(
        pl.col("between").shift(-1)
    )
    keep = lines.select((is_end | (nth < first_lines)).alias("keep")).to_series()
    if top is not None:
        keep = keep | (frame["seg"] == top).fill_null(False)
    values = frame.drop(c for c in frame.columns if ":" in c or c in _PLACE)
    has_intervals = bool(steady) and {"at", "step"} <= set(frame.columns)
    if has_intervals and (
        frame["at"].null_count() or frame["step"].null_count() or not (frame["row"].diff().slice(1) > 0).all()
    ):
        has_intervals, keep = False, keep | True  # an interval might begin or end at a line that is left out
    for value in values.get_columns() if not keep.all() else ():
        column = pl.DataFrame([lines["n"], value.alias("of"), lines["i"]])
        for pick in _OF_ONE_LINE if value.dtype != TEXT else ("first", "last"):
            keep = keep.scatter(one_line(column, "of", pick)["i"], True)
        if value.null_count() and f"{value.name}:text" in frame.columns:
            keep = keep | (value.is_null() & frame[f"{value.name}:text"].is_not_null())
    for take in grammar.columns:
        if isinstance(take, Take) and take.where and rule.name in _names(take.of) and not keep.all():
            of = next(f for n, _, f in (name.strip().partition(".") for name in take.of.split("|")) if n == rule.name)
            if of in frame.columns:
                matching = lines_where(frame.hstack([lines["n"], lines["i"]]), take.where)
                keep = keep.scatter(one_line(matching, of, take.pick)["i"], True)
    lines = lines.with_columns(keep)

    firsts = lines.unique("n", keep="first", maintain_order=True)
    for n, pos in firsts.select("n", "pos").iter_rows():
        if n > 0 or not of_rule.ends or begins_before:
            of_rule.ends.append((pos >> 32, pos))
    last_n = int(lines["n"][-1])
    of_rule.since_begin = int((lines["n"] == last_n).sum()) + (of_rule.since_begin if last_n == 0 else 0)
    of_rule.last = int(lines["pos"][-1])
    if has_intervals and not keep.all():
        _count_intervals(frame, lines, of_rule)
    kept = lines.filter("keep")
    counts = pl.concat([kept["i"], pl.Series([lines.height], dtype=kept["i"].dtype)]).diff().slice(1)
    return frame.filter(keep).with_columns(counts.cast(pl.UInt32).alias(":lines"))


def _count_intervals(frame: pl.DataFrame, lines: pl.DataFrame, of_rule: _Lines) -> None:
    """Count the intervals between lines of which at least one is left out."""
    ends = pl.DataFrame(of_rule.ends, schema={"row": pl.UInt32, "pos": pl.UInt64}, orient="row")
    at = ends["pos"].search_sorted(lines["pos"], side="right") - 1
    took = (pl.col("at").diff().dt.total_microseconds() / 1e6).round(6)
    steps = pl.col("step") - pl.col("step").shift(1)
    is_left_out = ~(pl.col("keep") & pl.col("keep").shift(1)) & (pl.col("between") == pl.col("between").shift(1))
    pairs = pl.DataFrame([frame["at"], frame["step"], frame["row"], lines["keep"], lines["between"]]).with_columns(
        ends["pos"].gather(at)
    )
    counted = (
        pairs.lazy()
        .select(
            "pos",
            "row",
            interval=took / steps,
            row_before=pl.col("row").shift(1),
            holds=is_left_out & (steps > 0) & (took > 0),
        )
        .filter("holds")
        .select("pos", "interval", pl.lit(1, pl.UInt32).alias("count"), "row_before", "row")
        .collect(engine="in-memory")
    )
    parts = [part for part in (of_rule.intervals, counted) if part is not None]
    of_rule.intervals = (
        pl.concat(parts)
        .group_by("pos", "interval", maintain_order=True)
        .agg(pl.col("count").sum(), pl.col("row_before", "row").first())
    )


def metrics_in_order(
    hits: Sequence[Hits], others: Sequence[pl.DataFrame]
) -> list[Callable[[], Iterator[pl.DataFrame]]]:
    """The rows of `metrics` of a long log with `n` and `row`, in the order of platforms and rules.

    others: rows of the rules whose lines are all there; rows of the others are ignored.

    Raises `WholeNeededError` where lines that were left out belong to no run.
    """
    of_rule: dict[str, list[pl.DataFrame]] = {}
    for rows in others:
        for (rule,), part in rows.partition_by("rule", maintain_order=True, as_dict=True).items():
            of_rule.setdefault(str(rule), []).append(part)
    out = []
    for of_platform in hits:
        if not of_platform.omitted.keys() <= of_platform.by_rule.keys():
            raise WholeNeededError
        for name, rule in of_platform.rules.items():
            left_out = of_platform.omitted.get(name)
            if isinstance(left_out, OmittedLines):
                out.append(left_out.metrics(of_platform.by_rule[name]))
            elif parts := of_rule.pop(rule.id, None):
                out.append(partial(iter, parts))
    return out


def lines_left_out(hits: Sequence[Hits]) -> pl.DataFrame:
    """n, left_out: how many lines of each run are not in the frames."""
    counts = [
        of_platform.by_rule[name].select("n", (pl.col(":lines") - 1).alias("left_out"))
        for of_platform in hits
        for name in of_platform.omitted
        if name in of_platform.by_rule
    ]
    none = pl.DataFrame(schema={"n": pl.UInt32, "left_out": pl.UInt32})
    return pl.concat([none, *counts]).group_by("n").agg(pl.col("left_out").sum())
