"""How well pictures of terminals are read: draws pieces of the sample logs in many fonts, and reads the pictures.

    python benchmarks/pictures.py --pictures 120 --seed 1 [--fonts FOLDER] [--verbose]

Each picture is in a font, a size, a scale from 0.75 to 2, light or dark, as PNG or as JPEG of quality 60 to 95, all by
chance. Its font is left out of the glyphs that the picture is compared with. Fonts are those of the tests, the
monospaced ones that are installed (fontconfig), and those in FOLDER. Prints for each font how many digits and marks in
numbers are right, wrong (read as clear, but another character) and lost (not clear), and then the CPU time of a picture
of 1,920 x 1,080 pixels that is full of text.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from picture_drawing import FONTS, LEFT, TOP, as_jpeg, cell, drawn, scaled
from PIL import Image
from threadpoolctl import threadpool_limits

from logparse.pictures import CLEAR, Line, NotATerminalError
from logparse.pictures.transcript import read_lines

SAMPLES = Path(__file__).resolve().parent.parent / "sample_logs"
LINES, COLUMNS = 30, 118
SIZES = (12, 13, 14, 16, 18, 20, 24)
"""Of fonts, in pixels."""
SCALES = (0.75, 0.85, 1.0, 1.0, 1.0, 1.25, 1.5, 2.0)
QUALITIES = (None, None, 60, 75, 85, 95)
"""Of JPEG; None is PNG."""
SMALLEST = 6.0
"""Width of a character, in pixels, below which nobody reads digits safely."""
MARKS = ".,:"


@dataclass(frozen=True)
class Variant:
    """How a picture is drawn."""

    font: str
    size: int
    dark: bool
    quality: int | None
    scale: float

    def __str__(self) -> str:
        kind = "PNG" if self.quality is None else f"JPEG {self.quality}"
        return f"{self.font}, {self.size} px, {'dark' if self.dark else 'light'}, {kind}, scale {self.scale:g}"


@dataclass
class Counts:
    """Digits and marks in numbers of some pictures."""

    pictures: int = 0
    refused: int = 0
    """Pictures that are not read at all; their digits are lost."""
    right: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list)
    """What was read in place of what."""

    def add(self, other: Counts) -> None:
        """Count those of `other` too."""
        self.pictures += other.pictures
        self.refused += other.refused
        self.right += other.right
        self.lost += other.lost
        self.wrong += other.wrong

    def __str__(self) -> str:
        total = self.right + self.lost + len(self.wrong)
        share = f"{self.lost / total:.1%}" if total else "-"
        return (
            f"{self.pictures:4} pictures, {self.refused:2} refused; {self.right:7,} right, {len(self.wrong):3} wrong, "
            f"{self.lost:6,} lost ({share})"
        )


def installed() -> Iterator[tuple[str, str]]:
    """Family and file of the monospaced fonts that are installed, regular and upright ones."""
    if shutil.which("fc-list") is None:
        return
    listed = subprocess.run(
        ["fc-list", ":spacing=100:slant=0:weight=80", "--format", "%{family[0]}\t%{file}\n"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    yield from (tuple(line.split("\t")) for line in sorted(listed.splitlines()))  # type: ignore[misc]


def in_folder(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and file of the fonts below a folder, regular and upright ones."""
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".ttf", ".otf", ".woff2")):
        if "Regular" in path.name or "latin-400-normal" in path.name:
            yield (
                path.stem.removesuffix("-Regular").removesuffix("-latin-400-normal").replace("-", " ").title(),
                str(path),
            )


def fonts(folder: Path | None) -> dict[str, str]:
    """Name -> what `drawn` takes, each once."""
    found = {name: name for name in FONTS}
    for name, file in (*installed(), *(in_folder(folder) if folder else ())):
        if name.lower().replace(" ", "") not in {known.lower().replace(" ", "") for known in found}:
            found[name] = file
    return found


def text(rng: random.Random) -> list[str]:
    """Some lines of a sample log."""
    logs = sorted(path for path in SAMPLES.rglob("*.out"))
    while True:
        lines = [line.rstrip()[:COLUMNS] for line in rng.choice(logs).read_text(errors="replace").splitlines()]
        lines = [line for line in lines if line.strip() and line.isascii() and line.isprintable()]
        if len(lines) >= 10:
            first = rng.randrange(max(1, len(lines) - LINES))
            return lines[first : first + LINES]


