"""Cerebras: CS-1 and CS-2 under Slurm (TensorFlow), the appliance (TensorFlow, PyTorch, Model Zoo 1.7 to 2.10), the SDK.

The log format has changed several times. The line at the end of training distinguishes the generations:

    G1   CS-1 and CS-2 under Slurm, TensorFlow    Training finished with N samples in T seconds, R samples/second.
    G2   appliance, TensorFlow, R1.7 and R1.8     INFO:root:Training complete. Completed N sample(s) in T seconds
    G3   appliance, PyTorch, R1.7 to R1.9         Training Complete. Completed N sample(s) in T seconds.
    G4   R2.0                                     Training completed successfully! Processed N sample(s) in T seconds.
    G5   R2.1 and R2.2                            Training completed successfully!  Processed N sample(s) in T seconds.
    G6   R2.3 and R2.4, the trainer               Processed N training sample(s) in T seconds.
    G7   R2.5 to R2.10, cszoo                     the same, with train and eval loops, and TimeRemaining on each step line
    SDK  CSL programs on the appliance            SUCCESS!
    SDK  CSL programs, SDK 2.10 on a wafer's host  [INFO] === Calling container-hosted python ===

The meaning of "in T seconds" changed as well: the steps alone (G1, G2), steps and the last checkpoint (G3, G4), the steps alone again
(late G5), everything from the start of the first loop, including compilation and queue (G6, G7). Training is therefore timed from
`Beginning appliance run` to the last Train line. T is used only if there is no such line and T is known to cover the steps alone.
"""

from __future__ import annotations

import pyparsing as pp
from logparse.grammars.common import (
    WORKLOADS,
    line_tag,
    preferred,
    record_head,
    record_stamp,
    stamped_head,
    timestamp_seconds,
)

from logparse.grammar import (
    Derive,
    Grammar,
    Infer,
    Reported,
    Rule,
    Span,
    Steady,
    Take,
    blanks,
    clock,
    count,
    grouped,
    in_unit,
    integer,
    name,
    nonempty,
    not_containing,
    not_starting_with,
    optional_blanks,
    percent,
    real,
    rest,
    timestamp,
    token,
    unnamed,
    word,
)

# ---- how a record begins ---- #

_info = pp.Opt(record_head("INFO", timestamp("at")) | record_stamp(timestamp("at")))
"""G3 to G7: `2024-03-30 15:16:33,873 INFO:   `. Excerpts and loggers of one's own lack parts of it, or have others."""
_stamped = timestamp("at") + " INFO:" + blanks
"""The head that the Model Zoo prints, for the most frequent lines: without options they are read faster."""
_note = pp.Opt(record_head("INFO") | record_stamp())
"""The same without a capture, for records that are only recognised."""
_warned = stamped_head("WARNING", timestamp("at")) | pp.Literal("WARNING:cerebras.cluster.client:")
_failed = stamped_head("ERROR", timestamp("at"))
"""Warnings and errors are quoted as they are: what is before the text must be certain."""
_tf = pp.Literal("INFO:tensorflow:") | "INFO:root:" | record_head("INFO", timestamp("at"))

_HEAD_SIGNS = (" ", "\t", "-", ":", "|", "]")
"""Signs that end a head: a text that begins with one is the rest of a head that was read short."""

# ---- tokens ---- #

