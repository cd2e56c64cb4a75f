"""Text that stands twice in one source, as where a log was pasted or printed again: its lines count once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

Range = tuple[int, int]
"""First line and the one after the last, counted from 0."""


def repeated(
    lines: Sequence[bytes], beginnings: Iterable[Range], work: Sequence[int], stamped: Sequence[int]
) -> Iterator[Range]:
    """The lines of a source that are in it once more.

    Where the line that begins a run comes again, and all lines of work below it come again as well, this is the same
    text, not a second run. So it is where only a part of them does before the source ends, or before the text comes
    again in full; but a program without clock that was started twice prints equal lines too, so that then one of them
    must have a stamp. The longer copy stays.

    beginnings: pairs of equal lines, each the first of a run or of what was read in the source. work: the lines, in
    order, that show work. stamped: those, in order, that have a stamp.
    """
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    compared = 0
    for first, second in sorted(beginnings):
        same = _same(lines, first, second, end) if first >= compared else 0
        if not _any(work, first, first + same):
            continue
        is_cut = second + same == end
        is_whole = not _any(work, first + same, second)
        if not (is_whole or is_cut) or not ((is_whole and is_cut) or _any(stamped, first, first + same)):
            continue
        compared = second
        above = _same_above(lines, first, second, first + same)
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


def _same(lines: Sequence[bytes], first: int, second: int, end: int) -> int:
    """How many lines from the two places on are equal."""
    most = min(second - first, end - second)
    return next((i for i in range(most) if lines[first + i] != lines[second + i]), most)


def _same_above(lines: Sequence[bytes], first: int, second: int, end: int) -> int:
    """How many lines above the two places are equal, down to `end`, where the first text ends."""
    most = min(first, max(second - end, 0))
    return next((i for i in range(most) if lines[first - 1 - i] != lines[second - 1 - i]), most)
