"""Makes the pages of findings and charts from their docstrings and the sample logs.

    pip install -e '.[charts,docs]' && python docs/make.py

A test holds that the pages are what this makes. Pictures are drawn anew each time; of them the test only asks that they
are there.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import logparse
from logparse import charts, findings
from logparse.comparison.compare import Comparison, compare
from logparse.rendering.export import export

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TEN_RUNS = {
    "sambanova": [f"sambanova/bert_large_{name}.out" for name in ("16_tasks_compiled", "8_tasks_not_compiled")],
    "graphcore": [
        f"graphcore/mnist_{name}.out" for name in ("as_is_cold", "asked_20_epochs_ran_10", "asked_lr_002_cached")
    ],
    "cerebras": [f"cerebras/bert_large_batch_{batch}.out" for batch in (512, 1024, 2048)],
    "groq": [f"groq/bert_tiny_{name}.out" for name in ("dummy_input", "256_rebuilt")],
}
"""The runs of the write-up that the README tells of."""
OTHERS = {
    "scaling": ["sambanova/bert_large_appended_16_then_8_ranks.out"],
    "stages": ["cerebras/bert_large_batch_1024.out"],
    "tradeoff": TEN_RUNS["graphcore"],
    "ratio": TEN_RUNS["cerebras"],
    "loss": TEN_RUNS["cerebras"],
}
"""Charts that need certain samples."""
GENERATED = "<!-- made by docs/make.py -->\n"


def samples(names: list[str]) -> list[str]:
    """Paths of samples from the root of the checkout, so that pages name no other place."""
    return [f"sample_logs/{name}" for name in names]


def pages() -> Iterator[tuple[Path, str]]:
    """Each page with its text."""
    os.chdir(ROOT)
    seen = _seen()
    yield HERE / "findings" / "README.md", _finding_index()
    for name in findings.names():
        yield HERE / "findings" / f"{name}.md", _finding(name, seen.get(name, []))
    yield HERE / "charts" / "README.md", _chart_index()
    for name in charts.names():
        yield HERE / "charts" / f"{name}.md", _chart(name)


def pictures() -> Iterator[tuple[Path, logparse.Logs, str]]:
    """Each picture with the logs it is of and the chart's name."""
    everything = [name for names in TEN_RUNS.values() for name in names]
    for name in charts.names():
        yield HERE / "charts" / f"{name}.png", logparse.ingest(samples(OTHERS.get(name, everything))), name


def _seen() -> dict[str, list[str]]:
    """Finding -> what it says of the samples: of each for itself, and of the runs of the write-up side by side."""
    looked_at: list[logparse.Logs | Comparison] = [logparse.ingest("sample_logs")]
    looked_at += [compare(logparse.ingest(samples(names))) for names in TEN_RUNS.values()]
    out: dict[str, list[str]] = {}
    for what in looked_at:
        for row in findings(what).iter_rows(named=True):
            said = f"**{row['severity']}**: {_plain(row['text'])}"
            if row["evidence"]:
                said += f" (`{row['evidence'][0]}`)"
            held = out.setdefault(row["name"], [])
            if said not in held:
                held.append(said)
    return out


_MOST = 3
"""Statements shown on a page."""


def _finding(name: str, said: list[str]) -> str:
    told = findings.parts(name)
    parts = [f"# {name} ({findings.module(name).ID})", told["says"]]
    for title in ("What it does", "Why it matters", "Example", "What to do"):
        parts += [f"## {title}", _prose(told[title.lower()])]
    if said:
        parts += ["## What it says of the sample logs", "\n".join(f"- {s}" for s in said[:_MOST])]
    asked = f"`--ignore '{name}=REASON'` keeps it apart, with the reason."
    return GENERATED + "\n\n".join([*parts, asked]) + "\n"


def _finding_index() -> str:
    lines = ["# Findings", "What one ought to know before believing a number, one page each.", ""]
    lines += ["| id | name | says |", "|---|---|---|"]
    for name in findings.names():
        lines.append(f"| {findings.module(name).ID} | [{name}]({name}.md) | {_prose(findings.parts(name)['says'])} |")
    return GENERATED + "\n".join(lines) + "\n"


def _chart(name: str) -> str:
    sections = charts.parts(name)
    parts = [f"# {name}", sections["says"], f"![{name}]({name}.png)"]
    for title, body in sections.items():
        if title != "says":
            parts += [f"## {title.capitalize()}", _prose(body)]
    given = " ".join(samples(OTHERS[name])) if name in OTHERS else "sample_logs"
    parts.append(f"```sh\nlogparse chart {name} {given} -o {name}.html\n```")
    return GENERATED + "\n\n".join(parts) + "\n"


def _chart_index() -> str:
    lines = ["# Charts", "Each chart answers one question. All take the same options (`logparse chart --help`).", ""]
    lines += [f"- [{name}]({name}.md): {_prose(charts.parts(name)['says'])}" for name in charts.names()]
    return GENERATED + "\n".join(lines) + "\n"


def _prose(text: str) -> str:
    """A part of a docstring as paragraphs."""
    paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    return "\n\n".join(p for p in paragraphs if p)


def _plain(text: str) -> str:
    return text.replace("<", "&lt;").replace("|", "\\|")


def small(png: bytes) -> bytes:
    """The picture with a palette: a tenth of the bytes, and no difference that one sees."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(128).save(out, "png", optimize=True)
    return out.getvalue()


def photograph_the_report(chromium: str) -> bytes:
    """What a browser shows first of the report of the ten runs, with the claims of the write-up."""
    from logparse.report import report

    names = [name for names in TEN_RUNS.values() for name in names]
    said = ["20_epochs:epochs=20", "lr_002:learning_rate=0.02"]
    with tempfile.TemporaryDirectory() as folder:
        page, picture = Path(folder) / "report.html", Path(folder) / "report.png"
        page.write_text(report(logparse.ingest(samples(names)), claims=said))
        quiet = ("background-networking", "component-update", "sync", "gpu")
        options = ["--headless=new", "--no-sandbox", f"--user-data-dir={folder}/profile", "--window-size=1400,1500"]
        options += [f"--disable-{what}" for what in quiet]
        subprocess.run([chromium, *options, f"--screenshot={picture}", page.as_uri()], check=True, capture_output=True)
        return small(picture.read_bytes())


def main() -> None:
    for path, text in pages():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for path, logs, name in pictures():
        path.write_bytes(small(export(getattr(logparse.chart, name)(logs), "png")))
    if chromium := shutil.which("chromium"):
        (HERE / "report.png").write_bytes(photograph_the_report(chromium))


if __name__ == "__main__":
    main()
