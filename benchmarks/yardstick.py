"""The yardstick: what a competent person writes with `re` to read these logs, a line at a time.

    python benchmarks/yardstick.py FILE…

What is fair about it:

- It reads the fields that the grammars read on these logs, warnings included, converts them (`float`, `int`,
  `datetime`), and keeps them in lists of tuples, one list for each kind of line. It knows no other kinds of line, as
  the grammars do. It reads one record a line: of those glued together (a bar and an SDK record) only the first.
- It is plain: a list of (name, pattern, function), tried in order until one matches. The step lines, which are the
  most, come first. Nothing is done twice and nothing for show.
- It searches rather than matches at the start of a line, since real records stand behind bars, rank tags, indents and
  prompts. Python's own line reading ends a line at a carriage return, so redrawn bars cost it no extra code.
- It knows the platform of the dense and of the noisy log and tries only that platform's patterns; on files that may
  hold anything it has to try all.
- Told no platform on the noisy log, as logparse is told none, it takes about six times as long. That is timed too and
  shown beside it; the requirement there is on the loop that knows what it reads.
- Told the platform of each file of the mix beforehand (`PLATFORM_KNOWN`), it is about five times as fast there. That is
  timed too and shown beside it; the requirement is on the loop that is told nothing, as logparse is told nothing.
- It does less than logparse: no evidence (line numbers and columns), no runs or phases out of the rows, no counting of
  what nobody read, no hash of the file, no encodings but UTF-8. All of that is in logparse's time and none in this one.
- It is not tuned: no combined pattern for all kinds, no test for a word before a pattern, no processes.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

Rows = dict[str, list[tuple[object, ...]]]
Rule = tuple[str, re.Pattern[str], Callable[[re.Match[str]], tuple[object, ...]]]

when = datetime.fromisoformat

STAMP = r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3})"
INFO = STAMP + r" INFO:   "
APP = STAMP + r" - (\S+) - (?:Process ID|Rank \d+, PID) (\d+) - (?:info|warning|error) +- "
BAR = r"(\d+)%\|[^|]*\| (\d+)/(\d+) \[([\d:]+)<([\d:?]+), +([\d.]+)(it/s|s/it)"


def number(text: str | None) -> float | None:
    return None if text is None or text == "--" else float(text)


def as_is(match: re.Match[str]) -> tuple[object, ...]:
    return match.groups()


def stamped(match: re.Match[str]) -> tuple[object, ...]:
    return (when(match[1]), *match.groups()[1:])


def one_int(match: re.Match[str]) -> tuple[object, ...]:
    return (int(match[1]),)


def one_float(match: re.Match[str]) -> tuple[object, ...]:
    return (float(match[1]),)


def stamped_int(match: re.Match[str]) -> tuple[object, ...]:
    return when(match[1]), int(match[2])


def a_bar(match: re.Match[str]) -> tuple[object, ...]:
    percent, done, total, elapsed, left, rate, unit = match.groups()
    return int(percent), int(done), int(total), elapsed, left, float(rate), unit


def cerebras_step(m: re.Match[str]) -> tuple[object, ...]:
    return when(m[1]), m[2], int(m[3]), float(m[4]), float(m[5]), float(m[6])


def cerebras_eval(m: re.Match[str]) -> tuple[object, ...]:
    return when(m[1]), m[2], int(m[3]), int(m[4]), float(m[5]), float(m[6]), float(m[7])


def sambanova_step(m: re.Match[str]) -> tuple[object, ...]:
    at, logger, pid, epoch, local, step, *values = m.groups()
    return when(at), logger, int(pid), int(epoch), int(local), int(step), *map(float, values)


def bert_step(m: re.Match[str]) -> tuple[object, ...]:
    step, last, *values = m.groups()
    return int(step), int(last), *map(number, values)


def batch_bar(m: re.Match[str]) -> tuple[object, ...]:
    loss, accuracy, percent, done, total, elapsed, left, rate, unit = m.groups()
    return float(loss), float(accuracy), int(percent), int(done), int(total), elapsed, left, number(rate), unit


def cosmic_step(m: re.Match[str]) -> tuple[object, ...]:
    rank, at, split, step, *values = m.groups()
    return int(rank), when(at), split, int(step), *map(number, values)


def groq_row(m: re.Match[str]) -> tuple[object, ...]:
    source, score, percent, *values = m.groups()
    return source, float(score), percent, *map(number, values)


CEREBRAS: list[Rule] = [
    (
        "cerebras.step",
        re.compile(
            INFO + r"\| Train Device=(\S+), Step=(\d+), Loss=(\S+), "
            r"Rate=(\S+) samples/sec, GlobalRate=(\S+) samples/sec"
        ),
        cerebras_step,
    ),
    (
        "cerebras.eval",
        re.compile(
            INFO + r"\| Eval Device=(\S+), GlobalStep=(\d+), Batch=(\d+), Loss=(\S+), "
            r"Rate=(\S+) samples/sec, GlobalRate=(\S+) samples/sec"
        ),
        cerebras_eval,
    ),
    (
        "cerebras.processed",
        re.compile(
            INFO + r"(?:Training (?:Complete\.|completed successfully!) )?(?:Processed|Completed) "
            r"(\d+) (?:training )?sample\(s\) in ([\d.]+\d) seconds"
        ),
        lambda m: (when(m[1]), int(m[2]), float(m[3])),
    ),
    (
        "cerebras.milestone",
        re.compile(
            INFO + r"(Compiling the model|Compile was successful|Ingress is ready|Poll ingress success"
            r"|Programming Cerebras|About to send initial weights|Finished sending initial weights"
            r"|Finalizing appliance staging|Waiting for device programming|Device programming is complete"
            r"|Waiting for input workers|Input workers have begun|Appliance staging is complete|Beginning appliance run"
            r"|Training completed successfully|Evaluation completed successfully)"
        ),
        stamped,
    ),
    ("cerebras.poll", re.compile(INFO + r"Poll ingress status: (.*)"), stamped),
    (
        "cerebras.stage",
        re.compile(
            INFO + r"(Pre-optimization|Optimizing|Gradient accumulation|Exploring|Post-layout|Allocating buffers"
            r"|Code generation|Compiling image|Compiling kernels|Compiling final image)(.*)"
        ),
        stamped,
    ),
    ("cerebras.job", re.compile(INFO + r"(?:(compile|Compile|execute|Execute) job id|Job id): (wsjob-\w+)"), stamped),
    ("cerebras.initiated", re.compile(INFO + r"Initiating a new (compile|execute) wsjob"), stamped),
    ("cerebras.heartbeat", re.compile(INFO + r"Heartbeat thread stopped for (wsjob-\w+)"), stamped),
    ("cerebras.no_checkpoint", re.compile(INFO + r'No checkpoints were found in "([^"]+)"'), stamped),
    ("cerebras.saving", re.compile(INFO + r"Saving checkpoint at (?:global )?step (\d+)"), stamped_int),
    ("cerebras.saved", re.compile(INFO + r"Saved checkpoint (\S+)"), stamped),
    ("cerebras.batch", re.compile(INFO + r"Effective batch size is (\d+)"), stamped_int),
    ("cerebras.model_dir", re.compile(INFO + r'Checkpoint autoloading .* checkpoint in "([^"]+)" directory'), stamped),
    ("cerebras.resumed", re.compile(INFO + r'Found latest checkpoint at "([^"]+)"'), stamped),
    ("cerebras.hash", re.compile(INFO + r"Compile artifacts .* Compile hash is: (\w+)"), stamped),
    ("cerebras.cached", re.compile(INFO + r"Found existing cached compile"), stamped),
    ("cerebras.systems", re.compile(INFO + r"Preparing to execute using (\d+) CSX"), stamped_int),
    (
        "cerebras.loop",
        re.compile(INFO + r"Starting train(?:ing)? loop (\d+).* from global step (\d+) to (\d+)"),
        stamped,
    ),
    ("cerebras.estimate", re.compile(INFO + r"Compile estimated performance: ([\d.]+) samples/sec"), stamped),
    ("cerebras.eval_loss", re.compile(INFO + r"Avg Eval Loss: (\S+)"), stamped),
    ("cerebras.eval_metric", re.compile(INFO + r"  - (eval/\S+) = (\S+)"), stamped),
    ("cerebras.command", re.compile(INFO + r"Running command: (.*)"), stamped),
    ("cerebras.error", re.compile(STAMP + r" ERROR:   (.*)"), stamped),
    (
        "cerebras.tf_step",
        re.compile(r"global step (\d+): loss = (\S+) \(([\d.]+) steps/sec\)"),
        lambda m: (int(m[1]), float(m[2]), float(m[3])),
    ),
    (
        "cerebras.tf_end",
        re.compile(r"Training finished with (\d+) samples in ([\d.]+) seconds, ([\d.]+) samples"),
        lambda m: (int(m[1]), float(m[2]), float(m[3])),
    ),
    ("cerebras.programmed", re.compile(r"Fabric programmed: this took ([\d.]+\d) seconds"), one_float),
]

SAMBANOVA: list[Rule] = [
    (
        "sambanova.step",
        re.compile(
            APP + r"epoch:(\d+)\|local_step:(\d+)\|global_step:(\d+)\|average_loss:([^|]+)\|step_loss:([^|]+)"
            r"\|step_ns_loss:([^|]+)\|step_mlm_loss:([^|]+)\|learning_rate:([^|]+)"
        ),
        sambanova_step,
    ),
    (
        "sambanova.milestone",
        re.compile(
            APP + r"(NLP app started|Dataset is loading|Dataset has finished loading"
            r"|transformers_hook app running in \w+ mode|NLP app finished)"
        ),
        lambda m: (when(m[1]), m[2], int(m[3]), m[4]),
    ),
    ("sambanova.final_loss", re.compile(APP + r"final_loss ([\d.]+)"), lambda m: (when(m[1]), int(m[3]), float(m[4]))),
    (
        "sambanova.result",
        re.compile(APP + r"(\{'e2e_train_time'.*\})"),
        lambda m: (when(m[1]), int(m[3]), ast.literal_eval(m[4])),
    ),
    ("sambanova.model", re.compile(r"^Model: +(\S+)"), as_is),
    ("sambanova.date", re.compile(r"^Date: +(\d\d/\d\d/\d\d)"), lambda m: (datetime.strptime(m[1], "%m/%d/%y"),)),
    ("sambanova.time", re.compile(r"^Time: +(\d\d:\d\d)"), lambda m: (datetime.strptime(m[1], "%H:%M").time(),)),
    ("sambanova.package", re.compile(r"sambaflow/\S+ (\S+) amd64"), as_is),
    ("sambanova.system", re.compile(r"Platform: (DataScale \S+)"), as_is),
    ("sambanova.compile_start", re.compile(r"COMPILE START AT (\d+)"), one_int),
    ("sambanova.compile_command", re.compile(r"COMPILE COMMAND: (.*)"), as_is),
    ("sambanova.compile_end", re.compile(r"COMPILE END AT (\d+)"), one_int),
    (
        "sambanova.estimate",
        re.compile(
            r"Amortized resources overall: (\S+) PCUs, (\S+) PMUs, projected latency: (\S+) s, "
            r"FLOPS: (\S+) T/s, DDR_BW: (\S+) GB/s"
        ),
        lambda m: tuple(map(float, m.groups())),
    ),
    ("sambanova.pef", re.compile(r"PEF file (\S+) created"), as_is),
    ("sambanova.torch", re.compile(r"PyTorch version (\S+) available"), as_is),
    ("sambanova.tensorflow", re.compile(r"TensorFlow version (\S+) available"), as_is),
    (
        "sambanova.warning",
        re.compile(
            r"^\[warning \]: (?!Try to squeeze |Injecting transpose |Skip the process |DimensionMapping for )(.*)"
        ),
        as_is,
    ),
    (
        "sambanova.environment",
        re.compile(
            r"^(SLURM_JOB_ID|SLURM_NTASKS|SLURM_NNODES|SLURM_CPUS_PER_TASK|HOSTNAME|OMP_NUM_THREADS"
            r"|OPENBLAS_NUM_THREADS)=(.*)"
        ),
        as_is,
    ),
    ("sambanova.run_command", re.compile(r"RUN COMMAND: (.*)"), as_is),
    ("sambanova.submitted", re.compile(r"Submitted batch job (\d+)"), one_int),
    ("sambanova.duration", re.compile(r"^Duration: +(\d+)"), one_int),
    ("sambanova.refused", re.compile(r"sbatch: error: (.*)"), as_is),
    ("sambanova.task_ended", re.compile(r"srun: error: (\S+): tasks? ([\d,-]+): (.*)"), as_is),
    ("sambanova.cancelled", re.compile(r"slurmstepd: error: \*\*\* STEP (\S+) ON (\S+) CANCELLED AT (\S+)"), as_is),
    (
        "sambanova.gate",
        re.compile(r"AssertionError: Expected throughput to be at least ([\d.]+), instead found ([\d.]+)"),
        lambda m: (float(m[1]), float(m[2])),
    ),
    (
        "sambanova.starter_step",
        re.compile(r"Epoch \[(\d+)/(\d+)\], Step \[(\d+)/(\d+)\], Loss: ([\d.]+)"),
        lambda m: (int(m[1]), int(m[2]), int(m[3]), int(m[4]), float(m[5])),
    ),
    ("sambanova.test_accuracy", re.compile(r"Test Accuracy: ([\d.]+) +Loss: ([\d.]+)"), as_is),
]

GRAPHCORE: list[Rule] = [
    (
        "graphcore.batch_bar",
        re.compile(
            r"Loss: ?([\d.]+) \| Accuracy: ?([\d.]+)% ?: +(\d+)%\|[^|]*\| (\d+)/(\d+) "
            r"\[([\d:]+)<([\d:?]+), +(?:\?|([\d.]+))(it/s|s/it)"
        ),
        batch_bar,
    ),
    (
        "graphcore.cosmic_step",
        re.compile(
            r"\[\d+,(\d+)\]<stdout>:" + STAMP + r" - INFO - (train|test) Step (\d+) metrics: "
            r"Average/Non_Bkg_Accuracy: ([\d.e-]+), Average/mIoU: ([\d.e-]+), loss: ([\d.]+) "
            r"\((?:([\d.]+) Img/s)?(?: ?/? ?([\d.]+) IOs / ([\d.]+) \(Step\))?"
        ),
        cosmic_step,
    ),
    (
        "graphcore.bert_step",
        re.compile(
            r"Step: (\d+) / (\d+) - LR: (\S+) - total loss: ([\d.]+) - mlm_loss: ([\d.]+) - nsp_loss: ([\d.]+) "
            r"- mlm_acc: ([\d.]+) % - nsp_acc: ([\d.]+)(?:.*throughput: ([\d.]+) samples/sec)?"
        ),
        bert_step,
    ),
    (
        "graphcore.compile_bar",
        re.compile(r"Graph compilation: +(\d+)%\|[^|]*\| (\d+)/100 \[([\d:]+)"),
        lambda m: (int(m[1]), int(m[2]), m[3]),
    ),
    (
        "graphcore.epoch_bar",
        re.compile(r"Epochs: +(\d+)%\|[^|]*\| (\d+)/(\d+) \[([\d:]+)<([\d:?]+), +(?:\?|([\d.]+))(it/s|s/it)"),
        lambda m: (int(m[1]), int(m[2]), int(m[3]), m[4], m[5], number(m[6]), m[7]),
    ),
    ("graphcore.test_accuracy", re.compile(r"Accuracy on test set: ([\d.]+)%"), one_float),
    ("graphcore.job", re.compile(r"srun: job (\d+) (queued|has been allocated)"), lambda m: (int(m[1]), m[2])),
    ("graphcore.compiled", re.compile(r"Compiled/Loaded model in ([\d.]+) secs"), one_float),
    ("graphcore.config_name", re.compile(r"^Using config: (\S+)"), as_is),
    (
        "graphcore.warning",
        re.compile(r"\[(\d\d:\d\d:\d\d\.\d{3})\] \[(\S+)\] \[warning\] (.*)"),
        lambda m: (datetime.strptime(m[1], "%H:%M:%S.%f").time(), m[2], m[3]),
    ),
    ("graphcore.data_loaded", re.compile(r"Data loaded in ([\d.]+) secs"), one_float),
    ("graphcore.allocation", re.compile(r"^(\w+(?: \d+)?) +--> IPU (\d+)"), lambda m: (m[1], int(m[2]))),
    (
        "graphcore.training_setting",
        re.compile(r"(global_batch_size|device_iterations|training_steps): (\d+)"),
        lambda m: (m[1], int(m[2])),
    ),
    ("graphcore.training_time", re.compile(r"Training time: ([\d.]+) secs"), one_float),
    ("graphcore.topology", re.compile(r"\| (instances|replicas|hosts) +\|(.*)\|"), as_is),
    ("graphcore.mpirun", re.compile(r"POPRUN \[I\] Running command: (\S+) (.*)"), as_is),
    ("graphcore.exit", re.compile(r"mpirun \(PID (\d+)\) terminated with exit code (\d+)"), as_is),
    (
        "graphcore.config",
        re.compile(
            r"\[\d+,(\d+)\]<stdout>: +(compute_mode|iterations|minibatch_size|precision|learning_rate)\.+: (.*)"
        ),
        lambda m: (int(m[1]), m[2], m[3]),
    ),
    (
        "graphcore.cosmic_total",
        re.compile(
            r"\[\d+,(\d+)\]<stdout>:" + STAMP + r" - INFO - Total time to batch[_ ]process"
            r"( except first iteration| except first two iterations| last \d+ iterations)?: "
            r"([\d.]+)(?:, throughput: ([\d.]+))?"
        ),
        lambda m: (int(m[1]), when(m[2]), m[3], float(m[4]), number(m[5])),
    ),
    (
        "graphcore.gpt_step",
        re.compile(r"step (\d+) of epoch (\d+), loss: (\S+), acc: (\S+), lr: (\S+), throughput: (\S+) samples/sec"),
        lambda m: (int(m[1]), int(m[2]), *map(float, m.groups()[2:])),
    ),
    (
        "graphcore.keras_epoch",
        re.compile(r"/(\d+) \[=+\] - (\d+)s (\d+)(s|ms|us)/step - loss: (\S+)(?: - accuracy: (\S+))?"),
        as_is,
    ),
    ("graphcore.cnn_throughput", re.compile(r"\[INFO\] throughput: ([\d.]+) samples/sec"), one_float),
    ("graphcore.hf_result", re.compile(r"(\{'train_runtime': .*\})"), lambda m: (ast.literal_eval(m[1]),)),
    ("graphcore.mllog", re.compile(r":::MLLOG (\{.*\})"), as_is),
]

GROQ: list[Rule] = [
    (
        "groq.table_row",
        re.compile(
            r"\| +(cpu|groq) +\| +([\d.]+)(%?) +\| +([\d.]+) +\| +([\d.]+) +\| +(--|[\d.]+) +\| +(--|[\d.]+) +\|"
        ),
        groq_row,
    ),
    ("groq.table_head", re.compile(r"\| Source \| ([^|]+) \| end-to-end latency \(ms\)"), as_is),
    ("groq.stage_done", re.compile(r"[✓?] (?:\x1b\[0m)*((?:\w+ )+\w+)"), as_is),
    (
        "groq.spinner",
        re.compile(r"^ {6}((?:Exporting|Optimizing|Checking|Converting|Compiling|Assembling)[\w ]*\w)(\.{0,3}) *$"),
        as_is,
    ),
    ("groq.building", re.compile(r'Building "([^"]+)"'), as_is),
    ("groq.saved", re.compile(r"Saved to (?:\x1b\[\d*m)*(~?/[\w./-]+)"), as_is),
    ("groq.cached", re.compile(r'Build "([^"]+)".* found in cache'), as_is),
    (
        "groq.rebuild",
        re.compile(r'Input shape of model "([^"]+)" changed from (\{[^}]*\}) to (\{[^}]*\})'),
        lambda m: (m[1], ast.literal_eval(m[2]), ast.literal_eval(m[3])),
    ),
    (
        "groq.milestone",
        re.compile(r"^(Preprocessing data|Running inference on GroqChip|Running inference using PyTorch model)"),
        as_is,
    ),
    ("groq.finished", re.compile(r"Proof point (\S+) finished!"), as_is),
    ("groq.job", re.compile(r"qsub: (?:waiting for )?job (\S+)"), as_is),
]

SHARED: list[Rule] = [
    ("bar", re.compile(BAR), a_bar),
]

RULES: dict[str, list[Rule]] = {
    "dense": CEREBRAS,
    "noisy": SAMBANOVA,
    "mix": [*CEREBRAS, *SAMBANOVA, *GRAPHCORE, *GROQ, *SHARED],
    "small": [*CEREBRAS, *SAMBANOVA, *GRAPHCORE, *GROQ, *SHARED],
}


PLATFORM_KNOWN: dict[str, list[Rule]] = {
    "cerebras": CEREBRAS,
    "sambanova": SAMBANOVA,
    "graphcore": [*GRAPHCORE, *SHARED],
    "groq": [*GROQ, *SHARED],
}
"""The rules for a file of the mix by the beginning of its name; a file with another name may hold anything."""


def rules_for(path: Path) -> list[Rule]:
    return next((rules for name, rules in PLATFORM_KNOWN.items() if path.name.startswith(name)), RULES["mix"])


def read(paths: Iterable[Path], rules: list[Rule]) -> Rows:
    """The rows of all files, a list of tuples for each rule that read something."""
    rows: Rows = {}
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                for name, pattern, convert in rules:
                    if match := pattern.search(line):
                        rows.setdefault(name, []).append(convert(match))
                        break
    return rows


if __name__ == "__main__":
    for kind, found in read([Path(name) for name in sys.argv[1:]], RULES["mix"]).items():
        print(f"{kind}: {len(found)}")
