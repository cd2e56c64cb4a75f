"""A short run of the fuzzer over the samples, and what its checks find in frames that are wrong."""

from __future__ import annotations

from pathlib import Path
from random import Random

import checks
import fuzzer
import polars as pl
import pytest

import logparse

LOGS = fuzzer.corpus([fuzzer.SAMPLES])


@pytest.mark.parametrize("first", range(0, 40, 20))
def test_mutated_samples_violate_nothing(first: int) -> None:
    found = {one.name: texts for one, texts in fuzzer.run(range(first, first + 20), 2026, LOGS)}
    assert not found


@pytest.mark.parametrize("line", checks.commands(Random(0), all_of_them=True), ids=" ".join)
def test_each_command_on_a_hostile_log(line: list[str], tmp_path: Path) -> None:
    cases = (fuzzer.case(number, 2026, LOGS) for number in range(1000))
    one = next(one for one in cases if b"alert(1)" in one.data and logparse.ingest(one.data).runs.height)
    mutated, other = tmp_path / "-mutated <b>\n\x1b[31m.out", tmp_path / "other.out"
    mutated.write_bytes(one.data)
    other.write_bytes(one.other)
    assert not list(checks.command(line, tmp_path, mutated, other))


def test_a_case_can_be_repeated() -> None:
    assert fuzzer.case(7, 1, LOGS).data == fuzzer.case(7, 1, LOGS).data != fuzzer.case(8, 1, LOGS).data


@pytest.mark.parametrize(
    ("frame", "column", "value", "check"),
    [
        ("runs", "throughput", float("nan"), checks.numbers), ("runs", "devices", -1, checks.numbers),
        ("metrics", "value", float("inf"), checks.numbers), ("phases", "duration_s", -0.5, checks.times),
        ("runs", "started_at", pl.datetime(2999, 1, 1), checks.times), ("metrics", "name", None, checks.schema),
        ("runs", "samples", 3.5, checks.schema), ("evidence", "text", "not on this line", checks.evidence),
    ],
)  # fmt: skip
def test_checks_find_what_is_wrong(frame: str, column: str, value: object, check: object) -> None:
    logs = logparse.ingest(fuzzer.SAMPLES / "cerebras" / "bert_large_batch_1024.out")
    assert not list(check(logs))  # type: ignore[operator]
    bad = logs.frames()[frame].with_columns((value if isinstance(value, pl.Expr) else pl.lit(value)).alias(column))
    frames = {**logs.frames(), frame: bad}
    text = {
        logs.sources["source"][0]: b"\n".join(
            line.encode() for line in logs.lines(logs.sources["source"][0], range(999)).values()
        )
    }
    wrong = logparse.Logs(frames, logs.grammars, texts=text)
    assert list(check(wrong))  # type: ignore[operator]
