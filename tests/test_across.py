"""One workload on several platforms: which runs are the same program, common units, figures per device, caveats."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT, SAMPLES, ingested

import logparse
from logparse.cli import cli
from logparse.comparison.across import ACROSS, Across, AcrossRow, AcrossTable, across
from logparse.comparison.claims import claim
from logparse.comparison.ledger import Ledger
from logparse.comparison.refusal import RefusalCause
from logparse.devices import table
from logparse.errors import NothingToDraw, UsageError
from logparse.grammar.names import common_name
from logparse.pages.across import text_across
from logparse.report.content import content
from logparse.report.page import environment
from logparse.report.sections import Sections
from logparse.text.numbers import seconds

pytestmark = pytest.mark.usefixtures("read_once")

CEREBRAS = SAMPLES / "cerebras" / "bert_pasted_crlf_cp1252.out"
"""Its command names `bert_large_MSL128_sampleds`."""
UNNAMED = SAMPLES / "cerebras" / "bert_large_batch_512.out"
"""No line of it names a sequence length."""
SAMBANOVA = SAMPLES / "sambanova" / "bert_large_run_16_ranks.out"
BOTH = (CEREBRAS, SAMBANOVA)


def one_table(found: Across) -> AcrossTable:
    assert len(found.tables) == 1
    return found.tables[0]


def row_of(found: AcrossTable, platform: str) -> AcrossRow:
    return next(row for row in found.rows if row.platform == platform)


def cell(found: AcrossTable, platform: str, quantity: str) -> float:
    mean = row_of(found, platform).cells[quantity].mean
    assert mean is not None
    return mean


def caveat(found: AcrossTable, name: str) -> str:
    return next(c.text for c in found.caveats if c.name == name)


# ---- the same program ---- #

ALIASES = {"bert_large_pytorch": "bert_large", "bert": "bert_large", "gpt2_small": "gpt2", "llama2_7b": "llama2_7b"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("bert_large", "bert_large"),
        ("BERT_Large_PyTorch", "bert_large"),
        ("bert_large_MSL128_sampleds2048", "bert_large"),
        ("bert_large_pytorch_mine", "bert_large"),
        ("llama2_7b_bs_512", "llama2_7b"),
        ("gpt2_train_bf16", "gpt2"),
        ("gpt2_small-mine", "gpt2"),
        # a size in the suffix is another model
        ("gpt2_xl", "gpt2_xl"),
        ("gpt2_1_5b", "gpt2_1_5b"),
        # `bert` is an abbreviation, which the suffix completes
        ("bert", "bert_large"),
        ("bert_tiny", "bert_tiny"),
        ("bert_custom", "bert_custom"),
        # no separator
        ("bert_largest", "bert_largest"),
        ("gpt22", "gpt22"),
    ],
)
def test_a_known_name_with_a_suffix_is_that_workload(text: str, name: str) -> None:
    assert common_name(text, ALIASES) == name


def test_every_common_name_is_its_own_common_name() -> None:
    from logparse.grammar import registry

    for grammar in registry.grammars():
        for name in grammar.aliases.get("workload", {}).values():
            assert common_name(name, grammar.aliases["workload"]) == name


def test_a_renamed_program_is_its_workload_and_keeps_its_full_name() -> None:
    text = CEREBRAS.read_bytes().replace(b"bert_large_MSL128_sampleds.yaml", b"bert_large_MSL128_sampleds2048.yaml")
    text = text.replace(b"model_dir_bert_large_pytorch", b"out")
    logs = logparse.ingest(text)
    run = logs.runs.row(0, named=True)
    assert (run["workload"], run["model"]) == ("bert_large", "out")
    assert "bert_large_MSL128_sampleds2048" in logs.params.filter(name="workload")["value"].to_list()


def test_a_name_in_the_log_claims_a_setting_and_has_its_line() -> None:
    ledger = Ledger(ingested(CEREBRAS))
    job = ledger.jobs[0]
    value = ledger.value(job, "sequence_length")
    assert (value.value, value.how) == (128, "inferred")
    (place,) = value.locations
    line = CEREBRAS.read_bytes().decode("cp1252").splitlines()[place.line - 1]
    assert "MSL128" in line
    assert job["sequence_length"] is None  # a claim never becomes a value of the frames
    verdicts = logparse.claims(ledger).filter(origin="log")
    assert verdicts.select("name", "claimed", "verdict").rows() == [("sequence_length", "128", "not in the log")]


def test_a_users_claim_has_precedence_over_a_name_in_the_log() -> None:
    ledger = Ledger(ingested(CEREBRAS), [claim("*:sequence_length=512")])
    assert ledger.value(ledger.jobs[0], "sequence_length").value == 512


def test_a_compiled_graph_has_one_sequence_length() -> None:
    twin = SAMPLES / "cerebras" / "bert_large_batch_1024.out"  # the same graph, in a log that names no length
    ledger = Ledger(ingested([CEREBRAS, twin]))
    values = {job.main["label"]: ledger.value(job, "sequence_length") for job in ledger.jobs}
    assert {value.value for value in values.values()} == {128}
    assert "pasted_crlf_cp1252, which ran the same compiled graph" in str(values[twin.name].made)
    assert values[twin.name].locations == values[CEREBRAS.name].locations
    alone = Ledger(ingested(twin))
    assert not alone.value(alone.jobs[0], "sequence_length").known
    other = (
        CEREBRAS.read_bytes().replace(b"MSL128", b"MSL512").replace(b"wsjob-", b"wsjob-b").replace(b"2024-", b"2025-")
    )
    contradicted = Ledger(logparse.ingest([CEREBRAS, twin, other]))
    (job,) = (job for job in contradicted.jobs if job.main["label"] == twin.name)
    assert not contradicted.value(job, "sequence_length").known


def test_a_name_that_the_log_contradicts_is_refuted() -> None:
    text = CEREBRAS.read_bytes().replace(b"bert_large_MSL128_sampleds.yaml", b"bert_large_bs_512.yaml")
    ledger = Ledger(logparse.ingest(text))
    verdict = logparse.claims(ledger).filter(origin="log", name="batch_size").row(0, named=True)
    assert (verdict["claimed"], verdict["found"], verdict["verdict"]) == ("512", "1024", "refuted")
    (finding,) = logparse.findings(ledger).filter(name="claim-refuted")["text"]
    assert "a name in the log says batch size 512" in finding


def renamed(folder: str, job: str, hash_: str = "cs_5530917724860013952") -> bytes:
    """The sample without the workload's name: another model directory, job and day, and this compile hash."""
    text = UNNAMED.read_text().replace("model_dir_bert_large_pytorch", folder)
    text = text.replace("wsjob-", f"wsjob-{job}").replace("2024-04-07", f"2024-04-{job}")
    return text.replace("cs_5530917724860013952", hash_).encode()


