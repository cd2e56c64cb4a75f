"""The report on pictures: the cut-out of the picture behind each number, so that a reader checks it with one look."""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path
from typing import Any

import pytest
from test_report import payload

import logparse
from logparse.comparison.ledger import Ledger
from logparse.report import report, strips
from logparse.report.trail import Trail

np = pytest.importorskip("numpy")
Image = pytest.importorskip("PIL.Image")
pytest.importorskip("onnxruntime")
pytest.importorskip("rapidocr")

from picture_drawing import drawn, png  # noqa: E402
from test_pictures import LOG, last_lines, logs_of, marked  # noqa: E402
from test_report_browser import browser, chromium, open_page  # noqa: E402

FIXTURES = browser, chromium, open_page


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "shot.png"
    path.write_bytes(png(drawn(last_lines(LOG, 10), "JetBrains Mono", 16, True)))
    return path


@pytest.fixture(scope="module")
def logs(shot: Path) -> logparse.Logs:
    return logparse.ingest(shot)


def cited(logs: logparse.Logs, *columns: str) -> tuple[dict[str, list[Any]], list[list[Any]]]:
    """The record of each column of the only run, and the strips of the page."""
    ledger = Ledger(logs)
    trail = Trail(ledger)
    numbers = [trail.number(ledger.jobs[0], column) for column in columns]
    data = trail.payload()
    return {c: data["numbers"][n] for c, n in zip(columns, numbers, strict=True)}, data["strips"]


def image(strip: list[Any]) -> Any:
    kind, _, body = strip[-1].partition(";base64,")
    assert kind == "data:image/png"
    return Image.open(io.BytesIO(base64.b64decode(body))).convert("RGB")


def test_each_line_is_cut_out_once_and_shows_its_numbers(logs: logparse.Logs, shot: Path) -> None:
    numbers, found = cited(logs, "loss", "throughput")
    boxes = [record[5][0][7] for record in numbers.values()]
    assert [box[0] for box in boxes] == [0, 0]  # both are on the last line
    (strip,) = found
    left, top, width, height, _ = strip
    whole = Image.open(shot).convert("RGB")
    assert np.array_equal(np.asarray(image(strip)), np.asarray(whole.crop((left, top, left + width, top + height))))
    for _, x, y, w, h in boxes:
        assert left <= x < x + w <= left + width
        assert (y, h) == (top, height)
        assert np.asarray(image(strip).crop((x - left, 0, x - left + w, h))).max() > 150  # ink


def test_without_the_picture_the_box_is_left_as_text(shot: Path, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "shot.png"
    path.write_bytes(shot.read_bytes())
    logs = logparse.ingest(path)
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "PIL", None)
        numbers, found = cited(logs, "loss")
        assert found == [[None]]
    path.write_bytes(png(Image.new("RGB", (900, 400))))  # another picture
    assert cited(logs, "loss") == (numbers, [[None]])
    path.unlink()
    assert cited(logs, "loss") == (numbers, [[None]])
    number, *box = numbers["loss"][5][0][7]
    assert number == 0
    assert len(box) == 4


def test_pictures_that_were_given_as_bytes_are_not_cut_out(shot: Path) -> None:
    numbers, found = cited(logparse.ingest(shot.read_bytes()), "loss")
    assert found == [[None]]
    assert numbers["loss"][5][0][7]


def test_strips_are_bounded(logs: logparse.Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = [name for name in logs.runs.columns if logs.runs[name][0] is not None]
    _, found = cited(logs, *columns)
    assert len(found) > 3
    assert all(strip[0] is not None for strip in found)
    monkeypatch.setattr(strips, "MOST", len(found[0][-1]))
    assert cited(logs, *columns)[1] == [found[0], *[[None]] * (len(found) - 1)]


def test_a_line_with_a_password_is_not_cut_out(logs: logparse.Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = logparse.Logs.lines
    monkeypatch.setattr(
        logparse.Logs,
        "lines",
        lambda *given, **options: {n: f"{text} token={'*' * 20}" for n, text in lines(*given, **options).items()},
    )
    assert cited(logs, "loss")[1] == [[None]]


def test_what_is_not_legible_has_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = last_lines(LOG)
    last = max(i for i, line in enumerate(lines) if "Loss=" in line)
    unclear = logs_of(monkeypatch, "\n".join(lines), {last: marked(lines[last], "Loss=", 6)})
    numbers, _ = cited(unclear, "loss", "host")
    assert numbers["loss"][2] is None
    assert numbers["loss"][5][0][7] == [0, 8 * (lines[last].index("Loss=") + 5), 16 * last, 8 * 7, 16]
    assert len(numbers["host"]) == 4  # no picture shows it at all


def test_a_store_finds_the_picture_again(shot: Path, tmp_path: Path) -> None:
    logparse.ingest(shot, store=tmp_path / "store")
    _, found = cited(logparse.open(tmp_path / "store"), "loss")
    assert found[0][0] is not None


def test_a_click_shows_the_number_outlined_in_the_picture(logs: logparse.Logs, tmp_path: Path, open_page) -> None:
    path = tmp_path / "report.html"
    path.write_text(report(logs), "utf-8")
    assert len([strip for strip in payload(path.read_text("utf-8"))["strips"] if strip[0] is not None]) > 3
    page = open_page(path)
    page.locator("#runs-table button.n", has_text="4847").first.click()
    view = page.locator("#viewer .cutout .scroll")
    shown, outline = view.bounding_box(), view.locator(".outline").bounding_box()
    assert shown["x"] <= outline["x"]
    assert outline["x"] + outline["width"] <= shown["x"] + shown["width"]
    picture = view.locator("img")
    assert "with an outline around 4847" in picture.get_attribute("alt")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    assert "pixels" in page.locator("#viewer figcaption").inner_text()


def test_without_the_picture_the_page_names_line_and_box(shot: Path, tmp_path: Path, open_page) -> None:
    path = tmp_path / "report.html"
    path.write_text(report(logparse.ingest(shot.read_bytes())), "utf-8")
    page = open_page(path)
    page.locator("#runs-table button.n", has_text="4847").first.click()
    assert page.locator("#viewer img").count() == 0
    assert "in the picture at x " in page.locator("#viewer figcaption").inner_text()
