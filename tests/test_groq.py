"""Groq: the build monitor, the result table, benchit, the build cache, and what in them misleads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import SAMPLES, ingested

import logparse

GROQ = SAMPLES / "groq"
BORDER = "+--------+----------+-------------------------+----------------+----------------------+-------------+\n"
HEADER = "| Source | Accuracy | end-to-end latency (ms) | end-to-end IPS | on-chip latency (ms) | on-chip IPS |\n"
CPU = "|  cpu   |  77.47%  |           2.20          |     455.43     |          --          |      --     |\n"
CHIP = "|  groq  |  77.46%  |           0.06          |    15945.43    |         0.03         |   37576.72  |\n"
TABLE = BORDER + HEADER + BORDER + CPU + CHIP + BORDER
STAGES = "    ✓ Exporting PyTorch to ONNX\n    ✓ Compiling model\n    ✓ Assembling model\n"
BUILD = f'Building "bert_tiny"\n{STAGES}\nWoohoo! Saved to ~/.cache/groqflow/bert_tiny\n'
BENCHMARK = (
    "Preprocessing data.\n\n"
    "Info: No inputs received for benchmark. Using the inputs provided during model compilation.\n"
    "Running inference on GroqChip.\nRunning inference using PyTorch model (CPU).\n"
)


def read(*texts: str | Path) -> logparse.Logs:
    return ingested([text if isinstance(text, Path) else text.encode() for text in texts])


def only(logs: logparse.Logs) -> dict[str, Any]:
    assert logs.runs.height == 1, logs.runs.select("source", "line_first", "platform", "status")
    return logs.runs.row(0, named=True)


def durations(logs: logparse.Logs) -> dict[str | None, float]:
    rows = logs.phases.filter(pl.col("phase") == "compile")
    return dict(rows.select("stage", "duration_s").rows())


def evidence(logs: logparse.Logs, column: str) -> dict[str, Any]:
    rows = logs.evidence.filter((pl.col("frame") == "runs") & (pl.col("column") == column))
    assert rows.height == 1, rows
    return rows.row(0, named=True)


def why_null(logs: logparse.Logs, column: str) -> str:
    row = evidence(logs, column)
    assert row["how"] == "absent"
    return str(row["reason"])


# ---- the build monitor ---- #


def test_frames_of_the_spinner_time_the_stages_and_the_list_of_stages_is_no_frame() -> None:
    logs = read(GROQ / "bert_tiny_spinner_frames_raw.out")
    assert durations(logs) == {
        None: 33.0,
        "Checking for Op support": 2.5,
        "Compiling model": 10.0,
        "Assembling model": 20.5,
    }
    assert set(logs.phases.filter(pl.col("phase") == "compile")["basis"]) == {"spinner"}
    assert only(logs)["compile_s"] == 33.0
    assert "lower bound" in evidence(logs, "compile_s")["reason"]


def test_frames_that_a_notebook_put_on_lines_of_their_own_count_the_same() -> None:
    raw = (GROQ / "bert_tiny_spinner_frames_raw.out").read_bytes().decode()
    assert durations(read(raw.replace("\r", "\n"))) == durations(read(raw))


def test_a_late_frame_of_one_stage_on_the_line_of_the_next_counts_for_its_own_stage() -> None:
    text = (
        "      Checking for Op support   \n      Compiling model   \n"
        "      Checking for Op support   \r      Checking for Op support.  \r    ✓ Checking for Op support   \n"
        "      Checking for Op support.. \r    ✓ Converting to FP16   \n"
        "      Compiling model   \r    ✓ Compiling model   \n"
    )
    assert durations(read(text)) == {None: 2.0, "Checking for Op support": 1.5, "Compiling model": 0.5}


def test_pasted_text_has_no_frames_so_the_build_time_is_unknown_and_not_zero() -> None:
    logs = read(GROQ / "bert_tiny_spinner_pasted.txt")
    run = only(logs)
    assert run["compile_s"] is None
    assert run["compile_cache"] == "miss"
    assert why_null(logs, "compile_s") == "no rule reads it"


def test_raw_and_pasted_text_of_a_run_are_one_run() -> None:
    raw, pasted = GROQ / "bert_tiny_spinner_frames_raw.out", GROQ / "bert_tiny_spinner_pasted.txt"
    run = only(read(pasted, raw))
    assert run["copies"] == 1
    assert run["source"] == str(raw), "the copy with most lines read is shown"
    assert only(read(raw))["run"] == only(read(pasted))["run"] == run["run"]


def test_a_copy_without_its_first_lines_is_the_same_run() -> None:
    whole = (GROQ / "bert_tiny_256_rebuilt.out").read_text()
    head, table = whole.split("Preprocessing data.\n")
    assert only(read(whole, table))["copies"] == 1
    assert only(read(table))["run"] == only(read(whole))["run"]
    assert only(read(head))["run"] != only(read(whole))["run"]


def test_a_build_found_in_the_cache_has_no_build_time_and_says_so() -> None:
    logs = read(GROQ / "bert_tiny_cached_build.out")
    run = only(logs)
    assert (run["compile_cache"], run["compile_s"], run["model"]) == ("hit", None, "bert_tiny")
    assert why_null(logs, "compile_s").startswith("cached")


def test_a_rebuild_tells_its_reason_and_the_shapes_that_nothing_else_prints() -> None:
    logs = read(GROQ / "bert_tiny_256_rebuilt.out")
    run = only(logs)
    assert (run["batch_size"], run["sequence_length"], run["line_first"]) == (1, 256, 1)
    reasons = logs.messages.filter(pl.col("kind") == "rebuild")["text"]
    assert any("changed from {'attention_mask': (2, 256)" in reason for reason in reasons)


def test_the_last_dimension_of_an_image_is_no_sequence_length() -> None:
    warning = (
        "Warning: build_model() discovered a cached build of resnet50, "
        "but decided to rebuild for the following reasons: \n\n"
        "         - Input shape of model \"resnet50\" changed from {'x': (1, 3, 224, 224)} to {'x': (4, 3, 224, 224)} "
        "since the last time it was built. \n"
    )
    run = only(read(warning + BUILD.replace("bert_tiny", "resnet50")))
    assert (run["batch_size"], run["sequence_length"], run["model"]) == (4, None, "resnet50")


def test_each_reason_to_rebuild_stays_in_the_run_that_it_begins() -> None:
    warning = (
        "Warning: groqit() discovered a cached build of bert_tiny, but decided to rebuild for the following reasons: \n"
        '         - Model "bert_tiny" changed since the last time it was built. \n'
        '         - groqit() argument "num_chips" for build bert_tiny changed from None to 2 since the last build. \n'
        "         - Your build bert_tiny was previously built against GroqFlow version 3.0.0, "
        "however you are now using GroqFlow version 4.3.1. \n"
    )
    logs = read(warning + BUILD + BENCHMARK + TABLE)
    assert only(logs)["sdk_version"] == "4.3.1"
    assert logs.messages.filter(pl.col("kind") == "rebuild").height == 4


def test_a_build_without_a_run_is_a_submission() -> None:
    run = only(read(BUILD))
    assert (run["status"], run["task"], run["throughput"]) == ("submitted", "compile", None)


def test_a_proof_point_that_only_builds_is_finished_but_has_no_result() -> None:
    cached = 'Woohoo! Build "bert_tiny" (build_name auto-selected) found in cache. Loading it!\n'
    run = only(read(f"{cached}Proof point /home/user/groqflow/proof_points/nlp/bert/bert_tiny.py finished!\n"))
    assert (run["status"], run["score"], run["compile_cache"]) == ("submitted", None, "hit")


def test_a_stage_that_fails_fails_the_run() -> None:
    text = (
        'Building "bert_tiny"\n    ✓ Exporting PyTorch to ONNX   \n'
        "\x1b[91m    × \x1b[0m\x1b[0mCompiling model   \x1b[0m\n"
        "\x1b[91m\nError: \x1b[0m\x1b[0mAttempted use Groq Compiler to compile your model's ONNX file "
        "into Groq Alan Assembly (.aa)\n"
        "Traceback (most recent call last):\nonnxflow.common.exceptions.StageError: the stage failed\n"
    )
    logs = read(text)
    assert only(logs)["status"] == "failed"
    assert logs.messages.filter(pl.col("kind") == "compile")["text"].to_list()[0] == "× Compiling model"


def test_the_cross_of_pip_is_no_failed_stage() -> None:
    text = BUILD + BENCHMARK + TABLE + "× Getting requirements to build wheel did not run successfully.\n"
    assert only(read(text))["status"] == "completed"


def test_a_tick_lost_in_cp1252_is_a_tick() -> None:
    logs = read(GROQ / "two_runs_cp1252.txt")
    assert logs.sources["encoding"].item() == "cp1252"
    assert logs.runs.select("compile_cache", "sequence_length", "throughput").rows() == [
        ("miss", None, 17218.55),
        ("miss", 256, 12570.31),
    ]
    assert logs.sources["coverage"].item() > 0.95


# ---- the result table ---- #


def test_the_run_is_the_chips_and_the_cpu_is_a_scope_of_its_own() -> None:
    logs = read(GROQ / "bert_tiny_dummy_input.out")
    run = only(logs)
    assert (run["throughput"], run["latency_s"], run["throughput_window"]) == (16612.48, 6e-05, "single_input")
    cpu = logs.metrics.filter((pl.col("scope") == "cpu") & (pl.col("split") == "benchmark"))
    assert dict(cpu.select("name", "value").rows()) == {"accuracy": 0.7747, "latency": 0.0022, "throughput": 453.89}


def test_the_score_is_that_of_the_chip_where_the_two_differ() -> None:
    run = only(read(GROQ / "resnet50.out"))
    assert (run["score"], run["sample"]) == (0.8451, "image")


def test_what_the_table_calls_on_chip_is_an_estimate_everywhere() -> None:
    logs = read(GROQ / "bert_tiny_dummy_input.out")
    assert evidence(logs, "on_chip_throughput")["how"] == "estimate"
    assert evidence(logs, "throughput")["how"] == "read"
    basis = logs.metrics.filter(pl.col("split") == "benchmark").group_by("name").agg(pl.col("basis").unique())
    estimated = {name for name, of in basis.rows() if of == ["estimated"]}
    assert estimated == {"on_chip_latency", "on_chip_throughput"}


@pytest.mark.parametrize(
    ("label", "cell", "name", "score"),
    [
        ("Accuracy", "77.46%", "accuracy", 0.7746),
        ("Spearman Rank Correlation Coefficient", "0.8204", "spearman", 0.8204),
        ("mAP @ 0.5:0.95", "0.4312", "mean_average_precision", 0.4312),
        ("F1 Score", "86.71%", "f1", 0.8671),
        ("MSE", "0.1235", "mean_squared_error", 0.1235),
        ("Mean IoU", "0.6001", "mean_iou", 0.6001),
    ],
)
def test_the_second_column_says_what_the_score_is(label: str, cell: str, name: str, score: float) -> None:
    table = (
        f"| Source | {label} | end-to-end latency (ms) | end-to-end IPS | on-chip latency (ms) | on-chip IPS |\n"
        f"|  cpu   | {cell} | 65.67 | 15.23 | -- | -- |\n|  groq  | {cell} | 0.47 | 2144.87 | 0.38 | 2620.58 |\n"
    )
    run = only(read(table))
    assert (run["score_name"], run["score"], run["throughput"]) == (name, score, 2144.87)
    assert run["accuracy"] == (score if name == "accuracy" else None)


def test_columns_are_found_by_their_label_and_an_unknown_one_shifts_nothing() -> None:
    table = (
        "| Source | Accuracy | end-to-end latency (ms) | watts | end-to-end IPS |\n"
        "|  cpu   |  77.47%  |  2.20  |  180  |  455.43  |\n|  groq  |  77.47%  |  0.06  |  30  |  15945.43  |\n"
    )
    run = only(read(table))
    assert (run["throughput"], run["on_chip_throughput"]) == (15945.43, None)


def test_the_first_releases_print_a_score_and_nothing_else() -> None:
    table = "| Source | Accuracy |\n+--------+----------+\n|  cpu   |  77.47%  |\n|  groq  |  77.46%  |\n"
    run = only(read(BUILD + "Running inference on GroqChip.\n+--------+----------+\n" + table))
    assert (run["status"], run["score"], run["throughput"], run["throughput_window"]) == (
        "completed",
        0.7746,
        None,
        None,
    )


def test_a_log_that_ends_within_the_table_has_no_result() -> None:
    run = only(read(BUILD + BENCHMARK + BORDER + HEADER + BORDER + CPU))
    assert (run["status"], run["score"], run["throughput"], run["score_name"]) == ("incomplete", None, None, None)


def test_a_border_glued_to_the_bar_costs_neither() -> None:
    bar = "100%|██████████| 2210/2210 [00:04<00:00, 446.18it/s]"
    logs = read(BENCHMARK + bar + TABLE)
    assert only(logs)["throughput"] == 15945.43
    assert logs.phases.select("phase", "stage", "duration_s", "basis").rows() == [("eval", "cpu", 4.0, "bar")]
    assert logs.sources["coverage"].item() == 1.0


def test_a_bar_whose_carriage_returns_are_lost_still_ends() -> None:
    drawings = "".join(
        f"{n:3d}%|{'█' * (n // 10):<10}| {n * 22}/2200 [00:{n // 20:02d}<00:01, 440.00it/s]" for n in range(101)
    )
    logs = read(BENCHMARK + drawings + "\n" + TABLE)
    assert logs.phases.select("stage", "duration_s").rows() == [("cpu", 5.0)]
    assert logs.metrics.filter(pl.col("name") == "iteration_rate").select("value", "scope").rows() == [(440.0, "cpu")]


def test_the_cpus_pass_over_the_data_is_no_time_of_the_chip() -> None:
    logs = read(GROQ / "minilm_spearman.out")
    run = only(logs)
    assert run["eval_s"] is None
    assert "only the CPU" in why_null(logs, "eval_s")
    assert (run["sample"], run["workload"], run["score_name"], run["accuracy"]) == ("pair", "minilm", "spearman", None)


def test_bare_tables_one_below_the_other_are_runs_and_a_copy_of_one_is_not() -> None:
    other = TABLE.replace("455.43", "241.22").replace("15945.43", "12797.77")
    logs = read("batch 1\n" + TABLE + "batch 2\n" + other + "again\n" + TABLE)
    assert logs.runs["throughput"].to_list() == [15945.43, 12797.77]
    assert logs.runs["copies"].to_list() == [1, 0]


def test_a_table_in_a_report_and_in_its_log_is_one_run() -> None:
    assert only(read("My result:\n" + TABLE, BUILD + BENCHMARK + TABLE))["copies"] == 1


def test_nothing_on_the_terminal_has_a_time() -> None:
    logs = read(GROQ / "bert_tiny_dummy_input.out")
    run = only(logs)
    assert [run[c] for c in ("started_at", "ended_at", "total_s", "queue_s", "compile_s")] == [None] * 5
    assert "no timestamp" in why_null(logs, "started_at")


# ---- the session round it ---- #


def test_walltime_kills_the_shell_after_the_result_and_the_result_stands() -> None:
    logs = read(GROQ / "pbs_walltime.out")
    run = only(logs)
    assert (run["status"], run["throughput"]) == ("completed_with_errors", 18120.44)
    assert run["job_id"] == "6417.groq-r03-controller.ai.example.org"
    assert logs.messages.filter(pl.col("kind") == "scheduler").height == 1


def test_walltime_that_ends_the_work_fails_it() -> None:
    prompt = "(groqflow) user@groq-r01-gn-08:~/groqflow/proof_points/natural_language_processing/bert$ "
    killed = "=>> PBS: job killed: walltime 14422 exceeded limit 14400\n"
    run = only(read(f"{prompt}python bert_tiny.py\n{BUILD}{BENCHMARK}{prompt}{killed}"))
    assert (run["status"], run["host"], run["task"]) == ("failed", "groq-r01-gn-08", "inference")


def test_a_missing_environment_fails_the_command_that_needed_it() -> None:
    logs = read(GROQ / "conda_missing.out")
    run = only(logs)
    assert (run["status"], run["line_first"], run["host"]) == ("failed", 3, "groq-r03-gn-02")
    assert {"command_not_found", "module_not_found"} <= set(logs.messages["kind"])


def test_a_command_that_is_no_proof_point_begins_nothing() -> None:
    prompt = "(groqflow) user@groq-r01-gn-08:~/groqflow/proof_points/natural_language_processing/bert$ "
    logs = read("".join(f"{prompt}{command}\n" for command in ("ls", "vim bert_tiny.py", "pip3 install groq-devtools")))
    assert logs.runs.height == 0


def test_a_prompt_printed_twice_still_has_its_command() -> None:
    prompt = "(groqflow) user@groq-r01-gn-08:~/groqflow/proof_points/natural_language_processing/bert$ "
    logs = read(f"{prompt}{prompt}python bert_tiny.py\n{BUILD}{BENCHMARK}{TABLE}")
    only(logs)
    assert logs.params.filter(pl.col("name") == "command")["value"].to_list() == ["python bert_tiny.py"]


def test_input_that_was_asked_for_is_a_command_and_no_setting_of_the_build() -> None:
    logs = read(GROQ / "bert_tiny_cached_build.out")
    assert "--custom_input" in logs.params.filter(pl.col("name") == "command")["value"].item()
    assert (only(logs)["batch_size"], only(logs)["sequence_length"]) == (None, None)


# ---- benchit ---- #


def test_benchit_calls_seconds_milliseconds_and_the_correction_is_told() -> None:
    logs = read(GROQ / "benchit_seconds_called_ms.out")
    run = only(logs)
    assert (run["latency_s"], run["throughput"], run["model"], run["sdk_version"]) == (0.002, 455.8, "bert", "2.5.2")
    row = evidence(logs, "latency_s")
    assert row["how"] == "converted"
    assert "seconds" in row["reason"]
    assert 0.5 < run["latency_s"] * run["throughput"] < 1.5


def test_figures_of_other_devices_in_a_benchit_log_are_not_the_chips() -> None:
    def model(name: str, device: str, latency: str, rate: str) -> str:
        return (
            f"        {name} (executed 1x)\n                Hash:           {name}\n"
            f"                Status:         Successfully benchmarked on {device}\n"
            f"                                Mean Latency:   {latency} milliseconds (ms)\n"
            f"                                Throughput:     {rate}     inferences per second (IPS)\n\n"
        )

    chip = model("a1", "GroqChip1 (groq v2.5.2)", "0.002", "459.3")
    cpu = model("b2", "Intel(R) Xeon(R) CPU @ 2.20GHz (ort v1.14.1)", "345.341", "2.9")
    again = model("c3", "GroqChip1 (groq v2.5.2)", "0.003", "359.3")
    logs = read("Models discovered during profiling:\n\nbert.py:\n" + chip + cpu + again)
    assert logs.runs["throughput"].to_list() == [459.3, 359.3]
    assert set(logs.metrics.filter(pl.col("name") == "latency")["value"]) == {0.002, 0.003}


def test_woohoo_is_no_result() -> None:
    end = "\nWoohoo! The 'benchmark' command is complete.\n"
    block = "Models discovered during profiling:\n\nbert.py:\n        model (executed 1x)\n"
    failed = block + "                Hash:           d59172a2\n"
    run = only(read(failed + "                Status:         GroqFlowError: see log files for details.\n" + end))
    assert (run["status"], run["throughput"]) == ("failed", None)


# ---- the build cache ---- #


def test_the_state_file_is_in_seconds_and_its_stages_sum_to_the_build() -> None:
    logs = read(GROQ / "build_cache_bert_tiny" / "build_state.yaml")
    run = only(logs)
    assert run["compile_s"] == pytest.approx(34.2025, abs=1e-4)
    assert run["compile_s"] == pytest.approx(sum(v for stage, v in durations(logs).items() if stage))
    assert (run["latency_s"], run["throughput"]) == (8.240117063522338e-05, 12135.749920675737)
    assert (run["batch_size"], run["sequence_length"], run["devices"], run["sdk_version"]) == (1, 256, 1, "4.3.1")
    projected = logs.metrics.filter(pl.col("name") == "projected_latency")
    assert projected.select("value", "basis").row(0) == (6.280461111111111e-05, "estimated")


def test_a_state_file_without_a_benchmark_is_a_build_only() -> None:
    text = (GROQ / "build_cache_bert_tiny" / "build_state.yaml").read_text()
    lines = [line.split(":")[0] + ": null" if "measured_" in line else line for line in text.splitlines(keepends=False)]
    run = only(read("\n".join(lines)))
    assert (run["status"], run["task"], run["latency_s"]) == ("submitted", "compile", None)


@pytest.mark.parametrize(
    "text",
    [
        "Running Groq Assembler\nGroq Assembler has exited\n",
        "Checking unsupported ops...\n\t\tDONE\n\t17/17 ops supported\nModel has 0 unsupported ops\n",
        "3523779:INFO:[000.13GB/1007.74GB]:<frozen importlib._bootstrap>:688 GroqAPI log level: INFO\n"
        "3523779:INFO:[000.13GB/1007.74GB]:<frozen importlib._bootstrap>:688 random seed: 3500598990\n",
    ],
)
def test_the_small_logs_of_a_build_are_known_but_no_runs(text: str) -> None:
    logs = read(text)
    assert logs.runs.height == 0
    row = logs.sources.row(0, named=True)
    assert (row["status"], row["coverage"]) == ("no_run", 1.0)
    assert "no run" in row["reason"]


def test_the_compilers_log_has_the_only_stamps_and_its_figures_are_estimates() -> None:
    logs = read(GROQ / "build_cache_bert_tiny" / "log_compile.txt")
    run = only(logs)
    assert str(run["started_at"]) == "2024-04-08 16:02:10"
    assert (run["compile_s"], run["status"], run["on_chip_latency_s"], run["model"]) == (
        8.771, "submitted", 4.2751e-05, "bert_tiny",
    )  # fmt: skip
    figures = logs.metrics.filter(pl.col("name") != "memory")
    assert set(figures["basis"]) == {"estimated"}
    assert logs.params.filter(pl.col("name") == "cycles")["number"].item() == 38476


def test_an_example_that_says_estimated_is_not_taken_for_a_measurement() -> None:
    logs = read("Your build's estimated performance is:\n0.0000628 seconds\n15922.4 inferences per second\n")
    run = only(logs)
    assert (run["throughput"], run["latency_s"], run["status"]) == (None, None, "submitted")
    assert set(logs.metrics["name"]) == {"projected_latency", "projected_throughput"}
    assert set(logs.metrics["basis"]) == {"estimated"}


# ---- real logs ---- #


@pytest.fixture(scope="module")
def real(real_logs: Path) -> logparse.Logs:
    return ingested(real_logs / "groq")


def test_in_real_tables_latency_and_rate_agree_within_the_digits_printed(real: logparse.Logs) -> None:
    table = real.metrics.filter((pl.col("rule") == "groq/groq_row") | (pl.col("rule") == "groq/cpu_row"))
    for latency, rate in (("latency", "throughput"), ("on_chip_latency", "on_chip_throughput")):
        pairs = table.filter(pl.col("name") == latency).join(
            table.filter(pl.col("name") == rate), on=["run", "source", "line"]
        )
        assert pairs.height >= 13
        exact = 1 / pairs["value_right"]
        digits = pairs["resolution"] + exact * pairs["resolution_right"] / pairs["value_right"]
        assert ((pairs["value"] - exact).abs() <= digits * 1.001).all()


def test_the_on_chip_figure_is_the_same_in_every_run_of_one_build(real: logparse.Logs) -> None:
    bert = real.runs.filter(pl.col("on_chip_throughput") == 37576.72)
    assert bert.height >= 4
    assert bert["throughput"].n_unique() == bert.height


def test_runs_of_other_lengths_are_no_repeats_although_no_length_is_printed(real: logparse.Logs) -> None:
    custom = real.runs.filter(pl.col("throughput").is_in([16416.42, 12797.77]))
    assert custom["group"].n_unique() == 2


def test_three_runs_in_one_session_keep_their_own_builds(real: logparse.Logs) -> None:
    session = real.runs.filter(pl.col("source").cast(pl.String).str.contains("drapi222")).sort("line_first")
    assert session["compile_cache"].to_list() == ["miss", "hit", "miss"]
    assert session["host"].unique().to_list() == ["groq-r01-gn-08"]
    assert session["sdk_version"].to_list() == ["4.3.1", None, None]


def test_benchit_on_a_cpu_or_gpu_is_not_ours(real: logparse.Logs) -> None:
    own = real.sources.filter(
        pl.col("source").cast(pl.String).str.contains("groq/groq/") & (pl.col("status") == "read")
    )
    assert [str(s).rpartition("/")[2] for s in own["source"]] == [
        "github-threads__issue-287.benchit-groq-bert.out",
        "github-threads__pr-252.benchit-groq-build-only.TRUNCATED.out",
    ]


def test_of_each_log_of_a_terminal_nearly_every_line_is_understood(real: logparse.Logs) -> None:
    # One session holds a licence and a package list; one file is a person's report with captions of their own.
    read_ = real.sources.filter(
        (pl.col("status") == "read") & ~pl.col("source").cast(pl.String).str.contains("drapi222|Report")
    )
    assert read_.height >= 13
    assert read_["coverage"].min() > 0.9


def test_the_dataset_is_the_one_whose_repository_is_loaded() -> None:
    log = (GROQ / "bert_tiny_dummy_input.out").read_text()
    assert only(read(log))["dataset"] == "sst"
    assert only(read(log.replace("repository for sst ", "repository for stsb ")))["dataset"] == "stsb"
    assert only(read(log.replace("repository for sst ", "folder for sst ")))["dataset"] is None
