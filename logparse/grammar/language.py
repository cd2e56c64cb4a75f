r"""The language of grammars: tokens, rules, phases, columns, tables.

A grammar is one Python file that reads like the vendor's log. Each kind of line has an example, followed by the same
line with placeholders::

    Rule(
        "train_step",
        "2024-03-30 15:16:33,873 INFO:   | Train Device=CSX, Step=100, Loss=9.39062, Rate=2983.97 samples/sec",
        timestamp("at") + " INFO:   | Train Device=" + word("device") + ", Step=" + integer("step")
        + ", Loss=" + real("loss") + ", Rate=" + real("throughput@interval") + " samples/sec",
        marks="identifies_platform running", split="train", window="step",
    )

A rule matches its line exactly: a blank in a string is a blank in the line, and nothing is skipped between two elements
(`optional_blanks` and `blanks` are tokens for white space). White space at both ends of a segment is ignored. A rule
matches the whole segment, unless it is marked `unanchored`. Results names come from the vocabulary
(`logparse.schema.FIELDS`); `name@window` states which span of steps the value covers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from logparse.arguments import as_tuple
from logparse.errors import GrammarError, near, nearest
from logparse.grammar.formula import AGGREGATES
from logparse.grammar.pattern import Compiled
from logparse.grammar.units import base_unit
from logparse.schema import FIELDS, NUMBER, PHASES, RUNS, Field, declare
from logparse.schema import field as vocabulary
from logparse.text.missing import Code

if TYPE_CHECKING:
    import pyparsing as pp

# pyparsing is imported where an expression is used: a grammar from the cache has none.

# ---- rules ---- #

MARKS = {
    "identifies_platform": "only this vendor prints the line: it decides the platform of a file",
    "standalone": "such a line alone is not a run (a queue table, a tool's own report, a refused submission)",
    "begin": "starts a new run, unless the current run has only `begin` lines so far",
    "restart": "starts a new run if the current run has shown its work (running, result, submission or failure)",
    "running": "training or inference is in progress",
    "unfinished": "the workload always prints more after such a line: a log that ends with it ends early",
    "result": "the workload finished and printed its result",
    "final": "a result that is printed once per run: a second one starts a new run",
    "reopen": "the workload continues after an earlier result (a later loop)",
    "submission": "the workload itself runs elsewhere: a job was submitted, or a build finished",
    "follows": "only follows another program's log (`tail -f`): a later error does not end the workload",
    "failure": "an error, cancellation or ^C that ends the workload",
    "redraw": "the line is redrawn repeatedly; consecutive equal values are one point",
    "global": "the values are of all ranks together, though one rank prints the line",
    "unanchored": "may match anywhere in a segment: a key of a dict or JSON record",
}


SPLITS = ("train", "eval", "test", "benchmark")
"""Values of `Rule.split`."""
WINDOWS = ("step", "interval", "mean", "final")
"""Spans of steps that a metric covers: `Rule.window`, and `name@window`."""
BASES = ("measured", "estimated")
"""Values of `Rule.basis`."""
ORIGINS = ("command", "environment", "config", "banner", "log")
"""Values of `Rule.params`."""
LEVELS = ("warning", "error")
"""Values of `Rule.level`."""
PICKS = ("first", "last", *AGGREGATES)
"""Values of `Take.pick`."""


def _one_of(kind: str, value: str | None, known: Collection[str], where: str) -> None:
    """Raises `GrammarError` if `value` is not one of `known` (or None)."""
    if value is not None and value not in known:
        raise GrammarError(f"unknown {kind} {value!r}", where=where, help=nearest(value, known))


def without_skipping(expr: Any) -> pp.ParserElement:
    """`expr`, changed in place so that no white space is skipped between its elements; a plain string is a `Literal`.

    Copying the elements would take a tenth of the import time, and tokens are used in rules only.
    """
    import pyparsing as pp

    top = (pp.Literal(expr) if isinstance(expr, str) else expr).parse_with_tabs()
    todo: list[Any] = [top]
    while todo:
        element = todo.pop()
        element.skipWhitespace = False
        todo += getattr(element, "exprs", ())
        todo += [element.expr] if getattr(element, "expr", None) is not None else []
    return top


@dataclass(frozen=True, eq=False)
class Rule:
    """One kind of line: an example, and the expression that matches it.

    Raises `GrammarError` if the expression does not match the example, a pyparsing form has no exact equivalent as a
    regular expression, or a mark, split, window, basis, origin or level does not exist.
    """

    name: str
    example: str
    expr: pp.ParserElement | str
    """Tokens and strings, combined with `+` and `|`; a plain string for a line without variable parts. A rule from the
    cache (`registry.compiled`) does not have it."""
    marks: str = ""
    """Keys of `MARKS`, separated by blanks."""
    split: str | None = None
    """`train`, `eval`, `test` or `benchmark`, for the metrics of this line."""
    window: str = "step"
    """Span of steps that the metrics of this line cover: `step`, `interval`, `mean` or `final`."""
    basis: str = "measured"
    """`measured`, or `estimated` for a compiler's estimate."""
    params: str | None = None
    """Origin (`command`, `environment`, `config`, `banner`, `log`): the captured fields become rows of `params`."""
    level: str | None = None
    """`warning` or `error`: the line becomes a row of `messages`."""
    kind: str | None = None
    """Kind of the message: the column `kind` of `messages`."""
    carry: Mapping[str, str] = field(default_factory=dict)
    """field -> rules, separated by `|`: the field takes its value from the latest line above that matches one."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """field -> text that applies to every line of this rule (a `scope`, a `score_name`)."""
    more: tuple[str, ...] = ()
    """Further examples, one for each variant."""
    corrects: str | None = None
    """If the vendor's label is wrong: what the value really is. Shown in the evidence."""
    grammar_name: str = field(default="", init=False)
    """Name of the grammar that declares the rule; set by the grammar."""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise GrammarError(f"the name {self.name!r} is not an identifier", help="use letters, digits and _")
        for mark in self.marks.split():
            if mark not in MARKS:
                help = near(mark, MARKS) or f"one of {', '.join(MARKS)}"
                raise GrammarError(f"unknown mark {mark!r}", where=self.name, help=help)
        _one_of("split", self.split, SPLITS, self.name)
        _one_of("window", self.window, WINDOWS, self.name)
        _one_of("basis", self.basis, BASES, self.name)
        _one_of("params", self.params, ORIGINS, self.name)
        _one_of("level", self.level, LEVELS, self.name)
        object.__setattr__(self, "expr", without_skipping(self.expr))
        for captured in (*(g.name for g in self.compiled.groups), *self.carry, *self.fixed):
            if "@" in captured:
                _one_of(f"window in {captured!r}:", captured.partition("@")[2], WINDOWS, self.name)
        for example in self.examples:
            self._check(example)

    @property
    def id(self) -> str:
        """Name of the grammar and name of the rule: `sambanova/result_dict`."""
        return f"{self.grammar_name}/{self.name}"

    @cached_property
    def compiled(self) -> Compiled:
        """The regular expression of this rule, its groups and its literals."""
        from logparse.grammar.compile import compile_expression

        return compile_expression(without_skipping(self.expr), self.name)

    @cached_property
    def marked(self) -> frozenset[str]:
        """The marks as a set; `final` implies `result`."""
        marks = set(self.marks.split())
        return frozenset(marks | ({"result"} if "final" in marks else set()))

    @property
    def examples(self) -> tuple[str, ...]:
        """All examples of this rule, the main one first."""
        return (self.example, *self.more)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Names that the rule captures, without duplicates."""
        return tuple(dict.fromkeys(g.name for g in self.compiled.groups))

    @cached_property
    def pattern(self) -> str:
        """The regular expression that is run on a segment: anchored at both ends, unless marked `unanchored`."""
        return self.compiled.pattern if "unanchored" in self.marked else f"^(?:{self.compiled.pattern})$"

    def read(self, segment: str) -> dict[str, str] | None:
        """Match one stripped segment with pyparsing, the reference implementation. The captured texts, or None."""
        import pyparsing as pp

        assert isinstance(self.expr, pp.ParserElement)
        try:
            if "unanchored" in self.marked:
                for tokens, _, _ in self.expr.scan_string(segment, max_matches=1):
                    return {k: str(v) for k, v in tokens.as_dict().items()}
                return None
            return {k: str(v) for k, v in self.expr.parse_string(segment, parse_all=True).as_dict().items()}
        except pp.ParseBaseException:
            return None

    def _check(self, example: str) -> None:
        if self.read(example.strip()) is not None:
            return
        import pyparsing as pp

        assert isinstance(self.expr, pp.ParserElement)
        try:
            self.expr.parse_string(example.strip(), parse_all=True)
            reached = ""
        except pp.ParseBaseException as error:
            reached = f"{example.strip()}\n{' ' * (error.loc + 14)}^ {error.msg}"
        raise GrammarError(
            f"rule {self.name!r} does not match its own example",
            where=self.name,
            reached=reached,
            help="change the expression so that it matches the whole example, or use a real line as the example",
        )


# ---- declarations about runs ---- #


@dataclass(frozen=True)
class Span:
    """A phase from each line of `begin` to the first (or last) line of `end` before the next `begin`.

    `begin` and `end` name rules, separated by `|`. The duration is the difference of the two timestamps `at`.
    """

    phase: str
    begin: str
    end: str
    last: bool = False
    """The phase ends at the last line of `end`, not at the first."""
    stage: str | None = None
    """The vendor's name of a step within the phase. Such a row may overlap other rows."""
    stage_field: str | None = None
    """Field of the `begin` line with the name of the stage."""
    exclude: tuple[str, ...] = ()
    """Phases within this one whose time is subtracted."""
    inside: tuple[str, ...] = ()
    """Phases that may contain this one. Within one of them, this phase is a stage of it, named after this phase."""
    first: bool = False
    """Of consecutive `begin` lines, the first counts, not the last."""
    by: str | None = None
    """Field that must be equal in both lines (a job id, a rank)."""


