"""SambaNova DataScale (RDU): SambaFlow compile and run logs, starters, UNet, Model Zoo, SambaTune.

The wrapper scripts write two logs of the same name for one job: the compile log (it compiles or reuses the binary, and submits the
job) and the run log (it trains). Each begins with `Model:`. Runs are appended to the run log, so a file may contain several.
"""

from __future__ import annotations

import pyparsing as pp
from logparse.grammars.common import WORKLOADS, bar, line_tag, preferred, record_head, record_stamp, timestamp_iso

from logparse.grammar import (
    Bar,
    Derive,
    Grammar,
    Infer,
    Reported,
    Rule,
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
    optional_blanks,
    percent,
    real,
    rest,
    timestamp,
    timestamp_seconds,
    token,
    unnamed,
)

_number = unnamed(integer)
_real = unnamed(real)
_folders = pp.Regex(r"(?:[^ /\"']*/)*")
_pef = _folders + pp.Regex(r"[^ /.\"']+")("model") + ".pef"
_values = pp.Regex(r"(?:, '[^']*': (?:[^,}]|,[0-9])+)*")


def one_of(*texts: str) -> pp.ParserElement:
    """One of `texts`; the first that matches is used."""
    return pp.MatchFirst([pp.Literal(text) for text in texts])


def record(level: str, message: pp.ParserElement | str) -> pp.ParserElement:
    """A log record of the applications, with a text of any program."""
    return _head(level) + message


def any_record(message: pp.ParserElement | str) -> pp.ParserElement:
    """A log record with a text that only these applications print: under the head of their logger, or another one."""
    return _any_head + message


def _head(level: str) -> pp.ParserElement:
    """The head of a record. SambaFlow 1.17 prints the process, 1.19 also the rank; the level is padded to eight characters."""
    writer = pp.Literal("Process ID ") + _number | "Rank " + _number + ", PID " + _number
    logger = pp.Combine("apps." + pp.Regex(r"[A-Za-z0-9_.]+"))("component")
    return (
        timestamp("at") + " - " + logger + " - " + writer + " - " + one_of(level, level.upper()) + blanks + "-" + blanks
    )


_any_head = _head("info") | record_head("INFO", timestamp("at")) | record_stamp(timestamp("at"))


def flag(
    of: str, pattern: str, value: pp.ParserElement, example: str, key: str | None = None, params: str | None = "command"
) -> Rule:
    """A flag anywhere in a command that the log prints."""
    command = one_of("RUN COMMAND: ", "COMPILE COMMAND: ", "$ srun ", "$ python ")
    return Rule(
        f"flag_{of}", example, command + pp.Regex(rf".*? {pattern}") + value,
        marks="unanchored", params=params, fixed={"key": key} if key else {},
    )  # fmt: skip


def setting(key: str, spelled: str, example: str) -> Rule:
    """A flag that is not a column of `runs`: it states what was requested, which is not always what ran."""
    return flag(key, f"{spelled}[ =]+", real("value"), example, key)


_HEADER = (
    Rule("model_header", "Model:  BertLarge", "Model:" + blanks + pp.Regex(r'[^ \t"]+')("model"), marks="begin", params="banner"),
    Rule(
        "date",
        "Date:  04/04/24",
        "Date:" + blanks + in_unit(pp.Regex(r"[0-9]{2}/[0-9]{2}/[0-9]{2}"), "%m/%d/%y")("date"),
    ),
    Rule(
        "time",
        "Time:  04:26",
        "Time:" + blanks + in_unit(pp.Regex(r"[0-9]{1,2}:[0-9]{2}"), "hh:mm")("time_of_day"),
    ),
    Rule(
        "package",
        "sambaflow/focal,focal,now 1.17.7-27 amd64 [installed,upgradable to: 1.18.7-38]",
        "sambaflow/" + unnamed(token) + " " + token("sdk_version") + " amd64 [" + rest,
        marks="identifies_platform", params="banner",
        more=("sambaflow/focal,now 1.19.1-44 amd64 [installed,upgradable to: 1.22.1-35]",),
    ),
    Rule(
        "apt_note",
        "WARNING: apt does not have a stable CLI interface. Use with caution in scripts.",
        pp.Literal("WARNING: apt does not have a stable CLI interface.") + rest,
    ),
    Rule("apt_listing", "Listing...", pp.Literal("Listing...")),
    Rule(
        "machine_state",
        "Machine State Before:",
        pp.Literal("Machine State Before:") | "Machine state After:",
        marks="identifies_platform",
        more=("Machine state After:",),
    ),
    Rule(
        "platform",
        "Platform: DataScale SN30-8",
        "Platform: " + pp.Regex(r"DataScale SN[0-9A-Z-]+")("system"),
        marks="identifies_platform", params="banner",
    ),
    Rule("inventory", "Physical Inventory:", pp.Opt("## ") + "Physical Inventory:"),
    Rule(
        "inventory_header",
        "Component Name                        | Serial Number       | Inventory State | Functional State",
        "Component Name" + blanks + "| Serial Number" + rest,
    ),
    Rule(
        "inventory_row",
        "/NODE/XRDU_0/RDU_0                    | 3050187469B35895    | Present         | Online",
        "/NODE/" + token + blanks + "| " + token + blanks + "| " + (pp.Literal("Present") | "Absent") + blanks + "| "
        + (pp.Literal("Online") | "N/A"),
        more=("/NODE/XRDU_0/RDU_0/SW_1/PORT_2        | N/A                 | Absent          | N/A",),
    ),
    Rule("ruled_line", "-" * 96, "-" * 40 + pp.Regex(r"-*")),
)  # fmt: skip

_WRAPPER = (
    Rule("compile_start", "COMPILE START AT 0", "COMPILE START AT " + real("start"), marks="identifies_platform"),
    Rule(
        "compile_command",
        "COMPILE COMMAND: python /opt/sambaflow/apps/nlp/transformers_on_rdu/transformers_hook.py compile --max_seq_length 128",
        "COMPILE COMMAND: " + nonempty("command"),
        marks="identifies_platform", params="command",
    ),
    Rule("compile_end", "COMPILE END AT 780", "COMPILE END AT " + real("end"), marks="identifies_platform submission"),
    Rule("run_marker", "RUN", pp.Literal("RUN")),
    Rule(
        "run_command",
        "RUN COMMAND: /usr/local/bin/srun --mpi=pmi2 python /opt/sambaflow/apps/nlp/transformers_on_rdu/transformers_hook.py run",
        "RUN COMMAND: " + pp.Regex(r"[^$].*")("command"),
        marks="identifies_platform", params="command",
    ),
    Rule("duration", "Duration:  781", "Duration:" + blanks + real("total_s")),
    Rule(
        "output_path",
        "Using /home/user/BertLarge/112124.22/BertLarge.out for output",
        "Using " + pp.Regex(r"/[^ ]+") + " for output",
    ),
    Rule("pef_exists", "/home/user/BertLarge/bertlrg/bertlrg.pef exists", pp.Regex(r"/[^ ]*\.pef") + " exists"),
    Rule(
        "pef_missing",
        "/home/user/unet/unet_train/unet_train.pef does not exist, exiting",
        pp.Regex(r"(?:PEF )?[^ ]+\.pef") + " does not exist, exiting",
        marks="failure", level="error", kind="no_such_file",
    ),
    flag("micro_batch_size", "-b +", integer("micro_batch_size"), "RUN COMMAND: srun python hook.py run -b 256 --do_train"),
    flag("sequence_length", "--max_seq_length[ =]+", integer("sequence_length"), "RUN COMMAND: srun python hook.py run --max_seq_length 128"),
    flag("steps", "--steps_this_run[ =]+", integer("steps"), "RUN COMMAND: srun python hook.py run --steps_this_run 505 --logging_steps 1"),
    flag("seed", "--seed[ =]+", integer("seed"), "RUN COMMAND: srun python hook.py run --seed 42 --do_train"),
    flag(
        "dataset", r"--data_dir[ =]+(?:[^ /]*/)*", pp.Regex(r"[^ /]+")("dataset") + " ",
        "RUN COMMAND: srun python hook.py run --data_dir /data/ANL/wikicorpus_en --cache /home/user/cache/",
    ),
    flag("pef", r"--pef=[\"']?", _pef, "RUN COMMAND: srun python hook.py run --pef=/home/user/BertLarge/bertlrg/bertlrg.pef", params=None),
    flag("learning_rate", "--learning_rate[ =]+", real("learning_rate"), "RUN COMMAND: srun python hook.py run --learning_rate 0.000175 --dense_adam"),
    setting("warmup_steps", "--warmup_steps", "RUN COMMAND: srun python hook.py run --warmup_steps 12500 --max_steps 250000"),
    setting("min_throughput", "--min_throughput", "RUN COMMAND: srun python hook.py run --min_throughput 560000 --skip_checkpoint"),
    setting("num_tiles", "--num-tiles", "COMPILE COMMAND: python hook.py compile --num-tiles 4 --pef-name=bertlrg"),
)  # fmt: skip

