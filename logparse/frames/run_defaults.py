"""Columns of `runs` that are computed alike for all platforms: sums of phases, timestamps, status, rates, unaccounted
time, repeats, and the reasons of empty cells."""

from __future__ import annotations

import hashlib

import polars as pl

from logparse.frames import evidence as proof
from logparse.frames.phases import Phases
from logparse.frames.run_columns import Sheet
from logparse.grammar import Infer, Steady
from logparse.reading.match import Hits
from logparse.schema import NUMBER, PHASES, RUNS, TEXT
from logparse.schema.build import full

PHASE_COLUMNS = tuple(f"{phase}_s" for phase in PHASES)
"""Those that `runs` has not are facts: what they explain is not unaccounted for."""
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
"""Settings that, where known, make two runs repeats of one experiment."""
_BUILD = ("on_chip_throughput",)
"""A compiler says the same of the same binary: where shapes are not printed, its figure tells builds apart."""


def fill(runs: pl.DataFrame, hits: Hits, phases: Phases) -> Sheet:
    """The sheet of all runs of one grammar: what its declarations give, then what holds for all platforms."""
    sheet = Sheet(runs, hits)
    _marks(sheet)
    for column in PHASE_COLUMNS:
        _phase_sum(sheet, phases, column)
    for declared in hits.grammar.columns:
        sheet.declare(declared)
    if hits.grammar.device_kind:
        sheet.infer(Infer("device_kind", hits.grammar.device_kind))
    _stamps(sheet)
    _status(sheet)
    sheet.derive("batch_size", "micro_batch_size * ranks")
    sheet.derive("samples", "steps * batch_size", when="task == 'train' or not known(task)")
    _accuracy(sheet)
    _train_includes(sheet, phases)
    for steady in hits.grammar.steady:
        _steady(sheet, steady)
    if "total_s" not in hits.grammar.no_timestamps:
        # The stamps span the whole only where the first stands above the work and the last below the result; and not
        # where the clock was set back on the way.
        done = (
            "(status == 'completed' or status == 'completed_with_errors') and known(_begin) and _last_stamp >= _result"
            " and (not known(_first_work) or _first_stamp <= _first_work) and ended_at >= started_at"
        )
        sheet.derive("total_s", "ended_at - started_at", when=done)
    _unaccounted(sheet)
    _group(sheet)
    return sheet


def _phase_sum(sheet: Sheet, phases: Phases, column: str) -> None:
    """`compile_s` and its like: the sum of the whole-phase rows."""
    rows = phases.rows.filter((pl.col("phase") == column.removesuffix("_s")) & pl.col("stage").is_null())
    if not rows.height:
        return
    # A sum of floats is not what its last digits say; one figure is as it stands.
    total = pl.when(pl.len() == 1).then(pl.col("duration").first()).otherwise(pl.col("duration").sum().round(9))
    values = rows.group_by("n").agg(total.alias("value"))
    own = phases.evidence.filter(pl.col("id").is_in(rows["id"].implode())).with_columns(pl.lit(None, TEXT).alias("key"))
    alone = pl.col("id").n_unique().over("n") == 1
    several = own.filter(~alone).drop("number").unique("id", keep="first", maintain_order=True)
    read = pl.col("how").is_in(["read", "converted"])
    several = several.join(rows.select("id", "key", number="duration"), on="id", maintain_order="left")
    several = proof.rows(
        several,
        text=pl.when(read).then("text"),
        how="derived",
        formula="sum(duration)",
        input="duration",
        reason=pl.format("the phase {}", "key_right"),
    )
    sheet.put(column, values, pl.concat([proof.rows(own.filter(alone)), several]))


