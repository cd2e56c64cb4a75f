"""Files that are written whole or not at all, and frames in a folder: one file a frame, and a manifest.

The manifest is written last and removed first, so a folder that has one is complete.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from logparse.errors import NoSuchInput, UsageError
from logparse.schema import COLUMNS, FRAMES, SCHEMA_VERSION, TEXT, TIME, conform, empty
from logparse.text.labels import shortened
from logparse.text.terminal import as_text, dump


def put(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file: beside it under a temporary name, and put in place at the end.

    Whatever happens on the way (a full disk, a kill, a second writer), the file is the old one or the new one, whole. A
    link is followed, and permissions are kept. What is not a regular file (a device, a pipe) is written as it is.

    Raises `OSError` where it cannot be written.
    """
    try:
        status = os.stat(path)
    except FileNotFoundError:
        status = None
    if status is not None and not stat.S_ISREG(status.st_mode):
        Path(path).write_bytes(data)
        return
    target = Path(os.path.realpath(path))
    if status is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    mode = 0o666 if status is None else stat.S_IMODE(status.st_mode)
    with _put_in_place(target) as beside:
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        with open(file, "wb") as stream:
            if status is not None and hasattr(os, "fchmod"):
                os.fchmod(file, mode)
            stream.write(data)
            stream.flush()
            os.fsync(file)


def put_by(path: str | os.PathLike[str], write: Callable[[Path], None]) -> None:
    """As `put`, for a new file that `write` writes to a path. Raises what `write` raises, too."""
    with _put_in_place(Path(os.path.realpath(path))) as beside:
        write(beside)
        with open(beside, "rb") as stream:
            os.fsync(stream.fileno())


@contextmanager
def _put_in_place(target: Path) -> Iterator[Path]:
    """A temporary name beside `target` for a new file, which takes its place at the end, and is gone after an error."""
    beside = target.with_name(f".logparse-{os.urandom(8).hex()}.tmp")
    try:
        yield beside
        os.replace(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


FORMATS = ("parquet", "csv", "ndjson", "arrow")
ONE_FILE_FORMATS = ("duckdb", "xlsx")
"""Formats of which all frames are in one file."""
MANIFEST = "logparse.json"
_FACTS = {"rows": dict, "grammars": dict, "places": list}
"""What a manifest holds besides its versions and format, with the types."""


def write(
    folder: str | os.PathLike[str],
    frames: Mapping[str, pl.DataFrame],
    facts: Mapping[str, Any],
    format: str = "parquet",
    overwrite: bool = False,
) -> None:
    """Write each frame to `folder/NAME.FORMAT`, and `facts` into the manifest.

    Every file is written under a temporary name and then moved into place. What an earlier write left there is
    replaced.

    Raises:
        UsageError: there is no such format; the folder is a file, or holds files of others and `overwrite` is not set.
    """
    if format not in FORMATS:
        raise UsageError(f"format {format!r}: one of {', '.join(FORMATS)}")
    folder = Path(folder)
    earlier = _earlier_files(folder)
    others = sorted(path.name for path in folder.glob("[!.]*") if path.name not in earlier)
    if others and not overwrite:
        raise UsageError(
            f"{folder} holds other files ({shortened(others, 3)}): give an empty folder, or overwrite=True to write "
            "beside them"
        )
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: f"{name}.{format}" for name in frames}
    manifest = {
        "logparse": version("logparse"),
        "schema_version": SCHEMA_VERSION,
        "format": format,
        "rows": {name: frame.height for name, frame in frames.items()},
        **facts,
    }
    with tempfile.TemporaryDirectory(prefix=".logparse-", dir=folder) as temporary:
        for name, frame in frames.items():
            Path(temporary, files[name]).write_bytes(_data(frame, name, format))
        Path(temporary, MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False) + "\n", encoding="utf-8")
        (folder / MANIFEST).unlink(missing_ok=True)
        for file in files.values():
            os.replace(Path(temporary, file), folder / file)
        os.replace(Path(temporary, MANIFEST), folder / MANIFEST)
    for stale in earlier - {*files.values(), MANIFEST}:
        (folder / stale).unlink(missing_ok=True)


def write_some(
    folder: str | os.PathLike[str], frames: Mapping[str, pl.DataFrame], format: str = "parquet", overwrite: bool = False
) -> None:
    """Write frames to `folder/NAME.FORMAT` without a manifest: `read` reads only a folder of all frames.

    Raises `UsageError` where a file is there already and `overwrite` is not set.
    """
    folder = Path(folder)
    paths = {name: folder / f"{name}.{format}" for name in frames}
    if (existing := [path for path in paths.values() if path.exists()]) and not overwrite:
        raise UsageError(f"{existing[0]} is there already: give another folder, or overwrite=True")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    for name, frame in frames.items():
        put(paths[name], _data(frame, name, format))


