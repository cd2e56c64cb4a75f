"""The table of `ingest`, what stands in its cells, and frames as text; and that `explain` reads as `ingest` does."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest
from conftest import SAMPLES

import logparse
from logparse.comparison.ledger import Ledger
from logparse.grammar.registry import grammars
from logparse.logs import Logs
from logparse.pages import ingest
from logparse.pages.explain import explain, shapes
from logparse.reading.sources import read_sources
from logparse.schema import FRAMES, empty
from logparse.text import numbers, terminal
from logparse.text.missing import LEGEND, Code

PLAIN = terminal.Paint()


# ---- numbers ---- #


@pytest.mark.parametrize(
    ("value", "resolution", "most", "shown"),
    [
        (4572.4, 0.05, 5, "4572.4"),
        (2300.6842, 0.00005, 5, "2300.7"),
        (6897.7, 79.3, 5, "6.9 k"),
        (16612.48, 0.005, 5, "16612"),
        (210417.3, 0.05, 5, "210.42 k"),
        (780.0, 0.5, 4, "780"),
        (8.25194, 0.000005, 5, "8.2519"),
        (0.0824, None, 4, "0.0824"),
        (7.5, 0.005, 5, "7.50"),
        (0.0, 0.5, 4, "0"),
        (-3.25, 0.005, 4, "-3.25"),
        (float("nan"), None, 4, "NaN"),
        (float("-inf"), None, 4, "-∞"),
    ],
)
def test_a_number_has_the_digits_that_mean_something(
    value: float, resolution: float | None, most: int, shown: str
) -> None:
    assert numbers.figure(value, resolution, most) == shown


@pytest.mark.parametrize(
    ("value", "resolution", "shown"),
    [
        (452.387, 0.0005, "452.4 s"),
        (87.0, 1.0, "87 s ±1"),
        (780.0, 1.0, "780 s"),
        (0.00006, 0.000005, "0.06 ms"),
        (1.535, 0.0005, "1.535 s"),
    ],
)
def test_a_duration_says_how_certain_it_is(value: float, resolution: float, shown: str) -> None:
    assert numbers.seconds(value, resolution) == shown


# ---- cells ---- #


def logs_of(runs: list[dict[str, Any]], **others: list[dict[str, Any]]) -> Logs:
    """Logs with these rows, and nothing else."""
    given = {"runs": runs, **others}
    frames = {name: pl.DataFrame(given.get(name, []), schema=schema) for name, schema in FRAMES.items()}
    return Logs(frames)


def page_of(logs: Logs) -> str:
    """What is printed of these logs, with nothing to say against them."""
    return ingest.page(Ledger(logs), ["a.out"], PLAIN, empty("findings"))


def a_run(**values: Any) -> dict[str, Any]:
    column = dict.fromkeys(FRAMES["runs"])
    usual = {"run": "r1", "label": "a.out", "source": "a.out", "copies": 0, "platform": "acme", "workload": "bert"}
    return column | usual | {"task": "train", "status": "completed"} | values


def why(column: str, code: Code, reason: str, run: str = "r1") -> dict[str, Any]:
    return dict.fromkeys(FRAMES["evidence"]) | {
        "run": run, "frame": "runs", "column": column, "how": "absent", "code": code, "reason": reason,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "reason", "cell"),
    [
        (Code.NOT_IN_LOG, "not in this log", "?"),
        (Code.OTHER_LOG, "the work is in another log of the job", "no log"),
        (Code.UNREADABLE, "12:x4", "unreadable"),
        (Code.NOT_IN_LOG, "no log: whatever the text says, the code counts", "?"),
    ],
)
def test_an_empty_cell_says_why_and_the_legend_explains_it(code: Code, reason: str, cell: str) -> None:
    logs = logs_of([a_run(steps=10, train_s=5.0, compile_s=2.0, loss=1.5)], evidence=[why("throughput", code, reason)])
    _, _, header, row, legend, *_ = page_of(logs).splitlines()
    place = header.index("samples/s")
    assert row[place:].startswith(f"{cell} ")
    assert legend == f"{cell} = {LEGEND[cell]}"


def test_columns_that_apply_to_no_run_are_left_out() -> None:
    reasons = [why(c, Code.NOT_APPLICABLE, "does not apply: train") for c in ("latency_s", "on_chip_latency_s")]
    page = page_of(logs_of([a_run(train_s=5.0)], evidence=reasons))
    assert "latency" not in page
    assert "train  " in page


def test_what_all_rows_share_goes_into_the_heading_and_what_differs_into_the_rows() -> None:
    same = {"system": "SN30-8", "sdk_version": "SambaFlow 1.17.7-27", "sequence_length": 128, "steps": 505}
    runs = [a_run(run=f"r{n}", label=f"{n}.out", ranks=n, batch_size=256 * n, **same) for n in (8, 16)]
    lines = page_of(logs_of(runs)).splitlines()
    assert lines[1] == "acme  bert, training, SN30-8, SambaFlow 1.17.7-27, length 128"
    assert "505 steps × 2048, 8 ranks" in lines[3]
    assert "505 steps × 4096, 16 ranks" in lines[4]


def test_a_row_that_does_not_say_what_the_heading_says_is_marked() -> None:
    runs = [a_run(run=f"r{n}", label=f"{n}.out", sequence_length=n, steps=5) for n in (128, 128, None)]
    lines = page_of(logs_of(runs)).splitlines()
    assert lines[1].endswith("length 128")
    assert [("length ?" in line) for line in lines[3:6]] == [False, False, True]


@pytest.mark.parametrize(
    ("values", "cell"),
    [
        ({"compile_s": 780.0, "compile_cache": "miss"}, "780 s"),
        ({"compile_s": 0.0, "compile_cache": "hit"}, "cached"),
        ({"compile_s": 3.669, "compile_cache": "hit"}, "3.669 s, cached"),
    ],
)
def test_the_compile_cell_tells_what_was_cached(values: dict[str, Any], cell: str) -> None:
    page = page_of(logs_of([a_run(**values)]))
    assert f"  {cell}  " in page
    assert ("cached = " in page) == ("cached" in cell)


def test_several_compilations_are_shown_one_by_one() -> None:
    phase = dict.fromkeys(FRAMES["phases"]) | {"run": "r1", "phase": "compile"}
    phases = [phase | {"key": f"compile#{n}", "duration_s": s} for n, s in ((1, 22.0), (2, 14.0))]
    assert "22+14 s" in page_of(logs_of([a_run(compile_s=36.0)], phases=phases))


def test_the_status_names_what_went_wrong() -> None:
    message = dict.fromkeys(FRAMES["messages"]) | {"run": "r1", "level": "error", "kind": "gate", "text": "too slow"}
    page = page_of(logs_of([a_run(status="completed_with_errors")], messages=[message]))
    assert "completed, gate failed" in page
    assert "completed with errors" in page_of(logs_of([a_run(status="completed_with_errors")]))


def test_a_derived_rate_has_no_more_digits_than_its_inputs_allow() -> None:
    of = dict.fromkeys(FRAMES["evidence"]) | {"run": "r1", "frame": "runs", "how": "derived"}
    evidence = [
        of | {"column": "throughput", "value": "6897.7", "value_resolution": 79.3},
        of | {"column": "train_s", "value": "87.0", "value_resolution": 1.0},
    ]
    page = page_of(logs_of([a_run(throughput=6897.7, train_s=87.0)], evidence=evidence))
    assert "87 s ±1   6.9 k" in page


def test_the_first_line_counts_and_never_rounds_up_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    source = dict.fromkeys(FRAMES["sources"]) | {"source": "a.out", "status": "read", "lines": 10_000, "lines_blank": 0}
    logs = logs_of([a_run(copies=2)], sources=[source | {"lines_read": 9_000, "lines_known": 999}])
    monkeypatch.setattr(logs, "kinds", lambda source: dict.fromkeys(range(1, 10_000), "read"))
    monkeypatch.setattr(logs, "lines", lambda source, numbers: dict.fromkeys(numbers, "what"))
    lines = page_of(logs).splitlines()
    assert lines[0] == "1 file: 1 run, 2 copies merged. 99.9 % of lines parsed."
    assert "  1 line in 1 file; most frequent shapes:" in lines
    assert "       1×   what  a.out:10000" in lines


def test_the_commands_that_come_next_can_be_run() -> None:
    from click.testing import CliRunner

    from logparse.cli import cli

    paths = [str(SAMPLES / "groq")]
    logs = Ledger(logparse.ingest(paths))
    last = ingest.page(logs, paths, PLAIN, empty("findings")).splitlines()[-1]
    assert last.startswith("Next: ")
    commands = [part.partition("logparse ")[2] for part in last.split(" · ")]
    assert [command.split()[0] for command in commands] == ["show", "explain", "runs"]
    for command in commands:
        assert CliRunner().invoke(cli, command.split()).exit_code == 0


# ---- frames as text ---- #

ODD = pl.DataFrame(
    {
        "value": [1.5, float("nan"), float("-inf"), None],
        "at": [dt.datetime(2024, 4, 7, 5, 47, 29, 412000), dt.datetime(2024, 4, 7, 6), None, None],
        "text": ["a|b_c", "50 % & more", 'say "x"', None],
    },
    schema={"value": pl.Float64, "at": pl.Datetime("us"), "text": pl.Categorical},
)


def test_json_writes_no_nan_as_null() -> None:
    rows = json.loads(terminal.dump(ODD, "odd", "json"))["rows"]
    assert [row["value"] for row in rows] == [1.5, "NaN", "-Infinity", None]
    assert [row["at"] for row in rows] == ["2024-04-07T05:47:29.412", "2024-04-07T06:00:00", None, None]
    assert [row["text"] for row in rows] == ["a|b_c", "50 % & more", 'say "x"', None]


def test_csv_has_every_digit_and_tells_nan_from_unknown() -> None:
    lines = terminal.dump(ODD, "odd", "csv").decode().splitlines()
    assert lines[:2] == ["value,at,text", "1.5,2024-04-07T05:47:29.412,a|b_c"]
    assert [line.split(",")[0] for line in lines[2:]] == ["NaN", "-Infinity", ""]


def test_markdown_and_latex_escape_what_they_would_act_on() -> None:
    assert r"| 1.5 | 2024-04-07T05:47:29.412 | a\|b\_c |" in terminal.dump(ODD, "odd", "md").decode()
    assert r"50 \% \& more \\" in terminal.dump(ODD, "odd", "latex").decode()


def test_a_table_too_wide_for_the_terminal_goes_on_below_with_its_first_column() -> None:
    frame = pl.DataFrame({"run": ["aa", "bb"], "first": ["x" * 10] * 2, "second": ["y" * 10] * 2, "none": [None, None]})
    lines = terminal.table(frame, terminal.Paint(width=20)).splitlines()
    assert lines[:3] == ["run  first", "aa   xxxxxxxxxx", "bb   xxxxxxxxxx"]
    assert lines[3:6] == ["run  second", "aa   yyyyyyyyyy", "bb   yyyyyyyyyy"]
    assert lines[6] == "2 rows; 1 of 4 columns are empty and not shown"


def test_nothing_from_a_log_acts_on_the_terminal() -> None:
    frame = pl.DataFrame({"text": ["\x1b[31mred\rover\nnext\x07"]})
    assert "\x1b" not in terminal.table(frame, PLAIN)
    assert len(terminal.table(frame, PLAIN).splitlines()) == 3


def test_columns_are_aligned_by_what_the_eye_sees() -> None:
    paint = terminal.Paint(colour=True)
    lines = terminal.aligned([[paint.head("ab"), "1"], ["漢字", "2"], ["é", "3"]])
    assert [terminal.width(line) for line in lines] == [8, 8, 8]


# ---- explain ---- #


@pytest.mark.parametrize("folder", sorted(p.name for p in SAMPLES.iterdir() if p.is_dir()))
def test_explain_and_ingest_read_the_same_lines(folder: str) -> None:
    paths = SAMPLES / folder
    sources = {row["source"]: row for row in logparse.ingest(paths).sources.iter_rows(named=True)}
    for source in read_sources(paths):
        row = sources[source.name]
        counts = explain(source, grammars()).counts
        assert (counts["read"], counts["known"], counts["blank"]) == (
            row["lines_read"], row["lines_known"], row["lines_blank"],
        ), source.name  # fmt: skip
        assert sum(counts.values()) == row["lines"]


def test_shapes_mask_numbers_ids_and_secrets() -> None:
    texts = {
        "step 12 of 13.5": "step 0 of 0",
        "job 0f3a9c21b7 at 0x7ffe12": "job <id> at <id>",
        "uuid 123e4567-e89b-12d3-a456-426614174000.": "uuid <id>.",
        "export TOKEN=abc": "export TOKEN=…",
        "login with password: abc def": "login with password: …",
        "45%|████▌     | 9/20": "0%|█| 0/0",
    }
    for text, shape in texts.items():
        lines = pl.DataFrame({"source": ["a"], "line": [1], "text": [text]})
        assert shapes(lines)["shape"].to_list() == [shape]


def test_a_thousand_lines_are_explained() -> None:
    text = (SAMPLES / "cerebras" / "bert_large_batch_512.out").read_text() * 12
    (source,) = read_sources(text.encode())
    explained = explain(source, grammars())
    assert explained.source.lines > 1000
