"""`logparse grammars` and `logparse grammars check`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logparse.cli import GATE, _options
from logparse.errors import GrammarError

if TYPE_CHECKING:
    from logparse.grammar import Grammar


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from logparse.grammar import registry

    return [g.name for g in registry.grammars() if g.name.startswith(incomplete)]


@click.group("grammars", invoke_without_command=True)
@click.option(
    "--platform", multiple=True, metavar="NAME", shell_complete=_complete,
    help="Only this one. May be given several times.",
)  # fmt: skip
@click.option(
    "--grammar", multiple=True, type=click.Path(dir_okay=False), metavar="FILE", help="A grammar of your own."
)
@_options.printing
@click.pass_context
def command(
    ctx: click.Context, platform: tuple[str, ...], grammar: tuple[str, ...], format: str | None, output: str | None
) -> int | None:
    """List the platforms, and the lines that each can read.

    A grammar is one Python file: for each kind of line an example, then the expression that reads it. `grammars check`
    tries them.

    \b
    Examples:
      logparse grammars --platform groq
      logparse grammars check
      logparse grammars check my_grammar.py
    """
    if ctx.invoked_subcommand is not None:
        return None
    people = _options.is_table(format, output)
    from logparse.grammar import registry
    from logparse.reading import check
    from logparse.text import terminal

    known = registry.chosen(_options.own(grammar))
    chosen = [g for g in known if not platform or g.name in platform]
    for name in platform:
        if name not in (have := [g.name for g in known]):
            raise click.BadParameter(f"there is no {name!r}; there are {', '.join(have)}", param_hint="--platform")
    if people:
        _options.put_text(check.listing(chosen, terminal.Paint.of(sys.stdout if output is None else None)), output)
    else:
        _options.put(check.rules(chosen), "grammars", format, output)
    return 0


@command.command("check")
@click.argument("names", nargs=-1, metavar="[NAME|FILE]...", shell_complete=_complete)
@_options.printing
def run_checks(names: tuple[str, ...], format: str | None, output: str | None) -> int:
    """Hold grammars to every law.

    Those installed, by name, or files of your own; without any, all that are installed. Each example is read by its
    own rule; both ways to run a rule (pyparsing, and one regular expression) read alike each example and every text one
    character away from it; every name that is used is there. Exit code 5 where a check is not met.

    \b
    Examples:
      logparse grammars check
      logparse grammars check my_grammar.py
    """
    people = _options.is_table(format, output)
    from logparse.grammar import registry
    from logparse.reading import check
    from logparse.text import terminal

    _options.own(())
    installed = {g.name: g for g in registry.grammars()}
    chosen: list[Grammar] = []
    refused: list[GrammarError] = []
    for name in names or installed:
        try:
            chosen.append(installed[name] if name in installed else _loaded(name))
        except GrammarError as error:
            refused.append(error)
    outcomes = list(check.check(chosen, list(installed.values())))
    if people:
        paint = terminal.Paint.of(sys.stdout if output is None else None)
        _options.put_text(check.page(outcomes, refused, paint), output)
    else:
        _options.put(check.table(outcomes, refused), "check", format, output)
    return GATE if refused or any(o.errors for o in outcomes) else 0


def _loaded(path: str) -> Grammar:
    from logparse.grammar import registry

    if not Path(path).is_file():
        have = ", ".join(g.name for g in registry.grammars())
        raise click.BadParameter(f"{path!r} is neither a file nor a platform; there are {have}", param_hint="NAME|FILE")
    return registry.load(path)
