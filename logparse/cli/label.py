"""`logparse label`."""

from __future__ import annotations

import click

from logparse.cli import _annotations, _options


@click.command("label")
@click.argument("run", metavar="RUN", shell_complete=_options.complete_runs)
@click.argument("name", metavar="NAME", required=False)
@click.option("--remove", is_flag=True, help="Remove the label of RUN: it is called by its path again.")
@_annotations.which
def command(run: str, name: str | None, remove: bool) -> int:
    """Give a run of the store a name of its own.

    The name is shown instead of the path, and can be used wherever a run is named. It stays when the log is read again.
    RUN is an id, a label, or part of a label.

    \b
    Examples:
      logparse label bert_large_batch_1024.out reference
      logparse label reference --remove
    """
    if name is not None:
        _require_free(run, name)
    before = _annotations.annotate("label", run, name, remove)
    if name is not None:
        click.echo(f"{before} is now {name}")
    return 0


def _require_free(run: str, name: str) -> None:
    """Raises `click.UsageError` where another run has that label."""
    from logparse.selection import find_run
    from logparse.store.contents import open

    runs = open(_annotations.opened().folder).runs
    meant = find_run(runs, run)["run"]
    for other, label in runs.select("run", "label").iter_rows():
        if other != meant and name in (other, label):
            raise click.UsageError(f"{name!r} is the label of another run ({other}): choose another name")
