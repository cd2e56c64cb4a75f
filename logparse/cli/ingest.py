"""`logparse ingest`."""

from __future__ import annotations

import sys

import click

from logparse.cli import GATE, _options


@click.command("ingest")
@_options.reading
@click.option(
    "--min-coverage", type=click.FloatRange(0, 1), metavar="SHARE",
    help="Exit with 5 if a smaller share of lines was parsed (0 to 1).",
)  # fmt: skip
@_options.printing
def command(
    paths: tuple[str, ...],
    files_from: str | None,
    grammar: tuple[str, ...],
    min_coverage: float | None,
    format: str | None,
    output: str | None,
) -> int:
    """Read logs and print the runs found.

    Accepts files, folders, globs, compressed files, and - for standard input. Runs are grouped by platform and
    workload; an empty cell says why it is empty. Findings and the lines that were not parsed follow. Formats other than
    table contain the frame `runs`.

    \b
    Examples:
      logparse ingest sample_logs
      logparse ingest 'runs/*.out' --min-coverage 0.95
      logparse ingest job.out --grammar my_grammar.py
    """
    people = _options.is_table(format, output)
    logs = _options.read(paths, files_from, grammar)
    from logparse.pages import ingest
    from logparse.text import terminal

    if not logs.sources.height:
        click.echo(f"no files to read in {', '.join(paths)} (folders are searched recursively)", err=True)
    if people:
        from logparse.comparison.ledger import Ledger
        from logparse.findings import findings

        paint = terminal.Paint.of(sys.stdout if output is None else None)
        ledger = Ledger(logs)
        _options.put_text(ingest.page(ledger, paths, paint, findings(ledger, of_one_run=True)), output)
    else:
        _options.put(logs.runs, "runs", format, output)
    coverage = ingest.coverage(logs)
    if min_coverage is not None and coverage < min_coverage:
        click.echo(f"--min-coverage {min_coverage:g} not reached: {coverage:.4f} of the lines were parsed", err=True)
        return GATE
    return _options.exit_code(logs)
