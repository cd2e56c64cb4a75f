"""Charts: each draws what the logs hold and nothing else, states what it rests on, and takes log text as data."""

from __future__ import annotations

import itertools
import json
import math
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from conftest import SAMPLES, ingested

import logparse
from logparse import charts
from logparse.charts import _theme, ratio, tradeoff
from logparse.charts._theme import clipped, text_width
from logparse.charts._view import view_of
from logparse.cli import cli
from logparse.comparison.compare import compare
from logparse.comparison.ledger import Ledger
from logparse.errors import NothingToDraw, UsageError
from logparse.rendering import palette
from logparse.rendering.export import export, vega_script
from logparse.text.location import Location, locations

NAMES = charts.names()
PLATFORMS = ("cerebras", "graphcore", "groq", "sambanova")
FEW = {
    "cerebras": ["bert_large_batch_512.out", "bert_large_batch_1024.out", "cut_off_in_training.out"],
    "graphcore": ["mnist_as_is_cold.out", "mnist_asked_lr_002_cached.out", "mnist_at_chance.out", "out_of_memory.out"],
    "groq": ["bert_tiny_256_rebuilt.out", "bert_tiny_dummy_input.out", "resnet50.out"],
    "sambanova": ["bert_large_run_16_ranks.out", "bert_large_appended_16_then_8_ranks.out"],
}
"""Logs that hold something of each kind, so that a picture of them is made quickly."""
COLUMNS_OF_MARKS = frozenset({"duration_s", "value", "shown", "score", "time_s", "loss", "throughput", "efficiency"})
"""What marks stand for, in the rows of the charts."""


@pytest.fixture(scope="session")
def every(every_sample_ledger: Ledger) -> Ledger:
    return every_sample_ledger


@pytest.fixture(scope="session")
def of() -> dict[str, Ledger]:
    return {platform: Ledger(ingested(SAMPLES / platform)) for platform in PLATFORMS}


@pytest.fixture(scope="session")
def few() -> dict[str, Ledger]:
    return {p: Ledger(ingested(SAMPLES / p / f for f in files)) for p, files in FEW.items()}


@pytest.fixture(scope="session")
def many() -> Ledger:
    """Two hundred runs: sample logs with other stamps, job numbers and accuracies."""
    return Ledger(logparse.ingest(list(_two_hundred())))


