"""Compare the frames that two installations of logparse read from the same logs.

    python benchmarks/compare_frames.py [--ignore FRAME.COLUMN]... OLD_PYTHON NEW_PYTHON PATH...

Each interpreter ingests the paths in a process of its own. Frames are compared as text, row by row, whatever the order
of rows; a column that only one side has is named and left out, as is one to `--ignore`. Prints a line for each frame
and the first differing rows; exits with 1 if a row differs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

FRAMES = ("runs", "phases", "metrics", "params", "messages", "sources", "evidence")
DUMP = """
import sys
import polars as pl
import logparse
logs = logparse.ingest(sys.argv[2:])
for name in %r:
    frame = getattr(logs, name)
    frame.with_columns(pl.col(pl.Categorical).cast(pl.String)).write_parquet(f"{sys.argv[1]}/{name}.parquet")
""" % (FRAMES,)
SHOWN = 5


def dump(python: str, folder: Path, paths: list[str]) -> None:
    """Write the frames that the logparse of `python` reads from `paths` into `folder`."""
    subprocess.run([python, "-c", DUMP, str(folder), *paths], check=True, cwd=folder)


def compare(name: str, old: pl.DataFrame, new: pl.DataFrame, ignored: set[str]) -> int:
    """Print how the two frames differ, and return the number of rows that only one side has."""
    old, new = (frame.drop(c for c in frame.columns if f"{name}.{c}" in ignored) for frame in (old, new))
    common = [column for column in old.columns if column in new.columns]
    only_old = [column for column in old.columns if column not in common]
    only_new = [column for column in new.columns if column not in common]
    texts = [frame.select(pl.col(common).cast(pl.String)) for frame in (old, new)]
    counts = [t.group_by(common).len() for t in texts]
    missing, added = (a.join(b, on=[*common, "len"], how="anti", nulls_equal=True) for a, b in (counts, counts[::-1]))
    note = "".join(
        f"; {word}: {', '.join(columns)}" for word, columns in (("dropped", only_old), ("added", only_new)) if columns
    )
    print(f"{name}: {old.height} rows, {new.height} rows; {missing.height} only old, {added.height} only new{note}")
    for sign, rows in (("-", missing), ("+", added)):
        for row in rows.head(SHOWN).iter_rows(named=True):
            print(f"  {sign} { {k: v for k, v in row.items() if v is not None} }")
    return missing.height + added.height


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--ignore", action="append", default=[], metavar="FRAME.COLUMN")
    options.add_argument("old", help="interpreter with the old logparse")
    options.add_argument("new", help="interpreter with the new logparse")
    options.add_argument("paths", nargs="+")
    given = options.parse_args()
    paths = [str(Path(p).absolute()) for p in given.paths]
    with tempfile.TemporaryDirectory() as folder:
        parts = [Path(folder) / side for side in ("old", "new")]
        for python, part in zip((given.old, given.new), parts, strict=True):
            part.mkdir()
            dump(python, part, paths)
        differing = sum(
            compare(name, *(pl.read_parquet(part / f"{name}.parquet") for part in parts), set(given.ignore))
            for name in FRAMES
        )
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
