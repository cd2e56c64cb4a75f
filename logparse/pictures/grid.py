"""Where the cells of a terminal are in a picture: the pane, and the pitch and phase of its columns and rows.

A terminal is a grid: each character has a cell of one size. Ink is the distance of a pixel from the colour of the
background. Text repeats at the pitch of the cells, so the pitch is a peak in the spectrum of the ink, and the borders
between cells are where there is least ink.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logparse.pictures.lines import NotATerminalError

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Axis:
    """Borders of cells along one axis, in pixels of the pane: `start + i * pitch`, for i from 0 to `count`."""

    start: float
    pitch: float
    count: int

    def border(self, index: int) -> float:
        """Where cell `index` begins."""
        return self.start + index * self.pitch


@dataclass(frozen=True)
class Grid:
    """The cells of a terminal in a picture."""

    ink: Floats
    """Of each pixel of the pane: 0 is background, 1 is the strongest ink."""
    left: int
    """Of the pane in the picture."""
    top: int
    columns: Axis
    rows: Axis

    def box(self, row: int, first: int, last: int) -> tuple[int, int, int, int]:
        """x, y, width and height, in pixels of the picture, of the cells `first` to `last` (inclusive) of a row."""
        x0, x1 = self.columns.border(first), self.columns.border(last + 1)
        y0, y1 = self.rows.border(row), self.rows.border(row + 1)
        x, y = max(0, round(self.left + x0)), max(0, round(self.top + y0))
        return x, y, round(self.left + x1) - x, round(self.top + y1) - y


_SMALLEST, _LARGEST = 4.5, 40.0
"""Column pitches that are searched for, in pixels."""
_NARROWEST, _WIDEST = 1.5, 2.9
"""Height of a cell by its width, in all terminals."""
_FEWEST_CELLS = 8
_LONGEST_STROKE = 24
"""Pixels; ink that is wider is a bar."""
_MOST_CELLS = 60_000
_OVERHANG = 0.15
"""Share of a cell that may lie outside of the picture."""


def find_grid(rgb: NDArray[np.uint8]) -> Grid:
    """The grid of the terminal in a picture (height, width, 3).

    Raises:
        NotATerminalError: there is none.
    """
    top, bottom, left, right, background = _pane(rgb)
    pane = rgb[top:bottom, left:right].astype(np.int16)
    distance = np.abs(pane - background).max(axis=2).astype(np.float32)
    strongest = float(np.percentile(distance, 99.9))
    if strongest < 60:
        raise NotATerminalError("it shows no text: nothing in it differs from its background")
    ink = np.clip(distance / strongest, 0, 1)
    clear = np.where(ink > 0.2, ink, 0).astype(np.float32)
    # Rows that bars fill say nothing of columns, and columns that bars fill nothing of rows.
    filled = (clear > 0.5).mean(axis=1) > 0.5
    columns = _axis(clear[~filled].sum(axis=0), _SMALLEST, _LARGEST)
    heights = columns.pitch * _NARROWEST, columns.pitch * _WIDEST
    bars = _in_bars(clear)
    rows = _axis(np.where(bars, 0, clear).sum(axis=1), *heights, _edges(bars))
    if columns.count < _FEWEST_CELLS or rows.count < 1:
        raise NotATerminalError("its text is not in cells of one size")
    if columns.count * rows.count > _MOST_CELLS:
        raise NotATerminalError(f"it would have {columns.count * rows.count:,} characters, more than a terminal shows")
    return Grid(ink, left, top, columns, rows)


def _in_bars(ink: Floats) -> NDArray[np.bool_]:
    """Pixels of stretches of ink that are wider than any stroke."""
    width = _LONGEST_STROKE
    strong = ink > 0.5
    total = np.cumsum(np.pad(strong, ((0, 0), (width, 0))), axis=1, dtype=np.int32)
    full = (total[:, width:] - total[:, :-width]) >= width  # a stretch of `width` ends here
    grown = np.zeros_like(strong)
    for shift in range(width):
        grown[:, : strong.shape[1] - shift] |= full[:, shift:]
    return grown


def _pane(rgb: NDArray[np.uint8]) -> tuple[int, int, int, int, NDArray[np.int16]]:
    """top, bottom, left, right and background colour of the largest area of one colour with text on it."""
    best: tuple[int, tuple[int, int, int, int, NDArray[np.int16]]] | None = None
    coarse = (rgb >> 3).astype(np.uint32)
    codes = (coarse[..., 0] << 10) | (coarse[..., 1] << 5) | coarse[..., 2]
    counts = np.bincount(codes.ravel(), minlength=1 << 15)
    for code in np.argsort(counts)[::-1][:3]:
        if counts[code] < 0.1 * codes.size:
            continue
        background = np.median(rgb[codes == code], axis=0).astype(np.int16)
        is_background = (np.abs(rgb.astype(np.int16) - background) <= 14).all(axis=2)
        rows, columns = slice(0, rgb.shape[0]), slice(0, rgb.shape[1])
        for _ in range(3):
            columns = _longest(is_background[rows].mean(axis=0) > 0.1, columns)
            rows = _longest(is_background[:, columns].mean(axis=1) > 0.03, rows)
        area = int(is_background[rows, columns].sum())
        if best is None or area > best[0]:
            best = area, (rows.start, rows.stop, columns.start, columns.stop, background)
    if best is None:
        raise NotATerminalError("it has no background of one colour, as a photo has none")
    return best[1]


def _longest(inside: NDArray[np.bool_], within: slice) -> slice:
    """The longest stretch of `inside` in `within`."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inside[within].astype(np.int8), [0]))))
    starts, stops = edges[::2], edges[1::2]
    if not len(starts):
        return within
    at = int(np.argmax(stops - starts))
    return slice(within.start + int(starts[at]), within.start + int(stops[at]))