def test_runs_that_share_a_compiled_graph_are_one_program() -> None:
    ledger = Ledger(logparse.ingest([renamed("out_a", "11"), renamed("out_b", "12"), renamed("out_c", "13", "cs_1")]))
    values = [ledger.value(job, "workload") for job in ledger.jobs]
    assert [value.value for value in values] == ["cs_5530917724860013952", "cs_5530917724860013952", None]
    assert values[0].how == "inferred"
    assert "compile hash" in str(values[0].made)
    assert values[0].locations[0].line == 53
    compared = logparse.compare(ledger)
    causes = [v.refusal.cause for row in compared.rows for v in row.verdicts[1:2] if v is not None and v.refusal]
    assert RefusalCause.UNKNOWN_WORKLOAD not in causes
    assert RefusalCause.WORKLOAD not in causes


def test_a_run_of_unknown_workload_has_that_of_the_run_whose_graph_it_shares() -> None:
    ledger = Ledger(logparse.ingest([renamed("out_a", "11"), UNNAMED]))
    assert {ledger.value(job, "workload").value for job in ledger.jobs} == {"bert_large"}


def test_runs_that_share_a_model_directory_are_one_program_unless_it_had_two() -> None:
    same = [renamed("runs/mine", "11", "cs_1"), renamed("runs/mine", "12", "cs_2")]
    ledger = Ledger(logparse.ingest(same))
    assert {ledger.value(job, "workload").value for job in ledger.jobs} == {"mine"}
    other = b"--params configs/params_gpt2_small.yaml\n" + renamed("runs/mine", "13", "cs_3")
    named = b"--params configs/bert_large_MSL128.yaml\n" + renamed("runs/mine", "14", "cs_4")
    ledger = Ledger(logparse.ingest([*same, other, named]))
    assert [ledger.value(job, "workload").value for job in ledger.jobs].count(None) == 2


