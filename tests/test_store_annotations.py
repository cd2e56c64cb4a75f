"""Labels, notes and baselines in a store: they stay with their run whatever becomes of its log."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from conftest import SAMPLES, run

import logparse
from logparse.cli import _since
from logparse.comparison.jobs import jobs
from logparse.store.annotating import annotate
from logparse.store.contents import find_place
from logparse.store.tables import Store

KEYED = SAMPLES / "cerebras" / "bert_large_batch_1024.out"
UNKEYED = SAMPLES / "sambanova" / "logreg_starter.out"
"""Its run prints nothing that identifies it."""


@pytest.fixture
def store(desk: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store of five logs, two of which have a label, a note and a baseline each."""
    monkeypatch.delenv("LOGPARSE_NO_STORE", raising=False)
    for path in (KEYED, UNKEYED, KEYED.with_name("bert_large_batch_512.out"), SAMPLES / "groq" / "resnet50.out"):
        (desk / "logs").mkdir(exist_ok=True)
        shutil.copy(path, desk / "logs")
    shutil.copy(SAMPLES / "sambanova" / "measure_performance.out", "logs/zz.out")
    logparse.ingest("logs", store=".logparse")
    for old, new in (("bert_large_batch_1024.out", "keyed"), ("logreg_starter.out", "unkeyed")):
        assert run("label", old, new).stdout == f"{old} is now {new}\n"
        assert run("note", new, f"note on {new}").exit_code == 0
        assert run("baseline", new, "--as", f"base-{new}").exit_code == 0
    return Store(".logparse")


def annotated() -> dict[str, list[str]]:
    """Source -> its annotations, in the store here."""
    logs = logparse.open()
    sources = dict(logs.runs.select("run", "source").iter_rows())
    out: dict[str, list[str]] = {}
    for row in logs.annotations.to_dicts():
        out.setdefault(sources.get(row["run"], "nowhere"), []).append(row["text"])
    return out


def expected(keyed: str = KEYED.name, unkeyed: str = UNKEYED.name) -> dict[str, list[str]]:
    return {
        f"logs/{source}": [name, f"note on {name}", f"base-{name}"]
        for source, name in ((keyed, "keyed"), (unkeyed, "unkeyed"))
    }


def test_the_fixture_has_a_run_of_each_kind(store: Store) -> None:
    assert find_place(store, "keyed")["keyed"]
    assert not find_place(store, "unkeyed")["keyed"]
    assert annotated() == expected()


def test_a_label_is_shown_and_names_the_run(store: Store) -> None:
    assert logparse.open().runs["label"].to_list() == [
        "keyed",
        "bert_large_batch_512.out",
        "unkeyed",
        "resnet50.out",
        "zz.out",
    ]
    assert "keyed" in run("ingest", f"logs/{KEYED.name}").stdout
    assert run("show", "keyed", "throughput").stdout.startswith("4847.18 samples/s")
    assert run("compare", "keyed", "batch_512").exit_code == 0
    assert run("runs", "--where", "label = 'unkeyed'", "--format", "csv").stdout.count("\n") == 2


def test_they_stay_when_a_log_grows(store: Store) -> None:
    for name in (KEYED.name, UNKEYED.name):
        with Path("logs", name).open("a") as file:
            file.write("one more line\n")
    run("ingest", "logs")
    assert annotated() == expected()


