"""A command that prints one frame of the given logs: `runs`, `metrics` and their siblings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from logparse.cli import _options

if TYPE_CHECKING:
    import polars as pl

    from logparse.logs import Logs


def frame_command(name: str, help: str) -> click.Command:
    """The command that prints the frame `name`."""

    @click.command(name, help=help)
    @_options.reading
    @click.option(
        "--where", metavar="SQL",
        help="Only rows for which this is true, as in: throughput > 1000. Put SQL words in double quotes: \"group\".",
    )  # fmt: skip
    @_options.printing
    @click.pass_context
    def command(
        ctx: click.Context,
        paths: tuple[str, ...],
        files_from: str | None,
        grammar: tuple[str, ...],
        where: str | None,
        format: str | None,
        output: str | None,
    ) -> int:
        _options.is_table(format, output)  # a wrong format is told before an hour of reading
        logs = _options.read(paths, files_from, grammar)
        frame = logs.frames()[name]
        if where is not None:
            frame = select(logs, name, where)
        _options.put(frame, name, format, output)
        return _options.exit_code(logs)

    return command


def select(logs: Logs, name: str, where: str) -> pl.DataFrame:
    """Rows of a frame that meet a condition; what is no condition is wrong usage."""
    from logparse.text import terminal

    try:
        return terminal.where(logs.frames(), name, where)
    except ValueError as error:
        raise click.UsageError(f"--where: {error}") from None