# ---- common units ---- #


def test_rates_are_converted_to_tokens_and_ranked() -> None:
    found = one_table(across(ingested(BOTH)))
    assert (found.workload, found.task, found.rate.name) == ("bert_large", "train", "token_throughput")
    assert [(row.rank, row.platform) for row in found.rows] == [(1, "cerebras"), (2, "sambanova")]
    runs = {run["platform"]: run for run in ingested(BOTH).runs.rows(named=True)}
    assert cell(found, "cerebras", "token_throughput") == pytest.approx(runs["cerebras"]["throughput"] * 128)
    assert cell(found, "sambanova", "token_throughput") == runs["sambanova"]["token_throughput"]
    verdict = found.rows[1].verdict
    assert verdict is not None
    ratio = runs["sambanova"]["token_throughput"] / (128 * runs["cerebras"]["throughput"])
    assert verdict.ratio == pytest.approx(ratio)
    assert "throughput × sequence length 128 (from a name in the log)" in caveat(found, "converted")


def test_what_cannot_be_converted_stands_beside_with_the_reason_and_the_remedy() -> None:
    found = one_table(across(ingested([*BOTH, UNNAMED])))
    aside = [row for row in found.rows if row.rank is None]
    assert [row.side.jobs[0].main["label"] for row in aside] == ["bert_large_batch_512.out"]
    assert "does not state the sequence length" in str(aside[0].aside)
    assert any("--claim 'LABEL:sequence_length=…'" in note for note in text_across(found).notes)
    claimed = one_table(across(ingested([*BOTH, UNNAMED]), claims="*batch_512*:sequence_length=128"))
    assert all(row.rank is not None for row in claimed.rows)


def test_no_row_is_ranked_where_only_one_platform_has_the_common_unit() -> None:
    found = one_table(across(ingested([UNNAMED, SAMBANOVA])))
    assert all(row.rank is None and row.verdict is None for row in found.rows)
    assert "no rate of another platform is convertible" in str(row_of(found, "sambanova").aside)
    assert text_across(found).heading.endswith("not ranked")


def test_order_of_files_and_copies_change_nothing() -> None:
    first, second = (across(ingested(files)).frame().drop("side", "runs") for files in (BOTH, (SAMBANOVA, *BOTH)))
    assert first.sort("platform", "quantity").equals(second.sort("platform", "quantity"))


def test_runs_without_a_result_have_no_row() -> None:
    failed = SAMPLES / "cerebras" / "cut_off_in_training.out"
    with_failed = across(ingested([*BOTH, failed]))
    assert [row.side.jobs[0].main["label"] for row in one_table(with_failed).rows] == [
        row.side.jobs[0].main["label"] for row in one_table(across(ingested(BOTH))).rows
    ]