_SETTINGS = (
    "SAMBA_CCL_HIERARCHICAL_ALLREDUCE", "SAMBA_CCL_ASYNC_ALLREDUCE", "SN_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
    "SLURM_NTASKS_PER_NODE", "SLURM_CPUS_PER_TASK", "SLURM_NNODES",
)  # fmt: skip
# The printed environment can contain secrets: only variables that are known to contain none are matched.
_KNOWN_VARIABLES = (
    "SHELL=", "PWD=", "OLDPWD=", "LOGNAME=", "USER=", "HOME=", "LANG=", "TERM=", "TMPDIR=", "SHLVL=", "PATH=", "PS1=", "VIRTUAL_ENV=",
    "ENVIRONMENT=", "SOFTWARE_HOME=", "MOTD_SHOWN=", "XDG_DATA_DIRS=", "GLIBC_TUNABLES=", "IBV_FORK_SAFE=", "LIBVIRT_DEFAULT_URI=", "SSH_TTY=",
    "SLURMD_NODENAME=", "SLURM_JOB_USER=", "SLURM_TASKS_PER_NODE=", "SLURM_JOB_UID=", "SLURM_TASK_PID=", "SLURM_LOCALID=", "SLURM_SUBMIT_DIR=",
    "SLURM_NODE_ALIASES=", "SLURM_CLUSTER_NAME=", "SLURM_CPUS_ON_NODE=", "SLURM_JOB_CPUS_PER_NODE=", "SLURM_GTIDS=", "SLURM_JOB_PARTITION=",
    "SLURM_JOB_NUM_NODES=", "SLURM_JOBID=", "SLURM_PROCID=", "SLURM_TOPOLOGY_ADDR=", "SLURM_TOPOLOGY_ADDR_PATTERN=", "SLURM_NODELIST=",
    "SLURM_PRIO_PROCESS=", "SLURM_NPROCS=", "SLURM_SUBMIT_HOST=", "SLURM_NODEID=", "SLURM_CONF=", "SLURM_JOB_NAME=", "SLURM_JOB_GID=",
    "SLURM_JOB_NODELIST=",
)  # fmt: skip

_ENVIRONMENT = (
    # A refused submission alone ran nothing on an RDU.
    Rule(
        "sbatch_error",
        "sbatch: error: Batch job submission failed: Requested node configuration is not available",
        (pp.Literal("sbatch: error: ") | "salloc: error: ") + nonempty,
        marks="failure standalone", level="error", kind="scheduler",
    ),
    Rule("slurm_job_id", "SLURM_JOB_ID=29809", "SLURM_JOB_ID=" + integer("job_id"), marks="restart", params="environment"),
    # The shell of a batch script reports its errors with the path of Slurm's copy of the script.
    Rule(
        "slurm_script",
        "/var/spool/slurmd/job13528/slurm_script: 8: /var/spool/slurmd/job13528/slurm_script: source: not found",
        "/var/spool/slurmd/job" + integer("job_id") + "/slurm_script: " + rest,
        marks="restart", params="environment",
    ),
    Rule("slurm_ntasks", "SLURM_NTASKS=16", "SLURM_NTASKS=" + integer("ranks"), params="environment"),
    Rule("hostname", "HOSTNAME=sn30-r1-h1", "HOSTNAME=" + token("host"), params="environment"),
    Rule(
        "setting",
        "SAMBA_CCL_HIERARCHICAL_ALLREDUCE=0",
        one_of(*_SETTINGS)("key") + "=" + pp.Regex(r"[0-9]+")("value"),
        params="environment",
    ),
    Rule("variable", "SHELL=/bin/bash", one_of(*_KNOWN_VARIABLES) + rest),
    Rule("last_variable", "_=/usr/bin/env", pp.Literal("_=/usr/bin/env")),
)  # fmt: skip

