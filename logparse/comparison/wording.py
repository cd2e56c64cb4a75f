"""A comparison in words: what differs, the values of each side, and the verdicts."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from logparse.cells import Value
from logparse.comparison.compare import Comparison, Row, more_runs
from logparse.comparison.estimate import OTHER_PROGRAM, Estimate, Noise, detectable
from logparse.comparison.ledger import Ledger
from logparse.comparison.noise import shown
from logparse.comparison.quantities import CLOCKS, Quantity
from logparse.comparison.refusal import RefusalCause, unknown_workload, workload_difference
from logparse.comparison.settings import factors, stated_nowhere
from logparse.comparison.sides import Side, SideValues, by
from logparse.comparison.verdict import DIFFERENT, NOT_COMPARABLE, UNKNOWN, WITHIN, Verdict
from logparse.errors import Remedy
from logparse.text import missing
from logparse.text.labels import cache_hit_text, listed, many, shortened
from logparse.text.location import Location
from logparse.text.numbers import figure, ratio_figure, score_figure, seconds

_MOST = 6
"""Parameters listed; the rest is counted."""


def what_differs(comparison: Comparison) -> Iterator[str]:
    """How the sides differ, in sentences: the factor, what is derived from it, what confounds it, what is unknown."""
    for reason, problem in (
        (workload_difference, "Different workloads"),
        (unknown_workload, "The logs do not state whether the workloads are the same"),
    ):
        refused = _refused_workloads(comparison, reason)
        if refused:
            all_but_base = len(refused) == len(comparison.sides) - 1
            reasons = shortened(list(dict.fromkeys(refused.values())), _MOST, "; ")
            ranked = (
                "nothing is ranked" if all_but_base else f"{shortened(list(refused), _MOST, '; ')} cannot be ranked"
            )
            yield f"{problem}, so {ranked}: {reasons}."
            break
    yield from _factors(comparison)
    follows = sorted((s for s in comparison.settings if s.role == "follows"), key=lambda s: str(s.derived_from))
    for cause, derived in groupby(follows, key=lambda s: s.derived_from):
        yield f"Derived from {cause}: {_across(comparison, [s.name for s in derived])}."
    unknown = _of_role(comparison, "unknown")
    if unknown:
        yield f"Not stated in every log: {_across(comparison, unknown)}."
    if comparison.undated:
        labels = shortened([job.label for job in comparison.undated], _MOST)
        yield f"Left out, as their logs do not state when they began: {labels}."


_AT_A_GLANCE = 4
"""Single runs that a reader compares without a hint."""


def has_many_single_runs(comparison: Comparison) -> bool:
    """Whether each side is one run, and so many are hard to compare side by side."""
    return len(comparison.sides) > _AT_A_GLANCE and all(len(side.jobs) == 1 for side in comparison.sides)


def grouping(comparison: Comparison, spelling: Callable[[Remedy], str]) -> str | None:
    """`by="batch_size" makes 3 groups of 4, 3 and 3 runs`: how to compare repeats of a setting, where each of many
    sides is one run; None unless exactly one setting differs and some runs share its value."""
    varied = factors(comparison.settings)
    if comparison.by is not None or not has_many_single_runs(comparison) or len(varied) != 1:
        return None
    groups = by(comparison.ledger, comparison.jobs, varied[0].name)
    if not 1 < len(groups) < len(comparison.sides):
        return None
    sizes = [len(group.jobs) for group in groups]
    each = listed(list(map(str, sizes))) if len(sizes) <= _MOST else f"{min(sizes)} to {max(sizes)}"
    return f"{spelling(Remedy('by', varied[0].name))} makes {len(sizes)} groups of {each} runs"


def _factors(comparison: Comparison) -> Iterator[str]:
    names = [s.name for s in factors(comparison.settings)]
    others, budget = _of_role(comparison, "other"), _of_role(comparison, "budget")
    nowhere = stated_nowhere(comparison.ledger, comparison.sides)
    all_known = not (others or nowhere or _of_role(comparison, "unknown"))
    if len(names) == 1:
        yield f"Settings that differ: {_across(comparison, names)}."
    elif names:
        declared = f" (studied: {comparison.by})" if comparison.by in names else ""
        yield f"Confounded{declared}, {len(names)} settings differ: {_across(comparison, names)}."
    elif budget:
        lead = "No setting differs except the amount of training" if all_known else "The amount of training differs"
        yield f"{lead}: {_across(comparison, budget)}."
    elif all_known:
        yield "No setting differs: these are repeats, not a sweep."
    elif not others:
        unstated = f"; no log states {listed(nowhere, _MOST)}" if nowhere else ""
        yield f"The settings that every log states are equal{unstated}."
    yield from _rebuilt(comparison)
    if others:
        yield f"Other parameters that differ: {shortened(_each(comparison, others), _MOST, '; ')}."


def _rebuilt(comparison: Comparison) -> Iterator[str]:
    """Why a vendor's tool rebuilt the model, as it states it."""
    for job in comparison.jobs:
        rows = comparison.ledger.messages(job, kind="rebuild")
        for row in rows.iter_rows(named=True):
            if not row["text"].endswith(":"):  # the heading of the reasons below it
                location = Location(row["source"], row["line"])
                yield f"{job.label} was rebuilt: {row['text'].removeprefix('- ')} ({location})"


