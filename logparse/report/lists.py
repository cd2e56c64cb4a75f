"""The three lists that a report begins with: what the logs show, what they do not show, and what would settle it.

They are derived only from verdicts, findings and claims, and from the values of runs that are compared with no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from logparse.comparison.compare import Comparison, Row
from logparse.comparison.equal import at
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.quantities import QUANTITIES
from logparse.comparison.refusal import RefusalCause
from logparse.comparison.settings import factors
from logparse.comparison.sides import Side, SideValues, side_values
from logparse.comparison.verdict import BEYOND, CHANCE, DIFFERENT, NOT_COMPARABLE, UNKNOWN, WITHIN, Verdict
from logparse.comparison.wording import cell_text, is_better, quantity_name, unit_text, verdict_text, what_differs
from logparse.text.labels import listed, shortened
from logparse.text.location import Location, locations
from logparse.text.missing import Code
from logparse.text.terminal import one_line

HEADINGS = {
    "say": "What these logs show",
    "not_say": "What these logs do not show",
    "settle": "What would settle it",
}
"""List -> its heading."""


@dataclass(frozen=True)
class Item:
    """One sentence of a list, and what it rests on."""

    text: str
    rests_on: str
    """`verdict`, `claim`, `value`, or the name of a finding."""
    evidence: tuple[Location, ...] = ()
    about: str = ""
    """Heading of the block of runs that it is about; empty if it is about no single block."""
    weight: int = 1
    """Importance: 0 is the most important."""


@dataclass(frozen=True)
class Lists:
    """The three lists."""

    say: tuple[Item, ...]
    not_say: tuple[Item, ...]
    settle: tuple[Item, ...]
    notes: Mapping[str, str] = field(default_factory=dict)
    """Heading of a block -> how its sides differ: a difference can be attributed to nothing else."""

    def named(self) -> list[tuple[str, tuple[Item, ...]]]:
        """Each with its heading."""
        return [(heading, getattr(self, name)) for name, heading in HEADINGS.items()]


@dataclass(frozen=True)
class ReportBlock:
    """Runs of one workload, with their comparison if there are two or more."""

    heading: str
    jobs: tuple[Job, ...]
    comparison: Comparison | None = None
    differs: tuple[str, ...] = field(default=())
    """How the sides differ, in sentences."""


def lists(
    ledger: Ledger,
    blocks: Sequence[ReportBlock],
    findings: pl.DataFrame,
    claims: pl.DataFrame,
    spelled: Callable[[str], str] = str,
) -> Lists:
    """The lists for these blocks, with what findings and claims say of their runs. `spelled`: writes the arguments in a
    text as the reader gives them."""
    reported = [row for row in findings.iter_rows(named=True) if row["ignored"] is None]
    about = _homes(blocks)
    serious = [row for row in reported if row["severity"] != "note"]
    say: list[Item] = []
    not_say: list[Item] = []
    settle: list[Item] = []
    for block in blocks:
        names = {row["name"] for row in serious if _home(row["runs"], about) == block.heading}
        if block.comparison is None:
            say += _values(ledger, block)
            continue
        say += _differ(block, block.comparison)
        say += _equal(block, block.comparison)
        say += _in_common(block, block.comparison)
        not_say += _within(block, block.comparison)
        not_say += _chance(block, block.comparison)
        not_say += _unknown(block, block.comparison)
        not_say += _refused(block, block.comparison, names)
        not_say += _missing(block, block.comparison)
        settle += _settings(block, block.comparison, spelled)
    for row in serious:
        if row["name"] == "claim-refuted":
            continue  # `_claims` lists each refuted claim with its line
        not_say.append(
            Item(
                row["text"], row["name"], tuple(locations(row["evidence"])), _home(row["runs"], about),
                0 if row["severity"] == "error" else 1,
            )
        )  # fmt: skip
    confirmed, open_, wanted = _claims(ledger, claims, about)
    settle += _repeats(blocks)
    settle += _advice(serious, about)
    notes = {b.heading: note for b in blocks if b.comparison is not None and (note := _differing(b.comparison))}
    return Lists(
        _sorted(confirmed + say, blocks), _sorted(open_ + not_say, blocks), _sorted(wanted + settle, blocks), notes
    )  # fmt: skip


def _differing(comparison: Comparison) -> str:
    """`batch_size differs`; several settings are confounded."""
    names = [s.name for s in factors(comparison.settings)]
    if len(names) < 2:
        return f"{names[0]} differs" if names else ""
    return f"confounded: {_labels(names, 5)} differ"


def _sorted(items: Sequence[Item], blocks: Sequence[ReportBlock]) -> tuple[Item, ...]:
    """Items by block, and within a block by weight, without duplicates."""
    order = {block.heading: i for i, block in enumerate(blocks)}
    unique: dict[tuple[str, str], Item] = {}
    for item in items:
        unique.setdefault((item.about, item.text), item)
    return tuple(sorted(unique.values(), key=lambda i: (order.get(i.about, -1), i.weight)))


def _homes(blocks: Sequence[ReportBlock]) -> dict[str, str]:
    """Run -> heading of its block."""
    return {run: block.heading for block in blocks for job in block.jobs for run in job.ids}


def _home(runs: Sequence[str], about: Mapping[str, str]) -> str:
    found = {about.get(run, "") for run in runs}
    return found.pop() if len(found) == 1 else ""


# ---- wording ---- #

_NAMED = 4
"""Sides up to which a sentence names all; with more, it names the extremes."""
_PLACES = 6
"""Log lines per quantity for a statement of values; many repeated runs would have hundreds."""
HEADLINE = ("train_s", "throughput", "token_throughput", "latency_s", "loss", "score")
"""Quantities that have their own sentence."""


def _value(row: Row, c: SideValues) -> str:
    unit = unit_text(row)
    text = cell_text(row.quantity, c)
    return text if unit in (None, "s") or not c.values else f"{text} {unit}"


def _side(row: Row, index: int, verdict: Verdict) -> str:
    """`174.7 s of b.out (×0.827 (0.801 to 0.854) better, n=1)`; of three or more values, `_value` gives n."""
    c = row.cells[index]
    n = f", n={c.n}" if c.n < 3 else ""
    return f"{_value(row, c)} of {c.side.label} ({verdict_text(row, verdict).removesuffix(' ' + WITHIN)}{n})"


def _sides(row: Row, verdicts: Sequence[tuple[int, Verdict]]) -> str:
    """The sides of a row with their verdicts; of many, the two that are farthest apart."""
    if len(verdicts) <= _NAMED:
        return listed([_side(row, *h) for h in verdicts])
    order = sorted(verdicts, key=lambda h: (h[1].difference or 0.0, h[0]))
    return f"{len(verdicts)} others, from {_side(row, *order[0])} to {_side(row, *order[-1])}"


def _compared(row: Row, verdicts: Sequence[tuple[int, Verdict]], comparison: Comparison) -> str:
    base = row.cells[comparison.baseline]
    return f"{_sides(row, verdicts)}, compared with {_value(row, base)} of {base.side.label}"


def _noise(verdicts: Sequence[tuple[int, Verdict]]) -> str:
    """The noise that the differences are compared with, each text once."""
    texts = list(dict.fromkeys(v.noise.text for _, v in verdicts if v.noise))
    return shortened(texts, 2, "; ")


def _places(row: Row, indices: Sequence[int]) -> tuple[Location, ...]:
    return tuple(dict.fromkeys(p for i in indices for p in row.cells[i].locations))


def _of(row: Row, *words: str) -> list[tuple[int, Verdict]]:
    """Index and verdict of the sides with one of these verdicts."""
    return [(i, v) for i, v in enumerate(row.verdicts) if v is not None and v.word in words]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


# ---- what the logs show ---- #


def _differ(block: ReportBlock, comparison: Comparison) -> Iterator[Item]:
    """Differences that are established or beyond noise."""
    for row in comparison.rows:
        for word in DIFFERENT:
            verdicts = _of(row, word)
            if not verdicts:
                continue
            noise = _noise(verdicts)
            better = {is_better(row, v) for _, v in verdicts}
            way = f" ({row.better} is better)" if len(better) > 1 or len(verdicts) > _NAMED else ""
            yield Item(
                f"{_upper(quantity_name(row))}{way}: {_compared(row, verdicts, comparison)}; {word}"
                + (f" ({noise})." if noise else "."),
                "verdict",
                _places(row, [comparison.baseline, *(i for i, _ in verdicts)]),
                block.heading,
                0 if row.quantity.name in HEADLINE else 2,
            )


def _equal(block: ReportBlock, comparison: Comparison) -> Iterator[Item]:
    """Scores and losses that are identical in all printed digits."""
    for row in comparison.rows:
        verdicts = [(i, v) for i, v in _of(row, WITHIN) if v.difference == 0]
        if verdicts and row.quantity.name in ("score", "loss"):
            labels = _labels([row.cells[i].side.label for i in (comparison.baseline, *(i for i, _ in verdicts))])
            value = _value(row, row.cells[verdicts[0][0]])
            text = f"{_upper(quantity_name(row))} is identical as printed, {value}: {labels}."
            yield Item(text, "verdict", _places(row, [comparison.baseline, *(i for i, _ in verdicts)]), block.heading)


def _in_common(block: ReportBlock, comparison: Comparison) -> Iterator[Item]:
    """The loss at the largest number of samples that all sides logged, where their budgets differ."""
    loss = next((row for row in comparison.rows if row.quantity.name == "loss"), None)
    if loss is None or not any(v.is_refused_for(RefusalCause.BUDGET) for _, v in _of(loss, NOT_COMPARABLE)):
        return
    common = comparison.at[0] if comparison.at else at(comparison.ledger, comparison.sides, "samples")
    points = [p for p in common.points if p.loss is not None]
    if common.found is None or len(points) < 2:
        return
    order = sorted(points, key=lambda p: p.loss or 0.0)
    shown = order if len(order) <= _NAMED else [order[0], order[-1]]
    parts = [
        f"{p.loss:.6g} of {p.side.label}" + (f" after {p.seconds:.1f} s" if p.seconds is not None else "")
        + (f" (step {p.step:,})" if p.step is not None else "")
        for p in shown
    ]  # fmt: skip
    first = "Loss" if len(shown) == len(order) else f"Loss, lowest and highest of {len(order)},"
    text = f"{first} at {common.found}, the last point that all logged: {', '.join(parts)}."
    yield Item(text, "verdict", tuple(p.location for p in shown if p.location), block.heading, 0)


def _values(ledger: Ledger, block: ReportBlock) -> Iterator[Item]:
    """Values of runs that are compared with no other, because there are only their own repeats."""
    jobs = tuple(job for job in block.jobs if job.has_result)
    if not jobs:
        return
    many = len(jobs) > 1
    side = Side(f"{len(jobs):,} runs of the same settings" if many else jobs[0].label, jobs)
    rows = [
        Row(QUANTITIES[name], (c,), (None,), "")
        for name in HEADLINE
        if (c := side_values(ledger, QUANTITIES[name], side)).values
    ]
    if rows:
        values = ", ".join(f"{quantity_name(row)} {_value(row, row.cells[0])}" for row in rows)
        end = "There are no other runs to compare them with." if many else "There is no other run to compare it with."
        places = dict.fromkeys(p for row in rows for p in _places(row, [0])[:_PLACES])
        yield Item(f"{side.label}: {values}. {end}", "value", tuple(places), block.heading, 3)


# ---- what they do not show ---- #


def _within(block: ReportBlock, comparison: Comparison) -> Iterator[Item]:
    """Differences within noise: one sentence for each important quantity, one for all others."""
    rest: list[str] = []
    places: list[Location] = []
    for row in comparison.rows:
        verdicts = [(i, v) for i, v in _of(row, WITHIN) if v.difference != 0]
        if not verdicts:
            continue
        places_of_row = _places(row, [comparison.baseline, *(i for i, _ in verdicts)])
        if row.quantity.name in HEADLINE:
            text = (
                f"A difference in {quantity_name(row)}: {_compared(row, verdicts, comparison)}, "
                f"{'is' if len(verdicts) == 1 else 'are'} within noise ({_noise(verdicts)})."
            )
            yield Item(text, "verdict", places_of_row, block.heading)
        else:
            amounts = [verdict_text(row, v).removesuffix(" " + WITHIN) for _, v in verdicts]
            shown = amounts if len(amounts) <= _NAMED else [amounts[0], "…", amounts[-1]]
            rest.append(f"{quantity_name(row)} ({', '.join(shown)})")
            places += places_of_row
    if rest:
        text = f"A difference in {_labels(rest, len(rest))}: within noise."
        yield Item(text, "verdict", tuple(dict.fromkeys(places)), block.heading, 3)


def _chance(block: ReportBlock, comparison: Comparison) -> Iterator[Item]:
    """Differences that may be chance among so many comparisons."""
    for row in comparison.rows:
        verdicts = _of(row, CHANCE)
        if verdicts:
            compared, chance = _compared(row, verdicts, comparison), verdicts[0][1].chance
            yield Item(
                f"A difference in {quantity_name(row)}: {compared}, {chance}.",
                "verdict",
                _places(row, [comparison.baseline, *(i for i, _ in verdicts)]),
                block.heading,
                0 if row.quantity.name in HEADLINE else 2,
            )


def _unknown(block: ReportBlock, comparison: Comparison) -> Iterator[Item]:
    """Differences whose noise is unknown."""
    names: list[str] = []
    places: list[Location] = []
    for row in comparison.rows:
        verdicts = _of(row, UNKNOWN)
        if verdicts:
            amounts = [verdict_text(row, v).split()[0] for _, v in verdicts]
            shown = amounts if len(amounts) <= _NAMED else [amounts[0], "…", amounts[-1]]
            names.append(f"{quantity_name(row)} ({', '.join(shown)})")
            places += _places(row, [comparison.baseline, *(i for i, _ in verdicts)])
    if names:
        text = f"Whether {_labels(names, len(names))} differ{'s' if len(names) == 1 else ''} by more than noise: "
        yield Item(
            f"{text}no repeated runs are known.", "verdict", tuple(dict.fromkeys(places)), block.heading, 2
        )  # fmt: skip


_STATED_BY = {
    "compile-cached": RefusalCause.CACHED,
    "different-budget": RefusalCause.BUDGET,
    "estimate": RefusalCause.ESTIMATE,
    "score-kind": RefusalCause.SCORE,
    "unit-basis": RefusalCause.SAMPLE,
    "scenario": RefusalCause.SCENARIO,
    "clock-scope": RefusalCause.CLOCK,
}
"""Finding -> the refusal that it states as well."""


def _refused(block: ReportBlock, comparison: Comparison, findings: set[str]) -> Iterator[Item]:
    """What is not comparable, by reason, without reasons that a finding about these runs states."""
    base = comparison.baseline
    left = [bar for name, bar in _STATED_BY.items() if name in findings]
    by_reason: dict[str, list[tuple[Row, int]]] = {}
    full: dict[str, set[str]] = {}
    for row in comparison.rows:
        for index, verdict in _of(row, NOT_COMPARABLE):
            reason = verdict.reason or ""
            empty = not row.cells[index].values or not row.cells[base].values
            if not verdict.is_refused_for(RefusalCause.WORKLOAD) and (empty or verdict.is_refused_for(*left)):
                continue
            short = re.sub(r" \([^()]*\)", "", reason)
            by_reason.setdefault(short, []).append((row, index))
            full.setdefault(short, set()).add(reason)
    for short, cells in by_reason.items():
        reason = full[short].pop() if len(full[short]) == 1 else short
        names = list(dict.fromkeys(quantity_name(row) for row, _ in cells))
        others = list(dict.fromkeys(row.cells[i].side.label for row, i in cells))
        every = len(others) == len(comparison.sides) - 1
        of = "" if every else f" of {_labels([comparison.sides[base].label, *others])}"
        places = tuple(dict.fromkeys(p for row, i in cells for p in _places(row, [base, i])))
        verb = "is" if len(names) == 1 else "are"
        yield Item(f"Which {_labels(names, 4)} {verb} better{of}: {reason}.", "verdict", places, block.heading)


def _missing(block: ReportBlock, comparison: Comparison) -> Iterator[Item]:
    """Important quantities that one side lacks and another has."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for row in comparison.rows:
        if row.quantity.name in HEADLINE:
            for c in row.cells:
                if c.empty is not None and c.empty.code is not Code.NOT_APPLICABLE:
                    by_reason.setdefault((c.side.label, c.empty.text), []).append(quantity_name(row))
    sides_without: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for (label, reason), found in by_reason.items():
        sides_without.setdefault((tuple(found), reason), []).append(label)
    for (names, reason), labels in sides_without.items():
        yield Item(f"The {_labels(names, 6)} of {_labels(labels)}: {reason}.", "verdict", (), block.heading, 2)


