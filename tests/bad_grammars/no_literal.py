"""the rule has no literal text that every match contains
reason: only lines that contain a literal of the rule are tested against its pattern
where: done"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(Rule("done", "12.5", real("duration"), marks="identifies_platform"),),
)
