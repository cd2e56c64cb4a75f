"""Grammars that extend a platform, and metrics that grammars declare."""

from __future__ import annotations

import itertools
import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import ROOT, SAMPLES

import logparse
from logparse.comparison.compare import compare
from logparse.errors import GrammarError
from logparse.gates import evaluate, gate
from logparse.grammar import (
    Derive,
    Grammar,
    Infer,
    Metric,
    Rule,
    Take,
    in_unit,
    integer,
    not_containing,
    not_starting_with,
    real,
    registry,
    rest,
)

SAMPLE = (SAMPLES / "graphcore" / "mnist_as_is_cold.out").read_bytes()
OWN = b"[mine] seed 7\n[mine] step 10 energy 412.5 J loss 0.52\n[mine] step 20 energy 815.5 J loss 0.41\n"

ENERGY = Metric("energy", unit="J", better="lower", title="energy used", pick="max")


def seed_rule(**more: Any) -> Rule:
    return Rule("seed", "[mine] seed 7", "[mine] seed " + integer("seed"), **more)


def energy_rule() -> Rule:
    return Rule(
        "energy",
        "[mine] step 10 energy 412.5 J loss 0.52",
        "[mine] step " + integer("step") + " energy " + real("energy") + " J loss " + real("loss"),
        split="train",
    )


def mine(**more: Any) -> Grammar:
    given: dict[str, Any] = {
        "name": "mine",
        "version": "3",
        "extends": "graphcore",
        "metrics": (ENERGY,),
        "rules": (seed_rule(), energy_rule()),
        "columns": (Take("seed", "seed"),),
    }
    return Grammar(**(given | more))


# ---- extensions ---- #


def test_an_extension_is_read_with_its_platform() -> None:
    plain = logparse.ingest(SAMPLE)
    logs = logparse.ingest(SAMPLE + OWN, grammars=mine())
    run = logs.runs.row(0, named=True)
    assert (run["platform"], run["seed"]) == ("graphcore", 7)
    same = ["task", "workload", "train_s", "compile_s", "score", "status", "throughput", "epochs"]
    assert logs.runs.select(same).rows() == plain.runs.select(same).rows()
    assert logs.sources["coverage"].to_list() == [1.0]
    assert logs.sources["grammar"].to_list() == ["graphcore 1 + mine 3"]
    cited = logs.evidence.filter((pl.col("frame") == "runs") & (pl.col("column") == "seed"))
    assert cited.select("rule", "text").rows() == [("mine/seed", "7")]


def test_an_extension_changes_nothing_in_logs_without_its_lines() -> None:
    plain, logs = (logparse.ingest(SAMPLES / "graphcore", grammars=g) for g in ((), mine()))
    for name in ("runs", "phases", "metrics", "params", "messages", "evidence"):
        assert plain.frames()[name].equals(logs.frames()[name]), name


def test_the_rules_and_columns_of_an_extension_come_first() -> None:
    score = Rule("score", "Accuracy on test set: 97.69%", "Accuracy on test set: " + rest("text"))
    lr = (
        Rule("rate", "[mine] rate 0.5", "[mine] rate " + real("learning_rate")),
        seed_rule(),
    )
    logs = logparse.ingest(
        SAMPLE + b"[mine] rate 0.5\n",
        grammars=mine(rules=(score, *lr), metrics=(), columns=(Take("learning_rate", "rate"), Take("seed", "seed"))),
    )
    assert logs.runs["learning_rate"].to_list() == [0.5]
    assert logs.runs["score"].to_list() == [None]


def test_a_formula_of_an_extension_uses_values_of_the_platform_and_does_not_override_them() -> None:
    columns = (Derive("latency_s", "train_s / epochs"), Derive("epochs", "epochs * 100"), Take("seed", "seed"))
    run = logparse.ingest(SAMPLE + OWN, grammars=mine(columns=columns)).runs.row(0, named=True)
    assert run["latency_s"] == pytest.approx(run["train_s"] / run["epochs"])
    assert run["epochs"] == 10


def test_a_line_of_an_extension_can_identify_the_platform() -> None:
    assert logparse.ingest(OWN, grammars=mine()).runs.height == 0
    marked = mine(rules=(seed_rule(marks="identifies_platform begin"), energy_rule()))
    logs = logparse.ingest(OWN, grammars=marked)
    assert logs.runs.select("platform", "seed").rows() == [("graphcore", 7)]


