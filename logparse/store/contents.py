"""The sources of a store as `Logs`: each run once, from its fullest copy, as if all sources had been read at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from logparse.arguments import OneOrMany
from logparse.errors import UsageError
from logparse.frames import copies, pictured
from logparse.grammar import Grammar, registry
from logparse.logs import Lines, Logs, SourceLines
from logparse.reading.blocks import LONG_BYTES, LongText, WholeNeededError
from logparse.reading.sources import LongFile, Stored, read_stored
from logparse.schema import FRAMES, SCHEMA_VERSION, TEXT, conform
from logparse.selection import find_run
from logparse.store import FOLDER
from logparse.store.annotating import of_runs
from logparse.store.tables import SESSION, TRANSCRIPT, Store, versions_in


def open(
    folder: str | os.PathLike[str] = FOLDER,
    *,
    as_of: int | datetime | None = None,
    grammars: OneOrMany[str | Path | Grammar] = (),
) -> Logs:
    """The logs that `ingest` kept in a store. A frame is read when it is first used; `Logs.lazy` gives it as a lazy
    frame. Nothing is written.

    Args:
        folder: the store.
        as_of: the store at an earlier version (`logparse store info` lists them) or at a time (UTC).
        grammars: one or several further grammars that the logs were read with, as `ingest` takes them: comparisons and
            findings ask them for chance levels and corrected labels.

    Raises:
        NoSuchInput: there is no store.
        UsageError: it was written by a newer logparse, is damaged, does not have that version, or holds logs that were
            read with an older schema.
    """
    store = Store(folder)
    if isinstance(as_of, datetime):
        as_of = _version_at(store, as_of)
    store = Store(folder, as_of)
    return logs_of(store, _shown_sources(store), registry.compiled(grammars))


def find_place(store: Store, name: str) -> Mapping[str, Any]:
    """The place of the run that `name` means (an id, a prefix of one, a label or part of one), with its label, as
    `annotating.annotate` takes it.

    Raises `UsageError` where no run or several runs match.
    """
    frames = _Frames(store, _shown_sources(store))
    run = find_run(frames["runs"], name)
    return frames.best.row(by_predicate=pl.col("run") == run["run"], named=True)


def _shown_sources(store: Store) -> pl.DataFrame:
    """The sources of a store under the names by which they are shown."""
    sources = store.sources()
    if (older := sources.filter(pl.col("schema_version") < SCHEMA_VERSION)).height:
        raise UsageError(
            f"{store.folder} holds {older.height} sources that an older logparse read, with other columns: ingest the "
            "stale sources again, and forget those whose log is gone"
        )
    names = [shown(name) for name in sources["source"]]
    return sources.with_columns(pl.Series("source", names, dtype=TEXT))


def shown(source: str) -> str:
    """The name of a source of a store as it is shown: relative if it is below the current folder."""
    folder = os.path.join(os.getcwd(), "")
    return source.removeprefix(folder) if source.startswith(folder) else source


def logs_of(
    store: Store, sources: pl.DataFrame, grammars: Sequence[Grammar], lines: Mapping[str, Lines] | None = None
) -> Logs:
    """The logs of some sources (rows of `sources` in a store, `source` as it is to be called, in order).

    lines: those of sources whose text is in memory.
    """
    frames = _Frames(store, sources)
    shared = _AllLines(store, sources)
    stored = {
        row["source"]: _StoredLines(row["source"], _path_of_text(row), row["sha256"], row["ingest"], shared)
        for row in sources.iter_rows(named=True)
        if row["ingest"]
    }
    read_at = dict(sources.filter(pl.col("read_at").is_not_null()).select("source", "read_at").iter_rows())
    return Logs(frames, grammars, frames.places, {**stored, **(lines or {})}, frames.annotations, read_at)


def _path_of_text(row: Mapping[str, Any]) -> str | None:
    """The file that the text of a source can be read from again; None where a person edited what was read."""
    return None if TRANSCRIPT in versions_in(row["read_with"]) else row["path"]


class _Frames(Mapping[str, pl.DataFrame]):
    """The frames of some sources, read when they are first used."""

    def __init__(self, store: Store, sources: pl.DataFrame) -> None:
        self._store, self._sources = store, sources
        self._read: dict[str, pl.DataFrame] = {}

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self._read:
            self._read[name] = self.lazy(name).collect()
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(FRAMES)

    def __len__(self) -> int:
        return len(FRAMES)

    def lazy(self, name: str) -> pl.LazyFrame:
        """The frame as a query."""
        if name in self._read:
            return self._read[name].lazy()
        if name == "sources":
            return conform("sources", self._sources).lazy()
        rows = self._of(name, self.best)
        if name == "evidence" and self._in_logs:
            return pl.concat([rows, self._differences.lazy()])
        return rows

    def _of(self, name: str, runs: pl.DataFrame) -> pl.LazyFrame:
        """The rows of these runs, which are as `best`."""
        columns = ["hash", "run", "ingest", "source", "source_index"]
        if name == "runs":
            columns += ["label", "copies"]
        rows = self._store.scan(name, self._sources).rename({"run": "hash"})
        best = runs.select(columns).lazy()
        if not self._sessions or name == "runs":
            joined = rows.join(best, on=["ingest", "hash"], maintain_order="left")
        else:
            # Rows of a run may be in each picture of its session.
            session = pl.col("ingest").replace(self._sessions).alias("session")
            best = best.with_columns(session).rename({"ingest": "ingest_of_run"})
            joined = rows.with_columns(session).join(best, on=["session", "hash"], maintain_order="left")
            names = dict(
                self._sources.filter(pl.col("ingest").is_in(list(self._sessions))).select("ingest", "source").rows()
            )
            own = pl.col("ingest").replace_strict(names, default=None, return_dtype=TEXT)
            joined = joined.with_columns(
                pl.when(pl.col("ingest") == pl.col("ingest_of_run")).then("source").otherwise(own).alias("source")
            )
        order = ["source_index", "line_first"] if name == "runs" else ["source_index"]
        return joined.sort(order, maintain_order=True).select(list(FRAMES[name]))

    @cached_property
    def _sessions(self) -> dict[str, str]:
        """Ingest of each picture that is read as one text with others -> its session."""
        read_with = self._sources.filter(pl.col("ingest").is_not_null()).select("ingest", "read_with").iter_rows()
        sessions = {ingest: versions_in(text).get(SESSION) for ingest, text in read_with}
        return {ingest: session for ingest, session in sessions.items() if session is not None}

    @cached_property
    def _in_logs(self) -> dict[str, str]:
        """Run in a picture -> the same run in a log."""
        if not pictured.has_both(self._sources):
            return {}
        return pictured.pairs_of(
            self._sources, *(self._with_pictures(name) for name in ("runs", "metrics", "evidence"))
        )

    @cached_property
    def _differences(self) -> pl.DataFrame:
        """What pictures show otherwise than the logs of the same runs, as rows of `evidence`."""
        frames = (self._with_pictures(name) for name in ("runs", "metrics", "evidence"))
        return pictured.differences(self._in_logs, *frames)

    def _with_pictures(self, name: str) -> pl.DataFrame:
        """A frame in which a run that is in a picture and in a log is there twice."""
        return self._of(name, copies.labelled(copies.fullest(self._copies))).collect()

    @cached_property
    def _copies(self) -> pl.DataFrame:
        """All places of all runs, with source_index and ingest."""
        order = (
            self._sources.select("ingest", "source", "origin", "sha256")
            .with_row_index("source_index")
            .filter(pl.col("ingest").is_not_null())
        )
        places = self._store.scan("places", self._sources).collect()
        return copies.with_ids(places.join(order, on="ingest").sort("source_index", "line_first"))

    @cached_property
    def best(self) -> pl.DataFrame:
        """The place of each run that is shown, with its label."""
        labels = self.annotations.filter(pl.col("kind") == "label", pl.col("run").is_not_null()).select("run", "text")
        best = copies.fullest(self._copies)
        if self._in_logs:
            best = best.with_columns(pictured.copies_with(self._in_logs, best))
            best = best.filter(~pl.col("run").is_in(list(self._in_logs)))
        return copies.labelled(best, dict(labels.iter_rows()))

    @cached_property
    def annotations(self) -> pl.DataFrame:
        """The annotations of the runs that are here, as `logs.ANNOTATIONS`."""
        annotations = of_runs(self._store.annotations(), self._copies)
        return annotations.with_columns(pl.col("run").replace(self._in_logs))

    @property
    def places(self) -> pl.DataFrame:
        """The places of all runs, as `copies.COPIES`."""
        places = self._copies.select(pl.col(name).cast(dtype) for name, dtype in copies.COPIES.items())
        return pictured.in_places(self._in_logs, places)


class _AllLines:
    """The lines in a store, read when the first is asked for."""

    def __init__(self, store: Store, sources: pl.DataFrame) -> None:
        self._store, self._sources = store, sources

    @cached_property
    def texts(self) -> dict[str, dict[int, str]]:
        """Ingest -> line -> text."""
        out: dict[str, dict[int, str]] = {}
        for ingest, line, text in self._store.scan("lines", self._sources).collect().iter_rows():
            out.setdefault(ingest, {})[line] = text
        return out

    @cached_property
    def kinds(self) -> dict[str, pl.DataFrame]:
        """Ingest -> line_first, line_last, kind."""
        rows = self._store.scan("line_kinds", self._sources).collect()
        return {str(key[0]): part for key, part in rows.partition_by("ingest", as_dict=True).items()}


class _StoredLines:
    """The lines of one source of a store; others than those it holds come from the log, as long as it is unchanged."""

    def __init__(self, source: str, path: str | None, sha256: str, ingest: str, shared: _AllLines) -> None:
        self.source, self.path, self.sha256, self.ingest, self.shared = source, path, sha256, ingest, shared

    def at(self, numbers: Iterable[int], raw: bool = False) -> dict[int, str]:
        """As `Logs.lines`."""
        wanted = sorted(set(numbers))
        kept = self.shared.texts.get(self.ingest, {})
        found = {number: kept[number] for number in wanted if number in kept}
        if (raw or len(found) < len(wanted)) and self._stored is not None:
            return _lines_of(self._stored, wanted, raw)
        return found

    def kinds(self) -> dict[int, str]:
        """As `Logs.kinds`."""
        if (stretches := self.shared.kinds.get(self.ingest)) is None:
            return {}
        words = {1: "known", 2: "read"}
        return {
            n: words[kind]
            for first, last, kind in stretches.select("line_first", "line_last", "kind").iter_rows()
            for n in range(first, last + 1)
        }

    @cached_property
    def _stored(self) -> Stored | None:
        """The log itself, if it is there and unchanged."""
        if self.path is None or not os.path.isfile(self.path):
            return None
        stored = next(read_stored(Path(self.path), long=LONG_BYTES))
        return stored if stored.trouble is None and stored.sha256 == self.sha256 else None


def _lines_of(stored: Stored, numbers: list[int], raw: bool) -> dict[int, str]:
    """Lines of a log."""
    if isinstance(stored, LongFile):
        try:
            return LongText(stored).at(numbers, raw)
        except WholeNeededError:
            pass
    source = stored.source()
    return SourceLines(source.text, None, source.unmasked).at(numbers, raw)


def _version_at(store: Store, time: datetime) -> int:
    versions = store.versions().filter(pl.col("at") <= time)
    if not versions.height:
        raise UsageError(f"{store.folder} has no version of {time:%Y-%m-%d %H:%M} or earlier")
    return int(versions["version"][0])
