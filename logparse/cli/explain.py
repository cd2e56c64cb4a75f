"""`logparse explain`."""

from __future__ import annotations

import click

from logparse.cli import NOTHING, UNREADABLE, _options


@click.command("explain")
@_options.reading
@click.option("--all", is_flag=True, help="Show every line, including those without values and those not parsed.")
@_options.printing
def command(
    paths: tuple[str, ...],
    files_from: str | None,
    grammar: tuple[str, ...],
    all: bool,
    format: str | None,
    output: str | None,
) -> int:
    """Show how a file is parsed, line by line.

    Lines with values are shown with the rule that reads them and the values as printed; other lines are counted. Lines
    that no rule matches are grouped by shape; those with a number next to a word for time, rate or quality come first,
    marked with !.

    \b
    Example:
      logparse explain sample_logs/groq/bert_tiny_dummy_input.out
    """
    people = _options.is_table(format, output)
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
    if people:
        paint = Paint.of(sys.stdout if output is None else None)
        _options.put_text("\n\n".join(page(one, paint, all) for one in explained), output)
    else:
        frames = [one.lines if all else one.lines.filter(pl.col("kind") == "read") for one in explained]
        _options.put(pl.concat(frames), "explain", format, output)
    if any(one.source.status == "unreadable" for one in explained):
        return UNREADABLE
    return 0 if any(one.platforms for one in explained) else NOTHING
