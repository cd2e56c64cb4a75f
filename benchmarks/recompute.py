"""Recompute every number of some comparisons from the frames, by other code than that of `logparse.comparison`.

    python benchmarks/recompute.py FOLDER [--outputs 10] [--seed 1]

Draws comparisons of runs in the logs of a folder at random, and computes for each side which values count, their mean
and range, and for each verdict the ratio or difference, its interval, p, Holm's p, the standard deviation and the
degrees of freedom of the noise, and the verdict itself. It uses the frames, `public.csv` and scipy. It then looks for
every number of the printed table among these. It exits with 1 where one does not agree. Only what is compared and what
is refused is taken from the output: that two sides are not comparable is no number.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import itertools
import math
import random
import re
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl
from scipy import stats

import logparse
from logparse.pages.compare import page
from logparse.schema import declared
from logparse.text.terminal import Paint

DONE = ("completed", "completed_with_errors")
EVEN_UNFINISHED = ("compile_s", "load_s", "queue_s", "startup_s")
BUDGETED = ("train_s", "result_s", "wall_s", "loss")
RATES = ("throughput", "steady_throughput", "token_throughput")
FIGURES = (
    *("train_s", "throughput", "token_throughput", "loss", "score", "latency_s", "on_chip_latency_s", "compile_s"),
    *("load_s", "eval_s", "total_s"),
)
PRINTED = ("train_s", "throughput", "loss", "score", "latency_s", "compile_s", "load_s", "total_s")
BASIS = {
    "train_s": ("train_includes",),
    "throughput": ("throughput_window",),
    "score": ("score_name", "dataset"),
}
STATES = {"train_s": "train_includes"} | dict.fromkeys(("compile_s", "result_s", "wall_s"), "compile_cache")
ALIKE = (
    *("sdk_version", "devices", "ranks", "batch_size", "micro_batch_size", "sequence_length", "learning_rate"),
    *("precision", "epochs", "steps"),
)
NO_NUMBER = "no number"


@dataclass(eq=False)
class Job:
    """The logs of one piece of work: that of the work itself first."""

    rows: list[dict[str, Any]]

    def __getitem__(self, column: str) -> Any:
        return next((row[column] for row in self.rows if row[column] is not None), None)

    @property
    def id(self) -> str:
        return str(self.rows[0]["run"])

    @property
    def done(self) -> bool:
        return self.rows[0]["status"] in DONE


@dataclass
class Cell:
    """The values of a quantity on one side that count."""

    jobs: list[Job]
    numbers: list[float]
    widths: list[float]
    """The resolution of each."""
    unusable: set[str] = field(default_factory=set)

    @property
    def variance(self) -> float:
        """Of one value, due to its resolution."""
        return sum(w * w for w in self.widths) / 3 / len(self.widths) if self.widths else 0.0


@dataclass
class Found:
    """What was recomputed of a verdict."""

    word: str
    numbers: dict[str, float | None]


class Recomputation:
    """All that a comparison is computed from."""

    def __init__(self, logs: logparse.Logs) -> None:
        self.logs = logs
        rows = logs.runs.with_columns(pl.col(pl.Categorical).cast(pl.String)).rows(named=True)
        self.jobs = _jobs(rows)
        self.by_id = {job.id: job for job in self.jobs}
        self.graphs: dict[str, set[str]] = defaultdict(set)
        self.profiled: set[str] = set()
        for run, name, value in logs.params.select("run", "name", "value").iter_rows():
            if name == "hash":
                self.graphs[run].add(value)
            elif name == "profiling":
                self.profiled.add(run)
        cells = logs.evidence.filter(pl.col("frame") == "runs").with_columns(pl.col("run", "column").cast(pl.String))
        self.evidence = {
            (run, column): (resolution, code)
            for run, column, resolution, code in cells.group_by("run", "column")
            .agg(pl.col("value_resolution", "code").cast(pl.String, strict=False).first())
            .select("run", "column", pl.col("value_resolution").cast(pl.Float64), "code")
            .iter_rows()
        }
        self.metrics = logs.metrics.partition_by("run", as_dict=True)
        self.grammars = {grammar.name: grammar for grammar in logs.grammars}
        self.workloads = self._workloads()
        text = resources.files("logparse.spreads").joinpath("public.csv").read_text(encoding="utf-8")
        self.public = list(csv.DictReader(text.splitlines()))

    # ---- programs and experiments ---- #

    def _workloads(self) -> dict[str, str | None]:
        """Job -> workload, that of the jobs with the same model or compiled graph where its log names none."""
        group = {job.id: job.id for job in self.jobs}
        owner: dict[tuple[str, str], str] = {}
        for job in self.jobs:
            keys = [("model", job["model"])] if job["model"] is not None else []
            for key in [*keys, *(("hash", h) for h in self.compiled(job))]:
                other = owner.setdefault((job["platform"], str(key)), job.id)
                old, new = group[job.id], group[other]
                group = {k: new if v == old else v for k, v in group.items()} if old != new else group
        named: dict[str, set[str]] = defaultdict(set)
        for job in self.jobs:
            if job["workload"] is not None:
                named[group[job.id]].add(job["workload"])
        return {
            job.id: job["workload"] or (next(iter(named[group[job.id]])) if len(named[group[job.id]]) == 1 else None)
            for job in self.jobs
        }

    def compiled(self, job: Job) -> frozenset[str]:
        return frozenset(graph for row in job.rows for graph in self.graphs.get(row["run"], ()))

    def program(self, job: Job) -> tuple[Any, ...]:
        return job.rows[0]["platform"], self.workloads[job.id], job.rows[0]["task"]

    def experiments(self, program: tuple[Any, ...]) -> list[list[Job]]:
        """The runs with a result of each experiment of a program, identical ones once."""
        out: dict[Any, dict[Any, Job]] = {}
        for job in self.jobs:
            row = job.rows[0]
            amount = row["task"] != "train" or any(row[c] is not None for c in ("epochs", "steps", "samples"))
            if self.program(job) == program and None not in (*program, row["group"]) and amount and job.done:
                out.setdefault((row["group"], self.compiled(job)), {}).setdefault(self.figures(job), job)
        return [list(found.values()) for found in out.values()]

    def figures(self, job: Job) -> Any:
        found = tuple(job[c] for c in FIGURES)
        return found if any(f is not None for f in found) else job.id

    # ---- values ---- #

    def value(self, quantity: str, job: Job) -> tuple[float | None, float]:
        """Value and resolution."""
        if quantity not in EVEN_UNFINISHED and not job.done:
            return None, 0.0
        if quantity in ("result_s", "wall_s"):
            return self._clock(quantity, job)
        if quantity in declared() and quantity not in job.rows[0]:
            return self._metric(quantity, job)
        row = next((row for row in job.rows if row[quantity] is not None), None)
        return (None, 0.0) if row is None else (float(row[quantity]), self._resolution(row, quantity))

    def _resolution(self, row: dict[str, Any], column: str) -> float:
        return self.evidence.get((row["run"], column), (None, None))[0] or 0.0

    def _code(self, row: dict[str, Any], column: str) -> str | None:
        return self.evidence.get((row["run"], column), (None, None))[1]

    def _clock(self, quantity: str, job: Job) -> tuple[float | None, float]:
        row = job.rows[0]
        if len(job.rows) == 1 and row["compile_s"] is None and self._code(row, "compile_s") == "other_log":
            return None, 0.0
        if quantity == "wall_s" and len(job.rows) == 1:
            return row["total_s"], self._resolution(row, "total_s")
        if quantity == "wall_s":
            begins = [(r["started_at"], r) for r in job.rows if r["started_at"]]
            ends = [(r["ended_at"], r) for r in job.rows if r["ended_at"]]
            if not begins or not ends:
                return None, 0.0
            first, last = min(begins, key=lambda p: p[0]), max(ends, key=lambda p: p[0])
            width = self._resolution(first[1], "started_at") + self._resolution(last[1], "ended_at")
            return (last[0] - first[0]).total_seconds(), width
        total = width = 0.0
        for r in job.rows:
            if r["total_s"] is None or (r["queue_s"] is None and self._code(r, "queue_s") != "not_applicable"):
                return None, 0.0
            total += r["total_s"] - (r["queue_s"] or 0.0)
            width += self._resolution(r, "total_s") + self._resolution(r, "queue_s")
        return round(total, 6), width

    def _metric(self, quantity: str, job: Job) -> tuple[float | None, float]:
        rows = self._metrics(job, quantity).filter(pl.col("scope").is_null() & pl.col("value").is_finite())
        if not rows.height:
            return None, 0.0
        pick, numbers = declared()[quantity].pick, rows["value"].to_list()
        widths = [w or 0.0 for w in rows["resolution"]]
        if pick in ("mean", "median"):
            return getattr(statistics, pick)(numbers), max(widths)
        order = {"first": 0, "last": -1, "min": numbers.index(min(numbers)), "max": numbers.index(max(numbers))}
        return numbers[order[str(pick)]], widths[order[str(pick)]]

    def _metrics(self, job: Job, name: str) -> pl.DataFrame:
        parts = [p for row in job.rows if (p := self.metrics.get((row["run"],))) is not None]
        whole = pl.concat(parts) if parts else self.logs.metrics.clear()
        return whole.filter(pl.col("name") == name)

    def width(self, quantity: str, job: Job, resolution: float) -> float:
        """The resolution, or half the step of the grid on which all losses of the run lie."""
        if quantity != "loss":
            return resolution
        losses = {x for x in self._metrics(job, "loss")["value"].drop_nulls() if math.isfinite(x)}
        if len(losses) < 10:
            return resolution
        for power in range(3, 11):
            step = 2.0**-power
            if max(abs(x / step - round(x / step)) for x in losses) * step <= 5e-6 * max(1.0, *map(abs, losses)):
                return max(step / 2, resolution)
        return resolution

    def cell(self, quantity: str, jobs: Sequence[Job]) -> Cell:
        """The values that count, by the rules of docs/verdicts.md."""
        known = {job.id: (job, *self.value(quantity, job)) for job in jobs}
        left = {id: entry for id, entry in known.items() if entry[1] is not None}
        seen: dict[Any, str] = {}
        copies = {id for id, (job, *_) in left.items() if seen.setdefault(self.figures(job), id) != id}

        def drop(applies: Callable[[Job], bool]) -> None:
            """Leave out the runs to which it applies, unless it applies to all that are left."""
            rest = [job for id, (job, *_) in left.items() if id not in copies]
            found = {job.id for job in rest if applies(job)}
            if len(found) < len(rest):
                copies.update(found)

        drop(lambda job: self.workloads[job.id] is None)
        drop(lambda job: job["task"] is None)
        if scale_of(quantity) == "ratio":
            drop(lambda job: any(row["run"] in self.profiled for row in job.rows))
        if STATES.get(quantity) == "compile_cache" and any(e[0]["compile_cache"] == "miss" for e in left.values()):
            drop(lambda job: job["compile_cache"] == "hit")
        if quantity in RATES:
            drop(lambda job: job["task"] == "train" and job["steps"] is not None and job["steps"] < 5)
        rest = [job for id, (job, *_) in left.items() if id not in copies]
        graphs, count = next(iter(Counter(map(self.compiled, rest)).most_common(1)), (frozenset(), 0))
        if graphs and 2 * count > len(rest):
            first = next(job for job in rest if self.compiled(job) == graphs)
            for job in rest:
                same = all(first[c] == job[c] or None in (first[c], job[c]) for c in ALIKE)
                if self.compiled(job) != graphs and same:
                    copies.add(job.id)
        if quantity in BUDGETED:
            drop(lambda job: job["task"] == "train" and all(job[c] is None for c in ("samples", "epochs", "steps")))
        used = [entry for id, entry in left.items() if id not in copies]
        return Cell(
            [job for job, *_ in used], [x for _, x, _ in used], [self.width(quantity, job, r) for job, _, r in used],
            set(known) - {job.id for job, *_ in used},
        )  # fmt: skip

    # ---- noise ---- #

    def sound(self, job: Job) -> bool:
        """Whether a run is neither at chance nor diverged."""
        grammar = self.grammars.get(job["platform"])
        if grammar is not None and job["score_name"] == "accuracy" and job["score"] is not None:
            chance = grammar.chance.get(job["dataset"] or "")
            if chance is not None and abs(job["score"] - chance) <= 0.2 * chance:
                return False
        rows = self._metrics(job, "loss").filter((pl.col("split") == "train") & pl.col("scope").is_null())
        losses = rows["value"].drop_nulls().to_list()
        diverged = any(x is not None for x in rows["not_finite"]) or (len(losses) > 1 and losses[-1] > losses[0])
        return not diverged

    def pool(self, quantity: str, cells: Sequence[Cell], excluded: Sequence[Sequence[Job]]) -> tuple[float, float]:
        """Sum of squares and degrees of freedom of the repeats of the programs of these cells."""
        ids = {job.id for jobs in excluded for job in jobs}
        seen = {fingerprint(job.rows[0]) for jobs in excluded for job in jobs}
        groups = [[x for job, x in self._on_scale(quantity, c) if self.sound(job)] for c in cells]
        programs = {self.program(job): job for c in cells for job in c.jobs}
        columns = [*BASIS.get(quantity, ()), *([STATES[quantity]] if quantity in STATES else [])]
        for program, job in programs.items():
            basis = [job[c] for c in columns]
            for repeats in self.experiments(program):
                alike = [other for other in repeats if [other[c] for c in columns] == basis]
                if len(alike) < 2:
                    continue
                cell = self.cell(quantity, alike)
                kept = trimmed([(other, x) for other, x in self._on_scale(quantity, cell) if self.sound(other)])
                seen.update(fingerprint(other.rows[0]) for other, _ in kept)
                groups.append([x for other, x in kept if other.id not in ids])
        of_public = [group for program, job in programs.items() for group in self._public(quantity, program, job, seen)]
        own, public = summed(groups), summed(of_public)
        return own if contradict(own, public) else (own[0] + public[0], own[1] + public[1])

    def _on_scale(self, quantity: str, c: Cell) -> list[tuple[Job, float]]:
        if scale_of(quantity) == "difference":
            return [(job, x) for job, x in zip(c.jobs, c.numbers, strict=True) if math.isfinite(x)]
        return [(job, math.log(x)) for job, x in zip(c.jobs, c.numbers, strict=True) if x > 0 and math.isfinite(x)]

    def _public(self, quantity: str, program: tuple[Any, ...], job: Job, seen: set[str]) -> Iterator[list[float]]:
        names = set(itertools.chain(*BASIS.values()))
        for row in self.public:
            if (row["platform"], row["workload"], row["task"], row["quantity"]) != (*program, quantity):
                continue
            stated = dict(part.split("=", 1) for part in row["setting"].split("; ") if part)
            if any(job[c] is not None and str(job[c]) != stated[c] for c in names & stated.keys()):
                continue
            runs = zip(row["values"].split(), row["runs"].split(), strict=True)
            values = [float(value) for value, run in runs if run not in seen]
            if len(values) > 1:
                yield values if scale_of(quantity) == "difference" else [math.log(v) for v in values]

    def bounds(self, quantity: str, cells: Sequence[Cell]) -> tuple[list[float], float | None]:
        """The lower bounds of the noise, and the size of the widest noise of another program."""
        scale, out = scale_of(quantity), []
        widths = [
            max(c.widths) / (abs(mean(quantity, c.numbers)) if scale == "ratio" else 1.0)
            for c in cells
            if any(c.widths)
        ]
        out += [sum(widths)] if widths else []
        if quantity in ("throughput", "steady_throughput", "token_throughput", "train_s"):
            out += self._of_sides(cells, self._interval_error)
        if quantity == "loss" and all(self._is_one_step(job) for c in cells for job in c.jobs):
            out += self._of_sides(cells, self._step_deviation)
        if quantity == "score":
            items = [[self._items(job) for job in c.jobs] for c in cells]
            means = [mean(quantity, c.numbers) for c in cells]
            if all(n for side in items for n in side) and all(0 <= m <= 1 for m in means):
                halves = [1.96 * math.sqrt(m * (1 - m) / min(n)) for m, n in zip(means, items, strict=True)]  # type: ignore[type-var]
                out.append(math.hypot(*halves))
        return out, self._other_program(quantity, cells)

    def _of_sides(self, cells: Sequence[Cell], error: Callable[[Job], float | None]) -> list[float]:
        sides = []
        for c in cells:
            known = [e for job in c.jobs if (e := error(job)) is not None]
            if not known:
                return []
            sides.append(max(known) / math.sqrt(len(c.numbers)))
        return [float(stats.norm.ppf(0.975)) * math.hypot(*sides)]

    def _interval_error(self, job: Job) -> float | None:
        rates = self._metrics(job, "throughput").filter(
            (pl.col("split") == "train") & pl.col("scope").is_null() & pl.col("window").is_in(["interval", "step"])
        )["value"]
        steps = self._metrics(job, "step_time").filter(pl.col("scope").is_null())["value"]
        series = [x for x in (rates if len(rates) >= len(steps) else steps).to_list() if x is not None][1:]
        if len(series) < 5:
            return None
        n, middle = len(series), statistics.fmean(series)
        block = max(1, round(n ** (1 / 3)))
        means = [statistics.fmean([*series, *series][i : i + block]) for i in range(n)]
        return math.sqrt(statistics.fmean([(m - middle) ** 2 for m in means]) * block / n) / abs(middle)

    def _is_one_step(self, job: Job) -> bool:
        steps = self._steps(job)
        lines = set(zip(steps["source"].cast(pl.String), steps["line"], strict=True))
        own = self.logs.evidence.filter(
            (pl.col("frame") == "runs") & (pl.col("column") == "loss") & (pl.col("run") == job.id)
        )
        return any(place in lines for place in zip(own["source"].cast(pl.String), own["line"], strict=True))

    def _steps(self, job: Job) -> pl.DataFrame:
        return self._metrics(job, "loss").filter(
            (pl.col("split") == "train") & (pl.col("window") == "step") & pl.col("scope").is_null()
        )

    def _step_deviation(self, job: Job) -> float | None:
        losses = [x for x in self._steps(job)["value"].to_list() if x is not None and math.isfinite(x)]
        tail = losses[len(losses) // 2 :]
        if len(tail) < 5:
            return None
        changes = [b - a for a, b in itertools.pairwise(tail)]
        middle = statistics.median(changes)
        return 1.4826 * statistics.median(abs(x - middle) for x in changes) / math.sqrt(2)

    def _items(self, job: Job) -> int | None:
        grammar = self.grammars.get(job["platform"])
        named = job["score_name"] == "accuracy" and grammar is not None
        return grammar.test_items.get(job["dataset"] or "") if named and grammar is not None else None

    def _other_program(self, quantity: str, cells: Sequence[Cell]) -> float | None:
        name = "throughput" if quantity in RATES else quantity
        rows = [r for r in self.public if r["quantity"] == name and int(r["n"]) >= 3]
        if quantity in ("loss", "score") or not rows:
            return None
        here = {job["platform"] for c in cells for job in c.jobs}
        widest = max([r for r in rows if r["platform"] in here] or rows, key=lambda r: float(r["sd"]))
        t = float(stats.t.ppf(1 - 0.03 / 2, int(widest["dof"])))
        return t * float(widest["sd"]) * math.sqrt(sum(1 / len(c.numbers) for c in cells))

    # ---- the verdict ---- #

    def verdict(self, quantity: str, cells: Sequence[Cell], sides: Sequence[Sequence[Job]]) -> Found:
        """Ratio or difference of two cells, its interval, p and noise."""
        scale = scale_of(quantity)
        x, y = ([v for _, v in self._on_scale(quantity, c)] for c in cells)
        if len(x) != len(cells[0].numbers) or len(y) != len(cells[1].numbers) or not x or not y:
            return Found(NO_NUMBER, {})
        widths = [
            [w / v for w, v in zip(c.widths, c.numbers, strict=True)] if scale == "ratio" else c.widths for c in cells
        ]
        rounding = [sum(w * w for w in side) / 3 / len(side) for side in widths]
        distance = statistics.fmean(y) - statistics.fmean(x)
        numbers: dict[str, float | None] = {
            "difference": mean(quantity, cells[1].numbers) - mean(quantity, cells[0].numbers),
            "ratio": math.exp(distance) if scale == "ratio" else None,
        }
        own = own_test(x, y, rounding)
        lent = self._lent(quantity, cells, sides, x, y, rounding)
        if own is not None and (own[0] <= LEVEL or lent is None or lent[0] > 0.02):
            p, half, dof = own
            sd = math.sqrt((squares(x) + squares(y)) / (len(x) + len(y) - 2))
            word = "established" if p <= LEVEL else "within noise"
        elif lent is not None:
            p, half, dof, sd = lent
            digits = sum(math.sqrt(3 * r) for r in rounding) if len(x) == len(y) == 1 else 0.0
            if abs(distance) <= digits * (1 + 1e-9):
                p, half = 1.0, max(half, digits)
            word = "beyond noise" if p <= 0.03 else "within noise"
        else:
            lower, other = self.bounds(quantity, cells)
            covering = [size for size in lower if abs(distance) * (1 - 1e-9) - 1e-9 <= size]
            sizes = covering or lower or ([other] if other is not None else [])
            within = covering or abs(distance) <= 1e-9
            return Found("within noise" if within else "unknown", {**numbers, "noise": max(sizes, default=None)})
        ends = (distance - half, distance + half)
        low, high = (math.exp(e) for e in ends) if scale == "ratio" else ends
        return Found(
            word, {**numbers, "low": low, "high": high, "p": p, "noise": half, "noise_sd": sd, "noise_dof": dof}
        )

    def _lent(
        self,
        quantity: str,
        cells: Sequence[Cell],
        sides: Sequence[Sequence[Job]],
        x: Sequence[float],
        y: Sequence[float],
        rounding: Sequence[float],
    ) -> tuple[float, float, float, float] | None:
        """p, half the width of the interval, degrees of freedom and standard deviation of borrowed noise."""
        programs = [{self.program(job) for job in c.jobs} for c in cells]
        n = (len(x), len(y))
        extra = rounding[0] / n[0] + rounding[1] / n[1]
        if programs[0] == programs[1]:
            total, dof = self.pool(quantity, cells, sides)
            if not dof:
                return None
            error, sd = math.sqrt(total / dof * (1 / n[0] + 1 / n[1]) + extra), math.sqrt(total / dof)
            of_dof: float = dof
        else:
            pools = [self.pool(quantity, (c,), sides) for c in cells]
            if not all(dof for _, dof in pools):
                return None
            shares = [total / dof / k for (total, dof), k in zip(pools, n, strict=True)]
            bottom = sum(share**2 / dof for share, (_, dof) in zip(shares, pools, strict=True))
            of_dof = sum(shares) ** 2 / bottom if sum(shares) else min(dof for _, dof in pools)
            error = math.sqrt(sum(shares) + extra)
            sd, dof = max((math.sqrt(total / dof), dof) for total, dof in pools)
        distance = abs(statistics.fmean(y) - statistics.fmean(x))
        p = float(2 * stats.t.sf(distance / error, of_dof)) if error else float(distance <= 1e-9)
        return p, float(stats.t.ppf(1 - 0.03 / 2, of_dof)) * error, dof, sd


LEVEL = 0.045


def own_test(x: Sequence[float], y: Sequence[float], rounding: Sequence[float]) -> tuple[float, float, float] | None:
    """p, half the width of the interval and degrees of freedom: Welch's test, or Student's where it is wider."""
    if min(len(x), len(y)) < 3:
        return None
    a, b = (squares(v) / (len(v) - 1) + r for v, r in zip((x, y), rounding, strict=True))
    distance = abs(statistics.fmean(y) - statistics.fmean(x))
    if a + b == 0:
        return (1.0 if distance <= 1e-9 else 0.0), 0.0, len(x) + len(y) - 2
    found = []
    for equal in (False, True) if len(x) != len(y) else (False,):
        t = stats.ttest_ind_from_stats(
            statistics.fmean(x), math.sqrt(a), len(x), statistics.fmean(y), math.sqrt(b), len(y), equal_var=equal
        )
        if equal:
            dof = len(x) + len(y) - 2
            error = math.sqrt(((len(x) - 1) * a + (len(y) - 1) * b) / dof * (1 / len(x) + 1 / len(y)))
        else:
            u, v = a / len(x), b / len(y)
            dof = (u + v) ** 2 / (u**2 / (len(x) - 1) + v**2 / (len(y) - 1))
            error = math.sqrt(u + v)
        found.append((float(t.pvalue), float(stats.t.ppf(1 - LEVEL / 2, dof)) * error, dof))
    return max(found)


def squares(values: Sequence[float]) -> float:
    middle = statistics.fmean(values)
    return 0.0 if min(values) == max(values) else sum((v - middle) ** 2 for v in values)


def summed(groups: Iterable[Sequence[float]]) -> tuple[float, float]:
    """Sum of squares and degrees of freedom of the groups of two or more."""
    several = [group for group in groups if len(group) > 1]
    return sum(squares(group) for group in several), sum(len(group) - 1 for group in several)


def contradict(own: tuple[float, float], public: tuple[float, float]) -> bool:
    """Whether own repeats vary more than public ones (F-test at 25 %), or less (1 %) but not by nothing at all."""
    (own_squares, own_dof), (public_squares, public_dof) = own, public
    if not own_dof or not public_dof or not own_squares:
        return False
    ratio = own_squares / own_dof / (public_squares / public_dof) if public_squares else math.inf
    test = stats.f(own_dof, public_dof)
    return bool(test.sf(ratio) <= 0.25 or test.cdf(ratio) <= 0.01)


def trimmed(pairs: Sequence[tuple[Job, float]]) -> list[tuple[Job, float]]:
    """Without values outside the prediction interval of the others, at a level of 10⁻⁴ for the group."""
    n = len(pairs)
    if n < 6:
        return list(pairs)
    limit = float(stats.t.ppf(1 - 1e-4 / n / 2, n - 2))
    kept = []
    for i, (job, x) in enumerate(pairs):
        others = [v for j, (_, v) in enumerate(pairs) if j != i]
        error = math.sqrt(squares(others) / (n - 2) * (1 + 1 / (n - 1)))
        if error == 0 or abs(x - statistics.fmean(others)) <= limit * error:
            kept.append((job, x))
    return kept


def fingerprint(row: dict[str, Any]) -> str:
    figures = " ".join("-" if row[name] is None else f"{row[name]:.9g}" for name in PRINTED)
    return hashlib.sha256(f"{row['platform']} {figures}".encode()).hexdigest()[:8]


def scale_of(quantity: str) -> str:
    if quantity in declared() and declared()[quantity].unit in (None, "fraction"):
        return "difference"
    return "difference" if quantity in ("loss", "score") else "ratio"


def mean(quantity: str, numbers: Sequence[float]) -> float:
    if scale_of(quantity) == "ratio" and min(numbers) > 0:
        return statistics.geometric_mean(numbers) if len(set(numbers)) > 1 else numbers[0]
    return statistics.fmean(numbers)


def _jobs(rows: Sequence[dict[str, Any]]) -> list[Job]:
    """Submissions joined to the runs of the same job number, begun within a week on the same system."""
    jobs = {row["run"]: Job([row]) for row in rows}

    def gap(a: dict[str, Any], b: dict[str, Any]) -> timedelta:
        both = a["started_at"] and b["started_at"]
        return abs(a["started_at"] - b["started_at"]) if both else timedelta()

    for row in rows:
        if row["status"] != "submitted" or row["job_id"] is None:
            continue
        fitting = [
            other
            for other in rows
            if other["status"] != "submitted"
            and (other["platform"], other["job_id"]) == (row["platform"], row["job_id"])
            and (None in (row["system"], other["system"]) or row["system"] == other["system"])
            and gap(row, other) <= timedelta(days=7)
        ]
        if fitting:
            jobs[min(fitting, key=lambda other: gap(row, other))["run"]].rows.append(row)
            del jobs[row["run"]]
    return list(jobs.values())


# ---- what is drawn, and how it is checked ---- #


def drawn(logs: logparse.Logs, rng: random.Random) -> Iterator[logparse.Comparison]:
    """Comparisons of random runs: some of one workload, or all of one by a column."""
    blocks: dict[Any, list[str]] = defaultdict(list)
    for job in _jobs(logs.runs.with_columns(pl.col(pl.Categorical).cast(pl.String)).rows(named=True)):
        blocks[job["platform"], job["workload"], job["task"]].append(job.id)
    fitting = [ids for (_, workload, _), ids in blocks.items() if workload is not None and len(ids) > 1]
    while True:
        ids = rng.choice(fitting)
        by = rng.choice((None, None, "batch_size", "ranks", "epochs", "group"))
        chosen = rng.sample(ids, rng.randint(2, min(len(ids), 6))) if by is None else ids
        try:
            yield logparse.compare(logs, chosen, by=by)
        except logparse.UsageError:  # fewer than two sides
            continue


def close(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)


@dataclass
class Counts:
    """What agreed, and what did not."""

    agreed: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    def check(self, name: str, where: str, printed: Any, computed: Any) -> None:
        equal = printed == computed if isinstance(computed, str | set | list) else close(printed, computed)
        if equal:
            self.agreed[name] += 1
        else:
            self.wrong.append(f"{where}: {name} {printed!r}, recomputed {computed!r}")


def check(made: logparse.Comparison, new: Recomputation, counts: Counts) -> None:
    """Compare every number of one output with its recomputation."""
    frame = made.frame()
    p_values: list[tuple[str, float | None, float | None]] = []
    pool: dict[str, list[float]] = defaultdict(list)
    unread: set[str] = set()
    for quantity in frame["quantity"].unique(maintain_order=True):
        rows = frame.filter(pl.col("quantity") == quantity).rows(named=True)
        if (
            quantity not in new.jobs[0].rows[0]
            and quantity not in ("result_s", "wall_s")
            and quantity not in declared()
        ):
            counts.skipped[quantity] += len(rows)
            continue
        sides = [[new.by_id[run] for run in row["runs"] if run in new.by_id] for row in rows]
        cells = [new.cell(quantity, jobs) for jobs in sides]
        converted = [not c.numbers and row["n"] for c, row in zip(cells, rows, strict=True)]
        base = next(i for i, row in enumerate(rows) if row["baseline"])
        for i, (row, c) in enumerate(zip(rows, cells, strict=True)):
            where = f"{quantity} of {row['side']}"
            if converted[i] or converted[base]:
                counts.skipped["converted by a sequence length"] += 1
                unread.add(quantity)
                continue
            counts.check("n", where, row["n"], len(c.numbers))
            counts.check("runs not used", where, {u["run"] for u in row["unusable"]}, c.unusable)
            counts.check("values", where, sorted(row["values"]), sorted(c.numbers))
            if quantity != "loss":  # the resolution of a loss may be that of a grid
                counts.check("resolution", where, row["resolution"] or 0.0, max(c.widths, default=0.0))
            pool[quantity] += c.numbers
            if c.numbers:
                counts.check("mean", where, row["value"], mean(quantity, c.numbers))
                counts.check("least", where, row["least"], min(c.numbers))
                counts.check("greatest", where, row["greatest"], max(c.numbers))
                pool[quantity] += [mean(quantity, c.numbers), *c.widths]
            if i == base or row["verdict"] == "not comparable":
                continue
            found = new.verdict(quantity, (cells[base], c), (sides[base], sides[i]))
            for name, number in found.numbers.items():
                counts.check(name, where, row[name], number)
            pool[quantity] += [x for x in found.numbers.values() if x is not None]
            word = row["verdict"]
            if word == "may be chance" and found.word == "established" and (row["p_holm"] or 0) > LEVEL:
                word = "established"  # before Holm's correction
            counts.check("verdict", where, word, found.word)
            p_values.append((where, found.numbers.get("p"), row["p_holm"]))
    known = sorted((p, where, printed) for where, p, printed in p_values if p is not None)
    most = 0.0
    for rank, (p, where, printed) in enumerate(known):
        most = max(most, min(1.0, (len(known) - rank) * p))
        if not counts.skipped:
            counts.check("p_holm", where, printed, most)
    _printed(made, {name: numbers for name, numbers in pool.items() if name not in unread}, counts)


_NUMBER = re.compile(r"[×+±<>-]?\d+(?:\.\d+)?(?:e[+-]\d+)?(?: k\b)?(?: (?:%|points|ms)(?!\w))?")


def _printed(made: logparse.Comparison, pool: Mapping[str, list[float]], counts: Counts) -> None:
    """Each number in the rows of the printed table is a recomputed one, rounded."""
    lines = page(made, logparse.findings(made), Paint(False)).splitlines()
    for row in made.rows:
        numbers = pool.get(row.quantity.name)
        names = {job["score_name"] for job in made.jobs} - {None} if row.quantity.name == "score" else set()
        title = " / ".join(sorted(names)) or row.quantity.title
        line = next((x for x in lines if x.startswith((f" {title} ", f" {title},"))), "")
        if not numbers or not line:
            continue
        if row.quantity.name == "score":  # in points
            numbers = [*numbers, *(100 * x for x in numbers)]
        text = re.sub(r"\[\d+\]|n=\d+|\(±[^)]*\)", "", line[len(title) + 1 :])
        for match in _NUMBER.finditer(text):
            if not _is_shown(match[0], numbers):
                counts.wrong.append(f"printed table, {title}: {match[0]} is none of the recomputed numbers")
            else:
                counts.agreed["printed"] += 1


def _is_shown(text: str, numbers: Sequence[float]) -> bool:
    """Whether the text is one of the numbers rounded, or a bound that one of them is beyond: `<0.001`."""
    if text[0] in "<>":
        bound = float(text[1:])
        return any(x < bound if text[0] == "<" else x > bound for x in numbers)
    return _is_rounded(text, numbers)


def _is_rounded(text: str, numbers: Iterable[float]) -> bool:
    digits, power = re.search(r"\d+(?:\.(\d+))?", text), re.search(r"e([+-]\d+)", text)
    assert digits is not None
    unit = 1e3 if " k" in text else 1e-2 if "%" in text or "points" in text else 1e-3 if " ms" in text else 1.0
    unit *= 10.0 ** int(power[1]) if power else 1.0
    value, half = float(digits[0]) * unit, 0.5 * 10.0 ** -len(digits[1] or "") * unit
    half = max(half, 0.5 * 10.0 ** (len(digits[0]) - len(digits[0].rstrip("0"))) * unit if "." not in digits[0] else 0)
    if text.startswith("±"):  # an uncertainty is rounded up
        return any(value - 2 * half <= abs(x) <= value + half for x in numbers)
    return any(abs(abs(x) - value) <= half * (1 + 1e-6) + 1e-12 for x in numbers)


def main(arguments: Sequence[str]) -> int:
    """Recompute the outputs and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--outputs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    logs = logparse.ingest(sorted(p for p in options.folder.rglob("*") if p.is_file() and p.suffix != ".tsv"))
    new, total = Recomputation(logs), Counts()
    for number, made in enumerate(itertools.islice(drawn(logs, random.Random(options.seed)), options.outputs), start=1):
        counts = Counts()
        check(made, new, counts)
        print(
            f"{number}: {len(made.sides)} sides, {len(made.rows)} rows{f' by {made.by}' if made.by else ''}: "
            f"{counts.agreed.total()} numbers agree, {len(counts.wrong)} do not"
        )
        total.agreed += counts.agreed
        total.skipped += counts.skipped
        total.wrong += [f"{number}: {text}" for text in counts.wrong]
    print(f"agree: {', '.join(f'{name} {count}' for name, count in total.agreed.items())}")
    print(f"not recomputed: {', '.join(f'{name} {count}' for name, count in total.skipped.items()) or 'none'}")
    print("\n".join(total.wrong) or f"All {total.agreed.total()} numbers agree.")
    return 1 if total.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
