"""unknown split 'trian'
where: done
help: did you mean 'train'?"""

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
            marks="identifies_platform",
            split="trian",
        ),
    ),
)
