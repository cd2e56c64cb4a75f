"""`logparse sql`."""

from __future__ import annotations

import click

from logparse.cli import _options


@click.command("sql")
@click.argument("query", metavar="QUERY")
@_options.reading
@_options.printing
def command(
    query: str,
    paths: tuple[str, ...],
    files_from: str | None,
    grammar: tuple[str, ...],
    format: str | None,
    output: str | None,
) -> int:
    """Answer an SQL query over the frames.

    Each frame is a table: runs, phases, metrics, params, messages, sources, evidence; `logparse schema` describes their
    columns. QUERY is one SELECT. It can neither change anything nor read other files. Quote columns that are SQL words:
    "group".

    \b
    Examples:
      logparse sql "SELECT platform, COUNT(*) AS runs FROM runs GROUP BY platform ORDER BY platform"
      logparse sql "SELECT label, train_s FROM runs WHERE train_s > 100" sample_logs --format csv
    """
    _options.is_table(format, output)
    logs = _options.read(paths, files_from, grammar)
    from logparse import selection

    frames = {name: getattr(logs, name) for name in selection.mentioned(query)}
    try:
        rows = selection.query(frames, query)
    except ValueError as error:
        raise click.UsageError(f"the query is not valid: {error}") from None
    _options.put(rows, "sql", format, output)
    return _options.exit_code(logs)
