"""`logparse findings`."""

from __future__ import annotations

import sys

import click

from logparse.cli import GATE, NOTHING, _options


@click.command("findings")
@_options.reading
@_options.saying
@click.option("--strict", type=click.Choice(["warning", "error"]), help="Exit with 5 for findings this bad or worse.")
@click.option("--advice/--no-advice", default=True, show_default=True, help="Say what to do about each.")
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
    """Print what one ought to know before believing a number.

    Errors first. Each run is looked at for itself, and runs of one platform, workload and task beside each other; what
    touches a certain comparison, `logparse compare` says. What is ignored is kept and told.

    \b
    Examples:
      logparse findings sample_logs
      logparse findings runs --ignore 'compile-cached=only training is compared' --strict warning
    """
    people = _options.is_table(format, output)
    said = _options.claims(claim, claims_file)
    logs = _options.read(paths, files_from, grammar)
    if not logs.runs.height:
        click.echo("no run in these logs: logparse explain PATH... shows how they are read", err=True)
        if people:
            return max(NOTHING, _options.exit_code(logs))
    from logparse import gates
    from logparse.comparison.ledger import Ledger
    from logparse.findings import findings
    from logparse.pages import compare
    from logparse.text import terminal

    found = findings(Ledger(logs, said), ignore=ignore)
    if people:
        paint = terminal.Paint.of(sys.stdout if output is None else None)
        lines = list(compare.finding_lines(found, paint, "Worth knowing", advice=advice))
        _options.put_text("\n".join(lines or ["Nothing to say against these logs."]), output)
    else:
        _options.put(found, "findings", format, output)
    if gates.too_bad(found, strict):
        click.echo(f"--strict {strict}: there are findings this bad", err=True)
        return max(GATE, _options.exit_code(logs))
    return _options.exit_code(logs)
