"""The score is no better than guessing.

What it does
    Compares the score of a completed run with the score of guessing on its data set, where the grammar states it
    (MNIST: 10 %). A model that always predicts the same class may score slightly above or below that.

Why it matters
    The run looks like any other completed run and has a rate and a time, but the model has learnt nothing.

Example
    MNIST on a Graphcore IPU with a learning rate of 5: ten epochs, no error, and an accuracy of 9.80 %, which is the
    share of one digit in the test set.

What to do
    Leave the run out of comparisons of quality. Check the learning rate and the first losses (NaN, or never falling).
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
"""Relative distance from chance within which a score counts as guessing: the classes of a test set differ in size
(MNIST: 8.9 to 11.4 %)."""


def find(scene: Scene) -> Iterator[Finding]:
    """One warning for all runs that learnt nothing."""
    found = [(job, chance) for job in scene.jobs if (chance := guessed(scene.ledger, job)) is not None]
    if found:
        texts = [
            f"{one_line(job.label)}: {shown(scene.ledger, job, 'score')}, chance is "
            f"{score_figure(str(job['score_name']), chance, None)}"
            for job, chance in found
        ]
        yield Finding(
            "warning",
            f"Completed without learning anything: {clauses(texts)}.",
            [job for job, _ in found],
            ("score",),
            scene.ledger.locations([job for job, _ in found], "score"),
        )


def guessed(ledger: Ledger, job: Job) -> float | None:
    """The score of guessing, where the job's score is no better."""
    grammar = ledger.grammars.get(job["platform"])
    if grammar is None or not job.has_result or job["score_name"] != "accuracy" or job["score"] is None:
        return None
    chance = grammar.chance.get(job["dataset"] or "")
    return chance if chance is not None and abs(job["score"] - chance) <= _NEAR * chance else None
