"""What may be said: the vocabulary of grammars, and the columns of frames."""

from __future__ import annotations

from logparse.schema.frames import (
    CLAIMS,
    EVIDENCE,
    FINDINGS,
    FRAMES,
    MESSAGES,
    METRICS,
    PARAMS,
    PHASE_ROWS,
    RUNS,
    SAID,
    SOURCES,
    conform,
    empty,
)
from logparse.schema.vocabulary import FIELDS, INTEGER, NUMBER, PHASES, TEXT, TIME, WORD, Field, field

__all__ = [
    "CLAIMS",
    "EVIDENCE",
    "FIELDS",
    "FINDINGS",
    "FRAMES",
    "INTEGER",
    "MESSAGES",
    "METRICS",
    "NUMBER",
    "PARAMS",
    "PHASES",
    "PHASE_ROWS",
    "RUNS",
    "SAID",
    "SOURCES",
    "TEXT",
    "TIME",
    "WORD",
    "Field",
    "conform",
    "empty",
    "field",
]
