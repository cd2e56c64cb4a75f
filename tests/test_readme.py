"""The README is true: each example in it is run and prints what it says. `--update` writes what it prints."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT, SAMPLES

from logparse.cli import cli, names

pytestmark = pytest.mark.usefixtures("read_once")

README = ROOT / "README.md"
TEXT = README.read_text()
CONSOLES = re.findall(r"^```console\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def block(kind: str, holding: str) -> str:
    """The one block of that kind that holds a text."""
    (found,) = [b for b in re.findall(rf"^```{kind}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE) if holding in b]
    return str(found)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the README has it: the sample logs, `acme.log` and `acme.py`."""
    (tmp_path / "sample_logs").symlink_to(SAMPLES)
    (tmp_path / "acme.log").write_text(block("text", "acme:"))
    (tmp_path / "acme.py").write_text(block("python", "GRAMMAR"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(command: str) -> str:
    program, *arguments = shlex.split(command)
    assert program == "logparse"
    result = CliRunner().invoke(cli, arguments, prog_name="logparse")
    assert result.exit_code == 0, result.output
    return "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())


def rerun(console: str) -> str:
    commands = [line[2:] for line in console.splitlines() if line.startswith("$ ")]
    return "".join(f"$ {command}\n{printed(command)}" for command in commands)


@pytest.mark.parametrize("console", CONSOLES, ids=lambda console: console.splitlines()[0])
def test_a_command_prints_what_the_readme_shows(console: str, desk: Path, update: bool) -> None:
    now = rerun(console)
    if update:
        README.write_text(README.read_text().replace(f"```console\n{console}```", f"```console\n{now}```"))
        return
    assert now == console


def test_the_readme_shows_the_main_commands() -> None:
    shown = {shlex.split(line)[2] for line in TEXT.splitlines() if line.startswith("$ logparse ")}
    assert {"ingest", "compare", "show", "explain", "metrics", "grammars", "--help"} <= shown


@pytest.mark.parametrize("command", names())
def test_a_command_is_documented(command: str) -> None:
    assert f"`logparse {command}" in TEXT


def test_the_python_example_says_what_it_prints(desk: Path) -> None:
    example = doctest.DocTestParser().get_doctest(block("python", ">>>"), {}, "README.md", "README.md", 0)
    assert doctest.DocTestRunner().run(example).failed == 0
    assert len(example.examples) >= 9


def test_the_settings_example_is_taken(desk: Path) -> None:
    (desk / "logparse.toml").write_text(block("toml", "grammar"))
    result = CliRunner().invoke(cli, ["runs", "acme.log", "--format", "csv"])
    assert result.exit_code == 0, result.output
    assert "acme" in result.stdout
