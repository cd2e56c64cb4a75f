"""The frames: every column of every frame with its type, unit, meaning, and when it is null.

Frames are tidy, and their units are SI: seconds, samples/s, tokens/s, fractions from 0 to 1 (never per cent), bytes.
Unknown is null, never 0. A frame without rows has the same schema as one with many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from logparse.schema.vocabulary import ANY, INTEGER, NUMBER, TEXT, TIME, VOCABULARY, Range, possible

SCHEMA_VERSION = 2
"""Goes up when a column is renamed or removed, or changes its type or meaning; a new column alone does not raise it."""

UNKNOWN = "not in the log, or does not apply; `evidence` gives the reason"
NOT_STATED = "the line does not state it"
_NO_PICTURE = "the source is not a picture"
_UINT32 = pl.UInt32()
LOCATION = pl.Struct({"source": TEXT, "line": _UINT32})
LOCATIONS = pl.List(LOCATION)
"""The lines that a row is based on."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a frame."""

    dtype: pl.DataType
    unit: str | None
    """SI; None if it has no unit."""
    doc: str
    """What the column means."""
    null: str | None = None
    """When a cell is null; None: never."""


def _text(doc: str, null: str | None = None) -> Column:
    return Column(TEXT, None, doc, null)


def _count(unit: str | None, doc: str, null: str | None = None) -> Column:
    return Column(_UINT32, unit, doc, null)


def _integer(unit: str | None, doc: str, null: str | None = UNKNOWN) -> Column:
    return Column(INTEGER, unit, doc, null)


def _number(unit: str | None, doc: str, null: str | None = UNKNOWN) -> Column:
    return Column(NUMBER, unit, doc, null)


def _time(doc: str, null: str | None = UNKNOWN) -> Column:
    return Column(TIME, None, doc, null)


_RUN = _text("The run's id, the key of `runs`.")
_SOURCE = _text("Name of the source, the key of `sources`.")
_LINE = _count(None, "Line number in the source, from 1, as `grep -n` counts.")
_RULE = _text("Grammar and rule that read the line: `cerebras/train_step`.")

