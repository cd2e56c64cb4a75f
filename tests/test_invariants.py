"""What holds of every value, whatever a log prints: impossible ones are null, with line, reason and message."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from conftest import SAMPLES, run

import logparse
from logparse import charts
from logparse.frames import invariants
from logparse.grammar import units
from logparse.schema import RUNS

CEREBRAS = (SAMPLES / "cerebras" / "bert_large_batch_1024.out").read_text()


def ingest(text: str) -> logparse.Logs:
    return logparse.ingest(text.encode())


def absence(logs: logparse.Logs, column: str) -> dict[str, Any]:
    assert logs.runs[column].to_list() == [None]
    return logs.evidence.filter((pl.col("column") == column) & (pl.col("how") == "absent")).row(0, named=True)


def test_a_loss_that_is_not_a_number_is_a_fact_of_its_own() -> None:
    logs = ingest(CEREBRAS.replace("Loss=7.07812", "Loss=nan").replace("Loss=7.20312", "Loss=inf"))
    losses = logs.metrics.filter(pl.col("name") == "loss")
    assert losses["not_finite"].to_list()[-3:] == [None, "inf", "nan"]
    assert losses["value"].to_list()[-3:] == [7.26562, None, None]
    assert losses["value"].mean() == pytest.approx(sum(losses["value"][:-2]) / 8)
    why = absence(logs, "loss")
    assert (why["code"], why["text"], why["rule"]) == ("not_finite", "nan", "cerebras/train_step")
    assert logs.lines(why["source"], [why["line"]])[why["line"]][why["start"] :].startswith("nan")
    assert "diverged" in logparse.findings(logs)["name"].to_list()


def test_a_count_below_one_is_no_count() -> None:
    logs = ingest(CEREBRAS.replace("using 1 CSX", "using 0 CSX"))
    why = absence(logs, "devices")
    assert (why["code"], why["text"]) == ("unreadable", "0")
    message = logs.messages.filter(pl.col("kind") == "unreadable").row(0, named=True)
    assert (message["line"], message["level"]) == (why["line"], "warning")


def test_a_later_declaration_counts_where_the_first_value_is_impossible() -> None:
    logs = ingest(CEREBRAS.replace("Effective batch size is 1024.", "Effective batch size is 0."))
    assert logs.runs["batch_size"].to_list() == [1024]  # the samples divided by the steps
    assert logs.messages.filter(pl.col("kind") == "unreadable")["text"].to_list() == [
        "batch_size: 0 is not a possible value"
    ]


def test_a_run_does_not_end_before_its_start() -> None:
    first, _, rest = CEREBRAS.partition("2024-04-07 ")
    logs = ingest(first + "2031-04-07 " + rest)
    why = absence(logs, "ended_at")
    assert why["code"] == "impossible"
    assert "before the start of the run" in why["reason"]
    assert logs.runs["total_s"].to_list() == [None]
    message = logs.messages.filter(pl.col("kind") == "impossible").row(0, named=True)
    assert (message["text"], message["line"]) == (f"ended_at: {why['reason']}", why["line"])


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("devices", [1, 0, -3, None], [None, "impossible", "impossible", None]),
        ("total_s", [0.0, -1e-9, float("nan"), float("inf")], [None, "impossible", "not_finite", "not_finite"]),
        ("accuracy", [0.0, 1.0, 1.0001, -0.1], [None, None, "impossible", "impossible"]),
        ("loss", [-3.0, 0.0, -1e39, 2e40], [None, None, None, "impossible"]),
        ("workload", ["", "x"], [None, None]),
    ],
)
def test_what_breaks_an_invariant(column: str, values: list[Any], expected: list[str | None]) -> None:
    check = invariants.check(column, RUNS[column])
    found = [None if value is None else check(value, None, None) for value in values]
    assert [cause and cause[0].value for cause in found] == expected


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("wer", [0.2, 1.7, -1.0], [0.2, 1.7, None]),
        ("accuracy", [0.2, 1.7, float("inf")], [0.2, None, float("inf")]),
        ("train_s", [1.5, -2.0, float("nan")], [1.5, None, None]),
        ("step", [0, -1, None], [0, None, None]),
        ("seed", [-1], [-1]),
        ("loss", [3e38, 1e-45, 1e41, -1e41], [3e38, 1e-45, float("inf"), float("-inf")]),
        ("train_s", [3e38, 1e41], [3e38, None]),
    ],
)
def test_a_quantity_has_a_range(name: str, values: list[Any], expected: list[Any]) -> None:
    assert units.possible(pl.Series(values), name).to_list() == expected


def test_a_loss_beyond_all_measures_is_infinite() -> None:
    logs = ingest(CEREBRAS.replace("Loss=7.07812", "Loss=1e200"))
    assert logs.metrics.filter(pl.col("name") == "loss")["not_finite"].to_list()[-2:] == [None, "inf"]
    why = absence(logs, "loss")
    assert (why["code"], why["text"]) == ("not_finite", "1e200")


EXTREMES = ("9e39", "-9e39", "1e39", "2e-36", "1.7e308", "-1.7e308", "5e-324", "1e-200", "0", "99999999999999999999")


@pytest.fixture(scope="module")
def extremes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs of repeats and settings, a part of whose numbers are as large or as small as text can say."""
    folder, random = tmp_path_factory.mktemp("extremes"), Random(1)
    for sample in sorted((SAMPLES / "cerebras").glob("bert*.out")) + sorted((SAMPLES / "groq").glob("*.out")):
        for number, share in enumerate((0.02, 0.2, 0.6)):
            text = re.sub(
                r"(?<![\w.:/-])\d+\.\d+(?![\w.:/-])",
                lambda match: random.choice(EXTREMES) if random.random() < share else match[0],  # noqa: B023
                sample.read_text(errors="replace"),
            )
            (folder / f"{sample.stem}_{number}.out").write_text(text)
    return folder


