"""Read mutated logs and check what must hold of every input.

    python tests/fuzz/fuzzer.py --cases 20000 --seed 1 [--logs FOLDER] [--jobs N] [--keep FOLDER]

A case is a log of the corpus with one to three mutations. Its number and the seed give the same case again:
`--only NUMBER` repeats it. Exits with 1 where something was violated.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import checks
import mutations

SAMPLES = Path(__file__).resolve().parents[2] / "sample_logs"
_LONGEST = 200_000
"""Longer logs are left out of the corpus: a case must be quick."""


@dataclass(frozen=True)
class Case:
    """A mutated log."""

    number: int
    name: str
    data: bytes
    other: bytes
    random: Random


def corpus(folders: Sequence[Path]) -> list[Path]:
    """The logs that are mutated, in order."""
    files = (
        path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in (".out", ".log", ".txt")
    )
    return [path for path in files if path.is_file() and path.stat().st_size <= _LONGEST]


def case(number: int, seed: int, logs: Sequence[Path]) -> Case:
    """The case of that number."""
    random = Random(f"{seed}/{number}")
    path, other = random.choice(logs), random.choice(logs)
    data, more = path.read_bytes(), other.read_bytes()
    chosen = random.choices(mutations.MUTATIONS, k=random.choice((1, 1, 2, 3)))
    for mutate in chosen:
        data = mutate(data, random, more)
    name = f"{number}: {path.name}, {', '.join(m.__name__ for m in chosen)}"
    return Case(number, name, data[: 10 * _LONGEST], more, random)


def violations(one: Case) -> list[str]:
    """What the case violates."""
    import logparse

    with tempfile.TemporaryDirectory(prefix="logparse-fuzz-") as folder:
        mutated, other = Path(folder, "mutated.out"), Path(folder, "other.out")
        mutated.write_bytes(one.data)
        other.write_bytes(one.other)
        found = checks.quietly(lambda: list(checks.frames(logparse.ingest([mutated]))))
        if one.random.random() < 0.15:
            found += checks.quietly(lambda: list(checks.order(Path(folder), mutated, other)))
        for line in checks.commands(one.random):
            found += checks.quietly(lambda line=line: list(checks.command(line, Path(folder), mutated, other)))
        return [text.replace(folder, "") for text in found]


def run(numbers: Sequence[int], seed: int, logs: Sequence[Path]) -> Iterator[tuple[Case, list[str]]]:
    """The cases that violate something."""
    for number in numbers:
        one = case(number, seed, logs)
        if found := violations(one):
            yield one, found


def _chunk(job: tuple[Sequence[int], int, Sequence[Path]]) -> list[tuple[int, str, bytes, list[str]]]:
    return [(one.number, one.name, one.data, found) for one, found in run(*job)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="the one case of this number")
    parser.add_argument("--logs", type=Path, action="append", default=[], help="a folder of more logs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", type=Path, help="write the logs of violating cases here")
    args = parser.parse_args()
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    logs = corpus([SAMPLES, *args.logs])
    if args.only is not None:
        one = case(args.only, args.seed, logs)
        if args.keep:
            args.keep.mkdir(parents=True, exist_ok=True)
            (args.keep / f"{one.number}.out").write_bytes(one.data)
        print(one.name, *violations(one), sep="\n  ")
        return 0
    numbers = range(args.first, args.first + args.cases)
    chunks = [(numbers[at : at + 20], args.seed, logs) for at in range(0, len(numbers), 20)]
    kinds: Counter[str] = Counter()
    bad, begin = 0, time.monotonic()
    with ProcessPoolExecutor(args.jobs) as pool:
        for done, chunk in enumerate(pool.map(_chunk, chunks), start=1):
            for number, name, data, found in chunk:
                bad += 1
                print(name, *found[:5], sep="\n  ", flush=True)
                kinds.update({re.sub(r"\d+", "N", text)[:90] for text in found})
                if args.keep:
                    args.keep.mkdir(parents=True, exist_ok=True)
                    (args.keep / f"{number}.out").write_bytes(data)
            if done % 10 == 0:
                print(f"{done * 20} cases, {bad} with violations, {time.monotonic() - begin:.0f} s", file=sys.stderr)
    print(f"{len(numbers)} cases of seed {args.seed} over {len(logs)} logs: {bad} with violations")
    for kind, count in kinds.most_common():
        print(f"{count:6} {kind}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
