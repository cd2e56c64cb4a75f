"""Logs read on a Dask cluster: the store is that of a plain ingest, whatever happens to workers and scheduler."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import SAMPLES, run
from test_store import same

import logparse
from logparse import cluster
from logparse.store import upkeep
from logparse.store.tables import Store

FILES = int(os.environ.get("LOGPARSE_CLUSTER_FILES", "60"))
"""How many files are read: LOGPARSE_CLUSTER_FILES=5000 pytest tests/test_cluster.py."""


@pytest.fixture(scope="module")
def workers() -> Iterator[Any]:
    """A cluster of two worker processes on this machine."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0
    ) as local:
        yield local


@pytest.fixture
def logs(desk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with many logs, in the folder to work in; a task reads few of them."""
    monkeypatch.delenv("LOGPARSE_NO_STORE", raising=False)
    monkeypatch.setattr(cluster, "TASK_FILES", max(FILES // 12, 2))
    samples = sorted(path for path in (SAMPLES / "cerebras").iterdir() if path.is_file())
    folder = desk / "logs"
    folder.mkdir()
    for i in range(FILES):
        source = samples[i % len(samples)]
        (folder / f"{i:05}_{source.name}").write_bytes(source.read_bytes() + b"\n" * i)
    return folder


def assert_plain(logs: Path) -> None:
    """The store here is that of a plain ingest."""
    same(logparse.ingest(logs.name), logparse.open(".logparse"))
    assert not list(upkeep.check(Store(".logparse")))


def test_the_store_is_that_of_a_plain_ingest_though_a_worker_dies(logs: Path, workers: Any) -> None:
    store = Store.create(".logparse")
    victim = next(iter(workers.workers.values())).pid

    def kill_after_the_first_commit() -> None:
        # Half-way: something is committed, and most is not.
        while not stopped.wait(0.01):
            if 0 < store.sources().height < FILES * 2 // 3:
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)
                return

    stopped, killed = threading.Event(), list[int]()
    thread = threading.Thread(target=kill_after_the_first_commit)
    thread.start()
    result = run("ingest", "logs", "--dask", workers.scheduler_address, "--format", "csv", "-o", "runs.csv")
    stopped.set()
    thread.join()
    assert result.exit_code == 0, result.stderr
    assert killed == [victim]
    assert_plain(logs)


def test_the_cluster_reads_what_is_new_and_nothing_is_left_to_read_here(
    logs: Path, workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    read_batch = logparse.pipeline.read_batch

    def noted(batch: Any, *rest: Any) -> Any:
        parsed.extend(source.name for source in batch.sources)
        return read_batch(batch, *rest)

    monkeypatch.setattr(logparse.pipeline, "read_batch", noted)
    result = run("ingest", "logs", "--dask", workers.scheduler_address)
    assert result.exit_code == 0, result.stderr
    assert f"Kept in .logparse: {FILES} unchanged" in result.stderr
    assert parsed == []


def test_a_scheduler_that_is_not_there_is_an_error_and_the_rest_can_be_read_later(logs: Path) -> None:
    shutil.copytree(logs, "some", ignore=lambda _, names: names[3:])
    run("ingest", "some")
    result = run("ingest", "some", "logs", "--dask", "tcp://127.0.0.1:1")
    assert result.exit_code == 2
    assert "the Dask scheduler tcp://127.0.0.1:1 cannot be reached" in result.stderr
    assert logparse.open(".logparse").sources.height == 3
    shutil.rmtree("some")
    run("ingest", "logs")
    assert logparse.open(".logparse").sources.filter(pl.col("status") != "unreadable").height == FILES


def test_what_the_cluster_cannot_read_is_read_here(logs: Path, workers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_RETRIES", 0)
    # A function without a name is sent to the workers as it is; they cannot import this module.
    monkeypatch.setattr(cluster, "_ingest", lambda paths, store, grammars: 1 // 0)
    result = run("ingest", "logs", "--dask", workers.scheduler_address, "--format", "csv", "-o", "runs.csv")
    assert result.exit_code == 0, result.stderr
    assert "failed on the cluster (ZeroDivisionError: " in result.stderr
    assert "their files are read here" in result.stderr
    assert_plain(logs)


@pytest.mark.parametrize(
    ("arguments", "message"), [(["--no-store"], "--dask needs a store"), (["--files-from", "-"], "reads the list")]
)
def test_what_does_not_go_together(
    desk: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.delenv("LOGPARSE_NO_STORE", raising=False)
    result = run("ingest", str(SAMPLES), "--dask", "tcp://127.0.0.1:1", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("system", "sign", "setting"), [("slurm", "#SBATCH -n 1", "--mem=3G"), ("pbs", "#PBS -l", "select=1:ncpus=2")]
)
def test_workers_are_jobs_of_a_batch_system(system: str, sign: str, setting: str) -> None:
    import dask
    import dask_jobqueue  # noqa: F401 - which adds its defaults to the configuration

    from logparse.cluster import cluster_of_jobs

    size = {f"jobqueue.{system}.cores": 2, f"jobqueue.{system}.memory": "3GB"}
    with dask.config.set(size), cluster_of_jobs(system) as cluster:
        script = cluster.job_script()
    assert sign in script
    assert setting in script
    assert "dask_worker" in script or "dask worker" in script


def test_a_batch_system_that_is_not_there_is_reported(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGPARSE_NO_STORE", raising=False)
    path = next(path for path in (SAMPLES / "groq").iterdir() if path.is_file())
    result = run("ingest", path, "--dask", "slurm:2", "--store", desk / "kept")
    assert result.exit_code == 2
    assert "jobs cannot be submitted to slurm" in result.stderr
    assert run("ingest", path, "--dask", "slurm:many", "--store", desk / "kept").exit_code == 2
