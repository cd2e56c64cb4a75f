"""Checks of grammars, beyond those that run when a grammar is imported.

Each check is one function that yields an error or None for each case that it tests.

The import rejects what cannot be used at all: an example that its rule does not match, a name outside the vocabulary, a
pyparsing form without an exact equivalent as a regular expression. The checks here consider all rules together, and
compare pyparsing with the regular expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from logparse.errors import GrammarError
from logparse.grammar import Grammar, Rule, Take, validity
from logparse.grammar.extension import combined
from logparse.grammar.validity import Cases
from logparse.reading import scanner
from logparse.reading.match import cut, run_rules
from logparse.reading.scanner import Reader
from logparse.schema import TODO
from logparse.text.terminal import Paint, aligned, one_line


@dataclass(frozen=True)
class Outcome:
    """The result of one check of one grammar: the number of cases, and the errors."""

    grammar: str
    check: str
    """The check as a sentence."""
    cases: int
    errors: tuple[GrammarError, ...]


@dataclass(frozen=True)
class Subject:
    """A grammar that is checked."""

    own: Grammar
    """What its file declares."""
    whole: Grammar
    """What logs are read with: the platform that it extends, with all extensions; or the grammar itself."""

    @property
    def name(self) -> str:
        """`acme`, or `mine (graphcore)`."""
        return self.own.name if self.own is self.whole else f"{self.own.name} ({self.whole.name})"


FITS = "An extension fits the platforms that it extends"
"""What is reported of an extension that cannot be read with its platforms; without that nothing else is checked."""


def check(grammars: Sequence[Grammar], among: Sequence[Grammar], every: int = 1) -> Iterator[Outcome]:
    """Run every check on each of `grammars`, together with the others of `among` (shared rules, other platforms).

    An extension is checked with each platform that it extends. Of the texts that differ from an example by one
    character, one in `every` is tested.
    """
    names = {g.name for g in grammars}
    known = [*grammars, *(g for g in among if g.name not in names)]
    for own in grammars:
        try:
            platforms = {g.name: g for g in combined([own, *(g for g in known if g is not own and not g.extends)])}
        except GrammarError as error:
            yield Outcome(own.name, FITS, 1, (error,))
            continue
        for name in own.extends or (own.name,):
            subject = Subject(own, platforms[name] if own.extends else own)
            others = [g for g in platforms.values() if g.name != name]
            for run in CHECKS:
                cases = 0
                errors: list[GrammarError] = []
                try:
                    for found in paths_agree(subject, others, every) if run is paths_agree else run(subject, others):
                        cases += 1
                        if found is not None:
                            errors.append(found)
                except GrammarError as error:  # record starts are compiled only here
                    cases += 1
                    errors.append(error)
                yield Outcome(subject.name, sentence(run), cases, tuple(errors))


def sentence(check: Callable[..., Cases]) -> str:
    """What a check verifies, in one line."""
    return str(check.__doc__).partition("\n")[0].rstrip(".")


# ---- the lines ---- #


def patterns_compile(subject: Subject, others: Sequence[Grammar]) -> Cases:
    """Every pattern compiles in polars."""
    grammar = subject.own
    patterns = {rule.name: rule.pattern for rule in grammar.rules}
    if grammar.record_start:
        patterns["record_starts"] = grammar.record_start
    if grammar.prefix_compiled:
        patterns["prefix"] = grammar.prefix_compiled.pattern
    for name, pattern in patterns.items():
        problem = _compile_error(pattern)
        yield None if problem is None else GrammarError(
            "the pattern does not compile in polars", why=problem, where=f"{grammar.name}/{name}",
            help="use syntax that Python and Rust share: escape braces, avoid very large repeats",
        )  # fmt: skip


def _compile_error(pattern: str) -> str | None:
    """Why polars rejects `pattern`, or None."""
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError as error:
        lines = [line.strip() for line in str(error).splitlines()]
        return next((line for line in lines if line.startswith("error:")), lines[0])
    return None


def examples_survive_segmentation(subject: Subject, others: Sequence[Grammar]) -> Cases:
    """Every example still matches after the line is split into segments."""
    grammar = subject.own
    for rule, example in _examples(subject.whole if grammar.record_starts or grammar.prefix else grammar):
        segments = cut(_lines([example]), subject.whole)
        if any(rule.read(segment) is not None for segment in segments["seg"]):
            yield None
            continue
        yield GrammarError(
            f"a record start or the prefix splits the example of {rule.name!r}, so that the rule does not match it",
            why=f"its segments are {list(segments['seg'])}", where=f"{grammar.name}/{rule.name}",
            help="give the example as one segment, or make the record start more specific",
        )  # fmt: skip


def examples_match_their_own_rule(subject: Subject, others: Sequence[Grammar]) -> Cases:
    """Every example matches its own rule first: no rule above it, and no rule that identifies another platform.

    A general rule may follow a specific one, and shared rules follow all of the platform's own rules. A rule of an
    extension comes before the rules of the platform; it must not take a line from which these take values.
    """
    grammar = subject.own
    vendors = [] if grammar.shared else [(g.name, rule) for g in others if not g.shared for rule in g.rules]
    identifying = [(f"{name}/{rule.name}", rule) for name, rule in vendors if "identifies_platform" in rule.marked]
    above: list[tuple[str, Rule]] = []
    for rule in grammar.rules:
        for example in rule.examples:
            earlier = [name for name, other in (*above, *identifying) if _confused(rule, other, example.strip())]
            yield None if not earlier else GrammarError(
                f"{' and '.join(earlier)} also matches the example of {rule.name!r}, and comes first",
                why="the first rule that matches a line takes it, and a line that identifies a platform decides it",
                where=f"{grammar.name}/{rule.name}", reached=example.strip(),
                help="declare the more specific rule first, or make the other one more specific",
            )  # fmt: skip
        above.append((f"{grammar.name}/{rule.name}", rule))
    replaced = [] if subject.own is subject.whole else [r for r in subject.whole.rules if r not in grammar.rules]
    for rule in (rule for rule in replaced if subject.whole.extracts_data(rule)):
        for example in rule.examples:
            earlier = [name for name, other in above if _confused(rule, other, example.strip())]
            yield None if not earlier else GrammarError(
                f"{' and '.join(earlier)} also matches the example of {rule.id!r}, and comes first",
                why=f"{rule.id} takes values from this line, which {subject.whole.name} would lose",
                where=f"{earlier[0]}", reached=example.strip(), help="make the rule of the extension more specific",
            )  # fmt: skip


def _confused(rule: Rule, other: Rule, text: str) -> bool:
    if ("unanchored" in other.marked) != ("unanchored" in rule.marked):
        return False
    return any(literal in text for literal in other.compiled.literals) and other.read(text) is not None


_REPLACEMENTS = (" ", "\t", "0", "x", ".", "-", ",", ":", "|", "\u2003")
"""Characters that replace one of the example: they are likely to change whether a rule matches."""
_AROUND = (
    ("x", ""),
    ("0", ""),
    ("", "x"),
    ("", "0"),
    ("", " x"),
    ("x ", ""),
    ("[1] ", ", "),
    ("{'a': ", "}"),
    ("é",) * 2,
)
"""Text before and after the example."""


def mutations(example: str, every: int = 1) -> list[str]:
    """`example`, the example within other text, and one in `every` of the texts that differ by one character."""
    changed = []
    for i, char in enumerate(example):
        head, tail = example[:i], example[i + 1 :]
        changed.append(head + tail)
        changed += [head + c + tail for c in _REPLACEMENTS if c != char]
        changed += [head + c + char + tail for c in " 0x."]
    texts = [example, *(before + example + after for before, after in _AROUND), *changed[::every]]
    return [text for text in dict.fromkeys(t.strip(" \t\r") for t in texts) if text]


def paths_agree(subject: Subject, others: Sequence[Grammar], every: int = 1) -> Cases:
    """pyparsing and the regular expression agree on every example and on variations of it.

    polars runs the expression, and the compiled scanner if there is one. Variations: every text that differs from the
    example by one character, and the example within other text.
    """
    grammar = subject.own
    for rule in (rule for rule in grammar.rules if _compile_error(rule.pattern) is None):
        texts = list(dict.fromkeys(text for example in rule.examples for text in mutations(example.strip(), every)))
        paths = [fast_path(rule, texts, reader) for reader in dict.fromkeys((None, scanner.reader([rule])))]
        for i, text in enumerate(texts):
            slow = rule.read(text)
            different = [path.get(i) for path in paths if path.get(i) != slow]
            yield None if not different else GrammarError(
                f"pyparsing and the regular expression disagree on {text!r}", where=f"{grammar.name}/{rule.name}",
                why=f"pyparsing: {_values(slow)}; the regular expression: {_values(different[0])}",
                help="a token takes what a later one needs, and pyparsing does not backtrack: let the token match less",
            )  # fmt: skip


def fast_path(rule: Rule, segments: Sequence[str], reader: Reader | None = None) -> dict[int, dict[str, str]]:
    """What the regular expression captures: index of the segment -> name -> text. Only segments that match.

    reader: of this rule; else polars runs the expression.
    """
    frame = pl.DataFrame({"row": range(len(segments)), "seg": segments}, schema={"row": pl.UInt32, "seg": pl.String})
    frame = frame.with_columns(pl.lit(0, pl.UInt32).alias("col"), pl.lit(None, pl.Int64).alias("tag"))
    hits = run_rules(frame.with_columns(pos=pl.col("row").cast(pl.UInt64)), [rule], reader)
    if rule.name not in hits:
        return {}
    texts = hits[rule.name].select("row", *(pl.col(f"{name}:text").alias(name) for name in rule.fields))
    return {
        row: {name: text for name, text in zip(rule.fields, values, strict=True) if text is not None}
        for row, *values in texts.iter_rows()
    }


def _values(values: Mapping[str, str] | None) -> str:
    return (
        "no match"
        if values is None
        else ", ".join(f"{k}={v!r}" for k, v in values.items()) or "a match without captures"
    )


# ---- declarations ---- #


def names_exist(subject: Subject, others: Sequence[Grammar]) -> Cases:
    """Every rule, field, phase, column, unit and table that a declaration names exists."""
    return validity.names_exist(subject.own, subject.whole, _shared(others))


def formulas_are_valid(subject: Subject, others: Sequence[Grammar]) -> Cases:
    """Every formula parses, and uses only values that are declared above it."""
    return validity.formulas_are_valid(subject.own, subject.whole, _shared(others))


def everything_is_used(subject: Subject, others: Sequence[Grammar]) -> Cases:
    """Every intermediate value is used by a formula, and every alias table by a column."""
    grammar = subject.own
    yield from validity.columns_are_used(grammar, subject.whole, _shared(others))
    tables = {column.aliases for column in subject.whole.columns if isinstance(column, Take)}
    for name in grammar.aliases:
        yield None if name in tables else GrammarError(
            f"the alias table {name!r} is not used", where=f"{grammar.name}, aliases",
            help="name it in a Take, or remove it",
        )  # fmt: skip


def everything_is_named(subject: Subject, others: Sequence[Grammar]) -> Cases:
    """Every number of a drafted rule has a name, or is known to be of no interest."""
    rules: dict[str, list[Rule]] = {}
    for rule in subject.own.rules:
        for name in rule.fields:
            rules.setdefault(name, []).append(rule)
    for name, of_name in rules.items():
        yield None if not name.startswith(TODO) else GrammarError(
            f"{name} is still to be filled in", where=f"{subject.own.name}/{'|'.join(rule.name for rule in of_name)}",
            reached=of_name[0].example.strip(), help=_FILL_IN,
        )  # fmt: skip


_FILL_IN = "use a name of the vocabulary, declare a Metric, or drop the name: unnamed(...)"


CHECKS: tuple[Callable[[Subject, Sequence[Grammar]], Cases], ...] = (
    patterns_compile,
    examples_survive_segmentation,
    examples_match_their_own_rule,
    paths_agree,
    names_exist,
    formulas_are_valid,
    everything_is_used,
    everything_is_named,
)
"""All checks, in the order in which they run."""


# ---- helpers ---- #


def _lines(texts: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({"row": range(len(texts)), "text": texts}, schema={"row": pl.UInt32, "text": pl.String})


def _examples(grammar: Grammar) -> Iterator[tuple[Rule, str]]:
    return ((rule, example) for rule in grammar.rules for example in rule.examples)


def _shared(grammars: Sequence[Grammar]) -> list[Rule]:
    """The rules that platforms share."""
    return [rule for g in grammars if g.shared for rule in g.rules]


# ---- output ---- #


def page(outcomes: Sequence[Outcome], rejected: Sequence[GrammarError], paint: Paint) -> str:
    """One line for each check with its result, followed by all errors. `rejected`: errors of imports."""
    out = []
    names = list(dict.fromkeys(o.grammar for o in outcomes))
    for name in names:
        out.append(paint.head(name))
        rows = [[f"  {o.cases:,} cases", _verdict(o, paint), o.check] for o in outcomes if o.grammar == name]
        out += aligned(rows, right={0}, gap=2)
    errors = [*rejected, *(error for o in outcomes for error in o.errors)]
    similar: dict[tuple[str | None, str | None], list[GrammarError]] = {}
    for error in errors:
        similar.setdefault((error.where, error.help), []).append(error)
    for first, *more in similar.values():
        out += ["", *str(first).split("\n"), *([f"  and {len(more)} similar"] if more else [])]
    cases = sum(o.cases for o in outcomes)
    count = f"{len(names)} grammar{'' if len(names) == 1 else 's'}, {cases:,} cases"
    out += ["", f"{count}: {paint.warn(f'{len(errors)} failed') if errors else 'all passed'}"]
    return "\n".join(out).lstrip("\n")


def _verdict(outcome: Outcome, paint: Paint) -> str:
    return paint.warn(f"{len(outcome.errors)} failed") if outcome.errors else "passed"


def table(outcomes: Sequence[Outcome], rejected: Sequence[GrammarError]) -> pl.DataFrame:
    """One row for each check: grammar, check, cases, failed, error (the first one, with all its parts)."""
    rows: list[tuple[str | None, str, int, int, str | None]] = [
        (o.grammar, o.check, o.cases, len(o.errors), str(o.errors[0]) if o.errors else None) for o in outcomes
    ]
    rows += [(error.where, "The grammar can be imported", 1, 1, str(error)) for error in rejected]
    return pl.DataFrame(rows, schema=["grammar", "check", "cases", "failed", "error"], orient="row")


def listing(grammars: Sequence[Grammar], paint: Paint) -> str:
    """Each platform, and its rules with an example of each."""
    out = []
    for grammar in grammars:
        summary = f"{grammar.title}; version {grammar.version}, {len(grammar.rules)} rules"
        out.append(f"{paint.head(grammar.name)}  {summary}")
        out += aligned([[f"  {rule.name}", one_line(rule.example.strip())] for rule in grammar.rules], gap=2)
        out.append("")
    return "\n".join(out[:-1])


def rules(grammars: Sequence[Grammar]) -> pl.DataFrame:
    """One row for each rule: platform, rule, marks, fields, example, pattern."""
    rows = [
        (g.name, r.name, " ".join(sorted(r.marked)), " ".join(r.fields), r.example, r.pattern)
        for g in grammars
        for r in g.rules
    ]
    return pl.DataFrame(rows, schema=["platform", "rule", "marks", "fields", "example", "pattern"], orient="row")
