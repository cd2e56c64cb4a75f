"""Which runs of a side are repeats of each other: one compiled graph, compiled or all from the cache, and steps enough
for a rate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from logparse.comparison.across import across
from logparse.comparison.compare import Comparison, compare
from logparse.comparison.estimate import Pool
from logparse.comparison.ledger import Ledger
from logparse.comparison.noise import source
from logparse.comparison.quantities import QUANTITIES
from logparse.comparison.refusal import RefusalCause
from logparse.comparison.sides import Side, side_values
from logparse.comparison.verdict import BEYOND, ESTABLISHED, WITHIN
from logparse.comparison.wording import text_table
from logparse.logs import Logs
from logparse.schema import FRAMES

USUAL: dict[str, Any] = {
    "copies": 0, "platform": "acme", "task": "train", "workload": "bert", "status": "completed", "epochs": 1,
    "steps": 1000, "samples": 512_000, "sample": "sequence",
}  # fmt: skip


def logs_of(*runs: Mapping[str, Any]) -> Logs:
    """Logs with these runs; `hash` is that of a run's compiled graph."""
    rows, params = [], []
    for i, run in enumerate(runs):
        given = dict(run)
        graph = given.pop("hash", None)
        name = {"run": f"r{i}", "label": f"{i}.out", "source": f"{i}.out", "group": f"b{given.get('batch_size')}"}
        rows.append(dict.fromkeys(FRAMES["runs"]) | USUAL | name | given)
        if graph is not None:
            params.append(dict.fromkeys(FRAMES["params"]) | {"run": f"r{i}", "name": "hash", "value": graph, "line": 1})
    given_frames = {"runs": rows, "params": params}
    return Logs({name: pl.DataFrame(given_frames.get(name, []), schema=schema) for name, schema in FRAMES.items()})


def batches(*others: Mapping[str, Any]) -> Logs:
    """Three runs of each of two batch sizes, 2 % apart, and other runs."""
    rates = {512: (100.0, 100.2, 99.9), 1024: (102.0, 102.1, 101.8)}
    runs = [{"batch_size": b, "throughput": r, "hash": f"graph_{b}"} for b, each in rates.items() for r in each]
    return logs_of(*runs, *others)


def row(made: Comparison, quantity: str = "throughput") -> dict[str, Any]:
    frame = made.frame()
    return frame.filter(pl.col("quantity") == quantity, ~pl.col("baseline")).row(0, named=True)


@pytest.mark.parametrize("graph", ["graph_of_another_release", None])
def test_a_run_of_another_graph_is_no_repeat(graph: str | None) -> None:
    excerpt = {"batch_size": 1024, "throughput": 25.0, "hash": graph}
    with_it, without = (compare(batches(*more), by="batch_size") for more in ([excerpt], []))
    assert row(with_it)["verdict"] == row(without)["verdict"] == ESTABLISHED
    assert row(with_it)["ratio"] == row(without)["ratio"]
    (unused,) = row(with_it)["unusable"]
    assert "compiled graph" in unused["reason"]
    assert "compiled graph" in text_table(with_it).unused


def test_a_side_of_several_settings_keeps_all_graphs() -> None:
    logs = batches()
    (cell,) = [side_values(Ledger(logs), QUANTITIES["throughput"], Side("all", tuple(Ledger(logs).jobs)))]
    assert cell.n == 6


def test_experiments_with_another_graph_are_no_noise() -> None:
    ledger = Ledger(batches({"batch_size": 1024, "throughput": 25.0, "hash": "graph_of_another_release"}))
    groups = ledger.experiments(ledger.jobs[0])
    assert sorted(len(group) for group in groups) == [1, 3, 3]


@pytest.mark.parametrize("quantity", ["compile_s", "result_s", "wall_s"])
def test_a_cache_hit_takes_only_itself_out(quantity: str) -> None:
    def run(batch: int, seconds: float, cache: str = "miss") -> dict[str, Any]:
        times = {"compile_s": seconds, "total_s": seconds + 100, "queue_s": 0.0}
        return {"batch_size": batch, "compile_cache": cache, "throughput": seconds, **times}

    compiled = [run(512, 40 + i) for i in range(3)] + [run(1024, 80 + i) for i in range(3)]
    with_it, without = (compare(logs_of(*compiled, *more), by="batch_size") for more in ([run(1024, 0.5, "hit")], []))
    ignored = {"unusable", "runs"}
    assert {k: v for k, v in row(with_it, quantity).items() if k not in ignored} == {
        k: v for k, v in row(without, quantity).items() if k not in ignored
    }
    (unused,) = row(with_it, quantity)["unusable"]
    assert unused == {"run": "r6", "reason": "a compile cache hit, unlike other runs of the side"}
    assert row(with_it)["n"] == 4  # its rate counts


def test_a_rate_over_too_few_steps_is_not_ranked() -> None:
    quick = {"throughput": 9000.0, "steps": 1, "samples": 512, "batch_size": 8, "sequence_length": 128}
    refused = compare(logs_of({"throughput": 100.0}, quick)).rows[0].verdicts[1]
    assert refused is not None
    assert refused.is_refused_for(RefusalCause.SHORT)
    assert refused.reason == "1.out: a rate over 1 step; at least 5 are needed"
    other = {"platform": "other", "throughput": 80.0, "sequence_length": 128}
    (table,) = across(logs_of({"throughput": 100.0, "sequence_length": 128}, quick, other)).tables
    assert [(r.side.label, r.rank) for r in table.rows] == [("0.out", 1), ("2.out", 2), ("1.out", None)]
    assert table.rows[2].aside == "a rate over 1 step; at least 5 are needed"


