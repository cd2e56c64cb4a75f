"""The answer of a comparison, in one sentence: what a reader wants to know first, or why it cannot be said."""

from __future__ import annotations

import re

from logparse.comparison import equal_rows
from logparse.comparison.compare import Comparison, Row
from logparse.comparison.equal import CommonPoint
from logparse.comparison.sides import SideValues
from logparse.comparison.verdict import BEYOND, CHANCE, DIFFERENT, NOT_COMPARABLE, UNKNOWN, WITHIN, Verdict
from logparse.comparison.wording import amount_text, cell_text, is_better, quantity_name, verdict_reason
from logparse.text import missing
from logparse.text.labels import listed, many, shortened

_SPEED = ("throughput", "token_throughput", "latency_s", "train_s", "compile_s")
"""Quantities that answer which side is faster, the most telling first."""
_QUALITY = ("score", "loss")


def answer(comparison: Comparison) -> str:
    """`The throughput of b.out is ×1.386 (1.373 to 1.399) that of a.out, beyond the known noise (n = 1); the loss is
    not comparable: samples seen differ.`

    Of several candidates, the sentence names the fastest. Points and targets that were asked for come first, in place
    of the final loss and score. Where nothing can be said, it gives the reason.
    """
    rows = {row.quantity.name: row for row in comparison.rows}
    parts = [_at_point(comparison, point, "At" if i == 0 else "at") for i, point in enumerate(comparison.at)]
    speed = _first(comparison, [rows[name] for name in _SPEED if name in rows])
    quality = None if parts else _first(comparison, [rows[name] for name in _QUALITY if name in rows])
    index = _candidate(first, comparison) if (first := speed or quality) else 0
    if speed is not None:
        parts.append(_sentence(speed, index, comparison))
    if quality is not None and quality.verdicts[index] is not None:
        parts.append(_sentence(quality, index, comparison, label=not parts))
    return re.sub("^the ", "The ", f"{'; '.join(parts)}.") if parts else _nothing(comparison)


def _nothing(comparison: Comparison) -> str:
    """Why nothing can be compared: the sides whose runs have no result, else that the logs state too little."""
    by_status: dict[str, list[str]] = {}
    for side in comparison.sides:
        if side.failed == len(side.jobs):
            has_failed = all(job.main["status"] == "failed" for job in side.jobs)
            by_status.setdefault("failed" if has_failed else "no result", []).append(side.label)
    reasons = [_without_values(labels, status == "failed") for status, labels in by_status.items()]
    return f"Nothing can be compared: {'; '.join(reasons) or 'no quantity is known of the baseline and another side'}."


def _without_values(labels: list[str], has_failed: bool) -> str:
    """`a failed, so its values are not compared`."""
    verb = "failed" if has_failed else "has no result" if len(labels) == 1 else "have no result"
    return f"{listed(labels, 3)} {verb}, so {'its' if len(labels) == 1 else 'their'} values are not compared"


def _at_point(comparison: Comparison, point: CommonPoint, at: str) -> str:
    """The answer at one point that was asked for: `At 409,600 samples, the loss of b.out differs by +0.289 …`."""
    if point.found is None:
        return f"{at} equal {point.asked}, the sides cannot be compared: {point.points[0].reason}"
    quantity = equal_rows.quantity(point)
    row = next(row for row in comparison.rows if row.quantity == quantity)
    if _first(comparison, [row]) is None:
        return f"{at} {point.found}, the sides cannot be compared ({_who_reached(row)})"
    index = _candidate(row, comparison)
    if point.is_target:
        return _sentence(row, index, comparison)
    return f"{at} {point.found}, {_sentence(row, index, comparison, name=point.metric)}"


def _who_reached(row: Row) -> str:
    """`b.out: not reached; c.out: 131 s ±9`: the sides with the same result together."""
    found: dict[str, list[str]] = {}
    for cell in row.cells:
        text = cell_text(row.quantity, cell) if cell.values else cell.reason or missing.MISSING.text
        found.setdefault(text, []).append(cell.side.label)
    return "; ".join(f"{shortened(labels, 3)}: {text}" for text, labels in found.items())