def _of_role(comparison: Comparison, role: str) -> list[str]:
    return [s.name for s in comparison.settings if s.role == role]


def _across(comparison: Comparison, names: list[str]) -> str:
    """`ranks 2 | 4 | 8; batch_size 512 | 1,024 | 2,048`: these settings on each side."""
    return "; ".join(_each(comparison, names))


_LISTED = 4
"""Sides up to which a setting has a value for each; of more, a repeated value is given once."""


def _each(comparison: Comparison, names: list[str]) -> list[str]:
    """The same, one text for each setting."""
    parts = []
    for setting in (s for s in comparison.settings if s.name in names):
        texts = [setting.text(i) for i in range(len(comparison.sides))]
        distinct = list(dict.fromkeys(texts))
        if len(texts) > 2 * _MOST:
            texts = [f"{len(distinct)} different values: {', '.join(distinct[:_MOST])}{' …' * (len(distinct) > _MOST)}"]
        elif len(texts) > _LISTED and len(distinct) < len(texts):
            counts = Counter(texts)
            texts = [f"{text} ({counts[text]} sides)" if counts[text] > 1 else text for text in distinct]
        parts.append(f"{setting.name} {' | '.join(texts)}")
    return parts


def _refused_workloads(
    comparison: Comparison, reason: Callable[[Ledger, SideValues, SideValues], str | None]
) -> dict[str, str]:
    """Label of a side -> why its workload cannot be compared with the baseline's, where `reason` applies."""
    # Of the runs that count in a row: one that does not (failed before it named its task, say) does not decide.
    counted = {job.id for row in comparison.rows for c in row.cells for job in c.jobs}
    cells = [SideValues(s, (), jobs=tuple(j for j in s.jobs if j.id in counted)) for s in comparison.sides]
    base = cells.pop(comparison.baseline)
    texts = {c.side.label: reason(comparison.ledger, base, c) for c in cells}
    return {label: text for label, text in texts.items() if text}


def value_text(quantity: Quantity, cell: SideValues, value: Value, digits: int | None = None) -> str:
    """One value as text, with significant digits only (`digits`: at most that many)."""
    number, resolution = float(value.value), value.resolution
    if quantity.unit == "s":
        return seconds(number, resolution, digits or 4)
    if quantity.name == "score":
        return score_figure(str(_score_name(cell)), number, resolution)
    return figure(number, resolution, digits or 5)


