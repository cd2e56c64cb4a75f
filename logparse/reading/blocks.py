"""The text of a long file, of which only one block of lines is in memory at a time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl

from logparse.reading.scan import Texts
from logparse.reading.sources import LongFile, clean_block, pieces

BLOCK_BYTES = 24 * 2**20
"""Bytes of a block: the memory for reading a log grows with them."""

LONG_BYTES = 2 * BLOCK_BYTES
"""Files from this size on are read into a store block by block."""

_HEAD = 2**20
_PIECE = 2**16
"""Bytes of the text around a line that is read again."""


class WholeNeededError(Exception):
    """The text cannot be read block by block."""


@dataclass(frozen=True)
class Block:
    """Whole lines of a text. first: row of the first line, counted from 0. unmasked: as `Source.unmasked`, by the
    number of the line in the block, from 1."""

    text: bytes
    lines: int
    first: int
    unmasked: dict[int, str] = field(default_factory=dict, repr=False)


class LongText:
    """The lines of a long file, read again where they are needed."""

    def __init__(self, file: LongFile) -> None:
        self.file = file
        self.lines = 0
        """Lines of the blocks that were read so far, which is all once `blocks` has ended."""
        self.is_ascii = True
        self.head = b""
        """The beginning of the text."""
        self._sizes: list[int] = []
        self._firsts: list[int] = []

    def blocks(self) -> Iterator[Block]:
        """The text, block by block. Raises `WholeNeededError` where the whole text has to be known."""
        self.lines, self.is_ascii, self._sizes, self._firsts = 0, True, [], []
        if self._is_twice_the_same():
            raise WholeNeededError
        for data in self.file.blocks(BLOCK_BYTES):
            block = _cleaned(data, self.lines)
            self.head = self.head or block.text[:_HEAD]
            self.is_ascii = self.is_ascii and data.isascii()
            self._sizes.append(len(data))
            self._firsts.append(block.first)
            self.lines += block.lines
            yield block

    def _is_twice_the_same(self) -> bool:
        """Whether the two halves of the file begin alike."""
        end = self.file.size + (self.file.part(self.file.size - 1, 1) != b"\n")
        return self.file.part(0, _HEAD) == self.file.part(end // 2, _HEAD)

    def at(self, numbers: Iterable[int], raw: bool = False) -> dict[int, str]:
        """Lines by number, as `Logs.lines`; only the pieces that hold them are cleaned. Raises `WholeNeededError`."""
        wanted = sorted({number for number in numbers if number > 0})
        out: dict[int, str] = {}
        first = at = 0
        for data in self._data_with(wanted):
            if isinstance(data, int):  # lines of a block without any of them
                first += data
                continue
            for start, end in pieces(data, _PIECE):
                count = data.count(b"\n", start, end) + (data[end - 1] != ord("\n"))
                if at < len(wanted) and wanted[at] <= first + count:
                    piece = _cleaned(data[start:end], first)
                    lines = piece.text.removesuffix(b"\n").split(b"\n")
                    while at < len(wanted) and wanted[at] <= first + count:
                        number = wanted[at] - first
                        line = lines[number - 1].decode()
                        out[wanted[at]] = piece.unmasked.get(number, line) if raw else line
                        at += 1
                first += count
            if at == len(wanted):
                break
        return out

    def kinds(self) -> dict[int, str]:
        """As `Logs.kinds`: nothing is known of them here."""
        return {}

    def rows(self, rows: pl.Series) -> pl.DataFrame:
        """row, text of these rows, as `scan.Texts.at`."""
        found = self.at(row + 1 for row in rows.unique())
        return pl.DataFrame(
            {"row": [number - 1 for number in found], "text": list(found.values())},
            schema={"row": pl.UInt32, "text": pl.String},
        )

    def _data_with(self, wanted: list[int]) -> Iterator[bytes | int]:
        """The blocks in order: as they are stored where they hold one of the lines `wanted`, else their number of
        lines."""
        if not self._sizes:
            for data in self.file.blocks(BLOCK_BYTES):
                self._sizes.append(len(data))
                self._firsts.append(self.lines)
                self.lines += data.count(b"\n") + (not data.endswith(b"\n"))
        needed = {bisect_right(self._firsts, number - 1) - 1 for number in wanted if number <= self.lines}
        ends = [*self._firsts[1:], self.lines]
        offset = 0
        for index, size in enumerate(self._sizes):
            yield self.file.part(offset, size) if index in needed else ends[index] - self._firsts[index]
            offset += size


@dataclass(frozen=True)
class LongTexts(Texts):
    """The lines of a long log by row."""

    text: LongText

    def at(self, rows: pl.Series) -> pl.DataFrame:
        """As `Texts.at`."""
        return self.text.rows(rows)


def _cleaned(data: bytes, first: int) -> Block:
    """A block of the file as text."""
    cleaned = clean_block(data, is_first=first == 0)
    if cleaned is None:
        raise WholeNeededError
    text, ends, unmasked = cleaned
    return Block(text, ends + (not text.endswith(b"\n") and bool(text)), first, unmasked)
