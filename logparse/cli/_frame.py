"""Commands that print one frame of the given logs: `runs`, `metrics` and so on."""

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
        help="Keep rows for which this SQL condition is true: throughput > 1000. Quote SQL keywords: \"group\".",
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
        _options.is_table(format, output)  # report a wrong format before an hour of reading
        logs = _options.read(paths, files_from, grammar)
        frame = logs.frames()[name]
        if where is not None:
            frame = select(logs, name, where)
        _options.put(frame, name, format, output)
        return _options.exit_code(logs)

    return command


def select(logs: Logs, name: str, where: str) -> pl.DataFrame:
    """The rows of a frame that meet a condition. Raises `click.UsageError` for an invalid condition."""
    from logparse import selection

    try:
        return selection.where(logs.frames(), name, where)
    except ValueError as error:
        raise click.UsageError(f"--where: {error}") from None
