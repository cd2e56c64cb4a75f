"""How far apart public runs of one program are: what a difference is held against where nobody repeated their own run.

`public.csv` beside this file holds it, a row for each program, settings and quantity; `make.py` beside it makes that
file from a folder of logs. Both hold figures and names of files, no text of any log.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

DATA = "public.csv"
BY_DIFFERENCE = frozenset({"loss", "score"})
"""Quantities of which two values are held together by their difference; all others by their ratio."""
_NO_SHARE = frozenset({"spearman", "mean_squared_error"})
"""Scores that are no share of anything, so that per cent would mislead."""
_FEWEST = 3
"""Two runs say too little to speak for other programs."""


@dataclass(frozen=True)
class Spread:
    """What was seen in public runs of one program with one set of settings. The fields are the columns of the file."""

    platform: str
    workload: str
    task: str
    setting: str
    """`name=value; name=value`: the columns of `runs` that each of these runs states, and all alike."""
    quantity: str
    """A column of `runs`, in its unit there: seconds, samples/s, tokens/s, fractions 0 to 1."""
    n: int
    """Distinct runs counted: copies and look-alikes are one. Two at least."""
    least: float
    median: float
    greatest: float
    left_out: int
    """Runs that have these settings and this quantity and are not counted: outliers, and those that `make.py` names."""
    made_from: str
    """Whose public runs, and how many of each; then what rests on a file's name."""

    @property
    def ratio(self) -> float:
        """greatest / least, infinite where the least is not above 0."""
        return self.greatest / self.least if self.least > 0 else float("inf")

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
        """The ends, with as many digits as tell them apart."""
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
    """All spreads, as the packaged file has them; it is read once."""
    text = resources.files(__name__).joinpath(DATA).read_text(encoding="utf-8")
    return tuple(
        Spread(
            platform=row["platform"],
            workload=row["workload"],
            task=row["task"],
            setting=row["setting"],
            quantity=row["quantity"],
            n=int(row["n"]),
            least=float(row["least"]),
            median=float(row["median"]),
            greatest=float(row["greatest"]),
            left_out=int(row["left_out"]),
            made_from=row["made_from"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def of(platform: str, workload: str | None, task: str | None, quantity: str) -> list[Spread]:
    """The spreads of that program and quantity, one for each set of settings; none where nobody repeated it."""
    wanted = (platform, workload, task, quantity)
    return [s for s in spreads() if (s.platform, s.workload, s.task, s.quantity) == wanted]


def widest(platform: str, quantity: str) -> Spread | None:
    """The widest spread of that quantity on that platform over all programs with three runs or more: what is assumed of
    a program without repeats of its own.

    None for losses and scores: what they are apart in one program says nothing of another.
    """
    if quantity in BY_DIFFERENCE:
        return None
    found = [s for s in spreads() if (s.platform, s.quantity) == (platform, quantity) and s.n >= _FEWEST]
    return max(found, key=lambda s: s.ratio, default=None)
