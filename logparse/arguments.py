"""Arguments that take one value or several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias, TypeVar, cast

T = TypeVar("T")
OneOrMany: TypeAlias = T | Iterable[T]
"""One value, or an iterable of values."""


def as_tuple(values: OneOrMany[T]) -> tuple[T, ...]:
    """The values given: several, or one by itself. Texts, bytes and open files are one value, though they iterate."""
    several = isinstance(values, Iterable) and not isinstance(values, str | bytes | bytearray | memoryview)
    if several and not hasattr(values, "read"):
        return tuple(cast(Iterable[T], values))
    return (cast(T, values),)
