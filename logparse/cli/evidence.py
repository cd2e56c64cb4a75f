"""`logparse evidence`."""

from __future__ import annotations

from logparse.cli._frame import frame_command

command = frame_command(
    "evidence",
    """Print what each value rests on, and why each empty cell is empty.

    Text, source, line, rule and formula, for the frames runs and phases; the other frames carry their line themselves.

    \b
    Example:
      logparse evidence sample_logs --where "frame = 'runs' AND how = 'derived'"
    """,
)
