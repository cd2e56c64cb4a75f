"""Graphcore IPU: PopTorch and its bars, poprun, PopART, PopXL and PopRT, TensorFlow, JAX and PaddlePaddle on Poplar, plain Poplar
programs, and the applications that ran on them.

The durations of a run are in its progress bars. The bar of the epochs includes the first compilation, which a run with a cached
executable does not have. The totals of a bar are the epochs and batches that ran, whatever the command or the name of the file
requested.
"""

from __future__ import annotations

import pyparsing as pp
from logparse.grammars.common import (
    WORKLOADS,
    bar,
    bar_count,
    line_tag,
    mpi_tag,
    preferred,
    record_head,
    record_stamp,
    tqdm,
)

from logparse.grammar import (
    Bar,
    Derive,
    Grammar,
    Infer,
    Reported,
    Rule,
    Span,
    Take,
    blanks,
    clock,
    count,
    grouped,
    in_unit,
    integer,
    name,
    nonempty,
    optional_blanks,
    percent,
    real,
    rest,
    timestamp,
    token,
)

# ---- tokens ---- #

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}:[0-9]{2}"

utc = in_unit(pp.Regex(rf"{_DAY}T{_TIME}\.[0-9]{{6}}"), "%Y-%m-%dT%H:%M:%S.%6f")
"""The timestamp of Poplar, without the Z that follows it."""
timestamp_micro = in_unit(pp.Regex(rf"{_DAY} {_TIME}\.[0-9]{{6}}"), "%Y-%m-%d %H:%M:%S.%6f")
"""The timestamp of TensorFlow, in local time."""
damaged_timestamp = in_unit(pp.Regex(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2} [0-9]{2})?(?::[0-9]{2}){2}"), "%Y-%m-%d %H:%M:%S")
"""A timestamp whose middle may be missing."""
epoch_ms = in_unit(pp.Regex(r"[0-9]{13}"), "epoch ms")
"""Milliseconds since 1970."""
time_of_day = in_unit(pp.Regex(rf"{_TIME}\.[0-9]{{3}}"), "clock")
"""A time of day without a date."""
seconds = in_unit(real, "s")

# A record or the edge of the terminal may truncate a bar after its elapsed time. A truncated rate is not captured.
_truncated_bar = bar_count + " [" + clock("elapsed") + "<" + pp.Regex(r"[^\]]*")
any_bar = bar | _truncated_bar
"""A progress bar, complete or truncated."""

_poplar = utc("at") + "Z " + token("component") + blanks + pp.Regex(r"[0-9]+")("process_id") + "." + pp.Regex(r"[0-9]+")
_poptorch = "[" + time_of_day("time_of_day") + "] [" + pp.Regex(r"poptorch:+[a-z]+")("component") + "] "
_error = (
    pp.Opt(_poptorch + "[critical] ")
    + (
        pp.Literal("poptorch.poptorch_core.Error: In ") | "poptorch.poptorch_core.UnrecoverableError: In "
        | "poptorch.poptorch_core.RecoverableError: In " | "RuntimeError: ERROR in poptorch/" | "Error: In include/poptorch_err/"
    )
    + pp.Regex("[^']*")
)  # fmt: skip
"""The start of a PopTorch error, before its kind. It is printed in a record and again at the end of the traceback."""
_tensorflow = timestamp_micro("at") + ": "
_poprun = time_of_day + " " + pp.Regex(r"[0-9]+") + " POPRUN "
_poprun_at = time_of_day("time_of_day") + " " + pp.Regex(r"[0-9]+")("process_id") + " POPRUN "
_logged = record_head("INFO", timestamp("at"))
"""The head of a record of Python's logging: CosmicTagger, PopART and PopXL each have a form of their own."""
_said = pp.Opt(_logged | record_stamp(timestamp("at")))
"""The same before a text that no other program prints: the head may be missing."""
_utils = "[INFO] " + damaged_timestamp("at") + ":" + blanks | _logged
_cnn = record_head("INFO")
_mllog = (
    ':::MLLOG {"namespace": "'
    + pp.Regex(r'[^"]*')
    + '", "time_ms": '
    + epoch_ms("at")
    + ', "event_type": "'
    + pp.Regex("[A-Z_]+")
    + '", '
)
_mllog_at = ', "metadata": {"file": "' + pp.Regex(r'[^"]*') + '", "lineno": ' + pp.Regex("[0-9]+")

# ---- starts of records: several may be on one line ---- #

_record = (
    # The text of this record also occurs without the head, and would otherwise be split from it.
    (utc + "Z " + pp.Opt(pp.Regex(r"[A-Za-z:]+ +[0-9.]+ W: WARNING: ")))
    | (timestamp_micro + ": ")
    | (timestamp + (pp.Literal(" - INFO - ") | " WARNING poprt "))
    | ("[" + time_of_day + "]")
    | (pp.Regex(r"/[^ :]*\.py:[0-9]+") + ": ")
)  # fmt: skip
_label = (
    pp.Literal("Graph compilation:")
    | "PopRT conversion:"
    | "Epochs:"
    | "Accuracy on test set:"
    | "TrainingModelWithLoss("
    | "Downloading http"
    | "Saving model checkpoint to "
    | "WARNING: The compile time engine option "
    | ("Step: " + pp.Regex("[0-9]+") + " / ")
    | ("Epoch #" + pp.Regex("[0-9]+"))
    | "{'loss': "
    | "srun: job "
)


# ---- launch, scheduler, poprun ---- #

_python = pp.Literal("python3 ") | "python "
_prompt = pp.Regex(r"(?:\([^()]*\) )*[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:[^$]*")

launch = (
    Rule(
        "launch_srun",
        "(poptorch33_env) user@gc-poplar-02:~/mnist$ /opt/slurm/bin/srun --ipus=1 python mnist_poptorch.py --lr=0.01",
        pp.Opt(_prompt)
        + (pp.Literal("$ ") | "> ")
        + optional_blanks
        + pp.Opt(pp.Regex(r"[A-Z_]+='[^']*' "))
        + pp.Opt("/opt/slurm/bin/")
        + "srun --ipus="
        + integer("devices")
        + blanks
        + nonempty("command"),
        marks="begin identifies_platform standalone",
        params="command",
        more=(
            "$ /opt/slurm/bin/srun --ipus=4 python3 run_pretraining.py --config demo_tiny_128",
            "$ srun --ipus=1 python mnist_poptorch.py",
            "user@gc:~$ POPLAR_ENGINE_OPTIONS='{\"autoReport.all\":\"true\"}' /opt/slurm/bin/srun --ipus=1  python a.py",
        ),
    ),
    Rule(
        "launch_python",
        "$ python main.py --gradient-accumulation 8 --device-iterations 4",
        pp.Opt(_prompt) + "$ " + pp.Combine(_python + nonempty)("command"),
        marks="begin",
        params="command",
    ),
    # A profiler slows down compilation and execution.
    Rule(
        "profiled",
        "POPLAR_ENGINE_OPTIONS='{\"autoReport.all\":\"true\"}' python mnist_poptorch.py",
        pp.Combine('"autoReport.' + pp.Regex('[A-Za-z]+": ?"true"'))("profiling"),
        marks="unanchored",
        params="environment",
    ),
    # The defaults of the program overwrite the values set in its file, but not those of the command line.
    Rule("launch_rate", "python mnist_poptorch.py --lr=0.01 --batch-size=128", "--lr" + pp.Regex("[= ]") + real("learning_rate"), marks="unanchored", params="command"),
    Rule("launch_batch", "python mnist_poptorch.py --batch-size=128", "--batch-size" + pp.Regex("[= ]") + integer("batch_size"), marks="unanchored", params="command"),
    Rule(
        "srun_queued",
        "srun: job 20894 queued and waiting for resources",
        "srun: job " + integer("job_id") + " queued and waiting for resources",
        marks="begin",
    ),
    Rule(
        "srun_allocated",
        "srun: job 20894 has been allocated resources",
        "srun: job " + integer("job_id") + " has been allocated resources",
        marks="begin",
    ),
    Rule(
        "poprun_start",
        "07:32:02.648 1828108 POPRUN [I] V-IPU server address picked up from 'vipu': 10.1.3.101:8090",
        _poprun_at + "[I] V-IPU server address picked up from " + nonempty,
        marks="identifies_platform begin",
    ),
    Rule(
        "poprun_command",
        "07:32:07.003 1828108 POPRUN [I] Running command: /opt/poplar/bin/mpirun '--bind-to' 'none'",
        _poprun + "[I] Running command: " + nonempty,
        marks="identifies_platform",
    ),
    Rule(
        "poprun_exit",
        "09:25:12.326 1828108 POPRUN [I] mpirun (PID 1828670) terminated with exit code 0",
        _poprun_at + "[I] mpirun (PID " + pp.Regex("[0-9]+") + ") terminated with exit code " + pp.Literal("0")("exit_code"),
        marks="identifies_platform",
    ),
    Rule(
        "poprun_failed",
        "09:25:12.326 1828108 POPRUN [I] mpirun (PID 1828670) terminated with exit code 134",
        _poprun_at + "[I] mpirun (PID " + pp.Regex("[0-9]+") + ") terminated with exit code " + pp.Regex("[1-9][0-9]*")("exit_code"),
        marks="identifies_platform failure",
        level="error",
        kind="exit",
    ),
    Rule(
        "poprun_partition",
        "07:32:02.650 1828108 POPRUN [I] Using V-IPU partition p64 as it is the only one available",
        _poprun + "[I] Using V-IPU partition " + token("system") + " as it is the only one available",
        params="log",
    ),
    Rule(
        "poprun_found",
        "07:32:03.202 1828108 POPRUN [D] Found 16 devices with 4 IPUs",
        _poprun + "[D] Found " + pp.Regex("[0-9]+") + " devices with " + integer("devices") + " IPUs",
        params="log",
    ),
    Rule(
        "poprun_device",
        "18:22:24.678 774863 POPRUN [D] Attached to device 65",
        _poprun + "[D] " + ("Found " + pp.Regex("[0-9]+") + " children" + nonempty | (pp.Literal("Attached to ") | "Device " | "Failed to attach to device ") + nonempty),
        marks="identifies_platform",
        more=(
            "18:22:24.678 774863 POPRUN [D] Found 2 children (expected 2) of device 65 with 1 IPUs each",
            "18:22:23.882 774863 POPRUN [D] Failed to attach to device 64",
        ),
    ),
    Rule(
        "poprun_other",
        "07:32:02.651 1828108 POPRUN [D] Status for partition p64: OK (error 0)",
        _poprun
        + (
            ("[D] " + (pp.Literal("Status ") | "Connecting " | "The " | "Target " | "Using " | "Skipping " | "No " | "Default " | "Done ") + nonempty)
            | ("[I] " + (pp.Literal("Partition ") | "Preparing " | "Waiting ") + nonempty)
        ),
        marks="identifies_platform",
        more=("18:22:24.679 774863 POPRUN [I] Preparing parent device 65",),
    ),
    Rule(
        "poprun_topology",
        "|      poprun topology      |",
        "|" + blanks + "poprun top" + (pp.Literal("ology") | "...") + blanks + "|",
        marks="identifies_platform",
        more=("| poprun top... |",),
    ),
    Rule(
        "poprun_hosts",
        "| hosts     |   localhost   |",
        "| hosts " + nonempty,
    ),
    Rule(
        "poprun_instances",
        "| instances | 0 | 1 | 2 | 3 |",
        "| instances |" + nonempty,
        more=("| instances |       0       |",),
    ),
    Rule(
        "poprun_replicas",
        "| replicas  | 0 | 1 | 2 | 3 |",
        "| replicas  |" + nonempty,
    ),
    Rule("poprun_ilds", "| ILDs      |       0       |", "| ILDs " + nonempty),
    Rule("poprun_line", "|-----------|---------------|", (pp.Literal("|---") | "|===") + pp.Regex("[-=|]+")),
    Rule(
        "popdist_replicas",
        "'-x' 'POPDIST_NUM_TOTAL_REPLICAS=4' '-x'",
        "'POPDIST_NUM_TOTAL_REPLICAS=" + integer("ranks") + "'",
        marks="unanchored",
        params="environment",
    ),
    Rule(
        "popdist_ipus",
        "'-x' 'POPDIST_NUM_IPUS_PER_REPLICA=4' '-x'",
        "'POPDIST_NUM_IPUS_PER_REPLICA=" + integer("devices_per_rank") + "'",
        marks="unanchored",
        params="environment",
    ),
    Rule(
        "poprun_invoked",
        'poprun is invoked with "--num-replicas 8", "--num-instances 4" and "--ipus-per-replica 2".',
        'poprun is invoked with "--num-replicas ' + integer("ranks") + '", "--num-instances ' + pp.Regex("[0-9]+")
        + '" and "--ipus-per-replica ' + integer("devices_per_rank") + '".',
        marks="identifies_platform",
        params="log",
    ),
    Rule(
        "sdk_path",
        "/software/graphcore/poplar_sdk/3.1.0/poplar-ubuntu_20_04-3.1.0+6824-9c103dc348/bin/mpirun",
        (pp.Literal("poplar-ubuntu_") | "poplar_sdk-ubuntu_") + pp.Regex("[0-9]{2}_[0-9]{2}-")
        + pp.Regex(r"[0-9]+\.[0-9]+\.[0-9]+")("sdk_version"),
        marks="unanchored",
    ),
)  # fmt: skip

# ---- the SDK's own records ---- #

