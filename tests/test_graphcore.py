"""Graphcore: the traps of its logs, on the samples, on real logs and on a few lines put together here."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from conftest import SAMPLES, ingested, of_run, only, run_of
from logparse.grammars.graphcore import GRAMMAR

import logparse

GRAPHCORE = SAMPLES / "graphcore"


@pytest.fixture(scope="module")
def samples() -> logparse.Logs:
    return ingested(GRAPHCORE)


@pytest.fixture(scope="module")
def real(real_logs: Path) -> logparse.Logs:
    return ingested(real_logs / "graphcore")


def read(*lines: str) -> logparse.Logs:
    """Logs of a file of these lines."""
    return logparse.ingest("\n".join(lines).encode())


def compiled(clock: str, percent: str = "100", done: int = 100) -> str:
    """A bar of compilation as it stands at `clock`."""
    return f"Graph compilation: {percent:>3}%|██████████| {done}/100 [{clock}<00:00]"


def epochs(done: int, total: int, clock: str, rate: str) -> str:
    """The bar of the epochs as it stands at `clock`."""
    return f"Epochs: {100 * done // total:>3}%|██████████| {done}/{total} [{clock}<00:00, {rate}]"


QUEUED = "srun: job 4711 queued and waiting for resources"
ACCURACY = "Accuracy on test set: 97.00%"

# ---- what the bar of the epochs holds ---- #


def test_the_first_compilation_is_taken_off_the_bar_of_the_epochs(samples: logparse.Logs) -> None:
    cold, cached = run_of(samples, "mnist_as_is_cold.out"), run_of(samples, "mnist_asked_20_epochs_ran_10.out")
    assert (cold["compile_s"], cold["train_s"], cold["compile_cache"]) == (36.0, 110.0 - 22.0, "miss")
    assert (cached["compile_s"], cached["train_s"], cached["compile_cache"]) == (0.0, 85.0, "hit")
    proof = of_run(samples.evidence, cold, column="train_s")
    assert sorted(proof.select("text", "input").rows(), reverse=True) == [("01:50", "whole"), ("00:22", "compile")]


def test_a_bar_whose_compilation_is_not_in_the_capture_gives_no_rate() -> None:
    run = only(read(epochs(10, 10, "01:48", "10.81s/it"), compiled("00:14"), ACCURACY))
    assert (run["train_s"], run["train_includes"], run["throughput"]) == (108.0, "compile, load", None)


def test_each_epoch_of_several_bars_holds_only_the_compilation_before_it(samples: logparse.Logs) -> None:
    run = run_of(samples, "resnet50_epoch_1_holds_compile.out")
    assert run["train_s"] == 681.0 - 384.0 + 284.0
    assert run["throughput"] == 4508.6  # that of epoch 1, 1880.2, holds the compilation
    assert run["throughput_window"] == "after_warmup"


def test_two_compilations_of_equal_length_are_two() -> None:
    run = only(read(QUEUED, compiled("00:14"), epochs(4, 4, "01:00", "15.00s/it"), compiled("00:14"), ACCURACY))
    assert (run["compile_s"], run["train_s"]) == (28.0, 46.0)


def test_an_older_drawing_behind_the_full_bar_is_no_second_compilation() -> None:
    bar = epochs(4, 4, "01:00", "15.00s/it")
    run = only(read(QUEUED, compiled("00:22"), compiled("00:22", "98", 98), bar, ACCURACY))
    assert run["compile_s"] == 22.0


def test_epochs_of_the_same_length_are_each_counted() -> None:
    bars = [f"[Epoch {n:02}]: 100%|██████████| 3/3 [00:06<00:00,  2.10s/it]" for n in (1, 2, 3)]
    logs = read(compiled("00:02"), *bars)
    assert only(logs)["train_s"] == 16.0
    assert of_run(logs.phases, only(logs), phase="train").height == 3


def test_bars_drawn_over_and_over_and_pasted_ones_give_the_same_run(samples: logparse.Logs) -> None:
    shown = run_of(samples, "mnist_raw_with_redraws.out")
    assert shown["copies"] == 1  # mnist_pasted.txt holds it too
    alone = only(ingested(GRAPHCORE / "mnist_pasted.txt"))
    for column in ("run", "epochs", "compile_s", "train_s", "score", "batch_size"):
        assert alone[column] == shown[column]


def test_a_compilation_that_hangs_has_no_duration(real: logparse.Logs) -> None:
    run = run_of(real, "issue8_compile_hang_84pct.transcribed.out")
    assert (run["status"], run["compile_s"], run["compile_cache"]) == ("incomplete", None, None)


# ---- what ran, whatever was asked for ---- #


def test_epochs_are_those_of_the_bar_and_not_of_the_script_name(samples: logparse.Logs) -> None:
    run = run_of(samples, "mnist_asked_20_epochs_ran_10.out")
    assert run["epochs"] == 10
    assert run["samples"] == 600_000


@pytest.mark.parametrize(("batches", "batch_size"), [(150, 8), (75, 16), (300, 4), (125, None), (100, 12), (12, None)])
def test_the_batch_follows_from_the_training_bar_where_it_is_certain(batches: int, batch_size: int | None) -> None:
    left = f"  0%|          | 0/{batches} [00:00<?, ?it/s]"
    run = only(read(QUEUED, left, compiled("00:00"), epochs(2, 2, "00:20", "10.00s/it"), ACCURACY))
    assert run["batch_size"] == batch_size


def test_a_leftover_bar_of_the_test_says_nothing_of_the_training_batch() -> None:
    left = "  0%|          | 0/100 [00:00<?, ?it/s]"
    run = only(read(QUEUED, compiled("00:00"), epochs(2, 2, "00:20", "10.00s/it"), left, compiled("00:14"), ACCURACY))
    assert run["batch_size"] is None


def test_the_command_line_counts_where_the_bar_leaves_the_batch_open() -> None:
    prompt = "(env) me@gc:~/mnist$ /opt/slurm/bin/srun --ipus=1 python3 mnist_poptorch.py --lr=0.01 --batch-size=128"
    left = "  0%|          | 0/9 [00:00<?, ?it/s]"  # 60000 / (50 * 9) is no whole number
    run = only(read(prompt, left, compiled("00:00"), epochs(2, 2, "00:20", "10.00s/it"), ACCURACY))
    assert (run["batch_size"], run["learning_rate"], run["steps"]) == (128, 0.01, 900)
    assert run["samples"] == 900 * 128  # not 120000: the rest of an epoch is left out


def test_without_a_training_bar_the_batch_is_not_known(samples: logparse.Logs) -> None:
    assert run_of(samples, "mnist_asked_lr_002_cached.out")["batch_size"] is None


def test_the_rate_of_a_bar_that_the_terminal_cut_off_is_not_read() -> None:
    cut = "Loss: 2.2976 | Accuracy: 14.50% :   1%|          | 1/150 [00:23<58:21, 2"
    logs = read(QUEUED, compiled("00:21"), cut)
    names = dict(logs.metrics.select("name", "value").rows())
    assert names == {"loss": 2.2976, "accuracy": 0.145}


def test_accuracy_with_the_rest_of_a_bar_behind_it_is_read() -> None:
    run = only(read(QUEUED, compiled("00:00"), "Accuracy on test set: 96.85%██████| 100/100 [00:00<00:00]"))
    assert run["accuracy"] == 0.9685


def test_a_model_at_chance_is_a_completed_run(samples: logparse.Logs) -> None:
    run = run_of(samples, "mnist_at_chance.out")
    assert (run["status"], run["accuracy"]) == ("completed", 0.101)
    assert GRAMMAR.chance[run["dataset"]] == 0.1


# ---- where runs begin ---- #


def test_prompt_queue_allocation_and_first_bar_are_one_beginning(samples: logparse.Logs) -> None:
    run = run_of(samples, "mnist_as_is_cold.out")
    assert samples.runs.filter(pl.col("source").cast(pl.String).str.ends_with("mnist_as_is_cold.out")).height == 1
    assert (run["line_first"], run["devices"]) == (1, 1)


def test_stdout_before_the_bars_and_behind_them_belongs_to_one_run() -> None:
    start, model = "Epochs:   0%|          | 0/10 [00:00<?, ?it/s]", "TrainingModelWithLoss("
    bars = [start, compiled("00:00"), epochs(10, 10, "01:17", "7.71s/it"), compiled("00:00")]
    for lines in ([QUEUED, model, *bars, ACCURACY], [QUEUED, *bars, model, ACCURACY]):
        assert only(read(*lines))["accuracy"] == 0.97


def test_a_command_that_failed_and_its_second_try_are_two_runs(real: logparse.Logs) -> None:
    first, second = run_of(real, "azzaea/homework__L182.out", 0), run_of(real, "azzaea/homework__L182.out", 1)
    assert (first["status"], first["host"]) == ("failed", "gc-poplar-03")  # the prompt stands on gc-poplar-02
    assert (second["status"], second["host"]) == ("completed", None)
    assert of_run(real.params, second, name="profiling").height == 2


def test_jobs_in_one_file_are_runs_each() -> None:
    one = [compiled("00:00"), epochs(10, 10, "01:17", "7.71s/it"), ACCURACY]
    logs = read(QUEUED, *one, QUEUED.replace("4711", "4712"), *one)
    assert logs.runs.sort("line_first")["job_id"].to_list() == ["4711", "4712"]


def test_prose_glued_to_the_next_job_hides_no_beginning() -> None:
    one = [compiled("00:00"), epochs(10, 10, "01:17", "7.71s/it"), ACCURACY]
    logs = read(QUEUED, *one, "#########New run" + QUEUED.replace("4711", "4712"), *one)
    assert logs.runs.height == 2


def test_runs_without_a_job_are_told_apart_by_their_own_beginnings() -> None:
    def bert(clock: str, seconds: str) -> list[str]:
        start = f"[{clock}] [poptorch:cpp] [warning] [DISPATCHER] Type coerced from Long to Int for tensor id 6"
        return ["Using config: demo_tiny_128", start, compiled("01:30"), f"Training time: {seconds} secs"]

    logs = read(*bert("10:00:00.000", "3.297"), *bert("11:00:00.000", "3.263"))
    rows = logs.runs.sort("line_first").select("train_s", "compile_s").rows()
    assert rows == [(3.297, 90.0), (3.263, 90.0)]


def test_a_log_that_stops_in_mid_work_keeps_what_ran() -> None:
    bar = "Loss: 1.4812 | Accuracy: 98.00% :  95%|█████████▍| 142/150 [00:08<00:00, 17.30it/s]"
    run = only(read(QUEUED, compiled("00:00"), epochs(5, 10, "00:43", "8.60s/it"), bar))
    assert (run["status"], run["epochs"], run["batch_size"], run["loss"]) == ("incomplete", 5, 8, 1.4812)
    assert (run["train_s"], run["throughput"], run["accuracy"]) == (None, None, None)


# ---- time ---- #


def test_stamps_of_the_compilations_are_no_total_time(samples: logparse.Logs) -> None:
    run = run_of(samples, "mnist_as_is_cold.out")
    assert run["started_at"] is not None
    assert run["total_s"] is None
    assert of_run(samples.evidence, run, column="total_s")["how"].to_list() == ["absent"]


def test_poprun_gives_the_whole_time_with_the_date_of_the_program(samples: logparse.Logs) -> None:
    run = run_of(samples, "cosmictagger_4_ranks_per_rank_rates.log")
    assert str(run["started_at"]) == "2024-02-12 11:05:02.114000"
    assert run["total_s"] == pytest.approx(155.526)


def test_poprun_over_midnight_is_not_given_the_wrong_day() -> None:
    run = only(
        read(
            "23:59:50.000 17 POPRUN [I] V-IPU server address picked up from 'vipu': 192.0.2.1:8090",
            "[1,0]<stdout>:2024-02-13 00:00:05,000 - INFO - Dumping launch arguments.",
            "[1,0]<stdout>:2024-02-13 00:01:05,000 - INFO - Total time to batch_process: 55.0000",
            "00:01:06.000 17 POPRUN [I] mpirun (PID 18) terminated with exit code 0",
        )
    )
    assert str(run["started_at"]) == "2024-02-13 00:00:05"
    assert run["train_s"] == 55.0


def test_a_summary_is_stamped_behind_its_run(samples: logparse.Logs) -> None:
    run = run_of(samples, "benchmark_summary.out")
    assert (run["ended_at"] - run["started_at"]).total_seconds() == pytest.approx(run["total_s"])


def test_a_summary_without_a_compile_time_is_no_failure(real: logparse.Logs) -> None:
    run = run_of(real, "Scaling-ResNet50__L129__old_3501077.out")
    assert (run["status"], run["compile_s"]) == ("completed", None)


def test_a_record_whose_stamp_lost_its_middle_still_gives_its_figure(real: logparse.Logs) -> None:
    assert run_of(real, "Scaling-ResNet50__L255__old_f462c70.out")["throughput"] == 39057.447368421046


# ---- rates, and whose they are ---- #


def test_bert_has_the_rate_of_the_run_and_not_of_its_last_step(samples: logparse.Logs) -> None:
    run = run_of(samples, "bert_fraction_with_percent.out")
    assert run["throughput"] == pytest.approx(150 * 16 / run["train_s"])
    assert of_run(samples.metrics, run, name="throughput", window="step")["value"].to_list() != [run["throughput"]]


def test_a_fraction_that_bert_prints_with_a_per_cent_sign_stays_one(samples: logparse.Logs) -> None:
    run = run_of(samples, "bert_fraction_with_percent.out")
    values = of_run(samples.metrics, run, name="nsp_accuracy")
    assert values["value"].to_list() == [0.875]
    assert values["step"].to_list() == [149]
    assert GRAMMAR.rule("bert_nsp_acc").corrects is not None
    assert of_run(samples.evidence, run, column="loss")["reason"].to_list() == [None]  # the loss needs no correction


def test_a_true_per_cent_is_a_fraction_afterwards(samples: logparse.Logs) -> None:
    run = run_of(samples, "resnet50_epoch_1_holds_compile.out")
    assert (run["score"], run["score_name"], run["accuracy"]) == (0.0241, "train_accuracy", None)


def test_the_first_step_of_gpt2_is_left_out_of_its_rate(samples: logparse.Logs) -> None:
    run = run_of(samples, "gpt2_first_step_slow.out")
    assert 1061 < run["throughput"] < 1064
    assert of_run(samples.metrics, run, name="throughput")["value"].min() == pytest.approx(37.2, abs=0.1)


def test_ranks_of_cosmictagger_add_up_and_the_slowest_gives_the_time(samples: logparse.Logs) -> None:
    run = run_of(samples, "cosmictagger_4_ranks_per_rank_rates.log")
    rates = of_run(samples.metrics, run, name="throughput", window="mean")
    assert rates["scope"].cast(pl.String).sort().to_list() == ["rank 0", "rank 1", "rank 2", "rank 3"]
    assert run["throughput"] == pytest.approx(rates["value"].sum())
    assert run["train_s"] == 139.1923
    assert (run["batch_size"], run["samples"]) == (2, 80)


def test_the_loss_of_several_ranks_is_the_mean_of_their_last_ones(samples: logparse.Logs) -> None:
    run = run_of(samples, "cosmictagger_4_ranks_per_rank_rates.log")
    losses = of_run(samples.metrics, run, name="loss", split="train").sort("step", "at")
    losses = losses.group_by("scope").agg(pl.col("value").last())
    assert run["loss"] == pytest.approx(losses["value"].mean())


def test_a_rate_of_all_replicas_that_one_rank_prints_is_not_that_rank_s(samples: logparse.Logs) -> None:
    run = run_of(samples, "resnet50_epoch_1_holds_compile.out")
    assert of_run(samples.metrics, run, name="throughput")["scope"].to_list() == [None, None]


def test_the_host_loader_is_another_scope_than_the_device(real: logparse.Logs) -> None:
    run = run_of(real, "efficient_data_loading__README__outputs_b141c7c.out")
    scopes = of_run(real.metrics, run, name="throughput")["scope"].cast(pl.String).unique().sort().to_list()
    assert scopes == ["data loader", "ipu"]
    assert run["throughput"] is None  # five experiments in one output


def test_the_cpu_part_of_a_tutorial_is_not_the_loss_of_the_ipu(real: logparse.Logs) -> None:
    run = run_of(real, "1_at_a_glance__README__outputs_3054de3.out")
    assert run["loss"] == 1.9426581859588623  # 1.9427858591079712 was on the CPU


def test_the_keras_example_on_the_cpu_is_no_run_of_an_ipu(real: logparse.Logs) -> None:
    file = "tutorials__tensorflow2__keras__README__outputs_c716a53.out"
    assert [run_of(real, file, n)["device_kind"] for n in (0, 1)] == ["CPU", "IPU"]


# ---- Keras, Hugging Face, PopART ---- #


def test_keras_is_timed_by_seconds_without_the_compilation(samples: logparse.Logs) -> None:
    run = run_of(samples, "keras_mnist.out")
    assert run["train_s"] == pytest.approx(32 - 14.6)
    assert run["status"] == "completed"
    assert of_run(samples.metrics, run, name="step_time").height == 0  # 2ms/step is not seconds over steps


def test_the_runtime_of_the_trainer_leaves_the_compilation_out(samples: logparse.Logs) -> None:
    run = run_of(samples, "hf_trainer_vit.out")
    assert (run["train_s"], run["compile_s"]) == (341.2706, 15.0)
    inside = of_run(samples.phases, run, stage="Compiled/Loaded")
    assert inside["duration_s"].to_list() == [pytest.approx(32.1, abs=0.1)]


def test_evaluations_in_training_are_stages_and_named(real: logparse.Logs) -> None:
    run = run_of(real, "text_classification__nb_outputs_abcf938.out")
    assert run["eval_s"] is None
    assert of_run(real.phases, run, stage="evaluation").height == 6
    assert "eval" in run["train_includes"]
    assert of_run(real.metrics, run, name="matthews_correlation")["epoch"].to_list() == [1.0, 2.0, 3.0, 4.0, 5.0, 5.0]


def test_percent_without_a_sign_is_corrected(real: logparse.Logs) -> None:
    run = run_of(real, "Fine-tuning-BERT__nb_outputs_b3667e0.out")
    assert (run["score"], run["score_name"]) == (pytest.approx(0.9116387884), "f1")
    proof = of_run(real.evidence, run, column="score").row(0, named=True)
    assert (proof["how"], proof["text"]) == ("converted", "91.16387884333797")
    assert "in percent" in proof["reason"]


def test_popart_prints_parts_of_the_loss_and_no_loss(samples: logparse.Logs) -> None:
    run = run_of(samples, "popart_bert.out")
    assert (run["loss"], run["steps"], run["status"]) == (None, 5, None)  # the last line is a saved model
    assert of_run(samples.metrics, run, name="mlm_loss").height == 5


# ---- MLPerf ---- #


def test_a_run_that_stops_without_success_has_failed(samples: logparse.Logs) -> None:
    assert run_of(samples, "mlperf_resnet_success.out")["status"] == "completed"
    aborted = run_of(samples, "mlperf_resnet_aborted.out")
    assert aborted["status"] == "failed"
    assert aborted["accuracy"] > 0.75  # what was reached is still told


def test_the_initialisation_lies_outside_training_and_evaluation_is_cut_out(samples: logparse.Logs) -> None:
    run = run_of(samples, "mlperf_resnet_aborted.out")
    assert of_run(samples.phases, run, phase="init")["duration_s"].to_list() == [pytest.approx(487.999)]
    assert run["train_s"] + run["eval_s"] == pytest.approx(1696.173)
    assert run["total_s"] == pytest.approx(487.999 + 1696.173, abs=0.01)


def test_the_accuracy_of_rnnt_is_a_word_error_rate(real: logparse.Logs) -> None:
    run = run_of(real, "ipu-pod64-POPART-open__rnnt__result_0.txt")
    assert (run["score_name"], run["accuracy"]) == ("wer", None)
    assert run["score"] == pytest.approx(0.05699867)


def test_what_bert_calls_an_epoch_are_samples(real: logparse.Logs) -> None:
    run = run_of(real, "ipu-pod16-POPART-closed__bert__result_0.txt")
    points = of_run(real.metrics, run, name="accuracy").sort("line")
    assert points["samples"].to_list()[:3] == [175000, 350000, 525000]
    assert points["epoch"].null_count() == points.height
    assert run["epochs"] is None


# ---- what fails, and what only looks so ---- #


def test_a_device_lost_in_mid_run_fails_it_though_the_bar_looks_closed(samples: logparse.Logs) -> None:
    run = run_of(samples, "fabric_lost_in_mid_run.out")
    assert (run["status"], run["epochs"], run["train_s"], run["accuracy"]) == ("failed", 4, None, None)
    assert "device" in of_run(samples.messages, run, level="error")["kind"].cast(pl.String).to_list()


@pytest.mark.parametrize(("file", "kind"), [("no_ipu.out", "device"), ("out_of_memory.out", "out_of_memory")])
def test_an_error_has_its_kind(samples: logparse.Logs, file: str, kind: str) -> None:
    run = run_of(samples, file)
    assert run["status"] == "failed"
    errors = of_run(samples.messages, run, level="error").filter(pl.col("kind").cast(pl.String) != "scheduler")
    assert set(errors["kind"].cast(pl.String)) == {kind}


def test_a_device_that_poprun_could_not_attach_is_no_error(real: logparse.Logs) -> None:
    run = run_of(real, "bfloat16_2x10_2.log")
    assert run["status"] == "completed"
    busy = of_run(real.messages, run, kind="device")
    assert set(busy["level"].cast(pl.String)) == {"warning"}
    assert of_run(real.messages, run, level="error").height == 0


def test_a_module_for_an_older_numpy_is_not_what_failed(real: logparse.Logs) -> None:
    run = run_of(real, "graphcore__note__L82__old_1f7661c.out")
    errors = of_run(real.messages, run, level="error")
    assert errors["text"].to_list() == ["ModuleNotFoundError: No module named 'poptorch'"]


def test_a_traceback_of_an_import_of_the_sdk_fails() -> None:
    error = "ImportError: libgcl.so: cannot open shared object file: No such file or directory"
    run = only(read("Traceback (most recent call last):", error))
    assert (run["platform"], run["status"]) == ("graphcore", "failed")


# ---- what is none of this platform's ---- #


@pytest.mark.parametrize(
    "lines",
    [
        ("learning_rate = 0.05; epochs = 5", "Accuracy on test set: 98.32%"),
        ("|  10.1.5.9   | 0029.0002.8211021  |        |    1.9.0     |  2.4.4   | M2000 | 0  |  3   |  DNC  |",),
        ("We saw `Graph compilation: 100%` in the log, and `Accuracy on test set: 98.32%` behind it.",),
        ("{'loss': 0.6216, 'learning_rate': 1.6e-05, 'epoch': 0.06}", "***** Running training *****"),
        ("1875/1875 [==============================] - 20s 2ms/step - loss: 0.2052 - accuracy: 0.9392",),
        ("model_with_loss = TrainingModelWithLoss(model)",),
    ],
)
def test_prose_tables_and_what_others_print_too_decide_nothing(lines: tuple[str, ...]) -> None:
    logs = read(*lines)
    assert logs.sources["status"].to_list() == ["unknown_platform"]
    assert logs.runs.height == 0


def test_tables_of_the_vendor_s_tools_hold_no_run(real: logparse.Logs) -> None:
    tables = real.sources.filter(pl.col("source").cast(pl.String).str.contains("2-command-line-tools|Getting_Started"))
    assert tables.height == 4
    assert set(tables["status"]) == {"no_run"}


def test_every_real_log_of_the_folder_is_of_this_platform_or_of_none(real: logparse.Logs) -> None:
    assert set(real.sources["platform"]) == {"graphcore", None}
    assert set(real.sources["status"]) <= {"read", "no_run", "unknown_platform"}
    # One log is nearly all the output of an image program, which only names the platform.
    program = pl.col("source").cast(pl.String).str.ends_with("thorbenlouw/min-partition-size_output.txt")
    known = real.sources.filter((pl.col("status") == "read") & ~program)
    assert known.height >= 170
    understood = (known["lines_read"] + known["lines_known"]).sum() / (known["lines"] - known["lines_blank"]).sum()
    assert understood > 0.95


def test_figures_lie_where_figures_can(real: logparse.Logs) -> None:
    metrics = real.metrics.filter(pl.col("unit") == "fraction")
    assert metrics.height > 5000
    assert metrics["value"].min() >= 0
    assert metrics["value"].max() <= 1
    runs = real.runs.filter(pl.col("total_s").is_not_null())
    spent = pl.sum_horizontal("compile_s", "load_s", "train_s", "eval_s")
    assert runs.filter(spent > pl.col("total_s") + 1).height == 0


# ---- PopRT, JAX, PaddlePaddle, plain Poplar programs ---- #


def test_each_batch_size_of_poprt_is_a_run_of_its_own(samples: logparse.Logs) -> None:
    runs = samples.runs.filter(pl.col("source").str.ends_with("poprt_two_batch_sizes.out"))
    columns = ("batch_size", "compile_s", "latency_s", "throughput", "task", "status")
    assert runs.select(columns).rows() == [
        (16, 72.0, 0.008192, 1953.051093037251, "inference", "completed"),
        (64, 98.0, 0.020480, 3124.952698469896, "inference", "completed"),
    ]
    init = samples.phases.filter(pl.col("run").is_in(runs["run"].implode()) & (pl.col("phase") == "init"))
    assert sorted(init["duration_s"]) == [47.0, 49.0]


def test_the_time_of_a_poprt_warning_is_not_when_the_run_began(samples: logparse.Logs) -> None:
    run = run_of(samples, "poprt_two_batch_sizes.out")
    assert (run["started_at"], run["ended_at"], run["total_s"]) == (None, None, None)
    assert of_run(samples.messages, run)["text"].to_list() == ["Clip 2207 to range (-65500.0, 65500.0)"]


def test_deviations_from_onnx_runtime_are_no_score(samples: logparse.Logs) -> None:
    run = run_of(samples, "poprt_two_batch_sizes.out")
    assert run["score"] is None
    errors = of_run(samples.metrics, run, scope="against ONNX Runtime")
    assert dict(errors.select("name", "value").rows()) == {
        "mean_squared_error": 0.0002815436190282,
        "mean_absolute_error": 0.01290338211758,
    }


def test_pixels_per_second_are_not_samples_per_second(samples: logparse.Logs) -> None:
    run = run_of(samples, "poprt_pixels_per_second.out")
    assert (run["status"], run["batch_size"], run["compile_s"]) == ("completed", 1024, 116.0)
    assert run["throughput"] is None
    assert not of_run(samples.metrics, run, name="throughput").height


def test_a_conversion_that_stops_gives_no_result() -> None:
    run = only(read("Run batch size 8:", "PopRT conversion:  60%|██████    | 3/5 [00:31<00:20]"))
    assert (run["status"], run["batch_size"], run["compile_s"], run["task"]) == ("incomplete", 8, None, None)


def test_a_program_on_the_cpu_before_jax_on_the_ipu_is_no_run(samples: logparse.Logs) -> None:
    run = run_of(samples, "jax_on_cpu_then_ipu.out")
    assert (run["line_first"], run["status"], run["compile_s"], run["compile_cache"]) == (10, "completed", 72.4, "miss")
    assert (run["loss"], run["accuracy"]) == (None, None)


def test_jax_that_only_compiled_proves_no_status() -> None:
    compiling = "Compiling module jit_do_compute.4:"
    finished = "[##################################################] 100% Compilation Finished [Elapsed: 00:01:12.4]"
    run = only(read(compiling, finished))
    assert (run["status"], run["compile_s"]) == (None, 72.4)


def test_paddle_compiles_twice_in_one_run(samples: logparse.Logs) -> None:
    run = run_of(samples, "paddle_train_then_verify.out")
    assert (run["status"], run["task"], run["compile_s"]) == ("completed", "train", None)
    assert (run["loss"], run["accuracy"]) == (0.3987112641334534, 0.8725961538461539)
    assert of_run(samples.metrics, run, name="loss")["step"].to_list() == [0, 40, 80, 120]


def test_each_pass_of_a_loop_over_a_poplar_program_is_a_run(samples: logparse.Logs) -> None:
    runs = samples.runs.filter(pl.col("source").str.ends_with("poplar_loop_one_out_of_memory.txt"))
    assert runs.select("status", "compile_s").rows() == [("failed", None), ("completed", 3.2108), ("completed", 17.934)]
    failed, second, _ = runs.rows(named=True)
    assert of_run(samples.messages, failed, kind="out_of_memory").height == 1
    assert not of_run(samples.messages, second).height
    phases = of_run(samples.phases, second).select("phase", "stage", "duration_s").rows()
    assert sorted(phases, key=lambda row: row[2]) == [
        ("benchmark", "Copying to host", 0.016402),
        ("load", None, 0.041386),
        ("benchmark", "Running stencil iterations", 0.51204),
        ("init", None, 0.66027),
        ("compile", None, 3.2108),
    ]


def test_a_poplar_program_that_only_compiled_proves_no_status() -> None:
    run = only(read("Trying to attach to IPU 0 - attached", "Compiling graph took       3.6466s"))
    assert (run["status"], run["compile_s"]) == (None, 3.6466)


def test_the_target_of_a_poplar_program_states_its_ipus() -> None:
    lines = ("Trying to attach to IPU", "Attached to IPU 0", "Target:", "  Number of IPUs:         2")
    logs = read(*lines, "Epoch 1 (99%), accuracy 76%")
    assert (only(logs)["devices"], only(logs)["task"], only(logs)["status"]) == (2, "train", None)
    assert of_run(logs.metrics, only(logs), name="accuracy")["value"].to_list() == [0.76]


def test_a_profile_summary_is_printed_after_the_program_ran(samples: logparse.Logs) -> None:
    assert run_of(samples, "poplar_profile_summary.txt")["status"] == "completed"


def test_the_evaluation_of_keras_is_no_epoch_and_leaves_out_its_compilation(samples: logparse.Logs) -> None:
    run = run_of(samples, "keras_evaluation_holds_compile.out")
    assert (run["compile_s"], run["train_s"], run["eval_s"]) == (38.0, 30.0 + 2.0 - 26.5, 13.0 - 11.5)
    phases = of_run(samples.phases, run)
    assert phases.filter(pl.col("phase") == "train")["duration_s"].to_list() == [30.0, 2.0]
    assert phases.filter(pl.col("phase") == "eval").select("stage", "duration_s").rows() == [("evaluation", 13.0)]


def test_without_a_compilation_bar_the_evaluation_is_as_keras_prints_it() -> None:
    lines = (
        "Keras MNIST example, running on IPU",
        "Epoch 1/1",
        "937/937 [==============================] - 47s 3ms/step - loss: 0.9333 - accuracy: 0.7083",
        "Evaluation",
        "156/156 [==============================] - 20s 2ms/step - loss: 0.1321 - accuracy: 0.9622",
    )
    assert (only(read(*lines))["train_s"], only(read(*lines))["eval_s"]) == (47.0, 20.0)


def test_the_settings_of_magma_are_those_of_its_language_model(samples: logparse.Logs) -> None:
    run = run_of(samples, "popxl_magma_settings.out")
    columns = ("model", "seed", "sequence_length", "micro_batch_size", "precision")
    assert tuple(run[column] for column in columns) == ("Magma", 42, 400, 2, "float16")


def test_each_part_of_an_epoch_of_tgn_has_its_split() -> None:
    part = "n_epoch: {}, part: {}, loss: {},"
    logs = read(part.format(1, "train", 0.7286), part.format(1, "val", 0.5522), part.format(2, "train", 0.5271))
    assert (only(logs)["task"], only(logs)["epochs"], only(logs)["loss"]) == ("train", 2, 0.5271)
    assert of_run(logs.metrics, only(logs), split="val")["value"].to_list() == [0.5522]


def test_perplexity_is_the_score_of_a_language_model() -> None:
    lines = (
        "Overriding IPU config: gradient_accumulation_steps=64",
        "{'loss': 4.1, 'learning_rate': 1.5e-05, 'epoch': 0.5}",
        "Perplexity: 39.56",
    )
    run = only(read(*lines))
    assert (run["status"], run["score"], run["score_name"], run["accuracy"]) == ("completed", 39.56, "perplexity", None)


def test_poplar_states_how_long_loading_took() -> None:
    run = only(read("    Ending phase: Loading executable (duration 607 ms; diff RSS: 0.586426 MB)"))
    assert (run["load_s"], run["status"]) == (0.607, None)
