"""Shared by `compare`, `chart`, `report` and `runs`: runs since a time."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from logparse.cli import _options

if TYPE_CHECKING:
    from logparse.logs import Logs

now = datetime.now
"""The time, which tests set."""
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*(min|h|d|w)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
option = click.option(
    "--since", expose_value=False, callback=_options.noting, metavar="AGE|DATE",
    help="Only runs that began since then: 7d, 12h, 2024-04-01. A run without a time counts by when it was kept.",
)  # fmt: skip
"""--since; `earliest` takes its value from the context."""


def earliest() -> datetime | None:
    """The time that --since means; None if it is not given. Raises `click.UsageError` as `time_of` does."""
    text = _options.noted("since")
    return None if text is None else time_of("since", text)


def time_of(option: str, text: str) -> datetime:
    """The time that --since or --change means: so long ago, or a date.

    Raises `click.UsageError` for a text that is neither.
    """
    try:
        if age := _AGE.fullmatch(text.strip()):
            return now() - timedelta(**{_UNITS[age[2]]: float(age[1])})
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except OverflowError:
        problem = "no date is so long ago; "
    except ValueError as error:
        # "month must be in 1..12", unless the text has not the form of a date
        problem = "" if "isoformat" in str(error) else f"{error}; "
    forms = "give an age (30min, 12h, 7d, 2w), a date (2024-04-01) or a time (2024-04-01T12:00)"
    raise click.UsageError(f"--{option} {text}: {problem}{forms}")


def recent(logs: Logs, names: Sequence[str], earliest: datetime) -> list[str]:
    """The ids of the runs (of those named, else of all) that began since `earliest`, as printed in their logs; a run
    without a time counts by when its log was read into the store.

    Raises `click.UsageError` where there is none.
    """
    from logparse.selection import find_runs
    from logparse.text.labels import many

    chosen = {run for name in names for run in find_runs(logs.runs, name)} if names else None
    times: list[tuple[str, datetime]] = []
    unknown = 0
    for run, source, began, ended in logs.runs.select("run", "source", "started_at", "ended_at").iter_rows():
        read_at = logs.read_at.get(source)
        kept_at = read_at.replace(tzinfo=UTC).astimezone().replace(tzinfo=None) if read_at is not None else None
        if chosen is not None and run not in chosen:
            continue
        if (time := began or ended or kept_at) is None:
            unknown += 1
        else:
            times.append((run, time))
    recent = [run for run, time in times if time >= earliest]
    if unknown:
        click.echo(f"--since: {many(unknown, 'run')} without a time left out", err=True)
    if not recent:
        last = f"; the last one began {max(time for _, time in times):%Y-%m-%d %H:%M}" if times else ""
        raise click.UsageError(f"no run began since {earliest:%Y-%m-%d %H:%M}{last}")
    return recent


def only_recent(logs: Logs, earliest: datetime | None, baseline: str | None) -> Logs:
    """The logs with the jobs of `recent` only, and that of the baseline if it names a run; all without a time."""
    if earliest is None:
        return logs
    from logparse.comparison.jobs import jobs
    from logparse.errors import UsageError
    from logparse.selection import find_runs

    wanted = set(recent(logs, (), earliest))
    if baseline is not None:
        with contextlib.suppress(UsageError):  # the label of a side
            wanted |= set(find_runs(logs.runs, baseline))
    return logs.only([run for job in jobs(logs.runs) if wanted & set(job.ids) for run in job.ids])
