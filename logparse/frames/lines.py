"""The lines of one rule as plain Python columns.

What a run is made of is small: a value from one line, a phase from two. polars takes longer to be asked than Python
takes to answer, so what follows from single lines is computed on lists. Of many lines (`MANY`), polars chooses those
that matter first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import polars as pl

from logparse.grammar import Rule
from logparse.reading.match import Hits, lines_where, one_line
from logparse.schema import TIME
from logparse.schema.build import MANY


class Place(NamedTuple):
    """Where a line that a rule read is."""

    pos: int
    seg: str | None
    rule: str


class Lines:
    """The lines that one rule read, in their order: a list for each column, made when it is first asked for.

    Times are microseconds since 1970. `n` is the run of each line, `pos` its place.
    """

    def __init__(self, frame: pl.DataFrame, rule: Rule) -> None:
        self.frame = frame
        self.rule = rule
        self._columns = frozenset(frame.columns)
        self._lists: dict[str, list[Any]] = {}

    def __len__(self) -> int:
        return self.frame.height

    def __contains__(self, column: str) -> bool:
        return column in self._columns

    def __getitem__(self, column: str) -> list[Any]:
        values = self._lists.get(column)
        if values is None:
            series = self.frame[column]
            values = (series.cast(pl.Int64) if series.dtype == TIME else series).to_list()
            self._lists[column] = values
        return values

    def get(self, column: str) -> list[Any]:
        """The column; nulls, if the lines have no such column."""
        if column not in self:
            return self._nulls
        return self[column]

    @cached_property
    def _nulls(self) -> list[None]:
        return [None] * len(self)

    def dtype(self, column: str) -> pl.DataType:
        """The type of the column in polars."""
        return self.frame[column].dtype

    def place(self, index: int) -> Place:
        """The place of the line at `index`."""
        return Place(self["pos"][index], self["seg"][index], self.rule.name)

    def where(self, texts: Mapping[str, str]) -> Sequence[int]:
        """Indices of the lines whose fields have these texts, as printed; none if the rule lacks one of the fields."""
        indices: Sequence[int] = range(len(self))
        for name, text in texts.items():
            if name not in self:
                return []
            printed = self[f"{name}:text" if f"{name}:text" in self else name]
            indices = [i for i in indices if printed[i] == text]
        return indices

    def of_each_run(self, of: str, pick: str, texts: Mapping[str, str] = MappingProxyType({})) -> Lines:
        """All lines, or of many only the one of each run that `one_each` takes (of those `where` the texts are)."""
        if len(self) <= MANY:
            return self
        return Lines(one_line(lines_where(self.frame, texts), of, pick), self.rule)

    def one_each(self, of: str, pick: str, among: Iterable[int] | None = None) -> list[int]:
        """Index of the line of each run with the first, last, least (`min`) or greatest (`max`) value of `of`; only of
        the lines `among`, if given."""
        n, values = self["n"], self[of]
        known = [i for i in (range(len(n)) if among is None else among) if values[i] is not None]
        if pick == "last":
            return list({n[i]: i for i in known}.values())
        best: dict[int, int] = {}
        for i in known:
            at = best.setdefault(n[i], i)
            if pick != "first" and is_better(values[i], values[at], pick):
                best[n[i]] = i
        return list(best.values())


def is_better(value: Any, than: Any, pick: str) -> bool:
    """Whether `value` is less (`min`) or greater (`max`) than the best before it; anything is better than NaN."""
    if pick == "min":
        return bool(value < than or (than != than and value == value))
    return pick == "max" and bool(value > than or (than != than and value == value))


class AllLines(dict[str, Lines]):
    """Rule name -> its lines, of all rules of one grammar that read one."""

    def __init__(self, hits: Hits) -> None:
        super().__init__((name, Lines(frame, hits.rules[name])) for name, frame in hits.by_rule.items())
        self.grammar = hits.grammar
        self.omitted = hits.omitted
        self._one: dict[tuple[str, str], dict[int, Place]] = {}

    def marked(self, mark: str) -> Iterator[Lines]:
        """The lines of each rule with that mark."""
        return (lines for lines in self.values() if mark in lines.rule.marked)

    def one(self, rule: str, pick: str) -> Mapping[int, Place]:
        """Run -> the place of its `first` or `last` line that the rule read."""
        if (rule, pick) not in self._one:
            lines = self[rule].of_each_run("pos", pick)
            n, pos, seg = lines["n"], lines["pos"], lines["seg"]
            self._one[rule, pick] = {n[i]: Place(pos[i], seg[i], rule) for i in lines.one_each("pos", pick)}
        return self._one[rule, pick]

    def first_of(self, rules: Iterable[str]) -> dict[int, Place]:
        """Run -> the place of its first line that any of these rules read, by number of the run."""
        return best_places((self.one(rule, "first") for rule in rules if rule in self), "first")


def best_places(candidates: Iterable[Mapping[int, Place]], pick: str) -> dict[int, Place]:
    """Of several places of each run, the first or the last one, by number of the run."""
    best: dict[int, Place] = {}
    for places in candidates:
        for n, place in places.items():
            other = best.setdefault(n, place)
            if place.pos < other.pos if pick == "first" else place.pos > other.pos:
                best[n] = place
    return dict(sorted(best.items()))
