"""README and docs are true: each example on a page runs and prints what the page shows. `--update` rewrites the output.

A page's examples run in a folder of their own, in which the sample logs, the screenshots, `acme.log` and `acme.py` are,
and each file that the page itself shows: a block after a paragraph that ends in "`NAME` contains".
"""

from __future__ import annotations

import doctest
import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import ROOT, SAMPLES

from logparse.cli import cli, load, names

pytestmark = pytest.mark.usefixtures("read_once")

README = ROOT / "README.md"
OWN_GRAMMAR = ROOT / "docs" / "grammars.md"
PAGES = [README, *sorted(p for p in (ROOT / "docs").rglob("*.md") if "_build" not in p.parts)]
TEXTS = {page: page.read_text() for page in PAGES}
MOST_LINES = 150
"""Of the README: what does not fit is in the docs."""
WORKED = [ROOT / "docs" / "howto" / "week.md"]
"""Pages whose commands build on each other."""


def blocks(page: Path, *kinds: str) -> list[str]:
    """The fenced blocks of these kinds on a page."""
    pattern = rf"^```(?:{'|'.join(kinds)})\n(.*?)^```$"
    return [str(block) for block in re.findall(pattern, TEXTS[page], re.DOTALL | re.MULTILINE)]


def files(page: Path) -> dict[str, str]:
    """Name -> text of each file that a page shows."""
    return dict(re.findall(r"`([\w./-]+)` contains\n\n```\w+\n(.*?)^```$", TEXTS[page], re.DOTALL | re.MULTILINE))


def examples(*kinds: str, pages: Sequence[Path] = PAGES) -> list[Any]:
    """A parameter (page, block) for each block of these kinds on any of these pages."""
    return [
        pytest.param(page, block, id=f"{page.relative_to(ROOT)}: {block.splitlines()[0]}")
        for page in pages
        for block in blocks(page, *kinds)
    ]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: Path) -> Path:
    """The folder that the examples of `page` run in."""
    (tmp_path / "sample_logs").symlink_to(SAMPLES)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "screenshots").symlink_to(ROOT / "docs" / "screenshots")
    for name, text in {**files(OWN_GRAMMAR), **files(page)}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOGPARSE_NO_STORE", raising=False)  # a reader's commands keep what they read
    return tmp_path


# ---- commands and what they print ---- #


def rerun(console: str) -> str:
    """The block with what its commands print now."""
    commands = [line[2:] for line in console.splitlines() if line.startswith("$ ")]
    assert commands, "a console block without a command"
    return "".join(_transcript(commands))


def _transcript(commands: list[str]) -> Iterator[str]:
    """Each command with its output. A command that fails is followed by `echo $?`."""
    code = 0
    environment: dict[str, str] = {}
    for command in commands:
        yield f"$ {command}\n"
        if command == "echo $?":
            yield f"{code}\n"
            code = 0
            continue
        if command.startswith("export "):
            environment.update([command.removeprefix("export ").split("=", 1)])
            continue
        assert code == 0, f"exit code {code} before {command!r}"
        program, *arguments = shlex.split(command)
        assert program == "logparse"
        result = CliRunner(env=environment).invoke(cli, arguments, prog_name="logparse")
        code = result.exit_code
        yield from (f"{line.rstrip()}\n" for line in result.output.splitlines())
    assert code == 0, f"exit code {code} at the end of the block"


@pytest.mark.parametrize(("page", "console"), examples("console", pages=[p for p in PAGES if p not in WORKED]))
def test_a_command_prints_what_the_page_shows(page: Path, console: str, desk: Path, update: bool) -> None:
    now = rerun(console)
    if update:
        page.write_text(page.read_text().replace(f"```console\n{console}```", f"```console\n{now}```"))
        return
    assert now == console


@pytest.mark.parametrize("page", WORKED, ids=lambda page: page.name)
def test_the_commands_of_a_worked_example_print_what_the_page_shows(page: Path, desk: Path, update: bool) -> None:
    # One after the other in one folder, as a reader would type them.
    for console in blocks(page, "console"):
        now = rerun(console)
        if update:
            page.write_text(page.read_text().replace(f"```console\n{console}```", f"```console\n{now}```"))
        else:
            assert now == console


@pytest.mark.parametrize(("page", "script"), examples("sh", "yaml"))
def test_a_command_that_is_only_named_has_valid_options(page: Path, script: str) -> None:
    for command in re.findall(r"(?:^|run: |&& )logparse (.+)", script, re.MULTILINE):
        name, *arguments = shlex.split(command)
        # Raises click.UsageError for an option that the command does not have.
        load(name).make_context(name, arguments, resilient_parsing=False)


@pytest.mark.parametrize("command", names())
def test_a_command_is_documented(command: str) -> None:
    assert f"`logparse {command}" in TEXTS[ROOT / "docs" / "reference" / "commands.md"]


def test_each_main_command_is_shown_with_its_output() -> None:
    consoles = [block for page in PAGES for block in blocks(page, "console")]
    shown = {
        shlex.split(line)[2] for block in consoles for line in block.splitlines() if line.startswith("$ logparse ")
    }
    assert {"ingest", "compare", "findings", "show", "explain", "metrics", "grammars", "--help"} <= shown


# ---- Python and settings ---- #


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name)
def test_a_python_example_prints_what_the_page_shows(page: Path, desk: Path) -> None:
    scripts = [block for block in blocks(page, "python") if block not in files(page).values()]
    example = doctest.DocTestParser().get_doctest("\n".join(scripts), {}, str(page), str(page), 0)
    assert all(">>> " in script for script in scripts), "a python block is a session or a file that the page shows"
    assert doctest.DocTestRunner().run(example).failed == 0


def test_the_readme_has_a_python_example() -> None:
    assert sum(block.count(">>> ") for block in blocks(README, "python")) >= 9


@pytest.mark.parametrize(("page", "settings"), examples("toml"))
def test_a_settings_example_is_accepted(page: Path, settings: str, desk: Path) -> None:
    # Unknown keys are usage errors. Only the user's own file may name a grammar, which then reads the log.
    (desk / "logparse.toml").unlink(missing_ok=True)
    keys = tomllib.loads(settings)
    name = "pyproject.toml" if "tool" in keys else "config.toml" if "grammar" in keys else "logparse.toml"
    (desk / name).write_text(settings)
    environment = {"LOGPARSE_CONFIG": name} if name == "config.toml" else {}
    grammar = [] if environment else ["--grammar", "acme.py"]
    result = CliRunner(env=environment).invoke(cli, ["runs", "acme.log", "--format", "csv", *grammar])
    assert result.exit_code == 0, result.output
    assert "acme" in result.stdout


def test_the_readme_is_short() -> None:
    assert len(TEXTS[README].splitlines()) <= MOST_LINES
