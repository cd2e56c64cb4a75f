"""no value 'steps' is declared above this formula
where: acme, samples: steps * 2"""

from __future__ import annotations

from logparse.grammar import Derive, Grammar, Rule, Take, real

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
    columns=(Derive("samples", "steps * 2"), Take("steps", "done.duration")),
)
