"""Text that stands twice in one source, as where a log was pasted or printed again: its lines count once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Range = tuple[int, int]
"""First line and the one after the last, counted from 0."""


@dataclass(frozen=True)
class Read:
    """Lines of a source that rules read, in order: all of them, those that show work, and those with a stamp. A line
    that several rules read is there several times."""

    lines: Sequence[int]
    work: Sequence[int]
    stamped: Sequence[int]


def repeated(text: Sequence[bytes], read: Read, beginnings: Iterable[Range]) -> Iterator[Range]:
    """The lines of a source that are in it once more.

    Where the line that begins a run comes again, and all lines below it that are read come again as well, this is the
    same text, not a second run. So it is where only a part of them does before the source ends, or before the text
    comes again in full, if one of them has a stamp: a program without a clock that is started twice prints equal lines,
    which are the same text only where nothing else is between them. The longer copy stays.

    beginnings: pairs of equal lines, each the first of a run or of what was read in the source.
    """
    end = len(text)
    while end and not text[end - 1].strip():
        end -= 1
    compared = 0
    for first, second in sorted(beginnings):
        if first < compared:
            continue
        same = _same(text, first, second, end)
        is_cut = second + same == end
        is_whole = not _any(read.lines, first + same, second)
        if same >= _FEW_LINES and _any(read.stamped, first, first + same):
            is_same_text = is_whole or is_cut
        else:
            is_next = not any(line.strip() for line in text[first + same : second])
            is_same_text = is_next and is_cut and _any(read.work, first, first + same)
        if not is_same_text:
            continue
        compared = second
        above = _same_above(text, first, second, first + same)
        goes_on = first + same == second and not is_cut
        yield (first - above, second - above) if goes_on else (second - above, second + same)


def second_half(text: bytes) -> Range | None:
    """The lines of the second half of a text that is the same text twice, of a few lines at least."""
    end = len(text) if text.endswith(b"\n") else len(text) + 1
    half = end // 2
    if end % 2 or text[half - 1 : half] != b"\n" or memoryview(text)[: half - 1] != memoryview(text)[half : end - 1]:
        return None
    count = text.count(b"\n", 0, half)
    return (count, 2 * count) if count >= _FEW_LINES else None


_FEW_LINES = 3
"""Fewer may well be equal: a bar that ends twice at the same time."""


def _any(rows: Sequence[int], first: int, end: int) -> bool:
    """Whether one of `rows`, in order, is in that range."""
    return bisect_left(rows, first) < bisect_left(rows, end)


def _same(text: Sequence[bytes], first: int, second: int, end: int) -> int:
    """How many lines from the two places on are equal."""
    most = min(second - first, end - second)
    return next((i for i in range(most) if text[first + i] != text[second + i]), most)


def _same_above(text: Sequence[bytes], first: int, second: int, end: int) -> int:
    """How many lines above the two places are equal, down to `end`, where the first text ends."""
    most = min(first, max(second - end, 0))
    return next((i for i in range(most) if text[first - 1 - i] != text[second - 1 - i]), most)
