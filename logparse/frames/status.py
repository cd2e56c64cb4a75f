"""How each run ended: the column `status` of `runs`, and why it is null.

A status is a claim and needs a line that proves it. Lines that no rule reads may hold anything, a result too: where
they follow the last line that was parsed, nothing proves that the work was under way when the log ended.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import polars as pl

from logparse.frames import evidence
from logparse.frames.phase_durations import FINISHED
from logparse.frames.run_columns import RunColumns
from logparse.grammar import Rule
from logparse.reading.match import Hits
from logparse.reading.scan import Texts
from logparse.schema import NUMBER, TEXT
from logparse.schema.build import full
from logparse.text.labels import many
from logparse.text.missing import Code
from logparse.text.terminal import one_line

_PICKS = {
    "begin": "first",
    "result": "last",
    "failure": "last",
    "running": "last",
    "reopen": "last",
    "submission": "last",
    "follows": "last",
}
"""mark -> which of the lines of a run's rules with that mark counts."""


def find_marks(columns: RunColumns) -> None:
    """Facts for the status and for formulas: the positions of results, failures and work."""
    for mark in _PICKS:
        _put_line(
            columns, f"_{mark}", _PICKS[mark], [columns.line_of(r.name, _PICKS[mark]) for r in _rules(columns, mark)]
        )
    work = [columns.hits.by_rule[r.name][["n", "pos"]] for r in _rules(columns, "running")]
    if work:
        columns.fact("_first_work", pl.concat(work).group_by("n").agg(pl.col("pos").min().alias("value")))


def _rules(columns: RunColumns, mark: str) -> list[Rule]:
    """The rules whose lines have that mark. The header of a table announces a result: its rows hold it."""
    headers = {table.header for table in columns.hits.grammar.tables} if mark == "result" else set()
    return [r for r in columns.hits.rules.values() if mark in r.marked and r.name not in headers]


def _put_line(columns: RunColumns, fact: str, pick: str, frames: Sequence[pl.DataFrame]) -> None:
    """A fact: the position of the first or the last of these lines (n, pos, seg, rule) of each run."""
    if frames:
        keep = "first" if pick == "first" else "last"
        lines = pl.concat(frames).sort("pos").unique("n", keep=keep, maintain_order=True)  # type: ignore[arg-type]
        columns.put(fact, lines.select("n", value="pos"), evidence.rows(lines, how="inferred"))


_STATUS = {
    "completed": ("_result", "the work reached its end and the result is there"),
    "completed_with_errors": ("_late_failure", "the result is there; then something failed"),
    "failed": ("_failure", "an error before any result"),
    "submitted": ("_submission", "compiled or handed in only: the work itself is elsewhere"),
    "incomplete": ("_under_way", "the last line of the run shows work under way"),
}
"""status -> the fact whose line is its evidence, and the reason."""


_SHORT_OF_THE_END = ("failed", "incomplete")
"""Statuses whose reason says how far the work got, where the log states it."""


def find_status(columns: RunColumns, runs: pl.DataFrame, unparsed: pl.Series) -> None:
    """How each run ended, by the order of its marks; null where no line proves it.

    Args:
        runs: with n, pos_last, row_last and row_end, as `run_bounds.Found`.
        unparsed: rows of the lines that no rule reads and that are not blank, in order.
    """
    _put_line(columns, "_late_failure", "last", _late_failures(columns, unparsed))
    _put_line(columns, "_under_way", "last", _under_way(columns, runs, unparsed))
    frame = columns.frame
    facts = [*(f"_{mark}" for mark in _PICKS), "_late_failure", "_under_way"]
    frame = frame.with_columns(pl.lit(None, pl.UInt64).alias(name) for name in facts if not columns.has(name))
    result, reopen, follows = pl.col("_result"), pl.col("_reopen"), pl.col("_follows")
    is_done = result.is_not_null() & (reopen.is_null() | (reopen < result))

    def failed(failure: str) -> pl.Expr:
        """Whether the run failed there, and not just the command that follows its log."""
        return pl.col(failure).is_not_null() & (follows.is_null() | (pl.col(failure) < follows))

    status = (
        pl.when(is_done & failed("_late_failure"))
        .then(pl.lit("completed_with_errors"))
        .when(is_done)
        .then(pl.lit("completed"))
        .when(failed("_failure"))
        .then(pl.lit("failed"))
        .when(pl.col("_submission").is_not_null() & pl.col("_running").is_null())
        .then(pl.lit("submitted"))
        .when(pl.col("_under_way").is_not_null())
        .then(pl.lit("incomplete"))
    )
    values = frame.select("n", status.alias("value"))
    progress = _progress(columns) if values["value"].is_in(_SHORT_OF_THE_END).any() else None
    for name, (fact, reason) in _STATUS.items():
        ended = values.filter(pl.col("value") == name)
        if ended.height:
            shown = ended.select("n").join(columns.cited(fact), on="n", how="left", maintain_order="left")
            reasons = full(reason, shown.height, TEXT)
            if progress is not None and name in _SHORT_OF_THE_END:
                known = shown.select("n").join(progress, on="n", how="left", maintain_order="left")["progress"]
                reasons = pl.select(pl.concat_str(reasons, known, separator="; ", ignore_nulls=True)).to_series()
            columns.put("status", ended, evidence.rows(shown, how="inferred", reason=reasons))


