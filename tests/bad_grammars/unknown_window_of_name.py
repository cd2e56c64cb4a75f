"""unknown window in 'duration@meen': 'meen'
where: done
help: did you mean 'mean'?"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule(
            "done",
            "acme: done in 12.5 s",
            "acme: done in " + real("duration@meen") + " s",
            marks="identifies_platform",
        ),
    ),
)
