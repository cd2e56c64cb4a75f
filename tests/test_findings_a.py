"""Findings F01 to F16: each fires on a log where it is so, and is silent where it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import SAMPLES, ingested

from logparse.comparison.claims import claim
from logparse.comparison.compare import Comparison, compare
from logparse.comparison.ledger import Ledger
from logparse.findings import Finding, is_of_one_run, module, scene_of
from logparse.findings.of_one_run.warm_up import Pace
from logparse.logs import Logs
from logparse.schema import FRAMES
from logparse.text.location import Location
from logparse.text.numbers import seconds

CEREBRAS = [SAMPLES / "cerebras" / f"bert_large_batch_{batch}.out" for batch in (512, 1024, 2048)]
MNIST = [
    SAMPLES / "graphcore" / f"mnist_{name}.out"
    for name in ("as_is_cold", "asked_20_epochs_ran_10", "asked_lr_002_cached")
]
GROQ = [SAMPLES / "groq" / f"bert_tiny_{name}.out" for name in ("dummy_input", "256_rebuilt")]
PAIR = [SAMPLES / "sambanova" / f"bert_large_{name}.out" for name in ("16_tasks_compiled", "8_tasks_not_compiled")]
JOINED = [SAMPLES / "sambanova" / f"bert_large_{name}.out" for name in ("job_30512_submission", "run_16_ranks")]


def said(name: str, what: Logs | Comparison, of_one_run: bool = False) -> list[Finding]:
    """What one finding says of logs or of a comparison."""
    return list(module(name).find(scene_of(what, of_one_run)))


def compared(name: str, *sources: Any, **options: Any) -> list[Finding]:
    """What one finding says of the comparison of these logs."""
    given = sources[0] if isinstance(sources[0], Logs) else ingested(sources)
    return said(name, compare(given, **options))


def read(name: str, *sources: Any) -> list[Finding]:
    """What one finding says where logs are only read, run by run."""
    given = sources[0] if isinstance(sources[0], Logs) else ingested(sources)
    return said(name, given, of_one_run=True)


def edited(path: Path, pairs: Mapping[str, str]) -> bytes:
    """The log with some text in place of other text that it must hold."""
    text = path.read_text(encoding="utf-8")
    for old, new in pairs.items():
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def logs_of(*runs: Mapping[str, Any], **others: list[dict[str, Any]]) -> Logs:
    """Logs with these rows of `runs`, and of other frames, and nothing else."""
    usual = {"copies": 0, "platform": "acme", "task": "train", "workload": "bert", "status": "completed"}
    rows = [
        dict.fromkeys(FRAMES["runs"]) | usual | {"run": f"r{i}", "label": f"{i}.out", "source": f"{i}.out"} | dict(run)
        for i, run in enumerate(runs)
    ]
    frames = {
        name: pl.DataFrame({"runs": rows, **others}.get(name, []), schema=schema) for name, schema in FRAMES.items()
    }
    return Logs(frames)


def rows_of(frame: str, *rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of a frame, what is not given null."""
    return [dict.fromkeys(FRAMES[frame]) | dict(row) for row in rows]


@pytest.fixture(scope="module")
def scaling(real_logs: Path) -> Logs:
    """Weak scaling of BertLarge over 2, 4, 8 and 16 ranks."""
    return ingested(sorted((real_logs / "sambanova" / "WolandDream").rglob("*BertLarge_train*")))


# ---- F01 no-work-in-log ---- #


def test_durations_of_submissions_are_an_error_where_they_are_compared() -> None:
    (found,) = compared("no-work-in-log", *PAIR)
    assert found.severity == "error"
    assert found.text.startswith("781 s (large_16_tasks_compiled) and 1 s (large_8_tasks_not_compiled)")
    assert [location.line for location in found.evidence] == [261, 151]


def test_a_submission_is_a_note_for_itself() -> None:
    (found,) = read("no-work-in-log", PAIR[0])
    assert found.severity == "note"


def test_compiles_that_are_compared_with_compiles_are_no_error(tmp_path: Path) -> None:
    other = tmp_path / "other.out"
    other.write_bytes(edited(PAIR[0], {"30451": "30452", "04:26": "06:26"}))
    (found,) = compared("no-work-in-log", PAIR[0], other)
    assert found.severity == "note"


def test_a_submission_whose_run_log_is_here_is_silent() -> None:
    assert read("no-work-in-log", JOINED[0])
    assert not read("no-work-in-log", *JOINED)


# ---- F02 compile-cached ---- #