def test_the_frame_has_a_row_per_side_and_quantity_with_lines() -> None:
    found = across(ingested(BOTH))
    frame = found.frame()
    assert dict(frame.schema) == ACROSS
    assert frame.height == sum(len(t.rows) * len(t.quantities) for t in found.tables)
    known = frame.filter(pl.col("value").is_not_null())
    assert known["evidence"].list.len().min() > 0  # type: ignore[operator]
    assert frame.filter(pl.col("value").is_null())["empty"].null_count() == 0
    assert set(frame.filter(quantity="token_throughput", platform="cerebras")["how"]) == {"measured"}


def test_a_workload_on_one_platform_has_no_table() -> None:
    with pytest.raises(UsageError, match="no workload ran on several platforms here: bert_large, train"):
        across(ingested(UNNAMED))


def test_sides_by_a_column_keep_platforms_apart() -> None:
    found = one_table(across(ingested([*BOTH, UNNAMED]), by="workload"))
    assert [(row.side.label, len(row.side.jobs)) for row in found.rows] == [
        ("cerebras, workload bert_large", 2), ("sambanova, workload bert_large", 1),
    ]  # fmt: skip


# ---- time to the same loss ---- #


def test_the_time_to_the_best_loss_that_two_platforms_reached() -> None:
    found = one_table(across(ingested(BOTH)))
    finals = {run["platform"]: run["loss"] for run in ingested(BOTH).runs.rows(named=True)}
    target = max(finals.values())
    title = next(q.title for q in found.quantities if q.name == "time_to_target_s")
    number = float(title.removeprefix("time to loss<="))
    assert target <= number <= target * 1.0002
    logs = ingested(CEREBRAS)
    losses = logs.metrics.filter((pl.col("name") == "loss") & (pl.col("value") <= number)).sort("step")
    begin = logs.phases.filter((pl.col("phase") == "train") & pl.col("stage").is_null())["begin_at"][0]
    latest = (losses["at"][0] - begin).total_seconds()
    (value,) = row_of(found, "cerebras").cells["time_to_target_s"].values
    assert value.value == value.resolution == latest / 2  # the first logged loss is there already
    assert f"at most {latest:.4g} s" in run("compare", "--across", *BOTH).output


@pytest.mark.parametrize("target", ["loss<=10.4", "loss<=9", "loss<=7.3", "loss<=8"])
def test_a_time_to_a_target_is_the_same_in_each_kind_of_comparison(target: str) -> None:
    over_platforms = one_table(across(ingested(BOTH), target=target))
    compared = logparse.compare(
        ingested(BOTH), [run["run"] for run in ingested(BOTH).runs.rows(named=True)], target=target
    )
    cells = next(row.cells for row in compared.rows if row.quantity.name == "time_to_loss")
    for cell in cells:
        platform = str(cell.side.jobs[0]["platform"])
        other = row_of(over_platforms, platform).cells["time_to_target_s"]
        assert (cell.values, cell.reason) == (other.values, other.reason)
    assert any(cell.values for cell in cells)


def test_a_target_that_is_not_reached_is_no_time() -> None:
    found = one_table(across(ingested(BOTH), target="loss<=8"))
    values = row_of(found, "sambanova").cells["time_to_target_s"]
    assert (values.values, values.reason) == ((), "not reached")


def test_without_times_by_step_the_whole_training_is_an_upper_bound() -> None:
    text = re.sub(rb"[^\n]*global_step:[^\n]*\n", b"", SAMBANOVA.read_bytes())
    logs = logparse.ingest([CEREBRAS, text])
    found = one_table(across(logs, target="loss<=10.5"))
    (value,) = row_of(found, "sambanova").cells["time_to_target_s"].values
    assert value.made == "at most: the whole training, since the log has no times by step"
    assert value.value == value.resolution == row_of(found, "sambanova").cells["train_s"].mean / 2


def test_a_target_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="not a valid target"):
        across(ingested(BOTH), target="happiness>=1")


# ---- devices ---- #


