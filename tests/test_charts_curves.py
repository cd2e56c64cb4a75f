"""Charts of what happens over time and over ranks: loss, timeline, stages, scaling."""

from __future__ import annotations

import itertools
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import SAMPLES, ingested

import logparse
from logparse import charts
from logparse.comparison.ledger import Ledger
from logparse.errors import NothingToDraw, UsageError
from logparse.text.location import locations

BATCHES = [SAMPLES / "cerebras" / f"bert_large_batch_{n}.out" for n in (512, 1024, 2048)]
CUT_OFF = SAMPLES / "cerebras" / "cut_off_in_training.out"


def rows(name: str, *paths: Path | bytes, **options: Any) -> pl.DataFrame:
    """What a chart draws of these logs."""
    return charts.rows(name, charts.view_for(name, ingested(paths), **options))


def spec(name: str, *paths: Path | bytes, **options: Any) -> dict[str, Any]:
    """The chart of these logs as Vega-Lite."""
    made: dict[str, Any] = charts.drawn(name, charts.view_for(name, ingested(paths), **options)).to_dict()
    return made


def caption(made: dict[str, Any]) -> str:
    """The text below a chart."""
    return " ".join(made["title"]["text"])


def title(made: dict[str, Any]) -> str:
    """The title, which states the finding."""
    return " ".join(made["vconcat"][0]["title"]["text"])


def trained(losses: list[str]) -> bytes:
    """A sample log with these losses, a step each, 50 ms apart."""
    lines = [line for line in BATCHES[0].read_text().splitlines() if "| Train" not in line]
    cut = next(i for i, line in enumerate(lines) if "Beginning appliance run" in line) + 1
    begin = datetime(2024, 4, 7, 6, 44, 30)
    steps = [
        f"{(begin + timedelta(milliseconds=50 * i)).strftime('%Y-%m-%d %H:%M:%S,%f')[:-3]} INFO:   | Train Device=CSX, "
        f"Step={i + 1}, Loss={loss}, Rate=2955.40 samples/sec, GlobalRate=2955.40 samples/sec"
        for i, loss in enumerate(losses)
    ]
    return "\n".join([*lines[:cut], *steps, *lines[cut:]]).encode()


# ---- loss ---- #


def test_losses_are_held_at_the_largest_number_of_samples_that_all_runs_logged() -> None:
    common = rows("loss", *BATCHES).filter(mark="common").sort("step", descending=True)
    assert common["samples"].to_list() == [409_600] * 3
    assert common["step"].to_list() == [800, 400, 200]
    assert common["value"].to_list() == [7.29688, 7.58594, 8.46875]


def test_real_runs_of_three_batches_stand_at_the_losses_of_409600_samples(real_logs: Path) -> None:
    found = sorted((real_logs / "cerebras").rglob("Session_7_homework__Cerebras__mytest_*.log"))
    common = rows("loss", *found).filter(mark="common").unique("value").sort("value")
    assert [round(v, 3) for v in common["value"]] == [7.273, 7.547, 8.484]
    assert common["samples"].to_list() == [409_600] * 3


def test_every_row_of_a_loss_chart_has_its_line() -> None:
    logs = ingested(BATCHES)
    frame = charts.rows("loss", charts.view_for("loss", logs))
    for value, evidence in frame.select("value", "evidence").iter_rows():
        source, line = locations(evidence)[0]
        assert f"Loss={value:.5f}" in logs.lines(source, [line])[line]


def test_equal_steps_are_another_point_than_equal_samples() -> None:
    common = rows("loss", *BATCHES, x="steps").filter(mark="common")
    assert common["step"].to_list() == [1000] * 3
    assert common["value"].n_unique() == 3


def test_at_equal_time_each_run_has_the_last_point_before_the_earliest_end() -> None:
    frame = rows("loss", *BATCHES, x="time")
    earliest = frame.filter(mark="point").group_by("run").agg(pl.col("seconds").max())["seconds"].min()
    held = frame.filter(mark="common")
    assert held["seconds"].max() == earliest
    assert (held["seconds"] <= earliest).all()


def test_parts_of_the_loss_have_panels_of_their_own() -> None:
    frame = rows("loss", SAMPLES / "sambanova" / "bert_large_run_16_ranks.out")
    assert set(frame["objective"]) == {"loss", "mlm_loss", "nsp_loss"}


def test_runs_of_unknown_workload_share_no_panel() -> None:
    frame = rows("loss", SAMPLES / "cerebras" / "xla_r19.out", SAMPLES / "cerebras" / "xla_r20.out", x="steps")
    assert frame["workload"].null_count() == frame.height
    assert frame["run"].n_unique() == 2
    assert not frame.filter(mark="common").height


