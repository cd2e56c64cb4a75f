"""A status is a claim: it needs a line that proves it, and lines that no rule reads prove nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conftest import ingested

from logparse.cells import Cells
from logparse.findings import scene_of
from logparse.findings.of_one_run.incomplete import find
from logparse.grammar import registry
from logparse.pages.show import page
from logparse.pipeline import read_batch
from logparse.reading.scan import Batch
from logparse.reading.sources import read_sources
from logparse.schema import RUNS
from logparse.text.missing import Code
from logparse.text.terminal import Paint

SAMPLES = Path(__file__).resolve().parent.parent / "sample_logs"
UNREAD = b"no rule reads this line\n" * 10
CUT_OFF = (SAMPLES / "cerebras" / "cut_off_in_training.out").read_bytes()


def runs_of(texts: list[bytes]) -> list[list[dict[str, object]]]:
    """The runs of each log in order, read as one batch: copies of a run stay apart."""
    chosen = registry.chosen()
    vendors = [grammar for grammar in chosen if not grammar.shared]
    shared = [rule for grammar in chosen if grammar.shared for rule in grammar.rules]
    part = read_batch(Batch.of(list(read_sources(texts))), vendors, shared)
    runs: list[list[dict[str, object]]] = [[] for _ in texts]
    for row in sorted(
        (row for frame in part.frames["runs"] for row in frame.rows(named=True)), key=lambda row: row["row"]
    ):
        runs[row["source_index"]].append({column: row.get(column) for column in RUNS})
    return runs


def cuts(log: bytes) -> Iterator[bytes]:
    """The log up to each tenth of its lines, each with a line end."""
    lines = log.splitlines(keepends=True)
    for tenth in range(1, 11):
        part = b"".join(lines[: len(lines) * tenth // 10])
        if part:
            yield part if part.endswith(b"\n") else part + b"\n"


def samples() -> list[Path]:
    return sorted(p for p in SAMPLES.rglob("*") if p.is_file() and ".expected" not in p.parts)


def lines_that_no_rule_reads_prove_nothing(paths: list[Path]) -> None:
    parts = [part for path in paths for part in cuts(path.read_bytes())]
    before, after = runs_of(parts), runs_of([part + UNREAD for part in parts])
    assert sum(map(len, before)) > len(paths)
    seen = set()
    for part, alone, followed in zip(parts, before, after, strict=True):
        was = [run["status"] for run in alone]
        seen.update(was)
        if was and was[-1] == "incomplete":
            was[-1] = None
        assert [run["status"] for run in followed] == was, part[-200:]
    assert {None, "completed", "failed", "submitted", "incomplete"} <= seen


def test_no_sample_is_incomplete_where_lines_follow_that_no_rule_reads() -> None:
    lines_that_no_rule_reads_prove_nothing(samples())


def test_no_real_log_is_incomplete_where_lines_follow_that_no_rule_reads(real_logs: Path) -> None:
    paths = sorted(p for p in real_logs.rglob("*") if p.is_file() and p.name != "FACTS.tsv")
    lines_that_no_rule_reads_prove_nothing(paths)


OF_PLATFORM = {
    "cerebras": ["bert_large_batch_512.out", "cut_off_in_training.out", "g6_trainer.out"],
    "graphcore": ["mnist_as_is_cold.out", "out_of_memory.out"],
    "groq": ["resnet50.out", "bert_tiny_dummy_input.out"],
    "sambanova": ["bert_large_16_tasks_compiled.out", "bert_large_run_16_ranks.out"],
}


def test_a_log_of_another_platform_below_or_above_changes_no_status() -> None:
    names = [(folder, name) for folder, files in OF_PLATFORM.items() for name in files]
    logs = {name: SAMPLES.joinpath(*name).read_bytes() for name in names}
    alone = dict(zip(logs, runs_of(list(logs.values())), strict=True))
    pairs = [(a, b) for a in logs for b in logs if a[0] != b[0]]
    assert len(pairs) > 50
    for (a, b), runs in zip(pairs, runs_of([logs[a] + logs[b] for a, b in pairs]), strict=True):
        for name in (a, b):
            found = [run["status"] for run in runs if run["platform"] == name[0]]
            assert found == [run["status"] for run in alone[name]], (a, b)


# ---- what proves a status, and what does not ---- #


def only(log: bytes) -> tuple[dict[str, object], str | None]:
    """The one run of a log, and why it has no status."""
    logs = ingested([log])
    (run,) = logs.runs.rows(named=True)
    value = Cells(logs).value(run, "status")
    assert value.known or value.is_empty(Code.NOT_PROVED)
    return run, value.empty and value.empty.text


def test_a_step_line_that_ends_the_log_proves_that_it_ends_early() -> None:
    assert only(CUT_OFF)[0]["status"] == "incomplete"
    assert only(CUT_OFF + b"\n \n")[0]["status"] == "incomplete"


def test_a_piece_of_a_line_proves_nothing_and_the_reason_says_how_many_lines_follow_which() -> None:
    run, reason = only(CUT_OFF + b"2024-04-09 04:47:04,038 INFO:   | Train Device=CSX, Step=700, Loss=7.3")
    assert run["status"] is None
    assert reason == (
        "1 line after the last one parsed (80: 2024-04-09 04:46:46,347 INFO:   | Train Device=CSX, Step=600, "
        "Loss=7.50781, Rat…)"
    )
    assert (only(CUT_OFF + UNREAD)[1] or "").startswith("10 lines after the last one parsed (80: ")


def test_a_bar_proves_it_only_where_it_is_short_of_its_end() -> None:
    log = b"Graph compilation:  62%|\xe2\x96\x88\xe2\x96\x8f   | 62/100 [00:10<00:06]\n"
    bert = (SAMPLES / "graphcore" / "popart_bert.out").read_bytes()
    assert only(bert + log)[0]["status"] == "incomplete"
    run, reason = only(bert + log.replace(b"62", b"100"))
    assert run["status"] is None
    assert (reason or "").startswith(
        "the last line parsed shows neither an end nor work under way (17: Graph compilation: "
    )


def test_the_last_step_of_those_that_the_log_announces_is_no_work_under_way() -> None:
    log = (SAMPLES / "sambanova" / "logreg_starter.out").read_bytes()
    start, steps = log[: log.index(b"Epoch [")], b"Epoch [2/2], Step [%d/600], Loss: 0.4707\n"
    assert only(start + steps % 599)[0]["status"] == "incomplete"
    assert only(start + steps % 600)[0]["status"] is None


def test_an_error_of_the_scheduler_below_a_heading_is_not_the_runs() -> None:
    done = (SAMPLES / "sambanova" / "bert_large_run_16_ranks.out").read_bytes()
    error = b"sbatch: error: Batch job submission failed: Requested node configuration is not available\n"
    assert only(done)[0]["status"] == "completed"
    assert only(done + error)[0]["status"] == "completed_with_errors"
    assert only(done + b"## 32 tasks\n" + error)[0]["status"] == "completed"


def test_a_log_that_tail_follows_does_not_fail_with_ctrl_c() -> None:
    tail, script = (
        b"user@sn30-r2-h2:~/bert$ " + command for command in (b"tail -f BertLarge.out\n", b"./BertLarge.sh\n")
    )
    log = (SAMPLES / "sambanova" / "bert_large_run_16_ranks.out").read_bytes()
    step = next(line for line in log.splitlines(keepends=True) if b"|step_loss:" in line)
    assert only(tail + step)[0]["status"] == "incomplete"
    assert only(tail + step + b"^C\n")[0]["status"] is None
    assert only(script + step + b"^C\n")[0]["status"] == "failed"


def test_the_header_of_a_table_holds_no_result() -> None:
    log = (SAMPLES / "groq" / "resnet50.out").read_bytes()
    header = log[: log.index(b"|  cpu")]
    assert only(log)[0]["status"] == "completed"
    assert only(header)[0]["status"] == "incomplete"
    assert only(header + UNREAD)[0]["status"] is None


def test_a_run_without_a_proof_is_not_said_to_end_early() -> None:
    logs = ingested([CUT_OFF + UNREAD])
    (run,) = logs.runs.rows(named=True)
    assert list(find(scene_of(logs, True))) == []
    assert page(logs, run, "status", Paint()).startswith("status is unknown (10 lines after the last one parsed (80: ")
