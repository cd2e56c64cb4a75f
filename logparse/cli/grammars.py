"""`logparse grammars` and `logparse grammars check`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logparse.cli import GATE, _options
from logparse.errors import GrammarError, nearest

if TYPE_CHECKING:
    from logparse.grammar import Grammar


def _named(grammar: Grammar | None) -> str | None:
    return grammar.name if grammar else None


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from logparse.grammar import registry

    return [g.name for g in registry.grammars() if g.name.startswith(incomplete)]


@click.group("grammars", invoke_without_command=True)
@click.option(
    "--platform", multiple=True, metavar="NAME", shell_complete=_complete,
    help="List only this platform. Repeatable.",
)  # fmt: skip
@click.option(
    "--grammar",
    multiple=True,
    type=_options.Code(dir_okay=False),
    metavar="FILE",
    help="Also list the grammar in FILE.",
)
@_options.printing
@click.pass_context
def command(
    ctx: click.Context, platform: tuple[str, ...], grammar: tuple[str, ...], format: str | None, output: str | None
) -> int | None:
    """List the platforms and the lines that each grammar parses.

    A grammar is one Python file: for each kind of line an example, then the expression that parses it. `grammars check`
    tests grammars.

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

    known = registry.chosen(grammar)
    chosen = [g for g in known if not platform or g.name in platform]
    for name in platform:
        if name not in (names := [g.name for g in known]):
            raise click.BadParameter(f"unknown platform {name!r}; {nearest(name, names)}", param_hint="--platform")
    if people:
        _options.put_text(check.listing(chosen, terminal.Paint.of(sys.stdout if output is None else None)), output)
    else:
        _options.put(check.rules(chosen), "grammars", format, output)
    return 0


@command.command("check")
@click.argument("names", nargs=-1, metavar="[NAME|FILE]...", shell_complete=_complete)
@_options.printing
def run_checks(names: tuple[str, ...], format: str | None, output: str | None) -> int:
    """Check grammars.

    Give installed grammars by name, or files of your own; without arguments, all installed grammars are checked. Each
    example must be parsed by its own rule. Both ways to run a rule (pyparsing, and one regular expression) must agree
    on each example and on every text one character away from it. Every name used must exist. The exit code is 5 if a
    check fails.

    \b
    Examples:
      logparse grammars check
      logparse grammars check my_grammar.py
    """
    people = _options.is_table(format, output)
    from logparse.grammar import registry
    from logparse.reading import check
    from logparse.text import terminal

    installed = {g.name: g for g in (*registry.built_in(), *registry.offered())}
    chosen: list[Grammar] = []
    refused: list[GrammarError] = []
    for name in names or installed:
        try:
            chosen.append(installed[name] if name in installed else _loaded(name))
        except GrammarError as error:
            refused.append(error)
    own = {g.name for g in chosen}
    among = [*chosen, *(g for g in installed.values() if g.name not in own)]
    outcomes: list[check.Outcome] = []
    hidden = sys.stderr is None or not sys.stderr.isatty()
    bar = click.progressbar(chosen, label="Checking", file=sys.stderr, item_show_func=_named, hidden=hidden)
    with bar as grammars:
        for grammar in grammars:
            outcomes += check.check([grammar], among)
    if people:
        paint = terminal.Paint.of(sys.stdout if output is None else None)
        _options.put_text(check.page(outcomes, refused, paint), output)
    else:
        _options.put(check.table(outcomes, refused), "check", format, output)
    return GATE if refused or any(o.errors for o in outcomes) else 0


def _loaded(path: str) -> Grammar:
    from logparse.grammar import registry

    if not Path(path).is_file():
        hint = nearest(path, [g.name for g in registry.grammars()])
        raise click.BadParameter(f"{path!r} is neither a file nor a platform; {hint}", param_hint="NAME|FILE")
    return registry.load(path)
