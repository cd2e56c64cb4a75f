"""Where the logs are that tests read, and `--update`, which alone rewrites expected values."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
    import logparse

    return logparse.ingest(sorted(p for p in real_logs.rglob("*") if p.is_file() and p.name != "FACTS.tsv"))
