"""`logparse ingest`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from logparse.cli import GATE, INTERRUPTED, USAGE, _options
from logparse.store import FOLDER

if TYPE_CHECKING:
    from logparse.logs import Logs
    from logparse.transcripts import Transcripts


_MOST_METRICS = 1_000_000
"""Rows of `metrics` up to which findings are looked for here: all of them would have to be in memory."""


@click.command("ingest")
@_options.paths_argument
@_options.files_and_grammars
@_options.store_option("Keep what is read in this folder (default: .logparse).")
@click.option("--no-store", is_flag=True, envvar="LOGPARSE_NO_STORE", help="Keep nothing.")
@click.option(
    "--stale",
    is_flag=True,
    help="Also read again what an older logparse or grammar read into the store, if it is still there.",
)
@click.option(
    "--dask", metavar="ADDRESS",
    help="Read on the Dask cluster with this scheduler (tcp://host:8786), or in jobs of a batch system (slurm:8, "
    "pbs:8). All machines share the files and the store.",
)  # fmt: skip
@click.option(
    "--transcript", metavar="DIR", type=_options.WrittenFolder(),
    help="Write what was read in each picture to DIR/NAME.txt; where a transcript was edited, use its text instead.",
)  # fmt: skip
@click.option(
    "--min-coverage", type=click.FloatRange(0, 1), metavar="SHARE",
    help="Exit with 5 if a smaller share of lines was parsed (0 to 1).",
)  # fmt: skip
@_options.printing
def command(
    paths: tuple[str, ...],
    files_from: str | None,
    grammar: tuple[str, ...],
    no_store: bool,
    stale: bool,
    dask: str | None,
    transcript: str | None,
    min_coverage: float | None,
    format: str | None,
    output: str | None,
) -> int:
    """Read logs and print the runs found.

    Accepts files, folders, globs, compressed files, and - for standard input. Runs are grouped by platform and
    workload; an empty cell says why it is empty. Findings and the lines that were not parsed follow. Formats other than
    table contain the frame `runs`.

    What is read is kept in a folder, the store. Logs that it holds are not read again, and commands without PATH use
    it. --no-store keeps nothing.

    --transcript writes what was read in pictures of terminals as text. Characters between ⟦ and ⟧ are not clear.
    Correct the text, and give the same command again: the corrected text counts in place of what was read.

    \b
    Examples:
      logparse ingest sample_logs
      logparse ingest 'runs/*.out' --min-coverage 0.95
      logparse ingest job.out --grammar my_grammar.py --no-store
      logparse ingest shot.png --transcript transcripts
    """
    people = _options.is_table(format, output)
    if not (stale and not no_store):
        _options.require_logs(paths, files_from)
    _options.refuse_overwriting(paths, files_from)
    if dask is not None and transcript is not None:
        raise click.UsageError("--transcript reads pictures here, not on a cluster: leave out --dask")
    if dask is not None:
        _read_on(dask, paths, files_from, grammar, no_store)
    _options.few_threads_for_little(paths)
    transcripts = None
    if transcript is not None:
        from logparse.transcripts import transcripts_in

        transcripts = transcripts_in(transcript)
    logs, kept, problem, metrics = _read(paths, files_from, grammar, no_store, stale, transcripts)
    from logparse.pages import ingest
    from logparse.text import terminal

    if not logs.sources.height:
        click.echo(_options.no_runs(logs, paths), err=True)
    if people:
        from logparse.comparison.ledger import Ledger
        from logparse.findings import findings
        from logparse.schema import empty

        paint = terminal.Paint.of(sys.stdout if output is None else None)
        ledger = Ledger(logs)
        are_too_many = metrics > _MOST_METRICS
        found = empty("findings") if are_too_many else findings(ledger, of_one_run=True)
        _options.put_text(ingest.page(ledger, paths, paint, found), output)
        if are_too_many:
            click.echo(f"{metrics:,} metrics are too many to look for findings here: logparse findings does", err=True)
    else:
        _options.put(logs.runs, "runs", format, output)
    for note in transcripts.notes if transcripts else ():
        click.echo(note, err=True)
    if kept and people:
        click.echo(kept, err=True)
    if problem:
        click.echo(f"Warning: not all was kept: {problem} (--no-store keeps nothing)", err=True)
    coverage = ingest.coverage(logs)
    if min_coverage is not None and coverage < min_coverage:
        click.echo(f"--min-coverage {min_coverage:g} not reached: {coverage:.4f} of the lines were parsed", err=True)
        return GATE
    is_refused = (problem and _options.noted("store")) or (transcripts and transcripts.refused)
    return max(_options.exit_code(logs), USAGE if is_refused else 0)


def _read(
    paths: tuple[str, ...],
    files_from: str | None,
    grammars: tuple[str, ...],
    no_store: bool,
    stale: bool,
    transcripts: Transcripts | None,
) -> tuple[Logs, str | None, str | None, int]:
    """The logs, what was kept of them, why they could not be kept, and how many metrics were kept."""
    if no_store:
        return _options.ingest(paths, files_from, grammars, transcripts), None, None, 0
    from logparse.cli._progress import Progress
    from logparse.errors import NoSuchInput, UsageError
    from logparse.pipeline import Interrupted, ingest_into
    from logparse.store.tables import Store

    try:
        store = Store.create(_options.noted("store") or FOLDER)
        with Progress(paths if files_from is None else None) as progress:
            intake = ingest_into(store, list(paths), grammars, files_from, progress, stale, transcripts)
        return intake.logs(), f"Kept in {store.folder}: {intake.summary()}", None, intake.metrics()
    except NoSuchInput:
        raise
    except Interrupted as stopped:
        click.echo(_left(stopped.kept, paths, files_from), err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    except UsageError as error:
        if "-" in paths or files_from == "-":  # it cannot be read a second time
            raise
        return _options.ingest(paths, files_from, grammars, transcripts), None, error.message, 0


def _read_on(
    address: str, paths: tuple[str, ...], files_from: str | None, grammars: tuple[str, ...], no_store: bool
) -> None:
    """Read files into the store on a Dask cluster. Then they are known, and what it could not read is read here."""
    from logparse.cli._progress import Progress
    from logparse.cluster import ingest_on
    from logparse.store.tables import Store
    from logparse.text.labels import many

    if no_store:
        raise click.UsageError("--dask needs a store in which the workers keep what they read")
    if files_from == "-":
        raise click.UsageError("--dask reads the list of files twice: put it in a file")
    with Progress(paths if files_from is None else None) as progress:
        store = Store.create(_options.noted("store") or FOLDER)
        failed = ingest_on(address, store, list(paths), grammars, files_from, progress)
    if failed:
        click.echo(
            f"{many(len(failed), 'task')} failed on the cluster ({failed[0]}): their files are read here", err=True
        )


def _left(kept: int, paths: tuple[str, ...], files_from: str | None) -> str:
    """What an interrupted ingest has done, and what it has not."""
    from logparse.reading.sources import expand

    done = f"Interrupted. Kept in {_options.noted('store') or FOLDER}: {kept:,}"
    if "-" in paths or files_from == "-":
        return f"{done} inputs"
    total = len(expand(list(paths), files_from=files_from))
    return f"{done} of {total:,} files; {total - kept:,} left: the same command again reads them"
