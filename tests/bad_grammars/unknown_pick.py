"""unknown pick 'lats'
where: total_s
help: did you mean 'last'?"""

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
            marks="identifies_platform",
        ),
    ),
    columns=(Take("total_s", "done.duration", pick="lats"),),
)
