"""Transcripts of pictures: what was read as text, which a person may correct and give back."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT, run

import logparse
from logparse.errors import UsageError
from logparse.pictures import CLEAR, Line, Picture
from logparse.reading import sources as reading
from logparse.transcripts import CLOSE, OPEN, Transcripts

LOG = ROOT / "sample_logs/cerebras/bert_large_batch_1024.out"
LINES = [line.rstrip() for line in LOG.read_text().splitlines() if line.isascii() and line.strip()][-8:]
LAST = max(number for number, line in enumerate(LINES) if "Loss=" in line)
LOSS = LINES[LAST].split("Loss=")[1].split(",")[0]
AT = LINES[LAST].index("Loss=") + len("Loss=") + 2
"""A digit of the last loss."""


def picture(*guesses: int) -> Picture:
    """A picture of `LINES`, in which these characters of the last step line are not clear."""
    lines = []
    for number, text in enumerate(LINES):
        unclear = guesses if number == LAST else ()
        confidence = tuple(0.0 if at in unclear else 0.9 for at in range(len(text)))
        lines.append(Line(text, confidence, tuple((8 * at, 16 * number, 8, 16) for at in range(len(text)))))
    return Picture("test", (*lines, Line("", (), ())))


@pytest.fixture
def shot(monkeypatch, tmp_path) -> Path:
    """A file whose loss has a character that is not clear."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reading, "read_picture", lambda data: picture(AT))
    path = tmp_path / "shot.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    return path


def corrected(path: Path, *changes: tuple[str, str]) -> None:
    """Replace texts in a transcript."""
    text = path.read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


def written(shot: Path) -> Path:
    """The transcript of the picture."""
    logparse.ingest(shot, transcripts="corrected")
    return Path("corrected/shot.png.txt")


GUESS = f"{OPEN}{LINES[LAST][AT]}{CLOSE}"


def loss_row(logs: logparse.Logs) -> dict[str, object]:
    return logs.evidence.row(by_predicate=pl.col("column").cast(pl.String) == "loss", named=True)


def test_a_transcript_has_all_lines_with_marks_around_what_is_not_clear(shot):
    header, end = json.JSONDecoder().raw_decode(text := written(shot).read_text("utf-8"))
    lines = text[end:].split("\n")[1:-1]
    marked = LINES[LAST][:AT] + GUESS + LINES[LAST][AT + 1 :]
    assert lines == [*LINES[:LAST], marked, *LINES[LAST + 1 :], ""]
    assert header["transcript_of"] == "shot.png"
    assert header["sha256"] == logparse.ingest(shot).sources["sha256"][0]
    assert [box for _, box in header["lines"]][LAST] == [0, 16 * LAST, 8 * len(LINES[LAST]), 16]


def test_an_unclear_character_that_a_person_corrects_is_clear(shot):
    transcript = written(shot)
    assert logparse.ingest(shot).runs["loss"][0] is None
    right = LOSS[:2] + "7" + LOSS[3:]
    corrected(transcript, (LOSS[:2] + GUESS + LOSS[3:], right))
    logs = logparse.ingest(shot, transcripts="corrected")
    assert logs.runs["loss"][0] == float(right)
    row = loss_row(logs)
    assert (row["how"], row["text"], row["confidence"]) == ("seen", right, 1.0)
    assert row["reason"] == "a person edited this line in the transcript of the picture"
    start = LINES[LAST].index("Loss=") + len("Loss=")
    assert (row["x"], row["y"], row["width"], row["height"]) == (8 * start, 16 * LAST, 8 * len(LOSS), 16)
    assert "a person edited 1 of its" in logs.sources["reason"][0]
    others = logs.evidence.filter(pl.col("line") != LAST + 1, pl.col("reason").str.contains("a person edited"))
    assert not others.height


def test_marks_that_stay_keep_the_character_unclear(shot):
    corrected(written(shot), (LOSS[:2] + GUESS, f"{LOSS[:2]}{OPEN}7{CLOSE}"))
    logs = logparse.ingest(shot, transcripts="corrected")
    assert logs.runs["loss"][0] is None
    assert loss_row(logs)["reason"].startswith("not legible: ")


def test_a_line_that_becomes_longer_keeps_its_box(shot):
    corrected(written(shot), (f"Loss={LOSS[:2]}{GUESS}{LOSS[3:]}", "Loss=1234.5678"))
    logs = logparse.ingest(shot, transcripts="corrected")
    assert logs.runs["loss"][0] == 1234.5678
    row = loss_row(logs)
    start = LINES[LAST].index("Loss=") + len("Loss=")
    assert (row["x"], row["y"], row["width"]) == (8 * start, 16 * LAST, 8 * len(LOSS))
    # What follows the change is where it was.
    rate = logs.evidence.row(by_predicate=pl.col("column").cast(pl.String) == "throughput", named=True)
    assert rate["x"] == 8 * (LINES[LAST].index("GlobalRate=") + len("GlobalRate="))


def test_an_edited_transcript_is_never_written_over(shot):
    transcript = written(shot)
    transcripts = Transcripts(Path("corrected"))
    logparse.ingest(shot, transcripts=transcripts)
    assert transcripts.notes == ["corrected/shot.png.txt is not edited"]
    corrected(transcript, (GUESS, "7"))
    before = transcript.read_bytes()
    for _ in range(2):
        transcripts = Transcripts(Path("corrected"))
        logparse.ingest(shot, transcripts=transcripts)
        assert transcripts.notes == ["corrected/shot.png.txt is used: a person edited 1 of its 9 lines"]
        assert transcript.read_bytes() == before


