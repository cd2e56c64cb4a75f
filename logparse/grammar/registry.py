"""The grammars: every module in `logparse.grammars`, what other installed packages offer, and files of the user.

A package offers a grammar by an entry point of the group `logparse.grammars`: `mine = "my_package.grammar:GRAMMAR"`.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pkgutil
import traceback
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

from logparse.arguments import OneOrMany, as_tuple
from logparse.errors import GrammarError
from logparse.grammar import Grammar
from logparse.grammar.extension import combined
from logparse.grammar.validity import require_valid

GROUP = "logparse.grammars"
"""Group of the entry points that offer grammars, and the package of the built-in ones."""


@cache
def built_in() -> tuple[Grammar, ...]:
    """The grammars that logparse brings along, including the shared one, sorted by name."""
    package = importlib.import_module(GROUP)
    modules = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    loaded = (_in_module(module, str(module.__file__)) for module in modules if hasattr(module, "GRAMMAR"))
    return tuple(sorted(loaded, key=lambda g: g.name))


@cache
def offered() -> tuple[Grammar, ...]:
    """The grammars that other installed packages offer, sorted by the names of their entry points.

    Raises `GrammarError` if one cannot be used.
    """
    points = sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: point.name)
    return tuple(_of_entry_point(point) for point in points)


@cache
def grammars() -> tuple[Grammar, ...]:
    """All installed grammars, including the shared one, with their installed extensions."""
    return _combined([])


def load(path: str | Path) -> Grammar:
    """The grammar in a Python file of the user, as it is declared there. It need not be installed.

    Raises `GrammarError` if the file is missing, cannot be imported, or does not define `GRAMMAR`.
    """
    path = Path(path)
    spec = importlib.util.spec_from_file_location(f"logparse_grammar_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise GrammarError(f"grammar file not found: {path}", help="name a Python file that defines GRAMMAR")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except GrammarError as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
        error.where = ", ".join(filter(None, (":".join(map(str, [path, *lines[-1:]])), error.where)))
        raise
    except Exception as error:
        raise GrammarError(f"{path} cannot be imported", why=f"{type(error).__name__}: {error}") from error
    return _in_module(module, str(path))


def chosen(extra: OneOrMany[str | Path | Grammar] = ()) -> tuple[Grammar, ...]:
    """The installed grammars and `extra`, extensions merged into the platforms that they extend.

    An extra platform replaces the installed one of its name. Of several extensions of one platform, the extra ones come
    first, in the order given. Raises `GrammarError` if a grammar cannot be used, if a declaration names what does not
    exist, or if two of `extra` have the same name.
    """
    further: tuple[str | Path | Grammar, ...] = as_tuple(extra)
    return _combined([one if isinstance(one, Grammar) else load(one) for one in further]) if further else grammars()


def _combined(loaded: Sequence[Grammar]) -> tuple[Grammar, ...]:
    """The installed grammars and those that were `loaded`, as `chosen` gives them."""
    named: dict[str, Grammar] = {}
    for grammar in loaded:
        other = named.setdefault(grammar.name, grammar)
        if other is not grammar and (not other.file or other.file != grammar.file):
            raise GrammarError(
                f"two grammars have the name {grammar.name!r}",
                where=" and ".join(filter(None, (other.file, grammar.file))) or None,
                help="rename one of them",
            )
    installed = {g.name: g for g in offered() if g.name not in named}
    replaced = {name for name, grammar in named.items() if not grammar.extends}
    platforms = [g for g in built_in() if g.name not in replaced]
    everything = combined([*platforms, *named.values(), *installed.values()])
    by_name = {g.name: g for g in everything}
    shared = [rule for g in everything if g.shared for rule in g.rules]
    for own in (*named.values(), *installed.values()):
        own.declare_metrics()
        for name in own.extends or (own.name,):
            require_valid(own, by_name[name] if own.extends else own, shared)
    _require_one_meaning([*named.values(), *installed.values()])
    return everything


def _require_one_meaning(grammars: list[Grammar]) -> None:
    """Raises `GrammarError` if two grammars declare a metric with different meanings."""
    owners: dict[str, tuple[Grammar, object]] = {}
    for grammar in grammars:
        for metric in grammar.metrics:
            other, meaning = owners.setdefault(metric.name, (grammar, metric))
            if meaning != metric:
                raise GrammarError(
                    f"{other.name} and {grammar.name} declare the metric {metric.name!r} with different meanings",
                    where=f"{other.name}, metrics and {grammar.name}, metrics", help="rename one of them",
                )  # fmt: skip


def _of_entry_point(point: importlib.metadata.EntryPoint) -> Grammar:
    package = point.dist.name if point.dist else point.value
    where = f"entry point {point.name!r} of the package {package}"
    try:
        loaded = point.load()
    except GrammarError as error:
        error.where = ", ".join(filter(None, (error.where, where)))
        raise
    except Exception as error:
        raise GrammarError(
            f"{point.value} cannot be imported", why=f"{type(error).__name__}: {error}", where=where
        ) from error
    if isinstance(loaded, ModuleType):
        return _in_module(loaded, where)
    if not isinstance(loaded, Grammar):
        raise GrammarError(f"{point.value} is not a grammar", where=where, help="name a module or object: pkg:GRAMMAR")
    object.__setattr__(loaded, "file", where)
    return loaded


def _in_module(module: ModuleType, file: str) -> Grammar:
    grammar = getattr(module, "GRAMMAR", None)
    if not isinstance(grammar, Grammar):
        raise GrammarError(f"{module.__file__} does not define a grammar", help="define GRAMMAR = Grammar(...)")
    object.__setattr__(grammar, "file", file)
    return grammar
