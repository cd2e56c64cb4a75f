"""How the command line spells an argument of the library."""

from __future__ import annotations

import shlex

from logparse.errors import Remedy

_NAMES = {"claims": "claim"}
"""Arguments that take several values and whose option takes one at a time."""


def as_option(remedy: Remedy) -> str:
    """`--at samples`, quoted for a shell where it must be."""
    return f"--{_NAMES.get(remedy.name, remedy.name)} {shell_word(remedy.value)}"


def shell_word(text: str) -> str:
    """`text` quoted for a shell where it must be; with control characters as escapes, which bash and zsh know."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = text.encode("unicode_escape").decode("ascii").replace("'", "\\'")
    return f"$'{escaped}'"
