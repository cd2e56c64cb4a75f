"""Every number has its line: each value of runs and phases is backed by evidence that checks out."""

from __future__ import annotations

import math
from datetime import datetime

import polars as pl
import pytest
from conftest import SAMPLES, ingested

import logparse
from logparse.frames.resolution import value_resolutions
from logparse.grammar import formula
from logparse.schema import EVIDENCE, RUNS
from logparse.text.missing import Code

NOT_JUDGED = {"run", "label", "source", "line_first", "line_last", "copies", "platform"}


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


def test_a_code_states_why_where_there_is_no_value_and_only_there(logs: logparse.Logs) -> None:
    absent = logs.evidence["how"] == "absent"
    assert (logs.evidence["code"].is_not_null() == absent).all()
    assert (logs.evidence["reason"].is_not_null() | ~absent).all()
    codes = set(logs.evidence["code"].drop_nulls())
    assert codes == {Code.NOT_IN_LOG, Code.NOT_APPLICABLE, Code.OTHER_LOG, Code.CACHED, Code.NOT_PROVED}


def test_all_rows_of_a_cell_have_the_resolution_of_its_value(logs: logparse.Logs) -> None:
    cells = logs.evidence.group_by("run", "frame", "column", "key").agg(pl.col("value_resolution", "how").unique())
    assert (cells["value_resolution"].list.len() == 1).all()
    assert not logs.evidence.filter(pl.col("how") == "absent")["value_resolution"].drop_nulls().len()
    known = logs.evidence["value_resolution"].drop_nulls()
    assert known.len() > 500
    assert (known > 0).all()


def test_a_value_as_it_was_read_has_the_resolution_of_its_text(logs: logparse.Logs) -> None:
    read = logs.evidence.filter(pl.col("how") == "read", pl.col("resolution") > 0, pl.col("formula").is_null())
    alone = read.filter(pl.len().over("run", "frame", "column", "key") == 1, pl.col("column") != "queue_s")
    assert alone.height > 100
    assert alone["resolution"].equals(alone["value_resolution"], check_names=False)


ROWS = {
    "n": pl.UInt32, "id": pl.UInt32, "frame": pl.String, "column": pl.String, "how": pl.String, "formula": pl.String,
    "input": pl.String, "field": pl.String, "number": pl.Float64, "value": pl.String, "resolution": pl.Float64,
}  # fmt: skip
"""Columns of evidence that resolutions are computed from."""


def derived(
    column: str, formula: str, value: float, *inputs: tuple[str, float, float | None], **more: object
) -> list[dict[str, object]]:
    """Evidence rows of a derived value; inputs: (name, number, resolution)."""
    row = dict.fromkeys(ROWS) | {"n": 0, "frame": "runs", "how": "derived", "value": str(value)}
    row |= {"column": column, "formula": formula, **more}
    return [row | {"input": name, "number": number, "resolution": fine} for name, number, fine in inputs]


def resolution(rows: list[dict[str, object]], column: str, **min_resolution: float) -> float | None:
    """The resolution of the value of that column."""
    frame = pl.DataFrame(rows, schema=ROWS)
    (found,) = set(
        frame.with_columns(value_resolutions(frame, min_resolution)).filter(column=column)["value_resolution"]
    )
    return None if found is None else float(found)


TIME = derived("train_s", "whole - compile", 87.0, ("whole", 109.0, 0.5), ("compile", 22.0, 0.5))


def test_the_resolutions_of_a_sum_add_up() -> None:
    assert resolution(TIME, "train_s") == 1.0
    assert resolution(TIME, "train_s", train_s=10.0) == 10.0
    assert resolution(TIME, "train_s", train_s=0.1) == 1.0


def test_a_mean_is_as_fine_as_its_values() -> None:
    rows = derived("loss", "mean(loss)", 2.0, ("loss", 1.0, 0.1), ("loss", 3.0, 0.3))
    assert resolution(rows, "loss") == pytest.approx(0.2)


def test_a_product_has_those_of_its_inputs_in_proportion_and_counts_are_exact() -> None:
    rate = derived("throughput", "samples / train_s", 100.0, ("samples", 8700.0, 0.5), ("train_s", 87.0, None))
    assert resolution([*TIME, *rate], "throughput") == pytest.approx(100 / 87)
    assert resolution(rate, "throughput") is None  # that of train_s is not known


def test_an_interval_in_a_product_is_one_input() -> None:
    formula = "batch_size * (step_b - step_a) / (at_b - at_a)"
    inputs = [("batch_size", 10.0, 0.5), *((f"step_{end}", step, 0.5) for end, step in (("a", 100.0), ("b", 110.0)))]
    rows = derived("steady_throughput", formula, 50.0, *inputs)
    rows += derived("steady_throughput", formula, 50.0, ("at_a", 4000.0, 0.01), ("at_b", 4002.0, 0.01), field="at")
    for row in rows[1:3]:
        row["field"] = "step"
    assert resolution(rows, "steady_throughput") == pytest.approx(50 * 0.02 / 2)


def test_the_sum_of_phases_has_the_resolutions_of_the_phases() -> None:
    phases = [
        row | {"id": id}
        for id, whole in ((3, 10.0), (7, 20.0))
        for row in derived("duration_s", "end - begin", whole, ("begin", 0, 0.5), ("end", whole, 0.5), frame="phases")
    ]
    total = [
        row | {"id": id}
        for id, row in zip(
            (3, 7), derived("compile_s", "sum(duration)", 30.0, *[("duration", 1.0, None)] * 2), strict=True
        )
    ]
    assert resolution(phases, "duration_s") == 1.0
    assert resolution([*phases, *total], "compile_s") == 2.0


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


def test_a_value_that_was_read_is_its_text(logs: logparse.Logs) -> None:
    runs = {row["run"]: row for row in logs.runs.rows(named=True)}
    read = logs.evidence.filter(pl.col("frame") == "runs", pl.col("how") == "read", pl.col("formula").is_null())
    assert read.height > 400
    wrong = [
        (row["source"], row["line"], row["column"], row["text"], value)
        for row in read.rows(named=True)
        if (value := runs[row["run"]][row["column"]]) != as_printed(row["text"], value)
    ]
    assert not wrong, wrong[:10]


def as_printed(text: str, value: object) -> object:
    """`text` parsed as a value of the type of `value`, without any conversion of units or words."""
    if isinstance(value, datetime):
        return datetime.fromisoformat(text.replace(",", "."))
    return float(text.replace(",", "")) if isinstance(value, int | float) else text


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
    full = ingested(SAMPLES / "cerebras")
    assert {n: f.schema for n, f in logs.frames().items()} == {n: f.schema for n, f in full.frames().items()}
    assert logs.evidence.columns == list(EVIDENCE)
