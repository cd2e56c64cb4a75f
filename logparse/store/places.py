"""Where the files of a store are: in a folder, or below a URL in object storage (`s3://bucket/name`).

Object storage is configured as deltalake, polars and obstore are: by the environment (`AWS_ACCESS_KEY_ID`,
`AWS_REGION`, `AWS_ENDPOINT_URL`, …). It has to support conditional puts: of two commits of one version, one fails.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from logparse.errors import UsageError
from logparse.storage import put, put_by

SCRATCH = ".reading-"
"""How the folders begin that a process has in a store while it reads a long log."""


@dataclass(frozen=True)
class File:
    """A file of a store. name: relative to the store. modified: in seconds since 1970."""

    name: str
    size: int
    modified: float


class Place(Protocol):
    """Where the files of a store are. Names of files are relative to it, with "/"."""

    def url(self, name: str) -> str:
        """The path or URL of a file, as polars and deltalake take it."""

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""

    def read(self, name: str) -> bytes:
        """The bytes of a file. Raises `FileNotFoundError`."""

    def put(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all. Raises `OSError`."""

    def sink(self, name: str, rows: pl.LazyFrame) -> None:
        """Write rows as a Parquet file, whole or not at all. Raises `OSError` or `PolarsError`."""

    def files(self, folder: str = "") -> Iterator[File]:
        """All files in a folder and below it."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""

    def scratch(self) -> AbstractContextManager[str]:
        """A folder of this machine for what is too long for the memory: it is gone at the end."""


def is_url(folder: str | os.PathLike[str]) -> bool:
    """Whether a store is in object storage."""
    return "://" in os.fspath(folder)


def place_of(folder: str | os.PathLike[str]) -> Place:
    """The place of the store in a folder or at a URL. Raises `UsageError` where a package for URLs is missing."""
    return ObjectPlace(os.fspath(folder)) if is_url(folder) else FolderPlace(Path(folder))


@dataclass(frozen=True)
class FolderPlace:
    """A folder."""

    folder: Path

    def url(self, name: str) -> str:
        """As `Place.url`."""
        return str(self.folder / name)

    def exists(self, name: str) -> bool:
        """As `Place.exists`."""
        return (self.folder / name).is_file()

    def read(self, name: str) -> bytes:
        """As `Place.read`."""
        return (self.folder / name).read_bytes()

    def put(self, name: str, data: bytes) -> None:
        """As `Place.put`."""
        put(self.folder / name, data)

    def sink(self, name: str, rows: pl.LazyFrame) -> None:
        """As `Place.sink`."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        # Readers that are not logparse take all files of a folder: no half file may have its final name.
        put_by(path, rows.sink_parquet)

    def files(self, folder: str = "") -> Iterator[File]:
        """As `Place.files`."""
        for path in sorted((self.folder / folder).rglob("*")):
            try:
                status = path.stat()
            except FileNotFoundError:  # another process writes or compacts the store too
                continue
            if path.is_file():
                yield File(path.relative_to(self.folder).as_posix(), status.st_size, status.st_mtime)

    def remove(self, name: str) -> None:
        """As `Place.remove`."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        if path.parent.name.startswith(SCRATCH) and not any(path.parent.iterdir()):
            path.parent.rmdir()

    def scratch(self) -> AbstractContextManager[str]:
        """As `Place.scratch`: on the disk of the store, since `/tmp` may be in memory."""
        return tempfile.TemporaryDirectory(prefix=SCRATCH, dir=self.folder)


class ObjectPlace:
    """A URL in object storage."""

    def __init__(self, root: str) -> None:
        """Raises `UsageError` where the package obstore is missing, or the URL cannot be used."""
        try:
            import obstore
            from obstore.store import from_url
        except ImportError:
            raise UsageError(
                "a store in object storage needs one more package: pip install 'logparse[objects]'"
            ) from None
        self._root = root.rstrip("/")
        self._obstore = obstore
        self._objects: Any = _asked(from_url, self._root)

    def url(self, name: str) -> str:
        """As `Place.url`."""
        return f"{self._root}/{name}"

    def exists(self, name: str) -> bool:
        """As `Place.exists`."""
        try:
            _asked(self._obstore.head, self._objects, name)
        except FileNotFoundError:
            return False
        return True

    def read(self, name: str) -> bytes:
        """As `Place.read`."""
        return bytes(_asked(self._obstore.get, self._objects, name).bytes())

    def put(self, name: str, data: bytes) -> None:
        """As `Place.put`."""
        _asked(self._obstore.put, self._objects, name, data)

    def sink(self, name: str, rows: pl.LazyFrame) -> None:
        """As `Place.sink`."""
        rows.sink_parquet(self.url(name))

    def files(self, folder: str = "") -> Iterator[File]:
        """As `Place.files`."""
        for found in _asked(self._obstore.list(self._objects, prefix=folder or None).collect):
            yield File(found["path"], found["size"], found["last_modified"].timestamp())

    def remove(self, name: str) -> None:
        """As `Place.remove`."""
        _asked(self._obstore.delete, self._objects, name)

    def scratch(self) -> AbstractContextManager[str]:
        """As `Place.scratch`."""
        return tempfile.TemporaryDirectory(prefix="logparse-")


def _asked(ask: Any, *arguments: Any) -> Any:
    """What object storage answers. Raises `FileNotFoundError` for an object that is not there, else `OSError`."""
    from obstore.exceptions import BaseError, NotFoundError

    try:
        return ask(*arguments)
    except NotFoundError as error:
        raise FileNotFoundError(str(error)) from None
    except BaseError as error:
        raise OSError(str(error).partition("\n")[0]) from None
