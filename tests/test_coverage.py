"""Which lines are known does not depend on how many there are, though many are searched in parts on all cores."""

from __future__ import annotations

import pytest

import logparse
from logparse.grammar import Grammar, registry
from logparse.reading.threads import WORTH_THREADS

VENDORS = [grammar for grammar in registry.grammars() if not grammar.shared]


def variants(line: str) -> list[str]:
    """`line` as it stands, with white space about it, glued to a bar, and not quite it."""
    return [line, f"  {line}\t", f"{line}\r", f"50%|     | 1/2 \r{line}", line + " ]x", "x" + line, line[:-1], " ", ""]


def silent_lines(grammar: Grammar) -> list[str]:
    return [
        line
        for rule in grammar.rules
        if not grammar.extracts_data(rule)
        for example in rule.examples
        for line in variants(example)
    ]


@pytest.mark.parametrize("grammar", VENDORS, ids=lambda g: g.name)
def test_many_lines_are_known_as_few_are(grammar: Grammar) -> None:
    block = "".join(f"{line}\n" for line in silent_lines(grammar))
    times = 2 * WORTH_THREADS // block.count("\n")
    few, many = logparse.ingest([block.encode()]), logparse.ingest([block.encode() * times])
    assert few.sources["lines_known"][0] > 5
    for column in ("lines", "lines_known", "lines_blank"):
        assert many.sources[column][0] == few.sources[column][0] * times, column
