"""Findings F17 to F33: each on a log that shows it, or on a sample with one thing changed; and silent beside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from conftest import SAMPLES, ingested

import logparse
from logparse.comparison.claims import claim
from logparse.comparison.compare import compare
from logparse.comparison.ledger import Ledger
from logparse.findings import Finding, is_of_one_run, module, scene_of
from logparse.findings.of_one_run import outlier
from logparse.logs import Logs
from logparse.schema import FRAMES

CEREBRAS = SAMPLES / "cerebras" / "bert_large_batch_512.out"
MNIST = SAMPLES / "graphcore" / "mnist_asked_20_epochs_ran_10.out"
GROQ = SAMPLES / "groq" / "bert_tiny_dummy_input.out"
TEN = (
    *SAMPLES.glob("sambanova/*_tasks_*.out"),
    *SAMPLES.glob("graphcore/mnist_as*.out"),
    *SAMPLES.glob("cerebras/*_batch_*.out"),
    GROQ,
    SAMPLES / "groq" / "bert_tiny_256_rebuilt.out",
)


def edited(path: Path, pairs: Mapping[str, str]) -> bytes:
    """The log with some text in place of other text that it must hold."""
    text = path.read_text(encoding="utf-8")
    for old, new in pairs.items():
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def said(name: str, *sources: Any, of_one_run: bool = True, claims: tuple[str, ...] = ()) -> list[Finding]:
    """What a finding says of logs; `of_one_run=False`: of the comparison of them."""
    logs = sources[0] if isinstance(sources[0], Logs) else ingested(sources)
    what = scene_of(logs, True) if of_one_run else scene_of(compare(logs, claims=claims))
    return list(module(name).find(what))


def compared(name: str, *sources: Any, **options: Any) -> list[Finding]:
    return said(name, *sources, of_one_run=False, **options)


def logs_of(*runs: Mapping[str, Any], **others: list[dict[str, Any]]) -> Logs:
    """Logs with these rows of `runs`, and of other frames, and nothing else."""
    usual = {"copies": 0, "platform": "acme", "task": "train", "workload": "bert", "status": "completed"}
    rows = [
        dict.fromkeys(FRAMES["runs"]) | usual | {"run": f"r{i}", "label": f"{i}.out", "source": f"{i}.out"} | dict(run)
        for i, run in enumerate(runs)
    ]
    given = {"runs": rows, **others}
    frames = {name: pl.DataFrame(given.get(name, []), schema=schema) for name, schema in FRAMES.items()}
    return Logs(frames)


def rows_of(frame: str, *rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of a frame, what is not given null."""
    return [dict.fromkeys(FRAMES[frame]) | dict(row) for row in rows]


# ---- copies ---- #

UNKEYED = SAMPLES / "cerebras" / "xla_r20.out"
"""It prints neither a job number nor the beginning of a run."""


def test_what_reads_alike_and_has_no_key_is_told_once_though_the_text_around_it_differs() -> None:
    again = b"See also the page on compiling.\n\n" + UNKEYED.read_bytes()
    (found,) = said("copies", UNKEYED.read_bytes(), again)
    assert found.severity == "note"
    assert len(found.jobs) == 2
    assert "667.0 s, 19.79 samples/s" in found.text
    assert "no job number or timestamp distinguishes them" in found.text


def test_look_alikes_side_by_side_are_a_warning() -> None:
    """The one has no stamps: only its figures say that it is the other."""
    figures = {"train_s": 37.164, "throughput": 6888.4, "steps": 1000}
    evidence = [_evidence(run, c, v, 0.0005) for run in ("r0", "r1") for c, v in figures.items() if c != "steps"]
    logs = logs_of(figures | {"started_at": datetime(2023, 11, 29)}, figures, evidence=evidence)
    (found,) = compared("copies", logs)
    assert found.severity == "warning"


def test_coarse_figures_that_agree_are_no_look_alikes() -> None:
    """85 s and 98 % are what two runs of one program may both have."""
    figures = {"train_s": 85.0, "score": 0.98, "score_name": "accuracy"}
    evidence = [_evidence(run, "train_s", 85.0, 0.5) for run in ("r0", "r1")]
    assert said("copies", logs_of(figures, figures, evidence=evidence)) == []


def test_repeats_with_other_job_numbers_are_no_look_alikes() -> None:
    figures = {"train_s": 37.164, "throughput": 6888.4}
    evidence = [_evidence(run, c, v, 0.0005) for run in ("r0", "r1") for c, v in figures.items()]
    logs = logs_of(figures | {"job_id": "1"}, figures | {"job_id": "2"}, evidence=evidence)
    assert said("copies", logs) == []


