"""Generated pages are up to date, the example script runs, and links and file names lead somewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import ROOT
from test_architecture import PARTS

from logparse import charts, findings
from logparse.cli import cli

pytestmark = pytest.mark.usefixtures("read_once")

PAGES = [
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG", "SECURITY")),
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts),
]


@pytest.fixture(scope="module")
def make() -> Any:
    spec = importlib.util.spec_from_file_location("docs_make", ROOT / "docs" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_are_what_the_docstrings_and_samples_make(
    make: Any, monkeypatch: pytest.MonkeyPatch, update: bool
) -> None:
    monkeypatch.chdir(ROOT)
    made = dict(make.pages())
    if update:
        for path, text in made.items():
            path.write_text(text)
    assert {path.relative_to(ROOT): path.read_text() for path in made} == {
        path.relative_to(ROOT): text for path, text in made.items()
    }


def test_every_finding_and_chart_has_a_page_and_no_page_is_of_nothing() -> None:
    for folder, names in (("findings", findings.names()), ("charts", charts.names())):
        assert {p.stem for p in (ROOT / "docs" / folder).glob("*.md")} == {"README", *names}
    assert {p.stem for p in (ROOT / "docs" / "charts").glob("*.png")} == set(charts.names())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    assert not [link for link in links if "://" not in link and not (page.parent / link).exists()]


def test_the_example_runs_from_anywhere(tmp_path: Path) -> None:
    script = ROOT / "examples" / "three_batch_sizes.py"
    environment = {**os.environ, "PYTHONUTF8": "1"}
    result = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert "at 409,600 samples:" in result.stdout
    assert "different-budget" in result.stdout
    assert (tmp_path / "three_batch_sizes.json").stat().st_size > 1000


_COMMAND = re.compile(r"(?:^|`)(logparse (?:chart|report) [^`\n]*sample_logs[^`\n]*)", re.MULTILINE)
COMMANDS = [c for page in PAGES for c in _COMMAND.findall(page.read_text())]


def test_there_are_commands_to_run() -> None:
    assert {command.split()[1] for command in COMMANDS} >= {"chart", "report"}
    assert {command.split()[2] for command in COMMANDS if command.split()[1] == "chart"} == set(charts.names())


@pytest.mark.parametrize("command", dict.fromkeys(COMMANDS))
def test_a_command_that_the_docs_name_runs(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    for folder in ("sample_logs", "docs/screenshots"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, shlex.split(command)[1:], prog_name="logparse")
    assert result.exit_code == 0, result.output
    written = shlex.split(command)[-1]
    assert (tmp_path / written).stat().st_size > 10_000


def test_the_architecture_page_names_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    assert not [part for part in PARTS if f"| `{part}` |" not in text]


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_a_file_that_a_page_points_to_is_there(name: str) -> None:
    text = (ROOT / name).read_text()
    files = set(re.findall(r"`((?:logparse|grammars|tests|sample_logs)/[\w/.]+\.\w+)`", text))
    assert len(files) >= 2
    assert not [file for file in files if not (ROOT / file).is_file()]
    names = re.findall(r"`([A-Z]+)` in `([\w/.]+)`|`([\w/.]+)`: `([A-Z]+)`", text)
    assert not [n for n in names if (n[0] or n[3]) not in (ROOT / (n[1] or n[2])).read_text()]
