"""From inputs to frames: `ingest(paths)` is the whole way, and this file is its table of contents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import polars as pl
import polars.selectors as cs

from logparse.arguments import OneOrMany
from logparse.frames import copies, log_tables, records, run_defaults
from logparse.frames import evidence as proof
from logparse.frames.phases import Phases
from logparse.frames.resolution import value_resolutions
from logparse.frames.run_bounds import Found, find_runs
from logparse.frames.run_columns import Sheet
from logparse.grammar import Grammar, Rule, registry
from logparse.logs import Logs
from logparse.reading.coverage import known
from logparse.reading.match import Hits, match
from logparse.reading.scan import Batch, Lines
from logparse.reading.sources import Input, Source, read_sources
from logparse.reading.threads import WORTH_THREADS, in_pool
from logparse.schema import FRAMES, TEXT, TIME, WORD, conform, empty

BATCH_BYTES = 24 * 2**20
"""Sources are read together until their text is this long: small files share the cost of a rule, and memory stays
bounded."""

Progress = Callable[[int, str], None]


def ingest(
    paths: OneOrMany[Input],
    *,
    grammars: OneOrMany[str | Path | Grammar] = (),
    files_from: Input | None = None,
    progress: Progress | None = None,
) -> Logs:
    """Read logs into frames; nothing is written anywhere.

    Args:
        paths: files, folders, globs, "-", bytes, file objects, or several of these. Packed files are known by content.
        grammars: one or several further grammars, or files that define one as GRAMMAR; one of the same name replaces
            the installed one.
        files_from: a file (or "-") that names one path a line.
        progress: called with the bytes read so far and the name of the source.

    Raises:
        NoSuchInput: a path does not exist, or a glob matches nothing.
        GrammarError: a grammar cannot be used.

    An input that cannot be read raises nothing: it is a row of `sources` that says why.
    """
    chosen = registry.chosen(grammars)
    vendors = [g for g in chosen if not g.shared]
    shared = [rule for g in chosen if g.shared for rule in g.rules]
    sources: list[Source] = []
    parts: list[Part] = []
    for batch in _batches(read_sources(paths, files_from=files_from), progress):
        sources.extend(batch.sources)
        work = partial(assemble, batch, vendors, shared)
        parts.append(in_pool(work) if batch.height < WORTH_THREADS else work())
    frames, places = in_pool(partial(_joined, parts))
    texts = {source.name: source.text for source in sources}
    kinds = {name: lines for part in parts for name, lines in part.kinds.items()}
    return Logs(frames, chosen, places, texts, kinds)


def _batches(sources: Iterator[Source], progress: Progress | None) -> Iterator[Batch]:
    """Sources in groups of about `BATCH_BYTES`."""
    group: list[Source] = []
    size = total = 0
    for source in sources:
        group.append(source)
        size += len(source.text)
        total += source.bytes
        if progress:
            progress(total, source.name)
        if size >= BATCH_BYTES:
            yield Batch.of(group)
            group, size = [], 0
    if group:
        yield Batch.of(group)


@dataclass
class Part:
    """What one batch gives: the frames in parts, still with `n` for the run; how many `n` there are; and the kinds of
    its lines."""

    frames: dict[str, list[pl.DataFrame]]
    sources: pl.DataFrame
    runs: int
    kinds: dict[str, pl.Series]


def assemble(batch: Batch, vendors: Sequence[Grammar], shared: Sequence[Rule]) -> Part:
    """The frames of one batch; `runs` has all runs found, copies too."""
    hits, lines = match(batch, vendors, shared)
    matched = records.line_kinds(batch, hits)
    found = in_pool(partial(find_runs, batch, hits))
    kinds, blank = _line_kinds(batch, hits, lines.left, found, matched, shared)
    lines.left.clear()  # they are all of the text once more
    return Part(
        in_pool(partial(_frames, batch, found, lines)),
        _source_rows(batch, found, kinds, blank),
        _count(found.runs),
        {s.name: kinds[first : first + s.lines] for s, first in zip(batch.sources, batch.first, strict=False)},
    )


def _frames(batch: Batch, found: Found, lines: Lines) -> dict[str, list[pl.DataFrame]]:
    """All frames but `sources`, still with `n`."""
    made: dict[str, list[pl.DataFrame]] = {name: [] for name in FRAMES if name != "sources"}
    for hits in found.hits:
        for name, rows in _frames_of(hits, found, lines):
            made[name].append(_located(batch, name, rows))
    return made


def _line_kinds(
    batch: Batch,
    hits: Sequence[Hits],
    lines: Sequence[pl.DataFrame],
    found: Found,
    matched: pl.Series,
    shared: Sequence[Rule],
) -> tuple[pl.Series, pl.Series]:
    """What became of each line of the batch, and the blank rows; `matched` is that of the lines before they were given
    to runs."""
    kinds = records.line_kinds(batch, found.hits)
    # A source without a run keeps what was read in it: its lines are in a vendor's form, and yet no run.
    idle = sorted(set(range(len(batch.sources))) - set(found.runs["source"]))
    if idle:
        rows = pl.concat(pl.int_range(batch.first[i], batch.first[i + 1], dtype=pl.UInt32, eager=True) for i in idle)
        kinds = kinds.scatter(rows, matched.gather(rows))
    named, blank = known(batch, hits, lines, kinds == 0, shared)
    return kinds.scatter(named, records.KNOWN), blank


def _frames_of(hits: Hits, found: Found, lines: Lines) -> Iterator[tuple[str, pl.DataFrame]]:
    """Names and parts of the frames of one platform's runs, with `n`, rows and rules."""
    log_tables.read_tables(hits)
    log_tables.carry(hits)
    mine = found.runs.filter(pl.col("platform") == hits.grammar.name)
    phases = Phases(hits)
    sheet = run_defaults.fill(mine, hits, phases)
    yield "params", records.params(hits)
    yield "messages", records.messages(hits)
    yield from (("metrics", part) for part in records.metrics(hits))
    yield "runs", _run_rows(mine, sheet)
    yield "phases", phases.rows
    evidence = pl.concat([sheet.hand_over(), phases.hand_over(), run_defaults.absent(sheet)], rechunk=True)
    yield "evidence", _placed(evidence, mine, hits, sheet, phases, lines)