def test_one_that_compiled_beside_two_that_found_the_binary() -> None:
    (found,) = compared("compile-cached", *MNIST)
    assert found.severity == "warning"
    assert found.text == (
        "as_is_cold compiled for 36 s ±1; asked_20_epochs_ran_10 and asked_lr_002_cached had a compile cache hit."
    )


def test_all_cached_or_all_compiled_is_silent() -> None:
    assert not compared("compile-cached", *MNIST[1:])
    assert not compared("compile-cached", *CEREBRAS)


def test_a_cache_that_is_itself_studied_is_silent() -> None:
    assert not compared("compile-cached", *MNIST, by="compile_cache")


def test_the_training_time_is_touched_where_it_holds_the_compile() -> None:
    runs = [{"compile_cache": c, "train_includes": "compile", "train_s": 9.0} for c in ("miss", "hit")]
    (found,) = compared("compile-cached", logs_of(*runs))
    assert "train_s" in found.quantities


# ---- F03 clock-scope ---- #


def test_training_times_that_do_not_hold_the_same() -> None:
    (found,) = compared("clock-scope", logs_of({"train_s": 10.0}, {"train_s": 12.0, "train_includes": "compile, load"}))
    assert found.severity == "warning"
    assert found.text == (
        "The training times include different phases: the steps alone, as far as the log states (0.out); with "
        "compiling and loading (1.out)."
    )
    assert "train_s" in found.quantities


def test_an_evaluation_that_only_one_side_had() -> None:
    (found,) = compared(
        "clock-scope", logs_of({"total_s": 100.0, "queue_s": 0.0, "eval_s": 20.0}, {"total_s": 80.0, "queue_s": 0.0})
    )
    assert found.severity == "warning"
    assert "includes evaluation (20 s, 0.out), but the log of 1.out has none" in found.text
    assert found.quantities == ("result_s", "wall_s")


def test_waits_touch_the_wall_alone() -> None:
    (found,) = compared("clock-scope", logs_of({"total_s": 100.0, "queue_s": 5.0}, {"total_s": 80.0}))
    assert found.severity == "note"
    assert found.quantities == ("wall_s",)


def test_a_trifle_or_the_same_on_both_sides_is_silent() -> None:
    assert not compared("clock-scope", logs_of({"total_s": 1000.0, "eval_s": 5.0}, {"total_s": 900.0}))
    both = {"total_s": 100.0, "train_s": 50.0, "train_includes": "load", "eval_s": 20.0}
    assert not compared("clock-scope", logs_of(both, both | {"total_s": 90.0}))


def test_a_binary_that_was_found_is_left_to_compile_cached() -> None:
    runs = ({"total_s": 100.0, "compile_s": 50.0, "compile_cache": "miss"}, {"total_s": 50.0, "compile_cache": "hit"})
    assert not compared("clock-scope", logs_of(*runs))
    assert compared("compile-cached", logs_of(*runs))


@pytest.mark.parametrize("paths", [MNIST, CEREBRAS, GROQ, PAIR])
def test_the_ten_runs_have_clocks_of_the_same_scope(paths: Sequence[Path]) -> None:
    assert not compared("clock-scope", *paths)


# ---- F04 warm-up ---- #


def pace(*times: float, resolution: float = 0.0) -> Pace:
    return Pace("step", [1.0] * len(times), times, resolution, Location("a.out", 1))


@pytest.mark.parametrize(
    ("times", "resolution", "expected"),
    [
        ((9.0, 1.0, 1.1, 0.9, 1.0, 1.1), 0.0, True),
        ((9.0, 1.0, 1.1, 0.9, 1.0), 0.0, False),  # four later ones say too little
        ((0.1, 1.0, 1.1, 0.9, 1.0, 1.1), 0.0, False),  # fast is no warm-up
        ((1.5, 1.0, 1.1, 0.9, 1.0, 1.1), 0.0, False),  # z = 0.6745 * 0.5 / 0.1 = 3.4
        ((1.6, 1.0, 1.1, 0.9, 1.0, 1.1), 0.0, True),
        ((2.0, 1.0, 1.0, 1.0, 1.0, 1.0), 0.5, False),  # whole seconds: it may have been 1.5
        ((5.0, 1.0, 1.0, 1.0, 1.0, 1.0), 0.5, True),
    ],
)
def test_what_stands_out_at_the_beginning(times: tuple[float, ...], resolution: float, expected: bool) -> None:
    assert pace(*times, resolution=resolution).stands_out is expected


def test_parts_of_unequal_work_are_held_against_each_other_by_their_pace() -> None:
    assert not Pace("100 steps", [100.0, *[10.0] * 5], [50.0, *[5.0] * 5], 0.0, "a.out:1").stands_out


