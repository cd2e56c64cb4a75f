"""unknown alias table 'model'
where: acme, model
help: did you mean 'models'?"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, Take, real

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
    columns=(Take("model", "done.duration", aliases="model"), Take("workload", "done.duration", aliases="models")),
    aliases={"models": {"bert_large": "bert"}},
)