def _edges(bars: NDArray[np.bool_]) -> Floats:
    """For each border between two rows of pixels, how many bars begin or end there."""
    changes = np.abs(np.diff(bars.astype(np.int8), axis=0, prepend=0, append=0))
    return np.asarray(changes.sum(axis=1)[1:-1], dtype=np.float32)


def _axis(profile: Floats, smallest: float, largest: float, edges: Floats | None = None) -> Axis:
    """Pitch and phase of the cells along one axis, from the ink at each pixel of it.

    edges: for each border between two pixels, how much ink begins or ends there that fills its cell.
    """
    size = len(profile)
    used = np.flatnonzero(profile)
    if size < 4 * smallest or not len(used):
        raise NotATerminalError("it shows no text")
    # Much text in one place must not outweigh a little in many.
    flat = np.sqrt(profile)
    window = max(3, round(2 * largest))
    level = np.convolve(np.pad(flat, window, mode="edge"), np.ones(window) / window, mode="same")[window:-window]
    flat = flat - level
    padded = 1 << int(np.ceil(np.log2(size * 16)))
    spectrum = np.abs(np.fft.rfft(flat, padded))
    frequency = np.arange(len(spectrum)) / padded
    allowed = (frequency >= 1 / largest) & (frequency <= 1 / smallest)
    candidates = []
    strength = np.where(allowed, spectrum, 0)
    for _ in range(6):
        peak = int(np.argmax(strength))
        if strength[peak] <= 0.25 * spectrum[allowed].max():
            break
        candidates.append((_gaps(profile, padded / peak), -float(spectrum[peak]), padded / peak))
        near = max(1, round(1.5 * padded / size))
        strength[max(0, peak - near) : peak + near + 1] = 0
    if not candidates:
        raise NotATerminalError("its text is not in cells of one size")
    least = min(candidate[0][0] for candidate in candidates)
    # Of the pitches with clear gaps between cells, the strongest: a multiple of the pitch has clear gaps too.
    (_, phase), _, pitch = min((c for c in candidates if c[0][0] <= least + 0.15), key=lambda c: c[1])
    whole = round(pitch)
    if abs(pitch - whole) * size / pitch < 1.2 and (found := _gaps(profile, float(whole)))[0] <= least + 0.15:
        pitch, phase = float(whole), found[1]
    if edges is not None and edges.sum() >= 2 * _LONGEST_STROKE:
        phase = _phase_of(edges, pitch)
    if pitch == whole:
        phase = float(round(phase)) % pitch
    # A cell may lie a little outside of the picture: the blank margin of its glyph is cut off, not the glyph.
    first = -1 if phase >= (1 - _OVERHANG) * pitch else 0
    start = phase + first * pitch
    count = int((size - start + _OVERHANG * pitch) // pitch)
    if count < 1:
        raise NotATerminalError("its text is not in cells of one size")
    return Axis(start, pitch, count)


def _phase_of(edges: Floats, pitch: float) -> float:
    """The phase of borders of this pitch on which most of the edges are."""
    positions = np.arange(1, len(edges) + 1) % pitch
    angle = np.angle(np.sum(edges * np.exp(2j * np.pi * positions / pitch)))
    return float(angle / (2 * np.pi) * pitch % pitch)


def _gaps(profile: Floats, pitch: float) -> tuple[float, float]:
    """The least ink on borders between cells of this pitch, as a share of the mean, and the phase that has it."""
    steps = max(8, round(pitch * 4))
    positions = np.arange(len(profile) / pitch - 1)[:, None] * pitch + np.arange(steps) * (pitch / steps)
    values = np.interp(positions, np.arange(len(profile)) + 0.5, profile)
    folded = values.mean(axis=0)
    width = max(1, round(steps * 0.08))
    kernel = np.ones(2 * width + 1) / (2 * width + 1)
    smooth = np.convolve(np.concatenate((folded[-width:], folded, folded[:width])), kernel, mode="valid")
    # The middle of the gap, since its least point is as good as any other in it.
    low = float(smooth.min()) + 0.03 * float(smooth.max() - smooth.min())
    at = int(np.argmin(smooth))
    first = last = at
    while last - first < steps and smooth[(first - 1) % steps] <= low:
        first -= 1
    while last - first < steps and smooth[(last + 1) % steps] <= low:
        last += 1
    return float(smooth[at] / max(float(folded.mean()), 1e-9)), ((first + last) / 2 % steps) * pitch / steps
