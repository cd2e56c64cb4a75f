"""Charts of repeats: their changes over time, and how much they vary."""

from __future__ import annotations

import datetime
import json
import random
import re
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from conftest import SAMPLES

import logparse
from logparse import charts
from logparse.charts import _panel, trend
from logparse.charts._theme import fitted_sentence, text_width
from logparse.errors import NothingToDraw
from logparse.rendering.export import export
from logparse.report.content import content
from logparse.report.drawings import drawings
from logparse.schema import FRAMES, PARAMS, RUNS

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


def rows(name: str, logs: logparse.Logs, **options: Any) -> pl.DataFrame:
    return charts.rows(name, charts.view_for(name, logs, **options))


def title(name: str, logs: logparse.Logs) -> str:
    return str(charts.drawn(name, charts.view_for(name, logs))["description"])


# ---- trend ---- #


def test_a_change_is_found_on_its_day_and_named() -> None:
    logs = logs_of(*nightly(around(3000, 15, 1) + around(2900, 10, 2)), *nightly(around(5000, 25, 3), 1024))
    changed = rows("trend", logs).filter(pl.col("change").is_not_null())
    assert changed["label"].to_list() == ["night_512_15.out"]
    assert changed["change"][0].startswith("×0.96")
    assert title("trend", logs) == (
        f"Throughput fell to {changed['change'][0]} of its level on 2026-10-16 (batch_size 512; 1 of 2 settings)"
    )


def test_the_caption_says_how_to_compare_before_with_after() -> None:
    changed = logs_of(*nightly(around(3000, 15, 1) + around(2900, 10, 2)))
    drawn = json.dumps(charts.specification("trend", charts.view_for("trend", changed, width=900)), ensure_ascii=False)
    assert "`compare` with `change` 2026-10-16T00:00" in drawn
    level = charts.specification("trend", charts.view_for("trend", logs_of(*nightly(around(3000, 15, 1)))))
    assert "`change`" not in json.dumps(level)


def test_a_rise_and_a_fall_are_two_changes_and_the_level_is_that_between_them() -> None:
    logs = logs_of(*nightly(around(3000, 8, 1) + around(3150, 8, 2) + around(3000, 8, 3)))
    frame = rows("trend", logs)
    assert frame.filter(pl.col("change").is_not_null())["label"].to_list() == ["night_512_08.out", "night_512_16.out"]
    assert frame["level"][10] == pytest.approx(3150, rel=0.005)
    assert frame["noise_low"][10] < 3150 < frame["noise_high"][10]
    assert title("trend", logs).endswith("of its level on 2026-10-17 (batch_size 512; the latest of 2 changes)")


def test_the_answer_of_a_report_says_that_a_mean_mixes_the_levels_before_and_since_a_change() -> None:
    runs = (*nightly(around(3000, 15, 1) + around(2900, 10, 2)), *nightly(around(5000, 25, 3), 1024))
    (_, text), *_ = content(logs_of(*runs), by="batch_size").answers
    assert re.search(r"The throughput of batch_size 512 fell to ×0\.96\d? .* of its level on 2026-10-16;", text)
    assert text.endswith("means mix both levels (`compare` with `change`).")
    (_, level), *_ = content(logs_of(*runs[:15], *runs[25:]), by="batch_size").answers
    assert "level" not in level


def test_the_amount_at_a_ring_covers_no_dot_and_no_other_amount() -> None:
    logs = logs_of(
        *nightly(around(3000, 15, 1) + around(2900, 10, 2) + around(3010, 12, 9)),
        *nightly(around(2950, 25, 3) + around(3060, 9, 4), 1024),
    )
    frame = rows("trend", logs)
    width, height, low, high, size = 520.0, 170.0, frame["value"].min() - 20, frame["value"].max() + 20, 10.0
    amounts = trend._amounts(frame, width, height, low, high, size, joined=True)
    assert amounts["text"].to_list() == frame["change"].drop_nulls().to_list()
    assert amounts.height == 3
    begin, end = frame["at"].min(), frame["at"].max()
    for text, left, middle in amounts.iter_rows():
        right = left + text_width(text, size)
        assert 0 <= left < right <= width
        for at, value in frame.select("at", "value").iter_rows():
            x = trend._PADDING + (at - begin) / (end - begin) * (width - 2 * trend._PADDING)
            y = (high - value) / (high - low) * height
            assert not (left - 3 < x < right + 3 and abs(y - middle) < size / 2 + 3)