def test_a_loss_that_is_no_number_is_marked_and_breaks_the_curve() -> None:
    log = trained(["2.5", "2.25", "nan", "inf", "2.125", "2.0"])
    frame = rows("loss", log)
    assert frame.filter(mark="not finite")["step"].to_list() == [3, 4]
    points = frame.filter(mark="point").sort("step")
    assert points["value"].to_list() == [2.5, 2.25, 2.125, 2.0]
    assert points["piece"].n_unique() == 2
    assert "a loss that is NaN or infinite" in title(spec("loss", log))


def test_a_run_without_a_finite_loss_is_drawn_all_the_same() -> None:
    made = spec("loss", trained(["nan"] * 5))
    assert "1 of 1 runs has a loss that is NaN or infinite" in title(made)


def test_above_2000_points_a_run_is_drawn_as_median_and_range_and_says_so() -> None:
    log = trained([f"{5 + (i % 7) / 8:.5f}" for i in range(2_100)])
    frame = rows("loss", log)
    bins = frame.filter(mark="bin")
    assert not frame.filter(mark="point").height
    assert bins.height == 400
    assert bins["points"].sum() == 2_100
    assert (bins["least"] <= bins["value"]).all()
    assert (bins["value"] <= bins["greatest"]).all()
    assert bins["least"].min() == 5.0
    assert bins["greatest"].max() == 5.75
    assert "more than 2,000 points" in caption(spec("loss", log))


def test_2000_points_are_drawn_as_they_are() -> None:
    frame = rows("loss", trained([f"{5 + (i % 7) / 8:.5f}" for i in range(2_000)]))
    assert frame.filter(mark="point").height == 2_000


def test_what_was_logged_last_is_no_median() -> None:
    log = trained([f"{5 + (i % 7) / 8:.5f}" for i in range(2_099)] + ["1.25"])
    assert rows("loss", log).filter(mark="last")["value"].to_list() == [1.25]


def test_names_at_the_ends_do_not_overlap() -> None:
    from logparse.charts.loss import _spread

    tops = _spread([10.0, 11.0, 12.0, 100.0, 199.0, 200.0], 14.0, 2.0, 200.0)
    assert all(b - a >= 14.0 for a, b in itertools.pairwise(tops))
    assert tops[-1] <= 200.0
    assert tops[3] == 100.0


def test_a_loss_chart_tells_whose_losses_have_no_place_on_the_axis() -> None:
    made = spec("loss", *BATCHES, SAMPLES / "cerebras" / "tf_appliance.out")
    assert "losses without samples" in caption(made)
    assert "tf_appliance." in caption(made)


def test_logs_without_losses_have_no_loss_chart() -> None:
    with pytest.raises(NothingToDraw, match="no log has a training loss by samples, steps or time"):
        spec("loss", SAMPLES / "groq" / "resnet50.out")


def test_a_loss_chart_has_no_axis_of_ranks() -> None:
    with pytest.raises(UsageError, match="x 'ranks': one of samples, steps, time"):
        rows("loss", *BATCHES, x="ranks")


def test_the_caption_says_where_the_last_logged_loss_is_not_the_final_loss_of_tables() -> None:
    source = SAMPLES / "sambanova" / "gpt13b_step_outlier.out"
    final = ingested(source).runs["loss"].item()
    last = rows("loss", source).filter(mark="last")["value"].item()
    assert final != pytest.approx(last)
    text = caption(spec("loss", source))
    assert f"Last logged step; tables have the final loss that the log states: {source.name} (" in text
    assert f"{last:.4g} and {final:.4g}" in text
    assert "Last logged step" not in caption(spec("loss", BATCHES[0]))


# ---- timeline ---- #


def test_a_log_that_stops_has_an_open_end_and_no_result() -> None:
    frame = rows("timeline", CUT_OFF)
    marks = frame["mark"].to_list()
    assert marks.count("open") == 1
    assert "result" not in marks
    assert "failure" not in marks
    assert frame.filter(mark="open")["begin_s"].item() == frame.filter(mark="lane")["end_s"].item()


def test_a_result_stands_where_the_last_work_ended() -> None:
    frame = rows("timeline", BATCHES[0])
    train = frame.filter(phase="train")
    assert frame.filter(mark="result")["begin_s"].item() == train["end_s"].max()


def test_phases_inside_others_are_cut_out_of_them() -> None:
    frame = rows("timeline", BATCHES[0]).filter(pl.col("mark").is_in(["phase", "wait"])).sort("begin_s")
    assert (frame["end_s"] <= frame["begin_s"].shift(-1).fill_null(float("inf"))).all()
    logs = ingested(BATCHES[0])
    phases = logs.phases.filter(pl.col("stage").is_null()).group_by(pl.col("phase").cast(pl.String)).agg(
        pl.col("duration_s").sum()
    )  # fmt: skip
    drawn = frame.group_by("phase").agg((pl.col("end_s") - pl.col("begin_s")).sum().alias("drawn"))
    both = phases.join(drawn, on="phase")
    assert both.height == phases.height
    assert ((both["duration_s"] - both["drawn"]).abs() < 0.01).all()


