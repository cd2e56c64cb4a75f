"""unknown field 'acuracy'
where: acme, table of head
help: did you mean 'accuracy'?"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, Table, rest

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule("head", "| acme | acc |", "| acme |" + rest("cells"), marks="identifies_platform"),
        Rule("row", "| run 1 | 0.5 |", "| run " + rest("cells")),
    ),
    tables=(Table("head", "row", {"acc": ("acuracy", None)}),),
)