def test_the_changes_of_a_report_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    found = trend.levels
    monkeypatch.setattr(trend, "levels", lambda *args, **options: calls.append(args) or found(*args, **options))
    report = content(logs_of(*nightly(around(3000, 15, 1) + around(2900, 10, 2))))
    assert len(report.changes) == 1
    (drawn,) = (chart for chart in drawings(report)[0] if chart.name == "trend")
    assert drawn.title.startswith("Throughput fell to ×0.96")
    assert len(calls) == 1


def test_the_only_setting_is_called_by_its_batch_size_and_dates_have_year_and_month() -> None:
    logs = logs_of(*nightly(around(3000, 15, 1)))
    assert rows("trend", logs)["setting"].unique().to_list() == ["batch_size 512"]
    drawn = json.dumps(charts.specification("trend", charts.view_for("trend", logs)))
    assert '"format": "%Y-%m-%d"' in drawn
    days = json.dumps(charts.specification("trend", charts.view_for("trend", logs_of(*nightly(around(3000, 4, 1))))))
    assert '"format": "%Y-%m-%d %H:%M"' in days


def test_without_a_change_hardly_any_is_marked() -> None:
    marked = sum(rows("trend", logs_of(*nightly(around(3000, 30, seed))))["change"].count() for seed in range(20))
    assert marked <= 2


def test_runs_of_a_noisy_program_are_no_changes_and_a_regression_of_a_new_release_is_one() -> None:
    chance = random.Random(7)
    values = [3000 * chance.gauss(1, 0.02) for _ in range(150)] + [2760 * chance.gauss(1, 0.02) for _ in range(40)]
    runs = nightly(values)
    graphs = [
        dict.fromkeys(PARAMS) | {"run": run["run"], "source": run["source"], "name": "hash", "value": f"cs_{i // 150}"}
        for i, run in enumerate(runs)
    ]  # fmt: skip
    frames = {"runs": runs, "params": graphs}
    logs = logparse.Logs({n: pl.DataFrame(frames.get(n, []), schema=schema) for n, schema in FRAMES.items()})
    changed = rows("trend", logs).filter(pl.col("change").is_not_null())
    assert changed["label"].to_list() == ["night_512_150.out"]
    ratio, low, high = map(float, re.findall(r"[\d.]+", changed["change"][0]))
    assert low < 0.92 < high
    assert ratio == pytest.approx(0.92, abs=0.01)


def test_a_change_needs_three_runs_before_it() -> None:
    # Public repeats of this program vary by 0.28 %, but nobody knows whether these do.
    values = [2947.2, 3077.6, 3057.7, *around(3060, 3, 1)]
    few = logs_of(*nightly(values[:3]))
    assert not rows("trend", few)["change"].count()
    assert title("trend", few) == "Too few runs of one setting to find a change"
    assert not rows("trend", logs_of(*nightly(values)))["change"].count()
    changed = logs_of(*nightly([*values[:3], 2500.0, 2510.0, 2490.0]))
    assert rows("trend", changed).filter(pl.col("change").is_not_null())["label"].to_list() == ["night_512_03.out"]


def test_one_odd_run_is_no_new_level_if_the_next_runs_are_as_before() -> None:
    values = around(3000, 12, 5)
    for value in (2990.0, 2700.0, 1500.0):
        odd = logs_of(*nightly([*values[:8], value, *values[8:]]))
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
        "Throughput of batch_size 512 spans 8.7 % of its mean (n=5), the most of 2 settings"
    )


def test_the_caption_of_a_distribution_states_the_nominal_level_of_its_intervals() -> None:
    logs = logs_of(*nightly(around(3000, 6, 1)))
    drawn = json.dumps(charts.specification("distribution", charts.view_for("distribution", logs, width=2000)))
    assert "a t interval at a nominal 97 %" in drawn


def test_settings_without_repeats_have_no_distribution() -> None:
    with pytest.raises(NothingToDraw, match="no setting has two completed runs"):
        charts.drawn(
            "distribution", charts.view_for("distribution", logparse.ingest(SAMPLES / "groq" / "resnet50.out"))
        )


# ---- many runs ---- #


def spec_of(name: str, logs: logparse.Logs, **options: Any) -> dict[str, Any]:
    return charts.specification(name, charts.view_for(name, logs, **options))


