"""`logparse findings`."""

from __future__ import annotations

import sys

import click

from logparse.cli import GATE, NOTHING, _options


@click.command("findings")
@_options.reading
@_options.labels
@_options.claims_and_ignore
@click.option(
    "--strict", type=click.Choice(["warning", "error"]), help="Exit with 5 on a finding of this severity or worse."
)
@click.option("--advice/--no-advice", default=True, show_default=True, help="Print what to do about each finding.")
@_options.printing
def command(
    paths: tuple[str, ...],
    files_from: str | None,
    grammar: tuple[str, ...],
    claim: tuple[str, ...],
    claims_file: str | None,
    ignore: tuple[str, ...],
    strict: str | None,
    advice: bool,
    format: str | None,
    output: str | None,
) -> int:
    """Print findings: what to know before trusting a number.

    Errors come first. Each run is checked by itself, and runs of the same platform, workload and task are checked
    together; `logparse compare` prints the findings about a particular comparison. Ignored findings are listed last.

    \b
    Examples:
      logparse findings sample_logs
      logparse findings runs --ignore 'compile-cached=only training is compared' --strict warning
    """
    people = _options.is_table(format, output)
    claims = _options.claims(claim, claims_file)
    logs = _options.read(paths, files_from, grammar)
    if not logs.runs.height:
        click.echo(_options.no_runs(logs, paths), err=True)
        if people:
            return max(NOTHING, _options.exit_code(logs))
    from logparse import gates
    from logparse.comparison.ledger import Ledger
    from logparse.findings import findings
    from logparse.pages.findings import finding_lines
    from logparse.text import terminal

    found = findings(Ledger(logs, claims), ignore=ignore)
    if people:
        paint = terminal.Paint.of(sys.stdout if output is None else None)
        lines = list(finding_lines(found, paint, "Findings", advice=advice))
        _options.put_text(paint.fitted(lines or ["No findings."]), output)
    else:
        _options.put(found, "findings", format, output)
    if gates.is_too_bad(found, strict):
        click.echo(f"--strict {strict}: there are findings of this severity or worse", err=True)
        return max(GATE, _options.exit_code(logs))
    return _options.exit_code(logs)
