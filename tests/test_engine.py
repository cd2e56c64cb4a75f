"""The engine as a whole: the same log in another form gives the same values, and a bad input costs only itself."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from conftest import SAMPLES
from hypothesis import given
from hypothesis import strategies as st

import logparse
from logparse import pipeline
from logparse.errors import NoSuchInput
from logparse.frames import evidence, records
from logparse.grammar import Grammar, Rule, formula, integer, registry, units
from logparse.reading import match, scan, scanner, threads
from logparse.reading.scan import SLICE_BYTES, _frequent, literals
from logparse.reading.sources import clean, read_sources
from logparse.schema import build

WHERE = ["label", "source", "line_first", "line_last", "copies"]
"""Columns of runs that say where a run stands."""

FORMS: dict[str, Callable[[bytes], bytes]] = {
    "CRLF": lambda text: re.sub(rb"\r*\n", b"\r\n", text),
    "caret M": lambda text: re.sub(rb"\r*\n", b"^M\n", text),
    "gzip": gzip.compress,
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text,
    "UTF-16": lambda text: clean(text)[0].decode().encode("utf-16"),
    "no last newline": lambda text: text.rstrip(b"\n"),
    "blank lines above": lambda text: b"\n\n\n" + text,
    "blanks at line ends": lambda text: text.replace(b"\n", b"  \n"),
    "lines of others below": lambda text: text + b"\nnothing that is known\n",
}


def samples() -> list[Path]:
    return sorted(path for path in SAMPLES.rglob("*") if path.suffix in (".out", ".log", ".txt"))


def values(inputs: list[bytes]) -> pl.DataFrame:
    return logparse.ingest(inputs).runs.drop(WHERE)


@pytest.fixture(scope="module")
def plain() -> pl.DataFrame:
    """`values` of all samples as they are."""
    return values([path.read_bytes() for path in samples()])


@pytest.mark.parametrize("form", FORMS)
def test_another_form_of_the_same_log_gives_the_same_runs(form: str, plain: pl.DataFrame) -> None:
    texts = [path.read_bytes() for path in samples()]
    assert plain.height > 40
    found = values([FORMS[form](text) for text in texts])
    if form == "lines of others below":
        # Nothing proves any more that the work was under way when the log ended.
        plain = plain.with_columns(status=pl.when(pl.col("status") != "incomplete").then("status"))
    assert found.equals(plain)


def test_the_order_of_inputs_changes_no_value(plain: pl.DataFrame) -> None:
    reverse = values([path.read_bytes() for path in samples()[::-1]])
    assert plain.sort("run").equals(reverse.sort("run"))


def test_a_bad_input_is_told_and_costs_the_others_nothing(tmp_path: Path) -> None:
    good = samples()[0].read_bytes()
    bad = {
        "empty.out": b"",
        "binary.out": bytes(range(256)) * 40,
        "cut.gz": gzip.compress(os.urandom(9000))[:12],
        "prose.out": b"nothing that is known\n",
    }
    for name, data in {**bad, "good.out": good}.items():
        (tmp_path / name).write_bytes(data)
    logs = logparse.ingest(tmp_path)
    said = {Path(row["source"]).name: row for row in logs.sources.rows(named=True)}
    assert said.keys() == {*bad, "good.out"}
    assert all(said[name]["reason"] and said[name]["status"] != "read" for name in bad)
    assert said["good.out"]["status"] == "read"
    assert logs.runs.drop(WHERE).equals(values([good]))


def test_a_path_that_is_missing_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(NoSuchInput, match="nowhere"):
        logparse.ingest(tmp_path / "nowhere.out")


@given(st.lists(st.text(alphabet="ab \r\n\x00\x0b\x0c\x1e\x85\u2028\u2029é", max_size=40), min_size=1, max_size=4))
def test_any_text_is_counted_by_its_newlines(texts: list[str]) -> None:
    sources = logparse.ingest([text.encode() for text in texts]).sources
    read = sources.filter(pl.col("encoding").is_not_null())
    assert (read["lines_blank"] <= read["lines"]).all()
    for row, text in zip(sources.rows(named=True), texts, strict=True):
        if row["encoding"] is not None:
            assert row["lines"] == text.count("\n") + (bool(text) and not text.endswith("\n"))


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(1, 1e6))
def test_a_formula_gives_the_value_of_a_cell_and_recomputes_it(a: float, b: float, c: float) -> None:
    for text in ("a - b / c", "max(a - b, 0)", "min(a, b) * c", "abs(a) + -b", "round(a)", "(a + b) / (2 * c)"):
        cell = formula.compiled(text)({"a": a, "b": b, "c": c}.get)
        given_ = {name: value for name, value in {"a": a, "b": b, "c": c}.items() if name in formula.names(text)}
        assert cell == pytest.approx(formula.evaluate(text, given_))


def silent_telling_lines() -> list[bytes]:
    """Examples of rules that tell the platform and say nothing else, and that pass the gate of no other rule."""
    grammars = registry.grammars()
    gate = literals(rule for g in grammars for rule in g.rules if g.extracts_data(rule))
    examples = [
        e
        for g in grammars
        for r in g.rules
        if "identifies_platform" in r.marked and not g.extracts_data(r)
        for e in r.examples
    ]
    return [example.encode() + b"\n" for example in examples if not any(text in example for text in gate)]


def test_long_neighbours_change_nothing_of_a_short_log() -> None:
    # Short texts are scanned together: of the lines that only tell a platform none may be lost to those above.
    short = silent_telling_lines()
    assert len(short) > 5
    noise = b"nothing that is known\n" * (SLICE_BYTES // 36)  # two of them fill a slice
    sources = logparse.ingest([*short, noise, *(b"\n" + text for text in short), noise + b"1"]).sources
    first, second = sources.head(len(short)), sources.slice(len(short) + 1, len(short))
    columns = ["status", "platform", "lines_known"]
    assert "unknown_platform" not in set(first["status"])
    assert second.select(columns).equals(first.select(columns))


@given(st.lists(st.text("aé±\n", max_size=12), min_size=1, max_size=4))
def test_frequent_rules_are_sought_in_whole_lines(ends: list[str]) -> None:
    # The last line may have no end, and its last character several bytes.
    filler = b"one line of many\n" * (SLICE_BYTES // 17 + 1)
    texts = [filler, *(text.encode() for text in ends)]
    assert _frequent([[(text, 0, len(text)) for text in texts]], {g: g.rules for g in registry.grammars()}) == []


def test_many_long_logs_may_end_in_the_middle_of_a_line() -> None:
    logs = logparse.ingest([b"one line of many\n" * (SLICE_BYTES // 17 + 1), "first\n85.3 µs ± 2 µ".encode()])
    assert logs.sources["lines"].to_list() == [SLICE_BYTES // 17 + 1, 2]


def test_a_run_of_which_nothing_is_known_is_still_a_row() -> None:
    rule = Rule(
        "went_on", "Thing 7 went on", "Thing " + integer("value") + " went on", marks="identifies_platform running"
    )
    grammar = Grammar("things", "Things", (rule,))
    logs = logparse.ingest([b"Thing 7 went on\n", b"Thing 8 went on\n"], grammars=[grammar])
    assert list(logs.runs["platform"]) == ["things", "things"]
    assert list(logs.runs["status"]) == [None, None]


# ---- the ways inside: few lines and many, one batch and several ---- #


def sorted_frames(inputs: list[bytes]) -> dict[str, pl.DataFrame]:
    """All frames, their words as text and their rows in one order."""
    frames = logparse.ingest(inputs).frames()
    plain = {name: frame.with_columns(pl.col(pl.Categorical).cast(pl.String)) for name, frame in frames.items()}
    return {name: frame.sort(frame.columns, nulls_last=True) for name, frame in plain.items()}


@pytest.fixture(scope="module")
def as_ever() -> dict[str, pl.DataFrame]:
    return sorted_frames([path.read_bytes() for path in samples()])


@pytest.mark.parametrize(
    "ways",
    [
        pytest.param({pipeline: {"BATCH_BYTES": 1}}, id="a batch for each source"),
        pytest.param({pipeline: {"BATCH_BYTES": 100_000}}, id="some batches"),
        pytest.param({build: {"MANY": 2}, records: {"MANY": 2}, units: {"MANY": 2}}, id="each frame is long"),
        pytest.param({scan: {"SLICE_BYTES": 2_000, "_FREQUENT": 0.02}}, id="slices, and rules before any gate"),
        pytest.param(
            {
                scan: {"SLICE_BYTES": 2_000, "_FREQUENT": 0.02},
                scanner: {"_compiled": None},
                evidence: {"_program": lambda rule: None},  # it keeps the programs of earlier tests
            },
            id="without the scanner",
        ),
        pytest.param({threads: {"WORTH_THREADS": 1}}, id="on all cores"),
        pytest.param(
            {
                pipeline: {"BATCH_BYTES": 200_000},
                threads: {"WORTH_THREADS": 1},
                scan: {"SLICE_BYTES": 1_000, "_FREQUENT": 0.01},
                build: {"MANY": 1},
                records: {"MANY": 1},
                units: {"MANY": 1},
                match: {"_PART_LINES": 7},
            },
            id="all at once",
        ),
    ],
)
def test_how_much_is_read_at_once_changes_nothing(
    ways: dict[ModuleType, dict[str, Any]], as_ever: dict[str, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, settings_ in ways.items():
        for name, value in settings_.items():
            monkeypatch.setattr(module, name, value)
    found = sorted_frames([path.read_bytes() for path in samples()])
    assert [name for name in as_ever if not found[name].equals(as_ever[name])] == []


def test_what_was_read_stands_in_the_order_of_lines_and_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[pl.DataFrame] = []
    found = pipeline.find_runs

    def looked_at(*given: Any) -> Any:
        out = found(*given)
        seen.extend(frame for hits in out.hits for frame in hits.by_rule.values())
        return out

    monkeypatch.setattr(pipeline, "find_runs", looked_at)
    logparse.ingest([b"\n".join(path.read_bytes() for path in samples()), *(path.read_bytes() for path in samples())])
    assert len(seen) > 200
    for frame in seen:
        assert frame["pos"].to_list() == sorted(frame["pos"])
        assert frame["n"].to_list() == sorted(frame["n"])


@given(st.lists(st.lists(st.text("ab", max_size=3), max_size=6).map("\n".join), min_size=1, max_size=5), st.data())
def test_lines_that_are_asked_for_again_are_those_of_the_source(texts: list[str], data: st.DataObject) -> None:
    read = scan.Batch.of(list(read_sources([text.encode() for text in texts])))
    lines = [line for text in texts for line in (text.removesuffix("\n").split("\n") if text else [])]
    scanned = scan.scan(read, {})
    assert read.height == len(lines)
    wanted = data.draw(st.lists(st.integers(0, len(lines) - 1))) if lines else []
    there = scanned.texts.at(pl.Series(wanted, dtype=pl.UInt32))
    assert there.rows() == [(row, lines[row]) for row in sorted(set(wanted))]


def test_a_clock_that_was_set_back_gives_no_time_below_nothing() -> None:
    text = (SAMPLES / "cerebras" / "bert_large_batch_1024.out").read_text()
    above, begins, below = text.partition("Beginning appliance run")
    line = above.rindex("\n")

    def an_hour_before(stamp: re.Match[str]) -> str:
        return str(datetime.fromisoformat(stamp[0]) - timedelta(hours=1))

    set_back = re.sub(r"2024-\d\d-\d\d \d\d:\d\d:\d\d", an_hour_before, above[line:] + begins + below)
    logs = logparse.ingest((above[:line] + set_back).encode())
    assert logs.phases["duration_s"].min() >= 0
    seconds = logs.runs.select(column for column in logs.runs.columns if column.endswith("_s"))
    assert [least for least in seconds.min().row(0) if least is not None and least < 0] == []
    assert logs.runs["total_s"].to_list() == [None]
    assert values([text.encode()])["total_s"][0] > 1000
    assert "clock" in logparse.findings(logs)["name"].to_list()


def test_several_may_read_at_once() -> None:
    inputs = [[path.read_bytes() for path in samples()[i::12]] for i in range(4)]
    alone = [values(one) for one in inputs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(values, [*inputs, *inputs]))
    assert [a.equals(b) for a, b in zip(together, alone + alone, strict=True)] == [True] * 8
