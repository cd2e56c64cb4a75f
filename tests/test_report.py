"""The report: its three lists, its table, what stands behind its numbers, and its forms."""

from __future__ import annotations

import base64
import configparser
import json
import re
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from conftest import ROOT, SAMPLES, ingested
from jinja2 import UndefinedError

import logparse
from logparse.cli import cli
from logparse.comparison.compare import compare
from logparse.comparison.ledger import Ledger
from logparse.errors import UsageError
from logparse.report import report
from logparse.report.content import Content, content
from logparse.report.drawings import drawings
from logparse.report.lists import Item
from logparse.report.markdown import markdown
from logparse.report.page import POLICY, environment
from logparse.report.sections import Sections
from logparse.report.table import known, table
from logparse.report.trail import Trail
from logparse.schema import FRAMES
from logparse.text.terminal import one_line

TEN = [
    SAMPLES / name
    for name in (
        "sambanova/bert_large_16_tasks_compiled.out",
        "sambanova/bert_large_8_tasks_not_compiled.out",
        "graphcore/mnist_as_is_cold.out",
        "graphcore/mnist_asked_20_epochs_ran_10.out",
        "graphcore/mnist_asked_lr_002_cached.out",
        "cerebras/bert_large_batch_1024.out",
        "cerebras/bert_large_batch_512.out",
        "cerebras/bert_large_batch_2048.out",
        "groq/bert_tiny_dummy_input.out",
        "groq/bert_tiny_256_rebuilt.out",
    )
]
"""The ten runs of the write-up that the project began with."""


@pytest.fixture(scope="module")
def logs() -> logparse.Logs:
    return ingested(TEN)


@pytest.fixture(scope="module")
def held(logs: logparse.Logs) -> Content:
    return content(logs, claims=["20_epochs:epochs=20"])


@pytest.fixture(scope="module")
def page(logs: logparse.Logs) -> str:
    return report(logs, claims=["20_epochs:epochs=20"], command="logparse report runs -o report.html")


def texts(items: Sequence[Item], about: str = "") -> list[str]:
    return [item.text for item in items if item.about.startswith(about)]


def payload(html: str) -> dict:  # type: ignore[type-arg]
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


# ---- the lists ---- #


def test_it_says_what_is_beyond_noise_with_interval_and_noise(held: Content) -> None:
    said = texts(held.lists.say, "cerebras")
    assert any(
        t.startswith("Throughput")
        and "(×1.386 (1.373 to 1.399) better, n=1)" in t
        and "(×0.605 (0.599 to 0.611) worse, n=1)" in t
        and re.search(r"beyond noise \(one run varies by .* \d+ public runs of this program", t)
        for t in said
    )
    # At different numbers of samples a time says how much was done.
    assert not any(t.startswith("Train time") for t in said)


def test_losses_of_different_budgets_are_not_ranked_and_are_answered_at_equal_samples(held: Content) -> None:
    [at_equal] = [t for t in texts(held.lists.say, "cerebras") if "409,600 samples" in t]
    assert at_equal.index("batch_512") < at_equal.index("batch_1024") < at_equal.index("batch_2048")
    not_said = [item for item in held.lists.not_say if item.about.startswith("cerebras")]
    assert any(item.rests_on == "different-budget" for item in not_said)
    assert not any(t.startswith("Loss:") for t in texts(held.lists.say))


def test_what_the_sides_differ_in_stands_beside_every_block(held: Content) -> None:
    assert held.lists.notes["cerebras · bert_large, train"] == "batch_size differs"
    text = report(held.logs, format="md")
    assert "**cerebras · bert\\_large, train** (batch\\_size differs)" in text


def test_accuracies_within_the_public_spread_say_nothing(held: Content) -> None:
    [accuracy] = [t for t in texts(held.lists.not_say, "graphcore") if "accuracy" in t]
    assert "+0.61 points" in accuracy
    assert "17 public runs of this program span 96.85 to 98.74 %" in accuracy
    assert not texts(held.lists.say, "graphcore")


def test_a_refuted_claim_names_the_line_that_refutes_it(held: Content) -> None:
    claims = [item for item in held.lists.not_say if item.rests_on == "claim"]
    [refuted] = [item for item in claims if "as the claim says" in item.text]
    assert "epochs 20" in refuted.text
    assert "the log says 10" in refuted.text
    assert [str(location).rpartition("/")[2] for location in refuted.evidence] == ["mnist_asked_20_epochs_ran_10.out:6"]
    # The numbers in names of files are claims as well, and no line of these logs states them.
    assert all("the file name says so, but no log does" in item.text for item in claims if item is not refuted)


