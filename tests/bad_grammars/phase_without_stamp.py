"""unknown field in rule 'done': 'at'
where: acme, phase train"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, Span, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule(
            "done",
            "acme: done in 12.5 s",
            "acme: done in " + real("duration") + " s",
            marks="identifies_platform result",
        ),
    ),
    phases=(Span("train", "done", "done"),),
)
