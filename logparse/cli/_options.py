"""Shared by the commands: which logs to read, how to print, and the exit code that results from reading."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from glob import iglob
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from logparse.cli import NOTHING, UNREADABLE
from logparse.errors import GrammarError

if TYPE_CHECKING:
    import polars as pl

    from logparse.comparison.claims import Claim
    from logparse.grammar import Grammar
    from logparse.logs import Logs

SUFFIXES = {
    ".txt": "table",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".md": "md",
    ".tex": "latex",
    ".parquet": "parquet",
}
FORMATS = tuple(dict.fromkeys(SUFFIXES.values()))

F = TypeVar("F", bound=Callable[..., Any])


class Code(click.Path):
    """A file that is run. The configuration of a folder may not set it."""


class Written(click.Path):
    """A file that is written. The configuration of a folder may not set it."""

    def __init__(self) -> None:
        super().__init__(allow_dash=True, dir_okay=False)


def reading(command: F) -> F:
    """PATH…, --files-from and --grammar."""
    command = files_and_grammars(command)
    return click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(allow_dash=True))(command)


def files_and_grammars(command: F) -> F:
    """--files-from and --grammar."""
    command = click.option(
        "--grammar", multiple=True, type=Code(dir_okay=False), metavar="FILE",
        help="Also use the grammar in FILE. Repeatable.",
    )(command)  # fmt: skip
    return click.option(
        "--files-from", type=click.Path(allow_dash=True, dir_okay=False), metavar="FILE",
        help="Read the paths of the logs from FILE, one per line; - is standard input.",
    )(command)  # fmt: skip


def printing(command: F) -> F:
    """--format and -o."""
    return printing_also()(command)


def printing_also(*formats: str) -> Callable[[F], F]:
    """--format and -o, with extra formats of one command."""

    def decorate(command: F) -> F:
        command = click.option(
            "-o", "--output", type=Written(), metavar="FILE",
            help=f"Write to FILE; without --format, its suffix selects the format ({' '.join(SUFFIXES)}).",
        )(command)  # fmt: skip
        return click.option(
            "--format", "format", type=click.Choice([*FORMATS, *formats]),
            help="Output format (default: table). JSON has NaN, Infinity and -Infinity as strings.",
        )(command)  # fmt: skip

    return decorate


def claims_and_ignore(command: F) -> F:
    """--claim, --claims and --ignore: what the user states beside the logs."""
    command = click.option(
        "--ignore", multiple=True, metavar="NAME=REASON",
        help="Mark a finding as ignored, with the reason. Repeatable.",
    )(command)  # fmt: skip
    command = click.option(
        "--claims", "claims_file", type=click.Path(dir_okay=False, allow_dash=True), metavar="FILE",
        help="Read claims from FILE, one per line.",
    )(command)  # fmt: skip
    return click.option(
        "--claim", multiple=True, metavar="LABEL:NAME=VALUE",
        help="State a setting of a run (mnist_20:epochs=20): checked against the log, used where no log states it.",
    )(command)  # fmt: skip


def claims(given: Sequence[str], file: str | None) -> list[Claim]:
    """Claims from the command line and a claims file. Raises `click.UsageError` where the file cannot be read."""
    from logparse.comparison.claims import claim, from_lines

    if file is None:
        return [claim(text) for text in given]
    try:
        if file == "-" and sys.stdin is None:
            raise click.UsageError("standard input is closed: give the claims file as a path")
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(
            f"cannot read the claims file {file}: {getattr(error, 'strerror', None) or error}"
        ) from None
    return [*(claim(text) for text in given), *from_lines(text.splitlines())]


def runs_and_paths(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split arguments into names of runs and paths: an argument that exists in the file system is a path.

    Raises `click.UsageError` where there is no path among them.
    """
    runs: list[str] = []
    paths: list[str] = []
    for name in names:
        found = name == "-" or Path(name).exists() or next(iglob(name, recursive=True), None) is not None
        (paths if found else runs).append(name)
    if not paths:
        problem = f"no file or folder matches {', '.join(names)}" if names else "no logs given"
        raise click.UsageError(f"{problem}: name the logs too, as in: compare RUN RUN PATH...")
    return runs, paths


def read(paths: Sequence[str], files_from: str | None, grammars: Sequence[str]) -> Logs:
    """Ingest the logs, with a progress line where that takes more than a second.

    Raises `click.UsageError` where no logs are given.
    """
    require_logs(paths, files_from)
    refuse_overwriting(paths, files_from)
    _few_threads_for_little(paths)
    import logparse
    from logparse.cli._progress import Progress

    extra = user_grammars(grammars)
    with Progress(paths if files_from is None else None) as progress:
        return logparse.ingest(list(paths), grammars=extra, files_from=files_from, progress=progress)


