"""Whether the declarations of a grammar fit together: every name that they use exists, and every name is used.

Each check is one function that yields an error or None for each case that it tests. `own` is the grammar as its file
declares it; `whole` is what logs are read with: the platform that it extends with all extensions, or `own` itself.
`shared` are the rules that platforms share. No check needs a log, so that an error is found when a grammar is loaded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from logparse.errors import GrammarError, near, nearest
from logparse.grammar import formula, units
from logparse.grammar.language import GIVEN, Bar, Grammar, Infer, Reported, Rule, Span, Spinner, Take
from logparse.schema import RUNS, VOCABULARY

Cases = Iterator[GrammarError | None]
"""One item for each case: an error, or None if the case passes."""


def names_exist(own: Grammar, whole: Grammar, shared: Sequence[Rule]) -> Cases:
    """Every rule, field, phase, column, unit and table that a declaration names exists."""
    rules = _rules(whole, shared)
    for rule_name, field, where in _references(own):
        rule = rules.get(rule_name)
        if rule is None:
            yield _unknown("rule", rule_name, rules, f"{own.name}, {where}")
        elif field is not None and field not in (known := _fields(whole, rule)):
            yield _unknown(f"field in rule {rule_name!r}:", field, known, f"{own.name}, {where}")
        else:
            yield None
    for unit, where in _units(own):
        yield (
            None
            if unit is None or units.is_unit(unit)
            else _unknown("unit", unit, units.unit_names(), f"{own.name}, {where}")
        )
    labelled = [(table, field) for table in own.tables for field, _ in table.labels.values()]
    for table, field in labelled:
        valid = field.partition("@")[0] in VOCABULARY
        yield None if valid else _unknown("field", field, VOCABULARY, f"{own.name}, table of {table.header}")
    for column in own.columns:
        if isinstance(column, Take) and column.aliases:
            valid = column.aliases in whole.aliases
            where = f"{own.name}, {column.column}"
            yield None if valid else _unknown("alias table", column.aliases, whole.aliases, where)
    declared = {phase.phase for phase in whole.phases}
    for name, where in _phases_named(own):
        yield None if name in declared else _unknown("phase", name, declared, f"{own.name}, {where}")
    for name, where in (
        *((n, "absent") for n in own.absent),
        *((n, "no_timestamps") for n in own.no_timestamps),
        *((n, "min_resolution") for n in own.min_resolution),
    ):
        yield None if name in RUNS else _unknown("column", name, RUNS, f"{own.name}, {where}")


def formulas_are_valid(own: Grammar, whole: Grammar, shared: Sequence[Rule]) -> Cases:
    """Every formula parses, and uses only values that are declared above it."""
    rules = _rules(whole, shared)
    above = set(GIVEN)
    for column in whole.columns:
        texts = filter(None, (getattr(column, "formula", None), column.when))
        for text in texts if column in own.columns else ():
            where = f"{own.name}, {column.column}"
            try:
                formula.compiled(text)
            except GrammarError as error:
                yield GrammarError(error.what, why=error.why, where=where, reached=text, help=error.help)
                continue
            if text == column.when and not formula.is_condition(text):
                yield GrammarError(
                    f"{text!r} is a number, not a condition", where=where,
                    help="compare it (steps > 0), or ask whether there is one: known(...)",
                )  # fmt: skip
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


def columns_are_used(own: Grammar, whole: Grammar, shared: Sequence[Rule]) -> Cases:
    """Every value is a column of runs, or used by a formula."""
    texts = [text for c in whole.columns for text in (getattr(c, "formula", None), c.when) if text]
    used = {name for text in texts for name in formula.names(text)}
    for column in own.columns:
        yield None if column.column in RUNS or column.column in used else GrammarError(
            f"{column.column!r} is not used", why="it is not a column of runs, and no formula names it",
            where=f"{own.name}, {column.column}", help=near(column.column, RUNS) or "remove it",
        )  # fmt: skip


def require_valid(own: Grammar, whole: Grammar, shared: Sequence[Rule]) -> None:
    """Raises the first `GrammarError` that one of the checks finds."""
    for check in (names_exist, formulas_are_valid, columns_are_used):
        for error in check(own, whole, shared):
            if error is not None:
                raise error


# ---- helpers ---- #


def _rules(grammar: Grammar, shared: Sequence[Rule]) -> dict[str, Rule]:
    """The rules of the grammar and the shared rules, by name."""
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


def _units(grammar: Grammar) -> Iterator[tuple[str | None, str]]:
    """Every unit of a token or a table, and where."""
    for rule in grammar.rules:
        yield from ((group.unit, f"{rule.name}, {group.name}") for group in rule.compiled.groups)
    for table in grammar.tables:
        yield from ((unit, f"table of {table.header}, {label!r}") for label, (_, unit) in table.labels.items())


def _unknown(kind: str, name: str, known: Collection[str], where: str) -> GrammarError:
    return GrammarError(f"unknown {kind} {name!r}", where=where, help=nearest(name, sorted(known)))
