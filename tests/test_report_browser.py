"""The page of a report in a browser: what a reader can do with it, and what a log cannot."""

from __future__ import annotations

import os
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import limits
import pytest
from click.testing import CliRunner
from conftest import SAMPLES, ingested
from playwright.sync_api import sync_playwright
from test_report import HOSTILE, TEN, hostile

import logparse
from logparse.cli import cli
from logparse.report import report

assert hostile  # the fixture
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 60_000
"""Milliseconds; CI may run on two busy cores."""


@dataclass
class Opened:
    """A page that was opened, what it said and what it asked for."""

    page: object
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def chromium() -> str:
    """The program of the browser; tests are skipped where there is none, and fail in CI."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium is installed, and CI must not skip: apt-get install chromium")
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[object]:
    """The browser of the system."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ten") / "report.html"
    path.write_text(report(ingested(TEN), claims=["20_epochs:epochs=20"]), "utf-8")
    return path


@contextmanager
def opening(browser):  # type: ignore[no-untyped-def]
    """Opens files; afterwards nothing may have been complained of, nor asked for but the files themselves."""
    opened: list[Opened] = []

    def open_(path: Path, **options):  # type: ignore[no-untyped-def]
        context = browser.new_context(**{"viewport": {"width": 1360, "height": 900}, **options})
        page = context.new_page()
        one = Opened(page)
        opened.append(one)
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: one.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: one.said.append(f"error: {error}"))
        # What Chromium itself sees of the network, whoever asks.
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", lambda event: one.asked.append(event["request"]["url"]))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-drawn=yes]")
        return page

    yield open_
    for one in opened:
        assert one.said == []
        assert [url for url in one.asked if not url.startswith("data:")] == [one.page.url.partition("#")[0]]
        one.page.context.close()


@pytest.fixture
def open_page(browser):  # type: ignore[no-untyped-def]
    """Opens a file in a window of its own."""
    with opening(browser) as open_:
        yield open_


@pytest.fixture(scope="module")
def shared_page(browser, ten: Path):  # type: ignore[no-untyped-def]
    """The page of the ten runs, opened once: to draw it takes longer than most of the tests."""
    with opening(browser) as open_:
        yield open_(ten, permissions=["clipboard-read", "clipboard-write"])


@pytest.fixture
def page_of_ten(shared_page):  # type: ignore[no-untyped-def]
    """The page of the ten runs as it was opened, but for the order of its table."""
    yield shared_page
    shared_page.keyboard.press("Escape")  # closes the lines
    shared_page.keyboard.press("Escape")  # and chooses no run
    shared_page.fill("#q", "")
    for choice in shared_page.locator(".filter select").all():
        choice.select_option(index=0)
    assert shared_page.locator("#viewer").is_hidden()
    assert shared_page.locator("#run").is_hidden()
    assert shared_page.locator(".dim, tr.chosen").count() == 0
    assert len(names(shared_page)) == 10


def cell(page, run: str, column: str):  # type: ignore[no-untyped-def]
    """The cell of the table of runs."""
    heads = [text.strip() for text in page.locator("#runs-table thead th").all_inner_texts()]
    index = next(i for i, text in enumerate(heads) if text.startswith(column))
    return row(page, run).locator("th, td").nth(index)


def row(page, run: str):  # type: ignore[no-untyped-def]
    return page.locator("#runs-table tbody tr", has=page.locator("th button", has_text=run))


def names(page) -> list[str]:  # type: ignore[no-untyped-def]
    return list(page.locator("#runs-table tbody tr:not([hidden]) th").all_inner_texts())


def test_it_opens_draws_all_charts_and_asks_for_nothing(page_of_ten) -> None:
    page = page_of_ten
    drawn = page.locator(".chart svg").count()
    assert drawn == page.locator(".chart").count() >= 7
    marks = page.locator(".chart [data-of]").count()
    assert marks > 100


def test_a_click_on_a_head_sorts_and_another_turns_the_order(page_of_ten) -> None:
    page = page_of_ten
    head = page.locator("#runs-table thead th", has_text="train")
    assert head.get_attribute("aria-sort") == "none"
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    # What has no value goes last, whichever way.
    assert names(page)[0] in ("mnist_asked_20_epochs_ran_10", "mnist_asked_lr_002_cached")
    assert names(page)[5] == "bert_large_batch_2048"
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert names(page)[0] == "bert_large_batch_2048"
    assert names(page)[5] in ("mnist_asked_20_epochs_ran_10", "mnist_asked_lr_002_cached")


