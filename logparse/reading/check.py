"""What a grammar is held to, beyond what its import refuses.

Each law is one function that gives, for each case it tries, a finding or None.

The import refuses what cannot be used at all: an example that is not read, a name outside the vocabulary, a form
without a twin. The laws here take all rules together, and run both paths.
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
    """One law held against one grammar: how many cases were tried, and what was found wrong."""

    grammar: str
    law: str
    tried: int
    found: tuple[GrammarError, ...]


def check(grammars: Sequence[Grammar], among: Sequence[Grammar], every: int = 1) -> Iterator[Outcome]:
    """Every law on each of `grammars`, in the company of all in `among`: the shared ones and the other platforms.

    Of the texts one character away from an example, one in `every` is tried.
    """
    for grammar in grammars:
        company = [g for g in among if g.name != grammar.name]
        for law in LAWS:
            tried = 0
            found: list[GrammarError] = []
            try:
                for finding in paths_agree(grammar, company, every) if law is paths_agree else law(grammar, company):
                    tried += 1
                    if finding is not None:
                        found.append(finding)
            except GrammarError as refusal:  # a record start that has no twin is compiled only here
                tried += 1
                found.append(refusal)
            yield Outcome(grammar.name, sentence(law), tried, tuple(found))


Findings = Iterator[GrammarError | None]
"""One item for each case tried: None where all is well."""


def sentence(law: Callable[..., Findings]) -> str:
    """What a law says, in one line."""
    return str(law.__doc__).partition("\n")[0].rstrip(".")


# ---- the lines ---- #


def patterns_compile(grammar: Grammar, company: Sequence[Grammar]) -> Findings:
    """Every pattern compiles in polars."""
    patterns = {rule.name: rule.pattern for rule in grammar.rules}
    if grammar.record_start:
        patterns["record_starts"] = grammar.record_start
    if grammar.prefix_compiled:
        patterns["prefix"] = grammar.prefix_compiled.pattern
    for name, pattern in patterns.items():
        trouble = _trouble(pattern)
        yield None if trouble is None else GrammarError(
            "the pattern does not compile in polars", why=trouble, where=f"{grammar.name}/{name}",
            help="write it so that Python and Rust read it alike: no bare braces, no huge repeats",
        )  # fmt: skip


def _trouble(pattern: str) -> str | None:
    """Why polars does not take `pattern`."""
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError as error:
        lines = [line.strip() for line in str(error).splitlines()]
        return next((line for line in lines if line.startswith("error:")), lines[0])
    return None


def examples_survive_the_cut(grammar: Grammar, company: Sequence[Grammar]) -> Findings:
    """Every example is still read after the line is cut into segments."""
    for rule, example in _examples(grammar):
        segments = cut(_lines([example]), grammar)
        if any(rule.read(segment) is not None for segment in segments["seg"]):
            yield None
            continue
        yield GrammarError(
            f"a record start or the prefix splits the example of {rule.name!r} so that the rule cannot read it",
            why=f"its segments are {list(segments['seg'])}", where=f"{grammar.name}/{rule.name}",
            help="give the example as it stands in a segment, or make the record start read more",
        )  # fmt: skip


def one_rule_keeps_each_example(grammar: Grammar, company: Sequence[Grammar]) -> Findings:
    """Every example is kept by its own rule: no rule above it reads it, and no rule that identifies another platform.

    A wider rule may stand below a narrower one, and shared rules stand below all of the platform's own.
    """
    vendors = [] if grammar.shared else [(g.name, rule) for g in company if not g.shared for rule in g.rules]
    tellers = [(f"{name}/{rule.name}", rule) for name, rule in vendors if "identifies_platform" in rule.marked]
    above: list[tuple[str, Rule]] = []
    for rule in grammar.rules:
        for example in rule.examples:
            others = [name for name, other in (*above, *tellers) if _confused(rule, other, example.strip())]
            yield None if not others else GrammarError(
                f"the example of {rule.name!r} is read by {' and '.join(others)} first",
                why="the rule declared first keeps a line, and a line that identifies a platform decides it",
                where=f"{grammar.name}/{rule.name}", reached=example.strip(),
                help="declare the narrower rule first, or make the wider one narrower",
            )  # fmt: skip
        above.append((f"{grammar.name}/{rule.name}", rule))


def _confused(rule: Rule, other: Rule, text: str) -> bool:
    if ("unanchored" in other.marked) != ("unanchored" in rule.marked):
        return False
    return any(literal in text for literal in other.compiled.literals) and other.read(text) is not None


_TELLING = (" ", "\t", "0", "x", ".", "-", ",", ":", "|", "\u2003")
"""Characters that put in place of another change what a line is."""
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
"""Other text that an example is put into."""


def mutations(example: str, every: int = 1) -> list[str]:
    """`example`, the example inside other text, and one in `every` of the texts one character away from it."""
    changed = []
    for i, own in enumerate(example):
        head, tail = example[:i], example[i + 1 :]
        changed.append(head + tail)
        changed += [head + c + tail for c in _TELLING if c != own]
        changed += [head + c + own + tail for c in " 0x."]
    texts = [example, *(before + example + after for before, after in _AROUND), *changed[::every]]
    return [text for text in dict.fromkeys(t.strip(" \t\r") for t in texts) if text]


def paths_agree(grammar: Grammar, company: Sequence[Grammar], every: int = 1) -> Findings:
    """Both paths read alike every example, every text one character away from it, and the example in other text."""
    for rule in (rule for rule in grammar.rules if _trouble(rule.pattern) is None):
        texts = list(dict.fromkeys(text for example in rule.examples for text in mutations(example.strip(), every)))
        fast = fast_path(rule, texts)
        for i, text in enumerate(texts):
            slow = rule.read(text)
            yield None if slow == fast.get(i) else GrammarError(
                f"the two paths do not read {text!r} alike", where=f"{grammar.name}/{rule.name}",
                why=f"pyparsing: {_values(slow)}; the regular expression: {_values(fast.get(i))}",
                help="a token takes what a later one needs, and pyparsing does not go back: let it stop in time",
            )  # fmt: skip


def fast_path(rule: Rule, segments: Sequence[str]) -> dict[int, dict[str, str]]:
    """What the fast path takes from each segment that it reads: index -> name -> text."""
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
    return "not read" if values is None else ", ".join(f"{k}={v!r}" for k, v in values.items()) or "read, no value"


# ---- what stands above the lines ---- #


def names_exist(grammar: Grammar, company: Sequence[Grammar]) -> Findings:
    """Every rule, field, phase, column, unit and table that a declaration names is there."""
    rules = _rules(grammar, company)
    for rule_name, field, where in _references(grammar):
        rule = rules.get(rule_name)
        if rule is None:
            yield _unknown("rule", rule_name, rules, f"{grammar.name}, {where}")
        elif field is not None and field not in (known := _given(grammar, rule)):
            yield _unknown(f"field of {rule_name}", field, known, f"{grammar.name}, {where}")
        else:
            yield None
    for unit, where in _units(grammar):
        fine = unit is None or unit in _UNITS or (unit.startswith("%") and len(unit) > 1)
        yield None if fine else _unknown("unit", str(unit), _UNITS, f"{grammar.name}, {where}")
    labelled = [(table, field) for table in grammar.tables for field, _ in table.labels.values()]
    for table, field in labelled:
        fine = field.partition("@")[0] in FIELDS
        yield None if fine else _unknown("field", field, FIELDS, f"{grammar.name}, table of {table.header}")
    for column in grammar.columns:
        if isinstance(column, Take) and column.aliases:
            fine = column.aliases in grammar.aliases
            where = f"{grammar.name}, {column.column}"
            yield None if fine else _unknown("alias table", column.aliases, grammar.aliases, where)
    declared = {phase.phase for phase in grammar.phases}
    for name, where in _phases_named(grammar):
        yield None if name in declared else _unknown("phase", name, declared, f"{grammar.name}, {where}")
    for name, where in (
        *((n, "absent") for n in grammar.absent),
        *((n, "no_timestamps") for n in grammar.no_timestamps),
    ):
        yield None if name in RUNS else _unknown("column", name, RUNS, f"{grammar.name}, {where}")


def formulas_hold(grammar: Grammar, company: Sequence[Grammar]) -> Findings:
    """Every formula parses, and its names are columns or facts that stand above it."""
    rules = _rules(grammar, company)
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
                yield None if name in above else _unknown("column or fact above", name, above, f"{where}: {text}")
            for name in formula.rules_seen(text):
                yield None if name in rules else _unknown("rule", name, rules, f"{where}: {text}")
        above.add(column.column)


def everything_is_used(grammar: Grammar, company: Sequence[Grammar]) -> Findings:
    """Every fact is used by a formula, and every table of aliases by a column."""
    texts = [text for c in grammar.columns for text in (getattr(c, "formula", None), c.when) if text]
    used = {name for text in texts for name in formula.names(text)}
    for column in grammar.columns:
        yield None if column.column in RUNS or column.column in used else GrammarError(
            f"nothing uses {column.column!r}", why="it is no column of runs, and no formula names it",
            where=f"{grammar.name}, {column.column}", help=near(column.column, RUNS) or "leave it out",
        )  # fmt: skip
    tables = {column.aliases for column in grammar.columns if isinstance(column, Take)}
    for name in grammar.aliases:
        yield None if name in tables else GrammarError(
            f"nothing uses the aliases {name!r}", where=f"{grammar.name}, aliases",
            help="name them in a Take or leave them out",
        )  # fmt: skip


LAWS: tuple[Callable[[Grammar, Sequence[Grammar]], Findings], ...] = (
    patterns_compile,
    examples_survive_the_cut,
    one_rule_keeps_each_example,
    paths_agree,
    names_exist,
    formulas_hold,
    everything_is_used,
)
"""All laws, in the order in which they are tried."""


# ---- looking up ---- #


def _lines(texts: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({"row": range(len(texts)), "text": texts}, schema={"row": pl.UInt32, "text": pl.String})


def _examples(grammar: Grammar) -> Iterator[tuple[Rule, str]]:
    return ((rule, example) for rule in grammar.rules for example in rule.examples)


def _rules(grammar: Grammar, company: Sequence[Grammar]) -> dict[str, Rule]:
    """The grammar's own rules and the shared ones, by name."""
    shared = [rule for g in company if g.shared for rule in g.rules]
    return {rule.name: rule for rule in (*shared, *grammar.rules)}