def test_an_extension_of_several_platforms_is_read_with_each() -> None:
    both = mine(extends=("graphcore", "sambanova"))
    other = next((SAMPLES / "sambanova").glob("*.out")).read_bytes()
    for text, platform in ((SAMPLE, "graphcore"), (other, "sambanova")):
        logs = logparse.ingest(text + b"\n" + OWN, grammars=both)
        assert (platform, "mine/energy") in logs.metrics.join(logs.runs, on="run").select("platform", "rule").rows()


def test_an_extension_with_a_prefix_is_read_below_the_tags_of_its_platform() -> None:
    tagged = mine(prefix="<mine> " + integer("rank") + ": ")
    lines = [b"<mine> 3: [mine] seed 7\n", b"[1,2]<stdout>:[mine] seed 8\n", b"[1,2]<stdout>:<mine> 5: [mine] seed 9\n"]
    for line, seed in zip(lines, (7, 8, 9), strict=True):
        logs = logparse.ingest(line + SAMPLE, grammars=tagged)
        assert logs.runs["seed"].to_list() == [seed]
    plain = logparse.ingest(SAMPLE)
    assert logparse.ingest(SAMPLE, grammars=tagged).runs.equals(plain.runs)


def test_two_extensions_of_one_platform_are_tried_in_the_order_given() -> None:
    first = Grammar(
        name="first", extends="graphcore", rules=(Rule("any", "[mine] seed 7", "[mine] seed" + rest("text")),)
    )
    for given, seed in (([first, mine()], None), ([mine(), first], 7)):
        assert logparse.ingest(SAMPLE + OWN, grammars=given).runs["seed"].to_list() == [seed]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda: [mine(), mine(name="graphcore", extends="groq")], "two grammars have the name 'graphcore'"),
        (lambda: [mine(), mine()], "two grammars have the name 'mine'"),
        (lambda: [mine(), mine(name="other")], "mine and other both have a rule 'seed'"),
        (lambda: [mine(extends="grafcore")], "unknown platform 'grafcore'"),
        (lambda: [mine(), mine(name="other", extends="mine")], "'mine' is an extension itself"),
        (lambda: [mine(columns=(Take("sed", "seed"),))], "unknown field in rule 'seed': 'sed'"),
        (lambda: [mine(columns=(Take("seed", "sed.seed"),))], "unknown rule 'sed'"),
        (lambda: [mine(columns=(Take("sede", "seed.seed"),))], "'sede' is not used"),
        (lambda: [mine(columns=(Infer("task", "train", when="stepps > 3"),))], "no value 'stepps' is declared"),
        (
            lambda: [mine(), mine(name="other", rules=(), columns=(), metrics=(Metric("energy", "Wh"),))],
            "mine and other declare the metric 'energy' with different meanings",
        ),
    ],
)
def test_what_does_not_fit_is_an_error_when_the_grammar_is_loaded(
    given: Callable[[], list[Grammar]], message: str
) -> None:
    with pytest.raises(GrammarError, match=re.escape(message)):
        logparse.ingest(SAMPLE, grammars=given())


def test_the_error_of_a_file_says_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from logparse.grammar import *\n\nstep = Rule('a', 'b 1', 'b ' + in_unit(real, 'GBs')('memory'))\n"
    )
    with pytest.raises(GrammarError) as error:
        registry.load(path)
    assert error.value.what == "unknown unit 'GBs'"
    assert str(error.value.where).startswith(f"{path}:3, ")
    assert error.value.help == "did you mean 'GB'?"


