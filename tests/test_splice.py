"""Logs written one below the other: each run keeps the values that it has in a file of its own."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLES

import logparse
from logparse.grammar import registry
from logparse.pipeline import read_batch
from logparse.reading.scan import Batch
from logparse.reading.sources import read_sources
from logparse.schema import FRAMES

FRAMES_OF_VALUES = ("runs", "metrics", "params", "phases")
OF_THE_PLACE = {"run", "label", "source", "line", "line_first", "line_last", "copies", "group"}
"""Columns that say where a value is, and the hashes of the run."""

Run = dict[str, Counter[str]]
"""frame -> its rows, as text, without their places."""


def runs_of(texts: Sequence[bytes]) -> list[list[tuple[str, Run]]]:
    """Platform and values of the runs of each text in order. Read as one batch, so that copies of a run stay apart."""
    chosen = registry.chosen()
    vendors = [grammar for grammar in chosen if not grammar.shared]
    shared = [rule for grammar in chosen if grammar.shared for rule in grammar.rules]
    frames = read_batch(Batch.of(list(read_sources(list(texts)))), vendors, shared).frames
    found: list[list[tuple[int, str, int]]] = [[] for _ in texts]
    values: dict[int, Run] = {}
    for name in FRAMES_OF_VALUES:
        columns = [column for column in FRAMES[name] if column not in OF_THE_PLACE]
        for row in (row for frame in frames[name] for row in frame.rows(named=True)):
            if name == "runs":
                found[row["source_index"]].append((row["row"], row["platform"], row["n"]))
                values[row["n"]] = {frame: Counter() for frame in FRAMES_OF_VALUES}
            cells = {c: _shown(row[c]) for c in columns if row.get(c) is not None}
            if name == "runs":
                values[row["n"]][name].update(f"{column}={value}" for column, value in cells.items())
            else:
                values[row["n"]][name][str(cells)] += 1
    return [[(platform, values[n]) for _, platform, n in sorted(runs)] for runs in found]


def _shown(value: Any) -> str:
    # A sum over rows may be added in another order.
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def with_end(log: bytes) -> bytes:
    return log if log.endswith(b"\n") else log + b"\n"


def differences(pairs: Sequence[tuple[Path, Path]]) -> dict[tuple[Path, Path], list[str]]:
    """What the runs of two logs lose or gain where the second is below the first."""
    paths = sorted({path for pair in pairs for path in pair})
    logs = {path: with_end(path.read_bytes()) for path in paths}
    alone = dict(zip(paths, runs_of(list(logs.values())), strict=True))
    found: dict[tuple[Path, Path], list[str]] = {}
    for pair, runs in zip(pairs, runs_of([logs[a] + logs[b] for a, b in pairs]), strict=True):
        expected = [run for path in pair for run in alone[path]]
        for platform in {platform for platform, _ in (*expected, *runs)}:
            before, after = ([run for of, run in some if of == platform] for some in (expected, runs))
            if len(before) != len(after):
                found.setdefault(pair, []).append(f"{platform}: {len(after)} runs, not {len(before)}")
                continue
            for one, other in zip(before, after, strict=True):
                for frame in FRAMES_OF_VALUES:
                    lost, gained = one[frame] - other[frame], other[frame] - one[frame]
                    if not any(row.startswith("status=") for row in gained):
                        # Only the last line of a file can prove it: below it, lines that no rule reads prove nothing.
                        del lost["status=incomplete"]
                    found.setdefault(pair, []).extend(
                        [f"{platform} {frame} -{row}" for row in lost]
                        + [f"{platform} {frame} +{row}" for row in gained]
                    )
    return {pair: rows for pair, rows in found.items() if rows}


MOST_BYTES = 60_000


def logs_of_one_platform(root: Path) -> dict[Path, str]:
    """The shorter logs under a folder with runs of one platform, and that platform."""
    paths = sorted(
        path
        for path in root.rglob("*")
        if path.is_file() and ".expected" not in path.parts and path.stat().st_size < MOST_BYTES
    )
    platforms = [{platform for platform, _ in runs} for runs in runs_of([path.read_bytes() for path in paths])]
    return {path: next(iter(of)) for path, of in zip(paths, platforms, strict=True) if len(of) == 1}


def some_pairs(logs: dict[Path, str], same: bool, number: int, seed: int) -> list[tuple[Path, Path]]:
    pairs = [(a, b) for a in logs for b in logs if a != b and (logs[a] == logs[b]) == same]
    return random.Random(seed).sample(pairs, number)


@pytest.fixture(scope="module")
def sample_logs() -> dict[Path, str]:
    return logs_of_one_platform(SAMPLES)


def test_no_value_of_a_run_changes_where_a_log_of_another_platform_is_above_or_below(
    sample_logs: dict[Path, str],
) -> None:
    assert Counter(sample_logs.values()).keys() == {"cerebras", "graphcore", "groq", "sambanova"}
    assert differences(some_pairs(sample_logs, same=False, number=250, seed=1)) == {}


# The logs that the issue of a mixed session was first seen in: what a shared rule reads went to the wrong run.
@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("cerebras/bert_large_batch_512.out", "groq/pbs_walltime.out"),
        ("graphcore/out_of_memory.out", "cerebras/tf_appliance.out"),
        ("groq/resnet50.out", "graphcore/mnist_as_is_cold.out"),
        ("cerebras/pip_then_import_failed.out", "groq/pbs_walltime.out"),
        ("graphcore/mnist_at_chance.out", "cerebras/tf_cs1_slurm.out"),
    ],
)
def test_what_several_platforms_print_belongs_to_the_log_that_it_is_in(above: str, below: str) -> None:
    assert differences([(SAMPLES / above, SAMPLES / below)]) == {}


WITHOUT_A_BEGINNING = {
    "xla_r19.out", "xla_r20.out", "tf_appliance.out", "cut_at_the_front.out", "hf_trainer_vit.out",
    "benchmark_summary.out", "poplar_profile_summary.txt", "build_state.yaml", "client_of_two_endpoints.json",
}  # fmt: skip
"""Logs of which the first lines do not say that a run begins: below another one of their platform, these lines could be
its own."""


def test_no_value_of_a_run_changes_where_a_log_of_its_platform_is_above_or_below(sample_logs: dict[Path, str]) -> None:
    pairs = some_pairs(sample_logs, same=True, number=300, seed=2)
    pairs = [pair for pair in pairs if pair[1].name not in WITHOUT_A_BEGINNING]
    assert len(pairs) > 150
    assert differences(pairs) == {}


AT_AN_EDGE = ("status=", "started_at=", "ended_at=", "total_s=", "unaccounted_s=")
"""Values that depend on the first or the last line: an excerpt from the middle of a log may begin with a line that
could as well end the log above (an error, a note of TensorFlow)."""


def test_a_run_of_a_real_log_keeps_its_numbers_where_another_platform_is_above_or_below(real_logs: Path) -> None:
    pairs = some_pairs(logs_of_one_platform(real_logs), same=False, number=150, seed=3)
    found = differences(pairs)
    assert len(found) < 0.02 * len(pairs)
    numbers = {
        pair: [row for row in rows if " runs " in row and not row.partition(" runs ")[2][1:].startswith(AT_AN_EDGE)]
        for pair, rows in found.items()
    }
    assert {pair: rows for pair, rows in numbers.items() if rows} == {}


def test_lines_that_all_platforms_print_are_no_run_by_themselves() -> None:
    """Failures of the scheduler between a log of one platform and that of another."""
    groq = (SAMPLES / "groq" / "conda_missing.out").read_bytes()
    graphcore = (SAMPLES / "graphcore" / "mnist_as_is_cold.out").read_bytes()
    failed = b"srun: error: Unable to allocate resources: Requested node configuration is not available\n"
    runs = logparse.ingest(groq + failed * 2 + graphcore).runs
    assert not runs["run"].null_count()
    assert runs["platform"].to_list() == ["groq", "graphcore"]
