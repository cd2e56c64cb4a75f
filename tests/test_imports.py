"""Which modules a command imports. Each costs time at every start, so a command leaves out what it does not use."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import cache

import pytest
from conftest import ROOT

LOG = str(ROOT / "sample_logs" / "cerebras" / "bert_large_batch_1024.out")
COMMANDS = {
    "--help": ["--help"],
    "ingest": ["ingest", "--no-store", LOG],
    "runs": ["runs", LOG],
    "show": ["show", "bert_large_batch_1024", "throughput", LOG],
}
PROGRAM = """
import atexit, sys
from logparse.cli import cli
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
cli.main(sys.argv[1:], prog_name="logparse")
"""
NEVER = {
    "PIL", "altair", "deltalake", "difflib", "html", "IPython", "http", "jinja2", "numpy", "onnxruntime", "pandas",
    "pyarrow", "pyparsing", "scipy", "secrets", "sqlite3", "threadpoolctl", "vl_convert", "xml",
}  # fmt: skip
READING = {
    "arguments", "cli", "errors", "frames", "grammar", "logs", "pictures", "pipeline", "reading", "schema", "selection",
    "storage", "store", "text", "user_cache",
}  # fmt: skip
"""Parts that a command needs to read logs."""
PARTS = {
    "--help": {"cli", "errors", "store"},
    "ingest": {*READING, "cells", "comparison", "findings", "pages", "spreads"},
    "runs": READING,
    "show": {*READING, "cells", "comparison", "findings", "pages", "spreads"},
}
COMPARISON = {"across", "compare", "equal", "equal_rows", "noise", "refusal", "scaling", "sides", "verdict", "wording"}
"""Modules of `comparison` about several runs. Of the others, `estimate` has the statistics by which the finding
`outlier` judges a run among its repeats."""


@cache
def imported(command: str) -> frozenset[str]:
    """The modules that a command has imported at its end, once the grammars are in the cache."""
    run = [sys.executable, "-c", PROGRAM, *COMMANDS[command]]
    with tempfile.TemporaryDirectory() as folder:  # without a store
        for _ in range(2):
            result = subprocess.run(run, capture_output=True, text=True, check=True, cwd=folder)
    return frozenset(result.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_imports_no_module_that_it_does_not_use(command: str) -> None:
    program = f"import sys, click{'' if command == '--help' else ', polars'}; print(*sys.modules)"
    base = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {name.partition(".")[0] for name in imported(command) - set(base)} & NEVER
    assert ("polars" in imported(command)) == (command != "--help")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_imports_no_part_that_it_does_not_use(command: str) -> None:
    parts = {name.split(".")[1] for name in imported(command) if name.startswith("logparse.")}
    assert parts <= PARTS[command]


@pytest.mark.parametrize("command", ["ingest", "runs"])
def test_reading_logs_compares_nothing(command: str) -> None:
    modules = {name.removeprefix("logparse.") for name in imported(command) if name.startswith("logparse.")}
    assert not modules & {f"comparison.{name}" for name in COMPARISON}
    assert not modules & {"pages.compare", "pages.across"}
    findings = {name for name in modules if name.startswith("findings.")}
    assert not {name for name in findings if not name.startswith("findings.of_one_run")}
