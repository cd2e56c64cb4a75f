"""Groq: GroqFlow proof points and builds, benchit on a GroqChip, and the files of the GroqFlow build cache.

A proof point builds a model (or finds it in the cache), benchmarks one input 100 times on the GroqChip, runs the whole data set on
the chip and then on the CPU, and prints one table. Nothing on the terminal has a timestamp. The values that the table calls on-chip
are the compiler's cycle count, not a measurement; the accuracy of the groq row is measured on the chip, the cpu row is the reference.

The build monitor prints a line for each stage before it begins, then a spinner frame every half second, then the line with a check
mark. If the log keeps `\\r`, the number of frames gives the duration of a stage; pasted text has only the check marks.
"""

from __future__ import annotations

import pyparsing as pp
from logparse.grammars.common import WORKLOADS, bar, line_tag, preferred, record_head, record_stamp

from logparse.grammar import (
    Bar,
    Grammar,
    Infer,
    Phase,
    Reported,
    Rule,
    Spinner,
    Table,
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
    real,
    rest,
    timestamp_seconds,
    token,
    unnamed,
)

# ---- tokens ---- #

_build = pp.Regex(r"[A-Za-z0-9_.-]+")
_quoted = pp.Regex(r'[^"]+')
_user = pp.Regex(r"(?:\([A-Za-z0-9_.-]+\) )?[A-Za-z0-9_.-]+")
_host = pp.Regex(r"[A-Za-z0-9_-]+")
_shape = pp.Regex(r"\([0-9, ]*\)")
_version = pp.Regex(r"[0-9]+(?:\.[0-9]+)*")
_package = pp.Regex(r"[0-9][^ ]*")
_other_packages = pp.Regex(r"(?: (?:[^g ]|g[^r ]|gr[^o ]|gro[^q ])[^ ]*)+")
_border = pp.Regex(r"[+-]+")
_check = pp.Regex(r"[✓✔?]")
_cross = pp.Regex(r"[×✗]")
# "build_model()" since GroqFlow 4.0, "groqit()" before.
_call = pp.Literal("build_model()") | "groqit()"

# Stages of a build for a GroqChip only; builds of benchit for a CPU or GPU have the other stages too.
_groq_stages = "Checking for Op support|Compiling model|Assembling model"
_other_stages = (
    "Exporting PyTorch to ONNX|Exporting PyTorch to TorchScript|Exporting Keras to ONNX|Optimizing ONNX file|Quantizing ONNX model"
    "|Converting to FP16|Converting model to ONNX with Hummingbird|Receiving ONNX Model|Finishing up"
)
_groq_stage = pp.Regex(_groq_stages)
_other_stage = pp.Regex(_other_stages)
_stage = pp.Regex(f"{_groq_stages}|{_other_stages}")

_rebuild = "Warning: " + _call + " discovered a cached build of " + _build("model")

# ---- the session: prompt, command ---- #

_SESSION = (
    Rule(
        "proof_point_command",
        "(groqflow) user@groq-r01-gn-08:~/groqflow/proof_points/natural_language_processing/bert$ python bert_tiny.py --custom_input x",
        _user + "@" + _host("host") + ":" + pp.Regex(r"[^$ ]*/proof_points[^$ ]*") + "$ " + pp.Combine("python " + nonempty)("command"),
        marks="identifies_platform begin", params="command",
    ),
    Rule(
        "benchit_command",
        "(mla) user@host:~/mlagility$ benchit models/selftest/linear.py --device groq --build-only",
        pp.Opt(_user + "@" + _host("host") + ":" + pp.Regex(r"[^$ ]*") + "$ ")
        + pp.Combine("benchit " + pp.Regex(r".*-{2}device groq") + pp.Regex(r"(?: .*)?"))("command"),
        marks="begin", params="command",
        more=("benchit models/transformers/bert.py --device groq",),
    ),
    Rule("command", "$ python bert_tiny.py", "$ " + pp.Combine("python " + nonempty)("command"), marks="begin", params="command"),
    Rule(
        "prompt_command",
        "user@groq-r01-gn-04:~$ conda activate groqflow",
        _user + "@" + pp.Regex(r"groq[A-Za-z0-9_-]*")("host") + ":" + pp.Regex(r"[^$ ]*") + "$ " + pp.Regex(r"[^bp].*|p[^y].*|b[^e].*"),
        marks="restart",
    ),
    Rule(
        "prompt",
        "(base) user@groq-login-02:~$",
        _user + "@" + pp.Regex(r"groq[A-Za-z0-9_-]*")("host") + ":" + pp.Regex(r"[^$ ]*") + "$",
    ),
    # They name the platform and hold no run.
    Rule(
        "groqflow_path",
        "$ grep num_chips_used ~/.cache/groqflow/minilmv2/minilmv2_state.yaml",
        pp.Regex(r"(?:[^$]*\$ )?[a-z]+ ") + pp.Regex(r".*/\.cache/groqflow/") + rest,
        marks="identifies_platform standalone",
    ),
    Rule(
        "dataset_repository",
        "/home/user/miniconda3/envs/groqflow/lib/python3.10/site-packages/datasets/load.py:1461: FutureWarning: The repository for sst contains "
        "custom code which must be executed to correctly load the dataset.",
        pp.Regex(r"/[^ ]*:[0-9]+: ") + "FutureWarning: The repository for " + token("dataset") + " contains custom code" + rest,
        params="log",
    ),
    Rule(
        "groqflow_warning",
        "/home/user/miniconda3/envs/groqflow/lib/python3.10/site-packages/onnxconverter_common/float16.py:43: UserWarning: the float32 number",
        pp.Regex(r"/[^ ]*/groqflow/[^ ]*:[0-9]+: ") + (pp.Literal("UserWarning:") | "RuntimeWarning:" | "TracerWarning:") + rest,
        marks="identifies_platform standalone", level="warning", kind="python",
    ),
    Rule(
        "qstat_row",
        "3084.groq-r01-co* run_minilmv2     user              0 R workq",
        pp.Regex(r"[0-9]+\.groq-[^ ]+") + blanks + token + blanks + token + blanks + token + blanks + rest,
        marks="identifies_platform standalone",
    ),
    Rule("api_latency", "[[Groq tsp_runner]]", pp.Literal("[[Groq tsp_runner]]"), marks="identifies_platform standalone"),
    Rule(
        "groqflow_installed",
        "Successfully installed flatbuffers-24.3.25 fsspec-2024.10.0 groqflow-4.3.1 mlagility-3.3.1 mpmath-1.3.0",
        "Successfully installed" + _other_packages + " groqflow-" + _package("sdk_version") + rest,
        params="log",
    ),
    Rule(
        "runtime_installed",
        "Requirement already satisfied: groq-runtime==0.30 in /opt/groq/runtime/site-packages (from -r frozen.txt (line 9)) (0.30)",
        "Requirement already satisfied: groq-runtime==" + _package("runtime_version") + rest,
        params="log",
    ),
    # Replaces the shared rule, so that it does not match the lines of the two rules above.
    Rule(
        "pip_note",
        "Requirement already satisfied: numpy in /opt/groq/runtime/site-packages (from -r frozen.txt (line 9)) (1.24.4)",
        "Successfully installed" + _other_packages | "Requirement already satisfied: " + not_starting_with("groq")
        | (pp.Literal("Installing collected packages: ") | "Looking in indexes: " | "Using cached " | "[notice] A new release of pip") + rest,
        more=("Successfully installed pip-24.3.1",),
    ),
    Rule(
        "pip_step",
        "Collecting torch==2.1.0 (from groqflow==4.3.1)",
        (
            pp.Literal("Collecting ") | "Downloading torch-" | "Attempting uninstall: " | "Found existing installation: "
            | "Uninstalling " | "Successfully uninstalled " | "Building wheels for collected packages: "
        ) + rest,
    ),
    Rule("pip_download", "Downloading onnx-1.14.0-cp310-cp310-manylinux_2_17_x86_64.whl (14.6 MB)", "Downloading " + token + pp.Regex(r" \([0-9.]+ [kMG]B\)")),
    Rule(
        "pip_bar",
        "     ━━━━━━━━━━━━━━━━━━━━ 14.6/14.6 MB 138.4 MB/s eta 0:00:00",
        pp.Regex(r"[━╸╺ ]*━━━━[━╸╺ ]* [0-9.]+/[0-9.]+ [kMG]B ") + rest,
    ),
)  # fmt: skip

