"""`logparse phases`."""

from __future__ import annotations

from logparse.cli._frame import frame_command

command = frame_command(
    "phases",
    """Print the duration of each phase of each run.

    Phases are queue, compile, load, train and so on.

    Rows without a stage do not overlap; a stage is a vendor's own step within a phase.

    \b
    Example:
      logparse phases sample_logs --where "phase = 'compile' AND stage IS NULL"
    """,
)
