"""Formulas of derived values: Python arithmetic over named inputs.

`compiled` gives the values of cells; `evaluate` recomputes a single value from the inputs that the evidence lists.
"""

from __future__ import annotations

import ast
import math
import operator
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

from logparse.errors import GrammarError


def _by_zero(call: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """`call`, with the values of IEEE 754 for what is divided by zero."""

    def of(a: Any, b: Any) -> Any:
        if b != 0:
            return call(a, b)
        return math.nan if call is not operator.truediv or a == 0 or math.isnan(a) else math.copysign(math.inf, a)

    return of


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _by_zero(operator.truediv),
    ast.FloorDiv: _by_zero(operator.floordiv),
    ast.Mod: _by_zero(operator.mod),
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def _mean(values: Sequence[float]) -> float:
    """The mean, with the values of IEEE 754 where it is not finite: `statistics.fmean` raises."""
    return sum(values) / len(values)


AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "mean": _mean,
    "median": statistics.median,
    "count": len,
    "distinct": lambda values: len(set(values)),
    "min": min,
    "max": max,
}
"""Functions over the values of several lines."""

_CALLS: dict[str, Callable[..., Any]] = {
    "abs": lambda x: None if x is None else abs(x),
    "round": lambda x: None if x is None else _round(x),
    "min": lambda *xs: min((x for x in xs if x is not None), default=None),
    "max": lambda *xs: max((x for x in xs if x is not None), default=None),
    "known": lambda x: x is not None,
}

Get: TypeAlias = Callable[[str], Any]
"""The value of a name, and of `seen:rule`; None for what is not known."""


@cache
def names(formula: str) -> list[str]:
    """Names of the inputs of `formula`, in order and without duplicates. Rules in `seen("...")` are not inputs."""
    found = [n.id for n in ast.walk(_tree(formula)) if isinstance(n, ast.Name)]
    return [n for n in dict.fromkeys(found) if n not in _CALLS and n not in AGGREGATES and n != "seen"]


@cache
def rules_seen(formula: str) -> list[str]:
    """Rules whose lines `formula` counts with `seen("rule")`, without duplicates."""
    return list(
        dict.fromkeys(
            str(n.args[0].value)
            for n in ast.walk(_tree(formula))
            if isinstance(n, ast.Call)
            and isinstance(n.func, ast.Name)
            and n.func.id == "seen"
            and isinstance(n.args[0], ast.Constant)
        )
    )


def is_condition(formula: str) -> bool:
    """Whether `formula` is true or false, not a number."""
    match _tree(formula):
        case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()) | ast.Call(func=ast.Name(id="known")):
            return True
    return False


@cache
def compiled(formula: str) -> Callable[[Get], Any]:
    """`formula` as a function of the values of its names; its value is None where an operand is None.

    `and`, `or` take None for false. Raises `GrammarError` for anything that is not supported in a formula.
    """
    return _compiled(_tree(formula), formula)


def _compiled(node: ast.AST, formula: str) -> Callable[[Get], Any]:
    match node:
        case ast.Constant(value=value):
            return lambda get: value
        case ast.Name(id=name):
            return lambda get: get(name)
        case ast.BinOp(left=left, op=op, right=right):
            return _of_both(_BINARY[type(op)], _compiled(left, formula), _compiled(right, formula))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _of_both(_COMPARE[type(op)], _compiled(left, formula), _compiled(right, formula))
        case ast.UnaryOp(op=ast.USub() | ast.Not() as op, operand=operand):
            call = operator.neg if isinstance(op, ast.USub) else operator.not_
            of = _compiled(operand, formula)
            return lambda get: None if (value := of(get)) is None else call(value)
        case ast.BoolOp(op=op, values=values):
            holds = all if isinstance(op, ast.And) else any
            parts = [_compiled(value, formula) for value in values]
            return lambda get: holds(part(get) for part in parts)
        case ast.Call(func=ast.Name(id="seen"), args=[ast.Constant(value=rule)]):
            return lambda get: get(f"seen:{rule!s}")
        case ast.Call(func=ast.Name(id=name), args=args) if name in _CALLS:
            inputs = [_compiled(arg, formula) for arg in args]
            return lambda get: _CALLS[name](*(value(get) for value in inputs))
    raise GrammarError(
        f"{ast.unparse(node)} is not supported in a formula", where=formula, help="use + - * / and comparisons"
    )


def _of_both(
    call: Callable[[Any, Any], Any], left: Callable[[Get], Any], right: Callable[[Get], Any]
) -> Callable[[Get], Any]:
    def of(get: Get) -> Any:
        a, b = left(get), right(get)
        return None if a is None or b is None else call(a, b)

    return of


def _round(x: float) -> float:
    return float(round(x)) if math.isfinite(x) else x


def evaluate(formula: str, inputs: Mapping[str, float | Sequence[float]]) -> float:
    """The value of `formula` for `inputs`; a sequence holds the values of several lines, for `sum(x)` and the like.

    Raises `ValueError` for anything but arithmetic, and `KeyError` for an input that is missing.
    """

    def walk(node: ast.AST) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return inputs[name]
            case ast.BinOp(left=left, op=op, right=right):
                return _BINARY[type(op)](walk(left), walk(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -walk(operand)
            case ast.Call(func=ast.Name(id="round"), args=[arg]):
                return float(round(walk(arg)))
            case ast.Call(func=ast.Name(id="abs"), args=[arg]):
                return abs(walk(arg))
            case ast.Call(func=ast.Name(id=name), args=args) if name in AGGREGATES:
                values = [walk(a) for a in args]
                return AGGREGATES[name](
                    values[0] if len(values) == 1 and not isinstance(values[0], (int, float)) else values
                )
        raise ValueError(f"{ast.unparse(node)} cannot be evaluated")

    return float(walk(_tree(formula)))


@dataclass(frozen=True)
class Structure:
    """What a formula does with its inputs, as far as their errors care."""

    kind: Literal["sum", "mean", "product"]
    """`product`: it multiplies or divides; `mean`: it is the mean or median of one input; `sum`: all else."""
    intervals: Mapping[str, str]
    """Input -> the other end of an interval: `b` and `a` of a factor `(b - a)`."""


@cache
def structure(formula: str) -> Structure:
    """The structure of `formula`."""
    tree = _tree(formula)
    products = [n for n in ast.walk(tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult | ast.Div)]
    if products:
        factors = [factor for product in products for factor in (product.left, product.right)]
        return Structure("product", {later: earlier for n in factors for later, earlier in _interval(n)})
    match tree:
        case ast.Call(func=ast.Name(id="mean" | "median")):
            return Structure("mean", {})
    return Structure("sum", {})


def _interval(node: ast.AST) -> Iterator[tuple[str, str]]:
    match node:
        case ast.BinOp(left=ast.Name(id=later), op=ast.Sub(), right=ast.Name(id=earlier)):
            yield later, earlier


@cache
def _tree(formula: str) -> ast.AST:
    try:
        return ast.parse(formula, mode="eval").body
    except SyntaxError as error:
        raise GrammarError(f"{formula!r} is not a valid formula", why=error.msg) from None
