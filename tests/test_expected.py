"""What each sample log gives, to the last value. `pytest --update` rewrites the expected values, and nothing else
does."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import polars as pl
import pytest
from conftest import SAMPLES

import logparse

NOT_LOGS = {"README.md"}
LOGS = sorted(p for p in SAMPLES.rglob("*") if p.is_file() and p.name not in NOT_LOGS and ".expected" not in p.parts)


def expected_of(log: Path) -> Path:
    """The file of expected values beside a log; the folder has a dot so that reading a folder of logs leaves it out."""
    return log.parent / ".expected" / f"{log.name}.json"


def shown(logs: logparse.Logs, folder: Path) -> str:
    """All frames as JSON, one row a line, nulls left out; reasons of what is absent are folded."""
    out = []
    for name, frame in logs.frames().items():
        if name == "evidence":
            frame = frame.filter(pl.col("how") != "absent").drop("value", "value_resolution", "number")
        rows = []
        for row in frame.rows(named=True):
            kept = {k: v for k, v in row.items() if v is not None and k not in ("sha256", "bytes")}
            kept["source"] = Path(str(row["source"])).relative_to(folder).as_posix()
            rows.append(json.dumps(kept, default=str, ensure_ascii=False))
        out.append(f'"{name}": [\n' + ",\n".join(rows) + ("\n]" if rows else "]"))
    return "{\n" + ",\n".join(out) + "\n}\n"


def test_there_are_samples_of_every_platform() -> None:
    assert len(LOGS) >= 60
    assert {p.relative_to(SAMPLES).parts[0] for p in LOGS} == {"cerebras", "graphcore", "groq", "sambanova", "mixed"}


@pytest.mark.parametrize("log", LOGS, ids=lambda p: p.relative_to(SAMPLES).as_posix())
def test_a_sample_gives_what_is_expected(log: Path, update: bool) -> None:
    found = shown(logparse.ingest(log), SAMPLES)
    file = expected_of(log)
    if update:
        file.parent.mkdir(exist_ok=True)
        file.write_text(found, encoding="utf-8")
    assert file.is_file(), f"{log.name} has no expected values: run pytest --update and read what it wrote"
    expected = file.read_text(encoding="utf-8")
    diff = "".join(difflib.unified_diff(expected.splitlines(True), found.splitlines(True), "expected", "found", n=0))
    assert found == expected, diff[:4000]


def test_no_expected_values_without_a_sample() -> None:
    left = set(SAMPLES.rglob(".expected/*.json")) - {expected_of(p) for p in LOGS}
    assert not left


def test_the_same_run_raw_and_pasted_is_one_run() -> None:
    for raw, pasted in (
        ("graphcore/mnist_raw_with_redraws.out", "graphcore/mnist_pasted.txt"),
        ("groq/bert_tiny_spinner_frames_raw.out", "groq/bert_tiny_spinner_pasted.txt"),
    ):
        logs = logparse.ingest([SAMPLES / raw, SAMPLES / pasted])
        assert logs.runs["copies"].to_list() == [1], raw