@dataclass(frozen=True)
class Reported:
    """A phase whose duration is printed in the log: each line of `of` ("rule.field") is one phase."""

    phase: str
    of: str
    stage: str | None = None
    stage_field: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    """field -> text: use only lines on which the fields have these texts."""
    pick: str = "all"
    """Which lines count: `all`, `first`, `last`, or `max` (the slowest of several ranks)."""
    subtract: str | None = None
    """A part of the printed duration to subtract: a phase ("compile#1") or a field ("rule.field")."""
    whole: bool = False
    """With `stage_field`: the stages make up the whole phase, so its duration is their sum."""

    def __post_init__(self) -> None:
        _one_of("pick", self.pick, ("all", "first", "last", "max"), f"phase {self.phase}")


@dataclass(frozen=True)
class Bar:
    """A phase whose duration is the elapsed time of a finished progress bar. Redraws of one bar count once."""

    phase: str
    rule: str
    stage: str | None = None
    subtract: str | None = None
    """A phase that the bar includes and that is subtracted: one phase by its key ("compile#1"), or ("compile") for each
    bar the last such phase that ended since the bar before it."""


@dataclass(frozen=True)
class Spinner:
    """Stages whose duration is estimated from the frames of a spinner: a lower bound."""

    phase: str
    rule: str
    seconds: float
    """Seconds between two frames."""
    stage_field: str = "stage"
    subtract: int = 0
    """Number of lines of each stage that are not frames (such as a list of all stages printed at the start)."""


