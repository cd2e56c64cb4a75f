"""unknown column 'los'
where: acme, absent
help: did you mean 'loss'?"""

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
    absent={"los": ("not_applicable", "does not apply: Acme never prints it")},
)
