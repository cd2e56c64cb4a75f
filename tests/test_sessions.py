"""Pictures of one session of a terminal, which overlap: their text is read as one, each value has its own picture."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT

import logparse
from logparse import pipeline
from logparse.pictures import Line, Picture
from logparse.pipeline import ingest_into
from logparse.reading import sources as reading
from logparse.store import intake
from logparse.store.tables import Store

LOG = ROOT / "sample_logs/cerebras/bert_large_batch_1024.out"
LINES = [line.rstrip() for line in LOG.read_text().splitlines() if line.isascii() and line.strip()][-24:]
UPPER, LOWER = LINES[:15], LINES[11:]
"""Four lines are in both."""


def picture(lines: list[str], guesses: dict[int, tuple[int, ...]] | None = None) -> Picture:
    """A picture of these lines; guesses: line -> characters that are not clear."""
    return Picture(
        "test",
        tuple(
            Line(
                text,
                tuple(0.0 if at in (guesses or {}).get(number, ()) else 0.9 for at in range(len(text))),
                tuple((8 * at, 16 * number, 8, 16) for at in range(len(text))),
            )
            for number, text in enumerate(lines)
        ),
    )


@pytest.fixture
def shots(monkeypatch, tmp_path):
    """Writes pictures, which show what is given for each."""
    monkeypatch.chdir(tmp_path)
    shown: dict[bytes, Picture] = {}
    monkeypatch.setattr(reading, "read_picture", lambda data: shown[data])

    def write(*pictures: Picture) -> list[str]:
        names = []
        for number, each in enumerate(pictures, start=1):
            data = b"\x89PNG\r\n\x1a\n" + repr(each).encode()
            shown[data] = each
            Path(f"shot{number}.png").write_bytes(data)
            names.append(f"shot{number}.png")
        return names

    return write


LEFT_OUT = ["run", "label", "source", "group", "line_first", "line_last"]


def same_values(logs: logparse.Logs, lines: list[str]) -> bool:
    """Whether the runs have the values of a log with these lines."""
    read = logparse.ingest("\n".join(lines).encode())
    metrics = ["step", "name", "value"]
    return logs.runs.drop(LEFT_OUT).equals(read.runs.drop(LEFT_OUT)) and logs.metrics.select(metrics).equals(
        read.metrics.select(metrics)
    )


def test_pictures_that_overlap_give_the_run_of_their_whole_text(shots):
    logs = logparse.ingest(shots(picture(UPPER), picture(LOWER)))
    assert same_values(logs, LINES)
    assert logs.sources.select("source", "status", "platform").rows() == [
        ("shot1.png", "read", "cerebras"),
        ("shot2.png", "read", "cerebras"),
    ]
    assert logs.sources["reason"].to_list() == [None, "it continues shot1.png: both show 4 lines"]


def test_each_value_has_the_box_in_its_own_picture(shots):
    logs = logparse.ingest(shots(picture(UPPER), picture(LOWER)))
    rows = logs.evidence.filter(pl.col("line").is_not_null())
    assert set(rows["source"].cast(pl.String)) == {"shot1.png", "shot2.png"}
    shown = {"shot1.png": UPPER, "shot2.png": LOWER}
    for source, line, start, text, y in rows.select("source", "line", "start", "text", "y").iter_rows():
        assert y == 16 * (line - 1)
        if start is not None and text is not None:
            assert shown[source][line - 1][start : start + len(text)] == text
    (loss,) = rows.filter(pl.col("column").cast(pl.String) == "loss")["source"]
    assert loss == "shot2.png"
    only = logs.only(logs.runs["run"][0])
    assert only.lines("shot2.png", [1]) == {1: LOWER[0]}


def test_three_pictures_and_lines_that_are_not_complete(shots):
    parts = [LINES[:10], LINES[6:17], LINES[13:]]
    parts[0][-1] = parts[0][-1][:30]  # the terminal was still writing it
    parts[2][0] = parts[2][0][-20:]  # the terminal wrapped it
    logs = logparse.ingest(shots(*map(picture, parts)))
    assert same_values(logs, LINES)


def test_of_a_line_in_two_pictures_the_clearer_one_counts(shots):
    last = next(i for i, line in enumerate(UPPER) if "Step=500" in line)
    at = UPPER[last].index("Step=500") + 5
    assert LOWER[last - 11] == UPPER[last]
    for guesses in (({last: (at,)}, {}), ({}, {last - 11: (at,)})):
        logs = logparse.ingest(shots(picture(UPPER, guesses[0]), picture(LOWER, guesses[1])))
        assert same_values(logs, LINES)


def test_a_line_in_three_pictures_counts_once(shots):
    parts = [LINES[:14], LINES[9:18], LINES[10:]]
    last = next(i for i, line in enumerate(parts[1]) if "Step=400" in line)
    for unclear in range(3):
        at = parts[1][last].index("Step=400") + 5
        number = last + (9, 0, -1)[unclear]
        assert parts[unclear][number] == parts[1][last]
        guesses = [{number: (at,)} if each == unclear else {} for each in range(3)]
        logs = logparse.ingest(shots(*map(picture, parts, guesses)))
        assert logs.sources["reason"].null_count() == 1
        assert same_values(logs, LINES)


def test_the_cursor_is_no_text(shots):
    upper = [*UPPER, "user@node:~$ \N{FULL BLOCK}"]
    lower = [*UPPER[-3:], "user@node:~$ python again.py", *LINES[15:]]
    assert logparse.ingest(shots(picture(upper), picture(lower))).sources["reason"].null_count() == 1


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (LINES[:15], LINES[13:]),  # two lines agree
        (LINES[:15], LINES[15:]),
        (LINES[11:], LINES[:15]),
        ([*LINES[:12], "+---+", "+---+", "+---+"], ["+---+", "+---+", "+---+", *LINES[12:]]),
    ],
)
def test_pictures_that_do_not_overlap_are_not_joined(shots, upper, lower):
    logs = logparse.ingest(shots(picture(upper), picture(lower)))
    assert logs.sources["reason"].null_count() == 2


def test_a_log_between_two_pictures_keeps_them_apart(shots):
    first, second = shots(picture(UPPER), picture(LOWER))
    assert logparse.ingest([first, LOG, second]).sources["reason"].null_count() == 3


def test_the_same_picture_twice_is_no_session(shots):
    first, second = shots(picture(UPPER), picture(UPPER))
    logs = logparse.ingest([first, second])
    assert logs.sources["reason"].null_count() == 2
    assert logs.runs["source"].to_list() == [first, second]


def test_a_store_keeps_a_session(shots, monkeypatch):
    names = shots(picture(UPPER), picture(LOWER))
    monkeypatch.setattr(pipeline, "BATCH_BYTES", 1)  # a session is in one batch all the same
    for _ in range(2):
        logs = logparse.ingest(names, store="store")
        assert same_values(logs, LINES)
    kept = logparse.open("store")
    assert same_values(kept, LINES)
    direct = logparse.ingest(names)
    columns = ["column", "source", "line", "text", "how", "x", "y"]
    sort = ["column", "source", "line", "text"]
    assert kept.evidence.select(columns).sort(sort).equals(direct.evidence.select(columns).sort(sort))
    assert kept.lines("shot2.png", [13])
    assert ingest_into(Store("store"), names).summary() == "2 unchanged"


@pytest.mark.parametrize("lost", [False, True])
def test_a_stale_session_is_read_again_as_a_whole(shots, monkeypatch, lost):
    names = shots(picture(UPPER), picture(LOWER))
    logparse.ingest(names, store="store")
    monkeypatch.setattr(intake, "version", lambda package: "99.0")
    if lost:
        Path(names[1]).unlink()
    again = ingest_into(Store("store"), [], stale=True)
    assert again.counts["changed"] == (0 if lost else 2)
    assert same_values(logparse.open("store"), LINES)


def test_a_rendered_session_is_read_as_one_text():
    for package in ("numpy", "PIL", "onnxruntime", "rapidocr"):
        pytest.importorskip(package)
    from picture_drawing import drawn, png

    lines = [line[:118].rstrip() for line in LINES]
    shots = [png(drawn(part, "JetBrains Mono", 16, True)) for part in (lines[:15], lines[11:])]
    logs = logparse.ingest(shots)
    left_out = pl.exclude(*LEFT_OUT, "status")
    assert logs.runs.select(left_out).equals(logparse.ingest("\n".join(lines).encode()).runs.select(left_out))
    assert set(logs.evidence["source"].cast(pl.String)) == {"<bytes>", "<bytes> (2)"}


def test_a_store_reads_a_session_again_where_a_picture_is_added(shots):
    parts = [picture(LINES[:10]), picture(LINES[6:17]), picture(LINES[13:])]
    names = shots(*parts)
    logparse.ingest(names[:2], store="store")
    assert same_values(logparse.open("store"), LINES[:17])
    logparse.ingest(names, store="store")
    assert same_values(logparse.open("store"), LINES)
    # A part of a session leaves it as it is.
    for part in (names[:1], names[1:], names[:2]):
        logparse.ingest(part, store="store", stale=True)
        assert same_values(logparse.open("store"), LINES)
