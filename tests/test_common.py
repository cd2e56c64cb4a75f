"""What several platforms print: which lines end a program, and which only look as if they did."""

from __future__ import annotations

import polars as pl
import pytest
from logparse.grammars.common import GRAMMAR

from logparse.grammar import Rule
from logparse.reading.literals import Literals
from logparse.reading.scan import read


def rule_of(line: str) -> Rule | None:
    """The shared rule that keeps `line`."""
    return next((rule for rule in GRAMMAR.rules if rule.read(line.strip()) is not None), None)


def values(line: str) -> dict[str, object]:
    """What the fast path makes of `line`."""
    rule = rule_of(line)
    assert rule is not None
    segments = pl.DataFrame({"row": [0], "col": [0], "seg": [line.strip()], "tag": [None]}).cast({"tag": pl.Int64})
    hits = read(segments.filter(Literals(rule.compiled.literals).found_in(segments["seg"])), rule)
    return {name: hits[name][0] for name in rule.fields}


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("srun: error: sn30-r3-h2: task 0: Exited with exit code 1", "scheduler"),
        ("srun: error: sn30-r1-h1: tasks 2,6-7: Killed", "scheduler"),
        ("srun: error: Unable to allocate resources: Requested node configuration is not available", "scheduler"),
        ("srun: Job step aborted: Waiting up to 32 seconds for job step to finish.", "scheduler"),
        ("slurmstepd: error: *** STEP 9.0 ON h1 CANCELLED AT 2024-03-24T21:55:28 DUE TO TIME LIMIT ***", "scheduler"),
        ("slurmstepd: error: execve(): no_such_program: No such file or directory", "scheduler"),
        ("slurmstepd: error: Detected 1 oom-kill event(s) in step 9.0 cgroup.", "out_of_memory"),
        ("sbatch: error: CPU count per node can not be satisfied", "scheduler"),
        ("=>> PBS: job killed: walltime 14422 exceeded limit 14400", "scheduler"),
        ("ModuleNotFoundError: No module named 'poptorch'", "module_not_found"),
        ("PermissionError: [Errno 13] Permission denied: 'x'", "permission_denied"),
        ("MemoryError", "out_of_memory"),
        ("cerebras.appliance.errors.ApplianceUnknownError: Ran into error while receiving tensor", "traceback"),
        ("RuntimeError: The size of tensor a (12) must match the size of tensor b (14)", "traceback"),
        ("KeyboardInterrupt", "interrupt"),
        ("^C", "interrupt"),
        ("Segmentation fault (core dumped)", "crash"),
        ("  what():  Out of memory on tile 1: 674752 bytes used but tiles only have 638976 bytes", "out_of_memory"),
    ],
)
def test_a_line_that_ends_a_program_is_a_failure_of_its_kind(line: str, kind: str) -> None:
    rule = rule_of(line)
    assert rule is not None
    assert ("failure" in rule.marked, rule.level, rule.kind) == (True, "error", kind)


@pytest.mark.parametrize(
    "line",
    [
        "Traceback (most recent call last):",
        '  File "run.py", line 90, in main',
        "AttributeError: _ARRAY_API not found",
        "HTTP Error 403: Forbidden",
        "Failed to download (trying next):",
        "E0711 18:04:02.654472867  609793 hpack_parser.cc:1234]       Error parsing metadata: error=invalid value",
        "2023-02-03T18:22:23.881995Z PO:TARGET   774863.774863 E: Failed to attach to ipu(s)",
        "[INFO] 2022-12-03 06:44:15:    Total compile time: ERROR",
        "2023-03-08 21:18:25.334389: W tensorflow/x.cc:64] Could not load dynamic library 'libnvinfer.so.7'; x",
        "x.py:1: UserWarning: `__torch_function__` as a plain method is deprecated and will be an error in future",
        "x.py:2: DeprecationWarning: `np.int` is a deprecated alias and an error in NumPy 1.24",
        "WARNING: These should not be used unless EXPLICITLY prescribed by a SambaNova Engineer",
        "+ clang++ -Werror -Wall",
        "-bash: conda: command not found",
        "-bash: cd: bert/: No such file or directory",
        "CondaError: Run 'conda init' before 'conda activate'",
        "ERROR: No matching distribution found for groq-devtools",
        "Error: the word alone begins many lines that end nothing",
        "srun: job 20894 queued and waiting for resources",
        "srun: Terminating job step 30399.0",
        "Killed time with a RuntimeError: prose that quotes one",
        "Aborted plans are no crash",
    ],
)
def test_a_line_that_only_looks_fatal_is_no_failure(line: str) -> None:
    rule = rule_of(line)
    assert rule is None or "failure" not in rule.marked


def test_the_shell_is_told_and_fails_nothing() -> None:
    rule = rule_of("-bash: conda: command not found")
    assert rule is not None
    assert (rule.level, rule.kind) == ("error", "command_not_found")


def test_a_time_limit_keeps_its_job_host_and_time() -> None:
    found = values("slurmstepd: error: *** STEP 29811.0 ON sn30-r3-h2 CANCELLED AT 2024-03-24T21:55:28 ***")
    assert (found["job_id"], found["host"], str(found["at"])) == ("29811", "sn30-r3-h2", "2024-03-24 21:55:28")


def test_sizes_of_a_download_are_bytes() -> None:
    found = values("Downloading:  19%|█▉        | 260M/1.34G [00:02<00:10, 108MB/s]")
    assert (found["done"], found["total"], found["elapsed"]) == (260e6, 1.34e9, 2.0)


def test_seconds_an_iteration_are_a_rate_and_bytes_a_second_are_none() -> None:
    assert values("100%|██████████| 10/10 [01:50<00:00, 11.06s/it]")["iteration_rate"] == pytest.approx(1 / 11.06)
    assert values("100%|██████████| 10/10 [01:50<00:00, 12.5it/s]")["iteration_rate"] == 12.5
    assert values("100%|██████████| 9912422/9912422 [00:00<00:00, 26.5MB/s]")["iteration_rate"] is None


def test_shared_rules_decide_no_platform_and_begin_no_run() -> None:
    assert GRAMMAR.shared
    assert not any(rule.marked & {"identifies_platform", "begin"} for rule in GRAMMAR.rules)
