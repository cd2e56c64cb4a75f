"""Findings as a whole: what each file must have, and what the frame promises."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import SAMPLES, ingested

import logparse
from logparse.comparison.compare import compare
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import QUANTITIES
from logparse.errors import UsageError
from logparse.findings import NO_REASON, SEVERITIES, is_of_one_run, module, names, parts, scene_of
from logparse.schema import FIELDS, RUNS, STATEMENTS
from logparse.text.location import locations

TABLE = {
    "F01": "no-work-in-log", "F02": "compile-cached", "F03": "clock-scope", "F04": "warm-up", "F05": "different-budget",
    "F06": "different-scale", "F07": "confounded", "F08": "unit-basis", "F09": "label-wrong", "F10": "estimate",
    "F11": "rounding", "F12": "one-run", "F13": "score-kind", "F14": "at-chance", "F15": "incomplete",
    "F16": "gate-failed", "F17": "copies", "F18": "claim-refuted", "F19": "rank-scope", "F20": "clock",
    "F21": "different-workload", "F22": "scenario", "F23": "aggregation", "F24": "idle", "F25": "outlier",
    "F26": "superlinear", "F27": "resumed", "F28": "diverged", "F29": "inconsistent", "F30": "queue", "F31": "profiled",
    "F32": "stall", "F33": "shared-directory", "F34": "picture-differs",
}  # fmt: skip
"""Every finding there is: an id is never given to another one, since people ignore by name and quote by id."""
TEN = [
    *sorted(SAMPLES.glob("sambanova/*_tasks_*.out")),
    *sorted(SAMPLES.glob("graphcore/mnist_as*.out")),
    *sorted(SAMPLES.glob("cerebras/*_batch_*.out")),
    SAMPLES / "groq" / "bert_tiny_dummy_input.out",
    SAMPLES / "groq" / "bert_tiny_256_rebuilt.out",
]
"""The ten runs of the write-up."""


@pytest.fixture(scope="module")
def samples(every_sample: logparse.Logs) -> logparse.Logs:
    return every_sample


@pytest.fixture(scope="module")
def found(samples: logparse.Logs) -> pl.DataFrame:
    return logparse.findings(samples)


def keys(frame: pl.DataFrame) -> list[str]:
    return sorted(frame["key"])


# ---- the files ---- #


def test_each_finding_of_the_table_is_there_once_under_its_id() -> None:
    assert [(module(name).ID, name) for name in names()] == list(TABLE.items())


@pytest.mark.parametrize("name", TABLE.values())
def test_each_docstring_says_what_why_with_an_example_and_what_to_do(name: str) -> None:
    told = parts(name)
    assert list(told) == ["says", "what it does", "why it matters", "example", "what to do"]
    assert all(len(told[part].split()) > 5 for part in list(told)[1:]), told
    assert re.fullmatch(r"[A-Z][^\n]*\.", told["says"]), "one line, a sentence"


@pytest.mark.parametrize("name", TABLE.values())
def test_each_says_what_it_yields(name: str) -> None:
    assert module(name).find.__doc__


# ---- the frame ---- #


def test_of_nothing_there_is_nothing_in_the_same_columns() -> None:
    frame = logparse.findings(logparse.ingest(b"nothing of interest\n"))
    assert frame.height == 0
    assert list(frame.columns) == list(STATEMENTS["findings"])


def test_errors_come_first(samples: logparse.Logs, found: pl.DataFrame) -> None:
    for frame in (found, logparse.findings(compare(samples))):
        order = [SEVERITIES.index(severity) for severity in frame["severity"]]
        assert order == sorted(order)
        assert len(set(order)) > 1


def test_each_row_is_a_sentence_about_runs_that_are_there(samples: logparse.Logs, found: pl.DataFrame) -> None:
    known = set(samples.runs["run"].cast(pl.String))
    for row in found.iter_rows(named=True):
        assert row["runs"]
        assert set(row["runs"]) <= known
        assert len(row["runs"]) == len(set(row["runs"]))
        assert re.fullmatch(r"[^\n]+\.", row["text"]), row["text"]
        assert not re.search(r"\bNone\b|\bnan\b|\s\s|\.\.$", row["text"]), row["text"]
        assert row["why"]
        assert row["advice"]


def test_what_a_finding_touches_has_a_name_that_means_something(samples: logparse.Logs) -> None:
    """A misspelt quantity would hide the finding from every comparison."""
    known = {*RUNS, *QUANTITIES, *FIELDS}
    for scene in (scene_of(samples), scene_of(compare(samples))):
        for name in names():
            for told in module(name).find(scene):
                assert set(told.quantities) <= known, name


def test_evidence_names_lines_that_are_there(samples: logparse.Logs, found: pl.DataFrame) -> None:
    for row in found.iter_rows(named=True):
        assert len(row["evidence"]) == len(set(locations(row["evidence"])))
        for place in row["evidence"][:20]:
            assert samples.lines(place["source"], [place["line"]]), (row["name"], place)


def test_one_row_a_statement_and_not_one_a_run(found: pl.DataFrame) -> None:
    """Several samples are incomplete or failed; each kind is one row, with all its runs."""
    assert found.filter(name="incomplete").height == 2
    assert found.filter(name="incomplete")["runs"].list.len().max() > 1


def test_of_one_run_leaves_out_what_takes_two(samples: logparse.Logs) -> None:
    told = logparse.findings(samples, of_one_run=True)
    assert all(is_of_one_run(name) for name in told["name"])
    assert {"incomplete", "gate-failed", "at-chance"} <= set(told["name"])


# ---- keys, and what is ignored ---- #


def test_keys_are_the_same_each_time_and_whatever_the_order_of_the_logs() -> None:
    once, again = logparse.findings(ingested(TEN)), logparse.findings(logparse.ingest(TEN[::-1]))
    assert keys(once) == keys(again) == sorted(set(keys(once)))


def test_keys_do_not_change_where_a_log_has_a_copy(tmp_path: Path) -> None:
    copies = [tmp_path / f"copy_{path.name}" for path in TEN]
    for path, copy in zip(TEN, copies, strict=True):
        copy.write_bytes(path.read_bytes())
    alone, with_copies = logparse.findings(ingested(TEN)), logparse.findings(logparse.ingest([*TEN, *copies]))
    assert keys(alone.filter(pl.col("name") != "copies")) == keys(with_copies.filter(pl.col("name") != "copies"))


def test_a_finding_is_ignored_by_name_with_its_reason_and_is_kept(found: pl.DataFrame, samples: logparse.Logs) -> None:
    told = logparse.findings(samples, ignore=["compile-cached=only training is compared"])
    assert told.height == found.height
    ignored = told.filter(pl.col("ignored").is_not_null())
    assert set(ignored["name"]) == {"compile-cached"}
    assert set(ignored["ignored"]) == {"only training is compared"}


def test_a_finding_is_ignored_by_key_alone(found: pl.DataFrame, samples: logparse.Logs) -> None:
    key = found.filter(name="incomplete")["key"][0]
    told = logparse.findings(samples, ignore=[key])
    assert told.filter(pl.col("ignored").is_not_null()).select("key", "ignored").rows() == [(key, NO_REASON)]


def test_a_key_that_no_longer_fires_may_stay_in_a_config(found: pl.DataFrame, samples: logparse.Logs) -> None:
    assert logparse.findings(samples, ignore=["warm-up:00000000=mended"])["ignored"].null_count() == found.height


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("compiled-cached=x", "cannot ignore 'compiled-cached': no such finding; did you mean 'compile-cached'"),
        ("zzz", "cannot ignore 'zzz': no such finding; choose from no-work-in-log, compile-cached"),
    ],
)
def test_an_unknown_name_to_ignore_is_told_with_the_nearest(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        logparse.findings(ingested(TEN), ignore=[text])


# ---- the ten runs, and all that there are ---- #


def of(frame: pl.DataFrame, name: str) -> dict[str, Any]:
    return frame.filter(name=name).row(0, named=True)


def test_of_each_platforms_part_of_the_ten_runs_no_more_is_said_than_is_so() -> None:
    """Names of all warnings and errors, comparison by comparison: one that is not here would be a false alarm."""
    told = {}
    for platform in ("sambanova", "graphcore", "cerebras", "groq"):
        frame = logparse.findings(compare(ingested([path for path in TEN if path.parent.name == platform])))
        told[platform] = {n: s for n, s in frame.select("name", "severity").iter_rows() if s != "note"}
    assert told == {
        "sambanova": {"no-work-in-log": "error", "compile-cached": "warning"},
        "graphcore": {"compile-cached": "warning"},
        "cerebras": {"different-budget": "warning"},
        "groq": {},
    }


def test_a_comparison_is_told_only_what_touches_its_quantities() -> None:
    logs = ingested([path for path in TEN if path.parent.name == "cerebras"])
    assert "different-budget" in set(logparse.findings(compare(logs))["name"])
    budget = of(logparse.findings(compare(logs, clock="train")), "different-budget")
    assert {"loss", "train_s"} <= set(budget["quantities"])


def test_of_all_real_logs_there_are_few_findings_and_no_error(every_real_log: logparse.Logs) -> None:
    frame = logparse.findings(Ledger(every_real_log))
    assert frame.height < 200
    assert not set(frame["severity"]) & {"error"}, "nobody compared anything"


def test_a_user_who_interrupts_is_the_cause_not_the_scheduler_that_reports_it() -> None:
    log = (
        b"$ /opt/slurm/bin/srun --ipus=1 python mnist_poptorch.py\n"
        b"srun: job 20601 queued and waiting for resources\n"
        b"srun: job 20601 has been allocated resources\n"
        b"[10:12:04.318] [poptorch:cpp] [warning] [DISPATCHER] Type coerced from Long to Int for tensor id 10\n"
        b"srun: Force Terminated job step 20601.0\n"
        b"^Csrun: interrupt (one more within 1 sec to abort)\n"
        b"srun: error: gc-poplar-03: task 0: Exited with exit code 2\n"
    )
    (found,) = module("incomplete").find(scene_of(ingested([log]), True))
    assert found.text.endswith(", ^C.")
