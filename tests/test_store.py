"""The store: nothing is read twice, lost or doubled, whatever happens to the process, the files or the disk."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import ROOT, SAMPLES, run
from polars.testing import assert_frame_equal

import logparse
import logparse.pipeline
from logparse.errors import NoSuchInput, UsageError
from logparse.schema import FRAMES
from logparse.store import is_store, upkeep
from logparse.store.tables import TABLES, Store

CEREBRAS = SAMPLES / "cerebras"
GROQ = SAMPLES / "groq"
ROUNDS = int(os.environ.get("LOGPARSE_STORE_ROUNDS", "1"))
"""How often the tests with several processes are repeated: LOGPARSE_STORE_ROUNDS=25 pytest tests/test_store.py is 200
kills, and 25 rounds of 16 processes."""
FILES = int(os.environ.get("LOGPARSE_STORE_FILES", "0")) or None
"""How many logs these tests read; all of Cerebras by default."""


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with copies of some sample logs, in the folder to work in; commands keep what they read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOGPARSE_NO_STORE", raising=False)
    folder = tmp_path / "logs"
    folder.mkdir()
    for path in (
        CEREBRAS / "bert_large_batch_512.out",
        CEREBRAS / "bert_large_batch_1024.out",
        GROQ / "bert_tiny_dummy_input.out",
    ):
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the sources that are parsed from now on."""
    names: list[str] = []
    read_batch = logparse.pipeline.read_batch

    def noted(batch: Any, *rest: Any) -> Any:
        names.extend(source.name for source in batch.sources)
        return read_batch(batch, *rest)

    monkeypatch.setattr(logparse.pipeline, "read_batch", noted)
    return names


def same(one: logparse.Logs, other: logparse.Logs) -> None:
    """Both have the same frames; the order of rows matters where a run has only one row."""
    for name, frame in one.frames().items():
        assert_frame_equal(frame, other.frames()[name], check_row_order=name in ("runs", "sources"))


# ---- what comes back ---- #


def test_the_frames_come_back_as_they_were_read(logs: Path) -> None:
    plain = logparse.ingest("logs")
    same(plain, logparse.ingest("logs", store="kept"))
    same(plain, logparse.open("kept"))


