"""The vocabulary: every field that a grammar may capture, with its type, unit and meaning.

Units are SI: seconds, samples/s, tokens/s, bytes, and fractions from 0 to 1 (never percent). Unknown is null, never 0.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import polars as pl

from logparse.errors import near

TEXT, INTEGER, NUMBER, TIME = pl.String(), pl.Int64(), pl.Float64(), pl.Datetime("us")
WORD = pl.Categorical()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the vocabulary. It has the same meaning for all vendors."""

    dtype: pl.DataType
    unit: str | None
    doc: str
    metric: bool = False
    """A metric: each captured value becomes a row of `metrics`."""
    better: str | None = None
    """Which direction is better: `higher`, `lower`, or None."""
    estimated: bool = False
    """Never measured: a compiler's estimate."""
    pick: str | None = None
    """Which of a run's values is compared, for a metric that a grammar declares."""
    range: Range | None = None
    """The values that are possible, where the unit does not say it."""

    @property
    def possible(self) -> Range:
        """The values that are possible."""
        return self.range or possible(self.unit)


LARGEST = 1e40
"""The largest magnitude of a quantity: more than what is measured or a 32-bit float holds. What is computed from
numbers below it, such as the fourth power of a difference, is finite."""


class Range(NamedTuple):
    """The least and the greatest possible value; None: no limit but `LARGEST`."""

    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        if self.least is not None and self.most is not None:
            return f"between {self.least:g} and {self.most:g}"
        return "any number" if self.least is None else f"{self.least:g} or more"

    def excludes(self, values: pl.Series) -> pl.Series:
        """Whether each of `values` is out of the range; null may stay null. NaN is above every limit."""
        is_out = values.abs() > LARGEST
        if self.least is not None:
            is_out = is_out | (values < self.least)
        if self.most is not None:
            is_out = is_out | (values > self.most)
        return is_out


def in_no_calendar(times: pl.Series) -> pl.Series:
    """Whether each of `times` is before the year 1 or after 9999, which Python's dates do not reach; null for null."""
    return (times < datetime.min) | (times > datetime.max)


ANY, NOT_NEGATIVE, COUNT, SHARE = Range(), Range(0), Range(1), Range(0, 1)


def possible(unit: str | None) -> Range:
    """The values that a quantity in this unit can have: nothing that has a unit is negative, and a fraction is a
    share."""
    return ANY if unit is None else SHARE if unit == "fraction" else NOT_NEGATIVE


def _number(unit: str | None, doc: str, better: str | None = None) -> Field:
    return Field(NUMBER, unit, doc, metric=False, better=better)


def _count(unit: str | None, doc: str) -> Field:
    return Field(INTEGER, unit, doc, range=COUNT)


def _metric(
    unit: str | None, doc: str, better: str | None = None, estimated: bool = False, range: Range | None = None
) -> Field:
    return Field(NUMBER, unit, doc, metric=True, better=better, estimated=estimated, range=range)