def step_logs(times: Sequence[float], **run: Any) -> Logs:
    """A training with a printed time for each step."""
    usual = {"train_s": sum(times), "samples": 10 * len(times), "throughput": 10 * len(times) / sum(times)}
    steps = [
        {"run": "r0", "name": "step_time", "value": t, "split": "train", "window": "step", "step": i + 1}
        | {"source": "0.out", "line": i + 1}
        for i, t in enumerate(times)
    ]
    return logs_of(usual | {"throughput_window": "whole"} | run, metrics=rows_of("metrics", *steps))


def test_a_slow_first_step_is_told_with_both_figures() -> None:
    (found,) = read("warm-up", step_logs([11.0, *[1.0] * 9]))
    assert found.severity == "warning"
    assert found.text == (
        "A slow beginning lowers the rate: 0.out, where the first step took 11 s and later ones take 1 s: "
        "5 samples/s overall, 10 samples/s without it."
    )
    assert list(found.evidence) == [Location("0.out", 1)]


def test_a_slow_first_step_that_does_not_move_the_rate_is_silent() -> None:
    assert not read("warm-up", step_logs([3.0, *[1.0] * 399]))
    assert read("warm-up", step_logs([3.0, *[1.0] * 99]))[0].severity == "note"


def test_a_rate_that_is_printed_without_the_first_step_is_silent() -> None:
    assert not read("warm-up", step_logs([11.0, *[1.0] * 9], throughput_window="after_warmup"))


def test_a_run_without_a_result_has_no_rate_to_move() -> None:
    assert not read("warm-up", step_logs([11.0, *[1.0] * 9], status="failed"))


def test_the_rate_that_a_bar_shows_is_never_taken_for_the_time_of_a_step() -> None:
    logs = step_logs([11.0, *[1.0] * 9])
    rates = logs.metrics.with_columns(
        pl.lit("iteration_rate").cast(pl.Categorical).alias("name"), (1 / pl.col("value")).alias("value")
    )
    assert not read("warm-up", Logs(logs.frames() | {"metrics": rates}))


def test_times_that_rest_on_a_claimed_batch_say_so() -> None:
    logs = step_logs([11.0, *[1.0] * 9])
    rates = logs.metrics.with_columns(
        pl.lit("throughput").cast(pl.Categorical).alias("name"), (10 / pl.col("value")).alias("value")
    )
    ledger = Ledger(Logs(logs.frames() | {"metrics": rates}), [claim("0.out:batch_size=10")])
    (found,) = module("warm-up").find(scene_of(ledger, True))
    assert "where the first step took (at a claimed batch size) 11 s and later ones take 1 s" in found.text


def test_stamps_of_steps_tell_it_too(scaling: Logs) -> None:
    (found,) = read("warm-up", scaling)
    assert len(found.jobs) == 4
    assert (
        "the first step ended after 17.8 s (loading included) and later ones take 0.852 s: "
        "2300.7 sequences/s overall, 2391" in found.text
    )


def test_the_time_before_the_first_line_of_a_log_that_is_cut_is_no_first_step(real_logs: Path) -> None:
    """Only the last 184 of its steps are there."""
    assert not read("warm-up", real_logs / "sambanova" / "kharelb" / "homework_7.md.L432.out")


def test_steady_trainings_are_silent() -> None:
    assert not read("warm-up", *CEREBRAS, *MNIST)


# ---- F05 different-budget ---- #


def test_equal_steps_at_different_batch_sizes_are_different_budgets() -> None:
    (found,) = compared("different-budget", *CEREBRAS)
    assert found.severity == "warning"
    assert found.text == (
        "At 1,000 steps each the runs saw different numbers of samples, since the batch size differs: 512,000 "
        "(batch_512), 1,024,000 (batch_1024) and 2,048,000 (batch_2048)."
    )


def test_an_amount_that_is_itself_studied_is_silent() -> None:
    runs = logs_of({"epochs": 10, "loss": 1.0}, {"epochs": 20, "loss": 0.5})
    assert "10 (0.out) and 20 (1.out)" in compared("different-budget", runs)[0].text
    assert not compared("different-budget", runs, by="epochs")


def test_the_same_amount_is_silent_and_so_is_a_last_batch_that_is_not_full() -> None:
    assert not compared("different-budget", *MNIST)
    assert not compared("different-budget", logs_of({"samples": 100_000}, {"samples": 100_100}))


def test_steps_of_batches_that_differ_say_nothing_of_the_amount() -> None:
    assert not compared("different-budget", logs_of({"steps": 10, "batch_size": 8}, {"steps": 20, "batch_size": 4}))


