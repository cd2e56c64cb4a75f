"""Rates relative to what they ran on: per device, per watt, per peak FLOP/s, and the model FLOPs utilisation.

Watts and peaks are those of the table of devices (`logparse.devices`), never of the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from logparse.cells import Value
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import QUANTITIES, Quantity
from logparse.comparison.sides import Side, SideValues, side_values
from logparse.devices import Device, Table
from logparse.errors import Remedy
from logparse.schema import TEXT
from logparse.text.labels import listed
from logparse.text.location import Location
from logparse.text.missing import Absence, Code

RATES = ("token_throughput", "throughput")
"""The common units, the preferred one first."""
_FLOPS_PER_PARAMETER = {"train": 6, "inference": 2}
"""Task -> floating-point operations per parameter and token: 2 forward, 4 backward. Kaplan et al., "Scaling laws for
neural language models" (2020); Chowdhery et al., "PaLM" (2022), appendix B."""


@dataclass(frozen=True)
class Lacking(Absence):
    """Why there is no figure, and the argument that would supply what is missing, where one would."""

    remedy: Remedy | None = None


def quantities(rate: Quantity) -> tuple[Quantity, ...]:
    """The figures relative to the device that follow from a rate, in display order."""
    unit = str(rate.unit)
    what = unit.removesuffix("/s")
    return (
        Quantity("per_device", "per device", unit, "higher", rate=True),
        Quantity("per_watt", "per watt", f"{what}/J", "higher", rate=True),
        Quantity("per_peak", "per peak PFLOP/s", f"{what}/PFLOP", "higher", rate=True),
        Quantity("model_flops_utilisation", "MFU", "fraction", "higher", rate=True),
    )


class Relative:
    """The figures of one side: those of the device on which its jobs ran."""

    def __init__(self, ledger: Ledger, side: Side, devices: Table, named: Mapping[str, Device]) -> None:
        """`named`: platform -> its device, where the user states it."""
        self.ledger = ledger
        self.side = side
        self.models = devices.models
        self.device, self.unknown = _device(ledger, side, devices, named)

    def values(self, rate: Quantity) -> dict[str, SideValues]:
        """Name of the rate and of each of `quantities(rate)` -> its values, of the jobs that count in the rate."""
        usable = side_values(self.ledger, rate, self.side, convert=True)
        rates = [(job, self._rate(rate, job)) for job in usable.counted_jobs]
        tokens = [(job, self._rate(QUANTITIES["token_throughput"], job)) for job in usable.counted_jobs]
        by_name = {
            "per_device": [self._per_device(job, value) for job, value in rates],
            "per_watt": [self._per_watt(job, value) for job, value in rates],
            "per_peak": [self._per_peak(job, value) for job, value in rates],
            "model_flops_utilisation": [self._utilisation(job, value) for job, value in tokens],
        }
        figures = {name: of_jobs(self.side, usable.counted_jobs, values) for name, values in by_name.items()}
        if not usable.values:
            usable = of_jobs(self.side, usable.counted_jobs, [value for _, value in rates])
        return {rate.name: usable, **figures}

    def _rate(self, rate: Quantity, job: Job) -> Value:
        """The rate of one job, converted between tokens/s and samples/s where needed and possible."""
        one = side_values(self.ledger, rate, Side(self.side.label, (job,)), convert=True)
        if one.values:
            return one.values[0]
        other = QUANTITIES[next(name for name in RATES if name != rate.name)]
        if rate.name == "token_throughput" and job["sample"] not in (None, "sequence", "sample"):
            return Value(empty=Absence(Code.NOT_APPLICABLE, f"does not apply: a sample is one {job['sample']}"))
        if not self.ledger.value(job, other.name).known or self.ledger.value(job, "sequence_length").known:
            return Value(empty=one.empty)
        text = f"only {other.unit} are in the log, and it does not state the sequence length"
        return Value(empty=Lacking(Code.NOT_IN_LOG, text, Remedy("claims", "LABEL:sequence_length=…")))

    def _per_device(self, job: Job, rate: Value) -> Value:
        count = self.ledger.value(job, "devices")
        if not rate.known:
            return rate
        if not count.value:
            text = f"the number of devices is not known: {count.reason}"
            return Value(empty=Lacking(Code.NOT_IN_LOG, text, Remedy("claims", "LABEL:devices=…")))
        return _divided(rate, count.value, f"÷ {count.value:,} {self.side.jobs[0]['device_kind'] or 'devices'}", count)

    def _per_watt(self, job: Job, rate: Value) -> Value:
        each, device = self._per_device(job, rate), self.device
        if not each.known or device is None:
            return Value(empty=each.empty or self.unknown)
        if device.power.value is None:
            return Value(empty=Absence(Code.NOT_IN_LOG, str(device.power.reason)))
        watts = device.power.value / device.chips
        return _divided(each, watts, f"÷ {watts:,g} W ({device.name})")

    def _per_peak(self, job: Job, rate: Value) -> Value:
        each, device = self._per_device(job, rate), self.device
        if not each.known or device is None:
            return Value(empty=each.empty or self.unknown)
        if device.peak.value is None:
            return Value(empty=Absence(Code.NOT_IN_LOG, str(device.peak.reason)))
        petaflops = device.peak.value / device.chips / 1e15
        return _divided(each, petaflops, f"÷ {petaflops:g} PFLOP/s ({device.name}, {device.precision})")

    def _utilisation(self, job: Job, tokens: Value) -> Value:
        """6 · N · tokens/s in training, 2 · N · tokens/s in inference, divided by the peak of the devices."""
        flops = _FLOPS_PER_PARAMETER.get(str(self.ledger.value(job, "task").value))
        if flops is None:
            return Value(empty=Absence(Code.NOT_APPLICABLE, "does not apply: neither training nor inference"))
        each, device, size = self._per_device(job, tokens), self.device, self._parameters(job)
        if not each.known or not size.known or device is None:
            return Value(empty=each.empty or size.empty or self.unknown)
        if device.peak.value is None:
            return Value(empty=Absence(Code.NOT_IN_LOG, str(device.peak.reason)))
        if device.sparse:
            text = f"the peak of {device.name} counts operations on zeros that are skipped"
            return Value(empty=Absence(Code.NOT_APPLICABLE, text))
        peak = device.peak.value / device.chips
        work = f"{flops} × {size.value:,.0f} parameters ({size.made})"
        made = f"× {work} ÷ {peak:g} FLOP/s ({device.name}, {device.precision})"
        return _divided(each, peak / (flops * size.value), made, size)

    def _parameters(self, job: Job) -> Value:
        """The number of parameters: as the log prints it, else that of the known model."""
        rows = self.ledger.params(job, "parameters").filter(pl.col("number").is_not_null())
        if rows.height:
            number, source, line = rows.select("number", pl.col("source").cast(TEXT), "line").row(-1)
            return Value(number, None, "read", "in the log", (Location(source, line),))
        model = self.models.get(str(self.ledger.value(job, "workload").value))
        if model is not None:
            return Value(model.parameters, None, "derived", model.source)
        text = "the number of parameters is neither in the log nor in the table of models"
        return Value(empty=Absence(Code.NOT_IN_LOG, text))


