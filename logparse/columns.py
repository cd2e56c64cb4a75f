"""The columns of `runs`: a grammar's declarations in order, then what holds for all platforms, each value with its
evidence.

A `Sheet` has one row a run (`n`) and a column for each name that has been given a value so far: columns of `runs`, and
facts that only
formulas use. Of several declarations of one column the first that has a value for a run counts.
"""

from __future__ import annotations

import hashlib

import polars as pl

from logparse import formula as formulas
from logparse import proof
from logparse.grammar import Derive, Infer, Rule, Take
from logparse.match import Hits
from logparse.phases import Phases
from logparse.schema import FIELDS, INTEGER, NUMBER, RUNS, TEXT, TIME, field

PHASE_COLUMNS = ("queue_s", "compile_s", "load_s", "train_s", "eval_s", "checkpoint_s")
SETTINGS = (
    "sdk_version",
    "devices",
    "ranks",
    "batch_size",
    "micro_batch_size",
    "sequence_length",
    "learning_rate",
    "precision",
    "seed",
    "epochs",
    "steps",
)
"""Settings that, where known, make two runs repeats of one experiment."""


class Sheet:
    """Columns and facts of all runs of one grammar, with their evidence."""

    def __init__(self, runs: pl.DataFrame, hits: Hits, phases: Phases) -> None:
        self.hits, self.phases = hits, phases
        self.frame = runs.select("n").sort("n")
        self.evidence: list[pl.DataFrame] = []
        self.first: dict[str, pl.DataFrame] = {}
        """Column -> for each run the evidence row that formulas cite for it."""
        self._marks()
        for column in PHASE_COLUMNS:
            self._phase_sum(column)
        for declared in hits.grammar.columns:
            if isinstance(declared, Take):
                self._take(declared)
            elif isinstance(declared, Derive):
                self.derive(declared.column, declared.formula, declared.when)
            else:
                self._infer(declared)
        self._common()

    # ---- what a value needs ---- #

    def put(self, column: str, values: pl.DataFrame, evidence: pl.DataFrame) -> None:
        """Give `column` the `value` of each run in `values` (n, value) that has none yet, and keep its evidence."""
        dtype = RUNS.get(column) or (FIELDS[column].dtype if column in FIELDS else values["value"].dtype)
        values = values.filter(pl.col("value").is_not_null()).select("n", pl.col("value").cast(dtype, strict=False))
        values = values.filter(pl.col("value").is_not_null()).unique("n", keep="first", maintain_order=True)
        if column in self.frame.columns:
            taken = self.frame.filter(pl.col(column).is_not_null()).select("n")
            values = values.join(taken, on="n", how="anti", maintain_order="left")
            joined = self.frame.join(values, on="n", how="left", maintain_order="left")
            self.frame = joined.with_columns(pl.coalesce(column, "value").alias(column)).drop("value")
        else:
            self.frame = self.frame.join(values.rename({"value": column}), on="n", how="left", maintain_order="left")
        if not values.height:
            return
        kept = evidence.join(values.select("n"), on="n", how="semi", maintain_order="left").with_columns(
            pl.lit("runs").alias("frame"), pl.lit(column).alias("column")
        )
        first = kept.unique("n", keep="first", maintain_order=True)
        known = [self.first[column]] if column in self.first else []
        self.first[column] = pl.concat([*known, first])
        if column in RUNS:
            self.evidence.append(kept)

    def column(self, name: str) -> pl.Expr:
        """The column as formulas use it: a time is seconds since 1970; one that nothing gave is null."""
        if name.startswith("seen:"):
            return pl.col(name)
        dtype = self.frame.schema.get(name)
        if dtype is None:
            dtype = RUNS.get(name) or (FIELDS[name].dtype if name in FIELDS else NUMBER)
            return pl.lit(None, NUMBER if dtype == TIME else dtype)
        return proof.number(name, TIME) if dtype == TIME else pl.col(name)

    def where(self, formula: str | None) -> pl.DataFrame:
        """The runs for which `formula` is true; all where there is none."""
        if formula is None:
            return self.frame
        frame = self._counted(formula)
        return frame.filter(formulas.expression(formula, self.column).fill_null(False)).select(self.frame.columns)

    def _counted(self, formula: str) -> pl.DataFrame:
        """The sheet with a column `seen:rule` for each rule that `formula` counts."""
        frame = self.frame
        for rule in formulas.rules_seen(formula):
            hits = self.hits.get(rule)
            if hits is None:
                frame = frame.with_columns(pl.lit(0, pl.UInt32).alias(f"seen:{rule}"))
                continue
            counts = hits.group_by("n").agg(pl.len().alias(f"seen:{rule}"))
            frame = frame.join(counts, on="n", how="left", maintain_order="left").with_columns(
                pl.col(f"seen:{rule}").fill_null(0)
            )
        return frame

    # ---- the three declarations ---- #

    def _take(self, take: Take) -> None:
        for name in take.of.split("|"):
            rule_name, _, of = name.strip().partition(".")
            frame, rule = self.hits.get(rule_name), self.hits.rules.get(rule_name)
            if frame is None or rule is None or of not in frame.columns:
                continue
            for key, text in take.where.items():
                have = pl.col(f"{key}:text" if f"{key}:text" in frame.columns else key)
                frame = frame.filter(have == text) if key in frame.columns else frame.clear()
            if take.when is not None:
                frame = frame.join(self.where(take.when).select("n"), on="n", how="semi", maintain_order="left")
            if take.each_rank:
                frame = frame.filter(pl.col(of).is_not_null()).unique(["n", "tag"], keep="last", maintain_order=True)
            if frame[of].null_count() < frame.height:
                self._take_from(take, frame, rule, of)

    def _take_from(self, take: Take, frame: pl.DataFrame, rule: Rule, of: str) -> None:
        if take.pick in ("first", "last", "min", "max"):
            one = _one_line(frame, of, take.pick)
            value, dtype = pl.col(of), field(of).dtype
            places = proof.place(one, of, rule)
            if take.aliases:
                table = dict(self.hits.grammar.aliases[take.aliases])
                value = value.str.to_lowercase().replace_strict(list(table), list(table.values()), default=value)
            evidence = one.select("n", proof.number(of, dtype).alias("number"), *places)
            if take.how:
                evidence = evidence.with_columns(pl.lit(take.how).alias("how"))
            self.put(take.column, one.select("n", value.alias("value")), proof.rows(evidence))
            return
        frame = frame.filter(pl.col(of).is_not_null())
        number = proof.number(of, field(of).dtype)
        aggregates = {
            "sum": number.sum(),
            "mean": number.mean(),
            "median": number.median(),
            "count": pl.len().cast(NUMBER),
            "distinct": pl.col(of).n_unique().cast(NUMBER),
        }
        values = frame.group_by("n").agg(aggregates[take.pick].alias("value"))
        evidence = frame.select("n", *proof.place(frame, of, rule), number=number)
        if take.pick == "distinct":
            # One line for each different value is all it rests on; text is told apart by rank, as a formula knows only
            # numbers.
            evidence = frame.unique(["n", of], keep="first", maintain_order=True)
            evidence = evidence.select(
                "n", *proof.place(evidence, of, rule), number=pl.col(of).rank("dense").over("n").cast(NUMBER)
            )
        single = (
            evidence.filter(pl.len().over("n") == 1) if take.pick in ("sum", "mean", "median") else evidence.clear()
        )
        several = evidence.join(single.select("n"), on="n", how="anti", maintain_order="left").with_columns(
            pl.lit(take.how or "derived").alias("how"),
            pl.lit(f"{take.pick}({of.partition('@')[0]})").alias("formula"),
            pl.lit(of.partition("@")[0]).alias("input"),
        )
        self.put(take.column, values, pl.concat([proof.rows(single), proof.rows(several)]))

    def derive(self, column: str, formula: str, when: str | None = None, reason: str | None = None) -> None:
        """Give `column` the value of `formula` where all its inputs are known (and `when` is true)."""
        names = formulas.names(formula)
        if any(n not in self.frame.columns for n in names):
            return
        frame = self._counted(formula)
        if when is not None:
            frame = frame.join(self.where(when).select("n"), on="n", how="semi", maintain_order="left")
        frame = frame.filter(pl.all_horizontal(pl.col(n).is_not_null() for n in names)) if names else frame
        value = formulas.expression(formula, self.column).cast(NUMBER)
        if any(frame.schema[n] == TIME for n in names):
            value = value.round(6)  # seconds since 1970 hold no more
        dtype = RUNS.get(column) or (FIELDS[column].dtype if column in FIELDS else NUMBER)
        values = frame.select("n", value.alias("value")).filter(pl.col("value").is_finite())
        if dtype == INTEGER:
            near = pl.col("value").round()
            values = values.filter((pl.col("value") - near).abs() < 1e-6).with_columns(
                near.cast(INTEGER).alias("value")
            )
        if dtype == TIME:
            values = values.with_columns((pl.col("value") * 1e6).round().cast(pl.Int64).cast(TIME).alias("value"))
        parts = []
        for name in names:
            number = frame.select("n", proof.number(name, frame.schema[name]).alias("number"))
            if name in self.first:
                cited = self.first[name].drop("number", "formula", "how", "input")
                # Text stands for the number only where it was read as such.
                plain = pl.Series(self.first[name]["how"].is_in(["read", "converted", "estimate"]))
                cited = cited.with_columns(
                    pl.when(plain).then("text").alias("text"),
                    pl.when(plain).then("resolution").alias("resolution"),
                    pl.when(plain).then("reason").otherwise(pl.lit(f"the column {name}")).alias("reason"),
                )
                number = number.join(cited, on="n", how="left", maintain_order="left")
            parts.append(proof.rows(number, how="derived", formula=formula, input=name))
        for rule in formulas.rules_seen(formula):
            counted = frame.select("n", pl.col(f"seen:{rule}").cast(NUMBER).alias("number"))
            parts.append(proof.rows(counted, how="derived", formula=formula, input=f"seen:{rule}", rule=rule))
        if parts:
            evidence = pl.concat(parts)
            self.put(
                column, values, evidence if reason is None else evidence.with_columns(pl.lit(reason).alias("reason"))
            )

    def _infer(self, infer: Infer) -> None:
        names = [n.strip() for n in infer.because.split("|") if n.strip()]
        if not names:
            names = [r.name for r in self.hits.rules.values() if "telling" in r.marked]
        runs = self.where(infer.when).select("n")
        lines = [
            self.hits.by_rule[n]
            .select("n", "pos", "seg", pl.lit(n).alias("rule"))
            .unique("n", keep="first", maintain_order=True)
            for n in names
            if n in self.hits.by_rule
        ]
        if lines:
            seen = pl.concat(lines).sort("pos").unique("n", keep="first", maintain_order=True)
        else:
            seen = pl.DataFrame(schema={"n": pl.UInt32, "pos": pl.UInt64, "seg": TEXT, "rule": TEXT})
        runs = runs.join(seen, on="n", how="inner" if infer.because else "left", maintain_order="left")
        if not infer.because and infer.when is None:
            runs = runs.filter(pl.col("pos").is_not_null())
        reason = infer.reason or (
            f"follows from {infer.because or 'the form of its lines'}" + (f" and {infer.when}" if infer.when else "")
        )
        evidence = proof.rows(runs.with_columns(pl.col("seg").alias("text")), how="inferred", reason=reason)
        self.put(infer.column, runs.select("n", pl.lit(infer.value).alias("value")), evidence)

    # ---- what holds for all ---- #

    def _phase_sum(self, column: str) -> None:
        """`compile_s` and its like: the sum of the whole-phase rows."""
        rows = self.phases.rows.filter((pl.col("phase") == column.removesuffix("_s")) & pl.col("stage").is_null())
        if not rows.height:
            return
        values = rows.group_by("n").agg(pl.col("duration").sum().alias("value"))
        evidence = rows.select("id", "n", pl.col("duration").alias("number")).join(
            self.phases.evidence.drop("n", "number", "frame", "column"), on="id", how="left", maintain_order="left"
        )
        alone = pl.col("id").n_unique().over("n") == 1
        own = self.phases.evidence.filter(pl.col("id").is_in(rows["id"].implode()))
        single = own.join(evidence.filter(alone).select("n").unique(), on="n", how="semi", maintain_order="left")
        several = evidence.filter(~alone).unique("id", keep="first", maintain_order=True)
        read = pl.col("how").is_in(["read", "converted"])
        several = several.with_columns(
            pl.when(read).then("text").alias("text"),
            pl.when(read).then("resolution").alias("resolution"),
            pl.lit("derived").alias("how"),
            pl.lit("sum(duration)").alias("formula"),
            pl.lit("duration").alias("input"),
            pl.format("the phase {}", "key").alias("reason"),
            pl.lit(None, TEXT).alias("key"),
        )
        self.put(column, values, pl.concat([proof.rows(single, key=None), proof.rows(several)]))

    def _marks(self) -> None:
        """Facts for the status: where results, failures and work stand."""
        for mark, aggregate in (
            ("begin", "min"),
            ("result", "max"),
            ("failure", "max"),
            ("work", "max"),
            ("reopen", "max"),
            ("submission", "max"),
        ):
            frames = [
                self.hits.by_rule[r.name].select("n", "pos", "seg", pl.lit(r.name).alias("rule"))
                for r in self.hits.rules.values()
                if mark in r.marked
            ]
            name = f"_{mark}"
            if not frames:
                self.frame = self.frame.with_columns(pl.lit(None, pl.UInt64).alias(name))
                continue
            lines = (
                pl.concat(frames)
                .sort("pos")
                .unique("n", keep="first" if aggregate == "min" else "last", maintain_order=True)
            )
            self.frame = self.frame.join(
                lines.select("n", pl.col("pos").alias(name)), on="n", how="left", maintain_order="left"
            )
            self.first[name] = proof.rows(lines.with_columns(pl.col("seg").alias("text")), how="inferred")

    def _common(self) -> None:
        if self.hits.grammar.device_kind:
            self._infer(Infer("device_kind", self.hits.grammar.device_kind))
        self._stamps()
        self._status()
        self.derive("batch_size", "micro_batch_size * ranks")
        self.derive("samples", "steps * batch_size", when="task == 'train' or not known(task)")
        self._copy("accuracy", "score", "score_name == 'accuracy'")
        self._train_includes()
        self._steady()
        if "total_s" not in self.hits.grammar.absent:  # where its stamps are not those of the whole, a grammar says so
            self.derive(
                "total_s",
                "ended_at - started_at",
                when="(status == 'completed' or status == 'completed_with_errors') and known(_begin)",
            )
        self._unaccounted()
        self._group()

    def _copy(self, column: str, other: str, when: str) -> None:
        if other in self.frame.columns:
            runs = self.where(when)
            evidence = pl.concat(
                [e for e in self.evidence if e["column"][0] == other] or [proof.rows(self.frame.clear())]
            )
            self.put(column, runs.select("n", pl.col(other).alias("value")), evidence)

    def _stamps(self) -> None:
        """The first and the last stamp, in the order of the lines."""
        own = [r for r in self.hits.rules.values() if "at" in r.fields and self.hits.grammar.has(r.name)]
        lines = []
        for rule in own:
            stamped = self.hits.by_rule[rule.name]
            ends = pl.concat([_one_line(stamped, "at", k) for k in ("first", "last")])
            lines.append(ends.select("n", "at", *proof.place(ends, "at", rule)))
        if not lines:
            return
        stamps = pl.concat(lines).sort("pos").with_columns(proof.number("at", TIME).alias("number"))
        for column, keep in (("started_at", "first"), ("ended_at", "last")):
            one = stamps.unique("n", keep=keep, maintain_order=True)  # type: ignore[arg-type]
            self.put(column, one.select("n", pl.col("at").alias("value")), proof.rows(one.drop("at")))

    def _status(self) -> None:
        result, failure, work = pl.col("_result"), pl.col("_failure"), pl.col("_work")
        stands = result.is_not_null() & (pl.col("_reopen").is_null() | (pl.col("_reopen") < result))
        status = (
            pl.when(stands & (failure > result).fill_null(False))
            .then(pl.lit("completed_with_errors"))
            .when(stands)
            .then(pl.lit("completed"))
            .when(failure.is_not_null())
            .then(pl.lit("failed"))
            .when(pl.col("_submission").is_not_null() & work.is_null())
            .then(pl.lit("submitted"))
            .otherwise(pl.lit("incomplete"))
        )
        values = self.frame.select("n", status.alias("value"))
        because = {
            "completed": "_result",
            "completed_with_errors": "_failure",
            "failed": "_failure",
            "submitted": "_submission",
            "incomplete": "_work",
        }
        parts = []
        for name, mark in because.items():
            of = values.filter(pl.col("value") == name).select("n")
            if mark in self.first:
                of = of.join(self.first[mark], on="n", how="left", maintain_order="left")
            parts.append(proof.rows(of, how="inferred", reason=_STATUS[name]))
        self.put("status", values, pl.concat(parts))

    def _train_includes(self) -> None:
        """What lies within training and is part of its time: phases whose rows have `train` as their stage."""
        rows = self.phases.rows.filter((pl.col("stage") == "train") & (pl.col("phase") != "train"))
        if not rows.height:
            return
        values = rows.group_by("n").agg(pl.col("phase").unique().sort().str.join(", ").alias("value"))
        begins = self.phases.evidence.filter(pl.col("id").is_in(rows["id"].implode()) & (pl.col("input") == "begin"))
        lines = begins.select("n", "pos", "seg", "rule", pl.col("seg").alias("text"))
        self.put("train_includes", values, proof.rows(lines, how="inferred", reason="it begins and ends between two steps"))

    def _steady(self) -> None:
        """Work over the median interval of step lines, after the first ones."""
        for steady in self.hits.grammar.steady:
            frame, rule = self.hits.get(steady.rule), self.hits.rules.get(steady.rule)
            if (
                frame is None
                or rule is None
                or "batch_size" not in self.frame.columns
                or not {"at", "step"} <= set(frame.columns)
            ):
                continue
            columns = ["pos", "at", "step", "seg", "at:text", "step:text"]
            lines = frame.select("n", *columns).filter(pl.col("at").is_not_null() & pl.col("step").is_not_null())
            lines = self._looped(lines, steady.parted_by)
            pairs = lines.with_columns(
                pl.col(c).shift(1).over("n", "loop").alias(f"{c}<") for c in columns
            ).with_columns(
                (
                    (pl.col("at") - pl.col("at<")).dt.total_microseconds() / 1e6 / (pl.col("step") - pl.col("step<"))
                ).alias("interval"),
                pl.int_range(pl.len()).over("n").alias("nth"),
            )
            pairs = pairs.filter(
                (pl.col("step") > pl.col("step<")) & (pl.col("interval") > 0) & (pl.col("nth") > steady.warmup)
            )
            middle = (
                pairs.sort("n", "interval", "pos")
                .with_columns(pl.int_range(pl.len()).over("n").alias("rank"), pl.len().over("n").alias("of"))
                .filter((pl.col("rank") == pl.col("of") // 2) & (pl.col("of") >= 3))
                .join(
                    self.frame.filter(pl.col("batch_size").is_not_null()).select("n", "batch_size"),
                    on="n",
                    maintain_order="left",
                )
            )
            if not middle.height:
                continue
            values = middle.select("n", (pl.col("batch_size") / pl.col("interval")).alias("value"))
            made = {
                "how": "derived",
                "formula": "batch_size * (step_b - step_a) / (at_b - at_a)",
                "rule": rule.name,
                "reason": f"the median interval after the first {steady.warmup}",
            }
            parts = [
                proof.rows(
                    middle.select(
                        "n",
                        pos=f"pos{side}",
                        seg=f"seg{side}",
                        text=f"{name}:text{side}",
                        number=proof.number(f"{name}{side}", dtype),
                    ),
                    input=f"{name}_{end}",
                    field=name,
                    **made,
                )
                for end, side in (("a", "<"), ("b", ""))
                for name, dtype in (("at", TIME), ("step", INTEGER))
            ]
            cited = self.first["batch_size"].select("n", "pos", "seg", "rule", "field")
            batch = middle.select("n", pl.col("batch_size").cast(NUMBER).alias("number")).join(
                cited, on="n", how="left", maintain_order="left"
            )
            parts.append(proof.rows(batch, input="batch_size", **{k: v for k, v in made.items() if k != "rule"}))
            self.put("steady_throughput", values, pl.concat(parts))

    def _looped(self, lines: pl.DataFrame, parted_by: str) -> pl.DataFrame:
        """`lines` with `loop`: the place of the latest line of `parted_by` above; null where a run has but one."""
        parts = [h.select("n", "pos", pl.col("pos").alias("loop")) for name in parted_by.split("|") if (h := self.hits.get(name)) is not None]
        several = pl.concat(parts).filter(pl.len().over("n") > 1).sort("pos") if parts else None
        if several is None or not several.height:
            return lines.with_columns(pl.lit(None, pl.UInt64).alias("loop"))
        return lines.join_asof(several, on="pos", by="n", strategy="backward", check_sortedness=False)

    def _unaccounted(self) -> None:
        """The whole less all phases that are known."""
        if "total_s" not in self.frame.columns:
            return
        known = [c for c in PHASE_COLUMNS if c in self.frame.columns]
        if not known:
            return
        # One formula for each set of phases that a run has.
        held = self.frame.filter(pl.col("total_s").is_not_null()).select("n", *known)
        patterns = held.select(*(pl.col(c).is_not_null() for c in known)).unique().rows()
        for pattern in patterns:
            names = [c for c, there in zip(known, pattern, strict=True) if there]
            if names:
                when = " and ".join(f"known({c})" if c in names else f"not known({c})" for c in known)
                self.derive("unaccounted_s", f"max(total_s - {' - '.join(names)}, 0)", when=when)

    def _group(self) -> None:
        """Repeats of one experiment share it. Unknown is not equal, so the names of what is known go into the hash."""
        # A compiler says the same of the same binary: where shapes are not printed, its figure tells builds apart.
        build = ("on_chip_throughput",)
        have = [c for c in ("workload", "model", "dataset", "task", *SETTINGS, *build) if c in self.frame.columns]
        name = self.hits.grammar.name
        texts = self.frame.select(
            pl.concat_str(
                [pl.format(f"{c}={{}}", pl.col(c).cast(TEXT)) for c in have] or [pl.lit("")],
                separator="\n",
                ignore_nulls=True,
            ).alias("text")
        )["text"]
        ids = [hashlib.sha256(f"{name}\n{t}".encode()).hexdigest()[:12] for t in texts]
        values = self.frame.select("n", pl.Series("value", ids))
        reason = f"a hash of {', '.join(['platform', *have])}, as far as known"
        self.put("group", values, proof.rows(values.select("n"), how="inferred", reason=reason))


def _one_line(frame: pl.DataFrame, of: str, pick: str) -> pl.DataFrame:
    """The line of each run that holds the first, last, least or greatest value of `of`. Frames stand in the order of
    their lines."""
    lines = frame.select("n", pl.col(of).alias("of")).with_row_index("i").filter(pl.col("of").is_not_null())
    at = {
        "first": pl.col("i").first(),
        "last": pl.col("i").last(),
        "min": pl.col("i").get(pl.col("of").arg_min()),
        "max": pl.col("i").get(pl.col("of").arg_max()),
    }[pick]
    return frame[lines.group_by("n").agg(at)["i"].sort()]


_STATUS = {
    "completed": "the work reached its end and the result is there",
    "completed_with_errors": "the result is there; then something failed",
    "failed": "an error before any result",
    "submitted": "compiled or handed in only: the work itself is elsewhere",
    "incomplete": "the log stops before any result",
}


def absent(sheet: Sheet) -> pl.DataFrame:
    """An evidence row for each null cell of runs: why it is null."""
    frame = sheet.frame
    for column in RUNS:
        if column not in frame.columns:
            frame = frame.with_columns(pl.lit(None, RUNS[column]).alias(column))
    never = sheet.hits.grammar.absent
    parts = []
    for column in RUNS:
        if column in _NOT_JUDGED:
            continue
        empty = frame.filter(pl.col(column).is_null())
        if not empty.height:
            continue
        reason = pl.lit("not in this log")
        if column in never:
            reason = pl.lit(never[column])
        if column in _WORK:
            reason = (
                pl.when(pl.col("status") == "submitted")
                .then(pl.lit("no log: the work is in another log of the job"))
                .otherwise(reason)
            )
        if column == "compile_s":
            reason = (
                pl.when(pl.col("compile_cache") == "hit")
                .then(pl.lit("cached: the binary was found, not compiled"))
                .otherwise(reason)
            )
        for task, columns in _NOT_FOR_TASK.items():
            if column in columns:
                reason = pl.when(pl.col("task") == task).then(pl.lit(f"does not apply: {task}")).otherwise(reason)
        parts.append(proof.rows(empty.select("n", reason.alias("reason")), frame="runs", column=column, how="absent"))
    return pl.concat(parts) if parts else proof.rows(frame.clear().select("n"))


_NOT_JUDGED = {"run", "label", "source", "line_first", "line_last", "copies", "platform", "group", "status"}
_WORK = {
    "train_s",
    "eval_s",
    "checkpoint_s",
    "load_s",
    "startup_s",
    "throughput",
    "throughput_window",
    "steady_throughput",
    "token_throughput",
    "loss",
    "score",
    "score_name",
    "accuracy",
    "steps",
    "samples",
    "epochs",
    "latency_s",
    "on_chip_latency_s",
    "on_chip_throughput",
    "train_includes",
}
"""Columns that only the log of the work itself can fill."""
_NOT_FOR_TASK = {
    "train": {"latency_s", "on_chip_latency_s", "on_chip_throughput"},
    "inference": {
        "train_s",
        "checkpoint_s",
        "startup_s",
        "train_includes",
        "learning_rate",
        "epochs",
        "loss",
        "seed",
        "steps",
    },
    "compile": {"latency_s", "on_chip_latency_s", "on_chip_throughput"},
}
