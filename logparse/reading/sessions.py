"""Pictures of one session of a terminal: each shows a part of its text, and the parts overlap.

Where the first lines of a picture are the last ones of the picture given before it, its text goes on with that of the
other. Both stay sources of their own, with their own lines and boxes; the lines that both show count once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from logparse.pictures import CLEAR, Line
from logparse.reading.sources import Continued, Source, Stored
from logparse.text.labels import many

_FEWEST = 3
"""Lines that must agree, each different from the others."""
_CLEAR_SHARE = 0.5
"""Share of the characters of two lines that must be clear in both."""


def joined(inputs: Iterable[Stored]) -> Iterator[Stored]:
    """The inputs, where a picture goes on with the text of the one before it: with what it continues, and the hashes of
    all pictures of its session. Pictures that are given alone are returned as they are, and are not read."""
    pictures: list[Stored] = []
    for stored in inputs:
        continued = None
        if stored.is_picture and pictures:
            pictures[-1], stored = pictures[-1].with_text(), stored.with_text()
            continued = _continued(pictures[-1].source(), stored.source())
        if continued is None:
            yield from _session(pictures)
            pictures = []
        else:
            stored = replace(stored, text_read=_continuing(stored.source(), continued))
        if stored.is_picture:
            pictures.append(stored)
        else:
            yield stored
    yield from _session(pictures)


def _session(pictures: list[Stored]) -> Iterator[Stored]:
    """The pictures of one session, each with the hashes of all."""
    if len(pictures) < 2:
        yield from pictures
        return
    hashes = tuple(each.sha256 for each in pictures)
    for number, each in enumerate(pictures, start=1):
        source = replace(each.source(), is_continued=number < len(pictures))
        yield replace(each, text_read=source, session=hashes)


def _continuing(source: Source, continued: Continued) -> Source:
    """The source with what it continues."""
    same = many(continued.lines, "line")
    note = f"it continues {continued.source}: both show {same}"
    return replace(source, continued=continued, reason="; ".join(filter(None, (source.reason, note))))


def _continued(first: Source, second: Source) -> Continued | None:
    """How the text of one picture continues that of another; None where it does not."""
    if first.picture is None or second.picture is None or first.sha256 == second.sha256:
        return None
    upper, lower = first.picture.lines, second.picture.lines
    end = max((at + 1 for at, line in enumerate(upper) if line.text.strip()), default=0)
    start = next((at for at, line in enumerate(lower) if line.text.strip()), 0)
    for count in range(min(end, len(lower) - start), _FEWEST - 1, -1):
        shared = list(zip(upper[end - count : end], lower[start : start + count], strict=True))
        are_same = [_agree(a, b) for a, b in shared]
        # The first line of a picture may be the end of one that the terminal wrapped, the last one a beginning.
        if not (all(are_same[1:-1]) and (are_same[0] or _ends_with(*shared[0])) and _goes_on(*shared[-1])):
            continue
        same = {a.text for (a, _), is_same in zip(shared, are_same, strict=True) if is_same and _has_words(a)}
        if len(same) < _FEWEST:
            continue
        below = len(upper) - end
        # Lines that do not count above, since the picture before that shows them more clearly, must not count here.
        is_counted_before = first.continued is not None and first.continued.not_here > end - count
        is_clearer_above = _guesses(a for a, _ in shared) < _guesses(b for _, b in shared)
        if are_same[-1] and (is_clearer_above or is_counted_before):
            return Continued(first.name, len(same), below, start + count)
        if not is_counted_before:
            whole_above = 0 if are_same[0] else 1
            return Continued(first.name, len(same), below + count - whole_above, start + whole_above)
    return None


def _agree(a: Line, b: Line) -> bool:
    """Whether two lines are the same, as far as their characters are clear."""
    if len(a.text) != len(b.text):
        return False
    both = [
        x == y
        for x, y, p, q in zip(a.text, b.text, a.confidence, b.confidence, strict=True)
        if p >= CLEAR and q >= CLEAR
    ]
    return all(both) and len(both) >= _CLEAR_SHARE * len(a.text)


def _ends_with(a: Line, b: Line) -> bool:
    """Whether a line is the end of another one."""
    start = len(a.text) - len(b.text)
    return start > 0 and _agree(_part(a, start, len(a.text)), b)


def _goes_on(a: Line, b: Line) -> bool:
    """Whether a line is the same as another one, or is its beginning."""
    count = len(a.text.rstrip(_CURSOR))
    return _agree(_part(a, 0, count), _part(b, 0, count))


_CURSOR = "\N{FULL BLOCK} "


def _part(line: Line, start: int, end: int) -> Line:
    return Line(line.text[start:end], line.confidence[start:end], line.boxes[start:end])


def _has_words(line: Line) -> bool:
    return any(map(str.isalnum, line.text))


def _guesses(lines: Iterable[Line]) -> int:
    return sum(sure < CLEAR for line in lines for sure in line.confidence)
