"""Parts of a picture as pictures of their own, for a report."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from logparse.pictures.lines import Box
from logparse.pictures.picture import decoded

_QUALITY = 88


@dataclass(frozen=True, slots=True)
class CutOut:
    """A part of a picture."""

    box: Box
    """Where it is in the picture."""
    data: bytes
    """As a file."""
    type: str
    """Its media type: image/png or image/jpeg."""


def cut_outs(data: bytes, boxes: Iterable[Box]) -> Iterator[CutOut | None]:
    """The part of a picture in each of these boxes, as far as it is in the picture; None where nothing of it is.

    Raises:
        UnreadablePictureError: the picture cannot be decoded, or is too large.
        MissingPackagesError: Pillow is not installed.
    """
    image, format = decoded(data)
    kind = "JPEG" if format == "JPEG" else "PNG"  # what has no noise stays as it is
    for x, y, width, height in boxes:
        left, top = max(0, x), max(0, y)
        right, bottom = min(image.width, x + width), min(image.height, y + height)
        if left >= right or top >= bottom:
            yield None
            continue
        stream = io.BytesIO()
        options = {"quality": _QUALITY} if kind == "JPEG" else {"optimize": True}
        image.crop((left, top, right, bottom)).save(stream, kind, **options)
        yield CutOut((left, top, right - left, bottom - top), stream.getvalue(), f"image/{kind.lower()}")
