# ruff: noqa: E501 (lines of logs)
"""Logs of other accelerators and tools: they have lines in common with ours, and no run."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from conftest import SAMPLES, ingested, run

import logparse
from logparse.reading.sources import binary_kind
from logparse.schema import FRAMES

FOREIGN = {
    "PyTorch on NVIDIA": """\
$ python train.py --epochs 2 --batch-size 64 --lr 0.01
Using device: cuda (NVIDIA A100-SXM4-40GB)
Epoch [1/2], Step [100/938], Loss: 0.3127
Epoch 1/2 | Train loss 0.2113 | Val accuracy 97.31%
100%|██████████| 938/938 [00:12<00:00, 76.42it/s]
Accuracy on test set: 97.45%
torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB
""",
    "Hugging Face Trainer": """\
***** Running training *****
  Num examples = 8,551
  Num Epochs = 3
  Instantaneous batch size per device = 16
  Gradient Accumulation steps = 1
  Total optimization steps = 1,605
{'loss': 0.5217, 'grad_norm': 3.71, 'learning_rate': 1.37e-05, 'epoch': 0.93}
{'eval_loss': 0.4655, 'eval_accuracy': 0.8182, 'eval_runtime': 1.9, 'eval_samples_per_second': 548.9, 'epoch': 1.0}
{'train_runtime': 130.61, 'train_samples_per_second': 196.4, 'train_steps_per_second': 12.288, 'train_loss': 0.37, 'epoch': 3.0}
100%|██████████| 1605/1605 [02:10<00:00, 12.29it/s]
***** train metrics *****
  train_samples_per_second =    196.4
""",
    "JAX on TPU": """\
I0212 08:14:02.118207 139872 xla_bridge.py:900] Found 8 TPU devices: TPU v4
INFO:absl:Training on 8 devices
I0212 08:15:40.220331 139872 logging_writer.py:48] [100] examples_per_second=10412.7, loss=2.3117, steps_per_second=10.17
INFO:tensorflow:loss = 2.11, step = 200 (9.873 sec)
INFO:tensorflow:global_step/sec: 10.12
""",
    "PyTorch on Gaudi": """\
============================= HABANA PT BRIDGE CONFIGURATION ===========================
 PT_HPU_LAZY_MODE = 1
 PT_RECIPE_CACHE_PATH =
---------------------------: System Configuration :---------------------------
Num CPU Cores : 160
Loading HPU graph... Compiling recipe 14 of 21
{'loss': 1.921, 'learning_rate': 4.5e-05, 'epoch': 0.1, 'memory_allocated (GB)': 31.2, 'total_memory_available (GB)': 94.62}
[2024-03-11 10:21:44] step 100 loss 1.8812 throughput 1542.3 samples/sec
""",
    "Slurm alone": """\
Submitted batch job 4711
srun: job 4712 queued and waiting for resources
srun: job 4712 has been allocated resources
             JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)
              4712       gpu    train    user1  R       1:45      1 node01
slurmstepd: error: *** STEP 4712.0 ON node01 CANCELLED AT 2024-03-24T21:55:28 DUE TO TIME LIMIT ***
srun: error: node01: task 0: Exited with exit code 1
""",
    "PBS alone": """\
qsub: waiting for job 6324.pbs01 to start
qsub: job 6324.pbs01 ready
=>> PBS: job killed: walltime 14422 exceeded limit 14400
""",
    "a model of Keras": """\
Model: "model_4"
_________________________________________________________________
 Layer (type)                Output Shape              Param #
=================================================================
Total params: 34,826
Epoch 1/3
938/938 [==============================] - 4s 4ms/step - loss: 0.3012 - accuracy: 0.9121
Epoch 2/3
938/938 [==============================] - 3s 3ms/step - loss: 0.1312 - accuracy: 0.9611
""",
    "an MLPerf log of another vendor": """\
