"""unknown pick 'mox'
where: phase train
help: did you mean 'max'?"""

from __future__ import annotations

from logparse.grammar import Grammar, Reported, Rule, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule(
            "done",
            "acme: done in 12.5 s",
            "acme: done in " + real("duration") + " s",
            marks="identifies_platform",
        ),
    ),
    phases=(Reported("train", "done.duration", pick="mox"),),
)
