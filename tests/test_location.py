"""A location: the line of a source, as a value, in frames, and as text."""

from __future__ import annotations

import ast
import pickle

import polars as pl
import pytest
from conftest import ROOT, SAMPLES

import logparse
from logparse.comparison.compare import compare
from logparse.comparison.ledger import Ledger
from logparse.findings import findings
from logparse.schema import LOCATION, LOCATIONS
from logparse.text import terminal
from logparse.text.location import Location, located, locations

BATCHES = [SAMPLES / "cerebras" / f"bert_large_batch_{n}.out" for n in (512, 1024)]


@pytest.mark.parametrize("source", ["a.out", "C:/logs/a.out", "http://host:80/a:b.out", "<stdin>", "a:1.out", ""])
def test_a_location_has_two_parts_and_a_text(source: str) -> None:
    location = Location(source, 7)
    assert (location.source, location.line) == (source, 7)
    assert str(location) == f"{location}" == f"{source}:7"
    assert pickle.loads(pickle.dumps(location)) == location


def test_a_frame_holds_locations_as_structs_and_gives_them_back() -> None:
    given = [[Location("a:1.out", 7), Location("b.out", 1)], []]
    frame = pl.DataFrame([{"evidence": cell} for cell in given], schema={"evidence": LOCATIONS})
    assert [locations(cell) for cell in frame["evidence"]] == given


@pytest.mark.parametrize(("format", "text"), [("csv", "a:1.out:7, b.out:1"), ("json", '["a:1.out:7","b.out:1"]')])
def test_an_exported_location_is_its_text(format: str, text: str) -> None:
    row = {"evidence": [Location("a:1.out", 7), Location("b.out", 1)]}
    frame = pl.DataFrame([row], schema={"evidence": LOCATIONS})
    assert text in terminal.dump(frame, "findings", format).decode()


def test_rows_without_a_line_have_no_location() -> None:
    frame = pl.DataFrame({"source": ["a.out", "b.out"], "line": [7, None]}).select(located())
    assert frame.schema == {"location": LOCATION}
    assert frame["location"].to_list() == [{"source": "a.out", "line": 7}, None]


def test_what_the_ledger_gives_are_locations() -> None:
    ledger = Ledger(logparse.ingest(BATCHES[0]))
    (location, *_) = ledger.value(ledger.jobs[0], "loss").locations
    assert isinstance(location, Location)
    assert "7.12500" in ledger.logs.lines(location.source, [location.line])[location.line]


def test_findings_and_comparisons_have_them_in_their_frames() -> None:
    comparison = compare(logparse.ingest(BATCHES))
    assert comparison.frame().schema["evidence"] == LOCATIONS
    found = findings(comparison)
    assert found.height
    assert found.schema["evidence"] == LOCATIONS


def test_no_module_splits_a_location() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "logparse").rglob("*.py"))
        if path.name != "claims.py"  # a claim is LABEL:NAME=VALUE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("rpartition", "rsplit")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == ":"
    ]
    assert wrong == []
