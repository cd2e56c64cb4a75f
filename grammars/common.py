"""What several platforms print: Slurm, PBS, MPI, progress bars, Python tracebacks and warnings, the shell, pip.

These rules identify no platform and begin no run. A vendor's rules come first, and a vendor's rule replaces the shared rule of
the same name. Only lines that end a program are failures. A command that the shell cannot find, or a package that pip cannot find,
is only reported as a message, since the workload may have run before or after it.

The vendors' grammars use the tokens at the top.
"""

from __future__ import annotations

import pyparsing as pp

from logparse.grammar import (
    Grammar,
    Rule,
    Take,
    blanks,
    clock,
    in_unit,
    integer,
    nonempty,
    optional_blanks,
    real,
    rest,
    timestamp,
    timestamp_seconds,
    token,
    unnamed,
)

# ---- tokens ---- #

mpi_tag = "[" + pp.Regex(r"[0-9]+") + "," + integer("rank") + "]<" + (pp.Literal("stdout") | "stderr") + ">:"
"""`[1,3]<stdout>:`: the tag that mpirun prints before each line of a rank."""

_utc_second = pp.Regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{7,9}")
_utc_offset = pp.Literal("Z ") | pp.Regex(r"[+-][0-9]{2}:[0-9]{2}") + " "
_rank_tag = (
    mpi_tag | "[" + (pp.Literal("rank") | "default") + integer("rank") + "]:" | pp.Regex(r"[0-9]{1,5}")("rank") + ": "
)
_collector_tag = (
    _utc_second + _utc_offset + pp.Opt((pp.Literal("stdout ") | "stderr ") + (pp.Literal("F ") | "P "))
    | pp.Regex(r"[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [A-Za-z0-9_.-]+ [A-Za-z0-9_./@-]+\[[0-9]+\]") + ":" + pp.Regex(r" ?")
)  # fmt: skip
line_tag = _collector_tag + pp.Opt(pp.Regex(r" *") + _rank_tag) | _rank_tag
"""What a launcher or a collector of logs prints before each line of a program: the rank, as mpirun, torchrun and
`srun --label` print it (`[1,3]<stdout>:`, `[rank3]:`, `3: `), after the time of Kubernetes, Docker, GitHub Actions or
the journal."""


# A time of other forms: with the day or the month first it could be misread, and without a date it has no day.
_other_stamp = pp.Regex(
    r"(?:[0-9]{1,2}[-/.][0-9]{1,2}(?:[-/.][0-9]{4})? |[0-9]{4}[/.][0-9]{2}[/.][0-9]{2} )?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?"
)
_logger = r"[A-Za-z_][A-Za-z0-9_.]*"
_before_level = pp.Regex(
    rf"\[{_logger}\] ?|{_logger}(?: - [A-Z][A-Za-z]+(?: ID)? [0-9]+(?:, PID [0-9]+)?)?(?: [-|] |: )"
)
_before_message = pp.Regex(
    rf"(?:\[{_logger}\]|[A-Za-z_][A-Za-z0-9_/.]*\.(?:py|cc|cpp):[0-9]+\]?:?|{_logger}(?::[A-Za-z_<][A-Za-z0-9_>]*:[0-9]+)?(?: -| >>| \|)|>>) +"
)


def record_stamp(at: pp.ParserElement = timestamp) -> pp.ParserElement:
    """The time at the beginning of a record, and what separates it from the rest. `at` captures the time if it has a
    name, but only where its form leaves no doubt about the date."""
    stamp = at + pp.Regex(r"[0-9]*") | _other_stamp
    return pp.Opt("[") + stamp + pp.Regex(r"[\],]?(?: ?[-|:] )? *")


def _level(level: str, at: pp.ParserElement) -> pp.ParserElement:
    """The level of a record, and what follows it up to the text: its logger, or the time."""
    levels = pp.Literal(level) | level.lower()
    mark = pp.Opt("[") + levels + pp.Regex(rf"(?:\|[^\] ]*\]|\]|:{_logger}:| *[-|]|:)?[ \t]*")
    of_level = mark + pp.Opt(record_stamp(at)) + pp.Opt(_before_message)
    return of_level | _before_level + of_level