def test_a_transcript_that_no_one_edited_follows_what_is_read(shot, monkeypatch):
    transcript = written(shot)
    monkeypatch.setattr(reading, "read_picture", lambda data: picture())
    transcripts = Transcripts(Path("corrected"))
    assert logparse.ingest(shot, transcripts=transcripts).runs["loss"][0] == float(LOSS)
    assert transcripts.notes == ["corrected/shot.png.txt was not edited, and is written again"]
    assert OPEN not in transcript.read_text("utf-8").split("\n", 5)[5]


def test_what_editors_do_to_ends_of_lines_is_no_edit(shot):
    transcript = written(shot)
    text = transcript.read_text("utf-8").rstrip("\n").replace("\n", "\r\n")
    transcript.write_bytes(b"\xef\xbb\xbf" + text.encode())
    logs = logparse.ingest(shot, transcripts="corrected")
    assert logs.sources["reason"][0] is None


def without_last_line(text: str) -> str:
    return "\n".join(text.rstrip("\n").split("\n")[:-1])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text.replace(GUESS, f"{OPEN}7"), "are not in pairs"),
        (without_last_line, "it has 7 lines below its header, and the picture has 9. Edit lines,"),
        (lambda text: text + "one more\n", "it has 10 lines below its header"),
        (lambda text: text.replace('"sha256": "', '"sha256": "0'), "it is the transcript of another picture"),
        (lambda text: text.replace(f"[0, {16 * LAST},", "[4, 4,").replace(GUESS, "7"), "saw other lines in the"),
        (lambda text: "my notes\n", "it is not a transcript, or its header is damaged"),
    ],
)  # fmt: skip
def test_a_transcript_that_does_not_fit_is_refused_and_stays(shot, change, reason):
    transcript = written(shot)
    transcript.write_text(before := change(transcript.read_text("utf-8")), "utf-8")
    transcripts = Transcripts(Path("corrected"))
    logs = logparse.ingest(shot, transcripts=transcripts)
    (note,) = transcripts.notes
    assert note.startswith("corrected/shot.png.txt is not used: ")
    assert reason in note
    assert logs.sources["reason"][0] == note
    assert logs.runs["loss"][0] is None
    assert transcript.read_text("utf-8") == before
    assert transcripts.refused == 1


def test_a_file_is_no_folder_of_transcripts(shot):
    with pytest.raises(UsageError, match="is not a folder"):
        logparse.ingest(shot, transcripts=shot)


def test_a_store_reads_a_picture_again_where_its_transcript_was_edited(shot):
    transcript = written(shot)

    def loss(folder: str | None = "corrected") -> float | None:
        logparse.ingest(shot, store="store", transcripts=folder)
        value: float | None = logparse.open("store").runs["loss"][0]
        return value

    assert loss() is None
    corrected(transcript, (GUESS, "7"))
    right = float(LOSS[:2] + "7" + LOSS[3:])
    assert loss() == right
    # Without the folder, what the store holds counts.
    assert loss(None) == right
    logparse.ingest(store="store", stale=True)
    assert logparse.open("store").runs["loss"][0] == right
    lines = logparse.open("store").lines("shot.png", [LAST + 1])
    assert f"Loss={right}" in lines[LAST + 1]
    assert logparse.open("store").sources.height == 1
    transcript.unlink()
    assert loss() is None


def test_the_command_says_what_was_done(shot):
    first = run("ingest", "shot.png", "--no-store", "--transcript", "corrected")
    assert first.exit_code == 0
    assert f"{Path('corrected/shot.png.txt')} is written: 9 lines, 1 unclear character" in first.stderr
    transcript = Path("corrected/shot.png.txt")
    corrected(transcript, (GUESS, "7"))
    assert "is used: a person edited 1 of its 9 lines" in run("ingest", "shot.png", "--transcript", "corrected").stderr
    transcript.write_text("notes")
    refused = run("ingest", "shot.png", "--transcript", "corrected")
    assert refused.exit_code == 2
    assert "is not a transcript" in refused.stderr


def test_a_transcript_is_not_read_as_a_log(shot):
    written(shot)
    rows = logparse.ingest("corrected").sources.select("status", "reason").rows()
    assert rows == [("not_text", "This was written by logparse, and is not the text of a log: leave it out.")]


def test_keys_and_passwords_are_masked_in_a_transcript(shot, monkeypatch):
    secret = "AKIAIOSFODNN7EXAMPLE"
    line = f"export AWS_ACCESS_KEY_ID={secret}"
    masked_line = Line(line, (1.0,) * len(line), ((0, 0, 8, 16),) * len(line))
    monkeypatch.setattr(reading, "read_picture", lambda data: Picture("test", (*picture(AT).lines, masked_line)))
    assert secret not in written(shot).read_text("utf-8")


def test_a_rendered_picture_is_corrected(tmp_path, monkeypatch):
    for package in ("numpy", "PIL", "onnxruntime", "rapidocr"):
        pytest.importorskip(package)
    from picture_drawing import drawn, png

    monkeypatch.chdir(tmp_path)
    Path("shot.png").write_bytes(png(drawn(LINES, "JetBrains Mono", 16, True)))
    transcript = written(Path("shot.png"))
    corrected(transcript, (f"Loss={LOSS}", "Loss=1.25"))
    logs = logparse.ingest("shot.png", transcripts="corrected")
    assert logs.runs["loss"][0] == 1.25
    assert loss_row(logs)["confidence"] >= CLEAR