def test_in_weak_scaling_times_may_be_compared_and_losses_not(scaling: Logs) -> None:
    (found,) = compared("different-budget", scaling, by="ranks")
    assert found.quantities == ("loss", "score")


def test_other_work_has_no_budget_in_common() -> None:
    assert not compared("different-budget", logs_of({"samples": 10}, {"samples": 20, "workload": "resnet"}))


MLPERF = [SAMPLES / "graphcore" / name for name in ("mlperf_resnet_success.out", "mlperf_resnet_aborted.out")]


def test_runs_that_stop_at_a_target_have_no_budget() -> None:
    runs = [{"samples": 48_684_346, "epochs": 38}, {"samples": 57_652_515, "epochs": 45}]
    assert compared("different-budget", logs_of(*runs))
    reached = [{"run": f"r{i}", "name": "target_reached", "value": "success", "source": f"{i}.out"} for i in range(2)]
    assert not compared("different-budget", logs_of(*runs, params=rows_of("params", *reached)))


def test_the_log_says_that_it_stopped_at_the_target() -> None:
    assert [ingested(path).params.filter(name="target_reached").height for path in MLPERF] == [1, 0]


@pytest.mark.parametrize("column", ["samples", "epochs", "steps"])
def test_budgets_within_one_per_cent_are_equal_for_refusals_too(column: str) -> None:
    def verdict(other: int) -> str | None:
        runs = [{column: n, "batch_size": 8, "loss": 1.0} for n in (1000, other)]
        logs = logs_of(*runs)
        assert bool(compared("different-budget", logs)) == (other > 1010)
        frame = compare(logs).frame().filter(quantity="loss", baseline=False)
        return next(iter(frame["reason"]))

    assert "differ" not in str(verdict(1010))
    assert "differ" in str(verdict(1020))


# ---- F06 different-scale ---- #


def test_weak_scaling_is_told_with_its_efficiencies(scaling: Logs) -> None:
    (found,) = compared("different-scale", scaling, by="ranks")
    assert found.severity == "note"
    assert "Weak scaling (the same work per rank: 129,280 samples): compare samples/s" in found.text
    assert "efficiency relative to 2 ranks 97.4 % (4), 93.0 % (8) and 92.4 % (16)." in found.text


def test_one_rank_is_not_several() -> None:
    runs = ({"ranks": n, "samples": 100, "throughput": t} for n, t in ((1, 10.0), (4, 30.0)))
    (found,) = compared("different-scale", logs_of(*runs), by="ranks")
    assert "1 ranks" not in found.text
    assert "efficiency relative to 1 rank 75.0 % (4)" in found.text


def test_strong_scaling_is_told() -> None:
    runs = ({"ranks": n, "samples": 100, "throughput": t} for n, t in ((1, 10.0), (4, 30.0)))
    (found,) = compared("different-scale", logs_of(*runs))
    assert "Strong scaling (the same total work: 100 samples): compare seconds" in found.text
    assert "75.0 % (4)" in found.text


def test_neither_is_a_warning_where_somebody_compares_and_else_silent() -> None:
    logs = logs_of({"ranks": 1, "samples": 100}, {"ranks": 4, "samples": 250})
    (found,) = compared("different-scale", logs)
    assert found.severity == "warning"
    assert "Neither weak nor strong" in found.text
    assert not said("different-scale", logs)


def test_a_side_of_unequal_runs_is_not_called_unknown() -> None:
    logs = logs_of({"ranks": 1, "samples": 100}, {"ranks": 1, "samples": 50}, {"ranks": 4, "samples": 250})
    (found,) = compared("different-scale", logs, by="ranks")
    assert "runs on one side saw different numbers of samples" in found.text


def test_one_scale_or_a_scale_that_no_log_tells_is_silent() -> None:
    assert not compared("different-scale", *CEREBRAS)
    assert not compared("different-scale", logs_of({"ranks": 1, "samples": 100}, {"samples": 250}))
    assert not compared("different-scale", *PAIR), "neither of them did any work"


def test_ranks_that_are_only_claimed_are_said_to_be() -> None:
    runs = [{"ranks": n, "samples": 100, "throughput": 5.0, "steps": 1, "batch_size": 100} for n in (1, 2, None)]
    logs = logs_of(*runs)
    (found,) = said("different-scale", compare(logs, claims=["r2:ranks=2"]))
    assert "1 (0.out), 2 (1.out) and 2, claimed (2.out). Strong scaling" in found.text
    (read_,) = said("different-scale", compare(logs, ["r0", "r1"]))
    assert "claimed" not in read_.text