_RUNS = {
    "run": _text(
        "Id of the run: a hash of the platform and of the values that identify the run. All copies of a run share it."
    ),
    "label": _text("Short name for people: the shortest path suffix that is unique; `#2` is the second run in it."),
    "source": _text("Name of the source that the row comes from: the fullest copy of the run."),
    "line_first": _count(None, "First line of the run in `source`, from 1."),
    "line_last": _count(None, "Last line of the run in `source`."),
    "copies": _count("places", "Number of other places that contain the same run."),
    "platform": _text("`sambanova`, `graphcore`, `cerebras`, `groq`, or the name of another grammar."),
    "system": _text("System or machine type, as the log names it.", UNKNOWN),
    "device_kind": _text("Kind of accelerator: `RDU`, `IPU`, `CSX`, `GroqChip`.", "the grammar states none"),
    "host": _text("Machine that the run was started on.", UNKNOWN),
    "job_id": _text("Job number of the scheduler or cluster.", UNKNOWN),
    "sdk_version": _text("Version of the vendor's software.", UNKNOWN),
    "task": _text("`train`, `inference`, `compile` or `validate` (checked, but not compiled).", UNKNOWN),
    "workload": _text("What was run, under one name whatever the vendor calls it: `bert_large`.", UNKNOWN),
    "model": _text("Name of the model or build, as the log prints it.", UNKNOWN),
    "dataset": _text("Name of the data set.", UNKNOWN),
    "group": _text("Hash of platform, workload and all known settings: repeats of one experiment share it."),
    "status": _text(
        "`completed`: the work ended and its result is there. `completed_with_errors`: the same, but something failed "
        "afterwards. `failed`: an error or a cancel before the result. `incomplete`: the last line of the run that is "
        "not blank was parsed and shows work under way. `submitted`: submission or compile only; the work itself is in "
        "another log.",
        "the log proves none of these: lines that no rule reads after the last one parsed prove nothing",
    ),
    "started_at": _time("When the run began, as printed."),
    "ended_at": _time("When the run ended, as printed."),
    "zone": _text("Time zone of the time stamps: `UTC` where the log proves it.", UNKNOWN),
    "queue_s": _number("s", "Time spent waiting for a scheduler or cluster, summed."),
    "compile_s": _number(
        "s",
        "Time spent compiling, without waits, summed over all graphs. Where the result came from a cache: the time to "
        "fetch it.",
    ),
    "load_s": _number("s", "Time to program the device, stage data and load weights, up to the first step."),
    "train_s": _number("s", "Time of the training steps; `train_includes` names what else it contains."),
    "eval_s": _number("s", "Time of evaluation."),
    "checkpoint_s": _number("s", "Time spent saving checkpoints."),
    "total_s": _number("s", "Time of the whole run, from its beginning to its end."),
    "unaccounted_s": _number("s", "Part of `total_s` that no phase explains.", "`total_s` or the phases are not known"),
    "startup_s": _number("s", "Time from the beginning of training to the end of its first step."),
    "compile_cache": _text("`miss`: at least one graph was compiled. `hit`: all came from a cache.", UNKNOWN),
    "train_includes": _text(
        "What `train_s` contains besides training steps: `compile`, `load`, `eval` or `checkpoint`.",
        "training steps alone, or `train_s` is null",
    ),
    "devices": _integer("devices", "Accelerators used."),
    "ranks": _integer("ranks", "Processes, replicas or instances."),
    "batch_size": _integer("samples", "Samples in one optimiser step over all ranks; in inference, in one call."),
    "micro_batch_size": _integer("samples", "Samples that one rank processes at a time."),
    "sequence_length": _integer("tokens", "Tokens in one sequence."),
    "learning_rate": _number(None, "Learning rate that was set. The rates of a schedule are in `metrics`."),
    "precision": _text("Number format of the arithmetic: `bfloat16`, `float16`.", UNKNOWN),
    "seed": _integer(None, "Random seed."),
    "epochs": _integer("epochs", "Epochs that ran, not those asked for."),
    "steps": _integer("steps", "Optimiser steps that ran here; a resumed run does not count those before it."),
    "samples": _integer("samples", "Samples that the run processed: as printed, else steps × batch size."),
    "sample": _text("What one sample is: `sample`, `sequence`, `image` or `pair`.", UNKNOWN),
    "throughput": _number("samples/s", "Samples per second, all ranks together."),
    "throughput_window": _text(
        "What `throughput` averages over: `whole` run, `after_warmup`, or `single_input` where one input is repeated.",
        "`throughput` is null",
    ),
    "steady_throughput": _number("samples/s", "Samples per second at the median step or interval after warm-up."),
    "token_throughput": _number("tokens/s", "Tokens per second as measured; never converted from samples."),
    "latency_s": _number("s", "Time of one inference, end to end, as printed."),
    "on_chip_latency_s": _number("s", "Time of one inference on the chip, as the compiler estimates it."),
    "on_chip_throughput": _number("samples/s", "Inferences per second on the chip, as the compiler estimates them."),
    "loss": _number(None, "Final training loss that the log reports; with several ranks, their mean."),
    "score": _number(None, "Final quality figure; a fraction from 0 to 1 where the score is one."),
    "score_name": _text("What `score` is: `accuracy`, `spearman`, `f1`, `wer` and so on.", "`score` is null"),
    "accuracy": _number("fraction", "`score`, where it is an accuracy.", "the score is another one, or not in the log"),
}

_EVIDENCE = {
    "run": _RUN,
    "frame": _text(
        "Frame of the cell that the row is evidence of: `runs` or `phases`. `pictures`: a picture of the run shows "
        "another value than its log, a row for each of the two; the log's value counts."
    ),
    "column": _text("Column of that cell."),
    "key": _text(
        "Key of the phase (`phases.key`); of a metric that a picture shows otherwise, its step or epoch.",
        "the cell is in `runs`",
    ),
    "value": _text("Value of the cell, as text.", "the cell is null"),
    "text": _text("What the line prints, verbatim.", "no line prints the value"),
    "how": _text(
        "`read`: the text, parsed by its unit, is the value. `seen`: the same, where the text was read in a picture. "
        "`converted`: read and then changed, for instance by an "
        "alias or a corrected label. `derived`: computed by `formula`, a row for each input. `inferred`: concluded "
        "from lines of `rule`. `estimate`: a compiler's estimate. `absent`: the cell is null for `reason`.",
    ),
    "formula": _text("Formula that gives the value.", "not computed"),
    "input": _text("Name, in `formula`, of the input that the row states.", "not computed"),
    "number": _number(None, "Number that the row contributes, in SI units.", "the row states no number"),
    "resolution": _number(
        None, "Half a unit of the last printed digit, in the unit of the column.", "not a printed number"
    ),
    "value_resolution": _number(
        None,
        "Resolution of `value`: half a unit of its last meaningful digit, in the unit of the column; the same in all "
        "rows of a cell.",
        "not known, or a count, which is exact",
    ),
    "code": _text("Why the cell is null: one of the codes in `logparse.text.missing.Code`.", "the cell has a value"),
    "reason": _text("Why a cell is null, or why the value was chosen.", "nothing to explain"),
    "source": _SOURCE,
    "line": _count(None, "Line number in the source, from 1.", "no line states it"),
    "start": _count("characters", "Position of `text` in its line, from 0.", "no text"),
    "rule": _text("Grammar and rule that read the line.", "no rule states it"),
    "x": _count("pixels", "Left edge of the text's box in its picture, from 0.", _NO_PICTURE),
    "y": _count("pixels", "Upper edge of the box, from 0.", _NO_PICTURE),
    "width": _count("pixels", "Width of the box.", _NO_PICTURE),
    "height": _count("pixels", "Height of the box.", _NO_PICTURE),
    "confidence": _number("fraction", "How clear the least clear character of the text is.", _NO_PICTURE),
}

