"""What runs are called, display words for values of the columns of `runs`, and small helpers for sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from logparse.text.missing import Code

# ---- names of runs ---- #


def short_names(labels: Sequence[str], given: Collection[str] = (), among: Sequence[str] | None = None) -> list[str]:
    """What runs are called where they are shown together: their labels without what all of them share.

    The folders that are not needed to distinguish them, the common first words and the common extension are left out.
    No two runs have the same name, the order of the labels does not matter, and `meant` finds the run of each name.

    Args:
        labels: the labels of the runs that are shown; all are different.
        given: those of them that a user gave to a run: they stay as they are.
        among: the labels of all runs that a name could mean, those shown among them. Default: those shown.
    """
    shown = _shared_parts_removed(labels, given)
    if among is None or len(among) == len(labels):
        return _unambiguous(labels, shown, labels, shown)
    every = _unambiguous(among, shortened := _shared_parts_removed(among, given), among, shortened)
    of_all = dict(zip(among, every, strict=True))
    if len(labels) > _LEGIBLE:
        return [of_all[label] for label in labels]
    text = "\n".join(among)
    single = [name if _count(name, text) == 1 else of_all[label] for label, name in zip(labels, shown, strict=True)]
    return _unambiguous(labels, single, among, every)


_LEGIBLE = 500
"""Runs up to which names are shortened for those that are shown; of more, nobody reads each."""


def meant(name: str, labels: Sequence[str], names: Sequence[str]) -> list[int]:
    """The positions of the runs that `name` refers to: the one of that label; else of that short name; else those in
    whose label it stands as whole words.

    labels: of all runs that it could mean; names: what `short_names` calls them.
    """
    for texts in (labels, names):
        if found := [i for i, text in enumerate(texts) if text == name]:
            return found
    return [i for i, label in enumerate(labels) if name and _count(name, label)]


def distinct_ends(paths: Collection[str]) -> dict[str, str]:
    """Path -> the shortest end of it, cut at a `/`, that no other of these paths has."""
    parts = {path: path.split("/") for path in paths}
    ends: dict[str, str] = {}
    depth = 1
    while parts:
        candidates = {path: "/".join(folders[-depth:]) for path, folders in parts.items()}
        counts = Counter(candidates.values())
        ends |= {p: end for p, end in candidates.items() if counts[end] == 1 or depth >= len(parts[p])}
        parts = {path: folders for path, folders in parts.items() if path not in ends}
        depth += 1
    return ends


_NUMBER_IN_SOURCE = re.compile(r"#\d+$")
"""The end of a label that says which run of a source it is."""
_WORDS = re.compile(r"(?:[^\W_]|(?<=\d)\.(?=\d))+")
"""Words of a label: letters and digits; a point between digits is no separator."""


def _shared_parts_removed(labels: Sequence[str], given: Collection[str]) -> list[str]:
    """The labels without the folders, first words and extensions that do not distinguish them."""
    fixed = set(given)
    stems = {label: _NUMBER_IN_SOURCE.sub("", label) for label in labels if label not in fixed}
    short = distinct_ends(set(stems.values()))
    inner = _without_common_words(sorted(set(short.values()))) if len(short) > 1 else {}
    return [
        label if label in fixed else inner.get(end := short[stems[label]], end) + label[len(stems[label]) :]
        for label in labels
    ]


def _without_common_words(texts: Sequence[str]) -> dict[str, str]:
    """Text -> what is left of it without the words that all texts begin with, and the extension that all end with.

    A name does not begin with a number: the word before it says what it counts (`batch_512`).
    """
    spans = {text: [match.span() for match in _WORDS.finditer(text)] for text in texts}
    most = min(map(len, spans.values())) - 1  # at least one word is left
    if most < 1:
        return {}
    begin = 0
    while begin < most and len({text[: at[begin + 1][0]] for text, at in spans.items()}) == 1:
        begin += 1
    while begin and any(text[at[begin][0]].isdigit() for text, at in spans.items()):
        begin -= 1
    end = 0
    while end < most - begin and len({text[at[-end - 2][1] :] for text, at in spans.items()}) == 1:
        end += 1
    # Only folders and extensions are left out at the end: `not_compiled` is not `not`.
    while end and any(text[at[-end - 1][1]] not in "./" for text, at in spans.items()):
        end -= 1
    out = {
        text: text[at[begin][0] if begin else 0 : at[-end - 1][1] if end else len(text)] for text, at in spans.items()
    }
    # In a sentence, a name of digits alone would be read as a number.
    return out if all(any(map(str.isalpha, name)) for name in out.values()) else {}


def _unambiguous(labels: Sequence[str], names: Sequence[str], among: Sequence[str], every: Sequence[str]) -> list[str]:
    """The names, but the whole label where the name of a run could be taken for another: where it is the label of
    another run of `among`, or the name of one in `every`."""
    taken = {name: label for label, name in zip(among, every, strict=True)}
    whole = set(among)
    counts = Counter(names)
    return [
        name
        if name == label or (counts[name] == 1 and name not in whole and taken.get(name, label) == label)
        else label
        for label, name in zip(labels, names, strict=True)
    ]


def _count(name: str, text: str) -> int:
    """How often a name stands as whole words in a text."""
    count, at = 0, text.find(name)
    while at >= 0:
        end = at + len(name)
        count += not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum())
        at = text.find(name, at + 1)
    return count


def in_room(names: Sequence[str], room: float, measure: Callable[[str], float] = len) -> list[str]:
    """Names in the room for each. What is too long is shortened in its middle, because both ends distinguish runs.

    Different names that would become equal are shortened around the place where they differ; where that is not enough,
    they are numbered.
    """
    out = {name: _in_middle(name, room, measure) for name in names}
    seen: set[tuple[str, ...]] = set()
    while groups := [group for group in _alike(out) if tuple(group) not in seen]:
        for group in groups:
            seen.add(tuple(group))
            begin = _difference(group[0], group[-1])
            out |= {name: _beginning(f"…{name[begin:]}", room, measure) for name in group}
    taken = set(out.values())
    for group in _alike(out):
        number = 1
        for name in group:
            while (numbered := f"{_in_middle(name, room - measure(f' #{number}'), measure)} #{number}") in taken:
                number += 1
            taken.add(numbered)
            out[name] = numbered
    return [out[name] for name in names]


def _alike(texts: Mapping[str, str]) -> list[list[str]]:
    """Groups of names, in order, that have the same text."""
    groups: dict[str, list[str]] = {}
    for name in sorted(texts):
        groups.setdefault(texts[name], []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _in_middle(name: str, room: float, measure: Callable[[str], float]) -> str:
    if measure(name) <= room:
        return name
    keep = len(name) - 1
    while keep > 4 and measure(name[: keep // 2] + "…" + name[-(keep - keep // 2) :]) > room:
        keep -= 1
    return name[: keep // 2] + "…" + name[-(keep - keep // 2) :]


def _difference(a: str, b: str) -> int:
    """Where two names begin to differ, or the beginning of the word in which they do."""
    same = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    word = max((a.rfind(sign, 0, same) for sign in "_/.- "), default=-1) + 1
    return word if same - word < _LONG_WORD else same


_LONG_WORD = 12
"""Longest beginning of a word that is repeated in names that differ in its end."""


def _beginning(text: str, room: float, measure: Callable[[str], float]) -> str:
    """The beginning of a text that fits into the room."""
    if measure(text) <= room:
        return text
    keep = len(text)
    while keep > 2 and measure(f"{text[:keep]}…") > room:
        keep -= 1
    return f"{text[:keep]}…"


# ---- words for values ---- #

_TASKS = {
    "train": "training",
    "inference": "inference",
    "compile": "compiling",
    "validate": "validation",
    "submission": "submission",
}


def task(value: str) -> str:
    """`training`, `inference`, `compiling`, `validation`, `submission`; an unknown task unchanged."""
    return _TASKS.get(value, value)


PHASES = {
    "compile": "compiling",
    "load": "loading",
    "eval": "evaluation",
    "checkpoint": "saving checkpoints",
    "queue": "waiting",
}
"""Phase -> display word."""


def included_text(included: str | None) -> str:
    """What a training time includes, from the value of `train_includes`: `with compiling and loading`."""
    if not included:
        return "the steps alone, as far as the log states"
    return f"with {listed([PHASES.get(phase, phase) for phase in included.split(', ')])}"


def listed(words: Sequence[str], most: int | None = None) -> str:
    """`a`, `a and b`, `a, b and c`; where more than one would be left out, the first `most`: `a, b, c and 4 more`."""
    if most is not None and len(words) > most + 1:
        return shortened(words, most)
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def shortened(words: Sequence[str], most: int, separator: str = ", ") -> str:
    """The first `most` of some words, and how many are left out: `a, b and 4 more`, or `a; b; and 4 more`."""
    text, left = separator.join(words[:most]), len(words) - most
    if left <= 0:
        return text
    return f"{text}{' ' if separator == ', ' else separator}and {left} more"


def many(count: int, word: str, one: str = "", more: str = "s") -> str:
    """`1 run`, `2 runs`."""
    return f"{count:,} {word}{one if count == 1 else more}"


def cache_hit_text(times: Iterable[tuple[float, str]]) -> str:
    """The cell of a compile cache hit: how long fetching took, where that is reported, and the mark `cached`.

    times: seconds, and the same as text.
    """
    return ", ".join([*(text for took, text in times if took), Code.CACHED.mark])


def one_line(text: str) -> str:
    """`text` without control characters, so that it stays on one line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else {"\t": "  ", "\r": "␍", "\n": "␊"}.get(c, "\ufffd") for c in text)
