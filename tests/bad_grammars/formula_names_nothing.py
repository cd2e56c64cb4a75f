"""no value 'step' is declared above this formula
where: acme, samples: step * batch_size"""

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
    columns=(
        Take("steps", "done.duration"),
        Take("batch_size", "done.duration"),
        Derive("samples", "step * batch_size"),
    ),
)
