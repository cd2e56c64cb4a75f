"""The files that are followed. They are polled: NFS and Lustre do not report changes that other machines make.

A short log is read whole each time it changes. Of a long one only the first and the last part are read, and all that
came since the last look, so that the cost of a look does not grow with the log.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from logparse.errors import NoSuchInput, UsageError
from logparse.reading.sources import expand, is_plain

WHOLE = 4 * 2**20
"""Bytes up to which a log is read whole."""
PART = 2**20
"""Bytes of the first and of the last part of a longer log."""


@dataclass(frozen=True)
class Version:
    """Differs between two contents of a file."""

    device: int
    inode: int
    size: int
    modified_ns: int

    def follows(self, before: Version) -> bool:
        """Whether this may be `before` with more text at its end: not another file, and not shorter."""
        same_file = (self.device, self.inode) == (before.device, before.inode)
        return same_file and self.size >= before.size


class Portion(io.BytesIO):
    """What was read of a log, as a stream that has the log's name."""

    def __init__(self, name: str, data: bytes) -> None:
        super().__init__(data)
        self.name = name


def find(paths: Sequence[str]) -> tuple[dict[str, bool], list[str]]:
    """The files that are there, each with whether it was named (and not discovered in a folder or by a pattern); and
    the paths that lead to no file yet.

    Raises `UsageError` for standard input, which cannot be looked at twice.
    """
    files: dict[str, bool] = {}
    missing: list[str] = []
    for path in paths:
        if path == "-":
            raise UsageError("standard input cannot be followed: write it to a file, and follow that")
        try:
            found = [item for item in expand(path) if isinstance(item, Path)]
        except NoSuchInput:
            missing.append(path)
            continue
        for item in found:
            name = item.as_posix()
            files[name] = files.get(name, False) or name == Path(path).as_posix()
    return files, missing


def version(path: str) -> Version | None:
    """The version of a regular file; None where there is none, or it cannot be opened."""
    try:
        # It is opened, since NFS may answer a question about a file that is not open from its cache.
        with open(path, "rb", buffering=0, opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return Version(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _without_waiting(path: str, flags: int) -> int:
    """Opening a pipe would wait for a writer."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read(path: str, seen: int, unfinished: bool) -> tuple[bytes, int, bool]:
    """What is to be read of a log, how many of its bytes are seen then, and whether an unfinished line was left out.

    seen: bytes at its beginning that were seen before; all after them is read. unfinished: whether to read an
    unfinished line too. A line ends with a line feed, or with a carriage return, after which a bar is drawn anew.

    Raises `OSError` where it cannot be read.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        first = file.read(PART)
        if not is_plain(first):
            text = first + file.read()
            return text, len(text), False
        last_at = max(min(seen or size, size - PART), len(first))
        if size <= WHOLE or last_at == len(first):
            text = first + file.read()
            end = len(text)
        else:
            file.seek(last_at - 1)
            last = file.read()
            end = last_at - 1 + len(last)
            text = first[: first.rfind(b"\n") + 1] + last[last.find(b"\n") + 1 :]
    left_out = 0 if unfinished else len(text) - 1 - max(text.rfind(b"\n"), text.rfind(b"\r"))
    return text[: len(text) - left_out], end - left_out, left_out > 0
