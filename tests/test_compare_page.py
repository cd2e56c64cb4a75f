"""The page of `compare`: a table for each workload, the answer first, runs as columns or as rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from conftest import SAMPLES, run

import logparse
from logparse import charts
from logparse.comparison.answer import answer
from logparse.comparison.blocks import compared
from logparse.comparison.compare import compare
from logparse.comparison.jobs import Job
from logparse.comparison.select import select
from logparse.errors import NothingToDraw, UsageError
from logparse.report.content import content

CEREBRAS, GRAPHCORE, GROQ = SAMPLES / "cerebras", SAMPLES / "graphcore", SAMPLES / "groq"
BATCHES = [CEREBRAS / f"bert_large_batch_{size}.out" for size in (512, 1024, 2048)]


def test_a_folder_gives_one_table_for_each_workload() -> None:
    result = run("compare", CEREBRAS, GRAPHCORE)
    assert result.exit_code == 0
    heads = re.findall(r"^(\S.*): (\d+) sides, baseline", result.stdout, re.MULTILINE)
    assert ("bert_large, train, cerebras", "7") in heads
    assert len(heads) == len(dict(heads)) >= 3
    assert "Not compared, as no other run has the same workload and task:" in result.stdout
    assert "xla_r19.out" in result.stdout
    assert "cannot be ranked" not in result.stdout


def test_few_runs_are_one_table_although_their_workloads_differ() -> None:
    result = run("compare", BATCHES[0], GROQ / "resnet50.out")
    assert result.stdout.startswith("different workloads: 2 sides")


def test_named_runs_are_one_table() -> None:
    result = run("compare", "*_batch_*", "mnist_*", CEREBRAS, GRAPHCORE)
    assert len(re.findall(r"sides, baseline", result.stdout)) == 1


def test_each_part_of_a_frame_names_its_block() -> None:
    assert run("compare", GRAPHCORE, "--format", "csv").stdout.startswith("block,quantity,unit,")
    latex = run("compare", GRAPHCORE, "--format", "latex")
    assert latex.exit_code == 2
    assert "LaTeX needs runs of one workload" in latex.stderr
    markdown = run("compare", GRAPHCORE, "--format", "md").stdout
    assert markdown.count("\n## ") + markdown.startswith("## ") >= 2


def test_markdown_begins_with_the_workload_and_the_answer() -> None:
    markdown = run("compare", *BATCHES[:2], "--format", "md").stdout.splitlines()
    assert markdown[0] == "## cerebras · bert\\_large, train"
    assert "throughput" in markdown[2]


def test_where_selects_the_runs_that_are_compared() -> None:
    result = run(
        "compare", CEREBRAS, "--where", "workload = 'bert_large' AND batch_size = 512 AND status = 'completed'"
    )
    assert "bert_large, train, cerebras: 2 sides" in result.stdout
    wrong = run("compare", CEREBRAS, "--where", "batchsize = 512")
    assert wrong.exit_code == 2
    assert "did you mean 'batch_size'?" in wrong.stderr


def test_the_baseline_need_not_satisfy_the_condition() -> None:
    condition = "workload = 'bert_large' AND batch_size = 512"
    result = run("compare", CEREBRAS, "--where", condition, "--baseline", "bert_large_batch_1024.out")
    assert "baseline bert_large_batch_1024" in result.stdout
    without = run("compare", CEREBRAS, "--where", condition).stdout
    assert "1024" not in without.splitlines()[0]


@pytest.mark.parametrize(
    "selected",
    [
        lambda logs, **options: select(logs, **options).jobs,
        lambda logs, **options: [job for block in compared(logs, **options) for job in block.jobs],
        lambda logs, **options: charts.view_for("ratio", logs, **options).jobs,
        lambda logs, **options: content(logs, **options).jobs,
    ],
    ids=["selection", "comparison", "chart", "report"],
)
def test_wherever_runs_are_selected_the_baseline_need_not_satisfy_the_condition(
    selected: Callable[..., Sequence[Job]],
) -> None:
    logs = logparse.ingest(BATCHES)

    def batch_sizes(condition: str, baseline: str) -> set[int]:
        return {job["batch_size"] for job in selected(logs, where=condition, baseline=baseline)}

    assert batch_sizes("batch_size < 2000", "bert_large_batch_2048.out") == {512, 1024, 2048}
    assert batch_sizes("batch_size > 600", "1024") == {1024, 2048}


def test_the_baseline_alone_is_no_selection() -> None:
    logs = logparse.ingest(BATCHES)
    assert not select(logs, where="batch_size = 3", baseline="bert_large_batch_2048.out").jobs
    with pytest.raises(NothingToDraw, match="no run for which batch_size = 3 is true"):
        logparse.chart.ratio(logs, where="batch_size = 3", baseline="bert_large_batch_2048.out")


def test_with_many_sides_each_is_a_row() -> None:
    columns = run("compare", *BATCHES).stdout.splitlines()
    assert any(re.match(r" +batch_512 +batch_1024 +batch_2048", line) for line in columns)
    rows = run("compare", CEREBRAS, "--where", "workload = 'bert_large'").stdout.splitlines()
    head = next(line for line in rows if re.match(r" +n +train", line))
    assert "throughput, samples/s" in head
    assert sum(bool(re.match(r" bert_large_batch_\d+ +1 ", line)) for line in rows) == 3
    # Below the values of a side stand its differences from the baseline.
    at = next(i for i, line in enumerate(rows) if line.startswith(" bert_large_batch_2048  "))
    assert re.search(r"×1\.\d+ \(1\.\d+ to 1\.\d+\) better \[\d+\]", rows[at + 1])


def test_a_failed_run_is_not_the_baseline_unless_all_failed() -> None:
    failed, ended = (GRAPHCORE / f"mlperf_resnet_{name}.out" for name in ("aborted", "success"))
    assert compare(logparse.ingest([failed, ended])).baseline == 1
    assert compare(logparse.ingest([failed, GRAPHCORE / "no_ipu.out"])).baseline == 0
    named = compare(logparse.ingest([failed, ended]), baseline="aborted")
    assert named.baseline == 0


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (BATCHES, r"The throughput of batch_2048 is ×2\.\d+ \(2\.\d+ to 2\.\d+\) that of "
                  r"batch_512, beyond the known noise \(n = 1, the highest of 3 sides\); "
                  r"the loss is not comparable: samples seen differ \(512,000 and 2,048,000\).*\."),
        ([BATCHES[0], GROQ / "resnet50.out"],
         r"throughput of resnet50 and bert_large_batch_512 not comparable: "
         r"workload differs: bert_large and resnet50\."),
        ([GRAPHCORE / "mlperf_resnet_aborted.out", GRAPHCORE / "mlperf_resnet_success.out"],
         r"Nothing can be compared: aborted failed, so its values are not compared\."),
    ],
)  # fmt: skip
def test_the_first_sentence_is_the_answer(files: list[Path], sentence: str) -> None:
    assert re.fullmatch(sentence, answer(compare(logparse.ingest(files))))
    assert re.fullmatch(f" {sentence}", run("compare", *files).stdout.splitlines()[1].replace(" (--at samples)", ""))


@pytest.mark.parametrize(
    ("point", "sentence"),
    [
        ("samples", r"At 409,600 samples, the loss of batch_1024 differs by \+0\.2891 from that of batch_512; "
                    r"whether that is noise is not known \(n = 1; batch_512 has the lowest of 3 sides\); "
                    r"the throughput of batch_2048 is ×2\..*"),
        ("steps", r"At 1,000 steps, the loss of batch_1024 does not differ beyond noise from that of batch_512 "
                  r"\(-0\.04688, n = 1\); the throughput of batch_2048 is ×2\..*"),
        ("time", r"At 152\.\d to 174\.7 s after training began, the loss of batch_1024 differs .*; the throughput .*"),
        ("loss=7.3", r"The time to loss ≤ 7\.3 of batch_1024 is ×1\.215 that of batch_512; .*; the throughput of .*"),
        ("loss=7.1", r"At loss ≤ 7\.1, the sides cannot be compared "
                     r"\(batch_512, batch_2048: not reached; batch_1024: 200 s ±11\); the throughput of .*"),
    ],
)  # fmt: skip
def test_the_answer_is_that_at_the_point_asked_for(point: str, sentence: str) -> None:
    result = run("compare", *BATCHES, "--at", point)
    assert result.exit_code == 0
    assert re.fullmatch(f" {sentence}", result.stdout.splitlines()[1])
    assert "the loss is not comparable" not in result.stdout.splitlines()[1]


def test_at_a_time_the_distance_of_the_next_point_counts_as_uncertainty() -> None:
    comparison = compare(logparse.ingest(BATCHES), at="time")
    (common,) = comparison.at
    assert common.most == max(point.seconds or 0.0 for point in common.points)
    distances = [point.until_next for point in common.points]
    assert [d is None for d in distances] == [point.seconds == common.most for point in common.points]
    row = comparison.rows[-1]
    for verdict, distance in list(zip(row.verdicts, distances, strict=True))[1:]:
        assert verdict is not None
        assert distance is not None
        [rounding] = [bound.size for bound in verdict.bounds if bound.kind == "rounding"]
        assert rounding > distance > 0.01
    assert max(c.resolution or 0.0 for c in row.cells) < 0.001, "the printed digits are shown"
    shown = run("compare", *BATCHES, "--at", "time").stdout
    assert "174.7 s after training began, the last point that each logged by 174.7 s (how far the next" in shown


def test_the_answer_says_why_there_is_no_common_point() -> None:
    two = [GRAPHCORE / name for name in ("mnist_as_is_cold.out", "mnist_asked_20_epochs_ran_10.out")]
    text = answer(compare(logparse.ingest(two), at="samples"))
    assert text.startswith("At equal samples, the sides cannot be compared: no loss by samples in the log of ")
    assert "the throughput of asked_20_epochs_ran_10 does not differ beyond noise from that of as_is_cold" in text


def test_a_target_that_a_side_does_not_reach_is_in_the_table() -> None:
    result = run("compare", *BATCHES, "--target", "loss<=7.1")
    assert result.exit_code == 0
    assert re.search(r"\n  batch_512 +not reached\n  batch_1024 +1,000 .* not yet at step 900", result.stdout)


def test_the_answer_says_that_the_baseline_is_the_best() -> None:
    text = answer(compare(logparse.ingest(BATCHES), baseline="2048"))
    assert text.startswith("The throughput of batch_1024 is ×0.7")
    assert "(n = 1; batch_2048 has the highest of 3 sides)" in text


def test_the_answer_names_no_direction_within_noise() -> None:
    two = [GRAPHCORE / name for name in ("mnist_as_is_cold.out", "mnist_asked_20_epochs_ran_10.out")]
    text = answer(compare(logparse.ingest(two)))
    assert "does not differ beyond noise" in text
    assert not re.search(r"better|worse|highest|shortest", text)


def test_one_side_says_what_all_runs_share() -> None:
    with pytest.raises(UsageError, match=r"needs at least two sides; all 3 runs have platform cerebras$"):
        compare(logparse.ingest(BATCHES), by="platform")


def test_two_compile_cache_hits_are_called_that() -> None:
    cached = [GRAPHCORE / f"mnist_asked_{name}.out" for name in ("20_epochs_ran_10", "lr_002_cached")]
    page = run("compare", *cached).stdout
    assert re.search(r"\n compile +cached +cached  not comparable \[\d\]\n", page)
    assert "not comparable: both sides had a compile cache hit: nothing was compiled" in page
    assert "negative" not in page


def test_nothing_to_compare_is_an_error() -> None:
    alone = [CEREBRAS / "tf_appliance.out", CEREBRAS / "g6_trainer.out", CEREBRAS / "xla_r19.out"]
    logs = logparse.ingest([*alone, GROQ / "resnet50.out", GROQ / "minilm_spearman.out", GRAPHCORE / "keras_mnist.out"])
    with pytest.raises(UsageError, match="no two runs have the same workload and task"):
        compared(logs)


def test_in_a_notebook_a_comparison_is_a_table() -> None:
    comparison = compare(logparse.ingest(BATCHES))
    page = comparison._repr_html_()
    assert page.startswith("<p>3 sides, baseline batch_512</p>")
    assert page.count("<tr>") >= 3 * len(comparison.rows)
    assert "<th>verdict</th>" in page


def test_show_prints_like_the_command() -> None:
    logs = logparse.ingest(BATCHES[0])
    shown = logparse.show(logs, "batch_512", "throughput")
    printed = run("show", "batch_512", "throughput", BATCHES[0])
    assert f"{shown!r}\n" == printed.stdout
    assert shown._repr_html_().startswith("<pre>")
    with pytest.raises(UsageError, match="did you mean 'throughput'"):
        logparse.show(logs, "batch_512", "thrughput")


def test_an_interval_without_meaning_has_no_digits() -> None:
    out = run("compare", SAMPLES / "cerebras").output
    assert "(<0.001 to >1000)" in out
    assert not re.search(r"to \d{5,}\)", out)


def test_rates_have_the_unit_of_the_logs() -> None:
    files = [GROQ / f"bert_tiny_{name}.out" for name in ("256_rebuilt", "cached_build")]
    printed = run("compare", *files).stdout
    assert "throughput, sequences/s" in printed
    assert "samples/s" not in printed
