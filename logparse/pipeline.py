"""From inputs to frames: `ingest` reads logs batch by batch, `read_batch` is the order of the steps on each."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from logparse.arguments import OneOrMany, as_tuple
from logparse.frames import evidence, identities, legible, pictured, records, run_defaults
from logparse.frames.join import LongLog, Part, join
from logparse.frames.lines import AllLines
from logparse.frames.locate import located, placed_evidence
from logparse.frames.log_tables import carry, read_tables
from logparse.frames.phases import find_phases
from logparse.frames.reduction import Reduction, lines_left_out, metrics_in_order
from logparse.frames.run_bounds import Found, find_runs, may_repeat_text
from logparse.frames.status import not_proved
from logparse.grammar import Grammar, Rule, registry
from logparse.logs import Logs, SourceLines
from logparse.reading.blocks import LONG_BYTES, LongText, LongTexts, WholeNeededError
from logparse.reading.coverage import Coverage, coverage, source_rows
from logparse.reading.match import Hits, match
from logparse.reading.repair import repaired
from logparse.reading.scan import Batch, Texts
from logparse.reading.sessions import joined
from logparse.reading.sources import Input, LongFile, Source, Stored, Unmasked, masked_sources, read_stored
from logparse.schema import FRAMES

if TYPE_CHECKING:
    from logparse.store.intake import Intake
    from logparse.store.tables import Store
    from logparse.transcripts import Transcripts

BATCH_BYTES = 24 * 2**20
"""Sources are read together until their text is this long: small files share the cost of each rule, and memory stays
bounded."""

Progress = Callable[[int, str], None]


def ingest(
    paths: OneOrMany[Input] = (),
    *,
    grammars: OneOrMany[str | Path | Grammar] = (),
    files_from: Input | None = None,
    progress: Progress | None = None,
    store: str | os.PathLike[str] | None = None,
    stale: bool = False,
    transcripts: str | os.PathLike[str] | Transcripts | None = None,
) -> Logs:
    """Read logs into frames. Nothing is written anywhere, unless a store or a folder of transcripts is given.

    Args:
        paths: files, folders, globs, "-", bytes, file objects, or several of these. Compressed files are recognized by
            content.
        grammars: one or several further grammars, or files that define one as GRAMMAR; one of the same name replaces
            the installed one.
        files_from: a file (or "-") with one path per line.
        progress: called with the number of bytes read so far and the name of the source.
        store: folder in which to keep what is read, created if it does not exist. What it holds already is not read
            again. `logparse.open` gives back all that is in it.
        stale: also read again what an older version of logparse or of a grammar read into the store, if it is still
            there.
        transcripts: folder of the transcripts of pictures. Where one is missing, it is written; one that a person
            edited counts in place of what was read.

    Raises:
        NoSuchInput: a path does not exist, or a glob matches nothing.
        GrammarError: a grammar cannot be used.
        UsageError: the store cannot be written to, or was written by a newer logparse; `transcripts` is a file.
        Interrupted: on Ctrl-C while logs are read into a store, which keeps what is whole.

    An input that cannot be read raises nothing: it is a row of `sources` that says why.
    """
    chosen = registry.compiled(grammars)
    if store is not None:
        from logparse.store.tables import Store

        return ingest_into(Store.create(store), paths, grammars, files_from, progress, stale, transcripts).logs()
    sources: list[Source] = []
    parts: list[Part] = []
    stored = _transcribed(read_stored(paths, files_from=files_from), transcripts, chosen)
    for batch, part in _read(stored, chosen, progress):
        sources.extend(batch.sources)
        parts.append(part)
    frames, places = pictured.in_logs(*join(parts))
    kinds = {name: lines for part in parts for name, lines in part.kinds.items()}
    lines = {source.name: SourceLines(source.text, kinds.get(source.name), source.unmasked) for source in sources}
    return Logs(frames, chosen, places, lines)


def read_apart(
    inputs: OneOrMany[Input], grammars: OneOrMany[str | Path | Grammar] = ()
) -> tuple[dict[str, pl.DataFrame], list[str]]:
    """The frames of logs, each run once in each source that contains it: copies in other sources are not merged. And
    the names of the sources, in order. Arguments and errors as `ingest`."""
    parts = [part for _, part in _read(read_stored(inputs), registry.compiled(grammars), None)]
    frames, _ = join(parts, apart=True)
    return frames, frames["sources"]["source"].to_list()


def ingest_into(
    store: Store,
    paths: OneOrMany[Input],
    grammars: OneOrMany[str | Path | Grammar] = (),
    files_from: Input | None = None,
    progress: Progress | None = None,
    stale: bool = False,
    transcripts: str | os.PathLike[str] | Transcripts | None = None,
) -> Intake:
    """Read logs into a store, and return what became of each. Arguments and errors as `ingest`."""
    from logparse.store.intake import Intake
    from logparse.store.upkeep import compact_if_many_parts

    further: tuple[str | Path | Grammar, ...] = as_tuple(grammars)
    chosen = registry.compiled(further)
    intake = Intake(store, chosen, further, stale)
    inputs: tuple[Input, ...] = as_tuple(paths)
    stale_paths = intake.stale_paths() if stale else ()
    stored = read_stored([*inputs, *stale_paths], files_from=files_from, long=LONG_BYTES)
    stored = _transcribed(stored, transcripts, chosen)
    long: list[LongFile] = []
    try:
        for batch, part in _read(_unknown(stored, intake, progress, long), chosen, None):
            intake.keep(batch.sources, part)
        for file in long:
            _keep_long(intake, file, chosen)
    except KeyboardInterrupt:
        intake.finish()
        raise Interrupted(intake.kept) from None
    intake.finish()
    compact_if_many_parts(store)
    return intake


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while logs are read into a store. kept: how many of the inputs the store holds."""

    def __init__(self, kept: int) -> None:
        super().__init__()
        self.kept = kept


