r"""What a grammar is written in: tokens, rules, phases, columns, tables.

A grammar is one Python file that reads like the vendor's log. For each kind of line it has an example first, then the
same line with holes::

    Rule(
        "train_step",
        "2024-03-30 15:16:33,873 INFO:   | Train Device=CSX, Step=100, Loss=9.39062, Rate=2983.97 samples/sec",
        timestamp("at") + " INFO:   | Train Device=" + word("device") + ", Step=" + integer("step")
        + ", Loss=" + real("loss") + ", Rate=" + real("throughput@interval") + " samples/sec",
        marks="identifies_platform running", split="train", window="step",
    )

A rule reads its line exactly: a blank in a string is a blank in the line, and nothing is skipped between two elements
(`optional_blanks` and `blanks` are tokens for white space). White space at both ends of a segment does not count. A
rule reads its segment to the end, unless it is marked `unanchored`. Results names come from the vocabulary
(`logparse.schema.FIELDS`); `name@window` says which span of steps the figure covers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyparsing as pp

from logparse.errors import GrammarError
from logparse.grammar.compile import Compiled, compile_expression
from logparse.schema import FIELDS, PHASES, RUNS
from logparse.schema import field as vocabulary
from logparse.text.missing import Code

# ---- tokens ---- #


def in_unit(token: pp.ParserElement, unit: str) -> pp.ParserElement:
    """`token`, printed in `unit`: a key of `units.UNITS`, `clock` ([h:]mm:ss) or a date format with %."""
    copy = token.copy()
    copy.unit = unit  # type: ignore[attr-defined]
    return copy


# Written so that each character decides the way alone: Rust then runs the whole rule in one pass, twice as fast.
_REAL = (
    r"[-+]?(?:[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?"
    r"|nan|N(?:aN|AN)|inf|I(?:nf|NF))"
)

integer = pp.Regex(r"[-+]?[0-9]+")
"""A whole number."""
count = in_unit(pp.Regex(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+"), "1,000")
"""A whole number that may have thousands separators."""
real = pp.Regex(_REAL)
"""A number: decimals, exponent, nan and inf."""
percent = in_unit(real, "%")
"""The number before a per cent sign; it becomes a fraction."""
word = pp.Regex(r"[^ \t,;]+")
"""Anything without blank, comma or semicolon."""
name = pp.Regex(r"[A-Za-z_][A-Za-z0-9_]*")
"""An identifier."""
token = pp.Regex(r"[^ \t]+")
"""Anything without a blank."""
rest = pp.Regex(r".*")
"""All that is left of the segment; it stands last."""
nonempty = pp.Regex(r".+")
"""All that is left, at least one character; it stands last."""
optional_blanks = pp.Regex(r"[ \t]*")
"""White space, or none."""
blanks = pp.Regex(r"[ \t]+")
"""White space, at least one."""
clock = in_unit(pp.Regex(r"[0-9]+(?::[0-9]{2}){1,2}(?:\.[0-9]+)?"), "clock")
"""[h:]mm:ss[.f], as a duration or a time of day in seconds."""
timestamp = in_unit(
    pp.Regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3}"), "%Y-%m-%d %H:%M:%S,%3f"
)
"""Python logging's time stamp."""
timestamp_seconds = in_unit(pp.Regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"), "%Y-%m-%d %H:%M:%S")
"""A time stamp to the second."""


def unnamed(token: pp.ParserElement) -> pp.ParserElement:
    """A copy of `token` that captures nothing."""
    return token.copy()


# ---- rules ---- #

MARKS = {
    "identifies_platform": "a whole line in this vendor's form: it decides the platform of a file",
    "standalone": "with identifies_platform: such a line alone is no run (a queue table, a tool's own report)",
    "begin": "a beginning: opens a run, unless the open one holds beginnings only",
    "running": "training or inference is under way",
    "result": "the work reached its end and the result is there",
    "final": "a result that stands once in a run: a second one opens a new run",
    "reopen": "work goes on after an earlier result (a later loop)",
    "submission": "the work itself is elsewhere: a job was handed in, or a build is done",
    "failure": "an error, cancel or ^C that ends the work",
    "redraw": "the line is drawn again and again; the same values in a row are one point",
    "global": "figures of all ranks together, though one of them prints the line",
    "unanchored": "may begin anywhere in a segment: a key of a dict or JSON record",
}


def without_skipping(expr: Any) -> pp.ParserElement:
    """`expr`, so that nothing is skipped between its elements.

    Set on the elements themselves: copies of all of them take a tenth of the time of an import, and tokens have no
    other use than in rules.
    """
    top = expr.parse_with_tabs()
    todo: list[Any] = [top]
    while todo:
        element = todo.pop()
        element.skipWhitespace = False
        todo += getattr(element, "exprs", ())
        todo += [element.expr] if getattr(element, "expr", None) is not None else []
    return top  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class Rule:
    """One kind of line: an example, and the expression that reads it.

    Raises `GrammarError` where the example is not read, a name is not in the vocabulary, or a form has no twin.
    """

    name: str
    example: str
    expr: pp.ParserElement
    marks: str = ""
    """Words of `MARKS`."""
    split: str | None = None
    """`train`, `eval`, `test` or `benchmark`, for the metrics of this line."""
    window: str = "step"
    """What span the metrics of this line cover: `step`, `interval`, `mean` or `final`."""
    basis: str = "measured"
    """`measured`, or `estimated` where a compiler says it."""
    params: str | None = None
    """Origin (`command`, `environment`, `config`, `banner`, `log`): what the line states becomes rows of `params`."""
    level: str | None = None
    """`warning` or `error`: the line becomes a row of `messages`."""
    kind: str | None = None
    """Kind of the message."""
    carry: Mapping[str, str] = field(default_factory=dict)
    """field -> rule (several with `|` between): the field's value is that of the latest such line above this one."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """field -> text that every line of this rule stands for (a `scope`, a `score_name`)."""
    more: tuple[str, ...] = ()
    """Further examples, for variants."""
    corrects: str | None = None
    """Where the vendor's label is wrong: what the figure really is. Told in the evidence."""
    grammar_name: str = field(default="", init=False)
    """Name of the grammar it stands in; the grammar sets it."""

    def __post_init__(self) -> None:
        unknown = set(self.marks.split()) - MARKS.keys()
        if unknown:
            raise GrammarError(f"unknown mark {sorted(unknown)}", where=self.name, help=f"one of {', '.join(MARKS)}")
        object.__setattr__(self, "expr", without_skipping(self.expr))
        for group in (*(g.name for g in self.compiled.groups), *self.carry, *self.fixed):
            try:
                vocabulary(group)
            except KeyError as error:
                raise GrammarError(
                    str(error.args[0]), where=self.name, help="the words are in logparse.schema.FIELDS"
                ) from None
        for example in self.examples:
            self._check(example)

    @property
    def id(self) -> str:
        """The rule's name with that of its grammar before it: `sambanova/result_dict`."""
        return f"{self.grammar_name}/{self.name}"

    @cached_property
    def compiled(self) -> Compiled:
        """The regular expression of this rule, its groups and its gate."""
        return compile_expression(self.expr, self.name)

    @cached_property
    def marked(self) -> frozenset[str]:
        """The marks as a set; `final` is a `result` too."""
        marks = set(self.marks.split())
        return frozenset(marks | ({"result"} if "final" in marks else set()))

    @property
    def examples(self) -> tuple[str, ...]:
        """All examples of this rule."""
        return (self.example, *self.more)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Names the rule captures, each once."""
        return tuple(dict.fromkeys(g.name for g in self.compiled.groups))

    @cached_property
    def pattern(self) -> str:
        """The regular expression as it is run on a segment: anchored at both ends unless `unanchored`."""
        return self.compiled.pattern if "unanchored" in self.marked else f"^(?:{self.compiled.pattern})$"

    def read(self, segment: str) -> dict[str, str] | None:
        """The reference path: pyparsing itself on one segment, stripped. The captured texts, or None."""
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
        try:
            self.expr.parse_string(example.strip(), parse_all=True)
            reached = ""
        except pp.ParseBaseException as error:
            reached = f"{example.strip()}\n{' ' * (error.loc + 14)}^ {error.msg}"
        raise GrammarError(
            f"rule {self.name!r} does not read its own example",
            where=self.name,
            reached=reached,
            help="make the expression read the example to its end, or the example a real line",
        )


# ---- above the lines ---- #


@dataclass(frozen=True)
class Span:
    """A phase from one line to another: for each line of `begin` the first (or last) line of `end` before the next
    `begin`.

    Rules are named with `|` between several. Duration is the difference of their `at`.
    """

    phase: str
    begin: str
    end: str
    last: bool = False
    """Ends with the last such line, not the first."""
    stage: str | None = None
    """The vendor's own name of a step inside the phase: a row that may lie within others."""
    stage_field: str | None = None
    """Field of the `begin` line that holds that name."""
    exclude: tuple[str, ...] = ()
    """Phases that lie within and are cut out."""
    inside: tuple[str, ...] = ()
    """Phases of which it is a part where it lies within one: there it is a row with a stage (that phase's name), not a
    whole one."""
    first: bool = False
    """Of several `begin` lines in a row the first counts, not the last."""
    by: str | None = None
    """Field that both lines must share (a job id, a rank)."""


@dataclass(frozen=True)
class Reported:
    """A phase whose duration the log states: each line of `of` ("rule.field") is one, unless `pick` selects one."""

    phase: str
    of: str
    stage: str | None = None
    stage_field: str | None = None
    pick: str = "all"
    """`all`, `first`, `last`, or `max` (the slowest of several ranks)."""
    subtract: str | None = None
    """What the stated duration holds and that is taken off: a phase ("compile#1") or a figure ("rule.field")."""
    whole: bool = False
    """With `stage_field`: the stages are all there is, so their sum is the phase."""


@dataclass(frozen=True)
class Bar:
    """A phase whose duration is what a progress bar shows at its end; redraws of one bar are told apart from the next
    bar."""

    phase: str
    rule: str
    stage: str | None = None
    each: str = "all"
    """`all`, or the number of the bar, from 1."""
    subtract: str | None = None
    """A phase that the bar holds and that is taken off: one by its key ("compile#1"), or ("compile") of each bar the
    last
    that ended since the bar before it."""


@dataclass(frozen=True)
class Spinner:
    """Stages timed by the frames of a spinner: a lower bound."""

    phase: str
    rule: str
    seconds: float
    """Time between two frames."""
    stage_field: str = "stage"
    subtract: int = 0
    """Lines of each stage that are no frame (the list of stages that is printed before any begins)."""


Phase = Span | Reported | Bar | Spinner


@dataclass(frozen=True)
class Take:
    """A column of `runs` (or a fact for formulas) from a captured field: `of` is "rule.field", several with `|`
    between."""

    column: str
    of: str
    pick: str = "last"
    """`first`, `last`, `min`, `max`; or, derived from all lines: `sum`, `mean`, `median`, `count`, `distinct`."""
    where: Mapping[str, str] = field(default_factory=dict)
    """Only lines on which these fields have these texts."""
    when: str | None = None
    """Only where this formula is true."""
    how: str | None = None
    """`estimate` for a compiler's figure; else `read` or `converted` as it comes."""
    aliases: str | None = None
    """Key of the grammar's `aliases` whose table gives the one name for it."""
    last_per_rank: bool = False
    """Only the last such line of each rank counts."""


@dataclass(frozen=True)
class Derive:
    """A column of `runs` (or a fact) from a formula over columns and facts that stand above it: `steps * batch_size`.

    Python arithmetic; `seen("rule")` counts the lines of a rule; `min`, `max`, `abs`, `round` work on scalars.
    """

    column: str
    formula: str
    when: str | None = None


@dataclass(frozen=True)
class Infer:
    """A column of `runs` that follows from lines of `because` being there (or, with `when`, from a formula)."""

    column: str
    value: str | int | float
    because: str = ""
    """Rules, with `|` between; empty: the lines that told the platform."""
    when: str | None = None
    reason: str | None = None
    """Why it follows, for a person."""


Column = Take | Derive | Infer


@dataclass(frozen=True)
class Table:
    """A table whose columns are named by its header line, whatever they are.

    `header` and `row` are rules that capture `cells`; each cell becomes the field that its column's label stands for.
    """

    header: str
    row: str
    labels: Mapping[str, tuple[str, str | None]]
    """label -> (field, unit)."""
    separator: str = "|"
    missing: tuple[str, ...] = ("--", "-", "")
    """Cells that hold no value."""


@dataclass(frozen=True)
class Steady:
    """What gives `steady_throughput`: work over the median interval of this rule's lines after the first `warmup`
    ones."""

    rule: str
    warmup: int = 1
    separated_by: str = ""
    """Rules, with `|` between, whose lines part one loop from the next: what lies across one is no interval."""


@dataclass(frozen=True, eq=False)
class Grammar:
    """All that is known of one vendor's logs. Data and expressions: nothing here reads a file.

    Raises `GrammarError` where a declaration names a rule, field, phase or column that is not there.
    """

    name: str
    title: str
    rules: tuple[Rule, ...]
    device_kind: str | None = None
    version: str = "1"
    record_starts: tuple[pp.ParserElement, ...] = ()
    """Texts before which a line is cut, since records are glued there."""
    prefix: pp.ParserElement | None = None
    """A tag before a record (an MPI rank tag): its captured `rank` holds for the record, and rules do not see it."""
    identity: tuple[str, ...] = ()
    """"rule.field" of the values that tell one run from another, wherever copies of it stand."""
    phases: tuple[Phase, ...] = ()
    columns: tuple[Column, ...] = ()
    """What a run's row is made of. Of several for one column the first that has a value counts."""
    tables: tuple[Table, ...] = ()
    steady: tuple[Steady, ...] = ()
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """table -> {the vendor's word in lower case: the one name for it}."""
    chance: Mapping[str, float] = field(default_factory=dict)
    """data set -> score that guessing gives."""
    test_items: Mapping[str, int] = field(default_factory=dict)
    """data set -> items that its accuracy is measured over."""
    min_resolution: Mapping[str, float] = field(default_factory=dict)
    """column -> resolution in its unit that its stamps cannot better, since the machine is asked only so often."""
    absent: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """column -> why it is empty where no log states it: a code of `logparse.text.missing.Code` and the explanation."""
    no_timestamps: tuple[str, ...] = ()
    """Of `started_at`, `ended_at` and `total_s` those that stamps of lines do not give: what is stamped is no whole
    run."""
    shared: bool = False
    """Lines that several platforms print: such a grammar decides no platform and begins no run."""

    def __post_init__(self) -> None:
        for rule in self.rules:
            object.__setattr__(rule, "grammar_name", self.name)
        names = [rule.name for rule in self.rules]
        doubled = {n for n in names if names.count(n) > 1}
        if doubled:
            raise GrammarError(f"two rules of one name: {sorted(doubled)}", where=self.name)
        if self.shared:
            marked = [r.name for r in self.rules if r.marked & {"identifies_platform", "begin"}]
            if marked:
                raise GrammarError(f"shared rules may not decide a platform or begin a run: {marked}", where=self.name)
        elif not any("identifies_platform" in r.marked for r in self.rules):
            raise GrammarError(
                "no rule is marked identifies_platform", why="no file would be this platform's", where=self.name
            )
        for phase in self.phases:
            if phase.phase not in PHASES:
                raise GrammarError(
                    f"unknown phase {phase.phase!r}", where=self.name, help=f"one of {', '.join(PHASES)}"
                )
        for column in self.columns:
            if column.column in FIELDS or column.column in RUNS or column.column.isidentifier():
                continue
            raise GrammarError(f"{column.column!r} is not a name", where=self.name)
        for name, absence in self.absent.items():
            # A string has two parts as well, if it is short enough.
            if not isinstance(absence, tuple) or len(absence) != 2 or absence[0] not in list(Code):
                raise GrammarError(
                    f"{absence!r} does not state why {name} is empty",
                    where=f"{self.name}, absent",
                    help=f'write ("CODE", "explanation"); CODE is one of {", ".join(Code)}',
                )

    def rule(self, name: str) -> Rule:
        """The rule of that name."""
        return self._by_name[name]

    def has(self, name: str) -> bool:
        """Whether a rule of that name is this grammar's own."""
        return name in self._by_name

    @cached_property
    def _by_name(self) -> dict[str, Rule]:
        return {rule.name: rule for rule in self.rules}

    def extracts_data(self, rule: Rule) -> bool:
        """Whether lines of `rule` (its own or a shared one) say anything: a value, a message, a mark other than
        `identifies_platform`, or that they are there, where a declaration asks for that. Other rules only name
        lines as known."""
        says = rule.fields or rule.level or rule.params or rule.marked - {"identifies_platform", "standalone"}
        return bool(says) or rule.name in self._named

    def keeps_line_text(self, rule: Rule) -> bool:
        """Whether the text of its lines is wanted whole, besides the values: as a message, as cells of a table, to tell
        whether a beginning is repeated, or in an id, where there are no values."""
        tables = {name for table in self.tables for name in (table.header, table.row)}
        return not rule.fields or rule.level is not None or "begin" in rule.marked or rule.name in tables

    @cached_property
    def _named(self) -> frozenset[str]:
        """All words in the declarations: the rules among them are asked for."""
        parts = (
            *self.identity,
            *self.phases,
            *self.columns,
            *self.tables,
            *self.steady,
            *(r.carry for r in self.rules),
        )
        return frozenset(re.findall(r"[a-z_][a-z0-9_]*", repr(parts)))

    @cached_property
    def record_start(self) -> str | None:
        """One pattern for all record starts, or None."""
        parts = [compile_expression(e, f"{self.name} record_start").pattern for e in self.record_starts]
        return "|".join(f"(?:{p})" for p in parts) or None

    @cached_property
    def prefix_compiled(self) -> Compiled | None:
        """The compiled prefix, or None."""
        return compile_expression(self.prefix, f"{self.name} prefix") if self.prefix is not None else None