def _two_hundred() -> Iterator[bytes]:
    cerebras = [(SAMPLES / "cerebras" / f"bert_large_batch_{b}.out").read_bytes() for b in (512, 1024, 2048)]
    graphcore = (SAMPLES / "graphcore" / "mnist_as_is_cold.out").read_bytes()
    for i in range(140):
        yield re.sub(rb"2024-04-\d\d", b"2024-%02d-%02d" % (1 + i // 28, 1 + i % 28), cerebras[i % 3])
    for i in range(60):
        text = graphcore.replace(b"20597", b"%d" % (30000 + i))
        yield re.sub(rb"97\.69", b"9%d.%02d" % (7 + i % 2, i), text)


def drawn(name: str, what: Any, **options: Any) -> Any:
    """The chart; None where it has nothing to draw."""
    try:
        return getattr(logparse.chart, name)(what, **options)
    except NothingToDraw:
        return None


def draw(name: str, what: Any, **options: Any) -> dict[str, Any] | None:
    """The specification, checked against the schema of Vega-Lite; None where the chart has nothing to draw."""
    drawing = drawn(name, what, **options)
    return None if drawing is None else drawing.to_dict()


def rows_of(name: str, what: Any, **options: Any) -> pl.DataFrame:
    return charts.rows(name, charts.view_for(name, what, **options))


def values(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """All rows that go to Vega."""
    return [row for rows in spec["datasets"].values() for row in rows]


def titles(spec: Any) -> Iterator[str]:
    """The text of every title."""
    if isinstance(spec, dict):
        title = spec.get("title")
        if isinstance(title, dict) and "text" in title:
            for key in ("text", "subtitle"):
                text = title.get(key, [])
                yield " ".join([text] if isinstance(text, str) else text)
        yield from (t for part in spec.values() for t in titles(part))
    elif isinstance(spec, list):
        yield from (t for part in spec for t in titles(part))


# ---- all charts ---- #


def test_charts_are_found_by_looking() -> None:
    files = {p.stem for p in Path(charts.__path__[0]).glob("*.py") if not p.stem.startswith("_")}
    assert files == set(NAMES)
    assert {"ratio", "duration", "throughput", "accuracy", "tradeoff"} <= files
    assert dir(logparse.chart) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_says_what_it_answers_shows_and_leaves_out(name: str) -> None:
    parts = charts.parts(name)
    assert parts["says"].endswith("?")
    assert all(parts[part] for part in ("what it shows", "how to read it", "what it leaves out"))
    assert parts["says"] in getattr(logparse.chart, name).__doc__


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", NAMES)
def test_a_chart_becomes_a_picture_for_each_platform(name: str, platform: str, few: dict[str, Ledger]) -> None:
    drawing = drawn(name, few[platform])
    if drawing is not None:
        image = export(drawing.to_dict(), "png")
        width, height = struct.unpack(">II", image[16:24])
        assert width > 300
        assert height > 120


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_of_all_platforms_together_is_valid_and_has_a_title(name: str, every: Ledger) -> None:
    spec = draw(name, every)
    assert spec is not None
    assert next(titles(spec["vconcat"])).strip()
    assert all(len(rows) <= 5000 for rows in spec["datasets"].values())


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_of_one_run_is_valid_or_says_what_is_missing(name: str, few: dict[str, Ledger]) -> None:
    for logs in few.values():
        run = logs.jobs[0].id
        view = charts.view_for(name, logs, where=f"run = '{run}'")
        if charts.rows(name, view).is_empty():
            with pytest.raises(NothingToDraw, match="no "):
                charts.drawn(name, view)
        elif (spec := draw(name, logs, where=f"run = '{run}'")) is not None:
            assert spec["description"]


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_of_two_hundred_runs_stays_a_chart(name: str, many: Ledger) -> None:
    assert len(many.jobs) == 200
    drawing = drawn(name, many)
    if drawing is not None:
        spec = drawing.to_dict(validate=False)
        assert len(values(spec)) < 20_000
        assert len(json.dumps(spec)) < 6_000_000


def test_runs_that_have_no_time_in_common_are_drawn(every: Ledger) -> None:
    spec = draw("loss", every, x="time")
    assert spec is not None
    assert len(spec["vconcat"][0]["vconcat"][0]["concat"]) > 1


def test_of_many_runs_those_of_the_same_settings_share_a_row(many: Ledger) -> None:
    frame = rows_of("accuracy", many)
    assert frame.filter(mark="score")["n"].to_list() == [60]
    assert frame.filter(mark="run").height == 60
    bars = rows_of("duration", many, where="workload = 'mnist'")
    assert bars["n"].unique().to_list() == [60]
    assert bars["run"].n_unique() == 1


def test_a_panel_has_no_more_rows_than_it_says(many: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logparse.charts._view.MOST", 100)
    assert rows_of("throughput", many, where="workload = 'bert_large'")["row"].n_unique() == 100
    spec = json.dumps(draw("throughput", many, where="workload = 'bert_large'"))
    assert "40 more rows are not drawn: a panel has at most 100" in spec


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_drawn_of_logs_without_a_run(name: str) -> None:
    with pytest.raises(NothingToDraw, match="these logs contain no run to draw"):
        getattr(logparse.chart, name)(logparse.ingest(b"nothing that anybody knows\n"))


@pytest.mark.parametrize("name", NAMES)
def test_each_row_that_is_drawn_has_its_lines(name: str, every: Ledger) -> None:
    frame = rows_of(name, every)
    assert frame.height
    drawn = [c for c in frame.columns if c in COLUMNS_OF_MARKS]
    known = frame.filter(pl.any_horizontal(pl.col(c).is_not_null() for c in drawn)) if drawn else frame
    sources = set(every.logs.sources["source"].cast(pl.String))
    if "evidence" in frame.columns:
        without = known.filter(pl.col("evidence").list.len() == 0)
        assert not without.height, without
        places = {place for held in known["evidence"] for place in locations(held)}
    else:
        places = set(itertools.starmap(Location, known.select("source", "line").iter_rows()))
    for place in places:
        assert place.source in sources, place
        assert place.line > 0


@pytest.mark.parametrize("name", NAMES)
def test_drawing_twice_gives_the_same_file(name: str, few: dict[str, Ledger]) -> None:
    logs = few["cerebras"]
    specs = [json.dumps(draw(name, logs), sort_keys=True) for _ in range(2)]
    assert specs[0] == specs[1]


@pytest.mark.parametrize("theme", ["dark", "print"])
@pytest.mark.parametrize("name", NAMES)
def test_a_theme_reaches_ground_and_ink(name: str, theme: str, few: dict[str, Ledger], every: Ledger) -> None:
    ledgers = (few["sambanova"], few["graphcore"], few["cerebras"], every)
    spec = next(spec for ledger in ledgers if (spec := draw(name, ledger, theme=theme)) is not None)
    look = palette.THEMES[theme]
    assert spec["config"]["background"] == look.paper
    assert spec["config"]["title"]["color"] == look.ink
    hovers = '"tooltip": [{' in json.dumps(spec["vconcat"])
    assert hovers is (theme != "print")


@pytest.mark.parametrize("name", NAMES)
def test_one_drawing_has_the_colours_of_both_themes(name: str, few: dict[str, Ledger]) -> None:
    for logs in few.values():
        view, dark = (charts.view_for(name, logs, theme=theme) for theme in ("light", "dark"))
        try:
            drawing = charts.uncoloured(name, view)
        except NothingToDraw:
            continue
        usermeta = {"usermeta": charts.specification(name, dark)["usermeta"]}
        assert palette.in_theme(drawing, palette.THEMES["dark"]) | usermeta == charts.specification(name, dark)
        assert "\\u0000" not in json.dumps(charts.specification(name, view)), "a name is left in place of a colour"


# ---- options ---- #


def test_a_chart_refuses_an_option_that_it_has_no_use_for(few: dict[str, Ledger]) -> None:
    with pytest.raises(UsageError, match="the chart duration does not take baseline; its options are where, claims"):
        logparse.chart.duration(few["groq"], baseline="a")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"theme": "sepia"}, "theme 'sepia': one of light, dark, print"),
        ({"width": 5}, "width 5: must be 80 to 10000 pixels"),
        ({"where": "no_such = 1"}, r"where: (?s:.*)Columns of runs: run, label"),
        ({"clock": "sun"}, "clock 'sun': one of train, result, wall"),
        ({"by": "colour"}, "by 'colour': not a column of runs"),
        ({"baseline": "nobody"}, "no side matches the baseline 'nobody'"),
        ({"ignore": ["no-such-finding"]}, "cannot ignore 'no-such-finding': no such finding"),
        ({"claims": ["nonsense"]}, "'nonsense' is not a valid claim"),
        ({"claims": ["nobody:epochs=3"]}, "the claim nobody:epochs=3 matches no run"),
    ],
)
def test_a_wrong_option_says_what_would_be_right(options: dict[str, Any], message: str, few: dict[str, Ledger]) -> None:
    with pytest.raises(UsageError, match=message):
        logparse.chart.ratio(few["cerebras"], **options)


