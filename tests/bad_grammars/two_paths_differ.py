"""the two paths do not read 'acme: xy 1.5' alike
reason: pyparsing: not read; the regular expression: loss='1.5'
where: acme/loss"""

from __future__ import annotations

import pyparsing as pp

from logparse.grammar import Grammar, Rule, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(Rule("loss", "acme: xxy 1.5", "acme: " + pp.Opt("x") + "xy " + real("loss"), marks="identifies_platform"),),
)
