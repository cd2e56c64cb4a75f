"""`logparse explain`."""

from __future__ import annotations

import click

from logparse.cli import NOTHING, UNREADABLE, _options


@click.command("explain")
@_options.reading
@click.option("--all", is_flag=True, help="Show every line, also those that are known or not understood.")
@_options.printing
def command(
    paths: tuple[str, ...],
    files_from: str | None,
    grammar: tuple[str, ...],
    all: bool,
    format: str | None,
    output: str | None,
) -> int:
    """Show how a file is read, line by line.

    Each line that is read, with the rule that reads it and the values taken, as printed; the other lines are counted,
    and what no rule reads is grouped by shape. Marked with ! and first: a number by a word of time, rate or quality.

    \b
    Example:
      logparse explain sample_logs/groq/bert_tiny_dummy_input.out
    """
    people = _options.is_table(format, output)
    _options.named(paths, files_from)
    import sys

    import polars as pl

    from logparse.grammar.registry import chosen
    from logparse.pages.explain import explain, page
    from logparse.reading.sources import read_sources
    from logparse.text.terminal import Paint

    known = chosen(_options.own(grammar))
    made = [explain(source, known) for source in read_sources(list(paths), files_from=files_from)]
    if people:
        paint = Paint.of(sys.stdout if output is None else None)
        _options.put_text("\n\n".join(page(one, paint, all) for one in made), output)
    else:
        frames = [one.lines if all else one.lines.filter(pl.col("kind") == "read") for one in made]
        _options.put(pl.concat(frames), "explain", format, output)
    if any(one.source.status == "unreadable" for one in made):
        return UNREADABLE
    return 0 if any(one.platforms for one in made) else NOTHING
