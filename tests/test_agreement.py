"""The fast path says what pyparsing says: on every gated line of all logs, and no line is read by two rules."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
from conftest import SAMPLES

from logparse.grammar import Grammar, Rule, registry
from logparse.reading import scanner
from logparse.reading.check import fast_path
from logparse.reading.literals import Literals
from logparse.reading.match import cut
from logparse.reading.scan import Batch, text_of
from logparse.reading.sources import read_sources

SHARED = [rule for g in registry.grammars() if g.shared for rule in g.rules]
VENDORS = [g for g in registry.grammars() if not g.shared]
SEED = 20240407


def lines_of(folder: Path) -> pl.DataFrame:
    """row, text of all lines of all logs in a folder."""
    batch = Batch.of(list(read_sources(sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "FACTS.tsv"))))
    text = b"".join(text_of(s) for s in batch.slices())
    return pl.read_lines(text, name="text").with_row_index("row")


@pytest.fixture(scope="module", params=["samples", "real"])
def lines(request: pytest.FixtureRequest) -> pl.DataFrame:
    return lines_of(SAMPLES if request.param == "samples" else request.getfixturevalue("real_logs"))


def differing(segments: pl.DataFrame, rule: Rule) -> list[tuple[str, object, object]]:
    """Segments that pyparsing and the compiled rule, run by polars or by the scanner, read differently."""
    texts = segments["seg"].unique(maintain_order=True).to_list()
    paths = [fast_path(rule, texts, reader) for reader in dict.fromkeys((None, scanner.reader([rule])))]
    out: list[tuple[str, object, object]] = []
    for i, segment in enumerate(texts):
        slow = rule.read(segment)
        out += [(segment, slow, path.get(i)) for path in paths if path.get(i) != slow]
    return out


def sampled(segments: pl.DataFrame, most: int) -> pl.DataFrame:
    """All segments where they are few; else a seeded sample of their different texts."""
    different = segments.unique("seg", maintain_order=True)
    return different if different.height <= most else different.sample(most, seed=SEED)


@pytest.mark.parametrize("grammar", VENDORS, ids=lambda g: g.name)
def test_both_paths_agree_on_every_line_that_a_gate_passes(grammar: Grammar, lines: pl.DataFrame) -> None:
    rules = [*grammar.rules, *SHARED]
    segments = cut(lines.filter(Literals.of(rules).found_in(lines["text"])), grammar)
    wrong = []
    for rule in rules:
        here = segments.filter(Literals(rule.compiled.literals).found_in(segments["seg"]))
        # Step lines by the thousand differ in their digits only.
        shape = pl.col("seg").str.replace_all("[0-9]+", "0")
        few = here.with_columns(shape.alias("shape")).group_by("shape", maintain_order=True).head(3).drop("shape")
        wrong += [(rule.name, *found) for found in differing(sampled(few, 400), rule)]
    assert not wrong, wrong[:5]


@pytest.mark.parametrize("grammar", VENDORS, ids=lambda g: g.name)
def test_a_gate_keeps_nothing_out_that_a_rule_would_read(grammar: Grammar, lines: pl.DataFrame) -> None:
    segments = cut(lines.sample(min(lines.height, 300), seed=SEED), grammar)
    for segment in random.Random(SEED).sample(segments["seg"].to_list(), min(200, segments.height)):
        for rule in grammar.rules:
            if rule.read(segment[:500]) is not None:
                assert any(text in segment for text in rule.compiled.literals), (rule.name, segment)


GENERAL = {
    ("train_step", "train_step_other_head"),  # any head of a record; the usual one is read faster
    ("train_step_timed", "train_step_other_head"),
    ("epochs_start", "epochs_bar"),  # a bar without a rate; at 0 it begins a run
}
"""A rule, and one below it that reads what it leaves."""


@pytest.mark.parametrize("grammar", VENDORS, ids=lambda g: g.name)
def test_no_line_is_read_by_two_rules_of_a_grammar(grammar: Grammar, lines: pl.DataFrame) -> None:
    # A shared rule may stand behind a vendor's own: that the vendor's comes first is the rule there.
    rules = [rule for rule in grammar.rules if "unanchored" not in rule.marked]
    gate = Literals.of(rule for rule in grammar.rules if "identifies_platform" in rule.marked)
    segments = cut(lines.filter(gate.found_in(lines["text"])), grammar)
    parts = [
        segments.filter(
            Literals(r.compiled.literals).found_in(segments["seg"]) & pl.col("seg").str.contains(r.pattern)
        ).select("row", "col", pl.col("seg").str.head(120), pl.lit(r.name).alias("rule"))
        for r in rules
    ]
    twice = pl.concat(parts).group_by("row", "col", "seg", maintain_order=True).agg("rule")
    twice = twice.filter(pl.col("rule").list.len() > 1).unique("rule", maintain_order=True)
    wrong = [(rules_of, seg) for rules_of, seg in twice.select("rule", "seg").rows() if tuple(rules_of) not in GENERAL]
    assert not wrong, wrong[:10]
