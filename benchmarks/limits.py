"""Times that a user waits for, each with a limit.

    python benchmarks/limits.py [NAME ...] [--check]                 about two minutes, with logparse[test] installed

Each function below measures one kind of work and yields a row for each case: what was done, the seconds it took, and
the limit in seconds. `--check` exits with 1 where a limit is exceeded. The limits hold on two idle cores; the tests
have no clock, since they also run where the cores are busy.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import make_logs

MB = 10**6


@dataclass(frozen=True)
class Timed:
    """One case: the wall time of some work, and what it may take, in seconds."""

    work: str
    seconds: float
    limit: float

    @property
    def met(self) -> bool:
        return self.seconds < self.limit


def timed(work: str, limit: float, call: Callable[[], object]) -> Timed:
    begin = time.perf_counter()
    call()
    return Timed(work, time.perf_counter() - begin, limit)


def long_lines() -> Iterator[Timed]:
    """Cleaning one line of 5 MB, with escape sequences that a quadratic search would need hours for; and of 100 MB."""
    from logparse.reading.sources import read_sources

    pieces = [b"step 1 loss 0.5 ", b" 50%\r", b"\x1b[A\x1b[0m", b"^[", b"^[]", b"\x1b]", b"\r", b"^[[0m"]
    for piece, size in [*((piece, 5 * MB) for piece in pieces), (pieces[0], 100 * MB)]:
        line = piece * (size // len(piece))
        yield timed(f"clean {size // MB} MB of {piece!r}", 5, lambda line=line: list(read_sources(line)))


def explained_lines() -> Iterator[Timed]:
    """`logparse explain` of a log of 1,068 lines."""
    from logparse.grammar.registry import grammars
    from logparse.pages.explain import explain
    from logparse.reading.sources import read_sources

    text = (make_logs.SAMPLE_LOGS / "cerebras" / "bert_large_batch_512.out").read_bytes() * 12
    (source,) = read_sources(text)
    explain(source, grammars())  # imports and the first use of the grammars are start-up
    yield timed(f"explain {source.lines:,} lines", 1, lambda: explain(source, grammars()))


def findings_of_many_logs() -> Iterator[Timed]:
    """All findings of the real logs; of the sample logs where there are none."""
    import logparse

    folder = make_logs.REAL_LOGS if make_logs.REAL_LOGS.is_dir() else make_logs.SAMPLE_LOGS
    logs = logparse.ingest(folder)
    yield timed(f"findings of {logs.runs.height:,} runs", 20, lambda: logparse.findings(logs))


def page_of_a_thousand_runs() -> Iterator[Timed]:
    """The page of a report of 1,000 runs in Chromium: until it can be used, and until each act is drawn."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(thousand_runs(Path(folder)).as_uri())
        page.wait_for_selector("html[data-drawn=yes]", timeout=120_000)
        opened = page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive")
        yield Timed("open a page of 1,000 runs", opened / 1000, 3)
        for name, act in ACTS.items():
            yield Timed(f"{name} on a page of 1,000 runs", acted(page, act), 1)
        browser.close()


ACTS = {
    "filter": "q.value = 'run_0123'; q.dispatchEvent(new Event('input'))",
    "show all": "q.value = ''; q.dispatchEvent(new Event('input'))",
    "sort": "document.querySelectorAll('button.sort')[5].click()",
    "choose": "document.querySelector('#runs-table tbody button.run').click()",
}
"""What a reader does with the page, as JavaScript; `q` is the search field."""


def acted(page: Any, act: str) -> float:
    """Seconds until an act is on the screen: two frames after it, as the first may have begun before it."""
    milliseconds: float = page.evaluate(
        "() => new Promise((done) => { const q = document.getElementById('q'); const since = performance.now(); "
        f"{act}; document.body.offsetHeight; "
        "requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - since))); })"
    )
    return milliseconds / 1000


def thousand_runs(folder: Path, runs: int = 1000) -> Path:
    """A report of so many runs: one sample log with other job numbers, accuracies and times."""
    import logparse
    from logparse.report import report

    logs = folder / "logs"
    logs.mkdir()
    text = (make_logs.SAMPLE_LOGS / "graphcore" / "mnist_asked_20_epochs_ran_10.out").read_text()
    for i in range(runs):
        edited = text.replace("20602", f"4{i:05}").replace("98.30", f"{96.9 + i % 180 / 100:.2f}")
        (logs / f"run_{i:04}.out").write_text(edited.replace("01:25", f"01:{20 + i % 40}"))
    path = folder / "report.html"
    path.write_text(report(logparse.ingest(logs)), "utf-8")
    return path


LIMITS: dict[str, Callable[[], Iterator[Timed]]] = {
    function.__name__: function
    for function in (long_lines, explained_lines, findings_of_many_logs, page_of_a_thousand_runs)
}


def show(rows: Sequence[Timed]) -> bool:
    """Print the rows; whether all limits are met."""
    for row in rows:
        print(f"{row.work:50} {row.seconds:8.3f} s   limit {row.limit:3} s   {'met' if row.met else 'EXCEEDED'}")
    return all(row.met for row in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {', '.join(LIMITS)}")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a limit is exceeded")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - LIMITS.keys():
        parser.error(f"no limit is called {', '.join(sorted(unknown))}")
    # A list, so that all are measured and shown, whatever the first of them took.
    met = [show(list(LIMITS[name]())) for name in options.names or LIMITS]
    return 1 if options.check and not all(met) else 0


if __name__ == "__main__":
    sys.exit(main())