def _first(comparison: Comparison, rows: list[Row]) -> Row | None:
    """The first row whose noise is known, else with any verdict, else with a refusal of two values."""
    for words in ((*DIFFERENT, CHANCE, WITHIN), (UNKNOWN,), (NOT_COMPARABLE,)):
        for row in rows:
            base = row.cells[comparison.baseline]
            if any(v and v.word in words and c.values and base.values for v, c in _pairs(row)):
                return row
    return None


def _pairs(row: Row) -> list[tuple[Verdict | None, SideValues]]:
    return list(zip(row.verdicts, row.cells, strict=True))


def _candidate(row: Row, comparison: Comparison) -> int:
    """Index of the side that the sentence is about: the best that differs, else the best that is compared at all."""
    for words in (DIFFERENT, (CHANCE,), (WITHIN,), (UNKNOWN,), (NOT_COMPARABLE,)):
        found = [
            (c.mean if row.better == "lower" else -c.mean, i)
            for i, (v, c) in enumerate(_pairs(row))
            if v and v.word in words and c.mean is not None
        ]
        if found:
            return min(found)[1]
    return 0 if comparison.baseline else 1


def _sentence(row: Row, index: int, comparison: Comparison, label: bool = True, name: str | None = None) -> str:
    verdict, cell, base = row.verdicts[index], row.cells[index], row.cells[comparison.baseline]
    assert verdict is not None
    title = f"the {name or quantity_name(row)}"
    who, other = cell.side.label, base.side.label
    if verdict.word == NOT_COMPARABLE:
        reason = verdict_reason(row, verdict).removeprefix(f"{NOT_COMPARABLE}: ")
        return (
            f"{title.removeprefix('the ')} of {who} and {other} not comparable: {reason}"
            if label
            else (f"{title} is not comparable: {reason}")
        )
    amount = amount_text(row, verdict)
    numbers = f"n = {cell.n}" if cell.n == base.n else f"n = {cell.n} and {base.n}"
    if verdict.word == WITHIN:
        if verdict.difference == 0:
            both, counts = (f"{who} and {other}", f" ({numbers})") if label else ("both", "")
            return f"{title} of {both} is the same as printed{counts}"
        whose, that = (f"{title} of {who}", f" from that of {other}") if label else (title, "")
        return f"{whose} does not differ beyond noise{that} ({amount}, {numbers})"
    if verdict.chance is not None:
        certain = f", which {verdict.chance}"
    elif verdict.word in DIFFERENT:
        # A ratio shows its direction: more samples/s are better.
        way = "" if row.quantity.scale == "ratio" else f", which is {'better' if is_better(row, verdict) else 'worse'}"
        certain = way + (", beyond the known noise" if verdict.word == BEYOND else "")
    else:
        certain = "; whether that is noise is not known"
    if row.quantity.scale == "ratio":
        text = f"{title} of {who} is {amount} that of {other}"
    else:
        text = f"{title} of {who} differs by {amount} from that of {other}" if label else f"{title} differs by {amount}"
    return f"{text}{certain} ({numbers}{_rank(row, index, comparison) if label else ''})"


def _rank(row: Row, index: int, comparison: Comparison) -> str:
    """`, the highest of 5 sides`, where there are several candidates and it is; or that of the baseline."""
    known = [c.mean for c in row.cells if c.mean is not None]
    best = min(known) if row.better == "lower" else max(known)
    extreme = "highest" if row.better == "higher" else "shortest" if row.quantity.unit == "s" else "lowest"
    name = f"the {extreme} of {many(len(known), 'side')}"
    if len(known) < 3:
        return ""
    if row.cells[index].mean == best:
        return f", {name}"
    base = row.cells[comparison.baseline]
    return f"; {base.side.label} has {name}" if base.mean == best else ""
