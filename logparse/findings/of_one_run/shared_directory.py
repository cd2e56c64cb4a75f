"""Two jobs used one model directory at the same time.

What it does
    Looks for runs that overlap in time, beyond the resolution of their time stamps, and state the same directory for
    checkpoints and results (`model_dir`, or the options `--model_dir` and `--output_dir` of the command). A relative
    path counts only if the logs are in one folder and the hosts are not known to differ. Copies of a run do not count.

Why it matters
    Each job overwrites checkpoints and summaries of the other, or loads them: neither result is that of its settings.
    A second job that deletes the directory first, as many scripts do, breaks the first.

Example
    Three trainings of BERT-large on Cerebras with different batch sizes, all with
    `model_dir_bert_large_pytorch`: if the second starts before the first ends, both save their `checkpoint_1000.mdl`
    there.

What to do
    Give each job a directory of its own (`--model_dir`), and repeat the runs that overlapped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from logparse.cells import Value
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import labels, listed
from logparse.findings import Finding, Scene
from logparse.text.location import Location
from logparse.text.numbers import seconds
from logparse.text.terminal import one_line

ID = "F33"
_ABSOLUTE = re.compile(r"/|~|[A-Za-z]:[\\/]")
_OPTION = re.compile(r"--(?:model_dir|output_dir)[= ](\S+)")


def find(scene: Scene) -> Iterator[Finding]:
    """A warning for each directory that two or more jobs used at once."""
    users: dict[tuple[str, ...], list[tuple[Job, Location]]] = {}
    for job in scene.jobs:
        for directory, location in _directories(scene.ledger, job).items():
            users.setdefault(_place(job, directory), []).append((job, location))
    for (*_, directory), found in users.items():
        pairs = _simultaneous(scene.ledger, [job for job, _ in found])
        times = {(a.id, b.id): _overlap_s(scene.ledger, a, b, directory) for a, b in pairs}
        overlaps = {pair: overlap for pair, overlap in times.items() if overlap > 0}
        at_once = {run for pair in overlaps for run in pair}
        jobs = [job for job, _ in found if job.id in at_once]
        if jobs:
            yield Finding(
                "warning",
                f"{labels(jobs)} used the model directory {one_line(directory)} at the same time, for "
                f"{listed([seconds(overlap, 0.5) for overlap in overlaps.values()])}.",
                jobs,
                (),
                [location for job, location in found if job.id in at_once],
            )


def _directories(ledger: Ledger, job: Job) -> dict[str, Location]:
    """The model directories that the job states, each with the first line that does."""
    out: dict[str, Location] = {}
    for name, text, location in ledger.stated(job, "model_dir", "command"):
        for directory in [text] if name == "model_dir" else _OPTION.findall(text):
            if "$" not in directory:  # a variable of the shell: its value is not known
                out.setdefault(directory.rstrip("/"), location)
    return out


def _place(job: Job, directory: str) -> tuple[str, ...]:
    """What must agree for two directories to be the same; the directory is last."""
    folder = "" if _ABSOLUTE.match(directory) else re.sub(r"[^/\\]*$", "", str(job.main["source"]))
    return str(job["platform"]), folder, directory


def _simultaneous(ledger: Ledger, jobs: Sequence[Job]) -> list[tuple[Job, Job]]:
    """The pairs of jobs, in their order, of which one began before the other ended."""
    spans = [(ledger.value(job, "started_at"), ledger.value(job, "ended_at"), n) for n, job in enumerate(jobs)]
    running: list[tuple[datetime, int]] = []
    pairs = []
    for begin, end, n in sorted((b.value, e.value, n) for b, e, n in spans if b.known and e.known):
        running = [(other_end, other) for other_end, other in running if other_end > begin]
        pairs += [(min(n, other), max(n, other)) for _, other in running]
        running.append((end, n))
    return [(jobs[a], jobs[b]) for a, b in sorted(pairs)]


def _overlap_s(ledger: Ledger, a: Job, b: Job, directory: str) -> float:
    """Seconds that both certainly ran, of two jobs with a known time; 0 where they may be one run."""
    columns = ("zone",) if _ABSOLUTE.match(directory) else ("zone", "host")
    if any(_differ(a, b, column) for column in columns) or a["started_at"] == b["started_at"]:
        return 0.0
    if a["job_id"] is not None and a["job_id"] == b["job_id"]:
        return 0.0
    begins, ends = ([ledger.value(job, column) for job in (a, b)] for column in ("started_at", "ended_at"))
    first_end, last_begin = min(ends, key=_time), max(begins, key=_time)
    overlap: float = (first_end.value - last_begin.value).total_seconds()
    return overlap - (first_end.resolution or 0.0) - (last_begin.resolution or 0.0)


def _time(value: Value) -> datetime:
    time: datetime = value.value
    return time


def _differ(a: Job, b: Job, column: str) -> bool:
    return a[column] is not None and b[column] is not None and a[column] != b[column]
