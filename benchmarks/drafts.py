"""How good drafts of grammars are: `logparse explain --draft` on each log of a folder.

    python benchmarks/drafts.py FOLDER

Each draft is written to a file and loaded as a user's grammar is. A shape of line counts as drafted if the loaded rule
reads the shape's example, with pyparsing and with the regular expression that `ingest` uses.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from logparse.errors import GrammarError
from logparse.grammar import Grammar, registry
from logparse.pages.draft import draft
from logparse.pages.explain import explain
from logparse.reading.check import fast_path
from logparse.reading.sources import read_sources


@dataclass(frozen=True)
class Tried:
    """The draft for one log."""

    source: str
    rules: int
    """Shapes for which the loaded draft has a rule that reads the example."""
    failed: tuple[str, ...]
    """Examples of the other shapes."""
    names: int
    """Numbers that have a name."""
    unnamed: int
    """Numbers that are still to be named."""
    error: str | None = None
    """Why the draft does not load, if it does not."""


def tried(folder: Path) -> Iterator[Tried]:
    """The draft for each log below `folder` that has unread lines with figures."""
    known = registry.grammars()
    for source in read_sources(folder):
        if source.status != "text":
            continue
        drafted = draft([explain(source, known)], known, "drafted")
        if not drafted.rules:
            continue
        try:
            grammar = _loaded(drafted.text)
        except GrammarError as error:
            examples = (*(rule.example for rule in drafted.rules), *drafted.failed)
            yield Tried(source.name, 0, examples, 0, 0, str(error))
            continue
        wrong = [rule.example for rule in grammar.rules if not _reads_its_example(grammar, rule.name)]
        names = [name for rule in grammar.rules for name in rule.fields]
        unnamed = sum(name.startswith("todo_") for name in names)
        failed = (*wrong, *drafted.failed)
        yield Tried(source.name, len(grammar.rules) - len(wrong), failed, len(names) - unnamed, unnamed)


def _loaded(text: str) -> Grammar:
    """The grammar of this file, checked with the platform that it extends."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drafted.py"
        path.write_text(text)
        grammar = registry.load(path)
        registry.chosen([grammar])
        return grammar


def _reads_its_example(grammar: Grammar, name: str) -> bool:
    rule = grammar.rule(name)
    example = rule.example.strip()
    values = rule.read(example)
    return values is not None and fast_path(rule, [example]).get(0) == values


def main() -> None:
    everything = []
    for one in tried(Path(sys.argv[1])):
        everything.append(one)
        for example in one.failed:
            print(f"{one.source}: no rule for {example[:120]!r}")
        if one.error:
            print(f"{one.source}: {one.error}")
    rules, failed = sum(one.rules for one in everything), sum(len(one.failed) for one in everything)
    names, unnamed = sum(one.names for one in everything), sum(one.unnamed for one in everything)
    loaded = sum(one.error is None for one in everything)
    print(f"{loaded} of {len(everything)} drafts load.")
    print(f"{rules} of {rules + failed} shapes have a rule that reads its example ({rules / (rules + failed):.1%}).")
    print(f"{names} of {names + unnamed} numbers are named ({names / (names + unnamed):.1%}).")


if __name__ == "__main__":
    main()