# ---- the build ---- #

_BUILD = (
    Rule(
        "rebuild_warning",
        "Warning: build_model() discovered a cached build of bert_tiny, but decided to rebuild for the following reasons:",
        _rebuild + pp.Opt(",") + " but decided to rebuild for the following reasons:",
        marks="begin", level="warning", kind="rebuild",
    ),
    Rule(
        "stale_warning",
        "Warning: build_model() discovered a cached build of bert_tiny, and found that it is likely invalid for the following reasons:",
        _rebuild + pp.Opt(",") + " and found that it is likely invalid for the following reasons:",
        marks="begin", level="warning", kind="rebuild",
        more=("Warning: groqit() discovered a cached build of bert_tiny and found that it is likely invalid for the following reasons:",),
    ),
    Rule(
        "shape_changed",
        "- Input shape of model \"bert_tiny\" changed from {'attention_mask': (1, 128), 'input_ids': (1, 128)} to "
        "{'attention_mask': (1, 256), 'input_ids': (1, 256)} since the last time it was built.",
        '- Input shape of model "' + _quoted("model") + '" changed from {' + pp.Regex(r"[^}]*") + "} to {" + (
            pp.Regex(r"(?:[^}i]|i[^n}])*") + "input_ids': (" + integer("batch_size") + ", " + integer("sequence_length") + ")"
            | "'" + pp.Regex(r"[^']*") + "': (" + integer("batch_size")
        ) + pp.Regex(r"[^}]*") + "} since the last time it was built.",
        marks="begin", params="log", level="warning", kind="rebuild",
        more=(
            "- Input shape of model \"resnet50\" changed from {'x': (1, 3, 224, 224)} to {'x': (4, 3, 224, 224)} since the last time it was built.",
        ),
    ),
    Rule(
        "model_changed",
        '- Model "bert_tiny" changed since the last time it was built.',
        (pp.Literal('- Model "') | '- Input data type of model "') + _quoted("model") + '" changed ' + nonempty,
        marks="begin", level="warning", kind="rebuild",
    ),
    Rule(
        "argument_changed",
        '- build_model() argument "num_chips" for build bert_tiny changed from None to 2 since the last build.',
        "- " + _call + (pp.Literal(' argument "') | " failed to load " | " has detected that you already attempted building this model ") + nonempty,
        marks="begin", level="warning", kind="rebuild",
        more=("- build_model() has detected that you already attempted building this model with the exact same model, and that build failed.",),
    ),
    Rule(
        "version_changed",
        "- Your build bert_tiny was previously built against GroqFlow version 3.0.0, however you are now using GroqFlow version 4.3.1.",
        "- Your build " + _build("model") + " was previously built against GroqFlow version " + _version
        + ", however you are now using GroqFlow version " + _version("sdk_version") + pp.Regex(r"\.(?: .*)?"),
        marks="begin", params="log", level="warning", kind="rebuild",
    ),
    Rule(
        "rebuild_note",
        "build_model() will now rebuild your model to ensure correctness. You can change this policy by setting the "
        "build_model(rebuild=...) argument.",
        (_call + " will now rebuild your model to ensure correctness." | pp.Literal('However, since you have set rebuild="never", ')) + rest,
    ),
    Rule("build_header", 'Building "bert_tiny"', 'Building "' + _quoted("model") + '"', marks="begin"),
    Rule(
        "build_cached",
        'Woohoo! Build "bert_tiny" (build_name auto-selected) found in cache. Loading it!',
        'Woohoo! Build "' + _quoted("model") + '"' + pp.Opt(" (build_name auto-selected)") + " found in cache. Loading it!",
        marks="begin",
        more=('Woohoo! Build "my_build" found in cache. Loading it!',),
    ),
    Rule("groq_stage_done", "✓ Compiling model", _check + blanks + _groq_stage("stage"), marks="identifies_platform"),
    Rule("stage_done", "✓ Exporting PyTorch to ONNX", _check + blanks + _other_stage("stage")),
    Rule(
        "groq_stage_failed", "× Compiling model", _cross + blanks + _groq_stage("stage"),
        marks="identifies_platform failure", level="error", kind="compile",
    ),
    Rule("stage_failed", "× Exporting PyTorch to ONNX", _cross + blanks + _other_stage("stage"), marks="failure", level="error", kind="compile"),
    Rule("spinner", "Compiling model...", _stage("stage") + pp.Regex(r"\.{0,3}"), more=("Compiling model",)),
    Rule(
        "groq_saved",
        "Woohoo! Saved to ~/.cache/groqflow/bert_tiny",
        "Woohoo! Saved to " + pp.Regex(r".*/groqflow/") + _build("model"),
        marks="identifies_platform submission",
    ),
    Rule("saved", "Woohoo! Saved to ~/.cache/mlagility/linear_selftest_d5b1df11", "Woohoo! Saved to " + not_containing("gro")),
    Rule(
        "unsupported_operations",
        "Error: You model contains ONNX operation(s) that are not supported by Groq Compiler:",
        "Error: " + pp.Regex(r"You[r]? model contains ONNX operation\(s\) that are not supported by Groq Compiler") + rest,
        marks="identifies_platform failure", level="error", kind="compile",
    ),
    Rule(
        "tool_failed",
        "Error: Attempted use Groq Compiler to compile your model's ONNX file into Groq Alan Assembly (.aa)",
        "Error: Attempted " + pp.Opt("to ") + "use Groq " + (pp.Literal("Compiler") | "Assembler") + " to " + rest,
        marks="identifies_platform failure", level="error", kind="compile",
        more=("Error: Attempted to use Groq Assembler to convert your model's Alan Assembly (.aa files) into",),
    ),
    Rule(
        "chips_needed",
        "Error: groqit() automatically decided that 4 GroqChip",
        "Error: " + _call + " automatically decided that " + integer("count") + " GroqChip" + rest,
        marks="identifies_platform failure", level="error", kind="device",
    ),
    Rule(
        "chips_missing",
        "Error: Trying to execute a model compiled for 4 GroqChip processors but this machine only has 1 GroqChip processors available.",
        "Error: " + (
            pp.Literal("Trying to execute a model compiled for ") | "Failed to bringup GroqChip topology."
            | "Failed while trying to run GroqChips locally." | "Groqit's num_chips_used was set to "
        ) + rest,
        marks="identifies_platform failure", level="error", kind="device",
        more=("Error: Failed to bringup GroqChip topology. Refer to **/home/u/.cache/groqflow/bert_tiny/log_execute.txt** for details.",),
    ),
    Rule(
        "devtools_missing",
        "Error: groq-devtools>=0.9.2.1 is a required dependency for this part of GroqFlow. However, groq-devtools was not found.",
        "Error: groq-" + pp.Regex(r"[^ ]+") + " is a required dependency for this part of GroqFlow." + rest,
        marks="identifies_platform failure", level="error", kind="environment",
    ),
    Rule(
        "error",
        "Error: could not open the model file",
        "Error: " + pp.Regex(r"(?:[^YAbgTFG]|Failed to [^b]|F[^a]).*"),
        level="error", kind="error",
    ),
)  # fmt: skip

