"""Checks of grammars: the installed ones pass, and each file in `bad_grammars` gives the error in its docstring."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from logparse.errors import GrammarError
from logparse.grammar import Grammar, Rule, real, registry, word
from logparse.reading import check

BAD = sorted((Path(__file__).parent / "bad_grammars").glob("*.py"))


def errors_of(path: Path) -> list[str]:
    """The errors of a grammar file: that of its import, or those of the checks."""
    try:
        grammar = registry.load(path)
    except GrammarError as error:
        # The place in the file is the same for all: `acme.py:12, `.
        return [re.sub(rf"where: {re.escape(str(path))}:[0-9]+(, )?", "where: ", str(error))]
    outcomes = check.check([grammar], registry.grammars())
    return [str(error) for outcome in outcomes for error in outcome.errors]


def parts(message: str) -> str:
    """The message without the indentation of its parts, as a docstring has none."""
    return "\n".join(line.strip() for line in message.splitlines())


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_grammar_gives_the_error_in_its_docstring(path: Path) -> None:
    message = parts(ast.get_docstring(ast.parse(path.read_text())) or "no message")
    errors = errors_of(path)
    assert any(message in parts(error) for error in errors), "\n\n".join(errors) or "no error"


def test_there_is_a_bad_grammar_for_every_check() -> None:
    assert len(BAD) >= 30
    failed = set()
    for path in BAD:
        try:
            grammar = registry.load(path)
        except GrammarError:
            continue
        failed |= {o.check for o in check.check([grammar], registry.grammars()) if o.errors}
    assert failed == {check.FITS, *(check.sentence(function) for function in check.CHECKS)}


@pytest.mark.parametrize("grammar", registry.grammars(), ids=lambda grammar: grammar.name)
def test_an_installed_grammar_passes_every_check(grammar: Grammar) -> None:
    outcomes = list(check.check([grammar], registry.grammars(), every=7))
    assert [str(error) for outcome in outcomes for error in outcome.errors] == []
    assert [outcome.check for outcome in outcomes] == [check.sentence(function) for function in check.CHECKS]
    assert sum(outcome.cases for outcome in outcomes) > 1000


def test_mutations_delete_replace_and_insert_at_every_position_and_surround_the_example() -> None:
    texts = check.mutations("ab 1")
    assert {"ab 1", "b 1", "a 1", "ab1", "ab", "xb 1", "ab 0", "ab 1x", "xab 1", "ab 01", "{'a': ab 1}"} <= set(texts)
    assert len(texts) == len(set(texts))
    assert all(text == text.strip(" \t\r") and text for text in texts)


def test_pyparsing_and_the_regular_expression_both_run() -> None:
    rule = Rule("loss", "loss 1.5 at a", "loss " + real("loss") + " at " + word("host"))
    assert check.fast_path(rule, ["loss 2.5 at b", "loss x at b", "a loss 2.5 at b"]) == {
        0: {"loss": "2.5", "host": "b"}
    }
    assert rule.read("loss 2.5 at b") == {"loss": "2.5", "host": "b"}


def test_a_check_that_cannot_run_fails() -> None:
    rule = Rule("loss", "acme loss 1.5", "acme loss " + real("loss"), marks="identifies_platform")
    grammar = Grammar(name="acme", title="Acme", rules=(rule,), record_starts=(real,))
    (first, *_) = check.check([grammar], [])
    assert first.cases == 1
    assert "no literal text that every match contains" in str(first.errors[0])
