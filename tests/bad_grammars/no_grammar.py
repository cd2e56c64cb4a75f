"""does not define a grammar
help: define GRAMMAR = Grammar(...)"""

from __future__ import annotations

from logparse.grammar import Rule, real

ACME = (
    Rule(
        "done", "acme: done in 12.5 s", "acme: done in " + real("duration") + " s", marks="identifies_platform result"
    ),
)
