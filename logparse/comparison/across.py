"""`across`: a workload that ran on several platforms, in one table and in common units.

Rates are converted to one unit where the logs allow it, and ranked. What cannot be converted stands beside the ranking,
with the reason. Figures per device, per watt and per peak FLOP/s are shown and not ranked, since a wafer is not a chip.
Nothing is refused as a whole: what limits the comparison is a list of caveats.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from logparse.arguments import OneOrMany
from logparse.cells import Value
from logparse.comparison import equal, relative
from logparse.comparison import sides as sides_
from logparse.comparison.claims import Claim
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import SUBMISSION, Ledger
from logparse.comparison.noise import interval
from logparse.comparison.quantities import LOWER_SCORES, QUANTITIES, Quantity
from logparse.comparison.refusal import short_rate
from logparse.comparison.relative import RATES, Lacking, Relative, is_converted, of_jobs
from logparse.comparison.select import Compared, select
from logparse.comparison.sides import Side, SideValues, side_values
from logparse.comparison.verdict import Verdict, corrected, verdict
from logparse.comparison.workloads import by_workload
from logparse.devices import Device, Table, table
from logparse.errors import Remedy, UsageError
from logparse.logs import Logs
from logparse.schema import LOCATIONS
from logparse.text.labels import included_text, listed, shortened
from logparse.text.missing import Absence, Code

ESTIMATES = ("on_chip_throughput", "on_chip_latency_s")


@dataclass(frozen=True)
class Caveat:
    """What limits the comparison of the rows of a table."""

    name: str
    text: str
    remedy: Remedy | None = None
    """The argument that would remove it, where one would."""


@dataclass(frozen=True)
class AcrossRow:
    """One experiment: runs of one platform with the same settings."""

    side: Side
    platform: str
    device: Device | None
    """The entry of the table of devices; None where the logs do not determine it."""
    cells: Mapping[str, SideValues]
    """Name of a quantity of `AcrossTable.quantities` -> its values."""
    rank: int | None = None
    """Place by the common rate; None where it could not be converted."""
    aside: str | None = None
    """Why it is not ranked."""
    verdict: Verdict | None = None
    """Its rate against that of the first; None for the first and for what is not ranked."""


@dataclass(frozen=True)
class AcrossTable:
    """One workload and task that ran on several platforms."""

    workload: str
    task: str
    rate: Quantity
    """The common rate, by which the rows are ranked."""
    quantities: tuple[Quantity, ...]
    """What the table shows: the rate, figures relative to the device, times, quality."""
    rows: tuple[AcrossRow, ...]
    """Ranked rows first, the fastest at the top."""
    estimates: tuple[tuple[Quantity, AcrossRow, SideValues], ...]
    """Compilers' estimates, which are never ranked."""
    caveats: tuple[Caveat, ...]

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms in the order of the rows."""
        return tuple(dict.fromkeys(row.platform for row in self.rows))


@dataclass(frozen=True)
class Across:
    """The tables of all workloads that ran on several platforms; `frame()` gives them as a polars frame."""

    ledger: Ledger
    tables: tuple[AcrossTable, ...]

    @property
    def jobs(self) -> list[Job]:
        """All jobs in the tables."""
        return [job for t in self.tables for row in t.rows for job in row.side.jobs]

    def frame(self) -> pl.DataFrame:
        """One row per table, side and quantity; `ACROSS` gives the columns and types."""
        return pl.DataFrame(list(_frame_rows(self)), schema=ACROSS)

    def caveats(self) -> pl.DataFrame:
        """The caveats of all tables: workload, task, name, text."""
        rows = [(t.workload, t.task, c.name, c.text) for t in self.tables for c in t.caveats]
        return pl.DataFrame(rows, schema=dict.fromkeys(("workload", "task", "name", "text"), pl.String), orient="row")

    def __repr__(self) -> str:
        shown = self.frame().select("workload", "task", "rank", "side", "platform", "quantity", "value", "unit")
        with pl.Config(tbl_rows=-1, tbl_cols=-1, fmt_str_lengths=48, tbl_width_chars=160):
            return repr(shown)


ACROSS: dict[str, Any] = {
    "workload": pl.String,
    "task": pl.String,
    "rank": pl.UInt32,
    "side": pl.String,
    "platform": pl.String,
    "device_kind": pl.String,
    "device": pl.String,
    "runs": pl.List(pl.String),
    "n": pl.UInt32,
    "quantity": pl.String,
    "unit": pl.String,
    "better": pl.String,
    "value": pl.Float64,
    "value_low": pl.Float64,
    "value_high": pl.Float64,
    "least": pl.Float64,
    "greatest": pl.Float64,
    "resolution": pl.Float64,
    "how": pl.String,
    "made": pl.String,
    "empty": pl.String,
    "ratio": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "p": pl.Float64,
    "p_holm": pl.Float64,
    "verdict": pl.String,
    "aside": pl.String,
    "evidence": LOCATIONS,
}
"""Columns of `Across.frame()`. rank: place by the common rate. device: the entry of the table of devices. value: the
mean, geometric for durations and rates; value_low, value_high: its 95 % interval, where repeats of the program are
known. made: how it was converted or computed. empty: why there is none. ratio, low, high, p, p_holm, verdict: the rate
of the side divided by that of the first, its 95 % interval, and its significance, as in a comparison. aside: why a side
is not ranked."""


def across(
    logs: Logs | Ledger | Compared,
    runs: OneOrMany[str] = (),
    *,
    where: str | None = None,
    by: str = "group",
    target: str | None = None,
    claims: OneOrMany[str | Claim] = (),
    devices: str | Path | None = None,
    device: OneOrMany[str] = (),
) -> Across:
    """The workloads that ran on several platforms, each in one table of common units.

    Args:
        logs: the result of `ingest`, a ledger, or a comparison.
        runs: names of runs: ids, labels, parts of labels, or patterns with *. Default: all.
        where: SQL over the columns of `runs`: only these runs.
        by: a column of `runs`: runs of one platform with the same value form one row. Default: repeats of one
            experiment.
        target: `loss<=7.3`: show the time to this loss or score. Default: the best that all rows reach.
        claims: `LABEL:NAME=VALUE`: settings that no log states, such as a sequence length.
        devices: a TOML file that extends the table of devices (see `logparse.devices`).
        device: `PLATFORM=NAME`: the device in that table on which the runs of the platform ran, where no log states it.

    Raises:
        UsageError: no workload ran on several platforms, or an argument is invalid.
    """
    selection = select(logs, runs, where=where, claims=claims)
    ledger = selection.ledger
    sides_.check_column(by)
    known = table(devices)
    named = {platform: known.device(name) for platform, name in map(_assignment, _texts(device))}
    if unknown := sorted(set(named) - {str(job["platform"]) for job in ledger.jobs}):
        raise UsageError(f"device {unknown[0]}=…: no run here is of this platform")
    if target is not None:
        equal.require_target(target)
    found = tables(ledger, selection.jobs, by, target, known, named)
    if not found:
        raise UsageError(_none(ledger, selection.jobs))
    return Across(ledger, tuple(found))


def tables(
    ledger: Ledger,
    jobs: Iterable[Job],
    by: str = "group",
    target: str | None = None,
    devices: Table | None = None,
    named: Mapping[str, Device] | None = None,
) -> list[AcrossTable]:
    """A table for each workload and task that ran on several platforms; see `across`."""
    out = []
    for (workload, task), members in by_workload(ledger, jobs, ("workload", "task")):
        ended = [job for job in members if job.has_result]
        if workload is None or task in (None, SUBMISSION) or len({job["platform"] for job in ended}) < 2:
            continue
        out.append(_table(ledger, str(workload), str(task), ended, by, target, devices or table(), named or {}))
    return out


def _none(ledger: Ledger, jobs: Sequence[Job]) -> str:
    """Why there is no table."""
    groups = by_workload(ledger, [job for job in jobs if job.has_result], ("platform", "workload", "task"))
    names = [f"{workload or '?'}, {task or '?'} ({platform})" for (platform, workload, task), _ in groups]
    what = shortened(list(dict.fromkeys(names)), 8, "; ") or "no run with a result"
    return f"no workload ran on several platforms here: {what}"


def _texts(value: OneOrMany[str]) -> Sequence[str]:
    return (value,) if isinstance(value, str) else tuple(value)


def _assignment(text: str) -> tuple[str, str]:
    platform, equals, name = str(text).partition("=")
    if not (platform.strip() and equals and name.strip()):
        raise UsageError(f"{text!r} is not a valid device: write PLATFORM=NAME, as in cerebras=CS-2")
    return platform.strip(), name.strip()


# ---- one table ---- #


def _table(
    ledger: Ledger,
    workload: str,
    task: str,
    jobs: Sequence[Job],
    by: str,
    target: str | None,
    devices: Table,
    named: Mapping[str, Device],
) -> AcrossTable:
    sides = _sides(ledger, jobs, by)
    rate = _common_rate(ledger, sides)
    asked = target or _common_target(ledger, sides, task)
    quantities = _quantities(rate, asked)
    rows = []
    for side in sides:
        figures = Relative(ledger, side, devices, named)
        cells = _cells(ledger, figures, rate, asked, quantities)
        rows.append(AcrossRow(side, str(side.jobs[0]["platform"]), figures.device, cells))
    ranked, aside = _ranked(ledger, rate, rows)
    every = (*ranked, *aside)
    shown = tuple(q for q in quantities if q is rate or any(row.cells[q.name].values for row in every))
    estimates = tuple(
        (QUANTITIES[name], row, values)
        for name in ESTIMATES
        for row in every
        if (values := side_values(ledger, QUANTITIES[name], row.side)).values
    )
    caveats = tuple(_caveats(ledger, rate, every, quantities, shown, asked))
    return AcrossTable(workload, task, rate, shown, every, estimates, caveats)


def _sides(ledger: Ledger, jobs: Sequence[Job], by: str) -> list[Side]:
    """The sides of each platform: runs of two platforms are never one side."""
    platforms: dict[str, list[Job]] = {}
    for job in jobs:
        platforms.setdefault(str(job["platform"]), []).append(job)
    out: list[Side] = []
    for platform, members in platforms.items():
        if all(ledger.value(job, by).value is None for job in members):
            out.append(Side(platform, tuple(members)))
            continue
        for side in sides_.by(ledger, members, by):
            out.append(side if by in ("group", "run", "platform") else Side(f"{platform}, {side.label}", side.jobs))
    return out


def _common_rate(ledger: Ledger, sides: Sequence[Side]) -> Quantity:
    """The unit in which most platforms, and then most sides, have a comparable rate."""

    def reach(name: str) -> tuple[int, int]:
        having = [s for s in sides if side_values(ledger, QUANTITIES[name], s, convert=True).values]
        if name == "throughput":
            kinds = [_sample_kind(ledger, s) for s in having]
            having = [s for s, kind in zip(having, kinds, strict=True) if kind == _common_kind(having, kinds)]
        return len({s.jobs[0]["platform"] for s in having}), len(having)

    return QUANTITIES[max(RATES, key=reach)]


def _common_kind(sides: Sequence[Side], kinds: Sequence[tuple[Any, ...]]) -> tuple[Any, ...] | None:
    """The kind of sample of most platforms, and then of most sides."""

    def reach(kind: tuple[Any, ...]) -> tuple[int, int]:
        matching = [s for s, other in zip(sides, kinds, strict=True) if other == kind]
        return len({s.jobs[0]["platform"] for s in matching}), len(matching)

    return max(kinds, key=reach, default=None)


def _sample_kind(ledger: Ledger, side: Side) -> tuple[Any, ...]:
    """What a sample is on this side: rates in samples/s are comparable where these are equal.

    A sequence is a sample of its length. A plain "sample" may be anything, so it equals only those of its platform.
    """
    kinds = {job["sample"] for job in side.jobs}
    lengths = {ledger.value(job, "sequence_length").value for job in side.jobs}
    if kinds <= {"sequence", "sample", None} and None not in lengths:
        return "sequence", *sorted(lengths)
    if len(kinds) == 1 and not kinds & {"sequence", "sample", None}:
        return tuple(kinds)
    return "sample", str(side.jobs[0]["platform"]), *sorted(map(str, kinds - {None}))


# ---- the quantities ---- #


def _quantities(rate: Quantity, target: str | None) -> tuple[Quantity, ...]:
    """All quantities that a table may show, in display order."""
    names = [rate, *relative.quantities(rate), QUANTITIES["train_s"], QUANTITIES["latency_s"]]
    if target is not None:
        names.append(Quantity("time_to_target_s", f"time to {target}", "s", "lower"))
    return (*names, QUANTITIES["loss"], QUANTITIES["score"])


def _cells(
    ledger: Ledger, figures: Relative, rate: Quantity, target: str | None, quantities: Sequence[Quantity]
) -> dict[str, SideValues]:
    side = figures.side
    values = figures.values(rate)
    if target is not None:
        jobs = values[rate.name].counted_jobs
        points = equal.target(ledger, [Side(side.label, (job,)) for job in jobs], target).points
        values["time_to_target_s"] = of_jobs(side, jobs, [point.elapsed or Value() for point in points])
    return {q.name: values[q.name] if q.name in values else side_values(ledger, q, side) for q in quantities}


# ---- time to the same quality ---- #


def _common_target(ledger: Ledger, sides: Sequence[Side], task: str) -> str | None:
    """The best final loss, or score, that runs of two platforms reached: `loss<=8.25`; None where there is none."""
    if task != "train":
        return None
    for column in ("loss", "score"):
        best: dict[str, float] = {}
        metrics = set()
        for job in (job for side in sides for job in side.jobs):
            value = ledger.value(job, column).value
            if value is None or not math.isfinite(value):
                continue
            metrics.add(str(job["score_name"]) if column == "score" else column)
            sign = 1 if column == "loss" or metrics & LOWER_SCORES else -1
            platform = str(job["platform"])
            best[platform] = min(best.get(platform, math.inf), sign * value)
        if len(best) > 1 and len(metrics) == 1:
            metric, (_, second, *_) = metrics.pop(), sorted(best.values())
            asked = f"{metric}{'<=' if sign > 0 else '>='}{sign * _rounded_up(second):.10g}"
            return asked if _is_target(asked) else None
    return None


def _rounded_up(value: float) -> float:
    """`value` with five digits, never less."""
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 4) if value else 1.0
    return math.ceil(value / step) * step


def _is_target(asked: str) -> bool:
    try:
        equal.require_target(asked)
    except UsageError:  # a score that no log prints by step
        return False
    return True


# ---- the ranking ---- #


def _ranked(ledger: Ledger, rate: Quantity, rows: Sequence[AcrossRow]) -> tuple[list[AcrossRow], list[AcrossRow]]:
    """The rows with a place by their rate, and those that stand beside, with the reason."""
    reasons = {id(row): _not_ranked(ledger, rate, row, rows) for row in rows}
    ranked = sorted((row for row in rows if reasons[id(row)] is None), key=lambda row: -_mean(row, rate))
    if len({row.platform for row in ranked}) == 1:
        alone = f"no rate of another platform is convertible to {rate.unit}"
        reasons |= dict.fromkeys(map(id, ranked), alone)
        ranked = []
    aside = [row for row in rows if reasons[id(row)] is not None]
    base = ranked[0].cells[rate.name] if ranked else None
    verdicts = [verdict(ledger, rate, base, row.cells[rate.name]) for row in ranked[1:] if base is not None]
    against = [None, *corrected(verdicts)]
    out = [
        replace(row, rank=place, verdict=of_row)
        for place, (row, of_row) in enumerate(zip(ranked, against, strict=False), start=1)
    ]
    return out, [replace(row, aside=reasons[id(row)]) for row in aside]


def _mean(row: AcrossRow, rate: Quantity) -> float:
    mean = row.cells[rate.name].mean
    assert mean is not None
    return mean


def _not_ranked(ledger: Ledger, rate: Quantity, row: AcrossRow, rows: Sequence[AcrossRow]) -> str | None:
    """Why a row cannot be ranked by the common rate; None where it can."""
    values = row.cells[rate.name]
    if not values.values:
        return values.reason
    if not all(number > 0 for number in values.numbers):
        return "a rate that is not positive"
    if short := short_rate(ledger, rate, values):
        return short
    having = [r for r in rows if r.cells[rate.name].values]
    single = [_is_single(r.side) for r in having]
    if _is_single(row.side) and not all(single):
        return "it repeats one input, the others run a data set"
    if rate.name == "throughput":
        kinds = [_sample_kind(ledger, r.side) for r in having]
        kind, common = _sample_kind(ledger, row.side), _common_kind([r.side for r in having], kinds)
        if common is not None and kind != common:
            return f"{_kind_text(kind)} are not known to be the same as {_kind_text(common)}"
    return None


def _kind_text(kind: tuple[Any, ...]) -> str:
    if kind[0] == "sequence":
        return f"sequences of {listed([str(n) for n in kind[1:]])} tokens"
    if kind[0] == "sample":
        unit = listed([f"{word}s" for word in kind[2:]]) or "samples"
        return f"{unit} on {kind[1]}"
    return f"{kind[0]}s"


def _is_single(side: Side) -> bool:
    return {job["throughput_window"] for job in side.jobs} == {"single_input"}


# ---- the caveats ---- #


def _caveats(
    ledger: Ledger,
    rate: Quantity,
    rows: Sequence[AcrossRow],
    quantities: Sequence[Quantity],
    shown: Sequence[Quantity],
    target: str | None,
) -> Iterator[Caveat]:
    yield from _converted(rate, rows)
    kinds = _by_row(ledger, rows, "device_kind")
    if len(kinds) > 1:
        yield Caveat(
            "device kinds", f"The devices are of different kinds, so no figure per device has a winner: {_each(kinds)}."
        )
    counts = _by_row(ledger, rows, "devices")
    if len(counts) > 1:
        yield Caveat("number of devices", f"The number of devices differs: {_each(counts)}.")
    for column, what in (
        ("precision", "precision"),
        ("batch_size", "batch size"),
        ("sequence_length", "sequence length"),
        ("dataset", "data set"),
    ):
        values = _by_row(ledger, rows, column)
        if len(values) > 1:
            yield Caveat(what, f"The {what} differs or is not stated: {_each(values)}.")
    sparse = dict.fromkeys(row.device.name for row in rows if row.device is not None and row.device.sparse)
    if sparse:
        yield Caveat("sparsity", f"The peak of {listed(list(sparse))} counts operations on zeros that are skipped.")
    yield from _clock(ledger, rows, shown)
    names = {q.name for q in shown}
    used = {row.device.name: row.device for row in rows if row.device is not None}.values()
    if "per_watt" in names:
        powers = [f"{d.name} {d.power.value:,g} W{_for(d)} ({d.power.source})" for d in used if d.power.value]
        yield Caveat("power", f"Power is nominal, and not that of the runs: {'; '.join(powers)}.")
    if names & {"per_peak", "model_flops_utilisation"}:
        peaks = [f"{d.name} {d.peak.value:g} FLOP/s, {d.precision} ({d.peak.source})" for d in used if d.peak.value]
        yield Caveat("peak", f"Peaks are those that vendors state: {'; '.join(peaks)}.")
    if target is not None and "time_to_target_s" in names:
        text = f"Times to {target} compare values as printed; no log states that objective and data are the same."
        yield Caveat("target", text)
    yield from _missing([q for q in quantities if q is rate or q.name not in QUANTITIES], rows)


def _for(device: Device) -> str:
    what = [device.power.what] if device.power.what else []
    return f" for {device.chips} {device.chip}" * (device.chips > 1) + "".join(f", {w}" for w in what)


def _missing(quantities: Sequence[Quantity], rows: Sequence[AcrossRow]) -> Iterator[Caveat]:
    """Which ranked rows lack which figures, one caveat for each reason. Why a row is not ranked, the row says."""
    found: dict[Absence, tuple[dict[str, None], dict[str, None]]] = {}
    for q in quantities:
        for row in rows:
            empty = row.cells[q.name].empty
            lacks = empty is not None and empty.code is not Code.NOT_APPLICABLE and not row.cells[q.name].values
            if empty is not None and lacks and row.rank is not None:
                titles, labels = found.setdefault(empty, ({}, {}))
                titles[q.title] = labels[row.side.label] = None
    for empty, (titles, labels) in found.items():
        what = listed([f"“{title}”" for title in titles])
        text = f"{listed(list(labels), 3)} without {what}: {empty.text}."
        yield Caveat("missing", text, empty.remedy if isinstance(empty, Lacking) else None)


def _converted(rate: Quantity, rows: Sequence[AcrossRow]) -> Iterator[Caveat]:
    made: dict[str, list[str]] = {}
    for row in rows:
        for value in row.cells[rate.name].values:
            if value.made is not None and is_converted(rate, value):
                made.setdefault(value.made, []).append(row.side.label)
    for text, labels in made.items():
        yield Caveat("converted", f"{rate.unit} of {listed(list(dict.fromkeys(labels)), 4)} are converted: {text}.")


def _clock(ledger: Ledger, rows: Sequence[AcrossRow], shown: Sequence[Quantity]) -> Iterator[Caveat]:
    windows = _by_row(ledger, [row for row in rows if row.rank is not None], "throughput_window")
    if len(windows) > 1:
        yield Caveat("rate", f"The rates are over different parts of the runs: {_each(windows)}.")
    if not any(q.name == "train_s" for q in shown):
        return
    included: dict[str, list[str]] = {}
    for row in rows:
        for job in row.side.jobs:
            if ledger.value(job, "train_s").known:
                included.setdefault(included_text(job["train_includes"]), []).append(row.platform)
    if len(included) > 1:
        yield Caveat("clock", f"The training times include different phases: {_each(included)}.")


def _by_row(ledger: Ledger, rows: Sequence[AcrossRow], column: str) -> dict[str, list[str]]:
    """The values of a column as text -> the platforms of the rows that have it."""
    out: dict[str, list[str]] = {}
    for row in rows:
        for job in row.side.jobs:
            value = ledger.value(job, column)
            text = (
                "not stated"
                if not value.known
                else f"{value.value:,}"
                if isinstance(value.value, int)
                else str(value.value)
            )
            out.setdefault(text + (" (claimed)" if value.how == "claimed" else ""), []).append(row.platform)
    return out


def _each(values: Mapping[str, Sequence[str]]) -> str:
    """`512, 1,024 (cerebras); 4,096 (sambanova)`: the platforms with their values."""
    by_platform: dict[str, list[str]] = {}
    for text, platforms in values.items():
        for platform in dict.fromkeys(platforms):
            by_platform.setdefault(platform, []).append(text)
    return "; ".join(f"{platform}: {shortened(texts, 5)}" for platform, texts in by_platform.items())


# ---- the frame ---- #


def _frame_rows(found: Across) -> Iterator[Mapping[str, Any]]:
    for t in found.tables:
        estimates = [(row, q, values) for q, row, values in t.estimates]
        measured = [(row, q, row.cells[q.name]) for row in t.rows for q in t.quantities]
        for row, q, values in (*measured, *estimates):
            against = row.verdict if q is t.rate else None
            low, high = against.interval if against and against.interval else (None, None)
            # Computed figures have the interval of their rate.
            of_logs = q.name in QUANTITIES and not q.estimate
            value_low, value_high = (of_logs and interval(found.ledger, q, values)) or (None, None)
            yield {
                "workload": t.workload,
                "task": t.task,
                "rank": row.rank,
                "side": row.side.label,
                "platform": row.platform,
                "device_kind": row.side.jobs[0]["device_kind"],
                "device": row.device.name if row.device else None,
                "runs": [run for job in row.side.jobs for run in job.ids],
                "n": values.n,
                "quantity": q.name,
                "unit": q.unit,
                "better": sides_.better(q, [values]),
                "value": values.mean,
                "value_low": value_low,
                "value_high": value_high,
                "least": min(values.numbers, default=None),
                "greatest": max(values.numbers, default=None),
                "resolution": values.resolution,
                "how": _how(q, values),
                "made": next((v.made for v in values.values if v.made), None),
                "empty": values.reason,
                "ratio": against.ratio if against else None,
                "low": low,
                "high": high,
                "p": against.estimate.p if against and against.estimate else None,
                "p_holm": against.estimate.p_holm if against and against.estimate else None,
                "verdict": against.word if against else None,
                "aside": row.aside,
                "evidence": list(values.locations),
            }


def _how(quantity: Quantity, values: SideValues) -> str | None:
    if not values.values:
        return None
    if values.claimed:
        return "claimed"
    return "estimated" if quantity.estimate else "measured"
