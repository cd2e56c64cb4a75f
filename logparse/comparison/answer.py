"""The answer of a comparison, in one sentence: what a reader wants to know first, or why it cannot be said."""

from __future__ import annotations

from logparse.comparison.compare import Comparison, Row
from logparse.comparison.sides import SideValues
from logparse.comparison.verdict import BEYOND, ESTABLISHED, NOT_COMPARABLE, UNKNOWN, WITHIN, Verdict
from logparse.comparison.wording import amount_text, is_better, short_title, verdict_reason
from logparse.text.labels import many

_SPEED = ("throughput", "token_throughput", "latency_s", "train_s", "compile_s")
"""Quantities that answer which side is faster, the most telling first."""
_QUALITY = ("score", "loss")
NOTHING = "Nothing can be compared: no quantity is known of the baseline and another side."
_CERTAINTY = {ESTABLISHED: "", BEYOND: ", beyond the known noise"}
_DECIDED = (ESTABLISHED, BEYOND)


def answer(comparison: Comparison) -> str:
    """`b.out reaches ×1.386 (1.373 to 1.399) the samples/s of a.out, beyond the known noise (n = 1 and 1); their losses
    are not comparable: samples seen differ`.

    Of several candidates, the sentence names the fastest. Where nothing can be said, it gives the reason.
    """
    rows = {row.quantity.name: row for row in comparison.rows}
    speed = _first(comparison, [rows[name] for name in _SPEED if name in rows])
    quality = _first(comparison, [rows[name] for name in _QUALITY if name in rows])
    if speed is None and quality is None:
        return NOTHING
    index = _candidate(speed or quality, comparison)  # type: ignore[arg-type]
    parts = []
    if speed is not None:
        parts.append(_sentence(speed, index, comparison))
    if quality is not None and quality.verdicts[index] is not None:
        parts.append(_sentence(quality, index, comparison, label=not parts))
    return f"{'; '.join(parts)}."


def _first(comparison: Comparison, rows: list[Row]) -> Row | None:
    """The first row with a difference that is decided, else with any verdict, else with a refusal of two values."""
    for words in ((*_DECIDED, WITHIN), (UNKNOWN,), (NOT_COMPARABLE,)):
        for row in rows:
            base = row.cells[comparison.baseline]
            if any(v and v.word in words and c.values and base.values for v, c in _pairs(row)):
                return row
    return None


def _pairs(row: Row) -> list[tuple[Verdict | None, SideValues]]:
    return list(zip(row.verdicts, row.cells, strict=True))


def _candidate(row: Row, comparison: Comparison) -> int:
    """Index of the side that the sentence is about: the best that differs, else the best that is compared at all."""
    for words in (_DECIDED, (WITHIN,), (UNKNOWN,), (NOT_COMPARABLE,)):
        found = [
            (c.mean if row.better == "lower" else -c.mean, i)
            for i, (v, c) in enumerate(_pairs(row))
            if v and v.word in words and c.mean is not None
        ]
        if found:
            return min(found)[1]
    return 0 if comparison.baseline else 1


def _sentence(row: Row, index: int, comparison: Comparison, label: bool = True) -> str:
    verdict, cell, base = row.verdicts[index], row.cells[index], row.cells[comparison.baseline]
    assert verdict is not None
    name = short_title(row)
    title = f"the {name} time" if row.quantity.unit == "s" and "latency" not in row.quantity.name else f"the {name}"
    unit = row.quantity.unit
    who, other = cell.side.label if label else "its", base.side.label
    if verdict.word == NOT_COMPARABLE:
        reason = verdict_reason(row, verdict).removeprefix(f"{NOT_COMPARABLE}: ")
        return (
            f"{title.removeprefix('the ')} of {cell.side.label} and {other} not comparable: {reason}"
            if label
            else (f"{title} is not comparable: {reason}")
        )
    amount = amount_text(row, verdict)
    numbers = f"n = {cell.n}" if cell.n == base.n else f"n = {cell.n} and {base.n}"
    if verdict.word == WITHIN:
        if verdict.difference == 0:
            return (
                f"{title} of both is the same as printed"
                if not label
                else (f"{who} and {other}: {title} is the same as printed ({numbers})")
            )
        both = f"{who} and {other}: " if label else ""
        return f"{both}{title} does not differ beyond noise ({amount}, {numbers})"
    certain = {ESTABLISHED: "", BEYOND: ", beyond the known noise"}.get(
        verdict.word, "; whether that is noise is not known"
    )
    if row.quantity.scale == "ratio" and row.quantity.rate:
        text = f"{who} reaches {amount} the {unit} of {other}"
    elif row.quantity.scale == "ratio":
        text = f"{who} takes {amount} {title} of {other}"
    else:  # only what is decided has a direction
        word = "better" if is_better(row, verdict) else "worse"
        way = f", which is {word}" if verdict.word in _DECIDED else ""
        whose = (
            f"{title} of {who} differs by {amount} from that of {other}" if label else f"its {name} differs by {amount}"
        )
        text = f"{whose}{way}"
    return f"{text}{certain} ({numbers}{_rank(row, index, comparison) if label else ''})"


def _rank(row: Row, index: int, comparison: Comparison) -> str:
    """`, the highest of 5 sides`, where there are several candidates and it is; or that of the baseline."""
    known = [c.mean for c in row.cells if c.mean is not None]
    best = min(known) if row.better == "lower" else max(known)
    name = f"the {'shortest' if row.better == 'lower' else 'highest'} of {many(len(known), 'side')}"
    if len(known) < 3:
        return ""
    if row.cells[index].mean == best:
        return f", {name}"
    base = row.cells[comparison.baseline]
    return f"; {base.side.label} has {name}" if base.mean == best else ""
