"""The ledger: what is known of each job. It adds to the cells of runs which runs are one job, and what is claimed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

import polars as pl

from logparse.cells import Cells, Value
from logparse.comparison.claims import Claim, addressed, from_log, names_in_logs, taken
from logparse.comparison.jobs import Job, jobs
from logparse.comparison.programs import Program, graphs, programs
from logparse.grammar import Grammar
from logparse.logs import Logs
from logparse.schema import TEXT
from logparse.text.location import Location
from logparse.text.missing import Code

T = TypeVar("T")


SUBMISSION = "submission"
"""The task of a job whose workload ran in a log that was not given."""


class Ledger:
    """The jobs of some logs and what is known of them; claims fill in settings that no log states."""

    def __init__(self, logs: Logs, claims: Iterable[Claim] = ()) -> None:
        self.logs = logs
        self.jobs: list[Job] = jobs(logs.runs)
        self.claims = addressed(claims, self.jobs)
        self.grammars: Mapping[str, Grammar] = {g.name: g for g in logs.grammars}
        self.cells = Cells(logs)
        self._parts: dict[Hashable, tuple[pl.DataFrame, pl.DataFrame, Mapping[str, pl.Series]]] = {}
        self._values: dict[tuple[str, int, str], Value] = {}
        self._made: dict[Hashable, Any] = {}
        self._made_of_logs: dict[Hashable, Any] = {}

    @cached_property
    def by_run(self) -> dict[str, Job]:
        """Run id -> its job."""
        return {run: job for job in self.jobs for run in job.ids}

    def value(self, job: Job, column: str) -> Value:
        """What a column of `runs` is for that job: from the log that states it, else as claimed by the user or as a
        name in the log implies (`bert_large_MSL128`), else the reason.

        A workload that the log does not name is that of the jobs with the same program. The task of a job with only its
        submission log is `submission`, whether or not it compiled.
        """
        # One log of a job, seen as a job of its own, may have the id of the job.
        key = job.id, len(job.others), column
        value = self._values.get(key)
        if value is None:
            value = self._values[key] = self._value(job, column)
        return value

    def _value(self, job: Job, column: str) -> Value:
        if column == "task" and job.main["status"] == "submitted":
            return replace(self.value(job, "status"), value=SUBMISSION)
        found = [self.cells.value(run, column) for run in job.runs]
        known = next((value for value in found if value.known), None)
        if known is not None:
            return known
        claim = taken((*self.claims, *self.names_claim(job)), job, column)
        if claim is not None and claim.name_in_log is not None:
            return Value(claim.number, None, "inferred", f"from the name {claim.name_in_log}", claim.locations)
        if claim is not None:
            return Value(claim.number, None, "claimed", f"claimed ({claim.source}), not in the log", claim.locations)
        if column == "workload" and (program := self._programs.get(job.id)) is not None:
            lines = program.locations or self.value(job, "model").locations
            return Value(program.workload, None, "inferred", program.reason, lines)
        # That a value is in another log of the job is no reason where that log is here.
        return next((value for value in found if not value.is_empty(Code.OTHER_LOG)), found[0])

    def names_claim(self, job: Job) -> list[Claim]:
        """What the names of workloads and models in the job's log claim about it; the sequence length also from the log
        of a job that ran the same compiled graph, since a graph is compiled for one."""
        return self.once(("names_claim", job.id), lambda: list(self._names_claim(job)))

    def _names_claim(self, job: Job) -> Iterator[Claim]:
        own = list(from_log(job, self._names))
        yield from own
        if any(claim.name == "sequence_length" for claim in own):
            return
        shared = [c for run in job.ids for graph, _ in self._graphs.get(run, ()) for c in self._by_graph.get(graph, ())]
        if len({claim.text for claim in shared}) == 1:
            yield replace(shared[0], label=job.id)

    @cached_property
    def _names(self) -> Mapping[str, Sequence[tuple[str, Location]]]:
        """Run -> the names of workloads and models in its log."""
        return names_in_logs(self.logs.params)

    @cached_property
    def _graphs(self) -> Mapping[str, Sequence[tuple[str, Location]]]:
        """Run -> its compiled graphs."""
        return graphs(self.logs.params)

    @cached_property
    def _by_graph(self) -> Mapping[str, list[Claim]]:
        """Compiled graph -> the sequence lengths that names claim in the logs of jobs that ran it."""
        out: dict[str, list[Claim]] = {}
        for job in self.jobs:
            for claim in from_log(job, self._names):
                if claim.name == "sequence_length":
                    name = f"{claim.name_in_log} in the log of {job.label}, which ran the same compiled graph"
                    for graph, _ in (pair for run in job.ids for pair in self._graphs.get(run, ())):
                        out.setdefault(graph, []).append(replace(claim, name_in_log=name))
        return out

    @cached_property
    def _programs(self) -> Mapping[str, Program]:
        """Job id -> program, where no log of the job names it but another job shares it."""
        return programs(self.jobs, self.logs.params)

    def metrics(self, job: Job, *names: str, **where: str | None) -> pl.DataFrame:
        """Rows of `metrics` of that job with one of these names (any, where none is given) and these values in other
        columns, in the order of the lines; `scope=None` is the run's own."""
        return self._of("metrics", job, names, where)

    def phases(self, job: Job, **where: str | None) -> pl.DataFrame:
        """Rows of `phases` of that job with these values, the vendor's stages too; `stage=None` leaves them out."""
        return self._of("phases", job, (), where)

    def messages(self, job: Job, **where: str | None) -> pl.DataFrame:
        """Rows of `messages` of that job with these values."""
        return self._of("messages", job, (), where)

    def params(self, job: Job, *names: str) -> pl.DataFrame:
        """Rows of `params` of that job with one of these names (any, where none is given)."""
        return self._of("params", job, names, {})

    def stated(self, job: Job, *names: str) -> list[tuple[str, str, Location]]:
        """Name, value and line of the job's rows of `params` with one of these names (any, where none is given)."""

        def by_run() -> dict[str, list[tuple[str, str, Location]]]:
            params = self.logs.params
            rows = params.filter(pl.col("name").is_in(list(names))) if names else params
            out: dict[str, list[tuple[str, str, Location]]] = {}
            for run, name, value, source, line in rows.select("run", "name", "value", "source", "line").iter_rows():
                out.setdefault(run, []).append((name, value, Location(source, line)))
            return out

        rows = self.of_logs(("stated", names), by_run)
        return [row for run in job.ids for row in rows.get(run, ())]

    def _of(self, frame: str, job: Job, names: tuple[str, ...], where: Mapping[str, str | None]) -> pl.DataFrame:
        rows, none, places = self._by_run(frame, names, where)
        parts = [rows[places[run]] for run in job.ids if run in places]
        if len(parts) == 1:
            return parts[0]
        return pl.concat(parts) if parts else none

    def _by_run(
        self, frame: str, names: tuple[str, ...], where: Mapping[str, str | None]
    ) -> tuple[pl.DataFrame, pl.DataFrame, Mapping[str, pl.Series]]:
        """The rows that match, none of them, and run -> where its rows are among them. The frame is filtered once for
        all jobs: a query for each job takes longer than everything else."""
        key = frame, names, tuple(where.items())
        if key not in self._parts:
            rows: pl.DataFrame = getattr(self.logs, frame)
            conditions = [pl.col("name").is_in(list(names))] if names else []
            conditions += [pl.col(c).is_null() if value is None else pl.col(c) == value for c, value in where.items()]
            rows = rows.filter(conditions) if conditions else rows
            places = rows.select(pl.col("run").cast(TEXT), pl.row_index("place")).group_by("run").agg("place")
            self._parts[key] = rows, rows.clear(), dict(zip(places["run"], places["place"], strict=True))
        return self._parts[key]

    def repeats(self, job: Job) -> list[Job]:
        """Distinct runs of the same experiment with a result; the job alone where there are no others.

        Where the workload or the amount of training is not known, nothing is known to be a repeat; a look-alike (same
        figures to the last digit) is not a second run.
        """
        if not self._is_experiment(job):
            return [job]
        return self._by_experiment.get(self.experiment(job), [job])

    def series(self, job: Job) -> list[Job]:
        """As `repeats`, whatever release they ran: also runs with another compiled graph."""
        if not self._is_experiment(job):
            return [job]
        return self._by_setting.get(self.setting(job), [job])

    def experiments(self, job: Job) -> list[list[Job]]:
        """The repeats of each experiment of that job's program."""
        return self._by_program.get(self.program(job), [])

    def program(self, job: Job) -> tuple[str, str | None, str | None]:
        """Platform, workload and task: what runs share whose noise is of one kind."""
        return job.main["platform"], self.value(job, "workload").value, job.main["task"]

    def experiment(self, job: Job) -> tuple[Any, ...]:
        """What repeats of one experiment share: all settings that are known (`group`), and the compiled graphs, which
        also differ between releases and between settings that no log prints."""
        return job.main["group"], self.compiled(job)

    def setting(self, job: Job) -> tuple[Any, ...]:
        """What runs of one setting share: all settings that are known, and the compiled graphs where no batch size is
        stated, since another graph may then be that of another one."""
        group = job.main["group"]
        return self.experiment(job) if group is None or job["batch_size"] is None else (group,)

    def compiled(self, job: Job) -> frozenset[str]:
        """The hashes of the compiled graphs that the job's logs name; empty where they name none."""
        return frozenset(graph for run in job.ids for graph, _ in self._graphs.get(run, ()))

    @cached_property
    def _by_experiment(self) -> dict[tuple[Any, ...], list[Job]]:
        """Experiment -> its jobs with a result, look-alikes once."""
        return self._grouped(self.experiment)

    @cached_property
    def _by_setting(self) -> dict[tuple[Any, ...], list[Job]]:
        """The same for settings."""
        return self._grouped(self.setting)

    def _grouped(self, key: Callable[[Job], tuple[Any, ...]]) -> dict[tuple[Any, ...], list[Job]]:
        out: dict[tuple[Any, ...], dict[tuple[Any, ...], Job]] = {}
        for job in self.jobs:
            if self._is_experiment(job) and job.has_result:
                out.setdefault(key(job), {}).setdefault(self.figures(job), job)
        return {group: list(found.values()) for group, found in out.items()}

    @cached_property
    def _by_program(self) -> dict[tuple[str, str | None, str | None], list[list[Job]]]:
        out: dict[tuple[str, str | None, str | None], list[list[Job]]] = {}
        for group in self._by_experiment.values():
            out.setdefault(self.program(group[0]), []).append(group)
        return out

    def _is_experiment(self, job: Job) -> bool:
        run = job.main
        if run["task"] is None or run["group"] is None or not self.value(job, "workload").known:
            return False
        return run["task"] != "train" or any(run[c] is not None for c in ("epochs", "steps", "samples"))

    def figures(self, job: Job) -> tuple[Any, ...]:
        """The measured figures of a job, which no two distinct runs share to the last digit; of a job without any, its
        id."""
        return self.once(("figures", job.id, len(job.others)), lambda: _figures(job))

    def is_profiled(self, job: Job) -> bool:
        """Whether a profiler was on."""
        return not self._profiled.isdisjoint(job.ids)

    @cached_property
    def _profiled(self) -> set[str]:
        return set(self.logs.params.filter(pl.col("name") == "profiling")["run"].cast(pl.String))

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result of `make`, computed once: many comparisons need the same values of a job or a group."""
        return _kept(self._made, key, make)

    def of_logs(self, key: Hashable, make: Callable[[], T]) -> T:
        """As `once`, of the logs alone: also for the same jobs with other claims or names."""
        return _kept(self._made_of_logs, key, make)

    def locations(self, jobs: Iterable[Job], *columns: str) -> list[Location]:
        """The lines that these columns of these jobs rest on."""
        return list(dict.fromkeys(p for job in jobs for c in columns for p in self.value(job, c).locations))

    def with_claims(self, claims: Iterable[Claim]) -> Ledger:
        """The same jobs with these claims."""
        other = Ledger.__new__(Ledger)
        other.__dict__.update(self.__dict__, claims=addressed(claims, self.jobs), _made={}, _values={})
        for name in ("_by_experiment", "_by_setting", "_by_program"):  # a claimed workload is one that has repeats
            other.__dict__.pop(name, None)
        return other

    def showing(self, shown: Iterable[Job]) -> Ledger:
        """The same jobs, with names that distinguish those that are shown."""
        other = self.with_claims(self.claims)
        other.jobs = jobs(self.logs.runs, [job.id for job in shown])
        for name in ("by_run", "_programs", "_by_graph"):  # they name jobs
            other.__dict__.pop(name, None)
        return other

    def only(self, jobs: Iterable[Job]) -> Ledger:
        """These jobs alone; the others still count as repeats, since they were read with them."""
        other = self.with_claims(self.claims)
        shared = ("_by_experiment", "_by_setting", "_by_program", "_programs", "_by_graph", "_values")
        other.__dict__.update({name: getattr(self, name) for name in shared}, jobs=list(jobs))
        other.__dict__.pop("by_run", None)
        return other


def _kept(made: dict[Hashable, Any], key: Hashable, make: Callable[[], T]) -> T:
    if key not in made:
        made[key] = make()
    found: T = made[key]
    return found


def _figures(job: Job) -> tuple[Any, ...]:
    figures = tuple(job[c] for c in _FIGURES)
    return figures if any(figure is not None for figure in figures) else (job.id,)


_FIGURES = (
    *("train_s", "throughput", "token_throughput", "loss", "score", "latency_s", "on_chip_latency_s", "compile_s"),
    *("load_s", "eval_s", "total_s"),
)
