"""`logparse store`: info, check, forget, compact."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from logparse.cli import GATE, _options
from logparse.store import FOLDER

if TYPE_CHECKING:
    from logparse.store.tables import Store

_which = _options.store_option("The store (default: .logparse).")


def _opened() -> Store:
    from logparse.store.tables import Store

    return Store(_options.noted("store") or FOLDER)


@click.group("store")
def command() -> None:
    """Look after the store in which ingest keeps what it reads.

    \b
    Examples:
      logparse store info
      logparse store forget old.out
    """


def _subcommand(name: str) -> Callable[[Callable[..., int]], click.Command]:
    return lambda function: command.command(name)(_which(function))


@_subcommand("info")
def info() -> int:
    """Show what the store holds, and its versions."""
    from logparse.pages.store import page

    _options.put_text(page(_opened()), None)
    return 0


@_subcommand("check")
def check() -> int:
    """Check that the store is whole.

    All files are read, and their rows counted. The exit code is 5 if something is missing or damaged.
    """
    from logparse.store import upkeep
    from logparse.text.labels import many

    store = _opened()
    problems = list(upkeep.check(store))
    whole = f"{many(store.sources().height, 'source')}: nothing is missing or damaged."
    _options.put_text("\n".join(problems or [whole]), None)
    return GATE if problems else 0


@_subcommand("forget")
@click.argument("names", nargs=-1, required=True, metavar="SOURCE...")
def forget(names: tuple[str, ...]) -> int:
    """Remove sources from the store.

    SOURCE is a path, the end of one, a folder, or a pattern with *. The log itself stays, and so does a run that is in
    another source too. `store compact --keep 0` also removes the files that hold the rows.
    """
    from logparse.store import upkeep

    for name in upkeep.forget(_opened(), list(names)):
        click.echo(f"forgotten: {name}")
    return 0


@_subcommand("compact")
@click.option(
    "--keep", type=click.FloatRange(min=0), default=7, show_default=True, metavar="DAYS",
    help="Keep files that only earlier versions of the store use for this long.",
)  # fmt: skip
def compact(keep: float) -> int:
    """Merge small files, and remove those that are no longer used.

    This also happens by itself when there are many small files. --keep 0 must not be used while other processes read or
    write the store.
    """
    from logparse.store import upkeep

    done = upkeep.compact(_opened(), keep)
    click.echo(
        f"{done.parts_before} parts are now {done.parts_after}; {done.bytes_removed / 1e6:,.1f} MB of files removed"
    )
    return 0
