"""the example of 'done' is read by acme/anything first
reason: the rule declared first keeps a line, and a line that identifies a platform decides it
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
