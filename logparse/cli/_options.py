"""Shared by the commands: which logs to read, how to print, and the exit code that results from reading."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from glob import iglob
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from logparse.cli import NOTHING, UNREADABLE
from logparse.store import FOLDER, is_store

if TYPE_CHECKING:
    import polars as pl

    from logparse.comparison.claims import Claim
    from logparse.logs import Logs
    from logparse.transcripts import Transcripts


def complete_columns(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Columns of the frame that the command prints, else of `runs`; after a comma, those not yet named."""
    from logparse.schema import FRAMES

    known = FRAMES.get(ctx.command.name or "", FRAMES["runs"])
    before, comma, last = incomplete.rpartition(",")
    named = before.split(",") if param.name == "columns" else []
    return [f"{before}{comma}{name}" for name in known if name.startswith(last) and name not in named]


def complete_points(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Points at which sides are compared."""
    return [point for point in ("samples", "steps", "time", "loss=") if point.startswith(incomplete)]


def complete_findings(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of findings."""
    from logparse.findings import names

    return [name for name in names() if name.startswith(incomplete)]


def complete_runs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What the runs of the store are called; without a store, files and folders."""
    folder = ctx.meta.get("logparse.store") or FOLDER
    if not is_store(folder):
        return [CompletionItem(incomplete, type="file")]
    import logparse
    from logparse.selection import run_names

    called = run_names(logparse.open(folder).runs)
    return [CompletionItem(name) for name in called.values() if name.startswith(incomplete)]


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


class LogPath(click.Path):
    """A path of logs. Whether it can be read, the reading finds out: it gives the reason and the remedy."""

    def __init__(self) -> None:
        super().__init__(allow_dash=True, readable=False)


class Written(click.Path):
    """A file that is written. The configuration of a folder may not set it."""

    def __init__(self) -> None:
        super().__init__(allow_dash=True, dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuses, before any log is read, a file in a folder that does not exist."""
        path = super().convert(value, param, ctx)
        folder = os.path.dirname(os.fsdecode(path))
        if folder and not os.path.lexists(folder):
            self.fail(f"the folder {folder} does not exist; make it first", param, ctx)
        if folder and not os.path.isdir(folder):
            self.fail(f"{folder} is not a folder", param, ctx)
        return path


class WrittenFolder(Written):
    """A folder that is written to. The configuration of a folder may not set it."""

    def __init__(self) -> None:
        click.Path.__init__(self, file_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The folder is made where it does not exist."""
        return click.Path.convert(self, value, param, ctx)


class StoreFolder(WrittenFolder):
    """The folder of a store."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A URL in object storage is left as it is."""
        return value if "://" in os.fspath(value) else super().convert(value, param, ctx)


class SecondsAndCommand(click.Tuple):
    """A time and a shell command that is run. The configuration of a folder may not set it."""

    def __init__(self) -> None:
        super().__init__([click.FloatRange(min=0, min_open=True), str])


def reading(command: F) -> F:
    """PATH…, --files-from, --grammar, --store and --as-of."""
    return paths_argument(files_and_grammars(stored(command)))


def paths_argument(command: F) -> F:
    """PATH…"""
    return click.argument("paths", nargs=-1, metavar="[PATH]...", type=LogPath())(command)


def stored(command: F) -> F:
    """--store and --as-of, for commands that read; `read` takes their values from the context."""
    command = click.option(
        "--as-of", expose_value=False, callback=noting, metavar="VERSION|TIME",
        help="Read an earlier version of the store: a number, or a time in UTC (2024-04-07T12:00).",
    )(command)  # fmt: skip
    return store_option("Read the logs kept in this store (default, without PATH: .logparse).")(command)


def labels(command: F) -> F:
    """--label and --label-by: what runs are called; `read` takes their values from the context."""
    command = click.option(
        "--label-by", multiple=True, expose_value=False, callback=noting, metavar="COLUMN",
        shell_complete=complete_columns,
        help="Call runs by this column of `runs`: batch_size 512. Repeatable.",
    )(command)  # fmt: skip
    return click.option(
        "--label", expose_value=False, callback=noting, metavar="TEMPLATE",
        help="Call runs by their settings, columns of `runs` in braces: '{batch_size} × {ranks}'.",
    )(command)  # fmt: skip


def _template() -> str | None:
    """The template of --label or --label-by. Raises `click.UsageError` where both are given."""
    template: str | None = noted("label")
    columns: tuple[str, ...] = click.get_current_context().meta.get("logparse.label_by", ())
    if template is not None and columns:
        raise click.UsageError("--label and --label-by do not go together: put the columns into --label")
    return ", ".join(f"{column} {{{column}}}" for column in columns) or template


def store_option(help: str) -> Callable[[F], F]:
    """--store."""
    return click.option(
        "--store", type=StoreFolder(), envvar="LOGPARSE_STORE", expose_value=False, callback=noting, metavar="DIR",
        help=help,
    )  # fmt: skip


def noting(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """A callback that keeps the value of an option in the context: `noted` returns it."""
    ctx.meta[f"logparse.{param.name}"] = value


def noted(name: str) -> str | None:
    """The value of --store, --as-of or --label."""
    value: str | None = click.get_current_context().meta.get(f"logparse.{name}")
    return value


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


def shaping(command: F) -> F:
    """--sort, --columns and --limit."""
    command = click.option("--limit", type=click.IntRange(1), metavar="N", help="Print at most N rows.")(command)
    command = click.option(
        "--columns",
        metavar="NAMES",
        shell_complete=complete_columns,
        help="Print these columns, in this order: label,throughput,loss.",
    )(command)
    return click.option(
        "--sort", multiple=True, metavar="COLUMN", shell_complete=complete_columns,
        help="Sort by this column; -COLUMN: the largest first. Empty cells are last. Repeatable.",
    )(command)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """What --sort, --columns and --limit ask for."""

    sort: tuple[str, ...]
    descending: tuple[bool, ...]
    columns: tuple[str, ...] | None
    limit: int | None

    @classmethod
    def of(cls, known: Sequence[str], sort: Sequence[str], columns: str | None, limit: int | None) -> Shape:
        """From the values of the options; raises `click.UsageError` where a column is not among `known`."""
        from logparse.errors import nearest

        chosen = None if columns is None else tuple(dict.fromkeys(name.strip() for name in columns.split(",")))
        names = tuple(name.removeprefix("-") for name in sort)
        for option, given in (("sort", names), ("columns", chosen or ())):
            for name in given:
                if name not in known:
                    raise click.UsageError(f"--{option}: there is no column {name!r}; {nearest(name, known)}")
        return cls(names, tuple(name.startswith("-") for name in sort), chosen, limit)

    def applied(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows and columns of `frame` that were asked for, in that order."""
        if self.sort:
            frame = frame.sort(self.sort, descending=self.descending, nulls_last=True, maintain_order=True)
        if self.columns is not None:
            frame = frame.select(self.columns)
        return frame if self.limit is None else frame.head(self.limit)


def claims_and_ignore(command: F) -> F:
    """--claim, --claims and --ignore: what the user states beside the logs."""
    command = click.option(
        "--ignore", multiple=True, metavar="NAME=REASON", shell_complete=complete_findings,
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


def is_path(name: str) -> bool:
    """Whether an argument is standard input, or a path or pattern that exists in the file system."""
    return name == "-" or os.path.lexists(name) or next(iglob(name, recursive=True), None) is not None


def runs_and_paths(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split arguments into names of runs and paths: an argument that exists in the file system is a path.

    Without a path among them, the store is what is read. Raises `click.UsageError` where there is none.
    """
    runs: list[str] = []
    paths: list[str] = []
    for name in names:
        (paths if is_path(name) else runs).append(name)
    if not paths and store_folder() is None:
        problem = f"no file or folder matches {', '.join(names)}" if names else "no logs given"
        raise click.UsageError(f"{problem}: name the logs too, as in: compare RUN RUN PATH...")
    return runs, paths


def read(paths: Sequence[str], files_from: str | None, grammars: Sequence[str]) -> Logs:
    """The logs of the paths, or of the store if there is no path; a path may be a store too. With a progress line where
    reading takes more than a second.

    Raises `click.UsageError` where no logs are given.
    """
    refuse_overwriting(paths, files_from)
    given = bool(paths) or files_from is not None
    if given and _on_command_line("store"):
        raise click.UsageError("give paths or --store; to read logs and a store together, name the store as a path")
    folder = None if given else store_folder()
    if not given and folder is None:
        raise click.UsageError(NO_LOGS)
    stores = [folder] if folder else [path for path in paths if is_store(path)]
    if not stores and _on_command_line("as_of"):
        raise click.UsageError("--as-of is for a store, and no path is one")
    few_threads_for_little(stores or paths)
    import logparse

    if not stores:
        return _labelled(ingest(paths, files_from, grammars))
    logs = [logparse.open(store, as_of=_as_of(), grammars=grammars) for store in stores]
    others = [path for path in paths if path not in stores]
    if others or files_from is not None:
        logs.append(ingest(others, files_from, grammars))
    return _labelled(reduce(add, logs))


def _labelled(logs: Logs) -> Logs:
    template = _template()
    return logs if template is None else logs.labelled(template)


def ingest(
    paths: Sequence[str], files_from: str | None, grammars: Sequence[str], transcripts: Transcripts | None = None
) -> Logs:
    """Read logs, and keep nothing."""
    import logparse
    from logparse.cli._progress import Progress

    with Progress(paths if files_from is None else None) as progress:
        return logparse.ingest(
            list(paths), grammars=grammars, files_from=files_from, progress=progress, transcripts=transcripts
        )


def store_folder() -> str | None:
    """The store that is read where no path is given: that of --store, else that of the current folder if there is one;
    else None."""
    return noted("store") or (FOLDER if is_store(FOLDER) else None)


def _on_command_line(name: str) -> bool:
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def _as_of() -> int | datetime | None:
    text = noted("as_of")
    if text is None:
        return None
    if text.isdecimal():
        return int(text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"--as-of {text}: give the number of a version, or a time: 2024-04-07T12:00") from None
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


NO_LOGS = (
    "no logs given: name files, folders or globs, - for standard input, or --files-from; or keep logs first, with "
    "logparse ingest PATH..."
)


def few_threads_for_little(paths: Sequence[str]) -> None:
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


def no_runs(logs: Logs, paths: Sequence[str]) -> str:
    """Why there is no run in these logs, and what to do."""
    if not logs.sources.height and paths:
        return f"no files to read in {', '.join(paths)} (folders are searched recursively)"
    from logparse.pages.ingest import files_without_run
    from logparse.text.terminal import Paint

    reasons = files_without_run(logs, Paint.of(None))
    more = [f"  and {len(reasons) - _REASONS} more reasons"] if len(reasons) > _REASONS + 1 else []
    shown = reasons[:_REASONS] + more if more else reasons
    is_text = bool(logs.sources["status"].cast(str).is_in(["no_run", "unknown_platform"]).any())
    hint = "logparse explain PATH... shows how they are parsed" if is_text or not shown else ""
    return "\n".join([f"no runs in these logs: {hint}".rstrip(), *shown])


_REASONS = 3
"""Reasons for files without a run that are given, where there are more."""


def stored_baseline(logs: Logs, name: str | None) -> str | None:
    """The id of the job that is the baseline of that name in the store; any other name as it is.

    Raises `click.UsageError` where the run of the baseline is not there.
    """
    from logparse.comparison.jobs import jobs

    named = baselines(logs)
    if name not in named:
        return name
    job = next((job for job in jobs(logs.runs) if named[name] in job.ids), None)
    if job is None:
        raise click.UsageError(f"the run of the baseline {name!r} is not in the store: ingest its log again")
    return job.id


def baselines(logs: Logs) -> dict[str | None, str | None]:
    """Name of each baseline of the store -> its run; None where that is not there."""
    rows = logs.annotations.filter(logs.annotations["kind"] == "baseline")
    return dict(rows.select("text", "run").iter_rows())


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
            if os.path.isfile(str(output)):
                click.echo(f"Wrote {output} ({_size(len(data))}).", err=True)
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


def _size(count: int) -> str:
    """Bytes, with the unit in which they are read: 840 bytes, 12 kB, 3.4 MB."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
