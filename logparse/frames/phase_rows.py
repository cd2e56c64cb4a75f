"""What all kinds of phases share: the working frame of phases, with the evidence of each row."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from logparse.frames import evidence, invariants
from logparse.schema import NUMBER, TEXT, TIME, WORD
from logparse.schema.build import make

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
}
"""`id` joins a row to its evidence; `duration` is in seconds; `stage` is null for a whole phase."""


@dataclass(frozen=True)
class Phases:
    """Phases of all runs of one grammar: `rows` as `ROW`, `evidence` as `evidence.ROW`, joined by `id`.

    refused: an evidence row of each phase whose lines give an impossible duration; it is not among the rows.
    """

    rows: pl.DataFrame
    evidence: pl.DataFrame
    refused: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=evidence.ROW))

    @staticmethod
    def none() -> Phases:
        """No phases."""
        return Phases(pl.DataFrame(schema=ROW), pl.DataFrame(schema=evidence.ROW))

    def whole(self, *names: str) -> pl.DataFrame:
        """The rows of these phases that are not stages of another phase."""
        if not names or not self.rows.height:
            return self.rows.clear()
        return self.rows.filter(pl.col("phase").is_in(names) & pl.col("stage").is_null())

    def followed_by(self, phase: str, added: Phases) -> Phases:
        """These phases and then those `added`, which are of the phase named."""
        rows, cited, refused = added.rows, added.evidence, self.refused.clear()
        if rows["duration"].null_count():  # its text is impossible, as the line that was read says
            rows = rows.filter(pl.col("duration").is_not_null())
            cited = cited.filter(pl.col("id").is_in(rows["id"].implode()))
        broken = invariants.broken("duration", rows["duration"], {})
        if broken is not None:
            is_possible = broken["code"].is_null()
            causes = rows.select("id").hstack(broken).filter(~is_possible)
            rows = rows.filter(is_possible)
            refused = invariants.refusals(causes, "id", cited).with_columns(pl.lit(f"{phase}_s", WORD).alias("column"))
            cited = cited.filter(pl.col("id").is_in(rows["id"].implode()))
        columns = {column.name: column for column in rows.get_columns()}
        given = {name: columns.get(name) for name in ROW} | {"phase": phase}
        return Phases(
            pl.concat([self.rows, make(rows, ROW, given)]),
            pl.concat([self.evidence, evidence.rows(cited, frame="phases")]),
            pl.concat([self.refused, refused]) if refused.height else self.refused,
        )

    def numbered(self, rows: pl.DataFrame, *, after: int = 0) -> pl.DataFrame:
        """New `rows`, each with an `id` that no earlier row has; `after` is how many new ones were numbered before."""
        highest = self.rows["id"].max()  # not the number of rows: impossible ones are no longer among them
        following = 0 if highest is None else int(highest) + 1  # type: ignore[arg-type]
        return rows.with_row_index("id", offset=following + after)
