"""Read mutated logs and check what must hold of every input.

    python tests/fuzz/fuzzer.py --cases 20000 --seed 1 [--logs FOLDER] [--jobs N] [--keep FOLDER]

A case is a log of the corpus with one to three mutations. Its number and the seed give the same case again:
`--only NUMBER` repeats it. Cases are read together, and one by one where something was violated. Exits with 1 then.
"""

from __future__ import annotations

import argparse
import functools
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

import logparse

SAMPLES = Path(__file__).resolve().parents[2] / "sample_logs"
_LONGEST = 200_000
"""Longer logs are left out of the corpus: a case must be quick."""
_TOGETHER = 40
"""Cases read in one command: each passes through all commands, at the cost of one."""


@dataclass(frozen=True)
class Case:
    """A mutated log."""

    number: int
    name: str
    data: bytes


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
    return Case(number, name, data[: 10 * _LONGEST])


def violations(cases: Sequence[Case], random: Random, every_law: bool = False) -> list[str]:
    """What the cases violate, read together into one store."""
    with tempfile.TemporaryDirectory(prefix="logparse-fuzz-") as place:
        folder, logs, store = Path(place), Path(place, "logs"), Path(place, "store")
        logs.mkdir()
        for one in cases:
            (logs / f"{one.number}.out").write_bytes(one.data)
        one_log = str(random.choice(cases).number)
        lines = [["ingest", str(logs), "--store", str(store)], ["explain", str(logs / f"{one_log}.out")]]
        laws = [functools.partial(checks.command, line, folder, logs) for line in lines]
        laws += [lambda: checks.frames(logparse.open(store))]
        laws += [functools.partial(checks.command, line, folder, store) for line in checks.commands(random)]
        if every_law or random.random() < 0.25:
            laws += [lambda: checks.company(sorted(logs.iterdir())), lambda: checks.stored(logs, store)]
        found = [text for law in laws for text in checks.quietly(law)]
        return [text.replace(place, "") for text in found]


def run(numbers: Sequence[int], seed: int, logs: Sequence[Path]) -> Iterator[tuple[Sequence[Case], list[str]]]:
    """The cases that violate something: each alone where it does so alone, and all of them where only together."""
    cases = [case(number, seed, logs) for number in numbers]
    name = f"{seed}/{numbers[0]} and on"
    if not (together := violations(cases, Random(name))):
        return
    alone = [([one], found) for one in cases if (found := violations([one], Random(name), every_law=True))]
    yield from alone or [(cases, together)]


def _chunk(job: tuple[Sequence[int], int, Sequence[Path]]) -> list[tuple[Sequence[Case], list[str]]]:
    return list(run(*job))


def _keep(cases: Sequence[Case], folder: Path | None) -> None:
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for one in cases:
        (folder / f"{one.number}.out").write_bytes(one.data)


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
        _keep([one], args.keep)
        print(one.name, *violations([one], Random(args.only), every_law=True), sep="\n  ")
        return 0
    numbers = range(args.first, args.first + args.cases)
    chunks = [(numbers[at : at + _TOGETHER], args.seed, logs) for at in range(0, len(numbers), _TOGETHER)]
    kinds: Counter[str] = Counter()
    bad, begin = 0, time.monotonic()
    with ProcessPoolExecutor(args.jobs) as pool:
        for done, chunk in enumerate(pool.map(_chunk, chunks), start=1):
            for cases, found in chunk:
                bad += 1
                print(*(one.name for one in cases), *(f"  {text}" for text in found[:5]), sep="\n", flush=True)
                kinds.update({re.sub(r"\d+", "N", text)[:90] for text in found})
                _keep(cases, args.keep)
            if done % 5 == 0:
                count = min(done * _TOGETHER, len(numbers))
                print(f"{count} cases, {bad} violations, {time.monotonic() - begin:.0f} s", file=sys.stderr)
    print(f"{len(numbers)} cases of seed {args.seed} over {len(logs)} logs: {bad} violations")
    for kind, count in kinds.most_common():
        print(f"{count:6} {kind}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
