"""What happens to each input of an ingest into a store.

    the same content at the same path       nothing: it is there
    the same content at another path        a second source with the same rows, or the same source if the file moved
    a file that has grown                   is read; its rows replace those from before
    a file that was overwritten             is read; what it held before stays, as `PATH@HASH`
    anything else                           is read

Contents are compared by their hash, so what is known costs no parsing.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from logparse.frames.join import Part, join
from logparse.grammar import Grammar
from logparse.logs import Lines, Logs, SourceLines
from logparse.reading.scan import Batch
from logparse.reading.sources import Source, Stored
from logparse.schema import SCHEMA_VERSION, TEXT
from logparse.store.contents import logs_of
from logparse.store.lines import MetricEnds, cited_lines, line_kinds
from logparse.store.tables import SESSION, SOURCES, TABLES, TRANSCRIPT, Store, versions_in
from logparse.text.labels import many

_PIECE_ROWS = 2**15
"""Rows of `metrics` of a long log that are given to polars at once."""
_TEXT_KEPT = 64 * 2**20
"""Bytes of text of the logs just read that stay in memory, for what is printed about them."""


def read_with(grammars: Iterable[Grammar], further: Mapping[str, str]) -> str:
    """What logs are read with: logparse, the schema and the grammars, with their versions."""
    versions = {"logparse": version("logparse"), "schema": str(SCHEMA_VERSION)}
    versions |= {grammar.name: grammar.version for grammar in grammars} | dict(further)
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _further(grammars: Iterable[str | Path | Grammar]) -> dict[str, str]:
    """Names and versions of grammars that are not installed; for a file its hash, since files change without a
    version."""
    out = {}
    for grammar in grammars:
        if isinstance(grammar, Grammar):
            out[grammar.name] = grammar.version
        else:
            content = hashlib.sha256(Path(grammar).read_bytes()).hexdigest()
            out[re.sub("[ ,]", "_", Path(grammar).name)] = content[:8]
    return out


def is_stale(row: Mapping[str, Any], now: str) -> bool:
    """Whether a source was read with another version of logparse or of a grammar, and can be read as it was: with all
    grammars that it was read with."""
    then, available = versions_in(row["read_with"]), versions_in(now)
    then.pop(SESSION, None)
    return then != available and then.keys() <= available.keys()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an input is: the name of its source in the store, and the path of a file without links."""

    source: str
    path: str | None


