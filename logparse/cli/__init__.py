"""The command line: one file a command, found by looking; what they share is in the files whose names begin with `_`.

Nothing here computes: commands read, ask the library, print. Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import gc
import os
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any, NoReturn

import click

from logparse.errors import GrammarError, LogparseError, UsageError

FAULT, USAGE, NOTHING, UNREADABLE, GATE, INTERRUPTED = 1, 2, 3, 4, 5, 130
"""Exit codes: a fault of ours, wrong usage, nothing recognised, some input unreadable, a gate not met, Ctrl-C."""


@cache
def names() -> tuple[str, ...]:
    """Commands: the files beside this one."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name.replace("_", "-") for name in found if not name.startswith("_")))


def load(name: str) -> click.Command:
    """The command of that name."""
    command: click.Command = import_module(f"{__name__}.{name.replace('-', '_')}").command
    return command


class Commands(click.Group):
    """A group whose commands are files, and that tells each failure in one sentence and one exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(names())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return load(cmd_name) if cmd_name in names() else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(error.command_name, possibilities=names(), ctx=ctx) from None

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _closed_pipe_is_no_error():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _closed_pipe_is_no_error():
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        extra.pop("standalone_mode", None)
        sys.exit(self._run(args, prog_name, **extra))

    def _run(self, args: Sequence[str] | None, prog_name: str | None, **extra: Any) -> int:
        try:
            code = super().main(args, prog_name, standalone_mode=False, **extra)
            return code if isinstance(code, int) else 0
        except click.Abort:
            return INTERRUPTED
        except click.ClickException as error:
            error.show()
            return USAGE
        except UsageError as error:
            click.echo(f"Error: {error.message}{_remedy(error)}", err=True)
            return USAGE
        except GrammarError as error:
            click.echo(f"Error: {error}", err=True)
            return USAGE
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # a panic in polars is no Exception
            return _fault(error)


def _remedy(error: UsageError) -> str:
    """What would lift the error, as the option to give."""
    from logparse.pages.option import as_option

    return f" ({as_option(error.remedy)})" if error.remedy else ""


def _fault(error: BaseException) -> int:
    if os.environ.get("LOGPARSE_DEBUG", "0") not in ("", "0"):
        import traceback

        traceback.print_exception(error)
    said = str(error).partition("\n")[0] or "no message"
    kind = "" if isinstance(error, LogparseError) else f"{type(error).__name__}: "
    click.echo(f"Error: a fault of logparse, not of your logs ({kind}{said}); LOGPARSE_DEBUG=1 shows where.", err=True)
    return FAULT


@contextmanager
def _closed_pipe_is_no_error() -> Iterator[None]:
    """`logparse metrics runs | head` is no failure: whoever reads has read enough."""
    try:
        yield
    except BrokenPipeError:
        # The interpreter flushes once more at its end: let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(0) from None


@click.group(
    cls=Commands,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "LOGPARSE",
        "max_content_width": 100,
    },
    epilog="""\b
Exit codes: 0 all well, 1 a fault of ours, 2 wrong usage, 3 nothing was recognised,
4 some input could not be read (the rest was), 5 a gate was not met, 130 Ctrl-C. The highest that applies.
\b
Each option may also stand in the environment (--min-coverage of ingest: LOGPARSE_INGEST_MIN_COVERAGE)
and in logparse.toml or [tool.logparse] in pyproject.toml. NO_COLOR and FORCE_COLOR are honoured.
Completion, for bash: eval "$(_LOGPARSE_COMPLETE=bash_source logparse)"; zsh and fish likewise.""",
)
@click.version_option(package_name="logparse", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Read the logs of AI accelerators into tables in which every number has its line.

    \b
    Example:
      logparse ingest sample_logs
    """
    from logparse.cli._config import defaults

    ctx.default_map = defaults(ctx)


ALLOCATOR = {"_RJEM_MALLOC_CONF": "muzzy_decay_ms:0"}
"""Environment in which what polars has let go of goes back to the system: else it counts as ours until another program
is short of it. Read when polars is imported; a library may not decide that for the process it is in."""


def main() -> NoReturn:
    """Entry point of the script `logparse`."""
    for name, value in ALLOCATOR.items():
        os.environ.setdefault(name, value)
    # Grammars and queries are a million small objects and next to no cycles: not worth looking for them all the time.
    gc.set_threshold(100_000, 20, 20)
    cli.main(prog_name="logparse")
