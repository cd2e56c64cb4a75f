"""Refusals: what an argument can lift, it lifts."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import polars as pl
import pytest
from conftest import SAMPLES, ingested

from logparse.comparison.compare import Comparison, compare
from logparse.comparison.ledger import Ledger
from logparse.comparison.refusal import Refusal, RefusalCause
from logparse.comparison.wording import text_table
from logparse.errors import Remedy
from logparse.logs import Logs
from logparse.pages.option import as_option
from logparse.schema import FRAMES

BERT = {"run": "r0", "platform": "acme", "task": "train", "workload": "bert", "status": "completed", "copies": 0}


def logs_of(*runs: Mapping[str, Any]) -> Logs:
    """Logs with these rows of `runs` and nothing else."""
    rows = [
        dict.fromkeys(FRAMES["runs"]) | BERT | {"run": f"r{i}", "label": f"{i}.out", "source": f"{i}.out"} | dict(run)
        for i, run in enumerate(runs)
    ]
    return Logs({name: pl.DataFrame(rows if name == "runs" else [], schema=FRAMES[name]) for name in FRAMES})


def refused(comparison: Comparison, quantity: str) -> Refusal | None:
    """The refusal of the second side in the row of a quantity."""
    (row,) = [row for row in comparison.rows if row.quantity.name == quantity]
    verdict = row.verdicts[1]
    assert verdict is not None
    return verdict.refusal


RATE = {"throughput": 10.0, "sample": "sequence", "throughput_window": "whole"}
CASES: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("workload", {"latency_s": 1.0}, {"latency_s": 1.0, "workload": None}, "latency_s", "1.out:workload=bert"),
    ("task", {"latency_s": 1.0, "task": None}, {"latency_s": 1.0}, "latency_s", "0.out:task=train"),
    ("both unknown", *({"latency_s": 1.0, "workload": None},) * 2, "latency_s", "*:workload=…"),
    (
        "vague samples", RATE | {"sequence_length": 128}, RATE | {"sample": "sample", "platform": "other"},
        "throughput", "1.out:sequence_length=128",
    ),
    ("vague samples of no length", RATE, RATE | {"sample": "sample", "platform": "other"}, "throughput",
     "*:sequence_length=…"),
    (
        "tokens here, samples there", {"token_throughput": 1280.0, "sequence_length": 128}, RATE,
        "token_throughput", "1.out:sequence_length=128",
    ),
    ("unknown amount", {"loss": 1.0, "samples": 100}, {"loss": 1.0}, "loss", "1.out:samples=…"),
    ("unknown amount of both", {"loss": 1.0}, {"loss": 1.0}, "loss", "*:samples=…"),
    ("equal steps", {"loss": 1.0, "steps": 9, "batch_size": 8}, {"loss": 1.0, "steps": 9}, "loss",
     "1.out:batch_size=…"),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b", "quantity", "claim"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_claim_that_is_suggested_lifts_the_refusal(
    a: dict[str, Any], b: dict[str, Any], quantity: str, claim: str
) -> None:
    logs = logs_of(a, b)
    found = refused(compare(logs), quantity)
    assert found is not None
    assert found.remedy == Remedy("claims", claim)
    value = {"workload": "bert", "sequence_length": "64", "samples": "100", "batch_size": "8"}
    filled = claim.replace("…", value.get(claim.rpartition(":")[2].partition("=")[0], ""))
    assert refused(compare(logs, claims=filled), quantity) is None


def test_a_rate_per_device_asks_for_the_number_of_devices() -> None:
    logs = logs_of(RATE | {"devices": 2}, RATE)
    found = refused(compare(logs, per="device"), "throughput")
    assert found is not None
    assert found.remedy == Remedy("claims", "1.out:devices=…")
    assert refused(compare(logs, per="device", claims="1.out:devices=4"), "throughput") is None


def test_other_amounts_are_compared_at_equal_samples_or_studied() -> None:
    cerebras = ingested([SAMPLES / "cerebras" / f"bert_large_batch_{batch}.out" for batch in (512, 1024)])
    found = refused(compare(cerebras), "loss")
    assert found is not None
    assert found.remedy == Remedy("at", "samples")
    assert compare(cerebras, at="samples").at[0].found
    logs = logs_of({"loss": 1.0, "epochs": 10}, {"loss": 0.5, "epochs": 20})  # no curve: nothing at equal samples
    found = refused(compare(logs), "loss")
    assert found is not None
    assert found.remedy == Remedy("by", "epochs")
    assert "equal samples" not in found.text
    assert refused(compare(logs, by="epochs"), "loss") is None


TARGET = {"samples": 48_684_346, "train_s": 1682.0, "score": 0.7596, "score_name": "accuracy"}


def test_runs_to_one_target_are_compared_by_the_time_they_take() -> None:
    runs = TARGET, TARGET | {"samples": 57_652_515, "train_s": 214.0, "score": 0.7593}
    assert refused(compare(logs_of(*runs)), "train_s") is not None
    reached = [{"run": f"r{i}", "name": "target_reached", "value": "success"} for i in range(2)]
    rows = [dict.fromkeys(FRAMES["params"]) | row for row in reached]
    params = pl.DataFrame(rows, schema=FRAMES["params"])
    assert refused(compare(Logs(logs_of(*runs).frames() | {"params": params})), "train_s") is None
    other = runs[0], runs[1] | {"score": 0.9}
    assert refused(compare(Logs(logs_of(*other).frames() | {"params": params})), "train_s") is not None


@pytest.mark.parametrize(
    ("a", "b", "quantity"),
    [
        (RATE | {"sample": "image"}, RATE | {"platform": "other"}, "throughput"),
        (
            RATE | {"sample": "sample", "sequence_length": 64, "platform": "a"},
            RATE | {"sequence_length": 128},
            "throughput",
        ),
        ({"loss": 1.0}, {"loss": 1.0, "workload": "resnet"}, "loss"),
        ({"token_throughput": 9.0}, RATE | {"sample": "image"}, "token_throughput"),
    ],
)
def test_what_no_argument_lifts_suggests_none(a: dict[str, Any], b: dict[str, Any], quantity: str) -> None:
    found = refused(compare(logs_of(a, b)), quantity)
    assert found is not None
    assert found.remedy is None


def test_a_value_that_a_claim_would_give_is_explained_below_the_table() -> None:
    logs = logs_of({"token_throughput": 1280.0, "sequence_length": 128}, RATE)
    assert any("--claim 1.out:sequence_length=128" in note for note in text_table(compare(logs), None, as_option).notes)
    images = logs_of({"token_throughput": 1280.0, "sequence_length": 128}, RATE | {"sample": "image"})
    assert not any("not comparable" in note for note in text_table(compare(images), None, as_option).notes)


def test_every_refusal_of_samples_that_names_the_equal_point_has_one(every_sample_ledger: Ledger) -> None:
    jobs = [job for job in every_sample_ledger.jobs if job.main["platform"] == "cerebras" and job["loss"] is not None]
    for a, b in combinations(jobs, 2):
        made = compare(every_sample_ledger, [a.id, b.id])
        budgets = [
            v.refusal
            for row in made.rows
            if (v := row.verdicts[1]) and v.refusal and v.refusal.cause is RefusalCause.BUDGET
        ]
        if any(found.remedy == Remedy("at", "samples") for found in budgets):
            assert compare(every_sample_ledger, [a.id, b.id], at="samples").at[0].found
