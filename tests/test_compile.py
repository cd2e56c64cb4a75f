"""From expression to pattern: each form inside other text, generated lines, and what is refused."""

from __future__ import annotations

import polars as pl
import pyparsing as pp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logparse.errors import GrammarError
from logparse.grammar import Rule, integer, nonempty, real, registry, rest, word
from logparse.grammar.compile import compile_expression
from logparse.reading.match import rules_of
from logparse.reading.scan import read

SHARED = [rule for g in registry.grammars() if g.shared for rule in g.rules]
RULES = [(g, rule) for g in registry.grammars() if not g.shared for rule in rules_of(g, SHARED)]
PLAIN = [rule for _, rule in RULES if "unanchored" not in rule.marked]

FORMS = {
    "Literal": (pp.Literal("loss") + "=" + integer("step"), "loss=12"),
    "one character": (pp.Literal("|") + integer("step"), "|12"),
    "Word": ("at " + pp.Word(pp.nums)("step") + "/" + pp.Word(pp.alphas, pp.alphanums)("text"), "at 12/a1"),
    "Word with bounds": ("at " + pp.Word("ab", min=2, max=3)("text") + ".", "at aba."),
    "Regex": ("at " + pp.Regex(r"[0-9]{2}:[0-9]{2}")("text") + " ", "at 12:30 x"),
    "Combine": ("at " + pp.Combine(pp.Word(pp.nums) + "." + pp.Word(pp.nums))("text") + ";", "at 1.25;"),
    "Suppress": (pp.Suppress("at ") + integer("step") + pp.Suppress(";"), "at 12;"),
    "Opt": ("at " + integer("step") + pp.Opt(", of " + integer("steps")) + ";", "at 12, of 20;"),
    "And": ("a" + ("b" + integer("step") + "c") + "d", "ab12cd"),
    "MatchFirst": ("at " + (integer("step") + " steps" | word("text") + " times") + ";", "at 12 steps;"),
    "free text": ("note: " + nonempty("text"), "note: anything (goes) [here] \\ too"),
}


def both(rule: Rule, segment: str) -> tuple[dict[str, str] | None, dict[str, str | None] | None]:
    """What pyparsing reads of a segment, and what the compiled rule reads."""
    slow = rule.read(segment)
    frame = read(
        pl.DataFrame({"row": [0], "col": [0], "seg": [segment]}, schema_overrides={"row": pl.UInt32, "col": pl.UInt32}),
        rule,
    )
    fast = None
    if frame.height:
        fast = {name: frame[f"{name}:text"][0] for name in rule.fields}
    return (None if slow is None else {n: slow.get(n) for n in rule.fields}), fast  # type: ignore[misc]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("around", ["{}", "x{}", "{}x", " {}", "({})", "{0}{0}", "x {} x"])
def test_each_form_reads_alike_inside_other_text(form: str, around: str) -> None:
    expr, line = FORMS[form]
    for tail in ("", " and more"):
        whole = Rule("whole", line, expr + rest if form not in ("free text",) else expr)
        slow, fast = both(whole, around.format(line) + tail)
        assert slow == fast
    if form != "free text":
        exact = Rule("unanchored", line, expr, marks="unanchored")
        slow, fast = both(exact, around.format(line))
        assert slow == fast


def test_every_form_of_the_table_has_a_case() -> None:
    seen = {type(e).__name__ for expr, _ in FORMS.values() for e in _elements(expr)}
    assert {"Literal", "Word", "Regex", "Combine", "Suppress", "Opt", "And", "MatchFirst"} <= seen


def _elements(expr: pp.ParserElement) -> list[pp.ParserElement]:
    inner = [*getattr(expr, "exprs", ()), *([expr.expr] if getattr(expr, "expr", None) is not None else [])]
    return [expr, *(e for part in inner for e in _elements(part))]


pieces = st.one_of(
    st.sampled_from(
        [
            " ",
            "  ",
            "\t",
            ",",
            ":",
            "=",
            "|",
            "%",
            "-",
            ".",
            "0",
            "1e5",
            "-1",
            "nan",
            "12:30",
            "é",
            "█",
            "\\",
            "(",
            "]",
            "x",
        ]
    ),
    st.text(max_size=4),
)


@st.composite
def lines(draw: st.DrawFn) -> tuple[Rule, str]:
    """A rule, and its example with parts taken out, doubled, put in, or joined with another rule's example."""
    rule = draw(st.sampled_from(PLAIN))
    text = draw(st.sampled_from(rule.examples)).strip()[:400]
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        end = min(len(text), at + draw(st.integers(0, 6)))
        edit = draw(st.sampled_from(["cut", "double", "put", "other"]))
        new = {
            "cut": "",
            "double": text[at:end] * 2,
            "put": draw(pieces),
            "other": draw(st.sampled_from(PLAIN)).example[:40],
        }
        text = text[:at] + new[edit] + text[end:]
    return rule, "".join(c for c in text if c >= " " or c == "\t").strip()


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(lines())
def test_both_paths_agree_on_generated_lines(case: tuple[Rule, str]) -> None:
    rule, segment = case
    slow, fast = both(rule, segment)
    assert slow == fast, (rule.id, segment)


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        (pp.CaselessLiteral("loss") + integer("step"), "CaselessLiteral is not supported"),
        (pp.ZeroOrMore("x") + "loss", "ZeroOrMore is not supported"),
        ("a" + pp.Regex(r"\d+")("step"), r"\\d, \\w or \\s in Regex"),
        ("a" + pp.Regex(r"(?=b)b")("text"), "look-ahead"),
        ("a" + pp.Regex(r"(b)")("text"), "a capturing group"),
        ("a" + pp.Regex(r"[a&&b]")("text"), "in a class"),
        ((pp.Word("a") + "b")("text") + "loss", "is on several tokens"),
        (pp.Word("ab", as_keyword=True) + "loss", "as_keyword=True. is not supported"),
        (pp.Word("ab")("text") + pp.Word("c"), "no literal text that every match contains"),
        ("a" + integer("step").set_parse_action(lambda t: int(t[0])), "a parse action"),
    ],
)
def test_forms_without_an_exact_equivalent_are_rejected_by_name(expr: pp.ParserElement, message: str) -> None:
    with pytest.raises(GrammarError, match=message):
        compile_expression(expr, "rule")


def test_adjacent_texts_are_one_literal() -> None:
    level = pp.Literal("warning") | "error"
    assert compile_expression(integer("step") + " - " + level + " - " + rest, "rule").literals == (
        " - error - ",
        " - warning - ",
    )


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_every_float_that_python_prints_is_read_to_its_end(number: float) -> None:
    rule = Rule("number", "loss: 1.5;", "loss: " + real("loss") + ";")
    slow, fast = both(rule, f"loss: {number};")
    assert slow == fast == {"loss": str(number)}
