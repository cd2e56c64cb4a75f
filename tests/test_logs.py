"""The library: one value or several, frames that join with plain ones, and logs that are selected, added, pickled,
written and read back."""

from __future__ import annotations

import ast
import html
import importlib
import inspect
import json
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from conftest import ROOT, SAMPLES
from polars.testing import assert_frame_equal

import logparse
from logparse.arguments import as_tuple
from logparse.cli import cli
from logparse.errors import NoSuchInput, Remedy, UsageError
from logparse.findings import names, parts
from logparse.logs import Logs
from logparse.pages.option import as_option, with_arguments
from logparse.schema import FRAMES, SCHEMA_VERSION
from logparse.storage import FORMATS, MANIFEST

CEREBRAS = [SAMPLES / "cerebras" / f"bert_large_batch_{n}.out" for n in (512, 1024, 2048)]
GRAPHCORE = [SAMPLES / "graphcore" / f"mnist_{n}.out" for n in ("as_is_cold", "asked_20_epochs_ran_10")]


@pytest.fixture(scope="module")
def cerebras() -> Logs:
    return logparse.ingest(CEREBRAS)


@pytest.fixture(scope="module")
def everything() -> Logs:
    return logparse.ingest(SAMPLES)


def all_files() -> list[Path]:
    return sorted(p for p in SAMPLES.rglob("*") if p.is_file() and ".expected" not in p.parts)


def assert_same(a: Logs, b: Logs, any_order: bool = False) -> None:
    for name, frame in a.frames().items():
        other = b.frames()[name]
        if any_order and name not in ("runs", "sources"):
            frame, other = frame.sort(frame.columns), other.sort(other.columns)
        assert_frame_equal(frame, other)


# ---- one or several ---- #


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ("samples", ("samples",)),
        (b"a log", (b"a log",)),
        (Path("a"), (Path("a"),)),
        (["a", "b"], ("a", "b")),
        ((c for c in "ab"), ("a", "b")),
        ((), ()),
        (3, (3,)),
    ],
)
def test_one_value_is_several_with_one_in_it(given: Any, values: tuple[Any, ...]) -> None:
    assert as_tuple(given) == values


def test_an_open_file_is_one_value() -> None:
    with CEREBRAS[0].open("rb") as file:
        assert as_tuple(file) == (file,)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("at", "samples"), ("target", "loss<=7.3"), ("claims", "*:seed=1"), ("runs", "*batch*")],
)
def test_compare_takes_one_value_or_several(cerebras: Logs, argument: str, value: str) -> None:
    one = logparse.compare(cerebras, **{argument: value})  # type: ignore[arg-type]
    several = logparse.compare(cerebras, **{argument: [value]})  # type: ignore[arg-type]
    assert_frame_equal(one.frame(), several.frame())
    assert one.at == several.at
    assert_frame_equal(one.claims, several.claims)
    assert not one.frame().is_empty()


def test_what_is_held_at_one_point_has_one_point(cerebras: Logs) -> None:
    (held,) = logparse.compare(cerebras, at="samples").at
    assert held.found == "409,600 samples"


def test_findings_claims_report_and_charts_take_one_value(cerebras: Logs) -> None:
    found = logparse.findings(cerebras, ignore="different-budget=studied")
    assert found.filter(name="different-budget")["ignored"].to_list() == ["studied"]
    said = logparse.claims(cerebras, "*512*:seed=1")
    assert said.filter(name="seed")["verdict"].to_list() == ["not in the log"]
    text = logparse.report(cerebras, format="md", claims="*512*:seed=1", ignore="different-budget=studied")
    assert "seed" in text
    chart = logparse.chart.throughput(cerebras, claims="*512*:seed=1", ignore="different-budget")
    assert chart.to_dict()["usermeta"]["logparse"]["options"] == {
        "claims": ["*512*:seed=1"],
        "ignore": ["different-budget"],
    }


def test_ingest_takes_one_grammar() -> None:
    with pytest.raises(logparse.GrammarError, match=r"grammar file not found: nowhere\.py"):
        logparse.ingest(CEREBRAS, grammars="nowhere.py")


# ---- frames that join ---- #

