"""The cells of a grid: which are blank, which are bars, and which show the same glyph.

Equal glyphs are collected in clusters. Noise averages out in the mean of a cluster, and what is read once counts for
all its cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logparse.pictures.grid import Axis, Floats, Grid
from logparse.pictures.lines import NotATerminalError

WIDTH = 12
"""Cells that are wider, in pixels, are reduced to this width: more detail does not help."""
BLANK, BLOCK, FAINT = -1, -2, -3
"""In place of the index of a glyph: a cell without ink, one of a bar, and one that may be blank or a full stop."""
_FAINTEST, _NOTHING = 0.25, 0.15
"""Ink of the faintest glyph, and the most ink of a cell that is blank."""
_SPILL = 1
"""Pixels at either side of a cell in which the strokes of its neighbours may be."""
_SOLID = 0.5
_EDGE = 0.12
"""Share of the height of a cell."""
_MOST_CLUSTERS = 1500


@dataclass(frozen=True)
class Cells:
    """All cells of a grid, row by row."""

    patches: Floats
    """Ink of each cell that shows a glyph: (glyphs, height, width)."""
    at: NDArray[np.intp]
    """Row and column of each of them: (glyphs, 2)."""
    kinds: NDArray[np.intp]
    """Of each cell (rows, columns): `BLANK`, `BLOCK`, `FAINT` or the index of its glyph in `patches`."""


def cells_of(grid: Grid) -> Cells:
    """The cells of a grid."""
    reduction = min(1.0, WIDTH / grid.columns.pitch)
    across = _taps(grid.columns, grid.ink.shape[1], reduction)
    down = _taps(grid.rows, grid.ink.shape[0], reduction)
    (rows, height, _), (columns, width, _) = down.shape, across.shape
    lines = np.concatenate([_weighted(weights, grid.ink) for weights in down])
    cells = np.concatenate([_weighted(weights, lines.T) for weights in across])
    cells = cells.reshape(columns, width, rows, height).transpose(2, 0, 3, 1)
    is_full: NDArray[np.bool_] = np.all(cells > _SOLID, axis=2)  # (rows, columns, width): ink from top to bottom
    # Strokes of wide glyphs reach a little into the next cell.
    inner = cells[..., _SPILL : width - _SPILL] if width >= 3 * _SPILL + 3 else cells
    blocks = is_full[..., : max(2, width // 3)].all(axis=2)
    glyphs = (inner.max(axis=(2, 3)) >= _FAINTEST) & ~blocks & ~_spilled(cells)
    kinds = np.full((rows, columns), BLANK, dtype=np.intp)
    kinds[blocks] = BLOCK
    # A full stop of thin type may be fainter than all other glyphs.
    middle, upper = cells[..., width // 4 : width - width // 4], cells[:, :, : height // 2]
    faint = (middle[:, :, height // 2 :].max(axis=(2, 3)) >= _NOTHING) & (upper.max(axis=(2, 3)) < _NOTHING / 2)
    kinds[faint & ~glyphs & ~blocks] = FAINT
    at = np.argwhere(glyphs)
    kinds[glyphs] = np.arange(len(at))
    patches = cells[glyphs]
    return Cells((patches / patches.max(axis=(1, 2), keepdims=True)).astype(np.float32), at, kinds)


def _spilled(cells: Floats) -> NDArray[np.bool_]:
    """Of each cell (rows, columns), whether all its ink is a margin of that in the cell above or below, as of a cursor.
    Only between blank cells: an underscore may join what is below it."""
    height = cells.shape[2]
    edge = max(1, round(height * _EDGE))
    has_ink = cells.max(axis=3) >= _FAINTEST  # (rows, columns, height)
    only_below, only_above = ~has_ink[:, :, :-edge].any(axis=2), ~has_ink[:, :, edge:].any(axis=2)
    joins = ((cells[:-1, :, -1] >= _FAINTEST) & (cells[1:, :, 0] >= _FAINTEST)).any(axis=2)  # with the row below
    out = np.zeros(cells.shape[:2], dtype=bool)
    out[:-1] |= only_below[:-1] & joins
    out[1:] |= only_above[1:] & joins
    is_inked = np.pad(has_ink.any(axis=2), ((0, 0), (1, 1)))
    return np.asarray(out & ~is_inked[:, :-2] & ~is_inked[:, 2:])


def _taps(axis: Axis, size: int, reduction: float) -> Floats:
    """(cells, pixels of a cell, pixels of the picture): how much each pixel of the picture counts."""
    length = max(1, round(axis.pitch * reduction))
    step = axis.pitch / length
    centres = axis.start + np.arange(axis.count)[:, None] * axis.pitch + (np.arange(length) + 0.5) * step
    distance = np.abs(centres[..., None] - (np.arange(size) + 0.5))
    weights = np.clip(1 - distance / max(step, 1.0), 0, None)
    total = weights.sum(axis=2, keepdims=True)
    return np.asarray(weights / np.where(total > 0, total, 1), dtype=np.float32)


def _weighted(weights: Floats, values: Floats) -> Floats:
    used = np.flatnonzero(weights.any(axis=0))
    first, last = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
    return np.asarray(weights[:, first:last] @ values[first:last], dtype=np.float32)


def clusters_of(patches: Floats, tightness: float) -> NDArray[np.intp]:
    """Number of the cluster of each patch; patches of one cluster have at least this cosine to its first."""
    flat = patches.reshape(len(patches), -1)
    flat = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    labels = np.full(len(flat), -1, dtype=np.intp)
    left = np.arange(len(flat))
    count = 0
    while len(left):
        alike = flat[left] @ flat[left[0]] >= tightness
        alike[0] = True
        labels[left[alike]] = count
        left = left[~alike]
        count += 1
        if count > _MOST_CLUSTERS:
            raise NotATerminalError("its characters are all different: it is a photo, or was strongly compressed")
    return labels
