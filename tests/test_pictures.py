"""Screenshots of terminals: the same values as from the log, a box behind each, and no wrong number in silence."""

from __future__ import annotations

import io
import random
import zlib
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT

import logparse
from logparse import pictures
from logparse.pictures import CLEAR, Line, Picture
from logparse.reading import sources as reading

np = pytest.importorskip("numpy")
Image = pytest.importorskip("PIL.Image")
pytest.importorskip("onnxruntime")
pytest.importorskip("rapidocr")

from picture_drawing import FONTS, as_jpeg, drawn, png, scaled  # noqa: E402

from logparse.pictures import transcript  # noqa: E402
from logparse.pictures.transcript import read_lines  # noqa: E402

LOG = ROOT / "sample_logs/cerebras/bert_large_batch_1024.out"


def last_lines(path: Path, count: int = 24) -> list[str]:
    lines = [line.rstrip()[:118] for line in path.read_text(errors="replace").splitlines()]
    return [line for line in lines if line.isascii() and line.isprintable() and line.strip()][-count:]


def digits(lines: list[Line], truth: list[str]) -> tuple[int, list[tuple[str, str]], int]:
    """How many digits of `truth` are right, which are another character or are read where none is, and how many are
    lost."""
    right, wrong, lost = 0, [], 0
    shown = [line for line in lines if line.text.strip()]
    assert len(shown) == len(truth)
    for line, text in zip(shown, truth, strict=True):
        for at, character in enumerate(text):
            read = line.text[at] if at < len(line.text) else " "
            if not (character.isdigit() or read.isdigit()):
                continue
            if at >= len(line.text) or line.confidence[at] < CLEAR:
                lost += character.isdigit()
            elif read == character:
                right += 1
            else:
                wrong.append((character, text))
    return right, wrong, lost


def variants() -> list[tuple[str, int, bool, int | None, float]]:
    """font, size, dark, JPEG quality (None: PNG), scale: each font once, with all other settings among them."""
    settings = [
        (13, True, None, 1.0), (16, False, None, 1.5), (20, True, 75, 1.0), (18, False, 95, 0.75), (14, True, 60, 2.0),
        (16, True, 85, 1.25), (22, False, 75, 0.85), (13, False, None, 2.0),
    ]  # fmt: skip
    return [(font, *setting) for font, setting in zip(sorted(FONTS), settings, strict=True)]


@pytest.mark.parametrize(("font", "size", "dark", "quality", "scale"), variants())
def test_no_digit_is_wrong_in_a_font_that_is_compared_with_others_only(font, size, dark, quality, scale):
    truth = last_lines(LOG, 14)
    picture = scaled(drawn(truth, font, size, dark), scale)
    if quality is not None:
        picture = as_jpeg(picture, quality)
    lines = read_lines(np.asarray(picture), quality is None, without_fonts=[font.split()[0]])
    right, wrong, lost = digits(lines, truth)
    assert not wrong
    assert lost <= 0.1 * (right + lost)


@pytest.fixture(scope="module")
def shot() -> tuple[logparse.Logs, logparse.Logs]:
    """The logs of a picture, and those of the lines that it shows."""
    lines = last_lines(LOG)
    data = png(drawn(lines, "JetBrains Mono", 16, True))
    return logparse.ingest(data), logparse.ingest("\n".join(lines).encode())


def test_a_picture_gives_the_frames_of_its_lines(shot):
    seen, read = shot
    left_out = ["run", "label", "source", "group", "line_first", "line_last", "status"]
    assert seen.runs.drop(left_out).equals(read.runs.drop(left_out))
    columns = ["step", "name", "value", "unit", "scope", "window"]
    assert seen.metrics.select(columns).equals(read.metrics.select(columns))
    (source,) = seen.sources.to_dicts()
    assert source["status"] == "read"
    assert "rapidocr" in source["engine"]


def test_each_value_has_its_box(shot):
    seen, _ = shot
    row = seen.evidence.row(by_predicate=pl.col("column").cast(pl.String) == "loss", named=True)
    assert row["how"] == "seen"
    assert row["confidence"] >= CLEAR
    image = drawn(last_lines(LOG), "JetBrains Mono", 16, True)
    box = (row["x"], row["y"], row["x"] + row["width"], row["y"] + row["height"])
    assert np.asarray(image.crop(box)).max() > 150
    width = row["width"] / len(row["text"])
    assert 8 <= width <= 12


