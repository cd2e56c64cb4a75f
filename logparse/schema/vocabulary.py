"""The vocabulary: every word that a grammar may capture, with its type, its unit and its meaning.

A captured text becomes a value here and nowhere else. Units are SI: seconds, samples/s, tokens/s, fractions from 0 to 1
(never per cent), bytes. Unknown is null, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from logparse.errors import near

TEXT, INTEGER, NUMBER, TIME = pl.String(), pl.Int64(), pl.Float64(), pl.Datetime("us")
WORD = pl.Categorical()


@dataclass(frozen=True, slots=True)
class Field:
    """One word of the vocabulary: what a grammar's results name means, for all vendors alike."""

    dtype: pl.DataType
    unit: str | None
    doc: str
    metric: bool = False
    """A figure of merit: where a rule captures it, it becomes a row of `metrics`."""
    better: str | None = None
    """Which way is better: `higher`, `lower`, or None where neither is."""
    estimated: bool = False
    """Never measured: a compiler says it."""


def _number(unit: str | None, doc: str, better: str | None = None) -> Field:
    return Field(NUMBER, unit, doc, metric=False, better=better)


def _metric(unit: str | None, doc: str, better: str | None = None, estimated: bool = False) -> Field:
    return Field(NUMBER, unit, doc, metric=True, better=better, estimated=estimated)