def test_many_counts_of_which_a_hidden_one_is_claimed_say_that_some_are() -> None:
    runs = [{"ranks": n, "throughput": 5.0} for n in (1, 2, None, 4, 5, 6)]
    (found,) = said("different-scale", compare(logs_of(*runs), claims=["r2:ranks=3"]))
    assert "1 (0.out), 2 (1.out), … 6 (5.out): 6 different values, some of them claimed." in found.text


def test_samples_that_are_only_claimed_are_no_reading() -> None:
    runs = [{"samples": 100}, {"samples": None}]
    (found,) = said("different-budget", compare(logs_of(*runs), claims=["r1:samples=300"]))
    assert found.text == "The runs saw different numbers of samples: 100 (0.out) and 300, claimed (1.out)."


def test_a_data_set_that_is_only_claimed_is_said_to_be_and_is_no_other_for_it() -> None:
    runs = [{"score": 0.9, "score_name": "f1", "dataset": d} for d in ("squad", None)]
    (found,) = said("score-kind", compare(logs_of(*runs), claims=["r1:dataset=mnist"]))
    assert found.text == "The scores differ in data set: squad (0.out) and mnist, claimed (1.out)."
    assert not said("score-kind", compare(logs_of(*runs), claims=["r1:dataset=squad"]))


def test_work_that_is_only_claimed_is_said_to_be() -> None:
    runs = [{"workload": "bert"}, {"workload": None}]
    (found,) = said("different-workload", compare(logs_of(*runs), claims=["r1:workload=mnist"]))
    assert found.text.endswith("(bert, training): mnist, training, claimed (1.out).")


# ---- F07 confounded ---- #

BASE: dict[str, Any] = {"batch_size": 4, "learning_rate": 0.1, "loss": 1.0, "samples": 100, "train_s": 9.0}


def test_two_settings_at_once_are_named_with_their_values() -> None:
    (found,) = compared("confounded", logs_of(BASE, BASE | {"batch_size": 16, "learning_rate": 0.4}))
    assert found.severity == "warning"
    assert found.text == (
        "0.out and 1.out differ in 2 settings: batch_size (4 and 16), learning_rate (0.1 and 0.4). Their difference "
        "cannot be attributed to any one of these."
    )


def test_what_was_studied_is_told_with_what_changed_beside_it() -> None:
    logs = logs_of(BASE, BASE | {"batch_size": 16, "learning_rate": 0.4})
    assert "settings (studied: batch_size)" in compared("confounded", logs, by="batch_size")[0].text


def test_only_sides_that_differ_from_the_baseline_in_more_than_one_setting_are_named() -> None:
    logs = logs_of(BASE, BASE | {"batch_size": 16}, BASE | {"batch_size": 16, "learning_rate": 0.4})
    (found,) = compared("confounded", logs)
    assert [job.label for job in found.jobs] == ["0.out", "2.out"]
    assert not said("confounded", logs), "0 and 1 differ in one setting, and so do 1 and 2"


@pytest.mark.parametrize(
    "change",
    [
        {"batch_size": 16},
        {"batch_size": 16, "seed": 3},  # another seed is how one repeats
        {"batch_size": 16, "samples": 400},  # how much was trained is a budget
        {"learning_rate": None, "batch_size": 16},
    ],
)
def test_one_setting_and_what_is_none_is_silent(change: dict[str, Any]) -> None:
    assert not compared("confounded", logs_of(BASE | {"seed": 1}, BASE | {"seed": 1} | change))


def test_a_batch_that_follows_from_the_ranks_is_no_second_setting(scaling: Logs) -> None:
    assert not compared("confounded", scaling, by="ranks")


def test_a_run_that_never_ran_confounds_nothing() -> None:
    never = BASE | {"batch_size": 16, "learning_rate": 0.4, "compile_s": 5.0, "status": "failed"}
    assert not compared("confounded", logs_of(BASE | {"compile_s": 4.0}, never))
    assert not compared("confounded", logs_of(never, BASE | {"compile_s": 4.0}))
    assert not said("confounded", logs_of(BASE | {"compile_s": 4.0}, never))


def test_a_failed_repeat_adds_no_setting_to_its_side() -> None:
    runs = [BASE, BASE | {"batch_size": 16}, BASE | {"batch_size": 16, "learning_rate": 0.4, "status": "failed"}]
    assert not compared("confounded", logs_of(*runs), by="batch_size")


def test_submissions_that_compiled_are_compared_by_their_compile() -> None:
    compiled = {"status": "submitted", "task": "compile", "compile_s": 4.0, "batch_size": 4, "precision": "bf16"}
    assert compared("confounded", logs_of(compiled, compiled | {"batch_size": 16, "precision": "fp32"}))


