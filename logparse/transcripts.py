"""Transcripts of pictures: what was read in each, as a text file that a person may correct and give back.

A transcript begins with a header in JSON: which picture it is of, and for each line a digest of its text as it was
written, and where it is. A line whose digest still fits is taken from the picture; any other was edited, and its text
counts. Characters that are not clear are between `OPEN` and `CLOSE`, which no terminal font has in its cells: what a
person leaves between them stays unclear, and all else in an edited line is clear.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

from logparse.errors import UsageError
from logparse.grammar import Grammar
from logparse.pictures import CLEAR, Line
from logparse.reading.repair import repaired
from logparse.reading.sources import Source, Stored, clean, with_picture
from logparse.storage import put
from logparse.text.labels import many, one_line

OPEN, CLOSE = "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}", "\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}"
"""Around characters that are not clear."""

_HELP = (
    f"Correct the lines below; add and remove none. Characters between {OPEN} and {CLOSE} are not clear: correct them, "
    "and remove these two marks."
)


class _UnusableError(Exception):
    """The transcript cannot be used. The message says why, for people."""


@dataclass
class Transcripts:
    """The transcripts in a folder: `NAME.txt` for each picture `NAME`."""

    folder: Path
    notes: list[str] = field(default_factory=list)
    """What was done, a sentence for each picture."""
    refused: int = 0
    """Transcripts that could not be used or written."""

    def __post_init__(self) -> None:
        """Raises `UsageError` where the folder is a file."""
        self.folder = Path(self.folder)
        if self.folder.exists() and not self.folder.is_dir():
            raise UsageError(f"{self.folder} is not a folder: give the folder of the transcripts")

    def applied(self, stored: Stored, grammars: Sequence[Grammar]) -> Stored:
        """A picture with its text, corrected by its transcript where a person edited that. Where there is none, it is
        written; one that a person edited stays as it is. Anything but a picture in a file is returned as it is."""
        if stored.path is None or not stored.is_picture:
            return stored
        source = repaired(stored.source(), grammars)
        if source.picture is None:
            return stored
        path = self.folder / f"{stored.path.name}.txt"
        try:
            source, note = self._corrected(source, path)
        except _UnusableError as trouble:
            self.refused += 1
            note = f"{path} is not used: {trouble}"
            source = replace(source, reason=note)
        except OSError as error:
            self.refused += 1
            note = f"{path} cannot be read or written: {error.strerror or error}"
        self.notes.append(note)
        return replace(stored, text_read=repaired(source, grammars), is_transcribed=True)

    def _corrected(self, source: Source, path: Path) -> tuple[Source, str]:
        """The source with what a person wrote in its transcript, and what was done.

        Raises `_UnusableError` and `OSError`.
        """
        assert source.picture is not None
        written = _transcript(source)
        try:
            given = path.read_bytes()
        except FileNotFoundError:
            self.folder.mkdir(parents=True, exist_ok=True)
            put(path, written.encode())
            unclear = sum(sure < CLEAR for line in source.picture.lines for sure in line.confidence)
            size = f"{many(len(source.picture.lines), 'line')}, {many(unclear, 'unclear character')}"
            return source, f"{path} is written: {size}"
        edited = dict(_edited_lines(given, source))
        if not edited:
            if clean(given)[0] == written.encode():
                return source, f"{path} is not edited"
            put(path, written.encode())
            return source, f"{path} was not edited, and is written again"
        lines = tuple(edited.get(number, line) for number, line in enumerate(source.picture.lines))
        corrected = with_picture(source, replace(source.picture, lines=lines))
        note = f"a person edited {len(edited)} of its {many(len(lines), 'line')}"
        return replace(corrected, reason=f"{note} in {path}"), f"{path} is used: {note}"


def _shown_lines(source: Source) -> Iterator[str]:
    """Each line of a picture as the transcript has it: keys and passwords are masked."""
    assert source.picture is not None
    for text, line in zip(source.text.decode().split("\n"), source.picture.lines, strict=False):
        parts = groupby(zip(text, line.confidence, strict=False), key=lambda each: each[1] >= CLEAR)
        marked = [(is_clear, "".join(character for character, _ in part)) for is_clear, part in parts]
        yield "".join(part if is_clear else f"{OPEN}{part}{CLOSE}" for is_clear, part in marked).rstrip()


def _transcript(source: Source) -> str:
    """What was read in a picture, with the header."""
    assert source.picture is not None
    shown = list(_shown_lines(source))
    boxes = (line.box(0, len(line.text)) for line in source.picture.lines)
    header = {
        "logparse": version("logparse"),
        "transcript_of": one_line(Path(source.name).name),
        "sha256": source.sha256,
        "help": _HELP,
        "lines": [[_digest(text), box] for text, box in zip(shown, boxes, strict=True)],
    }
    rows = ",\n".join(f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in header.items())
    return "".join(f"{line}\n" for line in ("{" + rows.strip() + "}", *shown))


def _digest(text: str) -> str:
    return hashlib.sha256(text.rstrip().encode()).hexdigest()[:8]


def _edited_lines(given: bytes, source: Source) -> Iterator[tuple[int, Line]]:
    """Number, from 0, and content of each line that a person edited in a transcript.

    Raises `_UnusableError` where it is not a transcript of this picture with as many lines.
    """
    assert source.picture is not None
    header, lines = _parts(clean(given)[0].decode())
    if header["sha256"] != source.sha256:
        raise _UnusableError("it is the transcript of another picture. Move it away, or give another folder")
    written = header["lines"]
    # Editors add and remove blank lines at the end.
    while len(lines) > len(written) and not lines[-1].strip():
        lines.pop()
    if all(box is None for _, box in written[len(lines) :]):
        lines += [""] * (len(written) - len(lines))
    if len(lines) != len(written):
        raise _UnusableError(
            f"it has {many(len(lines), 'line')} below its header, and the picture has {len(written)}. Edit lines, but "
            "add and remove none"
        )
    read = source.picture.lines
    for number, (text, (digest, box)) in enumerate(zip(lines, written, strict=True)):
        if _digest(text) == digest:
            continue
        where = read[number].box(0, len(read[number].text)) if number < len(read) else None
        if len(read) != len(written) or where != (None if box is None else tuple(box)):
            raise _UnusableError(
                f"logparse {header['logparse']} wrote it and saw other lines in the picture. Move it away, and a new "
                "one is written"
            )
        yield number, _edited(read[number], text.rstrip(), number + 1)


def _parts(text: str) -> tuple[dict[str, Any], list[str]]:
    """The header of a transcript, and its lines. Raises `_UnusableError` where it has none."""
    try:
        header, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        header, end = None, 0
    if not isinstance(header, dict) or not {"logparse", "transcript_of", "sha256", "lines"} <= header.keys():
        raise _UnusableError("it is not a transcript, or its header is damaged. Move it away, or give another folder")
    return header, text[end:].removesuffix("\n").split("\n")[1:]


def _edited(line: Line, marked: str, number: int) -> Line:
    """A line with the text of a person. Characters that stay where they are keep their boxes; in between, all have the
    box around what they replace. Raises `_UnusableError` where its marks are not in pairs."""
    text, is_clear = _unmarked(marked, number)
    old = line.text
    if len(text) == len(old):
        boxes = line.boxes
    else:
        shorter = min(len(text), len(old))
        first = next((at for at in range(shorter) if text[at] != old[at]), shorter)
        most = shorter - first
        last = next((at for at in range(most) if text[-1 - at] != old[-1 - at]), most)  # characters after the change
        changed = line.box(first, len(old) - last) or line.box(max(0, first - 1), first + 1) or (0, 0, 0, 0)
        between = (changed,) * (len(text) - first - last)
        boxes = line.boxes[:first] + between + line.boxes[len(old) - last :]
    return Line(text, tuple(1.0 if clear else 0.0 for clear in is_clear), boxes, is_edited=True)


def _unmarked(marked: str, number: int) -> tuple[str, list[bool]]:
    """A line without marks, and for each of its characters whether it is clear."""
    text, is_clear = [], []
    clear = True
    for character in marked:
        if character in (OPEN, CLOSE):
            if clear != (character == OPEN):
                break
            clear = not clear
        else:
            text.append(character)
            is_clear.append(clear)
    else:
        if clear:
            return "".join(text), is_clear
    raise _UnusableError(f"in line {number} below its header, {OPEN} and {CLOSE} are not in pairs")


def transcripts_in(folder: str | os.PathLike[str] | Transcripts) -> Transcripts:
    """The transcripts in a folder. Raises `UsageError` where it is a file."""
    return folder if isinstance(folder, Transcripts) else Transcripts(Path(folder))