# ---- a proof point: data set, chip, CPU, table ---- #

_RUN = (
    Rule("preprocessing", "Preprocessing data.", pp.Literal("Preprocessing data.")),
    Rule(
        "benchmark_begin",
        "Info: No inputs received for benchmark. Using the inputs provided during model compilation.",
        pp.Literal("Info: No inputs received for benchmark. Using the inputs provided during model compilation."),
        marks="identifies_platform running unfinished",
    ),
    Rule("groq_inference", "Running inference on GroqChip.", pp.Literal("Running inference on GroqChip."), marks="identifies_platform running unfinished"),
    Rule(
        "cpu_inference",
        "Running inference using PyTorch model (CPU).",
        pp.Literal("Running inference using PyTorch model (CPU).") | "Running inference on CPU (ONNX).",
        marks="running unfinished",
        more=("Running inference on CPU (ONNX).",),
    ),
    # Replaces the shared rule: the only bar without a label is that of the CPU.
    Rule("bar", "100%|██████████| 2210/2210 [00:04<00:00, 449.47it/s]", bar, marks="redraw", fixed={"scope": "cpu"}),
    # Without carriage returns, all redraws of a bar are on one line; the last one is at its end.
    Rule(
        "joined_bars",
        "  0%|          | 0/2210 [00:00<?, ?it/s] 50%|█████     | 1105/2210 [00:02<00:02, 449.0it/s]"
        "100%|██████████| 2210/2210 [00:04<00:00, 449.47it/s]",
        pp.Regex(r"[0-9]+%\|.*\] *100%\|") + pp.Regex(r"[^|\[]*") + "|" + optional_blanks + real("done") + "/" + real("total") + " [" + clock("elapsed")
        + "<" + clock("remaining") + "," + optional_blanks + (real("iteration_rate") + "it/s]" | in_unit(real, "s/it")("iteration_rate") + "s/it]"),
        fixed={"scope": "cpu"},
    ),
    Rule("border", "+--------+----------+-------------------------+", "+---" + _border),
    Rule(
        "result_header",
        "| Source | Accuracy | end-to-end latency (ms) | end-to-end IPS | on-chip latency (ms) | on-chip IPS |",
        "| Source |" + pp.Regex(r"[^|]+") + "| end-to-end latency (ms) |" + rest("cells"),
        marks="identifies_platform final unfinished", split="benchmark", window="mean",
        more=("| Source | Spearman Rank Correlation Coefficient | end-to-end latency (ms) | end-to-end IPS | on-chip latency (ms) | on-chip IPS |",),
    ),
    Rule(
        "score_header",
        "| Source | Accuracy |",
        "| Source |" + pp.Regex(r"[^|]+") + "|" + optional_blanks("cells"),
        marks="final unfinished", split="benchmark", window="mean",
    ),
    Rule(
        "cpu_row",
        "|  cpu   |  77.47%  |           2.20          |     455.43     |          --          |      --     |",
        "|" + blanks + "cpu" + blanks + "|" + nonempty("cells"),
        marks="unfinished", split="benchmark", window="mean", fixed={"scope": "cpu"},
    ),
    Rule(
        "groq_row",
        "|  groq  |  77.47%  |           0.06          |    15945.43    |         0.03         |   37576.72  |",
        "|" + blanks + "groq" + blanks + "|" + nonempty("cells"),
        marks="result", split="benchmark", window="mean", fixed={"scope": "groq"},
    ),
    Rule(
        "finished",
        "Proof point /home/user/groqflow/proof_points/natural_language_processing/bert/bert_tiny.py finished!",
        "Proof point " + pp.Regex(r"(?:.*/)?") + name("workload") + ".py finished!",
        marks="identifies_platform submission",
    ),
    Rule("runner_call", "return tsp_runner(**example)", pp.Literal("return tsp_runner(**example)")),
    Rule("property_call", "return self.fget.__get__(instance, owner)()", pp.Literal("return self.fget.__get__(instance, owner)()")),
    Rule(
        "trust_remote_code",
        "You can avoid this message in future by passing the argument `trust_remote_code=True`.",
        pp.Literal("You can avoid this message in future by passing the argument `trust_remote_code=True`.")
        | "Passing `trust_remote_code=True` will be mandatory to load this dataset from the next major release of `datasets`.",
    ),
    Rule(
        "hub_download",
        'Downloading: "https://download.pytorch.org/models/resnet50-0676ba61.pth" to /home/user/.cache/torch/hub/checkpoints/resnet50.pth',
        'Downloading: "' + _quoted + '" to ' + nonempty,
    ),
    Rule(
        "download_bar",
        "100%|██████████| 97.8M/97.8M [00:00<00:00, 104MB/s]",
        pp.Regex(r"[0-9]+%\|[^|\[]*\|") + optional_blanks + pp.Regex(r"[0-9.]+[kMG]/[0-9.]+[kMG]") + " [" + pp.Regex(r"[^\]]*B/s\]"),
    ),
    Rule("wget_bar", "100% [.......................] 2568145 / 2568145", pp.Regex(r"[0-9]+% \[") + pp.Regex(r"[. ]*\] [0-9]+ / [0-9]+")),
    # GroqFlow's examples label a measurement as an estimate, so it never counts as measured.
    Rule(
        "estimate_header", "Your build's estimated performance is:", pp.Literal("Your build's estimated performance is:"),
        marks="identifies_platform submission",
    ),
    Rule(
        "estimate_latency", "0.0000628 seconds", pp.Regex(r"[0-9]+\.[0-9]{7}")("projected_latency") + " seconds",
        basis="estimated", split="benchmark", window="mean",
    ),
    Rule(
        "estimate_throughput", "15922.4 inferences per second", real("projected_throughput") + " inferences per second",
        basis="estimated", split="benchmark", window="mean",
    ),
    Rule(
        "chips_required",
        "The number of GroqChip processors required to run the build is 4.",
        "The number of GroqChip processors required to run the build is " + pp.Regex(r"[0-9]+")("devices") + ".",
        marks="identifies_platform submission",
    ),
)  # fmt: skip

