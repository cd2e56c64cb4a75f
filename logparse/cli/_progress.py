"""A progress bar on standard error: only on a terminal, and only when reading takes more than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

PATIENCE = 1.0
"""Seconds before the bar appears."""


class Progress:
    """Called with the bytes read so far and the source at hand; the whole is measured by `paths`, where it is known."""

    def __init__(self, paths: Sequence[str] | None) -> None:
        self.paths = paths
        self.since = time.monotonic()
        self.quiet = not sys.stderr.isatty()
        self.bar: Any = None
        self.task: Any = None

    def __enter__(self) -> Progress:
        return self

    def __call__(self, done: int, source: str) -> None:
        if self.quiet or time.monotonic() - self.since < PATIENCE:
            return
        if self.bar is None:
            self._begin()
        self.bar.update(self.task, completed=done, source=source)

    def __exit__(self, *failure: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def _begin(self) -> None:
        from rich import progress
        from rich.console import Console

        self.bar = progress.Progress(
            progress.BarColumn(),
            progress.DownloadColumn(),
            progress.TimeRemainingColumn(),
            progress.TextColumn("{task.fields[source]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self.task = self.bar.add_task("", total=size(self.paths), source="")
        self.bar.start()


def size(paths: Sequence[str] | None) -> int | None:
    """Bytes of all that was named; None where that cannot be told beforehand."""
    from pathlib import Path

    from logparse.reading.sources import expand

    if paths is None or "-" in paths:
        return None
    try:
        return sum(item.stat().st_size for item in expand(list(paths)) if isinstance(item, Path))
    except OSError:
        return None
