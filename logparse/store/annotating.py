"""Labels, notes and baselines: what the users of a store write about runs.

They are kept apart from the sources, so that they stay whatever becomes of these: a run has them again when its log is
read again, or was forgotten and comes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from logparse.errors import UsageError, near
from logparse.logs import ANNOTATIONS as OF_RUNS
from logparse.store.tables import ANNOTATIONS, Store

KINDS = ("label", "note", "baseline")


def of_runs(annotations: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """All annotations as `logs.ANNOTATIONS`, in the order in which they were made; `run` is null where the run is not
    among the places.

    Args:
        annotations: as `tables.ANNOTATIONS`.
        places: all places of the runs, with run, hash, keyed, line_first, origin, sha256 and source_index.
    """
    if not annotations.height:
        return pl.DataFrame(schema=OF_RUNS)
    places = places.sort("source_index", "line_first")
    numbered = annotations.with_row_index("nth")
    keyed = numbered.filter("keyed").join(places.filter("keyed").unique("hash"), on="hash")
    others, elsewhere = numbered.filter(~pl.col("keyed")), places.filter(~pl.col("keyed"))
    found = [keyed.select("nth", "run")]
    for source in ("origin", "sha256"):
        ends = elsewhere.unique([source, "line_first"], keep="first", maintain_order=True)
        matching = others.join(ends.select("run", source, "line_first"), on=[source, "line_first"])
        found.append(matching.select("nth", "run"))
    runs = pl.concat(found).unique("nth", keep="first", maintain_order=True)
    joined = numbered.join(runs, on="nth", how="left", maintain_order="left")
    return joined.select(pl.col(name).cast(dtype) for name, dtype in OF_RUNS.items())


def annotate(store: Store, kind: str, place: Mapping[str, Any], text: str) -> None:
    """Write a label, a note or a baseline. A run has one label, and a name is the baseline of one run: earlier ones
    are replaced.

    Args:
        place: of the run, with the columns that `of_runs` takes.

    Raises `UsageError` for a text that cannot be used, and where the store cannot be written to.
    """
    text = text.strip()
    _require_valid(kind, text)
    now = datetime.now(UTC).replace(tzinfo=None)
    row = {**{name: place.get(name) for name in ANNOTATIONS}, "kind": kind, "text": text, "at": now}
    new = pl.DataFrame([row], schema=ANNOTATIONS, orient="row")

    def added(current: pl.DataFrame) -> pl.DataFrame:
        replaced = pl.lit(False)
        if kind == "label":
            replaced = (pl.col("kind") == kind) & (_is_of(place) | (pl.col("text") == text))
        elif kind == "baseline":
            replaced = (pl.col("kind") == kind) & (pl.col("text") == text)
        return pl.concat([current.filter(~replaced), new])

    store.commit(added, f"{kind}: {text}", "annotations")


def remove(store: Store, kind: str, place: Mapping[str, Any]) -> int:
    """Remove the annotations of a kind from a run, and return how many there were. place: as in `annotate`."""
    removed = 0

    def without(current: pl.DataFrame) -> pl.DataFrame:
        nonlocal removed
        kept = current.filter(~((pl.col("kind") == kind) & _is_of(place)))
        removed = current.height - kept.height
        return kept

    store.commit(without, f"remove {kind}", "annotations")
    return removed


def remove_baseline(store: Store, name: str) -> None:
    """Remove a baseline. Raises `UsageError` where there is none of that name."""
    known = store.annotations().filter(pl.col("kind") == "baseline")["text"].to_list()
    if name not in known:
        raise UsageError(f"there is no baseline {name!r}; {hint(name, known)}")
    is_it = (pl.col("kind") == "baseline") & (pl.col("text") == name)
    store.commit(lambda current: current.filter(~is_it), f"remove baseline: {name}", "annotations")


def hint(name: str, known: list[str]) -> str:
    """The end of a message about an unknown baseline."""
    if not known:
        return "the store has no baselines"
    return near(name, known, alike=0.4) or f"choose from {', '.join(known)}"


def _is_of(place: Mapping[str, Any]) -> pl.Expr:
    """Whether an annotation is of the run at that place."""
    if place["keyed"]:
        return pl.col("keyed").and_(pl.col("hash") == place["hash"])
    same_source = (pl.col("origin") == place["origin"]) | (pl.col("sha256") == place["sha256"])
    return pl.col("keyed").not_().and_(same_source, pl.col("line_first") == place["line_first"])


def _require_valid(kind: str, text: str) -> None:
    if not text:
        raise UsageError(f"a {kind} needs a text")
    if not text.isprintable():
        raise UsageError(f"a {kind} is one line of text")
    if kind != "note" and (found := [sign for sign in "*?[" if sign in text]):
        raise UsageError(f"a {kind} cannot hold {found[0]!r}: names with it are patterns")