# ---- benchit ---- #

_ms = blanks + "milliseconds (ms)"
_ips = blanks + "inferences per second (IPS)"

_BENCHIT = (
    Rule("benchit_header", "Models discovered during profiling:", pp.Literal("Models discovered during profiling:"), marks="begin"),
    Rule("benchit_script", "bert.py:", name("model") + ".py:", marks="begin"),
    Rule(
        "benchit_model",
        "model (executed 1x)",
        name + " (executed " + pp.Regex(r"[0-9]+") + "x" + pp.Opt(" - " + pp.Regex(r"[0-9.]+") + "s") + ")",
        marks="begin",
        more=("pytorch_model (executed 1x - 0.00s)",),
    ),
    Rule(
        "benchit_shape_count",
        "With input shape 1 (executed 2x)",
        "With input shape " + unnamed(integer) + " (executed " + pp.Regex(r"[0-9]+") + "x)",
        marks="begin",
    ),
    Rule(
        "benchit_input",
        "Input Shape:    'x': (1, 11)",
        "Input Shape:" + blanks + "'" + pp.Regex(r"[^']+") + "': (" + integer("batch_size") + pp.Regex(r"[,)].*"),
        params="log",
    ),
    Rule("benchit_class", "Class:          BertModel (<class 'transformers.models.bert.modeling_bert.BertModel'>)", "Class:" + blanks + name + " (<class " + rest),
    Rule(
        "benchit_location",
        "Location:       /home/user/mlagility/models/transformers/bert.py, line 18",
        (pp.Literal("Location:") | "Model Type:" | "Build dir:") + blanks + nonempty,
        more=("Model Type:     Pytorch (torch.nn.Module)",),
    ),
    Rule(
        "benchit_parameters",
        "Parameters:     109,482,240 (208.8 MB)",
        "Parameters:" + blanks + count("parameters") + " (" + pp.Regex(r"<?[0-9.]+ [kMG]?B\)"),
        params="log",
    ),
    Rule("benchit_hash", "Hash:           d59172a2", "Hash:" + blanks + pp.Regex(r"[0-9a-f]+")("hash"), params="log"),
    Rule(
        "benchit_on_groq",
        "Status:         Successfully benchmarked on GroqChip1 (groq v2.5.2)",
        "Status:" + blanks + pp.Opt("Model ") + (pp.Literal("Successfully") | "successfully") + " benchmarked on " + pp.Combine("GroqChip" + pp.Regex(r"[^ ]*"))("device")
        + pp.Opt(" (groq v" + _version("sdk_version") + ")"),
        marks="identifies_platform final",
        more=("Status:         Model successfully benchmarked on GroqChip1",),
    ),
    Rule("groq_error", "Status:         GroqFlowError: see log files for details.", "Status:" + blanks + "GroqFlowError: " + nonempty,
         marks="identifies_platform failure", level="error", kind="compile"),
    Rule("benchit_error", "Status:         Unknown benchit error: Error: Failure to run model using onnxruntime -",
         "Status:" + blanks + (pp.Literal("Unknown benchit error:") | "Build Error:") + rest,
         marks="failure", level="error", kind="compile"),
    Rule(
        "benchit_status",
        "Status:         Computing...",
        "Status:" + pp.Regex(r"(?:[ \t]+(?:Computing|Model successfully built|Skipping|(?:Model s|S)uccessfully benchmarked on [^G]).*)?"),
        more=("Status:",),
    ),
    Rule(
        "performance_on_groq",
        "Info: Performance of build bert_d59172a2 on GroqChip1 (groq v2.5.2) is:",
        pp.Opt("Info: ") + "Performance of build " + token("model") + " on " + pp.Opt("groq device ")
        + pp.Combine("GroqChip" + pp.Regex(r"[^ ]*"))("device") + pp.Opt(" (groq v" + _version("sdk_version") + ")") + " is:",
        marks="identifies_platform final",
    ),
    Rule(
        "performance_on_other", "Info: Performance of build sample on x86 device Intel(R) Xeon(R) CPU @ 2.20GHz is:",
        pp.Opt("Info: ") + "Performance of build " + token + " on " + pp.Regex(r"[^Gg].*"), marks="begin",
    ),
    Rule(
        "benchit_latency",
        "Mean Latency:   0.002   milliseconds (ms)",
        (pp.Literal("Mean Latency:") | "latency:") + blanks + real("latency") + _ms,
        split="benchmark", window="mean", corrects="in seconds, although the line says milliseconds",
        more=("Mean Latency: 0.002 milliseconds (ms)", "latency: 0.002 milliseconds (ms)"),
    ),
    Rule(
        "benchit_throughput",
        "Throughput:     459.3   inferences per second (IPS)",
        (pp.Literal("Throughput:") | "throughput:") + blanks + grouped("throughput") + _ips,
        split="benchmark", window="mean",
        more=("throughput: 21493.2 inferences per second (IPS)",),
    ),
    Rule("benchit_note", "Info: Benchmarking on local x86...", "Info: " + (pp.Literal("Benchmarking on ") | "Removing build artifacts...") + rest),
    Rule("benchit_end", "Woohoo! The 'benchmark' command is complete.", "Woohoo! The 'benchmark' command is complete." + rest),
    Rule("cache_list", "Info: Builds available in cache ~/.cache/mlagility:", "Info: Builds available in cache " + nonempty),
    Rule(
        "cache_state", "Info: The state of build hello_world_479b1332 in cache ~/.cache/mlagility is:",
        "Info: The state of build " + token + " in cache " + nonempty, marks="begin",
    ),
)  # fmt: skip

