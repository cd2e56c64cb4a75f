"""Findings: what to know before trusting a number. Each finding is a module, discovered automatically.

Those in the folder `of_one_run` are about single runs, and reported when logs are read. The others need a comparison.

The docstring of a finding begins with a one-line summary, followed by the parts *What it does*, *Why it matters*,
*Example* and *What to do*; the documentation and the columns `why` and `advice` are generated from it. The module has

    ID = "F02"

    def find(scene: Scene) -> Iterator[Finding]: ...

Its name is that of the module: `compile_cached.py` is compile-cached. A false alarm is worse than no finding.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import pkgutil
import re
import sys
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from logparse.arguments import OneOrMany, as_tuple
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.select import select
from logparse.errors import UsageError, nearest
from logparse.logs import Logs
from logparse.schema import LOCATIONS, conform, empty
from logparse.text.location import Location

if TYPE_CHECKING:
    from logparse.comparison.compare import Comparison

SEVERITIES = ("error", "warning", "note")
"""Worst first."""
NO_REASON = "no reason given"


@dataclass(frozen=True)
class Finding:
    """One statement about some runs; id, name, why and advice come from the module of the finding."""

    severity: str
    text: str
    """What was found, in one or two sentences with figures."""
    jobs: Sequence[Job]
    quantities: Sequence[str] = ()
    """Columns of `runs` (or clocks: `result_s`, `wall_s`) that it affects; empty: all."""
    evidence: Sequence[Location] = ()
    """The lines it is based on."""


@dataclass(frozen=True)
class Scene:
    """The input of findings."""

    ledger: Ledger
    jobs: Sequence[Job]
    """The jobs to examine."""
    comparisons: Sequence[Comparison] = ()
    """The comparison that is shown, or else one comparison per platform, workload and task. Empty where only single
    runs are examined."""
    shown: bool = False
    """Whether the comparison is explicit: findings then concern only the quantities it shows."""


def findings(
    what: Logs | Ledger | Comparison, *, ignore: OneOrMany[str] = (), of_one_run: bool = False
) -> pl.DataFrame:
    """The frame `findings`: one row per finding, errors first.

    Args:
        what: logs (or a ledger): each run by itself, and the runs of each platform, workload and task together; or a
            comparison: findings about the quantities it shows.
        ignore: one or several of `NAME` or `NAME=reason` (the name or key of a finding): kept, with the reason in
            `ignored`.
        of_one_run: only findings about single runs.

    Raises:
        UsageError: `ignore` names an unknown finding.
    """
    if isinstance(what, Ledger):
        # The charts of a report need the same findings as its list.
        rows = what.once(("findings", of_one_run), lambda: _all_rows(what, of_one_run))
    else:
        rows = _all_rows(what, of_one_run)
    if not rows:
        return empty("findings")
    ignored = _ignored(as_tuple(ignore), {row["key"] for row in rows})
    rows = [{**row, "ignored": ignored.get(row["name"], ignored.get(row["key"]))} for row in rows]
    rows.sort(key=lambda row: SEVERITIES.index(row["severity"]))
    return conform("findings", pl.DataFrame(rows, schema_overrides={"ignored": pl.String, "evidence": LOCATIONS}))


def _all_rows(what: Logs | Ledger | Comparison, of_one_run: bool) -> list[dict[str, Any]]:
    scene = scene_of(what, of_one_run)
    return [row for name in names(of_one_run) for row in _rows(name, scene)]


def scene_of(what: Logs | Ledger | Comparison, of_one_run: bool = False) -> Scene:
    """The scene for logs, a ledger or a comparison."""
    selection = select(what)
    if not isinstance(what, Logs | Ledger):
        return Scene(selection.ledger, selection.jobs, (what,), shown=True)
    return Scene(selection.ledger, selection.jobs, () if of_one_run else tuple(_blocks(selection.ledger)))


def names(of_one_run: bool = False) -> list[str]:
    """The names of all findings (or only of those about single runs) in the order of their ids."""
    return sorted(filter(is_of_one_run, _places()) if of_one_run else _places(), key=lambda name: module(name).ID)


def is_of_one_run(name: str) -> bool:
    """Whether the finding of that name is about single runs."""
    return _places()[name] == f"{__name__}.{_OF_ONE_RUN}"


def module(name: str) -> types.ModuleType:
    """The module of the finding of that name."""
    return importlib.import_module(f"{_places()[name]}.{name.replace('-', '_')}")


@cache
def parts(name: str) -> Mapping[str, str]:
    """The parts of the docstring of a finding: `says` (its first line), `what it does`, `why it matters`, `example`,
    `what to do`."""
    text = module(name).__doc__ or ""
    head, *rest = re.split(r"^(What it does|Why it matters|Example|What to do)\n", text, flags=re.MULTILINE)
    plain = {title.lower(): body.strip("\n") for title, body in zip(rest[::2], rest[1::2], strict=True)}
    return {"says": head.strip(), **plain}


_OF_ONE_RUN = "of_one_run"
"""The folder of findings about single runs."""


@cache
def _places() -> dict[str, str]:
    """Name of each finding -> its package."""
    packages = {__name__: __path__, f"{__name__}.{_OF_ONE_RUN}": [os.path.join(p, _OF_ONE_RUN) for p in __path__]}
    found = ((each, package) for package, paths in packages.items() for each in pkgutil.iter_modules(paths))
    return {each.name.replace("_", "-"): package for each, package in found if not each.ispkg}


def _blocks(ledger: Ledger) -> Iterator[Comparison]:
    """A comparison of the jobs of each platform, workload and task, where these are known."""
    from logparse.comparison.compare import of_sides
    from logparse.comparison.sides import one_each
    from logparse.comparison.workloads import by_workload

    for keys, block in by_workload(ledger, ledger.jobs):
        if None not in keys and len(block) > 1:
            yield of_sides(ledger, one_each(block))


def _rows(name: str, scene: Scene) -> Iterator[dict[str, Any]]:
    for found in _relevant(scene, module(name).find(scene)):
        texts = parts(name)
        runs = [job.id for job in found.jobs]
        content = "\0".join([name, *sorted(runs), *sorted(found.quantities)])
        yield {
            "id": module(name).ID,
            "name": name,
            "severity": found.severity,
            "runs": runs,
            "quantities": list(found.quantities),
            "text": found.text,
            "why": _prose(texts["why it matters"]),
            "advice": _prose(texts["what to do"]),
            "evidence": list(dict.fromkeys(found.evidence)),
            "key": f"{name}:{hashlib.sha256(content.encode()).hexdigest()[:8]}",
        }


def _relevant(scene: Scene, found: Iterable[Finding]) -> Iterator[Finding]:
    """For an explicit comparison, only the findings about the quantities it shows."""
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
        name, _, reason = str(text).partition("=")
        if name not in names() and name not in keys and name.partition(":")[0] not in names():
            raise UsageError(f"cannot ignore {name!r}: no such finding; {nearest(name, names())}")
        out[name] = reason.strip() or NO_REASON
    return out


class _Callable(types.ModuleType):
    """Makes the package callable: `logparse.findings(logs)`."""

    __call__ = staticmethod(findings)
    __signature__ = inspect.signature(findings)


sys.modules[__name__].__class__ = _Callable
