"""Text that fits the terminal: nothing is wider than asked, and nothing is lost."""

from __future__ import annotations

import re

import polars as pl
import pytest
from conftest import SAMPLES, run
from hypothesis import given
from hypothesis import strategies as st

from logparse.text.terminal import Paint, aligned, table, width, wrapped

WORDS = st.text("abc/_.-é語 ", max_size=60)


def _signs(text: str) -> str:
    return re.sub(r"\s+", "", text)


@given(WORDS, st.integers(8, 80), st.integers(0, 6))
def test_wrapped_text_fits_and_keeps_every_sign(text: str, room: int, hang: int) -> None:
    lines = wrapped(text, room, hang)
    assert all(width(line) <= room for line in lines)
    assert _signs("".join(lines)) == _signs(text)


def test_wrapped_lines_have_a_hanging_indent() -> None:
    assert wrapped("  one two three four", 12) == ["  one two", "      three", "      four"]
    assert wrapped("short", 80) == ["short"]


def test_a_long_word_is_broken_after_a_sign() -> None:
    assert wrapped("runs/first_batch_1024.out", 14, hang=1) == ["runs/first_", " batch_1024.", " out"]


def test_colours_take_no_room() -> None:
    faint = Paint(colour=True).faint("four words are here")
    lines = wrapped(faint, 10, hang=0)
    assert [width(line) for line in lines] == [10, 8]


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=5), st.integers(40, 120))
def test_a_table_fits_and_keeps_every_sign_of_its_columns(rows: list[tuple[str, str, str]], room: int) -> None:
    cells = [[cell.strip() or "-" for cell in row] for row in rows]
    lines = aligned(cells, room=room)
    assert all(width(line) <= room for line in lines)
    kept = sorted(_signs("".join(lines)))
    signs = sorted(_signs("".join("".join(row) for row in cells)))
    assert len(kept) >= len(signs)  # the first column is repeated where the table continues below
    assert not [sign for sign in set(signs) if kept.count(sign) < signs.count(sign)]


def test_a_table_that_fits_is_not_changed() -> None:
    rows = [["run", "train"], ["a.out", "12.5 s"]]
    assert aligned(rows, room=80) == aligned(rows) == ["run     train", "a.out   12.5 s"]


def test_a_table_that_cannot_fit_continues_below_with_its_first_column() -> None:
    frame = pl.DataFrame({"run": ["a"], **{f"column_{i:02}_of_many": [str(i)] for i in range(9)}})
    lines = table(frame, Paint(width=50)).splitlines()
    assert all(len(line) <= 50 for line in lines)
    assert sum(line.startswith("run ") for line in lines) > 1
    assert all(name in " ".join(lines) for name in frame.columns)


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
@pytest.mark.parametrize(
    "command",
    [("ingest",), ("findings", "--advice"), ("compare",), ("compare", "--by", "batch_size"), ("messages",), ("runs",)],
)
def test_no_page_is_wider_than_the_terminal(
    command: tuple[str, ...], columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Paint, "of", lambda stream: Paint(width=columns))
    result = run(*command, *map(str, sorted((SAMPLES / "cerebras").glob("bert_large_batch_*.out"))))
    assert result.exit_code == 0
    assert max(map(width, result.stdout.splitlines())) <= columns
