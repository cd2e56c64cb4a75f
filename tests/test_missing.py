"""Why a cell is empty: a code that is decided once, with a text for people that nobody reads back."""

from __future__ import annotations

import ast

import polars as pl
from conftest import ROOT, SAMPLES, ingested

import logparse
from logparse.cells import Cells, Value
from logparse.comparison.clocks import clock
from logparse.comparison.compare import compare
from logparse.comparison.ledger import Ledger
from logparse.comparison.refusal import RefusalCause
from logparse.comparison.wording import cell_text
from logparse.schema import FRAMES
from logparse.text.missing import LEGEND, MISSING, Absence, Code

SUBMITTED = SAMPLES / "sambanova" / "bert_large_16_tasks_compiled.out"


def test_every_mark_but_the_one_that_explains_itself_is_in_the_legend() -> None:
    assert {code.mark for code in Code} - LEGEND.keys() == {Code.NO_RESULT.mark}


def test_what_a_clock_lacks_is_missing_for_the_same_reason() -> None:
    ledger = Ledger(ingested(SAMPLES / "graphcore" / "mnist_as_is_cold.out"))
    (job,) = ledger.jobs
    assert clock(ledger, job, "result").empty == ledger.value(job, "total_s").empty.of(f"{job.label}: total_s")  # type: ignore[union-attr]
    assert Absence(Code.CACHED, "x").of("a.out: total_s") == Absence(Code.CACHED, "a.out: total_s: x")


def test_a_job_whose_run_log_is_not_here_says_so_by_code() -> None:
    ledger = Ledger(ingested(SUBMITTED))
    (job,) = ledger.jobs
    assert ledger.value(job, "train_s").is_empty(Code.OTHER_LOG)
    assert clock(ledger, job, "result").is_empty(Code.OTHER_LOG)


def test_a_run_without_a_result_is_not_one_whose_log_is_silent() -> None:
    paths = [SAMPLES / "cerebras" / name for name in ("bert_large_batch_512.out", "cut_off_in_training.out")]
    (row,) = [row for row in compare(ingested(paths)).rows if row.quantity.name == "train_s"]
    assert cell_text(row.quantity, row.cells[1]) == "no result"
    assert row.cells[1].empty == Absence(Code.NO_RESULT, "no result: incomplete")
    verdict = row.verdicts[1]
    assert verdict is not None
    assert verdict.is_refused_for(RefusalCause.EMPTY)
    assert not verdict.is_refused_for(RefusalCause.BUDGET, RefusalCause.WORKLOAD)


def test_a_cell_has_the_code_of_its_evidence_whatever_the_text() -> None:
    row = dict.fromkeys(FRAMES["evidence"]) | {"run": "r", "frame": "runs", "column": "loss", "how": "absent"}
    frames = {name: pl.DataFrame(schema=schema) for name, schema in FRAMES.items()}
    texts = {"code": "other_log", "reason": "cached: does not apply"}
    frames["evidence"] = pl.DataFrame([row | texts], schema=FRAMES["evidence"])
    cells = Cells(logparse.Logs(frames, [], [], []))
    run = dict.fromkeys(FRAMES["runs"]) | {"run": "r"}
    assert cells.value(run, "loss") == Value(empty=Absence(Code.OTHER_LOG, "cached: does not apply"))
    assert cells.value(run, "score") == Value(empty=MISSING)
    assert cells.value(run | {"label": "a.out"}, "label") == Value("a.out", how="inferred")


def test_nobody_looks_at_how_a_reason_begins() -> None:
    begins = ("does not apply", "no log", "in another log", "cached", "unreadable", "no result", "not in this log")
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "logparse").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in ("startswith", "starts_with", "removeprefix", "strip_prefix", "partition")
        for said in ast.walk(node)
        if isinstance(said, ast.Constant) and isinstance(said.value, str) and said.value.startswith(begins)
    ]
    assert wrong == []