def test_they_stay_when_a_log_is_read_again_by_a_newer_version(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import logparse.store.intake as intake

    now = intake.read_with
    monkeypatch.setattr(intake, "read_with", lambda *given: now(*given).replace("logparse ", "logparse 9"))
    assert "5 changed" in run("ingest", "--stale", "logs").stderr
    assert annotated() == expected()


def test_they_stay_when_a_log_is_moved(store: Store) -> None:
    for name in (KEYED.name, UNKEYED.name):
        Path("logs", name).rename(f"logs/moved_{name}")
    run("ingest", "logs")
    assert annotated() == expected(f"moved_{KEYED.name}", f"moved_{UNKEYED.name}")


def test_they_stay_with_what_a_file_held_before_it_was_overwritten(store: Store) -> None:
    # It grows first, so that the text is not the one that the label was given to.
    for name in (KEYED.name, UNKEYED.name):
        with Path("logs", name).open("a") as file:
            file.write("one more line\n")
    run("ingest", "logs")
    for name in (KEYED.name, UNKEYED.name):
        shutil.copy(SAMPLES / "sambanova" / "unet_instances.out", f"logs/{name}")
    run("ingest", "logs")
    assert [source.partition("@")[0] for source in annotated()] == [f"logs/{KEYED.name}", f"logs/{UNKEYED.name}"]
    assert all("@" in source for source in annotated())


def test_they_stay_through_compaction_and_forgetting(store: Store) -> None:
    run("ingest", f"logs/{KEYED.name}")
    assert run("store", "compact", "--keep", 0).exit_code == 0
    assert annotated() == expected()
    for name in (KEYED.name, UNKEYED.name):
        assert run("store", "forget", f"logs/{name}").exit_code == 0
    assert run("store", "compact", "--keep", 0).exit_code == 0
    assert set(annotated()) == {"nowhere"}
    assert "keyed  " not in run("runs").stdout
    result = run("compare", "--baseline", "base-keyed")
    assert result.exit_code == 2
    assert "the run of the baseline 'base-keyed' is not in the store: ingest its log again" in result.stderr
    run("ingest", "logs")
    assert annotated() == expected()


def test_a_run_with_a_label_keeps_it_beside_other_logs(store: Store) -> None:
    (Path("more")).mkdir()
    shutil.copy(SAMPLES / "cerebras" / "bert_large_batch_2048.out", "more/keyed")
    logs = logparse.open() + logparse.ingest("more")
    assert logs.runs["label"].to_list()[0] == "keyed"
    assert logs.runs["label"].to_list()[-1] == "more/keyed"  # the label of another run is not taken
    assert logs.only("keyed").annotations["text"].to_list() == expected()[f"logs/{KEYED.name}"]
    result = run("compare", ".logparse", "more", "batch_512", "keyed", "--baseline", "base-keyed")
    assert result.exit_code == 0, result.stderr
    assert "2 sides, baseline keyed" in result.stdout


def test_processes_annotate_at_once(store: Store) -> None:
    script = "import sys; from logparse.cli import cli; cli.main(sys.argv[1:], prog_name='logparse')"
    processes = [
        subprocess.Popen([sys.executable, "-c", script, "note", "resnet50", f"note {i}"], stdout=subprocess.DEVNULL)
        for i in range(4)
    ]
    assert [process.wait() for process in processes] == [0] * 4
    assert sorted(annotated()["logs/resnet50.out"]) == [f"note {i}" for i in range(4)]


def test_info_lists_them(store: Store) -> None:
    text = run("store", "info").stdout
    assert f"Labels:\n  keyed     logs/{KEYED.name}\n  unkeyed   logs/{UNKEYED.name}\n" in text
    assert "Baselines:\n  base-keyed     keyed\n  base-unkeyed   unkeyed\n" in text
    assert "Notes:\n  keyed     note on keyed\n  unkeyed   note on unkeyed\n" in text


def test_they_can_be_removed_and_replaced(store: Store) -> None:
    assert run("label", "keyed", "other").stdout == "keyed is now other\n"
    assert run("label", "other", "--remove").stdout == "other: label removed\n"
    assert run("baseline", "batch_512", "--as", "base-keyed").exit_code == 0
    assert run("baseline", "--remove", "base-unkeyed").stdout == "baseline base-unkeyed removed\n"
    assert run("note", "unkeyed", "--remove").exit_code == 0
    assert annotated() == {
        f"logs/{KEYED.name}": ["note on keyed"],
        f"logs/{UNKEYED.name}": ["unkeyed"],
        "logs/bert_large_batch_512.out": ["base-keyed"],
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["label", "bert_large_bach_512", "x"], "did you mean 'bert_large_batch_512.out'?"),
        (["label", "resnet50", "keyed"], "'keyed' is the label of another run"),
        (["label", "resnet50", "zz.out"], "'zz.out' is the label of another run"),
        (["label", "resnet50", "a*"], "a label cannot hold '*'"),
        (["label", "resnet50", " "], "a label needs a text"),
        (["label", "resnet50"], "give RUN and the label, or RUN and --remove"),
        (["label", "resnet50", "--remove"], "resnet50.out has no label"),
        (["note", "resnet50", "two\nlines"], "a note is one line of text"),
        (["note", "out", "x"], "is ambiguous"),
        (["baseline", "resnet50"], "give RUN and --as NAME, or --remove NAME"),
        (["baseline", "--remove", "base-keyd"], "there is no baseline 'base-keyd'; did you mean 'base-keyed'"),
        (
            ["compare", "--baseline", "base-keyd"],
            "no baseline and no run is called 'base-keyd'; did you mean 'base-keyed'",
        ),
        (["compare", "--since", "7 years"], "give an age (30min, 12h, 7d, 2w), a date"),
        (["compare", "--since", "2034-01-01"], "no run began since 2034-01-01 00:00; the last one began "),
    ],
)
def test_errors_say_what_to_do(store: Store, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_an_annotation_needs_a_store(desk: Path) -> None:
    result = run("label", "a", "b")
    assert result.exit_code == 2
    assert ".logparse is no store" in result.stderr


def test_compare_since_takes_the_runs_that_began_since_and_the_baseline(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The run with batch 512 began on 2024-04-07 at 06:24, that with 1024 at 05:47.
    monkeypatch.setattr(_since, "now", lambda: datetime(2024, 4, 7, 7, 0))
    for since in ("50min", "2024-04-07T06:00"):
        result = run("compare", "bert*", "keyed", "--baseline", "base-keyed", "--since", since)
        assert result.exit_code == 0, result.stderr
        assert "2 sides, baseline keyed" in result.stdout
    # What states no time counts by when it was kept, which is after any of these.
    result = run("compare", "resnet50", "zz.out", "--since", "1d", "--format", "csv")
    assert result.exit_code == 0, result.stderr
    # Without a store, a run without a time is left out.
    result = run("compare", *sorted(Path("logs").glob("*.out")), "--since", "2h")
    assert "--since: 2 runs without a time left out" in result.stderr
    assert result.exit_code == 0, result.stderr


def test_runs_since_prints_the_runs_that_began_since(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_since, "now", lambda: datetime(2024, 4, 7, 7, 0))
    every = [path.name for path in sorted(Path("logs").glob("*.out"))]
    dated = run("runs", "logs", "--since", "50min", "--columns", "started_at", "--format", "csv")
    assert dated.exit_code == 0, dated.stderr
    assert [line[:16] for line in dated.stdout.splitlines()[1:]] == ["2024-04-07T06:24"]
    assert len(every) > 2
    # What states no time counts by when it was kept.
    kept = run("runs", "--since", "50min", "--columns", "label", "--format", "csv").stdout.splitlines()
    assert len(kept) == 1 + 1 + 2
    result = run("runs", "--since", "2034-01-01")
    assert result.exit_code == 2
    assert "no run began since 2034-01-01 00:00; the last one began " in result.stderr
    assert run("phases", "--since", "2h").exit_code == 2


def test_charts_and_reports_since_have_the_runs_that_began_since_and_the_baseline(store: Store) -> None:
    since = ("--where", "started_at is not null", "--since", "2024-04-07T06:00")
    drawn = run("chart", "duration", *since, "--data", "rows.csv")
    assert drawn.exit_code == 0, drawn.stderr
    assert set(pl.read_csv("rows.csv")["label"].drop_nulls()) == {"bert_large_batch_512.out"}
    drawn = run("chart", "throughput", *since, "--baseline", "base-keyed", "--data", "rows.csv")
    assert drawn.exit_code == 0, drawn.stderr
    assert set(pl.read_csv("rows.csv")["label"].drop_nulls()) == {"bert_large_batch_512.out", "keyed"}
    assert run("report", *since, "-o", "report.md").exit_code == 0
    runs = Path("report.md").read_text().partition("## Runs")[2].partition("##")[0]
    assert r"| bert\_large" in runs
    assert "keyed" not in runs
    assert run("report", *since, "--baseline", "base-keyed", "-o", "report.md").exit_code == 0
    assert "| keyed |" in Path("report.md").read_text()
    for command in (("chart", "duration", "-o", "x.svg"), ("report", "-o", "x.md")):
        result = run(*command, "--since", "2034-01-01")
        assert result.exit_code == 2
        assert "no run began since 2034-01-01 00:00" in result.stderr


def test_many_single_runs_since_a_time_suggest_change(tmp_path: Path) -> None:
    text = KEYED.read_text()
    for day in range(1, 8):
        (tmp_path / f"run{day}.out").write_text(text.replace("2024-04-07", f"2024-04-0{day}"))
    result = run("compare", tmp_path, "--since", "2024-04-03")
    assert result.exit_code == 0, result.stderr
    suggestion = (
        "--since 2024-04-03: 5 single runs side by side; --change 2024-04-03 compares these with the runs before, "
        "for each setting"
    )
    assert suggestion in result.stderr
    for options in (
        ["--since", "2024-04-04"],
        ["--since", "2024-04-01"],
        ["--since", "2024-04-03", "--by", "platform"],
    ):
        assert "side by side" not in run("compare", tmp_path, *options).stderr
    changed = run("compare", tmp_path, "--change", "2024-04-03")
    assert "2 sides" in changed.stdout


@pytest.mark.parametrize("command", [["chart", "throughput", "-o", "out.json"], ["report", "-o", "out.md"]])
def test_charts_and_reports_take_a_baseline_of_the_store(store: Store, command: list[str]) -> None:
    runs = ["--where", "workload = 'bert_large'"]
    logs = logparse.open()
    (keyed,) = (job.id for job in jobs(logs.runs) if job.label == "keyed")
    written = []
    for name in ("keyed", "base-keyed", "bert_large_batch_512.out"):
        result = run(*command, *runs, "--baseline", name)
        assert result.exit_code == 0, result.stderr
        # What a file says of how it was made has the baseline as it was given, or its id.
        written.append(Path(command[-1]).read_text().replace("base-keyed", "keyed").replace(keyed, "keyed"))
    assert written[0] == written[1]
    assert written[0] != written[2]
    store.commit(
        lambda rows: rows.with_columns(
            pl.when(pl.col("text") == "base-keyed").then(pl.lit("gone")).otherwise("hash").alias("hash")
        ),
        "",
        "annotations",
    )
    assert "is not in the store: ingest its log again" in run(*command, "--baseline", "base-keyed").stderr


def test_the_library_has_them_too(store: Store) -> None:
    annotate(store, "baseline", find_place(store, "resnet50"), "groq")
    logs = logparse.open()
    assert logs.annotations.filter(kind="baseline")["text"].to_list() == ["base-keyed", "base-unkeyed", "groq"]
    assert logs.read_at.keys() == set(logs.sources["source"])
