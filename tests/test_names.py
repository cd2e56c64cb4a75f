"""Names of runs: distinct, the same in any order, and each finds its run."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from conftest import SAMPLES, ingested, run
from hypothesis import given
from hypothesis import strategies as st

import logparse
from logparse.errors import UsageError
from logparse.selection import find_run, run_names
from logparse.text.labels import in_room, short_names

_WORDS = st.sampled_from(["a", "b", "run", "bert", "512", "1024", "0.1", "x2", "Run", "", "日"])
_PARTS = st.lists(_WORDS, min_size=1, max_size=4).flatmap(
    lambda words: st.sampled_from(["_", "-", ".", " "]).map(lambda sign: sign.join(words))
)
_LABELS = st.builds(
    lambda parts, number: "/".join(part or "r" for part in parts) + number,
    st.lists(_PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "", "#1", "#2", ".out"]),
)
_SETS = st.lists(_LABELS, min_size=1, max_size=12, unique=True)


def _runs(labels: list[str], given: dict[str, str] | None = None) -> pl.DataFrame:
    """Runs in files of these paths; given: the labels that a user gave to some."""
    return pl.DataFrame(
        {
            "run": [f"{i:012x}" for i in range(len(labels))],
            "label": [(given or {}).get(label, label) for label in labels],
            "source": [f"/home/somebody/{label}" for label in labels],
        }
    )


@given(_SETS, st.data())
def test_names_are_distinct_and_each_finds_its_run(labels: list[str], data: st.DataObject) -> None:
    runs = _runs(labels)
    shown = data.draw(st.sets(st.sampled_from(runs["run"].to_list()), min_size=1))
    for found in (run_names(runs), run_names(runs, shown)):
        assert len(set(found.values())) == len(found)
        assert all(find_run(runs, name)["run"] == run for run, name in found.items())
    assert set(run_names(runs, shown)) == shown


@given(_SETS, st.randoms())
def test_the_order_of_runs_does_not_matter(labels: list[str], random: object) -> None:
    other = list(labels)
    random.shuffle(other)  # type: ignore[attr-defined]
    assert dict(zip(labels, short_names(labels), strict=True)) == dict(zip(other, short_names(other), strict=True))


@given(_SETS, st.data())
def test_a_label_that_was_given_is_kept(labels: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.sampled_from(labels))
    runs = _runs(labels, {chosen: "the best one!"})
    assert run_names(runs)[runs["run"][labels.index(chosen)]] == "the best one!"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["bert_large_512.out", "bert_large_1024.out"], ["large_512", "large_1024"]),
        (["old.out", "new.out"], ["old", "new"]),
        (["ann/exp/slurm.out", "bob/exp/slurm.out"], ["ann", "bob"]),
        (["ann/a.out", "bob/b.txt"], ["a.out", "b.txt"]),
        (["run.out", "run_2.out"], ["run", "run_2"]),
        (["lr_0.1.log", "lr_0.25.log"], ["lr_0.1", "lr_0.25"]),
        (["mixed.out#1", "mixed.out#2"], ["mixed.out#1", "mixed.out#2"]),
        (["r_r_x", "r_x"], ["r_r_x", "x"]),
        (["only.out"], ["only.out"]),
    ],
)
def test_names_are_what_distinguishes_runs(labels: list[str], expected: list[str]) -> None:
    assert short_names(labels) == expected


def test_names_are_short_for_those_that_are_shown() -> None:
    labels = ["ann/bert_large_512.out", "ann/bert_large_1024.out", "bob/mnist.txt", "bob/tiny_1024.out"]
    runs = _runs(labels)
    found = run_names(runs, runs["run"][:2].to_list())
    assert list(found.values()) == ["large_512", "large_1024"]
    with pytest.raises(UsageError, match="ambiguous"):
        find_run(runs, "1024")


def test_runs_are_called_by_their_settings(desk: Path) -> None:
    logs = ingested(SAMPLES / "cerebras").only(pl.col("workload") == "bert_large")
    labels = logs.labelled("{batch_size} × {ranks}").runs["label"].to_list()
    assert len(set(labels)) == len(labels)
    assert "2048 × ? (bert_large_batch_2048)" in labels
    comparison = logparse.compare(logs.labelled("batch {batch_size}, {throughput:.0f}/s"))
    assert "batch 2048, 6717/s" in [side.label for side in comparison.sides]
    with pytest.raises(UsageError, match="did you mean 'batch_size'"):
        logs.labelled("{batchsize}")
    with pytest.raises(UsageError, match="write a column in braces"):
        logs.labelled("batch")
    with pytest.raises(UsageError, match="expected '}'"):
        logs.labelled("{batch_size")


def test_labels_of_settings_are_accepted_as_names() -> None:
    logs = [SAMPLES / "cerebras" / f"bert_large_batch_{size}.out" for size in (512, 2048)]
    found = run("compare", "batch_size 2048", "batch_size 512", *logs, "--label-by", "batch_size")
    assert found.exit_code == 0, found.output
    assert "batch_size 2048" in found.output
    assert "batch_2048 " not in found.output
    assert run("compare", *logs, "--label", "{ranks}", "--label-by", "batch_size").exit_code == 2


@given(_SETS, st.integers(6, 20))
def test_names_in_little_room_stay_distinct(labels: list[str], room: int) -> None:
    short = in_room([*labels, labels[0]], room)
    assert len(set(short)) == len(set(labels))
    assert short[0] == short[-1]
    assert all(len(text) <= max(room, 12) for text in short)