def test_words_and_choices_filter_and_the_count_is_told(page_of_ten) -> None:
    page = page_of_ten
    page.fill("#q", "cerebras 512")
    assert names(page) == ["bert_large_batch_512"]
    count = page.locator("#count")
    assert (count.inner_text(), count.get_attribute("aria-live")) == ("1 of 10 runs", "polite")
    page.fill("#q", "")
    page.locator(".filter select").first.select_option("groq")
    assert count.inner_text() == "2 of 10 runs"
    assert len(names(page)) == 2


def test_choosing_a_run_highlights_it_everywhere_and_escape_lets_it_go(page_of_ten) -> None:
    page = page_of_ten
    button = row(page, "bert_large_batch_512").locator("th button")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert row(page, "bert_large_batch_512").get_attribute("class") == "chosen"
    run = row(page, "bert_large_batch_512").get_attribute("data-run")
    for chart in ("ratio", "duration", "throughput", "loss", "timeline"):
        marks = page.locator(f"#chart-{chart} [data-of]")
        dim = marks.evaluate_all("marks => marks.map((m) => [m.dataset.of.split(' '), m.classList.contains('dim')])")
        assert {True, False} == {is_dim for _, is_dim in dim}
        assert all(is_dim != (run in of) for of, is_dim in dim)
    assert page.locator("#bar-text").inner_text() == "bert_large_batch_512"
    assert page.locator("#run dt", has_text="sdk_version").count() <= 1
    assert page.locator("#run").inner_text().count("174.727 s") == 1
    page.keyboard.press("Escape")
    assert page.locator(".chart .dim").count() == 0
    assert page.locator("#run").is_hidden()


def test_a_click_on_a_mark_chooses_its_run_and_offers_its_lines(page_of_ten) -> None:
    page = page_of_ten
    run = row(page, "bert_large_batch_512").get_attribute("data-run")
    page.locator(f"#chart-throughput .mark-symbol path[data-of='{run}']").first.click()
    assert row(page, "bert_large_batch_512").get_attribute("class") == "chosen"
    page.click("#bar-lines")
    assert "2931.64" in page.locator("#viewer .lines .hit mark").all_inner_texts()


def test_a_number_shows_its_lines_with_the_match_marked_and_focus_comes_back(page_of_ten) -> None:
    page = page_of_ten
    button = cell(page, "mnist_as_is_cold", "train").locator("button")
    button.focus()
    page.keyboard.press("Enter")
    viewer = page.locator("#viewer")
    assert viewer.locator("h2").inner_text() == "train_s of mnist_as_is_cold"
    assert "88 s" in viewer.inner_text()
    assert "derived: max(whole - compile, 0)" in viewer.inner_text()
    assert viewer.locator(".lines mark").all_inner_texts() == ["00:22", "01:50"]
    lines = viewer.locator(".lines li")
    assert [line.get_attribute("value") for line in lines.all()] == ["6", "7", "8", "9", "10"]
    page.keyboard.press("Escape")
    assert viewer.is_hidden()
    assert button.evaluate("button => button === document.activeElement")


def test_an_empty_cell_says_why(page_of_ten) -> None:
    page = page_of_ten
    cell(page, "bert_large_8_tasks", "train").locator("button").click()
    said = page.locator("#viewer-body").inner_text()
    assert "train_s is unknown" in said
    assert "the work is in another log of the job" in said


def test_a_compared_value_and_a_statement_show_their_lines(page_of_ten) -> None:
    page = page_of_ten
    page.locator(".grid tr", has_text="accuracy").first.locator("td button").nth(1).click()
    assert page.locator("#viewer .lines mark").all_inner_texts() == ["98.30"]
    page.click("#viewer-close")
    page.locator(".not_say li", has_text="epochs 20").locator("button").click()
    assert "10/10" in page.locator("#viewer .lines .hit").inner_text()


def test_the_lists_can_be_copied(page_of_ten) -> None:
    page = page_of_ten
    page.locator("[data-copy='say md']").click()
    page.locator("[data-copy='say md']", has_text="Copied").wait_for()
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("### What these logs show\n")
    assert "`" in text
    page.locator("[data-copy='not_say text']").click()
    page.locator("[data-copy='not_say text']", has_text="Copied").wait_for()
    assert "- A difference in accuracy: " in page.evaluate("navigator.clipboard.readText()")


