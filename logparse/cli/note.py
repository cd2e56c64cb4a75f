"""`logparse note`."""

from __future__ import annotations

import click

from logparse.cli import _annotations, _options


@click.command("note")
@click.argument("run", metavar="RUN", shell_complete=_options.complete_runs)
@click.argument("text", metavar="TEXT", required=False)
@click.option("--remove", is_flag=True, help="Remove all notes of RUN.")
@_annotations.which
def command(run: str, text: str | None, remove: bool) -> int:
    """Write a note about a run of the store.

    `store info` shows the notes. A run may have several; they stay when the log is read again. RUN is an id, a label,
    or part of a label.

    \b
    Examples:
      logparse note batch_1024 'before the firmware update'
      logparse note batch_1024 --remove
    """
    label = _annotations.annotate("note", run, text, remove)
    if text is not None:
        click.echo(f"{label}: noted")
    return 0
