"""Reads the logs of AI accelerators into polars frames and says what each run did.

    logs = logparse.ingest("runs/*.out")
    logs.runs, logs.phases, logs.metrics, logs.params, logs.messages, logs.evidence, logs.sources

Importing this is light: what a name needs is imported when the name is first used.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logparse import chart
    from logparse.comparison.claim_verdicts import claims
    from logparse.comparison.compare import Comparison, compare
    from logparse.errors import GrammarError, LogparseError, NoSuchInput, UsageError
    from logparse.findings import findings
    from logparse.logs import Logs
    from logparse.pipeline import ingest

if not os.path.isdir(os.path.join(__path__[0], "grammars")):
    # A checkout: the grammars are in a folder beside the package, and become part of it only when it is installed.
    __path__.append(os.path.dirname(__path__[0]))

__version__ = "0.1.0"
__all__ = [
    "Comparison",
    "GrammarError",
    "LogparseError",
    "Logs",
    "NoSuchInput",
    "UsageError",
    "__version__",
    "chart",
    "claims",
    "compare",
    "findings",
    "ingest",
]

_HOME = {
    "ingest": "logparse.pipeline",
    "findings": "logparse.findings",
    "chart": "logparse.chart",
    "claims": "logparse.comparison.claim_verdicts",
    "compare": "logparse.comparison.compare",
    "Comparison": "logparse.comparison.compare",
    "Logs": "logparse.logs",
    "LogparseError": "logparse.errors",
    "UsageError": "logparse.errors",
    "NoSuchInput": "logparse.errors",
    "GrammarError": "logparse.errors",
}


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