def _marks(sheet: Sheet) -> None:
    """Facts for the status: where results, failures and work stand."""
    picks = {
        "begin": "first",
        "result": "last",
        "failure": "last",
        "running": "last",
        "reopen": "last",
        "submission": "last",
    }
    for mark, pick in picks.items():
        frames = [sheet.line_of(r.name, pick) for r in sheet.hits.rules.values() if mark in r.marked]
        if frames:
            keep = "first" if pick == "first" else "last"
            lines = pl.concat(frames).sort("pos").unique("n", keep=keep, maintain_order=True)  # type: ignore[arg-type]
            sheet.put(f"_{mark}", lines.select("n", value="pos"), proof.rows(lines, how="inferred"))
    work = [sheet.hits.by_rule[r.name][["n", "pos"]] for r in sheet.hits.rules.values() if "running" in r.marked]
    if work:
        sheet.fact("_first_work", pl.concat(work).group_by("n").agg(pl.col("pos").min().alias("value")))


def _stamps(sheet: Sheet) -> None:
    """The first and the last stamp, in the order of the lines; not where a grammar says that they are no beginning or
    end."""
    own = [r for r in sheet.hits.rules.values() if "at" in r.fields and sheet.hits.grammar.has(r.name)]
    if not own:
        return
    frames = [sheet.hits.by_rule[r.name][["n", "pos", "at"]] for r in own]
    stamped = pl.concat(f.hstack([full(i, f.height).alias("i")]) for i, f in enumerate(frames))
    lines = stamped.filter(pl.col("at").is_not_null()).sort("pos")
    for column, keep in (("started_at", "first"), ("ended_at", "last")):
        if column in sheet.hits.grammar.no_timestamps:
            continue
        one = lines.unique("n", keep=keep, maintain_order=True)  # type: ignore[arg-type]
        evidence = []
        for (i,), mine in one.partition_by("i", as_dict=True).items():
            rule = own[i]
            frame = sheet.hits.by_rule[rule.name]
            frame = frame.filter(frame["pos"].is_in(mine["pos"].implode()))
            evidence.append(proof.of_lines(frame, **proof.place(frame, "at", rule), number=proof.numbers(frame["at"])))
        if evidence:
            sheet.put(column, one.select("n", value="at"), pl.concat(evidence))
            sheet.fact(f"_{keep}_stamp", one.select("n", value="pos"))


_STATUS = {
    "completed": ("_result", "the work reached its end and the result is there"),
    "completed_with_errors": ("_failure", "the result is there; then something failed"),
    "failed": ("_failure", "an error before any result"),
    "submitted": ("_submission", "compiled or handed in only: the work itself is elsewhere"),
    "incomplete": ("_running", "the log stops before any result"),
}
"""status -> the mark whose line shows it, and what it means."""


def _status(sheet: Sheet) -> None:
    """What became of the run, by where its marks stand."""
    frame = sheet.frame
    missing = [f"_{m}" for m in ("result", "failure", "running", "reopen", "submission") if not sheet.has(f"_{m}")]
    frame = frame.with_columns(pl.lit(None, pl.UInt64).alias(name) for name in missing)
    result, failure, work = pl.col("_result"), pl.col("_failure"), pl.col("_running")
    stands = result.is_not_null() & (pl.col("_reopen").is_null() | (pl.col("_reopen") < result))
    status = (
        pl.when(stands & (failure > result).fill_null(False))
        .then(pl.lit("completed_with_errors"))
        .when(stands)
        .then(pl.lit("completed"))
        .when(failure.is_not_null())
        .then(pl.lit("failed"))
        .when(pl.col("_submission").is_not_null() & work.is_null())
        .then(pl.lit("submitted"))
        .otherwise(pl.lit("incomplete"))
    )
    values = frame.select("n", status.alias("value"))
    parts = []
    for name, (mark, reason) in _STATUS.items():
        of = values.filter(pl.col("value") == name).select("n")
        if of.height:
            shown = of.join(sheet.cited(mark), on="n", how="left", maintain_order="left")
            parts.append(proof.rows(shown, how="inferred", reason=reason))
    sheet.put("status", values, pl.concat(parts))


