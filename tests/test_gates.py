"""`logparse compare`: gates, what CI and papers get, and what people read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest
from click.testing import CliRunner, Result
from conftest import SAMPLES, ingested

import logparse
from logparse import gates
from logparse.cli import cli
from logparse.comparison.compare import compare
from logparse.errors import UsageError
from logparse.pages import compare_export

pytestmark = pytest.mark.usefixtures("read_once")

GROQ = [str(SAMPLES / "groq" / name) for name in ("bert_tiny_dummy_input.out", "bert_tiny_256_rebuilt.out")]
MNIST = [str(SAMPLES / "graphcore" / name) for name in ("mnist_as_is_cold.out", "mnist_asked_20_epochs_ran_10.out")]
BATCHES = [str(SAMPLES / "cerebras" / f"bert_large_batch_{batch}.out") for batch in (512, 1024, 2048)]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["compare", *arguments], prog_name="logparse")


# ---- gates ---- #


@pytest.mark.parametrize(
    ("paths", "gate", "code"),
    [
        (GROQ, "throughput<0.95x", 5),
        (GROQ, "throughput<0.5x", 0),
        (GROQ, "throughput<-10%", 5),
        (GROQ, "latency_s>1.2x", 5),
        (GROQ, "score<0.9", 5),  # the value itself, further below than the noise that is known
        (GROQ, "accuracy<0.9", 5),
        (MNIST, "score<0.984", 0),  # 98.30 %, but public runs span two points
        (MNIST, "train_s<0.99x", 0),  # ×0.966, but within noise
        (MNIST, "compile_s>1.1x", 5),  # not comparable, so it cannot be decided, and that fails
        (MNIST, "loss>1.1x", 5),  # no log has one
    ],
)
def test_a_gate_fails_only_beyond_noise(paths: list[str], gate: str, code: int) -> None:
    assert run(*paths, "--fail-if", gate).exit_code == code


def test_what_cannot_be_told_fails_unless_it_may_pass() -> None:
    failed = run(*MNIST, "--fail-if", "compile_s>1.1x")
    assert failed.exit_code == 5
    assert "could not tell compile_s>1.1x" in failed.stderr
    assert run(*MNIST, "--fail-if", "compile_s>1.1x", "--on-unknown", "pass").exit_code == 0


def test_each_gate_is_one_line_with_its_figure_and_interval() -> None:
    gates = ("throughput<0.95x", "throughput<0.5x", "score<0.9", "compile_s>1.1x")
    lines = run(*GROQ, *(part for gate in gates for part in ("--fail-if", gate))).stderr.splitlines()
    assert [line.split(" for ")[0] for line in lines] == [
        "--fail-if missed throughput<0.95x", "--fail-if met throughput<0.5x", "--fail-if missed score<0.9",
        "--fail-if could not tell compile_s>1.1x",
    ]  # fmt: skip
    assert "×0.770 (0.729 to 0.812) worse; beyond noise (public repeats" in lines[0]
    assert "×0.770 (0.729 to 0.812) worse" in lines[1]
    assert "77.47 % (95 % interval ±" in lines[2]
    assert "not in any log" in lines[3]


def test_a_gate_within_noise_says_what_would_show() -> None:
    (line,) = run(*MNIST, "--fail-if", "train_s<0.99x").stderr.splitlines()
    assert line.startswith("--fail-if met train_s<0.99x")
    assert re.search(r"a difference of less than ±\d+ % does not show; 4 runs per side would show ±\d+ %", line)


def test_a_regression_between_two_runs_of_one_experiment_is_no_noise_of_its_own(tmp_path: Path) -> None:
    """What CI compares: the same program and settings, before and after."""
    text = (SAMPLES / "groq" / "bert_tiny_dummy_input.out").read_text()
    slow = tmp_path / "slow.out"
    slow.write_text(text.replace("16612.48", "8306.24").replace("0.06", "0.12"))
    assert run(str(slow), "--baseline", GROQ[0], "--fail-if", "throughput<0.95x").exit_code == 5
    assert run(GROQ[0], "--baseline", str(slow), "--fail-if", "throughput<0.95x").exit_code == 0


def test_findings_are_a_gate_where_asked() -> None:
    assert run(*MNIST, "--strict", "error").exit_code == 0
    assert run(*MNIST, "--strict", "warning").exit_code == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("throughput", "is not a valid gate"),
        ("throughput<0.95y", "is not a valid gate"),
        ("troughput<0.95x", "did you mean 'throughput'"),
        ("colour<1", "is not a quantity of a comparison"),
        ("throughput<0.95", "has no unit"),
        ("throughput<95%", "has no direction"),
        ("loss<1.2.3", "is not a number"),
        ("loss==3", "is not a valid gate"),
    ],
)
def test_what_is_no_gate_is_told(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        gates.gate(text)
    assert run(*GROQ, "--fail-if", text).exit_code == 2


def test_junit_has_a_case_for_each_gate_and_finding() -> None:
    result = run(*MNIST, "--fail-if", "train_s<0.99x", "--strict", "warning", "--format", "junit")
    suite = ElementTree.fromstring(result.stdout)
    cases = suite.findall("testcase")
    assert suite.get("tests") == str(len(cases))
    assert {case.get("classname") for case in cases} == {"gate", "finding"}
    assert int(suite.get("failures") or 0) == len(suite.findall("testcase/failure")) >= 1


def test_github_annotations_stand_at_the_lines() -> None:
    lines = run(*GROQ, "--fail-if", "throughput<0.95x", "--format", "github").stdout.splitlines()
    assert lines[0].startswith("::error file=")
    assert re.match(r"::error file=[^,]+bert_tiny_256_rebuilt\.out,line=36,title=throughput<0\.95x%3A ", lines[0])
    assert all(re.match(r"::(error|warning|notice) ", line) for line in lines)


def test_log_text_stays_text_in_what_ci_reads(tmp_path: Path) -> None:
    hostile = tmp_path / "a%0A::error::x,]]>\x1b[31m<b>.out"
    hostile.write_bytes(Path(GROQ[0]).read_bytes())
    arguments = (str(hostile), GROQ[1], "--fail-if", "throughput<0.95x")
    ElementTree.fromstring(run(*arguments, "--format", "junit").stdout)
    lines = run(*arguments, "--format", "github").stdout.splitlines()
    assert all(line.startswith("::") for line in lines)


# ---- papers ---- #


def made(paths: list[str]) -> tuple[logparse.Comparison, pl.DataFrame]:
    comparison = compare(ingested(paths))
    return comparison, logparse.findings(comparison)


def test_latex_has_a_macro_for_each_number_and_balanced_braces() -> None:
    text = compare_export.latex(*made(BATCHES))
    assert r"\newcommand{\lpTrainA}{\qty{174.7}{\second}}" in text
    assert r"\newcommand{\lpThroughputCRatio}{\num{2.291}}" in text
    defined = re.findall(r"\\newcommand\{(\\lp[A-Za-z]+)\}", text)
    assert len(defined) == len(set(defined))
    body = text[text.index(r"\begin{tabular}") :]
    assert set(re.findall(r"\\lp[A-Za-z]+", body)) <= set(defined)
    plain = text.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")


def test_markdown_has_a_row_for_each_quantity_and_its_notes() -> None:
    comparison, findings = made(BATCHES)
    text = compare_export.markdown(comparison, findings)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == len(comparison.rows) + 3  # head, rule, counts
    assert len({line.count("|") for line in rows}) == 1
    assert "beyond noise (public repeats" in text


def test_digits_never_exceed_what_was_printed() -> None:
    text = run(*GROQ, "--digits", "9").stdout
    assert "0.06 ms" in text
    assert "0.060" not in text
    assert "16612.48" in text
    assert " k s" not in run(*BATCHES, "--digits", "2").stdout


# ---- what people read ---- #


def test_a_refuted_claim_comes_first_and_names_its_line() -> None:
    second = run(*MNIST, "--claim", "20_epochs:epochs=20").stdout.splitlines()[1]
    assert second.startswith(" REFUTED  ")
    assert "epochs=20: the log says 10" in second
    assert second.endswith("mnist_asked_20_epochs_ran_10.out:6)")


def test_names_and_paths_may_stand_in_any_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where nothing is kept in a store
    folder = str(SAMPLES / "cerebras")
    one = run("batch_512", "batch_1024", folder)
    assert one.exit_code == 0
    assert one.stdout == run(folder, "batch_512", "batch_1024").stdout
    assert run("batch_512", "batch_1024").exit_code == 2
    assert "name the logs too" in run("batch_512", "batch_1024").stderr


def test_the_baseline_may_be_a_file() -> None:
    result = run(GROQ[1], "--baseline", GROQ[0], "--fail-if", "throughput<0.95x")
    assert result.exit_code == 5
    assert "baseline tiny_dummy_input" in result.stdout
    two = str(SAMPLES / "groq" / "two_runs_cp1252.txt")
    refused = run(GROQ[1], "--baseline", two)
    assert refused.exit_code == 2
    assert "the file must contain exactly one run" in refused.stderr


def test_where_nothing_is_recognised_the_exit_code_says_so(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("nothing of ours\n")
    result = run(str(path))
    assert result.exit_code == 3
    assert "no runs in these logs" in result.stderr


@pytest.mark.parametrize("format", ["json", "ndjson", "csv", "parquet"])
def test_the_frame_is_there_for_programs(format: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(*GROQ, "--format", format, "-o", str(out)).exit_code == 0
    if format == "json":
        assert json.loads(out.read_text())["frame"] == "comparison"
    assert out.stat().st_size


def test_what_is_ignored_is_told() -> None:
    text = run(*MNIST, "--ignore", "compile-cached=only training is compared", "--strict", "warning").stdout
    assert "ignored compile-cached (only training is compared)" in text
    assert run(*MNIST, "--ignore", "compile-cache").exit_code == 2


def test_one_clock_alone_is_shown_where_asked() -> None:
    text = run(*BATCHES, "--clock", "train").stdout
    assert "\n train " in text
    assert "\n wall " not in text
