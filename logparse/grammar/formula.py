"""Formulas of derived values: Python arithmetic over named inputs, as a polars expression and as a plain number.

The expression computes a column for all runs at once; `evaluate` recomputes a single value from the inputs that the
evidence lists.
"""

from __future__ import annotations

import ast
import operator
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import polars as pl

from logparse.errors import GrammarError

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "mean": statistics.fmean,
    "median": statistics.median,
    "count": len,
    "distinct": lambda values: len(set(values)),
    "min": min,
    "max": max,
}
"""Functions over the values of several lines."""

_EXPR_CALLS: dict[str, Callable[..., pl.Expr]] = {
    "abs": lambda x: x.abs(),
    "round": lambda x: x.round(),
    "min": lambda *xs: pl.min_horizontal(*xs),
    "max": lambda *xs: pl.max_horizontal(*xs),
    "known": lambda x: x.is_not_null(),
}


@cache
def names(formula: str) -> list[str]:
    """Names of the inputs of `formula`, in order and without duplicates. Rules in `seen("...")` are not inputs."""
    found = [n.id for n in ast.walk(_tree(formula)) if isinstance(n, ast.Name)]
    return [n for n in dict.fromkeys(found) if n not in _EXPR_CALLS and n not in AGGREGATES and n != "seen"]


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


def expression(formula: str, column: Callable[[str], pl.Expr]) -> pl.Expr:
    """`formula` as an expression; `column` gives the expression of a name, and of `seen:rule`.

    Raises `GrammarError` for anything that is not supported in a formula.
    """
    return _expression(_tree(formula), formula, column)  # type: ignore[no-any-return]


def _expression(node: ast.AST, formula: str, column: Callable[[str], pl.Expr]) -> Any:
    # Not a recursive function within `expression`: that would be a reference cycle, and would keep `column` and with it
    # the lines of a whole log alive until the next garbage collection.
    def of(part: ast.AST) -> Any:
        return _expression(part, formula, column)

    match node:
        case ast.Constant(value=value):
            return pl.lit(value)
        case ast.Name(id=name):
            return column(name)
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](of(left), of(right))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -of(operand)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return ~of(operand)
        case ast.BoolOp(op=op, values=values):
            parts = [of(v).fill_null(False) for v in values]
            return pl.all_horizontal(parts) if isinstance(op, ast.And) else pl.any_horizontal(parts)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _COMPARE[type(op)](of(left), of(right))
        case ast.Call(func=ast.Name(id="seen"), args=[ast.Constant(value=rule)]):
            return column(f"seen:{rule!s}")
        case ast.Call(func=ast.Name(id=name), args=args) if name in _EXPR_CALLS:
            return _EXPR_CALLS[name](*map(of, args))
    raise GrammarError(
        f"{ast.unparse(node)} is not supported in a formula", where=formula, help="use + - * / and comparisons"
    )


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
