"""The score is what guessing gives.

What it does
    Compares the score of a run that ended well with what guessing gives on its data set, where the grammar states that
    (MNIST: 10 %). A model that always says the same class may be a little above or below.

Why it matters
    The run looks like any other that ended well, has its rate and its time, and has learnt nothing.

Example
    MNIST on a Graphcore IPU with a learning rate of 5: ten epochs, no error, and an accuracy of 9.80 %, which is the
    share of one digit in the test set.

What to do
    Leave it out where quality is compared; look at the learning rate and at the first losses (NaN, or one that never
    falls).
"""

from __future__ import annotations

from collections.abc import Iterator

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.phrases import clauses, shown
from logparse.findings import Finding, Scene
from logparse.text.numbers import score_figure
from logparse.text.terminal import one_line

ID = "F14"
OF_ONE_RUN = True

_NEAR = 0.2
"""How far from chance a score may be and still be a guess, as a share of it: the classes of a test set are not all of
one size (of MNIST's 8.9 to 11.4 %)."""


def find(scene: Scene) -> Iterator[Finding]:
    """One warning for all runs that learnt nothing."""
    found = [(job, chance) for job in scene.jobs if (chance := _chance(scene.ledger, job)) is not None]
    if found:
        told = [
            f"{one_line(job.label)}: {shown(scene.ledger, job, 'score')}, guessing gives "
            f"{score_figure(str(job['score_name']), chance, None)}"
            for job, chance in found
        ]
        yield Finding(
            "warning",
            f"Ended well and learnt nothing: {clauses(told)}.",
            [job for job, _ in found],
            ("score",),
            scene.ledger.locations([job for job, _ in found], "score"),
        )


def _chance(ledger: Ledger, job: Job) -> float | None:
    """What guessing gives, where that is what the job's score is."""
    grammar = ledger.grammars.get(job["platform"])
    if grammar is None or not job.has_result or job["score_name"] != "accuracy" or job["score"] is None:
        return None
    chance = grammar.chance.get(job["dataset"] or "")
    return chance if chance is not None and abs(job["score"] - chance) <= _NEAR * chance else None
