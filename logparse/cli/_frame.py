"""Commands that print one frame of the given logs: `runs`, `metrics` and so on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from logparse.cli import _options, _since

if TYPE_CHECKING:
    import polars as pl

    from logparse.logs import Logs

F = TypeVar("F", bound=Callable[..., Any])


_LONG = 80
"""Characters of a text in a table, unless whole texts are asked for."""


def frame_command(name: str, help: str, clipped: str | None = None) -> click.Command:
    """The command that prints the frame `name`; clipped: a column whose long texts a table shortens."""
    whole = click.option(
        "--whole", is_flag=True, expose_value=False, callback=_options.noting,
        help=f"Print texts of more than {_LONG} characters whole to a terminal.",
    )  # fmt: skip

    @click.command(name, help=help)
    @(whole if clipped else _unchanged)
    @(_since.option if name == "runs" else _unchanged)
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
        earliest = _since.earliest()
        _options.few_threads_for_little(paths)
        from logparse.schema import FRAMES

        shape = _options.Shape.of(list(FRAMES[name]), sort, columns, limit)
        logs = _options.read(paths, files_from, grammar)
        if earliest is not None and logs.runs.height:
            logs = logs.only(_since.recent(logs, (), earliest))
        frame: pl.DataFrame = getattr(logs, name)
        if not frame.height and not logs.runs.height:
            click.echo(_options.no_runs(logs, paths), err=True)
        if where is not None:
            frame = select(logs, name, where)
        frame = shape.applied(frame)
        on_terminal = output is None and sys.stdout is not None and sys.stdout.isatty()  # piped text is never shortened
        if (
            clipped in frame.columns
            and on_terminal
            and _options.is_table(format, output)
            and not _options.noted("whole")
        ):
            frame = shortened(frame, str(clipped))
        _options.put(frame, name, format, output)
        return _options.exit_code(logs)

    return command


def _unchanged(command: F) -> F:
    return command


def shortened(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """The frame with texts of at most `_LONG` characters in a column."""
    import polars as pl

    text = pl.col(column)
    return frame.with_columns(
        pl.when(text.str.len_chars() > _LONG).then(text.str.head(_LONG - 1) + "…").otherwise(text).alias(column)
    )


def select(logs: Logs, name: str, where: str) -> pl.DataFrame:
    """The rows of a frame that meet a condition. Raises `click.UsageError` for an invalid condition."""
    from logparse import selection

    try:
        frames = {frame: getattr(logs, frame) for frame in selection.mentioned(where, {name})}
        return selection.where(frames, name, where)
    except ValueError as error:
        raise click.UsageError(f"--where: {error}") from None