def _transcribed(
    stored: Iterator[Stored], folder: str | os.PathLike[str] | Transcripts | None, grammars: Sequence[Grammar]
) -> Iterator[Stored]:
    """The inputs, with the transcripts of the pictures among them, and pictures of one session joined. Raises
    `UsageError` (at once) where the folder is a file."""
    if folder is None:
        return joined(stored)
    from logparse.transcripts import transcripts_in

    transcripts = transcripts_in(folder)
    return joined(transcripts.applied(each, grammars) for each in stored)


def _unknown(
    stored: Iterator[Stored], intake: Intake, progress: Progress | None, long: list[LongFile]
) -> Iterator[Stored]:
    """The inputs that the store does not have; files that are read block by block are added to `long` instead."""
    total = 0
    for each in stored:
        total += each.size
        if progress:
            progress(total, each.name)
        if intake.has(each):
            continue
        if isinstance(each, LongFile):
            long.append(each)
        else:
            yield each


def _keep_long(intake: Intake, file: LongFile, grammars: Sequence[Grammar]) -> None:
    """Read a long file block by block, if that can be done, and keep it."""
    with intake.scratch() as folder:
        try:
            batch, part = read_long(file, *_split(grammars), folder)
        except WholeNeededError:
            batch = Batch.of([file.source()])
            part = read_batch(batch, *_split(grammars))
        intake.keep(batch.sources, part)


def _read(
    stored: Iterator[Stored], grammars: Sequence[Grammar], progress: Progress | None
) -> Iterator[tuple[Batch, Part]]:
    """The inputs in batches, and what was read from each."""
    vendors, shared = _split(grammars)
    for group in _groups(stored, progress):
        batch = Batch.of([repaired(source, grammars) for source in masked_sources(group)])
        group.clear()  # the texts as they were before masking are not kept while the batch is read
        yield batch, read_batch(batch, vendors, shared)


def _split(grammars: Sequence[Grammar]) -> tuple[list[Grammar], list[Rule]]:
    """The grammars of platforms, and the rules that platforms share."""
    return [g for g in grammars if not g.shared], [rule for g in grammars if g.shared for rule in g.rules]


def _groups(stored: Iterator[Stored], progress: Progress | None) -> Iterator[list[Source | Unmasked]]:
    """The texts of the inputs in groups of about `BATCH_BYTES`."""
    group: list[Source | Unmasked] = []
    size = total = 0
    for each in stored:
        group.append(each.unmasked())
        size += len(group[-1].text)
        total += each.size
        if progress:
            progress(total, each.name)
        if size >= BATCH_BYTES and not _is_continued(group[-1]):
            yield group
            group, size = [], 0
    if group:
        yield group


