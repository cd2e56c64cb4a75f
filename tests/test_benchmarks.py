"""The benchmark's logs are the same each time, and the yardstick reads what was put into them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import limits
import make_logs
import pytest
import recompute
import run
import yardstick
from conftest import ROOT

BENCHMARKS = ROOT / "benchmarks"

SMALL = {"dense": 2_000, "noisy": 400_000, "mix": 2_000_000}


def made(name: str, folder: Path) -> dict[str, int]:
    return dict(getattr(make_logs, name)(folder, SMALL[name]))


@pytest.mark.parametrize("name", list(SMALL))
def test_a_log_is_the_same_each_time_it_is_made(name: str, tmp_path: Path) -> None:
    made(name, tmp_path / "first")
    made(name, tmp_path / "second")
    first = {path.name: path.read_bytes() for path in run.files_in(tmp_path / "first")}
    assert first == {path.name: path.read_bytes() for path in run.files_in(tmp_path / "second")}
    assert sum(map(len, first.values())) > 200_000


@pytest.mark.parametrize("name", list(SMALL))
def test_the_yardstick_reads_all_that_was_put_into_a_log(name: str, tmp_path: Path) -> None:
    counts = made(name, tmp_path)
    rows = yardstick.read(run.files_in(tmp_path), yardstick.RULES[name])
    assert {kind: len(found) for kind, found in rows.items()} == counts


def test_the_mix_holds_all_four_platforms_in_one_file(tmp_path: Path) -> None:
    made("mix", tmp_path)
    rows = yardstick.read([tmp_path / "homework.txt"], yardstick.RULES["mix"])
    assert {kind.split(".")[0] for kind in rows} >= {"cerebras", "sambanova", "graphcore", "groq"}


def test_told_the_platform_of_each_file_the_yardstick_reads_the_same(tmp_path: Path) -> None:
    counts = made("mix", tmp_path)
    _, rows = run.work_yardstick_told("mix", tmp_path)
    assert rows == sum(counts.values())


def test_the_dense_log_holds_each_step_once_and_its_rates_agree_with_its_end(tmp_path: Path) -> None:
    made("dense", tmp_path)
    rows = yardstick.read(run.files_in(tmp_path), yardstick.CEREBRAS)
    assert [row[2] for row in rows["cerebras.step"]] == list(range(1, 2_001))
    [(_, samples, seconds)] = rows["cerebras.processed"]
    assert rows["cerebras.step"][-1][-1] == pytest.approx(samples / seconds, rel=1e-4)


def test_the_noisy_log_has_its_size_and_nearly_no_line_with_information(tmp_path: Path) -> None:
    counts = made("noisy", tmp_path)
    size = run.files_in(tmp_path)[0].stat().st_size
    lines = run.files_in(tmp_path)[0].read_bytes().count(b"\n")
    assert size == pytest.approx(SMALL["noisy"], rel=0.05)
    assert sum(counts.values()) < lines / 20


def test_small_files_have_names_of_their_own(tmp_path: Path) -> None:
    make_logs.small(tmp_path, 30)
    assert len(run.files_in(tmp_path)) == 30


def test_small_files_need_logs_to_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_logs, "REAL_LOGS", tmp_path / "none")
    monkeypatch.setattr(make_logs, "SAMPLE_LOGS", tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="no logs to copy in"):
        make_logs.small(tmp_path / "small", 3)


def test_a_contestant_is_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    made("dense", tmp_path)
    cost = run.measure_contestant("re, per line", "dense", tmp_path)
    assert cost.rows > 2_000
    assert 0 < cost.work < cost.process
    assert cost.cpu > 0
    assert cost.peak > 5_000_000


def test_a_contestant_that_fails_is_told_of_with_its_last_line(tmp_path: Path) -> None:
    with pytest.raises(run.ContestantError, match="no such thing"):
        run.measure([sys.executable, "-c", "raise SystemExit('first\\nno such thing')"], tmp_path)


def test_one_that_failed_is_not_asked_again() -> None:
    asked = []

    def fails() -> None:
        asked.append(1)
        raise run.ContestantError("broken")

    results, failed = run.in_turn({"bad": fails, "good": lambda: run.Measured(1, 1, 1, 1)}, 3)
    assert (len(asked), len(results["good"]), failed) == (1, 3, {"bad": "broken"})


def test_a_ratio_is_taken_pair_by_pair() -> None:
    found = run.ratio([10.0, 30.0, 20.0], [1.0, 2.0, 4.0])
    assert (found.least, found.middle, found.greatest) == (5.0, 10.0, 15.0)
    assert run.ratio([1.0], []) is None


def contest(re: float, logparse: float, peak: int = 100) -> dict[str, list[object]]:
    return {"re, per line": [run.Measured(re, re, re, 50)], "logparse": [run.Measured(logparse, 1, 1, peak)]}


@pytest.mark.parametrize(
    ("log", "re", "logparse", "peak", "verdicts"),
    [
        ("noisy", 8.0, 1.0, 5_000, [True, True]),
        ("noisy", 7.9, 1.0, 5_001, [False, False]),
        ("mix", 6.1, 1.0, 100, [True, True]),
        ("small", 5.0, 1.0, 100, [True, True]),
        ("small", 4.9, 1.0, 10**9, [False, False]),
    ],
)
def test_a_requirement_is_met_up_to_its_bound(
    log: str, re: float, logparse: float, peak: int, verdicts: list[bool]
) -> None:
    rows = run.requirements({log: contest(re, logparse, peak)}, {log: run.Size(1, 1_000, 10, 0)}, {})
    assert [row.met for row in rows if row.sized] == verdicts


def test_what_could_not_be_measured_is_missed() -> None:
    contests = {"dense": {"re, per line": [run.Measured(1, 1, 1, 1)]}}
    rows = run.requirements(contests, {"dense": run.Size(1, 1_000, 10, 10)}, {})
    assert {(row.shown, row.met) for row in rows} == {("not measured", False)}


def test_the_pyparsing_slice_is_scaled_to_the_whole_log() -> None:
    contests = {"dense": {**contest(3.0, 1.0), "pyparsing": [run.Measured(1.0, 1, 1, 1)]}}
    rows = run.requirements(contests, {"dense": run.Size(1, 1_000, 600_000, 600_000)}, {})
    by_text = {row.text: row for row in rows}
    assert by_text["dense: at least 100 times as fast as pyparsing"].measured == 120.0


def test_the_help_of_the_benchmark_tells_how_to_read_it() -> None:
    done = subprocess.run([sys.executable, BENCHMARKS / "run.py", "--help"], capture_output=True, text=True, check=True)
    assert "How to read it" in done.stdout


# ---- limits ---- #


def test_a_limit_is_met_below_it_and_each_row_shows_which() -> None:
    assert limits.Timed("read", 0.9, 1).met
    assert not limits.Timed("read", 1.0, 1).met
    assert limits.timed("sleep", 5, lambda: None).seconds >= 0


@pytest.mark.parametrize(("seconds", "shown", "code"), [(0.5, "met", 0), (1.5, "EXCEEDED", 1)])
def test_an_exceeded_limit_is_shown_and_fails_the_check(
    seconds: float, shown: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(limits, "LIMITS", {"reading": lambda: iter([limits.Timed("read", seconds, 1)])})
    assert limits.main(["reading"]) == 0
    assert capsys.readouterr().out.split()[-1] == shown
    assert limits.main(["--check"]) == code


def test_an_unknown_limit_is_wrong_usage() -> None:
    with pytest.raises(SystemExit, match="2"):
        limits.main(["nothing"])


def test_lines_are_explained_in_measured_time() -> None:
    (row,) = limits.explained_lines()
    assert row.work == "explain 1,068 lines"
    assert row.seconds > 0


def test_every_number_of_random_comparisons_is_recomputed(capsys: pytest.CaptureFixture[str]) -> None:
    status = recompute.main([str(ROOT / "sample_logs"), "--outputs", "8", "--seed", "5"])
    printed = capsys.readouterr().out
    assert status == 0, printed
    assert printed.splitlines()[-1].startswith("All ")


def test_a_wrong_number_is_found() -> None:
    counts = recompute.Counts()
    counts.check("ratio", "throughput of b", 1.01, 1.011)
    assert counts.wrong == ["throughput of b: ratio 1.01, recomputed 1.011"]
