"""How the command line spells an argument of the library."""

from __future__ import annotations

import re
import shlex
from collections.abc import Container

from logparse.errors import Remedy

_NAMES = {"claims": "claim"}
"""Arguments that take several values and whose option takes one at a time."""


def as_option(remedy: Remedy) -> str:
    """`--at samples`, quoted for a shell where it must be."""
    return f"--{_NAMES.get(remedy.name, remedy.name)} {shell_word(remedy.value)}"


_ARGUMENT = re.compile(r'`([a-z_]+)="([^"`]+)"`')


def with_options(text: str, taken: Container[str] | None = None) -> str:
    """A text of the library with its arguments as options: `` `at="samples"` `` becomes `` `--at samples` ``. taken:
    arguments of the reader's command; others are of `compare`: `` `logparse compare … --at samples` ``."""

    def spelled(found: re.Match[str]) -> str:
        command = "" if taken is None or found[1] in taken else "logparse compare … "
        return f"`{command}{as_option(Remedy(found[1], found[2]))}`"

    return _ARGUMENT.sub(spelled, text)


def with_calls(text: str, taken: Container[str]) -> str:
    """The same for callers of a function with the arguments `taken`: `` `compare(…, at="samples")` ``."""
    return _ARGUMENT.sub(lambda found: found[0] if found[1] in taken else f"`compare(…, {found[0][1:-1]})`", text)


def shell_word(text: str) -> str:
    """`text` quoted for a shell where it must be; with control characters as escapes, which bash and zsh know."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = text.encode("unicode_escape").decode("ascii").replace("'", "\\'")
    return f"$'{escaped}'"
