"""Arrows between modules run one way, grammars are data, and only the reader and the command line touch files."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from conftest import ROOT

ENGINE = sorted((ROOT / "logparse").glob("*.py"))
FLOORS = ("comparison", "findings", "charts", "report", "cli")
"""Packages from the ground up: what is said of two runs, what one ought to know, pictures, pages, commands."""
COMMANDS = sorted((ROOT / "logparse" / "cli").glob("*.py"))
GRAMMARS = sorted((ROOT / "grammars").glob("*.py"))
FRONT = {"__init__"}
"""The package's front door: it names what lies behind, and nothing inside goes through it."""
MAY_OPEN = {"reader"}


def imported(path: Path) -> set[str]:
    """Modules that a file imports, also inside functions: `a.b` for `from a import b` as well."""
    out: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            out |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            out |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return out


def arrows() -> dict[str, set[str]]:
    """Module of the engine -> those it imports."""
    names = {path.stem for path in ENGINE} - FRONT
    return {
        path.stem: {name for name in names if f"logparse.{name}" in imported(path)}
        for path in ENGINE
        if path.stem in names
    }


def test_there_are_modules_to_look_at() -> None:
    assert len(ENGINE) > 15
    assert len(COMMANDS) > 8
    assert len(GRAMMARS) >= 5
    assert "grammar" in arrows()["match"]


def test_arrows_run_one_way() -> None:
    order = list(TopologicalSorter(arrows()).static_order())  # raises CycleError where they do not
    assert order.index("schema") < order.index("grammar") < order.index("match") < order.index("pipeline")


def modules() -> dict[str, Path]:
    """Dotted name -> file, of every module of the package."""
    paths = sorted((ROOT / "logparse").rglob("*.py"))
    names = [".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for p in paths]
    return dict(zip(names, paths, strict=True))


def test_no_module_imports_another_in_a_circle() -> None:
    known = modules()
    graph = {name: (imported(path) & known.keys()) - {name, "logparse"} for name, path in known.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(known) > 100


@pytest.mark.parametrize("floor", FLOORS[:-1])
def test_a_floor_rests_on_those_below_it(floor: str) -> None:
    above = tuple(f"logparse.{name}" for name in FLOORS[FLOORS.index(floor) + 1 :])
    wrong = {
        f"{name} -> {target}"
        for name, path in modules().items()
        if name.startswith(f"logparse.{floor}")
        for target in imported(path)
        if target.startswith(above)
    }
    assert not wrong


@pytest.mark.parametrize("name", ["reader", "compile", "match", "pipeline", "runs", "schema", "grammar"])
def test_reading_knows_nothing_of_comparing(name: str) -> None:
    assert not {
        m for m in imported(ROOT / "logparse" / f"{name}.py") if m.startswith(tuple(f"logparse.{f}" for f in FLOORS))
    }


@pytest.mark.parametrize("path", ENGINE, ids=lambda p: p.stem)
def test_the_engine_knows_no_command_and_no_vendor(path: Path) -> None:
    # `platforms` finds the grammars by looking in the package: no module names one.
    wrong = {name for name in imported(path) if name.startswith(("click", "logparse.cli", "logparse.grammars"))}
    assert not wrong


@pytest.mark.parametrize("path", [p for p in GRAMMARS if p.stem != "__init__"], ids=lambda p: p.stem)
def test_grammars_import_only_what_rules_are_written_with(path: Path) -> None:
    modules = {
        node.module if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert modules <= {"__future__", "pyparsing", "logparse.grammar", "logparse.grammars.common"}


def test_the_compiler_knows_no_polars() -> None:
    assert not {name for name in imported(ROOT / "logparse" / "compile.py") if name.startswith("polars")}


def of_package(path: Path) -> str:
    return str(path.relative_to(ROOT / "logparse").with_suffix(""))


READERS_OF_OUR_OWN = {"spreads/__init__", "spreads/make", "report/page"}
"""What the package brings along is read where it is used; `spreads.make` is a script."""


@pytest.mark.parametrize(
    "path",
    [
        p
        for p in sorted((ROOT / "logparse").rglob("*.py"))
        if p.stem not in MAY_OPEN and p.parent.name != "cli" and of_package(p) not in READERS_OF_OUR_OWN
    ],
    ids=of_package,
)
def test_only_the_reader_and_the_command_line_touch_files(path: Path) -> None:
    wrong = [
        f"{path.name}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text()))
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


PAGES = {"show", "side_by_side", "overview", "explain", "paper"}
"""Modules that make what people read of what lies below: commands and reports print it."""


@pytest.mark.parametrize("floor", ["comparison", "findings", "charts"])
def test_what_is_said_of_runs_knows_no_page_that_shows_it(floor: str) -> None:
    pages = {f"logparse.{name}" for name in PAGES}
    assert pages <= modules().keys()
    wrong = {
        f"{name} -> {target}"
        for name, path in modules().items()
        if name.startswith(f"logparse.{floor}")
        for target in imported(path) & pages
    }
    assert not wrong


def test_words_that_nobody_knows_are_helped_in_one_place() -> None:
    # Paths are another matter: the reader looks for files that are there.
    helpers = {path.stem for path in modules().values() if "difflib" in imported(path)}
    assert helpers == {"errors", "reader"}