sdk = (
    Rule(
        "compile_bar",
        "Graph compilation: 100%|██████████| 100/100 [00:22<00:00]",
        "Graph compilation:" + optional_blanks + any_bar + pp.Opt("[A"),
        marks="identifies_platform redraw",
        more=("Graph compilation:   0%|          | 0/100 [00:00<?]", "Graph compilation:  84%|████████▍ | 84/100 [1:09:59<20:26]"),
    ),
    # PaddlePaddle prints the count of the bar alone.
    Rule(
        "compile_count",
        "Graph compilation: 20/100",
        "Graph compilation: " + real("done") + "/" + real("total"),
        marks="identifies_platform",
    ),
    Rule(
        "compiled_or_loaded",
        "Compiled/Loaded model in 98.01561326114461 secs",
        "Compiled/Loaded model in " + seconds("duration") + " secs",
        marks="identifies_platform",
    ),
    Rule(
        "poptorch_warning",
        "[18:42:06.321] [poptorch:cpp] [warning] [DISPATCHER] Type coerced from Long to Int for tensor id 6",
        _poptorch + "[warning] " + nonempty("text"),
        marks="identifies_platform",
        level="warning",
        kind="sdk",
    ),
    Rule(
        "poptorch_note",
        "[18:42:06.321] [poptorch:cpp] [info] Popart inference mode",
        _poptorch + (pp.Literal("[info] ") | "[debug] " | "[trace] " | "[err] ") + nonempty,
        marks="identifies_platform",
    ),
    Rule(
        "poptorch_wrapped",
        "[poptorch:cpp] [warning] %3860 : Float(32, strides=[1])",
        "[poptorch:cpp] [warning] " + nonempty,
        level="warning",
        kind="sdk",
    ),
    Rule(
        "poplar_estimate",
        "2024-04-08T09:27:07.604347Z PO:ENGINE   791072.791072 W: Estimated counters: 188416, actual counters: 59971",
        _poplar + " W: " + pp.Literal("Estimated counters")("profiling") + ": " + count + ", actual counters: " + count,
        marks="identifies_platform",
        params="log",
    ),
    Rule(
        "poplar_preplan",
        "2024-04-08T18:42:13.615707Z PL:POPLIN    1313629.1313629 W: poplin::preplanMatMuls() is deprecated! Use poplin::preplan() instead",
        _poplar + " W: " + pp.Combine("poplin::preplan" + nonempty)("text"),
        marks="identifies_platform",
        level="warning",
        kind="sdk",
    ),
    Rule(
        "poplar_warning",
        "2024-04-08T18:43:02.319070Z PO:ENGINE   1313629.1313629 W:   Consider increasing the engine option `opt.x`.",
        _poplar
        + (pp.Literal(" W: Rng ") | " W: WARNING: " | " W: The " | " W: Specified " | " W:   " | " W: create" | (" W: " + pp.Regex("[0-9]+") + " vertices "))
        + nonempty("text"),
        marks="identifies_platform",
        level="warning",
        kind="sdk",
        more=(
            "2024-04-08T09:03:55.437249Z popart:session 773471.773471 W: Rng state buffer was not serialized.",
            '2022-09-06T14:15:37.677556Z popart:devicex 175824.175824 W: Specified directory not found. Creating "../cache" directory',
        ),
    ),
    # Poprun tries one device after another: successful runs print these lines too.
    Rule(
        "poplar_busy",
        "2023-02-03T18:22:23.881995Z PO:TARGET   774863.774863 E: Failed to attach to ipu(s)",
        _poplar + (pp.Literal(" E: Failed to attach to ipu(s)") | " E: attach_device_impl: Device already in use") + rest,
        marks="identifies_platform",
        level="warning",
        kind="device",
    ),
    Rule(
        "poplar_error",
        "2022-01-06T06:45:18.424014Z popart:popart 904.904 E: Must pass a valid deviceInfo to InferenceSession::createFromOnnxModel",
        _poplar + (pp.Literal(" E: Must ") | " E: Error" | " E: Out " | " E: Could " | " E: Cannot ") + nonempty("text"),
        marks="identifies_platform failure",
        level="error",
        kind="sdk",
    ),
    Rule(
        "poplar_note",
        "2022-01-06T06:45:13.321528Z popart:popart 904.904 I: Start to create Executable...",
        _poplar + " I: " + nonempty,
        marks="identifies_platform",
    ),
    Rule(
        "poplar_bare",
        "2023-04-26T16:53:38.241395Z popart:session 3680893.3680893",
        _poplar,
        marks="identifies_platform",
    ),
    Rule(
        "poplar_loaded",
        "Ending phase: Loading executable (duration 607 ms; diff RSS: 0.586426 MB)",
        "Ending phase: Loading executable (duration " + in_unit(real, "ms")("duration") + " ms; diff RSS: " + real + " MB)",
        marks="identifies_platform",
    ),
    Rule(
        "branch_record",
        'WARNING: The compile time engine option debug.branchRecordTile is set to "5887" when creating the Engine.',
        "WARNING: The compile time engine option " + nonempty,
    ),
    Rule(
        "metric_hook",
        "    Registered metric hook: total_compiling_time with object: <function get_results_for_compile_time at 0x7f61a4f2d700>",
        "Registered metric hook: total_compiling_time with object: <function " + nonempty,
        marks="identifies_platform",
    ),
    Rule(
        "tf_poplar",
        "2023-08-22 23:35:02.925033: I tensorflow/compiler/plugin/poplar/driver/poplar_platform.cc:43] Poplar version: 3.3.0 (de1f8de2a7) "
        "Poplar package: b67b751185",
        _tensorflow + "I tensorflow/compiler/plugin/poplar/driver/poplar_platform.cc:" + pp.Regex("[0-9]+") + "] Poplar version: "
        + pp.Regex(r"[0-9]+\.[0-9]+\.[0-9]+")("sdk_version") + " (" + nonempty,
        marks="identifies_platform begin",
    ),
    Rule(
        "tf_device",
        "2023-08-22 23:35:06.119772: I tensorflow/compiler/plugin/poplar/driver/poplar_executor.cc:1619] TensorFlow device /device:IPU:0 "
        "attached to 1 IPU with Poplar device ID: 0",
        _tensorflow + "I tensorflow/compiler/plugin/poplar/driver/poplar_executor.cc:" + pp.Regex("[0-9]+") + "] TensorFlow device "
        + token + " attached to " + integer("devices") + (pp.Literal(" IPUs") | " IPU") + " with Poplar device ID: " + pp.Regex("[0-9]+"),
        marks="identifies_platform",
    ),
    Rule(
        "tf_replicated",
        "2020-11-23 14:41:00.503607: I tensorflow/compiler/plugin/poplar/driver/poplar_compiler.cc:548] Automatically replicating the "
        "TensorFlow model by a factor of 2.",
        _tensorflow + "I tensorflow/compiler/plugin/poplar/driver/poplar_compiler.cc:" + pp.Regex("[0-9]+")
        + "] Automatically replicating the TensorFlow model by a factor of " + pp.Regex("[0-9]+")("ranks") + pp.Opt("."),
        marks="identifies_platform",
    ),
    Rule(
        "tf_compiled_cluster",
        "2023-08-22 23:35:18.532415: I tensorflow/compiler/jit/xla_compilation_cache.cc:376] Compiled cluster using XLA!  This line is "
        "logged at most once for the lifetime of the process.",
        _tensorflow + "I tensorflow/compiler/jit/xla_compilation_cache.cc:" + pp.Regex("[0-9]+") + "] Compiled cluster using XLA!" + rest,
    ),
    Rule(
        "tf_record",
        "2023-08-22 23:35:07.087287: I tensorflow/compiler/mlir/mlir_graph_optimization_pass.cc:185] None of the MLIR Optimization Passes "
        "are enabled (registered 2)",
        _tensorflow + pp.Regex("[IW]") + " tensorflow/" + (pp.Literal("compiler/mlir/") | "compiler/tf2xla/" | "core/" | "compiler/xla/" | "compiler/tf2tensorrt/")
        + nonempty,
        more=("2023-02-10 19:44:45.649311: I tensorflow/core/platform/cpu_feature_guard.cc:193] This TensorFlow binary is optimized",),
    ),
    Rule(
        "tf_compiling_test",
        "Compiling module a_inference_test_function_22828__XlaMustCompile_true_config_proto___n_007_n_0...02_001_000__executor_type____.2593:",
        "Compiling module a_inference_" + pp.Literal("test")("stage") + "_function" + nonempty,
        marks="identifies_platform",
        fixed={"split": "eval"},
    ),
    Rule(
        "tf_compiling",
        "Compiling module a_inference_train_function_869__XlaMustCompile_true_config_proto___n_007_n_0...02_001_000__executor_type____.616:",
        "Compiling module a_inference_train" + nonempty,
        marks="identifies_platform",
        fixed={"split": "train"},
    ),
    Rule(
        "jax_compiling",
        "Compiling module jit_do_compute.2:",
        "Compiling module jit_" + nonempty,
        marks="identifies_platform",
    ),
    Rule(
        "tf_compiled",
        "[##################################################] 100% Compilation Finished [Elapsed: 00:00:14.4]",
        "[" + pp.Regex("#+") + "] 100% Compilation Finished [Elapsed: " + clock("duration") + "]",
        marks="identifies_platform",
        carry={"split": "tf_compiling|tf_compiling_test"},
    ),
    Rule("tf_note", "INFO:tensorflow:The provided set of data has an unknown size.", (pp.Literal("INFO:tensorflow:") | "WARNING:tensorflow:") + nonempty),
    Rule(
        "rebuilding",
        "Building (if necessary) and loading residual_add_inplace_pattern.",
        (pp.Literal("Building (if necessary) and loading ") | "Failed to find compiled extension; rebuilding.") + rest,
        marks="identifies_platform",
        more=("Failed to find compiled extension; rebuilding.",),
    ),
    Rule(
        "device_layer",
        "Encoder 10 --> IPU 3",
        pp.Regex("[A-Z][A-Za-z_]*(?: [A-Za-z0-9]+)*") + blanks + "--> IPU " + integer("count"),
        marks="identifies_platform",
        more=("Embedding  --> IPU 0", "LM_head --> IPU 0"),
    ),
    Rule("device_allocation", "-------------------- Device Allocation --------------------", pp.Regex("-+") + " Device Allocation " + pp.Regex("-+")),
    Rule("rule_of_dashes", "-----------------------------------------------------------", pp.Literal("-" * 39) + pp.Regex("-*")),
)  # fmt: skip

# ---- PopTorch MNIST, and programs whose bars look alike ---- #

_block = pp.Regex("[^0-9A-Za-z. ].*")

mnist = (
    Rule(
        "epochs_start",
        "Epochs:   0%|          | 0/10 [00:00<?, ?it/s]",
        pp.Literal("Epochs:") + blanks + "0%" + pp.Regex(r"(?:\|[^|]*\|)? 0/") + integer("epochs") + " [00:00<?" + pp.Regex(r"[^\]]*") + pp.Opt("]"),
        marks="begin",
        more=("Epochs:   0%|          | 0/10 [00:00<?,",),
    ),
    Rule(
        "epochs_bar",
        "Epochs: 100%|██████████| 10/10 [01:49<00:00, 10.99s/it]",
        (pp.Literal("Epochs:") | "epochs:") + blanks + any_bar,
        marks="running redraw",
        split="train",
        window="interval",
        more=(
            "epochs:  10%|█         | 1/10 [00:35<05:15, 35.05s/it]",
            "Epochs:  40%|████      | 4/10 [00:58<01:40, 16.71s/it]",
            "Epochs: 100%|██████████| 10/10 [01:49<00:00]",
        ),
    ),
    # The last bar without a label before the end of the epochs is that of the batches, not that of the test.
    Rule("epochs_ended", "Epochs: 100%|", pp.Literal("Epochs: 100%|"), marks="unanchored", carry={"total": "bar", "done": "bar"}),
    Rule(
        "batch_bar",
        "Loss: 1.4969 | Accuracy: 96.25% : 100%|██████████| 150/150 [00:09<00:00, 17.19it/s]",
        "Loss: " + real("loss") + " | Accuracy: " + percent("accuracy") + "% :" + blanks + any_bar,
        marks="identifies_platform running redraw",
        split="train",
        more=("Loss: 2.2976 | Accuracy: 14.50% :   1%|          | 1/150 [00:23<58:21, 2",),
    ),
    Rule(
        "test_accuracy",
        "Accuracy on test set: 97.13%",
        "Accuracy on test set: " + percent("accuracy") + "%" + pp.Opt(_block),
        marks="final",
        split="test",
        window="final",
        more=("Accuracy on test set: 96.85%██████| 100/100 [00:00<00:00]",),
    ),
    Rule(
        "model_print",
        "TrainingModelWithLoss(",
        "TrainingModelWithLoss(" + pp.Opt(pp.Regex("[0-9:%,][^()]*")),
        marks="identifies_platform",
        more=("TrainingModelWithLoss(0:00, 13.97it/s]<00:00]",),
    ),
    Rule(
        "model_layer",
        "(conv): Conv2d(1, 32, kernel_size=(3, 3), stride=(1, 1))",
        "(" + pp.Regex("[a-z][a-z0-9_]*") + "): " + pp.Regex(r"[A-Z][A-Za-z0-9]*\(") + rest,
        more=("(layer1): Block(", "(relu): ReLU()"),
    ),
    Rule("model_end", ")", pp.Literal(")")),
    Rule(
        "download",
        "Downloading http://yann.lecun.com/exdb/mnist/train-images-idx3-ubyte.gz",
        (pp.Literal("Downloading http") | "Extracting " | "Downloading data from http" | "Files already downloaded and verified") + rest,
        more=("Files already downloaded and verified", "Extracting /home/user/train-images-idx3-ubyte.gz to /home/user/raw"),
    ),
    # The next mirror is tried.
    Rule("download_mirror", "Failed to download (trying next):", (pp.Literal("Failed to download (trying next):") | "HTTP Error 403: Forbidden") + rest),
    Rule(
        "step_bar",
        "Loss:6.7462 | Accuracy:0.62%: 100%|██████████| 78/78 [02:48<00:00,  2.16s/it]",
        "Loss:" + real("loss") + " | Accuracy:" + percent("accuracy") + "%:" + blanks + any_bar,
        marks="identifies_platform running redraw",
        split="train",
    ),
    Rule(
        "step_bar_cut",
        "Loss:6.2860 | Accuracy:2.41%:  96%|█████████▌| 75/7",
        "Loss:" + real("loss") + " | Accuracy:" + percent("accuracy") + "%:" + blanks + pp.Regex("[0-9]+") + "%|" + pp.Regex(r"[^|\[]*") + "| "
        + pp.Regex("[0-9]+/[0-9]*"),
        marks="identifies_platform running redraw",
        split="train",
    ),
    Rule(
        "loss_bar",
        "Loss:0.0270: 100%|██████████| 7500/7500 [00:24<00:00, 306.92it/s]",
        "Loss:" + real("loss") + ":" + blanks + any_bar,
        marks="running redraw",
        split="train",
    ),
    Rule(
        "batches_bar",
        "batches:   4%|▎         | 138/3750 [00:00<00:05, 699.59it/s]",
        "batches:" + blanks + any_bar + pp.Opt("[A"),
        marks="running redraw",
        split="train",
    ),
    Rule("loss_cut", "Loss:6.7539", "Loss:" + real("loss"), split="train"),
    Rule(
        "epoch_of",
        "Epoch 1/3",
        "Epoch " + integer("epoch") + "/" + integer("epochs"),
        marks="running",
        fixed={"split": "train"},
    ),
    Rule(
        "epoch_bar",
        "[Epoch 02]: 100%|██████████| 6250/6250 [00:56<00:00, 110.37it/s, Loss=2.55]",
        "[Epoch " + integer("epoch") + "]:" + blanks
        + (tqdm(pp.Opt((pp.Literal(", Loss=") | ", loss=") + real("loss") + pp.Opt(", acc=" + percent("accuracy")))) | any_bar),
        marks="running redraw",
        split="train",
        more=(
            "[Epoch 01]: 100%|██████████| 24/24 [08:32<00:00, 21.35s/it, loss=1.27, acc=50]",
            "[Epoch 01]: 100%|██████████| 3/3 [00:04<00:00,  1.41s/it]",
            "[Epoch 01]:   0%|          | 0/3750 [00:00<?, ?it/s",
            "[Epoch 01]: 100%|██████████| 24/24 [08:32<00:00, 21.35s/it, lr=0.1]",
        ),
    ),
    Rule(
        "epoch_mean",
        "[Epoch 01] loss: 1.758, acc: 34.2",
        "[Epoch " + integer("epoch") + "] loss: " + real("loss") + ", acc: " + percent("accuracy"),
        marks="identifies_platform running",
        split="train",
        window="mean",
    ),
    Rule(
        "epoch_mean_loss",
        "[Epoch 01] loss = 1.788",
        "[Epoch " + integer("epoch") + "] loss = " + real("loss"),
        marks="identifies_platform running",
        split="train",
        window="mean",
    ),
    Rule(
        "namespace",
        "Namespace(async_dataloader=True, batch_size=64, device_iterations=4, eight_bit_io=True, epochs=5, gradient_accumulation=8, "
        "precision='16.16', replicas=8)",
        "Namespace(async_dataloader=" + pp.Regex("True|False") + ", batch_size=" + integer("micro_batch_size") + ", device_iterations="
        + integer("device_iterations") + ", eight_bit_io=" + pp.Regex("True|False") + ", epochs=" + integer("epochs") + ", gradient_accumulation="
        + integer("gradient_accumulation") + ", precision='" + pp.Regex("[0-9.]+")("precision") + "'" + pp.Opt(", replicas=" + integer("ranks")) + ")",
        marks="identifies_platform",
        params="log",
        more=("Namespace(async_dataloader=True, batch_size=64, device_iterations=4, eight_bit_io=True, epochs=5, gradient_accumulation=8, precision='16.16')",),
    ),
    Rule(
        "training_loss_bar",
        "Epoch 0 training loss: 0.462308: 100%|██████████| 96/96 [00:47<00:00,  2.00it/s]",
        "Epoch " + integer("epoch") + (pp.Literal(" training loss: ") | " loss: ") + real("loss") + ":" + blanks + any_bar,
        marks="running redraw",
        split="train",
        window="mean",
        more=("Epoch 7 loss: 1.941724: 100%|██████████| 1/1 [00:00<00:00, 74.46it/s]",),
    ),
    Rule(
        "tensor_loss",
        "Epoch: 0  Training Loss:  tensor(209151.5156)",
        "Epoch: " + integer("epoch") + "  Training Loss:  tensor(" + real("loss") + ")",
        marks="running",
        split="train",
        window="mean",
    ),
    Rule(
        "epoch_loss",
        "Epoch: 1, Loss: 1.9448516368865967",
        "Epoch: " + integer("epoch") + ", Loss: " + real("loss"),
        marks="running",
        split="train",
        carry={"scope": "training_on"},
    ),
    Rule("training_on", "Training on IPU.", "Training on " + (pp.Literal("IPU") | "CPU")("scope") + "."),
    Rule("tensor_loss_bare", "loss = tensor(4.0856)", "loss = tensor(" + real("loss") + ")", marks="running", split="train"),
    Rule(
        "eval_accuracy",
        "Eval accuracy: 86.42%",
        "Eval accuracy: " + percent("accuracy") + "%",
        marks="final",
        split="test",
        window="final",
    ),
    Rule("final_accuracy", "Test accuracy: 73.70%", "Test accuracy: " + percent("accuracy") + "%", marks="result", split="test", window="final"),
    Rule("validation_accuracy", "Validation accuracy: 73.20%", "Validation accuracy: " + percent("accuracy") + "%", split="eval", window="final"),
    Rule("accuracy_fraction", "accuracy = 0.18666666666666668", "accuracy = " + real("accuracy"), marks="result", split="eval", window="final"),
    Rule("training_loop", "Running training loop.", pp.Literal("Running training loop."), marks="begin"),
    Rule("epoch_number", "Epoch #10", "Epoch #" + integer("epoch"), marks="running"),
    Rule("pvti_train_loss", "   Loss=0.2287", "Loss=" + real("loss"), split="train", carry={"epoch": "epoch_number"}),
    Rule(
        "pvti_train_accuracy", "   Loss_Accuracy=91.65%", "Loss_Accuracy=" + percent("accuracy") + "%", split="train",
        carry={"epoch": "epoch_number"},
    ),
    Rule(
        "pvti_eval_loss", "   Validation_Loss=0.2202", "Validation_Loss=" + real("loss"), split="eval", carry={"epoch": "epoch_number"}
    ),
    Rule(
        "pvti_eval_accuracy", "   Validation_Loss_Accuracy=92.03%", "Validation_Loss_Accuracy=" + percent("accuracy") + "%", split="eval",
        carry={"epoch": "epoch_number"},
    ),
    Rule("plain_accuracy", "   Accuracy=88.88%", "Accuracy=" + percent("accuracy") + "%", split="eval", carry={"epoch": "epoch_number"}),
)  # fmt: skip