def test_other_work_is_left_to_different_workload() -> None:
    other = BASE | {"batch_size": 16, "learning_rate": 0.4, "workload": "resnet"}
    assert not compared("confounded", logs_of(BASE, other))


@pytest.mark.parametrize("paths", [MNIST, CEREBRAS, GROQ, PAIR])
def test_the_ten_runs_are_not_confounded(paths: Sequence[Path]) -> None:
    assert not compared("confounded", *paths)


# ---- F08 unit-basis ---- #


def test_rates_of_images_and_of_sequences() -> None:
    runs = [{"sample": unit, "throughput": 10.0} for unit in ("image", "sequence")]
    (found,) = compared("unit-basis", logs_of(*runs))
    assert found.severity == "warning"
    assert found.text == "The rates count different things: images (0.out) and sequences (1.out)."


def test_samples_beside_sequences_are_a_note() -> None:
    runs = [{"sample": unit, "throughput": 10.0} for unit in ("sample", "sequence")]
    (found,) = compared("unit-basis", logs_of(*runs))
    assert found.severity == "note"


def test_what_was_converted_is_told() -> None:
    found = compared("unit-basis", JOINED[1], SAMPLES / "sambanova" / "bert_large_run_sambaflow_119.out")
    texts = [f.text for f in found]
    assert texts == [
        "Not all logs print samples/s; converted: run_sambaflow_119 by token_throughput ÷ sequence length 128."
    ]


def test_what_was_converted_is_told_of_rates_of_one_rank_too() -> None:
    runs = {"throughput": 10.0, "ranks": 2}, {"token_throughput": 1280.0, "sequence_length": 128, "ranks": 2}
    each = compare(logs_of(*runs), per="rank")
    (found,) = (f for f in module("unit-basis").find(scene_of(each)) if "throughput" in f.quantities)
    assert "1.out by token_throughput ÷ sequence length 128, ÷ 2 ranks" in found.text


def test_tokens_beside_samples_without_a_length_between_them() -> None:
    (found,) = compared("unit-basis", logs_of({"throughput": 10.0}, {"token_throughput": 1280.0}))
    assert found.severity == "warning"
    assert "no log states the sequence length" in found.text


def test_rates_of_one_unit_are_silent() -> None:
    assert not compared("unit-basis", *CEREBRAS)
    assert not compared("unit-basis", logs_of({"throughput": 10.0, "sample": "image"}, {"throughput": 10.0}))


# ---- F09 label-wrong ---- #


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("sambanova/bert_large_run_16_ranks.out", "tokens per second, although it is named sequences per second"),
        ("graphcore/bert_fraction_with_percent.out", "a fraction, although it is printed with a percent sign"),
        ("groq/benchit_seconds_called_ms.out", "in seconds, although the line says milliseconds"),
    ],
)
def test_a_wrong_label_is_told(path: str, text: str) -> None:
    (found,) = read("label-wrong", SAMPLES / path)
    assert found.severity == "note"
    assert text in found.text
    assert found.evidence


def test_two_figures_with_one_fault_are_one_statement() -> None:
    (found,) = read("label-wrong", SAMPLES / "graphcore" / "bert_fraction_with_percent.out")
    assert found.text.startswith("mlm_accuracy and nsp_accuracy of")


def test_a_unit_that_was_only_converted_is_silent() -> None:
    assert not read("label-wrong", *CEREBRAS, *MNIST, *GROQ)


# ---- F10 estimate ---- #


def test_on_chip_figures_stand_beside_what_was_measured() -> None:
    (found,) = compared("estimate", *GROQ)
    assert found.severity == "note"
    assert "0.03 ms and 37577 sequences/s, measured 0.06 ms and 16612 sequences/s" in found.text
    assert found.quantities == ("on_chip_latency_s", "on_chip_throughput")


def test_a_projected_step_is_held_against_the_step_that_was_run() -> None:
    projected = rows_of(
        "metrics", {"run": "r0", "name": "projected_latency", "value": 0.606, "source": "0.out", "line": 3}
    )
    logs = logs_of({"steps": 505, "train_s": 470.4}, {"steps": 505, "train_s": 480.0}, metrics=projected)
    (found,) = compared("estimate", logs)
    assert "0.606 s projected, but 505 steps took 0.931 s each (0.out)" in found.text


def test_measurements_alone_are_silent_and_estimates_for_themselves_too() -> None:
    assert not compared("estimate", *CEREBRAS)
    assert not is_of_one_run("estimate")
    assert not compared("estimate", logs_of({"on_chip_latency_s": 1e-5}, {"on_chip_latency_s": 2e-5}))


