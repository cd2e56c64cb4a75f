r"""From anything a user may name to clean text: `read_sources(paths)` gives one `Source` for each input.

It knows no platform. Six steps, each a pure function but the first:

    _find         files, folders, globs, "-", bytes, streams  ->  inputs, in order, each real file once
    _unpack       gzip, bz2, xz, zstd, known by content       ->  bytes as they were before packing
    _read_as_picture  PNG, JPEG, WebP of a terminal           ->  the text in it, which is clean
    to_utf8       UTF-8, UTF-16, cp1252, damaged UTF-8        ->  UTF-8, and how it was found
    clean_text    colours, cursor movements, control bytes    ->  text in which "\r" means "written over from here"
    bare_lines    quote marks or numbers before all lines     ->  blanks, of the same width
    masked        keys, tokens, passwords                     ->  text that may be shown, of the same width

Only "\n" ends a line, and cleaning never changes how many there are: line 7 here is what `grep -n` calls 7.
"""

from __future__ import annotations

import bz2
import errno
import glob
import hashlib
import importlib
import lzma
import os
import re
import stat
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, TypeAlias

from logparse.arguments import OneOrMany, as_tuple
from logparse.errors import NoSuchInput, UsageError
from logparse.pictures import (
    MissingPackagesError,
    NotATerminalError,
    Picture,
    UnreadablePictureError,
    is_picture,
)
from logparse.pictures import read as read_picture
from logparse.schema import FRAMES
from logparse.text.labels import one_line
from logparse.text.secrets import masked, masked_texts

Input: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | IO[str]"

UNPACK_LIMIT = 4 * 2**30
"""A compressed file that unpacks to more bytes than this is refused: a few kB can unpack to terabytes."""
STREAM_LIMIT = 4 * 2**30
"""A stream that is longer than this many bytes is refused: it may have no end."""
_PART = 2**20


@dataclass(frozen=True, slots=True)
class Continued:
    """What a picture continues, where it and another one show parts of one text."""

    source: str
    """Name of the picture with the text above."""
    lines: int
    """Different lines that both show. They count in one of the two."""
    not_above: int
    """Lines at the end of the other picture that do not count."""
    not_here: int
    """Lines at the beginning of this picture that do not count."""


@dataclass(frozen=True, slots=True)
class Source:
    """One input as read: its origin, its text, and remarks on how it was read."""

    name: str
    """The path as given, with "/" (in a folder: folder/relative path); "<stdin>", "<bytes>", "<stream>" or its name."""
    text: bytes
    """Clean UTF-8 without secrets; empty where status is not "text"."""
    lines: int
    """Lines of the text, as `grep -n` counts them; a last line without an end counts."""
    bytes: int
    """Size as stored, before unpacking."""
    sha256: str
    """Of the bytes as stored; of no bytes where nothing could be read."""
    encoding: str | None
    """"ascii", "utf-8", "utf-8-sig", "utf-16", "utf-8 (damaged)" or "cp1252"; null where status is not "text"."""
    compression: str | None
    """"gzip", "bz2", "xz", "zstd"; null where the input is not packed."""
    status: str
    """"text", "not_text" (binary) or "unreadable"."""
    reason: str | None
    """For people: why it is not text, or what about the text is not certain (damaged, cut off, encoding guessed)."""
    unmasked: Mapping[int, str] = field(default_factory=dict, repr=False)
    """Lines in which keys or passwords are masked, by number from 1, as they were before."""
    picture: Picture | None = field(default=None, repr=False)
    """Where the text was read in a picture: how clear each character is, and where it is."""
    continued: Continued | None = None
    """Where it is a picture whose text goes on with that of the one before it."""
    is_continued: bool = False
    """Whether the next source continues it."""