def of_jobs(side: Side, jobs: Sequence[Job], values: Sequence[Value]) -> SideValues:
    """The values of some jobs of a side as those of the side; the scale is that of durations and rates."""
    known = [(job, value) for job, value in zip(jobs, values, strict=True) if value.known]
    empty = None if known else next((value.empty for value in values if value.empty), None)
    return SideValues(side, tuple(v for _, v in known), empty, tuple(job for job, _ in known), scale="ratio")


def is_converted(rate: Quantity, value: Value) -> bool:
    """Whether a rate is computed from the other unit."""
    return value.made is not None and any(value.made.startswith(f"{name} ") for name in RATES if name != rate.name)


def _divided(value: Value, divisor: float, made: str, other: Value | None = None) -> Value:
    """`value` / `divisor`, and how it was computed; `other`: the value from which the divisor was computed."""
    hows = {value.how, other.how if other else value.how}
    return Value(
        value.value / divisor,
        value.resolution and value.resolution / divisor,
        "claimed" if "claimed" in hows else "derived",
        ", ".join(filter(None, (value.made, made))),
        tuple(dict.fromkeys((*value.locations, *(other.locations if other else ())))),
    )


def _device(
    ledger: Ledger, side: Side, devices: Table, named: Mapping[str, Device]
) -> tuple[Device | None, Absence | None]:
    """The device of a side, or why it is not known: what the log states counts, then what the user states."""
    platform = str(side.jobs[0]["platform"])
    kinds: Sequence[tuple[str | None, str | None]]
    kinds = list({(ledger.value(job, "device_kind").value, ledger.value(job, "system").value) for job in side.jobs})
    possible = {device.name: device for kind, system in kinds for device in devices.of_run(kind, system)}
    if len(possible) == 1:
        return next(iter(possible.values())), None
    if platform in named:
        return named[platform], None
    names = listed(sorted({str(kind) for kind, _ in kinds if kind is not None})) or "kind of device"
    if not possible:
        return None, Absence(Code.NOT_IN_LOG, f"the table of devices has no {names}")
    text = f"the log does not state which {names} it is: {', '.join(possible)}"
    return None, Lacking(Code.NOT_IN_LOG, text, Remedy("device", f"{platform}=…"))