# ---- what would settle it ---- #


def _repeats(blocks: Sequence[ReportBlock]) -> Iterator[Item]:
    """Three runs per side, where that could establish a difference; one sentence for all blocks."""
    wanting: dict[str, set[int]] = {}
    for block in blocks:
        comparison = block.comparison
        if comparison is not None and any(_of(row, BEYOND, CHANCE, WITHIN, UNKNOWN) for row in comparison.rows):
            counts = {n for side in comparison.sides if (n := sum(job.has_result for job in side.jobs)) < 3}
            if counts:
                wanting[block.heading] = counts
    if wanting:
        counts = set.union(*wanting.values())
        now = f"n = {max(counts)}" if len(counts) == 1 else f"n = {min(counts)} to {max(counts)}"
        text = f"Run each side at least three times (currently {now}): only then can a difference be established."
        yield Item(text, "verdict", (), next(iter(wanting)) if len(wanting) == 1 else "", 1)


def _settings(block: ReportBlock, comparison: Comparison, spelled: Callable[[str], str]) -> Iterator[Item]:
    """Settings that the logs of some side do not state."""
    missing = [s for s in comparison.settings if s.role == "unknown"]
    if missing:
        without = [
            side.label for i, side in enumerate(comparison.sides) if any(not s.values[i] for s in missing)
        ]  # fmt: skip
        how = spelled(f'`claims="LABEL:{missing[0].name}=…"`')
        text = (
            f"State what the logs of {_labels(without)} do not: {', '.join(s.name for s in missing)} "
            f"({how}; such values are marked as claimed)."
        )
        yield Item(text, "verdict", (), block.heading, 3)


