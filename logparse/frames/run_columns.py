"""The columns of `runs`: a grammar's declarations in order, each value with its evidence.

A `Sheet` has one row a run and a column for each name that has been given a value so far: columns of `runs`, and facts
that only formulas use. Of several declarations of one column the first that has a value for a run counts.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from logparse.frames import evidence as proof
from logparse.grammar import Derive, Infer, Rule, Take
from logparse.grammar import formula as formulas
from logparse.reading.match import Hits, one_line
from logparse.schema import FIELDS, INTEGER, NUMBER, RUNS, TEXT, TIME, field
from logparse.schema.build import full


def dtype_of(column: str) -> pl.DataType | None:
    """The type of a column of `runs` or of a word of the vocabulary; None for a fact of the grammar's own."""
    return RUNS.get(column) or (FIELDS[column].dtype if column in FIELDS else None)


class Sheet:
    """Columns and facts of all runs of one grammar, with their evidence."""

    def __init__(self, runs: pl.DataFrame, hits: Hits) -> None:
        self.hits = hits
        self.n = runs["n"].sort()
        # A run's place in the columns, by its number.
        self._slot = pl.zeros(int(self.n[-1]) + 1, pl.UInt32, eager=True).scatter(
            self.n, pl.int_range(self.n.len(), dtype=pl.UInt32, eager=True)
        )
        self._columns: dict[str, pl.Series] = {}
        self._proofs: dict[str, list[pl.DataFrame]] = {}
        self._cited: dict[str, pl.DataFrame] = {}
        self._first_lines: dict[tuple[str, ...], pl.DataFrame] = {}
        self._lines: dict[tuple[str, str], pl.DataFrame] = {}
        self._counts: dict[str, pl.Series] = {}

    # ---- what a value needs ---- #

    @property
    def frame(self) -> pl.DataFrame:
        """n, and all columns and facts so far."""
        return pl.DataFrame({"n": self.n, **self._columns})

    def _with(self, formulas_: Iterable[str | None]) -> pl.DataFrame:
        """n, and the columns that these formulas name, as far as they are there."""
        names = {name for formula in formulas_ if formula for name in formulas.names(formula)}
        return pl.DataFrame({"n": self.n, **{k: v for k, v in self._columns.items() if k in names}})

    def has(self, column: str) -> bool:
        """Whether any run has been given a value for `column`."""
        return column in self._columns

    def fact(self, column: str, values: pl.DataFrame) -> None:
        """A fact of the engine's own (n, value), that no formula with evidence cites."""
        self.put(column, values, pl.DataFrame(schema=proof.ROW))

    def put(self, column: str, values: pl.DataFrame, evidence: pl.DataFrame) -> None:
        """Give `column` the `value` of each run in `values` (n, value; each n once) that has none yet; keep its
        evidence (rows as `proof.ROW`)."""
        value = values["value"]
        dtype = dtype_of(column) or value.dtype
        if value.dtype != dtype:
            value = value.cast(dtype, strict=False)
        slots = self._slot[values["n"]]
        have = self._columns.get(column)
        if value.null_count():
            there = value.is_not_null()
            slots, value = slots.filter(there), value.filter(there)
        if have is not None and have.null_count() < have.len():
            open_ = have[slots].is_null()
            slots, value = slots.filter(open_), value.filter(open_)
        if not value.len():
            return
        self._columns[column] = (full(None, self.n.len(), dtype) if have is None else have).scatter(slots, value)
        if not evidence.height:
            return
        if value.len() < self.n.len():
            won = full(False, self.n.len()).scatter(slots, True)
            backed = won[self._slot[evidence["n"]]]
            evidence = evidence if backed.all() else evidence.filter(backed)
        self._proofs.setdefault(column, []).append(evidence)
        self._cited.pop(column, None)

    def cited(self, column: str) -> pl.DataFrame:
        """For each run the evidence row that formulas cite for `column`, by `n`."""
        if column not in self._cited:
            cited = self.proofs(column)
            n = cited["n"]
            if not (n[1:] > n[:-1]).all():  # else they are in order, and one a run: most are
                cited = cited.unique("n", keep="first", maintain_order=True).sort("n")
            self._cited[column] = cited
        return self._cited[column]

    def proofs(self, column: str) -> pl.DataFrame:
        """All evidence rows of `column`."""
        parts = self._proofs.get(column, [])
        return parts[0] if len(parts) == 1 else pl.concat(parts) if parts else pl.DataFrame(schema=proof.ROW)

    def hand_over(self) -> pl.DataFrame:
        """The evidence of all columns of `runs`, which is no longer kept here."""
        self._cited.clear()
        parts = [
            proof.rows(pl.concat(self._proofs.pop(column)), frame="runs", column=column)
            for column in list(self._proofs)
            if column in RUNS
        ]
        return pl.concat(parts) if parts else pl.DataFrame(schema=proof.ROW)

    def column(self, name: str) -> pl.Expr:
        """The column as formulas use it: a time is seconds since 1970; one that nothing gave is null."""
        if name.startswith("seen:"):
            return pl.col(name)
        if name not in self._columns:
            dtype = dtype_of(name) or NUMBER
            return pl.lit(None, NUMBER if dtype == TIME else dtype)
        return proof.number(name, TIME) if self._columns[name].dtype == TIME else pl.col(name)

    def where(self, formula: str | None, *used: str) -> pl.DataFrame:
        """The runs for which `formula` is true (all where there is none), with the columns that it and the formulas
        `used` name."""
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
        """Follow one declaration of the grammar; not where each run has its value already."""
        have = self._columns.get(declared.column)
        if have is not None and not have.null_count():
            return
        if isinstance(declared, Take):
            self.take(declared)
        elif isinstance(declared, Derive):
            self.derive(declared.column, declared.formula, declared.when)
        else:
            self.infer(declared)

    def take(self, take: Take) -> None:
        """A column from a captured field."""
        for name in take.of.split("|"):
            rule_name, _, of = name.strip().partition(".")
            frame, rule = self.hits.get(rule_name), self.hits.rules.get(rule_name)
            if frame is None or rule is None or of not in frame.columns:
                continue
            for key, text in take.where.items():
                have = pl.col(f"{key}:text" if f"{key}:text" in frame.columns else key)
                frame = frame.filter(have == text) if key in frame.columns else frame.clear()
            if take.when is not None:
                frame = frame.filter(frame["n"].is_in(self.where(take.when)["n"].implode()))
            if take.last_per_rank:
                frame = frame.filter(pl.col(of).is_not_null()).unique(["n", "tag"], keep="last", maintain_order=True)
            if frame[of].null_count() < frame.height:
                if take.pick in ("first", "last", "min", "max"):
                    self._take_one(take, frame, rule, of)
                else:
                    self._take_all(take, frame, rule, of)

    def _take_one(self, take: Take, frame: pl.DataFrame, rule: Rule, of: str) -> None:
        """The value of one line of each run."""
        one = one_line(frame, of, take.pick)
        value = one[of]
        if take.aliases:
            table = dict(self.hits.grammar.aliases[take.aliases])
            value = value.str.to_lowercase().replace_strict(list(table), list(table.values()), default=value)
        place = proof.place(one, of, rule)
        how = take.how or place["how"]
        evidence = proof.of_lines(one, **{**place, "how": how}, number=proof.numbers(one[of]))
        self.put(take.column, pl.DataFrame([one["n"], value.alias("value")]), evidence)

    def _take_all(self, take: Take, frame: pl.DataFrame, rule: Rule, of: str) -> None:
        """A value derived from all lines of each run."""
        frame = frame.filter(pl.col(of).is_not_null())
        number = proof.number(of, field(of).dtype)
        aggregates = {
            # Which digits come behind these hangs on the order of adding.
            "sum": number.sum().round_sig_figs(12),
            "mean": number.mean().round_sig_figs(12),
            "median": number.median(),
            "count": pl.len().cast(NUMBER),
            "distinct": pl.col(of).n_unique().cast(NUMBER),
        }
        values = frame.group_by("n").agg(aggregates[take.pick].alias("value"))
        if take.pick == "distinct":
            # One line for each different value is all it rests on; text is told apart by rank, as a formula knows only
            # numbers.
            frame = frame.unique(["n", of], keep="first", maintain_order=True)
            number = pl.col(of).rank("dense").over("n").cast(NUMBER)
        evidence = proof.of_lines(frame, **proof.place(frame, of, rule), number=number)
        word = of.partition("@")[0]
        # The sum or mean of one line is what that line says.
        alone = (pl.len().over("n") == 1) if take.pick in ("sum", "mean", "median") else pl.lit(False)
        derived = {"how": take.how or "derived", "formula": f"{take.pick}({word})", "input": word}
        evidence = proof.rows(
            evidence, **{name: pl.when(alone).then(name).otherwise(pl.lit(text)) for name, text in derived.items()}
        )
        self.put(take.column, values, evidence)

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
            value = value.round(6)  # seconds since 1970 hold no more
        values = frame.select("n", value.alias("value")).filter(pl.col("value").is_finite())
        dtype = dtype_of(column) or NUMBER
        if dtype == INTEGER:
            near = pl.col("value").round()
            values = values.filter((pl.col("value") - near).abs() < 1e-6).with_columns(near.cast(INTEGER))
        if dtype == TIME:
            values = values.with_columns((pl.col("value") * 1e6).round().cast(pl.Int64).cast(TIME))
        made = {"how": "derived", "formula": formula}
        parts = [self._input(frame, name, made) for name in names]
        for rule in formulas.rules_seen(formula):
            seen = f"seen:{rule}"
            parts.append(proof.of_lines(frame, **made, number=pl.col(seen).cast(NUMBER), input=seen, rule=rule))
        if parts:
            self.put(column, values, pl.concat(parts))

    def _input(self, frame: pl.DataFrame, name: str, made: dict[str, str]) -> pl.DataFrame:
        """Evidence rows for one input of a formula: its number, and where that stands."""
        cited = self.cited(name)
        if not cited["n"].equals(frame["n"]):
            cited = frame.select("n").join(cited, on="n", how="left", maintain_order="left")
        return proof.rows(cited, **made, number=proof.numbers(frame[name]), input=name, was=cited["how"])

    def infer(self, infer: Infer) -> None:
        """A column that follows from lines being there."""
        names = [n.strip() for n in infer.because.split("|") if n.strip()]
        if not names:
            names = [r.name for r in self.hits.rules.values() if "identifies_platform" in r.marked]
        runs = self._first_of(tuple(names))
        if infer.when is not None:
            held = self.where(infer.when).select("n")
            runs = held.join(runs, on="n", how="inner" if infer.because else "left", maintain_order="left")
        if not runs.height:
            return
        reason = infer.reason or (
            f"follows from {infer.because or 'the form of its lines'}" + (f" and {infer.when}" if infer.when else "")
        )
        evidence = proof.rows(runs, how="inferred", reason=reason)
        self.put(infer.column, pl.DataFrame([runs["n"], full(infer.value, runs.height).alias("value")]), evidence)

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
