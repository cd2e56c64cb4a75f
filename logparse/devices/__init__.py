"""The table of devices: nominal power and peak FLOP/s, and the parameters of known models, each with its public source.

`devices.toml` in this package is the table. A file of the same form extends it: an entry of the same name replaces the
packaged one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from logparse.errors import UsageError, nearest

DATA = "devices.toml"


@dataclass(frozen=True)
class Figure:
    """A public figure, or the reason why there is none."""

    value: float | None
    source: str | None = None
    """The page that states it."""
    reason: str | None = None
    """Why there is none."""
    what: str | None = None
    """What the figure is about: the power of a card or of a system, typical or maximal."""


@dataclass(frozen=True)
class Device:
    """A device as vendors state figures of it: a card, a machine or a system."""

    name: str
    vendor: str
    kind: str
    """The `device_kind` of runs on it."""
    chips: int
    """How many of the devices that a log counts it contains."""
    chip: str
    power: Figure
    """Watts of the whole, nominal."""
    peak: Figure
    """FLOP/s of the whole."""
    precision: str | None = None
    """The precision of the peak."""
    sparse: bool = False
    """Whether the peak counts operations on zeros that are skipped."""
    system: str | None = None
    """A regular expression that matches `system` of runs on it."""


@dataclass(frozen=True)
class Model:
    """The number of parameters of a workload."""

    name: str
    parameters: float
    source: str


@dataclass(frozen=True)
class Table:
    """Devices and models by name."""

    devices: Mapping[str, Device]
    models: Mapping[str, Model]

    def device(self, name: str) -> Device:
        """The device of that name. Raises `UsageError` if there is none."""
        if name not in self.devices:
            raise UsageError(f"device {name!r}: not in the table of devices; {nearest(name, list(self.devices))}")
        return self.devices[name]

    def of_run(self, kind: str | None, system: str | None) -> Sequence[Device]:
        """The devices that a run may have used: one if its system or its kind of device determines it."""
        of_kind = [device for device in self.devices.values() if device.kind == kind]
        named = [d for d in of_kind if system is not None and d.system is not None and re.search(d.system, system)]
        return named or of_kind


def table(path: str | Path | None = None) -> Table:
    """The packaged table, extended by the file `path`.

    Raises:
        UsageError: the file cannot be read, or is not a table of devices.
    """
    if path is None:
        return _packaged()
    try:
        with Path(path).open("rb") as file:
            own = _parsed(tomllib.load(file))
    except OSError as error:
        raise UsageError(f"cannot read the table of devices {path}: {error.strerror or error}") from None
    except (ValueError, TypeError, KeyError, AttributeError, re.error) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else error
        raise UsageError(f"{path} is not a table of devices: {what}") from None
    return Table({**_packaged().devices, **own.devices}, {**_packaged().models, **own.models})


@cache
def _packaged() -> Table:
    return _parsed(tomllib.loads(resources.files(__name__).joinpath(DATA).read_text(encoding="utf-8")))


def _parsed(data: Mapping[str, Any]) -> Table:
    if unknown := sorted(set(data) - {"devices", "models"}):
        raise ValueError(f"unknown table {unknown[0]!r}; devices and models are known")
    devices = {name: _device(name, entry) for name, entry in data.get("devices", {}).items()}
    models = {
        name: Model(name, _positive(f"parameters of {name}", entry["parameters"]), str(entry["source"]))
        for name, entry in data.get("models", {}).items()
    }
    return Table(devices, models)


def _device(name: str, entry: Mapping[str, Any]) -> Device:
    power, peak = entry["power"], entry["peak"]
    system = entry.get("system")
    if system is not None:
        re.compile(system)
    return Device(
        name,
        str(entry.get("vendor", "")),
        str(entry["kind"]),
        int(_positive(f"chips of {name}", entry["chips"])),
        str(entry.get("chip", name)),
        _figure(f"power of {name}", power, "watts"),
        _figure(f"peak of {name}", peak, "flops"),
        peak.get("precision"),
        bool(peak.get("sparse", False)),
        system,
    )


def _figure(what: str, entry: Mapping[str, Any], unit: str) -> Figure:
    """A figure with its source, or the reason why there is none."""
    if unit not in entry:
        return Figure(None, reason=str(entry["reason"]))
    return Figure(_positive(what, entry[unit]), str(entry["source"]), what=entry.get("what"))


def _positive(what: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise ValueError(f"{what} must be a positive number, not {value!r}")
    return float(value)