def test_a_condition_that_no_run_meets_has_nothing_to_draw(few: dict[str, Ledger]) -> None:
    with pytest.raises(NothingToDraw, match="these logs contain no run for which platform = 'ibm' is true"):
        logparse.chart.duration(few["groq"], where="platform = 'ibm'")


def test_there_is_no_chart_of_an_unknown_name() -> None:
    with pytest.raises(UsageError, match="there is no chart 'durations'; did you mean 'duration'"):
        charts.module("durations")
    with pytest.raises(AttributeError, match=r"module 'logparse.chart' has no attribute 'pie'; charts: accuracy"):
        _ = logparse.chart.pie


def test_width_and_title_are_as_they_were_asked_for(few: dict[str, Ledger]) -> None:
    spec = draw("throughput", few["cerebras"], width=333, title="What I say")
    assert spec is not None
    assert next(t for t in titles(spec["vconcat"][0])) == "What I say"
    assert '"width": 333' in json.dumps(spec)


def test_logs_a_ledger_and_a_comparison_may_be_drawn(few: dict[str, Ledger]) -> None:
    logs = few["cerebras"]
    assert draw("duration", logs.logs) == draw("duration", logs)
    made = compare(logs, ["batch_512", "batch_1024"], baseline="batch_1024")
    frame = rows_of("ratio", made)
    assert frame["baseline"].unique().to_list() == ["bert_large_batch_1024"]
    assert rows_of("duration", made)["run"].n_unique() == 2


# ---- what is drawn is what is known ---- #


def test_a_duration_that_no_log_holds_is_not_drawn_as_none(every: Ledger) -> None:
    frame = rows_of("duration", every)
    unknown = frame.filter(pl.col("duration_s").is_null())
    assert unknown.height
    assert unknown["end_s"].null_count() == unknown.height
    assert unknown["empty"].null_count() == 0


def test_parts_of_a_bar_add_up_to_its_total(every: Ledger) -> None:
    frame = rows_of("duration", every)
    for (_run,), bar in frame.filter(pl.col("part") != "total").group_by("run"):
        known = bar.filter(pl.col("duration_s").is_not_null()).sort("begin_s")
        assert known["duration_s"].min() >= 0
        assert known["end_s"].max() == pytest.approx(known["duration_s"].sum())
    totals = dict(frame.filter((pl.col("part") == "total") & (pl.col("duration_s") > 0)).select("run", "end_s").rows())
    ends = frame.filter(pl.col("part") != "total").group_by("run").agg(pl.col("end_s").max())
    for run, end in ends.rows():
        if run in totals:
            assert end >= totals[run] - 1e-6


