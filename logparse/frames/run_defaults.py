"""Columns of `runs` that are computed alike for all platforms: sums of phases, timestamps, rates, unaccounted time,
repeats, and the reasons of empty cells. (The status is in `status`.)"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import polars as pl

from logparse.frames import evidence
from logparse.frames.evidence import Row
from logparse.frames.lines import AllLines, Lines
from logparse.frames.phase_rows import Phase, Phases, by_run
from logparse.frames.run_columns import RunColumns, best_lines, rounded
from logparse.frames.status import find_marks, find_status
from logparse.grammar import Infer, Steady
from logparse.schema import INTEGER, NUMBER, PHASES, RUNS, TEXT
from logparse.schema.build import make
from logparse.text.missing import MISSING, Absence, Code

PHASE_COLUMNS = tuple(f"{phase}_s" for phase in PHASES)
"""Those that are not columns of `runs` are facts: the time they explain is accounted for."""
SETTINGS = (
    "sdk_version",
    "devices",
    "ranks",
    "batch_size",
    "micro_batch_size",
    "sequence_length",
    "learning_rate",
    "precision",
    "seed",
    "epochs",
    "steps",
)
"""Two runs with the same known values of these settings are repeats of one experiment."""
_BUILD = ("on_chip_throughput",)
"""A compiler reports the same figure for the same binary: it distinguishes builds where shapes are not printed."""


def fill(runs: pl.DataFrame, lines: AllLines, phases: Phases, unparsed: Sequence[int]) -> RunColumns:
    """The columns of all runs of one grammar: what its declarations give, then what all platforms share.

    unparsed: rows of the lines that no rule reads and that are not blank, in order.
    """
    columns = RunColumns(runs, lines)
    find_marks(columns)
    _phase_sums(columns, phases)
    for declared in lines.grammar.columns:
        columns.declare(declared)
    if lines.grammar.device_kind:
        columns.infer(Infer("device_kind", lines.grammar.device_kind))
    _stamps(columns)
    find_status(columns, runs, unparsed)
    columns.derive("batch_size", "micro_batch_size * ranks")
    columns.derive("samples", "steps * batch_size", when="task == 'train' or not known(task)")
    _accuracy(columns)
    _train_includes(columns, phases)
    for steady in lines.grammar.steady:
        _steady(columns, steady)
    if "total_s" not in lines.grammar.no_timestamps:
        # The stamps span the whole run only if the first is above the work and the last below the result, and if the
        # clock was not set back in between.
        done = (
            "(status == 'completed' or status == 'completed_with_errors') and known(_begin) and _last_stamp >= _result"
            " and (not known(_first_work) or _first_stamp <= _first_work) and ended_at >= started_at"
        )
        columns.derive("total_s", "ended_at - started_at", when=done)
        # A failed run ends with the failure, which often has no stamp: the last one is all there is.
        failed = "status == 'failed' and known(_begin) and (not known(_first_work) or _first_stamp <= _first_work)"
        columns.derive("total_s", "ended_at - started_at", when=f"{failed} and ended_at > started_at")
    _unaccounted(columns)
    _group(columns, runs)
    return columns


def _phase_sums(columns: RunColumns, phases: Phases) -> None:
    """`compile_s` and the like: the sum of the rows that are whole phases."""
    evidence_of: dict[int, list[Row]] = {}
    for cited in phases.evidence:
        evidence_of.setdefault(cited["id"], []).append(cited)
    for column in PHASE_COLUMNS:
        values: dict[int, float] = {}
        rows: list[Row] = []
        for n, of_run in by_run(phases.whole(column.removesuffix("_s"))).items():
            if len(of_run) == 1:
                values[n] = of_run[0].duration
                rows += [{**cited, "key": None} for cited in evidence_of[of_run[0].id]]
                continue
            # The last digits of a sum of floats are noise; a single figure keeps its digits.
            values[n] = rounded(sum(phase.duration for phase in of_run), 9)
            rows += [_summand(evidence_of[phase.id][0], phase) for phase in of_run]
        columns.put(column, values, rows, NUMBER)


def _summand(cited: Row, phase: Phase) -> Row:
    """Evidence of a sum: one of the phases that it adds up."""
    derived: Row = {"how": "derived", "formula": "sum(duration)", "input": "duration", "number": phase.duration}
    text = cited.get("text") if cited["how"] in ("read", "converted") else None
    return {**cited, **derived, "key": None, "text": text, "reason": f"the phase {phase.key}"}


def _stamps(columns: RunColumns) -> None:
    """The first and the last time stamp, in the order of the lines; not where a grammar declares that its stamps do not
    mark the beginning or the end."""
    stamped = [lines for lines in columns.lines.values() if "at" in lines.rule.fields]
    stamped = [lines for lines in stamped if columns.grammar.has(lines.rule.name)]
    for column, pick in (("started_at", "first"), ("ended_at", "last")):
        if column in columns.grammar.no_timestamps or not stamped:
            continue
        short = [lines.of_each_run("at", pick) for lines in stamped]
        one = [(lines, "at", lines.one_each("at", pick)) for lines in short]
        values: dict[int, int] = {}
        places: dict[int, int] = {}
        rows: list[Row] = []
        for lines, _, indices in best_lines(one, pick):
            rows += evidence.of_values(lines, "at", indices)
            for i in indices:
                values[lines["n"][i]], places[lines["n"][i]] = lines["at"][i], lines["pos"][i]
        columns.put(column, values, rows)
        columns.put(f"_{pick}_stamp", places, dtype=INTEGER)


def _accuracy(columns: RunColumns) -> None:
    """`accuracy` is the score of runs whose score is named so."""
    if columns.has("score"):
        score = columns.of("score")
        values = {n: score.get(n) for n in columns.where("score_name == 'accuracy'")}
        columns.put("accuracy", values, [row.copy() for row in columns.evidence_of("score")])


def _train_includes(columns: RunColumns, phases: Phases) -> None:
    """The phases within training that are part of its time: their rows have `train` as stage."""
    inside = by_run([row for row in phases.rows if row.stage == "train" and row.phase != "train"])
    if not inside:
        return
    ids = {row.id for rows in inside.values() for row in rows}
    rows: list[Row] = []
    for cited in phases.evidence:
        if cited["id"] in ids and cited.get("input") == "begin":
            of_run = inside[cited["n"]]
            seconds = rounded(sum(row.duration for row in of_run), 3)
            begins = "it begins and ends" if len(of_run) == 1 else "each begins and ends"
            total = f"{seconds} s" if len(of_run) == 1 else f"{seconds} s in all"
            place: Row = {"n": cited["n"], "pos": cited["pos"], "seg": cited["seg"], "rule": cited["rule"]}
            rows.append({**place, "how": "inferred", "reason": f"{begins} between two steps: {total}"})
    values = {n: ", ".join(sorted({row.phase for row in of_run})) for n, of_run in inside.items()}
    columns.put("train_includes", values, rows)


def _steady(columns: RunColumns, steady: Steady) -> None:
    """The batch size over the median interval of step lines after the warm-up. The upper median is one real interval,
    so that its lines are the evidence."""
    stepping = columns.lines.get(steady.rule)
    if stepping is None or not columns.has("batch_size") or "at" not in stepping or "step" not in stepping:
        return
    frame = stepping.frame
    names = ["pos", "at", "step", *(c for c in [":lines"] if c in frame.columns)]
    lines = (
        frame.select("n", *names).with_row_index("i").filter(pl.col("at").is_not_null() & pl.col("step").is_not_null())
    )
    lines = _looped(columns.lines, lines, steady.separated_by)
    # Lines are in order of runs, so the line before is of the same run unless its number differs.
    same = (pl.col("n") == pl.col("n").shift(1)) & pl.col("loop").eq_missing(pl.col("loop").shift(1))
    if ":lines" in lines.columns:
        same = same & (pl.col(":lines").shift(1) == 1)
    nth = pl.int_range(pl.len()) - pl.col("n").search_sorted(pl.col("n"))
    took = ((pl.col("at") - pl.col("at").shift(1)).dt.total_microseconds() / 1e6).round(6)
    steps = pl.col("step") - pl.col("step").shift(1)
    pairs = (
        lines.lazy()
        .select(
            "n",
            "pos",
            "at",
            "i",
            interval=took / steps,
            at_before=pl.col("at").shift(1),
            i_before=pl.col("i").shift(1),
            holds=same & (steps > 0) & (took > 0) & (nth > steady.warmup),
        )
        .filter("holds")
    )
    known = columns.of("batch_size")
    sizes = pl.LazyFrame([[*known], [*known.values()]], {"n": pl.UInt32, "batch_size": INTEGER})
    if (omitted := columns.lines.omitted.get(steady.rule)) is not None:
        frame, of_median = omitted.with_median(frame, pairs.drop("holds").collect())
        first = of_median.lazy()
    else:
        median = pl.col("interval").quantile(0.5, "higher").over("n")
        first = pairs.filter((pl.len().over("n") >= 3) & (pl.col("interval") == median)).unique(
            "n", keep="first", maintain_order=True
        )
    middle = first.join(sizes, on="n", maintain_order="left").collect(engine="in-memory")
    if not middle.height:
        return
    derived: Row = {
        "how": "derived",
        "formula": "batch_size * (step_b - step_a) / (at_b - at_a)",
        "reason": f"the median interval after the first {steady.warmup}",
    }
    at_ends = {end: Lines(frame[middle[index]], stepping.rule) for end, index in (("a", "i_before"), ("b", "i"))}
    # Seconds since the midnight before the first of the two lines: a float of seconds since 1970 would lose short
    # intervals.
    midnights = [at // _DAY * _DAY for at in at_ends["a"]["at"]]
    rows: list[Row] = []
    for end, lines_ in at_ends.items():
        for row, at, midnight in zip(_all(lines_, "at"), lines_["at"], midnights, strict=True):
            rows.append({**row, **derived, "number": (at - midnight) / 1e6, "input": f"at_{end}"})
        rows += [{**row, **derived, "input": f"step_{end}"} for row in _all(lines_, "step")]
    found = middle.rows(named=True)
    for each in found:
        cited = columns.cited("batch_size").get(each["n"], {})
        place: Row = {"n": each["n"], "pos": cited.get("pos"), "seg": cited.get("seg"), "rule": cited.get("rule")}
        size: Row = {"field": cited.get("field"), "number": float(each["batch_size"]), "input": "batch_size"}
        rows.append({**place, **size, **derived})
    values = {each["n"]: each["batch_size"] / each["interval"] for each in found}
    columns.put("steady_throughput", values, rows)


def _all(lines: Lines, field: str) -> list[Row]:
    return evidence.of_values(lines, field, range(len(lines)))


_DAY = 86_400_000_000
"""Microseconds."""


def _looped(all_lines: AllLines, lines: pl.DataFrame, separated_by: str) -> pl.DataFrame:
    """`lines` with `loop`: the position of the latest line of the rules `separated_by` above; null if a run has only
    one."""
    frames = [all_lines[name].frame for name in separated_by.split("|") if name in all_lines]
    parts = [frame.select("n", "pos", pl.col("pos").alias("loop")) for frame in frames]
    several = pl.concat(parts).filter(pl.len().over("n") > 1).sort("pos") if parts else None
    if several is None or not several.height:
        return lines.with_columns(pl.lit(None, pl.UInt64).alias("loop"))
    return lines.join_asof(several, on="pos", by="n", strategy="backward", check_sortedness=False)


def _unaccounted(columns: RunColumns) -> None:
    """The total time minus all known phases."""
    known = [c for c in PHASE_COLUMNS if columns.has(c)]
    if not known or not columns.has("total_s"):
        return
    # One formula for each set of phases that a run has.
    sets = {tuple(n in columns.of(c) for c in known) for n in columns.of("total_s")}
    for pattern in sorted(sets):
        names = [c for c, is_known in zip(known, pattern, strict=True) if is_known]
        if names:
            when = " and ".join(f"known({c})" if c in names else f"not known({c})" for c in known)
            columns.derive("unaccounted_s", f"max(total_s - {' - '.join(names)}, 0)", when=when)


def _group(columns: RunColumns, runs: pl.DataFrame) -> None:
    """The id that repeats of one experiment share. The names of the known settings are part of the hash: an unknown
    setting is not equal to a known one. A run of which no setting is known shares it with no other."""
    names = [c for c in ("workload", "model", "dataset", "task", *SETTINGS, *_BUILD) if columns.has(c)]
    texts = {c: dict(zip(columns.n, columns.series(c).cast(TEXT).to_list(), strict=True)) for c in names}
    ids = dict(runs.select("n", "run").iter_rows())
    values: dict[int, str] = {}
    rows: list[Row] = []
    for n in columns.n:
        known = {c: text for c in names if (text := texts[c][n]) is not None}
        cited = ["platform", *known]
        settings = [f"{c}={text}" for c, text in known.items()]
        if not known.keys() - {"task"}:
            # Shape or program may differ where nothing is known of them.
            settings.append(f"run={ids[n]}")
            cited.append("the run itself")
        identity = "\n".join([columns.grammar.name, *settings])
        values[n] = hashlib.sha256(identity.encode()).hexdigest()[:12]
        reason = f"a hash of {', '.join(cited)}: the settings that are known"
        rows.append({"n": n, "how": "inferred", "reason": reason})
    columns.put("group", values, rows)


# ---- why a cell is empty ---- #

_NOT_JUDGED = {"run", "label", "source", "line_first", "line_last", "copies", "platform", "group", "status"}
_WORK = {
    "train_s",
    "eval_s",
    "checkpoint_s",
    "load_s",
    "startup_s",
    "throughput",
    "throughput_window",
    "steady_throughput",
    "token_throughput",
    "loss",
    "score",
    "score_name",
    "accuracy",
    "steps",
    "samples",
    "epochs",
    "latency_s",
    "on_chip_latency_s",
    "on_chip_throughput",
    "train_includes",
}
"""Columns that only the log of the work itself can fill."""
_OF_INFERENCE = {"latency_s", "on_chip_latency_s", "on_chip_throughput"}
_OF_TRAINING = {
    "train_s",
    "checkpoint_s",
    "startup_s",
    "train_includes",
    "learning_rate",
    "epochs",
    "loss",
    "seed",
    "steps",
}
_NOT_FOR_TASK = {"train": _OF_INFERENCE, "inference": _OF_TRAINING, "compile": _OF_INFERENCE}


_OTHER_LOG = Absence(Code.OTHER_LOG, "no log: the work is in another log of the job")
_CACHED = Absence(Code.CACHED, "cached: compile cache hit, nothing was compiled")


def absent(columns: RunColumns, refused: Sequence[Row]) -> pl.DataFrame:
    """A row as `evidence.ROW` for each null cell of runs: why it is null. `refused` has those of impossible values."""
    known = {(row["n"], row["column"]) for row in refused}
    runs: list[int] = []
    names: list[str] = []
    absences: list[Absence] = []
    for column in RUNS:
        if column in _NOT_JUDGED or columns.is_full(column):
            continue
        of_column = columns.of(column)
        empty = [n for n in columns.n if n not in of_column and (n, column) not in known]
        cause_of: dict[int, Absence] = {}
        for with_cause, cause in reversed(_causes(columns, column)):
            cause_of.update(dict.fromkeys(empty if with_cause is None else with_cause.intersection(empty), cause))
        runs += empty
        names += [column] * len(empty)
        absences += [cause_of[n] for n in empty]
    texts = {
        "column": names,
        "code": [each.code.value for each in absences],
        "reason": [each.text for each in absences],
    }
    lines = pl.DataFrame({"n": runs, **texts}, {name: evidence.ROW[name] for name in ("n", *texts)})
    given = {column.name: column for column in lines.get_columns()}
    return make(lines, evidence.ROW, {**given, "frame": "runs", "how": "absent"})


def _causes(columns: RunColumns, column: str) -> list[tuple[set[int] | None, Absence]]:
    """Why `column` may be null, and for which runs (None: for all): the first cause that holds for a run counts."""

    def runs_with(of: str, value: str) -> set[int]:
        return {n for n, known in columns.of(of).items() if known == value}

    causes: list[tuple[set[int] | None, Absence]] = [
        (runs_with("task", task), Absence(Code.NOT_APPLICABLE, f"does not apply: {task}"))
        for task, not_for_task in _NOT_FOR_TASK.items()
        if column in not_for_task
    ]
    if column == "compile_s":
        causes.append((runs_with("compile_cache", "hit"), _CACHED))
    if column in _WORK:
        causes.append((runs_with("status", "submitted"), _OTHER_LOG))
    code, text, *shown_by = columns.grammar.absent.get(column, (MISSING.code, MISSING.text))
    names = [rule for rules in shown_by for rule in rules.split("|")]
    shown = {n for name in names if name in columns.lines for n in columns.lines.one(name, "first")}
    causes.append((shown if shown_by else None, Absence(Code(code), text)))
    return [*causes, (None, MISSING)]
