"""`logparse messages`."""

from __future__ import annotations

from logparse.cli._frame import frame_command

command = frame_command(
    "messages",
    """Print warnings and errors.

    Repeats are folded into a count.

    \b
    Example:
      logparse messages sample_logs --where "level = 'error'"
    """,
)