def test_each_figure_of_the_table_has_a_source_or_a_reason() -> None:
    for device in table().devices.values():
        for figure in (device.power, device.peak):
            if figure.value is None:
                assert figure.reason
            else:
                assert figure.value > 0
                assert str(figure.source).startswith("https://")
        assert device.chips >= 1
        assert device.precision or device.peak.value is None
    assert all(model.source.startswith("https://") and model.parameters > 1e6 for model in table().models.values())


def test_figures_relative_to_the_device(tmp_path: Path) -> None:
    logs = ingested(BOTH)
    claims = "*run_16_ranks*:devices=8"
    file = tmp_path / "devices.toml"
    file.write_text(FIGURES)
    found = one_table(across(logs, claims=claims, device="cerebras=CS-2", devices=file))
    cerebras, sambanova = (cell(found, p, "token_throughput") for p in ("cerebras", "sambanova"))
    assert row_of(found, "sambanova").device == table(file).device("SN30")
    assert cell(found, "cerebras", "per_device") == cerebras
    assert cell(found, "sambanova", "per_device") == pytest.approx(sambanova / 8)
    assert cell(found, "cerebras", "per_watt") == pytest.approx(cerebras / 23_000)
    assert cell(found, "sambanova", "per_peak") == pytest.approx(sambanova / 8 / 0.688)
    utilisation = 6 * 340e6 * sambanova / (8 * 688e12)
    assert cell(found, "sambanova", "model_flops_utilisation") == pytest.approx(utilisation)
    assert "no published power of one" in str(row_of(found, "sambanova").cells["per_watt"].reason)
    assert row_of(found, "cerebras").cells["model_flops_utilisation"].reason == "no published peak of the CS-2 is known"
    assert "no figure per device has a winner" in caveat(found, "device kinds")


def test_a_figure_that_no_confirmed_source_states_is_not_known() -> None:
    claims = "*run_16_ranks*:devices=8"
    found = one_table(across(ingested([*BOTH]), claims=claims, device="cerebras=CS-3"))
    (row,) = [row for row in text_across(found).rows if row[2] == "sambanova"]
    assert row[text_across(found).head.index("per peak PFLOP/s")] == "not known"
    reasons = [c.text for c in found.caveats if c.name == "missing"]
    assert any("no statement of the peak of the SN30" in text for text in reasons)
    assert row_of(found, "sambanova").cells["per_device"].claimed


def test_ratios_and_rates_have_intervals_where_repeats_are_known() -> None:
    found = across(ingested([*BOTH, UNNAMED]), claims="*batch_512*:sequence_length=128")
    t = one_table(found)
    slow = next(row for row in t.rows if row.side.jobs[0].main["label"] == UNNAMED.name)
    assert slow.verdict is not None
    assert slow.verdict.interval is not None
    low, high = slow.verdict.interval
    assert low < slow.verdict.ratio < high < 0.7  # type: ignore[operator]
    # converted rates have the noise of the rates in samples/s from which they are computed
    compared = logparse.compare(found.ledger, [CEREBRAS.name, UNNAMED.name]).frame().filter(quantity="throughput")
    assert (low, high) == pytest.approx(compared.select("low", "high").row(1), rel=1e-9)
    assert f"({low:.3f} to {high:.3f})" in next(r[5] for r in text_across(t).rows if r[1] == slow.side.label)
    rates = found.frame().filter(quantity="token_throughput", side=slow.side.label).row(0, named=True)
    assert rates["value_low"] < rates["value"] < rates["value_high"]
    assert (rates["low"], rates["high"]) == (low, high)
    # no repeats of the program on SambaNova are known, so the difference has no interval
    other = next(row for row in t.rows if row.platform == "sambanova").verdict
    assert other is not None
    assert (other.word, other.interval) == ("unknown", None)


