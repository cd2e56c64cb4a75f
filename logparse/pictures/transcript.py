"""The lines of text in a picture of a terminal, and for each character how clear it is and where it is.

A character is clear only where two independent opinions agree: the likeness to glyphs of fonts, and the votes of a
neural network on cells with the same glyph. All others are unclear: the text has a guess, and no value may be taken
from it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logparse.pictures import fonts, recogniser
from logparse.pictures.cells import BLANK, BLOCK, FAINT, Cells, cells_of, clusters_of
from logparse.pictures.grid import Floats, Grid, find_grid
from logparse.pictures.lines import CLEAR, Line, NotATerminalError

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""In the text where there is no guess."""
_BAR = "\N{FULL BLOCK}"


@dataclass(frozen=True)
class _Labels:
    """What each glyph of a picture is read as."""

    characters: list[str]
    confidence: NDArray[np.float64]


def read_lines(rgb: NDArray[np.uint8], lossless: bool = True, without_fonts: Collection[str] = ()) -> list[Line]:
    """The lines of text in a picture (height, width, 3).

    Args:
        rgb: the picture.
        lossless: whether equal glyphs have equal pixels, as in PNG.
        without_fonts: fonts (parts of their names) that are not compared with, for measurements.

    Raises:
        NotATerminalError: it shows no text in cells of one size, or most of it is not clear.
    """
    grid = find_grid(rgb)
    cells = cells_of(grid)
    if len(cells.patches) < 2:
        raise NotATerminalError("it shows no text")
    labels = _read(cells, 0.985 if lossless else 0.965, without_fonts)
    unclear = float((labels.confidence < CLEAR).mean())
    if unclear > _MOST_UNCLEAR:
        raise NotATerminalError(f"{unclear:.0%} of its characters are not clear: it may be a photo, or made smaller")
    rows = _without_like_digits([_row(grid, cells, labels, row) for row in range(cells.kinds.shape[0])])
    _without_cursor(rows)
    margin = min((len(line.text) - len(line.text.lstrip()) for line in rows if line.text.strip()), default=0)
    return list(_joined([_part(line, margin, len(line.text)) for line in rows], grid.columns.count - margin))


_MOST_UNCLEAR = 0.15


def _read(cells: Cells, tightness: float, without_fonts: Collection[str]) -> _Labels:
    labels = clusters_of(cells.patches, tightness)
    count = int(labels.max()) + 1
    sizes = np.bincount(labels, minlength=count)
    means = np.zeros((count, *cells.patches.shape[1:]), dtype=np.float32)
    np.add.at(means, labels, cells.patches)
    means /= sizes[:, None, None]
    likeness = fonts.likeness(means[np.argsort(-sizes)[:60]], means, without_fonts)
    guesses = [fonts.CHARACTERS[at] for at in likeness.argmax(axis=1)]
    votes = recogniser.votes(cells, labels, guesses)
    opinions = [_opinion(counts, alike) for counts, alike in zip(votes, likeness, strict=True)]
    characters = [character for character, _ in opinions]
    sure = np.array([confidence for _, confidence in opinions])
    sure[_in_words(cells, labels, characters)] = 0
    own, others = _distances(cells.patches, means, labels, characters)
    confidence = np.where(own > others, sure[labels], 0)
    return _Labels([characters[label] for label in labels], confidence)


def _opinion(votes: Counter[str], likeness: Floats) -> tuple[str, float]:
    """The character of a cluster, and how sure that is, by votes and the likeness to each character."""
    counted = {character: number for character, number in votes.items() if character}
    total = sum(counted.values())
    share = np.array([counted.get(character, 0) for character in fonts.CHARACTERS]) / max(total, 1)
    at = int(np.argmax(share + _WEIGHT * likeness))
    character = fonts.CHARACTERS[at]
    best = float(likeness.max())
    if best < _ALIKE:
        return (character if share[at] >= 0.5 else UNKNOWN), 0.0
    similar = fonts.CHARACTERS[int(np.argmax(likeness))]
    if similar in _LOOKALIKES.get(character, "") and best - likeness[at] > _MARGIN:
        return similar, 0.0  # the recogniser reads an O beside digits as a zero
    alike = [fonts.CHARACTERS.index(other) for other in _kind(character) if other != character]
    margin = float(likeness[at] - likeness[alike].max()) if alike else 1.0
    voted = float(share[at]) if total else (0.6 if character in _THIN and likeness[at] == best else 0.0)
    if character in _STROKES and likeness[at] == best and best >= _STRONG:
        apart = best - float(np.partition(likeness, -2)[-2])
        if apart >= _APART:
            return character, CLEAR + apart
    if voted < _MAJORITY or margin < _MARGIN or likeness[at] < best - _BEHIND:
        return character, 0.0
    return character, min(1.0, voted) * min(1.0, 0.5 + margin / _MARGIN / 4)