# ---- the build cache: <build>_state.yaml ---- #

_build_step = pp.MatchFirst(
    pp.Literal(step)
    for step in (
        "assemble", "check_compatibility", "compile", "export_pytorch", "export_keras", "fp16_conversion", "optimize_onnx",
        "quantize_onnx", "convert_hummingbird",
    )
)  # fmt: skip

_STATE = (
    Rule("state_built", "build_status: successful_build", pp.Literal("build_status: successful_build"), marks="begin submission"),
    Rule(
        "state_failed", "build_status: failed_build", pp.Literal("build_status: failed_build"), marks="begin failure", level="error", kind="compile",
    ),
    Rule("state_model", "build_name: bert_tiny", "build_name: " + _build("model")),
    Rule("state_groqcard", "groqcard: A1.4", "groqcard: " + token("system"), params="config"),
    Rule("state_topology", "topology: Dragonfly", "topology: " + token("topology"), params="config"),
    Rule("state_tuple", "input_ids: !!python/tuple", pp.Literal("input_ids: !!python/tuple")),
    Rule("state_other_tuple", "attention_mask: !!python/tuple", not_starting_with("in", until=" :") + ": !!python/tuple"),
    Rule("state_dimension", "- 256", "- " + integer("count")),
    Rule("state_version", "groqflow_version: 4.3.1", "groqflow_version: " + token("sdk_version"), marks="identifies_platform", params="config"),
    Rule("state_devices", "num_chips_used: 1", "num_chips_used: " + integer("devices"), params="config"),
    Rule("state_step", "compile: 9.830851554870605", _build_step("stage") + ": " + real("duration")),
    Rule("state_parameters", "num_parameters: 4385939", "num_parameters: " + integer("parameters"), params="config"),
    Rule(
        "state_compute_latency", "deterministic_compute_latency: 4.2751111111111114e-05",
        "deterministic_compute_latency: " + real("on_chip_latency"), basis="estimated", split="benchmark", window="mean",
    ),
    Rule(
        "state_estimated_latency", "estimated_latency: 6.280461111111111e-05", "estimated_latency: " + real("projected_latency"),
        basis="estimated", split="benchmark", window="mean",
    ),
    Rule(
        "state_estimated_throughput", "estimated_throughput: 15922.397771571974",
        "estimated_throughput: " + real("projected_throughput"), basis="estimated", split="benchmark", window="mean",
    ),
    Rule(
        "state_input_latency", "estimated_pcie_input_latency: 1.0053333333333334e-05",
        "estimated_pcie_input_latency: " + real("io_time"), basis="estimated", split="benchmark", window="mean", fixed={"scope": "input"},
    ),
    Rule(
        "state_output_latency", "estimated_pcie_output_latency: 1.0000166666666668e-05",
        "estimated_pcie_output_latency: " + real("io_time"), basis="estimated", split="benchmark", window="mean", fixed={"scope": "output"},
    ),
    Rule(
        "state_latency", "measured_latency: 8.189475629478693e-05", "measured_latency: " + real("latency"),
        marks="result", split="benchmark", window="mean",
    ),
    Rule(
        "state_throughput", "measured_throughput: 12210.794014703672", "measured_throughput: " + real("throughput"),
        marks="result", split="benchmark", window="mean",
    ),
    Rule("state_uid", "uid: 803209a183d4c6ffd330555b2c522fd9", "uid: " + pp.Regex(r"[0-9a-f]+")("hash")),
    Rule("state_memory", "compiler_ram_bytes: 722468864", "compiler_ram_bytes: " + real("memory"), split="benchmark", window="final"),
    Rule(
        "state_entry",
        "cache_dir: /home/user/.cache/groqflow",
        (
            pp.Literal("build_status: partial_build") | "build_status: build_running" | "build_status: not_started" | "cache_dir:" | "config:" | "assembler_flags:" | "auto_name:" | "compiler_flags:" | "groqview:"
            | "onnx_opset:" | "sequence:" | "downcast_applied:" | "expected_input_dtypes:" | "expected_input_shapes:"
            | "expected_output_names:" | "info:" | "all_build_stages:" | "assembler_command:"
            | "assembler_success:" | "backend:" | "base_onnx_exported:" | "build_stage_execution_times:" | "compiled_model_input_bytes:"
            | "compiled_model_output_bytes:" | "compiler_command:" | "compiler_success:" | "completed_build_stages:"
            | "converted_onnx_exported:" | "current_build_stage:" | "opt_onnx_" | "quantized_onnx_exported:" | "skipped_stages:"
            | "torch_importer_" | "torch_script_exported:" | "intermediate_results:" | "model_hash:" | "model_type:" | "monitor:"
            | "onnxflow_version:" | "quantization_samples:" | "rebuild:" | "use_sdk:" | "--"
        ) + rest,
    ),
    Rule("state_null", "num_chips: null", name + ": null"),
    Rule("state_chips_asked", "num_chips: 4", "num_chips: " + unnamed(integer)),
    Rule("state_type", "attention_mask: bool", name + ": " + (pp.Literal("bool") | "int32" | "int64" | "float16" | "float32")),
    Rule("state_item", "- Gather", "- " + pp.Regex(r"(?:[^0-9 +-]|-{2})[^ ]*"), more=("- --ifetch-from-self",)),
)  # fmt: skip

