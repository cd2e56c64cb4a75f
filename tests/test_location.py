"""Where a value stands: `source:line`, as text and as its two parts."""

from __future__ import annotations

import ast
import json
import pickle

import polars as pl
import pytest
from conftest import ROOT, SAMPLES, ingested

from logparse.comparison.ledger import Ledger
from logparse.text.location import Place, placed


@pytest.mark.parametrize("source", ["a.out", "C:/logs/a.out", "http://host:80/a:b.out", "<stdin>", "a:1.out", ""])
def test_a_place_is_its_text_and_knows_its_parts(source: str) -> None:
    place = Place.of(source, 7)
    assert place == f"{source}:7"
    assert (Place(str(place)).source, Place(str(place)).line) == (source, 7)


def test_a_place_is_written_as_its_text() -> None:
    place = Place.of("a.out", 7)
    assert json.dumps([place]) == '["a.out:7"]'
    assert pl.DataFrame({"e": [[place]]}, schema={"e": pl.List(pl.String)})["e"].to_list() == [["a.out:7"]]
    assert pickle.loads(pickle.dumps(place)).line == 7


def test_rows_without_a_line_have_no_place() -> None:
    frame = pl.DataFrame({"source": ["a.out", "b.out"], "line": [7, None]})
    assert frame.select(placed())["source"].to_list() == ["a.out:7", None]


def test_what_the_ledger_gives_are_places() -> None:
    ledger = Ledger(ingested(SAMPLES / "cerebras" / "bert_large_batch_512.out"))
    (place, *_) = ledger.value(ledger.jobs[0], "loss").places
    assert isinstance(place, Place)
    assert "7.12500" in ledger.logs.lines(place.source, [place.line])[place.line]


def test_nobody_else_takes_a_place_apart() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "logparse").rglob("*.py"))
        if path.name not in ("location.py", "claims.py")  # a claim is LABEL:NAME=VALUE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("rpartition", "rsplit")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == ":"
    ]
    assert wrong == []
