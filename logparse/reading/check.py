"""Checks of grammars, beyond those that run when a grammar is imported.

Each check is one function that yields an error or None for each case that it tests.

The import rejects what cannot be used at all: an example that its rule does not match, a name outside the vocabulary, a
pyparsing form without an exact equivalent as a regular expression. The checks here consider all rules together, and
compare pyparsing with the regular expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from logparse.errors import GrammarError, near, nearest
from logparse.grammar import MARKS, Bar, Grammar, Infer, Reported, Rule, Span, Spinner, Take, formula, units
from logparse.reading.match import cut, run_rules
from logparse.schema import FIELDS, PHASES, RUNS
from logparse.text.terminal import Paint, aligned, one_line


@dataclass(frozen=True)
class Outcome:
    """The result of one check of one grammar: the number of cases, and the errors."""

    grammar: str
    check: str
    """The check as a sentence."""
    cases: int
    errors: tuple[GrammarError, ...]


def check(grammars: Sequence[Grammar], among: Sequence[Grammar], every: int = 1) -> Iterator[Outcome]:
    """Run every check on each of `grammars`, together with the others of `among` (shared rules, other platforms).

    Of the texts that differ from an example by one character, one in `every` is tested.
    """
    for grammar in grammars:
        others = [g for g in among if g.name != grammar.name]
        for run in CHECKS:
            cases = 0
            errors: list[GrammarError] = []
            try:
                for error in paths_agree(grammar, others, every) if run is paths_agree else run(grammar, others):
                    cases += 1
                    if error is not None:
                        errors.append(error)
            except GrammarError as error:  # record starts are compiled only here
                cases += 1
                errors.append(error)
            yield Outcome(grammar.name, sentence(run), cases, tuple(errors))


Cases = Iterator[GrammarError | None]
"""One item for each case: an error, or None if the case passes."""


def sentence(check: Callable[..., Cases]) -> str:
    """What a check verifies, in one line."""
    return str(check.__doc__).partition("\n")[0].rstrip(".")


# ---- the lines ---- #


def patterns_compile(grammar: Grammar, others: Sequence[Grammar]) -> Cases:
    """Every pattern compiles in polars."""
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


def examples_survive_segmentation(grammar: Grammar, others: Sequence[Grammar]) -> Cases:
    """Every example still matches after the line is split into segments."""
    for rule, example in _examples(grammar):
        segments = cut(_lines([example]), grammar)
        if any(rule.read(segment) is not None for segment in segments["seg"]):
            yield None
            continue
        yield GrammarError(
            f"a record start or the prefix splits the example of {rule.name!r}, so that the rule does not match it",
            why=f"its segments are {list(segments['seg'])}", where=f"{grammar.name}/{rule.name}",
            help="give the example as one segment, or make the record start more specific",
        )  # fmt: skip


def examples_match_their_own_rule(grammar: Grammar, others: Sequence[Grammar]) -> Cases:
    """Every example matches its own rule first: no rule above it, and no rule that identifies another platform.

    A general rule may follow a specific one, and shared rules follow all of the platform's own rules.
    """
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


def paths_agree(grammar: Grammar, others: Sequence[Grammar], every: int = 1) -> Cases:
    """pyparsing and the regular expression agree on every example and on variations of it.

    Variations: every text that differs from the example by one character, and the example within other text.
    """
    for rule in (rule for rule in grammar.rules if _compile_error(rule.pattern) is None):
        texts = list(dict.fromkeys(text for example in rule.examples for text in mutations(example.strip(), every)))
        fast = fast_path(rule, texts)
        for i, text in enumerate(texts):
            slow = rule.read(text)
            yield None if slow == fast.get(i) else GrammarError(
                f"pyparsing and the regular expression disagree on {text!r}", where=f"{grammar.name}/{rule.name}",
                why=f"pyparsing: {_values(slow)}; the regular expression: {_values(fast.get(i))}",
                help="a token takes what a later one needs, and pyparsing does not backtrack: let the token match less",
            )  # fmt: skip


def fast_path(rule: Rule, segments: Sequence[str]) -> dict[int, dict[str, str]]:
    """What the regular expression captures: index of the segment -> name -> text. Only segments that match."""
    frame = pl.DataFrame({"row": range(len(segments)), "seg": segments}, schema={"row": pl.UInt32, "seg": pl.String})
    hits = run_rules(frame.with_columns(pl.lit(0, pl.UInt32).alias("col"), pl.lit(None, pl.Int64).alias("tag")), [rule])
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


def names_exist(grammar: Grammar, others: Sequence[Grammar]) -> Cases:
    """Every rule, field, phase, column, unit and table that a declaration names exists."""
    rules = _rules(grammar, others)
    for rule_name, field, where in _references(grammar):
        rule = rules.get(rule_name)
        if rule is None:
            yield _unknown("rule", rule_name, rules, f"{grammar.name}, {where}")
        elif field is not None and field not in (known := _fields(grammar, rule)):
            yield _unknown(f"field in rule {rule_name!r}:", field, known, f"{grammar.name}, {where}")
        else:
            yield None
    for unit, where in _units(grammar):
        valid = unit is None or unit in _UNITS or (unit.startswith("%") and len(unit) > 1)
        yield None if valid else _unknown("unit", str(unit), _UNITS, f"{grammar.name}, {where}")
    labelled = [(table, field) for table in grammar.tables for field, _ in table.labels.values()]
    for table, field in labelled:
        valid = field.partition("@")[0] in FIELDS
        yield None if valid else _unknown("field", field, FIELDS, f"{grammar.name}, table of {table.header}")
    for column in grammar.columns:
        if isinstance(column, Take) and column.aliases:
            valid = column.aliases in grammar.aliases
            where = f"{grammar.name}, {column.column}"
            yield None if valid else _unknown("alias table", column.aliases, grammar.aliases, where)
    declared = {phase.phase for phase in grammar.phases}
    for name, where in _phases_named(grammar):
        yield None if name in declared else _unknown("phase", name, declared, f"{grammar.name}, {where}")
    for name, where in (
        *((n, "absent") for n in grammar.absent),
        *((n, "no_timestamps") for n in grammar.no_timestamps),
    ):
        yield None if name in RUNS else _unknown("column", name, RUNS, f"{grammar.name}, {where}")


def formulas_are_valid(grammar: Grammar, others: Sequence[Grammar]) -> Cases:
    """Every formula parses, and uses only values that are declared above it."""
    rules = _rules(grammar, others)
    above = {f"{phase}_s" for phase in PHASES} & RUNS.keys() | {f"_{mark}" for mark in MARKS}
    for column in grammar.columns:
        for text in filter(None, (getattr(column, "formula", None), column.when)):
            where = f"{grammar.name}, {column.column}"
            try:
                formula.expression(text, pl.col)
            except GrammarError as error:
                yield GrammarError(error.what, why=error.why, where=where, reached=text, help=error.help)
                continue
            for name in formula.names(text):
                if name in above:
                    yield None
                else:
                    what = f"no value {name!r} is declared above this formula"
                    yield GrammarError(what, where=f"{where}: {text}", help=nearest(name, sorted(above)))
            for name in formula.rules_seen(text):
                yield None if name in rules else _unknown("rule", name, rules, f"{where}: {text}")
        above.add(column.column)


def everything_is_used(grammar: Grammar, others: Sequence[Grammar]) -> Cases:
    """Every intermediate value is used by a formula, and every alias table by a column."""
    texts = [text for c in grammar.columns for text in (getattr(c, "formula", None), c.when) if text]
    used = {name for text in texts for name in formula.names(text)}
    for column in grammar.columns:
        yield None if column.column in RUNS or column.column in used else GrammarError(
            f"{column.column!r} is not used", why="it is not a column of runs, and no formula names it",
            where=f"{grammar.name}, {column.column}", help=near(column.column, RUNS) or "remove it",
        )  # fmt: skip
    tables = {column.aliases for column in grammar.columns if isinstance(column, Take)}
    for name in grammar.aliases:
        yield None if name in tables else GrammarError(
            f"the alias table {name!r} is not used", where=f"{grammar.name}, aliases",
            help="name it in a Take, or remove it",
        )  # fmt: skip


CHECKS: tuple[Callable[[Grammar, Sequence[Grammar]], Cases], ...] = (
    patterns_compile,
    examples_survive_segmentation,
    examples_match_their_own_rule,
    paths_agree,
    names_exist,
    formulas_are_valid,
    everything_is_used,
)
"""All checks, in the order in which they run."""


# ---- helpers ---- #


def _lines(texts: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({"row": range(len(texts)), "text": texts}, schema={"row": pl.UInt32, "text": pl.String})


def _examples(grammar: Grammar) -> Iterator[tuple[Rule, str]]:
    return ((rule, example) for rule in grammar.rules for example in rule.examples)


def _rules(grammar: Grammar, others: Sequence[Grammar]) -> dict[str, Rule]:
    """The rules of the grammar and the shared rules, by name."""
    shared = [rule for g in others if g.shared for rule in g.rules]
    return {rule.name: rule for rule in (*shared, *grammar.rules)}


def _references(grammar: Grammar) -> Iterator[tuple[str, str | None, str]]:
    """Every reference to a rule, and to a field of it if any: rule, field, where."""

    def each(of: str, where: str) -> Iterator[tuple[str, str | None, str]]:
        for name in filter(None, (part.strip() for part in of.split("|"))):
            rule, _, field = name.partition(".")
            yield rule, field or None, where

    for names in grammar.identity:
        yield from each(names, "identity")
    for rule in grammar.rules:
        for field, origins in rule.carry.items():
            yield from ((origin, field, f"{rule.name}, carry") for origin in origins.split("|"))
    for phase in grammar.phases:
        where = f"phase {phase.phase}"
        subtract = getattr(phase, "subtract", None)
        if isinstance(subtract, str) and "." in subtract:
            yield from each(subtract, f"{where}, subtract")
        if isinstance(phase, Span):
            for name in (*each(phase.begin, where), *each(phase.end, where)):
                yield name
                yield name[0], "at", where
                if phase.by:
                    yield name[0], phase.by, where
            for name in each(phase.begin, where) if phase.stage_field else ():
                yield name[0], phase.stage_field, where
        elif isinstance(phase, Reported):
            yield from each(phase.of, where)
            rule_name = phase.of.partition(".")[0]
            yield from ((rule_name, key, f"{where}, where") for key in phase.where)
            if phase.stage_field:
                yield rule_name, phase.stage_field, where
        elif isinstance(phase, Bar):
            yield from ((phase.rule, field, where) for field in ("done", "total", "elapsed"))
        elif isinstance(phase, Spinner):
            yield phase.rule, phase.stage_field, where
    for column in grammar.columns:
        if isinstance(column, Take):
            yield from each(column.of, column.column)
            for rule_name, _, _ in each(column.of, column.column):
                yield from ((rule_name, key, f"{column.column}, where") for key in column.where)
        elif isinstance(column, Infer):
            yield from each(column.because, column.column)
    for table in grammar.tables:
        yield from ((rule, "cells", f"table of {table.header}") for rule in (table.header, table.row))
    for steady in grammar.steady:
        yield from ((steady.rule, field, "steady") for field in ("at", "step"))
        yield from each(steady.separated_by, "steady")


def _phases_named(grammar: Grammar) -> Iterator[tuple[str, str]]:
    """Every phase that another phase names, and where."""
    for phase in grammar.phases:
        where = f"phase {phase.phase}"
        if isinstance(phase, Span):
            yield from ((name, f"{where}, exclude") for name in phase.exclude)
            yield from ((name, f"{where}, inside") for name in phase.inside)
        elif isinstance(phase, Reported | Bar) and phase.subtract and "." not in phase.subtract:
            yield phase.subtract.partition("#")[0], f"{where}, subtract"


def _fields(grammar: Grammar, rule: Rule) -> set[str]:
    """All fields that a line of `rule` can have."""
    cells = {field for table in grammar.tables if table.row == rule.name for field, _ in table.labels.values()}
    tag = {"rank"} if grammar.prefix is not None else set()
    return {*rule.fields, *rule.carry, *rule.fixed, *cells, *tag}


_UNITS = (*units.UNITS, *units.SPECIAL)


def _units(grammar: Grammar) -> Iterator[tuple[str | None, str]]:
    """Every unit of a token or a table, and where."""
    for rule in grammar.rules:
        yield from ((group.unit, f"{rule.name}, {group.name}") for group in rule.compiled.groups)
    for table in grammar.tables:
        yield from ((unit, f"table of {table.header}, {label!r}") for label, (_, unit) in table.labels.items())


def _unknown(kind: str, name: str, known: Collection[str], where: str) -> GrammarError:
    return GrammarError(f"unknown {kind} {name!r}", where=where, help=nearest(name, sorted(known)))


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
