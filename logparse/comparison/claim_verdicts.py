"""Claims checked against the logs: confirmed, refuted by a line, or not in the log."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import polars as pl

from logparse.arguments import OneOrMany
from logparse.comparison.claims import Claim, from_names
from logparse.comparison.jobs import Job
from logparse.comparison.ledger import Ledger
from logparse.comparison.select import select
from logparse.logs import Logs
from logparse.schema import CLAIMS, conform, empty


def claims(logs: Logs | Ledger, claims: OneOrMany[str | Claim] = ()) -> pl.DataFrame:
    """The frame `claims`: claims about the runs, and those of their file names, checked against the logs.

    Args:
        logs: the result of `ingest`, or a ledger with claims of its own.
        claims: one or several claims `LABEL:NAME=VALUE`.

    Raises:
        UsageError: a text is not a valid claim.
    """
    selection = select(logs, claims=claims)
    return claim_verdicts(selection.ledger, selection.jobs)


def claim_verdicts(ledger: Ledger, jobs: Sequence[Job]) -> pl.DataFrame:
    """The frame `claims`: each claim about these jobs with its verdict: confirmed, refuted, not in the log."""
    rows = [
        _verdict(ledger, job, claim)
        for job in jobs
        for claim in (*(c for c in ledger.claims if c.means(job)), *ledger.names_claim(job), *from_names(job))
    ]
    if not rows:
        return empty("claims")
    return conform("claims", pl.DataFrame(rows, schema=CLAIMS))


def _verdict(ledger: Ledger, job: Job, claim: Claim) -> dict[str, Any]:
    found = next((run[claim.name] for run in job.runs if run[claim.name] is not None), None)
    places = ledger.value(job, claim.name).locations if found is not None else claim.locations
    return {
        "run": job.id,
        "name": claim.name,
        "claimed": claim.text,
        "found": None if found is None else f"{found:.15g}" if isinstance(found, float) else str(found),
        "verdict": "not in the log" if found is None else "confirmed" if _same(found, claim.number) else "refuted",
        "origin": claim.origin,
        "source": places[0].source if places else str(job.main["source"]),
        "line": places[0].line if places else None,
    }


def _same(found: Any, claimed: Any) -> bool:
    if isinstance(found, (int, float)) and isinstance(claimed, (int, float)):
        return math.isclose(found, claimed, rel_tol=1e-9)
    return str(found).casefold() == str(claimed).casefold()
