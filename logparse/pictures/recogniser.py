"""What a neural network for text recognition reads in stretches of a picture: a second opinion on each glyph.

The model is the recognition part of PP-OCR, which the package `rapidocr` contains. Its detector, which loses lines, and
its classifier of angles, which turns `00:09` upside down, are not used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logparse.pictures.cells import Cells
from logparse.pictures.fonts import CHARACTERS
from logparse.pictures.grid import Floats

_HEIGHT = 48
"""Of the pictures that the model reads, in pixels."""
_MARGIN = 0.1
"""Blank above and below the cells, as a share of their height."""
_STEP = 8
"""Pixels of width for each character that the model may give."""
_CELL = 20
"""Width of a cell in the pictures that the model reads, in pixels."""
_STRETCH = 24
"""Cells that are read together."""
_WANTED = 4
"""Votes for each cluster."""
_MOST = 56
"""Stretches that are read of one picture: what limits its time."""
_DIGIT = 4
"""How much more a vote for a digit counts than one for a letter."""
_BATCH = 8


@cache
def _session() -> Any:
    onnxruntime: Any = import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(_model()), options, providers=["CPUExecutionProvider"])


@cache
def _model() -> Path:
    """The file of the model."""
    found = find_spec("rapidocr")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("rapidocr")
    folder = Path(found.submodule_search_locations[0], "models")
    models = sorted(folder.glob("*_rec_*.onnx"))
    if not models:
        raise ModuleNotFoundError(f"rapidocr {version('rapidocr')} contains no model for recognition")
    return models[-1]


@cache
def _outputs() -> tuple[NDArray[np.intp], str]:
    """Indices in the model's output of blank, space and `CHARACTERS`, and these characters."""
    known = _session().get_modelmeta().custom_metadata_map["character"].splitlines()
    at = {character: index + 1 for index, character in enumerate(known)}
    wanted = [c for c in CHARACTERS if c in at]
    return np.array([0, len(known) + 1, *(at[c] for c in wanted)]), " ".join(["", "".join(wanted)])


def votes(cells: Cells, labels: NDArray[np.intp], guesses: Sequence[str]) -> list[Counter[str]]:
    """For each cluster, how often the recogniser read its cells as each character; "" where it read none.

    labels: the cluster of each glyph of `cells`. guesses: the character that each cluster may be: where there is no
    time for all, digits come first.
    """
    out: list[Counter[str]] = [Counter() for _ in guesses]
    weights = np.array([_DIGIT if guess.isdigit() or guess in ".%" else 1 for guess in guesses])
    stretches = _chosen(cells, labels, weights)
    for first in range(0, len(stretches), _BATCH):
        batch = stretches[first : first + _BATCH]
        pictures = np.stack([_picture(cells, row, column) for row, column in batch])
        for (row, column), text in zip(batch, _read(pictures), strict=True):
            for offset in range(_STRETCH):
                if column + offset < cells.kinds.shape[1] and (glyph := cells.kinds[row, column + offset]) >= 0:
                    out[labels[glyph]][text[offset]] += 1
    return out


def _chosen(cells: Cells, labels: NDArray[np.intp], weights: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Row and first column of stretches that give each cluster about as many votes as wanted, heavy ones first."""
    rows, columns = cells.kinds.shape
    count = len(weights)
    starts = [(r, c) for r in range(rows) for c in range(0, max(1, columns - _STRETCH // 3), _STRETCH // 3)]
    has = np.zeros((len(starts), count), dtype=np.int16)
    for index, (row, column) in enumerate(starts):
        glyphs = cells.kinds[row, column : column + _STRETCH]
        np.add.at(has[index], labels[glyphs[glyphs >= 0]], 1)
    sizes = np.bincount(labels, minlength=count)
    need = np.minimum(sizes, _WANTED).astype(np.int16)
    chosen: list[tuple[int, int]] = []
    while len(chosen) < _MOST and need.any():
        gain = np.minimum(has, need) @ weights
        best = int(np.argmax(gain))
        if not gain[best]:
            break
        chosen.append(starts[best])
        need = np.maximum(need - has[best], 0)
        has[best] = 0
    return chosen


def _picture(cells: Cells, row: int, column: int) -> Floats:
    """A stretch of cells, dark on light, as the model takes it: (3, height, width) from -1 to 1."""
    from PIL import Image

    height, width = cells.patches.shape[1:]
    margin = max(1, round(height * _MARGIN))
    line = np.zeros((height + 2 * margin, width * _STRETCH), dtype=np.float32)
    for offset, kind in enumerate(cells.kinds[row, column : column + _STRETCH]):
        if kind >= 0:
            line[margin : margin + height, offset * width : (offset + 1) * width] = cells.patches[kind]
    image = Image.fromarray(((1 - line) * 255).astype(np.uint8))
    resized = np.asarray(image.resize((_CELL * _STRETCH, _HEIGHT), Image.Resampling.BICUBIC), dtype=np.float32)
    return np.broadcast_to(resized / 127.5 - 1, (3, _HEIGHT, _CELL * _STRETCH)).astype(np.float32)


def _read(pictures: Floats) -> list[Sequence[str]]:
    """The character that is read in each cell of each picture."""
    session = _session()
    (scores,) = session.run(None, {session.get_inputs()[0].name: pictures})
    indices, characters = _outputs()
    best = scores[:, :, indices].argmax(axis=2)
    strength = scores[:, :, indices].max(axis=2)
    out: list[Sequence[str]] = []
    for picture, sure in zip(best, strength, strict=True):
        text = [""] * _STRETCH
        weight = [0.0] * _STRETCH
        before = 0
        for step, index in enumerate(picture):
            if index > 1 and index != before:
                run = step
                while run + 1 < len(picture) and picture[run + 1] == index:
                    run += 1
                cell = min(_STRETCH - 1, int(((step + run) / 2 + 0.5) * _STEP / _CELL))
                if sure[step : run + 1].max() > weight[cell]:
                    text[cell], weight[cell] = characters[index - 1], float(sure[step : run + 1].max())
            before = index
        out.append(text)
    return out