def _is_continued(read: Source | Unmasked) -> bool:
    return isinstance(read, Source) and read.is_continued


def read_batch(batch: Batch, vendors: Sequence[Grammar], shared: Sequence[Rule]) -> Part:
    """The frames of one batch, with all runs that are in it: copies of a run too."""
    matched = match(batch, vendors, shared)
    found = find_runs(batch, matched.hits)
    covered = coverage(batch, matched.hits, found.hits, matched.remaining, shared)
    sources = source_rows(batch, found.runs, vendors, covered)
    unparsed, texts = covered.unparsed.to_list(), matched.texts
    del matched  # its remaining lines are all of the text once more: a twelfth of the peak memory of many small files
    frames = _frames(batch, found, unparsed, texts)
    return Part(frames, sources, _run_count(found), covered.by_source(batch))


def _frames(batch: Batch, found: Found, unparsed: list[int], texts: Texts) -> dict[str, list[pl.DataFrame]]:
    """The frames of rows of runs, each in parts. Empties the hits of `found`: they are freed as their rows are made."""
    frames: dict[str, list[pl.DataFrame]] = {name: [] for name in FRAMES if name != "sources"}
    pictures = legible.PictureLines.of(batch)
    with _uncollected():
        while found.hits:
            runs = found.runs.filter(pl.col("platform") == found.hits[0].grammar.name)
            for name, rows in platform_frames(found.hits.pop(0), runs, unparsed, texts, pictures):
                frames[name].append(located(batch, name, rows))
    return frames


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: it would visit the rows of runs again and again, and none is in a cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _run_count(found: Found) -> int:
    highest = found.runs["n"].max()
    return 0 if highest is None else int(highest) + 1  # type: ignore[arg-type]


def read_long(file: LongFile, vendors: Sequence[Grammar], shared: Sequence[Rule], folder: Path) -> tuple[Batch, Part]:
    """What `read_batch` gives of one long file, which is read block by block: memory does not grow with the lines that
    only give metrics.

    folder: for rows of `metrics`, which are read from there as long as the part is used.

    Raises `WholeNeededError` where the text has to be read as a whole.
    """
    text = LongText(file)
    blocks = _read_blocks(text, vendors, shared, folder)
    hits = blocks.reduction.hits(shared)
    changed = "It changed while it was read: read it again." if file.has_changed() else None
    encoding = "ascii" if text.is_ascii else "utf-8"
    source = Source(file.name, b"", text.lines, file.size, file.sha256, encoding, None, "text", changed)
    batch = Batch.of([source])
    if may_repeat_text(batch, hits):
        raise WholeNeededError
    found = find_runs(batch, hits)
    in_no_run = _rows(hits).filter(~_rows(hits).is_in(_rows(found.hits).implode()))
    covered = blocks.coverage(in_no_run)
    sources = source_rows(Batch.of([replace(source, text=text.head)]), found.runs, vendors, covered)
    runs = found.runs.join(lines_left_out(found.hits), on="n", how="left", maintain_order="left").with_columns(
        pl.col("lines_read") + pl.col("left_out").fill_null(0)
    )
    frames = _frames(
        batch, Found(runs.drop("left_out"), [*found.hits]), covered.unparsed.to_list(), LongTexts((), text)
    )
    metrics = metrics_in_order(found.hits, frames["metrics"])
    frames["metrics"] = []
    part = Part(frames, sources, _run_count(found), covered.by_source(batch), LongLog(text, metrics))
    return batch, part


def _rows(hits: Sequence[Hits]) -> pl.Series:
    """The rows of these lines."""
    frames = [frame["row"] for of_platform in hits for frame in of_platform.by_rule.values()]
    return pl.concat([pl.Series("row", [], dtype=pl.UInt32), *frames]).unique().sort()


@dataclass
class _Blocks:
    """What was read in the blocks of a long log."""

    reduction: Reduction
    covered: list[Coverage] = field(default_factory=list)
    """With rows of the whole log."""

    def coverage(self, in_no_run: pl.Series) -> Coverage:
        """What became of the lines of the log. in_no_run: rows of lines that a rule read but that are in no run."""
        unparsed = pl.concat([*(each.unparsed for each in self.covered), in_no_run])
        return Coverage(
            pl.concat(each.kinds for each in self.covered),
            pl.concat(each.blank for each in self.covered),
            unparsed.sort() if in_no_run.len() else unparsed,
        )


