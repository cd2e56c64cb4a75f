"""The columns of `runs`: a grammar's declarations in order, each value with its evidence.

`RunColumns` has one row per run and a column for each name that has a value so far: columns of `runs`, and facts that
only formulas use. Of several declarations of one column, the first that gives a run a value counts.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from logparse.frames import evidence, invariants
from logparse.grammar import Derive, Infer, Rule, Take
from logparse.grammar import formula as formulas
from logparse.grammar.names import common_name
from logparse.reading.match import Hits, lines_where, one_line
from logparse.schema import FIELDS, INTEGER, NUMBER, RUNS, TEXT, TIME, field
from logparse.schema.build import full
from logparse.text.missing import Code


def dtype_of(column: str) -> pl.DataType | None:
    """The type of a column of `runs` or of a field of the vocabulary; None for a fact that only one grammar has."""
    return RUNS.get(column) or (FIELDS[column].dtype if column in FIELDS else None)


class RunColumns:
    """Columns and facts of all runs of one grammar, with their evidence. Values are added and never changed."""

    def __init__(self, runs: pl.DataFrame, hits: Hits) -> None:
        self.hits = hits
        self.n = runs["n"].sort()
        # A run's place in the columns, by its number.
        self._slot = pl.zeros(int(self.n[-1]) + 1, pl.UInt32, eager=True).scatter(
            self.n, pl.int_range(self.n.len(), dtype=pl.UInt32, eager=True)
        )
        self._columns: dict[str, pl.Series] = {}
        self._evidence: dict[str, list[pl.DataFrame]] = {}
        self._cited: dict[str, pl.DataFrame] = {}
        self._first_lines: dict[tuple[str, ...], pl.DataFrame] = {}
        self._lines: dict[tuple[str, str], pl.DataFrame] = {}
        self._counts: dict[str, pl.Series] = {}
        self._refused: list[pl.DataFrame] = []

    # ---- values and their evidence ---- #

    @property
    def frame(self) -> pl.DataFrame:
        """n, and all columns and facts so far."""
        return pl.DataFrame({"n": self.n, **self._columns})

    def _with(self, formulas_: Iterable[str | None]) -> pl.DataFrame:
        """n, and those of the columns these formulas name that have a value."""
        names = {name for formula in formulas_ if formula for name in formulas.names(formula)}
        return pl.DataFrame({"n": self.n, **{k: v for k, v in self._columns.items() if k in names}})

    def has(self, column: str) -> bool:
        """Whether any run has a value in `column`."""
        return column in self._columns

    def fact(self, column: str, values: pl.DataFrame) -> None:
        """Add a fact (n, value) that needs no evidence: no declared formula cites it."""
        self.put(column, values, pl.DataFrame(schema=evidence.ROW))

    def put(self, column: str, values: pl.DataFrame, evidence_rows: pl.DataFrame) -> None:
        """Give each run in `values` (n, value; each n once) that has no value in `column` yet this value, with its
        evidence (rows as `evidence.ROW`)."""
        value = values["value"]
        dtype = dtype_of(column) or value.dtype
        if value.dtype != dtype:
            value = value.cast(dtype, strict=False)
        slots = self._slot[values["n"]]
        earlier = self._columns.get(column)
        if value.null_count():
            not_null = value.is_not_null()
            slots, value = slots.filter(not_null), value.filter(not_null)
        if earlier is not None and earlier.null_count() < earlier.len():
            is_open = earlier[slots].is_null()
            slots, value = slots.filter(is_open), value.filter(is_open)
        stamps = ("started_at", "ended_at") if dtype == TIME else ()
        others = {name: known[slots] for name in stamps if (known := self._columns.get(name)) is not None}
        broken = invariants.broken(column, value, others)
        if broken is not None:
            self._refuse(column, broken.insert_column(0, self.n[slots]), evidence_rows)
            is_possible = broken["code"].is_null()
            slots, value = slots.filter(is_possible), value.filter(is_possible)
        if not value.len():
            return
        self._columns[column] = (full(None, self.n.len(), dtype) if earlier is None else earlier).scatter(slots, value)
        if not evidence_rows.height:
            return
        if value.len() < self.n.len():
            is_new = full(False, self.n.len()).scatter(slots, True)
            of_new = is_new[self._slot[evidence_rows["n"]]]
            evidence_rows = evidence_rows if of_new.all() else evidence_rows.filter(of_new)
        self._evidence.setdefault(column, []).append(evidence_rows)
        self._cited.pop(column, None)

    def _refuse(self, column: str, causes: pl.DataFrame, evidence_rows: pl.DataFrame) -> None:
        """Keep why `column` is null for runs (n, code, reason; no code: it is not) in spite of lines that are about it
        (rows as `evidence.ROW`)."""
        causes = causes.filter(pl.col("code").is_not_null())
        self._refused.append(evidence.rows(invariants.refusals(causes, "n", evidence_rows), column=column))

    def refused(self) -> pl.DataFrame:
        """An evidence row for each null cell whose lines give a value that it cannot have: the line, and the reason."""
        rows = [pl.DataFrame(schema=evidence.ROW)]
        for refused in self._refused:
            column = refused["column"][0]
            if column in RUNS:
                known = self._columns.get(column)
                rows.append(refused if known is None else refused.filter(known[self._slot[refused["n"]]].is_null()))
        return pl.concat(rows).unique(["n", "column"], keep="first", maintain_order=True)

    def cited(self, column: str) -> pl.DataFrame:
        """For each run the evidence row that formulas cite for `column`, by `n`."""
        if column not in self._cited:
            cited = self.evidence_of(column)
            n = cited["n"]
            if not n.is_sorted() or n.n_unique() < n.len():  # mostly there is one row per run, in order
                cited = cited.unique("n", keep="first", maintain_order=True).sort("n")
            self._cited[column] = cited
        return self._cited[column]

    def evidence_of(self, column: str) -> pl.DataFrame:
        """All evidence rows of `column`."""
        parts = self._evidence.get(column, [])
        return parts[0] if len(parts) == 1 else pl.concat(parts) if parts else pl.DataFrame(schema=evidence.ROW)

    def all_evidence(self) -> pl.DataFrame:
        """The evidence of all columns of `runs`, without that of facts."""
        parts = [
            evidence.rows(self.evidence_of(column), frame="runs", column=column)
            for column in self._evidence
            if column in RUNS
        ]
        return pl.concat(parts) if parts else pl.DataFrame(schema=evidence.ROW)

    def column(self, name: str) -> pl.Expr:
        """The column as formulas use it: times are seconds since 1970; a column without any value is null."""
        if name.startswith("seen:"):
            return pl.col(name)
        if name not in self._columns:
            dtype = dtype_of(name) or NUMBER
            return pl.lit(None, NUMBER if dtype == TIME else dtype)
        return evidence.number(name, TIME) if self._columns[name].dtype == TIME else pl.col(name)

    def where(self, formula: str | None, *used: str) -> pl.DataFrame:
        """The runs for which `formula` is true (all, if it is None), with the columns that it and the formulas `used`
        name."""
        frame = self._with([formula, *used])
        if formula is None:
            return frame
        frame = self._counted(frame, formula)
        return frame.filter(formulas.expression(formula, self.column).fill_null(False))

    def _counted(self, frame: pl.DataFrame, formula: str) -> pl.DataFrame:
        """`frame` with a column `seen:rule` for each rule that `formula` counts."""
        names = [name for rule in formulas.rules_seen(formula) if (name := f"seen:{rule}") not in frame.columns]
        slots = self._slot[frame["n"]]
        return frame.hstack([self._seen(name.removeprefix("seen:"))[slots].alias(name) for name in names])

    def _seen(self, rule: str) -> pl.Series:
        """How many lines of each run `rule` read."""
        if rule not in self._counts:
            seen, hits = full(0, self.n.len(), pl.UInt32()), self.hits.get(rule)
            if hits is not None:
                counts = hits.group_by("n").agg(pl.len().alias("lines"))
                seen = seen.scatter(self._slot[counts["n"]], counts["lines"])
            self._counts[rule] = seen
        return self._counts[rule]

    # ---- the three declarations ---- #

    def declare(self, declared: Take | Derive | Infer) -> None:
        """Apply one declaration of the grammar, unless every run has its value already."""
        earlier = self._columns.get(declared.column)
        if earlier is not None and not earlier.null_count():
            return
        if isinstance(declared, Take):
            self.take(declared)
        elif isinstance(declared, Derive):
            self.derive(declared.column, declared.formula, declared.when)
        else:
            self.infer(declared)

    def take(self, take: Take) -> None:
        """A column from a captured field; of several, the first, last, least or greatest value of all their lines."""
        found = []
        for name in take.of.split("|"):
            rule_name, _, of = name.strip().partition(".")
            frame, rule = self.hits.get(rule_name), self.hits.rules.get(rule_name)
            if frame is None or rule is None or of not in frame.columns:
                continue
            frame = lines_where(frame, take.where)
            if take.when is not None:
                frame = frame.filter(frame["n"].is_in(self.where(take.when)["n"].implode()))
            if take.last_per_rank:
                frame = frame.filter(pl.col(of).is_not_null()).unique(["n", "tag"], keep="last", maintain_order=True)
            found.append((frame, rule, of))
        if take.pick in ("first", "last", "min", "max"):
            lines = [one_line(frame, of, take.pick) for frame, _, of in found]
            for one, (_, rule, of) in zip(_best(lines, [of for *_, of in found], take.pick), found, strict=True):
                if one.height:
                    self._take_one(take, one, rule, of)
        else:
            for frame, rule, of in found:
                if frame[of].null_count() < frame.height:
                    self._take_all(take, frame, rule, of)
        for frame, rule, of in found:
            if frame[of].null_count() and f"{of}:text" in frame.columns:
                self._note_unreadable(take.column, frame, rule, of)

    def _take_one(self, take: Take, one: pl.DataFrame, rule: Rule, of: str) -> None:
        """The value of one line of each run."""
        value = one[of]
        if take.aliases:
            aliases = self.hits.grammar.aliases[take.aliases]
            table = {text: common_name(text, aliases) for text in value.drop_nulls().unique()}
            value = value.replace_strict(list(table), list(table.values()), default=None, return_dtype=TEXT)
        place = evidence.place(one, of, rule)
        how = take.how or place["how"]
        if take.aliases and not take.how:
            # A common name in place of the vendor's word is not the text of the line.
            as_read = how if isinstance(how, pl.Expr) else pl.lit(how)
            is_alias = pl.lit(value != one[of]) & (as_read == "read")
            how = pl.when(is_alias).then(pl.lit("converted")).otherwise(as_read)
        changed = {"how": how, "reason": take.reason or place["reason"]}
        evidence_rows = evidence.of_lines(one, **{**place, **changed}, number=evidence.numbers(one[of]))
        self.put(take.column, pl.DataFrame([one["n"], value.alias("value")]), evidence_rows)

    def _note_unreadable(self, column: str, frame: pl.DataFrame, rule: Rule, of: str) -> None:
        """Keep the lines whose text is not a value of the field."""
        bad = frame.filter(pl.col(of).is_null() & pl.col(f"{of}:text").is_not_null())
        if bad.height:
            why = pl.format("{} is not a possible value", f"{of}:text").alias("reason")
            causes = bad.select("n", pl.lit(Code.UNREADABLE.value).alias("code"), why)
            self._refuse(column, causes, evidence.of_lines(bad, **evidence.place(bad, of, rule)))

    def _take_all(self, take: Take, frame: pl.DataFrame, rule: Rule, of: str) -> None:
        """A value derived from all lines of each run that the rule read."""
        frame = frame.filter(pl.col(of).is_not_null())
        number = evidence.number(of, field(of).dtype)
        is_one = pl.len() == 1
        aggregates = {
            # Further digits depend on the order of the summands; the value of a single line keeps its digits.
            "sum": pl.when(is_one).then(number.first()).otherwise(number.sum().round_sig_figs(12)),
            "mean": pl.when(is_one).then(number.first()).otherwise(number.mean().round_sig_figs(12)),
            "median": number.median(),
            "count": pl.len().cast(NUMBER),
            "distinct": pl.col(of).n_unique().cast(NUMBER),
        }
        values = frame.group_by("n").agg(aggregates[take.pick].alias("value"))
        if take.pick == "distinct":
            # One line for each distinct value is enough. Texts become ranks, since formulas use numbers only.
            frame = frame.unique(["n", of], keep="first", maintain_order=True)
            number = pl.col(of).rank("dense").over("n").cast(NUMBER)
        evidence_rows = evidence.of_lines(frame, **evidence.place(frame, of, rule), number=number)
        word = of.partition("@")[0]
        # The sum or mean of one line is the value of that line.
        is_only = (pl.len().over("n") == 1) if take.pick in ("sum", "mean", "median") else pl.lit(False)
        derived = {"how": take.how or "derived", "formula": f"{take.pick}({word})", "input": word}
        evidence_rows = evidence.rows(
            evidence_rows,
            **{name: pl.when(is_only).then(name).otherwise(pl.lit(text)) for name, text in derived.items()},
        )
        self.put(take.column, values, evidence_rows)

    def derive(self, column: str, formula: str, when: str | None = None) -> None:
        """Give `column` the value of `formula` where all its inputs are known (and `when` is true)."""
        names = formulas.names(formula)
        if any(n not in self._columns for n in names):
            return
        frame = self._counted(self.where(when, formula), formula)
        if names:
            frame = frame.filter(pl.all_horizontal(pl.col(n).is_not_null() for n in names))
        if not frame.height:
            return
        value = formulas.expression(formula, self.column).cast(NUMBER)
        if any(self._columns[n].dtype == TIME for n in names):
            value = value.round(6)  # a float has no more digits for seconds since 1970
        values = frame.select("n", value.alias("value")).filter(pl.col("value").is_not_null())
        dtype = dtype_of(column) or NUMBER
        if dtype == INTEGER:
            near = pl.col("value").round()
            is_whole = ((pl.col("value") - near).abs() < 1e-6) & (near.abs() <= 2**53)  # beyond, a float skips numbers
            values = values.filter(is_whole).with_columns(near.cast(INTEGER))
        if dtype == TIME:
            values = values.filter(pl.col("value").is_finite())
            values = values.with_columns((pl.col("value") * 1e6).round().cast(pl.Int64, strict=False).cast(TIME))
        derived = {"how": "derived", "formula": formula}
        parts = [self._input(frame, name, derived) for name in names]
        for rule in formulas.rules_seen(formula):
            seen = f"seen:{rule}"
            parts.append(evidence.of_lines(frame, **derived, number=pl.col(seen).cast(NUMBER), input=seen, rule=rule))
        if parts:
            self.put(column, values, pl.concat(parts))

    def _input(self, frame: pl.DataFrame, name: str, derived: dict[str, str]) -> pl.DataFrame:
        """Evidence rows for one input of a formula: its number and the line it is from."""
        cited = self.cited(name)
        if not cited["n"].equals(frame["n"]):
            cited = frame.select("n").join(cited, on="n", how="left", maintain_order="left")
        return evidence.rows(cited, **derived, number=evidence.numbers(frame[name]), input=name, was=cited["how"])

    def infer(self, infer: Infer) -> None:
        """A column whose value follows from the presence of some lines."""
        names = [n.strip() for n in infer.because.split("|") if n.strip()]
        if not names:
            names = [r.name for r in self.hits.rules.values() if "identifies_platform" in r.marked]
        runs = self._first_of(tuple(names))
        if infer.when is not None:
            matching = self.where(infer.when).select("n")
            runs = matching.join(runs, on="n", how="inner" if infer.because else "left", maintain_order="left")
        if not runs.height:
            return
        reason = infer.reason or (
            f"follows from {infer.because or 'the form of its lines'}" + (f" and {infer.when}" if infer.when else "")
        )
        evidence_rows = evidence.rows(runs, how="inferred", reason=reason)
        self.put(infer.column, pl.DataFrame([runs["n"], full(infer.value, runs.height).alias("value")]), evidence_rows)

    def line_of(self, rule: str, pick: str) -> pl.DataFrame:
        """n, pos, seg, rule of the `first` or `last` line of each run that `rule` read."""
        if (rule, pick) not in self._lines:
            line = one_line(self.hits.by_rule[rule][["n", "pos", "seg"]], "pos", pick)
            self._lines[rule, pick] = line.hstack([full(rule, line.height).alias("rule")])
        return self._lines[rule, pick]

    def _first_of(self, names: tuple[str, ...]) -> pl.DataFrame:
        """n, pos, seg, rule of the first line of each run that any of these rules read, by n."""
        if names not in self._first_lines:
            frames = [self.line_of(name, "first") for name in names if name in self.hits.by_rule]
            if len(frames) > 1:
                frames = [pl.concat(frames).sort("n", "pos").unique("n", keep="first", maintain_order=True)]
            none = pl.DataFrame(schema={"n": pl.UInt32, "pos": pl.UInt64, "seg": TEXT, "rule": TEXT})
            self._first_lines[names] = frames[0] if frames else none
        return self._first_lines[names]


def _best(lines: list[pl.DataFrame], fields: list[str], pick: str) -> list[pl.DataFrame]:
    """Of the lines of several rules, one of each run and rule, those with the first, last, least or greatest value of
    their run."""
    if sum(frame.height > 0 for frame in lines) < 2:
        return lines
    by_place = {"first": "min", "last": "max"}
    parts = [
        pl.DataFrame(
            {"n": frame["n"], "by": frame["pos" if pick in by_place else of], "rule": full(index, frame.height)}
        )
        for index, (frame, of) in enumerate(zip(lines, fields, strict=True))
    ]
    candidates = pl.concat(parts, how="vertical_relaxed").sort("n", maintain_order=True)
    best = one_line(candidates, "by", by_place.get(pick, pick))
    return [
        frame.filter(frame["n"].is_in(best.filter(pl.col("rule") == index)["n"].implode()))
        for index, frame in enumerate(lines)
    ]
