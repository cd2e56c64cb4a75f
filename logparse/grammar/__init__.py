"""The language of grammars: `tokens` has the tokens; `language` has rules, phases, columns, metrics and tables.

Tokens are imported when one is first used: they need pyparsing, which reading logs does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logparse.grammar.language import (
    MARKS,
    Bar,
    Column,
    Derive,
    Grammar,
    Infer,
    Metric,
    Phase,
    Reported,
    Rule,
    Span,
    Spinner,
    Steady,
    Table,
    Take,
    without_skipping,
)

if TYPE_CHECKING:
    from logparse.grammar.tokens import (
        blanks,
        clock,
        count,
        grouped,
        in_unit,
        integer,
        name,
        nonempty,
        not_containing,
        not_starting_with,
        optional_blanks,
        percent,
        real,
        rest,
        timestamp,
        timestamp_seconds,
        token,
        unnamed,
        word,
    )

__all__ = [
    "MARKS",
    "Bar",
    "Column",
    "Derive",
    "Grammar",
    "Infer",
    "Metric",
    "Phase",
    "Reported",
    "Rule",
    "Span",
    "Spinner",
    "Steady",
    "Table",
    "Take",
    "blanks",
    "clock",
    "count",
    "grouped",
    "in_unit",
    "integer",
    "name",
    "nonempty",
    "not_containing",
    "not_starting_with",
    "optional_blanks",
    "percent",
    "real",
    "rest",
    "timestamp",
    "timestamp_seconds",
    "token",
    "unnamed",
    "without_skipping",
    "word",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("logparse.grammar.tokens"), name)