def test_a_duration_without_work_is_told_and_so_is_what_would_help(held: Content) -> None:
    first = next(item for item in held.lists.not_say if item.about.startswith("sambanova"))
    assert first.rests_on == "no-work-in-log"
    assert "contains no training" in first.text
    assert any(item.rests_on == "no-work-in-log" and "run log" in item.text for item in held.lists.settle)


def test_what_is_equal_as_printed_may_be_said(held: Content) -> None:
    assert any(t.startswith("Accuracy is identical as printed, 77.47 %") for t in texts(held.lists.say, "groq"))


def test_repeats_that_would_establish_a_difference_are_asked_for_once(held: Content) -> None:
    assert sum("at least three times" in t for t in texts(held.lists.settle)) == 1


def test_every_statement_rests_on_lines_that_are_there(held: Content) -> None:
    places = {p for _, items in held.lists.named() for item in items for p in item.evidence}
    assert len(places) > 20
    for place in places:
        assert held.logs.lines(place.source, [place.line])


def test_train_times_that_do_not_hold_the_same_are_left_to_the_finding_that_says_so() -> None:
    usual = {
        "platform": "acme",
        "workload": "bert",
        "task": "train",
        "status": "completed",
        "samples": 100,
        "copies": 0,
    }
    runs = [
        dict.fromkeys(FRAMES["runs"])
        | usual
        | {"run": f"r{i}", "label": f"{i}.out", "source": f"{i}.out", "train_s": 10.0 + i, "train_includes": held}
        for i, held in enumerate(["load", None])
    ]
    frames = {name: pl.DataFrame(runs if name == "runs" else [], schema=schema) for name, schema in FRAMES.items()}
    logs = logparse.Logs(frames)
    [item] = [i for i in content(logs).lists.not_say if "train" in i.text]
    assert item.rests_on == "clock-scope"
    [refused] = [i for i in content(logs, ignore=["clock-scope=known"]).lists.not_say if "train" in i.text]
    assert refused.rests_on == "verdict"
    assert refused.text.startswith(
        "Which train time is better: the train times include different phases: with loading;"
    )


def test_one_run_is_told_by_its_values_and_nothing_is_compared() -> None:
    held = content(ingested(SAMPLES / "graphcore" / "mnist_as_is_cold.out"))
    [item] = held.lists.say
    assert item.rests_on == "value"
    assert "accuracy 97.69 %" in item.text
    assert "no other run to compare it with" in item.text


def test_repeats_alone_are_told_together(tmp_path: Path) -> None:
    text = (SAMPLES / "graphcore" / "mnist_asked_20_epochs_ran_10.out").read_text()
    for i in range(14):
        (tmp_path / f"run_{i}.out").write_text(text.replace("20602", f"4{i:04}").replace("98.30", f"97.{i + 10}"))
    held = content(logparse.ingest(tmp_path))
    [item] = held.lists.say
    assert item.text.startswith("14 runs of the same settings: ")
    assert "n=14" in item.text


def test_what_is_ignored_leaves_the_lists_and_is_kept_with_its_reason(logs: logparse.Logs) -> None:
    held = content(logs, ignore=["compile-cached=only training is compared"])
    assert not any(item.rests_on == "compile-cached" for _, items in held.lists.named() for item in items)
    ignored = held.findings.filter(name="compile-cached")["ignored"].to_list()
    assert ignored
    assert set(ignored) == {"only training is compared"}


def test_a_comparison_gives_the_report_of_just_its_runs(logs: logparse.Logs) -> None:
    held = content(compare(logs, ["batch_1024", "batch_512"], baseline="batch_512"))
    assert len(held.jobs) == 2
    [block] = held.blocks
    assert block.comparison is not None
    assert block.comparison.sides[block.comparison.baseline].label == "batch_512"


