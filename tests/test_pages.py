"""The exact text of `ingest`, `compare` and `findings` in terminals of several widths."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT, ingested, run

from logparse.cli._frame import shortened
from logparse.text.terminal import Paint, width

PAGES = Path(__file__).parent / "pages"
FILES = [f"sample_logs/cerebras/bert_large_batch_{size}.out" for size in (512, 2048)]


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
@pytest.mark.parametrize("command", ["ingest", "compare", "findings"])
def test_a_page_is_as_it_was_looked_at(
    command: str, columns: int, monkeypatch: pytest.MonkeyPatch, update: bool
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(Paint, "of", lambda stream: Paint(width=columns))
    text = run(command, *FILES).stdout
    assert max(map(width, text.splitlines())) <= columns
    expected = PAGES / f"{command}_{columns}.txt"
    if update:
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(text)
    assert text == expected.read_text()


def test_the_manual_has_every_command_and_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import man  # type: ignore[import-not-found]

    page = man.page()
    for command in ("ingest", "compare", "chart", "grammars check", "report"):
        assert f".SS logparse {command} " in page
    assert r"\fB\-\-label TEMPLATE\fR" in page
    assert all(ord(sign) >= 32 or sign == "\n" for sign in page)


def test_names_are_completed(desk: Path) -> None:
    from click.shell_completion import ShellComplete

    from logparse.cli import cli

    def completed(*words: str) -> list[str]:
        *before, last = words
        return [item.value for item in ShellComplete(cli, {}, "logparse", "_X").get_completions(list(before), last)]

    assert completed("chart", "dist") == ["distribution"]
    assert completed("chart", "loss", "--by", "batch") == ["batch_size"]
    assert "throughput" in completed("runs", "--sort", "thr")
    assert completed("findings", "--ignore", "different-b") == ["different-budget"]
    files = [str(ROOT / name) for name in FILES]
    assert run("ingest", *files, "--store", ".logparse", env={"LOGPARSE_NO_STORE": ""}).exit_code == 0
    assert completed("show", "batch_2") == ["batch_2048"]


def test_params_shorten_long_values_unless_asked(desk: Path) -> None:
    log = ROOT / "sample_logs" / "cerebras" / "tf_cs1_slurm.out"
    values = ingested(log).params.filter(pl.col("value").str.len_chars() > 100)
    assert values.height
    assert shortened(values, "value")["value"].str.len_chars().max() == 80
    piped = run("params", log, "--where", "name LIKE '%'").stdout
    assert all(value in piped for value in values["value"])
    assert run("params", log, "--whole").stdout == piped
