"""Drafts of grammars: `logparse explain FILE --draft`."""

from __future__ import annotations

import re
from pathlib import Path

import drafts
import pytest
from click.testing import CliRunner
from conftest import SAMPLES

import logparse
from logparse.cli import cli
from logparse.grammar import registry
from logparse.pages.draft import Draft, draft
from logparse.pages.explain import explain
from logparse.reading import check
from logparse.reading.sources import read_sources


def drafted(text: str, name: str = "drafted") -> Draft:
    """The draft for a log of this text."""
    known = registry.grammars()
    return draft([explain(source, known) for source in read_sources(text.encode())], known, name)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("step 10/200: loss=2.5", '"step " + integer("step") + "/" + integer("steps") + ": loss=" + real("loss")'),
        ("Epoch 3, lr: 1e-4", '"Epoch " + real("epoch") + ", lr: " + real("learning_rate")'),
        ("accuracy 97.69 % on test", '"accuracy " + percent("accuracy") + " % on test"'),
        ("top1: 71.2", '"top1: " + percent("accuracy")'),
        ("top1: 0.712", '"top1: " + real("accuracy")'),
        ("took 12.5 ms", '"took " + in_unit(real, "ms")("duration") + " ms"'),
        ("latency_ms = 12.5", '"latency_ms = " + in_unit(real, "ms")("latency")'),
        ("peak memory (GB): 20.64", '"peak memory (GB): " + in_unit(real, "GB")("memory")'),
        ("peak memory: 20.64", '"peak memory: " + real("todo_peak_memory")'),
        ("rate 171.0 images/s", '"rate " + real("throughput") + " images/s"'),
        ("rate 171.0 tokens/sec", '"rate " + real("token_throughput") + " tokens/sec"'),
        ("speed 6.2 it/s", '"speed " + real("iteration_rate") + " it/s"'),
        ("speed 12.5 ms/step", '"speed " + in_unit(real, "ms")("step_time") + " ms/step"'),
        ("total 1,234,567 tokens", '"total " + count("tokens") + " tokens"'),
        ("tiles 1216 lr 0.1", '"tiles " + integer("todo_tiles") + " lr " + real("learning_rate")'),
        ("finished in 1:02:03", '"finished in " + clock("duration")'),
        ("10:02:03 loss 0.5", 'clock("time_of_day") + " loss " + real("loss")'),
        ("'eval_loss': 0.5", '"\'eval_loss\': " + real("loss")'),
        ("gradient norm 0.5", '"gradient norm " + real("todo_gradient_norm")'),
        (
            "2026-01-05 10:00:00,000 loss 0.5",
            'timestamp("at") + " loss " + real("loss")',
        ),
        (
            "2026-01-05T10:00:00.25 loss 0.5",
            'in_unit(pp.Regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{2}"), '
            '"%Y-%m-%dT%H:%M:%S%.f")("at") + " loss " + real("loss")',
        ),
        (
            "train.py:12 read /data/set_7/a.bin, took 3 s",
            'pp.Regex(r"train\\.py:[0-9]+") + " read " + pp.Regex(r"[^ \\t,;\'\\x22()<>\\[\\]{}|=]+") + ", took " '
            '+ real("duration") + " s"',
        ),
    ],
)
def test_the_rule_for_a_line(line: str, code: str) -> None:
    shown = re.sub(r"\s+", " ", drafted(f"Acme started\n{line}\n").text)
    assert code in shown, shown


@pytest.mark.parametrize(
    "line", ["no figure at all", "1 2 3", "0.5", "2026-01-05 10:00:00 started", "/data/set_7/a.bin read"]
)
def test_a_line_without_a_figure_or_a_word_gets_no_rule(line: str) -> None:
    assert not drafted(f"{line}\n").rules


def test_shapes_are_sorted_by_frequency_and_lines_that_vary_share_a_rule() -> None:
    found = drafted("rare value 1\n" + "".join(f"step {n}  loss {5 / n:.2f}\n" for n in range(1, 9)) + "rare value 2\n")
    assert [rule.name for rule in found.rules] == ["step_loss", "rare_value"]
    assert (found.lines, found.read, found.shapes) == (10, 10, 2)


