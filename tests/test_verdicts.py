"""What must not change a verdict, and what the verdicts on the real logs are."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import SAMPLES, ingested
from hypothesis import given, settings
from hypothesis import strategies as st

import logparse
from logparse import gates
from logparse.comparison.compare import Comparison, compare
from logparse.comparison.verdict import BEYOND, CHANCE, ESTABLISHED, NOT_COMPARABLE, UNKNOWN, WITHIN
from logparse.comparison.wording import text_table, verdict_reason, what_differs
from logparse.schema import FRAMES, RUNS

# ---- what must not change a verdict ---- #


def logs_of(runs: Sequence[dict[str, Any]]) -> logparse.Logs:
    """Logs with these rows of `runs`, all of one program."""
    usual = {"platform": "acme", "status": "completed", "workload": "bert", "task": "train", "samples": 100}
    rows = [
        dict.fromkeys(RUNS) | usual | {"run": f"r{i}", "label": f"{i}.out", "group": run["source"]} | run
        for i, run in enumerate(runs)
    ]
    frames = {name: pl.DataFrame(rows if name == "runs" else [], schema=schema) for name, schema in FRAMES.items()}
    return logparse.Logs(frames)


def two_sides(a: Sequence[float], b: Sequence[float], more: Sequence[dict[str, Any]] = ()) -> logparse.Logs:
    """Training times of two sources, with more runs at the end."""
    return logs_of([*({"source": "a", "train_s": t} for t in a), *({"source": "b", "train_s": t} for t in b), *more])


def judged(logs: logparse.Logs) -> dict[str, Any]:
    """Verdict, figure and interval of train_s of source b."""
    frame = compare(logs, by="source", baseline="source a").frame()
    row = frame.filter(quantity="train_s", side="source b").row(0, named=True)
    return {name: row[name] for name in ("verdict", "ratio", "low", "high", "p", "n")}


times = st.lists(st.floats(90, 110), min_size=1, max_size=5, unique=True)


@settings(max_examples=30)
@given(times, times)
def test_copies_failed_runs_unknown_workloads_and_profiled_runs_change_no_verdict(
    a: list[float], b: list[float]
) -> None:
    a = [x for x in a if x not in b] or [89.0]
    plain = judged(two_sides(a, b))
    copies = [{"source": "a", "train_s": a[0]}, {"source": "b", "train_s": b[0]}]
    assert judged(two_sides(a, b, copies)) == plain
    assert judged(two_sides(a, b, [{"source": "b", "train_s": 1000.0, "status": "failed"}])) == plain
    assert judged(two_sides(a, b, [{"source": "b", "train_s": 1000.0, "workload": None, "group": None}])) == plain
    assert judged(two_sides(a, b, [{"source": "b", "train_s": None}])) == plain
    logs = two_sides(a, b, [{"source": "b", "train_s": 1000.0}])
    profiling = dict.fromkeys(FRAMES["params"]) | {"run": f"r{len(a) + len(b)}", "name": "profiling"}
    params = pl.DataFrame([profiling], schema=FRAMES["params"])
    assert judged(logparse.Logs({**logs.frames(), "params": params})) == plain


@settings(max_examples=30)
@given(times, times)
def test_the_order_of_files_changes_no_verdict(a: list[float], b: list[float]) -> None:
    a = [x for x in a if x not in b] or [89.0]
    plain, found = (judged(two_sides(*pair)) for pair in ((a, b), (a[::-1], sorted(b))))
    assert found["verdict"] == plain["verdict"]
    assert found["n"] == plain["n"]
    for name in ("ratio", "low", "high", "p"):
        assert found[name] is plain[name] is None or found[name] == pytest.approx(plain[name], rel=1e-9)


def test_what_does_not_count_is_named_beside_n() -> None:
    logs = two_sides(
        [100.0, 101.0], [100.0, 100.0],
        [{"source": "b", "train_s": 9.0, "status": "failed"}, {"source": "b", "train_s": None}],
    )  # fmt: skip
    row = compare(logs, by="source").frame().filter(quantity="train_s", side="source b").row(0, named=True)
    assert row["n"] == 1
    assert [u["run"] for u in row["unusable"]] == ["r4", "r5", "r3"]
    reasons = [u["reason"] for u in row["unusable"]]
    assert reasons[0] == "no result: failed"
    assert reasons[2] == "identical to 2.out in every measured figure"
    unused = text_table(compare(logs, by="source")).unused
    assert unused.startswith("Not used: ")
    assert "4.out: no result: failed" in unused
    assert "3.out: identical to 2.out in every measured figure" in unused


def test_identical_files_a_side_are_one_value() -> None:
    logs = two_sides([100.0] * 3, [120.0] * 3)
    found = judged(logs)
    assert found["n"] == 1
    assert found["verdict"] == UNKNOWN


def test_one_run_that_decides_is_named() -> None:
    logs = two_sides([100.0, 101.0, 99.0, 100.5], [120.0, 121.0, 119.0, 60.0])
    (row,) = [row for row in compare(logs, by="source").rows if row.quantity.name == "train_s"]
    verdict = row.verdicts[1]
    assert verdict is not None
    assert verdict.word == WITHIN
    assert verdict.without == (("7.out", ESTABLISHED),)
    assert "without 7.out: established" in verdict_reason(row, verdict)


def test_established_is_corrected_for_the_number_of_comparisons() -> None:
    """A p of 2 % is established by itself, and is not among six comparisons."""
    a, b = [100.0, 101.0, 99.0], [103.0, 104.0, 102.6]
    alone = two_sides(a, b)
    assert judged(alone)["verdict"] == ESTABLISHED
    others = [{"source": name, "train_s": t + i / 10} for i, name in enumerate("cdefgh") for t in a]
    frame = compare(two_sides(a, b, others), by="source").frame().filter(quantity="train_s", side="source b")
    row = frame.row(0, named=True)
    assert row["p"] < 0.05 < row["p_holm"]
    assert row["verdict"] == CHANCE
    assert row["low"] > 1


# ---- on the real logs ---- #


def verdict_row(comparison: Comparison, quantity: str, side: int = 1) -> dict[str, Any]:
    label = comparison.sides[side].label
    return comparison.frame().filter(quantity=quantity, side=label).row(0, named=True)


def test_batch_512_against_1024_of_all_owners_is_established(real_logs: Path) -> None:
    """Excerpts on the vendor's pages are of other releases, and so of other compiled graphs."""
    logs = ingested(sorted(p for p in (real_logs / "cerebras").rglob("*") if p.is_file()))
    runs = logs.runs.filter((pl.col("workload") == "bert_large") & pl.col("batch_size").is_in([512, 1024]))
    made = compare(logs, runs["run"].cast(pl.String).to_list(), by="batch_size")
    row = verdict_row(made, "throughput")
    assert row["verdict"] == ESTABLISHED
    assert row["n"] == 6
    assert row["failed"] == 1
    sources = dict(logs.runs.select("run", pl.col("source").cast(pl.String)).iter_rows())
    reasons = {Path(sources[u["run"]]).name: u["reason"] for u in row["unusable"]}
    assert "names another compiled graph" in reasons["Cerebras__bert-large.md.L36.out"]
    assert "does not name its compiled graph" in reasons["cerebras__example-programs.md@08460fbc.L89.out"]
    assert row["p_holm"] < 1e-9
    assert 1.65 < row["low"] < row["ratio"] < row["high"] < 1.67