def test_the_real_job_that_hung_after_its_result_was_idle_for_772_s(real_logs: Path) -> None:
    hung = next((real_logs / "sambanova").rglob("Sambanova__bert__032424.21__BertLarge_train_04.out"))
    made = spec("timeline", hung)
    assert "was idle for 772 of its" in title(made)
    frame = rows("timeline", hung)
    assert frame.filter(pl.col("text") == "idle 772 s").height == 1
    assert frame.filter(mark="failure").height == 2


def test_waiting_is_no_phase_of_work() -> None:
    frame = rows("timeline", SAMPLES / "cerebras" / "queued_an_hour.out")
    waits = frame.filter(mark="wait")
    assert (waits["end_s"] - waits["begin_s"]).sum() > 3_600
    assert not frame.filter((pl.col("mark") == "phase") & (pl.col("phase") == "queue")).height


def test_a_compile_told_in_a_summary_is_not_placed_where_the_summary_stands() -> None:
    frame = rows("timeline", SAMPLES / "graphcore" / "benchmark_summary.out")
    assert not frame.filter(mark="phase").height
    assert "compile 431 s untimed" in frame.filter(mark="lane")["text"].item()


def test_training_of_which_only_the_end_is_stamped_begins_its_time_before() -> None:
    frame = rows("timeline", SAMPLES / "sambanova" / "gpt13b_step_outlier.out")
    train = frame.filter(phase="train")
    assert train["end_s"].item() - train["begin_s"].item() == pytest.approx(737.276907, abs=1e-3)


def test_jobs_without_stamps_are_named_below_the_timeline() -> None:
    made = spec("timeline", BATCHES[0], SAMPLES / "groq" / "resnet50.out")
    assert "1 job has fewer than two timestamps, and no lane: resnet50." in caption(made)


def test_the_title_of_a_timeline_counts_the_jobs_whose_gaps_are_certain_and_states_the_threshold() -> None:
    sources = (SAMPLES / "sambanova", SAMPLES / "cerebras")
    gaps = rows("timeline", *sources).filter(mark="unaccounted")
    counted = gaps.filter(pl.col("text").is_not_null())["run"].n_unique()
    others = gaps["run"].n_unique() - counted
    made = spec("timeline", *sources)
    assert f"{counted} of " in title(made)
    assert "have gaps of at least 60 s and 10 % of the job" in title(made)
    assert f"{others} more jobs have only gaps that may be shorter." in caption(made)


def test_logs_without_stamps_have_no_timeline() -> None:
    with pytest.raises(NothingToDraw, match="no log has two timestamps"):
        spec("timeline", SAMPLES / "groq" / "resnet50.out")


def test_every_mark_of_a_timeline_has_lines() -> None:
    frame = rows("timeline", SAMPLES / "cerebras", SAMPLES / "sambanova")
    assert (frame["evidence"].list.len() > 0).all()


# ---- scaling ---- #


def test_the_real_runs_on_2_to_16_ranks_keep_92_per_cent(real_logs: Path) -> None:
    frame = rows("scaling", real_logs / "sambanova" / "WolandDream")
    assert frame["count"].to_list() == [2, 4, 8, 16]
    assert [round(100 * e, 1) for e in frame["efficiency"]] == [100.0, 97.4, 93.0, 92.4]
    assert [round(t, 1) for t in frame["throughput"]] == [618.3, 1204.9, 2300.7, 4572.4]
    assert set(frame["kind"]) == {"weak"}
    assert frame["baseline"].to_list() == [True, False, False, False]
    assert "keeps 92.4 % of the ideal from 2 to 16 ranks, weak scaling" in title(
        spec("scaling", real_logs / "sambanova" / "WolandDream")
    )


def test_runs_of_different_work_on_each_rank_are_studies_of_their_own(real_logs: Path) -> None:
    frame = rows("scaling", real_logs / "graphcore" / "BruceRayWilsonAtANL")
    counts = [part["count"].to_list() for _, part in frame.group_by("study", maintain_order=True)]
    assert counts == [[1, 2, 4, 16, 64], [1, 2, 8, 16]]
    assert all(part["efficiency"][0] == 1.0 for _, part in frame.group_by("study", maintain_order=True))


