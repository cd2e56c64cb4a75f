"""a record start or the prefix splits the example of 'done', so that the rule does not match it
reason: its segments are ['acme: done', 'in 12.5 s']
where: acme/done"""

from __future__ import annotations

import pyparsing as pp

from logparse.grammar import Grammar, Rule, real

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
    record_starts=(pp.Literal("in "),),
)
