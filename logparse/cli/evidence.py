"""`logparse evidence`."""

from __future__ import annotations

from logparse.cli._frame import frame_command

command = frame_command(
    "evidence",
    """Print the evidence for each value.

    Text, source, line, rule and formula for each value in runs and phases, and the reason for each empty cell. The
    other frames have their own line columns.

    \b
    Example:
      logparse evidence sample_logs --where "frame = 'runs' AND how = 'derived'"
    """,
)
