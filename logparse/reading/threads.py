"""Work on all cores."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import polars as pl

T = TypeVar("T")
U = TypeVar("U")


WORTH_THREADS = 50_000
"""Lines from which on threads pay off; with fewer they only compete for the interpreter."""


def in_threads(work: Callable[[T], U], items: Sequence[T], lines: int = WORTH_THREADS) -> list[U]:
    """`work` on each item, in order; on all cores where there are many `lines`: polars releases the interpreter while
    it works."""
    if len(items) < 2 or lines < WORTH_THREADS:
        return [work(item) for item in items]
    depth = _this_thread.depth

    def one(item: T) -> U:
        _this_thread.depth = depth + 1
        return work(item)

    return list(_threads(depth).map(one, items))


@cache
def _threads(depth: int) -> ThreadPoolExecutor:
    """The threads for work at this depth, since work in a thread may wait for work in others. They are kept: each new
    thread would allocate its own memory and leave behind what it freed."""
    return ThreadPoolExecutor(pl.thread_pool_size())


if hasattr(os, "register_at_fork"):  # Windows does not fork
    # A forked process has none of the threads.
    os.register_at_fork(after_in_child=_threads.cache_clear)


class _ThisThread(threading.local):
    """How many `in_threads` the running thread is in."""

    depth = 0


_this_thread = _ThisThread()
