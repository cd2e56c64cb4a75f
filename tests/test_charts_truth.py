"""What charts say is so: titles, captions and labels, compared with the frames."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import SAMPLES, ingested

from logparse import charts
from logparse.charts import _theme, duration, loss, ratio, timeline
from logparse.charts._compared import _COMPARISONS
from logparse.charts._view import View, view_of
from logparse.comparison.compare import Comparison, compare
from logparse.comparison.estimate import PREDICTION_LEVEL
from logparse.comparison.ledger import Ledger
from logparse.comparison.wording import text_table
from logparse.errors import NothingToDraw
from logparse.logs import Logs
from logparse.schema import FRAMES

PLATFORMS = ("cerebras", "graphcore", "groq", "sambanova")
BATCHES = [SAMPLES / "cerebras" / f"bert_large_batch_{batch}.out" for batch in (512, 1024, 2048)]


def logs_of(*runs: Mapping[str, Any], **others: list[dict[str, Any]]) -> Logs:
    """Logs with these rows of `runs`, and of other frames, and nothing else."""
    usual = {"copies": 0, "platform": "acme", "task": "train", "workload": "bert", "status": "completed"}
    rows = [
        dict.fromkeys(FRAMES["runs"]) | usual | {"run": f"r{i}", "label": f"{i}.out", "source": f"{i}.out"} | dict(run)
        for i, run in enumerate(runs)
    ]
    given = {"runs": rows, **others}
    frames = {name: pl.DataFrame(given.get(name, []), schema=schema) for name, schema in FRAMES.items()}
    return Logs(frames)


def said(name: str, what: Any, monkeypatch: pytest.MonkeyPatch, **options: Any) -> tuple[View, str, list[str]] | None:
    """The view, the title, and the sentences below it and in the caption; None where there is nothing to draw."""

    drawn = drawing_of(name, what, monkeypatch, **options)
    if drawn is None:
        return None
    return drawn.view, drawn.title, [*drawn.subtitle, *_theme.sentences(drawn.view, drawn.caption)]


@dataclass(frozen=True)
class Drawn:
    """What a chart says."""

    view: View
    title: str
    subtitle: Sequence[str]
    caption: _theme.Caption


def drawing_of(name: str, what: Any, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Drawn | None:
    """What a chart says; None where there is nothing to draw."""

    def framed(view: View, body: Any, width: float, *words: Any) -> Any:
        return words

    monkeypatch.setattr(charts.module(name), "framed", framed)
    view = view_of(what, **options)
    try:
        return Drawn(view, *charts.module(name).chart(view))
    except NothingToDraw:
        return None


# ---- every title of every chart ---- #

NUMBER = re.compile(r"(?<![\w.#…])\d[\d,]*(?:\.\d+)?(?![\w…])")
FILE = re.compile(r"[\w.+-]+\.(?:out|txt|log)(?:#\d+)?")


def names(view: View) -> list[str]:
    """What runs and sides are called, the longest first."""
    return sorted({side.label for side in view.sides} | {job.label for job in view.jobs}, key=len, reverse=True)


def without_names(text: str, view: View) -> str:
    """The text without the names in it. A shortened name must be that of one run."""
    for name in names(view):  # a name may be the beginning of the name of a file
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w|\.(?:out|txt|log)\b)", "NAME", text)
    for short in re.findall(r"[^\s(]*…[^\s,;:)]*", text):
        begin, _, end = short.partition("…")
        end = end.rstrip("…")
        matching = [n for n in names(view) if n.startswith(begin) and (end in n)]
        assert len(matching) == 1, (short, matching)
        text = text.replace(short, "NAME")
    return text


def counts(frame: pl.DataFrame) -> Iterator[int]:
    """What can be counted in the rows of a chart: rows, different values, and rows with a value, of each panel too."""
    for part in (frame, *(frame.partition_by("block") if "block" in frame.columns else ())):
        yield part.height
        for column in part.columns:
            if not isinstance(part.schema[column], pl.List):
                yield part[column].n_unique()
                yield part[column].drop_nulls().n_unique()
            if part.schema[column] in (pl.String, pl.Boolean):
                yield from part[column].value_counts()["count"]
                for other in ("side", "run", "label"):
                    if other in part.columns and other != column:
                        yield from part.group_by(column).agg(pl.col(other).n_unique())[other]


def numbers(view: View, frame: pl.DataFrame) -> Iterator[float]:
    """The numbers that the rows of a chart and the frame `runs` hold."""
    for table in (frame, view.ledger.logs.runs):
        for column, dtype in table.schema.items():
            if dtype.is_numeric():
                yield from (float(value) for value in table[column].drop_nulls())


def is_there(token: str, known: list[float]) -> bool:
    """Whether a number as printed is one of these, as it is, as a percentage, in ms, or as a ratio the other way."""
    value = float(token.replace(",", ""))
    half = 0.5 * 10.0 ** -len(token.partition(".")[2]) * (1 + 1e-9)
    half = max(half, 0.5 * 10.0 ** (len(token.replace(",", "").partition(".")[0]) - 4) if "." not in token else half)
    return any(
        abs(scaled - value) <= half
        for number in known
        for scaled in (number, 100 * number, 1000 * number, abs(number), *((1 / number,) if number else ()))
    )


@pytest.fixture(scope="module")
def ledgers() -> dict[str, Ledger]:
    return {platform: Ledger(ingested(SAMPLES / platform)) for platform in PLATFORMS}


@pytest.mark.parametrize("name", charts.names())
@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_number_and_every_name_in_a_title_is_in_the_frames(
    name: str, platform: str, monkeypatch: pytest.MonkeyPatch, ledgers: dict[str, Ledger]
) -> None:
    check_words(name, ledgers[platform], monkeypatch)


@pytest.mark.parametrize("name", charts.names())
@pytest.mark.parametrize("options", [{"by": "batch_size"}, {"by": "platform", "sort": "-throughput"}])
def test_titles_and_captions_of_groups_are_true(
    name: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch, ledgers: dict[str, Ledger]
) -> None:
    check_words(name, ledgers["cerebras"], monkeypatch, **options)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_titles_and_captions_of_real_logs_are_true(
    platform: str, monkeypatch: pytest.MonkeyPatch, real_logs: Path
) -> None:
    ledger = Ledger(ingested(real_logs).only(pl.col("platform").cast(pl.String) == platform))
    for name in charts.names():
        check_words(name, ledger, monkeypatch)
        monkeypatch.undo()


def check_words(name: str, what: Any, monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
    """Every number and every name in the title and the caption of a chart is in the frames."""
    drawn = drawing_of(name, what, monkeypatch, **options)
    if drawn is None:
        return
    view = drawn.view
    frame = charts.rows(name, view)
    known = [*numbers(view, frame), *map(float, counts(frame)), float(len(view.jobs))]
    if name == "duration":
        known += shares_of_training(view)
    if name == "stages":
        known += [float(s) for c in ("duration_s", "share") for s in frame.group_by("stage").agg(pl.col(c).sum())[c]]
    if name == "timeline":
        known += [timeline._IDLE_S, 100 * timeline._IDLE_SHARE]  # from when a gap is counted
        gaps = frame.filter(mark="unaccounted")
        known.append(float(gaps["run"].n_unique() - gaps.drop_nulls("text")["run"].n_unique()))
        known += [float(s) for s in frame["end_s"] - frame["begin_s"]]
        known.append(float(len(view.jobs) - len(timeline._lanes(view))))
    if name == "distribution":
        known += [100 * (1 - PREDICTION_LEVEL), 95.0]  # the nominal level of the intervals, and what they cover
        known += spreads(frame)
    if name == "trend":
        known += changes_of_level(frame)
    if name == "ratio":
        used = [
            v
            for panel in ratio._panels(view)[0]
            for row in panel.comparison.rows
            for v in row.verdicts
            if ratio._is_compared(v)
        ]
        known += Counter(v.noise.kind for v in used if v and v.noise).values()
    text = without_names(drawn.title, view)
    for date in {str(job["started_at"])[:10] for job in view.jobs} & set(re.findall(r"\d{4}-\d\d-\d\d", text)):
        text = text.replace(date, "DATE")
    assert not FILE.findall(text), drawn.title
    for token in NUMBER.findall(text):
        assert is_there(token, known), (token, drawn.title)
    noises = noise_texts(view)
    for note in (*drawn.subtitle, *drawn.caption.notes):
        check_note(note, view, [*known, *map(float, apart(view, drawn))], noises)
    files = {re.split(r"[/\\]", source)[-1] for source in view.sources()}
    for sentence in _theme.sentences(view, drawn.caption):
        for file in FILE.findall(without_names(sentence, view) if "…" not in sentence else ""):
            assert file in files | set(names(view)), (file, sentence)


def changes_of_level(frame: pl.DataFrame) -> Iterator[float]:
    """The ratio of each changed level to the one before, and its interval, whose text must contain the ratio."""
    for _, series in frame.sort("at").group_by("block", "series", maintain_order=True):
        levels = series["level"]
        for i, text in enumerate(series["change"]):
            if text is not None:
                ratio, low, high = (float(number) for number in re.findall(r"\d[\d.]*", text))
                assert ratio == pytest.approx(levels[i] / levels[i - 1], rel=1e-3)
                assert low <= ratio <= high
                yield from (ratio, low, high)


def check_note(note: str, view: View, known: list[float], noises: set[str]) -> None:
    """The numbers of a note are in the frames, or in the text of a noise that the chart uses."""
    for text in sorted(noises, key=len, reverse=True):
        note = note.replace(text, "NOISE")
    for job in view.jobs:
        if job["started_at"] is not None:
            note = note.replace(f"{job['started_at']:%Y-%m-%dT%H:%M}", "TIME")
    text = without_names(note.replace("95 % interval", "interval"), view)
    if more := MORE.search(text):
        # What is named and what is only counted are together no more than there is.
        assert text.count("NAME") + int(more[1].replace(",", "")) <= len(view.jobs), note
        text = MORE.sub("", text)
    if room := NO_ROOM.search(text):
        # What is not drawn for want of room is at most what is there; the limit is that of the fullest panel.
        assert int(room[1].replace(",", "")) <= len(view.jobs), note
        text = NO_ROOM.sub("", text)
    for token in NUMBER.findall(text):
        assert is_there(token, known), (token, note)


NO_ROOM = re.compile(r"^([\d,]+) more \w+ (?:\([\d,]+ runs?\) )?(?:is|are) not drawn(?:: a panel has at most \d+)?")
MORE = re.compile(r" and (\d[\d,]*) more\b")


def noise_texts(view: View) -> set[str]:
    """The texts of the noises of all comparisons that a chart may draw."""
    rows = [
        panel.row
        for panels in view.made.values()
        if isinstance(panels, tuple)
        for panel in panels[0]
        if hasattr(panel, "row")
    ]
    rows += [row for found in _COMPARISONS.get(view.ledger, {}).values() for row in found.rows]
    return {verdict.noise.text for row in rows for verdict in row.verdicts if verdict and verdict.noise}


def apart(view: View, drawn: Drawn) -> Iterator[int]:
    """Numbers of runs that are drawn, that are not, and of those with and without a column of `runs`."""
    jobs = {job.id for job in drawn.caption.jobs}
    yield from (len(jobs), len(view.jobs) - len(jobs))


def spreads(frame: pl.DataFrame) -> list[float]:
    """Of each row: its range as a share of its mean, its runs, and the repeats of its first run; the number of rows."""
    out = []
    for part in frame.partition_by("block", "row"):
        runs = part.filter(pl.col("mark") == "run")["value"].to_list()
        mean = part.filter(pl.col("mark") == "mean")["value"][0]
        out += [(max(runs) - min(runs)) / abs(mean), float(len(runs)), float(len(runs) - 1)]
    return [*out, len(out) / 3]


def shares_of_training(view: View) -> list[float]:
    """The share of training in each total; how many jobs have one, and how often each part is the largest."""
    bars = [{part["part"]: part["duration_s"] or 0.0 for part in duration._parts(view, job)} for job in view.jobs]
    bars = [bar for bar in bars if bar["train"] and bar["total"]]
    largest = Counter(max(set(bar) - {"total"}, key=bar.__getitem__) for bar in bars)
    return [*(bar["train"] / bar["total"] for bar in bars), float(len(bars)), *map(float, largest.values())]


# ---- names ---- #

LONG = "a_very_long_name_of_an_experiment_that_was_run_on_a_machine_with_{}_and_a_tail_that_is_long_as_well_{}.out"


@pytest.mark.parametrize(
    "labels",
    [
        [LONG.format(middle, "x") for middle in ("batch_512", "batch_1024")],
        [LONG.format("x", end) for end in ("first", "second")],
        [LONG.format("x" * 300, end) for end in ("first", "second")],
        [LONG.format("batch_512" + "y" * 200, "1"), LONG.format("batch_512" + "z" * 200, "2")],
    ],
)
def test_names_that_shorten_alike_stay_apart(labels: list[str]) -> None:
    for width in (80.0, 150.0, 230.0):
        short = _theme.distinct_labels([*labels, labels[0]], width, 11)
        assert short[0] != short[1]
        assert short[0] == short[2], "one name is one label"
        assert all(_theme.text_width(label, 11) <= width + 8 for label in short)


def test_a_title_tells_two_runs_apart_whose_names_differ_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = [LONG.format(middle, "x") for middle in ("batch_512", "batch_1024")]
    rate = {"throughput_window": "whole", "sample": "image", "samples": 1000, "group": "g"}
    runs = [
        {"label": label, "group": f"g{rank}", **rate, "throughput": value}
        for rank, (label, values) in enumerate(zip(labels, ((100.0, 101.0, 99.0), (200.0, 201.0, 199.0)), strict=True))
        for value in values
    ]
    found = said("throughput", logs_of(*runs), monkeypatch, by="label")
    assert found is not None
    title = found[1]
    assert "…1024_" in title
    assert "…512_" in title


def test_ranks_are_in_the_label_where_they_differ() -> None:
    logs = logs_of(*({"ranks": n, "throughput": 100.0 * n, "throughput_window": "whole"} for n in (1, 16)), {})
    assert labels_of("throughput", logs) == ["0.out, 1 rank", "1.out, 16 ranks"]
    equal = logs_of(*({"ranks": 16, "throughput": 100.0, "throughput_window": "whole"} for _ in range(2)))
    assert labels_of("throughput", equal) == ["0.out", "1.out"]
    assert labels_of("throughput", logs, by="ranks") == ["ranks 1", "ranks 16"]


def test_ranks_are_in_the_names_of_curves_and_points_too() -> None:
    scored = {"score": 0.9, "score_name": "accuracy", "train_s": 9.0}
    logs = logs_of(scored | {"ranks": 2}, scored | {"ranks": 4})
    assert sorted(charts.rows("tradeoff", view_of(logs))["label"]) == ["0.out, 2 ranks", "1.out, 4 ranks"]
    assert labels_of("accuracy", logs) == ["0.out, 2 ranks", "1.out, 4 ranks"]
    drawn = charts.drawn("ratio", view_of(logs)).to_dict()
    texts = {row.get("text") for rows in drawn["datasets"].values() for row in rows}
    assert "1.out, 4 ranks" in texts


def labels_of(name: str, logs: Logs, **options: Any) -> list[str]:
    return charts.rows(name, view_of(logs, **options))["label"].unique(maintain_order=True).to_list()


# ---- units ---- #


def test_a_rate_has_the_unit_of_the_frame_unless_all_logs_name_another() -> None:
    rate = {"throughput": 10.0, "throughput_window": "whole"}
    images = logs_of(rate | {"sample": "image"}, rate | {"sample": "image"})
    assert set(charts.rows("throughput", view_of(images))["unit"]) == {"images/s"}
    vague = logs_of(rate | {"sample": "sample"}, rate | {"sample": "sequence"})
    assert set(charts.rows("throughput", view_of(vague))["unit"]) == {"samples/s"}


# ---- durations ---- #


def test_what_is_unaccounted_for_is_what_the_frame_says(every_sample_ledger: Ledger) -> None:
    drawn = charts.rows("duration", view_of(every_sample_ledger)).filter(pl.col("n") == 1)
    parts = drawn.filter(part="unaccounted").select("run", "duration_s")
    checked = 0
    for run, seconds in parts.iter_rows():
        job = every_sample_ledger.by_run[run]
        if not job.others and job["unaccounted_s"] is not None:
            assert seconds == pytest.approx(job["unaccounted_s"], abs=1e-6), job
            checked += 1
    assert checked > 10
    other = drawn.filter(part="other phases")
    assert other.filter(run=ingested(BATCHES[0]).runs["run"][0])["duration_s"][0] > 60, "initialisation and teardown"


def test_the_largest_part_is_said_of_the_runs_that_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    long_compile = {"train_s": 10.0, "compile_s": 80.0, "queue_s": 0.0, "total_s": 90.0, "unaccounted_s": 0.0}
    long_train = {"train_s": 70.0, "compile_s": 9.0, "queue_s": 0.0, "total_s": 79.0, "unaccounted_s": 0.0}

    def title(*runs: Mapping[str, Any]) -> str:
        found = said("duration", logs_of(*runs), monkeypatch)
        assert found is not None
        return found[1]

    assert title(long_compile, long_compile).endswith("; compilation is the largest part")
    assert title(long_compile, long_train).endswith("; compilation is the largest part in 1 of 2 runs")
    assert "largest" not in title(long_train, long_train)


# ---- stages, leaders ---- #


def test_a_stage_without_an_end_of_its_own_is_said_to_end_with_the_next_line(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = "The log states when a stage begins, not when it ends: each is drawn to the next line of another kind."
    found = said("stages", ingested(BATCHES[0]), monkeypatch)
    assert found is not None
    assert sentence in found[2]
    whole = {
        "run": "r0",
        "phase": "compile",
        "begin_at": at(0),
        "end_at": at(100),
        "duration_s": 100.0,
        "source": "0.out",
    }
    ended = [
        whole | {"stage": name, "begin_at": at(begin), "end_at": at(end), "duration_s": end - begin, **lines}
        for name, begin, end, lines in (
            ("a", 0, 30, {"line_first": 2, "line_last": 3}), ("b", 40, 90, {"line_first": 4, "line_last": 5}),
        )
    ]  # fmt: skip
    rows = [whole | {"line_first": 1, "line_last": 9}, *ended]
    logs = logs_of({}, phases=[dict.fromkeys(FRAMES["phases"]) | {"basis": "timestamps"} | row for row in rows])
    found = said("stages", logs, monkeypatch)
    assert found is not None
    assert sentence not in found[2]


def at(second: int) -> Any:
    from datetime import datetime, timedelta

    return datetime(2024, 3, 24) + timedelta(seconds=second)


@pytest.mark.parametrize("x", ["samples", "steps", "time"])
def test_a_line_to_a_name_begins_where_its_value_was_taken(x: str) -> None:
    view = view_of(ingested(BATCHES), x=x)
    marks = charts.rows("loss", view).filter(objective="loss", mark="common")
    spec = charts.drawn("loss", view).to_dict()
    leaders = [row for rows in spec["datasets"].values() for row in rows if row.get("nth") == 0]
    begins = {(row["run"], round(row["x"], 6), round(row["y"], 6)) for row in leaders}
    assert {(run, round(x_, 6), round(v, 6)) for run, x_, v in marks.select("run", "x", "value").iter_rows()} <= begins
    assert set(loss.ROWS) == set(marks.columns)


# ---- the figures of `compare` ---- #

REPEATED = [
    [("a", 1), ("b", 1)],
    [("a", 2), ("b", 2)],
    [("a", 3), ("b", 3)],
    [("a", 4), ("b", 3), ("c", 1)],
]


def repeats(groups: list[tuple[str, int]]) -> Logs:
    """Runs of several settings, each repeated: rates 1.2 times those of the setting before."""
    deviations = (1.0, 1.03, 0.98, 1.01)
    return logs_of(
        *(
            {
                "label": f"{name}_{i}.out", "group": name, "model": name, "throughput_window": "whole",
                "sample": "image", "samples": 60000, "epochs": 4, "dataset": "mnist", "score_name": "accuracy",
                "throughput": 1000 * 1.2**k * deviations[i], "train_s": 60 / 1.2**k / deviations[i],
                "score": 0.95 + 0.01 * k + (deviations[i] - 1) / 10,
            }
            for k, (name, n) in enumerate(groups)
            for i in range(n)
        )
    )  # fmt: skip


def agrees_with_compare(what: Any, **options: Any) -> int:
    """How many marks of ratio, throughput and accuracy were found to have the figures of `compare`."""
    table = {(row["quantity"], row["side"]): row for row in of_compare(what, options).frame().iter_rows(named=True)}
    checked = 0
    for name in ("ratio", "throughput", "accuracy"):
        try:
            view = view_of(what, **options)
            frame = charts.rows(name, view)
        except NothingToDraw:
            continue
        sides = [side.label for side in view.sides]
        for row in frame.filter(pl.col("verdict").is_not_null()).iter_rows(named=True):
            quantity = row["quantity"] if name == "ratio" else "score" if name == "accuracy" else rate_of(row["unit"])
            side = row["side"] if name == "ratio" else side_of(row["label"], sides)
            if (quantity, side) not in table or row["verdict"] == "not comparable":
                continue
            expected = table[quantity, side]
            assert row["verdict"] == expected["verdict"], (name, quantity, side)
            assert row["n"] == expected["n"], (name, quantity, side)
            for figure in {"ratio", "difference"} & set(frame.columns):
                assert row[figure] == expected[figure], (name, quantity, side)
            assert [row["low"], row["high"]] == pytest.approx([expected["low"], expected["high"]]), (
                name,
                quantity,
                side,
            )
            checked += 1
    return checked


def of_compare(what: Any, options: Mapping[str, Any]) -> Any:
    return what if isinstance(what, Comparison) else compare(what, **options)


def rate_of(unit: str) -> str:
    return "token_throughput" if unit.startswith("token") else "throughput"


def side_of(label: str, sides: list[str]) -> str | None:
    """The side that a label of a row means; None where it was shortened."""
    return next((side for side in sides if label == side or label.endswith(f"  {side}")), None)


@pytest.mark.parametrize("groups", REPEATED)
def test_marks_have_the_figure_the_interval_and_the_verdict_of_compare(groups: list[tuple[str, int]]) -> None:
    ledger = Ledger(repeats(groups))
    # Each other side has a ratio in train, wall and throughput, and a difference in accuracy, which two charts show.
    assert agrees_with_compare(ledger, by="model") >= 4 * (len(groups) - 1)
    assert agrees_with_compare(compare(ledger, by="model")) >= 4 * (len(groups) - 1)


@pytest.mark.parametrize("platform", ["cerebras", "graphcore", "groq", "sambanova"])
def test_marks_of_samples_have_the_figures_of_compare(platform: str) -> None:
    files = {
        "cerebras": BATCHES,
        "graphcore": sorted((SAMPLES / platform).glob("mnist_as*.out")),
        "groq": sorted((SAMPLES / platform).glob("bert_tiny_*.out"))[:3],
        "sambanova": [SAMPLES / platform / "bert_large_appended_16_then_8_ranks.out"],
    }
    assert agrees_with_compare(compare(ingested(files[platform]))) > 0


def test_marks_of_real_repeats_have_the_figures_of_compare(real_logs: Path) -> None:
    read = ingested(real_logs / "cerebras")
    wanted = (pl.col("workload") == "bert_large") & pl.col("batch_size").is_in([512, 1024])
    chosen = read.runs.filter(wanted & (pl.col("status") == "completed"))["run"].to_list()
    comparison = compare(read, chosen, by="batch_size")
    judged = comparison.frame().filter(pl.col("low").is_not_null())
    assert "throughput" in judged["quantity"]
    assert agrees_with_compare(comparison) > judged.height, "each is a mark of ratio; the throughput is one more"
    assert agrees_with_compare(compare(ingested(real_logs / "sambanova" / "WolandDream"))) > 0


@pytest.mark.parametrize("groups", REPEATED)
def test_the_text_beside_a_mark_has_the_figures_of_the_table(groups: list[tuple[str, int]]) -> None:
    """The value of one or two runs, the mean and the range of more; then the verdict with its interval."""
    comparison = compare(repeats(groups), by="model")
    cells = {
        (line.row.quantity.name, side.label): cell
        for line in text_table(comparison).rows
        for side, cell in zip(comparison.sides, line.cells, strict=True)
    }
    for name, quantity in (("throughput", "throughput"), ("accuracy", "score")):
        rows = charts.rows(name, view_of(comparison)).filter(pl.col("note").is_not_null())
        assert rows.height == len(groups)
        for row in rows.iter_rows(named=True):
            cell = cells[quantity, row["label"]]
            assert row["note"].startswith(cell.value), row["note"]
            assert cell.verdict in row["note"], (row["note"], cell.verdict)
            assert f"n={row['n']}" in row["note"], row["note"]
    for row in charts.rows("ratio", view_of(comparison)).iter_rows(named=True):
        cell = cells[row["quantity"], row["side"]]
        assert f": {cell.verdict}" in row["note"], (row["note"], cell.verdict)
