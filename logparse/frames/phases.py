"""Phases: from a grammar's declarations and the lines it read to rows with a begin, an end and a duration.

Working rows: n, phase, stage, begin_pos, end_pos, begin_at, end_at, duration, basis, id (joins a row to its evidence).
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from logparse.frames import evidence as proof
from logparse.grammar import Bar, Phase, Reported, Span, Spinner
from logparse.reading.match import Hits
from logparse.schema import NUMBER, TEXT, TIME
from logparse.schema.build import make

_ROW: dict[str, pl.DataType] = {
    "id": pl.UInt32(),
    "n": pl.UInt32(),
    "phase": TEXT,
    "stage": TEXT,
    "begin_pos": pl.UInt64(),
    "end_pos": pl.UInt64(),
    "begin_at": TIME,
    "end_at": TIME,
    "duration": NUMBER,
    "basis": TEXT,
}
_FINISHED = 0.95
"""Share of a bar's total from which on it counts as run to its end: finished bars stop at 149/150 or 75/78."""


class Phases:
    """The phases of all runs of one grammar: `rows` and `evidence`, both keyed by `id`, then by `key`."""

    def __init__(self, hits: Hits) -> None:
        self.hits = hits
        self._count = 0
        self.rows = pl.DataFrame(schema=_ROW)
        self.evidence = pl.DataFrame(schema=proof.ROW)
        # Spans that cut others out come after these.
        for phase in sorted(hits.grammar.phases, key=lambda p: bool(getattr(p, "exclude", ()))):
            self._add(phase)
        self._key()

    def _add(self, phase: Phase) -> None:
        kinds: dict[type, Callable[..., tuple[pl.DataFrame, pl.DataFrame] | None]] = {
            Span: self._span,
            Reported: self._reported,
            Bar: self._bar,
            Spinner: self._spinner,
        }
        made = kinds[type(phase)](phase)
        if made is None:
            return
        rows, evidence = made
        have = {column.name: column for column in rows.get_columns()}
        given = {name: have.get(name) for name in _ROW} | {"phase": phase.phase}
        self.rows = pl.concat([self.rows, make(rows, _ROW, given)])
        self.evidence = pl.concat([self.evidence, proof.rows(evidence, frame="phases")])

    def hand_over(self) -> pl.DataFrame:
        """The evidence of all rows, which is no longer kept here."""
        evidence, self.evidence = self.evidence, self.evidence.clear()
        return evidence

    # ---- the four kinds ---- #

    def _span(self, span: Span) -> tuple[pl.DataFrame, pl.DataFrame] | None:
        begins, ends = self._lines(span.begin, span.stage_field, span.by), self._lines(span.end, None, span.by)
        if begins is None or ends is None:
            return None
        keys = ["n", "by"] if span.by else ["n"]
        if span.first:
            begins = _first_in_a_row(begins, ends, keys)
        begins = begins.sort("pos").with_columns(
            pl.col("pos").shift(-1).over(keys).fill_null(2**64 - 1).alias("next"), pl.col("pos").alias("begin_pos")
        )
        right = ends.sort("pos").select(
            *keys, "pos", *(pl.col(c).alias(f"end_{c}") for c in ("pos", "at", "seg", "rule", "text", "unit"))
        )
        if span.last:
            pairs = (
                begins.with_columns((pl.col("next") - 1).alias("until"))
                .sort("until")
                .join_asof(
                    right.rename({"pos": "until"}), on="until", by=keys, strategy="backward", check_sortedness=False
                )
            )
        else:
            pairs = begins.join_asof(
                right, on="pos", by=keys, strategy="forward", allow_exact_matches=False, check_sortedness=False
            )
        pairs = pairs.filter(
            (pl.col("end_pos") > pl.col("begin_pos"))
            & (pl.col("end_pos") <= pl.col("next"))
            & (pl.col("end_at") >= pl.col("at"))  # both are there, and the clock was not set back between them
        )
        pairs = self._numbered(pairs)
        if not pairs.height:
            return None
        pairs = self._within(pairs, span)
        exclude = bool(span.exclude)
        rows = pairs.select(
            "id",
            "n",
            "begin_pos",
            "end_pos",
            pl.col("at").alias("begin_at"),
            "end_at",
            # Exact to the microsecond, where seconds since 1970 are not; and no digits beyond, which would come and go
            # with how many rows are divided at once.
            ((pl.col("end_at") - pl.col("at")).dt.total_microseconds() / 1e6 - pl.col("within"))
            .round(6)
            .alias("duration"),
            pl.lit("timestamps").alias("basis"),
            (pl.col("stage") if span.stage_field else pl.lit(span.stage, TEXT)).alias("stage"),
        )
        rows = self._part_of(rows, span.inside)
        formula = "end - begin - within" if exclude else "end - begin"
        made = {"how": "derived", "formula": formula, "column": "duration_s", "field": "at"}
        parts = [
            proof.rows(
                pairs.drop("end_pos"),
                input="begin",
                number=proof.numbers(pairs["at"]),
                pos=pl.col("begin_pos"),
                **made,
            ),
            proof.rows(
                pairs.select(
                    "id",
                    "n",
                    "end_at",
                    pos="end_pos",
                    **{name: f"end_{name}" for name in ("seg", "rule", "text", "unit")},
                ),
                input="end",
                number=proof.numbers(pairs["end_at"]),
                **made,
            ),
        ]
        if exclude:
            parts.append(
                proof.rows(
                    pairs.select("id", "n", pl.col("begin_pos").alias("pos"), pl.col("within").alias("number")),
                    input="within",
                    reason=f"time of {', '.join(span.exclude)} inside it",
                    **{**made, "field": None},
                )
            )
        return rows, pl.concat(parts)

    def _part_of(self, rows: pl.DataFrame, phases: tuple[str, ...]) -> pl.DataFrame:
        """`rows`, with the name of the phase as stage where one lies within a whole row of one of `phases`."""
        outer = self.rows.filter(pl.col("phase").is_in(phases) & pl.col("stage").is_null())
        if not outer.height:
            return rows
        around = outer.select(
            "n", pl.col("begin_pos").alias("pos"), pl.col("end_pos").alias("outer_end"), pl.col("phase").alias("outer")
        )
        held = rows.with_columns(pl.col("begin_pos").alias("pos")).sort("pos").join_asof(
            around.sort("pos"), on="pos", by="n", strategy="backward", check_sortedness=False
        )  # fmt: skip
        stage = pl.coalesce("stage", pl.when(pl.col("end_pos") < pl.col("outer_end")).then("outer"))
        return held.with_columns(stage.alias("stage")).sort("id").select(rows.columns)

    def _within(self, pairs: pl.DataFrame, span: Span) -> pl.DataFrame:
        """`within`: seconds of the phases that the span cuts out and that lie in it."""
        inner = self.rows.filter(pl.col("phase").is_in(span.exclude) & pl.col("stage").is_null()).select(
            "n", pl.col("begin_pos").alias("pos"), pl.col("end_pos").alias("inner_end"), "duration"
        )
        if not inner.height:
            return pairs.with_columns(pl.lit(0.0).alias("within"))
        held = (
            inner.sort("pos")
            .join_asof(
                pairs.select("n", "id", "end_pos", pl.col("begin_pos").alias("pos")).sort("pos"),
                on="pos",
                by="n",
                strategy="backward",
                check_sortedness=False,
            )
            .filter(pl.col("inner_end") <= pl.col("end_pos"))
        )
        sums = held.group_by("id").agg(pl.col("duration").sum().round(6).alias("within"))
        return pairs.join(sums, on="id", how="left", maintain_order="left").with_columns(
            pl.col("within").fill_null(0.0)
        )

    def _reported(self, phase: Reported) -> tuple[pl.DataFrame, pl.DataFrame] | None:
        name, _, field = phase.of.partition(".")
        frame, rule = self.hits.get(name), self.hits.rules.get(name)
        if frame is None or rule is None or field not in frame.columns:
            return None
        frame = frame.filter(pl.col(field).is_not_null()).sort("pos")
        keys = ["n", phase.stage_field] if phase.stage_field else ["n"]
        if phase.pick in ("first", "last"):
            frame = frame.unique(keys, keep=phase.pick, maintain_order=True)  # type: ignore[arg-type]
        elif phase.pick == "max":
            frame = frame.sort(field, descending=True).unique(keys, keep="first", maintain_order=True).sort("pos")
        frame = self._numbered(frame)
        duration = pl.col(field).cast(NUMBER)
        stage = pl.col(phase.stage_field) if phase.stage_field else pl.lit(phase.stage, TEXT)
        rows = frame.select(
            "id",
            "n",
            pl.col("pos").alias("begin_pos"),
            pl.col("pos").alias("end_pos"),
            duration.alias("duration"),
            pl.lit("reported").alias("basis"),
            stage.alias("stage"),
            (pl.col("at") if "at" in frame.columns else pl.lit(None)).cast(TIME).alias("end_at"),
        )
        read = proof.of_lines(frame, **proof.place(frame, field, rule), number=frame[field], id=frame["id"])
        if phase.whole:
            return self._with_sum(rows, read)
        return self._subtract(rows, read, phase.subtract, field)

    def _with_sum(self, rows: pl.DataFrame, read: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The stages, and for each run the phase as their sum."""
        evidence = proof.rows(read, column="duration_s")
        whole = rows.group_by("n", maintain_order=True).agg(
            pl.col("begin_pos").min(), pl.col("end_pos").max(), pl.col("duration").sum(), pl.col("basis").first()
        )
        whole = self._numbered(whole)
        inputs = evidence.drop("id").join(whole.select("n", "id"), on="n", how="left", maintain_order="left")
        inputs = proof.rows(inputs, how="derived", formula="sum(duration)", input="duration")
        return pl.concat([rows, whole], how="diagonal"), pl.concat([evidence, inputs])

    def _bar(self, phase: Bar) -> tuple[pl.DataFrame, pl.DataFrame] | None:
        frame, rule = self.hits.get(phase.rule), self.hits.rules.get(phase.rule)
        if frame is None or rule is None:
            return None
        others = [r.name for r in self.hits.rules.values() if "running" in r.marked and r.name != rule.name]
        work = pl.concat([self.hits.by_rule[name]["pos"] for name in others]) if others else None
        frame = last_of_bars(frame, work).filter(pl.col("done") >= _FINISHED * pl.col("total"))
        if not frame.height:
            return None
        frame = self._numbered(frame)
        rows = frame.select(
            "id",
            "n",
            "begin_pos",
            pl.col("pos").alias("end_pos"),
            pl.col("elapsed").alias("duration"),
            pl.lit("bar").alias("basis"),
            pl.lit(phase.stage, TEXT).alias("stage"),
        )
        place = proof.place(frame, "elapsed", rule)
        read = proof.of_lines(frame, **place, number=frame["elapsed"], id=frame["id"])
        return self._subtract(rows, read, phase.subtract, "elapsed")

    def _spinner(self, phase: Spinner) -> tuple[pl.DataFrame, pl.DataFrame] | None:
        frame, rule = self.hits.get(phase.rule), self.hits.rules.get(phase.rule)
        if frame is None or rule is None:
            return None
        stages = (
            frame.group_by("n", pl.col(phase.stage_field).alias("stage"), maintain_order=True)
            .agg(
                pl.col("pos").sort().slice(phase.subtract).min().alias("begin_pos"),
                pl.col("pos").max().alias("end_pos"),
                (pl.len().cast(pl.Int64) - phase.subtract).alias("frames"),
                pl.col("seg").last(),
            )
            .filter(pl.col("frames") > 0)
        )
        if not stages.height:
            return None
        whole = stages.group_by("n", maintain_order=True).agg(
            pl.lit(None, TEXT).alias("stage"),
            pl.col("begin_pos").min(),
            pl.col("end_pos").max(),
            pl.col("frames").sum(),
            pl.col("seg").first(),
        )
        both = self._numbered(pl.concat([whole, stages.select(whole.columns)]))
        rows = both.select(
            "id",
            "n",
            "stage",
            "begin_pos",
            "end_pos",
            (pl.col("frames") * phase.seconds).alias("duration"),
            pl.lit("spinner").alias("basis"),
        )
        evidence = proof.rows(
            both.select(
                "id", "n", "seg", pl.col("begin_pos").alias("pos"), pl.col("frames").cast(NUMBER).alias("number")
            ),
            column="duration_s",
            how="derived",
            formula=f"frames * {phase.seconds}",
            input="frames",
            rule=rule.name,
            reason="a lower bound: one frame is drawn after each interval",
        )
        return rows, evidence

    # ---- helpers ---- #

    def _numbered(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`rows` with an `id` that no others have."""
        first, self._count = self._count, self._count + rows.height
        return rows.with_row_index("id", offset=first)

    def _subtract(
        self, rows: pl.DataFrame, read: pl.DataFrame, subtract: str | None, field: str
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Rows and their evidence, with the phase or figure `subtract` taken off where the run has it."""
        evidence = proof.rows(read, column="duration_s")
        if subtract is None:
            return rows, evidence
        if "#" in subtract or "." in subtract:
            off, cited = self._off(subtract)
            joined = rows.join(off, on="n", how="left", maintain_order="left")
        else:
            joined, cited = self._held(rows, subtract)
        rows = joined.with_columns(
            (pl.col("duration") - pl.col("off").fill_null(0.0)).clip(lower_bound=0.0).alias("duration")
        )
        name = subtract.rpartition(".")[2].partition("#")[0]
        taken = joined.filter(pl.col("off").is_not_null()).select("id", "n", "off_id", number="off")
        other = taken.join(cited, left_on="off_id", right_on="id", how="left", maintain_order="left")
        other = proof.rows(other, column="duration_s", how="derived", formula=f"max(whole - {name}, 0)", input=name)
        has = pl.col("id").is_in(taken["id"].implode())
        derived = {"how": "derived", "formula": f"max(whole - {name}, 0)", "input": "whole"}
        evidence = proof.rows(evidence, **{c: pl.when(has).then(pl.lit(v)).otherwise(c) for c, v in derived.items()})
        return rows.select(*(c for c in rows.columns if c not in ("off", "off_id"))), pl.concat([evidence, other])

    def _held(self, rows: pl.DataFrame, subtract: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """`rows` with off and off_id: the last row of the phase `subtract` that ended since the row before and that
        is not longer than the row."""
        inner = self.rows.filter((pl.col("phase") == subtract) & pl.col("stage").is_null()).select(
            "n",
            pl.col("end_pos").alias("pos"),
            pl.col("end_pos").alias("inner_end"),
            pl.col("duration").alias("off"),
            pl.col("id").alias("off_id"),
        )
        ordered = rows.sort("end_pos").with_columns(
            pl.col("end_pos").alias("pos"), pl.col("end_pos").shift(1).over("n").alias("since")
        )
        held = ordered.join_asof(inner.sort("pos"), on="pos", by="n", strategy="backward", check_sortedness=False)
        inside = (pl.col("inner_end") > pl.col("since")).fill_null(True) & (pl.col("off") <= pl.col("duration"))
        held = held.with_columns(pl.when(inside).then(c).alias(c) for c in ("off", "off_id")).sort("id")
        return held.drop("pos", "since", "inner_end"), self.evidence.drop("n", "number").unique("id", keep="first")

    def _off(self, subtract: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What is taken off: n, off, off_id; and by id where it stands. `subtract` is a phase ("compile#1") or a field
        ("rule.field")."""
        name, _, of = subtract.partition(".")
        frame, rule = self.hits.get(name), self.hits.rules.get(name)
        if frame is not None and rule is not None and of in frame.columns:
            frame = (
                frame.filter(pl.col(of).is_not_null())
                .sort("pos")
                .unique("n", keep="first", maintain_order=True)
                .with_row_index("id")
            )
            off = frame.select("n", pl.col(of).cast(NUMBER).alias("off"), pl.col("id").alias("off_id"))
            cited = proof.of_lines(frame, **proof.place(frame, of, rule), id=off["off_id"])
            return off, cited.drop("n", "number")
        off = self._nth(subtract).select("n", pl.col("duration").alias("off"), pl.col("id").alias("off_id"))
        return off, self.evidence.drop("n", "number").unique("id", keep="first")

    def _nth(self, key: str) -> pl.DataFrame:
        """The whole-phase row "compile#1" of each run that has it."""
        phase, _, nth = key.partition("#")
        rows = self.rows.filter((pl.col("phase") == phase) & pl.col("stage").is_null()).sort("n", "begin_pos")
        return rows.filter(pl.int_range(pl.len()).over("n") == int(nth or 1) - 1)

    def _lines(self, names: str, stage_field: str | None, by: str | None) -> pl.DataFrame | None:
        """n, pos, at, seg, rule, text and unit (of `at`), stage, by of the lines of several rules."""
        frames = []
        for name in names.split("|"):
            frame, rule = self.hits.get(name.strip()), self.hits.rules.get(name.strip())
            if frame is None or rule is None or "at" not in frame.columns:
                continue
            lines = frame.select(
                "n",
                "pos",
                "at",
                "seg",
                pl.lit(rule.name).alias("rule"),
                pl.col("at:text").alias("text"),
                pl.lit(next(iter(proof.units(rule, "at")), None), TEXT).alias("unit"),
                (pl.col(stage_field) if stage_field in frame.columns else pl.lit(None)).cast(TEXT).alias("stage"),
                _by(frame, by).cast(TEXT).alias("by"),
            )
            frames.append(lines)
        return pl.concat(frames) if frames else None

    def _key(self) -> None:
        """Number the rows of each run: `compile#1`, `compile/Code generation#2`."""
        rows = self.rows.sort("n", "begin_pos", "id")
        nth = (pl.int_range(pl.len()) + 1).over("n", "phase", "stage")
        name = pl.when(pl.col("stage").is_null()).then("phase").otherwise(pl.format("{}/{}", "phase", "stage"))
        self.rows = rows.with_columns(pl.format("{}#{}", name, nth).alias("key"))
        of = self.evidence.select("id").join(self.rows.select("id", "key"), on="id", how="left", maintain_order="left")
        self.evidence = self.evidence.with_columns(of["key"])


def _first_in_a_row(begins: pl.DataFrame, ends: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Of the lines of `begins` that no line of `ends` parts from one another the first."""
    above = ends.select(*keys, "pos", pl.col("pos").alias("above")).sort("pos")
    told = begins.sort("pos").join_asof(above, on="pos", by=keys, strategy="backward", check_sortedness=False)
    return told.unique([*keys, "above"], keep="first", maintain_order=True).drop("above")


def _by(frame: pl.DataFrame, by: str | None) -> pl.Expr:
    if by is None:
        return pl.lit(None)
    if by == "rank":
        return pl.coalesce("rank", "tag") if "rank" in frame.columns else pl.col("tag")
    return pl.col(by) if by in frame.columns else pl.lit(None)


def last_of_bars(frame: pl.DataFrame, work: pl.Series | None = None) -> pl.DataFrame:
    """The last redraw of each progress bar among lines with done, total and elapsed. `bar` numbers the bars of a run,
    `begin_pos` is the position of the first redraw. `work`: positions of other lines that are marked `running`.

    A redraw never goes back in time. A new bar does; or it has another total or epoch, starts at 0, or continues after
    the old one was complete, at a later time or with other work between. (An older redraw may follow the complete one
    with the same time: `98%` after `100%`.)
    """
    keys = ["n", "tag"]
    done, total, elapsed = pl.col("done"), pl.col("total"), pl.col("elapsed")
    before = [c.shift(1).over(keys) for c in (done, total, elapsed)]
    frame = frame.sort("pos")
    if work is not None:
        frame = frame.with_columns(pl.Series("work", work.sort().search_sorted(frame["pos"]), pl.Int64))
    went_on = elapsed > before[2]
    if work is not None:
        went_on = went_on | ((done >= total) & (pl.col("work") > pl.col("work").shift(1).over(keys)))
    new = (
        (total != before[1])
        | (elapsed < before[2])
        | ((done == 0) & (before[0] > 0))
        | ((before[0] >= before[1]) & went_on)
    )
    if "epoch" in frame.columns:
        new = new | (pl.col("epoch") != pl.col("epoch").shift(1).over(keys)).fill_null(False)
    numbered = frame.with_columns(new.fill_null(True).cum_sum().over(keys).alias("bar"))
    return (
        numbered.with_columns(pl.col("pos").min().over(*keys, "bar").alias("begin_pos"))
        .sort("elapsed", "done", "pos")
        .unique([*keys, "bar"], keep="last", maintain_order=True)
        .sort("pos")
    )
