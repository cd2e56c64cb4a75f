"""What all kinds of phases share: the working rows of phases, with the evidence of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import polars as pl

from logparse.frames.evidence import Row
from logparse.frames.invariants import Broken, check, refusals
from logparse.schema import NUMBER, TEXT, TIME

ROW: dict[str, pl.DataType] = {
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
    "key": TEXT,
}


@dataclass(slots=True)
class Phase:
    """A phase of a run. Its evidence has the same `id`; times are microseconds since 1970; `duration` is in seconds."""

    id: int
    n: int
    begin_pos: int
    end_pos: int
    duration: float
    basis: str
    stage: str | None = None
    """None for a whole phase."""
    begin_at: int | None = None
    end_at: int | None = None
    phase: str = ""
    key: str = ""


@dataclass(frozen=True)
class Phases:
    """Phases of all runs of one grammar, and their evidence.

    refused: an evidence row of each phase whose lines give an impossible duration; it is not among the rows.
    """

    rows: list[Phase] = field(default_factory=list)
    evidence: list[Row] = field(default_factory=list)
    refused: list[Row] = field(default_factory=list)

    @property
    def frame(self) -> pl.DataFrame:
        """The rows as a frame of the schema `ROW`."""

        def column(name: str, dtype: pl.DataType) -> pl.Series:
            values: list[Any] = list(map(attrgetter(name), self.rows))
            return pl.Series(name, values, pl.Int64).cast(TIME) if dtype == TIME else pl.Series(name, values, dtype)

        return pl.DataFrame([column(name, dtype) for name, dtype in ROW.items()])

    def whole(self, *names: str) -> list[Phase]:
        """The rows of these phases that are not stages of another phase."""
        return [row for row in self.rows if row.phase in names and row.stage is None] if names else []

    def cited(self) -> dict[int, Row]:
        """By id the first evidence row of each phase."""
        first: dict[int, Row] = {}
        for row in self.evidence:
            first.setdefault(row["id"], row)
        return first

    def followed_by(self, phase: str, added: Phases) -> Phases:
        """These phases and then those `added`, which are of the phase named."""
        broken = check("duration", NUMBER)
        causes = [
            Broken(row.id, *cause) for row in added.rows if (cause := broken(row.duration, None, None)) is not None
        ]
        impossible = {cause.key for cause in causes}
        rows = [row for row in added.rows if row.id not in impossible]
        cited = [row for row in added.evidence if row["id"] not in impossible]
        for phase_row in rows:
            phase_row.phase = phase
        for row in cited:
            row["frame"] = "phases"
        refused = refusals(causes, "id", added.evidence, f"{phase}_s") if causes else ()
        return Phases([*self.rows, *rows], [*self.evidence, *cited], [*self.refused, *refused])

    def next_id(self) -> int:
        """The first number that no phase has."""
        return len(self.rows) + len(self.refused)


def by_run(rows: Sequence[Phase]) -> dict[int, list[Phase]]:
    """Run -> those of `rows` that are its phases, in their order."""
    out: dict[int, list[Phase]] = {}
    for row in rows:
        out.setdefault(row.n, []).append(row)
    return out