# ---- BERT, GPT-2, CNN: the example applications ---- #

_bert = (
    "Step: " + integer("step") + " / " + pp.Regex("[0-9]+") + " - LR: " + real("learning_rate") + " - total loss: " + real("loss") + " - mlm_loss: "
    + real("mlm_loss") + " - nsp_loss: " + real("nsp_loss") + " - mlm_acc: " + pp.Regex("[0-9.]+") + " % - nsp_acc: "
)  # fmt: skip


def _settings(*names: str | tuple[str, pp.ParserElement]) -> pp.ParserElement:
    """`a=1, b='x', c=[1, 2]`; the values of names without a token are not captured."""
    value = pp.Regex(r"\[[^\]]*\]|'[^']*'|[^,)'\[]+")
    parts = [(name + "=" + value) if isinstance(name, str) else (name[0] + "=" + name[1]) for name in names]
    expr = parts[0]
    for part in parts[1:]:
        expr = expr + ", " + part
    return expr


applications = (
    Rule("using_config", "Using config: demo_tiny_128", "Using config: " + token("model"), marks="identifies_platform begin", params="log"),
    Rule(
        "one_replica",
        "[warning] With replication_factor == 1 you may need to set embedding_serialization_factor > 1 for the model to fit",
        "[warning] With replication_factor == " + pp.Literal("1")("ranks") + " you may need to set " + nonempty,
        marks="identifies_platform",
    ),
    Rule("data_loaded", "Data loaded in 11.212395695969462 secs", "Data loaded in " + seconds("duration") + " secs", marks="identifies_platform"),
    Rule(
        "section",
        "--------------------- Training Started --------------------",
        pp.Regex("-+") + (pp.Literal(" Training Started ") | " Data Loading Started " | " Compilation/Loading from Cache Started " | " Training Metrics ")
        + pp.Regex("-+"),
        marks="identifies_platform",
        more=("---------- Compilation/Loading from Cache Started ---------",),
    ),
    Rule(
        "bert_step",
        "Step: 149 / 149 - LR: 1.00e-03 - total loss: 7.389 - mlm_loss: 7.008 - nsp_loss: 0.380 - mlm_acc: 0.161 % - nsp_acc: 0.875 %:  "
        "99%|█████████▉| 149/150 [00:03<00:00, 45.44it/s, throughput: 754.3 samples/sec]",
        _bert + pp.Regex("[0-9.]+") + " %:" + blanks + tqdm(", throughput: " + grouped("throughput") + " samples/sec"),
        marks="identifies_platform running redraw global",
        split="train",
    ),
    Rule(
        "bert_step_cut",
        "Step: 0 / 149 - LR: 1.00e-03 - total loss: 11.031 - mlm_loss: 10.341 - nsp_loss: 0.690 - mlm_acc: 0.000 % - nsp_acc: 0.7",
        _bert + (pp.Regex("[0-9.]+") + " %:" + pp.Regex(r"[^\]]*") | pp.Regex("[0-9.]*")),
        marks="identifies_platform running redraw global",
        split="train",
        more=(
            "Step: 0 / 0 - LR: 0.00e+00 - total loss: 11.260 - mlm_loss: 10.397 - nsp_loss: 0.863 - mlm_acc: 0.000 % - nsp_acc: 0.052 %:   "
            "0%|          | 0/1 [00:03<?, ?it",
        ),
    ),
    *(
        Rule(
            f"bert_{name}",
            f"{name}: 0.161 %",
            f"{name}: " + real(field) + " %",
            marks="unanchored redraw global",
            split="train",
            carry={"step": "bert_step|bert_step_cut"},
            corrects="a fraction, although it is printed with a percent sign",
        )
        for name, field in (("mlm_acc", "mlm_accuracy"), ("nsp_acc", "nsp_accuracy"))
    ),
    Rule("bert_batch", "global_batch_size: 16", "global_batch_size: " + integer("batch_size"), marks="identifies_platform", params="log"),
    Rule("bert_iterations", "device_iterations: 1", "device_iterations: " + integer("device_iterations"), marks="identifies_platform", params="log"),
    Rule("bert_steps", "training_steps: 150", "training_steps: " + integer("steps"), marks="identifies_platform"),
    Rule("bert_time", "Training time: 3.280 secs", "Training time: " + seconds("duration") + " secs", marks="identifies_platform final"),
    Rule("gpt2_start", "Model initializing", pp.Literal("Model initializing"), marks="begin"),
    Rule(
        "gpt2_arguments",
        "Arguments: Namespace(async_dataloader=False, auto_loss_scaling=False, batch_size=1, checkpoint_input_dir='', "
        "checkpoint_output_dir=None, compile_only=False, custom_ops=True, dataset='generated', device_iterations=8, "
        "embedding_serialization_factor=4, enable_half_partials=True, enable_sequence_serialized=True, epochs=1, executable_cache_dir=None, "
        "gradient_accumulation=2048, input_files=None, ipus_per_replica=4, layers_per_ipu=[0, 4, 4, 4], learning_rate=0.00015, log_steps=1, "
        "loss_scaling=50000.0, lr_decay_steps=None, lr_schedule='cosine', lr_warmup=0.01, lr_warmup_steps=None, "
        "matmul_proportion=[0.15, 0.15, 0.15, 0.15], max_len=1024, model='gpt2', num_workers=4, optimizer='AdamW', "
        "optimizer_state_offchip=True, recompute_checkpoint_every_layer=True, recompute_checkpoint_layers=None, remap_logit=True, "
        "replicated_tensor_sharding=True, replication_factor=4, resume_training_from_checkpoint=False, save_per_epochs=1, "
        "save_per_steps=None, seed=1234, serialized_seq_len=128, stride=128, training_steps=10000, use_popdist=False, use_wandb=False, "
        "val_num=0, weight_decay=0.0)",
        "Arguments: Namespace("
        + _settings(
            "async_dataloader", "auto_loss_scaling", ("batch_size", integer("micro_batch_size")), "checkpoint_input_dir",
            "checkpoint_output_dir", "compile_only", "custom_ops", "dataset", ("device_iterations", integer("device_iterations")),
            "embedding_serialization_factor", "enable_half_partials", "enable_sequence_serialized", ("epochs", integer("epochs")),
            "executable_cache_dir", ("gradient_accumulation", integer("gradient_accumulation")), "input_files",
            ("ipus_per_replica", integer("devices_per_rank")), "layers_per_ipu", ("learning_rate", real("learning_rate")), "log_steps",
            "loss_scaling", "lr_decay_steps", "lr_schedule", "lr_warmup", "lr_warmup_steps", "matmul_proportion",
            ("max_len", integer("sequence_length")), ("model", "'" + pp.Regex("[^']*")("model") + "'"), "num_workers", "optimizer",
            "optimizer_state_offchip", "recompute_checkpoint_every_layer", "recompute_checkpoint_layers", "remap_logit",
            "replicated_tensor_sharding", ("replication_factor", integer("ranks")), "resume_training_from_checkpoint", "save_per_epochs",
            "save_per_steps", ("seed", integer("seed")),
        )
        + ", " + nonempty,
        params="log",
    ),
    Rule("config_dump", '  "activation_function": "gelu",', '"' + pp.Regex("[a-z_]+") + '": ' + pp.Regex('[^:{}]+')),
    Rule("samples_per_epoch", "Samples per epoch: 262144", "Samples per epoch: " + integer("count")),
    Rule("steps_per_epoch", "Steps per epoch: 4", "Steps per epoch: " + integer("count")),
    Rule(
        "gpt2_first_step",
        "step 0 of epoch 0, loss: 10.913212776184082, acc: 2.0116567611694336e-05, lr: 0.00012803300858899104, throughput: 36.69187444207895 samples/sec",
        "step " + pp.Literal("0")("step") + " of epoch " + integer("epoch") + ", loss: " + real("loss") + ", acc: " + real("accuracy") + ", lr: "
        + real("learning_rate") + ", throughput: " + grouped("throughput") + " samples/sec",
        marks="identifies_platform running",
        split="train",
    ),
    Rule(
        "gpt2_step",
        "step 1 of epoch 0, loss: 10.836352348327637, acc: 1.9758939743041992e-05, lr: 7.5e-05, throughput: 1064.3232077940409 samples/sec",
        "step " + pp.Regex("[1-9][0-9]*")("step") + " of epoch " + integer("epoch") + ", loss: " + real("loss") + ", acc: " + real("accuracy")
        + ", lr: " + real("learning_rate") + ", throughput: " + grouped("throughput") + " samples/sec",
        marks="identifies_platform running",
        split="train",
    ),
    Rule("cnn_replicas", "[INFO] Total replicas: 4", _cnn + "Total replicas: " + integer("ranks"), params="log"),
    Rule("cnn_batch", "[INFO] Global batch size: 16416", _cnn + "Global batch size: " + count("batch_size"), params="log"),
    Rule("cnn_ipus", "[INFO] Number of IPUs required: 4", _cnn + "Number of IPUs required: " + integer("devices"), marks="identifies_platform"),
    Rule("cnn_loading", "[INFO] Loading the data", _cnn + "Loading the data"),
    Rule(
        "cnn_epoch",
        "[INFO] Epoch 2/2",
        _cnn + "Epoch " + integer("epoch") + pp.Opt("/" + integer("epochs")) + pp.Opt(pp.Regex("[^0-9/].*")),
        marks="running",
        more=("[INFO] Epoch 1████▌| 75/78 [02:42<00:06,  2.05s/it]", "[INFO] Epoch 2,0]<stderr>:"),
    ),
    Rule(
        "cnn_loss", "[INFO] loss: 6.7462,", _cnn + "loss: " + real("loss") + ",", marks="running global", split="train", window="mean",
        carry={"epoch": "cnn_epoch"},
    ),
    Rule(
        "cnn_accuracy", "[INFO] accuracy: 0.62 %", _cnn + "accuracy: " + percent("accuracy") + " %", marks="running global", split="train",
        window="mean", carry={"epoch": "cnn_epoch"},
    ),
    Rule(
        "cnn_throughput", "[INFO] throughput: 7599.7 samples/sec", _cnn + "throughput: " + grouped("throughput") + " samples/sec",
        marks="running global", split="train", window="mean", carry={"epoch": "cnn_epoch"},
    ),
    Rule(
        "cnn_finished",
        "[INFO] Finished training. Time: 2023-08-22 23:54:57.853508. It took: 0:05:26.090631",
        _cnn + "Finished training. Time: " + timestamp_micro("at") + ". It took: " + clock("duration"),
        marks="identifies_platform final",
    ),
    Rule(
        "utils_total",
        "[INFO] 2022-12-16 17:07:32: Total runtime: 3956.836479 seconds",
        _utils + "Total runtime: " + seconds("total_s") + " seconds",
        marks="final",
    ),
    Rule(
        "utils_throughput",
        "[INFO] 2022-12-16 17:07:32:    throughput = '7527.626315789474'",
        _utils + "throughput = '" + real("throughput") + "'",
        marks="identifies_platform running",
        split="benchmark",
        window="mean",
        more=("[INFO] 2022-62:01:14:    throughput = '39057.447368421046'",),
    ),
    Rule(
        "utils_accuracy",
        "[INFO] 2022-12-16 17:07:32:    accuracy = '57.41'",
        _utils + "accuracy = '" + percent("accuracy") + "'",
        marks="identifies_platform running",
        split="benchmark",
        window="mean",
    ),
    Rule(
        "utils_loss",
        "[INFO] 2022-12-16 17:07:32:    loss = '2.8153'",
        _utils + "loss = '" + real("loss") + "'",
        marks="identifies_platform running",
        split="benchmark",
        window="mean",
    ),
    Rule(
        "utils_compile",
        "[INFO] 2022-12-16 17:07:33:    Total compile time: 429.59 seconds",
        _utils + "Total compile time: " + seconds("duration") + " seconds",
    ),
    # Printed if stderr has no start and end of a compilation: the run did not fail.
    Rule(
        "utils_no_compile",
        "[INFO] 2022-12-03 06:44:15:    Total compile time: ERROR",
        _utils + "Total compile time: ERROR",
    ),
)  # fmt: skip