def test_a_factor_of_four_is_no_noise_and_its_gate_fails(real_logs: Path) -> None:
    made = compare(ingested(real_logs / "sambanova" / "WolandDream"), by="ranks", baseline="ranks 16")
    (found,) = [r for r in gates.evaluate(made, [gates.gate("throughput<0.95x")]) if r.side == "ranks 4"]
    assert found.passed is False
    assert found.line.startswith("missed throughput<0.95x for ranks 4: 1204.9 against 4572.4, ×0.264 unknown")
    assert "the difference is 24 times as large" in found.line


@pytest.mark.parametrize("other", ["mnist_as_is_cold", "mnist_asked_20_epochs_ran_10", "mnist_cut_utf8"])
def test_a_run_at_chance_is_worse_and_not_within_noise(other: str) -> None:
    made = compare(ingested([SAMPLES / "graphcore" / f"{name}.out" for name in (other, "mnist_at_chance")]))
    row = verdict_row(made, "score")
    assert row["value"] < 0.12
    assert row["verdict"] == BEYOND
    assert row["high"] < -0.8


def test_a_run_that_went_wrong_is_worse_than_the_best(every_real_log: logparse.Logs) -> None:
    mnist = every_real_log.runs.filter((pl.col("workload") == "mnist") & (pl.col("score_name") == "accuracy"))
    runs = mnist.filter(pl.col("score").is_not_null()).sort("score")["run"].cast(pl.String).to_list()
    assert verdict_row(compare(every_real_log, [runs[-1], runs[0]]), "score")["verdict"] == BEYOND


