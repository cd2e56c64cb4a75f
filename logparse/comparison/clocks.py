"""Three clocks: `train` is training alone, `result` everything except waiting, `wall` everything including waiting.

A time between the timestamps of several logs carries the resolution of these timestamps.
"""

from __future__ import annotations

from datetime import datetime

from logparse.cells import Value
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.text.location import Location
from logparse.text.missing import Absence, Code


def clock(ledger: Ledger, job: Job, name: str) -> Value:
    """Seconds on one of the clocks `train`, `result` and `wall`; null with the reason where a part is missing."""
    return {"train": _train, "result": _result, "wall": _wall}[name](ledger, job)


def _train(ledger: Ledger, job: Job) -> Value:
    return ledger.value(job, "train_s")


def _result(ledger: Ledger, job: Job) -> Value:
    """The total times of the logs minus their waiting times."""
    missing = _missing_log(ledger, job)
    if missing:
        return Value(empty=missing)
    total = resolution = 0.0
    places: list[Location] = []
    for part in _logs(job):
        whole = ledger.value(part, "total_s")
        wait = ledger.value(part, "queue_s")
        if whole.empty:
            return Value(empty=whole.empty.of(f"{part.label}: total_s"))
        if wait.empty and wait.empty.code is not Code.NOT_APPLICABLE:
            return Value(empty=wait.empty.of(f"{part.label}: queue_s"))
        total += whole.value - (wait.value or 0.0)
        # The total is limited by its timestamps, the wait by how often the cluster was polled.
        resolution += (whole.resolution or 0.0) + (wait.resolution or 0.0)
        places += [*whole.locations, *wait.locations]
    return Value(
        round(total, 6), resolution or None, "derived", "total_s minus queue_s, over all logs of the job", tuple(places)
    )


def _wall(ledger: Ledger, job: Job) -> Value:
    """The total time of a job with one log; with several logs, from the first timestamp to the last."""
    missing = _missing_log(ledger, job)
    if missing:
        return Value(empty=missing)
    if not job.others:
        return ledger.value(job, "total_s")
    begins = [(run["started_at"], part) for run, part in zip(job.runs, _logs(job), strict=True) if run["started_at"]]
    ends = [(run["ended_at"], part) for run, part in zip(job.runs, _logs(job), strict=True) if run["ended_at"]]
    if not begins or not ends:
        return Value(empty=Absence(Code.NOT_IN_LOG, "the logs of this job have no stamps at beginning or end"))
    first, last = min(begins, key=_at), max(ends, key=_at)
    begin, end = ledger.value(first[1], "started_at"), ledger.value(last[1], "ended_at")
    resolutions = [v.resolution for v in (begin, end) if v.resolution]
    return Value(
        (last[0] - first[0]).total_seconds(),
        sum(resolutions) or None,
        "derived",
        "from the first timestamp of the job's logs to the last",
        (*begin.locations, *end.locations),
    )


def _at(pair: tuple[datetime, Job]) -> datetime:
    return pair[0]


def _logs(job: Job) -> list[Job]:
    """Each log of the job as a job of its own."""
    return [Job(run) for run in job.runs]


def _missing_log(ledger: Ledger, job: Job) -> Absence | None:
    """The log of the job that is missing, as far as the other logs show."""
    if job.main["status"] == "submitted":
        train = ledger.value(job, "train_s")
        return _NO_RUN_LOG if train.is_empty(Code.OTHER_LOG) else None
    # A binary of an earlier job takes no time in this one; a compile log that belongs to this job does.
    if not job.others and ledger.value(job, "compile_s").is_empty(Code.OTHER_LOG):
        return _NO_COMPILE_LOG
    return None


_NO_RUN_LOG = Absence(Code.OTHER_LOG, "no log: the run log of this job was not given")
_NO_COMPILE_LOG = Absence(Code.OTHER_LOG, "no log: the compile log of this job was not given")
