"""Phases: from a grammar's declarations and the lines it read to rows with a begin, an end and a duration."""

from __future__ import annotations

from logparse.frames.lines import AllLines
from logparse.frames.phase_durations import bar_phases, reported_phases, spinner_phases
from logparse.frames.phase_rows import Phases
from logparse.frames.phase_spans import span_phases
from logparse.grammar import Bar, Phase, Reported, Span


def find_phases(lines: AllLines) -> Phases:
    """The phases of all runs of one grammar; rows and evidence have a `key`, such as "compile#1".

    A declaration may refer to the phases of those before it. Spans that exclude others come last.
    """
    phases = Phases()
    for declared in sorted(lines.grammar.phases, key=lambda phase: bool(getattr(phase, "exclude", ()))):
        added = _phases_of(declared, lines, phases)
        if added is not None:
            phases = phases.followed_by(declared.phase, added)
    _set_keys(phases)
    return phases


def _phases_of(declared: Phase, lines: AllLines, earlier: Phases) -> Phases | None:
    match declared:
        case Span():
            return span_phases(declared, lines, earlier)
        case Reported():
            return reported_phases(declared, lines, earlier)
        case Bar():
            return bar_phases(declared, lines, earlier)
        case _:
            return spinner_phases(declared, lines, earlier)


def _set_keys(phases: Phases) -> None:
    """Sort the rows, and number those of each run: `compile#1`, `compile/Code generation#2`."""
    phases.rows.sort(key=lambda row: (row.n, row.begin_pos, row.id))
    numbers: dict[tuple[int, str, str | None], int] = {}
    keys = {}
    for row in phases.rows:
        kind = row.n, row.phase, row.stage
        numbers[kind] = numbers.get(kind, 0) + 1
        name = row.phase if row.stage is None else f"{row.phase}/{row.stage}"
        row.key = keys[row.id] = f"{name}#{numbers[kind]}"
    for cited in phases.evidence:
        cited["key"] = keys[cited["id"]]