def _few_threads_for_little(paths: Sequence[str]) -> None:
    """For a few small logs, threads cost polars more time than they save. It reads their number once, on import."""
    from logparse.cli._progress import size
    from logparse.errors import UsageError

    if "polars" in sys.modules:
        return
    try:
        known = size(paths)
    except UsageError:  # reported when the logs are read
        return
    if known is not None and known < _LITTLE:
        os.environ.setdefault("POLARS_MAX_THREADS", "1")


_LITTLE = 8 * 2**20
"""Bytes of logs below which one thread is enough."""


def user_grammars(paths: Sequence[str]) -> list[Grammar]:
    """The grammars in the user's own files. A broken installed grammar is an internal error."""
    from logparse.grammar import registry

    try:
        registry.built_in()
    except GrammarError as error:
        raise RuntimeError(f"an installed grammar cannot be used: {error}") from error
    return [registry.load(path) for path in paths]


def require_logs(paths: Sequence[str], files_from: str | None) -> None:
    """Raises `click.UsageError` where no logs are given."""
    if not paths and files_from is None:
        raise click.UsageError("no logs given: name files, folders or globs, - for standard input, or --files-from")


def refuse_overwriting(paths: Sequence[str], files_from: str | None) -> None:
    """Raises `click.UsageError` where an output of the command is one of its inputs."""
    from logparse.errors import UsageError
    from logparse.reading.sources import expand

    context = click.get_current_context()
    outputs: list[str] = []
    inputs: list[str] = []
    for option in context.command.params:
        value = context.params.get(option.name or "")
        if isinstance(option, click.Option) and isinstance(option.type, click.Path) and value is not None:
            files = outputs if isinstance(option.type, Written) else inputs
            files += [file for file in (value if isinstance(value, tuple) else (value,)) if os.path.isfile(file)]
    if not outputs:
        return
    try:
        logs = expand(list(paths), files_from=None if files_from == "-" else files_from)
    except UsageError:  # reported when the logs are read
        return
    inputs += [str(log) for log in logs if isinstance(log, Path) and log.is_file()]
    for out in outputs:
        for file in inputs:
            if os.path.samefile(out, file):
                raise click.UsageError(f"{out} is one of the inputs, and writing it would destroy it")


def exit_code(logs: Logs) -> int:
    """0, or the exit code for the worst problem with the input."""
    status = set(logs.sources["status"].cast(str))
    if "unreadable" in status:
        return UNREADABLE
    return 0 if "read" in status else NOTHING


def put(frame: pl.DataFrame, name: str, format: str | None, output: str | None) -> None:
    """Print or write a frame, by default as a table."""
    from logparse.text import terminal

    format = format_of(format, output)
    if format == "table":
        put_text(terminal.table(frame, terminal.Paint.of(sys.stdout if output is None else None)), output)
    else:
        put_bytes(terminal.dump(frame, name, format), output)


def put_text(text: str, output: str | None) -> None:
    """Print or write text for people."""
    put_bytes(f"{text}\n".encode("utf-8", "replace"), output)


def is_table(format: str | None, output: str | None) -> bool:
    """Whether the output is a table for people."""
    return format_of(format, output) == "table"


def format_of(format: str | None, output: str | None) -> str:
    """The format given by name or by the suffix of the file; `table` by default."""
    if format is None and output not in (None, "-"):
        suffix = Path(str(output)).suffix.lower()
        if suffix not in SUFFIXES:
            raise click.UsageError(
                f"cannot infer the format of {output}: use a suffix ({', '.join(SUFFIXES)}) or --format"
            )
        format = SUFFIXES[suffix]
    if format == "parquet" and output in (None, "-") and sys.stdout.isatty():
        raise click.UsageError("parquet is binary and not printed to a terminal: give -o FILE, or redirect the output")
    return format or "table"


def put_bytes(data: bytes, output: str | None) -> None:
    """Print or write bytes. Raises `click.UsageError` where they cannot be written."""
    from logparse.storage import put as put_file

    try:
        if output not in (None, "-"):
            put_file(str(output), data)
            return
        if sys.stdout is None:
            raise click.UsageError("standard output is closed: give -o FILE")
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        where = output
        if output in (None, "-"):
            where = "standard output"
            # The interpreter flushes it once more on exit: send that to the null device.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.UsageError(f"cannot write {where}: {error.strerror or error}") from None
