"""Draws the lines of a terminal as a picture, in fonts that packages from PyPI contain, or in the font of a file."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_PACKAGES = {
    "DM Mono": "fontpkg_dm_mono", "Fira Code": "fontpkg_fira_code", "Geist Mono": "fontpkg_geist_mono",
    "IBM Plex Mono": "fontpkg_ibm_plex_mono", "JetBrains Mono": "fontpkg_jetbrains_mono",
    "Roboto Mono": "fontpkg_roboto_mono", "Source Code Pro": "fontpkg_source_code_pro",
    "Space Mono": "fontpkg_space_mono",
}  # fmt: skip


def _file(package: str) -> Path:
    """The regular upright font of a package."""
    found = importlib.util.find_spec(package)
    assert found is not None, f"pip install {package}"
    (folder,) = found.submodule_search_locations or ()
    files = [path for path in sorted(Path(folder, "files").glob("*.ttf")) if "Italic" not in path.name]
    return next(path for path in files if "Regular" in path.name or "[wght]" in path.name)


FONTS = {name: _file(package) for name, package in _PACKAGES.items()}
"""Name -> file."""


LEFT, TOP = 6, 4
"""Pixels around the text."""


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """The font of that name in `FONTS`, or of that file."""
    file = FONTS.get(name, Path(name))
    font = ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)
    if "[wght]" in file.name:
        font.set_variation_by_axes([400])
    return font


def cell(font: str, size: int) -> tuple[int, int]:
    """Width and height of a character, in whole pixels, as terminals draw them."""
    drawing = _font(font, size)
    return max(1, round(drawing.getlength("0"))), max(round(size * 1.25), sum(drawing.getmetrics()))


def drawn(lines: Sequence[str], font: str, size: int, dark: bool, columns: int | None = None) -> Image.Image:
    """A terminal with these lines.

    font: its name in `FONTS`, or its file. columns: of the terminal; as many as the longest line needs and some more by
    default.
    """
    drawing = _font(font, size)
    width, height = cell(font, size)
    ascent, descent = drawing.getmetrics()
    back, ink = ((12, 12, 12), (204, 204, 204)) if dark else ((255, 255, 255), (30, 30, 30))
    columns = columns or max(map(len, lines)) + 9
    image = Image.new("RGB", (width * columns + 2 * LEFT, height * len(lines) + 2 * TOP), back)
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        baseline = TOP + row * height + (height - ascent - descent) // 2 + ascent
        for column, character in enumerate(line):
            if character != " ":
                draw.text((LEFT + column * width, baseline), character, font=drawing, fill=ink, anchor="ls")
    return image


def on_screen(text: str, columns: int, rows: int) -> list[str]:
    """The last rows of a terminal of that width, which shows the text: without what was written over, lines wrapped."""
    lines = [line.rstrip().rpartition("\r")[2] for line in text.splitlines()]
    wrapped = [line[at : at + columns] for line in lines for at in range(0, max(len(line), 1), columns)]
    return wrapped[-rows:]


def scaled(image: Image.Image, scale: float) -> Image.Image:
    """The picture, larger or smaller."""
    size = round(image.width * scale), round(image.height * scale)
    return image if scale == 1 else image.resize(size, Image.Resampling.BICUBIC)


def as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    """The picture as a JPEG shows it."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def png(image: Image.Image) -> bytes:
    """The picture as a file."""
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