# ---- CosmicTagger ---- #

_metrics = (
    " metrics: Average/Non_Bkg_Accuracy: "
    + real("non_background_accuracy")
    + ", Average/mIoU: "
    + real("mean_iou")
    + ", loss: "
    + real("loss")
    + " ("
)

cosmictagger = (
    Rule(
        "cosmic_launch", "2023-02-10 19:44:42,050 - INFO - Dumping launch arguments.", _logged + "Dumping launch arguments.",
    ),
    Rule(
        "cosmic_arguments",
        "2023-02-10 19:44:42,050 - INFO - ['bin/exec.py', 'mode=train', 'run.id=bfloat16_2x10_1']",
        _logged + "[" + pp.Combine("'bin/exec.py'" + nonempty)("command"),
        params="command",
    ),
    Rule("cosmic_running", "2023-02-10 19:44:42,051 - INFO - Running Training", _logged + "Running Training"),
    Rule(
        "cosmic_step",
        "2023-02-15 05:35:30,877 - INFO - train Step 480 metrics: Average/Non_Bkg_Accuracy: 0.337, Average/mIoU: 0.0328, loss: 2.9 "
        "(0.15 Img/s / 0.019 IOs / 0.045 (Step)(s))",
        _said + "train Step " + integer("step") + _metrics + pp.Opt(real("throughput") + " Img/s / ") + seconds("io_time") + " IOs / "
        + pp.Regex("[0-9.e-]+") + " (Step)(s))",
        marks="identifies_platform running",
        split="train",
        more=(
            "2023-02-15 03:45:46,018 - INFO - train Step 0 metrics: Average/Non_Bkg_Accuracy: 0.166, Average/mIoU: 0.00215, loss: 3.9 "
            "(0.021 IOs / 0.056 (Step)(s))",
        ),
    ),
    Rule(
        "cosmic_test",
        "2023-02-15 05:35:17,856 - INFO - test Step 480 metrics: Average/Non_Bkg_Accuracy: 0.314, Average/mIoU: 0.0304, loss: 2.73 (0.41 Img/s)",
        _said + "test Step " + integer("step") + _metrics + real("throughput") + " Img/s)",
        marks="identifies_platform running",
        split="test",
    ),
    Rule(
        "cosmic_total",
        "2023-02-15 05:39:52,120 - INFO - Total time to batch_process: 6864.3308",
        _said + "Total time to batch_process: " + seconds("duration"),
        marks="identifies_platform final",
    ),
    Rule(
        "cosmic_after_first",
        "2023-02-15 05:39:52,120 - INFO - Total time to batch process except first iteration: 6846.0959, throughput: 0.1458",
        _said + "Total time to batch process except first iteration: " + seconds("duration") + ", throughput: " + grouped("throughput"),
        marks="identifies_platform result",
        split="train",
        window="mean",
    ),
    Rule(
        "cosmic_after_second",
        "2023-02-15 05:39:52,121 - INFO - Total time to batch process except first two iterations: 6832.4709, throughput: 0.1458",
        _said + (pp.Literal("Total time to batch process except first two iterations: ") | "Total time to batch process last 40 iterations: ")
        + seconds("duration") + ", throughput: " + pp.Regex("[0-9.]+"),
        marks="identifies_platform result",
        more=("2023-02-15 05:39:52,121 - INFO - Total time to batch process last 40 iterations: 555.3676, throughput: 0.1440",),
    ),
    Rule(
        "cosmic_parameters",
        "2023-02-10 19:44:45,627 - INFO - Total number of trainable parameters in this network: 18382131",
        _said + "Total number of trainable parameters in this network: " + integer("parameters"),
        params="log",
    ),
    Rule(
        "cosmic_no_checkpoint",
        "2023-02-10 19:44:51,140 - INFO - No checkpoint file found, restarting from scratch",
        _logged + "No checkpoint file found, restarting from scratch",
    ),
    Rule(
        "cosmic_note",
        "2023-02-10 19:44:44,986 - INFO - Larcv file prepared",
        _logged + (pp.Literal("Larcv file prepared") | "Saving run profile information."),
        more=("2023-02-10 20:06:52,553 - INFO - Saving run profile information.",),
    ),
    Rule("cosmic_blank", "2023-02-10 19:44:42,057 - INFO -", timestamp("at") + " - INFO -"),
    Rule("cosmic_config", "-- CONFIG --", pp.Literal("-- CONFIG --")),
    Rule("cosmic_group", "network: ", (pp.Literal("data:") | "framework:" | "mode:" | "optimizer:" | "network:" | "run:")),
    Rule("cosmic_batch", "  minibatch_size..............: 2", "minibatch_size" + pp.Regex(r"\.+") + ": " + integer("micro_batch_size"), params="config"),
    Rule("cosmic_precision", "  precision...................: float16", "precision" + pp.Regex(r"\.+") + ": " + token("precision"), params="config"),
    Rule("cosmic_rate", "    learning_rate.............: 0.0003", "learning_rate" + pp.Regex(r"\.+") + ": " + real("learning_rate"), params="config"),
    Rule(
        "cosmic_accumulation", "    gradient_accumulation.....: 1", "gradient_accumulation" + pp.Regex(r"\.+") + ": " + integer("gradient_accumulation"),
        params="config",
    ),
    Rule("cosmic_asked", "  iterations..................: 500", "iterations" + pp.Regex(r"\.+") + ": " + integer("iterations"), params="config"),
    Rule(
        "cosmic_output", "output_dir....................: output/torch/A21//",
        "output_dir" + pp.Regex(r"\.+") + ": output/torch/" + pp.Regex("[A-Za-z0-9_]+")("model") + "/" + rest,
    ),
    Rule(
        "cosmic_setting",
        "  aux_iterations..............: 10",
        pp.Regex(
            "(?:aux|bias|block|bottleneck|checkpoint_iteration|compute_mode|connections|conv_mode|data_|depth|distributed|downsampl|file|filter_size|"
            "framework|growth_rate|id|img_transform|logging_iteration|loss_balance|n_initial_filters|name|no_summary_images|normalization|profile|"
            "quantization_aware|residual|sparse|summary_iteration|synthetic|upsampling|weight_decay|weights_location)[a-z_]*"
        )
        + "..." + pp.Regex(r"\.*:") + rest,
        more=("  weights_location............:", "  blocks_deepest_layer........: 5"),
    ),
)  # fmt: skip

# ---- Keras, Hugging Face, PopART, PopXL and others ---- #

_keras_split = "epoch_of|keras_part|tf_compiling_test"