_WEIGHT = 6.0
_LOOKALIKES = {"0": "OoDQ", "1": "lIi|", "2": "Zz", "5": "Ss", "6": "b", "8": "B", "9": "gq"}
_ALIKE = 0.6
_MAJORITY = 0.6
_MARGIN = 0.01
_BEHIND = 0.06
_STRONG, _APART = 0.85, 0.05
_STROKES = "|_=~()[]<>"
"""Marks that are in no number: the likeness alone is enough."""
_THIN = "-_|.,:;'`=~\"+"
"""The recogniser often leaves these out."""


def _kind(character: str) -> str:
    """The characters that must not be taken for one another: marks in numbers only from their like."""
    if character.isalpha():
        return _LETTERS
    if character.isdigit():
        return _DIGITS
    return _IN_NUMBERS if character in _IN_NUMBERS else _MARKS


_DIGITS, _IN_NUMBERS = "0123456789", ".,:;-+/%"
_LETTERS = "".join(filter(str.isalpha, fonts.CHARACTERS))
_MARKS = "".join(c for c in fonts.CHARACTERS if not c.isalnum())


def _in_words(cells: Cells, labels: NDArray[np.intp], characters: Sequence[str]) -> NDArray[np.bool_]:
    """The clusters that are read as 0 or 1 and are often between two letters or after one: an `l` or an `O`."""
    is_letter = np.array([character.isalpha() for character in characters])
    letters = np.zeros((cells.kinds.shape[0], cells.kinds.shape[1] + 2), dtype=bool)
    shown = cells.kinds >= 0
    letters[:, 1:-1][shown] = is_letter[labels[cells.kinds[shown]]]
    row, column = cells.at[:, 0], cells.at[:, 1]
    between = letters[row, column] & letters[row, column + 2]
    sizes = np.bincount(labels)
    in_word = np.bincount(labels, weights=between) / sizes > _BETWEEN_LETTERS
    in_word |= np.bincount(labels, weights=letters[row, column]) / sizes > _AFTER_LETTERS
    return np.array([character in _LIKE_LETTERS for character in characters]) & in_word


_LIKE_LETTERS, _BETWEEN_LETTERS, _AFTER_LETTERS = "01", 0.15, 0.6


def _distances(
    patches: Floats, means: Floats, labels: NDArray[np.intp], characters: Sequence[str]
) -> tuple[Floats, Floats]:
    """The cosine of each patch with the mean of its cluster, and the largest one with a cluster of another
    character."""
    flat = patches.reshape(len(patches), -1)
    flat = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    centres = means.reshape(len(means), -1)
    centres = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    cosines = flat @ centres.T
    names = np.array(characters)
    own = cosines[np.arange(len(flat)), labels]
    others = np.where(names[labels][:, None] == names[None, :], -1, cosines).max(axis=1)
    return own, others


def _row(grid: Grid, cells: Cells, labels: _Labels, row: int) -> Line:
    kinds = cells.kinds[row]
    used = np.flatnonzero((kinds >= 0) | (kinds == BLOCK))
    last = int(used[-1]) + 1 if len(used) else 0
    text, confidence = [], []
    for kind in kinds[:last]:
        text.append(" " if kind in (BLANK, FAINT) else _BAR if kind == BLOCK else labels.characters[kind])
        confidence.append(0.0 if kind == FAINT else 1.0 if kind < 0 else float(labels.confidence[kind]))
    for word in _ENDS_LIKE_A_NUMBER.finditer("".join(text)):
        confidence[word.end() - 1] = 0.0
    boxes = tuple(grid.box(row, column, column) for column in range(last))
    return Line("".join(text), tuple(confidence), boxes)


_ENDS_LIKE_A_NUMBER = re.compile(r"[A-Za-z]{2}[01](?![0-9])")
"""`INF0`: most likely `INFO`, in a font that none of the others is like."""