_APPLICATION = (
    Rule(
        "app_started",
        "2024-04-04 04:26:33,240 - apps.nlp.transformers_on_rdu.transformers_hook - Process ID 2734725 - info     - NLP app started.",
        any_record("NLP app started."),
        marks="identifies_platform",
        more=("2024-11-21 22:10:31,671 - apps.__main__ - Rank 0, PID 904175 - info     - NLP app started.",),
    ),
    Rule(
        "app_compiles",
        "2024-04-04 04:26:52,811 - apps.__main__ - Rank 0, PID 904175 - info     - transformers_hook app running in compile mode",
        any_record("transformers_hook app running in compile mode"),
        marks="identifies_platform",
    ),
    Rule(
        "app_runs",
        "2024-03-24 21:24:32,104 - apps.__main__ - Rank 0, PID 904175 - info     - transformers_hook app running in run mode",
        any_record("transformers_hook app running in run mode"),
        marks="identifies_platform",
    ),
    Rule(
        "app_finished",
        "2024-03-24 21:32:07,166 - apps.nlp.transformers_on_rdu.transformers_hook - Process ID 3678521 - info     - NLP app finished",
        any_record("NLP app finished"),
        marks="identifies_platform",
    ),
    Rule(
        "train_step",
        "2024-03-24 21:31:43,153 - apps.nlp.transformers_on_rdu.tasks.lm_tasks.bert_mlperf_trainer - Process ID 3678508 - info     - "
        "epoch:0|local_step:477|global_step:477|average_loss:8.32554|step_loss:8.32554|step_ns_loss:0.60789|step_mlm_loss:7.71765|"
        "learning_rate:6.66e-06|eval_step:0.00000|validation_average_loss:0.00000",
        pp.Opt(_any_head) + "epoch:" + real("epoch") + "|local_step:" + integer("local_step") + "|global_step:" + integer("step")
        + "|average_loss:" + real("average_loss") + pp.Opt("|steps_per_second:" + in_unit(real, "s/it")("step_time")) + "|step_loss:" + real("loss")
        + pp.Opt("|step_ns_loss:" + real("nsp_loss") + "|step_mlm_loss:" + real("mlm_loss")) + "|learning_rate:" + real("learning_rate")
        # The rest is 0.00000 in all known logs: nothing was evaluated.
        + "|eval_step:" + rest,
        marks="identifies_platform running unfinished", split="train",
        more=(
            "2024-11-11 11:41:44,780 - apps.nlp.transformers_on_rdu.tasks.lm_tasks.gpt2_task - Process ID 2975108 - info     - "
            "epoch:0|local_step:1|global_step:1|average_loss:7.31120|steps_per_second:0.01297|step_loss:7.31120|learning_rate:1.00e-05|"
            "eval_step:0.00000|eval_acc:0.00000",
        ),
    ),
    Rule(
        "iteration_bar",
        "Iteration:  19%|█▊        | 476/2551 [07:04<29:33,  1.17it/s]",
        "Iteration:" + optional_blanks + bar,
        marks="running redraw", split="train", window="interval",
        more=("Iteration:   0%|          | 1/2551 [00:08<5:49:21,  8.22s/it]", "Iteration:   0%|          | 0/2551 [00:00<?, ?it/s]"),
    ),
    Rule(
        "final_loss",
        "2024-03-24 21:32:07,106 - apps.tasks.lm_tasks.bert_mlperf_trainer - Rank 0, PID 189034 - info     - final_loss 8.251947",
        any_record("final_loss " + _real),
    ),
    Rule(
        "result",
        "2024-03-24 21:32:07,108 - apps.nlp.transformers_on_rdu.tasks.lm_tasks.bert_mlperf_trainer - Process ID 3678508 - info     - "
        "{'e2e_train_time': 452.3822205066681, 'training_sequences_per_second': 585269.3319898, 'final_loss': 8.251947402954102, "
        "'training_samples_per_second': 4572.416656170312}",
        pp.Opt(_any_head) + "{'e2e_train_time': " + grouped("train_s") + pp.Regex(r"(?:, '(?:e2e_t|t)raining[^']*': (?:[^,}]|,[0-9])+)*")
        + ", 'final_loss': " + real("loss") + _values + "}",
        marks="identifies_platform final", split="train", window="final",
        more=(
            "{'e2e_train_time': 262.1321773529053, 'e2e_training_tokens_per_second': 10000.451018536301, "
            "'training_tokens_per_second(exclude warmup overhead)': 10052.111972340099, 'final_loss': 9.262810707092285}",
        ),
    ),
    Rule(
        "result_samples",
        "'training_samples_per_second': 4572.416656170312}",
        "'training_samples_per_second': " + grouped("throughput"),
        marks="unanchored", split="train", window="mean",
    ),
    Rule(
        "result_sequences",
        "'training_sequences_per_second': 585269.3319898, 'final_loss': 8.251947402954102",
        "'training_sequences_per_second': " + grouped("token_throughput"),
        marks="unanchored", split="train", window="mean",
        corrects="tokens per second, although it is named sequences per second: steps x batch size x sequence length / e2e_train_time",
    ),
    Rule(
        "result_tokens",
        "'e2e_training_tokens_per_second': 10000.451018536301, 'final_loss': 9.262810707092285",
        "'e2e_training_tokens_per_second': " + grouped("token_throughput"),
        marks="unanchored", split="train", window="mean",
    ),
    Rule(
        "result_steady_tokens",
        "'training_tokens_per_second(exclude warmup overhead)': 10052.111972340099, 'final_loss': 9.262810707092285",
        "'training_tokens_per_second(exclude warmup overhead)': " + grouped("steady_token_throughput"),
        marks="unanchored", split="train", window="mean",
    ),
    Rule(
        "throughput_gate",
        "AssertionError: Expected throughput to be at least 560000.0, instead found 289619.6825559826",
        "AssertionError: Expected throughput to be at " + name + " " + _real + ", instead found " + _real,
        marks="failure", level="error", kind="gate",
    ),
    Rule(
        "app_python_deprecation",
        "2024-03-24 21:24:33,107 - py.warnings - Process ID 3678521 - warning  - /usr/local/lib/python3.7/site-packages/torch/overrides.py:1074: "
        "DeprecationWarning: Defining your `__torch_function__ as a plain method is deprecated and will be an error in PyTorch 1.11, ",
        unnamed(timestamp) + " - py.warnings - " + pp.Regex(r"[A-Z][^/]* - warning +- [^ ]+") + " DeprecationWarning: " + rest,
    ),
    Rule(
        "app_python_warning",
        "2024-03-24 21:24:36,107 - py.warnings - Process ID 3678521 - warning  - /opt/sambaflow/apps/nlp/tasks/utils/common_utils.py:32: "
        "UserWarning: Both max steps and num train epochs specified, will use max steps here!",
        unnamed(timestamp) + " - py.warnings - " + pp.Regex(r"[A-Z][^/]* - warning +- [^ ]+") + " UserWarning: " + nonempty("text"),
        level="warning", kind="python",
    ),
    Rule(
        "app_warning",
        "2024-03-24 21:24:25,967 - apps.nlp.transformers_on_rdu.tasks.utils.lazy_gpt2_pretrain - Process ID 3678523 - warning  - "
        "This module is not supported under lazy param initialization: transformers.models.bert",
        record("warning", nonempty("text")),
        marks="identifies_platform", level="warning", kind="application",
    ),
    Rule(
        "app_error",
        "2024-03-24 21:24:25,967 - apps.__main__ - Rank 0, PID 904175 - error    - the dataset cannot be opened",
        record("error", nonempty("text")),
        marks="identifies_platform", level="error", kind="application",
    ),
    Rule(
        "app_record",
        "2024-03-24 21:24:25,967 - apps.__main__ - Rank 0, PID 904175 - info     - Dataset is loading.",
        any_record(one_of("Dataset is loading.", "Dataset has finished loading.", "Patching ") + rest),
        marks="identifies_platform",
        more=("2024-03-24 21:24:25,967 - apps.tasks.utils.lazy_gpt2_pretrain - Rank 0, PID 904175 - info     - Patching gpt2 hf model attr 'x'",),
    ),
    Rule("torch_version", "PyTorch version 1.10.2+cpu available.", "PyTorch version " + pp.Regex(r"[0-9][^ ]*")("value") + " available.",
         params="log", fixed={"key": "torch_version"}),
    Rule("tensorflow_version", "TensorFlow version 2.7.0 available.", "TensorFlow version " + pp.Regex(r"[0-9][^ ]*")("value") + " available.",
         params="log", fixed={"key": "tensorflow_version"}),
    Rule(
        "pef_loaded",
        "Loading '/home/user/BertLarge/bertlrg/bertlrg.pef' having version 2.19.0 using PEF schema at version 2.19.0",
        "Loading '" + pp.Regex(r"[^']+\.pef") + "' having version " + token("value") + " using PEF schema at version " + unnamed(token),
        marks="identifies_platform", params="log", fixed={"key": "pef_version"},
    ),
    Rule(
        "log_id",
        "Log ID initialized to: [user][python][3678521] at /var/log/sambaflow/runtime/sn.log",
        "Log ID initialized to: [" + rest,
        marks="identifies_platform",
    ),
    Rule("log_path", "/var/log/sambaflow/runtime/sn.log", pp.Regex(r"/[^ :]*/sambaflow/runtime/sn\.log")),
    Rule(
        "blocksparse",
        "import blocksparse tasks from _NamespacePath(['/opt/sambaflow/apps/nlp/transformers_on_rdu/blocksparse/common/tasks'])",
        "import blocksparse tasks from " + rest,
    ),
    Rule(
        "tunables",
        "*************Non Default Runtime Performance Tunables*************",
        pp.Literal("*************Non Default Runtime ") + rest,
    ),
    Rule(
        "tunables_note",
        "WARNING: These should not be used unless EXPLICITLY prescribed by a SambaNova Engineer",
        pp.Literal("WARNING: These should not be used unless EXPLICITLY prescribed by a SambaNova Engineer"),
    ),
    Rule("stars", "*" * 65, "*" * 40 + pp.Regex(r"\**")),
    Rule(
        "warned_source",
        "  dtype=np.int):",
        pp.Literal("dtype=np.int):") | "task_module.do_training(args=args," | "assert training_perf >= args.min_throughput," + rest
        | "mlperf_pretrain.do_training(args, model, optims, model_config," | "np.bool8: (False, True)," | "import imp" | "from sambaflow import samba" | "elif param.grad_fn:"
        | "return F.linear(input, self.weight, self.bias)" | "return torch.tanh(input)"
        | "attention_scores = torch.matmul(query_layer, key_layer.transpose(-1, -2))"
        | "if not self.defaults.get('differentiable', None) and not (param.is_leaf or param.retains_grad):"
        | 'tensor_names = ["attn\\.c_attn\\.weight", "attn\\.c_proj\\.weight", "mlp\\.c_fc\\.weight", "mlp\\.c_proj\\.weight"]',
    ),
    Rule(
        "huggingface_weights",
        "Some weights of BertForPreTraining were not initialized from the model checkpoint at bert-large-uncased and are newly initialized: ['x']",
        (
            pp.Literal("Some weights of ") | "You should probably TRAIN this model on a down-stream task" | "- This IS expected if you are initializing "
            | "- This IS NOT expected if you are initializing "
        ) + rest,
    ),
)  # fmt: skip

