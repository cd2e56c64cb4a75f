"""A run that is in a picture and in a log: one run, the log's values, and a finding where they differ."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT

import logparse
from logparse.schema import FRAMES

pytest.importorskip("numpy")
pytest.importorskip("PIL.Image")
pytest.importorskip("onnxruntime")
pytest.importorskip("rapidocr")

from picture_drawing import drawn, png
from test_pictures import LOG, logs_of, marked

OTHER = ROOT / "sample_logs/cerebras/bert_large_batch_512.out"
LINES = [line for line in LOG.read_text().splitlines() if line.isascii() and line.isprintable()]
STEP_500 = "Step=500, Loss=7.50000"


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of the last lines of the log, without those that identify the run."""
    path = tmp_path_factory.mktemp("pictures") / "shot.png"
    path.write_bytes(png(drawn(LINES[-12:], "JetBrains Mono", 16, True)))
    return path


@pytest.fixture(scope="module")
def seen(shot: Path) -> logparse.Logs:
    return logparse.ingest(shot)


def changed(folder: Path, old: str, new: str) -> Path:
    """The log with another text."""
    text = LOG.read_text()
    assert text.count(old) == 1
    path = folder / "run.out"
    path.write_text(text.replace(old, new))
    return path


def differing(logs: logparse.Logs) -> list[str]:
    found = logparse.findings(logs)
    return found.filter(pl.col("name") == "picture-differs")["text"].to_list()


def same(a: logparse.Logs, b: logparse.Logs, *names: str) -> bool:
    frames = names or tuple(name for name in FRAMES if name not in ("runs", "sources"))
    return all(getattr(a, name).equals(getattr(b, name)) for name in frames)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_run_in_a_picture_and_in_a_log_is_one_with_the_values_of_the_log(shot: Path, is_first: bool) -> None:
    logs = logparse.ingest([shot, LOG] if is_first else [LOG, shot])
    alone = logparse.ingest(LOG)
    assert logs.runs.drop("copies").equals(alone.runs.drop("copies"))
    assert logs.runs["copies"].to_list() == [1]
    assert same(logs, alone)
    assert logs.sources.height == 2
    assert not differing(logs)
    assert "copies" in logparse.findings(logs)["name"].to_list()


@pytest.mark.parametrize(
    ("old", "new", "column", "key"),
    [
        (STEP_500, "Step=500, Loss=7.60000", "loss", "step 500"),
        ("GlobalRate=4847.18", "GlobalRate=4947.18", "throughput", "step 1000"),
        ("Processed 1024000", "Processed 1034000", "samples", None),
    ],
)
def test_a_value_that_differs_is_a_finding_and_that_of_the_log_counts(
    shot: Path, tmp_path: Path, old: str, new: str, column: str, key: str | None
) -> None:
    log = changed(tmp_path, old, new)
    logs, alone = logparse.ingest([shot, log]), logparse.ingest(log)
    assert logs.runs.drop("copies").equals(alone.runs.drop("copies"))
    assert same(logs, alone, "metrics", "phases")
    rows = logs.evidence.filter(pl.col("frame") == "pictures")
    assert rows.select("column", "key", "how", "source").rows() == [
        (column, key, "seen", str(shot)), (column, key, "read", str(log)),
    ]  # fmt: skip
    (text,) = differing(logs)
    assert text.startswith("A picture of run.out shows other values than the log, which count: ")
    assert all(value in text for value in rows["text"])
    assert f"(shot.png:{rows['line'][0]})" in text
    assert f"(run.out:{rows['line'][1]})" in text


def test_another_run_of_the_same_workload_stays_another_one(shot: Path, seen: logparse.Logs) -> None:
    logs = logparse.ingest([shot, OTHER])
    assert logs.runs["copies"].to_list() == [0, 0]
    assert not differing(logs)


def test_the_end_of_a_run_that_goes_on_in_the_log_is_no_difference(tmp_path: Path) -> None:
    at = next(i for i, line in enumerate(LINES) if STEP_500 in line)
    shot = tmp_path / "middle.png"
    shot.write_bytes(png(drawn(LINES[at - 4 : at + 1], "JetBrains Mono", 16, True)))
    logs = logparse.ingest([shot, LOG])
    assert logs.runs["copies"].to_list() == [1]
    assert not differing(logs)


def test_logs_that_are_added_are_as_if_read_at_once(shot: Path, seen: logparse.Logs, tmp_path: Path) -> None:
    log = changed(tmp_path, STEP_500, "Step=500, Loss=7.60000")
    read, both = logparse.ingest(log), logparse.ingest([log, shot])
    for added in (read + seen, both + seen, both + read, both + logparse.ingest(OTHER)):
        run = added.only("run.out")
        assert same(run, both)
        assert run.runs.drop("label").equals(both.runs.drop("label"))
        assert set(run.sources["source"]) == {str(log), str(shot)}
        assert len(differing(run)) == 1


def test_a_store_gives_what_ingest_gives(shot: Path, tmp_path: Path) -> None:
    log = changed(tmp_path, STEP_500, "Step=500, Loss=7.60000")
    read = logparse.ingest([log, shot])
    store = tmp_path / "store"
    logparse.ingest(shot, store=store)
    for kept in (logparse.ingest(log, store=store), logparse.open(store)):
        kept = kept if kept.sources.height == 2 else logparse.open(store)
        assert kept.runs["copies"].to_list() == [1]
        assert kept.runs["run"].to_list() == read.runs["run"].to_list()
        assert kept.evidence.height == read.evidence.height
        assert len(differing(kept)) == 1
    read.write(tmp_path / "frames")
    assert same(logparse.read(tmp_path / "frames"), read)
    assert len(differing(logparse.read(tmp_path / "frames"))) == 1


def test_what_is_not_clear_identifies_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(LINES)
    line = next(i for i, line in enumerate(LINES) if "Checkpoint autoloading" in line)
    clear, unclear = logs_of(monkeypatch, text, {}), logs_of(monkeypatch, text, {line: marked(LINES[line], "05:47")})
    log = logparse.ingest(LOG).runs["run"][0]
    assert clear.runs["run"][0] == f"p{log[:11]}"
    assert unclear.runs["run"][0] != clear.runs["run"][0]


def test_the_screenshots_of_the_documentation_show_the_runs_of_the_sample_logs() -> None:
    shots = sorted((ROOT / "docs" / "screenshots").glob("*.png"))
    assert len(shots) == 8
    assert sum(path.stat().st_size for path in shots) < 200_000
    names = {path.stem for path in shots}
    logs = [path for path in (ROOT / "sample_logs").rglob("*.out") if path.stem in names]
    alone, seen = logparse.ingest(sorted(logs)), logparse.ingest(shots)
    columns = ["throughput", "loss", "score", "latency_s", "epochs", "status"]
    by_name = [
        {Path(row["source"]).stem: [row[c] for c in columns] for row in each.runs.rows(named=True)}
        for each in (seen, alone)
    ]
    assert by_name[0] == by_name[1]
    both = seen + alone
    assert both.runs.filter(pl.col("source").str.contains("cerebras"))["copies"].to_list() == [1, 1, 1]
    assert not differing(both)