@dataclass(frozen=True)
class Stored:
    """One input as it is stored, before it is unpacked and decoded."""

    name: str
    """As `Source.name`."""
    path: Path | None
    """Of a file; None for bytes and streams."""
    data: bytes = field(repr=False)
    trouble: str | None = None
    """Why it could not be read."""
    changed: str | None = None
    """That it changed while it was read."""
    text_read: Source | None = field(default=None, repr=False)
    """Its text, where it is known already: that of a picture with what a person changed in its transcript."""
    is_transcribed: bool = False
    """Whether its transcript was looked for."""
    session: tuple[str, ...] = ()
    """Of a picture: hashes of all pictures of its session, where there are others."""

    @property
    def size(self) -> int:
        """Bytes of the data."""
        return len(self.data)

    @cached_property
    def sha256(self) -> str:
        """The hash of the data."""
        return _sha256(self.data)

    def sha256_of_first(self, size: int) -> str:
        """The hash of the first `size` bytes."""
        return _sha256(self.data[:size])

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture, by how it begins."""
        return self.trouble is None and is_picture(self.data)

    def with_text(self) -> Stored:
        """The same with its text, so that it is read only once."""
        return self if self.text_read is not None else replace(self, text_read=self.source())

    def source(self) -> Source:
        """Its text."""
        return masked_sources([self.unmasked()])[0]

    def unmasked(self) -> Source | Unmasked:
        """Its text, in which secrets may still have to be masked."""
        if self.text_read is not None:
            return self.text_read
        if self.trouble is not None:
            return _without_text(self.name, b"", None, "unreadable", self.trouble, lambda: self.sha256)
        if len(self.data) <= _PIECE or "sha256" in self.__dict__:
            return _read_as_text(self.name, self.data, self.changed, lambda: self.sha256)
        # The hash of much is computed beside the reading, since hashing lets others work.
        beside = ThreadPoolExecutor(1)
        sha256 = beside.submit(_sha256, self.data).result
        beside.shutdown(wait=False)
        return _read_as_text(self.name, self.data, self.changed, sha256)


@dataclass(frozen=True, slots=True)
class Unmasked:
    """A text in which secrets are still to be masked."""

    text: bytes
    as_source: Callable[[bytes, Mapping[int, str]], Source] = field(repr=False)
    """The source with the text as it is after masking, and the lines that changed."""


@dataclass(frozen=True)
class LongFile(Stored):
    """A long file of plain text: its data are read block by block, and never as a whole unless `source` is called."""

    bytes_then: int = 0
    """Its size when it was found: what is appended later is left to the next reading."""

    @property
    def size(self) -> int:
        """Bytes of the data."""
        return self.bytes_then

    @cached_property
    def sha256(self) -> str:
        """The hash of the data."""
        return self.sha256_of_first(self.size)

    def sha256_of_first(self, size: int) -> str:
        """The hash of the first `size` bytes."""
        digest = hashlib.sha256()
        for block in self.blocks(_PART, size):
            digest.update(block)
        return digest.hexdigest()

    def source(self) -> Source:
        """Its text, read as a whole."""
        data = b"".join(self.blocks(_PART))
        return Stored(self.name, self.path, data, changed=self.changed).source()

    def blocks(self, size: int, until: int | None = None) -> Iterator[bytes]:
        """The first `until` bytes (all by default) in blocks of about `size`, cut at line ends."""
        assert self.path is not None
        left = self.size if until is None else min(until, self.size)
        with open(self.path, "rb") as file:
            while left and (block := file.read(min(size, left))):
                if not block.endswith(b"\n"):
                    block += file.readline(left - len(block))
                left -= len(block)
                yield block

    def part(self, start: int, size: int) -> bytes:
        """The `size` bytes from `start`."""
        assert self.path is not None
        with open(self.path, "rb") as file:
            file.seek(start)
            return file.read(size)

    def has_changed(self) -> bool:
        """Whether fewer bytes are there than when it was found."""
        try:
            return os.stat(self.path or self.name).st_size < self.size
        except OSError:
            return True


def read_sources(paths: OneOrMany[Input], *, files_from: Input | None = None) -> Iterator[Source]:
    """Each input as a Source, lazily, in the order given; the same real file only once, names all different.

    Raises (at once, before anything is read):
        NoSuchInput: a path does not exist, or a glob matches nothing.
        UsageError: something that is not a path, bytes or a stream; a list of files that cannot be read.
    """
    return (stored.source() for stored in read_stored(paths, files_from=files_from))


def masked_sources(read: Sequence[Source | Unmasked]) -> list[Source]:
    """The sources, in all of which secrets are masked: in many short texts as fast as in one long text."""
    masks = iter(masked_texts([each.text for each in read if isinstance(each, Unmasked)]))
    return [each.as_source(*next(masks)) if isinstance(each, Unmasked) else each for each in read]


def read_stored(
    paths: OneOrMany[Input], *, files_from: Input | None = None, long: int | None = None
) -> Iterator[Stored]:
    """What `read_sources` reads, as it is stored; files of plain text of at least `long` bytes as a `LongFile`. Raises
    as `read_sources` does."""
    found = _find(paths, files_from)
    return _read_each(found, long)


def expand(paths: OneOrMany[Input], *, files_from: Input | None = None) -> list[Any]:
    """What `read_sources` would read: Paths, bytes and streams, folders and globs opened out.

    Folders are searched to the bottom, sorted; names with a leading dot are skipped there. "-" is standard input.
    `files_from` is a file (or "-") that names one path a line. Raises as `read_sources` does.
    """
    return [found.item for found in _find(paths, files_from)]


# -- finding ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    item: Any
    name: str
    trouble: str | None = None  # why there is no use in opening it
    real: str | None = None  # of a file that can be opened: its path without links


def _find(paths: OneOrMany[Input], files_from: Input | None) -> list[_Found]:
    inputs: tuple[Input, ...] = as_tuple(paths)
    given = list(inputs)
    if files_from is not None:
        if _is_stdin(files_from) and any(map(_is_stdin, given)):
            raise UsageError("standard input cannot be a log and the list of logs at once: put one of them in a file")
        given += _listed(files_from)
    found: dict[object, _Found] = {}
    for item in given:
        for each in _found_at(item):
            found.setdefault(_identity(each), each)
    return list(found.values())


def _is_stdin(item: object) -> bool:
    return (isinstance(item, str) and item == "-") or (item is not None and item is sys.stdin)


def _is_device(stream: Any) -> bool:
    """Whether a stream is a device that may have no end, as /dev/zero; a terminal and the null device are not."""
    try:
        status = os.fstat(stream.fileno())
        return (
            stat.S_ISCHR(status.st_mode) and not stream.isatty() and not os.path.samestat(status, os.stat(os.devnull))
        )
    except (OSError, ValueError):  # a stream without a file
        return False


def _listed(files_from: Input) -> list[str]:
    """The paths in a list: one a line, or ended by NULs as `find -print0` writes them."""
    found = _found_at(files_from)
    if len(found) != 1:
        raise UsageError(f"the list of files must be one file: {files_from!r} is {len(found)}")
    try:
        data = _stored(found[0])
    except _UnreadableError as trouble:
        raise UsageError(f"cannot read the list of files {found[0].name}: {trouble}") from None
    ends = b"\0" if b"\0" in data else b"\n"
    return [os.fsdecode(line) for line in (line.rstrip(b"\r") for line in data.split(ends)) if line]


def _found_at(item: Input) -> list[_Found]:
    if _is_stdin(item):
        if sys.stdin is None:
            return [_Found(b"", "<stdin>", "Standard input is closed: give a path instead.")]
        if _is_device(sys.stdin):
            return [_Found(b"", "<stdin>", "Standard input is a device, not a log: it was not read.")]
        return [_Found(getattr(sys.stdin, "buffer", sys.stdin), "<stdin>")]
    if isinstance(item, bytes | bytearray | memoryview):
        return [_Found(item, "<bytes>")]
    if isinstance(item, str | os.PathLike):
        return _found_at_path(os.fspath(item))
    if hasattr(item, "read"):
        name = getattr(item, "name", None)
        return [_Found(item, _printable(name) if isinstance(name, str | os.PathLike) else "<stream>")]
    raise UsageError(f"cannot read a log from {type(item).__name__}: give a path, a glob, bytes or an open file")


def _found_at_path(path: str) -> list[_Found]:
    if _is_there(path):
        return list(_opened_out(Path(path)))
    if not glob.has_magic(path):
        raise NoSuchInput(_no_such(path))
    # a link to a folder above makes a glob find one file under many names: the shortest is the plain one
    shortest: dict[str, str] = {}
    for match in sorted(glob.glob(path, recursive=True), key=len):
        shortest.setdefault(os.path.realpath(match) if os.path.exists(match) else match, match)
    if not shortest:
        raise NoSuchInput(f"nothing matches {one_line(path)}")
    return [found for match in sorted(map(Path, shortest.values())) for found in _opened_out(match)]


def _is_there(path: str) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG  # what else went wrong is for the reading to tell
    return True


def _opened_out(path: Path, above: tuple[str, ...] = ()) -> Iterator[_Found]:
    """The path itself, or if it is a folder the files below; what cannot be opened comes with the reason."""
    name = _printable(path)
    try:
        mode = path.stat().st_mode
        real = os.path.realpath(path)
        if _KERNEL.match(real) and not stat.S_ISFIFO(mode):
            yield _Found(path, name, "This belongs to the system's kernel and is not a log: it was not opened.")
            return
        if not stat.S_ISDIR(mode):
            asked_for = not above
            yield _Found(path, name, _no_file(mode, asked_for), real)
            return
        if real in above:
            yield _Found(path, name, "This link leads back to a folder above it, so it was not followed.")
            return
        inside = sorted(entry for entry in os.listdir(path) if not entry.startswith("."))
    except OSError as error:
        yield _Found(path, name, _why(error, path))
        return
    for entry in inside:
        yield from _opened_out(path / entry, (*above, real))


_KERNEL = re.compile(r"/(?:proc|sys)(?:/|\Z)")
"""Folders whose files have no size, and some of them no end."""


def _no_file(mode: int, asked_for: bool) -> str | None:
    """Why something that is neither file nor folder is not opened; a pipe is, if the user named it: `<(zcat a.Z)`."""
    if stat.S_ISREG(mode) or (stat.S_ISFIFO(mode) and asked_for):
        return None
    kind = "a named pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
    return f"This is {kind}, not a file: it was not opened."


def _identity(found: _Found) -> object:
    """Equal for two names of one file and for one stream given twice; bytes are only themselves."""
    if isinstance(found.item, Path):
        # each broken link is its own trouble, though several may lead to the same nothing
        return found.name if found.trouble else found.real
    return id(found.item) if hasattr(found.item, "read") else object()


def _printable(path: str | os.PathLike[str]) -> str:
    """A name that any table and terminal can hold: file names on Linux may be bytes that are no text, or controls."""
    return one_line(os.fsencode(Path(path).as_posix()).decode("utf-8", "replace"))


def _no_such(path: str) -> str:
    if not path or "\n" in path or len(path) > 1000:
        return f"no such file: {path[:40]!r}. A str is a path: give the text of a log as bytes"
    near = _nearest(Path(path))
    return f"no such file: {one_line(path)}" + (f". Did you mean {_printable(near)}?" if near else "")


def _nearest(path: Path) -> Path | None:
    """The path with its first missing part replaced by what is most similar in its folder."""
    below: list[str] = []
    while not os.path.lexists(path.parent) and path.parent != path:
        below.insert(0, path.name)
        path = path.parent
    try:
        siblings = {name.casefold(): name for name in sorted(os.listdir(path.parent), reverse=True)}
    except OSError:
        return None
    import difflib

    close = difflib.get_close_matches(path.name.casefold(), list(siblings))
    candidates = [Path(path.parent, siblings[name], *below) for name in close]
    return next((candidate for candidate in candidates if os.path.lexists(candidate)), None)


# -- reading ----------------------------------------------------------------------------------------------------------


class _UnreadableError(Exception):
    """Its text becomes `Source.reason`."""


def _read_each(found: Iterable[_Found], long: int | None) -> Iterator[Stored]:
    taken: dict[str, int] = {}
    for each in found:
        taken[each.name] = taken.get(each.name, 0) + 1
        # evidence points to a source by its name: two pieces of bytes must not share one
        name = each.name if taken[each.name] == 1 else f"{each.name} ({taken[each.name]})"
        path = each.item if isinstance(each.item, Path) else None
        version = _version(each)
        try:
            if long is not None and path is not None and (size := _plain_size(each)) >= max(long, 1):
                yield LongFile(name, path, b"", bytes_then=size)
                continue
            data = _stored(each)
            changed = _version(each) != version
            yield Stored(name, path, data, changed="It changed while it was read: read it again." if changed else None)
        except _UnreadableError as trouble:
            yield Stored(name, path, b"", str(trouble))


def _plain_size(found: _Found) -> int:
    """Bytes of a file that begins as plain text; 0 for all else, and for what cannot be read."""
    if found.trouble:
        return 0
    try:
        with open(found.item, "rb") as file:
            status = os.fstat(file.fileno())
            head = file.read(_SAMPLE) if stat.S_ISREG(status.st_mode) else b""
    except OSError:
        return 0
    return status.st_size if head and is_plain(head) and binary_kind(head) is None else 0


def _version(found: _Found) -> tuple[int, ...] | None:
    """Differs before and after a file has changed; None for what is not a file."""
    try:
        status = os.stat(found.item) if isinstance(found.item, Path) else None
    except OSError:
        return None
    return (status.st_ino, status.st_size, status.st_mtime_ns) if status and stat.S_ISREG(status.st_mode) else None


def _stored(found: _Found) -> bytes:
    if found.trouble:
        raise _UnreadableError(found.trouble)
    if isinstance(found.item, bytes | bytearray | memoryview):
        return bytes(found.item)
    try:
        if isinstance(found.item, Path):
            with open(found.item, "rb") as file:
                return file.read() if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else _rest_of(file)
        return _rest_of(found.item)
    except MemoryError:
        raise _UnreadableError("It does not fit into memory: cut it into several files.") from None
    except OSError as error:
        raise _UnreadableError(_why(error, found.item)) from error
    except ValueError as error:  # a closed file; a text file whose own decoding fails
        raise _UnreadableError(f"It could not be read ({error}): open it anew, in binary mode.") from error


def _rest_of(stream: Any) -> bytes:
    """The rest of a stream, which may have no end: `yes | logparse ingest -`."""
    source = _below_decoding(stream)
    parts: list[Any] = []
    size = 0
    while part := source.read(_PART):
        parts.append(part)
        size += len(part)
        if size > STREAM_LIMIT:
            raise _UnreadableError(f"It is longer than {STREAM_LIMIT:,} bytes: put it into a file.")
    data = parts[0][:0].join(parts) if parts else b""
    if not isinstance(data, str):
        return bytes(data)
    try:
        return data.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return data.encode("utf-8", "replace")


def _below_decoding(stream: Any) -> Any:
    """The bytes below a text file: its decoding may turn each "\\r" into a line end, and lines would be miscounted."""
    encoding = str(getattr(stream, "encoding", "")).lower()
    if not hasattr(stream, "buffer") or encoding not in ("utf-8", "utf8", "ascii", "us-ascii"):
        return stream
    try:
        stream.seek(stream.tell())  # it may have read ahead
    except OSError:  # a pipe, or within a loop over its lines
        return stream
    return stream.buffer


def _why(error: OSError, item: object) -> str:
    if isinstance(error, FileNotFoundError):
        if isinstance(item, Path) and item.is_symlink():
            return f"This is a link to {_printable(os.readlink(item))}, which does not exist: mend or remove the link."
        return "It was there when the reading began and is gone: read again."
    if isinstance(error, PermissionError):
        return "There is no permission to read it: ask its owner, or change it with chmod."
    if error.errno == errno.ELOOP:
        return "This is a link that leads back to itself: mend or remove the link."
    return f"The system could not read it ({error.strerror or error}): try again, or copy it elsewhere first."


def _read_as_text(name: str, stored: bytes, changed: str | None, sha256: Callable[[], str]) -> Source | Unmasked:
    compression, data, doubt = None, stored, None
    packing = next((packing for packing in _PACKINGS if packing.magic.match(stored)), None)
    if packing:
        compression = packing.name
        try:
            data, doubt = _unpack(stored, packing)
        except _UnreadableError as trouble:
            return _without_text(name, stored, compression, "unreadable", str(trouble), sha256)
    if is_picture(data):
        return _read_as_picture(name, stored, data, compression, sha256)
    if kind := binary_kind(data):
        return _without_text(name, stored, compression, "not_text", kind, sha256)
    text, encoding, ends = _cleaned(data)
    lines = ends + (not text.endswith(b"\n") and bool(text))
    reason = " ".join(filter(None, (changed, doubt, _DOUBTFUL.get(encoding)))) or None
    size = len(stored)

    def as_source(text: bytes, unmasked: Mapping[int, str]) -> Source:
        return Source(name, text, lines, size, sha256(), encoding, compression, "text", reason, unmasked)

    return Unmasked(bare_lines(text), as_source)


def _read_as_picture(
    name: str, stored: bytes, data: bytes, compression: str | None, sha256: Callable[[], str]
) -> Source:
    try:
        picture = read_picture(data)
    except NotATerminalError as trouble:
        reason = f"This is a picture, but not of a terminal whose text can be read: {trouble}."
        return _without_text(name, stored, compression, "not_text", reason, sha256)
    except (UnreadablePictureError, MissingPackagesError) as trouble:
        return _without_text(name, stored, compression, "unreadable", str(trouble), sha256)
    source = Source(name, b"", 0, len(stored), sha256(), None, compression, "text", None)
    return with_picture(source, picture)


def with_picture(source: Source, picture: Picture) -> Source:
    """The source with the text of a picture."""
    text, unmasked = masked("".join(f"{line.text}\n" for line in picture.lines).encode())
    return replace(source, text=text, lines=len(picture.lines), unmasked=unmasked, picture=picture)


def _without_text(
    name: str, stored: bytes, compression: str | None, status: str, reason: str, sha256: Callable[[], str]
) -> Source:
    return Source(name, b"", 0, len(stored), sha256(), None, compression, status, reason)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# -- in pieces --------------------------------------------------------------------------------------------------------

_PIECE = 2**18
"""A long text is processed in pieces of this many bytes, which stay in the processor's cache."""


