"""'duration' is in s, and a value in 'GB' becomes bytes
where: acme, done
help: capture it under a name of unit bytes, or change the unit of the token"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, in_unit, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule(
            "done",
            "acme: done in 12.5 s",
            "acme: done in " + in_unit(real, "GB")("duration") + " s",
            marks="identifies_platform",
        ),
    ),
)
