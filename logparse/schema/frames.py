"""The frames: every column of every frame, with its type."""

from __future__ import annotations

import polars as pl

from logparse.schema.vocabulary import INTEGER, NUMBER, TEXT, TIME, WORD

_LINE = pl.UInt32()
LOCATION = pl.Struct({"source": TEXT, "line": _LINE})
LOCATIONS = pl.List(LOCATION)
"""The lines that a row rests on."""

RUNS: dict[str, pl.DataType] = {
    "run": WORD,
    "label": TEXT,
    "source": WORD,
    "line_first": _LINE,
    "line_last": _LINE,
    "copies": pl.UInt32(),
    "platform": TEXT,
    "system": TEXT,
    "device_kind": TEXT,
    "host": TEXT,
    "job_id": TEXT,
    "sdk_version": TEXT,
    "task": TEXT,
    "workload": TEXT,
    "model": TEXT,
    "dataset": TEXT,
    "group": TEXT,
    "status": TEXT,
    "started_at": TIME,
    "ended_at": TIME,
    "zone": TEXT,
    "queue_s": NUMBER,
    "compile_s": NUMBER,
    "load_s": NUMBER,
    "train_s": NUMBER,
    "eval_s": NUMBER,
    "checkpoint_s": NUMBER,
    "total_s": NUMBER,
    "unaccounted_s": NUMBER,
    "startup_s": NUMBER,
    "compile_cache": TEXT,
    "train_includes": TEXT,
    "devices": INTEGER,
    "ranks": INTEGER,
    "batch_size": INTEGER,
    "micro_batch_size": INTEGER,
    "sequence_length": INTEGER,
    "learning_rate": NUMBER,
    "precision": TEXT,
    "seed": INTEGER,
    "epochs": INTEGER,
    "steps": INTEGER,
    "samples": INTEGER,
    "sample": TEXT,
    "throughput": NUMBER,
    "throughput_window": TEXT,
    "steady_throughput": NUMBER,
    "token_throughput": NUMBER,
    "latency_s": NUMBER,
    "on_chip_latency_s": NUMBER,
    "on_chip_throughput": NUMBER,
    "loss": NUMBER,
    "score": NUMBER,
    "score_name": TEXT,
    "accuracy": NUMBER,
}

EVIDENCE: dict[str, pl.DataType] = {
    "run": WORD,
    "frame": WORD,
    "column": WORD,
    "key": TEXT,
    "value": TEXT,
    "text": TEXT,
    "how": WORD,
    "formula": TEXT,
    "input": TEXT,
    "number": NUMBER,
    "resolution": NUMBER,
    "value_resolution": NUMBER,
    "code": TEXT,
    "reason": TEXT,
    "source": WORD,
    "line": _LINE,
    "start": _LINE,
    "rule": WORD,
}

PHASE_ROWS: dict[str, pl.DataType] = {
    "run": WORD,
    "key": TEXT,
    "phase": WORD,
    "stage": TEXT,
    "begin_at": TIME,
    "end_at": TIME,
    "duration_s": NUMBER,
    "basis": WORD,
    "source": WORD,
    "line_first": _LINE,
    "line_last": _LINE,
}

METRICS: dict[str, pl.DataType] = {
    "run": WORD,
    "at": TIME,
    "step": INTEGER,
    "samples": INTEGER,
    "epoch": NUMBER,
    "split": WORD,
    "name": WORD,
    "value": NUMBER,
    "unit": WORD,
    "scope": WORD,
    "window": WORD,
    "basis": WORD,
    "resolution": NUMBER,
    "source": WORD,
    "line": _LINE,
    "rule": WORD,
}

PARAMS: dict[str, pl.DataType] = {
    "run": WORD,
    "name": TEXT,
    "value": TEXT,
    "number": NUMBER,
    "origin": WORD,
    "source": WORD,
    "line": _LINE,
    "rule": WORD,
}

MESSAGES: dict[str, pl.DataType] = {
    "run": WORD,
    "at": TIME,
    "level": WORD,
    "component": TEXT,
    "kind": WORD,
    "text": TEXT,
    "count": pl.UInt32(),
    "source": WORD,
    "line": _LINE,
    "rule": WORD,
}

SOURCES: dict[str, pl.DataType] = {
    "source": WORD,
    "sha256": TEXT,
    "bytes": pl.UInt64(),
    "lines": _LINE,
    "lines_read": _LINE,
    "lines_known": _LINE,
    "lines_blank": _LINE,
    "coverage": NUMBER,
    "encoding": TEXT,
    "compression": TEXT,
    "platform": TEXT,
    "status": TEXT,
    "reason": TEXT,
    "grammar": TEXT,
}

CLAIMS: dict[str, pl.DataType] = {
    "run": WORD,
    "name": TEXT,
    "claimed": TEXT,
    "found": TEXT,
    "verdict": TEXT,
    "origin": TEXT,
    "source": WORD,
    "line": _LINE,
}

FINDINGS: dict[str, pl.DataType] = {
    "id": TEXT,
    "name": TEXT,
    "severity": TEXT,
    "runs": pl.List(TEXT),
    "quantities": pl.List(TEXT),
    "text": TEXT,
    "why": TEXT,
    "advice": TEXT,
    "evidence": LOCATIONS,
    "key": TEXT,
    "ignored": TEXT,
}

FRAMES: dict[str, dict[str, pl.DataType]] = {
    "runs": RUNS,
    "evidence": EVIDENCE,
    "phases": PHASE_ROWS,
    "metrics": METRICS,
    "params": PARAMS,
    "messages": MESSAGES,
    "sources": SOURCES,
}
"""What reading gives."""

SAID: dict[str, dict[str, pl.DataType]] = {"claims": CLAIMS, "findings": FINDINGS}
"""What is said about it."""


def empty(frame: str) -> pl.DataFrame:
    """The named frame without a row: the same schema as with many."""
    return pl.DataFrame(schema=_schema(frame))


def conform(frame: str, rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with exactly the columns of the named frame, in order and typed; a column it lacks is null."""
    have = set(rows.columns)
    return rows.select(
        (pl.col(name) if name in have else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in _schema(frame).items()
    )


def _schema(frame: str) -> dict[str, pl.DataType]:
    return FRAMES.get(frame) or SAID[frame]
