"""Logs for the benchmarks: written by us in the vendors' line formats, the same bytes for the same seed.

    python benchmarks/make_logs.py DIR [--quick]

makes in DIR `dense/` (600,000 Cerebras step lines in one whole run), `noisy/` (a SambaNova BertLarge compile log of
90 MB in which nearly no line carries information), `mix/` (60 MB of appended runs of all four platforms in several
files, with redrawn bars, colours, rank tags and tables) and `small/` (1,000 files, copies of real logs where
`../shared/logs` stands beside the checkout, else of `sample_logs/`).

A generator yields (kind, text) pairs. `text` brings its own line end, which is a carriage return where a terminal would
redraw; `kind` is the name of the rule of `yardstick.py` that reads it, None for a line without information. So what a
log holds is known while it is made, and a test can hold a reader to it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

Record = tuple[str | None, str]

CHECKOUT = Path(__file__).resolve().parents[1]
REAL_LOGS = CHECKOUT.parent / "shared" / "logs"
SAMPLE_LOGS = CHECKOUT / "sample_logs"

DENSE_STEPS = 600_000
NOISY_BYTES = 90_000_000
MIX_BYTES = 60_000_000
SMALL_FILES = 1_000
QUICK = 20
"""`--quick` divides every size by this."""


def write(path: Path, records: Iterable[Record]) -> Counter[str]:
    """Write the texts to `path` and count the kinds; the log is never held in memory."""
    counts: Counter[str] = Counter()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as out:
        for kind, text in records:
            out.write(text)
            if kind is not None:
                counts[kind] += 1
    return counts


def until(size: int, make_run: Callable[[], Iterator[Record]]) -> Iterator[Record]:
    """Whole runs, one after another, until `size` bytes are reached."""
    done = 0
    while done < size:
        for kind, text in make_run():
            done += len(text.encode())
            yield kind, text


# ---- the times and bars all vendors use ---- #


class Clock:
    """A wall clock that only goes forward."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def tick(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def stamp(self, mark: str = ",") -> str:
        """The time with milliseconds: `2024-04-09 22:05:59,944`."""
        return f"{self.now:%Y-%m-%d %H:%M:%S}{mark}{self.now.microsecond // 1000:03d}"


def some_day(rng: random.Random) -> Clock:
    return Clock(
        datetime(2024, 1, 1) + timedelta(seconds=rng.randrange(365 * 86_400), milliseconds=rng.randrange(1000))
    )


