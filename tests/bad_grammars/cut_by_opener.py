"""an opener or the prefix cuts the example of 'done' so that the rule never reads such a line
reason: its segments are ['acme: done', 'in 12.5 s']
where: acme/done"""

from __future__ import annotations

import pyparsing as pp

from logparse.grammar import Grammar, Rule, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(Rule("done", "acme: done in 12.5 s", "acme: done in " + real("duration") + " s", marks="telling result"),),
    openers=(pp.Literal("in "),),
)
