"""The store: frames kept in a folder, each source read once. `logparse.open` gives its logs back.

places.py       where its files are: in a folder, or in object storage
tables.py       what is on disk: immutable Parquet files, and the Delta table `sources`, whose commits decide
intake.py       what happens to each input: unchanged, moved, grown, new
lines.py        which lines are kept
annotating.py   labels, notes and baselines of runs
contents.py     the sources of a store as `Logs`
upkeep.py       info, check, forget, compact
"""

from __future__ import annotations

import os

MANIFEST = "store.json"
FOLDER = ".logparse"
"""The store of the current folder."""


def is_store(folder: str | os.PathLike[str]) -> bool:
    """Whether the folder, or the URL, is a store."""
    if "://" in os.fspath(folder):
        from logparse.store.places import place_of

        return place_of(folder).exists(MANIFEST)
    return os.path.isfile(os.path.join(folder, MANIFEST))
