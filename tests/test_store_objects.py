"""A store in object storage: an S3-compatible server (moto) on the loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import obstore
import polars as pl
import pytest
from conftest import SAMPLES, run
from obstore.store import from_url
from polars.testing import assert_frame_equal

import logparse
from logparse.errors import NoSuchInput, UsageError
from logparse.store import is_store, upkeep
from logparse.store.tables import Store

CEREBRAS = sorted(path for path in (SAMPLES / "cerebras").iterdir() if path.is_file())
WORKER = """
import sys, logparse, logparse.pipeline
logparse.pipeline.BATCH_BYTES = 10_000  # a commit after every few files
logparse.ingest(sys.argv[2:], store=sys.argv[1])
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    # In a process of its own: who waits for an answer may keep the interpreter to itself.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            if time.monotonic() > until or process.poll() is not None:
                raise
            time.sleep(0.2)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


@pytest.fixture
def store(server: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store in a new bucket."""
    monkeypatch.chdir(tmp_path)  # sources below the current folder are shown by their relative paths
    environment = {
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": server,
        "AWS_ALLOW_HTTP": "true",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    import boto3

    bucket = request.node.name.replace("_", "-")[:60].strip("-")
    boto3.client("s3").create_bucket(Bucket=bucket)
    return f"s3://{bucket}/runs/kept"


def same(one: logparse.Logs, other: logparse.Logs) -> None:
    for name, frame in one.frames().items():
        assert_frame_equal(frame, other.frames()[name], check_row_order=name in ("runs", "sources"))


def test_frames_come_back_and_nothing_is_read_twice(store: str) -> None:
    plain = logparse.ingest(CEREBRAS[:4])
    assert not is_store(store)
    same(plain, logparse.ingest(CEREBRAS[:4], store=store))
    assert is_store(store)
    before = Store(store).versions()["version"][0]
    same(plain, logparse.ingest(CEREBRAS[:4], store=store))
    assert Store(store).versions()["version"][0] == before
    same(plain, logparse.open(store))


def test_commands_take_a_url(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGPARSE_NO_STORE", raising=False)
    assert f"Kept in {store}: 2 new" in run("ingest", *CEREBRAS[:2], "--store", store).stderr
    expected = run("runs", *CEREBRAS[:2], "--format", "csv").output
    assert run("runs", store, "--format", "csv").output == expected
    assert run("runs", "--store", store, "--format", "csv").output == expected
    assert "2 sources with 2 runs" in run("store", "info", "--store", store).output
    assert run("store", "check", "--store", store).exit_code == 0
    assert run("label", CEREBRAS[0].name, "first", "--store", store).exit_code == 0
    assert "first" in run("runs", store, "--format", "csv").output


def test_upkeep_of_objects(store: str) -> None:
    for path in CEREBRAS[:3]:
        logparse.ingest(path, store=store)
    before = logparse.open(store)
    before.frames()
    done = upkeep.compact(Store(store), keep_days=0)
    assert (done.parts_before, done.parts_after) == (3, 1)
    assert done.bytes_removed > 0
    same(before, logparse.open(store))
    objects = from_url(store)
    files = [found["path"] for found in obstore.list(objects, prefix="runs").collect()]
    assert len(files) == 1
    obstore.delete(objects, files[0])
    assert [problem for problem in upkeep.check(Store(store)) if "is missing" in problem]
    with pytest.raises(UsageError, match="is missing"):
        _ = logparse.open(store).runs


def test_processes_ingest_into_one_bucket_at_once_and_one_is_killed(store: str) -> None:
    parts = [CEREBRAS[:6], CEREBRAS[3:9], CEREBRAS[:9], CEREBRAS[2:7]]
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, store, *map(str, part)], stderr=subprocess.PIPE, env=environment
        )
        for part in parts
    ]
    processes[0].kill()
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes[1:]] == [0] * 3, errors
    same(logparse.ingest(CEREBRAS[:9]), logparse.open(store))
    assert not list(upkeep.check(Store(store)))


def test_a_long_log_is_kept_as_objects(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logparse.pipeline.LONG_BYTES", 1)
    monkeypatch.setattr("logparse.reading.blocks.BLOCK_BYTES", 5000)
    same(logparse.ingest(CEREBRAS[0]), logparse.ingest(CEREBRAS[0], store=store))


def test_a_bucket_that_is_not_there_is_reported(store: str) -> None:
    with pytest.raises(UsageError, match="cannot be written to"):
        logparse.ingest(CEREBRAS[0], store="s3://no-such-bucket/kept")
    with pytest.raises(NoSuchInput):
        logparse.open(store)


def test_plain_polars_reads_objects(store: str) -> None:
    logparse.ingest(CEREBRAS[:2], store=store)
    runs = pl.read_parquet(f"{store}/runs/*.parquet")
    assert runs.height == 2


def test_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(UsageError, match=r"pip install 'logparse\[objects\]'"):
        logparse.ingest(CEREBRAS[0], store="s3://bucket/kept")