# ---- the build cache: log_compile.txt and related files ---- #

_process = pp.Regex(r"[0-9]+:[A-Z]+:\[")
_record = "[" + timestamp_seconds("at") + "] [info]" + blanks
_timer = (
    pp.Opt(record_head("INFO", timestamp_seconds("at")) | record_stamp(timestamp_seconds("at")))
    + 'Timer: "Groq Compiler" '
)

_COMPILER = (
    Rule("compiler_begin", "Running Groq Compiler...", pp.Literal("Running Groq Compiler..."), marks="identifies_platform begin"),
    Rule(
        "compiler_started", '[2024-04-08 15:51:15] [info]\tTimer: "Groq Compiler" started!',
        _timer + 'started!', marks="identifies_platform begin",
    ),
    Rule(
        "compiler_finished", '[2024-04-08 15:51:23] [info]\tTimer: "Groq Compiler" finished in 8.606s',
        _timer + 'finished in ' + real("duration") + "s", marks="identifies_platform submission",
    ),
    Rule(
        "compiler_memory", "[2024-04-08 15:51:23] [info]\tMax memory usage: 689.19 MiB",
        (record_head("INFO", timestamp_seconds("at")) | record_stamp(timestamp_seconds("at"))) + "Max memory usage: " + in_unit(real, "MiB")("memory") + " MiB", split="benchmark", window="final",
    ),
    Rule("compiler_record", "[2024-04-08 15:51:19] [info]\tScheduled 16830 (50%) operations (1971 cycles)", _record + not_starting_with("Ti", "Max")),
    Rule("compiler_cycles", "On-chip compute cycle count: 38476", "On-chip compute cycle count: " + integer("cycles"), params="log"),
    Rule(
        "compiler_latency", "On-chip compute latency: 0.042751 milliseconds",
        "On-chip compute latency: " + in_unit(real, "ms")("on_chip_latency") + " milliseconds",
        basis="estimated", split="benchmark", window="mean",
    ),
    Rule(
        "compiler_throughput", "Throughput ignoring IO: 23391.204907 executions/sec",
        "Throughput ignoring IO: " + real("on_chip_throughput") + " executions/sec", basis="estimated", split="benchmark", window="mean",
    ),
    Rule(
        "compiler_throughput_serial", "Throughput with serialized IO and compute: 23350.869770 executions/sec",
        "Throughput with serialized IO and compute: " + real("projected_throughput") + " executions/sec",
        basis="estimated", split="benchmark", window="mean",
    ),
    # The other bound of the projection: the log has one value for each way to overlap transfers with computation.
    Rule(
        "compiler_throughput_overlapped", "Throughput with perfectly overlapped IO and compute: 23391.204907 executions/sec",
        "Throughput with perfectly overlapped IO and compute: " + real("projected_throughput") + " executions/sec",
        basis="estimated", split="benchmark", window="mean", fixed={"scope": "overlapped IO"},
    ),
    Rule(
        "compiler_input_time", "Input transfer time: 0.000062 milliseconds",
        "Input transfer time: " + in_unit(real, "ms")("io_time") + " milliseconds",
        basis="estimated", split="benchmark", window="mean", fixed={"scope": "input"},
    ),
    Rule(
        "compiler_output_time", "Output transfer time: 0.000012 milliseconds",
        "Output transfer time: " + in_unit(real, "ms")("io_time") + " milliseconds",
        basis="estimated", split="benchmark", window="mean", fixed={"scope": "output"},
    ),
    Rule(
        "compiler_transfer_size", "Input transfer size: 1600 Bytes",
        (pp.Literal("Input transfer size: ") | "Output transfer size: ") + unnamed(integer) + " Bytes",
    ),
    Rule(
        "compiler_chip_memory", "Peak on-chip data memory usage: 80505 addresses (24.568176 MiB)",
        "Peak on-chip data memory usage: " + unnamed(integer) + " addresses (" + in_unit(real, "MiB")("on_chip_memory") + " MiB)",
        basis="estimated", split="benchmark", window="final",
    ),
    Rule(
        "compiler_operations", "Number of operations in IR: 147937 operations",
        (pp.Literal("Number of operations in IR: ") | "Number of scheduled operations in IR: ") + unnamed(integer) + " operations",
    ),
    Rule(
        "compiler_output", "/home/user/.cache/groqflow/bert_tiny/compile/output.aa",
        pp.Regex(r"[^ ]*/groqflow/") + _build("model") + "/compile/" + pp.Regex(r"[^ /]*\.aa"),
    ),
    Rule(
        "compiler_note", "Groq Compiler exited",
        pp.Literal("Groq Compiler exited") | "Compilation statistics:" | "Assembly written to:" | "warning: Using deprecated option: --Marshaller"
        | "The option will not be available in next releases.",
    ),
    Rule(
        "assembler", "Running Groq Assembler", pp.Literal("Running Groq Assembler") | "Groq Assembler has exited",
        marks="identifies_platform standalone", more=("Groq Assembler has exited",),
    ),
    Rule(
        "operations_supported", "17/17 ops supported", pp.Regex(r"[0-9]+/[0-9]+") + " ops supported",
        marks="identifies_platform standalone",
    ),
    Rule(
        "operations_unsupported", "Model has 0 unsupported ops",
        "Model has " + integer("unsupported_operations") + " unsupported ops", params="log",
    ),
    Rule("operations_checked", "Checking unsupported ops...", pp.Literal("Checking unsupported ops...") | "DONE"),
    Rule("unsupported_list", "Unsupported ops: Erf, Gelu", "Unsupported ops: " + nonempty, level="warning", kind="compile"),
    Rule(
        "onnx_success", "Success exporting model to ONNX",
        pp.Literal("Success exporting model to ONNX") | "Success optimizing ONNX model" | "Success converting ONNX model to fp16"
        | "Successfully checked onnx file",
    ),
    Rule("runtime_log", "3523779:INFO:[000.13GB/1007.74GB]:<frozen importlib._bootstrap>:688 GroqAPI log level: INFO", _process + pp.Regex(r"[^ ]*:.* GroqAPI ") + rest, marks="identifies_platform standalone"),
    Rule(
        "runtime_seed", "3523779:INFO:[000.13GB/1007.74GB]:<frozen importlib._bootstrap>:688 random seed: 3500598990",
        _process + pp.Regex(r"[0-9.]+GB/[0-9.]+GB\]:[^>]*>:[0-9]+") + " random seed: " + integer("seed"),
    ),
)  # fmt: skip

