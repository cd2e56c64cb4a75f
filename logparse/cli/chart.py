"""`logparse chart`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from click.core import ParameterSource

from logparse.cli import NOTHING, _options, _since

FORMATS = ("html", "svg", "png", "pdf", "json")
TEXT = ("svg", "json")
"""Formats that may be printed to a terminal."""


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from logparse import charts

    return [name for name in charts.names() if name.startswith(incomplete)]


def _catalogue() -> list[tuple[str, str]]:
    """Names of the charts; the question that each answers, and what it needs."""
    from logparse import charts

    rows = []
    for name in charts.names():
        parts = charts.parts(name)
        needs = " ".join(parts["what it needs"].split())
        rows.append((name, f"{parts['says']} Needs {needs[0].lower()}{needs[1:]}"))
    return rows


class _ChartCommand(click.Command):
    """A command whose help lists the charts."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _list(formatter)
        super().format_options(ctx, formatter)


def _list(formatter: click.HelpFormatter) -> None:
    with formatter.section("Charts"):
        formatter.write_dl(_catalogue())


@click.command("chart", cls=_ChartCommand)
@click.argument("name", metavar="[NAME]", required=False, shell_complete=_names)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=_options.LogPath())
@click.option(
    "-o", "--output", type=_options.Written(), metavar="FILE",
    help=f"Write to FILE; without --format, its suffix selects the format ({' '.join('.' + f for f in FORMATS)}).",
)  # fmt: skip
@click.option("--format", "format", type=click.Choice(FORMATS), help="json is Vega-Lite; html opens without a network.")
@click.option(
    "--data", type=_options.Written(), metavar="FILE",
    help="Write the data of the chart, each row with its log lines, to FILE (.csv, .json, .parquet …).",
)  # fmt: skip
@click.option("--where", metavar="SQL", help="Draw only runs for which this SQL condition is true: platform = 'groq'.")
@_since.option
@click.option(
    "--by", metavar="COLUMN", shell_complete=_options.complete_columns,
    help="Group runs with the same value of this column of `runs` into one row.",
)  # fmt: skip
@click.option(
    "--baseline", metavar="RUN|NAME", shell_complete=_options.complete_runs,
    help="Run, or baseline of the store, that the others are compared with (default: the first).",
)  # fmt: skip
@click.option("--per", type=click.Choice(["device", "rank"]), help="Divide rates by the number of devices or ranks.")
@click.option("--clock", type=click.Choice(["train", "result", "wall"]), help="Which time is drawn.")
@click.option(
    "--x", type=click.Choice(["samples", "steps", "time", "ranks", "devices"]),
    help="Quantity on the horizontal axis: samples, steps or time for loss; ranks or devices for scaling.",
)  # fmt: skip
@click.option("--across", is_flag=True, help="Draw the rates of each workload over the platforms on which it ran.")
@click.option("--theme", type=click.Choice(["light", "dark", "print"]), default="light", show_default=True)
@click.option("--width", type=click.IntRange(80, 10_000), metavar="PIXELS", help="Width of the plot.")
@click.option(
    "--height", type=click.IntRange(80, 10_000), metavar="PIXELS", help="Height of a panel (default: fits its rows)."
)
@click.option("--title", help="Replaces the title that states the result.")
@click.option(
    "--caption", type=click.Choice(["full", "short", "none"]), default="full", show_default=True,
    help="Text below the chart; short: at most two lines, about the runs drawn.",
)  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Draw every panel and row, however tall the chart becomes.")
@click.option(
    "--sort", metavar="COLUMN", shell_complete=_options.complete_columns,
    help="Order runs by this column of `runs`; -COLUMN: the largest first.",
)  # fmt: skip
@_options.labels
@_options.claims_and_ignore
@_options.files_and_grammars
@_options.stored
@click.pass_context
def command(
    ctx: click.Context,
    name: str | None,
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
    across: bool,
    theme: str,
    width: int | None,
    height: int | None,
    title: str | None,
    caption: str,
    every: bool,
    sort: str | None,
    claim: tuple[str, ...],
    claims_file: str | None,
    ignore: tuple[str, ...],
    files_from: str | None,
    grammar: tuple[str, ...],
) -> int:
    """Draw a chart of the runs and write it to a file. Without a name, list the charts.

    The title states the result; the caption names the clock, the noise, the findings and the files. html, svg, png and
    pdf files contain the command that made them. Runs that cannot be drawn are listed; an empty chart is not written
    (exit code 3).

    \b
    Examples:
      logparse chart duration sample_logs/cerebras -o duration.html
      logparse chart throughput runs --by ranks -o throughput.pdf --theme print
      logparse chart ratio old.out new.out -o ratio.png --data ratio.csv
      logparse chart ratio --across sample_logs -o across.html
    """
    from logparse import charts
    from logparse.errors import nearest

    if name is None:
        formatter = ctx.make_formatter()
        _list(formatter)
        click.echo(formatter.getvalue(), nl=False)
        return 0
    if name not in charts.names() and _options.is_path(name):
        raise click.UsageError(f"{name} is not a chart: name a chart before the path; {nearest(name, charts.names())}")
    takes = (*charts.COMMON, *charts.module(name).TAKES)
    chosen = _format(output, format, data)
    if data is not None:
        _options.format_of(None, data)
    earliest = _since.earliest()
    claims = _options.claims(claim, claims_file)
    options = {"by": by, "baseline": baseline, "per": per, "clock": clock, "x": x, "across": across or None}
    for option in (o for o, value in options.items() if value is not None and o not in takes):
        raise click.UsageError(f"--{option} does not apply to the chart {name}")
    logs = _options.read(paths, files_from, grammar)
    if not logs.runs.height:
        click.echo(_options.no_runs(logs, paths), err=True)
        return max(NOTHING, _options.exit_code(logs))
    options["baseline"] = baseline = _options.stored_baseline(logs, baseline)
    from logparse.errors import NothingToDraw
    from logparse.rendering.export import export

    try:
        view = charts.view_for(
            name, _since.only_recent(logs, earliest, baseline), where=where, theme=theme, width=width, height=height,
            title=title, caption=caption, sort=sort, all=every or None, claims=claims, ignore=ignore, **options,
        )  # fmt: skip
        specification = charts.specification(name, view)
    except NothingToDraw as error:
        click.echo(f"Nothing to draw: {error}", err=True)
        return max(NOTHING, _options.exit_code(logs))
    if chosen is not None:
        _options.put_bytes(export(specification, chosen, _command(ctx)), output)
    if data is not None:
        _options.put(charts.rows(name, view), name, None, data)
    return _options.exit_code(logs)