def test_without_the_number_or_the_name_of_the_devices_there_is_no_figure() -> None:
    found = one_table(across(ingested(BOTH)))
    assert "the number of devices is not known" in str(row_of(found, "sambanova").cells["per_watt"].reason)
    reason = row_of(found, "cerebras").cells["per_watt"].reason
    assert reason == "the log does not state which CSX it is: CS-1, CS-2, CS-3"
    remedies = {str(c.remedy) for c in found.caveats if c.remedy is not None}
    assert remedies == {'device="cerebras=…"', 'claims="LABEL:devices=…"'}


def test_what_the_log_states_has_precedence_over_the_device_that_is_given() -> None:
    found = one_table(across(ingested(BOTH), device=["sambanova=SN40L"]))
    device = row_of(found, "sambanova").device
    assert device is not None
    assert device.name == "SN30"


def test_a_peak_that_counts_skipped_zeros_gives_no_utilisation() -> None:
    found = one_table(across(ingested(BOTH), device="cerebras=CS-3"))
    assert "zeros that are skipped" in str(row_of(found, "cerebras").cells["model_flops_utilisation"].reason)
    assert cell(found, "cerebras", "per_peak") == pytest.approx(cell(found, "cerebras", "token_throughput") / 125)
    assert "CS-3" in caveat(found, "sparsity")


FIGURES = """
[devices."CS-2"]
kind = "CSX"
chips = 1
power = { watts = 23000, source = "https://example.org/power" }
peak = { reason = "no published peak of the CS-2 is known" }

[devices."SN30"]
kind = "RDU"
system = "SN30"
chips = 1
power = { reason = "no published power of one SN30 is known" }
peak = { flops = 6.88e14, precision = "bfloat16", source = "https://example.org/peak" }
"""

OWN = """
[devices."CS-2"]
kind = "CSX"
chips = 1
power = { watts = 17000, source = "https://example.org/measured" }
peak = { flops = 1e15, precision = "float16", source = "https://example.org/peak" }

[models.bert_large]
parameters = 3.36e8
source = "https://example.org/counted"
"""


def test_a_file_replaces_entries_of_the_table(tmp_path: Path) -> None:
    file = tmp_path / "devices.toml"
    file.write_text(OWN)
    found = one_table(across(ingested(BOTH), devices=file, device="cerebras=CS-2"))
    rate = cell(found, "cerebras", "token_throughput")
    assert cell(found, "cerebras", "per_watt") == pytest.approx(rate / 17_000)
    assert cell(found, "cerebras", "model_flops_utilisation") == pytest.approx(6 * 3.36e8 * rate / 1e15)
    assert "https://example.org/measured" in caveat(found, "power")
    assert "SN30" in table(file).devices


def test_the_example_of_the_documentation_is_a_table_of_devices(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "howto" / "across.md").read_text().partition("## The table of devices")[2]
    file = tmp_path / "devices.toml"
    file.write_text("\n".join(line[4:] for line in page.splitlines() if line.startswith("    ")))
    found = table(file)
    assert (found.devices["CS-2"].power.value, found.models["my_model"].parameters) == (17_000, 1.3e9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not toml", "not a table of devices"),
        ("[wafers]\n", "unknown table 'wafers'"),
        ('[devices.X]\nkind = "CSX"\n', "is missing"),
        (OWN.replace("17000", "-1"), "must be a positive number"),
        (OWN.replace("1e15", "true"), "must be a positive number"),
        (OWN.replace("chips = 1", "chips = 1\nsystem = '('"), "not a table of devices"),
    ],
)
def test_a_file_that_is_no_table_of_devices_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "devices.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=message):
        across(ingested(BOTH), devices=file)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"device": "cerebras"}, "not a valid device"),
        ({"device": "cerebras=CS-9"}, "not in the table of devices"),
        ({"device": "nvidia=CS-2"}, "no run here is of this platform"),
        ({"devices": "missing.toml"}, "cannot read the table of devices"),
        ({"by": "happiness"}, "not a column"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        across(ingested(BOTH), **arguments)


def test_utilisation_in_inference_counts_the_forward_pass_and_the_parameters_in_the_log() -> None:
    files = [SAMPLES / "groq" / "benchit_seconds_called_ms.out", SAMPLES / "graphcore" / "poprt_two_batch_sizes.out"]
    claims = ["*benchit*:sequence_length=128", "*benchit*:devices=1", "*poprt*:workload=bert"]
    logs = ingested(files)
    values = row_of(one_table(across(logs, claims=claims)), "groq").cells["model_flops_utilisation"]
    run = logs.runs.filter(platform="groq").row(0, named=True)
    parameters = logs.params.filter(run=run["run"], name="parameters")["number"][0]
    assert parameters > 1e8
    assert values.mean == pytest.approx(2 * parameters * run["throughput"] * 128 / 188e12)
    assert "in the log" in str(values.values[0].made)


# ---- output ---- #


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments], prog_name="logparse")


