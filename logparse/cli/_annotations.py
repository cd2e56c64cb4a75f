"""Shared by `label`, `note` and `baseline`: writing about a run of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from logparse.cli import _options
from logparse.store import FOLDER

if TYPE_CHECKING:
    from logparse.store.tables import Store

which = _options.store_option("The store (default: .logparse).")


def opened() -> Store:
    """The store of --store, or of the current folder."""
    from logparse.store.tables import Store

    return Store(_options.noted("store") or FOLDER)


def annotate(kind: str, run: str, text: str | None, remove: bool) -> str:
    """Write or remove an annotation, and return the label that the run had."""
    from logparse.store import annotating
    from logparse.store.contents import find_place

    if (text is None) is not remove:
        raise click.UsageError(f"give RUN and the {kind}, or RUN and --remove")
    store = opened()
    place = find_place(store, run)
    label = str(place["label"])
    if text is None:
        if not annotating.remove(store, kind, place):
            raise click.UsageError(f"{label} has no {kind}")
        click.echo(f"{label}: {kind} removed")
    else:
        annotating.annotate(store, kind, place, text)
    return label
