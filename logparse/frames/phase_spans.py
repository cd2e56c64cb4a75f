"""Phases from one time stamp to another (`Span`)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import NamedTuple

import polars as pl

from logparse.frames import evidence
from logparse.frames.evidence import Row
from logparse.frames.lines import AllLines, Lines
from logparse.frames.phase_rows import Phase, Phases, by_run
from logparse.frames.run_columns import rounded
from logparse.grammar import Span
from logparse.reading.match import one_line
from logparse.schema.build import MANY


class _Line(NamedTuple):
    """A line that may begin or end a phase: its place, its time stamp as value and as text, and its index in the lines
    of its rule."""

    pos: int
    at: int | None
    text: str | None
    seg: str | None
    lines: Lines
    i: int


class _Pair(NamedTuple):
    """The lines that begin and end a phase."""

    id: int
    n: int
    begin: _Line
    end: _Line


_Key = tuple[int, object]
"""The run, and the value that the begin and the end of a phase share."""


def span_phases(span: Span, lines: AllLines, earlier: Phases) -> Phases | None:
    """The phases of a `Span`; None where no run has one."""
    first = earlier.next_id()
    found = sorted(_pairs(span, lines), key=lambda pair: pair[1].pos)
    pairs = [_Pair(first + i, *pair) for i, pair in enumerate(found)]
    if not pairs:
        return None
    excluded = _excluded_time(pairs, span, earlier)
    rows = [_phase(pair, span, excluded.get(pair.id, 0.0)) for pair in pairs]
    _set_outer_stage(rows, span, earlier)
    return Phases(rows, _evidence(pairs, span, excluded))


def _phase(pair: _Pair, span: Span, excluded: float) -> Phase:
    begin, end = pair.begin, pair.end
    begin_at, end_at = begin.at or 0, end.at or 0  # both are there
    stage = begin.lines.get(span.stage_field)[begin.i] if span.stage_field else span.stage
    # Differences are exact to the microsecond, seconds since 1970 are not.
    duration = rounded((end_at - begin_at) / 1e6 - excluded, 6)
    return Phase(pair.id, pair.n, begin.pos, end.pos, duration, "timestamps", stage, begin_at, end_at)


def _pairs(span: Span, lines: AllLines) -> list[tuple[int, _Line, _Line]]:
    """The runs and the lines that begin a phase, each with the line that ends it."""
    of_begin, of_end = _with_stamps(lines, span.begin), _with_stamps(lines, span.end)
    if not of_begin or not of_end:
        return []
    if span.by is None:
        of_begin, of_end = _next_to(of_begin, of_end), _next_to(of_end, of_begin)
    begins, ends = _by_key(of_begin, span.by), _by_key(of_end, span.by)
    pairs = []
    for key, starts in begins.items():
        stops = ends.get(key, [])
        places = [stop.pos for stop in stops]
        if span.first:
            starts = _first_in_a_row(starts, places)
        following = [*(start.pos for start in starts[1:]), 2**64]
        for start, until in zip(starts, following, strict=True) if stops else ():
            index = bisect_right(places, until - 1) - 1 if span.last else bisect_right(places, start.pos)
            if not 0 <= index < len(stops) or not start.pos < places[index] <= until:
                continue
            began, ended = start.at, stops[index].at
            if began is not None and ended is not None and ended >= began:  # the clock was not set back
                pairs.append((key[0], start, stops[index]))
    return pairs


def _with_stamps(lines: AllLines, names: str) -> list[Lines]:
    """The lines of those rules that have time stamps."""
    found = [lines[name.strip()] for name in names.split("|") if name.strip() in lines]
    return [each for each in found if "at" in each]


def _next_to(found: Sequence[Lines], others: Sequence[Lines]) -> list[Lines]:
    """`found`, of many lines only those next to one of `others`, and the first and last of each run: no other line can
    begin or end a phase together with one of them."""
    out = []
    for lines in found:
        if len(lines) > MANY:
            ends = [one_line(lines.frame[["n", "pos"]], "pos", pick)["pos"] for pick in ("first", "last")]
            near, pos = pl.concat([*(other.frame["pos"] for other in others), *ends]), lines.frame["pos"]
            first = pos.search_sorted(near, side="left").cast(pl.Int64)
            indices = pl.concat([first - 1, first, first + 1]).unique().sort()
            lines = Lines(lines.frame[indices.filter((indices >= 0) & (indices < len(lines)))], lines.rule)
        out.append(lines)
    return out


def _by_key(found: Sequence[Lines], by: str | None) -> dict[_Key, list[_Line]]:
    """The lines of several rules, in order, by run and by what a begin shares with its end."""
    out: dict[_Key, list[_Line]] = {}
    for each in found:
        keys = zip(each["n"], _shared_values(each, by), strict=True)
        places = zip(
            each["pos"], each["at"], each["at:text"], each["seg"], repeat(each), range(len(each)), strict=False
        )
        for key, line in zip(keys, map(_Line._make, places), strict=True):
            out.setdefault(key, []).append(line)
    if len(found) > 1:
        for of_key in out.values():
            of_key.sort(key=lambda line: line.pos)
    return out


def _shared_values(lines: Lines, by: str | None) -> Sequence[object]:
    """The values of the field that the begin and the end of a phase share; the rank may be that of the prefix."""
    if by == "rank":
        return [tag if rank is None else rank for rank, tag in zip(lines.get("rank"), lines["tag"], strict=True)]
    return lines.get(by or "")


def _first_in_a_row(starts: Sequence[_Line], stops: Sequence[int]) -> list[_Line]:
    """Of the lines `starts` that none of the places `stops` separates, the first."""
    firsts: dict[int, _Line] = {}
    for start in starts:
        firsts.setdefault(bisect_right(stops, start.pos), start)
    return list(firsts.values())


def _excluded_time(pairs: Sequence[_Pair], span: Span, earlier: Phases) -> dict[int, float]:
    """Id -> seconds of the phases that the span excludes and that lie in it."""
    inner = earlier.whole(*span.exclude)
    sums: dict[int, float] = {}
    of_run: dict[int, list[_Pair]] = {}
    for pair in pairs if inner else ():
        of_run.setdefault(pair.n, []).append(pair)
    for phase in inner:
        around = of_run.get(phase.n, [])
        index = bisect_right(around, phase.begin_pos, key=lambda pair: pair.begin.pos) - 1
        if index >= 0 and phase.end_pos <= around[index].end.pos:
            sums[around[index].id] = sums.get(around[index].id, 0.0) + phase.duration
    return {id: rounded(seconds, 6) for id, seconds in sums.items()}


def _set_outer_stage(rows: Sequence[Phase], span: Span, earlier: Phases) -> None:
    """Give the rows that lie within a phase that the span may be part of the name of that phase as their stage."""
    outer = by_run(sorted(earlier.whole(*span.inside), key=lambda phase: phase.begin_pos))
    for row in rows if outer else ():
        around = outer.get(row.n, [])
        index = bisect_right(around, row.begin_pos, key=lambda phase: phase.begin_pos) - 1
        if row.stage is None and index >= 0 and row.end_pos < around[index].end_pos:
            row.stage = around[index].phase


def _evidence(pairs: Sequence[_Pair], span: Span, excluded: Mapping[int, float]) -> list[Row]:
    """Evidence of the duration of `pairs`: both stamps, and what the span excludes."""
    formula = "end - begin - within" if span.exclude else "end - begin"
    derived: Row = {"how": "derived", "formula": formula, "column": "duration_s"}
    rows: list[Row] = []
    for input, stamped in (("begin", [pair.begin for pair in pairs]), ("end", [pair.end for pair in pairs])):
        for pair, line in zip(pairs, stamped, strict=True):
            assert line.at is not None  # a pair has both stamps: its duration is their difference
            stamp: Row = {
                "n": pair.n,
                "id": pair.id,
                "input": input,
                "pos": line.pos,
                "number": line.at / 1e6,
                "field": "at",
                "seg": line.seg,
                "rule": line.lines.rule.name,
                "text": line.text,
                "unit": evidence.unit_of_stamps(line.lines.rule),
                **derived,
            }
            rows.append(stamp)
    if span.exclude:
        reason = f"time of {', '.join(span.exclude)} inside it"
        rows += [
            {
                "n": pair.n,
                "id": pair.id,
                "input": "within",
                "reason": reason,
                "pos": pair.begin.pos,
                "number": excluded.get(pair.id, 0.0),
                **derived,
            }
            for pair in pairs
        ]
    return rows
