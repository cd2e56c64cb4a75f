"""The vocabulary of grammars and the columns of frames, with their types, units and meanings."""

from __future__ import annotations

from logparse.schema.frames import (
    CLAIMS,
    COLUMNS,
    EVIDENCE,
    FINDINGS,
    FRAMES,
    MESSAGES,
    METRICS,
    PARAMS,
    PHASE_ROWS,
    PURPOSE,
    RUNS,
    SAID,
    SCHEMA_VERSION,
    SOURCES,
    Column,
    conform,
    empty,
)
from logparse.schema.vocabulary import FIELDS, INTEGER, NUMBER, PHASES, TEXT, TIME, WORD, Field, field

__all__ = [
    "CLAIMS",
    "COLUMNS",
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
    "PURPOSE",
    "RUNS",
    "SAID",
    "SCHEMA_VERSION",
    "SOURCES",
    "TEXT",
    "TIME",
    "WORD",
    "Column",
    "Field",
    "conform",
    "empty",
    "field",
]
