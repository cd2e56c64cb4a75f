"""How the command line spells an argument of the library."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Container
from typing import TypeAlias

from logparse.errors import Remedy

_NAMES = {"claims": "claim"}
"""Arguments that take several values and whose option takes one at a time."""


Spelling: TypeAlias = Callable[[Remedy], str]
"""How an argument is written for a reader."""


def as_option(remedy: Remedy, taken: Container[str] | None = None) -> str:
    """`--at samples`, quoted for a shell where it must be. taken: arguments of the reader's command; others are of
    `compare`: `logparse compare … --at samples`."""
    command = "" if taken is None or remedy.name in taken else "logparse compare … "
    return f"{command}--{_NAMES.get(remedy.name, remedy.name)} {shell_word(remedy.value)}"


def as_argument(remedy: Remedy, taken: Container[str]) -> str:
    """`at="samples"`, for callers of a function with the arguments `taken`; others are of `compare`:
    `compare(…, at="samples")`."""
    return str(remedy) if remedy.name in taken else f"compare(…, {remedy})"


_ARGUMENT = re.compile(r'`([a-z_]+)="([^"`]+)"`')


def with_arguments(text: str, spelling: Spelling = as_option) -> str:
    """A text of the library with its arguments as the reader gives them: `` `at="samples"` `` becomes
    `` `--at samples` ``."""
    return _ARGUMENT.sub(lambda found: f"`{spelling(Remedy(found[1], found[2]))}`", text)


def shell_word(text: str) -> str:
    """`text` quoted for a shell where it must be; with control characters as escapes, which bash and zsh know."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = text.encode("unicode_escape").decode("ascii").replace("'", "\\'")
    return f"$'{escaped}'"
