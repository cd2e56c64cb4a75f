"""also matches the example of 'step', and comes first
reason: the first rule that matches a line takes it, and a line that identifies a platform decides it"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, integer, real, timestamp

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule(
            "step",
            "2024-04-07 06:10:42,207 INFO:   | Train Device=CSX, Step=1000, Loss=7.07812, Rate=4853.35 samples/sec, "
            "GlobalRate=4847.18 samples/sec",
            timestamp("at")
            + " INFO:   | Train Device=CSX, Step="
            + integer("step")
            + ", Loss="
            + real("loss")
            + ", Rate="
            + real("throughput@interval")
            + " samples/sec, GlobalRate="
            + real("throughput@mean")
            + " samples/sec",
            marks="identifies_platform",
        ),
    ),
)
