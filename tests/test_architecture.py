"""The parts of the package: imports between them run one way, grammars are data, and few modules open files.

A part is a package in `logparse` or a module at its top. What each part is for: docs/architecture.md.
"""

from __future__ import annotations

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from conftest import ROOT

PARTS = (
    "arguments",
    "errors",
    "user_cache",
    "schema",
    "text",
    "grammar",
    "pictures",
    "reading",
    "frames",
    "selection",
    "storage",
    "transcripts",
    "logs",
    "store",
    "pipeline",
    "cluster",
    "following",
    "cells",
    "spreads",
    "devices",
    "comparison",
    "findings",
    "rendering",
    "charts",
    "chart",
    "pages",
    "gates",
    "report",
    "cli",
    "__main__",
)
"""A part imports only parts above it in this list."""
ENGINE = PARTS[: PARTS.index("spreads")]
"""Parts that read logs; they know nothing about comparisons."""
SCRIPTS = {"logparse.spreads.make"}
"""Run by hand; they belong to no part."""
MAY_TOUCH_FILES = {
    "logparse.user_cache",
    "logparse.grammar.cache",
    "logparse.grammar.registry",
    "logparse.pictures.fonts",
    "logparse.reading.sources",
    "logparse.storage",
    "logparse.transcripts",
    "logparse.store.places",
    "logparse.store.intake",
    "logparse.following.files",
    "logparse.spreads",
    "logparse.devices",
    "logparse.report.page",
    *SCRIPTS,
}
"""Besides the command line: the user's cache folder, the digest of grammars, what installed packages offer, the reader
of logs, what writes frames to a folder or a store and reads them back when a caller asks for it, and what reads the
data that its own package brings along (or, for `devices`, a file that extends it)."""


@cache
def imported(path: Path) -> frozenset[str]:
    """Modules that a file imports, also inside functions: `a.b` for `from a import b` as well."""
    out: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            out |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            out |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(out)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def modules() -> dict[str, Path]:
    """Dotted name -> file, of every module of the package."""
    paths = sorted((ROOT / "logparse").rglob("*.py"))
    names = [".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for p in paths]
    return dict(zip(names, paths, strict=True))


def part(module: str) -> str | None:
    """The part of a dotted name; None for the package itself and for other packages."""
    names = module.split(".")
    return names[1] if names[0] == "logparse" and len(names) > 1 and names[1] in PARTS else None


def grammar_files() -> list[Path]:
    return [p for p in sorted((ROOT / "grammars").glob("*.py")) if p.stem != "__init__"]


def test_every_part_is_known() -> None:
    parts = {name.split(".")[1] for name in modules() if name != "logparse"}
    assert parts == set(PARTS)
    assert len(modules()) > 100
    assert len(grammar_files()) >= 5


@pytest.mark.parametrize("name", PARTS)
def test_a_part_imports_only_parts_above_it(name: str) -> None:
    below = set(PARTS[PARTS.index(name) + 1 :])
    wrong = {
        f"{module} -> {target}"
        for module, path in modules().items()
        if part(module) == name and module not in SCRIPTS
        for target in imported(path)
        if part(target) in below
    }
    assert not wrong


def test_no_module_imports_another_in_a_circle() -> None:
    known = modules().keys()
    # A package imports its modules in `__init__`, and a module is imported through its package.
    graph = {
        name: {
            target
            for target in (imported(path) & known) - {name, "logparse"}
            if not name.startswith(f"{target}.") and not target.startswith(f"{name}.")
        }
        for name, path in modules().items()
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(known)


def test_a_private_module_is_imported_within_its_part_only() -> None:
    wrong = {
        f"{module} -> {target}"
        for module, path in modules().items()
        for target in imported(path)
        if part(target) not in (None, part(module)) and any(p.startswith("_") for p in target.split(".")[2:])
    }
    assert not wrong


def test_the_engine_knows_no_command_and_no_vendor() -> None:
    # The registry finds the grammars by looking in the package: no module names one.
    wrong = {
        f"{module} -> {target}"
        for module, path in modules().items()
        if part(module) in ENGINE
        for target in imported(path)
        if target.startswith(("click", "logparse.cli", "logparse.grammars"))
    }
    assert not wrong


@pytest.mark.parametrize("path", grammar_files(), ids=lambda p: p.stem)
def test_grammars_import_only_what_rules_are_written_with(path: Path) -> None:
    names = {
        node.module if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names <= {"__future__", "pyparsing", "logparse.grammar", "logparse.grammars.common"}


def test_the_compiler_knows_no_polars() -> None:
    assert not {name for name in imported(modules()["logparse.grammar.compile"]) if name.startswith("polars")}


def test_charts_know_no_pyparsing() -> None:
    assert not [n for n, path in modules().items() if part(n) == "charts" and "pyparsing" in imported(path)]


def test_only_the_reader_and_the_command_line_touch_files() -> None:
    wrong = [
        f"{module}:{node.lineno}"
        for module, path in modules().items()
        if module not in MAY_TOUCH_FILES and part(module) != "cli"
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id == "open")
            or (
                isinstance(node.func, ast.Attribute)
                and node.func.attr in {"read_bytes", "read_text", "write_bytes", "write_text"}
            )
        )
    ]
    assert not wrong


def test_misspelt_words_are_helped_in_one_place() -> None:
    # Paths are another matter: the reader looks for files that are there.
    helpers = {module for module, path in modules().items() if "difflib" in imported(path)}
    assert helpers == {"logparse.errors", "logparse.reading.sources"}
