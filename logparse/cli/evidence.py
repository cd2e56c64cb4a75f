"""`logparse evidence`."""

from __future__ import annotations

from logparse.cli._frame import frame_command

command = frame_command(
    "evidence",
    """Print what each value of runs and phases rests on: text, source, line, rule, formula; and why each empty cell is empty.

    \b
    Example:
      logparse evidence sample_logs --where "frame = 'runs' AND how = 'derived'"
    """,
)
