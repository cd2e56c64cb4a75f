"""`logparse metrics`."""

from __future__ import annotations

from logparse.cli._frame import frame_command

command = frame_command(
    "metrics",
    """Print every metric that the logs state.

    Each has its step, unit, window and line.

    \b
    Examples:
      logparse metrics sample_logs --where "name = 'loss' AND split = 'train'"
      logparse metrics sample_logs -o metrics.parquet
    """,
)
