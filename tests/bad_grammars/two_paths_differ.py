"""pyparsing and the regular expression disagree on 'acme: xy 1.5'
reason: pyparsing: no match; the regular expression: loss='1.5'
where: acme/loss"""

from __future__ import annotations

import pyparsing as pp

from logparse.grammar import Grammar, Rule, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(Rule("loss", "acme: xxy 1.5", "acme: " + pp.Opt("x") + "xy " + real("loss"), marks="identifies_platform"),),
)