def test_a_draft_for_a_known_platform_extends_it() -> None:
    text = (SAMPLES / "graphcore" / "mnist_as_is_cold.out").read_text() + "[mine] step 10 energy 412.5 J\n"
    found = drafted(text)
    assert 'extends="graphcore"' in found.text
    assert [rule.example for rule in found.rules] == ["[mine] step 10 energy 412.5 J"]


def test_lines_that_shared_rules_read_are_left_out() -> None:
    found = drafted("Submitted batch job 4711\nloss 0.5\n100%|██████████| 20/20 [03:05<00:00,  9.28s/it]\n")
    assert [rule.example for rule in found.rules] == ["loss 0.5"]


@pytest.mark.parametrize(
    "line",
    ["API_KEY=abc123", "export HOME_DIR=/home/u1", "password: hunter2", "auth_token = 'ab12'", "secret=9f8e7d6c5b4a"],
)
def test_a_draft_copies_no_secret(line: str) -> None:
    assert line not in drafted(f"{line}\nloss 0.5\n").text


@pytest.mark.parametrize(
    "line",
    [
        '"""); import os; os.abort()  # step 5',
        "value \\N{BULLET} 5 and ' and \" 6",
        "tab\tseparated\tvalue 5",
        "loss 0.5 \\",
        "{0} %s loss 1",
        "ß ≤ wert 5",
        "# loss 0.5",
        "Traceback value 0x7f3a at 12",
    ],
)
def test_the_text_of_a_log_is_data_in_a_draft(line: str, tmp_path: Path) -> None:
    found = drafted(f"{line}\n")
    (tmp_path / "drafted.py").write_text(found.text)
    grammar = registry.load(tmp_path / "drafted.py")
    assert [rule.example for rule in grammar.rules] == [line]
    assert [rule.read(line) for rule in grammar.rules] == [rule.read(line) for rule in found.rules]


def test_a_draft_passes_all_checks_except_that_names_are_missing(tmp_path: Path) -> None:
    found = drafted("acme: step 5 loss 0.5 grad 0.3\nacme: took 12 s\n", "my-log 1")
    (tmp_path / "drafted.py").write_text(found.text)
    grammar = registry.load(tmp_path / "drafted.py")
    assert grammar.name == "my_log_1"
    failed = {o.check: o.errors for o in check.check([grammar], registry.grammars()) if o.errors}
    assert list(failed) == [check.sentence(check.everything_is_named)]
    (errors,) = failed.values()
    assert [error.what for error in errors] == ["todo_grad is still to be filled in"]


def test_the_command_writes_a_file_that_ingest_reads(tmp_path: Path) -> None:
    log, file = tmp_path / "train.log", tmp_path / "own.py"
    log.write_text("acme: step 5 loss 0.5\nacme: step 10 loss 0.4\n")
    runner = CliRunner()
    result = runner.invoke(cli, ["explain", str(log), "--draft", "-o", str(file)])
    assert result.exit_code == 0, result.output
    assert "1 rule, for 2 of the 2 lines" in result.stderr
    logs = logparse.ingest(log, grammars=file)
    assert logs.runs.select("platform", "task", "steps", "loss").rows() == [("own", "train", 10, 0.4)]
    to_screen = runner.invoke(cli, ["explain", str(log), "--draft"])
    assert "GRAMMAR = Grammar(" in to_screen.stdout
    for option in (["--format", "json"], ["--all"]):
        assert runner.invoke(cli, ["explain", str(log), "--draft", *option]).exit_code == 2
    log.write_text("nothing to see\n")
    nothing = runner.invoke(cli, ["explain", str(log), "--draft"])
    assert nothing.exit_code == 3
    assert "nothing to draft" in nothing.stderr


def test_drafts_of_real_logs_load_and_read_their_examples(real_logs: Path) -> None:
    """A part of them: all are tried by `benchmarks/drafts.py`."""
    tried = list(drafts.tried(real_logs / "groq"))
    assert len(tried) > 3
    assert all(one.error is None for one in tried)
    rules, failed = sum(one.rules for one in tried), sum(len(one.failed) for one in tried)
    assert rules >= 0.9 * (rules + failed)