# ---- F11 rounding ---- #


def test_neighbours_in_the_last_digit(tmp_path: Path) -> None:
    other = tmp_path / "other.out"
    other.write_bytes(edited(GROQ[0], {"0.06": "0.05", "16612.48": "16612.50"}))
    found = compared("rounding", GROQ[0], other)
    assert "latency: 0.05 ms (other) differs from 0.06 ms (bert_tiny_dummy_input) by no more than the rounding" in (
        found[0].text
    )
    assert found[0].quantities == ("latency_s",)


def test_neighbouring_losses_are_one_step_of_their_grid_apart(tmp_path: Path) -> None:
    other = tmp_path / "other.out"
    other.write_bytes(
        edited(
            CEREBRAS[0],
            {"Step=1000, Loss=7.12500": "Step=1000, Loss=7.13281", "2931.64": "2932.64", "wsjob-": "wsjob-z"},
        )
    )
    (found,) = [f for f in compared("rounding", CEREBRAS[0], other) if f.quantities == ("loss",)]
    assert found.text == (
        "loss: 7.13281 (other) differs from 7.12500 (bert_large_batch_512) by one step of 1/128, the resolution of "
        "these losses."
    )


def test_thousands_of_seconds_that_are_known_to_ten_are_told_in_tens() -> None:
    assert [seconds(v, r) for v, r in ((3734.2, 10), (3734.2, 0.5), (87.2, 0.6))] == ["3730 s", "3734 s", "87 s ±1"]


def test_values_that_look_alike_or_are_clearly_apart_are_silent(tmp_path: Path) -> None:
    assert not [f for f in compared("rounding", *GROQ) if "latency_s" in f.quantities]
    assert not [f for f in compared("rounding", *CEREBRAS) if "queue_s" in f.quantities], "90 s ±10 and 90 s ±10"


def test_rounding_is_of_a_comparison_that_somebody_asked_for() -> None:
    assert not said("rounding", ingested(MNIST))


# ---- F12 one-run ---- #


def test_one_run_per_side_names_the_source_of_the_noise() -> None:
    (found,) = compared("one-run", *MNIST)
    assert found.severity == "note"
    assert found.text == (
        "One run per side, so the noise is estimated from other sources: public runs of the same program (train, "
        "throughput, accuracy)."
    )


def test_the_side_with_one_run_is_named() -> None:
    values = ((1, 10.0), (1, 11.0), (2, 10.5))
    runs = [{"batch_size": batch, "throughput": x, "status": "completed"} for batch, x in values]
    (found,) = compared("one-run", logs_of(*runs), by="batch_size")
    assert found.text.startswith("batch_size 2: only one run (2.out), so the noise is estimated from other sources: ")


def test_repeats_on_each_side_are_silent() -> None:
    runs = [{"batch_size": batch, "train_s": s} for batch in (1, 2) for s in (10.0, 11.0)]
    assert not compared("one-run", logs_of(*runs), by="batch_size")


def test_nothing_is_said_of_logs_that_nobody_compares() -> None:
    assert not said("one-run", ingested(MNIST))


def test_nothing_is_said_where_nothing_is_held_against_noise() -> None:
    assert not compared("one-run", MNIST[0], GROQ[0])


# ---- F13 score-kind ---- #


@pytest.mark.parametrize(
    ("a", "b", "text"),
    [
        ({"score_name": "accuracy"}, {"score_name": "f1"}, "differ in kind: accuracy (0.out) and f1 (1.out)"),
        (
            {"score_name": "accuracy", "dataset": "mnist"},
            {"score_name": "accuracy", "dataset": "fashion-mnist"},
            "differ in data set: mnist (0.out) and fashion-mnist (1.out)",
        ),
    ],
)
def test_scores_of_different_kinds_or_data_sets(a: dict[str, Any], b: dict[str, Any], text: str) -> None:
    (found,) = compared("score-kind", logs_of(a | {"score": 0.9}, b | {"score": 0.8}))
    assert found.severity == "warning"
    assert text in found.text


def test_scores_of_one_kind_or_of_a_data_set_that_one_log_does_not_name_are_silent() -> None:
    assert not compared("score-kind", *MNIST)
    runs = ({"score": 0.9, "score_name": "accuracy", "dataset": d} for d in ("mnist", None))
    assert not compared("score-kind", logs_of(*runs))


# ---- F14 at-chance ---- #