def test_a_comparison_says_which_run_was_found_twice() -> None:
    twice = CEREBRAS.read_bytes()
    (found,) = compared("copies", twice, twice, SAMPLES / "cerebras" / "bert_large_batch_1024.out")
    assert (found.severity, len(found.jobs)) == ("note", 1)
    assert "appears in more than one place in these logs; each counts once" in found.text


def test_a_run_found_twice_is_told_without_a_comparison_too() -> None:
    (found,) = said("copies", CEREBRAS.read_bytes(), CEREBRAS.read_bytes())
    assert (found.severity, len(found.jobs)) == ("note", 1)
    assert "appears in more than one place in these logs; each counts once" in found.text


def _evidence(run: str, column: str, value: float, resolution: float, how: str = "read", **more: Any) -> dict[str, Any]:
    row = {"run": run, "frame": "runs", "column": column, "value": str(value), "number": value, "how": how}
    place = {"source": f"{run[1:]}.out", "line": 1, "text": str(value)}
    place |= {"resolution": resolution, "value_resolution": resolution}
    return dict.fromkeys(FRAMES["evidence"]) | row | place | more


# ---- claims ---- #


def test_a_claim_is_refuted_with_the_line_that_refutes_it() -> None:
    (found,) = compared(
        "claim-refuted", MNIST, SAMPLES / "graphcore" / "mnist_as_is_cold.out", claims=("asked_20:epochs=20",)
    )
    assert found.severity == "warning"
    assert found.text == "asked_20_epochs_ran_10: the claim is epochs 20, but the log says 10."
    assert [location.line for location in found.evidence] == [6]


def test_a_file_name_that_claims_what_the_log_refutes_is_told_when_it_is_read(tmp_path: Path) -> None:
    for name in ("mnist_epoch_20.out", "mnist_epoch_10.out"):
        (tmp_path / name).write_bytes(MNIST.read_bytes())
    (found,) = said("claim-refuted", tmp_path / "mnist_epoch_20.out")
    assert found.text == "mnist_epoch_20.out: the file name says epochs 20, but the log says 10."
    assert said("claim-refuted", tmp_path / "mnist_epoch_10.out") == []


# ---- ranks ---- #

COSMIC = SAMPLES / "graphcore" / "cosmictagger_4_ranks_per_rank_rates.log"


def single_rank() -> bytes:
    """What a run on one rank prints: the same lines, of that rank and without its tag."""
    lines = COSMIC.read_text().splitlines()
    own = [line.removeprefix("[1,0]<stdout>:") for line in lines if line.startswith("[1,0]<stdout>:")]
    return "\n".join(own).replace("2024-02-12", "2024-02-13").encode()


def test_a_rate_for_each_rank_beside_that_of_a_whole_run_is_told_as_their_sum() -> None:
    (found,) = compared("rank-scope", COSMIC, single_rank())
    assert found.severity == "note"
    assert "prints a rate for each of its 4 ranks, 0.145 to 0.153 images/s, in total 0.600 images/s" in found.text


def test_runs_that_print_one_rate_each_have_no_rank_scope() -> None:
    other = single_rank().replace(b"2024-02-13", b"2024-02-14")
    assert compared("rank-scope", single_rank(), other) == []


def test_a_sum_that_lacks_ranks_is_an_error() -> None:
    cut = "\n".join(line for line in COSMIC.read_text().splitlines() if not line.startswith("[1,3]<stdout>")).encode()
    (found,) = compared("rank-scope", cut, single_rank())
    assert found.severity == "error"
    assert "has the rates of 3 of 4 ranks: the rate shown for the run is too small" in found.text


# ---- clocks ---- #