def test_training_of_the_three_batch_sizes_is_what_their_logs_say(of: dict[str, Ledger]) -> None:
    frame = rows_of("duration", of["cerebras"], where="label LIKE 'bert_large_batch%'")
    train = dict(frame.filter(pl.col("part") == "train").select("label", "duration_s").rows())
    runs = of["cerebras"].logs.runs.filter(pl.col("label").str.starts_with("bert_large_batch"))
    assert train == dict(runs.select(pl.col("label").str.strip_suffix(".out"), "train_s").rows())
    assert train["bert_large_batch_1024"] == 211.338


def test_logs_of_one_job_are_one_bar(of: dict[str, Ledger]) -> None:
    frame = rows_of("duration", of["sambanova"])
    joined = frame.filter(pl.col("label").str.contains("16_ranks.out"))
    assert joined["run"].n_unique() == 1
    assert not frame["label"].str.contains("30512").any()


def test_the_result_clock_excludes_waiting(of: dict[str, Ledger]) -> None:
    parts = {clock: set(rows_of("duration", of["cerebras"], clock=clock)["part"]) for clock in ("wall", "result")}
    assert "waiting" in parts["wall"]
    assert "waiting" not in parts["result"]


def test_bars_begin_at_zero_and_are_never_logarithmic(of: dict[str, Ledger]) -> None:
    spec = draw("duration", of["cerebras"])

    def scales(part: Any) -> Iterator[dict[str, Any]]:
        if isinstance(part, dict):
            mark = part.get("mark")
            if isinstance(mark, dict) and mark["type"] == "bar":
                yield part["encoding"]["x"]["scale"]
            yield from (s for p in part.values() for s in scales(p))
        elif isinstance(part, list):
            yield from (s for p in part for s in scales(p))

    found = list(scales(spec))
    assert found
    assert all(scale["domain"][0] == 0 and scale.get("type", "linear") == "linear" for scale in found)


def test_an_estimate_stands_apart_from_what_was_measured(of: dict[str, Ledger]) -> None:
    frame = rows_of("throughput", of["groq"])
    assert set(frame["mark"]) == {"rate", "estimate"}
    spec = json.dumps(draw("throughput", of["groq"]))
    assert "compiler estimate, sequences/s" in spec
    ratio = rows_of("ratio", of["groq"]).filter(pl.col("quantity").str.starts_with("on_chip"))
    assert set(ratio["verdict"]) == {"not comparable"}
    assert ratio["shown"].null_count() == ratio.height


def test_what_is_not_of_one_unit_is_in_no_panel_together(every: Ledger) -> None:
    frame = rows_of("throughput", every)
    assert frame.group_by("block").agg(pl.col("unit").n_unique()).filter(pl.col("unit") > 1).height == 0


def test_runs_without_a_result_are_no_rate_and_no_score(every: Ledger) -> None:
    failed = set(
        every.logs.runs.filter(~pl.col("status").is_in(["completed", "completed_with_errors"]))["run"].cast(str)
    )
    for name in ("throughput", "accuracy", "tradeoff"):
        assert not failed & set(rows_of(name, every)["run"].drop_nulls())


def test_ratios_are_those_of_compare_and_stand_where_they_are(of: dict[str, Ledger]) -> None:
    made = compare(of["cerebras"], ["batch_1024", "batch_512"])
    frame = rows_of("ratio", made).filter(pl.col("shown").is_not_null())
    table = made.frame().filter(~pl.col("baseline"))
    for row in frame.iter_rows(named=True):
        told = table.row(by_predicate=pl.col("quantity") == row["quantity"], named=True)
        assert row["verdict"] == told["verdict"]
        assert row["ratio"] == told["ratio"]
        assert row["shown"] == told["ratio"]
        assert row["better"] == told["better"]


def test_the_rows_of_ratios_are_computed_once(of: dict[str, Ledger], monkeypatch: pytest.MonkeyPatch) -> None:
    ratio, computed = charts.module("ratio"), []
    rows = ratio._block_rows
    monkeypatch.setattr(ratio, "_block_rows", lambda *options, **more: computed.append(1) or rows(*options, **more))
    view = charts.view_for("ratio", of["cerebras"], where="label LIKE 'bert_large_batch%'")
    charts.specification("ratio", view)
    assert charts.rows("ratio", view).height
    assert len(computed) == 1


def test_swapping_the_baseline_mirrors_the_ratios(of: dict[str, Ledger]) -> None:
    logs = of["cerebras"]
    one, other = (rows_of("ratio", compare(logs, ["batch_1024", "batch_512"], baseline=b)) for b in ("1024", "512"))
    for a, b in zip(one.iter_rows(named=True), other.iter_rows(named=True), strict=True):
        assert a["verdict"] == b["verdict"]
        if a["ratio"] is not None:
            assert math.log(a["shown"]) == pytest.approx(-math.log(b["shown"]))


