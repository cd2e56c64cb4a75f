"""Whose log it is: whole lines in a vendor's form decide, and nothing else does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyparsing
import pytest
from conftest import SAMPLES, ingested

import logparse
from logparse.grammar import Grammar, registry

VENDORS = [g for g in registry.grammars() if not g.shared]
PLATFORMS = {"sambanova", "graphcore", "cerebras", "groq"}
MIXED = SAMPLES / "mixed" / "all_four_platforms.txt"


def sources(logs: logparse.Logs, root: Path) -> pl.DataFrame:
    """sources with `path` below `root` and its first `folder`."""
    path = pl.col("source").cast(pl.String).str.strip_prefix(f"{root}/")
    return logs.sources.with_columns(path.alias("path"), path.str.split("/").list.first().alias("folder"))


def sample_logs(folder: str = "") -> list[Path]:
    """Logs among the samples: no README, no expected values."""
    return sorted(
        p
        for p in (SAMPLES / folder).rglob("*")
        if p.is_file() and p.suffix != ".md" and not any(part.startswith(".") for part in p.parts)
    )


@pytest.fixture(scope="module")
def real(every_real_log: logparse.Logs, real_logs: Path) -> pl.DataFrame:
    return sources(every_real_log, real_logs)


# ---- each to its own ---- #


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_each_sample_is_its_platforms_and_no_others(platform: str) -> None:
    logs = sample_logs(platform)
    assert len(logs) >= 10
    found = ingested(logs).sources
    wrong = found.filter((pl.col("platform") != platform) | pl.col("platform").is_null() | (pl.col("status") != "read"))
    assert not wrong.height, wrong.select("source", "platform", "status").rows()


def test_each_real_log_is_the_platforms_of_its_folder_or_nobodys(real: pl.DataFrame) -> None:
    read = real.filter(pl.col("status") == "read")
    wrong = read.filter(pl.col("platform") != pl.col("folder"))
    assert not wrong.height, wrong.select("path", "platform").rows()
    counts = dict(read.group_by("folder").len().rows())
    assert {folder: counts[folder] >= 15 for folder in PLATFORMS} == dict.fromkeys(PLATFORMS, True)


def test_a_log_is_read_alike_alone_and_among_all_others() -> None:
    logs = [*sample_logs("mixed"), *sample_logs()[::7]]
    together = logparse.ingest(logs).sources
    for path, platform, read, known in together.select("source", "platform", "lines_read", "lines_known").rows():
        alone = ingested(path).sources.row(0, named=True)
        assert (alone["platform"], alone["lines_read"], alone["lines_known"]) == (platform, read, known), path


@pytest.mark.parametrize("grammar", VENDORS, ids=lambda g: g.name)
def test_each_telling_line_tells_its_vendor_and_no_other(grammar: Grammar) -> None:
    told = [(r, e) for r in grammar.rules if "identifies_platform" in r.marked for e in r.examples]
    assert told
    found = logparse.ingest([f"{example}\n".encode() for _, example in told]).sources
    for (rule, example), status, platform in zip(told, found["status"], found["platform"], strict=True):
        if "standalone" in rule.marked:
            assert (status, platform in (None, grammar.name)) == ("no_run", True), (rule.name, example, platform)
        else:
            assert (status, platform) == ("read", grammar.name), (rule.name, example)


def test_a_platform_told_by_one_line_after_much_noise_is_found() -> None:
    noise = "".join(f"step {n} of nothing in particular\n" for n in range(5000))
    line = "Running inference on GroqChip.\n"
    assert logparse.ingest((noise + line + noise).encode()).sources["platform"].item() == "groq"


def test_a_platform_told_last_among_thousands_of_lines_that_pass_its_gate_is_found() -> None:
    nearly = "Was it running inference on GroqChip. I think so\n" * 3000
    found = logparse.ingest([(nearly + "Running inference on GroqChip.\n").encode(), nearly.encode()]).sources
    assert found["platform"].to_list() == ["groq", None]


# ---- nobody's ---- #

NOT_OURS = ("not_ours_nvidia.txt", "not_ours_pip_install.txt", "not_ours_report.md")


@pytest.mark.parametrize("name", NOT_OURS)
def test_what_is_not_ours_has_no_run_and_the_reason_says_what_to_do(name: str) -> None:
    logs = logparse.ingest(SAMPLES / "mixed" / name)
    row = logs.sources.row(0, named=True)
    assert (row["platform"], logs.runs.height) == (None, 0)
    if name == "not_ours_nvidia.txt":
        assert row["status"] == "unknown_platform"
        assert "no line identifies a known platform" in row["reason"]
    else:
        assert row["status"] == "no_run"
        assert re.search(r"it names the platform [a-z]+, but no rule reads a line", row["reason"])
    assert "logparse explain" in row["reason"]
    assert {name: frame.height for name, frame in logs.frames().items() if name != "sources"} == {
        "runs": 0, "evidence": 0, "phases": 0, "metrics": 0, "params": 0, "messages": 0,
    }  # fmt: skip


def test_an_empty_file_says_that_it_is_empty() -> None:
    for empty in (SAMPLES / "mixed" / "empty.out", b"", b"\n\n  \n"):
        row = logparse.ingest(empty).sources.row(0, named=True)
        assert (row["status"], row["reason"]) == ("unknown_platform", "the file is empty")
        assert row["coverage"] is None


def test_what_cannot_be_read_is_told_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (tmp_path / "b.gz").write_bytes(b"\x1f\x8b\x08\x00\x00")
    (tmp_path / "c.out").write_bytes(b"Running inference on GroqChip.\n")
    found = logparse.ingest(tmp_path).sources
    assert found["status"].to_list() == ["unreadable", "unreadable", "read"]
    assert "cannot be decoded" in found["reason"][0]
    assert "cut off" in found["reason"][1]
    assert found["reason"][2] is None


@pytest.mark.parametrize(
    ("folder", "files"),
    [
        ("groq/seonghapark", 2),  # pip that fails to install
        ("groq/argonne-lcf/groq__running-a-model-or-program", 3),  # qstat, ls, grep
        ("groq/groq/examples__cli__", 17),  # benchit on x86 and NVIDIA
        ("groq/groq/docs__", 2),  # an example of the documentation
        ("groq/kazutomo", 1),  # a template: its figures are x
        ("cerebras/Men-cotton/analyze__WIO__raw_report", 3),  # floorplans
        ("cerebras/argonne-lcf/cerebras__job-queuing", 16),  # tables of csctl
        ("graphcore/matildalab/2-command-line-tools", 3),  # gc-info, gc-monitor
        ("sambanova/tstabrawa/Sambanova__HW7-results__slurm-437", 5),  # "Using ... for output"
    ],
)
def test_real_files_without_a_run_give_none(real: pl.DataFrame, folder: str, files: int) -> None:
    found = real.filter(pl.col("path").str.starts_with(folder))
    assert found.height == files
    assert set(found["status"]) <= {"unknown_platform", "no_run"}, found.select("path", "status").rows()
    assert not found["reason"].null_count()


@pytest.mark.parametrize(
    "path",
    [
        "cerebras/ed-araya/05-AITestbed__README.md",
        "sambanova/WolandDream/Report_performance",
        "sambanova/WolandDream/Sambanova__Report",
        "graphcore/WolandDream/Graphcore__mnist__Report",
        "sambanova/marija-iloska/hw_sambanova_iloska.md",
        "cerebras/marija-iloska/hw_cerebras_iloska.md",
    ],
)
def test_a_persons_report_is_no_log(real: pl.DataFrame, path: str) -> None:
    row = real.row(by_predicate=pl.col("path") == path, named=True)
    assert (row["status"] in NO_LOG, row["platform"]) == (True, None)


NO_LOG = ("unknown_platform", "no_run")

PROSE = (
    "On Groq the table said | groq | 77.47% | 0.06 | 16612.48 | and so did mine.",
    "I saw `Woohoo! Saved to ~/.cache/groqflow/bert_tiny` at the end.",
    "The log says INFO:   | Train Device=CSX, Step=1000, Loss=7.07812, which is good.",
    "Then `Graph compilation: 100%|██████████| 100/100 [00:22<00:00]` took 22 s.",
    "Its last line was Duration: 781 and I do not know why.",
    "In groqflow, poptorch, sambaflow and cerebras_pytorch the same model is called BERT.",
    "Training completed successfully! is what matters.",
    "We used a GroqChip, an IPU-POD4, an SN30 and a CS-2 (Wafer Scale Cluster).",
)


@pytest.mark.parametrize("sentence", PROSE)
def test_prose_that_quotes_a_log_is_no_log(sentence: str) -> None:
    row = logparse.ingest(f"# Notes\n\n{sentence}\n- {sentence}\n> {sentence}\n".encode()).sources.row(0, named=True)
    assert (row["status"] in NO_LOG, row["platform"]) == (True, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("notes\n\nThis was on SAMBANOVA.\n", "it names the platform sambanova"),
        ("user@sn30-r1-h1:~$ ls\n", "it names the platform sambanova"),
        ("pip install poptorch-experimental-addons\n", "it names the platform graphcore"),
        ("Cerebras, then Groq\n", "it names the platform cerebras"),
        ("hagroqs and agroqed\n", None),
        ("samba share of a poplar tree\n", None),
    ],
)
def test_a_text_that_names_a_platform_is_not_of_an_unknown_one(text: str, reason: str | None) -> None:
    row = logparse.ingest(text.encode()).sources.row(0, named=True)
    assert (row["status"], row["platform"]) == ("no_run" if reason else "unknown_platform", None)
    assert row["reason"].startswith(reason or "no line identifies a known platform")


SHARED_ONLY = (
    "srun: job 20894 queued and waiting for resources\nsrun: job 20894 has been allocated resources\n",
    "Submitted batch job 30451\n",
    "qsub: job 6324.groq-r01-controller.ai.alcf.anl.gov ready\n",
    "100%|██████████| 2210/2210 [00:04<00:00, 449.47it/s]\n",
    "Traceback (most recent call last):\nValueError: no\n",
    "ERROR: No matching distribution found for groq-devtools\n",
    "(groqflow) user@gc-poplar-04:~/groqflow/proof_points$ pip3 install groq-devtools\n",
    "  JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)\n"
    "  43717 sambanova BertLarg    user  R       1:45      1 sn30-r1-h1\n",
)


@pytest.mark.parametrize("text", SHARED_ONLY)
def test_what_several_platforms_print_tells_none(text: str) -> None:
    logs = logparse.ingest(text.encode())
    assert logs.runs.height == 0
    assert logs.sources["platform"].to_list() == [None]
    assert logs.sources["status"].item() in ("unknown_platform", "no_run")


# ---- several in one file ---- #


def test_a_file_with_runs_of_four_platforms_gives_each_its_own() -> None:
    logs = ingested(MIXED)
    assert set(logs.sources["platform"].item().split(", ")) == PLATFORMS
    runs = logs.runs.sort("line_first")
    assert runs["platform"].to_list() == ["sambanova", "graphcore", "cerebras", "groq"]
    assert (runs["line_first"].slice(1) > runs["line_last"].head(3)).all(), "no run reaches into the next"
    assert runs["device_kind"].to_list() == ["RDU", "IPU", "CSX", "GroqChip"]
    assert runs["accuracy"].to_list()[1::2] == [0.9824, 0.7747]
    assert logs.sources["grammar"].item().count(",") == 3


def test_in_a_file_of_several_platforms_each_line_gives_to_one_run_only() -> None:
    logs = ingested(MIXED)
    spans = logs.runs.select("run", "line_first", "line_last")
    lines = pl.concat(
        [logs.metrics.select("run", "line"), logs.evidence.filter(pl.col("line").is_not_null()).select("run", "line")]
    ).join(spans, on="run")
    assert lines.height > 50
    outside = lines.filter(~pl.col("line").is_between("line_first", "line_last"))
    assert not outside.height, outside.rows()[:5]
    assert logs.metrics.group_by("line").agg(pl.col("run").n_unique())["run"].max() == 1


def test_each_platforms_part_of_a_file_reads_as_it_does_alone() -> None:
    lines = MIXED.read_text().splitlines(keepends=True)
    whole = ingested(MIXED).runs
    for row in whole.iter_rows(named=True):
        part = "".join(lines[row["line_first"] - 1 : row["line_last"]])
        alone = logparse.ingest(part.encode()).runs.row(0, named=True)
        left_out = ("source", "label", "line_first", "line_last", "group")
        differ = {k: (v, alone[k]) for k, v in row.items() if v != alone[k] and k not in left_out}
        assert not differ, (row["platform"], differ)


# ---- a fifth vendor ---- #

FIFTH = '''
"""A made-up vendor, in one file."""
from logparse.grammar import Grammar, Infer, Reported, Rule, Take, integer, real, timestamp_seconds, word

GRAMMAR = Grammar(
    name="tidewater",
    title="Tidewater wave engines",
    device_kind="Wave",
    rules=(
        Rule(
            "start", "[tw] 2024-05-01 10:00:00 wave engine up: model reef, batch 64",
            "[tw] " + timestamp_seconds("at") + " wave engine up: model " + word("model") + ", batch "
            + integer("batch_size"),
            marks="identifies_platform begin",
        ),
        Rule("compiled", "[tw] compiled in 12.5 s", "[tw] compiled in " + real("compile_s") + " s"),
        Rule(
            "step", "[tw] step 10 loss 2.5 at 640.0 samples/s",
            "[tw] step " + integer("step") + " loss " + real("loss") + " at " + real("throughput@mean") + " samples/s",
            marks="running", split="train",
        ),
        Rule("done", "[tw] 2024-05-01 10:01:00 done", "[tw] " + timestamp_seconds("at") + " done", marks="result"),
    ),
    identity=("start.at", "start.model"),
    phases=(Reported("compile", "compiled.compile_s"),),
    columns=(
        Take("model", "start.model"), Take("batch_size", "start.batch_size"), Take("steps", "step.step"),
        Take("loss", "step.loss"), Take("throughput", "step.throughput@mean"), Infer("task", "train", because="step"),
    ),
    absent={"score": ("not_in_log", "the engine does not evaluate")},
)
'''

FIFTH_LOG = """$ tw run reef.py
[tw] 2024-05-01 10:00:00 wave engine up: model reef, batch 64
[tw] compiled in 12.5 s
[tw] step 10 loss 2.5 at 640.0 samples/s
[tw] step 20 loss 2.25 at 650.0 samples/s
[tw] 2024-05-01 10:01:00 done
"""


@pytest.fixture
def fifth(tmp_path: Path) -> Path:
    path = tmp_path / "tidewater.py"
    path.write_text(FIFTH, encoding="utf-8")
    return path


def test_a_fifth_vendor_is_one_file_given_by_path(fifth: Path) -> None:
    assert logparse.ingest(FIFTH_LOG.encode()).sources["status"].item() == "unknown_platform"
    logs = logparse.ingest(FIFTH_LOG.encode(), grammars=[fifth])
    assert logs.runs.height == 1
    run = logs.runs.row(0, named=True)
    given = {
        "platform": "tidewater", "device_kind": "Wave", "task": "train", "model": "reef", "status": "completed",
        "steps": 20, "batch_size": 64, "samples": 1280,
    }  # fmt: skip
    assert {name: run[name] for name in given} == given
    assert (run["loss"], run["throughput"], run["compile_s"], run["total_s"]) == (2.25, 650.0, 12.5, 60.0)
    assert logs.phases.select("phase", "duration_s").rows() == [("compile", 12.5)]
    losses = logs.metrics.filter(pl.col("name") == "loss").select("step", "value", "line").rows()
    assert losses == [(10, 2.5, 4), (20, 2.25, 5)]
    reason = logs.evidence.filter((pl.col("column") == "score") & (pl.col("how") == "absent"))["reason"].item()
    assert reason == "the engine does not evaluate"
    assert logs.sources["grammar"].item() == "tidewater 1"


def test_a_fifth_vendor_stands_beside_the_four(fifth: Path) -> None:
    text = MIXED.read_text() + "\n5. Tidewater\n------------\n" + FIFTH_LOG
    logs = logparse.ingest([text.encode(), *sample_logs("groq")], grammars=[fifth])
    first = logs.runs.filter(pl.col("source") == "<bytes>").sort("line_first")
    assert first["platform"].to_list() == ["sambanova", "graphcore", "cerebras", "groq", "tidewater"]
    assert set(logs.sources["platform"].to_list()[1:]) == {"groq"}
    assert {g.name for g in registry.grammars()} == {*PLATFORMS, "common"}, "nothing was installed"


def test_a_checkout_finds_its_grammars_without_the_editable_finder() -> None:
    root = SAMPLES.parent
    code = """
