"""Words in pictures that one unclear character keeps from being read: mended where only one word of a rule fits.

A grammar proves letters, never digits: `0utput` can only be `Output`, but `8.06` fits every rule that `0.06` fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from logparse.grammar import Grammar
from logparse.pictures import CLEAR, Line
from logparse.reading.literals import literals
from logparse.reading.sources import Source

_SHORTEST = 4
"""Characters of a word that proves one of them."""


@dataclass(frozen=True)
class Words:
    """The fixed texts of all rules, each without one character.

    gaps: (place, the word without the character at that place) -> all characters that some word has there. longest:
    characters of the longest word.
    """

    gaps: Mapping[tuple[int, str], str]
    longest: int


@lru_cache(maxsize=4)
def words_of(grammars: tuple[Grammar, ...]) -> Words:
    """The words of these grammars."""
    found: dict[tuple[int, str], set[str]] = {}
    words = [word for word in literals(rule for g in grammars for rule in g.rules) if len(word) >= _SHORTEST]
    for word in words:
        for at, character in enumerate(word):
            found.setdefault((at, word[:at] + word[at + 1 :]), set()).add(character)
    gaps = {key: "".join(sorted(characters)) for key, characters in found.items()}
    return Words(gaps, max(map(len, words), default=0))


def repaired(source: Source, grammars: Sequence[Grammar]) -> Source:
    """The source with the unclear characters that the fixed texts of rules prove. One that is not a picture stays as it
    is."""
    picture = source.picture
    if picture is None or source.status != "text":
        return source
    words = words_of(tuple(grammars))
    lines = tuple(_repaired(line, words) for line in picture.lines)
    if lines == picture.lines:
        return source
    texts = source.text.decode().split("\n")
    # What is masked stays masked.
    texts[: len(lines)] = [
        new.text if text == old.text else text for text, old, new in zip(texts, picture.lines, lines, strict=False)
    ]
    return replace(source, text="\n".join(texts).encode(), picture=replace(picture, lines=lines))


def _repaired(line: Line, words: Words) -> Line:
    text, confidence = line.text, list(line.confidence)
    for at, sure in enumerate(line.confidence):
        if sure >= CLEAR:
            continue
        fitting: set[str] = set()
        for place in range(min(at, words.longest - 1) + 1):
            before, after = text[at - place : at], text[at + 1 : at + words.longest - place]
            clear = _clear_until(confidence, at + 1, len(after))
            if min(confidence[at - place : at], default=1.0) < CLEAR:
                break
            for length in range(max(0, _SHORTEST - 1 - place), clear + 1):
                fitting.update(words.gaps.get((place, before + after[:length]), ""))
        if len(fitting) == 1 and not (proved := fitting.pop()).isdigit():
            text = text[:at] + proved + text[at + 1 :]
            confidence[at] = CLEAR
    return replace(line, text=text, confidence=tuple(confidence))


def _clear_until(confidence: list[float], start: int, most: int) -> int:
    """How many of the characters from `start` are clear."""
    for number, sure in enumerate(confidence[start : start + most]):
        if sure < CLEAR:
            return number
    return min(most, len(confidence) - start)
