"""Where work is done: on all cores, or in one of polars' own threads."""

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
"""Lines from which on threads are worth it; for less they only take the interpreter from each other."""


def in_threads(work: Callable[[T], U], items: Sequence[T], lines: int = WORTH_THREADS) -> list[U]:
    """`work` on each item, on all cores: polars lets go of the interpreter while it works. Few `lines` are no work.

    Not within `in_pool`, where a thread that waits for others is one that they may wait for.
    """
    if len(items) < 2 or lines < WORTH_THREADS or _here.in_pool:
        return [work(item) for item in items]
    depth = _here.depth

    def one(item: T) -> U:
        _here.depth = depth + 1
        return work(item)

    return list(_threads(depth).map(one, items))


@cache
def _threads(depth: int) -> ThreadPoolExecutor:
    """The threads for work at this depth (work may itself be done in threads), kept from one work to the next: each new
    thread would take its memory from elsewhere and leave behind what it freed."""
    return ThreadPoolExecutor(pl.thread_pool_size())


def in_pool(work: Callable[[], U]) -> U:
    """`work`, done by one of polars' own threads.

    A query that is asked for from there is answered where it stands. From any other thread it is handed over and waited
    for, which takes longer than most of the thousands of small queries themselves. One `work` at a time, whoever asks:
    of two, one could wait for the interpreter while the other waits for its thread.
    """
    if _here.in_pool:
        return work()
    with _one_work:
        return _in_pool(work)


_one_work = threading.Lock()


def _forked() -> None:
    """A forked process has none of the threads, and nobody in it lets go of what another thread held."""
    global _one_work
    _one_work = threading.Lock()
    _threads.cache_clear()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_forked)


def _in_pool(work: Callable[[], U]) -> U:
    done: list[U] = []
    failed: list[BaseException] = []

    def run(column: pl.Series, **_: object) -> pl.Series:
        _here.in_pool = True
        try:
            done.append(work())
        except BaseException as error:
            failed.append(error)  # raised below as it is: polars would make it one of its own
        finally:
            _here.in_pool = False
        return column

    # Of one column alone polars would do the work in the thread that asks.
    asked = pl.DataFrame({"work": [0], "beside": [0]})
    asked.select(pl.col("work").map_batches(run, return_dtype=pl.Int64), pl.col("beside") + 1)
    if failed:
        raise failed[0]
    return done[0]


class _Here(threading.local):
    """What the running thread is in the middle of."""

    in_pool = False
    depth = 0


_here = _Here()
