"""`logparse follow`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from shutil import get_terminal_size
from typing import IO, TYPE_CHECKING

import click

from logparse.cli import FAILED, GATE, INTERRUPTED, _options

if TYPE_CHECKING:
    from logparse.following.follower import Clock, Event, Follower, Look
    from logparse.logs import Logs

clock: Clock | None = None
"""The time, for tests; None: that of this machine."""


@click.command("follow")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=_options.LogPath())
@_options.store_option("Also keep what is read in this folder, at most once a minute, and at the end.")
@click.option(
    "--until", multiple=True, metavar="CONDITION",
    help="Stop following once a run meets this: loss<7.2, accuracy>=0.75, step>=1000. Repeatable.",
)  # fmt: skip
@click.option(
    "--on-stall", type=_options.SecondsAndCommand(), metavar="SECONDS COMMAND",
    help="Run a shell command if a run has not ended and its log has no new line for so long.",
)  # fmt: skip
@click.option(
    "--grace", type=click.FloatRange(min=0), default=30, show_default=True, metavar="SECONDS",
    help="A run whose result or failure is in the log has ended if nothing follows for so long.",
)  # fmt: skip
@click.option(
    "--steps", type=click.IntRange(min=1), metavar="N",
    help="How many steps a run does in all, where its log does not state it: for the time left.",
)  # fmt: skip
@click.option(
    "--every", type=click.FloatRange(min=0.1), default=2, show_default=True, metavar="SECONDS",
    help="How often to look at the files.",
)  # fmt: skip
@click.option(
    "--grammar", multiple=True, type=_options.Code(dir_okay=False), metavar="FILE",
    help="Also use the grammar in FILE. Repeatable.",
)  # fmt: skip
def command(
    paths: tuple[str, ...],
    until: tuple[str, ...],
    on_stall: tuple[float, str] | None,
    grace: float,
    steps: int | None,
    every: float,
    grammar: tuple[str, ...],
) -> int:
    """Follow logs while they grow, and show how far each run is.

    A file need not exist yet; in a folder, new files are followed too. On a terminal the view is redrawn in place;
    piped, there is one line for each change. Following ends when the runs have ended, and then the runs are printed as
    `ingest` does. In a folder or a pattern, only files that grow meanwhile count for the end.

    The exit code is 6 if a run failed, and 5 if the runs ended without meeting --until. The command of --on-stall finds
    the path in $STALLED_LOG and the seconds in $STALLED_SECONDS.

    \b
    Examples:
      logparse follow job.out
      logparse follow runs --store results
      logparse follow job.out --until 'loss<7.2' && scancel 30451
      logparse follow job.out --on-stall 600 'echo "$STALLED_LOG" | mail -s stalled me'
    """
    _options.few_threads_for_little(paths)
    from logparse.following.follower import Follower
    from logparse.following.until import until as condition

    follower = Follower(
        paths,
        grammars=grammar,
        store=_options.noted("store"),
        grace=grace,
        steps=steps,
        until=[condition(text) for text in until],
        stall=on_stall[0] if on_stall else None,
        clock=clock,
    )
    screen = _Screen()
    commands = _Commands(on_stall[1] if on_stall else "")
    try:
        with screen:
            look = follower.look()
            while True:
                commands.start(look.events)
                screen.show(look, commands.ended())
                if look.is_over:
                    break
                follower.pause(look, every)
                look = follower.look()
        logs = follower.finish()
    except KeyboardInterrupt:
        return _stopped(follower)
    _options.put_text(_page(logs, paths), None)
    return max(_options.exit_code(logs), _code(look, logs, bool(until)))


def _page(logs: Logs, paths: tuple[str, ...]) -> str:
    from logparse.comparison.ledger import Ledger
    from logparse.findings import findings
    from logparse.pages import ingest
    from logparse.text import terminal

    ledger = Ledger(logs)
    return ingest.page(ledger, paths, terminal.Paint.of(sys.stdout), findings(ledger, of_one_run=True))


def _code(look: Look, logs: Logs, had_condition: bool) -> int:
    """6 if the last run of a log that counts failed, else 5 if no condition was met."""
    last = dict(logs.runs.sort("line_first").select("source", "status").iter_rows())
    if look.until is None and any(last.get(log.name) == "failed" for log in look.logs if log.counts):
        return FAILED
    return GATE if had_condition and look.until is None else 0


def _stopped(follower: Follower) -> int:
    """Ctrl-C: what was read is kept, if there is a store."""
    if follower.store is not None:
        follower.finish()
    click.echo("stopped following; the runs go on", err=True)
    return INTERRUPTED


class _Screen:
    """Standard output: a view that is redrawn in place on a terminal, else lines."""

    def __init__(self) -> None:
        stream = sys.stdout
        self.is_live = bool(stream and stream.isatty()) and os.environ.get("TERM") != "dumb"
        self.events: list[Event] = []
        self.before: Look | None = None
        self.drawn = 0

    def __enter__(self) -> _Screen:
        if self.is_live:
            click.echo("\x1b[?25l", nl=False)
        return self

    def __exit__(self, *failure: object) -> None:
        if self.is_live:
            click.echo("\x1b[?25h", nl=False)

    def show(self, look: Look, outcomes: list[str]) -> None:
        """Show a look, and how commands ended."""
        from logparse.pages import follow
        from logparse.text.terminal import Paint

        if self.is_live:
            self.events = [*self.events, *look.events][-100:]
            lines = follow.view(look, self.events, Paint.of(sys.stdout), get_terminal_size().lines)
            up = f"\x1b[{self.drawn}A" if self.drawn else ""
            self.drawn = len(lines)
            above = "".join(f"{text}\x1b[K\n" for text in outcomes)
            click.echo(f"\r{up}\x1b[J{above}" + "".join(f"{line}\n" for line in lines), nl=False, color=True)
        else:
            for line in [*outcomes, *follow.lines(look, self.before)]:
                click.echo(line)
        sys.stdout.flush()
        self.before = look


class _Commands:
    """The commands of --on-stall, which run beside the following."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.running: list[tuple[subprocess.Popen[bytes], IO[bytes]]] = []

    def start(self, events: tuple[Event, ...]) -> None:
        """Run the command for each log that stalled."""
        for event in events:
            if event.kind == "stall":
                seconds = "".join(filter(str.isdigit, event.text))
                output = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the command has ended
                process = subprocess.Popen(
                    self.text,
                    shell=True,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, "STALLED_LOG": event.name, "STALLED_SECONDS": seconds},
                )
                self.running.append((process, output))

    def ended(self) -> list[str]:
        """One line for each command that has ended since: its exit code and the last line that it printed."""
        out = []
        for process, output in list(self.running):
            if process.poll() is None:
                continue
            self.running.remove((process, output))
            with output:
                output.seek(0)
                printed = output.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
            out.append(f"--on-stall command ended with {process.returncode}" + (f": {printed}" if printed else ""))
        return out
