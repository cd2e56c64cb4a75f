"""`logparse sources`."""

from __future__ import annotations

from logparse.cli._frame import frame_command

command = frame_command(
    "sources",
    """Print one row per file.

    Its status, the share of its lines that was parsed, and, if it was not read, the reason.

    \b
    Example:
      logparse sources sample_logs --where "coverage < 0.9"
    """,
)
