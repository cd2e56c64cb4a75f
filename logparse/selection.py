"""Find the runs that a name refers to, and the rows for which an SQL condition is true."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from string import Formatter
from typing import Any

import polars as pl

from logparse.errors import UsageError, near, nearest
from logparse.schema import FRAMES, RUNS
from logparse.text.labels import meant, short_names, shortened


def run_names(runs: pl.DataFrame, shown: Collection[str] | None = None) -> dict[str, str]:
    """Run -> what it is called where the runs `shown` (default: all) are shown together, for those.

    runs: rows of the frame `runs`, all that a user may name. A name is the label without what all labels have in
    common (`short_names`), and `find_run` finds the run of it; a label that a user gave is kept.
    """
    rows = _named_rows(runs)
    labels = [label for _, label, _ in rows]
    given = [label for _, label, source in rows if _is_given(label, source)]
    some = rows if shown is None else [row for row in rows if row[0] in set(shown)]
    short = short_names([label for _, label, _ in some], given, labels)
    return {run: name for (run, *_), name in zip(some, short, strict=True)}


def _named_rows(runs: pl.DataFrame) -> list[tuple[str, str, str]]:
    """Id, label and source of each run."""
    rows: list[tuple[str, str, str]] = runs.select("run", "label", pl.col("source").cast(pl.String)).rows()
    return rows


def _is_given(label: str, source: str) -> bool:
    """Whether a user gave the label: others are ends of the source's name."""
    return not source.endswith(label.rpartition("#")[0] or label)


def labels_of_settings(runs: pl.DataFrame, template: str) -> list[str]:
    """Labels of runs from their settings: `{batch_size} × {ranks}` gives `512 × 8`; `?` where a log does not state one.

    template: a text with columns of `runs` in braces, each optionally with a format (`{throughput:.0f}`). Runs that
    would have the same label have their name in addition: `512 × 8 (run_3)`. A label that a user gave is kept.

    Raises `UsageError` where the template is not valid or names no column.
    """
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise UsageError(f"label {template!r}: {error}") from None
    columns = [name for _, name, _, _ in parts if name is not None]
    for name in columns or [template]:
        if name not in runs.columns:
            braces = "" if columns else "write a column in braces, as in {batch_size}; "
            raise UsageError(f"label {template!r}: {braces}{name!r} is not a column of runs; {nearest(name, RUNS)}")
    called = run_names(runs)
    texts = []
    for row in runs.rows(named=True):
        try:
            texts.append("".join(text + _formatted(row, name, spec) for text, name, spec, _ in parts))
        except ValueError as error:
            raise UsageError(f"label {template!r}: {error}") from None
    counts = Counter(texts)
    given = {run for run, label, source in _named_rows(runs) if _is_given(label, source)}
    labels = [
        label if run in given else f"{text} ({called[run]})" if counts[text] > 1 or text in given else text
        for text, (run, label, _) in zip(texts, _named_rows(runs), strict=True)
    ]
    repeated = Counter(labels)
    return [label if repeated[label] == 1 else f"{label} {run}" for label, run in zip(labels, runs["run"], strict=True)]


def _formatted(row: Mapping[str, Any], name: str | None, spec: str | None) -> str:
    if name is None:
        return ""
    value = row[name]
    if value is None:
        return "?"
    return format(value, spec or ("g" if isinstance(value, float) else ""))


def find_run(runs: pl.DataFrame, name: str) -> Mapping[str, Any]:
    """The row of the frame `runs` that `name` refers to: an id, a prefix of an id, a label, a name (`run_names`), or
    part of a label.

    Raises `UsageError` where no run or several runs match; the message names them.
    """
    rows = runs.rows(named=True)
    called = run_names(runs)
    of_name = meant(name, [r["label"] for r in rows], [called[r["run"]] for r in rows])
    for matching in (
        [r for r in rows if name == r["run"]] or [rows[i] for i in of_name],
        [r for r in rows if name and (r["run"].startswith(name) or name.lower() in r["label"].lower())],
    ):
        if len(matching) == 1:
            return matching[0]
        if matching:
            raise UsageError(f"{name!r} is ambiguous: {_named(matching)}; give more of the label, or the id")
    raise UsageError(f"no run matches {name!r}; {_hint(rows, name)}")