Phase = Span | Reported | Bar | Spinner


@dataclass(frozen=True)
class Take:
    """A column of `runs` (or an intermediate value for formulas) from captured fields.

    `of` is "rule.field", or "rule" if the field has the name of the column; several are separated by `|`: forms of one
    line, of which none is preferred. To prefer one of them, declare it first in a `Take` of its own.
    """

    column: str
    of: str
    pick: str = "last"
    """One line, of all forms: `first`, `last`, `min`, `max`. All lines of the first form that the run has: `sum`,
    `mean`, `median`, `count`, `distinct`."""
    where: Mapping[str, str] = field(default_factory=dict)
    """field -> text: use only lines on which the fields have these texts."""
    when: str | None = None
    """Only if this formula is true."""
    how: str | None = None
    """`estimate` for a compiler's estimate; by default `read` or `converted`, depending on the unit."""
    aliases: str | None = None
    """Key of the grammar's `aliases`: the table that maps the text to a common name."""
    last_per_rank: bool = False
    """Use only the last line of each rank."""
    reason: str | None = None
    """What the value is, if the name of the column does not say it all. Shown in the evidence."""

    def __post_init__(self) -> None:
        _one_of("pick", self.pick, PICKS, self.column)
        _one_of("how", self.how, ("estimate",), self.column)
        parts = (part.strip() for part in self.of.split("|"))
        object.__setattr__(self, "of", "|".join(p if "." in p or not p else f"{p}.{self.column}" for p in parts))


