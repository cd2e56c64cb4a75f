"""the pattern does not compile in polars
reason: error: repetition operator missing expression"""

from __future__ import annotations

import pyparsing as pp

from logparse.grammar import Grammar, Rule, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(
        Rule("done", "acme: {12.5 s", "acme: " + pp.Regex("{+") + real("duration") + " s", marks="identifies_platform"),
    ),
)