def _score_name(cell: SideValues) -> str | None:
    return next((job.main["score_name"] for job in cell.side.jobs if job.main["score_name"]), None)


def cell_text(quantity: Quantity, cell: SideValues, digits: int | None = None) -> str:
    """The values of a side as text: one or two values; for three or more the mean (geometric for durations and rates),
    the range and the number."""
    if not cell.values:
        return (cell.empty or missing.MISSING).code.mark
    if quantity.name == "compile_s" and all(job["compile_cache"] == "hit" for job in cell.side.jobs):
        return cache_hit_text((v.value, value_text(quantity, cell, v, digits)) for v in cell.values)
    texts = [value_text(quantity, cell, v, digits) for v in cell.values]
    mark = " (claimed)" if cell.claimed else " (estimate)" if quantity.estimate else ""
    if cell.n == 1:
        return texts[0] + mark
    if cell.n == 2:
        return f"{texts[0]}, {texts[1]}{mark}"
    order = sorted(range(cell.n), key=lambda i: cell.numbers[i])
    mean = value_text(quantity, cell, Value(cell.mean, cell.resolution), digits)
    least, greatest = texts[order[0]], texts[order[-1]]
    span = "" if least == greatest else f"{least} to {greatest}, "
    return f"{mean} ({span}n={cell.n}){mark}"


def short_title(row: Row) -> str:
    """The title of a row: `train`, `throughput`, `accuracy`."""
    if row.quantity.name == "score":
        names = {_score_name(c) for c in row.cells} - {None}
        return " / ".join(sorted(map(str, names))) or row.quantity.title
    return row.quantity.title


_NAMED_AS_TIME = re.compile(r"\b(?:latency|time)\b")


def quantity_name(row: Row) -> str:
    """The same in a sentence: `train time`, `throughput`, `time to loss ≤ 7.3`."""
    name = short_title(row)
    return name if row.quantity.unit != "s" or _NAMED_AS_TIME.search(name) else f"{name} time"


def title(row: Row) -> str:
    """The same with its unit, unless that is seconds: `train`, `throughput, samples/s`, `accuracy`."""
    unit = unit_text(row)
    return short_title(row) if unit in (None, "s") else f"{short_title(row)}, {unit}"


def unit_text(row: Row) -> str | None:
    """The unit of a row: `sequences/s` in place of `samples/s` where all logs call their samples so."""
    unit = row.quantity.unit
    kinds = {job["sample"] for cell in row.cells if cell.values for job in cell.counted_jobs}
    kind = kinds.pop() if len(kinds) == 1 else None
    return unit.replace("sample", str(kind)) if unit and kind else unit


def verdict_text(row: Row, verdict: Verdict) -> str:
    """The verdict on a candidate as text, with the 95 % interval where it is known: `×1.210 (1.180 to 1.241) worse`,
    `×1.002 (0.998 to 1.006) within noise`, `×1.210 unknown`, `not comparable`. Only a verdict that states a difference
    has a direction."""
    if verdict.word == NOT_COMPARABLE:
        return NOT_COMPARABLE
    amount = amount_text(row, verdict)
    if verdict.word not in DIFFERENT:
        return f"{amount} {verdict.word}"
    return f"{amount} {'better' if is_better(row, verdict) else 'worse'}"


def amount_text(row: Row, verdict: Verdict) -> str:
    """The ratio or difference with its 95 % interval where that is known: `×1.210 (1.180 to 1.241)`."""
    if verdict.ratio is not None:
        figures = [ratio_figure(verdict.ratio)]
        ends = [_end(x) for x in verdict.interval or ()]
    else:
        figures = [difference_text(row, x) for x in (verdict.difference or 0.0, *(verdict.interval or ()))]
        ends = [figure.removesuffix(" points") for figure in figures[1:]]
    return f"{figures[0]} ({' to '.join(ends)})" if ends else figures[0]


