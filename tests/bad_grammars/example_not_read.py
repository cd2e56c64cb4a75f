"""rule 'done' does not match its own example
where: done
read up to:"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule(
            "done",
            "acme: done in 12.5 seconds",
            "acme: done in " + real("duration") + " s",
            marks="identifies_platform",
        ),
    ),
)