def pieces(text: bytes, size: int) -> Iterator[tuple[int, int]]:
    """Start and end of the pieces of `text`: cut after about each `size` bytes, at line ends."""
    at = 0
    while at < len(text):
        end = text.find(b"\n", at + size) + 1 or len(text)
        yield at, end
        at = end


# -- unpacking --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Packing:
    name: str
    magic: re.Pattern[bytes]
    start: Callable[[], Any]  # a new decompressor with decompress(bytes), eof and unused_data


def _zstd() -> Any:
    try:
        return importlib.import_module("compression.zstd").ZstdDecompressor()  # Python 3.14
    except ImportError:
        pass
    try:
        return importlib.import_module("zstandard").ZstdDecompressor().decompressobj()
    except ImportError:
        raise _UnreadableError(
            "It is packed with zstd, which needs one more package: pip install logparse[zstd]."
        ) from None


_PACKINGS = (
    _Packing("gzip", re.compile(rb"\x1f\x8b\x08"), lambda: zlib.decompressobj(wbits=31)),
    _Packing("bz2", re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), bz2.BZ2Decompressor),
    _Packing("xz", re.compile(rb"\xfd7zXZ\x00"), lzma.LZMADecompressor),
    _Packing("zstd", re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"), _zstd),
)


def _unpack(stored: bytes, packing: _Packing) -> tuple[bytes, str | None]:
    """The unpacked bytes, and any doubts about them; all members, up to where the data is cut or damaged."""
    pieces: list[bytes] = []
    size = at = 0
    step = 4096  # so small that no step can unpack to more than some 150 MB
    unpacker = packing.start()
    doubt = None
    while at < len(stored):
        try:
            piece = unpacker.decompress(stored[at : at + step])
        except Exception as error:  # each library raises its own kind
            doubt = f"The {packing.name} data is damaged ({error}): only what stands before the damage was read."
            break
        pieces.append(piece)
        size += len(piece)
        if size > UNPACK_LIMIT:
            raise _UnreadableError(f"It unpacks to more than {UNPACK_LIMIT:,} bytes: unpack it and cut it yourself.")
        at += step
        if unpacker.eof:
            at = min(at, len(stored)) - len(unpacker.unused_data)
            at = _NULS.match(stored, at).end()  # type: ignore[union-attr]  # tapes and xz pad with NULs
            if at < len(stored) and not packing.magic.match(stored, at):
                doubt = f"Behind the {packing.name} data stand {len(stored) - at} other bytes: they were left out."
                break
            unpacker = packing.start() if at < len(stored) else unpacker
    if doubt is None and not unpacker.eof:
        doubt = (
            f"The {packing.name} data is cut off: what stands before the cut was read; get the file again for the rest."
        )
    if doubt and not size:
        raise _UnreadableError(f"{doubt} Nothing could be unpacked.")
    return b"".join(pieces), doubt


