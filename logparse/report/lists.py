"""The three lists that a report opens with: what the logs let one say, what they do not, and what would settle it.

They are made of nothing but verdicts, findings and claims; of a run that stands beside no other, of its values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
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
from logparse.comparison.verdict import BEYOND, ESTABLISHED, NOT_COMPARABLE, UNKNOWN, WITHIN, Verdict
from logparse.comparison.wording import cell_text, is_better, title, verdict_text, what_differs
from logparse.text.labels import listed
from logparse.text.location import Place
from logparse.text.missing import Why
from logparse.text.terminal import one_line

HEADINGS = {
    "say": "What these logs let you say",
    "not_say": "What they do not let you say",
    "settle": "What would settle it",
}
"""List -> its heading."""


@dataclass(frozen=True)
class Item:
    """One sentence of a list, and what it rests on."""

    text: str
    rests_on: str
    """`verdict`, `claim`, `value`, or the name of a finding."""
    evidence: tuple[Place, ...] = ()
    about: str = ""
    """Heading of the block of runs that it is about; empty: of no one block."""
    weight: int = 1
    """How much it matters: 0 most."""


@dataclass(frozen=True)
class Lists:
    """The three lists."""

    say: tuple[Item, ...]
    not_say: tuple[Item, ...]
    settle: tuple[Item, ...]
    notes: Mapping[str, str] = field(default_factory=dict)
    """Heading of a block -> what its sides differ in: no difference may be laid to anything else."""

    def named(self) -> list[tuple[str, tuple[Item, ...]]]:
        """Each with its heading."""
        return [(heading, getattr(self, name)) for name, heading in HEADINGS.items()]


@dataclass(frozen=True)
class Block:
    """Runs of one kind of work: a comparison where there are two or more."""

    heading: str
    jobs: tuple[Job, ...]
    comparison: Comparison | None = None
    differs: tuple[str, ...] = field(default=())
    """In what the sides differ, in sentences."""


def lists(ledger: Ledger, blocks: Sequence[Block], findings: pl.DataFrame, claims: pl.DataFrame) -> Lists:
    """The lists for these blocks, with what findings and claims say of their runs."""
    told = [row for row in findings.iter_rows(named=True) if row["ignored"] is None]
    about = _homes(blocks)
    serious = [row for row in told if row["severity"] != "note"]
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
        not_say += _unknown(block, block.comparison)
        not_say += _refused(block, block.comparison, names)
        not_say += _missing(block, block.comparison)
        settle += _settings(block, block.comparison)
    for row in serious:
        if row["name"] == "claim-refuted":
            continue  # the claims themselves say it below, each with its line
        not_say.append(
            Item(
                row["text"], row["name"], tuple(map(Place, row["evidence"])), _home(row["runs"], about),
                0 if row["severity"] == "error" else 1,
            )
        )  # fmt: skip
    said, open_, wanted = _claims(ledger, claims, about)
    settle += _repeats(blocks)
    settle += _advice(serious, about)
    notes = {b.heading: note for b in blocks if b.comparison is not None and (note := _differing(b.comparison))}
    return Lists(
        _sorted(said + say, blocks), _sorted(open_ + not_say, blocks), _sorted(wanted + settle, blocks), notes
    )  # fmt: skip


def _differing(comparison: Comparison) -> str:
    """`batch_size differs`; of several settings that they are confounded."""
    names = [s.name for s in factors(comparison.settings)]
    if len(names) < 2:
        return f"{names[0]} differs" if names else ""
    return f"confounded: {_labels(names, 5)} differ"


def _sorted(items: Sequence[Item], blocks: Sequence[Block]) -> tuple[Item, ...]:
    """By block, and in it by weight; what stands there twice once."""
    order = {block.heading: i for i, block in enumerate(blocks)}
    plain = {(i.about, i.text): i for i in reversed(items)}
    kept = [i for i in items if plain.pop((i.about, i.text), None) is not None]
    return tuple(sorted(kept, key=lambda i: (order.get(i.about, -1), i.weight)))


def _homes(blocks: Sequence[Block]) -> dict[str, str]:
    """Run -> heading of its block."""
    return {run: block.heading for block in blocks for job in block.jobs for run in job.ids}


def _home(runs: Sequence[str], about: Mapping[str, str]) -> str:
    found = {about.get(run, "") for run in runs}
    return found.pop() if len(found) == 1 else ""


# ---- words ---- #

_NAMED = 4
"""Sides named in a sentence before it only gives the extremes."""
_PLACES = 6
"""Lines of each quantity that a statement of values rests on; of many repeats there would be hundreds."""
HEADLINE = ("train_s", "throughput", "token_throughput", "latency_s", "loss", "score")
"""Quantities that have a sentence of their own."""


def quantity_name(row: Row) -> str:
    """`train time`, `throughput`, `accuracy`."""
    if row.quantity.unit == "s" and "latency" not in row.quantity.name:
        return f"{row.quantity.title} time"
    return title(row) if row.quantity.name == "score" else row.quantity.title


def _value(row: Row, c: SideValues) -> str:
    unit = row.quantity.unit
    text = cell_text(row.quantity, c)
    return text if unit in (None, "s") or not c.values else f"{text} {unit}"


def _side(row: Row, index: int, verdict: Verdict) -> str:
    """`b.out 174.7 s (×0.827 better)`."""
    c = row.cells[index]
    return f"{c.side.label} {_value(row, c)} ({verdict_text(row, verdict).removesuffix(' ' + WITHIN)})"


def _sides(row: Row, held: Sequence[tuple[int, Verdict]]) -> str:
    """The sides of a row with what each is worth; of many the two that are farthest apart."""
    if len(held) <= _NAMED:
        return listed([_side(row, *h) for h in held])
    order = sorted(held, key=lambda h: (h[1].difference or 0.0, h[0]))
    return f"{len(held)} others, from {_side(row, *order[0])} to {_side(row, *order[-1])}"


def _against(comparison: Comparison, row: Row) -> str:
    base = row.cells[comparison.baseline]
    return f"{_value(row, base)} of {base.side.label}"


def _noise(held: Sequence[tuple[int, Verdict]]) -> str:
    """What the differences are held against, each text once."""
    texts = list(dict.fromkeys(v.noise.text for _, v in held if v.noise))
    return "; ".join(texts[:2]) + (f"; and {len(texts) - 2} more" if len(texts) > 2 else "")


def _places(row: Row, indices: Sequence[int]) -> tuple[Place, ...]:
    return tuple(dict.fromkeys(p for i in indices for p in row.cells[i].places))


def _of(row: Row, *words: str) -> list[tuple[int, Verdict]]:
    """Index and verdict of the sides whose verdict is one of these."""
    return [(i, v) for i, v in enumerate(row.verdicts) if v is not None and v.word in words]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


# ---- what the logs let one say ---- #


def _differ(block: Block, comparison: Comparison) -> Iterator[Item]:
    """Differences that are established or beyond noise."""
    for row in comparison.rows:
        for word in (ESTABLISHED, BEYOND):
            held = _of(row, word)
            if not held:
                continue
            noise = _noise(held)
            better = {is_better(row, v) for _, v in held}
            way = f" ({row.better} is better)" if len(better) > 1 or len(held) > _NAMED else ""
            yield Item(
                f"{_upper(quantity_name(row))}{way}: {_sides(row, held)}, against {_against(comparison, row)}; {word}"
                + (f" ({noise})." if noise else "."),
                "verdict",
                _places(row, [comparison.baseline, *(i for i, _ in held)]),
                block.heading,
                0 if row.quantity.name in HEADLINE else 2,
            )


def _equal(block: Block, comparison: Comparison) -> Iterator[Item]:
    """Quality that is the same to the last digit that was printed."""
    for row in comparison.rows:
        held = [(i, v) for i, v in _of(row, WITHIN) if v.difference == 0]
        if held and row.quantity.name in ("score", "loss"):
            labels = _labels([row.cells[i].side.label for i in (comparison.baseline, *(i for i, _ in held))])
            text = (
                f"{_upper(quantity_name(row))} is the same as printed, {_value(row, row.cells[held[0][0]])}: {labels}."
            )
            yield Item(text, "verdict", _places(row, [comparison.baseline, *(i for i, _ in held)]), block.heading)


def _in_common(block: Block, comparison: Comparison) -> Iterator[Item]:
    """Loss at the largest number of samples that all sides logged, where their budgets differ."""
    loss = next((row for row in comparison.rows if row.quantity.name == "loss"), None)
    if loss is None or not any(v.is_refused_for(RefusalCause.BUDGET) for _, v in _of(loss, NOT_COMPARABLE)):
        return
    held = comparison.at[0] if comparison.at else at(comparison.ledger, comparison.sides, "samples")
    points = [p for p in held.points if p.loss is not None]
    if held.found is None or len(points) < 2:
        return
    order = sorted(points, key=lambda p: p.loss or 0.0)
    shown = order if len(order) <= _NAMED else [order[0], order[-1]]
    parts = [
        f"{p.side.label} {p.loss:.6g}" + (f" after {p.seconds:.1f} s" if p.seconds is not None else "")
        + (f" (step {p.step:,})" if p.step is not None else "")
        for p in shown
    ]  # fmt: skip
    first = "Loss" if len(shown) == len(order) else f"Loss, lowest and highest of {len(order)},"
    text = f"{first} at {held.found}, the most that all logged: {', '.join(parts)}."
    yield Item(text, "verdict", tuple(p.place for p in shown if p.place), block.heading, 0)


def _values(ledger: Ledger, block: Block) -> Iterator[Item]:
    """Values of runs that stand beside no other of the same work, or only beside their own repeats."""
    jobs = tuple(job for job in block.jobs if job.has_result)
    if not jobs:
        return
    many = len(jobs) > 1
    side = Side(f"{len(jobs):,} runs of the same settings" if many else jobs[0].label, jobs)
    rows = [
        Row(QUANTITIES[name], (c,), (None,), ((),), "")
        for name in HEADLINE
        if (c := side_values(ledger, QUANTITIES[name], side)).values
    ]
    if rows:
        values = ", ".join(f"{quantity_name(row)} {_value(row, row.cells[0])}" for row in rows)
        end = "Nothing else is here to hold them against." if many else "One run, held against no other."
        places = dict.fromkeys(p for row in rows for p in _places(row, [0])[:_PLACES])
        yield Item(f"{side.label}: {values}. {end}", "value", tuple(places), block.heading, 3)


# ---- what they do not ---- #


def _within(block: Block, comparison: Comparison) -> Iterator[Item]:
    """Differences that are within noise: the telling ones each, the others together."""
    rest: list[str] = []
    places: list[Place] = []
    for row in comparison.rows:
        held = [(i, v) for i, v in _of(row, WITHIN) if v.difference != 0]
        if not held:
            continue
        at_hand = _places(row, [comparison.baseline, *(i for i, _ in held)])
        if row.quantity.name in HEADLINE:
            text = (
                f"That {quantity_name(row)} differs: {_sides(row, held)}, against {_against(comparison, row)}, "
                f"{'is' if len(held) == 1 else 'are'} within noise ({_noise(held)})."
            )
            yield Item(text, "verdict", at_hand, block.heading)
        else:
            amounts = [verdict_text(row, v).removesuffix(" " + WITHIN) for _, v in held]
            shown = amounts if len(amounts) <= _NAMED else [amounts[0], "…", amounts[-1]]
            rest.append(f"{quantity_name(row)} ({', '.join(shown)})")
            places += at_hand
    if rest:
        text = f"That {_labels(rest, len(rest))} differ{'s' if len(rest) == 1 else ''}: within noise."
        yield Item(text, "verdict", tuple(dict.fromkeys(places)), block.heading, 3)


def _unknown(block: Block, comparison: Comparison) -> Iterator[Item]:
    """Differences of which nobody can tell whether they are chance."""
    told: list[str] = []
    places: list[Place] = []
    for row in comparison.rows:
        held = _of(row, UNKNOWN)
        if held:
            amounts = [verdict_text(row, v).split()[0] for _, v in held]
            shown = amounts if len(amounts) <= _NAMED else [amounts[0], "…", amounts[-1]]
            told.append(f"{quantity_name(row)} ({', '.join(shown)})")
            places += _places(row, [comparison.baseline, *(i for i, _ in held)])
    if told:
        text = f"Whether {_labels(told, len(told))} differ{'s' if len(told) == 1 else ''} by more than chance: "
        yield Item(
            f"{text}no repeats are known.", "verdict", tuple(dict.fromkeys(places)), block.heading, 2
        )  # fmt: skip


_TOLD_BY = {
    "compile-cached": RefusalCause.CACHED,
    "different-budget": RefusalCause.BUDGET,
    "estimate": RefusalCause.ESTIMATE,
    "score-kind": RefusalCause.SCORE,
    "unit-basis": RefusalCause.SAMPLE,
    "scenario": RefusalCause.SCENARIO,
    "clock-scope": RefusalCause.CLOCK,
}
"""Finding -> what it says as well as a refusal does."""


def _refused(block: Block, comparison: Comparison, findings: set[str]) -> Iterator[Item]:
    """What is not compared, by reason; a reason that a finding of these runs tells is left to it."""
    base = comparison.baseline
    left = [bar for name, bar in _TOLD_BY.items() if name in findings]
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
    for short, held in by_reason.items():
        reason = full[short].pop() if len(full[short]) == 1 else short
        names = list(dict.fromkeys(quantity_name(row) for row, _ in held))
        others = list(dict.fromkeys(row.cells[i].side.label for row, i in held))
        every = len(others) == len(comparison.sides) - 1
        of = "" if every else f" of {_labels([comparison.sides[base].label, *others])}"
        places = tuple(dict.fromkeys(p for row, i in held for p in _places(row, [base, i])))
        verb = "is" if len(names) == 1 else "are"
        yield Item(f"Which {_labels(names, 4)} {verb} better{of}: {reason}.", "verdict", places, block.heading)


def _missing(block: Block, comparison: Comparison) -> Iterator[Item]:
    """Telling quantities that a side does not have while another has."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for row in comparison.rows:
        if row.quantity.name in HEADLINE:
            for c in row.cells:
                if c.empty is not None and c.empty.why is not Why.DOES_NOT_APPLY:
                    by_reason.setdefault((c.side.label, c.empty.text), []).append(quantity_name(row))
    held: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for (label, reason), found in by_reason.items():
        held.setdefault((tuple(found), reason), []).append(label)
    for (names, reason), labels in held.items():
        yield Item(f"The {_labels(names, 6)} of {_labels(labels)}: {reason}.", "verdict", (), block.heading, 2)