def _references(grammar: Grammar) -> Iterator[tuple[str, str | None, str]]:
    """Every place where a declaration names a rule, and perhaps a field of it: rule, field, where."""

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
            if phase.stage_field:
                yield phase.of.partition(".")[0], phase.stage_field, where
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
    """Every phase that another one names, to take it off or to be a part of it, and where."""
    for phase in grammar.phases:
        where = f"phase {phase.phase}"
        if isinstance(phase, Span):
            yield from ((name, f"{where}, exclude") for name in phase.exclude)
            yield from ((name, f"{where}, inside") for name in phase.inside)
        elif isinstance(phase, Reported | Bar) and phase.subtract and "." not in phase.subtract:
            yield phase.subtract.partition("#")[0], f"{where}, subtract"


def _given(grammar: Grammar, rule: Rule) -> set[str]:
    """Fields that a line of `rule` can have."""
    cells = {field for table in grammar.tables if table.row == rule.name for field, _ in table.labels.values()}
    tag = {"rank"} if grammar.prefix is not None else set()
    return {*rule.fields, *rule.carry, *rule.fixed, *cells, *tag}


_UNITS = (*units.UNITS, *units.SPECIAL)


def _units(grammar: Grammar) -> Iterator[tuple[str | None, str]]:
    """Every unit that a token or a table names, and where."""
    for rule in grammar.rules:
        yield from ((group.unit, f"{rule.name}, {group.name}") for group in rule.compiled.groups)
    for table in grammar.tables:
        yield from ((unit, f"table of {table.header}, {label!r}") for label, (_, unit) in table.labels.items())


