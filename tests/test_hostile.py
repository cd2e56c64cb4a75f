"""Text is data everywhere: every command over a log whose lines and name try to be something else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT, SAMPLES, run

import logparse
from logparse.pages.option import shell_word
from logparse.schema import FRAMES
from logparse.text.terminal import dump

NAME = "-o <script>alert(1)</script> \"q\" 'a' \\input{x} $%&_# |b| `c` [d](javascript:e)\n\x1b]0;t\x07\u202enel.out"
PAYLOADS = (
    "<script>alert(2)</script><img src=x onerror=alert(3)>",
    "</script><!--",
    "\x1b[31mred\x1b[2J\x1b]0;title\x07\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\ \x9b31m \x07 \x08 \x0b \x7f",
    "\u202ereversed\u202c \u2066isolate\u2069 \u200fmark \u2028 \u200b",
    "before\rafter",
    '=HYPERLINK("http://evil") @SUM(1) +1 -1',
    "\\input{/etc/passwd} $x$ %y & _z_ #1 ~ ^ {",
    "| a | `b` **c** [d](javascript:e) ![f](g)",
    "${{ secrets.X }} ::error::x %0A::set-output name=a::b",
)
UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Characters that move a terminal's cursor, or the text around them."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    lines = [f"ValueError: {payload}" for payload in PAYLOADS]
    lines += [f"-bash: {payload}: command not found" for payload in PAYLOADS]
    lines += [f"/usr/lib/x.py:1: UserWarning: {payload}" for payload in PAYLOADS]
    command = f"bert_tiny.py {PAYLOADS[0]} {PAYLOADS[5]}"
    for name, sample in (NAME.replace("/", "_"), "bert_tiny_dummy_input"), ("=second.out", "bert_tiny_256_rebuilt"):
        log = (SAMPLES / "groq" / f"{sample}.out").read_text()
        (folder / name).write_text("\n".join([log.replace("bert_tiny.py", command, 1), *lines, *PAYLOADS]))
    return folder


@pytest.fixture(scope="module")
def logs(folder: Path) -> logparse.Logs:
    logs = logparse.ingest(folder)
    assert logs.runs.height == 2
    assert logs.messages["text"].str.contains("<script>", literal=True).sum() >= 2
    return logs


@pytest.fixture
def given(logs: logparse.Logs, monkeypatch: pytest.MonkeyPatch) -> logparse.Logs:
    monkeypatch.setattr(logparse, "ingest", lambda *_, **__: logs)
    return logs


def for_people(logs: logparse.Logs) -> Iterator[tuple[str, ...]]:
    yield from ((name,) for name in FRAMES)
    yield ("ingest",)
    for run_id in logs.runs["run"]:
        for column in ("status", "command", "label", "source", "throughput"):
            yield "show", run_id, column, "-C", "4"
            yield "show", run_id, column, "-C", "4", "--raw"
    yield ("findings",)
    yield ("compare",)


@pytest.mark.parametrize("terminal", [False, True], ids=["piped", "terminal"])
def test_no_text_reaches_the_terminal_as_a_command(
    terminal: bool, given: logparse.Logs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
    for command in for_people(given):
        result = run(*command, folder)
        assert result.exit_code == 0, result.output
        own = re.sub(r"\x1b\[[\d;]*m|\x1b\]8;;[^\x07\x1b]*\x1b\\", "", result.output) if terminal else result.output
        found = UNSAFE.search(own)
        assert not found, (command, own[max(found.start() - 80, 0) : found.end() + 20])


def test_explain_shows_no_controls(folder: Path) -> None:
    for path in folder.iterdir():
        for options in ((), ("--all",)):
            result = run("explain", "--", path) if not options else run("explain", *options, "--", path)
            assert result.exit_code == 0
            assert not UNSAFE.search(result.output)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_no_text_becomes_markup_in_the_report(given: logparse.Logs, folder: Path) -> None:
    result = run("report", folder)
    assert result.exit_code == 0
    assert "alert(2)" in result.output
    page = _Page()
    page.feed(result.output)
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert not [a for _, a in page.tags if str(a.get("href", "")).lower().startswith(("javascript:", "http"))]
    assert "<script>alert" not in result.output


def test_no_text_becomes_markdown_or_latex(given: logparse.Logs, folder: Path) -> None:
    for command in (("messages",), ("params",), ("report",), ("compare",)):
        markdown = run(*command, folder, "--format", "md").output
        outside_code = re.sub(r"`[^`\n]*`", "", markdown)
        assert "<script>alert" not in outside_code
        assert "<img" not in outside_code
        assert not UNSAFE.search(markdown)
        latex = run(*command, folder, "--format", "latex").output
        assert "\\input" not in latex
        assert not re.search(r"(?<!\\)[&] _z", latex)


@pytest.mark.parametrize("value", [1.0, float("nan")])
@pytest.mark.parametrize("format", ["json", "ndjson"])
def test_json_gives_back_each_character_and_shows_none_that_a_terminal_obeys(format: str, value: float) -> None:
    texts = [*PAYLOADS, "next\x85line", "tag \U000e0041"]
    frame = pl.DataFrame({"text": texts, "value": [value] * len(texts)})
    out = dump(frame, "messages", format).decode()
    assert not UNSAFE.search(out)
    rows = json.loads(out)["rows"] if format == "json" else [json.loads(line) for line in out.split("\n")[:-1]]
    assert [row["text"] for row in rows] == texts


def test_the_cells_of_a_table_stay_in_their_row(given: logparse.Logs, folder: Path) -> None:
    for name in ("messages", "params", "runs", "sources"):
        rows = run(name, folder, "--format", "md").output.rstrip("\n").split("\n")
        bars = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
        assert len(bars) == 1
        assert len(rows) == 2 + getattr(given, name).height


def test_no_cell_of_a_csv_is_a_formula(given: logparse.Logs, folder: Path) -> None:
    for name in FRAMES:
        cells = pl.read_csv(run(name, folder, "--format", "csv").output.encode(), infer_schema=False)
        assert cells.height == getattr(given, name).height
        texts = [c for c, t in getattr(given, name).schema.items() if not t.is_numeric()]
        for column in texts:
            assert not cells[column].str.contains(r"^[=@\t\r]|^[+-][^\d]").any(), (name, column)


def test_charts_hold_text_as_data(given: logparse.Logs, folder: Path) -> None:
    spec = run("chart", "duration", folder, "--format", "json")
    if spec.exit_code == 0:
        json.loads(spec.output)
        page = run("chart", "duration", folder, "--format", "html").output
        assert "<script>alert" not in page


@pytest.mark.skipif(shutil.which("bash") is None, reason="asks bash")
@pytest.mark.parametrize("text", ["a b", "it's", "-x\n\x1b[31m", "\u202eabc", "q'\x07\\", "plain"])
def test_a_quoted_word_is_that_word_for_a_shell(text: str) -> None:
    word = shell_word(text)
    assert word.isprintable()
    command = ["bash", "-c", f"printf %s {word}"]
    assert subprocess.run(command, capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}).stdout.decode() == text


def test_each_test_that_the_documentation_names_exists() -> None:
    page = (ROOT / "docs" / "reference" / "robustness.md").read_text()
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", page)
    assert len(named) > 30
    for file, test in named:
        assert f"def {test}(" in (ROOT / "tests" / file).read_text(), (file, test)