KEYS = {
    "runs": ["run", "source", "label"],
    "evidence": ["run", "frame", "column", "source", "rule"],
    "phases": ["run", "key", "phase", "source"],
    "metrics": ["run", "name", "split", "unit", "scope", "source", "rule"],
    "params": ["run", "name", "origin", "source"],
    "messages": ["run", "level", "kind", "source"],
    "sources": ["source", "platform", "status"],
    "claims": ["run", "name", "verdict", "source"],
    "findings": ["id", "name", "severity"],
}


@pytest.fixture(scope="module")
def frames(everything: Logs) -> dict[str, pl.DataFrame]:
    return {
        **everything.frames(),
        "claims": logparse.claims(everything),
        "findings": logparse.findings(everything),
    }


@pytest.mark.parametrize(("name", "key"), [(name, key) for name, keys in KEYS.items() for key in keys])
def test_a_frame_joins_with_a_plain_one(frames: dict[str, pl.DataFrame], name: str, key: str) -> None:
    known = frames[name].filter(pl.col(key).is_not_null())
    plain = pl.DataFrame({key: known[key].unique().to_list(), "mine": 1})
    joined = known.join(plain, on=key)
    assert joined.height == known.height > 0
    assert joined["mine"].sum() == known.height


def test_no_frame_has_categories(frames: dict[str, pl.DataFrame], cerebras: Logs) -> None:
    every = [*frames.values(), logparse.compare(cerebras).frame()]
    assert not [(f.columns, c) for f in every for c, t in f.schema.items() if t in (pl.Categorical, pl.Enum)]


# ---- pickle ---- #


def test_a_pickle_holds_the_same(everything: Logs) -> None:
    again = pickle.loads(pickle.dumps(everything))
    assert_same(again, everything)
    assert again.grammars == everything.grammars
    source = everything.runs["source"][0]
    assert again.lines(source, [1, 2]) == everything.lines(source, [1, 2]) != {}
    assert again.kinds(source) == everything.kinds(source)
    assert_same(again + again, everything)


# ---- only ---- #


@pytest.mark.parametrize(
    ("runs", "labels"),
    [
        ("*_512*", ["bert_large_batch_512.out"]),
        ("*BATCH_512*", ["bert_large_batch_512.out"]),
        (["*_512*", "*_2048*"], ["bert_large_batch_512.out", "bert_large_batch_2048.out"]),
        (str(CEREBRAS[0]), ["bert_large_batch_512.out"]),
        ("*/cerebras/*_1024.out", ["bert_large_batch_1024.out"]),
        ("batch_2048", ["bert_large_batch_2048.out"]),
        (pl.col("batch_size") > 600, ["bert_large_batch_1024.out", "bert_large_batch_2048.out"]),
        (pl.col("batch_size") > 6000, []),
        ([], []),
    ],
)
def test_only_keeps_the_runs_that_are_meant(cerebras: Logs, runs: Any, labels: list[str]) -> None:
    chosen = cerebras.only(runs)
    assert chosen.runs["label"].to_list() == labels
    ids = set(chosen.runs["run"])
    for name, frame in chosen.frames().items():
        whole = cerebras.frames()[name]
        column, kept = ("source", set(chosen.runs["source"])) if name == "sources" else ("run", ids)
        assert_frame_equal(frame, whole.filter(pl.col(column).is_in(list(kept))))


def test_only_one_of_several_runs_of_a_source_keeps_the_source() -> None:
    logs = logparse.ingest(SAMPLES / "sambanova" / "bert_large_appended_16_then_8_ranks.out")
    assert logs.runs.height == 2
    first = logs.only("*#1")
    assert first.runs.height == 1
    assert_frame_equal(first.sources, logs.sources)
    assert first.lines(first.runs["source"][0], [1])
    assert_same(first + logs.only("*#2"), logs, any_order=True)


def test_only_names_what_there_is_where_nothing_is_meant(cerebras: Logs) -> None:
    with pytest.raises(UsageError, match=r"no run matches 'mnist\*'; choose from bert_large_batch_512\.out"):
        cerebras.only("mnist*")
    with pytest.raises(UsageError, match="'batch' is ambiguous"):
        cerebras.only("batch")


