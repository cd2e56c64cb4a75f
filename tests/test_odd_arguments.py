"""Arguments that mean nothing are refused with a message, and so is a damaged manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import ROOT

import logparse


@pytest.fixture(scope="module")
def logs() -> logparse.Logs:
    return logparse.ingest(ROOT / "sample_logs" / "cerebras" / "bert_large_batch_1024.out")


@pytest.mark.parametrize("runs", [3, Path("x"), pl.col("no_column") > 1, pl.col("label"), pl.col("label") > 3])
def test_only_refuses_what_selects_nothing(logs: logparse.Logs, runs: Any) -> None:
    with pytest.raises(logparse.UsageError):
        logs.only(runs)


@pytest.mark.parametrize("key", ["rows", "grammars", "places"])
@pytest.mark.parametrize("value", [None, 3, "x", [[1]]])
def test_an_edited_manifest_is_refused(logs: logparse.Logs, tmp_path: Path, key: str, value: object) -> None:
    logs.write(tmp_path)
    path = tmp_path / "logparse.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(manifest | {key: value}), encoding="utf-8")
    with pytest.raises(logparse.UsageError):
        logparse.read(tmp_path)
    del manifest[key]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(logparse.UsageError):
        logparse.read(tmp_path)


@pytest.mark.parametrize(
    "options", [{"claims": 3}, {"claims": None}, {"at": 3}, {"at": None}, {"target": 3}, {"runs": 3}]
)
def test_compare_refuses_what_is_no_text(options: Any) -> None:
    logs = logparse.ingest(ROOT / "sample_logs" / "cerebras")
    with pytest.raises(logparse.UsageError):
        logparse.compare(logs, **options)
