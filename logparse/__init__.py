"""Reads the logs of AI accelerators into polars frames and says what each run did.

    logs = logparse.ingest("runs/*.out")
    logs.runs, logs.phases, logs.metrics, logs.params, logs.messages, logs.evidence, logs.sources
    logparse.compare(logs, by="batch_size", at="samples")
    logparse.across(logs)

Importing this is light: what a name needs is imported when the name is first used.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logparse import chart, schema
    from logparse.arguments import OneOrMany
    from logparse.comparison.across import Across, across
    from logparse.comparison.claim_verdicts import claims
    from logparse.comparison.claims import Claim
    from logparse.comparison.compare import Comparison, compare
    from logparse.comparison.ledger import Ledger
    from logparse.errors import GrammarError, LogparseError, NoSuchInput, NothingToDraw, Remedy, UsageError
    from logparse.findings import findings
    from logparse.grammar import Grammar
    from logparse.logs import Logs, read
    from logparse.pages.show import show
    from logparse.pipeline import Progress, ingest
    from logparse.reading.sources import Input
    from logparse.report import report
    from logparse.store.contents import open
    from logparse.transcripts import Transcripts

if not os.path.isdir(os.path.join(__path__[0], "grammars")):
    # A checkout: the grammars are in a folder beside the package, and become part of it only when it is installed.
    __path__.append(os.path.dirname(__path__[0]))

__version__ = "0.1.0"
__all__ = [
    "Across",
    "Claim",
    "Comparison",
    "Grammar",
    "GrammarError",
    "Input",
    "Ledger",
    "LogparseError",
    "Logs",
    "NoSuchInput",
    "NothingToDraw",
    "OneOrMany",
    "Progress",
    "Remedy",
    "Transcripts",
    "UsageError",
    "__version__",
    "across",
    "chart",
    "claims",
    "compare",
    "findings",
    "ingest",
    "open",
    "read",
    "report",
    "schema",
    "show",
]

_HOME = {
    "ingest": "logparse.pipeline",
    "read": "logparse.logs",
    "open": "logparse.store.contents",
    "compare": "logparse.comparison.compare",
    "across": "logparse.comparison.across",
    "findings": "logparse.findings",
    "claims": "logparse.comparison.claim_verdicts",
    "chart": "logparse.chart",
    "report": "logparse.report",
    "schema": "logparse.schema",
    "show": "logparse.pages.show",
    "Logs": "logparse.logs",
    "Ledger": "logparse.comparison.ledger",
    "Comparison": "logparse.comparison.compare",
    "Across": "logparse.comparison.across",
    "Claim": "logparse.comparison.claims",
    "Grammar": "logparse.grammar",
    "Input": "logparse.reading.sources",
    "OneOrMany": "logparse.arguments",
    "Progress": "logparse.pipeline",
    "Transcripts": "logparse.transcripts",
    "LogparseError": "logparse.errors",
    "UsageError": "logparse.errors",
    "NoSuchInput": "logparse.errors",
    "NothingToDraw": "logparse.errors",
    "GrammarError": "logparse.errors",
    "Remedy": "logparse.errors",
}
"""Name -> the module that has it, or that it is."""


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'logparse' has no attribute {name!r}")
    import importlib

    home = importlib.import_module(_HOME[name])
    # Bound once, so that the next use is a plain look-up. A package of that name is called itself.
    value = home if _HOME[name] == f"{__name__}.{name}" else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
