"""The same log in other forms: another head of its records, another bar, other dates. A value stays as it is, or is not
read; it never becomes another one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLES, only

import logparse
from logparse.cells import Cells
from logparse.grammar import registry
from logparse.pipeline import read_batch
from logparse.reading.scan import Batch
from logparse.reading.sources import read_sources
from logparse.schema import RUNS

NOT_COMPARED = {"run", "label", "source", "line_first", "line_last", "copies", "group"}
STAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}"
LEVEL = "INFO|WARNING|ERROR|info|warning"
HEAD = re.compile(
    rf"^(?P<at>{STAMP}(?:,[0-9]{{3}})?) (?:- (?P<name>[\w.]+) - [^-\n]+ - (?P<l1>{LEVEL}) *- |- (?P<l2>{LEVEL}) - "
    rf"|(?P<l3>{LEVEL}):? +)(?=\S)",
    re.MULTILINE,
)
"""The heads of Cerebras, SambaNova, CosmicTagger, PopART and PopXL."""
BAR = re.compile(r"([0-9]+%)\|([^|\[\n]*)\|( *[0-9.]+/[0-9.]+ \[[0-9:]+<[0-9:?]+)(, *[0-9.?]+(?:it/s|s/it))?")


def heads(form: str) -> Callable[[str], str]:
    """Replaces the heads of a log by `form`: at, day (day first), name, level."""

    def head(match: re.Match[str]) -> str:
        at, level = match["at"], (match["l1"] or match["l2"] or match["l3"]).upper()
        day = f"{at[8:10]}/{at[5:7]}/{at[:4]} {at[11:19]}"
        return form.format(at=at, day=day, name=match["name"] or "root", level=level)

    return lambda text: HEAD.sub(head, text)


def later(text: str) -> str:
    """All dates moved, over the end of a year. (Some records have the time of day alone.)"""
    moved = timedelta(days=203)

    def stamp(match: re.Match[str]) -> str:
        at = datetime.fromisoformat(match[0]) + moved
        return at.isoformat(sep=match[0][10])  # type: ignore[arg-type]

    return re.sub(STAMP, stamp, text)


def grouped_rates(text: str) -> str:
    return re.sub(
        r"(?<![\d.])(\d{4,})(\.\d+)?(?= (?:samples|images|items|t)/s)", lambda m: f"{int(m[1]):,}{m[2] or ''}", text
    )


FORMS: dict[str, Callable[[str], str]] = {
    "logger in between": heads("{at} - {name} - {level} - "),
    "in brackets": heads("[{at}] [{level}] [{name}] "),
    "basic": heads("{level}:{name}:"),
    "level alone": heads("[{level}] "),
    "day first": heads("{day} - {level} - {name} -   "),
    "loguru": heads("{at} | {level} | {name}:main:12 - "),
    "transformers": heads("[{level}|{name}.py:12] {at} >> "),
    "bar of one mark": lambda text: BAR.sub(r"\1|#|\3\4", text),
    "bar of a notebook": lambda text: BAR.sub(r"\1\3\4", text),
    "bar without a rate": lambda text: BAR.sub(r"\1|\2|\3", text),
    "other dates": later,
    "thousands separators": grouped_rates,
    "indented": lambda text: re.sub("^", "    ", text, flags=re.MULTILINE),
}
STAMPED = {form: {"started_at", "ended_at"} for form in ("other dates", "basic", "level alone", "day first")}
"""Columns that the form itself changes: without these times, those of other records are the first and the last."""


def values_of(texts: list[bytes]) -> list[list[dict[str, Any]]]:
    """The known values of the runs of each text, read as one batch so that copies of a run stay apart."""
    chosen = registry.chosen()
    vendors = [grammar for grammar in chosen if not grammar.shared]
    shared = [rule for grammar in chosen if grammar.shared for rule in grammar.rules]
    runs = read_batch(Batch.of(list(read_sources(texts))), vendors, shared).frames["runs"]
    found: list[list[dict[str, Any]]] = [[] for _ in texts]
    for row in sorted((row for frame in runs for row in frame.rows(named=True)), key=lambda row: row["row"]):
        known = {c: row[c] for c in RUNS if c not in NOT_COMPARED and row.get(c) is not None}
        found[row["source_index"]].append(known)
    return found


Log = tuple[str, list[dict[str, Any]]]
"""The text of a log, and the values of its runs."""


@pytest.fixture(scope="module")
def logs() -> dict[Path, Log]:
    files = [p for p in sorted(SAMPLES.rglob("*")) if p.is_file() and ".expected" not in p.parts]
    texts = {p: text for p in files if (text := _decoded(p)) is not None}
    return dict(
        zip(texts, zip(texts.values(), values_of([t.encode() for t in texts.values()]), strict=True), strict=True)
    )


@pytest.mark.parametrize("form", FORMS)
def test_no_value_becomes_another_one_in_another_form(form: str, logs: dict[Path, Log]) -> None:
    changed = {p: other for p, (text, _) in logs.items() if (other := FORMS[form](text)) != text}
    assert len(changed) >= 8
    before = [logs[path][1] for path in changed]
    after = values_of([text.encode() for text in changed.values()])
    kept = all_values = 0
    for path, one, other in zip(changed, before, after, strict=True):
        if len(one) != len(other):
            continue
        for known, now in zip(one, other, strict=True):
            given = {c: v for c, v in now.items() if c in known and c not in STAMPED.get(form, set())}
            assert {c: _shown(known[c]) for c in given} == {c: _shown(v) for c, v in given.items()}, path.name
            kept, all_values = kept + len(given), all_values + len(known)
    assert kept > 0.7 * all_values
    assert sum(len(one) == len(other) for one, other in zip(before, after, strict=True)) > 0.9 * len(changed)


def _shown(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _decoded(path: Path) -> str | None:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        return None


# ---- single lines ---- #


def test_step_lines_of_early_releases_have_no_commas() -> None:
    step = (
        "2023-02-08 15:1{0}:33,873 INFO:   | Train Device=xla:0 Step={0}00 Loss=8.31250 Rate=69.37 GlobalRate=69.37\n"
    )
    run = only(logparse.ingest("".join(step.format(n) for n in range(1, 5)).encode()))
    assert (run["platform"], run["steps"], run["loss"], run["throughput"]) == ("cerebras", 400, 8.3125, 69.37)


def test_a_rate_that_counts_from_the_start_of_the_client_is_not_the_throughput() -> None:
    step = (
        "INFO:root:| Train Device=CSX, Step={0}0, Loss=2.5, Rate=2481.24 samples/sec, GlobalRate={0}5.71 samples/sec\n"
    )
    assert only(logparse.ingest("".join(step.format(n) for n in range(1, 5)).encode()))["throughput"] is None


def test_a_compile_time_that_includes_loading_is_not_the_compile_time() -> None:
    log = (SAMPLES / "graphcore" / "bert_fraction_with_percent.out").read_bytes()
    bar = re.compile(rb"^Graph compilation: .*\n", re.MULTILINE)
    assert only(logparse.ingest(log))["compile_s"] is not None
    logs = logparse.ingest(bar.sub(b"", log))
    run = only(logs)
    assert run["compile_s"] is None
    empty = Cells(logs).value(run, "compile_s").empty
    assert empty is not None
    assert "includes loading" in empty.text


def test_steps_that_the_lines_do_not_show_are_those_of_the_result() -> None:
    log = (SAMPLES / "sambanova" / "bert_large_run_16_ranks.out").read_text()
    steps = only(logparse.ingest(log.encode()))["steps"]
    thinned = "".join(line for line in log.splitlines(keepends=True) if f"|local_step:{steps}|" not in line)
    assert thinned != log
    assert only(logparse.ingest(thinned.encode()))["steps"] == steps


def test_epochs_are_not_known_where_the_bar_is_short_of_its_end_and_the_result_is_there() -> None:
    log = "$ /opt/slurm/bin/srun --ipus=1 python mnist_poptorch.py\nEpochs:  10%|#         | 1/10 [00:11<01:39]\n"
    assert only(logparse.ingest(log.encode()))["epochs"] == 1
    assert only(logparse.ingest((log + "Accuracy on test set: 97.69%\n").encode()))["epochs"] is None


@pytest.mark.parametrize("name", ["checkpoint_400.mdl", "run7-step=400.ckpt", "epoch_3.pt"])
def test_a_checkpoint_of_any_name_has_its_duration(name: str) -> None:
    log = (SAMPLES / "cerebras" / "cut_off_in_training.out").read_text()
    log += "2024-04-09 04:50:00,000 INFO:   Saving checkpoint at step 600\n"
    log += f"2024-04-09 04:50:07,500 INFO:   Saved checkpoint model_dir/{name}\n"
    before = only(logparse.ingest((SAMPLES / "cerebras" / "cut_off_in_training.out").read_bytes()))["checkpoint_s"] or 0
    assert only(logparse.ingest(log.encode()))["checkpoint_s"] == pytest.approx(before + 7.5)


def test_the_reason_of_a_status_says_how_far_the_work_got() -> None:
    def reason(log: bytes) -> tuple[str, str]:
        logs = logparse.ingest(log)
        run = only(logs)
        rows = logs.evidence.filter(logs.evidence["column"] == "status")
        return run["status"], rows["reason"][0]

    start = (SAMPLES / "sambanova" / "logreg_starter.out").read_bytes().partition(b"Epoch [")[0]
    step = b"Epoch [1/2], Step [300/600], Loss: 0.4707\n"
    assert reason(start + step) == (
        "incomplete", "the last line of the run shows work under way; 25 % done: step 300 of 600"
    )  # fmt: skip
    failed = (SAMPLES / "graphcore" / "fabric_lost_in_mid_run.out").read_bytes()
    assert reason(failed) == ("failed", "an error before any result; its last bar is at 4 of 10 (40 %)")


def test_a_prompt_with_a_command_and_a_job_id_begin_a_run_after_work() -> None:
    groq, sambanova = SAMPLES / "groq", SAMPLES / "sambanova"
    log = (groq / "resnet50.out").read_bytes() + (groq / "pbs_walltime.out").read_bytes()
    jobs = logparse.ingest(log).runs["job_id"].to_list()
    assert jobs == [None, "6417.groq-r03-controller.ai.example.org"]
    again = (sambanova / "gpt13b_step_outlier.out").read_bytes()
    other = re.sub(rb"(?m)^SLURM_JOB_ID=43611", b"SLURM_JOB_ID=43612", again).replace(b"2024-11-12", b"2024-11-13")
    assert logparse.ingest(again + other).runs["job_id"].to_list() == ["43611", "43612"]
