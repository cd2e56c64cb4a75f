"""Numbers as text: with significant digits only, and never more than the log printed."""

from __future__ import annotations

import math

from logparse.schema import VOCABULARY


def figure(value: float, resolution: float | None, most: int) -> str:
    """`value` with at most `most` digits, and no digit beyond its resolution: `4572.4`, `6.9 k`, `780`."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
    places = most - 1 - math.floor(math.log10(abs(value))) if value else most - 1
    if resolution:  # half a unit of the last significant digit
        places = min(places, math.floor(-math.log10(resolution)))
    if places < 0 and abs(value) >= 1000:
        return f"{value / 1000:.{max(places + 3, 0)}f} k"
    text = f"{value:.{max(places, 0)}f}"
    return text if resolution or "." not in text else text.rstrip("0").rstrip(".")


_SHOW_UNCERTAINTY = 0.005
"""Relative uncertainty of a duration above which it is shown."""


def seconds(value: float, resolution: float | None, most: int = 4) -> str:
    """A duration: `452.4 s`, `0.06 ms`; with its uncertainty where that exceeds the last digit: `87 s ±1`,
    or `at most 22 s` where that reaches to 0."""
    if resolution and resolution >= value > 0:
        return f"at most {seconds(value + resolution, None, most)}"
    if 0 < abs(value) < 0.1:
        return f"{figure(value * 1e3, resolution and resolution * 1e3, most)} ms"
    if resolution and resolution > 0.5 and resolution > _SHOW_UNCERTAINTY * abs(value):
        return f"{value:.0f} s ±{math.ceil(resolution)}"
    if resolution and resolution > 0.5 and math.isfinite(value):
        value, resolution = round(value, math.ceil(-math.log10(2 * resolution))), 0.5
    whole = len(str(int(abs(value)))) if math.isfinite(value) else 0  # thousands of seconds are not shown as k s
    return f"{figure(value, resolution, max(most, whole))} s"


def is_share(name: str) -> bool:
    """Whether a score of that name is a fraction, shown in per cent."""
    return any(word in VOCABULARY and VOCABULARY[word].unit == "fraction" for word in (name, name.rpartition("_")[2]))


def score_figure(name: str, value: float, resolution: float | None) -> str:
    """A score: `97.69 %` for a fraction, else the number."""
    if is_share(name):
        return f"{figure(value * 100, resolution and resolution * 100, 4)} %"
    return figure(value, resolution, 4)


def ratio_figure(ratio: float) -> str:
    """A ratio: `×1.210`, `×37.6`."""
    return f"×{ratio:.3f}" if ratio < 10 else f"×{ratio:.1f}" if ratio < 1000 else f"×{ratio:.0f}"
