"""A text that is in a file twice is one run: nothing of it is added up twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLES
from hypothesis import given
from hypothesis import strategies as st

import logparse
from logparse.frames import pasted

LOGS = sorted(
    path for path in SAMPLES.glob("*/*") if path.suffix in (".out", ".log", ".txt") and not path.name.startswith(".")
)
OF_THE_PLACE = {"run", "label", "source", "line_first", "line_last", "copies", "group"}


def with_end(log: bytes) -> bytes:
    return log if log.endswith(b"\n") else log + b"\n"


def values(logs: logparse.Logs) -> dict[str, list[dict[str, Any]]]:
    """Name of each source -> the values of its runs, in order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in logs.runs.rows(named=True):
        cells = {name: value for name, value in row.items() if name not in OF_THE_PLACE}
        found.setdefault(Path(row["source"]).name, []).append(cells)
    return found


def test_each_sample_that_is_in_its_file_twice(tmp_path: Path) -> None:
    once, twice = tmp_path / "once", tmp_path / "twice"
    for folder in (once, twice):
        folder.mkdir()
    for number, path in enumerate(LOGS):
        log = with_end(path.read_bytes())
        (once / f"{number}.out").write_bytes(log)
        (twice / f"{number}.out").write_bytes(log + log)
    assert values(logparse.ingest(twice)) == values(logparse.ingest(once))


CEREBRAS = with_end((SAMPLES / "cerebras" / "bert_large_batch_512.out").read_bytes())
LINES = CEREBRAS.splitlines(keepends=True)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("is_first", [True, False], ids=["cut, then whole", "whole, then cut"])
@pytest.mark.parametrize("between", [b"", b"\n", b"lab:~$ cat job.out\n"], ids=["", "blank", "prompt"])
def test_a_part_of_the_text_adds_nothing(share: float, is_first: bool, between: bytes) -> None:
    part = b"".join(LINES[: int(share * len(LINES))])
    text = part + between + CEREBRAS if is_first else CEREBRAS + between + part
    (alone,), (found,) = (next(iter(values(logparse.ingest(log)).values())) for log in (CEREBRAS, text))
    status = {found.pop("status"), alone.pop("status")}
    assert found == alone
    assert status <= {"completed", None}  # whether lines below the result are the run's is not proved


def test_three_times_is_once() -> None:
    logs = logparse.ingest(CEREBRAS * 3)
    assert values(logs) == values(logparse.ingest(CEREBRAS))
    first, last = logs.runs.select("line_first", "line_last").row(0)
    assert last - first < len(LINES)


def test_a_program_without_a_clock_that_is_started_again_is_a_second_run() -> None:
    lines = with_end((SAMPLES / "groq" / "minilm_spearman.out").read_bytes()).splitlines(keepends=True)
    logs = logparse.ingest(b"".join(lines + lines[: len(lines) * 2 // 3]))
    assert logs.runs.height == 2


@given(st.lists(st.sampled_from([b"a", b"b", b"c", b""]), max_size=12), st.integers(1, 3))
def test_what_is_left_out_is_in_the_text_once_more(block: list[bytes], times: int) -> None:
    text = block * times
    pairs = [(i, j) for i in range(len(text)) for j in range(i + 1, len(text)) if text[i] == text[j]]
    rows = range(len(text))
    for begin, end in pasted.repeated(text, pasted.Read(rows, rows, rows), pairs):
        assert 0 <= begin < end <= len(text)
        part = text[begin:end]
        assert sum(text[at : at + len(part)] == part for at in rows) > 1


@given(st.binary(max_size=40))
def test_the_second_half(text: bytes) -> None:
    found = pasted.second_half(text + b"\n" + text)
    lines = text.count(b"\n") + 1
    assert found == ((lines, 2 * lines) if lines >= 3 else found)
    if found is not None:
        begin, end = found
        cut = (text + b"\n" + text).split(b"\n")
        assert cut[:begin] == cut[begin:end]
