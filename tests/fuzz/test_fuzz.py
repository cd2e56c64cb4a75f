"""A short run of the fuzzer over the samples, and what its checks find in frames that are wrong."""

from __future__ import annotations

from pathlib import Path

import checks
import fuzzer
import polars as pl
import pytest

import logparse
from logparse.logs import SourceLines

LOGS = fuzzer.corpus([fuzzer.SAMPLES])


def test_mutated_samples_violate_nothing() -> None:
    found = {tuple(one.name for one in cases): texts for cases, texts in fuzzer.run(range(40), 2026, LOGS)}
    assert not found


@pytest.mark.parametrize("line", [["ingest", "LOGS"], ["explain", "LOGS"], *checks.commands()], ids=" ".join)
def test_each_command_on_a_hostile_log(line: list[str], tmp_path: Path) -> None:
    cases = (fuzzer.case(number, 2026, LOGS) for number in range(1000))
    one = next(one for one in cases if b"alert(1)" in one.data and logparse.ingest(one.data).runs.height)
    mutated = tmp_path / "-mutated <b>\n\x1b[31m.out"
    mutated.write_bytes(one.data)
    assert not list(checks.command(line, tmp_path, mutated))


def test_files_that_change_each_other_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = []
    for number, sample in enumerate(LOGS[:4]):
        paths.append(tmp_path / f"{number}.out")
        paths[-1].write_bytes(sample.read_bytes())
    assert not list(checks.company(paths))
    read = logparse.ingest

    def first_batch_size_for_all(sources: list[Path]) -> logparse.Logs:
        logs = read(sources)
        runs = logs.runs.with_columns(pl.lit(len(sources)).alias("batch_size"))
        return logparse.Logs({**logs.frames(), "runs": runs}, logs.grammars)

    monkeypatch.setattr(logparse, "ingest", first_batch_size_for_all)
    assert any("changes runs of" in text for text in checks.company(paths))


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
    lines = {
        logs.sources["source"][0]: SourceLines(
            b"\n".join(line.encode() for line in logs.lines(logs.sources["source"][0], range(999)).values())
        )
    }
    wrong = logparse.Logs(frames, logs.grammars, lines=lines)
    assert list(check(wrong))  # type: ignore[operator]
