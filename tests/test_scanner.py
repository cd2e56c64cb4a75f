"""The compiled scanner takes a line exactly if `re` does, with the same groups, or leaves it undecided."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.grammar import Grammar, Rule, registry
from logparse.grammar.pattern import Compiled
from logparse.reading import scanner
from logparse.reading.check import mutations
from logparse.reading.coverage import _Naming
from logparse.reading.literals import Literals

GRAMMARS = registry.grammars()

pytestmark = pytest.mark.skipif(scanner._compiled is None, reason="the scanner was not compiled")


def scanned(text: bytes, *patterns: str, rivals: tuple[str, ...] = (), keep: bool = False) -> scanner.ScannedLines:
    """The lines of a text by these patterns."""
    programs = [scanner.program(pattern) for pattern in patterns]
    lines = scanner.scan(text, [(program, rivals, keep) for program in programs if program])
    assert lines is not None
    assert len(lines.taken) == len(patterns)
    return lines


def by_re(lines: dict[int, str], pattern: str) -> list[tuple[Any, ...]]:
    """The lines that `re` takes: row and groups."""
    compiled = re.compile(pattern)
    found = [(row, compiled.fullmatch(line)) for row, line in lines.items()]
    return [(row, *match.groups()) for row, match in found if match]


def check(lines: list[str], pattern: str) -> scanner.ScannedLines:
    """Lines are decided as `re` decides; none with a carriage return is taken."""
    found = scanned("\n".join(lines).encode(), pattern)
    undecided = set(found.undecided["row"])
    # `re` may need hours for a line that is undecided.
    decided = {row: line for row, line in enumerate(lines) if row not in undecided and "\r" not in line}
    assert found.taken[0].rows() == by_re(decided, pattern)
    others = {*range(len(lines))} - undecided - {*found.taken[0]["row"]}
    assert found.others.rows() == [(row, lines[row]) for row in sorted(others)]
    return found


@pytest.mark.parametrize("grammar", GRAMMARS, ids=lambda g: g.name)
def test_examples_of_all_rules_and_what_is_like_them(grammar: Grammar) -> None:
    decided = 0
    for rule in grammar.rules:
        if scanner.program(rule.compiled.pattern) is None:
            continue
        texts = [text for example in rule.examples for text in mutations(example.strip(), every=40)]
        texts = [text for text in dict.fromkeys(texts) if "\n" not in text]
        if texts:
            found = check(texts, rule.compiled.pattern)
            # Lazy repeats within each other may take many steps.
            assert not found.undecided.height or "*?" in rule.compiled.pattern
            decided += found.taken[0].height
    assert decided > 5


def test_nearly_all_rules_have_a_program() -> None:
    rules = [rule for grammar in GRAMMARS for rule in grammar.rules]
    unsuitable = [rule.id for rule in rules if scanner.program(rule.compiled.pattern) is None]
    assert len(rules) > 500
    assert len(unsuitable) < len(rules) / 25, unsuitable


# ---- any pattern, any text ---- #

CHARACTERS = st.sampled_from(["a", "b", "é", "[ab]", "[^a]", ".", "[a-c]", "[aé▏]", r"\.", " "])


def repeated(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    counts = st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "*?", "+?", "??", "{1,3}?"])
    return st.builds(lambda text, count: f"(?:{text}){count}", inner, counts)


PATTERNS = st.recursive(
    CHARACTERS
    | st.builds(lambda text, count: text + count, CHARACTERS, st.sampled_from(["*", "+", "?", "{2,3}", "*?"])),
    lambda inner: (
        repeated(inner)
        | st.builds("({})".format, inner)
        | st.lists(inner, min_size=2, max_size=3).map("".join)
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})")
    ),
    max_leaves=8,
)
LINES = st.lists(st.text("abc. é▏\r\x00", max_size=12), min_size=1, max_size=6)


@given(PATTERNS, LINES)
def test_any_pattern_is_matched_as_by_re(pattern: str, lines: list[str]) -> None:
    program = scanner.program(pattern)
    if program is not None:
        # An empty last line would be no line.
        found = check([*lines, "x"], pattern)
        # Nested repeats may take many steps.
        assert not found.undecided.height or ")" in pattern


@given(PATTERNS, LINES, st.text("abc. é", min_size=1, max_size=3))
def test_a_line_never_contains_what_its_pattern_cannot(pattern: str, lines: list[str], text: str) -> None:
    program = scanner.program(pattern)
    if program is not None and not program.can_contain(text):
        decided = [line for line in lines if text in line and program.groups(line) is not None]
        assert not [line for line in decided if re.fullmatch(pattern, line)]


@dataclass(frozen=True)
class StandIn:
    """As much of a rule as its reader needs."""

    compiled: Compiled
    marked: frozenset[str]

    def groups_in(self, text: str) -> tuple[str | None, ...] | None:
        """What the rule captures in a text by `re`; None if it does not read it."""
        if not any(literal in text for literal in self.compiled.literals):
            return None
        pattern = re.compile(self.compiled.pattern)
        match = pattern.search(text) if "unanchored" in self.marked else pattern.fullmatch(text)
        return match and match.groups()


RULES = st.builds(
    lambda pattern, literals, marks: StandIn(Compiled(pattern, (), tuple(literals)), marks),
    PATTERNS,
    st.lists(st.text("ab.é", min_size=1, max_size=3), min_size=1, max_size=3),
    st.sampled_from([frozenset(), frozenset({"unanchored"})]),
)


@given(st.lists(RULES, min_size=1, max_size=5), st.lists(st.text("abc. é▏\x00\n", max_size=20), max_size=6))
def test_a_reader_gives_each_text_to_the_first_exclusive_rule_and_to_all_others(
    rules: list[StandIn], texts: list[str]
) -> None:
    reader = scanner.reader(rules)  # type: ignore[arg-type]
    assert reader is not None
    found = reader.read(pl.Series(texts, dtype=pl.String))
    assert found is not None
    undecided = found.undecided.to_list()
    expected: dict[int, list[tuple[Any, ...]]] = {}
    for row, text in enumerate(texts):
        is_taken = False
        for index, rule in enumerate(rules) if row not in undecided else ():
            is_exclusive = "unanchored" not in rule.marked
            groups = None if is_taken and is_exclusive else rule.groups_in(text)
            if groups is not None:
                expected.setdefault(index, []).append((row, *groups))
            is_taken |= groups is not None and is_exclusive
    read = {
        index: [(row, *groups) for row, groups in zip(rows, frame.rows() or [()] * rows.len(), strict=True)]
        for index, (rows, frame) in found.read.items()
    }
    assert read == expected
    unsuitable = [rule for rule in rules if scanner.program(rule.compiled.pattern) is None]
    assert not undecided or unsuitable or any(")" in rule.compiled.pattern for rule in rules)


@given(
    st.lists(st.text("ab é.", min_size=1, max_size=4), max_size=6),
    st.lists(st.text("ab é.\x00", max_size=30), max_size=5),
)
def test_a_gate_passes_what_contains_a_word(words: list[str], lines: list[str]) -> None:
    passed = Literals(words).found_in(pl.Series(lines, dtype=pl.String))
    assert passed.to_list() == [any(word in line for word in words) for line in lines]


def test_texts_in_several_chunks_and_parts_of_a_column(monkeypatch: pytest.MonkeyPatch) -> None:
    column = pl.concat([pl.Series(["a1", "b", None]), pl.Series(["x" * 50 + "a22", "a3"])])
    found = scanner.Finder(["a"]).rows(column)
    assert found is not None
    assert found.to_list() == [0, 3, 4]
    assert Literals(["a"]).found_in(column[1:4]).to_list() == [False, False, True]
    monkeypatch.setattr(scanner, "_compiled", None)
    assert Literals(["a"]).found_in(column[1:4]).to_list() == [False, False, True]


@given(PATTERNS, st.text("abc. é▏\x00\n", max_size=20), st.booleans())
def test_groups_begin_where_they_begin_by_re(pattern: str, text: str, is_anchored: bool) -> None:
    program = scanner.program(pattern, is_anchored)
    groups = program.groups(text) if program else None
    if groups is not None:
        match = re.fullmatch(pattern, text) if is_anchored else re.search(pattern, text)
        spans = match.regs[1:] if match else ()
        assert groups == [(start, text[start:end]) if start >= 0 else None for start, end in spans]


def test_what_a_pattern_can_contain() -> None:
    program = scanner.program(r"step=([0-9]+), loss=([0-9.]+) \| (?:dev|[^ ,]+)")
    assert program is not None
    assert all(program.can_contain(text) for text in ("step=", "12, l", "9.9 ", "--mode=", "CSX"))
    assert not any(program.can_contain(text) for text in ("epoch ", "x, loss", "a b", ", é", ", l0"))


def test_rivals_and_lines_that_are_kept() -> None:
    lines = scanned(b"a=1\nb=2\na=3 rival\na=4", "a=([0-9 a-z]+)", rivals=("rival", "not there at all"), keep=True)
    assert lines.taken[0].rows() == [(0, "a=1", "1"), (3, "a=4", "4")]
    assert lines.others.rows() == [(1, "b=2"), (2, "a=3 rival")]


def test_the_first_pattern_that_can_takes_a_line() -> None:
    lines = scanned(b"a1\nb2\na\n", "a([0-9])|(c)", "[ab]([0-9])?")
    assert [taken.rows() for taken in lines.taken] == [[(0, "1", None)], [(1, "2"), (2, None)]]


@pytest.mark.parametrize(
    ("text", "others", "undecided", "taken"),
    [
        (b"", 0, 0, 0),
        (b"\n", 1, 0, 0),
        (b"\n\na\n\n", 3, 0, 1),
        (b"a", 0, 0, 1),
        (b"a\r\na\x00\na", 2, 0, 1),
        (b"\xff\xfe\xc3\na", 1, 0, 1),
        (b"\x80" * 9 + b"\n" + b"a" * 7 + b"\xc3", 2, 0, 0),
        (b"a" * 20_000 + b"\na", 0, 1, 1),
    ],
)
def test_odd_texts(text: bytes, others: int, undecided: int, taken: int) -> None:
    lines = scanner.scan(text, [(scanner.program("(a+)"), (), False)])  # type: ignore[list-item]
    assert lines is not None
    assert (lines.others.height, lines.undecided.height, lines.taken[0].height) == (others, undecided, taken)


def test_a_line_that_takes_too_many_steps_is_undecided() -> None:
    lines = scanned(b"a" * 60 + b"b\naaac", "(?:a|aa)+(?:aa|a)+(?:a+a*)c")
    assert (lines.undecided["row"].to_list(), lines.taken[0]["row"].to_list()) == ([0], [1])


def test_all_starts_in_a_line_share_their_steps() -> None:
    program = scanner.program("a[ab]*c", is_anchored=False)
    assert program is not None
    assert program.groups("a" * 100) == []
    assert program.groups("a" * 16_000) is None


def test_literals_may_be_many_and_longer_than_a_line_of_the_scanner() -> None:
    words = [*(f"word{n}." for n in range(20_000)), "y" * 20_000]
    texts = ["word7", "a word19999.", "x" * 300_000 + "word0.", "x" + "y" * 20_000, "y" * 19_999]
    assert Literals(words).found_in(pl.Series(texts)).to_list() == [False, True, True, True, False]


def test_long_texts_stay_as_they_are_when_the_source_is_gone() -> None:
    text = b"".join(b"%d %s\n" % (n, bytes([97 + n % 26]) * (n % 40)) for n in range(5_000))
    lines = scanned(text, "([0-9]+) ([a-z]*)")
    del text
    texts = pl.Series([chr(97 + n % 26) * (n % 40) for n in range(5_000)])
    assert lines.taken[0]["2"].to_list() == texts.to_list()
    assert pl.concat([lines.taken[0], lines.taken[0]], rechunk=True)["2"].n_unique() == texts.n_unique()


def test_more_than_the_scanner_takes_is_left_to_polars(monkeypatch: pytest.MonkeyPatch) -> None:
    program = scanner.program("a")
    assert program is not None
    assert scanner.scan(b"a", [(program, (), False)] * 65) is None
    assert scanner.program("(a)" * 33) is None
    assert scanner.program("(?:a?)*") is None
    assert scanner.program("(?:(a?)){1,2}") is None
    assert all(
        scanner.program(text) is None
        for text in ("a++", r"\d", "^a", "a$", "(?=a)", "[a-é]", "[^é]", "(a", "a)", "[a", "a{", "(a){0}")
    )
    # Python and Rust read these in different ways.
    assert all(scanner.program(text) is None for text in (r"\<a", r"a\>", "[a&&b]", "[--a]", "[+--]", "[a~~b]"))
    monkeypatch.setattr(scanner, "_compiled", None)
    assert scanner.scan(b"a", [(program, (), False)]) is None


def test_a_line_that_two_rules_name_is_counted_once() -> None:
    rules = [
        Rule("whole", "alpha beta", "alpha beta"),
        Rule("part", "beta", "beta", marks="unanchored"),
        Rule("segment", "alpha gamma", "alpha gamma"),
    ]
    naming = _Naming(GRAMMARS[0], rules, Literals.of(rules), scanner.reader(rules))
    lines = pl.DataFrame(
        {"row": [0, 1], "text": ["alpha beta", "x\ralpha gamma"]}, {"row": pl.UInt32, "text": pl.String}
    )
    assert sorted(naming.rows(lines)) == [0, 1]
