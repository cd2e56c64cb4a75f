"""Draws the lines of a terminal as a picture, in fonts that packages from PyPI contain."""

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


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(FONTS[name], size, layout_engine=ImageFont.Layout.BASIC)
    if "[wght]" in FONTS[name].name:
        font.set_variation_by_axes([400])
    return font


def drawn(lines: Sequence[str], font: str, size: int, dark: bool) -> Image.Image:
    """A terminal with these lines; each character in a cell of whole pixels, as terminals draw them."""
    drawing = _font(font, size)
    width = max(1, round(drawing.getlength("0")))
    ascent, descent = drawing.getmetrics()
    height = max(round(size * 1.25), ascent + descent)
    back, ink = ((12, 12, 12), (204, 204, 204)) if dark else ((255, 255, 255), (30, 30, 30))
    columns = max(map(len, lines)) + 9
    image = Image.new("RGB", (width * columns + 12, height * len(lines) + 8), back)
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        baseline = 4 + row * height + (height - ascent - descent) // 2 + ascent
        for column, character in enumerate(line):
            if character != " ":
                draw.text((6 + column * width, baseline), character, font=drawing, fill=ink, anchor="ls")
    return image


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