def _unknown(kind: str, name: str, known: Collection[str], where: str) -> GrammarError:
    return GrammarError(f"there is no {kind} {name!r}", where=where, help=nearest(name, sorted(known)))


# ---- for people ---- #


def page(outcomes: Sequence[Outcome], refused: Sequence[GrammarError], paint: Paint) -> str:
    """What was tried and how it came out: a line for each law, then all that was found."""
    out = []
    for name in dict.fromkeys(o.grammar for o in outcomes):
        out.append(paint.head(name))
        rows = [[f"  {o.tried} tried", _verdict(o, paint), o.law] for o in outcomes if o.grammar == name]
        out += aligned(rows, right={0}, gap=2)
    found = [*refused, *(finding for o in outcomes for finding in o.found)]
    alike: dict[tuple[str | None, str | None], list[GrammarError]] = {}
    for finding in found:
        alike.setdefault((finding.where, finding.help), []).append(finding)
    for first, *more in alike.values():
        out += ["", *str(first).split("\n"), *([f"  and {len(more)} more like it"] if more else [])]
    tried = sum(o.tried for o in outcomes)
    names = {o.grammar for o in outcomes}
    many = f"{len(names)} grammar{'' if len(names) == 1 else 's'}"
    out += ["", f"{many}, {tried:,} cases tried: " + (paint.warn(f"{len(found)} not met") if found else "all met")]
    return "\n".join(out).lstrip("\n")


def _verdict(outcome: Outcome, paint: Paint) -> str:
    return paint.warn(f"{len(outcome.found)} not met") if outcome.found else "met"


def table(outcomes: Sequence[Outcome], refused: Sequence[GrammarError]) -> pl.DataFrame:
    """The same for programs: grammar, law, tried, not_met, first (the first finding, all its parts)."""
    rows: list[tuple[str | None, str, int, int, str | None]] = [
        (o.grammar, o.law, o.tried, len(o.found), str(o.found[0]) if o.found else None) for o in outcomes
    ]
    rows += [(error.where, "It can be imported", 1, 1, str(error)) for error in refused]
    return pl.DataFrame(rows, schema=["grammar", "law", "tried", "not_met", "first"], orient="row")


def listing(grammars: Sequence[Grammar], paint: Paint) -> str:
    """Platforms and their rules with an example of each."""
    out = []
    for grammar in grammars:
        said = f"{grammar.title}; version {grammar.version}, {len(grammar.rules)} rules"
        out.append(f"{paint.head(grammar.name)}  {said}")
        out += aligned([[f"  {rule.name}", one_line(rule.example.strip())] for rule in grammar.rules], gap=2)
        out.append("")
    return "\n".join(out[:-1])


def rules(grammars: Sequence[Grammar]) -> pl.DataFrame:
    """The same for programs: platform, rule, marks, fields, example, pattern."""
    rows = [
        (g.name, r.name, " ".join(sorted(r.marked)), " ".join(r.fields), r.example, r.pattern)
        for g in grammars
        for r in g.rules
    ]
    return pl.DataFrame(rows, schema=["platform", "rule", "marks", "fields", "example", "pattern"], orient="row")
