"""unknown rule 'dne'
where: acme, ranks: seen("dne")
help: did you mean 'done'?"""

from __future__ import annotations

from logparse.grammar import Derive, Grammar, Rule, real

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
    columns=(Derive("ranks", 'seen("dne")'),),
)
