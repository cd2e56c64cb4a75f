"""Following logs while they grow: whatever way they are written in, the end is that of a plain ingest."""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLES, run
from polars.testing import assert_frame_equal

import logparse
import logparse.following.follower
from logparse.cli import follow as follow_command
from logparse.errors import UsageError
from logparse.following import files
from logparse.following.follower import Event, Follower, Look
from logparse.following.until import until
from logparse.pages import follow as page
from logparse.schema import FRAMES
from logparse.text.terminal import Paint, width

CEREBRAS = SAMPLES / "cerebras" / "bert_large_batch_1024.out"
START = 2e9
"""Later than any file that a test writes."""


class Clock:
    """A clock that stands still but for `sleep`, which takes the next of some actions."""

    def __init__(self, actions: Iterable[Any] = ()) -> None:
        self.time, self.actions, self.slept = START, iter(actions), 0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.slept += 1
        assert self.slept < 2000, "the following does not end"
        next(self.actions, None)


def pieces(data: bytes, chance: random.Random, most: int) -> Iterator[bytes]:
    """Random pieces of `data`, some of a few bytes."""
    at = 0
    while at < len(data):
        size = chance.choice([1, most, most, chance.randint(1, most)])
        yield data[at : at + size]
        at += size


def appended(path: Path, parts: Iterator[bytes]) -> Iterator[None]:
    for part in parts:
        with path.open("ab") as file:
            file.write(part)
        yield


def followed(follower: Follower, every: float = 1.0) -> list[Look]:
    """All looks until the end."""
    looks = [follower.look()]
    while not looks[-1].is_over:
        follower.pause(looks[-1], every)
        looks.append(follower.look())
    return looks


def assert_same(logs: logparse.Logs, expected: logparse.Logs) -> None:
    for name in FRAMES:
        assert_frame_equal(logs.frames()[name], expected.frames()[name], check_exact=True)


def events(looks: list[Look]) -> list[Event]:
    return [event for look in looks for event in look.events]


@pytest.fixture
def job(desk: Path) -> Path:
    """Where a job is going to write."""
    return desk / "job.out"


# ---- the end is that of a plain ingest ---- #