# ---- what would settle it ---- #


def _repeats(blocks: Sequence[Block]) -> Iterator[Item]:
    """Three runs a side, where a difference is not established and could be; said once of all blocks."""
    wanting: dict[str, set[int]] = {}
    for block in blocks:
        comparison = block.comparison
        if comparison is not None and any(_of(row, BEYOND, WITHIN, UNKNOWN) for row in comparison.rows):
            counts = {n for side in comparison.sides if (n := sum(job.has_result for job in side.jobs)) < 3}
            if counts:
                wanting[block.heading] = counts
    if wanting:
        counts = set.union(*wanting.values())
        has = f"n is {max(counts)}" if len(counts) == 1 else f"n is {min(counts)} to {max(counts)}"
        text = f"Run each three times or more (now {has}): from three on a side a difference can be established."
        yield Item(text, "verdict", (), next(iter(wanting)) if len(wanting) == 1 else "", 1)


def _settings(block: Block, comparison: Comparison) -> Iterator[Item]:
    """Settings that some side's logs do not state."""
    missing = [s for s in comparison.settings if s.role == "unknown"]
    if missing:
        without = [
            side.label for i, side in enumerate(comparison.sides) if any(not s.values[i] for s in missing)
        ]  # fmt: skip
        text = (
            f"Say what no log says of {_labels(without)}: {', '.join(s.name for s in missing)} "
            f"(--claim 'LABEL:{missing[0].name}=…'; it is then marked as claimed)."
        )
        yield Item(text, "verdict", (), block.heading, 3)