_COMPILER = (
    Rule(
        "projection",
        "[info    ]: Amortized resources overall: 4.500000e+02 PCUs, 6.890000e+02 PMUs, projected latency: 6.079219e-01 s, "
        "FLOPS: 1.216469e+02 T/s, DDR_BW: 6.463480e+01 GB/s",
        "[info    ]: Amortized resources overall: " + real("compute_units") + " PCUs, " + real("memory_units") + " PMUs, projected latency: "
        + real("projected_latency") + " s, FLOPS: " + in_unit(real, "T")("projected_flops") + " T/s, DDR_BW: "
        + in_unit(real, "GB")("projected_bandwidth") + " GB/s",
        marks="identifies_platform", basis="estimated", window="mean",
    ),
    Rule(
        "pef_created",
        "[info    ] : PEF file /home/user/BertLarge/bertlrg//bertlrg.pef created",
        "[info" + optional_blanks + "]" + pp.Opt(optional_blanks + ":") + " PEF file " + _pef + " created",
        marks="identifies_platform submission",
        more=("[info   ] PEF file /home/user/tutorials/lenet/out/lenet-b32/lenet-b32.pef created",),
    ),
    # Everything but the projection, which begins with "Am".
    Rule(
        "compiler_info",
        "[info    ]: Compilation succeeded for partition_0_0_",
        "[info    ]: " + pp.Regex(r"(?:[^A]|An).*"),
        marks="identifies_platform",
        more=("[info    ]: Analyze tiling for graph: hf_transformer_samba",),
    ),
    Rule(
        "compiler_chatter",
        "[warning ]: Try to squeeze a unsqueezable dim next_sentence_label_dim_0 for op bertformaskedlm__bert__pooler__dense__linear",
        "[warning ]: " + (
            pp.Literal("Try to squeeze a unsqueezable dim ") | "Injecting transpose slotting counter " | "Skip the process of updating "
            | "DimensionMapping for "
        ) + rest,
        marks="identifies_platform",
    ),
    # Everything but the lines of `compiler_chatter`.
    Rule(
        "compiler_warning",
        "[warning ]: You have created a transposed access but are not respecting slotting rules so there will be a performance drop!",
        "[warning ]: " + pp.Regex(r"(?:[^DIST]|Skipped).*")("text"),
        marks="identifies_platform", level="warning", kind="compiler",
    ),
    Rule(
        "compiler_error",
        "[error   ]: Compilation failed for partition_0_0_",
        "[error   ]: " + nonempty("text"),
        marks="identifies_platform", level="error", kind="compiler",
    ),
    Rule(
        "compiler_tensors",
        "  inputs: {NamedTensor: shape {1024, 2} names: {next_sentence_label_dim_0}}",
        (pp.Literal("inputs: {NamedTensor") | "outputs: {NamedTensor") + rest,
    ),
    Rule(
        "compiler_place",
        "pmu: D_0_0_0 /scratch/jobs/0/debbuild/common/compiler/rail/src/lib/pass/transform/TBufferUnitElaborationPass.cpp:167:0",
        pp.Regex(r"(?:[a-z]+: [^ ]+ )?[^ ]+\.cpp:[0-9]+:[0-9]+"),
    ),
    Rule("compiler_command", "+ /opt/llvm11/bin/clang++ -I/opt/llvm11/include -Werror -Wall -o x.so x.cpp", pp.Literal("+ /opt/") + rest),
    Rule("compiler_shell", "+ set +x", pp.Literal("+ set +x")),
    Rule(
        "old_record",
        "[Info][SAMBA][Default] # Placing log files in",
        (pp.Literal("[Info][SAMBA]") | "[Info][MAC]" | "[info] [samba]: " | "[info ] [PLASMA] ") + rest,
        marks="identifies_platform",
        more=("[info] [samba]: __get__ is not supported on RDU, default to torch.nn.Parameter api",),
    ),
    Rule(
        "old_warning",
        "[Warning][MAC][MemoryOpTransformPass] # Backward graph is trimmed",
        (pp.Literal("[Warning][SAMBA]") | "[Warning][MAC]" | "[warning] [samba]: ") + nonempty("text"),
        marks="identifies_platform", level="warning", kind="compiler",
        more=("[warning] [samba]: The conv2d operator is experimental.",),
    ),
    Rule(
        "old_compiler_note",
        "[info] Compilation succeeded.",
        pp.Literal("[info] Compilation succeeded.") | "[info] Run A Round of PerOp Pass: iter " + _number
        | "[info] We run " + _number + " iterations of PerOp transformation totally." | "Pef file" | "Prism report not available"
        | "Using patched version of torch.cat and torch.stack",
    ),
    Rule(
        "old_warning_rest",
        "trimmed according to requires_grad to save computation.",
        pp.Literal("trimmed according to requires_grad to save computation.") | "according to requires_grad to save computation."
        | "CrossEntropyLoss is torch.int64, however only int16 is currently" | "supported, implicit conversion will happen"
        | "set_loop_to_air",
    ),
)  # fmt: skip

_STARTERS = (
    Rule(
        "epoch_step",
        "Epoch [1/1], Step [10000/60000], Loss: 0.4642",
        "Epoch [" + integer("epoch") + "/" + integer("epochs") + "], Step [" + integer("step") + "/" + integer("steps") + "], Loss: " + real("loss"),
        marks="running", split="train",
    ),
    Rule(
        "worker_step",
        "DP: 2-way, Epoch [1/1], Step [1/2622], Loss: 11.1906",
        "DP: " + integer("ranks") + "-way, Epoch [" + integer("epoch") + "/" + integer("epochs") + "], Step [" + integer("step") + "/"
        + integer("steps") + "], Loss: " + real("loss"),
        marks="identifies_platform running", split="train",
    ),
    Rule(
        "test_accuracy",
        "Test Accuracy: 91.40  Loss: 0.3014",
        "Test Accuracy: " + percent("accuracy") + blanks + "Loss: " + real("loss"),
        marks="identifies_platform result", split="test", window="final",
        more=("Test Accuracy: 90.07 Loss: 0.3361",),
    ),
    Rule(
        "session",
        "2023-03-08T21:19:08 : [INFO][LIB][2688517]: sn_create_session: PEF File: pef/logreg/logreg.pef",
        timestamp_iso("date") + " : [INFO][LIB][" + _number + "]: sn_create_session: PEF File: " + _pef,
        marks="identifies_platform",
    ),
    Rule(
        "old_session",
        "2021-6-11 8:38:49 : [INFO][SC][99185]: SambaConnector: PEF File:",
        pp.Regex(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2} [0-9:]+ : ") + "[INFO][SC][" + _number + "]: SambaConnector: PEF File:" + rest,
        marks="identifies_platform",
        more=("2021-9-13 19:44:17 : [INFO][SC][25140]: SambaConnector: PEF File: pef/sn_boilerplate/sn_boilerplate.pef",),
    ),
    # A page wraps the record before the path.
    Rule("pef_path", "pef/logreg/logreg.pef", pp.Regex(r"(?:[^ /:\"']*/)*") + pp.Regex(r"[^ /.:\"']+")("model") + ".pef", params="log"),
    Rule("each_rank", "Distributed run: True", pp.Literal("Distributed run: True"), marks="running"),
    Rule(
        "program_usage",
        "usage: sn_boilerplate_main.py [-h] {compile,run,test,measure-performance} ...",
        "usage: " + token + " [-h] {compile,run,test,measure-performance} ...",
        marks="identifies_platform standalone",
    ),
    Rule(
        "program_arguments",
        "args: Namespace(acc_test=False, batch_size=1, command='compile', data_parallel=True, distributed_run=False)",
        "args: Namespace(" + rest,
    ),
    Rule(
        "dataset",
        "Using dataset: /home/user/datasets/fashion-mnist/train",
        "Using dataset: " + pp.Regex(r"(?:/[^ /]+)*/datasets/") + pp.Regex(r"[^ /]+")("dataset") + rest,
        params="log",
    ),
    Rule(
        "lenet_range",
        "Initial epoch:   0, initial step:      0",
        (pp.Literal("Initial epoch:") | "Target epoch:") + blanks + _number + (pp.Literal(", initial step:") | ", target step:") + blanks + _number,
        marks="identifies_platform",
        more=("Target epoch:    1, target step:    1875",),
    ),
    Rule(
        "tensor_compared",
        "samba: tensor(1.2188)",
        (pp.Literal("samba: tensor(") | "gold: tensor(" | "samba.SambaTensor(name:") + rest,
        more=("samba.SambaTensor(name: sambatensor_140554762586704, shape:",),
    ),
)  # fmt: skip

