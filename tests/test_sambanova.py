"""SambaNova: the compile log and the run log, and what in them misleads whoever compares runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import SAMPLES, ingested, of_run

import logparse

HERE = SAMPLES / "sambanova"
APP = "apps.nlp.transformers_on_rdu.tasks.lm_tasks.bert_mlperf_trainer - Process ID 41 - info     - "
ZEROS = "|eval_step:0.00000|validation_average_loss:0.00000|validation_total_loss:0.00000"
INVENTORY = "Machine State Before: \nPlatform: DataScale SN30-8\n"


def header(date: str = "04/04/24", time: str = "04:26") -> str:
    return (
        f"Model:  BertLarge\nDate:  {date}\nTime:  {time}\n"
        "sambaflow/focal,focal,now 1.17.7-27 amd64 [installed,upgradable to: 1.18.7-38]\n" + INVENTORY
    )


def environment(job: int, ranks: int) -> str:
    return (
        f"RUN\nSHELL=/bin/bash\nHOSTNAME=sn30-r1-h1\nSLURM_NTASKS={ranks}\nSLURM_JOB_ID={job}\n_=/usr/bin/env\n"
        "RUN COMMAND: /usr/local/bin/srun python hook.py run --max_seq_length 128 -b 256 --steps_this_run 505 "
        "--learning_rate 0.000175 --data_dir /data/ANL/wikicorpus_en --cache /home/user/cache/\n"
    )


def step(nth: int, second: float, loss: float = 9.0, bar: str = "1.17it/s") -> str:
    """A step: its line is glued to the bar, which is one behind."""
    clock = f"21:24:{second:06.3f}".replace(".", ",")
    return (
        f"\rIteration:   0%|          | {nth - 1}/2551 [00:08<29:33,  {bar}]2024-03-24 {clock} - {APP}"
        f"epoch:0|local_step:{nth}|global_step:{nth + 1000}|average_loss:{loss}|step_loss:{loss}|step_ns_loss:0.5|"
        f"step_mlm_loss:{loss - 0.5}|learning_rate:{nth}.00e-08{ZEROS}"
    )


RESULT = (
    f"2024-03-24 21:32:07,108 - {APP}{{'e2e_train_time': 452.5, 'training_sequences_per_second': 585000.5, "
    "'final_loss': 8.25, 'training_samples_per_second': 4570.3}\n"
)


def result(steps: int, ranks: int) -> str:
    """`RESULT` with the rate that these steps of 256 sequences of 128 tokens on each rank have."""
    return RESULT.replace("585000.5", repr(steps * 256 * 128 * ranks / 452.5))


def read(*texts: str | Path) -> logparse.Logs:
    return ingested([text if isinstance(text, Path) else text.encode() for text in texts])


def only(logs: logparse.Logs) -> dict[str, Any]:
    assert logs.runs.height == 1, logs.runs.select("source", "line_first", "platform", "status")
    return logs.runs.row(0, named=True)


def evidence(logs: logparse.Logs, column: str) -> pl.DataFrame:
    return logs.evidence.filter((pl.col("frame") == "runs") & (pl.col("column") == column))


def why_null(logs: logparse.Logs, column: str) -> str:
    row = evidence(logs, column).row(0, named=True)
    assert row["how"] == "absent"
    return str(row["reason"])


def metric(logs: logparse.Logs, name: str, **where: object) -> list[float]:
    frame = logs.metrics.filter(pl.col("name") == name)
    for column, value in where.items():
        frame = frame.filter(pl.col(column).cast(pl.String) == str(value))
    return frame["value"].to_list()


# ---- the compile log ---- #


def test_the_duration_of_a_compile_log_is_no_training_time() -> None:
    logs = read(HERE / "bert_large_16_tasks_compiled.out", HERE / "bert_large_8_tasks_not_compiled.out")
    compiled, cached = logs.runs.sort("started_at").rows(named=True)
    assert (compiled["total_s"], cached["total_s"]) == (781.0, 1.0)
    for run in (compiled, cached):
        assert run["status"] == "submitted"
        assert (run["train_s"], run["throughput"], run["loss"], run["steps"]) == (None, None, None, None)
    assert set(evidence(logs, "train_s")["reason"]) == {"no log: the work is in another log of the job"}


def test_that_nothing_was_compiled_is_inferred_and_said_and_is_not_zero_seconds() -> None:
    logs = read(HERE / "bert_large_8_tasks_not_compiled.out")
    run = only(logs)
    assert (run["compile_cache"], run["compile_s"], run["task"]) == ("hit", None, None)
    found = evidence(logs, "compile_cache").row(0, named=True)
    assert found["how"] == "inferred"
    assert "the binary existed already" in found["reason"]
    assert "cached" in why_null(logs, "compile_s")


def test_the_compile_time_is_end_less_start() -> None:
    logs = read(header() + "COMPILE START AT 1\nCOMPILE END AT 598\nRUN\nSubmitted batch job 7\nDuration:  599\n")
    assert only(logs)["compile_s"] == 597.0
    assert evidence(logs, "compile_s")["text"].to_list() == ["598", "1"]
    assert only(logs)["unaccounted_s"] == 2.0


def test_compilation_succeeded_is_not_the_end_of_the_compile() -> None:
    succeeded = (
        "[info    ]: Compilation succeeded for partition_0_0_\n" * 75 + "[info    ]: Plasma compile succeeded.\n"
    )
    run = only(read(header() + "COMPILE START AT 0\n" + succeeded))
    assert (run["compile_s"], run["status"]) == (None, None)


def test_what_the_compiler_projects_is_an_estimate_in_si_units() -> None:
    logs = read(
        header() + "[info    ]: Amortized resources overall: 4.500000e+02 PCUs, 6.890000e+02 PMUs, "
        "projected latency: 6.079219e-01 s, FLOPS: 1.216469e+02 T/s, DDR_BW: 6.463480e+01 GB/s\n"
    )
    found = dict(logs.metrics.filter(pl.col("basis") == "estimated").select("name", "value").rows())
    assert found["projected_latency"] == 0.6079219
    assert found["projected_flops"] == pytest.approx(1.216469e14)
    assert found["projected_bandwidth"] == pytest.approx(6.46348e10)
    assert only(logs)["latency_s"] is None


def test_a_download_that_is_drawn_twice_at_its_end_counts_once() -> None:
    bars = [
        f"Downloading: {p}%|██| {d}G/1.34G [00:{t:02}<00:00, 110MB/s]" for p, d, t in ((50, 0.67, 5), (100, 1.34, 9))
    ]
    logs = read(header() + "COMPILE START AT 0\n" + "\r".join([*bars, bars[-1]]) + "\nCOMPILE END AT 600\n")
    phases = logs.phases.select("phase", "stage", "duration_s").rows()
    assert sorted(phases) == [("compile", None, 600.0), ("download", "model files", 9.0)]


def test_the_version_is_the_one_installed_not_the_one_to_upgrade_to() -> None:
    assert only(read(header()))["sdk_version"] == "1.17.7-27"


def test_a_refused_job_has_failed_after_a_good_compile() -> None:
    logs = read(HERE / "sbatch_refused.out")
    run = only(logs)
    assert (run["status"], run["compile_cache"], run["total_s"]) == ("failed", "miss", None)
    assert set(logs.messages.filter(pl.col("level") == "error")["kind"]) == {"scheduler"}


def test_the_machine_of_the_prompt_compiled_and_need_not_have_run() -> None:
    prompt = "user@sn30-r2-h2:~/bert$ ./BertLarge.sh\n"
    compiled = only(read(prompt + header() + "COMPILE START AT 0\nCOMPILE END AT 600\nSubmitted batch job 7\n"))
    ran = only(read(prompt + header() + environment(7, 16) + RESULT))
    handed_in = only(read(prompt + header() + "RUN\nSubmitted batch job 7\nDuration:  0\n"))
    assert (compiled["host"], ran["host"], handed_in["host"]) == ("sn30-r2-h2", "sn30-r1-h1", None)


# ---- the run log ---- #


def test_what_is_called_sequences_per_second_is_tokens_and_that_is_told() -> None:
    logs = read(header() + environment(7, 16) + RESULT)
    run = only(logs)
    assert (run["token_throughput"], run["throughput"]) == (585000.5, 4570.3)
    found = evidence(logs, "token_throughput").row(0, named=True)
    assert (found["how"], found["text"]) == ("converted", "585000.5")
    assert "tokens per second" in found["reason"]


def test_where_only_tokens_are_printed_no_samples_are_made_up() -> None:
    logs = read(HERE / "bert_large_run_sambaflow_119.out")
    assert only(logs)["throughput"] is None
    assert only(logs)["token_throughput"] > 2e5
    assert metric(logs, "throughput") == []


def test_the_batch_of_a_step_is_that_of_all_ranks() -> None:
    text = header() + environment(7, 8) + step(1, 10) + step(2, 11) + "\n" + result(2, 8)
    run = only(read(text))
    assert (run["micro_batch_size"], run["ranks"], run["batch_size"], run["samples"]) == (256, 8, 2048, 4096)


def test_steps_are_those_that_ran_here_not_the_total_of_the_bar_nor_the_counter_nor_what_was_asked() -> None:
    logs = read(header() + environment(7, 16) + "".join(step(n, 10 + n) for n in range(1, 6)) + "\n" + result(5, 16))
    assert only(logs)["steps"] == 5
    assert logs.metrics["step"].drop_nulls().max() == 1005
    assert logs.params.filter(pl.col("name") == "steps")["number"].to_list() == [505.0]


def test_the_final_loss_is_the_reported_one_not_that_of_the_last_step() -> None:
    logs = read(header() + environment(7, 16) + step(1, 10, loss=8.2013) + "\n" + RESULT)
    assert only(logs)["loss"] == 8.25
    assert metric(logs, "loss", window="step") == [8.2013]
    assert metric(logs, "loss", window="final") == [8.25]


def test_zeros_of_an_evaluation_that_did_not_run_are_no_figures() -> None:
    logs = read(header() + environment(7, 16) + step(1, 10) + "\n" + RESULT)
    assert set(logs.metrics["split"]) == {"train"}
    assert 0.0 not in logs.metrics["value"].to_list()
    assert (only(logs)["eval_s"], only(logs)["accuracy"]) == (None, None)


def test_the_learning_rate_is_the_setting_and_those_of_the_schedule_are_metrics() -> None:
    logs = read(header() + environment(7, 16) + step(1, 10) + step(2, 11) + "\n" + RESULT)
    assert only(logs)["learning_rate"] == 0.000175
    assert evidence(logs, "learning_rate")["reason"].to_list() == [
        "the setting; the metrics have the rates of the schedule"
    ]
    assert logs.params.filter(pl.col("name") == "learning_rate")["number"].to_list() == [0.000175]
    assert metric(logs, "learning_rate") == [1e-8, 2e-8]


def test_without_the_setting_only_a_rate_that_does_not_change_is_the_learning_rate() -> None:
    steps = header() + environment(7, 16).replace("--learning_rate 0.000175 ", "") + step(1, 10) + step(2, 11)
    logs = read(steps + "\n" + RESULT)
    assert only(logs)["learning_rate"] is None
    assert "only the rates of a schedule" in why_null(logs, "learning_rate")
    assert (
        only(read(steps.replace("learning_rate:2.00e-08", "learning_rate:1.00e-08") + "\n" + RESULT))["learning_rate"]
        == 1e-8
    )


def test_startup_is_counted_from_the_beginning_of_the_time_that_the_result_states() -> None:
    text = header() + environment(7, 16) + step(1, 50.0, bar="8.22s/it") + step(2, 51.0) + "\n" + RESULT
    # 21:32:07.108 less 452.5 s is 21:24:34.608.
    assert only(read(text))["startup_s"] == pytest.approx(15.392)


def test_the_first_step_is_timed_by_its_bar_and_steady_throughput_leaves_it_out() -> None:
    bars = ["?it/s", "8.22s/it", "1.17it/s", "1.17it/s", "1.17it/s"]
    text = "".join(step(n, at, bar=bar) for n, (at, bar) in enumerate(zip((10, 20, 21, 22, 23), bars, strict=True), 1))
    logs = read(header() + environment(7, 16) + text + "\n" + RESULT)
    run = only(logs)
    # The time of the result begins before the bar, and nothing here says when: the bar is not the whole first step.
    assert run["startup_s"] is None
    assert only(read(header() + environment(7, 16) + text + "\n"))["startup_s"] == pytest.approx(8.22)
    assert run["steady_throughput"] == 4096.0
    assert run["train_includes"] == "load"
    assert metric(logs, "iteration_rate")[0] == pytest.approx(1 / 8.22)


def test_a_gate_that_fails_after_the_result_makes_errors_not_a_failure() -> None:
    logs = read(HERE / "bert_large_appended_16_then_8_ranks.out")
    first, second = logs.runs.sort("line_first").rows(named=True)
    assert (first["status"], second["status"]) == ("completed", "completed_with_errors")
    assert second["train_s"] is not None
    errors = logs.messages.filter((pl.col("run").cast(pl.String) == second["run"]) & (pl.col("level") == "error"))
    assert errors["kind"][0] == "gate"
    # The script prints its duration at its end, which it did not reach.
    assert second["total_s"] is None


def test_an_error_before_any_result_is_a_failure() -> None:
    text = header() + environment(7, 16) + step(1, 10) + "\nRuntimeError: device lost\n"
    assert only(read(text))["status"] == "failed"


def test_a_log_that_is_cut_off_in_mid_work_is_incomplete() -> None:
    run = only(read(header() + environment(7, 16) + step(1, 10) + step(2, 11)))
    assert (run["status"], run["train_s"], run["steps"]) == ("incomplete", None, 2)


def test_an_excerpt_without_a_beginning_has_no_start() -> None:
    logs = read(RESULT)
    run = only(logs)
    assert (run["started_at"], run["total_s"], run["train_s"]) == (None, None, 452.5)
    assert why_null(logs, "started_at") == "the beginning is not in this log"


def test_the_word_error_in_noise_is_no_message() -> None:
    noise = (
        "2024-03-24 21:24:33,107 - py.warnings - Process ID 41 - warning  - /x/overrides.py:1074: DeprecationWarning: "
        "it will be an error in PyTorch 1.11, \n+ /opt/llvm11/bin/clang++ -Werror -Wall\n"
        "WARNING: These should not be used unless EXPLICITLY prescribed by a SambaNova Engineer\n"
    )
    logs = read(header() + noise + environment(7, 16).replace("run --max", "run --log-level error --max") + RESULT)
    assert logs.messages.filter(pl.col("level") == "error").height == 0
    assert only(logs)["status"] == "completed"


def test_carriage_returns_written_as_two_characters_read_alike() -> None:
    raw = header() + environment(7, 16) + "".join(step(n, 10 + n) for n in range(1, 6)) + "\n" + RESULT
    one, other = only(read(raw)), only(read(raw.replace("\r", "^M")))
    for column in ("run", "steps", "loss", "train_s", "steady_throughput"):
        assert one[column] == other[column]


def test_only_variables_that_hold_no_secret_are_read_or_named() -> None:
    secret = "API_TOKEN=hunter2\nSSH_CLIENT=198.51.100.7 50000 22\nSLURM_JWT=eyJhbGciOi\n"
    logs = read(header() + environment(7, 16).replace("SHELL=", secret + "SHELL=") + RESULT)
    for name, frame in logs.frames().items():
        text = frame.select(pl.all().cast(pl.String, strict=False)).write_csv()
        assert not any(word in text for word in ("hunter2", "198.51.100.7", "eyJ")), name
    lines = logs.lines(str(logs.sources["source"][0]), range(1, 100))
    known = logs.kinds(str(logs.sources["source"][0]))
    assert not [
        text for number, text in lines.items() if number in known and text.split("=")[0] in ("API_TOKEN", "SLURM_JWT")
    ]


# ---- which runs there are ---- #


def test_a_header_in_the_middle_of_a_file_begins_a_run() -> None:
    logs = read(header() + environment(7, 16) + RESULT + header(time="05:40") + environment(8, 8) + RESULT)
    assert logs.runs.select("job_id", "ranks").rows() == [("7", 16), ("8", 8)]


def test_the_submission_and_the_run_of_one_job_are_two_rows_of_one_job() -> None:
    logs = read(HERE / "bert_large_job_30512_submission.out", HERE / "bert_large_run_16_ranks.out")
    assert logs.runs["job_id"].to_list() == ["30512", "30512"]
    assert logs.runs["run"].n_unique() == 2
    assert sorted(logs.runs["status"]) == ["completed", "submitted"]


def test_the_two_logs_of_one_job_in_one_minute_are_not_taken_for_copies() -> None:
    logs = read(header() + "RUN\nSubmitted batch job 7\nDuration:  0\n", header() + environment(7, 16) + RESULT)
    assert logs.runs["run"].n_unique() == 2
    assert logs.runs["copies"].to_list() == [0, 0]


def test_a_log_that_grew_is_a_copy_of_its_earlier_self() -> None:
    first = header() + environment(7, 16) + step(1, 10) + "\n"
    logs = read(first, first + RESULT)
    assert only(logs)["copies"] == 1
    assert only(logs)["status"] == "completed"


def test_appended_logs_that_hold_one_another_count_each_job_once(real_logs: Path) -> None:
    here = real_logs / "sambanova" / "WolandDream"
    names = ("train", "train_08", "train_04")
    logs = ingested([here / f"Sambanova__bert__032424.21__BertLarge_{name}.out" for name in names])
    assert logs.runs.sort("job_id").select("job_id", "ranks", "copies").rows() == [
        ("29809", 16, 2), ("29811", 8, 1), ("29812", 4, 0),
    ]  # fmt: skip


def test_ctrl_c_on_a_log_that_is_only_watched_fails_nothing(real_logs: Path) -> None:
    logs = ingested(real_logs / "sambanova/tstabrawa/Sambanova__HW7-results__HW7-sambanova-shell-session.txt")
    assert logs.runs["status"].to_list() == [None, None]
    assert logs.runs["host"].to_list() == [None, None]


def test_a_run_that_hung_after_its_result_does_not_end_when_it_was_cancelled(real_logs: Path) -> None:
    logs = ingested(real_logs / "sambanova/WolandDream/Sambanova__bert__032424.21__BertLarge_train_04.out")
    run = logs.runs.filter(pl.col("job_id") == "29811").row(0, named=True)
    assert str(run["ended_at"]).startswith("2024-03-24 21:42:36")
    cancelled = logs.messages.filter(pl.col("text").str.contains("CANCELLED", literal=True))
    assert str(cancelled["at"][0]) == "2024-03-24 21:55:28"


def test_no_log_of_another_platform_holds_a_run_of_this_one(real_logs: Path) -> None:
    for other in ("graphcore", "cerebras", "groq"):
        runs = ingested(real_logs / other).runs.filter(pl.col("platform") == "sambanova")
        assert not runs.height, runs["source"].to_list()


def test_every_log_of_this_platform_is_read_or_holds_no_run(real_logs: Path) -> None:
    logs = ingested(real_logs / "sambanova")
    assert set(logs.runs["platform"]) == {"sambanova"}
    assert set(logs.sources["status"]) <= {"read", "no_run", "unknown_platform"}
    whole = logs.sources.filter((pl.col("lines") > 600) & pl.col("platform").is_not_null())
    assert whole.height > 15
    assert whole["coverage"].min() > 0.98  # type: ignore[operator]


def test_figures_quoted_in_prose_are_no_run() -> None:
    prose = "ntasks 16 <br/>\n'final_loss': 8.308636665344238, 'training_samples_per_second': 2293.967741560586 <br/>\n"
    assert read(prose).runs.height == 0


def test_a_table_of_tiles_is_no_run() -> None:
    table = (
        "TILE                 %idle %exec %pload %aload %chkpt %quiesce    PID     USER COMMAND\n"
        "/XRDU_0/RDU_0/TILE_0   8.0  91.6    0.3    0.1    0.0      0.0 2750333  user python hook.py\n"
    )
    assert read(table).runs.height == 0


# ---- the other programs ---- #


def test_instances_that_each_print_the_rate_of_all_are_averaged_never_added() -> None:
    logs = read(HERE / "unet_instances.out")
    run = only(logs)
    rates = metric(logs, "throughput")
    assert len(rates) == 8
    assert run["throughput"] == pytest.approx(sum(rates) / 8)
    assert run["train_s"] == max(logs.phases["duration_s"])
    assert run["samples"] == 20480


def test_the_latency_of_a_measurement_is_the_total_of_its_iterations() -> None:
    logs = read(HERE / "measure_performance.out")
    run = only(logs)
    assert (run["latency_s"], run["steps"], run["samples"], run["throughput_window"]) == (
        None,
        10,
        20480,
        "after_warmup",
    )
    assert metric(logs, "latency") == []
    assert logs.phases.select("phase", "duration_s").rows() == [("benchmark", pytest.approx(30.91482710838318))]


def test_measuring_after_a_training_in_one_file_is_a_run_of_its_own() -> None:
    trained = "Epoch [1/1], Step [60000/60000], Loss: 0.5086\nTest Accuracy: 90.66 Loss: 0.4340\n"
    logs = read(trained + "e2e_throughput: 1898.65 samples/s, measured over 100\ne2e_latency: 0.05266920 s\n")
    assert logs.runs["throughput"].to_list() == [None, 1898.65]
    assert logs.runs["loss"].to_list() == [0.5086, None]


def test_a_test_accuracy_is_a_fraction_and_its_loss_is_not_the_training_loss() -> None:
    logs = read(HERE / "logreg_starter.out")
    run = only(logs)
    assert (run["accuracy"], run["score_name"], run["loss"]) == (0.9163, "accuracy", 0.3079)
    assert metric(logs, "loss", split="test") == [0.3049, 0.3012]


def test_latencies_of_tokens_are_seconds_for_one_token() -> None:
    logs = read(HERE / "modelzoo_text_generation.out")
    assert only(logs)["latency_s"] == 1.5354
    assert metric(logs, "time_per_token") == [0.3310]
    assert metric(logs, "latency") == [1.5354]
    assert only(logs)["token_throughput"] == 2.7910


def test_tokens_a_second_with_and_without_the_first_step_are_two_figures() -> None:
    logs = read(HERE / "gpt13b_step_outlier.out")
    assert only(logs)["token_throughput"] == pytest.approx(7111.140941483159)
    assert metric(logs, "steady_token_throughput") == [pytest.approx(7660.314782218141)]


def test_a_step_of_a_tuning_that_fails_is_an_error_of_a_run_that_went_on_to_its_end() -> None:
    logs = read(HERE / "sambatune.out")
    run = only(logs)
    assert (run["status"], run["total_s"], run["model"]) == ("completed_with_errors", 326.114, "uno_full")
    assert "sambatune" in set(logs.messages["kind"])


def test_each_answer_of_an_endpoint_is_a_run_and_its_rate_counts_completion_tokens() -> None:
    answer = (
        '{"choices":[{"message":{"content":"x"}}],"id":"9","model":"gpt-oss","object":"chat.completion","usage":'
        '{"completion_tokens":128,"completion_tokens_after_first_per_sec":281.8,"completion_tokens_per_sec":%s,'
        '"prompt_tokens":73,"time_to_first_token":0.1628,"total_latency":0.6134,"total_tokens_per_sec":327.6}}\n'
    )
    logs = read(answer % 208.6 + answer % 209.1)
    assert logs.runs["token_throughput"].to_list() == [208.6, 209.1]
    assert logs.runs["latency_s"].to_list() == [0.6134, 0.6134]
    assert set(logs.runs["task"]) == {"inference"}


def test_one_slurm_file_may_compile_run_on_eight_ranks_and_then_fail() -> None:
    logs = read(HERE / "slurm_compile_then_8_ranks.out")
    run = only(logs)
    assert (run["task"], run["ranks"], run["job_id"], run["workload"]) == ("train", 8, "20417", "cnn_small")
    assert (run["status"], run["compile_cache"], run["compile_s"]) == ("completed_with_errors", "miss", None)
    usage = logs.messages.filter(pl.col("kind") == "usage")
    assert usage["count"].to_list() == [8]
    assert set(evidence(logs, "ranks")["formula"]) == {"seen('each_rank')"}


def test_the_path_of_the_binary_names_the_workload_also_where_a_page_wraps_it() -> None:
    trained = "Epoch [1/1], Step [60000/60000], Loss: 0.5086\nTest Accuracy: 90.66 Loss: 0.4340\n"
    session = "2021-6-11 8:38:49 : [INFO][SC][99185]: SambaConnector: PEF File:\n{}\n"
    assert only(read(trained + session.format("pef/logreg/logreg.pef")))["workload"] == "logreg"
    assert only(read(trained + session.format("/home/ruth/pef/lenet/lenet.pef")))["workload"] == "lenet"


def test_a_binary_that_was_removed_is_compiled_again() -> None:
    logs = read(HERE / "session_binary_removed.out")
    assert logs.runs.sort("line_first")["compile_cache"].to_list() == ["miss", "hit"]
    assert "its folder was removed" in evidence(logs, "compile_cache")["reason"][0]


def test_runs_under_headings_are_apart_and_a_refused_submission_is_not_theirs() -> None:
    logs = read(HERE / "notes_of_runs_under_headings.out")
    rows = logs.runs.sort("line_first").select("status", "steps", pl.col("ended_at").dt.to_string("%H:%M:%S")).rows()
    assert rows == [("completed", 505, "20:11:37"), ("completed", 505, "20:48:15")]


def test_a_refused_submission_fails_a_run_and_is_none_by_itself() -> None:
    refused = "sbatch: error: Batch job submission failed: Requested node configuration is not available\n"
    assert only(read(header() + refused))["status"] == "failed"
    assert read(INVENTORY + refused).runs["status"].to_list() == ["failed"]
    assert read("##### --ntasks 32\n" + refused).runs.is_empty()


def test_a_common_name_is_converted_and_the_word_of_the_log_is_read() -> None:
    logs = read(HERE / "bert_large_run_16_ranks.out")
    run = only(logs)
    assert (run["workload"], run["model"]) == ("bert_large", "BertLarge")
    assert [(evidence(logs, c)["text"][0], evidence(logs, c)["how"][0]) for c in ("workload", "model")] == [
        ("BertLarge", "converted"),
        ("BertLarge", "read"),
    ]


def test_a_client_that_measures_two_endpoints_gives_the_values_of_ours() -> None:
    logs = ingested(SAMPLES / "sambanova" / "client_of_two_endpoints.json")
    run = only(logs)
    assert (run["task"], run["model"], run["status"]) == ("inference", "gpt-oss-120b-131072", "completed")
    assert (run["latency_s"], run["token_throughput"]) == (1.0, 100.0)
    others = of_run(logs.metrics, run, scope="sophia")
    assert sorted(zip(others["name"], others["value"], strict=True)) == [("latency", 0.5), ("token_throughput", 200.0)]