def _late_failures(columns: RunColumns, unparsed: pl.Series) -> list[pl.DataFrame]:
    """n, pos, seg, rule of the failures after the last result, rule by rule.

    A line that several platforms print, or that may stand alone, may be about something else: it counts only if a rule
    reads all lines between the result and it.
    """
    if not columns.has("_result"):
        return []
    results = columns.frame.select("n", result="_result")
    out = []
    for rule in _rules(columns, "failure"):
        lines = columns.hits.by_rule[rule.name].select("n", "pos", "seg", pl.lit(rule.name).alias("rule"))
        lines = lines.join(results, on="n", maintain_order="left").filter(pl.col("pos") > pl.col("result"))
        if not columns.hits.grammar.has(rule.name) or "standalone" in rule.marked:
            lines = lines.filter(_number_between(unparsed, _row(lines["result"]), _row(lines["pos"])) == 0)
        out.append(lines.drop("result"))
    return out


_COUNTERS = {"done": ("total",), "step": ("steps", "last_step"), "local_step": ("steps",), "epoch": ("epochs",)}
"""A counter -> the fields that state where it ends."""
_TOTALS = {"step": ("steps",), "local_step": ("steps",), "epoch": ("epochs",)}
"""A counter -> the fields that state where the whole run ends. (`last_step` is the end of one loop.)"""


def _under_way(columns: RunColumns, runs: pl.DataFrame, unparsed: pl.Series) -> list[pl.DataFrame]:
    """n, pos, seg, rule of the lines that end a run and show work under way, rule by rule.

    They do if a counter is short of its end, or if they have no counter with a known end and the rule is marked
    `unfinished`. A line that several platforms print may be of another program: it counts only if a rule reads all
    lines between the last one of the platform and it.
    """
    last = runs.filter(_number_after(runs, unparsed) == 0).select("n", pos="pos_last")
    out = []
    for rule, lines in _lines_at(columns.hits, last["pos"]):
        short = pl.lit("unfinished" in rule.marked)
        pairs = []
        for counter, ends in _COUNTERS.items():
            if counter in lines.columns:
                lines = lines.with_columns(_end(columns, lines, ends).alias(f"{counter}:end"))
                # A bar that ran to its end may stop short of it.
                share = FINISHED if counter == "done" else 1
                pairs.append(pl.col(counter) < share * pl.col(f"{counter}:end"))
        if pairs:
            short = pl.coalesce(
                pl.any_horizontal(pairs), pl.when(pl.all_horizontal(p.is_null() for p in pairs)).then(short)
            )
        lines = lines.filter(short)
        if lines.height and not columns.hits.grammar.has(rule.name):
            own = lines.select("n").join(_last_own(columns), on="n", how="left", maintain_order="left")["own"]
            lines = lines.filter(_number_between(unparsed, _row(own), _row(lines["pos"])).eq_missing(0))
        out.append(lines.select("n", "pos", "seg", pl.lit(rule.name).alias("rule")))
    return out


def _last_own(columns: RunColumns) -> pl.DataFrame:
    """n, own: where the last line of each run is that a rule of the platform itself read."""
    frames = [
        frame.select("n", own="pos") for name, frame in columns.hits.by_rule.items() if columns.hits.grammar.has(name)
    ]
    return pl.concat(frames).group_by("n").agg(pl.col("own").max())