_NULS = re.compile(rb"\x00*")


# -- text or not ------------------------------------------------------------------------------------------------------

_SAMPLE = 64 * 1024

_KINDS: tuple[tuple[str, bytes], ...] = (
    ("an ELF program or library", rb"\x7fELF"),
    ("a Windows program", rb"MZ.{58}..\x00\x00"),
    ("a GIF image", rb"GIF8[79]a"),
    ("a PDF document", rb"%PDF-\d"),
    ("a zip archive (also used by .xlsx, .npz, .pt and .whl files)", rb"PK(?:\x03\x04|\x05\x06)"),
    ("a 7z archive", rb"7z\xbc\xaf\x27\x1c"),
    ("a tar archive", rb".{257}ustar"),
    ("an SQLite database", rb"SQLite format 3\x00"),
    ("a parquet file", rb"PAR1[\x00-\x08\x0e-\x1f\x80-\xff]"),
    ("an Arrow file", rb"ARROW1\x00"),
    ("a numpy array", rb"\x93NUMPY"),
    ("an HDF5 file", rb"\x89HDF\r\n\x1a\n"),
    ("a web page", rb"(?i:(?>\s{1,999}+|<!--(?>.{0,9999}?-->)){0,99}+<(?:!doctype html|html)[\s>])"),
    ("an SVG image", rb"(?:<\?xml[^>]*>\s*)?<svg[\s>]"),
    ("a Python pickle", rb"\x80[\x02-\x05][\x00-\xff]*\.\Z"),
)
_KINDS_RE = tuple((kind, re.compile(magic, re.DOTALL)) for kind, magic in _KINDS)
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\x1b\x08")