# -- what is not clear ------------------------------------------------------------------------------------------------


def as_picture(text: str, unclear: dict[int, str]) -> Picture:
    """A picture with these lines, in which the characters marked by "^" in `unclear` (by line, from 0) are guesses."""
    lines = []
    for number, line in enumerate(text.splitlines()):
        marks = unclear.get(number, "").ljust(len(line))
        confidence = tuple(0.0 if mark == "^" else 1.0 for mark in marks)
        boxes = tuple((8 * at, 16 * number, 8, 16) for at in range(len(line)))
        lines.append(Line(line, confidence[: len(line)], boxes))
    return Picture("test", tuple(lines))


def logs_of(monkeypatch, text: str, unclear: dict[int, str]) -> logparse.Logs:
    picture = as_picture(text, unclear)
    monkeypatch.setattr(reading, "read_picture", lambda data: picture)
    return logparse.ingest(b"\x89PNG\r\n\x1a\n")


def cell(logs: logparse.Logs, column: str) -> tuple[object, str | None]:
    """The value of a column of the only run, and why it is null."""
    rows = logs.evidence.filter(pl.col("column").cast(pl.String) == column)
    return logs.runs[column][0], rows["reason"][0]


def marked(line: str, part: str, at: int = 0) -> str:
    """A mark under a character of `part` in the line."""
    return " " * (line.index(part) + at) + "^"


def test_a_number_with_a_guess_is_null_and_says_so(monkeypatch):
    lines = last_lines(LOG)
    last = max(i for i, line in enumerate(lines) if "Loss=" in line)
    text = "\n".join(lines)
    assert cell(logs_of(monkeypatch, text, {}), "loss")[0] is not None
    logs = logs_of(monkeypatch, text, {last: marked(lines[last], "Loss=", 6)})
    value, reason = cell(logs, "loss")
    assert value is None
    assert reason.startswith("not legible: ")
    assert "?" in reason
    row = logs.evidence.row(by_predicate=pl.col("column").cast(pl.String) == "loss", named=True)
    assert (row["code"], row["y"], row["height"]) == ("not_legible", 16 * last, 16)
    assert cell(logs, "steps")[0] is not None
    page = logparse.show(logs, logs.runs["run"][0], "loss").text
    assert page.splitlines()[1].startswith(f"   line {last + 1} in the picture: x ")


def test_a_faint_cell_beside_a_number_makes_it_illegible(monkeypatch):
    lines = last_lines(LOG)
    last = max(i for i, line in enumerate(lines) if "Loss=" in line)
    lines[last] = lines[last].replace(", Rate", "  Rate") if ", Rate" in lines[last] else lines[last]
    line = Line("Loss=7 07812", (1.0,) * 6 + (0.0,) + (1.0,) * 5, ((0, 0, 8, 16),) * 12)
    assert not line.is_legible(5, 6)
    assert not line.is_legible(7, 12)
    assert line.is_legible(0, 4)


def test_what_is_computed_from_a_guess_is_null_too(monkeypatch):
    lines = last_lines(LOG)
    begins = [i for i, line in enumerate(lines) if "Beginning appliance run" in line]
    assert begins
    text = "\n".join(lines)
    assert cell(logs_of(monkeypatch, text, {}), "train_s")[0] is not None
    logs = logs_of(monkeypatch, text, {begins[0]: " " * 15 + "^"})
    assert cell(logs, "train_s")[0] is None


def test_a_last_row_that_is_not_read_gives_no_earlier_value(monkeypatch):
    lines = last_lines(LOG)
    last = max(i for i, line in enumerate(lines) if "Loss=" in line)
    at = lines[last].index("Loss=")
    lines[last] = lines[last].replace("Loss=", "L@#s=")
    logs = logs_of(monkeypatch, "\n".join(lines), {last: " " * (at + 1) + "^^"})
    assert cell(logs, "loss")[0] is None
    assert cell(logs, "steps")[0] is None


