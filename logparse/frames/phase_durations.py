"""Phases whose duration the log states: by a line (`Reported`), a progress bar (`Bar`) or a spinner (`Spinner`)."""

from __future__ import annotations

import polars as pl

from logparse.frames import evidence
from logparse.frames.phase_rows import Phases
from logparse.grammar import Bar, Reported, Spinner
from logparse.reading.match import Hits, lines_where
from logparse.schema import NUMBER, TEXT, TIME

FINISHED = 0.95
"""Share of a bar's total from which it counts as finished: finished bars stop at 149/150 or 75/78."""


def reported_phases(phase: Reported, hits: Hits, earlier: Phases) -> Phases | None:
    """The phases of a `Reported`; None where no run has one."""
    name, _, field = phase.of.partition(".")
    frame, rule = hits.get(name), hits.rules.get(name)
    if frame is None or rule is None or field not in frame.columns:
        return None
    frame = lines_where(frame, phase.where).filter(pl.col(field).is_not_null()).sort("pos")
    keys = ["n", phase.stage_field] if phase.stage_field else ["n"]
    if phase.pick in ("first", "last"):
        frame = frame.unique(keys, keep=phase.pick, maintain_order=True)  # type: ignore[arg-type]
    elif phase.pick == "max":
        frame = frame.sort(field, descending=True).unique(keys, keep="first", maintain_order=True).sort("pos")
    frame = earlier.numbered(frame)
    rows = frame.select(
        "id",
        "n",
        pl.col("pos").alias("begin_pos"),
        pl.col("pos").alias("end_pos"),
        pl.col(field).cast(NUMBER).alias("duration"),
        pl.lit("reported").alias("basis"),
        (pl.col(phase.stage_field) if phase.stage_field else pl.lit(phase.stage, TEXT)).alias("stage"),
        (pl.col("at") if "at" in frame.columns else pl.lit(None)).cast(TIME).alias("end_at"),
    )
    place = evidence.place(frame, field, rule)
    stated = Phases(rows, evidence.of_lines(frame, **place, number=frame[field], id=frame["id"], column="duration_s"))
    if phase.whole:
        return _with_sum(stated, earlier)
    return _subtracted(stated, phase.subtract, hits, earlier)


def _with_sum(stages: Phases, earlier: Phases) -> Phases:
    """The stages, and for each run the phase as their sum."""
    whole = stages.rows.group_by("n", maintain_order=True).agg(
        pl.col("begin_pos").min(), pl.col("end_pos").max(), pl.col("duration").sum(), pl.col("basis").first()
    )
    whole = earlier.numbered(whole, after=stages.rows.height)
    inputs = stages.evidence.drop("id").join(whole.select("n", "id"), on="n", how="left", maintain_order="left")
    inputs = evidence.rows(inputs, how="derived", formula="sum(duration)", input="duration")
    return Phases(pl.concat([stages.rows, whole], how="diagonal"), pl.concat([stages.evidence, inputs]))


def bar_phases(phase: Bar, hits: Hits, earlier: Phases) -> Phases | None:
    """The phases of a `Bar`; None where no run has one."""
    frame, rule = hits.get(phase.rule), hits.rules.get(phase.rule)
    if frame is None or rule is None:
        return None
    others = [r.name for r in hits.rules.values() if "running" in r.marked and r.name != rule.name]
    work = pl.concat([hits.by_rule[name]["pos"] for name in others]) if others else None
    frame = _last_of_bars(frame, work).filter(pl.col("done") >= FINISHED * pl.col("total"))
    if not frame.height:
        return None
    frame = earlier.numbered(frame)
    rows = frame.select(
        "id",
        "n",
        "begin_pos",
        pl.col("pos").alias("end_pos"),
        pl.col("elapsed").alias("duration"),
        pl.lit("bar").alias("basis"),
        pl.lit(phase.stage, TEXT).alias("stage"),
    )
    place = evidence.place(frame, "elapsed", rule)
    cited = evidence.of_lines(frame, **place, number=frame["elapsed"], id=frame["id"], column="duration_s")
    return _subtracted(Phases(rows, cited), phase.subtract, hits, earlier)


