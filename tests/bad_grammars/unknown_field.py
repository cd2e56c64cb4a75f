"""unknown field 'durration'; did you mean 'duration'?
where: acme, done
help: logparse.schema.FIELDS lists the fields; `metrics` of the grammar declares further ones"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule("done", "acme: done in 12.5 s", "acme: done in " + real("durration") + " s", marks="identifies_platform"),
    ),
)
