"""Claims: what somebody says of a run, held against its log."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import SAMPLES, ingested
from hypothesis import given
from hypothesis import strategies as st

from logparse.comparison.claim_verdicts import claim_verdicts
from logparse.comparison.claims import CLAIMABLE, claim, from_lines, from_names
from logparse.comparison.compare import compare
from logparse.comparison.ledger import Ledger
from logparse.errors import LogparseError, UsageError

MNIST = SAMPLES / "graphcore" / "mnist_asked_20_epochs_ran_10.out"
GROQ = [SAMPLES / "groq" / name for name in ("bert_tiny_dummy_input.out", "bert_tiny_256_rebuilt.out")]


def held(path: Path, *said: str) -> list[tuple[str, str | None, str]]:
    """name, found and verdict of what is claimed of the run in a file."""
    ledger = Ledger(ingested(path), [claim(text) for text in said])
    return claim_verdicts(ledger, ledger.jobs).select("name", "found", "verdict").rows()


def test_a_claim_is_confirmed_refuted_or_not_in_the_log() -> None:
    said = ("*:epochs=20", "*:epochs=10", "*:learning_rate=0.02")
    assert held(MNIST, *said) == [
        ("epochs", "10", "refuted"),
        ("epochs", "10", "confirmed"),
        ("learning_rate", None, "not in the log"),
    ]


def test_a_refuted_claim_names_the_line_that_refutes_it() -> None:
    ledger = Ledger(ingested(MNIST), [claim("20_epochs:epochs=20")])
    (row,) = claim_verdicts(ledger, ledger.jobs).rows(named=True)
    text = MNIST.read_text().splitlines()[row["line"] - 1]
    assert "10/10" in text


def test_a_claim_never_changes_what_the_log_says() -> None:
    ledger = Ledger(ingested(MNIST), [claim("*:epochs=20")])
    (job,) = ledger.jobs
    assert ledger.value(job, "epochs").value == 10
    assert ledger.logs.params.filter(name="epochs", value="20").height == 0


def test_a_claim_stands_in_for_what_no_log_says_and_is_marked() -> None:
    made = compare(ingested(GROQ), claims=["dummy:sequence_length=128"])
    (setting,) = [s for s in made.settings if s.name == "sequence_length"]
    assert (setting.role, setting.claimed) == ("factor", (True, False))
    assert [setting.text(i) for i in range(2)] == ["128 (claimed)", "256"]


def test_a_claimed_workload_makes_two_runs_comparable() -> None:
    paths = [SAMPLES / "cerebras" / name for name in ("xla_r19.out", "xla_r20.out")]
    without = compare(ingested(paths)).frame().filter(quantity="throughput", baseline=False)
    assert "is not in the log (a claim can state it)" in without["reason"][0]
    claimed = compare(ingested(paths), claims=["*:workload=gpt2"]).frame()
    assert claimed.filter(quantity="throughput", baseline=False)["ratio"][0] is not None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("report_epoch_20.txt", [("epochs", "20")]),
        ("bert_batch2048.log", [("batch_size", "2048")]),
        ("ntask_8_train.out", [("ranks", "8")]),
        ("epoch_10_lr_0.005_bs_16.txt", [("epochs", "10"), ("batch_size", "16"), ("learning_rate", "0.005")]),
        ("HW7-BertLarge-16tasks-2ndlog.out", [("ranks", "16")]),
        ("bert_large_32_tasks.out", [("ranks", "32")]),
        ("mnist_after_20_epochs.out", []),
        ("bert_ntask_8_of_16tasks.out", [("ranks", "8")]),  # the number after the word is the clearer form
        ("16task_notes_multitasks.out", []),  # may be the sixteenth task
        ("v1.16tasks.out", []),  # part of a version
        ("mnist_asked_lr_002.out", []),  # 0.02 or 0.002
        ("mytest_512.log", []),  # a number alone says nothing
        ("resnet50.out", []),
        ("resnet50_epoch_1_is_slow.out", []),  # the first epoch, not one of them
        ("cerebras_L105.out", []),
    ],
)
def test_a_file_name_claims_only_by_an_explicit_word(name: str, found: list[tuple[str, str]], tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(MNIST.read_bytes())
    (job,) = Ledger(ingested(path)).jobs
    assert [(c.name, c.text) for c in from_names(job)] == found


def test_the_name_of_a_file_with_several_runs_claims_nothing() -> None:
    logs = ingested(SAMPLES / "sambanova" / "bert_large_appended_16_then_8_ranks.out")
    jobs = Ledger(logs).jobs
    assert [job["ranks"] for job in jobs] == [16, 8]
    assert [list(from_names(job)) for job in jobs] == [[], []]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epochs=20", "write LABEL:NAME=VALUE"),
        ("a:epochs", "write LABEL:NAME=VALUE"),
        ("a:epoch=20", "did you mean 'epochs'"),
        ("a:colour=red", "choose from epochs"),
        ("a:epochs=many", "'many' is not a valid value of epochs: it must be a whole number"),
        ("a:learning_rate=nan", "it must be a finite number"),
        ("a:epochs=inf", "it must be a whole number"),
        ("a:epochs=10.7", "it must be a whole number"),
    ],
)
def test_what_is_no_claim_is_told(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        claim(text)


def test_a_label_may_hold_colons() -> None:
    assert claim("C:/logs/a.out:epochs=3").label == "C:/logs/a.out"


def test_a_claims_file_has_one_claim_a_line() -> None:
    lines = ["# of the homework", "", "a:epochs=20  # asked for", "b:ranks=8"]
    assert [(c.label, c.name, c.text, c.origin) for c in from_lines(lines)] == [
        ("a", "epochs", "20", "file"),
        ("b", "ranks", "8", "file"),
    ]


@given(st.text())
def test_any_text_is_a_claim_or_an_error_that_says_what_to_write(text: str) -> None:
    try:
        made = claim(text)
    except LogparseError:
        return
    assert made.name in CLAIMABLE
    assert made.label
