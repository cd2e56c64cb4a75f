"""Draw the glyphs of fonts that pictures of terminals are compared with.

    python benchmarks/glyphs.py "DejaVu Sans Mono=DejaVuSansMono.ttf" ... logparse/pictures/glyphs.npz

Writes the printable ASCII characters of each font, in cells of `fonts.WIDTH` by `fonts.HEIGHT` pixels with 16 shades.
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from logparse.pictures.fonts import BASELINE, CHARACTERS, HEIGHT, WIDTH

_FINER = 4
"""Glyphs are drawn this many times as large, and averaged."""


def _font(file: str, size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)
    if "[wght]" in file:
        font.set_variation_by_axes([400])
    return font


def glyphs(file: str) -> np.ndarray:
    """The glyphs of a font, from 0 to 15: (characters, HEIGHT, WIDTH)."""
    font = _font(file, 1000 * WIDTH * _FINER / _font(file, 1000).getlength("0"))
    drawn = []
    for character in CHARACTERS:
        image = Image.new("L", (WIDTH * _FINER, HEIGHT * _FINER), 0)
        ImageDraw.Draw(image).text((0, BASELINE * _FINER), character, font=font, fill=255, anchor="ls")
        drawn.append(np.asarray(image, dtype=float).reshape(HEIGHT, _FINER, WIDTH, _FINER).mean((1, 3)))
    return np.round(np.array(drawn) / 17).astype(np.uint8)


def main() -> None:
    *fonts, out = sys.argv[1:]
    named = dict(font.split("=", 1) for font in fonts)
    np.savez_compressed(out, names=np.array(list(named)), glyphs=np.array([glyphs(file) for file in named.values()]))


if __name__ == "__main__":
    main()
