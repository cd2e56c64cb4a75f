"""Many small logs kept in a store, beside the yardstick: a loop that applies `re` to each line.

    python benchmarks/many_files.py [FILES]                                                    2,000 by default

Copies of real logs (of sample logs where there are none), each with contents of its own, are ingested into a new store,
then a second time, then read by `yardstick.py`, each in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import make_logs


def used(command: Sequence[str]) -> tuple[float, float, float]:
    """Seconds of the clock, seconds of CPU time, and peak memory in MB of a command."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3, 4):
        raise SystemExit(f"{command[-1]}: exit code {process.returncode}")
    return time.monotonic() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(arguments: Sequence[str] | None = None) -> None:
    given = list(sys.argv[1:] if arguments is None else arguments)
    number = int(given[0]) if given else 2_000
    with tempfile.TemporaryDirectory() as folder:
        logs, store = Path(folder, "logs"), Path(folder, "store")
        make_logs.small(logs, number)
        for i, path in enumerate(sorted(logs.iterdir())):
            with path.open("ab") as file:
                file.write(b"\n%d\n" % i)
        size = sum(path.stat().st_size for path in logs.iterdir())
        print(f"{number:,} files, {size / 1e6:.0f} MB", flush=True)
        ingest = [sys.executable, "-m", "logparse", "ingest", str(logs), "--store", str(store), "--format", "csv"]
        yardstick = [sys.executable, str(Path(__file__).with_name("yardstick.py")), *map(str, sorted(logs.iterdir()))]
        for name, command in (("first ingest", ingest), ("second ingest", ingest), ("yardstick", yardstick)):
            clock, cpu, memory = used(command)
            print(f"{name:14} {clock:7.1f} s {cpu:7.1f} s of CPU time {memory:6.0f} MB", flush=True)


if __name__ == "__main__":
    main()