def binary_kind(data: bytes) -> str | None:
    """Why this is not text, as a sentence; null if it may be text. Looks at the first 64 KiB."""
    for kind, magic in _KINDS_RE:
        if magic.match(data):
            advice = "unpack it and read what is inside" if "archive" in kind else "leave it out"
            return f"This is {kind}, not the text of a log: {advice}."
    if _is_own_output(data[:_SAMPLE]):
        return "This was written by logparse, and is not the text of a log: leave it out."
    if any(packing.magic.match(data) for packing in _PACKINGS):
        return "This was packed twice: unpack it once and read what is inside."
    sample = data[:_SAMPLE]
    if _utf16(sample):
        return None
    nuls = sample.count(0)
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    # a crash may leave a NUL or two in any log, however short
    if (controls > 1 and controls * 10 > len(sample)) or (nuls > 8 and nuls * 50 > len(sample)):
        return "This is binary data, not the text of a log: leave it out."
    return None


def is_plain(data: bytes) -> bool:
    """Whether a file that begins like this is text of one byte a sign, or UTF-8: its lines can be read one by one."""
    return not any(packing.magic.match(data) for packing in _PACKINGS) and _utf16(data[:_SAMPLE]) is None


def _is_own_output(sample: bytes) -> bool:
    """Whether the text begins as a frame that was written by this program: it quotes lines of logs, but is none."""
    start = sample[:400].decode("utf-8", "replace").lstrip("\ufeff")
    if start.startswith('{"logparse": "'):
        return True
    first = start.partition("\\toprule\n")[2] if start.startswith("\\begin{tabular}") else start
    first = first.partition("\n")[0].replace("\\", "")
    words = re.findall(r'"([a-z_]+)":' if first.startswith('{"') else r"[^\s,|&]+", first)[:4]
    return len(words) == 4 and any(words[0] == next(iter(frame)) and {*words} <= {*frame} for frame in FRAMES.values())


