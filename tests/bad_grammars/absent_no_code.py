"""('missing', 'the engine prints no loss') does not state why loss is empty
where: acme, absent
help: write ("CODE", "explanation"); CODE is one of"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, real

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
    absent={"loss": ("missing", "the engine prints no loss")},
)