frameworks = (
    Rule(
        "keras_example",
        "Keras MNIST example, running on IPU with pipelining",
        "Keras MNIST example, running on IPU" + pp.Opt(" with " + nonempty),
        marks="identifies_platform begin",
        more=("Keras MNIST example, running on IPU",),
    ),
    Rule("keras_on_cpu", "Keras MNIST example, running on CPU", pp.Literal("Keras MNIST example, running on CPU"), marks="begin"),
    Rule("keras_model", 'Model: "model_1"', 'Model: "' + pp.Regex("[a-z_]*model[a-z0-9_]*") + '"', marks="begin"),
    Rule("keras_part", "Evaluation", pp.Literal("Evaluation")("stage"), fixed={"split": "eval"}),
    Rule("keras_training", "Train on 60000 samples", "Train on " + integer("count") + " samples"),
    Rule("keras_train", "Training", pp.Literal("Training")),
    Rule(
        "keras_epoch",
        "1875/1875 [==============================] - 20s 2ms/step - loss: 0.2052 - accuracy: 0.9392",
        real("done") + "/" + real("total") + " [" + pp.Regex("=+") + "] - " + seconds("duration") + "s "
        # The step time that Keras prints is not the duration divided by the number of steps: it is not captured.
        + pp.Regex(r"[0-9]+[mu]?s/s[a-z]+") + " - loss: " + real("loss") + pp.Opt(" - accuracy: " + real("accuracy"))
        + pp.Opt(" - auc: " + real("roc_auc") + " - top_k_categorical_accuracy: " + real("top_5_accuracy")),
        marks="running",
        window="mean",
        carry={"epoch": "epoch_of", "split": _keras_split},
        more=(
            "2000/2000 [==============================] - 1s 262us/step - loss: 0.3265",
            "60000/60000 [==============================] - 11s 175us/sample - loss: 1.0647 - accuracy: 0.6661",
            "128/128 [==============================] - 1s 428us/step - loss: 0.8581 - accuracy: 0.8750 - auc: 0.9902 - "
            "top_k_categorical_accuracy: 1.0000",
        ),
    ),
    Rule("keras_download", "11493376/11490434 [==============================] - 0s 0us/step", pp.Regex("[0-9]+/[0-9]+") + " ["
         + pp.Regex("=+") + "] - " + pp.Regex("[0-9]+s [0-9]+[mu]?s") + "/step"),
    Rule("keras_layer", "dense (Dense)                (None, 10)                16010     ",
         pp.Regex(r"[a-z0-9_]+ \([A-Za-z0-9]+\)?") + blanks + pp.Regex(r"\[?") + "(None, " + rest),
    Rule("keras_rule", "=================================================================",
         pp.Literal("=" * 40) + pp.Regex("=*") | pp.Literal("_" * 40) + pp.Regex("_*")),
    Rule("keras_parameters", "Total params: 34,826", "Total params: " + count("parameters"), params="log"),
    Rule("keras_summary", "Trainable params: 34,826", (pp.Literal("Trainable params: ") | "Non-trainable params: " | "Layer (type) ") + rest),
    Rule("ran_well", "Program ran successfully", pp.Literal("Program ran successfully"), marks="result"),
    Rule("test_loss", "test loss: 51.4884, test acc: 0.08", "test loss: " + real("loss") + ", test acc: " + real("accuracy"), marks="result",
         split="test", window="final"),
    Rule(
        "wall_clock", "real\t0m53.130s", (pp.Literal("real") | "user" | "sys") + blanks + pp.Regex("[0-9]+m[0-9.]+s"), more=("user\t6m57.052s",)
    ),
    Rule(
        "hf_override",
        "Overriding IPU config: gradient_accumulation_steps=64",
        "Overriding IPU config: gradient_accumulation_steps=" + integer("gradient_accumulation"),
        marks="identifies_platform begin",
        params="config",
    ),
    Rule("hf_compiling", "Compiling Model...", pp.Literal("Compiling Model...")),
    Rule("hf_training", "***** Running training *****", pp.Literal("***** Running training *****"), marks="running"),
    Rule("hf_evaluation", "***** Running Evaluation *****", pp.Literal("***** Running ") + (pp.Literal("Evaluation") | "Prediction") + " *****"),
    Rule("hf_examples", "  Num examples = 106514", "Num examples = " + integer("count")),
    Rule("hf_epochs", "  Num Epochs = 3", "Num Epochs = " + integer("epochs"), params="log"),
    Rule("hf_micro", "  Instantaneous batch size per device = 1", "Instantaneous batch size per device = " + integer("micro_batch_size"), params="log"),
    Rule("hf_iterations", "  Device Iterations = 1", "Device Iterations = " + integer("device_iterations"), marks="identifies_platform", params="log"),
    Rule("hf_replicas", "  Replication Factor = 4", "Replication Factor = " + integer("ranks"), marks="identifies_platform", params="log"),
    Rule("hf_accumulation", "  Gradient Accumulation steps = 128", "Gradient Accumulation steps = " + integer("gradient_accumulation"), params="log"),
    Rule(
        "hf_batch",
        "  Total train batch size (w. parallel, distributed & accumulation) = 128",
        "Total train batch size (w. parallel, distributed & accumulation) = " + integer("batch_size"),
        params="log",
    ),
    Rule("hf_steps", "  Total optimization steps = 2496", "Total optimization steps = " + integer("steps"), params="log"),
    Rule("hf_eval_batch", "  Batch size = 20", "Batch size = " + integer("micro_batch_size")),
    Rule(
        "hf_step",
        "{'loss': 0.6216, 'learning_rate': 1.602564102564103e-05, 'epoch': 0.06}",
        "{'loss': " + real("loss") + ", 'learning_rate': " + real("learning_rate") + ", 'epoch': " + real("epoch") + "}",
        marks="running",
        split="train",
        window="interval",
    ),
    Rule(
        "hf_result",
        "{'train_runtime': 1038.1587, 'train_samples_per_second': 307.745, 'train_steps_per_second': 2.404, 'train_loss': 0.2123262148637038, 'epoch': 3.0}",
        "{'train_runtime': " + seconds("duration") + ", 'train_samples_per_second': " + real("throughput") + ", 'train_steps_per_second': "
        + pp.Regex("[0-9.e-]+") + ", 'train_loss': " + real("average_loss") + ", 'epoch': " + real("epoch") + "}",
        marks="final",
        split="train",
        window="mean",
    ),
    Rule(
        "hf_output",
        "TrainOutput(global_step=720, training_loss=7.6283148871527775, metrics={'train_runtime': 193.6912})",
        "TrainOutput(global_step=" + integer("steps") + ", training_loss=" + nonempty,
    ),
    Rule("hf_eval_epoch", "'epoch': 1.0}", "'epoch': " + real("epoch") + "}", marks="unanchored"),
    *(
        Rule(
            f"hf_eval_{name}",
            f"'eval_{name}': 0.52",
            f"'eval_{name}': " + real(field),
            marks="unanchored",
            split="eval",
            window="mean",
            carry={"epoch": "hf_eval_epoch"},
        )
        for name, field in (
            ("loss", "loss"),
            ("accuracy", "accuracy"),
            ("f1", "f1"),
            ("recall", "recall"),
            ("matthews_correlation", "matthews_correlation"),
            ("runtime", "duration"),
            ("samples_per_second", "throughput"),
        )
    ),
    Rule(
        "squad",
        "{'exact_match': 84.76821192052981, 'f1': 91.16387884333797}",
        "{'exact_match': " + percent("exact_match") + ", 'f1': " + percent("f1") + "}",
        marks="result",
        split="eval",
        window="final",
        corrects="exact_match and f1 are in percent, although they are printed without a percent sign",
    ),
    Rule("hf_perplexity", "Perplexity: 39.56", "Perplexity: " + real("perplexity"), marks="result", split="eval", window="final"),
    Rule("hf_note", "Training completed. Do not forget to share your model on huggingface.co/models =)",
         (pp.Literal("Training completed. Do not forget to share ") | "Saving model checkpoint to " | "Configuration saved in " | "Model weights saved in "
          | "tokenizer config file saved in " | "Special tokens file saved in " | "Reusing dataset " | "Found cached dataset " | "Loading cached "
          | "The following columns in the " | "Some weights of " | "- This IS" | "You should probably TRAIN this model " | "Deleting older checkpoint ")
         + rest),
    Rule(
        "popart_iteration",
        "2020-03-13 16:00:23 INFO Iteration:      1 Epoch:   1.00/200 Loss (MLM NSP): 7.996 0.711 Accuracy (MLM NSP): 0.054 0.547 "
        "Learning Rate: 0.00080 Duration: 0.0959 s Throughput:  667.5 samples/s",
        _said + "Iteration:" + blanks + integer("step") + " Epoch:" + blanks + real("epoch") + "/" + pp.Regex("[0-9]+")
        + " Loss (MLM NSP): " + real("mlm_loss") + " " + real("nsp_loss") + " Accuracy (MLM NSP): " + real("mlm_accuracy") + " "
        + real("nsp_accuracy") + " Learning Rate: " + real("learning_rate")
        + pp.Opt(" Duration: " + seconds("step_time") + " s Throughput:" + blanks + grouped("throughput") + " samples/s"),
        marks="identifies_platform running",
        split="train",
        more=(
            "Iteration:  12000 Epoch:   2/2 Loss (MLM NSP): 1.847 0.067 Accuracy (MLM NSP): 0.633 0.975 Learning Rate: 0.00012",
        ),
    ),
    Rule(
        "popart_start", "2020-03-13 15:55:58 INFO Program Start",
        _logged + (pp.Literal("Program Start") | "Building Model"),
        marks="begin",
        more=("2020-03-16 09:40:11 INFO Building Model",),
    ),
    Rule(
        "popart_device",
        "2020-03-13 15:56:04 INFO Acquired device: Device Type:ipu Id:18 Version:1.0.38 NumIPUs:2 NumTilesPerIPU:1216 DeviceIds: {18}",
        _said + "Acquired device: Device Type:" + token + " Id:" + pp.Regex("[0-9]+") + " Version:" + token + " NumIPUs:"
        + integer("devices") + " NumTilesPerIPU:" + nonempty,
        marks="identifies_platform",
    ),
    Rule(
        "popart_compiled",
        "2020-03-13 16:00:13 INFO Compiled. Duration 214.1097915172577 seconds",
        _said + "Compiled. Duration " + seconds("duration") + " seconds",
        marks="identifies_platform",
    ),
    Rule(
        "popart_note",
        "2020-03-13 16:00:13 INFO Training Started",
        _logged + (pp.Literal("Training Started") | "Dataset length" | "Need " | "Creating Session" | "Compiling Training Graph"
           | "Saving model to: ") + rest,
    ),
    Rule(
        "popxl_start", "2023-07-26 15:36:24 INFO: Starting. Process id: 141291",
        _logged + "Starting. Process id: " + integer("process_id"),
        marks="identifies_platform begin",
    ),
    Rule(
        "popxl_compiled",
        "2023-07-26 15:38:13 INFO: PopXL compilation duration: 1.49 mins",
        _said + "PopXL compilation duration: " + in_unit(real, "min")("duration") + " mins",
        marks="identifies_platform",
    ),
    Rule(
        "popxl_built",
        "2023-07-26 15:36:44 INFO: PopXL IR construction duration: 0.32 mins",
        _said + "PopXL IR construction duration: " + in_unit(real, "min")("duration") + " mins",
        marks="identifies_platform",
    ),
    Rule(
        "popxl_loaded",
        "2023-07-26 15:40:19 INFO: Loading HF pretrained model to IPU duration: 1.00 mins",
        _logged + "Loading " + pp.Combine(pp.Literal("HF pretrained model to IPU") | "magma weights to host" | "magma pretrained model to IPU")("stage")
        + " duration: " + in_unit(real, "min")("duration") + " mins",
        marks="identifies_platform",
        more=("2023-01-10 14:11:16 INFO: Loading magma weights to host duration: 1.50 mins",),
    ),
    Rule(
        "popxl_output", "2023-07-26 15:42:58 INFO: Output in 84.52 seconds",
        _logged + "Output in " + seconds("latency") + " seconds",
        marks="running result", split="benchmark",
    ),
    Rule(
        "popxl_rate", "2023-07-26 15:42:58 INFO: Total throughput: 7.00 t/s",
        _logged + "Total throughput: " + grouped("token_throughput") + " t/s",
        marks="running result", split="benchmark",
    ),
    Rule(
        "magma_config",
        "2023-01-10 14:05:19 INFO: Config: MagmaConfig(seed=0, visual=ResNetConfig(layers=(6, 8, 18, 8), width=96, image_resolution=384, "
        "execution=ResnetExecution(micro_batch_size=1, available_memory_proportion=(1.0, 1.0, 1.0, 1.0)), "
        "precision=<Precision.float16: popxl.dtypes.float16>), transformer=GPTJConfig(layers=28, hidden_size=4096, sequence_length=500, "
        "precision=<Precision.float16: popxl.dtypes.float16>, embedding=GPTJConfig.Embedding(vocab_size=50400, real_vocab_size=50258), "
        "attention=GPTJConfig.Attention(heads=16, use_cache=False), execution=GPTJExecution(micro_batch_size=1, tensor_parallel=4)))",
        _logged + pp.Opt("Config: ") + pp.Literal("Magma")("model") + "Config(seed=" + integer("seed") + ", visual="
        + pp.Regex("[^<]*") + pp.Regex("<[^>]*>[^<=]*=GPTJConfig[(][^<]*sequence_length=") + integer("sequence_length")
        + ", precision=<Precision." + name("precision") + ":" + pp.Regex("[^>]*>[^<]*GPTJExecution[(]micro_batch_size=")
        + integer("micro_batch_size") + ", " + nonempty,
        params="log",
    ),
    Rule(
        "popxl_note",
        "2023-07-26 15:36:25 INFO: Creating session",
        _logged + (pp.Literal("Creating session") | "Starting " | "PopXL IR construction complete" | "PopXL compilation complete" | "Downloading " | "Completed " | "IPU pretrained " | "Finished initialising"
           | "Attach to IPUs" | "Start inference" | "Input prompt: " | "Response:" | "Config: ") + rest,
        marks="",
        more=("2023-07-26 15:38:13 INFO: PopXL compilation complete",),
    ),
    Rule("popxl_target", 'device = "ipu_hw"', pp.Literal('device = "ipu_hw"'), marks="identifies_platform"),
    Rule("popxl_session", "train session", (pp.Literal("train") | "test")("split") + " session"),
    Rule(
        "popxl_mean",
        "Mean duration: 0.003766155242919922 s Throughput: 16993.5 samples/s",
        "Mean duration: " + seconds("step_time") + " s Throughput: " + grouped("throughput") + " samples/s",
        marks="identifies_platform running",
        window="mean",
        carry={"split": "popxl_session"},
    ),
    Rule(
        "ipu_rate", "IPU throughput: 47323.53 items/s", "IPU throughput: " + grouped("throughput") + " items/s", marks="identifies_platform running result",
        split="benchmark", window="mean", fixed={"scope": "ipu"},
    ),
    Rule(
        "loader_rate", "DataLoader throughput: 68227.22 items/s",
        (pp.Literal("DataLoader throughput: ") | "DataLoader: ") + real("throughput") + " items/s",
        split="benchmark", window="mean", fixed={"scope": "data loader"},
        more=("DataLoader: 37710.01 items/s",),
    ),
    Rule("loader_time", "Dataloader execution time: 0.25 s",
         (pp.Literal("Dataloader execution time: ") | "Total execution time: " | "Dataloader with IPU training execution time: ") + real + " s",
         more=("Dataloader with IPU training execution time: 0.53 s",)),
    Rule(
        "kge_epoch",
        "Epoch 1 loss: 1.146490 --- positive triples processed: 4.98e+06",
        "Epoch " + integer("epoch") + " loss: " + real("loss") + " --- positive triples processed: " + real,
        marks="identifies_platform running",
        split="train",
        window="mean",
    ),
    Rule(
        "kge_time",
        "Epoch duration (sec): 1.83244 (average step time: 0.01512)",
        "Epoch duration (sec): " + seconds("duration") + " (average step time: " + seconds("step_time") + ")",
        marks="identifies_platform running",
        split="train",
        window="mean",
        carry={"epoch": "kge_epoch"},
    ),
    Rule(
        "kge_mrr",
        "Epoch 5 sample MRR: 0.1083 (validation time: 2.5)",
        "Epoch " + integer("epoch") + " sample MRR: " + real("mean_reciprocal_rank") + pp.Opt(" (validation time: " + pp.Regex("[0-9.]+") + ")"),
        split="eval",
    ),
    Rule("kge_final", "Final sample MRR: 0.1808", "Final sample MRR: " + real("mean_reciprocal_rank"), marks="result", split="eval", window="final"),
    Rule("kge_rank", "mrr : 0.818204", "mrr : " + real("mean_reciprocal_rank"), marks="result", split="test", window="final"),
    Rule("kge_hits", "hits@10 : 0.941649", "hits@" + pp.Regex("[0-9]+") + " : " + pp.Regex("[0-9.]+")),
    Rule(
        "kge_step",
        "{'step': 400000, 'example': 409600000, 'mrr': 0.23015555555555556, 'loss': 4.519117832183838, 'elapsed': 42.035274028778076}",
        "{'step': " + integer("step") + ", 'example': " + integer("samples") + ", 'mrr': " + real("mean_reciprocal_rank")
        + pp.Opt(", 'loss': " + real("loss")) + ", 'elapsed': " + pp.Regex("[0-9.]+") + "}",
        marks="running",
        split="train",
        more=("{'step': 2000000, 'example': 2048000000, 'mrr': 0.2755638888888889, 'elapsed': 44.26258563995361}",),
    ),
    Rule("kge_shards", "Number of shards: 4", "Number of shards: " + integer("count"), marks="begin"),
    Rule("kge_devices", "Running on 4 IPUs", "Running on " + integer("devices") + " IPUs", marks="identifies_platform"),
    Rule(
        "tgn_epoch",
        "n_epoch: 1, part: val, loss: 0.5522, average_precision: 0.9552, roc_auc: 0.9553,",
        "n_epoch: " + integer("epoch") + ", part: " + (pp.Literal("train") | "val")("split") + ", loss: " + real("loss")
        + pp.Opt(", average_precision: " + real("average_precision") + ", roc_auc: " + real("roc_auc")) + ",",
        marks="identifies_platform running",
        window="mean",
        more=("n_epoch: 1, part: train, loss: 0.7286,",),
    ),
    Rule("answer", "Answer: more than 790", (pp.Literal("Answer: ") | "Transcription: " | "Question: ") + nonempty, more=("Question: How many?",)),
    Rule(
        "transcribed", "The transcription consisted of 94 tokens.", "The transcription consisted of " + integer("tokens") + " tokens.", marks="result",
    ),
    Rule(
        "embedding_batch",
        "batch len: 2048 | batch latency: 2.376206636428833s | per_sample: 0.0011602571466937661s | throughput: 861.8779059879699 samples/s",
        "batch len: " + integer("batch_size") + " | batch latency: " + seconds("latency") + "s | per_sample: " + pp.Regex("[0-9.e-]+")
        + "s | throughput: " + grouped("throughput") + " samples/s",
        marks="identifies_platform running result",
        split="benchmark",
    ),
    Rule("embedding_compiled", "Compile time: 125.83682656288147", "Compile time: " + seconds("duration")),
    Rule(
        "mean_loss_step", "Step 10, Epoch 0.9, Mean loss: 0.351",
        "Step " + integer("step") + ", Epoch " + real("epoch") + ", Mean loss: " + real("loss"), marks="running", split="train", window="interval",
    ),
)  # fmt: skip

# ---- PopRT, PaddlePaddle, JAX and plain Poplar programs ---- #

