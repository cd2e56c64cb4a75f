"""`logparse export`."""

from __future__ import annotations

import click

from logparse.cli import _options


@click.command("export")
@click.argument("folder", metavar="DIR", type=_options.StoreFolder())
@_options.reading
@click.option(
    "--format", "format", type=click.Choice(["parquet", "csv", "ndjson", "arrow"]), default="parquet",
    show_default=True, help="Format of the files.",
)  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Write to DIR even if it holds other files.")
def command(
    folder: str,
    paths: tuple[str, ...],
    files_from: str | None,
    grammar: tuple[str, ...],
    format: str,
    overwrite: bool,
) -> int:
    """Write all frames to a folder, one file per frame.

    Each run is there once. `logparse.read` reads the folder back, and any program reads its files. For one frame, use
    the command of its name, as in: logparse runs -o runs.parquet.

    \b
    Examples:
      logparse export frames
      logparse export frames sample_logs --format csv
    """
    logs = _options.read(paths, files_from, grammar)
    logs.write(folder, format=format, overwrite=overwrite)
    return _options.exit_code(logs)
