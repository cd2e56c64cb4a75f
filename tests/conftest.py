"""Where the logs are that tests read, and `--update`, which alone rewrites expected values."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import logparse

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "sample_logs"
REAL = ROOT.parent / "shared" / "logs"
"""Real logs, other people's text: read where they are, never copied."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expected values beside the sample logs")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))


@pytest.fixture(scope="session")
def real_logs() -> Path:
    """The folder of real logs; a test that needs it is skipped where it is missing, and fails in CI."""
    if not REAL.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"the real logs are not at {REAL}, and CI must not skip")
        pytest.skip(f"the real logs are not at {REAL}")
    return REAL


@pytest.fixture(scope="session")
def every_real_log(real_logs: Path):  # type: ignore[no-untyped-def]
    """All real logs in one reading."""
    return logparse.ingest(sorted(p for p in real_logs.rglob("*") if p.is_file() and p.name != "FACTS.tsv"))


def run_of(logs: logparse.Logs, file: str, nth: int = 0) -> dict[str, Any]:
    """The row of the nth run of a file."""
    rows = logs.runs.filter(pl.col("source").cast(pl.String).str.ends_with(file)).sort("line_first").rows(named=True)
    return rows[nth]


def of_run(frame: pl.DataFrame, run: dict[str, Any], **where: str) -> pl.DataFrame:
    """The rows of a run, and of those the ones with these values."""
    frame = frame.filter(pl.col("run") == run["run"])
    for column, value in where.items():
        frame = frame.filter(pl.col(column).cast(pl.String) == value)
    return frame


def only(logs: logparse.Logs) -> dict[str, Any]:
    """The one run of `logs`."""
    assert logs.runs.height == 1
    return logs.runs.row(0, named=True)