# -- decoding ---------------------------------------------------------------------------------------------------------

_BOMS = re.compile(rb"(?:\xef\xbb\xbf)++")
_ASCII = bytes(range(128))
_DOUBTFUL = {
    "utf-8 (damaged)": "Some characters were cut in two when they were written and stand as U+FFFD: the rest is right.",
    "cp1252": "It is not UTF-8 and was read as cp1252: letters beyond ASCII may be wrong.",
}


def to_utf8(data: bytes) -> tuple[bytes, str]:
    """Valid UTF-8 without a byte order mark, and the encoding that was found. Never raises."""
    if utf16 := _utf16(data[:_SAMPLE]):
        return _unmarked(data.decode(utf16, "replace").encode()), "utf-16"
    if data.isascii():
        return data, "ascii"
    text = _unmarked(data)
    marked = len(text) < len(data)
    if _is_utf8(text):
        return text, "utf-8-sig" if marked else "utf-8"
    if marked or _is_damaged_utf8(text):
        return _unmarked(text.decode("utf-8", "replace").encode()), "utf-8 (damaged)"
    return text.decode("cp1252", "replace").encode(), "cp1252"


def _unmarked(data: bytes) -> bytes:
    marks = _BOMS.match(data)
    return data[marks.end() :] if marks else data


def _is_utf8(data: bytes) -> bool:
    try:
        for start, end in pieces(data, _PIECE):
            data[start:end].decode()
    except UnicodeDecodeError:
        return False
    return True


def _utf16(sample: bytes) -> str | None:
    """The codec, if the bytes are UTF-16: by the mark, or since every other byte of Latin text is then NUL."""
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if sample.startswith(mark):
            return codec
    if 0 not in sample:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    most = len(sample) // 2 * 0.7
    if odd >= 4 and odd > most and even * 20 < odd:
        return "utf-16-le"
    if even >= 4 and even > most and odd * 20 < even:
        return "utf-16-be"
    return None


