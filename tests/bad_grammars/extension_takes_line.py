"""acme/any_bar also matches the example of 'groq/bar', and comes first
reason: groq/bar takes values from this line, which groq would lose
where: acme/any_bar"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, rest

GRAMMAR = Grammar(
    name="acme",
    extends="groq",
    rules=(Rule("any_bar", "100%|##########| 9/9", "100%|" + rest),),
)
