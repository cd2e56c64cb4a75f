"""`logparse runs`."""

from __future__ import annotations

from logparse.cli._frame import frame_command

command = frame_command(
    "runs",
    """Print one row per run.

    Durations are in seconds, throughput in samples/s, shares from 0 to 1. A value that the log does not state is empty,
    never 0; `logparse show RUN COLUMN` says why.

    \b
    Examples:
      logparse runs sample_logs
      logparse runs sample_logs --where "throughput > 1000" --format csv
    """,
)
