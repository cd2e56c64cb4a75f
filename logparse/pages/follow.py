"""What `logparse follow` prints: the live view of a terminal, and plain lines where the output is piped."""

from __future__ import annotations

import time
from collections.abc import Sequence
from os.path import commonpath, dirname, relpath

from logparse.following.follower import Event, LogState, Look
from logparse.following.progress import Figure, Progress
from logparse.text.labels import many
from logparse.text.numbers import figure
from logparse.text.terminal import Paint, aligned, width

_DIGITS = 5
_EVENTS = 5
"""Events shown below the view."""
_LEAST_NAME, _MOST_NAME = 12, 32
"""Columns of a name: how many stay however narrow the terminal is, and how many are shown at most."""
_STATUS = {"completed_with_errors": "completed, errors"}


def view(look: Look, events: Sequence[Event], paint: Paint, height: int) -> list[str]:
    """The live view: one line for each log, those that have not ended first, then the last events.

    events: all so far. height: lines that there is room for.
    """
    names = {name: _shortened(text, _MOST_NAME) for name, text in _names(look.logs).items()}
    ordered = sorted(look.logs, key=lambda log: (log.is_final, not log.counts))
    shown_events = [event for event in events if event.kind != "new"][-min(_EVENTS, height // 4) :]
    room = max(height - len(shown_events) - 5, 1)
    rows = [_row(log, names[log.name]) for log in ordered[:room]]
    units = {log.progress.rate.unit for log in ordered[:room] if log.progress and log.progress.rate}
    unit = next(iter(units)) if len(units) == 1 else None
    if unit is not None:
        rows = [[*row[:4], row[4].removesuffix(f" {unit}"), *row[5:]] for row in rows]
    head = ["log", "phase", "step", "loss", unit or "rate", "left", "last line"]
    used = [i for i in range(len(head)) if i < 2 or any(row[i] for row in rows)]
    table = [[row[i] for i in used] for row in [head, *rows]]
    total = (paint.width or 120) - 1
    others = sum(max(width(row[i]) for row in table) + 2 for i in range(1, len(used)))
    for row in table:
        row[0] = _shortened(row[0], max(total - others, _LEAST_NAME))
    lines = aligned(table, right=[k for k, i in enumerate(used) if 1 < i < 6], gap=2)
    out = [paint.head(_cut(lines[0], total)), *(_cut(line, total) for line in lines[1:])]
    if (left := len(look.logs) - room) > 0:
        out.append(paint.faint(f"and {many(left, 'more log')}"))
    if shown_events:
        out += ["", *(paint.warn(_cut(f"{_event(event, names)}", total)) for event in shown_events)]
    return [*out, paint.faint(_cut(f"{_clock(look.at)}  {_summary(look)}", total))]


def lines(look: Look, before: Look | None) -> list[str]:
    """What is new since the last look, one line each: events, and how far each run is."""
    names = _names(look.logs)
    earlier = {log.name: _text(log) for log in before.logs} if before else {}
    out = [f"{_clock(look.at)}  {_event(event, names)}" for event in look.events]
    for log in look.logs:
        text = _text(log)
        if text != earlier.get(log.name):
            left = f"  {_duration(log.left_s)} left" if log.left_s is not None else ""
            out.append(f"{_clock(look.at)}  {names[log.name]}  {text}{left}")
    return out


def _row(log: LogState, name: str) -> list[str]:
    """log, phase, step, loss, rate, left, last line."""
    if log.idle_s is None:
        return [name, "not there yet", "", "", "", "", ""]
    progress = log.progress or Progress()
    loss = figure(progress.loss.value, progress.loss.resolution, _DIGITS) if progress.loss else ""
    left = _duration(log.left_s) if log.left_s is not None else ""
    return [name, _phase(log), _step(progress), loss, _rate(progress.rate), left, f"{_duration(log.idle_s)} ago"]


def _text(log: LogState) -> str:
    """How far the last run of a log is, in one line."""
    if log.idle_s is None:
        return "not there yet"
    progress = log.progress or Progress()
    loss = f"loss {figure(progress.loss.value, progress.loss.resolution, _DIGITS)}" if progress.loss else ""
    return "  ".join(filter(None, [_phase(log), _step(progress, "step "), loss, _rate(progress.rate)]))


def _phase(log: LogState) -> str:
    if log.progress is None:
        return "no run yet"
    if log.is_final or log.progress.status == "submitted":
        return _STATUS.get(str(log.progress.status), str(log.progress.status))
    return log.progress.phase or "running"


def _step(progress: Progress, word: str = "") -> str:
    if progress.step is not None:
        return f"{word}{progress.step}" + (f"/{progress.steps}" if progress.steps else "")
    if progress.epoch is not None:
        return f"epoch {progress.epoch:g}" + (f"/{progress.epochs}" if progress.epochs else "")
    return ""


def _rate(rate: Figure | None) -> str:
    return f"{figure(rate.value, rate.resolution, _DIGITS)} {rate.unit}" if rate else ""


def _event(event: Event, names: dict[str, str]) -> str:
    name = names.get(event.name, event.name)
    return f"{name}  {event.kind}: {event.text}" if event.kind in ("warning", "error") else f"{name} {event.text}"


def _summary(look: Look) -> str:
    final = [log for log in look.logs if log.is_final]
    failed = sum(log.progress is not None and log.progress.status == "failed" for log in final)
    problems = [level for log in look.logs if log.progress for level, _ in log.progress.problems]
    counts = [
        many(len(look.logs), "log"),
        f"{len(final)} ended" if len(look.logs) > 1 and final else "",
        f"{failed} failed" if failed else "",
        *(many(number, level) for level in ("error", "warning") if (number := problems.count(level))),
    ]
    return ", ".join(filter(None, counts))


def _names(logs: Sequence[LogState]) -> dict[str, str]:
    """Name -> the name below the folder that contains all logs."""
    names = [log.name for log in logs]
    folders = {dirname(name) for name in names}
    if not folders or len({name.startswith("/") for name in names}) > 1:
        return {name: name for name in names}
    above = commonpath(folders) if all(folders) else ""
    return {name: relpath(name, above) if above else name for name in names}


def _shortened(name: str, most: int) -> str:
    """The end of a name that is too long: the beginning is what names have in common."""
    return name if width(name) <= most else "…" + name[len(name) - most + 1 :]


def _cut(text: str, most: int) -> str:
    return text if width(text) <= most else text[: most - 1] + "…"


def _duration(seconds: float) -> str:
    """`3 s`, `12 min`, `3 h 05`, `2 d`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172800:
        return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:02.0f}"
    return f"{seconds / 86400:.0f} d"


def _clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))
