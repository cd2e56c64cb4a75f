"""Claims: what somebody says of a run (`LABEL:epochs=20`, in a call, a claims file or a file name), compared with the
log.

A claim never becomes a value of the frames. Where the log states a setting, the claim is confirmed or refuted by it;
where it does not, the claim may stand in, and is marked as claimed wherever it is used.
"""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from logparse.arguments import OneOrMany, as_tuple
from logparse.comparison.jobs import Job
from logparse.errors import UsageError, nearest
from logparse.schema import INTEGER, NUMBER, RUNS

CLAIMABLE = (
    *("epochs", "steps", "samples", "batch_size", "micro_batch_size", "ranks", "devices", "learning_rate"),
    *("sequence_length", "precision", "seed", "sdk_version", "workload", "model", "dataset", "task"),
)
"""Columns of `runs` that one may claim."""
_IN_NAMES = {
    "epochs": r"epochs?",
    "batch_size": r"(?:batch(?:[_-]?size)?|bs)",
    "ranks": r"(?:ntasks?|ranks?)",
    "learning_rate": r"(?:lr|learning[_-]rate)",
    "sequence_length": r"(?:seq(?:uence)?(?:[_-]?len(?:gth)?)?|max[_-]?seq[_-]?len(?:gth)?)",
    "steps": r"steps?",
}
"""Column -> how a file name calls it: an explicit word with a number behind it."""


@dataclass(frozen=True)
class Claim:
    """One claim: of which run, what, and who says so."""

    label: str
    """A label, a part of one, a run id, or a pattern with *."""
    name: str
    text: str
    origin: str
    """`command`, `file`, or `file name`."""

    @property
    def number(self) -> Any:
        """What is claimed, as the column has it."""
        dtype = RUNS[self.name]
        if dtype == INTEGER:
            number = float(self.text)
            if not number.is_integer():
                raise ValueError(self.text)
            return int(number)
        return float(self.text) if dtype == NUMBER else self.text

    def means(self, job: Job) -> bool:
        """Whether the claim is of that job."""
        if self.label in ("*", *job.ids):
            return True
        labels = [run["label"].lower() for run in job.runs]
        wanted = self.label.lower()
        return any(fnmatch.fnmatchcase(label, wanted) or wanted in label for label in labels)


def claim(text: str, origin: str = "command") -> Claim:
    """The claim that `LABEL:NAME=VALUE` says.

    Raises `UsageError` for anything else, and for a name or value that no claim can have.
    """
    label, colon, said = text.rpartition(":")
    name, equals, value = said.partition("=")
    name, value = name.strip(), value.strip()
    if not (colon and equals and label and value):
        raise UsageError(f"{text!r} is no claim: write LABEL:NAME=VALUE, as in mnist_20:epochs=20")
    if name not in CLAIMABLE:
        raise UsageError(f"{name!r} cannot be claimed; {nearest(name, CLAIMABLE)}")
    made = Claim(label.strip(), name, value, origin)
    try:
        number = made.number
    except (ValueError, OverflowError):
        wanted = "a whole number" if RUNS[name] == INTEGER else "a number"
        raise UsageError(f"{value!r} is no {name}: {wanted} is wanted") from None
    if isinstance(number, float) and not math.isfinite(number):
        raise UsageError(f"{value!r} is no {name}: a finite number is wanted")
    return made


def parsed(claims: OneOrMany[str | Claim]) -> tuple[Claim, ...]:
    """Claims given as such or as texts `LABEL:NAME=VALUE`.

    Raises `UsageError` as `claim` does.
    """
    given: tuple[str | Claim, ...] = as_tuple(claims)
    return tuple(c if isinstance(c, Claim) else claim(c) for c in given)


def from_lines(lines: Iterable[str]) -> list[Claim]:
    """The claims of a claims file: one `LABEL:NAME=VALUE` a line; empty lines and what follows # do not count."""
    plain = (line.partition("#")[0].strip() for line in lines)
    return [claim(line, "file") for line in plain if line]


def from_names(job: Job) -> Iterator[Claim]:
    """Claims that the names of the job's files make: `epoch_20`, `batch2048`, `ntask_8`."""
    seen = set()
    for run in job.runs:
        stem = re.split(r"[/\\]", str(run["source"]))[-1]
        for name, word in _IN_NAMES.items():
            found = re.search(rf"(?<![a-z0-9]){word}[_=-]?(\d+(?:\.\d+)?(?:e-?\d+)?)(?![a-z0-9])", stem, re.IGNORECASE)
            if found and name not in seen:
                seen.add(name)
                text = found[1]
                # `lr_002` may be 0.02 or 0.002: what is no plain number is no claim. `epoch_1` is the first one.
                if re.match(r"0\d", text) or (name in ("epochs", "steps") and text == "1"):
                    continue
                if RUNS[name] != INTEGER or float(text).is_integer():
                    yield Claim(str(run["run"]), name, text, "file name")


def taken(claims: Sequence[Claim], job: Job, column: str) -> Claim | None:
    """The claim that may stand in for a missing setting. What only a file name says is not taken: names lie most."""
    return next((c for c in claims if c.name == column and c.origin != "file name" and c.means(job)), None)


def unmatched(claims: Sequence[Claim], jobs: Sequence[Job]) -> list[Claim]:
    """Claims about no job that is here."""
    return [c for c in claims if not any(c.means(job) for job in jobs)]
