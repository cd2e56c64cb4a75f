"""How each run ended: the column `status` of `runs`, and why it is null.

A status is a claim and needs a line that proves it. Lines that no rule reads may hold anything, a result too: where
they follow the last line that was parsed, nothing proves that the work was under way when the log ended.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from logparse.frames import evidence
from logparse.frames.evidence import Row
from logparse.frames.lines import AllLines, Lines, Place, best_places
from logparse.frames.phase_durations import FINISHED
from logparse.frames.run_columns import RunColumns
from logparse.reading.scan import Texts
from logparse.schema import INTEGER
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
    for mark, pick in _PICKS.items():
        places = (columns.lines.one(lines.rule.name, pick) for lines in _lines(columns, mark))
        _put_places(columns, f"_{mark}", best_places(places, pick))
    work = [columns.lines.one(lines.rule.name, "first") for lines in _lines(columns, "running")]
    columns.put("_first_work", {n: place.pos for n, place in best_places(work, "first").items()}, dtype=INTEGER)


def _lines(columns: RunColumns, mark: str) -> list[Lines]:
    """The lines of the rules with that mark. The header of a table announces a result: its rows hold it."""
    headers = {table.header for table in columns.grammar.tables} if mark == "result" else set()
    return [lines for lines in columns.lines.marked(mark) if lines.rule.name not in headers]


def _put_places(columns: RunColumns, fact: str, places: Mapping[int, Place]) -> None:
    """A fact: the position of a line of each run."""
    rows = [evidence.of_place(n, place) for n, place in places.items()]
    columns.put(fact, {n: place.pos for n, place in places.items()}, rows, INTEGER)


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


def find_status(columns: RunColumns, runs: pl.DataFrame, unparsed: Sequence[int]) -> None:
    """How each run ended, by the order of its marks; null where no line proves it.

    Args:
        runs: with n, pos_last, row_last and row_end, as `run_bounds.Found`.
        unparsed: rows of the lines that no rule reads and that are not blank, in order.
    """
    _put_places(columns, "_late_failure", _late_failures(columns, unparsed))
    _put_places(columns, "_under_way", _under_way(columns, runs, unparsed))
    known = columns.of("status")
    statuses = {n: status for n in columns.n if n not in known and (status := _status(columns, n))}
    progress = _progress(columns) if any(status in _SHORT_OF_THE_END for status in statuses.values()) else {}
    rows: list[Row] = []
    for n, status in sorted(statuses.items(), key=lambda each: list(_STATUS).index(each[1])):
        fact, reason = _STATUS[status]
        if status in _SHORT_OF_THE_END and n in progress:
            reason = f"{reason}; {progress[n]}"
        rows.append({**columns.cited(fact).get(n, {"n": n}), "how": "inferred", "reason": reason})
    columns.put("status", statuses, rows)


def _status(columns: RunColumns, n: int) -> str | None:
    """How the run ended; None where no line proves it."""
    result, reopen, follows, running, submission, late, failure, under_way = (
        columns.of(f"_{fact}").get(n)
        for fact in (
            "result", "reopen", "follows", "running", "submission", "late_failure", "failure", "under_way"
        )
    )  # fmt: skip

    def failed(at: int | None) -> bool:
        """Whether the run failed there, and not just the command that follows its log."""
        return at is not None and (follows is None or at < follows)

    if result is not None and (reopen is None or reopen < result):
        return "completed_with_errors" if failed(late) else "completed"
    if failed(failure):
        return "failed"
    if submission is not None and running is None:
        return "submitted"
    return None if under_way is None else "incomplete"


def _late_failures(columns: RunColumns, unparsed: Sequence[int]) -> dict[int, Place]:
    """Run -> the last failure after the last result.

    A line that several platforms print, or that may stand alone, may be about something else: it counts only if a rule
    reads all lines between the result and it.
    """
    results = columns.of("_result")
    late = []
    for lines in _lines(columns, "failure") if results else ():
        is_sure = columns.grammar.has(lines.rule.name) and "standalone" not in lines.rule.marked
        places: dict[int, Place] = {}
        for i, (n, pos) in enumerate(zip(lines["n"], lines["pos"], strict=True)):
            result = results.get(n)
            if result is None or pos <= result:
                continue
            if is_sure or not _number_between(unparsed, _row(result), _row(pos)):
                places[n] = lines.place(i)
        late.append(places)
    return best_places(late, "last")


_COUNTERS = {"done": ("total",), "step": ("steps", "last_step"), "local_step": ("steps",), "epoch": ("epochs",)}
"""A counter -> the fields that state where it ends."""
_TOTALS = {"step": ("steps",), "local_step": ("steps",), "epoch": ("epochs",)}
"""A counter -> the fields that state where the whole run ends. (`last_step` is the end of one loop.)"""


def _under_way(columns: RunColumns, runs: pl.DataFrame, unparsed: Sequence[int]) -> dict[int, Place]:
    """Run -> the line that ends it and shows work under way.

    It does if a counter is short of its end, or if it has no counter with a known end and the rule is marked
    `unfinished`. A line that several platforms print may be of another program: it counts only if a rule reads all
    lines between the last one of the platform and it.
    """
    last = {
        n: pos
        for n, pos, row_last, row_end in runs.select("n", "pos_last", "row_last", "row_end").iter_rows()
        if not _number_between(unparsed, row_last, row_end)
    }
    found = []
    last_own: Mapping[int, int] | None = None
    for lines, i in _lines_at(columns.lines, last):
        n, pos = lines["n"][i], lines["pos"][i]
        short = "unfinished" in lines.rule.marked
        ends = []
        for counter, fields in _COUNTERS.items():
            at, end = lines.get(counter)[i], _end(columns, lines, i, fields)
            if at is not None and end is not None:
                # A bar that ran to its end may stop short of it.
                ends.append(at < (FINISHED if counter == "done" else 1) * end)
        if not (any(ends) if ends else short):
            continue
        if not columns.grammar.has(lines.rule.name):
            last_own = _last_own(columns) if last_own is None else last_own
            own = last_own.get(n)
            if own is None or _number_between(unparsed, _row(own), _row(pos)):
                continue
        found.append({n: lines.place(i)})
    return best_places(found, "last")


def _last_own(columns: RunColumns) -> Mapping[int, int]:
    """Run -> where its last line is that a rule of the platform itself read."""
    own = [columns.lines.one(name, "last") for name in columns.lines if columns.grammar.has(name)]
    return {n: place.pos for n, place in best_places(own, "last").items()}


def _progress(columns: RunColumns) -> dict[int, str]:
    """Run -> how far its work got: its last step with a known end, or else its last bar or epoch.

    A bar may be that of one epoch, and an epoch may have just begun: both are quoted, and no share of the whole run.
    """
    best: dict[int, tuple[bool, int, str]] = {}
    for lines in _lines(columns, "running"):
        step = next((c for c in ("step", "local_step") if c in lines), None)
        for counter in [step] if step else [c for c in ("done", "epoch") if c in lines]:
            lines = lines.of_each_run(counter, "last")
            for i in lines.one_each(counter, "last"):
                at = float(lines[counter][i])
                end = lines["total"][i] if counter == "done" else _end(columns, lines, i, _TOTALS[counter])
                if end is None or not 0 <= at < end < 2**63:
                    continue
                share = at / end
                if step and "epoch" in lines and "epochs" in lines:  # the steps of one epoch
                    epoch, epochs = lines["epoch"][i], lines["epochs"][i]
                    if not epochs or epoch is None:
                        continue
                    share = (epoch - 1 + share) / epochs
                if not share < 1:
                    continue
                reached, percent = f"{round(at)} of {round(end)}", f"{math.floor(share * 100)} %"
                if step:
                    text = f"{percent} done: step {reached}"
                elif counter == "done":
                    text = f"its last bar is at {reached} ({percent})"
                else:
                    text = f"its last epoch is {reached}"
                found = step is not None, lines["pos"][i], text
                if lines["n"][i] not in best or found[:2] >= best[lines["n"][i]][:2]:
                    best[lines["n"][i]] = found
    return {n: text for n, (*_, text) in best.items()}


def _lines_at(lines: AllLines, last: Mapping[int, int]) -> Iterator[tuple[Lines, int]]:
    """The lines that end a run (run -> where its last line is): a rule's lines, and the index of the line in them."""
    for of_rule in (each.of_each_run("pos", "last") for each in lines.values()):
        n, pos = of_rule["n"], of_rule["pos"]
        yield from ((of_rule, i) for i in of_rule.one_each("pos", "last") if pos[i] == last.get(n[i]))


