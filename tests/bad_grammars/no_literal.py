"""a rule without a text that is always there
reason: the literals of a rule are the gate that keeps it off all other lines
where: done"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(Rule("done", "12.5", real("duration"), marks="identifies_platform"),),
)
