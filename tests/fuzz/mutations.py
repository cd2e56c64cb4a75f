"""Mutations of logs: what happens to text on its way (cuts, flips, wrong copies), and what no program should print.

Each takes bytes, a random generator and another log, and returns bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Mutation = Callable[[bytes, Random, bytes], bytes]

_NUMBER = re.compile(rb"(?<![\w.])\d+(?:\.\d+)?")
_STAMP = re.compile(rb"\b(\d{4})-(\d\d)-(\d\d)|\b(\d\d):(\d\d):(\d\d)\b")
_ODD_NUMBERS = (
    *b"0 -1 -0.0 nan NaN inf -inf 1e309 -1e309 1e-400 99999999999999999999999 9223372036854775807".split(),
    *b"9223372036854775808 -9223372036854775809 1.7976931348623157e308 4.2.1 1_000 1,000 0x10 10% 350 -- =1+1".split(),
    "١٢".encode(),
    b"1" * 400,
    b"",
)
_ODD_TEXT = (
    *b"\x1b[31m \x1b]0;title\x07 \x1b]8;;http://a\x1b\\ \x08\x08 \xff\xfe \xf0\x9f\x98 \x1e \x00 ^M".split(b" "),
    *"\u202e \u2028 \x85 \ufeff".encode().split(b" "),
    *b"<script>alert(1)</script> </script> | ` $(id) %s%n {} \\ \"' &amp;".split(),
    b"\r",
)


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True) or [b""]


def _span(random: Random, length: int, longest: int) -> tuple[int, int]:
    start = random.randrange(length + 1)
    return start, min(length, start + random.randint(1, longest))


def flip_bytes(data: bytes, random: Random, other: bytes) -> bytes:
    """Some bytes become others."""
    out = bytearray(data)
    for _ in range(random.choice((1, 3, 30))):
        if out:
            out[random.randrange(len(out))] = random.randrange(256)
    return bytes(out)


def cut_off(data: bytes, random: Random, other: bytes) -> bytes:
    """The end is missing, or the beginning."""
    at = random.randrange(len(data) + 1)
    return data[:at] if random.random() < 0.7 else data[at:]


def lose_lines(data: bytes, random: Random, other: bytes) -> bytes:
    """A block of lines is missing."""
    lines = _lines(data)
    start, end = _span(random, len(lines), max(1, len(lines) // 3))
    return b"".join(lines[:start] + lines[end:])


def repeat_lines(data: bytes, random: Random, other: bytes) -> bytes:
    """A block of lines is there twice, or a hundred times."""
    lines = _lines(data)
    start, end = _span(random, len(lines), 40)
    return b"".join(lines[:end] + lines[start:end] * random.choice((1, 2, 100)) + lines[end:])


def move_lines(data: bytes, random: Random, other: bytes) -> bytes:
    """A block of lines stands elsewhere."""
    lines = _lines(data)
    start, end = _span(random, len(lines), max(1, len(lines) // 4))
    block, rest = lines[start:end], lines[:start] + lines[end:]
    at = random.randrange(len(rest) + 1)
    return b"".join(rest[:at] + block + rest[at:])


def shuffle_lines(data: bytes, random: Random, other: bytes) -> bytes:
    """Neighbouring lines change places, as those of several processes do."""
    lines = _lines(data)
    for _ in range(random.choice((1, 10, len(lines)))):
        at = random.randrange(len(lines))
        lines[at - 1], lines[at] = lines[at], lines[at - 1]
    return b"".join(lines)


def splice(data: bytes, random: Random, other: bytes) -> bytes:
    """Another log stands in the middle, whole or in part."""
    lines, more = _lines(data), _lines(other)
    at = random.randrange(len(lines) + 1)
    start, end = (0, len(more)) if random.random() < 0.4 else _span(random, len(more), max(1, len(more) // 2))
    return b"".join(lines[:at] + more[start:end] + lines[at:])


def append(data: bytes, random: Random, other: bytes) -> bytes:
    """Another log, or the same, stands below."""
    return data + (other if random.random() < 0.8 else data)


def odd_numbers(data: bytes, random: Random, other: bytes) -> bytes:
    """Some numbers become ones that no program should print."""
    share = random.choice((0.002, 0.02, 0.2))
    return _NUMBER.sub(lambda m: random.choice(_ODD_NUMBERS) if random.random() < share else m[0], data)


def signs(data: bytes, random: Random, other: bytes) -> bytes:
    """Some numbers become negative, zero, or larger by powers of ten."""
    share = random.choice((0.01, 0.1, 1.0))

    def changed(match: re.Match[bytes]) -> bytes:
        if random.random() >= share:
            return match[0]
        return random.choice((b"-" + match[0], b"0", match[0] + b"0" * random.randint(1, 30)))

    return _NUMBER.sub(changed, data)


def clocks(data: bytes, random: Random, other: bytes) -> bytes:
    """Some dates and times are others: the clock was set, or a line is from another day."""
    share = random.choice((0.01, 0.2))

    def changed(match: re.Match[bytes]) -> bytes:
        if random.random() >= share:
            return match[0]
        if match[1]:
            year = random.choice((b"1969", b"2024", b"9999", b"0000"))
            return b"%s-%02d-%02d" % (year, random.randint(0, 13), random.randint(0, 32))
        return b"%02d:%02d:%02d" % (random.randint(0, 25), random.randint(0, 61), random.randint(0, 61))

    return _STAMP.sub(changed, data)


def odd_text(data: bytes, random: Random, other: bytes) -> bytes:
    """Control characters, markup and broken encodings stand in the text."""
    out = data
    for _ in range(random.choice((1, 5, 40))):
        at = random.randrange(len(out) + 1)
        out = out[:at] + random.choice(_ODD_TEXT) + out[at:]
    return out


def one_line(data: bytes, random: Random, other: bytes) -> bytes:
    """Line ends are lost, or doubled."""
    return data.replace(b"\n", random.choice((b" ", b"\r", b"\n\n", b"\r\n", b"")))


def words(data: bytes, random: Random, other: bytes) -> bytes:
    """Words of one log stand in the place of words of another."""
    pieces, more = re.split(rb"(\s+)", data), other.split() or [b"x"]
    for _ in range(random.choice((1, 10, 100))):
        pieces[random.randrange(len(pieces))] = random.choice(more)
    return b"".join(pieces)


MUTATIONS: tuple[Mutation, ...] = (
    flip_bytes, cut_off, lose_lines, repeat_lines, move_lines, shuffle_lines, splice, append,
    odd_numbers, signs, clocks, odd_text, one_line, words,
)  # fmt: skip
