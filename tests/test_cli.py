"""The command line: what goes where, in which form, and with which exit code."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import polars as pl
import pytest
from click.shell_completion import ShellComplete
from click.testing import Result
from conftest import SAMPLES, real_run, run

import logparse
from logparse import charts
from logparse import cli as package
from logparse.cli import _options, _progress, _synonyms, load, names
from logparse.grammar import registry
from logparse.schema import FRAMES

CEREBRAS = SAMPLES / "cerebras"
GROQ = SAMPLES / "groq" / "bert_tiny_dummy_input.out"
FRAME_COMMANDS = sorted(FRAMES)

ACME = """
from logparse.grammar import Grammar, Rule, Take, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(Rule("done", "acme: loss 2.5", "acme: loss " + real("loss"), marks="identifies_platform result"),),
    columns=(Take("loss", "done.loss"),),
)
"""


# ---- the commands ---- #


def test_commands_are_the_files_of_the_folder() -> None:
    assert {"ingest", "show", "explain", "grammars", "compare", "findings", *FRAMES} <= set(names())
    assert not any(name.startswith("_") for name in names())


@pytest.mark.parametrize("name", names())
def test_a_command_has_help_with_an_example(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"logparse {name} " in result.stdout.partition("Example")[2]
    assert 10 < len(load(name).get_short_help_str()) <= 60
    assert "..." not in load(name).get_short_help_str(60)


@pytest.mark.parametrize("name", sorted({*names()} - {"export", "store", "follow", "label", "note", "baseline"}))
def test_a_command_prints_in_every_format(name: str) -> None:
    options = {o for p in load(name).params for o in p.opts}
    assert {"--format", "-o", "--output"} <= options


def test_help_names_all_commands_and_loads_nothing_heavy() -> None:
    result = real_run("--help")
    assert all(name in result.stdout for name in names())
    heavy = "{'polars', 'pyparsing', 'altair'}"
    code = f"import sys, logparse.cli as c; [c.load(n) for n in c.names()]; print({heavy} & {{*sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert loaded.stdout == "set()\n"


def test_version_is_that_of_the_package() -> None:
    assert run("--version").stdout == f"logparse {logparse.__version__}\n"


# ---- usage ---- #


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ingst"], "'ingest'?"),
        (["ingest", "--fromat", "csv", "x"], "Did you mean"),
        (["ingest"], "no logs given"),
        (["explain"], "no logs given"),
        (["ingest", "no_such_file.out"], "no_such_file.out"),
        (["ingest", "*.nothing"], "nothing matches *.nothing"),
        (["runs", str(GROQ), "--format", "xml"], "'xml' is not one of"),
        (["runs", str(GROQ), "-o", "runs.doc"], "cannot infer the format of runs.doc"),
        (["runs", str(GROQ), "-o", "no_such_folder/runs.csv"], "the folder no_such_folder does not exist"),
        (["runs", str(GROQ), "--where", "througput > 1"], "did you mean 'throughput'?"),
        (["runs", str(GROQ), "--where", "zzz > 1"], "Columns of runs: run, label"),
        (["runs", str(GROQ), "--where", "platform = groq"], "a text is in single quotes: 'groq'"),
        (["sql", "SELECT run FROM rums", str(GROQ)], "did you mean 'runs'?"),
        (["runs", str(GROQ), "--where", "throughput >"], "sql parser error"),
        (["runs", str(GROQ), "--where", "1=1; DROP TABLE runs"], "this is not one SQL expression"),
        (["ingest", str(GROQ), "--min-coverage", "90"], "not in the range"),
        (["ingest", str(GROQ), "--grammar", "none.py"], "grammar file not found: none.py"),
        (["grammars", "--platform", "nvidia"], "choose from cerebras"),
        (["grammars", "check", "nvidia"], "neither a file nor a platform"),
    ],
)
def test_wrong_usage_says_what_is_wrong_and_exits_with_2(arguments: list[str], said: str, desk: Path) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_wrong_format_is_told_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_options, "read", lambda *_: pytest.fail("it was read"))
    for name in ("ingest", "runs"):
        assert run(name, GROQ, "-o", "runs.doc").exit_code == 2


# ---- messages ---- #


@pytest.mark.parametrize(
    ("arguments", "problem", "remedy"),
    [
        (["--at", "nonsense"], "--at: 'nonsense' is not a valid point", "write samples, steps, time, or a metric"),
        (["--at", "samples=100"], "--at: 'samples=100'", "samples takes no number"),
        (["--at", "los=7"], "--at: 'los=7'", "did you mean 'loss'?"),
        (["--target", "samples"], "--target: 'samples' is not a valid target", "(--at samples)"),
        (["--target", "low"], "--target: 'low'", "write a metric and a number (loss<=7.3)"),
        (["--change", "2024-13-45"], "--change 2024-13-45: month must be in 1..12", "2024-04-01T12:00"),
        (["--since", "2024-02-30"], "--since 2024-02-30: day ", "give an age (30min, 12h, 7d, 2w)"),
        (["--since", "9000000d"], "--since 9000000d: no date is so long ago", "give an age"),
        (["--since", "lately"], "--since lately: give an age", "a date (2024-04-01)"),
    ],
)
def test_a_wrong_value_names_its_option_and_what_that_takes(arguments: list[str], problem: str, remedy: str) -> None:
    result = run("compare", CEREBRAS, *arguments)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert remedy in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["runs", "-o", "missing/folder/a.csv"],
        ["compare", "-o", "missing/folder/a.md"],
        ["report", "-o", "missing/folder/a.html"],
        ["chart", "loss", "-o", "missing/folder/a.svg"],
        ["chart", "loss", "--data", "missing/folder/a.csv"],
    ],
    ids=" ".join,
)
def test_an_output_in_a_missing_folder_is_refused_before_reading(command: list[str], desk: Path) -> None:
    result = run(*command, "nor/is/this")
    assert result.exit_code == 2
    assert "the folder missing/folder does not exist; make it first" in result.stderr


def test_an_output_below_a_file_is_refused(desk: Path) -> None:
    (desk / "file").write_text("")
    assert "file is not a folder" in run("runs", CEREBRAS, "-o", "file/a.csv").stderr


@pytest.mark.parametrize("command", [["runs"], ["metrics"], ["compare"], ["findings"], ["report"], ["chart", "loss"]])
def test_each_command_says_why_files_have_no_run(command: list[str], desk: Path) -> None:
    (desk / "binary.out").write_bytes(bytes(range(256)) * 9)
    (desk / "other.log").write_text("nothing that anybody knows\n")
    result = run(*command, "binary.out", *(["-o", "a.svg"] if command[0] == "chart" else []))
    assert result.exit_code == 3
    assert "This is binary data" in result.stderr
    assert "logparse explain" not in result.stderr
    result = run(*command, ".", *(["-o", "a.svg"] if command[0] == "chart" else []))
    assert "This is binary data, not the text of a log: leave it out.): binary.out" in result.stderr
    assert "no line identifies a known platform; `logparse explain` shows its lines): other.log" in result.stderr


def test_a_path_in_place_of_a_chart_is_no_unknown_chart(desk: Path) -> None:
    result = run("chart", CEREBRAS, "-o", "a.svg")
    assert result.exit_code == 2
    assert f"{CEREBRAS} is not a chart: name a chart before the path; choose from accuracy, " in result.stderr
    (desk / "losses").mkdir()
    assert "name a chart before the path; did you mean 'loss'?" in run("chart", "losses", "-o", "a.svg").stderr


@pytest.mark.parametrize("command", [["ingest", "--no-store"], ["runs"], ["compare"]], ids=" ".join)
def test_a_folder_without_permission_is_told_with_the_remedy(
    command: list[str], desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk / "closed").mkdir()
    listed, access = os.listdir, os.access

    def refused(path: Path) -> list[str]:
        if Path(path).name == "closed":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return listed(path)

    monkeypatch.setattr(os, "listdir", refused)
    monkeypatch.setattr(os, "access", lambda path, mode, **extra: path != "closed" and access(path, mode, **extra))
    result = run(*command, "closed")
    assert result.exit_code == 4
    assert "There is no permission to read it: ask its owner, or change it with chmod.): closed" in result.output


@pytest.mark.parametrize("command", ["report", "compare", "runs"])
def test_an_option_that_only_ingest_needs_is_explained(command: str) -> None:
    result = run(command, "--no-store", CEREBRAS)
    assert result.exit_code == 2
    assert "Only ingest keeps what it reads" in result.stderr
    assert "Did you mean" not in result.stderr


# ---- exit codes ---- #


def test_nothing_recognised_is_3(desk: Path) -> None:
    (desk / "prose.txt").write_text("The model reached 97 % in 12 s.\n")
    for name in ("ingest", "runs", "explain"):
        assert run(name, "prose.txt").exit_code == 3


def test_findings_of_no_run_are_not_called_none(desk: Path) -> None:
    (desk / "notes.txt").write_text("nothing that is known\n")
    result = run("findings", "notes.txt")
    assert result.exit_code == 3
    assert "no runs in these logs: logparse explain PATH... shows how they are parsed" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "command",
    [["ingest", "--no-store"], ["runs"], ["compare"], ["findings"], ["report"], ["chart", "loss", "-o", "a.html"]],
    ids=" ".join,
)
def test_an_empty_folder_is_told_in_the_same_words_everywhere(command: list[str], desk: Path) -> None:
    (desk / "empty").mkdir()
    result = run(*command, "empty")
    assert result.exit_code == 3
    assert result.stderr.strip() == "no files to read in empty (folders are searched recursively)"


@pytest.mark.parametrize(
    ("command", "given", "meant"),
    [
        ("compare", "--group", "--by"),
        ("compare", "--filter", "--where"),
        ("compare", "--before", "--change"),
        ("chart", "--hue", "--by"),
        ("runs", "--order-by", "--sort"),
        ("runs", "--out", "--output"),
        ("runs", "--wher", "--where"),
    ],
)
def test_the_name_that_other_tools_give_an_option_is_understood(command: str, given: str, meant: str) -> None:
    result = run(command, given, "x")
    assert result.exit_code == 2
    assert f"No such option '{given}'. Did you mean '{meant}'?" in result.stderr
    assert f"{meant}" in run(command, "--help").stdout


def test_each_option_of_other_tools_means_one_option() -> None:
    every = [name for names in _synonyms.OPTIONS.values() for name in names]
    assert len(every) == len(set(every))
    known = {name for command in names() for param in load(command).params for name in param.opts}
    assert set(_synonyms.OPTIONS) <= known


def test_an_unreadable_file_is_4_and_the_rest_is_read(desk: Path) -> None:
    shutil.copy(GROQ, desk / "good.out")
    (desk / "gone.out").symlink_to(desk / "nowhere")
    for name in ("ingest", "runs", "explain"):
        result = run(name, desk)
        assert result.exit_code == 4
        assert "good.out" in result.stdout


def test_a_gate_that_is_not_met_is_5_and_is_the_highest(desk: Path) -> None:
    (desk / "half.out").write_text(GROQ.read_text() + "what is this\n" * 50)
    (desk / "gone.out").symlink_to(desk / "nowhere")
    assert run("ingest", "half.out", "--min-coverage", "0.1").exit_code == 0
    result = run("ingest", desk, "--min-coverage", "0.9")
    assert result.exit_code == 5
    assert "--min-coverage 0.9 not reached" in result.stderr
    assert "half.out" in result.stdout


def test_a_fault_of_ours_is_one_sentence_and_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise KeyError("columns")

    monkeypatch.setattr(_options, "read", fails)
    result = run("runs", GROQ)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert result.stderr.startswith("Error: internal error in logparse (KeyError: 'columns')")
    result = run("runs", GROQ, env={"LOGPARSE_DEBUG": "1"})
    assert result.exit_code == 1
    assert 'raise KeyError("columns")' in result.stderr


def test_an_installed_grammar_that_is_wrong_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise logparse.GrammarError("no rule is marked identifies_platform")

    monkeypatch.setattr(registry, "installed", registry.built_in.__wrapped__)
    monkeypatch.setattr(registry.importlib, "import_module", fails)
    assert run("runs", GROQ).exit_code == 1


def test_interrupting_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_options, "read", interrupted)
    assert run("runs", GROQ).exit_code == 130


def test_a_reader_that_stops_early_is_no_error() -> None:
    script = f"set -o pipefail; {Path(sys.executable).parent}/logparse metrics {CEREBRAS} --format csv"
    for reader in ("head -1", "true"):
        piped = subprocess.run(["bash", "-c", f"{script} | {reader}"], capture_output=True, text=True)
        assert (piped.returncode, piped.stderr) == (0, "")


# ---- input ---- #


def test_a_dash_is_standard_input() -> None:
    result = run("runs", "-", "--format", "csv", input=GROQ.read_bytes())
    assert result.exit_code == 0
    assert "<stdin>" in result.stdout
    assert run("explain", "-", input=GROQ.read_bytes()).stdout.startswith("<stdin>: groq\n")


def test_names_of_logs_come_from_a_file_or_from_standard_input(desk: Path) -> None:
    (desk / "list.txt").write_text(f"{GROQ}\n")
    from_file = run("runs", "--files-from", "list.txt", "--format", "csv")
    from_stdin = run("runs", "--files-from", "-", "--format", "csv", input=f"{GROQ}\n")
    assert from_file.exit_code == 0
    assert from_file.stdout == from_stdin.stdout == run("runs", GROQ, "--format", "csv").stdout


def test_a_grammar_of_ones_own_is_used_without_installing(desk: Path) -> None:
    (desk / "acme.py").write_text(ACME)
    (desk / "acme.log").write_text("acme: loss 1.25\n")
    assert run("ingest", "acme.log").exit_code == 3
    result = run("ingest", "acme.log", "--grammar", "acme.py")
    assert result.exit_code == 0
    assert "loss 1.25" in result.stdout
    assert "acme/done  loss=1.25" in run("explain", "acme.log", "--grammar", "acme.py").stdout


# ---- output ---- #


@pytest.mark.usefixtures("read_once")
@pytest.mark.parametrize("name", FRAME_COMMANDS)
def test_a_frame_has_the_same_columns_in_every_format_with_rows_or_none(name: str) -> None:
    frame = getattr(logparse.ingest(GROQ), name)
    schema = list(FRAMES[name])
    for where in ("1 = 1", "1 = 0"):
        rows = 0 if where == "1 = 0" else frame.height
        csv = run(name, GROQ, "--where", where, "--format", "csv")
        assert csv.exit_code == 0
        read = pl.read_csv(io.StringIO(csv.stdout), infer_schema=False)
        assert (read.columns, read.height) == (schema, rows)
        made = json.loads(run(name, GROQ, "--where", where, "--format", "json").stdout)
        assert (made["logparse"], made["frame"], len(made["rows"])) == (logparse.__version__, name, rows)
        assert all(list(row) == schema for row in made["rows"])
        lines = run(name, GROQ, "--where", where, "--format", "ndjson").stdout.splitlines()
        assert [json.loads(line) for line in lines] == made["rows"]
        parquet = run(name, GROQ, "--where", where, "--format", "parquet").stdout_bytes
        assert pl.read_parquet(parquet).schema == frame.schema


@pytest.mark.usefixtures("read_once")
def test_a_file_is_written_in_the_format_of_its_suffix(desk: Path) -> None:
    for suffix, begins in {
        ".csv": b"run,label,", ".json": b'{"logparse": "', ".ndjson": b'{"run":', ".md": b"| run | label |",
        ".tex": rb"\begin{tabular}", ".parquet": b"PAR1", ".txt": b"run ",
    }.items():  # fmt: skip
        result = run("runs", GROQ, "-o", f"runs{suffix}")
        assert (result.exit_code, result.stdout) == (0, "")
        assert re.fullmatch(rf"Wrote runs{suffix} \(\d+ (bytes|kB)\)\.\n", result.stderr)
        assert (desk / f"runs{suffix}").read_bytes().startswith(begins)
    assert run("runs", GROQ, "-o", "runs.txt", "--format", "json").exit_code == 0
    assert json.loads((desk / "runs.txt").read_text())["frame"] == "runs"


def test_chart_alone_lists_the_charts_and_so_does_its_help() -> None:
    alone, help = run("chart"), run("chart", "--help")
    assert alone.exit_code == 0
    for name in charts.names():
        for text in (alone.output, help.output):
            assert re.search(rf"^  {name} +[A-Z]", text, re.MULTILINE), name
    assert len(re.findall(r"\bNeeds\b", alone.output)) == len(charts.names())


def test_a_report_goes_to_a_file_and_not_to_a_terminal(desk: Path) -> None:
    log = SAMPLES / "groq" / "resnet50.out"
    assert _on_terminal("report", log).startswith(b"Wrote report.html (")
    assert (desk / "report.html").read_bytes().startswith(b"<!DOCTYPE html>")
    assert _on_terminal("report", log, "--format", "md").startswith(b"Wrote report.md (")
    assert (desk / "report.md").read_bytes().startswith(b"# 1 run: resnet50")
    assert run("report", log).stdout.startswith("<!DOCTYPE html>")


def _on_terminal(*arguments: object) -> bytes:
    """What the installed script prints on a terminal."""
    parent, child = pty.openpty()
    script = Path(sys.executable).parent / "logparse"
    with subprocess.Popen([script, *map(str, arguments)], stdin=child, stdout=child, stderr=child):
        os.close(child)
        out = b""
        with contextlib.suppress(OSError):  # Linux reports the end of a terminal as an error
            while piece := os.read(parent, 65536):
                out += piece
    os.close(parent)
    return out


def test_parquet_is_not_for_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr(_options.sys, "stdout", Terminal())
    with pytest.raises(click.UsageError, match="parquet is binary and not printed to a terminal"):
        _options.is_table("parquet", None)


@pytest.mark.usefixtures("read_once")
def test_where_may_look_into_the_other_frames() -> None:
    condition = "run IN (SELECT run FROM runs WHERE batch_size = 512) AND name = 'loss' AND step = 1000"
    rows = json.loads(run("metrics", *CEREBRAS.glob("*_batch_*.out"), "--where", condition, "--format", "json").stdout)[
        "rows"
    ]
    assert [row["value"] for row in rows] == [7.125]


def test_only_data_goes_to_standard_output() -> None:
    result = real_run("runs", CEREBRAS, "--format", "csv")
    assert (result.returncode, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) == 1 + logparse.ingest(CEREBRAS).runs.height


def test_piped_output_is_neither_cut_nor_wrapped() -> None:
    for name in ("ingest", "runs", "explain"):
        wide = real_run(name, CEREBRAS / "bert_large_batch_512.out")
        narrow = real_run(name, CEREBRAS / "bert_large_batch_512.out", env={**os.environ, "COLUMNS": "20"})
        assert wide.stdout == narrow.stdout
        assert "…" not in wide.stdout
        assert "\x1b" not in wide.stdout


def test_colour_can_be_forced_and_refused() -> None:
    plain = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    log = SAMPLES / "mixed"
    forced = real_run("ingest", log, env={**plain, "FORCE_COLOR": "1"}).stdout
    refused = real_run("ingest", log, env={**plain, "FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout
    assert "\x1b[1m" in forced
    assert "\x1b[" not in refused
    link = f"\x1b]8;;{(log / 'all_four_platforms.txt').as_uri()}#"
    assert link in forced
    assert link in refused
    bare = real_run("ingest", log, env=plain).stdout
    assert bare == _without_escapes(forced) == _without_escapes(refused)


def _without_escapes(text: str) -> str:
    from logparse.text.terminal import _ESCAPE

    return _ESCAPE.sub("", text)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_progress_bar_shows_on_a_terminal_after_a_while_and_only_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(stream: io.StringIO, patience: float) -> str:
        monkeypatch.setattr(_progress, "PATIENCE", patience)
        monkeypatch.setattr(sys, "stderr", stream)
        with _progress.Progress([str(GROQ)]) as progress:
            progress(500, "bert.out")
        return stream.getvalue()

    assert "bert.out" in drawn(Terminal(), patience=0)
    assert drawn(Terminal(), patience=60) == ""
    assert drawn(io.StringIO(), patience=0) == ""


# ---- settings ---- #


def test_an_option_may_stand_in_the_environment() -> None:
    result = run("runs", GROQ, env={"LOGPARSE_RUNS_FORMAT": "json"})
    assert json.loads(result.stdout)["frame"] == "runs"


@pytest.mark.parametrize(("file", "head"), [("logparse.toml", ""), ("pyproject.toml", "tool.logparse")])
def test_an_option_may_stand_in_a_settings_file_here_or_above(file: str, head: str, desk: Path) -> None:
    table = f"[{head}]\n" if head else ""
    own = f"[{head}.runs]" if head else "[runs]"
    (desk / file).write_text(f'{table}files-from = "logs.txt"\nmin_coverage = 0.5\n{own}\nformat = "json"\n')
    (desk / "logs.txt").write_text(f"{GROQ}\n")
    (desk / "below").mkdir()
    os.chdir(desk / "below")
    assert json.loads(run("runs").stdout)["rows"][0]["platform"] == "groq"
    assert run("runs", "--format", "csv").stdout.startswith("run,label")
    assert run("ingest").stdout.startswith("1 file: 1 run.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("formt = 'csv'", "unknown key 'formt'; did you mean 'format'?"),
        ("[run]\nformat = 'csv'", "unknown key 'run'; did you mean 'runs'?"),
        ("[runs]\nmin-coverage = 0.5", "unknown key 'runs.min-coverage'; choose from"),
        ("format = ", "cannot be read"),
    ],
)
def test_a_settings_file_that_is_wrong_is_wrong_usage(text: str, said: str, desk: Path) -> None:
    (desk / "logparse.toml").write_text(text)
    result = run("runs", GROQ)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_completion_knows_commands_columns_and_platforms() -> None:
    def completed(*words: str) -> str:
        environment = {
            **os.environ, "_LOGPARSE_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(["logparse", *words]),
            "COMP_CWORD": str(len(words)),
        }  # fmt: skip
        return real_run(env=environment).stdout

    assert "plain,explain" in completed("expl")
    assert "plain,throughput" in completed("show", "any", "through")
    assert "plain,groq" in completed("grammars", "check", "gr")
    assert "plain,ndjson" in completed("runs", "--format", "nd")


def complete(*words: str) -> list[str]:
    """What the shell offers for the last of these words."""
    found = ShellComplete(package.cli, {}, "logparse", "_LOGPARSE_COMPLETE").get_completions(
        list(words[:-1]), words[-1]
    )
    return [item.value for item in found]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["chart", "tr"], ["tradeoff", "trend"]),
        (["compare", "--by", "batch"], ["batch_size"]),
        (["compare", "--at", "s"], ["samples", "steps"]),
        (["compare", "--ignore", "out"], ["outlier"]),
        (["report", "--by", "batch"], ["batch_size"]),
        (["runs", "--columns", "label,batch"], ["label,batch_size"]),
        (["runs", "--columns", "batch_size,batch"], []),
        (["evidence", "--sort", "form"], ["formula"]),
    ],
    ids=" ".join,
)
def test_completion_offers_the_names_of_columns_charts_findings_and_points(
    words: list[str], offered: list[str]
) -> None:
    assert complete(*words) == offered


def test_completion_offers_the_runs_of_the_store_here_and_of_a_store_that_is_named(desk: Path) -> None:
    logparse.ingest(GROQ, store="kept")
    name = GROQ.name
    for words in (["show"], ["compare"], ["compare", "--baseline"], ["report", "--baseline"], ["label"], ["note"]):
        assert complete(*words[:1], "--store", "kept", *words[1:], name[:5]) == [name]
    for words in (["baseline"], ["baseline", "--store", "none"]):
        assert complete(*words, name[:5]) == [name[:5]]  # the shell completes files
    Path("kept").rename(".logparse")
    assert complete("baseline", name[:5]) == [name]


# ---- show ---- #

BATCH = ("bert_large_batch_512.out", "bert_large_batch_1024.out", "bert_large_batch_2048.out")


def show(*arguments: str) -> Result:
    return run("show", *arguments, *(CEREBRAS / name for name in BATCH))


@pytest.mark.usefixtures("read_once")
def test_show_gives_the_value_its_line_and_the_place_of_the_match() -> None:
    result = show("batch_1024", "throughput", "-C", "0")
    assert result.exit_code == 0
    head, line, mark = result.stdout.splitlines()
    assert head.startswith("4847.18 samples/s  read as printed; rule cerebras/train_step; ")
    assert line[mark.index("^") : mark.rindex("^") + 1] == "4847.18"
    number = int(line.split("|")[0])
    assert head.endswith(f"bert_large_batch_1024.out:{number}")
    assert line.partition("| ")[2] == (CEREBRAS / BATCH[1]).read_text().splitlines()[number - 1]


@pytest.mark.usefixtures("read_once")
def test_show_takes_an_id_its_beginning_a_label_and_a_part_of_it() -> None:
    runs = logparse.ingest([CEREBRAS / name for name in BATCH]).runs
    row = runs.filter(label="bert_large_batch_512.out").row(0, named=True)
    shown = {show(name, "loss").stdout for name in (row["run"], row["run"][:6], row["label"], "BATCH_512")}
    assert len(shown) == 1
    assert shown.pop().startswith("7.125  read as printed")


@pytest.mark.usefixtures("read_once")
def test_show_names_the_candidates_where_several_are_meant() -> None:
    result = show("bert_large", "loss")
    assert result.exit_code == 2
    assert all(name in result.stderr for name in BATCH)
    result = show("batch_513", "loss")
    assert result.exit_code == 2
    assert "did you mean" in result.stderr


@pytest.mark.usefixtures("read_once")
def test_show_tells_a_column_that_is_not_there_and_the_nearest_one() -> None:
    result = show("batch_512", "thruput")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean 'throughput'?" in result.stderr


@pytest.mark.usefixtures("read_once")
def test_show_tells_why_a_cell_is_empty() -> None:
    result = show("batch_512", "latency_s")
    assert result.exit_code == 0
    assert result.stdout == "latency_s is unknown (does not apply: train)\n"


@pytest.mark.usefixtures("read_once")
def test_show_gives_the_formula_and_the_inputs_of_a_derived_value() -> None:
    result = show("batch_512", "total_s")
    head, first, second, *_ = result.stdout.splitlines()
    assert head == "1451.536 s  derived: ended_at - started_at"
    assert first.split()[0] == "ended_at"
    assert second.split()[0] == "started_at"


@pytest.mark.usefixtures("read_once")
def test_show_gives_phases_metrics_and_settings_too() -> None:
    compile_phase = show("batch_512", "compile").stdout
    assert compile_phase.startswith("compile#1  765.56 s  derived: end - begin")
    assert "stages:" in compile_phase
    assert show("batch_512", "learning_rate").exit_code == 0
    rates = run("show", "mnist_as_is", "iteration_rate", SAMPLES / "graphcore").stdout
    assert rates.startswith("iteration_rate: ")
    assert "in iterations/s" in rates.splitlines()[0]


@pytest.mark.usefixtures("read_once")
def test_show_hides_lines_beside_the_evidence_that_no_rule_reads(desk: Path) -> None:
    text = GROQ.read_text().splitlines()
    place = next(i for i, line in enumerate(text) if "|  groq  |" in line)
    (desk / "groq.out").write_text("\n".join([*text[:place], "AWS_SECRET=hunter2", *text[place:]]) + "\n")
    hidden = run("show", "groq.out", "throughput", "groq.out")
    assert hidden.exit_code == 0
    assert "hunter2" not in hidden.stdout
    assert "AWS_SECRET=hunter2" in run("show", "groq.out", "throughput", "groq.out", "--raw").stdout


@pytest.mark.usefixtures("read_once")
def test_show_gives_the_evidence_as_data() -> None:
    rows = json.loads(show("batch_512", "total_s", "--format", "json").stdout)["rows"]
    assert [row["input"] for row in rows] == ["ended_at", "started_at"]


# ---- explain ---- #


@pytest.mark.usefixtures("read_once")
def test_explain_shows_each_line_that_is_read_and_counts_the_rest() -> None:
    log = CEREBRAS / "bert_large_batch_512.out"
    result = run("explain", log)
    assert result.exit_code == 0
    source = logparse.ingest(log).sources.row(0, named=True)
    counts = f"{source['lines_read']} with values, {source['lines_known']} recognised without values"
    assert f"{source['lines']} lines: {counts}" in result.stdout
    assert "cerebras/train_step  at=2024-04-07 06:4" in result.stdout
    assert result.stdout.count("cerebras/train_step  ") == log.read_text().count("| Train Device=")


@pytest.mark.usefixtures("read_once")
def test_explain_names_the_cells_of_a_table() -> None:
    result = run("explain", GROQ)
    assert "groq/groq_row  scope=groq  accuracy=77.47%  latency=0.06 (ms)  throughput=16612.48" in result.stdout


def test_explain_groups_what_it_does_not_understand_and_puts_figures_first(desk: Path) -> None:
    unread = ["note 12", "note 13", "note 7", "elapsed time 12.5 of today", "API_KEY=hunter2", "id 0f3a9c21b7 seen"]
    (desk / "groq.out").write_text("\n".join([GROQ.read_text(), *unread]))
    said = run("explain", "groq.out").stdout.partition("Lines not parsed: ")[2]
    shapes = [line.split("line")[0].strip() for line in said.splitlines()[1:-1]]
    assert shapes == ["1× ! elapsed time 0 of today", "3×   note 0", "1×   API_KEY=…", "1×   id <id> seen"]
    assert "hunter2" not in run("explain", "groq.out").stdout
    assert "note 13" in run("explain", "groq.out", "--all").stdout
    assert "hunter2" not in run("ingest", "groq.out").stdout


@pytest.mark.usefixtures("read_once")
def test_explain_gives_its_lines_as_data() -> None:
    rows = json.loads(run("explain", GROQ, "--all", "--format", "json").stdout)["rows"]
    assert {row["line"] for row in rows} == set(range(1, len(GROQ.read_text().splitlines()) + 1))
    assert {row["kind"] for row in rows} <= {"read", "known", "unread", "blank"}


# ---- grammars ---- #


def test_grammars_lists_platforms_and_an_example_of_each_rule() -> None:
    result = run("grammars")
    for grammar in registry.grammars():
        assert f"{grammar.name}  {grammar.title}" in result.stdout
        assert all(f"  {rule.name} " in result.stdout for rule in grammar.rules)
    only = json.loads(run("grammars", "--platform", "groq", "--format", "json").stdout)["rows"]
    assert {row["platform"] for row in only} == {"groq"}


def test_checking_a_grammar_file_prints_the_number_of_cases(desk: Path) -> None:
    (desk / "acme.py").write_text(ACME)
    result = run("grammars", "check", "acme.py")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].endswith("cases: all passed")


def test_a_failed_check_exits_with_5(desk: Path) -> None:
    (desk / "acme.py").write_text(ACME.replace('"done.loss"', '"done.los"'))
    result = run("grammars", "check", "acme.py")
    assert result.exit_code == 5
    assert "unknown field in rule 'done': 'los'\n  where: acme, loss\n  help: did you mean 'loss'?" in result.stdout
    assert result.stdout.endswith("cases: 1 failed\n")
    (desk / "acme.py").write_text(ACME.replace("marks=", "mark="))
    rejected = run("grammars", "check", "acme.py", "--format", "json")
    assert rejected.exit_code == 5
    assert "unexpected keyword argument 'mark'" in json.loads(rejected.stdout)["rows"][0]["error"]


def test_the_script_calls_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["logparse", "--version"])
    with pytest.raises(SystemExit, match="0"):
        package.main()
