"""`logparse params`."""

from __future__ import annotations

from logparse.cli._frame import frame_command

command = frame_command(
    "params",
    """Print the settings that the logs state.

    Each has its origin (command, config, banner, log) and its line.

    \b
    Example:
      logparse params sample_logs --where "name LIKE '%batch%'"
    """,
    clipped="value",
)
