"""The palette: one hue per platform, phases as tints of it, and the themes.

The hues are those of Okabe and Ito, which colour-blind readers can distinguish.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

HUES = {"cerebras": "#0072B2", "graphcore": "#CC79A7", "groq": "#009E73", "sambanova": "#E69F00"}
"""Platform -> its hue."""
_SPARE_HUES = ("#56B4E9", "#F0E442", "#8C6D31")
"""Hues for platforms that `HUES` does not list."""
BAD = "#D55E00"
"""Failures, NaN, and scores no better than guessing."""
PHASES = {"train": 1.0, "eval": 0.72, "checkpoint": 0.56, "compile": 0.4, "load": 0.24}
"""Phase -> share of the platform's hue in its tint, in the order in which bars are stacked."""


@dataclass(frozen=True)
class Theme:
    """Colours and sizes of one theme."""

    paper: str
    """The background."""
    ink: str
    """Text and marks."""
    faint: str
    """Captions, ticks, notes."""
    rule: str
    """Grid and axis lines."""
    band: str
    """The grey band of differences that may be noise."""
    size: int = 11
    """Font size, in pixels."""
    stroke: float = 1.2
    """Line width, in pixels."""

    def tint(self, hue: str, share: float) -> str:
        """`hue` mixed with the background; `share` is the share of the hue, from 0 to 1."""
        return _mixed(hue, self.paper, share)

    def shade(self, hue: str, share: float) -> str:
        """`hue` mixed with the colour of text; `share` is the share of the hue, from 0 to 1."""
        return _mixed(hue, self.ink, share)

    def text_on(self, colour: str) -> str:
        """Black or white, whichever is legible on that colour."""
        r, g, b = (c / 255 for c in _rgb(colour))
        return "#000000" if 0.2126 * r**2.2 + 0.7152 * g**2.2 + 0.0722 * b**2.2 > 0.18 else "#ffffff"


THEMES = {
    "light": Theme("#ffffff", "#1b1f24", "#5c6670", "#e3e6ea", "#d9dde2"),
    "dark": Theme("#14181d", "#e8ebee", "#a2acb6", "#323a43", "#39424c"),
    "print": Theme("#ffffff", "#000000", "#333333", "#cfcfcf", "#d9d9d9", 12, 1.5),
}
"""Name -> theme. `print` is for paper: black ink, larger text, no tooltips."""


_SIGN = "\0"
"""Begins the name of a colour. No text that is drawn begins with it: control characters of logs are escaped."""


@dataclass(frozen=True)
class ColourNames:
    """The theme of a drawing before its colours are known: names in place of colours, which `in_theme` replaces.

    So a drawing is made once for several themes of equal sizes.
    """

    size: int
    stroke: float
    paper: str = f"{_SIGN}paper"
    ink: str = f"{_SIGN}ink"
    faint: str = f"{_SIGN}faint"
    rule: str = f"{_SIGN}rule"
    band: str = f"{_SIGN}band"

    def tint(self, hue: str, share: float) -> str:
        """As `Theme.tint`."""
        return f"{_SIGN}tint {share} {hue}"

    def shade(self, hue: str, share: float) -> str:
        """As `Theme.shade`."""
        return f"{_SIGN}shade {share} {hue}"

    def text_on(self, colour: str) -> str:
        """As `Theme.text_on`."""
        return f"{_SIGN}text_on {colour}"


def in_theme(part: Any, theme: Theme) -> Any:
    """A specification, or a part of one, with the colours of a theme in place of their names."""
    if isinstance(part, str):
        return _colour(part, theme) if part.startswith(_SIGN) else part
    if isinstance(part, dict):
        return {key: in_theme(value, theme) for key, value in part.items()}
    return [in_theme(one, theme) for one in part] if isinstance(part, list) else part


@cache
def _colour(name: str, theme: Theme) -> str:
    if not name.startswith(_SIGN):
        return name
    kind, _, rest = name.removeprefix(_SIGN).partition(" ")
    if kind == "text_on":
        return theme.text_on(_colour(rest, theme))
    if not rest:
        return str(getattr(theme, kind))
    share, _, colour = rest.partition(" ")
    mix = theme.tint if kind == "tint" else theme.shade
    return mix(_colour(colour, theme), float(share))


def hue(platform: str | None) -> str:
    """The hue of a platform. A platform that `HUES` does not list always gets the same spare hue."""
    return HUES.get(str(platform)) or _SPARE_HUES[sum(map(ord, str(platform))) % len(_SPARE_HUES)]


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = zip(_rgb(colour), _rgb(other), strict=True)
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
