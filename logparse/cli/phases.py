"""`logparse phases`."""

from __future__ import annotations

from logparse.cli._frame import frame_command

command = frame_command(
    "phases",
    """Print the time of each run by phase.

    Queue, compile, load, train and so on.

    Rows without a stage do not overlap; a stage is the vendor's own step inside its phase.

    \b
    Example:
      logparse phases sample_logs --where "phase = 'compile' AND stage IS NULL"
    """,
)
