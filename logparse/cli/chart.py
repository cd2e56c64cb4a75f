"""`logparse chart`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from click.core import ParameterSource

from logparse.cli import NOTHING, _options

FORMATS = ("html", "svg", "png", "pdf", "json")
TEXT = ("svg", "json")
"""What may go to a terminal."""


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from logparse import charts

    return [name for name in charts.names() if name.startswith(incomplete)]


@click.command("chart")
@click.argument("name", metavar="NAME", shell_complete=_names)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(allow_dash=True))
@click.option(
    "-o", "--output", type=click.Path(allow_dash=True, dir_okay=False), metavar="FILE",
    help=f"Write to FILE; without --format its suffix decides ({' '.join('.' + f for f in FORMATS)}).",
)  # fmt: skip
@click.option("--format", "format", type=click.Choice(FORMATS), help="json is Vega-Lite; html opens with no network.")
@click.option(
    "--data", type=click.Path(allow_dash=True, dir_okay=False), metavar="FILE",
    help="Write the rows drawn, each with its lines, to FILE (.csv, .json, .parquet …).",
)  # fmt: skip
@click.option("--where", metavar="SQL", help="Only runs for which this is true, as in: platform = 'groq'.")
@click.option("--by", metavar="COLUMN", help="Runs with the same value of this column of runs are one row.")
@click.option("--baseline", metavar="RUN", help="What the others are held against; else the first.")
@click.option("--per", type=click.Choice(["device", "rank"]), help="Divide rates by the number of these.")
@click.option("--clock", type=click.Choice(["train", "result", "wall"]), help="Which time counts.")
@click.option(
    "--x", type=click.Choice(["samples", "steps", "time", "ranks", "devices"]),
    help="What the horizontal axis counts: of loss samples, steps or time; of scaling ranks or devices.",
)  # fmt: skip
@click.option("--theme", type=click.Choice(["light", "dark", "print"]), default="light", show_default=True)
@click.option("--width", type=click.IntRange(80, 10_000), metavar="PIXELS", help="Of the plot.")
@click.option("--height", type=click.IntRange(80, 10_000), metavar="PIXELS", help="Of a panel; else as its rows need.")
@click.option("--title", help="Instead of the one that states the finding.")
@_options.saying
@_options.files_and_grammars
@click.pass_context
def command(
    ctx: click.Context,
    name: str,
    paths: tuple[str, ...],
    output: str | None,
    format: str | None,
    data: str | None,
    where: str | None,
    by: str | None,
    baseline: str | None,
    per: str | None,
    clock: str | None,
    x: str | None,
    theme: str,
    width: int | None,
    height: int | None,
    title: str | None,
    claim: tuple[str, ...],
    claims_file: str | None,
    ignore: tuple[str, ...],
    files_from: str | None,
    grammar: tuple[str, ...],
) -> int:
    """Draw a chart of the runs and write it to a file.

    The title states the finding, the caption the clock, the noise, the findings and the files. html, svg, png and pdf
    hold the command that made them. What cannot be drawn is named; a chart with nothing in it is not written (exit
    code 3).

    \b
    Examples:
      logparse chart duration sample_logs/cerebras -o duration.html
      logparse chart throughput runs --by ranks -o throughput.pdf --theme print
      logparse chart ratio old.out new.out -o ratio.png --data ratio.csv
    """
    from logparse import charts

    takes = (*charts.COMMON, *charts.module(name).TAKES)
    chosen = _format(output, format, data)
    if data is not None:
        _options.format_of(None, data)
    said = _options.claims(claim, claims_file)
    options = {"by": by, "baseline": baseline, "per": per, "clock": clock, "x": x}
    for option in (o for o, value in options.items() if value is not None and o not in takes):
        raise click.UsageError(f"--{option}: the chart {name} has no use for it")
    logs = _options.read(paths, files_from, grammar)
    from logparse.errors import NothingToDraw
    from logparse.rendering.export import export

    try:
        view = charts.view_for(
            name, logs, where=where, theme=theme, width=width, height=height, title=title, claims=said, ignore=ignore,
            **options,
        )  # fmt: skip
        drawing = charts.drawn(name, view)
    except NothingToDraw as error:
        click.echo(f"Nothing to draw: {error}", err=True)
        return max(NOTHING, _options.exit_code(logs))
    if chosen is not None:
        _options.put_bytes(export(drawing, chosen, _command(ctx)), output)
    if data is not None:
        _options.put(charts.rows(name, view), name, None, data)
    return _options.exit_code(logs)


def _format(output: str | None, format: str | None, data: str | None) -> str | None:
    """The format to write; None where only the rows are wanted.

    Raises `click.UsageError` where nobody can tell it, or where it is not for a terminal.
    """
    if format is None and output not in (None, "-"):
        format = Path(str(output)).suffix.lower().removeprefix(".")
        if format not in FORMATS:
            raise click.UsageError(f"cannot tell the format of {output}: end it in .{', .'.join(FORMATS)}, or --format")
    if format is None:
        if data is not None and output is None:
            return None
        raise click.UsageError("say where to: -o chart.html (or .svg, .png, .pdf, .json); or --format and a pipe")
    if output in (None, "-") and format not in TEXT and sys.stdout.isatty():
        raise click.UsageError(f"{format} is not for a terminal: give -o FILE, or pipe it on")
    return format


def _command(ctx: click.Context) -> str:
    """The command as it was given, for the file's metadata."""
    return shlex.join(["logparse", "chart", *_given(ctx)])


def _given(ctx: click.Context) -> Iterator[str]:
    for param in ctx.command.params:
        assert param.name is not None
        if ctx.get_parameter_source(param.name) is not ParameterSource.COMMANDLINE:
            continue
        value = ctx.params[param.name]
        for one in value if isinstance(value, tuple) else (value,):
            yield from (str(one),) if isinstance(param, click.Argument) else (param.opts[-1], str(one))
