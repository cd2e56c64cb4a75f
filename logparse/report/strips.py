"""Strips of the pictures that values were read in: each shows one line, so that a reader checks a number with one look.

A page contains only lines that it cites. A strip is as high as its line, and as wide as the numbers that the page cites
from it, with some text beside them.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from logparse.logs import Logs
from logparse.pictures import Box, MissingPackagesError, UnreadablePictureError
from logparse.pictures.cut_outs import cut_outs
from logparse.reading.sources import read_stored
from logparse.text.secrets import MASK

MOST = 1_500_000
"""Characters of strips in one page."""
_BESIDE = 10
"""What is shown on either side of a number, in heights of its line."""
_MASKED = MASK * 4
"""In a line with a key or a password, which the picture shows."""

Place = tuple[str, int, int, int]
"""Source, line, upper edge and height of a strip."""


class Strips:
    """Collects the boxes that a page cites; `payload` gives the strips that show them."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self._boxes: dict[Place, list[Box]] = {}
        self._numbers: dict[Place, int] = {}

    def box(self, row: Mapping[str, Any]) -> list[int] | None:
        """Number of the strip and x, y, width, height of the text of an evidence row; None if it is in no picture."""
        if row["x"] is None:
            return None
        place = row["source"], row["line"], row["y"], row["height"]
        box = row["x"], row["y"], row["width"], row["height"]
        self._boxes.setdefault(place, []).append(box)
        return [self._numbers.setdefault(place, len(self._numbers)), *box]

    def payload(self) -> list[list[Any]]:
        """x, y, width, height and data (a URI) of each strip; only null where the page does not show it: its picture is
        not where it was, or has changed, Pillow is not installed, or the page would be too large."""
        out: list[list[Any]] = [[None] for _ in self._numbers]
        used = 0
        for number, strip in self._strips():
            used += len(strip[-1])
            if used > MOST:
                break
            out[number] = strip
        return out

    def _strips(self) -> Iterator[tuple[int, list[Any]]]:
        """Numbers and strips."""
        sources = dict.fromkeys(source for source, *_ in self._boxes)
        for source in sources:
            data = self._picture(source)
            if data is None:
                continue
            places = [place for place in self._boxes if place[0] == source and not self._is_masked(place)]
            try:
                for place, cut in zip(places, cut_outs(data, [_around(self._boxes[p]) for p in places]), strict=True):
                    if cut is not None:
                        uri = f"data:{cut.type};base64,{b64encode(cut.data).decode()}"
                        yield self._numbers[place], [*cut.box, uri]
            except (UnreadablePictureError, MissingPackagesError):
                continue

    def _picture(self, source: str) -> bytes | None:
        """The picture as it is stored, if it is still what was read."""
        if not os.path.isfile(source):
            return None
        (stored,) = read_stored(source)
        known = self._logs.sources.filter(pl.col("source") == source)["sha256"].to_list()
        return stored.data if [stored.sha256] == known else None

    def _is_masked(self, place: Place) -> bool:
        source, line, *_ = place
        return _MASKED in self._logs.lines(source, [line]).get(line, _MASKED)


def _around(boxes: Sequence[Box]) -> Box:
    """The part of a line around some boxes in it."""
    _, y, _, height = boxes[0]
    left = min(x for x, *_ in boxes) - _BESIDE * height
    right = max(x + width for x, _, width, _ in boxes) + _BESIDE * height
    return max(0, left), y, right - max(0, left), height