def _is_damaged_utf8(data: bytes) -> bool:
    """UTF-8 with a few characters cut: under 1 % of the high bytes are bad, or a handful among many good ones."""
    high = len(data.translate(None, _ASCII))
    bad = len(data) - len(data.decode("utf-8", "ignore").encode())
    good = high - bad
    unfinished = len(_UNFINISHED.search(data[-3:])[0])  # type: ignore[index]
    bad -= min(unfinished, bad)  # a growing log may be read in the middle of its last character
    return good > 0 and (bad * 100 < high or (bad <= 8 and bad * 4 <= good))


_UNFINISHED = re.compile(rb"(?:[\xc2-\xf4]|[\xe0-\xf4][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{2})?\Z")


# -- cleaning ---------------------------------------------------------------------------------------------------------


def clean_block(data: bytes, is_first: bool) -> tuple[bytes, int, dict[int, str]] | None:
    """A block of whole lines of a long text as `Source.text` has it, its number of line ends, and its lines with
    secrets as they were before.

    None where the whole text has to be known: it is not UTF-8, or has a mark at its beginning, a margin, or a private
    key over several lines.
    """
    if (not data.isascii() and not _is_utf8(data)) or b"PRIVATE KEY-----" in data:
        return None
    text, ends = _cleaned_text(data)
    if is_first:
        sample = text[: text.rfind(b"\n", 0, _MARGIN_SAMPLE) + 1] or text[:_MARGIN_SAMPLE]
        if _unmarked(text) != text or any(_has_margin(sample, margin) for margin in (_QUOTE, _NUMBER)):
            return None
    text, unmasked = masked(text)
    return text, ends, unmasked


_REPLACED = "\ufffd".encode()
_CONTROL_CODES = bytes(code for code in range(32) if code not in b"\t\n\r")
_HARD_BLANKS = ("\u00a0".encode(), "\u2007".encode(), "\u202f".encode())
"""Blanks at which no line is broken, as web pages and chats have them."""
_HARD_BLANK = re.compile(rb"(?<![0-9])(?:%b)|(?:%b)(?![0-9]{3}(?![0-9]))" % ((b"|".join(_HARD_BLANKS),) * 2))
"""One that does not separate the thousands of a number: of "12 345" with a plain blank, 12 could be taken."""
_BLANK_ENDS = bytes(blank[-1] for blank in _HARD_BLANKS)
_PLAIN = bytes(code for code in range(256) if code not in _CONTROL_CODES + b"\n\r^" + _BLANK_ENDS)
"""What is left of a piece without these is its line ends, and whatever there is to clean."""
_SHIFTS = b"\x0e\x0f"  # to another character set and back

# Styling leaves no trace. Colour and then K (erase to the end of the line, where nothing stands yet) is how grep and
# gcc colour, so that K counts as styling too. Nothing here can match from two starts over the same bytes: linear time.
_STYLE = re.compile(
    rb"""\x1b (?:
        \[ [0-?]*+ [\x20-/]*+ (?: m (?: \x1b\[0?K )? | [NOQRUVWY\[-_bcg-qtv-~] )
      | [\]PX^_] [^\x00-\x1f\x7f]*+ (?: \x07 | \x1b\\ )     # titles, links: up to their end
      | [\x20-/]++ [0-~]                                   # character sets
      | [=>NOcno|}~]
      | (?= \d{4}-\d\d )                                   # a lost escape before a date
    )""",
    re.VERBOSE,
)
# What moves the cursor or erases becomes "\r", and so does a run of backspaces.
_MOVE = re.compile(rb"\x1b(?:\[[0-?]*+[\x20-/]*+[@A-MPSTXZ`adefrsu]|[78DEHM])")
_BACKSPACES = re.compile(rb"\x08++")

# The same as `cat -v` and some editors write it: "^[" for the escape. Fewer forms, since this may also be plain text.
_WRITTEN_STYLE = re.compile(
    rb"""\^\[ (?:
        \[ [\d;?]*+ (?: m (?: \^\[\[0?K )? | [hl] )
      | \] [^\x00-\x1f\x7f^]*+ (?: \^G | \^\[\\ )
      | [()][0AB]
    )""",
    re.VERBOSE,
)
_WRITTEN_MOVE = re.compile(rb"\^\[\[[\d;?]*+[A-HJKSTdfsu](?!-)")  # `^[[A-Z]` is some program's regular expression
_WRITTEN_BEFORE_DATE = re.compile(rb"(?<!\^\[)(?:\^\[)++(?=\d{4}-\d\d)")

# It begins with the character itself, not with what may not be before it: `re` then skips to the next one at once.
_RETURNS_AT_END = re.compile(rb"\r(?<!\r\r)\r*+(?=\n)")


def clean(data: bytes) -> tuple[bytes, str]:
    """Any bytes as clean UTF-8, and the encoding that was found. Never raises; it is idempotent."""
    return _cleaned(data)[:2]


