"""Findings: what one ought to know before believing a number. One file each, found by looking in this folder.

A finding's file has a docstring that begins with what it says in one line and then has the parts *What it does*, *Why
it matters*, *Example* and *What to do* (the documentation and the columns `why` and `advice` are made of it), and

    ID = "F02"
    OF_ONE_RUN = False      # True: it is about a run for itself, and told when logs are read

    def find(scene: Scene) -> Iterator[Finding]: ...

Its name is that of the file: `compile_cached.py` is compile-cached. A finding that cries wolf is worse than none.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import re
import sys
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from logparse.comparison.compare import Comparison, of_sides
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.sides import one_each
from logparse.errors import UsageError, nearest
from logparse.logs import Logs
from logparse.schema import conform, empty
from logparse.text.location import Place

SEVERITIES = ("error", "warning", "note")
"""Worst first."""
NO_REASON = "no reason given"


@dataclass(frozen=True)
class Finding:
    """One statement about some runs. What is missing here (id, name, why, advice, key) the file of the finding says."""

    severity: str
    text: str
    """What was seen, in one sentence with its figures, as one would say it to a colleague."""
    jobs: Sequence[Job]
    quantities: Sequence[str] = ()
    """Columns of `runs` (or clocks: `result_s`, `wall_s`) that it touches; none: all."""
    evidence: Sequence[Place] = ()
    """The lines it rests on."""


@dataclass(frozen=True)
class Scene:
    """What findings look at."""

    ledger: Ledger
    jobs: Sequence[Job]
    """The jobs that are asked about."""
    comparisons: Sequence[Comparison] = ()
    """Sets of jobs that are set side by side: the comparison that is shown, or else jobs of one platform, workload and
    task. Empty where runs are looked at one by one."""
    shown: bool = False
    """Whether somebody asked for the comparison: what is said of it then concerns the quantities shown."""


def findings(what: Logs | Ledger | Comparison, *, ignore: Iterable[str] = (), of_one_run: bool = False) -> pl.DataFrame:
    """The frame `findings`: errors first, one row a statement.

    Args:
        what: logs (or a ledger): each run for itself, and those of one platform, workload and task beside each other;
            or a comparison: what touches the quantities it shows.
        ignore: `NAME` or `NAME=reason` (a name of a finding, or a key): kept, with the reason in `ignored`.
        of_one_run: only what concerns a run for itself.

    Raises:
        UsageError: what is to be ignored is no finding.
    """
    rows = _all_rows(what, of_one_run)
    if not rows:
        return empty("findings")
    ignored = _ignored(ignore, {row["key"] for row in rows})
    for row in rows:
        row["ignored"] = ignored.get(row["name"], ignored.get(row["key"]))
    order = pl.col("severity").replace_strict(list(SEVERITIES), list(range(len(SEVERITIES))), return_dtype=pl.Int8)
    return conform(
        "findings", pl.DataFrame(rows, schema_overrides={"ignored": pl.String}).sort(order, maintain_order=True)
    )


def _all_rows(what: Logs | Ledger | Comparison, of_one_run: bool) -> list[dict[str, Any]]:
    scene = scene_of(what, of_one_run)
    return [row for name in names() if not of_one_run or module(name).OF_ONE_RUN for row in _rows(name, scene)]


def scene_of(what: Logs | Ledger | Comparison, of_one_run: bool = False) -> Scene:
    """What findings look at when they are asked about that."""
    if isinstance(what, Comparison):
        return Scene(what.ledger, what.jobs, (what,), shown=True)
    ledger = what if isinstance(what, Ledger) else Ledger(what)
    return Scene(ledger, ledger.jobs, () if of_one_run else tuple(_blocks(ledger)))


def names() -> list[str]:
    """The names of all findings, in the order of their ids."""
    return sorted(_modules(), key=lambda name: module(name).ID)


def module(name: str) -> Any:
    """The module of the finding of that name."""
    return _modules()[name]


def parts(name: str) -> Mapping[str, str]:
    """The docstring of a finding by parts: `says` (its first line), `what it does`, `why it matters`, `example`,
    `what to do`."""
    text = sys.modules[module(name).__name__].__doc__ or ""
    head, *rest = re.split(r"^(What it does|Why it matters|Example|What to do)\n", text, flags=re.MULTILINE)
    plain = {title.lower(): body.strip("\n") for title, body in zip(rest[::2], rest[1::2], strict=True)}
    return {"says": head.strip(), **plain}


@cache
def _modules() -> dict[str, types.ModuleType]:
    found = [i.name for i in pkgutil.iter_modules(__path__) if not i.name.startswith("_")]
    return {name.replace("_", "-"): importlib.import_module(f"{__name__}.{name}") for name in found}


def _blocks(ledger: Ledger) -> Iterator[Comparison]:
    """Comparisons of the jobs of one platform, workload and task, as far as these are known."""
    held: dict[tuple[str, ...], list[Job]] = {}
    for job in ledger.jobs:
        keys = tuple(ledger.value(job, column).value for column in ("platform", "workload", "task"))
        if None not in keys:
            held.setdefault(keys, []).append(job)
    for block in held.values():
        if len(block) > 1:
            yield of_sides(ledger, one_each(block))


def _rows(name: str, scene: Scene) -> Iterator[dict[str, Any]]:
    told = parts(name)
    for found in _touching(scene, module(name).find(scene)):
        runs = [job.id for job in found.jobs]
        said = "\0".join([name, *sorted(runs), *sorted(found.quantities)])
        yield {
            "id": module(name).ID,
            "name": name,
            "severity": found.severity,
            "runs": runs,
            "quantities": list(found.quantities),
            "text": found.text,
            "why": _prose(told["why it matters"]),
            "advice": _prose(told["what to do"]),
            "evidence": list(dict.fromkeys(found.evidence)),
            "key": f"{name}:{hashlib.sha256(said.encode()).hexdigest()[:8]}",
        }


def _touching(scene: Scene, found: Iterable[Finding]) -> Iterator[Finding]:
    """Of a comparison that somebody asked for, only what concerns the quantities it shows."""
    if not scene.shown:
        yield from found
        return
    shown = {row.quantity.name for c in scene.comparisons for row in c.rows}
    yield from (f for f in found if not f.quantities or shown & set(f.quantities))


def _prose(text: str) -> str:
    return " ".join(text.split())


def _ignored(ignore: Iterable[str], keys: set[str]) -> dict[str, str]:
    out = {}
    for text in ignore:
        name, _, reason = text.partition("=")
        if name not in names() and name not in keys and name.partition(":")[0] not in names():
            raise UsageError(f"there is no finding {name!r} to ignore; {nearest(name, names())}")
        out[name] = reason.strip() or NO_REASON
    return out


class _Callable(types.ModuleType):
    """`logparse.findings(logs)` is what people write, and `logparse/findings/` is where the findings are."""

    def __call__(self, what: Logs | Ledger | Comparison, **options: Any) -> pl.DataFrame:
        return findings(what, **options)


sys.modules[__name__].__class__ = _Callable
