"""no rule is marked identifies_platform
reason: no file would be recognised as this platform's
where: acme"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(Rule("done", "acme: done in 12.5 s", "acme: done in " + real("duration") + " s", marks="result"),),
)
