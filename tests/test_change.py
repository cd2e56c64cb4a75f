"""Comparisons of the runs before a change with those since then."""

from __future__ import annotations

import datetime
import json
import random
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import SAMPLES, run

import logparse
from logparse import gates
from logparse.comparison.answer import answer
from logparse.comparison.blocks import compared
from logparse.comparison.wording import text_table
from logparse.errors import UsageError
from logparse.pages.compare import page, pages
from logparse.pages.compare_export import latex, markdown
from logparse.report import report
from logparse.report.content import content
from logparse.schema import FRAMES, RUNS
from logparse.text.terminal import Paint

FIRST = datetime.datetime(2026, 10, 1)


def nightly(level: float, first: int, count: int, size: int = 512, **extra: object) -> list[dict[str, object]]:
    """A run a night from that night on, with throughputs around a level."""
    chance = random.Random(first)
    return [
        dict.fromkeys(RUNS)
        | {
            "run": f"{size}_{i:03}", "label": f"night_{size}_{i:02}.out", "source": f"{size}/{i}.out",
            "platform": "cerebras", "workload": "bert_large", "task": "train", "status": "completed",
            "group": f"g{size}", "batch_size": size, "steps": 1000, "samples": 1000 * size,
            "started_at": FIRST + datetime.timedelta(days=i), "throughput": level * chance.gauss(1, 0.003),
        }
        | extra
        for i in range(first, first + count)
    ]  # fmt: skip


def logs_of(*runs: dict[str, object]) -> logparse.Logs:
    return logparse.Logs(
        {name: pl.DataFrame(runs if name == "runs" else [], schema=schema) for name, schema in FRAMES.items()}
    )


def sides(comparison: logparse.Comparison) -> list[tuple[str, int]]:
    return [(side.label, len(side.jobs)) for side in comparison.sides]


def throughput(comparison: logparse.Comparison) -> object:
    return comparison.frame().filter(pl.col("quantity") == "throughput").row(1, named=True)["ratio"]


@pytest.mark.parametrize(
    "change", ["2026-10-11", "2026-10-11T00:00", datetime.date(2026, 10, 11), datetime.datetime(2026, 10, 11)]
)
def test_the_runs_before_a_change_are_one_side_and_those_since_then_the_other(change: str | datetime.date) -> None:
    logs = logs_of(*nightly(3000, 0, 10), *nightly(2900, 10, 6))
    comparison = logparse.compare(logs, change=change)
    assert sides(comparison) == [("runs before 2026-10-11", 10), ("runs since 2026-10-11", 6)]
    assert comparison.baseline == 0
    assert throughput(comparison) == pytest.approx(2900 / 3000, rel=0.005)


def test_each_setting_has_a_comparison_of_its_own() -> None:
    runs = [*nightly(3000, 0, 10), *nightly(2900, 10, 6), *nightly(5000, 0, 8, 1024), *nightly(5000, 10, 8, 1024)]
    blocks = compared(logs_of(*runs), change="2026-10-11")
    assert [sides(block.comparison) for block in blocks if block.comparison] == [
        [("batch_size 512 before 2026-10-11", 10), ("batch_size 512 since 2026-10-11", 6)],
        [("batch_size 1024 before 2026-10-11", 8), ("batch_size 1024 since 2026-10-11", 8)],
    ]
    with pytest.raises(UsageError, match="different settings, so `change` cannot compare them in one table"):
        logparse.compare(logs_of(*runs), change="2026-10-11")
    by_task = compared(logs_of(*runs), change="2026-10-11", by="task")
    assert [sides(block.comparison) for block in by_task if block.comparison] == [
        [("task train before 2026-10-11", 18), ("task train since 2026-10-11", 14)]
    ]


def test_a_workload_whose_logs_do_not_state_the_column_is_one_group() -> None:
    gpt: dict[str, Any] = {"workload": "gpt", "batch_size": None, "group": "gpt"}
    other = [row | {"run": f"gpt_{row['run']}"} for row in (*nightly(90, 0, 3, **gpt), *nightly(95, 10, 3, **gpt))]
    bert = [*nightly(3000, 0, 5), *nightly(2900, 10, 5)]
    blocks = compared(logs_of(*bert, *other), change="2026-10-06", by="batch_size")
    assert [block.heading for block in blocks] == ["cerebras · bert_large, train", "cerebras · gpt, train"]
    assert [sides(block.comparison) for block in blocks if block.comparison] == [
        [("batch_size 512 before 2026-10-06", 5), ("batch_size 512 since 2026-10-06", 5)],
        [("batch_size ? before 2026-10-06", 3), ("batch_size ? since 2026-10-06", 3)],
    ]
    with pytest.raises(UsageError, match="no log here states seed"):
        compared(logs_of(*bert), change="2026-10-06", by="seed")