def test_three_identical_files_a_side_are_one_run(real_logs: Path, tmp_path: Path) -> None:
    folder = real_logs / "cerebras" / "anil-bilgin"
    for batch, copy in itertools.product((512, 1024), "abc"):
        text = (folder / f"Session_7_homework__Cerebras__mytest_{batch}.log").read_bytes()
        (tmp_path / f"{batch}_{copy}.log").write_bytes(text + f"{copy}\n".encode())
    made = compare(logparse.ingest(sorted(tmp_path.iterdir())), by="batch_size")
    row = verdict_row(made, "throughput")
    assert row["n"] == 1
    assert row["verdict"] == BEYOND


def test_runs_to_a_target_are_ranked_by_the_time_to_it(real_logs: Path) -> None:
    paths = sorted((real_logs / "graphcore" / "mlcommons").glob("*closed__bert*"))
    made = compare(ingested(paths), target="accuracy>=0.72")
    frame = made.frame().filter(quantity="time_to_accuracy")
    assert frame["value"].to_list() == pytest.approx([447.9, 1795.3, 199.2, 420.2], abs=0.1)
    assert frame["resolution"].to_list() == pytest.approx([11.9, 61.4, 6.1, 13.8], abs=0.1)
    assert set(frame["verdict"].drop_nulls()) == {UNKNOWN}
    assert frame["ratio"].drop_nulls().to_list() == pytest.approx([4.009, 0.445, 0.938], abs=0.001)


def test_losses_at_equal_samples_have_verdicts(real_logs: Path) -> None:
    paths = sorted(p for p in (real_logs / "cerebras" / "xiaoruiDong").iterdir() if "bert_" in p.name)
    made = compare(ingested(paths), at="samples", target="loss<=7.3")
    words = made.frame().filter(pl.col("quantity").is_in(["loss_at_samples", "time_to_loss"]))["verdict"].drop_nulls()
    assert set(words) <= {UNKNOWN, WITHIN, BEYOND}
    assert words.len() == 4


def test_a_failed_run_takes_neither_the_common_point_nor_the_ranking_from_its_side(real_logs: Path) -> None:
    """One run of batch 2048 failed before it logged a task or a loss; the others of its side count nevertheless."""
    paths = sorted(p for p in (real_logs / "cerebras" / "leannmlindsey").iterdir() if p.is_file())
    paths += sorted(p for p in (real_logs / "cerebras" / "xiaoruiDong").iterdir() if "bert_" in p.name)
    made = compare(ingested(paths), by="batch_size", at="samples")
    assert made.sides[2].failed == 1
    (point,) = made.at
    assert point.found == "409,600 samples"
    assert [row["n"] for row in made.frame().filter(quantity="loss_at_samples").iter_rows(named=True)] == [2, 2, 1]
    assert "ranked" not in "\n".join(what_differs(made))


def test_a_crossing_counts_where_it_is_kept() -> None:
    samples = [SAMPLES / "cerebras" / f"bert_large_batch_{batch}.out" for batch in (512, 1024, 2048)]
    (common,) = compare(ingested(samples), target=["loss<=7.2"]).at
    for point in common.points:
        assert point.reason or (point.before is not None and point.step is not None and point.before[0] is not None)
        if point.before and point.step and point.before[0]:
            assert point.before[0] < point.step


def test_other_workloads_at_a_point_are_not_compared() -> None:
    paths = [SAMPLES / "cerebras" / "bert_large_batch_512.out", SAMPLES / "sambanova" / "bert_large_run_16_ranks.out"]
    made = compare(ingested([*paths, SAMPLES / "graphcore" / "mnist_as_is_cold.out"]), target=["loss<=8"])
    words = made.frame().filter(quantity="time_to_loss")["verdict"].drop_nulls().to_list()
    assert words[-1] == NOT_COMPARABLE