import logparse
import logparse.grammars
print(logparse.__file__)
print(logparse.grammars.__file__)
print(*sorted(logparse.ingest("sample_logs/groq").runs["platform"].unique()))
"""
    # The dependencies alone: -S keeps the .pth files in their folders, and with them an editable install, out of it.
    packages = {str(Path(str(module.__file__)).parents[1]) for module in (pl, pyparsing)}
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(packages)}
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    package, grammars = str(root / "logparse" / "__init__.py"), str(root / "grammars" / "__init__.py")
    assert done.stdout.splitlines() == [package, grammars, "groq"]


def test_the_folder_of_grammars_is_not_a_package_of_its_own() -> None:
    command = [sys.executable, "-c", "import grammars"]
    done = subprocess.run(command, cwd=SAMPLES.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "import logparse.grammars" in done.stderr


def test_a_grammar_of_an_installed_name_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(FIFTH.replace('name="tidewater"', 'name="groq"'), encoding="utf-8")
    groq = SAMPLES / "groq" / "bert_tiny_dummy_input.out"
    logs = logparse.ingest([groq, FIFTH_LOG.encode()], grammars=[path])
    assert logs.sources["platform"].to_list() == [None, "groq"]


def test_a_file_without_a_grammar_gives_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("X = 1\n")
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    with pytest.raises(logparse.GrammarError, match="does not define a grammar"):
        logparse.ingest(FIFTH_LOG.encode(), grammars=[tmp_path / "empty.py"])
    with pytest.raises(logparse.GrammarError, match="cannot be imported"):
        logparse.ingest(FIFTH_LOG.encode(), grammars=[tmp_path / "broken.py"])
    with pytest.raises(logparse.GrammarError, match="grammar file not found"):
        logparse.ingest(FIFTH_LOG.encode(), grammars=[tmp_path / "missing.py"])


@pytest.mark.parametrize(
    ("line", "wrong", "message"),
    [
        ('"done", "[tw] 2024-05-01 10:01:00 done"', '"done", "[tw] 10:01 done"', "does not match its own example"),
        ('real("loss")', 'real("los")', "did you mean 'loss'"),
        ('marks="identifies_platform begin"', 'marks="begin"', "no rule is marked identifies_platform"),
        ('marks="running"', 'marks="runnings"', "unknown mark"),
        ('Reported("compile"', 'Reported("compiling"', "unknown phase"),
    ],
)
def test_a_mistake_in_a_grammar_is_named_before_any_log_is_read(
    tmp_path: Path, line: str, wrong: str, message: str
) -> None:
    assert line in FIFTH
    path = tmp_path / "tidewater.py"
    path.write_text(FIFTH.replace(line, wrong), encoding="utf-8")
    with pytest.raises(logparse.GrammarError, match=message):
        logparse.ingest(FIFTH_LOG.encode(), grammars=[path])
