"""Claims: what a user, a file name or a name in the log states about a run (`LABEL:epochs=20`), checked against the
log.

A claim never becomes a value of the frames. Where the log states the setting, it confirms or refutes the claim;
otherwise the claim is used in its place, and is marked as claimed wherever it is used.
"""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import polars as pl

from logparse.arguments import OneOrMany, as_tuple
from logparse.comparison.jobs import Job
from logparse.errors import UsageError, nearest
from logparse.schema import INTEGER, NUMBER, RUNS, TEXT
from logparse.text.location import Location

CLAIMABLE = (
    *("epochs", "steps", "samples", "batch_size", "micro_batch_size", "ranks", "devices", "learning_rate"),
    *("sequence_length", "precision", "seed", "sdk_version", "workload", "model", "dataset", "task"),
)
"""Columns of `runs` that can be claimed."""
_IN_NAMES = {
    "epochs": r"epochs?",
    "batch_size": r"(?:batch(?:[_-]?size)?|bs)",
    "ranks": r"(?:ntasks?|ranks?)",
    "learning_rate": r"(?:lr|learning[_-]rate)",
    "sequence_length": r"(?:seq(?:uence)?(?:[_-]?len(?:gth)?)?|max[_-]?seq[_-]?len(?:gth)?)",
    "steps": r"steps?",
}
"""Column -> its word in file names, which must be followed by a number."""
_IN_LOGS = _IN_NAMES | {"sequence_length": rf"(?:msl|{_IN_NAMES['sequence_length']})"}
"""The same in names of workloads and models in a log."""
_AFTER_NUMBER = {"ranks": r"(?:tasks|ranks)"}
"""Column -> its word in file names after a number: `16tasks`, `32_tasks`. Only the plural: `2_task` may be the second
task. Not epochs or steps: `after_5_epochs` is no setting of the whole run."""
_ONE_OF_SEVERAL = re.compile(r"#\d+$")
"""The end of the label of a run in a file with several."""
_NUMBER = r"(\d+(?:\.\d+)?(?:e-?\d+)?)"


@dataclass(frozen=True)
class Claim:
    """One claim: about which run, what it states, and where it comes from."""

    label: str
    """A label, part of a label, a run id, or a pattern with *."""
    name: str
    text: str
    origin: str
    """`command`, `file`, `file name`, or `log`."""
    name_in_log: str | None = None
    """The name in the log that makes the claim, such as `bert_large_MSL128`."""
    locations: tuple[Location, ...] = ()
    """The lines with that name."""

    @property
    def source(self) -> str:
        """Where the claim comes from, for people."""
        return self.origin if self.name_in_log is None else f"by the name {self.name_in_log}"

    @property
    def number(self) -> Any:
        """The claimed value, in the type of the column. Raises `ValueError` where the text is not of that type."""
        dtype = RUNS[self.name]
        if dtype == INTEGER:
            number = float(self.text)
            if not number.is_integer():
                raise ValueError(self.text)
            return int(number)
        return float(self.text) if dtype == NUMBER else self.text

    def means(self, job: Job) -> bool:
        """Whether the claim is about that job."""
        if self.label in ("*", *job.ids):
            return True
        labels = [run["label"].lower() for run in job.runs]
        wanted = self.label.lower()
        return any(fnmatch.fnmatchcase(label, wanted) or wanted in label for label in labels)


def claim(text: str, origin: str = "command") -> Claim:
    """Parse the claim `LABEL:NAME=VALUE`.

    Raises `UsageError` for anything else, and for a name that cannot be claimed or an invalid value.
    """
    label, colon, setting = str(text).rpartition(":")  # what is no text is no valid claim either
    name, equals, value = setting.partition("=")
    name, value = name.strip(), value.strip()
    if not (colon and equals and label and value):
        raise UsageError(f"{text!r} is not a valid claim: write LABEL:NAME=VALUE, as in mnist_20:epochs=20")
    if name not in CLAIMABLE:
        raise UsageError(f"{name!r} cannot be claimed; {nearest(name, CLAIMABLE)}")
    parsed = Claim(label.strip(), name, value, origin)
    try:
        number = parsed.number
    except (ValueError, OverflowError):
        kind = "a whole number" if RUNS[name] == INTEGER else "a number"
        raise UsageError(f"{value!r} is not a valid value of {name}: it must be {kind}") from None
    if isinstance(number, float) and not math.isfinite(number):
        raise UsageError(f"{value!r} is not a valid value of {name}: it must be a finite number")
    return parsed