_MEASURED = (
    Rule(
        "world_size",
        "Measuring peformance with world size:  2",
        (pp.Literal("Measuring peformance with world size:") | "Measuring performance with world size:") + blanks + integer("ranks"),
        marks="begin identifies_platform", params="log",
        more=("Measuring performance with world size:  2",),
    ),
    Rule("initial_run", "initial run starts.", pp.Literal("initial run starts.") | "initial run completes."),
    Rule(
        "measured",
        "e2e_latency: 30.75621747970581 seconds, throughput: 665.8816225861821 samples/s, measured over 10 iterations.",
        "e2e_latency: " + real("latency_total") + " seconds, throughput: " + grouped("throughput") + " samples/s, measured over "
        + integer("iterations") + " iterations.",
        marks="identifies_platform final", split="benchmark", window="mean",
    ),
    Rule(
        "measured_note",
        "NOTE: This is the combined throughput for 2 workers",
        "NOTE: This is the combined throughput for " + _number + " workers" | "total duration: " + _real + " s",
        more=("total duration: 30.75621747970581 s",),
    ),
    Rule(
        "old_measured",
        "e2e_throughput: 1898.6569130275361 samples/s, measured over 100",
        "e2e_throughput: " + grouped("throughput") + " samples/s, measured over " + integer("iterations") + pp.Opt(" iterations." + rest),
        marks="begin identifies_platform final", split="benchmark", window="mean",
    ),
    Rule(
        "old_measured_latency",
        "iterations. Average latency: 0.0005266880989074707 s.",
        "iterations. Average latency: " + real("latency") + " s.",
        split="benchmark", window="mean",
    ),
    Rule("old_measured_total", "e2e_latency: 0.05266880989074707 s", "e2e_latency: " + real("latency_total") + " s"),
    Rule(
        "unet",
        "inner train loop time : 374.6789753437042 for 10 epochs, number of global steps: 130, e2e samples_per_sec: 88.82270474202953",
        "inner train loop time : " + grouped("train_s") + " for " + integer("epochs") + " epochs, number of global steps: " + integer("steps")
        + ", e2e samples_per_sec: " + grouped("throughput"),
        marks="identifies_platform result", split="train", window="mean",
    ),
    Rule("squad_exact", "exact = 54.33301797540208", "exact = " + percent("exact_match"), split="eval", window="final"),
    Rule("squad_f1", "f1 = 66.54507382283774", "f1 = " + percent("f1"), marks="result", split="eval", window="final"),
    Rule("squad_json_exact", '"exact": 54.33301797540208,', '"exact": ' + percent("exact_match") + ",", split="eval", window="final"),
    Rule("squad_json_f1", '"f1": 66.54507382283774,', '"f1": ' + percent("f1") + ",", marks="result", split="eval", window="final"),
)  # fmt: skip

_MODEL_ZOO = (
    Rule(
        "runtime",
        "Targeting samba-runtime v4.2.5. Samba is running with --target-runtime-version=1.3.10 on a system with installed runtime None.",
        "Targeting samba-runtime v" + pp.Regex(r"[0-9]+(?:\.[0-9]+)*")("runtime_version") + ". " + rest,
        marks="identifies_platform", params="log",
    ),
    Rule("epochs_asked", "Number of epochs: 1", "Number of epochs: " + integer("epochs"), params="log"),
    Rule("worker_batch", "Per worker batch size: 2", "Per worker batch size: " + integer("micro_batch_size"), marks="identifies_platform", params="log"),
    Rule("batch", "Batch size: 8", "Batch size: " + integer("batch_size"), params="log"),
    Rule(
        "batches",
        "Number of batches (steps): 1,143",
        (pp.Literal("Number of batches (steps): ") | "Per worker number of batches (steps): " | "Per worker number of batches: ") + count("steps"),
        params="log",
        more=("Per worker number of batches: 2,622",),
    ),
    Rule("worker_sequences", "Per worker number of sequences: 41,952", "Per worker number of sequences: " + unnamed(count)),
    Rule("workers", "Number of DP workers: 2", "Number of DP workers: " + integer("ranks"), marks="identifies_platform", params="log"),
    Rule("tokens_seen", "Total tokens seen: 4914", "Total tokens seen: " + count("tokens"), marks="identifies_platform"),
    Rule(
        "tokens_per_second",
        "Tokens per second: 120.8163",
        "Tokens per second: " + grouped("token_throughput"),
        marks="result", split="train", window="mean",
    ),
    Rule("step_time", "Average time per step: 20.3309s", "Average time per step: " + real("step_time") + "s", split="train", window="mean"),
    Rule(
        "step_table",
        "Tokens in Step,Step Loss,Learning Rate,Time per Step",
        pp.Literal("Tokens in Step,Step Loss,Learning Rate,Time per Step"),
        marks="identifies_platform",
    ),
    Rule(
        "step_row",
        "tensor(2691),tensor(0.9211),1e-05,20.194304943084717",
        "tensor(" + integer("tokens") + "),tensor(" + real("loss") + ")," + real("learning_rate") + "," + real("step_time"),
        marks="identifies_platform running", split="train",
    ),
    Rule(
        "model_params",
        'The following are the model params used to train this model using Model Zoo:{"fp32_ln":false,"max_seq_length":4096}',
        "The following are the model params used to train this model using Model Zoo:" + rest,
        marks="identifies_platform",
    ),
    Rule(
        "max_sequence_length",
        '"max_seq_length":4096,',
        '"max_seq_length":' + integer("sequence_length"),
        marks="unanchored", params="log",
    ),
    Rule("finished_training", "Finished training.", pp.Literal("Finished training."), marks="result"),
    Rule(
        "zoo_note",
        "Starting training for epoch 1...",
        "Starting training for epoch " + _number + "..." | "Loading dataset for epoch " + _number + "..." | "Saving checkpoint..."
        | "Checkpoint saved at " + token | "Saving summary..." | "Summary saved at " + token | "Decoding ..." | "Completion:"
        | "Generating " + _number + " tokens ...",
    ),
    Rule("generation_block", "latencies", pp.Literal("latencies") | "throughputs"),
    Rule(
        "first_token",
        "time to first token 1.1981s",
        "time to first token " + real("time_to_first_token") + "s",
        marks="identifies_platform", split="benchmark", window="mean",
    ),
    Rule(
        "later_tokens",
        "tokens,  excluding first token 0.3330s",
        "tokens,  excluding first token " + real("time_per_token") + "s",
        marks="identifies_platform running", split="benchmark", window="mean",
        corrects="seconds per token after the first, although it is listed as a latency",
    ),
    Rule("all_tokens", "tokens,  overall 0.3600s", "tokens,  overall " + _real + "s"),
    Rule("total_latency", "Total Latency 1.5310s", "Total Latency " + real("latency") + "s", split="benchmark", window="mean"),
    Rule(
        "later_tokens_rate",
        "tokens/second excluding first token 3.0032",
        "tokens/second excluding first token " + real("steady_token_throughput"),
        marks="identifies_platform", split="benchmark", window="mean",
    ),
    Rule(
        "tokens_rate",
        "tokens/second overall 2.7777",
        "tokens/second overall " + real("token_throughput"),
        marks="identifies_platform final", split="benchmark", window="mean",
    ),
    Rule(
        "chat_completion",
        '"model":"gpt-oss-120b-131072","object":"chat.completion","system_fingerprint":"fastcoe","usage":{"completion_tokens":128,'
        '"completion_tokens_after_first_per_sec":281.8,"completion_tokens_per_sec":208.6,"end_time":1764022114.3,"is_last_response":true,'
        '"time_to_first_token":0.1628,"total_latency":0.6134,"total_tokens":201,"total_tokens_per_sec":327.6}',
        '"model":"' + pp.Regex(r'[^"]+')("model") + '","object":"chat.completion",' + pp.Regex(r'.*?"completion_tokens":') + integer("tokens")
        + ',"completion_tokens_after_first_per_sec":' + real("steady_token_throughput") + pp.Regex(r'.*?"completion_tokens_per_sec":')
        + real("token_throughput") + pp.Regex(r'.*?"time_to_first_token":') + real("time_to_first_token") + ',"total_latency":' + real("latency"),
        marks="unanchored identifies_platform final", split="benchmark", window="mean",
    ),
)  # fmt: skip