# ---- declarations about runs ---- #

_LABELS: dict[str, tuple[str, str | None]] = {
    "Accuracy": ("accuracy", "%"),
    "Spearman Rank Correlation Coefficient": ("spearman", None),
    "mAP @ 0.5:0.95": ("mean_average_precision", None),
    "F1 Score": ("f1", "%"),
    "MSE": ("mean_squared_error", None),
    "Mean IoU": ("mean_iou", None),
    "end-to-end latency (ms)": ("latency", "ms"),
    "end-to-end IPS": ("throughput", None),
    "on-chip latency (ms)": ("on_chip_latency", "ms"),
    "on-chip IPS": ("on_chip_throughput", None),
}

_SCORES = ("accuracy", "spearman", "mean_average_precision", "f1", "mean_squared_error", "mean_iou")

_PHASES: tuple[Phase, ...] = (
    # The list of stages, printed first, has one line for each stage.
    Spinner("compile", "spinner", seconds=0.5, subtract=1),
    Reported("compile", "state_step.duration", stage_field="stage", whole=True),
    Reported("compile", "compiler_finished.duration"),
    # The CPU verifies the results of the chip and is not the measured workload: a stage only.
    Bar("eval", "bar", stage="cpu"),
    Bar("eval", "joined_bars", stage="cpu"),
)

