"""What is not trusted: the configuration of a folder, and a condition in SQL. Neither runs code nor opens a file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
import polars as pl
import pytest
from conftest import real_run, run
from test_cli import ACME, GROQ

from logparse.cli import _options, load, names
from logparse.selection import FUNCTIONS

EVIL = "import pathlib\npathlib.Path('ran').touch()\n"


@pytest.mark.parametrize(
    ("settings", "effect", "option"),
    [
        ('grammar = ["evil.py"]', "'grammar', which runs the code of a file", "--grammar FILE"),
        ('[ingest]\ngrammar = ["evil.py"]', "'grammar', which runs the code of a file", "--grammar FILE"),
        ('output = "../stolen.txt"', "'output', which writes a file", "--output FILE"),
        ('[chart]\ndata = "/etc/x.csv"', "'data', which writes a file", "--data FILE"),
    ],
)
@pytest.mark.parametrize("command", ["ingest", "runs", "grammars", "explain", "schema"])
def test_the_file_of_a_folder_runs_and_writes_nothing(
    command: str, settings: str, effect: str, option: str, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk / "below").mkdir()
    (desk / "logparse.toml").write_text(settings)
    (desk / "evil.py").write_text(EVIL)
    monkeypatch.chdir(desk / "below")
    monkeypatch.setenv("LOGPARSE_CONFIG", str(desk / "mine.toml"))
    (desk / "mine.toml").touch()
    before = sorted(desk.rglob("*"))
    result = run(command, *([] if command in ("grammars", "schema") else [GROQ]))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"may not set {effect}" in " ".join(result.stderr.split())
    assert option in result.stderr
    assert "mine.toml" in result.stderr
    assert sorted(desk.rglob("*")) == before


def test_each_option_that_takes_a_path_says_whether_it_is_read_written_or_run() -> None:
    paths = {
        option.name: type(option.type)
        for name in names()
        for option in load(name).params
        if isinstance(option, click.Option) and isinstance(option.type, click.Path)
    }
    assert paths == {
        "files_from": click.Path, "claims_file": click.Path, "devices": click.Path,
        "store": _options.StoreFolder, "transcript": _options.WrittenFolder,
        "grammar": _options.Code, "output": _options.Written,
        "data": _options.Written,
    }  # fmt: skip


def test_the_users_own_file_may_name_grammars_and_is_overridden_by_the_folder(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = desk / "home" / "logparse"
    own.mkdir(parents=True, mode=0o755)
    (own / "config.toml").write_text('grammar = ["acme.py"]\n[runs]\nformat = "json"\n')
    (own / "config.toml").chmod(0o644)
    (own / "acme.py").write_text(ACME)
    (desk / "acme.log").write_text("acme: loss 1.25\n")
    monkeypatch.delenv("LOGPARSE_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(desk / "home"))
    assert json.loads(run("runs", "acme.log").stdout)["rows"][0]["platform"] == "acme"
    (desk / "logparse.toml").write_text('[runs]\nformat = "csv"\n')
    assert run("runs", "acme.log").stdout.startswith("run,label")


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs the permissions of Unix")
@pytest.mark.parametrize(("folder", "file"), [(0o755, 0o666), (0o755, 0o664), (0o777, 0o644)])
def test_a_file_that_others_may_write_names_no_grammar(
    folder: int, file: int, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = desk / "own"
    own.mkdir()
    (own / "config.toml").write_text('grammar = ["evil.py"]')
    (own / "evil.py").write_text(EVIL)
    (own / "config.toml").chmod(file)
    own.chmod(folder)
    monkeypatch.setenv("LOGPARSE_CONFIG", str(own / "config.toml"))
    result = run("runs", GROQ)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is writable by others" in result.stderr
    assert not (desk / "ran").exists()


def test_without_a_home_no_file_of_the_folder_is_the_users_own(desk: Path) -> None:
    fake = desk / "~" / ".config" / "logparse"
    fake.mkdir(parents=True)
    (fake / "config.toml").write_text('grammar = ["evil.py"]')
    (fake / "evil.py").write_text(EVIL)
    environment = {k: v for k, v in os.environ.items() if k not in ("HOME", "LOGPARSE_CONFIG", "XDG_CONFIG_HOME")}
    for extra in ({}, {"XDG_CONFIG_HOME": "~/.config"}, {"XDG_CONFIG_HOME": ""}):
        assert real_run("grammars", "--platform", "groq", env={**environment, **extra}).returncode == 0
    assert not (desk / "ran").exists()


@pytest.mark.usefixtures("read_once")
@pytest.mark.parametrize(
    "condition",
    [
        "run IN (SELECT column_1 FROM read_csv('secret.csv'))",
        "run IN (SELECT column_1 FROM \"read_csv\" ('secret.csv'))",
        "run IN (SELECT column_1 FROM runs, READ_CSV('secret.csv'))",
        "run IN (SELECT column_1 FROM read_csv/**/('secret.csv'))",
        "EXISTS (SELECT 1 FROM read_parquet('secret.csv'))",
        "run = (FROM read_ipc('secret.csv'))",
        "run IN (WITH a AS (SELECT * FROM read_json('secret.csv')) SELECT run FROM a)",
        "run = '\\' OR run IN (SELECT 1 FROM read_csv('secret.csv')) OR run = '\\'",
        "run = 1) UNION SELECT 0 FROM read_csv('secret.csv') WHERE (true",
        "true; SELECT 1",
        "true -- and nothing else",
        "run IN (SELECT run FROM 'secret.csv')",
        'run IN (SELECT run FROM "secret.csv")',
    ],
)
def test_a_condition_reads_no_file(condition: str, desk: Path) -> None:
    (desk / "secret.csv").write_text("run\nhunter2\n")
    for command in (["runs"], ["report"], ["chart", "duration", "--format", "json"]):
        result = run(*command, GROQ, "--where", condition)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "where: " in result.stderr
        assert "No such file" not in result.stderr
        assert "hunter2" not in result.stderr


@pytest.mark.usefixtures("read_once")
@pytest.mark.parametrize(
    "condition",
    [
        "label = 'read_csv(''x'')' OR true",
        "lower(platform) IN ('groq', upper('x'))",
        "CAST(COALESCE(devices, 1) AS VARCHAR) <> '(('",
        "run IN (SELECT run FROM metrics WHERE (name LIKE '%(%' OR value > 1e-9))",
        "run IN (WITH a AS (SELECT run FROM runs) SELECT run FROM a)",
    ],
)
def test_a_condition_may_compute_and_query_the_frames(condition: str) -> None:
    assert len(json.loads(run("runs", GROQ, "--where", condition, "--format", "json").stdout)["rows"]) == 1


def test_no_function_of_a_condition_is_a_table() -> None:
    for name in FUNCTIONS:
        with pytest.raises(pl.exceptions.SQLInterfaceError, match="not a supported table function"):
            pl.SQLContext().execute(f"SELECT * FROM {name}('x')").collect()
