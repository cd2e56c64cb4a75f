"""Programs: jobs of the same program although their logs do not name it, because they share a model directory or a
compiled graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from logparse.comparison.jobs import Job
from logparse.schema import TEXT
from logparse.text.location import Location


@dataclass(frozen=True)
class Program:
    """The workload of a job whose log does not name it, and why."""

    workload: str
    reason: str
    locations: tuple[Location, ...] = ()
    """The lines that state what the job shares with another."""


class _Key(NamedTuple):
    """Something that only jobs of one program share."""

    platform: str
    kind: str
    value: str


def programs(jobs: Sequence[Job], params: pl.DataFrame) -> Mapping[str, Program]:
    """Job id -> program, for jobs of unknown workload that share their model or a compiled graph with other jobs.

    The workload is that of the other jobs; if none of them has one either, it is the last part of what they share. Jobs
    that are connected to several workloads stay unknown.

    Args:
        jobs: all jobs; only those of the same platform are connected.
        params: the frame `params`; its rows `hash` name compiled graphs.
    """
    if all(job["workload"] is not None for job in jobs):
        return {}
    keys = _keys(jobs, params)
    found: dict[str, Program] = {}
    for group in _connected(jobs, keys):
        workloads = {str(job["workload"]) for job in group} - {"None"}
        if len(group) < 2 or len(workloads) > 1:
            continue
        for job in (job for job in group if job["workload"] is None):
            key, other = _shared(job, group, keys)
            workload = next(iter(workloads), key.value.rstrip("/").rpartition("/")[2])
            reason = f"not named in this log, but its {key.kind} is that of {other.label}: {key.value}"
            found[job.id] = Program(workload, reason, keys[job.id][key])
    return found


def _keys(jobs: Sequence[Job], params: pl.DataFrame) -> Mapping[str, Mapping[_Key, tuple[Location, ...]]]:
    """Job id -> what the job may share, with the line that states it."""
    hashes = graphs(params)

    def of(job: Job) -> Iterator[tuple[_Key, tuple[Location, ...]]]:
        platform = str(job["platform"])
        if job["model"] is not None:
            yield _Key(platform, "model", str(job["model"])), ()
        for value, location in (pair for run in job.ids for pair in hashes.get(run, ())):
            yield _Key(platform, "compile hash", value), (location,)

    return {job.id: dict(of(job)) for job in jobs}


def graphs(params: pl.DataFrame) -> Mapping[str, Sequence[tuple[str, Location]]]:
    """Run -> the hashes of its compiled graphs with their lines, from the frame `params`."""
    hashes: dict[str, list[tuple[str, Location]]] = {}
    rows = params.filter(pl.col("name") == "hash").select("run", "value", pl.col("source").cast(TEXT), "line")
    for run, value, source, line in rows.iter_rows():
        hashes.setdefault(run, []).append((value, Location(source, line)))
    return hashes


def _connected(jobs: Sequence[Job], keys: Mapping[str, Mapping[_Key, object]]) -> list[list[Job]]:
    """The jobs in groups: two jobs with a key in common are in one group."""
    group_of: dict[_Key, list[Job]] = {}
    groups: list[list[Job]] = []
    for job in jobs:
        joined = [job]
        for group in {id(g): g for key in keys[job.id] if (g := group_of.get(key)) is not None}.values():
            joined += group
            groups = [g for g in groups if g is not group]
        groups.append(joined)
        group_of |= {key: joined for member in joined for key in keys[member.id]}
    return groups


def _shared(job: Job, group: Sequence[Job], keys: Mapping[str, Mapping[_Key, object]]) -> tuple[_Key, Job]:
    """A key that the job shares, and the job it shares it with, preferably one of known workload."""
    others = sorted((other for other in group if other is not job), key=lambda other: other["workload"] is None)
    return next((key, other) for other in others for key in keys[job.id] if key in keys[other.id])