def test_work_that_is_not_the_same_has_words_and_no_mark(every: Ledger) -> None:
    made = compare(every, ["mnist_as_is_cold", "bert_large_batch_512"])
    with pytest.raises(NothingToDraw, match="no two runs of the same workload and task have a quantity"):
        logparse.chart.ratio(made)


def test_a_score_at_chance_is_a_cross_and_the_title_says_so(of: dict[str, Ledger]) -> None:
    frame = rows_of("accuracy", of["graphcore"])
    wrong = frame.filter(pl.col("wrong").is_not_null())
    assert wrong["label"].to_list() == ["mnist_at_chance.out"]
    spec = draw("accuracy", of["graphcore"])
    assert spec is not None
    assert "mnist_at_chance.out (at chance)" in spec["description"]


def test_accuracies_have_their_interval_and_the_noise_of_their_verdict(of: dict[str, Ledger]) -> None:
    row = rows_of("accuracy", of["graphcore"]).row(by_predicate=pl.col("label") == "mnist_as_is_cold.out", named=True)
    assert row["items"] == 10_000
    assert row["greatest"] - row["value"] == pytest.approx(0.0029, abs=1e-4)
    assert row["noise_low"] is None  # of the baseline itself
    frame = rows_of("accuracy", of["graphcore"]).filter(pl.col("block") == row["block"], pl.col("low").is_not_null())
    assert frame.height
    for other in frame.iter_rows(named=True):
        half = (other["high"] - other["low"]) / 2
        assert other["noise_low"] == pytest.approx(row["value"] - half)
        assert other["noise_high"] == pytest.approx(row["value"] + half)


def test_several_runs_of_one_side_are_small_dots_on_a_range(of: dict[str, Ledger]) -> None:
    frame = rows_of("throughput", of["cerebras"], by="batch_size", where="workload = 'bert_large'")
    side = frame.filter(pl.col("label") == "batch_size 1024")
    assert side.filter(mark="rate")["n"].to_list() == [3]
    assert side.filter(mark="run").height == 3


def test_losses_at_different_budgets_have_no_front(of: dict[str, Ledger]) -> None:
    frame = rows_of("tradeoff", of["cerebras"], where="label LIKE 'bert_large_batch%'")
    assert frame["best"].null_count() == 3
    assert frame["apart"].drop_nulls().str.starts_with("samples seen differ").all()


def test_a_front_holds_runs_of_one_number_of_samples_in_whatever_order_they_are_read() -> None:
    paths = sorted((SAMPLES / "graphcore").glob("mnist_*"))
    told = []
    for order in (paths, paths[::-1]):
        ledger = Ledger(logparse.ingest(order))
        seen = {job.id: job["samples"] for job in ledger.jobs}
        frame = rows_of("tradeoff", ledger).filter(score_name="accuracy")
        assert len({seen[run] for run in frame.filter(pl.col("best").is_not_null())["run"]}) == 1
        told.append(dict(frame.select("run", "best").rows()))
    assert told[0] == told[1]
    assert None in told[0].values()


def test_winners_that_are_level_are_said_to_be(of: dict[str, Ledger]) -> None:
    spec = draw("tradeoff", of["groq"], where="workload = 'bert_tiny'")
    assert spec is not None
    assert "not differ" in spec["description"]


def test_a_name_stands_by_its_own_dot_or_has_a_line_to_it() -> None:
    points = {"quick": (0.05, 77.5), "as_quick": (0.05, 77.5), "slower": (0.06, 77.5), "a_bit_slower": (0.061, 77.4)}
    frame = pl.DataFrame(
        [{"label": f"a_name_of_some_length_{n}.out", "time_s": x, "score": y, "score_name": "accuracy"}
         for n, (x, y) in points.items()],
        schema=tradeoff.ROWS,
    )  # fmt: skip
    placed, without = tradeoff._placed(frame, (0.04, 0.09), (76.0, 79.0), (330.0, 230.0), 11.0)
    assert placed.height + without == frame.height
    assert placed.height >= 3
    dots = list(zip(placed["dx"], placed["dy"], strict=True))
    for row in placed.iter_rows(named=True):
        wide = text_width(row["text"], 11.0)
        box = (row["px"], row["py"] - 6.5, row["px"] + wide, row["py"] + 6.5)
        own = tradeoff._away(box, (row["dx"], row["dy"]))
        others = [tradeoff._away(box, dot) for dot in dots if dot != (row["dx"], row["dy"])]
        assert row["tx"] is not None or own + 8 <= min(others)


