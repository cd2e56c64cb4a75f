"""unknown unit 'secs'
where: in_unit(..., 'secs')"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, in_unit, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule(
            "done",
            "acme: done in 12.5 s",
            "acme: done in " + in_unit(real, "secs")("duration") + " s",
            marks="identifies_platform",
        ),
    ),
)