_wsjob = pp.Regex(r"wsjob-[0-9a-z]+")
_number = unnamed(integer)
_event_timestamp = in_unit(pp.Regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"), "%Y-%m-%d %H:%M:%S")
_path_before = pp.Regex(r"(?:[^ \t/\"]*/)*")
"""The folders of a path, including the last slash."""
_checkpoint = "checkpoint_" + integer("step") + pp.Regex(r"(?:_[0-9_]+)?") + ".mdl"
"""The name of a checkpoint: `checkpoint_(step)(_timestamp)?.mdl`."""
_config = _path_before + (
    pp.Literal("params.yaml")
    | pp.Opt("params_") + pp.Regex(r"[^ \t/.]+")("workload") + "." + (pp.Literal("yaml") | "yml")
)
"""A params file: its name states the workload, unless it is just `params.yaml`."""
_rates = (
    ", Rate="
    + grouped("throughput@interval")
    + " samples/sec, GlobalRate="
    + grouped("throughput@mean")
    + " samples/sec"
)
_mark = pp.Opt("| ")
"""Before a step. Where a bar separates the head of a record from its text as well, it counts as part of the head."""
_next = pp.Regex(r",? ")
"""Between two fields: releases before 1.7 print no comma, and no unit."""
_other_rates = (
    "Rate=" + grouped("throughput@interval") + pp.Opt(" samples/sec") + _next
    + "GlobalRate=" + grouped("throughput@mean") + pp.Opt(" samples/sec")
)  # fmt: skip
_remaining = ", LoopTimeRemaining=" + unnamed(clock) + ", TimeRemaining" + (pp.Literal("=") | ">") + clock("remaining")


def _texts(*texts: str) -> pp.ParserElement:
    """One of `texts`; longer ones first, since a shorter one may be a prefix of them."""
    return pp.MatchFirst([pp.Literal(text) for text in sorted(texts, key=lambda t: (-len(t), t))])


# ---- the start of a run ---- #

_prompt = pp.Regex(r"(?:\([^()]*\) )*") + (
    "[" + pp.Regex(r"[^ \t@\]]+") + "@" + pp.Regex(r"[^ \t\]]+")("host") + blanks + pp.Regex(r"[^\]]*") + "]$ "
    | pp.Regex(r"[A-Za-z0-9._-]+") + "@" + pp.Regex(r"[A-Za-z0-9._-]+")("host") + ":" + pp.Regex(r"[^ \t$]*") + "$ "
    | pp.Literal("Singularity> ")
    | "$ "
)
_launch = _texts(
    "python run.py", "python appliance_compile.py", "python appliance_run.py", "python compile.py", "csrun_wse ", "csrun_cpu ", "cszoo ",
    "./srun_train ", "srun_train ",
)  # fmt: skip

_BEGIN = (
    Rule(
        "prompt",
        "(venv_cerebras_pt) [ruth@cer-login-02 bert]$ python run.py CSX --job_labels name=bert_pt --mode train",
        pp.Opt(_prompt) + pp.Combine(_launch + rest)("command"),
        marks="begin", params="command",
        more=(
            "(venv_cerebras_pt) ruth@cer-login-07:~/modelzoo/bert$ python run.py CSX --job_labels name=bert_pt",
            "$ csrun_wse python run.py --mode=train --cs_ip $CS_IP",
            "Singularity> python run.py --mode train --compile_only --model_dir compile",
            "python run.py CSX --job_labels name=bert_pt \\",
            "$ python appliance_compile.py",
        ),
    ),
    Rule(
        "current_directory",
        "2026-01-16 14:31:13,196 INFO:   Current Working Directory: /home/ruth/modelzoo/src/cerebras/modelzoo/models/gnn",
        _info + "Current Working Directory: " + token("path"),
        marks="begin",
    ),
    Rule(
        "running_command",
        "2026-01-16 14:31:13,196 INFO:   Running command: /home/ruth/.venv/bin/cszoo fit configs/params_graphsage_ogbn_arxiv.yaml --target_device CSX",
        _info + "Running command: " + pp.Regex(r"(?:[^ \t]*/)?(?:cszoo|run\.py CSX) .*")("command"),
        marks="begin identifies_platform", params="command",
    ),
    Rule(
        "asked_config",
        "--params configs/bert_large_MSL128_sampleds.yaml",
        "--params" + (pp.Literal("=") | " ") + optional_blanks + _config,
        marks="begin unanchored", params="command",
        more=("--params configs/params_gpt2_small.yaml",),
    ),
    Rule(
        "asked_cszoo",
        "cszoo fit configs/params_graphsage_ogbn_arxiv.yaml",
        "cszoo " + name("mode") + blanks + _config,
        marks="begin unanchored", params="command",
    ),
    Rule(
        "asked_mode",
        "--mode train",
        "--mode" + (pp.Literal("=") | " ") + name("mode"),
        marks="begin unanchored", params="command",
    ),
    Rule("asked_validation", "--validate_only", pp.Literal("--validate_only"), marks="begin unanchored"),
    Rule(
        "asked_steps",
        "--max_steps 1000",
        "--max_steps" + (pp.Literal("=") | " ") + integer("steps"),
        marks="begin unanchored", params="command",
    ),
    Rule(
        "asked_devices",
        "--num_csx=1",
        "--num_csx" + (pp.Literal("=") | " ") + integer("devices"),
        marks="begin unanchored", params="command",
    ),
    # Scripts often install the client before they start the program: its version is that of the release.
    Rule(
        "pip_client",
        "Collecting cerebras_pytorch==2.3.0",
        pp.Opt(pp.Literal("Collecting ") | "Requirement already satisfied: ") + (pp.Literal("cerebras_pytorch==") | "cerebras-pytorch==")
        + token("sdk_version") + pp.Opt(" " + rest)
        | "Successfully installed " + pp.Regex(r"(?:[^ ]+ )*cerebras[_-]pytorch-") + token("sdk_version") + pp.Opt(" " + rest),
        marks="restart", params="log",
        more=(
            "cerebras_pytorch==2.3.0",
            "Collecting cerebras_pytorch==2.3.0 (from -r /home/ruth/R_2.3.0/modelzoo/requirements.txt (line 1))",
            "Requirement already satisfied: cerebras-pytorch==2.3.0 in ./venv_cerebras_pt/lib/python3.8/site-packages",
            "Successfully installed absl-py-2.1.0 cerebras-appliance-2.3.0 cerebras_pytorch-2.3.0 certifi-2024.8.30",
        ),
    ),
    # In a traceback: a program that fails while it imports prints nothing else of this platform.
    Rule(
        "modelzoo_import",
        "from cerebras.modelzoo.common.utils.run.cli_pytorch import get_params_from_args",
        pp.Opt("#") + (pp.Literal("from ") | "import ") + "cerebras" + (pp.Literal(".") | "_") + rest,
        marks="identifies_platform standalone",
        more=(
            "from cerebras_appliance.pb.sdk.sdk_common_pb2 import MemcpyDataType, MemcpyOrder",
            "#from cerebras.sdk.runtime.sdkruntimepybind import SdkRuntime, MemcpyDataType, MemcpyOrder",
        ),
    ),
    Rule(
        "effective_batch",
        "2024-03-14 02:59:32,596 INFO:   Effective batch size is 1024.",
        _info + "Effective batch size is " + count("batch_size") + ".",
        marks="begin", params="banner",
    ),
    Rule(
        "half_dtype",
        "2024-12-21 00:40:15,426 INFO:   No need to use DLS for loss when half dtype is bfloat16. Disabling gradient scaling.",
        _info + "No need to use DLS for loss when half dtype is " + name("precision") + ". Disabling gradient scaling.",
        marks="begin", params="banner",
    ),
    Rule(
        "checkpoint_autoload",
        "2024-03-14 02:59:32,628 INFO:   Checkpoint autoloading is enabled. Looking for latest checkpoint in "
        '"model_dir_bert_large_pytorch" directory with the following naming convention: `checkpoint_(step)(_timestamp)?.mdl`.',
        _info + 'Checkpoint autoloading is enabled. Looking for latest checkpoint in "' + pp.Regex(r'[^"]+')("model_dir") + '" directory' + rest,
        marks="begin identifies_platform", params="log",
    ),
    Rule(
        "no_checkpoint_found",
        '2024-03-14 02:59:32,629 INFO:   No checkpoints were found in "model_dir_bert_large_pytorch".',
        _info + 'No checkpoints were found in "'
        + (_path_before + "model_dir_" + pp.Regex(r'[^ "/]+')("workload") + '".' | pp.Regex(r'[^"]*') + '".'),
        marks="begin",
        more=('2026-01-16 14:31:13,500 INFO:   No checkpoints were found in "model_dir_gnn/ogbn_arxiv_graphsage".',),
    ),
    Rule(
        "checkpoint_found",
        '2024-04-10 00:53:45,008 INFO:   Found latest checkpoint at "model_dir_bert_large_pytorch/checkpoint_1000.mdl".',
        _info + 'Found latest checkpoint at "'
        + ("model_dir_" + pp.Regex(r'[^ "/]+')("workload") + "/checkpoint_" | _path_before + "checkpoint_") + integer("step") + pp.Regex(r'[^"/]*') + '".',
        marks="begin",
        more=('2026-01-16 14:31:13,500 INFO:   Found latest checkpoint at "model_dir_gnn/ogbn_arxiv/checkpoint_20.mdl".',),
    ),
    Rule(
        "random_weights",
        "2024-03-14 02:59:32,630 INFO:   No checkpoint was provided. Using randomly initialized model parameters.",
        _note + "No checkpoint was provided. Using randomly initialized model parameters.",
    ),
    Rule(
        "tf_config",
        "INFO:tensorflow:TF_CONFIG environment variable: {}",
        "INFO:tensorflow:TF_CONFIG environment variable: " + rest,
        marks="begin",
    ),
    Rule(
        "tf_mode",
        "INFO:root:Running train on CS-2",
        _tf + "Running " + name("mode") + " on " + pp.Regex(r"CS-[0-9]+")("system"),
        marks="identifies_platform",
    ),
    Rule(
        "tf_batch",
        "INFO:root:[input_fn] - batch(): batch_size set to 256",
        "INFO:root:[input_fn] - batch(): batch_size set to " + integer("batch_size"),
        params="log",
    ),
    Rule(
        "data_processor",
        "2026-01-16 14:31:13,900 INFO:   Ordinal 0: Initializing GNNDataProcessor for dataset 'ogbn-arxiv' (split=train, mode=neighbor).",
        _info + "Ordinal " + _number + ": Initializing " + word + " for dataset '" + pp.Regex(r"[^']+")("dataset") + "' (split=" + rest,
        params="log",
    ),
    Rule(
        "loops_planned",
        "2026-01-16 14:31:15,412 INFO:   Trainer will run 23 train loops, interleaving validation as follows:",
        _info + "Trainer will run " + integer("loops") + " train loop" + rest,
        params="banner",
        more=("2026-01-16 14:31:15,412 INFO:   Trainer will run 1 train loop.",),
    ),
    Rule(
        "steps_planned",
        "2026-01-16 14:31:15,412 INFO:   for a total of 2000 train steps.",
        _info + "for a total of " + integer("steps") + " train steps.",
        params="banner",
    ),
    Rule(
        "checkpoints_planned",
        "2025-10-08 04:09:18,649 INFO:   Checkpoints will be taken every 10 steps, for a total of 1 checkpoint.",
        _info + "Checkpoints will be taken every " + integer("checkpoint_steps") + " steps, for a total of " + rest,
        params="banner",
    ),
    Rule(
        "progress_planned",
        "2026-01-16 14:31:15,412 INFO:   Progress will be logged every 50 steps.",
        _info + "Progress will be logged every " + integer("log_steps") + " steps.",
        params="banner",
    ),
    Rule(
        "loop",
        "2026-01-16 14:31:15,412 INFO:   Starting train loop 1 of 23, from global step 1 to 89 (89 steps)",
        _info + "Starting " + name("mode") + " loop " + integer("loop") + " of " + integer("loops")
        + (", from global step " + integer("first_step") + " to " + integer("last_step") + " (" + _number + " steps)" | ", with " + _number + " steps"),
        marks="reopen unfinished",
        more=("2026-01-16 14:38:02,101 INFO:   Starting val_dataloader_2 loop 1 of 25, with 8 steps",),
    ),
    Rule(
        "training_loop",
        "2025-07-11 15:24:55,975 INFO:   Starting training loop 1, from global step 0 to 200",
        _info + "Starting training loop " + integer("loop") + ", from global step " + integer("first_step") + " to " + integer("last_step"),
        marks="reopen unfinished",
    ),
    Rule(
        "weights_load",
        "2024-04-10 00:53:45,008 INFO:   Loading weights from checkpoint model_dir_bert_large_pytorch/checkpoint_1000.mdl",
        _info + "Loading weights from checkpoint " + token("path"),
    ),
    Rule(
        "weights_loaded",
        "2024-04-10 00:58:50,799 INFO:   Global step 1000 found in the checkpoint and loaded.",
        _info + "Global step " + integer("step") + " found in " + _texts("the checkpoint and loaded.", "checkpoint and loaded successfully."),
    ),
    Rule(
        "state_loaded",
        "2024-04-10 00:58:50,878 INFO:   DataLoader state not found in the checkpoint and not loaded. DataLoaders will yield samples from the beginning.",
        _note + _texts("Optimizer", "DataLoader", "LR scheduler", "Grad Scaler") + " state " + _texts("found in", "not found in") + rest,
        more=(
            "2024-04-10 00:58:50,878 INFO:   Optimizer state found in the checkpoint and loaded",
            "2024-04-10 00:58:50,878 INFO:   Grad Scaler state found in checkpoint and loaded successfully.",
        ),
    ),
)  # fmt: skip

# ---- the cluster: jobs, queue, events ---- #

_JOBS = (
    Rule(
        "job_initiated",
        "2024-03-30 14:10:28,400 INFO:   Initiating a new compile wsjob against the cluster server.",
        _info + "Initiating a new " + (pp.Literal("compile") | "execute")("job_kind") + " wsjob against the cluster server.",
        marks="identifies_platform",
    ),
    Rule(
        "job",
        "2024-03-30 14:10:28,536 INFO:   compile job id: wsjob-n3ncvfxvasxkabs2kgywrv, remote log path: /n1/wsjob/workdir/job-operator/wsjob-n3ncvfxvasxkabs2kgywrv",
        _info + _texts("compile", "Compile", "execute", "Execute")("job_kind") + " job id: " + _wsjob("job_id") + ", remote log path:" + rest,
        marks="identifies_platform",
    ),
    Rule(
        "workflow_job",
        "2026-01-16 14:31:20,101 INFO:   Job id: wsjob-cckhdpmraxejhcwfwrnjyk, workflow id: wflow-32pdxsbavsml7kzgu4qlf5, namespace: job-operator, "
        "remote log path: /n1/wsjob/workdir/job-operator/wsjob-cckhdpmraxejhcwfwrnjyk",
        _info + "Job id: " + _wsjob("job_id") + ", workflow id: " + word + ", namespace: " + word + ", remote log path:" + rest,
        marks="identifies_platform", carry={"job_kind": "job_initiated"},
        more=(
            "INFO:cerebras.cluster.client:Job id: wsjob-4mhdefdzswskmakfcp9hfe, workflow id: wflow-2ullyamqmrdi7nxodyl6f77xbi, "
            "namespace: job-operator, remote log path:",
        ),
    ),
    Rule(
        "sdk_job",
        "2023-10-11 00:55:33,142 INFO     sdk_compile job id: wsjob-cgvksf7bv8mnfszfmftozv, log path: /n1/wsjob/workdir/wsjob-cgvksf7bv8mnfszfmftozv",
        _info + "sdk_" + (pp.Literal("compile") | "execute")("job_kind") + " job id: " + _wsjob("job_id") + ", log path:" + rest,
        marks="identifies_platform",
    ),
    Rule(
        "poll_state",
        "2024-03-30 14:11:28,536 INFO:   Poll ingress status: Waiting for job running, current job status: Queueing, msg: job is queueing. "
        "Job queue status: 1 execute job(s) queued before current job. For more information, please run 'csctl get jobs'.",
        _info + "Poll ingress status: Waiting for job " + (pp.Literal("running") | "to be scheduled") + ", current job status: " + name("state")
        + ", msg: " + (pp.Regex(r"[^.]*\. Job queue status: ") + integer("count") + rest | rest),
        more=(
            "2024-03-30 14:11:28,536 INFO:   Poll ingress status: Waiting for job running, current job status: Scheduled, msg: job is scheduled.",
        ),
    ),
    Rule(
        "poll_pods",
        "2025-10-08 04:10:34,164 INFO:   Poll ingress status: Waiting for all Activation pods to be running, current running: 0/59.",
        _info + "Poll ingress status: Waiting for all " + name("kind") + " pods to be running, current running: " + integer("done") + "/"
        + integer("total") + ".",
    ),
    Rule(
        "poll",
        "2024-03-30 14:12:28,536 INFO:   Poll ingress status: Waiting for job ingress readiness.",
        _note + "Poll ingress status: " + _texts(
            "Waiting for coordinator to be ready.", "Waiting for job service readiness.", "Waiting for job ingress readiness.", "Job ingress ready",
        ) + rest,
        more=(
            "2026-01-31 08:43:44,934 INFO:   Poll ingress status: Job ingress ready, dashboard: https://grafana.example/d/wsjob-dashboard?orgId=1",
            "2023-10-11 00:55:43,153 INFO     Poll ingress status: Waiting for coordinator to be ready.",
        ),
    ),
    Rule(
        "ingress",
        "2024-03-30 14:12:38,536 INFO:   Ingress is ready: Job ingress ready, poll ingress success.",
        _info + (pp.Literal("Ingress is ready") | "Poll ingress success: Job ingress ready") + rest,
        marks="identifies_platform",
        more=(
            "2024-03-14 03:00:48,539 INFO:   Ingress is ready: Coordinator service ready, poll ingress success.",
            "2026-01-31 08:43:44,946 INFO:   Poll ingress success: Job ingress ready, dashboard: https://grafana.example/d/wsjob-dashboard?orgId=1",
            "2023-10-11 00:56:13,186 INFO     Ingress is ready.",
            "INFO:cerebras.cluster.client:Poll ingress success: Job ingress ready, dashboard: https://grafana.example/d/wsjob-dashboard?orgId=1",
        ),
    ),
    Rule(
        "image_event",
        "2025-10-08 04:09:52,006 WARNING:   Event 2025-10-08 04:09:32 +0000 UTC reason=InconsistentVersion wsjob=wsjob-9tfhwpsvhxpcgfzt92rydm "
        "message='Warning: job image version 2.5.1-202507111115-6-48e76807 is inconsistent with cluster server version 3.0.1",
        _warned + "Event " + _event_timestamp("event_at") + " +0000 UTC reason=InconsistentVersion wsjob=" + _wsjob + " message='Warning: job image version "
        + word("sdk_version") + rest,
        params="log",
    ),
    Rule(
        "version_event",
        "2026-01-31 08:43:24,920 WARNING:   Event 2026-01-31 08:43:05 +0000 UTC reason=InconsistentVersion wsjob=wsjob-3jeswgu3mebpgpt6kpffcf "
        "message='Warning: client semantic version 1.1.0 is inconsistent with cluster server semantic version 1.1.2, there's a risk'",
        _warned + "Event " + _event_timestamp("event_at") + " +0000 UTC reason=InconsistentVersion wsjob=" + _wsjob
        + " message='Warning: client semantic" + rest,
    ),
    Rule(
        "error_event",
        "2025-07-11 18:04:19,788 WARNING:   Event 2025-07-11 18:03:48 +0000 UTC reason=Error object=wsjob-7javbqdggsmrb44obfaqft "
        "message='Error pod wsjob-7javbqdggsmrb44obfaqft-weight-3 container ws exitCode: 250 terminated reason: Error'",
        _warned + "Event " + _event_timestamp("event_at") + " +0000 UTC reason=Error object=" + token("component") + " message='" + nonempty("text"),
        level="error", kind="device",
    ),
    Rule(
        "event",
        "2025-07-11 17:49:12,101 WARNING:   Event 2025-07-11 17:48:58 +0000 UTC reason=FailedMount object=wsjob-7javbqdggsmrb44obfaqft-chief-0 message='timed out'",
        _warned + "Event " + _event_timestamp("event_at") + " +0000 UTC reason=" + pp.Regex(r"[A-DF-HJ-Z].*")("text"),
        level="warning", kind="scheduler",
    ),
    Rule(
        "versions",
        "2026-01-31 08:42:58,636 INFO:   Appliance client semantic version: 1.1.0, cluster server semantic version: 1.1.2, job operator semantic version: 1.1.2",
        _note + "Appliance client semantic version: " + word("sdk_version") + ", cluster server semantic version: " + rest,
        params="banner",
    ),
    Rule(
        "heartbeat",
        "2024-03-30 14:55:02,101 INFO:   Heartbeat thread stopped for wsjob-n3ncvfxvasxkabs2kgywrv.",
        _info + "Heartbeat thread stopped for " + _wsjob("job_id") + ".",
        marks="identifies_platform",
    ),
)  # fmt: skip

# ---- compile ---- #

_STAGES = (
    "Pre-optimization transforms", "Optimizing layouts and memory usage", "Exploring floorplans", "Exploring data layouts", "Optimizing memory usage",
    "Post-layout optimizations", "Allocating buffers", "Code generation", "Compiling image", "Compiling kernels", "Compiling final image",
)  # fmt: skip

_COMPILE = (
    Rule(
        "compile_begin",
        "2024-03-30 14:10:26,616 INFO:   Compiling the model. This may take a few minutes.",
        _info + "Compiling the model. This may take a few minutes.",
        marks="identifies_platform",
    ),
    Rule(
        "cache_hit",
        '2025-10-08 04:10:02,825 INFO:   Found existing cached compile with hash: "cs_308109675380978773"',
        _info + 'Found existing cached compile with hash: "' + pp.Regex(r"cs_[0-9]+")("hash") + '"',
        marks="identifies_platform", params="log",
    ),
    Rule(
        "cache_hit_client",
        "2026-01-22 16:45:34,272 INFO:   Found existing cached compile.",
        _info + "Found existing cached compile.",
    ),
    Rule(
        "compile_stage",
        "2024-03-30 14:13:11,201 INFO:   Pre-optimization transforms...",
        _info + _texts(*_STAGES)("stage") + pp.Opt("..."),
        more=(
            "2024-03-30 14:13:31,201 INFO:   Exploring floorplans",
            "2026-01-31 06:11:34,952 INFO:   Exploring data layouts...",
            "2024-03-30 14:21:31,201 INFO:   Compiling final image",
        ),
    ),
    Rule(
        "compile_variant",
        "2024-08-02 21:09:42,657 INFO:   Code generation for <microbatch=64, lanes=7>...",
        _note + _texts(*_STAGES) + " for <" + pp.Regex(r"[^>]*") + ">...",
        more=("2026-01-31 06:11:35,016 INFO:   Allocating buffers for <pbox=0, vbox=0, microbatch=256, lanes=64>...",),
    ),
    Rule(
        "accumulation",
        "2024-03-30 14:13:18,101 INFO:   Gradient accumulation enabled",
        _note + "Gradient accumulation " + _texts("enabled", "disabled", "showed a benefit"),
        more=("2024-08-02 21:09:37,526 INFO:   Gradient accumulation showed a benefit",),
    ),
    Rule(
        "accumulation_trial",
        "2024-03-30 14:13:18,105 INFO:   Gradient accumulation trying sub-batch size 8...",
        _note + "Gradient accumulation trying " + _texts("sub-batch size ", "micro batch size ", "full batch size ") + _number + "...",
        more=("2026-01-31 06:11:32,484 INFO:   Gradient accumulation trying full batch size 4096...",),
    ),
    Rule(
        "micro_batch",
        "2024-04-07 20:38:30,407 INFO:   Gradient accumulation picked sub-batch size 128 with 3 lanes",
        _info + _texts(
            "Gradient accumulation picked sub-batch size ", "Gradient accumulation picked micro batch size ", "Compiling at original per-box batch size ",
            "No benefit from gradient accumulation expected. Compile will proceed at original per-box batch size ",
        ) + integer("micro_batch_size") + pp.Opt(" with " + _number + " lanes"),
        params="log", carry={"mode": "loop"},
        more=(
            "2024-08-02 21:09:52,882 INFO:   Gradient accumulation picked micro batch size 64",
            "2024-12-21 00:45:49,911 INFO:   Compiling at original per-box batch size 2850",
            "2024-03-30 14:20:18,105 INFO:   No benefit from gradient accumulation expected. Compile will proceed at original per-box batch size 512 with 6 lanes",
        ),
    ),
    Rule(
        "compile_estimate",
        "2025-12-06 02:45:59,387 INFO:   Compile estimated performance: 34.1 samples/sec (34.1 samples/sec/system). "
        "Estimate may vary by 10-25% from actual runtime performance.",
        _info + "Compile estimated performance: " + real("projected_throughput") + " samples/sec (" + rest,
        basis="estimated", window="mean",
    ),
    Rule(
        "compile_artifacts",
        "2024-03-30 14:27:40,201 INFO:   Compile artifacts successfully written to remote compile directory. Compile hash is: cs_8939750200954608837",
        _info + "Compile artifacts successfully written to remote compile directory. Compile hash is: " + pp.Regex(r"cs_[0-9]+")("hash"),
        marks="identifies_platform", params="log",
    ),
    Rule(
        "compiled",
        "2024-03-30 14:27:40,305 INFO:   Compile was successful!",
        _info + "Compile was successful!",
        marks="submission",
    ),
    Rule(
        "tf_compile_begin",
        "=============== Starting Cerebras Compilation ===============",
        pp.Literal("=============== Starting Cerebras Compilation ==============="),
        marks="identifies_platform",
    ),
    Rule(
        "tf_compile_bar",
        "Cerebras compilation completed: |          | 19/? [00:25s,  1.35s/stages]",
        "Cerebras compilation completed: " + pp.Regex(r"(?:[0-9]+%)?") + "|" + pp.Regex(r"[^|\[]*") + "|" + blanks + integer("done") + "/"
        + (integer("total") | "?") + blanks + "[" + clock("elapsed") + "s," + blanks + unnamed(real) + "s/stages]",
        marks="identifies_platform",
        more=("Cerebras compilation completed: 100%|██████████| 2/2 [00:04s,  2.03s/stages]",),
    ),
    Rule(
        "tf_compiled",
        "=============== Cerebras Compilation Completed ===============",
        pp.Literal("=============== Cerebras Compilation Completed ==============="),
        marks="identifies_platform submission",
    ),
    Rule(
        "tf_cache_hit",
        "INFO:tensorflow:Cached compilation found for this model configuration",
        _tf + "Cached compilation found for this model configuration",
        marks="identifies_platform submission",
    ),
)  # fmt: skip

# ---- programming, staging, weights ---- #


def _moment(rule: str, example: str, *texts: str, marks: str = "identifies_platform running unfinished") -> Rule:
    """A record without values that marks a point in time."""
    return Rule(rule, example, _info + _texts(*texts), marks=marks)


_LOAD = (
    _moment(
        "programming", "2024-03-30 14:27:40,311 INFO:   Programming Cerebras Wafer Scale Cluster for execution. This may take a few minutes.",
        "Programming Cerebras Wafer Scale Cluster for execution. This may take a few minutes.",
    ),
    Rule(
        "preparing",
        "2024-03-30 15:10:33,101 INFO:   Preparing to execute using 1 CSX",
        _info + "Preparing to execute using " + integer("devices") + " CSX",
        marks="identifies_platform running", params="log",
    ),
    _moment("weights_begin", "2024-03-30 15:11:02,101 INFO:   About to send initial weights", "About to send initial weights", "About to send weights"),
    _moment("weights_end", "2024-03-30 15:11:40,101 INFO:   Finished sending initial weights", "Finished sending initial weights", "Finished sending weights"),
    _moment("staging", "2024-03-30 15:11:40,103 INFO:   Finalizing appliance staging for the run", "Finalizing appliance staging for the run"),
    _moment("device_begin", "2024-03-30 15:11:40,150 INFO:   Waiting for device programming to complete", "Waiting for device programming to complete"),
    _moment("device_end", "2024-03-30 15:13:42,201 INFO:   Device programming is complete", "Device programming is complete"),
    _moment(
        "input_begin", "2024-03-30 15:13:43,101 INFO:   Waiting for input workers to prime the data pipeline and begin streaming ...",
        "Waiting for input workers to prime the data pipeline and begin streaming ...",
    ),
    _moment("input_end", "2024-03-30 15:13:43,150 INFO:   Input workers have begun streaming input data", "Input workers have begun streaming input data"),
    _moment(
        "staged", "2024-03-30 15:16:15,101 INFO:   Appliance staging is complete", "Appliance staging is complete", "Finished staging the appliance",
    ),
    _moment("beginning", "2024-03-30 15:16:16,585 INFO:   Beginning appliance run", "Beginning appliance run"),
    Rule(
        "network",
        "2024-03-30 15:13:42,301 INFO:   Using network type: ROCE",
        _note + "Using network type: " + rest,
    ),
    Rule(
        "tf_programming",
        "INFO:root:Programming CS-2 fabric. This may take a couple of minutes. Please do not interrupt.",
        _tf + "Programming " + pp.Regex(r"CS-[0-9]+")("system") + " fabric. This may take " + rest,
        marks="identifies_platform running",
        more=("INFO:tensorflow:Programming CS-1 fabric. This may take couple of minutes - please do not interrupt.",),
    ),
    Rule(
        "tf_programmed_in",
        "INFO:root:Fabric programmed: this took 367.94864416122437 seconds.",
        _tf + "Fabric programmed: this took " + real("duration") + " seconds.",
        marks="identifies_platform running",
    ),
    Rule(
        "tf_programmed",
        "INFO:tensorflow:Fabric programmed",
        _tf + "Fabric programmed",
        marks="identifies_platform running",
    ),
    Rule(
        "tf_cores",
        "INFO:tensorflow:Coordinator fully up. Waiting for Streaming (using 0.97% out of 301600 cores on the fabric)",
        _tf + (pp.Literal("Coordinator") | "Chief") + " fully up. Waiting for Streaming (using " + percent("core_share") + "% "
        + ("out of " + integer("cores") + " cores on the fabric)" | pp.Literal("of fabric cores)")),
        marks="identifies_platform", params="log",
        more=("INFO:root:Chief fully up. Waiting for Streaming (using 93.39% of fabric cores)",),
    ),
    Rule(
        "tf_streamers",
        "INFO:tensorflow:Waiting for 19 streamer(s) to prime the data pipeline",
        _tf + "Waiting for " + integer("input_workers") + " streamer(s) to prime the data pipeline",
        params="log",
    ),
)  # fmt: skip

# ---- training ---- #

_TRAIN = (
    Rule(
        "train_step",
        "2024-03-30 15:16:33,873 INFO:   | Train Device=CSX, Step=100, Loss=9.39062, Rate=2983.97 samples/sec, GlobalRate=2983.97 samples/sec",
        _stamped + "| Train Device=" + word("device") + ", Step=" + count("step") + ", Loss=" + real("loss") + _rates,
        marks="identifies_platform running unfinished", split="train",
        more=("2023-05-17 18:15:11,548 INFO:   | Train Device=xla:0, Step=100, Loss=9.46875, Rate=4597.49 samples/sec, GlobalRate=4597.49 samples/sec",),
    ),
    Rule(
        "train_step_timed",
        "2025-12-06 03:02:15,929 INFO:   | Train Device=CSX, Step=50, Loss=8.10329, Rate=32.52 samples/sec, GlobalRate=32.17 samples/sec, "
        "LoopTimeRemaining=0:10:03, TimeRemaining=0:10:03",
        _stamped + "| Train Device=" + word("device") + ", Step=" + count("step") + ", Loss=" + real("loss") + _rates + _remaining,
        marks="identifies_platform running unfinished", split="train",
        more=(
            "2026-01-31 05:23:06,601 INFO:   | Train Device=CSX, Step=20, Loss=2.77244, Rate=2430.28 samples/sec, GlobalRate=270.81 samples/sec, "
            "LoopTimeRemaining=0:00:00, TimeRemaining>2:03:54",
        ),
    ),
    Rule(
        "train_step_other_head",
        "INFO:root:| Train Device=CSX, Step=100, Loss=9.39062, Rate=2983.97 samples/sec, GlobalRate=2983.97 samples/sec",
        _info + _mark + "Train" + pp.Opt(":") + " Device=" + word("device") + _next + "Step=" + count("step") + _next + "Loss=" + real("loss") + _next
        + _other_rates + pp.Opt(_remaining),
        marks="identifies_platform running unfinished", split="train",
        more=(
            "2023-02-08 15:16:33,873 INFO:   | Train Device=xla:0 Step=50 Loss=8.31250 Rate=69.37 GlobalRate=69.37",
            "| Train Device=CSX, Step=100, Loss=9.39062, Rate=2983.97 samples/sec, GlobalRate=2983.97 samples/sec",
            "[2025-12-06 03:02:15][INFO] | Train Device=CSX, Step=50, Loss=8.10329, Rate=32.52 samples/sec, GlobalRate=32.17 samples/sec, "
            "LoopTimeRemaining=0:10:03, TimeRemaining=0:10:03",
        ),
    ),
    # A step line wrapped by a web page: its GlobalRate is on the next line.
    Rule(
        "train_step_wrapped",
        "2025-01-24 21:53:05,710 INFO:   | Train Device=CSX, Step=397, Loss=0.18575, Rate=405.81 samples/sec,",
        _info + _mark + "Train Device=" + word("device") + ", Step=" + count("step") + ", Loss=" + real("loss") + ", Rate="
        + grouped("throughput@interval") + " samples/sec,",
        marks="identifies_platform running", split="train",
    ),
    Rule(
        "global_rate_wrapped",
        "GlobalRate=405.41 samples/sec",
        "GlobalRate=" + grouped("throughput@mean") + " samples/sec",
        split="train", carry={"at": "train_step_wrapped", "step": "train_step_wrapped"},
    ),
    Rule(
        "trained",
        "2024-03-30 15:20:24,238 INFO:   Training completed successfully!",
        _info + "Training completed successfully!",
        marks="result",
    ),
    Rule(
        "processed",
        "2024-03-30 15:20:24,238 INFO:   Processed 512000 sample(s) in 175.070497198 seconds.",
        _info + pp.Opt("Training completed successfully! ") + "Processed " + count("samples") + " sample(s) in " + grouped("duration")
        + " seconds" + pp.Opt("."),
        marks="identifies_platform final",
        more=(
            "2023-11-10 20:56:38,576 INFO:   Training completed successfully! Processed 13200 sample(s) in 1316.022207736969 seconds.",
            "2024-03-30 15:20:24,238 INFO:   Processed 512000 sample(s) in 175.070497198 seconds",
        ),
    ),
    # Failed runs print it too, so it is not a result; the seconds include compilation and queue.
    Rule(
        "processed_training",
        "2026-01-22 16:47:17,787 INFO:   Processed 2048000 training sample(s) in 5132.922936702 seconds.",
        _info + "Processed " + count("samples") + " training sample(s) in " + grouped("duration") + " seconds" + pp.Opt("."),
        marks="identifies_platform",
        more=("2025-10-10 22:18:01,100 INFO:   Processed 204800 training sample(s) in 7303.586917439 seconds",),
    ),
    Rule(
        "training_complete",
        "2023-05-15 17:48:04,009 INFO:   Training Complete. Completed 1024000 sample(s) in 229.03258180618286 seconds.",
        _info + "Training Complete. Completed " + count("samples") + " sample(s) in " + grouped("duration") + " seconds.",
        marks="identifies_platform final",
    ),
    Rule(
        "tf_step",
        "INFO:tensorflow:global step 99900: loss = 0.0 (907.74 steps/sec)",
        _tf + "global step " + integer("step") + ": loss = " + real("loss") + " (" + real("iteration_rate@mean") + " steps/sec)",
        marks="identifies_platform running", split="train",
        more=("INFO:tensorflow:global step 100000: loss = 1.901388168334961e-05 (532.0 steps/sec)",),
    ),
    Rule(
        "tf_trained",
        "INFO:tensorflow:Training finished with 256000 samples in 37.164 seconds, 6888.4 samples/second.",
        _tf + "Training finished with " + count("samples") + " samples in " + grouped("duration") + " seconds, " + grouped("throughput@mean")
        + (pp.Literal(" samples/second.") | " samples / second"),
        marks="identifies_platform final", split="train",
        more=("INFO:tensorflow:Training finished with 25600000 samples in 187.465 seconds, 136558.69 samples / second",),
    ),
    Rule(
        "tf_training_complete",
        "INFO:root:Training complete. Completed 1024000 sample(s) in 160.75317454338074 seconds",
        _tf + "Training complete. Completed " + count("samples") + " sample(s) in " + grouped("duration") + " seconds",
        marks="identifies_platform final",
    ),
    Rule(
        "tf_final_loss",
        "INFO:tensorflow:Loss for final step: 7.59.",
        _tf + "Loss for final step: " + real("loss@final") + ".",
        split="train", window="final",
        more=("INFO:tensorflow:Loss for final step: 1.9e-05.",),
    ),
    # Printed by a fork of the Model Zoo. `compute_time` is the time that the host takes to enqueue a step, not the device's.
    Rule(
        "fork_compute_time",
        "2026-01-22 15:26:19,197 INFO:   ComputeTime Step=2 compute_time=0.0003s",
        _note + (pp.Literal("ComputeTime Step=") | "Step=") + _number + " compute_time=" + unnamed(real) + "s",
        more=("2026-01-22 15:26:31,197 INFO:   Step=89 compute_time=0.0302s",),
    ),
    Rule(
        "fork_throughput",
        "[Throughput] Samples: 2373.04 samples/s (2373.04)",
        "[Throughput] Samples: " + real("throughput@mean") + " samples/s (" + real("throughput@interval") + ")",
        split="train", fixed={"scope": "fork"},
    ),
    Rule(
        "fork_note",
        "[Step=0020] Wall=17.2606s | Loss=2.7724",
        _texts("[Step=", "[Profile] Avg ms/step | ", "[Compilation] Step=", "[GraphCache] ") + rest,
        more=("[Compilation] Step=1 finished. Duration=2.84s", "[GraphCache] Moving features to cpu..."),
    ),
)  # fmt: skip

# ---- evaluation ---- #


def _eval_metric(field: str, example: str, *names: str) -> Rule:
    """One of the metrics below `Evaluation metrics:`."""
    return Rule(
        f"eval_{field}", example, _info + (pp.Opt(pp.Literal("- ") | "Metric: ") + "eval/") + _texts(*names) + " = " + real(field),
        split="eval", window="mean", carry={"step": "eval_step"},
    )  # fmt: skip


_EVAL = (
    Rule(
        "eval_step",
        "2025-10-09 18:19:54,361 INFO:   | Eval Device=CSX, GlobalStep=400, Batch=20, Loss=5.94325, Rate=1163.27 samples/sec, "
        "GlobalRate=1173.27 samples/sec, LoopTimeRemaining=0:00:08, TimeRemaining=0:00:08",
        _info + _mark + "Eval Device=" + word("device") + ", GlobalStep=" + integer("step") + ", Batch=" + integer("batch") + ", Loss=" + real("loss")
        + _rates + _remaining,
        marks="identifies_platform running unfinished", split="eval",
    ),
    Rule(
        "eval_batch",
        "2024-03-21 10:19:54,361 INFO:   | Eval Device=CSX, Step=20, Loss=5.94325, Rate=1163.27 samples/sec, GlobalRate=1173.27 samples/sec",
        _info + _mark + "Eval" + pp.Opt(":") + " Device=" + word("device") + _next + "Step=" + count("batch") + _next + "Loss=" + real("loss") + _next
        + _other_rates,
        marks="identifies_platform running unfinished", split="eval",
        more=("2023-02-08 15:16:33,873 INFO:   | Eval Device=xla:0 Step=50 Loss=8.31250 Rate=69.37 GlobalRate=69.37",),
    ),
    Rule(
        "eval_loss",
        "2025-10-09 18:20:23,263 INFO:   Avg Eval Loss: 5.928174624443054",
        _info + _texts("Avg Eval Loss: ", "Avg Eval. Loss = ") + real("loss@mean"),
        split="eval", window="mean", carry={"step": "eval_step"},
    ),
    _eval_metric("accuracy", "2025-10-09 18:20:23,278 INFO:     - eval/accuracy = 0.16977091133594513", "accuracy"),
    _eval_metric("masked_accuracy", "2026-01-31 06:17:14,166 INFO:     - eval/masked_accuracy = 0.3185677230358124", "masked_accuracy"),
    _eval_metric(
        "mlm_accuracy", "2025-10-09 18:20:23,278 INFO:     - eval/accuracy_masked_lm = 0.13364547491073608", "accuracy_masked_lm", "mlm_accuracy",
    ),
    _eval_metric("nsp_accuracy", "2025-10-09 18:20:23,278 INFO:     - eval/accuracy_cls = 0.53125", "accuracy_cls"),
    _eval_metric(
        "perplexity", "2025-10-09 18:20:23,278 INFO:     - eval/lm_perplexity = 375.4686584472656", "lm_perplexity", "mlm_perplexity", "perplexity",
    ),
    Rule(
        "evaluated",
        "2025-10-09 18:20:23,279 INFO:   Evaluation completed successfully!",
        _info + "Evaluation completed successfully!",
        marks="result",
    ),
    Rule(
        "eval_processed",
        "2023-05-15 17:48:04,009 INFO:   Process 102400 sample(s) in 29.032 seconds.",
        _info + "Process " + count("count") + " sample(s) in " + grouped("duration") + " seconds" + pp.Opt("."),
    ),
)  # fmt: skip

# ---- checkpoints ---- #

_CHECKPOINT = (
    Rule(
        "checkpoint_begin",
        "2024-03-30 15:19:11,786 INFO:   Saving checkpoint at step 1000",
        _info + _texts("Saving checkpoint at step ", "Saving checkpoint at global step ") + integer("step"),
        more=("2023-11-10 20:45:49,092 INFO:   Saving checkpoint at global step 200",),
    ),
    Rule(
        "checkpoint_end",
        "2024-03-30 15:19:47,127 INFO:   Saved checkpoint model_dir_bert_large_pytorch/checkpoint_1000.mdl",
        _info + (
            "Saved checkpoint at global step: " + integer("step")
            | "Saved checkpoint model_dir_" + pp.Regex(r"[^ \t/]+")("workload") + "/" + _checkpoint
            | "Saved checkpoint " + _path_before + _checkpoint
        ),
        more=(
            "2023-11-10 20:56:38,575 INFO:   Saved checkpoint at global step: 200",
            "2025-01-24 21:56:05,648 INFO:   Saved checkpoint dit_model_dir/checkpoint_400.mdl",
            "2025-01-24 21:56:05,648 INFO:   Saved checkpoint model_dir_dit/checkpoint_400_20250124_215540.mdl",
        ),
    ),
    # Checkpoints of other names: a prefix of one's own, another suffix, a folder.
    Rule(
        "checkpoint_begin_named",
        "2025-01-24 21:55:40,648 INFO:   Saving checkpoint to model_dir/run7-step=400.ckpt",
        record_head("INFO", timestamp("at")) + "Saving checkpoint " + pp.Regex(r"(?:to |at )?[^ \t]*[./=][^ \t]*"),
        more=("2025-01-24 21:55:40,648 INFO:   Saving checkpoint model_dir/run7",),
    ),
    Rule(
        "checkpoint_end_named",
        "2025-01-24 21:56:05,648 INFO:   Saved checkpoint to model_dir/run7-step=400.ckpt",
        record_head("INFO", timestamp("at")) + "Saved checkpoint " + pp.Regex(r"(?:to |at )?[^ \t]*[./=][^ \t]*"),
        more=("2025-01-24 21:56:05,648 INFO:   Saved checkpoint dit/epoch_3.pt",),
    ),
    Rule(
        "checkpoint_loader",
        "2023-11-10 20:56:38,458 INFO:   Saving step 200 in dataloader checkpoint",
        _note + "Saving step " + _number + " in dataloader checkpoint",
        more=("INFO:root:Saving step 99999 in dataloader checkpoint",),
    ),
    Rule(
        "tf_checkpoint",
        "INFO:tensorflow:Saving checkpoints for 100000 into model_dir/model.ckpt.",
        _tf + "Saving checkpoints for " + integer("step") + " into " + (pp.Regex(r"[^ \t/]+")("model") + "/model.ckpt." | _path_before + "model.ckpt."),
        more=("INFO:tensorflow:Saving checkpoints for 0 into model_dir_bert_large_msl128/model.ckpt.",),
    ),
    Rule(
        "tf_final_checkpoint",
        "INFO:root:Taking final checkpoint at step: 1000",
        _tf + "Taking final checkpoint at step: " + integer("step"),
        marks="identifies_platform",
    ),
    Rule(
        "tf_checkpoint_saved",
        "INFO:tensorflow:Saved checkpoint for global step 1000 in 69.48748517036438 seconds: mytest/model.ckpt-1000",
        _tf + "Saved checkpoint for global step " + integer("step") + " in " + real("duration") + " seconds: " + token("path"),
        marks="identifies_platform",
    ),
)  # fmt: skip

# ---- the SDK ---- #

_SDK = (
    Rule(
        "sdk_compile",
        "INFO:cerebras.cluster.client:Initiating a new SDK compile job against the cluster server",
        _info + "Initiating a new SDK compile job against the cluster server",
        marks="begin identifies_platform submission",
        more=("2023-10-11 00:55:33,128 INFO     Initiating a new SDK compile job against the cluster server",),
    ),
    Rule(
        "sdk_execute",
        "2023-10-11 00:56:21,304 INFO     Initiating a new SDK execute job against the cluster server",
        _info + "Initiating a new SDK execute job against the cluster server",
        marks="begin identifies_platform running",
    ),
    Rule(
        "sdk_cache_hit",
        "2023-10-11 00:56:13,255 INFO     Application was found in the compile cache.",
        _info + "Application was found in the compile cache.",
        marks="identifies_platform",
    ),
    Rule(
        "sdk_compiled",
        "2025-10-23 19:50:44,583 INFO     CSL compiler output:",
        _info + "CSL compiler output:" + rest,
        marks="identifies_platform",
        more=("INFO:cerebras.sdk.client.sdk_appliance_client:CSL compiler output:",),
    ),
    Rule(
        "sdk_messages",
        "CSL compiler produced no messages. Compilation successful.",
        "CSL compiler produced " + rest,
    ),
    Rule("sdk_success", "SUCCESS!", pp.Literal("SUCCESS!") | "SUCCESS", marks="result", more=("SUCCESS",)),
    # SDK 2.10 compiles and runs in a local container; what the program prints is its own.
    Rule(
        "local_compile",
        "[INFO] === Beginning compilation ===",
        record_head("INFO") + "=== Beginning compilation ===",
        marks="begin identifies_platform",
    ),
    Rule(
        "local_image",
        "[INFO] Using SIF: ~/cs_sdk-2.10/sdk-cbcore-202505010205-2-ef181f81.sif",
        _note + "Using SIF: " + _path_before + "sdk-cbcore-" + pp.Regex(r"[0-9a-f-]+")("sdk_version") + ".sif",
        params="log",
    ),
    Rule(
        "local_import_path",
        "[INFO] CSL_IMPORT_PATH is not set",
        _note + "CSL_IMPORT_PATH " + rest,
        more=("[INFO] CSL_IMPORT_PATH accepts colon separated list of paths generated by 'realpath <path>'",),
    ),
    Rule(
        "local_compiled",
        "[INFO] Compilation successful",
        record_head("INFO") + "Compilation successful",
        marks="result",
    ),
    Rule(
        "local_program",
        "[INFO] === Calling container-hosted python ===",
        _note + "=== Calling container-hosted python ===",
        marks="identifies_platform running",
    ),
    Rule(
        "sdk_end",
        "2023-10-11 00:57:44,184 DEBUG    Signaling heartbeat thread to stop for wsjob-nm4gmz7jtq3khck2ltadbv",
        timestamp("at") + " DEBUG" + blanks + "Signaling heartbeat thread to stop for " + _wsjob,
        marks="identifies_platform",
    ),
    Rule(
        "sdk_debug",
        "2023-10-11 00:55:33,142 DEBUG    Run meta is available at /home/ruth/gemv/run_meta.json.",
        timestamp + " DEBUG" + blanks + not_starting_with(" ", "\t", "Si"),
        more=("2023-10-11 00:55:33,142 DEBUG    Starting heartbeat thread for wsjob-cgvksf7bv8mnfszfmftozv.",),
    ),
)  # fmt: skip

# ---- failures and warnings ---- #

# The command of the cluster and its tables, reports of a compiler: they name the platform and hold no run.
_TOOLS = (
    Rule(
        "csctl_command",
        "(venv_cerebras_pt) $ csctl cancel job wsjob-eyjapwgnycahq9tus4w7id",
        pp.Opt(pp.Regex(r"(?:[^$]* )?\$ +")) + "csctl" + blanks + rest,
        marks="identifies_platform standalone",
        more=("csctl get jobs -a",),
    ),
    Rule(
        "csctl_row",
        "job-operator  wsjob-ewhzngfg6rdjhw3s3k2wbh  compile  P2 (299)  12m  12m       RUNNING           username name=llama2_7b",
        _wsjob + blanks + rest | pp.Regex(r"[a-z0-9-]+ +") + _wsjob + blanks + rest,
        marks="identifies_platform standalone",
    ),
    Rule(
        "wio_report",
        "WIO utilization by flow:",
        pp.Literal("WIO utilization by flow:") | "Connectivity between WIO and compute core " + rest,
        marks="identifies_platform standalone",
        more=("Connectivity between WIO and compute core 0:",),
    ),
    Rule(
        "container_shell",
        "[user@bridges2-login012 tf]$ srun --pty --partition=RM singularity shell --cleanenv --bind /local1/cerebras/data,$PROJECT cbcore.sif",
        pp.Regex(r"(?:[^$]*\$ )?(?:srun .* )?singularity (?:shell|exec) .*(?:cerebras|cbcore)") + rest,
        marks="identifies_platform standalone",
    ),
)  # fmt: skip

_FAILURE = (
    Rule(
        "step_cut_short",
        "| Train Device=CSX, Step=2, Loss=352299.56250, ...",
        "| Train Device=CSX, Step=" + integer("step") + ", Loss=" + real("loss") + ", ...",
        marks="identifies_platform running", split="train",
    ),
    # A request that the cluster can never serve: the job does not wait, it is refused.
    Rule(
        "no_capacity",
        "cerebras.appliance.errors.ClusterJobInitError: job was refused: cluster lacks requested capacity: requested 2 system",
        pp.Regex(r"[A-Za-z_.]+(?:Error|Exception): .*cluster lacks requested capacity.*")("text"),
        marks="identifies_platform failure", level="error", kind="scheduler",
    ),
    Rule(
        "appliance_exception",
        "cerebras.appliance.errors.ApplianceNanError: NaN loss detected. Please try different hyperparameters",
        pp.Combine("cerebras.appliance.errors." + name + pp.Opt(":" + not_containing("cluster lacks requested capacity")))("text"),
        marks="identifies_platform failure", level="error", kind="traceback",
    ),
    Rule(
        "shutdown",
        "2025-07-11 18:04:19,669 ERROR:   Initiating shutdown sequence due to Appliance error: Ran into error while receiving tensor "
        "output_model_wise_params_norm for runtime iteration 10",
        _failed + "Initiating shutdown sequence due to " + nonempty("text"),
        marks="identifies_platform failure", level="error", kind="device",
    ),
    Rule(
        "job_failed",
        "2025-07-11 18:04:19,787 ERROR:   Job wsjob-7javbqdggsmrb44obfaqft failed due to: job has failed because total 1 replica(s) failed",
        _failed + "Job " + _wsjob("job_id") + " failed due to: " + nonempty("text"),
        marks="identifies_platform failure", level="error", kind="scheduler",
    ),
    Rule(
        "error",
        "2025-07-11 18:04:19,669 ERROR:   Uncaught exception in the input workers",
        _failed + not_starting_with(*_HEAD_SIGNS, "In", "Jo")("text"),
        marks="failure", level="error",
    ),
    Rule(
        "job_cancelled",
        "2024-04-10 11:02:19,669 WARNING:   Job wsjob-7javbqdggsmrb44obfaqft was cancelled",
        _warned + "Job " + _wsjob("job_id") + " was cancelled" + rest,
        marks="identifies_platform failure", level="error", kind="scheduler",
    ),
    Rule(
        "tf_deprecation",
        "WARNING:tensorflow:From /cbcore/python/lib/training_util.py:236: Variable.initialized_value is deprecated",
        "WARNING:tensorflow:From " + rest,
    ),
    Rule(
        "warning",
        "2025-07-11 16:03:40,073 WARNING:   Passing an absolute path as the compile directory may lead to undesirably long paths",
        _warned + not_starting_with(*_HEAD_SIGNS, "Ev", "Jo")("text"),
        level="warning",
        more=("2023-10-11 00:56:13,231 WARNING  There is no existing compile job record.",),
    ),
    Rule(
        "tf_warning",
        "WARNING:root:GroupByWindowDataset is not recognized by the Cerebras input_fn analyzer and cannot be evaluated for potential optimizations.",
        "WARNING:root:" + nonempty("text"),
        level="warning",
    ),
    Rule(
        "server_note",
        "2022-06-27 03:12:27,429 INFO     [hosts.py:413] lab@sc-r9ra3-s1.local: Calculated checkpoint size is 11808MB, but it should not exceed 9024MB",
        timestamp + " INFO" + blanks + "[hosts.py:" + _number + "] " + token + blanks + not_starting_with(" ", "\t", "CO"),
    ),
    Rule(
        "server_error",
        "2022-06-27 03:12:27,424 INFO     [hosts.py:413] lab@sc-r9ra3-s1.local:            COUT030: Default Fatal message.",
        timestamp("at") + " INFO" + blanks + "[hosts.py:" + _number + "] " + token + blanks + "COUT030: " + nonempty("text"),
        marks="identifies_platform failure", level="error", kind="compile",
    ),
    # Lines that look like errors but are not.
    Rule(
        "grpc_noise",
        "E0711 18:04:02.654472867  609793 hpack_parser.cc:1234]       Error parsing metadata: error=invalid value key=content-type value=text/html",
        pp.Regex(r"E[0-9]{4} [0-9:.]+ +[0-9]+ ") + "hpack_parser.cc:" + rest,
    ),
    Rule(
        "runtime_note",
        "TSKM205 05:51:49  Waiting for block prebuffer percentage to rise above 50%, now 0%",
        (pp.Literal("TSKM") | "MSGS" | "FWTF") + pp.Regex(r"[0-9]{3} [0-9]{2}:[0-9]{2}:[0-9]{2}") + rest,
        more=("FWTF912 05:43:05  ERROR: runconfig_port_in_use: Port range 25473-25492 cannot be used.", "TSKM201 05:51:57> Send block sizes:"),
    ),
)  # fmt: skip

# ---- records without data ---- #

_NOISE = (
    Rule(
        "note",
        "2024-03-30 14:10:26,700 INFO:   Initiating a new image build job against the cluster server.",
        record_head("INFO") + _texts(
            "Initiating a new image build job against the cluster server.", "Custom worker image build is disabled from server.",
            "User sidecar image build is disabled from server.", "Defaulted to use the job-operator namespace", "Successfully initialized workflow with id: ",
            "Recording the timestamp when jobs is scheduled.", "Waiting for weight initialization to complete", "Trainer Fit Summary",
            "Train steps per train loop:", "Progress will be logged every step.", "Evaluation metrics:", "The following sequence is used to transform data:",
            "Trying to fetch failure info from the cluster for job ", "Monitoring returned", "Monitoring is over without any issue", "wsjob-", "* ",
            "------", "======",
        ) + rest,
        more=(
            "2026-01-16 14:31:15,412 INFO:   * 22 loops of 89 steps",
            "2026-01-16 14:31:15,412 INFO:   * val_dataloader_2 after every train loop",
            "2023-05-15 17:48:14,792 INFO:   Monitoring returned",
        ),
    ),
    Rule("empty_note", "2026-01-16 14:31:15,412 INFO:   ", timestamp + " INFO:"),
    Rule(
        "module_bar",
        "Initializing module BertForPreTrainingModel.perplexity_metric: [00:06, note=Initializing parameters]",
        "Initializing module " + rest,
    ),
    Rule(
        "tf_note",
        "INFO:tensorflow:Graph was finalized.",
        _tf + _texts(
            "Graph was finalized.", "Running local_init_op.", "Done running local_init_op.", "Create CheckpointSaverHook.", "Streamers are ready",
            "Calling checkpoint listeners ", "Creating 'loss' summary automatically", "[input_fn] - TFRecordDataset:",
        ) + rest,
    ),
    Rule(
        "tf_ckpt_note",
        "INFO:tensorflow:model_dir/model.ckpt-1000 is not in all_model_checkpoint_paths. Manually adding it.",
        "INFO:tensorflow:" + token + " is not in all_model_checkpoint_paths. Manually adding it.",
    ),
    Rule(
        "tf_deprecation_advice",
        "Instructions for updating:",
        _texts("Instructions for updating:", "If using Keras pass *_constraint arguments to layers.", "Use Variable.read_value. Variables in 2.X",
               "Prefer Variable.assign which has equivalent behavior in 2.X.", "XLA Extraction Complete") + rest,
    ),
    Rule(
        "caching_stack",
        "INFO:cerebras.stack.tools.caching_stack:Using lair flow into stack",
        "INFO:cerebras.stack.tools.caching_stack:" + rest,
    ),
    Rule(
        "launching",
        "Launching: srun --unbuffered --kill-on-bad-exit --nodes=1 --tasks-per-node=4 --gres=cs:cerebras:1",
        "Launching: srun " + rest,
    ),
    Rule("warn_source", "warn(", pp.Literal("warn(")),
)  # fmt: skip

# ---- declarations about runs ---- #

_STEPS = "train_step|train_step_timed|train_step_other_head|train_step_wrapped"
_TRAINED = f"{_STEPS}|tf_step|tf_trained|tf_training_complete|processed|processed_training|training_complete"


def _of(rules: str, field: str) -> str:
    """`field` of each of `rules`, as "rule.field" separated by `|`."""
    return "|".join(f"{rule}.{field}" for rule in rules.split("|"))


_PHASES = (
    Span(
        "init",
        "current_directory|running_command|half_dtype|checkpoint_autoload|effective_batch",
        "compile_begin",
        first=True,
        exclude=("checkpoint", "load"),
    ),
    Span("load", "weights_load", "weights_loaded"),
    Span("queue", "job|workflow_job|sdk_job", "ingress"),
    Span("compile", "ingress", "compile_artifacts|sdk_cache_hit|sdk_compiled"),
    Span("compile", "compile_stage", "compile_stage|micro_batch|compile_artifacts", stage_field="stage"),
    Reported("compile", "tf_compile_bar.elapsed", pick="last"),
    # From the line that programs the wafer, without the time in the queue. If that line is missing, from the start of the job.
    Span("load", "programming|preparing", "beginning", first=True, exclude=("queue",)),
    Span("load", "preparing", "weights_begin", stage="prepare"),
    Span("load", "weights_begin", "weights_end", stage="weights"),
    Span("load", "device_begin", "device_end", stage="program the device"),
    Span("load", "input_begin", "input_end", stage="wait for input"),
    Reported("load", "tf_programmed_in.duration"),
    Span("train", "beginning", _STEPS, last=True),
    Reported("train", "tf_trained.duration"),
    Reported("train", "tf_training_complete.duration"),
    # The wafer continues training while the client saves a checkpoint.
    Span(
        "checkpoint",
        "checkpoint_begin|checkpoint_begin_named",
        "checkpoint_end|checkpoint_end_named",
        inside=("train",),
    ),
    Reported("checkpoint", "tf_checkpoint_saved.duration"),
    Span("teardown", _STEPS, "trained", exclude=("checkpoint",)),
    Span("eval", "beginning", "evaluated"),
)


def _count(rules: str) -> str:
    """The number of lines of all of `rules`, as a formula."""
    return " + ".join(f"seen('{rule}')" for rule in rules.split("|"))


_RAN = (
    f"{_count(_STEPS)} + seen('beginning') + seen('trained') > 0"
    " or seen('exception') + seen('error') + seen('shutdown') + seen('job_failed') + seen('no_capacity') == 0"
)
"""The wafer began to train, or nothing failed."""
_FROM_THE_BEGINNING = f"({_count(_STEPS)} > 1 and last_logged == logged_step * ({_count(_STEPS)}))"
"""All step lines from the first interval on are in the log, so that the last step is the number of steps."""
_TRAINING_ENDED = (
    "seen('trained') + seen('processed') + seen('training_complete') + seen('tf_trained') + seen('tf_training_complete') > 0"
    " and seen('exception') + seen('shutdown') == 0"
)
"""Training finished, so that the printed number of samples matches the logged steps."""

_COLUMNS = (
    # what ran
    Take("host", "prompt", "first"),
    *preferred("system", "tf_programming|tf_mode", "first"),
    *preferred("job_id", "job|workflow_job|sdk_job|srun_allocated|srun_queued", "first"),
    *preferred("sdk_version", "image_event|local_image|pip_client", "first"),
    Take("model", "checkpoint_autoload.model_dir", "first"),
    Take("model", "tf_checkpoint", "first"),
    *preferred("model", "asked_config.workload|asked_cszoo.workload", "first"),
    Take("dataset", "data_processor", "first"),
    *preferred(
        "workload",
        "asked_config|asked_cszoo|no_checkpoint_found|checkpoint_found|checkpoint_end",
        "first",
        aliases="workload",
    ),
    Infer(
        "task",
        "validate",
        "asked_validation",
        when=f"{_count(_TRAINED)} + seen('tf_checkpoint') + seen('tf_cache_hit') == 0",
        reason="a validation checks the program against the compiler's first stages and builds no binary",
    ),
    Take("task", "asked_mode.mode", "last", where={"mode": "validate_only"}, aliases="task"),
    Infer("task", "train", f"{_TRAINED}|training_loop|checkpoint_begin"),
    Infer("task", "inference", "eval_step|eval_batch|evaluated"),
    Infer("task", "compile", "sdk_compiled|sdk_cache_hit|tf_compiled|tf_cache_hit", when="seen('sdk_success') == 0"),
    Take("task", "asked_mode.mode", "last", where={"mode": "train"}),
    Take("task", "asked_cszoo.mode", "last", where={"mode": "fit"}, aliases="task"),
    Infer(
        "status",
        "failed",
        "local_program",
        when="seen('sdk_success') == 0 and seen('exception') + seen('crash') + seen('module_not_found') + seen('interrupted') > 0",
        reason="the program failed after its compilation",
    ),
    Take("precision", "half_dtype", "first"),
    Infer(
        "sample",
        "sample",
        f"{_TRAINED}|eval_step|eval_batch",
        reason="the vendor counts samples without stating their kind",
    ),
    # settings and counts
    Take("devices", "preparing", "last"),
    Infer("devices", 1, "tf_programming", reason="a run under Slurm programs one machine"),
    Take("first_step", "loop", "min"),
    *preferred("from_step", "training_loop.first_step|weights_loaded.step", "first"),
    Derive("first_step", "from_step + 1"),
    Infer("first_step", 1, "random_weights"),
    Take("logged_step", _of(f"{_STEPS}|tf_step", "step"), "first"),
    *preferred("saved_step", "checkpoint_begin.step|tf_checkpoint.step", "first"),
    # Only a checkpoint saved before the first logged step counts: a log without its beginning has one of a later step.
    Derive("first_step", "saved_step + 1", when="saved_step < logged_step or logged_step == 0"),
    Take("last_saved", "tf_checkpoint.step", "last"),
    Take("last_logged", _of(f"{_STEPS}|tf_step", "step"), "last"),
    Derive("steps", "max(last_logged, last_saved) - first_step + 1"),
    Derive("steps", "last_logged - first_step + 1"),
    Take("steps", _of(f"{_STEPS}|tf_step", "step"), "last"),
    *preferred(
        "samples",
        "processed|training_complete|tf_trained|tf_training_complete",
        "last",
    ),
    # The trainer counts samples that it sent, also if the wafer never began to train.
    Take("samples", "processed_training", "last", when=_RAN),
    *preferred("batch_size", "effective_batch|tf_batch", "last"),
    Derive("batch_size", "samples / steps", when=f"(known(first_step) or {_FROM_THE_BEGINNING}) and {_TRAINING_ENDED}"),
    Take("micro_batch_size", "micro_batch", "first", where={"mode": "train"}),
    Take("micro_batch_size", "micro_batch", "first", when="seen('loop') == 0"),
    # times
    *preferred("event_at", "version_event|image_event|error_event", "first"),
    *preferred("event_logged_at", "version_event.at|image_event.at|error_event.at", "first"),
    Infer(
        "zone",
        "UTC",
        "version_event|image_event|error_event",
        when="abs(event_logged_at - event_at) < 600",
        reason="the time of an event is in UTC, and the record that reports it has the same time",
    ),
    Take("began_at", "beginning.at", "first"),
    Take("first_logged_at", _of(_STEPS, "at"), "first"),
    Derive("startup_s", "first_logged_at - began_at", when="logged_step == first_step"),
    Infer(
        "compile_cache",
        "miss",
        "compile_stage|compile_variant|micro_batch|tf_compile_bar",
        when="task != 'validate' or not known(task)",
        reason="it was compiled: stages of a compilation are in the log",
    ),
    Infer("compile_cache", "hit", "cache_hit|cache_hit_client|tf_cache_hit|sdk_cache_hit"),
    Infer(
        "compile_cache",
        "hit",
        "compile_artifacts",
        when="compile_s < 60",
        reason="the artifacts were available at once, and no compile stage was logged",
    ),
    # metrics
    Derive("work", "samples"),
    Derive("work", "steps * batch_size"),
    Take(
        "global_rate",
        _of("train_step|train_step_timed|train_step_other_head|global_rate_wrapped", "throughput@mean"),
        "last",
    ),
    # GlobalRate may count from the start of the client: then it is far below Rate on the first step line.
    Take("first_rate", _of("train_step|train_step_timed|train_step_other_head", "throughput@interval"), "first"),
    Take("first_global_rate", _of("train_step|train_step_timed|train_step_other_head", "throughput@mean"), "first"),
    Take(
        "throughput",
        _of("train_step|train_step_timed|train_step_other_head|global_rate_wrapped", "throughput@mean"),
        "last",
        when="abs(global_rate * train_s - work) <= 0.02 * work"
        " or not known(train_s) and (not known(first_rate) or abs(first_global_rate - first_rate) <= 0.02 * first_rate)",
    ),
    Take("throughput", "tf_trained.throughput@mean", "last"),
    Derive("throughput", "samples / train_s"),
    Infer("throughput_window", "whole", when="known(throughput)", reason="it covers all steps of the run"),
    Take("loss", _of(_STEPS, "loss"), "last"),
    # The final line is rounded: prefer the step line of the last step.
    Take("loss", "tf_step", "last", when="last_logged >= last_saved"),
    *preferred("loss", "tf_final_loss.loss@final|tf_step", "last"),
    Take("score", "eval_accuracy.accuracy", "last"),
    Infer("score_name", "accuracy", "eval_accuracy"),
    Take("score", "eval_masked_accuracy.masked_accuracy", "last"),
    Infer("score_name", "masked_accuracy", "eval_masked_accuracy"),
    Take("score", "eval_mlm_accuracy.mlm_accuracy", "last"),
    Infer("score_name", "mlm_accuracy", "eval_mlm_accuracy"),
)

_WORKLOADS = {
    **WORKLOADS,
    "bert_large_msl128_sampleds": "bert_large",
    "bert_large_pytorch": "bert_large",
    "bert_large_msl128": "bert_large",
    "bert_large_msl128_fast": "bert_large",
    "gpt2_small": "gpt2",
    "gpt2_pytorch": "gpt2",
    "esm2": "esm2",
    "gptj": "gptj",
    "vt": "vit",
    "vit": "vit",
    "graphsage_ogbn_arxiv": "graphsage",
    "graphsage_ogbn_products": "graphsage",
    "graphsage_ogbn_mag": "graphsage",
}

GRAMMAR = Grammar(
    name="cerebras",
    title="Cerebras CS-1, CS-2 and CS-3: TensorFlow under Slurm, the appliance, Model Zoo, SDK",
    device_kind="CSX",
    words=("Cerebras",),
    prefix=line_tag,
    record_starts=(
        timestamp + (pp.Literal(" INFO") | " WARNING" | " ERROR" | " DEBUG"),
        timestamp_seconds + pp.Regex(r"\.[0-9]+: [IWE] ") + "tensorflow/",
    ),
    identity=(
        "checkpoint_autoload.at|effective_batch.at|running_command.at",
        "job.job_id|workflow_job.job_id|sdk_job.job_id",
    ),
    rules=(*_BEGIN, *_JOBS, *_COMPILE, *_LOAD, *_TRAIN, *_EVAL, *_CHECKPOINT, *_SDK, *_TOOLS, *_FAILURE, *_NOISE),
    phases=_PHASES,
    columns=_COLUMNS,
    steady=(
        Steady("train_step", separated_by="beginning"),
        Steady("train_step_timed", separated_by="beginning"),
        Steady("train_step_other_head", separated_by="beginning"),
    ),
    aliases={"workload": _WORKLOADS, "task": {"fit": "train", "validate_only": "validate"}},
    min_resolution={"queue_s": 10.0},  # ingress is polled every ten seconds
    absent={
        "ranks": ("not_in_log", "Cerebras logs do not print it: the wafer runs one replica"),
        "sequence_length": ("not_in_log", "Cerebras logs do not print it; it is in the params file"),
        "learning_rate": ("not_in_log", "Cerebras logs do not print it; it is in the params file"),
        "seed": ("not_in_log", "Cerebras logs do not print it"),
        "epochs": ("not_in_log", "Cerebras counts steps, not epochs"),
        "token_throughput": ("not_in_log", "Cerebras prints samples/s only"),
    },
)