def _end(ratio: float) -> str:
    """An end of the interval of a ratio. Of two runs that differ, little is known: more digits would hide that."""
    if ratio < 1 / _WIDE:
        return f"<{1 / _WIDE:g}"
    return f">{_WIDE}" if ratio > _WIDE else ratio_figure(ratio).removeprefix("×")


_WIDE = 1000


def difference_text(row: Row, difference: float) -> str:
    """A difference: `+0.61 points`, `-0.047`."""
    if row.quantity.name == "score" and all(0 <= n <= 1 for c in row.cells for n in c.numbers):
        return f"{difference * 100:+.2f} points"
    return f"{difference:+.4g}"


def is_better(row: Row, verdict: Verdict) -> bool:
    """Whether the candidate is better than the baseline."""
    return ((verdict.difference or 0.0) > 0) == (row.better == "higher")


_PURPOSES = {
    "at": "at equal amounts: {}",
    "by": "if the amount of training is what is studied: {}",
}
"""Argument that lifts a refusal -> what it does, where its name does not say so."""


def verdict_reason(
    row: Row, verdict: Verdict, spelling: Callable[[Remedy], str] | None = None, times: str | None = None
) -> str:
    """The reason for a verdict, for a footnote: what it rests on, and what would settle it.

    Args:
        row: the row of the verdict.
        verdict: the verdict.
        spelling: writes the argument that would lift a refusal, if wanted.
        times: how many times as large as the noise of other programs the difference is, if it is not that of this
            verdict alone: a footnote of several verdicts gives a range.
    """
    if verdict.word == NOT_COMPARABLE:
        remedy = verdict.refusal.remedy if verdict.refusal else None
        how = _PURPOSES.get(remedy.name, "{}").format(spelling(remedy)) if spelling and remedy else ""
        return f"{NOT_COMPARABLE}: {verdict.reason}{f' ({how})' if how else ''}"
    estimate, noise = verdict.estimate, verdict.noise
    word = f"{verdict.chance} by Holm's correction" if verdict.chance else verdict.word
    parts = [f"{word} ({noise.kind}: {noise.text})" if noise else f"{word} (the noise is not known)"]
    if verdict.word == UNKNOWN:
        hint = _hint(verdict)
        parts = ["unknown"]
        if noise is not None and noise is not hint:
            parts.append(f"the difference exceeds the lower bound of the noise ({noise.text})")
        if hint is not None and (size := _times(verdict)) is not None:
            parts.append(f"{hint.text}: the difference is {times or _rounded(size)} times as large")
        parts.append(SETTLED)
    elif verdict.word == WITHIN and noise and estimate and estimate.interval and verdict.difference:
        parts.append(f"a difference of less than {_least(row, noise.size)} does not show")
        n = more_runs(*estimate.n)
        if estimate.is_limited_by_resolution:
            parts.append(f"more runs do not improve the resolution, {_resolution(row, estimate)}")
        elif (less := detectable(estimate, n)) is not None and less < noise.size:
            parts.append(f"{n} runs per side would show {_least(row, less)}")
    parts += [f"without {run}: {word}" for run, word in verdict.without[:_LEFT_OUT]]
    if len(verdict.without) > _LEFT_OUT:
        parts.append(f"the same is true of {many(len(verdict.without) - _LEFT_OUT, 'more run')}")
    return "; ".join(parts)


def _resolution(row: Row, estimate: Estimate) -> str:
    """The resolution of the values: `±10 s`, `±3 %`."""
    largest = max((c.resolution or 0.0 for c in row.cells), default=0.0)
    if row.quantity.unit == "s" and largest:
        return f"±{largest:.2g} s"
    return f"±{shown(row.quantity, estimate.half_width)}"


def _least(row: Row, size: float) -> str:
    """A difference on the scale of the quantity: `±3 %`, `a factor of 12`."""
    if row.quantity.scale == "ratio" and size > math.log(2):
        return f"a factor of {math.exp(min(size, 99.0)):.2g}"
    return f"±{shown(row.quantity, size)}"