def test_an_installed_package_offers_a_grammar(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "offering.py").write_text(
        "from logparse.grammar import Grammar, Rule, Take, integer\n"
        "GRAMMAR = Grammar(name='mine', extends='graphcore', columns=(Take('seed', 'seed'),),\n"
        "    rules=(Rule('seed', '[mine] seed 7', '[mine] seed ' + integer('seed')),))\n"
    )
    (tmp_path / "broken.py").write_text("GRAMMAR = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    package = tmp_path / "mine-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1\n")

    def offer(value: str) -> None:
        (package / "entry_points.txt").write_text(f"[{registry.GROUP}]\nmine = {value}\n")
        _forget()

    for value in ("offering:GRAMMAR", "offering"):
        offer(value)
        logs = logparse.ingest(SAMPLE + OWN)
        assert logs.runs["seed"].to_list() == [7]
        assert pickle.loads(pickle.dumps(logs)).grammars == logs.grammars
        # A file of the same name takes its place.
        assert logparse.ingest(SAMPLE + OWN, grammars=mine()).metrics["name"].is_in(["energy"]).any()
    for value, message in (("broken:GRAMMAR", "is not a grammar"), ("missing:GRAMMAR", "cannot be imported")):
        offer(value)
        with pytest.raises(GrammarError, match=message) as error:
            logparse.ingest(SAMPLE)
        assert "entry point 'mine'" in str(error.value.where)
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    registry.offered.cache_clear()
    registry.grammars.cache_clear()
    registry.installed.cache_clear()


# ---- metrics ---- #


def other_run() -> bytes:
    """The sample on another day and with less energy."""
    text = SAMPLE.replace(b"2024-04-04", b"2024-04-05").replace(b"20597", b"20598")
    return text + OWN.replace(b"815.5", b"615.5")


def test_a_declared_metric_is_a_row_of_metrics_with_its_unit() -> None:
    logs = logparse.ingest(SAMPLE + OWN, grammars=mine())
    rows = logs.metrics.filter(pl.col("name") == "energy").select("step", "value", "unit", "split", "rule").rows()
    assert rows == [(10, 412.5, "J", "train", "mine/energy"), (20, 815.5, "J", "train", "mine/energy")]


@pytest.mark.parametrize(
    ("pick", "value"), [("max", 815.5), ("min", 412.5), ("first", 412.5), ("last", 815.5), ("mean", 614.0)]
)
def test_a_declared_metric_is_compared_and_gated(pick: str, value: float) -> None:
    metric = Metric("energy", unit="J", better="lower", title="energy used", pick=pick)
    logs = logparse.ingest([SAMPLE + OWN, other_run()], grammars=mine(metrics=(metric,)))
    comparison = compare(logs)
    row = next(row for row in comparison.rows if row.quantity.name == "energy")
    assert (row.quantity.title, row.quantity.unit, row.better) == ("energy used", "J", "lower")
    assert row.cells[0].mean == value
    assert row.cells[0].locations
    (result,) = evaluate(comparison, [gate("energy>2x")])
    assert result.passed


def test_a_metric_without_a_direction_is_not_compared() -> None:
    logs = logparse.ingest([SAMPLE + OWN, other_run()], grammars=mine(metrics=(Metric("energy", unit="J"),)))
    assert "energy" not in {row.quantity.name for row in compare(logs).rows}


def test_a_declared_loss_is_drawn() -> None:
    text = "[mine] step 10 hinge 0.52"
    rule = Rule(
        "hinge", text, "[mine] step " + integer("step") + " hinge " + real("hinge_loss"), split="train", marks="running"
    )
    metrics = (Metric("hinge_loss", better="lower"),)
    lines = b"[mine] step 10 hinge 0.52\n[mine] step 20 hinge 0.41\n"
    logs = logparse.ingest(SAMPLE + lines, grammars=mine(rules=(rule,), metrics=metrics, columns=()))
    drawn = logparse.chart.loss(logs, x="steps").to_dict()
    assert "hinge_loss" in str(drawn) or "hinge" in str(drawn)


def test_a_declared_metric_is_known_after_unpickling() -> None:
    logs = pickle.loads(pickle.dumps(logparse.ingest(SAMPLE + OWN, grammars=mine())))
    assert [g.version for g in logs.grammars if g.name == "graphcore"] == ["1 + mine 3"]


def test_a_metric_of_bytes_is_converted_and_a_wrong_unit_refused() -> None:
    peak = Rule("peak", "[mine] peak 2.51 GB", "[mine] peak " + in_unit(real, "GB")("hbm_peak") + " GB")
    given: dict[str, Any] = {"rules": (peak,), "columns": ()}
    logs = logparse.ingest(
        SAMPLE + b"[mine] peak 2.51 GB\n", grammars=mine(metrics=(Metric("hbm_peak", "bytes"),), **given)
    )
    assert logs.metrics.filter(pl.col("name") == "hbm_peak")["value"].to_list() == [2.51e9]
    with pytest.raises(GrammarError, match="'hbm_peak' is in GB, and a value in 'GB' becomes bytes"):
        mine(metrics=(Metric("hbm_peak", "GB"),), **given)


def test_the_same_meaning_as_a_built_in_metric_is_no_clash() -> None:
    mine(metrics=(Metric("throughput", "samples/s", "higher"), ENERGY))
    with pytest.raises(GrammarError, match="'loss' is a field of the vocabulary with another meaning"):
        mine(metrics=(Metric("loss", better="higher"), ENERGY))


# ---- texts that a rule must not match ---- #


@pytest.mark.parametrize("text", ["gro", "ab", "aab", "aba", "abab", "a"])
def test_not_containing_matches_each_text_without_it(text: str) -> None:
    pattern = re.compile(not_containing(text).pattern)
    for size in range(7):
        for letters in itertools.product(sorted({*text, "x"}), repeat=size):
            tried = "".join(letters)
            longest = next((n for n in range(size, 0, -1) if text not in tried[:n]), 0)
            found = pattern.match(tried)
            assert (found.end() if found else 0) == longest, tried


@pytest.mark.parametrize("texts", [("In", "Jo"), ("a", "ab"), ("ax", "aa", "b")])
@pytest.mark.parametrize("until", ["", "x"])
def test_not_starting_with_matches_each_text_that_starts_otherwise(texts: tuple[str, ...], until: str) -> None:
    pattern = re.compile(not_starting_with(*texts, until=until).pattern)
    for size in range(5):
        for letters in itertools.product("IJnoabx", repeat=size):
            tried = "".join(letters)
            valid = size > 0 and not tried.startswith(texts) and (not until or until not in tried)
            assert bool(pattern.fullmatch(tried)) == valid, tried


# ---- the page ---- #


def test_every_token_and_declaration_is_on_the_page() -> None:
    page = (ROOT / "docs" / "grammars.md").read_text()
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))
    from logparse import grammar

    internal = {"MARKS", "Column", "Phase", "without_skipping"}
    missing = [n for n in grammar.__all__ if n not in internal and not re.search(rf"(?:>>>|\.\.\.) .*\b{n}\b", code)]
    assert missing == []
    assert "`without_skipping(" in page
    assert [mark for mark, meaning in grammar.MARKS.items() if f"| `{mark}` | {meaning} |" not in page] == []


