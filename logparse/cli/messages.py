"""`logparse messages`."""

from __future__ import annotations

from logparse.cli._frame import frame_command

command = frame_command(
    "messages",
    """Print warnings and errors.

    Repeated messages are one row with a count.

    \b
    Example:
      logparse messages sample_logs --where "level = 'error'"
    """,
)
