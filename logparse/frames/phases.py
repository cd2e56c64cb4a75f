"""Phases: from a grammar's declarations and the lines it read to rows with a begin, an end and a duration."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from logparse.frames.phase_durations import bar_phases, reported_phases, spinner_phases
from logparse.frames.phase_rows import Phases
from logparse.frames.phase_spans import span_phases
from logparse.grammar import Bar, Phase, Reported, Span
from logparse.reading.match import Hits


def find_phases(hits: Hits) -> Phases:
    """The phases of all runs of one grammar; rows and evidence have a `key`, such as "compile#1".

    A declaration may refer to the phases of those before it. Spans that exclude others come last.
    """
    phases = Phases.none()
    for declared in sorted(hits.grammar.phases, key=lambda phase: bool(getattr(phase, "exclude", ()))):
        added = _phases_of(declared, hits, phases)
        if added is not None:
            phases = phases.followed_by(declared.phase, added)
    return _with_keys(phases)


def _phases_of(declared: Phase, hits: Hits, earlier: Phases) -> Phases | None:
    match declared:
        case Span():
            return span_phases(declared, hits, earlier)
        case Reported():
            return reported_phases(declared, hits, earlier)
        case Bar():
            return bar_phases(declared, hits, earlier)
        case _:
            return spinner_phases(declared, hits, earlier)


def _with_keys(phases: Phases) -> Phases:
    """Number the rows of each run: `compile#1`, `compile/Code generation#2`."""
    rows = phases.rows.sort("n", "begin_pos", "id")
    nth = (pl.int_range(pl.len()) + 1).over("n", "phase", "stage")
    name = pl.when(pl.col("stage").is_null()).then("phase").otherwise(pl.format("{}/{}", "phase", "stage"))
    rows = rows.with_columns(pl.format("{}#{}", name, nth).alias("key"))
    keys = phases.evidence.select("id").join(rows.select("id", "key"), on="id", how="left", maintain_order="left")
    return replace(phases, rows=rows, evidence=phases.evidence.with_columns(keys["key"]))