def marks(spec: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The rows of all marks of a kind."""

    def found(part: Any) -> list[dict[str, Any]]:
        if isinstance(part, list):
            return [row for each in part for row in found(each)]
        if not isinstance(part, dict):
            return []
        is_kind = isinstance(part.get("mark"), dict) and part["mark"]["type"] == kind
        own_rows = spec["datasets"][part["data"]["name"]] if is_kind else []
        return [*own_rows, *(row for key, value in part.items() if key != "datasets" for row in found(value))]

    return found(spec)


def two_settings(count: int) -> logparse.Logs:
    """That many runs of each of two batch sizes: 1, 2, 3 … and 101, 102, 103 … samples/s."""
    return logs_of(
        *nightly([float(1 + i) for i in range(count)], 512), *nightly([float(101 + i) for i in range(count)], 1024)
    )


def test_the_interval_of_a_median_is_that_of_the_binomial_distribution() -> None:
    # Of 25 values, the 8th and the 18th: fewer than 8 are on one side of the median with a chance of 2.2 %.
    assert _panel.median_of([float(i) for i in range(1, 26)]) == {"value": 13.0, "least": 8.0, "greatest": 18.0}
    exact, approximate = (_panel.median_of([float(i) for i in range(1, n + 1)]) for n in (1000, 1001))
    assert [(exact[k], approximate[k]) for k in ("least", "greatest")] == [(469.0, 469.0), (532.0, 533.0)]
    assert _panel.median_of([1.0] * 20_000)["greatest"] == 1.0
    assert _panel.median_of([2.0, 1.0, 3.0]) == {"value": 2.0, "least": 1.0, "greatest": 3.0}


def test_more_than_twenty_runs_are_a_strip_with_their_median() -> None:
    few, many = two_settings(20), two_settings(25)
    assert "median" not in rows("throughput", few, by="batch_size")["mark"]
    medians = rows("throughput", many, by="batch_size").filter(mark="median")
    assert medians.select("value", "least", "greatest").rows() == [(13.0, 8.0, 18.0), (113.0, 108.0, 118.0)]
    drawn = spec_of("throughput", many, by="batch_size")
    assert len(marks(drawn, "tick")) == 50
    assert sorted(row["value"] for row in marks(drawn, "point") if "value" in row) == [13.0, 113.0]
    assert _panel.STRIPS in json.dumps(drawn, ensure_ascii=False)
    drawn = spec_of("throughput", few, by="batch_size")
    assert marks(drawn, "tick") == []
    assert _panel.STRIPS not in json.dumps(drawn, ensure_ascii=False)


def test_scores_and_deviations_of_many_runs_are_strips_too() -> None:
    scored = [
        run | {"score": 0.9 + i / 1000, "score_name": "accuracy"} for i, run in enumerate(nightly([1.0] * 25, 512))
    ]
    medians = rows("accuracy", logs_of(*scored), by="batch_size").filter(mark="median")
    assert medians["value"].to_list() == pytest.approx([0.912])
    assert len(marks(spec_of("accuracy", logs_of(*scored), by="batch_size"), "tick")) == 25
    boxes = 2
    assert len(marks(spec_of("distribution", two_settings(25)), "tick")) == 50 + boxes
    assert len(marks(spec_of("distribution", two_settings(20)), "tick")) == boxes


def test_the_ratios_of_many_runs_are_a_strip() -> None:
    each = logs_of(*(run for i in range(26) for run in nightly([100.0 + i], 512 + i)))
    drawn = spec_of("ratio", each)
    assert len([row for row in marks(drawn, "tick") if "shown" in row]) == 25
    assert [row["value"] for row in marks(drawn, "point") if "value" in row] == pytest.approx([1.13])
    assert not [row for row in marks(drawn, "point") if "shown" in row]


def test_of_many_dots_only_the_front_is_named() -> None:
    def runs(count: int) -> logparse.Logs:
        extra = {"score_name": "accuracy", "dataset": "d", "samples": 512000}
        return logs_of(
            *(
                run | extra | {"score": 0.9 - abs(i - 5) / 100, "train_s": 100.0 + i}
                for i in range(count)
                for run in nightly([1.0], 512 + i)
            )
        )

    def named(count: int) -> int:
        return len({row["text"] for row in marks(spec_of("tradeoff", runs(count)), "text") if "px" in row})

    front = rows("tradeoff", runs(30)).filter(pl.col("best"))
    assert 0 < named(30) <= front.height < 10
    assert named(10) > 5


def test_several_runs_are_one_bar_of_medians_with_the_range_of_their_totals() -> None:
    parts = [(10.0, 80.0, 100.0), (12.0, 20.0, 40.0), (11.0, 30.0, 90.0)]
    each = [
        run | {"train_s": train, "compile_s": compile, "total_s": total, "wall_s": total}
        for (train, compile, total), run in zip(parts, nightly([1.0] * 3), strict=True)
    ]
    frame = rows("duration", logs_of(*each), by="batch_size")
    bar = {row["part"]: row for row in frame.iter_rows(named=True)}
    assert frame["run"].null_count() == frame.height
    assert [bar[part]["duration_s"] for part in ("train", "compile", "total")] == [11.0, 30.0, 90.0]
    assert bar["compile"]["begin_s"] == bar["train"]["end_s"] == 11.0
    assert (bar["total"]["least"], bar["total"]["greatest"]) == (40.0, 100.0)
    (text,) = {row["text"] for row in marks(spec_of("duration", logs_of(*each), by="batch_size"), "text")
               if "n=3" in row.get("text", "")}  # fmt: skip
    assert re.fullmatch(r"90\S* s \(40\S* s to 100\S* s\), train 12 %, n=3", text), text


# ---- two screens ---- #


@pytest.fixture(scope="module")
def crowd() -> logparse.Logs:
    """540 runs of 18 workloads, each with settings of its own."""
    return logs_of(
        *(
            run
            | {
                "run": f"{workload}_{i}", "label": f"w{workload}_{i}.out", "workload": f"workload_{workload}",
                "group": f"g{workload}_{i}", "score": 0.5 + i / 100, "score_name": "accuracy", "dataset": "d",
                "train_s": 10.0 + i, "compile_s": 5.0, "total_s": 20.0 + i, "ended_at": FIRST,
            }
            for workload in range(18)
            for i in range(30)
            for run in nightly([1000.0 + i], 100 + i)
        )
    )  # fmt: skip


def height_of(spec: dict[str, Any]) -> float:
    found = re.search(rb'<svg[^>]* height="([\d.]+)"', export(spec, "svg"))
    assert found is not None
    return float(found[1])


@pytest.mark.parametrize("name", ["throughput", "accuracy", "duration", "ratio", "tradeoff"])
def test_a_chart_is_at_most_two_screens_tall_and_counts_the_rest(name: str, crowd: logparse.Logs) -> None:
    drawn = spec_of(name, crowd)
    assert 1080 < height_of(drawn) <= 2160
    text = json.dumps(drawn)
    assert re.search(r"\d+ more workloads \(\d+ runs\) are not drawn, because the chart would be too tall", text)
    assert "draw `all`" in text


@pytest.mark.parametrize("name", ["throughput", "accuracy"])
def test_all_draws_every_panel_and_row(name: str, crowd: logparse.Logs) -> None:
    some, every = rows(name, crowd), rows(name, crowd, all=True)
    assert every.select("block", "row").n_unique() == 540 > some.select("block", "row").n_unique()
    assert "are not drawn" not in json.dumps(spec_of(name, crowd, all=True))


def test_a_named_baseline_is_drawn_if_its_panel_has_no_room_for_all(crowd: logparse.Logs) -> None:
    labels = rows("throughput", crowd, baseline="w0_29.out").filter(pl.col("block") == 0)["label"].to_list()
    assert len(set(labels)) < 30
    assert labels[-1] == "w0_29.out"


# ---- duration ---- #


def test_training_that_is_longer_than_the_total_is_no_share_of_it() -> None:
    longer = nightly([100.0], train_s=1200.0, total_s=1000.0, wall_s=1000.0)
    assert title("duration", logs_of(*longer)) == "Training alone took 1200 s; the totals are shorter"
    within = nightly([100.0], 1024, train_s=250.0, total_s=1000.0, wall_s=1000.0)
    assert title("duration", logs_of(*longer, *within)).startswith("Training is 25 % of the total of 1000 s")


def test_a_trade_off_of_groups_counts_their_runs_and_cuts_no_number_in_its_reason() -> None:
    files = [SAMPLES / "cerebras" / f"bert_large_batch_{size}.out" for size in (512, 1024, 2048)]
    files += [SAMPLES / "cerebras" / "bert_large_cached_silently.out"]
    view = charts.view_for("tradeoff", logparse.ingest(files), by="batch_size")
    drawn = json.dumps(charts.specification("tradeoff", view), ensure_ascii=False)
    assert "4 runs in 3 groups, of which too few can be ranked by loss and time" in drawn
    assert re.search(r"not ranked: samples seen differ \([\d,]+,000 and [\d,]+,000\)\"", drawn)


@pytest.mark.parametrize("width", range(60, 400, 20))
def test_a_sentence_is_never_cut_within_a_number(width: int) -> None:
    text = "not comparable: samples seen differ (512,000 and 1,024,000) by 2,000 of 4,000 steps; rates can be compared"
    numbers = {"512,000", "1,024,000", "2,000", "4,000"}
    assert set(re.findall(r"\d[\d,]*", fitted_sentence(text, width, 11))) <= numbers
