"""'thoughput' is not used
reason: it is not a column of runs, and no formula names it
where: acme, thoughput
help: did you mean 'throughput'?"""

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
    columns=(Take("thoughput", "done.duration"),),
)