def _run_rows(found: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    """Rows of `runs` with n, keyed, lines_read, row (first) and row_last."""
    own = found.select("n", "run", "keyed", "platform", "lines_read", pl.col("row_first").alias("row"), "row_last")
    have = [c for c in sheet.frame.columns if c in FRAMES["runs"] or c == "n"]
    return own.join(sheet.frame.select(have), on="n", how="left", maintain_order="left")


def _placed(
    evidence: pl.DataFrame, runs: pl.DataFrame, hits: Hits, sheet: Sheet, phases: Phases, lines: Lines
) -> pl.DataFrame:
    """Evidence rows with the column of each text, and the value that each row is evidence of."""
    row = (pl.col("pos") // 2**32).cast(pl.UInt32).alias("row")
    evidence = proof.shown(_with_segments(evidence.with_columns(row), lines))
    ids = {rule.name: rule.id for rule in hits.rules.values()}
    rule = pl.col("rule").replace_strict(list(ids), list(ids.values()), default=None, return_dtype=TEXT)
    of_runs = _long(sheet.frame, [c for c in sheet.frame.columns if c in FRAMES["runs"]], "n", "runs")
    # A key is a phase's within its run: other runs have the same.
    of_phases = phases.rows.select("n", "key", value=pl.col("duration").cast(TEXT))
    # Evidence without a line (what is absent) still has the source of its run.
    of_run = _beside(evidence, runs.select("n", value="source"), "n")
    value = _beside(evidence, of_runs, "n", "frame", "column"), _beside(evidence, of_phases, "n", "key")
    # A segment that is kept would keep the text of all others with it.
    evidence = evidence.with_columns(
        proof.starts(evidence, hits.rules),
        proof.resolutions(evidence),
        rule.alias("rule"),
        pl.coalesce(*map(pl.lit, value)).alias("value"),
        of_run.alias("of_run"),
    )
    evidence = evidence.with_columns(value_resolutions(evidence, hits.grammar.min_resolution))
    return evidence.drop("seg", "unit", "field", "col", "id")


def _beside(rows: pl.DataFrame, others: pl.DataFrame, *keys: str) -> pl.Series:
    """The `value` that `others` has for each of `rows`: no more of these is copied than the keys."""
    return rows.select(keys).join(others, on=keys, how="left", maintain_order="left")["value"]


def _with_segments(evidence: pl.DataFrame, lines: Lines) -> pl.DataFrame:
    """Evidence with the segments of the lines that a frequent rule read."""
    bare = pl.col("seg").is_null() & pl.col("rule").is_not_null()
    rows = evidence.filter(bare)["row"].drop_nulls()
    if not rows.len():
        return evidence
    text = _beside(evidence, lines.at(rows).rename({"text": "value"}), "row")
    return evidence.with_columns(pl.when(bare).then(pl.lit(text)).otherwise("seg").alias("seg"))


def _long(frame: pl.DataFrame, names: Sequence[str], index: str, of: str) -> pl.DataFrame:
    """index, frame, column, value (as text) of each cell that is not null."""
    texts = frame.select(
        index,
        *(
            (
                pl.col(c).dt.to_string("%Y-%m-%d %H:%M:%S%.3f") if frame.schema[c] == TIME else pl.col(c).cast(TEXT)
            ).alias(c)
            for c in names
        ),
    )
    return (
        texts.unpivot(index=index, variable_name="column")
        .filter(pl.col("value").is_not_null())
        .with_columns(pl.lit(of, WORD).alias("frame"), pl.col("column").cast(WORD))
    )


def _located(batch: Batch, name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of one frame with `source_index` and line numbers from 1, still with `n`."""
    first = pl.lit(pl.Series(batch.first, dtype=pl.UInt32))

    def line(row: str) -> pl.Expr:
        return pl.col(row) - first.gather(pl.col("source_index")) + 1

    # A text that is kept would keep all others that were read with it, unless it is copied.
    rows = rows.with_columns(cs.string() + "")
    if name == "phases":
        rows = rows.with_columns(
            (pl.col("begin_pos") // 2**32).cast(pl.UInt32).alias("row"),
            (pl.col("end_pos") // 2**32).cast(pl.UInt32).alias("row_last"),
        ).rename({"duration": "duration_s"})
    source = batch.source_of(pl.col("row"))
    if name == "evidence":
        source = pl.coalesce(source, "of_run")
    rows = rows.with_columns(source.alias("source_index"))
    if name in ("phases", "runs"):
        return rows.with_columns(line("row").alias("line_first"), line("row_last").alias("line_last"))
    return rows.with_columns(line("row").alias("line"))


def _source_rows(batch: Batch, found: Found, kinds: pl.Series, blank: pl.Series) -> pl.DataFrame:
    """Rows of `sources`."""
    spans = list(zip(batch.first, batch.first[1:], strict=False))
    ends = (
        blank.search_sorted(pl.Series(batch.first, dtype=pl.UInt32)).to_list()
        if blank.len()
        else [0] * len(batch.first)
    )
    parts = [kinds[first:last] for first, last in spans]
    held = (
        found.runs.sort("pos")
        .group_by("source", maintain_order=True)
        .agg(pl.col("platform").unique(maintain_order=True))
    )
    versions = {h.grammar.name: h.grammar.version for h in found.hits}
    rows = pl.DataFrame(
        {
            "index": range(len(batch.sources)),
            "source": [s.name for s in batch.sources],
            "sha256": [s.sha256 for s in batch.sources],
            "bytes": [s.bytes for s in batch.sources],
            "lines": [s.lines for s in batch.sources],
            "encoding": [s.encoding for s in batch.sources],
            "compression": [s.compression for s in batch.sources],
            "text": [s.status for s in batch.sources],
            "note": [s.reason for s in batch.sources],
            "lines_read": [int((p == records.READ).sum()) for p in parts],
            "lines_known": [int((p == records.KNOWN).sum()) for p in parts],
            "lines_blank": [b - a for a, b in pairwise(ends)],
        },
        schema_overrides={"index": pl.UInt32, "encoding": TEXT, "compression": TEXT, "note": TEXT, "source": TEXT},
    )
    rows = rows.join(held, left_on="index", right_on="source", how="left", maintain_order="left")
    full = pl.col("lines").cast(pl.Int64) - pl.col("lines_blank").cast(pl.Int64)
    read = pl.col("lines_read").cast(pl.Int64) + pl.col("lines_known").cast(pl.Int64)
    status = (
        pl.when(pl.col("text") != "text")
        .then("text")
        .when(pl.col("platform").is_not_null())
        .then(pl.lit("read"))
        .when(read > 0)
        .then(pl.lit("no_run"))
        .otherwise(pl.lit("unknown_platform"))
    )
    reason = (
        pl.when((pl.col("text") == "text") & (full == 0))
        .then(pl.lit("the file is empty"))
        .when(status == "no_run")
        .then(pl.lit("lines in a vendor's form, but no run among them"))
        .when(status == "unknown_platform")
        .then(pl.lit("no line in the form of a platform that is known; `logparse explain` shows its lines"))
    )
    names = pl.col("platform").list.eval(
        pl.element().replace_strict(
            list(versions), [f"{k} {v}" for k, v in versions.items()], default=None, return_dtype=TEXT
        )
    )
    return rows.with_columns(
        pl.when(full > 0).then(read / full).alias("coverage"),
        status.alias("status"),
        pl.coalesce("note", reason).alias("reason"),
        pl.col("platform").list.join(", ").alias("platform"),
        names.list.join(", ").alias("grammar"),
    )


# ---- all batches together ---- #


def _joined(batches: Sequence[Part]) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The frames of all batches, each run once, from its fullest copy; and the places of all copies."""
    out = {name: empty(name) for name in FRAMES}
    none = pl.DataFrame(schema=copies.COPIES)
    if not batches:
        return out, none
    numbered = []
    offset = 0
    names: list[str] = []
    for batch in batches:
        numbered.append((batch.frames, offset, len(names)))
        offset += batch.runs
        names.extend(batch.sources["source"])
    sources = pl.Series(names, dtype=TEXT)

    def parts(name: str) -> Iterator[pl.DataFrame]:
        """That frame of each batch, numbered through; each part is let go as soon as the next form of it is there."""
        for frames_, first_run, first_source in numbered:
            waiting = frames_.pop(name)[::-1]
            while waiting:
                rows = waiting.pop()
                if first_source:
                    rows = rows.with_columns(pl.col("n") + first_run, pl.col("source_index") + first_source)
                yield rows

    out["sources"] = pl.concat(conform("sources", batch.sources) for batch in batches)
    if not offset:
        return out, none
    every = pl.concat(parts("runs"), how="diagonal_relaxed").rename({"run": "hash"})
    every = copies.with_ids(every.with_columns(pl.lit(sources).gather(pl.col("source_index")).alias("source")))
    runs = copies.fullest(every)
    # n is dense enough to look ids up by place.
    ids = pl.DataFrame({"n": pl.arange(0, offset, dtype=pl.UInt32, eager=True)}).join(
        runs.select("n", "run"), on="n", how="left", maintain_order="left"
    )["run"]
    out["runs"] = conform("runs", copies.labelled(runs))
    for name, order in _ORDER.items():
        if made := [conform(name, _named(rows, order, ids, sources)) for rows in parts(name)]:
            out[name] = pl.concat(made)
    return out, every.select(pl.col(name).cast(dtype) for name, dtype in copies.COPIES.items())


def _named(rows: pl.DataFrame, order: Sequence[str], ids: pl.Series, sources: pl.Series) -> pl.DataFrame:
    """Rows of one batch in order, with the names of their runs and sources; without those of runs that have no id."""
    if ids.null_count():
        rows = rows.filter(pl.lit(ids.is_not_null()).gather(pl.col("n")))
    named = rows.with_columns(
        pl.lit(ids).gather(pl.col("n")).alias("run"), pl.lit(sources).gather(pl.col("source_index")).alias("source")
    )
    return named.sort(order, maintain_order=True) if order else named


_ORDER: dict[str, list[str]] = {
    "evidence": [],
    "phases": ["n", "begin_pos"],
    "metrics": [],
    "params": ["n", "line"],
    "messages": ["n", "line"],
}
"""Frames of rows of runs, and what these are sorted by; metrics and evidence stand as they were made."""


def _count(runs: pl.DataFrame) -> int:
    """Numbers that the runs of a batch take up: `n` is counted from 0, and not each is kept."""
    return int(runs.select(pl.col("n").max()).item() or 0) + 1 if runs.height else 0
