"""The platforms: every module in `logparse.grammars`, discovered automatically, and grammar files of the user."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType

from logparse.arguments import OneOrMany, as_tuple
from logparse.errors import GrammarError
from logparse.grammar import Grammar


@cache
def grammars() -> tuple[Grammar, ...]:
    """All installed grammars, including the shared one, sorted by name."""
    package = importlib.import_module("logparse.grammars")
    modules = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    return tuple(sorted((_of(module) for module in modules if hasattr(module, "GRAMMAR")), key=lambda g: g.name))


def load(path: str | Path) -> Grammar:
    """The grammar in a Python file of the user. It need not be installed.

    Raises `GrammarError` if the file is missing, cannot be imported, or does not define `GRAMMAR`.
    """
    path = Path(path)
    spec = importlib.util.spec_from_file_location(f"logparse_grammar_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise GrammarError(f"grammar file not found: {path}", help="name a Python file that defines GRAMMAR")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except GrammarError:
        raise
    except Exception as error:
        raise GrammarError(f"{path} cannot be imported", why=f"{type(error).__name__}: {error}") from error
    return _of(module)


def chosen(extra: OneOrMany[str | Path | Grammar] = ()) -> tuple[Grammar, ...]:
    """The installed grammars and `extra`; an extra one of the same name takes the place of the installed one."""
    by_name = {g.name: g for g in grammars()}
    further: tuple[str | Path | Grammar, ...] = as_tuple(extra)
    for one in further:
        grammar = one if isinstance(one, Grammar) else load(one)
        by_name[grammar.name] = grammar
    return tuple(by_name.values())


def _of(module: ModuleType) -> Grammar:
    grammar = getattr(module, "GRAMMAR", None)
    if not isinstance(grammar, Grammar):
        raise GrammarError(f"{module.__file__} does not define a grammar", help="define GRAMMAR = Grammar(...)")
    return grammar