_tune_time = pp.Regex(r"[0-9]{2}-[A-Z][a-z]{2} ") + clock("time_of_day") + " - "

_SAMBATUNE = (
    Rule(
        "tune_program",
        "19-Sep 17:43:26 - Info - SUCCESS: uno_full.py PEF (baseline)",
        _tune_time + "Info - SUCCESS: " + pp.Regex(r"[a-z][A-Za-z0-9_]*")("model") + ".py PEF" + pp.Opt(" (baseline)"),
        marks="identifies_platform",
    ),
    Rule(
        "tune_step",
        "19-Sep 17:43:26 - Info - SUCCESS: Execute Compile sn10__9_19_17_39_uno_full",
        _tune_time + "Info - SUCCESS: " + pp.Regex(r"[A-Z].*")("stage"),
        marks="identifies_platform",
    ),
    Rule(
        "tune_failure",
        "19-Sep 17:45:36 - Error - FAILURE: Execute Snprof",
        _tune_time + "Error - FAILURE: " + nonempty("text"),
        marks="identifies_platform", level="error", kind="sambatune",
    ),
    Rule(
        "tune_message",
        "19-Sep 17:45:36 - Error - Message: Error while running snprof jobs",
        _tune_time + (pp.Literal("Error - Message: ") | "Warning - ") + nonempty("text"),
        marks="identifies_platform", level="error", kind="sambatune",
    ),
    Rule(
        "usage_error",
        "uno_full.py: error: unrecognized arguments: --multiprocess-pickle --use-pickle-train",
        pp.Regex(r"[^ :]+") + ": error: unrecognized arguments: " + rest,
        marks="failure", level="error", kind="usage",
    ),
    Rule("tune_elapsed", "Elapsed time: 504.227s", "Elapsed time: " + real("total_s") + "s", marks="result"),
    Rule(
        "tune_missing",
        "Could not find snprof output. No host latency data available.",
        one_of(
            "Could not find ", "Cannot find ", "Read file failed. ", "Error while running ", "Instrumentation, Benchmarking or snprof have failed!",
            "Getting num iterations from measure perf FAILED!",
        ) + rest,
        level="warning", kind="sambatune",
        more=("Error while running snprof jobs",),
    ),
    Rule(
        "host_time",
        "Timestamp                 : 2022-09-19 17:39:35",
        "Timestamp" + optional_blanks + ": " + timestamp_seconds("date"),
    ),
    Rule("tune_command", "*** Running command ***:", pp.Literal("*** Running command ***:")),
    Rule(
        "tune_command_line",
        "/opt/sambaflow/venv/bin/python3 /opt/sambaflow/bin/snconfig show Node all -j /home/user/reports/snconfig",
        "/opt/sambaflow/venv/bin/python" + rest,
    ),
    Rule(
        "tune_note",
        "Export environment variable OMP_NUM_THREADS=16,",
        (
            pp.Literal("Export environment variable ") | "Unset environment variable " | "--> " | "No plugins available at this time."
            | "Retrieving configuration file from: " | "Arguments preparation was finished and prepare to compile!" | "Output JSON file: "
            | "Compilation was finished and prepare to run!" | "SambaTune is running on " | "Reading performance counters."
            | "See per-section " | "See graph " | "See runtime perf info " | "Postprocessing was finished!" | "Generating Web UI files..."
            | "Retrieving estimated prism latency" | "from sambaflow.samba.utils.read_perf_counters import main"
            | "Instrumentation, DDR, PCIE counters saved to " | "Web UI files generation complete." | "To launch the Sambatune-UI "
            | "$ sambatune_ui " | "Point your browser to http" | "=======                " | "=" * 40
        ) + rest,
    ),
)  # fmt: skip

_at = pp.Opt("(" + pp.Regex(r"[^)]+") + ") ") + pp.Regex(r"[A-Za-z0-9_.-]+") + "@"
_machine = pp.Regex(r"s[nm][0-9a-z-]+")
_path = ":" + pp.Regex(r"[^$ ]*") + "$ "
_mode = one_of("compile", "run", "test", "measure-performance")("mode")

_PROMPTS = (
    # Notes of several runs in one page: only the setting in its heading separates one run's lines from the next one's.
    Rule(
        "heading",
        "##### --ntasks 16: (--ntasks-per-node 16)",
        pp.Regex(r"#+ --ntasks[ =][0-9]+.*"),
        marks="begin",
    ),
    Rule(
        "prompt_remove",
        "user@sn30-r2-h2:~/bert$ rm -rf ~/BertLarge",
        _at + _machine + _path + "rm -r" + pp.Opt("f") + " " + rest,
        marks="begin",
    ),
    Rule(
        "prompt_tail",
        "user@sn30-r2-h2:~/bert$ tail -f /home/user/BertLarge/112124.22/BertLarge.out",
        _at + _machine + _path + "tail " + rest,
        marks="begin follows",
    ),
    Rule(
        "prompt_script",
        "user@sn30-r2-h2:~/bert$ ./BertLarge.sh",
        _at + _machine("host") + _path + "./" + token("script") + rest,
        marks="begin",
    ),
    # srun starts the program on another machine than that of the prompt.
    Rule(
        "prompt_srun",
        '(venv) user@sm-01:~/apps/starters/logreg$ srun python logreg.py run --pef="pef/logreg/logreg.pef"',
        _at + _machine + _path + "srun " + pp.Regex(r".*?python[0-9]* ") + pp.Regex(r"[^ ]+\.py")("script") + " " + _mode + rest,
        marks="begin",
    ),
    Rule(
        "prompt_python",
        "(sambanova) user@sn30-r1-h1:~/work$ python vit.py compile",
        _at + _machine("host") + _path + pp.Regex(r"python[0-9]* ") + pp.Regex(r"[^ ]+\.py")("script") + " " + _mode + rest,
        marks="begin",
    ),
    Rule(
        "prompt_sambatune",
        "(venv) user@sm-01:~/apps/private/anl$ sambatune uno_brw_CCLE.yaml --artifact-root $(pwd)/artifact_root --modes benchmark run",
        _at + _machine("host") + _path + "sambatune " + token("script") + rest,
        marks="begin",
    ),
    Rule(
        "prompt_singularity",
        "Singularity> python -m nlp.text_generation.rdu_generate_text command=run checkpoint.model_name_or_path=/opt/ckpts/generic-7b",
        "Singularity> python -m " + token("script") + " command=" + name("mode")
        + pp.Regex(r".*? checkpoint\.model_name_or_path=(?:[^ /]*/)*") + pp.Regex(r"[^ /]+")("model") + pp.Opt(" " + rest),
        marks="begin identifies_platform",
    ),
)  # fmt: skip