_PHASES = {
    "run": _RUN,
    "key": _text("Key of the row within its run: `compile#1`, `load/weights#1`."),
    "phase": _text(
        "`queue`, `init`, `download`, `compile`, `load`, `warmup`, `train`, `eval`, `benchmark`, `checkpoint` or "
        "`teardown`. Rows of whole phases (`stage` is null) do not overlap within a run."
    ),
    "stage": _text("The vendor's name of a step inside the phase.", "the row is the phase as a whole"),
    "begin_at": _time("When it began, as printed.", "no time stamp states it"),
    "end_at": _time("When it ended, as printed.", "no time stamp states it"),
    "duration_s": _number("s", "How long it took; phases nested inside are subtracted.", None),
    "basis": _text(
        "Where the duration comes from: `reported` by the log, `timestamps`, a progress `bar`, or the frames of a "
        "`spinner` (a lower bound)."
    ),
    "source": _SOURCE,
    "line_first": _count(None, "Line on which it begins, from 1."),
    "line_last": _count(None, "Line on which it ends."),
}

_METRICS = {
    "run": _RUN,
    "at": _time("Time stamp of the record, as printed.", "the record has no time stamp"),
    "step": _integer("steps", "Step that the figure belongs to.", NOT_STATED),
    "samples": _integer("samples", "Samples seen so far.", NOT_STATED),
    "epoch": _number("epochs", "Epoch that the figure belongs to.", NOT_STATED),
    "split": _text("`train`, `eval`, `test` or `benchmark`.", NOT_STATED),
    "name": _text("Name of the figure, a word of the vocabulary: `loss`, `throughput`, `accuracy`."),
    "value": _number(None, "The figure, in `unit`; always finite.", "the log prints NaN or infinity: see `not_finite`"),
    "not_finite": _text("What the log prints in place of a number: `nan`, `inf` or `-inf`.", "`value` is a number"),
    "unit": _text("Unit of `value`: `s`, `samples/s`, `tokens/s`, `fraction`, `bytes`.", "the figure has no unit"),
    "scope": _text("Whose figure it is: `groq`, `cpu`, `rank 3`.", "the figure is of the whole run"),
    "window": _text("What the figure covers: one `step`, an `interval`, the `mean` so far, or the `final` result."),
    "basis": _text("`measured`, or `estimated` by a compiler."),
    "resolution": _number(None, "Half a unit of the last printed digit, in `unit`.", "`value` is null"),
    "source": _SOURCE,
    "line": _LINE,
    "rule": _RULE,
}

_PARAMS = {
    "run": _RUN,
    "name": _text("Name of the setting. Only names that a grammar knows are stored."),
    "value": _text("Its value, as text."),
    "number": _number(None, "Its value as a number, in the unit of the vocabulary.", "the value is not a number"),
    "origin": _text("Where it was set: `command`, `environment`, `config`, `banner` or `log`."),
    "source": _SOURCE,
    "line": _LINE,
    "rule": _RULE,
}

_MESSAGES = {
    "run": _RUN,
    "at": _time("Time stamp of the record, as printed.", "the record has no time stamp"),
    "level": _text("`warning` or `error`. A line that only looks fatal is not an error."),
    "component": _text("Part of the software that wrote it.", NOT_STATED),
    "kind": _text("`traceback`, `out_of_memory`, `device`, `scheduler`, `gate` and so on.", "the rule states none"),
    "text": _text("The message."),
    "count": _count("messages", "How often the run repeats it: repeats are one row."),
    "source": _SOURCE,
    "line": _count(None, "Line of the first of the repeats, from 1."),
    "rule": _RULE,
}

_SOURCES = {
    "source": _text("Name of the source: its path as given, `<stdin>`, `<bytes>` or `<stream>`."),
    "sha256": _text("SHA-256 of the stored bytes."),
    "bytes": Column(pl.UInt64(), "bytes", "Size as stored, before it is unpacked."),
    "lines": _count("lines", "Lines of text."),
    "lines_read": _count("lines", "Lines from which a value was taken."),
    "lines_known": _count("lines", "Lines that a rule recognises as noise."),
    "lines_blank": _count("lines", "Blank lines."),
    "coverage": _number("fraction", "(lines_read + lines_known) / (lines - lines_blank).", "no line has text"),
    "encoding": _text("Text encoding.", "the source was not decoded"),
    "compression": _text("`gzip`, `bz2`, `xz` or `zstd`.", "not compressed"),
    "platform": _text("All platforms found in it, separated by commas.", "no run in it"),
    "status": _text("`read`, `no_run`, `unknown_platform`, `not_text` or `unreadable`."),
    "reason": _text("Why it holds no run, or what is wrong with its text.", "nothing to explain"),
    "grammar": _text("Grammars that read it, with their versions.", "no run in it"),
    "engine": _text("What read the text in a picture, with versions.", _NO_PICTURE),
}

