"""The spread of public runs of a program: repeats for a comparison that has none, or few, of its own.

`public.csv` in this package has one row per program, settings and quantity: the standard deviation of one value with
its degrees of freedom, and the values. `make.py` generates it from a folder of logs. Both contain figures and file
names, but no text of any log.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

DATA = "public.csv"
BY_DIFFERENCE = frozenset({"loss", "score"})
"""Quantities whose values are compared by difference; all others are compared by ratio."""
_NO_SHARE = frozenset({"spearman", "mean_squared_error"})
"""Scores that are not fractions, so that per cent would mislead."""
_FEWEST = 3
"""Least number of runs for a spread to be used for other programs."""


@dataclass(frozen=True)
class Spread:
    """The spread of public runs of one program with one set of settings. The fields are the columns of the file."""

    platform: str
    workload: str
    task: str
    setting: str
    """`name=value; name=value`: the columns of `runs` that all of these runs state, with equal values."""
    quantity: str
    """A column of `runs`, in its unit there: seconds, samples/s, tokens/s, fractions 0 to 1."""
    n: int
    """Number of distinct runs, at least two; copies and identical runs count once."""
    sd: float
    """Standard deviation of one value: of its logarithm for durations and rates (0.01 is 1 %), in the unit of the
    quantity for losses and scores."""
    dof: int
    """Degrees of freedom of `sd`: n - 1."""
    least: float
    median: float
    greatest: float
    values: tuple[float, ...]
    """The value of each run, in ascending order."""
    runs: tuple[str, ...]
    """The fingerprint of each run in the order of `values`, so that a comparison can leave out the runs it compares."""
    left_out: int
    """Runs with these settings and this quantity that are excluded: outliers, and those that `make.py` names."""
    made_from: str
    """Owners of the public runs with the number of each; then which settings come from file names."""

    @property
    def span(self) -> float:
        """greatest - least, in the quantity's unit."""
        return self.greatest - self.least

    @property
    def text(self) -> str:
        """A sentence: `17 public runs of this program span 96.85 to 98.74 %`."""
        least, greatest = self._shown()
        if self.least == self.greatest:
            return f"all {self.n} public runs of this program have {greatest}{self._unit}"
        return f"{self.n} public runs of this program span {least} to {greatest}{self._unit}"

    def _shown(self) -> tuple[str, str]:
        """Both ends as text, with enough digits to distinguish them."""
        if self._is_share:
            return f"{self.least * 100:.2f}", f"{self.greatest * 100:.2f}"
        if self._unit == " ms":
            return f"{self.least * 1e3:.4g}", f"{self.greatest * 1e3:.4g}"
        forms = (".0f", ".2f") if self.greatest >= 10_000 else (".4g", ".6g")
        pairs = ((format(self.least, form), format(self.greatest, form)) for form in forms)
        return next((pair for pair in pairs if pair[0] != pair[1]), (f"{self.least:.10g}", f"{self.greatest:.10g}"))

    @property
    def _is_share(self) -> bool:
        names = {value for name, value in settings(self.setting) if name == "score_name"}
        return self.quantity in ("score", "accuracy") and not names & _NO_SHARE

    @property
    def _unit(self) -> str:
        if self._is_share:
            return " %"
        if self.quantity.endswith("_s"):
            return " ms" if self.greatest < 0.1 else " s"
        if self.quantity.endswith("throughput"):
            return " tokens/s" if self.quantity.startswith("token") else " samples/s"
        return ""


def settings(setting: str) -> Iterator[tuple[str, str]]:
    """Name and value of each part of a `setting`."""
    for part in filter(None, setting.split("; ")):
        name, _, value = part.partition("=")
        yield name, value


@cache
def spreads() -> tuple[Spread, ...]:
    """All spreads of the packaged file, which is read once."""
    text = resources.files(__name__).joinpath(DATA).read_text(encoding="utf-8")
    return tuple(
        Spread(
            platform=row["platform"],
            workload=row["workload"],
            task=row["task"],
            setting=row["setting"],
            quantity=row["quantity"],
            n=int(row["n"]),
            sd=float(row["sd"]),
            dof=int(row["dof"]),
            least=float(row["least"]),
            median=float(row["median"]),
            greatest=float(row["greatest"]),
            values=tuple(map(float, row["values"].split())),
            runs=tuple(row["runs"].split()),
            left_out=int(row["left_out"]),
            made_from=row["made_from"],
        )
        for row in csv.DictReader(text.splitlines())
    )


_FIGURES = ("train_s", "throughput", "loss", "score", "latency_s", "compile_s", "load_s", "total_s")


def fingerprint(run: Mapping[str, Any]) -> str:
    """A hash of the measured figures of a row of `runs`, by which a public run is recognised wherever its log is."""
    figures = " ".join("-" if run[name] is None else f"{run[name]:.9g}" for name in _FIGURES)
    return hashlib.sha256(f"{run['platform']} {figures}".encode()).hexdigest()[:8]


def of(platform: str, workload: str | None, task: str | None, quantity: str) -> list[Spread]:
    """The spreads of that program and quantity, one per set of settings; empty without public repeats."""
    wanted = (platform, workload, task, quantity)
    return [s for s in spreads() if (s.platform, s.workload, s.task, s.quantity) == wanted]


def widest(platform: str | None, quantity: str) -> Spread | None:
    """The widest spread of that quantity on that platform (None: on any) among programs with three or more runs: a hint
    for a program without repeats of its own.

    None for losses and scores: their spread in one program says nothing about another.
    """
    if quantity in BY_DIFFERENCE:
        return None
    found = [s for s in spreads() if s.quantity == quantity and platform in (None, s.platform) and s.n >= _FEWEST]
    return max(found, key=lambda s: s.sd, default=None)