FIELDS: dict[str, Field] = {
    # ---- where and when ---- #
    "at": Field(TIME, None, "time stamp of the record, as printed"),
    "event_at": Field(TIME, None, "when something happened of which a later record tells, as printed"),
    "date": Field(TIME, None, "a date that stands on a line of its own"),
    "time_of_day": _number("s", "time of day without a date, seconds since midnight"),
    "zone": Field(TEXT, None, "time zone, only where the log proves it"),
    "host": Field(TEXT, None, "machine the work ran on"),
    "user": Field(TEXT, None, "account name in a prompt or path"),
    "system": Field(TEXT, None, "system or machine type, as the log names it"),
    "device_kind": Field(TEXT, None, "RDU, IPU, CSX, GroqChip"),
    "device": Field(TEXT, None, "device, as the log names it"),
    "job_id": Field(TEXT, None, "scheduler or cluster job"),
    "job_kind": Field(TEXT, None, "compile or execute: what a cluster job is for"),
    "sdk_version": Field(TEXT, None, "version of the vendor's software"),
    "runtime_version": Field(TEXT, None, "version of the vendor's device runtime, where it has one of its own"),
    "topology": Field(TEXT, None, "how the devices are connected"),
    "process_id": Field(INTEGER, None, "process that wrote the record"),
    "rank": Field(INTEGER, None, "rank, replica or instance that wrote the record"),
    "scope": Field(TEXT, None, "whose figure it is (`groq`, `cpu`, `rank 3`); null is the whole run"),
    # ---- what ran ---- #
    "command": Field(TEXT, None, "command line"),
    "script": Field(TEXT, None, "program that was started"),
    "task": Field(TEXT, None, "train, inference or compile"),
    "workload": Field(TEXT, None, "what was run, under one name whatever the vendor calls it"),
    "model": Field(TEXT, None, "model, as the log names it"),
    "dataset": Field(TEXT, None, "data set, as the log names it"),
    "mode": Field(TEXT, None, "train, eval and so on, as the vendor says it"),
    "path": Field(TEXT, None, "file or folder that the line names"),
    "hash": Field(TEXT, None, "hash of a compiled graph or model"),
    "key": Field(TEXT, None, "key of a key and value record"),
    "value": Field(TEXT, None, "value of a key and value record, as text"),
    "cells": Field(TEXT, None, "the cells of a table row, as printed"),
    "parameters": Field(INTEGER, None, "number of parameters of the model"),
    # ---- settings and counts ---- #
    "devices": Field(INTEGER, None, "accelerators used"),
    "cores": Field(INTEGER, None, "cores of an accelerator"),
    "core_share": _number("fraction", "share of an accelerator's cores that the program uses"),
    "input_workers": Field(INTEGER, None, "processes that feed input"),
    "ranks": Field(INTEGER, None, "processes, replicas or instances"),
    "batch_size": Field(
        INTEGER, "samples", "samples in one optimiser step over all ranks; inference: inputs in one call"
    ),
    "micro_batch_size": Field(INTEGER, "samples", "samples in one step on one rank"),
    "devices_per_rank": Field(INTEGER, None, "accelerators that one rank uses"),
    "gradient_accumulation": Field(INTEGER, None, "micro batches in one optimiser step"),
    "device_iterations": Field(INTEGER, None, "steps in one call of the device"),
    "sequence_length": Field(INTEGER, "tokens", "tokens in a sequence"),
    "learning_rate": Field(NUMBER, None, "learning rate", metric=True),
    "precision": Field(TEXT, None, "number format"),
    "profiling": Field(TEXT, None, "what shows that a profiler was on"),
    "seed": Field(INTEGER, None, "random seed"),
    "epoch": _number("epochs", "epoch a record belongs to"),
    "epochs": Field(INTEGER, "epochs", "epochs in all"),
    "step": Field(INTEGER, "steps", "step a record belongs to"),
    "local_step": Field(INTEGER, "steps", "step counted from the start of this run; `step` goes on after a resume"),
    "steps": Field(INTEGER, "steps", "steps in all"),
    "first_step": Field(INTEGER, "steps", "number of the first step of a loop"),
    "last_step": Field(INTEGER, "steps", "number of the last step of a loop"),
    "checkpoint_steps": Field(INTEGER, "steps", "steps from one checkpoint to the next"),
    "log_steps": Field(INTEGER, "steps", "steps from one progress line to the next"),
    "batch": Field(INTEGER, None, "batch within an epoch or an evaluation"),
    "loop": Field(INTEGER, None, "train or eval loop, counted from 1"),
    "loops": Field(INTEGER, None, "train or eval loops in all"),
    "samples": Field(INTEGER, "samples", "samples seen"),
    "tokens": Field(INTEGER, "tokens", "tokens seen"),
    "iterations": Field(INTEGER, None, "repetitions measured"),
    "done": _number(None, "count that a progress bar stands at"),
    "total": _number(None, "count that a progress bar goes to"),
    "count": Field(INTEGER, None, "a count that the line states"),
    "cycles": Field(INTEGER, None, "clock cycles of one inference or step, as the compiler counts them"),
    "compute_units": _metric(None, "compute units of the device that the compiler uses", estimated=True),
    "memory_units": _metric(None, "memory units of the device that the compiler uses", estimated=True),
    "unsupported_operations": Field(INTEGER, None, "operations of the model that the compiler does not know"),
    "level": Field(TEXT, None, "level of a log record"),
    "component": Field(TEXT, None, "component that wrote the record"),
    "stage": Field(TEXT, None, "the vendor's own step inside a phase"),
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
    "queue_s": _number("s", "waiting for a scheduler or cluster", "lower"),
    "compile_s": _number("s", "compiling", "lower"),
    "load_s": _number("s", "programming, staging and weights, up to the first step", "lower"),
    "train_s": _number("s", "training steps alone", "lower"),
    "eval_s": _number("s", "evaluation", "lower"),
    "checkpoint_s": _number("s", "saving checkpoints", "lower"),
    "total_s": _number("s", "the whole", "lower"),
    "limit": _number("s", "a limit that was reached"),
    # ---- figures of merit ---- #
    "loss": _metric(None, "loss", "lower"),
    "average_loss": _metric(None, "running mean of the loss", "lower"),
    "mlm_loss": _metric(None, "masked language model part of the loss", "lower"),
    "nsp_loss": _metric(None, "next sentence part of the loss", "lower"),
    "accuracy": _metric("fraction", "accuracy", "higher"),
    "mlm_accuracy": _metric("fraction", "masked language model accuracy", "higher"),
    "nsp_accuracy": _metric("fraction", "next sentence accuracy", "higher"),
    "masked_accuracy": _metric("fraction", "accuracy over what a mask leaves", "higher"),
    "non_background_accuracy": _metric("fraction", "accuracy over what is not background", "higher"),
    "top_5_accuracy": _metric("fraction", "the right answer is among the first five", "higher"),
    "recall": _metric("fraction", "recall", "higher"),
    "roc_auc": _metric("fraction", "area under the receiver operating curve", "higher"),
    "average_precision": _metric("fraction", "area under the precision and recall curve", "higher"),
    "mean_reciprocal_rank": _metric("fraction", "mean reciprocal rank", "higher"),
    "matthews_correlation": _metric(None, "Matthews correlation", "higher"),
    "spearman": _metric(None, "Spearman rank correlation", "higher"),
    "f1": _metric("fraction", "F1 score", "higher"),
    "exact_match": _metric("fraction", "exact match", "higher"),
    "mean_iou": _metric("fraction", "mean intersection over union", "higher"),
    "mean_average_precision": _metric("fraction", "mean average precision", "higher"),
    "mean_squared_error": _metric(None, "mean squared error", "lower"),
    "wer": _metric("fraction", "word error rate", "lower"),
    "perplexity": _metric(None, "perplexity", "lower"),
    "score": _number(None, "the final quality figure"),
    "score_name": Field(TEXT, None, "what the final quality figure is"),
    "throughput": _metric("samples/s", "samples per second, all ranks together unless scoped", "higher"),
    "token_throughput": _metric("tokens/s", "tokens per second", "higher"),
    "steady_token_throughput": _metric("tokens/s", "tokens per second without the first step or token", "higher"),
    "iteration_rate": _metric("iterations/s", "a progress bar's rate; never throughput", "higher"),
    "step_time": _metric("s", "time of one step", "lower"),
    "latency": _metric("s", "time of one inference", "lower"),
    "latency_total": _number("s", "time of all measured inferences together", "lower"),
    "time_to_first_token": _metric("s", "time to the first token", "lower"),
    "time_per_token": _metric("s", "time of each token after the first", "lower"),
    "on_chip_latency": _metric("s", "the compiler's estimate of latency on the chip", "lower", estimated=True),
    "on_chip_throughput": _metric(
        "samples/s", "the compiler's estimate of throughput on the chip", "higher", estimated=True
    ),
    "projected_latency": _metric("s", "the compiler's estimate of the time of one step", "lower", estimated=True),
    "projected_throughput": _metric("samples/s", "the compiler's estimate of throughput", "higher", estimated=True),
    "projected_flops": _metric("FLOP/s", "the compiler's estimate of arithmetic", "higher", estimated=True),
    "projected_bandwidth": _metric("bytes/s", "the compiler's estimate of device memory traffic", None, estimated=True),
    "io_time": _metric("s", "time of input and output in one step", "lower"),
    "memory": _metric("bytes", "most memory of the host that was used", "lower"),
    "on_chip_memory": _metric("bytes", "most memory of the device that was used", "lower"),
    "power": _metric("W", "electrical power", "lower"),
}


def field(name: str) -> Field:
    """The field a results name stands for; `throughput@mean` is `throughput`.

    Raises `KeyError` with the nearest word where the vocabulary has none of that name.
    """
    word = name.partition("@")[0]
    if word in FIELDS:
        return FIELDS[word]
    raise KeyError("; ".join(filter(None, (f"unknown field {word!r}", near(word, FIELDS)))))


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
