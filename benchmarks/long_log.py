"""One long log of step lines kept in a store, beside a short one, and beside a loop that applies `re` to each line.

    python benchmarks/long_log.py [GB] [--dir DIR]         5 GB by default: half an hour, and twice as much disk

Each log is written in DIR (else in a folder that is removed), and ingested into a new store in its own process. The
yardstick reads the short one only: its time for each MB is the same on any log of these lines.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import make_logs
from many_files import used

_STEPS_IN_100_MB = 720_000


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("gb", type=float, nargs="?", default=5.0)
    parser.add_argument("--dir")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=args.dir) as folder:
        for size, steps in (("short", _STEPS_IN_100_MB), ("long", round(args.gb * 10 * _STEPS_IN_100_MB))):
            logs = Path(folder, size)
            make_logs.dense(logs, steps)
            (log,) = logs.iterdir()
            megabytes = log.stat().st_size / 1e6
            store = ["--store", str(Path(folder, f"store-{size}")), "--format", "csv"]
            commands = {"ingest": [sys.executable, "-m", "logparse", "ingest", str(log), *store]}
            if size == "short":
                commands["yardstick"] = [sys.executable, str(Path(__file__).with_name("yardstick.py")), str(log)]
            for name, command in commands.items():
                clock, cpu, memory = used(command)
                print(
                    f"{name:10} {megabytes:7,.0f} MB {clock:8.1f} s {cpu:8.1f} s of CPU time "
                    f"{megabytes / cpu:6.1f} MB a CPU second {memory:6.0f} MB peak",
                    flush=True,
                )
            log.unlink()


if __name__ == "__main__":
    main()