programs = (
    # The benchmark of PopRT converts, compiles and runs the model once for each batch size.
    Rule("poprt_batch", "Run batch size 32:", "Run batch size " + integer("batch_size") + ":", marks="begin", params="log"),
    Rule(
        "poprt_bar",
        "PopRT conversion: 100%|██████████| 5/5 [01:18<00:00]",
        "PopRT conversion:" + optional_blanks + any_bar,
        marks="identifies_platform redraw",
        more=("PopRT conversion:  60%|██████    | 3/5 [00:58<00:48]",),
    ),
    Rule(
        "poprt_warning",
        "2023-07-04 04:20:45,531 WARNING poprt float_to_half.py:141] Clip 1651 to range (-65500.0, 65500.0)",
        # Its time is in the middle of the conversion: neither the begin nor the end of the run.
        timestamp + " WARNING poprt " + pp.Regex(r"[^ \]]+\] ") + nonempty("text"),
        marks="identifies_platform",
        level="warning",
        kind="sdk",
    ),
    Rule(
        "poprt_latency",
        "Asyncronous avg Session Time : 11.370ms",
        "Asyncronous avg Session Time : " + in_unit(real, "ms")("latency") + "ms",
        marks="identifies_platform running result",
        split="benchmark",
        window="mean",
    ),
    Rule(
        "poprt_rate", "Tput: 2814.467977493102", "Tput: " + grouped("throughput"), marks="running result", split="benchmark", window="mean"
    ),
    # Pixels per second, while the batch size counts rays: the value is not captured as samples per second.
    Rule(
        "poprt_pixel_rate",
        "Tput (800 * 800 / time_per_image): 303732.79715055705",
        "Tput (800 * 800 / time_per_image): " + real,
        marks="running result",
    ),
    Rule(
        "poprt_checked",
        "Check precision between original ONNX with ONNXRUNTIME and converted ONNX with PopRT:",
        pp.Literal("Check precision between original ONNX with ONNXRUNTIME and converted ONNX with PopRT:"),
        marks="identifies_platform",
    ),
    *(
        Rule(
            f"poprt_{label}",
            f"{label}: 0.000389773485949263",
            f"{label}: " + real(error),
            split="benchmark",
            window="final",
            fixed={"scope": "against ONNX Runtime"},
        )
        for label, error in (("mse", "mean_squared_error"), ("mae", "mean_absolute_error"))
    ),
    Rule("paddle_start", "start training", pp.Literal("start training"), marks="begin"),
    Rule(
        "paddle_compiling",
        "start compiling model for ipu, it will need some minutes",
        pp.Literal("start compiling model for ipu, it will need some minutes"),
        marks="identifies_platform",
    ),
    Rule("paddle_note", "finish model compiling!", pp.Literal("finish model compiling!") | "start verifying", more=("start verifying",)),
    Rule(
        "paddle_step",
        "step: 40, loss: 0.684889018535614",
        "step: " + integer("step") + ", loss: " + real("loss"),
        marks="running",
        split="train",
    ),
    Rule("paddle_trained", "finish training!", pp.Literal("finish training!"), marks="result"),
    Rule(
        "paddle_score", "top1 score: 0.8819110576923077", "top1 score: " + real("accuracy"), marks="final", split="eval", window="final"
    ),
    Rule("dft_molecule", "         HeHe(4, 16304)", pp.Regex("(?:[A-Z][a-z]?)+") + "(" + pp.Regex("[0-9]+") + ", " + pp.Regex("[0-9]+") + ")"),
    Rule(
        "dft_energies",
        "[-154.60144 -154.86201 -154.86201 -154.86201 -154.86201 -154.862",
        pp.Opt("[") + "-" + pp.Regex(r"[0-9]+\.[0-9]*") + " -" + pp.Regex(r"[0-9]+\.[0-9]*(?: -[0-9]+\.[0-9]*)*") + pp.Opt("]"),
        more=("-154.86201 -154.86201]",),
    ),
    Rule("dft_reference", "[ pyscf ]  3.896877spyscf:              -154.862068", "[ pyscf ]" + blanks + real + "spyscf:" + blanks + real),
    Rule("dft_energy", "us:             -154.862023", pp.Literal("us")("key") + ":" + blanks + real("value")),
    Rule(
        "dft_error",
        "diff:             0.000044",
        (pp.Literal("diff:") | "chemAcc:" | "chemAcc/diff:") + blanks + real,
        more=("chemAcc:          0.043000", "chemAcc/diff:   966.459860"),
    ),
    Rule(
        "trace_event", "Event ' poplar::core::IPUDevice::attach ' lasted  126299  microseconds",
        "Event ' " + (pp.Literal("poplar::") | "poptorch.") + nonempty,
        marks="identifies_platform standalone",
    ),
    Rule(
        "stencil_image", "../../images/cheese.png is 2200x1122 pixels in size.",
        pp.Regex("[^ ]+ is [0-9]+x[0-9]+") + " pixels in size.", marks="begin",
    ),
    Rule(
        "poplar_attach",
        "Trying to attach to IPU 0 - attached",
        "Trying to attach to IPU" + pp.Opt(" " + pp.Regex("[0-9]+")("device") + " - attached"),
        marks="identifies_platform begin",
        more=("Trying to attach to IPU",),
    ),
    Rule("poplar_attached", "Attached to IPU 0", "Attached to IPU " + pp.Regex("[0-9]+")("device"), marks="identifies_platform"),
    Rule("target_ipus", "  Number of IPUs:         1", "Number of IPUs:" + blanks + integer("devices"), marks="identifies_platform", params="log"),
    Rule(
        "target",
        "  Tiles per IPU:          1,472",
        pp.Literal("Target:") | "Graph:"
        | (
            (pp.Literal("Tiles per ") | "Total Tiles:" | "Memory Per-Tile:" | "Total Memory:" | "Clock Speed (approx):" | "Number of Replicas:"
             | "IPUs per Replica:" | "Memory per Replica:" | "Number of vertices:" | "Number of edges:" | "Number of variables:"
             | "Number of compute sets:")
            + nonempty
        ),
        more=("Target:", "  Memory Per-Tile:        624.0 kB"),
    ),
    Rule("poplar_built", "Building graph took      0.61902s", "Building graph took" + blanks + seconds("duration") + "s"),
    Rule("poplar_compiled", "Compiling graph took       3.6466s", "Compiling graph took" + blanks + seconds("duration") + "s"),
    Rule("poplar_copied", "  Copying to device took     0.049072s", "Copying to device took" + blanks + seconds("duration") + "s"),
    Rule(
        "poplar_took",
        "  Running stencil iterations took      0.64964s",
        pp.Regex("(?:Running|Copying)(?: to [a-z]+| [a-su-z][a-z]*)+")("stage") + " took" + blanks + seconds("duration") + "s",
        marks="running result",
        more=("  Copying to host took     0.017795s",),
    ),
    Rule(
        "poplar_epoch",
        "Epoch 1 (99%), accuracy 76%",
        "Epoch " + integer("epoch") + " (" + pp.Regex("[0-9]+") + "%), accuracy " + percent("accuracy") + "%",
        marks="running",
        split="train",
    ),
    # Poplar prints this summary of a profile after the program was executed.
    Rule(
        "cycles",
        "Total cycles:                                         6,681,766 (approx 5,023.9 microseconds)",
        "Total cycles:" + blanks + count("count") + " (approx " + pp.Regex("[0-9,.]+") + " microseconds)",
        marks="identifies_platform result",
    ),
    Rule("cycles_part", "Tile average sync cycles:                             1,134.8 (0.0% of total)",
         "Tile average " + pp.Regex("[^:]*cycles[^:]*") + ":" + rest),
    Rule(
        "cycles_heading", "Cycles by vertex type:", pp.Literal("Cycles by vertex type:") | "Execution:" | "Programs executed:",
        more=("Execution:", "Programs executed:"),
    ),
    Rule(
        "cycles_vertex", "popops::Zero2d<float>              (14592 instances):   17,612,544",
        token + blanks + "(" + pp.Regex("[0-9]+") + " instances):" + blanks + count,
    ),
)  # fmt: skip

# ---- MLPerf ---- #

_point = _mllog + '"key": "'
_bare = _mllog_at + rest
_validation = (
    ', "metadata": {"file": "'
    + (pp.Literal("validation.py") | "bert.py" | pp.Regex(r'[^"]*logging_wrapper\.py'))
    + '", "lineno": '
    + pp.Regex("[0-9]+")
    + ', "epoch_num": '
)


def _log_line(key: str, value: str, file: str = "train.py", more: str = "") -> str:
    return (
        ':::MLLOG {"namespace": "resnet", "time_ms": 1636168322052, "event_type": "POINT_IN_TIME", "key": "' + key + '", "value": ' + value
        + ', "metadata": {"file": "' + file + '", "lineno": 1355' + more + "}}"
    )  # fmt: skip


mlperf = (
    Rule("mllog_org", _log_line("submission_org", '"Graphcore"'), _point + 'submission_org", "value": "Graphcore' + pp.Regex('[^"]*"') + _bare, marks="identifies_platform"),
    Rule(
        "mllog_platform", _log_line("submission_platform", '"POD16"'),
        _point + 'submission_platform", "value": "' + pp.Combine((pp.Literal("ipu-pod") | "POD") + pp.Regex("[0-9]+") + pp.Regex("[A-Za-z-]*"))("system")
        + '"' + _bare,
        marks="identifies_platform",
        params="log",
        more=(_log_line("submission_platform", '"ipu-pod16-POPART-closed"'),),
    ),
    Rule(
        "mllog_benchmark", _log_line("submission_benchmark", '"resnet"'),
        _point + 'submission_benchmark", "value": "' + pp.Regex("[a-z0-9_-]+")("workload") + '"' + _bare,
        params="log",
    ),
    Rule("mllog_batch", _log_line("global_batch_size", "3200"), _point + 'global_batch_size", "value": ' + integer("batch_size") + _bare, params="config"),
    Rule(
        "mllog_accumulation", _log_line("gradient_accumulation_steps", "10"),
        _point + 'gradient_accumulation_steps", "value": ' + integer("gradient_accumulation") + _bare, params="config",
    ),
    Rule("mllog_seed", _log_line("seed", "1"), _point + 'seed", "value": ' + integer("seed") + _bare, params="config"),
    Rule(
        "mllog_sequence", _log_line("max_sequence_length", "512"), _point + 'max_sequence_length", "value": ' + integer("sequence_length") + _bare,
        params="config",
    ),
    Rule(
        "mllog_rate", _log_line("opt_base_learning_rate", "0.002"),
        _point + (pp.Literal("opt_base_learning_rate") | "lars_opt_base_learning_rate") + '", "value": ' + real("learning_rate") + _bare,
        params="config",
        more=(_log_line("lars_opt_base_learning_rate", "10.72"),),
    ),
    Rule(
        "mllog_setting", _log_line("opt_name", '"lars"'),
        _point
        + pp.Combine(
            (
                pp.Literal("opt_name") | "opt_weight_decay" | "opt_epsilon" | "opt_lamb_" | "opt_learning_rate_" | "lars_opt_end_" | "lars_opt_learning_rate_"
                | "lars_opt_momentum" | "lars_opt_weight_decay" | "lars_epsilon" | "model_bn_span" | "num_warmup_steps" | "start_warmup_step"
            ) + pp.Regex("[a-z0-9_]*")
        )("key")
        + '", "value": ' + pp.Regex('"?[A-Za-z0-9.+-]+"?')("value") + _bare,
        params="config",
    ),
    Rule(
        "mllog_train_samples", _log_line("train_samples", "2626598"),
        _point + 'train_samples", "value": ' + pp.Regex(r"\[?") + integer("samples") + pp.Regex(r"\]?") + _bare,
    ),
    Rule(
        "mllog_cache_clear", _log_line("cache_clear", "true"),
        _point + (pp.Literal("cache_clear") | "CACHE_CLEAR") + '", "value": ' + pp.Regex("[a-zA-Z]+") + _bare, marks="restart",
    ),
    Rule("mllog_init_start", _log_line("init_start", "null"), _point + 'init_start", "value": null' + _bare, marks="begin"),
    Rule("mllog_init_stop", _log_line("init_stop", "null"), _point + 'init_stop", "value": null' + _bare),
    Rule("mllog_run_start", _log_line("run_start", "null"), _point + 'run_start", "value": null' + _bare, marks="running"),
    Rule(
        "mllog_epoch_start", _log_line("epoch_start", "null", more=', "epoch_num": 1'),
        _point + 'epoch_start", "value": null' + _mllog_at + ', "epoch_num": ' + integer("epoch") + "}}", marks="running",
    ),
    Rule(
        "mllog_epoch_stop", _log_line("epoch_stop", "null", more=', "epoch_num": 1'),
        _point + 'epoch_stop", "value": null' + _mllog_at + ', "epoch_num": ' + integer("epoch") + "}}", marks="running",
    ),
    Rule("mllog_eval_start", _log_line("eval_start", "null"), _point + 'eval_start", "value": null' + _bare),
    Rule("mllog_eval_stop", _log_line("eval_stop", "null"), _point + 'eval_stop", "value": null' + _bare),
    Rule(
        "mllog_accuracy", _log_line("eval_accuracy", "0.7598602311523437", "validation.py", ', "epoch_num": 38'),
        _point + 'eval_accuracy", "value": ' + real("accuracy") + _validation
        # For BERT, epoch_num is the number of samples.
        + (pp.Regex("[0-9]{5,}")("samples") | pp.Regex("[0-9]{1,4}")("epoch")) + "}}",
        marks="running", split="eval",
        more=(_log_line("eval_accuracy", "0.36712857827323214", "/home/bert/utils/logging_wrapper.py", ', "epoch_num": 175000'),),
    ),
    Rule(
        "mllog_error_rate", _log_line("eval_accuracy", "0.05699867487157146", "transducer_validation.py", ', "epoch_num": 53'),
        _point + 'eval_accuracy", "value": ' + real("wer") + ', "metadata": {"file": "transducer_validation.py", "lineno": ' + pp.Regex("[0-9]+")
        + ', "epoch_num": ' + integer("epoch") + "}}",
        marks="running", split="eval", corrects="the word error rate, although it is named eval_accuracy",
    ),
    Rule(
        "mllog_success", _log_line("run_stop", '{"success": true}', more=', "epoch_num": 38, "status": "success"'),
        _point + 'run_stop", "value": ' + pp.Regex(r"null|\{[^}]*\}") + _mllog_at + pp.Opt(', "epoch_num": ' + integer("epoch"))
        + ', ' + pp.Literal('"status": "success"')("target_reached") + pp.Opt(', "TTT": ' + seconds("duration")) + "}}",
        marks="final", params="log",
        more=(_log_line("run_stop", "null", more=', "status": "success", "TTT": 2038.688'),),
    ),
    Rule(
        "mllog_aborted", _log_line("run_stop", '{"success": false}', more=', "epoch_num": 38, "status": "aborted"'),
        _point + 'run_stop", "value": ' + pp.Regex(r"null|\{[^}]*\}") + _mllog_at + pp.Opt(', "epoch_num": ' + integer("epoch"))
        + ', "status": "aborted"' + pp.Opt(', "TTT": ' + seconds("duration")) + "}}",
        marks="failure", level="error", kind="aborted",
    ),
    Rule(
        "mllog_other", _log_line("weights_initialization", "null"),
        _point
        + (
            pp.Literal("weights_initialization") | "WEIGHTS_INITIALIZATION" | "block_start" | "block_stop" | "submission_status"
            | "submission_division" | "eval_samples"
        ) + '"' + rest,
    ),
)  # fmt: skip