def test_what_has_no_known_noise_is_not_said_to_be_within_it(of: dict[str, Ledger]) -> None:
    frame = rows_of("ratio", of["cerebras"], where="label LIKE 'bert_large_batch%'")
    some = frame.filter(pl.col("side").is_not_null()).unique("quantity", maintain_order=True).head(3)
    unknown = some.with_columns(verdict=pl.lit("unknown"), side=pl.lit("b.out"), baseline=pl.lit("a.out"))
    assert (
        ratio._finding(view_of(of["cerebras"]), unknown)
        == "b.out vs a.out: 3 differences, of unknown significance because the noise is unknown"
    )


def test_a_reason_is_cut_at_its_end() -> None:
    reason = "not comparable: samples seen differ (512,000 and 1,024,000): compare at equal samples (--at samples)"
    assert clipped(reason, 300, 11.0) == "not comparable: samples seen differ (512,000 and …"
    assert clipped(reason, 3000, 11.0) == reason


def test_a_front_goes_through_runs_that_may_be_compared(of: dict[str, Ledger]) -> None:
    frame = rows_of("tradeoff", of["graphcore"]).filter(pl.col("score_name") == "accuracy")
    front = frame.filter(pl.col("best").fill_null(False)).sort("time_s")
    assert front["score"].is_sorted()
    for beaten in frame.filter(~pl.col("best")).iter_rows(named=True):
        better = (pl.col("time_s") <= beaten["time_s"]) & (pl.col("score") >= beaten["score"])
        assert front.filter(better).height


# ---- files ---- #


def saved(format: str, logs: Ledger, command: str | None = "logparse chart duration") -> bytes:
    return export(charts.specification("duration", charts.view_for("duration", logs)), format, command)


def test_a_picture_holds_what_made_it(few: dict[str, Ledger]) -> None:
    logs = few["cerebras"]
    source = str(SAMPLES / "cerebras" / "bert_large_batch_512.out")
    png = saved("png", logs)
    assert b"iTXtlogparse\0" in png
    assert source.encode() in png
    svg = saved("svg", logs).decode()
    assert f"&quot;command&quot;: &quot;logparse chart duration&quot;" in svg  # noqa: F541
    assert source in svg
    spec = json.loads(saved("json", logs))
    made = spec["usermeta"]["logparse"]
    assert made["version"] == logparse.__version__
    assert made["command"] == "logparse chart duration"
    assert source in made["sources"]
    pdf = saved("pdf", logs)
    assert pdf.startswith(b"%PDF")
    assert "logparse chart duration".encode("utf-16-be").hex().encode() in pdf


def test_the_update_of_a_pdf_points_where_it_says(few: dict[str, Ledger]) -> None:
    pdf = saved("pdf", few["graphcore"])
    start = int(pdf.rpartition(b"startxref\n")[2].split()[0])
    assert pdf[start:].startswith(b"xref\n0 1\n")
    offset = int(pdf[start:].split(b"\n")[4].split()[0])
    assert re.match(rb"\d+ 0 obj\n<< /Producer", pdf[offset:])


def test_a_png_is_whole_after_its_text_was_put_in(few: dict[str, Ledger]) -> None:
    import zlib

    png, at, kinds = saved("png", few["graphcore"]), 8, []
    while at < len(png):
        size = struct.unpack(">I", png[at : at + 4])[0]
        body = png[at + 4 : at + 8 + size]
        assert struct.unpack(">I", png[at + 8 + size : at + 12 + size])[0] == zlib.crc32(body)
        kinds.append(body[:4])
        at += 12 + size
    assert kinds[:2] == [b"IHDR", b"iTXt"]
    assert kinds[-1] == b"IEND"


class _Page(HTMLParser):
    """What a browser would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts[-1] += data


def test_a_page_fetches_nothing(few: dict[str, Ledger]) -> None:
    page = _Page()
    page.feed(saved("html", few["graphcore"]).decode())
    assert not [attrs for _, attrs in page.tags if {"src", "href", "srcset", "data"} & attrs.keys()]
    policy = next(a["content"] for t, a in page.tags if t == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy
    assert len(page.scripts) == 3


HOSTILE = "</script><script>alert(1)</script>\"'`${x}&amp;\x1b[31m\u2028datum.x <img src=x onerror=alert(2)>.out"


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Runs whose file names, and so labels and places, hold what some machine might take for more than text."""
    folder = tmp_path_factory.mktemp("logs")
    names = [HOSTILE.replace("/", "\u2215"), "javascript:alert(3).out", "a\nb\tc].out", "{{x}} #2 [y] \\u003c.out"]
    for name, sample in zip(
        names, ("as_is_cold", "asked_20_epochs_ran_10", "asked_lr_002_cached", "at_chance"), strict=True
    ):
        (folder / name).write_bytes((SAMPLES / "graphcore" / f"mnist_{sample}.out").read_bytes())
    return Ledger(logparse.ingest(folder))