def parsed(claims: OneOrMany[str | Claim]) -> tuple[Claim, ...]:
    """Claims given as such or as texts `LABEL:NAME=VALUE`.

    Raises `UsageError` as `claim` does.
    """
    given: tuple[str | Claim, ...] = as_tuple(claims)
    return tuple(c if isinstance(c, Claim) else claim(c) for c in given)


def from_lines(lines: Iterable[str]) -> list[Claim]:
    """The claims of a claims file: one `LABEL:NAME=VALUE` per line; empty lines and comments (#) are ignored."""
    plain = (line.partition("#")[0].strip() for line in lines)
    return [claim(line, "file") for line in plain if line]


def from_names(job: Job) -> Iterator[Claim]:
    """Claims in the names of the job's files: `epoch_20`, `batch2048`, `ntask_8`, `16tasks`, `32_tasks`. The name of a
    file with several runs (`16_then_8_ranks.out#1`) claims nothing: which of them it means is not known."""
    seen = set()
    for run in job.runs:
        if _ONE_OF_SEVERAL.search(str(run["label"])):
            continue
        for name, text in _stated(re.split(r"[/\\]", str(run["source"]))[-1]):
            if name not in seen and _is_plain(name, text):
                yield Claim(str(run["run"]), name, text, "file name")
            seen.add(name)


def names_in_logs(params: pl.DataFrame) -> Mapping[str, Sequence[tuple[str, Location]]]:
    """Run -> the names of workloads and models in its log with their lines, from the frame `params`."""
    found: dict[str, list[tuple[str, Location]]] = {}
    rows = params.filter(pl.col("name").is_in(["workload", "model"])).select(
        "run", "value", pl.col("source").cast(TEXT), "line"
    )
    for run, name, source, line in rows.iter_rows():
        found.setdefault(run, []).append((name, Location(source, line)))
    return found


def from_log(job: Job, names_of_runs: Mapping[str, Sequence[tuple[str, Location]]]) -> Iterator[Claim]:
    """Claims in the names of workloads and models in the job's log: `MSL128` in `bert_large_MSL128_sampleds`.

    Args:
        names_of_runs: see `names_in_logs`.
    """
    names: list[tuple[str, str, tuple[Location, ...]]]
    names = [(run, name, (location,)) for run in job.ids for name, location in names_of_runs.get(run, ())]
    names += [(str(run["run"]), str(run["model"]), ()) for run in job.runs if run["model"] is not None]
    seen = set()
    for run, name_in_log, locations in names:
        for name, text in _stated(name_in_log, in_log=True):
            if name not in seen and _is_plain(name, text):
                yield Claim(run, name, text, "log", name_in_log, locations)
            seen.add(name)


@lru_cache(maxsize=4096)
def _stated(text: str, in_log: bool = False) -> tuple[tuple[str, str], ...]:
    """The settings that a name states, as column and number."""
    return tuple(_search(text, _IN_LOGS if in_log else _IN_NAMES)) if any(map(str.isdigit, text)) else ()


def _search(text: str, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, word in words.items():
        forms = [rf"(?<![a-z0-9]){word}[_=-]?{_NUMBER}(?![a-z0-9])"]
        if name in _AFTER_NUMBER:
            forms.append(rf"(?<![a-z0-9.]){_NUMBER}[_-]?{_AFTER_NUMBER[name]}(?![a-z0-9])")
        matches = (re.search(form, text, re.IGNORECASE) for form in forms)
        found = next((match for match in matches if match), None)
        if found:
            yield name, found[1]


def _is_plain(name: str, text: str) -> bool:
    """Whether the number is a claim: `lr_002` may be 0.02 or 0.002, and `epoch_1` may be the first epoch."""
    if re.match(r"0\d", text) or (name in ("epochs", "steps") and text == "1"):
        return False
    return RUNS[name] != INTEGER or float(text).is_integer()


def taken(claims: Sequence[Claim], job: Job, column: str) -> Claim | None:
    """The claim used for a missing setting. Claims of file names are not used: they are the least reliable."""
    return next((c for c in claims if c.name == column and c.origin != "file name" and c.means(job)), None)


def addressed(claims: Iterable[Claim], jobs: Sequence[Job]) -> tuple[Claim, ...]:
    """The claims; one that names a job in full is about that job alone, and not about others whose labels contain the
    name."""
    named = {name: job.id for job in reversed(jobs) for name in job.names}
    return tuple(replace(c, label=named[c.label]) if c.label in named else c for c in claims)


def unmatched(claims: Sequence[Claim], jobs: Sequence[Job]) -> list[Claim]:
    """Claims that match none of these jobs."""
    return [c for c in claims if not any(c.means(job) for job in jobs)]
