"""acme and groq both have a rule 'bar'
where: acme/bar and groq/bar
help: rename the rule of acme; the rules of an extension are tried first under any name"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, real

GRAMMAR = Grammar(
    name="acme",
    rules=(
        Rule(
            "bar",
            "acme: done in 12.5 s",
            "acme: done in " + real("duration") + " s",
        ),
    ),
    extends="groq",
)