def _progress(columns: RunColumns) -> pl.DataFrame:
    """n, progress: how far the work of each run got: its last step with a known end, or else its last bar or epoch.

    A bar may be that of one epoch, and an epoch may have just begun: both are quoted, and no share of the whole run.
    """
    parts = []
    for rule in _rules(columns, "running"):
        lines = columns.hits.by_rule[rule.name]
        step = next((c for c in ("step", "local_step") if c in lines.columns), None)
        for counter in [step] if step else [c for c in ("done", "epoch") if c in lines.columns]:
            last = lines.filter(pl.col(counter).is_not_null()).unique("n", keep="last", maintain_order=True)
            end = last["total"].cast(NUMBER) if counter == "done" else _end(columns, last, _TOTALS[counter])
            last = last.with_columns(end.alias("end"), pl.col(counter).cast(NUMBER).alias("at"))
            share = pl.col("at") / pl.col("end")
            if step and {"epoch", "epochs"} <= set(last.columns):  # the steps of one epoch
                share = (pl.col("epoch") - 1 + share) / pl.col("epochs")
            reached = pl.format(
                "{} of {}", *(pl.col(name).round().cast(pl.Int64, strict=False) for name in ("at", "end"))
            )
            percent = pl.format("{} %", (share * 100).floor().cast(pl.Int64, strict=False))
            if step:
                text = pl.format("{} done: step {}", percent, reached)
            elif counter == "done":
                text = pl.format("its last bar is at {} ({})", reached, percent)
            else:
                text = pl.format("its last epoch is {}", reached)
            is_short = (pl.col("at") >= 0) & (pl.col("at") < pl.col("end")) & (share < 1)
            parts.append(last.filter(is_short).select("n", "pos", is_step=pl.lit(step is not None), progress=text))
    if not parts:
        return pl.DataFrame(schema={"n": pl.UInt32, "progress": TEXT})
    return pl.concat(parts).sort("is_step", "pos").unique("n", keep="last", maintain_order=True).select("n", "progress")


def _lines_at(hits: Hits, positions: pl.Series) -> Iterator[tuple[Rule, pl.DataFrame]]:
    """Each rule that read a line at one of these positions, with those lines: one query for all rules."""
    rules = list(hits.rules.values())
    frames = [hits.by_rule[rule.name] for rule in rules]
    found = pl.concat(frame["pos"] for frame in frames).is_in(positions.implode()).arg_true().to_list()
    start = 0
    for rule, frame in zip(rules, frames, strict=True):
        rows = found[bisect_left(found, start) : bisect_left(found, start + frame.height)]
        if rows:
            yield rule, frame[[row - start for row in rows]]
        start += frame.height


def _end(columns: RunColumns, lines: pl.DataFrame, fields: Sequence[str]) -> pl.Series:
    """Where a counter ends, for each of `lines`: as the line itself states it, or else as the run does elsewhere."""
    ends = [lines[field].cast(NUMBER) for field in fields if field in lines.columns]
    frames = columns.hits.by_rule.values()
    stated = [frame.select("n", end=pl.col(f).cast(NUMBER)) for frame in frames for f in fields if f in frame.columns]
    if stated:
        highest = pl.concat(stated).group_by("n").agg(pl.col("end").max())
        ends.append(lines.select("n").join(highest, on="n", how="left", maintain_order="left")["end"])
    return pl.select(pl.coalesce(*ends, pl.lit(None, NUMBER))).to_series() if ends else full(None, lines.height, NUMBER)


def _row(pos: pl.Series) -> pl.Series:
    return (pos // 2**32).cast(pl.UInt32)


def _number_between(unparsed: pl.Series, above: pl.Series, below: pl.Series) -> pl.Series:
    """How many of the rows `unparsed` are between two rows each."""
    before = unparsed.search_sorted(below, side="left").cast(pl.Int64)
    return before - unparsed.search_sorted(above, side="right").cast(pl.Int64)


def _number_after(runs: pl.DataFrame, unparsed: pl.Series) -> pl.Series:
    """How many lines that no rule reads follow the last line of each run that was parsed."""
    return _number_between(unparsed, runs["row_last"], runs["row_end"])


_LONGEST = 80
"""Most characters of a line that the reason quotes."""


def not_proved(columns: RunColumns, runs: pl.DataFrame, unparsed: pl.Series, texts: Texts) -> pl.DataFrame:
    """An evidence row for each run without a status: what keeps it from having one."""
    if columns.has("status"):
        known = columns.frame.filter(pl.col("status").is_not_null())["n"]
        runs = runs.filter(~pl.col("n").is_in(known.implode()))
    lines = texts.at(runs["row_last"])
    runs = runs.join(lines, left_on="row_last", right_on="row", how="left", maintain_order="left")
    reasons = []
    for line, text, number in zip(runs["line_last"], runs["text"], _number_after(runs, unparsed), strict=True):
        last = f"{line}: {_quoted(text)}"
        reasons.append(
            f"{many(number, 'line')} after the last one parsed ({last})"
            if number
            else f"the last line parsed shows neither an end nor work under way ({last})"
        )
    return evidence.of_lines(
        runs,
        frame="runs",
        column="status",
        how="absent",
        code=str(Code.NOT_PROVED),
        reason=pl.Series(reasons, dtype=pl.String),
        pos=runs["pos_last"],
    )


def _quoted(text: str) -> str:
    """The line, of its redraws the last, cut to `_LONGEST` characters."""
    shown = one_line(text.strip().split("\r")[-1].strip())
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1].rstrip()}…"