def test_a_run_that_ended_well_and_learnt_nothing() -> None:
    (found,) = read("at-chance", SAMPLES / "graphcore" / "mnist_at_chance.out")
    assert found.severity == "warning"
    assert found.text == "Completed without learning anything: mnist_at_chance.out: 10.10 %, chance is 10 %."


def test_a_score_above_chance_is_silent() -> None:
    assert not read("at-chance", *MNIST)


def test_a_low_score_is_silent_where_no_grammar_says_what_chance_is() -> None:
    assert not read("at-chance", logs_of({"score": 0.1, "score_name": "accuracy", "dataset": "unheard of"}))


# ---- F15 incomplete ---- #


def test_a_log_that_stops_says_how_far_it_got() -> None:
    (found,) = read("incomplete", SAMPLES / "cerebras" / "cut_off_in_training.out")
    assert found.severity == "warning"
    assert found.text == (
        "The log ends before the run does, so there is no result: cut_off_in_training.out (after 600 steps)."
    )


def test_a_failed_run_is_told_with_its_first_error() -> None:
    (found,) = read("incomplete", SAMPLES / "cerebras" / "resumed_nothing_left_to_train.out")
    assert "“RuntimeError: Initial global step 1000 already exceeds max step 1000.”" in found.text
    assert str(found.evidence[0]).endswith("resumed_nothing_left_to_train.out:19")


def test_a_message_is_quoted_on_one_line_and_cut() -> None:
    text = "Error: \x1b[31m<script>alert(1)</script>\n" + "x" * 300
    message = {"run": "r0", "level": "error", "kind": "traceback", "text": text, "source": "0.out", "line": 7}
    (found,) = read("incomplete", logs_of({"status": "failed"}, messages=rows_of("messages", message)))
    assert found.text.isprintable()
    assert len(found.text) < 200
    assert found.text.endswith("…”.")


def test_headings_that_a_program_writes_as_errors_are_not_quoted() -> None:
    (found,) = read("gate-failed", SAMPLES / "sambanova" / "sambatune.out")
    assert "Execute" not in found.text
    assert "Failed" in found.text


def test_a_line_that_only_announces_a_failure_is_not_the_cause() -> None:
    (found,) = read("incomplete", SAMPLES / "graphcore" / "poplar_loop_one_out_of_memory.txt")
    assert "“Out of memory on tile" in found.text
    assert "terminate called" not in found.text


def test_the_real_causes_that_stand_behind_boilerplate(real_logs: Path) -> None:
    causes = {
        "cerebras/Cerebras/RELEASE-NOTES.md@b01edfea.L68.out": ("it should not exceed 9024MB”", 4),
        "cerebras/seonghapark/cerebras__note.md@5e50a1c8.L150.out": ("unknown method InitWorkflow", 27),
    }
    for path, (cause, line) in causes.items():
        (found,) = read("incomplete", real_logs / path)
        assert cause in found.text
        assert [location.line for location in found.evidence] == [line]


def test_an_announcement_that_nothing_explains_is_quoted_itself() -> None:
    message = {"run": "r0", "level": "error", "text": "Uncaught exception:", "source": "0.out", "line": 7}
    (found,) = read("incomplete", logs_of({"status": "failed"}, messages=rows_of("messages", message)))
    assert found.text.endswith("“Uncaught exception:”.")
    later = {"run": "r0", "level": "error", "text": "KeyError: 'a'", "source": "0.out", "line": 57}
    (found,) = read("incomplete", logs_of({"status": "failed"}, messages=rows_of("messages", message, later)))
    assert found.text.endswith("“KeyError: 'a'”.")


def test_runs_that_ended_well_are_silent() -> None:
    assert not read("incomplete", *CEREBRAS, *MNIST, *GROQ, *PAIR)


# ---- F16 gate-failed ---- #


def test_a_check_that_failed_after_the_result() -> None:
    (found,) = read("gate-failed", SAMPLES / "sambanova" / "bert_large_appended_16_then_8_ranks.out")
    assert found.severity == "warning"
    assert [job.label for job in found.jobs] == ["bert_large_appended_16_then_8_ranks.out#2"]
    assert "all 10 steps ran; then a check failed, “AssertionError: Expected throughput" in found.text
    assert found.text.endswith("The result is valid.")


def test_what_else_went_wrong_after_the_result_is_no_check() -> None:
    (found,) = read("gate-failed", SAMPLES / "groq" / "pbs_walltime.out")
    assert "PBS: job killed: walltime" in found.text
    assert found.text.endswith("The measurements are valid.")


def test_runs_that_failed_have_no_result_that_stands() -> None:
    assert not read("gate-failed", SAMPLES / "cerebras" / "appliance_error_pod_died.out", *CEREBRAS)