FIELDS: dict[str, Field] = {
    # ---- where and when ---- #
    "at": Field(TIME, None, "timestamp of the record, as printed"),
    "event_at": Field(TIME, None, "time of an event that a later record reports, as printed"),
    "date": Field(TIME, None, "a date on a line of its own"),
    "time_of_day": _number("s", "time of day without a date, seconds since midnight"),
    "zone": Field(TEXT, None, "time zone, only if the log proves it"),
    "host": Field(TEXT, None, "machine that ran the workload"),
    "user": Field(TEXT, None, "account name in a prompt or path"),
    "system": Field(TEXT, None, "type of the system or machine, as the log names it"),
    "device_kind": Field(TEXT, None, "RDU, IPU, CSX, GroqChip"),
    "device": Field(TEXT, None, "device, as the log names it"),
    "job_id": Field(TEXT, None, "scheduler or cluster job"),
    "job_kind": Field(TEXT, None, "purpose of a cluster job: compile or execute"),
    "sdk_version": Field(TEXT, None, "version of the vendor's software"),
    "runtime_version": Field(TEXT, None, "version of the vendor's device runtime, if it has its own"),
    "topology": Field(TEXT, None, "how the devices are connected"),
    "process_id": Field(INTEGER, None, "process that wrote the record", range=NOT_NEGATIVE),
    "rank": Field(INTEGER, None, "rank, replica or instance that wrote the record"),
    "scope": Field(TEXT, None, "what the value is measured on (`groq`, `cpu`, `rank 3`); null is the whole run"),
    # ---- what ran ---- #
    "command": Field(TEXT, None, "command line"),
    "script": Field(TEXT, None, "started program"),
    "task": Field(TEXT, None, "train, inference, compile or validate"),
    "workload": Field(TEXT, None, "what was run, under the same name for all vendors"),
    "model": Field(TEXT, None, "model, as the log names it"),
    "dataset": Field(TEXT, None, "data set, as the log names it"),
    "mode": Field(TEXT, None, "train, eval and so on, as the vendor names it"),
    "path": Field(TEXT, None, "file or folder that the line names"),
    "model_dir": Field(TEXT, None, "folder that the run writes checkpoints and results to"),
    "hash": Field(TEXT, None, "hash of a compiled graph or model"),
    "key": Field(TEXT, None, "key of a key-value record"),
    "value": Field(TEXT, None, "value of a key-value record, as text"),
    "cells": Field(TEXT, None, "the cells of a table row, as printed"),
    "parameters": Field(INTEGER, None, "number of parameters of the model", range=NOT_NEGATIVE),
    # ---- settings and counts ---- #
    "devices": _count(None, "accelerators used"),
    "cores": _count(None, "cores of an accelerator"),
    "core_share": _number("fraction", "share of an accelerator's cores that the program uses"),
    "input_workers": _count(None, "processes that feed input"),
    "ranks": _count(None, "processes, replicas or instances"),
    "batch_size": _count("samples", "samples in one optimiser step over all ranks; inference: inputs in one call"),
    "micro_batch_size": _count("samples", "samples in one step on one rank"),
    "devices_per_rank": _count(None, "accelerators that one rank uses"),
    "gradient_accumulation": _count(None, "micro batches in one optimiser step"),
    "device_iterations": _count(None, "steps in one call of the device"),
    "sequence_length": _count("tokens", "tokens in a sequence"),
    "learning_rate": Field(NUMBER, None, "learning rate", metric=True),
    "precision": Field(TEXT, None, "number format"),
    "profiling": Field(TEXT, None, "text that shows that a profiler was active"),
    "target_reached": Field(TEXT, None, "text that shows that training stopped because it reached its target"),
    "seed": Field(INTEGER, None, "random seed"),
    "epoch": _number("epochs", "epoch of the record"),
    "epochs": Field(INTEGER, "epochs", "total epochs", range=NOT_NEGATIVE),
    "step": Field(INTEGER, "steps", "step of the record"),
    "local_step": Field(INTEGER, "steps", "step counted from the start of this run; `step` continues after a resume"),
    "steps": Field(INTEGER, "steps", "total steps"),
    "first_step": Field(INTEGER, "steps", "number of the first step of a loop"),
    "last_step": Field(INTEGER, "steps", "number of the last step of a loop"),
    "checkpoint_steps": Field(INTEGER, "steps", "steps from one checkpoint to the next"),
    "log_steps": Field(INTEGER, "steps", "steps from one progress line to the next"),
    "batch": Field(INTEGER, None, "batch within an epoch or an evaluation", range=NOT_NEGATIVE),
    "loop": Field(INTEGER, None, "train or eval loop, counted from 1", range=NOT_NEGATIVE),
    "loops": Field(INTEGER, None, "total train or eval loops", range=NOT_NEGATIVE),
    "samples": Field(INTEGER, "samples", "samples processed"),
    "tokens": Field(INTEGER, "tokens", "tokens processed"),
    "iterations": Field(INTEGER, None, "measured repetitions", range=NOT_NEGATIVE),
    "done": Field(NUMBER, None, "current count of a progress bar", range=NOT_NEGATIVE),
    "total": Field(NUMBER, None, "total count of a progress bar", range=NOT_NEGATIVE),
    "count": Field(INTEGER, None, "a count that the line states", range=NOT_NEGATIVE),
    "cycles": Field(
        INTEGER, None, "clock cycles of one inference or step, as the compiler counts them", range=NOT_NEGATIVE
    ),
    "compute_units": _metric(
        None, "compute units of the device that the compiler uses", estimated=True, range=NOT_NEGATIVE
    ),
    "memory_units": _metric(
        None, "memory units of the device that the compiler uses", estimated=True, range=NOT_NEGATIVE
    ),
    "unsupported_operations": Field(
        INTEGER, None, "operations of the model that the compiler does not support", range=NOT_NEGATIVE
    ),
    "level": Field(TEXT, None, "level of a log record"),
    "component": Field(TEXT, None, "component that wrote the record"),
    "stage": Field(TEXT, None, "the vendor's name of a step within a phase"),
    "state": Field(TEXT, None, "state of a job or build"),
    "kind": Field(TEXT, None, "kind of a message"),
    "text": Field(TEXT, None, "text of a message"),
    "exit_code": Field(INTEGER, None, "exit code of a process"),
    "split": Field(TEXT, None, "train, eval, test or benchmark"),
    # ---- durations ---- #
    "elapsed": _number("s", "elapsed time that a progress bar shows"),
    "remaining": _number("s", "remaining time that a progress bar shows"),
    "duration": _number("s", "a duration that the line states"),
    "start": _number("s", "start on a clock that begins with the run"),
    "end": _number("s", "end on a clock that begins with the run"),
    "queue_s": _number("s", "wait for a scheduler or cluster", "lower"),
    "compile_s": _number("s", "compiling", "lower"),
    "load_s": _number("s", "programming, staging and loading weights, up to the first step", "lower"),
    "train_s": _number("s", "training steps alone", "lower"),
    "eval_s": _number("s", "evaluation", "lower"),
    "checkpoint_s": _number("s", "checkpoint saving", "lower"),
    "total_s": _number("s", "total time of the run", "lower"),
    "limit": _number("s", "a limit that was reached"),
    # ---- metrics ---- #
    "loss": _metric(None, "loss", "lower"),
    "average_loss": _metric(None, "running mean of the loss", "lower"),
    "mlm_loss": _metric(None, "masked language model part of the loss", "lower"),
    "nsp_loss": _metric(None, "next sentence part of the loss", "lower"),
    "accuracy": _metric("fraction", "accuracy", "higher"),
    "mlm_accuracy": _metric("fraction", "masked language model accuracy", "higher"),
    "nsp_accuracy": _metric("fraction", "next sentence accuracy", "higher"),
    "masked_accuracy": _metric("fraction", "accuracy over the items that a mask selects", "higher"),
    "non_background_accuracy": _metric("fraction", "accuracy over non-background items", "higher"),
    "top_5_accuracy": _metric("fraction", "top-5 accuracy", "higher"),
    "recall": _metric("fraction", "recall", "higher"),
    "roc_auc": _metric("fraction", "area under the receiver operating characteristic curve", "higher"),
    "average_precision": _metric("fraction", "area under the precision-recall curve", "higher"),
    "mean_reciprocal_rank": _metric("fraction", "mean reciprocal rank", "higher"),
    "matthews_correlation": _metric(None, "Matthews correlation", "higher"),
    "spearman": _metric(None, "Spearman rank correlation", "higher"),
    "f1": _metric("fraction", "F1 score", "higher"),
    "exact_match": _metric("fraction", "exact match", "higher"),
    "mean_iou": _metric("fraction", "mean intersection over union", "higher"),
    "mean_average_precision": _metric("fraction", "mean average precision", "higher"),
    "mean_squared_error": _metric(None, "mean squared error", "lower", range=NOT_NEGATIVE),
    "mean_absolute_error": _metric(None, "mean absolute error", "lower", range=NOT_NEGATIVE),
    "wer": _metric("fraction", "word error rate; more than 1 where words are inserted", "lower", range=NOT_NEGATIVE),
    "perplexity": _metric(None, "perplexity", "lower", range=NOT_NEGATIVE),
    "score": _number(None, "the final quality score"),
    "score_name": Field(TEXT, None, "name of the metric that is the final quality score"),
    "throughput": _metric("samples/s", "samples per second, of all ranks together unless it has a scope", "higher"),
    "token_throughput": _metric("tokens/s", "tokens per second", "higher"),
    "steady_token_throughput": _metric("tokens/s", "tokens per second without the first step or token", "higher"),
    "iteration_rate": _metric("iterations/s", "rate of a progress bar; never throughput", "higher"),
    "step_time": _metric("s", "duration of one step", "lower"),
    "latency": _metric("s", "duration of one inference", "lower"),
    "latency_total": _number("s", "total duration of all measured inferences", "lower"),
    "time_to_first_token": _metric("s", "time to the first token", "lower"),
    "time_per_token": _metric("s", "time of each token after the first", "lower"),
    "on_chip_latency": _metric("s", "the compiler's estimate of latency on the chip", "lower", estimated=True),
    "on_chip_throughput": _metric(
        "samples/s", "the compiler's estimate of throughput on the chip", "higher", estimated=True
    ),
    "projected_latency": _metric("s", "the compiler's estimate of the duration of one step", "lower", estimated=True),
    "projected_throughput": _metric("samples/s", "the compiler's estimate of throughput", "higher", estimated=True),
    "projected_flops": _metric("FLOP/s", "the compiler's estimate of arithmetic throughput", "higher", estimated=True),
    "projected_bandwidth": _metric("bytes/s", "the compiler's estimate of device memory traffic", None, estimated=True),
    "io_time": _metric("s", "duration of input and output in one step", "lower"),
    "memory": _metric("bytes", "peak host memory", "lower"),
    "on_chip_memory": _metric("bytes", "peak device memory", "lower"),
    "power": _metric("W", "electrical power", "lower"),
}


