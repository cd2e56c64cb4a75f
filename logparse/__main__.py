"""Entry point of the script `logparse`, and of `python -m logparse`."""

from __future__ import annotations

from typing import NoReturn


def main() -> NoReturn:
    """Run the command line. Ctrl-C ends it without a traceback, also while it is being loaded."""
    try:
        from logparse.cli import main as command_line

        command_line()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