def test_neither_weak_nor_strong_has_no_efficiency() -> None:
    names = ("bert_large_run_16_ranks.out", "bert_large_appended_16_then_8_ranks.out")
    runs, where = [SAMPLES / "sambanova" / name for name in names], "ranks = 8 OR samples > 100000"
    frame = rows("scaling", *runs, where=where)
    assert frame["count"].to_list() == [8, 16]
    assert set(frame["kind"]) == {"neither"}
    assert frame["efficiency"].null_count() == frame.height
    assert "without efficiency" in title(spec("scaling", *runs, where=where))


def test_the_chart_and_the_finding_agree_on_which_runs_scale_and_the_title_states_n() -> None:
    runs = (SAMPLES / "sambanova" / "bert_large_appended_16_then_8_ranks.out", *(
        SAMPLES / "sambanova" / f"bert_large_run_{name}.out" for name in ("16_ranks", "sambaflow_119")
    ))  # fmt: skip
    frame = rows("scaling", *runs)
    assert frame["side"].to_list() == [f"appended_16_then_8_ranks#{n}" for n in (2, 1)]
    assert "weak scaling, n = 1" in title(spec("scaling", *runs))
    found = logparse.findings(logparse.compare(logparse.ingest(runs)))
    text = found.filter(name="different-scale")["text"].item()
    assert "Together neither weak nor strong scaling" in text
    assert re.search(r"only \S+#[12] and \S+#[12] are comparable, weak scaling \(the same work per rank: 2,560", text)
    assert "efficiency relative to 8 ranks 100.0 % (16)" in text
    assert "no efficiency" not in text


def test_one_number_of_ranks_is_no_scaling() -> None:
    with pytest.raises(NothingToDraw, match="different numbers of ranks or devices"):
        spec("scaling", *BATCHES)


def test_efficiency_is_drawn_from_0_to_110_per_cent_and_nothing_is_fitted() -> None:
    made = str(spec("scaling", SAMPLES / "sambanova" / "bert_large_appended_16_then_8_ranks.out"))
    assert "'domain': [0, 1.1]" in made
    assert "regression" not in made
    assert "loess" not in made


# ---- stages ---- #


def test_stages_and_remainder_are_the_compile() -> None:
    logs = ingested(BATCHES[1])
    frame = charts.rows("stages", charts.view_for("stages", logs))
    assert frame["duration_s"].sum() == pytest.approx(logs.runs["compile_s"].item(), abs=1e-6)
    assert frame["share"].sum() == pytest.approx(1.0)
    assert frame.filter(mark="remainder")["duration_s"].sum() > 0


def test_repeats_of_a_stage_are_segments_of_one_row() -> None:
    frame = rows("stages", BATCHES[1])
    again = frame.filter(stage="Optimizing memory usage")
    assert again.height == 7
    assert again["row"].n_unique() == 1
    assert again["begin_s"].is_sorted()
    assert again["begin_s"][0] > 0


def test_stages_without_stamps_begin_at_0_and_say_so() -> None:
    log = SAMPLES / "groq" / "bert_tiny_spinner_frames_raw.out"
    frame = rows("stages", log)
    assert frame.group_by("stage").agg(pl.col("begin_s").min())["begin_s"].to_list() == [0.0] * 3
    assert "does not state when stages began, so all bars start at 0" in caption(spec("stages", log))


def test_of_several_jobs_with_stages_the_first_is_taken_and_another_can_be_named() -> None:
    assert set(rows("stages", *BATCHES)["label"]) == {"batch_512"}
    assert "3 jobs have stages; this is the first" in caption(spec("stages", *BATCHES))
    chosen = rows("stages", *BATCHES, where="label = 'bert_large_batch_2048.out'")
    assert set(chosen["label"]) == {"bert_large_batch_2048.out"}


def test_one_span_that_holds_the_whole_compile_is_no_waterfall() -> None:
    with pytest.raises(NothingToDraw, match="no log states the stages of a compilation"):
        spec("stages", SAMPLES / "graphcore" / "mnist_as_is_cold.out")


# ---- all four ---- #


@pytest.mark.parametrize("name", ["loss", "timeline", "scaling", "stages"])
@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_each_is_drawn_in_each_theme_of_all_samples(every_sample_ledger: Ledger, name: str, theme: str) -> None:
    import vl_convert

    made = charts.drawn(name, charts.view_for(name, every_sample_ledger, theme=theme))
    assert vl_convert.vegalite_to_svg(made.to_dict()).startswith("<svg")


@pytest.mark.parametrize("name", ["loss", "timeline", "stages"])
def test_what_a_file_is_called_stays_text(name: str, tmp_path: Path) -> None:
    evil = tmp_path / "<script>alert(1)<!--'];datum.x\x1b[31m.out"
    evil.write_bytes(BATCHES[0].read_bytes())
    made = charts.drawn(name, charts.view_for(name, logparse.ingest(evil)))
    assert "\x1b" not in made.to_json()