def _advice(serious: Sequence[Mapping[str, Any]], about: Mapping[str, str]) -> Iterator[Item]:
    """What each finding advises, once; under the block that it is about, if it is about one."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for row in serious:
        by_name.setdefault(row["name"], []).append(row)
    for name, rows in by_name.items():
        homes = {_home(row["runs"], about) for row in rows}
        places = tuple(dict.fromkeys(Place(p) for row in rows for p in row["evidence"]))
        yield Item(rows[0]["advice"], name, places, homes.pop() if len(homes) == 1 else "", 1)


# ---- claims ---- #


def _claims(
    ledger: Ledger, claims: pl.DataFrame, about: Mapping[str, str]
) -> tuple[list[Item], list[Item], list[Item]]:
    """What claims add to each list. A file's name that is right says nothing new."""
    say: list[Item] = []
    not_say: list[Item] = []
    settle: list[Item] = []
    for row in claims.iter_rows(named=True):
        job = ledger.by_run[row["run"]]
        place = (Place.of(row["source"], row["line"]),) if row["line"] else ()
        by = "the file's name" if row["origin"] == "file name" else "the claim"
        said, home = f"{row['name']} {row['claimed']}", about.get(row["run"], "")
        if row["verdict"] == "refuted":
            text = f"That {job.label} has {said}, as {by} says: the log says {row['found']}."
            not_say.append(Item(text, "claim", place, home, 0))
        elif row["verdict"] == "confirmed" and row["origin"] != "file name":
            say.append(Item(f"{job.label} has {said}, as claimed.", "claim", place, home, 2))
        elif row["verdict"] == "not in the log":
            text = f"That {job.label} has {said}: {by} says so, and nothing in the log does."
            not_say.append(Item(text, "claim", place, home, 2))
            settle.append(Item(f"A log of {job.label} that states {row['name']}.", "claim", (), home, 2))
    return say, not_say, settle


def _labels(labels: Sequence[str], most: int = 3) -> str:
    """`a, b and c`; `a, b, c and 4 more`."""
    if len(labels) > most + 1:
        return f"{', '.join(labels[:most])} and {len(labels) - most} more"
    return listed(labels)


def differs(comparison: Comparison) -> tuple[str, ...]:
    """In what the sides differ, on one line each."""
    return tuple(one_line(text) for text in what_differs(comparison))
