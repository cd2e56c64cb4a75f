"""Many logs on a Dask cluster: each worker reads some files into one store, which all machines share.

Dask does the distributing. A store takes the same file twice as once, and a task commits what it has read batch by
batch. So a task that is run twice, a worker that dies and a scheduler that goes away lose and double nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from logparse.arguments import OneOrMany, as_tuple
from logparse.errors import UsageError
from logparse.grammar import Grammar
from logparse.pipeline import Progress, ingest_into
from logparse.reading.sources import Input, expand
from logparse.store.tables import Store

TASK_BYTES = 16 * 2**20
"""Files are read in one task until they are this long together."""
TASK_FILES = 200
"""Most files of a task."""
_RETRIES = 3
"""How often a task whose worker died is given to another one."""


def ingest_on(
    address: str,
    store: Store,
    paths: OneOrMany[Input],
    grammars: OneOrMany[str | Path | Grammar] = (),
    files_from: Input | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Read files into a store on the Dask cluster with a scheduler at `address`, and return why tasks failed: what they
    were to read is not in the store. Streams and bytes are left out.

    The files and the store must have the same paths on all machines. Other arguments as `pipeline.ingest_into`.

    Raises:
        NoSuchInput: a path does not exist, or a glob matches nothing.
        UsageError: Dask is not installed, or the scheduler cannot be reached or goes away.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise UsageError("a Dask cluster needs the package distributed: pip install 'logparse[dask]'") from None
    files = [item for item in expand(paths, files_from=files_from) if isinstance(item, Path)]
    groups = list(_groups(files))
    folder = os.path.abspath(store.folder)
    further = [os.path.abspath(g) if isinstance(g, str | Path) else g for g in as_tuple(grammars)]
    failed = []
    done = 0
    try:
        with Client(address, timeout="10s", set_as_default=False) as client:
            futures = client.map(_ingest, groups, store=folder, grammars=further, retries=_RETRIES, pure=False)
            sizes = dict(zip((future.key for future in futures), map(_size, groups), strict=True))
            for future in as_completed(futures, loop=client.loop):
                if future.status == "cancelled":
                    raise OSError("the connection was lost")
                if (error := future.exception()) is not None:
                    failed.append(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")
                done += sizes[future.key]
                if progress:
                    progress(done, f"on {address}")
    except OSError as error:
        raise UsageError(
            f"the Dask scheduler {address} cannot be reached or went away ({error or type(error).__name__}): what was "
            "read is kept, and the same command again reads the rest"
        ) from None
    return failed


def _ingest(paths: Sequence[str], store: str, grammars: Sequence[Any]) -> int:
    """What a worker does: read some files into the store, and return how many it holds of them."""
    return ingest_into(Store.create(store), list(paths), grammars).kept


def _groups(files: Sequence[Path]) -> Iterator[list[str]]:
    """The absolute paths of the files of each task."""
    group: list[str] = []
    size = 0
    for file in files:
        group.append(os.path.abspath(file))
        size += _size([str(file)])
        if size >= TASK_BYTES or len(group) >= TASK_FILES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _size(paths: Sequence[str]) -> int:
    """Bytes of the files that are there."""
    return sum(os.stat(path).st_size for path in paths if os.path.exists(path))