@dataclass(frozen=True)
class Derive:
    """A column of `runs` (or an intermediate value) from a formula over values declared above it: `steps * batch_size`.

    Python arithmetic; `seen("rule")` is the number of lines of a rule, `known(x)` is true if x is not null, and `min`,
    `max`, `abs`, `round` work on scalars.
    """

    column: str
    formula: str
    when: str | None = None


@dataclass(frozen=True)
class Infer:
    """A column of `runs` that is inferred from the presence of lines of `because` (or, with `when`, from a formula)."""

    column: str
    value: str | int | float
    because: str = ""
    """Rules, separated by `|`. Empty: the lines that identify the platform."""
    when: str | None = None
    reason: str | None = None
    """Why the value follows, as a sentence for the evidence."""


Column = Take | Derive | Infer

GIVEN = frozenset({f"{phase}_s" for phase in PHASES} & RUNS.keys() | {f"_{mark}" for mark in MARKS})
"""Values that formulas may use without a declaration: durations of phases, and where the last line with a mark is."""


@dataclass(frozen=True)
class Table:
    """A table whose header line names the columns, in any order.

    `header` and `row` are rules that capture `cells`; `labels` maps the label of a column to the field of its cells.
    """

    header: str
    row: str
    labels: Mapping[str, tuple[str, str | None]]
    """label of the column -> (field, unit)."""
    separator: str = "|"
    missing: tuple[str, ...] = ("--", "-", "")
    """Cells that mean null."""


@dataclass(frozen=True)
class Steady:
    """Source of `steady_throughput`: samples per step over the median interval between lines of this rule, without the
    first `warmup` intervals."""

    rule: str
    warmup: int = 1
    separated_by: str = ""
    """Rules, separated by `|`, whose lines separate loops: an interval must not span such a line."""


@dataclass(frozen=True)
class Metric:
    """A metric that the vocabulary does not have: rules may capture its name, and each value is a row of `metrics`.

    It is shown, compared and drawn like a built-in one. Raises `GrammarError` for a name that is not an identifier.
    """

    name: str
    unit: str | None = None
    """Unit of the values in the frame; a printed unit (`in_unit`) is converted to it: `s`, `bytes`, `fraction`."""
    better: str | None = None
    """Which direction is better: `higher`, `lower`, or None. Without one, the metric is not compared."""
    title: str | None = None
    """What it is, in a few words; by default its name with blanks."""
    pick: str = "last"
    """Which of a run's values is compared: `first`, `last`, `min`, `max`, `mean` or `median`."""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise GrammarError(f"{self.name!r} is not an identifier", where=f"metric {self.name}")
        _one_of("better", self.better, ("higher", "lower"), f"metric {self.name}")
        _one_of("pick", self.pick, COMPARED_PICKS, f"metric {self.name}")

    @property
    def field(self) -> Field:
        """The metric as a field of the vocabulary."""
        title = self.title or self.name.replace("_", " ")
        return Field(NUMBER, self.unit, title, metric=True, better=self.better, pick=self.pick)


COMPARED_PICKS = ("first", "last", "min", "max", "mean", "median")
"""Values of `Metric.pick`."""


