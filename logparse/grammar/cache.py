"""Grammars on disk: compiled and checked once, then loaded without pyparsing and without their modules.

An entry is a file with the grammars as JSON in the user's cache folder (`logparse.user_cache`). Its name is a digest of
everything that it was computed from, so a changed grammar, or another version of logparse, pyparsing or Python, has
another entry. JSON holds data only: an entry that someone else wrote could not run code.
"""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import importlib.util
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from logparse import user_cache
from logparse.grammar import language
from logparse.grammar.pattern import Compiled, Group

_ENCODED = {
    cls.__name__: cls
    for cls in (
        language.Grammar, language.Rule, language.Span, language.Reported, language.Bar, language.Spinner,
        language.Take, language.Derive, language.Infer, language.Table, language.Steady, language.Metric,
        Compiled, Group,
    )
}  # fmt: skip
_EXPRESSIONS = ("expr", "record_starts", "prefix")
_COMPILED = {language.Grammar: ("record_start", "prefix_compiled", "declared_words"), language.Rule: ("compiled",)}
"""What an entry has instead of the expressions."""
_CLASS = "!"
"""Key of the name of the class in the JSON object of a declaration."""
_PLAIN_IMPORTS = ("__future__", "re", "pyparsing", "logparse.grammar", "logparse.schema", "logparse.grammars")
_NOT_PLAIN = frozenset({"open", "exec", "eval", "__import__"})


def key(sources: Iterable[tuple[str, Path]]) -> str | None:
    """The name of the entry for grammars from these sources (name, Python file); None if a file cannot be read."""
    digest = hashlib.sha256()

    def add(*parts: bytes) -> None:
        for part in parts:
            digest.update(b"%d:" % len(part) + part)

    package = Path(__file__).parent
    try:
        pyparsing = importlib.util.find_spec("pyparsing")
        # The first of these files states the version of pyparsing, the second that of logparse.
        files = [Path(str(pyparsing and pyparsing.origin)), package.parent / "__init__.py"]
        files += sorted([*package.glob("*.py"), *package.parent.joinpath("schema").glob("*.py")])
        add(sys.version.encode(), *(file.read_bytes() for file in files))
        for name, path in sources:
            add(name.encode("utf-8", "surrogateescape"), path.read_bytes())
    except OSError:
        return None
    return digest.hexdigest()


def is_plain(file: Path) -> bool:
    """Whether nothing but the file, logparse and pyparsing decides what the grammar in it is: it imports nothing else
    and opens no file. Others are not kept in the cache."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = ["." * node.level + (node.module or "")]
        elif isinstance(node, ast.Name) and node.id in _NOT_PLAIN:
            return False
        if not all(any(f"{module}.".startswith(f"{plain}.") for plain in _PLAIN_IMPORTS) for module in modules):
            return False
    return True


def load(name: str) -> tuple[language.Grammar, ...] | None:
    """The grammars of the entry, without expressions; None if there is none, or it cannot be trusted.

    Raises `GrammarError` if a metric has another meaning in this process.
    """
    body = user_cache.read(f"{name}.json")
    if body is None:
        return None
    try:
        grammars = json.loads(body, object_hook=_decoded)
    except ValueError:
        return None
    for grammar in grammars:
        grammar.declare_metrics()
    return tuple(grammars)


def store(name: str, grammars: Iterable[language.Grammar]) -> None:
    """Write an entry. Does nothing if that is not possible."""
    try:
        body = json.dumps([_encoded(grammar) for grammar in grammars], ensure_ascii=False).encode("utf-8")
    except (ValueError, TypeError):
        return
    user_cache.write(f"{name}.json", body)


def _encoded(value: Any) -> Any:
    """`value` as JSON data. Raises `TypeError` for what is neither plain data nor a declaration of a grammar."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, tuple | list):
        return [_encoded(each) for each in value]
    if isinstance(value, Mapping) and all(type(k) is str and k != _CLASS for k in value):
        return {k: _encoded(each) for k, each in value.items()}
    cls = type(value)
    if _ENCODED.get(cls.__name__) is not cls:
        raise TypeError(f"{cls.__name__} is not stored")
    fields = {f.name: f for f in dataclasses.fields(value) if f.name not in _EXPRESSIONS}
    # Defaults are attributes of the class: they need not be stored.
    changed = [name for name, f in fields.items() if getattr(value, name) is not f.default]
    state = {name: _encoded(getattr(value, name)) for name in (*changed, *_COMPILED.get(cls, ()))}
    return {**state, _CLASS: cls.__name__}


def _decoded(stored: dict[str, Any]) -> Any:
    """The inverse of `_encoded` for one JSON object, whose values are decoded."""
    for name, value in stored.items():
        if type(value) is list:
            stored[name] = _tuple(value)
    cls = stored.pop(_CLASS, None)
    if cls is None:
        return stored
    made = object.__new__(_ENCODED[cls])
    object.__setattr__(made, "__dict__", stored)
    return made


def _tuple(value: list[Any]) -> tuple[Any, ...]:
    return tuple([_tuple(each) if type(each) is list else each for each in value])
