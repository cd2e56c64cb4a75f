"""Many logs on a Dask cluster: each worker reads some files into one store, which all machines share.

Dask does the distributing. A store takes the same file twice as once, and a task commits what it has read batch by
batch. So a task that is run twice, a worker that dies and a scheduler that goes away lose and double nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from logparse.arguments import OneOrMany, as_tuple
from logparse.errors import UsageError
from logparse.grammar import Grammar
from logparse.pipeline import Progress, ingest_into
from logparse.reading.sources import Input, expand
from logparse.store.places import is_url
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
    """Read files into a store on a Dask cluster, and return why tasks failed: what they were to read is not in the
    store. Streams and bytes are left out.

    address: of the scheduler, or `slurm`, `pbs`, `slurm:8`: workers are started as that many jobs of the batch system
    (one by default), as the configuration of dask-jobqueue describes them.

    The files and the store must have the same paths on all machines. Other arguments as `pipeline.ingest_into`.

    Raises:
        NoSuchInput: a path does not exist, or a glob matches nothing.
        UsageError: Dask is not installed, the scheduler cannot be reached or goes away, or jobs cannot be submitted.
    """
    try:
        from distributed import as_completed
    except ImportError:
        raise UsageError("a Dask cluster needs the package distributed: pip install 'logparse[dask]'") from None
    files = [item for item in expand(paths, files_from=files_from) if isinstance(item, Path)]
    groups = list(_groups(files))
    folder = store.folder if is_url(store.folder) else os.path.abspath(store.folder)
    further = [os.path.abspath(g) if isinstance(g, str | Path) else g for g in as_tuple(grammars)]
    failed = []
    done = 0
    try:
        with _client(address) as client:
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


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """A client of the scheduler at an address, or of jobs of a batch system, which end with it."""
    from distributed import Client

    system, _, jobs = address.partition(":")
    if system not in BATCH_SYSTEMS:
        with Client(address, timeout="10s", set_as_default=False) as client:
            yield client
        return
    if not (jobs or "1").isdigit() or int(jobs or 1) < 1:
        raise UsageError(f"{address}: the number of jobs is a whole number, as in {system}:8")
    if shutil.which(BATCH_SYSTEMS[system]) is None:
        raise UsageError(f"jobs cannot be submitted to {system}: there is no {BATCH_SYSTEMS[system]} on this machine")
    with cluster_of_jobs(system) as cluster, Client(cluster, set_as_default=False) as client:
        cluster.scale(jobs=int(jobs or 1))
        yield client


BATCH_SYSTEMS = {"slurm": "sbatch", "pbs": "qsub"}
"""The batch systems in whose jobs workers can run, and the program that submits a job."""
_JOB = {"cores": 1, "memory": "2GB"}
"""A job, where the configuration does not say how large it is."""


def cluster_of_jobs(system: str) -> Any:
    """A Dask cluster whose workers are jobs of a batch system, none of which is submitted yet.

    Raises `UsageError` where dask-jobqueue is not installed.
    """
    try:
        import dask

        jobqueue = import_module("dask_jobqueue")
    except ImportError:
        raise UsageError(f"{system} needs the package dask-jobqueue: pip install 'logparse[dask]'") from None
    size = {name: value for name, value in _JOB.items() if dask.config.get(f"jobqueue.{system}.{name}") is None}
    return {"slurm": jobqueue.SLURMCluster, "pbs": jobqueue.PBSCluster}[system](**size)


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
