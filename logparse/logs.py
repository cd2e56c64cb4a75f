"""The frames that `ingest` gives, and the lines they come from."""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast, overload

import polars as pl

from logparse import storage
from logparse.arguments import OneOrMany, as_tuple
from logparse.errors import UsageError, nearest
from logparse.frames import copies, pictured
from logparse.grammar import Grammar, registry
from logparse.schema import COLUMNS, FRAMES, TEXT, TIME, conform
from logparse.selection import find_runs, labels_of_settings

if TYPE_CHECKING:
    import pandas as pd

_KINDS = {1: "known", 2: "read"}
ANNOTATIONS: dict[str, pl.DataType] = {"run": TEXT, "kind": TEXT, "text": TEXT, "at": TIME}
"""What users of a store wrote about runs. run: null where the run is not in the store (any more). kind: `label`, `note`
or `baseline`. text: the label, the note, the name of the baseline. at: when (UTC)."""


class Lines(Protocol):
    """The lines of one source."""

    def at(self, numbers: Iterable[int], raw: bool = False) -> dict[int, str]:
        """Lines by number, as `Logs.lines`."""

    def kinds(self) -> dict[int, str]:
        """As `Logs.kinds`."""


@dataclass(frozen=True)
class SourceLines:
    """The lines of a source whose text is in memory.

    text: clean text. line_kinds: what became of each line, as `coverage.Coverage`. unmasked: the lines in which keys or
    passwords are masked, as they were.
    """

    text: bytes
    line_kinds: pl.Series | None = None
    unmasked: Mapping[int, str] = field(default_factory=dict, repr=False)

    def at(self, numbers: Iterable[int], raw: bool = False) -> dict[int, str]:
        """Lines by number, as `Logs.lines`."""
        text = self.text
        unmasked = self.unmasked if raw else {}
        out: dict[int, str] = {}
        at, line = 0, 1
        for number in sorted(set(numbers)):
            while line < number and at >= 0:
                at = text.find(b"\n", at) + 1
                line += 1
                if at == 0:
                    return out
            if number > 0 and at < len(text):
                end = text.find(b"\n", at)
                masked = text[at : end if end >= 0 else len(text)].decode()
                out[number] = unmasked.get(number, masked)
        return out

    def kinds(self) -> dict[int, str]:
        """As `Logs.kinds`."""
        return {} if self.line_kinds is None else {n: _KINDS[k] for n, k in enumerate(self.line_kinds, start=1) if k}

    def __getstate__(self) -> dict[str, Any]:
        # A pickle is given to others: what is masked stays masked.
        return {**self.__dict__, "unmasked": {}}


