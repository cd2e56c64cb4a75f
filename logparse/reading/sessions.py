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
    hashes = tuple(each.sha256 for each in pictures) if len(pictures) > 1 else ()
    yield from (replace(each, session=hashes) for each in pictures)


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
        texts = {a.text for a, _ in shared if any(map(str.isalnum, a.text))}
        if len(texts) >= _FEWEST and all(_agree(a, b) for a, b in shared[:-1]) and _goes_on(*shared[-1]):
            above_is_clearer = _guesses(a for a, _ in shared) < _guesses(b for _, b in shared)
            if above_is_clearer and _agree(*shared[-1]):
                return Continued(first.name, count, 0, start + count)
            return Continued(first.name, count, len(upper) - end + count, 0)
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


def _goes_on(a: Line, b: Line) -> bool:
    """Whether a line is the same, or is the beginning of the other: the last one of a terminal may not be complete."""
    count = len(a.text)
    return _agree(a, Line(b.text[:count], b.confidence[:count], b.boxes[:count]))


def _guesses(lines: Iterable[Line]) -> int:
    return sum(sure < CLEAR for line in lines for sure in line.confidence)