def find_runs(runs: pl.DataFrame, name: str) -> list[str]:
    """The ids of the runs that `name` refers to, in the order of the frame `runs`: those whose label, id or source
    matches a pattern with `*`, `?` or `[` (case does not matter), those of a source of that name, or the one that
    `find_run` finds.

    Raises `UsageError` where there is none.
    """
    if not isinstance(name, str):
        raise UsageError(f"the name of a run is text, not {type(name).__name__}")
    rows = runs.rows(named=True)
    if not any(sign in name for sign in "*?["):
        return [r["run"] for r in rows if r["source"] == name] or [find_run(runs, name)["run"]]
    pattern = name.lower()
    matching = [
        r["run"]
        for r in rows
        if any(fnmatch.fnmatchcase(r[column].lower(), pattern) for column in ("label", "run", "source"))
    ]
    if not matching:
        raise UsageError(f"no run matches {name!r}; {_hint(rows, name)}")
    return matching


def mentioned(sql: str, always: Collection[str] = ()) -> list[str]:
    """The frames whose names are in an SQL text, and `always`: no others need to be read."""
    return [name for name in FRAMES if name in always or re.search(rf"\b{name}\b", sql, re.IGNORECASE)]


def query(frames: Mapping[str, pl.DataFrame], sql: str) -> pl.DataFrame:
    """The rows that an SQL query over `frames` selects. It can reach nothing else: it is one SELECT (or WITH ...
    SELECT), and calls only `FUNCTIONS`.

    Raises `ValueError` for an invalid query.
    """
    sql = sql.strip().removesuffix(";").strip()
    if not re.match(r"(?i)(select|with)\b", sql):
        raise ValueError("only SELECT is possible: a query reads frames and changes nothing")
    _require_expression(sql)
    plain = {n: f.with_columns(pl.col(pl.Categorical).cast(pl.String)) for n, f in frames.items()}
    try:
        return pl.SQLContext(plain, register_globals=False, eager=True).execute(sql)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        read = [name for name in mentioned(sql) if name in plain] or list(plain)
        message = str(error).partition("\n")[0].partition("; valid columns")[0]
        raise ValueError(f"{message}{_hint_for(message, {n: plain[n] for n in read})}") from None


def where(frames: Mapping[str, pl.DataFrame], name: str, condition: str) -> pl.DataFrame:
    """The rows of the frame `name` for which `condition`, an SQL expression, is true; it may query the other frames.

    The condition can reach only `frames`: it is one expression, and calls only `FUNCTIONS`. The functions of polars'
    SQL that read files are not among them.

    Raises `ValueError` for an invalid expression; the message names the column that was probably meant, or lists all.
    """
    _require_expression(condition)
    plain = {n: f.with_columns(pl.col(pl.Categorical).cast(pl.String)) for n, f in frames.items()}
    picked = plain[name].with_row_index("row_number_")
    context = pl.SQLContext({**plain, name: picked}, register_globals=False, eager=True)
    try:
        kept = context.execute(f"SELECT row_number_ FROM {name} WHERE (\n{condition}\n)")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        message = str(error).partition("\n")[0].partition("; valid columns")[0]
        raise ValueError(f"{message}{_hint_for(message, {name: plain[name]})}") from None
    return frames[name][kept["row_number_"]]


def _hint_for(message: str, frames: Mapping[str, pl.DataFrame]) -> str:
    """What an error message of polars probably means: the quotes around a text are missing, or a name is misspelt.

    Otherwise, all columns of `frames`.
    """
    if table := re.search(r"relation '([^']+)' was not found", message):
        return f"; {nearest(table[1], FRAMES)}"
    unknown = re.search(r"column [\"'`]([^\"'`]+)[\"'`]", message)
    if unknown is None:
        return ""
    texts = (frame.select(pl.selectors.string()) for frame in frames.values())
    if any((column == unknown[1]).any() for frame in texts for column in frame.get_columns()):
        return f"; a text is in single quotes: '{unknown[1]}'"
    if meant := near(unknown[1], [column for frame in frames.values() for column in frame.columns]):
        return f"; {meant}"
    return "".join(f"\nColumns of {name}: {', '.join(frame.columns)}" for name, frame in frames.items())


