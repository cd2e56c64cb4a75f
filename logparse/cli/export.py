"""`logparse export`."""

from __future__ import annotations

import click

from logparse.cli import _options


@click.command("export")
@click.argument("folder", metavar="DIR", type=_options.StoreFolder())
@_options.reading
@click.option(
    "--format", "format", type=click.Choice(["parquet", "csv", "ndjson", "arrow", "duckdb", "xlsx"]),
    default="parquet", show_default=True, help="Format of the files; duckdb and xlsx are one file with all frames.",
)  # fmt: skip
@click.option(
    "--frame", "frames", multiple=True, metavar="NAME", help="Write only this frame. Repeatable. Default: all frames."
)
@click.option("--overwrite", is_flag=True, help="Write to DIR even if it holds other files.")
def command(
    folder: str,
    paths: tuple[str, ...],
    files_from: str | None,
    grammar: tuple[str, ...],
    format: str,
    frames: tuple[str, ...],
    overwrite: bool,
) -> int:
    """Write all frames to a folder, one file per frame.

    Each run is there once. Any program reads the files; `logparse.read` reads the folder back if it holds all frames,
    except as duckdb or xlsx. These need one more package: pip install 'logparse[duckdb]' or 'logparse[xlsx]'.

    \b
    Examples:
      logparse export frames
      logparse export frames sample_logs --format csv
      logparse export frames --frame runs --frame metrics
      logparse export frames --frame runs --format xlsx
    """
    from logparse.errors import nearest
    from logparse.schema import FRAMES

    if unknown := [name for name in frames if name not in FRAMES]:
        raise click.UsageError(f"there is no frame {unknown[0]!r}; {nearest(unknown[0], FRAMES)}")
    logs = _options.read(paths, files_from, grammar)
    from logparse.storage import ONE_FILE_FORMATS, write_one_file, write_some

    if format in ONE_FILE_FORMATS:
        write_one_file(folder, {name: getattr(logs, name) for name in frames or FRAMES}, format, overwrite)
    elif frames:
        write_some(folder, {name: getattr(logs, name) for name in frames}, format, overwrite)
    else:
        logs.write(folder, format=format, overwrite=overwrite)
    return _options.exit_code(logs)
