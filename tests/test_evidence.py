"""Every number has its line: each value of runs and phases is backed by evidence that checks out."""

from __future__ import annotations

import math

import polars as pl
import pytest
from conftest import SAMPLES

import logparse
from logparse.grammar import formula
from logparse.schema import EVIDENCE, RUNS

NOT_JUDGED = {"run", "label", "source", "line_first", "line_last", "copies", "platform"}


@pytest.fixture(scope="session")
def every_sample() -> logparse.Logs:
    return logparse.ingest(SAMPLES)


@pytest.fixture(scope="session", params=["samples", "real"])
def logs(request: pytest.FixtureRequest) -> logparse.Logs:
    return request.getfixturevalue("every_sample" if request.param == "samples" else "every_real_log")


def test_there_is_something_to_check(logs: logparse.Logs) -> None:
    assert logs.runs.height > 40
    assert set(logs.runs["platform"]) == {"cerebras", "graphcore", "groq", "sambanova"}


def test_each_value_of_a_run_has_evidence_and_each_null_a_reason(logs: logparse.Logs) -> None:
    evidence = logs.evidence.filter(pl.col("frame") == "runs")
    stated = set(evidence.filter(pl.col("how") != "absent").select("run", "column").rows())
    absent = set(evidence.filter(pl.col("how") == "absent").select("run", "column").rows())
    wrong = []
    for row in logs.runs.rows(named=True):
        for column in RUNS.keys() - NOT_JUDGED:
            where = stated if row[column] is not None else absent
            if (row["run"], column) not in where:
                wrong.append((row["source"], row["line_first"], column, row[column]))
    assert not wrong, wrong[:20]


def test_each_phase_has_evidence(logs: logparse.Logs) -> None:
    evidence = set(logs.evidence.filter(pl.col("frame") == "phases").select("run", "key").rows())
    missing = [row for row in logs.phases.select("run", "key").rows() if row not in evidence]
    assert not missing, missing[:20]


def test_text_that_was_read_stands_on_its_line(logs: logparse.Logs) -> None:
    texts = logs.evidence.filter(pl.col("text").is_not_null() & (pl.col("how") != "absent"))
    assert texts.height > 500
    assert not texts["line"].null_count(), texts.filter(pl.col("line").is_null()).head()
    lines = {
        source: logs.lines(source, part["line"].to_list())
        for (source,), part in texts.partition_by("source", as_dict=True).items()
    }
    wrong = [
        row
        for row in texts.rows(named=True)
        if row["start"] is None or not lines[row["source"]][row["line"]][row["start"] :].startswith(row["text"])
    ]
    assert not wrong, [(r["source"], r["line"], r["start"], r["column"], r["text"][:60]) for r in wrong[:10]]


def test_values_that_were_read_have_their_text(logs: logparse.Logs) -> None:
    read = logs.evidence.filter(pl.col("how").is_in(["read", "converted"]))
    assert not read["text"].null_count(), (
        read.filter(pl.col("text").is_null()).select("column", "rule", "source").head()
    )


def test_formulas_recompute(logs: logparse.Logs) -> None:
    derived = logs.evidence.filter(pl.col("how") == "derived").sort("frame", "run", "column", "key")
    phases = {(r["run"], r["key"]): r["duration_s"] for r in logs.phases.rows(named=True)}
    runs = {r["run"]: r for r in logs.runs.rows(named=True)}
    checked, wrong = 0, []
    for (frame, run, column, key), part in derived.group_by("frame", "run", "column", "key", maintain_order=True):
        text = part["formula"][0]
        inputs: dict[str, list[float]] = {}
        for row in part.rows(named=True):
            assert row["formula"] == text, (run, column, key)
            inputs.setdefault(row["input"], []).append(row["number"])
        lists = {name for name in inputs if any(f"{f}({name})" in text for f in formula.AGGREGATES)}
        given = {
            name: values if name in lists else values[0]
            for name, values in inputs.items()
            if not name.startswith("seen:")
        }
        value = phases[run, key] if frame == "phases" else runs[run][column]
        value = value.timestamp() if hasattr(value, "timestamp") else value
        if any(v is None for values in inputs.values() for v in values):
            wrong.append((part["source"][0], column, key, text, inputs))
            continue
        if column in ("started_at", "ended_at") or "seen(" in text:
            continue
        found = formula.evaluate(text, given)
        checked += 1
        if not math.isclose(found, value, rel_tol=1e-6, abs_tol=1e-5):
            wrong.append((part["source"][0], column, key, text, given, found, value))
    assert checked > 100
    assert not wrong, wrong[:10]


def test_the_schema_is_the_same_with_no_row(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "nothing.out").write_text("nothing known\n")
    logs = logparse.ingest(tmp_path)
    full = logparse.ingest(SAMPLES / "cerebras")
    assert {n: f.schema for n, f in logs.frames().items()} == {n: f.schema for n, f in full.frames().items()}
    assert logs.evidence.columns == list(EVIDENCE)
