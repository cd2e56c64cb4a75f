"""Phases whose duration the log states: by a line (`Reported`), a progress bar (`Bar`) or a spinner (`Spinner`)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from logparse.frames import evidence
from logparse.frames.evidence import Row
from logparse.frames.lines import AllLines, Lines, Place, is_better
from logparse.frames.phase_rows import Phase, Phases, by_run
from logparse.grammar import Bar, Reported, Spinner

FINISHED = 0.95
"""Share of a bar's total from which it counts as finished: finished bars stop at 149/150 or 75/78."""


def reported_phases(phase: Reported, lines: AllLines, earlier: Phases) -> Phases | None:
    """The phases of a `Reported`; None where no run has one."""
    name, _, field = phase.of.partition(".")
    stating = lines.get(name)
    if stating is None or field not in stating:
        return None
    n, pos, values = stating["n"], stating["pos"], stating[field]
    stages, ends = stating.get(phase.stage_field or ""), stating.get("at")
    indices = [i for i in stating.where(phase.where) if values[i] is not None]
    if phase.pick != "all":
        best: dict[tuple[int, str | None], int] = {}
        for i in indices:
            at = best.get((n[i], stages[i]))
            if at is None or phase.pick == "last" or is_better(values[i], values[at], phase.pick):
                best[n[i], stages[i]] = i
        indices = sorted(best.values())
    first = earlier.next_id()
    rows = [
        Phase(
            first + k, n[i], pos[i], pos[i], float(values[i]), "reported",
            stages[i] if phase.stage_field else phase.stage, end_at=ends[i],
        )
        for k, i in enumerate(indices)
    ]  # fmt: skip
    if not rows:
        return None
    stated = Phases(rows, _cited(rows, evidence.of_values(stating, field, indices)))
    if phase.whole:
        return _with_sum(stated)
    return _subtracted(stated, phase.subtract, lines, earlier)


def _cited(rows: Sequence[Phase], cited: Sequence[Row]) -> list[Row]:
    """The evidence of the durations of `rows`, from a row for each."""
    return [{**of, "id": row.id, "column": "duration_s"} for row, of in zip(rows, cited, strict=True)]


def _with_sum(stages: Phases) -> Phases:
    """The stages, and for each run the phase as their sum."""
    whole: dict[int, Phase] = {}
    for row in stages.rows:
        if row.n not in whole:
            id = stages.rows[-1].id + 1 + len(whole)
            whole[row.n] = Phase(id, row.n, row.begin_pos, row.end_pos, row.duration, row.basis)
            continue
        of_run = whole[row.n]
        of_run.begin_pos = min(of_run.begin_pos, row.begin_pos)
        of_run.end_pos = max(of_run.end_pos, row.end_pos)
        of_run.duration += row.duration
    derived: Row = {"how": "derived", "formula": "sum(duration)", "input": "duration"}
    inputs: list[Row] = [{**row, "id": whole[row["n"]].id, **derived} for row in stages.evidence]
    return Phases([*stages.rows, *whole.values()], [*stages.evidence, *inputs])


def bar_phases(phase: Bar, lines: AllLines, earlier: Phases) -> Phases | None:
    """The phases of a `Bar`; None where no run has one."""
    drawn = lines.get(phase.rule)
    if drawn is None:
        return None
    others = [other.frame["pos"] for other in lines.marked("running") if other is not drawn]
    frame = _last_of_bars(drawn.frame, pl.concat(others) if others else None)
    frame = frame.filter((pl.col("done") >= FINISHED * pl.col("total")) & pl.col("elapsed").is_not_null())
    if not frame.height:
        return None
    bars, first = Lines(frame, drawn.rule), earlier.next_id()
    rows = [
        Phase(first + i, bars["n"][i], bars["begin_pos"][i], bars["pos"][i], bars["elapsed"][i], "bar", phase.stage)
        for i in range(len(bars))
    ]
    cited = _cited(rows, evidence.of_values(bars, "elapsed", range(len(bars))))
    return _subtracted(Phases(rows, cited), phase.subtract, lines, earlier)


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


