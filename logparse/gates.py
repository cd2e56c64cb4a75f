"""Gates: conditions on a comparison that make a CI job fail, and only where the difference is beyond noise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import polars as pl

from logparse.comparison.compare import Comparison, Row
from logparse.comparison.noise import margin
from logparse.comparison.noise import shown as size_text
from logparse.comparison.quantities import quantities
from logparse.comparison.sides import SideValues
from logparse.comparison.verdict import DIFFERENT, WITHIN, Verdict
from logparse.comparison.wording import SETTLED, cell_text, is_no_noise, verdict_reason, verdict_text
from logparse.errors import UsageError, nearest
from logparse.findings import SEVERITIES
from logparse.schema import VOCABULARY
from logparse.text.location import Location, locations

_GATE = re.compile(r"\s*([a-z_]+)\s*(<=|>=|<|>)\s*([-+]?[0-9.]+(?:e[-+]?\d+)?)\s*(x|%)?\s*")
_SIGNS = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Gate:
    """`throughput<0.95x`: fails where the condition is true."""

    text: str
    quantity: str
    sign: str
    number: float
    unit: str
    """`x` (ratio to the baseline), `%` (change in per cent), or empty (the value itself)."""


MET, MISSED, UNDECIDED = "met", "missed", "could not tell"


@dataclass(frozen=True)
class GateResult:
    """The result of one gate for one side."""

    gate: Gate
    side: str
    passed: bool | None
    """None where it cannot be decided."""
    text: str
    """The figure with its interval, what the result rests on, and what would settle it."""
    locations: tuple[Location, ...] = ()

    @property
    def state(self) -> str:
        """`met`, `missed` or `could not tell`."""
        return UNDECIDED if self.passed is None else MET if self.passed else MISSED

    @property
    def line(self) -> str:
        """One line: `missed throughput<0.95x for b.out: ×0.770 (0.735 to 0.805) worse; beyond noise (…)`."""
        return f"{self.state} {self.gate.text} for {self.side}: {self.text}"


def gate(text: str) -> Gate:
    """Parse a gate: `throughput<0.95x`, `train_s>+10%`, `score<0.97`.

    Raises `UsageError` for an invalid gate.
    """
    found = _GATE.fullmatch(text)
    if not found:
        raise UsageError(
            f"{text!r} is not a valid gate: write QUANTITY<NUMBERx, as in throughput<0.95x, train_s>+10%, score<0.97"
        )
    word, sign, number, unit = found.groups()
    name = _quantity(word)
    if not unit and quantities()[name].scale == "ratio":
        raise UsageError(
            f"{text!r} has no unit: write {word}{sign}{number}x (a ratio to the baseline) or a change in %"
        )
    if unit == "%" and number[0] not in "+-":
        raise UsageError(f"{text!r} has no direction: write {word}{sign}+{number}% or {word}{sign}-{number}%")
    try:
        return Gate(text, name, sign, float(number), unit or "")
    except ValueError:
        raise UsageError(f"{number!r} in {text!r} is not a number") from None


def _quantity(word: str) -> str:
    """The quantity with that name or title: `train_s`, `train`; a score also by its own name (`accuracy`)."""
    quantity_names = quantities()
    titles = {q.title.replace(" ", "_"): name for name, q in quantity_names.items()}
    scores = {
        name: "score"
        for name, field in VOCABULARY.items()
        if field.metric and field.better and name not in quantity_names
    }
    known = {**scores, **titles, **{name: name for name in quantity_names}}
    if word not in known:
        raise UsageError(f"{word!r} is not a quantity of a comparison; {nearest(word, quantity_names)}")
    return known[word]


def evaluate(comparison: Comparison, gates: Sequence[Gate]) -> list[GateResult]:
    """The result of each gate for each side except the baseline."""
    rows = {row.quantity.name: row for row in comparison.rows}
    return [
        _result(comparison, gate, rows[gate.quantity], index)
        if gate.quantity in rows
        else GateResult(gate, side.label, None, "not in any log")
        for gate in gates
        for index, side in enumerate(comparison.sides)
        if index != comparison.baseline
    ]


def _result(comparison: Comparison, gate: Gate, row: Row, index: int) -> GateResult:
    c, base, verdict = row.cells[index], row.cells[comparison.baseline], row.verdicts[index]
    assert verdict is not None
    if not gate.unit:
        return _value_result(comparison, gate, row, c)
    shown = f"{cell_text(row.quantity, c)} against {cell_text(row.quantity, base)}"
    tested = _tested_number(gate, verdict, base)
    if tested is None:
        return GateResult(gate, c.side.label, None, f"{shown}; {verdict_reason(row, verdict)}", c.locations)
    crossed = _SIGNS[gate.sign](tested, gate.number)
    if not crossed:
        passed: bool | None = True
    elif verdict.word in DIFFERENT or is_no_noise(verdict):
        passed = False
    else:
        passed = True if verdict.word == WITHIN else None
    text = f"{shown}, {verdict_text(row, verdict)}"
    if crossed:
        text += f"; {verdict_reason(row, verdict)}"
    return GateResult(gate, c.side.label, passed, text, c.locations)


def _value_result(comparison: Comparison, gate: Gate, row: Row, c: SideValues) -> GateResult:
    """A gate on the value itself: missed only if the limit is outside the prediction interval around the value."""
    label, shown = c.side.label, cell_text(row.quantity, c)
    if c.mean is None:
        return GateResult(gate, label, None, c.reason or "not in the log", c.locations)
    half, text = margin(comparison.ledger, row.quantity, c)
    around = "" if half is None else f" (95 % interval ±{size_text(row.quantity, half)})"
    if not _SIGNS[gate.sign](c.mean, gate.number):
        return GateResult(gate, label, True, shown + around, c.locations)
    if half is None:
        why = f"how far repeats differ is not known; {SETTLED}"
        return GateResult(gate, label, None, f"{shown}; {why}", c.locations)
    beyond = abs(c.mean - gate.number) > half
    chance = "" if beyond else "; the limit is within the interval, so this may be chance"
    return GateResult(gate, label, not beyond, f"{shown}{around}: {text}{chance}", c.locations)


def _tested_number(gate: Gate, verdict: Verdict, base: SideValues) -> float | None:
    """The ratio or change that the gate tests; None where there is none."""
    if verdict.ratio is not None:
        return verdict.ratio if gate.unit == "x" else (verdict.ratio - 1) * 100
    if verdict.difference is None or not base.mean:
        return None
    share = verdict.difference / abs(base.mean)
    return 1 + share if gate.unit == "x" else share * 100


def worst(findings: pl.DataFrame) -> str | None:
    """The worst severity among the findings that are not ignored."""
    severities = set(findings.filter(pl.col("ignored").is_null())["severity"])
    return next((s for s in SEVERITIES if s in severities), None)


def is_too_bad(findings: pl.DataFrame, strict: str | None) -> bool:
    """Whether a finding has the severity `strict` (`error` or `warning`) or worse."""
    found = worst(findings)
    return strict is not None and found is not None and SEVERITIES.index(found) <= SEVERITIES.index(strict)


# ---- output for CI systems ---- #


def failed(result: GateResult, on_unknown: str) -> bool:
    """Whether a gate failed; `on_unknown` (`pass` or `fail`) decides those that cannot be decided."""
    return result.passed is False or (result.passed is None and on_unknown == "fail")


def junit(results: Sequence[GateResult], findings: pl.DataFrame, strict: str | None, on_unknown: str) -> str:
    """JUnit XML: one test case per gate and side, and one per finding that is not ignored."""
    suite = ElementTree.Element("testsuite", name="logparse compare")
    for result in results:
        case = _case(suite, "gate", f"{result.gate.text}: {result.side}")
        if failed(result, on_unknown):
            _add_message(case, "failure", result.text, result.locations)
        elif result.passed is None:
            _add_message(case, "skipped", result.text, ())
        else:
            _add_message(case, "system-out", result.text, result.locations)
    for row in findings.filter(pl.col("ignored").is_null()).iter_rows(named=True):
        case = _case(suite, "finding", f"{row['name']} {row['key']}")
        bad = is_too_bad(findings.filter(pl.col("key") == row["key"]), strict)
        _add_message(case, "failure" if bad else "system-out", row["text"], locations(row["evidence"]))
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, kind: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=kind, name=_xml(name))


def _add_message(case: ElementTree.Element, tag: str, text: str, places: Sequence[Location]) -> None:
    element = ElementTree.SubElement(case, tag)
    if tag != "system-out":  # the schema has no message there
        element.set("message", _xml(text))
    element.text = _xml("\n".join([text, *map(str, places)]))


def _xml(text: str) -> str:
    """`text` without the characters that XML 1.0 cannot contain; markup is escaped on writing."""
    return "".join(c if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff") else "\ufffd" for c in text)


def github(results: Sequence[GateResult], findings: pl.DataFrame, on_unknown: str) -> Iterator[str]:
    """GitHub workflow commands: an annotation for each gate that did not pass and each finding, at its line."""
    for result in results:
        if result.passed is not True:
            kind = "error" if failed(result, on_unknown) else "warning"
            yield _command(kind, f"{result.gate.text}: {result.side}", result.text, result.locations)
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