# Reports of the machine and of its tools: they name the platform and hold no run.
_TOOLS = (
    Rule(
        "device_service",
        "● snd.service - SN Devices Service",
        pp.Regex(r"(?:[●*] )?") + "snd.service - SN Devices Service",
        marks="identifies_platform standalone",
        more=("snd.service - SN Devices Service",),
    ),
    Rule("platform_name", "Platform Name: DataScale SN10-8", "Platform Name: DataScale SN" + rest, marks="identifies_platform standalone"),
    Rule(
        "tile_header",
        "TILE                 %idle %exec %pload %aload %chkpt %quiesce    PID     USER COMMAND",
        "TILE" + blanks + "%idle %exec %pload " + rest,
        marks="identifies_platform standalone",
    ),
    Rule(
        "tile_row",
        "/XRDU_0/RDU_0/TILE_0   8.0  91.6    0.3    0.1    0.0      0.0 2750333  user /opt/sambaflow/apps/nlp/transformers_on_rdu/venv/b",
        "/XRDU_" + pp.Regex(r"[0-9]+/RDU_[0-9]+/TILE_[0-9]+") + blanks + _real + blanks + _real + blanks + rest,
        marks="identifies_platform standalone",
    ),
    Rule(
        "queue_row",
        "10191 sambanova            Gpt1.5B_run.sh  user  R      23:18      2 sn30-r1-h1,sn30-r2-h2",
        pp.Regex(r"[0-9]+") + blanks + "sambanova" + blanks + token + blanks + token + blanks + (pp.Literal("R ") | "PD " | "CG ") + rest,
        marks="identifies_platform standalone",
    ),
    Rule("python_import", ">>> import sambaflow", pp.Literal(">>> import sambaflow"), marks="identifies_platform standalone"),
    Rule(
        "container_image",
        "Using singularity with image /software/sambanova/singularity/images/llm-modelzoo/Modelzoo/ModelzooDevbox_1.sif",
        (pp.Literal("Using singularity with image ") | pp.Regex(r"(?:[^ /]+ +[0-9]+ +)?"))
        + (pp.Literal("/software/sambanova/") | "artifacts.sambanovasystems.com/") + rest,
        marks="identifies_platform standalone",
        more=(
            "devbox_user_1724873417    1649294          /software/sambanova/singularity/images/llm-modelzoo/Modelzoo/ModelzooDevbox_1.sif",
            "artifacts.sambanovasystems.com/sustaining-docker-lincoln-dev/sambatune/basic-sambatune-client   1.0.1     3001727bd003   4 months ago",
        ),
    ),
    Rule(
        "tune_call",
        "sambatune linear_net.yaml --artifact-root $(pwd)/artifact_root --modes benchmark",
        "sambatune " + pp.Regex(r"[^ ]+\.yaml") + rest,
        marks="identifies_platform standalone",
    ),
)  # fmt: skip

# A program that asks endpoints for completions, SambaNova's ("metis", SN40L) among them, and writes what it measured as JSON.
_endpoint = one_of("metis", "sophia")
_CLIENT = (
    Rule("client_section", '"metis": {', '"' + _endpoint("scope") + '": {', more=('"sophia": {',)),
    Rule(
        "client_endpoint", '"endpoint": "metis",', pp.Literal('"endpoint": "metis",'), marks="identifies_platform running",
    ),
    Rule(
        "client_latency", '"latency_sec": 6.6438610553741455,', '"latency_sec": ' + real("latency") + pp.Opt(","),
        marks="running", split="benchmark", carry={"scope": "client_section"},
    ),
    Rule(
        "client_model", '"model": "gpt-oss-120b-131072",', '"model": "' + pp.Regex(r'[^"]+')("model") + '"' + pp.Opt(","),
        carry={"scope": "client_section"},
    ),
    Rule(
        "client_throughput", '"throughput_tokens_per_sec": 95.56354256241582',
        '"throughput_tokens_per_sec": ' + real("token_throughput") + pp.Opt(","),
        marks="result", split="benchmark", window="mean", carry={"scope": "client_section"},
    ),
)  # fmt: skip

_REST = (
    Rule("sambaflow_import", "import sambaflow.samba.utils as utils", "import sambaflow." + rest, marks="identifies_platform"),
    Rule(
        "api_refused",
        "- 401 Client Error: UNAUTHORIZED for url: https://api.sambanova.ai/v1/chat/completions",
        pp.Regex(r"-? ?[45][0-9]{2} ") + (pp.Literal("Client") | "Server") + " Error: " + pp.Regex(r"[A-Za-z]+")
        + " for url: https://api.sambanova.ai/" + rest,
        marks="identifies_platform failure", level="error", kind="permission_denied",
    ),
)  # fmt: skip

_MODEL = "model_header.model|tune_program.model|session.model|flag_pef.model|pef_created.model|prompt_singularity.model|chat_completion.model|pef_path.model"
_STEP = "train_step.{0}|step_row.{0}|epoch_step.{0}|worker_step.{0}"