:::MLLOG {"namespace": "", "time_ms": 1653577283181, "event_type": "POINT_IN_TIME", "key": "submission_org", "value": "NVIDIA", "metadata": {"file": "train.py", "lineno": 11}}
:::MLLOG {"namespace": "", "time_ms": 1653577283182, "event_type": "INTERVAL_START", "key": "run_start", "value": null, "metadata": {"file": "train.py", "lineno": 12}}
:::MLLOG {"namespace": "", "time_ms": 1653577383182, "event_type": "INTERVAL_END", "key": "run_stop", "value": null, "metadata": {"file": "train.py", "lineno": 13, "status": "success"}}
""",
    "a JSON of endpoints": """\
{
  "model": "llama-3-8b",
  "endpoint": "vllm",
  "latency_sec": 0.75,
  "throughput_tokens_per_sec": 812.4
}
""",
    "mlagility on x86": """\
Building "sample"
    ✓ Receiving ONNX Model
    ✓ Finishing up

Woohoo! Saved to ~/.cache/mlagility/sample

Info: Benchmarking on local x86...

Info: Performance of build sample on x86 device Intel(R) Xeon(R) CPU @ 2.20GHz is:
	Mean Total Latency:	0.025	milliseconds (ms)
	Throughput:	39857.1	inferences per second (IPS)
""",
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_a_log_of_another_platform_gains_no_run(name: str) -> None:
    logs = ingested([FOREIGN[name].encode()])
    assert logs.runs.height == 0
    assert logs.sources["status"].to_list() == ["unknown_platform"]


def test_no_real_log_of_another_platform_gains_a_run(real_logs) -> None:  # type: ignore[no-untyped-def]
    paths = sorted(path for path in (real_logs / "other").rglob("*") if path.is_file())
    assert len(paths) >= 4
    assert ingested(paths).runs.height == 0


FRAMES_WRITTEN = [(name, format) for name in FRAMES for format in ("table", "csv", "json", "ndjson", "md", "latex")]


@pytest.mark.parametrize(("name", "format"), FRAMES_WRITTEN)
def test_a_frame_that_logparse_wrote_is_no_log(name: str, format: str, tmp_path: Path) -> None:
    written = tmp_path / "written.txt"
    samples = [SAMPLES / "graphcore" / "out_of_memory.out", SAMPLES / "cerebras" / "bert_large_batch_512.out"]
    assert run(name, *samples, "--format", format, "-o", written).exit_code == 0
    row = logparse.ingest([written]).sources.row(0, named=True)
    assert (row["status"], row["reason"]) == (
        "not_text", "This was written by logparse, and is not the text of a log: leave it out."
    )  # fmt: skip


@pytest.mark.parametrize("name", ["report.html", "chart.html", "chart.svg", "report.md", "report.tex"])
def test_a_report_or_a_chart_is_no_log(name: str, tmp_path: Path) -> None:
    written = tmp_path / name
    sample = SAMPLES / "graphcore" / "mnist_as_is_cold.out"
    command = ("chart", "duration") if name.startswith("chart") else ("report",)
    assert run(*command, sample, "-o", written).exit_code == 0
    assert not logparse.ingest([written]).runs.height


@pytest.mark.parametrize("before", ["", "\n \n", "<!-- a page --> <!-- of mine -->\n"])
@pytest.mark.parametrize("begin", ["<!DOCTYPE html>", "<html lang='en'>"])
def test_a_web_page_is_no_log(before: str, begin: str) -> None:
    log = (SAMPLES / "groq" / "resnet50.out").read_text()
    row = logparse.ingest(f"{before}{begin}\n<pre>{log}</pre>".encode()).sources.row(0, named=True)
    assert (row["status"], row["reason"]) == ("not_text", "This is a web page, not the text of a log: leave it out.")


@pytest.mark.parametrize("unit", [b"<!---->", b"<!--", b"\n", b" ", b"<!-- -->\n"])
def test_what_only_begins_like_a_web_page_takes_linear_time(unit: bytes) -> None:
    start = time.process_time()
    assert binary_kind(unit * (8_000_000 // len(unit)) + b"x") is None
    assert time.process_time() - start < 2.0  # trying each way to divide it would take hours