def record_head(level: str, at: pp.ParserElement = timestamp) -> pp.ParserElement:
    """How a record of Python's logging begins, in the formats that programs configure most:
    `2024-03-30 15:16:33,873 INFO:   `, `2024-03-30 15:16:33,873 - module - INFO - `, `[2024-03-30 15:16:33][INFO] `,
    `03/30/2024 15:16:33 - INFO - module -   `, `INFO:root:`, `[INFO] `. `at` captures the time if it has a name.
    """
    return pp.Opt(record_stamp(at)) + _level(level, at)


def stamped_head(level: str, at: pp.ParserElement = timestamp) -> pp.ParserElement:
    """A head that begins with a time: what follows it is the text of a record for certain."""
    return record_stamp(at) + _level(level, at)


# Rates of other units (bytes, examples) are not captured; their units do not begin like `it/s` and `s/it`.
_other_rate = pp.Regex(r"\?[A-Za-z]+/[a-z]+|[0-9.]+[kMGT]?(?:B| [a-z]+|[a-hj-rt-z][a-z]*)/s|[0-9.]+[kMGT]it/s")
_rate_of_others = pp.Regex(r"[0-9.?]+[kMGT]?(?:B| [a-z]+|[a-hj-rt-z][a-z]*)/s")
_rate = real("iteration_rate") + "it/s" | in_unit(real, "s/it")("iteration_rate") + "s/it" | _other_rate

bar_count = (
    pp.Regex(r"[0-9]+") + "%" + ("|" + pp.Regex(r"[^|\[]*") + "|" + optional_blanks | blanks) + real("done") + "/" + real("total")
)  # fmt: skip
"""The beginning of a tqdm bar with a known total, up to its count. A notebook draws the bar itself elsewhere."""


def tqdm(postfix: pp.ParserElement) -> pp.ParserElement:
    """A tqdm bar with a known total; `postfix` is what the program prints after the rate, before the bracket. Without
    a rate, it begins with no digit."""
    remaining = clock("remaining") | "?"
    rate = pp.Opt("," + optional_blanks + _rate)
    return bar_count + optional_blanks + "[" + clock("elapsed") + "<" + remaining + rate + postfix + "]"


bar = tqdm(pp.Opt(pp.Regex(r", *[^0-9? \]][^\]]*")))
"""A tqdm bar with a known total: `100%|██████████| 20/20 [03:05<00:00,  9.28s/it]`."""

