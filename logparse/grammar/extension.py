"""Extensions: grammars of one's own programs, read together with the grammar of the platform that they run on.

The rules of an extension are tried before those of the platform, and its columns, phases and tables come first too, so
that its values count. Each rule keeps the name of the grammar that declares it: `mine/step`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from logparse.errors import GrammarError, nearest
from logparse.grammar import formula
from logparse.grammar.language import GIVEN, Column, Grammar

if TYPE_CHECKING:
    import pyparsing as pp

T = TypeVar("T")


def combined(grammars: Iterable[Grammar]) -> tuple[Grammar, ...]:
    """The platforms among `grammars` (and the shared grammar), each with its extensions in the order given.

    Raises `GrammarError` if two grammars have one name, or an extension extends what is no platform, or has a rule of
    the same name as the platform or another extension.
    """
    named: dict[str, Grammar] = {}
    for grammar in grammars:
        if (other := named.setdefault(grammar.name, grammar)) is not grammar:
            raise GrammarError(
                f"two grammars have the name {grammar.name!r}", where=f"{_place(other)} and {_place(grammar)}",
                help="rename one of them",
            )  # fmt: skip
    platforms = {name: g for name, g in named.items() if not g.extends}
    extensions = {name: g for name, g in named.items() if g.extends}
    for extension in extensions.values():
        for name in extension.extends:
            _require_platform(extension, name, platforms, extensions)
    return tuple(
        extended(platform, of_platform)
        if (of_platform := [e for e in extensions.values() if platform.name in e.extends])
        else platform
        for platform in platforms.values()
    )


def _place(grammar: Grammar) -> str:
    return grammar.file or f"the platform {grammar.name}"


def _require_platform(
    extension: Grammar, name: str, platforms: Mapping[str, Grammar], extensions: Mapping[str, Grammar]
) -> None:
    where = f"{extension.name}, extends"
    if name in extensions:
        bases = ", ".join(map(repr, extensions[name].extends))
        raise GrammarError(f"{name!r} is an extension itself", where=where, help=f"extend the platform: {bases}")
    names = [g.name for g in platforms.values() if not g.shared]
    if name not in names:
        what = f"{name!r} is no platform: its rules are shared" if name in platforms else f"unknown platform {name!r}"
        raise GrammarError(what, where=where, help=nearest(name, names))
    if extension.shared:
        raise GrammarError("shared rules cannot extend a platform", where=where, help="remove shared=True")


def extended(platform: Grammar, extensions: Sequence[Grammar]) -> Grammar:
    """`platform` read together with `extensions`: their declarations first, in the order given.

    A formula of an extension that needs values of the platform is computed after these; it then fills the column of the
    runs for which the platform gives no value. A line may have the prefix of the platform, then that of an extension,
    or one of them. Raises `GrammarError` if two rules have the same name.
    """
    parts = [*extensions, platform]
    owners: dict[str, Grammar] = {}
    for grammar in parts:
        for rule in grammar.rules:
            if (other := owners.setdefault(rule.name, grammar)) is not grammar:
                raise GrammarError(
                    f"{other.name} and {grammar.name} both have a rule {rule.name!r}",
                    where=f"{other.name}/{rule.name} and {grammar.name}/{rule.name}",
                    help=f"rename the rule of {other.name}; the rules of an extension are tried first under any name",
                )
    first, last = _columns(extensions)
    return replace(
        platform,
        rules=_all(parts, "rules"),
        metrics=tuple(dict.fromkeys(_all(parts, "metrics"))),
        version=" + ".join([platform.version, *(f"{g.name} {g.version}" for g in extensions)]),
        device_kind=next((g.device_kind for g in parts if g.device_kind), None),
        words=_all(parts, "words"),
        record_starts=_all(parts, "record_starts"),
        prefix=_prefix(platform, extensions),
        # The values of the platform come first here: they decide the id of a run.
        identity=(*platform.identity, *_all(extensions, "identity")),
        phases=_all(parts, "phases"),
        columns=(*first, *platform.columns, *last),
        tables=_all(parts, "tables"),
        steady=_all(parts, "steady"),
        aliases={name: _merged(g.aliases.get(name, {}) for g in parts) for g in parts for name in g.aliases},
        chance=_merged(g.chance for g in parts),
        test_items=_merged(g.test_items for g in parts),
        min_resolution=_merged(g.min_resolution for g in parts),
        absent=_merged(g.absent for g in parts),
        no_timestamps=tuple(dict.fromkeys(_all(parts, "no_timestamps"))),
    )


def _all(parts: Sequence[Grammar], name: str) -> tuple[Any, ...]:
    return tuple(item for grammar in parts for item in getattr(grammar, name))


def _prefix(platform: Grammar, extensions: Sequence[Grammar]) -> pp.ParserElement | None:
    """The prefix of lines: that of an extension, or that of the platform (what a launcher prints) before it."""
    import pyparsing as pp

    def any_of(grammars: Iterable[Grammar]) -> pp.ParserElement | None:
        prefixes = [g.prefix for g in grammars if g.prefix is not None]
        return pp.MatchFirst([pp.Literal(p) if isinstance(p, str) else p for p in prefixes]) if prefixes else None

    outer, inner = any_of([platform]), any_of(extensions)
    if inner is None or outer is None:
        return outer if inner is None else inner
    return inner | outer + pp.Opt(inner)


def _merged(tables: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """All entries; of several with one key the first."""
    return {key: value for table in reversed(list(tables)) for key, value in table.items()}


def _columns(extensions: Sequence[Grammar]) -> tuple[list[Column], list[Column]]:
    """The columns of extensions that come before those of the platform, and those whose formulas need its values."""
    first: list[Column] = []
    last: list[Column] = []
    for grammar in extensions:
        known = set(GIVEN)
        for column in grammar.columns:
            formulas = [text for text in (getattr(column, "formula", None), column.when) if text]
            if all(name in known for text in formulas for name in formula.names(text)):
                first.append(column)
                known.add(column.column)
            else:
                last.append(column)
    return first, last