def minutes(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


def bar(done: int, total: int, seconds: float) -> str:
    """A tqdm bar: ` 40%|████      | 4/10 [00:58<01:27, 14.53s/it]`."""
    eighths = 80 * done // total
    blocks = "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else "")
    if done == 0:
        return f"  0%|          | 0/{total} [00:00<?, ?it/s]"
    rate = done / max(seconds, 0.01)
    speed = f"{rate:5.2f}it/s" if rate >= 1 else f"{1 / rate:5.2f}s/it"
    left = minutes((total - done) / rate)
    return f"{100 * done // total:3d}%|{blocks:<10}| {done}/{total} [{minutes(seconds)}<{left}, {speed}]"


def compile_bar(done: int, seconds: float) -> str:
    return f"Graph compilation: {done:3d}%|{'█' * (done // 10):<10}| {done}/100 [{minutes(seconds)}<{minutes(0)}]"


def wsjob(rng: random.Random) -> str:
    return "wsjob-" + "".join(rng.choices("abcdefghijklmnopqrstuvwxyz23456789", k=22))


# ---- Cerebras ---- #


def cerebras_run(rng: random.Random, steps: int, every: int, clock: Clock | None = None) -> Iterator[Record]:
    """A whole BERT-large run: checkpoint 0, a cold or cached compile, staging, `steps` steps, checkpoints, the end."""
    clock = clock or some_day(rng)
    batch = rng.choice((512, 1024, 2048))
    folder = "model_dir_bert_large_pytorch"

    def info(kind: str | None, text: str, after: float = 0.0) -> Record:
        clock.tick(after)
        return kind, f"{clock.stamp()} INFO:   {text}\n"

    yield info("cerebras.batch", f"Effective batch size is {batch}.")
    yield info(
        "cerebras.model_dir",
        f'Checkpoint autoloading is enabled. Looking for latest checkpoint in "{folder}" directory with the '
        "following naming convention: `checkpoint_(step)(_timestamp)?.mdl`.",
        0.03,
    )
    yield info("cerebras.no_checkpoint", f'No checkpoints were found in "{folder}".', 0.001)
    yield info(None, "No checkpoint was provided. Using randomly initialized model parameters.", 0.001)
    yield from cerebras_checkpoint(info, folder, 0, 29.0)
    yield from cerebras_compile(rng, info)
    yield from cerebras_staging(rng, info)
    samples, elapsed, rate = 0, 0.0, 0.0
    usual = {512: 2930.0, 1024: 4850.0, 2048: 6720.0}[batch]
    for step in range(every, steps + 1, every):
        local = usual * rng.uniform(0.985, 1.015)
        took = batch * every / local
        clock.tick(took)
        elapsed += took
        samples += batch * every
        rate = 0.4 * rate + 0.6 * local if rate else local
        loss = round((6.5 + 4.9 / (1 + 8 * step / steps) + rng.uniform(-0.05, 0.05)) * 128) / 128
        yield (
            "cerebras.step",
            f"{clock.stamp()} INFO:   | Train Device=CSX, Step={step}, Loss={loss:.5f}, "
            f"Rate={rate:.2f} samples/sec, GlobalRate={samples / elapsed:.2f} samples/sec\n",
        )
        if step % 100_000 == 0 and step < steps:
            yield from cerebras_checkpoint(info, folder, step, 35.9)
            elapsed += 35.9
    yield from cerebras_checkpoint(info, folder, steps, 36.4)
    yield info("cerebras.heartbeat", f"Heartbeat thread stopped for {wsjob(rng)}.", 44.5)
    yield info("cerebras.milestone", "Training completed successfully!", 0.007)
    yield info("cerebras.processed", f"Processed {samples} sample(s) in {elapsed:.9f} seconds.", 0.001)


def cerebras_checkpoint(info: Callable[..., Record], folder: str, step: int, seconds: float) -> Iterator[Record]:
    yield info("cerebras.saving", f"Saving checkpoint at step {step}")
    yield info("cerebras.saved", f"Saved checkpoint {folder}/checkpoint_{step}.mdl", seconds)


def cerebras_job(rng: random.Random, info: Callable[..., Record], kind: str) -> Iterator[Record]:
    """The wsjob, its queue and its ingress."""
    job = wsjob(rng)
    yield info("cerebras.initiated", f"Initiating a new {kind} wsjob against the cluster server.", 0.35)
    yield info("cerebras.job", f"{kind} job id: {job}, remote log path: /n1/wsjob/workdir/job-operator/{job}", 0.12)
    waiting = "Waiting for job running, current job status: "
    for ahead in range(rng.randrange(3), -1, -1):
        place = f"{ahead} {kind} job(s) queued before current job" if ahead else "current job is top of queue"
        yield info(
            "cerebras.poll",
            f"Poll ingress status: {waiting}Queueing, msg: job is queueing. Job queue status: {place}. "
            "For more information, please run 'csctl get jobs'.",
            rng.uniform(10, 300),
        )
    yield info("cerebras.poll", f"Poll ingress status: {waiting}Scheduled, msg: job is scheduled. ", 10.0)
    yield info("cerebras.poll", "Poll ingress status: Waiting for job service readiness.", 10.02)
    yield info("cerebras.milestone", "Ingress is ready: Job ingress ready, poll ingress success.", 30.1)


def cerebras_compile(rng: random.Random, info: Callable[..., Record]) -> Iterator[Record]:
    yield info("cerebras.milestone", "Compiling the model. This may take a few minutes.", 15.0)
    yield info(None, "Initiating a new image build job against the cluster server.", 1.5)
    yield info(None, "Custom worker image build is disabled from server.", 0.1)
    yield from cerebras_job(rng, info, "compile")
    if rng.random() < 0.5:
        yield info("cerebras.stage", "Pre-optimization transforms...", 3.0)
        yield info("cerebras.stage", "Optimizing layouts and memory usage...", 62.0)
        yield info("cerebras.stage", "Gradient accumulation enabled", 0.1)
        for micro in (8, 64, 32, 128, 256):
            yield info("cerebras.stage", f"Gradient accumulation trying sub-batch size {micro}...", 4.0)
            for stage in ("Exploring floorplans", "Exploring data layouts", "Optimizing memory usage"):
                yield info("cerebras.stage", stage, rng.uniform(5, 40))
        yield info("cerebras.stage", "Gradient accumulation picked sub-batch size 128 with 3 lanes", 2.0)
        for stage in ("Post-layout optimizations", "Allocating buffers", "Code generation", "Compiling image"):
            yield info("cerebras.stage", f"{stage}...", rng.uniform(10, 60))
        for stage in ("Compiling kernels", "Compiling final image"):
            yield info("cerebras.stage", stage, rng.uniform(60, 200))
    done = "Compile artifacts successfully written to remote compile directory. Compile hash is: cs_"
    yield info("cerebras.hash", f"{done}{rng.randrange(10**18, 10**19)}", 4.0)
    yield info("cerebras.heartbeat", f"Heartbeat thread stopped for {wsjob(rng)}.", 0.01)
    yield info("cerebras.milestone", "Compile was successful!", 0.003)


def cerebras_staging(rng: random.Random, info: Callable[..., Record]) -> Iterator[Record]:
    programming = "Programming Cerebras Wafer Scale Cluster for execution. This may take a few minutes."
    yield info("cerebras.milestone", programming, 0.003)
    yield from cerebras_job(rng, info, "execute")
    yield info("cerebras.systems", "Preparing to execute using 1 CSX", 30.2)
    for text, seconds in (
        ("About to send initial weights", 29.5),
        ("Finished sending initial weights", 49.4),
        ("Finalizing appliance staging for the run", 0.003),
        ("Waiting for device programming to complete", 0.039),
        ("Device programming is complete", 102.3),
    ):
        yield info("cerebras.milestone", text, seconds)
    yield info(None, "Using network type: ROCE", 0.8)
    streaming = "Waiting for input workers to prime the data pipeline and begin streaming ..."
    yield info("cerebras.milestone", streaming, 0.001)
    yield info("cerebras.milestone", "Input workers have begun streaming input data", 0.04)
    yield info("cerebras.milestone", "Appliance staging is complete", 17.0)
    yield info("cerebras.milestone", "Beginning appliance run", 0.005)


# ---- SambaNova ---- #


def sambanova_header(clock: Clock) -> Iterator[Record]:
    yield "sambanova.model", "Model:  BertLarge\n"
    yield "sambanova.date", f"Date:  {clock.now:%m/%d/%y}\n"
    yield "sambanova.time", f"Time:  {clock.now:%H:%M}\n"
    yield None, "\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\nListing...\n"
    package = "sambaflow/focal,focal,now 1.17.7-27 amd64 [installed,upgradable to: 1.18.7-38]\n"
    yield "sambanova.package", package


def sambanova_inventory(when: str) -> Iterator[Record]:
    yield None, f"Machine {when}: \n"
    yield "sambanova.system", "Platform: DataScale SN30-8\n"
    yield None, "\nPhysical Inventory:\n"
    yield None, "Component Name                        | Serial Number       | Inventory State | Functional State\n"
    yield None, "-" * 96 + "\n"
    parts = ["", *(f"/DDRCH_{i}/DIMM_{'ABEFGHKLM'[i]}0" for i in range(8)), *(f"/PCIE_{i}" for i in range(4))]
    parts += [f"/TILE_{i}" for i in range(8)]
    for xrdu, rdu, part in itertools.product(range(4), range(2), parts):
        name = f"/NODE/XRDU_{xrdu}/RDU_{rdu}{part}"
        serial = f"{xrdu + 3}0{rdu}0187469B35895" if not part else "N/A"
        yield None, f"{name:<38}| {serial:<20}| Present         | Online       \n"


def sambanova_app(clock: Clock, pid: int, text: str) -> Record:
    name = "apps.nlp.transformers_on_rdu.transformers_hook"
    return "sambanova.milestone", f"{clock.stamp()} - {name} - Process ID {pid} - info     - {text}\n"


WARNINGS = ("[warning ]: [LinearInputGradInfo]", "[warning ]: Cannot predict latency")
"""Those of the compiler's warnings that warn; the others are its chatter."""


def sambanova_noise(rng: random.Random, user: str) -> str:
    """One line, or one message of three lines, of the compiler, in about the proportions of real logs."""
    kind = rng.random()
    layer, part = rng.randrange(24), rng.randrange(72)
    op = f"bertformaskedlm__bert__encoder__layer__{layer}__attention__self__"
    build = "/scratch/jobs/33365192/debbuild/common/sambanova-arcprism-1.17.7-27"
    if kind < 0.54:
        return f"[info    ]: Input {rng.randrange(3)}: tensor<1024x{rng.choice((1, 128))}xbf16>\n"
    if kind < 0.63:
        dim, dims = f"{op}query__linear_t_output0_fused_reshape_output_dim_1", f"{op}matmul_dim_row, {op}matmul_dim_col"
        return (
            f"[warning ]: Try to squeeze a unsqueezable dim {dim} for op {op}{rng.choice(('key', 'value'))}__linear\n"
            f" inputs: {{NamedTensor: shape {{16, 64, 128}} names: {{{dim}, {dims}}}}}\n"
            f" outputs: {{NamedTensor: shape {{1024, 128}} names: {{{op}key__weight_dim_0, {op}matmul_dim_row}}}}\n"
        )
    if kind < 0.73:
        folder = f"/home/{user}/BertLarge/bertlrg///rail_gen//rail_compile_logs"
        return f"[info    ]: Logs are generated in {folder} for partition_{part}_0_.\n"
    if kind < 0.83:
        return f"[info    ]: Compilation succeeded for partition_{part}_0_\n"
    if kind < 0.87:
        template = "STOC Rounding enabled but the selected template does not support STOC Rounding"
        return f"[warning ]: [LinearInputGradInfo] {template}\n"
    if kind < 0.93:
        name = rng.choice(("PrinterPass", "PlasmaCanonicalizer", "LegalizeDataAllocation", "SymbolChipAssignment"))
        return f"[info    ]: [PASS] Running PlasmaIR{rng.randrange(20):03d}_{name}\n"
    if kind < 0.96:
        return f"pmu: D_{layer}_{part}_0_0 {build}/compiler/rail/src/lib/pass/transform/Split.cpp:{part + 100}:0\n"
    if kind < 0.98:
        return f"ctx: kBackReadCtx {build}/templates/src/templates/accumulator/rail/ParAccum.cpp:1234:0\n"
    if kind < 0.99:
        return (
            "[warning ]: Cannot predict latency of context kBackReadCtx. Please suppress the warning by explicitly "
            "annotate the latency with set_ctx_latency() in the TBufferContext\n"
        )
    flags = "-Werror -Wall -Wno-reorder -Wno-conversion -Wno-sign-compare -Wno-unused-parameter -Wno-unused-variable"
    return f"+ /opt/llvm11/bin/clang++ -DAT_PARALLEL_OPENMP=1 -I/opt/llvm12/include -I./ {flags} -O3 -c p{part}.cpp\n"


def sambanova_compile_run(rng: random.Random, noise_bytes: int = 130_000) -> Iterator[Record]:
    """A compile and submission log: header, inventories, COMPILE bracket around compiler noise, the job, Duration."""
    clock, pid, user = some_day(rng), rng.randrange(10**5, 10**7), f"user{rng.randrange(100)}"
    took = 700 + rng.randrange(200)
    app = "/opt/sambaflow/apps/nlp/transformers_on_rdu/transformers_hook.py"
    yield from sambanova_header(clock)
    yield from sambanova_inventory("State Before")
    yield "sambanova.compile_start", "COMPILE START AT 0\n"
    yield (
        "sambanova.compile_command",
        f"COMPILE COMMAND: python {app} compile --model_name_or_path bert-large-uncased --module_name mlm_ns "
        f"--task_name mlm_ns --max_seq_length 128 --per_device_train_batch_size 256 -b 256 "
        f"--output_dir=/home/{user}/BertLarge/hf_output --data-parallel -ws 2 --num-tiles 4 --pef-name=bertlrg\n",
    )
    yield "sambanova.torch", "PyTorch version 1.10.2+cpu available.\n"
    yield "sambanova.tensorflow", "TensorFlow version 2.7.0 available.\n"
    clock.tick(5)
    yield sambanova_app(clock, pid, "NLP app started.")
    for percent in range(0, 101, 2):
        end = "\n" if percent == 100 else "\r"
        yield (
            None,
            f"Downloading: {percent:3d}%|{'█' * (percent // 10):<10}| {percent * 0.0134:.2f}G/1.34G [00:08<00:00]{end}",
        )
    clock.tick(14)
    yield sambanova_app(clock, pid, "Dataset is loading.")
    yield sambanova_app(clock, pid, "Dataset has finished loading.")
    yield sambanova_app(clock, pid, "transformers_hook app running in compile mode")
    done, half = 0, noise_bytes // 3
    told = False
    while done < noise_bytes:
        text = sambanova_noise(rng, user)
        done += len(text)
        yield "sambanova.warning" if text.startswith(WARNINGS) else None, text
        if done > half and not told:
            told = True
            yield (
                "sambanova.estimate",
                "[info    ]: Amortized resources overall: 4.500000e+02 PCUs, 6.890000e+02 PMUs, projected latency: "
                "6.079219e-01 s, FLOPS: 1.216469e+02 T/s, DDR_BW: 6.463480e+01 GB/s\n",
            )
    clock.tick(took - 20)
    yield sambanova_app(clock, pid, "NLP app finished")
    yield "sambanova.pef", f"[info    ] : PEF file /home/{user}/BertLarge/bertlrg//bertlrg.pef created\n"
    yield "sambanova.compile_end", f"COMPILE END AT {took}\n"
    yield None, f"RUN\nSHELL=/bin/bash\nPWD=/home/{user}/BertLarge\n"
    yield "sambanova.environment", "OPENBLAS_NUM_THREADS=8\n"
    yield "sambanova.submitted", f"Submitted batch job {rng.randrange(10_000, 99_999)}\n"
    yield from sambanova_inventory("state After")
    yield "sambanova.duration", f"Duration:  {took + 1}\n"


def sambanova_train_run(rng: random.Random, steps: int = 505) -> Iterator[Record]:
    """A run log: environment, interleaved ranks, step records behind a redrawn bar, the result, Duration."""
    clock, ranks = some_day(rng), rng.choice((2, 4, 8, 16))
    pids = [3_678_508 + i for i in range(ranks)]
    job, host = rng.randrange(10_000, 99_999), f"sn30-r{rng.randrange(1, 4)}-h{rng.randrange(1, 3)}"
    yield from sambanova_header(clock)
    yield from sambanova_inventory("State Before")
    yield None, "RUN\nSHELL=/bin/bash\n"
    yield "sambanova.environment", f"HOSTNAME={host}\n"
    yield None, "LANG=en_US.UTF-8\nTERM=xterm-256color\nSHLVL=3\nPS1=(venv) \n"
    yield "sambanova.environment", f"SLURM_NTASKS={ranks}\n"
    yield "sambanova.environment", f"SLURM_JOB_ID={job}\n"
    yield "sambanova.environment", "SLURM_NNODES=1\n"
    yield (
        "sambanova.run_command",
        "RUN COMMAND: /usr/local/bin/srun --mpi=pmi2 python /opt/sambaflow/apps/nlp/transformers_on_rdu/"
        "transformers_hook.py run --task_name mlm_ns --module_name mlm_ns -b 256 --max_seq_length 128 "
        f"--learning_rate 0.0001 --steps_this_run {steps} --max_steps 250000 --min_throughput 560000\n",
    )
    for pid in pids:
        yield "sambanova.torch", "PyTorch version 1.10.2+cpu available.\n"
        yield "sambanova.tensorflow", "TensorFlow version 2.7.0 available.\n"
        yield None, "  dtype=np.int):\n"
        clock.tick(0.1)
        yield sambanova_app(clock, pid, "NLP app started.")
    for pid in rng.sample(pids, ranks):
        yield sambanova_app(clock, pid, "Dataset is loading.")
        yield sambanova_app(clock, pid, "Dataset has finished loading.")
        yield sambanova_app(clock, pid, "transformers_hook app running in run mode")
    total, elapsed = 2547 + ranks // 4, 7.4
    for step in range(1, steps + 1):
        step_s = rng.uniform(0.84, 0.87)
        clock.tick(step_s)
        elapsed += step_s
        loss, ns = 8.2 + 3 / step + rng.uniform(-0.1, 0.1), rng.uniform(0.58, 0.70)
        record = (
            f"epoch:0|local_step:{step}|global_step:{step}|average_loss:{loss:.5f}|step_loss:{loss:.5f}|"
            f"step_ns_loss:{ns:.5f}|step_mlm_loss:{loss - ns:.5f}|learning_rate:{step * 1.4e-8:.3g}|eval_step:0.00000|"
            "validation_average_loss:0.00000|validation_total_loss:0.00000|validation_mlm_loss:0.00000|"
            "validation_ns_loss:0.00000"
        )
        yield (
            "sambanova.step",
            f"\rIteration: {bar(step - 1, total, elapsed)}{clock.stamp()} - apps.nlp.transformers_on_rdu.tasks."
            f"lm_tasks.bert_mlperf_trainer - Process ID {pids[0]} - info     - {record}\n",
        )
    trainer = "apps.nlp.transformers_on_rdu.tasks.lm_tasks.bert_mlperf_trainer"
    sequences = 256 * ranks * steps / elapsed
    yield (
        "sambanova.final_loss",
        f"{clock.stamp()} - {trainer} - Process ID {pids[0]} - info     - final_loss {loss:.6f}\n",
    )
    yield (
        "sambanova.result",
        f"{clock.stamp()} - {trainer} - Process ID {pids[0]} - info     - {{'e2e_train_time': {elapsed!r}, "
        f"'training_sequences_per_second': {sequences * 128!r}, 'final_loss': {loss!r}, "
        f"'training_samples_per_second': {sequences!r}}}\n",
    )
    for pid in pids:
        yield sambanova_app(clock, pid, "NLP app finished")
        yield (
            None,
            "import blocksparse tasks from _NamespacePath(['/opt/sambaflow/apps/nlp/blocksparse/common/tasks'])\n",
        )
    yield from sambanova_inventory("state After")
    yield "sambanova.duration", f"Duration:  {int(elapsed) + 30}\n"


# ---- Graphcore ---- #


def srun_job(rng: random.Random) -> Iterator[Record]:
    job = rng.randrange(10_000, 99_999)
    yield "graphcore.job", f"srun: job {job} queued and waiting for resources\n"
    yield "graphcore.job", f"srun: job {job} has been allocated resources\n"


def graphcore_compile(rng: random.Random, clock: Clock, seconds: int) -> Iterator[Record]:
    """The compile bar as a redirect of stderr holds it: cursor movements, SDK records glued to it, 100 % twice."""
    yield "graphcore.compile_bar", f"\r{compile_bar(0, 0)}\x1b[A\x1b[A"
    warning = "W: poplin::preplanMatMuls() is deprecated! Use poplin::preplan() instead"
    for done in range(10, 100, 10) if seconds else ():
        at = f"{clock.now:%Y-%m-%dT%H:%M:%S}.{rng.randrange(10**6):06d}Z"
        yield None, f"{at} PL:POPLIN    1313629.1313629 {warning}\n\n"
        yield "graphcore.compile_bar", f"\r{compile_bar(done, seconds * done / 100)}\x1b[A\x1b[A"
    clock.tick(seconds)
    yield None, "\n\n"
    yield "graphcore.compile_bar", f"\r{compile_bar(100, seconds)}\x1b[A\x1b[A"
    yield "graphcore.compile_bar", f"\r{compile_bar(100, seconds)}\n"


def graphcore_mnist_run(rng: random.Random, epochs: int = 10) -> Iterator[Record]:
    """MNIST in PopTorch, stderr redirected: 150 batches an epoch, each redraw on a line of its own."""
    clock, cold = some_day(rng), rng.random() < 0.3
    yield from srun_job(rng)
    yield "graphcore.epoch_bar", f"\rEpochs: {bar(0, epochs, 0)}\n"
    yield (
        "graphcore.warning",
        f"\r{bar(0, 150, 0)}\x1b[A[{clock.stamp('.')[11:]}] [poptorch:cpp] [warning] [DISPATCHER] Type coerced\n\n\n",
    )
    seconds = 22 if cold else 0
    yield from graphcore_compile(rng, clock, seconds)
    took = float(seconds)
    for epoch in range(1, epochs + 1):
        for batch in range(1, 151):
            loss = 1.47 + 0.8 / (1 + batch / 10 + 15 * (epoch - 1)) + rng.uniform(-0.01, 0.01)
            metrics = f"Loss: {loss:.4f} | Accuracy: {246 - 100 * loss + rng.uniform(-1, 1):.2f}% : "
            yield "graphcore.batch_bar", f"\r{metrics}{bar(batch - 1, 150, batch * 0.057)}\x1b[A\n"
            if batch % 2 == 0:
                yield "graphcore.batch_bar", f"\r{metrics}{bar(batch, 150, batch * 0.057)}\x1b[A\n"
        took += 8.55
        clock.tick(8.55)
        end = "\r" if epoch == epochs else "\n"
        yield "graphcore.epoch_bar", f"\r{' ' * 80}\x1b[A\rEpochs: {bar(epoch, epochs, took)}{end}"
    yield "graphcore.epoch_bar", f"Epochs: {bar(epochs, epochs, took)}\n"
    yield None, "\r  0%|          | 0/125 [00:00<?, ?it/s]\n"
    yield from graphcore_compile(rng, clock, 14 if cold else 0)
    for done in range(5, 126, 8):
        yield "bar", f"\r{bar(done, 125, done / 40)}"
    yield (
        None,
        "\rTrainingModelWithLoss(\n  (model): Network(\n    (layer1): Block(\n      (relu): ReLU()\n    )\n  )\n)\n",
    )
    yield "graphcore.test_accuracy", f"Accuracy on test set: {rng.uniform(96.5, 98.5):.2f}%\n"


def graphcore_bert_run(rng: random.Random, steps: int = 150) -> Iterator[Record]:
    """BERT pre-training in PopTorch: the whole of the redraws of its step bar, then its metrics block."""
    clock = some_day(rng)
    yield from srun_job(rng)
    yield "graphcore.config_name", "Using config: demo_tiny_128\n"
    yield None, "------------------- Data Loading Started ------------------\n"
    yield "graphcore.data_loaded", f"Data loaded in {rng.uniform(9, 12)!r} secs\n"
    yield None, "-------------------- Device Allocation --------------------\n"
    for layer, ipu in (("Embedding ", 0), ("Encoder 0 ", 1), ("Encoder 1 ", 2), ("Encoder 2 ", 3), ("Pooler    ", 0)):
        yield "graphcore.allocation", f"{layer} --> IPU {ipu}\n"
    for tensor in range(20):
        stamp = clock.stamp(".")[11:]
        yield (
            "graphcore.warning",
            f"[{stamp}] [poptorch:cpp] [warning] [DISPATCHER] Type coerced from Long to Int for tensor id {tensor}\n",
        )
    yield from graphcore_compile(rng, clock, 89)
    yield "graphcore.compiled", f"Compiled/Loaded model in {rng.uniform(90, 99)!r} secs\n"
    yield None, "---------------------- Training Started --------------------\n"
    for step in range(steps):
        mlm, nsp = 10.3 - 3.3 * step / steps + rng.uniform(-0.05, 0.05), rng.uniform(0.38, 0.70)
        end = "\n" if step == steps - 1 else "\r"
        yield (
            "graphcore.bert_step",
            f"Step: {step} / {steps - 1} - LR: {1e-3:.2e} - total loss: {mlm + nsp:.3f} - mlm_loss: {mlm:.3f} - "
            f"nsp_loss: {nsp:.3f} - mlm_acc: {0.16 * step / steps:.3f} % - nsp_acc: {rng.uniform(0.5, 0.9):.3f} %: "
            f"{bar(step, steps, 0.02 * step)[:-1]}, throughput: {rng.uniform(740, 770):.1f} samples/sec]{end}",
        )
    yield None, "-" * 60 + "\n-------------------- Training Metrics ---------------------\n"
    for name, value in (("global_batch_size", 16), ("device_iterations", 1), ("training_steps", steps)):
        yield "graphcore.training_setting", f"{name}: {value}\n"
    yield "graphcore.training_time", f"Training time: {steps * 0.0218:.3f} secs\n"
    yield None, "-" * 60 + "\n"


def graphcore_cosmic_run(rng: random.Random, steps: int = 500) -> Iterator[Record]:
    """CosmicTagger under poprun: every line tagged with its rank, the ranks interleaved line by line."""
    clock, ranks = some_day(rng), rng.choice((1, 2, 4, 8))
    pid = rng.randrange(10**6, 10**7)

    def poprun(kind: str | None, text: str) -> Record:
        return kind, f"{clock.stamp('.')[11:]} {pid} POPRUN [I] {text}\n"

    def tagged(kind: str | None, rank: int, text: str) -> Record:
        return kind, f"[1,{rank}]<stdout>:{clock.stamp()} - INFO - {text}\n"

    yield poprun(None, "V-IPU server address picked up from 'vipu': 10.1.3.101:8090")
    yield None, "|      poprun topology      |\n|===========================|\n"
    yield "graphcore.topology", f"| instances | {' | '.join(map(str, range(ranks)))} |\n"
    yield "graphcore.topology", f"| replicas  | {' | '.join(map(str, range(ranks)))} |\n"
    sdk = "/software/graphcore/poplar_sdk/3.1.0/poplar-ubuntu_20_04-3.1.0+6824-9c103dc348/bin"
    yield poprun("graphcore.mpirun", f"Running command: {sdk}/mpirun '--bind-to' 'none' '--tag-output' '-np' '{ranks}'")
    for rank in range(ranks):
        yield tagged(None, rank, "Running Training")
        yield None, f"[1,{rank}]<stdout>:-- CONFIG --\n[1,{rank}]<stdout>:run: \n"
        for name, value in (
            ("compute_mode", "IPU"),
            ("iterations", steps),
            ("minibatch_size", 2),
            ("precision", "float16"),
        ):
            yield "graphcore.config", f"[1,{rank}]<stdout>:  {name:.<28}: {value}\n"
        yield None, f"[1,{rank}]<stdout>:  {'synthetic':.<28}: False\n"
    for step in range(steps):
        for rank in rng.sample(range(ranks), ranks):
            clock.tick(13 / ranks)
            loss, rate = 4 - 1.2 * step / steps + rng.uniform(-0.1, 0.1), "0.15 Img/s / " if step else ""
            scores = (
                f"Average/Non_Bkg_Accuracy: {rng.uniform(0.1, 0.35):.3g}, Average/mIoU: {rng.uniform(0.001, 0.03):.3g}"
            )
            spent = f"{rate}{rng.uniform(0.013, 0.02):.2g} IOs / {rng.uniform(0.037, 0.05):.2g} (Step)(s)"
            yield tagged(
                "graphcore.cosmic_step", rank, f"train Step {step} metrics: {scores}, loss: {loss:.3g} ({spent})"
            )
            if step % 10 == 0 and step:
                yield tagged(
                    "graphcore.cosmic_step", rank, f"test Step {step} metrics: {scores}, loss: {loss:.3g} (0.41 Img/s)"
                )
    for rank in range(ranks):
        total = 13.2 * steps + rng.uniform(0, 100)
        yield tagged("graphcore.cosmic_total", rank, f"Total time to batch_process: {total:.4f}")
        rest = f"first iteration: {total - 14:.4f}, throughput: {2 * (steps - 1) / (total - 14) / 2:.4f}"
        yield tagged("graphcore.cosmic_total", rank, f"Total time to batch process except {rest}")
    yield poprun("graphcore.exit", f"mpirun (PID {pid + 554}) terminated with exit code 0")


# ---- Groq ---- #


def groq_run(rng: random.Random) -> Iterator[Record]:
    """A proof point of GroqFlow, redirected: build monitor with spinners and colours, CPU bar, result table."""
    stages = ("Exporting PyTorch to ONNX", "Optimizing ONNX file", "Checking for Op support", "Converting to FP16")
    stages += ("Compiling model", "Assembling model")
    length = rng.choice((64, 128, 256))
    bold, off = "\x1b[1m", "\x1b[0m"
    shapes = [f"{{'attention_mask': (1, {n}), 'input_ids': (1, {n})}}" for n in (length, 2 * length)]
    yield None, "\x1b[93m\n"
    yield (
        None,
        f"Warning: {off}{off}build_model() discovered a cached build of bert_tiny, but decided to rebuild: {off}\n",
    )
    changed = (
        f'- Input shape of model "bert_tiny" changed from {shapes[1]} to {shapes[0]} since the last time it was built. '
    )
    yield "groq.rebuild", f"{off}         {off}{off}{changed}{off}\n\n\n\n"
    yield "groq.building", f'{bold}Building "bert_tiny"{off}\n'
    for stage in stages:
        yield None, f"{off}      {stage}   {off}\n"
    yield None, "\x1b[1A" * len(stages)
    for stage in stages:
        frames = rng.randrange(10, 40) if stage.endswith("model") else 0
        for frame in range(frames):
            yield "groq.spinner", f"      {stage}{('   ', '.  ', '.. ', '...')[frame % 4]}\r"
        yield "groq.stage_done", f"\x1b[92m    ✓ {off}{off}{stage}   {off}\n"
    yield "groq.saved", f"\x1b[92m\nWoohoo! {off}{off}Saved to {off}{bold}~/.cache/groqflow/bert_tiny{off}{off}{off}\n"
    yield "groq.milestone", "Preprocessing data.\n"
    yield None, f"\x1b[96m\nInfo: {off}{off}No inputs received for benchmark. Using the inputs provided.{off}\n"
    yield "groq.milestone", "Running inference on GroqChip.\n"
    yield "groq.milestone", "Running inference using PyTorch model (CPU).\n"
    cpu = rng.uniform(240, 650)
    yield None, f"\r{bar(0, 2210, 0)}\r"
    for done in range(int(cpu / 10), 2210, int(cpu / 10)):
        yield "bar", f"{bar(done, 2210, done / cpu)}\r"
    yield "bar", f"{bar(2210, 2210, 2210 / cpu)}\n"
    ips, chip = rng.uniform(12_000, 19_000), rng.uniform(23_000, 43_000)
    names = ("Source", "Accuracy", "end-to-end latency (ms)", "end-to-end IPS", "on-chip latency (ms)", "on-chip IPS")
    cells = [
        ("cpu", "77.47%", f"{1000 / cpu:.2f}", f"{cpu:.2f}", "--", "--"),
        ("groq", "77.47%", f"{1000 / ips:.2f}", f"{ips:.2f}", f"{1000 / chip:.2f}", f"{chip:.2f}"),
    ]
    border = "+" + "+".join("-" * (len(name) + 2) for name in names) + "+\n"
    yield None, border
    yield "groq.table_head", "| " + " | ".join(names) + " |\n"
    yield None, border
    for row in cells:
        yield (
            "groq.table_row",
            "|" + "|".join(f"{cell:^{len(n) + 2}}" for n, cell in zip(names, row, strict=True)) + "|\n",
        )
    yield None, border
    script = "/home/user/groqflow/proof_points/natural_language_processing/bert/bert_tiny.py"
    yield "groq.finished", f"Proof point {script} finished!\n"


# ---- the four logs ---- #


def dense(folder: Path, steps: int = DENSE_STEPS, seed: int = 1) -> Counter[str]:
    """One whole Cerebras run with `steps` step lines."""
    rng = random.Random(seed)
    return write(folder / "cerebras.log", cerebras_run(rng, steps, 1, Clock(datetime(2024, 4, 9, 21, 43, 44, 171_000))))


def noisy(folder: Path, size: int = NOISY_BYTES, seed: int = 2) -> Counter[str]:
    """One SambaNova compile log of about `size` bytes, nearly all of it compiler lines."""
    return write(folder / "BertLarge.out", sambanova_compile_run(random.Random(seed), size - 50_000))


def mix(folder: Path, size: int = MIX_BYTES, seed: int = 3) -> Counter[str]:
    """Appended runs of all four platforms: a file for each program, and a file that holds all in turn."""
    rng = random.Random(seed)
    programs: dict[str, tuple[Callable[[], Iterator[Record]], float]] = {
        "cerebras.log": (lambda: cerebras_run(rng, 100 * rng.randrange(5, 60), 100), 0.20),
        "sambanova_compile.out": (lambda: sambanova_compile_run(rng), 0.13),
        "sambanova_train.out": (lambda: sambanova_train_run(rng), 0.20),
        "graphcore_mnist.txt": (lambda: graphcore_mnist_run(rng), 0.20),
        "graphcore_bert.txt": (lambda: graphcore_bert_run(rng), 0.05),
        "graphcore_cosmictagger.log": (lambda: graphcore_cosmic_run(rng, rng.randrange(50, 500)), 0.10),
        "groq.out": (lambda: groq_run(rng), 0.06),
    }
    counts: Counter[str] = Counter()
    for name, (make_run, share) in programs.items():
        counts += write(folder / name, until(int(size * share), make_run))
    makers = [make_run for make_run, _ in programs.values()]
    in_turn = until(int(size * 0.06), lambda: itertools.chain.from_iterable(make_run() for make_run in makers))
    counts += write(folder / "homework.txt", in_turn)
    return counts


def small(folder: Path, files: int = SMALL_FILES) -> Counter[str]:
    """`files` copies of the real logs, each under a name of its own; of the sample logs where there are no real ones.

    What they hold is not known to us, so the counts are empty. Raises FileNotFoundError where there is nothing to copy.
    """
    source = REAL_LOGS if REAL_LOGS.is_dir() else SAMPLE_LOGS
    platforms = ("sambanova", "graphcore", "cerebras", "groq")
    found = sorted(p for p in source.rglob("*") if p.is_file() and (source == SAMPLE_LOGS or p.parts[-3] in platforms))
    if not found:
        raise FileNotFoundError(f"no logs to copy in {source}")
    random.Random(4).shuffle(found)
    folder.mkdir(parents=True, exist_ok=True)
    for number, path in zip(range(files), itertools.cycle(found), strict=False):
        shutil.copyfile(path, folder / f"{number:04d}_{path.name}")
    return Counter()


def runs(path: Path, number: int) -> None:
    """One log of that many short runs: sample logs of four experiments in turn, each run with figures of its own."""
    groq = (SAMPLE_LOGS / "groq" / "bert_tiny_dummy_input.out").read_bytes()
    names = ("mnist_as_is_cold", "mnist_asked_lr_002_cached", "mnist_asked_20_epochs_ran_10")
    mnist = [(SAMPLE_LOGS / "graphcore" / f"{name}.out").read_bytes() for name in names]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        for i in range(number):
            if i % 2:
                text = re.sub(rb"\bjob \d+", b"job %d" % (100_000 + i), mnist[i // 2 % 3])
                out.write(re.sub(rb"test set: [\d.]+", b"test set: 9%d.%02d" % (6 + i % 3, i % 100), text))
            else:
                text = groq.replace(b"16612.48", b"%d.%02d" % (16_000 + i // 100, i % 100))
                out.write(text.replace(b"454.01", b"%d.%02d" % (440 + i % 20, i % 100)))


def make_all(folder: Path, quick: bool = False, only: Sequence[str] = ()) -> dict[str, Path]:
    """The logs (`only` these, else all four) in `folder`, each in a folder of its own with its counts beside it.

    One that is there already in this size is kept.
    """
    scale = QUICK if quick else 1
    makers: dict[str, Callable[[Path], Counter[str]]] = {
        "dense": lambda path: dense(path, DENSE_STEPS // scale),
        "noisy": lambda path: noisy(path, NOISY_BYTES // scale),
        "mix": lambda path: mix(path, MIX_BYTES // scale),
        "small": lambda path: small(path, SMALL_FILES // scale),
    }
    made = {}
    for name, make in makers.items():
        if only and name not in only:
            continue
        path = folder / (f"{name}-quick" if quick else name)
        done = folder / f"{path.name}.json"
        if not done.exists():
            shutil.rmtree(path, ignore_errors=True)
            done.write_text(json.dumps(make(path), indent=1))
        made[name] = path
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true", help=f"a {QUICK}th of the size")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, path in make_all(options.folder, options.quick).items():
        print(f"{name}: {path}")


if __name__ == "__main__":
    main()
