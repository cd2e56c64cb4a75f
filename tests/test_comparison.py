"""What may be said of two runs: jobs, clocks, noise, verdicts, refusals, settings, scaling, points in common."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from conftest import SAMPLES, ingested
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import logparse
from logparse.cells import Cells
from logparse.comparison import estimate, noise, sides
from logparse.comparison.clocks import clock
from logparse.comparison.compare import COMPARISON, Comparison, compare, of_sides
from logparse.comparison.estimate import Estimate, Noise, Pool, Sample, Source, judge
from logparse.comparison.jobs import Job, jobs
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import QUANTITIES
from logparse.comparison.sides import Side
from logparse.comparison.verdict import (
    BEYOND,
    ESTABLISHED,
    NOT_COMPARABLE,
    UNKNOWN,
    VERDICTS,
    WITHIN,
)
from logparse.comparison.wording import cell_text, text_table
from logparse.errors import UsageError
from logparse.pages.run_cells import Facts, compiling
from logparse.schema import FRAMES, RUNS

CEREBRAS = [SAMPLES / "cerebras" / f"bert_large_batch_{batch}.out" for batch in (512, 1024, 2048)]
MNIST = [SAMPLES / "graphcore" / name for name in ("mnist_as_is_cold.out", "mnist_asked_20_epochs_ran_10.out")]
GROQ = [SAMPLES / "groq" / name for name in ("bert_tiny_dummy_input.out", "bert_tiny_256_rebuilt.out")]
SAMBANOVA = [SAMPLES / "sambanova" / f"bert_large_{name}.out" for name in ("16_tasks_compiled", "8_tasks_not_compiled")]


def word(comparison: Comparison, quantity: str, side: int = 1) -> str:
    """The verdict on one quantity of one side."""
    (row,) = [row for row in comparison.rows if row.quantity.name == quantity]
    found = row.verdicts[side]
    assert found is not None
    return found.word


def reason(comparison: Comparison, quantity: str, side: int = 1) -> str:
    """Why one quantity of one side is not compared."""
    (row,) = [row for row in comparison.rows if row.quantity.name == quantity]
    found = row.verdicts[side]
    assert found is not None
    assert found.word == NOT_COMPARABLE
    return found.reason or ""


# ---- jobs ---- #


def test_a_submission_and_its_run_are_one_job() -> None:
    logs = ingested(SAMPLES / "sambanova")
    (joined,) = [job for job in jobs(logs.runs) if job.others]
    assert [run["status"] for run in joined.runs] == ["completed", "submitted"]
    assert len({run["job_id"] for run in joined.runs}) == 1
    assert len(jobs(logs.runs)) == logs.runs.height - 1


def a_run(run: str, **values: object) -> dict[str, object]:
    usual = {"run": run, "label": run, "source": run, "platform": "acme", "job_id": "7", "status": "completed"}
    return dict.fromkeys(RUNS) | usual | values


def joined(*rows: dict[str, object]) -> list[list[str]]:
    return [job.ids for job in jobs(pl.DataFrame(list(rows), schema=RUNS))]


def test_a_job_number_used_again_after_a_week_is_another_job() -> None:
    import datetime as dt

    day = dt.datetime(2024, 3, 1)
    assert joined(
        a_run("sub", status="submitted", started_at=day), a_run("run", started_at=day + dt.timedelta(days=6))
    ) == [["run", "sub"]]
    assert joined(
        a_run("sub", status="submitted", started_at=day), a_run("run", started_at=day + dt.timedelta(days=8))
    ) == [["sub"], ["run"]]


def test_another_system_is_another_job_and_an_unknown_one_is_not() -> None:
    assert joined(a_run("sub", status="submitted", system="a"), a_run("run", system="b")) == [["sub"], ["run"]]
    assert joined(a_run("sub", status="submitted", system="a"), a_run("run")) == [["run", "sub"]]


def test_two_runs_that_worked_are_never_one_job() -> None:
    assert joined(a_run("one"), a_run("two")) == [["one"], ["two"]]


# ---- clocks ---- #


def test_result_is_the_whole_without_its_waits() -> None:
    ledger = Ledger(ingested(SAMPLES / "cerebras" / "queued_an_hour.out"))
    (job,) = ledger.jobs
    whole, work = clock(ledger, job, "wall"), clock(ledger, job, "result")
    assert whole.value == pytest.approx(5205.888)
    assert work.value == pytest.approx(whole.value - job["queue_s"])
    assert work.locations


def test_a_job_of_which_a_log_is_missing_has_no_result_and_says_which() -> None:
    ledger = Ledger(ingested([*SAMBANOVA, SAMPLES / "sambanova" / "bert_large_run_16_ranks.out"]))
    reasons = [clock(ledger, job, "result").reason for job in ledger.jobs]
    assert reasons == [
        "no log: the run log of this job was not given",
        "no log: the run log of this job was not given",
        "no log: the compile log of this job was not given",
    ]


def test_the_wall_of_a_job_in_two_logs_is_as_fine_as_their_stamps(real_logs) -> None:  # type: ignore[no-untyped-def]
    folder = real_logs / "sambanova"
    paths = sorted(p for p in folder.rglob("*HW7-BertLarge-16tasks*") if p.is_file())
    ledger = Ledger(ingested(paths))
    (job,) = [job for job in ledger.jobs if job.others]
    wall = clock(ledger, job, "wall")
    assert wall.value == pytest.approx(1142.3, abs=0.1)  # 22:10 to 22:29:02
    assert wall.resolution is not None
    assert 30 <= wall.resolution <= 60
    assert clock(ledger, job, "result").value == pytest.approx(626 + 501)


# ---- noise ---- #


def test_losses_on_a_grid_are_no_finer_than_the_grid() -> None:
    ledger = Ledger(ingested(CEREBRAS[0]))
    assert noise.grid(ledger, ledger.jobs[0]) in (1 / 256, 1 / 128)


def test_losses_on_no_grid_have_none() -> None:
    ledger = Ledger(ingested(SAMPLES / "sambanova" / "bert_large_run_16_ranks.out"))
    assert noise.grid(ledger, ledger.jobs[0]) is None


def test_the_binomial_interval_of_98_per_cent_of_10000_is_027_points() -> None:
    assert noise.half_width(0.98, 10_000) == pytest.approx(0.0027, abs=0.0001)


def test_noise_of_mnist_is_what_public_runs_of_it_span() -> None:
    made = compare(ingested(MNIST))
    (score,) = [row for row in made.rows if row.quantity.name == "score"]
    verdict = score.verdicts[1]
    assert verdict is not None
    assert verdict.noise is not None
    assert verdict.noise.kind == "public repeats"
    assert "96.85 to 98.74 %" in verdict.noise.text
    assert verdict.noise.dof == 16
    assert {n.kind for n in verdict.bounds} >= {"rounding", "binomial"}


def test_runs_of_the_same_settings_here_are_noise_and_copies_are_not(tmp_path) -> None:  # type: ignore[no-untyped-def]
    logs = ingested([CEREBRAS[1], SAMPLES / "cerebras" / "bert_pasted_crlf_cp1252.out", CEREBRAS[2]])
    ledger = Ledger(logs)
    assert len(ledger.repeats(ledger.jobs[0])) == 2
    copy = tmp_path / "again.out"
    copy.write_bytes(CEREBRAS[1].read_bytes())
    assert len(Ledger(ingested([CEREBRAS[1], copy])).jobs) == 1


# ---- verdicts ---- #


def judged(a: Sequence[float], b: Sequence[float], *groups: Sequence[float], bounds: Sequence[Noise] = ()) -> Estimate:
    """The estimate for two samples, with groups of repeats of the same program besides the samples themselves."""
    pool = Pool.of([a, b, *groups])
    return judge(Sample(tuple(a)), Sample(tuple(b)), Source((pool,)) if pool.dof else None, bounds)


LEAST = Noise("rounding", "", 0.001, least=True)
HINT = Noise("another program", "", 0.5, least=True)
FINE = (100.0, 100.1, 99.9, 100.05, 99.95)


@pytest.mark.parametrize(
    ("a", "b", "groups", "bounds", "expected"),
    [
        ([100], [102], [FINE], [LEAST], BEYOND),
        ([100], [100.2], [FINE], [LEAST], WITHIN),
        ([100], [102], [], [LEAST], UNKNOWN),  # repeats may differ by more than the printed digits
        ([100], [100.0005], [], [LEAST], WITHIN),
        ([100], [102], [], [], UNKNOWN),
        ([100], [100], [], [], WITHIN),
        ([100], [100.2], [], [LEAST, HINT], UNKNOWN),  # another program is no reason to call it noise
        ([100, 101, 99], [120, 121, 119], [], [LEAST], ESTABLISHED),
        ([100, 120, 80], [105, 125, 85], [], [LEAST], WITHIN),
        ([100, 120, 80], [109, 129, 89], [FINE, FINE, FINE, FINE, FINE], [], WITHIN),
        ([100, 101], [120, 121], [], [], BEYOND),
        ([100, 101], [101, 102], [], [], WITHIN),
        ([100], [102], [(100, 101)], [], WITHIN),  # one degree of freedom is no licence
    ],
)
def test_what_a_difference_is_worth(
    a: list[float], b: list[float], groups: list[list[float]], bounds: list[Noise], expected: str
) -> None:
    assert judged(a, b, *groups, bounds=bounds).word == expected


def test_a_second_look_is_stricter_than_the_first() -> None:
    """Three values a side do not show it by themselves; the repeats of other runs do."""
    a, b = [100.0, 100.3, 99.7], [100.6, 100.9, 100.3]
    assert judged(a, b).word == WITHIN
    found = judged(a, b, *[FINE] * 4)
    assert found.word == BEYOND
    assert found.p is not None
    assert found.p <= estimate.SECOND_LEVEL
    assert found.interval is not None
    assert found.interval[0] > 0


def test_three_repeats_a_side_have_welchs_interval() -> None:
    a, b = (100.0, 101.0, 99.0), (120.0, 123.0, 119.0)
    found = judged(a, b)
    reference = stats.ttest_ind(b, a, equal_var=False)
    assert found.interval == pytest.approx(tuple(reference.confidence_interval(1 - estimate.LEVEL)), rel=1e-9)
    assert found.p == pytest.approx(reference.pvalue, rel=1e-9)


@given(st.lists(st.floats(50, 150), min_size=3, max_size=9), st.lists(st.floats(50, 150), min_size=3, max_size=9))
def test_with_unequal_numbers_the_wider_of_welch_and_student_counts(a: list[float], b: list[float]) -> None:
    found = estimate.own_noise(Sample(tuple(a)), Sample(tuple(b)))
    assert found is not None
    both = [stats.ttest_ind(b, a, equal_var=equal) for equal in (True, False)]
    if max(np.std(a), np.std(b)) > 1e-6:
        assert found.p == pytest.approx(max(t.pvalue for t in both), rel=1e-6, abs=1e-12)


def test_a_prediction_interval_is_that_of_the_textbooks() -> None:
    found = judged([100.0], [102.0], FINE)
    s, t = float(np.std(FINE, ddof=1)), float(stats.t.ppf(0.985, 4))
    assert found.interval == pytest.approx((2 - t * s * math.sqrt(2), 2 + t * s * math.sqrt(2)))
    assert found.p == pytest.approx(2 * float(stats.t.sf(2 / (s * math.sqrt(2)), 4)))


def test_two_public_runs_have_a_t_of_12_7() -> None:
    assert estimate.quantile(1, 0.05) == pytest.approx(12.706, abs=1e-3)
    assert estimate.quantile(math.inf, 0.05) == pytest.approx(1.95996, abs=1e-5)


def test_equal_digits_are_no_zero_variance() -> None:
    coarse = 0.5**2 / 3
    alike = Sample((87.0, 87.0, 87.0), coarse), Sample((87.0, 87.0, 87.0), coarse)
    found = judge(*alike)
    assert found.word == WITHIN
    assert found.interval is not None
    assert found.interval[1] > 0.3
    one = judge(Sample((87.0,), coarse), Sample((88.0,), coarse), Source((Pool.of([(87.0,) * 9]),)))
    assert one.word == WITHIN  # 87.5 prints as 87 or as 88


def test_two_programs_have_two_noises() -> None:
    a, b = Sample((100.0,)), Sample((102.0,))
    quiet, loud = Pool.of([FINE]), Pool.of([(100.0, 103.0, 97.0)])
    assert judge(a, b, Source((quiet, quiet))).word == BEYOND
    assert judge(a, b, Source((quiet, loud))).word == judge(a, b, Source((loud, quiet))).word == WITHIN
    assert judge(a, b, Source((quiet, Pool()))).word == UNKNOWN


def test_holms_p_values_are_those_of_the_textbook() -> None:
    assert estimate.holm([0.01, None, 0.04, 0.03]) == pytest.approx([0.03, None, 0.06, 0.06])
    assert estimate.holm([0.9, 0.8]) == [1.0, 1.0]


@pytest.mark.parametrize("scale", [1.0, 1e-9])
def test_squares_without_a_few_of_many_values_are_those_of_the_others(scale: float) -> None:
    values = [math.log(7) + scale * math.sin(i * i) for i in range(400)]
    for positions in ({0}, {3, 399}, set(range(50)), set(range(399)), set(range(400))):
        others = Sample(tuple(v for i, v in enumerate(values) if i not in positions))
        assert Sample(tuple(values)).squares_without(positions) == pytest.approx(others.squares, rel=1e-6, abs=0)


def test_squares_without_the_only_value_that_differs_are_zero() -> None:
    assert Sample((1000.1, *[0.1] * 400)).squares_without({0}) == 0
    assert Sample((0.1,) * 400).squares_without({0}) == 0


def test_squares_without_a_value_that_is_nearly_all_of_them_keep_their_digits() -> None:
    others = tuple(math.sin(i * i) for i in range(400))
    assert Sample((1e9, *others)).squares_without({0}) == pytest.approx(Sample(others).squares, rel=1e-12)


def test_outliers_are_those_of_rosner() -> None:
    """The data of Rosner (1983), table 3: at 5 % for at most ten, the three largest of 54 are outliers."""
    values = [
        *(-0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49, 1.49, 1.55, 1.56, 1.58, 1.65, 1.69, 1.70),
        *(1.76, 1.77, 1.81, 1.91, 1.94, 1.96, 1.99, 2.06, 2.09, 2.10, 2.14, 2.15, 2.23, 2.24, 2.26, 2.35, 2.37, 2.40),
        *(2.47, 2.54, 2.62, 2.64, 2.90, 2.92, 2.92, 2.93, 3.21, 3.26, 3.30, 3.59, 3.68, 4.30, 4.64, 5.34, 5.42, 6.01),
    ]
    assert estimate.outliers(values, 0.05) == [53, 52, 51]
    assert estimate.outliers(values[:51], 0.05) == []
    assert estimate.outliers([1.0] * 20, 0.05) == []
    assert estimate.outliers([100.0, 100.1, 110.0], 0.05) == []


def test_a_level_ends_where_three_values_in_a_row_leave_it() -> None:
    level = [10.0, 10.1, 9.9, 10.05, 9.95, 10.0, 10.1, 9.9]
    assert estimate.levels([]) == [range(0, 0)]
    assert estimate.levels([*level, 12.0, 12.1]) == [range(10)]
    assert estimate.levels([*level, 12.0, 12.1, 11.9]) == [range(8), range(8, 11)]
    assert estimate.levels([*level, 12.0, 8.0, 12.0, 10.0]) == [range(12)]
    assert estimate.levels([*level, *(x + 2 for x in level), *level]) == [range(8), range(8, 16), range(16, 24)]


def test_the_last_level_may_be_shorter_and_a_caller_may_refuse_one() -> None:
    level = [10.0, 10.1, 9.9, 10.05, 9.95, 10.0, 10.1, 9.9]
    assert estimate.levels([*level, 12.0], fewest=1) == [range(8), range(8, 9)]
    assert estimate.levels([*level, 12.0, *level], fewest=1) == [range(17)]
    assert estimate.levels([*level, 12.0], rounding=1.0, fewest=1) == [range(9)]
    assert estimate.levels([10.0] * 5, fewest=1) == [range(5)]
    asked = []
    assert estimate.levels([*level, 12.0], fewest=1, may_begin=lambda start, i: bool(asked.append((start, i)))) == [
        range(9)
    ]
    assert asked == [(0, 8)]


def test_an_outlier_is_outside_the_prediction_interval_of_the_others() -> None:
    values = [100.0, 100.2, 99.8, 100.1, 99.9, 100.0, 110.0]
    assert estimate.without_outliers(values) == [0, 1, 2, 3, 4, 5]
    assert estimate.without_outliers(values[:6]) == list(range(6))
    assert estimate.without_outliers([100.0, 100.1, 110.0]) == [0, 1, 2]
    assert estimate.without_outliers([7.078] * 7 + [7.094]) == list(range(8))


def test_more_runs_detect_smaller_differences() -> None:
    noise = Noise("own values", "", 0.1, 0.02, 4)
    sizes = [estimate.detectable(estimate.Estimate("within noise", 0.0, (3, 3), noise=noise), n) for n in (3, 4, 8, 16)]
    assert all(a is not None and b is not None and a > b for a, b in itertools.pairwise(sizes))
    power = stats.nct.sf(estimate.quantile(30), 30, (sizes[3] or 0) / (0.02 * math.sqrt(2 / 16)))
    assert power == pytest.approx(0.8, abs=0.01)


def test_more_runs_detect_no_smaller_difference_than_the_resolution() -> None:
    fine, coarse = (
        [
            estimate.Sample(tuple(math.log(x + shift) for x in (89.0, 90.0, 91.0)), (half / 90) ** 2 / 3)
            for shift in (0, 1)
        ]
        for half in (0.5, 10.0)
    )
    judged = estimate.judge(*fine)
    assert judged.word == "within noise"
    assert not judged.is_limited_by_resolution
    without = estimate.detectable(replace(judged, rounding=0.0), 8)
    assert (estimate.detectable(judged, 8) or 0.0) > (without or 0.0) > 0
    limited = estimate.judge(*coarse)
    assert limited.is_limited_by_resolution
    assert estimate.detectable(limited, 1000) is None


def test_a_bootstrap_of_alike_neighbours_is_wider_than_one_of_independent_values() -> None:
    slow = [math.sin(i / 20) for i in range(200)]
    assert noise.bootstrap_error(slow) > 1.8 * float(np.std(slow)) / math.sqrt(len(slow))


positive = st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=6)
sizes = st.lists(st.builds(Noise, st.sampled_from(["rounding", "another program"]), st.just(""), st.floats(0, 0.5)))


@given(positive, positive, st.lists(positive, max_size=3), sizes)
def test_swapping_the_sides_negates_the_difference_and_keeps_the_verdict(
    a: list[float], b: list[float], groups: list[list[float]], found: list[Noise]
) -> None:
    there, back = judged(a, b, *groups, bounds=found), judged(b, a, *groups, bounds=found)
    assert there.word == back.word
    assert there.value == pytest.approx(-back.value)
    assert (there.interval is None) == (back.interval is None)
    if there.interval and back.interval:
        size = max(map(abs, (*there.interval, *back.interval)))
        assert there.interval == pytest.approx((-back.interval[1], -back.interval[0]), abs=1e-9 * size)


@given(positive, positive, st.lists(positive, max_size=3))
def test_the_verdict_says_whether_the_interval_contains_no_difference(
    a: list[float], b: list[float], groups: list[list[float]]
) -> None:
    found = judged(a, b, *groups)
    if (
        found.interval is not None
        and found.p is not None
        and not any(math.isclose(found.p, level, rel_tol=1e-6) for level in (0.02, 0.03, 0.05))
    ):
        assert (found.word in (ESTABLISHED, BEYOND)) == (not found.interval[0] <= 0 <= found.interval[1])


@pytest.mark.parametrize(
    "paths", [CEREBRAS, MNIST, GROQ, SAMBANOVA], ids=["cerebras", "graphcore", "groq", "sambanova"]
)
def test_swapping_the_logs_of_a_comparison_keeps_its_verdicts(paths) -> None:  # type: ignore[no-untyped-def]
    there, back = compare(ingested(paths[:2])), compare(ingested(paths[1::-1]))
    assert [row.quantity.name for row in there.rows] == [row.quantity.name for row in back.rows]
    for one, other in zip(there.rows, back.rows, strict=True):
        a, b = one.verdicts[1], other.verdicts[1]
        assert a is not None
        assert b is not None
        assert (a.word, a.noise and a.noise.kind) == (b.word, b.noise and b.noise.kind)
        if a.ratio is not None:
            assert a.ratio * (b.ratio or 0) == pytest.approx(1)


def test_the_same_logs_given_twice_change_nothing() -> None:
    once, twice = compare(ingested(CEREBRAS)), compare(ingested([*CEREBRAS, *CEREBRAS]))
    assert once.frame().equals(twice.frame())


def test_a_copy_of_a_log_changes_nothing_but_the_count_of_copies(tmp_path) -> None:  # type: ignore[no-untyped-def]
    copy = tmp_path / "copy.out"
    copy.write_bytes(CEREBRAS[0].read_bytes())
    columns = ["quantity", "value", "ratio", "verdict", "noise_kind", "n"]
    once, more = compare(ingested(CEREBRAS)), compare(ingested([*CEREBRAS, copy]))
    assert once.frame().select(columns).equals(more.frame().select(columns))
    said = [logparse.findings(c).filter(pl.col("name") != "copies")["key"].to_list() for c in (once, more)]
    assert said[0] == said[1]


def test_verdicts_of_all_samples_beside_each_other_are_among_the_five() -> None:
    made = compare(ingested(SAMPLES / "graphcore"))
    assert set(made.frame()["verdict"].drop_nulls()) <= set(VERDICTS)
    assert made.frame().schema == pl.Schema(COMPARISON)


# ---- refusals ---- #


def test_other_work_is_shown_and_not_ranked() -> None:
    made = compare(ingested([MNIST[0], GROQ[0], CEREBRAS[0], SAMBANOVA[0]]))
    frame = made.frame().filter(~pl.col("baseline"))
    assert set(frame["verdict"]) == {NOT_COMPARABLE}
    assert frame["ratio"].null_count() == frame.height
    assert "workload differs: mnist and bert_tiny" in set(frame["reason"])


def test_four_real_runs_of_four_workloads_are_refused_with_the_reason(every_real_log: logparse.Logs) -> None:
    picked = every_real_log.runs.filter(pl.col("workload").is_not_null() & (pl.col("status") == "completed"))
    names = picked.unique("workload", keep="first", maintain_order=True).head(4)["run"].cast(pl.String).to_list()
    frame = compare(every_real_log, names).frame().filter(~pl.col("baseline"))
    assert set(frame["verdict"]) == {NOT_COMPARABLE}
    assert all(r.startswith("workload differs") for r in frame["reason"])


def test_an_estimate_has_no_winner() -> None:
    made = compare(ingested(GROQ))
    assert reason(made, "on_chip_latency_s") == "a compiler's estimate, not a measurement"
    assert word(made, "throughput") == BEYOND
    assert word(made, "score") == WITHIN


CACHE_HIT = "one side compiled, the other had a compile cache hit"


def test_a_cached_binary_is_not_compared_with_a_compile() -> None:
    assert reason(compare(ingested(MNIST)), "compile_s") == CACHE_HIT


def test_final_losses_of_different_budgets_are_not_ranked() -> None:
    made = compare(ingested(CEREBRAS))
    assert "samples seen differ (512,000 and 1,024,000)" in reason(made, "loss")


def test_a_run_without_a_result_has_no_rate_to_compare() -> None:
    made = compare(ingested([CEREBRAS[1], SAMPLES / "cerebras" / "cut_off_in_training.out"]))
    assert reason(made, "throughput") == "cut_off_in_training: no result: incomplete"
    assert made.sides[1].failed == 1


def test_tokens_become_samples_only_with_a_known_length_and_it_is_said() -> None:
    paths = [SAMPLES / "sambanova" / f"bert_large_run_{name}.out" for name in ("16_ranks", "sambaflow_119")]
    made = compare(ingested(paths))
    (row,) = [row for row in made.rows if row.quantity.name == "throughput"]
    (value,) = row.cells[1].values
    assert value.reason == "token_throughput ÷ sequence length 128"
    assert value.value == pytest.approx(made.jobs[1]["token_throughput"] / 128)


def test_rates_are_shared_out_where_asked() -> None:
    logs = ingested(SAMPLES / "sambanova" / "bert_large_appended_16_then_8_ranks.out")
    whole, each = compare(logs), compare(logs, per="rank")
    values = each.frame().filter(quantity="throughput")["value"].to_list()
    together = whole.frame().filter(quantity="throughput")["value"]
    assert values == pytest.approx([v / ranks for v, ranks in zip(together, (16, 8), strict=True)])


# ---- settings and scaling ---- #


def roles(made: Comparison) -> dict[str, str]:
    return {s.name: s.role for s in made.settings if s.role not in ("same", "unknown")}


def test_one_setting_that_differs_is_the_factor_and_what_follows_is_not_counted() -> None:
    made = compare(ingested(CEREBRAS))
    assert roles(made) == {"batch_size": "factor", "micro_batch_size": "follows", "samples": "follows"}


def scaling_runs(logs: logparse.Logs) -> Comparison:
    names = logs.runs.filter(pl.col("ranks").is_not_null())["label"].to_list()
    return compare(logs, names, by="ranks")


def test_four_real_runs_scale_weakly_with_the_known_efficiencies(real_logs) -> None:  # type: ignore[no-untyped-def]
    made = scaling_runs(ingested(real_logs / "sambanova" / "WolandDream"))
    assert made.scaling is not None
    assert made.scaling.kind == "weak"
    assert [p.count for p in made.scaling.points] == [2, 4, 8, 16]
    assert [round(p.efficiency * 100, 1) for p in made.scaling.points] == [100.0, 97.4, 93.0, 92.4]
    frame = made.frame()
    assert [round(v, 1) for v in frame.filter(quantity="train_s")["value"]] == [418.2, 429.2, 449.5, 452.4]
    assert [round(v, 1) for v in frame.filter(quantity="throughput")["value"]] == [618.3, 1204.9, 2300.7, 4572.4]
    assert roles(made)["ranks"] == "factor"
    assert roles(made)["batch_size"] == "follows"


# ---- points in common ---- #


@pytest.mark.parametrize(
    ("owner", "name"),
    [("anil-bilgin", "Session_7_homework__Cerebras__mytest_{}.log"),
     ("xiaoruiDong", "2024_04_09_Xiaorui_Dong_Session7__Cerebras__bert_{}.log")],
)  # fmt: skip
def test_at_equal_samples_three_real_runs_stand_where_they_stood(real_logs, owner: str, name: str) -> None:  # type: ignore[no-untyped-def]
    paths = [real_logs / "cerebras" / owner / name.format(batch) for batch in (512, 1024, 2048)]
    (held,) = compare(ingested(paths), at=["samples"]).at
    assert held.found == "409,600 samples"
    assert [p.step for p in held.points] == [800, 400, 200]
    assert [round(p.loss or 0, 3) for p in held.points] == [7.273, 7.547, 8.484]
    assert [round(p.seconds or 0, 0) for p in held.points] in ([140, 84, 60], [139, 84, 60])


def test_a_target_that_is_not_reached_is_not_missing() -> None:
    (held,) = compare(ingested(CEREBRAS), target=["loss<=7.1"]).at
    assert [p.reason for p in held.points] == ["not reached", None, "not reached"]
    (held,) = compare(ingested(CEREBRAS), at=["loss=7.3"]).at
    assert [p.step for p in held.points] == [800, 800, 900]


@pytest.mark.parametrize("asked", ["loss", "los=7", "loss<=x", "steps=5", "samples<=3", ""])
def test_a_point_that_is_none_is_refused(asked: str) -> None:
    with pytest.raises(UsageError, match=r"is not a valid (point|target)|is not a number"):
        compare(ingested(CEREBRAS), at=[asked])


def test_runs_that_logged_no_step_in_common_have_no_common_point() -> None:
    (held,) = compare(ingested(MNIST), at=["samples"]).at
    assert held.found is None
    assert "no loss by samples" in (held.points[0].reason or "")


# ---- what compare takes ---- #


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"runs": ["nothing"]}, "no run matches 'nothing'"),
        ({"runs": ["zzz*"]}, "no run matches 'zzz"),
        ({"runs": ["batch_512"]}, "a comparison needs at least two sides"),
        ({"by": "colour"}, "not a column of runs"),
        ({"by": "seed"}, "no log here states seed"),
        ({"baseline": "nothing"}, "no side matches the baseline 'nothing'"),
        ({"baseline": "batch"}, "is ambiguous"),
        ({"clock": "sun"}, "one of train, result, wall"),
        ({"per": "wafer"}, "one of device, rank"),
        ({"claims": ["zzz:epochs=2"]}, "matches no run among"),
    ],
)
def test_what_cannot_be_compared_is_told(options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        compare(ingested(CEREBRAS), **options)  # type: ignore[arg-type]


def test_the_baseline_may_be_any_side() -> None:
    made = compare(ingested(CEREBRAS), baseline="1024")
    assert made.sides[made.baseline].label == "batch_1024"
    assert [v is None for v in made.rows[0].verdicts] == [False, True, False]


def test_repeats_are_one_side_where_asked() -> None:
    logs = ingested([*CEREBRAS, SAMPLES / "cerebras" / "queued_an_hour.out"])
    made = compare(logs, by="group")
    assert [len(side.jobs) for side in made.sides] == [2, 1, 1]
    (row,) = [row for row in made.rows if row.quantity.name == "train_s"]
    assert row.cells[0].n == 2


def test_a_side_of_which_nothing_is_known_is_a_side_of_its_own() -> None:
    made = compare(ingested(MNIST), by="batch_size")
    assert [side.label for side in made.sides] == ["batch_size 8", "batch_size ?"]


def test_a_null_is_never_zero() -> None:
    frame = compare(ingested([MNIST[0], CEREBRAS[0]])).frame()
    empty = frame.filter(pl.col("n") == 0)
    assert empty.height
    assert empty["value"].null_count() == empty.height
    assert empty["empty"].null_count() == 0
    assert sides.one_each(Ledger(ingested(MNIST[0])).jobs)[0].label == MNIST[0].name


def test_every_value_of_a_comparison_has_its_lines() -> None:
    frame = compare(ingested(CEREBRAS)).frame().filter(pl.col("value").is_not_null())
    assert frame.filter(pl.col("evidence").list.len() == 0).height == 0


def test_a_comparison_shows_itself_with_its_verdicts() -> None:
    text = repr(compare(ingested(CEREBRAS)))
    assert text.startswith("3 sides, baseline batch_512")
    assert "beyond noise" in text
    assert "not comparable" in text


def test_swapping_keeps_every_verdict_on_real_runs(every_real_log: logparse.Logs) -> None:
    """Each pair of runs of one workload and task that stand next to each other."""
    ledger = Ledger(every_real_log)
    held: dict[tuple[object, ...], list[Job]] = {}
    for job in ledger.jobs:
        keys = tuple(ledger.value(job, c).value for c in ("platform", "workload", "task"))
        if None not in keys:
            held.setdefault(keys, []).append(job)
    pairs = [pair for block in held.values() for pair in itertools.pairwise(block)]
    assert len(pairs) > 100
    changed = []
    for one, other in pairs:
        there, back = (of_sides(ledger, sides.one_each(jobs)) for jobs in ((one, other), (other, one)))
        for a, b in zip(there.rows, back.rows, strict=True):
            words = [next(v.word for v in row.verdicts if v) for row in (a, b)]
            if words[0] != words[1]:
                changed.append((one.label, other.label, a.quantity.name, words))
    assert not changed


def test_repeats_of_one_experiment_may_differ_beyond_noise(tmp_path: Path) -> None:
    text = GROQ[0].read_text()
    slow = tmp_path / "slow.out"
    slow.write_text(text.replace("16612.48", "8306.24"))
    assert word(compare(ingested([GROQ[0], slow])), "throughput") == BEYOND


def test_three_repeats_a_side_of_one_experiment_can_be_established() -> None:
    runs = [a_run(f"r{i}", job_id=None, workload="bert", task="train", group="g", steps=10, samples=100,
                  source=name, train_s=seconds)
            for i, (name, seconds) in enumerate([("old", 100.0), ("old", 101.0), ("old", 99.0),
                                                 ("new", 120.0), ("new", 121.0), ("new", 119.0)])]  # fmt: skip
    frames = {name: pl.DataFrame(runs if name == "runs" else [], schema=schema) for name, schema in FRAMES.items()}
    made = compare(logparse.Logs(frames), by="source")
    assert word(made, "train_s") == ESTABLISHED


def test_times_at_different_budgets_are_not_ranked_but_where_the_budget_is_studied() -> None:
    paths = [SAMPLES / "graphcore" / name for name in ("mnist_raw_with_redraws.out", "mnist_cut_utf8.out")]
    made = compare(ingested(paths))
    assert "samples seen differ (240,000 and 600,000)" in reason(made, "train_s")
    assert word(made, "throughput") == WITHIN
    assert word(compare(ingested(paths), by="epochs"), "train_s") == BEYOND


def test_the_same_work_on_each_rank_may_be_timed() -> None:
    logs = ingested(SAMPLES / "sambanova" / "bert_large_appended_16_then_8_ranks.out")
    assert word(compare(logs), "train_s") != NOT_COMPARABLE


def test_a_cached_run_is_not_quicker_for_it() -> None:
    paths = [CEREBRAS[1], SAMPLES / "cerebras" / "bert_large_cached_silently.out"]
    for quantity in ("compile_s", "result_s", "wall_s"):
        assert reason(compare(ingested(paths)), quantity) == CACHE_HIT


def test_a_compile_reads_as_it_does_where_runs_are_listed() -> None:
    runs = [
        a_run(f"r{i}", job_id=None, compile_s=took, compile_cache="hit") for i, took in enumerate((0.0, 3.669, 780))
    ]
    runs[2]["compile_cache"] = "miss"
    frames = {name: pl.DataFrame(runs if name == "runs" else [], schema=schema) for name, schema in FRAMES.items()}
    logs = logparse.Logs(frames)
    (row,) = [row for row in compare(logs).rows if row.quantity.name == "compile_s"]
    listed = [compiling(run, Facts.of(logs, Cells(logs))) for run in logs.runs.rows(named=True)]
    assert [cell_text(row.quantity, c) for c in row.cells] == listed == ["cached", "3.669 s, cached", "780 s"]


def test_a_mark_behind_a_value_is_explained_too() -> None:
    logs = ingested([CEREBRAS[0], SAMPLES / "cerebras" / "bert_large_cached_silently.out"])
    made = text_table(compare(logs))
    assert "3.669 s, cached" in [c.value for row in made.rows for c in row.cells]
    assert "cached" in made.marks


def timed(*runs: tuple[str, float | None, str | None]) -> logparse.Logs:
    """Logs of trainings of one kind, each with its source, its train_s and what that holds besides the steps."""
    rows = [
        a_run(
            f"r{i}", job_id=None, workload="bert", task="train", group=source, steps=10, samples=100,
            source=source, label=f"{i}.out", train_s=seconds, train_includes=held,
        )
        for i, (source, seconds, held) in enumerate(runs)
    ]  # fmt: skip
    frames = {name: pl.DataFrame(rows if name == "runs" else [], schema=schema) for name, schema in FRAMES.items()}
    return logparse.Logs(frames)


def test_training_times_that_do_not_hold_the_same_are_shown_and_not_ranked() -> None:
    logs = timed(("a", 100.0, "compile, load"), ("b", 90.0, None))
    made = compare(logs)
    assert reason(made, "train_s") == (
        "the train times include different phases: with compiling and loading; "
        "the steps alone, as far as the log states"
    )
    assert made.frame().filter(pl.col("quantity") == "train_s")["value"].to_list() == [100.0, 90.0]
    assert "clock-scope" in logparse.findings(made)["name"]


def test_training_times_of_a_side_that_do_not_hold_the_same_are_not_ranked() -> None:
    logs = timed(("a", 100.0, "load"), ("a", 99.0, None), ("b", 90.0, "load"), ("b", 91.0, None))
    assert reason(compare(logs, by="source"), "train_s").startswith(
        "the train times within each side include different phases"
    )


@pytest.mark.parametrize("held", ["load", None])
def test_training_times_that_hold_the_same_are_ranked(held: str | None) -> None:
    logs = timed(
        ("a", 100.0, held), ("a", 101.0, held), ("a", 99.0, held), ("b", 9.0, held), ("b", 9.1, held), ("b", 9.2, held)
    )
    assert word(compare(logs, by="source"), "train_s") == ESTABLISHED


def test_a_run_without_a_training_time_says_nothing_of_what_it_holds() -> None:
    logs = timed(("a", 100.0, "load"), ("b", 90.0, "load"), ("b", None, None))
    assert word(compare(logs, by="source"), "train_s") != NOT_COMPARABLE


def test_repeats_whose_times_hold_something_else_are_no_noise_of_a_training_time() -> None:
    logs = timed(("a", 100.0, "load"), ("a", 101.0, "load"), ("a", 300.0, "compile, load"), ("b", 120.0, "load"))
    ledger = Ledger(logs)
    one, other = (Side(job.label, (job,)) for job in (ledger.jobs[0], ledger.jobs[3]))
    a, b = (sides.side_values(ledger, QUANTITIES["train_s"], side) for side in (one, other))
    assert not noise.source(ledger, QUANTITIES["train_s"], a, b).pools  # one repeat besides the run itself
    logs = timed(
        *[("a", t, "load") for t in (100.0, 101.0, 102.0)], ("a", 300.0, "compile, load"), ("b", 120.0, "load")
    )
    ledger = Ledger(logs)
    one, other = (Side(job.label, (job,)) for job in (ledger.jobs[0], ledger.jobs[4]))
    a, b = (sides.side_values(ledger, QUANTITIES["train_s"], side) for side in (one, other))
    (pool,) = noise.source(ledger, QUANTITIES["train_s"], a, b).pools
    assert pool.dof == 1
    assert pool.variance == pytest.approx(math.log(102 / 101) ** 2 / 2)


def test_what_is_only_called_a_sample_is_not_taken_for_a_sequence() -> None:
    made = compare(ingested([CEREBRAS[0], SAMPLES / "sambanova" / "bert_large_run_16_ranks.out"]))
    assert reason(made, "throughput") == "a sample is not known to be the same: sample and sequence"


def test_a_setting_follows_only_in_proportion() -> None:
    made = compare(ingested([CEREBRAS[0], SAMPLES / "sambanova" / "bert_large_run_16_ranks.out"]))
    assert roles(made)["micro_batch_size"] == "factor"
    assert roles(made)["steps"] == "budget"


def test_points_of_a_side_with_several_runs_are_those_of_each() -> None:
    logs = ingested([*CEREBRAS, SAMPLES / "cerebras" / "queued_an_hour.out"])
    (held,) = compare(logs, by="batch_size", at=["samples"]).at
    assert [p.side.label for p in held.points].count("batch_size 512") == 2


def test_a_target_against_what_is_better_is_refused() -> None:
    with pytest.raises(UsageError, match="lower loss is better"):
        compare(ingested(CEREBRAS), target=["loss>=7"])


def test_a_narrowed_ledger_still_knows_the_repeats_that_were_read_with_it() -> None:
    logs = ingested([CEREBRAS[1], SAMPLES / "cerebras" / "bert_pasted_crlf_cp1252.out"])
    ledger = Ledger(logs)
    narrow = ledger.only(ledger.jobs[:1])
    assert len(narrow.jobs) == 1
    assert len(narrow.repeats(narrow.jobs[0])) == 2


@pytest.mark.parametrize("command", ["ingest", "runs", "show"])
def test_commands_that_compare_nothing_do_not_wait_for_scipy(command: str) -> None:
    path = str(GROQ[0])
    arguments = {"ingest": [path], "runs": [path], "show": ["bert_tiny_dummy", "throughput", path]}[command]
    code = (
        "import sys; from click.testing import CliRunner; from logparse.cli import cli; "
        f"result = CliRunner().invoke(cli, {[command, *arguments]!r}); "
        "assert result.exit_code == 0, result.output; assert 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
