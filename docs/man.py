"""The manual page of logparse, from the help of its commands.

python docs/man.py > logparse.1
man ./logparse.1
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from inspect import cleandoc

import click

from logparse.cli import cli


def page() -> str:
    """The page in the language of man."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield f'.TH LOGPARSE 1 "" "logparse {version("logparse")}"'
    yield from (".SH NAME", r"logparse \- parse the logs of AI accelerators")
    yield from (".SH SYNOPSIS", r"\fBlogparse\fR \fICOMMAND\fR [\fIARGUMENT\fR]...")
    yield ".SH DESCRIPTION"
    yield from _prose(cli.help or "")
    yield ".SH COMMANDS"
    yield from _commands(cli, click.Context(cli, info_name="logparse"))
    yield ".SH EXIT STATUS"
    yield from _prose(cli.epilog or "")


def _commands(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, parent=context, info_name=name)
        yield f".SS {_text(command.get_usage(inner).removeprefix('Usage: '))}"
        yield from _prose(command.help or "")
        for record in filter(None, (param.get_help_record(inner) for param in command.get_params(inner))):
            yield from (".TP", rf"\fB{_text(record[0])}\fR", _text(record[1]))
        if isinstance(command, click.Group):
            yield from _commands(command, inner)


def _prose(text: str) -> Iterator[str]:
    """The paragraphs of a help text; one that begins with a backspace is printed as it is."""
    for paragraph in cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            yield from (".nf", *map(_text, paragraph.splitlines()[1:]), ".fi")
        else:
            yield from (".PP", _text(" ".join(paragraph.split())))


def _text(text: str) -> str:
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    print(page(), end="")
