"""One run a side.

What it does
    Says what the differences of a comparison were held against where a side is a single run: the spread of public runs
    of the program, repeats that were read with it, or no more than the printed digits.

Why it matters
    Of one run nobody knows how much the next would differ. What stands in for repeats may be too small (the printed
    digits) or of other settings (public runs).

Example
    Two MNIST runs on a Graphcore IPU, 97.69 and 98.30 %: held against 17 public runs of this program, that span 96.85
    to 98.74 %.

What to do
    Run each side three times: then the verdict rests on the runs themselves and can be `established`.
"""

from __future__ import annotations

from collections.abc import Iterator

from logparse.comparison.compare import Comparison
from logparse.comparison.phrases import labels
from logparse.comparison.verdict import NOT_COMPARABLE
from logparse.comparison.wording import short_title
from logparse.findings import Finding, Scene

ID = "F12"
OF_ONE_RUN = False

_HELD = {
    "rounding": "the printed digits alone",
    "repeats here": "repeats that were read with them",
    "public spread": "the spread of public runs",
    "within the run": "the steps within each run",
    "step to step": "how the loss moves from step to step",
    "binomial": "what other test items would do",
    None: "nothing, since nothing is known",
}
"""Kind of noise -> what it is, for people."""


def find(scene: Scene) -> Iterator[Finding]:
    """A note for a comparison that somebody asked for and in which some side is one run."""
    for comparison in scene.comparisons if scene.shown else ():
        single = [side.jobs[0] for side in comparison.sides if len(side.jobs) == 1 and side.jobs[0].has_result]
        held = _held(comparison)
        if single and held:
            told = "; ".join(f"{', '.join(titles)} against {_HELD[kind]}" for kind, titles in held.items())
            every = len(single) == len(comparison.sides)
            whose = "One run a side" if every else f"Only one run of {labels(single)}"
            yield Finding(
                "note",
                f"{whose}, so that differences are held against what else is known of noise: {told}.",
                single,
            )


def _held(comparison: Comparison) -> dict[str | None, list[str]]:
    """Kind of noise that verdicts rest on -> the quantities that were held against it."""
    out: dict[str | None, list[str]] = {}
    for row in comparison.rows:
        for verdict in row.verdicts:
            if verdict is not None and verdict.word != NOT_COMPARABLE:
                titles = out.setdefault(verdict.noise.kind if verdict.noise else None, [])
                if short_title(row) not in titles:
                    titles.append(short_title(row))
    return out