@dataclass(frozen=True, eq=False)
class Grammar:
    """Everything that is known about one vendor's logs, or (with `extends`) what one's own program prints besides.

    Declarations only: nothing here reads a file. Raises `GrammarError` if two rules have the same name, no rule
    identifies the platform, a field, unit or phase is unknown, the name of a column is not an identifier, or a metric
    has the name of a built-in field with another meaning.
    """

    name: str
    title: str = ""
    """The name for people; by default `name`."""
    rules: tuple[Rule, ...] = ()
    extends: str | tuple[str, ...] = ()
    """Platforms whose grammars are read with this one. Their logs may then contain lines of these rules; the rules of
    this grammar are tried first, and its columns come first."""
    metrics: tuple[Metric, ...] = ()
    """Metrics that the vocabulary does not have."""
    device_kind: str | None = None
    words: tuple[str, ...] = ()
    """How a text names the platform, in upper or lower case: the vendor, its software, its hosts. A file of which no
    rule reads a line is not of an unknown platform where it has one of them; it has no run all the same."""
    version: str = "1"
    record_starts: tuple[pp.ParserElement | str, ...] = ()
    """Starts of records: a line is split before them, since several records may be on one line."""
    prefix: pp.ParserElement | str | None = None
    """A tag before a record (an MPI rank tag). Its captured `rank` applies to the record; rules do not see the tag."""
    identity: tuple[str, ...] = ()
    """"rule.field" of the values that identify a run, so that copies of its log are recognised."""
    phases: tuple[Phase, ...] = ()
    columns: tuple[Column, ...] = ()
    """The columns of a run. If several declarations name one column, the first that gives a value counts."""
    tables: tuple[Table, ...] = ()
    steady: tuple[Steady, ...] = ()
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """table -> {the vendor's word in lower case: common name}; see `logparse.grammar.names` for words with a suffix."""
    chance: Mapping[str, float] = field(default_factory=dict)
    """data set -> score of random guessing."""
    test_items: Mapping[str, int] = field(default_factory=dict)
    """data set -> number of items over which its accuracy is measured."""
    min_resolution: Mapping[str, float] = field(default_factory=dict)
    """column -> lower bound of its resolution, in its unit: the machine is polled only at this interval."""
    absent: Mapping[str, tuple[str, str] | tuple[str, str, str]] = field(default_factory=dict)
    """column -> why it is empty where no log states it: a code of `logparse.text.missing.Code`, the explanation, and
    the rules (separated by `|`) whose lines show it. Without rules it holds for all runs."""
    no_timestamps: tuple[str, ...] = ()
    """Those of `started_at`, `ended_at` and `total_s` that the timestamps of lines do not give, since they do not cover
    the whole run."""
    shared: bool = False
    """Lines that several platforms print: such a grammar identifies no platform and starts no run."""

    file: str = field(default="", init=False)
    """The file or package that it was loaded from, for messages."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", self.title or self.name)
        object.__setattr__(self, "extends", as_tuple(self.extends))
        for rule in self.rules:
            if not rule.grammar_name:
                object.__setattr__(rule, "grammar_name", self.name)
        names = [rule.name for rule in self.rules]
        doubled = {n for n in names if names.count(n) > 1}
        if doubled:
            raise GrammarError(f"several rules have the same name: {', '.join(sorted(doubled))}", where=self.name)
        self.declare_metrics()
        for rule in self.rules:
            self._check_fields(rule)
        if self.shared:
            marked = [r.name for r in self.rules if r.marked & {"identifies_platform", "begin"}]
            if marked:
                raise GrammarError(
                    f"shared rules must not identify a platform or begin a run: {', '.join(marked)}", where=self.name
                )
        elif not self.extends and not any("identifies_platform" in r.marked for r in self.rules):
            raise GrammarError(
                "no rule is marked identifies_platform",
                why="no file would be recognised as this platform's",
                where=self.name,
                help="mark a rule whose line only this program prints, or name the platform that this grammar extends",
            )
        for phase in self.phases:
            if phase.phase not in PHASES:
                help = near(phase.phase, PHASES) or f"one of {', '.join(PHASES)}"
                raise GrammarError(f"unknown phase {phase.phase!r}", where=self.name, help=help)
        for column in self.columns:
            if column.column in FIELDS or column.column in RUNS or column.column.isidentifier():
                continue
            raise GrammarError(f"{column.column!r} is not an identifier", where=self.name)
        for name, absence in self.absent.items():
            # A string has parts as well, if it is short enough.
            if not isinstance(absence, tuple) or len(absence) not in (2, 3) or absence[0] not in list(Code):
                raise GrammarError(
                    f"{absence!r} does not state why {name} is empty",
                    where=f"{self.name}, absent",
                    help=f'write ("CODE", "explanation"); CODE is one of {", ".join(Code)}',
                )

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.declare_metrics()

    def declare_metrics(self) -> None:
        """Add the metrics of this grammar to the vocabulary of this process."""
        for metric in self.metrics:
            try:
                declare(metric.name, metric.field)
            except ValueError as error:
                raise GrammarError(
                    str(error), where=f"{self.name}, metrics", help="capture the built-in field, or rename the metric"
                ) from None

    def _check_fields(self, rule: Rule) -> None:
        """Raises `GrammarError` for a captured field that does not exist, or that its unit does not fit."""
        where = f"{self.name}, {rule.name}"
        for captured in (*(g.name for g in rule.compiled.groups), *rule.carry, *rule.fixed):
            try:
                vocabulary(captured)
            except KeyError as error:
                raise GrammarError(
                    str(error.args[0]), where=where,
                    help="logparse.schema.FIELDS lists the fields; `metrics` of the grammar declares further ones",
                ) from None  # fmt: skip
        for group in rule.compiled.groups:
            expected, printed = vocabulary(group.name).unit, base_unit(group.unit)
            # `GB` of `GB/s` gives bytes/s.
            if expected is not None and printed is not None and expected.partition("/")[0] != printed:
                raise GrammarError(
                    f"{group.name!r} is in {expected}, and a value in {group.unit!r} becomes {printed}", where=where,
                    help=f"capture it under a name of unit {printed}, or change the unit of the token",
                )  # fmt: skip

    def rule(self, name: str) -> Rule:
        """The rule of that name. Raises `KeyError` if there is none."""
        return self._by_name[name]

    def has(self, name: str) -> bool:
        """Whether this grammar has a rule of that name (a shared one does not count)."""
        return name in self._by_name

    @cached_property
    def _by_name(self) -> dict[str, Rule]:
        return {rule.name: rule for rule in self.rules}

    def extracts_data(self, rule: Rule) -> bool:
        """Whether lines of `rule` (its own or a shared one) contribute to the frames.

        They do if they give a value or a message, if they have a mark other than `identifies_platform`, or if a
        declaration names the rule. Other rules only recognise lines.
        """
        data = rule.fields or rule.level or rule.params or rule.marked - {"identifies_platform", "standalone"}
        return bool(data) or rule.name in self._named

    def keeps_line_text(self, rule: Rule) -> bool:
        """Whether the full text of its lines is needed besides the values.

        It is needed as a message, as cells of a table, to detect a repeated beginning, or in an id if there are no
        values.
        """
        tables = {name for table in self.tables for name in (table.header, table.row)}
        return not rule.fields or rule.level is not None or "begin" in rule.marked or rule.name in tables

    @cached_property
    def _named(self) -> frozenset[str]:
        """All words in the declarations, and so all rules that they name."""
        return frozenset(self.declared_words)

    @cached_property
    def declared_words(self) -> tuple[str, ...]:
        """All words in the declarations, sorted."""
        parts = (
            *self.identity,
            *self.phases,
            *self.columns,
            *self.tables,
            *self.steady,
            *(r.carry for r in self.rules),
        )
        return tuple(sorted(set(re.findall(r"\w+", repr(parts)))))

    @cached_property
    def record_start(self) -> str | None:
        """One pattern for all record starts, or None."""
        from logparse.grammar.compile import compile_expression

        parts = [
            compile_expression(without_skipping(e), f"{self.name} record_start").pattern for e in self.record_starts
        ]
        return "|".join(f"(?:{p})" for p in parts) or None

    @cached_property
    def prefix_compiled(self) -> Compiled | None:
        """The compiled prefix, or None."""
        if self.prefix is None:
            return None
        from logparse.grammar.compile import compile_expression

        return compile_expression(without_skipping(self.prefix), f"{self.name} prefix")