def test_all_samples_come_back_as_they_were_read(
    every_sample: logparse.Logs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    logparse.ingest(SAMPLES, store="kept")
    opened = logparse.open("kept")
    same(every_sample, opened)
    comparison = logparse.compare(opened, by="batch_size").frame()
    assert_frame_equal(comparison, logparse.compare(every_sample, by="batch_size").frame())
    assert logparse.findings(opened).equals(logparse.findings(every_sample))


@pytest.mark.parametrize(
    "command",
    [
        ["runs", "--format", "csv"],
        ["findings"],
        ["compare", "batch_512", "batch_1024"],
        ["show", "batch_1024", "throughput"],
        ["show", "bert_tiny", "latency_s"],
        ["messages", "--format", "json"],
    ],
    ids=" ".join,
)
def test_commands_without_paths_read_the_store(logs: Path, command: list[str]) -> None:
    run("ingest", "logs")
    kept = run(*command)
    assert kept.exit_code == 0
    assert kept.output == run(*command, "logs").output
    # The lines that values come from are there after the log is gone.
    shutil.rmtree(logs)
    assert run(*command).output == kept.output


def test_a_chart_is_drawn_from_the_store(logs: Path) -> None:
    run("ingest", "logs")
    assert run("chart", "throughput", "-o", "t.json").exit_code == 0
    assert "4847" in Path("t.json").read_text()


def test_ingest_prints_the_same_again(logs: Path) -> None:
    first, second = run("ingest", "logs"), run("ingest", "logs")
    assert first.stdout == second.stdout == run("ingest", "logs", "--no-store").stdout
    assert first.stderr == "Kept in .logparse: 3 new\n"
    assert second.stderr == "Kept in .logparse: 3 unchanged\n"


def test_a_store_and_logs_are_read_together(logs: Path) -> None:
    logparse.ingest("logs/bert_large_batch_512.out", store="kept")
    both = run("runs", "kept", "logs/bert_large_batch_1024.out", "--format", "csv")
    assert both.exit_code == 0
    assert "batch_512" in both.output
    assert "batch_1024" in both.output
    assert run("runs", "logs", "--store", "kept").exit_code == 2


def test_frames_of_a_store_are_lazy(logs: Path) -> None:
    logparse.ingest("logs", store="kept")
    opened = logparse.open("kept")
    shutil.rmtree("kept/metrics")
    assert opened.runs.height == 3
    rate = opened.lazy("runs").filter(pl.col("batch_size") == 1024).select("throughput").collect()
    assert rate.item() == 4847.18
    with pytest.raises(UsageError, match="is missing"):
        _ = opened.metrics


def test_the_library_writes_only_when_told_to(logs: Path) -> None:
    logparse.ingest("logs")
    assert not is_store(".logparse")
    run("ingest", "logs", "--no-store")
    assert not is_store(".logparse")
    run("runs", "logs")
    assert not is_store(".logparse")


def test_a_store_is_kept_out_of_commits(logs: Path) -> None:
    run("ingest", "logs")
    assert Path(".logparse/.gitignore").read_text() == "*\n"


def test_a_store_holds_no_secret_and_no_whole_log(logs: Path) -> None:
    log = logs / "bert_large_batch_512.out"
    secret = "hf_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zZ2bC4dF6h"
    log.write_text(f"export HF_TOKEN={secret}\nnothing that a rule reads stands here\n" + log.read_text())
    logparse.ingest("logs", store="kept")
    stored = b"".join(path.read_bytes() for path in Path("kept").rglob("*") if path.is_file())
    assert secret.encode() not in stored
    texts = pl.read_parquet("kept/lines/*.parquet")["text"]
    assert not texts.str.contains("nothing that a rule reads|HF_TOKEN").any()
    assert texts.str.contains("GlobalRate").any()


# ---- never lost, never doubled ---- #


def test_the_same_file_again_is_not_parsed(logs: Path, parsed: list[str]) -> None:
    logparse.ingest("logs", store="kept")
    version = Store("kept").versions()["version"][0]
    assert len(parsed) == 3
    logparse.ingest("logs", store="kept")
    assert len(parsed) == 3
    assert Store("kept").versions()["version"][0] == version


def test_a_file_that_has_grown_replaces_what_it_gave(logs: Path, parsed: list[str]) -> None:
    log = logs / "bert_large_batch_512.out"
    whole = log.read_bytes()
    log.write_bytes(whole[: len(whole) // 2])
    logparse.ingest("logs", store="kept")
    assert logparse.open("kept").runs.filter(source=str(Path("logs", log.name)))["samples"].item() is None
    log.write_bytes(whole)
    parsed.clear()
    logparse.ingest("logs", store="kept")
    assert parsed == ["logs/bert_large_batch_512.out"]
    same(logparse.open("kept"), logparse.ingest("logs"))


def test_what_a_file_held_before_it_was_overwritten_stays(logs: Path) -> None:
    log = logs / "again.out"
    shutil.copy(CEREBRAS / "bert_large_batch_512.out", log)
    logparse.ingest(log, store="kept")
    shutil.copy(CEREBRAS / "bert_large_batch_1024.out", log)
    logparse.ingest(log, store="kept")
    logparse.ingest(log, store="kept")
    opened = logparse.open("kept")
    assert sorted(opened.runs["batch_size"]) == [512, 1024]
    assert [source.partition("@")[0] for source in opened.sources["source"]] == ["logs/again.out"] * 2


def test_a_run_in_two_files_is_one_and_stays_when_one_is_forgotten(logs: Path) -> None:
    log = logs / "bert_large_batch_512.out"
    (logs / "pasted.txt").write_text("$ cat bert.out\n" + log.read_text())
    logparse.ingest("logs", store="kept")
    before = logparse.open("kept")
    assert before.runs.height == 3
    assert before.runs.filter(batch_size=512)["copies"].item() == 1
    assert upkeep.forget(Store("kept"), ["logs/bert_large_batch_512.out"]) == ["logs/bert_large_batch_512.out"]
    after = logparse.open("kept")
    assert after.runs.filter(batch_size=512).select("source", "copies").row(0) == ("logs/pasted.txt", 0)
    log.unlink()
    same(after, logparse.ingest("logs"))


def test_a_file_is_moved_only_if_its_old_path_is_gone(logs: Path, parsed: list[str]) -> None:
    logparse.ingest("logs", store="kept")
    (logs / "below").mkdir()
    shutil.copy(logs / "bert_tiny_dummy_input.out", logs / "below" / "copy.out")
    (logs / "bert_large_batch_512.out").rename(logs / "below" / "moved.out")
    parsed.clear()
    logparse.ingest("logs", store="kept")
    assert parsed == []
    opened = logparse.open("kept")
    assert opened.sources["source"].to_list() == [
        "logs/below/copy.out",
        "logs/below/moved.out",
        "logs/bert_large_batch_1024.out",
        "logs/bert_tiny_dummy_input.out",
    ]
    same(opened, logparse.ingest("logs"))


def test_two_files_of_one_name_stay_two(logs: Path) -> None:
    for folder, batch in (("a", 512), ("b", 1024)):
        (logs / folder).mkdir()
        (logs / f"bert_large_batch_{batch}.out").rename(logs / folder / "run.out")
        logparse.ingest(logs / folder / "run.out", store="kept")
    assert logparse.open("kept").runs["label"].to_list() == ["a/run.out", "b/run.out"]


def test_streams_and_packed_files_are_kept_too(logs: Path, parsed: list[str]) -> None:
    data = (logs / "bert_large_batch_512.out").read_bytes()
    for _ in range(2):
        logs_of_stream = logparse.ingest(data, store="kept")
        assert logs_of_stream.runs["source"].to_list() == ["<bytes>"]
    assert parsed == ["<bytes>"]
    (logs / "packed.out.gz").write_bytes(gzip.compress(data))
    logparse.ingest(logs / "packed.out.gz", store="kept")
    assert logparse.open("kept").runs["copies"].to_list() == [1]


def test_a_file_that_cannot_be_read_is_told_and_not_kept(logs: Path) -> None:
    (logs / "broken.out.gz").write_bytes(b"\x1f\x8b\x08no gzip at all")
    first = run("ingest", "logs")
    assert first.exit_code == 4
    assert "broken.out.gz" in first.stdout
    assert first.stderr == "Kept in .logparse: 3 new, 1 not readable\n"
    assert logparse.open(".logparse").sources.height == 3


def test_what_an_older_grammar_read_is_read_again_when_asked_to(logs: Path, parsed: list[str]) -> None:
    logparse.ingest("logs", store="kept")
    store = Store("kept")
    old = pl.col("read_with").str.replace("cerebras [^,]+", "cerebras 0")
    cerebras = pl.col("platform") == "cerebras"
    store.commit(
        lambda rows: rows.with_columns(pl.when(cerebras).then(old).otherwise("read_with").alias("read_with")), ""
    )
    parsed.clear()
    logparse.ingest("logs", store="kept")
    assert parsed == []
    (logs / "bert_large_batch_512.out").unlink()
    logparse.ingest(store="kept", stale=True)
    assert parsed == [str(logs / "bert_large_batch_1024.out")]
    assert logparse.open("kept").runs.height == 3


def test_a_grammar_of_the_users_own_reads_what_was_read_without_it(logs: Path, parsed: list[str]) -> None:
    log, grammar = logs / "acme.log", logs.parent / "acme.py"
    page = (ROOT / "docs" / "grammars.md").read_text()
    for path in (log, grammar):
        path.write_text(page.split(f"`{path.name}` contains\n\n```")[1].partition("\n")[2].partition("```")[0])
    assert logparse.ingest(log, store="kept").runs.height == 0
    assert logparse.ingest(log, store="kept", grammars=grammar).runs.height == 1
    assert logparse.ingest(log, store="kept", grammars=grammar).runs.height == 1
    assert logparse.ingest(log, store="kept").runs.height == 1
    assert len(parsed) == 2


# ---- upkeep ---- #


def ingest_one_by_one(logs: Path, store: str) -> None:
    for path in sorted(logs.iterdir()):
        logparse.ingest(path, store=store)


def test_compaction_keeps_every_row(logs: Path) -> None:
    ingest_one_by_one(logs, "kept")
    before = logparse.open("kept")
    before.frames()
    done = upkeep.compact(Store("kept"), keep_days=0)
    assert (done.parts_before, done.parts_after) == (3, 1)
    assert done.bytes_removed > 0
    same(before, logparse.open("kept"))
    assert not list(upkeep.check(Store("kept")))
    assert {len(list(Path("kept", name).glob("*.parquet"))) for name in ("runs", "evidence", "lines")} == {1}


def test_compaction_drops_what_was_forgotten(logs: Path) -> None:
    logparse.ingest("logs", store="kept")
    upkeep.forget(Store("kept"), ["*batch_*"])
    upkeep.compact(Store("kept"), keep_days=0)
    assert pl.read_parquet("kept/runs/*.parquet")["platform"].to_list() == ["groq"]
    assert logparse.open("kept").runs.height == 1


def test_many_small_ingests_are_compacted_by_themselves(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "_MANY_PARTS", 3)
    ingest_one_by_one(logs, "kept")
    assert Store("kept").sources()["part"].n_unique() == 1
    same(logparse.open("kept"), logparse.ingest("logs"))


def test_an_earlier_version_can_be_opened(logs: Path) -> None:
    ingest_one_by_one(logs, ".logparse")
    assert [logparse.open(".logparse", as_of=n).runs.height for n in range(3)] == [1, 2, 3]
    at = Store(".logparse").versions()["at"]
    assert logparse.open(".logparse", as_of=at[1]).runs.height == 2
    assert run("runs", "--as-of", "1", "--format", "csv").output.count("\n") == 3
    with pytest.raises(UsageError, match="no version 9"):
        logparse.open(".logparse", as_of=9)
    assert run("runs", "--as-of", "yesterday").exit_code == 2


@pytest.mark.parametrize("damage", ["remove", "cut", "other rows"])
def test_check_finds_damage(logs: Path, damage: str) -> None:
    run("ingest", "logs")
    assert run("store", "check").exit_code == 0
    path = next(Path(".logparse/metrics").glob("*.parquet"))
    if damage == "remove":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    else:
        pl.read_parquet(path).head(3).write_parquet(path)
    result = run("store", "check")
    assert result.exit_code == 5
    assert path.name in result.output


def test_info_tells_what_is_there(logs: Path) -> None:
    run("ingest", "logs")
    (logs / "bert_tiny_dummy_input.out").unlink()
    output = run("store", "info").output
    assert "3 sources with 3 runs" in output
    assert "1 source: the log is no longer there" in output
    assert "ingest: 3 sources" in output


def test_forget_wants_a_source_that_is_there(logs: Path) -> None:
    run("ingest", "logs")
    assert run("store", "forget", "logs/nothing.out").exit_code == 2
    result = run("store", "forget", "bert_tiny_dummy_input.out", "logs/bert_large*")
    assert result.output.count("forgotten") == 3
    assert run("runs").exit_code == 3


# ---- stores that cannot be used ---- #


def test_a_store_of_a_newer_release_is_refused(logs: Path) -> None:
    run("ingest", "logs")
    manifest = Path(".logparse/store.json")
    written = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**written, "format": written["format"] + 1}))
    result = run("runs")
    assert result.exit_code == 2
    assert "newer format" in result.output
    manifest.write_text(json.dumps(written))
    newer = pl.col("schema_version") + 1
    Store(".logparse").commit(lambda rows: rows.with_columns(newer), "")
    assert "newer logparse" in run("runs").output