def _end(columns: RunColumns, lines: Lines, index: int, fields: Sequence[str]) -> float | None:
    """Where a counter ends, for one line: as the line itself states it, or else as the run does elsewhere."""
    for field in fields:
        if field in lines and lines[field][index] is not None:
            return float(lines[field][index])
    n = lines["n"][index]
    stated = (columns.highest(field).get(n) for field in fields)
    return max((float(value) for value in stated if value is not None), default=None)


def _row(pos: int) -> int:
    return pos // 2**32


def _number_between(unparsed: Sequence[int], above: int, below: int) -> int:
    """How many of the rows `unparsed` are between two rows."""
    return bisect_left(unparsed, below) - bisect_right(unparsed, above)


_LONGEST = 80
"""Most characters of a line that the reason quotes."""


def not_proved(columns: RunColumns, runs: pl.DataFrame, unparsed: Sequence[int], texts: Texts) -> list[Row]:
    """An evidence row for each run without a status: what keeps it from having one."""
    open_ = runs.filter(~pl.col("n").is_in(list(columns.of("status"))))
    lines = texts.at(open_["row_last"])
    open_ = open_.join(lines, left_on="row_last", right_on="row", how="left", maintain_order="left")
    rows: list[Row] = []
    names = ("n", "pos_last", "row_last", "row_end", "line_last", "text")
    for n, pos, row_last, row_end, line, text in open_.select(names).iter_rows():
        number = _number_between(unparsed, row_last, row_end)
        last = f"{line}: {_quoted(text)}"
        reason = (
            f"{many(number, 'line')} after the last one parsed ({last})"
            if number
            else f"the last line parsed shows neither an end nor work under way ({last})"
        )
        row: Row = {"n": n, "frame": "runs", "column": "status", "how": "absent", "pos": pos, "reason": reason}
        rows.append({**row, "code": Code.NOT_PROVED.value})
    return rows


def _quoted(text: str) -> str:
    """The line, of its redraws the last, cut to `_LONGEST` characters."""
    shown = one_line(text.strip().split("\r")[-1].strip())
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1].rstrip()}…"
