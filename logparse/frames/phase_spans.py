"""Phases from one time stamp to another (`Span`)."""

from __future__ import annotations

import polars as pl

from logparse.frames import evidence
from logparse.frames.phase_rows import Phases
from logparse.grammar import Span
from logparse.reading.match import Hits
from logparse.schema import TEXT, TIME
from logparse.schema.build import Given, full, make


def span_phases(span: Span, hits: Hits, earlier: Phases) -> Phases | None:
    """The phases of a `Span`; None where no run has one."""
    pairs = _pairs(span, hits)
    if pairs is None or not pairs.height:
        return None
    pairs = _with_excluded_time(earlier.numbered(pairs), span, earlier)
    rows = pairs.select(
        "id",
        "n",
        "begin_pos",
        "end_pos",
        pl.col("at").alias("begin_at"),
        "end_at",
        # Differences are exact to the microsecond, seconds since 1970 are not. Further digits would depend on how many
        # rows are divided at once.
        ((pl.col("end_at") - pl.col("at")).dt.total_microseconds() / 1e6 - pl.col("within")).round(6).alias("duration"),
        pl.lit("timestamps").alias("basis"),
        (pl.col("stage") if span.stage_field else pl.lit(span.stage, TEXT)).alias("stage"),
    )
    return Phases(_with_outer_stage(rows, span, earlier), _evidence(pairs, span))


def _pairs(span: Span, hits: Hits) -> pl.DataFrame | None:
    """The lines that begin a phase, each with the line that ends it (`end_pos`, `end_at` and so on)."""
    begins, ends = _lines(hits, span.begin, span.stage_field, span.by), _lines(hits, span.end, None, span.by)
    if begins is None or ends is None:
        return None
    keys = ["n", "by"] if span.by else ["n"]
    if span.first:
        begins = _first_in_a_row(begins, ends, keys)
    # One query: here are dozens of spans with a few lines each.
    starts = (
        begins.lazy()
        .sort("pos")
        .with_columns(
            pl.col("pos").shift(-1).over(keys).fill_null(2**64 - 1).alias("next"), pl.col("pos").alias("begin_pos")
        )
    )
    stops = (
        ends.lazy()
        .sort("pos")
        .select(*keys, "pos", *(pl.col(c).alias(f"end_{c}") for c in ("pos", "at", "seg", "rule", "text", "unit")))
    )
    if span.last:
        until = starts.with_columns((pl.col("next") - 1).alias("until")).sort("until")
        pairs = until.join_asof(
            stops.rename({"pos": "until"}), on="until", by=keys, strategy="backward", check_sortedness=False
        )
    else:
        pairs = starts.join_asof(
            stops, on="pos", by=keys, strategy="forward", allow_exact_matches=False, check_sortedness=False
        )
    return pairs.filter(
        (pl.col("end_pos") > pl.col("begin_pos"))
        & (pl.col("end_pos") <= pl.col("next"))
        & (pl.col("end_at") >= pl.col("at"))  # both are there, and the clock was not set back between them
    ).collect(engine="in-memory", optimizations=pl.QueryOptFlags.none())


def _with_excluded_time(pairs: pl.DataFrame, span: Span, earlier: Phases) -> pl.DataFrame:
    """`pairs` with `within`: seconds of the phases that the span excludes and that lie in it."""
    inner = earlier.whole(*span.exclude).select(
        "n", pl.col("begin_pos").alias("pos"), pl.col("end_pos").alias("inner_end"), "duration"
    )
    if not inner.height:
        return pairs.hstack([full(0.0, pairs.height).alias("within")])
    inside = (
        inner.sort("pos")
        .join_asof(
            pairs.select("n", "id", "end_pos", pl.col("begin_pos").alias("pos")).sort("pos"),
            on="pos",
            by="n",
            strategy="backward",
            check_sortedness=False,
        )
        .filter(pl.col("inner_end") <= pl.col("end_pos"))
    )
    sums = inside.group_by("id").agg(pl.col("duration").sum().round(6).alias("within"))
    return pairs.join(sums, on="id", how="left", maintain_order="left").with_columns(pl.col("within").fill_null(0.0))