BERT, VIT, TF, MINILM = (
    ROOT / "sample_logs" / name
    for name in (
        "cerebras/bert_large_batch_1024.out", "graphcore/hf_trainer_vit.out", "cerebras/tf_cs1_slurm.out",
        "groq/minilm_spearman.out",
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "old", "new", "columns", "kept"),
    [
        # No one can know which of them is wrong.
        (VIT, "second': 300.055", "second': 900.055", ["throughput", "train_s", "samples"], ["loss", "epochs"]),
        (VIT, "steps = 800", "steps = 300", ["throughput", "train_s", "samples", "steps"], ["loss", "epochs"]),
        (MINILM, "2071.38", "2671.38", ["throughput", "latency_s"], ["score", "on_chip_throughput"]),
        (TF, "in 37.212", "in 87.212", ["throughput", "train_s", "samples"], ["loss"]),
        (TF, "with 256000", "with 266000", ["samples", "steps", "batch_size"], ["loss"]),
        (BERT, "Step=500,", "Step=9500,", ["steps"], ["loss", "throughput", "samples"]),
        (BERT, "06:08:57,097", "08:08:57,097", ["train_s"], ["loss", "throughput", "steps", "samples"]),
    ],
)  # fmt: skip
def test_figures_of_a_picture_that_contradict_each_other_are_null(monkeypatch, path, old, new, columns, kept):
    text = "\n".join(line.rstrip() for line in path.read_text().splitlines())
    assert text.count(old) == 1
    wrong = text.replace(old, new)
    right, logs = logs_of(monkeypatch, text, {}), logs_of(monkeypatch, wrong, {})
    assert not right.evidence.filter(pl.col("code") == "impossible").height
    assert right.runs.select(columns).null_count().row(0) == (0,) * len(columns)
    for column in columns:
        value, reason = cell(logs, column)
        assert value is None
        assert reason.endswith("not read right")
    assert logs.runs.select(kept).null_count().row(0) == (0,) * len(kept)
    # A log says what it says: that its figures contradict each other is a finding.
    assert logparse.ingest(wrong.encode()).runs.select(columns).null_count().row(0) == (0,) * len(columns)


def test_the_reason_of_a_contradiction_has_both_numbers(monkeypatch):
    text = MINILM.read_text().replace("2071.38", "2671.38")
    logs = logs_of(monkeypatch, text, {})
    reason = cell(logs, "throughput")[1]
    expected = "throughput × latency_s = 2671.38 × 0.00048 = 1.28226, but it must be 1: one of these was not read right"
    assert reason == expected
    row = logs.evidence.row(by_predicate=pl.col("column").cast(pl.String) == "throughput", named=True)
    assert (row["how"], row["code"], row["text"]) == ("absent", "impossible", "2671.38")
    assert row["width"] == 8 * len("2671.38")
    assert not logs.metrics.filter(pl.col("value") == 2671.38).height


@pytest.mark.parametrize(
    ("row", "guesses", "status"),
    [
        ("(venv) someone@node:~/bert_large$", " " * 24 + "^", "completed"),
        ("srun: error: node1: task 0: Ex1ted with ex1t code 1", " " * 30 + "^" + " " * 11 + "^", None),
        ("x0000000000000000", "^" * 17, None),
        ("1 2 3", "^^ ^ ^", "completed"),
    ],
)
def test_a_status_is_null_where_a_row_that_is_not_read_may_contradict_it(monkeypatch, row, guesses, status):
    lines = last_lines(LOG)
    ends = max(i for i, line in enumerate(lines) if "Training completed successfully" in line)
    lines = [*lines[: ends + 1], row]
    value, reason = cell(logs_of(monkeypatch, "\n".join(lines), {ends + 1: guesses}), "status")
    assert value == status
    if status is None:
        assert reason.startswith("not legible: ")


def test_what_a_picture_does_not_show_is_not_in_it(monkeypatch):
    text = "\n".join(last_lines(LOG))
    seen, read = logs_of(monkeypatch, text, {}), logparse.ingest(text.encode())
    for logs, begins in ((seen, True), (read, False)):
        absent = logs.evidence.filter(pl.col("code") == "not_in_log")
        assert absent.height > 5
        assert absent["reason"].str.starts_with("not in this picture: ").unique().to_list() == [begins]


def test_a_row_that_is_not_read_says_nothing_of_a_run_in_another_source(monkeypatch):
    line = next(line for line in LOG.read_text().splitlines() if "Loss=" in line).replace("Loss=9", "Loss=g")
    picture = as_picture(line, {0: marked(line, "Loss=g", 5)})
    monkeypatch.setattr(reading, "read_picture", lambda data: picture)
    log = LOG.read_bytes()
    alone, both = logparse.ingest(log), logparse.ingest([b"\x89PNG\r\n\x1a\n", log])
    left_out = ["label", "source"]
    assert both.runs.drop(left_out).equals(alone.runs.drop(left_out))