GRAMMAR = Grammar(
    name="groq",
    title="Groq: GroqFlow, benchit, GroqChip",
    device_kind="GroqChip",
    words=("Groq", "GroqFlow"),
    rules=(*_SESSION, *_BUILD, *_RUN, *_BENCHIT, *_STATE, *_COMPILER),
    prefix=line_tag,
    record_starts=(
        pp.Literal("+--------+"),
        pp.Literal("=>> PBS: "),
        pp.Regex(r"\([A-Za-z0-9_.-]+\) [A-Za-z0-9_.-]+@groq"),
    ),
    identity=(
        "cpu_row.cells",
        "groq_row.cells",
        "benchit_hash.hash",
        "benchit_throughput.throughput",
        "state_uid.hash",
        "state_throughput.throughput",
        "compiler_started.at",
        "compiler_finished.duration",
    ),
    phases=_PHASES,
    tables=tuple(Table(header, row, _LABELS) for header in ("result_header", "score_header") for row in ("cpu_row", "groq_row")),
    columns=(
        *preferred("host", "proof_point_command|benchit_command|prompt_command|prompt"),
        Take("dataset", "dataset_repository", "first"),
        *preferred("job_id", "qsub_ready|qsub_waiting"),
        *preferred(
            "sdk_version",
            "benchit_on_groq|performance_on_groq|state_version|version_changed|groqflow_installed",
        ),
        Take("system", "state_groqcard"),
        *preferred(
            "model",
            "build_header|build_cached|groq_saved|rebuild_warning|performance_on_groq|benchit_script"
            "|state_model.model|compiler_output.model",
        ),
        *preferred(
            "workload",
            "finished|build_header.model|build_cached.model|groq_saved.model|rebuild_warning.model|benchit_script.model"
            "|state_model.model|compiler_output.model",
            aliases="workload",
        ),
        Infer("task", "inference", because="result_header|benchmark_begin|groq_inference|benchit_on_groq|performance_on_groq|state_throughput"),
        Infer("task", "compile", because="groq_saved|state_built|state_failed|compiler_begin|compiler_started|groq_stage_done|groq_stage_failed"),
        Infer("compile_cache", "hit", because="build_cached", reason="the build was found in the cache"),
        Infer("compile_cache", "miss", because="build_header|groq_stage_done|state_step|compiler_started", reason="the log contains the stages of a build"),
        *preferred("devices", "state_devices|chips_required"),
        *preferred("batch_size", "shape_changed|benchit_input"),
        Take("batch_size", "state_dimension.count", pick="first", when='seen("state_tuple") > 0 or seen("state_other_tuple") > 0'),
        Take("sequence_length", "shape_changed"),
        Take("sequence_length", "state_dimension.count", when='seen("state_tuple") > 0'),
        *preferred("throughput", "groq_row|benchit_throughput|state_throughput"),
        Infer(
            "throughput_window", "single_input", because="groq_row|benchit_throughput|state_throughput", when="known(throughput)",
            reason="GroqFlow benchmarks a single input repeatedly",
        ),
        *preferred("latency_s", "groq_row.latency|benchit_latency.latency|state_latency.latency"),
        *preferred("on_chip_latency_s", "groq_row.on_chip_latency|state_compute_latency.on_chip_latency|compiler_latency.on_chip_latency", how="estimate"),
        *preferred("on_chip_throughput", "groq_row|compiler_throughput", how="estimate"),
        *(Take(score, f"groq_row.{score}") for score in _SCORES if score != "accuracy"),
        *preferred("score", "|".join(f"groq_row.{score}" for score in _SCORES)),
        *(
            Infer("score_name", score, because="result_header|score_header", when=f"known({score})", reason="the header of the second column of the table")
            for score in _SCORES if score != "accuracy"
        ),
        Infer("score_name", "accuracy", because="result_header|score_header", when="known(score)", reason="the header of the second column of the table"),
        Infer("sample", "pair", because="result_header|score_header", when="known(spearman)", reason="sentence similarity is evaluated on pairs"),
        Infer("sample", "image", because="build_header|build_cached|finished", when="workload == 'resnet50'"),
        Infer("sample", "sequence", because="build_header|build_cached|finished|state_model|compiler_output", when="workload == 'bert_tiny'"),
    ),
    aliases={
        "workload": {
            **WORKLOADS,
            "bert_tiny_custom": "bert_tiny",
            "minilmv2": "minilm",
            "minilmv2_custom": "minilm",
        },
    },
    absent={
        "started_at": ("not_in_log", "GroqFlow prints no timestamp on the terminal"),
        "ended_at": ("not_in_log", "GroqFlow prints no timestamp on the terminal"),
        "total_s": ("not_in_log", "GroqFlow prints no timestamp on the terminal"),
        "queue_s": ("not_in_log", "PBS prints no timestamp"),
        "eval_s": ("not_in_log", "the chip's pass over the data set is not timed; only the CPU's is"),
        "load_s": ("not_in_log", "GroqFlow does not time it"),
        "loss": ("not_applicable", "does not apply: inference"),
        "token_throughput": ("not_applicable", "does not apply: the vendor counts inferences"),
        "batch_size": ("not_in_log", "printed only where a build's input shape changed, and in its state file"),
        "sequence_length": ("not_in_log", "printed only where a build's input shape changed, and in its state file"),
        "sdk_version": ("not_in_log", "a proof point prints no version"),
        "devices": ("not_in_log", "the number of chips is only in a build's state file"),
    },
)  # fmt: skip
