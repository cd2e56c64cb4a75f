"""Lines of text in a picture: how clear each character is, and where it is."""

from __future__ import annotations

from dataclasses import dataclass

Box = tuple[int, int, int, int]
"""x, y, width and height in pixels of the picture, from its upper left corner."""

CLEAR = 0.5
"""Confidence from which on a character is clear: values are taken from clear characters only."""


class NotATerminalError(Exception):
    """The picture shows no text in cells of one size. The message says why, for people."""


_IN_NUMBERS = " .,-+0123456789"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text. All three have one entry for each character."""

    text: str
    confidence: tuple[float, ...]
    """From 0 to 1; below `CLEAR` the character is a guess."""
    boxes: tuple[Box, ...]
    is_edited: bool = False
    """Whether a person changed the text."""

    def is_clear(self, start: int, end: int) -> bool:
        """Whether all characters from `start` to before `end` are clear."""
        return min(self.confidence[start:end], default=1.0) >= CLEAR

    def is_legible(self, start: int, end: int) -> bool:
        """Whether the characters from `start` to before `end` are a clear value: they are clear themselves, and what is
        beside them is clear too if it may be another digit or a mark of the same number."""
        beside = [at for at in (start - 1, end) if 0 <= at < len(self.text) and self.text[at] in _IN_NUMBERS]
        return self.is_clear(start, end) and all(self.is_clear(at, at + 1) for at in beside)

    def marked(self, start: int, end: int) -> str:
        """The characters from `start` to before `end`, with "?" for those that are not clear."""
        pairs = zip(self.text[start:end], self.confidence[start:end], strict=True)
        return "".join(character if sure >= CLEAR else "?" for character, sure in pairs)

    def box(self, start: int, end: int) -> Box | None:
        """The box around the characters from `start` to before `end`; None for none."""
        boxes = [box for box in self.boxes[start:end] if box[2]]
        if not boxes:
            return None
        x, y = min(box[0] for box in boxes), min(box[1] for box in boxes)
        return x, y, max(box[0] + box[2] for box in boxes) - x, max(box[1] + box[3] for box in boxes) - y
