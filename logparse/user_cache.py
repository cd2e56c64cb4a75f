"""Files in the user's cache folder: what takes long to compute and depends only on what is installed.

A file begins with a checksum. A folder or file that others own or may write to is not used: someone else could falsify
what it contains. Whatever goes wrong (no home, a read-only folder, a full disk, a damaged file), there is no cache.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from pathlib import Path

SWITCH = "LOGPARSE_NO_CACHE"
"""Environment variable: set to 1, nothing is read from the cache or written to it."""
MOST_FILES = 8
"""Of one suffix, unless the caller states another number; older ones are deleted."""


def folder() -> Path | None:
    """The folder of the cache, whether it exists or not; None if there is no place for it, or `SWITCH` is set.

    It is `logparse` in `XDG_CACHE_HOME`, else in the platform's folder for caches.
    """
    if os.environ.get(SWITCH, "0") not in ("", "0"):
        return None
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        if sys.platform == "win32":
            base = os.environ.get("LOCALAPPDATA", "")
        else:
            base = os.path.expanduser("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")
    return Path(base, "logparse") if os.path.isabs(base) else None


def read(name: str) -> bytes | None:
    """What was written under that name; None if there is nothing, or it cannot be trusted."""
    place = folder()
    try:
        if place is None or not _only_ours(place.stat()):
            return None
        # Not blocking, in case it is a pipe.
        with open(os.open(place / name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            status = os.fstat(file.fileno())
            if not (stat.S_ISREG(status.st_mode) and _only_ours(status)):
                return None
            checksum, _, body = file.read().partition(b"\n")
    except OSError:
        return None
    return body if checksum == _checksum(name, body) else None


def write(name: str, body: bytes, most: int = MOST_FILES) -> None:
    """Write a file, and delete the oldest ones with its suffix beyond `most`. Does nothing if that is not possible."""
    place = folder()
    try:
        if place is None:
            return
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _only_ours(place.stat()):
            return
        import tempfile

        # Another process sees the whole file or none.
        descriptor, temporary = tempfile.mkstemp(suffix=".new", dir=place)
        try:
            with open(descriptor, "wb") as file:
                file.write(_checksum(name, body) + b"\n" + body)
            os.replace(temporary, place / name)
        except OSError:
            os.unlink(temporary)
            raise
        files = sorted(place.glob(f"*{Path(name).suffix}"), key=lambda path: path.stat().st_mtime_ns)
        for old in files[:-most]:
            old.unlink(missing_ok=True)
    except (OSError, ValueError):
        return


def _only_ours(status: os.stat_result) -> bool:
    """Whether the user owns the file or folder, and nobody else may write to it. Windows has no such rights: there the
    folder is within the user's profile."""
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _checksum(name: str, body: bytes) -> bytes:
    """With the name, so that a file is not taken for another."""
    return hashlib.sha256(name.encode() + body).hexdigest().encode()
