"""Gates: conditions on a comparison that a CI job fails on. They fail only beyond noise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import polars as pl

from logparse.comparison.compare import Comparison, Row
from logparse.comparison.quantities import QUANTITIES
from logparse.comparison.verdict import BEYOND, ESTABLISHED, WITHIN, Verdict
from logparse.comparison.wording import cell_text, worth
from logparse.errors import UsageError, nearest
from logparse.findings import SEVERITIES
from logparse.schema import FIELDS
from logparse.text.location import Location, locations
from logparse.text.numbers import ratio_figure

_GATE = re.compile(r"\s*([a-z_]+)\s*(<=|>=|<|>)\s*([-+]?[0-9.]+(?:e[-+]?\d+)?)\s*(x|%)?\s*")
_SIGNS = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Gate:
    """`throughput<0.95x`: a quantity, a sign, and a number: a ratio to the baseline (x), a change in per cent."""

    text: str
    quantity: str
    sign: str
    number: float
    unit: str
    """`x` (ratio), `%` (change in per cent), or nothing: the value itself."""


@dataclass(frozen=True)
class Outcome:
    """What came of one gate on one side."""

    gate: Gate
    side: str
    passed: bool | None
    """None: it cannot be told."""
    text: str
    locations: tuple[Location, ...] = ()


def gate(text: str) -> Gate:
    """The gate that `throughput<0.95x`, `train_s>+10%` or `score<0.97` says.

    Raises `UsageError` for what is none.
    """
    found = _GATE.fullmatch(text)
    if not found:
        raise UsageError(
            f"{text!r} is no gate: write QUANTITY<NUMBERx, as in throughput<0.95x, train_s>+10%, score<0.97"
        )
    said, sign, number, unit = found.groups()
    name = _quantity(said)
    if not unit and QUANTITIES[name].scale == "ratio":
        raise UsageError(
            f"{text!r} has no unit: write {said}{sign}{number}x (a ratio to the baseline) or a change in %"
        )
    if unit == "%" and number[0] not in "+-":
        raise UsageError(f"{text!r}: say which way, {said}{sign}+{number}% or {said}{sign}-{number}%")
    try:
        return Gate(text, name, sign, float(number), unit or "")
    except ValueError:
        raise UsageError(f"{number!r} in {text!r} is no number") from None


def _quantity(said: str) -> str:
    """The quantity of that name, or that title: `train_s`, `train`; a score by what it is (`accuracy`)."""
    titles = {q.title.replace(" ", "_"): name for name, q in QUANTITIES.items()}
    scores = {
        name: "score" for name, field in FIELDS.items() if field.metric and field.better and name not in QUANTITIES
    }
    known = {**scores, **titles, **{name: name for name in QUANTITIES}}
    if said not in known:
        raise UsageError(f"{said!r} is not compared; {nearest(said, QUANTITIES)}")
    return known[said]


def outcomes(comparison: Comparison, gates: Sequence[Gate]) -> list[Outcome]:
    """What comes of each gate on each side but the baseline."""
    rows = {row.quantity.name: row for row in comparison.rows}
    return [
        _outcome(comparison, one, rows[one.quantity], index)
        if one.quantity in rows
        else Outcome(one, side.label, None, "no log has it")
        for one in gates
        for index, side in enumerate(comparison.sides)
        if index != comparison.baseline
    ]


def _outcome(comparison: Comparison, one: Gate, row: Row, index: int) -> Outcome:
    c, base, verdict = row.cells[index], row.cells[comparison.baseline], row.verdicts[index]
    assert verdict is not None
    shown = f"{cell_text(row.quantity, c)} against {cell_text(row.quantity, base)}"
    held = _held(one, row, index, comparison.baseline, verdict)
    if held is None:
        return Outcome(one, c.side.label, None, f"{shown}: {worth(verdict)}", c.locations)
    ratio = f", {ratio_figure(verdict.ratio)}" if verdict.ratio is not None else ""
    if not _SIGNS[one.sign](held, one.number):
        return Outcome(one, c.side.label, True, f"{shown}{ratio}", c.locations)
    if not one.unit:
        return _of_value(one, row, index, shown)
    if verdict.word in (ESTABLISHED, BEYOND):
        return Outcome(one, c.side.label, False, f"{shown}{ratio}: {worth(verdict)}", c.locations)
    passed = True if verdict.word == WITHIN else None
    return Outcome(one, c.side.label, passed, f"{shown}{ratio}: {worth(verdict)}", c.locations)


def _of_value(one: Gate, row: Row, index: int, shown: str) -> Outcome:
    """A gate on the value itself: met where the value is beyond it by no more than the noise that is known."""
    c = row.cells[index]
    noise = max((n.size for n in row.noises[index]), default=c.resolution or 0.0)
    beyond = abs((c.middle or 0.0) - one.number) > noise
    text = f"{shown}; known noise {noise:.2g}" + ("" if beyond else ", so this may be chance")
    return Outcome(one, c.side.label, not beyond, text, c.locations)


def _held(one: Gate, row: Row, index: int, baseline: int, verdict: Verdict) -> float | None:
    """The number that the gate is about; None where there is none."""
    if not one.unit:
        return row.cells[index].middle
    if verdict.ratio is not None:
        return verdict.ratio if one.unit == "x" else (verdict.ratio - 1) * 100
    base = row.cells[baseline].middle
    if verdict.difference is None or not base:
        return None
    share = verdict.difference / abs(base)
    return 1 + share if one.unit == "x" else share * 100


def worst(findings: pl.DataFrame) -> str | None:
    """The worst severity among findings that are not ignored."""
    held = set(findings.filter(pl.col("ignored").is_null())["severity"])
    return next((s for s in SEVERITIES if s in held), None)


def too_bad(findings: pl.DataFrame, strict: str | None) -> bool:
    """Whether a finding is at least as bad as `strict` (`error` or `warning`)."""
    found = worst(findings)
    return strict is not None and found is not None and SEVERITIES.index(found) <= SEVERITIES.index(strict)


# ---- what CI systems read ---- #


def failed(outcome: Outcome, on_unknown: str) -> bool:
    """Whether a gate is not met; what cannot be told is as `on_unknown` (`pass` or `fail`) says."""
    return outcome.passed is False or (outcome.passed is None and on_unknown == "fail")


def junit(found: Sequence[Outcome], findings: pl.DataFrame, strict: str | None, on_unknown: str) -> str:
    """JUnit XML: a test case for each gate and side, and one for each finding that is not ignored."""
    suite = ElementTree.Element("testsuite", name="logparse compare")
    for outcome in found:
        case = _case(suite, "gate", f"{outcome.gate.text}: {outcome.side}")
        if failed(outcome, on_unknown):
            _told(case, "failure", outcome.text, outcome.locations)
        elif outcome.passed is None:
            _told(case, "skipped", outcome.text, ())
    for row in findings.filter(pl.col("ignored").is_null()).iter_rows(named=True):
        case = _case(suite, "finding", f"{row['name']} {row['key']}")
        bad = too_bad(findings.filter(pl.col("key") == row["key"]), strict)
        _told(case, "failure" if bad else "system-out", row["text"], locations(row["evidence"]))
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, kind: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=kind, name=_xml(name))


def _told(case: ElementTree.Element, tag: str, text: str, places: Sequence[Location]) -> None:
    element = ElementTree.SubElement(case, tag)
    if tag != "system-out":  # the schema knows no message there
        element.set("message", _xml(text))
    element.text = _xml("\n".join([text, *map(str, places)]))


def _xml(text: str) -> str:
    """`text` without what XML 1.0 cannot hold at all; markup is escaped where it is written."""
    return "".join(c if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff") else "\ufffd" for c in text)


def github(found: Sequence[Outcome], findings: pl.DataFrame, on_unknown: str) -> Iterator[str]:
    """Workflow commands of GitHub: an annotation for each gate that is not met and each finding, at its line."""
    for outcome in found:
        if outcome.passed is not True:
            kind = "error" if failed(outcome, on_unknown) else "warning"
            yield _command(kind, f"{outcome.gate.text}: {outcome.side}", outcome.text, outcome.locations)
    for row in findings.filter(pl.col("ignored").is_null()).iter_rows(named=True):
        kind = "notice" if row["severity"] == "note" else row["severity"]
        yield _command(kind, row["name"], row["text"], locations(row["evidence"]))


def _command(kind: str, title: str, text: str, places: Sequence[Location]) -> str:
    where = f"file={_property(places[0].source)},line={places[0].line}," if places else ""
    return f"::{kind} {where}title={_property(title)}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
