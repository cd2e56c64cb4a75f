"""`logparse evidence`."""

from __future__ import annotations

from logparse.cli._frame import frame_command

command = frame_command(
    "evidence",
    """Print what each value rests on.

    Text, source, line, rule and formula of the values of runs and phases, and why each empty cell is empty. The other
    frames carry their lines themselves.

    \b
    Example:
      logparse evidence sample_logs --where "frame = 'runs' AND how = 'derived'"
    """,
)
