"""The frames that `ingest` gives, and the lines they come from."""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import polars as pl

from logparse import storage
from logparse.arguments import OneOrMany, as_tuple
from logparse.errors import UsageError, nearest
from logparse.frames import copies
from logparse.grammar import Grammar, registry
from logparse.schema import COLUMNS, FRAMES, TEXT, conform
from logparse.selection import find_runs

if TYPE_CHECKING:
    import pandas as pd

_KINDS = {1: "known", 2: "read"}


class Logs:
    """The runs found in some logs, as polars frames.

    runs, evidence, phases, metrics, params, messages, sources: one frame each, with the columns of
    `logparse.schema.COLUMNS`, which gives their units and meanings too; the schema is the same with no row as with
    many. A `Logs` does not change: `only` and `+` return new ones. It can be pickled.
    """

    runs: pl.DataFrame
    evidence: pl.DataFrame
    phases: pl.DataFrame
    metrics: pl.DataFrame
    params: pl.DataFrame
    messages: pl.DataFrame
    sources: pl.DataFrame

    def __init__(
        self,
        frames: Mapping[str, pl.DataFrame],
        grammars: Sequence[Grammar] = (),
        places: pl.DataFrame | None = None,
        texts: Mapping[str, bytes] | None = None,
        kinds: Mapping[str, pl.Series] | None = None,
        unmasked: Mapping[str, Mapping[int, str]] | None = None,
    ) -> None:
        for name in FRAMES:
            setattr(self, name, frames[name])
        self.grammars = tuple(grammars)
        """The grammars the logs were read with."""
        self._places = copies.one_place_each(self.runs) if places is None else places
        """Where every copy of every run is, with the columns of `COPIES`."""
        self._texts = dict(texts or {})
        self._kinds = dict(kinds or {})
        self._unmasked = dict(unmasked or {})

    def frames(self) -> dict[str, pl.DataFrame]:
        """All frames by name."""
        return {name: getattr(self, name) for name in FRAMES}

    def lines(self, source: str, numbers: Iterable[int], raw: bool = False) -> dict[int, str]:
        """Physical lines of `source` by number (from 1), as the reader gives them: "\\r" marks where the terminal
        wrote over, and keys and passwords are masked, unless `raw` is set.

        A number beyond the end is left out; so are all where the logs were read from a folder of frames, which holds
        no text. Raises `KeyError` where there is no such source.
        """
        wanted = sorted(set(numbers))
        text = self._texts.get(str(source), b"")
        if not text and str(source) not in self._texts and str(source) not in self.sources["source"]:
            raise KeyError(source)
        unmasked = self._unmasked.get(str(source), {}) if raw else {}
        out: dict[int, str] = {}
        at, line = 0, 1
        for number in wanted:
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

    def kinds(self, source: str) -> dict[int, str]:
        """Line number -> "read" (a value was taken) or "known" (a rule names it); lines that no rule read are left
        out."""
        lines = self._kinds.get(str(source))
        return {} if lines is None else {n: _KINDS[kind] for n, kind in enumerate(lines, start=1) if kind}

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
        kept = self.sources.filter(pl.col("source").is_in(places["source"].unique().implode()))
        names_kept = set(kept["source"])
        return Logs(
            {**frames, "sources": kept},
            self.grammars,
            places,
            {name: text for name, text in self._texts.items() if name in names_kept},
            {name: kinds for name, kinds in self._kinds.items() if name in names_kept},
            {name: lines for name, lines in self._unmasked.items() if name in names_kept},
        )

    def __add__(self, more: Logs) -> Logs:
        """Both logs together, as if all sources had been read at once: a run that is in both is there once, from its
        fullest copy. A source of the same name and content counts once; another of the same name is numbered."""
        if not isinstance(more, Logs):
            return NotImplemented
        more = more._with_sources_renamed(self)
        sources = pl.concat([self.sources, more.sources]).unique("source", keep="first", maintain_order=True)
        order = pl.DataFrame({"source": sources["source"]}).with_row_index("source_index")
        places = (
            pl.concat([self._places.with_columns(part=0), more._places.with_columns(part=1)])
            .unique(["hash", "source", "line_first"], keep="first", maintain_order=True)
            .rename({"run": "was"})
            .join(order, on="source", how="left", maintain_order="left")
        )
        places = copies.with_ids(places)
        best = copies.labelled(copies.fullest(places))
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
        return Logs(
            {**frames, "sources": sources},
            [*self.grammars, *(g for g in more.grammars if g.name not in {own.name for own in self.grammars})],
            places.select(*copies.COPIES),
            {**more._texts, **self._texts},
            {**more._kinds, **self._kinds},
            {**more._unmasked, **self._unmasked},
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
            {names.get(name, name): text for name, text in self._texts.items()},
            {names.get(name, name): kinds for name, kinds in self._kinds.items()},
            {names.get(name, name): lines for name, lines in self._unmasked.items()},
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
        installed = {id(grammar) for grammar in registry.grammars()}
        grammars = [grammar.name if id(grammar) in installed else grammar for grammar in self.grammars]
        # A pickle is given to others: what is masked stays masked.
        return {**self.__dict__, "grammars": grammars, "_unmasked": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        installed = {grammar.name: grammar for grammar in registry.grammars()}
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
        return f"<div><p>{html.escape(self._summary())}</p>{table}{more}</div>"

    def _summary(self) -> str:
        files = {"read": 0, **dict(self.sources["status"].value_counts().rows())}
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
    chosen = [grammar for grammar in registry.chosen(grammars) if grammar.name in manifest["grammars"]]
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


def _heading(name: str) -> str:
    unit = COLUMNS["runs"][name].unit
    return html.escape(f"{name} [{unit}]" if unit and "/" in unit else name)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return html.escape(f"{value:.6g}" if isinstance(value, float) else str(value))


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