_DECLARED: dict[str, Field] = {}
VOCABULARY: Mapping[str, Field] = ChainMap(FIELDS, _DECLARED)
"""The built-in fields, and the metrics that grammars declare."""

TODO = "todo_"
"""How the name of a number begins that a draft does not name yet. Such a number is read, and goes nowhere."""
_UNNAMED = _number(None, "a number that is not named yet")


def declare(name: str, metric: Field) -> None:
    """Add a metric that a grammar declares to `VOCABULARY`; of several declarations of one name, the latest counts.

    Raises `ValueError` if the name is that of a built-in field with another meaning.
    """
    if name not in FIELDS:
        _DECLARED[name] = metric
        return
    field = FIELDS[name]
    if (field.metric, field.unit, field.better) != (metric.metric, metric.unit, metric.better):
        raise ValueError(f"{name!r} is a field of the vocabulary with another meaning: {field.doc}")


def declared() -> Mapping[str, Field]:
    """The metrics that grammars declare."""
    return dict(_DECLARED)


def field(name: str) -> Field:
    """The field of a results name; that of `throughput@mean` is `throughput`.

    Raises `KeyError` with the most similar name if the vocabulary has no such field.
    """
    word = name.partition("@")[0]
    if word in VOCABULARY:
        return VOCABULARY[word]
    if word.startswith(TODO):
        return _UNNAMED
    raise KeyError("; ".join(filter(None, (f"unknown field {word!r}", near(word, VOCABULARY)))))


PHASES = (
    "queue",
    "init",
    "download",
    "compile",
    "load",
    "warmup",
    "train",
    "eval",
    "benchmark",
    "checkpoint",
    "teardown",
)
"""The phases of a run."""