def _accuracy(sheet: Sheet) -> None:
    """`accuracy` is the score, where that is what the score is."""
    if sheet.has("score"):
        runs = sheet.where("score_name == 'accuracy'", "score")
        sheet.put("accuracy", runs.select("n", value="score"), sheet.proofs("score"))


def _train_includes(sheet: Sheet, phases: Phases) -> None:
    """What lies within training and is part of its time: phases whose rows have `train` as their stage."""
    rows = phases.rows.filter((pl.col("stage") == "train") & (pl.col("phase") != "train"))
    if not rows.height:
        return
    values = rows.group_by("n").agg(pl.col("phase").unique().sort().str.join(", ").alias("value"))
    begins = phases.evidence.filter(pl.col("id").is_in(rows["id"].implode()) & (pl.col("input") == "begin"))
    lines = begins.select("n", "pos", "seg", "rule")
    reason = "it begins and ends between two steps"
    sheet.put("train_includes", values, proof.rows(lines, how="inferred", reason=reason))


def _steady(sheet: Sheet, steady: Steady) -> None:
    """Work over the median interval of step lines, after the first ones: one real interval, so that its lines can be
    shown."""
    frame, rule = sheet.hits.get(steady.rule), sheet.hits.rules.get(steady.rule)
    if frame is None or rule is None or not sheet.has("batch_size") or not {"at", "step"} <= set(frame.columns):
        return
    names = ["pos", "at", "step"]
    lines = (
        frame.select("n", *names).with_row_index("i").filter(pl.col("at").is_not_null() & pl.col("step").is_not_null())
    )
    lines = _looped(sheet.hits, lines, steady.separated_by)
    # Lines stand run by run, so that the line before is of the same run unless its number differs.
    same = (pl.col("n") == pl.col("n").shift(1)) & pl.col("loop").eq_missing(pl.col("loop").shift(1))
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
    sizes = sheet.frame.lazy().filter(pl.col("batch_size").is_not_null()).select("n", "batch_size")
    # The upper median is a real interval, the same as the one in the middle of the sorted ones.
    median = pl.col("interval").quantile(0.5, "higher").over("n")
    middle = (
        pairs.filter((pl.len().over("n") >= 3) & (pl.col("interval") == median))
        .unique("n", keep="first", maintain_order=True)
        .join(sizes, on="n", maintain_order="left")
        .collect(engine="in-memory")
    )
    if not middle.height:
        return
    values = middle.select("n", (pl.col("batch_size") / pl.col("interval")).alias("value"))
    made: dict[str, pl.Expr | str | None] = {
        "how": "derived",
        "formula": "batch_size * (step_b - step_a) / (at_b - at_a)",
        "reason": f"the median interval after the first {steady.warmup}",
    }
    parts = []
    for end, side in (("a", "_before"), ("b", "")):
        at = frame[middle[f"i{side}"]]
        # From midnight before the first of the two lines: short intervals are lost in seconds since 1970.
        clock = (middle[f"at{side}"] - middle["at_before"].dt.truncate("1d")).dt.total_microseconds() / 1e6
        clock = clock.round(6)
        for name, number in (("at", clock), ("step", at["step"])):
            place = {**proof.place(at, name, rule), **made}
            parts.append(proof.of_lines(at, **place, number=number, input=f"{name}_{end}"))
    cited = sheet.cited("batch_size").select("n", "pos", "seg", "rule", "field")
    batch = middle.select("n", pl.col("batch_size").cast(NUMBER).alias("number"))
    batch = batch.join(cited, on="n", how="left", maintain_order="left")
    sheet.put("steady_throughput", values, pl.concat([*parts, proof.rows(batch, input="batch_size", **made)]))