def _without_like_digits(rows: Sequence[Line]) -> list[Line]:
    """The rows in which letters that are most likely digits are not clear. Where a letter is so often, the digit was
    read as this letter everywhere."""
    places = [set(like_digits(row.text)) for row in rows]
    likely = Counter(row.text[at] for row, of_row in zip(rows, places, strict=True) for at in of_row)
    counts = Counter("".join(row.text for row in rows))
    everywhere = {letter for letter, count in likely.items() if count > max(_SOME, _OFTEN * counts[letter])}
    return [_unclear(row, of_row, everywhere) for row, of_row in zip(rows, places, strict=True)]


_SOME, _OFTEN = 3, 0.05


def _unclear(row: Line, places: Collection[int], letters: Collection[str]) -> Line:
    """The row in which these places, and these letters everywhere, are not clear."""
    pairs = enumerate(zip(row.text, row.confidence, strict=True))
    sure = (0.0 if at in places or character in letters else sure for at, (character, sure) in pairs)
    return Line(row.text, tuple(sure), row.boxes)


def like_digits(text: str) -> Iterator[int]:
    """Where a line has letters that are most likely digits, in a font in which they are alike: `07:ll:04`, `1O24`."""
    for part in _LIKE_A_NUMBER.finditer(text):
        is_word = text[part.end() : part.end() + 1].isalpha() and not any(map(str.isdigit, part[0]))
        if not is_word:
            yield from (at for at in range(*part.span()) if text[at].isalpha())


_LIKE_A_NUMBER = re.compile(r"(?<![A-Za-z])[0-9lO.,:+-]+")


def _without_cursor(rows: list[Line]) -> None:
    """Take the last character off the last row where it stands alone and is not clear: it is the cursor."""
    for at in reversed(range(len(rows))):
        text = rows[at].text
        if text.strip():
            if text[-2:-1].isspace() and rows[at].confidence[-1] < CLEAR:
                rows[at] = _part(rows[at], 0, len(text[:-1].rstrip()))
            return


def _part(line: Line, start: int, end: int) -> Line:
    return Line(line.text[start:end], line.confidence[start:end], line.boxes[start:end])


def _joined(rows: Sequence[Line], columns: int) -> Iterator[Line]:
    """The lines, where the terminal wrapped them at its width put together again.

    columns: of the pane, which may be a little wider than the terminal.
    """
    width = max((len(row.text) for row in rows), default=0)
    if width < columns - _BESIDE:
        yield from rows
        return
    at = 0
    table: tuple[int, int] | None = None  # rows of each line of the table that was wrapped, and its width
    while at < len(rows):
        count = 1
        if table is not None and _is_table_row(rows[at : at + table[0]], *table, width):
            count = table[0]
        elif table is None or rows[at].text[:1] not in "+|":
            table = None
        if count == 1:
            while at + count < len(rows) and _is_wrapped(rows[at + count - 1], rows[at + count], width):
                count += 1
        parts = rows[at : at + count]
        if count > 1 and parts[0].text.startswith("+-"):
            table = count, (count - 1) * width + len(parts[-1].text)
        yield _concatenated(parts, width)
        at += count


def _is_wrapped(row: Line, below: Line, width: int) -> bool:
    """Whether a line goes on in the row below: it fills the width, is no whole progress bar, which never does, and the
    row below begins no record."""
    is_bar = _BAR in row.text and row.text.endswith("]")
    return len(row.text) == width and not is_bar and not _RECORD.match(below.text)


_BESIDE = 4
"""Columns of a scroll bar and of margins."""
_RECORD = re.compile(r"\[?\d{4}-\d\d-\d\d|[EWI]\d{4} \d\d:|$")


def _is_table_row(rows: Sequence[Line], count: int, length: int, width: int) -> bool:
    last = rows[-1].text
    return len(rows) == count and rows[0].text[:1] in "+|" and (count - 1) * width + len(last) == length


def _concatenated(rows: Sequence[Line], width: int) -> Line:
    if len(rows) == 1:
        return rows[0]
    parts = [_padded(row, width) for row in rows[:-1]] + [rows[-1]]
    return Line(
        "".join(part.text for part in parts),
        tuple(c for part in parts for c in part.confidence),
        tuple(box for part in parts for box in part.boxes),
    )


def _padded(row: Line, width: int) -> Line:
    missing = width - len(row.text)
    last = row.boxes[-1] if row.boxes else (0, 0, 0, 0)
    return Line(row.text + " " * missing, row.confidence + (1.0,) * missing, row.boxes + (last,) * missing)