def _last_of_bars(frame: pl.DataFrame, work: pl.Series | None) -> pl.DataFrame:
    """The last drawing of each bar among lines with done, total, elapsed; `bar` numbers the bars of a run, `begin_pos`
    is the first drawing. `work` are the places of the lines of other work.

    A redraw never goes back in time; a new bar does, or has another total or epoch, or starts at 0, or goes on after
    the old one was full: later, or with work between. (An older drawing may follow the full one with the same time:
    `98%` after `100%`.)
    """
    keys = ["n", "tag"]
    done, total, elapsed = pl.col("done"), pl.col("total"), pl.col("elapsed")
    done_before, total_before, elapsed_before = (column.shift(1).over(keys) for column in (done, total, elapsed))
    frame = frame.sort("pos")
    went_on = elapsed > elapsed_before
    if work is not None:
        frame = frame.with_columns(pl.Series("running", work.sort().search_sorted(frame["pos"]), pl.Int64))
        went_on = went_on | ((done >= total) & (pl.col("running") > pl.col("running").shift(1).over(keys)))
    new = (
        (total != total_before)
        | (elapsed < elapsed_before)
        | ((done == 0) & (done_before > 0))
        | ((done_before >= total_before) & went_on)
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


def spinner_phases(phase: Spinner, hits: Hits, earlier: Phases) -> Phases | None:
    """The phases of a `Spinner`; None where no run has one."""
    frame, rule = hits.get(phase.rule), hits.rules.get(phase.rule)
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
    both = earlier.numbered(pl.concat([whole, stages.select(whole.columns)]))
    duration, number = pl.col("frames") * phase.seconds, pl.col("frames").cast(NUMBER)
    rows = both.select(
        "id",
        "n",
        "stage",
        "begin_pos",
        "end_pos",
        duration.alias("duration"),
        pl.lit("spinner").alias("basis"),
    )
    cited = evidence.rows(
        both.select("id", "n", "seg", pl.col("begin_pos").alias("pos"), number.alias("number")),
        column="duration_s",
        how="derived",
        formula=f"frames * {phase.seconds}",
        input="frames",
        rule=rule.name,
        reason="a lower bound: one frame is drawn after each interval",
    )
    return Phases(rows, cited)


# ---- what a stated duration contains and is subtracted ---- #


def _subtracted(stated: Phases, subtrahend: str | None, hits: Hits, earlier: Phases) -> Phases:
    """`stated` with the duration of a phase ("compile", "compile#1") or a field ("rule.field") subtracted where the run
    has it."""
    if subtrahend is None:
        return stated
    if "#" in subtrahend or "." in subtrahend:
        off, cited = _once_a_run(subtrahend, hits, earlier)
        joined = stated.rows.join(off, on="n", how="left", maintain_order="left")
    else:
        joined, cited = _latest_before(stated.rows, subtrahend, earlier), _cited(earlier)
    rows = joined.with_columns(
        (pl.col("duration") - pl.col("off").fill_null(0.0)).clip(lower_bound=0.0).alias("duration")
    )
    name = subtrahend.rpartition(".")[2].partition("#")[0]
    derived = {"how": "derived", "formula": f"max(whole - {name}, 0)"}
    taken = joined.filter(pl.col("off").is_not_null()).select("id", "n", "off_id", number="off")
    other = taken.join(cited, left_on="off_id", right_on="id", how="left", maintain_order="left")
    other = evidence.rows(other, column="duration_s", input=name, **derived)
    is_reduced = pl.col("id").is_in(taken["id"].implode())
    whole = {c: pl.when(is_reduced).then(pl.lit(v)).otherwise(c) for c, v in {**derived, "input": "whole"}.items()}
    return Phases(rows.drop("off", "off_id"), pl.concat([evidence.rows(stated.evidence, **whole), other]))


def _latest_before(rows: pl.DataFrame, phase: str, earlier: Phases) -> pl.DataFrame:
    """`rows` with off and off_id: the last row of `phase` that ended since the row before and that is not longer than
    the row."""
    inner = earlier.whole(phase).select(
        "n",
        pl.col("end_pos").alias("pos"),
        pl.col("end_pos").alias("inner_end"),
        pl.col("duration").alias("off"),
        pl.col("id").alias("off_id"),
    )
    ordered = rows.sort("end_pos").with_columns(
        pl.col("end_pos").alias("pos"), pl.col("end_pos").shift(1).over("n").alias("since")
    )
    joined = ordered.join_asof(inner.sort("pos"), on="pos", by="n", strategy="backward", check_sortedness=False)
    inside = (pl.col("inner_end") > pl.col("since")).fill_null(True) & (pl.col("off") <= pl.col("duration"))
    joined = joined.with_columns(pl.when(inside).then(c).alias(c) for c in ("off", "off_id"))
    return joined.sort("id").drop("pos", "since", "inner_end")


def _once_a_run(subtrahend: str, hits: Hits, earlier: Phases) -> tuple[pl.DataFrame, pl.DataFrame]:
    """n, off, off_id of what is subtracted, one row a run; and its location by id."""
    name, _, field = subtrahend.partition(".")
    frame, rule = hits.get(name), hits.rules.get(name)
    if frame is not None and rule is not None and field in frame.columns:
        frame = (
            frame.filter(pl.col(field).is_not_null())
            .sort("pos")
            .unique("n", keep="first", maintain_order=True)
            .with_row_index("id")
        )
        off = frame.select("n", pl.col(field).cast(NUMBER).alias("off"), pl.col("id").alias("off_id"))
        cited = evidence.of_lines(frame, **evidence.place(frame, field, rule), id=off["off_id"])
        return off, cited.drop("n", "number")
    phase, _, nth = subtrahend.partition("#")
    rows = earlier.whole(phase).sort("n", "begin_pos")
    rows = rows.filter(pl.int_range(pl.len()).over("n") == int(nth or 1) - 1)
    return rows.select("n", pl.col("duration").alias("off"), pl.col("id").alias("off_id")), _cited(earlier)


def _cited(earlier: Phases) -> pl.DataFrame:
    """By id the first evidence row of each phase."""
    return earlier.evidence.drop("n", "number").unique("id", keep="first")