def _format(output: str | None, format: str | None, data: str | None) -> str | None:
    """The format to write; None where only the data is wanted.

    Raises `click.UsageError` where it cannot be inferred, or where it is binary and would go to a terminal.
    """
    if format is None and output not in (None, "-"):
        format = Path(str(output)).suffix.lower().removeprefix(".")
        if format not in FORMATS:
            raise click.UsageError(
                f"cannot infer the format of {output}: use a suffix (.{', .'.join(FORMATS)}) or --format"
            )
    if format is None:
        if data is not None and output is None:
            return None
        raise click.UsageError(
            "no output given: use -o chart.html (or .svg, .png, .pdf, .json), or --format and a pipe"
        )
    if output in (None, "-") and format not in TEXT and sys.stdout.isatty():
        raise click.UsageError(f"{format} is not printed to a terminal: give -o FILE, or redirect the output")
    return format


def _command(ctx: click.Context) -> str:
    """The command as it was given, for the file's metadata."""
    from logparse.text.secrets import masked_text

    return masked_text(shlex.join(["logparse", "chart", *_given(ctx)]))


def _given(ctx: click.Context) -> Iterator[str]:
    for param in ctx.command.params:
        assert param.name is not None
        if ctx.get_parameter_source(param.name) is not ParameterSource.COMMANDLINE:
            continue
        value = ctx.params[param.name] if param.expose_value else _options.noted(param.name)
        for one in value if isinstance(value, tuple) else (value,):
            yield from (str(one),) if isinstance(param, click.Argument) else (param.opts[-1], str(one))