def test_an_experiment_selected_from_several_is_named_in_the_answer() -> None:
    logs = logs_of(*nightly(3000, 0, 10), *nightly(2900, 10, 6), *nightly(5000, 0, 8, 1024))
    (block,) = compared(logs, change="2026-10-11", where="batch_size = 512")
    assert block.comparison is not None
    assert re.match(
        r"The throughput of batch_size 512 since 2026-10-11 is ×0\.96\d \(.*\) that of batch_size 512 before ",
        answer(block.comparison),
    )


def test_what_may_be_chance_among_several_comparisons_is_not_stated_as_a_fact() -> None:
    # Beyond the noise by itself (p = 0.034), but not as one of two comparisons.
    losses = {512: (7.10, 7.11, 7.12, 7.13), 1024: (7.125, 7.135, 7.145, 7.155)}
    logs = logs_of(
        *(
            row | {"loss": loss, "samples": 512_000}
            for size, of_size in losses.items()
            for row, loss in zip(nightly(3000, 0, 4, size), of_size, strict=True)
        )
    )
    comparison = logparse.compare(logs, by="batch_size")
    text = answer(comparison)
    assert "the loss differs by +0.025 (+0.0" in text
    assert "which may be chance among 2 comparisons (n = 4)" in text
    assert "worse" not in text
    lists = content(comparison).lists
    assert not [item.text for item in lists.say if "Loss" in item.text]
    [item] = [item for item in lists.not_say if item.text.startswith("A difference in loss: ")]
    assert item.text.endswith(", may be chance among 2 comparisons.")


def test_no_output_gives_a_direction_to_what_may_be_chance() -> None:
    # The same for the throughput: p = 0.034, and the loss is equal.
    speeds = {512: (3000, 3010, 3020, 3030), 1024: (3026, 3036, 3046, 3056)}
    logs = logs_of(
        *(
            row | {"loss": 7.1, "samples": 512_000, "throughput": speed}
            for size, of_size in speeds.items()
            for row, speed in zip(nightly(3000, 0, 4, size), of_size, strict=True)
        )
    )
    comparison = logparse.compare(logs, by="batch_size")
    (row,) = comparison.frame().filter(quantity="throughput", baseline=False).rows(named=True)
    assert row["verdict"] == "may be chance"
    table = text_table(comparison)
    (cell,) = (r.cells[1] for r in table.rows if r.row.quantity.name == "throughput")
    assert re.fullmatch(r"×1\.009 \(1\.00\d to 1\.01\d\) may be chance", cell.verdict)
    assert re.match(
        r"may be chance among 2 comparisons by Holm's correction \(own values: ", table.notes[cell.note - 1]
    )
    no_findings = logparse.findings(logs).clear()
    for text in (
        page(comparison, no_findings, Paint()),
        markdown(comparison, no_findings),
        latex(comparison, no_findings),
        report(comparison, format="md"),
        report(comparison, format="latex"),
    ):
        assert "may be chance" in text
        assert not re.search("better|worse|beyond noise", text)
    html = report(comparison, format="html")
    assert 'class="verdict chance"' in html
    assert not re.search('class="verdict (better|worse)"', html)
    drawn = json.dumps(logparse.chart.ratio(comparison).to_dict(), ensure_ascii=False)
    assert "batch_size 512: no difference is beyond the known noise; 1 may be chance among so many" in drawn
    drawn = json.dumps(logparse.chart.throughput(comparison).to_dict())
    assert "No throughput differs from the baseline beyond noise; 1 may be chance among so many" in drawn
    (result,) = gates.evaluate(comparison, [gates.gate("throughput>1.005x")])
    assert result.passed is None
    assert "may be chance among 2 comparisons" in result.line


def test_the_release_may_differ_before_and_after() -> None:
    old = nightly(3000, 0, 5, sdk_version="1.9", group="old")
    new = nightly(2900, 5, 5, sdk_version="2.0", group="new")
    comparison = logparse.compare(logs_of(*old, *new), change="2026-10-06")
    assert sides(comparison) == [("runs before 2026-10-06", 5), ("runs since 2026-10-06", 5)]
    assert [s.name for s in comparison.settings if s.role == "factor"] == ["sdk_version"]