CHARTS = [f"chart {name} -o out.json --all" for name in charts.names()]


@pytest.mark.parametrize("command", ["compare", "findings", *CHARTS, "report -o a.html"])
def test_extreme_numbers_break_no_command(extremes: Path, desk: Path, command: str) -> None:
    result = run(*command.split(), extremes)
    assert "internal error" not in result.stderr
    assert result.exit_code in (0, 2, 3), result.stderr
    if Path("out.json").exists():
        json.loads(Path("out.json").read_text(), parse_constant=lambda name: pytest.fail(f"{name} in JSON"))


def test_a_phase_takes_no_negative_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from logparse.frames import phase_spans

    def too_long(pairs: Sequence[phase_spans._Pair], *_: Any) -> dict[int, float]:
        return {pair.id: 1e9 for pair in pairs}

    monkeypatch.setattr(phase_spans, "_excluded_time", too_long)
    logs = ingest(CEREBRAS)
    assert (logs.phases["duration_s"] >= 0).all()
    assert logs.messages.filter(pl.col("kind") == "impossible").height


def test_phases_after_an_impossible_one_have_keys_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from logparse.frames import phase_spans

    two = [SAMPLES / "cerebras" / f"bert_large_batch_{size}.out" for size in (512, 1024)]
    expected = logparse.ingest(two)
    excluded: Callable[..., dict[int, float]] = phase_spans._excluded_time

    calls: list[object] = []

    def first_is_impossible(pairs: Sequence[phase_spans._Pair], *args: Any) -> dict[int, float]:
        calls.append(args)
        seconds = excluded(pairs, *args)
        return seconds if len(calls) > 1 else {**seconds, pairs[0].id: 1e9}

    monkeypatch.setattr(phase_spans, "_excluded_time", first_is_impossible)
    logs = logparse.ingest(two)
    assert 0 < logs.phases.height < expected.phases.height
    assert logs.phases.select("run", "key").is_unique().all()
    rows = logs.evidence.filter(pl.col("frame") == "phases")
    assert set(rows.select("run", "key").rows()) == set(logs.phases.select("run", "key").rows())


def test_a_bar_whose_time_is_impossible_is_no_phase() -> None:
    text = (SAMPLES / "graphcore" / "mnist_asked_lr_002_cached.out").read_text()
    expected = ingest(text)
    bar = expected.phases.filter(pl.col("basis") == "bar").row(0, named=True)
    lines = text.split("\n")
    line = lines[bar["line_first"] - 1]
    lines[bar["line_first"] - 1] = re.sub(r"\[\d\d:\d\d<", f"[{'1' * 400}:27<", line)
    assert lines[bar["line_first"] - 1] != line
    logs = ingest("\n".join(lines))
    assert logs.phases.height == expected.phases.height - 1
    assert logs.phases["duration_s"].null_count() == 0


def test_an_infinite_time_for_each_step_is_no_rate() -> None:
    values = pl.DataFrame({"text": ["1e309", "-1e309", "2.0", "nan"]})
    rate = values.select(units.value(pl.col("text"), "iteration_rate", "s/it").alias("rate"))["rate"]
    assert rate.to_list()[:3] == [None, None, 0.5]
    assert rate.is_nan().to_list()[3]
    found = values.select(units.resolution(pl.col("text"), "iteration_rate", pl.lit("s/it"), ["s/it"]).alias("found"))[
        "found"
    ]
    assert found.to_list()[:2] == [None, None]