timestamp_iso = in_unit(pp.Regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"), "%Y-%m-%dT%H:%M:%S")
"""An ISO timestamp to the second, with a T."""

exception = pp.Regex(r"[A-Za-z_][A-Za-z0-9_.]*(?:Error|Exception)")
"""The class of a Python exception, with its module: `torch.cuda.OutOfMemoryError`."""

_number = unnamed(integer)
_host = pp.Regex(r"[A-Za-z0-9._-]+")
_label = pp.Regex(r"[^|%:\[]+")
_died = pp.Literal("Segmentation fault") | "Aborted" | "Bus error" | "Killed" | "Illegal instruction"


def _size(name: str) -> pp.ParserElement:
    """A size as tqdm prints it, in bytes or counts: `1.34G`, `28.0k`, `570`."""
    scaled = [in_unit(real, f"{letter}B")(name) + letter for letter in "GMk"]
    return pp.MatchFirst([*scaled, real(name)])


def preferred(
    column: str,
    of: str,
    pick: str = "last",
    *,
    where: dict[str, str] | None = None,
    when: str | None = None,
    how: str | None = None,
    aliases: str | None = None,
) -> tuple[Take, ...]:
    """A `Take` for each of these rules, the most reliable first: one fills what those before it leave empty."""
    return tuple(Take(column, each, pick, where or {}, when, how, aliases) for each in of.split("|"))


WORKLOADS = {
    name: name
    for name in (
        *("bert_tiny", "bert_base", "bert_large", "gpt2", "gpt2_1_5b", "gpt2_13b", "gptj", "llama2_7b", "llama2_13b"),
        *("llama2_70b", "llama3_8b", "llama3_70b", "minilm", "mnist", "resnet50", "unet", "vit", "dit", "esm2"),
        "cosmictagger",
    )
}
"""Workloads that are named so on every platform. A vendor's own names for them are aliases in that vendor's grammar."""

# ---- rules ---- #

_SLURM = (
    Rule(
        "srun_queued",
        "srun: job 20894 queued and waiting for resources",
        "srun: job " + integer("job_id") + " queued and waiting for resources",
    ),
    Rule(
        "srun_allocated",
        "srun: job 20894 has been allocated resources",
        "srun: job " + integer("job_id") + " has been allocated resources",
    ),
    Rule(
        "sbatch_submitted",
        "Submitted batch job 30451",
        "Submitted batch job " + integer("job_id"),
        marks="submission",
    ),
    Rule(
        "srun_exit",
        "srun: error: gc-poplar-03: task 0: Exited with exit code 2",
        "srun: error: " + _host("host") + (pp.Literal(": tasks ") | ": task ") + pp.Regex(r"[0-9,-]+") + ": "
        + ("Exited with exit code " + integer("exit_code") | pp.Regex(r"[A-DF-Z].*")),
        marks="failure", level="error", kind="scheduler",
        more=("srun: error: sn30-r1-h1: tasks 0-3: Exited with exit code 1", "srun: error: sn30-r1-h1: tasks 1,3-5: Terminated"),
    ),
    Rule(
        "srun_error",
        "srun: error: Unable to allocate resources: Invalid account or account/partition combination specified",
        "srun: error: " + pp.Regex(r"(?:[A-Z]|[a-z0-9_-]+: [^t]).*"),
        marks="failure", level="error", kind="scheduler",
    ),
    Rule(
        "srun_aborted",
        "srun: Job step aborted: Waiting up to 32 seconds for job step to finish.",
        (pp.Literal("srun: Job step aborted") | "srun: Force Terminated job" | "srun: forcing job termination") + rest,
        marks="failure", level="error", kind="scheduler",
        more=("srun: Force Terminated job step 30399.0", "srun: forcing job termination"),
    ),
    Rule(
        "srun_note",
        "srun: Terminating job step 30399.0",
        (
            pp.Literal("srun: Terminating job step ") | "srun: interrupt (one more within " | "srun: step:" | "srun: sending Ctrl-C to "
            | "srun: launch/slurm: " | "srun: Job allocation " | "salloc: "
        ) + rest,
        more=("srun: interrupt (one more within 1 sec to abort)", "salloc: Granted job allocation 30399"),
    ),
    Rule(
        "slurm_cancelled",
        "slurmstepd: error: *** STEP 29811.0 ON sn30-r3-h2 CANCELLED AT 2024-03-24T21:55:28 ***",
        "slurmstepd: error: *** " + (pp.Literal("STEP ") | "JOB ") + integer("job_id") + pp.Opt("." + _number) + " ON "
        + _host("host") + " CANCELLED AT " + timestamp_iso("at") + pp.Opt(" DUE TO " + pp.Regex(r"[A-Za-z ]*[A-Za-z]")) + " ***",
        marks="failure", level="error", kind="scheduler",
        more=("slurmstepd: error: *** JOB 4711 ON sn30-r1-h1 CANCELLED AT 2024-03-24T21:55:28 DUE TO TIME LIMIT ***",),
    ),
    Rule(
        "slurm_out_of_memory",
        "slurmstepd: error: Detected 1 oom-kill event(s) in step 4711.0 cgroup. Some of your processes may have been killed.",
        "slurmstepd: error: Detected " + _number + (pp.Literal(" oom-kill event") | " oom_kill event") + rest,
        marks="failure", level="error", kind="out_of_memory",
    ),
    Rule(
        "slurm_error",
        'slurmstepd: error: execve(): POPLAR_ENGINE_OPTIONS={"autoReport.all":"true"}: No such file or directory',
        "slurmstepd: error: " + pp.Regex(r"[^*D].*"),
        marks="failure", level="error", kind="scheduler",
    ),
    Rule(
        "sbatch_error",
        "sbatch: error: Batch job submission failed: Requested node configuration is not available",
        (pp.Literal("sbatch: error: ") | "salloc: error: ") + nonempty,
        marks="failure", level="error", kind="scheduler",
    ),
    Rule(
        "squeue_header",
        "JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)",
        "JOBID" + blanks + "PARTITION" + blanks + "NAME" + blanks + "USER" + blanks + "ST" + blanks + "TIME" + rest,
    ),
    Rule(
        "squeue_row",
        "43717 sambanova BertLarg stabrawa  R       1:45      1 sn30-r1-h1",
        _number + blanks + token + blanks + token + blanks + token + blanks
        + (pp.Literal("R  ") | "PD  " | "CG  " | "CF  ") + optional_blanks + pp.Regex(r"[0-9:-]+") + blanks + _number + rest,
    ),
)  # fmt: skip

_PBS = (
    Rule(
        "qsub_waiting",
        "qsub: waiting for job 6324.groq-r01-controller.ai.alcf.anl.gov to start",
        "qsub: waiting for job " + token("job_id") + " to start",
    ),
    Rule(
        "qsub_ready",
        "qsub: job 6324.groq-r01-controller.ai.alcf.anl.gov ready",
        "qsub: job " + token("job_id") + " ready",
    ),
    Rule(
        "qsub_completed",
        "qsub: job 5143.groq-r01-controller.ai.alcf.anl.gov completed",
        "qsub: job " + token("job_id") + " completed",
    ),
    Rule(
        "pbs_killed",
        "=>> PBS: job killed: walltime 14422 exceeded limit 14400",
        "=>> PBS: job killed: walltime " + integer("duration") + " exceeded limit " + integer("limit"),
        marks="failure", level="error", kind="scheduler",
    ),
    Rule(
        "pbs_error",
        "=>> PBS: job killed: mem 16GB exceeded limit 8GB",
        "=>> PBS: " + pp.Regex(r"(?:job killed: [^w]|[^j]).*") | (pp.Literal("qsub: error: ") | "qsub: Error: ") + nonempty,
        marks="failure", level="error", kind="scheduler",
    ),
)  # fmt: skip

_MPI = (
    Rule(
        "mpi_failed",
        "mpirun noticed that process rank 3 with PID 4711 on node sn30-r1-h1 exited on signal 9 (Killed).",
        (
            pp.Literal("mpirun noticed that process rank ") | "MPI_ABORT was invoked on rank "
            | "mpirun detected that one or more processes exited with non-zero status"
        ) + rest,
        marks="failure", level="error", kind="mpi",
        more=("MPI_ABORT was invoked on rank 0 in communicator MPI_COMM_WORLD",),
    ),
)  # fmt: skip

_BARS = (
    Rule(
        "bar",
        "100%|██████████| 2210/2210 [00:04<00:00, 449.47it/s]",
        bar,
        marks="redraw",
        more=("  0%|          | 0/9912422 [00:00<?, ?it/s]", " 30%|███       | 3/10 [00:33<01:17, 11.06s/it, loss=0.31]"),
    ),
    # Progress bars of workloads count `it`; those of downloads and data preparation count bytes or examples.
    Rule(
        "labelled_bar",
        "Downloading:  19%|█▉        | 260M/1.34G [00:02<00:10, 108MB/s]",
        _label("stage") + ":" + optional_blanks + _number + "%|" + pp.Regex(r"[^|\[]*") + "|" + optional_blanks + _size("done") + "/" + _size("total") + optional_blanks
        + "[" + clock("elapsed") + "<" + (unnamed(clock) | "?") + ", " + optional_blanks + _rate_of_others + "]",
        marks="redraw",
        more=(
            "Downloading:   0%|          | 0.00/1.34G [00:00<?, ?B/s]",
            "Generating train split: 100%|██████████| 8544/8544 [00:00<00:00, 17534.31 examples/s]",
        ),
    ),
    Rule(
        "counting_bar",
        "26422272it [00:15, 1758536.29it/s]",
        pp.Opt(_label("stage") + ":" + blanks) + pp.Regex(r"[0-9.]+[kMGT]?[A-Za-z]*") + optional_blanks + pp.Regex(r"[A-Za-z]*") + optional_blanks + "["
        + clock("elapsed") + ", " + optional_blanks + pp.Regex(r"[0-9.?]+[kMGT]?") + optional_blanks
        + (pp.Literal("it/s]") | "s/it]" | "B/s]" | "tensors/s]" | "examples/s]" | "ba/s]"),
        marks="redraw",
        more=("Downloading: 17.9kB [00:00, 9.80MB/s]", "0 examples [00:00, ? examples/s]"),
    ),
)  # fmt: skip

_PYTHON = (
    Rule(
        "traceback",
        "Traceback (most recent call last):",
        "Traceback (most recent call last):" + rest,
    ),
    Rule(
        "traceback_frame",
        '  File "sambaflow/samba/abexit.py", line 90, in sambaflow.samba.abexit.SambaAtexit.run_with_abexit',
        'File "' + pp.Regex(r'[^"]+') + '", line ' + _number + rest,
    ),
    Rule(
        "traceback_between",
        "During handling of the above exception, another exception occurred:",
        (
            pp.Literal("During handling of the above exception, another exception occurred:")
            | "The above exception was the direct cause of the following exception:" | "Exception ignored in: " | "Exception in thread "
        ) + rest,
    ),
    Rule("traceback_carets", "    ~~~~~~~~~~~~~^^^^^", pp.Regex(r"[ ~]*") + "^^" + pp.Regex(r"[\^~ ]*")),
    # NumPy 2 prints a traceback when it loads a module built for NumPy 1, and continues.
    Rule("numpy_2", "AttributeError: _ARRAY_API not found", pp.Literal("AttributeError: _ARRAY_API not found")),
    Rule(
        "module_not_found",
        "ModuleNotFoundError: No module named 'sambaflow'",
        (pp.Literal("ModuleNotFoundError: ") | "ImportError: ") + rest,
        marks="failure", level="error", kind="module_not_found",
        more=("ImportError: libgcl.so: cannot open shared object file: No such file or directory",),
    ),
    Rule(
        "permission_denied",
        "PermissionError: [Errno 13] Permission denied: '/var/log/sambaflow/runtime/sn.log'",
        "PermissionError: " + rest,
        marks="failure", level="error", kind="permission_denied",
    ),
    Rule(
        "out_of_memory",
        "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB",
        (pp.Literal("MemoryError") | "torch.cuda.OutOfMemoryError" | "RuntimeError: CUDA out of memory" | "numpy.core._exceptions._ArrayMemoryError")
        + rest,
        marks="failure", level="error", kind="out_of_memory",
        more=("MemoryError", "MemoryError: Unable to allocate 1.2 TiB for an array"),
    ),
    Rule(
        "conda_error",
        "CondaError: Run 'conda init' before 'conda activate'",
        "CondaError: " + nonempty,
        level="error", kind="environment",
    ),
    Rule(
        "exception",
        "AssertionError: Expected throughput to be at least 560000.0, instead found 289619.6825559826",
        unnamed(exception) + pp.Opt(":" + rest),
        marks="failure", level="error", kind="traceback",
        more=("NotImplementedError", "grpc._channel._InactiveRpcError: <_InactiveRpcError of RPC that terminated with:"),
    ),
    Rule(
        "interrupted",
        "^C",
        (pp.Literal("^C") | "KeyboardInterrupt") + rest,
        marks="failure", level="error", kind="interrupt",
        more=("KeyboardInterrupt", "^Csrun: interrupt (one more within 1 sec to abort)"),
    ),
    Rule(
        "crash",
        "Segmentation fault (core dumped)",
        pp.Regex(r"[^ :]+: line [0-9]+: +[0-9]+ ") + _died + rest | _died + pp.Opt(blanks + "(core dumped)"),
        marks="failure", level="error", kind="crash",
        more=("./run.sh: line 12: 4242 Killed                  python app.py", "Killed"),
    ),
    Rule(
        "cpp_exception",
        "terminate called after throwing an instance of 'std::runtime_error'",
        "terminate called " + rest,
        marks="failure", level="error", kind="crash",
    ),
    Rule(
        "cpp_out_of_memory",
        "what():  Out of memory on tile 1: 674752 bytes used but tiles only have 638976 bytes of memory",
        "what():" + blanks + "Out of memory" + rest,
        marks="failure", level="error", kind="out_of_memory",
    ),
    Rule("cpp_what", "what():  std::bad_alloc", "what():" + blanks + pp.Regex(r"[^ \tO].*"), marks="failure", level="error", kind="crash"),
    Rule(
        "no_such_script",
        "python: can't open file '/home/user/app.py': [Errno 2] No such file or directory",
        pp.Regex(r"[^ :]+") + ": can't open file " + nonempty,
        marks="failure", level="error", kind="no_such_file",
    ),
    Rule(
        "python_deprecation",
        "/usr/local/lib/python3.7/site-packages/sklearn/image.py:167: DeprecationWarning: `np.int` is a deprecated alias",
        pp.Regex(r"[^ ]+")
        + (pp.Literal(" DeprecationWarning:") | " FutureWarning:" | " PendingDeprecationWarning:" | " PydanticDeprecatedSince")
        + rest,
        more=("/opt/lib/python3.8/site-packages/pydantic/main.py:1070: PydanticDeprecatedSince20: The `dict` method is deprecated",),
    ),
    Rule(
        "numpy_deprecation",
        "Deprecated in NumPy 1.20; for more details and guidance: https://numpy.org/devdocs/release/1.20.0-notes.html",
        "Deprecated in NumPy " + rest,
    ),
    Rule(
        "python_warning",
        "/usr/lib/python3.8/multiprocessing/resource_tracker.py:216: UserWarning: There appear to be 6 leaked semaphore objects",
        pp.Regex(r"[^ ]+:[0-9]+:") + blanks
        + (
            pp.Literal("UserWarning:") | "RuntimeWarning:" | "ResourceWarning:" | "TracerWarning:" | "SyntaxWarning:" | "ConvergenceWarning:"
            | "TqdmSynchronisationWarning:"
        ) + rest,
        level="warning", kind="python",
    ),
    Rule(
        "python_warning_source",
        '  warnings.warn("Both max steps and num train epochs specified, will use max steps here!")',
        "warnings.warn(" + rest,
    ),
)  # fmt: skip

_REST = (
    Rule(
        "tensorflow_record",
        "2021-03-01 17:53:53.757037: I tensorflow/core/platform/profile_utils/cpu_utils.cc:102] CPU Frequency: 2245750000 Hz",
        timestamp_seconds + pp.Regex(r"\.[0-9]+: [IWE] ") + "tensorflow/" + rest,
    ),
    Rule(
        "tensorflow_rebuild",
        "To enable them in other operations, rebuild TensorFlow with the appropriate compiler flags.",
        pp.Literal("To enable them in other operations, rebuild TensorFlow with the appropriate compiler flags."),
    ),
    Rule(
        "command_not_found",
        "-bash: conda: command not found",
        pp.Regex(r"[^ :]+:(?: line [0-9]+:)? [^ :]+") + ": command not found",
        level="error", kind="command_not_found",
        more=("./run.sh: line 3: python: command not found",),
    ),
    Rule(
        "shell_permission_denied",
        "-bash: ./BertLarge.sh: Permission denied",
        pp.Regex(r"[^ :]+:(?: line [0-9]+:)? [^ :]+") + ": Permission denied",
        level="error", kind="permission_denied",
    ),
    Rule(
        "no_such_file",
        "-bash: cd: proof_points/natural_language_processing/minilm: No such file or directory",
        pp.Regex(r"(?:-?bash: )?[a-z]+: (?:cannot [a-z]+ )?[^ :]+") + ": No such file or directory",
        level="warning", kind="no_such_file",
        more=("cat: slurm-43715.out: No such file or directory",),
    ),
    Rule(
        "pip_error",
        "ERROR: No matching distribution found for groq-devtools",
        "ERROR: " + (
            pp.Literal("No matching distribution found for ") | "Could not find a version that satisfies the requirement "
            | "Could not install packages due to an OSError: "
        ) + nonempty,
        level="error", kind="environment",
        more=("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: 'METADATA'",),
    ),
    Rule(
        "pip_note",
        "Requirement already satisfied: numpy in /opt/groq/runtime/site-packages (from -r frozen.txt (line 9)) (1.24.4)",
        (
            pp.Literal("Requirement already satisfied: ") | "Installing collected packages: " | "Successfully installed "
            | "Looking in indexes: " | "Using cached " | "[notice] A new release of pip"
        ) + rest,
    ),
    Rule(
        "ssh_known_hosts",
        "Warning: Permanently added 'sn30-r1-h1' (ECDSA) to the list of known hosts.",
        "Warning: Permanently added " + rest,
    ),
)  # fmt: skip

GRAMMAR = Grammar(
    name="common",
    title="Lines that several platforms print",
    shared=True,
    rules=(*_SLURM, *_PBS, *_MPI, *_BARS, *_PYTHON, *_REST),
)
