"""`logparse baseline`."""

from __future__ import annotations

import click

from logparse.cli import _annotations, _options


@click.command("baseline")
@click.argument("run", metavar="RUN", required=False, shell_complete=_options.complete_runs)
@click.option("--as", "name", metavar="NAME", help="Name of the baseline. An earlier one of that name is replaced.")
@click.option("--remove", metavar="NAME", help="Remove the baseline of that name; the run stays.")
@_annotations.which
def command(run: str | None, name: str | None, remove: str | None) -> int:
    """Make a run of the store a baseline.

    `compare --baseline NAME` compares with it, whatever runs come later.

    RUN is an id, a label, or part of a label.

    \b
    Examples:
      logparse baseline bert_large_batch_1024.out --as release-1
      logparse compare --baseline release-1 --since 7d
      logparse baseline --remove release-1
    """
    if remove is not None and run is None and name is None:
        from logparse.store.annotating import remove_baseline

        remove_baseline(_annotations.opened(), remove)
        click.echo(f"baseline {remove} removed")
        return 0
    if run is None or name is None or remove is not None:
        raise click.UsageError("give RUN and --as NAME, or --remove NAME")
    label = _annotations.annotate("baseline", run, name, False)
    click.echo(f"{label} is the baseline {name}")
    return 0
