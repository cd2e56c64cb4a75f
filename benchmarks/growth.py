"""CPU and memory of reading hostile shapes of logs, at one size and at four times that size.

    python benchmarks/growth.py [SHAPE ...] [--check]                                            about three minutes

Each case is read by `logparse ingest` in a process of its own. Work that is linear in the bytes takes four times as
long at four times the size, less what a process needs to start; `--check` exits with 1 where time or memory grow more
than six times.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import make_logs

MB = 10**6
_MOST = 6.0
TIMES = 4
"""The second size is that many times the first."""


def _repeated(piece: bytes, end: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: piece * (size // len(piece)) + end


def _runs(size: int) -> bytes:
    text = (make_logs.SAMPLE_LOGS / "graphcore" / "mnist_asked_20_epochs_ran_10.out").read_bytes()
    parts, length = [], 0
    while length < size:
        parts.append(text.replace(b"20602", b"4%05d" % len(parts)))
        length += len(parts[-1])
    return b"".join(parts)


STEP = b"2024-04-07 06:07:32,281 INFO:   | Train Device=CSX, Step=100, Loss=9.53125, Rate=4800.44 samples/sec, "
SHAPES: dict[str, tuple[int, Callable[[int], bytes]]] = {
    "one line": (40 * MB, _repeated(b"step 1 loss 0.5 ", b"\n")),
    "one line of step lines": (5 * MB, _repeated(STEP, b"\n")),
    "one line of redraws": (10 * MB, _repeated(b" 50%|#####     | 5/10 [00:01<00:01, 4.87it/s]\r", b"\n")),
    "empty lines": (5 * MB, _repeated(b"\n")),
    "escapes": (20 * MB, _repeated(b"\x1b[0m")),
    "escapes and lines": (10 * MB, _repeated(b"\x1b[31mstep\x1b[0m 1\n")),
    "many runs": (1 * MB, _runs),
    "unknown lines": (25 * MB, lambda size: b"".join(b"line %d of nothing known\n" % i for i in range(size // 27))),
    "braces": (10 * MB, _repeated(b"{'a': [", b"\n")),
    "secrets": (2 * MB, _repeated(b"password=hunter2 token: abcdefgh https://u:p@h/ ", b"\n")),
}
"""Name -> the first size in bytes, and the log of a size."""


@dataclass(frozen=True)
class Usage:
    """What a process used: CPU seconds, and peak memory in bytes."""

    cpu: float
    memory: int


def used(path: Path) -> Usage:
    """What `logparse ingest` uses to read that log."""
    command = [sys.executable, "-m", "logparse", "ingest", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        raise SystemExit(f"{path.name}: exit code {process.returncode}")
    return Usage(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shapes", nargs="*", metavar="SHAPE", help=f"only these: {', '.join(SHAPES)}")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    exceeded = False
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log.out")
        path.write_bytes(b"nothing\n")
        idle = used(path)
        print(f"{'start-up':24} {idle.cpu:8.2f} s {idle.memory / MB:8.0f} MB")
        for name in options.shapes or SHAPES:
            size, make = SHAPES[name]
            both = []
            for times in (1, TIMES):
                data = make(size * times)
                path.write_bytes(data)
                both.append(used(path))
            small, large = both
            growth = (large.cpu - idle.cpu) / max(small.cpu - idle.cpu, 0.05)
            memory = (large.memory - idle.memory) / max(small.memory - idle.memory, 10 * MB)
            fine = max(growth, memory) <= _MOST
            exceeded |= not fine
            print(
                f"{name:24} {len(data) / MB:4.0f} MB {large.cpu:6.2f} s, {growth:4.1f} times a quarter of it;"
                f" {large.memory / MB:5.0f} MB, {memory:4.1f} times{'' if fine else '   EXCEEDED'}",
                flush=True,
            )
    return 1 if options.check and exceeded else 0


if __name__ == "__main__":
    sys.exit(main())