def test_where_and_by_choose_runs_and_sides(logs: logparse.Logs) -> None:
    held = content(logs, where="platform = 'cerebras'", by="batch_size", baseline="512")
    [block] = held.blocks
    assert block.comparison is not None
    assert [side.label for side in block.comparison.sides] == ["batch_size 512", "batch_size 1024", "batch_size 2048"]
    assert block.comparison.baseline == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"where": "platform = 'nobody'"}, "these logs contain no run to report on for which"),
        ({"where": "no_such > 1"}, "where: .*no_such"),
        ({"by": "colour"}, "by 'colour': not a column of runs"),
        ({"by": "seed"}, r"no log here states seed; a claim may \(claims=\"LABEL:seed=…\"\)"),
        ({"baseline": "nobody"}, "baseline 'nobody': there is no such side"),
        ({"baseline": "bert_large_batch"}, "is ambiguous"),
        ({"claims": ["nobody:epochs=3"]}, "the claim nobody:epochs=3 matches no run"),
        ({"ignore": ["no-such-finding"]}, "cannot ignore 'no-such-finding': no such finding"),
        ({"theme": "pink"}, "theme 'pink': one of light, dark"),
        ({"format": "docx"}, "format 'docx': one of html, md, latex"),
    ],
)
def test_what_cannot_be_done_is_said(logs: logparse.Logs, options: dict, said: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(UsageError, match=said):
        report(logs, **options)


# ---- the table ---- #


def test_the_table_has_the_columns_that_apply_and_reasons_for_empty_cells(held: Content) -> None:
    made = table(held.ledger, held.jobs)
    titles = [column.title for column in made.columns]
    assert len(made.rows) == 10
    assert {"compile", "train", "rate", "quality", "status"} <= set(titles)
    first = dict(zip(titles, (cell.text for cell in made.rows[0]), strict=True))
    assert first["compile"] == "780 s"
    assert first["train"] == "no log"
    assert {"-", "?", "no log", "cached"} == made.marks


def test_two_logs_of_one_job_are_one_row() -> None:
    paths = [SAMPLES / "sambanova" / n for n in ("bert_large_job_30512_submission.out", "bert_large_run_16_ranks.out")]
    held = content(logparse.ingest(paths))
    [row] = table(held.ledger, held.jobs).rows
    texts = [cell.text for cell in row]
    assert any(text.endswith(" s") for text in texts[3:5])


def test_the_duration_of_a_submission_is_not_the_total_of_its_job(tmp_path: Path) -> None:
    folder = SAMPLES / "sambanova"
    submission = (folder / "bert_large_job_30512_submission.out").read_bytes()
    (tmp_path / "submission.out").write_bytes(re.sub(rb"Duration: .*", b"Duration:  0", submission))
    run = tmp_path / "run.out"
    run.write_bytes((folder / "bert_large_run_16_ranks.out").read_bytes())

    def totals(*paths: Path) -> list[str]:
        made = content(logparse.ingest(paths))
        runs = table(made.ledger, made.jobs)
        (row,) = runs.rows
        return [cell.text for column, cell in zip(runs.columns, row, strict=True) if column.title == "total"]

    logs = logparse.ingest([tmp_path / "submission.out", run])
    assert 0.0 in logs.runs["total_s"].to_list(), "as the submission log states it"
    (job,) = Ledger(logs).jobs
    seconds = (max(r["ended_at"] for r in job.runs) - min(r["started_at"] for r in job.runs)).total_seconds()
    assert seconds > 100
    (total,) = totals(tmp_path / "submission.out", run)
    assert total.startswith(f"{seconds:.0f} s")
    assert totals(run) == [], "no log states the total"
    details = dict(pair for _, values in known(job, Ledger(logs)) for pair in values)
    assert "total_s" not in details
    assert details["wall_s"] == seconds


# ---- what stands behind a number ---- #


def test_each_match_stands_where_the_page_marks_it(held: Content) -> None:
    trail = Trail(held.ledger)
    for job in held.jobs:
        for column in ("train_s", "compile_s", "throughput", "loss", "score", "latency_s"):
            trail.number(job, column)
    data = trail.payload()
    checked = 0
    for record in data["numbers"]:
        for text, place, start, length, *_ in record[5] if len(record) > 5 else []:
            source, line = place.split(":")
            if start is not None:
                assert data["lines"][source][line][start : start + length] == text
                checked += 1
    assert checked > 30


def test_an_empty_cell_keeps_its_reason(held: Content) -> None:
    trail = Trail(held.ledger)
    index = trail.number(held.jobs[0], "train_s")
    data = trail.payload()
    _, _, value, how = data["numbers"][index]
    assert value is None
    assert data["words"][how] == "no log: the work is in another log of the job"


def test_lines_beside_a_number_are_only_those_that_a_rule_reads(logs: logparse.Logs, page: str) -> None:
    assert "SSH_CONNECTION=…" in page  # as a shape, masked
    data = payload(page)
    for index, lines in data["lines"].items():
        kinds = {n for source in TEN if str(source) == data["sources"][int(index)] for n in logs.kinds(str(source))}
        assert {int(n) for n in lines} <= kinds


def test_of_a_long_line_only_what_is_round_the_match_is_kept(tmp_path: Path) -> None:
    text = (SAMPLES / "graphcore" / "mnist_asked_20_epochs_ran_10.out").read_text()
    bar = "Epochs: 100%|██████████| 10/10 [01:25<00:00,  8.55s/it]"
    redraws = "".join(f"Epochs:  {i}%|█         | 1/10 [00:0{i}<00:00,  8.55s/it]\r" for i in range(1, 10)) * 30
    assert bar in text
    path = tmp_path / "long.out"
    path.write_text(text.replace(bar, redraws + bar))
    held = content(logparse.ingest(path))
    trail = Trail(held.ledger)
    index = trail.number(held.jobs[0], "train_s")
    data = trail.payload()
    [text, place, start, length, *_] = data["numbers"][index][5][0]
    source, line = place.split(":")
    pieces = data["lines"][source][line]
    assert sum(len(piece) for _, piece in pieces) < 1000
    [(offset, piece)] = [(o, p) for o, p in pieces if o <= start < o + len(p)]
    assert piece[start - offset : start - offset + length] == text


def test_a_metric_is_marked_as_it_was_printed(held: Content) -> None:
    trail = Trail(held.ledger)
    place = next(item for item in held.lists.say if "409,600" in item.text).evidence[0]
    reference = trail.location(place)
    data = trail.payload()
    source, line = reference.split(":")
    text = data["lines"][source][line]
    assert "7.29688" in [text[start : start + length] for start, length in data["marks"][reference]]


def test_what_has_no_room_is_counted(held: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logparse.report.trail.MOST", 100)
    trail = Trail(held.ledger)
    for job in held.jobs:
        trail.number(job, "throughput")
    trail.payload()
    assert trail.left_out > 0


# ---- the page ---- #


def test_the_page_is_small_and_loads_nothing(page: str) -> None:
    assert len(page.encode()) < 3_000_000
    assert f'content="{POLICY.replace(chr(39), "&#39;")}"' in page
    assert "unsafe-eval" not in POLICY
    assert not re.search(r"<(?:link|img|iframe|object|embed|base)\b", page.partition('<script id="library"')[0])
    assert not re.search(r'(?:src|href)="(?!#)', page.partition('<script id="library"')[0])


def test_the_same_logs_give_the_same_page(logs: logparse.Logs, page: str) -> None:
    again = report(logs, claims=["20_epochs:epochs=20"], command="logparse report runs -o report.html")
    assert again == page


def test_the_page_holds_lists_runs_charts_findings_and_how_it_was_made(page: str) -> None:
    parts = [page.index(f'<section id="{key}"') for key in ("lists", "runs", "charts", "findings", "unread", "made")]
    assert parts == sorted(parts)
    assert "logparse report runs -o report.html" in page
    assert re.search(r"[0-9a-f]{64}", page)


def test_templates_escape_texts_and_refuse_unknown_names() -> None:
    macros = environment().get_template("macros.html").module
    assert macros.number("<b>&", '"><script>') == (  # type: ignore[attr-defined]
        '<button class="n" data-n="&#34;&gt;&lt;script&gt;">&lt;b&gt;&amp;</button>'
    )
    assert macros.code("a `<b>` c") == "a <code>&lt;b&gt;</code> c"  # type: ignore[attr-defined]
    assert macros.code("a ` <b>") == "a ` &lt;b&gt;"  # type: ignore[attr-defined]
    assert macros.label("<a>_b/c") == "&lt;a&gt;_<wbr>b/<wbr>c"  # type: ignore[attr-defined]
    with pytest.raises(UndefinedError):
        environment().from_string("{{ no_such_name }}").render()


def test_templates_and_assets_are_installed_with_the_package() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    folder = ROOT / "logparse" / "report"
    installed = {p for g in settings["options.package_data"]["logparse.report"].split(", ") for p in folder.glob(g)}
    assert installed == {p for p in folder.rglob("*.*") if p.suffix in (".html", ".css", ".js")}
    assert {p.name for p in installed} >= {"page.html", "page.css", "page.js"}
    assert environment().list_templates() == sorted(p.name for p in (folder / "templates").iterdir())


def test_without_what_draws_charts_the_page_is_refused_and_markdown_is_not(
    logs: logparse.Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(UsageError, match=r"pip install 'logparse\[charts\]'"):
        report(logs)
    assert report(logs, format="md").startswith("# ")


# ---- Markdown and LaTeX ---- #


def test_markdown_holds_the_lists_the_runs_and_the_sources(logs: logparse.Logs) -> None:
    text = report(logs, format="md", claims=["20_epochs:epochs=20"], command="logparse report runs")
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    assert heads[:4] == [
        "## What these logs show",
        "## What these logs do not show",
        "## What would settle it",
        "## Runs",
    ]
    table_ = [line for line in text.splitlines() if line.startswith("| bert\\_large\\_batch\\_1024")]
    assert "| 4847.2 samples/s | loss 7.0781 |" in table_[0]
    assert text.count("(`") > 10
    assert "    logparse report runs" in text


def test_latex_is_text_for_booktabs(logs: logparse.Logs) -> None:
    text = report(logs, format="latex")
    assert r"\toprule" in text
    assert text.count(r"\begin{itemize}") == text.count(r"\end{itemize}") > 3
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    assert r"bert\_large" in text


HOSTILE = "<script>window.hacked=1</script>"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> logparse.Logs:
    """Logs and file names that hold what would be run, shown or obeyed if it were not only text."""
    folder = tmp_path_factory.mktemp("hostile")
    text = (SAMPLES / "sambanova" / "bert_large_16_tasks_compiled.out").read_text()
    text = text.replace("Model:  BertLarge", f"Model:  {HOSTILE}", 1)
    text += 'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n'
    text += "ValueError: </script><img/src=x/onerror=window.hacked=2>\u2028\x1b[31mjavascript:window.hacked=3</style>\n"
    (folder / "<img src=x onerror='window.hacked=4'>\u2028\x1b]8;;x.out").write_text(text)
    mnist = (SAMPLES / "graphcore" / "mnist_as_is_cold.out").read_text()
    (folder / "]]><!--<script>&amp;`|$_{}\\.out").write_text(mnist)
    return logparse.ingest(folder)


def test_a_page_of_many_runs_is_compressed(logs: logparse.Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = report(logs)
    monkeypatch.setattr("logparse.report.page._LARGE", 0)
    packed = report(logs)
    assert len(packed) < 0.7 * len(plain)
    found = re.search(r'id="data" data-packed>([^<]*)<', packed)
    assert found
    assert json.loads(zlib.decompress(base64.b64decode(found[1]))) == payload(plain)
    assert '<script id="library" type="text/plain" data-packed>' in packed


def test_hostile_text_is_only_text_in_every_form(hostile: logparse.Logs) -> None:
    html = report(hostile, title=HOSTILE)
    assert HOSTILE not in html
    assert "<img" not in html.partition('<script id="library"')[0]
    assert not {"\x1b", "\u2028"} & set(html)
    assert html.count("</script>") == 4
    assert payload(html)["sources"] == [one_line(str(s)) for s in payload(html)["sources"]]
    markdown = report(hostile, format="md", title=HOSTILE)
    assert "<script>" not in re.sub(r"(?<!\\)`[^`]*`", "", markdown)  # inside code it is text
    assert "\x1b" not in markdown
    latex = report(hostile, format="latex", title=HOSTILE)
    assert "\x1b" not in latex


# ---- the command ---- #


def run(*arguments: str):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(cli, ["report", *arguments], prog_name="logparse")


def test_the_suffix_decides_the_form(tmp_path: Path) -> None:
    paths = [str(path) for path in TEN[2:4]]
    for name, begins in (("r.html", "<!DOCTYPE html>"), ("r.md", "# "), ("r.tex", "% \\usepackage")):
        result = run(*paths, "-o", str(tmp_path / name))
        assert (result.exit_code, result.stdout) == (0, "")
        assert (tmp_path / name).read_text().startswith(begins)


def test_without_a_file_the_page_goes_to_standard_output() -> None:
    result = run(str(TEN[2]), "--format", "md", "--title", "One run")
    assert result.exit_code == 0
    assert result.stdout.startswith("# One run\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-o", "r.docx"], 2, "cannot infer the format of r.docx: use a suffix (.html, .htm, .md, .tex, .pdf)"),
        (["--where", "nothing ="], 2, "where:"),
        (["--claim", "what"], 2, "is not a valid claim"),
    ],
)
def test_wrong_usage_says_what_to_do(arguments: list[str], code: int, said: str) -> None:
    result = run(str(TEN[2]), *arguments)
    assert result.exit_code == code
    assert said in result.stderr


def test_a_pdf_without_a_browser_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logparse.cli.report.shutil.which", lambda name: None)
    result = run(str(TEN[2]), "-o", str(tmp_path / "r.pdf"))
    assert result.exit_code == 2
    assert "a PDF needs Chromium or Chrome, and neither is installed: write a page (-o report.html)" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_browser_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logparse.cli.report.shutil.which", lambda name: sys.executable if name == "chromium" else None)
    result = run(str(TEN[2]), "-o", str(tmp_path / "r.pdf"))
    assert result.exit_code == 2
    assert "failed while printing the page" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_pdf_goes_where_a_page_may_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logparse.cli.report._browser", lambda: "chromium")
    monkeypatch.setattr("logparse.cli.report._printed", lambda page, browser: b"%PDF-1.4")
    assert "a PDF is written to a file: give -o report.pdf" in run(str(TEN[2]), "--format", "pdf").stderr
    for suffix in ("html", "pdf"):
        result = run(str(TEN[2]), "-o", str(tmp_path / "missing" / f"r.{suffix}"))
        assert result.exit_code == 2
        assert f"the folder {tmp_path}/missing does not exist; make it first" in result.stderr
    result = run(str(TEN[2]), "-o", str(tmp_path / "r.pdf"))
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"Wrote {tmp_path}/r.pdf (" in result.stderr
    assert (tmp_path / "r.pdf").read_bytes() == b"%PDF-1.4"


def test_where_nothing_is_recognised_there_is_no_report(tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    result = run(str(SAMPLES / "mixed" / "not_ours_nvidia.txt"), "-o", str(out))
    assert result.exit_code == 3
    assert "no runs in these logs: logparse explain PATH" in result.stderr
    assert not out.exists()


def test_what_compare_alone_can_do_is_advised_as_its_command(logs: logparse.Logs) -> None:
    for command, spelling in (
        ("logparse report", "`logparse compare … --at samples`"),
        (None, '`compare(…, at="samples")`'),
    ):
        advice = " ".join(content(logs, command=command).findings["advice"])
        assert spelling in advice
        assert not re.search(r"`--(at|target|clock) |`(at|target|clock)=", advice)
        notes = markdown(content(logs, command=command))
        assert f"(at equal amounts: {spelling.strip('`')})" in notes.replace("\\", "")


def test_by_reaches_every_chart(logs: logparse.Logs) -> None:
    drawn, _ = drawings(content(logs, where="platform = 'cerebras'", by="batch_size"))
    labels = {chart.name: chart.rows["label"].drop_nulls() for chart in drawn if "label" in chart.rows.columns}
    for name in ("duration", "throughput", "loss", "tradeoff", "compile"):
        assert all(label.startswith("batch_size ") for label in labels[name]), name


def test_the_heading_counts_jobs_runs_and_files_as_ingest_does() -> None:
    paths = [SAMPLES / "sambanova" / n for n in ("bert_large_job_30512_submission.out", "bert_large_run_16_ranks.out")]
    found = content(logparse.ingest([*paths, SAMPLES / "README.md"]))
    header = Sections(found, [], []).header()
    assert (header["runs"], header["files"]) == ("1 job (2 runs)", "3 files, 1 without a run")
    assert found.title.startswith("1 job (2 runs): bert_large")
    single = Sections(content(logparse.ingest(TEN[2:4])), [], []).header()
    assert (single["runs"], single["files"]) == ("2 runs", "2 files")


def test_settings_from_names_are_no_claims_of_the_user() -> None:
    logs = logparse.ingest(
        [SAMPLES / "cerebras" / f"bert_{name}.out" for name in ("large_batch_1024", "pasted_crlf_cp1252")]
    )
    found = Sections(content(logs), [], [])._findings()
    assert found["claims_title"] == "Settings taken from names"
    named = [row for row in found["claims"] if "sequence" in row["claimed"]]
    origins = {row["run"]: (row["origin"], row["verdict_text"]) for row in named}
    assert origins == {
        "large_batch_1024": ("name in the log of a repeat", "only in the name"),
        "pasted_crlf_cp1252": ("name in the log", "only in the name"),
    }
    claimed = content(logs, claims="large_batch_1024:epochs=20")
    assert Sections(claimed, [], [])._findings()["claims_title"] == "Claims"
