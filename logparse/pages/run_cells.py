"""The cells of a run for people: what ran, how long, how fast, how well; of an empty one why it is empty."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from logparse.cells import Cells, Run
from logparse.logs import Logs
from logparse.schema import TEXT
from logparse.text import labels
from logparse.text.labels import cache_hit_text, many
from logparse.text.numbers import figure, score_figure, seconds
from logparse.text.terminal import one_line


@dataclass(frozen=True)
class Facts:
    """What is shown of a run besides its row: its cells, the times of its compiles, the kinds of its errors."""

    cells: Cells
    compiles: Mapping[str, Sequence[float]]
    errors: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, logs: Logs, cells: Cells) -> Facts:
        """Those of all runs in `logs`."""
        compiles = logs.phases.filter((pl.col("phase") == "compile") & pl.col("stage").is_null())
        errors = logs.messages.filter((pl.col("level") == "error") & pl.col("kind").is_not_null())
        return cls(
            cells,
            _by_run(compiles.select("run", "duration_s")),
            _by_run(errors.select("run", pl.col("kind").cast(TEXT)).unique(maintain_order=True)),
        )

    def empty(self, run: Run, column: str) -> str:
        """What the empty cell of that column shows."""
        return self.cells.value(run, column).mark

    def resolution(self, run: Run, column: str) -> float | None:
        """Half a unit of the last digit of the value that is meaningful, where it is known."""
        return self.cells.value(run, column).resolution


def _by_run(rows: pl.DataFrame) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = {}
    for run, value in rows.iter_rows():
        out.setdefault(run, []).append(value)
    return out


def task(run: Run) -> str:
    """`training`, `inference`, `compiling`."""
    return labels.task(str(run["task"]))


def settings(run: Run, columns: Sequence[str]) -> Iterator[str]:
    """These settings in words, as far as they are known: `length 128`, `16 ranks`, `8 RDU`."""
    called = {"sequence_length": "length", "learning_rate": "lr", "precision": "", "ranks": "ranks", "devices": ""}
    for column in columns:
        value = run.get(column)
        if value is None:
            continue
        if column == "devices":
            yield f"{value} {run.get('device_kind') or 'devices'}"
        elif column == "ranks":
            yield many(value, "rank")
        else:
            yield f"{called[column]} {value:g}" if isinstance(value, float) else f"{called[column]} {value}".strip()


_SHARED = {
    "task": "task",
    "devices": "devices",
    "sequence_length": "length",
    "precision": "precision",
    "learning_rate": "lr",
}
"""Settings that a heading says of all rows, and what they are called in a row that does not say."""


def ran(run: Run, common: Run, facts: Facts) -> str:
    """`505 steps × 4096`, `10 epochs`, and the settings in which the rows differ."""
    steps, epochs, batch, samples = (run[c] for c in ("steps", "epochs", "batch_size", "samples"))
    parts = []
    if epochs is not None and (steps is None or epochs > 1):
        parts.append(many(epochs, "epoch"))
    elif steps is not None:
        parts.append(many(steps, "step") + (f" × {batch}" if batch is not None else ""))
    elif samples is not None:
        parts.append(many(samples, run["sample"] or "sample"))
    elif batch is not None:
        parts.append(f"batch {batch}")
    if "task" not in common and run["task"]:
        parts.insert(0, task(run))
    differ = [c for c in ("devices", "ranks", "sequence_length", "precision", "learning_rate") if c not in common]
    parts += settings(run, differ)
    unknown = [word for column, word in _SHARED.items() if column in common and run[column] is None]
    if unknown and run["status"] != "submitted":
        parts.append(f"{' and '.join(unknown)} ?")
    return ", ".join(parts) or facts.empty(run, "steps")


def compiling(run: Run, facts: Facts) -> str:
    """`780 s`, `22+14 s`, `cached`."""
    value, hit = run["compile_s"], run["compile_cache"] == "hit"
    if value is None:
        return facts.empty(run, "compile_s")
    if hit:
        return cache_hit_text([(value, duration(run, "compile_s", facts))])
    parts = [p for p in facts.compiles.get(run["run"], ()) if p]
    if 1 < len(parts) <= 3 and math.isclose(sum(parts), value):
        return "+".join(f"{p:.0f}" if p == int(p) else f"{p:.1f}" for p in parts) + " s"
    return duration(run, "compile_s", facts)


def duration(run: Run, column: str, facts: Facts) -> str:
    """A duration, or the mark of its reason to be empty."""
    return facts.empty(run, column) if run[column] is None else seconds(run[column], facts.resolution(run, column))


def on_chip(run: Run, facts: Facts) -> str:
    """What the compiler estimates: latency, and rate."""
    latency, often = run["on_chip_latency_s"], run["on_chip_throughput"]
    if latency is None:
        return facts.empty(run, "on_chip_latency_s")
    shown = seconds(latency, facts.resolution(run, "on_chip_latency_s"))
    return shown if often is None else f"{shown}, {figure(often, facts.resolution(run, 'on_chip_throughput'), 5)}/s"


def rate(run: Run, facts: Facts) -> str:
    """Throughput in the run's samples/s; where only tokens/s are printed, these."""
    value = run["throughput"]
    if value is not None:
        return figure(value, facts.resolution(run, "throughput"), 5)
    if run["token_throughput"] is not None:
        return f"{figure(run['token_throughput'], facts.resolution(run, 'token_throughput'), 5)} tokens/s"
    return facts.empty(run, "throughput")


def quality(run: Run, facts: Facts) -> str:
    """The score, else the loss: `acc. 97.69 %`, `loss 8.2519`."""
    name, score = run["score_name"], run["score"]
    if score is None or name is None:
        loss = run["loss"]
        return facts.empty(run, "loss") if loss is None else f"loss {figure(loss, facts.resolution(run, 'loss'), 5)}"
    word = "acc." if name == "accuracy" else one_line(name.replace("_", " "))
    return f"{word} {score_figure(name, score, facts.resolution(run, 'score'))}"


_KINDS = {"gate": "gate failed", "device": "device error", "scheduler": "scheduler error"}


def status(run: Run, facts: Facts) -> str:
    """How the run ended, with the kinds of its errors: `completed, gate failed`."""
    word = run["status"] or facts.empty(run, "status")
    kinds = [_KINDS.get(kind, kind.replace("_", " ")) for kind in facts.errors.get(run["run"], ())][:2]
    if word == "completed_with_errors":
        return ", ".join(["completed", *kinds]) if kinds else "completed with errors"
    return ", ".join(["failed", *kinds]) if word == "failed" else str(word)


def went_wrong(run: Run) -> bool:
    """Whether its status is one to look at."""
    return run["status"] in ("completed_with_errors", "failed", "incomplete")