# ---- the vendor's tools: the state of a machine, not a run ---- #

tools = (
    Rule(
        "gc_monitor",
        "|  gc-monitor   |        Partition: pt-trainee01-4-ipus [active] has 4 reconfigurable IPUs        |",
        "|" + blanks + "gc-monitor" + blanks + "|" + nonempty,
        marks="identifies_platform standalone",
    ),
    Rule("gc_monitor_header", "|    IPU-M    |       Serial       |IPU-M SW|Server version|", "|" + blanks + "IPU-M" + blanks + "|" + nonempty),
    Rule(
        "gc_monitor_row",
        "|  10.1.5.9   | 0029.0002.8211021  |        |    1.9.0     |  2.4.4   | M2000 | 0  |  3   |  DNC  |",
        "|" + blanks + pp.Regex("[0-9]+(?:[.][0-9]+){3}") + blanks + "|" + nonempty,
    ),
    Rule(
        "gc_monitor_processes",
        "|                               Attached processes in partition pt-trainee01-4-ipus         |          IPU           |",
        "|" + blanks + (pp.Literal("Attached processes in partition ") | "No attached processes in partition ") + nonempty,
        marks="identifies_platform standalone",
    ),
    Rule(
        "gc_monitor_process",
        "| 205698 |   python    |  13s   | trainee01  | 0  | 1330MHz  |  N/A   |  N/A   |  N/A   |",
        "|" + blanks + (pp.Regex("[0-9]+") + blanks + "|" + pp.Regex("[^|]*") + "|" + pp.Regex(" *[0-9hms]+ *") + "|" + nonempty | ("PID" + blanks + "|" + nonempty)),
        more=("|  PID   |    Command      |  Time  |    User    | ID |  Clock   |  Temp  |  Temp  | Power  |",),
    ),
    Rule("table_rule", "+-------------+--------------------+--------+", pp.Literal("+---") + pp.Regex("[-+]+")),
    Rule("gc_info", "Graphcore device listing:", pp.Literal("Graphcore device listing:"), marks="identifies_platform standalone"),
    Rule("gc_info_partition", "Partition: p1 [active]", "Partition: " + token + pp.Opt(" [active]"), more=("Partition: p2",)),
    Rule(
        "gc_info_device",
        "-+- Id:  [0], target: [Fabric], IPU-M host:  [10.1.5.1], IPU#: [3]",
        (pp.Literal("-+- Id:") | "|--- Id:") + blanks + "[" + pp.Regex("[0-9]+") + "], " + (pp.Literal("target: [") | "DNC Id: [") + nonempty,
        marks="identifies_platform standalone",
        more=("|--- Id: [0], DNC Id: [0], IPU-M host: [10.1.5.10], IPU#: [3]", "-+- Id: [4], target: [Multi IPU]"),
    ),
)  # fmt: skip

# ---- failures ---- #

failures = (
    Rule(
        "error_memory",
        "poptorch.poptorch_core.Error: In include/poptorch_err/ExceptionHandling.hpp:76: 'poplar_graph_memory_allocation_error': Out of memory on "
        "tile 0: 884212 bytes used but tiles only have 638976 bytes of memory",
        _error + pp.Combine((pp.Literal("'poplar_graph_memory_allocation_error': ") | "'poplar_stream_memory_allocation_error': ") + nonempty)("text"),
        marks="identifies_platform failure", level="error", kind="out_of_memory",
        more=("Error: In include/poptorch_err/ExceptionHandling.hpp:76: 'poplar_stream_memory_allocation_error': irlowering.cpp:3516 Out of memory.",),
    ),
    Rule(
        "error_device",
        "[09:01:59.258] [poptorch::python] [critical] poptorch.poptorch_core.Error: In poptorch/popart_compiler/source/CompilerImpl.cpp:725: "
        "'poptorch_cpp_error': Failed to acquire 1 IPU(s)",
        _error
        + pp.Combine(
            (
                pp.Literal("'poptorch_cpp_error': Failed to acquire ") | "'poplar_unrecoverable_runtime_error': "
                | "'poplar_recoverable_runtime_error': "
            )
            + nonempty
        )("text"),
        marks="identifies_platform failure", level="error", kind="device",
        more=(
            "[00:02:21.356] [poptorch::python] [critical] poptorch.poptorch_core.UnrecoverableError: In unknown:0: "
            "'poplar_unrecoverable_runtime_error': read_config_space(offset=0x3030): Could not complete operation",
        ),
    ),
    Rule(
        "error",
        "[06:58:00.549] [poptorch::python] [critical] RuntimeError: ERROR in poptorch/python/poptorch.cpp:722: 'std::exception' exception: "
        "IPUDevice: still waiting for host sync after: 300 seconds.",
        # All kinds of errors but those of memory and devices.
        _error + pp.Combine(
            (pp.Regex("'(?:std::|popart_|poplar_[a-fh-qtv-z])[a-z_:]*'") + nonempty) | ("'poptorch_cpp_error': " + pp.Regex("[^F].*"))
        )("text"),
        marks="identifies_platform failure", level="error", kind="traceback",
        more=("poptorch.poptorch_core.Error: In poptorch/python/poptorch.cpp:1371: 'std::out_of_range': basic_string::replace",),
    ),
    Rule(
        "tile_memory",
        "Memory allocation error : Out of memory on tile 0: 876476 bytes used but tiles only have 638976 bytes of memory",
        pp.Opt(pp.Literal("Memory allocation error : ") | ("what():" + blanks)) + "Out of memory" + (pp.Literal(" on tile ") | ": Cannot fit ") + nonempty,
        marks="identifies_platform failure", level="error", kind="out_of_memory",
        more=(
            "Out of memory: Cannot fit all variable data onto one or more tiles.",
            "what():  Out of memory on tile 1: 674752 bytes used but tiles only have 638976 bytes of memory",
        ),
    ),
    Rule(
        "no_poptorch",
        "ModuleNotFoundError: No module named 'poptorch'",
        (pp.Literal("ModuleNotFoundError: No module named 'pop") | "ImportError: libgcl" | "ImportError: libpop") + nonempty,
        marks="identifies_platform failure", level="error", kind="module_not_found",
        more=("ImportError: libgcl.so: cannot open shared object file: No such file or directory",),
    ),
    Rule(
        "poprun_refused",
        "the argument ('{1,') for option '--num-instances' is invalid",
        "the argument ('" + pp.Regex("[^']*") + "') for option '--num-instances' is invalid",
        marks="identifies_platform failure", level="error", kind="arguments",
    ),
    Rule("no_ipu", "No IPU detected in the system.", pp.Literal("No IPU detected in the system."), marks="identifies_platform"),
    Rule("gc_monitor_hint", "For more information use the Graphcore command-line tool `gc-monitor`.",
         pp.Literal("For more information use the Graphcore command-line tool `gc-monitor`.")),
    Rule("raised_in", "Error raised in:", pp.Literal("Error raised in:")),
    Rule("raised_frame", "  [0] Compiler::initSession",
         "[" + pp.Regex("[0-9]+") + "] " + (pp.Literal("Compiler::") | "LowerToPopart::" | "compileWith" | "popart::") + rest),
)  # fmt: skip

# ---- declarations about runs ---- #

_TRAIN = (
    "epochs_bar|batch_bar|step_bar|loss_bar|epoch_bar|epoch_mean|epoch_mean_loss|training_loss_bar|tensor_loss|epoch_loss|bert_step|bert_step_cut|bert_time|"
    "gpt2_first_step|gpt2_step|cnn_loss|utils_throughput|cosmic_step|cosmic_total|hf_training|hf_step|popart_iteration|kge_epoch|kge_step|"
    "tgn_epoch|mean_loss_step|epochs_start|mllog_run_start|epoch_of|model_print"
)
_INFERENCE = "transcribed|embedding_batch|popxl_output|popxl_rate|squad|ipu_rate|loader_rate"
_IMAGES = "batch_bar|test_accuracy|model_print|cnn_throughput|utils_throughput|cosmic_step"
_MNIST = 'seen("test_accuracy") + seen("batch_bar") > 0 and seen("popxl_mean") == 0 and seen("loss_bar") == 0 and seen("step_bar") == 0'
_NO_LOCAL_TIME = " and ".join(
    f'seen("{rule}") == 0'
    for rule in (
        "tf_poplar",
        "cosmic_step",
        "cnn_finished",
        "poprun_start",
        "popart_start",
        "popxl_start",
        "utils_total",
    )
)

