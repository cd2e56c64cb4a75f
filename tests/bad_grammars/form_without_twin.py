"""OneOrMore is not supported in a rule
reason: a rule also runs as one regular expression, and this form has no exact equivalent there
where: done"""

from __future__ import annotations

import pyparsing as pp

from logparse.grammar import Grammar, Rule

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(Rule("done", "acme: 1 2 3", "acme: " + pp.OneOrMore(pp.Word(pp.nums)), marks="identifies_platform"),),
)