def test_words_are_mended_and_digits_are_not(monkeypatch):
    lines = last_lines(LOG)
    last = max(i for i, line in enumerate(lines) if "Loss=" in line)
    lines[last] = lines[last].replace("GlobalRate", "Gl0balRate")
    logs = logs_of(monkeypatch, "\n".join(lines), {last: marked(lines[last], "Gl0bal", 2)})
    assert cell(logs, "throughput")[0] is not None
    assert cell(logs, "loss")[0] is not None


def test_letters_that_are_like_digits_are_not_clear_where_a_number_is():
    """Such as the `l` of a font in which it is like a one."""
    texts = {
        "Loss=7.l25 at 07:ll:04": "Loss=7.?25 at 07:??:04",
        "Step=l00, all of l": "Step=?00, all of ?",
        "control 10 Pool2d lO24": "control 10 Pool2d ??24",
        "INFO log path": "INFO log path",
    }
    for text, expected in texts.items():
        places = set(transcript.like_digits(text))
        assert "".join("?" if at in places else character for at, character in enumerate(text)) == expected


def test_a_letter_that_digits_were_read_as_is_clear_nowhere():
    def line(text: str) -> Line:
        return Line(text, (1.0,) * len(text), ((0, 0, 8, 16),) * len(text))

    read = transcript._without_like_digits([*map(line, ["07:ll:04", "07:ll:05", "all is well"])])
    assert [row.marked(0, len(row.text)) for row in read] == ["07:??:04", "07:??:05", "a?? is we??"]
    once = transcript._without_like_digits([*map(line, ["07:1l:04", "all is well"])])
    assert [row.marked(0, len(row.text)) for row in once] == ["07:1?:04", "all is well"]


# -- what is no picture of a terminal ---------------------------------------------------------------------------------


def test_without_the_packages_the_reason_has_the_command_that_installs_them(monkeypatch):
    def missing(name):
        raise pictures.picture.PackageNotFoundError(name)

    monkeypatch.setattr(pictures.picture, "version", missing)
    (source,) = logparse.ingest(png(Image.new("RGB", (10, 10)))).sources.to_dicts()
    assert source["status"] == "unreadable"
    assert "pip install 'logparse[pictures]'" in source["reason"]


def noise() -> bytes:
    return png(Image.frombytes("RGB", (300, 200), random.Random(1).randbytes(300 * 200 * 3)))


@pytest.mark.parametrize("data", [noise(), png(Image.new("RGB", (800, 600), (10, 10, 10)))])
def test_what_is_no_terminal_says_why(data):
    (source,) = logparse.ingest(data).sources.to_dicts()
    assert source["status"] == "not_text"
    assert source["reason"].startswith("This is a picture, but not of a terminal")


def bomb() -> bytes:
    """A small PNG of 60,000 x 60,000 pixels, as its header says."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    size = (60_000).to_bytes(4, "big")
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size * 2 + b"\x08\x02\0\0\0")
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "data", [bomb(), png(Image.new("RGB", (90, 90), (9, 9, 9)))[:60], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0 text"]
)
def test_a_hostile_picture_costs_itself_only(data):
    logs = logparse.ingest([data, LOG])
    assert logs.sources["status"].to_list() == ["unreadable", "read"]
    assert "picture" in logs.sources["reason"][0]


def test_what_is_cut_off_at_the_edge_is_not_read():
    lines = last_lines(LOG, 8)
    image = drawn(lines, "DejaVu Sans Mono" if "DejaVu Sans Mono" in FONTS else "JetBrains Mono", 16, True)
    cut = image.crop((0, 14, image.width, image.height - 14))
    shown = [line.text for line in read_lines(np.asarray(cut)) if line.text.strip()]
    assert shown == lines[1:-1]


def test_the_text_of_a_picture_is_cached_by_content(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("LOGPARSE_NO_CACHE", raising=False)
    data = png(drawn(last_lines(LOG, 4), "JetBrains Mono", 16, True))
    first = pictures.read(data)
    monkeypatch.setattr(pictures.picture, "_lines", lambda data: pytest.fail("read again"))
    assert pictures.read(data) == first


def test_webp_is_read():
    lines = last_lines(LOG, 6)
    stream = io.BytesIO()
    drawn(lines, "JetBrains Mono", 16, True).save(stream, "WEBP", lossless=True)
    assert [line.text for line in pictures.read(stream.getvalue()).lines if line.text.strip()] == lines
