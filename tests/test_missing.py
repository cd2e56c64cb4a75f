"""Why a cell is empty: the text of the evidence, and the code that it is read back into, in one place."""

from __future__ import annotations

import ast

import pytest
from conftest import ROOT, SAMPLES

import logparse
from logparse.comparison.clocks import clock
from logparse.comparison.compare import compare
from logparse.comparison.ledger import Ledger
from logparse.comparison.refusal import RefusalCause
from logparse.comparison.wording import cell_text
from logparse.text.missing import LEGEND, MISSING, Reason, Why, read

SUBMITTED = SAMPLES / "sambanova" / "bert_large_16_tasks_compiled.out"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, Why.NOT_IN_LOG),
        ("", Why.NOT_IN_LOG),
        ("not in this log", Why.NOT_IN_LOG),
        ("srun prints no time stamps", Why.NOT_IN_LOG),
        ("does not apply: inference", Why.DOES_NOT_APPLY),
        ("does not apply", Why.DOES_NOT_APPLY),
        ("no log: the work is in another log of the job", Why.ELSEWHERE),
        ("in another log of the job", Why.ELSEWHERE),
        ("cached: the binary was found, not compiled", Why.CACHED),
        ("unreadable: 1.2.3", Why.UNREADABLE),
        # A sentence that happens to begin so speaks of no log that is somewhere else.
        ("no log of this vendor that is known holds an evaluation of the run", Why.NOT_IN_LOG),
        ("cached builds print no version", Why.NOT_IN_LOG),
    ],
)
def test_the_text_of_the_evidence_is_read_back_into_a_code(text: str | None, why: Why) -> None:
    assert read(text).why is why
    assert read(text).text == (text or MISSING.text)


def test_every_mark_but_the_one_that_says_itself_is_in_the_legend() -> None:
    assert {why.mark for why in Why} - LEGEND.keys() == {Why.NO_RESULT.mark}


def test_what_a_clock_lacks_is_missing_for_the_same_reason() -> None:
    ledger = Ledger(logparse.ingest(SAMPLES / "graphcore" / "mnist_as_is_cold.out"))
    (job,) = ledger.jobs
    assert clock(ledger, job, "result").empty == ledger.value(job, "total_s").empty.of(f"{job.label}: total_s")  # type: ignore[union-attr]
    assert Reason(Why.ELSEWHERE, "no log: x").of("a.out: total_s") == Reason(Why.ELSEWHERE, "a.out: total_s no log: x")


def test_a_job_whose_run_log_is_not_here_says_so_by_code() -> None:
    ledger = Ledger(logparse.ingest(SUBMITTED))
    (job,) = ledger.jobs
    assert ledger.value(job, "train_s").is_empty(Why.ELSEWHERE)
    assert clock(ledger, job, "result").is_empty(Why.ELSEWHERE)


def test_a_run_without_a_result_is_not_one_whose_log_is_silent() -> None:
    paths = [SAMPLES / "cerebras" / name for name in ("bert_large_batch_512.out", "cut_off_in_training.out")]
    (row,) = [row for row in compare(logparse.ingest(paths)).rows if row.quantity.name == "train_s"]
    assert cell_text(row.quantity, row.cells[1]) == "no result"
    assert row.cells[1].empty == Reason(Why.NO_RESULT, "no result: incomplete")
    verdict = row.verdicts[1]
    assert verdict is not None
    assert verdict.is_refused_for(RefusalCause.EMPTY)
    assert not verdict.is_refused_for(RefusalCause.BUDGET, RefusalCause.WORKLOAD)


def test_nobody_else_looks_at_how_a_reason_begins() -> None:
    begins = ("does not apply", "no log", "in another log", "cached", "unreadable", "no result", "not in this log")
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "logparse").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "startswith"
        for said in ast.walk(node)
        if isinstance(said, ast.Constant) and isinstance(said.value, str) and said.value.startswith(begins)
    ]
    assert wrong == []