def _cleaned(data: bytes) -> tuple[bytes, str, int]:
    """The result of `clean`, and the number of line ends in the text."""
    text, encoding = to_utf8(data)
    text, ends = _cleaned_text(text)
    return _unmarked(text), encoding, ends


def clean_text(text: bytes) -> bytes:
    r"""UTF-8 without terminal controls: as many lines as before, "\r" where the terminal began to write over."""
    return _cleaned_text(text)[0]


def _cleaned_text(text: bytes) -> tuple[bytes, int]:
    """The result of `clean_text`, and its number of line ends.

    No control goes on behind the end of its line, so that each piece is cleaned for itself; plain text is not copied,
    but for the piece at hand. One look at a piece tells whether it is plain, and how many lines it has.
    """
    done: list[bytes] = []
    at = ends = 0
    for start, end in pieces(text, _PIECE):
        piece = text[start:end]
        marks = piece.translate(None, _PLAIN)
        ends += (here := marks.count(b"\n"))
        if here < len(marks) and (cleaned := _clean_lines(piece, frozenset(marks))) is not piece:
            done += text[at:start], cleaned
            at = end
    return b"".join([*done, text[at:]]) if done else text, ends


def _clean_lines(text: bytes, codes: frozenset[int]) -> bytes:
    """Whole lines as `clean_text` gives them. codes: which of the bytes that are not in `_PLAIN` they have."""
    if not codes.isdisjoint(_BLANK_ENDS) and any(blank in text for blank in _HARD_BLANKS):
        text = _HARD_BLANK.sub(b" ", text)
    if controls := codes.intersection(_CONTROL_CODES):
        text = _without_controls(text, controls)
    if b"^" in text:
        text = _without_written(text)
    return _RETURNS_AT_END.sub(b"", text) if b"\r" in text else text


def _without_controls(text: bytes, controls: frozenset[int]) -> bytes:
    if not controls.isdisjoint(_SHIFTS):
        text = text.translate(None, _SHIFTS)
    if b"\x1b" in text:
        text = _MOVE.sub(b"\r", _STYLE.sub(b"", text))
    if b"\x08" in text:
        text = _BACKSPACES.sub(b"\r", text)
    for code in controls:
        text = text.replace(bytes([code]), _REPLACED)
    return text


def _without_written(text: bytes) -> bytes:
    if b"^[" in text:
        text = _WRITTEN_MOVE.sub(b"\r", _WRITTEN_STYLE.sub(b"", text))
        text = _WRITTEN_BEFORE_DATE.sub(b"", text)
        if _is_written(text):
            text = b"\n".join(map(_broken_up, text.split(b"\n")))
    return text.replace(b"^M", b"\r")


def _is_written(text: bytes) -> bool:
    return bool(_WRITTEN_STYLE.search(text) or _WRITTEN_MOVE.search(text))


def _broken_up(line: bytes) -> bytes:
    """Sequences that came about only when others between their bytes were taken out: no terminal program wrote them."""
    return line.replace(b"^[", _REPLACED + b"[") if _is_written(line) else line


# -- margins ----------------------------------------------------------------------------------------------------------

# Each begins with the end of the line before, not with "^": `re` then skips from line to line.
_QUOTE = re.compile(rb"\n[ \t]*(?:>[ \t]?)+")
"""What mail and Markdown write before a quoted line."""
_NUMBER = re.compile(rb"\n[ \t]*([0-9]{1,9})(?: ?\||[:-]|(?=[ \t\r\n]|\Z))")
"""The number of a line, as `cat -n`, `grep -n`, `less -N` and editors write it."""
_NOT_BLANK = re.compile(rb"\n[ \t\r]*[^ \t\r\n]")
_MARGIN_SAMPLE = 16 * 1024
_FEWEST_LINES = 5
"""Fewer lines prove no margin."""
_WITH_MARGIN = 0.95
"""Share of the lines that have the margin, if the text has one."""


def bare_lines(text: bytes) -> bytes:
    """The text with blanks in place of the quote marks or line numbers that stand before all or nearly all of its
    lines: what follows them keeps its column."""
    for margin in (_QUOTE, _NUMBER, _QUOTE):  # a quoted text may be numbered, and a numbered one quoted
        sample = text[: text.rfind(b"\n", 0, _MARGIN_SAMPLE) + 1] or text[:_MARGIN_SAMPLE]
        if _has_margin(sample, margin) and _has_margin(text, margin):
            text = margin.sub(_blanked, b"\n" + text)[1:]
    return text


def _has_margin(text: bytes, margin: re.Pattern[bytes]) -> bool:
    text = b"\n" + text
    found = margin.findall(text)
    if len(found) < _FEWEST_LINES or len(found) < _WITH_MARGIN * len(_NOT_BLANK.findall(text)):
        return False
    if margin is not _NUMBER:
        return True
    # Numbers of lines begin at 1 and grow. Those of ranks begin at 0 or are repeated, and so are those of times.
    numbers = [0, *map(int, found)]
    return all(a < b for a, b in pairwise(numbers))


def _blanked(margin: re.Match[bytes]) -> bytes:
    return _MARK.sub(b" ", margin[0])


_MARK = re.compile(rb"[^ \t\n]")
