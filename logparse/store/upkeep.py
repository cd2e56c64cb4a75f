"""Upkeep of a store: what is in it, whether it is whole, taking sources away, and fewer, larger files."""

from __future__ import annotations

import fnmatch
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from logparse.errors import UsageError, near
from logparse.store.contents import shown
from logparse.store.places import SCRATCH
from logparse.store.tables import TABLES, Store, file_of
from logparse.text.labels import many, shortened

KEEP_DAYS = 7.0
"""Files that no one refers to stay this long: for earlier versions, and for processes that are still reading."""
_MANY_PARTS = 40
_SMALL = 8 * 2**20
"""Bytes of all files of a part below which it is merged with others."""
_LARGE = 128 * 2**20
"""Bytes that are merged at once, which bounds the memory."""


@dataclass(frozen=True)
class Compacted:
    """What compaction did: parts before and after, and bytes of the files removed."""

    parts_before: int
    parts_after: int
    bytes_removed: int


def forget(store: Store, names: list[str]) -> list[str]:
    """Take sources away, and return their names. name: a path, the end of one, or a pattern with `*`, `?` or `[`.

    A run that is in another source too stays. Raises `UsageError` for a name that means no source or several.
    """
    gone: set[tuple[str, str]] = set()

    def without(current: pl.DataFrame) -> pl.DataFrame:
        keys = list(current.select("source", "ingest").iter_rows())
        if not gone:
            chosen = {source for name in names for source in _named(name, [source for source, _ in keys])}
            gone.update((source, ingest) for source, ingest in keys if source in chosen)
        return current.filter(pl.Series([source not in {s for s, _ in gone} for source, _ in keys], dtype=pl.Boolean))

    store.commit(without, f"forget: {shortened(names, 3)}")
    return sorted(shown(source) for source, _ in gone)


def _named(name: str, sources: list[str]) -> list[str]:
    path = os.path.abspath(name)
    if any(sign in name for sign in "*?["):
        found = [s for s in sources if fnmatch.fnmatchcase(s, path) or fnmatch.fnmatchcase(s, name)]
    else:
        found = [s for s in sources if s in (name, path)]
        found = found or [s for s in sources if s.startswith(os.path.join(path, ""))]
        found = found or [s for s in sources if s.endswith(f"/{name}")]
        if len(found) > 1 and not found[0].startswith(path):
            raise UsageError(f"{name!r} is ambiguous: {shortened(found, 5)}; give more of the path")
    if not found:
        hint = near(name, [shown(s) for s in sources], alike=0.4) or "logparse sources lists them"
        raise UsageError(f"no source of the store is called {name!r}; {hint}")
    return found


def check(store: Store) -> Iterator[str]:
    """Problems of a store, one line each: rows that are missing or too many, and files that cannot be read."""
    sources = store.sources()
    for name in TABLES:
        expected: Counter[tuple[str, str]] = Counter()
        for ingest, part, rows in sources.select("ingest", "part", "rows").unique("ingest").iter_rows():
            if rows[name]:
                expected[part, ingest] += rows[name]
        for part in sorted({part for part, _ in expected}):
            label = file_of(name, part)
            try:
                # Every value is read: a file whose footer is whole can be damaged inside.
                if not store.place.exists(label):
                    yield f"{label} is missing"
                    continue
                found = pl.read_parquet(store.place.url(label))["ingest"].value_counts()
            except (OSError, pl.exceptions.PolarsError) as error:
                yield f"{label} cannot be read: {str(error).partition(chr(10))[0]}"
                continue
            counts = dict(found.iter_rows())
            for (of_part, ingest), number in expected.items():
                if of_part == part and counts.get(ingest, 0) != number:
                    source = sources.filter(ingest=ingest)["source"][0]
                    yield f"{label} holds {counts.get(ingest, 0)} rows of {shown(source)}, not {number}"


def compact(store: Store, keep_days: float = KEEP_DAYS) -> Compacted:
    """Merge small parts, drop rows that no longer count, and remove files that no one has referred to for `keep_days`.

    Versions older than that can no longer be opened where their files are gone. Raises `UsageError` where the store
    cannot be written to.
    """
    before = store.sources()["part"].n_unique()
    for parts in _groups(store):
        _merge(store, parts)
    after = store.sources()
    removed = _remove_unreferenced(store, set(after["part"]), keep_days)
    return Compacted(before, after["part"].n_unique(), removed)


def compact_if_many_parts(store: Store) -> None:
    """Merge the small parts of a store once they are many. If that fails, the logs are kept all the same."""
    if store.sources()["part"].n_unique() < _MANY_PARTS:
        return
    try:
        compact(store)
    except UsageError:
        return


def _groups(store: Store) -> Iterator[list[str]]:
    """Parts to be rewritten together: small ones, and those that hold rows that no longer count."""
    live: dict[str, Counter[str]] = {}
    files = {file.name: file for file in store.place.files()}
    for part, rows in store.sources().unique("ingest").select("part", "rows").iter_rows():
        live.setdefault(part, Counter()).update(rows)
    group: list[str] = []
    size = 0
    wasteful = False
    for part, rows in live.items():
        sizes = {name: files[file].size for name in TABLES if (file := file_of(name, part)) in files}
        bytes = sum(sizes.values())
        scans = ((name, pl.scan_parquet(store.place.url(file_of(name, part)))) for name in sizes)
        dead = any(scan.select(pl.len()).collect().item() != rows[name] for name, scan in scans)
        if bytes >= _SMALL and not dead:
            continue
        if group and size + bytes > _LARGE:
            if len(group) > 1 or wasteful:
                yield group
            group, size, wasteful = [], 0, False
        group.append(part)
        size += bytes
        wasteful = wasteful or dead
    if len(group) > 1 or wasteful:
        yield group


def _merge(store: Store, parts: list[str]) -> None:
    """Write the rows of `parts` that count as one part, under new names of their ingests: readers that take all files
    of a folder then find each row once."""
    sources = store.sources().filter(pl.col("part").is_in(parts))
    old = sources["ingest"].unique(maintain_order=True)
    names = pl.DataFrame({"ingest": old, "new": [os.urandom(8).hex() for _ in old]})
    tables = {
        name: store.scan(name, sources)
        .join(names.lazy(), on="ingest", how="inner", maintain_order="left")
        .with_columns(pl.col("new").alias("ingest"))
        .select(list(columns))
        for name, columns in TABLES.items()
        if sources.filter(pl.col("rows").struct.field(name) > 0).height
    }
    part = store.write(tables.items())

    def moved(current: pl.DataFrame) -> pl.DataFrame:
        joined = current.join(names, on="ingest", how="left", maintain_order="left")
        return joined.with_columns(
            pl.when(pl.col("new").is_null()).then("part").otherwise(pl.lit(part)).alias("part"),
            pl.coalesce("new", "ingest").alias("ingest"),
        ).select(current.columns)

    store.commit(moved, f"compact: {many(len(parts), 'part')}")


def _remove_unreferenced(store: Store, live: set[str], keep_days: float) -> int:
    oldest = time.time() - keep_days * 86400
    removed = 0
    for file in store.place.files():
        folder, _, name = file.name.partition("/")
        is_live = Path(name).stem in live and name.endswith(".parquet")
        # Folders for what is too long for the memory stay where a process was killed.
        if file.modified <= oldest and ((folder in TABLES and not is_live) or folder.startswith(SCRATCH)):
            store.place.remove(file.name)
            removed += file.size
    return removed + store.vacuum(keep_days)
