"""look-ahead or look-behind in Regex('[0-9]+(?= s)')
reason: Python and Rust do not both support it, or interpret it differently
where: done"""

from __future__ import annotations

import pyparsing as pp

from logparse.grammar import Grammar, Rule

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule(
            "done",
            "acme: done in 12 s",
            "acme: done in " + pp.Regex("[0-9]+(?= s)")("duration") + " s",
            marks="identifies_platform",
        ),
    ),
)