GRAMMAR = Grammar(
    name="sambanova",
    title="SambaNova DataScale (RDU)",
    device_kind="RDU",
    words=("SambaNova", "SambaFlow", "sn10-r", "sn30-r"),
    rules=(
        *_HEADER, *_WRAPPER, *_ENVIRONMENT, *_APPLICATION, *_COMPILER, *_STARTERS, *_MEASURED, *_MODEL_ZOO, *_SAMBATUNE, *_PROMPTS, *_TOOLS,
        *_CLIENT, *_REST,
    ),
    # A step record follows the progress bar on the same line.
    prefix=line_tag,
    record_starts=(unnamed(timestamp) + " - ",),
    # The compile log and the run log of one job begin with the same lines; the rule that prints the job id distinguishes them.
    identity=("date.date", "time.time_of_day", "sbatch_submitted.job_id", "slurm_job_id.job_id"),
    phases=(
        Reported("compile", "compile_end.end", subtract="compile_start.start"),
        Bar("download", "labelled_bar", stage="model files"),
        Reported("train", "result.train_s"),
        Reported("train", "unet.train_s", pick="max"),
        Reported("benchmark", "measured.latency_total"),
        Reported("benchmark", "old_measured_total.latency_total"),
    ),
    columns=(
        Take("date", "date", "first"),
        Take("time_of_day", "time", "first"),
        Derive("started_at", "date + time_of_day"),
        Take("started_at", "app_started.at", "first"),
        Take("started_at", "host_time.date", "first", when='seen("tune_step") > 0'),
        Take("started_at", "session.date", "first", when='seen("tune_step") == 0'),
        Take("system", "platform", "first"),
        Take("sdk_version", "package", "first"),
        *preferred("job_id", "slurm_job_id|sbatch_submitted|srun_queued|slurm_script", "first"),
        *preferred("host", "hostname|prompt_python|prompt_sambatune", "first"),
        # The script compiles on the machine of the prompt; the job may run on another one.
        Take("host", "prompt_script", "first", when='seen("compile_start") > 0'),
        *preferred("ranks", "slurm_ntasks|world_size|workers|worker_step", "first"),
        Derive("ranks", "seen('each_rank')", when="seen('each_rank') > 0"),
        *preferred("model", _MODEL, "first"),
        Take("model", "client_model", "first", where={"scope": "metis"}),
        *preferred("workload", _MODEL, "first", aliases="workload"),
        Infer("workload", "unet", because="unet"),
        *preferred("dataset", "flag_dataset|dataset", "first"),
        Infer("task", "train", because="train_step|result|unet|epoch_step|worker_step|step_row|tokens_per_second"),
        Infer("task", "train", because="each_rank", when="seen('test_accuracy') > 0", reason="each rank trains, then prints the accuracy of its test"),
        Infer("task", "inference", because="later_tokens|tokens_rate|chat_completion|client_endpoint"),
        *preferred("task", "prompt_python.mode|prompt_srun.mode", "first", where={"mode": "compile"}),
        Infer("task", "compile", because="compile_start|compile_end|app_compiles|pef_created"),
        *preferred("micro_batch_size", "flag_micro_batch_size|worker_batch", "first"),
        Take("batch_size", "batch", "first"),
        *preferred("sequence_length", "flag_sequence_length|max_sequence_length", "first"),
        Take("seed", "flag_seed", "first"),
        Take("learning_rate", "flag_learning_rate", reason="the setting; the metrics have the rates of the schedule"),
        # A schedule begins with a warm-up: only a rate that does not change is the setting.
        Take("lowest_rate", "train_step.learning_rate|step_row.learning_rate", "min"),
        Take("highest_rate", "train_step.learning_rate|step_row.learning_rate", "max"),
        Take(
            "learning_rate", "train_step|step_row",
            when='lowest_rate == highest_rate and seen("train_step") + seen("step_row") > 1',
            reason="all steps that the log shows have this rate",
        ),
        # Step lines may be missing: the figures of the result say how many steps ran.
        Take("last_step", "train_step.local_step", "max"),
        Take("asked_steps", "flag_steps.steps"),
        *preferred("result_rate", "result_sequences.token_throughput|result_tokens.token_throughput"),
        Take("result_time", "result.train_s"),
        Derive("result_steps", "result_rate * result_time / (sequence_length * micro_batch_size * ranks)"),
        Take(
            "steps", "train_step.local_step", "max",
            when="not known(_result) or abs(last_step - result_steps) < 0.5 or last_step == asked_steps"
            " or not known(result_steps) and not known(asked_steps)",
        ),
        Derive("steps", "round(result_steps)", when="abs(result_steps - round(result_steps)) < 0.05"),
        *preferred("steps", "unet|measured.iterations|old_measured.iterations"),
        Take("epochs", "unet"),
        Take("epochs", "epoch_step.epoch", "distinct", when='seen("test_accuracy") > 0 or seen("finished_training") > 0'),
        Take("throughput", "result_samples"),
        Take("throughput", "unet", "mean"),
        *preferred("throughput", "measured|old_measured"),
        Infer("throughput_window", "whole", because="result_samples|unet"),
        Infer("throughput_window", "after_warmup", because="measured", when='seen("initial_run") > 0'),
        *preferred("token_throughput", "result_sequences|result_tokens|tokens_per_second"
             "|tokens_rate.token_throughput|chat_completion.token_throughput"),
        # Each instance prints its own time and the rate of all: use both values from the same line.
        Take("unet_rate", "unet.throughput", "first"),
        Take("unet_time", "unet.train_s", "first"),
        Derive("samples", "round(unet_rate * unet_time)"),
        *preferred("latency_total", "measured|old_measured_total"),
        Derive("samples", "round(throughput * latency_total)", when='seen("measured") + seen("old_measured") > 0'),
        Infer("sample", "image", because="unet"),
        Infer("sample", "sequence", because="train_step|result"),
        Take("token_throughput", "client_throughput", where={"scope": "metis"}),
        Take("latency_s", "client_latency.latency", "mean", where={"scope": "metis"}),
        *preferred("latency_s", "total_latency.latency|chat_completion.latency"),
        Take("loss", "result"),
        Take("loss", _STEP.format("loss")),
        Take("score", "test_accuracy.accuracy"),
        Infer("score_name", "accuracy", because="test_accuracy"),
        *preferred("score", "squad_f1.f1|squad_json_f1.f1"),
        Infer("score_name", "f1", because="squad_f1|squad_json_f1"),
        *preferred("total_s", "duration|tune_elapsed"),
        Take("first_rate", "iteration_bar.iteration_rate|bar.iteration_rate", "first", where={"done": "1"}),
        # e2e_train_time begins before the first bar is drawn.
        Take("first_step_at", "train_step.at", "first", where={"local_step": "1"}),
        Take("trained_at", "result.at"),
        Derive("startup_s", "first_step_at - (trained_at - result_time)"),
        Derive("startup_s", "1 / first_rate", when='seen("train_step") > 0 and not known(result_time)'),
        Infer("train_includes", "load", because="result",
              reason="e2e_train_time includes the first step, which waits for the binary and the weights to load"),
        Infer("compile_cache", "miss", because="compile_end|app_compiles|pef_created", reason="the log contains the compilation"),
        Infer("compile_cache", "miss", because="prompt_remove", when='seen("prompt_remove") >= seen("pef_exists") and seen("pef_exists") > 0',
              reason="the script had found a binary; its folder was removed, and the script started again"),
        Infer("compile_cache", "hit", because="pef_exists", reason="the script reused the binary and did not compile"),
        Infer("compile_cache", "hit", because="sbatch_submitted|sbatch_error", when='seen("compile_start") == 0 and seen("machine_state") > 0',
              reason="the job was submitted without a COMPILE block: the binary existed already"),
        Derive("ended_at", "started_at + total_s", when='seen("sbatch_submitted") > 0 and seen("app_finished") == 0'),
        Infer("status", "completed_with_errors", because="tune_failure", when='seen("tune_elapsed") > 0',
              reason="a step failed, and the program continued to its end"),
    ),
    steady=(Steady("train_step"),),
    aliases={
        "workload": {
            **WORKLOADS,
            "bertlarge": "bert_large",
            "bertlrg": "bert_large",
            "bert_large": "bert_large",
            "unet2d": "unet",
            "unet_train": "unet",
            "unet_train_256": "unet",
            "gpt1.5b": "gpt2_1_5b",
            "gpt13b": "gpt2_13b",
            "lenet-b32": "lenet",
            "vit": "vit",
        },
    },
    no_timestamps=("started_at", "total_s"),
    absent={
        "learning_rate": ("not_in_log", "the log has no setting, only the rates of a schedule, which are metrics", "train_step|step_row"),
        # The first stamp of what is cut from the middle of a log is no beginning.
        "started_at": ("not_in_log", "the beginning is not in this log"),
        "total_s": ("not_in_log", "the script prints its duration at its end only"),
        "devices": ("not_in_log", "the inventory lists all RDUs of the machine, not those that the job used"),
        "queue_s": ("not_applicable", "does not apply: the duration is the script's own, and no line states how long it waited before"),
        "compile_s": (
            "other_log", "no log: the program runs a compiled binary; the log of its compilation was not given",
            "flag_pef|app_runs|session|old_session|tensor_compared|world_size|pef_path",
        ),
        "load_s": ("not_in_log", "loading is inside the first step"),
        "eval_s": ("not_in_log", "no known log of this vendor contains an evaluation of the run"),
        "precision": ("not_in_log", "not printed"),
    },
)  # fmt: skip
