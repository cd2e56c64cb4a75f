"""What `ingest` gives: the frames, and the lines they rest on."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from logparse.grammar import Grammar
from logparse.reading.sources import Source
from logparse.schema import FRAMES

_KINDS = {1: "known", 2: "read"}


class Logs:
    """The runs found in some logs, as polars frames.

    runs, evidence, phases, metrics, params, messages, sources: one frame each, with the columns of
    `logparse.schema.FRAMES`; the schema is the
    same with no row as with many.
    """

    runs: pl.DataFrame
    evidence: pl.DataFrame
    phases: pl.DataFrame
    metrics: pl.DataFrame
    params: pl.DataFrame
    messages: pl.DataFrame
    sources: pl.DataFrame

    def __init__(
        self,
        frames: Mapping[str, pl.DataFrame],
        sources: Sequence[Source],
        grammars: Sequence[Grammar],
        kinds: Sequence[Mapping[str, pl.Series]],
    ) -> None:
        for name in FRAMES:
            setattr(self, name, frames[name])
        self.grammars = tuple(grammars)
        """The grammars the logs were read with."""
        self._texts = {source.name: source.text for source in sources}
        self._kinds = {name: lines for part in kinds for name, lines in part.items()}

    def frames(self) -> dict[str, pl.DataFrame]:
        """All frames by name."""
        return {name: getattr(self, name) for name in FRAMES}

    def lines(self, source: str, numbers: Iterable[int]) -> dict[int, str]:
        """Physical lines of `source` by number (from 1), as the reader gives them: "\\r" stands where the terminal
        wrote over.

        Raises `KeyError` where no such source was read; a number beyond the end is left out.
        """
        wanted = sorted(set(numbers))
        text = self._texts[str(source)]
        out: dict[int, str] = {}
        at, line = 0, 1
        for number in wanted:
            while line < number and at >= 0:
                at = text.find(b"\n", at) + 1
                line += 1
                if at == 0:
                    return out
            if number > 0 and at < len(text):
                end = text.find(b"\n", at)
                out[number] = text[at : end if end >= 0 else len(text)].decode()
        return out

    def kinds(self, source: str) -> dict[int, str]:
        """Line number -> "read" (a value was taken) or "known" (a rule names it); lines that no rule read are left
        out."""
        lines = self._kinds.get(str(source))
        return {} if lines is None else {n: _KINDS[kind] for n, kind in enumerate(lines, start=1) if kind}

    def __repr__(self) -> str:
        with pl.Config(**_WIDE):
            return f"{self._summary()}\n{self._shown()}"

    def _repr_html_(self) -> str:
        with pl.Config(**_WIDE):
            return f"<p>{html.escape(self._summary())}</p>{self._shown()._repr_html_()}"

    def _summary(self) -> str:
        many = ", ".join(f"{frame.height} {name}" for name, frame in self.frames().items() if name not in _COUNTED)
        files = {"read": 0, **dict(self.sources["status"].value_counts().rows())}
        others = ", ".join(f"{n} {status.replace('_', ' ')}" for status, n in files.items() if status != "read" and n)
        return f"{self.runs.height} runs in {files['read']} files{f' ({others})' if others else ''}; {many}"

    def _shown(self) -> pl.DataFrame:
        """The columns that one looks at first, as far as any run fills them."""
        filled = [c for c in _FIRST if self.runs[c].null_count() < self.runs.height]
        return self.runs.select(filled or _FIRST[:3])


_COUNTED = ("runs", "sources")
_FIRST = (
    "label",
    "platform",
    "workload",
    "task",
    "status",
    "epochs",
    "steps",
    "batch_size",
    "compile_s",
    "train_s",
    "throughput",
    "latency_s",
    "loss",
    "score",
    "score_name",
)
_WIDE: dict[str, Any] = {
    "tbl_cols": -1,
    "tbl_rows": 20,
    "tbl_width_chars": 200,
    "fmt_str_lengths": 48,
    "tbl_hide_column_data_types": True,
    "tbl_hide_dataframe_shape": True,
}