def _looped(hits: Hits, lines: pl.DataFrame, separated_by: str) -> pl.DataFrame:
    """`lines` with `loop`: the place of the latest line of `separated_by` above; null where a run has but one."""
    found = [h for name in separated_by.split("|") if (h := hits.get(name)) is not None]
    parts = [h.select("n", "pos", pl.col("pos").alias("loop")) for h in found]
    several = pl.concat(parts).filter(pl.len().over("n") > 1).sort("pos") if parts else None
    if several is None or not several.height:
        return lines.with_columns(pl.lit(None, pl.UInt64).alias("loop"))
    return lines.join_asof(several, on="pos", by="n", strategy="backward", check_sortedness=False)


def _unaccounted(sheet: Sheet) -> None:
    """The whole less all phases that are known."""
    known = [c for c in PHASE_COLUMNS if sheet.has(c)]
    if not known or not sheet.has("total_s"):
        return
    # One formula for each set of phases that a run has.
    held = sheet.frame.filter(pl.col("total_s").is_not_null()).select(pl.col(c).is_not_null() for c in known)
    for pattern in held.unique(maintain_order=True).rows():
        names = [c for c, there in zip(known, pattern, strict=True) if there]
        if names:
            when = " and ".join(f"known({c})" if c in names else f"not known({c})" for c in known)
            sheet.derive("unaccounted_s", f"max(total_s - {' - '.join(names)}, 0)", when=when)


def _group(sheet: Sheet) -> None:
    """Repeats of one experiment share it. Unknown is not equal, so the names of what is known go into the hash."""
    have = [c for c in ("workload", "model", "dataset", "task", *SETTINGS, *_BUILD) if sheet.has(c)]
    known = [pl.format(f"{c}={{}}", pl.col(c).cast(TEXT)) for c in have] or [pl.lit("")]
    names = [pl.lit("platform"), *(pl.when(pl.col(c).is_not_null()).then(pl.lit(c)) for c in have)]
    of = sheet.frame.select(
        "n",
        pl.concat_str(known, separator="\n", ignore_nulls=True).alias("text"),
        pl.concat_str(names, separator=", ", ignore_nulls=True).alias("names"),
    )
    name = sheet.hits.grammar.name
    ids = [hashlib.sha256(f"{name}\n{text}".encode()).hexdigest()[:12] for text in of["text"]]
    reason = pl.format("a hash of {}: the settings that are known", "names")
    sheet.put("group", pl.DataFrame({"n": sheet.n, "value": ids}), proof.of_lines(of, how="inferred", reason=reason))


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


def absent(sheet: Sheet) -> pl.DataFrame:
    """An evidence row for each null cell of runs: why it is null."""
    frame = sheet.frame
    frame = frame.with_columns(pl.lit(None, t).alias(c) for c, t in RUNS.items() if c not in frame.columns)
    judged = [c for c in RUNS if c not in _NOT_JUDGED]
    reasons = frame.select("n", *(pl.when(pl.col(c).is_null()).then(_reason(sheet, c)).alias(c) for c in judged))
    rows = reasons.unpivot(index="n", variable_name="column", value_name="reason").filter(
        pl.col("reason").is_not_null()
    )
    return proof.rows(rows, frame="runs", how="absent")


def _reason(sheet: Sheet, column: str) -> pl.Expr:
    """Why `column` is null, for each run."""
    reason = pl.lit(sheet.hits.grammar.absent.get(column, "not in this log"))
    if column in _WORK:
        elsewhere = pl.lit("no log: the work is in another log of the job")
        reason = pl.when(pl.col("status") == "submitted").then(elsewhere).otherwise(reason)
    if column == "compile_s":
        cached = pl.lit("cached: the binary was found, not compiled")
        reason = pl.when(pl.col("compile_cache") == "hit").then(cached).otherwise(reason)
    for task, columns in _NOT_FOR_TASK.items():
        if column in columns:
            reason = pl.when(pl.col("task") == task).then(pl.lit(f"does not apply: {task}")).otherwise(reason)
    return reason