def write_one_file(
    folder: str | os.PathLike[str], frames: Mapping[str, pl.DataFrame], format: str, overwrite: bool = False
) -> Path:
    """Write frames to one file in a folder, and return its path: `duckdb` (a database with a table for each frame) or
    `xlsx` (a workbook with a sheet for each). `read` does not read it.

    Raises `UsageError` where the file is there already and `overwrite` is not set, where the package for it is not
    installed, and where a frame has more rows than a sheet can hold.
    """
    path = Path(folder) / f"frames.{format}"
    if path.exists() and not overwrite:
        raise UsageError(f"{path} is there already: give another folder, or overwrite=True")
    fill = {"duckdb": _fill_database, "xlsx": _fill_workbook}[format]
    try:
        import_module({"duckdb": "duckdb", "xlsx": "xlsxwriter"}[format])
    except ImportError:
        raise UsageError(f"{format} needs one more package: pip install 'logparse[{format}]'") from None
    if format == "xlsx" and (long := [name for name, frame in frames.items() if frame.height >= _SHEET_ROWS]):
        raise UsageError(
            f"{long[0]} has {frames[long[0]].height:,} rows, and a sheet of a workbook {_SHEET_ROWS:,}: choose other "
            "frames, or the format parquet"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    put_by(path, lambda beside: fill(beside, frames))
    return path


_SHEET_ROWS = 2**20
_CELL_CHARACTERS = 2**15 - 1
"""Most characters of a cell of a workbook."""


def _fill_database(path: Path, frames: Mapping[str, pl.DataFrame]) -> None:
    import duckdb

    with tempfile.TemporaryDirectory(prefix=".logparse-", dir=path.parent) as folder, duckdb.connect(path) as database:
        for name, frame in frames.items():
            file = Path(folder, f"{name}.parquet")
            frame.write_parquet(file)
            database.read_parquet(str(file)).create(name)


def _fill_workbook(path: Path, frames: Mapping[str, pl.DataFrame]) -> None:
    import xlsxwriter  # type: ignore[import-untyped]

    # What a log holds is text: a cell that begins with "=" is no formula.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    with xlsxwriter.Workbook(path, options) as workbook:
        for name, frame in frames.items():
            cut = frame.with_columns(pl.col(pl.String).str.slice(0, _CELL_CHARACTERS))
            cut.write_excel(workbook, name, dtype_formats={pl.Datetime: "yyyy-mm-dd hh:mm:ss.000"}, float_precision=6)


def _data(frame: pl.DataFrame, name: str, format: str) -> bytes:
    # In CSV, the text as it is: what `dump` changes for spreadsheets could not be read back.
    return as_text(frame).write_csv().encode() if format == "csv" else dump(frame, name, format)


def read(folder: str | os.PathLike[str]) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """The frames in a folder that `write` made, and its manifest.

    Raises:
        NoSuchInput: there is no such folder.
        UsageError: the folder has no manifest, is damaged, or was written with a newer schema.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NoSuchInput(f"no such folder: {folder}")
    manifest = _manifest(folder)
    if manifest is None:
        raise UsageError(f"{folder} was not written by logparse: it has no {MANIFEST}")
    if manifest["schema_version"] > SCHEMA_VERSION:
        raise UsageError(
            f"{folder} was written by logparse {manifest.get('logparse')} with schema version "
            f"{manifest['schema_version']}; this is logparse {version('logparse')}, which reads versions up to "
            f"{SCHEMA_VERSION}: install a newer logparse"
        )
    if not all(isinstance(manifest.get(key), kind) for key, kind in _FACTS.items()):
        raise UsageError(f"{folder / MANIFEST} is not a manifest of logparse, or is damaged")
    return {name: _read_frame(folder, name, manifest) for name in FRAMES}, manifest


def _read_frame(folder: Path, name: str, manifest: Mapping[str, Any]) -> pl.DataFrame:
    path = folder / f"{name}.{manifest['format']}"
    rows = manifest["rows"].get(name)
    try:
        data = path.read_bytes()
        frame = conform(name, _parsed(data, name, manifest["format"]) if rows else empty(name))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
    except pl.exceptions.PolarsError as error:
        raise UsageError(f"{path} is damaged: {str(error).partition(chr(10))[0]}") from None
    if frame.height != rows:
        raise UsageError(f"{path} is damaged: it holds {frame.height} rows, and {MANIFEST} says {rows}")
    return frame


def _parsed(data: bytes, name: str, format: str) -> pl.DataFrame:
    if format == "parquet":
        return pl.read_parquet(data)
    if format == "arrow":
        return pl.read_ipc(data)
    # Read as text first: polars would guess types, and JSON has no NaN.
    if format == "csv":
        texts = pl.read_csv(data, infer_schema=False)
    else:
        texts = pl.read_ndjson(data, schema=dict.fromkeys(FRAMES[name], TEXT))
    return texts.with_columns(
        pl.col(c).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us") if dtype == TIME else pl.col(c).cast(dtype)
        for c, dtype in FRAMES[name].items()
        if c in texts.columns
    )


def _manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a folder; None where it has none.

    Raises `UsageError` for a file of that name that is no manifest.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        manifest = None
    if (
        not isinstance(manifest, dict)
        or manifest.get("format") not in FORMATS
        or not isinstance(manifest.get("schema_version"), int)
    ):
        raise UsageError(f"{folder / MANIFEST} is not a manifest of logparse, or is damaged")
    return manifest


def _earlier_files(folder: Path) -> set[str]:
    """Names of the files that an earlier write left in the folder, the manifest included."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    manifest = _manifest(folder)
    if manifest is None or not isinstance(manifest.get("rows"), dict):
        return set()
    return {MANIFEST, *(f"{name}.{manifest['format']}" for name in manifest["rows"] if name in COLUMNS)}