def test_a_run_without_a_date_is_named_and_left_out() -> None:
    undated = nightly(3000, 20, 1, started_at=None)
    logs = logs_of(*nightly(3000, 0, 5), *undated, *nightly(2900, 5, 5))
    comparison = logparse.compare(logs, change="2026-10-06")
    assert sides(comparison) == [("runs before 2026-10-06", 5), ("runs since 2026-10-06", 5)]
    assert [job.id for job in comparison.undated] == ["512_020"]
    blocks = compared(logs, change="2026-10-06")
    shown = pages(blocks, [logparse.findings(comparison)], Paint.of(None))
    left_out = "Left out, as their logs do not state when they began: night_512_20.out."
    assert f"\n {left_out}\n" in shown
    assert left_out in markdown(comparison, logparse.findings(comparison)).replace("\\", "")


def test_a_setting_with_one_side_is_named_with_the_reason() -> None:
    logs = logs_of(*nightly(3000, 0, 5), *nightly(2900, 5, 5), *nightly(5000, 0, 3, 1024))
    alone = [block for block in compared(logs, change="2026-10-06") if block.comparison is None]
    assert [(len(block.jobs), block.alone) for block in alone] == [
        (3, "no run with the same settings is known to have begun since 2026-10-06")
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("soon", "change 'soon': give a date or a time"),
        ("2027-01-01", "before and since 2027-01-01: these runs began from 2026-10-01 00:00 to 2026-10-05 00:00"),
    ],
)
def test_a_change_that_makes_no_sides_is_an_error(change: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        logparse.compare(logs_of(*nightly(3000, 0, 5)), change=change)


def test_many_single_runs_are_told_how_to_group_them() -> None:
    runs = [*nightly(3000, 0, 4), *nightly(5000, 0, 3, 1024), *nightly(7000, 0, 3, 2048)]
    hint = "These sides are single runs: --by batch_size makes 3 groups of 4, 3 and 3 runs."

    def page(*found: dict[str, object], **options: str) -> str:
        (block,) = compared(logs_of(*found), **options)
        assert block.comparison is not None
        return pages([block], [logparse.findings(block.comparison)], Paint.of(None))

    assert f"\n {hint}\n" in page(*runs)
    assert hint in markdown(logparse.compare(logs_of(*runs)), logparse.findings(logs_of(*runs))).replace("\\", "")
    for shown in (
        page(*runs, by="batch_size"),
        page(*runs[:4]),
        page(runs[0], runs[4], runs[7]),
        page(*runs[:5], by="run"),
    ):
        assert "single runs" not in shown


def dated_copies(folder: Path) -> Path:
    """Six runs with one setting on six days, one of them without dates."""
    text = (SAMPLES / "cerebras" / "bert_large_batch_512.out").read_text("utf-8")
    for day in range(1, 7):
        rate = f"{2900 + day * (1 if day < 4 else 30)}.{day}"
        dated = text.replace("2024-04-07", f"2024-05-0{day}").replace("2931.64", rate).replace("2914.77", rate)
        (folder / f"night_{day}.out").write_text(dated.replace("wsjob-", f"wsjob-{day}"), "utf-8")
    return folder


def test_more_runs_are_not_advised_where_the_resolution_is_the_limit(tmp_path: Path) -> None:
    folder = dated_copies(tmp_path)
    for day, path in enumerate(sorted(folder.iterdir())):
        path.write_text(path.read_text("utf-8").replace(" 06:25:29,760", f" 06:25:29,{day}60"), "utf-8")
    shown = run("compare", folder, "--change", "2024-05-04").stdout
    [number] = re.findall(r"\n queue .* within noise \[(\d+)\]", shown)
    [note] = re.findall(rf"\n \[{number}\] (.*)", shown)
    assert note.endswith("; more runs do not improve the resolution, ±10 s")
    assert "runs per side would show" not in note


def test_the_command_compares_before_with_since(tmp_path: Path) -> None:
    folder = dated_copies(tmp_path)
    result = run("compare", folder, "--change", "2024-05-04")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "bert_large, train, cerebras: 2 sides, baseline runs before 2024-05-04"
    whose = r" The throughput of runs since 2024-05-04 is ×1\.0\d+ \(.*\) that of runs before 2024-05-04, .*"
    assert re.fullmatch(whose, lines[1])
    assert re.search(r"\n n +3 +3\n", result.stdout)
    nothing = run("compare", folder, "--change", "2024-06-04")
    assert nothing.exit_code == 2
    assert "no setting has runs before and since 2024-06-04; these runs began from 2024-05-01" in nothing.stderr
    refused = run("compare", folder, "--change", "2024-05-04", "--across")
    assert "--change does not apply with --across" in refused.stderr
