"""`logparse sources`."""

from __future__ import annotations

from logparse.cli._frame import frame_command

command = frame_command(
    "sources",
    """Print one row for each file.

    What it is, how much of it was understood, and why not where it was not.

    \b
    Example:
      logparse sources sample_logs --where "coverage < 0.9"
    """,
)
