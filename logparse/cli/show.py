"""`logparse show`."""

from __future__ import annotations

import sys

import click

from logparse.cli import _options


def _columns(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from logparse.schema import PHASES, RUNS

    return [name for name in (*RUNS, *PHASES) if name.startswith(incomplete)]


@click.command("show")
@click.argument("run", metavar="RUN", shell_complete=_options.complete_runs)
@click.argument("column", metavar="COLUMN", shell_complete=_columns)
@_options.reading
@click.option(
    "-C", "--context", type=click.IntRange(min=0), default=1, show_default=True, help="Lines of context on either side."
)
@click.option(
    "--raw", is_flag=True, help="Show all context lines as they are in the log, with any keys and passwords in them."
)
@_options.printing
def command(
    run: str,
    column: str,
    paths: tuple[str, ...],
    files_from: str | None,
    grammar: tuple[str, ...],
    context: int,
    raw: bool,
    format: str | None,
    output: str | None,
) -> int:
    """Show where a number comes from.

    Shows the value, how it was obtained, and the lines it was read from with the match marked; for an empty cell, the
    reason. RUN is an id or its prefix, or a label or part of one. COLUMN is a column of runs, a phase (compile, train),
    a metric, or a setting. Context lines are shown only where a rule reads them: others could contain anything. Keys
    and passwords are masked.

    \b
    Examples:
      logparse show bert_large_batch_1024 throughput sample_logs
      logparse show batch_512 compile sample_logs
    """
    people = _options.is_table(format, output)
    logs = _options.read(paths, files_from, grammar)
    from logparse.pages import show
    from logparse.selection import find_run
    from logparse.text import terminal

    found = find_run(logs.runs, run)
    if people:
        paint = terminal.Paint.of(sys.stdout if output is None else None)
        _options.put_text(show.page(logs, found, column, paint, context, raw), output)
    else:
        _options.put(show.evidence(logs, found, column), "evidence", format, output)
    return _options.exit_code(logs)
