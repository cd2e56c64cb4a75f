"""What is on disk.

    .logparse/
        store.json            format of the store
        .gitignore            keeps it out of commits
        sources/              a Delta table: one row for each source that counts
        annotations/          a Delta table: labels, notes and baselines
        runs/PART.parquet     rows of many sources, each with the `ingest` they came with; the same for other frames
        ...

A reading of a source is an `ingest`. Its rows are written first, as files that never change; a row counts only while
its `ingest` is in `sources`. So one commit of one table makes all frames of an ingest visible, or none of them, and a
process that dies before it leaves nothing but files that no one refers to.

`sources` is small and is replaced as a whole by each commit. A commit on top of a version that is no longer the last
one fails, and is computed again on top of the last one.
"""

from __future__ import annotations

import json
import os
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from logparse.errors import NoSuchInput, UsageError
from logparse.frames import copies
from logparse.schema import FRAMES, SCHEMA_VERSION, TEXT, TIME
from logparse.store import MANIFEST
from logparse.store.places import Place, is_url, place_of

if TYPE_CHECKING:
    from deltalake import DeltaTable

FORMAT = 1
"""Version of the layout. A store of a newer one is refused."""
_UINT32 = pl.UInt32()
_ROWS: dict[str, dict[str, pl.DataType]] = {name: columns for name, columns in FRAMES.items() if name != "sources"}
TABLES: dict[str, dict[str, pl.DataType]] = {
    **{
        name: {"ingest": TEXT, **{c: dtype for c, dtype in columns.items() if c not in ("source", "label", "copies")}}
        for name, columns in _ROWS.items()
    },
    "places": {"ingest": TEXT, **{c: dtype for c, dtype in copies.COPIES.items() if c not in ("run", "source")}},
    "lines": {"ingest": TEXT, "line": _UINT32, "text": TEXT},
    "line_kinds": {"ingest": TEXT, "line_first": _UINT32, "line_last": _UINT32, "kind": pl.UInt8()},
}
"""The tables of rows. `run` is the hash of the run; the source is that of the ingest.

places: where each run is in a source, copies included. lines: the lines that values come from, and those beside them
that a rule reads. line_kinds: what became of the lines, as `coverage.Coverage`; lines that no rule reads are left out.
"""
SOURCES: dict[str, pl.DataType] = {
    **FRAMES["sources"],
    "path": TEXT,
    "origin": TEXT,
    "ingest": TEXT,
    "part": TEXT,
    "read_at": TIME,
    "read_with": TEXT,
    "schema_version": pl.Int32(),
    "rows": pl.Struct(dict.fromkeys(TABLES, pl.Int64())),
}
"""The columns of `sources` in a store. source: absolute path, or the name of a stream with the head of its hash. path:
the same without links, by which a file is known; null for streams and for what a file held before it was overwritten.
origin: the first ingest of a source that has grown or was read again since. part: name of the files that hold the
rows. read_with: logparse and the grammars, with their versions, and `TRANSCRIPT` with a digest of the edits and
`SESSION` with the hashes of the pictures. rows: how many rows of each table."""
TRANSCRIPT = "transcript"
"""In `read_with`: a person edited the text of a picture in its transcript."""
SESSION = "session"
"""In `read_with`: the text is read as one with that of other pictures. The same in all of them."""


def versions_in(read_with: str) -> dict[str, str]:
    """Name -> version of all that a source was read with."""
    return dict(part.rsplit(" ", 1) for part in read_with.split(", "))


ANNOTATIONS: dict[str, pl.DataType] = {
    "kind": TEXT,
    "text": TEXT,
    "hash": TEXT,
    "keyed": pl.Boolean(),
    "origin": TEXT,
    "sha256": TEXT,
    "line_first": _UINT32,
    "at": TIME,
}
"""The columns of `annotations`. kind: `label`, `note` or `baseline`. text: the label, the note, the name of the
baseline. The run is known by its hash, as in `places`; one whose hash rests on no identifying value by the source
(origin, or else sha256) and its first line."""
_DELTA: dict[str, dict[str, pl.DataType]] = {"sources": SOURCES, "annotations": ANNOTATIONS}

_ATTEMPTS = 200
"""Commits tried while other processes commit."""
_PAUSE = 0.02
"""Seconds: the longest pause after the first failed attempt; it grows with each."""


