"""What other tools call an option."""

from __future__ import annotations

from collections.abc import Collection

import click

OPTIONS = {
    "--by": ("--group", "--group-by", "--groupby", "--hue", "--facet"),
    "--where": ("--filter", "--query", "--select", "--only"),
    "--output": ("--out", "--out-file", "--outfile", "--save", "--file"),
    "--format": ("--output-format", "--fmt", "--type", "--as"),
    "--sort": ("--sort-by", "--order", "--order-by", "--orderby"),
    "--limit": ("--head", "--max", "--count", "--top", "--rows"),
    "--columns": ("--fields", "--cols", "--column"),
    "--baseline": ("--base", "--reference", "--ref", "--against", "--control"),
    "--change": ("--before", "--after", "--date", "--changed"),
    "--target": ("--goal", "--until"),
    "--fail-if": ("--gate", "--assert", "--threshold", "--fail"),
    "--store": ("--db", "--database", "--cache"),
    "--x": ("--x-axis", "--xaxis", "--axis"),
    "--theme": ("--style", "--dark", "--light"),
}
"""Option -> what other tools call it."""


def meant(name: str, options: Collection[str]) -> str | None:
    """The option among `options` that a user meant by `name`: the only one that begins with it, or the one for which
    other tools have that name."""
    begun = [option for option in options if option.startswith(name)]
    if len(begun) == 1:
        return begun[0]
    return next((option for option, names in OPTIONS.items() if name in names and option in options), None)


NEEDLESS = {
    "--no-store": "Only ingest keeps what it reads (and follow with --store), so this command does not need it."
}
"""Option of one command -> why the others have none."""


def suggested(error: click.NoSuchOption) -> click.UsageError:
    """The error with the option that was meant, or why there is none, where that is known; else as it is."""
    if reason := NEEDLESS.get(error.option_name):
        return click.UsageError(f"{error.message} {reason}", error.ctx)
    known = [] if error.ctx is None else [name for param in error.ctx.command.params for name in param.opts]
    option = meant(error.option_name, known)
    return error if option is None else click.UsageError(f"{error.message} Did you mean '{option}'?", error.ctx)