def variant(rng: random.Random, names: Mapping[str, str]) -> Variant:
    """A way of drawing, by chance, in which characters are large enough to be read."""
    while True:
        one = Variant(
            rng.choice(sorted(names)), rng.choice(SIZES), rng.random() < 0.6, rng.choice(QUALITIES), rng.choice(SCALES)
        )
        if cell(names[one.font], one.size)[0] * one.scale >= SMALLEST:
            return one


def read(lines: Sequence[str], one: Variant, file: str) -> Counts:
    """What is right, wrong and lost in a picture of these lines."""
    picture = scaled(drawn(lines, file, one.size, one.dark), one.scale)
    if one.quality is not None:
        picture = as_jpeg(picture, one.quality)
    try:
        found = read_lines(np.asarray(picture), one.quality is None, without_fonts=[one.font.split()[0]])
    except NotATerminalError:
        return Counts(1, 1, lost=sum(map(len, (list(_in_numbers(line)) for line in lines))))
    width, height = (side * one.scale for side in cell(file, one.size))
    shown = _by_cell(found, width, height, one.scale)
    counts = Counts(1)
    for row, line in enumerate(lines):
        numbers = set(_in_numbers(line))
        for column in range(max(len(line), 1)):
            character, sure = shown.get((row, column), (" ", 1.0))
            expected = line[column] if column < len(line) else " "
            if column not in numbers and not character.isdigit():
                continue
            if sure < CLEAR:
                counts.lost += column in numbers
            elif character == expected:
                counts.right += 1
            else:
                counts.wrong.append(
                    f"{expected!r} read as {character!r} in {line[max(0, column - 12) : column + 8]!r} ({one})"
                )
    return counts


def _in_numbers(line: str) -> Iterator[int]:
    """Where a line has digits, and marks between digits."""
    for at, character in enumerate(line):
        if character.isdigit() or (
            character in MARKS and line[at - 1 : at].isdigit() and line[at + 1 : at + 2].isdigit()
        ):
            yield at


def _by_cell(
    lines: Sequence[Line], width: float, height: float, scale: float
) -> dict[tuple[int, int], tuple[str, float]]:
    """Row and column of the drawing -> the character there, and how clear it is."""
    out = {}
    for line in lines:
        for character, sure, (x, y, w, h) in zip(line.text, line.confidence, line.boxes, strict=True):
            if (w and character != " ") or sure < CLEAR:
                at = int((y + h / 2 - TOP * scale) // height), int((x + w / 2 - LEFT * scale) // width)
                out[at] = character, sure
    return out


def seconds_of_a_screen() -> float:
    """CPU time of a picture of 1,920 x 1,080 pixels, after another one was read."""
    width, height = cell("JetBrains Mono", 15)
    log = (SAMPLES / "cerebras" / "bert_large_batch_1024.out").read_text().splitlines()
    lines = [line[: 1900 // width] for line in log if line.isascii() and line.isprintable()][-(1060 // height) :]
    picture = Image.new("RGB", (1920, 1080), (12, 12, 12))
    picture.paste(drawn(lines, "JetBrains Mono", 15, True, 1900 // width), (0, 0))
    began = time.process_time()
    read_lines(np.asarray(picture))
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fonts", type=Path, metavar="FOLDER")
    parser.add_argument("--verbose", action="store_true", help="print each picture")
    given = parser.parse_args()
    names = fonts(given.fonts)
    rng = random.Random(given.seed)
    by_font: dict[str, Counts] = {}
    began = time.process_time()
    with threadpool_limits(1):
        for _ in range(given.pictures):
            one = variant(rng, names)
            counts = read(text(rng), one, names[one.font])
            by_font.setdefault(one.font, Counts()).add(counts)
            if given.verbose or counts.wrong:
                print(f"{counts}  {one}", *counts.wrong, sep="\n    ", flush=True)
        used = time.process_time() - began
        total = Counts()
        for font, counts in sorted(by_font.items()):
            total.add(counts)
            print(f"{font:22} {counts}")
        print(f"{'all':22} {total}; {used / given.pictures:.1f} CPU s a picture")
        print(f"1,920 x 1,080 pixels: {seconds_of_a_screen():.1f} CPU s")


if __name__ == "__main__":
    main()