GRAMMAR = Grammar(
    name="graphcore",
    title="Graphcore IPU",
    device_kind="IPU",
    words=("Graphcore", "PopTorch", "PopART", "Poplar SDK"),
    rules=(*launch, *sdk, *mnist, *applications, *cosmictagger, *frameworks, *programs, *mlperf, *tools, *failures),
    record_starts=(mpi_tag + pp.Opt(_record | _label), _record, _label),
    prefix=line_tag,
    identity=(
        "srun_queued.job_id|srun_allocated.job_id|mllog_init_start.at|poprun_start.time_of_day|cosmic_launch.at|tf_poplar.at|popart_start.at|popxl_start.at|"
        "utils_total.at|poptorch_warning.time_of_day|poplar_preplan.at|poplar_warning.at",
        "poprun_start.process_id",
        "utils_total.total_s",
    ),
    phases=(
        Bar("compile", "compile_bar"),
        Reported("compile", "tf_compiled.duration"),
        Reported("compile", "poplar_compiled.duration"),
        Reported("compile", "popart_compiled.duration"),
        Reported("compile", "popxl_compiled.duration"),
        Reported("compile", "utils_compile.duration"),
        Reported("compile", "compiled_or_loaded.duration", stage="Compiled/Loaded"),
        Reported("init", "data_loaded.duration"),
        Reported("init", "popxl_built.duration"),
        Reported("init", "poplar_built.duration"),
        Bar("init", "poprt_bar"),
        Span("init", "mllog_init_start", "mllog_init_stop"),
        Reported("load", "popxl_loaded.duration"),
        Reported("load", "poplar_copied.duration"),
        Reported("load", "poplar_loaded.duration"),
        Reported("benchmark", "poplar_took.duration", stage_field="stage"),
        Span("eval", "mllog_eval_start", "mllog_eval_stop"),
        Reported("eval", "hf_eval_runtime.duration", stage="evaluation"),
        Bar("train", "epochs_bar", subtract="compile"),
        Bar("train", "step_bar", subtract="compile"),
        Bar("train", "epoch_bar", subtract="compile"),
        Bar("train", "loss_bar", subtract="compile"),
        Bar("train", "training_loss_bar", stage="epoch", subtract="compile"),
        Reported("train", "cnn_finished.duration", stage="training"),
        Reported("train", "bert_time.duration"),
        Reported("train", "hf_result.duration"),
        Reported("train", "cosmic_total.duration", pick="max"),
        Reported("train", "keras_epoch.duration", stage="epoch", where={"split": "train"}),
        Reported("eval", "keras_epoch.duration", stage="evaluation", where={"split": "eval"}),
        Reported("train", "kge_time.duration"),
        Span("train", "mllog_run_start", "mllog_success|mllog_aborted", exclude=("eval",)),
        Span("train", "mllog_epoch_start", "mllog_epoch_stop", stage="epoch"),
    ),
    columns=(
        # ---- job, system and time ---- #
        *preferred("job_id", "srun_allocated|srun_queued"),
        Take("host", "srun_exit"),
        *preferred("sdk_version", "tf_poplar|sdk_path", pick="first"),
        Take("system", "mllog_platform", pick="first"),
        Take("first_stamp", "cosmic_launch.at", pick="first"),
        Take("last_stamp", "cosmic_total.at"),
        Take("finished", "cnn_finished.at"),
        Take("took", "cnn_finished.duration"),
        Take("summed", "utils_total.at"),
        Take("total_s", "utils_total"),
        Take("poprun_begin", "poprun_start.time_of_day", pick="first"),
        Take("poprun_end", "poprun_exit.time_of_day"),
        # Records of poprun have no date: take that of the program's timestamps, unless midnight is between them.
        Derive(
            "started_at", "first_stamp - first_stamp % 86400 + poprun_begin", when="first_stamp % 86400 >= poprun_begin"
        ),
        Derive("ended_at", "last_stamp - last_stamp % 86400 + poprun_end", when="last_stamp % 86400 <= poprun_end"),
        Derive(
            "started_at", "finished - finished % 86400 + poprun_begin", when="finished % 86400 - poprun_begin >= took"
        ),
        Derive("ended_at", "finished - finished % 86400 + poprun_end", when="poprun_end >= finished % 86400"),
        Derive("started_at", "finished - took"),
        Take("ended_at", "cnn_finished.at|utils_total.at"),
        # The timestamp of a summary is the time when it is printed, after the run.
        Derive("started_at", "summed - total_s"),
        Derive("total_s", "ended_at - started_at", when='seen("poprun_start") > 0 and seen("poprun_exit") > 0'),
        Derive("total_s", "last_stamp - first_stamp", when='seen("poprun_start") == 0'),
        Take("init_stamp", "mllog_init_start.at|popxl_start.at", pick="first"),
        Take("stop_stamp", "mllog_success.at|mllog_aborted.at|popxl_rate.at"),
        Derive("total_s", "stop_stamp - init_stamp"),
        Infer(
            "zone",
            "UTC",
            because="mllog_init_start|mllog_run_start",
            reason="time_ms of MLPerf counts from 1970 in UTC",
        ),
        Infer(
            "zone",
            "UTC",
            because="poplar_preplan|poplar_warning|poplar_busy|poplar_error",
            when=_NO_LOCAL_TIME,
            reason="timestamps of Poplar end in Z",
        ),
        # ---- what ran ---- #
        Infer("task", "train", because=_TRAIN),
        Infer("task", "train", because="keras_epoch"),
        Infer("task", "train", because="paddle_step|poplar_epoch"),
        Infer("task", "inference", because=_INFERENCE),
        Infer("task", "inference", because="poprt_latency|poprt_rate|poprt_pixel_rate"),
        Take("workload", "mllog_benchmark", aliases="workload"),
        Take("workload", "using_config.model", aliases="workload"),
        Infer("workload", "bert", because="bert_step|bert_step_cut|bert_time|popart_iteration"),
        Infer("workload", "gpt2", because="gpt2_first_step|gpt2_step|gpt2_start"),
        Infer("workload", "cosmictagger", because="cosmic_step|cosmic_launch"),
        Infer("workload", "mnist_keras", because="keras_example|keras_on_cpu"),
        Infer("workload", "mnist", because="model_print|batch_bar"),
        Infer("workload", "mnist", because="test_accuracy", when=_MNIST),
        *preferred("model", "using_config|cosmic_output|gpt2_arguments|magma_config"),
        Infer("dataset", "mnist", because="model_print|batch_bar|keras_example|keras_on_cpu|test_accuracy"),
        Infer("device_kind", "CPU", because="keras_on_cpu"),
        Infer("sample", "image", because=_IMAGES),
        Infer("sample", "sequence", because="bert_step|bert_step_cut|gpt2_first_step|gpt2_step|popart_iteration"),
        Take("sequence_length", "using_config.model", aliases="sequence_length"),
        *preferred(
            "sequence_length",
            "gpt2_arguments|mllog_sequence|magma_config",
        ),
        *preferred("precision", "cosmic_precision|namespace|magma_config"),
        *preferred("seed", "gpt2_arguments|mllog_seed|magma_config"),
        Take("learning_rate", "cosmic_rate|mllog_rate|gpt2_arguments"),
        Take(
            "highest_rate",
            "bert_step.learning_rate|bert_step_cut.learning_rate|popart_iteration.learning_rate",
            pick="max",
        ),
        Take(
            "learning_rate",
            "bert_step|bert_step_cut|popart_iteration",
            pick="max",
            when="highest_rate > 0",
            reason="the highest of the steps that the log shows: it has no setting",
        ),
        Take("learning_rate", "launch_rate", when="workload == 'mnist'"),
        # ---- settings and counts ---- #
        *preferred(
            "ranks",
            "popdist_replicas|poprun_invoked|cnn_replicas|hf_replicas|namespace|gpt2_arguments|one_replica",
        ),
        *preferred(
            "devices_per_rank",
            "popdist_ipus|poprun_invoked|gpt2_arguments",
        ),
        Take("last_device", "device_layer.count", pick="max"),
        *preferred(
            "devices",
            "cnn_ipus|tf_device|popart_device|kge_devices|target_ipus",
        ),
        Derive("devices", "ranks * devices_per_rank"),
        Derive("devices", "ranks * (last_device + 1)"),
        *preferred("devices", "poprun_found|launch_srun"),
        # A result below a bar that is short of its end: the log does not say how many epochs ran.
        Take("bar_epochs", "epochs_bar.done", pick="max"),
        Take("bar_total", "epochs_bar.total"),
        Take("epochs", "epochs_bar.done", pick="max", when="bar_epochs == bar_total or not known(_result)"),
        Take(
            "epochs",
            "mllog_epoch_stop.epoch|mllog_success.epoch|mllog_aborted.epoch|hf_result.epoch|epoch_bar.epoch|cnn_epoch.epoch|kge_epoch.epoch|tgn_epoch.epoch",
            pick="max",
        ),
        Take(
            "epochs",
            "epoch_of.epoch",
            pick="max",
            when='seen("step_bar") > 0 or seen("keras_epoch") > 0 or seen("loss_bar") > 0',
        ),
        Take("counted_epoch", "training_loss_bar.epoch|tensor_loss.epoch", pick="max"),
        Derive("epochs", "counted_epoch + 1"),
        # Keras and epoch bars print no final line: the run is complete if the last requested epoch ended.
        *preferred("asked_epochs", "epoch_of.epochs|namespace.epochs"),
        Take("ended_epoch", "keras_epoch.epoch|epoch_bar.epoch", pick="max"),
        Infer(
            "status",
            "completed",
            because="keras_epoch|epoch_bar",
            when='ended_epoch == asked_epochs and seen("traceback") == 0',
            reason="the last requested epoch ran to its end",
        ),
        Take("last_rate", "gpt2_step.learning_rate"),
        Infer(
            "status",
            "completed",
            because="gpt2_step",
            when='last_rate == 0 and seen("traceback") == 0',
            reason="the learning rate schedule ended at 0, so the last requested step ran",
        ),
        Infer(
            "status",
            "completed",
            because="dft_energy",
            when='seen("jax_compiling") > 0 and seen("traceback") == 0',
            reason="the result of the IPU is printed after the compilation",
        ),
        *preferred(
            "micro_batch_size",
            "namespace|gpt2_arguments|hf_micro|cosmic_batch|magma_config.micro_batch_size",
        ),
        *preferred("gradient_accumulation", "namespace|gpt2_arguments"),
        *preferred(
            "device_iterations",
            "namespace|gpt2_arguments|bert_iterations",
        ),
        *preferred(
            "batch_size",
            "bert_batch|cnn_batch|hf_batch|mllog_batch|embedding_batch|poprt_batch.batch_size",
        ),
        # The ranks of CosmicTagger do not reduce their gradients: each has its own batch.
        Take("batch_size", "cosmic_batch.micro_batch_size"),
        Derive("batch_size", "micro_batch_size * gradient_accumulation * ranks"),
        Take("batches", "batch_bar.total", pick="first"),
        Take("batches", "epochs_ended.total", pick="first", where={"done": "0"}),
        # One iteration of the program is 50 batches on the device, and MNIST has 60000 training images.
        Derive(
            "batch_size", "60000 / (50 * batches)", when=f"60000 % (50 * batches) == 0 and batches > 35 and {_MNIST}"
        ),
        Take("batch_size", "launch_batch", when="workload == 'mnist'"),
        Take("training_steps", "bert_steps.steps"),
        Derive("steps", "training_steps * device_iterations"),
        Take("steps", "hf_output"),
        Take("steps", "hf_steps", when='seen("hf_result") > 0'),
        Take("cosmic_last", "cosmic_step.step", pick="max"),
        Derive("steps", "cosmic_last + 1"),
        Derive("steps", "50 * batches * epochs", when=f"known(batch_size) and {_MNIST}"),
        Take("gpt2_last", "gpt2_step.step|gpt2_first_step.step", pick="max"),
        Derive("steps", "(gpt2_last + 1) * device_iterations"),
        Derive("steps", "gpt2_last + 1"),
        Take("popart_last", "popart_iteration.step", pick="max"),
        Derive("steps", "popart_last + 1"),
        Take("keras_total", "keras_epoch.total", where={"split": "train"}),
        Derive("steps", "keras_total * epochs"),
        *preferred("epoch_batches", "epoch_bar.total|step_bar.total", pick="first"),
        Derive("steps", "epoch_batches * epochs * device_iterations", when='seen("namespace") > 0'),
        Derive("steps", "epoch_batches * epochs", when='seen("cnn_batch") > 0'),
        Derive("samples", "steps * batch_size * ranks", when='seen("cosmic_batch") > 0'),
        Take("samples", "mllog_train_samples", when="workload == 'bert_large'"),
        Take("images", "mllog_train_samples.samples", when="workload == 'resnet50'"),
        Derive("samples", "images * epochs"),
        Derive("samples", "steps * batch_size"),
        # If the batch size is not known, neither is the size of the last batch of an epoch.
        Derive("samples", "60000 * epochs", when=f"{_MNIST} and workload == 'mnist' and not known(batches)"),
        # ---- durations ---- #
        Take("compile_s", "embedding_compiled.duration", pick="first"),
        Take("longest_compile", "compile_bar.elapsed", pick="max", where={"done": "100"}),
        Infer(
            "compile_cache",
            "hit",
            because="compile_bar",
            when="longest_compile == 0",
            reason="every compilation bar ends at 00:00",
        ),
        Infer("compile_cache", "miss", because="tf_compiled|poplar_preplan|utils_compile|popart_compiled"),
        # Loading from the cache can take a few seconds.
        Infer(
            "compile_cache",
            "miss",
            because="compile_bar",
            when="longest_compile >= 10",
            reason="a compilation bar took 10 s or more",
        ),
        # Keras compiles the functions of training and evaluation when it first calls them.
        Take("keras_seconds", "keras_epoch.duration", pick="sum", where={"split": "train"}),
        Take("keras_compile", "tf_compiled.duration", pick="first", where={"split": "train"}),
        Derive("train_s", "max(keras_seconds - keras_compile, 0)"),
        Take("train_s", "keras_epoch.duration", pick="sum", where={"split": "train"}),
        Take("keras_eval_seconds", "keras_epoch.duration", pick="sum", where={"split": "eval"}),
        Take("keras_eval_compile", "tf_compiled.duration", pick="sum", where={"split": "eval"}),
        Derive("eval_s", "max(keras_eval_seconds - keras_eval_compile, 0)"),
        Take("eval_s", "keras_epoch.duration", pick="sum", where={"split": "eval"}),
        Take("cosmic_whole", "cosmic_total.duration", pick="max"),
        Take("cosmic_rest", "cosmic_after_first.duration", pick="max"),
        Derive("startup_s", "cosmic_whole - cosmic_rest"),
        Infer("train_includes", "compile, eval", because="cosmic_test"),
        Infer("train_includes", "compile", because="cosmic_total"),
        Infer("train_includes", "compile, load", because="keras_epoch", when="not known(keras_compile)"),
        # A log may begin after the first compilation, and the bar of the epochs still includes it.
        Take("epochs_elapsed", "epochs_bar.elapsed", pick="max"),
        Take("first_compile", "compile_bar.elapsed", pick="first", where={"done": "100"}),
        Infer(
            "train_includes",
            "compile, load",
            because="epochs_bar",
            when="epochs_elapsed == train_s and first_compile > 0",
        ),
        Infer("train_includes", "load", because="epochs_bar|step_bar|epoch_bar|keras_epoch", when="known(train_s)"),
        Infer("train_includes", "checkpoint, compile, eval", because="hf_result", when='seen("hf_eval_loss") > 0'),
        Infer("train_includes", "eval", because="mllog_success|mllog_aborted", when='seen("mllog_eval_start") == 0'),
        # ---- metrics ---- #
        *preferred("throughput", "hf_result|utils_throughput"),
        Take("throughput", "cosmic_after_first", pick="sum"),
        Take("throughput", "gpt2_step|popart_iteration", pick="median"),
        Take("throughput", "embedding_batch", pick="mean"),
        Take("throughput", "poprt_rate"),
        Take("throughput", "popxl_mean", where={"split": "train"}),
        Derive(
            "throughput",
            "samples / train_s",
            when="train_s > 0 and task == 'train' and (train_includes == 'load' or seen(\"bert_time\") > 0)",
        ),
        Take("throughput", "cnn_throughput"),
        Infer("throughput_window", "after_warmup", because="cosmic_after_first|gpt2_step", when="known(throughput)"),
        Infer(
            "throughput_window",
            "whole",
            because="hf_result|utils_throughput|bert_time|embedding_batch|popxl_mean",
            when="known(throughput)",
        ),
        Infer(
            "throughput_window",
            "after_warmup",
            because="cnn_throughput",
            when="known(throughput) and not known(samples) and epochs > 1",
        ),
        Infer(
            "throughput_window",
            "whole",
            because="epochs_bar|epoch_bar|step_bar",
            when="known(throughput) and known(samples)",
        ),
        Take("token_throughput", "popxl_rate", pick="mean"),
        Take("latency_s", "popxl_output.latency|embedding_batch.latency|poprt_latency.latency", pick="mean"),
        Take(
            "loss",
            "hf_step|bert_step|bert_step_cut|gpt2_step|gpt2_first_step|cnn_loss|utils_loss",
        ),
        Take("loss", "cosmic_step", pick="mean", last_per_rank=True),
        Take("loss", "keras_epoch", where={"split": "train"}),
        Take("loss", "tgn_epoch", where={"split": "train"}),
        Take("loss", "epoch_loss", where={"scope": "IPU"}),
        *preferred(
            "loss",
            "epoch_mean|epoch_mean_loss|epoch_bar|step_bar|batch_bar|loss_bar|training_loss_bar|tensor_loss",
        ),
        *preferred("loss", "kge_epoch|kge_step|mean_loss_step|pvti_train_loss|paddle_step"),
        *preferred(
            "score",
            "test_accuracy.accuracy|eval_accuracy.accuracy|final_accuracy.accuracy|test_loss.accuracy|utils_accuracy.accuracy|mllog_accuracy.accuracy|"
            "paddle_score.accuracy",
        ),
        Take("score", "keras_epoch.accuracy", where={"split": "eval"}),
        Infer(
            "score_name",
            "accuracy",
            because="test_accuracy|eval_accuracy|final_accuracy|test_loss|utils_accuracy|mllog_accuracy",
        ),
        Infer("score_name", "accuracy", because="paddle_score"),
        Infer("score_name", "accuracy", because="keras_epoch", when="known(score)"),
        # Accuracy on the training data is a metric of its own.
        *preferred("score", "cnn_accuracy.accuracy|epoch_mean.accuracy"),
        Take("score", "keras_epoch.accuracy", where={"split": "train"}),
        Infer("score_name", "train_accuracy", because="cnn_accuracy|epoch_mean|keras_epoch", when="known(score)"),
        Take("score", "mllog_error_rate.wer"),
        Infer("score_name", "wer", because="mllog_error_rate"),
        *preferred("score", "squad.f1|hf_eval_f1.f1"),
        Infer("score_name", "f1", because="squad|hf_eval_f1"),
        Take("score", "hf_eval_matthews_correlation.matthews_correlation"),
        Infer("score_name", "matthews_correlation", because="hf_eval_matthews_correlation"),
        Take("score", "cosmic_test.mean_iou", pick="mean", last_per_rank=True),
        Infer("score_name", "mean_iou", because="cosmic_test"),
        *preferred(
            "score", "kge_rank.mean_reciprocal_rank|kge_final.mean_reciprocal_rank|kge_step.mean_reciprocal_rank"
        ),
        Infer("score_name", "mean_reciprocal_rank", because="kge_rank|kge_final|kge_step"),
        Take("score", "accuracy_fraction.accuracy"),
        Infer("score_name", "accuracy", because="accuracy_fraction"),
        Take("score", "hf_perplexity.perplexity"),
        Infer("score_name", "perplexity", because="hf_perplexity", when="known(score)"),
    ),
    aliases={
        # The names of the example configurations contain the sequence length.
        "sequence_length": {
            "demo_tiny_128": "128",
            "pretrain_base_128": "128",
            "pretrain_base_512": "512",
            "pretrain_large_128": "128",
            "pretrain_large_128_pod64": "128",
            "pretrain_large_512": "512",
        },
        "workload": {
            **WORKLOADS,
            "resnet": "resnet50",
            "bert": "bert_large",
            "demo_tiny_128": "bert_demo_tiny",
            "pretrain_large_128_pod64": "bert_large",
            "pretrain_large_128": "bert_large",
            "pretrain_large_512": "bert_large",
            "pretrain_base_128": "bert_base",
            "pretrain_base_512": "bert_base",
        },
    },
    chance={"mnist": 0.1},
    test_items={"mnist": 10_000},
    absent={
        "compile_s": ("not_in_log", "“Compiled/Loaded model in” includes loading", "compiled_or_loaded"),
        "queue_s": ("not_in_log", "srun prints no timestamps"),
        "total_s": ("not_in_log", "there is no timestamp at the beginning or the end"),
    },
)