FUNCTIONS = frozenset(
    [
        "abs",
        "acos",
        "asin",
        "atan",
        "atan2",
        "cbrt",
        "ceil",
        "ceiling",
        "cos",
        "cot",
        "degrees",
        "div",
        "exp",
        "floor",
        "ln",
        "log",
        "log10",
        "log1p",
        "log2",
        "mod",
        "pi",
        "pow",
        "power",
        "radians",
        "round",
        "sign",
        "sin",
        "sqrt",
        "tan",
        "trunc",
        "truncate",
        "greatest",
        "least",
        "coalesce",
        "if",
        "ifnull",
        "nullif",
        "bit_length",
        "char_length",
        "character_length",
        "concat",
        "concat_ws",
        "ends_with",
        "initcap",
        "left",
        "length",
        "lower",
        "lpad",
        "ltrim",
        "normalize",
        "octet_length",
        "position",
        "regexp_like",
        "replace",
        "reverse",
        "right",
        "rpad",
        "rtrim",
        "split_part",
        "starts_with",
        "string_to_array",
        "strpos",
        "substr",
        "substring",
        "trim",
        "upper",
        "date",
        "date_part",
        "datetime",
        "extract",
        "strftime",
        "strptime",
        "time",
        "timestamp",
        "avg",
        "corr",
        "count",
        "covar",
        "first",
        "last",
        "max",
        "median",
        "min",
        "quantile_cont",
        "quantile_disc",
        "stddev",
        "stdev",
        "string_agg",
        "sum",
        "variance",
        "dense_rank",
        "first_value",
        "lag",
        "last_value",
        "lead",
        "rank",
        "row_number",
        "array_contains",
        "array_length",
        "array_to_string",
        "cast",
        "try_cast",
        "decimal",
        "numeric",
        "varchar",
        "char",
        "float",
    ]
)
"""The functions that a condition may call, as polars' SQL names them: each computes a value from values."""
_KEYWORDS = frozenset(
    [
        "all",
        "and",
        "any",
        "as",
        "between",
        "by",
        "case",
        "distinct",
        "else",
        "except",
        "exists",
        "filter",
        "from",
        "having",
        "ilike",
        "in",
        "intersect",
        "is",
        "join",
        "like",
        "limit",
        "not",
        "on",
        "or",
        "over",
        "regexp",
        "rlike",
        "select",
        "some",
        "then",
        "union",
        "using",
        "values",
        "when",
        "where",
    ]
)
"""Keywords of SQL that a parenthesis may follow."""
_TOKEN = re.compile(
    r"""
    \s+ | (?P<call>[^\W\d]\w*|"(?:[^"]|"")*")\s*\( | [^\W\d]\w* | "(?:[^"]|"")*" | '(?:[^']|'')*'
    | \d[\w.]* | (?P<open>\() | (?P<close>\)) | (?!--|/\*)[-+*/%=<>!~|&^.,:\[\]]
    """,
    re.VERBOSE,
)


def _require_expression(condition: str) -> None:
    """Raises `ValueError` unless `condition` is one SQL expression or query whose calls are all in `FUNCTIONS`."""
    at = depth = 0
    while at < len(condition):
        token = _TOKEN.match(condition, at)
        # A backslash before a quote ends the text or does not, depending on the dialect.
        if token is None or "\\'" in token[0]:
            raise ValueError(f"this is not one SQL expression without comments: {condition[at : at + 20]!r}")
        if (call := token["call"]) and call.lower() not in FUNCTIONS | _KEYWORDS:
            raise ValueError(
                f"{call} cannot be called: SQL can compare and compute, and read only the frames, no files"
            )
        depth += token[0].endswith("(") - (token["close"] is not None)
        if depth < 0:
            break
        at = token.end()
    if depth:
        raise ValueError("the parentheses do not match")


def _hint(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    return near(name, [r["label"] for r in rows], most=3, alike=0.4) or f"choose from {_named(rows) or 'no runs'}"


def _named(rows: Sequence[Mapping[str, Any]]) -> str:
    return shortened([f"{r['label']} ({r['run']})" for r in rows], 8)
