"""the name 'duration' is on several tokens
reason: a name captures one text
where: done"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule("done", "acme: done in 12.5 s", "acme: done in " + (real + " s")("duration"), marks="identifies_platform"),
    ),
)
