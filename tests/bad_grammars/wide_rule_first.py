"""acme/anything also matches the example of 'done', and comes first
reason: the first rule that matches a line takes it, and a line that identifies a platform decides it
where: acme/done
read up to: acme: done in 12.5 s"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, real, rest

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule("anything", "acme: starting", "acme: " + rest("text"), level="warning"),
        Rule(
            "done",
            "acme: done in 12.5 s",
            "acme: done in " + real("duration") + " s",
            marks="identifies_platform result",
        ),
    ),
)