_CLAIMS = {
    "run": _RUN,
    "name": _text("Column of `runs` that the claim is about."),
    "claimed": _text("Value claimed."),
    "found": _text("Value in the log, as text.", "not in the log"),
    "verdict": _text("`confirmed`, `refuted` or `not in the log`."),
    "origin": _text("Who makes the claim: `command`, `file`, `file name`, or `log` (a name in the log)."),
    "source": _text("Source that states the value found; else the source of the run."),
    "line": _count(None, "Line that states the value found, from 1.", "not in the log"),
}

_FINDINGS = {
    "id": _text("Number of the finding: `F02`."),
    "name": _text("Name of the finding: `compile-cached`."),
    "severity": _text("`error`, `warning` or `note`."),
    "runs": Column(pl.List(TEXT), None, "Ids of the runs it is about."),
    "quantities": Column(pl.List(TEXT), None, "Columns of `runs`, or clocks, that it affects; empty: all."),
    "text": _text("What was seen, with its figures."),
    "why": _text("Why it matters."),
    "advice": _text("What to do."),
    "evidence": Column(LOCATIONS, None, "Lines that it rests on: source and line."),
    "key": _text("Key of this statement, the same each time, by which it can be ignored."),
    "ignored": _text("Reason given for ignoring it.", "not ignored"),
}

COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "runs": _RUNS,
    "evidence": _EVIDENCE,
    "phases": _PHASES,
    "metrics": _METRICS,
    "params": _PARAMS,
    "messages": _MESSAGES,
    "sources": _SOURCES,
    "claims": _CLAIMS,
    "findings": _FINDINGS,
}
"""Frame -> column -> what it is: the whole schema. All else here is derived from it."""

PURPOSE: Mapping[str, str] = {
    "runs": "One row for each run found in the logs, each once however many copies there are.",
    "evidence": "Where each value of `runs` and `phases` comes from, and why the null cells of `runs` are null.",
    "phases": "The phases of each run, and the vendor's steps inside them.",
    "metrics": "Figures of merit, one row for each figure on each line.",
    "params": "Settings that the logs state.",
    "messages": "Warnings and errors.",
    "sources": "The files and streams that were read, with or without a run.",
    "claims": "Claims about runs, compared with the logs.",
    "findings": "Statements about runs that matter before a number is believed.",
}
"""Frame -> what its rows are."""


def _dtypes(frame: str) -> dict[str, pl.DataType]:
    return {name: column.dtype for name, column in COLUMNS[frame].items()}


RUNS, EVIDENCE, PHASE_ROWS = _dtypes("runs"), _dtypes("evidence"), _dtypes("phases")
METRICS, PARAMS, MESSAGES = _dtypes("metrics"), _dtypes("params"), _dtypes("messages")
SOURCES, CLAIMS, FINDINGS = _dtypes("sources"), _dtypes("claims"), _dtypes("findings")

FRAMES: dict[str, dict[str, pl.DataType]] = {
    "runs": RUNS,
    "evidence": EVIDENCE,
    "phases": PHASE_ROWS,
    "metrics": METRICS,
    "params": PARAMS,
    "messages": MESSAGES,
    "sources": SOURCES,
}
"""The frames that `ingest` returns."""


def range_of(column: str) -> Range:
    """The values that are possible in a column of `runs`, or for a fact of that name that a grammar declares."""
    if column in VOCABULARY:
        return VOCABULARY[column].possible
    return possible(_RUNS[column].unit) if column in _RUNS else ANY


STATEMENTS: dict[str, dict[str, pl.DataType]] = {"claims": CLAIMS, "findings": FINDINGS}
"""Frames about these frames: claims and findings."""


def empty(frame: str) -> pl.DataFrame:
    """The named frame without rows, with its full schema."""
    return pl.DataFrame(schema=_schema(frame))


def conform(frame: str, rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with exactly the columns of the named frame, in order and typed; a column it lacks is null.

    Categoricals that are used internally become plain strings here, so that the frames join with those of users.
    """
    have = set(rows.columns)
    return rows.select(
        (pl.col(name) if name in have else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in _schema(frame).items()
    )


def _schema(frame: str) -> dict[str, pl.DataType]:
    return FRAMES.get(frame) or STATEMENTS[frame]