def spinner_phases(phase: Spinner, lines: AllLines, earlier: Phases) -> Phases | None:
    """The phases of a `Spinner`; None where no run has one."""
    drawn = lines.get(phase.rule)
    if drawn is None:
        return None
    by_stage: dict[tuple[int, str | None], list[int]] = {}
    for i, key in enumerate(zip(drawn["n"], drawn[phase.stage_field], strict=True)):
        by_stage.setdefault(key, []).append(i)
    pos, seg = drawn["pos"], drawn["seg"]
    stages: list[_Drawn] = []
    for (n, stage), indices in by_stage.items():
        places = sorted(pos[i] for i in indices)
        if len(places) > phase.subtract:
            frames = len(places) - phase.subtract
            stages.append(_Drawn(n, stage, places[phase.subtract], places[-1], frames, seg[indices[-1]]))
    whole: dict[int, _Drawn] = {}
    for each in stages:
        above = whole.get(each.n, each._replace(frames=0))
        begin, end = min(above.begin_pos, each.begin_pos), max(above.end_pos, each.end_pos)
        whole[each.n] = _Drawn(each.n, None, begin, end, above.frames + each.frames, above.seg)
    rows: list[Phase] = []
    cited: list[Row] = []
    for id, each in enumerate([*whole.values(), *stages], start=earlier.next_id()):
        duration = each.frames * phase.seconds
        rows.append(Phase(id, each.n, each.begin_pos, each.end_pos, duration, "spinner", each.stage))
        place = Place(each.begin_pos, each.seg, drawn.rule.name)
        derived: Row = {"id": id, "number": float(each.frames), "column": "duration_s", "how": "derived"}
        derived |= {"formula": f"frames * {phase.seconds}", "input": "frames"}
        derived |= {"reason": "a lower bound: one frame is drawn after each interval"}
        cited.append({**evidence.of_place(each.n, place), **derived})
    return Phases(rows, cited) if rows else None


class _Drawn(NamedTuple):
    """The frames that a spinner draws for one stage of a run, or for all."""

    n: int
    stage: str | None
    begin_pos: int
    end_pos: int
    frames: int
    seg: str | None


# ---- what a stated duration contains and is subtracted ---- #


class _Off(NamedTuple):
    """A duration that is subtracted, and the evidence of it."""

    seconds: float
    cited: Row


def _subtracted(stated: Phases, subtrahend: str | None, lines: AllLines, earlier: Phases) -> Phases:
    """`stated` with the duration of a phase ("compile", "compile#1") or a field ("rule.field") subtracted where the run
    has it."""
    if subtrahend is None:
        return stated
    if "#" in subtrahend or "." in subtrahend:
        of_run = _once_a_run(subtrahend, lines, earlier)
        off = {row.id: of_run[row.n] for row in stated.rows if row.n in of_run}
    else:
        off = _latest_before(stated.rows, subtrahend, earlier)
    for row in stated.rows:
        if row.id in off:
            row.duration = max(row.duration - off[row.id].seconds, 0.0)
    name = subtrahend.rpartition(".")[2].partition("#")[0]
    derived: Row = {"how": "derived", "formula": f"max(whole - {name}, 0)"}
    whole: list[Row] = [{**row, **derived, "input": "whole"} if row["id"] in off else row for row in stated.evidence]
    other: list[Row] = []
    for row in stated.rows:
        if row.id in off:
            taken: Row = {
                "n": row.n,
                "id": row.id,
                "number": off[row.id].seconds,
                "column": "duration_s",
                "input": name,
            }
            other.append({**off[row.id].cited, **taken, **derived, "input": name})
    return Phases(stated.rows, [*whole, *other])


def _latest_before(rows: Sequence[Phase], phase: str, earlier: Phases) -> dict[int, _Off]:
    """Id -> what is subtracted of a row: the last row of `phase` that ended since the row before and that is not longer
    than the row."""
    inner = by_run(sorted(earlier.whole(phase), key=lambda row: row.end_pos))
    cited = earlier.cited()
    out: dict[int, _Off] = {}
    since: dict[int, int] = {}
    for row in sorted(rows, key=lambda row: row.end_pos):
        of_run = inner.get(row.n, [])
        index = bisect_right(of_run, row.end_pos, key=lambda each: each.end_pos) - 1
        before = since.get(row.n, -1)
        since[row.n] = row.end_pos
        if index >= 0 and of_run[index].end_pos > before and of_run[index].duration <= row.duration:
            out[row.id] = _Off(of_run[index].duration, cited[of_run[index].id])
    return out


def _once_a_run(subtrahend: str, lines: AllLines, earlier: Phases) -> dict[int, _Off]:
    """Run -> what is subtracted of its phase."""
    name, _, field = subtrahend.partition(".")
    stating = lines.get(name)
    if stating is not None and field in stating:
        stating = stating.of_each_run(field, "first")
        values, firsts = stating[field], stating.one_each(field, "first")
        cited = evidence.of_values(stating, field, firsts)
        return {row["n"]: _Off(float(values[i]), row) for i, row in zip(firsts, cited, strict=True)}
    phase, _, nth = subtrahend.partition("#")
    of_phase = by_run(sorted(earlier.whole(phase), key=lambda row: row.begin_pos))
    first_cited, index = earlier.cited(), int(nth or 1) - 1
    return {
        n: _Off(rows[index].duration, first_cited[rows[index].id]) for n, rows in of_phase.items() if index < len(rows)
    }
