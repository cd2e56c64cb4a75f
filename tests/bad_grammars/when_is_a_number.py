"""'steps' is a number, not a condition
where: acme, total_s
help: compare it (steps > 0), or ask whether there is one: known(...)"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, Take, integer, real

GRAMMAR = Grammar(
    name="acme",
    rules=(
        Rule(
            "done",
            "acme: 20 steps in 12.5 s",
            "acme: " + integer("steps") + " steps in " + real("duration") + " s",
            marks="identifies_platform",
        ),
    ),
    columns=(Take("steps", "done"), Take("total_s", "done.duration", when="steps")),
)
