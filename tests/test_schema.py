"""The documented schema: every column of every frame has a type, a unit where it has one, a meaning and a null rule."""

from __future__ import annotations

import json

import polars as pl
import pytest
from click.testing import CliRunner
from conftest import ROOT, SAMPLES

import logparse
from logparse import schema
from logparse.cli import cli
from logparse.schema import COLUMNS, FRAMES, PURPOSE, STATEMENTS, conform, empty

EVERY = [(frame, column) for frame, columns in COLUMNS.items() for column in columns]


@pytest.fixture(scope="module")
def frames() -> dict[str, pl.DataFrame]:
    logs = logparse.ingest(SAMPLES)
    return {**logs.frames(), "claims": logparse.claims(logs), "findings": logparse.findings(logs)}


def printed(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["schema", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_frames_are_those_that_are_documented() -> None:
    assert set(COLUMNS) == set(PURPOSE) == {*FRAMES, *STATEMENTS}
    for frame, columns in COLUMNS.items():
        assert {n: c.dtype for n, c in columns.items()} == dict(empty(frame).schema)
    assert {n: c.dtype for n, c in COLUMNS["runs"].items()} == schema.RUNS


@pytest.mark.parametrize(("frame", "column"), EVERY, ids=lambda part: str(part))
def test_a_column_is_described_in_sentences(frame: str, column: str) -> None:
    c = COLUMNS[frame][column]
    assert c.doc.endswith(".")
    assert c.doc[0] == c.doc[0].upper()
    assert c.null is None or (c.null and not c.null.endswith("."))
    assert "|" not in c.doc + (c.null or "") + (c.unit or "")


def test_what_has_a_unit_in_its_name_has_it_in_the_schema() -> None:
    for frame, columns in COLUMNS.items():
        for name, c in columns.items():
            if name.endswith("_s"):
                assert (c.unit, c.dtype) == ("s", pl.Float64()), f"{frame}.{name}"
            assert "%" not in (c.unit or "")
    assert {c.unit for c in COLUMNS["runs"].values()} >= {"s", "samples/s", "tokens/s", "fraction"}
    shared = {n: f for n, f in schema.FIELDS.items() if n in COLUMNS["runs"] and f.unit}
    assert {n: COLUMNS["runs"][n].unit for n in shared} == {n: f.unit for n, f in shared.items()}


@pytest.mark.parametrize(("frame", "column"), EVERY, ids=lambda part: str(part))
def test_a_column_is_as_it_is_described(frames: dict[str, pl.DataFrame], frame: str, column: str) -> None:
    c = COLUMNS[frame][column]
    values = frames[frame][column]
    assert values.dtype == c.dtype
    assert values.len() > 0
    if c.null is None:
        assert values.null_count() == 0


def test_what_is_never_null_is_not_null_in_real_logs(every_real_log: logparse.Logs) -> None:
    frames = every_real_log.frames()
    null = {(f, c) for f, c in EVERY if f in frames and frames[f][c].null_count()}
    assert not {(f, c) for f, c in null if COLUMNS[f][c].null is None}


def test_where_one_column_is_null_the_other_is(frames: dict[str, pl.DataFrame]) -> None:
    runs = frames["runs"]
    for value, beside in (("score", "score_name"), ("throughput", "throughput_window")):
        assert runs.filter(pl.col(value).is_null() & pl.col(beside).is_not_null()).is_empty()
    assert runs.filter(pl.col("accuracy").is_not_null() & (pl.col("accuracy") != pl.col("score"))).is_empty()
    evidence = frames["evidence"]
    assert evidence.filter((pl.col("frame") == "runs") != pl.col("key").is_null()).is_empty()
    assert evidence.filter((pl.col("how") == "absent") != pl.col("value").is_null()).is_empty()
    assert frames["phases"].filter(pl.col("stage").is_null()).height > 0


def test_frames_get_their_types_at_the_border() -> None:
    rows = pl.DataFrame({"run": ["a"], "name": ["loss"], "value": [1]}, schema_overrides={"name": pl.Categorical})
    made = conform("metrics", rows)
    assert made.schema == empty("metrics").schema
    assert made["name"].to_list() == ["loss"]


def test_the_command_describes_one_frame_or_all() -> None:
    one = printed("metrics")
    assert one.startswith("metrics\n")
    assert "\nvalue  Float64\n" in one
    assert "\ntrain_s  " not in one
    every = printed()
    assert all(f"\n{frame}\n" in f"\n{every}" for frame in COLUMNS)
    for name in COLUMNS["runs"]:
        assert f"\n{name}  " in every


def test_the_command_prints_for_programs() -> None:
    document = json.loads(printed("runs", "--format", "json"))
    assert [row["column"] for row in document["rows"]] == list(COLUMNS["runs"])
    (throughput,) = [row for row in document["rows"] if row["column"] == "throughput"]
    assert (throughput["type"], throughput["unit"], throughput["frame"]) == ("Float64", "samples/s", "runs")
    assert "| `train_s` | Float64 | s |" in printed("runs", "--format", "md")


def test_an_unknown_frame_is_wrong_usage() -> None:
    result = CliRunner().invoke(cli, ["schema", "metrcs"])
    assert result.exit_code == 2
    assert "did you mean 'metrics'?" in result.stderr


def test_the_page_of_the_frames_is_what_the_command_prints() -> None:
    page = (ROOT / "docs" / "frames.md").read_text()
    assert page.endswith(printed("--format", "md"))
