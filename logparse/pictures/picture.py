"""A picture as it is stored to the lines in it: `read(data)`. The lines of a picture are kept in the user's cache.

numpy, Pillow, onnxruntime and the model are imported only where a picture is read that is not in the cache.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from logparse import user_cache
from logparse.pictures.lines import CLEAR, Line, NotATerminalError

if TYPE_CHECKING:
    from PIL import Image


class UnreadablePictureError(Exception):
    """The picture cannot be decoded. The message says why, for people."""


class MissingPackagesError(Exception):
    """The packages that read pictures are not installed. The message has the command that installs them."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What was read in a picture."""

    engine: str
    """What read it, with versions."""
    lines: tuple[Line, ...]

    @property
    def edits(self) -> str | None:
        """A digest of the lines that a person changed; None where there are none."""
        edited = [
            (number, line.text, [sure >= CLEAR for sure in line.confidence])
            for number, line in enumerate(self.lines)
            if line.is_edited
        ]
        return hashlib.sha256(repr(edited).encode()).hexdigest()[:8] if edited else None


_MAGIC = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|RIFF.{4}WEBP", re.DOTALL)
_FORMATS = ("PNG", "JPEG", "WEBP")
_MOST_PIXELS = 40_000_000
_REVISION = 2
"""Goes up when the same picture gives another text: what is in the cache does not count then."""
_MOST_CACHED = 512
"""Pictures in the user's cache."""


def is_picture(data: bytes) -> bool:
    """Whether these are the bytes of a PNG, JPEG or WebP picture, by how they begin."""
    return _MAGIC.match(data) is not None


def read(data: bytes) -> Picture:
    """The lines of text in a picture of a terminal.

    Raises:
        NotATerminalError: it shows no text in cells of one size, or most of it is not clear.
        UnreadablePictureError: it cannot be decoded, or is too large.
        MissingPackagesError: the packages that read pictures are not installed.
    """
    engine = _engine()
    name = f"{hashlib.sha256(f'{engine}, {_REVISION}'.encode() + data).hexdigest()[:32]}.picture"
    if (body := user_cache.read(name)) is not None:
        kept = json.loads(body)
        if kept["reason"] is not None:
            raise NotATerminalError(kept["reason"])
        lines = (Line(text, tuple(sure), tuple(map(tuple, boxes))) for text, sure, boxes in kept["lines"])
        return Picture(engine, tuple(lines))
    reason, lines_read = None, []
    try:
        lines_read = _lines(data)
    except NotATerminalError as trouble:
        reason = str(trouble)
        raise
    finally:
        if reason is not None or lines_read:
            kept = {"reason": reason, "lines": [[line.text, line.confidence, line.boxes] for line in lines_read]}
            user_cache.write(name, json.dumps(kept).encode(), _MOST_CACHED)
    return Picture(engine, tuple(lines_read))


def _engine() -> str:
    try:
        return f"logparse {version('logparse')}, rapidocr {version('rapidocr')}, onnxruntime {version('onnxruntime')}"
    except PackageNotFoundError:
        raise MissingPackagesError(
            "This is a picture, which needs more packages to be read: pip install 'logparse[pictures]'."
        ) from None


def _lines(data: bytes) -> list[Line]:
    try:
        import numpy as np
        from threadpoolctl import threadpool_limits

        from logparse.pictures.transcript import read_lines
    except ModuleNotFoundError as missing:
        raise _missing(missing) from None
    image, format = decoded(data)
    with threadpool_limits(1):  # the matrices are small: more threads only wait for each other
        return read_lines(np.asarray(image), lossless=format == "PNG")


def decoded(data: bytes) -> tuple[Image.Image, str]:
    """The picture in RGB, and its format: PNG, JPEG or WEBP.

    Raises:
        UnreadablePictureError: it cannot be decoded, or is too large.
        MissingPackagesError: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ModuleNotFoundError as missing:
        raise _missing(missing) from None
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            width, height = image.size
            if width * height > _MOST_PIXELS:
                raise UnreadablePictureError(
                    f"This is a picture of {width:,} x {height:,} pixels, more than {_MOST_PIXELS:,} in all: crop it."
                )
            return image.convert("RGB"), str(image.format)
    except UnreadablePictureError:
        raise
    except Exception as error:  # each decoder raises its own kind
        raise UnreadablePictureError(f"This picture cannot be decoded ({error}): save it again as PNG.") from None


def _missing(package: ModuleNotFoundError) -> MissingPackagesError:
    return MissingPackagesError(
        f"This is a picture, which needs the package {package.name} to be read: pip install 'logparse[pictures]'."
    )