def _advice(serious: Sequence[Mapping[str, Any]], about: Mapping[str, str]) -> Iterator[Item]:
    """The advice of each finding, once, under the block that the finding is about if there is one."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for row in serious:
        by_name.setdefault(row["name"], []).append(row)
    for name, rows in by_name.items():
        homes = {_home(row["runs"], about) for row in rows}
        places = tuple(dict.fromkeys(p for row in rows for p in locations(row["evidence"])))
        yield Item(rows[0]["advice"], name, places, homes.pop() if len(homes) == 1 else "", 1)


# ---- claims ---- #


def _claims(
    ledger: Ledger, claims: pl.DataFrame, about: Mapping[str, str]
) -> tuple[list[Item], list[Item], list[Item]]:
    """What claims add to each list. A confirmed name adds nothing, and a setting that rests on a name in the log is
    marked as claimed where it is used."""
    say: list[Item] = []
    not_say: list[Item] = []
    settle: list[Item] = []
    for row in claims.iter_rows(named=True):
        job = ledger.by_run[row["run"]]
        place = (Location(row["source"], row["line"]),) if row["line"] else ()
        if row["origin"] == "log" and row["verdict"] != "refuted":
            continue
        by = {"file name": "the file name", "log": "a name in the log"}.get(row["origin"], "the claim")
        claimed, home = f"{row['name']} {row['claimed']}", about.get(row["run"], "")
        if row["verdict"] == "refuted":
            text = f"That {job.label} has {claimed}, as {by} says: the log says {row['found']}."
            not_say.append(Item(text, "claim", place, home, 0))
        elif row["verdict"] == "confirmed" and row["origin"] != "file name":
            say.append(Item(f"{job.label} has {claimed}, as claimed.", "claim", place, home, 2))
        elif row["verdict"] == "not in the log":
            text = f"That {job.label} has {claimed}: {by} says so, but no log does."
            not_say.append(Item(text, "claim", place, home, 2))
            settle.append(Item(f"A log of {job.label} that states {row['name']}.", "claim", (), home, 2))
    return say, not_say, settle


def _labels(labels: Sequence[str], most: int = 3) -> str:
    """`a, b and c`; `a, b, c and 4 more`."""
    return listed(labels, most)


def differs(comparison: Comparison) -> tuple[str, ...]:
    """How the sides differ, one line each."""
    return tuple(one_line(text) for text in what_differs(comparison))
