"""Glyphs of free monospaced fonts, and how alike the glyphs of a picture are to them.

`glyphs.npz` has the printable ASCII characters of each font, drawn in cells of `WIDTH` by `HEIGHT` pixels: the
advance of the font is `WIDTH` pixels, and its baseline is at row `BASELINE`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from logparse.pictures.grid import Floats

CHARACTERS = "".join(map(chr, range(33, 127)))
WIDTH, HEIGHT, BASELINE = 12, 36, 26


@cache
def _glyphs() -> tuple[tuple[str, ...], Floats]:
    """Names of the fonts, and their glyphs from 0 to 1: (fonts, characters, HEIGHT, WIDTH)."""
    with (files(__package__) / "glyphs.npz").open("rb") as file, np.load(file) as data:
        return tuple(map(str, data["names"])), (data["glyphs"] / 15).astype(np.float32)


@dataclass(frozen=True)
class _Placement:
    """How glyphs of fonts lie in the cells of a picture."""

    baseline: float
    """From the top of the cell, in pixels."""
    scale: float
    """Advance of the font by width of the cell: terminals round the width to whole pixels."""
    blur: float
    """Standard deviation, in pixels of the cell."""
    shift: float = 0.0
    """To the right, in pixels."""


def likeness(samples: Floats, patches: Floats, without: Collection[str] = ()) -> Floats:
    """How alike each patch is to each of `CHARACTERS` in the fonts that suit the picture best: cosines (patches,
    characters).

    samples: the patches by which the fonts are chosen, most frequent glyphs first. without: fonts that are not used.
    """
    names, glyphs = _glyphs()
    usable = [i for i, name in enumerate(names) if not any(part in name for part in without)]
    height, width = patches.shape[1:]
    sampled = _normalised(samples)

    def fit(fonts: list[int], placement: _Placement) -> Floats:
        """Mean over the samples of the likeness to the most similar character, for each font."""
        drawn = _drawn(glyphs[fonts], placement, height, width)
        cosines = sampled @ drawn.reshape(len(fonts) * len(CHARACTERS), -1).T
        return np.asarray(cosines.reshape(len(sampled), len(fonts), -1).max(axis=2).mean(axis=0))

    best: dict[int, tuple[float, _Placement]] = {}

    def consider(fonts: list[int], placement: _Placement) -> None:
        for font, value in zip(fonts, fit(fonts, placement), strict=True):
            if font not in best or value > best[font][0]:
                best[font] = float(value), placement

    for baseline in np.arange(0.55 * height, 0.98 * height, max(1.0, height / 20)):
        consider(usable, _Placement(float(baseline), 1.0, 0.4))
    leading = sorted(best, key=lambda font: -best[font][0])[:_REFINED]
    for font in leading:
        around = best[font][1]
        for scale in (0.9, 0.95, 1.0, 1.05, 1.1):
            for offset in (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5):
                consider([font], _Placement(around.baseline + offset, scale, 0.4))
        around = best[font][1]
        for blur in (0.15, 0.4, 0.7, 1.0):
            for shift in (-0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75):
                consider([font], _Placement(around.baseline, around.scale, blur, shift))
    leading.sort(key=lambda font: -best[font][0])
    top = best[leading[0]][0]
    chosen = [font for font in leading[:_USED] if best[font][0] >= top - _NEARLY]
    compared = _normalised(patches)
    cosines = np.full((len(patches), len(CHARACTERS)), -1, dtype=np.float32)
    for font in chosen:
        placement = best[font][1]
        for down in (-0.5, 0.0, 0.5):
            for right in (-0.4, 0.0, 0.4):
                moved = _Placement(placement.baseline + down, placement.scale, placement.blur, placement.shift + right)
                drawn = _drawn(glyphs[[font]], moved, height, width)[0]
                np.maximum(cosines, compared @ drawn.T, out=cosines)
    return cosines


_REFINED, _USED = 6, 3
_NEARLY = 0.02
"""Fonts that suit the picture nearly as well as the best one are used too."""


def _normalised(patches: Floats) -> Floats:
    flat = patches.reshape(len(patches), -1)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6), dtype=np.float32)


def _drawn(glyphs: Floats, placement: _Placement, height: int, width: int) -> Floats:
    """The glyphs as vectors of length 1, as they would be in cells of that size: (fonts, characters, pixels)."""
    pixel = width * placement.scale / WIDTH
    down = _taps(height, HEIGHT, pixel, placement.baseline - BASELINE * pixel, placement.blur)
    across = _taps(width, WIDTH, pixel, placement.shift, placement.blur)
    narrowed = glyphs.reshape(-1, WIDTH) @ across.T
    columns = narrowed.reshape(-1, HEIGHT, width).transpose(1, 0, 2).reshape(HEIGHT, -1)
    drawn = (down @ columns).reshape(height, -1, width).transpose(1, 0, 2)
    flat = drawn.reshape(*glyphs.shape[:2], -1)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=2, keepdims=True), 1e-6), dtype=np.float32)


def _taps(size: int, drawn: int, pixel: float, start: float, blur: float) -> Floats:
    """(size, drawn): the share of each drawn pixel, which is `pixel` wide and the first of which begins at `start`, in
    each pixel of the cell, blurred."""
    fine = 4
    centres = start + (np.arange(drawn * fine) + 0.5) * pixel / fine
    edges = np.arange(size + 1)
    # The integral of a Gaussian over each pixel, by a logistic function that is close to it.
    steps = 1 / (1 + np.exp(np.clip(-1.702 * (edges[:, None] - centres) / max(blur, 0.05), -60, 60)))
    weights = (steps[1:] - steps[:-1]).reshape(size, drawn, fine).mean(axis=2)
    return np.asarray(weights * pixel, dtype=np.float32)
