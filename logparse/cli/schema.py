"""`logparse schema`."""

from __future__ import annotations

import sys

import click

from logparse.cli import _options


def _frames(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from logparse.schema import COLUMNS

    return [name for name in COLUMNS if name.startswith(incomplete)]


@click.command("schema")
@click.argument("frame", required=False, metavar="[FRAME]", shell_complete=_frames)
@_options.printing
def command(frame: str | None, format: str | None, output: str | None) -> int:
    """Describe the columns of the frames.

    Each has a type, a unit, a meaning, and a rule that says when it is null. FRAME is runs, evidence, phases, metrics,
    params, messages, sources, claims or findings; without it, all are described. No logs are read.

    \b
    Examples:
      logparse schema runs
      logparse schema --format md
      logparse schema metrics --format json
    """
    from logparse.errors import nearest
    from logparse.pages import schema
    from logparse.schema import COLUMNS
    from logparse.text import terminal

    if frame is not None and frame not in COLUMNS:
        raise click.BadParameter(f"there is no frame {frame!r}; {nearest(frame, COLUMNS)}", param_hint="FRAME")
    frames = list(COLUMNS) if frame is None else [frame]
    chosen = _options.format_of(format, output)
    if chosen == "table":
        _options.put_text(schema.page(frames, terminal.Paint.of(sys.stdout if output is None else None)), output)
    elif chosen == "md":
        _options.put_text(schema.markdown(frames), output)
    else:
        _options.put(schema.table(frames), "schema", format, output)
    return 0