@pytest.mark.parametrize("name", NAMES)
def test_hostile_log_text_is_only_text(name: str, hostile: Ledger) -> None:
    try:
        drawing = getattr(logparse.chart, name)(hostile)
    except NothingToDraw:
        return
    text = json.dumps(drawing.to_dict(), ensure_ascii=False)
    assert "\x1b" not in text
    expressions = re.findall(r'"(?:expr|labelExpr|calculate|filter|test|signal|href|url)": "([^"]*)"', text)
    assert not [e for e in expressions if "alert" in e or "mnist" in e]
    fields = set(re.findall(r'"field": "([^"]*)"', text))
    assert all(re.fullmatch(r"[a-z_0-9]+", field) for field in fields), fields
    svg = export(drawing.to_dict(), "svg").decode()
    assert "<script" not in svg
    assert "<img" not in svg


def test_the_script_of_pages_is_bundled_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import vl_convert

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = vega_script()
    monkeypatch.setattr(vl_convert, "javascript_bundle", None)
    assert vega_script() == first
    assert "</script" not in first
    (file,) = (tmp_path / "logparse").glob("vega-*.js")
    file.write_bytes(file.read_bytes() + b"alert(1)")
    with pytest.raises(TypeError):  # a file that was changed is not used
        vega_script()


def test_hostile_log_text_does_not_leave_its_script_element(hostile: Ledger) -> None:
    page = _Page()
    page.feed(saved("html", hostile, command=f"logparse chart {HOSTILE}").decode())
    assert len(page.scripts) == 3
    assert not [tag for tag, _ in page.tags if tag == "img"]
    spec = json.loads(page.scripts[1])
    assert spec["usermeta"]["logparse"]["command"] == f"logparse chart {HOSTILE}"


@pytest.mark.parametrize("format", ["html", "svg", "png", "pdf"])
def test_without_the_package_that_makes_pictures_the_message_says_how_to_get_it(
    format: str, few: dict[str, Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(UsageError, match=r"pip install 'logparse\[charts\]'"):
        saved(format, few["graphcore"])
    assert json.loads(saved("json", few["graphcore"]))["$schema"].startswith("https://vega.github.io/schema/vega-lite/")


def test_somebodys_settings_of_altair_change_no_file(few: dict[str, Ledger]) -> None:
    import altair as alt

    plain = saved("json", few["graphcore"])
    with alt.theme.enable("dark"), alt.data_transformers.enable("default", max_rows=1):
        assert saved("json", few["graphcore"]) == plain


# ---- text ---- #


def test_text_is_wrapped_to_the_width_and_loses_nothing() -> None:
    text = "one two three " * 20 + "x" * 300
    lines = _theme.wrap(text, 200, 11)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(_theme.text_width(line, 11) <= 210 for line in lines)


def test_labels_are_shortened_in_the_middle_and_stay_apart() -> None:
    labels = [f"a_long_name_of_a_run_with_number_{n}_and_a_long_end_of_it.out" for n in range(3)]
    short = _theme.distinct_labels(labels, 150, 11)
    assert len(set(short)) == 3
    assert all(_theme.text_width(label, 11) <= 155 for label in short)
    assert all(label.startswith(f"…{n}_and_a_long") for n, label in enumerate(short)), "around what differs"
    assert _theme.distinct_labels(labels[:1], 150, 11)[0].startswith("a_long"), "alone, in the middle"


# ---- the command ---- #


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in args], prog_name="logparse", catch_exceptions=False)


GROQ = SAMPLES / "groq" / "bert_tiny_dummy_input.out"
BATCHES = [SAMPLES / "cerebras" / f"bert_large_batch_{b}.out" for b in (512, 1024)]


