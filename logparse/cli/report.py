"""`logparse report`."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from logparse.cli import NOTHING, _options, _since

_SUFFIXES = {".html": "html", ".htm": "html", ".md": "md", ".tex": "latex", ".pdf": "pdf"}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
"""Programs that print a page as a PDF."""
_ON_TERMINAL = {"html": "report.html", "md": "report.md", "latex": "report.tex"}
"""Format -> the file that is written where the report would flood a terminal."""


@click.command("report")
@_options.reading
@click.option(
    "--where", metavar="SQL", help="Report only runs for which this SQL condition is true: platform = 'groq'."
)
@_since.option
@click.option(
    "--by", metavar="COLUMN", shell_complete=_options.complete_columns,
    help="Group runs of a workload with the same value of this column into one side.",
)  # fmt: skip
@click.option(
    "--baseline",
    metavar="RUN|NAME",
    shell_complete=_options.complete_runs,
    help="Run, or baseline of the store, that the others of its workload are compared with (default: the first).",
)
@_options.labels
@_options.claims_and_ignore
@click.option(
    "--theme",
    type=click.Choice(["light", "dark"]),
    help="Initial theme of the page (default: the reader's system theme).",
)
@click.option("--title", help="Replaces the title that names the workloads.")
@click.option(
    "--format",
    "format",
    type=click.Choice(["html", "md", "latex", "pdf"]),
    help="Output format (default: from the suffix of -o, else html).",
)
@click.option(
    "-o", "--output", type=_options.Written(), metavar="FILE",
    help=f"Write to FILE ({', '.join(_SUFFIXES)}; default: standard output, but a file report.* on a terminal).",
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
    """Write a report on the runs to one file.

    It opens with the conclusions that the logs support, those that they do not, and what would settle them. Then come
    the runs, side by side and in charts, the findings, the lines not parsed, and how the report was made. Clicking a
    number shows its log lines. The page opens in any browser, without a network. Markdown suits a pull request.

    \b
    Examples:
      logparse report sample_logs/cerebras -o report.html
      logparse report runs --by batch_size --claim 'second:epochs=20' -o report.md
    """
    chosen = _format(format, output)
    browser = _browser() if chosen == "pdf" else None
    if browser is not None and output in (None, "-"):
        raise click.UsageError("a PDF is written to a file: give -o report.pdf")
    if output is None and sys.stdout is not None and sys.stdout.isatty():
        output = _ON_TERMINAL[chosen]
    earliest = _since.earliest()
    claims = _options.claims(claim, claims_file)
    logs = _options.read(paths, files_from, grammar)
    if not logs.runs.height:
        click.echo(_options.no_runs(logs, paths), err=True)
        return max(NOTHING, _options.exit_code(logs))
    baseline = _options.stored_baseline(logs, baseline)
    from logparse.report import report
    from logparse.text.secrets import masked_text

    text = report(
        _since.only_recent(logs, earliest, baseline), format="html" if browser else chosen, where=where, by=by,
        baseline=baseline, claims=claims, ignore=ignore,
        theme="light" if browser else theme,
        title=title, command=masked_text(shlex.join(["logparse", *sys.argv[1:]])),
    )  # fmt: skip
    if browser is not None:
        _options.put_bytes(_printed(text, browser), output)
    else:
        _options.put_text(text.rstrip("\n"), output)
    return _options.exit_code(logs)


def _browser() -> str:
    """The program that prints a PDF. Raises `click.UsageError` where there is none."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        raise click.UsageError(
            "a PDF needs Chromium or Chrome, and neither is installed: write a page (-o report.html) and print it"
        )
    return found


def _printed(page: str, browser: str) -> bytes:
    """The page as a PDF. Raises `click.UsageError` where the browser fails."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        source, printed = Path(folder, "report.html"), Path(folder, "report.pdf")
        source.write_text(page, "utf-8")
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        options += [f"--user-data-dir={folder}/profile", "--no-pdf-header-footer", "--virtual-time-budget=60000"]
        command = [browser, *options, f"--print-to-pdf={printed}", source.as_uri()]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE_S)
            return printed.read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            reason = f"took longer than {_PATIENCE_S} s" if isinstance(error, subprocess.TimeoutExpired) else "failed"
            raise click.UsageError(
                f"{Path(browser).name} {reason} while printing the page: write a page (-o report.html) and print it"
            ) from None


_PATIENCE_S = 180


def _format(format: str | None, output: str | None) -> str:
    """The format given by name or by the suffix of the file."""
    if format is not None:
        return format
    if output in (None, "-"):
        return "html"
    suffix = Path(str(output)).suffix.lower()
    if suffix not in _SUFFIXES:
        raise click.UsageError(
            f"cannot infer the format of {output}: use a suffix ({', '.join(_SUFFIXES)}) or --format"
        )
    return _SUFFIXES[suffix]
