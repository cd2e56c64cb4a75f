"""How the last run of a log is getting on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

FINAL = ("completed", "completed_with_errors", "failed")
"""Statuses after which nothing more is expected of a run."""
_POINTS = 50
"""Steps that the speed is computed from."""
_RATES = (("throughput", "samples/s"), ("token_throughput", "tokens/s"), ("iteration_rate", "it/s"))


@dataclass(frozen=True)
class Figure:
    """A value with half a unit of its last printed digit, and its unit."""

    value: float
    resolution: float | None
    unit: str | None = None


@dataclass(frozen=True)
class Progress:
    """The last run of a log, as far as its lines tell.

    phase: the last one that began, or training or evaluation where its points come after that. step, epoch: of the
    last point that states it. steps, epochs: how many are to be done, where the log states it. step_s: how long a step
    takes, by the log's own stamps of the last steps. loss: the last one, in training if there is one there. rate: the
    last one, of the whole run. problems: level and text of the warnings and errors.
    """

    platform: str | None = None
    workload: str | None = None
    status: str | None = None
    phase: str | None = None
    step: int | None = None
    steps: int | None = None
    epoch: float | None = None
    epochs: int | None = None
    step_s: float | None = None
    loss: Figure | None = None
    rate: Figure | None = None
    problems: tuple[tuple[str, str], ...] = ()

    @property
    def is_final(self) -> bool:
        """Whether nothing more is expected of the run."""
        return self.status in FINAL


def of_log(
    runs: pl.DataFrame, phases: pl.DataFrame, metrics: pl.DataFrame, params: pl.DataFrame, messages: pl.DataFrame
) -> Progress | None:
    """The progress of the last run of a log; None where it has no run yet.

    Args:
        runs, phases, metrics, params, messages: the rows of these frames that are of that log.
    """
    if not runs.height:
        return None
    run = runs.sort("line_first").row(-1, named=True)
    phases, metrics, params, messages = (
        frame.filter(pl.col("run") == run["run"]) for frame in (phases, metrics, params, messages)
    )
    whole = phases.filter(pl.col("stage").is_null()).sort("line_last", maintain_order=True, nulls_last=True)
    metrics = metrics.sort("line", maintain_order=True)
    losses = metrics.filter(pl.col("name") == "loss")
    step = _last(metrics.filter(pl.col("step").is_not_null()))
    epoch = _last(metrics.filter(pl.col("epoch").is_not_null()))
    return Progress(
        platform=run["platform"],
        workload=run["workload"] or run["model"],
        status=run["status"],
        phase=_phase(whole, metrics),
        step=step.get("step"),
        steps=_planned(params, "steps", step.get("step")),
        epoch=epoch.get("epoch"),
        epochs=_planned(params, "epochs", epoch.get("epoch")),
        step_s=_step_s(metrics),
        loss=_figure(preferred(losses, pl.col("scope").is_null(), pl.col("split").cast(pl.String) == "train")),
        rate=_rate(metrics),
        problems=tuple((str(level), text) for level, text in messages.select("level", "text").iter_rows()),
    )


def _phase(phases: pl.DataFrame, metrics: pl.DataFrame) -> str | None:
    """phases, metrics: in the order of their lines."""
    points = _last(metrics.filter(pl.col("split").cast(pl.String).is_in(["train", "eval"])))
    phase = _last(phases)
    if points and points["line"] > (phase.get("line_last") or 0):
        return str(points["split"])
    return phase.get("phase")


def _last(rows: pl.DataFrame) -> Mapping[str, Any]:
    return rows.row(-1, named=True) if rows.height else {}


def preferred(rows: pl.DataFrame, *conditions: pl.Expr) -> pl.DataFrame:
    """The rows that meet each of the conditions that any row meets."""
    for condition in conditions:
        some = rows.filter(condition)
        rows = some if some.height else rows
    return rows


def _planned(params: pl.DataFrame, name: str, done: float | None) -> int | None:
    """How many steps or epochs are to be done: a setting of the run, unless more are done already."""
    numbers = params.filter((pl.col("name") == name) & pl.col("number").is_not_null())["number"]
    return int(numbers[-1]) if numbers.len() and numbers[-1] >= (done or 0) else None


def _step_s(metrics: pl.DataFrame) -> float | None:
    """Seconds per step, from the stamps of the last steps."""
    stamped = metrics.filter(pl.col("step").is_not_null() & pl.col("at").is_not_null())
    points = stamped.unique("step", keep="first", maintain_order=True).tail(_POINTS)
    if points.height < 2:
        return None
    steps = points["step"][-1] - points["step"][0]
    seconds = (points["at"][-1] - points["at"][0]).total_seconds()
    return seconds / steps if steps > 0 and seconds > 0 else None


def _figure(rows: pl.DataFrame, unit: str | None = None) -> Figure | None:
    row = _last(rows)
    return Figure(row["value"], row["resolution"], unit) if row else None


def _rate(metrics: pl.DataFrame) -> Figure | None:
    """The last rate of the whole run, rather of an interval than a mean."""
    for name, unit in _RATES:
        rows = metrics.filter((pl.col("name") == name) & pl.col("scope").is_null())
        if rows.height:
            return _figure(preferred(rows, pl.col("window").cast(pl.String).is_in(["step", "interval"])), unit)
    return None


class Pace:
    """How fast the steps of a run follow each other, from when the last ones were seen: for logs without stamps."""

    def __init__(self) -> None:
        self._points: list[tuple[float, float]] = []

    def add(self, done: float, seconds: float) -> None:
        """A point: steps done, and a time in seconds. One that lies before the last begins anew."""
        if self._points and (done < self._points[-1][0] or seconds < self._points[-1][1]):
            self._points.clear()
        if not self._points or done > self._points[-1][0]:
            self._points = [*self._points[1 - _POINTS :], (done, seconds)]

    def left(self, planned: float) -> float | None:
        """Seconds until `planned` steps are done; None where they cannot be estimated."""
        if len(self._points) < 2:
            return None
        (first, began), (last, ended) = self._points[0], self._points[-1]
        return (planned - last) * (ended - began) / (last - first) if ended > began else None