def test_programs_that_only_share_a_graph_lend_their_noise() -> None:
    """A log that does not name its workload has that of the runs of the same graph, and their noise."""
    named = [{"batch_size": 512, "throughput": r, "hash": "g"} for r in (100.0, 101.0, 99.5)]
    unnamed = [{"batch_size": 512, "throughput": r, "hash": "g", "workload": None} for r in (100.5, 140.0)]
    ledger = Ledger(logs_of(*named, *unnamed))
    one, other = (side_values(ledger, QUANTITIES["throughput"], Side(job.label, (job,))) for job in ledger.jobs[3:])
    lent = source(ledger, QUANTITIES["throughput"], one, other)
    (pool,) = lent.pools
    assert pool.dof == 2
    assert math.sqrt(pool.variance) == pytest.approx(0.0076, abs=1e-4)


def test_a_direction_is_shown_only_beyond_noise() -> None:
    made = compare(logs_of({"throughput": 100.0}, {"throughput": 400.0}))
    (cell,) = [c for r in text_table(made).rows if r.row.quantity.name == "throughput" for c in r.cells if c.verdict]
    assert cell.verdict == "×4.000 unknown"


def test_notes_that_differ_only_in_size_are_one() -> None:
    made = compare(logs_of(*({"throughput": x, "platform": "graphcore"} for x in (100.0, 400.0, 900.0))))
    table = text_table(made)
    numbers = [c.note for r in table.rows if r.row.quantity.name == "throughput" for c in r.cells if c.verdict]
    assert numbers == [1, 1]
    assert "the difference is 25 to 39 times as large" in table.notes[0]


# ---- own repeats and public ones ---- #

PUBLIC_RATE = 4850.0
"""A rate of BERT on Cerebras at batch size 1024, of which public repeats vary by 0.3 % (18 degrees of freedom)."""


def compared(deviations: tuple[float, ...], difference: float) -> dict[str, Any]:
    """Two runs whose rates differ by that share, with repeats of another batch size in the same logs, which deviate by
    these shares from their mean."""
    bert = {"platform": "cerebras", "workload": "bert_large", "devices": 1, "throughput_window": "whole"}
    two = [{"batch_size": 1024, "throughput": PUBLIC_RATE * x, **bert} for x in (1.0, 1.0 + difference)]
    others = [{"batch_size": 512, "throughput": 2900.0 * (1.0 + d), **bert} for d in deviations]
    ledger = Ledger(logs_of(*two, *others))
    return row(compare(ledger.only(ledger.jobs[:2])))


WIDE, ALIKE = (-0.02, -0.01, -0.004, 0.006, 0.01, 0.018), (-0.004, -0.002, 0.0, 0.001, 0.002, 0.003)
NARROW = (-0.0002, -0.0001, 0.0, 0.0, 0.0001, 0.0002)


def test_own_repeats_that_vary_more_than_public_ones_are_used_alone() -> None:
    """The difference is far beyond the noise of the public repeats, or of all taken together."""
    found = compared(WIDE, 0.027)
    assert found["verdict"] == WITHIN
    assert found["noise_kind"] == "repeats here"
    assert found["noise_dof"] == len(WIDE) - 1
    assert found["noise_sd"] == pytest.approx(0.0145, rel=0.05)
    assert "; 22 public runs vary less (0.28 %), so only the runs in these logs are used" in found["noise_text"]


def test_own_repeats_that_vary_as_public_ones_do_are_pooled_with_them() -> None:
    found = compared(ALIKE, 0.027)
    assert found["verdict"] == BEYOND
    assert found["noise_kind"] == "repeats here and public"
    assert found["noise_dof"] == len(ALIKE) - 1 + 18
    assert "are used" not in found["noise_text"]


def test_own_repeats_that_vary_less_than_public_ones_are_used_alone() -> None:
    """A difference that public repeats would hide."""
    found = compared(NARROW, 0.004)
    assert found["verdict"] == BEYOND
    assert found["noise_kind"] == "repeats here"
    assert "; 22 public runs vary more (0.28 %), so only the runs in these logs are used" in found["noise_text"]


def test_own_repeats_that_agree_in_all_digits_do_not_replace_public_ones() -> None:
    """The seed may be fixed: no noise at all is no estimate of it."""
    assert compared((0.001, 0.001, 0.001, 0.001), 0.004)["noise_kind"] == "public repeats"
    losses = Pool(0.0, 5)
    assert not losses.contradicts(Pool(18 * 0.005**2, 18))
    assert losses.with_public(Pool(1.0, 18)) == Pool(1.0, 23)


@pytest.mark.parametrize(
    ("ratio", "contradicts"),
    [(1.0, False), (1.45, False), (1.48, True), (9.0, True), (0.5, False), (0.12, False), (0.09, True), (0.0, False)],
)
def test_the_levels_of_the_f_test(ratio: float, contradicts: bool) -> None:
    """With 5 and 18 degrees of freedom, F is above 1.467 in one of four cases, and below 0.104 in one of a hundred."""
    assert Pool(5 * ratio, 5).contradicts(Pool(18.0, 18)) is contradicts


def test_nothing_contradicts_what_is_not_there() -> None:
    assert not Pool().contradicts(Pool(1.0, 3))
    assert not Pool(1.0, 3).contradicts(Pool())
    assert Pool(1.0, 3).contradicts(Pool(0.0, 3))
    assert Pool().with_public(Pool(1.0, 3)) == Pool(1.0, 3)