def is_no_noise(verdict: Verdict) -> bool:
    """Whether a difference of unknown significance is larger than the widest known noise of other programs explains."""
    hint = _hint(verdict)
    return (
        verdict.word == UNKNOWN
        and hint is not None
        and abs(verdict.estimate.value if verdict.estimate else 0) > hint.size
    )


def _hint(verdict: Verdict) -> Noise | None:
    """The noise of another program."""
    return next((bound for bound in verdict.bounds if bound.kind == OTHER_PROGRAM), None)


def _times(verdict: Verdict) -> float | None:
    """How many times as large as one run of another program varies a difference is; None where that is not known."""
    hint = _hint(verdict)
    if verdict.word != UNKNOWN or hint is None or not hint.sd or verdict.estimate is None:
        return None
    return abs(verdict.estimate.value) / hint.sd


def _rounded(size: float) -> str:
    """Two digits: `0.38`, `17`, `140`."""
    return f"{float(f'{size:.2g}'):,.10g}"


class Notes:
    """Numbered footnotes: equal reasons share one, and so do those that differ only in how large a difference is."""

    def __init__(self, spelling: Callable[[Remedy], str] | None = None) -> None:
        """`spelling`: writes the argument that would lift a refusal; without it the argument is left out."""
        self._spelling = spelling
        self._verdicts: dict[str, list[tuple[Row, Verdict]]] = {}
        """Text of a note without sizes -> the verdicts it explains; none for a text of its own."""

    def text(self, text: str) -> int:
        """The number of the note with this text."""
        self._verdicts.setdefault(text, [])
        return list(self._verdicts).index(text) + 1

    def verdict(self, row: Row, verdict: Verdict) -> int:
        """The number of the note that explains a verdict."""
        text = verdict_reason(row, verdict, self._spelling, times="…")
        number = self.text(text)
        self._verdicts[text].append((row, verdict))
        return number

    def texts(self) -> list[str]:
        """The notes in the order of their numbers, the first of which is 1."""
        return [self._text(text, verdicts) for text, verdicts in self._verdicts.items()]

    def _text(self, text: str, verdicts: Sequence[tuple[Row, Verdict]]) -> str:
        if not verdicts:
            return text
        sizes = sorted(size for _, verdict in verdicts if (size := _times(verdict)) is not None)
        ends = list(dict.fromkeys(map(_rounded, sizes[:1] + sizes[-1:])))
        return verdict_reason(*verdicts[0], self._spelling, " to ".join(ends) or None)


SETTLED = "three runs per side would settle it"
_LEFT_OUT = 2
"""Runs named without which the verdict would be another."""


def explained_elsewhere(comparison: Comparison, row: Row, index: int) -> bool:
    """Whether a refusal needs no footnote: one of the two is empty and no argument changes that, or `what_differs`
    states it for the whole side."""
    c, base, verdict = row.cells[index], row.cells[comparison.baseline], row.verdicts[index]
    if verdict is None or verdict.word != NOT_COMPARABLE:
        return False
    if verdict.is_refused_for(RefusalCause.EMPTY):
        return verdict.refusal is None or verdict.refusal.remedy is None
    return not c.values or not base.values or verdict.is_refused_for(RefusalCause.WORKLOAD)


# ---- the whole comparison as a table of text ---- #


@dataclass(frozen=True)
class TextCell:
    """One cell: the value, the verdict against the baseline, and the number of the note that explains it."""

    value: str
    verdict: str = ""
    note: int | None = None
    word: str | None = None
    """The verdict, one of `VERDICTS`."""


