"""From a pyparsing expression to one regular expression of Rust's `regex` crate.

The expression is walked once; a form without an exact equivalent is rejected with a message that names it. Nothing is
skipped between two elements, as in the rule itself, so only one difference remains: a regular expression backtracks
where pyparsing does not. The pattern therefore matches everything that the expression matches, with the same captures,
and possibly more; the checks of a grammar verify that it does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any

import pyparsing as pp

from logparse.errors import GrammarError
from logparse.grammar.pattern import Compiled, Group, escape


def compile_expression(expr: pp.ParserElement, where: str) -> Compiled:
    """Compile `expr`; `where` names the rule in messages.

    Raises `GrammarError` for a form without an exact equivalent, a name on several tokens, a `Regex` that Python and
    Rust interpret differently, and an expression without literal text.
    """
    groups: list[Group] = []
    pattern = _pattern(expr, groups, where, always=True)
    literals = _literals(expr)
    if not literals:
        raise GrammarError(
            "the rule has no literal text that every match contains",
            why="only lines that contain a literal of the rule are tested against its pattern",
            where=where,
            help="write at least one part of the line as a plain string",
        )
    return Compiled(pattern, tuple(groups), tuple(sorted(literals)))


# ---- the walk ---- #


def _pattern(expr: Any, groups: list[Group], where: str, always: bool) -> str:
    form = type(expr)
    name = expr.resultsName
    if name:
        _check_name(expr, where)
        groups.append(Group(name, getattr(expr, "unit", None), always))
    if form in (pp.Literal, _ONE_CHARACTER):
        text = escape(expr.match)
    elif form is pp.Word:
        text = _word(expr, where)
    elif form is pp.Regex:
        text = f"(?:{_regex(expr, where)})"
    elif form in (pp.Suppress, pp.Combine):
        text = _pattern(expr.expr, groups, where, always)
    elif form is pp.Opt:
        text = f"(?:{_pattern(expr.expr, groups, where, always=False)})?"
    elif form is pp.And:
        text = "".join(_pattern(e, groups, where, always) for e in expr.exprs)
    elif form is pp.MatchFirst:
        text = "(?:" + "|".join(_pattern(e, groups, where, always=False) for e in expr.exprs) + ")"
    else:
        raise GrammarError(
            f"{form.__name__} is not supported in a rule",
            why="a rule also runs as one regular expression, and this form has no exact equivalent there",
            where=where,
            help="use Literal, Word, Regex, Combine, Suppress, Opt, + (And) and | (MatchFirst)",
        )
    if getattr(expr, "parseAction", None):
        raise GrammarError(
            "the rule has a parse action",
            why="it would run with pyparsing only, not with the regular expression",
            where=where,
            help="use in_unit(token, unit); the vocabulary defines the type of the value",
        )
    return f"({text})" if name else text


_ONE_CHARACTER = type(pp.Literal("x"))


def _check_name(expr: Any, where: str) -> None:
    """Only one token can have a name, so that pyparsing and the regular expression give the same text for it."""
    form = type(expr)
    leaf = form in (pp.Literal, _ONE_CHARACTER, pp.Word, pp.Regex, pp.Combine)
    choice = form is pp.MatchFirst and all(not e.resultsName and not _several(e) for e in expr.exprs)
    if not (leaf or choice):
        raise GrammarError(
            f"the name {expr.resultsName!r} is on several tokens",
            why="a name captures one text",
            where=where,
            help=f"use Combine(...)({expr.resultsName!r})",
        )


def _several(expr: Any) -> bool:
    return type(expr) not in (pp.Literal, _ONE_CHARACTER, pp.Word, pp.Regex, pp.Combine)


def _word(expr: Any, where: str) -> str:
    """The pattern of a `Word`: one of `init_chars`, then `bodyChars`, within its limits of length."""
    if expr.asKeyword:
        raise GrammarError(
            "Word(as_keyword=True) is not supported in a rule",
            why="it needs look-ahead",
            where=where,
            help="write the text that follows instead",
        )
    first, body = _class(expr.init_chars), _class(expr.bodyChars)
    most = "" if expr.maxLen >= 2**31 - 1 else str(expr.maxLen)
    if first == body:
        return first + ("+" if (expr.minLen, most) == (1, "") else "{%d,%s}" % (expr.minLen, most))
    return first + body + "{%d,%s}" % (expr.minLen - 1, str(int(most) - 1) if most else "")


def _class(chars: set[str]) -> str:
    """A character class; consecutive characters become ranges."""
    codes = sorted(map(ord, chars))
    spans: list[list[int]] = []
    for code in codes:
        if spans and code == spans[-1][1] + 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "[" + "".join(escape(chr(a)) + (f"-{escape(chr(b))}" if b > a else "") for a, b in spans) + "]"


_REFUSED = {
    sre.ASSERT: "look-ahead or look-behind",
    sre.ASSERT_NOT: "look-ahead or look-behind",
    sre.GROUPREF: "a back reference",
    sre.GROUPREF_EXISTS: "a conditional",
    sre.CATEGORY: r"\d, \w or \s",
    sre.ATOMIC_GROUP: "an atomic group",
    sre.POSSESSIVE_REPEAT: "a possessive repeat",
    sre.AT: "an anchor",
}


def _regex(expr: Any, where: str) -> str:
    """The pattern of a `Regex`; a `GrammarError` if Python and Rust interpret it differently."""
    fault = "a flag" if expr.flags else _fault(expr.pattern)
    if fault:
        raise GrammarError(
            f"{fault} in Regex({expr.pattern!r})",
            why="Python and Rust do not both support it, or interpret it differently",
            where=where,
            help="use classes such as [0-9] or [^ ,], plain repeats and (?:...) groups; name the token to capture it",
        )
    return str(expr.pattern)


@cache
def _fault(pattern: str) -> str | None:
    """The part of a pattern that Python and Rust interpret differently, or None."""
    bare = re.sub(r"\\.", "x", pattern)
    for inside in re.findall(r"\[\^?\]?([^\]]*)\]", bare):  # Rust has nested classes and set operations
        for sign in ("&&", "--", "~~", "["):
            if sign in inside:
                return f"{sign!r} in a class"

    def walk(items: Any) -> str | None:
        for op, value in items:
            if op in _REFUSED:
                return _REFUSED[op]
            inner: list[Any] = []
            if op is sre.SUBPATTERN:
                if value[0] is not None:
                    return "a capturing group"
                inner = [value[3]]
            elif op is sre.BRANCH:
                inner = value[1]
            elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
                inner = [value[2]]
            elif op is sre.IN:
                inner = [[item for item in value if item[0] is sre.CATEGORY]]
            for part in inner:
                if found := walk(part):
                    return found
        return None

    return walk(sre_parser.parse(pattern))


# ---- literals ---- #


def _literals(expr: Any) -> frozenset[str]:
    """The most selective set of texts such that every match contains at least one; empty if there is none."""
    form = type(expr)
    if form in (pp.Literal, _ONE_CHARACTER):
        return frozenset([expr.match])
    if form in (pp.Suppress, pp.Combine):
        return _literals(expr.expr)
    if form is pp.And:
        best: frozenset[str] = frozenset()
        run: frozenset[str] = frozenset([""])
        for part in [*_flat(expr), None]:
            texts = None if part is None else _texts_only(part)
            longer = None if texts is None else frozenset(a + b for a in run for b in texts)
            if longer is not None and len(longer) <= _MOST_TEXTS:
                run = longer
                continue
            best = max(best, run - {""}, key=_selectivity)
            run = texts if texts is not None else frozenset([""])
            best = max(best, frozenset() if part is None else _literals(part), key=_selectivity)
        return best
    if form is pp.MatchFirst:
        parts = [_literals(e) for e in expr.exprs]
        return frozenset().union(*parts) if all(parts) else frozenset()
    if form is pp.Regex:
        return _texts_of(expr.pattern)
    return frozenset()


def _flat(expr: Any) -> Iterator[Any]:
    """The parts of a sequence, with nested sequences flattened: `a + b + c` is one sequence within another."""
    for part in expr.exprs:
        yield from _flat(part) if type(part) is pp.And else (part,)


_MOST_TEXTS = 64


def _texts_only(expr: Any) -> frozenset[str] | None:
    """All texts that `expr` matches if it is a choice of fixed texts, else None."""
    form = type(expr)
    if form in (pp.Literal, _ONE_CHARACTER):
        return frozenset([expr.match])
    if form in (pp.Suppress, pp.Combine):
        return _texts_only(expr.expr)
    if form is pp.MatchFirst:
        parts = [_texts_only(e) for e in expr.exprs]
        return None if any(p is None for p in parts) else frozenset().union(*(p for p in parts if p))
    return None


@cache
def _texts_of(pattern: str) -> frozenset[str]:
    return _texts(sre_parser.parse(pattern))


def _texts(items: Any) -> frozenset[str]:
    """As `_literals`, for a parsed `Regex`: `[A-Za-z]*(?:Error|Exception)` gives the two endings. Texts shorter than
    three characters do not count."""
    best: frozenset[str] = frozenset()
    run = ""
    for op, value in [*items, (None, None)]:
        if op is sre.LITERAL:
            run += chr(value)
            continue
        found = [frozenset([run]) if len(run) >= 3 else frozenset()]
        run = ""
        if op is sre.SUBPATTERN:
            found.append(_texts(value[3]))
        elif op is sre.BRANCH:
            branches = [_texts(branch) for branch in value[1]]
            found.append(frozenset().union(*branches) if all(branches) else frozenset())
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT) and value[0] > 0:
            found.append(_texts(value[2]))
        best = max(best, *found, key=_selectivity)
    return best


def _selectivity(literals: frozenset[str]) -> tuple[bool, int, int]:
    """Sort key: the longer the shortest text, the fewer lines contain one. A level is in most lines of many logs."""
    is_level = any(text.strip().lower() in _LEVELS for text in literals)
    return not is_level and bool(literals), min((len(text.strip()) for text in literals), default=-1), -len(literals)


_LEVELS = frozenset({"debug", "info", "warn", "warning", "error"})