def test_the_command_prints_the_table_and_the_caveats() -> None:
    result = run("compare", "--across", *BOTH, "--device", "cerebras=CS-2")
    assert result.exit_code == 0, result.output
    first, head, cerebras, sambanova, *rest = result.output.splitlines()
    assert first == "bert_large, train on cerebras and sambanova, ranked by tokens/s"
    assert head.split()[:5] == ["run", "platform", "device", "tokens/s", "ratio"]
    assert cerebras.split()[:4] == ["1", "pasted_crlf_cp1252", "cerebras", "CS-2"]
    assert "×0." in sambanova
    assert "Caveats:" in rest


@pytest.mark.parametrize("format", ["json", "ndjson", "csv", "md", "latex"])
def test_the_command_writes_every_format(format: str) -> None:
    result = run("compare", "--across", *BOTH, "--format", format)
    assert result.exit_code == 0, result.output
    assert "token_throughput" in result.output or "tokens/s" in result.output
    if format == "json":
        assert json.loads(result.output)["frame"] == "across"
    if format in ("md", "latex"):
        assert "device kinds" in result.output


@pytest.mark.parametrize(
    "options",
    [("--baseline", "x"), ("--at", "samples"), ("--per", "device"), ("--clock", "train"), ("--fail-if", "loss<1x"),
     ("--strict", "error"), ("--format", "junit"), ("--target", "loss<=7", "--target", "loss<=8")],
)  # fmt: skip
def test_options_that_do_not_apply_are_refused(options: tuple[str, ...]) -> None:
    result = run("compare", "--across", *BOTH, *options)
    assert result.exit_code == 2
    assert "--across" in result.output


def test_a_device_without_across_is_refused() -> None:
    assert "does not apply without --across" in run("compare", *BOTH, "--device", "cerebras=CS-2").output


def test_the_table_of_devices_can_be_set_in_the_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text(OWN)
    (tmp_path / "logparse.toml").write_text('[compare]\ndevices = "mine.toml"\ndevice = ["cerebras=CS-2"]\n')
    monkeypatch.chdir(tmp_path)
    result = run("compare", "--across", *BOTH)
    assert result.exit_code == 0, result.output
    assert "https://example.org/measured" in result.output
    assert run("compare", *BOTH).exit_code == 0  # settings for tables over platforms do not disturb others


def test_the_chart_draws_the_rates_of_each_platform() -> None:
    from logparse import charts

    view = charts.view_for("ratio", ingested(BOTH), across=True)
    rows = charts.rows("ratio", view)
    found = one_table(across(ingested(BOTH)))
    assert found.rows[1].verdict is not None
    assert rows.select("platform", "ratio", "quantity").rows() == [
        ("sambanova", found.rows[1].verdict.ratio, "token_throughput")
    ]
    assert "cerebras has the highest rate" in json.dumps(logparse.chart.ratio(ingested(BOTH), across=True).to_dict())


