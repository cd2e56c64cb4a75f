"""Cerebras: the traps of its logs, on the samples, on real logs and on a few lines put together here."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from conftest import SAMPLES, ingested, of_run, only, run_of
from logparse.grammars.cerebras import GRAMMAR

import logparse

CEREBRAS = SAMPLES / "cerebras"
FORK = "Men-cotton/src__cerebras__modelzoo__models__gnn__docs__artifacts__"


@pytest.fixture(scope="module")
def samples() -> logparse.Logs:
    return ingested(CEREBRAS)


@pytest.fixture(scope="module")
def real(real_logs: Path) -> logparse.Logs:
    return ingested(real_logs / "cerebras")


def read(*lines: str) -> logparse.Logs:
    """Logs of a file of these lines; a line that begins with a blank gets a stamp, a second after the one before."""
    stamped = []
    for second, line in enumerate(lines):
        when = f"2025-07-14 09:{second // 60:02}:{second % 60:02},000"
        stamped.append(f"{when} INFO:  {line}" if line.startswith(" ") else line)
    return logparse.ingest("\n".join(stamped).encode())


def step(number: int, rate: float = 100.0, loss: float = 5.0) -> str:
    """A step line without its stamp, in the form of the trainer."""
    rates = f"Rate={rate:.2f} samples/sec, GlobalRate={rate:.2f} samples/sec"
    return f" | Train Device=CSX, Step={number}, Loss={loss:.5f}, {rates}"


# ---- what "Processed ... in T seconds" is not ---- #


def test_training_is_timed_by_its_own_lines_and_not_by_what_was_processed_in(samples: logparse.Logs) -> None:
    run = run_of(samples, "g6_trainer.out")
    assert run["train_s"] == pytest.approx(176.45)
    assert run["throughput"] == pytest.approx(102400 / 176.45, rel=0.02)  # 102400 / 1152.7 would be 89


def test_seconds_that_hold_a_checkpoint_are_no_training_time(samples: logparse.Logs) -> None:
    run = run_of(samples, "xla_r19.out")
    assert run["train_s"] is None  # no line says when it began
    assert run["throughput"] == 6454.31
    assert run_of(samples, "xla_r20.out")["train_s"] == pytest.approx(666.999, abs=0.1)  # not 1276.9


def test_tensorflow_without_a_clock_gives_the_seconds_it_prints(samples: logparse.Logs) -> None:
    run = run_of(samples, "tf_cs1_slurm.out")
    assert (run["train_s"], run["throughput"], run["load_s"]) == (37.212, 6879.5, 361.20418310165405)
    assert of_run(samples.phases, run, phase="train")["basis"].to_list() == ["reported"]
    assert run["started_at"] is None
    assert run["total_s"] is None


def test_a_failed_run_prints_processed_too_and_stays_failed(samples: logparse.Logs) -> None:
    run = run_of(samples, "appliance_error_pod_died.out")
    assert run["status"] == "failed"
    assert run["samples"] == 11264
    assert run["throughput"] is None
    assert "device" in of_run(samples.messages, run, level="error")["kind"].to_list()


# ---- rates and losses ---- #


def test_rate_covers_an_interval_and_global_rate_all_so_far(samples: logparse.Logs) -> None:
    run = run_of(samples, "bert_large_batch_1024.out")
    rates = of_run(samples.metrics, run, name="throughput").sort("line")
    last = {row["window"]: row["value"] for row in rates.rows(named=True)}
    assert last == {"interval": 4853.35, "mean": 4847.18}
    assert run["throughput"] == 4847.18


def test_a_global_rate_that_counts_the_queue_is_not_the_throughput(real: logparse.Logs) -> None:
    run = run_of(real, FORK + "log_supercon__arxiv_wse_not.log")
    printed = of_run(real.metrics, run, name="throughput", window="mean", rule="cerebras/train_step_timed").sort(
        "line"
    )["value"]
    assert printed[-1] == 515.71
    assert run["throughput"] == pytest.approx(2048000 / run["train_s"])


def test_steps_per_second_are_no_samples_per_second(samples: logparse.Logs) -> None:
    run = run_of(samples, "tf_appliance.out")
    metrics = of_run(samples.metrics, run)
    assert of_run(metrics, run, name="iteration_rate")["value"].to_list()[-1] == 23.58
    assert of_run(metrics, run, name="throughput").is_empty()
    assert run["throughput"] == pytest.approx(256000 / 42.40794381904602)


def test_the_full_stop_after_the_final_loss_is_no_part_of_it(samples: logparse.Logs) -> None:
    assert run_of(samples, "tf_cs1_slurm.out")["loss"] == 7.62


def test_the_loss_of_the_last_step_is_better_than_the_rounded_final_line() -> None:
    run = only(
        read(
            "INFO:tensorflow:Saving checkpoints for 0 into model_dir/model.ckpt.",
            "INFO:tensorflow:global step 1: loss = 2.3671875 (1.19 steps/sec)",
            "INFO:tensorflow:Training finished with 25600 samples in 10.5 seconds, 2438.1 samples / second",
            "INFO:tensorflow:Saving checkpoints for 100 into model_dir/model.ckpt.",
            "INFO:tensorflow:global step 100: loss = 0.0823974609375 (471.75 steps/sec)",
            "INFO:tensorflow:Loss for final step: 0.0824.",
        )
    )
    assert (run["loss"], run["steps"], run["batch_size"]) == (0.0823974609375, 100, 256)


def test_eval_figures_are_apart_from_those_of_training(samples: logparse.Logs) -> None:
    run = run_of(samples, "g7_train_and_eval_loops.out")
    assert run["loss"] == 1.15813
    average = of_run(samples.metrics, run, name="loss", split="eval", window="mean")
    assert average.height == 3
    assert average.sort("line")["step"].to_list() == [100, 200, 300]
    assert (run["score_name"], run["accuracy"]) == ("masked_accuracy", None)
    assert run["score"] == pytest.approx(0.6871127, abs=1e-6)


# ---- counts ---- #


def test_a_resumed_run_counts_the_steps_it_ran() -> None:
    run = only(
        read(
            " Starting training loop 1, from global step 1000 to 1200",
            " Beginning appliance run",
            step(1100),
            step(1200),
            " Training completed successfully!",
            " Processed 20000 training sample(s) in 900.5 seconds.",
        )
    )
    assert (run["steps"], run["samples"], run["batch_size"]) == (200, 20000, 100)


def test_no_batch_size_is_made_of_a_step_counter_whose_beginning_is_not_there() -> None:
    run = only(
        read(
            step(199900),
            step(200000),
            " Training completed successfully!",
            " Processed 25600000 sample(s) in 213.0 seconds.",
        )
    )
    assert (run["steps"], run["samples"], run["batch_size"]) == (200000, 25600000, None)


def test_the_batch_size_follows_from_step_lines_that_are_complete_from_the_first_interval_on(
    samples: logparse.Logs, real: logparse.Logs
) -> None:
    run = run_of(samples, "cut_at_the_front.out")
    assert (run["steps"], run["samples"], run["batch_size"]) == (100, 9600, 96)
    evidence = of_run(samples.evidence, run, column="batch_size")
    assert set(evidence["formula"]) == {"samples / steps"}
    assert run_of(real, "kharelb/homework_7.md.L66.out")["batch_size"] == 2048


def test_a_missing_step_line_leaves_the_batch_size_open() -> None:
    end = (" Training completed successfully!", " Processed 9600 training sample(s) in 900.5 seconds.")
    assert only(read(step(25), step(50), step(75), step(100), *end))["batch_size"] == 96
    assert only(read(step(50), step(75), step(100), *end))["batch_size"] is None
    assert only(read(step(100), *end))["batch_size"] is None
    assert only(read(step(25), step(50), step(100), *end))["batch_size"] is None


@pytest.mark.parametrize(
    "path",
    [
        "model_dir_gptj/checkpoint_100.mdl",
        "model_dir_gptj/checkpoint_100_20250916_112244.mdl",
        "./model_dir/checkpoint_100.mdl",
        "/home/ruth/out/model_dir_gptj/checkpoint_100_20250916_112244.mdl",
    ],
)
def test_each_form_of_a_checkpoint_name_ends_the_saving(path: str) -> None:
    run = only(
        read(" Beginning appliance run", step(100), " Saving checkpoint at step 100", f" Saved checkpoint {path}")
    )
    assert run["checkpoint_s"] == 1.0
    assert run["workload"] == ("gptj" if path.startswith("model_dir_gptj") else None)


def test_a_run_whose_wafer_never_began_has_no_samples(samples: logparse.Logs) -> None:
    run = run_of(samples, "refused_for_capacity.out")
    assert (run["status"], run["samples"], run["steps"], run["throughput"]) == ("failed", None, None, None)
    errors = of_run(samples.messages, run, level="error")
    assert errors.filter(pl.col("text").str.contains("cluster lacks requested capacity"))["kind"].to_list() == [
        "scheduler",
        "scheduler",
    ]


def test_samples_of_a_run_that_failed_while_it_trained_are_kept() -> None:
    failed = (" Processed 6400 training sample(s) in 30.5 seconds.", "RuntimeError: NaN loss detected.")
    assert only(read(" Beginning appliance run", *failed))["samples"] == 6400
    assert only(read(" Compiling the model. This may take a few minutes.", *failed))["samples"] is None


def test_a_left_over_checkpoint_leaves_nothing_to_train(samples: logparse.Logs) -> None:
    run = run_of(samples, "resumed_nothing_left_to_train.out")
    assert (run["status"], run["steps"], run["loss"], run["train_s"]) == ("failed", None, None, None)
    assert run["load_s"] == pytest.approx(292.35)


def test_planned_steps_are_what_was_asked_for_and_not_what_ran() -> None:
    logs = read(
        " Trainer will run 1 train loop.",
        " for a total of 500 train steps.",
        " Starting train loop 1 of 1, from global step 1 to 500 (500 steps)",
        " Beginning appliance run",
        step(20),
        step(40),
    )
    run = only(logs)
    assert (run["status"], run["steps"]) == ("incomplete", 40)
    assert of_run(logs.params, run, name="steps")["number"].to_list() == [500.0]


# ---- phases ---- #


def test_waiting_is_queue_and_not_compile(samples: logparse.Logs) -> None:
    run = run_of(samples, "queued_an_hour.out")
    assert run["queue_s"] == pytest.approx(3690.203)
    assert run["compile_s"] == pytest.approx(924.363)
    assert run["load_s"] < 300


def test_whole_phases_do_not_add_up_to_more_than_the_whole(samples: logparse.Logs, real: logparse.Logs) -> None:
    checked = 0
    for logs in (samples, real):
        sums = (
            logs.phases.filter(pl.col("stage").is_null()).group_by("run").agg(pl.col("duration_s").sum().alias("sum"))
        )
        for row in logs.runs.filter(pl.col("total_s").is_not_null()).join(sums, on="run").rows(named=True):
            checked += 1
            assert row["sum"] <= row["total_s"] + 0.01, row["source"]
    assert checked > 30


def test_a_checkpoint_while_training_goes_on_is_part_of_training(samples: logparse.Logs) -> None:
    run = run_of(samples, "g6_trainer.out")
    rows = of_run(samples.phases, run, phase="checkpoint")
    assert sorted(rows.select("stage", "duration_s").rows(), key=str) == [("train", 20.4), (None, 20.4)]
    assert (run["train_includes"], run["checkpoint_s"]) == ("checkpoint", 20.4)


def test_stages_of_a_compile_lie_within_it_and_are_not_added_to_it(samples: logparse.Logs) -> None:
    run = run_of(samples, "bert_large_batch_512.out")
    rows = of_run(samples.phases, run, phase="compile")
    stages = rows.filter(pl.col("stage").is_not_null())
    assert {"Exploring floorplans", "Code generation", "Compiling final image"} <= set(stages["stage"])
    assert run["compile_s"] == pytest.approx(rows.filter(pl.col("stage").is_null())["duration_s"].sum())
    assert stages["duration_s"].sum() <= run["compile_s"]


def test_each_loop_of_training_is_a_phase_and_their_sum_is_training(samples: logparse.Logs) -> None:
    run = run_of(samples, "g7_train_and_eval_loops.out")
    assert of_run(samples.phases, run, phase="train").height == 3
    assert of_run(samples.phases, run, phase="eval").height == 3
    assert (run["train_s"], run["eval_s"]) == (pytest.approx(43.386), pytest.approx(79.73))


def test_steady_intervals_do_not_cross_loops(real: logparse.Logs) -> None:
    one_line_a_loop = run_of(real, FORK + "logs__accuracy__arxiv_wse_cache_eval.log")
    assert one_line_a_loop["steady_throughput"] is None
    assert run_of(real, FORK + "log_supercon__arxiv_wse_not.log")["steady_throughput"] == pytest.approx(2507, abs=1)


def test_what_a_fork_times_on_the_host_is_no_phase(real: logparse.Logs) -> None:
    run = run_of(real, FORK + "log_supercon__arxiv_wse_not.log")
    # `[Compilation] Step=1 finished. Duration=2.22s` is the host's.
    assert run["compile_s"] == pytest.approx(1.775, abs=0.01)
    assert of_run(real.metrics, run, name="step_time").is_empty()


# ---- the cache ---- #


def test_a_cache_hit_that_no_line_tells_is_inferred_and_says_why(samples: logparse.Logs) -> None:
    run = run_of(samples, "bert_large_cached_silently.out")
    assert (run["compile_cache"], run["compile_s"]) == ("hit", pytest.approx(3.669))
    evidence = of_run(samples.evidence, run, column="compile_cache")
    assert evidence["how"].to_list() == ["inferred"]
    assert "no compile stage" in evidence["reason"][0]


def test_one_compiled_graph_makes_it_a_miss_whatever_was_cached(real: logparse.Logs) -> None:
    assert run_of(real, FORK + "logs__accuracy__arxiv_wse_cache_eval.log")["compile_cache"] == "miss"
    assert run_of(real, FORK + "log_supercon__products_wse_cache.log")["compile_cache"] == "hit"


# ---- status ---- #


def test_training_completed_after_each_loop_is_not_the_end() -> None:
    loops = [
        " Starting train loop 1 of 2, from global step 1 to 20 (20 steps)",
        " Beginning appliance run",
        step(20),
        " Training completed successfully!",
        " Starting train loop 2 of 2, from global step 21 to 40 (20 steps)",
    ]
    assert only(read(*loops))["status"] == "incomplete"
    assert only(read(*loops, "RuntimeError: NaN loss detected."))["status"] == "failed"
    assert only(read(*loops, step(40), " Training completed successfully!"))["status"] == "completed"


def test_what_looks_like_an_error_and_is_none_leaves_a_run_completed() -> None:
    logs = read(
        " Beginning appliance run",
        step(100),
        "E0711 18:04:02.654472867  609793 hpack_parser.cc:1234]       Error parsing metadata: error=invalid value",
        "FWTF912 05:43:05  ERROR: runconfig_port_in_use: Port range 25473-25492 on host 'med8' cannot be used.",
        " Training completed successfully!",
    )
    assert only(logs)["status"] == "completed"
    assert logs.messages.filter(pl.col("level") == "error").is_empty()


def test_an_error_after_the_result_does_not_undo_it() -> None:
    logs = read(
        " Beginning appliance run",
        step(100),
        " Training completed successfully!",
        "2025-07-14 10:00:00,000 ERROR:   Initiating shutdown sequence due to possible stall",
    )
    assert only(logs)["status"] == "completed_with_errors"


def test_a_compile_alone_is_a_submission_and_a_stopped_one_is_failed() -> None:
    lines = [
        " Effective batch size is 64.",
        " Compiling the model. This may take a few minutes.",
        " Pre-optimization transforms...",
    ]
    assert only(read(*lines))["status"] is None
    assert only(read(*lines, "^C"))["status"] == "failed"
    assert only(read(*lines, " Compile was successful!"))["status"] == "submitted"


def test_an_sdk_program_is_built_and_then_run(samples: logparse.Logs) -> None:
    built, ran = (run_of(samples, "sdk_csl.out", nth) for nth in (0, 1))
    assert (built["status"], built["task"]) == ("submitted", "compile")
    assert (ran["status"], ran["task"]) == ("completed", None)


def test_an_sdk_program_in_a_container_is_completed_unless_it_fails(samples: logparse.Logs) -> None:
    first, second = (run_of(samples, "sdk_csl_in_a_container.out", nth) for nth in (0, 1))
    assert (first["status"], second["status"]) == ("completed", "failed")
    assert first["sdk_version"] == "202506170930-4-1c07ab52"


def test_a_run_that_fails_at_its_import_is_one_failed_run_and_says_what_is_missing(samples: logparse.Logs) -> None:
    run = run_of(samples, "pip_then_import_failed.out")
    assert (run["status"], run["sdk_version"], run["task"]) == ("failed", "2.4.0", None)
    errors = of_run(samples.messages, run, kind="module_not_found")
    assert errors["text"].to_list() == ["ModuleNotFoundError: No module named 'torch'"]


def test_an_installation_or_an_import_alone_is_no_run() -> None:
    for line in (
        "Collecting cerebras_pytorch==2.4.0",
        "    from cerebras.modelzoo.common.utils.run.cli_pytorch import get_params_from_args",
    ):
        assert logparse.ingest(f"{line}\n".encode()).runs.is_empty(), line


@pytest.mark.parametrize(
    "line",
    [
        "cerebras_pytorch==2.4.0",
        "Requirement already satisfied: cerebras-pytorch==2.4.0 in ./venv/lib/python3.8/site-packages (from -r r.txt)",
        "Successfully installed PyJWT-2.9.0 cerebras-appliance-2.4.1 cerebras_pytorch-2.4.0 certifi-2024.8.30",
    ],
)
def test_the_release_is_that_of_the_client_that_pip_installs(line: str) -> None:
    assert only(read(line, " Beginning appliance run", step(100)))["sdk_version"] == "2.4.0"


def test_a_validation_compiles_nothing(samples: logparse.Logs) -> None:
    validated, compiled = (run_of(samples, "validate_only.out", nth) for nth in (0, 1))
    assert (validated["task"], validated["compile_cache"]) == ("validate", None)
    assert (compiled["task"], compiled["compile_cache"]) == ("compile", "miss")
    bar = "Cerebras compilation completed: 100%|██████████| 2/2 [00:04s,  2.03s/stages]"
    assert only(read("Singularity> python run.py --mode validate_only", bar))["task"] == "validate"


# ---- runs in a file ---- #


def test_a_prompt_and_the_banners_after_it_are_one_beginning() -> None:
    session = [
        "(venv_pt) [ruth@cer-login-02 bert]$ python run.py CSX --params configs/bert_large_MSL128_sampleds.yaml",
        " Effective batch size is 512.",
        ' Checkpoint autoloading is enabled. Looking for latest checkpoint in "model_dir_x" directory with the',
        ' No checkpoints were found in "model_dir_x".',
        " Beginning appliance run",
        step(100),
        "^C",
    ]
    logs = read(*session, *session)
    assert logs.runs.sort("line_first").select("line_first", "status", "host", "workload", "batch_size").rows() == [
        (1, "failed", "cer-login-02", "bert_large", 512),
        (8, "failed", "cer-login-02", "bert_large", 512),
    ]


def test_a_record_glued_to_a_bar_or_to_another_record_is_read() -> None:
    module = "Initializing module Bert.perplexity_metric: [00:06, note=Initializing parameters]"
    logs = read(
        module + "2024-03-14 02:59:32,596 INFO:   Effective batch size is 1024.",
        "2024-03-14 03:18:46,095 INFO:   Beginning appliance run"
        + " " * 120
        + f"2024-03-14 03:20:31,277 INFO:  {step(100)}   ",
    )
    run = only(logs)
    assert (run["batch_size"], run["steps"], run["train_s"]) == (1024, 100, pytest.approx(105.182))


def test_a_step_line_that_a_page_has_wrapped_keeps_both_rates(real: logparse.Logs) -> None:
    run = run_of(real, "cerebras__example-programs.md@0b13faa4.L435.out")
    assert run["throughput"] == 405.45
    rates = of_run(real.metrics, run, name="throughput", window="mean")
    assert rates.sort("line")["step"].to_list() == [397, 398, 399, 400]


def test_a_pasted_session_gives_what_the_log_gives(samples: logparse.Logs) -> None:
    run = run_of(samples, "bert_pasted_crlf_cp1252.out")
    assert (run["status"], run["steps"], run["batch_size"], run["host"]) == ("completed", 1000, 1024, "cer-login-07")


def test_a_longer_copy_of_a_run_takes_the_place_of_a_shorter_one(real: logparse.Logs) -> None:
    run = run_of(real, "KnathanM/cerebras.log@bd9b9e0c")
    assert run["copies"] == 1
    assert real.runs.filter(pl.col("source").cast(pl.String).str.contains("9e12e6c4")).is_empty()


# ---- time ---- #


def test_the_zone_is_known_where_an_event_proves_it_and_only_there() -> None:
    begin = " Beginning appliance run"
    event = (
        "2026-01-31 {}:43:24,920 WARNING:   Event 2026-01-31 08:43:05 +0000 UTC reason=InconsistentVersion "
        "wsjob=wsjob-3jesw message='Warning: client semantic version 1.1.0'"
    )
    assert only(read(begin, event.format("08")))["zone"] == "UTC"
    assert only(read(begin, event.format("03")))["zone"] is None
    assert only(read(begin))["zone"] is None


def test_startup_is_known_only_where_the_first_step_is_logged() -> None:
    begin = [" Starting train loop 1 of 1, from global step 1 to 100 (100 steps)", " Beginning appliance run"]
    assert only(read(*begin, step(1), step(2)))["startup_s"] == 1.0
    assert only(read(*begin, step(50), step(100)))["startup_s"] is None


# ---- what is no run ---- #


@pytest.mark.parametrize(
    "text",
    [
        "Step=100, Loss=9.48438, Rate=6858.71 samples/sec, GlobalRate=6858.72 samples/sec <br/>",
        "it got stuck at “INFO:   Beginning appliance run”, then “INFO:   | Train Device=CSX, Step=50, Loss=7.67166”",
        "Processed 2048000 sample(s) in 304.240142671 seconds. <br/>",
        "<td><strong>INFO:tensorflow:global step 99800: loss = 0.0 (1400.41 steps/sec)<br />",
        "wsjob-thjj8zticwsylhppkbmjqe  13s  1s        RUNNING  cer-cs2-02  ruth name=unet_pt  https://grafana.example/d/wsjob-dashboard",
        "Lanes     : 32",
    ],
)
def test_prose_that_quotes_figures_and_tables_of_jobs_hold_no_run(text: str) -> None:
    logs = logparse.ingest(text.encode())
    assert logs.runs.is_empty()
    # A row of the cluster's table names the platform, the others do not.
    assert logs.sources["status"].to_list() == ["no_run" if "wsjob-" in text else "unknown_platform"]


def test_no_log_of_another_vendor_is_taken_for_cerebras(real_logs: Path) -> None:
    others = ingested([real_logs / name for name in ("graphcore", "groq", "sambanova")])
    assert others.sources.height > 300
    assert others.sources.filter(pl.col("platform").fill_null("").str.contains("cerebras")).is_empty()


def test_no_log_of_cerebras_is_taken_for_another_vendor(real: logparse.Logs) -> None:
    assert set(real.sources["platform"].drop_nulls()) == {"cerebras"}


def test_whole_logs_are_read_to_the_last_line(real: logparse.Logs) -> None:
    whole = ("anil-bilgin", "Men-cotton/src", "xiaoruiDong", "omendibleba", "btrungvo", "kylekaba", "AnanthKandala")
    source = pl.col("source").cast(pl.String)
    logs = real.sources.filter(source.str.contains_any(whole) & ~source.str.contains("result_metrics"))
    assert logs.height >= 19
    assert logs["coverage"].min() > 0.96, logs.sort("coverage").select("source", "coverage").row(0)


# ---- heads of records ---- #


@pytest.mark.parametrize(
    ("head", "has_time"),
    [
        ("2024-03-30 15:16:{:02d}.873 INFO:   ", True),
        ("2024-03-30T15:16:{:02d},873 INFO:   ", True),
        ("2024-03-30 15:16:{:02d} - cerebras.modelzoo - INFO - ", True),
        ("[2024-03-30 15:16:{:02d},873][INFO] ", True),
        ("0: 2024-03-30 15:16:{:02d},873 INFO:   ", True),
        ("[rank0]: 2024-03-30 15:16:{:02d},873 INFO:   ", True),
        ("2025-03-01T10:11:12.123456789Z stdout F 2024-03-30 15:16:{:02d},873 INFO:   ", True),
        ("Mar 01 10:11:12 node7 train[4242]: 2024-03-30 15:16:{:02d},873 INFO:   ", True),
        ("INFO:root:", False),
        ("[INFO] ", False),
        ("", False),
    ],
)
def test_records_are_read_under_any_head_of_logging_and_any_prefix_of_a_collector(head: str, has_time: bool) -> None:
    messages = [
        "Beginning appliance run",
        "| Train Device=CSX, Step=10, Loss=9.5, Rate=100.0 samples/sec, GlobalRate=100.0 samples/sec",
        "| Train Device=CSX, Step=20, Loss=9.25, Rate=100.0 samples/sec, GlobalRate=100.0 samples/sec",
        "Training completed successfully!",
    ]
    text = "\n".join(head.format(10 * i) + message for i, message in enumerate(messages))
    run = only(logparse.ingest(text.encode()))
    assert (run["steps"], run["loss"], run["status"]) == (20, 9.25, "completed")
    assert run["train_s"] == (20.0 if has_time else None)


@pytest.mark.parametrize("message", ["Training completed successfully!", "Compile was successful!"])
def test_a_message_that_any_program_prints_identifies_no_platform(message: str) -> None:
    logs = logparse.ingest(f"2024-03-30 15:16:33,873 - trainer - INFO - {message}\n".encode())
    assert logs.sources["status"].to_list() == ["unknown_platform"]


# ---- the hot rule ---- #


def test_the_step_line_is_read_without_options_and_its_variants_by_a_rule_of_their_own() -> None:
    hot = GRAMMAR.rule("train_step")
    assert all(group.always for group in hot.compiled.groups)
    timed = GRAMMAR.rule("train_step_timed")
    assert hot.read(timed.example) is None
    assert timed.read(hot.example) is None