class _Frame:
    """A frame as an attribute: it is read when it is first used, where the logs are in a store."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, logs: Logs | None, owner: type) -> pl.DataFrame:
        if logs is None:
            raise AttributeError(self.name)
        return logs._frames[self.name]


class Logs:
    """The runs found in some logs, as polars frames.

    runs, evidence, phases, metrics, params, messages, sources: one frame each, with the columns of
    `logparse.schema.COLUMNS`, which gives their units and meanings too; the schema is the same with no row as with
    many. A `Logs` does not change: `only` and `+` return new ones. It can be pickled.
    """

    runs = _Frame()
    evidence = _Frame()
    phases = _Frame()
    metrics = _Frame()
    params = _Frame()
    messages = _Frame()
    sources = _Frame()

    def __init__(
        self,
        frames: Mapping[str, pl.DataFrame],
        grammars: Sequence[Grammar] = (),
        places: pl.DataFrame | None = None,
        lines: Mapping[str, Lines] | None = None,
        annotations: pl.DataFrame | None = None,
        read_at: Mapping[str, datetime] | None = None,
    ) -> None:
        self._frames = frames
        self.grammars = tuple(grammars)
        """The grammars the logs were read with."""
        self._places = copies.one_place_each(self.runs) if places is None else places
        """Where every copy of every run is, with the columns of `COPIES`."""
        self._lines = dict(lines or {})
        self.annotations = pl.DataFrame(schema=ANNOTATIONS) if annotations is None else annotations
        """Labels, notes and baselines, where the logs are in a store, with the columns of `ANNOTATIONS`."""
        self.read_at = dict(read_at or {})
        """Source -> when it was read (UTC), where the logs are in a store."""

    def frames(self) -> dict[str, pl.DataFrame]:
        """All frames by name."""
        return {name: self._frames[name] for name in FRAMES}

    def lazy(self, frame: str) -> pl.LazyFrame:
        """The named frame as a lazy frame. Where the logs are in a store, a query on it reads only what it needs.

        Raises `UsageError` where there is no such frame.
        """
        if frame not in FRAMES:
            raise UsageError(f"there is no frame {frame!r}; {nearest(frame, FRAMES)}")
        scan: Callable[[str], pl.LazyFrame] | None = getattr(self._frames, "lazy", None)
        return scan(frame) if scan else self._frames[frame].lazy()

    def lines(self, source: str, numbers: Iterable[int], raw: bool = False) -> dict[int, str]:
        """Physical lines of `source` by number (from 1), as the reader gives them: "\\r" marks where the terminal
        wrote over, and keys and passwords are masked, unless `raw` is set.

        A number beyond the end is left out; so are all where the logs were read from a folder of frames, which holds
        no text. A store holds the lines that values come from, and finds others only while the log is there and
        unchanged. Raises `KeyError` where there is no such source.
        """
        if (lines := self._lines.get(str(source))) is not None:
            return lines.at(numbers, raw)
        if str(source) not in self.sources["source"]:
            raise KeyError(source)
        return {}

    def kinds(self, source: str) -> dict[int, str]:
        """Line number -> "read" (a value was taken) or "known" (a rule names it); lines that no rule read are left
        out."""
        lines = self._lines.get(str(source))
        return {} if lines is None else lines.kinds()

    # ---- some of them, more of them ---- #

    def only(self, runs: OneOrMany[str] | pl.Expr) -> Logs:
        """The logs with some of the runs only, in all frames; `sources` keeps those that hold one of them.

        Args:
            runs: one or several names or patterns of labels, ids or source paths (`"mnist*"`), or a predicate over the
                frame `runs` (`pl.col("train_s") > 100`).

        Raises:
            UsageError: a name means no run, or several; the predicate is not valid.

        A predicate that is true of no run gives logs without runs.
        """
        if isinstance(runs, pl.Expr):
            try:
                ids = set(self.runs.filter(runs)["run"])
            except pl.exceptions.PolarsError as error:
                raise UsageError(f"this predicate cannot select runs: {str(error).partition(chr(10))[0]}") from None
        else:
            names: tuple[str, ...] = as_tuple(runs)
            ids = {run for name in names for run in find_runs(self.runs, name)}
        chosen = pl.col("run").is_in(list(ids))
        places = self._places.filter(chosen)
        frames = {name: frame.filter(chosen) for name, frame in self.frames().items() if name != "sources"}
        # The text of a run may be in several pictures.
        named = pl.concat([places["source"], frames["evidence"]["source"].cast(TEXT).drop_nulls()]).unique()
        kept = self.sources.filter(pl.col("source").is_in(named.implode()))
        names_kept = set(kept["source"])
        return Logs(
            {**frames, "sources": kept},
            self.grammars,
            places,
            {name: lines for name, lines in self._lines.items() if name in names_kept},
            self.annotations.filter(chosen),
            {name: at for name, at in self.read_at.items() if name in names_kept},
        )

    def labelled(self, template: str) -> Logs:
        """The logs with runs that are called by their settings, in tables, charts and sentences.

        Args:
            template: a text with columns of `runs` in braces: `"{batch_size} × {ranks}"`. `?` stands for what no log
                states; runs that would have the same label are distinguished by their name. Labels of a store are kept.

        Raises:
            UsageError: the template is not valid, or names no column of `runs`.
        """
        labels = pl.Series("label", labels_of_settings(self.runs, template), dtype=pl.String)
        runs = {"runs": self.runs.with_columns(labels)}
        others = cast("dict[str, pl.DataFrame]", self._frames)  # which are only read
        return Logs(ChainMap(runs, others), self.grammars, self._places, self._lines, self.annotations, self.read_at)

    def __add__(self, more: Logs) -> Logs:
        """Both logs together, as if all sources had been read at once: a run that is in both is there once, from its
        fullest copy. A source of the same name and content counts once; another of the same name is numbered."""
        if not isinstance(more, Logs):
            return NotImplemented
        more = more._with_sources_renamed(self)
        sources = pl.concat([self.sources, more.sources]).unique("source", keep="first", maintain_order=True)
        order = sources.select("source", "sha256").with_row_index("source_index")
        places = (
            pl.concat([self._places.with_columns(part=0), more._places.with_columns(part=1)])
            .unique(["hash", "source", "line_first"], keep="first", maintain_order=True)
            .rename({"run": "was"})
            .join(order, on="source", how="left", maintain_order="left")
        )
        places = pictured.with_logs(copies.with_ids(places))
        annotations = pl.concat(
            logs.annotations.with_columns(pl.col("run").replace(dict(ids.select("was", "run").iter_rows())))
            for part, logs in enumerate((self, more))
            for ids in [places.filter(pl.col("part") == part)]
        ).unique(maintain_order=True)
        labels = annotations.filter(pl.col("kind") == "label", pl.col("run").is_not_null()).select("run", "text")
        given = dict(labels.iter_rows())
        best = copies.labelled(copies.fullest(places), given)
        parts = [(logs, best.filter(pl.col("part") == part)) for part, logs in enumerate((self, more))]
        frames = {
            name: pl.concat(_renumbered(getattr(logs, name), chosen) for logs, chosen in parts)
            for name in FRAMES
            if name != "sources"
        }
        frames["runs"] = conform(
            "runs",
            best.select("run", "label", "copies").join(
                frames["runs"].drop("label", "copies"), on="run", how="left", maintain_order="left"
            ),
        )
        joined, places = pictured.in_logs({**frames, "sources": sources}, places.select(*copies.COPIES), given)
        return Logs(
            joined,
            [*self.grammars, *(g for g in more.grammars if g.name not in {own.name for own in self.grammars})],
            places,
            {**more._lines, **self._lines},
            annotations,
            {**more.read_at, **self.read_at},
        )

    def _with_sources_renamed(self, first: Logs) -> Logs:
        """The logs with other names for those sources whose name a different source of `first` has."""
        known = dict(first.sources.select("source", "sha256").iter_rows())
        taken = {*known, *self.sources["source"]}
        names: dict[str, str] = {}
        for source, sha256 in self.sources.select("source", "sha256").iter_rows():
            # Bytes and streams have no name of their own: two of them are two sources, whatever they hold.
            if source in known and (known[source] != sha256 or source.startswith("<")):
                number = next(n for n in range(2, len(taken) + 3) if f"{source} ({n})" not in taken)
                names[source] = f"{source} ({number})"
                taken.add(names[source])
        if not names:
            return self
        renamed = pl.col("source").replace(names)
        return Logs(
            {name: frame.with_columns(renamed) for name, frame in self.frames().items()},
            self.grammars,
            self._places.with_columns(renamed),
            {names.get(name, name): lines for name, lines in self._lines.items()},
            self.annotations,
            {names.get(name, name): at for name, at in self.read_at.items()},
        )

    # ---- kept, and given to others ---- #

    def write(self, folder: str | os.PathLike[str], format: str = "parquet", overwrite: bool = False) -> None:
        """Write the frames to a folder, one file a frame (`runs.parquet`) and a manifest; `logparse.read` reads them
        back. The lines of the logs are not kept.

        Args:
            folder: made where it does not exist; what an earlier `write` left in it is replaced.
            format: `parquet`, `csv`, `ndjson` or `arrow`.
            overwrite: write also where the folder holds other files; those of other names stay.

        Raises:
            UsageError: there is no such format, or the folder holds other files.
            OSError: the folder cannot be written.
        """
        facts = {
            "grammars": {grammar.name: grammar.version for grammar in self.grammars},
            "places": self._places.select(*copies.COPIES).rows(),
        }
        storage.write(folder, self.frames(), facts, format, overwrite)

    @overload
    def to_pandas(self, frame: str) -> pd.DataFrame: ...
    @overload
    def to_pandas(self) -> dict[str, pd.DataFrame]: ...
    def to_pandas(self, frame: str | None = None) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """The named frame, or all by name, as pandas frames; null is `pd.NA` (`pd.NaT` in times).

        Raises:
            UsageError: there is no such frame, or pandas is not installed.
        """
        if frame is None:
            return {name: _to_pandas(each) for name, each in self.frames().items()}
        if frame not in FRAMES:
            raise UsageError(f"there is no frame {frame!r}; {nearest(frame, FRAMES)}")
        return _to_pandas(getattr(self, frame))

    def __getstate__(self) -> dict[str, Any]:
        # Installed grammars are found again by name, which keeps the pickle small.
        installed = {id(grammar) for grammar in registry.installed()}
        grammars = [grammar.name if id(grammar) in installed else grammar for grammar in self.grammars]
        return {**self.__dict__, "grammars": grammars, "_frames": self.frames()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        installed = {grammar.name: grammar for grammar in registry.installed()}
        grammars = (installed.get(each) if isinstance(each, str) else each for each in state["grammars"])
        self.__dict__.update(state, grammars=tuple(grammar for grammar in grammars if grammar is not None))

    # ---- shown ---- #

    def __repr__(self) -> str:
        return f"<Logs: {self._summary()}>"

    def _repr_html_(self) -> str:
        shown = self.runs.select(c for c in _FIRST if c == "label" or self.runs[c].null_count() < self.runs.height)
        head = "".join(f"<th>{_heading(name)}</th>" for name in shown.columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row)}</tr>" for row in shown.head(_ROWS).rows()
        )
        left = self.runs.height - _ROWS
        more = f"<p>and {left:,} more runs</p>" if left > 0 else ""
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if self.runs.height else ""
        return f"<div><p>{_escaped(self._summary())}</p>{table}{more}</div>"

    def _summary(self) -> str:
        files = {"read": 0, **dict(sorted(self.sources["status"].value_counts().rows()))}
        others = ", ".join(f"{n} {status.replace('_', ' ')}" for status, n in files.items() if status != "read" and n)
        many = ", ".join(f"{frame.height:,} {name}" for name, frame in self.frames().items() if name not in _COUNTED)
        return (
            f"{_counted(self.runs.height, 'run')} in {_counted(files['read'], 'file')}"
            f"{f' ({others})' if others else ''}; {many}"
        )


def read(folder: str | os.PathLike[str], *, grammars: OneOrMany[str | Path | Grammar] = ()) -> Logs:
    """The logs that `Logs.write` wrote to a folder. Their frames are equal; the lines of the logs are not there.

    Args:
        folder: the folder.
        grammars: one or several further grammars that the logs were read with, as `ingest` takes them: comparisons and
            findings ask them for chance levels and corrected labels.

    Raises:
        NoSuchInput: there is no such folder.
        UsageError: it was not written by logparse, is damaged, or was written with a newer schema.
    """
    frames, manifest = storage.read(folder)
    chosen = [grammar for grammar in registry.compiled(grammars) if grammar.name in manifest["grammars"]]
    try:
        places = pl.DataFrame(manifest["places"], schema=copies.COPIES, orient="row")
    except (pl.exceptions.PolarsError, TypeError, ValueError):
        raise UsageError(f"{storage.MANIFEST} in {folder} is damaged: its places are not valid") from None
    return Logs(frames, chosen, places)


def _renumbered(rows: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """The rows of the chosen runs (was: the id here, run: the id now), in order, under their ids now."""
    ids = chosen.select(pl.col("was").alias("run"), pl.col("run").alias("id"))
    joined = rows.join(ids, on="run", how="inner", maintain_order="left")
    return joined.with_columns(pl.col("id").alias("run")).select(rows.columns)


def _to_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    """Column by column: polars itself would ask for pyarrow too."""
    try:
        import pandas as pd
    except ImportError:
        raise UsageError("to_pandas needs the package pandas, which is not installed: pip install pandas") from None
    masked = {True: pd.arrays.IntegerArray, False: pd.arrays.FloatingArray}

    def column(series: pl.Series) -> Any:
        if series.dtype.is_numeric():
            # With a mask, since NaN is a value of a log and no null.
            values = series.fill_null(0).to_numpy(writable=True)
            return masked[series.dtype.is_integer()](values, series.is_null().to_numpy(writable=True))
        if series.dtype == TEXT:
            return pd.array(series.to_list(), dtype="string")
        return series.to_numpy()

    return pd.DataFrame({series.name: column(series) for series in frame.get_columns()})


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)


def _heading(name: str) -> str:
    unit = COLUMNS["runs"][name].unit
    return _escaped(f"{name} [{unit}]" if unit and "/" in unit else name)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return _escaped(f"{value:.6g}" if isinstance(value, float) else str(value))


_COUNTED = ("runs", "sources")
_ROWS = 50
"""Runs shown in a notebook before the rest is only counted."""
_FIRST = (
    "label",
    "platform",
    "workload",
    "task",
    "status",
    "epochs",
    "steps",
    "batch_size",
    "compile_s",
    "train_s",
    "throughput",
    "latency_s",
    "loss",
    "score",
    "score_name",
)
"""The columns that one looks at first."""