def test_logs_read_with_an_older_schema_are_to_be_read_again(logs: Path) -> None:
    run("ingest", "logs")
    Store(".logparse").commit(lambda rows: rows.with_columns(pl.col("schema_version") - 1), "")
    assert "stale sources again" in run("runs").output
    assert run("ingest", "logs").stderr == "Kept in .logparse: 3 changed\n"
    assert run("runs").exit_code == 0


def test_a_folder_of_others_is_no_store(logs: Path) -> None:
    with pytest.raises(NoSuchInput, match="no store"):
        logparse.open("logs")
    with pytest.raises(UsageError, match="holds other files"):
        logparse.ingest("logs", store="logs")
    assert run("runs").exit_code == 2


def test_what_cannot_be_kept_is_printed_all_the_same(logs: Path) -> None:
    Path(".logparse").write_text("in the way")
    result = run("ingest", "logs")
    assert result.exit_code == 0
    assert result.stdout == run("ingest", "logs", "--no-store").stdout
    assert "Warning: not all was kept" in result.stderr
    assert run("ingest", "logs", "--store", "logs").exit_code == 2


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_store_stays_as_it_was(logs: Path) -> None:
    run("ingest", "logs/bert_tiny_dummy_input.out")
    folders = [Path(".logparse"), *(path for path in Path(".logparse").rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert "cannot be written to" in run("ingest", "logs").stderr
        assert run("runs").exit_code == 0
    finally:
        for folder in folders:
            folder.chmod(0o755)


@pytest.mark.parametrize("where", ["rows", "commit"])
def test_a_full_disk_leaves_the_store_as_it_was(logs: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    run("ingest", "logs/bert_tiny_dummy_input.out")
    before = run("runs").output

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("logparse.store.places.put_by" if where == "rows" else "deltalake.write_deltalake", full)
        result = run("ingest", "logs")
    assert "No space left on device" in result.stderr
    assert "bert_large" in result.stdout
    assert run("runs").output == before


def test_ctrl_c_keeps_what_is_whole_and_says_what_is_left(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logparse.pipeline, "BATCH_BYTES", 1)  # each log is a batch
    shutil.copy(logs / "bert_tiny_dummy_input.out", logs / "copy.out")
    logparse.ingest(logs / "bert_tiny_dummy_input.out", store=".logparse")
    read_batch = logparse.pipeline.read_batch
    interrupted: list[bool] = []

    def once(batch: Any, *rest: Any) -> Any:
        if batch.sources[0].name.endswith("512.out"):
            interrupted.append(True)
            raise KeyboardInterrupt
        return read_batch(batch, *rest)

    monkeypatch.setattr(logparse.pipeline, "read_batch", once)
    result = run("ingest", logs)
    assert result.exit_code == 130
    assert result.stdout == ""
    assert result.stderr == (
        "Interrupted. Kept in .logparse: 1 of 4 files; 3 left: the same command again reads them\n"
    )
    assert interrupted == [True]
    assert list(upkeep.check(Store(".logparse"))) == []
    assert {Path(s).name for s in logparse.open().sources["source"]} == {
        "bert_large_batch_1024.out",
        "bert_tiny_dummy_input.out",
    }
    monkeypatch.setattr(logparse.pipeline, "read_batch", read_batch)
    result = run("ingest", logs)
    assert "1 new, 2 unchanged, 1 moved or copied" in result.stderr
    assert_frame_equal(logparse.open().runs, logparse.ingest("logs").runs)


def test_progress_tells_rate_and_time_left() -> None:
    from logparse.cli._progress import _amount

    assert _amount(10_000_000, 40_000_000, 5) == " 25 %  10.0 of 40.0 MB  2.0 MB/s  15 s left"
    assert _amount(10_000_000, 4_010_000_000, 5).endswith("2.0 MB/s  33 min left")
    assert _amount(10_000_000, 40_010_000_000, 5).endswith("2.0 MB/s  5 h 33 min left")
    assert _amount(10_000_000, None, 5) == "10.0 MB  2.0 MB/s"


# ---- for other programs ---- #


def test_plain_polars_reads_a_store(logs: Path) -> None:
    ingest_one_by_one(logs, "kept")
    upkeep.compact(Store("kept"))  # the old files are still there
    upkeep.forget(Store("kept"), ["bert_tiny_dummy_input.out"])
    script = (
        "import polars as pl\n"
        "live = pl.read_delta('kept/sources').select('ingest', 'source')\n"
        "runs = pl.read_parquet('kept/runs/*.parquet').join(live, on='ingest')\n"
        "print(sorted(runs['batch_size']))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[512, 1024]\n"


def test_duckdb_reads_a_store_and_what_is_exported_from_it(logs: Path) -> None:
    # `delta_scan` needs an extension that DuckDB downloads; the list of files comes from the package `deltalake`.
    import duckdb
    from deltalake import DeltaTable

    run("ingest", logs)
    (logs / "bert_large_batch_512.out").unlink()
    run("store", "forget", "bert_large_batch_512.out")
    sources = DeltaTable(".logparse/sources").file_uris()
    query = (
        f"SELECT r.platform, COUNT(*) FROM read_parquet('.logparse/runs/*.parquet') r "
        f"SEMI JOIN read_parquet({sources}) s USING (ingest) GROUP BY r.platform ORDER BY r.platform"
    )
    assert duckdb.sql(query).fetchall() == [("cerebras", 1), ("groq", 1)]
    assert run("export", "frames").exit_code == 0
    exported = duckdb.sql("SELECT run, throughput FROM 'frames/runs.parquet'").fetchall()
    assert exported == logparse.open().runs.select("run", "throughput").rows()
    steps = duckdb.sql("SELECT COUNT(*) FROM 'frames/metrics.parquet' SEMI JOIN 'frames/runs.parquet' USING (run)")
    assert steps.fetchall() == [(logparse.open().metrics.height,)]


def test_plain_polars_reads_what_is_exported(logs: Path) -> None:
    run("ingest", logs)
    run("export", "frames")
    code = (
        "import sys, polars as pl; sys.modules['logparse'] = None; "
        "print(pl.read_parquet('frames/runs.parquet')['throughput'].to_list())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(logparse.open().runs["throughput"].to_list())


def test_export_writes_some_frames(logs: Path) -> None:
    run("ingest", logs)
    assert run("export", "some", "--frame", "runs", "--frame", "phases", "--format", "csv").exit_code == 0
    assert sorted(os.listdir("some")) == ["phases.csv", "runs.csv"]
    assert Path("some/runs.csv").read_text().count("\n") == 1 + 3
    assert run("export", "some", "--frame", "runs", "--format", "csv").exit_code == 2
    assert run("export", "some", "--frame", "runs", "--format", "csv", "--overwrite").exit_code == 0
    result = run("export", "other", "--frame", "run")
    assert result.exit_code == 2
    assert "there is no frame 'run'; did you mean 'runs'?" in result.stderr
    assert not Path("other").exists()


def test_export_writes_a_database(logs: Path) -> None:
    import duckdb

    run("ingest", logs)
    assert run("export", "frames", "--format", "duckdb").exit_code == 0
    opened = logparse.open()
    with duckdb.connect("frames/frames.duckdb", read_only=True) as database:
        assert {name for (name,) in database.sql("SHOW TABLES").fetchall()} == set(FRAMES)
        rows = database.sql("SELECT run, throughput, started_at FROM runs").fetchall()
        steps = database.sql("SELECT COUNT(*) FROM metrics").fetchall()
    assert rows == opened.runs.select("run", "throughput", "started_at").rows()
    assert steps == [(opened.metrics.height,)]
    assert "is there already" in run("export", "frames", "--format", "duckdb").stderr
    assert run("export", "frames", "--format", "duckdb", "--frame", "runs", "--overwrite").exit_code == 0


def test_export_writes_a_workbook_in_which_text_is_no_formula(logs: Path) -> None:
    import zipfile

    log = logs / "=cmd|calc.out"
    (logs / "bert_large_batch_512.out").rename(log)
    assert run("export", "frames", logs, "--format", "xlsx", "--frame", "runs", "--frame", "metrics").exit_code == 0
    with zipfile.ZipFile("frames/frames.xlsx") as workbook:
        sheets = [workbook.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2)]
        texts = workbook.read("xl/sharedStrings.xml").decode()
        assert 'name="runs"' in workbook.read("xl/workbook.xml").decode()
    assert "<t>=cmd|calc.out</t>" in texts
    assert not any("<f>" in sheet for sheet in sheets)
    assert "4847.18" in sheets[0]


@pytest.mark.parametrize(("format", "package"), [("duckdb", "duckdb"), ("xlsx", "xlsxwriter")])
def test_a_format_whose_package_is_missing_says_how_to_install_it(
    logs: Path, monkeypatch: pytest.MonkeyPatch, format: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    result = run("export", "frames", logs, "--format", format)
    assert result.exit_code == 2
    assert f"pip install 'logparse[{format}]'" in result.stderr
    assert not Path("frames").exists()


def test_a_workbook_has_a_limit_of_rows(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logparse.storage._SHEET_ROWS", 10)
    result = run("export", "frames", logs, "--format", "xlsx")
    assert result.exit_code == 2
    assert "choose other frames" in result.stderr


def test_sql_over_the_frames(logs: Path) -> None:
    run("ingest", "logs")
    query = (
        "SELECT r.label, MAX(m.value) AS worst FROM runs AS r JOIN metrics AS m ON r.run = m.run "
        "WHERE m.name = 'loss' GROUP BY r.label ORDER BY r.label"
    )
    rows = run("sql", query, "--format", "csv").output.splitlines()
    assert rows[0] == "label,worst"
    assert [row.partition(",")[0] for row in rows[1:]] == ["bert_large_batch_1024.out", "bert_large_batch_512.out"]
    assert (
        run("sql", "WITH a AS (SELECT run FROM runs) SELECT COUNT(*) AS n FROM a;", "--format", "csv").output
        == "n\n3\n"
    )


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('secret.csv')",
        "SELECT * FROM \"read_parquet\"('secret.csv')",
        "SELECT * FROM 'secret.csv'",
        "DROP TABLE runs",
        "CREATE TABLE x AS SELECT * FROM runs",
        "SELECT 1; DROP TABLE runs",
        "SELECT * INTO x FROM runs",
        "SELECT nothing FROM runs",
        "SELECT (1",
        "",
    ],
)
def test_sql_reads_only_the_frames(logs: Path, query: str) -> None:
    Path("secret.csv").write_text("a\n1\n")
    result = run("sql", query, "logs")
    assert result.exit_code == 2
    assert result.stdout == ""


@pytest.mark.parametrize("format", ["parquet", "csv", "ndjson", "arrow"])
def test_export_writes_all_frames(logs: Path, format: str) -> None:
    run("ingest", "logs")
    assert run("export", "frames", "--format", format).exit_code == 0
    assert {path.name for path in Path("frames").iterdir()} == {
        "logparse.json",
        *(f"{name}.{format}" for name in FRAMES),
    }
    same(logparse.read("frames"), logparse.open(".logparse"))


# ---- many processes, and processes that die ---- #

WORKER = """
import sys, logparse, logparse.pipeline
logparse.pipeline.BATCH_BYTES = 10_000  # a commit after every few files
logparse.ingest(sys.argv[2:], store=sys.argv[1])
"""


def worker(store: Path, paths: list[Path]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(store), *map(str, paths)], stderr=subprocess.PIPE, env=environment
    )


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_killed_ingest_loses_and_doubles_nothing(desk: Path, seed: int) -> None:
    rng = random.Random(seed)
    paths = sorted(path for path in (SAMPLES / "cerebras").iterdir() if path.is_file())[:FILES]
    store = desk / "kept"
    plain = logparse.ingest(paths)
    begun = time.monotonic()
    worker(desk / "whole", paths).wait()
    duration = time.monotonic() - begun
    held: set[str] = set()
    for _ in range(8 if ROUNDS > 1 else 4):
        process = worker(store, paths)
        time.sleep(rng.uniform(0.3, 1) * duration)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if not is_store(store):
            continue
        sources = Store(store).sources()
        names = set(sources["source"])
        assert held <= names
        assert not list(upkeep.check(Store(store)))
        assert sources["source"].is_unique().all()
        opened = logparse.open(store)
        expected = plain.runs.filter(pl.col("source").is_in(list(names)))
        assert opened.runs.height == expected.height
        held = names
    assert worker(store, paths).wait() == 0
    same(plain, logparse.open(store))


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_processes_ingest_overlapping_files_at_once(desk: Path, seed: int) -> None:
    rng = random.Random(seed)
    paths = sorted(path for path in (SAMPLES / "cerebras").iterdir() if path.is_file())[:FILES]
    chosen = [rng.sample(paths, len(paths) * 2 // 3) for _ in range(16 if ROUNDS > 1 else 4)]
    processes = [worker(desk / "kept", part) for part in chosen]
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), errors
    same(logparse.ingest(sorted({path for part in chosen for path in part})), logparse.open(desk / "kept"))
    assert not list(upkeep.check(Store(desk / "kept")))


def test_a_store_is_imported_only_where_it_is_used() -> None:
    script = (
        "import sys, logparse\n"
        f"logparse.ingest({str(GROQ / 'bert_tiny_dummy_input.out')!r}).runs\n"
        "print('deltalake' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_every_frame_has_a_table() -> None:
    assert set(FRAMES) - {"sources"} <= set(TABLES)