def _with_outer_stage(rows: pl.DataFrame, span: Span, earlier: Phases) -> pl.DataFrame:
    """`rows`, with the name of the outer phase as stage where one lies within a phase that the span may be part of."""
    outer = earlier.whole(*span.inside)
    if not outer.height:
        return rows
    around = outer.select(
        "n", pl.col("begin_pos").alias("pos"), pl.col("end_pos").alias("outer_end"), pl.col("phase").alias("outer")
    )
    joined = rows.with_columns(pl.col("begin_pos").alias("pos")).sort("pos").join_asof(
        around.sort("pos"), on="pos", by="n", strategy="backward", check_sortedness=False
    )  # fmt: skip
    stage = pl.coalesce("stage", pl.when(pl.col("end_pos") < pl.col("outer_end")).then("outer"))
    return joined.with_columns(stage.alias("stage")).sort("id").select(rows.columns)


def _evidence(pairs: pl.DataFrame, span: Span) -> pl.DataFrame:
    """Evidence of the duration of `pairs`: both stamps, and what the span excludes."""
    formula = "end - begin - within" if span.exclude else "end - begin"
    derived: dict[str, Given] = {"how": "derived", "formula": formula, "column": "duration_s", "id": pairs["id"]}
    parts = [
        evidence.of_lines(
            pairs,
            input=end,
            pos=pairs[f"{end}_pos"],
            number=evidence.numbers(pairs[f"{prefix}at"]),
            field="at",
            **{name: pairs[f"{prefix}{name}"] for name in ("seg", "rule", "text", "unit")},
            **derived,
        )
        for end, prefix in (("begin", ""), ("end", "end_"))
    ]
    if span.exclude:
        reason = f"time of {', '.join(span.exclude)} inside it"
        within: dict[str, Given] = {"pos": pairs["begin_pos"], "number": pairs["within"]}
        parts.append(evidence.of_lines(pairs, input="within", reason=reason, **within, **derived))
    return pl.concat(parts)


def _lines(hits: Hits, names: str, stage_field: str | None, by: str | None) -> pl.DataFrame | None:
    """n, pos, at, seg, rule, text and unit (of `at`), stage, by of the lines of several rules."""
    frames = []
    for name in names.split("|"):
        frame, rule = hits.get(name.strip()), hits.rules.get(name.strip())
        if frame is None or rule is None or "at" not in frame.columns:
            continue
        stage = frame[stage_field] if stage_field in frame.columns else None
        given = {
            **{name: frame[name] for name in ("n", "pos", "at", "seg")},
            "rule": rule.name,
            "text": frame["at:text"],
            "unit": next(iter(evidence.units(rule, "at")), None),
            "stage": stage,
            "by": None if by is None else _shared_value(frame, by),
        }
        frames.append(make(frame, _LINE, given))
    return pl.concat(frames) if frames else None


_LINE: dict[str, pl.DataType] = {
    "n": pl.UInt32(),
    "pos": pl.UInt64(),
    "at": TIME,
    "seg": TEXT,
    "rule": TEXT,
    "text": TEXT,
    "unit": TEXT,
    "stage": TEXT,
    "by": TEXT,
}


def _shared_value(frame: pl.DataFrame, by: str) -> pl.Expr:
    """The value of the field that the begin and the end of a phase share; null where there is none."""
    if by == "rank":
        return pl.coalesce("rank", "tag") if "rank" in frame.columns else pl.col("tag")
    return pl.col(by) if by in frame.columns else pl.lit(None)


def _first_in_a_row(begins: pl.DataFrame, ends: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Of the lines of `begins` that no line of `ends` separates, the first."""
    above = ends.select(*keys, "pos", pl.col("pos").alias("above")).sort("pos")
    joined = begins.sort("pos").join_asof(above, on="pos", by=keys, strategy="backward", check_sortedness=False)
    return joined.unique([*keys, "above"], keep="first", maintain_order=True).drop("above")
