"""where: acme, metrics
help: capture the built-in field, or rename the metric"""

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
    metrics=(Metric("throughput", "bytes/s"),),
)
