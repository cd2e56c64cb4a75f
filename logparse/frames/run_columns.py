"""The columns of `runs`: a grammar's declarations in order, each value with its evidence.

`RunColumns` maps each run that has a value to it, for each name that has a value so far: columns of `runs`, and facts
that only formulas use. Of several declarations of one column, the first that gives a run a value counts. Times are
microseconds since 1970 until the frame is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from logparse.frames import evidence, invariants
from logparse.frames.evidence import Row
from logparse.frames.invariants import Broken
from logparse.frames.lines import AllLines, Lines, is_better
from logparse.grammar import Derive, Infer, Take
from logparse.grammar import formula as formulas
from logparse.grammar.names import common_name
from logparse.schema import FIELDS, INTEGER, NUMBER, RUNS, TEXT, TIME, field
from logparse.text.missing import Code


def dtype_of(column: str) -> pl.DataType | None:
    """The type of a column of `runs` or of a field of the vocabulary; None for a fact that only one grammar has."""
    return RUNS.get(column) or (FIELDS[column].dtype if column in FIELDS else None)


class RunColumns:
    """Columns and facts of all runs of one grammar, with their evidence. Values are added and never changed.

    n: the numbers of the runs, in order. lines: what the rules read.
    """

    def __init__(self, runs: pl.DataFrame, lines: AllLines) -> None:
        self.lines = lines
        self.grammar = lines.grammar
        self.n: list[int] = sorted(runs["n"].to_list())
        self._columns: dict[str, dict[int, Any]] = {}
        self._dtypes: dict[str, pl.DataType] = {}
        self._times: set[str] = set()
        self._evidence: dict[str, list[Row]] = {}
        self._cited: dict[str, dict[int, Row]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._highest: dict[str, dict[int, float]] = {}
        self._refused: list[Row] = []

    # ---- values and their evidence ---- #

    @property
    def frame(self) -> pl.DataFrame:
        """n, and all columns of `runs` so far."""
        return pl.DataFrame([pl.Series("n", self.n, pl.UInt32), *(self.series(c) for c in self._columns if c in RUNS)])

    def series(self, column: str) -> pl.Series:
        """The values of a column of `runs`, by number of the run."""
        known, dtype = self.of(column), RUNS[column]
        values = [known.get(n) for n in self.n]
        return pl.Series(column, values, pl.Int64).cast(TIME) if dtype == TIME else pl.Series(column, values, dtype)

    def of(self, column: str) -> Mapping[int, Any]:
        """Run -> its value in `column`."""
        return self._columns.get(column, {})

    def has(self, column: str) -> bool:
        """Whether any run has a value in `column`."""
        return column in self._columns

    def is_full(self, column: str) -> bool:
        """Whether every run has a value in `column`."""
        return len(self.of(column)) == len(self.n)

    def put(
        self, column: str, values: Mapping[int, Any], rows: Sequence[Row] = (), dtype: pl.DataType | None = None
    ) -> None:
        """Give each run in `values` that has no value in `column` yet this value, with its evidence, which is kept and
        marked as evidence of `column`.

        A fact needs no evidence if no declared formula cites it; if the vocabulary does not have it, it needs `dtype`.
        """
        from_, to = dtype, dtype_of(column) or dtype
        if to is None:
            raise AssertionError(f"the type of {column} is not known")
        known = self.of(column)
        stamps = [self.of(c) if to == TIME else {} for c in ("started_at", "ended_at")]
        broken, same_type = invariants.check(column, to), from_ in (None, to)
        new: dict[int, Any] = {}
        causes = []
        for n, value in values.items():
            if n in known or value is None:
                continue
            value = value if same_type else _cast(value, from_ or to, to)
            if value is None:
                continue
            cause = broken(value, stamps[0].get(n), stamps[1].get(n))
            if cause is None:
                new[n] = value
            else:
                causes.append(Broken(n, *cause))
        self._refuse(column, causes, rows)
        if not new:
            return
        self._columns.setdefault(column, {}).update(new)
        self._dtypes[column] = to
        self._times |= {column} if to == TIME else set()
        cited = self._cited.setdefault(column, {})
        of_new = [row for row in rows if row["n"] in new]
        self._evidence.setdefault(column, []).extend(of_new)
        for row in of_new:
            row["frame"], row["column"] = "runs", column
            cited.setdefault(row["n"], row)

    def _refuse(self, column: str, causes: Sequence[Broken], rows: Iterable[Row]) -> None:
        """Keep why `column` is null for runs in spite of lines that are about it."""
        if causes:
            self._refused += invariants.refusals(causes, "n", rows, column)

    def refused(self) -> list[Row]:
        """An evidence row for each null cell whose lines give a value that it cannot have: the line, and the reason."""
        cells: dict[tuple[int, str], Row] = {}
        for row in self._refused:
            n, column = row["n"], row["column"]
            if column in RUNS and n not in self.of(column):
                cells.setdefault((n, column), row)
        return list(cells.values())

    def cited(self, column: str) -> Mapping[int, Row]:
        """Run -> the evidence row that formulas cite for `column`."""
        return self._cited.get(column, {})

    def evidence_of(self, column: str) -> Sequence[Row]:
        """All evidence rows of `column`."""
        return self._evidence.get(column, [])

    def all_evidence(self) -> list[Row]:
        """The evidence of all columns of `runs`, without that of facts."""
        return [row for column, rows in self._evidence.items() if column in RUNS for row in rows]

    # ---- formulas ---- #

    def _evaluated(self, formula: str) -> Callable[[int], Any]:
        """`formula` as a function of the number of a run, with the values that columns have now."""
        value_of = formulas.compiled(formula)
        inputs = {name: self._numbers(name) for name in formulas.names(formula)}
        inputs |= {f"seen:{rule}": self._seen(rule) for rule in formulas.rules_seen(formula)}
        return lambda n: value_of(lambda name: inputs[name].get(n))

    def _numbers(self, column: str) -> Mapping[int, Any]:
        """Run -> its value as formulas use it: times are seconds since 1970."""
        values = self.of(column)
        return {n: value / 1e6 for n, value in values.items()} if column in self._times else values

    def _seen(self, rule: str) -> Mapping[int, int]:
        """How many lines of each run `rule` read."""
        if rule not in self._counts:
            lines = self.lines.get(rule)
            counts: Counter[int] = Counter()
            if lines is not None and ":lines" in lines:
                for n, count in zip(lines["n"], lines[":lines"], strict=True):
                    counts[n] += count
            elif lines is not None:
                counts = Counter(lines["n"])
            self._counts[rule] = {n: counts[n] for n in self.n}
        return self._counts[rule]

    def highest(self, field: str) -> Mapping[int, float]:
        """Run -> the highest value of a field in all lines of the run."""
        if field not in self._highest:
            best: dict[int, float] = {}
            for lines in (lines.of_each_run(field, "max") for lines in self.lines.values() if field in lines):
                for i in lines.one_each(field, "max"):
                    n, value = lines["n"][i], lines[field][i]
                    best[n] = max(best.get(n, value), value)
            self._highest[field] = best
        return self._highest[field]

    def where(self, formula: str | None, among: Sequence[int] | None = None) -> Sequence[int]:
        """The runs (only those `among`, if given) for which `formula` is true; all, if it is None."""
        runs = self.n if among is None else among
        return runs if formula is None else list(filter(self._evaluated(formula), runs))

    # ---- the three declarations ---- #

    def declare(self, declared: Take | Derive | Infer) -> None:
        """Apply one declaration of the grammar, unless every run has its value already."""
        if self.is_full(declared.column):
            return
        if isinstance(declared, Take):
            self.take(declared)
        elif isinstance(declared, Derive):
            self.derive(declared.column, declared.formula, declared.when)
        else:
            self.infer(declared)

    def take(self, take: Take) -> None:
        """A column from a captured field; of several, the first, last, least or greatest value of all their lines."""
        found: list[tuple[Lines, str, Sequence[int]]] = []
        is_one = take.pick in ("first", "last", "min", "max")
        for name in take.of.split("|"):
            rule, _, of = name.strip().partition(".")
            lines = self.lines.get(rule)
            if lines is not None and of in lines:
                self._note_unreadable(take, lines, of)
                if is_one and not take.last_per_rank:
                    lines = lines.of_each_run(of, take.pick, take.where)
                found.append((lines, of, self._counting(take, lines, of)))
        if is_one:
            each = [(lines, of, lines.one_each(of, take.pick, indices)) for lines, of, indices in found]
            for lines, of, one_each in best_lines(each, take.pick):
                if one_each:
                    self._take_one(take, lines, of, one_each)
        else:
            for lines, of, indices in found:
                self._take_all(take, lines, of, indices)

    def _counting(self, take: Take, lines: Lines, of: str) -> Sequence[int]:
        """Indices of the lines that count for `take`."""
        indices: Sequence[int] = lines.where(take.where)
        if take.when is not None:
            n, runs = lines["n"], set(self.where(take.when))
            indices = [i for i in indices if n[i] in runs]
        if take.last_per_rank:
            ranks, values = list(zip(lines["n"], lines["tag"], strict=True)), lines[of]
            last = {ranks[i]: i for i in indices if values[i] is not None}
            indices = sorted(last.values())
        return indices

    def _take_one(self, take: Take, lines: Lines, of: str, indices: Sequence[int]) -> None:
        """The value of one line of each run."""
        n, taken, known = lines["n"], lines[of], self.of(take.column)
        indices = [i for i in indices if n[i] not in known]
        rows = evidence.of_values(lines, of, indices)
        values = {n[i]: taken[i] for i in indices}
        for row in rows:
            if take.aliases:
                text = values[row["n"]]
                values[row["n"]] = common_name(text, self.grammar.aliases[take.aliases])
                # A common name in place of the vendor's word is not the text of the line.
                if row["how"] == "read" and values[row["n"]] != text:
                    row["how"] = "converted"
            row["how"] = take.how or row["how"]
            row["reason"] = take.reason or row["reason"]
        self.put(take.column, values, rows, lines.dtype(of))

    def _note_unreadable(self, take: Take, lines: Lines, of: str) -> None:
        """Keep the lines that count for `take` and whose text is not a value of the field."""
        if f"{of}:text" not in lines or lines.frame[of].null_count() == lines.frame[f"{of}:text"].null_count():
            return
        bad = Lines(lines.frame.filter(pl.col(of).is_null() & pl.col(f"{of}:text").is_not_null()), lines.rule)
        indices, texts = self._counting(take, bad, of), bad[f"{of}:text"]
        causes = [Broken(bad["n"][i], Code.UNREADABLE, f"{texts[i]} is not a possible value") for i in indices]
        self._refuse(take.column, causes, evidence.of_values(bad, of, indices))

    def _take_all(self, take: Take, lines: Lines, of: str, indices: Sequence[int]) -> None:
        """A value derived from all lines of each run that the rule read."""
        by_run: dict[int, list[int]] = {}
        for i in indices:
            if lines[of][i] is not None:
                by_run.setdefault(lines["n"][i], []).append(i)
        if not by_run:
            return
        dtype, word = field(of).dtype, of.partition("@")[0]
        numbers = evidence.numbers(lines[of], dtype)
        values: dict[int, float | None] = {}
        several: list[int] = []
        rows: list[Row] = []
        for n, places in by_run.items():
            ranks: dict[Any, int] = {}
            if take.pick == "distinct":
                # One line for each distinct value is enough. Texts become ranks, since formulas use numbers only.
                firsts = {lines[of][i]: i for i in reversed(places)}
                ranks = {value: rank for rank, value in enumerate(sorted(firsts), start=1)}
                places = sorted(firsts.values())
            values[n] = _aggregate(take.pick, [numbers[i] for i in places])
            if len(places) > 1 and take.pick in ("sum", "mean"):
                several.append(n)
            derived: Row = {"how": take.how or "derived", "formula": f"{take.pick}({word})", "input": word}
            # The sum or mean of one line is the value of that line.
            if len(places) == 1 and take.pick in ("sum", "mean", "median"):
                derived = {}
            for i, row in zip(places, evidence.of_values(lines, of, places), strict=True):
                rows.append({**row, "number": ranks.get(lines[of][i], numbers[i]), **derived})
        if several:
            # Further digits depend on the order of the summands; the value of a single line keeps its digits.
            twelve = pl.Series([values[n] for n in several], dtype=NUMBER).round_sig_figs(12)
            values.update(zip(several, twelve.to_list(), strict=True))
        self.put(take.column, values, rows, NUMBER)

    def derive(self, column: str, formula: str, when: str | None = None) -> None:
        """Give `column` the value of `formula` where all its inputs are known (and `when` is true)."""
        names = formulas.names(formula)
        if not all(map(self.has, names)):
            return
        dtype = dtype_of(column) or NUMBER
        value_of = self._evaluated(formula)
        of_stamps = not self._times.isdisjoint(names)
        with_inputs = set(self.n).intersection(*map(self.of, names)) - self.of(column).keys()
        values: dict[int, Any] = {}
        for n in self.where(when, sorted(with_inputs)):
            value = value_of(n)
            if value is not None:
                # A float has no more digits for seconds since 1970.
                values[n] = rounded(float(value), 6) if of_stamps else float(value)
        values = {n: _number_of(value, dtype) for n, value in values.items()} if dtype != NUMBER else values
        derived: Row = {"how": "derived", "formula": formula}
        rows = [row for name in names for row in self._inputs(values, name, derived)]
        for rule in formulas.rules_seen(formula):
            seen = f"seen:{rule}"
            rows += [
                {"n": n, **derived, "number": float(self._seen(rule)[n]), "input": seen, "rule": rule} for n in values
            ]
        if rows:
            self.put(column, values, rows, dtype)

    def _inputs(self, runs: Iterable[int], name: str, derived: Row) -> Iterator[Row]:
        """The evidence rows of one input of a formula: its number and the line it is from."""
        values, cited_of = self.of(name), self.cited(name)
        numbers = evidence.numbers([values[n] for n in runs], self._dtypes[name])
        for n, number in zip(runs, numbers, strict=True):
            cited = cited_of.get(n, {"n": n})
            yield {**cited, **derived, "number": number, "input": name, "was": cited.get("how")}

    def infer(self, infer: Infer) -> None:
        """A column whose value follows from the presence of some lines."""
        rules = [name.strip() for name in infer.because.split("|") if name.strip()]
        places = self.lines.first_of(rules or [lines.rule.name for lines in self.lines.marked("identifies_platform")])
        # Without a `because`, `when` is enough.
        possible = places if infer.because or infer.when is None else self.n
        known = self.of(infer.column)
        runs = self.where(infer.when, [n for n in possible if n not in known])
        reason = infer.reason or (
            f"follows from {infer.because or 'the form of its lines'}" + (f" and {infer.when}" if infer.when else "")
        )
        rows = [evidence.of_place(n, places.get(n), reason) for n in runs]
        dtype = TEXT if isinstance(infer.value, str) else INTEGER if isinstance(infer.value, int) else NUMBER
        self.put(infer.column, dict.fromkeys(runs, infer.value), rows, dtype)


def best_lines(found: Sequence[tuple[Lines, str, list[int]]], pick: str) -> list[tuple[Lines, str, list[int]]]:
    """Of the lines of several rules, one of each run and rule, those with the first, last, least or greatest value of
    their run."""
    if sum(bool(indices) for *_, indices in found) < 2:
        return list(found)
    by_place = {"first": "min", "last": "max"}
    best: dict[int, tuple[Any, int]] = {}
    for form, (lines, of, indices) in enumerate(found):
        n, by = lines["n"], lines["pos" if pick in by_place else of]
        for i in indices:
            if n[i] not in best or is_better(by[i], best[n[i]][0], by_place.get(pick, pick)):
                best[n[i]] = by[i], form
    return [
        (lines, of, [i for i in indices if best[lines["n"][i]][1] == form])
        for form, (lines, of, indices) in enumerate(found)
    ]


def _aggregate(pick: str, numbers: Sequence[float | None]) -> float | None:
    if pick in ("count", "distinct"):  # of lines, whether or not their value is a number
        return float(len(numbers))
    known = [number for number in numbers if number is not None]
    return formulas.AGGREGATES[pick](known) if known else None


def _number_of(value: float, dtype: pl.DataType) -> int | None:
    """The value of a formula in a column of integers or times; None if it is none."""
    if dtype == TIME:
        return round(value * 1e6) if abs(value * 1e6) < 2**63 else None
    # Beyond 2**53, a float skips numbers.
    return round(value) if abs(value) <= 2**53 and abs(value - round(value)) < 1e-6 else None


def rounded(value: float, digits: int) -> float:
    """`value` with that many decimal digits, as polars rounds columns; what is not finite stays."""
    scaled = value * 10.0**digits
    return round(scaled) / 10.0**digits if abs(scaled) < 2**63 else value


def _cast(value: Any, from_: pl.DataType, to: pl.DataType) -> Any:
    """A value of one type as one of another; None if it is none."""
    if to == NUMBER and isinstance(value, int):
        return float(value)
    return pl.Series([value], dtype=from_).cast(to, strict=False).item()
