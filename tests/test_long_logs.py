"""Long logs are read into a store block by block: what it holds is what a log read as a whole gives."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import make_logs
import polars as pl
import pytest
from conftest import SAMPLES, run
from polars.testing import assert_frame_equal

import logparse
import logparse.pipeline
from logparse.reading import blocks
from logparse.store.tables import TABLES, Store

NEVER = 2**60


@pytest.fixture
def read_as(monkeypatch: pytest.MonkeyPatch, desk: Path) -> Any:
    """Reads a log into a store, in blocks or as a whole, and returns the store's tables; `read_as.times` counts the
    logs that were read in blocks to their end."""

    def read(path: Path, number_of_blocks: int | None) -> dict[str, pl.DataFrame]:
        monkeypatch.setattr(logparse.pipeline, "LONG_BYTES", 1 if number_of_blocks else NEVER)
        monkeypatch.setattr(blocks, "BLOCK_BYTES", path.stat().st_size // (number_of_blocks or 1) + 1)
        folder = desk / f"{path.name}-{number_of_blocks}"
        logparse.ingest(path, store=folder)
        store = Store(folder)
        sources = store.sources()
        tables = {name: store.scan(name, sources).collect().drop("ingest") for name in TABLES}
        return {**tables, "sources": sources.drop("ingest", "part", "origin", "read_at")}

    read.times = 0  # type: ignore[attr-defined]
    read_long = logparse.pipeline.read_long

    def counted(*arguments: Any) -> Any:
        result = read_long(*arguments)
        read.times += 1  # type: ignore[attr-defined]
        return result

    monkeypatch.setattr(logparse.pipeline, "read_long", counted)
    return read


def same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> None:
    for name, table in one.items():
        assert_frame_equal(table, other[name], check_exact=True)


def two_runs(path: Path) -> None:
    """Three runs with thousands of step lines in one log, the second resumed later with fewer of them."""
    rng = random.Random(5)
    runs = (make_logs.cerebras_run(rng, 3000, 1), make_logs.cerebras_run(rng, 2000, 100))
    make_logs.write(path, itertools.chain(*runs, make_logs.cerebras_run(rng, 1500, 1)))


def training_runs(path: Path) -> None:
    """Runs of SambaNova, one after another."""
    rng = random.Random(2)
    make_logs.write(path, make_logs.until(300_000, lambda: make_logs.sambanova_train_run(rng)))


MADE = {
    "dense": lambda path: make_logs.write(path, make_logs.cerebras_run(random.Random(1), 4000, 1)),
    "two runs": two_runs,
    "sambanova": training_runs,
    "ranks": lambda path: make_logs.write(path, make_logs.graphcore_cosmic_run(random.Random(3), 200)),
}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("number_of_blocks", [1, 4])
def test_a_log_of_many_step_lines_gives_the_same_in_blocks(
    read_as: Any, tmp_path: Path, name: str, number_of_blocks: int
) -> None:
    path = tmp_path / "log.out"
    MADE[name](path)  # type: ignore[no-untyped-call]
    same(read_as(path, None), read_as(path, number_of_blocks))
    # Runs of SambaNova begin with equal lines: text may be there twice, so that the log is read as a whole.
    assert read_as.times == (name != "sambanova")


@pytest.mark.parametrize(
    "path",
    [
        "cerebras/xla_r19.out",
        "cerebras/g7_train_and_eval_loops.out",
        "cerebras/bert_large_batch_512.out",
        "sambanova/bert_large_run_16_ranks.out",
        "graphcore/mnist_as_is_cold.out",
        "groq/bert_tiny_dummy_input.out",
    ],
)
def test_a_log_gives_the_same_in_blocks(read_as: Any, path: str) -> None:
    same(read_as(SAMPLES / path, None), read_as(SAMPLES / path, 3))
    assert read_as.times == 1


def test_only_few_step_lines_stay_in_memory(read_as: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    MADE["dense"](tmp_path / "log.out")
    heights: list[int] = []
    find_runs = logparse.pipeline.find_runs

    def noted(batch: Any, hits: Any) -> Any:
        heights.extend(of_platform.by_rule["train_step"].height for of_platform in hits)
        return find_runs(batch, hits)

    monkeypatch.setattr(logparse.pipeline, "find_runs", noted)
    tables = read_as(tmp_path / "log.out", 4)
    assert tables["metrics"].height == 3 * 4000
    assert heights[0] < 200


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "".join(f"{n}: {line}" for n, line in enumerate(text.splitlines(True), start=1)).encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode() + "Größe\n".encode("cp1252"),
        lambda text: text.encode() + b"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n",
    ],
    ids=["margin", "byte order mark", "cp1252", "private key"],
)
def test_a_text_that_has_to_be_known_as_a_whole_is_read_so(read_as: Any, tmp_path: Path, change: Any) -> None:
    path = tmp_path / "log.out"
    path.write_bytes(change((SAMPLES / "cerebras/bert_large_batch_512.out").read_text()))
    same(read_as(path, None), read_as(path, 3))
    assert read_as.times == 0


def test_a_text_that_is_there_twice_is_read_as_a_whole(read_as: Any, tmp_path: Path) -> None:
    path = tmp_path / "log.out"
    path.write_bytes((SAMPLES / "cerebras/bert_large_batch_512.out").read_bytes() * 2)
    tables = read_as(path, 3)
    same(read_as(path, None), tables)
    assert tables["runs"].height == 1
    assert read_as.times == 0


def test_a_platform_that_a_later_block_identifies_is_of_the_whole_log(read_as: Any, tmp_path: Path) -> None:
    path = tmp_path / "log.out"
    noise = "Traceback (most recent call last):\n" + "nothing that a rule reads\n" * 2000
    path.write_text(noise + (SAMPLES / "cerebras/bert_large_batch_512.out").read_text())
    same(read_as(path, None), read_as(path, 5))
    assert read_as.times == 1


def test_lines_of_a_long_log_are_read_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.out"
    secret = "hf_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zZ2bC4dF6h"
    log = (SAMPLES / "cerebras/bert_large_batch_512.out").read_text()
    path.write_text(f"{log}nothing that a rule reads\nexport HF_TOKEN={secret}\n{log}")
    last = path.read_text().count("\n")
    number = log.count("\n") + 1
    for module in (logparse.pipeline, __import__("logparse.store.contents", fromlist=["contents"])):
        monkeypatch.setattr(module, "LONG_BYTES", 1)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 5000)
    logparse.ingest(path, store=tmp_path / "kept")
    opened = logparse.open(tmp_path / "kept")
    name = opened.sources["source"][0]
    lines = opened.lines(name, [number, number + 1, last, last + 1])
    assert lines == {
        number: "nothing that a rule reads",
        number + 1: "export HF_TOKEN=" + "*" * len(secret),
        last: log.splitlines()[-1],
    }
    assert opened.lines(name, [number + 1], raw=True) == {number + 1: f"export HF_TOKEN={secret}"}


def test_findings_are_left_to_their_command_where_there_are_too_many_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOGPARSE_NO_STORE", raising=False)
    monkeypatch.setattr("logparse.cli.ingest._MOST_METRICS", 10)
    result = run("ingest", SAMPLES / "cerebras/bert_large_batch_512.out", "--store", tmp_path / "kept")
    assert result.exit_code == 0
    assert "metrics are too many to look for findings here: logparse findings" in result.stderr
    assert "Findings" not in result.stdout