def test_the_chart_has_nothing_to_draw_for_one_platform() -> None:
    with pytest.raises(NothingToDraw, match="several platforms"):
        logparse.chart.ratio(ingested(UNNAMED), across=True)
    with pytest.raises(UsageError, match="per does not apply"):
        logparse.chart.ratio(ingested(BOTH), across=True, per="device")


def test_the_table_is_the_first_of_the_report() -> None:
    sections = Sections(content(ingested(BOTH)), [], []).all()
    assert [section.id for section in sections][:3] == ["lists", "across", "runs"]
    html = environment().get_template("across.html").render(data=sections[1].data)
    assert "ranked by tokens/s" in html
    assert html.count('class="n" data-n=') >= 6  # numbers open their lines
    for format in ("md", "latex"):
        assert "Across platforms" in logparse.report(ingested(BOTH), format=format)
    assert "across" not in [section.id for section in Sections(content(ingested(UNNAMED)), [], []).all()]


def test_estimates_stand_apart_and_one_input_is_not_ranked_against_a_data_set() -> None:
    files = [SAMPLES / "groq" / "resnet50.out", SAMPLES / "graphcore" / "poprt_two_batch_sizes.out"]
    found = one_table(across(ingested(files), claims="*poprt*:workload=resnet50"))
    groq = row_of(found, "groq")
    assert (groq.rank, groq.aside) == (None, "it repeats one input, the others run a data set")
    assert next((q.name, row.platform, values.mean) for q, row, values in found.estimates) == (
        "on_chip_throughput", "groq", 2985.4,
    )  # fmt: skip
    assert not {q.name for q in found.quantities} & {"on_chip_throughput", "on_chip_latency_s"}
    assert any("(estimate)" in text for text in text_across(found).estimates)


# ---- real logs ---- #


def test_real_bert_on_cerebras_and_sambanova_in_tokens_without_a_claim(real_logs: Path) -> None:
    files = [real_logs / "cerebras" / "AnanthKandala", real_logs / "sambanova" / "WolandDream"]
    found = one_table(logparse.across(ingested(files)))
    assert found.rate.name == "token_throughput"
    ranked = [row for row in found.rows if row.rank is not None]
    assert {row.platform for row in ranked} == {"cerebras", "sambanova"}
    best = {p: max(cell.mean or 0 for r in ranked if r.platform == p for cell in [r.cells["token_throughput"]])
            for p in ("cerebras", "sambanova")}  # fmt: skip
    assert best["cerebras"] == pytest.approx(6733.6 * 128)
    assert best["sambanova"] == pytest.approx(585_269.33, rel=1e-6)


@pytest.mark.parametrize(
    ("folder", "names", "workload"),
    [
        ("cerebras/augustuszzq", ("mnist_run", "mytest.log"), "mnist"),
        ("cerebras/augustuszzq", ("gpt2_train_bf16", "womixed"), "gpt2"),
    ],
)
def test_real_runs_of_renamed_programs_are_compared(
    real_logs: Path, folder: str, names: tuple[str, ...], workload: str
) -> None:
    compared = logparse.compare(ingested(real_logs / folder), names)
    assert {compared.ledger.value(job, "workload").value for job in compared.jobs} == {workload}
    causes = {v.refusal.cause for row in compared.rows for v in row.verdicts if v is not None and v.refusal}
    assert not causes & {RefusalCause.WORKLOAD, RefusalCause.UNKNOWN_WORKLOAD}


@pytest.mark.parametrize(
    ("value", "resolution", "text"),
    [(10.5, 10.5, "at most 21 s"), (0.4, 0.4, "at most 0.8 s"), (11.0, 10.5, "11 s ±11"), (0.0, 1.0, "0 s ±1")],
)
def test_a_duration_whose_uncertainty_reaches_to_0_is_an_upper_bound(
    value: float, resolution: float, text: str
) -> None:
    assert seconds(value, resolution) == text
