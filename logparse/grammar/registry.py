"""The grammars: every module in `logparse.grammars`, what other installed packages offer, and files of the user.

A package offers a grammar by an entry point of the group `logparse.grammars`: `mine = "my_package.grammar:GRAMMAR"`.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
import pkgutil
import traceback
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType

from logparse.arguments import OneOrMany, as_tuple
from logparse.errors import GrammarError
from logparse.grammar import Grammar
from logparse.grammar import cache as stored

GROUP = "logparse.grammars"
"""Group of the entry points that offer grammars, and the package of the built-in ones."""


@cache
def built_in() -> tuple[Grammar, ...]:
    """The grammars that logparse brings along, including the shared one, sorted by name.

    Raises `RuntimeError` if one cannot be used.
    """
    try:
        package = importlib.import_module(GROUP)
        modules = [importlib.import_module(f"{GROUP}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    except GrammarError as error:
        raise RuntimeError(f"an installed grammar cannot be used: {error}") from error
    loaded = (_in_module(module, str(module.__file__)) for module in modules if hasattr(module, "GRAMMAR"))
    return tuple(sorted(loaded, key=lambda g: g.name))


@cache
def offered() -> tuple[Grammar, ...]:
    """The grammars that other installed packages offer, sorted by the names of their entry points.

    Raises `GrammarError` if one cannot be used.
    """
    return tuple(_of_entry_point(point) for point in _entry_points())


def _entry_points() -> list[importlib.metadata.EntryPoint]:
    # To parse the entry points of all installed packages takes longer than to read them, and hardly any offers one.
    texts = (package.read_text("entry_points.txt") for package in importlib.metadata.distributions())
    if not any(GROUP in text for text in texts if text):
        return []
    return sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: point.name)


@cache
def grammars() -> tuple[Grammar, ...]:
    """All installed grammars, including the shared one, with their installed extensions."""
    return _combined([])


def load(path: str | Path) -> Grammar:
    """The grammar in a Python file of the user, as it is declared there. It need not be installed.

    Raises `GrammarError` if the file is missing, cannot be imported, or does not define `GRAMMAR`.
    """
    path = Path(path)
    if path.suffix != ".py" or not path.is_file():
        raise GrammarError(f"grammar file not found: {path}", help="name a Python file that defines GRAMMAR")
    loader = _Loader(f"logparse_grammar_{path.stem}", str(path))
    module = importlib.util.module_from_spec(importlib.machinery.ModuleSpec(loader.name, loader, origin=loader.path))
    module.__file__ = loader.path
    try:
        loader.exec_module(module)
    except GrammarError as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
        error.where = ", ".join(filter(None, (":".join(map(str, [path, *lines[-1:]])), error.where)))
        raise
    except Exception as error:
        raise GrammarError(f"{path} cannot be imported", why=f"{type(error).__name__}: {error}") from error
    return _in_module(module, str(path))


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles a file each time: Python takes the compiled one of a file that was changed within a second, if it is as
    long as before."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def chosen(extra: OneOrMany[str | Path | Grammar] = ()) -> tuple[Grammar, ...]:
    """The installed grammars and `extra`, extensions merged into the platforms that they extend.

    An extra platform replaces the installed one of its name. Of several extensions of one platform, the extra ones come
    first, in the order given. Raises `GrammarError` if a grammar cannot be used, if a declaration names what does not
    exist, or if two of `extra` have the same name.
    """
    further: tuple[str | Path | Grammar, ...] = as_tuple(extra)
    return _combined([one if isinstance(one, Grammar) else load(one) for one in further]) if further else grammars()


def compiled(extra: OneOrMany[str | Path | Grammar] = ()) -> tuple[Grammar, ...]:
    """As `chosen`, for reading logs: if the cache has these grammars, they are without expressions and nothing is
    imported, compiled or checked again."""
    further: tuple[str | Path | Grammar, ...] = as_tuple(extra)
    if any(isinstance(one, Grammar) for one in further):
        return chosen(further)
    paths = tuple(str(one) for one in further)
    return _from_cache(paths) if paths else installed()


@cache
def installed() -> tuple[Grammar, ...]:
    """All installed grammars as `compiled` gives them."""
    return _from_cache(())


def _from_cache(paths: tuple[str, ...]) -> tuple[Grammar, ...]:
    sources = _sources(paths)
    if sources is None or (key := stored.key(sources)) is None:
        return chosen(paths)
    loaded = stored.load(key)
    if loaded is None:
        loaded = chosen(paths)
        # Not if a file was changed while it was loaded.
        if all(stored.is_plain(file) for name, file in sources if name) and stored.key(sources) == key:
            stored.store(key, loaded)
    return loaded


def _sources(paths: Sequence[str]) -> list[tuple[str, Path]] | None:
    """Names and files of all grammars, found without importing one; None if a file is not found."""
    package = importlib.util.find_spec(GROUP)
    folders = (package and package.submodule_search_locations) or ()
    files = sorted(file for folder in folders for file in Path(folder).glob("*.py"))
    found: list[tuple[str, Path | None]] = [("", file) for file in files]
    found += [(f"entry point {point}", _file_of(point)) for point in _entry_points()]
    found += [(path, Path(path)) for path in paths]
    known = [(name, file) for name, file in found if file is not None]
    return known if len(known) == len(found) and files else None


def _file_of(point: importlib.metadata.EntryPoint) -> Path | None:
    top, *others = point.module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None:
        return None
    places = [Path(folder, *others) for folder in spec.submodule_search_locations or ()]
    files = [file for place in places for file in (place / "__init__.py", place.with_suffix(".py")) if place.name]
    return next(filter(Path.is_file, [*files, *([Path(spec.origin)] if spec.origin and not others else [])]), None)


def _combined(loaded: Sequence[Grammar]) -> tuple[Grammar, ...]:
    """The installed grammars and those that were `loaded`, as `chosen` gives them."""
    from logparse.grammar.extension import combined
    from logparse.grammar.validity import require_valid

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
