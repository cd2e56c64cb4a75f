"""The command line: one file per command, discovered automatically; files that begin with `_` hold shared code.

Nothing is computed here: commands read, call the library and print. Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import atexit
import errno
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

INTERNAL, USAGE, NOTHING, UNREADABLE, GATE, FAILED, INTERRUPTED = 1, 2, 3, 4, 5, 6, 130
"""Exit codes: internal error, wrong usage, nothing recognised, some input unreadable, a gate failed, the followed run
failed, Ctrl-C."""


@cache
def names() -> tuple[str, ...]:
    """Names of the commands: the modules of this package."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name.replace("_", "-") for name in found if not name.startswith("_")))


def load(name: str) -> click.Command:
    """The command of that name."""
    command: click.Command = import_module(f"{__name__}.{name.replace('-', '_')}").command
    return command


class Commands(click.Group):
    """A group whose commands are modules. Each failure is reported as one sentence and one exit code."""

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
            if sys.stdout is not None:  # None: closed
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
        except click.NoSuchOption as error:
            from logparse.cli._synonyms import suggested

            suggested(error).show()
            return USAGE
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
        except BaseException as error:  # a panic in polars is not an Exception
            return _internal_error(error)


def _remedy(error: UsageError) -> str:
    """The argument that would lift the error, as a command line option."""
    from logparse.pages.option import as_option

    return f" ({as_option(error.remedy)})" if error.remedy else ""


def _internal_error(error: BaseException) -> int:
    if os.environ.get("LOGPARSE_DEBUG", "0") not in ("", "0"):
        import traceback

        traceback.print_exception(error)
    message = str(error).partition("\n")[0] or "no message"
    kind = "" if isinstance(error, LogparseError) else f"{type(error).__name__}: "
    click.echo(
        f"Error: internal error in logparse ({kind}{message}); set LOGPARSE_DEBUG=1 to print the traceback.", err=True
    )
    return INTERNAL


@contextmanager
def _closed_pipe_is_no_error() -> Iterator[None]:
    """`logparse metrics runs | head` is not a failure: the reader has what it wanted. A full disk is."""
    try:
        yield
    except BrokenPipeError:
        # The interpreter flushes stdout once more on exit: send that to the null device.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(0) from None
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO) or error.filename is not None:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise UsageError(f"cannot write standard output: {error.strerror}") from None


@click.group(
    cls=Commands,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "LOGPARSE",
        "max_content_width": 100,
    },
    epilog="""\b
Exit codes: 0 success, 1 internal error, 2 wrong usage, 3 nothing was recognised,
4 some input could not be read (the rest was), 5 a gate failed, 6 the followed run failed,
130 Ctrl-C. The highest that applies.

\b
Options can also be set in the environment (ingest --min-coverage: LOGPARSE_INGEST_MIN_COVERAGE)
and in logparse.toml or [tool.logparse] in pyproject.toml. NO_COLOR and FORCE_COLOR are honoured.
Shell completion for bash: eval "$(_LOGPARSE_COMPLETE=bash_source logparse)"; likewise for zsh and fish.""",
)
@click.version_option(package_name="logparse", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Parse the logs of AI accelerators into tables that trace every number to its log line.

    \b
    Example:
      logparse ingest sample_logs
    """
    from logparse.cli._config import defaults

    ctx.default_map = defaults(ctx)


ALLOCATOR = {"_RJEM_MALLOC_CONF": "narenas:2,dirty_decay_ms:300,muzzy_decay_ms:0"}
"""Environment in which memory that polars frees is used again by other threads, and goes back to the system; otherwise
it counts as used by this process until another program needs it. Read when polars is imported. Only a program may set
it, not a library."""


def main() -> NoReturn:
    """Entry point of the script `logparse`."""
    for name, value in ALLOCATOR.items():
        os.environ.setdefault(name, value)
    # Grammars and queries are a million small objects with hardly any cycles: collect garbage less often.
    gc.set_threshold(1_000_000, 20, 20)
    # The interpreter looks for cycles several times while it exits, which takes a tenth of a short command.
    atexit.register(gc.freeze)
    cli.main(prog_name="logparse")