def test_the_theme_follows_the_system_until_one_is_chosen(open_page, ten: Path) -> None:
    page = open_page(ten, color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(20, 24, 29)"
    assert page.locator(".chart.dark").count() == page.locator(".chart").count()
    page.click("#theme")
    page.wait_for_selector("html[data-theme=light][data-drawn=yes]")
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    assert page.locator(".chart.dark").count() == 0
    assert page.locator(".chart svg").count() == page.locator(".chart").count()


def test_on_a_phone_nothing_is_wider_than_the_screen(open_page, ten: Path) -> None:
    page = open_page(ten, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    cell(page, "mnist_as_is_cold", "quality").locator("button").first.tap()
    assert "97.69" in page.locator("#viewer .lines mark").all_inner_texts()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1400])
def test_a_long_name_makes_no_page_wider_than_its_screen(open_page, tmp_path: Path, width: int, scheme: str) -> None:
    name = "a_name_without_any_place_to_break_" * 4
    unknown = tmp_path / f"{name}.txt"
    unknown.write_bytes((SAMPLES / "mixed" / "not_ours_nvidia.txt").read_bytes())
    run = tmp_path / f"{name}.out"
    run.write_bytes((SAMPLES / "groq" / "resnet50.out").read_bytes())
    path = tmp_path / "report.html"
    path.write_text(report(logparse.ingest([unknown, run])), "utf-8")
    is_phone = width == 390
    page = open_page(
        path, viewport={"width": width, "height": 900}, color_scheme=scheme, is_mobile=is_phone, has_touch=is_phone
    )
    assert name in page.locator("#unread").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_on_a_phone_charts_let_the_shadow_of_their_region_through(open_page, ten: Path) -> None:
    page = open_page(ten, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    chart = page.locator("#chart-ratio .scroll").first
    assert chart.evaluate("e => e.scrollWidth > e.clientWidth && getComputedStyle(e).backgroundImage") != "none"
    assert "transparent" in chart.locator("svg").first.get_attribute("style")


def test_the_dot_of_a_platform_is_on_the_first_line_of_a_name_that_wraps(open_page, tmp_path: Path) -> None:
    files = [SAMPLES / "cerebras" / "bert_large_batch_1024.out", SAMPLES / "sambanova" / "bert_large_run_16_ranks.out"]
    path = tmp_path / "report.html"
    path.write_text(report(logparse.ingest(files)), "utf-8")
    page = open_page(path, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    places = [
        (named.locator(".dot").bounding_box(), named.locator(".dot + *").bounding_box())
        for named in page.locator(".named").all()
    ]
    assert any(name["height"] > 30 for _, name in places)
    assert all(dot["y"] < name["y"] + 18 for dot, name in places)


def test_it_prints_on_paper_with_everything_unfolded(open_page, ten: Path) -> None:
    page = open_page(ten, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("details.group:not([open])").count() == 0
    assert page.locator(".filter").is_hidden()
    assert page.pdf(format="A4")[:5] == b"%PDF-"


def test_a_pdf_has_the_text_of_the_report_on_several_pages(chromium: str, tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    logs = [str(SAMPLES / "graphcore" / f"mnist_{name}.out") for name in ("as_is_cold", "at_chance")]
    done = CliRunner().invoke(cli, ["report", *logs, "-o", str(file)])
    assert done.exit_code == 0, done.output
    assert f"Wrote {file}" in done.stderr
    pdf = file.read_bytes()
    assert b"/Title (2 runs: mnist)" in pdf
    pages = texts_of(pdf)
    assert 4 <= len(pages) <= 12
    assert "2 runs: mnist" in pages[0]
    text = " ".join(pages)
    for word in ("What these logs show", "97.69 %", "Findings", "Lines not parsed", "mnist_at_chance"):
        assert word in text
    assert "Copy" not in text, "what is for the screen only is not printed"


def texts_of(pdf: bytes) -> list[str]:
    """The text of each page that Chromium wrote: glyphs of a font, whose own table gives their characters."""
    objects = {int(number): body for number, body in re.findall(rb"(\d+) 0 obj\n(.*?)endobj", pdf, re.DOTALL)}

    def stream(reference: bytes) -> str:
        body = re.search(rb"stream\r?\n(.*?)\r?\nendstream", objects[int(reference)], re.DOTALL)
        assert body is not None
        return zlib.decompress(body[1]).decode("latin-1")

    def characters(font: bytes) -> dict[int, str]:
        table = re.search(rb"/ToUnicode (\d+) 0 R", objects[int(font)])
        out: dict[int, str] = {}
        for kind, block in re.findall(r"beginbf(char|range)(.*?)endbf", stream(table[1]) if table else "", re.DOTALL):
            for codes in re.findall(r"<(\w+)> <(\w+)>" + (r" <(\w+)>" if kind == "range" else ""), block):
                first, last = int(codes[0], 16), int(codes[-2], 16)
                begin = bytes.fromhex(codes[-1]).decode("utf-16-be")
                out |= {code: begin[:-1] + chr(ord(begin[-1]) + code - first) for code in range(first, last + 1)}
        return out

    pages = [body for body in objects.values() if b"/Type /Page\n" in body]
    texts = []
    for page in pages:
        fonts = {name: characters(number) for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", page)}
        contents = re.search(rb"/Contents (\d+)", page)
        assert contents is not None
        text, font = "", {}
        for name, glyphs in re.findall(r"/(F\d+) [\d.]+ Tf|<(\w+)> Tj", stream(contents[1])):
            font = fonts[name.encode()] if name else font
            text += "".join(font.get(int(glyphs[i : i + 4], 16), "") for i in range(0, len(glyphs), 4))
        texts.append(text)
    return texts


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_accessibility_check_finds_nothing(open_page, ten: Path, scheme: str) -> None:
    import axe_playwright_python

    page = open_page(ten, color_scheme=scheme)
    rules = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
    page.evaluate(rules)
    look = "axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations.map((v) => "
    look += "[v.impact, v.id, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200))]))"
    assert page.evaluate(look) == []
    # The charts, half of the page, are as they were until a run is chosen; what is not chosen is faded on purpose.
    but_charts = look.replace("document,", "{exclude: ['.chart']},")
    cell(page, "mnist_as_is_cold", "train").locator("button").click()
    assert page.evaluate(but_charts) == []
    page.keyboard.press("Escape")
    row(page, "bert_large_batch_512").locator("th button").click()
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate(but_charts) == []


def test_the_keyboard_reaches_everything_in_the_order_of_the_page(open_page, ten: Path) -> None:
    page = open_page(ten)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.getBoundingClientRect().top + scrollY"))
    assert len(set(seen)) > 15
    assert page.locator('[tabindex]:not([tabindex="0"]):not([tabindex="-1"])').count() == 0


def test_log_text_is_inert(open_page, hostile: logparse.Logs, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(report(hostile, title=HOSTILE), "utf-8")
    page = open_page(path)
    assert page.title() == HOSTILE
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.evaluate("window.hacked") is None
    assert page.locator("body > img, main img, main script").count() == 0
    for button in page.locator("#runs-table button").all():
        button.click()
        if page.locator("#viewer").is_visible():
            page.click("#viewer-close")
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    for button in page.locator("#findings button.place, #lists button.place").all():
        button.click()
        page.click("#viewer-close")
    assert page.evaluate("window.hacked") is None
    assert page.locator("[href^='javascript'], main style").count() == 0


def test_hundreds_of_runs_filter_sort_and_are_chosen(open_page, tmp_path: Path) -> None:
    """What benchmarks/limits.py does with a thousand runs, where it measures how long each act takes."""
    page = open_page(limits.thousand_runs(tmp_path, 200))
    assert limits.acted(page, limits.ACTS["filter"]) > 0
    assert names(page) == ["run_0123"]
    limits.acted(page, limits.ACTS["show all"])
    before = names(page)
    assert len(before) == 200
    limits.acted(page, limits.ACTS["sort"])
    assert page.locator("#runs-table thead th[aria-sort=ascending]").count() == 1
    assert sorted(names(page)) == sorted(before) != names(page)
    limits.acted(page, limits.ACTS["choose"])
    assert page.locator("#runs-table tbody tr.chosen").count() == 1
    assert page.locator("#count").inner_text() == "200 of 200 runs"
    assert not re.search("NaN|undefined", page.locator("#lists").inner_text())