class Intake:
    """One ingest into a store. Each input is offered to `has`; those that it does not have are read, and given to
    `keep` batch by batch; `finish` makes the rest count."""

    def __init__(
        self,
        store: Store,
        grammars: Sequence[Grammar],
        further: Iterable[str | Path | Grammar] = (),
        stale: bool = False,
    ) -> None:
        """grammars: all; further: those of them that are not installed. stale: whether to read again what was read
        with other versions."""
        self.store, self.grammars, self.stale = store, grammars, stale
        self._further = _further(further)
        self.read_with = read_with(grammars, self._further)
        self.before = store.sources()
        self.rows = self.before
        known = self.before.to_dicts()
        self._by_path = {row["path"]: row for row in known if row["path"]}
        self._by_hash: dict[str, list[dict[str, Any]]] = {}
        for row in known:
            self._by_hash.setdefault(row["sha256"], []).append(row)
        self._given: list[tuple[str, str | None, str]] = []  # name, path, hash
        self._unknown: dict[str, _Place] = {}
        self._unread: list[pl.DataFrame] = []
        self._known: list[dict[str, Any]] = []
        self._overwritten: set[tuple[str, str]] = set()
        self._lines: dict[str, Lines] = {}
        self._text_kept = 0
        self.kept = 0
        """How many of the inputs are in the store by now."""
        self.counts = {"new": 0, "changed": 0, "unchanged": 0, "moved or copied": 0, "not readable": 0}

    def stale_paths(self) -> list[str]:
        """The files that an older grammar read and that are still there."""
        rows = [row for row in self.before.to_dicts() if row["path"] and is_stale(row, self.read_with)]
        # The pictures of a session are read again all together.
        gone = {_session_of(row) for row in rows if not os.path.exists(row["path"])} - {None}
        return [row["source"] for row in rows if os.path.exists(row["path"]) and _session_of(row) not in gone]

    # ---- what is known ---- #

    def has(self, stored: Stored) -> bool:
        """Whether the store has the content of an input already; then it need not be read."""
        path = os.path.realpath(stored.path) if stored.path else None
        self._given.append((stored.name, path, stored.sha256))
        if stored.trouble is not None:
            return False
        row = self._by_path.get(path) if path else None
        twins = [row for row in self._by_hash.get(stored.sha256, ()) if self._is_good(row) or _is_left(row, stored)]
        if any(row["path"] == path and not _has_text_of(row, stored) for row in twins):
            twins = []
        twin = next((row for row in twins if _has_text_of(row, stored)), None)
        if twin is not None and (path is None or (row is not None and row["sha256"] == stored.sha256)):
            self.counts["unchanged"] += 1
            self.kept += 1
            return True
        if row is not None and stored.sha256_of_first(row["bytes"]) != row["sha256"]:
            self._overwritten.add((str(path), row["sha256"]))
        if twin is not None:
            self.counts["moved or copied"] += 1
            self._known.append({"path": path, "source": _absolute(stored), "sha256": stored.sha256})
            return True
        # Not the input itself, whose text would stay in memory until all are read.
        self._unknown[stored.name] = _Place(_absolute(stored), path)
        self.counts["changed" if row is not None else "new"] += 1
        return False

    def _is_good(self, row: Mapping[str, Any]) -> bool:
        """Whether what the store has need not be read again."""
        if self.stale and is_stale(row, self.read_with):
            return False
        return (
            row["schema_version"] == SCHEMA_VERSION and self._further.items() <= versions_in(row["read_with"]).items()
        )

    # ---- what is new ---- #

    def scratch(self) -> AbstractContextManager[Path]:
        """A folder for what is too long for the memory while a log is read."""
        return self.store.scratch()

    def keep(self, sources: Sequence[Source], part: Part) -> None:
        """Keep what was read from some sources.

        Raises `UsageError` where the store cannot be written to; what was kept before stays.
        """
        kinds, long = part.kinds, part.long
        frames, places = join([part], apart=True)
        lines: dict[str, Lines] = {source.name: SourceLines(source.text) for source in sources}
        if long is None:
            self._remember(sources, kinds)
        else:
            lines = dict.fromkeys(lines, long.lines)
        unreadable = pl.col("status") == "unreadable"
        if (bad := frames["sources"].filter(unreadable)).height:
            self._unread.append(bad)
            self.counts["not readable"] += bad.height
            self.counts["new"] -= sum(name in self._unknown for name in bad["source"])
        rows = frames["sources"].filter(~unreadable)
        if not rows.height:
            return
        ids = pl.DataFrame({"source": rows["source"], "ingest": [os.urandom(8).hex() for _ in range(rows.height)]})
        tables = {name: frame for name, frame in frames.items() if name != "sources"}
        tables |= {"places": places, "line_kinds": line_kinds(kinds)}
        ends = MetricEnds()
        ends.add(frames["metrics"])
        of_long = None if long is None else _LongMetrics(long.metrics_of(rows["source"][0]), ids, ends)

        def written() -> Iterator[tuple[str, pl.LazyFrame]]:
            if of_long is not None:
                yield "metrics", of_long.table()
            # Which lines the metrics of a long log cite is known once they are written.
            tables["lines"] = cited_lines(frames, ends, lines, kinds)
            yield from ((name, _of_ingest(name, frame.lazy(), ids)) for name, frame in tables.items() if frame.height)

        written_part = self.store.write(written())
        counts = _rows_of_each(tables, ids["source"])
        if of_long is not None:
            counts = pl.Series("rows", [{**counts[0], "metrics": of_long.rows}], dtype=SOURCES["rows"])
        stored = [self._unknown[name] for name in rows["source"]]
        read_with = self._read_with(sources)
        now = datetime.now(UTC).replace(tzinfo=None)
        rows = rows.join(ids, on="source", maintain_order="left").with_columns(
            pl.Series("path", [place.path for place in stored], dtype=pl.String),
            pl.Series("source", [place.source for place in stored]),
            part=pl.lit(written_part),
            origin=pl.col("ingest"),
            read_at=pl.lit(now),
            read_with=pl.Series([read_with[name] for name in rows["source"]], dtype=pl.String),
            schema_version=pl.lit(SCHEMA_VERSION),
            rows=counts,
        )
        new = rows.select(pl.col(name).cast(dtype) for name, dtype in SOURCES.items())
        self.rows = self.store.commit(lambda current: self._with(current, new), f"ingest: {many(new.height, 'source')}")
        self.kept += new.height

    def _read_with(self, sources: Sequence[Source]) -> dict[str, str]:
        """Name of each source -> what it was read with: the edits of a person in its transcript, and other pictures of
        its session, included."""
        heads = Batch.of(sources).heads
        sessions: dict[int, list[str]] = {}
        for source, head in zip(sources, heads, strict=True):
            sessions.setdefault(head, []).append(source.sha256)
        out: dict[str, str] = {}
        for source, head in zip(sources, heads, strict=True):
            session = sessions[head]
            edits = source.picture and source.picture.edits
            further = {TRANSCRIPT: edits, SESSION: _session(session) if len(session) > 1 else None}
            parts = [self.read_with, *(f"{name} {value}" for name, value in further.items() if value is not None)]
            out[source.name] = ", ".join(parts)
        return out

    def finish(self) -> None:
        """Make known contents count under their further paths."""
        if self._known:
            self.rows = self.store.commit(self._with_known, f"ingest: {many(len(self._known), 'known content')}")
            self.kept += len(self._known)

    def _remember(self, sources: Sequence[Source], kinds: Mapping[str, pl.Series]) -> None:
        for source in sources:
            if self._text_kept + len(source.text) <= _TEXT_KEPT:
                self._text_kept += len(source.text)
                self._lines[source.name] = SourceLines(source.text, kinds.get(source.name), source.unmasked)

    def _with(self, current: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
        """`current` with the rows of `new`, which replace those of the same path."""
        before: dict[str, dict[str, Any]] = {row["path"]: row for row in current.to_dicts() if row["path"]}
        streams = set(current.filter(pl.col("path").is_null())["sha256"])
        dropped, overwritten, added = set(), set(), []
        for row in new.to_dicts():
            old = before.get(row["path"])
            if old is None:
                if row["path"] is None and row["sha256"] in streams and not self.stale:
                    continue
                added.append(row)
                continue
            if old["ingest"] != (self._by_path.get(row["path"]) or {}).get("ingest"):
                # Another process read the file in the meantime: the same content, or more of it.
                same = old["sha256"] == row["sha256"] and self._is_good(old)
                if same or (old["bytes"] > row["bytes"] and old["sha256"] != row["sha256"]):
                    continue
            if old["sha256"] != row["sha256"] and (row["path"], old["sha256"]) in self._overwritten:
                overwritten.add((old["ingest"], row["path"]))
            else:
                dropped.add(row["path"])
                row["origin"] = old["origin"]
            added.append(row)
        return _in_order([*_changed(current, dropped, overwritten), *added])

    def _with_known(self, current: pl.DataFrame) -> pl.DataFrame:
        rows = current.to_dicts()
        for known in self._known:
            by_path = {row["path"]: row for row in rows if row["path"]}
            twins = [row for row in rows if row["sha256"] == known["sha256"]]
            old = by_path.get(known["path"])
            if not twins or (old is not None and old["sha256"] == known["sha256"]):
                continue
            if old is not None:
                if (known["path"], old["sha256"]) in self._overwritten:
                    old.update(_earlier_content(old))
                else:
                    rows.remove(old)
            gone = next((row for row in twins if _is_gone(row["path"])), None)
            place = {"source": known["source"], "path": known["path"]}
            if gone is not None:
                gone.update(place)
            else:
                rows.append({**twins[0], **place})
        return _in_order(rows)

    # ---- what was given ---- #

    def logs(self) -> Logs:
        """The logs of the inputs, under the names by which they were given."""
        return logs_of(self.store, self._sources(), self.grammars, self._lines)

    def metrics(self) -> int:
        """How many rows of `metrics` the inputs have."""
        return int(self._sources()["rows"].struct.field("metrics").sum())

    def _sources(self) -> pl.DataFrame:
        rows = self.rows.to_dicts()
        by_path = {row["path"]: row for row in rows if row["path"]}
        by_hash = {row["sha256"]: row for row in rows}
        unread = {row["source"]: row for frame in self._unread for row in frame.to_dicts()}
        chosen = []
        for name, path, sha256 in self._given:
            row = unread.get(name) or (by_path.get(path) if path else by_hash.get(sha256))
            if row is not None:
                chosen.append({**row, "source": name})
        return pl.DataFrame(chosen, schema=SOURCES, orient="row") if chosen else pl.DataFrame(schema=SOURCES)

    def summary(self) -> str:
        """One line: `3 new, 8 unchanged`."""
        return ", ".join(f"{number} {what}" for what, number in self.counts.items() if number) or "nothing"


def _session(hashes: Iterable[str]) -> str:
    return "+".join(sha256[:12] for sha256 in hashes)


def _session_of(row: Mapping[str, Any]) -> str | None:
    return versions_in(row["read_with"]).get(SESSION)


def _is_left(row: Mapping[str, Any], stored: Stored) -> bool:
    """Whether a source stays as it is, since not all pictures of its session are given."""
    before = _session_of(row)
    return before is not None and not set(before.split("+")) <= set(_session(stored.session).split("+"))


def _has_text_of(row: Mapping[str, Any], stored: Stored) -> bool:
    """Whether a source was read with the same edits of a person and in the same session, as far as an input says."""
    then = versions_in(row["read_with"])
    edits = stored.text_read.picture.edits if stored.text_read and stored.text_read.picture else None
    if stored.is_transcribed and then.get(TRANSCRIPT) != edits:
        return False
    if not stored.session or (TRANSCRIPT in then and not stored.is_transcribed):
        return True
    return then.get(SESSION) == _session(stored.session) or _is_left(row, stored)


def _absolute(stored: Stored) -> str:
    """The name of a source in a store."""
    if stored.path is None:
        return f"{stored.name} {stored.sha256[:12]}"
    return os.path.abspath(stored.path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _is_gone(path: str | None) -> bool:
    """Whether a file is no longer there; one whose name is no text cannot be looked for."""
    return path is None or ("\ufffd" not in path and not os.path.lexists(path))


def _changed(current: pl.DataFrame, dropped: set[str], overwritten: set[tuple[str, str]]) -> Iterable[dict[str, Any]]:
    """The rows without those of the paths `dropped`; those of the ingests and paths `overwritten` keep no path."""
    for row in current.to_dicts():
        if (row["ingest"], row["path"]) in overwritten:
            yield _earlier_content(row)
        elif row["path"] not in dropped:
            yield row


def _earlier_content(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a source whose file now holds something else."""
    return {**row, "source": f"{row['source']}@{row['sha256'][:8]}", "path": None}


def _in_order(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Rows of `sources` in the order in which folders are read: a folder is sorted by name, with what is below it."""
    ordered = sorted(rows, key=lambda row: (row["source"].startswith("<"), row["source"].split("/")))
    return pl.DataFrame(ordered, schema=SOURCES, orient="row")


class _LongMetrics:
    """The rows of `metrics` of a long log: they need not be in memory as a whole, and are read once."""

    def __init__(self, pieces: Iterator[pl.DataFrame], ids: pl.DataFrame, ends: MetricEnds) -> None:
        """ids: source and ingest. ends: of the rows that were read."""
        self._pieces, self._ids, self._ends = pieces, ids, ends
        self.rows = 0
        """How many were read."""

    def table(self) -> pl.LazyFrame:
        """The rows as those of the table, as a query that can be run once."""
        from polars.io.plugins import register_io_source

        def read(
            columns: list[str] | None, predicate: pl.Expr | None, limit: int | None, batch_size: int | None
        ) -> Iterator[pl.DataFrame]:
            for piece in self._pieces:
                self.rows += piece.height
                self._ends.add(piece)
                # Several of these are in memory at once.
                for rows in piece.iter_slices(_PIECE_ROWS):
                    written = _of_ingest("metrics", rows.lazy(), self._ids).collect(engine="in-memory")
                    written = written.select(columns) if columns is not None else written
                    yield written.filter(predicate) if predicate is not None else written

        return register_io_source(read, schema=TABLES["metrics"])


def _of_ingest(name: str, frame: pl.LazyFrame, ids: pl.DataFrame) -> pl.LazyFrame:
    """Rows of a frame with `ingest` in place of the source, as `TABLES`."""
    if ids.height == 1:
        ingest = pl.lit(ids["ingest"][0], TEXT)
    else:
        ingest = pl.col("source").replace_strict(ids["source"], ids["ingest"], return_dtype=TEXT)
    rows = frame.with_columns(ingest.alias("ingest"))
    return rows.select(pl.col(column).cast(dtype) for column, dtype in TABLES[name].items())


def _rows_of_each(tables: Mapping[str, pl.DataFrame], sources: pl.Series) -> pl.Series:
    """How many rows of each table each source has."""
    counts = {name: dict(rows["source"].value_counts().iter_rows()) for name, rows in tables.items()}
    rows = [{name: counts[name].get(source, 0) for name in TABLES} for source in sources]
    return pl.Series("rows", rows, dtype=SOURCES["rows"])
