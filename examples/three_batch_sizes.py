"""Which batch size was best? Three runs of BERT-large on a Cerebras CS, read, asked and drawn, as in a notebook.

python examples/three_batch_sizes.py [FOLDER FOR THE CHART]
"""

# %% Read the logs. Nothing is written anywhere.
import sys
from pathlib import Path

import polars as pl

import logparse

LOGS = Path(__file__).parent.parent / "sample_logs" / "cerebras"
logs = logparse.ingest(LOGS / "bert_large_batch_*.out")
print(logs.runs.select("label", "batch_size", "steps", "samples", "train_s", "throughput", "loss"))

# %% Where did the minutes go? The phases are a frame like any other.
phases = logs.phases.filter(pl.col("stage").is_null()).group_by("run", "phase").agg(pl.col("duration_s").sum())
shares = (
    logs.runs.select("run", "batch_size", "total_s")
    .join(phases, on="run")
    .with_columns(share=pl.col("duration_s") / pl.col("total_s"))
    .pivot("phase", index="batch_size", values="share")
    .sort("batch_size")
)
print(shares)

# %% Put them side by side. The final losses are not ranked: the runs saw different numbers of samples.
comparison = logparse.compare(logs, by="batch_size", at=["samples"])
verdicts = comparison.frame().filter(pl.col("verdict").is_not_null())
print(verdicts.select("quantity", "side", "ratio", "verdict", "noise_kind", "reason"))

# %% At equal samples they can be.
(equal,) = comparison.at
print(f"at {equal.found}:")
for point in equal.points:
    print(f"  {point.side.label}: loss {point.loss} after {point.seconds:.0f} s, {point.location}")

# %% What one ought to know before believing any of it.
for finding in logparse.findings(comparison).iter_rows(named=True):
    print(f"{finding['severity']} {finding['name']}: {finding['text']}")

# %% And a picture of it.
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()
chart = logparse.chart.loss(logs)
chart.save(folder / "three_batch_sizes.json")
print(f"the chart is in {folder / 'three_batch_sizes.json'}")
