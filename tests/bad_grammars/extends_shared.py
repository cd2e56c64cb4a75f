"""'common' is no platform: its rules are shared
where: acme, extends"""

from __future__ import annotations

from logparse.grammar import Grammar, Rule, real

GRAMMAR = Grammar(
    name="acme",
    rules=(
        Rule(
            "done",
            "acme: done in 12.5 s",
            "acme: done in " + real("duration") + " s",
        ),
    ),
    extends="common",
)
