"""One run per side.

What it does
    For a comparison in which a side is a single run, states where the noise comes from: the spread of public runs of
    the program, repeats in the same logs, or only the printed digits.

Why it matters
    With one run, nobody knows how much the next would differ. The substitute may be too small (the printed digits) or
    come from runs with other settings (public runs).

Example
    Two MNIST runs on a Graphcore IPU, 97.69 and 98.30 %: compared with 17 public runs of this program, which span 96.85
    to 98.74 %.

What to do
    Run each side three times: the verdict is then based on the runs themselves and can be `established`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from logparse.comparison.compare import Comparison
from logparse.comparison.phrases import clauses, jobs_of, labels
from logparse.comparison.sides import Side
from logparse.comparison.verdict import NOT_COMPARABLE
from logparse.comparison.wording import short_title
from logparse.findings import Finding, Scene
from logparse.text.terminal import one_line

ID = "F12"

_NOISES = {
    "rounding": "the printed digits alone",
    "repeats here": "repeats in the same logs",
    "public repeats": "public runs of the same program",
    "repeats here and public": "repeats in the same logs and in public ones",
    "own values": "the values themselves",
    "within the run": "the steps within each run",
    "step to step": "the variation of the loss from step to step",
    "binomial": "the sampling error of the test set",
    "another program": "no more than a hint from another program",
    None: "none known",
}
"""Kind of noise -> display text."""


def find(scene: Scene) -> Iterator[Finding]:
    """A note on an explicit comparison in which some side is one run."""
    for comparison in scene.comparisons if scene.shown else ():
        sides = [side for side in comparison.sides if len(side.jobs) == 1 and side.jobs[0].has_result]
        single = [side.jobs[0] for side in sides]
        noises = _noises(comparison)
        if single and noises:
            bases = "; ".join(f"{_NOISES[kind]} ({', '.join(titles)})" for kind, titles in noises.items())
            which = "One run per side" if len(single) == len(comparison.sides) else _only(sides)
            yield Finding(
                "note",
                f"{which}, so the noise is estimated from other sources: {bases}.",
                single,
            )


def _only(sides: Sequence[Side]) -> str:
    """`Only one run of a.out`; `runs before 2026-11-09: only one run (a.out)` where the side has a name of its own."""
    if all(side.label == side.jobs[0].label for side in sides):
        return f"Only one run of {labels(jobs_of(sides))}"
    return clauses([f"{one_line(side.label)}: only one run ({labels(side.jobs)})" for side in sides])


def _noises(comparison: Comparison) -> dict[str | None, list[str]]:
    """Kind of noise that verdicts are based on -> the titles of the quantities compared with it."""
    out: dict[str | None, list[str]] = {}
    for row in comparison.rows:
        for verdict in row.verdicts:
            if verdict is not None and verdict.word != NOT_COMPARABLE:
                titles = out.setdefault(verdict.noise.kind if verdict.noise else None, [])
                if short_title(row) not in titles:
                    titles.append(short_title(row))
    return out
