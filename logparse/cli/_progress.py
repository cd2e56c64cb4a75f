"""Progress on standard error: only on a terminal, and only when reading takes more than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from shutil import get_terminal_size

PATIENCE = 1.0
"""Seconds before progress appears."""
_INTERVAL = 0.1
"""Least seconds between two updates."""
_CLEAR = "\r\x1b[K"


class Progress:
    """One line, redrawn in place and cleared at the end. Called with the bytes read so far and the current source.

    `paths` gives the total, where it is known.
    """

    def __init__(self, paths: Sequence[str] | None) -> None:
        self.paths = paths
        self.started = time.monotonic()
        self.quiet = sys.stderr is None or not sys.stderr.isatty()  # None: closed
        self.total: int | None = None
        self.drawn_at: float | None = None

    def __enter__(self) -> Progress:
        return self

    def __call__(self, done: int, source: str) -> None:
        now = time.monotonic()
        if self.quiet or now - self.started < PATIENCE:
            return
        if self.drawn_at is None:
            self.total = size(self.paths)
        elif now - self.drawn_at < _INTERVAL:
            return
        self.drawn_at = now
        from logparse.text.terminal import one_line

        text = f"{_amount(done, self.total, now - self.started)}  {one_line(source)}"
        print(_CLEAR + text[: get_terminal_size().columns - 1], end="", file=sys.stderr, flush=True)

    def __exit__(self, *failure: object) -> None:
        if self.drawn_at is not None:
            print(_CLEAR, end="", file=sys.stderr, flush=True)


def _amount(done: int, total: int | None, elapsed: float) -> str:
    """`40 %  12.3 of 30.8 MB  5.1 MB/s  4 s left`; without a total only the bytes read and the rate."""
    rate = f"{done / 1e6 / elapsed:,.1f} MB/s" if elapsed > 0 else ""
    if not total or not done:
        return f"{done / 1e6:,.1f} MB  {rate}"
    left = elapsed * max(total - done, 0) / done
    share = f"{min(done / total, 1) * 100:3.0f} %  {done / 1e6:,.1f} of {total / 1e6:,.1f} MB"
    return f"{share}  {rate}  {_duration(left)} left"


def _duration(seconds: float) -> str:
    """`40 s`, `12 min`, `1 h 05 min`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def size(paths: Sequence[str] | None) -> int | None:
    """Total bytes of `paths`; None where it is not known in advance."""
    from pathlib import Path

    from logparse.reading.sources import expand

    if paths is None or "-" in paths:
        return None
    try:
        return sum(item.stat().st_size for item in expand(list(paths)) if isinstance(item, Path))
    except OSError:
        return None
