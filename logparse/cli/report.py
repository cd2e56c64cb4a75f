"""`logparse report`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from logparse.cli import NOTHING, _options

_SUFFIXES = {".html": "html", ".htm": "html", ".md": "md", ".tex": "latex"}


@click.command("report")
@_options.reading
@click.option("--where", metavar="SQL", help="Only runs of which this is true, as in: platform = 'groq'.")
@click.option("--by", metavar="COLUMN", help="Runs of one workload with the same value of this column are one side.")
@click.option("--baseline", metavar="RUN", help="What the others of its workload are held against; else the first.")
@_options.saying
@click.option(
    "--theme", type=click.Choice(["light", "dark"]), help="How the page looks at first; else as the reader's system."
)
@click.option("--title", help="Instead of one that names the workloads.")
@click.option(
    "--format", "format", type=click.Choice(["html", "md", "latex"]), help="Else the suffix of -o decides; else html."
)
@click.option(
    "-o", "--output", type=click.Path(allow_dash=True, dir_okay=False), metavar="FILE",
    help=f"Write to FILE ({', '.join(_SUFFIXES)}); else to standard output.",
)  # fmt: skip
def command(
    paths: tuple[str, ...],
    files_from: str | None,
    grammar: tuple[str, ...],
    where: str | None,
    by: str | None,
    baseline: str | None,
    claim: tuple[str, ...],
    claims_file: str | None,
    ignore: tuple[str, ...],
    theme: str | None,
    title: str | None,
    format: str | None,
    output: str | None,
) -> int:
    """Write a report on some runs, as one file.

    It opens with what the logs let one say, what they do not, and what would settle it; then come the runs, side by
    side and in charts, the findings, what was not understood, and how it was made. A click on any number shows its log
    lines. The page opens in any browser, with no network. Markdown is for a hand-in or a pull request.

    \b
    Examples:
      logparse report sample_logs/cerebras -o report.html
      logparse report runs --by batch_size --claim 'second:epochs=20' -o report.md
    """
    chosen = _format(format, output)
    said = _options.claims(claim, claims_file)
    logs = _options.read(paths, files_from, grammar)
    if not logs.runs.height:
        click.echo("no run was recognised in these logs: there is nothing to report on", err=True)
        return max(NOTHING, _options.exit_code(logs))
    from logparse.report import report

    made = report(
        logs, format=chosen, where=where, by=by, baseline=baseline, claims=said, ignore=ignore, theme=theme,
        title=title, command=shlex.join(["logparse", *sys.argv[1:]]),
    )  # fmt: skip
    _options.put_text(made.rstrip("\n"), output)
    return _options.exit_code(logs)


def _format(format: str | None, output: str | None) -> str:
    """The format asked for, by name or by the suffix of the file."""
    if format is not None:
        return format
    if output in (None, "-"):
        return "html"
    suffix = Path(str(output)).suffix.lower()
    if suffix not in _SUFFIXES:
        raise click.UsageError(
            f"cannot tell the format of {output}: end it in {', '.join(_SUFFIXES)}, or give --format"
        )
    return _SUFFIXES[suffix]