def set_back(path: Path, first: int, by: timedelta) -> bytes:
    """The log with the stamps of all lines from that one on set back."""

    def earlier(found: re.Match[str]) -> str:
        return f"{datetime.fromisoformat(found[0]) - by:%Y-%m-%d %H:%M:%S}"

    lines = path.read_text().splitlines()
    late = [re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", earlier, line) for line in lines[first - 1 :]]
    return "\n".join([*lines[: first - 1], *late]).encode()


def test_a_clock_that_is_set_back_in_training_makes_its_time_an_error() -> None:
    step = next(n for n, line in enumerate(CEREBRAS.read_text().splitlines(), 1) if "Step=600" in line)
    (found,) = said("clock", set_back(CEREBRAS, step, timedelta(minutes=1)))
    assert found.severity == "error"
    assert "train_s" in found.quantities
    assert "compile_s" not in found.quantities
    assert found.evidence[-1].line == step


def test_stamps_a_little_out_of_order_are_what_threads_do() -> None:
    step = next(n for n, line in enumerate(CEREBRAS.read_text().splitlines(), 1) if "Step=600" in line)
    assert said("clock", set_back(CEREBRAS, step, timedelta(seconds=18))) == []
    assert said("clock", *TEN) == []


def test_a_duration_between_two_zones_is_an_error() -> None:
    ends = {"2024-04-07T06:00:00Z": 1, "2024-04-07 08:00:00": 9}
    evidence = [
        _evidence("r0", "total_s", 7200.0, 1.0, "derived", text=text, line=line, formula="ended_at - started_at")
        for text, line in ends.items()
    ]
    (found,) = said("clock", logs_of({"total_s": 7200.0}, evidence=evidence))
    assert found.severity == "error"
    assert found.text == "0.out: total_s spans a timestamp in UTC and one without a time zone."
    same = [row | {"text": row["text"].replace(" ", "T").removesuffix("Z") + "Z"} for row in evidence]
    assert said("clock", logs_of({"total_s": 7200.0}, evidence=same)) == []


# ---- other work, other scenarios ---- #


def test_other_work_is_an_error_and_says_whose_it_is() -> None:
    (found,) = compared("different-workload", CEREBRAS, MNIST, GROQ)
    assert found.severity == "error"
    assert f"not ranked against {CEREBRAS.stem} (bert_large, training)" in found.text
    assert f"mnist, training ({MNIST.stem}); bert_tiny, inference ({GROQ.stem})" in found.text
    assert compared("different-workload", CEREBRAS, SAMPLES / "cerebras" / "bert_large_batch_1024.out") == []


def test_one_input_repeated_beside_a_data_set_is_a_warning() -> None:
    single = {"task": "inference", "throughput": 16612.48, "throughput_window": "single_input", "samples": None}
    (found,) = compared("scenario", logs_of(single, single | {"throughput": 453.9, "throughput_window": "whole"}))
    assert found.severity == "warning"
    assert "0.out repeats one input; 1.out processes a data set" in found.text
    assert compared("scenario", logs_of(single, single)) == []


def test_a_table_with_the_processor_in_it_is_no_speed_up() -> None:
    (found,) = compared("scenario", GROQ, SAMPLES / "groq" / "bert_tiny_256_rebuilt.out")
    assert found.severity == "note"
    assert "does not show that the chip is 36.6 times as fast as the processor" in found.text
    assert any(location.line == 29 for location in found.evidence)


# ---- rates ---- #

BERT = SAMPLES / "graphcore" / "bert_fraction_with_percent.out"


def test_the_last_step_is_not_the_run() -> None:
    other = edited(BERT, {"Training time: 3.312 secs": "Training time: 3.298 secs", "job 20633": "job 99999"})
    (found,) = compared("aggregation", BERT, other)
    assert found.severity == "note"
    assert f"not of the run: 747.1 against 725 sequences/s in {BERT.name}" in found.text


def test_a_last_rate_that_is_the_runs_is_not_told() -> None:
    assert compared("aggregation", *SAMPLES.glob("cerebras/bert_large_batch_*.out")) == []


def test_rates_with_and_without_the_first_iterations_are_told_apart() -> None:
    whole = {"throughput": 100.0, "throughput_window": "whole"}
    (found,) = compared("aggregation", logs_of(whole, whole | {"throughput_window": "after_warmup"}))
    assert found.severity == "warning"
    assert found.text == "The rate of 1.out excludes the first iterations; that of 0.out is of the whole run."


# ---- idle ---- #


def test_a_job_that_hangs_after_its_result_was_idle_until_it_was_ended() -> None:
    (found,) = said("idle", SAMPLES / "sambanova" / "bert_large_appended_16_then_8_ranks.out")
    assert "#2 was idle for 611 s after the result until the job was terminated" in found.text
    assert found.evidence[-1].line == 591
    assert said("idle", SAMPLES / "sambanova" / "bert_large_run_16_ranks.out") == []


def test_a_cancel_soon_after_the_result_is_no_idle_time() -> None:
    log = SAMPLES / "sambanova" / "bert_large_appended_16_then_8_ranks.out"
    assert said("idle", edited(log, {"CANCELLED AT 2024-04-06T10:42:30": "CANCELLED AT 2024-04-06T10:33:10"})) == []


# ---- outliers ---- #


@pytest.mark.parametrize("accuracy", ["77.70", "93.10"])
def test_a_score_far_below_public_runs_is_told_with_their_span(accuracy: str) -> None:
    (found,) = said("outlier", edited(MNIST, {"98.30%": f"{accuracy}%"}))
    assert found.severity == "warning"
    assert f"The accuracy of {accuracy} %" in found.text
    assert "17 public runs of this program span 96.85 to 98.74 % (dataset mnist, epochs 10)" in found.text


@pytest.mark.parametrize("accuracy", ["96.85", "95.00", "99.20"])
def test_a_score_among_public_runs_or_near_or_better_is_not_told(accuracy: str) -> None:
    assert said("outlier", edited(MNIST, {"98.30%": f"{accuracy}%"})) == []


def test_more_epochs_should_not_make_it_worse_but_fewer_may() -> None:
    more = edited(MNIST, {"10/10 [01:25<00:00,  8.55s/it]": "20/20 [02:54<00:00,  8.72s/it]", "98.30%": "77.70%"})
    fewer = edited(MNIST, {"10/10 [01:25<00:00,  8.55s/it]": "1/1 [00:09<00:00,  9.55s/it]", "98.30%": "77.70%"})
    assert len(said("outlier", more)) == 1
    assert said("outlier", fewer) == []


def test_more_epochs_are_named_beside_the_run() -> None:
    more = edited(MNIST, {"10/10 [01:25<00:00,  8.55s/it]": "20/20 [02:54<00:00,  8.72s/it]", "98.30%": "77.70%"})
    (found,) = said("outlier", more)
    assert " (epochs 20) is far below public runs: " in found.text


def test_a_score_at_chance_is_no_outlier_too() -> None:
    at_chance = edited(MNIST, {"98.30%": "9.80%"})
    assert said("at-chance", at_chance)
    assert said("outlier", at_chance) == []


def test_a_setting_that_public_runs_do_not_share_may_be_the_reason(tmp_path: Path) -> None:
    public = {"platform": "graphcore", "workload": "mnist", "dataset": "mnist", "epochs": 10, "samples": 600_000}
    low = public | {"score": 0.777, "score_name": "accuracy"}
    assert said("outlier", logs_of(low))
    assert said("outlier", logs_of(low | {"learning_rate": 0.5})) == []
    assert said("outlier", logs_of(low | {"source": "runs/epoch_10_lr_0.5.out"})) == []
    assert list(module("outlier").find(scene_of(Ledger(logs_of(low), [claim("*:batch_size=4")]), True))) == []


def test_several_far_scores_are_one_finding() -> None:
    far = [edited(MNIST, {"98.30%": f"{score}%", "20602": job}) for score, job in (("77.70", "1"), ("76.50", "2"))]
    (found,) = said("outlier", *far)
    first, other = found.text.split(" The same holds for ")
    assert first.startswith("The accuracy of 77.70 % in ")
    assert " is far below public runs: " in first
    assert re.fullmatch(
        r"76\.50 % in [^.]+\. \(6 results were tested, at a level of 5 % for all of them together\.\)", other
    )


def test_a_profiled_run_is_no_outlier_for_being_slow() -> None:
    slow = {"10/10 [01:25<00:00,  8.55s/it]": "10/10 [02:16<00:00, 13.63s/it]"}
    (found,) = said("outlier", edited(MNIST, slow))
    assert found.severity == "note"
    assert said("outlier", PROFILED + edited(MNIST, slow)) == []


# ---- stall ---- #


def steps_at(times: list[float], split: str = "train", every: int = 10) -> list[dict[str, Any]]:
    """A loss every `every` steps at these seconds."""
    begin = datetime(2024, 3, 24, 21)
    return [
        {"run": "r0", "at": begin + timedelta(seconds=t), "step": every * (i + 1), "split": split, "name": "loss",
         "value": 1.0, "source": "0.out", "line": 10 + i}
        for i, t in enumerate(times)
    ]  # fmt: skip


def stalled(at: int, took: float, steps: int = 12, pace: float = 2.0) -> list[float]:
    """Seconds of steps, of which one takes longer."""
    return list(accumulate(took if i == at else pace for i in range(steps)))


def stalls(times: list[float], **frames: Any) -> list[Finding]:
    return said("stall", logs_of({}, metrics=rows_of("metrics", *steps_at(times)), **frames))


def test_a_run_that_stood_still_says_where_and_how_long() -> None:
    (found,) = stalls(stalled(6, 60.0))
    assert found.severity == "warning"
    assert found.text == (
        "0.out stood still between steps 60 and 70 (0.out:15 to 16): 60.0 s, where 10 steps take 2 s before and after."
    )
    assert [place.line for place in found.evidence] == [15, 16]


def test_several_stalls_of_a_run_are_one_statement_about_the_longest() -> None:
    times = list(accumulate(40.0 if i == 8 else 90.0 if i == 20 else 2.0 for i in range(30)))
    (found,) = stalls(times)
    assert "between steps 200 and 210" in found.text
    assert " (and in 1 more place): 90.0 s" in found.text
    assert len(found.evidence) == 4


@pytest.mark.parametrize(
    "times",
    [
        stalled(6, 5.5),  # less than three times the neighbours
        stalled(1, 60.0),  # warm-up
        stalled(11, 60.0),  # the last: nothing after it shows the pace
        stalled(6, 3.0, pace=0.2),  # too short to matter
        stalled(100, 40.0, steps=3000),  # less than 1 % of the training
        [*stalled(99, 0.0, 6), *(12.0 + 30 * i for i in range(1, 7))],  # a change of pace
    ],
)
def test_no_stall(times: list[float]) -> None:
    assert stalls(times) == []


@pytest.mark.parametrize("phase", ["checkpoint", "eval", "load"])
def test_time_in_which_something_else_took_place_is_no_stall(phase: str) -> None:
    inside = {"run": "r0", "phase": phase, "duration_s": 20.0, "source": "0.out", "line_first": 15, "line_last": 15}
    assert stalls(stalled(6, 60.0), phases=rows_of("phases", inside)) == []
    outside = inside | {"line_first": 19, "line_last": 19}
    assert len(stalls(stalled(6, 60.0), phases=rows_of("phases", outside))) == 1


def test_each_rank_is_a_series_of_its_own() -> None:
    """Two ranks that log at other times: from one to the other is no interval."""
    rows = [row | {"scope": "rank 0", "line": 2 * row["line"]} for row in steps_at(stalled(99, 0.0))]
    rows += [row | {"scope": "rank 1", "line": row["line"] + 1} for row in rows]
    assert said("stall", logs_of({}, metrics=rows_of("metrics", *rows))) == []


def test_sample_logs_do_not_stand_still(every_sample: Logs) -> None:
    assert said("stall", every_sample) == []


# ---- shared-directory ---- #


def used(directory: str, begin: int, end: int, number: int, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A run from minute `begin` to minute `end` that states a model directory, and that statement."""
    times = {"started_at": datetime(2024, 4, 9, 21, begin), "ended_at": datetime(2024, 4, 9, 21, end)}
    run = {"run": f"r{number}", "label": f"{number}.out", "source": f"logs/{number}.out", **times, **more}
    line = {"run": f"r{number}", "name": "model_dir", "value": directory, "source": run["source"], "line": 7}
    return run, line


def shared(*runs: tuple[dict[str, Any], dict[str, Any]]) -> list[Finding]:
    made = logs_of(*(run for run, _ in runs), params=rows_of("params", *(line for _, line in runs)))
    return said("shared-directory", made)


def test_two_jobs_in_one_directory_at_once_are_told_with_how_long() -> None:
    (found,) = shared(
        used("model_dir_bert", 0, 30, 0), used("model_dir_bert/", 20, 50, 1), used("model_dir_bert", 51, 55, 2)
    )
    assert found.severity == "warning"
    assert found.text == "0.out and 1.out used the model directory model_dir_bert at the same time, for 600 s."
    assert [str(place) for place in found.evidence] == ["logs/0.out:7", "logs/1.out:7"]


def test_a_command_states_the_directory_too() -> None:
    runs = [used("", 0, 30, 0), used("", 20, 50, 1)]
    for command, fires in (("run.py --model_dir /scratch/me/bert", True), ("run.py --model_dir $MODEL_DIR", False)):
        commands = [(run, line | {"name": "command", "value": command}) for run, line in runs]
        assert bool(shared(*commands)) == fires


@pytest.mark.parametrize(
    ("change", "directories"),
    [
        ({}, ("model_dir_a", "model_dir_b")),
        ({"source": "theirs/1.out"}, ("model_dir", "model_dir")),  # relative: somewhere else
        ({"host": "node-2"}, ("model_dir", "model_dir")),
        ({"zone": "UTC"}, ("/scratch/model_dir", "/scratch/model_dir")),
        ({"started_at": datetime(2024, 4, 9, 21, 0)}, ("/model_dir", "/model_dir")),  # a copy of the run
        ({"job_id": "17"}, ("/model_dir", "/model_dir")),
        ({"ended_at": None}, ("/model_dir", "/model_dir")),
        ({"platform": "other"}, ("/model_dir", "/model_dir")),
    ],
)
def test_one_directory_at_different_times_or_places_is_silent(
    change: dict[str, Any], directories: tuple[str, str]
) -> None:
    first = used(directories[0], 0, 30, 0, host="node-1", zone="CEST", job_id="17")
    assert shared(first, used(directories[1], 20, 50, 1, **change)) == []


def test_the_two_sample_trainings_in_one_directory_ran_one_after_the_other() -> None:
    logs = [SAMPLES / "cerebras" / f"bert_large_batch_{batch}.out" for batch in (512, 1024, 2048)]
    assert said("shared-directory", *logs) == []
    assert {v for log in logs for v in ingested(log).params.filter(name="model_dir")["value"]} == {
        "model_dir_bert_large_pytorch"
    }


# ---- scaling ---- #


def scaled(ranks: int, throughput: float, **more: Any) -> dict[str, Any]:
    samples = {"steps": 100, "batch_size": 256 * ranks, "samples": 25600 * ranks, "group": f"g{ranks}"}
    return {"ranks": ranks, "throughput": throughput, "throughput_window": "whole"} | samples | more


def test_more_than_linear_scaling_asks_for_another_baseline() -> None:
    (found,) = compared("superlinear", logs_of(scaled(1, 100.0), scaled(2, 195.0), scaled(4, 460.0)))
    assert found.severity == "warning"
    assert "2.out has 115 % on 4 ranks" in found.text
    assert "1.out" not in found.text
    assert compared("superlinear", logs_of(scaled(1, 100.0), scaled(2, 195.0))) == []


def test_an_efficiency_that_rests_on_a_claim_says_so() -> None:
    runs = [scaled(1, 100.0) | {"ranks": None}, scaled(2, 195.0), scaled(4, 460.0) | {"ranks": None}]
    made = compare(logs_of(*runs), claims=["r0:ranks=1", "r2:ranks=4"])
    (found,) = module("superlinear").find(scene_of(made))
    assert "2.out has 115 % on 4 ranks, claimed." in found.text
    assert "the baseline (0.out on 1 rank, claimed) was slow" in found.text


def test_a_baseline_whose_repeats_are_apart_is_told() -> None:
    runs = [scaled(1, 100.0, train_s=256.0), scaled(2, 195.0), scaled(1, 118.0, train_s=217.0)]
    logs = logs_of(*runs)
    (found,) = module("superlinear").find(scene_of(compare(logs, ["r0", "r1"])))
    assert "2 runs of it differ by up to 18 % (100 to 118 samples/s)" in found.text


def test_the_real_scaling_study_is_sound(real_logs: Path) -> None:
    logs = ingested(sorted(real_logs.glob("sambanova/WolandDream/Sambanova__bert*")))
    study = compare(logs, by="ranks")
    assert study.scaling is not None
    assert list(module("superlinear").find(scene_of(study))) == []


# ---- checkpoints ---- #


def test_a_run_with_nothing_left_to_train_is_told() -> None:
    (found,) = said("resumed", SAMPLES / "cerebras" / "resumed_nothing_left_to_train.out")
    assert "did not train: a checkpoint of step 1,000 of 1,000 was found and loaded" in found.text


def test_a_run_that_went_on_from_a_checkpoint_is_told_with_its_step() -> None:
    text = CEREBRAS.read_text().replace(
        "No checkpoint was provided. Using randomly initialized model parameters.",
        "Global step 1000 found in the checkpoint and loaded.",
    )
    text = re.sub(r"Step=(\d+)", lambda m: f"Step={int(m[1]) + 1000}", text).replace("at step 1000", "at step 2000")
    (found,) = said("resumed", text.replace("at step 0", "at step 1000").encode())
    assert "from step 1,000; the 1,000 steps of this run are not all that the model saw" in found.text
    assert said("resumed", *TEN) == []


# ---- losses ---- #


def with_losses(*losses: str, every: int = 50) -> bytes:
    """A Cerebras log whose run has these losses, a line each `every` steps."""
    lines = CEREBRAS.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if "Step=100," in line)
    rest = [line for line in lines[at:] if "Step=" not in line]
    begin = datetime.fromisoformat("2024-04-07 06:44:13")
    steps = [
        f"{begin + timedelta(seconds=9 * n):%Y-%m-%d %H:%M:%S},500 INFO:   | Train Device=CSX, Step={n * every}, "
        f"Loss={loss}, Rate=2914.77 samples/sec, GlobalRate=2931.64 samples/sec"
        for n, loss in enumerate(losses, 1)
    ]
    return "\n".join([*lines[:at], *steps, *rest]).encode()


def test_a_loss_that_is_no_number_is_told_with_its_step() -> None:
    (found,) = said("diverged", with_losses(*["8.50000"] * 12, *["nan"] * 8))
    assert found.severity == "warning"
    assert "from step 650 on" in found.text


def test_a_loss_that_ends_above_where_it_began_is_told() -> None:
    rising = [f"{9.4 + 0.01 * n + 0.05 * (n % 2):.5f}" for n in range(20)]
    (found,) = said("diverged", with_losses(*rising))
    assert "The loss does not fall: 9.4000 at the beginning and 9.6200 at the end" in found.text


def test_a_falling_or_short_or_noisy_loss_is_not_told() -> None:
    falling = [f"{9.4 - 0.1 * n:.5f}" for n in range(20)]
    noisy = [f"{9.4 - 0.02 * n + 0.2 * (n % 2):.5f}" for n in range(20)]
    assert said("diverged", with_losses(*falling)) == []
    assert said("diverged", with_losses(*noisy)) == []
    assert said("diverged", with_losses(*reversed(falling[:10]))) == []
    assert said("diverged", *TEN) == []


def test_a_log_that_begins_in_the_middle_of_training_says_nothing_of_its_beginning() -> None:
    flat = [f"{7.0 + 0.01 * n:.5f}" for n in range(40)]
    cut = b"\n".join(
        line for line in with_losses(*flat).splitlines() if not re.search(rb"Step=(?:[1-9]50|[1-9]00|50|1000),", line)
    )
    assert said("diverged", cut) == []


# ---- contradictions ---- #


def test_a_latency_that_is_not_that_of_its_rate_is_an_error() -> None:
    (found,) = said("inconsistent", edited(GROQ, {"0.06          |    16612.48": "0.20          |    16612.48"}))
    assert found.severity == "error"
    assert "0.20 ms per input are 5000 sequences/s, not 16612 sequences/s" in found.text


def test_what_the_printed_digits_leave_open_is_no_contradiction() -> None:
    """0.06 ms may be 0.0551 ms, which are 18,150/s."""
    assert said("inconsistent", edited(GROQ, {"16612.48": "18150.00"})) == []
    assert len(said("inconsistent", edited(GROQ, {"16612.48": "19150.00"}))) == 1


SAMBANOVA = SAMPLES / "sambanova" / "bert_large_run_16_ranks.out"


def test_a_rate_that_is_not_work_by_time_is_an_error() -> None:
    time = re.search(r"'e2e_train_time': ([0-9.]+)", SAMBANOVA.read_text())
    assert time is not None
    assert said("inconsistent", SAMBANOVA) == []
    (found,) = said("inconsistent", edited(SAMBANOVA, {time[1]: str(float(time[1]) * 1.2)}))
    assert set(found.quantities) == {"throughput", "train_s"}
    assert f"not {_rate(SAMBANOVA)} sequences/s" in found.text


def _rate(path: Path) -> str:
    (job,) = Ledger(logparse.ingest(path)).jobs
    return f"{job['throughput']:.5g}"


def test_phases_longer_than_the_whole_are_an_error() -> None:
    log = SAMPLES / "sambanova" / "bert_large_16_tasks_compiled.out"
    assert said("inconsistent", log) == []
    figures = {"compile_s": 780.0, "total_s": 500.0}
    evidence = [_evidence("r0", column, value, 0.5) for column, value in figures.items()]
    (found,) = said("inconsistent", logs_of(figures, evidence=evidence))
    assert "compile took 780 s of a total of 500 s" in found.text
    derived = [row | {"how": "derived"} for row in evidence]
    assert said("inconsistent", logs_of(figures, evidence=derived)) == []


# ---- waits, profilers ---- #


def test_waits_of_more_than_a_third_are_a_note_and_beside_other_walls_a_warning() -> None:
    queued = SAMPLES / "cerebras" / "queued_an_hour.out"
    (found,) = said("queue", queued)
    assert found.severity == "note"
    assert "3,690 of 5,206 s (71 %)" in found.text
    (found,) = compared("queue", queued, CEREBRAS)
    assert (found.severity, len(found.jobs)) == ("warning", 1)
    assert said("queue", CEREBRAS) == []


PROFILED = (
    b'(poptorch33_env) kwong@gc:~/mnist$ POPLAR_ENGINE_OPTIONS=\'{"autoReport.all":"true"}\' '
    b"/opt/slurm/bin/srun --ipus=1 python mnist_poptorch.py\n"
)


def test_a_run_with_a_profiler_on_is_told_with_the_line_that_shows_it() -> None:
    (found,) = said("profiled", PROFILED + MNIST.read_bytes())
    assert found.severity == "warning"
    assert [location.line for location in found.evidence] == [1]
    assert said("profiled", MNIST) == []


def nightly(*rates: float, **others: Any) -> list[dict[str, Any]]:
    """Runs of one setting of a program without public repeats, one a night, with these rates."""
    usual = {"group": "g", "batch_size": 8, "epochs": 1, "throughput_window": "whole"} | others
    return [
        usual | {"throughput": r, "started_at": datetime(2024, 4, 1) + timedelta(days=i)} for i, r in enumerate(rates)
    ]


def alike(count: int, rate: float = 100.0, deviation: float = 0.01, seed: int = 5) -> list[float]:
    return (rate * np.exp(np.random.default_rng(seed).standard_normal(count) * deviation)).tolist()


def test_a_run_far_slower_than_thirty_repeats_is_an_outlier() -> None:
    rates = alike(30)
    (found,) = said("outlier", logs_of(*nightly(*rates[:17], 80.0, *rates[17:])))
    assert found.severity == "note"
    assert [job.label for job in found.jobs] == ["17.out"]
    assert "30 other runs with the same settings span" in found.text
    assert "31 results were tested, at a level of 5 % for all of them together" in found.text


def test_several_slow_runs_do_not_hide_each_other_and_are_one_finding() -> None:
    rates = alike(40)
    for i in (5, 17, 30):
        rates[i] *= 0.8
    (found,) = said("outlier", logs_of(*nightly(*rates)))
    assert [job.label for job in found.jobs] == ["5.out", "17.out", "30.out"]


def test_runs_after_a_change_are_no_outliers() -> None:
    before, after = alike(60), alike(5, rate=88.0, seed=7)
    assert said("outlier", logs_of(*nightly(*before, *after))) == []
    assert said("outlier", logs_of(*nightly(*before, *alike(60, rate=88.0, seed=7)))) == []


def test_an_outlier_after_a_change_is_found_among_the_runs_since_then() -> None:
    after = alike(30, rate=88.0, seed=7)
    (found,) = said("outlier", logs_of(*nightly(*alike(30), *after[:20], 75.0, *after[20:])))
    assert [job.label for job in found.jobs] == ["50.out"]
    assert "30 other runs" in found.text


def test_a_run_that_looks_like_one_of_another_setting_is_not_examined() -> None:
    one, same = nightly(100.0, 100.0)
    assert said("outlier", logs_of(one, same | {"source": "runs/lr_0.5.out"})) == []


def test_runs_of_other_settings_are_no_repeats() -> None:
    others = nightly(*alike(20, rate=80.0, seed=8), group="h", batch_size=4)
    assert said("outlier", logs_of(*nightly(*alike(20)), *others)) == []


def test_a_faster_run_and_a_small_difference_are_no_outliers() -> None:
    assert said("outlier", logs_of(*nightly(*alike(30), 125.0))) == []
    assert said("outlier", logs_of(*nightly(*alike(30, deviation=0.0005), 99.0))) == []


BERT_LARGE = {
    "platform": "cerebras",
    "workload": "bert_large",
    "devices": 1,
    "batch_size": 1024,
    "steps": 1000,
    "epochs": None,
}


def test_runs_that_vary_more_than_public_ones_are_no_outliers() -> None:
    """Public runs of this program vary by 0.3 %; these by 1.5 %, as a shared system may."""
    assert said("outlier", logs_of(*nightly(*alike(12, rate=4850.0, deviation=0.015), **BERT_LARGE))) == []


def test_runs_that_are_all_slower_than_public_ones_are_one_finding() -> None:
    (found,) = said("outlier", logs_of(*nightly(*alike(12, rate=3900.0), **BERT_LARGE)))
    assert len(found.jobs) == 12
    assert "7 public runs of this program span 4836 to 4876 samples/s" in found.text


# ---- all of them ---- #

NAMES = (
    *("copies", "claim-refuted", "rank-scope", "clock", "different-workload", "scenario", "aggregation", "idle"),
    *(
        "outlier",
        "stall",
        "shared-directory",
        "superlinear",
        "resumed",
        "diverged",
        "inconsistent",
        "queue",
        "profiled",
    ),
)


def test_of_the_ten_runs_nothing_is_amiss_in_any_for_itself() -> None:
    logs = ingested(TEN)
    assert [f.text for n in NAMES if is_of_one_run(n) for f in said(n, logs)] == []


def test_what_real_logs_show_was_read_by_eye(every_real_log: Logs) -> None:
    """Each of these was; another that appears is to be read before it goes here."""
    of_one_run = [name for name in NAMES if is_of_one_run(name)]
    told = {name: [(f.severity, len(f.jobs)) for f in said(name, every_real_log)] for name in of_one_run}
    assert told == {
        "copies": [("note", 23), ("note", 19)],
        "claim-refuted": [],
        "clock": [],
        "idle": [("warning", 1)],
        "outlier": [("warning", 1)],
        "stall": [],
        "shared-directory": [],
        "resumed": [("warning", 2), ("warning", 2)],
        "diverged": [("warning", 1)],
        "inconsistent": [],
        "queue": [("note", 8)],
        "profiled": [("warning", 1)],
    }


def test_the_job_that_hung_and_the_run_that_went_wrong(every_real_log: Logs) -> None:
    (idle,) = said("idle", every_real_log)
    assert "idle for 772 s after the result" in idle.text
    assert [location.line for location in idle.evidence] == [2391, 2427]
    assert any("The accuracy of 77.70 %" in f.text for f in said("outlier", every_real_log))


@pytest.mark.parametrize("count", range(9))
def test_the_other_outliers_are_named_or_counted(count: int) -> None:
    others = [f"run {i}" for i in range(count)]
    text = outlier._also(others)
    named = sum(name in text for name in others)
    counted = re.search(r"(\S+) more runs", text)
    assert named + (int(counted[1]) if counted else 0) == count
    assert counted is None or int(counted[1]) > 1
