"""Common names for what vendors and users call a workload: `bert_large` for `bert_large_MSL128_sampleds2048`."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SEPARATORS = "_-."
_SIZE = re.compile(
    r"(?:^|[_.-])(?:tiny|mini|small|medium|base|large|huge|xs|xl|xxl|\d+(?:[._]\d+)?[bm])(?=$|[_.-])", re.IGNORECASE
)
"""A model size in a name: `large`, `7b`, `1_5b`."""


def common_name(text: str, aliases: Mapping[str, str]) -> str:
    """The common name for `text`, or `text` itself where none is known.

    `aliases` maps names in lower case to common names. A known name followed by a suffix is that name, as in
    `bert_tiny_modified`; of several known names the longest counts. Two kinds of names are excluded: a suffix that
    states a size means another model (`gpt2_xl` is not `gpt2`), and an alias that is only an abbreviation of its common
    name (`bert` for `bert_large`) is valid by itself only, since the suffix may complete it differently.
    """
    lower = text.lower()
    if lower in aliases:
        return aliases[lower]
    names = {name: name for name in aliases.values()}
    names |= {alias: name for alias, name in aliases.items() if _plain(alias).startswith(_plain(name))}
    longest = max((name for name in names if _extends(lower, name)), key=len, default=None)
    return text if longest is None else names[longest]


def _extends(text: str, name: str) -> bool:
    """Whether `text` is the name, or the name with a suffix that does not change its size."""
    if not text.startswith(name):
        return False
    suffix = text.removeprefix(name)
    return not suffix or (suffix[0] in _SEPARATORS and (bool(_SIZE.search(name)) or not _SIZE.search(suffix)))


def _plain(name: str) -> str:
    return re.sub(r"[_.-]", "", name)