def test_the_suffix_decides_what_is_written(tmp_path: Path) -> None:
    begins = {"html": b"<!DOCTYPE", "svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "json": b"{"}
    for format in ("svg", "json"):
        result = run("chart", "throughput", GROQ, "-o", tmp_path / f"a.{format}")
        assert result.exit_code == 0, result.output
        assert (tmp_path / f"a.{format}").read_bytes().startswith(begins[format])
        assert result.stdout == ""
    assert run("chart", "throughput", GROQ, "--format", "json").stdout_bytes.startswith(b"{")


def test_the_rows_drawn_are_written_with_their_lines(tmp_path: Path) -> None:
    result = run("chart", "ratio", *BATCHES, "--data", tmp_path / "rows.csv", "--baseline", "1024")
    assert result.exit_code == 0
    frame = pl.read_csv(tmp_path / "rows.csv")
    compiling = frame.row(by_predicate=pl.col("quantity") == "compile_s", named=True)
    assert compiling["shown"] == pytest.approx(compiling["ratio"])
    assert f"{BATCHES[0]}:" in compiling["evidence"]


def test_the_command_is_told_in_the_file(tmp_path: Path) -> None:
    run(
        "chart",
        "duration",
        GROQ.with_name("bert_tiny_spinner_frames_raw.out"),
        "-o",
        tmp_path / "a.json",
        "--width",
        "300",
    )
    made = json.loads((tmp_path / "a.json").read_text())["usermeta"]["logparse"]
    assert made["command"].startswith("logparse chart duration ")
    assert made["command"].endswith(f"--output {tmp_path / 'a.json'} --width 300")
    assert made["options"] == {"width": 300}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "no output given: use -o chart.html (or .svg, .png, .pdf, .json), or --format and a pipe"),
        (
            ("-o", "a.gif"),
            "cannot infer the format of a.gif: use a suffix (.html, .svg, .png, .pdf, .json) or --format",
        ),
        (("-o", "a.svg", "--per", "rank"), "--per does not apply to the chart duration"),
        (("-o", "a.svg", "--where", "no_such = 1"), "where:"),
        (("-o", "a.svg", "--data", "rows.xyz"), "cannot infer the format of rows.xyz"),
    ],
)
def test_wrong_usage_is_2_and_says_what_is_right(args: tuple[str, ...], message: str) -> None:
    result = run("chart", "duration", BATCHES[0], *args)
    assert result.exit_code == 2
    assert message in result.stderr


def test_an_unknown_chart_is_2_and_the_nearest_is_named() -> None:
    result = run("chart", "ration", GROQ, "-o", "a.svg")
    assert result.exit_code == 2
    assert "there is no chart 'ration'; did you mean 'ratio'?" in result.stderr


def test_nothing_to_draw_is_3_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("nothing that anybody knows\n")
    for args, reason in (
        (("duration", tmp_path / "a.log"), "no runs in these logs: "),
        (("ratio", GROQ), "Nothing to draw: "),
        (("duration", GROQ, "--where", "platform = 'ibm'"), "Nothing to draw: "),
    ):
        result = run("chart", *args, "-o", tmp_path / "a.svg")
        assert result.exit_code == 3, args
        assert result.stderr.startswith(reason)
        assert not (tmp_path / "a.svg").exists()


def test_names_of_charts_are_completed() -> None:
    from logparse.cli.chart import command

    param = command.params[0]
    found = param.shell_complete(command.make_context("chart", ["ratio"], resilient_parsing=True), "t")
    assert [item.value for item in found] == [name for name in NAMES if name.startswith("t")]


def test_importing_logparse_does_not_import_altair() -> None:
    code = "import sys; from logparse import charts, ingest; charts.names(); print('altair' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


# ---- what a chart is drawn from, and what is said below it ---- #


def test_rows_of_runs_may_be_drawn_and_nothing_else(few: dict[str, Ledger]) -> None:
    runs = few["cerebras"].logs.runs
    frame = charts.rows("throughput", charts.view_for("throughput", runs.filter(pl.col("batch_size") > 512)))
    assert sorted(frame.filter(pl.col("mark") == "rate")["label"]) == ["bert_large_batch_1024.out"]
    others: tuple[Any, ...] = ([], "logs", runs.select("run"))
    for wrong in others:
        with pytest.raises(UsageError, match="a chart is drawn from logs"):
            charts.view_for("throughput", wrong)


@pytest.mark.parametrize("name", charts.names())
def test_every_chart_takes_by_sort_caption_and_all(name: str, every: Ledger) -> None:
    options: dict[str, Any] = {"by": "batch_size", "sort": "-throughput", "all": True}
    shorter: dict[str, int] = {}
    for caption in ("full", "short", "none"):
        view = charts.view_for(name, every, caption=caption, **options)
        try:
            foot = charts.specification(name, view).get("title", {"text": []})["text"]
        except NothingToDraw:
            return
        shorter[caption] = len(foot)
    assert shorter["none"] == 0
    assert 1 <= shorter["short"] <= 2
    assert shorter["full"] >= shorter["short"]


def test_an_order_is_that_of_a_column(few: dict[str, Ledger]) -> None:
    def order(sort: str) -> list[str]:
        frame = charts.rows("duration", charts.view_for("duration", few["cerebras"], sort=sort))
        return frame["label"].unique(maintain_order=True).to_list()

    assert order("throughput") == list(reversed(order("-throughput")))
    assert order("batch_size")[-1] == "bert_large_batch_1024"
    assert order("-batch_size")[0] == "bert_large_batch_1024"
    with pytest.raises(UsageError, match="not a column of runs"):
        charts.view_for("duration", few["cerebras"], sort="speed")