@pytest.mark.parametrize(
    ("pick", "value"), [("first", 0.9), ("last", 0.5), ("min", 0.2), ("max", 0.9)], ids=["first", "last", "min", "max"]
)
@pytest.mark.parametrize("of", ["short|long", "long|short"])
def test_of_several_forms_of_a_line_the_place_or_value_counts_and_not_their_order(
    of: str, pick: str, value: float
) -> None:
    grammar = mine(
        rules=(
            Rule("short", "[mine] s 0.9", "[mine] s " + real("loss"), split="train"),
            Rule("long", "[mine] loss 0.9", "[mine] loss " + real("loss"), split="train"),
        ),
        metrics=(),
        columns=(Take("loss", of, pick),),
    )
    log = SAMPLE + b"[mine] loss 0.9\n[mine] s 0.2\n[mine] s 0.7\n[mine] loss 0.5\n"
    logs = logparse.ingest(log, grammars=grammar)
    assert logs.runs["loss"].to_list() == [value]
    (row,) = logs.evidence.filter((pl.col("column") == "loss") & (pl.col("how") != "absent")).rows(named=True)
    assert row["text"] == str(value)
    last_short = logparse.ingest(log + b"[mine] s 0.1\n", grammars=grammar)
    assert last_short.runs["loss"].to_list() == [{"last": 0.1, "min": 0.1}.get(pick, value)]


def test_a_file_that_was_just_changed_is_read_as_it_is_now(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    rule = 'Rule("a", "b c", "b c", marks="identifies_platform")'
    text = f'from logparse.grammar import Grammar, Rule\nGRAMMAR = Grammar("{{}}", rules=({rule},))\n'
    for name in ("first", "other"):
        file.write_text(text.format(name))
        os.utime(file, (1e9, 1e9))
        assert registry.load(file).name == name
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]
