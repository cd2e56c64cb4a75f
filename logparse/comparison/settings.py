"""Settings: how the sides differ, and which setting is the factor under study.

A single setting that differs is the factor; two or more confound each other. A setting derived from another (the global
batch from the number of ranks) is not counted again, and the amount of training (steps, epochs, samples) is a budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.text.missing import Code


class Side(Protocol):
    """A side (`sides.Side`), as far as it matters here."""

    @property
    def jobs(self) -> Sequence[Job]: ...


SETTINGS = (
    *("platform", "device_kind", "system", "sdk_version", "dataset", "devices", "ranks"),
    *("batch_size", "micro_batch_size", "sequence_length", "precision", "learning_rate", "seed"),
    *("steps", "epochs", "samples"),
)
_REPEATED = frozenset({"seed"})
"""Settings that differ between repeats of an experiment."""
BUDGET = ("steps", "epochs", "samples")
"""The amount of training, however it is counted."""
_FOLLOWS = {
    "batch_size": ("ranks",),
    "micro_batch_size": ("ranks", "batch_size"),
    "devices": ("ranks",),
    "samples": ("batch_size", "ranks"),
    "steps": ("batch_size",),
}
"""Count -> the counts that it is derived from where it is proportional, or inversely proportional, to them."""
_OF_A_PLATFORM = ("device_kind", "system", "sdk_version", "precision")
"""Settings that necessarily differ where the platform differs."""
BUILD = "build (identified by the compiler's estimate)"
_NOT_SETTINGS = frozenset(
    {"command", "host", "job_id", "event_at", "hash", "user", "workload", "model", "model_dir", "mode", "system"}
)
"""Params that identify a run, or that a column of `runs` already states."""


@dataclass(frozen=True)
class Setting:
    """One setting: its values on each side, and the role of the difference."""

    name: str
    values: tuple[frozenset[Any], ...]
    """For each side the values that its logs state; empty where they state none."""
    role: str
    """`same`, `factor`, `follows`, `budget`, `unknown` (not stated on one side), or `other` (a parameter that is not a
    column)."""
    derived_from: str | None = None
    """The setting that it follows from."""
    claimed: tuple[bool, ...] = ()
    """For each side whether a value is claimed."""

    def text(self, side: int) -> str:
        """The values of one side as text."""
        values = sorted(self.values[side], key=str)
        shown = ", ".join(
            f"{v:,}" if isinstance(v, int) else f"{v:g}" if isinstance(v, float) else str(v) for v in values
        )
        return (shown or "?") + (" (claimed)" if self.claimed and self.claimed[side] else "")


def settings(ledger: Ledger, sides: Sequence[Side]) -> list[Setting]:
    """Every setting that some side states, with its role."""
    return [*of_columns(ledger, sides), *_others(ledger, sides)]


def of_columns(ledger: Ledger, sides: Sequence[Side]) -> list[Setting]:
    """The settings that are columns of `runs`."""
    known = {name: tuple(_values(ledger, name, side) for side in sides) for name in SETTINGS}
    claimed = {
        name: tuple(any(ledger.value(job, name).how == "claimed" for job in side.jobs) for side in sides)
        for name in SETTINGS
    }
    differs = {name for name, values in known.items() if all(values) and len(set(values)) > 1}
    out = []
    for name, values in known.items():
        if any(values):
            role, cause = _role(name, values, differs, known)
            out.append(Setting(name, values, role, cause, claimed[name]))
    return out


def stated_nowhere(ledger: Ledger, sides: Sequence[Side]) -> list[str]:
    """The settings that apply to some of these jobs and that no log states. Nothing is known of them, so they may
    differ. The seed is not among them."""
    jobs = [job for side in sides for job in side.jobs]
    values = {name: [ledger.value(job, name) for job in jobs] for name in SETTINGS if name not in _REPEATED}
    return [
        name
        for name, cells in values.items()
        if not any(value.known for value in cells)
        and not all(value.is_empty(Code.NOT_APPLICABLE) for value in cells)
        and not (name in BUDGET and any(value.known for budget in BUDGET for value in values[budget]))
    ]


def factors(found: Sequence[Setting]) -> list[Setting]:
    """The settings under study: those that differ and do not follow from another."""
    return [s for s in found if s.role == "factor"]


def _values(ledger: Ledger, name: str, side: Side) -> frozenset[Any]:
    return frozenset(v.value for job in side.jobs if (v := ledger.value(job, name)).known)


def _role(
    name: str, values: Sequence[frozenset[Any]], differs: set[str], known: dict[str, tuple[frozenset[Any], ...]]
) -> tuple[str, str | None]:
    if name not in differs:
        return ("same", None) if all(values) else ("unknown", None)
    for cause in _FOLLOWS.get(name, ()):
        if cause in differs and _proportional(known[cause], values):
            return "follows", cause
    if name in _OF_A_PLATFORM and "platform" in differs:
        return "follows", "platform"
    if name in _REPEATED:
        return "other", None
    return ("budget", None) if name in BUDGET else ("factor", None)


def _proportional(cause: Sequence[frozenset[Any]], effect: Sequence[frozenset[Any]]) -> bool:
    """Whether the counts are proportional, or inversely proportional, over all sides (within 1 %)."""
    if any(len(values) != 1 for values in (*cause, *effect)):
        return False
    pairs = [(float(next(iter(c))), float(next(iter(e)))) for c, e in zip(cause, effect, strict=True)]
    if not all(c > 0 and e > 0 for c, e in pairs):
        return False
    return any(max(shares) <= 1.01 * min(shares) for shares in ([e / c for c, e in pairs], [e * c for c, e in pairs]))


def _others(ledger: Ledger, sides: Sequence[Side]) -> list[Setting]:
    """Parameters that all sides state and that differ."""
    by_side: list[dict[str, set[str]]] = []
    for side in sides:
        # A compiler's estimate is the same for the same binary: it identifies builds where no shapes are printed.
        builds = {f"{v.value:.15g}" for job in side.jobs if (v := ledger.value(job, "on_chip_throughput")).known}
        params: dict[str, set[str]] = {BUILD: builds} if builds else {}
        for name, value, _ in (row for job in side.jobs for row in ledger.stated(job)):
            if name not in _NOT_SETTINGS and name not in SETTINGS:
                params.setdefault(name, set()).add(value)
        by_side.append(params)
    names = [n for n in by_side[0] if all(n in params for params in by_side)] if by_side else []
    values = {n: tuple(frozenset(params[n]) for params in by_side) for n in names}
    return [Setting(n, v, "other") for n, v in values.items() if len(set(v)) > 1]
