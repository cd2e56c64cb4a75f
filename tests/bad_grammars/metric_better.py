"""unknown better 'hihger'
where: metric tflops
help: did you mean 'higher'?"""

from __future__ import annotations

from logparse.grammar import Grammar, Metric, Rule, real

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
    metrics=(Metric("tflops", better="hihger"),),
)