def _read_blocks(text: LongText, vendors: Sequence[Grammar], shared: Sequence[Rule], folder: Path) -> _Blocks:
    """Read a long log block by block; once more from its beginning where a later block identifies another platform,
    whose lines may be anywhere."""
    known: frozenset[str] = frozenset()
    while True:
        blocks = _Blocks(Reduction(folder, text))
        is_first = True
        for block in text.blocks():
            source = Source(text.file.name, block.text, block.lines, len(block.text), "", None, None, "text", None)
            batch = Batch.of([source])
            matched = match(batch, vendors, shared, known)
            platforms = known | {of_platform.grammar.name for of_platform in matched.hits}
            if platforms > known:
                known = platforms
                if not is_first:
                    break
            covered = coverage(batch, matched.hits, matched.hits, matched.remaining, shared)
            blocks.reduction.add(matched.hits, block.first)
            blank, unparsed = covered.blank + block.first, covered.unparsed + block.first
            blocks.covered.append(Coverage(covered.kinds, blank, unparsed))
            is_first = False
        else:
            return blocks


def platform_frames(
    hits: Hits, runs: pl.DataFrame, unparsed: Sequence[int], texts: Texts, pictures: legible.PictureLines
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Names and parts of the frames of one platform's runs, with `n`, rows and rules.

    unparsed: rows, in order, of the lines that are part of no run, as `Coverage`. pictures: the lines in pictures.
    """
    hits = carry(read_tables(hits))
    lines = AllLines(hits)
    phases = find_phases(lines)
    columns = run_defaults.fill(runs, lines, phases, unparsed)
    refused = columns.refused()
    empty = run_defaults.absent(columns, refused)
    rows = [*columns.all_evidence(), *phases.evidence, *not_proved(columns, runs, unparsed, texts), *refused]
    phase_rows, values = phases.frame, columns.frame
    refused_rows = evidence.frame([*refused, *phases.refused])
    del lines, phases, columns, refused  # all that is in Python: the frames of many runs need the memory
    evidence_rows = pl.concat([evidence.frame(rows), empty], rechunk=True)
    del rows, empty
    min_resolution = hits.grammar.min_resolution
    unclear = legible.unclear_fields(hits, runs, pictures, unparsed)
    if pictures:
        rules = {rule.name: rule for rule in hits.grammar.rules} | hits.rules
        in_pictures = pictures.runs(runs)
        unclear = pl.concat([unclear, legible.doubtful_fields(identities.out_of_order(hits, pictures.lines))])
        values, evidence_rows, phase_rows = legible.withheld(values, evidence_rows, phase_rows, unclear, rules)
        placed = placed_evidence(evidence_rows, runs, values, phase_rows, hits.rules, min_resolution, texts)
        figures = identities.contradictions(values, evidence_rows, placed["value_resolution"], in_pictures)
        doubtful = legible.doubtful_fields(figures)
        values, evidence_rows, phase_rows = legible.withheld(values, evidence_rows, phase_rows, doubtful, rules)
        unclear = pl.concat([unclear, doubtful])
        evidence_rows = legible.not_in_picture(evidence_rows, in_pictures)
    yield "params", legible.legible_rows(records.params(hits), hits.rules, unclear)
    yield "messages", records.messages(hits, refused_rows)
    yield from (("metrics", legible.legible_rows(part, hits.rules, unclear)) for part in records.metrics(hits))
    yield "runs", _run_rows(runs, values)
    yield "phases", phase_rows
    placed = placed_evidence(evidence_rows, runs, values, phase_rows, hits.rules, min_resolution, texts)
    yield "evidence", legible.boxed(placed, pictures) if pictures else placed


def _run_rows(runs: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Rows of `runs` with n, keyed, lines_read, row (first) and row_last; values: n, and columns of `runs`."""
    bounds = runs.select("n", "run", "keyed", "platform", "lines_read", pl.col("row_first").alias("row"), "row_last")
    return bounds.join(values, on="n", how="left", maintain_order="left")
