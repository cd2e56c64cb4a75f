"""Checks of grammars: those installed meet them all, and each file that is wrong on purpose is told so."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from logparse.errors import GrammarError
from logparse.grammar import Grammar, Rule, real, registry, word
from logparse.reading import check

BAD = sorted((Path(__file__).parent / "bad_grammars").glob("*.py"))


def everything_said(path: Path) -> list[str]:
    """What is said of a grammar file: why it cannot be imported, or what the checks find."""
    try:
        grammar = registry.load(path)
    except GrammarError as error:
        return [str(error)]
    outcomes = check.check([grammar], registry.grammars())
    return [str(finding) for outcome in outcomes for finding in outcome.found]


def parts(message: str) -> str:
    """The message without the indentation of its parts, which a docstring loses."""
    return "\n".join(line.strip() for line in message.splitlines())


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_wrong_grammar_is_told_what_is_wrong(path: Path) -> None:
    message = parts(ast.get_docstring(ast.parse(path.read_text())) or "no message")
    said = everything_said(path)
    assert any(message in parts(one) for one in said), "\n\n".join(said) or "nothing was said"


def test_there_is_a_wrong_grammar_for_every_law() -> None:
    assert len(BAD) >= 30
    met = set()
    for path in BAD:
        try:
            grammar = registry.load(path)
        except GrammarError:
            continue
        met |= {o.law for o in check.check([grammar], registry.grammars()) if o.found}
    assert met == {check.sentence(law) for law in check.LAWS}


@pytest.mark.parametrize("grammar", registry.grammars(), ids=lambda grammar: grammar.name)
def test_an_installed_grammar_meets_every_check(grammar: Grammar) -> None:
    outcomes = list(check.check([grammar], registry.grammars(), every=7))
    assert [str(finding) for outcome in outcomes for finding in outcome.found] == []
    assert {outcome.law for outcome in outcomes} == {check.sentence(law) for law in check.LAWS}
    assert sum(outcome.tried for outcome in outcomes) > 1000


def test_mutations_delete_replace_and_insert_at_every_place_and_put_the_example_into_other_text() -> None:
    texts = check.mutations("ab 1")
    assert {"ab 1", "b 1", "a 1", "ab1", "ab", "xb 1", "ab 0", "ab 1x", "xab 1", "ab 01", "{'a': ab 1}"} <= set(texts)
    assert len(texts) == len(set(texts))
    assert all(text == text.strip(" \t\r") and text for text in texts)


def test_both_paths_are_really_run() -> None:
    rule = Rule("loss", "loss 1.5 at a", "loss " + real("loss") + " at " + word("host"))
    assert check.fast_path(rule, ["loss 2.5 at b", "loss x at b", "a loss 2.5 at b"]) == {
        0: {"loss": "2.5", "host": "b"}
    }
    assert rule.read("loss 2.5 at b") == {"loss": "2.5", "host": "b"}


def test_a_law_that_cannot_even_be_tried_is_not_met() -> None:
    rule = Rule("loss", "acme loss 1.5", "acme loss " + real("loss"), marks="identifies_platform")
    grammar = Grammar(name="acme", title="Acme", rules=(rule,), record_starts=(real,))
    (first, *_) = check.check([grammar], [])
    assert first.tried == 1
    assert "a rule without a text that is always there" in str(first.found[0])