WRITTEN = [
    "cerebras/bert_large_batch_1024.out",
    "cerebras/bert_pasted_crlf_cp1252.out",
    "graphcore/mnist_raw_with_redraws.out",
    "graphcore/mnist_cut_utf8.out",
    "groq/bert_tiny_spinner_frames_raw.out",
    "sambanova/slurm_compile_then_8_ranks.out",
]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_log_written_in_random_pieces_ends_as_a_plain_ingest(name: str, job: Path) -> None:
    data = (SAMPLES / name).read_bytes()
    chance = random.Random(name)

    def writing() -> Iterator[None]:
        yield
        # What another job left is truncated; then the file is rotated; then the log comes, in pieces.
        yield from appended(job, pieces(CEREBRAS.read_bytes()[:3000], chance, 3000))
        os.truncate(job, 0)
        if chance.random() < 0.5:
            yield
        yield from appended(job, pieces(data[: len(data) // 3], chance, len(data) // 3))
        job.rename(job.with_name("job.out.1"))
        if chance.random() < 0.5:
            yield
        yield from appended(job, pieces(data, chance, len(data) // 3))

    follower = Follower([job.name], store="kept", grace=50, clock=Clock(writing()), until=[until("samples>1e15")])
    looks = []
    while not (looks and (looks[-1].is_over or looks[-1].at > START + 300)):
        looks.append(follower.look())
        follower.pause(looks[-1], 1.0)
    expected = logparse.ingest(job.name)
    assert_same(follower.finish(), expected)
    kept = logparse.open("kept").only([job.name])
    assert_frame_equal(kept.runs.drop("label"), expected.runs.drop("label"))
    last = next(log for log in looks[-1].logs if log.name == job.name)
    assert last.progress is not None
    assert last.progress.status == expected.runs["status"][-1]
    assert looks[-1].is_over == (last.progress.is_final)
    kinds = {event.kind for event in events(looks)}
    assert {"new", "truncated"} <= kinds
    assert "replaced" in kinds or "gone" in kinds


def test_real_logs_written_in_random_pieces_end_as_a_plain_ingest(real_logs: Path, desk: Path) -> None:
    chance = random.Random(13)
    found = sorted(p for p in real_logs.rglob("*") if p.is_file() and 2000 < p.stat().st_size < 200_000)
    chosen = chance.sample(found, 12)
    targets = [desk / f"{i:02}.out" for i in range(len(chosen))]
    contents = [path.read_bytes() for path in chosen]

    def writing() -> Iterator[None]:
        writers = [
            appended(target, pieces(data, chance, len(data) // 2))
            for target, data in zip(targets, contents, strict=True)
        ]
        while writers:
            # At each step each log gets some pieces.
            writers = [w for w in writers for _ in range(1) if all(next(w, w) is not w for _ in range(4))]
            yield

    clock = Clock(writing())
    follower = Follower(["."], clock=clock)
    for _ in range(25):
        follower.pause(follower.look(), 1.0)
    for target, data in zip(targets, contents, strict=True):
        target.write_bytes(data)
    look = follower.look()
    expected = logparse.ingest(".")
    assert_same(follower.finish(), expected)
    statuses = dict(expected.runs.sort("line_first").select("source", "status").iter_rows())
    copies = {name for name in expected.sources["source"] if name not in statuses}
    for log in look.logs:
        if log.name not in copies and log.progress is not None:
            assert log.progress.status == statuses[log.name], log.name


def test_the_cost_of_a_look_does_not_grow_with_the_log(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "WHOLE", 40_000)
    monkeypatch.setattr(files, "PART", 10_000)
    parsed: list[int] = []
    plain = logparse.following.follower.read_apart

    def counted(portions: Any, grammars: Any) -> Any:
        parsed.append(sum(len(p.getvalue()) for p in portions))
        return plain(portions, grammars)

    monkeypatch.setattr(logparse.following.follower, "read_apart", counted)
    text = CEREBRAS.read_bytes()
    last_step = [line for line in text.splitlines(True) if b"Step=" in line][-1]
    head, _, tail = text.partition(last_step)
    steps = [last_step.replace(b"Step=1000", b"Step=%d" % n) for n in range(1000, 5000)]
    blocks = [head, *(b"".join(steps[i : i + 400]) for i in range(0, len(steps), 400)), tail]
    follower = Follower([job.name], clock=Clock(appended(job, iter(blocks))))
    looks = followed(follower)
    assert job.stat().st_size > 500_000
    # Each look reads the first and the last part, and what is new since: a block of 52 kB.
    assert max(parsed) <= 40_000 + len(blocks[1])
    steps_seen = [log.progress.step for look in looks for log in look.logs if log.progress]
    assert list(dict.fromkeys(steps_seen))[1:] == list(range(1399, 5000, 400))
    assert looks[-1].logs[0].progress is not None
    assert looks[-1].logs[0].progress.status == "completed"
    assert_same(follower.finish(), logparse.ingest(job.name))


# ---- what is not finished ---- #


def test_half_a_line_is_read_when_it_is_whole_or_nothing_follows(job: Path) -> None:
    text = CEREBRAS.read_bytes()
    cut = text.index(b"Loss=7.") + len(b"Loss=7.")
    job.write_bytes(text[: text.index(b"\n", cut) + 1])
    at_first = Follower([job.name], clock=Clock()).look().logs[0].progress
    more = text.index(b"Loss=7.", cut) + len(b"Loss=7.")
    job.write_bytes(text[:more])
    follower = Follower([job.name], clock=Clock())
    look = follower.look()
    assert look.logs[0].progress == at_first
    assert look.changed == (job.name,)
    job.write_bytes(text[: text.index(b"\n", more)])
    assert follower.look().logs[0].progress == at_first
    later = follower.look()  # nothing came since: the line may be the last one
    assert later.logs[0].progress is not None
    assert at_first is not None
    assert later.logs[0].progress.step == (at_first.step or 0) + 100
    assert follower.look().changed == ()


def test_half_a_character_is_not_read(job: Path) -> None:
    text = "step ░░░\n".encode() * 3
    for end in range(len(text)):
        job.write_bytes(text[:end])
        read, seen, is_unfinished = files.read(str(job), 0, False)
        assert read == text[: end // 15 * 15]
        assert (seen, is_unfinished) == (len(read), end % 15 > 0)


def test_a_packed_log_and_utf_16_are_read_whole(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    monkeypatch.setattr(files, "WHOLE", 400)
    monkeypatch.setattr(files, "PART", 100)
    for data in (gzip.compress(CEREBRAS.read_bytes()), CEREBRAS.read_text().encode("utf-16")):
        job.write_bytes(data)
        assert files.read(str(job), 0, False) == (data, len(data), False)
        assert Follower([job.name], clock=Clock()).look().logs[0].is_final


# ---- which files, and when it ends ---- #


def test_a_file_that_does_not_exist_yet_is_waited_for(job: Path) -> None:
    follower = Follower([job.name], clock=Clock())
    look = follower.look()
    assert [(log.name, log.idle_s, log.progress) for log in look.logs] == [(job.name, None, None)]
    assert not look.is_over
    shutil.copy(CEREBRAS, job)
    look = follower.look()
    assert look.events[0].kind == "new"
    assert look.logs[0].is_final
    assert not look.is_over
    follower.clock.sleep(30)
    assert follower.look().is_over
    # A log that was finished long before is over at once.
    assert Follower([job.name], clock=Clock()).look().is_over


def test_standard_input_cannot_be_followed() -> None:
    with pytest.raises(UsageError, match="cannot be followed"):
        Follower(["-"])


def test_in_a_folder_only_what_grows_counts_for_the_end(desk: Path) -> None:
    folder = desk / "runs"
    folder.mkdir()
    shutil.copy(SAMPLES / "cerebras" / "cut_off_in_training.out", folder / "old.out")
    shutil.copy(SAMPLES / "graphcore" / "out_of_memory.out", folder / "old_failed.out")
    (folder / "notes.md").write_text("what we tried\n")
    new = folder / "new.out"
    text = CEREBRAS.read_bytes()
    follower = Follower(["runs"], clock=Clock(appended(new, iter([b"", text[:4000], text[4000:]]))), grace=5)
    looks = followed(follower)
    assert [log.name for log in looks[-1].logs if log.counts] == ["runs/new.out"]
    assert not looks[-1].has_failed
    assert [event.text for event in events(looks) if event.kind == "new"] == ["is new"]


def test_it_waits_for_what_follows_the_result(job: Path) -> None:
    text = (SAMPLES / "sambanova" / "slurm_compile_then_8_ranks.out").read_bytes()
    # The run has its result; 20 s later a teardown fails; then nothing more comes.
    done = text[: len(text) * 6 // 8]
    done, late = text[: done.rfind(b"\n") + 1], text[done.rfind(b"\n") + 1 :]
    writing = iter([done, *[b""] * 19, late])
    looks = followed(Follower([job.name], clock=Clock(appended(job, writing)), grace=30))
    statuses = [log.progress.status for look in looks for log in look.logs if log.progress]
    assert statuses[0] == "completed"
    assert statuses[-1] == "completed_with_errors"
    assert looks[-1].at - START == pytest.approx(21 + 30, abs=2)
    assert not looks[-1].has_failed


def test_a_file_that_is_removed_is_no_longer_followed(desk: Path) -> None:
    for name in ("a.out", "b.out"):
        shutil.copy(CEREBRAS, name)
    follower = Follower(["*.out"], clock=Clock())
    assert len(follower.look().logs) == 2
    Path("a.out").unlink()
    look = follower.look()
    assert [log.name for log in look.logs] == ["b.out"]
    assert [(event.kind, event.name) for event in look.events] == [("gone", "a.out")]


def test_a_growing_log_is_kept_at_most_once_a_minute(job: Path) -> None:
    text = CEREBRAS.read_bytes()
    parts = iter([text[i : i + 400] for i in range(0, len(text), 400)])
    follower = Follower([job.name], store="kept", grace=5, clock=Clock(appended(job, parts)))
    looks = followed(follower, every=20)
    follower.finish()
    from logparse.store.tables import Store

    versions = Store("kept").versions().height
    assert 3 < versions <= len(looks) / 3 + 1


# ---- figures ---- #


def test_the_time_left_comes_from_the_steps_and_the_stamps_of_the_log(job: Path) -> None:
    text = CEREBRAS.read_bytes()
    lines = text.splitlines(True)
    steps = [i for i, line in enumerate(lines) if b"Step=" in line]
    parts = [b"".join(lines[: steps[0] + 1]), *(lines[i] for i in steps[1:5])]
    clock = Clock(appended(job, iter(parts)))
    follower = Follower([job.name], steps=1000, clock=clock)
    for _ in parts:
        follower.pause(follower.look(), 1.0)
    log = follower.look().logs[0]
    assert log.progress is not None
    assert (log.progress.step, log.progress.steps, log.progress.phase) == (500, 1000, "train")
    # 100 steps take about 21 s by the stamps of the log.
    assert log.left_s == pytest.approx(5 * 20.9, rel=0.05)
    assert log.progress.rate is not None
    assert log.progress.rate.unit == "samples/s"
    clock.time += 500
    assert follower.look().logs[0].left_s is None  # it is late: nothing is known


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ("loss<7.2", "loss 7.19531 at step 700"),
        ("loss <= 7.07812", "loss 7.07812 at step 1000"),
        ("loss<7", None),
        ("step>=500", "step 500"),
        ("throughput>4850", None),
    ],
)
def test_conditions(condition: str, met: str | None, job: Path) -> None:
    shutil.copy(CEREBRAS, job)
    metrics = logparse.ingest(job.name).metrics
    found = until(condition).first(metrics)
    if met is None and condition == "throughput>4850":
        met = found  # whichever point; it must exist
        assert found is not None
    if condition == "loss<7.2":
        first = metrics.filter((metrics["name"] == "loss") & (metrics["value"] < 7.2)).row(0, named=True)
        met = f"loss {first['value']:g} at step {first['step']}"
    assert found == met


@pytest.mark.parametrize(
    ("condition", "message"),
    [("loss", "not a valid condition"), ("los<7", "did you mean 'loss'"), ("loss<x", "not a number")],
)
def test_invalid_conditions(condition: str, message: str, desk: Path) -> None:
    result = run("follow", "job.out", "--until", condition)
    assert result.exit_code == 2
    assert message in result.stderr


def test_the_view_fits_the_terminal(desk: Path) -> None:
    text = CEREBRAS.read_bytes()
    Path("a_rather_long_name_of_a_job_of_2024_04_07_at_06_12.out").write_bytes(text[:7000])
    shutil.copy(SAMPLES / "graphcore" / "out_of_memory.out", "b.out")
    for i in range(30):
        shutil.copy(SAMPLES / "groq" / "bert_tiny_dummy_input.out", f"c{i:02}.out")
    follower = Follower([*sorted(os.listdir()), "later.out"], steps=1000, clock=Clock())
    look = follower.look()
    for columns, height in ((80, 24), (120, 40), (40, 10)):
        lines = page.view(look, list(look.events), Paint(width=columns), height)
        assert len(lines) < height
        if columns > 40:
            assert max(map(width, lines)) < columns
    lines = page.view(look, [], Paint(width=80), 60)
    assert lines[0].split() == ["log", "phase", "step", "loss", "samples/s", "last", "line"]
    assert "…" in lines[1]
    assert "train" in lines[1]
    assert lines[2].startswith("later.out")
    assert lines[2].endswith("not there yet")
    assert "33 logs, 31 ended, 1 failed" in lines[-1]


# ---- the command ---- #


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[Iterator[Any]], Clock]:
    """Gives the command a clock."""

    def given(actions: Iterator[Any]) -> Clock:
        clock = Clock(actions)
        monkeypatch.setattr(follow_command, "clock", clock)
        return clock

    return given


def test_the_command_prints_lines_and_then_the_runs(job: Path, clock: Callable[[Iterator[Any]], Clock]) -> None:
    text = CEREBRAS.read_bytes()
    clock(appended(job, iter([text[:6500], text[6500:7200], text[7200:]])))
    result = run("follow", job.name, "--steps", 1000)
    assert result.exit_code == 0
    lines = [line[10:] for line in result.stdout.splitlines()]
    assert lines[0] == "job.out  not there yet"
    assert lines[1] == "job.out is new"
    assert any(re.fullmatch(r"job\.out  train  step \d00/1000  loss .* samples/s  \d+ s left", line) for line in lines)
    assert any(line.startswith("job.out  warning: Gradient accumulation") for line in lines)
    assert "job.out  completed  step 1000/1000  loss 7.0781  4853.4 samples/s" in lines
    assert result.stdout.endswith(run("ingest", job.name, "--no-store").stdout)


def test_a_failed_run_gives_6_and_an_unmet_condition_5(job: Path, clock: Callable[[Iterator[Any]], Clock]) -> None:
    clock(iter(()))
    shutil.copy(SAMPLES / "graphcore" / "out_of_memory.out", job)
    assert run("follow", job.name).exit_code == 6
    shutil.copy(CEREBRAS, job)
    assert run("follow", job.name).exit_code == 0
    assert run("follow", job.name, "--until", "loss<1").exit_code == 5
    result = run("follow", job.name, "--until", "loss<1", "--until", "loss<7.5")
    assert result.exit_code == 0
    assert "loss<7.5 is met: loss 7." in result.stdout


def test_a_condition_ends_the_following_of_a_run_that_goes_on(
    job: Path, clock: Callable[[Iterator[Any]], Clock]
) -> None:
    lines = CEREBRAS.read_bytes().splitlines(True)
    steps = [i for i, line in enumerate(lines) if b"Step=" in line]
    clock(
        appended(
            job, iter([b"".join(lines[: steps[3]]), *lines[steps[3] : steps[4] + 1], b"".join(lines[steps[4] + 1 :])])
        )
    )
    result = run("follow", job.name, "--until", "step>=500", "--store", "kept")
    assert result.exit_code == 0
    assert "step>=500 is met: step 500" in result.stdout
    assert logparse.open("kept").runs["steps"].to_list() == [500]


def test_a_stall_runs_a_command_once(job: Path, clock: Callable[[Iterator[Any]], Clock]) -> None:
    lines = CEREBRAS.read_bytes().splitlines(True)
    # 40 lines, a stall of 20 s, ten lines, a stall of 20 s, the rest.
    texts = [b"".join(lines[:40]), *[b""] * 20, b"".join(lines[40:50]), *[b""] * 20, b"".join(lines[50:])]
    clock(appended(job, iter(texts)))
    result = run(
        "follow", job.name, "--every", 1, "--on-stall", 10, 'echo "$STALLED_LOG $STALLED_SECONDS" >>stalls; echo told'
    )
    assert result.exit_code == 0
    assert result.stdout.count("job.out no new line for 10 s") == 2
    # The command runs beside the following, and nothing waits for it.
    for _ in range(1000):
        if Path("stalls").exists() and Path("stalls").read_text().count("\n") == 2:
            break
        os.sched_yield()
    assert Path("stalls").read_text() == "job.out 10\n" * 2


def test_the_configuration_of_a_folder_may_not_set_a_command(job: Path) -> None:
    Path("logparse.toml").write_text('[follow]\non-stall = [60, "rm -rf ."]\n')
    result = run("follow", job.name, env={"LOGPARSE_CONFIG": None})
    assert result.exit_code == 2
    assert "may not set 'on-stall', which runs a command" in result.stderr


def test_ctrl_c_stops_cleanly_and_keeps_what_was_read(job: Path, clock: Callable[[Iterator[Any]], Clock]) -> None:
    text = CEREBRAS.read_bytes()

    def writing() -> Iterator[None]:
        yield from appended(job, iter([text[:7000]]))
        raise KeyboardInterrupt

    clock(writing())
    result = run("follow", job.name, "--store", "kept")
    assert result.exit_code == 130
    assert result.stderr == "stopped following; the runs go on\n"
    assert logparse.open("kept").runs["status"].to_list() == logparse.ingest(job.name).runs["status"].to_list()
