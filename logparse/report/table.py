"""The table of runs: a row per job, the columns that apply, and in each cell its text and its sort key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from logparse.cells import Run
from logparse.comparison.clocks import clock
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.pages import run_cells
from logparse.pages.run_cells import Facts
from logparse.schema import RUNS
from logparse.text import missing
from logparse.text.missing import LEGEND, Code
from logparse.text.numbers import seconds
from logparse.text.terminal import one_line


@dataclass(frozen=True)
class TableColumn:
    """One column of the table."""

    title: str
    cell: Callable[[Job, Ledger], TableCell]
    """The cell of a job."""
    number: bool = False
    always: bool = False
    """Shown even if no run has a value, with the reasons."""


@dataclass(frozen=True)
class TableCell:
    """One cell: its text, its sort key (None sorts last), and the columns whose evidence a click shows."""

    text: str
    key: float | str | None
    of: tuple[str, ...]
    empty: bool = False


@dataclass(frozen=True)
class RunTable:
    """The columns that apply, and a row of cells for each job."""

    columns: tuple[TableColumn, ...]
    jobs: tuple[Job, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    marks: frozenset[str]
    """Marks of empty cells, for the legend."""


def table(ledger: Ledger, jobs: Sequence[Job]) -> RunTable:
    """The table of these jobs."""
    rows = [[column.cell(job, ledger) for column in _COLUMNS] for job in jobs]
    shown = [i for i, column in enumerate(_COLUMNS) if _applies(column, [row[i] for row in rows])]
    kept = tuple(tuple(row[i] for i in shown) for row in rows)
    marks = frozenset(mark for row in kept for cell in row for mark in missing.marks(cell.text))
    return RunTable(tuple(_COLUMNS[i] for i in shown), tuple(jobs), kept, marks)


def workload(run: Run) -> str:
    """Workload and task: `bert_large, training`."""
    parts = [str(run["workload"] or run["model"] or ""), run_cells.task(run) if run["task"] else ""]
    return ", ".join(one_line(part) for part in parts if part) or "?"


def _stated(text: Callable[[Run, Facts], str], *columns: str) -> Callable[[Job, Ledger], TableCell]:
    """The cells with a text computed from these columns of `runs`; a click shows their evidence. If a job has several
    logs, its cell is that of the log that states the first of these columns."""

    def cell(job: Job, ledger: Ledger) -> TableCell:
        run = next((run for name in columns for run in job.runs if run[name] is not None), job.main)
        shown = one_line(text(run, ledger.once("facts of a table", lambda: Facts.of(ledger.logs, ledger.cells))))
        stated = tuple(name for name in columns if run[name] is not None) or columns[:1]
        numbers = [run[name] for name in stated if isinstance(run[name], (int, float))]
        key = next(iter(numbers), None) if RUNS[columns[0]].is_numeric() else shown
        return TableCell(shown, key, stated, shown in LEGEND)

    return cell


def _total(job: Job, ledger: Ledger) -> TableCell:
    """The clock `wall`: the `total_s` of one log is not the total of a job with several."""
    found = clock(ledger, job, "wall")
    text = found.mark if found.value is None else seconds(found.value, found.resolution)
    return TableCell(text, found.value, ("wall_s",), found.value is None)


def _applies(column: TableColumn, found: Sequence[TableCell]) -> bool:
    """Whether a column has information on these runs."""
    texts = {cell.text for cell in found}
    return (
        bool(texts - LEGEND.keys())
        or Code.CACHED.mark in texts
        or (column.always and texts != {Code.NOT_APPLICABLE.mark})
    )


_SETTINGS = ("ranks", "sequence_length")
"""Settings shown with what ran: runs differ in these most often."""


def _ran(run: Run, facts: Facts) -> str:
    omitted = () if run["status"] == "submitted" else _SETTINGS
    return run_cells.ran(run, {c: v for c, v in run.items() if v is not None and c not in omitted}, facts)


def _rate(run: Run, facts: Facts) -> str:
    """The throughput with its unit, because the rows have different workloads."""
    text = run_cells.rate(run, facts)
    return text if run["throughput"] is None else f"{text} {run['sample'] or 'sample'}s/s"


def _duration(column: str) -> Callable[[Run, Facts], str]:
    return lambda run, facts: run_cells.duration(run, column, facts)


def _text(column: str) -> Callable[[Run, Facts], str]:
    return lambda run, facts: str(run[column] or "?")


_COLUMNS = (
    TableColumn("platform", _stated(_text("platform"), "platform")),
    TableColumn("workload", _stated(lambda run, facts: workload(run), "workload", "task")),
    TableColumn("ran", _stated(_ran, "samples", "steps", "epochs", "batch_size"), number=True),
    TableColumn("compile", _stated(run_cells.compiling, "compile_s", "compile_cache"), number=True, always=True),
    TableColumn("train", _stated(_duration("train_s"), "train_s"), number=True, always=True),
    TableColumn("latency", _stated(_duration("latency_s"), "latency_s"), number=True),
    TableColumn(
        "on chip (estimate)", _stated(run_cells.on_chip, "on_chip_latency_s", "on_chip_throughput"), number=True
    ),
    TableColumn("rate", _stated(_rate, "throughput", "token_throughput"), number=True, always=True),
    TableColumn("quality", _stated(run_cells.quality, "score", "loss", "score_name"), number=True, always=True),
    TableColumn("total", _total, number=True),
    TableColumn("status", _stated(run_cells.status, "status")),
)
"""Left to right, after the labels of the runs."""


# ---- all values of a run ---- #

GROUPS = (
    ("What ran", ("task", "workload", "model", "dataset", "epochs", "steps", "samples", "sample", "batch_size",
                  "micro_batch_size", "sequence_length", "precision", "learning_rate", "seed")),
    ("Where", ("platform", "system", "device_kind", "devices", "ranks", "sdk_version", "host", "job_id", "started_at",
               "ended_at", "zone")),
    ("How long", ("queue_s", "compile_s", "compile_cache", "load_s", "startup_s", "train_s", "train_includes", "eval_s",
                  "checkpoint_s", "total_s", "unaccounted_s")),
    ("How fast, how well", ("throughput", "throughput_window", "steady_throughput", "token_throughput", "latency_s",
                            "on_chip_latency_s", "on_chip_throughput", "loss", "score", "score_name", "status")),
)  # fmt: skip
"""Heading -> columns of `runs`, for the details of one run."""


def known(job: Job, ledger: Ledger) -> list[tuple[str, list[tuple[str, Any]]]]:
    """Heading -> (column, value) for all values that the logs of a job state; the total of a job with several logs is
    `wall_s`."""

    def value(column: str) -> tuple[str, Any]:
        if column == "total_s" and job.others:
            return "wall_s", clock(ledger, job, "wall").value
        return column, ledger.value(job, column).value

    out = []
    for heading, columns in GROUPS:
        values = [(name, v) for name, v in map(value, columns) if v is not None]
        if values:
            out.append((heading, values))
    return out
