"""the rule has a parse action
reason: it would run with pyparsing only, not with the regular expression
where: done"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, real

seconds = real.copy().add_parse_action(lambda tokens: float(tokens[0]))

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule(
            "done", "acme: done in 12.5 s", "acme: done in " + seconds("duration") + " s", marks="identifies_platform"
        ),
    ),
)
