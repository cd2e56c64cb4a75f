"""Charts of repeats: their changes over time, and how much they vary."""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence

import polars as pl
import pytest
from conftest import SAMPLES

import logparse
from logparse import charts
from logparse.errors import NothingToDraw
from logparse.schema import FRAMES, RUNS

FIRST = datetime.datetime(2026, 10, 1)


def nightly(values: Sequence[float], batch_size: int = 512, **extra: object) -> list[dict[str, object]]:
    """A run a night with these throughputs."""
    return [
        dict.fromkeys(RUNS)
        | {
            "run": f"{batch_size}_{i:03}", "label": f"night_{batch_size}_{i:02}.out", "source": f"{i}.out",
            "platform": "cerebras", "workload": "bert_large", "task": "train", "status": "completed",
            "group": f"g{batch_size}", "batch_size": batch_size, "steps": 1000, "samples": 1000 * batch_size,
            "started_at": FIRST + datetime.timedelta(days=i), "throughput": value,
        }
        | extra
        for i, value in enumerate(values)
    ]  # fmt: skip


def logs_of(*runs: dict[str, object]) -> logparse.Logs:
    return logparse.Logs(
        {name: pl.DataFrame(runs if name == "runs" else [], schema=schema) for name, schema in FRAMES.items()}
    )


def around(level: float, count: int, seed: int) -> list[float]:
    chance = random.Random(seed)
    return [level * chance.gauss(1, 0.003) for _ in range(count)]


def rows(name: str, logs: logparse.Logs, **options: str) -> pl.DataFrame:
    return charts.rows(name, charts.view_for(name, logs, **options))


def title(name: str, logs: logparse.Logs) -> str:
    return str(charts.drawn(name, charts.view_for(name, logs))["description"])


# ---- trend ---- #


def test_a_change_is_found_on_its_day_and_named() -> None:
    logs = logs_of(*nightly(around(3000, 15, 1) + around(2900, 10, 2)), *nightly(around(5000, 25, 3), 1024))
    changed = rows("trend", logs).filter(pl.col("change").is_not_null())
    assert changed["label"].to_list() == ["night_512_15.out"]
    assert changed["change"][0].startswith("×0.96")
    assert title("trend", logs) == f"Throughput changed to {changed['change'][0]} with night_512_15.out"


def test_a_rise_and_a_fall_are_two_changes_and_the_level_is_that_between_them() -> None:
    logs = logs_of(*nightly(around(3000, 8, 1) + around(3150, 8, 2) + around(3000, 8, 3)))
    frame = rows("trend", logs)
    assert frame.filter(pl.col("change").is_not_null())["label"].to_list() == ["night_512_08.out", "night_512_16.out"]
    assert frame["level"][10] == pytest.approx(3150, rel=0.005)
    assert frame["noise_low"][10] < 3150 < frame["noise_high"][10]
    assert title("trend", logs).endswith("with night_512_16.out, the latest of 2 changes")


def test_without_a_change_hardly_any_is_marked() -> None:
    marked = sum(rows("trend", logs_of(*nightly(around(3000, 30, seed))))["change"].count() for seed in range(20))
    assert marked <= 0.02 * 30 * 20


def test_one_odd_run_is_no_new_level_if_the_next_runs_are_as_before() -> None:
    values = around(3000, 12, 5)
    odd = logs_of(*nightly([*values[:8], 2990.0, *values[8:]]))
    assert not rows("trend", odd)["change"].count()


def test_runs_of_different_settings_are_never_one_line() -> None:
    logs = logs_of(*nightly(around(3000, 5, 1)), *nightly(around(6000, 5, 2), 1024))
    assert not rows("trend", logs)["change"].count()
    assert rows("trend", logs)["series"].n_unique() == 2


def test_by_joins_the_runs_of_a_value_in_the_order_of_time() -> None:
    early, late = nightly(around(3000, 4, 1)), nightly(around(3000, 4, 2), precision="float16")
    for i, run in enumerate(late):
        run |= {"run": f"late{i}", "group": "other", "started_at": FIRST - datetime.timedelta(days=9 - i)}
    other = nightly([10.0, 11.0], 8, workload="unet")
    for run in other:
        run |= {"batch_size": None}
    frame = rows("trend", logs_of(*early, *late, *other), by="batch_size").filter(pl.col("block") == 0)
    assert frame["at"].is_sorted()
    assert frame["setting"].unique().to_list() == ["batch_size 512"]


def test_runs_without_a_date_have_no_trend() -> None:
    with pytest.raises(NothingToDraw, match="no two completed runs of one setting state a date"):
        charts.drawn("trend", charts.view_for("trend", logs_of(*nightly([1.0, 2.0], started_at=None))))


# ---- distribution ---- #


def test_each_run_is_a_dot_and_five_have_a_box() -> None:
    logs = logs_of(*nightly([100, 101, 102, 103, 109]), *nightly([200, 202], 1024), *nightly([300], 2048))
    frame = rows("distribution", logs)
    five = frame.filter(pl.col("row") == 0)
    assert five.filter(pl.col("mark") == "run")["value"].to_list() == [100, 101, 102, 103, 109]
    assert five.filter(pl.col("mark") == "box").select("low", "value", "high").row(0) == (101, 102, 103)
    assert frame.filter(pl.col("row") == 1)["mark"].to_list() == ["mean", "run", "run"]
    assert frame["row"].n_unique() == 2  # a single run does not vary
    assert title("distribution", logs) == (
        "Throughput of batch_size 512 varies by 8.7 % of its mean (n=5), the most of 2 settings"
    )


def test_settings_without_repeats_have_no_distribution() -> None:
    with pytest.raises(NothingToDraw, match="no setting has two completed runs"):
        charts.drawn(
            "distribution", charts.view_for("distribution", logparse.ingest(SAMPLES / "groq" / "resnet50.out"))
        )
