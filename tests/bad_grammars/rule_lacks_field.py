"""unknown field in rule 'done': 'elapsed'
where: acme, total_s
help: choose from duration"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, Take, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule(
            "done",
            "acme: done in 12.5 s",
            "acme: done in " + real("duration") + " s",
            marks="identifies_platform result",
        ),
    ),
    columns=(Take("total_s", "done.elapsed"),),
)