def test_a_comparison_takes_what_only_gives(cerebras: Logs) -> None:
    made = logparse.compare(cerebras.only(["*_512*", "*_2048*"]), by="batch_size", at="samples")
    assert [side.label for side in made.sides] == ["batch_size 512", "batch_size 2048"]


# ---- + ---- #


@pytest.mark.parametrize(
    "split",
    [
        lambda files: (files[::2], files[1::2]),
        lambda files: (files[: len(files) // 2], files[len(files) // 3 :]),
        lambda files: (files[30:], files[:30]),
        lambda files: (files, files[:5]),
        lambda files: (files[:0], files),
    ],
    ids=["alternating", "overlapping", "back to front", "contained", "nothing first"],
)
def test_logs_added_are_those_of_all_sources(split: Callable[[list[Path]], tuple[list[Path], list[Path]]]) -> None:
    first, second = split(all_files())
    added = logparse.ingest(first) + logparse.ingest(second)
    assert_same(added, logparse.ingest([*first, *second]), any_order=True)


def test_copies_in_two_logs_are_one_run_from_the_fullest(tmp_path: Path) -> None:
    lines = CEREBRAS[0].read_bytes().splitlines(keepends=True)
    cut = tmp_path / "cut.out"
    cut.write_bytes(b"".join(lines[: len(lines) * 9 // 10]))
    short, whole = logparse.ingest(cut), logparse.ingest(CEREBRAS[0])
    for added, paths in ((short + whole, [cut, CEREBRAS[0]]), (whole + short, [CEREBRAS[0], cut])):
        assert added.runs.height == 1
        assert added.runs["copies"].to_list() == [1]
        assert added.runs["source"].to_list() == [CEREBRAS[0].as_posix()]
        assert_same(added, logparse.ingest(paths), any_order=True)


def test_runs_without_identifying_values_stay_apart(tmp_path: Path) -> None:
    every = logparse.ingest(all_files())
    unkeyed = every._places.filter(~pl.col("keyed"))["source"][0]
    again = tmp_path / "again.out"
    again.write_bytes(Path(unkeyed).read_bytes())
    added = logparse.ingest(unkeyed) + logparse.ingest(again)
    assert added.runs["run"].n_unique() == 2 * logparse.ingest(again).runs.height
    assert_same(added, logparse.ingest([unkeyed, again]), any_order=True)


def test_another_source_of_the_same_name_is_numbered(tmp_path: Path) -> None:
    grown = tmp_path / "a.out"
    lines = CEREBRAS[0].read_bytes().splitlines(keepends=True)
    grown.write_bytes(b"".join(lines[:80]))
    before = logparse.ingest(grown)
    grown.write_bytes(b"".join(lines))
    added = before + logparse.ingest(grown)
    assert added.sources["source"].to_list() == [grown.as_posix(), f"{grown.as_posix()} (2)"]
    (run,) = added.runs.rows(named=True)
    assert (run["source"], run["copies"]) == (f"{grown.as_posix()} (2)", 1)
    assert set(added.evidence["source"]) == {run["source"]}
    assert added.lines(run["source"], [len(lines)])
    bytes_ = logparse.ingest(CEREBRAS[0].read_bytes())
    assert (bytes_ + bytes_).sources["source"].to_list() == ["<bytes>", "<bytes> (2)"]


def test_logs_are_added_to_logs_only(cerebras: Logs) -> None:
    with pytest.raises(TypeError):
        cerebras + 1  # type: ignore[operator]


# ---- written and read ---- #


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_written_is_read_back_equal(everything: Logs, tmp_path: Path, format: str) -> None:
    folder = tmp_path / "deep" / "out"
    everything.write(folder, format=format)
    assert {p.name for p in folder.iterdir()} == {MANIFEST, *(f"{name}.{format}" for name in FRAMES)}
    again = logparse.read(folder)
    assert_same(again, everything)
    assert again.grammars == everything.grammars
    assert_frame_equal(logparse.findings(again), logparse.findings(everything))
    assert again.lines(everything.runs["source"][0], [1]) == {}
    with pytest.raises(KeyError):
        again.lines("nowhere", [1])
    assert_same(again + everything, everything)


@pytest.mark.parametrize("format", FORMATS)
def test_odd_values_are_read_back_equal(cerebras: Logs, tmp_path: Path, format: str) -> None:
    texts = ["", None, 'a "b",\nc', "\r", " x ", "null", "é\u2028"]
    numbers = [float("nan"), float("inf"), -float("inf"), None, -0.0, 5e-324, 1 / 3]
    odd = cerebras.metrics.head(7).with_columns(
        pl.Series("value", numbers), pl.Series("scope", texts), pl.Series("step", [2**62 + 1, None] * 3 + [-1])
    )
    logs = Logs({**cerebras.frames(), "metrics": odd}, cerebras.grammars)
    logs.write(tmp_path / "out", format)
    assert_frame_equal(logparse.read(tmp_path / "out").metrics, odd)
    none = logs.only([])
    none.write(tmp_path / "none", format)
    assert_same(logparse.read(tmp_path / "none"), none)


def test_a_second_write_replaces_the_first_and_leaves_nothing_of_it(cerebras: Logs, tmp_path: Path) -> None:
    cerebras.write(tmp_path / "out", "csv")
    cerebras.only("*_512*").write(tmp_path / "out", "parquet")
    assert logparse.read(tmp_path / "out").runs.height == 1
    assert {p.suffix for p in (tmp_path / "out").iterdir()} == {".parquet", ".json"}


def test_files_of_others_are_not_written_beside_unless_that_is_asked_for(cerebras: Logs, tmp_path: Path) -> None:
    (tmp_path / "runs.parquet").write_text("mine")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds other files \(notes\.txt, runs\.parquet\).*overwrite=True"):
        cerebras.write(tmp_path)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"runs.parquet": "mine", "notes.txt": "mine"}
    cerebras.write(tmp_path, overwrite=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert_same(logparse.read(tmp_path), cerebras)
    with pytest.raises(UsageError, match="is not a folder"):
        cerebras.write(tmp_path / "notes.txt")
    with pytest.raises(UsageError, match="format 'xlsx': one of parquet, csv, ndjson, arrow"):
        cerebras.write(tmp_path, "xlsx")


def test_a_write_that_fails_leaves_what_was_there(
    cerebras: Logs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cerebras.write(tmp_path / "out")
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}

    def full(frame: pl.DataFrame, name: str, format: str) -> bytes:
        if name == "sources":
            raise OSError(28, "No space left on device")
        return b"half"

    monkeypatch.setattr("logparse.storage.dump", full)
    with pytest.raises(OSError, match="No space left"):
        cerebras.only("*_512*").write(tmp_path / "out")
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before


def test_a_folder_that_cannot_be_read_says_why(cerebras: Logs, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with pytest.raises(NoSuchInput, match="no such folder"):
        logparse.read(folder)
    with pytest.raises(UsageError, match=r"was not written by logparse: it has no logparse\.json"):
        logparse.read(tmp_path)
    cerebras.write(folder)
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["schema_version"] == SCHEMA_VERSION
    newer = {**manifest, "schema_version": SCHEMA_VERSION + 1, "logparse": "9.9"}
    (folder / MANIFEST).write_text(json.dumps(newer))
    with pytest.raises(UsageError, match=rf"by logparse 9\.9 with schema version {SCHEMA_VERSION + 1}.*newer logparse"):
        logparse.read(folder)
    (folder / MANIFEST).write_text("{")
    with pytest.raises(UsageError, match="is not a manifest of logparse, or is damaged"):
        logparse.read(folder)
    (folder / MANIFEST).write_text(json.dumps({**manifest, "rows": {**manifest["rows"], "runs": 7}}))
    with pytest.raises(UsageError, match=r"runs\.parquet is damaged: it holds 3 rows, and logparse\.json says 7"):
        logparse.read(folder)
    (folder / "runs.parquet").write_bytes(b"half a fi")
    with pytest.raises(UsageError, match=r"runs\.parquet is damaged"):
        logparse.read(folder)
    (folder / "runs.parquet").unlink()
    with pytest.raises(UsageError, match=r"runs\.parquet cannot be read: No such file"):
        logparse.read(folder)


# ---- pandas ---- #


def test_pandas_frames_hold_the_same(everything: Logs) -> None:
    pd = pytest.importorskip("pandas")
    every = everything.to_pandas()
    assert set(every) == set(FRAMES)
    for name, frame in everything.frames().items():
        assert list(every[name].columns) == frame.columns
        for series in frame.get_columns():
            column = every[name][series.name]
            assert column.isna().tolist() == series.is_null().to_list()
            if series.dtype.is_temporal():
                assert column.dropna().dt.to_pydatetime().tolist() == series.drop_nulls().to_list()
            else:
                assert pl.Series(column.dropna().tolist(), dtype=series.dtype).equals(series.drop_nulls())
    assert str(every["runs"]["steps"].dtype) == "Int64"
    assert everything.to_pandas("metrics").shape == everything.metrics.shape
    odd = everything.metrics.head(2).with_columns(value=pl.Series([float("nan"), None]))
    value = Logs({**everything.frames(), "metrics": odd}).to_pandas("metrics")["value"]
    assert value.isna().tolist() == [False, True]
    assert value[1] is pd.NA


def test_pandas_that_is_not_there_is_named(cerebras: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match="needs the package pandas, which is not installed"):
        cerebras.to_pandas("runs")
    with pytest.raises(UsageError, match="there is no frame 'run'; did you mean 'runs'"):
        cerebras.to_pandas("run")


# ---- shown ---- #


def test_logs_are_shown_in_one_line_and_as_a_table(everything: Logs) -> None:
    assert re.fullmatch(
        r"<Logs: 91 runs in 80 files \(3 no run, 2 unknown platform\); [\d,]+ evidence, .*messages>", repr(everything)
    )
    page = everything._repr_html_()
    assert page.count("<tr>") == 51
    assert "and 41 more runs" in page
    assert "<th>throughput [samples/s]</th>" in page


def test_what_a_log_says_is_only_ever_text_on_the_page(tmp_path: Path) -> None:
    path = tmp_path / "<script>alert(1)<.out"
    path.write_bytes(CEREBRAS[0].read_bytes())
    page = logparse.ingest(path)._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;.out" in page
    assert "<table" not in logparse.ingest(b"nothing")._repr_html_()


# ---- what the package gives ---- #


def test_the_front_door_names_everything() -> None:
    assert set(logparse.__all__) == {*logparse._HOME, "__version__"}
    assert dir(logparse) == sorted(logparse.__all__)
    for name in logparse.__all__:
        assert getattr(logparse, name) is not None


@pytest.mark.parametrize("name", ["ingest", "compare", "claims", "findings", "report", "read", "Logs"])
def test_types_that_signatures_name_can_be_imported_from_the_package(name: str) -> None:
    value = getattr(logparse, name)
    functions = (
        [f for n, f in vars(value).items() if n[0] != "_" and inspect.isfunction(f)] if name == "Logs" else [value]
    )
    named = {
        word
        for function in functions
        for annotation in (str(p) for p in _annotations(function))
        for word in re.findall(r"\b[A-Z]\w+", annotation)
    }
    others = {"Iterable", "Mapping", "Sequence", "Path", "PathLike", "DataFrame", "LazyFrame", "Expr", "None"}
    assert named - others <= set(logparse.__all__)


def _annotations(function: Any) -> list[object]:
    signature = inspect.signature(function)
    return [*(p.annotation for p in signature.parameters.values()), signature.return_annotation]


def test_the_language_of_grammars_is_exported_whole() -> None:
    language = importlib.import_module("logparse.grammar.language")
    public = {
        name
        for name, value in vars(language).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == language.__name__
    }
    assert public <= set(importlib.import_module("logparse.grammar").__all__)


@pytest.mark.parametrize("name", ["throughput", "duration"])
def test_a_chart_has_the_signature_of_what_it_takes(name: str) -> None:
    from logparse import charts

    parameters = inspect.signature(getattr(logparse.chart, name)).parameters
    assert set(parameters) == {"what", *charts.COMMON, *charts.module(name).TAKES}


def test_functions_of_the_package_that_are_packages_too_have_their_signature() -> None:
    assert list(inspect.signature(logparse.report).parameters)[:2] == ["what", "format"]
    assert list(inspect.signature(logparse.findings).parameters) == ["what", "ignore", "of_one_run"]


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = "import sys, logparse; print('polars' in sys.modules, 'pyparsing' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "False"]


# ---- what the library says ---- #

_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z_-]+")
_NO_OPTIONS_OF_OURS = {"--kill-on-bad-exit", "--ntasks", "--hue", "--model_dir", "--output_dir"}


def test_the_library_names_no_command_line_options() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {option}"
        for path in sorted((ROOT / "logparse").rglob("*.py"))
        if path.parts[len(ROOT.parts) + 1] not in ("cli", "pages")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not _is_explanation(path, node)
        for option in _OPTION.findall(node.value)
        if option not in _NO_OPTIONS_OF_OURS
    ]
    assert not found


def _is_explanation(path: Path, node: ast.Constant) -> bool:
    """`errors.py` and `latex.py` explain to developers how the command line spells something."""
    return path.name in ("errors.py", "latex.py") and isinstance(node.value, str) and "\n" in node.value


def test_arguments_in_a_text_are_spelt_as_options_on_the_command_line() -> None:
    text = 'Compare training (`clock="train"`) or use `target="loss<=7.3"`, not `train_s`.'
    assert with_arguments(text) == "Compare training (`--clock train`) or use `--target 'loss<=7.3'`, not `train_s`."
    arguments = inspect.signature(logparse.compare).parameters
    advice = " ".join(parts(name)["what to do"] for name in names())
    named = set(re.findall(r'`(\w+)="', advice))
    assert {"at", "by", "clock", "target"} <= named <= set(arguments)


def test_the_command_line_spells_arguments_as_options_in_advice_and_reports(cerebras: Logs) -> None:
    printed = CliRunner().invoke(cli, ["findings", str(SAMPLES / "cerebras")]).stdout
    assert "Compare at the same point (`--at samples`)" in printed
    assert 'at="' not in printed
    for format in ("md", "html"):
        assert 'at="samples"' in html.unescape(logparse.report(cerebras, format=format))
        shown = html.unescape(logparse.report(cerebras, format=format, command="logparse report"))
        assert "(`logparse compare … --at samples`)" in shown
        assert 'at="samples"' not in shown


@pytest.mark.parametrize(
    ("remedy", "library", "option"),
    [
        (Remedy("at", "samples"), 'at="samples"', "--at samples"),
        (Remedy("claims", "a b.out:workload=…"), 'claims="a b.out:workload=…"', "--claim 'a b.out:workload=…'"),
    ],
)
def test_a_remedy_is_spelt_for_whoever_reads_it(remedy: Remedy, library: str, option: str) -> None:
    assert str(remedy) == library
    assert as_option(remedy) == option
    assert str(UsageError("it cannot be", remedy)) == f"it cannot be ({library})"


def test_a_refusal_names_what_would_lift_it_and_that_lifts_it(cerebras: Logs) -> None:
    made = logparse.compare(cerebras, by="batch_size")
    refused = {r.quantity.name: v.refusal for r in made.rows for v in r.verdicts if v is not None and v.refusal}
    assert refused["loss"].remedy == Remedy("at", "samples")
    assert "--" not in " ".join(made.frame()["reason"].drop_nulls())
    assert logparse.compare(cerebras, by="batch_size", at=refused["loss"].remedy.value).at[0].found


def test_the_command_line_prints_the_option_that_lifts_a_refusal() -> None:
    paths = [str(SAMPLES / "cerebras" / name) for name in ("xla_r19.out", "xla_r20.out")]
    for arguments in (paths, [*paths, "--format", "md"]):
        result = CliRunner().invoke(cli, ["compare", *arguments])
        assert result.exit_code == 0
        assert "workload=…" in result.stdout
        assert "--claim" in result.stdout
    result = CliRunner().invoke(cli, ["compare", *map(str, CEREBRAS), "--by", "seed"])
    assert result.exit_code == 2
    assert "no log here states seed; a claim may (--claim LABEL:seed=…)" in result.stderr.replace("'", "")