@dataclass(frozen=True)
class TextRow:
    """One quantity: its title and a cell for each side."""

    title: str
    row: Row
    cells: tuple[TextCell, ...]

    def texts(self, note: str) -> list[str]:
        """Title and cells as text; `note`: the format of a note's number, such as ` [{}]`."""
        cells = (f"{c.value}  {c.verdict}{note.format(c.note)}" if c.verdict else c.value for c in self.cells)
        return [self.title, *cells]


@dataclass(frozen=True)
class TextTable:
    """A comparison as a table of text; colours, escapes and rules are left to the output format."""

    head: list[str]
    rows: list[TextRow]
    counts: list[str]
    """The row with the number of runs of each side."""
    notes: list[str]
    """The reasons for the verdicts; the first is number 1."""
    marks: set[str]
    """Marks of empty cells that the legend explains."""
    clocks: str
    """The meaning of the clocks among the rows; empty where there are none."""
    unused: str
    """The runs that do not count in some or all rows, with the reasons; empty where all count."""


def text_table(
    comparison: Comparison, digits: int | None = None, spelling: Callable[[Remedy], str] | None = None
) -> TextTable:
    """The comparison as a table of text; `digits`: at most that many, and never more than the resolution allows;
    `spelling`: how to write the argument that would lift a refusal; without it the argument is left out."""
    notes = Notes(spelling)
    marks: set[str] = set()
    rows = []
    for row in comparison.rows:
        cells = []
        for index, (c, verdict) in enumerate(zip(row.cells, row.verdicts, strict=True)):
            value = cell_text(row.quantity, c, digits)
            marks |= missing.marks(value)
            if verdict is None or explained_elsewhere(comparison, row, index):
                cells.append(TextCell(value))
            else:
                number = notes.verdict(row, verdict)
                cells.append(TextCell(value, verdict_text(row, verdict), number, verdict.word))
        rows.append(TextRow(title(row), row, tuple(cells)))
    used = {row.quantity.clock for row in comparison.rows} - {None}
    meanings = CLOCKS | {"train": _train(comparison)}
    clocks = "; ".join(f"{name} = {meaning}" for name, meaning in meanings.items() if name in used)
    counts = ["n", *(_count(side) for side in comparison.sides)]
    head = ["", *(side.label for side in comparison.sides)]
    return TextTable(
        head, rows, counts, notes.texts(), marks, f"Clocks: {clocks}." if clocks else "", _unused(comparison)
    )


def _train(comparison: Comparison) -> str:
    """What the clock `train` counts in these logs: `training alone`, `training with compile, load`."""
    jobs = [job for side in comparison.sides for job in side.jobs if job["train_s"] is not None]
    labels: dict[str, list[str]] = {}
    for job in jobs:
        if job["train_includes"] is not None:
            labels.setdefault(str(job["train_includes"]), []).append(job.label)
    if len(labels) == 1 and sum(map(len, labels.values())) == len(jobs):
        return f"training with {next(iter(labels))}"
    parts = [f"with {included} in {shortened(found, 3)}" for included, found in labels.items()]
    return ", ".join([CLOCKS["train"], *parts])


def _unused(comparison: Comparison) -> str:
    """`Not used: b.out: no result: failed; c.out (train, throughput): profiled, unlike other runs of the side.`"""
    found: dict[tuple[str, str], list[str]] = {}
    for row in comparison.rows:
        for c in row.cells:
            for unusable in c.unusable if len(c.side.jobs) > 1 else ():
                found.setdefault((unusable.job.label, unusable.reason), []).append(short_title(row))
    parts = [
        f"{label}{'' if len(titles) == len(comparison.rows) else f' ({shortened(titles, 3)})'}: {reason}"
        for (label, reason), titles in sorted(found.items(), key=lambda item: -len(item[1]))
    ]
    return f"Not used: {shortened(parts, _MOST, '; ')}." if parts else ""


def _count(side: Side) -> str:
    ended = len(side.jobs) - side.failed
    return f"{ended} (+{side.failed} without a result)" if side.failed else str(ended)
