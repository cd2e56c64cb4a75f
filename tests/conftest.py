"""The logs that tests read, each read once, and `--update`, which alone rewrites expected values."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

import logparse
import logparse.pipeline
from logparse.cli import cli
from logparse.comparison.ledger import Ledger

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "sample_logs"
REAL = ROOT.parent / "shared" / "logs"
"""Real logs, other people's text: read where they are, never copied."""

os.environ["LOGPARSE_CONFIG"] = os.devnull  # the configuration of whoever runs the tests must not change them
os.environ["LOGPARSE_NO_STORE"] = "1"  # a test of the store asks for it; the others leave none in the checkout
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="logparse-tests-")  # and the tests leave nothing in a home
atexit.register(shutil.rmtree, os.environ["XDG_CACHE_HOME"], ignore_errors=True)

# No deadline, as the machine may be busy. In CI the same examples each time: what fails there fails again.
settings.register_profile("tests", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expected values beside the sample logs")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """All tests are run on all cores, with `-n` or a selected file as they are asked for.

    A file stays on one core, where its tests share what was read.
    """
    options = config.option
    if not config.pluginmanager.hasplugin("xdist") or hasattr(config, "workerinput"):
        return
    everything = config.args_source is not pytest.Config.ArgsSource.ARGS
    if everything and options.numprocesses is None and options.dist == "no" and not options.update:
        options.numprocesses = "auto"
        options.dist = "loadfile"
        options.loadscopereorder = False  # it would begin with the files of many tests, which are not the longest


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


Input = str | Path | bytes


def run(*arguments: object, **extra: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments], prog_name="logparse", **extra)  # type: ignore[arg-type]


def real_run(*arguments: object, **extra: object) -> subprocess.CompletedProcess[str]:
    """The installed script, in a process of its own."""
    script = Path(sys.executable).parent / "logparse"
    return subprocess.run([script, *map(str, arguments)], capture_output=True, text=True, **extra)  # type: ignore[call-overload, no-any-return]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ingested(inputs: Input | Iterable[Input]) -> logparse.Logs:
    """`logparse.ingest(inputs)`; sample logs, real logs and bytes are read once in a session.

    `Logs` do not change, so tests can share them. A test of the reading itself calls `logparse.ingest`.
    """
    given = (inputs,) if isinstance(inputs, str | Path | bytes) else tuple(inputs)
    if not all(isinstance(one, bytes) or _stays(one) for one in given):
        return logparse.pipeline.ingest(list(given))
    # A relative path names its source: the same name can stand for another file in another folder.
    return _ingested(tuple((one, None if isinstance(one, bytes) else Path(one).resolve()) for one in given))


@lru_cache(maxsize=256)
def _ingested(inputs: tuple[tuple[Input, Path | None], ...]) -> logparse.Logs:
    return logparse.pipeline.ingest([one for one, _ in inputs])


def _stays(path: str | Path) -> bool:
    """Whether the path is in a folder of logs, where no test writes."""
    found = Path(path).resolve()
    return found.exists() and any(found.is_relative_to(folder) for folder in (SAMPLES, REAL.resolve()))


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """`logparse.ingest`, so also the command line in this process, reads sample logs and real logs once in a session.

    For tests of what is done with the logs, not of how they are read.
    """

    def ingest(paths: Any, **options: Any) -> logparse.Logs:
        named = isinstance(paths, str | Path) or (paths and all(isinstance(one, str | Path) for one in paths))
        if not named or any(options[name] for name in options if name != "progress"):
            return logparse.pipeline.ingest(paths, **options)
        return ingested(paths)

    monkeypatch.setattr(logparse, "ingest", ingest)


@pytest.fixture(scope="session")
def every_sample() -> logparse.Logs:
    """All sample logs."""
    return ingested(SAMPLES)


@pytest.fixture(scope="session")
def every_sample_ledger(every_sample: logparse.Logs) -> Ledger:
    """All sample logs as a ledger, which remembers what was computed from them."""
    return Ledger(every_sample)


@pytest.fixture(scope="session")
def every_real_log(real_logs: Path) -> logparse.Logs:
    """All real logs."""
    return ingested(sorted(p for p in real_logs.rglob("*") if p.is_file() and p.name != "FACTS.tsv"))


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
