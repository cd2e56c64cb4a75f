"""Several logs while they grow. `Follower.look` reads what changed, and says how each run is getting on."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from logparse.arguments import OneOrMany, as_tuple
from logparse.errors import UsageError
from logparse.following import files
from logparse.following.progress import Pace, Progress, of_log
from logparse.following.until import Until
from logparse.grammar import Grammar
from logparse.logs import Logs
from logparse.pipeline import ingest, read_apart
from logparse.text.labels import one_line

KEEP_EVERY = 60.0
"""Seconds between two times that growing logs are kept in a store: each time makes a version of it."""
_GROWTH = 1 / 8
"""Share by which a log must have grown before it is kept again: the cost stays in proportion to its length."""
_REST = 4
"""A look is followed by a pause of at least this many times its length: following takes a fifth of the time at most."""


_HEAD = 1024
"""Bytes at the beginning of a log by which it is recognised."""
_FRAMES = ("runs", "phases", "metrics", "params", "messages")


class Clock(Protocol):
    """Time as the follower sees it."""

    def now(self) -> float:
        """Seconds since 1970."""

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""


class WallClock:
    """The clock of this machine."""

    def now(self) -> float:
        """As `Clock.now`."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """As `Clock.sleep`."""
        time.sleep(seconds)


@dataclass(frozen=True)
class LogState:
    """A log at one look.

    name: its path. progress: of its last run; None while there is none. idle_s: seconds since its last line; None
    where it does not exist yet. left_s: seconds until all steps are done, where that can be estimated. counts: whether
    the end of the following depends on it: a log that was named, or grew while it was followed.
    """

    name: str
    progress: Progress | None
    idle_s: float | None
    left_s: float | None = None
    counts: bool = True

    @property
    def is_final(self) -> bool:
        """Whether nothing more is expected of its last run."""
        return self.progress is not None and self.progress.is_final


@dataclass(frozen=True)
class Event:
    """Something that happened between two looks.

    kind: `new`, `truncated`, `replaced`, `gone`, `warning`, `error`, `until`, `stall` or `store`. text: for people.
    """

    kind: str
    name: str
    text: str


@dataclass(frozen=True)
class Look:
    """All logs at one time.

    at: seconds since 1970. changed: names of the logs that have new lines. is_over: whether all runs have ended and
    nothing came for the grace period, or a condition was met. until: the condition that was met.
    """

    at: float
    logs: tuple[LogState, ...]
    changed: tuple[str, ...]
    events: tuple[Event, ...]
    is_over: bool
    until: str | None = None

    @property
    def has_failed(self) -> bool:
        """Whether the last run of a log that counts failed."""
        return any(log.progress is not None and log.progress.status == "failed" for log in self.logs if log.counts)


@dataclass
class _Log:
    """What is known of a log between two looks."""

    name: str
    version: files.Version
    counts: bool
    changed_at: float
    progress: Progress | None = None
    seen: int = 0
    is_unfinished: bool = False
    is_stalled: bool = False
    kept: files.Version | None = None
    head: bytes = b""

    def __post_init__(self) -> None:
        self.pace = Pace()
        self.problems: dict[tuple[str, str], None] = {}

    def begin_anew(self) -> None:
        """It holds another text."""
        self.progress, self.seen, self.head = None, 0, b""
        self.pace = Pace()
        self.problems.clear()


class Follower:
    """Follows logs. Nothing happens but in `look` and `finish`."""

    def __init__(
        self,
        paths: Sequence[str],
        *,
        grammars: OneOrMany[str | Path | Grammar] = (),
        store: str | os.PathLike[str] | None = None,
        grace: float = 30.0,
        steps: int | None = None,
        until: Sequence[Until] = (),
        stall: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        """
        Args:
            paths: files, folders or globs. A file need not exist yet; new files of a folder are followed too.
            grammars: further grammars, as `logparse.ingest` takes them.
            store: folder in which to keep what is read, at most once a minute, and at the end.
            grace: seconds without a new line after which a run whose status is final has ended.
            steps: how many steps are to be done, where the logs do not state it.
            until: conditions; the following is over once a run meets one of them.
            stall: seconds without a new line after which there is an event `stall`, for a run that has not ended.
            clock: the time; that of this machine by default.

        Raises `UsageError` where a path is standard input.
        """
        self.paths = tuple(paths)
        self.grammars: tuple[str | Path | Grammar, ...] = as_tuple(grammars)
        self.store, self.grace, self.steps, self.until, self.stall = store, grace, steps, tuple(until), stall
        self.clock: Clock = clock or WallClock()
        self._logs: dict[str, _Log] = {}
        self._met: str | None = None
        self._looks = 0
        self._kept_at = self.clock.now()
        self._events: list[Event] = []
        files.find(self.paths)

    def look(self) -> Look:
        """Look at all logs once. Raises `GrammarError` where a grammar cannot be used."""
        now = self.clock.now()
        self._events = []
        named, missing = files.find(self.paths)
        changed = [name for name, was_named in named.items() if self._has_changed(name, was_named, now)]
        for name in self._logs.keys() - named.keys():
            self._event("gone", name, "is gone")
            del self._logs[name]
        self._read(changed)
        self._note_stalls(now)
        if self.store is not None and now - self._kept_at >= KEEP_EVERY:
            self._keep([log for log in self._logs.values() if self._has_grown(log)])
        self._looks += 1
        logs = tuple(self._state(self._logs[name], now) for name in named if name in self._logs)
        waiting = tuple(LogState(one_line(path), None, None) for path in missing)
        return Look(
            now, (*logs, *waiting), tuple(changed), tuple(self._events), self._is_over(now, bool(missing)), self._met
        )

    def pause(self, look: Look, every: float) -> None:
        """Wait until the next look: `every` seconds, and longer where a look takes long. The first one, which loads the
        grammars, does not count."""
        took = self.clock.now() - look.at if self._looks > 1 else 0.0
        self.clock.sleep(max(every, _REST * took))

    def finish(self) -> Logs:
        """The logs as they are now, as `logparse.ingest` gives them, kept in the store if there is one.

        Raises as `logparse.ingest` does; a path that leads to no file is left out.
        """
        named, _ = files.find(self.paths)
        return ingest(list(named), grammars=self.grammars, store=self.store)

    # ---- steps of a look ---- #

    def _has_changed(self, name: str, was_named: bool, now: float) -> bool:
        """Whether there is something to read in a file; notes its version."""
        version = files.version(name)
        log = self._logs.get(name)
        if version is None:
            return False
        if log is None:
            modified = version.modified_ns / 1e9
            changed_at = now if self._looks else min(modified, now)
            self._logs[name] = _Log(name, version, was_named or self._looks > 0, changed_at)
            if self._looks:
                self._event("new", name, "is new")
            return True
        if version == log.version:
            # An unfinished line to which nothing was added since the last look may be the last one.
            return log.is_unfinished
        if not version.follows(log.version):
            same_file = (version.device, version.inode) == (log.version.device, log.version.inode)
            self._event(*(("truncated", name, "was truncated") if same_file else ("replaced", name, "was replaced")))
            log.begin_anew()
        log.version, log.changed_at = version, now
        log.counts, log.is_stalled, log.is_unfinished = True, False, False
        return True

    def _read(self, changed: list[str]) -> None:
        """Read what is new, and note how far the runs are."""
        portions = []
        for name in changed:
            log = self._logs[name]
            try:
                data, seen, is_unfinished = files.read(name, log.seen, log.is_unfinished)
            except OSError:  # gone or locked since: the next look will tell
                continue
            if not data.startswith(log.head[: len(data)]):
                # Truncated since the last look, and already longer than it was.
                self._event("truncated", name, "was overwritten")
                log.begin_anew()
            log.head = max(log.head, data[:_HEAD], key=len)
            log.seen, log.is_unfinished = seen, is_unfinished
            portions.append(files.Portion(name, data))
        if not portions:
            return
        frames, sources = read_apart(portions, self.grammars)
        parts = {name: frames[name].partition_by("source", as_dict=True) for name in _FRAMES}
        for portion, source in zip(portions, sources, strict=True):
            rows = {name: of_source.get((source,), frames[name].clear()) for name, of_source in parts.items()}
            self._note(self._logs[portion.name], of_log(**rows))
            for condition in self.until:
                if self._met is None and (point := condition.first(rows["metrics"])):
                    self._met = condition.text
                    self._event("until", portion.name, f"{condition.text} is met: {point}")

    def _note(self, log: _Log, progress: Progress | None) -> None:
        if progress is None:
            return
        for level, text in progress.problems:
            if (level, text) not in log.problems:
                log.problems[level, text] = None
                self._event(level, log.name, text)
        planned = progress.steps or self.steps
        log.progress = replace(progress, steps=planned, problems=tuple(log.problems))
        done = progress.step if planned is not None else progress.epoch
        if done is not None:
            log.pace.add(done, self.clock.now())

    def _note_stalls(self, now: float) -> None:
        if self.stall is None:
            return
        for log in self._logs.values():
            is_final = log.progress is not None and log.progress.is_final
            if log.counts and not is_final and not log.is_stalled and now - log.changed_at >= self.stall:
                log.is_stalled = True
                self._event("stall", log.name, f"no new line for {now - log.changed_at:.0f} s")

    def _has_grown(self, log: _Log) -> bool:
        """Whether a log has grown enough to be kept again."""
        if log.kept is None or not log.version.follows(log.kept):
            return True
        return log.version != log.kept and log.version.size >= log.kept.size * (1 + _GROWTH)

    def _keep(self, logs: Sequence[_Log]) -> None:
        self._kept_at = self.clock.now()
        if not logs:
            return
        try:
            ingest([log.name for log in logs], grammars=self.grammars, store=self.store)
        except UsageError as error:
            self._event("store", str(self.store), f"not kept, tried again later: {error.message}")
            return
        for log in logs:
            log.kept = log.version

    def _state(self, log: _Log, now: float) -> LogState:
        progress = log.progress
        left = None
        if progress is not None and not progress.is_final and (planned := progress.steps or progress.epochs):
            left = log.pace.left(planned)
            if progress.steps and progress.step is not None and progress.step_s is not None:
                left = (planned - progress.step) * progress.step_s
            if left is not None:  # of a run that is slower than before, nothing is known
                left = left - (now - log.changed_at) if left > now - log.changed_at else None
        return LogState(one_line(log.name), progress, max(now - log.changed_at, 0.0), left, log.counts)

    def _is_over(self, now: float, is_waiting: bool) -> bool:
        if self._met is not None:
            return True
        counting = [log for log in self._logs.values() if log.counts]
        if is_waiting or not any(log.progress is not None for log in counting):
            return False
        return all(
            now - log.changed_at >= self.grace
            and (log.progress is None or log.progress.is_final)
            and not log.is_unfinished
            for log in counting
        )

    def _event(self, kind: str, name: str, text: str) -> None:
        self._events.append(Event(kind, one_line(name), one_line(text)))
