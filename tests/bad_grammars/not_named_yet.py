"""todo_took is still to be filled in
where: acme/done
read up to: acme: done in 12.5 s
help: use a name of the vocabulary, declare a Metric, or drop the name: unnamed(...)"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule(
            "done",
            "acme: done in 12.5 s",
            "acme: done in " + real("todo_took") + " s",
            marks="identifies_platform",
        ),
    ),
)
