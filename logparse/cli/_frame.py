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
    @_options.shaping
    @_options.printing
    def command(
        paths: tuple[str, ...],
        files_from: str | None,
        grammar: tuple[str, ...],
        where: str | None,
        sort: tuple[str, ...],
        columns: str | None,
        limit: int | None,
        format: str | None,
        output: str | None,
    ) -> int:
        _options.is_table(format, output)  # report a wrong format before an hour of reading
        _options.few_threads_for_little(paths)
        from logparse.schema import FRAMES

        shape = _options.Shape.of(list(FRAMES[name]), sort, columns, limit)
        logs = _options.read(paths, files_from, grammar)
        frame: pl.DataFrame = getattr(logs, name)
        if where is not None:
            frame = select(logs, name, where)
        _options.put(shape.applied(frame), name, format, output)
        return _options.exit_code(logs)

    return command


def select(logs: Logs, name: str, where: str) -> pl.DataFrame:
    """The rows of a frame that meet a condition. Raises `click.UsageError` for an invalid condition."""
    from logparse import selection

    try:
        frames = {frame: getattr(logs, frame) for frame in selection.mentioned(where, {name})}
        return selection.where(frames, name, where)
    except ValueError as error:
        raise click.UsageError(f"--where: {error}") from None
