"""Columns of `runs` that are computed alike for all platforms: sums of phases, timestamps, rates, unaccounted time,
repeats, and the reasons of empty cells. (The status is in `status`.)"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import polars as pl

from logparse.frames import evidence
from logparse.frames.phase_rows import Phases
from logparse.frames.run_columns import RunColumns
from logparse.frames.status import find_marks, find_status
from logparse.grammar import Infer, Steady
from logparse.reading.match import Hits
from logparse.schema import NUMBER, PHASES, RUNS, TEXT
from logparse.schema.build import full
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


def fill(runs: pl.DataFrame, hits: Hits, phases: Phases, unparsed: pl.Series) -> RunColumns:
    """The columns of all runs of one grammar: what its declarations give, then what all platforms share.

    unparsed: rows of the lines that no rule reads and that are not blank, in order.
    """
    columns = RunColumns(runs, hits)
    find_marks(columns)
    for column in PHASE_COLUMNS:
        _phase_sum(columns, phases, column)
    for declared in hits.grammar.columns:
        columns.declare(declared)
    if hits.grammar.device_kind:
        columns.infer(Infer("device_kind", hits.grammar.device_kind))
    _stamps(columns)
    find_status(columns, runs, unparsed)
    columns.derive("batch_size", "micro_batch_size * ranks")
    columns.derive("samples", "steps * batch_size", when="task == 'train' or not known(task)")
    _accuracy(columns)
    _train_includes(columns, phases)
    for steady in hits.grammar.steady:
        _steady(columns, steady)
    if "total_s" not in hits.grammar.no_timestamps:
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


def _phase_sum(columns: RunColumns, phases: Phases, column: str) -> None:
    """`compile_s` and the like: the sum of the rows that are whole phases."""
    rows = phases.whole(column.removesuffix("_s"))
    if not rows.height:
        return
    if rows["n"].n_unique() == rows.height:  # one row per run: nothing to add up, and most columns are like that
        is_cited = pl.col("id").is_in(rows["id"].implode())
        cited = phases.evidence if rows.height == phases.rows.height else phases.evidence.filter(is_cited)
        values = pl.DataFrame([rows["n"], rows["duration"].alias("value")])
        columns.put(column, values, evidence.rows(cited, key=None))
        return
    # The last digits of a sum of floats are noise; a single figure keeps its digits.
    total = pl.when(pl.len() == 1).then(pl.col("duration").first()).otherwise(pl.col("duration").sum().round(9))
    values = rows.group_by("n").agg(total.alias("value"))
    cited = phases.evidence.filter(pl.col("id").is_in(rows["id"].implode()))
    cited = cited.with_columns(pl.lit(None, TEXT).alias("key"))
    is_only = pl.col("id").n_unique().over("n") == 1
    several = cited.filter(~is_only).drop("number").unique("id", keep="first", maintain_order=True)
    read = pl.col("how").is_in(["read", "converted"])
    several = several.join(rows.select("id", "key", number="duration"), on="id", maintain_order="left")
    several = evidence.rows(
        several,
        text=pl.when(read).then("text"),
        how="derived",
        formula="sum(duration)",
        input="duration",
        reason=pl.format("the phase {}", "key_right"),
    )
    columns.put(column, values, pl.concat([evidence.rows(cited.filter(is_only)), several]))


def _stamps(columns: RunColumns) -> None:
    """The first and the last time stamp, in the order of the lines; not where a grammar declares that its stamps do not
    mark the beginning or the end."""
    rules = [r for r in columns.hits.rules.values() if "at" in r.fields and columns.hits.grammar.has(r.name)]
    if not rules:
        return
    frames = [columns.hits.by_rule[r.name][["n", "pos", "at"]] for r in rules]
    stamped = pl.concat(f.hstack([full(i, f.height).alias("i")]) for i, f in enumerate(frames))
    lines = stamped.filter(pl.col("at").is_not_null()).sort("pos")
    for column, keep in (("started_at", "first"), ("ended_at", "last")):
        if column in columns.hits.grammar.no_timestamps:
            continue
        one = lines.unique("n", keep=keep, maintain_order=True)  # type: ignore[arg-type]
        evidence_rows = []
        for (i,), lines_of_rule in one.partition_by("i", as_dict=True).items():
            rule = rules[i]
            frame = columns.hits.by_rule[rule.name]
            frame = frame.filter(frame["pos"].is_in(lines_of_rule["pos"].implode()))
            place = evidence.place(frame, "at", rule)
            evidence_rows.append(evidence.of_lines(frame, **place, number=evidence.numbers(frame["at"])))
        if evidence_rows:
            columns.put(column, one.select("n", value="at"), pl.concat(evidence_rows))
            columns.fact(f"_{keep}_stamp", one.select("n", value="pos"))


def _accuracy(columns: RunColumns) -> None:
    """`accuracy` is the score of runs whose score is named so."""
    if columns.has("score"):
        runs = columns.where("score_name == 'accuracy'", "score")
        columns.put("accuracy", runs.select("n", value="score"), columns.evidence_of("score"))


def _train_includes(columns: RunColumns, phases: Phases) -> None:
    """The phases within training that are part of its time: their rows have `train` as stage."""
    rows = phases.rows.filter((pl.col("stage") == "train") & (pl.col("phase") != "train"))
    if not rows.height:
        return
    values = rows.group_by("n").agg(
        pl.col("phase").unique().sort().str.join(", ").alias("value"),
        pl.len().alias("count"),
        pl.col("duration").sum().round(3).alias("sum"),
    )
    begins = phases.evidence.filter(pl.col("id").is_in(rows["id"].implode()) & (pl.col("input") == "begin"))
    lines = begins.select("n", "pos", "seg", "rule").join(values, on="n", how="left", maintain_order="left")
    reason = lines.select(
        pl.when(pl.col("count") == 1)
        .then(pl.format("it begins and ends between two steps: {} s", "sum"))
        .otherwise(pl.format("each begins and ends between two steps: {} s in all", "sum"))
    ).to_series()
    lines, values = lines.select("n", "pos", "seg", "rule"), values.select("n", "value")
    columns.put("train_includes", values, evidence.rows(lines, how="inferred", reason=reason))


def _steady(columns: RunColumns, steady: Steady) -> None:
    """The batch size over the median interval of step lines after the warm-up. The upper median is one real interval,
    so that its lines are the evidence."""
    frame, rule = columns.hits.get(steady.rule), columns.hits.rules.get(steady.rule)
    if frame is None or rule is None or not columns.has("batch_size") or not {"at", "step"} <= set(frame.columns):
        return
    names = ["pos", "at", "step", *(c for c in [":lines"] if c in frame.columns)]
    lines = (
        frame.select("n", *names).with_row_index("i").filter(pl.col("at").is_not_null() & pl.col("step").is_not_null())
    )
    lines = _looped(columns.hits, lines, steady.separated_by)
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
    sizes = columns.frame.lazy().filter(pl.col("batch_size").is_not_null()).select("n", "batch_size")
    if (omitted := columns.hits.omitted.get(steady.rule)) is not None:
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
    values = middle.select("n", (pl.col("batch_size") / pl.col("interval")).alias("value"))
    derived: dict[str, pl.Expr | str | None] = {
        "how": "derived",
        "formula": "batch_size * (step_b - step_a) / (at_b - at_a)",
        "reason": f"the median interval after the first {steady.warmup}",
    }
    parts = []
    for end, side in (("a", "_before"), ("b", "")):
        at = frame[middle[f"i{side}"]]
        # Seconds since the midnight before the first of the two lines: a float of seconds since 1970 would lose short
        # intervals.
        clock = (middle[f"at{side}"] - middle["at_before"].dt.truncate("1d")).dt.total_microseconds() / 1e6
        clock = clock.round(6)
        for name, number in (("at", clock), ("step", at["step"])):
            place = {**evidence.place(at, name, rule), **derived}
            parts.append(evidence.of_lines(at, **place, number=number, input=f"{name}_{end}"))
    cited = columns.cited("batch_size").select("n", "pos", "seg", "rule", "field")
    batch = middle.select("n", pl.col("batch_size").cast(NUMBER).alias("number"))
    batch = batch.join(cited, on="n", how="left", maintain_order="left")
    columns.put("steady_throughput", values, pl.concat([*parts, evidence.rows(batch, input="batch_size", **derived)]))


def _looped(hits: Hits, lines: pl.DataFrame, separated_by: str) -> pl.DataFrame:
    """`lines` with `loop`: the position of the latest line of the rules `separated_by` above; null if a run has only
    one."""
    frames = [frame for name in separated_by.split("|") if (frame := hits.get(name)) is not None]
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
    is_known = columns.frame.filter(pl.col("total_s").is_not_null()).select(pl.col(c).is_not_null() for c in known)
    for pattern in is_known.unique(maintain_order=True).rows():
        names = [c for c, there in zip(known, pattern, strict=True) if there]
        if names:
            when = " and ".join(f"known({c})" if c in names else f"not known({c})" for c in known)
            columns.derive("unaccounted_s", f"max(total_s - {' - '.join(names)}, 0)", when=when)


def _group(columns: RunColumns, runs: pl.DataFrame) -> None:
    """The id that repeats of one experiment share. The names of the known settings are part of the hash: an unknown
    setting is not equal to a known one. A run of which no setting is known shares it with no other."""
    names_known = [c for c in ("workload", "model", "dataset", "task", *SETTINGS, *_BUILD) if columns.has(c)]
    known = [pl.format(f"{c}={{}}", pl.col(c).cast(TEXT)) for c in names_known]
    names = [pl.lit("platform"), *(pl.when(pl.col(c).is_not_null()).then(pl.lit(c)) for c in names_known)]
    settings = [pl.col(c).is_not_null() for c in names_known if c != "task"]
    alone = ~pl.any_horizontal(settings) if settings else pl.lit(True)
    # Shape or program may differ where nothing is known of them.
    known.append(pl.when(alone).then(pl.format("run={}", "run")))
    names.append(pl.when(alone).then(pl.lit("the run itself")))
    texts = columns.frame.join(runs.select("n", "run"), on="n", how="left", maintain_order="left").select(
        "n",
        pl.concat_str(known, separator="\n", ignore_nulls=True).alias("text"),
        pl.concat_str(names, separator=", ", ignore_nulls=True).alias("names"),
    )
    name = columns.hits.grammar.name
    ids = [hashlib.sha256(f"{name}\n{text}".encode()).hexdigest()[:12] for text in texts["text"]]
    reason = pl.format("a hash of {}: the settings that are known", "names")
    cited = evidence.of_lines(texts, how="inferred", reason=reason)
    columns.put("group", pl.DataFrame({"n": columns.n, "value": ids}), cited)


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


def absent(columns: RunColumns, refused: pl.DataFrame) -> pl.DataFrame:
    """An evidence row for each null cell of runs: why it is null. `refused` has those of impossible values."""
    frame = columns.frame
    frame = frame.with_columns(pl.lit(None, t).alias(c) for c, t in RUNS.items() if c not in frame.columns)
    judged = [c for c in RUNS if c not in _NOT_JUDGED and frame[c].null_count()]
    if not judged:
        return refused
    absences: dict[Absence, int] = {}

    def absence(column: str) -> pl.Expr:
        """The number of the first cause that holds; null for a cell that has a value."""
        first = pl.lit(None, pl.UInt32)
        for condition, cause in reversed(list(_causes(columns, column))):
            number = absences.setdefault(cause, len(absences))
            first = pl.when(condition).then(pl.lit(number, pl.UInt32)).otherwise(first)
        return pl.when(pl.col(column).is_null()).then(first).alias(column)

    cells = frame.select("n", *map(absence, judged)).unpivot(index="n", variable_name="column", value_name="absence")
    rows = cells.filter(pl.col("absence").is_not_null())
    rows = rows.join(
        refused.select("n", pl.col("column").cast(TEXT)), on=["n", "column"], how="anti", maintain_order="left"
    )
    codes, texts = (pl.Series(values, dtype=TEXT) for values in zip(*((a.code, a.text) for a in absences), strict=True))
    index = rows["absence"]
    absent_rows = evidence.rows(rows, frame="runs", how="absent", code=codes.gather(index), reason=texts.gather(index))
    return pl.concat([absent_rows, refused])


def _causes(columns: RunColumns, column: str) -> Iterator[tuple[pl.Expr, Absence]]:
    """Why `column` may be null, and for which runs: the first cause that holds for a run counts."""
    for task, not_for_task in _NOT_FOR_TASK.items():
        if column in not_for_task:
            yield pl.col("task") == task, Absence(Code.NOT_APPLICABLE, f"does not apply: {task}")
    if column == "compile_s":
        yield pl.col("compile_cache") == "hit", _CACHED
    if column in _WORK:
        yield pl.col("status") == "submitted", _OTHER_LOG
    code, text, *shown_by = columns.hits.grammar.absent.get(column, (MISSING.code, MISSING.text))
    names = [rule for rules in shown_by for rule in rules.split("|")]
    lines = [columns.hits.by_rule[rule]["n"] for rule in names if rule in columns.hits.by_rule]
    shown = pl.col("n").is_in(pl.concat(lines).unique().implode()) if lines else pl.lit(not shown_by)
    yield shown, Absence(Code(code), text)
    yield pl.lit(True), MISSING
