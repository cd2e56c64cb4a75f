"""`logparse explain`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logparse.cli import NOTHING, UNREADABLE, _options

if TYPE_CHECKING:
    from logparse.grammar import Grammar
    from logparse.pages.explain import Explained


@click.command("explain")
@_options.reading
@click.option("--all", is_flag=True, help="Show every line, including those without values and those not parsed.")
@click.option(
    "--draft",
    is_flag=True,
    help="Write a draft of a grammar for the lines with figures that are not parsed, as with -o FILE.py.",
)
@_options.printing
def command(
    paths: tuple[str, ...],
    files_from: str | None,
    grammar: tuple[str, ...],
    all: bool,
    draft: bool,
    format: str | None,
    output: str | None,
) -> int:
    """Show how a file is parsed, line by line.

    Lines with values are shown with the rule that reads them and the values as printed; other lines are counted. Lines
    that no rule matches are grouped by shape; those with a number next to a word for time, rate or quality come first,
    marked with !.

    With --draft, the output is a grammar file for those lines: one rule for each shape, most frequent first. It extends
    the platform of the log, or defines a new one.

    \b
    Examples:
      logparse explain sample_logs/groq/bert_tiny_dummy_input.out
      logparse explain my.log --draft -o my_grammar.py
    """
    if draft and (format is not None or all):
        raise click.UsageError("--draft writes Python: it cannot be combined with --format or --all")
    people = draft or _options.is_table(format, output)
    _options.require_logs(paths, files_from)
    _options.refuse_overwriting(paths, files_from)
    import sys

    import polars as pl

    from logparse.grammar.registry import chosen
    from logparse.pages.explain import explain, page
    from logparse.reading.sources import read_sources
    from logparse.text.terminal import Paint

    known = chosen(_options.user_grammars(grammar))
    explained = [explain(source, known) for source in read_sources(list(paths), files_from=files_from)]
    if draft:
        return _draft(explained, known, paths, output)
    if people:
        paint = Paint.of(sys.stdout if output is None else None)
        _options.put_text("\n\n".join(page(one, paint, all) for one in explained), output)
    else:
        frames = [one.lines if all else one.lines.filter(pl.col("kind") == "read") for one in explained]
        _options.put(pl.concat(frames), "explain", format, output)
    if any(one.source.status == "unreadable" for one in explained):
        return UNREADABLE
    return 0 if any(one.platforms for one in explained) else NOTHING


def _draft(explained: Sequence[Explained], known: Sequence[Grammar], paths: Sequence[str], output: str | None) -> int:
    """Print or write a draft, and say what to do with it."""
    from logparse.pages.draft import draft

    to_file = output not in (None, "-")
    drafted = draft(explained, known, Path(str(output) if to_file else [*paths, "own"][0]).stem)
    if not drafted.rules:
        click.echo("No line that is not parsed holds a figure: there is nothing to draft.", err=True)
        return NOTHING
    _options.put_text(drafted.text.rstrip("\n"), output)
    if to_file:
        parsed = f"{drafted.read:,} of the {drafted.lines:,} lines with figures that are not parsed"
        rules = f"{len(drafted.rules)} rule{'' if len(drafted.rules) == 1 else 's'}"
        click.echo(f"{output}: {rules}, for {parsed}.", err=True)
        click.echo(
            f"Next: logparse grammars check {output} · logparse ingest {' '.join(paths)} --grammar {output}", err=True
        )
    return 0