class Store:
    """A store in a folder, at its last version or an earlier one."""

    def __init__(self, folder: str | os.PathLike[str], version: int | None = None) -> None:
        """Raises `NoSuchInput` where the folder is no store, `UsageError` where a newer logparse wrote it."""
        self.folder = os.fspath(folder)
        """The folder, or the URL in object storage."""
        self.version = version
        self.place = place_of(folder)
        _require_readable(self.folder, self.place)

    @staticmethod
    def create(folder: str | os.PathLike[str]) -> Store:
        """The store in a folder, created if there is none.

        Raises `UsageError` where the folder cannot be written to, or holds something else.
        """
        place = place_of(folder)
        try:
            if not place.exists(MANIFEST):
                path = None if is_url(folder) else Path(folder)
                if path and path.is_dir() and (others := [p.name for p in path.glob("[!.]*") if p.name != MANIFEST]):
                    raise UsageError(f"{folder} holds other files ({others[0]}): a store needs a folder of its own")
                if path:
                    path.mkdir(parents=True, exist_ok=True)
                    place.put(".gitignore", b"*\n")
                place.put(MANIFEST, json.dumps({"format": FORMAT, "logparse": version("logparse")}).encode())
            elif not is_url(folder) and not os.access(folder, os.W_OK):
                raise PermissionError(13, "no permission to write")
        except OSError as error:
            raise _not_writable(folder, error) from None
        return Store(folder)

    # ---- sources ---- #

    def sources(self) -> pl.DataFrame:
        """The rows of `sources` (columns `SOURCES`) at the version of this store.

        Raises `UsageError` where the version is not there (any more), or the schema of a row is not that of this
        release.
        """
        rows = self._rows("sources")
        newest = max(rows["schema_version"], default=0)
        if newest > SCHEMA_VERSION:
            raise UsageError(
                f"{self.folder} holds logs that a newer logparse read (schema version {newest}; this logparse reads "
                f"versions up to {SCHEMA_VERSION}): install a newer logparse"
            )
        return rows

    def annotations(self) -> pl.DataFrame:
        """The rows of `annotations` (columns `ANNOTATIONS`): the last ones, whatever the version of this store."""
        return self._rows("annotations")

    def versions(self) -> pl.DataFrame:
        """version, at (UTC) and what was done, of each commit that is still known; the last one first."""
        table = self._table("sources")
        rows = [
            (entry["version"], entry["timestamp"], entry.get("logparse", ""))
            for entry in (table.history() if table else ())
        ]
        schema = {"version": pl.Int64(), "at": pl.Int64(), "commit": TEXT}
        return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
            pl.from_epoch("at", "ms").cast(TIME), pl.col("commit")
        )

    def commit(self, change: Callable[[pl.DataFrame], pl.DataFrame], what: str, name: str = "sources") -> pl.DataFrame:
        """Replace the rows of `sources` (or of `annotations`) by what `change` makes of them, and return the new rows.

        `change` may be called several times, each time with the rows of the last version. what: one line for the list
        of versions. Raises `UsageError` where the store cannot be written to.
        """
        from deltalake import CommitProperties, write_deltalake
        from deltalake.exceptions import DeltaError

        for attempt in range(_ATTEMPTS):
            table = self._table(name)
            before = _rows_of(table, name)
            after = change(before)
            if table is not None and after.equals(before):
                return before
            try:
                write_deltalake(
                    table if table is not None else self.place.url(name),
                    after.select(pl.col(column).cast(dtype) for column, dtype in _delta(_DELTA[name]).items()),
                    mode="overwrite" if table is not None else "error",
                    schema_mode="overwrite" if table is not None else None,
                    commit_properties=CommitProperties(custom_metadata={"logparse": what}, max_commit_retries=0),
                )
                return after
            except OSError as error:
                raise _not_writable(self.folder, error) from None
            except DeltaError as error:
                if _is_full_or_read_only(error):
                    raise _not_writable(self.folder, error) from None
            time.sleep(random.uniform(0, _PAUSE * min(attempt + 1, 10)))
        raise UsageError(f"{self.folder}: other processes write to this store all the time; try again")

    def vacuum(self, keep_days: float) -> int:
        """Remove the files of versions of the Delta tables older than `keep_days`; returns their bytes."""
        removed = 0
        for name in _DELTA:
            if (table := self._table(name)) is not None:
                before = {file.name: file.size for file in self.place.files(name)}
                table.vacuum(retention_hours=int(keep_days * 24), enforce_retention_duration=False, dry_run=False)
                after = {file.name for file in self.place.files(name)}
                removed += sum(size for file, size in before.items() if file not in after)
        return removed

    def _rows(self, name: str) -> pl.DataFrame:
        return _rows_of(self._table(name), name)

    def _table(self, name: str) -> DeltaTable | None:
        """The Delta table of that name, `sources` at the version of this store; None before the first commit."""
        if not is_url(self.folder) and not os.path.isdir(os.path.join(self.folder, name, "_delta_log")):
            return None
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError, TableNotFoundError

        try:
            return DeltaTable(self.place.url(name), version=self.version if name == "sources" else None)
        except TableNotFoundError:
            return None
        except DeltaError as error:
            if self.version is not None and name == "sources":
                raise UsageError(
                    f"{self.folder} has no version {self.version}; logparse store info lists the versions"
                ) from None
            raise UsageError(f"{self.place.url(name)} is damaged: {_first_line(error)}") from None

    # ---- rows ---- #

    def write(self, tables: Iterable[tuple[str, pl.LazyFrame]]) -> str:
        """Write rows of tables as new files, one after the other, and return the name of the part. They do not count
        before a commit. A table is written piece by piece, and need not be in memory as a whole.

        Raises `UsageError` where the store cannot be written to.
        """
        part = uuid.uuid4().hex[:16]
        names = []
        try:
            for name, rows in tables:
                names.append(name)
                self.place.sink(file_of(name, part), rows)
        except (OSError, pl.exceptions.PolarsError) as error:
            for name in names:
                with suppress(OSError):
                    self.place.remove(file_of(name, part))
            raise _not_writable(self.folder, error) from None
        return part

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for what is too long for the memory: it is gone at the end."""
        try:
            folder = self.place.scratch()
        except OSError as error:
            raise _not_writable(self.folder, error) from None
        with folder as path:
            yield Path(path)

    def scan(self, name: str, sources: pl.DataFrame) -> pl.LazyFrame:
        """The rows of a table in the parts that `sources` refer to; rows of other ingests are among them."""
        has_rows = sources.filter(pl.col("rows").struct.field(name) > 0)
        parts = has_rows["part"].unique(maintain_order=True)
        if not parts.len():
            return pl.LazyFrame(schema=TABLES[name])
        files = [file_of(name, part) for part in parts]
        if lost := [file for file in files if not self.place.exists(file)]:
            raise UsageError(f"{self.folder} is damaged: {lost[0]} is missing; logparse store check says what it held")
        paths = [self.place.url(file) for file in files]
        return pl.scan_parquet(paths, missing_columns="insert", extra_columns="ignore", schema=TABLES[name], glob=False)

    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.place.files())


def file_of(name: str, part: str) -> str:
    """The file of a table in a part, relative to the store."""
    return f"{name}/{part}.parquet"


def _require_readable(folder: str, place: Place) -> None:
    try:
        manifest = json.loads(place.read(MANIFEST))
    except (FileNotFoundError, NotADirectoryError):
        raise NoSuchInput(f"{folder} is no store of logparse; ingest makes one") from None
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror or error}") from None
    except ValueError:
        manifest = None
    format = manifest.get("format") if isinstance(manifest, dict) else None
    if not isinstance(format, int):
        raise UsageError(f"{place.url(MANIFEST)} is damaged")
    if format > FORMAT:
        raise UsageError(
            f"{folder} is a store of logparse {manifest.get('logparse')}, in a newer format ({format}; this logparse "
            f"reads {FORMAT}): install a newer logparse"
        )


def _rows_of(table: DeltaTable | None, name: str) -> pl.DataFrame:
    """The rows of a Delta table, none before its first commit; columns that an older logparse did not write are
    null."""
    if table is None:
        return pl.DataFrame(schema=_DELTA[name])
    rows = pl.scan_delta(table).collect()
    known = set(rows.columns)
    return rows.select(
        (pl.col(column) if column in known else pl.lit(None)).cast(dtype).alias(column)
        for column, dtype in _DELTA[name].items()
    )


def _delta(columns: Mapping[str, pl.DataType]) -> dict[str, Any]:
    """The types under which Delta keeps columns: it has no unsigned integers."""
    return {name: pl.Int64() if dtype.is_unsigned_integer() else dtype for name, dtype in columns.items()}


_SIGNS = ("No space left", "Read-only file system", "Permission denied", "os error", "Generic S3 error")


def _is_full_or_read_only(error: Exception) -> bool:
    text = str(error)
    return any(sign in text for sign in _SIGNS)


def _not_writable(folder: str | os.PathLike[str], error: Exception) -> UsageError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else _first_line(error)
    return UsageError(f"the store {folder} cannot be written to: {why}")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
